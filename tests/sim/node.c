// SPDX-License-Identifier: GPL-2.0
/*
 * A node: what loop.c, effects.c and pump.c do in the kernel, on the simulated
 * clock, network and device.
 */
#include <stdio.h>
#include "sim.h"

/* ---- its clock: it drifts, and starts anywhere ---- */

u64 node_now(const struct world *w, const struct sim_node *node)
{
	u64 passed = w->now - node->clock_at;

	return node->clock_base + passed + (u64)((s64)passed * node->drift / 1000000);
}

/* Time of the world at which the node's clock shows @local. */
static u64 world_time(const struct world *w, const struct sim_node *node, u64 local)
{
	s64 ahead = (s64)(local - node_now(w, node));

	if (ahead <= 0)
		return w->now;
	return w->now + (u64)(ahead + ahead / 1000000 * (node->drift < 0 ? -node->drift : 0)) +
	       1000;
}

static void arm(struct world *w, struct sim_node *node)
{
	u64 due = raft_deadline(node->raft), at;

	if (due == RAFT_NEVER || node->phase != SIM_UP)
		return;
	at = world_time(w, node, due);
	if (node->tick_at > w->now && node->tick_at <= at)
		return;
	node->tick_at = at;
	world_add(w, at, SIM_TICK, (u8)node->id, node->life, NULL);
}

/* ---- its log in memory ---- */

u64 payload_hash(const void *payload, u32 size)
{
	const u8 *p = payload;
	u64 hash = size, word;

	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	for (; size; size--)
		hash = (hash ^ *p++) * 0x100000001b3ULL;
	return world_mix(hash);
}

/* Term of an entry in memory, 0: there is none. */
u64 node_term_at(const struct sim_node *node, u64 index)
{
	if (index == node->base)
		return node->base_term;
	return index <= node->last && index > node->base ? node->log[index].e.term : 0;
}

void node_log_set(struct world *w, struct sim_node *node, const struct raft_entry *e,
		  const void *payload)
{
	struct sim_entry *entry;

	node->log = pool_grow(w, node->log, &node->log_cap, e->index + 1,
			      sizeof(node->log[0]));
	entry = &node->log[e->index];
	entry->e = *e;
	entry->payload = NULL;
	if (e->size) {
		entry->payload = pool_alloc(w, e->size);
		memcpy(entry->payload, payload, e->size);
	}
	entry->hash = payload_hash(entry->payload, e->size);
	node->last = e->index;
	/* What recovery finds may yet be cut off by what it finds next. */
	if (node->phase != SIM_DOWN)
		check_entry(w, node, entry);
}

void node_log_cut(struct world *w, struct sim_node *node, u64 from)
{
	from = max(from, node->base + 1);
	for (; node->last >= from; node->last--) {
		struct sim_entry *entry = &node->log[node->last];

		pool_free(w, entry->payload, entry->e.size);
		entry->payload = NULL;
	}
}

/* The log begins behind @index from now on. */
void node_log_forget(struct world *w, struct sim_node *node, u64 index, u64 term)
{
	u64 i;

	for (i = node->base + 1; i <= min(index, node->last); i++) {
		pool_free(w, node->log[i].payload, node->log[i].e.size);
		node->log[i].payload = NULL;
	}
	node->base = index;
	node->base_term = term;
	node->last = max(node->last, index);
}

/* ---- effects ---- */

/* Where the content of what is appended comes from. */
struct source {
	const struct raft_event *ev;
	const u8 *payload;
};

static void fx_append(struct world *w, struct sim_node *node, const struct raft_effect *fx,
		      const struct source *src)
{
	const struct raft_event *ev = src->ev;
	const u8 *payload = src->payload;
	u32 i, n = fx->append.skip + fx->append.count;
	u8 buf[RAFT_CONFIG_BYTES_MAX];

	if (fx->append.first != node->last + 1) {
		sim_fail(w, node->id, "append does not fit the log");
		return;
	}
	if (fx->append.config)
		payload = buf;
	for (i = fx->append.noop || fx->append.config ? fx->append.skip : 0; i < n; i++) {
		struct raft_entry e = { .term = fx->append.term };

		if (fx->append.config) {
			e.type = RAFT_ENTRY_CONFIG;
			e.tag = fx->append.tag;
			e.size = config_encode(buf, sizeof(buf), fx->append.config);
		} else if (fx->append.noop) {
			e.type = RAFT_ENTRY_NOOP;
		} else if (ev->type == RAFT_EV_PROPOSE) {
			e.tag = ev->propose.list[i].tag;
			e.size = ev->propose.list[i].size;
			e.type = ev->propose.list[i].type;
			e.origin = node->id;
		} else if (ev->message.msg->type == RAFT_MSG_FORWARD) {
			e.tag = ev->message.msg->forward.tag;
			e.size = ev->message.msg->forward.size;
			e.type = ev->message.msg->forward.entry_type;
			e.origin = ev->message.msg->from;
		} else {
			e = ev->message.msg->append.entries[i];
		}
		if (i >= fx->append.skip) {
			e.index = fx->append.first + i - fx->append.skip;
			node_log_set(w, node, &e, payload);
		}
		payload += e.size;
	}
}

