// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: the table, the life and the death of one.
 *
 *	create -> STOPPED -> start -> STARTING -> RUNNING -> stop -> STOPPED -> delete
 *	                                             \-> FAILED -> stop -> ...
 *
 * How a group stops, and why nothing of it is used afterwards:
 *
 * (a) Waiters are closed: every caller that waits for a proposal gets its answer,
 *     and no new one is taken.
 * (b) @parts is taken for writing: whoever copies from the cache, reads the
 *     device or waits for a status has left, and nobody enters.
 * (c) The thread is stopped.  From here on nothing calls the engine, sends, or
 *     submits a write.  Contexts that may still run, and why each one ends:
 *     (1) encap_rcv in softirq may queue a datagram and wake the loop's wait
 *         queue, which is part of the group: quorum_link_close() waits for it.
 *     (2) a bio's end may report to the loop: quorum_store_stop() waits for all.
 *     (3) the read-back worker: quorum_readback_stop() waits for it.
 *     (4) the timer: quorum_loop_stop() cancelled it after the thread had ended,
 *         and only the thread arms it.
 * (d) The parts are freed.  The group itself lives on until its last reference:
 *     of the table, of the device node, of open files.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include "group_private.h"

static DEFINE_XARRAY_ALLOC1(groups);
static DEFINE_MUTEX(groups_lock);
static const struct quorum_group_hooks *hooks;

void quorum_group_set_hooks(const struct quorum_group_hooks *new_hooks)
{
	hooks = new_hooks;
}

/**
 * quorum_group_event() - tell the interfaces that something happened
 * @g: the group
 * @type: enum quorum_event_type
 *
 * Context: process; the loop, or whoever holds @g->lock while no loop runs.
 */
void quorum_group_event(struct quorum_group *g, u8 type)
{
	struct quorum_event event = {
		.type = type,
		.seq = atomic64_inc_return(&g->event_seq),
		.state = READ_ONCE(g->state),
		.role = g->role,
		.term = g->term,
		.leader = g->leader,
		.error = g->error,
	};
	struct raft_status *status;

	if (g->raft && (type == QUORUM_EVENT_ROLE || type == QUORUM_EVENT_FAILED)) {
		status = kmalloc(sizeof(*status), GFP_KERNEL);
		if (status) {
			raft_get_status(g->raft, status);
			event.cause = status->cause;
			event.halt = status->halt;
			kfree(status);
		}
	}
	if (hooks && hooks->event)
		hooks->event(g, &event);
}

/**
 * quorum_group_fail() - the group cannot go on
 * @g: the group
 * @error: why, negative errno; the first one stays
 * @halt: enum raft_halt
 *
 * It answers nothing any more and stays readable, until it is stopped.
 * Context: only the loop.
 */
void quorum_group_fail(struct quorum_group *g, int error, u8 halt)
{
	if (g->state == QUORUM_STATE_FAILED)
		return;
	pr_err("%s: failed: %s (%d)\n", g->params.name, raft_halt_name(halt), error);
	WRITE_ONCE(g->role, RAFT_FOLLOWER);
	WRITE_ONCE(g->leader, 0);
	WRITE_ONCE(g->error, error);
	WRITE_ONCE(g->state, QUORUM_STATE_FAILED);
	quorum_waiters_close(g, -EIO);
	quorum_group_event(g, QUORUM_EVENT_FAILED);
	wake_up_interruptible_all(&g->readers);
}

/* ---- the table ---- */

static void release(struct kref *ref)
{
	struct quorum_group *g = container_of(ref, struct quorum_group, ref);

	quorum_sm_put(g->sm);
	mutex_destroy(&g->lock);
	memzero_explicit(g->params.keys, sizeof(g->params.keys));
	kvfree(g);
}

struct quorum_group *quorum_group_hold(struct quorum_group *g)
{
	kref_get(&g->ref);
	return g;
}

void quorum_group_put(struct quorum_group *g)
{
	kref_put(&g->ref, release);
}

struct quorum_group *quorum_group_find(struct net *net, const char *name)
{
	struct quorum_group *g, *found = NULL;
	unsigned long number;

	mutex_lock(&groups_lock);
	xa_for_each(&groups, number, g) {
		if (net_eq(g->net, net) && !strcmp(g->params.name, name)) {
			found = quorum_group_hold(g);
			break;
		}
	}
	mutex_unlock(&groups_lock);
	return found;
}

struct quorum_group *quorum_group_next(struct net *net, u32 *number)
{
	struct quorum_group *g, *found = NULL;
	unsigned long at;

