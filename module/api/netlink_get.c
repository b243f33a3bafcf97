// SPDX-License-Identifier: GPL-2.0
/*
 * group-get: everything about a group, as attributes.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/math64.h>
#include "../format/recover.h"
#include "netlink.h"

/* What users see are the same numbers as inside. */
#define SAME(outside, inside) static_assert((int)(outside) == (int)(inside))

SAME(QUORUM_ROLE_FOLLOWER, RAFT_FOLLOWER);
SAME(QUORUM_ROLE_PRECANDIDATE, RAFT_PRECANDIDATE);
SAME(QUORUM_ROLE_CANDIDATE, RAFT_CANDIDATE);
SAME(QUORUM_ROLE_LEADER, RAFT_LEADER);

SAME(QUORUM_CAUSE_START, RAFT_CAUSE_START);
SAME(QUORUM_CAUSE_ELECTION_TIMEOUT, RAFT_CAUSE_ELECTION_TIMEOUT);
SAME(QUORUM_CAUSE_PREVOTE_WON, RAFT_CAUSE_PREVOTE_WON);
SAME(QUORUM_CAUSE_ELECTION_WON, RAFT_CAUSE_ELECTION_WON);
SAME(QUORUM_CAUSE_LEADER_FOUND, RAFT_CAUSE_LEADER_FOUND);
SAME(QUORUM_CAUSE_HIGHER_TERM, RAFT_CAUSE_HIGHER_TERM);
SAME(QUORUM_CAUSE_QUORUM_LOST, RAFT_CAUSE_QUORUM_LOST);
SAME(QUORUM_CAUSE_STORE_SLOW, RAFT_CAUSE_STORE_SLOW);
SAME(QUORUM_CAUSE_STORE_FAILED, RAFT_CAUSE_STORE_FAILED);
SAME(QUORUM_CAUSE_HALTED, RAFT_CAUSE_HALTED);
SAME(QUORUM_CAUSE_ASKED, RAFT_CAUSE_ASKED);
SAME(QUORUM_CAUSE_REMOVED, RAFT_CAUSE_REMOVED);
SAME(QUORUM_CAUSE_TRANSFER, RAFT_CAUSE_TRANSFER);
SAME(QUORUM_CAUSE_RECOVERED, RAFT_CAUSE_RECOVERED);
SAME(QUORUM_CAUSE_RECOVERED + 1, RAFT_CAUSE_NR);

SAME(QUORUM_HALT_NONE, RAFT_HALT_NONE);
SAME(QUORUM_HALT_STORE, RAFT_HALT_STORE);
SAME(QUORUM_HALT_TRUNCATE_COMMITTED, RAFT_HALT_TRUNCATE_COMMITTED);
SAME(QUORUM_HALT_TWO_LEADERS, RAFT_HALT_TWO_LEADERS);
SAME(QUORUM_HALT_LAST_TERM, RAFT_HALT_LAST_TERM);
SAME(QUORUM_HALT_CONTRACT, RAFT_HALT_CONTRACT);
SAME(QUORUM_HALT_SNAPSHOT, RAFT_HALT_SNAPSHOT);
SAME(QUORUM_HALT_SNAPSHOT + 1, RAFT_HALT_NR);