static void fx_forward(struct world *w, struct sim_node *node, const struct raft_effect *fx,
		       const struct source *src)
{
	const u8 *payload = src->payload;
	u32 i;

	for (i = 0; i < fx->forward.count; i++) {
		const struct raft_proposal *p = &src->ev->propose.list[i];
		struct raft_msg msg = {
			.type = RAFT_MSG_FORWARD,
			.from = node->id,
			.to = fx->forward.leader,
			.term = fx->forward.term,
			.forward.tag = p->tag,
			.forward.size = p->size,
			.forward.entry_type = p->type,
		};

		net_send(w, node, &msg, payload, p->size);
		payload += p->size;
	}
}

static void fx_commit(struct world *w, struct sim_node *node, u64 commit)
{
	node->commit = commit;
	checkpoint_committed(w, node);
	if (!w->draw.apply_max) {
		node_apply(w, node);
	} else if (!node->apply_due) {
		node->apply_due = true;
		world_add(w, w->now + world_random(w, w->draw.apply_max), SIM_APPLY,
			  (u8)node->id, node->life, NULL);
	}
}

static void fx_role(struct world *w, struct sim_node *node, const struct raft_effect *fx)
{
	sim_log(w, node->id, "is %s of term %llu, leader n%u: %s",
		raft_role_name(fx->role.role), (unsigned long long)fx->role.term,
		fx->role.leader, raft_cause_name(fx->role.cause));
	w->leaders += fx->role.role == RAFT_LEADER && node->role != RAFT_LEADER;
	node->role = fx->role.role;
	node->term = fx->role.term;
	node->leader = fx->role.leader;
}

/* v voter, o voter of the old half, l learner */
static void log_config(struct world *w, struct sim_node *node, bool committed)
{
	const struct raft_config *config = &node->config;
	char text[QUORUM_MEMBERS_MAX * 8] = "";
	u32 i, n = 0;

	for (i = 0; i < config->n; i++) {
		u8 roles = config->members[i].roles;

		n += (u32)snprintf(text + n, sizeof(text) - n, " n%u:%s%s%s",
				   config->members[i].id, roles & RAFT_M_VOTER ? "v" : "",
				   roles & RAFT_M_OLD ? "o" : "",
				   roles & RAFT_M_LEARNER ? "l" : "");
	}
	sim_log(w, node->id, "has configuration %llu%s:%s", (unsigned long long)config->index,
		committed ? ", committed" : "", text);
}

static void carry_out(struct world *w, struct sim_node *node, const struct raft_effect *fx,
		      const struct source *src)
{
	check_effect(w, node, fx);
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		hard_vote(w, node, fx->hard.term, fx->hard.vote, fx->hard.seq);
		break;
	case RAFT_FX_TRUNCATE:
		sim_log(w, node->id, "cuts its log from %llu on",
			(unsigned long long)fx->truncate);
		node_log_cut(w, node, fx->truncate);
		checkpoint_cut(&node->store, fx->truncate);
		break;
	case RAFT_FX_APPEND:
		fx_append(w, node, fx, src);
		break;
	case RAFT_FX_SEND:
		net_send(w, node, &fx->msg, NULL, 0);
		break;
	case RAFT_FX_COMMIT:
		fx_commit(w, node, fx->commit);
		break;
	case RAFT_FX_ROLE:
		fx_role(w, node, fx);
		break;
	case RAFT_FX_FORWARD:
		fx_forward(w, node, fx, src);
		break;
	case RAFT_FX_RESULT:
		client_refused(w, node, fx->result.tag);
		break;
	case RAFT_FX_CONFIG:
		node->config = *fx->config.config;
		log_config(w, node, fx->config.committed);
		forced_config(w, node);
		break;
	case RAFT_FX_READ:
		client_read(w, node, fx->read.handle, fx->read.index, fx->read.reason);
		break;
	case RAFT_FX_TRANSFER:
		sim_log(w, node->id, "transfer to n%u: %s", fx->transfer.target,
			raft_reason_name(fx->transfer.reason));
		break;
	case RAFT_FX_FORGET:
	case RAFT_FX_INSTALL:
	case RAFT_FX_CHUNK:
	case RAFT_FX_INSTALL_END:
	case RAFT_FX_INSTALL_ABORT:
	case RAFT_FX_RESTORE:
		snapshot_effect(w, node, fx, src->payload);
		break;
	case RAFT_FX_HEALED:
		sim_log(w, node->id, "is no suspect any more");
		w->healed_n++;
		hard_healed(w, node);
		break;
	case RAFT_FX_RECOVER:
		sim_log(w, node->id, "forced recovery: %s",
			raft_reason_name(fx->recover.reason));
		forced_answered(w, node, fx->recover.reason);
		break;
	case RAFT_FX_HALT:
		sim_log(w, node->id, "halts: %s", raft_halt_name(fx->halt.code));
		node->halt = fx->halt.code;
		break;
	default:
		sim_fail(w, node->id, "an effect nobody knows: %u", fx->type);
		break;
	}
}

