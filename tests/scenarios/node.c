// SPDX-License-Identifier: GPL-2.0
/*
 * A node: what loop, store and net do around the engine in the kernel, and how a
 * node starts and ends.
 */
#include "scenario.h"
#include "raft/raft_private.h"

struct node *node_get(struct world *w, u32 id)
{
	if (!w->nodes[id])
		die(w, "there is no node %u", id);
	return w->nodes[id];
}

/* A node that can be asked; NULL and a refusal otherwise. */
struct node *node_running(struct world *w, u32 id)
{
	struct node *n = node_get(w, id);

	if (n->up && !n->paused)
		return n;
	refuse(w, "node %u is %s", id, n->up ? "paused" : "down");
	return NULL;
}

struct node *node_new(struct world *w, u32 id)
{
	struct node *n = calloc(1, sizeof(*n));

	n->id = id;
	n->incarnation = id * 1000;
	n->raft = calloc(1, raft_size());
	n->mem = calloc(LOG_MAX + 1, sizeof(*n->mem));
	n->sm = calloc(LOG_MAX + 1, sizeof(*n->sm));
	n->disk.log = calloc(LOG_MAX + 1, sizeof(*n->disk.log));
	n->disk.snap.config = w->genesis;
	n->config = w->genesis;
	w->nodes[id] = n;
	return n;
}

u64 node_clock(const struct world *w, const struct node *n)
{
	return w->now + (u64)n->skew;
}

/* Payload bytes the device can still take. */
u64 node_room(const struct node *n)
{
	if (n->disk.full || n->mem_last + 256 > LOG_MAX)
		return 0;
	return 1 << 20;
}

/* ---- what the state machine does ---- */

void node_apply(struct world *w, struct node *n)
{
	while (!n->apply_held && n->applied < n->commit) {
		const struct raft_entry *e = &n->mem[n->applied + 1].raft;

		n->applied++;
		if (e->type == RAFT_ENTRY_DATA && e->size && n->applied > n->silent) {
			n->sm[n->nsm].index = n->applied;
			n->sm[n->nsm++].tag = e->tag;
		}
		client_applied(w, n, e);
	}
	client_reads_check(w, n);
}

/*
 * What was committed as this node knows it: a forced recovery begins another history,
 * which shares with the one before what the node had that was recovered.
 */
u64 *node_history(struct world *w, const struct node *n)
{
	return w->committed + n->config.forced * (LOG_MAX + 1);
}

#ifdef HAVE_RECOVER
static void fx_recover(struct world *w, struct node *n, u8 reason)
{
	u64 *history = node_history(w, n);

	trace(w, "node %u: forced recovery: %s", n->id, raft_reason_name(reason));
	if (reason != RAFT_OK)
		return;
	if (n->config.forced == FORCED_MAX)
		die(w, "more than %d forced recoveries", FORCED_MAX);
	/* The no-op is behind what the node had. */
	memcpy(history + LOG_MAX + 1, history, n->mem_last * sizeof(*history));
}
#endif

/* State machine safety, over all nodes and the whole run. */
static void check_committed(struct world *w, struct node *n, u64 commit)
{
	u64 *history = node_history(w, n);
	u64 i;

	if (commit > n->mem_last)
		die(w, "node %u committed %llu, its log ends at %llu", n->id,
		    (unsigned long long)commit, (unsigned long long)n->mem_last);
	for (i = max(n->commit, n->mem_base) + 1; i <= commit; i++) {
		u64 term = n->mem[i].raft.term;

		if (history[i] && history[i] != term)
			die(w, "node %u committed %llu/%llu where %llu/%llu is committed already",
			    n->id, (unsigned long long)i, (unsigned long long)term,
			    (unsigned long long)i, (unsigned long long)history[i]);
		history[i] = term;
	}
}

static void fx_commit(struct world *w, struct node *n, u64 commit)
{
	u64 from = n->commit + 1;

	if (commit == n->commit)
		return;	/* told by a snapshot already */
	if (commit < n->commit)
		die(w, "node %u: its commit index fell from %llu to %llu", n->id,
		    (unsigned long long)n->commit, (unsigned long long)commit);
	check_committed(w, n, commit);
	trace(w, "node %u commits %llu", n->id, (unsigned long long)commit);
	n->commit = commit;
	client_committed(w, n, from, commit);
	node_apply(w, n);
}

