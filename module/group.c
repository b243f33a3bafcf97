// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: the table, the life and the death of one.
 *
 *	create -> STOPPED -> start -> STARTING -> RUNNING -> stop -> STOPPED -> delete
 *	             ^                   |           \-> FAILED -> stop -> ...
 *	             +-- failed, stop ---+
 *
 * A member that finds its own log damaged goes from FAILED to STARTING by itself.
 *
 * A start only looks the device up; a work item does the rest (parts.c), under
 * nobody's lock, and says by event and status what came of it.  A stop is a work item
 * as well: who asks for either may hold what all of netlink waits for (genl's
 * cb_lock), and a device that hangs may keep them for ever.  A stop of what is being
 * started sets @start_abort and waits for that work item; a delete waits for those
 * whose outcome is there already, so that no code of ours runs after the last group.
 *
 * Two work items end groups, that of stops and that which heals: who sets @ending has
 * the group for itself until it is STOPPED, and everybody else is refused meanwhile.
 *
 * How a group stops, and why nothing of it is used afterwards:
 *
 * (0) Where there is time, a leader hands over first.
 * (a) Waiters and reads are closed: every caller that waits for a proposal or for
 *     a read index gets its answer, and no new one is taken.
 * (b) @parts is taken for writing: whoever copies from the cache, reads the
 *     device or waits for a status has left, and nobody enters.
 * (c) The thread is stopped.  From here on nothing calls the engine, sends, or
 *     submits a write.  Contexts that may still run, and why each one ends:
 *     (1) encap_rcv in softirq may queue a datagram and wake the loop's wait
 *         queue, which is part of the group: quorum_link_close() waits for it.
 *     (2) a bio's end may report to the loop: quorum_store_stop() waits for all.
 *     (3) the workers that read back, write snapshots and read them to be sent:
 *         quorum_readback_stop(), _snapshots_stop() and _chunks_stop() wait for them.
 *     (4) the timer: quorum_loop_stop() cancelled it after the thread had ended,
 *         and only the thread arms it.
 * (d) The parts are freed.  The group itself lives on until its last reference:
 *     of the table, of the device node, of open files.
 */
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include "group_private.h"

static DEFINE_XARRAY_ALLOC1(groups);
static DEFINE_MUTEX(groups_lock);
static const struct quorum_group_hooks *hooks;
struct workqueue_struct *quorum_workqueue;
struct workqueue_struct *quorum_handin_workqueue;
/* Not behind what waits for a device that hangs: it may be its end. */
static struct workqueue_struct *quorum_stop_workqueue;

void quorum_group_set_hooks(const struct quorum_group_hooks *new_hooks)
{
	hooks = new_hooks;
}

