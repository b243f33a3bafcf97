// SPDX-License-Identifier: GPL-2.0
/*
 * A leadership: its beginning, its timers, and the reasons to end it.
 */
#include "raft_private.h"

void raft_leader_begin(struct raft *r)
{
	struct raft_effect *fx;
	int seat;

	r->role = RAFT_LEADER;
	r->leader = r->self;
	r->term_leader = r->self;
	r->term_start = r->log.last_index + 1;
	r->quorum_due = r->now + r->timing.election_max;
	raft_proposal_reset(r);
	raft_suspect_elected(r);
	raft_read_lead(r);
	raft_snapshot_drop(r);
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(r->all, seat))
			continue;
		raft_progress_reset(r, &r->peers[seat]);
		memset(&r->peers[seat].window, 0, sizeof(r->peers[seat].window));
	}
	raft_role_tell(r, r->recovering ? RAFT_CAUSE_RECOVERED : RAFT_CAUSE_ELECTION_WON);

	/* Entries of older terms are committed through one of this (bug L-2). */
	raft_log_append(&r->log, r->hard.term, 1);
	fx = raft_effect_add(r, RAFT_FX_APPEND);
	fx->append.first = r->term_start;
	fx->append.term = r->hard.term;
	fx->append.count = 1;
	fx->append.noop = true;
	if (r->recovering)
		raft_recovery_elected(r);
}

/* Stop leading inside the term; its vote stays (bug V-1). */
void raft_leader_end(struct raft *r, u8 cause)
{
	if (cause == RAFT_CAUSE_ASKED)
		raft_transfer_farewell(r);
	raft_follow(r, r->hard.term, RAFT_NONE, cause);
	/* Who was asked to go lets the others try first. */
	if (cause == RAFT_CAUSE_ASKED)
		r->election_due += r->timing.election_max;
}

/* Check-quorum: has a majority been silent for an election timeout? */
static bool quorum_lost(struct raft *r)
{
	if (!(r->flags & RAFT_F_CHECKQUORUM) || !raft_time_reached(r->now, r->quorum_due))
		return false;
	r->quorum_due = raft_quorum_heard(r) + r->timing.election_max;
	return raft_time_reached(r->now, r->quorum_due);
}

void raft_leader_tick(struct raft *r)
{
	int seat;

	/* Heartbeats need no disk, so a hung one must be noticed here (P-1). */
	if (raft_disk_slow(r)) {
		raft_leader_end(r, RAFT_CAUSE_STORE_SLOW);
		return;
	}
	if (quorum_lost(r)) {
		raft_leader_end(r, RAFT_CAUSE_QUORUM_LOST);
		return;
	}
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (raft_set_has(r->all, seat) && seat != r->seat &&
		    raft_time_reached(r->now, raft_progress_beat_due(r, &r->peers[seat])))
			raft_progress_beat(r, seat);
		raft_snapshot_tick(r, &r->peers[seat]);
	}
}

u64 raft_leader_deadline(const struct raft *r)
{
	u64 due = raft_disk_slow_due(r);
	int seat;

	if (r->flags & RAFT_F_CHECKQUORUM)
		due = due == RAFT_NEVER ? r->quorum_due :
					  raft_time_earlier(due, r->quorum_due);
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		u64 beat;

		if (!raft_set_has(r->all, seat) || seat == r->seat)
			continue;
		beat = raft_progress_beat_due(r, &r->peers[seat]);
		due = raft_time_sooner(due, beat);
		due = raft_time_sooner(due, raft_snapshot_due(r, &r->peers[seat]));
	}
	return due;
}
