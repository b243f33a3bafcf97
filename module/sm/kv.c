// SPDX-License-Identifier: GPL-2.0
/*
 * kv: items, their order, the history.
 */
#include <linux/crc32c.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kv.h"

static_assert((QUORUM_KV_HISTORY_EVENTS & (QUORUM_KV_HISTORY_EVENTS - 1)) == 0);

struct kv *kv_create(void)
{
	struct kv *kv = kvzalloc(sizeof(*kv), GFP_KERNEL);

	if (!kv)
		return ERR_PTR(-ENOMEM);
	kv->items = RB_ROOT;
	kv->leases = RB_ROOT;
	kv->revision = 1;
	kv->history = kvcalloc(QUORUM_KV_HISTORY_EVENTS, sizeof(*kv->history), GFP_KERNEL);
	if (!kv->history) {
		kvfree(kv);
		return ERR_PTR(-ENOMEM);
	}
	return kv;
}

/* Everything but the struct and its ring. */
void kv_clear(struct kv *kv)
{
	struct rb_node *node;

	kv_compact(kv, kv->revision);
	while ((node = rb_first(&kv->items)))
		kv_remove(kv, rb_entry(node, struct kv_item, node));
	while ((node = rb_first(&kv->leases)))
		kv_lease_free(kv, rb_entry(node, struct kv_lease, node));
}

void kv_destroy(struct kv *kv)
{
	kv_clear(kv);
	kvfree(kv->history);
	kvfree(kv);
}

/* ---- items ---- */

/* What an item counts for; the same on all members, whatever it really takes. */
u64 kv_item_bytes(u32 key_len, u32 value_len)
{
	return (u64)QUORUM_KV_ITEM_BYTES + key_len + value_len;
}

struct kv_item *kv_item_alloc(u32 key_len, u32 value_len)
{
	struct kv_item *item;

	item = kvmalloc(sizeof(*item) + key_len + value_len, GFP_KERNEL);
	if (!item)
		return NULL;
	memset(item, 0, sizeof(*item));
	INIT_LIST_HEAD(&item->attached);
	item->refs = 1;
	item->key_len = key_len;
	item->value_len = value_len;
	return item;
}

struct kv_item *kv_item_create(struct kv_bytes key, struct kv_bytes value)
{
	struct kv_item *item = kv_item_alloc(key.len, value.len);

	if (!item)
		return NULL;
	memcpy(item->data, key.data, key.len);
	if (value.len)
		memcpy(item->data + key.len, value.data, value.len);
	return item;
}

void kv_item_put(struct kv_item *item)
{
	if (!--item->refs)
		kvfree(item);
}

