/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions: exactly once for clients that retry (bugs C-1, C-2).
 *
 * A client opens a session through the log; its id is where that entry lies, so that
 * no two have the same, even if a forced recovery has lost one (quorum_session_id()).
 * Each command carries the id and a number that grows.  The table remembers the
 * newest number of each client with its result, so that a second copy of a command
 * is answered and not applied, whoever leads, and after a restart or a snapshot too.
 *
 * The table is bounded.  When it is full, opening a session ends the one that was
 * used least recently: by the order of the log, never by a clock.  Whoever it
 * belonged to is told, and knows then that he does not know.
 *
 * The same source runs in the kernel, in KUnit and in user space.
 */
#ifndef QUORUM_SESSION_H
#define QUORUM_SESSION_H

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/quorum_machine.h>
#include "../limits.h"

/* One session as it lies in a snapshot, least recently used first. */
struct session_record {
	__le64 client;
	__le64 seq;
	__le64 index;
	__le64 term;
	__le32 error;
	__le32 len;
	u8     result[QUORUM_SESSION_RESULT_BYTES];
};

/**
 * struct session - what is remembered of a client
 * @node: in sessions->by_client
 * @lru: in sessions->lru
 * @client: its id
 * @seq: number of its newest command, 0: none yet
 * @index: where that is in the log
 * @term: likewise
 * @error: verdict on it
 * @len: bytes of @result, or SESSION_RESULT_LOST
 * @result: what it returned
 */
struct session {
	struct rb_node node;
	struct list_head lru;
	u64 client;
	u64 seq;
	u64 index;
	u64 term;
	int error;
	u32 len;
	u8 result[QUORUM_SESSION_RESULT_BYTES];
};

#define SESSION_RESULT_LOST	(~0U)

struct sessions {
	struct rb_root by_client;
	struct list_head lru;
	u32 n;
};

void sessions_init(struct sessions *ss);
void sessions_clear(struct sessions *ss);
struct session *sessions_find(const struct sessions *ss, u64 client);

/* Open a session; the oldest one makes room.  0 or -ENOMEM. */
int sessions_open(struct sessions *ss, u64 client);

/* End a session; nothing happens if there is none. */
void sessions_close(struct sessions *ss, u64 client);

/**
 * sessions_begin() - may a command be applied?
 * @ss: the table
 * @client: whose
 * @seq: its number
 * @session: set if it may: sessions_end() wants it
 * @reply: gets the answer otherwise: the remembered one, or why there is none
 * @index: in that case set to where the first copy is
 * @term: likewise
 */
bool sessions_begin(struct sessions *ss, u64 client, u64 seq, struct session **session,
		    struct quorum_reply *reply, u64 *index, u64 *term);

/* Remember what a command returned. */
void sessions_end(struct session *session, u64 seq, u64 index, u64 term,
		  const struct quorum_reply *reply);

/* The table as records, @ss->n of them. */
void sessions_save(const struct sessions *ss, struct session_record *records);

/* Add the next record; 0, -ENOMEM or -EBADMSG. */
int sessions_load(struct sessions *ss, const struct session_record *record);

u32 sessions_hash(const struct sessions *ss, u32 crc);

#endif /* QUORUM_SESSION_H */
