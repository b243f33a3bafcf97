// SPDX-License-Identifier: GPL-2.0
/*
 * kv: what a command, a question and an answer look like as bytes.
 *
 * Whatever comes from users or from the log is only ever looked at through a
 * cursor, which refuses to pass its end.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "kv.h"

static_assert(sizeof(struct quorum_kv_command) == 32);
static_assert(sizeof(struct quorum_kv_compare) == 24);
static_assert(sizeof(struct quorum_kv_op) == 32);
static_assert(sizeof(struct quorum_kv_reply) == 32);
static_assert(sizeof(struct quorum_kv_result) == 24);
static_assert(sizeof(struct quorum_kv_item) == 40);
static_assert(sizeof(struct quorum_kv_event) == 56);
static_assert(sizeof(struct quorum_kv_query) == 32);
/* The largest put fits into an entry, with a session's head, and so does an answer. */
static_assert(QUORUM_ENTRY_BYTES_MAX >= QUORUM_KV_VALUE_MAX + QUORUM_KV_KEY_MAX + 256);
static_assert(QUORUM_RESULT_BYTES_MAX >= QUORUM_KV_VALUE_MAX + QUORUM_KV_KEY_MAX + 256);
static_assert(QUORUM_RESULT_BYTES_MAX >= sizeof(struct quorum_kv_reply) +
	      QUORUM_KV_OPS_MAX * sizeof(struct quorum_kv_result));

/* Take the fixed head of something; @head is filled in. */
int kv_take(struct kv_cursor *cursor, void *head, u32 size)
{
	if (cursor->left < size)
		return -EINVAL;
	memcpy(head, cursor->data, size);
	cursor->data += size;
	cursor->left -= size;
	return 0;
}

/* Take @len bytes as they are. */
int kv_take_bytes(struct kv_cursor *cursor, u32 len, struct kv_bytes *bytes)
{
	if (cursor->left < len)
		return -EINVAL;
	bytes->data = cursor->data;
	bytes->len = len;
	cursor->data += len;
	cursor->left -= len;
	return 0;
}

/* Take the zeroes behind @len bytes that began at a multiple of 8. */
int kv_take_padding(struct kv_cursor *cursor, u32 len)
{
	u32 pad = -len & 7;

	if (cursor->left < pad)
		return -EINVAL;
	for (; pad; pad--, cursor->data++, cursor->left--)
		if (*cursor->data)
			return -EINVAL;
	return 0;
}

int kv_check_range(const struct kv_range *range)
{
	if (range->key.len > QUORUM_KV_KEY_MAX || range->end.len > QUORUM_KV_KEY_MAX)
		return -EINVAL;
	return range->key.len || range->end.len ? 0 : -EINVAL;
}

static int check_op(const struct kv_op *op)
{
	static const u32 known[] = {
		[QUORUM_KV_RANGE] = QUORUM_KV_KEYS_ONLY | QUORUM_KV_COUNT_ONLY,
		[QUORUM_KV_PUT] = QUORUM_KV_PREVIOUS | QUORUM_KV_KEEP_LEASE,
		[QUORUM_KV_DELETE] = QUORUM_KV_PREVIOUS,
	};

	if (!op->type || op->type >= ARRAY_SIZE(known) || op->flags & ~known[op->type])
		return -EINVAL;
	if (op->type == QUORUM_KV_PUT) {
		if (!op->range.key.len || op->range.end.len)
			return -EINVAL;
		if (op->lease && op->flags & QUORUM_KV_KEEP_LEASE)
			return -EINVAL;
	} else if (op->value.len || op->lease) {
		return -EINVAL;
	}
	if (op->type != QUORUM_KV_RANGE && op->limit)
		return -EINVAL;
	return kv_check_range(&op->range);
}