static void tell(struct quorum_group *g, u8 type, u8 reason)
{
	struct quorum_event event = {
		.type = type,
		.seq = atomic64_inc_return(&g->event_seq),
		.state = READ_ONCE(g->state),
		.role = g->role,
		.term = g->term,
		.leader = g->leader,
		.error = g->error,
		.reason = reason,
	};
	struct raft_status *status;

	if (type == QUORUM_EVENT_START_FAILED)
		event.message = g->message;
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
 * quorum_group_event() - tell the interfaces that something happened
 * @g: the group
 * @type: enum quorum_event_type
 *
 * Context: process; the loop, or whoever holds @g->lock or set @g->ending while no loop
 * runs.
 */
void quorum_group_event(struct quorum_group *g, u8 type)
{
	tell(g, type, RAFT_OK);
}

/* A forced recovery has ended.  Context: only the loop. */
void quorum_group_recovered(struct quorum_group *g, u8 reason)
{
	tell(g, QUORUM_EVENT_RECOVERED, reason);
}

/* A transfer of leadership has ended.  Context: only the loop. */
void quorum_group_transferred(struct quorum_group *g, u8 reason)
{
	tell(g, QUORUM_EVENT_TRANSFERRED, reason);
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
	quorum_reads_close(g, -EIO);
	quorum_handin_end(g, -EIO);
	quorum_group_event(g, QUORUM_EVENT_FAILED);
	wake_up_interruptible_all(&g->readers);
}

/* ---- the table ---- */

static void release(struct kref *ref)
{
	struct quorum_group *g = container_of(ref, struct quorum_group, ref);

	quorum_sm_put(g->sm);
	quorum_handin_free(&g->handin);
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
	if (params->genesis.joins && params->unsealed) {
		NL_SET_ERR_MSG_MOD(extack,
				   "a node joins by the key of its cluster: without authentication all members are named at the start");
		return -ENOKEY;
	}
	if (params->secret && params->unsealed) {
		NL_SET_ERR_MSG_MOD(extack, "nothing is secret without a key: give one");
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

static void start_work(struct work_struct *work);
static void heal_work(struct work_struct *work);
static void stop_work(struct work_struct *work);
static void step_down(struct quorum_group *g);

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
	spin_lock_init(&g->where);
	init_waitqueue_head(&g->readers);
	quorum_waiters_init(&g->waiters);
	quorum_reads_init(&g->reads);
	quorum_loop_init(&g->loop);
	quorum_snapshots_init(g);
	quorum_chunks_init(g);
	quorum_handin_init(&g->handin);
	INIT_WORK(&g->start_work, start_work);
	INIT_WORK(&g->heal_work, heal_work);
	INIT_WORK(&g->stop_work, stop_work);
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
		memzero_explicit(g->params.keys, sizeof(g->params.keys));
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
	if (g->state != QUORUM_STATE_STOPPED || g->ending) {
		if (g->ending)
			NL_SET_ERR_MSG_MOD(extack, "the group is stopping: wait until it has stopped");
		else
			NL_SET_ERR_MSG_MOD(extack, "the group is running: stop it first");
		mutex_unlock(&g->lock);
		return -EBUSY;
	}
	WRITE_ONCE(g->deleted, true);
	quorum_waiters_close(g, -ENODEV);
	quorum_reads_close(g, -ENODEV);
	if (hooks && hooks->removed)
		hooks->removed(g);
	quorum_group_event(g, QUORUM_EVENT_DELETED);
	mutex_unlock(&g->lock);
	/* What has ended has said so, and may yet be on its way out. */
	flush_work(&g->heal_work);
	flush_work(&g->start_work);
	flush_work(&g->stop_work);
	erase(g);
	wake_up_interruptible_all(&g->readers);
	quorum_group_put(g);
	return 0;
}

/* ---- start ---- */

/* The outcome of a start that did not come to be. */
static void not_started(struct quorum_group *g, int error, const char *sentence)
{
	static const char prefix[] = KBUILD_MODNAME ": ";
	bool asked = READ_ONCE(g->start_abort);

	lockdep_assert_held(&g->lock);
	quorum_parts_tear_down(g, false);
	down_write(&g->parts);
	if (!asked) {
		/* NL_SET_ERR_MSG_MOD() puts the module's name before it. */
		if (sentence && !strncmp(sentence, prefix, strlen(prefix)))
			sentence += strlen(prefix);
		WRITE_ONCE(g->error, error);
		strscpy(g->message, sentence ?: "", sizeof(g->message));
	}
	WRITE_ONCE(g->state, QUORUM_STATE_STOPPED);
	up_write(&g->parts);
	wake_up_interruptible_all(&g->readers);
	quorum_group_event(g, asked ? QUORUM_EVENT_STOPPED : QUORUM_EVENT_START_FAILED);
}

static void start_work(struct work_struct *work)
{
	struct quorum_group *g = container_of(work, struct quorum_group, start_work);
	struct netlink_ext_ack extack = {};
	int error;

	error = quorum_parts_build(g, &extack);
	mutex_lock(&g->lock);
	if (!error && READ_ONCE(g->start_abort))
		error = -ECANCELED;
	if (!error)
		error = quorum_parts_go_live(g);
	if (error)
		not_started(g, error, extack._msg);
	mutex_unlock(&g->lock);
	quorum_group_put(g);
}

/* From STOPPED to STARTING. */
static void begin_start(struct quorum_group *g)
{
	lockdep_assert_held(&g->lock);
	quorum_parts_reset(g);
	/* Nobody looks at parts in the making: they see STARTING and leave. */
	WRITE_ONCE(g->state, QUORUM_STATE_STARTING);
	quorum_group_hold(g);
	queue_work(quorum_workqueue, &g->start_work);
}

/*
 * What this member acknowledged is damaged: it ends at once, so that it counts for
 * nothing, and starts again as a suspect that a leader heals.
 */
static void heal_work(struct work_struct *work)
{
	struct quorum_group *g = container_of(work, struct quorum_group, heal_work);

	mutex_lock(&g->lock);
	if (g->state == QUORUM_STATE_FAILED && !g->ending) {
		pr_warn("%s: starts again, as a suspect, to be given what is damaged\n",
			g->params.name);
		step_down(g);
		if (!g->stop_asked)
			begin_start(g);
	}
	mutex_unlock(&g->lock);
	quorum_group_put(g);
}

/**
 * quorum_group_heal() - a member found its log damaged
 * @g: the group, running
 *
 * Context: only the loop.
 */
void quorum_group_heal(struct quorum_group *g)
{
	if (g->state != QUORUM_STATE_RUNNING)
		return;
	quorum_group_fail(g, -EUCLEAN, RAFT_HALT_STORE);
	quorum_group_hold(g);
	if (!queue_work(quorum_workqueue, &g->heal_work))
		quorum_group_put(g);
}

static int may_start(const struct quorum_group *g, struct netlink_ext_ack *extack)
{
	if (g->deleted)
		return -ENODEV;
	if (g->ending) {
		NL_SET_ERR_MSG_MOD(extack, "the group is stopping: wait until it has stopped");
		return -EBUSY;
	}
	switch (g->state) {
	case QUORUM_STATE_STOPPED:
		return 0;
	case QUORUM_STATE_FAILED:
		NL_SET_ERR_MSG_MOD(extack, "the group has failed: look at its status, then stop it");
		return -EALREADY;
	case QUORUM_STATE_STARTING:
		NL_SET_ERR_MSG_MOD(extack, "the group is starting already");
		return -EALREADY;
	default:
		NL_SET_ERR_MSG_MOD(extack, "the group is running already");
		return -EALREADY;
	}
}

int quorum_group_start(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&g->lock);
	error = may_start(g, extack);
	/* Here, since the path and the right to it are the caller's. */
	if (!error)
		error = quorum_store_find(g->params.device, &g->start_device, extack);
	if (!error) {
		/* One that came to nothing before has what it wanted. */
		WRITE_ONCE(g->stop_asked, false);
		begin_start(g);
	}
	mutex_unlock(&g->lock);
	return error;
}

/* ---- stop ---- */

/*
 * So that the others need not wait for an election timeout: somebody who has all
 * of the log is told to campaign.  What is under way is answered meanwhile.
 */
static void hand_over(struct quorum_group *g)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };
	unsigned long patience = nsecs_to_jiffies(2 * READ_ONCE(g->election_max));
	int asked = -ESHUTDOWN;

	if (READ_ONCE(g->role) != RAFT_LEADER || READ_ONCE(g->hurry))
		return;
	down_read(&g->parts);
	if (g->loop.task)
		asked = quorum_loop_ask(g, &ev);
	up_read(&g->parts);
	/* No signal comes here: so that what wakes readers wakes it. */
	if (asked >= 0)
		wait_event_interruptible_timeout(g->readers,
						 READ_ONCE(g->role) != RAFT_LEADER ||
						 READ_ONCE(g->state) != QUORUM_STATE_RUNNING ||
						 READ_ONCE(g->hurry), patience);
}