SAME(QUORUM_REASON_OK, RAFT_OK);
SAME(QUORUM_REASON_NO_LEADER, RAFT_REFUSED_NO_LEADER);
SAME(QUORUM_REASON_BUSY, RAFT_REFUSED_BUSY);
SAME(QUORUM_REASON_NO_SPACE, RAFT_REFUSED_NO_SPACE);
SAME(QUORUM_REASON_TOO_BIG, RAFT_REFUSED_TOO_BIG);
SAME(QUORUM_REASON_HALTED, RAFT_REFUSED_HALTED);
SAME(QUORUM_REASON_UNKNOWN, RAFT_UNKNOWN);
SAME(QUORUM_REASON_COMMITTED, RAFT_COMMITTED);
SAME(QUORUM_REASON_NOT_LEADER, RAFT_REFUSED_NOT_LEADER);
SAME(QUORUM_REASON_NOT_READY, RAFT_REFUSED_NOT_READY);
SAME(QUORUM_REASON_PENDING, RAFT_REFUSED_PENDING);
SAME(QUORUM_REASON_STALE, RAFT_REFUSED_STALE);
SAME(QUORUM_REASON_INVALID, RAFT_REFUSED_INVALID);
SAME(QUORUM_REASON_NOT_MEMBER, RAFT_REFUSED_NOT_MEMBER);
SAME(QUORUM_REASON_IS_MEMBER, RAFT_REFUSED_IS_MEMBER);
SAME(QUORUM_REASON_TOO_MANY, RAFT_REFUSED_TOO_MANY);
SAME(QUORUM_REASON_NO_VOTER, RAFT_REFUSED_NO_VOTER);
SAME(QUORUM_REASON_QUORUMS, RAFT_REFUSED_QUORUMS);
SAME(QUORUM_REASON_NEEDS_JOINT, RAFT_REFUSED_NEEDS_JOINT);
SAME(QUORUM_REASON_BEHIND, RAFT_REFUSED_BEHIND);
SAME(QUORUM_REASON_WITNESS, RAFT_REFUSED_WITNESS);
SAME(QUORUM_REASON_TRANSFERRING, RAFT_REFUSED_TRANSFERRING);
SAME(QUORUM_REASON_LED, RAFT_REFUSED_LED);
SAME(QUORUM_REASON_SUSPECT, RAFT_REFUSED_SUSPECT);
SAME(QUORUM_REASON_TIMEOUT, RAFT_REFUSED_TIMEOUT);
SAME(QUORUM_REASON_TIMEOUT + 1, RAFT_REASON_NR);

SAME(QUORUM_VERDICT_NONE, RECOVER_NONE);
SAME(QUORUM_VERDICT_CLEAN, RECOVER_CLEAN);
SAME(QUORUM_VERDICT_TORN, RECOVER_TORN);
SAME(QUORUM_VERDICT_CORRUPT, RECOVER_CORRUPT);
SAME(QUORUM_VERDICT_FOREIGN, RECOVER_FOREIGN);
SAME(QUORUM_VERDICT_UNFORMATTED, RECOVER_UNFORMATTED);
SAME(QUORUM_VERDICT_TOO_NEW, RECOVER_TOO_NEW);
SAME(QUORUM_VERDICT_TOO_NEW + 1, RECOVER_VERDICT_NR);

/* A counter's attribute is its place in the array; drops start one higher. */
SAME(QUORUM_A_MESSAGES_PREVOTE, RAFT_MSG_PREVOTE);
SAME(QUORUM_A_MESSAGES_PREVOTE_REPLY, RAFT_MSG_PREVOTE_REPLY);
SAME(QUORUM_A_MESSAGES_VOTE, RAFT_MSG_VOTE);
SAME(QUORUM_A_MESSAGES_VOTE_REPLY, RAFT_MSG_VOTE_REPLY);
SAME(QUORUM_A_MESSAGES_APPEND, RAFT_MSG_APPEND);
SAME(QUORUM_A_MESSAGES_APPEND_REPLY, RAFT_MSG_APPEND_REPLY);
SAME(QUORUM_A_MESSAGES_HEARTBEAT, RAFT_MSG_HEARTBEAT);
SAME(QUORUM_A_MESSAGES_HEARTBEAT_REPLY, RAFT_MSG_HEARTBEAT_REPLY);
SAME(QUORUM_A_MESSAGES_FORWARD, RAFT_MSG_FORWARD);
SAME(QUORUM_A_MESSAGES_FORWARD_REPLY, RAFT_MSG_FORWARD_REPLY);
SAME(QUORUM_A_MESSAGES_READ, RAFT_MSG_READ);
SAME(QUORUM_A_MESSAGES_READ_REPLY, RAFT_MSG_READ_REPLY);
SAME(QUORUM_A_MESSAGES_TIMEOUT_NOW, RAFT_MSG_TIMEOUT_NOW);
SAME(QUORUM_A_MESSAGES_SNAPSHOT, RAFT_MSG_SNAPSHOT);
SAME(QUORUM_A_MESSAGES_SNAPSHOT_REPLY, RAFT_MSG_SNAPSHOT_REPLY);
SAME(QUORUM_A_MESSAGES_PAD, RAFT_MSG_NR);

