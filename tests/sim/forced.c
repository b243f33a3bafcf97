// SPDX-License-Identifier: GPL-2.0
/*
 * An operator who gives nodes up, so many that the rest is no quorum, and goes on by
 * force with those he keeps (RAFT_EV_RECOVER).  He abides by the manual: the lost are
 * down before he begins, one node at a time is asked, all who are kept are the same
 * for all who are asked once somebody may have been elected, and the lost do not come
 * back before every kept member has the entry that says what was done.  Then they may:
 * with their old devices, as the group that they were, or with new ones.
 */
#include "sim.h"

enum {
	TRIES_WITH_WITNESS = 6,	/* of others to be elected by one that knows more */
	PATIENCE = 8,		/* election timeouts until a leader is believed */
	PATIENCE_BEGUN = 30,	/* until somebody has to be asked once more */
};

static raft_set members(const struct raft_config *config)
{
	raft_set set = 0;
	u32 i;

	for (i = 0; i < config->n; i++)
		set |= (raft_set)(1U << config->members[i].id);
	return set;
}

static void go_on(struct world *w, u64 after)
{
	world_add(w, w->now + after, SIM_FORCED, 0, 0, NULL);
}

static bool may_ask(const struct world *w, const struct sim_node *node)
{
	return node->phase == SIM_UP && !node->paused && !node->halt && !node->witness &&
	       !node->store.hard.suspect && raft_config_find(&node->config, node->id);
}

/* Do all that run agree on who the members are, so that nobody else can go on? */
static bool quiet(const struct world *w, const struct sim_node *node)
{
	u32 id;

	if (raft_config_joint(&node->config) || node->config.index > node->commit)
		return false;
	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->phase == SIM_UP && w->nodes[id]->history == node->history &&
		    w->nodes[id]->config.index != node->config.index)
			return false;
	return true;
}

static bool able(const struct raft_config *config, raft_set have)
{
	return config_commits(config, have) || config_elects(config, have);
}

static void give_up(struct world *w, u32 lost)
{
	u32 id;

	w->forced.lost |= lost;
	w->forced.replacing |= w->replacing & lost;
	w->replacing &= ~lost;
	for (id = 1; id <= w->n; id++)
		if (lost >> id & 1 && w->nodes[id]->phase != SIM_DOWN &&
		    w->nodes[id]->phase != SIM_BROKEN)
			node_crash(w, w->nodes[id], world_random(w, 2));
}

/* Some of the members are lost for good, as far as the operator knows. */
void forced_begin(struct world *w, struct sim_node *node)
{
	raft_set all = members(&node->config), lost = 0;
	struct sim_forced *f = &w->forced;
	u32 id;

	if (f->stage == FORCED_WANTED || w->check->newest + 1 == SIM_HISTORIES ||
	    f->lost || w->replacing >> node->id & 1 || !may_ask(w, node) ||
	    node->history != w->check->newest || !quiet(w, node))
		return;
	for (id = 1; id <= w->n; id++) {
		const struct sim_node *other = w->nodes[id];

		if (id == node->id || !(all >> id & 1))
			continue;
		if (other->phase == SIM_BROKEN || other->disk.damaged ||
		    other->store.hard.suspect || w->replacing >> id & 1 ||
		    world_random(w, 2))
			lost |= (raft_set)(1U << id);
	}
	for (id = 1; id <= w->n && able(&node->config, all & ~lost); id++)
		if (id != node->id)
			lost |= all & (raft_set)(1U << id);
	all &= ~lost;
	if (able(&node->config, all))
		return;
	sim_log(w, node->id, "an operator gives up %#x, and keeps %#x", lost, all);
	f->stage = FORCED_WANTED;
	f->sure = false;
	f->again = false;
	f->tries = 0;
	f->asked = 0;
	f->replacing = 0;
	f->target = w->check->newest + 1;
	f->since = w->now;
	give_up(w, lost);
	go_on(w, w->draw.election_min);
}

/* They were only away: nothing but terms has changed. */
static void think_better(struct world *w)
{
	u32 id;

	sim_log(w, 0, "the operator waits for the lost after all");
	w->forced.stage = FORCED_NONE;
	for (id = 1; id <= w->n; id++)
		if (w->forced.lost >> id & 1)
			world_add(w, w->now, SIM_START, (u8)id, 0, NULL);
	w->forced.lost = 0;
	if (w->forced.replacing && !w->replacing)
		world_add(w, w->now + w->draw.heartbeat, SIM_ADMIN, 0, 0, NULL);
	w->replacing |= w->forced.replacing;
}

