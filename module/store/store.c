// SPDX-License-Identifier: GPL-2.0
/*
 * The store's life: open, recover, start, stop, close.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "store_private.h"

/*
 * Both have a rescuer: the log may carry what memory reclaim waits for.  What is long
 * must not stand before votes.
 */
struct workqueue_struct *quorum_store_votes;
struct workqueue_struct *quorum_store_verify;

/**
 * quorum_store_init() - before the first store
 */
int quorum_store_init(void)
{
	quorum_store_votes = alloc_workqueue("quorum_votes", WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	if (!quorum_store_votes)
		return -ENOMEM;
	quorum_store_verify = alloc_workqueue("quorum_verify", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (quorum_store_verify)
		return 0;
	destroy_workqueue(quorum_store_votes);
	return -ENOMEM;
}

/**
 * quorum_store_exit() - after the last one was closed
 */
void quorum_store_exit(void)
{
	destroy_workqueue(quorum_store_verify);
	destroy_workqueue(quorum_store_votes);
}

/**
 * quorum_store_fail() - the first failure is final
 * @store: the store
 * @error: negative errno
 * @why: enum disk_why
 */
void quorum_store_fail(struct quorum_store *store, int error, u32 why)
{
	lockdep_assert_held(&store->lock);
	if (store->error)
		return;
	/* Seen without the lock by quorum_store_get_stats() only after this. */
	store->error = error;
	store->why = why;
}

/* recover_io: the buffer is always the reader's. */
static int store_io_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct quorum_store *store = ctx;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (WARN_ON_ONCE(buf != store->reader.buf.addr))
		return -EINVAL;
	return quorum_store_bytes_read(store, &store->reader.buf, offset, bytes);
}

static struct recover_io store_io(struct quorum_store *store)
{
	return (struct recover_io){
		.read = store_io_read, .ctx = store,
		.device_bytes = bdev_nr_bytes(store->dev.bdev),
	};
}

/* ---- open ---- */

static int open_refused(int error, struct netlink_ext_ack *extack)
{
	switch (error) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -ENOTDIR:
		NL_SET_ERR_MSG_MOD(extack, "no such device: check the device's path");
		return -ENODEV;
	case -ENOTBLK:
		NL_SET_ERR_MSG_MOD(extack, "this is not a block device");
		return -ENOTBLK;
	case -EBUSY:
		NL_SET_ERR_MSG_MOD(extack,
				   "the device is in use: unmount it, or stop the group that runs on it");
		return -EBUSY;
	case -EPERM:
		NL_SET_ERR_MSG_MOD(extack, "you may not read and write this device: run as root");
		return -EPERM;
	case -EACCES:
	case -EROFS:
		NL_SET_ERR_MSG_MOD(extack, "the device is read-only");
		return -EROFS;
	default:
		NL_SET_ERR_MSG_MOD(extack, "the device cannot be opened");
		return error;
	}
}

/* Sentences of extack are literals, hence one per row and not recover_row_text(). */
static int super_refused(u8 row, struct netlink_ext_ack *extack)
{
	switch (row) {
	case RECOVER_A_ZERO:
		NL_SET_ERR_MSG_MOD(extack,
				   "the device is not formatted: run `quorumctl format` first");
		return -ENODATA;
	case RECOVER_B_OTHER:
		NL_SET_ERR_MSG_MOD(extack,
				   "the device holds something that is not a quorum log");
		return -EMEDIUMTYPE;
	case RECOVER_C_VERSION:
		NL_SET_ERR_MSG_MOD(extack,
				   "a newer version of quorum formatted the device: load that version");
		return -EPROTO;
	case RECOVER_D_SHRUNK:
		NL_SET_ERR_MSG_MOD(extack, "the device is smaller than when it was formatted");
		return -ENOSPC;
	case RECOVER_E_SUPERS_DIFFER:
		NL_SET_ERR_MSG_MOD(extack,
				   "the superblock's two copies differ: see `quorumctl fsck`");
		return -EUCLEAN;
	case RECOVER_F_CLUSTER:
		NL_SET_ERR_MSG_MOD(extack, "the device was formatted for another cluster");
		return -EXDEV;
	case RECOVER_F_GROUP:
		NL_SET_ERR_MSG_MOD(extack, "the device was formatted for another group");
		return -ENXIO;
	case RECOVER_F_NODE:
		NL_SET_ERR_MSG_MOD(extack, "the device was formatted for another node id");
		return -EADDRNOTAVAIL;
	default:
		NL_SET_ERR_MSG_MOD(extack,
				   "both copies of the superblock are damaged: see `quorumctl fsck`");
		return -EUCLEAN;
	}
}

