/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the netlink family: netlink.c (requests, events), netlink_new.c (what a
 * group is made from) and netlink_get.c (what is told about one).
 */
#ifndef QUORUM_API_NETLINK_H
#define QUORUM_API_NETLINK_H

#include "../group.h"
#include "netlink_gen.h"

/*
 * Refuse because of one attribute: set the sentence, point at the attribute, and
 * evaluate to the errno.  A macro, since extack wants a literal.
 */
#define QUORUM_NL_REFUSE(extack, attr, error, text) ({			\
	NL_SET_ERR_MSG_ATTR(extack, attr, KBUILD_MODNAME ": " text);	\
	(error);							\
})

/**
 * quorum_nl_parse_new() - what a group-new request says
 * @info: the request
 * @params: filled in and checked, the genesis normalized
 *
 * Return: 0, or a negative errno with its sentence in @info->extack.
 */
int quorum_nl_parse_new(struct genl_info *info, struct quorum_group_params *params);
int quorum_nl_parse_relink(struct genl_info *info, struct quorum_relink *change);

/**
 * struct quorum_nl_change - what a group-change request says
 * @seen: configuration its sender saw
 * @n: number of steps
 * @list: the steps, without addresses
 * @where: address of each step's member, family 0: none
 * @settings: what else changes
 */
struct quorum_nl_change {
	u64 seen;
	u32 n;
	struct raft_change list[RAFT_CHANGES_MAX];	/* room to fill in what is not known */
	struct sockaddr_storage where[QUORUM_MEMBERS_MAX];
	struct quorum_settings settings;
};

/* Return: 0, or a negative errno with its sentence in @info->extack. */
int quorum_nl_parse_recovery(struct genl_info *info, struct quorum_recovery *recovery);

/* Return: 0, or a negative errno with its sentence in @info->extack. */
int quorum_nl_parse_change(struct genl_info *info, struct quorum_nl_change *change);

/**
 * quorum_nl_put_group() - everything about a group, as attributes
 * @skb: where to
 * @info: what to tell
 *
 * Return: 0, or -EMSGSIZE; @skb is then to be cut back by the caller.
 */
int quorum_nl_put_group(struct sk_buff *skb, const struct quorum_group_info *info);

#endif /* QUORUM_API_NETLINK_H */
