// SPDX-License-Identifier: GPL-2.0
/*
 * The ring: records are built, written, and reported in order.
 *
 * Every record is one bio with FUA: when it ends, it is durable by itself.  No
 * PREFLUSH is needed, because a record relies on nothing that another write
 * left in the device's cache: the records before it carried FUA as well, and one
 * is acknowledged only after all before it were.  On a device without FUA the
 * block layer turns it into a flush behind the write
 * (Documentation/block/writeback_cache_control.rst).
 *
 * Where the lap ends, a PAD record of one granule goes out with the record.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "store_private.h"

static struct quorum_slot *slot_at(struct quorum_store *store, u64 number)
{
	return &store->slots[number & (QUORUM_STORE_DEPTH - 1)];
}

/*
 * Report every log write that ended and has no unended one before it (bug D-11).
 * One context at a time does so, without the lock; the others leave their slot
 * marked and rely on it.
 */
static void ring_report(struct quorum_store *store, struct quorum_slot *ended)
{
	unsigned long irq;

	spin_lock_irqsave(&store->lock, irq);
	ended->done = true;
	if (store->reporting) {
		spin_unlock_irqrestore(&store->lock, irq);
		return;
	}
	store->reporting = true;
	while (store->reported != store->submitted) {
		struct quorum_slot *slot = slot_at(store, store->reported);
		u64 cookie = slot->cookie;
		int error = atomic_read(&slot->status);

		if (!slot->done)
			break;
		if (error)
			quorum_store_fail(store, error, DISK_WHY_LOG_WRITE);
		/* A write behind a failed one is as lost as that one. */
		error = store->error;
		if (!error) {
			store->durable_lsn = slot->lsn;
			store->durable_at = slot->end;
			if (slot->lsn >= store->reset_lsn)
				store->durable_index = slot->last;
		}
		slot->done = false;
		/* Pairs with quorum_store_can_write(): the slot is free from here. */
		smp_store_release(&store->reported, store->reported + 1);
		spin_unlock_irqrestore(&store->lock, irq);
		store->ops->write_done(store->priv, cookie, error);
		spin_lock_irqsave(&store->lock, irq);
	}
	store->reporting = false;
	wake_up(&store->idle);
	spin_unlock_irqrestore(&store->lock, irq);
}

static void slot_end(struct bio *bio)
{
	struct quorum_slot *slot = bio->bi_private;

	if (bio->bi_status)
		atomic_cmpxchg(&slot->status, 0, blk_status_to_errno(bio->bi_status));
	if (atomic_dec_and_test(&slot->pending))
		ring_report(slot->store, slot);
}

/**
 * quorum_store_can_write() - is a record buffer free for the next batch?
 * @store: the store
 */
bool quorum_store_can_write(const struct quorum_store *store)
{
	/*
	 * What follows a dropped log must not be on the device before it is known
	 * to be dropped.  Pairs with hard_adopt().
	 */
	if (smp_load_acquire(&store->hard.resetting))
		return false;
	/* Pairs with ring_report(): its last look at a slot is before this. */
	return store->submitted - smp_load_acquire(&store->reported) < QUORUM_STORE_DEPTH;
}

/*
 * Bytes of the largest record that has room: before the end of the ring, or from
 * its start on.  A batch is cut there, so that an almost full ring still takes
 * what fits instead of refusing all.
 */
static u32 ring_largest(const struct quorum_store *store)
{
	const struct disk_super *super = &store->super;
	u64 tail = disk_ring_end(super) - store->cursor.position;
	u64 rest = disk_ring_granules(super) - quorum_ring_used(store);
	u64 most;

	/* What ring_has_room() keeps back. */
	rest -= min_t(u64, rest, QUORUM_STORE_CUTS);
	most = rest <= tail ? rest : max(tail, rest - tail);

	return min_t(u64, most << super->granule_shift, QUORUM_RECORD_BYTES_MAX);
}

/**
 * quorum_store_begin() - start a batch
 * @store: the store
 * @truncate: first index discarded before the batch, 0: none
 * @first: index of the first entry to come
 *
 * A batch that was begun and not submitted is forgotten.
 */
void quorum_store_begin(struct quorum_store *store, u64 truncate, u64 first)
{
	disk_batch_begin(&store->batch, slot_at(store, store->submitted)->buf.addr,
			 truncate, first);
	store->batch.limit = ring_largest(store);
}

/**
 * quorum_store_add() - put the next entry into the batch
 * @store: the store
 * @entry: its description
 * @payload: @entry->size bytes
 */
