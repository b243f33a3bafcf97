// SPDX-License-Identifier: GPL-2.0
/*
 * kv: questions.  They change nothing and cost what their answer is long.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include "kv.h"

/**
 * kv_range_reply() - add the result of a range
 * @kv: the state
 * @range: which keys
 * @flags: QUORUM_KV_KEYS_ONLY, QUORUM_KV_COUNT_ONLY
 * @limit: most items, 0: no limit
 * @reply: gets a result and its items; must have room for the result
 * @spare: bytes to leave free behind it
 * @nothing_fits: set if there are items and not one had room; may be NULL
 */
void kv_range_reply(const struct kv *kv, const struct kv_range *range, u32 flags, u32 limit,
		    struct quorum_reply *reply, u32 spare, bool *nothing_fits)
{
	struct quorum_kv_result *result = kv_reply_add(reply, sizeof(*result));
	bool full = flags & QUORUM_KV_COUNT_ONLY, no_room = false;
	struct kv_item *item;
	u64 count = 0;
	u32 items = 0;

	for (item = kv_range_first(kv, range); item; item = kv_range_next(item, range)) {
		count++;
		if (!full && limit && items == limit)
			full = true;
		if (!full && !kv_reply_item(reply, item, !(flags & QUORUM_KV_KEYS_ONLY), spare))
			full = no_room = true;
		items += !full;
	}
	result->type = cpu_to_le32(QUORUM_KV_RANGE);
	if (items < count && !(flags & QUORUM_KV_COUNT_ONLY))
		result->flags = cpu_to_le32(QUORUM_KV_MORE);
	result->items = cpu_to_le32(items);
	result->count = cpu_to_le64(count);
	if (nothing_fits)
		*nothing_fits = no_room && !items;
}

/* ---- watch ---- */

static const struct kv_event *event_at(const struct kv *kv, u64 number)
{
	return &kv->history[number & (QUORUM_KV_HISTORY_EVENTS - 1)];
}

