// SPDX-License-Identifier: GPL-2.0
/*
 * kv: snapshots and restores.
 *
 * The stream: a head, the leases by id, the items by key.  A snapshot is a list of
 * references to the items there were: nothing is copied when it begins, and what is
 * changed meanwhile is kept as long as the snapshot needs it.
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kv.h"

#define KV_MAGIC	0x31564b51	/* "QKV1" */

struct kv_stream_head {
	__le32 magic;
	__le32 zero;
	__le64 revision;
	__le64 keys;
	__le64 leases;
};
static_assert(sizeof(struct kv_stream_head) == 32);

struct kv_stream_lease {
	__le64 id;
	__le64 ttl_ms;
	__le64 renewals;
};
static_assert(sizeof(struct kv_stream_lease) == 24);

/* Key and value follow, without padding. */
struct kv_stream_item {
	__le64 create;
	__le64 modify;
	__le64 version;
	__le64 lease;
	__le32 key_len;
	__le32 value_len;
};
static_assert(sizeof(struct kv_stream_item) == 40);

/* The fixed part of whatever comes next. */
union kv_stream_unit {
	struct kv_stream_head head;
	struct kv_stream_lease lease;
	struct kv_stream_item item;
};

/**
 * struct kv_snapshot - the state as it was, and how far it was read
 * @head: the stream's head
 * @nleases: number of @leases
 * @items: references, by key; behind @leases
 * @nitems: number of @items
 * @unit: the fixed part being read
 * @next: number of the unit after it: the head, the leases, the items
 * @size: bytes of the fixed part
 * @body: the bytes behind it, or NULL
 * @body_size: their number
 * @done: bytes of both that were read
 * @leases: copies
 */
struct kv_snapshot {
	struct kv_stream_head head;
	u64 nleases;
	struct kv_item **items;
	u64 nitems;
	union kv_stream_unit unit;
	u64 next;
	u32 size;
	const u8 *body;
	u32 body_size;
	u32 done;
	struct kv_stream_lease leases[];
};

static void gather(struct kv *kv, struct kv_snapshot *snap)
{
	struct rb_node *node;

	for (node = rb_first(&kv->leases); node; node = rb_next(node)) {
		const struct kv_lease *lease = rb_entry(node, struct kv_lease, node);
		struct kv_stream_lease *out = &snap->leases[snap->nleases++];

		out->id = cpu_to_le64(lease->id);
		out->ttl_ms = cpu_to_le64(lease->ttl_ms);
		out->renewals = cpu_to_le64(lease->renewals);
	}
	for (node = rb_first(&kv->items); node; node = rb_next(node)) {
		struct kv_item *item = rb_entry(node, struct kv_item, node);

		item->refs++;
		snap->items[snap->nitems++] = item;
	}
}

size_t kv_snapshot_room(const void *state)
{
	const struct kv *kv = state;

	return sizeof(struct kv_snapshot) + kv->nleases * sizeof(struct kv_stream_lease) +
	       kv->keys * sizeof(struct kv_item *);
}

void *kv_snapshot_begin(void *state, void *room)
{
	struct kv_snapshot *snap = room;
	struct kv *kv = state;

	if (kv->snapshot)
		return ERR_PTR(-EBUSY);
	snap->items = (struct kv_item **)(snap->leases + kv->nleases);
	gather(kv, snap);
	snap->head.magic = cpu_to_le32(KV_MAGIC);
	snap->head.revision = cpu_to_le64(kv->revision);
	snap->head.keys = cpu_to_le64(snap->nitems);
	snap->head.leases = cpu_to_le64(snap->nleases);
	kv->snapshot = true;
	return snap;
}

void kv_snapshot_end(void *state, void *snapshot)
{
	struct kv_snapshot *snap = snapshot;
	struct kv *kv = state;
	u64 i;

	for (i = 0; i < snap->nitems; i++)
		kv_item_put(snap->items[i]);
	kv->snapshot = false;
}

