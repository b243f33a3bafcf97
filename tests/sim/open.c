// SPDX-License-Identifier: GPL-2.0
/*
 * What a device holds when a node starts, found by the module's own recovery, and
 * what the engine and the state machine are told of it.
 */
#include "sim.h"

void store_format(struct world *w, struct sim_node *node)
{
	static struct disk_plan plan;
	struct disk_format format = {
		.device_bytes = w->draw.device_bytes,
		.logical_block = DISK_SECTOR_BYTES,
		.physical_block = w->draw.physical_block,
		.node = node->id,
		.genesis = w->genesis,
	};
	u32 i;

	/* Who joins later has a seat in its own genesis, and in no other's. */
	if (node->id > w->config.n) {
		format.genesis.members[format.genesis.n].id = node->id;
		format.genesis.members[format.genesis.n++].voter = false;
	}
	for (i = 0; i < sizeof(format.device); i++)
		format.device[i] = (u8)world_random(w, 256);
	node->disk.bytes = format.device_bytes;
	if (disk_format_plan(&plan, &format) != DISK_OK) {
		sim_fail(w, node->id, "format refused the device");
		return;
	}
	for (i = 0; i < plan.n; i++)
		if (plan.write[i].data)
			disk_poke(&node->disk, plan.write[i].offset, plan.write[i].data,
				  plan.write[i].bytes);
	node->store.super = plan.super;
	node->store.view_hard = plan.hard;
	node->incarnation = plan.super.incarnation;
}

/* A new device, of which nothing has to be found. */
void store_wipe(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u32 id;

	disk_reset(w, node);
	s->view_last = 0;
	s->doubt = false;
	s->n = 0;
	s->nrecords = 0;
	s->last_snapshot = 0;
	store_format(w, node);
	s->hard = s->view_hard;
	for (id = 1; id <= w->n; id++)
		node->known[id] = w->nodes[id]->incarnation;
}

struct opening {
	struct world *w;
	struct sim_node *node;
	u64 lsn;		/* of the record that is read */
	u64 position;
};

static int open_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct opening *o = ctx;

	return disk_read(o->w, o->node, offset, buf, bytes);
}

/* A good record: the log can be let go of from here on. */
static int open_record(void *ctx, const struct disk_head *head, const void *record)
{
	struct opening *o = ctx;
	struct sim_store *s = &o->node->store;
	struct sim_mark mark = {
		.lsn = head->lsn,
		.position = head->position,
		.prev_crc = head->prev_crc,
		.at = s->at,
		.last = head->nr ? head->first_index + head->nr - 1 : 0,
	};

	o->lsn = head->lsn;
	o->position = head->position;
	store_mark(o->w, s, &mark);
	s->at += disk_record_span(&s->super, head);
	return 0;
}

static int open_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct opening *o = ctx;

	if (entry->index != o->node->last + 1) {
		sim_fail(o->w, o->node->id, "recovery skips from %llu to %llu",
			 (unsigned long long)o->node->last, (unsigned long long)entry->index);
		return -EINVAL;
	}
	node_log_set(o->w, o->node, entry, payload);
	checkpoint_entry(o->w, &o->node->store, entry, o->lsn, o->position);
	return 0;
}

/* Is the configuration that goes with a checkpoint the newest in front of it? */
static int open_config(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct opening *o = ctx;
	struct sim_node *node = o->node;
	u64 i = node->store.hard.check.index;

	while (i > node->base && node->log[i].e.type != RAFT_ENTRY_CONFIG)
		i--;
	if (i != entry->index || node->log[i].e.term != entry->term ||
	    payload_hash(payload, entry->size) != node->log[i].hash)
		sim_fail(o->w, node->id, "the checkpoint goes with configuration %llu, not %llu",
			 (unsigned long long)entry->index, (unsigned long long)i);
	return 0;
}

static int open_truncate(void *ctx, u64 index)
{
	struct opening *o = ctx;

	if (index <= o->node->last)
		node_log_cut(o->w, o->node, index);
	checkpoint_truncate(&o->node->store, index);
	return 0;
}

