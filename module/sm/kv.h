/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the state machine `kv`, shared by its files.
 *
 * The same source runs in the kernel, in KUnit and in user space.  There is no lock
 * here: the runtime lets changes exclude everything and questions exclude changes
 * (struct quorum_machine_ops).
 *
 *	kv.c		items, their order, the history
 *	kv_code.c	what a command or a question looks like as bytes
 *	kv_txn.c	transactions
 *	kv_lease.c	leases: granted, kept alive, expired through the log
 *	kv_query.c	questions: ranges, watches, lists
 *	kv_snapshot.c	snapshots and restores
 *	kv_machine.c	the table of operations
 *
 * An item never changes once it is in the tree: a put makes a new one.  So whoever
 * holds a reference (the history, a snapshot) has the past, at the price of a pointer.
 */
#ifndef QUORUM_KV_H
#define QUORUM_KV_H

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/quorum_kv.h>
#include <linux/quorum_machine.h>
#include "../limits.h"

/**
 * struct kv_item - a key with its value, at one revision
 * @node: in kv->items, while this is what the key holds
 * @attached: in kv_lease.items, likewise
 * @refs: the tree's, the history's and snapshots'
 * @key_len: bytes of the key, at @data
 * @value_len: bytes of the value, behind it
 * @create: revision that created the key
 * @modify: revision that made this item
 * @version: changes since @create, 1 at it
 * @lease: 0: none
 * @data: key and value
 */
struct kv_item {
	struct rb_node node;
	struct list_head attached;
	u32 refs;
	u32 key_len;
	u32 value_len;
	u64 create;
	u64 modify;
	u64 version;
	u64 lease;
	u8 data[];
};

/**
 * struct kv_lease - a lease
 * @node: in kv->leases
 * @items: items that have it
 * @id: index of the entry that granted it
 * @ttl_ms: time to live
 * @renewals: times it was kept alive; what an expiry has to name
 * @keys: number of @items
 * @deadline: of this node while it leads, ns; not replicated
 * @renewed: @deadline is to be set anew at the next tick; not replicated
 */
struct kv_lease {
	struct rb_node node;
	struct list_head items;
	u64 id;
	u64 ttl_ms;
	u64 renewals;
	u64 keys;
	u64 deadline;
	bool renewed;
};

/**
 * struct kv_event - a change in the history
 * @item: what was put, or what was deleted
 * @revision: of the change
 * @deleted: which of both
 */
struct kv_event {
	struct kv_item *item;
	u64 revision;
	bool deleted;
};

/**
 * struct kv - the state
 * @items: all current items, by key
 * @leases: all leases, by id
 * @revision: of the last change, 1 at first
 * @keys: number of @items
 * @bytes: what they count for
 * @nleases: number of @leases
 * @compacted: the history holds all changes above this revision
 * @history: ring of QUORUM_KV_HISTORY_EVENTS
 * @first: the oldest one's number; numbers only grow
 * @end: the number of the next one
 * @history_bytes: what the items in the history count for
 * @snapshot: one is being taken
 */
struct kv {
	struct rb_root items;
	struct rb_root leases;
	u64 revision;
	u64 keys;
	u64 bytes;
	u64 nleases;
	u64 compacted;
	struct kv_event *history;
	u64 first;
	u64 end;
	u64 history_bytes;
	bool snapshot;
};

/* Bytes of a key or a value: a view. */
struct kv_bytes {
	const u8 *data;
	u32 len;
};

/* What a range's end means. */
struct kv_range {
	struct kv_bytes key;
	struct kv_bytes end;
};

/* An operation or a compare, taken apart. */
struct kv_op {
	u32 type;
	u32 flags;
	u32 limit;
	u64 lease;
	struct kv_range range;
	struct kv_bytes value;
};

struct kv_compare {
	u32 target;
	u32 relation;
	u64 number;
	struct kv_bytes key;
	struct kv_bytes value;
};

