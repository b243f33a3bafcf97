// SPDX-License-Identifier: GPL-2.0
/*
 * The shell of the cluster of engines: what loop, store and net do in the kernel,
 * with a clock, a network and disks that are only data.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include "raft_cluster.h"

/* The sim's own generator; the engines have theirs. */
u64 cluster_random(struct cluster *c, u64 bound)
{
	u64 x = c->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	c->random = x;
	/* All bounds here are far below 2^32: no 64-bit division. */
	return bound ? ((x >> 32) * (u32)bound) >> 32 : 0;
}

static u64 between(struct cluster *c, u64 low, u64 high)
{
	return low + cluster_random(c, high - low + 1);
}

static bool chance(struct cluster *c, u32 permille)
{
	return cluster_random(c, 1000) < permille;
}

void cluster_fail(struct cluster *c, u32 id, const char *what)
{
	if (!c->failed)
		KUNIT_FAIL(c->test, "seed %llu: node %u: %s (time %llu us)\n",
			   (unsigned long long)c->seed, id, what,
			   (unsigned long long)(c->now >> 10));
	c->failed = true;
}

struct cluster *cluster_new(struct kunit *test, u64 seed, u32 voters, u32 learners, u32 flags)
{
	struct cluster *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	u32 id;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->seed = seed;
	c->random = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	c->n = voters + learners;
	c->now = 1000 * MS;
	c->params.config.flags = flags;
	c->params.config.timing.heartbeat = 50 * MS;
	c->params.config.timing.election_min = 150 * MS;
	c->params.config.timing.election_max = 300 * MS;
	c->params.config.n = c->n;
	c->delay_min = c->delay_max = MS / 10;
	c->disk_min = c->disk_max = MS / 10;
	c->batch_max = PACKET_ENTRIES;
	c->next_tag = 1;
	c->packets = kvzalloc(PACKETS_MAX * sizeof(c->packets[0]), GFP_KERNEL);
	c->committed = kvzalloc((LOG_MAX + 1) * sizeof(c->committed[0]), GFP_KERNEL);
	c->commit_term = kvzalloc((LOG_MAX + 1) * sizeof(c->commit_term[0]), GFP_KERNEL);
	c->tag_seen = kvzalloc(TAGS_MAX, GFP_KERNEL);
	c->read_floor = kvzalloc(READS_MAX * sizeof(c->read_floor[0]), GFP_KERNEL);
	c->configs = kvzalloc(CONFIGS_MAX * sizeof(c->configs[0]), GFP_KERNEL);
	for (id = 1; id <= c->n; id++) {
		c->params.config.members[id - 1].id = id;
		c->params.config.members[id - 1].roles =
			id <= voters ? RAFT_M_VOTER : RAFT_M_LEARNER;
		c->nodes[id] = kvzalloc(sizeof(*c->nodes[id]), GFP_KERNEL);
		c->nodes[id]->id = id;
		c->nodes[id]->raft = kvzalloc(raft_size(), GFP_KERNEL);
		c->vote_of[id] = kvzalloc(TERMS_MAX * sizeof(u32), GFP_KERNEL);
	}
	return c;
}

void cluster_boot(struct cluster *c)
{
	u32 id;

	for (id = 1; id <= c->n; id++)
		cluster_restart(c, id);
}

void cluster_free(struct cluster *c)
{
	u32 id;

	for (id = 1; id <= c->n; id++) {
		kvfree(c->nodes[id]->raft);
		kvfree(c->nodes[id]);
		kvfree(c->vote_of[id]);
	}
	kvfree(c->packets);
	kvfree(c->committed);
	kvfree(c->commit_term);
	kvfree(c->tag_seen);
	kvfree(c->read_floor);
	kvfree(c->configs);
	kvfree(c);
}

/* ---- configurations ---- */

static u32 number_of(struct cluster *c, u32 id, const struct raft_config *config, u64 index)
{
	struct raft_config *new = &c->configs[c->nconfigs];
	u32 i;

	if (!index)
		return 0;
	if (c->nconfigs == CONFIGS_MAX) {
		cluster_fail(c, id, "there are more configurations than the test has room for");
		return 0;
	}
	*new = *config;
	new->index = index;
	for (i = 0; memcmp(&c->configs[i], new, sizeof(*new)); i++)
		;
	c->nconfigs += i == c->nconfigs;
	return i + 1;
}

