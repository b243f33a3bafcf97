// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoints: places in the log from which a start can read it.
 *
 * Every so many bytes of ring the place behind the newest record is noted.  Once
 * all before it is durable and known to be committed, the hard state names it: one
 * more write of that, beside those for votes.  Nothing before a checkpoint is ever
 * cut, so what a start has to know of it is little: the last entry's index and
 * term, and the newest configuration's place.
 *
 * Where little lies before the checkpoint, a start reads the log as a whole all the
 * same.  Else what lies before it is read beside the work of the group
 * (recover_before()), for two reasons: reading back needs marks of it (read.c), and
 * damage is to be found while others can still heal it.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "store_private.h"

/* ---- taking one ---- */

static void config_push(struct quorum_check *c, const struct quorum_config_place *config)
{
	if (c->nconfigs == QUORUM_STORE_CONFIGS) {
		c->nconfigs--;
		memmove(c->configs, c->configs + 1, c->nconfigs * sizeof(*c->configs));
		c->evicted = true;
	}
	c->configs[c->nconfigs++] = *config;
}

/**
 * quorum_store_cut() - the log was cut, and the record that says so is to come
 * @store: the store
 * @index: first entry that is gone
 *
 * What is committed from there on is something else than a checkpoint to come has
 * noted, and may be so before that record is submitted.
 */
void quorum_store_cut(struct quorum_store *store, u64 index)
{
	struct quorum_check *c = &store->check;

	if (c->pending && index <= c->next.index)
		c->pending = false;
}

/**
 * quorum_check_truncate() - the log was cut
 * @check: the checkpoints' state
 * @index: first entry that is gone
 */
void quorum_check_truncate(struct quorum_check *check, u64 index)
{
	while (check->nconfigs && check->configs[check->nconfigs - 1].index >= index)
		check->nconfigs--;
	/* Which is the newest now is not known any more. */
	if (!check->nconfigs && check->evicted)
		check->lost = true;
	if (check->pending && index <= check->next.index)
		check->pending = false;
	check->last_term = 0;
}

/**
 * quorum_check_entry() - an entry belongs to the log
 * @check: the checkpoints' state
 * @entry: the entry
 * @position: granule of the record that holds it
 * @lsn: number of that record
 */
void quorum_check_entry(struct quorum_check *check, const struct raft_entry *entry,
			u64 position, u64 lsn)
{
	const struct quorum_config_place config = {
		.index = entry->index, .position = position, .lsn = lsn,
	};

	check->types |= 1U << (entry->type & 31);
	check->last_term = entry->term;
	if (entry->type == RAFT_ENTRY_CONFIG)
		config_push(check, &config);
}

/* The place behind the newest record, as a checkpoint. */
static void check_here(const struct quorum_store *store, struct disk_checkpoint *next)
{
	const struct quorum_check *c = &store->check;

	memset(next, 0, sizeof(*next));
	next->position = store->cursor.position;
	next->lsn = store->cursor.lsn;
	next->epoch = store->cursor.epoch;
	next->prev_crc = store->cursor.prev_crc;
	next->index = store->last_index;
	next->term = c->last_term;
	next->types = c->types;
	if (c->nconfigs) {
		next->config_index = c->configs[c->nconfigs - 1].index;
		next->config_lsn = c->configs[c->nconfigs - 1].lsn;
		next->config_position = c->configs[c->nconfigs - 1].position;
	}
}

static bool check_known(const struct quorum_store *store)
{
	return store->super.compat & DISK_COMPAT_CHECKPOINTS && !store->check.lost &&
	       !READ_ONCE(store->damaged) && store->check.last_term && store->last_index;
}

/**
 * quorum_check_note() - a record was submitted: is it time for a checkpoint?
 * @store: the store, its cursor behind the record
 *
 * Context: only the loop.
 */
void quorum_check_note(struct quorum_store *store)
{
	struct quorum_check *c = &store->check;

	if (c->pending || store->at - c->taken_at < c->interval || !check_known(store))
		return;
	check_here(store, &c->next);
	c->next_at = store->at;
	c->pending = true;
}

/**
 * quorum_store_committed() - entries up to here are committed
 * @store: the store
 * @index: the last one
 */
void quorum_store_committed(struct quorum_store *store, u64 index)
{
	struct quorum_check *c = &store->check;
	struct quorum_hard *h = &store->hard;
	bool go = false;

	c->committed = max(c->committed, index);
	if (!c->pending || c->committed < c->next.index)
		return;
	spin_lock_irq(&store->lock);
	if (store->durable_at >= c->next_at && store->started && !store->error &&
	    !store->stopping && !store->damaged) {
		c->pending = false;
		c->taken_at = c->next_at;
		/* The log may begin behind it by now. */
		if (c->next.lsn >= h->want.hard.start_lsn) {
			h->want.hard.check = c->next;
			go = quorum_hard_change(store);
		}
	}
	spin_unlock_irq(&store->lock);
	if (go)
		quorum_hard_go(store);
}

