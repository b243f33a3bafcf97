// SPDX-License-Identifier: GPL-2.0
/*
 * Changes: what users ask of a group that runs - a transfer of its leadership, other
 * members or settings, a forced recovery, a snapshot.  Each is begun here; events and
 * status tell how it ends.
 */
#include <linux/netlink.h>
#include <linux/slab.h>
#include "group_private.h"

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

/* Take the parts, if they are there; a stop may wait for a device that hangs. */
static int enter(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	if (READ_ONCE(g->ending)) {
		NL_SET_ERR_MSG_MOD(extack, "the group is stopping: wait until it has stopped");
		return -ESHUTDOWN;
	}
	if (down_read_killable(&g->parts))
		return -EINTR;
	if (g->loop.task)
		return 0;
	up_read(&g->parts);
	NL_SET_ERR_MSG_MOD(extack, "the group is stopped: start it first");
	return -ESHUTDOWN;
}

int quorum_group_snapshot(struct quorum_group *g, struct netlink_ext_ack *extack)
{
	int error = enter(g, extack);

	if (error)
		return error;
	if (READ_ONCE(g->state) == QUORUM_STATE_FAILED) {
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
	int ret = enter(g, extack);

	if (ret)
		return ret;
	ret = quorum_loop_ask(g, ev);
	up_read(&g->parts);
	return ret < 0 ? refused(-ret, extack) : 0;
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