static const struct raft_config *numbered(const struct cluster *c, u32 number)
{
	return number ? &c->configs[number - 1] : &c->params.config;
}

/* The configuration at an index of a node's log in memory. */
const struct raft_config *cluster_config(const struct cluster *c, const struct sim_node *node,
					 u64 index)
{
	for (; index > node->base_index && index > node->snap.index; index--)
		if (node->mem[index].type == RAFT_ENTRY_CONFIG)
			return numbered(c, node->mem[index].size);
	return numbered(c, node->snap_config);
}

/* ---- network ---- */

static void packet_add(struct cluster *c, const struct raft_msg *msg)
{
	struct sim_packet *p;
	u32 i;

	for (i = 0; i < PACKETS_MAX && c->packets[i].used; i++)
		;
	if (i == PACKETS_MAX)
		return;		/* a full queue loses datagrams */
	p = &c->packets[i];
	p->used = true;
	p->due = c->now + between(c, c->delay_min, c->delay_max);
	p->msg = *msg;
	if (msg->type == RAFT_MSG_APPEND) {
		memcpy(p->entries, msg->append.entries,
		       msg->append.count * sizeof(p->entries[0]));
		p->msg.append.entries = p->entries;
	}
	c->npackets = max(c->npackets, i + 1);
}

static void packet_send(struct cluster *c, struct sim_node *node, const struct raft_msg *msg)
{
	check_message(c, node, msg);
	c->sent[msg->type]++;
	if (msg->to < 1 || msg->to > c->n || msg->from != node->id) {
		cluster_fail(c, node->id, "sent to or as nobody");
		return;
	}
	if (c->cut[node->id][msg->to] || chance(c, c->loss) || (c->filter && c->filter(c, msg)))
		return;
	packet_add(c, msg);
	if (chance(c, c->duplicate))
		packet_add(c, msg);
}

/* ---- the shell ---- */

static void fx_append(struct cluster *c, struct sim_node *node, const struct raft_effect *fx,
		      const struct raft_event *ev)
{
	u64 index = fx->append.first;
	u32 i;

	if (index != node->mem_last + 1 || index + fx->append.count > LOG_MAX) {
		cluster_fail(c, node->id, "append does not fit the log");
		return;
	}
	for (i = 0; i < fx->append.count; i++, index++) {
		struct raft_entry *e = &node->mem[index];
		const struct raft_msg *msg = ev->message.msg;

		memset(e, 0, sizeof(*e));
		e->index = index;
		e->term = fx->append.term;
		if (fx->append.noop) {
			e->type = RAFT_ENTRY_NOOP;
		} else if (fx->append.config) {
			e->type = RAFT_ENTRY_CONFIG;
			e->size = number_of(c, node->id, fx->append.config, index);
		} else if (ev->type == RAFT_EV_PROPOSE) {
			e->tag = ev->propose.list[i].tag;
			e->size = ev->propose.list[i].size;
			e->type = ev->propose.list[i].type;
			e->origin = node->id;
		} else if (msg->type == RAFT_MSG_FORWARD) {
			e->tag = msg->forward.tag;
			e->size = msg->forward.size;
			e->type = msg->forward.entry_type;
			e->origin = msg->from;
		} else {
			*e = msg->append.entries[fx->append.skip + i];
			if (e->index != index)
				cluster_fail(c, node->id, "appended at the wrong place");
		}
		node->mem_last = index;
	}
}

static void fx_forward(struct cluster *c, struct sim_node *node, const struct raft_effect *fx,
		       const struct raft_event *ev)
{
	u32 i;

	for (i = 0; i < fx->forward.count; i++) {
		struct raft_msg msg = { .type = RAFT_MSG_FORWARD };

		msg.from = node->id;
		msg.to = fx->forward.leader;
		msg.term = fx->forward.term;
		msg.forward.tag = ev->propose.list[i].tag;
		msg.forward.size = ev->propose.list[i].size;
		msg.forward.entry_type = ev->propose.list[i].type;
		packet_send(c, node, &msg);
	}
}

static void fx_hard(struct cluster *c, struct sim_node *node, const struct raft_effect *fx)
{
	struct sim_hard *hard = node->hard.seq ? &node->hard_next : &node->hard;

	hard->term = fx->hard.term;
	hard->vote = fx->hard.vote;
	hard->seq = fx->hard.seq;
	hard->due = c->now + between(c, c->disk_min, c->disk_max);
}

