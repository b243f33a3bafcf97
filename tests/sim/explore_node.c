// SPDX-License-Identifier: GPL-2.0
/*
 * A node of the explorer: the engine, with a log of terms instead of payload, and
 * a disk that ends its writes when the search says so.
 */
#include "explore.h"

/* Time stands still here. */
#define NOW	1000000000ULL

u64 ex_mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return x ^ (x >> 32);
}

u64 ex_hash(const void *p, size_t bytes, u64 hash)
{
	const u8 *at = p;
	u64 word;

	for (; bytes >= 8; bytes -= 8, at += 8) {
		memcpy(&word, at, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	for (; bytes; bytes--)
		hash = (hash ^ *at++) * 0x100000001b3ULL;
	return ex_mix(hash);
}

/*
 * The parts of an engine that a cluster of this size can use: all but the seats
 * and runs behind those that are taken.
 */
struct part {
	size_t at;
	size_t bytes;
};

static u32 parts_of(const struct raft *r, struct part *parts)
{
	const size_t peers = offsetof(struct raft, peers);
	const size_t behind = peers + sizeof(r->peers);
	const size_t runs = offsetof(struct raft, log.runs);
	const size_t end = offsetof(struct raft, log) + sizeof(r->log);

	parts[0] = (struct part){ 0, peers + EX_NODES * sizeof(r->peers[0]) };
	parts[1] = (struct part){ behind, runs - behind };
	parts[2] = (struct part){ runs, r->log.nruns * sizeof(r->log.runs[0]) };
	parts[3] = (struct part){ end, sizeof(*r) - end };
	return 4;
}

static void copy_engine(struct raft *to, const struct raft *from)
{
	struct part parts[4];
	u32 n = parts_of(from, parts), i;

	for (i = 0; i < n; i++)
		memcpy((u8 *)to + parts[i].at, (const u8 *)from + parts[i].at, parts[i].bytes);
}

void ex_copy(struct ex_state *to, const struct ex_state *from)
{
	struct raft *engines[EX_NODES + 1];
	u32 id;

	for (id = 1; id <= EX_NODES; id++)
		engines[id] = to->nodes[id].raft;
	memcpy(to, from, offsetof(struct ex_state, messages));
	memcpy(to->messages, from->messages, from->nmessages * sizeof(to->messages[0]));
	memcpy(&to->left, &from->left, sizeof(*to) - offsetof(struct ex_state, left));
	for (id = 1; id <= EX_NODES; id++) {
		to->nodes[id].raft = engines[id];
		copy_engine(engines[id], from->nodes[id].raft);
	}
}

/*
 * What says nothing about what may come: the draws of the generator, and the
 * numbers of writes when none is under way.
 */
static void normalize(struct ex_node *node)
{
	struct raft *r = node->raft;

	r->random = 1;
	r->election_due = NOW + 1000000000ULL;
	if (!node->hard_busy && raft_hard_durable(r)) {
		r->hard.seq = 0;
		r->hard.durable_seq = 0;
	}
	if (!node->nwrites && !r->disk.n) {
		r->disk.seq = 0;
		memset(r->disk.writes, 0, sizeof(r->disk.writes));
	}
}

static void hash_node(struct ex_node *node)
{
	struct part parts[4];
	u32 n, i;
	u64 hash;

	normalize(node);
	n = parts_of(node->raft, parts);
	hash = ex_hash(&node->log, offsetof(struct ex_node, writes) -
		       offsetof(struct ex_node, log), 1);
	for (i = 0; i < node->nwrites; i++)
		hash = ex_hash(&node->writes[i], sizeof(node->writes[i]), hash);
	for (i = 0; i < n; i++)
		hash = ex_hash((const u8 *)node->raft + parts[i].at, parts[i].bytes, hash);
	node->hash = hash;
}

/* The order of what is in flight does not matter. */
u64 ex_state_hash(const struct ex_state *s)
{
	u64 hash = 0, sum = 0;
	u32 i;

	for (i = 1; i <= EX_NODES; i++)
		hash = ex_mix(hash ^ s->nodes[i].hash);
	for (i = 0; i < s->nmessages; i++)
		sum += ex_mix(s->messages[i].hash);
	hash = ex_mix(hash ^ sum);
	return ex_hash(&s->left, offsetof(struct ex_state, broken) -
		       offsetof(struct ex_state, left), hash);
}

/* ---- the network ---- */

static void post(struct explorer *x, struct ex_state *s, u32 id, const struct raft_msg *msg)
{
	struct ex_message m;
	u32 i;

	ex_check_message(s, id, msg);
	if (msg->to < 1 || msg->to > x->scope->voters)
		return;
	memset(&m, 0, sizeof(m));
	m.msg = *msg;
	if (msg->type == RAFT_MSG_APPEND) {
		memcpy(m.entries, msg->append.entries,
		       msg->append.count * sizeof(m.entries[0]));
		m.msg.append.entries = NULL;
	}
	m.hash = ex_hash(&m.msg, sizeof(m.msg) + sizeof(m.entries), 7);
	/* The same once more is what a copy stands for. */
	for (i = 0; i < s->nmessages; i++)
		if (s->messages[i].hash == m.hash)
			return;
	if (s->nmessages < x->scope->messages)
		s->messages[s->nmessages++] = m;
}

/* ---- the shell ---- */

static void append(struct ex_state *s, struct ex_node *node, u32 id,
		   const struct raft_effect *fx, const struct raft_event *ev)
{
	u32 i;

	for (i = 0; i < fx->append.count; i++) {
		if (node->last == EX_LOG) {
			ex_fail(s, id, "the scope's log is too short");
			return;
		}
		if (ev->type == RAFT_EV_MESSAGE && ev->message.msg->type == RAFT_MSG_APPEND)
			node->log[++node->last] = (u8)
				ev->message.msg->append.entries[fx->append.skip + i].term;
		else
			node->log[++node->last] = (u8)fx->append.term;
	}
}

static void carry_out(struct explorer *x, struct ex_state *s, u32 id,
		      const struct raft_effect *fx, const struct raft_event *ev)
{
	struct ex_node *node = &s->nodes[id];

	ex_check_effect(s, node, id, fx);
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		/* One that waits replaces the one before it, as in the store. */
		node->hard_busy = 1;
		node->hard_term = (u8)fx->hard.term;
		node->hard_vote = (u8)fx->hard.vote;
		node->hard_seq = fx->hard.seq;
		break;
	case RAFT_FX_TRUNCATE:
		node->last = (u8)(fx->truncate - 1);
		memset(&node->log[node->last + 1], 0, EX_LOG - node->last);
		break;
	case RAFT_FX_APPEND:
		append(s, node, id, fx, ev);
		break;
	case RAFT_FX_SEND:
		post(x, s, id, &fx->msg);
		break;
	case RAFT_FX_COMMIT:
		node->commit = (u8)fx->commit;
		break;
	case RAFT_FX_ROLE:
		node->role = fx->role.role;
		node->term = (u8)fx->role.term;
		break;
	default:
		break;
	}
}

static void step(struct explorer *x, struct ex_state *s, u32 id, const struct raft_event *ev)
{
	const char *broken;
	u32 i;

	raft_step(s->nodes[id].raft, NOW, ev, &x->fx);
	for (i = 0; i < x->fx.n && !s->broken; i++)
		carry_out(x, s, id, &x->fx.list[i], ev);
	broken = raft_check(s->nodes[id].raft);
	if (broken)
		ex_fail(s, id, broken);
}

static void pump_writes(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };
	struct ex_node *node = &s->nodes[id];

	while (!s->broken && raft_next_write(node->raft, &ev.write)) {
		struct ex_write *w = &node->writes[node->nwrites++];

		memset(w, 0, sizeof(*w));
		w->write = ev.write;
		memcpy(&w->terms[ev.write.first], &node->log[ev.write.first],
		       ev.write.last + 1 - ev.write.first);
		step(x, s, id, &ev);
	}
}