static int device_check(struct quorum_store *store, struct netlink_ext_ack *extack)
{
	struct block_device *bdev = store->dev.bdev;

	if (bdev_read_only(bdev)) {
		NL_SET_ERR_MSG_MOD(extack, "the device is read-only");
		return -EROFS;
	}
	if (bdev_nr_bytes(bdev) < (u64)QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES) {
		NL_SET_ERR_MSG_MOD(extack, "the device is too small: at least 1 MiB is needed");
		return -ENOSPC;
	}
	if (bdev_logical_block_size(bdev) > QUORUM_BLOCK_BYTES) {
		NL_SET_ERR_MSG_MOD(extack, "the device's sectors are larger than 4096 bytes");
		return -EMEDIUMTYPE;
	}
	return 0;
}

static int super_check(struct quorum_store *store, const struct quorum_genesis *genesis,
		       u32 self, struct netlink_ext_ack *extack)
{
	struct disk_super *super = &store->super;
	struct recover_io io = store_io(store);
	int error;

	error = recover_super(&io, store->reader.buf.addr, super, &store->found);
	if (error) {
		NL_SET_ERR_MSG_MOD(extack, "no copy of the superblock can be read from the device");
		return error;
	}
	if (!store->found.verdict)
		recover_match(super, genesis, self, &store->found);
	if (store->found.verdict)
		return super_refused(store->found.row, extack);
	if (super->ro_compat & ~DISK_RO_COMPAT_KNOWN) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device has features that only a newer version may write");
		return -EPROTO;
	}
	if (genesis_fingerprint(genesis) != genesis_fingerprint(&super->genesis)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device was formatted with another member list or timing");
		return -ESTALE;
	}
	if (bdev_logical_block_size(store->dev.bdev) > super->granule) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device's sectors are larger than when it was formatted");
		return -EMEDIUMTYPE;
	}
	return 0;
}

static int store_alloc(struct quorum_store *store)
{
	int error;

	error = quorum_hard_init(store);
	if (!error)
		error = quorum_ring_init(store);
	return error;
}

static void store_free(struct quorum_store *store)
{
	quorum_hard_exit(store);
	quorum_ring_exit(store);
	quorum_read_exit(store);
	quorum_check_exit(store);
	quorum_snaps_exit(store);
	if (store->dev.bdev)
		quorum_compat_bdev_close(&store->dev);
	kvfree(store);
}

static int store_open(struct quorum_store *store, dev_t device,
		      const struct quorum_genesis *genesis, u32 self,
		      struct netlink_ext_ack *extack)
{
	int error;

	error = quorum_compat_bdev_open(&store->dev, device, store);
	if (error) {
		store->dev.bdev = NULL;
		return open_refused(error, extack);
	}
	error = device_check(store, extack);
	if (error)
		return error;
	error = quorum_pages_alloc(&store->reader.buf, QUORUM_RECORD_BYTES_MAX);
	if (!error)
		error = store_alloc(store);
	if (error)
		goto no_memory;
	error = super_check(store, genesis, self, extack);
	if (error)
		return error;
	error = quorum_read_init(store);
	if (!error)
		error = quorum_snaps_init(store);
	if (error)
		goto no_memory;
	store->stats.ring_bytes = store->super.ring_blocks * QUORUM_BLOCK_BYTES;
	store->stats.fua = bdev_fua(store->dev.bdev);
	store->stats.granule = store->super.granule;
	return 0;

no_memory:
	NL_SET_ERR_MSG_MOD(extack, "not enough memory for the store's buffers");
	return error;
}

/**
 * quorum_store_find() - look a device up, without opening it
 * @path: path of the block device, for the calling process
 * @device: its number
 * @extack: gets the sentence on refusal, may be NULL
 */
int quorum_store_find(const char *path, dev_t *device, struct netlink_ext_ack *extack)
{
	int error = quorum_compat_bdev_allowed(path);

	if (!error)
		error = lookup_bdev(path, device);
	return error ? open_refused(error, extack) : 0;
}

/**
 * quorum_store_open() - open a formatted device, exclusively
 * @device: number of the block device
 * @genesis: what the caller believes; must be what format wrote
 * @self: own node id; likewise
 * @ops: completion callbacks
 * @priv: their first argument
 * @extack: gets the sentence on refusal, may be NULL
 */
