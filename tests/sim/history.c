// SPDX-License-Identifier: GPL-2.0
/*
 * What was committed, and by whom it may be.
 *
 * A group has one history, until a forced recovery leaves members behind: what goes on
 * without them begins another one, which shares with the one before what the recovered
 * had of it.  Those left behind may come back and go on with theirs.  A history is
 * numbered as configurations count (raft_config.forced); a term belongs to the history
 * of its leader, and a node to that in which it committed last.
 */
#include "sim.h"

/* Where the checks keep what they know of a term. */
bool history_term(struct world *w, u32 id, u64 term, u32 *slot)
{
	u64 epoch = term / RAFT_TERM_FORCED, nth = term % RAFT_TERM_FORCED;

	*slot = 0;
	if (epoch ? epoch > SIM_EPOCHS || nth >= SIM_TERMS_FORCED : nth >= SIM_TERMS_PLAIN) {
		sim_fail(w, id, "terms run away");
		return false;
	}
	*slot = (u32)nth;
	if (epoch)
		*slot += SIM_TERMS_PLAIN + (u32)(epoch - 1) * SIM_TERMS_FORCED;
	w->check->terms_used = max(w->check->terms_used, *slot + 1);
	return true;
}

void history_reset(struct world *w)
{
	struct sim_check *c = w->check;
	u32 id;

	memset(c->leader_of, 0, c->terms_used * sizeof(c->leader_of[0]));
	memset(c->history_of, 0, c->terms_used * sizeof(c->history_of[0]));
	for (id = 0; id < SIM_NODES; id++)
		memset(c->vote_of[id], 0, c->terms_used * sizeof(c->vote_of[0][0]));
	c->terms_used = 0;
	memset(c->histories, 0, sizeof(c->histories));
	c->newest = 0;
}

struct sim_history *history_of(struct world *w, const struct sim_node *node)
{
	return &w->check->histories[node->history];
}

/* The one that clients take part in. */
struct sim_history *history_newest(const struct world *w)
{
	return &w->check->histories[w->check->newest];
}

/* Is an entry committed in it, with that term? */
static bool has(const struct sim_history *h, u64 index, u64 term)
{
	return index <= h->commit_max && h->committed[index].term == term;
}

/* A node learns from its leader what is committed: in whose history is that? */
void history_follow(struct world *w, struct sim_node *node)
{
	struct sim_check *c = w->check;
	struct sim_history *from = history_of(w, node), *to;
	u32 slot;
	u64 i;

	if (!c->newest || !history_term(w, node->id, node->term, &slot) ||
	    !c->leader_of[slot] || c->history_of[slot] == node->history)
		return;
	to = &c->histories[c->history_of[slot]];
	if (to < from)
		sim_fail(w, node->id, "goes back to a history that it had left");
	for (i = 1; i <= node->commit && !w->failed; i++)
		if (!has(to, i, from->committed[i].term))
			sim_fail(w, node->id, "knows %llu committed, which recovery has lost",
				 (unsigned long long)i);
	node->history = c->history_of[slot];
}

/* A device holds what was committed, in some history since the node's last. */
bool history_knows(struct world *w, struct sim_node *node, u64 index, u64 term)
{
	struct sim_check *c = w->check;
	u32 nth;

	for (nth = node->history; nth <= c->newest; nth++) {
		if (!has(&c->histories[nth], index, term))
			continue;
		node->history = (u8)nth;
		return true;
	}
	return false;
}

/* Of those who are kept, none may have more of what was committed. */
static void check_kept(struct world *w, const struct sim_node *node,
		       const struct sim_history *from, u64 shared)
{
	u64 next = shared + 1;
	u32 id;

	for (id = 1; id <= w->n && next <= from->commit_max; id++)
		if (w->forced.kept >> id & 1 &&
		    (w->nodes[id]->store.view_hard.base_index >= next ||
		     store_term_at(w->nodes[id], next) == from->committed[next].term))
			sim_fail(w, node->id, "recovery loses %llu, which n%u has",
				 (unsigned long long)next, id);
}

/**
 * history_fork() - a node is elected by force: another history begins
 * @w: the world
 * @node: the node; its log is as it was before
 * @slot: of its term
 */
void history_fork(struct world *w, struct sim_node *node, u32 slot)
{
	struct sim_check *c = w->check;
	struct sim_history *from = &c->histories[node->config.forced], *to = from + 1;
	u32 nth = node->config.forced + 1;
	u64 shared = min(from->commit_max, node->last);

	if (nth >= SIM_HISTORIES || nth < c->newest) {
		sim_fail(w, node->id, "a forced recovery nobody asked for");
		return;
	}
	while (shared > node->base &&
	       from->committed[shared].term != node_term_at(node, shared))
		shared--;
	/* It may be done again, where the entry that says so was lost in a crash. */
	if (nth == c->newest && to->commit_max > to->shared)
		sim_fail(w, node->id, "recovers what was recovered before");
	to->committed = pool_grow(w, to->committed, &to->cap, shared + 1,
				  sizeof(to->committed[0]));
	if (shared)
		memcpy(to->committed, from->committed, (shared + 1) * sizeof(to->committed[0]));
	to->commit_max = shared;
	to->shared = shared;
	c->newest = nth;
	c->history_of[slot] = (u8)nth;
	check_kept(w, node, from, shared);
	sim_log(w, node->id, "begins history %u, with %llu of %llu committed entries", nth,
		(unsigned long long)shared, (unsigned long long)from->commit_max);
	if (shared < from->commit_max)
		client_lost(w, shared);
}
