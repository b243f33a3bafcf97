// SPDX-License-Identifier: GPL-2.0
/*
 * group-new and group-relink: parsing and checking what a group is made from.
 * Nothing is changed here, so every refusal leaves everything as it was.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include "../compat.h"
#include "netlink.h"

/* The presets of user space have other names for it; these are "default". */
enum timing_default {
	HEARTBEAT_US	= 50 * 1000,
	ELECTION_MIN_US	= 150 * 1000,
	ELECTION_MAX_US	= 300 * 1000,
};

static int refuse_genesis(struct netlink_ext_ack *extack, const struct nlattr *attr,
			  enum genesis_error error)
{
	quorum_compat_extack(extack, genesis_error_text(error));
	if (attr)
		NL_SET_BAD_ATTR(extack, attr);
	return -genesis_error_errno(error);
}

static int parse_name(const struct nlattr *attr, char name[QUORUM_NAME_LEN_MAX + 1],
		      struct netlink_ext_ack *extack)
{
	if (strscpy(name, nla_data(attr), QUORUM_NAME_LEN_MAX + 1) < 0)
		return refuse_genesis(extack, attr, GENESIS_NAME_BAD);
	return 0;
}

static int parse_device(const struct nlattr *attr, struct quorum_group_params *params,
			struct netlink_ext_ack *extack)
{
	if (strscpy(params->device, nla_data(attr), sizeof(params->device)) < 0)
		return QUORUM_NL_REFUSE(extack, attr, -ENAMETOOLONG,
				"the device's path is longer than 255 bytes");
	/* It is looked up at start, by another process in another directory. */
	if (params->device[0] != '/')
		return QUORUM_NL_REFUSE(extack, attr, -EINVAL,
				"the device's path is not absolute: write it as /dev/vdb");
	return 0;
}

static int parse_machine(const struct nlattr *attr, struct quorum_group_params *params,
			 struct netlink_ext_ack *extack)
{
	const char *machine = attr ? nla_data(attr) : "log";

	if (strscpy(params->sm, machine, sizeof(params->sm)) < 0)
		return QUORUM_NL_REFUSE(extack, attr, -ENOENT,
				"no state machine has so long a name");
	memcpy(params->genesis.machine, params->sm, sizeof(params->genesis.machine));
	return 0;
}

/* ---- addresses ---- */

static int set_ipv4(struct sockaddr_storage *addr, const struct nlattr *attr, u16 port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	in->sin_addr.s_addr = nla_get_in_addr(attr);
	return 0;
}

static int set_ipv6(struct sockaddr_storage *addr, const struct nlattr *attr, u16 port,
		    struct netlink_ext_ack *extack)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_addr = nla_get_in6_addr(attr);
	if (ipv6_addr_v4mapped(&in6->sin6_addr))
		return QUORUM_NL_REFUSE(extack, attr, -EAFNOSUPPORT,
				"an IPv4 address in IPv6 form: give it as IPv4");
	if (!ipv6_addr_is_multicast(&in6->sin6_addr) &&
	    (ipv6_addr_type(&in6->sin6_addr) & IPV6_ADDR_LINKLOCAL))
		return QUORUM_NL_REFUSE(extack, attr, -EAFNOSUPPORT,
				"a link-local address would need an interface: give another");
	return 0;
}

static int parse_addr(const struct nlattr *attr, struct sockaddr_storage *addr,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *tb[QUORUM_A_ADDR_MAX + 1];
	u16 port = QUORUM_DEFAULT_PORT;
	int error;

	error = nla_parse_nested(tb, QUORUM_A_ADDR_PORT, attr, quorum_addr_nl_policy, extack);
	if (error)
		return error;
	if (!tb[QUORUM_A_ADDR_IPV4] == !tb[QUORUM_A_ADDR_IPV6])
		return QUORUM_NL_REFUSE(extack, attr, -EAFNOSUPPORT,
				"an address is either IPv4 or IPv6: give one of them");
	if (tb[QUORUM_A_ADDR_PORT])
		port = nla_get_u16(tb[QUORUM_A_ADDR_PORT]);
	if (!port)
		return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_ADDR_PORT], -EDESTADDRREQ,
				"the port is 0: give one from 1 to 65535");
	if (tb[QUORUM_A_ADDR_IPV4])
		return set_ipv4(addr, tb[QUORUM_A_ADDR_IPV4], port);
	return set_ipv6(addr, tb[QUORUM_A_ADDR_IPV6], port, extack);
}

