// SPDX-License-Identifier: GPL-2.0
/*
 * Parts: what a group has only while it runs - store, cache, link, engine, state
 * machine - from the device to the first turn of the loop, and back.
 *
 * Building takes as long as the log takes to read, so it runs in a work item and
 * without @group->lock; the state STARTING keeps everybody else away.  How all of
 * it ends is the comment at the top of group.c.
 */
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "format/config.h"
#include "format/recover.h"
#include "group_private.h"

/* ---- recovery ---- */
/* What recovery gathers on its way through the log. */
struct recovery {
	struct quorum_group *g;
	struct raft_run *runs;
	u32 nruns;
	u64 last;
	struct raft_config *configs;	/* the newest, ascending */
	u32 nconfigs;
};

static int have_cache(struct quorum_group *g, u64 next_index)
{
	struct quorum_cache *cache;

	if (g->cache)
		return 0;
	cache = quorum_cache_create(next_index);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	g->cache = cache;
	return 0;
}

static int recovered_config(struct recovery *rec, const struct raft_entry *entry,
			    const void *payload)
{
	if (rec->nconfigs == SNAP_CONFIGS_MAX) {
		rec->nconfigs--;
		memmove(rec->configs, rec->configs + 1, rec->nconfigs * sizeof(*rec->configs));
	}
	/* Its checksum is right, so it was written so. */
	if (!config_decode(payload, entry->size, &rec->configs[rec->nconfigs]))
		return -EUCLEAN;
	rec->configs[rec->nconfigs++].index = entry->index;
	return 0;
}

static int recovered_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct recovery *rec = ctx;
	struct quorum_group *g = rec->g;
	int error;

	/* A stop does not wait for the end of a long log. */
	if (READ_ONCE(g->start_abort))
		return -ECANCELED;
	error = have_cache(g, entry->index);
	if (error)
		return error;
	/* All of it is on the device: the newest may push the oldest out. */
	quorum_cache_hold(g->cache, entry->index - 1);
	if (!rec->nruns || rec->runs[rec->nruns - 1].term != entry->term) {
		if (rec->nruns == RAFT_RUNS_MAX) {
			/* The engine keeps the newest only; see raft_term_at(). */
			rec->nruns--;
			memmove(rec->runs, rec->runs + 1, rec->nruns * sizeof(*rec->runs));
		}
		rec->runs[rec->nruns].first = entry->index;
		rec->runs[rec->nruns].term = entry->term;
		rec->nruns++;
	}
	rec->last = entry->index;
	/* Sessions are above all machines, also above one that keeps nothing. */
	if (entry->type == RAFT_ENTRY_SESSION)
		g->replay_needed = true;
	if (entry->type == RAFT_ENTRY_CONFIG) {
		error = recovered_config(rec, entry, payload);
		if (error)
			return error;
	}
	return quorum_cache_append(g->cache, entry, payload);
}

static void recovered_truncate(void *ctx, u64 index)
{
	struct recovery *rec = ctx;

	while (rec->nruns && rec->runs[rec->nruns - 1].first >= index)
		rec->nruns--;
	while (rec->nconfigs && rec->configs[rec->nconfigs - 1].index >= index)
		rec->nconfigs--;
	if (rec->last >= index)
		rec->last = index - 1;
	if (rec->g->cache)
		quorum_cache_truncate(rec->g->cache, index);
}

/* The snapshot the engine begins with, and the configuration at its index. */
static int adopt_snapshot(struct quorum_group *g, struct raft_params *params)
{
	const struct quorum_snap_meta *meta = &g->recovered.snap;

	if (!g->recovered.has_snap)
		return 0;
	/* Its checksum is right, so it was written so. */
	if (meta->config_len > sizeof(meta->config) ||
	    !config_kept(meta->config, meta->config_len, &params->config))
		return -EUCLEAN;
	params->snapshot.index = meta->index;
	params->snapshot.term = meta->term;
	params->snapshot.size = meta->bytes;
	params->snapshot.crc = meta->crc;
	return 0;
}