static void fx_read(struct cluster *c, struct sim_node *node, const struct raft_effect *fx)
{
	u64 *floor = &c->read_floor[fx->read.handle];

	if (*floor == RAFT_NEVER)
		cluster_fail(c, node->id, "a read was answered twice");
	else if (fx->read.reason == RAFT_OK && fx->read.index < *floor)
		cluster_fail(c, node->id, "stale read");
	else if (fx->read.reason == RAFT_OK)
		c->reads_done++;
	*floor = RAFT_NEVER;
}

static void fx_chunk(struct cluster *c, struct sim_node *node, const struct raft_effect *fx)
{
	struct raft_event *ev = &node->chunks[node->nchunks++];

	memset(ev, 0, sizeof(*ev));
	ev->type = RAFT_EV_CHUNK_STORED;
	ev->error = chance(c, c->chunk_loss) ? -EIO : 0;
	ev->chunk.name = fx->chunk.name;
	ev->chunk.offset = fx->chunk.offset;
	ev->chunk.bytes = fx->chunk.bytes;
}

/* The log is replaced: everything up to the snapshot is what was committed. */
static void fx_restore(struct cluster *c, struct sim_node *node, const struct raft_effect *fx)
{
	u64 index = fx->install.name.index, i;

	if (index > c->commit_max || c->committed[index].term != fx->install.name.term ||
	    index <= node->commit)
		cluster_fail(c, node->id, "restored from what is not committed");
	for (i = 1; i <= index && i <= c->commit_max; i++) {
		node->mem[i] = c->committed[i];
		node->disk[i] = c->committed[i];
	}
	node->mem_last = index;
	node->disk_last = index;
	node->base_index = index;
	node->snap = fx->install.name;
	node->snap_config = number_of(c, node->id, fx->install.config,
				      fx->install.config->index);
	node->commit = index;
	c->restores++;
}

static void carry_out(struct cluster *c, struct sim_node *node, const struct raft_effect *fx,
		      const struct raft_event *ev)
{
	check_effect(c, node, fx);
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		fx_hard(c, node, fx);
		break;
	case RAFT_FX_TRUNCATE:
		node->mem_last = fx->truncate - 1;
		break;
	case RAFT_FX_APPEND:
		fx_append(c, node, fx, ev);
		break;
	case RAFT_FX_SEND:
		packet_send(c, node, &fx->msg);
		break;
	case RAFT_FX_COMMIT:
		node->commit = fx->commit;
		break;
	case RAFT_FX_ROLE:
		node->role = fx->role.role;
		node->term = fx->role.term;
		node->leader = fx->role.leader;
		break;
	case RAFT_FX_FORWARD:
		fx_forward(c, node, fx, ev);
		break;
	case RAFT_FX_READ:
		fx_read(c, node, fx);
		break;
	case RAFT_FX_FORGET:
		node->base_index = fx->forget.index;
		break;
	case RAFT_FX_INSTALL:
	case RAFT_FX_INSTALL_ABORT:
		node->nchunks = 0;
		break;
	case RAFT_FX_CHUNK:
		fx_chunk(c, node, fx);
		break;
	case RAFT_FX_INSTALL_END:
		if (node->nwrites)
			cluster_fail(c, node->id, "installs during a write");
		node->install = true;
		node->installing = fx->install.name;
		break;
	case RAFT_FX_HEALED:
		node->suspect = false;
		break;
	case RAFT_FX_RESTORE:
		fx_restore(c, node, fx);
		break;
	case RAFT_FX_HALT:
		node->halt = fx->halt.code;
		break;
	default:
		break;
	}
}

static int step_once(struct cluster *c, struct sim_node *node, const struct raft_event *ev)
{
	u32 i;
	int ret;

	ret = raft_step(node->raft, c->now, ev, &c->fx);
	node->steps++;
	for (i = 0; i < c->fx.n && !c->failed; i++)
		carry_out(c, node, &c->fx.list[i], ev);
	check_step(c, node);
	return ret;
}