bool quorum_store_add(struct quorum_store *store, const struct raft_entry *entry,
		      const void *payload)
{
	struct disk_batch *batch = &store->batch;

	/* No room for what comes, but the cut in front of it has to be recorded. */
	if (!batch->nr && batch->truncate &&
	    batch->bytes + disk_entry_bytes(entry->size) > batch->limit)
		return false;
	return disk_batch_add(batch, entry, payload);
}

static sector_t granule_sector(const struct quorum_store *store, u64 position)
{
	return position << (store->super.granule_shift - SECTOR_SHIFT);
}

static void slot_bio(struct quorum_slot *slot, struct bio *bio, struct bio_vec *vecs,
		     u32 nr, u64 position)
{
	/* REQ_IDLE: not to be throttled as writeback, like XFS's log. */
	bio_init(bio, slot->store->dev.bdev, vecs, nr,
		 REQ_OP_WRITE | REQ_SYNC | REQ_IDLE | REQ_FUA);
	bio->bi_iter.bi_sector = granule_sector(slot->store, position);
	bio->bi_private = slot;
	bio->bi_end_io = slot_end;
}

static void slot_bio_record(struct quorum_slot *slot, u64 position, u32 bytes)
{
	u32 i, part;

	slot_bio(slot, slot->bio, slot->buf.vecs, slot->buf.n, position);
	flush_kernel_vmap_range(slot->buf.addr, bytes);
	for (i = 0; bytes; i++, bytes -= part) {
		part = min_t(u32, bytes, PAGE_SIZE);
		__bio_add_page(slot->bio, slot->buf.pages[i], part, 0);
	}
}

/* What checkpoints have to know of the entries of the batch. */
static void ring_take_batch(struct quorum_store *store, const struct disk_cursor *before)
{
	const struct disk_batch *batch = &store->batch;
	struct raft_entry entry;
	struct disk_iter iter = {
		.at = batch->buf + DISK_HEADER_BYTES, .end = batch->buf + batch->bytes,
		.left = batch->nr, .index = batch->first,
	};
	const void *payload;

	while (disk_iter_next(&iter, &entry, &payload) > 0)
		quorum_check_entry(&store->check, &entry, before->position, before->lsn);
}

/* What the log will be once the batch is written. */
static void ring_account(struct quorum_store *store, const struct disk_cursor *before,
			 u64 at)
{
	const struct disk_batch *batch = &store->batch;
	const struct quorum_place place = {
		.at = at, .position = before->position, .lsn = before->lsn,
	};

	quorum_marks_record(&store->marks, &place, before->prev_crc, batch->first, batch->nr,
			    batch->truncate);
	if (batch->truncate && batch->truncate <= store->last_index) {
		store->last_index = batch->truncate - 1;
		quorum_check_truncate(&store->check, batch->truncate);
	}
	if (batch->nr)
		store->last_index = batch->first + batch->nr - 1;
	ring_take_batch(store, before);
}

/*
 * A record of entries leaves some granules to those that only truncate: what a
 * follower wrote before its ring was full must never keep it from recording that
 * it was cut off.
 */
static bool ring_has_room(const struct quorum_store *store, u64 granules)
{
	u64 rest = disk_ring_granules(&store->super) - quorum_ring_used(store);

	return granules + (store->batch.nr ? QUORUM_STORE_CUTS : 0) <= rest;
}

/**
 * quorum_store_submit() - write the batch
 * @store: the store
 * @cookie: comes back in write_done()
 */
int quorum_store_submit(struct quorum_store *store, u64 cookie)
{
	struct quorum_slot *slot = slot_at(store, store->submitted);
	const struct disk_super *super = &store->super;
	u32 bytes = disk_round(super, store->batch.bytes);
	bool pad = !disk_cursor_fits(&store->cursor, super, bytes);
	u64 span = bytes >> super->granule_shift, skip = 0;
	struct disk_cursor before;
	u64 flushed;

	if (pad)
		skip = disk_ring_end(super) - store->cursor.position;
	spin_lock_irq(&store->lock);
	flushed = store->durable_lsn;
	if (store->error || store->stopping || !store->started) {
		spin_unlock_irq(&store->lock);
		return -EIO;
	}
	spin_unlock_irq(&store->lock);
	if (!ring_has_room(store, skip + span))
		return -ENOSPC;

	if (pad) {
		slot_bio(slot, slot->pad_bio, &slot->pad_vec, 1, store->cursor.position);
		disk_pad_seal(page_address(slot->pad), super, &store->cursor, flushed);
		__bio_add_page(slot->pad_bio, slot->pad, super->granule, 0);
	}
	before = store->cursor;
	disk_batch_seal(&store->batch, super, &store->cursor, flushed);
	slot_bio_record(slot, before.position, bytes);
	ring_account(store, &before, store->at + skip);
	store->at += skip + span;
	quorum_check_note(store);

	atomic_set(&slot->pending, 1 + pad);
	atomic_set(&slot->status, 0);
	spin_lock_irq(&store->lock);
	slot->cookie = cookie;
	slot->lsn = before.lsn;
	slot->end = store->at;
	slot->last = store->last_index;
	store->submitted++;
	store->stats.log_bios += 1 + pad;
	store->stats.log_records += 1 + pad;
	store->stats.log_bytes += bytes + (pad ? super->granule : 0);
	spin_unlock_irq(&store->lock);
	if (pad)
		submit_bio(slot->pad_bio);
	submit_bio(slot->bio);
	return 0;
}