/* In front of the checkpoint: no entry of its own is handed on. */
static int recovered_before(void *ctx, const struct raft_entry *entry, const void *payload)
{
	return recovered_config(ctx, entry, payload);
}

/*
 * The log was read from a checkpoint on.  Of what lies before, its last term is all
 * that has to be known, since it is committed.
 */
static void recovered_checkpoint(struct quorum_group *g, struct recovery *rec)
{
	const struct quorum_recovered *found = &g->recovered;

	if (found->types & (1U << RAFT_ENTRY_SESSION))
		g->replay_needed = true;
	if (found->check_index <= found->base_index)
		return;
	if (rec->nruns && rec->runs[0].term == found->check_term) {
		rec->runs[0].first = found->check_index;
		return;
	}
	if (rec->nruns == RAFT_RUNS_MAX)
		return;
	memmove(rec->runs + 1, rec->runs, rec->nruns++ * sizeof(*rec->runs));
	rec->runs[0].first = found->check_index;
	rec->runs[0].term = found->check_term;
}

static int start_engine(struct quorum_group *g, const struct recovery *rec)
{
	const struct quorum_genesis *genesis = &g->params.genesis;
	struct raft_params *params;
	u32 i, newest;
	int error;

	params = kzalloc(sizeof(*params), GFP_KERNEL);
	g->raft = kvzalloc(raft_size(), GFP_KERNEL);
	if (!params || !g->raft) {
		kfree(params);
		return -ENOMEM;
	}
	params->self = g->params.self;
	params->seed = get_random_u64();
	params->flags = RAFT_F_GRID | (g->recovered.suspect ? RAFT_F_SUSPECT : 0) |
			(genesis->joins ? RAFT_F_JOIN : 0);
	genesis_config(genesis, &params->config);
	params->term = g->recovered.term;
	params->vote = g->recovered.vote;
	params->base_index = g->recovered.base_index;
	params->base_term = g->recovered.base_term;
	params->last_index = g->recovered.last_index;
	params->commit_index = g->recovered.check_index;
	params->runs = rec->runs;
	params->nruns = rec->nruns;
	newest = rec->nconfigs > RAFT_CONFIGS_MAX ? rec->nconfigs - RAFT_CONFIGS_MAX : 0;
	params->configs = rec->configs + newest;
	params->nconfigs = rec->nconfigs - newest;
	error = adopt_snapshot(g, params);
	if (error) {
		kfree(params);
		return error;
	}
	/* Whoever is in force beyond it, the engine says by RAFT_FX_CONFIG. */
	g->config_committed = params->config;
	quorum_snapshots_config(g, &params->config);
	for (i = 0; i < rec->nconfigs; i++)
		if (rec->configs[i].index > params->config.index)
			quorum_snapshots_config(g, &rec->configs[i]);
	error = raft_init(g->raft, params, quorum_loop_now());
	kfree(params);
	if (error)
		return error;
	quorum_apply_role(g, raft_get_config(g->raft));
	WRITE_ONCE(g->election_max, raft_get_config(g->raft)->timing.election_max);
	/* So that the machine's index follows, which its snapshots are of. */
	if (g->blind)
		g->replay_needed = true;
	return 0;
}

