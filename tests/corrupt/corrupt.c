// SPDX-License-Identifier: GPL-2.0
/*
 * The corruption lane: recovery over every damage of a small image.
 *
 * Every byte in use is changed, and every 251st of the others; every block is
 * zeroed, copied over every other and swapped with it; every sector becomes one that
 * cannot be read; the device is cut at every multiple of 512 bytes and a byte beside
 * it.  Bytes are sampled for some of the images, and pairs for all but one; with --full
 * they are not, and bytes change in three ways.
 *
 * For each case:
 *
 *	what is handed on is what was written, in order, from the base on;
 *	an entry that something vouches for is there, or the verdict says that
 *	something is wrong;
 *	term and vote are the newest, or the verdict says so;
 *	so is the snapshot, or an older one that the log reaches back to;
 *	recovery ends.
 *
 * Where a checkpoint is named the log is read from there on, and then what lies before
 * it: of both together the same is true.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/errno.h>
#include <linux/crc32c.h>
#include <linux/minmax.h>
#include <asm/byteorder.h>
#include "format/recover.h"

enum {
	BYTES	= 1 << 20,
	BLOCKS	= BYTES / QUORUM_BLOCK_BYTES,
	ENTRIES	= 400,
	READS_MOST = 4000,
	SECTOR	= 512,
	CONFIG_RECORD = 12,		/* of those in the ring: a configuration, */
	CHECK_RECORD = 22,		/* and the checkpoint in front of this one */
};

/* An image and what is true about it. */
static struct truth {
	const char *name;
	u32 granule;
	bool clean, compacted, checkpoint;
	bool every;			/* byte, also without --full */
	struct disk_super super;
	struct disk_hard hard;
	u64 term[ENTRIES];		/* by index: the log */
	u64 last;
	u64 vouched;			/* entries up to here must not go in silence */
	u64 snap_index;
	u64 ring_bytes;			/* in use */
	u8 *image;
} truths[] = {
	{ .name = "clean, 512", .granule = 512, .clean = true },
	{ .name = "running, 512", .granule = 512, .every = true },
	{ .name = "compacted, 512", .granule = 512, .compacted = true },
	{ .name = "compacted, clean", .granule = 512, .compacted = true, .clean = true },
	{ .name = "running, 4096", .granule = 4096 },
	{ .name = "checkpoint", .granule = 512, .checkpoint = true, .every = true },
	{ .name = "checkpoint, compacted", .granule = 512, .checkpoint = true,
	  .compacted = true },
};

static struct truth *t;
static u8 *device, *buf;
static u64 device_bytes, reads, bad_sector = ~0ULL;
static u64 got_last, got_config, cases, silent, by_verdict[RECOVER_VERDICT_NR], refused;
static const char *wrong;
static bool full;

static int device_read(void *ctx, u64 offset, void *to, u32 bytes)
{
	if (++reads > READS_MOST)
		wrong = "recovery reads without end";
	if (offset > device_bytes || bytes > device_bytes - offset)
		return -EFAULT;
	if (offset / SECTOR <= bad_sector && bad_sector < (offset + bytes) / SECTOR)
		return -EIO;
	memcpy(to, device + offset, bytes);
	return wrong ? -EFAULT : 0;
}

static u32 size_of(u64 index, u64 term)
{
	return (index * 37 + term * 11) % 300;
}

static u8 byte_of(u64 index, u64 term, u32 i)
{
	return index * 31 + term * 7 + i;
}

static int got_entry(void *ctx, const struct raft_entry *e, const void *payload)
{
	const u8 *p = payload;

	if (got_last ? e->index != got_last + 1 : e->index != t->hard.base_index + 1)
		wrong = "an entry is left out";
	if (e->index >= ENTRIES || e->size != size_of(e->index, e->term) ||
	    e->tag != e->index * 1000 + e->term)
		wrong = "a wrong entry";
	for (u32 i = 0; i < e->size && !wrong; i++)
		if (p[i] != byte_of(e->index, e->term, i))
			wrong = "a wrong payload";
	got_last = e->index;
	return wrong ? -EIO : 0;
}

