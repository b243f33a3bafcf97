// SPDX-License-Identifier: GPL-2.0
/*
 * A follower: take what the leader sends, and acknowledge what is durable.
 *
 * "Verified" is how far our log is known to be the leader's, in this term.  An
 * acknowledgement says min(durable, verified), never where our log ends (L-8).
 */
#include "raft_private.h"

/* What is committed is in every later leader's log (Leader Completeness). */
static u64 verified(const struct raft *r)
{
	return max(r->verified, r->log.commit);
}

static u64 match(const struct raft *r)
{
	return min(verified(r), r->disk.durable);
}

static void send_rejection(struct raft *r)
{
	struct raft_msg *msg = raft_send(r, RAFT_MSG_APPEND_REPLY, r->leader);
	u64 prev = r->owed.prev_index;
	u64 hint, term = 0;

	/*
	 * Our newest entry that can be the leader's: its log up to prev_index has
	 * no term above prev_term.
	 */
	hint = raft_log_floor(&r->log, min(prev, r->log.last_index), r->owed.prev_term);
	hint = max(hint, r->log.commit);
	raft_log_term(&r->log, hint, &term);
	msg->append_reply.rejected = true;
	msg->append_reply.suspect = r->suspect;
	msg->append_reply.prev_index = prev;
	msg->append_reply.hint_index = min(hint, prev);
	msg->append_reply.hint_term = term;
	msg->append_reply.match = match(r);
	msg->append_reply.verified = verified(r);
}

static void send_ack(struct raft *r)
{
	struct raft_msg *msg = raft_send(r, RAFT_MSG_APPEND_REPLY, r->leader);

	msg->append_reply.suspect = r->suspect;
	msg->append_reply.match = match(r);
	msg->append_reply.verified = verified(r);
	r->acked = match(r);
}

static void send_beat_reply(struct raft *r)
{
	struct raft_msg *msg = raft_send(r, RAFT_MSG_HEARTBEAT_REPLY, r->leader);

	msg->heartbeat_reply.seq = r->owed.beat_seq;
	msg->heartbeat_reply.match = match(r);
	msg->heartbeat_reply.verified = verified(r);
	msg->heartbeat_reply.round = r->owed.beat_round;
	msg->heartbeat_reply.suspect = r->suspect;
}

/**
 * raft_follower_pay() - send the answers that are owed, if they may go
 * @r: the engine
 *
 * All of them speak in the current term, so it has to be durable: a node that
 * acknowledged in term 5 and wakes up in term 4 would take term 4's leader for
 * its own (bugs D-1, V-22).
 */
void raft_follower_pay(struct raft *r)
{
	struct raft_msg *msg;

	if (!raft_hard_durable(r))
		return;
	if (r->owed.vote != RAFT_NONE) {
		msg = raft_send(r, RAFT_MSG_VOTE_REPLY, r->owed.vote);
		msg->vote_reply.asked_term = r->hard.term;
		msg->vote_reply.granted = true;
		msg->vote_reply.suspect = r->suspect;
	}
	if (r->role == RAFT_FOLLOWER && r->leader != RAFT_NONE) {
		if (r->owed.reject)
			send_rejection(r);
		if (r->owed.ack)
			send_ack(r);
		if (r->owed.beat)
			send_beat_reply(r);
	}
	memset(&r->owed, 0, sizeof(r->owed));
}

/* The sender leads this term: follow it. */
bool raft_follower_leader(struct raft *r, const struct raft_msg *msg)
{
	if (r->term_leader != RAFT_NONE && r->term_leader != msg->from) {
		raft_halt(r, RAFT_HALT_TWO_LEADERS, r->hard.term, msg->from, r->term_leader);
		return false;
	}
	if (r->role != RAFT_FOLLOWER || r->leader != msg->from)
		raft_follow(r, r->hard.term, msg->from, RAFT_CAUSE_LEADER_FOUND);
	r->term_leader = msg->from;
	r->leader_heard = r->now;
	raft_election_restart(r);
	return true;
}

/* What no correct leader sends; to it, a message lost (bugs L-4, L-14). */
static bool well_formed(const struct raft_msg *msg)
{
	u64 index = msg->append.prev_index, term = msg->append.prev_term;
	u32 configs = 0, i;

	if (msg->append.count > RAFT_MSG_ENTRIES_MAX ||
	    index >= U64_MAX - RAFT_MSG_ENTRIES_MAX)
		return false;
	for (i = 0; i < msg->append.count; i++) {
		const struct raft_entry *e = &msg->append.entries[i];

		if (e->index != ++index || e->term < term || e->term > msg->term)
			return false;
		term = e->term;
		configs += e->type == RAFT_ENTRY_CONFIG;
	}
	return configs == (msg->append.config ? 1 : 0);
}

enum prev_verdict {
	PREV_MATCHES,
	PREV_CONFLICTS,
	PREV_UNKNOWN,
	PREV_HALTS,
};

/*
 * Is our log up to prev_index the leader's?  A term we have forgotten above the
 * commit index cannot be judged; it takes a log with more uncommitted terms than
 * RAFT_RUNS_MAX to get there, and then waiting is all that is safe.
 */
static enum prev_verdict check_prev(struct raft *r, const struct raft_msg *msg)
{
	u64 prev = msg->append.prev_index;
	bool known;
	u64 term;

	known = raft_log_term(&r->log, prev, &term);
	if (prev <= r->log.commit) {
		if (!known || term == msg->append.prev_term)
			return PREV_MATCHES;
		raft_halt(r, RAFT_HALT_TRUNCATE_COMMITTED, prev, msg->append.prev_term, term);
		return PREV_HALTS;
	}
	if (prev > r->log.last_index)
		return PREV_CONFLICTS;
	if (!known)
		return PREV_UNKNOWN;
	return term == msg->append.prev_term ? PREV_MATCHES : PREV_CONFLICTS;
}

