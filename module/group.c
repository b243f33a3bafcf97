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
 * nobody's lock, and says by event and status what came of it.  A stop meanwhile
 * sets @start_abort and waits for the work item; a delete waits for one that
 * has already failed, so that no code of ours runs after the last group.
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
 * Context: process; the loop, or whoever holds @g->lock while no loop runs.
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
static void step_down(struct quorum_group *g, bool hurry);

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
	if (g->state != QUORUM_STATE_STOPPED) {
		mutex_unlock(&g->lock);
		NL_SET_ERR_MSG_MOD(extack, "the group is running: stop it first");
		return -EBUSY;
	}
	WRITE_ONCE(g->deleted, true);
	quorum_waiters_close(g, -ENODEV);
	quorum_reads_close(g, -ENODEV);
	if (hooks && hooks->removed)
		hooks->removed(g);
	quorum_group_event(g, QUORUM_EVENT_DELETED);
	mutex_unlock(&g->lock);
	/* A start that failed has said so, and may yet be on its way out. */
	flush_work(&g->heal_work);
	flush_work(&g->start_work);
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
	if (g->state == QUORUM_STATE_FAILED && !g->deleted) {
		pr_warn("%s: starts again, as a suspect, to be given what is damaged\n",
			g->params.name);
		step_down(g, true);
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
	if (!error)
		begin_start(g);
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

	if (READ_ONCE(g->role) != RAFT_LEADER || quorum_loop_ask(g, &ev) < 0)
		return;
	wait_event_interruptible_timeout(g->readers, READ_ONCE(g->role) != RAFT_LEADER ||
					 READ_ONCE(g->state) != QUORUM_STATE_RUNNING,
					 patience);
}

static void step_down(struct quorum_group *g, bool hurry)
{
	if (g->state == QUORUM_STATE_RUNNING && !hurry)
		hand_over(g);
	quorum_waiters_close(g, -ESHUTDOWN);			/* (a) */
	quorum_reads_close(g, -ESHUTDOWN);
	wake_up_interruptible_all(&g->readers);
	down_write(&g->parts);					/* (b) */
	/* Begun until now; the worker and whoever hands it in look again. */
	quorum_handin_end(g, -ESHUTDOWN);
	quorum_parts_tear_down(g, g->state == QUORUM_STATE_RUNNING); /* (c), (d) */
	WRITE_ONCE(g->state, QUORUM_STATE_STOPPED);
	g->role = 0;
	g->leader = 0;
	up_write(&g->parts);
	wake_up_interruptible_all(&g->readers);
	quorum_group_event(g, QUORUM_EVENT_STOPPED);
}

static int stop(struct quorum_group *g, bool hurry)
{
	int error = 0;

	mutex_lock(&g->lock);
	while (g->state == QUORUM_STATE_STARTING) {
		/* It needs the lock to end. */
		WRITE_ONCE(g->start_abort, true);
		mutex_unlock(&g->lock);
		flush_work(&g->start_work);
		mutex_lock(&g->lock);
	}
	if (g->deleted)
		error = -ENODEV;
	else if (g->state != QUORUM_STATE_STOPPED)
		step_down(g, hurry);
	mutex_unlock(&g->lock);
	return error;
}

int quorum_group_stop(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	return stop(g, false);
}

/* ---- changes ---- */

/* The sentence for a refusal of the engine. */
static int refused(u8 reason, struct netlink_ext_ack *extack)
{
	switch (reason) {
	case RAFT_REFUSED_NOT_LEADER:
		NL_SET_ERR_MSG_MOD(extack, "this node does not lead: ask the leader");
		return -EREMCHG;
	case RAFT_REFUSED_PENDING:
		NL_SET_ERR_MSG_MOD(extack, "another one is under way: wait for its end");
		return -EBUSY;
	case RAFT_REFUSED_NOT_MEMBER:
		NL_SET_ERR_MSG_MOD(extack, "no other member has this id and the role for it");
		return -EADDRNOTAVAIL;
	case RAFT_REFUSED_IS_MEMBER:
		NL_SET_ERR_MSG_MOD(extack, "a member has this id already");
		return -EEXIST;
	case RAFT_REFUSED_STALE:
		NL_SET_ERR_MSG_MOD(extack, "the members have changed meanwhile: look again");
		return -ESTALE;
	case RAFT_REFUSED_TOO_MANY:
		NL_SET_ERR_MSG_MOD(extack, "a group has at most 16 members, old and new together");
		return -E2BIG;
	case RAFT_REFUSED_NO_VOTER:
		NL_SET_ERR_MSG_MOD(extack, "nobody who can lead would be left");
		return -EDEADLK;
	case RAFT_REFUSED_BEHIND:
		NL_SET_ERR_MSG_MOD(extack, "it has not caught up yet: wait until it has");
		return -EAGAIN;
	case RAFT_REFUSED_INVALID:
		NL_SET_ERR_MSG_MOD(extack, "there is nothing to change, or a value is out of its range");
		return -EINVAL;
	case RAFT_REFUSED_QUORUMS:
		NL_SET_ERR_MSG_MOD(extack,
				   "two elections have to share a voter, and each election one with each commit: make the quorums larger");
		return -EINVAL;
	case RAFT_REFUSED_WITNESS:
		NL_SET_ERR_MSG_MOD(extack, "a witness keeps no log and cannot lead");
		return -EOPNOTSUPP;
	case RAFT_REFUSED_LED:
		NL_SET_ERR_MSG_MOD(extack,
				   "there is a leader, or was a moment ago: nothing is to be recovered by force");
		return -EEXIST;
	case RAFT_REFUSED_SUSPECT:
		NL_SET_ERR_MSG_MOD(extack,
				   "this node's log is damaged and may lack what it acknowledged: choose another node, or accept that");
		return -EUCLEAN;
	case RAFT_REFUSED_HALTED:
		NL_SET_ERR_MSG_MOD(extack, "the group has failed: look at its status");
		return -EIO;
	default:
		quorum_compat_extack(extack, raft_reason_name(reason));
		return -EAGAIN;
	}
}