int node_step(struct world *w, struct sim_node *node, const struct raft_event *ev,
	      const void *payload)
{
	const struct source src = { .ev = ev, .payload = payload };
	u32 i;
	int ret;

	if (node->phase != SIM_UP)
		return 0;
	ret = raft_step(node->raft, node_now(w, node), ev, &w->fx);
	world_hash(w, ((u64)ev->type << 32) ^ ((u64)node->id << 40) ^ w->fx.n);
	if (w->fx.n > RAFT_EFFECTS_MAX)
		sim_fail(w, node->id, "more effects than there may be");
	for (i = 0; i < w->fx.n && !w->failed; i++) {
		world_hash(w, w->fx.list[i].type);
		carry_out(w, node, &w->fx.list[i], &src);
	}
	check_step(w, node);
	return ret;
}

/* ---- what is pulled ---- */

static void pump_writes(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };

	while (!w->failed && store_can_write(node) && raft_next_write(node->raft, &ev.write)) {
		if (!store_submit(w, node, &ev.write)) {
			sim_log(w, node->id, "the ring is full");
			return;
		}
		node_step(w, node, &ev, NULL);
	}
}

static bool send_append(struct world *w, struct sim_node *node, const struct raft_append *a)
{
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	struct raft_msg msg = {
		.type = RAFT_MSG_APPEND,
		.from = node->id,
		.to = a->peer,
		.term = a->term,
		.history = a->history,
		.append.prev_index = a->prev_index,
		.append.prev_term = a->prev_term,
		.append.commit = a->commit,
		.append.entries = entries,
	};
	struct raft_event ev = { .type = RAFT_EV_SENT, .sent.peer = a->peer,
				 .sent.first = a->first };
	u32 used = WIRE_HEADER_BYTES + WIRE_APPEND_BYTES, n = 0, configs = 0;
	u64 index;

	if (!a->prev_known)
		msg.append.prev_term = node_term_at(node, a->prev_index);
	for (index = a->first; index <= a->last && n < w->draw.message_entries; index++) {
		const struct raft_entry *e = &node->log[index].e;

		used += WIRE_ENTRY_BYTES + e->size;
		if (n && (used > net_room(w) || ev.sent.bytes + e->size > a->bytes))
			break;
		if (e->type == RAFT_ENTRY_CONFIG && configs++)
			break;
		entries[n] = *e;
		/* A witness is told what there is, not what it says. */
		if (a->strip && e->type != RAFT_ENTRY_CONFIG)
			entries[n].size = 0;
		ev.sent.bytes += entries[n++].size;
	}
	msg.append.count = n;
	net_append(w, node, &msg, n ? &node->log[a->first] : NULL);
	ev.sent.last = a->first + n - 1;
	node_step(w, node, &ev, NULL);
	return !w->failed;
}

static void pump_peer(struct world *w, struct sim_node *node, u32 peer)
{
	u32 budget = 4 * RAFT_APPENDS_MAX + RAFT_SNAPSHOT_WINDOW_BYTES / 64;
	struct raft_append a;
	enum raft_next next;

	while ((next = raft_next_append(node->raft, peer, &a)) != RAFT_NEXT_NOTHING) {
		if (!budget--) {
			sim_fail(w, node->id, "appends without end");
			return;
		}
		if (next == RAFT_NEXT_SNAPSHOT ? !snapshot_send(w, node, &a) :
						 !send_append(w, node, &a))
			return;
	}
}