/*
 * Granules kept free for what nobody asks permission for: the largest entry in a
 * record of its own, and truncations and no-ops of elections.
 */
static u64 ring_reserve(const struct disk_super *super)
{
	u32 largest = disk_round(super, DISK_HEADER_BYTES +
				 disk_entry_bytes(QUORUM_ENTRY_BYTES_MAX));

	return (largest >> super->granule_shift) + max(64ULL, disk_ring_granules(super) >> 6);
}

/* Granules that can be filled, at worst: a PAD may leave most of a record unused. */
static u64 ring_free(const struct quorum_store *store)
{
	const struct disk_super *super = &store->super;
	u64 tail = disk_ring_end(super) - store->cursor.position;
	u64 rest = disk_ring_granules(super) - quorum_ring_used(store);

	if (rest <= tail)
		return rest;
	return rest - min_t(u64, tail, QUORUM_RECORD_BYTES_MAX >> super->granule_shift);
}

/**
 * quorum_store_room_after() - payload bytes that further proposals may take
 * @store: the store
 * @entries: entries that are admitted and not submitted yet
 * @bytes: payload bytes of these
 *
 * Reckons with the worst case: each of @entries, and each of
 * QUORUM_PROPOSE_BATCH_MAX new ones, in a record of its own.
 *
 * Context: only the loop.
 */
u64 quorum_store_room_after(const struct quorum_store *store, u64 entries, u64 bytes)
{
	const struct disk_super *super = &store->super;
	const u64 frame = DISK_HEADER_BYTES + DISK_ENTRY_BYTES + DISK_ENTRY_ALIGN +
			  super->granule;
	u64 granules = ring_free(store), reserve = ring_reserve(super), room, taken;

	if (granules <= reserve)
		return 0;
	room = (granules - reserve) << super->granule_shift;
	taken = bytes + (entries + QUORUM_PROPOSE_BATCH_MAX) * frame;
	return room > taken ? room - taken : 0;
}

/**
 * quorum_store_room() - payload bytes that new proposals may still take
 * @store: the store
 */
u64 quorum_store_room(const struct quorum_store *store)
{
	return quorum_store_room_after(store, 0, 0);
}

/**
 * quorum_ring_init() - allocate the record buffers
 * @store: the store
 */
int quorum_ring_init(struct quorum_store *store)
{
	int error;
	u32 i;

	for (i = 0; i < QUORUM_STORE_DEPTH; i++) {
		struct quorum_slot *slot = &store->slots[i];

		slot->store = store;
		slot->pad = alloc_page(GFP_KERNEL);
		slot->bio = kzalloc(sizeof(*slot->bio), GFP_KERNEL);
		slot->pad_bio = kzalloc(sizeof(*slot->pad_bio), GFP_KERNEL);
		if (!slot->pad || !slot->bio || !slot->pad_bio)
			return -ENOMEM;
		error = quorum_pages_alloc(&slot->buf, QUORUM_RECORD_BYTES_MAX);
		if (error)
			return error;
	}
	return 0;
}

/**
 * quorum_ring_exit() - free them
 * @store: the store; nothing is under way
 */
void quorum_ring_exit(struct quorum_store *store)
{
	u32 i;

	for (i = 0; i < QUORUM_STORE_DEPTH; i++) {
		if (store->slots[i].pad)
			__free_page(store->slots[i].pad);
		kfree(store->slots[i].bio);
		kfree(store->slots[i].pad_bio);
		quorum_pages_free(&store->slots[i].buf);
	}
}