static int got_truncate(void *ctx, u64 index)
{
	got_last = index - 1;
	return 0;
}

static int got_config_entry(void *ctx, const struct raft_entry *e, const void *payload)
{
	const u8 *p = payload;

	got_config = e->index;
	for (u32 i = 0; i < e->size && i < size_of(e->index, e->term); i++)
		if (p[i] != byte_of(e->index, e->term, i))
			wrong = "a wrong configuration";
	/* Behind the checkpoint. */
	got_last = t->hard.check.index;
	return 0;
}

static const struct recover_sink sink = {
	.entry = got_entry, .truncate = got_truncate, .config = got_config_entry,
};

/* What was handed on is all up to here, if that is what was said. */
static void look_log(const struct recover_result *r, u64 last)
{
	if (r->verdict != RECOVER_CLEAN && r->verdict != RECOVER_TORN)
		return;
	if (last < t->vouched)
		wrong = "an acknowledged entry went in silence";
	if (last > t->last)
		wrong = "more entries than were written";
	if (last > t->hard.base_index && got_last < last)
		wrong = "entries were not handed on";
}

/* The log from its checkpoint on, then what lies before. */
static int look_both(const struct recover_io *io, const struct disk_super *super,
		     const struct disk_hard *hard, struct recover_result *r)
{
	static struct recover_result before;
	int error;

	got_config = 0;
	error = recover_tail(io, super, hard, buf, QUORUM_RECORD_BYTES_MAX, &sink, r);
	if (error)
		return error;
	if (r->check == RECOVER_T_CHECKPOINT && got_config != t->hard.check.config_index)
		wrong = "another configuration than the checkpoint's";
	look_log(r, r->last_index);
	if (r->check != RECOVER_T_CHECKPOINT || wrong)
		return 0;
	reads = 0;
	got_last = 0;
	error = recover_before(io, super, hard, buf, QUORUM_RECORD_BYTES_MAX, &sink, &before);
	if (!error && before.verdict == RECOVER_CLEAN && got_last != t->hard.check.index)
		wrong = "entries before the checkpoint were not handed on";
	if (!error && before.verdict != RECOVER_CLEAN && r->verdict != RECOVER_CORRUPT)
		*r = before;
	return error;
}

/* One case.  What is left when nothing was said must be the truth. */
static void look(void)
{
	const struct recover_io io = { .read = device_read, .device_bytes = device_bytes };
	static struct recover_result r;
	static struct disk_super super;
	static struct quorum_snap_meta meta;
	struct disk_hard hard;
	int error;

	cases++;
	reads = 0;
	wrong = NULL;
	got_last = 0;
	error = recover_super(&io, buf, &super, &r);
	if (!error && !r.verdict)
		error = recover_hard(&io, &super, buf, &hard, &r);
	if (!error && !r.verdict && (hard.term != t->hard.term || hard.vote != t->hard.vote))
		wrong = "an older vote";
	if (!error && !r.verdict)
		error = recover_snapshot(&io, &super, &hard, buf, QUORUM_RECORD_BYTES_MAX,
					 &meta, &r);
	if (!error && !r.verdict && r.snap == RECOVER_SNAP_GOOD && meta.index != t->snap_index)
		wrong = "another snapshot";
	if (!error && !r.verdict && r.snap == RECOVER_SNAP_FALLBACK &&
	    meta.index < hard.base_index)
		wrong = "a snapshot the log does not reach back to";
	if (!error && !r.verdict && r.snap == RECOVER_SNAP_NONE && t->snap_index)
		wrong = "no snapshot";
	if (!error && !r.verdict && t->checkpoint) {
		error = look_both(&io, &super, &hard, &r);
	} else if (!error && !r.verdict) {
		error = recover_log(&io, &super, &hard, buf, QUORUM_RECORD_BYTES_MAX, &sink, &r);
		if (!error)
			look_log(&r, r.last_index);
	}
	if (!error && !r.verdict)
		wrong = "no verdict";
	/* Nothing of one sector hides all there is of anything that has a copy. */
	if (bad_sector != ~0ULL && error)
		wrong = "one bad sector, and nothing can be said";
	if (error)
		refused++;
	else
		by_verdict[r.verdict]++;
	silent += wrong != NULL;
}

