// SPDX-License-Identifier: GPL-2.0
/*
 * Genesis: order, checks and fingerprint of what a group starts from.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/crc32c.h>
#include <asm/byteorder.h>
#include "genesis.h"

struct refusal {
	int error;
	const char *text;
};

static const struct refusal refusals[GENESIS_ERROR_NR] = {
	[GENESIS_OK] = { 0, "nothing is wrong" },
	[GENESIS_NAME_BAD] = { EINVAL,
		"a group's name is 1 to 31 of A-Z a-z 0-9 . _ -, the first a letter or digit" },
	[GENESIS_CLUSTER_ZERO] = { EBADR,
		"the cluster's UUID is zero: draw one with `quorumctl genid`" },
	[GENESIS_NO_MEMBERS] = { ENODATA, "the member list is empty: name every member" },
	[GENESIS_TOO_MANY] = { E2BIG, "a group has at most 16 members" },
	[GENESIS_ID_ZERO] = { EBADSLT, "node ids start at 1" },
	[GENESIS_DUPLICATE] = { ENOTUNIQ, "two members have the same id: give each its own" },
	[GENESIS_NO_VOTER] = { EDEADLK,
		"all members are learners and nobody could ever lead: make one a voter" },
	[GENESIS_TIMING_BAD] = { ERANGE,
		"timing must keep heartbeat >= 500us, 2 heartbeats <= election min <= max <= 60s" },
	[GENESIS_SELF_MISSING] = { EADDRNOTAVAIL,
		"the own node id is not in the member list: add this node to it" },
	[GENESIS_JOINS_MEMBERS] = { EISCONN,
		"a node that joins is told who the members are: name none" },
	[GENESIS_MACHINE_BAD] = { ELIBBAD,
		"a state machine's name is 1 to 31 of A-Z a-z 0-9 . _ -, the first a letter or digit" },
};

static_assert(QUORUM_MEMBERS_MAX == 16);
static_assert(QUORUM_NAME_LEN_MAX == 31);
static_assert(QUORUM_HEARTBEAT_US_MIN == 500);
static_assert(QUORUM_ELECTION_US_MAX == 60 * 1000 * 1000);

/**
 * genesis_normalize() - sort members by id, drop the name of the default machine
 * @g: the genesis; left alone when it holds more members than there are seats
 */
