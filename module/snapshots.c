// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of the own state: when one is taken, its way to the device, and what of
 * the log goes with it.
 *
 * A worker reads the state, which goes on changing meanwhile, and writes it; the
 * loop puts it in force with one write of the store's hard state, tells the engine,
 * and lets go of the log as the engine says.  The order matters: nothing is
 * forgotten before the snapshot that stands for it is durable and in force (S-2).
 *
 * The same worker writes what is received from a leader (install.c): the device has
 * room for one snapshot besides the one in force.
 */
#include <linux/crc32c.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "format/config.h"
#include "group_private.h"

#define RETRY_NS	(5 * (u64)NSEC_PER_SEC)	/* after a failure */
#define PATIENCE_NS	(3 * (u64)NSEC_PER_SEC)	/* with a peer that takes no bytes */

/* ---- the configurations of the log ---- */

/**
 * quorum_snapshots_config() - a configuration is in force from its index on
 * @g: the group
 * @config: it; of those remembered the newer ones are gone from the log
 *
 * Context: only the loop, or before it runs.
 */
void quorum_snapshots_config(struct quorum_group *g, const struct raft_config *config)
{
	struct quorum_snapshots *sn = &g->snaps;

	spin_lock(&sn->lock);
	while (sn->nconfigs && sn->configs[sn->nconfigs - 1].index >= config->index)
		sn->nconfigs--;
	if (sn->nconfigs == SNAP_CONFIGS_MAX) {
		sn->nconfigs--;
		memmove(sn->configs, sn->configs + 1, sn->nconfigs * sizeof(*sn->configs));
	}
	sn->configs[sn->nconfigs++] = *config;
	spin_unlock(&sn->lock);
}

/* The configuration at an index; false if too many have come since. */
static bool config_at(struct quorum_snapshots *sn, u64 index, struct raft_config *config)
{
	bool found = false;
	u32 i;

	spin_lock(&sn->lock);
	for (i = sn->nconfigs; i && !found; i--) {
		if (sn->configs[i - 1].index > index)
			continue;
		*config = sn->configs[i - 1];
		found = true;
	}
	spin_unlock(&sn->lock);
	return found;
}

/* ---- the worker ---- */

/**
 * quorum_snapshots_write() - append to what is written
 * @sn: the snapshots, owned by the worker
 * @data: bytes
 * @len: any number of them
 */
int quorum_snapshots_write(struct quorum_snapshots *sn, const void *data, u32 len)
{
	if (READ_ONCE(sn->cancel))
		return -ECANCELED;
	return quorum_store_snap_write(sn->writer, data, len);
}

static void drop_writer(struct quorum_snapshots *sn)
{
	if (sn->writer)
		quorum_store_snap_abort(sn->writer);
	sn->writer = NULL;
	quorum_machine_restore_abort(sn->group->machine);
}

/* Does the state come from user space?  A witness has none, whatever the machine. */
static bool is_handed_in(const struct quorum_group *g)
{
	return g->sm == &quorum_log_ops && !quorum_machine_is_blind(g->machine);
}

static int write_some(struct quorum_snapshots *sn, const void *data, u32 len)
{
	int error = quorum_snapshots_write(sn, data, len);

	if (error)
		return error;
	sn->name.crc = crc32c(sn->name.crc, data, len);
	sn->name.size += len;
	WRITE_ONCE(sn->taken, sn->name.size);
	cond_resched();
	return 0;
}

static int write_state(struct quorum_snapshots *sn)
{
	ssize_t n;
	int error;

	sn->name.crc = ~0U;
	for (;;) {
		n = quorum_machine_snapshot_read(sn->group->machine, sn->data,
						 SNAP_STREAM_BYTES);
		if (n <= 0)
			return n;
		error = write_some(sn, sn->data, n);
		if (error)
			return error;
	}
}

static int take_begun(struct quorum_snapshots *sn)
{
	struct quorum_snap_meta *meta = &sn->meta;
	const char *kind = sn->group->params.sm;
	int error;

	/* Who joins has none that names members until the log does. */
	if (!config_at(sn, sn->name.index, &sn->config) || !sn->config.n)
		return -ESTALE;
	memset(meta, 0, sizeof(*meta));
	meta->index = sn->name.index;
	meta->term = sn->name.term;
	memcpy(meta->sm, kind, strnlen(kind, sizeof(meta->sm)));
	meta->config_len = config_keep(meta->config, sizeof(meta->config), &sn->config);
	error = quorum_store_snap_begin(sn->group->store, meta, &sn->writer);
	if (error)
		return error;
	sn->received = false;
	error = write_state(sn);
	/* Its state is user space's. */
	if (!error && is_handed_in(sn->group))
		error = quorum_handin_stream(sn, write_some);
	return error ?: quorum_store_snap_seal(sn->writer, true, sn->name.crc);
}