SAME(QUORUM_A_DROPS_SHORT, QUORUM_DROP_SHORT + 1);
SAME(QUORUM_A_DROPS_MAGIC, QUORUM_DROP_MAGIC + 1);
SAME(QUORUM_A_DROPS_VERSION, QUORUM_DROP_VERSION + 1);
SAME(QUORUM_A_DROPS_CRC, QUORUM_DROP_CRC + 1);
SAME(QUORUM_A_DROPS_TYPE, QUORUM_DROP_TYPE + 1);
SAME(QUORUM_A_DROPS_LENGTH, QUORUM_DROP_LENGTH + 1);
SAME(QUORUM_A_DROPS_FIELD, QUORUM_DROP_FIELD + 1);
SAME(QUORUM_A_DROPS_CLUSTER, QUORUM_DROP_CLUSTER + 1);
SAME(QUORUM_A_DROPS_GROUP, QUORUM_DROP_GROUP + 1);
SAME(QUORUM_A_DROPS_GENESIS, QUORUM_DROP_GENESIS + 1);
SAME(QUORUM_A_DROPS_TARGET, QUORUM_DROP_TARGET + 1);
SAME(QUORUM_A_DROPS_SOURCE, QUORUM_DROP_SOURCE + 1);
SAME(QUORUM_A_DROPS_INCARNATION, QUORUM_DROP_INCARNATION + 1);
SAME(QUORUM_A_DROPS_QUEUE, QUORUM_DROP_QUEUE + 1);
SAME(QUORUM_A_DROPS_FRAGMENT, QUORUM_DROP_FRAGMENT + 1);
SAME(QUORUM_A_DROPS_TIMEOUT, QUORUM_DROP_TIMEOUT + 1);
SAME(QUORUM_A_DROPS_SEAL, QUORUM_DROP_SEAL + 1);
SAME(QUORUM_A_DROPS_SESSION, QUORUM_DROP_SESSION + 1);
SAME(QUORUM_A_DROPS_REPLAY, QUORUM_DROP_REPLAY + 1);
SAME(QUORUM_A_DROPS_PAD, QUORUM_DROP_NR + 1);

/**
 * struct number - where a 64-bit number of a struct goes
 * @attr: attribute
 * @offset: of the number in its struct
 */
struct number {
	u16 attr;
	u16 offset;
};

/* Also checks that the field really has 64 bits. */
#define NUMBER(attribute, type, field) {					\
	.attr = (attribute),							\
	.offset = offsetof(struct type, field) +				\
		  BUILD_BUG_ON_ZERO(sizeof_field(struct type, field) != sizeof(u64)), \
}

static const struct number store_numbers[] = {
	NUMBER(QUORUM_A_STORE_LOG_BIOS, quorum_store_stats, log_bios),
	NUMBER(QUORUM_A_STORE_LOG_RECORDS, quorum_store_stats, log_records),
	NUMBER(QUORUM_A_STORE_LOG_BYTES, quorum_store_stats, log_bytes),
	NUMBER(QUORUM_A_STORE_HARD_WRITES, quorum_store_stats, hard_writes),
	NUMBER(QUORUM_A_STORE_HARD_BIOS, quorum_store_stats, hard_bios),
	NUMBER(QUORUM_A_STORE_FLUSHES, quorum_store_stats, flushes),
	NUMBER(QUORUM_A_STORE_READS, quorum_store_stats, reads),
	NUMBER(QUORUM_A_STORE_READ_BYTES, quorum_store_stats, read_bytes),
	NUMBER(QUORUM_A_STORE_RING_BYTES, quorum_store_stats, ring_bytes),
	NUMBER(QUORUM_A_STORE_USED_BYTES, quorum_store_stats, used_bytes),
};