static void pump_peer(struct explorer *x, struct ex_state *s, u32 id, u32 peer)
{
	struct ex_node *node = &s->nodes[id];
	struct raft_append a;
	u32 budget = 32;

	while (budget-- && !s->broken &&
	       raft_next_append(node->raft, peer, &a) == RAFT_NEXT_APPEND) {
		struct raft_event ev = { .type = RAFT_EV_SENT, .sent.peer = peer,
					 .sent.first = a.first };
		struct raft_entry entries[EX_ENTRIES] = {};
		struct raft_msg msg;
		u64 i;

		memset(&msg, 0, sizeof(msg));
		msg.type = RAFT_MSG_APPEND;
		msg.from = id;
		msg.to = peer;
		msg.term = a.term;
		msg.append.prev_index = a.prev_index;
		msg.append.prev_term = a.prev_index ? node->log[a.prev_index] : 0;
		msg.append.commit = a.commit;
		msg.append.entries = entries;
		for (i = a.first; i <= a.last && msg.append.count < EX_ENTRIES; i++) {
			struct raft_entry *e = &entries[msg.append.count++];

			e->index = i;
			e->term = node->log[i];
			e->type = RAFT_ENTRY_NOOP;
		}
		post(x, s, id, &msg);
		ev.sent.last = a.first + msg.append.count - 1;
		step(x, s, id, &ev);
	}
}

