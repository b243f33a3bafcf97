// SPDX-License-Identifier: GPL-2.0
/*
 * Elections: timers, pre-votes, votes, and who is not to be disturbed.
 *
 * Raft thesis 3.4 (votes), 9.6 (pre-vote), 6.2 and 4.2.3 (check-quorum and
 * stickiness).
 */
#include "raft_private.h"

void raft_election_restart(struct raft *r)
{
	/* Who has less priority lets the others try first (bug P-8). */
	r->election_due = r->now + raft_random_timeout(r) + r->handicap;
}

/**
 * raft_follow() - become or stay a follower
 * @r: the engine
 * @term: not below the current one
 * @leader: known leader of @term, or RAFT_NONE
 * @cause: why
 *
 * The election timer runs on, or else whoever raises terms could keep everybody
 * from campaigning (bug V-12); only a leader's starts anew.  The vote of a term
 * that stays is kept (bug V-1).
 */
void raft_follow(struct raft *r, u64 term, u32 leader, u8 cause)
{
	raft_recovery_ended(r, leader == RAFT_NONE ? RAFT_REFUSED_TIMEOUT : RAFT_REFUSED_LED);
	if (term > r->hard.term)
		raft_hard_set(r, term, RAFT_NONE);
	if (r->role == RAFT_LEADER) {
		raft_membership_ended(r);
		raft_proposal_reset(r);
		raft_election_restart(r);
	}
	r->role = RAFT_FOLLOWER;
	r->leader = leader;
	r->asked = false;
	r->appointed = false;
	r->granted = 0;
	r->doubtful = 0;
	r->answered = 0;
	raft_role_tell(r, cause);
}

/* The log end that requests advertise has to be durable (bug V-21). */
static bool log_end_durable(const struct raft *r)
{
	return r->disk.durable == r->log.last_index;
}

/* Ask the voters that have not answered; UDP may have lost the question. */
static void send_requests(struct raft *r)
{
	raft_set electors = raft_recovery_electors(r);
	bool pre = r->role == RAFT_PRECANDIDATE;
	struct raft_msg *msg;
	int seat;

	r->resend_due = r->now + r->timing.heartbeat;
	if (!r->asked)
		return;
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(electors & ~r->answered, seat) || seat == r->seat)
			continue;
		msg = raft_send(r, pre ? RAFT_MSG_PREVOTE : RAFT_MSG_VOTE,
				r->peers[seat].id);
		if (pre)
			msg->term = r->hard.term + 1;
		msg->vote.last_index = r->log.last_index;
		msg->vote.last_term = raft_log_last_term(&r->log);
		msg->vote.transfer = r->appointed;
	}
}

static void begin(struct raft *r, u8 role, u8 cause)
{
	r->role = role;
	r->leader = RAFT_NONE;
	r->asked = false;
	r->appointed = false;
	/* Nobody's pre-vote is a vote (bug V-2). */
	r->granted = 0;
	r->doubtful = 0;
	r->answered = 0;
	r->resend_due = r->now + r->timing.heartbeat;
	raft_role_tell(r, cause);
}

static void begin_vote(struct raft *r, u64 term, u8 cause)
{
	raft_hard_set(r, term, r->self);
	raft_election_restart(r);
	begin(r, RAFT_CANDIDATE, cause);
}

/**
 * raft_election_pump() - go as far as durability and answers allow
 * @r: the engine
 *
 * Called whenever something became durable or an answer came in.
 */
void raft_election_pump(struct raft *r)
{
	if (r->role != RAFT_PRECANDIDATE && r->role != RAFT_CANDIDATE)
		return;
	/* The own vote too counts only once it cannot be forgotten (bug V-22). */
	if (!raft_hard_durable(r) || !log_end_durable(r))
		return;
	if (raft_set_has(r->voters, r->seat)) {
		r->granted |= raft_set_of(r->seat);
		if (r->suspect)
			r->doubtful |= raft_set_of(r->seat);
	}
	if (!r->asked) {
		r->asked = true;
		send_requests(r);
	}
	if (!raft_suspect_elects(r))
		return;
	if (r->role == RAFT_PRECANDIDATE)
		begin_vote(r, r->hard.term + 1, RAFT_CAUSE_PREVOTE_WON);
	else
		raft_leader_begin(r);
}

