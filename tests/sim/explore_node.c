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

enum { PARTS = 8 };

#define AT(field)	offsetof(struct raft, field)

static u32 parts_of(const struct raft *r, struct part *parts)
{
	const size_t end = AT(log) + sizeof(r->log);
	u32 n = 0;

	parts[n++] = (struct part){ 0, AT(kept) + r->nkept * sizeof(r->kept[0]) };
	/* Configurations between these live no longer than a step. */
	parts[n++] = (struct part){ AT(recovering), AT(snapshot_config) - AT(recovering) };
	if (r->snapshot.index)
		parts[n++] = (struct part){ AT(snapshot_config), sizeof(r->snapshot_config) };
	parts[n++] = (struct part){ AT(incoming), r->incoming.name.index ?
				    sizeof(r->incoming) : sizeof(r->incoming.name) };
	parts[n++] = (struct part){ AT(peers), EX_NODES * sizeof(r->peers[0]) };
	parts[n++] = (struct part){ AT(log), AT(log.runs) - AT(log) };
	parts[n++] = (struct part){ AT(log.runs), r->log.nruns * sizeof(r->log.runs[0]) };
	parts[n++] = (struct part){ end, sizeof(*r) - end };
	return n;
}

static_assert(AT(kept) < AT(told_configs) && AT(told_configs) < AT(recovering) &&
	      AT(draft) < AT(recovering) && AT(recovering) < AT(snapshot) &&
	      AT(snapshot) < AT(snapshot_config) && !offsetof(struct raft_incoming, name) &&
	      AT(snapshot_config) + sizeof(struct raft_config) == AT(incoming) &&
	      AT(incoming) + sizeof(struct raft_incoming) == AT(peers));

static void copy_engine(struct raft *to, const struct raft *from)
{
	struct part parts[PARTS];
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
	u32 i;

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
	/* Seats that nobody has any more. */
	for (i = 0; i < EX_NODES; i++)
		if (!raft_set_has(r->all, (int)i) && r->peers[i].id)
			memset(&r->peers[i], 0, sizeof(r->peers[i]));
}

