// SPDX-License-Identifier: GPL-2.0
/*
 * Waiters: proposals of this node's users, from the system call to the answer.
 *
 * A proposal has a tag that is unique for ever, and carries it into the log.  So
 * its outcome is read off the log itself, whoever led meanwhile:
 *
 *  - an entry with its tag is applied: committed, at that index and term;
 *  - an entry of a higher term than the one it was given to is applied first:
 *    then no entry of the old term can be committed any more (leader
 *    completeness: all of them lie below), so it is certainly lost, and is
 *    proposed again, under the same tag, with no danger of a second copy;
 *  - the leader refuses it: certainly not in the log, nor will a late copy of it
 *    be, because the leader remembers the tag; it is tried again under a new one;
 *  - none of these in time: unknown, and said so (bug C-4).
 *
 * The same holds for a proposal that was forwarded.  A lost FORWARD is sent again
 * to the same leader in the same term only; that leader tells copies apart by
 * tag.
 *
 *	inbox --offer--> pending (own log)  --applied--> done
 *	  ^      \-----> forwarded          --applied or answered--> done
 *	  +---- lost with its leader, or refused for now ----+
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/quorum.h>
#include "group_private.h"

#define DEFAULT_TIMEOUT_NS	(5ULL * NSEC_PER_SEC)
#define RESEND_PER_TURN		64

/* (life << TAG_LIFE_SHIFT) | counter; see struct raft_entry. */
#define TAG_LIFE_SHIFT		40

void quorum_waiters_init(struct quorum_waiters *ws)
{
	spin_lock_init(&ws->lock);
	INIT_LIST_HEAD(&ws->all);
	INIT_LIST_HEAD(&ws->inbox);
	INIT_LIST_HEAD(&ws->pending);
	INIT_LIST_HEAD(&ws->forwarded);
	hash_init(ws->by_tag);
	init_waitqueue_head(&ws->room);
	ws->closed = -ESHUTDOWN;
}

/**
 * quorum_waiters_open() - take proposals from now on
 * @ws: the waiters
 * @epoch: of the store; makes this life's tags differ from all earlier ones
 * @incarnation: of the device; makes them differ from those that another device
 *	under the same node id has left in the log
 */
void quorum_waiters_open(struct quorum_waiters *ws, u64 epoch, u64 incarnation)
{
	spin_lock(&ws->lock);
	ws->next_tag = ((epoch + incarnation) << TAG_LIFE_SHIFT) | 1;
	ws->closed = 0;
	ws->skipped = 0;
	spin_unlock(&ws->lock);
}

static void waiter_put(struct quorum_waiter *w)
{
	/* May be the last one under a spinlock, where vfree() must not be called. */
	if (refcount_dec_and_test(&w->ref))
		kvfree_rcu(w, rcu);
}

static struct quorum_waiter *lookup(struct quorum_waiters *ws, u64 tag)
{
	struct quorum_waiter *w;

	lockdep_assert_held(&ws->lock);
	hash_for_each_possible(ws->by_tag, w, hash, tag)
		if (w->tag == tag)
			return w;
	return NULL;
}

/* Take it off the books.  The caller drops the lists' reference afterwards. */
static void unlink(struct quorum_waiters *ws, struct quorum_waiter *w)
{
	lockdep_assert_held(&ws->lock);
	list_del_init(&w->node);
	list_del_init(&w->live);
	hash_del(&w->hash);
	w->stage = WAITER_DONE;
	ws->count--;
	ws->bytes -= w->size;
}

/* Answer it, once. */
static void finish(struct quorum_group *g, struct quorum_waiter *w, u32 outcome, int error)
{
	struct quorum_waiters *ws = &g->waiters;

	lockdep_assert_held(&ws->lock);
	w->outcome = outcome;
	w->error = error;
	if (outcome == QUORUM_OUTCOME_COMMITTED)
		g->stats.committed++;
	else if (outcome == QUORUM_OUTCOME_REFUSED)
		g->stats.refused++;
	else
		g->stats.unknown++;
	unlink(ws, w);
	if (w->answered)
		queue_work(quorum_client_workqueue, w->answered);
	else
		complete(&w->done);
	waiter_put(w);
	wake_up_interruptible(&ws->room);
}

