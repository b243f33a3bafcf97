/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Recovery: what a device holds, as a verdict.  Pure; kernel and user space.
 *
 * Nothing here writes.  Four steps, each over a read callback: recover_super()
 * finds out whose device it is, recover_hard() finds (term, vote) and where the
 * log begins, recover_snapshot() looks at the snapshot in force, recover_log()
 * walks the log and hands every entry on.  A step that reaches a verdict other
 * than CLEAN or TORN ends the recovery.
 *
 * Where there is a checkpoint, recover_tail() takes the place of recover_log() and
 * walks the log from there, so that a start takes as long as the tail is; what lies
 * before is walked later, by recover_before().
 *
 * A walk follows records while each one is the next: magic, checksums, own
 * position, number + 1, epoch not below the last, and prev_crc the last one's
 * hdr_crc.  n is the number of the record it stops at.
 *
 * The decision table.  Rows are tried from the top; a row is tested in
 * tests/unit/recover_test.c under its letter.
 *
 *  row what was found					verdict
 *  --- ----------------------------------------------	-----------
 *   A	first and last block are zero			UNFORMATTED
 *   B	the first bears another magic, or it is zero
 *	and the last does				FOREIGN
 *   C	a good superblock of a version, or with
 *	feature bits, that we do not know		TOO_NEW
 *   D	our magic, but no good superblock, or the
 *	device is shorter than it says			CORRUPT
 *   E	two good superblocks that differ		CORRUPT
 *   F	another cluster, group or node (if asked)	FOREIGN
 *   G	no good hard state in any of the four slots	CORRUPT
 *   H	two good ones of one generation that differ, or
 *	a newer one that lies where another belongs	CORRUPT
 *   I	the next record is of an epoch the hard state
 *	does not know					CORRUPT
 *   J	the next record is of a type we do not know	TOO_NEW
 *   K	the next record is good, but its entries do not
 *	continue the log				CORRUPT
 *   L	clean stop, the walk ends where it says		CLEAN
 *   M	clean stop, the walk ends before		CORRUPT at n
 *   N	clean stop, and behind the end lies a record of
 *	the opening that stopped			CORRUPT at n
 *   O	no clean stop, and a witness vouches for n	CORRUPT at n
 *   P	no clean stop, no witness			TORN at n
 *   Q	the snapshot in force is damaged, and the one
 *	before it is good and the log reaches back to it (falls back)
 *   R	it is damaged, there is no other, and the log
 *	reaches back to its first entry			(goes without)
 *   S	it is damaged, or none is named, and the log
 *	begins behind what is left			CORRUPT at 1
 *
 *   T	the hard state names a checkpoint, and the
 *	configuration that goes with it is good		(the walk begins there)
 *   U	that configuration is damaged			(the whole log is walked)
 *   V	the walk up to the checkpoint does not arrive
 *	there						CORRUPT at n
 *
 *   W	as P, but n, or a place where a witness for it
 *	may lie, cannot be read				CORRUPT at n
 *
 * Q, R and S are about the snapshot, T to V about the checkpoint; with Q, R, T and
 * U the log's verdict stands.
 *
 * K, M, O, S, V and W heal (recover_heals()): term and vote are as they were, entries
 * that this member acknowledged may be missing.  It goes on with the log in front
 * of the damage, or with none (S), as a suspect: it does not vote and counts for
 * nothing until a leader has given it back what it lost.  The mark for that is
 * durable (DISK_HARD_SUSPECT), since a crash while entries come back leaves a
 * log that looks whole.
 *
 * Why each is safe:
 *
 *  A-F	Only an explicit format makes a device ours; the choice is never made
 *	here (log-formats.md, rule 3).  B: a foreign magic in the first block wins
 *	over a good copy in the last: somebody may have made a file system here.
 *	C: a newer version may keep its log by
 *	other rules.  E: a format was cut short in a way it cannot be, or one copy
 *	was written by somebody else; neither copy is better than the other.
 *  G	Without (term, vote) a node could vote twice (bug F-2).  One slot that is
 *	torn or rotten, in one mirror or (torn) in both, leaves a good newest copy;
 *	see disk.h.
 *  H	Both cannot have been written by a store that counts generations.  What is
 *	newer and misplaced shows that blocks were moved: none of the rest is sure.
 *  I	The epoch is durable in both mirrors before its first record.  So the hard
 *	state went back in time, and the vote with it.
 *  J	The checksum is good, so a newer version wrote it.
 *  K	Indexes and terms are in the records themselves: a gap would shift every
 *	entry behind it (bug S-3, S-4), and terms never fall along a log.
 *  M,N	A clean stop waits for every write and then records the end: what does not
 *	end there was damaged later, or the hard state is an old one.  A record
 *	whose content is torn counts for N only if the opening that stopped wrote
 *	it: what an earlier one left was cut off, and stays until it is overwritten.
 *  O	A witness is any record behind n, its header good, of an epoch not below
 *	that of the last good record, whose flushed_lsn is n or more: when it was
 *	built, n was durable, hence acknowledged.  "Not below the last good one"
 *	and not "the newest epoch", because an opening that crashes before its
 *	first append would make every witness too old.  A header alone will do:
 *	it was built before its data could tear.
 *  P	At most DISK_WINDOW_RECORDS records are under way at once, so a record
 *	that many numbers behind an acknowledged n was built after n was durable.
 *	The search covers all places where the first such record can be.  What no
 *	record vouches for was not acknowledged, but for the last window of the
 *	log: damage to exactly that reads as a torn tail too.  (The device lied
 *	about its cache, or rotted there, in a crash: no single copy can tell.)
 *
 *  Q	The area in force is never written to, so the damage came later; the older
 *	one was good when it was replaced and is checked as a whole.  One of a
 *	larger index than the hard state names was written and never put in force.
 *
 *  T	The checkpoint was put in force when all before it was durable and committed:
 *	it names what the walk would have found.  Records before it cannot be torn,
 *	and no record behind it may cut what lies before (row K).
 *  U	The walk from the start will meet that record, and judge.
 *  V	What the checkpoint names was there when it was written, so the records
 *	before it need no other witness.  It is found after the start: until then the
 *	member is as good as one whose disk decays while it runs.
 *
 *  W	What cannot be read may be a record that was acknowledged, or the witness of
 *	one; the next record is written over it, which is what makes a bad sector
 *	good.  A power cut may leave such a sector as well: then nothing is missing,
 *	and the leader says so.
 *
 * What a bad sector hides is damaged (recover_unreadable()), whatever it was: L, M, O
 * and V are judged as if it were rotten, Q to S are too.  Alone, where nobody can give
 * it back, a member keeps its log for a snapshot that cannot be read.  Any other error
 * of a read is no verdict: the errno is returned, nothing is cut off.
 */