static int take(struct quorum_snapshots *sn)
{
	struct quorum_machine *machine = sn->group->machine;
	int error;

	drop_writer(sn);
	memset(&sn->name, 0, sizeof(sn->name));
	error = quorum_machine_snapshot_begin(machine, &sn->name.index, &sn->name.term);
	if (error)
		return error;
	/*
	 * A witness that was none before has counted nothing yet; and right after a
	 * start there is nothing that the one in force does not stand for.
	 */
	if (!sn->name.index)
		error = -EAGAIN;
	else
		error = sn->name.index > sn->index ? take_begun(sn) : -EALREADY;
	quorum_machine_snapshot_end(machine);
	if (error)
		drop_writer(sn);
	return error;
}

static void snapshots_work(struct work_struct *work)
{
	struct quorum_snapshots *sn = container_of(work, struct quorum_snapshots, work);
	/* The log may carry what memory reclaim waits for. */
	unsigned int noio = memalloc_noio_save();

	switch (sn->job) {
	case SNAP_TAKE:
		sn->error = take(sn);
		break;
	case SNAP_DROP:
		drop_writer(sn);
		sn->error = 0;
		break;
	case SNAP_BEGIN:
		drop_writer(sn);
		fallthrough;
	default:
		sn->error = quorum_install_job(sn);
	}
	memalloc_noio_restore(noio);
	/* Pairs with the acquire in idle(): the outcome before the hand-over. */
	smp_store_release(&sn->busy, false);
	quorum_loop_wake(sn->group, LOOP_SNAPSHOT);
}

static bool idle(const struct quorum_snapshots *sn)
{
	/* Pairs with the release in snapshots_work(). */
	return !smp_load_acquire(&sn->busy);
}

/* ---- when ---- */

/*
 * Is a peer being sent the snapshot in force?  It would have to begin again with
 * the next one.  As long as it gets on with it, and as there is room, it may finish.
 */
static bool held(struct quorum_group *g, u64 now)
{
	struct quorum_snapshots *sn = &g->snaps;
	u64 at = 0;
	bool any = false;
	u32 i;

	if (g->role != RAFT_LEADER)
		return false;
	raft_get_status(g->raft, &sn->status);
	for (i = 0; i < sn->status.npeers; i++) {
		if (!sn->status.peers[i].snapshot)
			continue;
		any = true;
		at += 1 + sn->status.peers[i].offset;
	}
	if (!any)
		return false;
	if (at != sn->held_at) {
		sn->held_at = at;
		sn->held_since = now;
	}
	return now - sn->held_since < PATIENCE_NS;
}

/* Has the log grown so much that it is worth it? */
static bool due(struct quorum_group *g, u64 now)
{
	struct quorum_snapshots *sn = &g->snaps;
	u64 applied = atomic64_read(&g->applied), written;
	struct quorum_store_stats stats;

	if (applied <= sn->index) {
		WRITE_ONCE(sn->asked, false);
		quorum_handin_end(g, -EALREADY);
		return false;
	}
	/* Which configurations came before the store's checkpoint is not known. */
	if (applied < g->recovered.check_index)
		return false;
	if (READ_ONCE(sn->asked) || READ_ONCE(sn->rotten))
		return true;
	/* User space alone knows when it is worth it. */
	if (now < sn->not_before || is_handed_in(g))
		return false;
	quorum_store_get_stats(g->store, &stats);
	written = stats.log_bytes - sn->log_bytes;
	/* Nearly full: whoever waits for a snapshot has to begin again. */
	if (stats.used_bytes > stats.ring_bytes / 4 * 3 && written >= stats.ring_bytes / 16)
		return true;
	if (applied - sn->index < g->params.snapshot_entries &&
	    (stats.used_bytes < stats.ring_bytes / 2 || written < stats.ring_bytes / 8))
		return false;
	return !held(g, now);
}

/* Up to where the log goes with the snapshot: some of it stays for slow members. */
static u64 forget_up_to(struct quorum_group *g, u64 index)
{
	u64 keep = min_t(u64, g->params.snapshot_entries / 4, index);
	struct quorum_store_stats stats;

	quorum_store_get_stats(g->store, &stats);
	return stats.used_bytes < stats.ring_bytes / 2 ? index - keep : index;
}

/* ---- the loop ---- */

