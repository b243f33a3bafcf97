// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family: requests, dump and events.  uapi/quorum.yaml says what
 * goes over it, netlink_gen.c holds what is generated from that.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include "../compat.h"
#include "api.h"
#include "netlink.h"

static_assert(QUORUM_DEFAULT_PORT == 7420);
static_assert(QUORUM_NAME_MAX == (int)QUORUM_NAME_LEN_MAX);
static_assert(QUORUM_PATH_MAX == (int)QUORUM_PATH_LEN_MAX);
static_assert(QUORUM_MAX_MEMBERS == (int)QUORUM_MEMBERS_MAX);
static_assert(QUORUM_MAX_GROUPS == (int)QUORUM_GROUPS_MAX);

/* Held for reading while an event is sent, for writing to allow and to end that. */
static DECLARE_RWSEM(events_lock);
static bool events_open;

/* Changes with every creation and deletion: a dump that spans one says so. */
static atomic_t generation = ATOMIC_INIT(1);

/* Where a dump goes on; see quorum_group_next(). */
struct dump_cursor {
	u32 number;
};

static_assert(sizeof(struct dump_cursor) <= sizeof_field(struct netlink_callback, ctx));

/* No refusal without a sentence: the general ones, where nobody knew better. */
static int explain(int error, struct netlink_ext_ack *extack)
{
	if (!error || extack->_msg)
		return error;
	switch (error) {
	case -ENOMEM:
		NL_SET_ERR_MSG_MOD(extack, "out of memory: free some and try again");
		break;
	case -ENODEV:
		NL_SET_ERR_MSG_MOD(extack, "the group was deleted meanwhile");
		break;
	case -EINTR:
		NL_SET_ERR_MSG_MOD(extack, "interrupted: try again");
		break;
	default:
		NL_SET_ERR_MSG_MOD(extack, "failed: the kernel log may say more");
	}
	return error;
}

/* The group a request names; to be put. */
static struct quorum_group *find_group(struct genl_info *info)
{
	struct quorum_group *group;
	struct nlattr *name;

	if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_NAME)) {
		NL_SET_ERR_MSG_MOD(info->extack, "no group is named: say which, by its name");
		return ERR_PTR(-EINVAL);
	}
	name = info->attrs[QUORUM_A_GROUP_NAME];
	group = quorum_group_find(genl_info_net(info), nla_data(name));
	if (!group)
		return ERR_PTR(QUORUM_NL_REFUSE(info->extack, name, -ENOENT,
			"no group of this name in this network namespace: create it first"));
	return group;
}

/* ---- requests ---- */

int quorum_nl_group_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group_params *params;
	int error;

	params = kzalloc(sizeof(*params), GFP_KERNEL);
	if (!params)
		return explain(-ENOMEM, info->extack);
	error = quorum_nl_parse_new(info, params);
	if (!error)
		error = quorum_group_create(genl_info_net(info), params, info->extack);
	kfree_sensitive(params);
	return explain(error, info->extack);
}

/* start, stop and delete differ in the verb only. */
static int change_group(struct genl_info *info,
			int (*verb)(struct quorum_group *, struct netlink_ext_ack *))
{
	struct quorum_group *group = find_group(info);
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	error = verb(group, info->extack);
	quorum_group_put(group);
	return explain(error, info->extack);
}

int quorum_nl_group_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_group(info, quorum_group_start);
}

int quorum_nl_group_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_group(info, quorum_group_stop);
}

int quorum_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return change_group(info, quorum_group_delete);
}

int quorum_nl_group_relink_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group *group = find_group(info);
	struct quorum_relink *change;
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	change = kzalloc(sizeof(*change), GFP_KERNEL);
	error = change ? quorum_nl_parse_relink(info, change) : -ENOMEM;
	if (!error)
		error = quorum_group_relink(group, change, info->extack);
	kfree_sensitive(change);
	quorum_group_put(group);
	return explain(error, info->extack);
}