static const struct number link_numbers[] = {
	NUMBER(QUORUM_A_LINK_TX_DATAGRAMS, quorum_link_stats, tx_datagrams),
	NUMBER(QUORUM_A_LINK_TX_BYTES, quorum_link_stats, tx_bytes),
	NUMBER(QUORUM_A_LINK_TX_ERRORS, quorum_link_stats, tx_errors),
	NUMBER(QUORUM_A_LINK_TX_BUNDLES, quorum_link_stats, tx_bundles),
	NUMBER(QUORUM_A_LINK_TX_REPEATS, quorum_link_stats, tx_repeats),
	NUMBER(QUORUM_A_LINK_TX_UNREADY, quorum_link_stats, tx_unready),
	NUMBER(QUORUM_A_LINK_TX_BURSTS, quorum_link_stats, tx_bursts),
	NUMBER(QUORUM_A_LINK_REPAIRS_ASKED, quorum_link_stats, repairs_asked),
	NUMBER(QUORUM_A_LINK_FRAGMENTS_REPAIRED, quorum_link_stats, fragments_repaired),
	NUMBER(QUORUM_A_LINK_RX_DATAGRAMS, quorum_link_stats, rx_datagrams),
	NUMBER(QUORUM_A_LINK_RX_BYTES, quorum_link_stats, rx_bytes),
	NUMBER(QUORUM_A_LINK_RX_REPEATS, quorum_link_stats, rx_repeats),
};

static const struct number runtime_numbers[] = {
	NUMBER(QUORUM_A_RUNTIME_PROPOSALS, quorum_group_stats, proposals),
	NUMBER(QUORUM_A_RUNTIME_COMMITTED, quorum_group_stats, committed),
	NUMBER(QUORUM_A_RUNTIME_REFUSED, quorum_group_stats, refused),
	NUMBER(QUORUM_A_RUNTIME_UNKNOWN, quorum_group_stats, unknown),
	NUMBER(QUORUM_A_RUNTIME_RETRIED, quorum_group_stats, retried),
	NUMBER(QUORUM_A_RUNTIME_FORWARDED, quorum_group_stats, forwarded),
	NUMBER(QUORUM_A_RUNTIME_FORWARD_RESENT, quorum_group_stats, forward_resent),
	NUMBER(QUORUM_A_RUNTIME_FORWARD_TAKEN, quorum_group_stats, forward_taken),
	NUMBER(QUORUM_A_RUNTIME_APPLIED, quorum_group_stats, applied),
	NUMBER(QUORUM_A_RUNTIME_STEPS, quorum_group_stats, steps),
	NUMBER(QUORUM_A_RUNTIME_ELECTIONS, quorum_group_stats, elections),
	NUMBER(QUORUM_A_RUNTIME_LEADER_CHANGES, quorum_group_stats, leader_changes),
	NUMBER(QUORUM_A_RUNTIME_WAKEUPS, quorum_group_stats, wakeups),
};

/* Every counter is told: a new one has to be added above and in the YAML. */
static_assert(sizeof(struct quorum_group_stats) == ARRAY_SIZE(runtime_numbers) * sizeof(u64));