static int step(struct cluster *c, struct sim_node *node, const struct raft_event *ev)
{
	int ret = step_once(c, node, ev);

	/* The snapshot store is as fast as that. */
	while ((node->nchunks || node->install) && !c->failed) {
		struct raft_event done = { .type = RAFT_EV_INSTALLED };
		u32 i;

		if (node->nchunks) {
			done = node->chunks[0];
			node->nchunks--;
			for (i = 0; i < node->nchunks; i++)
				node->chunks[i] = node->chunks[i + 1];
		} else {
			node->install = false;
			done.snapshot.name = node->installing;
			done.error = chance(c, c->chunk_loss) ? -EUCLEAN : 0;
		}
		step_once(c, node, &done);
	}
	return ret;
}

static void pump_writes(struct cluster *c, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };

	while (raft_next_write(node->raft, &ev.write) && !c->failed) {
		struct sim_write *w = &node->writes[node->nwrites++];

		/* Not everything may fit into one record. */
		if (ev.write.last > ev.write.first && chance(c, 200))
			ev.write.last = ev.write.first +
				cluster_random(c, ev.write.last - ev.write.first);
		ev.write.last = min(ev.write.last, ev.write.first + RECORD_ENTRIES - 1);
		w->write = ev.write;
		w->done = false;
		memcpy(w->entries, &node->mem[ev.write.first],
		       (ev.write.last + 1 - ev.write.first) * sizeof(w->entries[0]));
		w->due = c->now + between(c, c->disk_min, c->disk_max);
		step(c, node, &ev);
	}
}

static void pump_snapshot(struct cluster *c, struct sim_node *node, const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT };

	msg.from = node->id;
	msg.to = a->peer;
	msg.term = a->term;
	msg.history = a->history;
	msg.snapshot.name = a->snapshot;
	msg.snapshot.offset = a->offset;
	msg.snapshot.bytes = a->bytes;
	/* The engine's own is gone by the time it arrives. */
	if (!a->offset)
		msg.snapshot.config = numbered(c, number_of(c, node->id, a->config,
							    a->config->index));
	packet_send(c, node, &msg);
	ev.chunk.peer = a->peer;
	ev.chunk.name = a->snapshot;
	ev.chunk.offset = a->offset;
	ev.chunk.bytes = a->bytes;
	step(c, node, &ev);
}

static void pump_peer(struct cluster *c, struct sim_node *node, u32 peer)
{
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_append a;
	u32 budget = 4 * RAFT_APPENDS_MAX;

	enum raft_next next;

	while ((next = raft_next_append(node->raft, peer, &a)) && !c->failed) {
		struct raft_msg msg = { .type = RAFT_MSG_APPEND };
		u64 i, bytes = 0;

		if (!budget--) {
			cluster_fail(c, node->id, "appends without end");
			return;
		}
		if (next == RAFT_NEXT_SNAPSHOT) {
			pump_snapshot(c, node, &a);
			continue;
		}
		msg.from = node->id;
		msg.to = peer;
		msg.term = a.term;
		msg.history = a.history;
		msg.append.prev_index = a.prev_index;
		msg.append.prev_term = a.prev_index ? node->mem[a.prev_index].term : 0;
		if (a.prev_known && a.prev_term != msg.append.prev_term)
			cluster_fail(c, node->id, "prev_term is not the log's");
		msg.append.commit = a.commit;
		msg.append.entries = &node->mem[a.first];
		for (i = a.first; i <= a.last && msg.append.count < c->batch_max; i++) {
			if (msg.append.count && bytes + node->mem[i].size > a.bytes)
				break;
			if (node->mem[i].type == RAFT_ENTRY_CONFIG) {
				if (msg.append.config)
					break;
				msg.append.config = numbered(c, node->mem[i].size);
			}
			bytes += node->mem[i].size;
			msg.append.count++;
		}
		packet_send(c, node, &msg);
		ev.sent.peer = peer;
		ev.sent.first = a.first;
		ev.sent.last = a.first + msg.append.count - 1;
		ev.sent.bytes = (u32)bytes;
		step(c, node, &ev);
	}
}

void cluster_pump(struct cluster *c, u32 id)
{
	struct sim_node *node = c->nodes[id];
	u32 peer;

	pump_writes(c, node);
	for (peer = 1; peer <= c->n; peer++)
		pump_peer(c, node, peer);
}

void cluster_tick(struct cluster *c, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	step(c, c->nodes[id], &ev);
	cluster_pump(c, id);
}

