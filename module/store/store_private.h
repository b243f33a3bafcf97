/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the store share; nobody else includes this.
 *
 * Locks: store->lock (interrupts off) guards everything that a bio's end
 * touches.  marks.lock guards the marks, read.lock (a mutex) the read buffer.
 * None is taken inside another.  Fields marked "loop" are written by the loop
 * only, or before it runs and after it ended.
 */
#ifndef QUORUM_STORE_PRIVATE_H
#define QUORUM_STORE_PRIVATE_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "../compat.h"
#include "../format/disk.h"
#include "../format/recover.h"
#include "../format/snapshot.h"
#include "store.h"

enum quorum_store_sizes {
	/*
	 * Log writes under way at once.  Each is durable by itself when it ends
	 * (FUA), and they are reported in order, so the depth changes nothing
	 * about what such a report means; it is bounded by what recovery looks
	 * through (DISK_WINDOW_RECORDS).  A power of two.
	 */
	QUORUM_STORE_DEPTH	= 4,
	QUORUM_STORE_CUTS	= 16,		/* granules only for truncations */
	QUORUM_STORE_MARK_SHIFT	= 16,		/* a mark per 64 KiB of ring, */
	QUORUM_STORE_MARKS_MAX	= 4096,		/* or fewer */
	QUORUM_STORE_READ_BYTES	= 64 * 1024,	/* first read at a new place */
	QUORUM_STORE_CHECK_MIN	= 64 * 1024,	/* of ring between two checkpoints: */
	QUORUM_STORE_CHECK_MAX	= 16 * 1024 * 1024, /* a sixteenth, within these */
	QUORUM_STORE_WHOLE	= 8 * 1024 * 1024, /* a log up to this is read as a whole */
	QUORUM_STORE_CONFIGS	= 8,		/* places of CONFIG entries kept */
	QUORUM_STORE_VERIFY_MS	= 2,		/* between reads that nobody waits for */
};

static_assert((QUORUM_STORE_DEPTH & (QUORUM_STORE_DEPTH - 1)) == 0);
static_assert((u32)QUORUM_STORE_DEPTH <= (u32)DISK_WINDOW_RECORDS);

/* Pages with one address; allocated once, used by bios for ever. */
struct quorum_pages {
	struct page **pages;
	struct bio_vec *vecs;
	void *addr;
	u32 n;
};

/* A log write: the record, and in front of it a PAD where the lap ends. */
struct quorum_slot {
	struct quorum_store *store;
	struct quorum_pages buf;
	struct page *pad;
	struct bio_vec pad_vec;
	struct bio *bio;
	struct bio *pad_bio;
	atomic_t pending;	/* bios under way */
	atomic_t status;	/* first errno of them */
	/* store->lock: */
	bool done;
	u64 cookie;
	u64 lsn;		/* of the record */
	u64 end;		/* where the ring goes on behind it */
	u64 last;		/* last entry of the log with it */
};

/* A hard state on its way, and who is told when it is durable. */
struct quorum_hard_change {
	struct disk_hard hard;
	u64 start_at;			/* where its log begins, as store->start_at */
	bool votes;			/* tell hard_done(), */
	u64 seq;
	bool switches;			/* tell snap_done() */
	u64 cookie;
};

/* The hard state's writer. */
struct quorum_hard {
	struct page *page[DISK_MIRRORS];
	struct bio_vec vec[DISK_MIRRORS];
	struct bio *bio[DISK_MIRRORS];
	struct work_struct work;
	struct completion *sync;	/* a write somebody sleeps for */
	atomic_t pending;
	atomic_t status;
	struct quorum_hard_change now;	/* under way; owned by the writer */
	/* store->lock: */
	struct disk_hard durable;	/* the newest that counts */
	struct quorum_hard_change want;	/* the newest asked for */
	bool failed;			/* its generation may be on one mirror */
	bool busy;
	bool waiting;			/* @want is newer than @now */
	bool switching;			/* a switch is asked for and not durable */
	bool resetting;			/* one that drops the log; can_write() waits */
};

/*
 * A place in the ring.  @at counts granules from where the log began when it was
 * opened and never wraps; @position is where that is on the device.
 */