/* Of struct quorum_group_info, told only while the group runs or has failed. */
static const struct number live_numbers[] = {
	NUMBER(QUORUM_A_GROUP_TERM, quorum_group_info, raft.term),
	NUMBER(QUORUM_A_GROUP_COMMIT, quorum_group_info, raft.commit),
	NUMBER(QUORUM_A_GROUP_APPLIED, quorum_group_info, applied),
	NUMBER(QUORUM_A_GROUP_FIRST_INDEX, quorum_group_info, first_index),
	NUMBER(QUORUM_A_GROUP_LAST_INDEX, quorum_group_info, raft.last_index),
	NUMBER(QUORUM_A_GROUP_LAST_TERM, quorum_group_info, raft.last_term),
	NUMBER(QUORUM_A_GROUP_DURABLE_INDEX, quorum_group_info, raft.durable_index),
	NUMBER(QUORUM_A_GROUP_UNCOMMITTED_BYTES, quorum_group_info, raft.uncommitted_bytes),
	NUMBER(QUORUM_A_GROUP_SNAPSHOT_INDEX, quorum_group_info, raft.snapshot.index),
	NUMBER(QUORUM_A_GROUP_SNAPSHOT_TERM, quorum_group_info, raft.snapshot.term),
	NUMBER(QUORUM_A_GROUP_SNAPSHOT_BYTES, quorum_group_info, raft.snapshot.size),
	NUMBER(QUORUM_A_GROUP_EPOCH, quorum_group_info, epoch),
	NUMBER(QUORUM_A_GROUP_INCARNATION, quorum_group_info, incarnation),
	NUMBER(QUORUM_A_GROUP_RECORDS, quorum_group_info, recovered.records),
	NUMBER(QUORUM_A_GROUP_TORN_BYTES, quorum_group_info, recovered.torn),
};

static int put_numbers(struct sk_buff *skb, const void *from, const struct number *list,
		       u32 n, int pad)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (nla_put_u64_64bit(skb, list[i].attr,
				      *(const u64 *)(from + list[i].offset), pad))
			return -EMSGSIZE;
	return 0;
}

/* Array element i as attribute i + @shift; those that are 0 are told too. */
static int put_array(struct sk_buff *skb, int nest, const u64 *from, u32 first, u32 n,
		     u32 shift, int pad)
{
	struct nlattr *attr = nla_nest_start(skb, nest);
	u32 i;

	if (!attr)
		return -EMSGSIZE;
	for (i = first; i < n; i++)
		if (nla_put_u64_64bit(skb, i + shift, from[i], pad))
			return -EMSGSIZE;
	nla_nest_end(skb, attr);
	return 0;
}

/* ---- counters ---- */