/* ---- effects ---- */

static void take_entry(struct world *w, struct entry *to, const struct raft_effect *fx, u32 i,
		       const struct raft_event *ev, u32 self)
{
	const struct raft_msg *msg = ev->message.msg;
	struct raft_entry *e = &to->raft;

	if (ev->type == RAFT_EV_PROPOSE) {
		e->tag = ev->propose.list[i].tag;
		e->size = ev->propose.list[i].size;
		e->type = ev->propose.list[i].type;
		e->origin = self;
	} else if (ev->type == RAFT_EV_MESSAGE && msg->type == RAFT_MSG_FORWARD) {
		e->tag = msg->forward.tag;
		e->size = msg->forward.size;
		e->type = msg->forward.entry_type;
		e->origin = msg->from;
	} else if (ev->type == RAFT_EV_MESSAGE && msg->type == RAFT_MSG_APPEND) {
		*e = msg->append.entries[fx->append.skip + i];
#ifdef HAVE_CHANGE
		if (e->type == RAFT_ENTRY_CONFIG) {
			struct raft_config *config = members_keep(w, msg->append.config);

			config->index = e->index;
			to->config = config;
		}
#endif
	} else {
		die(w, "node %u appended out of nothing", self);
	}
}

static void fx_append(struct world *w, struct node *n, const struct raft_effect *fx,
		      const struct raft_event *ev)
{
	u64 index = fx->append.first;
	u32 i;

	if (index != n->mem_last + 1)
		die(w, "node %u appends %llu behind %llu", n->id, (unsigned long long)index,
		    (unsigned long long)n->mem_last);
	if (index + fx->append.count > LOG_MAX)
		die(w, "node %u: more than %d entries", n->id, LOG_MAX);
	for (i = 0; i < fx->append.count; i++, index++) {
		struct entry *e = &n->mem[index];

		memset(e, 0, sizeof(*e));
		e->raft.index = index;
		e->raft.term = fx->append.term;
		if (fx->append.noop) {
			e->raft.type = RAFT_ENTRY_NOOP;
#ifdef HAVE_CHANGE
		} else if (fx->append.config) {
			struct raft_config *config = members_keep(w, fx->append.config);

			config->index = index;
			e->config = config;
			e->raft.type = RAFT_ENTRY_CONFIG;
			e->raft.tag = fx->append.tag;
			e->raft.size = 64;
			e->raft.origin = fx->append.tag ? n->id : 0;
#endif
		} else {
			take_entry(w, e, fx, i, ev, n->id);
		}
		if (e->raft.index != index)
			die(w, "node %u put %llu at %llu", n->id,
			    (unsigned long long)e->raft.index, (unsigned long long)index);
		n->mem_last = index;
		trace(w, "node %u appends %llu/%llu", n->id, (unsigned long long)index,
		      (unsigned long long)e->raft.term);
	}
}

static void fx_truncate(struct world *w, struct node *n, u64 from)
{
	if (from <= n->commit)
		die(w, "node %u cut its log at %llu, committed is %llu", n->id,
		    (unsigned long long)from, (unsigned long long)n->commit);
	trace(w, "node %u cuts its log from %llu on", n->id, (unsigned long long)from);
	n->mem_last = from - 1;
}

static void fx_forward(struct world *w, struct node *n, const struct raft_effect *fx,
		       const struct raft_event *ev)
{
	u32 i;

	for (i = 0; i < fx->forward.count; i++) {
		struct raft_msg msg = { .type = RAFT_MSG_FORWARD };

		msg.from = n->id;
		msg.to = fx->forward.leader;
		msg.term = fx->forward.term;
		msg.forward.tag = ev->propose.list[i].tag;
		msg.forward.size = ev->propose.list[i].size;
		msg.forward.entry_type = ev->propose.list[i].type;
		network_send(w, n, &msg, NULL);
	}
}

static void note_leader(struct world *w, struct node *n)
{
	u32 i;

	for (i = 0; i < w->nled; i++)
		if (w->led[i].term == n->term && w->led[i].leader == n->id)
			return;
	w->led = realloc(w->led, (w->nled + 1) * sizeof(*w->led));
	w->led[w->nled].term = n->term;
	w->led[w->nled++].leader = n->id;
}

