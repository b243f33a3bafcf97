/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * quorum: the character device of a group, /dev/quorum/<name>
 *
 * write(2) proposes its buffer as one entry and returns its length when the entry
 * is committed, that is, durable on a majority and at a place in the log that
 * will never change.  With O_NONBLOCK it returns as soon as the entry is handed
 * in; what became of it is then seen by reading the log.
 *
 * read(2) returns whole committed entries, in order, from the file's position:
 * each a struct quorum_entry, its payload, and zero to seven bytes of padding to
 * the next multiple of eight.  The position counts indexes, not bytes: it is the
 * index of the next entry to read, lseek(2) sets it, and SEEK_END is the index
 * after the last committed entry this node has heard of: on a follower that can be
 * a heartbeat behind what a write(2) there was just told.  Indexes that hold no
 * user data (a new leader's first entry) are passed over.  A file starts at the
 * first index that can be read, and so does position 0.  Threads may share one
 * file: each entry goes to one of them.
 * pread(2) and pwrite(2) fail with ESPIPE, since no call says where it ended.
 *
 * poll(2): EPOLLIN an entry can be read, EPOLLOUT a proposal would be taken,
 * EPOLLERR the group has failed (it stays readable), EPOLLHUP it is stopped.
 *
 * What the errors mean, for write(2) and QUORUM_IOC_PROPOSE:
 *
 *	EAGAIN		no room for another proposal now, or (O_NONBLOCK) no leader.
 *			Not proposed.
 *	ENOTCONN	no leader was found within the time.  Not proposed.
 *	ETIMEDOUT	handed in, not known to be committed within the time: the
 *			outcome is UNKNOWN and the entry may still appear
 *	EINTR		interrupted; outcome UNKNOWN, as above
 *	ECANCELED	the group was stopped or failed meanwhile, or a snapshot took
 *			the place of the entries that would tell; outcome UNKNOWN
 *	EINVAL		an empty entry, or a malformed request
 *	EMSGSIZE	larger than the limit; see quorum_info.entry_bytes_max
 *	ENOSPC		the log is full.  Not proposed.
 *	ESHUTDOWN	the group is stopped.  Not proposed.
 *	EIO		the group has failed; `quorumctl status` says why
 *	EOPNOTSUPP	this node is a witness, which keeps no payload
 *	ENODEV		the group was deleted
 *
 * for read(2), which waits for an entry when there is none:
 *
 *	EAGAIN		no entry there yet (O_NONBLOCK)
 *	EMSGSIZE	the buffer is too small for the next record; of several
 *			records read(2) returns those that fit
 *	EFAULT		the buffer cannot be written to; the position stays
 *	EINTR		interrupted
 *	ESTALE		the position is before the first index that can be read: a
 *			snapshot stands for it; see quorum_info.first
 *	ESHUTDOWN	the group is stopped
 *	EIO, EUCLEAN	the device does not read, or what it reads is damaged
 *	EOPNOTSUPP	this node is a witness, which keeps no payload
 *	ENODEV		the group was deleted
 *
 * for open(2): ENXIO, the group was deleted; and for ioctl(2) in general:
 *
 *	ENOTTY		the number is not known
 *	E2BIG		the struct is newer than the kernel and uses what it lacks
 *	EOPNOTSUPP	an unknown flag
 *	EINVAL		the struct is shorter than its first version, or a reserved
 *			field is not zero
 *	EBADF		a proposal on a file not open for writing
 *
 * With O_NONBLOCK a proposal that was handed in returns 0 and the outcome
 * QUORUM_OUTCOME_UNKNOWN; its tag tells it in the log.
 */
#ifndef _UAPI_LINUX_QUORUM_H
#define _UAPI_LINUX_QUORUM_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* No row of Documentation/userspace-api/ioctl/ioctl-number.rst uses 0xBC. */
#define QUORUM_IOC_MAGIC	0xBC

/* enum quorum_entry.type */
#define QUORUM_ENTRY_NOOP	1	/* a leader's first entry of its term */
#define QUORUM_ENTRY_DATA	2	/* what a user proposed */
#define QUORUM_ENTRY_CONFIG	3	/* a configuration */
#define QUORUM_ENTRY_SESSION	4	/* what a user proposed within a session */

/* quorum_session_head.op */
#define QUORUM_SESSION_OPEN	1	/* see quorum_session_id() */
#define QUORUM_SESSION_CLOSE	2
#define QUORUM_SESSION_COMMAND	3	/* the command follows */
#define QUORUM_SESSION_BARRIER	4	/* nothing; a place in the log */

/**
 * quorum_session_id() - the id of a session
 * @index: where in the log it was opened
 * @term: likewise
 *
 * The index; but a forced recovery may lose entries, and others take their place.  It
 * begins another multiple of 2^32 of terms, so that no id is ever given twice.
 */
static inline __u64 quorum_session_id(__u64 index, __u64 term)
{
	return index ^ (term >> 32) << 48;
}

/**
 * struct quorum_session_head - what the payload of a QUORUM_ENTRY_SESSION begins with
 * @op: QUORUM_SESSION_*
 * @zero: 0
 * @client: id of the session, for CLOSE and COMMAND
 * @seq: number of the command within the session, from 1
 *
 * A command that is in the log several times counts once, at its first place.  It
 * counts not at all if a larger number of its session comes before it, or if the
 * session has ended.
 */
struct quorum_session_head {
	__le32 op;
	__le32 zero;
	__le64 client;
	__le64 seq;
};

/**
 * struct quorum_entry - header of one entry as read(2) returns it
 * @index: position in the log, from 1
 * @term: term of the leader that appended it
 * @tag: the proposal's name, unique for its origin for ever; 0 for entries that
 *	nobody proposed
 * @origin: node id of the proposer, 0 likewise
 * @size: bytes of payload that follow, without padding
 * @type: QUORUM_ENTRY_*
 * @__reserved: 0
 */
struct quorum_entry {
	__u64 index;
	__u64 term;
	__u64 tag;
	__u32 origin;
	__u32 size;
	__u32 type;
	__u32 __reserved;
};

/* Bytes of a whole record with @size bytes of payload. */
#define QUORUM_ENTRY_LEN(size) \
	(sizeof(struct quorum_entry) + (((__u64)(size) + 7) & ~(__u64)7))

/* quorum_propose.outcome */
#define QUORUM_OUTCOME_NONE		0	/* the call failed before anything happened */
#define QUORUM_OUTCOME_COMMITTED	1	/* at (index, term) */
#define QUORUM_OUTCOME_REFUSED		2	/* is not in the log and never will be */
#define QUORUM_OUTCOME_UNKNOWN		3	/* may or may not appear in the log */

/**
 * struct quorum_propose - argument of QUORUM_IOC_PROPOSE
 * @size: in: sizeof(struct quorum_propose)
 * @flags: in: 0
 * @data: in: pointer to the payload
 * @len: in: bytes of payload, 1..quorum_info.entry_bytes_max
 * @outcome: out: QUORUM_OUTCOME_*; written also when the call fails
 * @timeout_ns: in: longest wait in nanoseconds, 0: the default of 5 s
 * @index: out: index, when committed
 * @term: out: term of the entry, when committed
 * @tag: out: the proposal's name, when it was handed in
 * @op: in: QUORUM_SESSION_*, 0: no session.  OPEN and CLOSE have no payload
 * @verdict: out: errno (positive) of the state machine, or of the session, about a
 *	committed command: EKEYEXPIRED the session has ended, and what became of
 *	earlier copies is not known; EKEYREJECTED a newer command of the session came
 *	first; ENODATA it was applied before, and its result was not kept
 * @client: in: the session
 * @seq: in: number of the command in it, from 1
 * @result: in: where the state machine's result goes, 0: nowhere
 * @result_room: in: bytes of room there
 * @result_len: out: bytes of the result, also if there was less room
 */
struct quorum_propose {
	__u32 size;
	__u32 flags;
	__aligned_u64 data;
	__u32 len;
	__u32 outcome;
	__aligned_u64 timeout_ns;
	__aligned_u64 index;
	__aligned_u64 term;
	__aligned_u64 tag;
	__u32 op;
	__u32 verdict;
	__aligned_u64 client;
	__aligned_u64 seq;
	__aligned_u64 result;
	__u32 result_room;
	__u32 result_len;
};

/* quorum_query.flags */
#define QUORUM_QUERY_STALE	(1U << 0)	/* what this node has will do */

/**
 * struct quorum_query - argument of QUORUM_IOC_QUERY: ask the state machine
 * @size: in: sizeof(struct quorum_query)
 * @flags: in: QUORUM_QUERY_*.  Without STALE the answer is linearizable
 * @request: in: pointer to the question, in the machine's own terms
 * @reply: in: pointer to room for the answer
 * @len: in: bytes of the question
 * @reply_room: in: bytes of room
 * @reply_len: out: bytes of the answer
 * @__reserved: 0
 * @timeout_ns: in: longest wait in nanoseconds, 0: the default of 5 s
 * @after: in: not 0: wait until this node has applied something behind this index,
 *	and answer from that, as with STALE.  ETIME if nothing came
 * @index: out: last entry of the state that answered
 */
struct quorum_query {
	__u32 size;
	__u32 flags;
	__aligned_u64 request;
	__aligned_u64 reply;
	__u32 len;
	__u32 reply_room;
	__u32 reply_len;
	__u32 __reserved;
	__aligned_u64 timeout_ns;
	__aligned_u64 after;
	__aligned_u64 index;
};

/**
 * struct quorum_barrier - argument of QUORUM_IOC_BARRIER
 * @size: in: sizeof(struct quorum_barrier)
 * @flags: in: 0
 * @timeout_ns: in: longest wait in nanoseconds, 0: the default of 5 s
 * @index: out: every entry up to here can be read on this node
 *
 * Waits until everything that any node of the group answered as committed before
 * the call can be read here: what is read afterwards is linearizable.  Fails with
 * EAGAIN (too many wait), ENOTCONN (no leader within the time), ETIMEDOUT, EINTR,
 * ESHUTDOWN, EIO (failed) and ENODEV, and says nothing then about what is read.
 */
struct quorum_barrier {
	__u32 size;
	__u32 flags;
	__aligned_u64 timeout_ns;
	__aligned_u64 index;
};

/**
 * struct quorum_digest - argument of QUORUM_IOC_DIGEST: the state in a few numbers
 * @size: in: sizeof(struct quorum_digest)
 * @flags: in: 0
 * @hash: out: of the state machine and the sessions: equal on all nodes at the same
 *	@index
 * @index: out: last entry applied on this node
 * @bytes: out: what the machine's state takes, 0 if it does not say
 * @sessions: out: number of sessions
 * @__reserved: 0
 *
 * Takes time in proportion to the state.  EOPNOTSUPP the machine has no state in the
 * kernel.
 */
struct quorum_digest {
	__u32 size;
	__u32 flags;
	__aligned_u64 hash;
	__aligned_u64 index;
	__aligned_u64 bytes;
	__u32 sessions;
	__u32 __reserved;
};

/**
 * struct quorum_watch - argument of QUORUM_IOC_WATCH: turn the file into a watch
 * @size: in: sizeof(struct quorum_watch)
 * @flags: in: QUORUM_QUERY_STALE: begin from what this node has; otherwise everything
 *	that any node acknowledged before the call is behind the watch or shown by it
 * @request: in: pointer to a struct quorum_kv_query of type QUORUM_KV_WATCH, with key
 *	and end; see <linux/quorum_kv.h>
 * @len: in: bytes of it
 * @__reserved: 0
 * @timeout_ns: in: longest wait in nanoseconds, 0: the default of 5 s
 * @from: out: first revision that will be shown
 *
 * For a group whose machine is `kv`.  From then on read(2) on this file returns whole
 * struct quorum_kv_event, each with its key, value and padding, in order and without a
 * gap, and poll(2) says EPOLLIN when there is one.  read(2) fails with
 *
 *	EAGAIN		there is none yet (O_NONBLOCK)
 *	EMSGSIZE	the next does not fit
 *	ESTALE		compacted: what comes next is not in the history any more
 *	ESHUTDOWN	the group is stopped; it goes on once that is started again
 *
 * EOPNOTSUPP the machine is another; ESTALE compacted; EBUSY the file is a watch already.
 */
struct quorum_watch {
	__u32 size;
	__u32 flags;
	__aligned_u64 request;
	__u32 len;
	__u32 __reserved;
	__aligned_u64 timeout_ns;
	__aligned_u64 from;
};

/**
 * struct quorum_snapshot - argument of QUORUM_IOC_SNAP_BEGIN, _WRITE, _COMMIT, _READ
 * @size: in: sizeof(struct quorum_snapshot)
 * @flags: in: 0
 * @index: BEGIN: out: the last entry it has to stand for; COMMIT: in: the same, to
 *	say that it does; READ: in: 0 or which, out: which
 * @term: BEGIN, READ: out: term of that entry
 * @offset: READ: in: bytes from its beginning
 * @len: WRITE: in: bytes; READ: in: room, out: bytes, 0 at the end
 * @__reserved: 0
 * @data: WRITE, READ: in: pointer to the bytes
 *
 * For a group whose machine is `log`: its user space applies the entries, and hands
 * in the state they lead to, so that the log can go.  BEGIN says up to where: read
 * the entries up to there, and none beyond, then WRITE the state and COMMIT.  After
 * that read(2) begins behind the index, here and on members that were sent it: whoever
 * gets ESTALE there READs the state back and goes on behind @index.  One at a time;
 * closing the file gives it up.
 *
 * EOPNOTSUPP the machine is another; EBUSY another file is at it; EALREADY nothing
 * was applied since the last one; ECANCELED a leader's snapshot came in between, or
 * the file gave it up; EINVAL this file has begun none, or @index is another; EFBIG
 * it does not fit; READ: ENOENT there is none, ESTALE another one is in force now.
 */
struct quorum_snapshot {
	__u32 size;
	__u32 flags;
	__aligned_u64 index;
	__aligned_u64 term;
	__aligned_u64 offset;
	__u32 len;
	__u32 __reserved;
	__aligned_u64 data;
};

/**
 * struct quorum_info - argument of QUORUM_IOC_INFO
 * @size: in: sizeof(struct quorum_info)
 * @flags: in: 0
 * @features: out: QUORUM_FEATURE_*
 * @entry_bytes_max: out: largest payload of an entry
 * @members_max: out: most members of a group
 * @node: out: own node id
 * @role: out: see quorum_role in quorum_netlink.h
 * @leader: out: node id of the leader, 0: unknown
 * @__reserved: 0
 * @term: out: current term
 * @first: out: first index that can be read
 * @commit: out: last committed index
 * @last: out: last index of the log, committed or not
 */
struct quorum_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 features;
	__u32 entry_bytes_max;
	__u32 members_max;
	__u32 node;
	__u32 role;
	__u32 leader;
	__u32 __reserved;
	__aligned_u64 term;
	__aligned_u64 first;
	__aligned_u64 commit;
	__aligned_u64 last;
};

