/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * quorum: commands, questions and answers of the state machine `kv`.
 *
 * The terms are those of etcd v3.  A key has a value, a create revision, a modify
 * revision, a version (1 at its creation) and perhaps a lease.  The revision of the
 * whole store starts at 1 and grows by one with every command that changes keys; all
 * changes of one command share it.  So a key's revision is a fencing token: whoever
 * comes later has a larger one.
 *
 * A command goes through QUORUM_IOC_PROPOSE, a question through QUORUM_IOC_QUERY.
 * All numbers are little-endian; every struct starts at a multiple of 8 bytes, and
 * the bytes that follow one (keys, ends, values) are padded with zeroes to the
 * next.  Reserved fields are 0.
 *
 * A range of keys is a key alone (end_len 0); or [key, end); or, with the end being
 * one NUL byte, everything from the key on.  The empty key with such an end is the
 * whole store.  Keys are ordered by their bytes.
 *
 * What the errors mean (quorum_propose.verdict, or QUORUM_IOC_QUERY's):
 *
 *	EINVAL		malformed
 *	ENOSPC		the store holds as many bytes as it may; delete something
 *	ENOENT		there is no such lease
 *	EUSERS		there are as many leases as there may be
 *	ESTALE		compacted: the revision asked for is not in the history any more
 *	ERANGE		the revision asked for is in the future
 *	EMSGSIZE	not even one item fits in the room for the answer
 */
#ifndef _UAPI_LINUX_QUORUM_KV_H
#define _UAPI_LINUX_QUORUM_KV_H

#include <linux/types.h>

#define QUORUM_KV_KEY_MAX	1024	/* bytes of a key; at least one */
#define QUORUM_KV_VALUE_MAX	65536	/* bytes of a value */
#define QUORUM_KV_OPS_MAX	128	/* compares and operations of one transaction */
#define QUORUM_KV_TTL_MS_MIN	500	/* time to live of a lease, milliseconds */
#define QUORUM_KV_TTL_MS_MAX	(366ULL * 24 * 3600 * 1000)

/* quorum_kv_command.type */
#define QUORUM_KV_TXN			1	/* compares, then-operations, else-operations */
#define QUORUM_KV_LEASE_GRANT		2	/* its id is in the reply */
#define QUORUM_KV_LEASE_KEEPALIVE	3
#define QUORUM_KV_LEASE_REVOKE		4	/* and delete the keys that have it */
#define QUORUM_KV_LEASE_EXPIRE		5	/* a leader's: unless it was kept alive since */
#define QUORUM_KV_COMPACT		6	/* forget the history up to a revision */

/**
 * struct quorum_kv_command - the head of every command
 * @type: QUORUM_KV_*
 * @compares: TXN: struct quorum_kv_compare that follow
 * @thens: TXN: struct quorum_kv_op behind them, done if all compares hold
 * @elses: TXN: struct quorum_kv_op behind them, done otherwise
 * @lease: LEASE_*: which; 0 for GRANT
 * @number: GRANT: time to live in milliseconds; EXPIRE: renewals seen by the leader;
 *	COMPACT: last revision to forget
 */
struct quorum_kv_command {
	__le32 type;
	__le32 compares;
	__le32 thens;
	__le32 elses;
	__le64 lease;
	__le64 number;
};

/* quorum_kv_compare.target; of a key that does not exist all numbers are 0. */
#define QUORUM_KV_VERSION	1
#define QUORUM_KV_CREATE	2
#define QUORUM_KV_MODIFY	3
#define QUORUM_KV_LEASE		4
#define QUORUM_KV_VALUE		5	/* never holds for a key that does not exist */

/* quorum_kv_compare.relation */
#define QUORUM_KV_EQUAL		1
#define QUORUM_KV_NOT_EQUAL	2
#define QUORUM_KV_LESS		3
#define QUORUM_KV_GREATER	4

/**
 * struct quorum_kv_compare - a condition on one key; key and value follow
 * @target: what of the key
 * @relation: how it is to compare with @number or the value
 * @key_len: bytes of the key
 * @value_len: VALUE: bytes of the value
 * @number: otherwise
 */
struct quorum_kv_compare {
	__le32 target;
	__le32 relation;
	__le32 key_len;
	__le32 value_len;
	__le64 number;
};

/* quorum_kv_op.type and quorum_kv_result.type */
#define QUORUM_KV_RANGE		1
#define QUORUM_KV_PUT		2
#define QUORUM_KV_DELETE	3

/* quorum_kv_op.flags and quorum_kv_query.flags */
#define QUORUM_KV_KEYS_ONLY	(1U << 0)	/* RANGE: no values */
#define QUORUM_KV_COUNT_ONLY	(1U << 1)	/* RANGE: no items */
#define QUORUM_KV_PREVIOUS	(1U << 2)	/* PUT, DELETE: what was there before */
#define QUORUM_KV_KEEP_LEASE	(1U << 3)	/* PUT: the key keeps the lease it has */

/**
 * struct quorum_kv_op - one operation; key, end and value follow
 * @type: QUORUM_KV_RANGE, _PUT or _DELETE
 * @flags: QUORUM_KV_KEYS_ONLY and so on
 * @key_len: bytes of the key
 * @end_len: RANGE, DELETE: bytes of the end
 * @value_len: PUT: bytes of the value
 * @limit: RANGE: most items, 0: as many as fit
 * @lease: PUT: lease to attach, 0: none
 */
struct quorum_kv_op {
	__le32 type;
	__le32 flags;
	__le32 key_len;
	__le32 end_len;
	__le32 value_len;
	__le32 limit;
	__le64 lease;
};

/**
 * struct quorum_kv_reply - the head of every answer
 * @succeeded: TXN: all compares held
 * @results: struct quorum_kv_result that follow, one per operation done
 * @revision: of the store, after a command
 * @lease: LEASE_*: which
 * @number: LEASE_*: time to live in milliseconds
 */
struct quorum_kv_reply {
	__le32 succeeded;
	__le32 results;
	__le64 revision;
	__le64 lease;
	__le64 number;
};

/* quorum_kv_result.flags */
#define QUORUM_KV_MORE		(1U << 0)	/* there are more items than were returned */

/**
 * struct quorum_kv_result - what an operation did; its items follow
 * @type: of the operation or question
 * @flags: QUORUM_KV_MORE
 * @items: number of struct quorum_kv_item (WATCH: quorum_kv_event) that follow
 * @skip: WATCH: with @count, where to go on
 * @count: RANGE: keys in the range; DELETE: keys deleted; WATCH: the next @from
 */
struct quorum_kv_result {
	__le32 type;
	__le32 flags;
	__le32 items;
	__le32 skip;
	__le64 count;
};

/**
 * struct quorum_kv_item - a key; the key and its value follow
 * @create: revision that created it
 * @modify: revision that changed it last
 * @version: 1 at its creation, and one more with each change
 * @lease: its lease, 0: none
 * @key_len: bytes of the key
 * @value_len: bytes of the value
 */
struct quorum_kv_item {
	__le64 create;
	__le64 modify;
	__le64 version;
	__le64 lease;
	__le32 key_len;
	__le32 value_len;
};

/**
 * struct quorum_kv_event - a change, from the history
 * @type: QUORUM_KV_PUT or QUORUM_KV_DELETE
 * @__reserved: 0
 * @revision: of the change
 * @item: PUT: the key as it is since; DELETE: as it was until then
 */
struct quorum_kv_event {
	__le32 type;
	__le32 __reserved;
	__le64 revision;
	struct quorum_kv_item item;
};

/* quorum_kv_query.type; QUORUM_KV_RANGE, too */
#define QUORUM_KV_WATCH		16	/* events of a range from a revision on */
#define QUORUM_KV_LEASES	17	/* all leases, as struct quorum_kv_lease */
#define QUORUM_KV_STATUS	18	/* struct quorum_kv_status */

/**
 * struct quorum_kv_query - a question; key and end follow
 * @type: QUORUM_KV_RANGE, _WATCH, _LEASES or _STATUS
 * @flags: RANGE: QUORUM_KV_KEYS_ONLY, _COUNT_ONLY
 * @key_len: bytes of the key
 * @end_len: bytes of the end
 * @limit: most items, 0: as many as fit
 * @skip: WATCH: events of revision @from that are known already
 * @from: WATCH: first revision wanted, 0: only what comes after now; LEASES: first
 *	id wanted
 */
struct quorum_kv_query {
	__le32 type;
	__le32 flags;
	__le32 key_len;
	__le32 end_len;
	__le32 limit;
	__le32 skip;
	__le64 from;
};

/**
 * struct quorum_kv_lease - one lease
 * @id: its id
 * @ttl_ms: time to live that was granted
 * @renewals: how often it was kept alive
 * @keys: number of keys that have it
 */
struct quorum_kv_lease {
	__le64 id;
	__le64 ttl_ms;
	__le64 renewals;
	__le64 keys;
};

/**
 * struct quorum_kv_status - the store as a whole
 * @revision: of the last change
 * @compacted: watches begin above this revision
 * @keys: number of keys
 * @bytes: what they count for
 * @bytes_max: what they may count for
 * @leases: number of leases
 */
struct quorum_kv_status {
	__le64 revision;
	__le64 compacted;
	__le64 keys;
	__le64 bytes;
	__le64 bytes_max;
	__le64 leases;
};

#endif /* _UAPI_LINUX_QUORUM_KV_H */