static void tell_engine(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	struct raft_event ev = {
		.type = RAFT_EV_SNAPSHOT,
		.snapshot.name = sn->name,
		.snapshot.config = &sn->config,
		.snapshot.forget = forget_up_to(g, sn->name.index),
	};

	sn->stage = SNAP_NONE;
	sn->index = sn->name.index;
	quorum_effects_step(g, &ev, NULL);
	quorum_handin_end(g, 0);
	quorum_group_event(g, QUORUM_EVENT_SNAPSHOT);
}

/**
 * quorum_snapshots_forget() - RAFT_FX_FORGET
 * @g: the group
 * @index: the newest entry that goes
 * @term: its term
 *
 * Context: only the loop.
 */
void quorum_snapshots_forget(struct quorum_group *g, u64 index, u64 term)
{
	/* First, so that no reader takes what is overwritten for damaged. */
	atomic64_set(&g->base, index);
	g->snaps.release_index = index;
	g->snaps.release_term = term;
}

/**
 * quorum_snapshots_switched() - switches of the store are durable
 * @g: the group
 * @switches: a bit of enum loop_switch for each
 *
 * Context: only the loop.
 */
void quorum_snapshots_switched(struct quorum_group *g, unsigned long switches)
{
	g->snaps.switching = false;
	/* The ring may have more room. */
	g->store_full = false;
	if (switches & BIT(SWITCH_SNAPSHOT))
		tell_engine(g);
	if (switches & BIT(SWITCH_INSTALL))
		quorum_install_switched(g, 0);
}

static void take_failed(struct quorum_group *g, int error)
{
	struct quorum_snapshots *sn = &g->snaps;

	sn->stage = SNAP_NONE;
	quorum_handin_end(g, error);
	/* A leader's came in between: it is worth more. */
	if (error == -ECANCELED || error == -EALREADY)
		return;
	WRITE_ONCE(sn->last_error, error);
	sn->not_before = quorum_loop_now() + RETRY_NS;
	pr_warn_ratelimited("%s: no snapshot could be taken (%d); the next try is in 5 s\n",
			    g->params.name, error);
	quorum_group_event(g, QUORUM_EVENT_SNAPSHOT);
}

static void job_ended(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	u8 job = sn->job;

	sn->job = 0;
	if (job == SNAP_TAKE) {
		if (sn->error)
			take_failed(g, sn->error);
		else
			sn->stage = SNAP_SEALED;
	} else if (job && job != SNAP_DROP) {
		quorum_install_ended(g, job, sn->error);
	}
}

static void job_begin(struct quorum_group *g, u8 job)
{
	struct quorum_snapshots *sn = &g->snaps;
	struct quorum_store_stats stats;

	if (!job)
		return;
	if (job == SNAP_TAKE) {
		quorum_store_get_stats(g->store, &stats);
		sn->log_bytes = stats.log_bytes;
		sn->life = 0;
		WRITE_ONCE(sn->stage, SNAP_WRITING);
		WRITE_ONCE(sn->taken, 0);
		WRITE_ONCE(sn->asked, false);
		WRITE_ONCE(sn->rotten, false);
		WRITE_ONCE(sn->last_error, 0);
	}
	sn->job = job;
	WRITE_ONCE(sn->cancel, false);
	sn->busy = true;
	queue_work(job == SNAP_TAKE && is_handed_in(g) ? quorum_handin_workqueue :
							 quorum_workqueue, &sn->work);
}

static u8 next_job(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;

	if (sn->install.stage != SNAP_NONE) {
		/* Its place on the device is where an own one lies that waits. */
		if (sn->install.stage == SNAP_WANTED && sn->stage == SNAP_SEALED) {
			sn->stage = SNAP_NONE;
			quorum_handin_end(g, -ECANCELED);
		}
		return quorum_install_next(g);
	}
	if (sn->writer && sn->received && !sn->switching)
		return SNAP_DROP;
	if (sn->stage != SNAP_NONE || sn->switching ||
	    !quorum_machine_has_snapshot(g->machine) || !due(g, quorum_loop_now()))
		return 0;
	return SNAP_TAKE;
}

/* Put the own snapshot in force, once all it stands for is durable (S-4). */
static void switch_own(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	int error;

	if (g->durable < sn->name.index)
		return;
	error = quorum_store_snap_commit(g->store, sn->writer, 0, 0, false, SWITCH_SNAPSHOT);
	if (error == -EBUSY)
		return;
	if (error) {
		take_failed(g, error);
		return;
	}
	sn->writer = NULL;
	sn->stage = SNAP_SWITCHING;
	sn->switching = true;
}

