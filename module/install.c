// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving a snapshot: its bytes on their way from the network to the device and to
 * the state machine, and how it takes the place of the whole log.
 *
 * The engine says what is to be stored (RAFT_FX_INSTALL, CHUNK, INSTALL_END), and
 * is told what was.  Bytes wait in a ring as large as the window the engine grants
 * the leader; the worker of snapshots.c writes them to the device, and into a state
 * beside the present one.  Only when the device has put it in force in place of the
 * log does the new state take the place of the old (S-5).
 *
 * Effects are carried out within a step of the engine, and the engine must not be
 * called from there: what it is to hear waits for the next turn.
 */
#include "format/config.h"
#include "group_private.h"
#include "trace.h"

/* ---- effects of the engine ---- */

/**
 * quorum_install_begin() - RAFT_FX_INSTALL
 * @g: the group
 * @fx: the effect
 *
 * Context: only the loop.
 */
void quorum_install_begin(struct quorum_group *g, const struct raft_effect *fx)
{
	struct quorum_snapshots *sn = &g->snaps;
	struct quorum_install *in = &sn->install;

	in->stage = SNAP_WANTED;
	/* 0 stands for the own ones. */
	in->life = in->life + 1 ?: 1;
	in->name = fx->install.name;
	in->config = *fx->install.config;
	in->stored = 0;
	in->ended = false;
	in->failed = 0;
	in->start = in->in;
	/* An own one under way is of an older state. */
	WRITE_ONCE(sn->cancel, true);
	quorum_handin_wake(g);
	quorum_loop_wake(g, LOOP_SNAPSHOT);
}

/* How far the ring is free: up to what the worker still reads, or has to. */
static u64 free_from(const struct quorum_snapshots *sn)
{
	u64 at = sn->install.start + sn->install.stored;

	return sn->job == SNAP_STORE ? min(sn->from, at) : at;
}

static void ring_put(struct quorum_install *in, const u8 *data, u32 bytes)
{
	u32 at = in->in % RAFT_SNAPSHOT_WINDOW_BYTES;
	u32 part = min_t(u32, bytes, RAFT_SNAPSHOT_WINDOW_BYTES - at);

	memcpy(in->ring + at, data, part);
	memcpy(in->ring, data + part, bytes - part);
	in->in += bytes;
}

/**
 * quorum_install_chunk() - RAFT_FX_CHUNK
 * @g: the group
 * @fx: the effect
 * @data: the bytes, in the message
 *
 * Context: only the loop.
 */
void quorum_install_chunk(struct quorum_group *g, const struct raft_effect *fx,
			  const void *data)
{
	struct quorum_install *in = &g->snaps.install;

	if (in->stage == SNAP_NONE || in->failed)
		return;
	/* The engine's window is the ring, but for what was dropped half written. */
	if (in->in - free_from(&g->snaps) + fx->chunk.bytes > RAFT_SNAPSHOT_WINDOW_BYTES)
		in->failed = -ENOBUFS;
	else
		ring_put(in, data, fx->chunk.bytes);
	quorum_loop_wake(g, LOOP_SNAPSHOT);
}

/* RAFT_FX_INSTALL_END.  Context: only the loop. */
void quorum_install_end(struct quorum_group *g)
{
	g->snaps.install.ended = true;
	quorum_loop_wake(g, LOOP_SNAPSHOT);
}

/* RAFT_FX_INSTALL_ABORT.  Context: only the loop. */
void quorum_install_abort(struct quorum_group *g)
{
	g->snaps.install.stage = SNAP_NONE;
	WRITE_ONCE(g->snaps.cancel, true);
	quorum_loop_wake(g, LOOP_SNAPSHOT);
}

/**
 * quorum_install_restored() - RAFT_FX_RESTORE
 * @g: the group
 * @fx: the effect
 *
 * On the device the snapshot has replaced the log; now in memory and in the machine.
 * Context: only the loop.
 */
void quorum_install_restored(struct quorum_group *g, const struct raft_effect *fx)
{
	const struct raft_snapshot *name = &fx->install.name;
	int error;

	error = quorum_machine_restore_commit(g->machine, name->index, name->term);
	if (error) {
		/* Of the same kind of machine, and whole: the leader's state is no good. */
		quorum_group_fail(g, error, RAFT_HALT_SNAPSHOT);
		return;
	}
	quorum_apply_role(g, fx->install.config);
	quorum_cache_reset(g->cache, name->index + 1);
	quorum_readback_truncate(&g->readback, 0);
	quorum_readback_truncate(&g->replay, 0);
	WARN_ON_ONCE(g->ninflight);
	g->store_full = false;
	g->last = name->index;
	g->submitted = name->index;
	g->unsubmitted_bytes = 0;
	g->durable = name->index;
	g->recovered_last = name->index;
	g->commit = name->index;
	g->snaps.index = name->index;
	g->snaps.release_index = 0;
	quorum_snapshots_config(g, fx->install.config);
	atomic64_set(&g->base, name->index);
	atomic64_set(&g->applied, name->index);
	atomic64_set(&g->last_data, name->index);
	quorum_pump_hold(g);
	quorum_waiters_skipped(g, name->index);
	quorum_waiters_term_applied(g, name->term);
	wake_up_interruptible_poll(&g->readers, EPOLLIN | EPOLLRDNORM);
	quorum_group_event(g, QUORUM_EVENT_SNAPSHOT);
}

/* ---- the worker ---- */

