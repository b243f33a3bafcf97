// SPDX-License-Identifier: GPL-2.0
/*
 * What a leader knows of each peer's log, and what it may be sent.
 *
 * A peer is probed, one message at a time, until it confirms where its log meets
 * ours; then messages are pipelined within a window.  What is lost is found out
 * by a rejection (a later message met a gap) or by the answer to a heartbeat that
 * was sent after it; so progress never depends on new proposals (bug P-3).
 */
#include "raft_private.h"

static void window_clear(struct raft_peer *p)
{
	p->head = 0;
	p->count = 0;
	p->bytes = 0;
}

/**
 * raft_progress_reset() - know nothing of what a peer has
 * @r: a leader
 * @p: the peer
 *
 * What became of its proposals stays known: a copy that is late must not be taken for
 * a new one, whatever the peer has lost (bug C-4).
 */
void raft_progress_reset(struct raft *r, struct raft_peer *p)
{
	u64 contact = p->contact, incarnation = p->incarnation;
	u32 id = p->id;

	memset(p, 0, offsetof(struct raft_peer, window));
	p->id = id;
	p->incarnation = incarnation;
	p->contact = contact;
	/* The time of grace before check-quorum counts it as silent. */
	p->heard = r->now;
	p->sent = r->now;
	p->turned = r->now - r->timing.heartbeat;
	p->state = RAFT_PEER_PROBE;
	p->next = r->log.last_index + 1;
	p->confirm = p->next;
	/* Usually its log ends where ours did: let the no-op be the probe. */
	p->certain = true;
}

/* What is longer than most datagrams goes in pieces, and the link repairs the lost ones. */
static bool is_long(u32 bytes)
{
	return bytes >= RAFT_LONG_BYTES;
}

/* See how long messages that take their time do take: queues and repairs included. */
static void time_begins(struct raft *r, struct raft_peer *p, u64 last, u32 bytes)
{
	if (p->timed || !is_long(bytes))
		return;
	p->timed = last;
	p->timed_at = r->now;
}

/* How long one that is late is waited for. */
static u64 large_pause(const struct raft *r, const struct raft_peer *p)
{
	return max(2 * p->transit, r->timing.heartbeat);
}

/* A peer that was gone for an hour does not make it wait for hours. */
static u64 time_taken(const struct raft *r, const struct raft_peer *p)
{
	return min(r->now - p->timed_at, RAFT_LONG_BEATS * r->timing.heartbeat);
}

static void time_ends(struct raft *r, struct raft_peer *p, u64 verified)
{
	u64 took;

	if (!p->timed || verified < p->timed)
		return;
	took = time_taken(r, p);
	p->transit = max(took, p->transit - p->transit / 8 + took / 8);
	p->timed = 0;
}

/* It is sent again: it takes at least so long as was waited, and the next wait is longer. */
static void time_fails(struct raft *r, struct raft_peer *p)
{
	if (p->timed)
		p->transit = max(p->transit, time_taken(r, p));
	p->timed = 0;
}

/* Go back to probing, at @next; @certain: what is before it is known to match. */
static void turn_back(struct raft *r, struct raft_peer *p, u64 next, bool certain)
{
	p->state = RAFT_PEER_PROBE;
	p->paused = false;
	p->next = next;
	p->confirm = next;
	p->certain = certain;
	p->stale_seq = p->beat_seq;
	p->missing = 0;
	window_clear(p);
	time_fails(r, p);
}

static void window_push(struct raft_peer *p, u64 last, u32 bytes)
{
	struct raft_inflight_append *slot;

	if (p->count == RAFT_APPENDS_MAX)
		return;
	slot = &p->inflight[(p->head + p->count) % RAFT_APPENDS_MAX];
	slot->last = last;
	slot->bytes = bytes;
	p->count++;
	p->bytes += bytes;
}

/*
 * Only what is durable over there leaves the window: a peer whose disk hangs
 * then holds no more of us in memory than a window (bug P-2).
 */
