// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: what they asked for, what they heard, and whether one order of all
 * that can explain it.
 *
 * The state machine is SIM_KEYS registers.  Each write writes its own number, so
 * a read names the write it saw.  Two checks: every answer comes with an index,
 * and whoever asks after it must get a later one (the log as a witness); and at
 * the end the history alone is judged, by the zones of Gibbons and Korach
 * ("Testing shared memories", 1997), which is exact where written values are
 * unique.
 */
#include <stdlib.h>
#include <linux/quorum.h>
#include "sim.h"

enum { ATTEMPTS_MAX = 6 };

/* ---- asking ---- */

static void again(struct world *w, struct sim_client *client, u64 at)
{
	client->attempt++;
	world_add(w, at, SIM_CLIENT, 0, client->attempt, client);
}

static struct sim_node *choose(struct world *w)
{
	struct sim_node *node = w->nodes[1 + world_random(w, w->n)];
	u32 id;

	if (world_random(w, 2))
		for (id = 1; id <= w->n; id++)
			if (w->nodes[id]->role == RAFT_LEADER && w->nodes[id]->phase == SIM_UP)
				node = w->nodes[id];
	/* Nobody asks those who were left behind. */
	return node->phase == SIM_UP && !node->paused && !node->witness &&
	       node->history == w->check->newest ? node : NULL;
}

/* Read by read index: a name for each attempt, which comes back once. */
static void ask_read(struct world *w, struct sim_client *client, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_READ };
	u32 op = client->op;

	if (node->nreads == ARRAY_SIZE(node->reads))
		return;
	ev.read.handle = ((u64)++w->ops[op].attempts << 32) | op;
	node->reads[node->nreads].handle = ev.read.handle;
	node->reads[node->nreads++].ready = false;
	sim_log(w, node->id, "client %u reads for operation %u", client->id, op);
	if (node_step(w, node, &ev, NULL) < 0)
		client_read(w, node, ev.read.handle, 0, RAFT_REFUSED_NO_LEADER);
	node_turn(w, node);
	client_serve(w, node);
}

/* Ask for the client's operation, once more or for the first time. */
static int ask(struct world *w, struct sim_client *client, struct sim_node *node)
{
	struct raft_proposal p = { .tag = node_tag(node), .type = RAFT_ENTRY_DATA };
	u32 op = client->op;
	u8 payload[SIM_COMMAND_MAX];
	int ret;

	if (w->draw.sessions)
		p.type = RAFT_ENTRY_SESSION;
	p.size = w->ops[op].opens ? machine_open(payload) :
				    machine_command(w, op, client->session, payload);
	w->ops[op].attempts++;
	if (node->nwaiters == ARRAY_SIZE(node->waiters)) {
		memmove(&node->waiters[0], &node->waiters[1],
			(ARRAY_SIZE(node->waiters) - 1) * sizeof(node->waiters[0]));
		node->nwaiters--;
	}
	node->waiters[node->nwaiters].tag = p.tag;
	node->waiters[node->nwaiters++].op = op;
	sim_log(w, node->id, "client %u asks for operation %u", client->id, op);
	ret = node_propose(w, node, &p, 1, payload);
	if (ret < 0)
		client_refused(w, node, p.tag);
	return ret;
}

static void begin(struct world *w, struct sim_client *client)
{
	u64 cap = w->ops_cap;
	struct sim_op *op;

	if (!w->ops_n)
		w->ops_n = 1;
	w->ops = pool_grow(w, w->ops, &cap, w->ops_n + 1, sizeof(*op));
	w->ops_cap = (u32)cap;
	client->op = w->ops_n++;
	op = &w->ops[client->op];
	op->invoked = w->number++;
	op->floor = w->answered;
	op->client = client->id;
	op->state = OP_OPEN;
	op->opens = w->draw.sessions && !client->session;
	if (op->opens)
		return;
	op->seq = ++client->seq;
	op->key = (u8)world_random(w, SIM_KEYS);
	op->read = world_random(w, 3) == 0;
	op->by_index = op->read && world_chance(w, w->draw.reads);
}

