/* SPDX-License-Identifier: GPL-2.0 */
/* Generated from uapi/quorum.yaml by scripts/nl_gen.py; do not edit. */
#ifndef QUORUM_NETLINK_GEN_H
#define QUORUM_NETLINK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>
#include <linux/quorum_netlink.h>

/* Policies of nests, for nla_parse_nested(). */
extern const struct nla_policy quorum_addr_nl_policy[QUORUM_A_ADDR_PORT + 1];
extern const struct nla_policy quorum_member_config_nl_policy[QUORUM_A_MEMBER_ADDR + 1];
extern const struct nla_policy quorum_member_step_nl_policy[QUORUM_A_MEMBER_PRIORITY + 1];
extern const struct nla_policy quorum_settings_nl_policy[QUORUM_A_SETTINGS_LEASE + 1];
extern const struct nla_policy quorum_member_kept_nl_policy[QUORUM_A_MEMBER_ID + 1];

int quorum_nl_group_new_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_start_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_stop_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_del_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_relink_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_get_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_get_start(struct netlink_callback *cb);
int quorum_nl_group_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int quorum_nl_group_transfer_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_change_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_recover_doit(struct sk_buff *skb, struct genl_info *info);
int quorum_nl_group_snapshot_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	QUORUM_NLGRP_EVENTS,
};

extern struct genl_family quorum_nl_family;

#endif /* QUORUM_NETLINK_GEN_H */
