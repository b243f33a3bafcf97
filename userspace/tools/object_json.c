// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of libquorum as JSON.
 *
 * One walk over the attributes with the tables of names.c, so that what the
 * kernel reports and what is printed cannot drift apart.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "conf.h"
#include "object_json.h"
#include "output.h"
#include "tool.h"

/* uapi/quorum.yaml nests three deep. */
enum { DEPTH_MAX = 4 };

static struct json_object *address_json(const struct quorum_object *value)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (value->len == 4)
		inet_ntop(AF_INET, value->data, text, sizeof(text));
	else if (value->len == 16)
		inet_ntop(AF_INET6, value->data, text, sizeof(text));
	return json_object_new_string(text);
}

static struct json_object *uuid_json(const struct quorum_object *value)
{
	char text[37] = "";

	if (value->len == 16)
		conf_format_uuid(value->data, text);
	return json_object_new_string(text);
}

static struct json_object *nest_json(const struct quorum_object *object,
				     const struct names *names, unsigned int depth);

static struct json_object *value_json(const struct quorum_object *object, int attr,
				      const struct quorum_object *value,
				      const struct name *name, unsigned int depth)
{
	switch (name->kind) {
	case NAME_NUMBER:
		return json_object_new_uint64(quorum_object_u64(object, attr));
	case NAME_STRING:
		return json_object_new_string(quorum_object_str(object, attr));
	case NAME_FLAG:
		return json_object_new_boolean(1);
	case NAME_UUID:
		return uuid_json(value);
	case NAME_ADDRESS:
		return address_json(value);
	case NAME_VALUE:
		return json_object_new_string(name_of(name->values,
						      quorum_object_u64(object, attr)));
	case NAME_NEST:
	case NAME_LIST:
		return nest_json(value, name->nest, depth + 1);
	case NAME_NONE:
		break;
	}
	return NULL;
}

/* Flags are there or not in netlink; in JSON they are true or false. */
static void add_missing_flags(struct json_object *json, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->list[i].kind == NAME_FLAG &&
		    !json_object_object_get_ex(json, names->list[i].name, NULL))
			json_object_object_add(json, names->list[i].name,
					       json_object_new_boolean(0));
}

static struct json_object *nest_json(const struct quorum_object *object,
				     const struct names *names, unsigned int depth)
{
	struct json_object *json = json_object_new_object(), *list;
	struct quorum_object value;
	size_t pos = 0;
	int attr;

	while (depth < DEPTH_MAX && quorum_object_next(object, &pos, &attr, &value)) {
		const struct name *name;

		if ((size_t)attr >= names->n || names->list[attr].kind == NAME_NONE)
			continue;
		name = &names->list[attr];
		if (name->kind != NAME_LIST) {
			json_object_object_add(json, name->name,
					       value_json(object, attr, &value, name, depth));
			continue;
		}
		if (!json_object_object_get_ex(json, name->name, &list)) {
			list = json_object_new_array();
			json_object_object_add(json, name->name, list);
		}
		json_object_array_add(list, value_json(object, attr, &value, name, depth));
	}
	add_missing_flags(json, names);
	return json;
}

struct json_object *object_json(const struct quorum_object *object, const struct names *names)
{
	return nest_json(object, names, 0);
}

void object_address(const struct quorum_object *addr, char *text, size_t size)
{
	unsigned int port = (unsigned int)quorum_object_u64(addr, QUORUM_A_ADDR_PORT);
	struct quorum_object value;
	char host[INET6_ADDRSTRLEN];

	text[0] = '\0';
	if (quorum_object_get(addr, QUORUM_A_ADDR_IPV4, 0, &value) && value.len == 4 &&
	    inet_ntop(AF_INET, value.data, host, sizeof(host)))
		snprintf(text, size, "%s:%u", host, port);
	else if (quorum_object_get(addr, QUORUM_A_ADDR_IPV6, 0, &value) && value.len == 16 &&
		 inet_ntop(AF_INET6, value.data, host, sizeof(host)))
		snprintf(text, size, "[%s]:%u", host, port);
}

const char *object_member_role(const struct quorum_object *member)
{
	if (quorum_object_has(member, QUORUM_A_MEMBER_WITNESS))
		return "witness";
	return name_of(names_member_role, quorum_object_u64(member, QUORUM_A_MEMBER_ROLE));
}

int object_fail_leader(struct quorum_control *control, const char *name)
{
	struct quorum_object group, member, addr;
	uint64_t leader = 0;
	char where[64] = "";

	if (!quorum_group_get(control, name, &group))
		leader = quorum_object_u64(&group, QUORUM_A_GROUP_LEADER);
	if (!leader)
		return tool_fail("this node does not lead group %s, and knows nobody who does; "
				 "try again", name);
	for (unsigned int i = 0; quorum_object_get(&group, QUORUM_A_GROUP_MEMBER, i, &member); i++)
		if (quorum_object_u64(&member, QUORUM_A_MEMBER_ID) == leader &&
		    quorum_object_get(&member, QUORUM_A_MEMBER_ADDR, 0, &addr))
			object_address(&addr, where, sizeof(where));
	return tool_fail("this node does not lead group %s; run the same command on node %" PRIu64
			 "%s%s, which does", name, leader, where[0] ? " at " : "", where);
}