void client_act(struct world *w, struct sim_client *client)
{
	struct sim_node *node = choose(w);
	struct sim_op *op;

	if (client->op) {
		op = &w->ops[client->op];
		/* Only who has a session may ask twice for the same. */
		if (op->state != OP_OPEN || !w->draw.sessions || op->attempts >= ATTEMPTS_MAX)
			client->op = 0;
	}
	if (w->healed && !client->op)
		return;
	if (!node) {
		again(w, client, w->now + w->draw.heartbeat);
		return;
	}
	if (!client->op)
		begin(w, client);
	again(w, client, w->now + world_between(w, w->draw.election_min,
						6 * w->draw.election_max));
	if (w->ops[client->op].read && w->ops[client->op].by_index)
		ask_read(w, client, node);
	else
		ask(w, client, node);
}

/* A burst nobody waits for, to have something in every pipeline. */
bool client_propose(struct world *w, struct sim_node *node, u32 count)
{
	struct raft_proposal list[QUORUM_PROPOSE_BATCH_MAX];
	u32 i, bytes = 0;
	u8 *payload;
	int ret;

	for (i = 0; i < count; i++) {
		list[i].tag = node_tag(node);
		list[i].size = 1 + (u32)world_random(w, w->draw.payload_max);
		if (list[i].size > 64)
			list[i].size = (list[i].size + 7) & ~7U;
		list[i].type = RAFT_ENTRY_DATA;
		bytes += list[i].size;
	}
	payload = pool_alloc(w, bytes);
	for (i = 0, bytes = 0; i < count; i++) {
		machine_bulk(w, payload + bytes, list[i].size);
		bytes += list[i].size;
	}
	sim_log(w, node->id, "is proposed %u entries, %u bytes", count, bytes);
	ret = node_propose(w, node, list, count, payload);
	pool_free(w, payload, bytes);
	return ret == (int)count;
}

void client_load(struct world *w)
{
	struct sim_node *node = choose(w);

	if (w->healed)
		return;
	world_add(w, w->now + world_random(w, 2 * w->draw.burst_every), SIM_LOAD, 0, 0, NULL);
	if (node)
		client_propose(w, node, 1 + (u32)world_random(w, w->draw.burst_max));
}

/* ---- hearing ---- */

static void forget(struct sim_node *node, u32 nth)
{
	node->waiters[nth] = node->waiters[--node->nwaiters];
}

static u32 waiter_of(struct sim_node *node, u64 tag)
{
	u32 i;

	for (i = 0; i < node->nwaiters; i++)
		if (node->waiters[i].tag == tag)
			break;
	return i;
}

static void done(struct world *w, u32 nr)
{
	struct sim_op *op = &w->ops[nr];
	struct sim_client *client = &w->clients[op->client];

	if (client->op != nr)
		return;
	client->op = 0;
	again(w, client, w->now + world_random(w, w->draw.think));
}

/* Refused for good: that attempt has no effect, now or ever. */
void client_refused(struct world *w, struct sim_node *node, u64 tag)
{
	u32 i = waiter_of(node, tag), nr;
	struct sim_op *op;

	if (i == node->nwaiters)
		return;
	nr = node->waiters[i].op;
	op = &w->ops[nr];
	forget(node, i);
	if (op->state != OP_OPEN)
		return;
	if (op->attempts == 1) {
		op->state = OP_FAILED;
		done(w, nr);
	}
}

static void answered(struct world *w, struct sim_node *node, u32 nr, u64 index, u32 value)
{
	struct sim_op *op = &w->ops[nr];

	if (op->state != OP_OPEN)
		return;
	op->state = OP_DONE;
	op->ended = w->number++;
	op->index = index;
	op->value = value;
	sim_log(w, node->id, "operation %u is done at %llu, value %u", nr,
		(unsigned long long)index, value);
	if (index < op->floor || (index == op->floor && !op->by_index))
		sim_fail(w, node->id, "operation %u at %llu began after %llu was answered", nr,
			 (unsigned long long)index, (unsigned long long)op->floor);
	w->answered = max(w->answered, index);
	done(w, nr);
}