struct quorum_store *quorum_store_open(dev_t device,
				       const struct quorum_genesis *genesis, u32 self,
				       const struct quorum_store_ops *ops, void *priv,
				       struct netlink_ext_ack *extack)
{
	struct quorum_store *store;
	int error;

	store = kvzalloc(sizeof(*store), GFP_KERNEL);
	if (!store) {
		NL_SET_ERR_MSG_MOD(extack, "not enough memory for the store");
		return ERR_PTR(-ENOMEM);
	}
	store->ops = ops;
	store->priv = priv;
	store->whole_bytes = QUORUM_STORE_WHOLE;
	spin_lock_init(&store->lock);
	init_waitqueue_head(&store->idle);
	spin_lock_init(&store->marks.lock);
	quorum_check_init(store);
	mutex_init(&store->reader.lock);
	mutex_init(&store->snaps.read_lock);
	error = store_open(store, device, genesis, self, extack);
	if (error) {
		store_free(store);
		return ERR_PTR(error);
	}
	return store;
}

/**
 * quorum_store_incarnation() - random number drawn by format; never 0
 * @store: the store
 */
u64 quorum_store_incarnation(const struct quorum_store *store)
{
	return store->super.incarnation;
}

/* ---- recover ---- */

struct recover_ctx {
	struct quorum_store *store;
	int (*entry)(void *ctx, const struct raft_entry *entry, const void *payload);
	void (*truncate)(void *ctx, u64 index);
	int (*config)(void *ctx, const struct raft_entry *entry, const void *payload);
	void *ctx;
	u64 position;			/* of the record the next entries come from, */
	u64 lsn;			/* and its number */
	u64 snap_index;			/* of the snapshot, */
	u64 snap_term;			/* and the log's term there; 0: none was met */
};

static int take_record(void *ctx, const struct disk_head *head, const void *record)
{
	struct recover_ctx *c = ctx;
	const struct quorum_place place = {
		.at = c->store->found.used, .position = head->position, .lsn = head->lsn,
	};

	quorum_marks_record(&c->store->marks, &place, head->prev_crc, head->first_index,
			    head->nr, head->truncate);
	c->position = head->position;
	c->lsn = head->lsn;
	cond_resched();
	return 0;
}

static int take_truncate(void *ctx, u64 index)
{
	struct recover_ctx *c = ctx;

	quorum_check_truncate(&c->store->check, index);
	if (index <= c->snap_index)
		c->snap_term = 0;
	if (c->truncate)
		c->truncate(c->ctx, index);
	return 0;
}

static int take_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct recover_ctx *c = ctx;

	quorum_check_entry(&c->store->check, entry, c->position, c->lsn);
	if (entry->index == c->snap_index)
		c->snap_term = entry->term;
	return c->entry ? c->entry(c->ctx, entry, payload) : 0;
}

static int take_config(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct recover_ctx *c = ctx;

	return c->config ? c->config(c->ctx, entry, payload) : 0;
}

/* Sentences of extack are literals. */
static int recover_refused(const struct recover_result *found, struct netlink_ext_ack *extack)
{
	switch (found->row) {
	case RECOVER_G_HARD:
		NL_SET_ERR_MSG_MOD(extack,
				   "every copy of term and vote is damaged: this node must not vote, replace it");
		break;
	case RECOVER_H_HARDS_DIFFER:
	case RECOVER_I_EPOCH:
		NL_SET_ERR_MSG_MOD(extack,
				   "term and vote went back in time: this node must not vote, replace it");
		break;
	case RECOVER_J_TYPE:
		NL_SET_ERR_MSG_MOD(extack,
				   "a newer version of quorum wrote to the log: load that version");
		return -EPROTO;
	default:
		NL_SET_ERR_MSG_MOD(extack,
				   "an acknowledged record of the log is damaged: see `quorumctl fsck`");
		break;
	}
	return -EUCLEAN;
}

/*
 * The snapshot is lost and the log alone is no use (row S): go on with none.  The
 * numbers of what still lies in the ring are left far behind, so that none of it
 * is ever taken for the new log.
 */
static void recover_drop(struct quorum_store *store)
{
	struct disk_hard *h = &store->hard.durable;
	struct recover_result *r = &store->found;

	r->next.position = h->start_position;
	r->next.lsn = h->start_lsn + (1ULL << 32);
	r->next.prev_crc = 0;
	r->used = 0;
	r->last_index = 0;
	r->last_term = 0;
	h->base_index = 0;
	h->base_term = 0;
	memset(&h->check, 0, sizeof(h->check));
	quorum_marks_clear(&store->marks);
}

