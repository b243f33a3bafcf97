/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration as the payload of an entry of type CONFIG, in the log, in
 * messages and in snapshots.  Pure; kernel and user space.  Little-endian:
 *
 *	 0  u8   version	1
 *	 1  u8   members	1..QUORUM_MEMBERS_MAX
 *	 2  u8   election	quorum sizes, 0: more than half
 *	 3  u8   commit
 *	 4  u8   old election	of the old half, 0 unless joint
 *	 5  u8   old commit
 *	 6  2    zero
 *	 8  le32 flags		RAFT_F_*
 *	12  le32 forced		how often the group was recovered by force
 *	16  le32 forced by	node that did it last
 *	20  4    zero
 *	24  le64 heartbeat	nanoseconds
 *	32  le64 election min
 *	40  le64 election max
 *	48  the members, ascending by id, of each:
 *		 0  le32 id
 *		 4  u8   roles		RAFT_M_*
 *		 5  u8   priority
 *		 6  2    zero
 *		 8  20   address
 *		28  4    zero
 *		32  le64 incarnation
 *
 * The index of a configuration is that of the entry that holds it.
 */
#ifndef QUORUM_CONFIG_H
#define QUORUM_CONFIG_H

#include <linux/types.h>
#include "../raft/raft.h"

enum config_sizes {
	CONFIG_VERSION		= 1,
	CONFIG_HEAD_BYTES	= 48,
	CONFIG_MEMBER_BYTES	= 40,
	CONFIG_INDEX_BYTES	= 8,	/* in front, where config_keep() is used */
};

static_assert(RAFT_CONFIG_BYTES_MAX ==
	      CONFIG_HEAD_BYTES + QUORUM_MEMBERS_MAX * CONFIG_MEMBER_BYTES);

/* Bytes that config_encode() needs for @config. */
u32 config_bytes(const struct raft_config *config);

/**
 * config_encode() - write a configuration
 * @buf: destination
 * @size: room in @buf; RAFT_CONFIG_BYTES_MAX always suffices
 * @config: passes raft_config_check()
 *
 * Return: bytes written, 0 if @size is too small.
 */
u32 config_encode(void *buf, size_t size, const struct raft_config *config);

/**
 * config_decode() - read a configuration, trusting nothing
 * @buf: what claims to be one
 * @len: its length
 * @config: filled in on success, with index 0
 *
 * Return: true if @len is exact, everything reserved is 0, and
 * raft_config_check() takes it.
 */
bool config_decode(const void *buf, size_t len, struct raft_config *config);

/**
 * config_attach() - decode the CONFIG entry of an APPEND, if it has one
 * @msg: a decoded message of any type
 * @payload: payloads of its entries, back to back
 * @config: storage; @msg->append.config points here afterwards, or is NULL
 *
 * Return: false if there are several, or one that is none.
 */
bool config_attach(struct raft_msg *msg, const void *payload, struct raft_config *config);

/*
 * In a snapshot a configuration keeps the index of the entry it came from, which is
 * its version (bug M-13): le64 index, then as config_encode().  Return: as there.
 */
u32 config_keep(void *buf, size_t size, const struct raft_config *config);
bool config_kept(const void *buf, size_t len, struct raft_config *config);

#endif /* QUORUM_CONFIG_H */
