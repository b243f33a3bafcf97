// SPDX-License-Identifier: GPL-2.0
/*
 * The hard state's writer: both mirrors at once, one change at a time.
 *
 * The granule of generation g goes to slot g & 1 of both mirrors with FUA, and
 * the change counts when both bios ended well (format/disk.h says why that is
 * enough).  One device round trip per vote.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "store_private.h"

/* Tell those who asked for a change how it went; no lock is held. */
static void hard_report(struct quorum_store *store, const struct quorum_hard_change *change,
			int error)
{
	if (change->votes)
		store->ops->hard_done(store->priv, change->seq, error);
	if (change->switches)
		store->ops->snap_done(store->priv, change->cookie, error);
}

/* What is durable now; whoever is told of it finds it so. */
static void hard_adopt(struct quorum_store *store, const struct quorum_hard_change *change)
{
	struct quorum_hard *h = &store->hard;

	lockdep_assert_held(&store->lock);
	h->durable = change->hard;
	WRITE_ONCE(store->start_at, change->start_at);
	if (h->durable.snap_area)
		store->snaps.area[h->durable.snap_area - 1].state = QUORUM_AREA_GOOD;
	if (change->switches) {
		h->switching = false;
		/* Pairs with quorum_store_can_write(). */
		smp_store_release(&h->resetting, false);
	}
}

/* Take over what is asked for; the writer owns it from here. */
static void hard_take(struct quorum_hard *h)
{
	h->waiting = false;
	h->now = h->want;
	h->now.hard.generation = h->durable.generation + 1;
	h->want.votes = false;
	h->want.switches = false;
}

/* Both mirrors are done.  Context: any. */
static void hard_finish(struct quorum_store *store)
{
	struct quorum_hard *h = &store->hard;
	int error = atomic_read(&h->status);
	struct completion *sync = h->sync;
	unsigned long irq;

	spin_lock_irqsave(&store->lock, irq);
	if (error) {
		h->failed = true;
		quorum_store_fail(store, error, DISK_WHY_HARD_WRITE);
	} else {
		hard_adopt(store, &h->now);
	}
	error = store->error;
	spin_unlock_irqrestore(&store->lock, irq);

	/* busy still holds: whoever calls in now waits behind this one. */
	hard_report(store, &h->now, error);

	spin_lock_irqsave(&store->lock, irq);
	error = store->error;
	if (h->waiting && !error) {
		queue_work(quorum_store_votes, &h->work);
		spin_unlock_irqrestore(&store->lock, irq);
		return;
	}
	if (h->waiting) {
		hard_take(h);
		spin_unlock_irqrestore(&store->lock, irq);
		hard_report(store, &h->now, error);
		spin_lock_irqsave(&store->lock, irq);
	}
	h->sync = NULL;
	h->busy = false;
	if (sync)
		complete(sync);
	wake_up(&store->idle);
	spin_unlock_irqrestore(&store->lock, irq);
}

static void hard_end(struct bio *bio)
{
	struct quorum_store *store = bio->bi_private;
	struct quorum_hard *h = &store->hard;

	if (bio->bi_status)
		atomic_cmpxchg(&h->status, 0, blk_status_to_errno(bio->bi_status));
	if (atomic_dec_and_test(&h->pending))
		hard_finish(store);
}

/* Write h->now.  The caller owns the writer (busy is set). */
static void hard_submit(struct quorum_store *store, blk_opf_t flags)
{
	struct quorum_hard *h = &store->hard;
	const u32 slot = h->now.hard.generation & 1;
	unsigned long irq;
	u32 m;

	atomic_set(&h->pending, DISK_MIRRORS);
	atomic_set(&h->status, 0);
	for (m = 0; m < DISK_MIRRORS; m++) {
		struct bio *bio = h->bio[m];

		disk_hard_encode(&store->super, &h->now.hard, m, page_address(h->page[m]));
		bio_init(bio, store->dev.bdev, &h->vec[m], 1,
			 REQ_OP_WRITE | REQ_SYNC | REQ_IDLE | REQ_META | REQ_FUA |
			 flags);
		bio->bi_iter.bi_sector = disk_hard_block(&store->super, m, slot) *
					 (QUORUM_BLOCK_BYTES >> SECTOR_SHIFT);
		bio->bi_private = store;
		bio->bi_end_io = hard_end;
		__bio_add_page(bio, h->page[m], store->super.granule, 0);
	}
	spin_lock_irqsave(&store->lock, irq);
	store->stats.hard_writes++;
	store->stats.hard_bios += DISK_MIRRORS;
	if (flags & REQ_PREFLUSH)
		store->stats.flushes += DISK_MIRRORS;
	spin_unlock_irqrestore(&store->lock, irq);
	for (m = 0; m < DISK_MIRRORS; m++)
		submit_bio(h->bio[m]);
}