int quorum_group_snapshot(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error = 0;

	if (down_read_killable(&g->parts))
		return -EINTR;
	if (!g->loop.task) {
		NL_SET_ERR_MSG_MOD(extack, "the group is stopped: start it first");
		error = -ESHUTDOWN;
	} else if (READ_ONCE(g->state) == QUORUM_STATE_FAILED) {
		error = refused(RAFT_REFUSED_HALTED, extack);
	} else if (g->sm == &quorum_log_ops || !quorum_machine_has_snapshot(g->machine)) {
		NL_SET_ERR_MSG_MOD(extack, "this state machine takes no snapshots by itself");
		error = -EOPNOTSUPP;
	} else {
		WRITE_ONCE(g->snaps.asked, true);
		quorum_loop_wake(g, LOOP_SNAPSHOT);
	}
	up_read(&g->parts);
	return error;
}

/* An event of a user for the engine of a group that runs. */
static int ask(struct quorum_group *g, const struct raft_event *ev,
	       struct netlink_ext_ack *extack)
{
	int ret;

	if (down_read_killable(&g->parts))
		return -EINTR;
	if (g->loop.task) {
		ret = quorum_loop_ask(g, ev);
		ret = ret < 0 ? refused(-ret, extack) : 0;
	} else {
		NL_SET_ERR_MSG_MOD(extack, "the group is stopped: start it first");
		ret = -ESHUTDOWN;
	}
	up_read(&g->parts);
	return ret;
}

int quorum_group_transfer(struct quorum_group *g, u32 target, struct netlink_ext_ack *extack)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER, .transfer = target };

	return ask(g, &ev, extack);
}

static bool is_removed(const struct raft_change *list, u32 count, u32 id)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (list[i].op == RAFT_CHANGE_REMOVE && list[i].member.id == id)
			return true;
	return false;
}

/* Once committed, an address that the links of the members refuse stays in their way. */
static int check_address(const struct quorum_group_info *info, const struct raft_change *list,
			 u32 count, const struct raft_change *step,
			 const struct sockaddr_storage *where, struct netlink_ext_ack *extack)
{
	u8 packed[RAFT_ADDRESS_BYTES];
	u32 i;

	if (info->config.n && info->addrs[0].ss_family &&
	    where->ss_family != info->addrs[0].ss_family) {
		NL_SET_ERR_MSG_MOD(extack, "all members are reached over one family, IPv4 or IPv6");
		return -EAFNOSUPPORT;
	}
	for (i = 0; i < info->config.n; i++) {
		u32 id = info->config.members[i].id;

		if (id == step->member.id || is_removed(list, count, id))
			continue;
		quorum_members_pack(&info->addrs[i], packed);
		if (!memcmp(packed, step->member.address, sizeof(packed))) {
			NL_SET_ERR_MSG_MOD(extack, "another member has this address already");
			return -EADDRINUSE;
		}
	}
	return 0;
}

/* The device that has shown itself under the member's id takes the place of its own. */
static int take_shown(const struct quorum_group_info *info, struct raft_change *step,
		      const struct sockaddr_storage *where, struct netlink_ext_ack *extack)
{
	u32 i;

	for (i = 0; i < info->config.n; i++)
		if (info->config.members[i].id == step->member.id)
			break;
	if (i == info->config.n)
		return 0;
	if (!info->shown[i]) {
		NL_SET_ERR_MSG_MOD(extack,
				   "no other device has shown itself as this member: start it there first");
		return -ENXIO;
	}
	step->member.incarnation = info->shown[i];
	if (!where->ss_family)
		quorum_members_pack(&info->addrs[i], step->member.address);
	return 0;
}

/*
 * What a step leaves open stays as it is; a new member has nothing that could stay.
 */