/* Something this member acknowledged may be missing: say what, and remember it. */
static void recover_suspect(struct quorum_store *store, u64 seen_last)
{
	struct disk_hard *h = &store->hard.durable;
	const struct recover_result *r = &store->found;
	u64 first = max(r->last_index, h->base_index) + 1;

	h->suspect_first = h->suspect ? min(h->suspect_first, first) : first;
	h->suspect_last = max3(h->suspect_last, seen_last, h->suspect_first);
	h->suspect = true;
}

static void recover_take_over(struct quorum_store *store, struct quorum_recovered *found)
{
	const struct recover_result *r = &store->found;
	const struct disk_hard *h = &store->hard.durable;
	/* Damage below the base leaves nothing above it. */
	u64 last_index = max(r->last_index, h->base_index);

	store->cursor = r->next;
	store->cursor.epoch = h->epoch + 1;
	store->at = r->used;
	store->start_at = 0;
	store->durable_at = r->used;
	store->durable_lsn = r->next.lsn - 1;
	store->last_index = last_index;
	store->durable_index = last_index;
	store->snaps.last_id = h->snap_id;
	quorum_check_adopt(store, h);
	store->recovered = true;

	found->term = h->term;
	found->vote = h->vote;
	found->base_index = h->base_index;
	found->base_term = h->base_term;
	found->last_index = last_index;
	found->epoch = h->epoch + 1;
	found->last_errno = h->last_errno;
	found->last_why = h->why;
	found->suspect = h->suspect;
	found->suspect_first = h->suspect_first;
	found->suspect_last = h->suspect_last;
	found->types = store->check.types;
	if (r->check == RECOVER_T_CHECKPOINT) {
		found->check_index = h->check.index;
		found->check_term = h->check.term;
	}
}

/* Row S: the log is read all the same, for what it says was there. */
static int recover_lost(struct quorum_store *store, const struct recover_io *io)
{
	struct disk_hard *h = &store->hard.durable;
	struct recover_result whole = store->found;
	int error;

	whole.verdict = RECOVER_NONE;
	error = recover_log(io, &store->super, h, store->reader.buf.addr,
			    QUORUM_RECORD_BYTES_MAX, NULL, &whole);
	if (error)
		return error;
	recover_drop(store);
	recover_suspect(store, max3(whole.last_index, whole.seen_last, h->snap_index));
	return 0;
}

/* The log ends before the snapshot, or is another there: what is left of it is no use. */
static bool recover_is_behind(const struct quorum_store *store, const struct recover_ctx *c,
			      const struct quorum_snap_meta *snap)
{
	const struct recover_result *r = &store->found;
	const struct disk_hard *h = &store->hard.durable;

	if (snap->index <= h->base_index)
		return false;
	if (r->last_index < snap->index)
		return true;
	if (r->check == RECOVER_T_CHECKPOINT && snap->index <= h->check.index)
		return false;
	return c->snap_term != snap->term;
}

/* The snapshot takes the place of the whole log; it begins anew behind what is there. */
static void recover_replace(struct quorum_store *store, const struct recover_ctx *c,
			    const struct quorum_snap_meta *snap)
{
	struct disk_hard *h = &store->hard.durable;
	struct recover_result *r = &store->found;

	if (c->truncate)
		c->truncate(c->ctx, h->base_index + 1);
	h->base_index = snap->index;
	h->base_term = snap->term;
	memset(&h->check, 0, sizeof(h->check));
	r->check = RECOVER_ROW_NONE;
	r->last_index = snap->index;
	r->last_term = snap->term;
	store->replaced = true;
	quorum_marks_clear(&store->marks);
	quorum_check_reset(store);
}

/* Snapshot, then log; a verdict is left in store->found. */
static int recover_content(struct quorum_store *store, const struct recover_sink *sink,
			   struct quorum_recovered *found)
{
	struct recover_ctx *c = sink->ctx;
	struct recover_io io = store_io(store);
	struct recover_result *r = &store->found;
	struct disk_hard *h = &store->hard.durable;
	void *buf = store->reader.buf.addr;
	int error;