/* The old name is spent; see raft_proposal_forwarded(). */
static void rename(struct quorum_waiters *ws, struct quorum_waiter *w)
{
	lockdep_assert_held(&ws->lock);
	hash_del(&w->hash);
	w->tag = ws->next_tag++;
	hash_add(ws->by_tag, &w->hash, w->tag);
	list_move_tail(&w->live, &ws->all);
}

/*
 * Is a new tag still within the window of the oldest one that is unanswered?  A
 * leader takes what lies further behind for a copy, and does not answer.
 */
static bool tag_fits(struct quorum_waiters *ws)
{
	const struct quorum_waiter *oldest;

	oldest = list_first_entry_or_null(&ws->all, struct quorum_waiter, live);
	return !oldest || ws->next_tag - oldest->tag < QUORUM_FORWARD_WINDOW;
}

/*
 * Back to the inbox: it is certainly not in the log.  To its front, in @inbox,
 * for a leader takes no tag that is QUORUM_FORWARD_WINDOW behind newer ones.
 */
static void requeue(struct quorum_group *g, struct quorum_waiter *w, u8 refusal,
		    struct list_head *inbox)
{
	lockdep_assert_held(&g->waiters.lock);
	w->stage = WAITER_QUEUED;
	w->refusal = refusal;
	w->blind = false;
	list_move_tail(&w->node, inbox);
}

/**
 * quorum_waiters_close() - answer everybody and take no more
 * @g: the group
 * @error: errno for those who come later, negative
 *
 * What sits in the inbox is certainly not in the log; the rest may yet be
 * committed.
 */
void quorum_waiters_close(struct quorum_group *g, int error)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w, *next;

	spin_lock(&ws->lock);
	ws->closed = error;
	list_for_each_entry_safe(w, next, &ws->inbox, node)
		finish(g, w, QUORUM_OUTCOME_REFUSED, error);
	list_for_each_entry_safe(w, next, &ws->pending, node)
		finish(g, w, QUORUM_OUTCOME_UNKNOWN, -ECANCELED);
	list_for_each_entry_safe(w, next, &ws->forwarded, node)
		finish(g, w, QUORUM_OUTCOME_UNKNOWN, -ECANCELED);
	spin_unlock(&ws->lock);
	wake_up_interruptible_all(&ws->room);
}

/* ---- the loop's side ---- */

/* Move the oldest proposals of the inbox to the batch, as memory has room. */
static u32 take_batch(struct quorum_group *g, u64 room)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w, *next;
	u32 n = 0;

	spin_lock(&ws->lock);
	list_for_each_entry_safe(w, next, &ws->inbox, node) {
		if (n == QUORUM_PROPOSE_BATCH_MAX || w->size > room)
			break;
		room -= w->size;
		list_del_init(&w->node);
		w->stage = WAITER_TAKEN;
		g->proposals[n].tag = w->tag;
		g->proposals[n].size = w->size;
		g->proposals[n].type = w->type;
		g->batch[n++] = w;
	}
	spin_unlock(&ws->lock);
	return n;
}

/*
 * What the engine did not admit: back to the front, or refused for good.  The
 * reason is the first one's; the others are asked about again.
 */
static void return_batch(struct quorum_group *g, u32 from, u32 to, u8 reason)
{
	struct quorum_waiters *ws = &g->waiters;
	u32 i;

	spin_lock(&ws->lock);
	for (i = to; i-- > from;) {
		struct quorum_waiter *w = g->batch[i];

		if (ws->closed) {
			finish(g, w, QUORUM_OUTCOME_REFUSED, ws->closed);
		} else if (w->abandoned) {
			finish(g, w, QUORUM_OUTCOME_REFUSED, -EAGAIN);
		} else if (reason == RAFT_REFUSED_NO_SPACE && i == from) {
			finish(g, w, QUORUM_OUTCOME_REFUSED, -ENOSPC);
		} else if (reason == RAFT_REFUSED_TOO_BIG && i == from) {
			finish(g, w, QUORUM_OUTCOME_REFUSED, -EMSGSIZE);
		} else if (reason == RAFT_REFUSED_HALTED) {
			finish(g, w, QUORUM_OUTCOME_REFUSED, -EIO);
		} else {
			w->stage = WAITER_QUEUED;
			w->refusal = reason;
			list_add(&w->node, &ws->inbox);
		}
	}
	spin_unlock(&ws->lock);
}

