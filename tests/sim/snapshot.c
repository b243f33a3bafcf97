// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: taken of the state machine, received from a leader, written into the
 * area that is not in force, and put in force by a write of the hard state.
 *
 * The parts of the data and the table may lie in the device's cache; the header is
 * written behind a flush, so that a header on the device says that all is there.
 */
#include <linux/crc32c.h>
#include "sim.h"

enum { STAGE_BYTES = DISK_SNAP_CHUNK };

/* ---- on the device ---- */

static u32 stages(const struct sim_snapshot *work)
{
	return snapshot_chunks(work->meta.bytes);
}

static u32 rounded(u32 bytes)
{
	return (bytes + QUORUM_BLOCK_BYTES - 1) & ~((u32)QUORUM_BLOCK_BYTES - 1);
}

static u32 make_table(const struct sim_node *node, u8 *table)
{
	const struct sim_snapshot *work = &node->work;
	u32 bytes = snapshot_table_bytes(work->meta.bytes), i;
	__le32 crc;

	memset(table, 0, bytes);
	for (i = 0; i < stages(work); i++) {
		crc = cpu_to_le32(snapshot_chunk_crc(&node->store.super,
						     work->data + i * STAGE_BYTES,
						     snapshot_chunk_bytes(work->meta.bytes, i)));
		memcpy(table + i * sizeof(crc), &crc, sizeof(crc));
	}
	return bytes;
}

/* The next write: a part of the data, the table, the header. */
static void write_stage(struct world *w, struct sim_node *node)
{
	const struct disk_super *super = &node->store.super;
	struct sim_snapshot *work = &node->work;
	u64 start = super->snap_start[work->area] * QUORUM_BLOCK_BYTES;
	u8 table[QUORUM_BLOCK_BYTES] = {};
	struct sim_bio *bio = &work->bio;
	u32 part = work->written, size;

	memset(bio, 0, sizeof(*bio));
	bio->what = SIM_BIO_SNAPSHOT;
	bio->lazy = part <= stages(work);
	if (part < stages(work)) {
		size = snapshot_chunk_bytes(work->meta.bytes, part);
		bio->bytes = rounded(size);
		bio->offset = snapshot_data_offset(super, work->area) + part * STAGE_BYTES;
		bio->data = pool_alloc(w, bio->bytes);
		memset(bio->data, 0, bio->bytes);
		memcpy(bio->data, work->data + part * STAGE_BYTES, size);
	} else {
		size = make_table(node, table);
		bio->bytes = QUORUM_BLOCK_BYTES;
		bio->offset = start + (bio->lazy ? QUORUM_BLOCK_BYTES : 0);
		bio->data = pool_alloc(w, bio->bytes);
		bio->flush = !bio->lazy;
		if (bio->lazy)
			memcpy(bio->data, table, sizeof(table));
		else
			snapshot_encode(super, work->area, &work->meta,
					snapshot_chunk_crc(super, table, size), bio->data);
	}
	disk_submit(w, node, bio);
}

static void begin_writing(struct world *w, struct sim_node *node)
{
	struct sim_snapshot *work = &node->work;

	work->meta.index = work->name.index;
	work->meta.term = work->name.term;
	work->meta.bytes = work->name.size;
	work->meta.crc = work->name.crc;
	work->meta.id = ++node->store.last_snapshot;
	memcpy(work->meta.sm, "kv", 2);
	work->meta.config_len = config_keep(work->meta.config, sizeof(work->meta.config),
					    &work->config);
	work->area = node->store.want.snap_area == 1 ? 1 : 0;
	work->work = WORK_WRITING;
	work->written = 0;
	/* A write of one that was given up has to end first. */
	work->waits = work->bio.busy;
	if (!work->waits)
		write_stage(w, node);
}

/* Bytes of the snapshot in force, as the device gives them back. */
u32 snapshot_read(struct world *w, struct sim_node *node, u64 offset, u32 bytes, u8 *buf)
{
	const struct sim_store *s = &node->store;
	u64 at = snapshot_data_offset(&s->super, s->hard.snap_area - 1) + offset;

	bytes = (u32)min_t(u64, bytes, node->snapshot.size - offset);
	memcpy(buf, node->disk.image + at, bytes);
	return bytes;
}

/* Nothing is written or received any more. */
void snapshot_drop(struct world *w, struct sim_node *node)
{
	struct sim_snapshot *work = &node->work;

	if (work->data)
		pool_free(w, work->data, work->size);
	work->data = NULL;
	work->work = WORK_NONE;
	work->number++;
}