/* The engine has an index for a read, or none: exactly once per read. */
void client_read(struct world *w, struct sim_node *node, u64 handle, u64 index, u8 reason)
{
	u32 i;

	for (i = 0; i < node->nreads; i++)
		if (node->reads[i].handle == handle && !node->reads[i].ready)
			break;
	if (i == node->nreads) {
		sim_fail(w, node->id, "a read was answered that nobody waits for");
		return;
	}
	if (reason == RAFT_OK) {
		node->reads[i].index = index;
		node->reads[i].ready = true;
	} else {
		node->reads[i] = node->reads[--node->nreads];
	}
}

/* Serve the reads whose index is applied (bug R-4). */
void client_serve(struct world *w, struct sim_node *node)
{
	u32 i = 0, nr;

	while (i < node->nreads && !w->failed) {
		struct sim_read read = node->reads[i];

		if (!read.ready || read.index > node->applied) {
			i++;
			continue;
		}
		node->reads[i] = node->reads[--node->nreads];
		nr = (u32)read.handle;
		if (node->history != w->check->newest)
			continue;
		answered(w, node, nr, node->applied, machine_read(w, node, w->ops[nr].key));
	}
}

/* ---- the state machine ---- */

/* An attempt to open a session, the one that was asked for here? */
static void session_opened(struct world *w, struct sim_node *node, u32 nr,
			   const struct raft_entry *e)
{
	struct sim_client *client = &w->clients[w->ops[nr].client];

	if (client->op != nr || w->ops[nr].state != OP_OPEN)
		return;
	client->session = quorum_session_id(e->index, e->term);
	client->seq = 0;
	answered(w, node, nr, e->index, 0);
}

/* The session was lost with a majority: nobody can tell what became of the operation. */
static void session_lost(struct world *w, struct sim_node *node, u32 nr)
{
	struct sim_client *client = &w->clients[w->ops[nr].client];

	if (!w->forced.lossy)
		sim_fail(w, node->id, "the session of operation %u has ended", nr);
	if (client->op != nr)
		return;
	sim_log(w, node->id, "client %u has lost its session", client->id);
	client->session = 0;
	done(w, nr);
}

/* The committed entry behind the applied ones is applied. */
void client_applied(struct world *w, struct sim_node *node, const struct sim_entry *entry)
{
	bool first = !history_of(w, node)->committed[entry->e.index].applied, effect;
	u32 nr = machine_parse(w, entry), i, value;
	struct sim_op *op;
	int verdict;

	value = machine_apply(w, node, entry, &effect, &verdict);
	node->applied++;
	check_applied(w, node, false);
	/* What those do who were left behind is nobody's business. */
	if (node->history != w->check->newest)
		return;
	op = &w->ops[nr];
	if (nr && first && effect)
		op->applied_at = entry->e.index;
	if (nr && first && effect && ++op->applied > 1)
		sim_fail(w, node->id, "operation %u was applied twice", nr);
	if (nr && op->state == OP_FAILED)
		sim_fail(w, node->id, "operation %u was refused and committed (C-4)", nr);
	if (entry->e.origin != node->id)
		return;
	i = waiter_of(node, entry->e.tag);
	if (i == node->nwaiters)
		return;
	if (!nr)
		nr = node->waiters[i].op;
	op = &w->ops[nr];
	forget(node, i);
	if (op->opens) {
		session_opened(w, node, nr, &entry->e);
		return;
	}
	if (verdict == -EKEYEXPIRED) {
		session_lost(w, node, nr);
	} else if (verdict) {
		/* Only this: it was given up, and a later command of the session came first. */
		if (verdict != -EKEYREJECTED || w->clients[op->client].op == nr)
			sim_fail(w, node->id, "operation %u has verdict %d", nr, verdict);
	} else {
		answered(w, node, nr, entry->e.index, op->read ? value : nr);
	}
}