int quorum_nl_group_transfer_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group *group = find_group(info);
	u32 target = RAFT_NONE;
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	if (info->attrs[QUORUM_A_GROUP_TARGET])
		target = nla_get_u32(info->attrs[QUORUM_A_GROUP_TARGET]);
	error = quorum_group_transfer(group, target, info->extack);
	quorum_group_put(group);
	return explain(error, info->extack);
}

int quorum_nl_group_snapshot_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group *group = find_group(info);
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	error = quorum_group_snapshot(group, info->extack);
	quorum_group_put(group);
	return explain(error, info->extack);
}

int quorum_nl_group_change_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group *group = find_group(info);
	struct quorum_nl_change *change;
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	change = kzalloc(sizeof(*change), GFP_KERNEL);
	error = change ? quorum_nl_parse_change(info, change) : -ENOMEM;
	if (!error)
		error = quorum_group_change(group, change->seen, change->list, change->where,
					    change->n, &change->settings, info->extack);
	kfree(change);
	quorum_group_put(group);
	return explain(error, info->extack);
}

int quorum_nl_group_recover_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group *group = find_group(info);
	struct quorum_recovery recovery = {};
	int error;

	if (IS_ERR(group))
		return PTR_ERR(group);
	error = quorum_nl_parse_recovery(info, &recovery);
	if (!error)
		error = quorum_group_recover(group, &recovery, info->extack);
	quorum_group_put(group);
	return explain(error, info->extack);
}

static int put_message(struct sk_buff *skb, void *hdr, struct quorum_group *group,
		       struct quorum_group_info *info)
{
	int error;

	if (!hdr)
		return -EMSGSIZE;
	quorum_group_get_info(group, info);
	error = quorum_nl_put_group(skb, info);
	if (error)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return error;
}

int quorum_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct quorum_group_info *what;
	struct quorum_group *group;
	struct sk_buff *reply;
	void *hdr;
	int error = -ENOMEM;

	group = find_group(info);
	if (IS_ERR(group))
		return PTR_ERR(group);
	what = kmalloc(sizeof(*what), GFP_KERNEL);
	reply = nlmsg_new(QUORUM_REPLY_MAX, GFP_KERNEL);
	if (!what || !reply)
		goto free;
	hdr = genlmsg_put_reply(reply, info, &quorum_nl_family, 0, QUORUM_CMD_GROUP_GET);
	error = put_message(reply, hdr, group, what);
	if (error)
		goto free;
	kfree(what);
	quorum_group_put(group);
	return genlmsg_reply(reply, info);
free:
	nlmsg_free(reply);
	kfree(what);
	quorum_group_put(group);
	return explain(error, info->extack);
}

/* ---- dump ---- */

/* So that the largest group fits, whatever buffer the reader has. */
int quorum_nl_group_get_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = QUORUM_REPLY_MAX;
	return 0;
}

/* Goes on by number, so that groups that come and go do not move the others. */
static int dump_groups(struct sk_buff *skb, struct netlink_callback *cb,
		       struct quorum_group_info *what)
{
	struct dump_cursor *cursor = (void *)cb->ctx;
	struct quorum_group *group;
	int error = 0;
	void *hdr;

	cb->seq = atomic_read(&generation);
	while (!error && (group = quorum_group_next(sock_net(skb->sk), &cursor->number))) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				  &quorum_nl_family, NLM_F_MULTI, QUORUM_CMD_GROUP_GET);
		if (hdr)
			genl_dump_check_consistent(cb, hdr);
		error = put_message(skb, hdr, group, what);
		quorum_group_put(group);
		if (!error)
			cursor->number++;
	}
	/* Full is no error, unless not even one fitted. */
	return skb->len ? skb->len : error;
}

int quorum_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = quorum_compat_dump_attrs(cb);
	struct quorum_group_info *what;
	int ret;

	/* Here and not in start(), which has no extack in 6.1. */
	if (attrs && attrs[QUORUM_A_GROUP_NAME]) {
		NL_SET_ERR_MSG_MOD(cb->extack,
				   "a dump lists every group: leave the name out, or do not dump");
		return -EINVAL;
	}
	what = kmalloc(sizeof(*what), GFP_KERNEL);
	if (!what)
		return explain(-ENOMEM, cb->extack);
	ret = dump_groups(skb, cb, what);
	kfree(what);
	return ret;
}

