// SPDX-License-Identifier: GPL-2.0
/*
 * Read-back: entries that left the cache, fetched from the device for a slow peer,
 * or after a start for the state machine (apply.c).
 *
 * Reading sleeps, so a worker does it, one request at a time; the loop asks and
 * later finds the entries here.  The buffer belongs to the worker while @busy and
 * to the loop otherwise, handed over with release and acquire.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "group_private.h"

/* Read one entry behind those that are there.  False: no more fits, or an error. */
static bool read_one(struct quorum_group *g, struct quorum_readback *rb, u64 index,
		     u32 *used)
{
	struct raft_entry *entry = &rb->entries[rb->n];
	int error;

	if (*used + QUORUM_ENTRY_BYTES_MAX > READBACK_BYTES)
		return false;
	error = quorum_store_read(g->store, index, entry, rb->data + *used);
	/* Let go of meanwhile: the engine wants something else then. */
	if (error && index <= atomic64_read(&g->base))
		return false;
	if (error) {
		pr_err_ratelimited("%s: reading entry %llu back failed: %d\n",
				   g->params.name, index, error);
		return false;
	}
	rb->offset[rb->n++] = *used;
	*used += entry->size;
	return true;
}

static void readback_work(struct work_struct *work)
{
	struct quorum_readback *rb = container_of(work, struct quorum_readback, work);
	struct quorum_group *g = rb->group;
	/* Of the last one that is not there any more the engine knows the term. */
	u64 index = max_t(u64, rb->want - 1, atomic64_read(&g->base) + 1);
	/* The log may carry what memory reclaim waits for. */
	unsigned int noio = memalloc_noio_save();
	u32 used = 0;

	rb->n = 0;
	for (; index <= rb->last && rb->n < ARRAY_SIZE(rb->entries); index++)
		if (!read_one(g, rb, index, &used))
			break;
	memalloc_noio_restore(noio);
	/* Not again at once: what the device cannot read now it cannot read then. */
	rb->not_before = rb->n ? 0 : quorum_loop_now() + NSEC_PER_SEC;
	/* Pairs with the acquire in idle(): the entries before the hand-over. */
	smp_store_release(&rb->busy, false);
	if (rb->n)
		quorum_loop_wake(g, LOOP_READBACK);
}

static bool idle(const struct quorum_readback *rb)
{
	/* Pairs with the release in readback_work(). */
	return !smp_load_acquire(&rb->busy);
}

int quorum_readback_init(struct quorum_readback *rb, struct quorum_group *g)
{
	INIT_WORK(&rb->work, readback_work);
	rb->group = g;
	rb->busy = false;
	rb->n = 0;
	rb->not_before = 0;
	rb->data = kvmalloc(READBACK_BYTES, GFP_KERNEL);
	return rb->data ? 0 : -ENOMEM;
}

void quorum_readback_destroy(struct quorum_readback *rb)
{
	kvfree(rb->data);
	rb->data = NULL;
}

/* Wait for the worker.  Context: process; the loop has ended. */
void quorum_readback_stop(struct quorum_readback *rb)
{
	cancel_work_sync(&rb->work);
	rb->busy = false;
	rb->n = 0;
}

/**
 * quorum_readback_peek() - an entry that was read back
 * @rb: the read-back
 * @index: which
 * @payload: set to its payload, valid until the next request
 *
 * Context: only the loop.
 */
const struct raft_entry *quorum_readback_peek(struct quorum_readback *rb, u64 index,
					      const void **payload)
{
	u64 at;

	if (!idle(rb) || !rb->n || index < rb->entries[0].index)
		return NULL;
	at = index - rb->entries[0].index;
	if (at >= rb->n)
		return NULL;
	*payload = rb->data + rb->offset[at];
	return &rb->entries[at];
}

/**
 * quorum_readback_request() - have entries read back
 * @rb: the read-back
 * @first: first index wanted; the one before is read too, for its term
 * @last: last index wanted
 *
 * Does nothing while a request is under way.
 * Context: only the loop.
 */
void quorum_readback_request(struct quorum_readback *rb, u64 first, u64 last)
{
	if (!idle(rb) || quorum_loop_now() < rb->not_before)
		return;
	/* Only what is certainly on the device can be read. */
	last = min(last, rb->group->durable);
	if (!first || first > last)
		return;
	rb->want = first;
	rb->last = last;
	rb->busy = true;
	queue_work(quorum_workqueue, &rb->work);
}

/* The log was replaced from @index on: what was read above is stale. */
void quorum_readback_truncate(struct quorum_readback *rb, u64 index)
{
	/* While the worker reads, the terms tell (pump.c, find()). */
	if (!idle(rb) || !rb->n)
		return;
	if (index <= rb->entries[0].index)
		rb->n = 0;
	else
		rb->n = min_t(u64, rb->n, index - rb->entries[0].index);
}