void genesis_normalize(struct quorum_genesis *g)
{
	u32 i, k;

	if (!memcmp(g->machine, "log", sizeof("log")))
		memset(g->machine, 0, sizeof(g->machine));
	if (g->n > QUORUM_MEMBERS_MAX)
		return;
	for (i = 1; i < g->n; i++) {
		struct genesis_member m = g->members[i];

		for (k = i; k > 0 && g->members[k - 1].id > m.id; k--)
			g->members[k] = g->members[k - 1];
		g->members[k] = m;
	}
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool name_good(const char *name)
{
	size_t i, len = strnlen(name, QUORUM_NAME_LEN_MAX + 1);

	if (len == 0 || len > QUORUM_NAME_LEN_MAX || !letter_or_digit(name[0]))
		return false;
	for (i = 1; i < len; i++) {
		char c = name[i];

		if (!letter_or_digit(c) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

/* The same bounds that raft_init() asks for, in microseconds. */
static bool timing_good(const struct quorum_genesis *g)
{
	return g->heartbeat_us >= QUORUM_HEARTBEAT_US_MIN &&
	       g->election_max_us <= QUORUM_ELECTION_US_MAX &&
	       g->election_min_us <= g->election_max_us &&
	       (u64)g->heartbeat_us * 2 <= g->election_min_us;
}

static enum genesis_error members_check(const struct quorum_genesis *g, u32 self)
{
	bool voter = false, found = false;
	u32 i, k;

	if (g->joins)
		return g->n ? GENESIS_JOINS_MEMBERS : GENESIS_OK;
	if (g->n == 0)
		return GENESIS_NO_MEMBERS;
	if (g->n > QUORUM_MEMBERS_MAX)
		return GENESIS_TOO_MANY;
	for (i = 0; i < g->n; i++) {
		if (g->members[i].id == RAFT_NONE)
			return GENESIS_ID_ZERO;
		for (k = 0; k < i; k++)
			if (g->members[k].id == g->members[i].id)
				return GENESIS_DUPLICATE;
		voter |= g->members[i].voter;
		found |= g->members[i].id == self;
	}
	if (!voter)
		return GENESIS_NO_VOTER;
	if (self && !found)
		return GENESIS_SELF_MISSING;
	return GENESIS_OK;
}

/**
 * genesis_check() - check a normalized genesis
 * @g: the genesis
 * @self: id that must be among its members, or 0 not to ask
 *
 * Return: GENESIS_OK or what is wrong, the first of several.
 */
enum genesis_error genesis_check(const struct quorum_genesis *g, u32 self)
{
	static const u8 none[sizeof(g->cluster)];
	enum genesis_error error;

	if (!name_good(g->group))
		return GENESIS_NAME_BAD;
	if (!memcmp(g->cluster, none, sizeof(none)))
		return GENESIS_CLUSTER_ZERO;
	if (g->machine[0] && !name_good(g->machine))
		return GENESIS_MACHINE_BAD;
	error = members_check(g, self);
	if (error)
		return error;
	if (!timing_good(g))
		return GENESIS_TIMING_BAD;
	return GENESIS_OK;
}

/**
 * genesis_error_text() - what is wrong, in one sentence
 * @error: from genesis_check()
 */
const char *genesis_error_text(enum genesis_error error)
{
	return (u32)error < GENESIS_ERROR_NR ? refusals[error].text : "unknown genesis error";
}

/**
 * genesis_error_errno() - what is wrong, as a positive errno; each its own
 * @error: from genesis_check()
 */
int genesis_error_errno(enum genesis_error error)
{
	return (u32)error < GENESIS_ERROR_NR ? refusals[error].error : EINVAL;
}

static u32 add32(u32 crc, u32 value)
{
	__le32 le = cpu_to_le32(value);

	return crc32c(crc, &le, sizeof(le));
}

/**
 * genesis_fingerprint() - of members, timing and machine, not of cluster and group
 * @g: a normalized and checked genesis
 *
 * Of a node that joins it is genesis_joined(), of all others:
 * each value goes in as four little-endian bytes: heartbeat, election minimum,
 * election maximum, number of members, then id and role (1: voter) of each; and,
 * unless it is the default, the name of the machine.
 */
u32 genesis_fingerprint(const struct quorum_genesis *g)
{
	u32 i, crc = ~0U;

	if (g->joins)
		return genesis_joined(g);
	crc = add32(crc, g->heartbeat_us);
	crc = add32(crc, g->election_min_us);
	crc = add32(crc, g->election_max_us);
	crc = add32(crc, g->n);
	for (i = 0; i < g->n && i < QUORUM_MEMBERS_MAX; i++) {
		crc = add32(crc, g->members[i].id);
		crc = add32(crc, g->members[i].voter);
	}
	return crc32c(crc, g->machine, strnlen(g->machine, QUORUM_NAME_LEN_MAX));
}

/**
 * genesis_joined() - what nodes show that have joined a group with this machine
 * @g: the genesis of any of its nodes
 *
 * They know neither the first members nor the timing, which the log has replaced;
 * what may not differ is the machine.
 */
u32 genesis_joined(const struct quorum_genesis *g)
{
	return crc32c(add32(~0U, 0), g->machine, strnlen(g->machine, QUORUM_NAME_LEN_MAX));
}

/**
 * genesis_group_number() - the group's number on the wire
 * @g: a genesis
 */
u32 genesis_group_number(const struct quorum_genesis *g)
{
	return crc32c(~0U, g->group, strnlen(g->group, QUORUM_NAME_LEN_MAX));
}

/**
 * genesis_config() - the configuration a group starts with
 * @g: a normalized and checked genesis
 * @config: filled in; addresses and incarnations are left 0
 */
void genesis_config(const struct quorum_genesis *g, struct raft_config *config)
{
	u32 i;

	memset(config, 0, sizeof(*config));
	config->flags = RAFT_F_DEFAULT;
	config->timing.heartbeat = g->heartbeat_us * 1000ULL;
	config->timing.election_min = g->election_min_us * 1000ULL;
	config->timing.election_max = g->election_max_us * 1000ULL;
	config->n = g->n;
	for (i = 0; i < g->n && i < QUORUM_MEMBERS_MAX; i++) {
		config->members[i].id = g->members[i].id;
		config->members[i].roles = g->members[i].voter ? RAFT_M_VOTER : RAFT_M_LEARNER;
	}
}
