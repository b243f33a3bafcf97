// SPDX-License-Identifier: GPL-2.0
/*
 * Handing leadership over (thesis 3.10): proposals are refused until the target has
 * the whole log, then it is told to campaign at once.  If nothing came of it after
 * an election timeout, the leader goes on as if nothing had been asked (bug T-2).
 *
 * The target's requests carry a mark that lets them past pre-vote and stickiness
 * (bug T-1).  With it goes the lease: a leader that has once sent TIMEOUT_NOW serves
 * no more reads by lease in this term, as that message may arrive at any later time
 * (bug R-5).
 */
#include "raft_private.h"

/* Could this seat lead, were its log complete? */
static bool fit(const struct raft *r, int seat)
{
	const struct raft_member *m;

	if (!raft_set_has(r->voters, seat) || seat == r->seat ||
	    !raft_suspect_counts(&r->peers[seat]))
		return false;
	m = raft_config_find(&r->config, r->peers[seat].id);
	return m && (m->roles & RAFT_M_VOTER) && !(m->roles & RAFT_M_WITNESS);
}

/* The one that has most of the log, of those that have answered lately. */
static int best_seat(const struct raft *r)
{
	int seat, best = -1;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		const struct raft_peer *p = &r->peers[seat];

		if (!fit(r, seat) ||
		    raft_time_reached(r->now, p->heard + r->timing.election_min))
			continue;
		if (best < 0 || p->match > r->peers[best].match)
			best = seat;
	}
	return best;
}

static void send_timeout_now(struct raft *r, u32 id)
{
	raft_send(r, RAFT_MSG_TIMEOUT_NOW, id)->timeout_now.last_index = r->log.last_index;
	raft_read_void_lease(r);
}

static void end(struct raft *r, u8 reason)
{
	struct raft_effect *fx = raft_effect_add(r, RAFT_FX_TRANSFER);

	fx->transfer.target = r->transfer.target;
	fx->transfer.reason = reason;
	memset(&r->transfer, 0, sizeof(r->transfer));
}

/**
 * raft_transfer_take() - RAFT_EV_TRANSFER
 * @r: the engine
 * @target: node id, or RAFT_NONE for the best one
 *
 * Return: 1, or the negated reason.
 */
int raft_transfer_take(struct raft *r, u32 target)
{
	const struct raft_member *m;
	int seat;

	if (r->role != RAFT_LEADER)
		return -RAFT_REFUSED_NOT_LEADER;
	if (r->transfer.target != RAFT_NONE)
		return -RAFT_REFUSED_PENDING;
	seat = target == RAFT_NONE ? best_seat(r) : raft_seat_of(r, target);
	if (!fit(r, seat)) {
		m = raft_config_find(&r->config, target);
		return m && (m->roles & RAFT_M_WITNESS) ? -RAFT_REFUSED_WITNESS :
							  -RAFT_REFUSED_NOT_MEMBER;
	}
	r->transfer.target = r->peers[seat].id;
	r->transfer.due = r->now + r->timing.election_max;
	raft_transfer_pump(r);
	return 1;
}

/* Something about the target's log may have changed: is it complete? */
void raft_transfer_pump(struct raft *r)
{
	struct raft_transfer *t = &r->transfer;
	int seat;

	if (t->target == RAFT_NONE || r->role != RAFT_LEADER || t->sent)
		return;
	seat = raft_seat_of(r, t->target);
	if (!fit(r, seat) || r->peers[seat].match < r->log.last_index)
		return;
	t->sent = true;
	t->resend = r->now + r->timing.heartbeat;
	send_timeout_now(r, t->target);
}

void raft_transfer_tick(struct raft *r)
{
	struct raft_transfer *t = &r->transfer;

	if (t->target == RAFT_NONE)
		return;
	if (raft_time_reached(r->now, t->due)) {
		end(r, RAFT_REFUSED_TIMEOUT);
	} else if (r->role == RAFT_LEADER && t->sent && raft_time_reached(r->now, t->resend)) {
		/* UDP may have lost it; a second copy meets a higher term (T-4). */
		t->sent = false;
		raft_transfer_pump(r);
	}
}

u64 raft_transfer_deadline(const struct raft *r)
{
	const struct raft_transfer *t = &r->transfer;

	if (t->target == RAFT_NONE)
		return RAFT_NEVER;
	return r->role == RAFT_LEADER && t->sent ? raft_time_earlier(t->due, t->resend) : t->due;
}

/*
 * Role, term or leader changed.  Who stopped leading waits for the outcome, as long
 * as an election may take.
 */
void raft_transfer_observe(struct raft *r)
{
	struct raft_transfer *t = &r->transfer;

	if (t->target == RAFT_NONE || r->role == RAFT_LEADER)
		return;
	if (r->leader != RAFT_NONE) {
		end(r, r->leader == t->target ? RAFT_OK : RAFT_REFUSED_LED);
	} else if (!t->deposed) {
		t->deposed = true;
		t->due = r->now + r->timing.election_max;
	}
}

/* A leader that was asked to stop tells the best other one, if it has everything. */
void raft_transfer_farewell(struct raft *r)
{
	int seat = best_seat(r);

	if (seat >= 0 && r->peers[seat].match >= r->log.last_index)
		send_timeout_now(r, r->peers[seat].id);
}

/**
 * raft_transfer_now() - the leader asks this node to take over
 * @r: the engine
 * @msg: TIMEOUT_NOW of the current term; one of an older term is not (bug T-3)
 */
void raft_transfer_now(struct raft *r, const struct raft_msg *msg)
{
	if (r->term_leader != RAFT_NONE && r->term_leader != msg->from)
		return;
	if (r->role != RAFT_FOLLOWER && r->role != RAFT_PRECANDIDATE)
		return;
	/* Without all of the leader's log it could only disturb. */
	if (r->log.last_index < msg->timeout_now.last_index)
		return;
	raft_election_transfer(r);
}