static void window_free(struct raft_peer *p, u64 match)
{
	while (p->count && p->inflight[p->head].last <= match) {
		p->bytes -= p->inflight[p->head].bytes;
		p->head = (p->head + 1) % RAFT_APPENDS_MAX;
		p->count--;
	}
}

/**
 * raft_progress_beat_due() - when a peer needs a heartbeat
 * @r: a leader
 * @p: the peer
 *
 * An APPEND is as good as a heartbeat, as long as it is answered; appends that a
 * slow device swallows would otherwise leave check-quorum without an answer.
 *
 * RAFT_F_GRID: where the last message was a heartbeat, the next one comes with those of
 * all other groups, somewhat early at first.  In a busy group it does not: it would
 * overtake what is on its way, for nothing.
 */
u64 raft_progress_beat_due(const struct raft *r, const struct raft_peer *p)
{
	u64 from = p->waiting ? p->since : p->sent;
	u64 due = from + r->timing.heartbeat;

	if (r->grid && from == p->beaten && p->sent == p->beaten)
		due -= due % r->timing.heartbeat;
	return due;
}

void raft_progress_beat(struct raft *r, int seat)
{
	struct raft_peer *p = &r->peers[seat];
	struct raft_beat *beat;
	struct raft_msg *msg;

	p->sent = r->now;
	p->waiting = true;
	p->since = r->now;
	p->beaten = r->now;
	p->beat_seq++;
	beat = &p->beats[p->beat_seq % RAFT_BEATS];
	beat->seq = p->beat_seq;
	beat->next = p->next;
	msg = raft_send(r, RAFT_MSG_HEARTBEAT, p->id);
	msg->heartbeat.commit = min(r->log.commit, p->match);
	msg->heartbeat.seq = p->beat_seq;
	msg->heartbeat.round = r->reads.round;
	msg->heartbeat.trust = p->trusted ? p->suspect : 0;
}

static void take_ack(struct raft *r, struct raft_peer *p, u64 match, u64 verified)
{
	if (match > p->match) {
		p->match = match;
		window_free(p, match);
	}
	time_ends(r, p, verified);
	raft_snapshot_left(r, p, verified);
	/* What was known before the probe went out does not confirm it (P-4). */
	if (p->state == RAFT_PEER_PROBE && verified >= p->confirm) {
		p->state = RAFT_PEER_PIPELINE;
		p->paused = false;
	}
	p->next = max(p->next, (p->state == RAFT_PEER_SNAPSHOT ? p->match : verified) + 1);
	raft_commit_advance(r);
	raft_transfer_pump(r);
}

/*
 * A rejection counts if it answers what is on its way: the probe, or while
 * pipelining something not yet acknowledged.  The first one turns back, those
 * behind it do not fit any more (bugs L-9, L-10, P-4).
 *
 * A probe right behind what the peer has acknowledged is refused by one that has lost
 * that and does not know (recover.h, row P): nothing is known of its log any more.  A
 * late copy of an old rejection looks the same, and costs entries sent twice.
 */
static void take_rejection(struct raft *r, struct raft_peer *p, const struct raft_msg *msg)
{
	u64 prev = msg->append_reply.prev_index;
	u64 hint = msg->append_reply.hint_index;
	bool certain;
	u64 next, term;

	if (p->state == RAFT_PEER_SNAPSHOT)
		return;
	if (!prev || prev > r->log.last_index || hint > prev)
		return;
	if (p->state == RAFT_PEER_PROBE ? !p->paused || prev + 1 != p->next :
					  prev >= p->next || prev <= p->match)
		return;
	if (prev <= p->match)
		p->match = 0;
	/*
	 * Datagrams that overtake each other look like losses.  If each of them sent
	 * the whole window again, that would never end; a heartbeat's answer tells
	 * what is really lost.
	 */
	if (p->state == RAFT_PEER_PIPELINE &&
	    !raft_time_reached(r->now, p->turned + r->timing.heartbeat / 4))
		return;
	p->turned = r->now;
	next = hint + 1;
	if (msg->append_reply.hint_term && hint >= r->log.base_index)
		next = raft_log_floor(&r->log, hint, msg->append_reply.hint_term) + 1;
	/* Always a step back, also where terms are forgotten; never to match. */
	next = max(min(next, prev), p->match + 1);
	certain = next == 1 || next == p->match + 1;
	if (next == hint + 1 && raft_log_term(&r->log, hint, &term))
		certain |= term == msg->append_reply.hint_term;
	turn_back(r, p, next, certain);
	raft_snapshot_check(r, p);
}

