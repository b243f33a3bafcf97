/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The store: a group's log and its (term, vote) on a block device.
 *
 * Life: open -> recover -> start -> {hard | begin/add/submit}* -> stop -> close.
 *
 * Writes are asynchronous.  The completion callbacks run in the context of the
 * bio's end (hard or soft interrupt) and may only queue.  Several log writes
 * may be in flight and are reported in order.  A failed write or flush is final:
 * after it every call that writes returns -EIO and nothing is written any more
 * (bug F-4; fs/xfs/xfs_log.c does the same), but for the reason, which a stop
 * tries to leave in the hard state.
 */
#ifndef QUORUM_STORE_H
#define QUORUM_STORE_H

#include <linux/types.h>
#include "../raft/raft.h"
#include "../format/genesis.h"

struct quorum_store;
struct netlink_ext_ack;

/**
 * struct quorum_store_ops - what the store tells the loop
 * @hard_done: a (term, vote) write ended; @seq as given to quorum_store_hard()
 * @write_done: a log write ended; @cookie as given to quorum_store_submit()
 *
 * Context: any, interrupts included: queue and return.  No lock of the store is
 * held, and the write reported has already made room: quorum_store_can_write()
 * is true when write_done() is called.
 */
struct quorum_store_ops {
	void (*hard_done)(void *priv, u64 seq, int error);
	void (*write_done)(void *priv, u64 cookie, int error);
};

/**
 * struct quorum_recovered - what was found on the device
 * @term: durable term
 * @vote: durable vote in @term, RAFT_NONE if none
 * @base_index: index of the last entry not in the log any more
 * @base_term: its term
 * @last_index: last entry
 * @epoch: number of this opening, never used before on this device
 * @verdict: enum recover_verdict (format/recover.h)
 * @records: records read
 * @torn: bytes of a torn tail cut off
 * @last_errno: errno (positive) that ended the run before, 0: none
 */
struct quorum_recovered {
	u64 term;
	u32 vote;
	u64 base_index;
	u64 base_term;
	u64 last_index;
	u64 epoch;
	u8  verdict;
	u64 records;
	u64 torn;
	u32 last_errno;
};

/* Counters; exact, also read by tests. */
struct quorum_store_stats {
	u64 log_bios;		/* bios that carry records */
	u64 log_records;
	u64 log_bytes;		/* bytes of records, padding included */
	u64 hard_writes;	/* changes of (term, vote) or of the log's bounds */
	u64 hard_bios;
	u64 flushes;		/* flushes asked for, beyond FUA */
	u64 reads;		/* bios that read back */
	u64 read_bytes;
	u64 ring_bytes;		/* capacity for records */
	u64 used_bytes;
	int error;		/* 0, or the errno that ended writing */
	bool fua;		/* the device has FUA */
	u32 granule;		/* bytes: every record starts and ends on one */
};

/**
 * quorum_store_open() - open a formatted device, exclusively
 * @path: path of the block device
 * @genesis: what the caller believes; must be what format wrote
 * @self: own node id; likewise
 * @ops: completion callbacks
 * @priv: their first argument
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Nothing is written.  Refusals: -ENOTBLK not a block device; -ENODEV no such
 * device; -EBUSY in use; -ENODATA not formatted (all zero); -EMEDIUMTYPE holds
 * something else; -EXDEV another cluster; -ENXIO another group; -EADDRNOTAVAIL
 * another node id; -ESTALE another member list or timing; -ENOSPC too small;
 * -EPERM not the caller's to read and write; -EPROTO newer format; -EUCLEAN damaged
 * superblock; -EROFS read-only device.
 *
 * Context: process, sleeps.
 * Return: the store, or ERR_PTR().
 */
struct quorum_store *quorum_store_open(const char *path,
				       const struct quorum_genesis *genesis, u32 self,
				       const struct quorum_store_ops *ops, void *priv,
				       struct netlink_ext_ack *extack);

/* Random number drawn by format: a wiped device gets another.  Never 0. */
u64 quorum_store_incarnation(const struct quorum_store *store);

/**
 * quorum_store_recover() - read the log
 * @store: the store
 * @entry: called for every entry in log order; an index seen before means that
 *	the log was truncated there: later calls win
 * @truncate: called when everything from @index on is discarded
 * @ctx: their first argument
 * @found: filled in
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Context: process, sleeps; interruptible by a fatal signal (-EINTR).
 * Return: 0, or -EUCLEAN when an acknowledged record is damaged, or -EIO.
 */
