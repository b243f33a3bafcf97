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
#include "../format/snapshot.h"

struct quorum_store;
struct netlink_ext_ack;

/**
 * struct quorum_store_ops - what the store tells the loop
 * @hard_done: a (term, vote) write ended; @seq as given to quorum_store_hard()
 * @write_done: a log write ended; @cookie as given to quorum_store_submit()
 * @damaged: an entry that this member acknowledged is damaged, @first or one behind
 *	it.  That is durable when the store is stopped; the next start is a suspect's.
 *	May be NULL
 * @snap_done: a switch (of the snapshot in force, of the log's start, of the
 *	suspect mark) ended; @cookie as given to the call that asked for it.  The
 *	ring may have more room now
 *
 * Context: any, interrupts included: queue and return.  No lock of the store is
 * held, and the write reported has already made room: quorum_store_can_write()
 * is true when write_done() is called.
 */
struct quorum_store_ops {
	void (*hard_done)(void *priv, u64 seq, int error);
	void (*write_done)(void *priv, u64 cookie, int error);
	void (*snap_done)(void *priv, u64 cookie, int error);
	void (*damaged)(void *priv, u64 first);
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
 * @last_why: enum disk_why that goes with it
 * @row: enum recover_row: the reason of the verdict, recover_row_text()
 * @types: bit per type of entry that may be in the log
 * @check_index: the log was read from here on: entries up to this one are
 *	committed, and were not handed on; 0: all were
 * @check_term: its term
 * @has_snap: there is a good snapshot in force
 * @snap_fallback: it is the one before the newest, which is damaged
 * @suspect: entries that this member acknowledged may be missing: it must not
 *	vote nor count until a leader has given them back (quorum_store_healed());
 *	durable, so it may also stem from an earlier opening
 * @suspect_first: the first one missing
 * @suspect_last: the last one known to have been there
 * @snap: the snapshot
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
	u32 last_why;
	u8  row;
	u32 types;
	u64 check_index;
	u64 check_term;
	bool has_snap;
	bool snap_fallback;
	bool suspect;
	u64 suspect_first;
	u64 suspect_last;
	struct quorum_snap_meta snap;
};

/* Counters; exact, also read by tests. */
struct quorum_store_stats {
	u64 log_bios;		/* bios that carry records */
	u64 log_records;
	u64 log_bytes;		/* bytes of records, padding included */
	u64 hard_writes;	/* changes of (term, vote) or of the log's bounds */
	u64 hard_bios;
	u64 snap_bios;		/* bios that write snapshots */
	u64 flushes;		/* flushes asked for, beyond FUA */
	u64 reads;		/* bios that read back */
	u64 read_bytes;
	u64 ring_bytes;		/* capacity for records */
	u64 used_bytes;
	int error;		/* 0, or the errno that ended writing */
	bool fua;		/* the device has FUA */
	u32 granule;		/* bytes: every record starts and ends on one */
};

int quorum_store_init(void);
void quorum_store_exit(void);

/**
 * quorum_store_find() - look a device up, without opening it
 * @path: path of the block device, for the calling process
 * @device: its number
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Opening by number inside the kernel asks nobody: the caller's rights to the node
 * are checked here, as for open(2).
 *
 * Refusals: -ENOTBLK not a block device; -ENODEV no such device; -EPERM not the
 * caller's to read and write.
 * Context: process, sleeps, no I/O to the device.
 */
int quorum_store_find(const char *path, dev_t *device, struct netlink_ext_ack *extack);

/**
 * quorum_store_open() - open a formatted device, exclusively
 * @device: its number, of quorum_store_find()
 * @genesis: what the caller believes; must be what format wrote
 * @self: own node id; likewise
 * @ops: completion callbacks
 * @priv: their first argument
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Nothing is written.  Refusals: -ENODEV no such device; -EBUSY in use;
 * -ENODATA not formatted (all zero); -EMEDIUMTYPE holds something else; -EXDEV
 * another cluster; -ENXIO another group; -EADDRNOTAVAIL another node id; -ESTALE
 * another member list or timing; -ENOSPC too small; -EPROTO newer format; -EUCLEAN
 * damaged superblock; -EROFS read-only device.
 *
 * Context: process, sleeps.
 * Return: the store, or ERR_PTR().
 */
