// SPDX-License-Identifier: GPL-2.0
/*
 * Proposals: admission, forwarding to the leader, and the bytes they hold.
 */
#include "raft_private.h"

void raft_proposal_reset(struct raft *r)
{
	memset(&r->uncommitted, 0, sizeof(r->uncommitted));
}

/* Remember @bytes until @last is committed. */
static void span_add(struct raft_uncommitted *u, u64 last, u64 bytes)
{
	struct raft_span *span;

	u->bytes += bytes;
	if (u->n < RAFT_SPANS_MAX) {
		span = &u->spans[(u->head + u->n) % RAFT_SPANS_MAX];
		span->bytes = 0;
		u->n++;
	} else {
		/* Bytes come back later than they could, and all of them (D-12). */
		span = &u->spans[(u->head + u->n - 1) % RAFT_SPANS_MAX];
	}
	span->last = last;
	span->bytes += bytes;
}

/* The commit index of a leader moved: give bytes back. */
void raft_proposal_committed(struct raft *r)
{
	struct raft_uncommitted *u = &r->uncommitted;

	while (u->n && u->spans[u->head].last <= r->log.commit) {
		u->bytes -= u->spans[u->head].bytes;
		u->head = (u->head + 1) % RAFT_SPANS_MAX;
		u->n--;
	}
}

static bool valid(u32 size, u8 type)
{
	return (type == RAFT_ENTRY_DATA || type == RAFT_ENTRY_SESSION) && size &&
	       size <= QUORUM_ENTRY_BYTES_MAX;
}

/*
 * May @size bytes be added to the @n proposals of @sum bytes taken before in this
 * step?  Entries are counted over the whole uncommitted tail, inherited ones too:
 * every node has to keep it in memory, whatever sizes it has.
 */
static u8 admit(const struct raft *r, u32 n, u64 sum, u32 size, u64 room)
{
	u64 held = r->uncommitted.bytes + sum;

	/* The target would never catch up (bug T-2). */
	if (r->transfer.target != RAFT_NONE)
		return RAFT_REFUSED_TRANSFERRING;
	if (r->log.last_index - r->log.commit + n >= RAFT_UNCOMMITTED_ENTRIES_MAX)
		return RAFT_REFUSED_BUSY;
	/* Whatever its size, one alone gets through, or it never would. */
	if (held && held + size > RAFT_UNCOMMITTED_BYTES_MAX)
		return RAFT_REFUSED_BUSY;
	if (!raft_log_can_append(&r->log, r->hard.term))
		return RAFT_REFUSED_BUSY;
	if (sum + size > room)
		return RAFT_REFUSED_NO_SPACE;
	return RAFT_OK;
}

static void append(struct raft *r, u32 count, u64 bytes)
{
	struct raft_effect *fx = raft_effect_add(r, RAFT_FX_APPEND);

	fx->append.first = r->log.last_index + 1;
	fx->append.term = r->hard.term;
	fx->append.count = count;
	raft_log_append(&r->log, r->hard.term, count);
	span_add(&r->uncommitted, r->log.last_index, bytes);
}

static void forward(struct raft *r, u32 count)
{
	struct raft_effect *fx = raft_effect_add(r, RAFT_FX_FORWARD);

	fx->forward.leader = r->leader;
	fx->forward.term = r->hard.term;
	fx->forward.count = count;
}

/**
 * raft_proposal_take() - RAFT_EV_PROPOSE
 * @r: the engine
 * @event: the event
 *
 * Return: number admitted (to the log, or to be forwarded), or the negated
 * reason why the first was not.
 */
int raft_proposal_take(struct raft *r, const struct raft_event *event)
{
	u32 max_n = min_t(u32, event->propose.count, QUORUM_PROPOSE_BATCH_MAX);
	bool leads = r->role == RAFT_LEADER;
	u8 reason = RAFT_REFUSED_TOO_BIG;
	u64 sum = 0;
	u32 n;

	if (r->leader == RAFT_NONE)
		return -RAFT_REFUSED_NO_LEADER;
	for (n = 0; n < max_n; n++) {
		const struct raft_proposal *p = &event->propose.list[n];

		reason = RAFT_REFUSED_TOO_BIG;
		if (!valid(p->size, p->type))
			break;
		reason = leads ? admit(r, n, sum, p->size, event->propose.room) : RAFT_OK;
		if (reason != RAFT_OK)
			break;
		sum += p->size;
	}
	if (!n)
		return -(int)reason;
	if (leads)
		append(r, n, sum);
	else
		forward(r, n);
	return (int)n;
}