/**
 * quorum_waiters_offer() - offer the inbox to the engine
 * @g: the group
 *
 * What is refused for now stays, and is offered again on the next turn: a commit
 * makes room, a new leader takes them.
 *
 * Context: only the loop.
 */
void quorum_waiters_offer(struct quorum_group *g)
{
	struct effects_source src = { .batch = g->batch };
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	u32 n, taken;
	int ret;

	if (g->role != RAFT_LEADER && quorum_loop_now() < g->offer_after)
		return;
	for (;;) {
		n = take_batch(g, quorum_cache_room(g->cache));
		if (!n)
			return;
		ev.propose.list = g->proposals;
		ev.propose.count = n;
		ev.propose.room = quorum_pump_room(g);
		ret = quorum_effects_step(g, &ev, &src);
		taken = ret > 0 ? ret : 0;
		if (ret < 0)
			return_batch(g, 0, n, -ret);
		else if (taken < n)
			/* The reason follows: the rest is offered once more. */
			return_batch(g, taken, n, RAFT_OK);
		if (ret <= 0 && ret != -RAFT_REFUSED_NO_SPACE && ret != -RAFT_REFUSED_TOO_BIG)
			return;
	}
}

/* The engine put it into the own log. */
void quorum_waiters_appended(struct quorum_group *g, struct quorum_waiter *w, u64 term)
{
	struct quorum_waiters *ws = &g->waiters;

	spin_lock(&ws->lock);
	w->term = term;
	w->stage = WAITER_APPENDED;
	list_add_tail(&w->node, &ws->pending);
	if (w->abandoned || ws->closed)
		finish(g, w, QUORUM_OUTCOME_UNKNOWN, -ECANCELED);
	spin_unlock(&ws->lock);
}

static void send_forward(struct quorum_group *g, struct quorum_waiter *w)
{
	struct raft_msg msg = {
		.type = RAFT_MSG_FORWARD,
		.from = g->params.self,
		.to = g->leader,
		.term = w->term,
		.forward.tag = w->tag,
		.forward.size = w->size,
		.forward.entry_type = w->type,
	};

	w->sent = quorum_loop_now();
	quorum_effects_send(g, &msg, w->data, w->size);
}

/* The engine says: the leader of @term shall have it. */
void quorum_waiters_forwarded(struct quorum_group *g, struct quorum_waiter *w, u64 term)
{
	struct quorum_waiters *ws = &g->waiters;
	bool gone;

	spin_lock(&ws->lock);
	w->term = term;
	w->stage = WAITER_FORWARDED;
	list_add_tail(&w->node, &ws->forwarded);
	gone = w->abandoned || ws->closed;
	if (gone)
		finish(g, w, QUORUM_OUTCOME_REFUSED, ws->closed ?: -EAGAIN);
	else
		refcount_inc(&w->ref);
	spin_unlock(&ws->lock);
	if (gone)
		return;
	g->stats.forwarded++;
	send_forward(g, w);
	waiter_put(w);
}

/* Behind the payload. */
static u32 result_at(const struct quorum_waiter *w)
{
	return ALIGN(w->size, 8);
}

/* Applied here: the answer, with what the state machine says. */
void quorum_waiters_applied(struct quorum_group *g, u64 tag,
			    const struct quorum_outcome *outcome)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w;

	spin_lock(&ws->lock);
	w = lookup(ws, tag);
	if (w && w->stage != WAITER_TAKEN) {
		w->index = outcome->index;
		w->entry_term = outcome->term;
		w->verdict = outcome->reply.error;
		w->result_len = outcome->reply.len;
		memcpy(w->data + result_at(w), outcome->reply.data,
		       min(w->room, outcome->reply.len));
		finish(g, w, QUORUM_OUTCOME_COMMITTED, 0);
	}
	spin_unlock(&ws->lock);
}