	mutex_lock(&groups_lock);
	xa_for_each_start(&groups, at, g, *number) {
		if (net_eq(g->net, net)) {
			found = quorum_group_hold(g);
			*number = at;
			break;
		}
	}
	mutex_unlock(&groups_lock);
	return found;
}

static const struct quorum_net_member *address_of(const struct quorum_group_params *params,
						  u32 id)
{
	u32 i;

	for (i = 0; i < params->genesis.n; i++)
		if (params->members[i].id == id)
			return &params->members[i];
	return NULL;
}

static int check_params(const struct quorum_group_params *params,
			struct netlink_ext_ack *extack)
{
	enum genesis_error error;
	u32 i;

	error = genesis_check(&params->genesis, params->self);
	if (error) {
		quorum_compat_extack(extack, genesis_error_text(error));
		return -genesis_error_errno(error);
	}
	if (!params->keys[0].set != params->unsealed) {
		NL_SET_ERR_MSG_MOD(extack, "give a key, or ask for a group without authentication");
		return -ENOKEY;
	}
	for (i = 0; i < params->genesis.n; i++) {
		if (!address_of(params, params->genesis.members[i].id)) {
			NL_SET_ERR_MSG_MOD(extack, "a member has no address: give each one address:port");
			return -EDESTADDRREQ;
		}
	}
	return 0;
}

static struct quorum_group *alloc_group(struct net *net,
					const struct quorum_group_params *params)
{
	struct quorum_group *g;

	g = kvzalloc(sizeof(*g), GFP_KERNEL);
	if (!g)
		return NULL;
	g->params = *params;
	genesis_normalize(&g->params.genesis);
	g->net = net;
	kref_init(&g->ref);
	mutex_init(&g->lock);
	init_rwsem(&g->parts);
	init_waitqueue_head(&g->readers);
	quorum_waiters_init(&g->waiters);
	quorum_loop_init(&g->loop);
	g->state = QUORUM_STATE_STOPPED;
	return g;
}

/* Names are unique in the kernel, not in the namespace: device nodes are. */
static int insert(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	struct quorum_group *other;
	unsigned long number;
	int error;

	lockdep_assert_held(&groups_lock);
	xa_for_each(&groups, number, other) {
		if (!strcmp(other->params.name, g->params.name)) {
			NL_SET_ERR_MSG_MOD(extack, "a group of this name exists already: choose another local name");
			return -EEXIST;
		}
	}
	error = xa_alloc(&groups, &g->number, g, XA_LIMIT(1, QUORUM_GROUPS_MAX), GFP_KERNEL);
	if (error == -EBUSY) {
		NL_SET_ERR_MSG_MOD(extack, "no more groups: this kernel has as many as it can");
		error = -ENFILE;
	}
	return error;
}

static void erase(struct quorum_group *g)
{
	mutex_lock(&groups_lock);
	xa_erase(&groups, g->number);
	mutex_unlock(&groups_lock);
}

int quorum_group_create(struct net *net, const struct quorum_group_params *params,
			struct netlink_ext_ack *extack)
{
	struct quorum_group *g;
	int error;

	error = check_params(params, extack);
	if (error)
		return error;
	g = alloc_group(net, params);
	if (!g)
		return -ENOMEM;
	g->sm = quorum_sm_get(params->sm);
	if (!g->sm) {
		NL_SET_ERR_MSG_MOD(extack, "no such state machine is registered");
		kvfree(g);
		return -ENOENT;
	}
	/* Not visible half made: nobody starts it before its node exists. */
	mutex_lock(&g->lock);
	mutex_lock(&groups_lock);
	error = insert(g, extack);
	mutex_unlock(&groups_lock);
	if (error)
		goto put;
	if (hooks && hooks->added)
		error = hooks->added(g);
	if (error) {
		NL_SET_ERR_MSG_MOD(extack, "the device node could not be made");
		g->deleted = true;
		erase(g);
		goto put;
	}
	quorum_group_event(g, QUORUM_EVENT_CREATED);
	mutex_unlock(&g->lock);
	return 0;
put:
	mutex_unlock(&g->lock);
	quorum_group_put(g);
	return error;
}

