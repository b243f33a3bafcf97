/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The disk: how a group's log and its (term, vote) lie on a block device.
 * Pure; kernel and user space.
 *
 * Everything is little-endian and naturally aligned; the layout counts in blocks
 * of 4,096 bytes, the log in granules (the device's physical block size at
 * format: 512 or 4,096 bytes).
 *
 *	block 0			superblock, copy A
 *	block 4, 8		hard state, mirror A, slots 0 and 1
 *	block 12 ..		snapshot area 0, snapshot area 1 (snapshot.h)
 *	...			ring of records
 *	block N-12, N-8		hard state, mirror B, slots 0 and 1
 *	block N-1		superblock, copy B
 *
 * The blocks between are zero: they keep the slots apart on a device that works
 * in blocks of 16 KiB inside, where a torn write may spoil all of one.
 *
 * Superblock: written by format only.  It says whose device this is, and draws
 * the device's UUID, whose CRC seeds every other checksum: what an earlier life
 * of the same disk left behind can never be taken for valid.
 *
 * Hard state: term, vote, epoch and where the log begins.  Generation g lies in
 * slot g & 1 of both mirrors; both are written at once, and g counts when both
 * are durable.  A cut in the middle of that can spoil slot g & 1 of both mirrors
 * but never the other slot, which still holds g - 1; the decay of one whole
 * mirror leaves the other.  So the newest valid copy of the four is always the
 * newest that ever counted, or one that was under way and is harmless to adopt.
 *
 * Checkpoint: a place in the log that the hard state names.  All before it is
 * durable and committed, so that a start reads the log from there; what lies
 * before is read when it is asked for, and verified beside the work.  A version
 * that knows no checkpoints reads the whole log, and its hard states name none.
 *
 * Record: header, entries (each a description and its payload, padded to 8
 * bytes), zeroes up to the next granule.  The log is append-only: truncation is
 * a field of a record, and nothing is overwritten before the log's start has
 * moved past it.  A record never wraps: where it does not fit before the end of
 * the ring, a PAD record (one granule written, the rest left as it is) closes
 * the lap.
 *
 * How to format (what `quorumctl format` does):
 *
 *	struct disk_format f = { .device_bytes = ..., .physical_block = ..., ... };
 *	struct disk_plan plan;		(12 KiB of it: allocate it)
 *	if (disk_format_plan(&plan, &f) != DISK_OK) ...refuse, disk_error_text()
 *	for each plan.write[i], in order:
 *		if (write[i].flush_before) flush the device (fdatasync)
 *		write write[i].bytes at write[i].offset: write[i].data, or zeroes
 *			where that is NULL
 *	flush the device
 *
 * The superblocks come last, so a format that was cut short leaves a device that
 * is not formatted.  Afterwards write through the page cache no more: the kernel
 * reads below it.  A tool that reads a device uses O_DIRECT for the same reason.
 *
 * To ask what a device holds: disk_identify() on its first and on its last block
 * (that is block bytes / 4096 - 1), or recover_super() for the whole judgement.
 *
 * Buffers handed to the functions below are aligned to 8 bytes.
 */
#ifndef QUORUM_DISK_H
#define QUORUM_DISK_H

#include <linux/types.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/limits.h>
#include "../limits.h"
#include "../raft/raft.h"
#include "genesis.h"

#define DISK_SUPER_MAGIC	"quorum\r\n"	/* 8 bytes; a text-mode copy breaks it */
#define DISK_HARD_MAGIC		0x54534851	/* "QHST" */
#define DISK_RECORD_MAGIC	0x43455251	/* "QREC" */
#define DISK_VERSION		1

enum disk_layout {
	DISK_SECTOR_BYTES	= 512,	/* smallest granule; size of a hard state */
	DISK_SUPER_BLOCK	= 0,
	DISK_HARD_BLOCK		= 4,	/* mirror A, slot 0 */
	DISK_HARD_STRIDE	= 4,	/* from slot 0 to slot 1 */
	DISK_AREA_BLOCK		= 12,	/* first block of the snapshot areas */
	DISK_TAIL_BLOCKS	= 12,	/* mirror B and superblock copy B */
	DISK_SNAP_BLOCKS_MAX	= 1 << 18,	/* 1 GiB */
	DISK_RING_BLOCKS_MIN	= 128,
	DISK_RING_GRANULES_MIN	= 512,
	DISK_MIRRORS		= 2,
	DISK_SLOTS		= 2,
	DISK_SNAP_AREAS		= 2,