/* An address that one peer, and only one, can have. */
static bool is_unicast(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

	if (addr->ss_family == AF_INET)
		return !ipv4_is_zeronet(in->sin_addr.s_addr) &&
		       !ipv4_is_multicast(in->sin_addr.s_addr) &&
		       !ipv4_is_lbcast(in->sin_addr.s_addr);
	return !ipv6_addr_any(&in6->sin6_addr) && !ipv6_addr_is_multicast(&in6->sin6_addr);
}

/* ---- members ---- */

static int parse_member(const struct nlattr *attr, struct quorum_group_params *params,
			struct netlink_ext_ack *extack)
{
	struct quorum_net_member *where = &params->members[params->genesis.n];
	struct genesis_member *member = &params->genesis.members[params->genesis.n];
	struct nlattr *tb[QUORUM_A_MEMBER_MAX + 1];
	u32 role = QUORUM_MEMBER_ROLE_VOTER;
	int error;

	error = nla_parse_nested(tb, QUORUM_A_MEMBER_ADDR, attr,
				 quorum_member_config_nl_policy, extack);
	if (error)
		return error;
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, QUORUM_A_MEMBER_ID)) {
		NL_SET_ERR_MSG_MOD(extack, "a member has no id: give each its own, from 1");
		return -EINVAL;
	}
	if (NL_REQ_ATTR_CHECK(extack, attr, tb, QUORUM_A_MEMBER_ADDR)) {
		NL_SET_ERR_MSG_MOD(extack, "a member has no address: give each one");
		return -EDESTADDRREQ;
	}
	if (tb[QUORUM_A_MEMBER_ROLE])
		role = nla_get_u32(tb[QUORUM_A_MEMBER_ROLE]);
	if (role != QUORUM_MEMBER_ROLE_VOTER && role != QUORUM_MEMBER_ROLE_LEARNER)
		return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_ROLE], -EOPNOTSUPP,
				"a member is a voter or a learner");
	member->id = nla_get_u32(tb[QUORUM_A_MEMBER_ID]);
	member->voter = role == QUORUM_MEMBER_ROLE_VOTER;
	where->id = member->id;
	error = parse_addr(tb[QUORUM_A_MEMBER_ADDR], &where->addr, extack);
	if (error)
		return error;
	if (!is_unicast(&where->addr))
		return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_ADDR], -EDESTADDRREQ,
				"a member's address is no unicast one: say where it is reached");
	params->genesis.n++;
	return 0;
}

/* The parser keeps the last of several equal attributes, so go through them all. */
static int parse_members(struct genl_info *info, struct quorum_group_params *params)
{
	const struct nlattr *attr;
	int rest, error;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != QUORUM_A_GROUP_MEMBER)
			continue;
		if (params->genesis.n == QUORUM_MEMBERS_MAX)
			return refuse_genesis(info->extack, attr, GENESIS_TOO_MANY);
		error = parse_member(attr, params, info->extack);
		if (error)
			return error;
	}
	return 0;
}

/* ---- the whole ---- */

static int require(struct genl_info *info)
{
	struct netlink_ext_ack *extack = info->extack;

	if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_GROUP))
		NL_SET_ERR_MSG_MOD(extack, "the group's name is missing");
	else if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_CLUSTER))
		NL_SET_ERR_MSG_MOD(extack,
				   "the cluster's UUID is missing: all members name the same");
	else if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_NODE))
		NL_SET_ERR_MSG_MOD(extack, "the own node id is missing: say which member this is");
	else if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_DEVICE))
		NL_SET_ERR_MSG_MOD(extack,
				   "the device is missing: name a block device for the log");
	else
		return 0;
	return -EINVAL;
}