static int complete_step(const struct quorum_group_info *info, struct raft_change *step,
			 const struct sockaddr_storage *where, struct netlink_ext_ack *extack)
{
	const struct raft_member *m = raft_config_find(&info->config, step->member.id);

	if (step->member.priority == QUORUM_PRIORITY_SAME)
		step->member.priority = m ? m->priority : 0;
	if (m && step->op == RAFT_CHANGE_SET && !where->ss_family)
		memcpy(step->member.address, m->address, sizeof(m->address));
	if (step->op == RAFT_CHANGE_REPLACE)
		return take_shown(info, step, where, extack);
	if (m || where->ss_family || (step->op != RAFT_CHANGE_ADD &&
				      step->op != RAFT_CHANGE_LEARNER &&
				      step->op != RAFT_CHANGE_VOTER))
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "a new member has no address: say where it is reached");
	return -EDESTADDRREQ;
}

/* The whole of the settings: what is said, and what is in force for the rest. */
static void complete_settings(const struct raft_config *config,
			      const struct quorum_settings *said, struct raft_settings *all)
{
	all->flags = config->flags;
	all->timing = config->timing;
	all->quorums = config->quorums;
	if (said->heartbeat_us)
		all->timing.heartbeat = said->heartbeat_us * (u64)NSEC_PER_USEC;
	if (said->election_min_us)
		all->timing.election_min = said->election_min_us * (u64)NSEC_PER_USEC;
	if (said->election_max_us)
		all->timing.election_max = said->election_max_us * (u64)NSEC_PER_USEC;
	if (said->has_election)
		all->quorums.election = min_t(u32, said->election_quorum, U8_MAX);
	if (said->has_commit)
		all->quorums.commit = min_t(u32, said->commit_quorum, U8_MAX);
	if (said->has_lease)
		all->flags = said->lease ? all->flags | RAFT_F_LEASE : all->flags & ~RAFT_F_LEASE;
}

/* The engine refuses the change if the members are others than @info's by then. */
static int change_members(struct quorum_group *g, struct raft_event *ev,
			  struct raft_change *list, const struct sockaddr_storage *where,
			  const struct quorum_settings *said, struct quorum_group_info *info,
			  struct netlink_ext_ack *extack)
{
	u32 i, count = ev->change.count;
	struct raft_settings settings;
	int error = 0;

	quorum_group_get_info(g, info);
	for (i = 0; i < count && !error; i++) {
		error = complete_step(info, &list[i], &where[i], extack);
		if (!error && where[i].ss_family)
			error = check_address(info, list, count, &list[i], &where[i], extack);
	}
	if (error)
		return error;
	if (said->set) {
		complete_settings(&info->config, said, &settings);
		ev->change.settings = &settings;
		/* Quorums of both sizes, until all know the new ones. */
		if (said->has_election || said->has_commit)
			ev->change.joint = true;
	}
	/* Whoever comes learns where the others are from the configuration alone. */
	ev->change.count = quorum_members_fill(info, list, count);
	return ask(g, ev, extack);
}

int quorum_group_change(struct quorum_group *g, u64 seen, struct raft_change *list,
			const struct sockaddr_storage *where, u32 count,
			const struct quorum_settings *settings, struct netlink_ext_ack *extack)
{
	struct raft_event ev = {
		.type = RAFT_EV_CHANGE,
		.change.list = list,
		.change.count = count,
		.change.joint = count > 1,
		.change.seen = seen,
		.change.room = QUORUM_ENTRY_BYTES_MAX,
	};
	struct quorum_group_info *info;
	int error;
	u32 i;

	info = kmalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		quorum_members_pack(&where[i], list[i].member.address);
	error = change_members(g, &ev, list, where, settings, info, extack);
	kfree(info);
	return error;
}

int quorum_group_recover(struct quorum_group *g, const struct quorum_recovery *recovery,
			 struct netlink_ext_ack *extack)
{
	struct raft_event ev = {
		.type = RAFT_EV_RECOVER,
		.recover.keep = recovery->keep,
		.recover.count = recovery->count,
		.recover.accept_suspect = recovery->accept_suspect,
		.recover.config_index = recovery->config_index,
		.recover.last_index = recovery->last_index,
		.recover.last_term = recovery->last_term,
		.recover.room = QUORUM_ENTRY_BYTES_MAX,
	};
	int error = ask(g, &ev, extack);

	if (error == -ESTALE)
		NL_SET_ERR_MSG_MOD(extack,
				   "members or log are not as they were when you looked: look again");
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
		stop(g, true);
		quorum_group_delete(g, NULL);
		quorum_group_put(g);
	}
}

static struct pernet_operations group_pernet_ops = {
	.pre_exit = namespace_pre_exit,
};

int quorum_group_init(void)
{
	int error;

	quorum_workqueue = alloc_workqueue("quorum", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!quorum_workqueue)
		return -ENOMEM;
	error = register_pernet_subsys(&group_pernet_ops);
	if (error)
		destroy_workqueue(quorum_workqueue);
	return error;
}

/* Ends the groups of all namespaces; the netlink family is gone already. */
void quorum_group_exit(void)
{
	unregister_pernet_subsys(&group_pernet_ops);
	WARN_ON_ONCE(!xa_empty(&groups));
	destroy_workqueue(quorum_workqueue);
}