/**
 * quorum_waiters_skipped() - a snapshot stands for the log up to an index
 * @g: the group
 * @index: its last entry
 *
 * What this node knows to be in there will not be applied here one by one: committed,
 * with a result that is not known.  The rest may be in there or not.
 *
 * Context: only the loop.
 */
void quorum_waiters_skipped(struct quorum_group *g, u64 index)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w, *next;

	spin_lock(&ws->lock);
	ws->skipped = index;
	list_for_each_entry(w, &ws->pending, node)
		w->blind = true;
	list_for_each_entry_safe(w, next, &ws->forwarded, node) {
		w->blind = true;
		if (!w->known || w->index > index)
			continue;
		w->verdict = -ENODATA;
		finish(g, w, QUORUM_OUTCOME_COMMITTED, 0);
	}
	spin_unlock(&ws->lock);
}

/* The leader says that it is committed. */
void quorum_waiters_committed(struct quorum_group *g, u64 tag, u64 index, u64 term)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w;

	spin_lock(&ws->lock);
	w = lookup(ws, tag);
	if (w && w->stage != WAITER_TAKEN) {
		w->index = index;
		w->entry_term = term;
		if (w->local && index > ws->skipped) {
			w->known = true;
		} else {
			w->verdict = w->local ? -ENODATA : 0;
			finish(g, w, QUORUM_OUTCOME_COMMITTED, 0);
		}
	}
	spin_unlock(&ws->lock);
}

/* As the configuration in force says.  Only the loop. */
static u64 heartbeat_ns(const struct quorum_group *g)
{
	return raft_get_config(g->raft)->timing.heartbeat;
}

static void again(struct quorum_group *g, struct quorum_waiter *w, u8 reason)
{
	struct quorum_waiters *ws = &g->waiters;

	lockdep_assert_held(&ws->lock);
	/* Names are short: it will be sent again, refused again, and renamed then. */
	if (!tag_fits(ws) && !list_is_first(&w->live, &ws->all))
		return;
	rename(ws, w);
	requeue(g, w, reason, &ws->inbox);
}

/* The leader refused it, and will never put this tag into its log. */
void quorum_waiters_refused(struct quorum_group *g, u64 tag, u8 reason)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w;

	spin_lock(&ws->lock);
	w = lookup(ws, tag);
	if (w && w->stage == WAITER_FORWARDED) {
		if (reason == RAFT_REFUSED_NO_SPACE)
			finish(g, w, QUORUM_OUTCOME_REFUSED, -ENOSPC);
		else if (reason == RAFT_REFUSED_TOO_BIG)
			finish(g, w, QUORUM_OUTCOME_REFUSED, -EMSGSIZE);
		else if (w->nonblock)
			/* Whoever proposed it knows it by its name only. */
			finish(g, w, QUORUM_OUTCOME_REFUSED, -EAGAIN);
		else
			again(g, w, reason);
		/* Not at once: a busy leader is not helped by asking again. */
		g->offer_after = quorum_loop_now() + heartbeat_ns(g);
	}
	spin_unlock(&ws->lock);
}

/* The log has passed it by; was it in what came as a snapshot, it must not go again. */
static bool give_up(struct quorum_group *g, struct quorum_waiter *w, struct list_head *front)
{
	if (w->blind) {
		finish(g, w, QUORUM_OUTCOME_UNKNOWN, -ECANCELED);
		return false;
	}
	requeue(g, w, RAFT_REFUSED_NO_LEADER, front);
	return true;
}

/**
 * quorum_waiters_term_applied() - an entry of a term was applied
 * @g: the group
 * @term: its term
 *
 * Whoever was given to an earlier leader and has not been seen by now is lost.
 *
 * Context: only the loop.
 */