/* Make the next unit the one being read; false at the end. */
static bool next_unit(struct kv_snapshot *snap)
{
	u64 number = snap->next;
	const struct kv_item *item;

	snap->body_size = 0;
	snap->done = 0;
	if (!number) {
		snap->unit.head = snap->head;
		snap->size = sizeof(snap->unit.head);
	} else if (number <= snap->nleases) {
		snap->unit.lease = snap->leases[number - 1];
		snap->size = sizeof(snap->unit.lease);
	} else if (number <= snap->nleases + snap->nitems) {
		item = snap->items[number - 1 - snap->nleases];
		snap->unit.item = (struct kv_stream_item) {
			.create = cpu_to_le64(item->create),
			.modify = cpu_to_le64(item->modify),
			.version = cpu_to_le64(item->version),
			.lease = cpu_to_le64(item->lease),
			.key_len = cpu_to_le32(item->key_len),
			.value_len = cpu_to_le32(item->value_len),
		};
		snap->size = sizeof(snap->unit.item);
		snap->body = item->data;
		snap->body_size = item->key_len + item->value_len;
	} else {
		snap->size = 0;
		return false;
	}
	snap->next++;
	return true;
}

ssize_t kv_snapshot_read(void *state, void *snapshot, void *buf, size_t room)
{
	struct kv_snapshot *snap = snapshot;
	size_t got = 0, n;

	while (got < room) {
		if (snap->done == snap->size + snap->body_size && !next_unit(snap))
			break;
		if (snap->done < snap->size) {
			n = min_t(size_t, room - got, snap->size - snap->done);
			memcpy(buf + got, (u8 *)&snap->unit + snap->done, n);
		} else {
			u32 at = snap->done - snap->size;

			n = min_t(size_t, room - got, snap->body_size - at);
			memcpy(buf + got, snap->body + at, n);
		}
		snap->done += n;
		got += n;
	}
	return got;
}

/* ---- restore ---- */

/**
 * struct kv_restore - a state being made from a stream
 * @kv: the state
 * @unit: the fixed part that is being gathered
 * @got: bytes of it
 * @item: the item whose body is being gathered, or NULL
 * @filled: bytes of it
 * @number: number of the unit: 0 the head, then leases, then items
 * @nleases: that the head names
 * @nkeys: likewise
 * @last: the last item, for the order
 * @error: the stream is no good
 */
struct kv_restore {
	struct kv *kv;
	union kv_stream_unit unit;
	u32 got;
	struct kv_item *item;
	u32 filled;
	u64 number;
	u64 nleases;
	u64 nkeys;
	struct kv_item *last;
	int error;
};

void *kv_restore_begin(void *state)
{
	struct kv_restore *rest = kvzalloc(sizeof(*rest), GFP_KERNEL);

	if (!rest)
		return ERR_PTR(-ENOMEM);
	rest->kv = kv_create();
	if (IS_ERR(rest->kv)) {
		kvfree(rest);
		return ERR_PTR(-ENOMEM);
	}
	return rest;
}

void kv_restore_abort(void *state, void *restore)
{
	struct kv_restore *rest = restore;

	if (rest->item)
		kv_item_put(rest->item);
	kv_destroy(rest->kv);
	kvfree(rest);
}

static bool head_over(const struct kv_restore *rest)
{
	return rest->number;
}

static bool leases_over(const struct kv_restore *rest)
{
	return rest->number > rest->nleases;
}

static u32 unit_size(const struct kv_restore *rest)
{
	if (!head_over(rest))
		return sizeof(rest->unit.head);
	return leases_over(rest) ? sizeof(rest->unit.item) : sizeof(rest->unit.lease);
}

static int take_head(struct kv_restore *rest)
{
	const struct kv_stream_head *head = &rest->unit.head;

	rest->kv->revision = le64_to_cpu(head->revision);
	/* A new history begins here. */
	rest->kv->compacted = rest->kv->revision;
	rest->nkeys = le64_to_cpu(head->keys);
	rest->nleases = le64_to_cpu(head->leases);
	if (le32_to_cpu(head->magic) != KV_MAGIC || head->zero || !rest->kv->revision ||
	    rest->nleases > QUORUM_KV_LEASES_MAX ||
	    rest->nkeys > QUORUM_KV_BYTES_MAX / QUORUM_KV_ITEM_BYTES)
		return -EBADMSG;
	return 0;
}