	/*
	 * Records under way at once, at most.  Part of the format: recovery looks
	 * this far behind a damaged record for one that vouches for it.
	 */
	DISK_WINDOW_RECORDS	= 8,

	DISK_HEADER_BYTES	= 80,
	DISK_ENTRY_BYTES	= 32,
	DISK_ENTRY_ALIGN	= 8,
	DISK_PLAN_WRITES	= 8,
};

/*
 * Feature bits, in three classes: a version that does not know a bit of @compat
 * goes on, one of @ro_compat reads only, one of @incompat does not touch it.
 */
#define DISK_COMPAT_CHECKPOINTS	0x1	/* the hard state may name a checkpoint */
#define DISK_INCOMPAT_SNAPSHOTS	0x1	/* the hard state names the snapshot in force */
#define DISK_INCOMPAT_JOINS	0x2	/* of a node that joins: no members in here */

#define DISK_COMPAT_KNOWN	DISK_COMPAT_CHECKPOINTS
#define DISK_INCOMPAT_KNOWN	(DISK_INCOMPAT_SNAPSHOTS | DISK_INCOMPAT_JOINS)
#define DISK_RO_COMPAT_KNOWN	0

/* ---- as it lies on the device ---- */

struct disk_member {
	__le32 id;			/*  0 */
	__le32 role;			/*  4  1 voter, 0 learner */
};
static_assert(sizeof(struct disk_member) == 8);

/* One whole block.  Magic, version, crc and what it covers stay for ever. */
struct disk_superblock {
	u8     magic[8];		/*   0 */
	__le32 version;			/*   8 */
	__le32 crc;			/*  12  of the block with this field 0, seed ~0 */
	__le32 compat;			/*  16  unknown bits: go on */
	__le32 incompat;		/*  20  unknown bits: do not touch */
	__le32 ro_compat;		/*  24  unknown bits: read only */
	__le32 granule;			/*  28  bytes: 512 or 4096 */
	u8     cluster[16];		/*  32 */
	u8     device[16];		/*  48  drawn by format */
	char   group[32];		/*  64  NUL terminated, zeroes behind */
	__le32 node;			/*  96 */
	__le32 zero;			/* 100 */
	__le64 blocks;			/* 104  of the whole device */
	__le64 ring_start;		/* 112  block */
	__le64 ring_blocks;		/* 120 */
	__le64 snap_start[2];		/* 128  blocks */
	__le64 snap_blocks;		/* 144  of each area */
	__le32 heartbeat_us;		/* 152 */
	__le32 election_min_us;		/* 156 */
	__le32 election_max_us;		/* 160 */
	__le32 members;			/* 164  used of member[] */
	struct disk_member member[16];	/* 168 */
	u8     reserved[3768];		/* 296  zero */
	char   machine[32];		/* 4064  NUL terminated, zeroes behind; "": log */
};
static_assert(sizeof(struct disk_superblock) == QUORUM_BLOCK_BYTES);
static_assert(offsetof(struct disk_superblock, cluster) == 32);
static_assert(offsetof(struct disk_superblock, group) == 64);
static_assert(offsetof(struct disk_superblock, blocks) == 104);
static_assert(offsetof(struct disk_superblock, snap_blocks) == 144);
static_assert(offsetof(struct disk_superblock, member) == 168);
static_assert(offsetof(struct disk_superblock, reserved) == 296);