static void ask(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_RECOVER };
	struct sim_forced *f = &w->forced;
	u32 keep[SIM_NODES], kept = members(&node->config) & ~f->lost, n = 0, id;
	int ret;

	if (node->config.forced + 1 != f->target || (f->sure && kept != f->kept))
		return;
	for (id = 1; id <= w->n; id++)
		if (kept >> id & 1)
			keep[n++] = id;
	ev.recover.keep = keep;
	ev.recover.count = n;
	ev.recover.config_index = node->config.index;
	ev.recover.last_index = node->last;
	ev.recover.last_term = node_term_at(node, node->last);
	ev.recover.room = store_room(w, node);
	f->asked = node->id;
	f->kept = kept;
	f->tries++;
	node->recovering = true;
	ret = node_step(w, node, &ev, NULL);
	sim_log(w, node->id, "is asked to go on with %#x: %s", kept,
		ret < 0 ? raft_reason_name((u8)-ret) : "yes");
	if (ret < 0)
		node->recovering = false;
	node_turn(w, node);
	if (ret == -RAFT_REFUSED_LED && !f->sure && !f->again &&
	    w->now > f->since + PATIENCE * w->draw.election_max)
		think_better(w);
}

/* The one of the kept with the best log, or any of them. */
static struct sim_node *choose(struct world *w)
{
	bool any = !w->healed && world_random(w, 2);
	struct sim_node *best = NULL;
	u32 id, seen = 0;

	for (id = 1; id <= w->n; id++) {
		struct sim_node *node = w->nodes[id];
		u64 term = node_term_at(node, node->last), best_term;

		if (w->forced.lost >> id & 1 || w->forced.left >> id & 1 || !may_ask(w, node) ||
		    node->config.forced + 1 != w->forced.target)
			continue;
		best_term = best ? node_term_at(best, best->last) : 0;
		if (any ? world_random(w, ++seen) == 0 :
		    !best || term > best_term || (term == best_term && node->last > best->last))
			best = node;
	}
	return best;
}

/* A witness that knows more than the others lets nobody be elected: without it, then. */
static void without_witness(struct world *w)
{
	u32 id, lost = 0;

	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->witness && w->forced.kept >> id & 1)
			lost |= 1U << id;
	if (lost)
		sim_log(w, 0, "the operator gives up the witness too");
	give_up(w, lost);
}

/* The node that was elected says so in its log. */
void forced_config(struct world *w, const struct sim_node *node)
{
	if (w->forced.stage == FORCED_WANTED && node->config.forced == w->forced.target &&
	    node->config.forced_by == node->id && node->role == RAFT_LEADER &&
	    node->id == w->forced.asked && node->config.index == node->last)
		w->forced.index = node->config.index;
}

void forced_answered(struct world *w, struct sim_node *node, u8 reason)
{
	struct sim_forced *f = &w->forced;
	u32 id;

	node->recovering = false;
	if (reason != RAFT_OK)
		return;
	f->sure = true;
	w->recovered++;
	for (id = 1; id <= w->n; id++)
		if (!(f->kept >> id & 1) &&
		    (f->lost >> id & 1 || w->nodes[id]->last || w->nodes[id]->store.view_last))
			f->left |= 1U << id;
}

static bool begun(const struct world *w)
{
	u32 id;

	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->phase == SIM_UP &&
		    w->nodes[id]->config.forced == w->forced.target)
			return true;
	return false;
}

/* Does every one of the kept have it on its device, and nobody can do without? */
static bool complete(struct world *w)
{
	const struct sim_history *h = history_newest(w);
	const struct sim_forced *f = &w->forced;
	u32 id;

	if (!f->sure || !f->index || f->index > h->commit_max)
		return false;
	for (id = 1; id <= w->n; id++) {
		const struct sim_store *s = &w->nodes[id]->store;

		if (f->kept >> id & 1 && s->view_hard.base_index < f->index &&
		    (s->view_last < f->index ||
		     s->view[f->index] != h->committed[f->index].term))
			return false;
	}
	return true;
}