static void release(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;
	int error;

	error = quorum_store_release(g->store, sn->release_index, sn->release_term,
				     SWITCH_RELEASE);
	if (error == -EBUSY || error == -EAGAIN)
		return;
	sn->release_index = 0;
	sn->switching = !error;
}

/* Begin the next switch of the store, one at a time. */
static void begin_switch(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;

	if (sn->heal && !quorum_store_healed(g->store, SWITCH_HEALED)) {
		sn->heal = false;
		sn->switching = true;
	} else if (sn->install.stage == SNAP_SEALED) {
		quorum_install_switch(g);
	} else if (sn->stage == SNAP_SEALED && idle(sn) && sn->install.stage == SNAP_NONE) {
		switch_own(g);
	} else if (sn->release_index) {
		release(g);
	}
}

/**
 * quorum_snapshots_turn() - do what is to be done about snapshots
 * @g: the group
 *
 * Context: only the loop.
 */
void quorum_snapshots_turn(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;

	if (idle(sn)) {
		job_ended(g);
		job_begin(g, next_job(g));
	}
	if (!sn->switching)
		begin_switch(g);
}

/* ---- life ---- */

void quorum_snapshots_init(struct quorum_group *g)
{
	INIT_WORK(&g->snaps.work, snapshots_work);
	spin_lock_init(&g->snaps.lock);
	g->snaps.group = g;
}

/* Buffers for a life, and a clean slate. */
int quorum_snapshots_alloc(struct quorum_group *g)
{
	struct quorum_snapshots *sn = &g->snaps;

	sn->busy = false;
	sn->cancel = false;
	sn->job = 0;
	sn->writer = NULL;
	sn->nconfigs = 0;
	sn->stage = SNAP_NONE;
	sn->asked = false;
	sn->rotten = false;
	sn->last_error = 0;
	sn->index = 0;
	sn->log_bytes = 0;
	sn->not_before = 0;
	sn->held_at = 0;
	sn->release_index = 0;
	sn->heal = false;
	sn->switching = false;
	memset(&sn->install, 0, sizeof(sn->install));
	sn->data = kvmalloc(SNAP_STREAM_BYTES, GFP_KERNEL);
	sn->install.ring = kvmalloc(RAFT_SNAPSHOT_WINDOW_BYTES, GFP_KERNEL);
	return sn->data && sn->install.ring ? 0 : -ENOMEM;
}

void quorum_snapshots_free(struct quorum_group *g)
{
	kvfree(g->snaps.data);
	kvfree(g->snaps.install.ring);
	g->snaps.data = NULL;
	g->snaps.install.ring = NULL;
}

/* Wait for the worker.  Context: process; the loop has ended. */
void quorum_snapshots_stop(struct quorum_group *g)
{
	WRITE_ONCE(g->snaps.cancel, true);
	quorum_handin_wake(g);
	cancel_work_sync(&g->snaps.work);
	g->snaps.busy = false;
}

static int restore_machine(struct quorum_group *g, const struct quorum_snap_meta *meta)
{
	u8 *data = g->snaps.data;
	u64 offset;
	u32 part;
	int error;

	error = quorum_machine_restore_begin(g->machine, meta->bytes);
	if (error)
		return error;
	for (offset = 0; offset < meta->bytes && !error; offset += part) {
		part = min_t(u64, SNAP_STREAM_BYTES, meta->bytes - offset);
		error = READ_ONCE(g->start_abort) ? -ECANCELED :
			quorum_store_snap_read(g->store, meta->id, offset, data, part);
		if (!error)
			error = quorum_machine_restore_write(g->machine, data, part);
		cond_resched();
	}
	if (!error)
		return quorum_machine_restore_commit(g->machine, meta->index, meta->term);
	quorum_machine_restore_abort(g->machine);
	return error;
}

/**
 * quorum_snapshots_restart() - have the machine go on from the snapshot on the device
 * @g: the group, its log read
 * @extack: gets the sentence on refusal
 *
 * Context: process; only the start's work item.
 */
int quorum_snapshots_restart(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	const struct quorum_snap_meta *meta = &g->recovered.snap;
	struct quorum_store_stats stats;
	int error;

	/* What earlier lives have written counts for the next one as well. */
	quorum_store_get_stats(g->store, &stats);
	g->snaps.log_bytes = stats.log_bytes - stats.used_bytes;
	if (!g->recovered.has_snap)
		return 0;
	g->snaps.index = meta->index;
	error = restore_machine(g, meta);
	if (error)
		NL_SET_ERR_MSG_MOD(extack,
				   "the state machine cannot go on from the snapshot on the device");
	return error;
}