/* In the first 512 bytes of a block; one granule is written. */
struct disk_hardstate {
	__le32 magic;			/*   0 */
	__le32 crc;			/*   4  of these 512 bytes with this field 0 */
	__le64 generation;		/*   8  from 1 */
	__le64 block;			/*  16  own block: a misdirected write is void */
	__le64 term;			/*  24 */
	__le64 epoch;			/*  32  openings so far */
	__le32 vote;			/*  40 */
	__le32 flags;			/*  44  DISK_HARD_* */
	__le64 start_position;		/*  48  granule of the log's first record */
	__le64 start_lsn;		/*  56  its number */
	__le32 start_prev_crc;		/*  64  what its prev_crc is */
	__le32 last_errno;		/*  68  that ended the last run, 0: none */
	__le64 base_index;		/*  72  last entry not in the log any more */
	__le64 base_term;		/*  80 */
	__le64 end_lsn;			/*  88  clean: number of the next record */
	__le64 last_index;		/*  96  clean: last entry */
	__le32 why;			/* 104  enum disk_why, with last_errno */
	__le32 snap_area;		/* 108  of the snapshot in force, + 1; 0: none */
	__le64 snap_id;			/* 112  its number; see snapshot.h */
	__le64 snap_index;		/* 120  last entry it stands for */
	__le64 snap_term;		/* 128 */
	__le64 check_epoch;		/* 136  of the record before the checkpoint */
	__le64 suspect_first;		/* 144  suspect: first entry that is missing, */
	__le64 suspect_last;		/* 152  and the last one known to have been there */
	__le64 check_position;		/* 160  granule of the record behind it */
	__le64 check_lsn;		/* 168  its number; 0: there is no checkpoint */
	__le64 check_index;		/* 176  last entry before it, committed */
	__le64 check_term;		/* 184 */
	__le64 check_config_index;	/* 192  newest CONFIG before it; 0: none */
	__le64 check_config_lsn;	/* 200  the record that holds it, */
	__le64 check_config_position;	/* 208  and where that lies */
	__le32 check_prev_crc;		/* 216  what the next record's prev_crc is */
	__le32 check_types;		/* 220  bit per type of the entries before it */
	u8     reserved[288];		/* 224  zero */
};
static_assert(sizeof(struct disk_hardstate) == DISK_SECTOR_BYTES);
static_assert(offsetof(struct disk_hardstate, term) == 24);
static_assert(offsetof(struct disk_hardstate, start_position) == 48);
static_assert(offsetof(struct disk_hardstate, base_index) == 72);
static_assert(offsetof(struct disk_hardstate, snap_id) == 112);
static_assert(offsetof(struct disk_hardstate, suspect_first) == 144);
static_assert(offsetof(struct disk_hardstate, check_position) == 160);
static_assert(offsetof(struct disk_hardstate, check_prev_crc) == 216);
static_assert(offsetof(struct disk_hardstate, reserved) == 224);

#define DISK_HARD_CLEAN		0x1	/* stopped; end_lsn and last_index hold */
#define DISK_HARD_SUSPECT	0x2	/* entries once acknowledged may be missing */
#define DISK_HARD_FLAGS		0x3	/* all that are known */

enum disk_record_type {
	DISK_ENTRIES	= 1,	/* entries; may truncate before */
	DISK_TRUNCATE	= 2,	/* only truncates */
	DISK_PAD	= 3,	/* the ring begins again behind it */
};

struct disk_record {
	__le32 magic;			/*  0 */
	__le32 hdr_crc;			/*  4  of the header with this field 0 */
	__le64 lsn;			/*  8  +1 per record; (epoch, lsn) is never reused */
	__le64 epoch;			/* 16  opening that wrote it */
	__le64 flushed_lsn;		/* 24  highest number known durable before */
	__le64 position;		/* 32  own granule, from the device's start */
	__le32 data_len;		/* 40  bytes of entries */
	__le32 data_crc;		/* 44  of everything behind the header, padding too */
	__le32 prev_crc;		/* 48  hdr_crc of the record before */
	__le16 type;			/* 52  enum disk_record_type */
	__le16 nr;			/* 54  entries */
	__le64 first_index;		/* 56  of the first entry */
	__le64 truncate;		/* 64  entries from here on are discarded; 0: none */
	__le64 zero;			/* 72 */
};
static_assert(sizeof(struct disk_record) == DISK_HEADER_BYTES);
static_assert(offsetof(struct disk_record, position) == 32);
static_assert(offsetof(struct disk_record, type) == 52);
static_assert(offsetof(struct disk_record, truncate) == 64);

struct disk_entry {
	__le64 term;			/*  0 */
	__le64 tag;			/*  8 */
	__le32 origin;			/* 16 */
	__le32 size;			/* 20  bytes of payload behind this */
	u8     type;			/* 24 */
	u8     zero[7];			/* 25 */
};
static_assert(sizeof(struct disk_entry) == DISK_ENTRY_BYTES);
static_assert(offsetof(struct disk_entry, type) == 24);

static_assert(QUORUM_RECORD_BYTES_MAX % QUORUM_BLOCK_BYTES == 0);
static_assert(QUORUM_RECORD_BYTES_MAX / DISK_ENTRY_BYTES <= U16_MAX);
static_assert(DISK_HEADER_BYTES + DISK_ENTRY_BYTES + QUORUM_ENTRY_BYTES_MAX <=
	      QUORUM_RECORD_BYTES_MAX);