void quorum_waiters_term_applied(struct quorum_group *g, u64 term)
{
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w, *next;
	LIST_HEAD(front);
	u64 lost = 0;

	/* Nobody is given to an earlier leader than the one whose entries we apply. */
	if (term <= g->swept_term)
		return;
	g->swept_term = term;
	spin_lock(&ws->lock);
	/* In log order, so the first one of a later term ends the search. */
	list_for_each_entry_safe(w, next, &ws->pending, node) {
		if (w->term >= term)
			break;
		lost += give_up(g, w, &front);
	}
	list_for_each_entry_safe(w, next, &ws->forwarded, node) {
		if (w->term >= term)
			continue;
		lost += give_up(g, w, &front);
	}
	list_splice(&front, &ws->inbox);
	spin_unlock(&ws->lock);
	if (lost) {
		g->stats.retried += lost;
		quorum_loop_wake(g, LOOP_PROPOSALS);
	}
}

/**
 * quorum_waiters_resend() - send again what the leader may not have got
 * @g: the group
 * @now: boottime ns
 *
 * Context: only the loop.
 * Return: when to call again, or RAFT_NEVER.
 */
u64 quorum_waiters_resend(struct quorum_group *g, u64 now)
{
	u64 patience = 2 * heartbeat_ns(g);
	struct quorum_waiters *ws = &g->waiters;
	struct quorum_waiter *w;
	u32 budget = RESEND_PER_TURN;
	u64 due = RAFT_NEVER;

	spin_lock(&ws->lock);
	/* Refused for now (the leader is busy): offered again after a heartbeat. */
	if (!list_empty(&ws->inbox) && g->leader)
		due = max(g->offer_after, now + heartbeat_ns(g) / 2);
	while ((w = list_first_entry_or_null(&ws->forwarded, struct quorum_waiter, node))) {
		if (w->sent + patience > now || !budget--) {
			due = min(due, max(w->sent + patience, now + 1));
			break;
		}
		list_move_tail(&w->node, &ws->forwarded);
		w->sent = now;
		/* Given to an earlier leader: only the log can tell what became of it. */
		if (w->known || w->term != g->term || !g->leader ||
		    g->leader == g->params.self)
			continue;
		refcount_inc(&w->ref);
		spin_unlock(&ws->lock);
		g->stats.forward_resent++;
		send_forward(g, w);
		waiter_put(w);
		spin_lock(&ws->lock);
	}
	spin_unlock(&ws->lock);
	return due;
}

/* ---- the caller's side ---- */

static struct quorum_waiter *waiter_alloc(size_t size, u32 room)
{
	struct quorum_waiter *w;

	/* On the caller's account, and the caller waits: not the loop's memory. */
	w = kvmalloc(struct_size(w, data, ALIGN(size, 8) + room), GFP_KERNEL_ACCOUNT);
	if (!w)
		return NULL;
	memset(w, 0, sizeof(*w));
	INIT_LIST_HEAD(&w->node);
	INIT_LIST_HEAD(&w->live);
	refcount_set(&w->ref, 2);
	init_completion(&w->done);
	w->size = size;
	w->room = room;
	w->type = RAFT_ENTRY_DATA;
	return w;
}

static struct quorum_waiter *waiter_create(struct iov_iter *from,
					   const struct quorum_proposal *p)
{
	struct quorum_session_head head = {
		.op = cpu_to_le32(p->op),
		.client = cpu_to_le64(p->client),
		.seq = cpu_to_le64(p->seq),
	};
	size_t len = iov_iter_count(from), front = p->op ? sizeof(head) : 0;
	size_t size = front + len;
	size_t wanted = p->result ? iov_iter_count(p->result) : 0;
	u32 room = min_t(size_t, wanted, QUORUM_RESULT_BYTES_MAX);
	struct quorum_waiter *w;

	if (!size)
		return ERR_PTR(-EINVAL);
	if (size > QUORUM_ENTRY_BYTES_MAX)
		return ERR_PTR(-EMSGSIZE);
	w = waiter_alloc(size, room);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->local = p->local || p->op || p->result;
	if (front) {
		w->type = RAFT_ENTRY_SESSION;
		memcpy(w->data, &head, front);
	}
	if (len && !copy_from_iter_full(w->data + front, len, from)) {
		kvfree(w);
		return ERR_PTR(-EFAULT);
	}
	return w;
}