static int begin(struct quorum_snapshots *sn)
{
	struct quorum_group *g = sn->group;
	int error;

	error = quorum_machine_restore_begin(g->machine, sn->install.name.size);
	if (error)
		return error;
	error = quorum_store_snap_begin(g->store, &sn->meta, &sn->writer);
	if (error)
		quorum_machine_restore_abort(g->machine);
	else
		sn->received = true;
	return error;
}

static int store(struct quorum_snapshots *sn)
{
	const u8 *ring = sn->install.ring;
	u64 from;
	u32 at, part;
	int error;

	for (from = sn->from; from < sn->to; from += part) {
		at = from % RAFT_SNAPSHOT_WINDOW_BYTES;
		part = min_t(u64, sn->to - from, RAFT_SNAPSHOT_WINDOW_BYTES - at);
		error = quorum_snapshots_write(sn, ring + at, part);
		if (!error)
			error = quorum_machine_restore_write(sn->group->machine, ring + at, part);
		if (error)
			return error;
	}
	return 0;
}

/**
 * quorum_install_job() - what the worker does for a snapshot that is received
 * @sn: the snapshots
 *
 * Context: the worker.
 */
int quorum_install_job(struct quorum_snapshots *sn)
{
	switch (sn->job) {
	case SNAP_BEGIN:
		return begin(sn);
	case SNAP_STORE:
		return store(sn);
	case SNAP_SEAL:
		return quorum_store_snap_seal(sn->writer, true, sn->crc);
	default:
		WARN_ON_ONCE(1);
		return -EINVAL;
	}
}

/* ---- the loop ---- */

static void tell_stored(struct quorum_group *g, u32 bytes, int error)
{
	struct quorum_install *in = &g->snaps.install;
	struct raft_event ev = {
		.type = RAFT_EV_CHUNK_STORED,
		.error = error,
		.chunk.name = in->name,
		.chunk.offset = in->stored,
		.chunk.bytes = bytes,
	};

	in->stored += bytes;
	if (error)
		pr_warn_ratelimited("%s: a snapshot of index %llu could not be stored (%d)\n",
				    g->params.name, in->name.index, error);
	quorum_effects_step(g, &ev, NULL);
}

/**
 * quorum_install_switched() - it is in force on the device, or cannot be
 * @g: the group
 * @error: which
 *
 * Context: only the loop.
 */
void quorum_install_switched(struct quorum_group *g, int error)
{
	struct quorum_install *in = &g->snaps.install;
	struct raft_event ev = {
		.type = RAFT_EV_INSTALLED,
		.error = error,
		.snapshot.name = in->name,
	};

	in->stage = SNAP_NONE;
	if (error)
		pr_warn_ratelimited("%s: a snapshot of index %llu could not be installed (%d)\n",
				    g->params.name, in->name.index, error);
	quorum_effects_step(g, &ev, NULL);
}

/**
 * quorum_install_ended() - the worker has done a job
 * @g: the group
 * @job: enum snap_job
 * @error: how it ended
 *
 * Context: only the loop.
 */
void quorum_install_ended(struct quorum_group *g, u8 job, int error)
{
	struct quorum_snapshots *sn = &g->snaps;
	struct quorum_install *in = &sn->install;

	/* Of one that was dropped meanwhile, though it may have the same name. */
	if (in->stage == SNAP_NONE || sn->life != in->life)
		return;
	if (job == SNAP_SEAL) {
		if (error)
			quorum_install_switched(g, error);
		else
			in->stage = SNAP_SEALED;
	} else if (error) {
		tell_stored(g, 0, error);
	} else if (job == SNAP_STORE) {
		tell_stored(g, sn->to - sn->from, 0);
	} else {
		in->stage = SNAP_WRITING;
	}
}

/**
 * quorum_install_next() - what the worker shall do next
 * @g: the group; a snapshot is being received, and the worker idle
 *
 * Context: only the loop.
 * Return: enum snap_job or 0.
 */
u8 quorum_install_next(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	struct quorum_install *in = &sn->install;
	struct quorum_snap_meta *meta = &sn->meta;

	if (in->failed) {
		tell_stored(g, 0, in->failed);
		return 0;
	}
	sn->life = in->life;
	if (in->stage == SNAP_WANTED && !sn->switching) {
		memset(meta, 0, sizeof(*meta));
		meta->index = in->name.index;
		meta->term = in->name.term;
		memcpy(meta->sm, g->params.sm, strnlen(g->params.sm, sizeof(meta->sm)));
		meta->config_len = config_keep(meta->config, sizeof(meta->config), &in->config);
		return SNAP_BEGIN;
	}
	if (in->stage != SNAP_WRITING)
		return 0;
	sn->from = in->start + in->stored;
	sn->to = in->in;
	if (sn->from < sn->to)
		return SNAP_STORE;
	if (!in->ended)
		return 0;
	sn->crc = in->name.crc;
	return SNAP_SEAL;
}

/**
 * quorum_install_switch() - put it in force in place of the log
 * @g: the group; it is sealed, and no switch is under way
 *
 * Context: only the loop.
 */
void quorum_install_switch(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	int error;

	error = quorum_store_snap_commit(g->store, sn->writer, 0, 0, true, SWITCH_INSTALL);
	if (error == -EBUSY)
		return;
	if (error) {
		quorum_install_switched(g, error);
		return;
	}
	sn->writer = NULL;
	sn->switching = true;
	sn->install.stage = SNAP_SWITCHING;
}