/**
 * quorum_check_final() - the checkpoint of a clean stop: the very end, if that may be
 * @store: the store, nothing under way
 * @next: the hard state to be written
 */
void quorum_check_final(struct quorum_store *store, struct disk_hard *next)
{
	if (check_known(store) && store->check.committed >= store->last_index)
		check_here(store, &next->check);
}

/**
 * quorum_check_reset() - the log was dropped
 * @store: the store
 */
void quorum_check_reset(struct quorum_store *store)
{
	struct quorum_check *c = &store->check;

	c->pending = false;
	c->nconfigs = 0;
	c->evicted = false;
	c->lost = false;
	c->last_term = 0;
	c->taken_at = store->at;
}

/**
 * quorum_check_adopt() - go on from what recovery found
 * @store: the store
 * @hard: the hard state it was found with
 */
void quorum_check_adopt(struct quorum_store *store, const struct disk_hard *hard)
{
	struct quorum_check *c = &store->check;

	c->interval = clamp_t(u64, store->super.ring_blocks * QUORUM_BLOCK_BYTES / 16,
			      QUORUM_STORE_CHECK_MIN, QUORUM_STORE_CHECK_MAX) >>
		      store->super.granule_shift;
	c->last_term = store->found.last_term;
	if (store->found.check != RECOVER_T_CHECKPOINT)
		return;
	c->committed = hard->check.index;
	c->taken_at = store->found.before;
	c->types |= hard->check.types;
	if (!hard->check.config_index)
		return;
	/* Older than those the walk has met. */
	if (c->nconfigs == QUORUM_STORE_CONFIGS) {
		c->evicted = true;
		return;
	}
	memmove(c->configs + 1, c->configs, c->nconfigs++ * sizeof(*c->configs));
	c->configs[0].index = hard->check.config_index;
	c->configs[0].position = hard->check.config_position;
	c->configs[0].lsn = hard->check.config_lsn;
}

/* ---- what lies before ---- */

static int before_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct quorum_store *store = ctx;
	struct quorum_before *b = &store->before;

	if (READ_ONCE(b->stop))
		return -EINTR;
	/* Slowly, unless somebody waits for an entry. */
	if (!READ_ONCE(b->waiting))
		msleep(QUORUM_STORE_VERIFY_MS);
	return quorum_store_bytes_read(store, &b->buf, offset, bytes);
}

static int before_record(void *ctx, const struct disk_head *head, const void *record)
{
	struct quorum_store *store = ctx;
	struct quorum_before *b = &store->before;
	const struct quorum_place place = {
		.at = b->at, .position = head->position, .lsn = head->lsn,
	};

	quorum_marks_record(&b->marks, &place, head->prev_crc, head->first_index, head->nr,
			    head->truncate);
	b->at += disk_record_span(&store->super, head);
	cond_resched();
	return 0;
}

/* One walk.  @start_at: where the log began when it was begun. */
static int before_walk(struct quorum_store *store, u64 *start_at)
{
	const struct recover_io io = {
		.read = before_read, .ctx = store,
		.device_bytes = bdev_nr_bytes(store->dev.bdev),
	};
	const struct recover_sink sink = { .record = before_record, .ctx = store };
	struct quorum_before *b = &store->before;

	spin_lock_irq(&store->lock);
	b->hard.start_position = store->hard.durable.start_position;
	b->hard.start_lsn = store->hard.durable.start_lsn;
	b->hard.start_prev_crc = store->hard.durable.start_prev_crc;
	b->hard.base_index = store->hard.durable.base_index;
	b->hard.base_term = store->hard.durable.base_term;
	*start_at = store->start_at;
	spin_unlock_irq(&store->lock);
	quorum_marks_clear(&b->marks);
	if (*start_at >= b->end_at) {
		b->found.verdict = RECOVER_CLEAN;
		return 0;
	}
	b->at = *start_at;
	return recover_before(&io, &store->super, &b->hard, b->buf.addr,
			      QUORUM_RECORD_BYTES_MAX, &sink, &b->found);
}

/**
 * quorum_store_damaged() - something acknowledged is damaged
 * @store: the store
 * @first: first entry that may be gone
 * @last: the last one
 *
 * The mark of a suspect becomes durable, and the loop is told.  The next start reads
 * the whole log and ends it in front of the damage.
 *
 * Context: process, sleeps.
 */
void quorum_store_damaged(struct quorum_store *store, u64 first, u64 last)
{
	struct disk_hard *want = &store->hard.want.hard;
	bool tell, go = false;

	spin_lock_irq(&store->lock);
	tell = !store->damaged && store->started && !store->error && !store->stopping;
	if (tell) {
		store->damaged = true;
		memset(&want->check, 0, sizeof(want->check));
		want->suspect_first = want->suspect ? min(want->suspect_first, first) : first;
		want->suspect_last = max3(want->suspect_last, first, last);
		want->suspect = true;
		go = quorum_hard_change(store);
	}
	spin_unlock_irq(&store->lock);
	if (go)
		quorum_hard_go(store);
	if (tell && store->ops->damaged)
		store->ops->damaged(store->priv, first);
}