int quorum_group_delete(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	mutex_lock(&g->lock);
	if (g->deleted) {
		mutex_unlock(&g->lock);
		return -ENODEV;
	}
	if (g->state != QUORUM_STATE_STOPPED) {
		mutex_unlock(&g->lock);
		NL_SET_ERR_MSG_MOD(extack, "the group is running: stop it first");
		return -EBUSY;
	}
	WRITE_ONCE(g->deleted, true);
	quorum_waiters_close(g, -ENODEV);
	if (hooks && hooks->removed)
		hooks->removed(g);
	quorum_group_event(g, QUORUM_EVENT_DELETED);
	mutex_unlock(&g->lock);
	erase(g);
	wake_up_interruptible_all(&g->readers);
	quorum_group_put(g);
	return 0;
}

/* ---- start ---- */

/* What recovery gathers on its way through the log. */
struct recovery {
	struct quorum_group *g;
	struct raft_run *runs;
	u32 nruns;
	u64 last;
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

static int recovered_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct recovery *rec = ctx;
	struct quorum_group *g = rec->g;

	int error;

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
	return quorum_cache_append(g->cache, entry, payload);
}

static void recovered_truncate(void *ctx, u64 index)
{
	struct recovery *rec = ctx;

	while (rec->nruns && rec->runs[rec->nruns - 1].first >= index)
		rec->nruns--;
	if (rec->last >= index)
		rec->last = index - 1;
	if (rec->g->cache)
		quorum_cache_truncate(rec->g->cache, index);
}

static int start_engine(struct quorum_group *g, const struct recovery *rec)
{
	const struct quorum_genesis *genesis = &g->params.genesis;
	struct raft_params *params;
	int error;

	params = kzalloc(sizeof(*params), GFP_KERNEL);
	g->raft = kvzalloc(raft_size(), GFP_KERNEL);
	if (!params || !g->raft) {
		kfree(params);
		return -ENOMEM;
	}
	params->self = g->params.self;
	params->seed = get_random_u64();
	genesis_config(genesis, &params->config);
	params->term = g->recovered.term;
	params->vote = g->recovered.vote;
	params->base_index = g->recovered.base_index;
	params->base_term = g->recovered.base_term;
	params->last_index = g->recovered.last_index;
	params->runs = rec->runs;
	params->nruns = rec->nruns;
	error = raft_init(g->raft, params, quorum_loop_now());
	kfree(params);
	return error;
}

static int read_log(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	struct recovery rec = { .g = g };
	int error;

	rec.runs = kvmalloc_array(RAFT_RUNS_MAX, sizeof(*rec.runs), GFP_KERNEL);
	if (!rec.runs)
		return -ENOMEM;
	error = quorum_store_recover(g->store, recovered_entry, recovered_truncate, &rec,
				     &g->recovered, extack);
	if (!error && g->recovered.suspect) {
		NL_SET_ERR_MSG_MOD(extack,
				   "an acknowledged record of the log is damaged: see `quorumctl fsck`");
		error = -EUCLEAN;
	}
	if (!error)
		error = have_cache(g, g->recovered.last_index + 1);
	if (!error)
		error = start_engine(g, &rec);
	kvfree(rec.runs);
	return error;
}

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
	return 0;
}

/* Everything from (c) on; see the top of this file. */
static void tear_down(struct quorum_group *g, bool clean)
{
	quorum_loop_stop(g);
	if (g->link)
		quorum_link_close(g->link);
	quorum_readback_stop(&g->readback);
	if (g->store) {
		quorum_store_stop(g->store, clean);
		quorum_store_close(g->store);
	}
	quorum_cache_destroy(g->cache);
	quorum_readback_destroy(&g->readback);
	kvfree(g->raft);
	if (g->sm->release && g->sm_state)
		g->sm->release(g->sm_state);
	g->link = NULL;
	g->store = NULL;
	g->cache = NULL;
	g->raft = NULL;
	g->sm_state = NULL;
}

static void reset(struct quorum_group *g)
{
	atomic64_set(&g->applied, 0);
	atomic64_set(&g->last_data, 0);
	g->role = 0;
	g->leader = 0;
	g->term = 0;
	g->error = 0;
	g->commit = 0;
	g->ninflight = 0;
	g->store_full = false;
	g->offer_after = 0;
	g->swept_term = 0;
	memset(&g->recovered, 0, sizeof(g->recovered));
}