struct quorum_place {
	u64 at;
	u64 position;
	u64 lsn;
};

/*
 * A mark: the record at @place begins with entry @index, and what the log holds
 * at @index and above lies there or behind.  Between this mark and the next,
 * entries from @truncated on were discarded at least once.
 */
struct quorum_mark {
	struct quorum_place place;
	u32 prev_crc;
	u64 index;
	u64 truncated;
};

struct quorum_marks {
	spinlock_t lock;
	struct quorum_mark *list;	/* ascending by index and by place */
	u32 n;
	u32 max;
	u64 interval;			/* granules */
	u64 changes;			/* truncations so far */
};

struct quorum_reader {
	struct mutex lock;
	struct quorum_pages buf;
	u64 at;				/* what is in buf: granules [at, at + count) */
	u32 count;
	u64 ahead;			/* granules worth reading at a new place */
	/* The record of the last entry read, and how far its entries were walked. */
	bool known;
	u64 changes;
	struct quorum_place place;
	struct disk_head head;
	bool checked;			/* its content was verified and is in buf */
	struct disk_iter iter;
};

struct quorum_config_place {
	u64 index;
	u64 position;
	u64 lsn;
};

/* Checkpoints to come; see checkpoint.c.  Loop. */
struct quorum_check {
	u64 interval;			/* granules between two */
	u64 taken_at;			/* place of the newest */
	u64 committed;			/* entries up to here are */
	u64 last_term;			/* of the log's last entry; 0: not known */
	u32 types;			/* bit per type of entry that may be in the log */
	bool pending;			/* @next waits to be durable and committed */
	bool evicted;			/* there were more than these: */
	bool lost;			/* and the newest is not among them */
	u32 nconfigs;
	struct quorum_config_place configs[QUORUM_STORE_CONFIGS];	/* ascending */
	struct disk_checkpoint next;
	u64 next_at;
};

/* The walk over what lies before the checkpoint.  Its worker's, but for the flags. */
struct quorum_before {
	struct work_struct work;
	struct disk_hard hard;		/* what it was begun with */
	u64 end_at;			/* 0: there is nothing to walk */
	u64 at;
	struct quorum_pages buf;
	struct quorum_marks marks;	/* joined to the others when all was good */
	struct recover_result found;
	int error;
	bool busy;
	bool waiting;			/* somebody wants an entry */
	bool stop;
};

enum quorum_area_state {
	QUORUM_AREA_EMPTY,	/* nothing that anybody may read */
	QUORUM_AREA_WRITING,
	QUORUM_AREA_SEALED,	/* durable, not in force */
	QUORUM_AREA_GOOD,	/* in force, or was until the one after it was */
};

/* A snapshot area. */
struct quorum_area {
	struct quorum_snap_meta meta;
	u8 state;		/* [store->lock] */
	__le32 *table;		/* CRCs of the chunks, in whole blocks */
};

/* The one snapshot that is being written. */
struct quorum_snap_writer {
	struct quorum_store *store;
	struct quorum_pages buf;	/* the chunk under construction */
	u32 area;
	u32 fill;			/* bytes of it */
	u64 offset;			/* bytes taken in all */
	u32 crc;			/* of these */
	int error;
	bool sealed;
};

struct quorum_snaps {
	struct quorum_area area[DISK_SNAP_AREAS];
	u64 last_id;
	bool writing;			/* [store->lock] the writer belongs to somebody */
	struct quorum_snap_writer writer;
	struct mutex read_lock;		/* what follows; areas change to WRITING under it */
	struct quorum_pages buf;	/* a chunk, verified */
	u64 buf_id;
	u32 buf_chunk;
};

struct quorum_store {
	struct quorum_compat_bdev dev;
	const struct quorum_store_ops *ops;
	void *priv;
	struct disk_super super;
	struct recover_result found;
	u64 whole_bytes;		/* QUORUM_STORE_WHOLE, but for tests */
	bool recovered;
	bool doubts_tail;		/* quorum_store_doubt_tail() */
	bool replaced;			/* the snapshot took the log's place at the start */
	bool started;

