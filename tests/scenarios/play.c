// SPDX-License-Identifier: GPL-2.0
/* Time, and everything that happens by itself. */
#include "scenario.h"

/* Start whoever has not been started: the script's presets are over. */
void play_start(struct world *w)
{
	u32 id;

	if (w->started)
		return;
	if (!w->defined)
		die(w, "a script begins with cluster");
	w->started = true;
	for (id = 1; id <= ID_MAX; id++)
		if (w->nodes[id] && !w->nodes[id]->up)
			node_start(w, w->nodes[id]);
}

/* Let every write end that ends by itself.  Return: did one? */
static bool complete_one(struct world *w)
{
	u32 id;

	for (id = 1; id <= ID_MAX; id++) {
		if (w->nodes[id] && disk_ready(w, w->nodes[id])) {
			disk_complete(w, w->nodes[id], 0);
			return true;
		}
	}
	return false;
}

void play_settle(struct world *w)
{
	while (complete_one(w))
		;
}

static u64 deadline(const struct world *w, const struct node *n)
{
	u64 due = raft_deadline(n->raft);

	return due == RAFT_NEVER ? due : due - (u64)n->skew;
}

static bool packet_waits(const struct world *w, u32 at)
{
	return w->nodes[w->packets[at]->msg.to]->paused;
}

static void sooner(u64 *at, u64 due)
{
	if (*at == RAFT_NEVER || (s64)(due - *at) < 0)
		*at = due;
}

/* When does something happen by itself? */
static u64 next_due(const struct world *w)
{
	u64 at = RAFT_NEVER;
	u32 i;

	for (i = 0; i < w->npackets; i++)
		if (!packet_waits(w, i))
			sooner(&at, w->packets[i]->due);
	for (i = 1; i <= ID_MAX; i++) {
		const struct node *n = w->nodes[i];

		if (n && n->up && !n->paused && raft_deadline(n->raft) != RAFT_NEVER)
			sooner(&at, deadline(w, n));
	}
	return at;
}

/* Messages before timers, as a loop with a queue takes them (bug P-5). */
static bool happen(struct world *w)
{
	u32 best = w->npackets, i;

	for (i = 0; i < w->npackets; i++) {
		if (packet_waits(w, i) || (s64)(w->packets[i]->due - w->now) > 0)
			continue;
		if (best == w->npackets || (s64)(w->packets[i]->due - w->packets[best]->due) < 0)
			best = i;
	}
	if (best < w->npackets) {
		network_take(w, best);
		return true;
	}
	for (i = 1; i <= ID_MAX; i++) {
		struct node *n = w->nodes[i];

		if (!n || !n->up || n->paused || raft_deadline(n->raft) == RAFT_NEVER ||
		    (s64)(deadline(w, n) - w->now) > 0)
			continue;
		node_tick(w, n);
		return true;
	}
	return false;
}

/* All clocks move, messages arrive after a millisecond, writes end. */
void play_run(struct world *w, u64 ns)
{
	u64 end = w->now + ns;

	w->completing = true;
	for (;;) {
		u64 at;

		play_settle(w);
		at = next_due(w);
		if (at == RAFT_NEVER || (s64)(at - end) > 0)
			break;
		if ((s64)(at - w->now) > 0) {
			/* Only steps in which no time passes are counted. */
			w->now = at;
			w->steps = 0;
		}
		if (!happen(w))
			break;
	}
	w->now = end;
	w->completing = false;
	client_clock(w);
}

/* The clock of one node moves; nothing arrives. */
void play_tick(struct world *w, struct node *n, u64 ns)
{
	u64 end = node_clock(w, n) + ns;

	while (n->up && !n->paused) {
		u64 due = raft_deadline(n->raft);

		if (due == RAFT_NEVER || (s64)(due - end) > 0)
			break;
		if ((s64)(due - node_clock(w, n)) > 0)
			n->skew += (s64)(due - node_clock(w, n));
		node_tick(w, n);
		play_settle(w);
	}
	n->skew += (s64)(end - node_clock(w, n));
}

/* Everything that can happen without time passing does. */
void play_stabilize(struct world *w)
{
	bool progress = true;
	u32 i;

	w->completing = true;
	while (progress) {
		progress = complete_one(w);
		for (i = 0; i < w->npackets && !progress; i++) {
			if (packet_waits(w, i))
				continue;
			network_take(w, i);
			progress = true;
		}
	}
	w->completing = false;
}