static void hash_node(struct ex_node *node)
{
	struct part parts[PARTS];
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

/* ---- configurations ---- */

/* The number of a configuration. */
static u8 number_of(struct explorer *x, struct ex_state *s, u32 id,
		    const struct raft_config *config, u64 index)
{
	struct raft_config c = *config;
	u32 i;

	c.index = index;
	for (i = 0; i < x->nconfigs; i++)
		if (!memcmp(&x->configs[i], &c, sizeof(c)))
			return (u8)(i + 1);
	if (x->nconfigs == EX_CONFIGS) {
		ex_fail(s, id, "the scope has more configurations than there is room for");
		return 1;
	}
	x->configs[x->nconfigs++] = c;
	return (u8)x->nconfigs;
}

static const struct raft_config *numbered(const struct explorer *x, u64 number)
{
	return number ? &x->configs[number - 1] : &x->params.config;
}

/* The configuration of a log at an index. */
const struct raft_config *ex_config(const struct explorer *x, const struct ex_log *log,
				    u32 index)
{
	for (; index > log->base && index > log->snap; index--)
		if (log->conf[index])
			return numbered(x, log->conf[index]);
	return numbered(x, log->snap_conf);
}

/* ---- the network ---- */

static void post(struct explorer *x, struct ex_state *s, u32 id, const struct raft_msg *msg,
		 u64 conf)
{
	struct ex_message m;
	u32 i;

	ex_check_message(s, id, msg);
	if (msg->to < 1 || msg->to > EX_NODES)
		return;
	memset(&m, 0, sizeof(m));
	m.msg = *msg;
	m.conf = conf;
	if (msg->type == RAFT_MSG_SNAPSHOT)
		m.msg.snapshot.config = NULL;
	if (msg->type == RAFT_MSG_APPEND) {
		memcpy(m.entries, msg->append.entries,
		       msg->append.count * sizeof(m.entries[0]));
		m.msg.append.entries = NULL;
		m.msg.append.config = NULL;
	}
	m.hash = ex_hash(&m.msg, sizeof(m) - offsetof(struct ex_message, msg), 7);
	/* The same once more is what a copy stands for. */
	for (i = 0; i < s->nmessages; i++)
		if (s->messages[i].hash == m.hash)
			return;
	if (s->nmessages < x->scope->messages)
		s->messages[s->nmessages++] = m;
}

/* ---- the shell ---- */

static void append(struct explorer *x, struct ex_state *s, u32 id,
		   const struct raft_effect *fx, const struct raft_event *ev)
{
	const struct raft_msg *msg = ev->type == RAFT_EV_MESSAGE &&
				     ev->message.msg->type == RAFT_MSG_APPEND ?
				     ev->message.msg : NULL;
	struct ex_log *log = &s->nodes[id].log;
	u32 i;

	for (i = 0; i < fx->append.count; i++) {
		const struct raft_entry *e = msg && !fx->append.noop && !fx->append.config ?
					     &msg->append.entries[fx->append.skip + i] : NULL;

		if (log->last == EX_LOG) {
			ex_fail(s, id, "the scope's log is too short");
			return;
		}
		log->term[++log->last] = (u8)(e ? e->term : fx->append.term);
		if (fx->append.config)
			log->conf[log->last] = number_of(x, s, id, fx->append.config, log->last);
		else if (e && e->type == RAFT_ENTRY_CONFIG)
			log->conf[log->last] = number_of(x, s, id, msg->append.config, log->last);
	}
}

static void cut(struct ex_log *log, u32 last)
{
	log->last = (u8)last;
	memset(&log->term[last + 1], 0, EX_LOG - last);
	memset(&log->conf[last + 1], 0, EX_LOG - last);
}

/* ---- snapshots ---- */

/* A snapshot takes the place of a log.  What it stands for is committed, or it is a bug. */
static void replace(const struct ex_state *s, struct ex_log *log, const struct ex_log *by)
{
	memset(log, 0, sizeof(*log));
	memcpy(log->term, s->committed, by->snap + 1);
	log->term[by->snap] = by->term[by->snap];
	log->last = by->snap;
	log->base = by->snap;
	log->snap = by->snap;
	log->snap_conf = by->snap_conf;
}

static void install(struct explorer *x, struct ex_state *s, u32 id,
		    const struct raft_effect *fx)
{
	struct ex_node *node = &s->nodes[id];

	switch (fx->type) {
	case RAFT_FX_INSTALL:
		memset(&node->in, 0, sizeof(node->in));
		node->in.snap = (u8)fx->install.name.index;
		node->in.term[node->in.snap] = (u8)fx->install.name.term;
		if (fx->install.config->index)
			node->in.snap_conf = number_of(x, s, id, fx->install.config,
						       fx->install.config->index);
		node->in_stage = EX_WANTED;
		break;
	case RAFT_FX_CHUNK:
		node->in_stage = EX_STORING;
		break;
	case RAFT_FX_INSTALL_END:
		node->in_stage = EX_INSTALLING;
		break;
	case RAFT_FX_RESTORE:
		replace(s, &node->log, &node->in);
		node->commit = node->in.snap;
		fallthrough;
	default:
		memset(&node->in, 0, sizeof(node->in));
		node->in_stage = EX_NOTHING;
	}
}

static void forget(struct ex_node *node, u64 index)
{
	node->log.base = (u8)index;
	node->disk.base = (u8)index;
}

static void carry_out(struct explorer *x, struct ex_state *s, u32 id,
		      const struct raft_effect *fx, const struct raft_event *ev)
{
	struct ex_node *node = &s->nodes[id];

	ex_check_effect(x, s, node, id, fx);
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		/* One that waits replaces the one before it, as in the store. */
		node->hard_busy = 1;
		node->hard_term = (u8)fx->hard.term;
		node->hard_vote = (u8)fx->hard.vote;
		node->hard_seq = fx->hard.seq;
		break;
	case RAFT_FX_TRUNCATE:
		cut(&node->log, (u32)fx->truncate - 1);
		break;
	case RAFT_FX_APPEND:
		append(x, s, id, fx, ev);
		break;
	case RAFT_FX_SEND:
		post(x, s, id, &fx->msg, 0);
		break;
	case RAFT_FX_FORGET:
		forget(node, fx->forget.index);
		break;
	case RAFT_FX_INSTALL:
	case RAFT_FX_CHUNK:
	case RAFT_FX_INSTALL_END:
	case RAFT_FX_INSTALL_ABORT:
	case RAFT_FX_RESTORE:
		install(x, s, id, fx);
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

static int step(struct explorer *x, struct ex_state *s, u32 id, const struct raft_event *ev)
{
	const char *broken;
	u32 i;
	int ret;

	ret = raft_step(s->nodes[id].raft, NOW, ev, &x->fx);
	for (i = 0; i < x->fx.n && !s->broken; i++)
		carry_out(x, s, id, &x->fx.list[i], ev);
	broken = raft_check(s->nodes[id].raft);
	if (broken)
		ex_fail(s, id, broken);
	ex_check_node(x, s, id);
	return ret;
}

static void pump_writes(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };
	struct ex_node *node = &s->nodes[id];

	while (!s->broken && raft_next_write(node->raft, &ev.write)) {
		struct ex_write *w = &node->writes[node->nwrites++];

		memset(w, 0, sizeof(*w));
		w->write = ev.write;
		memcpy(&w->terms[ev.write.first], &node->log.term[ev.write.first],
		       ev.write.last + 1 - ev.write.first);
		memcpy(&w->confs[ev.write.first], &node->log.conf[ev.write.first],
		       ev.write.last + 1 - ev.write.first);
		step(x, s, id, &ev);
	}
}

static void send_append(struct explorer *x, struct ex_state *s, u32 id,
			const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SENT, .sent.peer = a->peer,
				 .sent.first = a->first };
	const struct ex_log *log = &s->nodes[id].log;
	struct raft_entry entries[EX_ENTRIES] = {};
	struct raft_msg msg;
	u8 conf = 0;
	u64 i;

	if (a->first <= log->base)
		ex_fail(s, id, "offers what it has forgotten");
	memset(&msg, 0, sizeof(msg));
	msg.type = RAFT_MSG_APPEND;
	msg.from = id;
	msg.to = a->peer;
	msg.term = a->term;
	msg.append.prev_index = a->prev_index;
	msg.append.prev_term = a->prev_index ? log->term[a->prev_index] : 0;
	msg.append.commit = a->commit;
	msg.append.entries = entries;
	for (i = a->first; i <= a->last && msg.append.count < EX_ENTRIES; i++) {
		struct raft_entry *e = &entries[msg.append.count];

		if (log->conf[i] && conf)
			break;
		conf |= log->conf[i];
		msg.append.count++;
		e->index = i;
		e->term = log->term[i];
		e->type = log->conf[i] ? RAFT_ENTRY_CONFIG : RAFT_ENTRY_NOOP;
	}
	post(x, s, id, &msg, conf);
	ev.sent.last = a->first + msg.append.count - 1;
	step(x, s, id, &ev);
}