static void installed(struct world *w, struct sim_node *node, int error)
{
	struct raft_event ev = { .type = RAFT_EV_INSTALLED, .error = error };

	ev.snapshot.name = node->work.name;
	if (!error) {
		node->snapshot = node->work.name;
		node->snapshot_config = node->work.config;
		w->installs++;
	}
	node_step(w, node, &ev, NULL);
	snapshot_drop(w, node);
	node_turn(w, node);
}

static void taken(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	u64 trail = world_random(w, w->draw.trail + 1);

	node->snapshot = node->going;
	node->snapshot_config = node->going_config;
	if (!node->work.incoming)
		snapshot_drop(w, node);
	ev.snapshot.name = node->snapshot;
	ev.snapshot.config = &node->snapshot_config;
	ev.snapshot.forget = node->snapshot.index - min(trail, node->snapshot.index);
	w->snapshots++;
	node_step(w, node, &ev, NULL);
	node_turn(w, node);
}

/*
 * Everything is on the device: the hard state has to name it.  An own one waits until
 * the log up to it is durable here too: what was applied may be ahead of that, and a
 * crash would leave a snapshot of which the log knows nothing, or something else.
 */
static void put_in_force(struct world *w, struct sim_node *node)
{
	struct sim_snapshot *work = &node->work;

	work->work = WORK_SEALED;
	if (node->store.failed)
		return;
	if (!work->incoming && store_term_at(node, work->name.index) != work->name.term)
		return;
	if (!hard_switch(w, node, work->incoming ? SWITCH_INSTALL : SWITCH_SNAPSHOT,
			 &work->meta, work->area))
		return;
	work->work = WORK_SWITCHING;
	node->going = work->name;
	node->going_config = work->config;
}

/* A switch of the hard state ended: something is in force, or may be next. */
void snapshot_switched(struct world *w, struct sim_node *node, u8 what)
{
	if (node->phase != SIM_UP)
		return;
	if (what == SWITCH_SNAPSHOT)
		taken(w, node);
	else if (what == SWITCH_INSTALL)
		installed(w, node, 0);
	snapshot_ready(w, node);
}

/* Something that one may have waited for has come. */
void snapshot_ready(struct world *w, struct sim_node *node)
{
	if (node->work.work == WORK_SEALED && node->phase == SIM_UP && !node->store.failed)
		put_in_force(w, node);
}

void snapshot_bio_ended(struct world *w, struct sim_node *node, int error)
{
	struct sim_snapshot *work = &node->work;

	if (work->bio.data)
		pool_free(w, work->bio.data, work->bio.bytes);
	work->bio.data = NULL;
	if (node->phase != SIM_UP)
		return;
	if (error) {
		/* As the store does: the first failure is final. */
		node->store.failed = true;
		snapshot_drop(w, node);
		node_fail(w, node);
	} else if (work->work == WORK_WRITING && work->waits) {
		work->waits = false;
		write_stage(w, node);
	} else if (work->work == WORK_WRITING && ++work->written < stages(work) + 2) {
		write_stage(w, node);
	} else if (work->work == WORK_WRITING) {
		put_in_force(w, node);
	}
}

/* ---- taken ---- */

/* The configuration in force at an index that was applied. */
static void config_at(struct world *w, struct sim_node *node, u64 index,
		      struct raft_config *config)
{
	u64 i;

	for (i = index; i > max(node->base, node->snapshot.index); i--) {
		const struct sim_entry *entry = &node->log[i];

		if (entry->e.type != RAFT_ENTRY_CONFIG)
			continue;
		if (!config_decode(entry->payload, entry->e.size, config))
			sim_fail(w, node->id, "entry %llu holds no configuration",
				 (unsigned long long)i);
		config->index = i;
		return;
	}
	*config = node->snapshot_config;
}