static int put_store(struct sk_buff *skb, const struct quorum_store_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, QUORUM_A_GROUP_STORE);

	if (!nest ||
	    put_numbers(skb, stats, store_numbers, ARRAY_SIZE(store_numbers),
			QUORUM_A_STORE_PAD) ||
	    nla_put_u32(skb, QUORUM_A_STORE_ERROR, abs(stats->error)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_link(struct sk_buff *skb, const struct quorum_link_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, QUORUM_A_GROUP_LINK);

	if (!nest ||
	    put_numbers(skb, stats, link_numbers, ARRAY_SIZE(link_numbers),
			QUORUM_A_LINK_PAD) ||
	    put_array(skb, QUORUM_A_LINK_TX_MESSAGES, stats->tx_messages, RAFT_MSG_PREVOTE,
		      RAFT_MSG_NR, 0, QUORUM_A_MESSAGES_PAD) ||
	    put_array(skb, QUORUM_A_LINK_RX_MESSAGES, stats->rx_messages, RAFT_MSG_PREVOTE,
		      RAFT_MSG_NR, 0, QUORUM_A_MESSAGES_PAD) ||
	    put_array(skb, QUORUM_A_LINK_DROPS, stats->drops, 0, QUORUM_DROP_NR, 1,
		      QUORUM_A_DROPS_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_runtime(struct sk_buff *skb, const struct quorum_group_stats *stats)
{
	struct nlattr *nest = nla_nest_start(skb, QUORUM_A_GROUP_RUNTIME);

	if (!nest || put_numbers(skb, stats, runtime_numbers, ARRAY_SIZE(runtime_numbers),
				 QUORUM_A_RUNTIME_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* ---- members ---- */

static int put_addr(struct sk_buff *skb, int attr, const struct sockaddr_storage *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest)
		return -EMSGSIZE;
	if (addr->ss_family == AF_INET) {
		if (nla_put_in_addr(skb, QUORUM_A_ADDR_IPV4, in->sin_addr.s_addr) ||
		    nla_put_u16(skb, QUORUM_A_ADDR_PORT, ntohs(in->sin_port)))
			return -EMSGSIZE;
	} else if (addr->ss_family == AF_INET6) {
		if (nla_put_in6_addr(skb, QUORUM_A_ADDR_IPV6, &in6->sin6_addr) ||
		    nla_put_u16(skb, QUORUM_A_ADDR_PORT, ntohs(in6->sin6_port)))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

/* How long ago; the clock may have been read before the event was noted. */
static u64 ago(u64 now, u64 then)
{
	return now > then ? now - then : 0;
}

/* What a running engine knows of a member. */
static int put_peer(struct sk_buff *skb, const struct quorum_group_info *info,
		    const struct raft_peer_status *peer)
{
	if (peer->contact &&
	    nla_put_u64_64bit(skb, QUORUM_A_MEMBER_CONTACT_NS, ago(info->now, peer->contact),
			      QUORUM_A_MEMBER_PAD))
		return -EMSGSIZE;
	if (info->raft.role != RAFT_LEADER)
		return 0;
	if (peer->active && nla_put_flag(skb, QUORUM_A_MEMBER_ACTIVE))
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, QUORUM_A_MEMBER_MATCH, peer->match, QUORUM_A_MEMBER_PAD) ||
	    nla_put_u64_64bit(skb, QUORUM_A_MEMBER_NEXT, peer->next, QUORUM_A_MEMBER_PAD) ||
	    nla_put_u32(skb, QUORUM_A_MEMBER_INFLIGHT, peer->inflight))
		return -EMSGSIZE;
	if (peer->suspect && nla_put_flag(skb, QUORUM_A_MEMBER_SUSPECT))
		return -EMSGSIZE;
	if (peer->snapshot &&
	    nla_put_u64_64bit(skb, QUORUM_A_MEMBER_SNAPSHOT_STORED, peer->offset,
			      QUORUM_A_MEMBER_PAD))
		return -EMSGSIZE;
	return 0;
}

static const struct raft_peer_status *find_peer(const struct raft_status *raft, u32 id)
{
	u32 i;

	for (i = 0; i < min_t(u32, raft->npeers, QUORUM_MEMBERS_MAX); i++)
		if (raft->peers[i].id == id)
			return &raft->peers[i];
	return NULL;
}

/* While a change is under way, who counts in either half is a voter. */
static u32 role_of(const struct raft_member *member)
{
	return member->roles & (RAFT_M_VOTER | RAFT_M_OLD) ? QUORUM_MEMBER_ROLE_VOTER :
							     QUORUM_MEMBER_ROLE_LEARNER;
}

static int put_member(struct sk_buff *skb, const struct quorum_group_info *info, u32 i)
{
	const struct raft_member *member = &info->config.members[i];
	const struct raft_peer_status *peer = find_peer(&info->raft, member->id);
	struct nlattr *nest = nla_nest_start(skb, QUORUM_A_GROUP_MEMBER);

	if (!nest || nla_put_u32(skb, QUORUM_A_MEMBER_ID, member->id) ||
	    nla_put_u32(skb, QUORUM_A_MEMBER_ROLE, role_of(member)) ||
	    put_addr(skb, QUORUM_A_MEMBER_ADDR, &info->addrs[i]))
		return -EMSGSIZE;
	if ((member->roles & RAFT_M_AUTO && nla_put_flag(skb, QUORUM_A_MEMBER_AUTO)) ||
	    (member->roles & RAFT_M_OLD && !(member->roles & RAFT_M_VOTER) &&
	     nla_put_flag(skb, QUORUM_A_MEMBER_LEAVING)) ||
	    (member->roles & RAFT_M_WITNESS && nla_put_flag(skb, QUORUM_A_MEMBER_WITNESS)))
		return -EMSGSIZE;
	if (nla_put_u32(skb, QUORUM_A_MEMBER_PRIORITY, member->priority))
		return -EMSGSIZE;
	if (member->id == info->self && nla_put_flag(skb, QUORUM_A_MEMBER_SELF))
		return -EMSGSIZE;
	if (info->incarnations[i] &&
	    nla_put_u64_64bit(skb, QUORUM_A_MEMBER_INCARNATION, info->incarnations[i],
			      QUORUM_A_MEMBER_PAD))
		return -EMSGSIZE;
	if (info->shown[i] &&
	    nla_put_u64_64bit(skb, QUORUM_A_MEMBER_SHOWN, info->shown[i], QUORUM_A_MEMBER_PAD))
		return -EMSGSIZE;
	if (info->heard_at[i].ss_family &&
	    put_addr(skb, QUORUM_A_MEMBER_HEARD_AT, &info->heard_at[i]))
		return -EMSGSIZE;
	if (peer && put_peer(skb, info, peer))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* ---- the group ---- */

static int put_config(struct sk_buff *skb, const struct quorum_group_info *info)
{
	const struct quorum_genesis *genesis = &info->genesis;
	u32 i;

	if (nla_put_string(skb, QUORUM_A_GROUP_NAME, info->name) ||
	    nla_put_string(skb, QUORUM_A_GROUP_DEVICE, info->device) ||
	    nla_put(skb, QUORUM_A_GROUP_CLUSTER, sizeof(genesis->cluster), genesis->cluster) ||
	    nla_put_string(skb, QUORUM_A_GROUP_GROUP, genesis->group) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_NODE, info->self) ||
	    nla_put_string(skb, QUORUM_A_GROUP_MACHINE, info->sm) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_HEARTBEAT_US, genesis->heartbeat_us) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_ELECTION_MIN_US, genesis->election_min_us) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_ELECTION_MAX_US, genesis->election_max_us) ||
	    put_addr(skb, QUORUM_A_GROUP_LISTEN, &info->listen) ||
	    (info->secret && nla_put_flag(skb, QUORUM_A_GROUP_SECRET)) ||
	    (genesis->joins && nla_put_flag(skb, QUORUM_A_GROUP_JOIN)) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_SNAPSHOT_ENTRIES, info->snapshot_entries) ||
	    (info->tail_suspect && nla_put_flag(skb, QUORUM_A_GROUP_TAIL_SUSPECT)) ||
	    (info->unsealed && nla_put_flag(skb, QUORUM_A_GROUP_UNSEALED)))
		return -EMSGSIZE;
	for (i = 0; i < info->config.n; i++)
		if (put_member(skb, info, i))
			return -EMSGSIZE;
	return 0;
}

static u32 us_of(u64 ns)
{
	return div_u64(ns, NSEC_PER_USEC);
}

/* What is in force, which may be other than what the group was created with. */
static int put_settings(struct sk_buff *skb, const struct raft_config *config)
{
	struct nlattr *nest = nla_nest_start(skb, QUORUM_A_GROUP_SETTINGS);

	if (!nest ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_HEARTBEAT_US, us_of(config->timing.heartbeat)) ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_ELECTION_MIN_US,
			us_of(config->timing.election_min)) ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_ELECTION_MAX_US,
			us_of(config->timing.election_max)) ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_ELECTION_QUORUM, config->quorums.election) ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_COMMIT_QUORUM, config->quorums.commit) ||
	    nla_put_u32(skb, QUORUM_A_SETTINGS_LEASE, !!(config->flags & RAFT_F_LEASE)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A snapshot that is being taken or received. */
static int put_snapshot(struct sk_buff *skb, const struct quorum_group_info *info)
{
	const struct raft_status *raft = &info->raft;

	if (info->snapshot_error &&
	    nla_put_u32(skb, QUORUM_A_GROUP_SNAPSHOT_ERROR, abs(info->snapshot_error)))
		return -EMSGSIZE;
	if (info->snapshot_taking &&
	    nla_put_u64_64bit(skb, QUORUM_A_GROUP_TAKING_BYTES, info->snapshot_taken,
			      QUORUM_A_GROUP_PAD))
		return -EMSGSIZE;
	if (raft->incoming.index &&
	    (nla_put_u64_64bit(skb, QUORUM_A_GROUP_INCOMING_INDEX, raft->incoming.index,
			       QUORUM_A_GROUP_PAD) ||
	     nla_put_u64_64bit(skb, QUORUM_A_GROUP_INCOMING_BYTES, raft->incoming.size,
			       QUORUM_A_GROUP_PAD) ||
	     nla_put_u64_64bit(skb, QUORUM_A_GROUP_INCOMING_STORED, raft->incoming_stored,
			       QUORUM_A_GROUP_PAD)))
		return -EMSGSIZE;
	return 0;
}

/* Role, log and device of a group that has been started. */
static int put_live(struct sk_buff *skb, const struct quorum_group_info *info)
{
	const struct raft_status *raft = &info->raft;

	if (nla_put_u32(skb, QUORUM_A_GROUP_ROLE, raft->role) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_CAUSE, raft->cause) ||
	    nla_put_u64_64bit(skb, QUORUM_A_GROUP_ROLE_SINCE_NS,
			      ago(info->now, info->role_since), QUORUM_A_GROUP_PAD) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_HALT, raft->halt) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_VOTE, raft->vote) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_LEADER, raft->leader) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_VERDICT, info->recovered.verdict) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_FUA, info->store.fua) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_GRANULE, info->store.granule) ||
	    put_numbers(skb, info, live_numbers, ARRAY_SIZE(live_numbers), QUORUM_A_GROUP_PAD))
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, QUORUM_A_GROUP_CONFIG_INDEX, raft->config_index,
			      QUORUM_A_GROUP_PAD) ||
	    nla_put_u64_64bit(skb, QUORUM_A_GROUP_CONFIG_COMMITTED, raft->config_committed,
			      QUORUM_A_GROUP_PAD) ||
	    (raft->joint && nla_put_flag(skb, QUORUM_A_GROUP_JOINT)))
		return -EMSGSIZE;
	if (raft->suspect &&
	    (nla_put_u64_64bit(skb, QUORUM_A_GROUP_SUSPECT_FIRST, info->recovered.suspect_first,
			       QUORUM_A_GROUP_PAD) ||
	     nla_put_u64_64bit(skb, QUORUM_A_GROUP_SUSPECT_LAST, info->recovered.suspect_last,
			       QUORUM_A_GROUP_PAD)))
		return -EMSGSIZE;
	if (raft->transfer != RAFT_NONE &&
	    nla_put_u32(skb, QUORUM_A_GROUP_TARGET, raft->transfer))
		return -EMSGSIZE;
	if (raft->deadline != RAFT_NEVER &&
	    nla_put_u64_64bit(skb, QUORUM_A_GROUP_DEADLINE_NS, ago(raft->deadline, info->now),
			      QUORUM_A_GROUP_PAD))
		return -EMSGSIZE;
	if (put_settings(skb, &info->config) || put_snapshot(skb, info))
		return -EMSGSIZE;
	return put_store(skb, &info->store) ?: put_link(skb, &info->link);
}

int quorum_nl_put_group(struct sk_buff *skb, const struct quorum_group_info *info)
{
	if (put_config(skb, info) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_STATE, info->state) ||
	    nla_put_u32(skb, QUORUM_A_GROUP_ERROR, abs(info->error)) ||
	    put_runtime(skb, &info->stats))
		return -EMSGSIZE;
	if (info->message[0] && nla_put_string(skb, QUORUM_A_GROUP_MESSAGE, info->message))
		return -EMSGSIZE;
	/* Roles start at 1: 0 means that no engine was there to ask. */
	return info->raft.role ? put_live(skb, info) : 0;
}