/*
 * How many of the message's entries are in our log already (bugs L-5, L-6).  One
 * that contradicts a committed entry halts; @halted then.
 */
static u32 skip_known(struct raft *r, const struct raft_msg *msg, bool *halted)
{
	u32 i;

	*halted = false;
	for (i = 0; i < msg->append.count; i++) {
		const struct raft_entry *e = &msg->append.entries[i];
		u64 term;

		if (e->index > r->log.last_index)
			break;
		if (!raft_log_term(&r->log, e->index, &term) || term == e->term)
			continue;
		if (e->index <= r->log.commit) {
			raft_halt(r, RAFT_HALT_TRUNCATE_COMMITTED, e->index, e->term, term);
			*halted = true;
		}
		break;
	}
	return i;
}

/* The entry of type CONFIG among the first @n of @e came into our log. */
static void take_config(struct raft *r, const struct raft_msg *msg,
			const struct raft_entry *e, u32 n)
{
	u32 i;

	for (i = 0; i < n && msg->append.config; i++)
		if (e[i].type == RAFT_ENTRY_CONFIG)
			raft_membership_appended(r, msg->append.config, e[i].index);
}

/*
 * Append what is new from entry @skip on, as far as there is room for it.  A
 * conflict is cut in any case: that is what makes room.  Return: entries taken.
 */
static u32 take_entries(struct raft *r, const struct raft_msg *msg, u32 skip, u64 room)
{
	const struct raft_entry *e = &msg->append.entries[skip];
	struct raft_effect *fx;
	u32 n;

	if (e->index <= r->log.last_index) {
		raft_log_truncate(&r->log, e->index);
		raft_disk_truncate(r, e->index);
		r->verified = min(r->verified, e->index - 1);
		raft_effect_add(r, RAFT_FX_TRUNCATE)->truncate = e->index;
		raft_membership_truncated(r, e->index);
	}
	for (n = 0; skip + n < msg->append.count; n++) {
		if (e[n].size > room || !raft_log_can_append(&r->log, e[n].term))
			break;
		room -= e[n].size;
		raft_log_append(&r->log, e[n].term, 1);
	}
	if (!n)
		return 0;
	fx = raft_effect_add(r, RAFT_FX_APPEND);
	fx->append.first = e->index;
	fx->append.term = e->term;
	fx->append.count = n;
	fx->append.skip = skip;
	take_config(r, msg, e, n);
	return n;
}

/**
 * raft_follower_append() - take an append of the current term's leader
 * @r: the engine
 * @msg: APPEND
 * @room: payload bytes the shell can keep; what is more comes again
 *
 * Acknowledged at once is what is durable already; the rest when it has been
 * written, so that there is one acknowledgement per write and not per message.
 */
void raft_follower_append(struct raft *r, const struct raft_msg *msg, u64 room)
{
	u64 prev = msg->append.prev_index;
	u32 skip, taken = 0;
	bool halted;

	if (!well_formed(msg) || !raft_follower_leader(r, msg))
		return;
	if (raft_snapshot_installing(r))
		return;
	switch (check_prev(r, msg)) {
	case PREV_MATCHES:
		break;
	case PREV_CONFLICTS:
		r->owed.reject = true;
		r->owed.prev_index = prev;
		r->owed.prev_term = msg->append.prev_term;
		raft_follower_pay(r);
		return;
	case PREV_UNKNOWN:
	case PREV_HALTS:
		return;
	}
	skip = skip_known(r, msg, &halted);
	if (halted)
		return;
	if (skip < msg->append.count)
		taken = take_entries(r, msg, skip, room);
	r->verified = max(r->verified, prev + skip + taken);
	/* Never past what was compared with this leader's log (bug L-1). */
	raft_commit_to(r, min(msg->append.commit, r->verified));
	raft_snapshot_overtaken(r);
	if (!msg->append.count || (!taken && prev + skip <= r->disk.durable))
		r->owed.ack = true;
	raft_follower_pay(r);
}

/* HEARTBEAT of the current term's leader */
void raft_follower_beat(struct raft *r, const struct raft_msg *msg)
{
	if (!raft_follower_leader(r, msg))
		return;
	if (!raft_snapshot_installing(r))
		raft_commit_to(r, min(msg->heartbeat.commit, r->verified));
	raft_snapshot_overtaken(r);
	raft_suspect_trusted(r, msg);
	r->owed.beat = true;
	r->owed.beat_seq = msg->heartbeat.seq;
	r->owed.beat_round = msg->heartbeat.round;
	raft_follower_pay(r);
}

/*
 * A leader of an older term: show it ours, or it would lead on among those who
 * still hear it while we can never follow it (bug V-10).
 */
void raft_follower_stale(struct raft *r, const struct raft_msg *msg)
{
	struct raft_msg *reply;

	if (!raft_hard_durable(r))
		return;
	if (msg->type == RAFT_MSG_HEARTBEAT) {
		reply = raft_send(r, RAFT_MSG_HEARTBEAT_REPLY, msg->from);
		reply->heartbeat_reply.seq = msg->heartbeat.seq;
		return;
	}
	reply = raft_send(r, RAFT_MSG_APPEND_REPLY, msg->from);
	reply->append_reply.rejected = true;
	reply->append_reply.prev_index = msg->append.prev_index;
}

/* More of our log is durable: tell the leader, if it is also verified. */
void raft_follower_durable(struct raft *r)
{
	if (r->role != RAFT_FOLLOWER || r->leader == RAFT_NONE || match(r) <= r->acked)
		return;
	r->owed.ack = true;
	raft_follower_pay(r);
}