/* Verdicts that a device of ours may only get when it was damaged. */
static int refused(struct world *w, struct sim_node *node, const struct recover_result *r)
{
	sim_log(w, node->id, "the device is refused: %s", recover_row_text(r->row));
	if (!node->disk.damaged)
		sim_fail(w, node->id, "a device without damage is refused: %s",
			 recover_row_text(r->row));
	return -EUCLEAN;
}

static void take_over(struct sim_node *node, const struct recover_result *r)
{
	struct sim_store *s = &node->store;

	s->cursor = r->next;
	s->cursor.epoch = s->hard.epoch + 1;
	s->durable_lsn = r->next.lsn - 1;
	s->hard_bad = r->hard_bad != 0;
	s->want = s->hard;
	s->want_any = false;
	s->want_seq = 0;
	s->want_switch = SWITCH_NONE;
	s->hard_busy = false;
	s->hard_seq = 0;
	s->hard_switch = SWITCH_NONE;
	s->check.last_term = r->last_term;
	s->check.types |= s->hard.check.types;
	s->failed = false;
	s->stopping = false;
	s->resetting = false;
	s->release = 0;
	s->healed = false;
}

/*
 * The opening's flush is done: what was recovered is durable, and what was under
 * way in the life before cannot appear or vanish any more.
 */
void store_taken(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u64 i;

	s->view = pool_grow(w, s->view, &s->view_cap, node->last + 1, sizeof(u64));
	for (i = s->hard.base_index + 1; i <= node->last; i++)
		s->view[i] = node->log[i].e.term;
	s->view_last = node->last;
	s->view_hard = s->hard;
	s->doubt = false;
	s->head = 0;
	s->n = 0;
	memset(s->slots, 0, sizeof(s->slots));
	node->disk.damaged = false;
}

/* The newest configurations of the log, oldest first. */
static void fill_configs(struct world *w, struct sim_node *node, struct raft_params *params)
{
	u64 i;
	u32 n = 0;

	for (i = node->last; i > node->store.hard.base_index && n < RAFT_CONFIGS_MAX; i--) {
		const struct sim_entry *entry = &node->log[i];
		struct raft_config *config = &w->configs[RAFT_CONFIGS_MAX - 1 - n];

		if (entry->e.type != RAFT_ENTRY_CONFIG)
			continue;
		if (!config_decode(entry->payload, entry->e.size, config)) {
			sim_fail(w, node->id, "entry %llu holds no configuration",
				 (unsigned long long)i);
			return;
		}
		config->index = i;
		n++;
		/* Of those in front of the checkpoint only the newest is known. */
		if (i <= node->store.check.from)
			break;
	}
	params->configs = &w->configs[RAFT_CONFIGS_MAX - n];
	params->nconfigs = n;
}

/* What the engine is told of it. */
void store_params(struct world *w, struct sim_node *node, struct raft_params *params)
{
	struct sim_store *s = &node->store;
	u64 cap = w->runs_cap, i;

	params->term = s->hard.term;
	params->vote = s->hard.vote;
	params->base_index = s->hard.base_index;
	params->base_term = s->hard.base_term;
	params->last_index = node->last;
	params->snapshot = node->snapshot;
	params->config = node->snapshot_config;
	params->nruns = 0;
	params->commit_index = s->check.from;
	for (i = max(s->hard.base_index + 1, s->check.from); i <= node->last; i++) {
		if (params->nruns && node->log[i].e.term == w->runs[params->nruns - 1].term)
			continue;
		w->runs = pool_grow(w, w->runs, &cap, params->nruns + 1, sizeof(w->runs[0]));
		w->runs_cap = (u32)cap;
		w->runs[params->nruns].first = i;
		w->runs[params->nruns++].term = node->log[i].e.term;
	}
	params->runs = w->runs;
	fill_configs(w, node, params);
}