int quorum_store_recover(struct quorum_store *store,
			 int (*entry)(void *ctx, const struct raft_entry *entry,
				      const void *payload),
			 void (*truncate)(void *ctx, u64 index),
			 void *ctx, struct quorum_recovered *found,
			 struct netlink_ext_ack *extack);

/**
 * quorum_store_start() - make this opening's epoch durable; writing may begin
 *
 * Context: process, sleeps.
 */
int quorum_store_start(struct quorum_store *store);

/**
 * quorum_store_hard() - make (term, vote) durable
 * @seq: comes back in hard_done()
 *
 * One such write is under way at a time; a call while one is replaces what
 * waits behind it, and hard_done() then reports the newest seq for all.
 *
 * Context: only the loop; does not sleep for I/O, may sleep for a request.
 * Return: 0, or -EIO after the first failure (hard_done() is then not called).
 */
int quorum_store_hard(struct quorum_store *store, u64 term, u32 vote, u64 seq);

/**
 * quorum_store_can_write() - is a record buffer free for the next batch?
 *
 * Context: only the loop.
 */
bool quorum_store_can_write(const struct quorum_store *store);

/**
 * quorum_store_begin() - start a batch
 * @truncate: first index discarded before the batch, 0: none
 * @first: index of the first entry to come
 *
 * Context: only the loop; quorum_store_can_write() must hold.
 */
void quorum_store_begin(struct quorum_store *store, u64 truncate, u64 first);

/**
 * quorum_store_add() - put the next entry into the batch
 *
 * Return: false if it does not fit in this record any more (the first always
 * fits); it is then not part of the batch.
 */
bool quorum_store_add(struct quorum_store *store, const struct raft_entry *entry,
		      const void *payload);

/**
 * quorum_store_submit() - write the batch: one bio, durable when it ends
 * @cookie: comes back in write_done()
 *
 * Return: 0, or -EIO after the first failure, or -ENOSPC if the ring has no
 * room (the caller's admission by quorum_store_room() makes that impossible for
 * a leader; a follower then does not acknowledge and tries again later).  On an
 * error write_done() is not called.
 */
int quorum_store_submit(struct quorum_store *store, u64 cookie);

/**
 * quorum_store_room() - payload bytes that new proposals may still take
 *
 * Counts worst-case framing and keeps a reserve for truncations, no-ops and one
 * largest entry, so that a full log refuses at the door and never later.
 *
 * Context: only the loop.
 */
u64 quorum_store_room(const struct quorum_store *store);

/**
 * quorum_store_room_after() - the same, reckoning with what is on its way
 * @entries: entries that were admitted and are not submitted yet
 * @bytes: payload bytes of these
 *
 * quorum_store_room() is this with 0, 0; both allow for a batch of
 * QUORUM_PROPOSE_BATCH_MAX proposals, each in a record of its own.
 *
 * Context: only the loop.
 */
u64 quorum_store_room_after(const struct quorum_store *store, u64 entries, u64 bytes);

/**
 * quorum_store_read() - read one durable entry back from the device
 * @store: the store
 * @index: which; must be durable and not truncated meanwhile (the caller checks
 *	the term it gets against the engine's)
 * @entry: filled in
 * @buf: room for QUORUM_ENTRY_BYTES_MAX bytes
 *
 * Reads around @index, so that the next indexes usually cost no further I/O.
 *
 * Context: process, sleeps; callers are serialised by the store.
 * Return: 0, -ENOENT, -EIO or -EUCLEAN (damaged).
 */
int quorum_store_read(struct quorum_store *store, u64 index, struct raft_entry *entry,
		      void *buf);

/* Copy the counters out.  Context: any process. */
void quorum_store_get_stats(struct quorum_store *store, struct quorum_store_stats *stats);

/**
 * quorum_store_stop() - wait for everything in flight; write nothing new
 * @clean: also record that the log ends here, if no write ever failed
 *
 * Context: process, sleeps.  No callback runs after it returns.
 */
void quorum_store_stop(struct quorum_store *store, bool clean);

/* Free everything and release the device.  After stop, or after a failed start. */
void quorum_store_close(struct quorum_store *store);

#endif /* QUORUM_STORE_H */