static int take_lease(struct kv_restore *rest)
{
	const struct kv_stream_lease *in = &rest->unit.lease;
	u64 id = le64_to_cpu(in->id), ttl_ms = le64_to_cpu(in->ttl_ms);
	struct kv_lease *lease;

	if (!id || ttl_ms < QUORUM_KV_TTL_MS_MIN || ttl_ms > QUORUM_KV_TTL_MS_MAX ||
	    kv_lease_find(rest->kv, id))
		return -EBADMSG;
	lease = kv_lease_create(rest->kv, id, ttl_ms);
	if (!lease)
		return -ENOMEM;
	lease->renewals = le64_to_cpu(in->renewals);
	return 0;
}

static int take_item(struct kv_restore *rest)
{
	const struct kv_stream_item *in = &rest->unit.item;
	u32 key_len = le32_to_cpu(in->key_len), value_len = le32_to_cpu(in->value_len);
	struct kv_item *item;

	if (!key_len || key_len > QUORUM_KV_KEY_MAX || value_len > QUORUM_KV_VALUE_MAX)
		return -EBADMSG;
	item = kv_item_alloc(key_len, value_len);
	if (!item)
		return -ENOMEM;
	rest->item = item;
	rest->filled = 0;
	item->create = le64_to_cpu(in->create);
	item->modify = le64_to_cpu(in->modify);
	item->version = le64_to_cpu(in->version);
	item->lease = le64_to_cpu(in->lease);
	if (!item->create || item->create > item->modify || !item->version ||
	    item->modify > rest->kv->revision ||
	    (item->lease && !kv_lease_find(rest->kv, item->lease)))
		return -EBADMSG;
	return 0;
}

static int take_unit(struct kv_restore *rest)
{
	int error;

	if (!head_over(rest))
		error = take_head(rest);
	else if (!leases_over(rest))
		error = take_lease(rest);
	else if (rest->number <= rest->nleases + rest->nkeys)
		error = take_item(rest);
	else
		error = -EBADMSG;
	rest->number++;
	rest->got = 0;
	return error;
}

/* The item's bytes are all there. */
static int finish_item(struct kv_restore *rest)
{
	struct kv_item *item = rest->item;

	if (rest->last && kv_bytes_compare(kv_key(rest->last), kv_key(item)) >= 0)
		return -EBADMSG;
	if (rest->kv->bytes + kv_item_bytes(item->key_len, item->value_len) > QUORUM_KV_BYTES_MAX)
		return -EBADMSG;
	rest->item = NULL;
	rest->last = item;
	kv_insert(rest->kv, item, NULL);
	return 0;
}

/* Take what one step can use of the bytes; the number of them or an errno. */
static ssize_t restore_some(struct kv_restore *rest, const u8 *data, size_t len)
{
	size_t n;
	int error = 0;

	if (rest->item) {
		u32 size = rest->item->key_len + rest->item->value_len;

		n = min_t(size_t, len, size - rest->filled);
		memcpy(rest->item->data + rest->filled, data, n);
		rest->filled += n;
		if (rest->filled == size)
			error = finish_item(rest);
	} else {
		n = min_t(size_t, len, unit_size(rest) - rest->got);
		memcpy((u8 *)&rest->unit + rest->got, data, n);
		rest->got += n;
		if (rest->got == unit_size(rest))
			error = take_unit(rest);
	}
	return error ? error : n;
}

int kv_restore_write(void *state, void *restore, const void *buf, size_t len)
{
	struct kv_restore *rest = restore;
	ssize_t n;

	for (; len && !rest->error; buf += n, len -= n) {
		n = restore_some(rest, buf, len);
		if (n < 0) {
			rest->error = n;
			break;
		}
	}
	return rest->error;
}

int kv_restore_commit(void *state, void *restore)
{
	struct kv_restore *rest = restore;
	struct kv *kv = state;
	bool snapshot = kv->snapshot;
	int error = rest->error;

	if (!error && (rest->item || rest->got || !head_over(rest) ||
		       rest->number != 1 + rest->nleases + rest->nkeys))
		error = -EBADMSG;
	if (!error) {
		swap(*kv, *rest->kv);
		/* It belongs to the file, not to what the file holds. */
		kv->snapshot = snapshot;
	}
	kv_restore_abort(state, restore);
	return error;
}