/* Are disk and log fit for a leader of this term? */
bool raft_election_able(const struct raft *r, u64 term)
{
	return !raft_disk_slow(r) && !raft_snapshot_installing(r) &&
	       raft_log_can_append(&r->log, term);
}

static bool may_campaign(const struct raft *r)
{
	return raft_membership_campaigns(r) && raft_election_able(r, r->hard.term + 1);
}

static void timed_out(struct raft *r)
{
	raft_recovery_ended(r, RAFT_REFUSED_TIMEOUT);
	raft_election_restart(r);
	if (!may_campaign(r)) {
		raft_follow(r, r->hard.term, RAFT_NONE, RAFT_CAUSE_ELECTION_TIMEOUT);
	} else if (r->flags & RAFT_F_PREVOTE) {
		begin(r, RAFT_PRECANDIDATE, RAFT_CAUSE_ELECTION_TIMEOUT);
		raft_election_pump(r);
	} else {
		begin_vote(r, r->hard.term + 1, RAFT_CAUSE_ELECTION_TIMEOUT);
	}
}

/* TIMEOUT_NOW: campaign at once, past pre-vote and stickiness (bug T-1). */
void raft_election_transfer(struct raft *r)
{
	if (!may_campaign(r) || r->suspect)
		return;
	begin_vote(r, r->hard.term + 1, RAFT_CAUSE_TRANSFER);
	r->appointed = true;
}

/* Forced recovery: by another configuration than others know, so nobody is asked before. */
void raft_election_recover(struct raft *r, u64 term)
{
	begin_vote(r, term, RAFT_CAUSE_RECOVERED);
}

/* Was a leader heard, or is this one followed, within the longest election timeout? */
bool raft_election_heard(const struct raft *r)
{
	u64 heard = r->leader_heard;

	/* Without check-quorum a leader that nobody follows goes on. */
	if (r->role == RAFT_LEADER)
		heard = raft_time_later(raft_quorum_heard(r),
					r->quorum_due - r->timing.election_max);
	return !raft_time_reached(r->now, heard + r->timing.election_max);
}

void raft_election_tick(struct raft *r)
{
	if (raft_time_reached(r->now, r->election_due))
		timed_out(r);
	else if (r->role != RAFT_FOLLOWER && raft_time_reached(r->now, r->resend_due))
		send_requests(r);
}

/* Is there a leader that must not be disturbed (bugs V-18, V-19)? */
static bool sticky(const struct raft *r)
{
	if (!(r->flags & RAFT_F_CHECKQUORUM))
		return false;
	/* A leader that lost its quorum deposes itself (raft_leader_tick()). */
	if (r->role == RAFT_LEADER)
		return true;
	/*
	 * With leases it is a promise to the leader last heard, whatever else was
	 * heard since; after a start, to whoever that may have been (bug R-8).
	 */
	return (r->leader != RAFT_NONE || (r->flags & RAFT_F_LEASE)) &&
	       !raft_time_reached(r->now, r->leader_heard + r->timing.election_min);
}

/*
 * Who is no voter as far as we know may be one by a configuration that our log
 * lacks; then its log is at least as good as ours.  If it is not, it was removed,
 * and must not even move our term (bug V-19).
 */
static bool may_ask(const struct raft *r, const struct raft_msg *msg)
{
	if (raft_set_has(r->voters, raft_seat_of(r, msg->from)))
		return true;
	return raft_log_up_to_date(&r->log, msg->vote.last_index, msg->vote.last_term);
}

/*
 * The leader itself asks for a new term: it does not lead any more, and nobody
 * has to protect it from itself (bug V-11).  A request of its own old campaign
 * that was late says nothing, and is told by its term.
 */
static void leader_resigned(struct raft *r, const struct raft_msg *msg)
{
	if (msg->from != r->leader || msg->term <= r->hard.term)
		return;
	r->leader = RAFT_NONE;
	r->leader_heard = r->now - r->timing.election_min;
	raft_role_tell(r, RAFT_CAUSE_ELECTION_TIMEOUT);
}

