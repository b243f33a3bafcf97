/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every bound of the project, in one place, with its unit in its name.
 *
 * Nothing else defines a limit.  User space sees them through QUORUM_IOC_INFO
 * and `quorumctl status`, so that a refusal can always name the number.
 */
#ifndef QUORUM_LIMITS_H
#define QUORUM_LIMITS_H

#include <linux/build_bug.h>

enum quorum_limits {
	/* Identity. */
	QUORUM_NAME_LEN_MAX		= 31,	/* bytes of a group's name, without NUL */
	QUORUM_PATH_LEN_MAX		= 255,	/* bytes of a device's path, without NUL */
	QUORUM_MEMBERS_MAX		= 16,	/* voters and learners of one group */
	QUORUM_GROUPS_MAX		= 1024,	/* groups of one kernel */
	QUORUM_SENTENCE_LEN_MAX		= 159,	/* bytes of a sentence for people, without NUL */

	/* Entries and proposals. */
	QUORUM_ENTRY_BYTES_MAX		= 66 * 1024, /* a value of `kv` with its key */
	QUORUM_INBOX_PROPOSALS_MAX	= 1024,	/* handed in, not yet taken by the loop */
	QUORUM_INBOX_BYTES_MAX		= 4 * 1024 * 1024,
	QUORUM_PROPOSE_BATCH_MAX	= 64,	/* proposals in one engine event */
	QUORUM_READS_MAX		= 4096,	/* callers that wait for a read index */
	QUORUM_FORWARD_WINDOW		= 1024,	/* tags per origin a leader can tell apart */

	/* The engine. */
	RAFT_RUNS_MAX			= 1024,	/* runs of equal terms kept of the log */
	RAFT_WRITES_MAX			= 8,	/* log writes in flight */
	RAFT_APPENDS_MAX		= 128,	/* append messages in flight per peer */
	RAFT_APPEND_BYTES_MAX		= 1024 * 1024, /* payload in flight per peer */
	QUORUM_APPENDS_LONG		= 14,	/* in flight per peer before those in pieces wait */
	QUORUM_APPENDS_EAGER		= 4,	/* in flight per peer before small ones gather */
	RAFT_LONG_BYTES			= 1500,	/* payload of an append that goes in pieces */
	RAFT_LONG_BEATS			= 10,	/* heartbeats that it may take, as far as known */
	RAFT_UNCOMMITTED_BYTES_MAX	= 2 * 1024 * 1024,
	RAFT_UNCOMMITTED_ENTRIES_MAX	= 2048,	/* of the whole log's tail */
	RAFT_MSG_ENTRIES_MAX		= 64,	/* entries of one append message */
	RAFT_READS_MAX			= 32,	/* reads under way; one may stand for many users */
	RAFT_CHUNK_BYTES_MAX		= 32 * 1024, /* of a snapshot, in one message */
	RAFT_SNAPSHOT_WINDOW_BYTES	= 128 * 1024, /* of a snapshot, in flight */
	RAFT_EFFECTS_MAX		= 96,	/* effects of one step */
	RAFT_CONFIGS_MAX		= 4,	/* configurations kept to go back to */
	RAFT_CONFIG_BYTES_MAX		= 688,	/* payload of an entry of type CONFIG */
	RAFT_ADDRESS_BYTES		= 20,	/* of a member, opaque to the engine */
	RAFT_PRIORITY_MAX		= 7,	/* of a member; 0 is the least */

	/* The in-memory window of the log. */
	QUORUM_CACHE_ENTRIES		= 8192,	/* a power of two */
	QUORUM_CACHE_BYTES		= 8 * 1024 * 1024,

