// SPDX-License-Identifier: GPL-2.0
/*
 * Reads: a caller who wants to see everything that was acknowledged before it
 * asked, on whichever node.
 *
 *	queued --offered--> asked --index--> the caller waits until it is applied
 *	  ^                   |
 *	  +-- refused for now-+
 *
 * All reads that wait when the loop comes by share one question to the engine
 * (handle), so that any number of them costs one round of heartbeats.  A read sits
 * on its caller's stack; the loop knows it by the lists alone and touches it under
 * the lock only, so a caller may leave at any moment.
 */
#include <linux/sched/signal.h>
#include "group_private.h"

void quorum_reads_init(struct quorum_reads *rs)
{
	spin_lock_init(&rs->lock);
	INIT_LIST_HEAD(&rs->queued);
	INIT_LIST_HEAD(&rs->asked);
	rs->closed = -ESHUTDOWN;
}

void quorum_reads_open(struct quorum_reads *rs)
{
	spin_lock(&rs->lock);
	rs->closed = 0;
	rs->not_before = 0;
	spin_unlock(&rs->lock);
}

static void answer(struct quorum_reads *rs, struct quorum_read *read, int error)
{
	lockdep_assert_held(&rs->lock);
	list_del_init(&read->node);
	rs->count--;
	read->error = error;
	complete(&read->done);
}

/**
 * quorum_reads_close() - answer everybody and take no more
 * @g: the group
 * @error: errno for them and those who come later, negative
 */
void quorum_reads_close(struct quorum_group *g, int error)
{
	struct quorum_reads *rs = &g->reads;
	struct quorum_read *read, *next;

	spin_lock(&rs->lock);
	rs->closed = error;
	list_splice_init(&rs->asked, &rs->queued);
	list_for_each_entry_safe(read, next, &rs->queued, node)
		answer(rs, read, error);
	spin_unlock(&rs->lock);
}

/* ---- the loop's side ---- */

static u64 pause_ns(const struct quorum_group *g)
{
	return raft_get_config(g->raft)->timing.heartbeat / 2;
}

/* Not now: the same question again, in a while. */
static void ask_again(struct quorum_group *g, u64 handle, u8 reason)
{
	struct quorum_reads *rs = &g->reads;
	struct quorum_read *read, *next;

	lockdep_assert_held(&rs->lock);
	rs->not_before = quorum_loop_now() + pause_ns(g);
	list_for_each_entry_safe(read, next, &rs->asked, node) {
		if (read->handle != handle)
			continue;
		if (reason == RAFT_REFUSED_HALTED) {
			answer(rs, read, -EIO);
			continue;
		}
		read->refusal = reason;
		list_move(&read->node, &rs->queued);
	}
}

/**
 * quorum_reads_offer() - ask the engine for those who wait
 * @g: the group
 *
 * Context: only the loop.
 * Return: when to call again, or RAFT_NEVER.
 */
u64 quorum_reads_offer(struct quorum_group *g)
{
	struct raft_event ev = { .type = RAFT_EV_READ };
	struct quorum_reads *rs = &g->reads;
	struct quorum_read *read;
	u64 due = RAFT_NEVER;
	int ret;

	spin_lock(&rs->lock);
	if (!list_empty(&rs->queued) && quorum_loop_now() < rs->not_before) {
		due = rs->not_before;
	} else if (!list_empty(&rs->queued)) {
		ev.read.handle = ++rs->handle;
		list_for_each_entry(read, &rs->queued, node)
			read->handle = rs->handle;
		list_splice_tail_init(&rs->queued, &rs->asked);
	}
	spin_unlock(&rs->lock);
	if (!ev.read.handle)
		return due;
	ret = quorum_effects_step(g, &ev, NULL);
	if (ret < 0) {
		spin_lock(&rs->lock);
		ask_again(g, ev.read.handle, -ret);
		due = list_empty(&rs->queued) ? RAFT_NEVER : rs->not_before;
		spin_unlock(&rs->lock);
	}
	return due;
}

/* The engine's answer.  Context: only the loop. */
void quorum_reads_answered(struct quorum_group *g, u64 handle, u64 index, u8 reason)
{
	struct quorum_reads *rs = &g->reads;
	struct quorum_read *read, *next;

	spin_lock(&rs->lock);
	if (reason != RAFT_OK) {
		ask_again(g, handle, reason);
		/* It may fall into this turn, after the timer's deadline was asked for. */
		quorum_loop_wake(g, LOOP_READS);
	} else {
		list_for_each_entry_safe(read, next, &rs->asked, node) {
			if (read->handle != handle)
				continue;
			read->index = index;
			answer(rs, read, 0);
		}
	}
	spin_unlock(&rs->lock);
}

/* A leader was found: who waited for one need not wait longer.  Only the loop. */
void quorum_reads_leader(struct quorum_group *g)
{
	struct quorum_reads *rs = &g->reads;

	spin_lock(&rs->lock);
	rs->not_before = 0;
	if (!list_empty(&rs->queued))
		quorum_loop_wake(g, LOOP_READS);
	spin_unlock(&rs->lock);
}

/* ---- the caller's side ---- */

static int hand_in(struct quorum_group *g, struct quorum_read *read)
{
	struct quorum_reads *rs = &g->reads;
	int error;

	spin_lock(&rs->lock);
	error = rs->closed;
	if (!error && READ_ONCE(g->blind))
		error = -EOPNOTSUPP;
	if (!error && rs->count >= QUORUM_READS_MAX)
		error = -EAGAIN;
	if (!error) {
		read->refusal = RAFT_REFUSED_NO_LEADER;
		list_add_tail(&read->node, &rs->queued);
		rs->count++;
	}
	spin_unlock(&rs->lock);
	return error;
}

/* The caller waits no longer. */
static int leave(struct quorum_group *g, struct quorum_read *read, int why)
{
	struct quorum_reads *rs = &g->reads;

	spin_lock(&rs->lock);
	if (list_empty(&read->node)) {
		/* It was answered in the meantime. */
		why = read->error;
	} else {
		list_del_init(&read->node);
		rs->count--;
		if (why == -ETIMEDOUT && read->refusal == RAFT_REFUSED_NO_LEADER)
			why = -ENOTCONN;
	}
	spin_unlock(&rs->lock);
	return why;
}

static bool is_applied(const struct quorum_group *g, u64 index)
{
	return atomic64_read(&g->applied) >= index ||
	       READ_ONCE(g->state) != QUORUM_STATE_RUNNING;
}

int quorum_group_barrier(struct quorum_group *g, u64 timeout_ns, u64 *index)
{
	struct quorum_read read = { .refusal = RAFT_OK };
	long left = quorum_timeout_jiffies(timeout_ns);
	int error;

	INIT_LIST_HEAD(&read.node);
	init_completion(&read.done);
	error = hand_in(g, &read);
	if (error)
		return error;
	quorum_loop_wake(g, LOOP_READS);
	left = wait_for_completion_interruptible_timeout(&read.done, left);
	error = left > 0 ? read.error : leave(g, &read, left ? -ERESTARTSYS : -ETIMEDOUT);
	if (error)
		return error;
	left = wait_event_interruptible_timeout(g->readers, is_applied(g, read.index),
						max(left, 1L));
	if (left < 0)
		return -ERESTARTSYS;
	if (atomic64_read(&g->applied) < read.index) {
		if (READ_ONCE(g->state) == QUORUM_STATE_FAILED)
			return -EIO;
		return left ? -ESHUTDOWN : -ETIMEDOUT;
	}
	*index = read.index;
	return 0;
}