static bool has_room(struct quorum_waiters *ws, u32 size)
{
	return ws->count < QUORUM_INBOX_PROPOSALS_MAX && tag_fits(ws) &&
	       ws->bytes + size <= QUORUM_INBOX_BYTES_MAX;
}

/* Try to hand it in: 0, -EAGAIN (no room) or why the group takes none. */
static int hand_in(struct quorum_group *g, struct quorum_waiter *w, bool nonblock)
{
	struct quorum_waiters *ws = &g->waiters;
	int error = -EAGAIN;

	spin_lock(&ws->lock);
	if (ws->closed) {
		error = ws->closed;
	} else if (READ_ONCE(g->blind)) {
		/* It would never see what comes of it. */
		error = -EOPNOTSUPP;
	} else if (nonblock && !READ_ONCE(g->leader)) {
		/* Nobody would wait for a leader with it. */
		error = -EAGAIN;
	} else if (has_room(ws, w->size)) {
		w->tag = ws->next_tag++;
		w->refusal = RAFT_REFUSED_NO_LEADER;
		hash_add(ws->by_tag, &w->hash, w->tag);
		list_add_tail(&w->live, &ws->all);
		list_add_tail(&w->node, &ws->inbox);
		ws->count++;
		ws->bytes += w->size;
		g->stats.proposals++;
		error = 0;
	}
	spin_unlock(&ws->lock);
	return error;
}

/* The caller leaves before the answer: withdraw it, or say that it is unknown. */
static int leave(struct quorum_group *g, struct quorum_waiter *w, int why, u32 *outcome)
{
	struct quorum_waiters *ws = &g->waiters;
	int error;

	spin_lock(&ws->lock);
	switch (w->stage) {
	case WAITER_DONE:
		*outcome = w->outcome;
		error = w->error;
		break;
	case WAITER_QUEUED:
		/* Never proposed, or certainly lost: a signal may restart the call. */
		if (why == -EINTR)
			error = -ERESTARTSYS;
		else
			error = w->refusal == RAFT_REFUSED_NO_LEADER ? -ENOTCONN : -EAGAIN;
		finish(g, w, QUORUM_OUTCOME_REFUSED, error);
		*outcome = QUORUM_OUTCOME_REFUSED;
		break;
	case WAITER_TAKEN:
		/* The loop has it in hand and will drop it. */
		w->abandoned = true;
		*outcome = QUORUM_OUTCOME_UNKNOWN;
		error = why;
		break;
	default:
		finish(g, w, QUORUM_OUTCOME_UNKNOWN, why);
		*outcome = QUORUM_OUTCOME_UNKNOWN;
		error = why;
		break;
	}
	spin_unlock(&ws->lock);
	return error;
}

/* What became of it, for the caller. */
static int take_answer(const struct quorum_waiter *w, struct quorum_proposal *p)
{
	u32 len = min(w->room, w->result_len);

	p->outcome = w->outcome;
	if (p->outcome != QUORUM_OUTCOME_COMMITTED)
		return w->error;
	p->index = w->index;
	p->term = w->entry_term;
	p->verdict = w->verdict;
	p->result_len = w->result_len;
	/* Committed all the same: the result can be asked for again. */
	if (p->result && copy_to_iter(w->data + result_at(w), len, p->result) != len)
		return -EFAULT;
	return 0;
}

static int await_answer(struct quorum_group *g, struct quorum_waiter *w,
			struct quorum_proposal *p, unsigned long timeout)
{
	long left;
	int error;

	left = wait_for_completion_interruptible_timeout(&w->done, timeout);
	if (left > 0)
		return take_answer(w, p);
	error = leave(g, w, left ? -EINTR : -ETIMEDOUT, &p->outcome);
	/* It may have been answered in the meantime. */
	return p->outcome == QUORUM_OUTCOME_COMMITTED ? take_answer(w, p) : error;
}