#ifndef QUORUM_RECOVER_H
#define QUORUM_RECOVER_H

#include <linux/types.h>
#include "disk.h"
#include "snapshot.h"

enum recover_verdict {
	RECOVER_NONE = 0,	/* none yet: go on */
	RECOVER_CLEAN,
	RECOVER_TORN,
	RECOVER_CORRUPT,
	RECOVER_FOREIGN,
	RECOVER_UNFORMATTED,
	RECOVER_TOO_NEW,
	RECOVER_VERDICT_NR,
};

/* The row of the table; D and F have one value per reason. */
enum recover_row {
	RECOVER_ROW_NONE = 0,
	RECOVER_A_ZERO,
	RECOVER_B_OTHER,
	RECOVER_C_VERSION,
	RECOVER_D_SUPER,
	RECOVER_D_SHRUNK,
	RECOVER_E_SUPERS_DIFFER,
	RECOVER_F_CLUSTER,
	RECOVER_F_GROUP,
	RECOVER_F_NODE,
	RECOVER_G_HARD,
	RECOVER_H_HARDS_DIFFER,
	RECOVER_I_EPOCH,
	RECOVER_J_TYPE,
	RECOVER_K_GAP,
	RECOVER_L_CLEAN,
	RECOVER_M_SHORT,
	RECOVER_N_LONG,
	RECOVER_O_WITNESS,
	RECOVER_P_TORN,
	RECOVER_Q_SNAP_FALLBACK,
	RECOVER_R_SNAP_NEEDLESS,
	RECOVER_S_SNAP_LOST,
	RECOVER_T_CHECKPOINT,
	RECOVER_U_CHECK_VOID,
	RECOVER_V_BEFORE,
	RECOVER_W_UNREAD,
	RECOVER_ROW_NR,
};

