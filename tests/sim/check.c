// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold at every step, whatever happens to a cluster.
 *
 * Log matching is checked by induction instead of by pairs: whoever holds an
 * entry (index, term) must hold the same one as everybody else, with the same
 * term before it.  So a step costs what it changes, and not what there is.
 */
#include <stdlib.h>
#include "sim.h"

enum {
	KNOWN_BITS	= 15,
	STATE_EVERY	= 8,	/* entries between looks at the whole state */
	BOUNDS_EVERY	= 32,	/* steps between looks at queues */
};

/* ---- entries everybody must agree on ---- */

void check_reset(struct world *w)
{
	struct sim_check *c = w->check;

	history_reset(w);
	if (!c->known) {
		c->known_cap = 1U << KNOWN_BITS;
		c->known = calloc(c->known_cap, sizeof(c->known[0]));
	}
	c->known_n = 0;
	c->stamp++;
}

static struct sim_known *slot_of(struct sim_check *c, u64 index, u64 term)
{
	u32 i = (u32)world_mix(index * 0x10001 + (term << 40));

	for (;; i++) {
		struct sim_known *k = &c->known[i & (c->known_cap - 1)];

		if (k->stamp != c->stamp || (k->index == index && k->term == term))
			return k;
	}
}

static void grow(struct sim_check *c)
{
	struct sim_known *old = c->known;
	u32 cap = c->known_cap, i;

	c->known_cap *= 2;
	c->known = calloc(c->known_cap, sizeof(c->known[0]));
	for (i = 0; i < cap; i++)
		if (old[i].stamp == c->stamp)
			*slot_of(c, old[i].index, old[i].term) = old[i];
	free(old);
}

/* An entry came into a log, from a client, a message or the device. */
void check_entry(struct world *w, struct sim_node *node, const struct sim_entry *entry)
{
	struct sim_check *c = w->check;
	const struct raft_entry *e = &entry->e;
	u64 prev_term = node_term_at(node, e->index - 1);
	struct sim_known *k = slot_of(c, e->index, e->term);

	if (e->term < prev_term)
		sim_fail(w, node->id, "terms fall along the log at %llu",
			 (unsigned long long)e->index);
	if (k->stamp == c->stamp) {
		bool same = k->hash == entry->hash && k->size == e->size;

		/* A witness knows that there is an entry, and nothing of what it says. */
		if (node->witness && !e->size && e->type != RAFT_ENTRY_CONFIG)
			same = true;
		if (!same || k->tag != e->tag || k->type != e->type || k->origin != e->origin ||
		    k->prev_term != prev_term)
			sim_fail(w, node->id, "log matching: entry %llu of term %llu",
				 (unsigned long long)e->index, (unsigned long long)e->term);
		return;
	}
	k->stamp = c->stamp;
	k->index = e->index;
	k->term = e->term;
	k->prev_term = prev_term;
	k->tag = e->tag;
	k->hash = entry->hash;
	k->type = e->type;
	k->origin = e->origin;
	k->size = e->size;
	if (++c->known_n > c->known_cap / 2)
		grow(c);
}

/* ---- commit ---- */

/* Is the entry durable where it has to be? */
static bool on_quorum(const struct world *w, const struct sim_node *node, u64 index, u64 term)
{
	raft_set have = 0;
	u32 id;

	for (id = 1; id <= w->n; id++) {
		const struct sim_store *s = &w->nodes[id]->store;

		/* What it acknowledged before its device was lost may arrive late. */
		if (w->replacing >> id & 1)
			have |= (raft_set)(1U << id);
		if (s->view_last >= index && index < s->view_cap && s->view[index] == term)
			have |= (raft_set)(1U << id);
	}
	return config_commits(&node->config, have);
}

static void first_commit(struct world *w, struct sim_node *node, u64 index)
{
	struct sim_history *c = history_of(w, node);
	u64 term = node->log[index].e.term;

	if (node->role != RAFT_LEADER)
		sim_fail(w, node->id, "a follower committed %llu first",
			 (unsigned long long)index);
	if (!on_quorum(w, node, index, term))
		sim_fail(w, node->id, "committed %llu without a durable quorum",
			 (unsigned long long)index);
	c->committed = pool_grow(w, c->committed, &c->cap, index + 1, sizeof(c->committed[0]));
	c->committed[index].term = term;
	c->committed[index].by = node->term;
	c->committed[index].state = 0;
	c->committed[index].applied = false;
	c->commit_max = index;
}