/* The snapshot in force becomes the state. */
static void open_snapshot(struct world *w, struct sim_node *node,
			  const struct quorum_snap_meta *meta)
{
	static u8 data[SIM_SNAPSHOT_MAX];

	snapshot_adopt(w, node, meta);
	snapshot_read(w, node, 0, (u32)meta->bytes, data);
	check_opened(w, node, meta->index, meta->term);
	if (!node->witness)
		machine_restore(w, node, data, (u32)meta->bytes, meta->index, meta->term);
	node->commit = meta->index;
	node->applied = meta->index;
	if (!w->failed)
		check_applied(w, node, true);
}

/* All that lies before the checkpoint is committed. */
static void open_committed(struct world *w, struct sim_node *node)
{
	u64 index = node->store.check.from;

	if (!history_knows(w, node, index, node_term_at(node, index)))
		sim_fail(w, node->id, "the checkpoint %llu is of what nobody committed",
			 (unsigned long long)index);
	node->commit = index;
}

static void repair_super(struct sim_node *node)
{
	const struct disk_super *super = &node->store.super;

	disk_poke(&node->disk, 0, NULL, QUORUM_BLOCK_BYTES);
	disk_super_encode(super, node->disk.image);
	disk_poke(&node->disk, (super->blocks - 1) * QUORUM_BLOCK_BYTES, node->disk.image,
		  QUORUM_BLOCK_BYTES);
}

/* Something that was acknowledged may be missing: remember it. */
void store_suspect(struct sim_store *s, const struct recover_result *r, u64 seen_last)
{
	struct disk_hard *h = &s->hard;
	u64 first = max(r->last_index, h->base_index) + 1;

	h->suspect_first = h->suspect ? min(h->suspect_first, first) : first;
	h->suspect_last = max3(h->suspect_last, seen_last, h->suspect_first);
	h->suspect = true;
}

/*
 * The snapshot is lost, and the log alone is no use: go on with neither.  What lies in
 * the ring is left far behind, so that none of it is ever taken for the new log.
 */
static int recover_lost(const struct recover_io *io, struct sim_store *s, u8 *buf,
			struct recover_result *r)
{
	struct recover_result whole = *r;
	int error;

	whole.verdict = RECOVER_NONE;
	error = recover_log(io, &s->super, &s->hard, buf, QUORUM_RECORD_BYTES_MAX, NULL, &whole);
	if (error)
		return error;
	r->next.position = s->hard.start_position;
	r->next.lsn = s->hard.start_lsn + (1ULL << 32);
	r->next.prev_crc = 0;
	r->used = 0;
	r->last_index = 0;
	r->last_term = 0;
	s->hard.base_index = 0;
	s->hard.base_term = 0;
	store_suspect(s, r, max3(whole.last_index, whole.seen_last, s->hard.snap_index));
	return 0;
}

/*
 * The log ends before the snapshot, or knows another entry where that ends: damage
 * in front of both left it so, and nothing of it is of use.
 */
static bool overtaken(struct sim_node *node)
{
	const struct disk_hard *h = &node->store.hard;

	return h->snap_area && h->snap_index > node->base &&
	       node_term_at(node, h->snap_index) != h->snap_term;
}

/* Where damage left nothing above the base, the log begins anew behind it. */
static void begin_anew(struct world *w, struct sim_node *node,
		       const struct recover_result *r)
{
	struct sim_store *s = &node->store;

	if (!recover_heals(r))
		return;
	memset(&s->hard.check, 0, sizeof(s->hard.check));
	s->check.from = 0;
	if (overtaken(node)) {
		node_log_cut(w, node, node->base + 1);
		s->hard.base_index = s->hard.snap_index;
		s->hard.base_term = s->hard.snap_term;
		node->base = s->hard.base_index;
		node->base_term = s->hard.base_term;
		node->last = node->base;
	} else if (r->last_index > s->hard.base_index) {
		return;
	}
	s->nmarks = 0;
	s->start_at = s->at;
	s->hard.start_position = r->next.position;
	s->hard.start_lsn = r->next.lsn;
	s->hard.start_prev_crc = r->next.prev_crc;
}

