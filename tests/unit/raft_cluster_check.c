// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold at every step of a cluster, whatever happens to it.
 */
#include "raft_cluster.h"

static bool same(const struct raft_entry *a, const struct raft_entry *b)
{
	return a->term == b->term && a->tag == b->tag && a->type == b->type &&
	       a->index == b->index && a->origin == b->origin &&
	       (a->type != RAFT_ENTRY_CONFIG || a->size == b->size);
}

static bool counts(const struct raft_config *config, u32 id)
{
	const struct raft_member *m = raft_config_find(config, id);

	return m && m->roles & (RAFT_M_VOTER | RAFT_M_OLD);
}

/*
 * By the newest configuration, or by the one before: a leader that removes itself
 * leads on until that is committed, also after another election (bug M-8).
 */
static bool voter(const struct cluster *c, const struct sim_node *node)
{
	return counts(raft_get_config(node->raft), node->id) ||
	       counts(cluster_config(c, node, node->commit), node->id);
}

/* Is the entry durable on a majority of a half's voters? */
static bool on_half(const struct cluster *c, const struct raft_config *config, u8 role,
		    const struct raft_entry *e)
{
	u32 voters = 0, have = 0, i;

	for (i = 0; i < config->n; i++) {
		const struct sim_node *node = c->nodes[config->members[i].id];

		if (!(config->members[i].roles & role))
			continue;
		voters++;
		/* What it has acknowledged counts until it can say that it is lost. */
		have += (node->disk_last >= e->index || (node->suspect && node->had >= e->index)) &&
			same(&node->disk[e->index], e);
	}
	return !voters || have > voters / 2;
}

static bool on_quorum(const struct cluster *c, const struct sim_node *leader,
		      const struct raft_entry *e)
{
	const struct raft_config *config = cluster_config(c, leader, leader->mem_last);

	return on_half(c, config, RAFT_M_VOTER, e) && on_half(c, config, RAFT_M_OLD, e);
}

static void check_commit(struct cluster *c, struct sim_node *node, u64 commit)
{
	u64 i;

	if (commit <= node->commit)
		cluster_fail(c, node->id, "commit index fell");
	if (commit > node->mem_last) {
		cluster_fail(c, node->id, "committed past the log");
		return;
	}
	for (i = node->commit + 1; i <= commit; i++) {
		const struct raft_entry *e = &node->mem[i];

		if (i <= c->commit_max) {
			if (!same(e, &c->committed[i]))
				cluster_fail(c, node->id, "state machine safety");
			continue;
		}
		if (node->role != RAFT_LEADER)
			cluster_fail(c, node->id, "a follower committed first");
		if (!on_quorum(c, node, e))
			cluster_fail(c, node->id, "committed without a durable quorum");
		c->committed[i] = *e;
		c->commit_term[i] = node->term;
		c->commit_max = i;
		if (e->tag && e->tag < TAGS_MAX && c->tag_seen[e->tag]++)
			cluster_fail(c, node->id, "a proposal was committed twice");
	}
	if (node->role == RAFT_LEADER && node->mem[commit].term != node->term &&
	    commit == c->commit_max)
		cluster_fail(c, node->id, "committed an older term by counting");
}

static void check_leader(struct cluster *c, struct sim_node *node)
{
	u64 i;

	if (node->term >= TERMS_MAX) {
		cluster_fail(c, node->id, "terms run away");
		return;
	}
	if (c->leader_of[node->term] && c->leader_of[node->term] != node->id)
		cluster_fail(c, node->id, "election safety: two leaders in a term");
	c->leader_of[node->term] = node->id;
	if (!voter(c, node))
		cluster_fail(c, node->id, "a learner leads");
	if (node->disk_term != node->term || node->disk_vote != node->id)
		cluster_fail(c, node->id, "leads by a vote that is not durable");
	for (i = 1; i <= c->commit_max; i++) {
		if (c->commit_term[i] >= node->term)
			continue;
		if (i > node->mem_last || !same(&node->mem[i], &c->committed[i])) {
			cluster_fail(c, node->id, "leader completeness");
			return;
		}
	}
}