static void check_commit(struct world *w, struct sim_node *node, u64 commit)
{
	struct sim_history *c;
	u64 i, before;

	history_follow(w, node);
	c = history_of(w, node);
	before = c->commit_max;
	if (commit <= node->commit)
		sim_fail(w, node->id, "the commit index fell");
	if (commit > node->last) {
		sim_fail(w, node->id, "committed past the log");
		return;
	}
	for (i = node->commit + 1; i <= commit && !w->failed; i++) {
		if (i > c->commit_max)
			first_commit(w, node, i);
		else if (c->committed[i].term != node->log[i].e.term)
			sim_fail(w, node->id, "state machine safety: %llu is of term %llu, not %llu",
				 (unsigned long long)i, (unsigned long long)node->log[i].e.term,
				 (unsigned long long)c->committed[i].term);
	}
	if (commit > before && node->log[commit].e.term != node->term)
		sim_fail(w, node->id, "committed an older term by counting");
}

/* ---- leaders and votes ---- */

/*
 * Who has a vote, or had one in a configuration that may yet count, as far as it
 * knows: its newest may not be committed anywhere.  An operator may want anybody.
 */
static bool may_lead(const struct sim_node *node)
{
	return config_votes(&node->config, node->id) || node->config.index > node->commit ||
	       node->recovering;
}

static void check_completeness(struct world *w, struct sim_node *node, u64 term)
{
	const struct sim_history *c = &w->check->histories[node->config.forced];
	u64 i = c->commit_max;

	while (i && c->committed[i].by >= term)
		i--;
	/* What is before it matches too, by induction (check_entry()). */
	if (i && (i > node->last || node_term_at(node, i) != c->committed[i].term))
		sim_fail(w, node->id, "leader completeness: entry %llu is missing",
			 (unsigned long long)i);
}

static void check_leader(struct world *w, struct sim_node *node, u64 term, u8 cause)
{
	struct sim_check *c = w->check;
	u32 slot;

	if (!history_term(w, node->id, term, &slot))
		return;
	if (c->leader_of[slot] && c->leader_of[slot] != node->id)
		sim_fail(w, node->id, "two leaders in term %llu, the other is node %u",
			 (unsigned long long)term, c->leader_of[slot]);
	c->leader_of[slot] = node->id;
	if (!may_lead(node) || node->witness)
		sim_fail(w, node->id, "a node leads that may not");
	if (node->store.view_hard.term != term || node->store.view_hard.vote != node->id)
		sim_fail(w, node->id, "leads by a vote that is not durable");
	if (cause == RAFT_CAUSE_RECOVERED) {
		history_fork(w, node, slot);
		return;
	}
	c->history_of[slot] = (u8)node->config.forced;
	check_completeness(w, node, term);
}

static void check_vote(struct world *w, struct sim_node *node, u64 term, u32 vote)
{
	u16 *cast;
	u32 slot;

	if (node->store.view_hard.term != term || node->store.view_hard.vote != vote)
		sim_fail(w, node->id, "a vote left that is not durable");
	if (!history_term(w, node->id, term, &slot))
		return;
	cast = &w->check->vote_of[node->id][slot];
	if (*cast && *cast != vote)
		sim_fail(w, node->id, "voted twice in term %llu", (unsigned long long)term);
	*cast = (u16)vote;
}

void check_effect(struct world *w, struct sim_node *node, const struct raft_effect *fx)
{
	switch (fx->type) {
	case RAFT_FX_TRUNCATE:
		if (node->role == RAFT_LEADER)
			sim_fail(w, node->id, "a leader cut its log");
		if (fx->truncate <= node->commit)
			sim_fail(w, node->id, "cut committed entries");
		break;
	case RAFT_FX_COMMIT:
		check_commit(w, node, fx->commit);
		break;
	case RAFT_FX_ROLE:
		if (fx->role.term < node->term)
			sim_fail(w, node->id, "its term fell");
		if (fx->role.role == RAFT_LEADER &&
		    (node->role != RAFT_LEADER || node->term != fx->role.term))
			check_leader(w, node, fx->role.term, fx->role.cause);
		break;
	case RAFT_FX_HALT:
		if (fx->halt.code != RAFT_HALT_STORE || !node->store.failed)
			sim_fail(w, node->id, "%s", raft_halt_name(fx->halt.code));
		break;
	default:
		break;
	}
}