static void tell(const char *what, u64 a, u64 b)
{
	if (wrong)
		printf("not ok: %s: %s %llu %llu: %s\n", t->name, what, (unsigned long long)a,
		       (unsigned long long)b, wrong);
}

/* ---- images ---- */

static void put_hard(u64 generation, u64 term, u32 vote)
{
	t->hard.generation = generation;
	t->hard.term = term;
	t->hard.vote = vote;
	for (u32 m = 0; m < DISK_MIRRORS; m++)
		disk_hard_encode(&t->super, &t->hard, m, t->image +
				 disk_hard_block(&t->super, m, generation & 1) *
				 QUORUM_BLOCK_BYTES);
}

static void put_snapshot(u32 area, u64 id, u64 index)
{
	static struct quorum_snap_meta meta;
	u64 start = t->super.snap_start[area] * QUORUM_BLOCK_BYTES;
	u8 *data = t->image + snapshot_data_offset(&t->super, area);
	__le32 *table = (__le32 *)(t->image + start + QUORUM_BLOCK_BYTES);

	memset(&meta, 0, sizeof(meta));
	meta.id = id;
	meta.index = index;
	meta.term = 1;
	meta.bytes = 3000;
	for (u32 i = 0; i < meta.bytes; i++)
		data[i] = byte_of(index, 0, i);
	meta.crc = crc32c(~0U, data, meta.bytes);
	table[0] = cpu_to_le32(snapshot_chunk_crc(&t->super, data, meta.bytes));
	snapshot_encode(&t->super, area, &meta,
			snapshot_chunk_crc(&t->super, table, QUORUM_BLOCK_BYTES),
			t->image + start);
}

static void put_records(struct disk_cursor *cursor)
{
	u8 *record = calloc(1, QUORUM_RECORD_BYTES_MAX);
	struct disk_batch batch;
	struct disk_checkpoint none, *check = t->checkpoint ? &t->hard.check : &none;
	u64 lasts[ENTRIES], term = 1;
	u32 records = 0;

	while (records < 40) {
		u64 truncate = records % 9 == 8 ? t->last - 1 : 0, lsn = cursor->lsn;
		u64 first = truncate ? truncate : t->last + 1, position = cursor->position;
		u32 n = truncate && records % 2 ? 0 : 1 + records % 4;

		term += records % 5 == 4;
		disk_batch_begin(&batch, record, truncate, first);
		if (truncate)
			t->last = truncate - 1;
		for (u32 i = 0; i < n; i++) {
			u64 index = first + i;
			u8 payload[300];
			struct raft_entry e = {
				.index = index, .term = term, .tag = index * 1000 + term,
				.origin = 3, .size = size_of(index, term),
				.type = records == CONFIG_RECORD ? RAFT_ENTRY_CONFIG :
								   RAFT_ENTRY_DATA,
			};

			if (e.type == RAFT_ENTRY_CONFIG) {
				check->config_index = index;
				check->config_lsn = lsn;
				check->config_position = position;
			}

			for (u32 b = 0; b < e.size; b++)
				payload[b] = byte_of(index, term, b);
			disk_batch_add(&batch, &e, payload);
			t->term[index] = term;
			t->last = index;
		}
		u32 bytes = disk_batch_seal(&batch, &t->super, cursor, lsn > 4 ? lsn - 4 : 0);

		memcpy(t->image + (position << t->super.granule_shift), record, bytes);
		t->ring_bytes += bytes;
		lasts[records++] = t->last;
		if (records == CHECK_RECORD) {
			check->position = cursor->position;
			check->lsn = cursor->lsn;
			check->epoch = cursor->epoch;
			check->prev_crc = cursor->prev_crc;
			check->index = t->last;
			check->term = term;
		}
		/* A cut that is vouched for takes back what was vouched for before. */
		t->vouched = records > 4 ? lasts[records - 5] : 0;
	}
	/* Any later state of the log may be what is left: the least of them counts. */
	for (u32 i = records - 5; i < records; i++)
		t->vouched = min(t->vouched, lasts[i]);
	free(record);
}