/* It has one byte. */
static void send_snapshot(struct explorer *x, struct ex_state *s, u32 id,
			  const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };
	struct raft_msg msg;
	u64 conf = 0;

	if (a->snapshot.index != s->nodes[id].log.snap)
		ex_fail(s, id, "offers a snapshot that it does not have");
	memset(&msg, 0, sizeof(msg));
	msg.type = RAFT_MSG_SNAPSHOT;
	msg.from = id;
	msg.to = a->peer;
	msg.term = a->term;
	msg.snapshot.name = a->snapshot;
	msg.snapshot.offset = a->offset;
	msg.snapshot.bytes = a->bytes;
	if (a->config && a->config->index)
		conf = number_of(x, s, id, a->config, a->config->index);
	post(x, s, id, &msg, conf);
	ev.chunk.peer = a->peer;
	ev.chunk.name = a->snapshot;
	ev.chunk.offset = a->offset;
	ev.chunk.bytes = a->bytes;
	step(x, s, id, &ev);
}

static void pump_peer(struct explorer *x, struct ex_state *s, u32 id, u32 peer)
{
	struct raft_append a;
	enum raft_next next;
	u32 budget = 32;

	while (budget-- && !s->broken) {
		next = raft_next_append(s->nodes[id].raft, peer, &a);
		if (next == RAFT_NEXT_APPEND)
			send_append(x, s, id, &a);
		else if (next == RAFT_NEXT_SNAPSHOT)
			send_snapshot(x, s, id, &a);
		else
			break;
	}
}