static void pump(struct explorer *x, struct ex_state *s, u32 id)
{
	u32 peer;

	pump_writes(x, s, id);
	for (peer = 1; peer <= x->scope->voters; peer++)
		if (peer != id)
			pump_peer(x, s, id, peer);
	hash_node(&s->nodes[id]);
}

/* ---- what may happen ---- */

static void deliver(struct explorer *x, struct ex_state *s, u32 nth, bool keep)
{
	struct ex_message m = s->messages[nth];
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };

	if (!keep)
		s->messages[nth] = s->messages[--s->nmessages];
	if (m.msg.type == RAFT_MSG_APPEND)
		m.msg.append.entries = m.entries;
	ev.message.msg = &m.msg;
	ev.message.room = 1 << 20;
	step(x, s, m.msg.to, &ev);
	pump(x, s, m.msg.to);
}

static void apply_write(struct ex_node *node, const struct ex_write *w)
{
	u64 i;

	if (w->write.truncate && w->write.truncate <= node->disk_last)
		node->disk_last = (u8)(w->write.truncate - 1);
	for (i = w->write.first; i <= w->write.last; i++)
		node->disk[i] = w->terms[i];
	node->disk_last = (u8)w->write.last;
	memset(&node->disk[node->disk_last + 1], 0, EX_LOG - node->disk_last);
}

static void written(struct explorer *x, struct ex_state *s, u32 id)
{
	struct ex_node *node = &s->nodes[id];
	struct raft_event ev = { .type = RAFT_EV_WRITTEN, .write = node->writes[0].write };

	apply_write(node, &node->writes[0]);
	node->nwrites--;
	memmove(&node->writes[0], &node->writes[1], node->nwrites * sizeof(node->writes[0]));
	step(x, s, id, &ev);
	pump(x, s, id);
}

static void hard_written(struct explorer *x, struct ex_state *s, u32 id)
{
	struct ex_node *node = &s->nodes[id];
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE, .hard_seq = node->hard_seq };

	node->hard_busy = 0;
	node->disk_term = node->hard_term;
	node->disk_vote = node->hard_vote;
	node->hard_seq = 0;
	step(x, s, id, &ev);
	pump(x, s, id);
}

static void tick(struct explorer *x, struct ex_state *s, u32 id, bool beat)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };
	struct raft *r = s->nodes[id].raft;
	u32 i;

	if (!beat)
		r->election_due = NOW;
	for (i = 0; beat && i < QUORUM_MEMBERS_MAX; i++) {
		r->peers[i].sent = NOW - r->timing.heartbeat;
		r->peers[i].since = NOW - r->timing.heartbeat;
	}
	step(x, s, id, &ev);
	pump(x, s, id);
}

static void propose(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_proposal p = { .tag = 1, .size = 1, .type = RAFT_ENTRY_DATA };
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };

	ev.propose.list = &p;
	ev.propose.count = 1;
	ev.propose.room = 1 << 20;
	step(x, s, id, &ev);
	pump(x, s, id);
}

static void read(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_READ, .read.handle = 1 };

	s->nodes[id].reads = 1;
	s->nodes[id].read_floor = s->ncommitted;
	step(x, s, id, &ev);
	pump(x, s, id);
}

static void transfer(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER, .transfer = id % x->scope->voters + 1 };

	step(x, s, id, &ev);
	pump(x, s, id);
}