static int read_log(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	struct recovery rec = { .g = g };
	int error;

	rec.runs = kvmalloc_array(RAFT_RUNS_MAX, sizeof(*rec.runs), GFP_KERNEL);
	rec.configs = kcalloc(SNAP_CONFIGS_MAX, sizeof(*rec.configs), GFP_KERNEL);
	if (!rec.runs || !rec.configs) {
		kvfree(rec.runs);
		kfree(rec.configs);
		return -ENOMEM;
	}
	if (g->params.tail_suspect)
		quorum_store_doubt_tail(g->store);
	error = quorum_store_recover(g->store, recovered_entry, recovered_truncate,
				     recovered_before, &rec, &g->recovered, extack);
	if (!error && g->recovered.check_index)
		pr_info("%s: the log was read from its checkpoint at index %llu on\n",
			g->params.name, g->recovered.check_index);
	if (!error && g->recovered.suspect)
		pr_warn("%s: %s: entries from %llu to %llu are to come from a leader, until then this member does not vote\n",
			g->params.name, recover_row_text(g->recovered.row),
			g->recovered.suspect_first, g->recovered.suspect_last);
	if (!error)
		error = have_cache(g, g->recovered.last_index + 1);
	/* The snapshot may have taken the place of what was read. */
	if (!error && g->recovered.last_index == g->recovered.base_index)
		quorum_cache_reset(g->cache, g->recovered.last_index + 1);
	if (!error)
		error = quorum_snapshots_restart(g, extack);
	if (!error)
		recovered_checkpoint(g, &rec);
	if (!error)
		error = start_engine(g, &rec);
	kvfree(rec.runs);
	kfree(rec.configs);
	return error;
}

/* ---- building ---- */

static int open_link(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	struct quorum_link_params params = {
		.ident.cluster = wire_cluster_key(g->params.genesis.cluster),
		.ident.group = genesis_group_number(&g->params.genesis),
		.ident.genesis = genesis_fingerprint(&g->params.genesis),
		.ident.from = g->params.self,
		.ident.incarnation = quorum_store_incarnation(g->store),
		.epoch = g->recovered.epoch,
		.listen = g->params.listen,
		.n = g->params.genesis.n,
		.members = g->params.members,
		.secret = g->params.secret,
		.joins = g->params.genesis.joins,
		.joined = genesis_joined(&g->params.genesis),
		.wake = quorum_loop_rx,
		.priv = g,
	};
	struct quorum_link *link;

	memcpy(params.keys, g->params.keys, sizeof(params.keys));
	g->ident = params.ident;
	link = quorum_link_open(g->net, &params, extack);
	memzero_explicit(params.keys, sizeof(params.keys));
	if (IS_ERR(link))
		return PTR_ERR(link);
	g->link = link;
	/* That of a snapshot, which nobody says again. */
	if (raft_get_config(g->raft)->index)
		quorum_members_changed(g, raft_get_config(g->raft), false);
	return 0;
}

/**
 * quorum_parts_tear_down() - everything from (c) on; see the top of group.c
 * @g: the group
 * @clean: the log is as its writer left it
 *
 * Context: process; whoever holds @g->lock.
 */
void quorum_parts_tear_down(struct quorum_group *g, bool clean)
{
	quorum_loop_stop(g);
	quorum_early_forget(&g->early);
	if (g->store)
		quorum_store_verify_stop(g->store);
	if (g->link)
		quorum_link_close(g->link);
	quorum_readback_stop(&g->readback);
	quorum_readback_stop(&g->replay);
	quorum_snapshots_stop(g);
	quorum_chunks_stop(g);
	if (g->store) {
		quorum_store_stop(g->store, clean);
		quorum_store_close(g->store);
	}
	quorum_cache_destroy(g->cache);
	quorum_readback_destroy(&g->readback);
	quorum_readback_destroy(&g->replay);
	kvfree(g->raft);
	quorum_machine_destroy(g->machine);
	quorum_snapshots_free(g);
	quorum_chunks_free(g);
	kvfree(g->result);
	g->link = NULL;
	g->store = NULL;
	g->cache = NULL;
	g->raft = NULL;
	g->machine = NULL;
	g->result = NULL;
}

/**
 * quorum_parts_reset() - forget the last life, before a new one
 * @g: the group, stopped
 */