int kv_bytes_compare(struct kv_bytes a, struct kv_bytes b)
{
	u32 len = min(a.len, b.len);
	int order = len ? memcmp(a.data, b.data, len) : 0;

	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* ---- order ---- */

struct kv_item *kv_find(const struct kv *kv, struct kv_bytes key)
{
	struct rb_node *node = kv->items.rb_node;

	while (node) {
		struct kv_item *item = rb_entry(node, struct kv_item, node);
		int order = kv_bytes_compare(key, kv_key(item));

		if (!order)
			return item;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* [key, ...) without an end, as the end is one NUL byte. */
static bool is_open(const struct kv_range *range)
{
	return range->end.len == 1 && !range->end.data[0];
}

bool kv_in_range(const struct kv_item *item, const struct kv_range *range)
{
	int order = kv_bytes_compare(kv_key(item), range->key);

	if (!range->end.len)
		return !order;
	return order >= 0 && (is_open(range) || kv_bytes_compare(kv_key(item), range->end) < 0);
}

struct kv_item *kv_range_first(const struct kv *kv, const struct kv_range *range)
{
	struct rb_node *node = kv->items.rb_node;
	struct kv_item *found = NULL;

	if (!range->end.len)
		return kv_find(kv, range->key);
	while (node) {
		struct kv_item *item = rb_entry(node, struct kv_item, node);

		if (kv_bytes_compare(kv_key(item), range->key) >= 0) {
			found = item;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found && kv_in_range(found, range) ? found : NULL;
}

struct kv_item *kv_range_next(const struct kv_item *item, const struct kv_range *range)
{
	struct rb_node *node;
	struct kv_item *next;

	if (!range->end.len)
		return NULL;
	node = rb_next(&item->node);
	if (!node)
		return NULL;
	next = rb_entry(node, struct kv_item, node);
	return kv_in_range(next, range) ? next : NULL;
}

static void attach(struct kv *kv, struct kv_item *item)
{
	struct kv_lease *lease = item->lease ? kv_lease_find(kv, item->lease) : NULL;

	if (!lease)
		return;
	list_add_tail(&item->attached, &lease->items);
	lease->keys++;
}

static void detach(struct kv *kv, struct kv_item *item)
{
	struct kv_lease *lease = item->lease ? kv_lease_find(kv, item->lease) : NULL;

	if (!lease)
		return;
	list_del_init(&item->attached);
	lease->keys--;
}

/**
 * kv_insert() - make an item what its key holds
 * @kv: the state
 * @item: the item; the tree takes over the caller's reference
 * @old: what the key holds now, NULL: nothing
 */
void kv_insert(struct kv *kv, struct kv_item *item, struct kv_item *old)
{
	struct rb_node **link = &kv->items.rb_node, *parent = NULL;

	kv->bytes += kv_item_bytes(item->key_len, item->value_len);
	attach(kv, item);
	if (old) {
		detach(kv, old);
		kv->bytes -= kv_item_bytes(old->key_len, old->value_len);
		rb_replace_node(&old->node, &item->node, &kv->items);
		kv_item_put(old);
		return;
	}
	while (*link) {
		parent = *link;
		if (kv_bytes_compare(kv_key(item),
				     kv_key(rb_entry(parent, struct kv_item, node))) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, &kv->items);
	kv->keys++;
}

/* Take an item out of the tree, and drop the tree's reference. */
void kv_remove(struct kv *kv, struct kv_item *item)
{
	detach(kv, item);
	rb_erase(&item->node, &kv->items);
	kv->keys--;
	kv->bytes -= kv_item_bytes(item->key_len, item->value_len);
	kv_item_put(item);
}

/* ---- history ---- */

static struct kv_event *event_at(const struct kv *kv, u64 number)
{
	return &kv->history[number & (QUORUM_KV_HISTORY_EVENTS - 1)];
}

static void forget_oldest(struct kv *kv)
{
	struct kv_event *event = event_at(kv, kv->first);

	kv->compacted = max(kv->compacted, event->revision);
	kv->history_bytes -= kv_item_bytes(event->item->key_len, event->item->value_len);
	kv_item_put(event->item);
	event->item = NULL;
	kv->first++;
}

/**
 * kv_compact() - forget the history
 * @kv: the state
 * @revision: up to this one
 */
void kv_compact(struct kv *kv, u64 revision)
{
	revision = min(revision, kv->revision);
	while (kv->first != kv->end && event_at(kv, kv->first)->revision <= revision)
		forget_oldest(kv);
	kv->compacted = max(kv->compacted, revision);
}

/**
 * kv_record() - remember a change of revision kv->revision
 * @kv: the state
 * @item: what was put or deleted; gets a reference of its own
 * @deleted: which of both
 *
 * The history forgets its oldest revisions to stay within its bounds.
 */
void kv_record(struct kv *kv, struct kv_item *item, bool deleted)
{
	struct kv_event *event;

	while (kv->end - kv->first == QUORUM_KV_HISTORY_EVENTS ||
	       (kv->first != kv->end && kv->history_bytes > QUORUM_KV_HISTORY_BYTES))
		forget_oldest(kv);
	event = event_at(kv, kv->end++);
	event->item = item;
	event->revision = kv->revision;
	event->deleted = deleted;
	item->refs++;
	kv->history_bytes += kv_item_bytes(item->key_len, item->value_len);
}

/* ---- hash ---- */

static u32 hash_u64(u32 crc, u64 value)
{
	__le64 le = cpu_to_le64(value);

	return crc32c(crc, &le, sizeof(le));
}

/* Of what is replicated: keys, leases, revision; not of the history. */
u64 kv_hash(void *state)
{
	const struct kv *kv = state;
	struct rb_node *node;
	u32 crc = ~0U;

	for (node = rb_first(&kv->leases); node; node = rb_next(node)) {
		const struct kv_lease *lease = rb_entry(node, struct kv_lease, node);

		crc = hash_u64(crc, lease->id);
		crc = hash_u64(crc, lease->ttl_ms);
		crc = hash_u64(crc, lease->renewals);
	}
	for (node = rb_first(&kv->items); node; node = rb_next(node)) {
		const struct kv_item *item = rb_entry(node, struct kv_item, node);

		crc = hash_u64(crc, (u64)item->key_len << 32 | item->value_len);
		crc = hash_u64(crc, item->create);
		crc = hash_u64(crc, item->modify);
		crc = hash_u64(crc, item->version);
		crc = hash_u64(crc, item->lease);
		crc = crc32c(crc, item->data, item->key_len + item->value_len);
	}
	return (u64)crc << 32 | (u32)kv->revision;
}
