// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Objects: views of netlink attributes.
 *
 * Getters by number over an opaque body, instead of one large struct, let the
 * kernel report more without a new version of the library.
 */
#include <string.h>
#include <libmnl/libmnl.h>

#include "internal.h"

bool quorum_object_next(const struct quorum_object *object, size_t *pos, int *attr,
			struct quorum_object *value)
{
	const struct nlattr *nla;

	if (*pos >= object->len)
		return false;
	nla = (const struct nlattr *)((const char *)object->data + *pos);
	if (!mnl_attr_ok(nla, (int)(object->len - *pos)))
		return false;
	*pos += MNL_ALIGN(nla->nla_len);
	*attr = mnl_attr_get_type(nla);
	value->data = mnl_attr_get_payload(nla);
	value->len = mnl_attr_get_payload_len(nla);
	return true;
}

bool quorum_object_get(const struct quorum_object *object, int attr, unsigned int nth,
		       struct quorum_object *value)
{
	size_t pos = 0;
	int found;

	while (quorum_object_next(object, &pos, &found, value))
		if (found == attr && !nth--)
			return true;
	return false;
}

bool quorum_object_has(const struct quorum_object *object, int attr)
{
	struct quorum_object value;

	return quorum_object_get(object, attr, 0, &value);
}

uint64_t quorum_object_u64(const struct quorum_object *object, int attr)
{
	struct quorum_object value;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	if (!quorum_object_get(object, attr, 0, &value))
		return 0;
	switch (value.len) {
	case sizeof(u64):
		memcpy(&u64, value.data, sizeof(u64));
		return u64;
	case sizeof(u32):
		memcpy(&u32, value.data, sizeof(u32));
		return u32;
	case sizeof(u16):
		memcpy(&u16, value.data, sizeof(u16));
		return u16;
	case 1:
		return *(const uint8_t *)value.data;
	default:
		return 0;
	}
}

const char *quorum_object_str(const struct quorum_object *object, int attr)
{
	struct quorum_object value;

	if (!quorum_object_get(object, attr, 0, &value) || !value.len ||
	    ((const char *)value.data)[value.len - 1])
		return "";
	return value.data;
}