static_assert(DISK_RING_BLOCKS_MIN * QUORUM_BLOCK_BYTES >= 2 * QUORUM_RECORD_BYTES_MAX);
static_assert(DISK_AREA_BLOCK + DISK_TAIL_BLOCKS + DISK_RING_BLOCKS_MIN +
	      QUORUM_DEVICE_BLOCKS_MIN / 4 <= QUORUM_DEVICE_BLOCKS_MIN);

/* ---- decoded ---- */

/* What was wrong with what was read, or asked for. */
enum disk_error {
	DISK_OK = 0,
	DISK_ZERO,		/* nothing but zeroes */
	DISK_OTHER,		/* not ours: another magic */
	DISK_CRC_BAD,		/* ours, but the checksum does not fit */
	DISK_TOO_NEW,		/* version or feature bits unknown */
	DISK_FIELD_BAD,		/* checksum good, a value out of its range */
	DISK_MISPLACED,		/* written for another place of the device */
	DISK_TOO_SMALL,		/* format: the device */
	DISK_SECTOR_BAD,	/* format: the device's block size */
	DISK_GENESIS_BAD,	/* format: see genesis_check() */
	DISK_ERROR_NR,
};

/* Why a run ended with an error; the hard state keeps it. */
enum disk_why {
	DISK_WHY_NONE = 0,
	DISK_WHY_LOG_WRITE,
	DISK_WHY_HARD_WRITE,
	DISK_WHY_SNAP_WRITE,
	DISK_WHY_NR,
};

/**
 * struct disk_super - a superblock, decoded and checked
 * @granule: bytes
 * @granule_shift: its logarithm
 * @node: node id
 * @compat: feature bits
 * @incompat: likewise
 * @ro_compat: likewise
 * @device: UUID drawn by format
 * @incarnation: that, folded; never 0
 * @seed: that, as the seed of every other checksum
 * @blocks: blocks of the device
 * @ring_start: block
 * @ring_blocks: blocks
 * @snap_start: blocks
 * @snap_blocks: blocks of each snapshot area
 * @genesis: what format was told
 */
struct disk_super {
	u32 granule;
	u32 granule_shift;
	u32 node;
	u32 compat;
	u32 incompat;
	u32 ro_compat;
	u8  device[16];
	u64 incarnation;
	u32 seed;
	u64 blocks;
	u64 ring_start;
	u64 ring_blocks;
	u64 snap_start[2];
	u64 snap_blocks;
	struct quorum_genesis genesis;
};

/**
 * struct disk_checkpoint - a place in the log from which it can be read
 * @position: granule of the first record behind it
 * @lsn: number of that record; 0: there is no checkpoint
 * @epoch: of the record before it
 * @index: last entry before it; all up to it are durable and committed
 * @term: its term
 * @prev_crc: what the next record's prev_crc is
 * @types: bit per type of entry that may lie before it
 * @config_index: newest entry of type CONFIG before it, 0: none above the base
 * @config_lsn: number of the record that holds it
 * @config_position: where that lies
 */
struct disk_checkpoint {
	u64 position;
	u64 lsn;
	u64 epoch;
	u64 index;
	u64 term;
	u32 prev_crc;
	u32 types;
	u64 config_index;
	u64 config_lsn;
	u64 config_position;
};

/*
 * struct disk_hard - a hard state, decoded and checked
 *
 * Fields as in struct disk_hardstate.
 */
struct disk_hard {
	u64 generation;
	u64 term;
	u64 epoch;
	u32 vote;
	bool clean;
	u64 start_position;
	u64 start_lsn;
	u32 start_prev_crc;
	u32 last_errno;
	u32 why;
	u64 base_index;
	u64 base_term;
	u64 end_lsn;
	u64 last_index;
	bool suspect;
	u32 snap_area;
	u64 snap_id;
	u64 snap_index;
	u64 snap_term;
	u64 suspect_first;
	u64 suspect_last;
	struct disk_checkpoint check;
};

/*
 * struct disk_head - a record's header, decoded and checked
 *
 * Fields as in struct disk_record.
 */