void quorum_parts_reset(struct quorum_group *g)
{
	atomic64_set(&g->base, 0);
	atomic64_set(&g->applied, 0);
	atomic64_set(&g->last_data, 0);
	g->role = 0;
	g->leader = 0;
	g->term = 0;
	g->error = 0;
	g->message[0] = '\0';
	g->start_abort = false;
	g->commit = 0;
	g->ninflight = 0;
	g->store_full = false;
	g->offer_after = 0;
	g->swept_term = 0;
	g->tick_at = 0;
	g->tick_term = 0;
	g->blind = false;
	g->members_retry = 0;
	g->fill_after = 0;
	g->lost = false;
	/* A machine that keeps anything has to see everything. */
	g->replay_needed = g->sm != &quorum_log_ops;
	memset(&g->recovered, 0, sizeof(g->recovered));
}

static int make_machine(struct quorum_group *g)
{
	struct quorum_machine *machine;
	int error;

	error = quorum_readback_init(&g->readback, g);
	if (!error)
		error = quorum_readback_init(&g->replay, g);
	if (!error)
		error = quorum_snapshots_alloc(g);
	if (!error)
		error = quorum_chunks_alloc(g);
	if (error)
		return error;
	g->result = kvmalloc(QUORUM_RESULT_BYTES_MAX, GFP_KERNEL);
	if (!g->result)
		return -ENOMEM;
	machine = quorum_machine_create(g->sm);
	if (IS_ERR(machine))
		return PTR_ERR(machine);
	g->machine = machine;
	return 0;
}

/**
 * quorum_parts_build() - open the device, read the log, open the endpoint
 * @g: the group, STARTING
 * @extack: gets the sentence on refusal
 *
 * What was built of it stays when it fails; quorum_parts_tear_down() takes it.
 * Context: process; only the start's work item.
 */
int quorum_parts_build(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	static const struct quorum_store_ops store_ops = {
		.hard_done = quorum_loop_hard_done,
		.snap_done = quorum_loop_snap_done,
		.damaged = quorum_loop_damaged,
		.write_done = quorum_loop_write_done,
	};
	struct quorum_store *store;
	int error;

	error = make_machine(g);
	if (error)
		return error;
	store = quorum_store_open(g->start_device, &g->params.genesis, g->params.self,
				  &store_ops, g, extack);
	if (IS_ERR(store))
		return PTR_ERR(store);
	g->store = store;
	error = read_log(g, extack);
	if (!error)
		error = quorum_store_start(g->store);
	if (!error)
		error = open_link(g, extack);
	return error;
}

/* The engine's view of the log, as far as the loop needs it itself. */
static void adopt_recovered(struct quorum_group *g)
{
	const struct quorum_recovered *found = &g->recovered;
	/* What the snapshot stands for was applied, though some of it is still there. */
	u64 applied = found->has_snap ? found->snap.index : found->base_index;

	g->last = found->last_index;
	g->submitted = found->last_index;
	g->unsubmitted_bytes = 0;
	g->durable = found->last_index;
	g->recovered_last = found->last_index;
	atomic64_set(&g->base, found->base_index);
	atomic64_set(&g->applied, applied);
	atomic64_set(&g->last_data, applied);
	g->commit = max(applied, found->check_index);
	g->role = RAFT_FOLLOWER;
	g->term = found->term;
	g->role_since = quorum_loop_now();
	quorum_pump_hold(g);
}

/**
 * quorum_parts_go_live() - from here on others may use the parts, and the loop runs
 * @g: the group, with all its parts
 *
 * Context: process; whoever holds @g->lock.
 */
int quorum_parts_go_live(struct quorum_group *g)
{
	int error;

	adopt_recovered(g);
	quorum_waiters_open(&g->waiters, g->recovered.epoch,
			    quorum_store_incarnation(g->store));
	quorum_reads_open(&g->reads);
	down_write(&g->parts);
	WRITE_ONCE(g->state, QUORUM_STATE_RUNNING);
	quorum_group_event(g, QUORUM_EVENT_STARTED);
	error = quorum_loop_start(g);
	if (error) {
		WRITE_ONCE(g->state, QUORUM_STATE_STARTING);
		quorum_waiters_close(g, -ESHUTDOWN);
		quorum_reads_close(g, -ESHUTDOWN);
	}
	up_write(&g->parts);
	return error;
}