int cluster_propose(struct cluster *c, u32 id, u32 count)
{
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct raft_proposal *list = c->list;
	struct sim_node *node = c->nodes[id];
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		list[i].tag = c->next_tag++;
		list[i].size = 1 + (u32)cluster_random(c, 100);
		list[i].type = RAFT_ENTRY_DATA;
	}
	ev.propose.list = list;
	ev.propose.count = count;
	ev.propose.room = node->mem_last + 2 * count < LOG_MAX - 256 ? 1 << 20 : 0;
	ret = step(c, node, &ev);
	if (ret > 0)
		node->proposed += ret;
	cluster_pump(c, id);
	return ret;
}

int cluster_read(struct cluster *c, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_READ };
	int ret;

	if (c->next_read == READS_MAX)
		return 0;
	ev.read.handle = c->next_read++;
	c->read_floor[ev.read.handle] = c->commit_max;
	ret = step(c, c->nodes[id], &ev);
	cluster_pump(c, id);
	return ret;
}

int cluster_transfer(struct cluster *c, u32 id, u32 target)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };
	int ret;

	ev.transfer = target;
	ret = step(c, c->nodes[id], &ev);
	cluster_pump(c, id);
	return ret;
}

/* Ask for any change, sensible or not: one step, or several at once. */
int cluster_change(struct cluster *c, u32 id)
{
	static const u8 ops[] = {
		RAFT_CHANGE_ADD, RAFT_CHANGE_LEARNER, RAFT_CHANGE_VOTER, RAFT_CHANGE_PROMOTE,
		RAFT_CHANGE_REMOVE,
	};
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct raft_change list[3];
	u32 i, first = (u32)cluster_random(c, c->n);
	int ret;

	if (c->nconfigs + 8 > CONFIGS_MAX)
		return 0;
	memset(list, 0, sizeof(list));
	ev.change.list = list;
	ev.change.count = 1 + (u32)cluster_random(c, min(c->n, 3U));
	ev.change.joint = ev.change.count > 1;
	ev.change.room = 1 << 20;
	ev.change.seen = raft_get_config(c->nodes[id]->raft)->index;
	for (i = 0; i < ev.change.count; i++) {
		list[i].op = ops[cluster_random(c, ARRAY_SIZE(ops))];
		list[i].member.id = 1 + (first + i) % c->n;
	}
	ret = step(c, c->nodes[id], &ev);
	c->changes += ret == 1;
	cluster_pump(c, id);
	return ret;
}

/* Take a snapshot of what is committed, and keep @keep entries behind it. */
void cluster_snapshot(struct cluster *c, u32 id, u64 keep)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct sim_node *node = c->nodes[id];
	const struct raft_config *config = cluster_config(c, node, node->commit);

	if (node->commit <= node->snap.index)
		return;
	ev.snapshot.name.index = node->commit;
	ev.snapshot.name.term = node->mem[node->commit].term;
	ev.snapshot.name.size = SNAPSHOT_BYTES + node->commit;
	ev.snapshot.name.crc = id;
	ev.snapshot.config = config;
	ev.snapshot.forget = node->commit > keep ? node->commit - keep : 0;
	/* On the device before the engine hears of it; what it covers is there as well. */
	if (node->commit > node->disk_last)
		return;
	node->snap_config = number_of(c, id, config, config->index);
	node->snap = ev.snapshot.name;
	step(c, node, &ev);
	cluster_pump(c, id);
}

/* ---- disks ---- */

/* A write reaches the medium. */
static void apply_write(struct sim_node *node, const struct sim_write *w)
{
	u64 i;

	if (w->write.truncate)
		node->disk_last = w->write.truncate - 1;
	for (i = w->write.first; i <= w->write.last; i++)
		node->disk[i] = w->entries[i - w->write.first];
	node->disk_last = w->write.last;
}

static void write_ended(struct cluster *c, struct sim_node *node, u32 nth)
{
	struct raft_event ev = { .type = RAFT_EV_WRITTEN };
	u32 done = 0, i;

	ev.write = node->writes[nth].write;
	node->writes[nth].done = true;
	/* The medium holds a prefix of the writes, in order. */
	while (done < node->nwrites && node->writes[done].done)
		apply_write(node, &node->writes[done++]);
	node->nwrites -= done;
	for (i = 0; i < node->nwrites; i++)
		node->writes[i] = node->writes[i + done];
	step(c, node, &ev);
	cluster_pump(c, node->id);
}

void cluster_write_done(struct cluster *c, u32 id, u32 nth)
{
	write_ended(c, c->nodes[id], nth);
}

