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

/* More than half of those with the role have it? */
static bool half_has(const struct ex_state *s, const struct raft_config *config, u8 role,
		     u32 index, u8 term)
{
	u32 have = 0, of = 0, i;

	for (i = 0; i < config->n; i++) {
		const struct ex_node *node = &s->nodes[config->members[i].id];

		if (!(config->members[i].roles & role))
			continue;
		of++;
		have += node->disk.last >= index && node->disk.term[index] == term;
	}
	return !of || have > of / 2;
}

static bool on_majority(const struct explorer *x, const struct ex_state *s,
			const struct ex_node *leader, u32 index)
{
	const struct raft_config *config = ex_config(x, &leader->log, leader->log.last);
	u8 term = leader->log.term[index];

	return half_has(s, config, RAFT_M_VOTER, index, term) &&
	       half_has(s, config, RAFT_M_OLD, index, term);
}

static void check_commit(const struct explorer *x, struct ex_state *s, struct ex_node *node,
			 u32 id, u64 commit)
{
	u64 i;

	if (commit <= node->commit)
		ex_fail(s, id, "the commit index fell");
	if (commit > node->log.last) {
		ex_fail(s, id, "committed past the log");
		return;
	}
	for (i = node->commit + 1; i <= commit; i++) {
		if (i <= s->ncommitted) {
			if (s->committed[i] != node->log.term[i])
				ex_fail(s, id, "state machine safety");
			continue;
		}
		if (node->role != RAFT_LEADER)
			ex_fail(s, id, "a follower committed first");
		if (!on_majority(x, s, node, (u32)i))
			ex_fail(s, id, "committed without a durable majority");
		s->committed[i] = node->log.term[i];
		s->committed_by[i] = node->term;
		s->ncommitted = (u8)i;
	}
}

/* More than half of those with the role have voted for it? */
static bool half_voted(const struct ex_state *s, const struct raft_config *config, u8 role,
		       u32 id, u64 term)
{
	u32 have = 0, of = 0, i;

	for (i = 0; i < config->n; i++) {
		u32 voter = config->members[i].id;

		if (!(config->members[i].roles & role))
			continue;
		of++;
		have += voter == id || s->vote_of[voter][term] == id;
	}
	return !of || have > of / 2;
}

static void check_leader(const struct explorer *x, struct ex_state *s, struct ex_node *node,
			 u32 id, u64 term)
{
	const struct raft_config *config = ex_config(x, &node->log, node->log.last);
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
	if (!half_voted(s, config, RAFT_M_VOTER, id, term) ||
	    !half_voted(s, config, RAFT_M_OLD, id, term))
		ex_fail(s, id, "leads without the votes of a majority");
	for (i = 1; i <= s->ncommitted; i++)
		if (s->committed_by[i] < term &&
		    (i > node->log.last || node->log.term[i] != s->committed[i]))
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

/* One at a time (bug M-2), and only what intersects with the one before. */
static void check_append(struct ex_state *s, struct ex_node *node, u32 id,
			 const struct raft_effect *fx)
{
	u32 i;

	for (i = node->commit + 1; fx->append.config && i <= node->log.last; i++)
		if (node->log.conf[i])
			ex_fail(s, id, "two uncommitted configurations");
}

/* It stands for what is committed, and for nothing that is in the log (bug S-1). */
static void check_restore(struct ex_state *s, struct ex_node *node, u32 id,
			  const struct raft_snapshot *name)
{
	if (name->index > s->ncommitted || s->committed[name->index] != name->term)
		ex_fail(s, id, "a snapshot of what is not committed");
	if (name->index <= node->commit)
		ex_fail(s, id, "a snapshot takes it back");
	if (name->index <= node->log.last && node->log.term[name->index] == name->term)
		ex_fail(s, id, "a snapshot replaces a log that has all of it");
	if (node->nwrites)
		ex_fail(s, id, "a snapshot is installed beside a write");
}

/* What is in force is the newest configuration of the log (bugs M-3, M-5). */
void ex_check_node(const struct explorer *x, struct ex_state *s, u32 id)
{
	const struct ex_node *node = &s->nodes[id];
	const struct raft_config *have = raft_get_config(node->raft);
	const struct raft_config *want = ex_config(x, &node->log, node->log.last);

	if (have->index != want->index || have->n != want->n ||
	    memcmp(have->members, want->members, sizeof(have->members)))
		ex_fail(s, id, "another configuration than the log's is in force");
}

void ex_check_effect(const struct explorer *x, struct ex_state *s, struct ex_node *node,
		     u32 id, const struct raft_effect *fx)
{
	switch (fx->type) {
	case RAFT_FX_APPEND:
		check_append(s, node, id, fx);
		break;
	case RAFT_FX_RESTORE:
		check_restore(s, node, id, &fx->install.name);
		break;
	case RAFT_FX_TRUNCATE:
		if (fx->truncate <= node->commit)
			ex_fail(s, id, "cut committed entries");
		if (node->role == RAFT_LEADER)
			ex_fail(s, id, "a leader cut its log");
		break;
	case RAFT_FX_COMMIT:
		check_commit(x, s, node, id, fx->commit);
		break;
	case RAFT_FX_ROLE:
		if (fx->role.term < node->term)
			ex_fail(s, id, "its term fell");
		if (fx->role.role == RAFT_LEADER)
			check_leader(x, s, node, id, fx->role.term);
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
	if (match > node->disk.last || (match && node->disk.term[match] != node->log.term[match]))
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