static void before_damaged(struct quorum_store *store)
{
	const struct quorum_before *b = &store->before;

	pr_err("%pg: record %llu, granule %llu, before the checkpoint, is damaged\n",
	       store->dev.bdev, b->found.lsn, b->found.position);
	quorum_store_damaged(store, max(b->found.last_index, b->hard.base_index) + 1,
			     b->found.seen_last);
}

/*
 * Where the log's start moves meanwhile, what it left may be written over: then
 * what was found says nothing, and the walk begins anew.
 */
static void before_work(struct work_struct *work)
{
	struct quorum_before *b = container_of(work, struct quorum_before, work);
	struct quorum_store *store = container_of(b, struct quorum_store, before);
	u64 start_at;
	int error;

	do {
		error = before_walk(store, &start_at);
	} while (!READ_ONCE(b->stop) && (error || b->found.verdict != RECOVER_CLEAN) &&
		 READ_ONCE(store->start_at) != start_at);
	if (!error && b->found.verdict == RECOVER_CLEAN)
		quorum_marks_join(&store->marks, &b->marks, READ_ONCE(store->start_at));
	else if (error && error != -EINTR)
		pr_err("%pg: the log before the checkpoint cannot be read: %d\n",
		       store->dev.bdev, error);
	if (!error && b->found.verdict != RECOVER_CLEAN)
		error = -EUCLEAN;
	WRITE_ONCE(b->error, error);
	/* Pairs with quorum_before_wait(): marks and error before it. */
	smp_store_release(&b->busy, false);
	wake_up(&store->idle);
	if (error == -EUCLEAN)
		before_damaged(store);
}

/**
 * quorum_before_hides() - is what lies around an entry not known yet?
 * @store: the store
 * @index: the entry
 */
bool quorum_before_hides(struct quorum_store *store, u64 index)
{
	struct quorum_before *b = &store->before;

	/* Pairs with before_work(). */
	if (!smp_load_acquire(&b->busy) || index >= b->hard.check.index)
		return false;
	WRITE_ONCE(b->waiting, true);
	return true;
}

/**
 * quorum_before_wait() - wait until what lies before the checkpoint was read
 * @store: the store
 * @index: entry that is wanted
 *
 * Not less than all of it will do: a later record may have cut what an earlier one
 * holds.
 *
 * Return: 0; -EUCLEAN or -EIO where it could not be read; -EINTR.
 */
int quorum_before_wait(struct quorum_store *store, u64 index)
{
	struct quorum_before *b = &store->before;
	int error;

	if (!b->end_at || index > b->hard.check.index)
		return 0;
	if (READ_ONCE(b->busy))
		WRITE_ONCE(b->waiting, true);
	/* Pairs with before_work(). */
	error = wait_event_killable(store->idle, !smp_load_acquire(&b->busy));
	return error ? -EINTR : b->error;
}

/**
 * quorum_before_begin() - verify beside the work what lies before the checkpoint
 * @store: the store, recovered from its checkpoint
 *
 * Return: 0 or -ENOMEM.
 */
int quorum_before_begin(struct quorum_store *store)
{
	struct quorum_before *b = &store->before;
	int error;

	/* Without a checkpoint the log begins anew, behind what lies there. */
	if (store->found.check != RECOVER_T_CHECKPOINT || !store->found.before ||
	    !store->hard.durable.check.lsn)
		return 0;
	b->hard = store->hard.durable;
	b->end_at = store->found.before;
	error = quorum_marks_alloc(&b->marks, store);
	if (!error)
		error = quorum_pages_alloc(&b->buf, QUORUM_RECORD_BYTES_MAX);
	if (error)
		return error;
	b->busy = true;
	queue_work(quorum_store_verify, &b->work);
	return 0;
}

/**
 * quorum_store_verify_stop() - verify no further
 * @store: the store
 *
 * Whoever waits for an entry goes away without.  Context: process, sleeps.
 */
void quorum_store_verify_stop(struct quorum_store *store)
{
	struct quorum_before *b = &store->before;

	WRITE_ONCE(b->stop, true);
	if (b->work.func)
		flush_work(&b->work);
}

/**
 * quorum_check_init() - nothing is known yet
 * @store: the store
 */
void quorum_check_init(struct quorum_store *store)
{
	INIT_WORK(&store->before.work, before_work);
	spin_lock_init(&store->before.marks.lock);
}

/**
 * quorum_check_exit() - free what verifying took
 * @store: the store
 */
void quorum_check_exit(struct quorum_store *store)
{
	quorum_store_verify_stop(store);
	kvfree(store->before.marks.list);
	quorum_pages_free(&store->before.buf);
}