enum window_verdict {
	WINDOW_NEW,
	WINDOW_TAKEN,	/* or too old to tell: taking it twice would be worse */
	WINDOW_REFUSED,
};

static enum window_verdict window_find(const struct raft_window *w, u64 tag)
{
	u64 bit = tag % QUORUM_FORWARD_WINDOW, mask = 1ULL << (bit % 64);

	if (tag > w->highest)
		return WINDOW_NEW;
	if (w->highest - tag >= QUORUM_FORWARD_WINDOW)
		return WINDOW_TAKEN;
	if (!(w->seen[bit / 64] & mask))
		return WINDOW_NEW;
	return w->refused[bit / 64] & mask ? WINDOW_REFUSED : WINDOW_TAKEN;
}

static void window_add(struct raft_window *w, u64 tag, bool refused)
{
	u64 bit = tag % QUORUM_FORWARD_WINDOW, mask = 1ULL << (bit % 64);

	if (tag > w->highest && tag - w->highest >= QUORUM_FORWARD_WINDOW) {
		memset(w, 0, sizeof(*w));
		w->highest = tag;
	}
	while (w->highest < tag) {
		u64 next = ++w->highest % QUORUM_FORWARD_WINDOW;

		w->seen[next / 64] &= ~(1ULL << (next % 64));
		w->refused[next / 64] &= ~(1ULL << (next % 64));
	}
	w->seen[bit / 64] |= mask;
	if (refused)
		w->refused[bit / 64] |= mask;
}

/* What becomes of a forwarded proposal; WINDOW_TAKEN was excluded. */
static u8 judge(struct raft *r, struct raft_window *w, const struct raft_msg *msg, u64 room)
{
	u8 reason;

	if (!valid(msg->forward.size, msg->forward.entry_type))
		return RAFT_REFUSED_TOO_BIG;
	if (window_find(w, msg->forward.tag) == WINDOW_REFUSED)
		return RAFT_REFUSED_BUSY;
	reason = admit(r, 0, 0, msg->forward.size, room);
	window_add(w, msg->forward.tag, reason != RAFT_OK);
	return reason;
}

/**
 * raft_proposal_forwarded() - a proposal of another node, for this leadership
 * @r: a leader, in the message's term
 * @msg: FORWARD
 * @room: what the store can take, in bytes
 *
 * Admitted once per tag, without an answer: its origin sees it committed.  A
 * refusal is answered, and is final for this tag and leadership: of two copies,
 * the second may find room, and its origin would hear "refused" about an entry
 * that is committed (bug C-4).  Who wants to try again takes a new tag.
 */
void raft_proposal_forwarded(struct raft *r, const struct raft_msg *msg, u64 room)
{
	struct raft_window *w = &r->peers[raft_seat_of(r, msg->from)].window;
	struct raft_msg *reply;
	u8 reason;

	if (window_find(w, msg->forward.tag) == WINDOW_TAKEN)
		return;
	reason = judge(r, w, msg, room);
	if (reason == RAFT_OK) {
		append(r, 1, msg->forward.size);
		return;
	}
	reply = raft_send(r, RAFT_MSG_FORWARD_REPLY, msg->from);
	reply->forward_reply.tag = msg->forward.tag;
	reply->forward_reply.reason = reason;
}

/* FORWARD_REPLY of the current term: pass it on. */
void raft_proposal_answered(struct raft *r, const struct raft_msg *msg)
{
	struct raft_effect *fx;

	if (msg->forward_reply.reason == RAFT_OK ||
	    msg->forward_reply.reason >= RAFT_REASON_NR)
		return;
	fx = raft_effect_add(r, RAFT_FX_RESULT);
	fx->result.tag = msg->forward_reply.tag;
	fx->result.reason = msg->forward_reply.reason;
	fx->result.index = msg->forward_reply.index;
	fx->result.term = msg->forward_reply.entry_term;
}