/* Nothing is known of its log any more but what it says itself. */
void raft_progress_restart(struct raft *r, struct raft_peer *p, u64 verified)
{
	turn_back(r, p, verified ? verified + 1 : r->log.last_index + 1, verified != 0);
	raft_snapshot_check(r, p);
}

static void take_answer(struct raft *r, struct raft_peer *p)
{
	p->heard = r->now;
	p->waiting = false;
}

/* Follower's figures that no log of ours can have led to. */
static bool nonsense(const struct raft *r, u64 match, u64 verified)
{
	return match > verified || verified > r->log.last_index;
}

void raft_progress_append_reply(struct raft *r, const struct raft_msg *msg)
{
	struct raft_peer *p = &r->peers[raft_seat_of(r, msg->from)];

	take_answer(r, p);
	if (!raft_suspect_answer(r, p, msg->append_reply.suspect, msg->append_reply.match,
				 msg->append_reply.verified))
		return;
	if (msg->append_reply.rejected)
		take_rejection(r, p, msg);
	else if (!nonsense(r, msg->append_reply.match, msg->append_reply.verified))
		take_ack(r, p, msg->append_reply.match, msg->append_reply.verified);
}

/*
 * What is missing while pipelining may be on its way still: a heartbeat overtakes what
 * is large, in queues and in repairs.  So ask again soon; what is missing then too, and
 * was sent before the first question, is lost.  Sending the whole window again for
 * nothing would cost more than the loss, the more so where it is large: then it has
 * twice the time such messages take.
 */
static bool is_lost(struct raft *r, struct raft_peer *p, u64 verified)
{
	u64 pause = r->timing.heartbeat / 4;

	if (p->count && is_long(p->inflight[p->head].bytes))
		pause = large_pause(r, p);
	/* It had more than that: it was started again. */
	if (verified < p->match)
		return true;
	if (p->missing != verified + 1) {
		p->missing = verified + 1;
		p->missed = r->now;
	} else if (raft_time_reached(r->now, p->missed + pause)) {
		return true;
	}
	p->waiting = true;
	p->since = min(p->missed + pause - r->timing.heartbeat, r->now);
	return false;
}

/* The probe was not answered before the heartbeat that was sent after it. */
static void repeat_probe(struct raft *r, struct raft_peer *p)
{
	/* A large one is overtaken by heartbeats, and may be on its way. */
	if (p->timed && !raft_time_reached(r->now, p->timed_at + large_pause(r, p)))
		return;
	time_fails(r, p);
	p->paused = false;
}

/*
 * The answer to a heartbeat shows what has arrived of all that was sent before
 * the heartbeat: what is missing was lost, or the peer has restarted.
 */
static void find_loss(struct raft *r, struct raft_peer *p, const struct raft_beat *beat,
		      u64 verified)
{
	u64 known = max(p->match, verified);

	if (beat->seq <= p->stale_seq || p->state == RAFT_PEER_SNAPSHOT)
		return;
	if (p->state == RAFT_PEER_PROBE)
		repeat_probe(r, p);
	else if (beat->next > verified + 1 && is_lost(r, p, verified))
		turn_back(r, p, known ? known + 1 : p->next, known != 0);
	raft_snapshot_check(r, p);
}