/* Nothing of the log was read yet. */
void store_forget(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	node_log_cut(w, node, node->base + 1);
	s->nmarks = 0;
	s->at = 0;
	s->start_at = 0;
	checkpoint_reset(s);
}

static int recover_all(struct world *w, struct sim_node *node, struct quorum_snap_meta *meta,
		       struct recover_result *r)
{
	struct opening o = { .w = w, .node = node };
	struct recover_io io = { .read = open_read, .ctx = &o, .device_bytes = node->disk.bytes };
	struct recover_sink sink = { .record = open_record, .truncate = open_truncate,
				     .entry = open_entry, .config = open_config,
				     .ctx = &o };
	struct sim_store *s = &node->store;
	int error;

	store_forget(w, node);
	s->check.types = 0;
	error = recover_super(&io, w->read_buf, &s->super, r);
	if (!error && !r->verdict)
		recover_match(&s->super, &w->genesis, node->id, r);
	if (!error && !r->verdict)
		error = recover_hard(&io, &s->super, w->read_buf, &s->hard, r);
	if (error || r->verdict)
		return error;
	error = recover_snapshot(&io, &s->super, &s->hard, w->read_buf,
				 QUORUM_RECORD_BYTES_MAX, meta, r);
	if (!error && r->snap == RECOVER_SNAP_LOST)
		return recover_lost(&io, s, w->read_buf, r);
	if (error || r->verdict)
		return error;
	node->base = s->hard.base_index;
	node->base_term = s->hard.base_term;
	node->last = node->base;
	error = checkpoint_recover(w, node, &io, &sink, r);
	if (!error && recover_heals(r))
		store_suspect(s, r, max(r->seen_last, r->last_index + 1));
	return error;
}

/* The hard state names the snapshot that is good, whatever it named before. */
static void adopt(struct disk_hard *hard, const struct recover_result *r,
		  const struct quorum_snap_meta *meta)
{
	if (r->snap == RECOVER_SNAP_GOOD)
		return;
	hard->snap_area = 0;
	hard->snap_index = 0;
	hard->snap_term = 0;
	if (r->snap != RECOVER_SNAP_FALLBACK)
		return;
	hard->snap_area = r->snap_area + 1;
	hard->snap_id = meta->id;
	hard->snap_index = meta->index;
	hard->snap_term = meta->term;
}

/**
 * store_open() - recover what the device holds
 * @w: the world
 * @node: the node; its log in memory is filled in
 *
 * Return: 0, -EUCLEAN: refused, or another: it could not be read.
 */
int store_open(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	struct quorum_snap_meta meta;
	struct recover_result r;
	int error;
	u64 i;

	error = recover_all(w, node, &meta, &r);
	if (error) {
		sim_log(w, node->id, "the device cannot be read: %d", error);
		return error;
	}
	if (r.verdict != RECOVER_CLEAN && r.verdict != RECOVER_TORN &&
	    (!recover_heals(&r) || !(node->disk.damaged || s->hard.suspect)))
		return refused(w, node, &r);
	w->suspects += s->hard.suspect;
	if (s->hard.snap_area && r.snap != RECOVER_SNAP_GOOD && !node->disk.damaged)
		sim_fail(w, node->id, "the snapshot in force is not good");
	check_recovered(w, node);
	for (i = node->base + 1; i <= node->last; i++)
		check_entry(w, node, &node->log[i]);
	s->last_snapshot = max(s->last_snapshot, s->hard.snap_id);
	adopt(&s->hard, &r, &meta);
	begin_anew(w, node, &r);
	if (r.super_bad)
		repair_super(node);
	take_over(node, &r);
	if (s->hard.snap_area && !w->failed)
		open_snapshot(w, node, &meta);
	if (s->check.from > node->commit && !w->failed)
		open_committed(w, node);
	sim_log(w, node->id, "opened: %s, term %llu, vote %u, log %llu to %llu",
		recover_verdict_name(r.verdict), (unsigned long long)s->hard.term, s->hard.vote,
		(unsigned long long)node->base, (unsigned long long)node->last);
	return 0;
}