/* Bytes that are still to be taken apart. */
struct kv_cursor {
	const u8 *data;
	u32 left;
};

/* kv.c */
struct kv *kv_create(void);
void kv_destroy(struct kv *kv);
void kv_clear(struct kv *kv);
struct kv_item *kv_item_create(struct kv_bytes key, struct kv_bytes value);
struct kv_item *kv_item_alloc(u32 key_len, u32 value_len);
void kv_item_put(struct kv_item *item);
u64 kv_item_bytes(u32 key_len, u32 value_len);
struct kv_item *kv_find(const struct kv *kv, struct kv_bytes key);
struct kv_item *kv_range_first(const struct kv *kv, const struct kv_range *range);
struct kv_item *kv_range_next(const struct kv_item *item, const struct kv_range *range);
bool kv_in_range(const struct kv_item *item, const struct kv_range *range);
void kv_insert(struct kv *kv, struct kv_item *item, struct kv_item *old);
void kv_remove(struct kv *kv, struct kv_item *item);
void kv_record(struct kv *kv, struct kv_item *item, bool deleted);
void kv_compact(struct kv *kv, u64 revision);
u64 kv_hash(void *state);

static inline struct kv_bytes kv_key(const struct kv_item *item)
{
	return (struct kv_bytes){ item->data, item->key_len };
}

static inline struct kv_bytes kv_value(const struct kv_item *item)
{
	return (struct kv_bytes){ item->data + item->key_len, item->value_len };
}

int kv_bytes_compare(struct kv_bytes a, struct kv_bytes b);

/* kv_code.c */
int kv_take(struct kv_cursor *cursor, void *head, u32 size);
int kv_take_bytes(struct kv_cursor *cursor, u32 len, struct kv_bytes *bytes);
int kv_take_padding(struct kv_cursor *cursor, u32 len);
int kv_take_op(struct kv_cursor *cursor, struct kv_op *op);
int kv_take_compare(struct kv_cursor *cursor, struct kv_compare *compare);
int kv_check_range(const struct kv_range *range);
void *kv_reply_add(struct quorum_reply *reply, u32 size);
u32 kv_item_room(const struct kv_item *item, bool value);
bool kv_reply_item(struct quorum_reply *reply, const struct kv_item *item, bool value,
		   u32 spare);
void kv_describe(struct quorum_kv_item *out, const struct kv_item *item, bool value);

/* kv_txn.c */
int kv_txn(struct kv *kv, const struct quorum_kv_command *head, struct kv_cursor *cursor,
	   struct quorum_reply *reply);

/* kv_lease.c */
struct kv_lease *kv_lease_find(const struct kv *kv, u64 id);
struct kv_lease *kv_lease_create(struct kv *kv, u64 id, u64 ttl_ms);
void kv_lease_free(struct kv *kv, struct kv_lease *lease);
int kv_lease_command(struct kv *kv, const struct quorum_kv_command *head, u64 index,
		     struct quorum_reply *reply);
void kv_tick(void *state, u64 now, bool fresh, struct quorum_reply *reply, u64 *next);

/* kv_query.c */
void kv_range_reply(const struct kv *kv, const struct kv_range *range, u32 flags, u32 limit,
		    struct quorum_reply *reply, u32 spare, bool *nothing_fits);
int kv_query(void *state, const void *request, u32 len, struct quorum_reply *reply);

/* kv_snapshot.c */
size_t kv_snapshot_room(const void *state);
void *kv_snapshot_begin(void *state, void *room);
ssize_t kv_snapshot_read(void *state, void *snapshot, void *buf, size_t room);
void kv_snapshot_end(void *state, void *snapshot);
void *kv_restore_begin(void *state);
int kv_restore_write(void *state, void *restore, const void *buf, size_t len);
int kv_restore_commit(void *state, void *restore);
void kv_restore_abort(void *state, void *restore);

/* kv_machine.c */
extern struct quorum_machine_ops quorum_kv_ops;

#endif /* QUORUM_KV_H */
