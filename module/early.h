/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Appends that came before those which precede them: see early.c.  It knows nothing of the
 * group, whose loop is the only one to call it, and runs in user space too (tests/unit).
 */
#ifndef QUORUM_EARLY_H
#define QUORUM_EARLY_H

#include <linux/types.h>
#include "format/wire.h"
#include "raft/raft.h"

/**
 * struct early_append - an append that came before those which precede it
 * @hdr: its header
 * @term: of its leader
 * @prev: index of the entry before its first one
 * @last: index of its last entry
 * @len: bytes of @buf
 * @buf: header and body
 */
struct early_append {
	struct wire_header hdr;
	u64 term;
	u64 prev;
	u64 last;
	size_t len;
	u8 buf[];
};

/**
 * struct quorum_early - all of them; see early.c [loop]
 * @held: they, by @prev
 * @n: how many
 * @bytes: of them
 * @asked: times that the engine was told of the gap before them
 * @asked_at: when it was last, boottime ns; 0: what came since has told about it
 * @since: since when the first is waited for, boottime ns
 * @due: when the engine is to be told, boottime ns
 * @late_ns: how late what was overtaken came, the longest of late
 */
struct quorum_early {
	struct early_append *held[RAFT_APPENDS_MAX];
	u32 n;
	u32 bytes;
	u32 asked;
	u64 asked_at;
	u64 since;
	u64 due;
	u64 late_ns;
};

/**
 * struct early_log - where the log ends, and whose it is
 * @follows: this node is a follower
 * @leader: whose
 * @term: of it
 * @last: index of the last entry
 * @now: boottime ns
 */
struct early_log {
	bool follows;
	u32 leader;
	u64 term;
	u64 last;
	u64 now;
};

/**
 * quorum_early_keep() - keep an append that came early
 * @early: what is kept
 * @log: the log
 * @hdr: its header
 * @msg: what it says
 * @buf: the message
 * @len: its length
 *
 * Return: false: it is for the engine.
 */
bool quorum_early_keep(struct quorum_early *early, const struct early_log *log,
		       const struct wire_header *hdr, const struct raft_msg *msg,
		       const void *buf, size_t len);

/**
 * quorum_early_next() - an append that was kept, if the engine is to have one now
 * @early: what is kept
 * @log: the log
 * @stays: set to true if it is kept on, and the engine is only to hear of it
 *
 * Return: the append, for kvfree() unless it @stays; NULL: none.  Try again afterwards.
 */
struct early_append *quorum_early_next(struct quorum_early *early, const struct early_log *log,
				       bool *stays);

/**
 * quorum_early_due() - when quorum_early_next() has something, if nothing comes meanwhile
 * @early: what is kept
 *
 * Return: boottime ns, RAFT_NEVER: nothing is kept.
 */
u64 quorum_early_due(const struct quorum_early *early);

/**
 * quorum_early_forget() - let go of everything
 * @early: what is kept
 */
void quorum_early_forget(struct quorum_early *early);

#endif /* QUORUM_EARLY_H */