/**
 * client_lost() - a forced recovery has lost what clients had been told
 * @w: the world
 * @shared: the last index that was not lost
 *
 * What they wrote and read behind it did not happen, unless a copy comes through yet.
 */
void client_lost(struct world *w, u64 shared)
{
	u32 i;

	for (i = 1; i < w->ops_n; i++) {
		struct sim_op *op = &w->ops[i];

		if (op->state == OP_DONE && op->index > shared)
			op->state = OP_OPEN;
		if (op->applied_at > shared)
			op->applied = 0;
		op->floor = min(op->floor, shared);
	}
	w->answered = min(w->answered, shared);
	w->forced.lossy = true;
}

/* ---- judging the history ---- */

struct zone {
	u64 low;
	u64 high;
};

static int by_low(const void *a, const void *b)
{
	const struct zone *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Is @z inside one of the forward zones, which are sorted and disjoint? */
static bool inside(const struct zone *forward, u32 n, const struct zone *z)
{
	u32 low = 0, high = n;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (forward[middle].low < z->low)
			low = middle + 1;
		else
			high = middle;
	}
	return low && forward[low - 1].high > z->high;
}

static void judge(struct world *w, struct zone *forward, u32 nf, struct zone *backward, u32 nb)
{
	u32 i;

	qsort(forward, nf, sizeof(*forward), by_low);
	for (i = 1; i < nf; i++)
		if (forward[i].low < forward[i - 1].high)
			sim_fail(w, 0, "the history is not linearizable: values alternate");
	for (i = 0; i < nb; i++)
		if (inside(forward, nf, &backward[i]))
			sim_fail(w, 0, "the history is not linearizable: a value within another");
}

/* For each write (0: the initial value): first end and last begin of all it touches. */
static bool cluster(struct world *w, struct zone *ends, u8 *used, u8 key)
{
	u32 i;

	for (i = 0; i < w->ops_n; i++) {
		const struct sim_op *op = &w->ops[i];

		ends[i].low = i && op->state == OP_DONE ? op->ended : i ? ~0ULL : 0;
		ends[i].high = i ? op->invoked : 0;
		used[i] = !i || (!op->read && !op->opens && op->key == key &&
				 op->state == OP_DONE);
	}
	for (i = 1; i < w->ops_n; i++) {
		const struct sim_op *op = &w->ops[i];
		u32 v = op->value;

		if (!op->read || op->key != key || op->state != OP_DONE)
			continue;
		if (v && (v >= w->ops_n || w->ops[v].read || w->ops[v].key != key ||
			  w->ops[v].state == OP_FAILED || w->ops[v].invoked > op->ended)) {
			sim_fail(w, 0, "operation %u read %u, which nobody wrote", i, v);
			return false;
		}
		used[v] = true;
		ends[v].low = min(ends[v].low, op->ended);
		ends[v].high = max(ends[v].high, op->invoked);
	}
	return true;
}

void client_check(struct world *w)
{
	u32 bytes = (w->ops_n + 1) * (u32)sizeof(struct zone), nf, nb, i;
	struct zone *ends = pool_alloc(w, bytes), *forward = pool_alloc(w, bytes);
	struct zone *backward = pool_alloc(w, bytes);
	u8 *used = pool_alloc(w, w->ops_n + 1), key;

	if (!w->ops_n)
		return;
	for (key = 0; key < SIM_KEYS && !w->failed; key++) {
		if (!cluster(w, ends, used, key))
			return;
		for (i = 0, nf = 0, nb = 0; i < w->ops_n; i++) {
			if (!used[i])
				continue;
			if (ends[i].low < ends[i].high) {
				forward[nf++] = ends[i];
			} else {
				backward[nb].low = ends[i].high;
				backward[nb++].high = ends[i].low;
			}
		}
		judge(w, forward, nf, backward, nb);
	}
	for (i = 1; i < w->ops_n; i++)
		if (w->ops[i].state == OP_DONE && !w->ops[i].by_index && !w->ops[i].opens &&
		    w->ops[i].applied != 1)
			sim_fail(w, 0, "operation %u was answered and applied %u times", i,
				 w->ops[i].applied);
}