static void make_image(void)
{
	static struct disk_plan plan;
	struct disk_format f = {
		.device_bytes = BYTES, .logical_block = 512, .physical_block = t->granule,
		.node = 1,
	};
	struct disk_cursor cursor = { 0 };

	f.genesis.cluster[0] = 1;
	strcpy(f.genesis.group, "demo");
	f.genesis.heartbeat_us = 50000;
	f.genesis.election_min_us = 150000;
	f.genesis.election_max_us = 300000;
	f.genesis.n = 1;
	f.genesis.members[0].id = 1;
	f.genesis.members[0].voter = true;
	memset(f.device, 0x5a, 15);
	t->image = calloc(1, BYTES);
	if (disk_format_plan(&plan, &f) != DISK_OK) {
		printf("not ok: %s cannot be formatted\n", t->name);
		exit(1);
	}
	for (u32 i = 0; i < plan.n; i++)
		if (plan.write[i].data)
			memcpy(t->image + plan.write[i].offset, plan.write[i].data,
			       plan.write[i].bytes);
	t->super = plan.super;
	t->hard = plan.hard;
	t->hard.clean = false;
	t->hard.epoch = 1;
	cursor.position = t->hard.start_position;
	cursor.lsn = 1;
	cursor.epoch = 1;
	put_records(&cursor);
	put_snapshot(0, 1, 10);
	put_snapshot(1, 2, 20);
	t->hard.snap_area = 2;
	t->hard.snap_id = 2;
	t->hard.snap_index = 20;
	t->hard.snap_term = 1;
	t->snap_index = 20;
	if (t->compacted) {
		/* Reaches back to the older one; the ring's head is not moved. */
		t->hard.base_index = 10;
		t->hard.base_term = t->term[10];
	}
	put_hard(7, 9, 1);
	t->hard.clean = t->clean;
	t->hard.end_lsn = t->clean ? cursor.lsn : 0;
	t->hard.last_index = t->clean ? t->last : 0;
	if (t->clean)
		t->vouched = t->last;
	put_hard(8, 10, 0);
}

/* ---- damage ---- */

static bool in_use(u64 at)
{
	u64 block = at / QUORUM_BLOCK_BYTES, in = at % QUORUM_BLOCK_BYTES;
	u64 ring = t->super.ring_start * QUORUM_BLOCK_BYTES;

	if (block == 0 || block == BLOCKS - 1)
		return in < 500 || in % 16 == 0;
	if (block == 4 || block == 8 || block == BLOCKS - 12 || block == BLOCKS - 8)
		return in < 512;
	for (u32 a = 0; a < 2; a++)
		if (block >= t->super.snap_start[a] && block < t->super.snap_start[a] + 3)
			return in < 3000;
	return at >= ring && at < ring + t->ring_bytes;
}

static void every_byte(void)
{
	static const u8 flips[] = { 0x10, 0x01, 0xff };
	const u64 step = full || t->every ? 1 : 7;

	for (u64 at = 0; at < BYTES; at++) {
		if (at % (in_use(at) ? step : 251))
			continue;
		for (u32 f = 0; f < (full ? sizeof(flips) : 1); f++) {
			device[at] ^= flips[f];
			look();
			device[at] ^= flips[f];
			tell("byte", at, flips[f]);
		}
	}
}