void node_pump(struct world *w, struct sim_node *node)
{
	u32 peer;

	node->pump_due = false;
	if (node->phase != SIM_UP || node->paused)
		return;
	pump_writes(w, node);
	if (node->role == RAFT_LEADER)
		for (peer = 1; peer <= w->n; peer++)
			if (peer != node->id)
				pump_peer(w, node, peer);
	arm(w, node);
}

/* The end of a turn of the loop; slow ones take in more before they pump. */
void node_turn(struct world *w, struct sim_node *node)
{
	if (!w->draw.turn_max) {
		node_pump(w, node);
	} else if (!node->pump_due && node->phase == SIM_UP) {
		node->pump_due = true;
		world_add(w, w->now + world_random(w, w->draw.turn_max), SIM_PUMP,
			  (u8)node->id, node->life, NULL);
	}
}

void node_tick(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	node_step(w, node, &ev, NULL);
	node_turn(w, node);
	arm(w, node);
}

void node_message(struct world *w, struct sim_node *node, const struct raft_msg *msg,
		  const void *payload)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };

	ev.message.msg = msg;
	ev.message.room = msg->type == RAFT_MSG_FORWARD ? store_room(w, node) : 1 << 20;
	node_step(w, node, &ev, payload);
	node_turn(w, node);
}

int node_propose(struct world *w, struct sim_node *node, const struct raft_proposal *list,
		 u32 count, const void *payload)
{
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	int ret;

	ev.propose.list = list;
	ev.propose.count = count;
	ev.propose.room = store_room(w, node);
	ret = node_step(w, node, &ev, payload);
	if (ret > 0)
		w->proposals += ret;
	node_turn(w, node);
	return ret;
}

/* Unique for ever: the number of the life, and a counter. */
u64 node_tag(struct sim_node *node)
{
	return (node->lives << 40) | ++node->tags;
}

/* ---- the state machine ---- */

void node_apply(struct world *w, struct sim_node *node)
{
	node->apply_due = false;
	while (node->applied < node->commit && !w->failed) {
		const struct sim_entry *entry = &node->log[node->applied + 1];

		if (node->witness)
			node->applied++;
		else
			client_applied(w, node, entry);
	}
	client_serve(w, node);
	snapshot_wanted(w, node);
}

/* ---- life ---- */

/* Open the device; the engine runs once this opening's epoch is durable. */
void node_start(struct world *w, struct sim_node *node)
{
	int error;

	node->life++;
	snapshot_drop(w, node);
	node_log_cut(w, node, 1);
	node->base = 0;
	node->base_term = 0;
	node->last = 0;
	memset(&node->snapshot, 0, sizeof(node->snapshot));
	memset(&node->work.bio, 0, sizeof(node->work.bio));
	node->work.chunk_at = 0;
	node->snapshot_config = w->config;
	node->commit = 0;
	node->applied = 0;
	node->nwaiters = 0;
	node->nreads = 0;
	node->halt = 0;
	node->recovering = false;
	node->pump_due = false;
	node->apply_due = false;
	node->tick_at = 0;
	machine_start(w, node);
	w->restarts++;
	error = store_open(w, node);
	if (w->failed)
		return;
	if (error) {
		node->phase = error == -EUCLEAN ? SIM_BROKEN : SIM_DOWN;
		return;
	}
	node->phase = SIM_OPENING;
	hard_epoch(w, node);
}

void node_running(struct world *w, struct sim_node *node)
{
	struct raft_params params = {
		.self = node->id,
		.seed = world_random(w, ~0ULL),
		.flags = node->store.hard.suspect ? RAFT_F_SUSPECT : 0,
	};

	session_start(w, node);
	store_params(w, node, &params);
	memset(node->raft, 0, raft_size());
	if (raft_init(node->raft, &params, node_now(w, node))) {
		sim_fail(w, node->id, "raft_init() refuses what was recovered");
		return;
	}
	node->config = *raft_get_config(node->raft);
	node->phase = SIM_UP;
	node->lives++;
	node->tags = 0;
	node->role = RAFT_FOLLOWER;
	node->leader = RAFT_NONE;
	node->term = params.term;
	if (node->commit > node->applied)
		fx_commit(w, node, node->commit);
	node_turn(w, node);
	arm(w, node);
}

/* The store has failed, and says so. */
void node_fail(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE, .error = -EIO };

	node_step(w, node, &ev, NULL);
}

void node_crash(struct world *w, struct sim_node *node, bool power)
{
	sim_log(w, node->id, "goes down%s", power ? ", without power" : "");
	disk_crash(w, node, power);
	store_crash(w, node);
	node->life++;
	node->phase = SIM_DOWN;
	node->paused = false;
	node->halt = 0;
	node->recovering = false;
}