	error = recover_snapshot(&io, &store->super, h, buf, QUORUM_RECORD_BYTES_MAX,
				 &found->snap, r);
	if (error)
		return error;
	found->has_snap = r->snap == RECOVER_SNAP_GOOD || r->snap == RECOVER_SNAP_FALLBACK;
	found->snap_fallback = r->snap == RECOVER_SNAP_FALLBACK;
	if (found->has_snap)
		error = quorum_snaps_adopt(store, r->snap_area, &found->snap);
	if (error)
		return error;
	if (r->snap == RECOVER_SNAP_LOST)
		return recover_lost(store, &io);
	if (found->has_snap)
		c->snap_index = found->snap.index;
	/*
	 * Little before the checkpoint is read and judged at once: what is damaged
	 * is then known before this member says anything.
	 */
	if (recover_span_before(&store->super, h) << store->super.granule_shift <=
	    store->whole_bytes)
		error = recover_log(&io, &store->super, h, buf, QUORUM_RECORD_BYTES_MAX, sink, r);
	else
		error = recover_tail(&io, &store->super, h, buf, QUORUM_RECORD_BYTES_MAX, sink,
				     r);
	if (!error && found->has_snap && recover_is_behind(store, c, &found->snap))
		recover_replace(store, c, &found->snap);
	if (!error && (recover_heals(r) || (store->doubts_tail && r->verdict == RECOVER_TORN)))
		recover_suspect(store, max(r->seen_last, r->last_index + 1));
	return error;
}

/**
 * quorum_store_doubt_tail() - take a torn tail for damage
 * @store: the store, before quorum_store_recover()
 *
 * Nothing on the device tells what was acknowledged at last (recover.h, row P), in case
 * it has lost that: this member waits until a leader has confirmed the end of its log.
 */
void quorum_store_doubt_tail(struct quorum_store *store)
{
	store->doubts_tail = true;
}

/**
 * quorum_store_recover() - read the log
 * @store: the store
 * @entry: called for every entry in log order
 * @truncate: called when everything from @index on is discarded
 * @config: called before all others for the newest configuration in front of them
 * @ctx: their first argument
 * @found: filled in; verdict, records and torn also on refusal
 * @extack: gets the sentence on refusal, may be NULL
 */
int quorum_store_recover(struct quorum_store *store,
			 int (*entry)(void *ctx, const struct raft_entry *entry,
				      const void *payload),
			 void (*truncate)(void *ctx, u64 index),
			 int (*config)(void *ctx, const struct raft_entry *entry,
				       const void *payload),
			 void *ctx, struct quorum_recovered *found,
			 struct netlink_ext_ack *extack)
{
	struct recover_ctx c = {
		.store = store, .entry = entry, .truncate = truncate, .config = config,
		.ctx = ctx,
	};
	const struct recover_sink sink = {
		.record = take_record, .truncate = take_truncate, .entry = take_entry,
		.config = take_config, .ctx = &c,
	};
	struct recover_io io = store_io(store);
	struct recover_result *r = &store->found;
	int error;

	memset(found, 0, sizeof(*found));
	error = recover_hard(&io, &store->super, store->reader.buf.addr, &store->hard.durable, r);
	if (error) {
		NL_SET_ERR_MSG_MOD(extack,
				   "term and vote cannot be read from the device: this node must not vote, replace it if that lasts");
		return error;
	}
	if (!r->verdict)
		error = recover_content(store, &sink, found);
	if (error) {
		NL_SET_ERR_MSG_MOD(extack, "the log could not be read");
		return error;
	}
	found->verdict = r->verdict;
	found->row = r->row;
	found->records = r->records;
	found->torn = r->torn;
	if (r->verdict != RECOVER_CLEAN && r->verdict != RECOVER_TORN && !recover_heals(r))
		return recover_refused(r, extack);
	recover_take_over(store, found);
	return 0;
}

/* ---- start and stop ---- */

/* One copy of the superblock was not good: write it again from the other. */
static int super_repair(struct quorum_store *store)
{
	u64 block = store->found.super_bad & 1 ? DISK_SUPER_BLOCK : store->super.blocks - 1;
	struct quorum_pages *pages = &store->reader.buf;

	disk_super_encode(&store->super, pages->addr);
	return quorum_store_bytes_write(store, pages, block * QUORUM_BLOCK_BYTES,
					QUORUM_BLOCK_BYTES, REQ_FUA);
}

