// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold in every state that the explorer comes to.
 */
#include "explore.h"

void ex_fail(struct ex_state *s, u32 id, const char *what)
{
	if (s->broken)
		return;
	s->broken = what;
	s->broken_at = id;
}

static bool on_majority(const struct ex_state *s, u32 index, u8 term)
{
	u32 have = 0, id;

	for (id = 1; id <= EX_NODES; id++)
		have += s->nodes[id].disk_last >= index && s->nodes[id].disk[index] == term;
	return have > EX_NODES / 2;
}

static void check_commit(struct ex_state *s, struct ex_node *node, u32 id, u64 commit)
{
	u64 i;

	if (commit <= node->commit)
		ex_fail(s, id, "the commit index fell");
	if (commit > node->last) {
		ex_fail(s, id, "committed past the log");
		return;
	}
	for (i = node->commit + 1; i <= commit; i++) {
		if (i <= s->ncommitted) {
			if (s->committed[i] != node->log[i])
				ex_fail(s, id, "state machine safety");
			continue;
		}
		if (node->role != RAFT_LEADER)
			ex_fail(s, id, "a follower committed first");
		if (!on_majority(s, (u32)i, node->log[i]))
			ex_fail(s, id, "committed without a durable majority");
		s->committed[i] = node->log[i];
		s->committed_by[i] = node->term;
		s->ncommitted = (u8)i;
	}
}

static void check_leader(struct ex_state *s, struct ex_node *node, u32 id, u64 term)
{
	u32 i;

	if (term >= EX_TERMS) {
		ex_fail(s, id, "the scope has too few terms");
		return;
	}
	if (s->leader_of[term] && s->leader_of[term] != id)
		ex_fail(s, id, "two leaders in a term");
	s->leader_of[term] = (u8)id;
	if (node->disk_term != term || node->disk_vote != id)
		ex_fail(s, id, "leads by a vote that is not durable");
	for (i = 1; i <= s->ncommitted; i++)
		if (s->committed_by[i] < term &&
		    (i > node->last || node->log[i] != s->committed[i]))
			ex_fail(s, id, "leader completeness");
}

static void check_read(struct ex_state *s, struct ex_node *node, u32 id,
		       const struct raft_effect *fx)
{
	if (!node->reads)
		ex_fail(s, id, "a read was answered that nobody waits for");
	node->reads = 0;
	if (fx->read.reason == RAFT_OK && fx->read.index < node->read_floor)
		ex_fail(s, id, "a read would be stale");
}

void ex_check_effect(struct ex_state *s, struct ex_node *node, u32 id,
		     const struct raft_effect *fx)
{
	switch (fx->type) {
	case RAFT_FX_TRUNCATE:
		if (fx->truncate <= node->commit)
			ex_fail(s, id, "cut committed entries");
		if (node->role == RAFT_LEADER)
			ex_fail(s, id, "a leader cut its log");
		break;
	case RAFT_FX_COMMIT:
		check_commit(s, node, id, fx->commit);
		break;
	case RAFT_FX_ROLE:
		if (fx->role.term < node->term)
			ex_fail(s, id, "its term fell");
		if (fx->role.role == RAFT_LEADER)
			check_leader(s, node, id, fx->role.term);
		break;
	case RAFT_FX_READ:
		check_read(s, node, id, fx);
		break;
	case RAFT_FX_HALT:
		ex_fail(s, id, raft_halt_name(fx->halt.code));
		break;
	default:
		break;
	}
}

static void check_vote(struct ex_state *s, u32 id, u64 term, u32 vote)
{
	const struct ex_node *node = &s->nodes[id];
	u8 *cast;

	if (node->disk_term != term || node->disk_vote != vote)
		ex_fail(s, id, "a vote left that is not durable");
	if (term >= EX_TERMS)
		return;
	cast = &s->vote_of[id][term];
	if (*cast && *cast != vote)
		ex_fail(s, id, "voted twice in a term");
	*cast = (u8)vote;
}

static void check_ack(struct ex_state *s, u32 id, u64 term, u64 match)
{
	const struct ex_node *node = &s->nodes[id];

	if (node->disk_term < term)
		ex_fail(s, id, "acknowledged in a term that is not durable");
	if (match > node->disk_last || (match && node->disk[match] != node->log[match]))
		ex_fail(s, id, "acknowledged what is not durable");
}

void ex_check_message(struct ex_state *s, u32 id, const struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_VOTE:
		check_vote(s, id, msg->term, id);
		break;
	case RAFT_MSG_VOTE_REPLY:
		if (msg->vote_reply.granted)
			check_vote(s, id, msg->term, msg->to);
		break;
	case RAFT_MSG_APPEND_REPLY:
		check_ack(s, id, msg->term, msg->append_reply.match);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		check_ack(s, id, msg->term, msg->heartbeat_reply.match);
		break;
	default:
		break;
	}
}
