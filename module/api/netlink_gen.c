// SPDX-License-Identifier: GPL-2.0
/* Generated from uapi/quorum.yaml by scripts/nl_gen.py; do not edit. */
#include <linux/module.h>
#include "netlink_gen.h"

const struct nla_policy quorum_addr_nl_policy[QUORUM_A_ADDR_PORT + 1] = {
	[QUORUM_A_ADDR_IPV4] = { .type = NLA_BE32, },
	[QUORUM_A_ADDR_IPV6] = NLA_POLICY_EXACT_LEN(16),
	[QUORUM_A_ADDR_PORT] = { .type = NLA_U16, },
};

const struct nla_policy quorum_member_config_nl_policy[QUORUM_A_MEMBER_ADDR + 1] = {
	[QUORUM_A_MEMBER_ID] = { .type = NLA_U32, },
	[QUORUM_A_MEMBER_ROLE] = { .type = NLA_U32, },
	[QUORUM_A_MEMBER_ADDR] = NLA_POLICY_NESTED(quorum_addr_nl_policy),
};

const struct nla_policy quorum_member_step_nl_policy[QUORUM_A_MEMBER_PRIORITY + 1] = {
	[QUORUM_A_MEMBER_ID] = { .type = NLA_U32, },
	[QUORUM_A_MEMBER_ADDR] = NLA_POLICY_NESTED(quorum_addr_nl_policy),
	[QUORUM_A_MEMBER_STEP] = { .type = NLA_U32, },
	[QUORUM_A_MEMBER_WITNESS] = { .type = NLA_FLAG, },
	[QUORUM_A_MEMBER_PRIORITY] = { .type = NLA_U32, },
};

const struct nla_policy quorum_settings_nl_policy[QUORUM_A_SETTINGS_LEASE + 1] = {
	[QUORUM_A_SETTINGS_HEARTBEAT_US] = { .type = NLA_U32, },
	[QUORUM_A_SETTINGS_ELECTION_MIN_US] = { .type = NLA_U32, },
	[QUORUM_A_SETTINGS_ELECTION_MAX_US] = { .type = NLA_U32, },
	[QUORUM_A_SETTINGS_ELECTION_QUORUM] = { .type = NLA_U32, },
	[QUORUM_A_SETTINGS_COMMIT_QUORUM] = { .type = NLA_U32, },
	[QUORUM_A_SETTINGS_LEASE] = { .type = NLA_U32, },
};

const struct nla_policy quorum_member_kept_nl_policy[QUORUM_A_MEMBER_ID + 1] = {
	[QUORUM_A_MEMBER_ID] = { .type = NLA_U32, },
};

static const struct nla_policy quorum_group_new_nl_policy[QUORUM_A_GROUP_TAIL_SUSPECT + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_DEVICE] = { .type = NLA_NUL_STRING, .len = 4095, },
	[QUORUM_A_GROUP_CLUSTER] = NLA_POLICY_EXACT_LEN(16),
	[QUORUM_A_GROUP_GROUP] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_NODE] = { .type = NLA_U32, },
	[QUORUM_A_GROUP_MACHINE] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_LISTEN] = NLA_POLICY_NESTED(quorum_addr_nl_policy),
	[QUORUM_A_GROUP_MEMBER] = NLA_POLICY_NESTED(quorum_member_config_nl_policy),
	[QUORUM_A_GROUP_HEARTBEAT_US] = { .type = NLA_U32, },
	[QUORUM_A_GROUP_ELECTION_MIN_US] = { .type = NLA_U32, },
	[QUORUM_A_GROUP_ELECTION_MAX_US] = { .type = NLA_U32, },
	[QUORUM_A_GROUP_KEY] = NLA_POLICY_EXACT_LEN(32),
	[QUORUM_A_GROUP_KEY2] = NLA_POLICY_EXACT_LEN(32),
	[QUORUM_A_GROUP_UNSEALED] = { .type = NLA_FLAG, },
	[QUORUM_A_GROUP_SECRET] = { .type = NLA_FLAG, },
	[QUORUM_A_GROUP_SNAPSHOT_ENTRIES] = { .type = NLA_U32, },
	[QUORUM_A_GROUP_JOIN] = { .type = NLA_FLAG, },
	[QUORUM_A_GROUP_TAIL_SUSPECT] = { .type = NLA_FLAG, },
};

static const struct nla_policy quorum_group_start_nl_policy[QUORUM_A_GROUP_NAME + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
};

static const struct nla_policy quorum_group_stop_nl_policy[QUORUM_A_GROUP_NAME + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
};

static const struct nla_policy quorum_group_del_nl_policy[QUORUM_A_GROUP_NAME + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
};