void check_effect(struct cluster *c, struct sim_node *node, const struct raft_effect *fx)
{
	switch (fx->type) {
	case RAFT_FX_TRUNCATE:
		if (node->role == RAFT_LEADER)
			cluster_fail(c, node->id, "a leader truncated its log");
		if (fx->truncate <= node->commit)
			cluster_fail(c, node->id, "truncated committed entries");
		break;
	case RAFT_FX_COMMIT:
		check_commit(c, node, fx->commit);
		break;
	case RAFT_FX_ROLE:
		if (fx->role.term < node->term)
			cluster_fail(c, node->id, "term fell");
		if (fx->role.role == RAFT_LEADER) {
			node->term = fx->role.term;
			check_leader(c, node);
		}
		break;
	case RAFT_FX_HALT:
		cluster_fail(c, node->id, raft_halt_name(fx->halt.code));
		break;
	default:
		break;
	}
}

static void check_grant(struct cluster *c, struct sim_node *node, const struct raft_msg *msg)
{
	u32 *vote;

	if (node->disk_term != msg->term || node->disk_vote != msg->to)
		cluster_fail(c, node->id, "granted a vote that is not durable");
	if (msg->term >= TERMS_MAX)
		return;
	vote = &c->vote_of[node->id][msg->term];
	if (*vote && *vote != msg->to)
		cluster_fail(c, node->id, "voted twice in a term");
	*vote = msg->to;
}

static void check_ack(struct cluster *c, struct sim_node *node, u64 term, u64 match)
{
	if (node->disk_term < term)
		cluster_fail(c, node->id, "acknowledged in a term that is not durable");
	if (match > node->disk_last ||
	    (match && !same(&node->disk[match], &node->mem[match])))
		cluster_fail(c, node->id, "acknowledged what is not durable");
}

/* A message leaves. */
void check_message(struct cluster *c, struct sim_node *node, const struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_VOTE:
		if (node->disk_term != msg->term || node->disk_vote != node->id)
			cluster_fail(c, node->id, "campaigns with a vote that is not durable");
		fallthrough;
	case RAFT_MSG_PREVOTE:
		if (!voter(c, node))
			cluster_fail(c, node->id, "a learner campaigns");
		if (node->disk_last != msg->vote.last_index ||
		    (node->disk_last && node->disk[node->disk_last].term != msg->vote.last_term))
			cluster_fail(c, node->id, "advertises a log that is not durable");
		break;
	case RAFT_MSG_VOTE_REPLY:
		if (msg->vote_reply.granted)
			check_grant(c, node, msg);
		break;
	case RAFT_MSG_APPEND_REPLY:
		if (!msg->append_reply.rejected)
			check_ack(c, node, msg->term, msg->append_reply.match);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		check_ack(c, node, msg->term, msg->heartbeat_reply.match);
		break;
	default:
		break;
	}
}

void check_step(struct cluster *c, struct sim_node *node)
{
	const struct raft_config *have = raft_get_config(node->raft);
	const struct raft_config *want = cluster_config(c, node, node->mem_last);
	const char *broken = raft_check(node->raft);

	if (broken)
		cluster_fail(c, node->id, broken);
	/* Adopted when appended, left when cut off (bugs M-3, M-4, M-5). */
	if (have->index != want->index || have->n != want->n ||
	    memcmp(have->members, want->members, sizeof(have->members)))
		cluster_fail(c, node->id, "another configuration than the log's is in force");
}

static void check_pair(struct cluster *c, const struct sim_node *a, const struct sim_node *b)
{
	u64 i = min(a->mem_last, b->mem_last);

	while (i && a->mem[i].term != b->mem[i].term)
		i--;
	for (; i; i--) {
		if (!same(&a->mem[i], &b->mem[i])) {
			cluster_fail(c, a->id, "log matching");
			return;
		}
	}
}

/* Log matching, between all logs in memory. */
void check_logs(struct cluster *c)
{
	u32 a, b;

	for (a = 1; a <= c->n; a++)
		for (b = 1; b < a; b++)
			if (c->nodes[a]->up && c->nodes[b]->up)
				check_pair(c, c->nodes[a], c->nodes[b]);
}