	spinlock_t lock;
	wait_queue_head_t idle;
	int error;			/* first failure, final */
	u32 why;			/* enum disk_why of it */
	bool stopping;
	bool damaged;			/* an acknowledged entry is; the loop was told */
	bool reporting;			/* somebody is in ops->write_done() */
	u64 submitted;			/* log writes handed to the device */
	u64 reported;			/* of these: reported, in order */
	u64 durable_lsn;
	u64 durable_at;			/* everything in the ring below is durable */
	u64 durable_index;		/* last entry of the log up to there */
	u64 reset_lsn;			/* records below went with a dropped log */
	u64 start_at;			/* the log begins here: durable */
	struct quorum_store_stats stats;

	struct quorum_hard hard;
	struct quorum_slot slots[QUORUM_STORE_DEPTH];
	struct quorum_marks marks;
	struct quorum_reader reader;
	struct quorum_snaps snaps;
	struct quorum_before before;

	/* loop */
	struct quorum_check check;
	struct disk_cursor cursor;
	struct disk_batch batch;
	u64 at;				/* of the cursor */
	u64 last_index;
};

/* Granules of the ring taken; what is released counts until that is durable. */
static inline u64 quorum_ring_used(const struct quorum_store *store)
{
	return store->at - READ_ONCE(store->start_at);
}

/* store.c */
extern struct workqueue_struct *quorum_store_votes;
extern struct workqueue_struct *quorum_store_verify;

/* pages.c */
int quorum_pages_alloc(struct quorum_pages *pages, u32 bytes);
void quorum_pages_free(struct quorum_pages *pages);
int quorum_store_bytes_read(struct quorum_store *store, struct quorum_pages *pages,
			    u64 offset, u32 bytes);
int quorum_store_bytes_write(struct quorum_store *store, struct quorum_pages *pages,
			     u64 offset, u32 bytes, blk_opf_t flags);

/* store.c */
void quorum_store_fail(struct quorum_store *store, int error, u32 why);

/* hard.c */
int quorum_hard_init(struct quorum_store *store);
void quorum_hard_exit(struct quorum_store *store);
int quorum_hard_write(struct quorum_store *store, const struct disk_hard *hard,
		      blk_opf_t flags);
bool quorum_hard_change(struct quorum_store *store);
void quorum_hard_go(struct quorum_store *store);

/* ring.c */
int quorum_ring_init(struct quorum_store *store);
void quorum_ring_exit(struct quorum_store *store);

/* read.c */
int quorum_read_init(struct quorum_store *store);
void quorum_read_exit(struct quorum_store *store);
void quorum_marks_record(struct quorum_marks *marks, const struct quorum_place *place,
			 u32 prev_crc, u64 first_index, u32 nr, u64 truncate);
bool quorum_marks_release(struct quorum_marks *marks, u64 index, u64 durable_at,
			  struct quorum_mark *first);
void quorum_marks_clear(struct quorum_marks *marks);

int quorum_marks_alloc(struct quorum_marks *marks, const struct quorum_store *store);
void quorum_marks_join(struct quorum_marks *marks, struct quorum_marks *older, u64 start_at);

/* checkpoint.c */
void quorum_check_init(struct quorum_store *store);
void quorum_check_exit(struct quorum_store *store);
void quorum_check_adopt(struct quorum_store *store, const struct disk_hard *hard);
void quorum_check_truncate(struct quorum_check *check, u64 index);
void quorum_check_entry(struct quorum_check *check, const struct raft_entry *entry,
			u64 position, u64 lsn);
void quorum_check_note(struct quorum_store *store);
void quorum_check_final(struct quorum_store *store, struct disk_hard *next);
void quorum_check_reset(struct quorum_store *store);
int quorum_before_begin(struct quorum_store *store);
bool quorum_before_hides(struct quorum_store *store, u64 index);
void quorum_store_damaged(struct quorum_store *store, u64 first, u64 last);
int quorum_before_wait(struct quorum_store *store, u64 index);

/* snapshot.c */
int quorum_snaps_init(struct quorum_store *store);
void quorum_snaps_exit(struct quorum_store *store);
int quorum_snaps_adopt(struct quorum_store *store, u32 area,
		       const struct quorum_snap_meta *meta);

#endif /* QUORUM_STORE_PRIVATE_H */