/* ---- promises ---- */

static void check_ack(struct world *w, struct sim_node *node, u64 term, u64 match)
{
	const struct sim_store *s = &node->store;

	if (s->view_hard.term < term)
		sim_fail(w, node->id, "acknowledged in a term that is not durable");
	if (match > s->view_last ||
	    (match > node->base && node_term_at(node, match) != store_term_at(node, match)))
		sim_fail(w, node->id, "acknowledged %llu, which is not durable",
			 (unsigned long long)match);
}

static void check_asks(struct world *w, struct sim_node *node, const struct raft_msg *msg)
{
	if (!may_lead(node) || node->witness)
		sim_fail(w, node->id, "a node campaigns that may not lead");
	if (node->store.view_last != msg->vote.last_index ||
	    store_term_at(node, msg->vote.last_index) != msg->vote.last_term)
		sim_fail(w, node->id, "shows a log that is not durable");
}

/* A message leaves. */
void check_message(struct world *w, struct sim_node *node, const struct raft_msg *msg)
{
	u32 slot;

	switch (msg->type) {
	case RAFT_MSG_VOTE:
		check_vote(w, node, msg->term, node->id);
		check_asks(w, node, msg);
		break;
	case RAFT_MSG_PREVOTE:
		check_asks(w, node, msg);
		break;
	case RAFT_MSG_VOTE_REPLY:
		if (msg->vote_reply.granted)
			check_vote(w, node, msg->term, msg->to);
		break;
	case RAFT_MSG_APPEND_REPLY:
		check_ack(w, node, msg->term, msg->append_reply.match);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		check_ack(w, node, msg->term, msg->heartbeat_reply.match);
		break;
	case RAFT_MSG_APPEND:
		if (history_term(w, node->id, msg->term, &slot) &&
		    w->check->leader_of[slot] != node->id)
			sim_fail(w, node->id, "appends without having been elected");
		break;
	default:
		break;
	}
}

/* ---- after every step ---- */

/* What the engine keeps of others' and of clients' wishes has its limits. */
static void check_bounds(struct world *w, struct sim_node *node)
{
	struct raft_status st;
	u32 i;

	raft_get_status(node->raft, &st);
	if (st.uncommitted_bytes > RAFT_UNCOMMITTED_BYTES_MAX)
		sim_fail(w, node->id, "%llu bytes are not committed",
			 (unsigned long long)st.uncommitted_bytes);
	for (i = 0; i < st.npeers; i++)
		if (st.peers[i].inflight > RAFT_APPENDS_MAX)
			sim_fail(w, node->id, "%u appends are in flight to n%u",
				 st.peers[i].inflight, st.peers[i].id);
}

void check_step(struct world *w, struct sim_node *node)
{
	const char *broken = raft_check(node->raft);

	if (broken)
		sim_fail(w, node->id, "%s", broken);
	if (w->step % BOUNDS_EVERY == 0)
		check_bounds(w, node);
}

/* Something was applied; now and then, or if asked to, all of the state is compared. */
void check_applied(struct world *w, struct sim_node *node, bool always)
{
	struct sim_committed *c;
	u64 state;

	if (node->witness)
		return;

	if (node->applied > history_of(w, node)->commit_max) {
		sim_fail(w, node->id, "applied %llu, which nobody committed",
			 (unsigned long long)node->applied);
		return;
	}
	c = &history_of(w, node)->committed[node->applied];
	c->applied = true;
	if (!always && !c->state && node->applied % STATE_EVERY)
		return;
	state = machine_hash(node);
	world_hash(w, state);
	if (!c->state)
		c->state = state;
	else if (c->state != state)
		sim_fail(w, node->id, "the state machines differ after entry %llu",
			 (unsigned long long)node->applied);
}

/* A snapshot takes the place of what was applied. */
void check_restored(struct world *w, struct sim_node *node, u64 index, u64 term)
{
	const struct sim_history *c;

	history_follow(w, node);
	c = history_of(w, node);
	if (index > c->commit_max || c->committed[index].term != term)
		sim_fail(w, node->id, "snapshot %llu/%llu is of what nobody committed",
			 (unsigned long long)index, (unsigned long long)term);
	if (index < node->commit)
		sim_fail(w, node->id, "goes back from %llu to snapshot %llu",
			 (unsigned long long)node->commit, (unsigned long long)index);
}