struct disk_head {
	u32 hdr_crc;
	u64 lsn;
	u64 epoch;
	u64 flushed_lsn;
	u64 position;
	u32 data_len;
	u32 data_crc;
	u32 prev_crc;
	u16 type;
	u16 nr;
	u64 first_index;
	u64 truncate;
};

/**
 * struct disk_cursor - where the next record goes
 * @position: granule, from the device's start
 * @lsn: its number
 * @epoch: of this opening
 * @prev_crc: hdr_crc of the record before
 */
struct disk_cursor {
	u64 position;
	u64 lsn;
	u64 epoch;
	u32 prev_crc;
};

/**
 * struct disk_batch - a record under construction
 * @buf: QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @bytes: used so far, header included
 * @limit: a second entry must not take it above; QUORUM_RECORD_BYTES_MAX unless
 *	the caller lowers it after disk_batch_begin()
 * @nr: entries
 * @first: index of the first
 * @truncate: see struct disk_record
 */
struct disk_batch {
	u8 *buf;
	u32 bytes;
	u32 limit;
	u32 nr;
	u64 first;
	u64 truncate;
};

/* Walks over the entries of one record. */
struct disk_iter {
	const u8 *at;
	const u8 *end;
	u32 left;
	u64 index;
};

/**
 * struct disk_format - what format wants to know
 * @device_bytes: size of the device
 * @logical_block: its logical block size
 * @physical_block: its physical block size
 * @node: own node id
 * @device: 16 random bytes
 * @genesis: normalized
 */
struct disk_format {
	u64 device_bytes;
	u32 logical_block;
	u32 physical_block;
	u32 node;
	u8  device[16];
	struct quorum_genesis genesis;
};

/**
 * struct disk_plan - the writes that make a formatted device, in order
 * @n: number of writes
 * @write: the writes; @data NULL stands for zeroes
 * @super: what the superblocks say
 * @hard: what the hard state says
 * @superblock: block that writes point to
 * @hardstate: blocks that writes point to, per mirror
 */
struct disk_plan {
	u32 n;
	struct disk_plan_write {
		u64 offset;
		u32 bytes;
		bool flush_before;
		const void *data;
	} write[DISK_PLAN_WRITES];
	struct disk_super super;
	struct disk_hard hard;
	u8 superblock[QUORUM_BLOCK_BYTES] __aligned(8);
	u8 hardstate[DISK_MIRRORS][QUORUM_BLOCK_BYTES] __aligned(8);
};

/* One sentence for people. */
const char *disk_error_text(enum disk_error error);
const char *disk_why_text(u32 why);

/*
 * disk_format_plan() - plan a freshly formatted device
 * @plan: filled in; @plan->write points into it, so it must not be moved
 * @format: what to make
 *
 * Return: DISK_OK, DISK_TOO_SMALL, DISK_SECTOR_BAD or DISK_GENESIS_BAD.
 */
enum disk_error disk_format_plan(struct disk_plan *plan, const struct disk_format *format);

/*
 * disk_identify() - what does a block that may be a superblock hold?
 * @block: QUORUM_BLOCK_BYTES bytes
 *
 * Return: DISK_OK, DISK_CRC_BAD or DISK_TOO_NEW for ours; DISK_ZERO; DISK_OTHER.
 */
enum disk_error disk_identify(const void *block);

void disk_super_encode(const struct disk_super *super, void *block);

/*
 * disk_super_decode() - decode and check a superblock
 * @block: QUORUM_BLOCK_BYTES bytes
 * @super: filled in on DISK_OK; on DISK_TOO_NEW too where @version is known
 */
enum disk_error disk_super_decode(const void *block, struct disk_super *super);

/* Block of a slot; mirror and slot are 0 or 1. */
static inline u64 disk_hard_block(const struct disk_super *super, u32 mirror, u32 slot)
{
	return (mirror ? super->blocks - DISK_TAIL_BLOCKS : DISK_HARD_BLOCK) +
	       slot * DISK_HARD_STRIDE;
}

/*
 * disk_hard_encode() - encode a hard state for one mirror
 * @granule: super->granule bytes, filled whole
 */
void disk_hard_encode(const struct disk_super *super, const struct disk_hard *hard,
		      u32 mirror, void *granule);

/*
 * disk_hard_decode() - decode and check what a slot holds
 * @sector: DISK_SECTOR_BYTES bytes
 * @hard: filled in on DISK_OK; on DISK_MISPLACED its generation is
 */