	/* The wire. */
	QUORUM_MSG_BYTES_MAX		= 68 * 1024, /* headers and payload of one message */
	QUORUM_FRAGMENTS_MAX		= 64,	/* datagrams of one message */
	QUORUM_REASSEMBLIES		= 16,	/* messages of one member put together at a time */
	QUORUM_REASSEMBLIES_MIN		= 2,	/* for which memory is there always */
	QUORUM_DONE_MAX			= 64,	/* messages of a member known to have been whole */
	QUORUM_LATE_MAX			= 4096,	/* older messages whose fragments are late copies */
	QUORUM_BURST_MAX		= 32,	/* datagrams that leave as one packet */
	QUORUM_BURST_BYTES_MAX		= 48 * 1024, /* and their bytes */
	QUORUM_KEPT_MAX			= 64,	/* messages sent that can be repaired */
	QUORUM_REPAIRS_MAX		= 8,	/* times parts of one message are asked for */
	QUORUM_REPAIR_MS		= 5,	/* between two requests, the least; it doubles */
	QUORUM_OVERTAKE_MS		= 1,	/* what was overtaken may come so late, the least */
	QUORUM_OVERTAKE_MS_MAX		= 20,	/* the same where networks are seen to do that */
	QUORUM_QUIET_MS			= 20,	/* a message of which nothing comes lost its end */
	QUORUM_EARLY_BYTES_MAX		= 1024 * 1024, /* of appends that came before others */
	QUORUM_EARLY_ENTRIES_MAX	= 1024,	/* so many entries before the log goes on */
	QUORUM_EARLY_ASKED_MAX		= 6,	/* times the leader is told of a gap; doubling */
	QUORUM_RX_QUEUE_MAX		= 1024,	/* datagrams not read yet, of each class */
	QUORUM_MEMBERS_RETRY_MS		= 100,	/* between tries to tell link or log of members */
	QUORUM_PAST_MAX			= 256,	/* senders that left, whose counters are kept */
	QUORUM_GUESTS_MAX		= 4,	/* senders that no list names */
	QUORUM_STRANGER_MS		= 20,	/* between looks at seals from an unknown address */
	QUORUM_STRANGERS_MAX		= 16,	/* of their addresses told apart; a power of two */
	QUORUM_PLACE_FRESH_MS		= 1000,	/* who was heard there within it is there */
	QUORUM_DEVICE_SILENT_MS		= 10000, /* then another one may say where a member is */
	QUORUM_HELLO_MS			= 10,	/* between HELLOs to a member */
	QUORUM_HELLO_BURST		= 4,	/* of these at once */
	QUORUM_MTU_MIN			= 1280,	/* bytes of IP, what IPv6 guarantees */
	QUORUM_MTU_MAX			= 9000,	/* bytes of IP, even where more would fit */
	QUORUM_MTU_FRESH_MS		= 1000,	/* a path's MTU is asked for again after it */
	QUORUM_BUNDLE_MAX		= 32,	/* datagrams of several groups in one */
	QUORUM_BUNDLES_MAX		= 16,	/* of them in the making, per endpoint */
	QUORUM_REPEATS_MAX		= 64,	/* bundles whose repeats wait, per endpoint */
	QUORUM_REPEAT_AFTER		= 4,	/* heartbeats in full after a repeat that failed */
	QUORUM_TX_BYTES_MAX		= 4 * 1024 * 1024, /* sent, not yet gone, per endpoint */
	QUORUM_TX_BULK_BYTES_MAX	= 3 * 1024 * 1024, /* likewise, of what may wait */

	/* The device. */
	QUORUM_BLOCK_BYTES		= 4096,	/* unit of the layout */
	QUORUM_RECORD_BYTES_MAX		= 256 * 1024,
	QUORUM_SNAP_CONFIG_MAX		= 2048,	/* encoded configuration beside a snapshot */
	QUORUM_SNAPSHOT_ENTRIES		= 10000, /* applied since the last one, unless configured */
	QUORUM_SNAPSHOT_ENTRIES_MIN	= 64,
	QUORUM_DEVICE_BLOCKS_MIN	= 256,	/* 1 MiB: below it no useful ring is left */

	/* State machines. */
	QUORUM_RESULT_BYTES_MAX		= 72 * 1024, /* what one command returns */
	QUORUM_REPLY_BYTES_MAX		= 256 * 1024, /* what one question returns */
	QUORUM_CLIENT_CALLS_MAX		= 1024,	/* of one kernel client, unanswered */
	QUORUM_SESSIONS_MAX		= 1024,	/* the least recently used one makes room */
	QUORUM_SESSION_RESULT_BYTES	= 256,	/* a longer result is not remembered */
	QUORUM_KV_BYTES_MAX		= 16 * 1024 * 1024, /* of all keys, values and items */
	QUORUM_KV_ITEM_BYTES		= 128,	/* what a key counts for besides its bytes */
	QUORUM_KV_LEASES_MAX		= 4096,
	QUORUM_KV_HISTORY_EVENTS	= 16384, /* a power of two */
	QUORUM_KV_HISTORY_BYTES		= 8 * 1024 * 1024,

	/* Time. */
	QUORUM_HEARTBEAT_US_MIN		= 500,
	QUORUM_ELECTION_US_MAX		= 60 * 1000 * 1000,
	QUORUM_REASSEMBLY_MS		= 1000,	/* nothing came of a half message: it is dropped */
};

static_assert((QUORUM_CACHE_ENTRIES & (QUORUM_CACHE_ENTRIES - 1)) == 0);
static_assert((QUORUM_STRANGERS_MAX & (QUORUM_STRANGERS_MAX - 1)) == 0);
static_assert(QUORUM_CACHE_BYTES >= 2 * (RAFT_UNCOMMITTED_BYTES_MAX + QUORUM_ENTRY_BYTES_MAX));
static_assert(QUORUM_CACHE_ENTRIES >= 4 * RAFT_UNCOMMITTED_ENTRIES_MAX);
/* A sender may have so many under way. */
static_assert(QUORUM_REASSEMBLIES * 64 * 1024 >= RAFT_APPEND_BYTES_MAX);
static_assert(QUORUM_REASSEMBLIES >= QUORUM_APPENDS_LONG + 2);
static_assert(QUORUM_MSG_BYTES_MAX >= QUORUM_ENTRY_BYTES_MAX + 2048);
static_assert(QUORUM_RECORD_BYTES_MAX >= 2 * QUORUM_ENTRY_BYTES_MAX);
static_assert(QUORUM_FRAGMENTS_MAX * (QUORUM_MTU_MIN - 128) >= QUORUM_MSG_BYTES_MAX);

#endif /* QUORUM_LIMITS_H */