static void fx_role(struct world *w, struct node *n, const struct raft_effect *fx)
{
	if (fx->role.term < n->term)
		die(w, "node %u: its term fell from %llu to %llu", n->id,
		    (unsigned long long)n->term, (unsigned long long)fx->role.term);
	n->role = fx->role.role;
	n->term = fx->role.term;
	n->leader = fx->role.leader;
	trace(w, "node %u is %s of term %llu, leader %u: %s", n->id, raft_role_name(n->role),
	      (unsigned long long)n->term, n->leader, raft_cause_name(fx->role.cause));
	if (n->role == RAFT_LEADER)
		note_leader(w, n);
	client_role(w, n);
}

static void fx_halt(struct world *w, struct node *n, const struct raft_effect *fx)
{
	n->halt = fx->halt.code;
	trace(w, "node %u halts: %s (at %llu: %llu, not %llu)", n->id,
	      raft_halt_name(n->halt), (unsigned long long)fx->halt.index,
	      (unsigned long long)fx->halt.seen, (unsigned long long)fx->halt.expected);
	client_lost(w, n, "the group has halted");
}

/* Effects of the parts of the contract that may not be there yet. */
static void carry_out_more(struct world *w, struct node *n, const struct raft_effect *fx,
			   const struct raft_event *ev)
{
	if (snapshot_effect(w, n, fx, ev))
		return;
	switch (fx->type) {
#ifdef HAVE_CHANGE
	case RAFT_FX_CONFIG:
		n->config = *fx->config.config;
		break;
#endif
#ifdef HAVE_READ
	case RAFT_FX_READ:
		client_read_told(w, n, fx->read.handle, fx->read.index, fx->read.reason);
		break;
#endif
#ifdef HAVE_TRANSFER
	case RAFT_FX_TRANSFER:
		trace(w, "node %u: transfer to %u: %s", n->id, fx->transfer.target,
		      raft_reason_name(fx->transfer.reason));
		break;
#endif
#ifdef HAVE_RECOVER
	case RAFT_FX_RECOVER:
		fx_recover(w, n, fx->recover.reason);
		break;
#endif
#ifdef HAVE_SUSPECT
	case RAFT_FX_HEALED:
		trace(w, "node %u is healed", n->id);
		n->disk.suspect = false;
		break;
#endif
	default:
		die(w, "effect %u is not known to this program", fx->type);
	}
}

static void carry_out(struct world *w, struct node *n, const struct raft_effect *fx,
		      const struct raft_event *ev)
{
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		disk_hard(w, n, fx->hard.term, fx->hard.vote, fx->hard.seq);
		break;
	case RAFT_FX_TRUNCATE:
		fx_truncate(w, n, fx->truncate);
		break;
	case RAFT_FX_APPEND:
		fx_append(w, n, fx, ev);
		break;
	case RAFT_FX_SEND:
		network_send(w, n, &fx->msg, NULL);
		break;
	case RAFT_FX_COMMIT:
		fx_commit(w, n, fx->commit);
		break;
	case RAFT_FX_ROLE:
		fx_role(w, n, fx);
		break;
	case RAFT_FX_FORWARD:
		fx_forward(w, n, fx, ev);
		break;
	case RAFT_FX_RESULT:
		client_refused(w, fx->result.tag, fx->result.reason);
		break;
	case RAFT_FX_HALT:
		fx_halt(w, n, fx);
		break;
	default:
		carry_out_more(w, n, fx, ev);
		break;
	}
}

/**
 * node_step() - hand the engine an event, and carry out what it decides
 * @w: the world
 * @n: a node that is up
 * @ev: the event
 *
 * Return: what raft_step() says.
 */
int node_step(struct world *w, struct node *n, const struct raft_event *ev)
{
	const char *broken;
	u32 i;
	int ret;

	if (w->steps++ > QUIET_STEPS)
		die(w, "this does not come to an end");
	ret = raft_step(n->raft, node_clock(w, n), ev, &w->fx);
	for (i = 0; i < w->fx.n; i++)
		carry_out(w, n, &w->fx.list[i], ev);
	broken = raft_check(n->raft);
	if (broken)
		die(w, "node %u broke an invariant: %s", n->id, broken);
	return ret;
}