/* A device has a snapshot in force. */
void check_opened(struct world *w, struct sim_node *node, u64 index, u64 term)
{
	if (!history_knows(w, node, index, term))
		sim_fail(w, node->id, "the device has snapshot %llu/%llu, which nobody committed",
			 (unsigned long long)index, (unsigned long long)term);
}

/* ---- recovery ---- */

/* It votes as if it never had, and nobody believes it before it is taken back. */
void check_wiped(struct world *w, struct sim_node *node)
{
	node->history = 0;
	memset(w->check->vote_of[node->id], 0,
	       w->check->terms_used * sizeof(w->check->vote_of[0][0]));
}

static bool same_log(const struct sim_node *node, const u64 *terms, u64 last)
{
	u64 i;

	if (node->last != last)
		return false;
	for (i = node->base + 1; i <= last; i++)
		if (node->log[i].e.term != terms[i])
			return false;
	return true;
}

static bool same_hard(const struct disk_hard *a, const struct disk_hard *b)
{
	return a->term == b->term && a->vote == b->vote && a->base_index == b->base_index &&
	       a->base_term == b->base_term && a->start_lsn == b->start_lsn &&
	       a->snap_area == b->snap_area && a->snap_id == b->snap_id &&
	       a->snap_index == b->snap_index && a->snap_term == b->snap_term;
}

/* Is it the hard state that was durable, or the one under way? */
static void recovered_hard(struct world *w, struct sim_node *node)
{
	const struct sim_store *s = &node->store;

	/* Term and vote survive all damage; what the log begins with need not. */
	if (node->disk.damaged && ((s->hard.term == s->view_hard.term &&
				    s->hard.vote == s->view_hard.vote) ||
				   (s->doubt && s->hard.term == s->doubt_hard.term &&
				    s->hard.vote == s->doubt_hard.vote)))
		return;
	if (same_hard(&s->hard, &s->view_hard) ||
	    (s->doubt && same_hard(&s->hard, &s->doubt_hard)))
		return;
	sim_fail(w, node->id,
		 "recovered term %llu, vote %u, base %llu, snapshot %llu: durable was %llu, %u, %llu, %llu",
		 (unsigned long long)s->hard.term, s->hard.vote,
		 (unsigned long long)s->hard.base_index, (unsigned long long)s->hard.snap_index,
		 (unsigned long long)s->view_hard.term, s->view_hard.vote,
		 (unsigned long long)s->view_hard.base_index,
		 (unsigned long long)s->view_hard.snap_index);
}

/*
 * What was recovered must be what was durable, or that with some of what was
 * under way, in its order; or nothing, above a snapshot that replaced it.
 */
void check_recovered(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u64 cap = 0, need = s->view_last + 1, now = s->view_last, k, i;
	u64 *terms;

	recovered_hard(w, node);
	/* What was damaged may be missing, and is given back by a leader. */
	if (node->disk.damaged)
		return;
	if (s->doubt && s->doubt_resets && s->hard.snap_id == s->doubt_hard.snap_id)
		now = s->hard.base_index;
	for (k = 0; k < s->n; k++)
		need = max(need, store_slot(s, k)->write.last + 1);
	terms = pool_grow(w, NULL, &cap, need, sizeof(u64));
	if (s->view_last)
		memcpy(terms, s->view, (s->view_last + 1) * sizeof(u64));
	for (k = 0; ; k++) {
		const struct raft_write *write = &store_slot(s, k)->write;

		if (same_log(node, terms, now))
			break;
		if (k == s->n) {
			sim_fail(w, node->id, "recovered a log that ends at %llu: %llu was durable",
				 (unsigned long long)node->last, (unsigned long long)now);
			break;
		}
		if (write->truncate && write->truncate <= now)
			now = write->truncate - 1;
		for (i = write->first; i <= write->last; i++)
			terms[i] = store_slot(s, k)->terms[i - write->first];
		now = write->last;
	}
	pool_free(w, terms, (u32)(cap * sizeof(u64)));
}