/*
 * From RUNNING or FAILED to STOPPED.  The lock is let go meanwhile: it waits for the
 * device, and nobody has to wait with it.
 */
static void step_down(struct quorum_group *g)
{
	bool clean = READ_ONCE(g->state) == QUORUM_STATE_RUNNING;

	lockdep_assert_held(&g->lock);
	WRITE_ONCE(g->ending, true);
	mutex_unlock(&g->lock);
	quorum_waiters_close(g, -ESHUTDOWN);			/* (a) */
	quorum_reads_close(g, -ESHUTDOWN);
	wake_up_interruptible_all(&g->readers);
	down_write(&g->parts);					/* (b) */
	/* Begun until now; the worker and whoever hands it in look again. */
	quorum_handin_end(g, -ESHUTDOWN);
	quorum_parts_tear_down(g, clean);			/* (c), (d) */
	WRITE_ONCE(g->state, QUORUM_STATE_STOPPED);
	g->role = 0;
	g->leader = 0;
	up_write(&g->parts);
	mutex_lock(&g->lock);
	WRITE_ONCE(g->ending, false);
	wake_up_interruptible_all(&g->readers);
	quorum_group_event(g, QUORUM_EVENT_STOPPED);
}

static void stop_work(struct work_struct *work)
{
	struct quorum_group *g = container_of(work, struct quorum_group, stop_work);

	if (READ_ONCE(g->stop_asked))
		hand_over(g);
	mutex_lock(&g->lock);
	while (g->stop_asked && (g->state == QUORUM_STATE_STARTING || g->ending)) {
		/* Both need the lock to end. */
		WRITE_ONCE(g->start_abort, true);
		mutex_unlock(&g->lock);
		flush_work(&g->heal_work);
		flush_work(&g->start_work);
		mutex_lock(&g->lock);
	}
	if (g->stop_asked && g->state != QUORUM_STATE_STOPPED)
		step_down(g);
	WRITE_ONCE(g->stop_asked, false);
	mutex_unlock(&g->lock);
	quorum_group_put(g);
}