static const struct nla_policy quorum_group_relink_nl_policy[QUORUM_A_GROUP_KEY2 + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_LISTEN] = NLA_POLICY_NESTED(quorum_addr_nl_policy),
	[QUORUM_A_GROUP_MEMBER] = NLA_POLICY_NESTED(quorum_member_config_nl_policy),
	[QUORUM_A_GROUP_KEY] = NLA_POLICY_EXACT_LEN(32),
	[QUORUM_A_GROUP_KEY2] = NLA_POLICY_EXACT_LEN(32),
};

static const struct nla_policy quorum_group_get_nl_policy[QUORUM_A_GROUP_NAME + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
};

static const struct nla_policy quorum_group_transfer_nl_policy[QUORUM_A_GROUP_TARGET + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_TARGET] = { .type = NLA_U32, },
};

static const struct nla_policy quorum_group_change_nl_policy[QUORUM_A_GROUP_SETTINGS + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_MEMBER] = NLA_POLICY_NESTED(quorum_member_step_nl_policy),
	[QUORUM_A_GROUP_CONFIG_INDEX] = { .type = NLA_U64, },
	[QUORUM_A_GROUP_SETTINGS] = NLA_POLICY_NESTED(quorum_settings_nl_policy),
};

static const struct nla_policy quorum_group_recover_nl_policy[QUORUM_A_GROUP_ACCEPT_SUSPECT + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
	[QUORUM_A_GROUP_MEMBER] = NLA_POLICY_NESTED(quorum_member_kept_nl_policy),
	[QUORUM_A_GROUP_LAST_INDEX] = { .type = NLA_U64, },
	[QUORUM_A_GROUP_LAST_TERM] = { .type = NLA_U64, },
	[QUORUM_A_GROUP_CONFIG_INDEX] = { .type = NLA_U64, },
	[QUORUM_A_GROUP_ACCEPT_SUSPECT] = { .type = NLA_FLAG, },
};

static const struct nla_policy quorum_group_snapshot_nl_policy[QUORUM_A_GROUP_NAME + 1] = {
	[QUORUM_A_GROUP_NAME] = { .type = NLA_NUL_STRING, .len = 255, },
};

static const struct genl_ops quorum_nl_ops[] = {
	{
		.cmd		= QUORUM_CMD_GROUP_NEW,
		.doit		= quorum_nl_group_new_doit,
		.policy		= quorum_group_new_nl_policy,
		.maxattr	= QUORUM_A_GROUP_TAIL_SUSPECT,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_START,
		.doit		= quorum_nl_group_start_doit,
		.policy		= quorum_group_start_nl_policy,
		.maxattr	= QUORUM_A_GROUP_NAME,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_STOP,
		.doit		= quorum_nl_group_stop_doit,
		.policy		= quorum_group_stop_nl_policy,
		.maxattr	= QUORUM_A_GROUP_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_DEL,
		.doit		= quorum_nl_group_del_doit,
		.policy		= quorum_group_del_nl_policy,
		.maxattr	= QUORUM_A_GROUP_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_RELINK,
		.doit		= quorum_nl_group_relink_doit,
		.policy		= quorum_group_relink_nl_policy,
		.maxattr	= QUORUM_A_GROUP_KEY2,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_GET,
		.doit		= quorum_nl_group_get_doit,
		.start		= quorum_nl_group_get_start,
		.dumpit		= quorum_nl_group_get_dumpit,
		.policy		= quorum_group_get_nl_policy,
		.maxattr	= QUORUM_A_GROUP_NAME,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_TRANSFER,
		.doit		= quorum_nl_group_transfer_doit,
		.policy		= quorum_group_transfer_nl_policy,
		.maxattr	= QUORUM_A_GROUP_TARGET,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_CHANGE,
		.doit		= quorum_nl_group_change_doit,
		.policy		= quorum_group_change_nl_policy,
		.maxattr	= QUORUM_A_GROUP_SETTINGS,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_RECOVER,
		.doit		= quorum_nl_group_recover_doit,
		.policy		= quorum_group_recover_nl_policy,
		.maxattr	= QUORUM_A_GROUP_ACCEPT_SUSPECT,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= QUORUM_CMD_GROUP_SNAPSHOT,
		.doit		= quorum_nl_group_snapshot_doit,
		.policy		= quorum_group_snapshot_nl_policy,
		.maxattr	= QUORUM_A_GROUP_NAME,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group quorum_nl_mcgrps[] = {
	[QUORUM_NLGRP_EVENTS] = { .name = QUORUM_MCGRP_EVENTS, },
};

struct genl_family quorum_nl_family __ro_after_init = {
	.name		= QUORUM_FAMILY_NAME,
	.version	= QUORUM_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= quorum_nl_ops,
	.n_ops		= ARRAY_SIZE(quorum_nl_ops),
	.mcgrps		= quorum_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(quorum_nl_mcgrps),
};