/* quorum_info.features: never a version to compare, always a bit to test. */
#define QUORUM_FEATURE_FORWARD	(1ULL << 0)	/* proposals are taken on any node */

#define QUORUM_IOC_INFO		_IO(QUORUM_IOC_MAGIC, 0)
#define QUORUM_IOC_PROPOSE	_IO(QUORUM_IOC_MAGIC, 1)
#define QUORUM_IOC_BARRIER	_IO(QUORUM_IOC_MAGIC, 4)
#define QUORUM_IOC_QUERY	_IO(QUORUM_IOC_MAGIC, 2)
#define QUORUM_IOC_DIGEST	_IO(QUORUM_IOC_MAGIC, 5)
#define QUORUM_IOC_WATCH	_IO(QUORUM_IOC_MAGIC, 3)
#define QUORUM_IOC_SNAP_BEGIN	_IO(QUORUM_IOC_MAGIC, 16)
#define QUORUM_IOC_SNAP_WRITE	_IO(QUORUM_IOC_MAGIC, 17)
#define QUORUM_IOC_SNAP_COMMIT	_IO(QUORUM_IOC_MAGIC, 18)
#define QUORUM_IOC_SNAP_READ	_IO(QUORUM_IOC_MAGIC, 19)

#endif /* _UAPI_LINUX_QUORUM_H */