/* The next change in line; only the writer itself queues this, with busy set. */
static void hard_work(struct work_struct *work)
{
	struct quorum_hard *h = container_of(work, struct quorum_hard, work);
	struct quorum_store *store = container_of(h, struct quorum_store, hard);

	spin_lock_irq(&store->lock);
	hard_take(h);
	spin_unlock_irq(&store->lock);
	hard_submit(store, 0);
}

/**
 * quorum_hard_change() - h->want was changed: have it written
 * @store: the store; writing is allowed
 *
 * Return: true if the caller has to call quorum_hard_go() once it has let go of
 * the lock.
 */
bool quorum_hard_change(struct quorum_store *store)
{
	struct quorum_hard *h = &store->hard;

	lockdep_assert_held(&store->lock);
	h->waiting = true;
	if (h->busy)
		return false;
	h->busy = true;
	hard_take(h);
	return true;
}

/**
 * quorum_hard_go() - write what quorum_hard_change() said is to be written
 * @store: the store
 *
 * Context: only the loop; may sleep for a request.
 */
void quorum_hard_go(struct quorum_store *store)
{
	hard_submit(store, 0);
}

/**
 * quorum_store_hard() - make (term, vote) durable
 * @store: the store
 * @term: term
 * @vote: vote in it
 * @seq: comes back in hard_done()
 */
int quorum_store_hard(struct quorum_store *store, u64 term, u32 vote, u64 seq)
{
	struct quorum_hard *h = &store->hard;
	bool go;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started) {
		spin_unlock_irq(&store->lock);
		return -EIO;
	}
	h->want.hard.term = term;
	h->want.hard.vote = vote;
	h->want.votes = true;
	h->want.seq = seq;
	go = quorum_hard_change(store);
	spin_unlock_irq(&store->lock);
	if (go)
		quorum_hard_go(store);
	return 0;
}

/**
 * quorum_store_healed() - the leader has given back what was missing
 * @store: the store
 * @cookie: comes back in snap_done()
 */
int quorum_store_healed(struct quorum_store *store, u64 cookie)
{
	struct quorum_hard *h = &store->hard;
	int error = 0;
	bool go = false;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started) {
		error = -EIO;
	} else if (h->switching) {
		error = -EBUSY;
	} else {
		h->want.hard.suspect = false;
		h->want.hard.suspect_first = 0;
		h->want.hard.suspect_last = 0;
		h->want.switches = true;
		h->want.cookie = cookie;
		h->switching = true;
		go = quorum_hard_change(store);
	}
	spin_unlock_irq(&store->lock);
	if (go)
		quorum_hard_go(store);
	return error;
}

/**
 * quorum_store_is_suspect() - may entries be missing that were acknowledged?
 * @store: the store
 */
bool quorum_store_is_suspect(const struct quorum_store *store)
{
	return READ_ONCE(store->hard.durable.suspect);
}

/**
 * quorum_hard_write() - write a whole hard state and wait for it
 * @store: the store; nothing else of it writes
 * @hard: content; its generation is set here
 * @flags: further flags of the bios
 *
 * Context: process, sleeps.
 * Return: 0 or a negative errno.
 */
int quorum_hard_write(struct quorum_store *store, const struct disk_hard *hard,
		      blk_opf_t flags)
{
	DECLARE_COMPLETION_ONSTACK(sync);
	struct quorum_hard *h = &store->hard;

	spin_lock_irq(&store->lock);
	h->busy = true;
	h->sync = &sync;
	h->want.hard = *hard;
	h->want.start_at = store->start_at;
	hard_take(h);
	spin_unlock_irq(&store->lock);
	hard_submit(store, flags);
	wait_for_completion(&sync);
	/* hard_finish() has let go of the store when the lock is free. */
	spin_lock_irq(&store->lock);
	spin_unlock_irq(&store->lock);
	return atomic_read(&h->status);
}

/**
 * quorum_hard_init() - allocate what writing the hard state takes
 * @store: the store
 */
int quorum_hard_init(struct quorum_store *store)
{
	struct quorum_hard *h = &store->hard;
	u32 m;

	INIT_WORK(&h->work, hard_work);
	for (m = 0; m < DISK_MIRRORS; m++) {
		h->page[m] = alloc_page(GFP_KERNEL);
		h->bio[m] = kzalloc(sizeof(*h->bio[m]), GFP_KERNEL);
		if (!h->page[m] || !h->bio[m])
			return -ENOMEM;
	}
	return 0;
}

/**
 * quorum_hard_exit() - free it
 * @store: the store; nothing is under way
 */
void quorum_hard_exit(struct quorum_store *store)
{
	struct quorum_hard *h = &store->hard;
	u32 m;

	/* hard_work() may still be on its way out when its bios have ended. */
	if (h->work.func)
		flush_work(&h->work);
	for (m = 0; m < DISK_MIRRORS; m++) {
		if (h->page[m])
			__free_page(h->page[m]);
		kfree(h->bio[m]);
	}
}