void raft_progress_beat_reply(struct raft *r, const struct raft_msg *msg)
{
	struct raft_peer *p = &r->peers[raft_seat_of(r, msg->from)];
	const struct raft_beat *beat = &p->beats[msg->heartbeat_reply.seq % RAFT_BEATS];
	u64 verified = msg->heartbeat_reply.verified;

	take_answer(r, p);
	if (nonsense(r, msg->heartbeat_reply.match, verified))
		return;
	if (raft_suspect_answer(r, p, msg->heartbeat_reply.suspect, msg->heartbeat_reply.match,
				verified)) {
		take_ack(r, p, msg->heartbeat_reply.match, verified);
		if (beat->seq && beat->seq == msg->heartbeat_reply.seq)
			find_loss(r, p, beat, verified);
	}
	/* Rounds of other leaderships were not asked about in this term. */
	if (msg->heartbeat_reply.round <= r->reads.round)
		p->round = max(p->round, msg->heartbeat_reply.round);
	raft_read_pump(r);
}

/* SNAPSHOT_REPLY */
void raft_progress_snapshot_reply(struct raft *r, const struct raft_msg *msg)
{
	struct raft_peer *p = &r->peers[raft_seat_of(r, msg->from)];

	take_answer(r, p);
	raft_snapshot_reply(r, p, msg);
}

/* RAFT_EV_SENT */
void raft_progress_sent(struct raft *r, u32 id, u64 first, u64 last, u32 bytes)
{
	int seat = raft_seat_of(r, id);
	struct raft_peer *p;

	if (r->role != RAFT_LEADER)
		return;
	if (seat < 0 || seat == r->seat || last > r->log.last_index || last + 1 < first) {
		raft_halt(r, RAFT_HALT_CONTRACT, first, last, r->log.last_index);
		return;
	}
	p = &r->peers[seat];
	p->sent = r->now;
	if (!p->waiting)
		p->since = r->now;
	p->waiting = true;
	if (first != p->next || p->state == RAFT_PEER_SNAPSHOT)
		return;
	if (p->state == RAFT_PEER_PROBE) {
		p->paused = true;
		time_begins(r, p, last, bytes);
		p->confirm = last >= first ? first : first - 1;
		p->stale_seq = p->beat_seq;
	} else if (last >= first) {
		window_push(p, last, bytes);
		time_begins(r, p, last, bytes);
		p->next = last + 1;
	}
}

static bool may_send(const struct raft_peer *p, u64 newest)
{
	if (p->state == RAFT_PEER_PROBE)
		return !p->paused;
	return p->next <= newest && p->count < RAFT_APPENDS_MAX &&
	       p->bytes < RAFT_APPEND_BYTES_MAX;
}

enum raft_next raft_next_append(const struct raft *r, u32 id, struct raft_append *append)
{
	int seat = raft_seat_of(r, id);
	const struct raft_peer *p;
	u64 newest;

	if (r->halt || r->role != RAFT_LEADER || seat < 0 || seat == r->seat)
		return RAFT_NEXT_NOTHING;
	p = &r->peers[seat];
	if (p->state == RAFT_PEER_SNAPSHOT)
		return raft_snapshot_next(r, p, append);
	newest = raft_set_has(r->witnesses, seat) ? raft_quorum_witnessed(r) :
						    r->log.last_index;
	if (!may_send(p, newest))
		return RAFT_NEXT_NOTHING;
	append->peer = id;
	append->term = r->hard.term;
	append->history = raft_recovery_history(&r->config);
	append->prev_index = p->next - 1;
	append->prev_term = 0;
	append->prev_known = raft_log_term(&r->log, p->next - 1, &append->prev_term);
	append->first = p->next;
	append->last = p->next - 1;
	if (newest >= p->next && (p->state == RAFT_PEER_PIPELINE || p->certain))
		append->last = min(newest, p->next + RAFT_MSG_ENTRIES_MAX - 1);
	append->bytes = RAFT_APPEND_BYTES_MAX - p->bytes;
	append->inflight = p->count;
	append->commit = r->log.commit;
	append->strip = raft_set_has(r->witnesses, seat);
	return RAFT_NEXT_APPEND;
}