static u32 get_u32(const struct nlattr *attr, u32 missing)
{
	return attr ? nla_get_u32(attr) : missing;
}

/*
 * The member list's errors belong to the first member of it; the others to the
 * attribute at fault.
 */
static const struct nlattr *blame(struct genl_info *info, enum genesis_error error)
{
	switch (error) {
	case GENESIS_NAME_BAD:
		return info->attrs[QUORUM_A_GROUP_GROUP];
	case GENESIS_CLUSTER_ZERO:
		return info->attrs[QUORUM_A_GROUP_CLUSTER];
	case GENESIS_SELF_MISSING:
		return info->attrs[QUORUM_A_GROUP_NODE];
	case GENESIS_JOINS_MEMBERS:
		return info->attrs[QUORUM_A_GROUP_JOIN];
	case GENESIS_TIMING_BAD:
		return info->attrs[QUORUM_A_GROUP_HEARTBEAT_US];
	default:
		return info->attrs[QUORUM_A_GROUP_MEMBER];
	}
}

static int check(struct genl_info *info, struct quorum_group_params *params)
{
	struct quorum_genesis local;
	enum genesis_error error;

	if (!params->self)
		return refuse_genesis(info->extack, info->attrs[QUORUM_A_GROUP_NODE],
				      GENESIS_ID_ZERO);
	genesis_normalize(&params->genesis);
	error = genesis_check(&params->genesis, params->self);
	if (error)
		return refuse_genesis(info->extack, blame(info, error), error);
	/* The rule for the local name is the same; it becomes a file's name. */
	local = params->genesis;
	memcpy(local.group, params->name, sizeof(local.group));
	error = genesis_check(&local, params->self);
	if (error)
		return refuse_genesis(info->extack, info->attrs[QUORUM_A_GROUP_NAME], error);
	return 0;
}

static int parse_listen(struct genl_info *info, struct quorum_group_params *params)
{
	const struct nlattr *attr = info->attrs[QUORUM_A_GROUP_LISTEN];
	u32 i;

	int error;

	if (attr) {
		error = parse_addr(attr, &params->listen, info->extack);
		if (error || !params->genesis.joins || is_unicast(&params->listen))
			return error;
	}
	/* No member's line says which of its addresses the others know. */
	if (params->genesis.joins)
		return QUORUM_NL_REFUSE(info->extack, attr, -EDESTADDRREQ,
				"a node that joins needs an address of its own to listen on");
	for (i = 0; i < params->genesis.n; i++)
		if (params->members[i].id == params->self)
			params->listen = params->members[i].addr;
	return 0;
}

static void parse_key(const struct nlattr *attr, struct quorum_net_key *key)
{
	if (!attr)
		return;
	memcpy(key->bytes, nla_data(attr), sizeof(key->bytes));
	key->set = true;
}

static int parse_keys(struct genl_info *info, struct quorum_group_params *params)
{
	struct nlattr **attrs = info->attrs;

	parse_key(attrs[QUORUM_A_GROUP_KEY], &params->keys[0]);
	parse_key(attrs[QUORUM_A_GROUP_KEY2], &params->keys[1]);
	params->unsealed = attrs[QUORUM_A_GROUP_UNSEALED];
	params->secret = attrs[QUORUM_A_GROUP_SECRET];
	if (params->unsealed && params->secret)
		return QUORUM_NL_REFUSE(info->extack, attrs[QUORUM_A_GROUP_SECRET], -EINVAL,
				"nothing is secret without authentication: choose one");
	if (params->unsealed && (params->keys[0].set || params->keys[1].set))
		return QUORUM_NL_REFUSE(info->extack, attrs[QUORUM_A_GROUP_UNSEALED], -EINVAL,
				"a group has a key or is without authentication: choose one");
	if (params->keys[1].set && !params->keys[0].set)
		return QUORUM_NL_REFUSE(info->extack, attrs[QUORUM_A_GROUP_KEY2], -ENOKEY,
				"there is a second key and no first one: give the first");
	if (params->unsealed || params->keys[0].set)
		return 0;
	NL_SET_ERR_MSG_MOD(info->extack,
			   "the cluster's key is missing: give the one all members have, or ask for a group without authentication");
	return -ENOKEY;
}