/* Number of the first event of @revision or a later one. */
static u64 find_revision(const struct kv *kv, u64 revision)
{
	u64 low = kv->first, high = kv->end;

	while (low < high) {
		u64 middle = low + (high - low) / 2;

		if (event_at(kv, middle)->revision < revision)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool reply_event(struct quorum_reply *reply, const struct kv_event *event)
{
	u32 size = sizeof(struct quorum_kv_event) - sizeof(struct quorum_kv_item) +
		   kv_item_room(event->item, true);
	struct quorum_kv_event *out = kv_reply_add(reply, size);

	if (!out)
		return false;
	out->type = cpu_to_le32(event->deleted ? QUORUM_KV_DELETE : QUORUM_KV_PUT);
	out->revision = cpu_to_le64(event->revision);
	kv_describe(&out->item, event->item, true);
	return true;
}

/* The place behind the last event looked at: what to ask for next. */
static void set_next(const struct kv *kv, struct quorum_kv_result *result, u64 number,
		     u64 base)
{
	u64 revision, start;

	if (number == kv->end) {
		result->count = cpu_to_le64(base > kv->revision ? base : kv->revision + 1);
		return;
	}
	revision = event_at(kv, number)->revision;
	start = find_revision(kv, revision);
	result->count = cpu_to_le64(revision);
	result->skip = cpu_to_le32(number - start);
}

static int watch(const struct kv *kv, const struct quorum_kv_query *query,
		 const struct kv_range *range, struct quorum_reply *reply)
{
	u64 from = le64_to_cpu(query->from) ?: kv->revision + 1;
	u32 limit = le32_to_cpu(query->limit), items = 0;
	struct quorum_kv_result *result;
	u64 number;

	if (query->flags)
		return -EINVAL;
	if (from <= kv->compacted)
		return -ESTALE;
	/* Not yet: whoever has seen more than this node asks again. */
	result = kv_reply_add(reply, sizeof(*result));
	if (!result)
		return -EMSGSIZE;
	result->type = cpu_to_le32(QUORUM_KV_WATCH);
	number = find_revision(kv, from);
	if (number < kv->end && event_at(kv, number)->revision == from)
		number += le32_to_cpu(query->skip);
	if (number > kv->end)
		return -EINVAL;
	for (; number < kv->end; number++) {
		const struct kv_event *event = event_at(kv, number);

		if (!kv_in_range(event->item, range))
			continue;
		if ((limit && items == limit) || !reply_event(reply, event))
			break;
		items++;
	}
	if (!items && number < kv->end && !limit)
		return -EMSGSIZE;
	result->items = cpu_to_le32(items);
	set_next(kv, result, number, from);
	return 0;
}

/* ---- lists ---- */

static int list_leases(const struct kv *kv, const struct quorum_kv_query *query,
		       struct quorum_reply *reply)
{
	struct quorum_kv_result *result = kv_reply_add(reply, sizeof(*result));
	u64 from = le64_to_cpu(query->from);
	struct quorum_kv_lease *out;
	struct rb_node *node;
	u32 items = 0;

	if (!result)
		return -EMSGSIZE;
	result->type = query->type;
	result->count = cpu_to_le64(kv->nleases);
	for (node = rb_first(&kv->leases); node; node = rb_next(node)) {
		const struct kv_lease *lease = rb_entry(node, struct kv_lease, node);

		if (lease->id < from)
			continue;
		out = kv_reply_add(reply, sizeof(*out));
		if (!out) {
			result->flags = cpu_to_le32(QUORUM_KV_MORE);
			break;
		}
		out->id = cpu_to_le64(lease->id);
		out->ttl_ms = cpu_to_le64(lease->ttl_ms);
		out->renewals = cpu_to_le64(lease->renewals);
		out->keys = cpu_to_le64(lease->keys);
		items++;
	}
	result->items = cpu_to_le32(items);
	return 0;
}

static int status(const struct kv *kv, struct quorum_reply *reply)
{
	struct quorum_kv_result *result = kv_reply_add(reply, sizeof(*result));
	struct quorum_kv_status *out = kv_reply_add(reply, sizeof(*out));

	if (!result || !out)
		return -EMSGSIZE;
	result->type = cpu_to_le32(QUORUM_KV_STATUS);
	result->items = cpu_to_le32(1);
	out->revision = cpu_to_le64(kv->revision);
	out->compacted = cpu_to_le64(kv->compacted);
	out->keys = cpu_to_le64(kv->keys);
	out->bytes = cpu_to_le64(kv->bytes);
	out->bytes_max = cpu_to_le64(QUORUM_KV_BYTES_MAX);
	out->leases = cpu_to_le64(kv->nleases);
	return 0;
}

static int range_query(const struct kv *kv, const struct quorum_kv_query *query,
		       const struct kv_range *range, struct quorum_reply *reply)
{
	u32 flags = le32_to_cpu(query->flags);
	bool nothing_fits;

	if (flags & ~(QUORUM_KV_KEYS_ONLY | QUORUM_KV_COUNT_ONLY) || query->from || query->skip)
		return -EINVAL;
	if (reply->room - reply->len < sizeof(struct quorum_kv_result))
		return -EMSGSIZE;
	kv_range_reply(kv, range, flags, le32_to_cpu(query->limit), reply, 0, &nothing_fits);
	return nothing_fits ? -EMSGSIZE : 0;
}

/**
 * kv_query() - answer a question
 * @state: struct kv
 * @request: struct quorum_kv_query, key and end
 * @len: its bytes
 * @reply: gets the answer
 */
int kv_query(void *state, const void *request, u32 len, struct quorum_reply *reply)
{
	struct kv_cursor cursor = { request, len };
	struct quorum_kv_query query;
	struct quorum_kv_reply *head;
	const struct kv *kv = state;
	struct kv_range range;
	u32 type, key_len, end_len;

	if (kv_take(&cursor, &query, sizeof(query)))
		return -EINVAL;
	type = le32_to_cpu(query.type);
	key_len = le32_to_cpu(query.key_len);
	end_len = le32_to_cpu(query.end_len);
	if (key_len > QUORUM_KV_KEY_MAX || end_len > QUORUM_KV_KEY_MAX ||
	    kv_take_bytes(&cursor, key_len, &range.key) ||
	    kv_take_bytes(&cursor, end_len, &range.end) ||
	    kv_take_padding(&cursor, key_len + end_len) || cursor.left)
		return -EINVAL;
	if ((type == QUORUM_KV_RANGE || type == QUORUM_KV_WATCH) && kv_check_range(&range))
		return -EINVAL;
	head = kv_reply_add(reply, sizeof(*head));
	if (!head)
		return -EMSGSIZE;
	head->succeeded = cpu_to_le32(1);
	head->results = cpu_to_le32(1);
	head->revision = cpu_to_le64(kv->revision);
	switch (type) {
	case QUORUM_KV_RANGE:
		return range_query(kv, &query, &range, reply);
	case QUORUM_KV_WATCH:
		return watch(kv, &query, &range, reply);
	case QUORUM_KV_LEASES:
		return list_leases(kv, &query, reply);
	case QUORUM_KV_STATUS:
		return status(kv, reply);
	default:
		return -EINVAL;
	}
}