/* The hard state names the snapshot that is good, whatever it named before. */
static void start_snapshot(const struct quorum_store *store, struct disk_hard *next)
{
	const struct recover_result *r = &store->found;
	const struct quorum_snap_meta *meta = &store->snaps.area[r->snap_area].meta;

	if (r->snap == RECOVER_SNAP_GOOD)
		return;
	if (r->snap == RECOVER_SNAP_FALLBACK) {
		next->snap_area = r->snap_area + 1;
		next->snap_id = meta->id;
		next->snap_index = meta->index;
		next->snap_term = meta->term;
		return;
	}
	next->snap_area = 0;
	next->snap_index = 0;
	next->snap_term = 0;
}

/*
 * Where damage left nothing of the log above its base, the log begins anew behind
 * it, so that the next record need not continue the entries below the base.
 */
static void start_log(struct quorum_store *store, struct disk_hard *next)
{
	const struct recover_result *r = &store->found;

	if (!recover_heals(r) && !store->replaced)
		return;
	/* Damage behind the checkpoint does it no harm. */
	if (store->cursor.lsn < next->check.lsn)
		memset(&next->check, 0, sizeof(next->check));
	if (r->last_index > next->base_index)
		return;
	memset(&next->check, 0, sizeof(next->check));
	store->last_index = next->base_index;
	store->durable_index = next->base_index;
	store->start_at = store->at;
	next->start_position = store->cursor.position;
	next->start_lsn = store->cursor.lsn;
	next->start_prev_crc = store->cursor.prev_crc;
}

/**
 * quorum_store_start() - make this opening's epoch durable; writing may begin
 * @store: the store
 *
 * The write asks for a flush before it (PREFLUSH): recovery may have read records
 * that only the device's cache held, and from now on they count as durable.
 *
 * A mirror that had a bad slot gets both of them written.
 */
int quorum_store_start(struct quorum_store *store)
{
	struct disk_hard next = store->hard.durable;
	int error = 0;

	if (!store->recovered || store->started)
		return -EINVAL;
	if (store->found.super_bad)
		error = super_repair(store);
	next.epoch = store->cursor.epoch;
	next.clean = false;
	next.last_errno = 0;
	next.why = DISK_WHY_NONE;
	start_snapshot(store, &next);
	start_log(store, &next);
	if (!error)
		error = quorum_hard_write(store, &next, REQ_PREFLUSH);
	if (!error && store->found.hard_bad)
		error = quorum_hard_write(store, &next, 0);
	if (error)
		return error;
	store->started = true;
	return quorum_before_begin(store);
}

/* Nothing is under way: no bio, no callback. */
static bool store_idle(struct quorum_store *store)
{
	bool idle;

	spin_lock_irq(&store->lock);
	idle = !store->hard.busy && !store->reporting && store->submitted == store->reported;
	spin_unlock_irq(&store->lock);
	return idle;
}

/**
 * quorum_store_stop() - wait for everything in flight; write nothing new
 * @store: the store
 * @clean: also record that the log ends here, if no write ever failed
 *
 * After a failed write of the log it is recorded why, if the device still takes
 * that: the only thing ever written behind a failure, and it leaves term, vote
 * and log as they are.  After a failed write of the hard state nothing is, even
 * if another failure came first: its generation may have reached one mirror.
 */
void quorum_store_stop(struct quorum_store *store, bool clean)
{
	struct disk_hard next;
	bool started;

	spin_lock_irq(&store->lock);
	store->stopping = true;
	started = store->started;
	store->started = false;
	spin_unlock_irq(&store->lock);
	/* The condition takes the lock, so whoever woke us has let go of it. */
	wait_event(store->idle, store_idle(store));
	if (!started || (!store->error && !clean) || store->hard.failed)
		return;
	next = store->hard.durable;
	if (store->error) {
		next.last_errno = -store->error;
		next.why = store->why;
	} else {
		next.clean = true;
		next.end_lsn = store->cursor.lsn;
		next.last_index = store->last_index;
		quorum_check_final(store, &next);
	}
	quorum_hard_write(store, &next, 0);
}

/**
 * quorum_store_close() - free everything and release the device
 * @store: the store
 */
void quorum_store_close(struct quorum_store *store)
{
	store_free(store);
}

/**
 * quorum_store_get_stats() - copy the counters out
 * @store: the store
 * @stats: filled in
 */
void quorum_store_get_stats(struct quorum_store *store, struct quorum_store_stats *stats)
{
	spin_lock_irq(&store->lock);
	*stats = store->stats;
	stats->used_bytes = quorum_ring_used(store) << store->super.granule_shift;
	stats->error = store->error;
	spin_unlock_irq(&store->lock);
}