static int parse_tail(struct genl_info *info, struct quorum_group_params *params)
{
	const struct quorum_genesis *genesis = &params->genesis;
	u32 i, voters = 0;

	params->tail_suspect = info->attrs[QUORUM_A_GROUP_TAIL_SUSPECT];
	for (i = 0; i < genesis->n; i++)
		voters += genesis->members[i].voter;
	if (params->tail_suspect && voters == 1)
		return QUORUM_NL_REFUSE(info->extack, info->attrs[QUORUM_A_GROUP_TAIL_SUSPECT],
				-EINVAL, "the only voter has nobody to confirm the end of its log");
	return 0;
}

int quorum_nl_parse_new(struct genl_info *info, struct quorum_group_params *params)
{
	struct quorum_genesis *genesis = &params->genesis;
	struct nlattr **attrs = info->attrs;
	const struct nlattr *name;
	int error;

	error = require(info);
	if (error)
		return error;
	error = parse_name(attrs[QUORUM_A_GROUP_GROUP], genesis->group, info->extack);
	if (error)
		return error;
	name = attrs[QUORUM_A_GROUP_NAME] ?: attrs[QUORUM_A_GROUP_GROUP];
	error = parse_name(name, params->name, info->extack);
	if (error)
		return error;
	error = parse_device(attrs[QUORUM_A_GROUP_DEVICE], params, info->extack);
	if (error)
		return error;
	error = parse_machine(attrs[QUORUM_A_GROUP_MACHINE], params, info->extack);
	if (error)
		return error;
	memcpy(genesis->cluster, nla_data(attrs[QUORUM_A_GROUP_CLUSTER]),
	       sizeof(genesis->cluster));
	params->self = nla_get_u32(attrs[QUORUM_A_GROUP_NODE]);
	genesis->joins = attrs[QUORUM_A_GROUP_JOIN];
	genesis->heartbeat_us = get_u32(attrs[QUORUM_A_GROUP_HEARTBEAT_US], HEARTBEAT_US);
	genesis->election_min_us = get_u32(attrs[QUORUM_A_GROUP_ELECTION_MIN_US],
					   ELECTION_MIN_US);
	genesis->election_max_us = get_u32(attrs[QUORUM_A_GROUP_ELECTION_MAX_US],
					   ELECTION_MAX_US);
	params->snapshot_entries = get_u32(attrs[QUORUM_A_GROUP_SNAPSHOT_ENTRIES],
					   QUORUM_SNAPSHOT_ENTRIES);
	if (params->snapshot_entries < QUORUM_SNAPSHOT_ENTRIES_MIN)
		return QUORUM_NL_REFUSE(info->extack, attrs[QUORUM_A_GROUP_SNAPSHOT_ENTRIES],
				-ERANGE, "a snapshot every so many entries: 64 or more");
	error = parse_members(info, params);
	if (!error)
		error = parse_tail(info, params);
	if (!error)
		error = check(info, params);
	if (!error)
		error = parse_listen(info, params);
	if (!error)
		error = parse_keys(info, params);
	return error;
}

/* ---- what may change later ---- */

static int parse_moved(const struct nlattr *attr, struct quorum_net_member *member,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[QUORUM_A_MEMBER_MAX + 1];
	int error;

	error = nla_parse_nested(tb, QUORUM_A_MEMBER_ADDR, attr,
				 quorum_member_config_nl_policy, extack);
	if (error)
		return error;
	if (!tb[QUORUM_A_MEMBER_ID] || !tb[QUORUM_A_MEMBER_ADDR])
		return QUORUM_NL_REFUSE(extack, attr, -EINVAL,
				"a member has moved: say which, by its id, and where it is now");
	member->id = nla_get_u32(tb[QUORUM_A_MEMBER_ID]);
	error = parse_addr(tb[QUORUM_A_MEMBER_ADDR], &member->addr, extack);
	if (!error && !is_unicast(&member->addr))
		return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_ADDR], -EDESTADDRREQ,
				"a member's address is no unicast one: say where it is reached");
	return error;
}