/* ---- pulled work ---- */

static u64 prev_term(const struct node *n, u64 index)
{
	if (index == n->mem_base)
		return n->mem_base_term;
	return index ? n->mem[index].raft.term : 0;
}

static void send_append(struct world *w, struct node *n, const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_msg msg = { .type = RAFT_MSG_APPEND };
	struct raft_entry list[RAFT_MSG_ENTRIES_MAX];
	u64 i, bytes = 0;

	msg.from = n->id;
	msg.to = a->peer;
	msg.term = a->term;
	msg.history = a->history;
	msg.append.prev_index = a->prev_index;
	msg.append.prev_term = a->prev_known ? a->prev_term : prev_term(n, a->prev_index);
	msg.append.commit = a->commit;
	msg.append.entries = list;
	if (a->first <= n->mem_base)
		die(w, "node %u offers %llu, its log begins behind %llu", n->id,
		    (unsigned long long)a->first, (unsigned long long)n->mem_base);
	for (i = a->first; i <= a->last && msg.append.count < w->batch; i++) {
		const struct entry *e = &n->mem[i];
		u32 size = e->raft.size;

#ifdef HAVE_CHANGE
		if (e->config && msg.append.config)
			break;
		if (a->strip && !e->config)
			size = 0;
#endif
		if (msg.append.count && bytes + size > a->bytes)
			break;
#ifdef HAVE_CHANGE
		if (e->config)
			msg.append.config = e->config;
#endif
		bytes += size;
		list[msg.append.count] = e->raft;
		list[msg.append.count++].size = size;
	}
	network_send(w, n, &msg, NULL);
	ev.sent.peer = a->peer;
	ev.sent.first = a->first;
	ev.sent.last = a->first + msg.append.count - 1;
	ev.sent.bytes = (u32)bytes;
	node_step(w, n, &ev);
}

static void pump_peer(struct world *w, struct node *n, u32 peer)
{
	struct raft_append a;
	enum raft_next next;

	while ((next = raft_next_append(n->raft, peer, &a)) != RAFT_NEXT_NOTHING) {
#ifndef HAVE_SNAPSHOT
		if (a.first <= n->mem_base)
			break;
#endif
		if (next == RAFT_NEXT_APPEND)
			send_append(w, n, &a);
		else
			snapshot_send(w, n, &a);
	}
}

/* Write and send whatever the engine would have written and sent. */
void node_pump(struct world *w, struct node *n)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };
	struct raft_status st;
	u32 i;

	if (!n->up || n->paused)
		return;
	while (raft_next_write(n->raft, &ev.write)) {
		disk_log(w, n, &ev.write);
		node_step(w, n, &ev);
	}
	raft_get_status(n->raft, &st);
	for (i = 0; i < st.npeers; i++)
		if (st.peers[i].id != n->id)
			pump_peer(w, n, st.peers[i].id);
}

void node_tick(struct world *w, struct node *n)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	node_step(w, n, &ev);
	node_pump(w, n);
}

/* As if the election timer fired, whatever was heard. */
void node_campaign(struct world *w, struct node *n)
{
	struct raft *r = n->raft;

	if (n->halt) {
		refuse(w, "node %u has halted", n->id);
	} else if (!members_stands(&n->config, n->id)) {
		refuse(w, "node %u is not a voter", n->id);
	} else if (n->role != RAFT_LEADER) {
		r->election_due = node_clock(w, n);
		node_tick(w, n);
	}
}

void node_preset_commit(struct world *w, struct node *n, u64 commit)
{
	if (commit > n->mem_last)
		die(w, "node %u: commit=%llu is behind the end of its log", n->id,
		    (unsigned long long)commit);
	n->raft->log.commit = max(n->raft->log.commit, commit);
	n->commit = n->raft->log.commit;
	n->applied = n->commit;
	n->silent = n->commit;
}

/* ---- life and death ---- */

/* What recovery makes of the log: cut in front of the first damaged entry. */
static void recover_log(struct node *n)
{
	struct disk *d = &n->disk;

	if (d->bad && d->bad > d->base_index && d->bad <= d->last) {
		d->last = d->bad - 1;
		d->suspect = true;
	}
	d->bad = 0;
	n->mem_base = d->base_index;
	n->mem_base_term = d->base_term;
	n->mem_last = d->last;
	memcpy(&n->mem[d->base_index], &d->log[d->base_index],
	       (d->last + 1 - d->base_index) * sizeof(*n->mem));
}