/* Take a snapshot of what was applied, if there is anything new in it. */
void snapshot_take(struct world *w, struct sim_node *node)
{
	struct sim_snapshot *work = &node->work;
	u8 *data = NULL;

	if (node->phase != SIM_UP || node->halt || node->store.failed || node->paused ||
	    work->work != WORK_NONE || work->bio.busy || !w->draw.snapshot_every ||
	    node->applied <= node->snapshot.index)
		return;
	memset(&work->name, 0, sizeof(work->name));
	work->incoming = false;
	work->name.index = node->applied;
	work->name.term = node_term_at(node, node->applied);
	/* A witness only says up to where it has forgotten. */
	if (!node->witness)
		work->name.size = machine_save(w, node, &data);
	work->data = data;
	work->size = SIM_SNAPSHOT_MAX;
	work->name.crc = crc32c(~0U, data, (u32)work->name.size);
	config_at(w, node, node->applied, &work->config);
	check_applied(w, node, true);
	sim_log(w, node->id, "takes a snapshot at %llu, %llu bytes",
		(unsigned long long)work->name.index, (unsigned long long)work->name.size);
	if (!w->failed)
		begin_writing(w, node);
}

/* After something was applied: is it time for one? */
void snapshot_wanted(struct world *w, struct sim_node *node)
{
	u64 full = disk_ring_granules(&node->store.super) / 2;

	if (w->draw.snapshot_every &&
	    (node->applied >= node->snapshot.index + w->draw.snapshot_every ||
	     store_used(&node->store) > full))
		snapshot_take(w, node);
}

/* ---- received ---- */

static void receive(struct world *w, struct sim_node *node, const struct raft_effect *fx)
{
	struct sim_snapshot *work = &node->work;

	/* One of its own that is being written has to make room. */
	snapshot_drop(w, node);
	sim_log(w, node->id, "begins to receive snapshot %llu, %llu bytes",
		(unsigned long long)fx->install.name.index,
		(unsigned long long)fx->install.name.size);
	if (fx->install.name.size > SIM_SNAPSHOT_MAX) {
		sim_fail(w, node->id, "a snapshot larger than any of ours");
		return;
	}
	work->work = WORK_RECEIVING;
	work->incoming = true;
	work->name = fx->install.name;
	work->config = *fx->install.config;
	work->got = 0;
	work->told = 0;
	work->size = max_t(u32, (u32)work->name.size, 1);
	work->data = pool_alloc(w, work->size);
}

struct chunk {
	struct raft_event ev;
	u32 number;
};

static void store_chunk(struct world *w, struct sim_node *node, const struct raft_effect *fx,
			const void *payload)
{
	struct sim_snapshot *work = &node->work;
	struct chunk *chunk = pool_alloc(w, sizeof(*chunk));

	if (work->work != WORK_RECEIVING || fx->chunk.offset != work->got ||
	    fx->chunk.bytes > work->name.size - work->got) {
		sim_fail(w, node->id, "stores a chunk that does not fit");
		return;
	}
	memcpy(work->data + work->got, payload, fx->chunk.bytes);
	work->got += fx->chunk.bytes;
	memset(chunk, 0, sizeof(*chunk));
	chunk->number = work->number;
	chunk->ev.type = RAFT_EV_CHUNK_STORED;
	chunk->ev.chunk.name = fx->chunk.name;
	chunk->ev.chunk.offset = fx->chunk.offset;
	chunk->ev.chunk.bytes = fx->chunk.bytes;
	if (node->chunk_fails && !w->healed)
		chunk->ev.error = -ENOSPC;
	node->chunk_fails = false;
	/* In their order. */
	work->chunk_at = max(work->chunk_at, w->now + world_between(w, w->draw.disk_min,
								    w->draw.disk_max));
	world_add(w, work->chunk_at, SIM_CHUNK, (u8)node->id, node->life, chunk);
}

void snapshot_chunk_stored(struct world *w, struct sim_node *node, void *what)
{
	struct chunk *chunk = what;

	/* Of one that was given up the engine may hear as well. */
	/* In their order, also where a pause mixed them up. */
	if (chunk->number == node->work.number && chunk->ev.chunk.offset != node->work.told) {
		world_add(w, w->now + w->draw.heartbeat / 4, SIM_CHUNK, (u8)node->id, node->life,
			  chunk);
		return;
	}
	/* Of one that was given up nothing is told. */
	if (node->phase == SIM_UP && chunk->number == node->work.number) {
		node->work.told += chunk->ev.chunk.bytes;
		node_step(w, node, &chunk->ev, NULL);
		node_turn(w, node);
	}
	pool_free(w, chunk, sizeof(*chunk));
}

