// SPDX-License-Identifier: GPL-2.0
/*
 * (term, vote): one pair, changed together, durable together (bug V-23).
 */
#include "raft_private.h"

/**
 * raft_hard_set() - change (term, vote)
 * @r: the engine
 * @term: not below the current one
 * @vote: in the same term, only from RAFT_NONE to somebody (bug V-1)
 *
 * The only writer of both.  The write is asked for once per step, when all of
 * the step's changes are known.
 */
void raft_hard_set(struct raft *r, u64 term, u32 vote)
{
	struct raft_hard *hard = &r->hard;

	if (term == hard->term && vote == hard->vote)
		return;
	if (term < hard->term || (term == hard->term && hard->vote != RAFT_NONE)) {
		raft_halt(r, RAFT_HALT_CONTRACT, 0, term, hard->term);
		return;
	}
	if (term > hard->term) {
		/* Nothing of the old term is owed or known any more. */
		memset(&r->owed, 0, sizeof(r->owed));
		r->term_leader = RAFT_NONE;
		r->verified = 0;
		r->acked = 0;
	}
	if (raft_hard_durable(r))
		hard->since = r->now;
	hard->term = term;
	hard->vote = vote;
	hard->dirty = true;
}

/* End of a step: ask for the write, ahead of the step's other effects. */
void raft_hard_flush(struct raft *r)
{
	struct raft_effect *fx;

	if (!r->hard.dirty)
		return;
	r->hard.dirty = false;
	r->hard.seq++;
	raft_effect_add(r, RAFT_FX_HARD_STATE);
	memmove(&r->fx->list[1], &r->fx->list[0], (r->fx->n - 1) * sizeof(*fx));
	fx = &r->fx->list[0];
	memset(fx, 0, sizeof(*fx));
	fx->type = RAFT_FX_HARD_STATE;
	fx->hard.term = r->hard.term;
	fx->hard.vote = r->hard.vote;
	fx->hard.seq = r->hard.seq;
}

bool raft_hard_durable(const struct raft *r)
{
	return !r->hard.dirty && r->hard.durable_seq == r->hard.seq;
}

/* RAFT_EV_HARD_STATE: what waited for it may go now. */
void raft_hard_ended(struct raft *r, u64 seq, int error)
{
	struct raft_hard *hard = &r->hard;

	if (error) {
		raft_halt(r, RAFT_HALT_STORE, 0, seq, hard->seq);
		return;
	}
	if (seq > hard->seq) {
		raft_halt(r, RAFT_HALT_CONTRACT, 0, seq, hard->seq);
		return;
	}
	if (seq <= hard->durable_seq)
		return;
	hard->durable_seq = seq;
	hard->since = r->now;
	if (!raft_hard_durable(r))
		return;
	raft_follower_pay(r);
	raft_election_pump(r);
}