struct quorum_store *quorum_store_open(dev_t device,
				       const struct quorum_genesis *genesis, u32 self,
				       const struct quorum_store_ops *ops, void *priv,
				       struct netlink_ext_ack *extack);

/* Random number drawn by format: a wiped device gets another.  Never 0. */
u64 quorum_store_incarnation(const struct quorum_store *store);

/* Before quorum_store_recover(): a log that was not stopped cleanly makes a suspect. */
void quorum_store_doubt_tail(struct quorum_store *store);

/**
 * quorum_store_recover() - read the log
 * @store: the store
 * @entry: called for every entry in log order; an index seen before means that
 *	the log was truncated there: later calls win
 * @truncate: called when everything from @index on is discarded
 * @config: called before all others for the newest entry of type CONFIG in front of
 *	@found->check_index, if there is one above the base; may be NULL
 * @ctx: their first argument
 * @found: filled in
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Where a record that may have been acknowledged is damaged, the log ends in front
 * of it and @found->suspect is set; the device stays as it is until a leader sends
 * the entries again and they are written over the damage.  Where the snapshot is
 * lost that the log builds on, the log is empty, from index 1.
 *
 * Context: process, sleeps; interruptible by a fatal signal (-EINTR).
 * Return: 0; -EUCLEAN when term and vote may have been lost; -EPROTO; -EIO.
 */