/* ---- events ---- */

static int put_event(struct sk_buff *skb, struct quorum_group *group,
		     const struct quorum_event *event)
{
	const struct quorum_group_params *params = quorum_group_get_params(group);

	if (nla_put_string(skb, QUORUM_A_EVENT_NAME, params->name) ||
	    nla_put_string(skb, QUORUM_A_EVENT_GROUP, params->genesis.group) ||
	    nla_put_u32(skb, QUORUM_A_EVENT_TYPE, event->type) ||
	    nla_put_u64_64bit(skb, QUORUM_A_EVENT_SEQ, event->seq, QUORUM_A_EVENT_PAD) ||
	    nla_put_u32(skb, QUORUM_A_EVENT_STATE, event->state) ||
	    nla_put_u64_64bit(skb, QUORUM_A_EVENT_TERM, event->term, QUORUM_A_EVENT_PAD) ||
	    nla_put_u32(skb, QUORUM_A_EVENT_LEADER, event->leader) ||
	    nla_put_u32(skb, QUORUM_A_EVENT_ERROR, abs(event->error)) ||
	    nla_put_u64_64bit(skb, QUORUM_A_EVENT_TIME_NS, ktime_get_boottime_ns(),
			      QUORUM_A_EVENT_PAD))
		return -EMSGSIZE;
	if (event->role &&
	    (nla_put_u32(skb, QUORUM_A_EVENT_ROLE, event->role) ||
	     nla_put_u32(skb, QUORUM_A_EVENT_CAUSE, event->cause)))
		return -EMSGSIZE;
	if ((event->type == QUORUM_EVENT_TRANSFERRED || event->type == QUORUM_EVENT_RECOVERED) &&
	    nla_put_u32(skb, QUORUM_A_EVENT_REASON, event->reason))
		return -EMSGSIZE;
	if (event->message &&
	    nla_put_string(skb, QUORUM_A_EVENT_MESSAGE, event->message))
		return -EMSGSIZE;
	if (event->type == QUORUM_EVENT_FAILED &&
	    nla_put_u32(skb, QUORUM_A_EVENT_HALT, event->halt))
		return -EMSGSIZE;
	return 0;
}

/*
 * Without __GFP_FS and __GFP_IO: the loop calls, and writing memory back may wait
 * for this very group's device.
 */
static int send_event(struct net *net, struct quorum_group *group,
		      const struct quorum_event *event)
{
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_NOIO);
	if (!skb)
		return -ENOBUFS;
	hdr = genlmsg_put(skb, 0, 0, &quorum_nl_family, 0, QUORUM_CMD_GROUP_EVENT);
	if (!hdr || put_event(skb, group, event)) {
		nlmsg_free(skb);
		return -ENOBUFS;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&quorum_nl_family, net, skb, 0, QUORUM_NLGRP_EVENTS, GFP_NOIO);
	return 0;
}

void quorum_netlink_event(struct quorum_group *group, const struct quorum_event *event)
{
	struct net *net = quorum_group_net(group);

	if (event->type == QUORUM_EVENT_CREATED || event->type == QUORUM_EVENT_DELETED)
		atomic_inc(&generation);
	down_read(&events_lock);
	if (events_open && genl_has_listeners(&quorum_nl_family, net, QUORUM_NLGRP_EVENTS) &&
	    send_event(net, group, event))
		/* Listeners get ENOBUFS, as when their own buffer is full. */
		genl_set_err(&quorum_nl_family, net, 0, QUORUM_NLGRP_EVENTS, -ENOBUFS);
	up_read(&events_lock);
}

static void allow_events(bool open)
{
	down_write(&events_lock);
	events_open = open;
	up_write(&events_lock);
}

int __init quorum_netlink_init(void)
{
	int error;

	error = genl_register_family(&quorum_nl_family);
	if (!error)
		allow_events(true);
	return error;
}

void quorum_netlink_exit(void)
{
	allow_events(false);
	genl_unregister_family(&quorum_nl_family);
}

MODULE_ALIAS_GENL_FAMILY(QUORUM_FAMILY_NAME);