static void send_verdict(struct raft *r, u8 type, const struct raft_msg *msg, bool granted)
{
	struct raft_msg *reply = raft_send(r, type, msg->from);

	reply->vote_reply.asked_term = msg->term;
	reply->vote_reply.granted = granted;
	reply->vote_reply.suspect = granted && r->suspect;
	/* A grant speaks of the term asked for, a refusal of ours (V-9, V-10). */
	if (granted)
		reply->term = msg->term;
}

/**
 * raft_election_prevote() - would we vote for this node?
 * @r: the engine
 * @msg: PREVOTE
 *
 * Changes neither term nor vote nor timer (bug V-13), so it needs no disk.
 * Learners answer as well: they may be voters and not know it yet (bug V-5).
 */
void raft_election_prevote(struct raft *r, const struct raft_msg *msg)
{
	bool grant;

	if (!may_ask(r, msg))
		return;
	leader_resigned(r, msg);
	grant = msg->term > r->hard.term && !sticky(r) &&
		raft_log_up_to_date(&r->log, msg->vote.last_index, msg->vote.last_term);
	send_verdict(r, RAFT_MSG_PREVOTE_REPLY, msg, grant);
}

/**
 * raft_election_vote() - vote, or refuse
 * @r: the engine
 * @msg: VOTE
 *
 * A grant leaves once (term, vote) is durable; the candidate asks again if it
 * was lost.
 */
void raft_election_vote(struct raft *r, const struct raft_msg *msg)
{
	bool up_to_date;

	if (!may_ask(r, msg))
		return;
	leader_resigned(r, msg);
	if (msg->term >= r->hard.term && !msg->vote.transfer && sticky(r))
		return;
	if (msg->term > r->hard.term)
		raft_follow(r, msg->term, RAFT_NONE,
			    msg->vote.transfer ? RAFT_CAUSE_TRANSFER :
						 RAFT_CAUSE_HIGHER_TERM);
	up_to_date = raft_log_up_to_date(&r->log, msg->vote.last_index,
					 msg->vote.last_term);
	if (msg->term == r->hard.term && up_to_date &&
	    (r->hard.vote == RAFT_NONE || r->hard.vote == msg->from)) {
		if (r->hard.vote == RAFT_NONE)
			raft_election_restart(r);
		/* Let it win instead of asking for the term after it. */
		if (r->role == RAFT_PRECANDIDATE)
			raft_follow(r, r->hard.term, RAFT_NONE, RAFT_CAUSE_HIGHER_TERM);
		raft_hard_set(r, r->hard.term, msg->from);
		r->owed.vote = msg->from;
		raft_follower_pay(r);
		return;
	}
	/* A refusal promises nothing, but shows a term that may yet be lost. */
	if (raft_hard_durable(r))
		send_verdict(r, RAFT_MSG_VOTE_REPLY, msg, false);
}

/**
 * raft_election_reply() - count an answer
 * @r: the engine
 * @msg: PREVOTE_REPLY or VOTE_REPLY
 *
 * What counts is the word "granted" (bug V-7), to a question of this round (bugs
 * V-2, V-15), once per voter (bugs V-3, V-4).
 */
void raft_election_reply(struct raft *r, const struct raft_msg *msg)
{
	bool pre = msg->type == RAFT_MSG_PREVOTE_REPLY;
	int seat = raft_seat_of(r, msg->from);

	if (r->role != (pre ? RAFT_PRECANDIDATE : RAFT_CANDIDATE))
		return;
	if (msg->vote_reply.asked_term != r->hard.term + pre ||
	    !raft_set_has(raft_recovery_electors(r), seat))
		return;
	/* A refused pre-vote is asked again: its reason may pass within a round. */
	if (!pre || msg->vote_reply.granted)
		r->answered |= raft_set_of(seat);
	if (!msg->vote_reply.granted || msg->term != msg->vote_reply.asked_term)
		return;
	r->granted |= raft_set_of(seat);
	if (msg->vote_reply.suspect)
		r->doubtful |= raft_set_of(seat);
	raft_election_pump(r);
}