/* Take one operation, checked. */
int kv_take_op(struct kv_cursor *cursor, struct kv_op *op)
{
	struct quorum_kv_op head;
	u32 key_len, end_len, value_len;

	if (kv_take(cursor, &head, sizeof(head)))
		return -EINVAL;
	key_len = le32_to_cpu(head.key_len);
	end_len = le32_to_cpu(head.end_len);
	value_len = le32_to_cpu(head.value_len);
	/* Bounded first, so that no sum overflows. */
	if (key_len > QUORUM_KV_KEY_MAX || end_len > QUORUM_KV_KEY_MAX ||
	    value_len > QUORUM_KV_VALUE_MAX)
		return -EINVAL;
	op->type = le32_to_cpu(head.type);
	op->flags = le32_to_cpu(head.flags);
	op->limit = le32_to_cpu(head.limit);
	op->lease = le64_to_cpu(head.lease);
	if (kv_take_bytes(cursor, key_len, &op->range.key) ||
	    kv_take_bytes(cursor, end_len, &op->range.end) ||
	    kv_take_bytes(cursor, value_len, &op->value) ||
	    kv_take_padding(cursor, key_len + end_len + value_len))
		return -EINVAL;
	return check_op(op);
}

/* Take one compare, checked. */
int kv_take_compare(struct kv_cursor *cursor, struct kv_compare *compare)
{
	struct quorum_kv_compare head;
	u32 key_len, value_len;

	if (kv_take(cursor, &head, sizeof(head)))
		return -EINVAL;
	key_len = le32_to_cpu(head.key_len);
	value_len = le32_to_cpu(head.value_len);
	if (!key_len || key_len > QUORUM_KV_KEY_MAX || value_len > QUORUM_KV_VALUE_MAX)
		return -EINVAL;
	compare->target = le32_to_cpu(head.target);
	compare->relation = le32_to_cpu(head.relation);
	compare->number = le64_to_cpu(head.number);
	if (compare->target < QUORUM_KV_VERSION || compare->target > QUORUM_KV_VALUE ||
	    compare->relation < QUORUM_KV_EQUAL || compare->relation > QUORUM_KV_GREATER)
		return -EINVAL;
	if (compare->target == QUORUM_KV_VALUE ? compare->number : value_len)
		return -EINVAL;
	if (kv_take_bytes(cursor, key_len, &compare->key) ||
	    kv_take_bytes(cursor, value_len, &compare->value) ||
	    kv_take_padding(cursor, key_len + value_len))
		return -EINVAL;
	return 0;
}

/* ---- answers ---- */

/* Room for @size more bytes of the answer, zeroed; NULL: there is none. */
void *kv_reply_add(struct quorum_reply *reply, u32 size)
{
	void *at = (u8 *)reply->data + reply->len;

	if (reply->room - reply->len < size)
		return NULL;
	memset(at, 0, size);
	reply->len += size;
	return at;
}

/* Bytes that an item takes in an answer. */
u32 kv_item_room(const struct kv_item *item, bool value)
{
	u32 bytes = item->key_len + (value ? item->value_len : 0);

	return sizeof(struct quorum_kv_item) + ((bytes + 7) & ~7U);
}

void kv_describe(struct quorum_kv_item *out, const struct kv_item *item, bool value)
{
	out->create = cpu_to_le64(item->create);
	out->modify = cpu_to_le64(item->modify);
	out->version = cpu_to_le64(item->version);
	out->lease = cpu_to_le64(item->lease);
	out->key_len = cpu_to_le32(item->key_len);
	out->value_len = cpu_to_le32(value ? item->value_len : 0);
	/* The value lies behind the key, there as here. */
	memcpy(out + 1, item->data, item->key_len + (value ? item->value_len : 0));
}

/* Add an item if @spare bytes stay free behind it. */
bool kv_reply_item(struct quorum_reply *reply, const struct kv_item *item, bool value,
		   u32 spare)
{
	u32 size = kv_item_room(item, value);

	if (reply->room - reply->len < size + spare)
		return false;
	kv_describe(kv_reply_add(reply, size), item, value);
	return true;
}