/* Longest wait of a caller; 0 ns: the default. */
unsigned long quorum_timeout_jiffies(u64 ns)
{
	if (!ns)
		ns = DEFAULT_TIMEOUT_NS;
	return clamp_t(u64, nsecs_to_jiffies64(ns), 1, MAX_SCHEDULE_TIMEOUT - 1);
}

int quorum_group_propose(struct quorum_group *g, struct iov_iter *from,
			 struct quorum_proposal *p)
{
	unsigned long timeout = quorum_timeout_jiffies(p->timeout_ns);
	struct quorum_waiter *w;
	long left = timeout;
	int error;

	p->outcome = QUORUM_OUTCOME_NONE;
	w = waiter_create(from, p);
	if (IS_ERR(w))
		return PTR_ERR(w);
	w->nonblock = p->nonblock;
	error = hand_in(g, w, p->nonblock);
	if (error == -EAGAIN && !p->nonblock) {
		left = wait_event_interruptible_timeout(g->waiters.room,
							(error = hand_in(g, w, false)) != -EAGAIN,
							timeout);
		if (left < 0)
			error = -ERESTARTSYS;
	}
	if (error) {
		kvfree(w);
		return error;
	}
	p->tag = w->tag;
	quorum_loop_wake(g, LOOP_PROPOSALS);
	if (!p->nonblock) {
		error = await_answer(g, w, p, max(left, 1L));
		/* Answered or given up: it is not renamed any more. */
		p->tag = w->tag;
	}
	waiter_put(w);
	return error;
}

/* ---- answered by a work item ---- */

/**
 * quorum_waiter_prepare() - a proposal whose caller will not sleep for the answer
 * @from: the payload
 * @p: as for quorum_group_propose(); @p->result is counted, not kept
 * @answered: queued once it is answered
 *
 * Context: process, may sleep.
 * Return: for quorum_waiter_submit(), or ERR_PTR().
 */
struct quorum_waiter *quorum_waiter_prepare(struct iov_iter *from,
					    const struct quorum_proposal *p,
					    struct work_struct *answered)
{
	struct quorum_waiter *w = waiter_create(from, p);

	if (!IS_ERR(w))
		w->answered = answered;
	return w;
}

/* Never handed in.  Maybe under a spinlock. */
void quorum_waiter_drop(struct quorum_waiter *w)
{
	kvfree_rcu(w, rcu);
}

/**
 * quorum_waiter_submit() - hand it in, without waiting for room
 * @g: the group
 * @w: from quorum_waiter_prepare(); gone if this fails
 *
 * Context: process; may be called under a spinlock.
 * Return: 0, and the work item will be queued; -EAGAIN no room; -ESHUTDOWN; -ENODEV;
 * -EIO.
 */
int quorum_waiter_submit(struct quorum_group *g, struct quorum_waiter *w)
{
	int error = hand_in(g, w, false);

	if (error)
		quorum_waiter_drop(w);
	else
		quorum_loop_wake(g, LOOP_PROPOSALS);
	return error;
}

/* The caller waits no longer: it is answered soon, if it was not yet. */
void quorum_waiter_give_up(struct quorum_group *g, struct quorum_waiter *w)
{
	u32 outcome;

	leave(g, w, -ETIMEDOUT, &outcome);
}

/* Take the answer, in its work item; @w is gone. */
int quorum_waiter_take(struct quorum_waiter *w, struct quorum_proposal *p)
{
	int error = take_answer(w, p);

	waiter_put(w);
	return error;
}

/**
 * quorum_waiters_inject() - propose a command that nobody waits for
 * @g: the group
 * @data: the command
 * @size: its bytes
 *
 * For what the leader's machine wants itself.  If there is no room, it is lost, and
 * wanted again.
 *
 * Context: only the loop.
 */
void quorum_waiters_inject(struct quorum_group *g, const void *data, u32 size)
{
	struct quorum_waiter *w = waiter_alloc(size, 0);

	if (!w)
		return;
	memcpy(w->data, data, size);
	w->nonblock = true;
	if (hand_in(g, w, true)) {
		kvfree(w);
		return;
	}
	quorum_loop_wake(g, LOOP_PROPOSALS);
	waiter_put(w);
}