#ifdef HAVE_CHANGE
static u32 find_configs(const struct node *n, struct raft_config *configs)
{
	u32 found = 0;
	u64 i;

	for (i = n->mem_last; i > n->mem_base && found < RAFT_CONFIGS_MAX; i--)
		found += n->mem[i].config != NULL;
	for (i = n->mem_last, configs += found; i > n->mem_base && found; i--)
		if (n->mem[i].config)
			*--configs = *n->mem[i].config;
	return found;
}
#endif

static void fill_config(struct world *w, struct node *n, struct raft_params *params)
{
	params->config = n->disk.snap.index ? n->disk.snap.config : w->genesis;
#ifndef HAVE_ROLES
	params->flags = w->flags;
	params->timing = w->timing;
#endif
#ifdef HAVE_SUSPECT
	if (n->disk.suspect)
		params->flags |= RAFT_F_SUSPECT;
#endif
#ifdef HAVE_SNAPSHOT
	snapshot_name(&n->disk.snap, &params->snapshot);
#endif
}

static u32 fill_runs(const struct node *n, struct raft_run *runs)
{
	u32 count = 0;
	u64 i;

	for (i = n->mem_base + 1; i <= n->mem_last; i++) {
		if (count && runs[count - 1].term == n->mem[i].raft.term)
			continue;
		runs[count].first = i;
		runs[count++].term = n->mem[i].raft.term;
	}
	return count;
}

/* Start a node from its disk. */
void node_start(struct world *w, struct node *n)
{
	struct raft_params *params = calloc(1, sizeof(*params));
	struct raft_run *runs = calloc(LOG_MAX, sizeof(*runs));
	int ret;
#ifdef HAVE_CHANGE
	struct raft_config *configs = calloc(RAFT_CONFIGS_MAX, sizeof(*configs));
#endif

	recover_log(n);
	fill_config(w, n, params);
	params->self = n->id;
	params->seed = w->seed * 1000003 + n->id * 1009 + n->life++;
	params->term = n->disk.term;
	params->vote = n->disk.vote;
	params->base_index = n->disk.base_index;
	params->base_term = n->disk.base_term;
	params->last_index = n->disk.last;
	params->runs = runs;
	params->nruns = fill_runs(n, runs);
	n->config = params->config;
#ifdef HAVE_CHANGE
	params->configs = configs;
	params->nconfigs = find_configs(n, configs);
	if (params->nconfigs)
		n->config = configs[params->nconfigs - 1];
#endif
	n->disk.hung = false;
	n->disk.fail = 0;
	n->disk.hard_seq = 0;
	n->up = true;
	n->paused = false;
	n->apply_held = false;
	n->role = RAFT_FOLLOWER;
	n->leader = RAFT_NONE;
	n->term = params->term;
	n->halt = RAFT_HALT_NONE;
	n->commit = n->disk.base_index;
	snapshot_restore(w, n, &n->disk.snap);
	memset(n->raft, 0, raft_size());
	ret = raft_init(n->raft, params, node_clock(w, n));
	free(params);
	free(runs);
#ifdef HAVE_CHANGE
	free(configs);
#endif
	if (ret)
		die(w, "node %u does not start: the engine refuses its state", n->id);
	if (n->preset_commit)
		node_preset_commit(w, n, n->preset_commit);
	n->preset_commit = 0;
	trace(w, "node %u starts: term %llu, log ends at %llu", n->id,
	      (unsigned long long)n->term, (unsigned long long)n->mem_last);
	if (raft_deadline(n->raft) != RAFT_NEVER &&
	    (s64)(raft_deadline(n->raft) - node_clock(w, n)) <= 0)
		node_tick(w, n);
}

void node_crash(struct world *w, struct node *n, bool lose_unflushed)
{
	trace(w, "node %u crashes", n->id);
	disk_crash(n, lose_unflushed);
	network_forget(w, n->id);
	client_lost(w, n, "its node crashed");
	free(n->staging);
	n->staging = NULL;
	n->up = false;
	n->paused = false;
	n->role = 0;
}