static void crash(struct explorer *x, struct ex_state *s, u32 id, bool keep)
{
	struct ex_node *node = &s->nodes[id];
	u32 i;

	for (i = 0; keep && i < node->nwrites; i++)
		apply_write(node, &node->writes[i]);
	if (keep && node->hard_busy) {
		node->disk_term = node->hard_term;
		node->disk_vote = node->hard_vote;
	}
	ex_start(x, s, id);
}

/* Start a node from what its disk holds. */
void ex_start(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_run runs[EX_LOG];
	struct raft_params params = x->params;
	struct ex_node *node = &s->nodes[id];
	u32 i;

	params.self = id;
	params.term = node->disk_term;
	params.vote = node->disk_vote;
	params.last_index = node->disk_last;
	params.runs = runs;
	params.nruns = 0;
	for (i = 1; i <= node->disk_last; i++) {
		if (i > 1 && node->disk[i] == node->disk[i - 1])
			continue;
		runs[params.nruns].first = i;
		runs[params.nruns++].term = node->disk[i];
	}
	memset(node->raft, 0, sizeof(*node->raft));
	if (raft_init(node->raft, &params, NOW)) {
		ex_fail(s, id, "raft_init() refuses what the disk holds");
		return;
	}
	memcpy(node->log, node->disk, sizeof(node->log));
	node->last = node->disk_last;
	node->commit = 0;
	node->role = RAFT_FOLLOWER;
	node->term = node->disk_term;
	node->reads = 0;
	node->hard_busy = 0;
	node->hard_seq = 0;
	node->nwrites = 0;
	pump(x, s, id);
}

void ex_act(struct explorer *x, struct ex_state *s, struct ex_action action)
{
	switch (action.kind) {
	case EX_COPY:
		s->left.copies--;
		fallthrough;
	case EX_DELIVER:
		deliver(x, s, action.nth, action.kind == EX_COPY);
		break;
	case EX_WRITTEN:
		written(x, s, action.nth);
		break;
	case EX_HARD:
		hard_written(x, s, action.nth);
		break;
	case EX_TIMEOUT:
		s->left.timeouts--;
		tick(x, s, action.nth, false);
		break;
	case EX_BEAT:
		s->left.beats--;
		tick(x, s, action.nth, true);
		break;
	case EX_PROPOSE:
		s->left.proposals--;
		propose(x, s, action.nth);
		break;
	case EX_READ:
		s->left.reads--;
		read(x, s, action.nth);
		break;
	case EX_TRANSFER:
		s->left.transfers--;
		transfer(x, s, action.nth);
		break;
	default:
		s->left.crashes--;
		crash(x, s, action.nth, action.kind == EX_CRASH_KEEP);
		break;
	}
}

static void offer(struct ex_action *list, u32 *n, u8 kind, u32 nth)
{
	list[*n].kind = kind;
	list[(*n)++].nth = (u8)nth;
}

/* Everything that can happen next. */
u32 ex_actions(const struct explorer *x, const struct ex_state *s, struct ex_action *list)
{
	u32 n = 0, i;

	for (i = 0; i < s->nmessages; i++) {
		offer(list, &n, EX_DELIVER, i);
		if (s->left.copies)
			offer(list, &n, EX_COPY, i);
	}
	for (i = 1; i <= x->scope->voters; i++) {
		const struct ex_node *node = &s->nodes[i];
		bool leads = node->role == RAFT_LEADER;

		if (node->nwrites)
			offer(list, &n, EX_WRITTEN, i);
		if (node->hard_busy)
			offer(list, &n, EX_HARD, i);
		if (!leads && s->left.timeouts)
			offer(list, &n, EX_TIMEOUT, i);
		if (leads && s->left.beats)
			offer(list, &n, EX_BEAT, i);
		if (leads && s->left.proposals)
			offer(list, &n, EX_PROPOSE, i);
		if (s->left.reads && !node->reads)
			offer(list, &n, EX_READ, i);
		if (leads && s->left.transfers)
			offer(list, &n, EX_TRANSFER, i);
		if (s->left.crashes) {
			offer(list, &n, EX_CRASH, i);
			if (node->nwrites || node->hard_busy)
				offer(list, &n, EX_CRASH_KEEP, i);
		}
	}
	return n;
}