static void install(struct world *w, struct sim_node *node)
{
	struct sim_snapshot *work = &node->work;

	if (work->work != WORK_RECEIVING || work->got != work->name.size) {
		sim_fail(w, node->id, "puts half a snapshot in force");
		return;
	}
	if (crc32c(~0U, work->data, work->got) != work->name.crc) {
		sim_fail(w, node->id, "the snapshot that came in is not the one that was sent");
		return;
	}
	begin_writing(w, node);
}

/* The whole log was replaced: the state machine goes on from the snapshot. */
static void restore(struct world *w, struct sim_node *node, const struct raft_effect *fx)
{
	const struct raft_snapshot *name = &fx->install.name;

	check_restored(w, node, name->index, name->term);
	/* What is behind its last entry may be acknowledged (bug S-1). */
	if (node_term_at(node, name->index) == name->term)
		sim_fail(w, node->id, "snapshot %llu replaces a log that has all of it",
			 (unsigned long long)name->index);
	node_log_cut(w, node, node->base + 1);
	node_log_forget(w, node, name->index, name->term);
	machine_start(w, node);
	if (!node->witness)
		machine_restore(w, node, node->work.data, (u32)name->size, name->index,
				name->term);
	node->commit = name->index;
	node->applied = name->index;
	sim_log(w, node->id, "goes on from snapshot %llu", (unsigned long long)name->index);
	check_applied(w, node, true);
	client_serve(w, node);
}

void snapshot_effect(struct world *w, struct sim_node *node, const struct raft_effect *fx,
		     const void *payload)
{
	switch (fx->type) {
	case RAFT_FX_FORGET:
		sim_log(w, node->id, "forgets its log up to %llu",
			(unsigned long long)fx->forget.index);
		if (fx->forget.index > node->snapshot.index)
			sim_fail(w, node->id, "forgets what no snapshot holds");
		node_log_forget(w, node, fx->forget.index, fx->forget.term);
		hard_release(w, node, fx->forget.index, fx->forget.term);
		break;
	case RAFT_FX_INSTALL:
		receive(w, node, fx);
		break;
	case RAFT_FX_CHUNK:
		store_chunk(w, node, fx, payload);
		break;
	case RAFT_FX_INSTALL_END:
		install(w, node);
		break;
	case RAFT_FX_INSTALL_ABORT:
		if (node->work.incoming)
			snapshot_drop(w, node);
		break;
	default:
		restore(w, node, fx);
		break;
	}
}

/* ---- sent ---- */

/* Bytes for a peer that needs what the log does not hold any more. */
bool snapshot_send(struct world *w, struct sim_node *node, const struct raft_append *a)
{
	static u8 payload[WIRE_CONFIG_BYTES_MAX + RAFT_CHUNK_BYTES_MAX];
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };
	struct raft_msg msg = {
		.type = RAFT_MSG_SNAPSHOT,
		.from = node->id,
		.to = a->peer,
		.term = a->term,
		.history = a->history,
		.snapshot.name = a->snapshot,
		.snapshot.offset = a->offset,
		.snapshot.config = a->config,
	};
	struct raft_snapshot own = node->snapshot;
	u32 head = 0, n;

	if (w->nodes[a->peer]->witness) {
		own.size = 0;
		own.crc = RAFT_SNAPSHOT_EMPTY;
	}
	if (a->snapshot.index != own.index || a->snapshot.term != own.term ||
	    a->snapshot.crc != own.crc || a->snapshot.size != own.size) {
		sim_fail(w, node->id, "offers a snapshot it does not have");
		return false;
	}
	if (a->config)
		head = config_keep(payload, WIRE_CONFIG_BYTES_MAX, a->config);
	n = snapshot_read(w, node, a->offset, min(a->bytes, w->draw.chunk), payload + head);
	msg.snapshot.config_bytes = head;
	msg.snapshot.bytes = n;
	net_send(w, node, &msg, payload, head + n);
	ev.chunk.peer = a->peer;
	ev.chunk.name = a->snapshot;
	ev.chunk.offset = a->offset;
	ev.chunk.bytes = n;
	node_step(w, node, &ev, NULL);
	return !w->failed;
}

/* What a device held when it was opened. */
void snapshot_adopt(struct world *w, struct sim_node *node,
		    const struct quorum_snap_meta *meta)
{
	node->snapshot.index = meta->index;
	node->snapshot.term = meta->term;
	node->snapshot.size = meta->bytes;
	node->snapshot.crc = meta->crc;
	if (!config_kept(meta->config, meta->config_len, &node->snapshot_config))
		sim_fail(w, node->id, "a snapshot without a configuration");
}