int quorum_nl_parse_relink(struct genl_info *info, struct quorum_relink *change)
{
	struct nlattr **attrs = info->attrs;
	const struct nlattr *attr;
	int rest, error = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != QUORUM_A_GROUP_MEMBER)
			continue;
		if (change->n == QUORUM_MEMBERS_MAX)
			return refuse_genesis(info->extack, attr, GENESIS_TOO_MANY);
		error = parse_moved(attr, &change->members[change->n++], info->extack);
		if (error)
			return error;
	}
	if (attrs[QUORUM_A_GROUP_LISTEN])
		error = parse_addr(attrs[QUORUM_A_GROUP_LISTEN], &change->listen, info->extack);
	parse_key(attrs[QUORUM_A_GROUP_KEY], &change->keys[0]);
	parse_key(attrs[QUORUM_A_GROUP_KEY2], &change->keys[1]);
	if (!error && change->keys[1].set && !change->keys[0].set)
		return QUORUM_NL_REFUSE(info->extack, attrs[QUORUM_A_GROUP_KEY2], -ENOKEY,
				"there is a second key and no first one: give the first");
	return error;
}

/* ---- changes of members ---- */

static int parse_step(const struct nlattr *attr, struct raft_change *step,
		      struct sockaddr_storage *where, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[QUORUM_A_MEMBER_MAX + 1];
	int error;

	error = nla_parse_nested(tb, ARRAY_SIZE(quorum_member_step_nl_policy) - 1, attr,
				 quorum_member_step_nl_policy, extack);
	if (error)
		return error;
	if (!tb[QUORUM_A_MEMBER_ID] || !tb[QUORUM_A_MEMBER_STEP])
		return QUORUM_NL_REFUSE(extack, attr, -EINVAL,
				"a step names a member's id and what to do with it");
	step->member.id = nla_get_u32(tb[QUORUM_A_MEMBER_ID]);
	step->op = min_t(u32, nla_get_u32(tb[QUORUM_A_MEMBER_STEP]), U8_MAX);
	if (tb[QUORUM_A_MEMBER_WITNESS]) {
		if (step->op > RAFT_CHANGE_VOTER)
			return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_WITNESS], -EINVAL,
					"only a new member can be made a witness");
		step->member.roles = RAFT_M_WITNESS;
	}
	step->member.priority = step->op == RAFT_CHANGE_SET ? QUORUM_PRIORITY_SAME : 0;
	if (tb[QUORUM_A_MEMBER_PRIORITY]) {
		if (nla_get_u32(tb[QUORUM_A_MEMBER_PRIORITY]) > RAFT_PRIORITY_MAX)
			return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_PRIORITY], -ERANGE,
					"a priority is 0 to 7");
		step->member.priority = nla_get_u32(tb[QUORUM_A_MEMBER_PRIORITY]);
	}
	if (!tb[QUORUM_A_MEMBER_ADDR] && !tb[QUORUM_A_MEMBER_PRIORITY] &&
	    step->op == RAFT_CHANGE_SET)
		return QUORUM_NL_REFUSE(extack, attr, -EDESTADDRREQ,
				"a member has moved: say where it is now");
	if (!tb[QUORUM_A_MEMBER_ADDR])
		return 0;
	error = parse_addr(tb[QUORUM_A_MEMBER_ADDR], where, extack);
	if (!error && !is_unicast(where))
		return QUORUM_NL_REFUSE(extack, tb[QUORUM_A_MEMBER_ADDR], -EDESTADDRREQ,
				"a member's address is no unicast one: say where it is reached");
	return error;
}

static u32 said_u32(struct nlattr * const *tb, u32 attr, bool *has)
{
	*has = tb[attr];
	return tb[attr] ? nla_get_u32(tb[attr]) : 0;
}

