// SPDX-License-Identifier: GPL-2.0
/*
 * Members whose log has lost what it once held: RAFT_F_SUSPECT.
 *
 * Such a node has acknowledged entries that it may not have any more, so it must not
 * help to elect somebody who lacks them (bugs F-1, M-9; protocol-aware recovery,
 * FAST '18).  Its log was cut in front of the damage, and is filled again by the
 * leader like any other that is behind; meanwhile
 *
 * - its vote counts only together with those of all voters: whoever has a log as
 *   good as everybody's has everything that anybody still has.  Where there is only
 *   one voter that proves nothing, and an operator has to decide (recovery.c);
 * - the leader believes nothing that it acknowledged before, and counts nothing that
 *   it acknowledges now, until it has everything the leader had when it learned of
 *   the loss.  That is at least what was ever acknowledged here (bug D-4).
 *
 * The node marks its answers with a number of this life; the leader's heartbeats echo
 * it when that point is reached, and then the node is as good as any other.
 */
#include "raft_private.h"

void raft_suspect_init(struct raft *r, u32 flags)
{
	r->suspect = flags & RAFT_F_SUSPECT ? r->random | 1 : 0;
}

static void healed(struct raft *r)
{
	r->suspect = 0;
	raft_effect_add(r, RAFT_FX_HEALED);
}

/* HEARTBEAT: does the leader say that nothing is missing any more? */
void raft_suspect_trusted(struct raft *r, const struct raft_msg *msg)
{
	if (r->suspect && msg->heartbeat.trust == r->suspect)
		healed(r);
}

/* Elected by a quorum that could, or by all: nobody has more. */
void raft_suspect_elected(struct raft *r)
{
	if (r->suspect)
		healed(r);
}

/* Are these grants enough, of which those of @r->doubtful come from suspects? */
bool raft_suspect_elects(const struct raft *r)
{
	if (r->recovering)
		return (r->granted & r->all) == r->all;
	if (raft_quorum_elects(r, r->granted & (raft_set)~r->doubtful))
		return true;
	return raft_set_size(r->voters) > 1 && (r->granted & r->voters) == r->voters;
}

/* Does what this peer acknowledged count? */
bool raft_suspect_counts(const struct raft_peer *p)
{
	return !p->suspect || p->trusted;
}

/**
 * raft_suspect_answer() - a leader looks at the mark of an answer
 * @r: a leader
 * @p: who answered
 * @suspect: the mark, 0: none
 * @match: what it says is durable
 * @verified: what it says is the leader's
 *
 * Return: may the figures in the answer be used?
 */
bool raft_suspect_answer(struct raft *r, struct raft_peer *p, u64 suspect, u64 match,
			 u64 verified)
{
	/* Without a mark: from before the loss, if the end of it was not told yet. */
	if (!suspect)
		return raft_suspect_counts(p);
	if (match > verified || verified > r->log.last_index)
		return false;
	if (p->suspect != suspect) {
		p->suspect = suspect;
		p->trusted = false;
		p->needs = r->log.last_index;
		p->match = match;
		raft_progress_restart(r, p, verified);
	}
	if (match >= p->needs && !p->trusted) {
		p->trusted = true;
		/* At once: until it hears of it, it helps nobody. */
		raft_progress_beat(r, raft_seat_of(r, p->id));
	}
	return true;
}