int quorum_store_recover(struct quorum_store *store,
			 int (*entry)(void *ctx, const struct raft_entry *entry,
				      const void *payload),
			 void (*truncate)(void *ctx, u64 index),
			 int (*config)(void *ctx, const struct raft_entry *entry,
				       const void *payload),
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
 * quorum_store_cut() - entries are gone, and the write that says so is to come
 * @store: the store
 * @index: the first one
 *
 * Context: only the loop.
 */
void quorum_store_cut(struct quorum_store *store, u64 index);

/**
 * quorum_store_committed() - entries up to here are committed
 * @store: the store
 * @index: the last one
 *
 * Checkpoints are taken in what is.  Context: only the loop.
 */
void quorum_store_committed(struct quorum_store *store, u64 index);

/**
 * quorum_store_verify_stop() - read no further what lies before the checkpoint
 * @store: the store
 *
 * Whoever waits for an entry of it gets none.  Context: process, sleeps.
 */
void quorum_store_verify_stop(struct quorum_store *store);

/**
 * quorum_store_read() - read one durable entry back from the device
 * @store: the store
 * @index: which; must be durable and not truncated meanwhile (the caller checks
 *	the term it gets against the engine's)
 * @entry: filled in
 * @buf: room for QUORUM_ENTRY_BYTES_MAX bytes
 *
 * Reads around @index, so that the next indexes usually cost no further I/O.  After
 * a start from a checkpoint, an entry before it can be read once all up to there
 * was verified.
 *
 * Context: process, sleeps; callers are serialised by the store.
 * Return: 0, -ENOENT, -EIO or -EUCLEAN (damaged: ops->damaged() is called as well).
 */
int quorum_store_read(struct quorum_store *store, u64 index, struct raft_entry *entry,
		      void *buf);

/**
 * quorum_store_healed() - the leader has given back what was missing
 * @cookie: comes back in snap_done()
 *
 * Clears the durable mark.
 *
 * Context: only the loop.
 * Return: 0, -EBUSY while another switch is under way, -EIO.
 */
int quorum_store_healed(struct quorum_store *store, u64 cookie);

/* Is that mark set?  Any context. */
bool quorum_store_is_suspect(const struct quorum_store *store);

/* ---- snapshots ---- */

struct quorum_snap_writer;

/**
 * quorum_store_snap_begin() - begin to write a snapshot
 * @store: the store
 * @meta: index, term, state machine and configuration are used
 * @writer: filled in; one at a time
 *
 * What was the snapshot before the one in force is gone from here on.
 *
 * Context: process, sleeps; not the loop.
 * Return: 0; -EBUSY while one is written or put in force; -EINVAL; -EIO.
 */
int quorum_store_snap_begin(struct quorum_store *store, const struct quorum_snap_meta *meta,
			    struct quorum_snap_writer **writer);

/**
 * quorum_store_snap_write() - append to it
 * @writer: the writer
 * @data: bytes
 * @len: any number of them
 *
 * Context: process, sleeps; not the loop.
 * Return: 0, -EFBIG when the area is full, -EIO.
 */
int quorum_store_snap_write(struct quorum_snap_writer *writer, const void *data, u32 len);

/* Bytes taken so far. */
u64 quorum_store_snap_offset(const struct quorum_snap_writer *writer);

/**
 * quorum_store_snap_seal() - make it durable; it is not in force yet
 * @writer: the writer
 * @has_crc: compare with @crc
 * @crc: CRC32C of all data, seed ~0
 *
 * Context: process, sleeps; not the loop.
 * Return: 0, -EUCLEAN when the CRC differs, -EIO.
 */
int quorum_store_snap_seal(struct quorum_snap_writer *writer, bool has_crc, u32 crc);

/* Throw it away.  Any context that may take a spinlock. */
void quorum_store_snap_abort(struct quorum_snap_writer *writer);

/**
 * quorum_store_snap_commit() - put a sealed snapshot in force
 * @store: the store
 * @writer: sealed; the store takes it back, unless this fails
 * @release: entries up to here may leave the ring, 0: none; at most the index of
 *	the snapshot.  Ignored where it is not durable yet
 * @release_term: its term
 * @reset: the whole log goes, and goes on behind the snapshot's index
 * @cookie: comes back in snap_done()
 *
 * All in one write of the hard state.  With @reset no log write may be begun
 * before snap_done(): quorum_store_can_write() is false.
 *
 * Context: only the loop.
 * Return: 0, -EBUSY while another switch is under way, -EINVAL, -EIO.
 */
int quorum_store_snap_commit(struct quorum_store *store, struct quorum_snap_writer *writer,
			     u64 release, u64 release_term, bool reset, u64 cookie);

/**
 * quorum_store_release() - let entries leave the ring
 * @store: the store
 * @index: up to here; at most the index of the snapshot in force
 * @term: its term
 * @cookie: comes back in snap_done()
 *
 * Room is freed in steps of the marks (64 KiB or more): what stays may begin
 * earlier.
 *
 * Context: only the loop.
 * Return: 0; -EAGAIN if @index is not durable yet, or lies before the checkpoint of
 * the start and that is not verified yet; -EBUSY, -EINVAL, -EIO.
 */
int quorum_store_release(struct quorum_store *store, u64 index, u64 term, u64 cookie);

/* Describe the snapshot in force; false if there is none.  Any process context. */
bool quorum_store_snap_get(struct quorum_store *store, struct quorum_snap_meta *meta);

/**
 * quorum_store_snap_read() - read of a snapshot's data
 * @store: the store
 * @id: of the snapshot
 * @offset: bytes from its start
 * @buf: room
 * @len: bytes
 *
 * Every chunk is verified before it is handed on.
 *
 * Context: process, sleeps; callers are serialised.
 * Return: 0; -ESTALE when it is not there any more; -EUCLEAN when it is damaged;
 * -EINVAL beyond its end; -EINTR, -EIO.
 */
int quorum_store_snap_read(struct quorum_store *store, u64 id, u64 offset, void *buf, u32 len);

/* Bytes that a snapshot may have. */
u64 quorum_store_snap_max(const struct quorum_store *store);

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