static void hard_ended(struct cluster *c, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE };

	ev.hard_seq = node->hard.seq;
	node->disk_term = node->hard.term;
	node->disk_vote = node->hard.vote;
	node->hard = node->hard_next;
	node->hard_next.seq = 0;
	if (node->hard.seq)
		node->hard.due = c->now + between(c, c->disk_min, c->disk_max);
	step(c, node, &ev);
	cluster_pump(c, node->id);
}

/* Power cut: of what is under way, a prefix may have reached the medium. */
void cluster_crash(struct cluster *c, u32 id)
{
	struct sim_node *node = c->nodes[id];
	u32 i;

	for (i = 0; i < node->nwrites; i++) {
		if (!node->writes[i].done && chance(c, 500))
			break;
		apply_write(node, &node->writes[i]);
	}
	if (node->hard.seq && chance(c, 500)) {
		node->disk_term = node->hard.term;
		node->disk_vote = node->hard.vote;
	}
	node->nwrites = 0;
	node->hard.seq = 0;
	node->hard_next.seq = 0;
	node->nchunks = 0;
	node->install = false;
	node->up = false;
}

/* What recovery finds, handed to a new engine. */
/* It is found dead, and its log damaged behind @last. */
void cluster_damage(struct cluster *c, u32 id, u64 last)
{
	struct sim_node *node = c->nodes[id];

	if (node->up)
		cluster_crash(c, id);
	last = max3(last, node->base_index, node->snap.index);
	node->had = node->suspect ? node->had : 0;
	node->had = max(node->had, node->disk_last);
	node->suspect = true;
	node->disk_last = min(node->disk_last, last);
}

void cluster_restart(struct cluster *c, u32 id)
{
	struct sim_node *node = c->nodes[id];
	struct raft_params params = c->params;
	struct raft_config *configs;
	struct raft_run *runs;
	u64 i;

	runs = kvzalloc((LOG_MAX + 1) * sizeof(*runs), GFP_KERNEL);
	configs = kvzalloc(RAFT_CONFIGS_MAX * sizeof(*configs), GFP_KERNEL);
	params.config = *numbered(c, node->snap_config);
	params.configs = configs;
	for (i = 1; i <= node->disk_last; i++) {
		node->mem[i] = node->disk[i];
		if (i <= node->base_index)
			continue;
		if (node->disk[i].type == RAFT_ENTRY_CONFIG && i > node->snap.index) {
			if (params.nconfigs == RAFT_CONFIGS_MAX)
				memmove(configs, configs + 1,
					--params.nconfigs * sizeof(*configs));
			configs[params.nconfigs++] = *numbered(c, node->disk[i].size);
		}
		if (i == node->base_index + 1 || node->disk[i].term != node->disk[i - 1].term) {
			runs[params.nruns].first = i;
			runs[params.nruns++].term = node->disk[i].term;
		}
	}
	node->mem_last = node->disk_last;
	params.self = id;
	params.flags |= node->suspect ? RAFT_F_SUSPECT : 0;
	params.seed = c->seed ^ ((u64)node->steps << 32);
	params.term = node->disk_term;
	params.vote = node->disk_vote;
	params.last_index = node->disk_last;
	params.base_index = node->base_index;
	params.base_term = node->base_index ? node->disk[node->base_index].term : 0;
	params.snapshot = node->snap;
	params.runs = runs;
	memset(node->raft, 0, raft_size());
	if (raft_init(node->raft, &params, c->now))
		cluster_fail(c, id, "raft_init() refused what was recovered");
	kvfree(runs);
	kvfree(configs);
	node->up = true;
	node->commit = max(node->snap.index, node->base_index);
	node->role = RAFT_FOLLOWER;
	node->leader = RAFT_NONE;
	node->term = params.term;
}

void cluster_cut(struct cluster *c, u32 a, u32 b, bool cut)
{
	c->cut[a][b] = cut;
	c->cut[b][a] = cut;
}

void cluster_isolate(struct cluster *c, u32 id, bool cut)
{
	u32 other;

	for (other = 1; other <= c->n; other++)
		if (other != id)
			cluster_cut(c, id, other, cut);
}

/* ---- time ---- */