int quorum_group_stop(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error = 0;

	mutex_lock(&g->lock);
	if (g->deleted) {
		error = -ENODEV;
	} else if ((g->state != QUORUM_STATE_STOPPED || g->ending) && !g->stop_asked) {
		WRITE_ONCE(g->stop_asked, true);
		quorum_group_hold(g);
		if (!queue_work(quorum_stop_workqueue, &g->stop_work))
			quorum_group_put(g);
	}
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
		WRITE_ONCE(g->hurry, true);
		wake_up_interruptible_all(&g->readers);
		quorum_group_stop(g, NULL);
		flush_work(&g->stop_work);
		quorum_group_delete(g, NULL);
		quorum_group_put(g);
	}
}

static struct pernet_operations group_pernet_ops = {
	.pre_exit = namespace_pre_exit,
};

/* As many at once as there can be: each may wait for a device of its own. */
static struct workqueue_struct *make_workqueue(const char *name)
{
	return alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, WQ_UNBOUND_MAX_ACTIVE, name);
}

static void destroy_workqueues(void)
{
	struct workqueue_struct * const all[] = {
		quorum_stop_workqueue, quorum_handin_workqueue, quorum_workqueue,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i])
			destroy_workqueue(all[i]);
}

int quorum_group_init(void)
{
	int error = -ENOMEM;

	quorum_workqueue = make_workqueue("quorum");
	quorum_handin_workqueue = make_workqueue("quorum_handin");
	quorum_stop_workqueue = make_workqueue("quorum_stop");
	if (quorum_workqueue && quorum_handin_workqueue && quorum_stop_workqueue)
		error = register_pernet_subsys(&group_pernet_ops);
	if (error)
		destroy_workqueues();
	return error;
}

/* Ends the groups of all namespaces; the netlink family is gone already. */
void quorum_group_exit(void)
{
	unregister_pernet_subsys(&group_pernet_ops);
	WARN_ON_ONCE(!xa_empty(&groups));
	destroy_workqueues();
}