enum disk_error disk_hard_decode(const struct disk_super *super, const void *sector,
				 u32 mirror, u32 slot, struct disk_hard *hard);

/* Do two hard states say the same? */
bool disk_hard_equal(const struct disk_hard *a, const struct disk_hard *b);

/* The ring, in granules from the device's start. */
static inline u64 disk_ring_first(const struct disk_super *super)
{
	return (super->ring_start * QUORUM_BLOCK_BYTES) >> super->granule_shift;
}

static inline u64 disk_ring_granules(const struct disk_super *super)
{
	return (super->ring_blocks * QUORUM_BLOCK_BYTES) >> super->granule_shift;
}

static inline u64 disk_ring_end(const struct disk_super *super)
{
	return disk_ring_first(super) + disk_ring_granules(super);
}

/*
 * Is the ring of any use?  What the store keeps free for a leader's own needs and
 * for a batch of proposals takes a third of this.
 */
static inline bool disk_ring_useful(const struct disk_super *super)
{
	return disk_ring_granules(super) >= DISK_RING_GRANULES_MIN;
}

/* Bytes rounded up to granules. */
static inline u32 disk_round(const struct disk_super *super, u32 bytes)
{
	return (bytes + super->granule - 1) & ~(super->granule - 1);
}

/* Bytes one entry takes in a record. */
static inline u32 disk_entry_bytes(u32 size)
{
	return DISK_ENTRY_BYTES + ((size + DISK_ENTRY_ALIGN - 1) & ~(DISK_ENTRY_ALIGN - 1));
}

void disk_batch_begin(struct disk_batch *batch, void *buf, u64 truncate, u64 first);

/* false: it does not fit any more.  The first entry always does. */
bool disk_batch_add(struct disk_batch *batch, const struct raft_entry *entry,
		    const void *payload);

/*
 * disk_batch_seal() - make a record of a batch
 * @batch: the batch
 * @super: the device
 * @cursor: where it goes; must have room before the ring's end (see
 *	disk_cursor_fits()); moved behind it
 * @flushed: highest number known durable
 *
 * Return: bytes to write, a multiple of the granule.
 */
u32 disk_batch_seal(struct disk_batch *batch, const struct disk_super *super,
		    struct disk_cursor *cursor, u64 flushed);

/* Does a record of @bytes fit before the end of the ring? */
bool disk_cursor_fits(const struct disk_cursor *cursor, const struct disk_super *super,
		      u32 bytes);

/* Close the lap: a PAD record of one granule in @granule; moves the cursor to the start. */
void disk_pad_seal(void *granule, const struct disk_super *super,
		   struct disk_cursor *cursor, u64 flushed);

/*
 * disk_record_decode() - decode and check a record's header
 * @super: the device
 * @granule: one granule
 * @position: where it was read
 * @head: filled in on DISK_OK
 *
 * On DISK_OK the record, by its own word, ends before the ring does and is not
 * larger than QUORUM_RECORD_BYTES_MAX.
 *
 * Return: DISK_OK, DISK_OTHER, DISK_CRC_BAD, DISK_MISPLACED, DISK_FIELD_BAD;
 * DISK_TOO_NEW when only the type is unknown (@head is filled in, as it is on
 * DISK_MISPLACED).
 */
enum disk_error disk_record_decode(const struct disk_super *super, const void *granule,
				   u64 position, struct disk_head *head);

/* Bytes written for a record, and granules it takes of the ring. */
u32 disk_record_bytes(const struct disk_super *super, const struct disk_head *head);
u64 disk_record_span(const struct disk_super *super, const struct disk_head *head);

/*
 * disk_record_check() - check what stands behind a header
 * @record: disk_record_bytes() bytes
 *
 * Return: DISK_OK, DISK_CRC_BAD, or DISK_FIELD_BAD when the entries do not add up.
 */
enum disk_error disk_record_check(const struct disk_super *super, const struct disk_head *head,
				  const void *record);

/* Start on the entries of a record that disk_record_check() found good. */
void disk_iter_init(struct disk_iter *iter, const struct disk_head *head, const void *record);

/*
 * disk_iter_next() - next entry
 * @entry: filled in
 * @payload: set to its payload, inside the record
 *
 * Return: 1; 0 at the end; -EUCLEAN when what comes is no entry.
 */
int disk_iter_next(struct disk_iter *iter, struct raft_entry *entry, const void **payload);

#endif /* QUORUM_DISK_H */