static void every_block(void)
{
	u8 keep[QUORUM_BLOCK_BYTES];

	for (u64 b = 0; b < BLOCKS; b++) {
		u8 *at = device + b * QUORUM_BLOCK_BYTES;

		memcpy(keep, at, sizeof(keep));
		memset(at, 0, sizeof(keep));
		look();
		tell("zeroed block", b, 0);
		memset(at, 0xff, sizeof(keep));
		look();
		tell("block of ones", b, 0);
		memcpy(at, keep, sizeof(keep));
	}
}

static void every_sector(void)
{
	for (u64 s = 0; s < BYTES / SECTOR; s++) {
		bad_sector = s;
		look();
		tell("unreadable sector", s, 0);
	}
	bad_sector = ~0ULL;
}

static bool blank(u64 block)
{
	const u8 *p = t->image + block * QUORUM_BLOCK_BYTES;

	return !p[0] && !memcmp(p, p + 1, QUORUM_BLOCK_BYTES - 1);
}

static void every_pair(void)
{
	u8 keep[QUORUM_BLOCK_BYTES];

	for (u64 a = 0; a < BLOCKS; a++) {
		u8 *pa = device + a * QUORUM_BLOCK_BYTES;

		for (u64 b = a + 1; b < BLOCKS; b++) {
			u8 *pb = device + b * QUORUM_BLOCK_BYTES;

			if (blank(a) && blank(b))
				continue;
			if (!full && t != truths + 1 && (blank(a) || blank(b)) &&
			    (a * BLOCKS + b) % 16)
				continue;
			memcpy(keep, pa, sizeof(keep));
			memcpy(pa, pb, sizeof(keep));
			look();
			tell("block over block", b, a);
			memcpy(pb, keep, sizeof(keep));
			look();
			tell("swapped blocks", a, b);
			memcpy(pa, keep, sizeof(keep));
			look();
			tell("block over block", a, b);
			memcpy(pa, t->image + a * QUORUM_BLOCK_BYTES, sizeof(keep));
			memcpy(pb, t->image + b * QUORUM_BLOCK_BYTES, sizeof(keep));
		}
	}
}

static void every_length(void)
{
	for (u64 at = 0; at < BYTES; at += 512) {
		device_bytes = at + at / 512 % 2;
		look();
		tell("length", device_bytes, 0);
	}
	device_bytes = BYTES;
}

int main(int argc, char **argv)
{
	full = argc > 1 && !strcmp(argv[1], "--full");
	setvbuf(stdout, NULL, _IOLBF, 0);
	device = malloc(BYTES);
	buf = aligned_alloc(4096, QUORUM_RECORD_BYTES_MAX);
	for (t = truths; t < truths + sizeof(truths) / sizeof(truths[0]); t++) {
		make_image();
		memcpy(device, t->image, BYTES);
		device_bytes = BYTES;
		look();
		tell("untouched", 0, 0);
		every_byte();
		every_block();
		every_sector();
		every_pair();
		every_length();
		if (memcmp(device, t->image, BYTES)) {
			wrong = "the lane itself left damage";
			silent++;
			tell("after all", 0, 0);
		}
	}
	printf("# %llu cases: %llu clean, %llu torn, %llu corrupt, %llu foreign, %llu too new, "
	       "%llu unformatted, %llu unreadable; %llu silent or wrong\n",
	       (unsigned long long)cases, (unsigned long long)by_verdict[RECOVER_CLEAN],
	       (unsigned long long)by_verdict[RECOVER_TORN],
	       (unsigned long long)by_verdict[RECOVER_CORRUPT],
	       (unsigned long long)by_verdict[RECOVER_FOREIGN],
	       (unsigned long long)by_verdict[RECOVER_TOO_NEW],
	       (unsigned long long)by_verdict[RECOVER_UNFORMATTED],
	       (unsigned long long)refused, (unsigned long long)silent);
	printf("%d passed, %d failed\n", !silent, silent != 0);
	return silent != 0;
}