static void deliver(struct cluster *c, struct sim_packet *p)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };
	struct sim_node *node = c->nodes[p->msg.to];
	bool heard = node->up && !node->deaf;

	if (heard) {
		ev.message.msg = &p->msg;
		ev.message.room = node->mem_last < LOG_MAX - 256 ? 1 << 20 : 0;
		step(c, node, &ev);
	}
	/* Before the pump, which may use the slot again. */
	p->used = false;
	if (heard)
		cluster_pump(c, node->id);
	while (c->npackets && !c->packets[c->npackets - 1].used)
		c->npackets--;
}

/* What is due next, in the order in which a shell would take it (bug P-5). */
struct due {
	u64 at;
	struct sim_packet *packet;
	struct sim_node *node;
	int write;	/* nth, -1: hard state, -2: deadline */
};

static void sooner(struct cluster *c, struct due *due, u64 at, struct sim_packet *packet,
		   struct sim_node *node, int write)
{
	if ((s64)(at - c->now) < 0)
		at = c->now;
	if ((due->packet || due->node) && (s64)(at - due->at) >= 0)
		return;
	due->at = at;
	due->packet = packet;
	due->node = node;
	due->write = write;
}

static void next_due(struct cluster *c, struct due *due)
{
	u32 i, id;

	memset(due, 0, sizeof(*due));
	for (i = 0; i < c->npackets; i++)
		if (c->packets[i].used && !c->nodes[c->packets[i].msg.to]->paused)
			sooner(c, due, c->packets[i].due, &c->packets[i], NULL, 0);
	for (id = 1; id <= c->n; id++) {
		struct sim_node *node = c->nodes[id];

		if (!node->up || node->paused)
			continue;
		if (node->hard.seq && !node->hold_hard)
			sooner(c, due, node->hard.due, NULL, node, -1);
		for (i = 0; i < node->nwrites && !node->hold_writes; i++)
			if (!node->writes[i].done)
				sooner(c, due, node->writes[i].due, NULL, node, (int)i);
		if (raft_deadline(node->raft) != RAFT_NEVER)
			sooner(c, due, raft_deadline(node->raft), NULL, node, -2);
	}
}

/* Let one thing happen, if it does until @limit.  Return: did it? */
bool cluster_step_time(struct cluster *c, u64 limit)
{
	struct due due;

	next_due(c, &due);
	if (c->failed || (!due.packet && !due.node) || (s64)(due.at - limit) > 0) {
		c->now = limit;
		return false;
	}
	c->now = due.at;
	if (due.packet)
		deliver(c, due.packet);
	else if (due.write == -2)
		cluster_tick(c, due.node->id);
	else if (due.write == -1)
		hard_ended(c, due.node);
	else
		write_ended(c, due.node, (u32)due.write);
	return true;
}

void cluster_run(struct cluster *c, u64 ns)
{
	u64 limit = c->now + ns;
	u32 budget = 2000000;

	while (cluster_step_time(c, limit)) {
		if (!budget--) {
			cluster_fail(c, 0, "time does not pass");
			return;
		}
	}
}

/* The leader of the highest term that leads, 0: none. */
u32 cluster_leader(struct cluster *c)
{
	u32 id, leader = 0;

	for (id = 1; id <= c->n; id++) {
		const struct sim_node *node = c->nodes[id];

		if (node->up && node->role == RAFT_LEADER &&
		    (!leader || node->term > c->nodes[leader]->term))
			leader = id;
	}
	return leader;
}

u32 cluster_elect(struct cluster *c, u64 limit)
{
	u64 end = c->now + limit;

	while (!cluster_leader(c) && cluster_step_time(c, end))
		;
	return cluster_leader(c);
}

/* All members that are up agree, and nothing is held any more (bug D-12). */
bool cluster_settled(struct cluster *c)
{
	u32 leader = cluster_leader(c), id;
	const struct raft_config *config;
	struct raft_status st;

	if (!leader)
		return false;
	config = raft_get_config(c->nodes[leader]->raft);
	for (id = 1; id <= c->n; id++) {
		const struct sim_node *node = c->nodes[id];

		/* Who is no member need not know. */
		if (!node->up || !raft_config_find(config, id))
			continue;
		raft_get_status(node->raft, &st);
		if (node->commit != c->nodes[leader]->mem_last ||
		    node->mem_last != node->commit || st.uncommitted_bytes ||
		    st.leader != leader || st.durable_index != node->mem_last)
			return false;
	}
	return true;
}