/* What recover_snapshot() found. */
enum recover_snap {
	RECOVER_SNAP_NONE = 0,	/* none was ever put in force */
	RECOVER_SNAP_GOOD,
	RECOVER_SNAP_FALLBACK,	/* row Q */
	RECOVER_SNAP_NEEDLESS,	/* row R */
	RECOVER_SNAP_LOST,	/* row S */
};

/**
 * struct recover_io - how to read the device
 * @read: read @bytes at @offset into @buf; both are multiples of the granule (of
 *	QUORUM_BLOCK_BYTES before that is known), @buf is always the buffer that
 *	was handed in.  0 or a negative errno, which ends the recovery
 * @ctx: its first argument
 * @device_bytes: size of the device
 */
struct recover_io {
	int (*read)(void *ctx, u64 offset, void *buf, u32 bytes);
	void *ctx;
	u64 device_bytes;
};

/**
 * struct recover_sink - who takes what the log holds; each may be NULL
 * @record: every good record, before its content; @record its bytes
 * @truncate: everything from @index on is discarded
 * @entry: every entry above the base, in log order; an index that comes again
 *	replaces the earlier one
 * @config: row T, before everything else: the newest entry of type CONFIG before
 *	the checkpoint, if there is one above the base
 * @ctx: their first argument
 *
 * A negative return ends the walk and is returned.
 */
struct recover_sink {
	int (*record)(void *ctx, const struct disk_head *head, const void *record);
	int (*truncate)(void *ctx, u64 index);
	int (*entry)(void *ctx, const struct raft_entry *entry, const void *payload);
	int (*config)(void *ctx, const struct raft_entry *entry, const void *payload);
	void *ctx;
};

/**
 * struct recover_result - verdict and evidence
 * @verdict: enum recover_verdict
 * @row: enum recover_row
 * @super_bad: bit 0, 1: superblock copy A, B is not good (the other was used)
 * @hard_bad: bit mirror * 2 + slot: that slot holds something that is not good
 *	(an empty slot is good)
 * @lsn: number of the record the walk stopped at
 * @position: its granule
 * @witness_lsn: row O: number of the witness
 * @witness_position: its granule
 * @records: good records, PAD included
 * @entries: entries handed on
 * @truncations: truncations among them
 * @snap: enum recover_snap
 * @snap_area: where the good one lies
 * @before: row T: granules of the ring between the log's start and the checkpoint
 * @check: row T or U, or 0 where no checkpoint is named
 * @seen_last: rows K, M, O, V, W: last entry that something behind the damage names
 * @used: granules of the ring taken by good records
 * @torn: bytes of records that were cut off (row P)
 * @last_index: last entry, or the base
 * @last_term: its term, or the base's; 0 when the log ends in a truncation
 * @next: where the next record goes; its epoch is that of the last good record
 */
struct recover_result {
	u8  verdict;
	u8  row;
	u8  super_bad;
	u8  hard_bad;
	u8  snap;
	u8  snap_area;
	u8  check;
	u64 seen_last;
	u64 lsn;
	u64 position;
	u64 witness_lsn;
	u64 witness_position;
	u64 records;
	u64 entries;
	u64 truncations;
	u64 used;
	u64 before;
	u64 torn;
	u64 last_index;
	u64 last_term;
	struct disk_cursor next;
};