/* That they fit together is for the engine to say. */
static int parse_settings(const struct nlattr *attr, struct quorum_settings *s,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[QUORUM_A_SETTINGS_MAX + 1];
	bool has;
	int error;

	error = nla_parse_nested(tb, ARRAY_SIZE(quorum_settings_nl_policy) - 1, attr,
				 quorum_settings_nl_policy, extack);
	if (error)
		return error;
	s->set = true;
	s->heartbeat_us = said_u32(tb, QUORUM_A_SETTINGS_HEARTBEAT_US, &has);
	s->election_min_us = said_u32(tb, QUORUM_A_SETTINGS_ELECTION_MIN_US, &has);
	s->election_max_us = said_u32(tb, QUORUM_A_SETTINGS_ELECTION_MAX_US, &has);
	s->election_quorum = said_u32(tb, QUORUM_A_SETTINGS_ELECTION_QUORUM, &s->has_election);
	s->commit_quorum = said_u32(tb, QUORUM_A_SETTINGS_COMMIT_QUORUM, &s->has_commit);
	s->lease = said_u32(tb, QUORUM_A_SETTINGS_LEASE, &s->has_lease);
	return 0;
}

int quorum_nl_parse_change(struct genl_info *info, struct quorum_nl_change *change)
{
	const struct nlattr *attr;
	int rest, error;

	if (GENL_REQ_ATTR_CHECK(info, QUORUM_A_GROUP_CONFIG_INDEX)) {
		NL_SET_ERR_MSG_MOD(info->extack,
				   "say which configuration you saw: its index is in the status");
		return -EINVAL;
	}
	change->seen = nla_get_u64(info->attrs[QUORUM_A_GROUP_CONFIG_INDEX]);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != QUORUM_A_GROUP_MEMBER)
			continue;
		if (change->n == QUORUM_MEMBERS_MAX)
			return refuse_genesis(info->extack, attr, GENESIS_TOO_MANY);
		error = parse_step(attr, &change->list[change->n], &change->where[change->n],
				   info->extack);
		if (error)
			return error;
		change->n++;
	}
	attr = info->attrs[QUORUM_A_GROUP_SETTINGS];
	return attr ? parse_settings(attr, &change->settings, info->extack) : 0;
}

/* ---- forced recovery ---- */

static int parse_kept(const struct nlattr *attr, u32 *id, struct netlink_ext_ack *extack)
{
	struct nlattr *tb[QUORUM_A_MEMBER_MAX + 1];
	int error;

	error = nla_parse_nested(tb, ARRAY_SIZE(quorum_member_kept_nl_policy) - 1, attr,
				 quorum_member_kept_nl_policy, extack);
	if (error)
		return error;
	if (!tb[QUORUM_A_MEMBER_ID])
		return QUORUM_NL_REFUSE(extack, attr, -EINVAL, "a member is kept by its id");
	*id = nla_get_u32(tb[QUORUM_A_MEMBER_ID]);
	return 0;
}

int quorum_nl_parse_recovery(struct genl_info *info, struct quorum_recovery *recovery)
{
	struct nlattr **attrs = info->attrs;
	const struct nlattr *attr;
	int rest, error;

	if (!attrs[QUORUM_A_GROUP_CONFIG_INDEX] || !attrs[QUORUM_A_GROUP_LAST_INDEX] ||
	    !attrs[QUORUM_A_GROUP_LAST_TERM]) {
		NL_SET_ERR_MSG_MOD(info->extack,
				   "say which members and which end of the log you saw: config-index, last-index and last-term of the status");
		return -EINVAL;
	}
	recovery->config_index = nla_get_u64(attrs[QUORUM_A_GROUP_CONFIG_INDEX]);
	recovery->last_index = nla_get_u64(attrs[QUORUM_A_GROUP_LAST_INDEX]);
	recovery->last_term = nla_get_u64(attrs[QUORUM_A_GROUP_LAST_TERM]);
	recovery->accept_suspect = attrs[QUORUM_A_GROUP_ACCEPT_SUSPECT];
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rest) {
		if (nla_type(attr) != QUORUM_A_GROUP_MEMBER)
			continue;
		if (recovery->count == QUORUM_MEMBERS_MAX)
			return refuse_genesis(info->extack, attr, GENESIS_TOO_MANY);
		error = parse_kept(attr, &recovery->keep[recovery->count], info->extack);
		if (error)
			return error;
		recovery->count++;
	}
	return 0;
}