/*
 * May they come back as they were?  Not where somebody may be of both groups, nor where
 * a campaign by force has left them terms of the others' kind.
 */
static bool may_return(const struct world *w)
{
	const struct sim_forced *f = &w->forced;
	u32 id;

	for (id = 1; id <= w->n; id++) {
		const struct sim_node *node = w->nodes[id];
		const struct sim_store *s = &node->store;
		/* What was under way in a crash may be there all the same. */
		u64 term = max(s->view_hard.term, s->doubt ? s->doubt_hard.term : 0);

		if (!(f->left >> id & 1))
			continue;
		if (term >= f->target * RAFT_TERM_FORCED ||
		    members(&node->config) & ~(f->kept | f->left | f->lost))
			return false;
	}
	return true;
}

static void lost_return(struct world *w)
{
	struct sim_forced *f = &w->forced;
	bool wipe = !w->draw.sealed && world_random(w, 2);
	u32 id;

	/* New ones begin as the group began: so many of them would be another group. */
	if (able(&w->config, (raft_set)f->lost))
		wipe = false;
	f->stage = FORCED_DONE;
	if (w->healed || (!wipe && !may_return(w)))
		return;
	for (id = 1; id <= w->n; id++) {
		if (!(f->lost >> id & 1) || world_random(w, 4) == 0)
			continue;
		sim_log(w, id, "comes back with %s device", wipe ? "a new" : "its old");
		f->lost &= ~(1U << id);
		if (wipe) {
			store_wipe(w, w->nodes[id]);
			check_wiped(w, w->nodes[id]);
			w->nodes[id]->phase = SIM_DOWN;
			w->nodes[id]->history = 0;
			f->left &= ~(1U << id);
		}
		world_add(w, w->now, SIM_START, (u8)id, 0, NULL);
	}
}

/*
 * Only one that may not campaign has the entry, since whoever was elected lost it in a
 * crash: that one is asked then, for another recovery.
 */
static void once_more(struct world *w)
{
	struct sim_forced *f = &w->forced;
	u32 id;

	if (w->now < f->since + PATIENCE_BEGUN * w->draw.election_max ||
	    f->target + 1 == SIM_HISTORIES || w->nodes[f->asked]->recovering)
		return;
	for (id = 1; id <= w->n; id++) {
		const struct sim_node *node = w->nodes[id];

		/* Who is down may have it, and campaign. */
		if (f->kept >> id & 1 && node->phase != SIM_UP)
			return;
		if (node->phase == SIM_UP && node->config.forced == f->target &&
		    config_votes(&node->config, id))
			return;
	}
	sim_log(w, 0, "the operator begins once more");
	f->target++;
	f->again = true;
	f->since = w->now;
	f->sure = false;
	f->asked = 0;
	f->index = 0;
	f->tries = 0;
}

/* The operator looks how far it is. */
void forced_act(struct world *w)
{
	struct sim_forced *f = &w->forced;
	struct sim_node *node;

	if (f->stage != FORCED_WANTED)
		return;
	if (complete(w)) {
		lost_return(w);
		return;
	}
	if (begun(w))
		once_more(w);
	node = w->nodes[f->asked ? f->asked : 1];
	if (!node->recovering && !begun(w)) {
		if (!f->sure && f->tries >= TRIES_WITH_WITNESS)
			without_witness(w);
		if (!f->sure && !f->again && !w->healed && world_random(w, 64) == 0) {
			think_better(w);
			return;
		}
		node = choose(w);
		if (node)
			ask(w, node);
	}
	go_on(w, world_between(w, w->draw.election_min, 2 * w->draw.election_max));
}

bool forced_settled(const struct world *w, const struct sim_node *leader)
{
	return w->forced.stage != FORCED_WANTED ||
	       (w->forced.sure && leader->config.forced == w->forced.target);
}

/* Nobody who was left behind belongs to the group again, unless his device is new. */
bool forced_may_add(const struct world *w, const struct sim_node *leader, u32 id)
{
	const struct sim_node *node = w->nodes[id];

	if (!w->check->newest)
		return true;
	return !(w->forced.left >> id & 1) &&
	       (raft_config_find(&leader->config, id) || (!node->last && !node->store.view_last) ||
		node->history == w->check->newest);
}