/* Does the errno of a read say that the sector is bad, and not the way there? */
bool recover_unreadable(int error);

const char *recover_verdict_name(u8 verdict);
const char *recover_row_text(u8 row);

/* Can a member with this verdict take part, as a suspect, until a leader healed it? */
bool recover_heals(const struct recover_result *result);

/*
 * recover_super() - whose device is it?
 * @io: the device
 * @buf: QUORUM_BLOCK_BYTES bytes, aligned to 8
 * @super: filled in on RECOVER_NONE
 * @result: cleared and filled in
 *
 * Return: 0, see @result->verdict; or a negative errno.
 */
int recover_super(const struct recover_io *io, void *buf, struct disk_super *super,
		  struct recover_result *result);

/*
 * recover_match() - is it the device the caller means?
 * @super: from recover_super()
 * @genesis: what the caller believes; cluster and group are compared
 * @self: own node id
 * @result: RECOVER_FOREIGN if not, else unchanged
 */
void recover_match(const struct disk_super *super, const struct quorum_genesis *genesis,
		   u32 self, struct recover_result *result);

/*
 * recover_hard() - find the newest hard state
 * @io: the device
 * @super: from recover_super()
 * @buf: super->granule bytes, aligned to 8
 * @hard: filled in on RECOVER_NONE
 * @result: filled in
 *
 * One mirror that cannot be read does not hide the other, unless what the other
 * has in the same slot is not good: the newest pair may be in the dark then, and
 * the error is returned.  Where a slot was not read, @hard->generation is two more
 * than what was found (see there).
 *
 * Return: 0, see @result->verdict; or a negative errno when no slot could be read.
 */
int recover_hard(const struct recover_io *io, const struct disk_super *super, void *buf,
		 struct disk_hard *hard, struct recover_result *result);

/*
 * recover_snapshot() - find a good snapshot
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard()
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @meta: filled in when there is one
 * @result: @snap and @snap_area are filled in, and the verdict on row S
 *
 * All of the snapshot is read and checked, before anybody builds on it.
 *
 * Return: 0; or a negative errno from @io that is not recover_unreadable(), or that
 * would be row S for a group of one.
 */
int recover_snapshot(const struct recover_io *io, const struct disk_super *super,
		     const struct disk_hard *hard, void *buf, u32 buf_bytes,
		     struct quorum_snap_meta *meta, struct recover_result *result);

/*
 * recover_log() - walk the log
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard()
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @sink: who takes the content, or NULL
 * @result: filled in; has a verdict after success
 *
 * Return: 0, or a negative errno from @io or @sink.
 */
int recover_log(const struct recover_io *io, const struct disk_super *super,
		const struct disk_hard *hard, void *buf, u32 buf_bytes,
		const struct recover_sink *sink, struct recover_result *result);

/* Granules of the ring between the log's start and its checkpoint; 0 without one. */
u64 recover_span_before(const struct disk_super *super, const struct disk_hard *hard);

/*
 * recover_tail() - walk the log from the checkpoint on
 *
 * As recover_log(), which it is where no checkpoint is named, or none that is any
 * use; @result->check tells.
 */
int recover_tail(const struct recover_io *io, const struct disk_super *super,
		 const struct disk_hard *hard, void *buf, u32 buf_bytes,
		 const struct recover_sink *sink, struct recover_result *result);

/*
 * recover_before() - walk the log up to the checkpoint
 * @hard: names one
 * @result: cleared and filled in; CLEAN when the walk arrives there, else row V
 *
 * As recover_log() in all else.
 */
int recover_before(const struct recover_io *io, const struct disk_super *super,
		   const struct disk_hard *hard, void *buf, u32 buf_bytes,
		   const struct recover_sink *sink, struct recover_result *result);

#endif /* QUORUM_RECOVER_H */
