/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Genesis: what every node of a group must agree on before the first entry.
 *
 * It is written into the superblock by `quorumctl format`, handed to the kernel
 * at create, and its fingerprint travels in every datagram: nodes that were set
 * up differently refuse each other instead of counting different majorities.
 */
#ifndef QUORUM_GENESIS_H
#define QUORUM_GENESIS_H

#include <linux/types.h>
#include "../raft/raft.h"

/**
 * struct genesis_member - one seat of the first configuration
 * @id: node id, not 0
 * @voter: true: votes and counts; false: learner
 */
struct genesis_member {
	u32  id;
	bool voter;
};

/**
 * struct quorum_genesis - cluster, group, members and timing
 * @cluster: UUID of the cluster
 * @group: name of the group, NUL terminated
 * @machine: name of its state machine; "" is "log" (genesis_normalize())
 * @heartbeat_us: microseconds; see struct raft_timing
 * @election_min_us: microseconds
 * @election_max_us: microseconds
 * @joins: this node comes to a group that exists and is told who its members are, so
 *	there are none here, and timing is what it waits by until then
 * @n: number of members
 * @members: ascending by id (genesis_normalize())
 */
struct quorum_genesis {
	u8  cluster[16];
	char group[QUORUM_NAME_LEN_MAX + 1];
	char machine[QUORUM_NAME_LEN_MAX + 1];
	u32 heartbeat_us;
	u32 election_min_us;
	u32 election_max_us;
	bool joins;
	u32 n;
	struct genesis_member members[QUORUM_MEMBERS_MAX];
};

/* What is wrong with a genesis; each has a sentence in genesis_error_text(). */
enum genesis_error {
	GENESIS_OK = 0,
	GENESIS_NAME_BAD,	/* empty, too long, or not [A-Za-z0-9][A-Za-z0-9._-]* */
	GENESIS_CLUSTER_ZERO,
	GENESIS_NO_MEMBERS,
	GENESIS_TOO_MANY,
	GENESIS_ID_ZERO,
	GENESIS_DUPLICATE,
	GENESIS_NO_VOTER,
	GENESIS_TIMING_BAD,
	GENESIS_SELF_MISSING,
	GENESIS_MACHINE_BAD,	/* not a name, as for groups */
	GENESIS_JOINS_MEMBERS,	/* it joins, and names members */
	GENESIS_ERROR_NR,
};

/* Sort members by id; one way to say each thing. */
void genesis_normalize(struct quorum_genesis *g);

/**
 * genesis_check() - check a normalized genesis
 * @g: the genesis
 * @self: id that must be among its members, or 0 not to ask
 */
enum genesis_error genesis_check(const struct quorum_genesis *g, u32 self);

/* One sentence that says what to do; the same in kernel and tools. */
const char *genesis_error_text(enum genesis_error error);

/* The errno (positive) a kernel interface returns for it. */
int genesis_error_errno(enum genesis_error error);

/* Fingerprint of members, timing and machine (not of cluster and group). */
u32 genesis_fingerprint(const struct quorum_genesis *g);

/* The fingerprint that nodes show that have joined a group with this machine. */
u32 genesis_joined(const struct quorum_genesis *g);

/* CRC32C of the group's name: its number on the wire. */
u32 genesis_group_number(const struct quorum_genesis *g);

/**
 * genesis_config() - the configuration a group starts with
 * @g: a normalized and checked genesis
 * @config: filled in; addresses and incarnations are left 0.  Of a node that joins
 *	it is empty
 */
void genesis_config(const struct quorum_genesis *g, struct raft_config *config);

#endif /* QUORUM_GENESIS_H */