static int build(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	static const struct quorum_store_ops store_ops = {
		.hard_done = quorum_loop_hard_done,
		.write_done = quorum_loop_write_done,
	};
	struct quorum_store *store;
	int error;

	error = quorum_readback_init(&g->readback);
	if (error)
		return error;
	if (g->sm->init) {
		void *state = g->sm->init();

		if (IS_ERR_OR_NULL(state))
			return state ? PTR_ERR(state) : -ENOMEM;
		g->sm_state = state;
	}
	store = quorum_store_open(g->params.device, &g->params.genesis, g->params.self,
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

	g->last = found->last_index;
	g->submitted = found->last_index;
	g->unsubmitted_bytes = 0;
	g->durable = found->last_index;
	g->recovered_last = found->last_index;
	atomic64_set(&g->applied, found->base_index);
	g->commit = found->base_index;
	g->role = RAFT_FOLLOWER;
	g->term = found->term;
	g->role_since = quorum_loop_now();
	quorum_pump_hold(g);
}

/* From here on others may use the parts, and the loop runs. */
static int go_live(struct quorum_group *g)
{
	int error;

	adopt_recovered(g);
	quorum_waiters_open(&g->waiters, g->recovered.epoch,
			    quorum_store_incarnation(g->store));
	down_write(&g->parts);
	WRITE_ONCE(g->state, QUORUM_STATE_RUNNING);
	quorum_group_event(g, QUORUM_EVENT_STARTED);
	error = quorum_loop_start(g);
	if (error) {
		WRITE_ONCE(g->state, QUORUM_STATE_STARTING);
		quorum_waiters_close(g, -ESHUTDOWN);
	}
	up_write(&g->parts);
	return error;
}

int quorum_group_start(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&g->lock);
	if (g->deleted) {
		error = -ENODEV;
		goto unlock;
	}
	if (g->state == QUORUM_STATE_FAILED) {
		NL_SET_ERR_MSG_MOD(extack, "the group has failed: look at its status, then stop it");
		error = -EALREADY;
		goto unlock;
	}
	if (g->state != QUORUM_STATE_STOPPED) {
		NL_SET_ERR_MSG_MOD(extack, "the group is running already");
		error = -EALREADY;
		goto unlock;
	}
	reset(g);
	/* Nobody looks at parts in the making: they see STARTING and leave. */
	WRITE_ONCE(g->state, QUORUM_STATE_STARTING);
	error = build(g, extack);
	if (!error)
		error = go_live(g);
	if (error) {
		tear_down(g, false);
		WRITE_ONCE(g->state, QUORUM_STATE_STOPPED);
	}
unlock:
	mutex_unlock(&g->lock);
	return error;
}

/* ---- stop ---- */

static void step_down(struct quorum_group *g)
{
	quorum_waiters_close(g, -ESHUTDOWN);			/* (a) */
	wake_up_interruptible_all(&g->readers);
	down_write(&g->parts);					/* (b) */
	tear_down(g, g->state == QUORUM_STATE_RUNNING);		/* (c), (d) */
	WRITE_ONCE(g->state, QUORUM_STATE_STOPPED);
	g->role = 0;
	g->leader = 0;
	up_write(&g->parts);
	wake_up_interruptible_all(&g->readers);
	quorum_group_event(g, QUORUM_EVENT_STOPPED);
}

int quorum_group_stop(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error = 0;

	mutex_lock(&g->lock);
	if (g->deleted)
		error = -ENODEV;
	else if (g->state != QUORUM_STATE_STOPPED)
		step_down(g);
	mutex_unlock(&g->lock);
	return error;
}

/* ---- small questions ---- */

const char *quorum_group_name(const struct quorum_group *g)
{
	return g->params.name;
}

u32 quorum_group_number(const struct quorum_group *g)
{
	return g->number;
}

struct net *quorum_group_net(const struct quorum_group *g)
{
	return g->net;
}

u32 quorum_group_self(const struct quorum_group *g)
{
	return g->params.self;
}

const struct quorum_group_params *quorum_group_get_params(const struct quorum_group *g)
{
	return &g->params;
}

/* ---- namespaces ---- */

/*
 * Before the namespace takes its interfaces down: stop what lives in it.  Nobody
 * can create a group here any more, since no task is in the namespace.
 */
static void __net_exit namespace_pre_exit(struct net *net)
{
	struct quorum_group *g;
	u32 number = 1;

	while ((g = quorum_group_next(net, &number))) {
		quorum_group_stop(g, NULL);
		quorum_group_delete(g, NULL);
		quorum_group_put(g);
	}
}

static struct pernet_operations group_pernet_ops = {
	.pre_exit = namespace_pre_exit,
};

int quorum_group_init(void)
{
	return register_pernet_subsys(&group_pernet_ops);
}

/* Ends the groups of all namespaces; the netlink family is gone already. */
void quorum_group_exit(void)
{
	unregister_pernet_subsys(&group_pernet_ops);
	WARN_ON_ONCE(!xa_empty(&groups));
}