static void pump(struct explorer *x, struct ex_state *s, u32 id)
{
	u32 peer;

	pump_writes(x, s, id);
	for (peer = 1; peer <= EX_NODES; peer++)
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
	if (m.msg.type == RAFT_MSG_APPEND) {
		m.msg.append.entries = m.entries;
		m.msg.append.config = m.conf ? numbered(x, m.conf) : NULL;
	}
	if (m.msg.type == RAFT_MSG_SNAPSHOT && !m.msg.snapshot.offset)
		m.msg.snapshot.config = numbered(x, m.conf);
	ev.message.msg = &m.msg;
	ev.message.room = 1 << 20;
	step(x, s, m.msg.to, &ev);
	pump(x, s, m.msg.to);
}

static void apply_write(struct ex_node *node, const struct ex_write *w)
{
	u64 i;

	for (i = w->write.first; i <= w->write.last; i++) {
		node->disk.term[i] = w->terms[i];
		node->disk.conf[i] = w->confs[i];
	}
	cut(&node->disk, (u32)w->write.last);
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

static void change(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct raft_change list[EX_STEPS] = {};
	u32 n;

	for (n = 0; n < EX_STEPS && x->scope->steps[n].op; n++) {
		list[n].op = x->scope->steps[n].op;
		list[n].member.id = x->scope->steps[n].id;
	}
	ev.change.list = list;
	ev.change.count = n;
	ev.change.joint = n > 1;
	ev.change.seen = raft_get_config(s->nodes[id].raft)->index;
	ev.change.tag = 1;
	ev.change.room = 1 << 20;
	/* Refused at the door: nothing has happened. */
	if (step(x, s, id, &ev) != 1)
		s->left.changes++;
	pump(x, s, id);
}

static void take_snapshot(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct ex_node *node = &s->nodes[id];
	const struct raft_config *config = ex_config(x, &node->log, node->commit);

	ev.snapshot.name.index = node->commit;
	ev.snapshot.name.term = node->log.term[node->commit];
	ev.snapshot.name.size = 1;
	ev.snapshot.name.crc = 1;
	ev.snapshot.config = config;
	ev.snapshot.forget = node->commit;
	node->log.snap_conf = config->index ? number_of(x, s, id, config, config->index) : 0;
	node->log.snap = node->commit;
	node->disk.snap_conf = node->log.snap_conf;
	node->disk.snap = node->log.snap;
	step(x, s, id, &ev);
	pump(x, s, id);
}

/* Its byte is stored, or it is in force. */
static void received(struct explorer *x, struct ex_state *s, u32 id)
{
	struct ex_node *node = &s->nodes[id];
	struct raft_event ev = {};
	struct raft_snapshot name = { .index = node->in.snap, .size = 1, .crc = 1 };

	name.term = node->in.term[node->in.snap];
	if (node->in_stage == EX_INSTALLING) {
		ev.type = RAFT_EV_INSTALLED;
		ev.snapshot.name = name;
		replace(s, &node->disk, &node->in);
	} else {
		ev.type = RAFT_EV_CHUNK_STORED;
		ev.chunk.name = name;
		ev.chunk.bytes = 1;
		node->in_stage = EX_WANTED;
	}
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
	if (keep && node->in_stage == EX_INSTALLING)
		replace(s, &node->disk, &node->in);
	ex_start(x, s, id);
}

/* Start a node from what its disk holds. */
void ex_start(struct explorer *x, struct ex_state *s, u32 id)
{
	struct raft_run runs[EX_LOG];
	struct raft_config configs[RAFT_CONFIGS_MAX];
	struct raft_params params = x->params;
	struct ex_node *node = &s->nodes[id];
	const struct ex_log *disk = &node->disk;
	u32 i;

	params.self = id;
	params.term = node->disk_term;
	params.vote = node->disk_vote;
	params.base_index = disk->base;
	params.base_term = disk->term[disk->base];
	params.last_index = disk->last;
	if (disk->snap) {
		params.snapshot.index = disk->snap;
		params.snapshot.term = disk->term[disk->snap];
		params.snapshot.size = 1;
		params.snapshot.crc = 1;
		params.config = *numbered(x, disk->snap_conf);
	}
	params.runs = runs;
	params.configs = configs;
	for (i = disk->base + 1; i <= disk->last; i++) {
		if (disk->conf[i]) {
			/* Only the newest, as recovery does. */
			if (params.nconfigs == RAFT_CONFIGS_MAX)
				memmove(configs, configs + 1,
					--params.nconfigs * sizeof(configs[0]));
			configs[params.nconfigs++] = *numbered(x, disk->conf[i]);
		}
		if (i > disk->base + 1U && disk->term[i] == disk->term[i - 1])
			continue;
		runs[params.nruns].first = i;
		runs[params.nruns++].term = disk->term[i];
	}
	memset(node->raft, 0, sizeof(*node->raft));
	if (raft_init(node->raft, &params, NOW)) {
		ex_fail(s, id, "raft_init() refuses what the disk holds");
		return;
	}
	node->log = node->disk;
	memset(&node->in, 0, sizeof(node->in));
	node->in_stage = EX_NOTHING;
	node->commit = max(disk->snap, disk->base);
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
	case EX_CHANGE:
		s->left.changes--;
		change(x, s, action.nth);
		break;
	case EX_SNAPSHOT:
		s->left.snapshots--;
		take_snapshot(x, s, action.nth);
		break;
	case EX_RECEIVED:
		received(x, s, action.nth);
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

/* The shell puts none in force before all it stands for is durable (bug S-4). */
static bool may_take_snapshot(const struct ex_node *node)
{
	u8 commit = node->commit;

	return commit > node->log.snap && commit <= node->disk.last &&
	       node->disk.term[commit] == node->log.term[commit];
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
	for (i = 1; i <= EX_NODES; i++) {
		const struct ex_node *node = &s->nodes[i];
		bool leads = node->role == RAFT_LEADER;
		bool member = raft_config_find(raft_get_config(node->raft), i);

		if (node->nwrites)
			offer(list, &n, EX_WRITTEN, i);
		if (node->hard_busy)
			offer(list, &n, EX_HARD, i);
		if (!leads && member && s->left.timeouts)
			offer(list, &n, EX_TIMEOUT, i);
		if (leads && s->left.beats)
			offer(list, &n, EX_BEAT, i);
		if (leads && s->left.proposals)
			offer(list, &n, EX_PROPOSE, i);
		if (s->left.reads && !node->reads)
			offer(list, &n, EX_READ, i);
		if (leads && s->left.transfers)
			offer(list, &n, EX_TRANSFER, i);
		if (leads && s->left.changes)
			offer(list, &n, EX_CHANGE, i);
		if (s->left.snapshots && may_take_snapshot(node))
			offer(list, &n, EX_SNAPSHOT, i);
		if (node->in_stage >= EX_STORING)
			offer(list, &n, EX_RECEIVED, i);
		if (s->left.crashes) {
			offer(list, &n, EX_CRASH, i);
			if (node->nwrites || node->hard_busy || node->in_stage == EX_INSTALLING)
				offer(list, &n, EX_CRASH_KEEP, i);
		}
	}
	return n;
}
