// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots on the device: the header's codec, and rows Q, R and S of recovery.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/crc32c.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "../../module/format/recover.h"

enum {
	SNAP_DEVICE	= 2 * QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES,
	SNAP_BYTES	= 70000,		/* two chunks */
};

struct world {
	struct kunit *test;
	u8 *device;
	u8 *buf;
	u64 bad_from, bad_to;			/* reads that touch this fail */
	u32 reads, fail_nth;			/* and this one, counted from 1 */
	int fail_error;
	struct disk_super super;
	struct disk_hard hard;
	struct quorum_snap_meta *meta;
	struct recover_result r;
};

static int world_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct world *w = ctx;

	if (offset > SNAP_DEVICE || bytes > SNAP_DEVICE - offset)
		return -EFAULT;
	if (++w->reads == w->fail_nth)
		return w->fail_error;
	if (offset < w->bad_to && offset + bytes > w->bad_from)
		return -EIO;
	memcpy(buf, w->device + offset, bytes);
	return 0;
}

static u8 snap_byte(u64 id, u32 i)
{
	return id * 77 + i * 13 + (i >> 8);
}

/* As the store does: chunks, table, header. */
static void put_snapshot(struct world *w, u32 area, u64 id, u64 index, u32 bytes)
{
	struct quorum_snap_meta *meta = w->meta;
	u64 start = w->super.snap_start[area] * QUORUM_BLOCK_BYTES;
	u8 *data = w->device + snapshot_data_offset(&w->super, area);
	__le32 *table = (__le32 *)(w->device + start + QUORUM_BLOCK_BYTES);
	u32 i;

	memset(meta, 0, sizeof(*meta));
	meta->id = id;
	meta->index = index;
	meta->term = 3;
	meta->bytes = bytes;
	strcpy(meta->sm, "kv");
	meta->config_len = 5;
	memcpy(meta->config, "conf", 5);
	for (i = 0; i < bytes; i++)
		data[i] = snap_byte(id, i);
	meta->crc = crc32c(~0U, data, bytes);
	memset(table, 0, snapshot_table_bytes(bytes));
	for (i = 0; i < snapshot_chunks(bytes); i++)
		table[i] = cpu_to_le32(snapshot_chunk_crc(&w->super, data + i * DISK_SNAP_CHUNK,
							  snapshot_chunk_bytes(bytes, i)));
	snapshot_encode(&w->super, area, meta,
			snapshot_chunk_crc(&w->super, table, snapshot_table_bytes(bytes)),
			w->device + start);
}

static void name_snapshot(struct world *w, u32 area, u64 id, u64 index)
{
	w->hard.snap_area = area + 1;
	w->hard.snap_id = id;
	w->hard.snap_index = index;
	w->hard.snap_term = 3;
}

static struct world *world_new(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct disk_plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);
	struct disk_format *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_ASSERT_NOT_NULL(test, f);
	w->test = test;
	w->device = kunit_kzalloc(test, SNAP_DEVICE, GFP_KERNEL);
	w->buf = kunit_kzalloc(test, QUORUM_RECORD_BYTES_MAX, GFP_KERNEL);
	w->meta = kunit_kzalloc(test, sizeof(*w->meta), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w->device);
	KUNIT_ASSERT_NOT_NULL(test, w->buf);
	KUNIT_ASSERT_NOT_NULL(test, w->meta);
	f->device_bytes = SNAP_DEVICE;
	f->logical_block = 512;
	f->physical_block = 512;
	f->node = 1;
	memset(f->device, 0x5a, 15);
	f->genesis.cluster[0] = 1;
	strcpy(f->genesis.group, "demo");
	f->genesis.heartbeat_us = 50000;
	f->genesis.election_min_us = 150000;
	f->genesis.election_max_us = 300000;
	f->genesis.n = 1;
	f->genesis.members[0].id = 1;
	f->genesis.members[0].voter = true;
	KUNIT_ASSERT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_OK);
	w->super = plan->super;
	w->hard = plan->hard;
	return w;
}

static void look(struct world *w)
{
	const struct recover_io io = {
		.read = world_read, .ctx = w, .device_bytes = SNAP_DEVICE,
	};

	memset(&w->r, 0, sizeof(w->r));
	memset(w->meta, 0, sizeof(*w->meta));
	KUNIT_ASSERT_EQ(w->test, recover_snapshot(&io, &w->super, &w->hard, w->buf,
						  QUORUM_RECORD_BYTES_MAX, w->meta, &w->r), 0);
}

static void none_is_none(struct kunit *test)
{
	struct world *w = world_new(test);

	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_NONE);
	KUNIT_EXPECT_EQ(test, (int)w->r.verdict, (int)RECOVER_NONE);
}

static void good_is_described(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 1, 7, 40, SNAP_BYTES);
	name_snapshot(w, 1, 7, 40);
	w->hard.base_index = 40;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap_area, 1);
	KUNIT_EXPECT_EQ(test, w->meta->index, 40ULL);
	KUNIT_EXPECT_EQ(test, w->meta->bytes, (u64)SNAP_BYTES);
	KUNIT_EXPECT_EQ(test, memcmp(w->meta->config, "conf", 5), 0);
	KUNIT_EXPECT_EQ(test, strcmp(w->meta->sm, "kv"), 0);
}

static void empty_is_good(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 0, 1, 40, 0);
	name_snapshot(w, 0, 1, 40);
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
}

/* Every byte of header and table in use, and of the data every 97th. */
static void row_q_falls_back(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 start = w->super.snap_start[1] * QUORUM_BLOCK_BYTES;
	u64 data = snapshot_data_offset(&w->super, 1);
	u64 at;

	put_snapshot(w, 0, 6, 30, SNAP_BYTES);
	put_snapshot(w, 1, 7, 40, SNAP_BYTES);
	name_snapshot(w, 1, 7, 40);
	w->hard.base_index = 30;
	for (at = start; at < data + SNAP_BYTES; at += at < start + 5000 ? 1 : 97) {
		w->device[at] ^= 0x10;
		look(w);
		w->device[at] ^= 0x10;
		/* Behind the table's blocks in use lies nothing. */
		if (at >= start + QUORUM_BLOCK_BYTES + snapshot_table_bytes(SNAP_BYTES) &&
		    at < data)
			continue;
		KUNIT_ASSERT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_FALLBACK);
		KUNIT_ASSERT_EQ(test, (int)w->r.snap_area, 0);
		KUNIT_ASSERT_EQ(test, w->meta->index, 30ULL);
		KUNIT_ASSERT_EQ(test, (int)w->r.verdict, (int)RECOVER_NONE);
	}
	/* What cannot be read is no better. */
	w->bad_from = data + 65536;
	w->bad_to = data + 65537;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_FALLBACK);
}

/* What the hard state does not name is not in force, however good it is. */
static void row_q_by_name(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 0, 6, 30, 100);
	put_snapshot(w, 1, 8, 45, 100);
	name_snapshot(w, 1, 7, 40);
	w->hard.base_index = 30;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_FALLBACK);
	/* One that was begun over the older one and never put in force. */
	put_snapshot(w, 0, 9, 50, 100);
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_LOST);
}

static void row_r_goes_without(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 0, 1, 40, 100);
	name_snapshot(w, 0, 1, 40);
	w->device[snapshot_data_offset(&w->super, 0)] ^= 1;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_NEEDLESS);
	KUNIT_EXPECT_EQ(test, (int)w->r.verdict, (int)RECOVER_NONE);
}

static void row_s_is_a_suspect(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 0, 6, 30, 100);
	put_snapshot(w, 1, 7, 40, 100);
	name_snapshot(w, 1, 7, 40);
	/* The log does not reach back to the older one. */
	w->hard.base_index = 31;
	w->device[snapshot_data_offset(&w->super, 1)] ^= 1;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_LOST);
	KUNIT_EXPECT_EQ(test, (int)w->r.verdict, (int)RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, (int)w->r.row, (int)RECOVER_S_SNAP_LOST);
	KUNIT_EXPECT_TRUE(test, recover_heals(&w->r));
	/* A log that begins somewhere and no snapshot at all. */
	w->hard.snap_area = 0;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.row, (int)RECOVER_S_SNAP_LOST);
}

static void headers_are_checked(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 start = w->super.snap_start[0] * QUORUM_BLOCK_BYTES;
	u32 table_crc;

	put_snapshot(w, 0, 1, 40, 100);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(&w->super, 0, w->device + start, w->meta,
						   &table_crc), (int)DISK_OK);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(&w->super, 1, w->device + start, w->meta,
						   &table_crc), (int)DISK_MISPLACED);
	put_snapshot(w, 0, 0, 40, 100);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(&w->super, 0, w->device + start, w->meta,
						   &table_crc), (int)DISK_FIELD_BAD);
	put_snapshot(w, 0, 1, 40, 100);
	w->meta->bytes = snapshot_bytes_max(&w->super) + 1;
	snapshot_encode(&w->super, 0, w->meta, 0, w->device + start);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(&w->super, 0, w->device + start, w->meta,
						   &table_crc), (int)DISK_FIELD_BAD);
}

/* Rows that leave term and vote as they were heal; others do not. */
static void what_heals(struct kunit *test)
{
	struct recover_result r = { .verdict = RECOVER_CORRUPT };
	u32 heals = 0;

	for (r.row = 0; r.row < RECOVER_ROW_NR; r.row++)
		if (recover_heals(&r))
			heals |= 1U << r.row;
	KUNIT_EXPECT_EQ(test, heals, 1U << RECOVER_K_GAP | 1U << RECOVER_M_SHORT |
				     1U << RECOVER_O_WITNESS | 1U << RECOVER_S_SNAP_LOST |
				     1U << RECOVER_V_BEFORE | 1U << RECOVER_W_UNREAD);
	r.verdict = RECOVER_TORN;
	r.row = RECOVER_O_WITNESS;
	KUNIT_EXPECT_FALSE(test, recover_heals(&r));
}

/* Whichever read fails: damage if the block is bad, else the caller's error. */
static void every_read_may_fail(struct kunit *test)
{
	static const int errors[] = { -EIO, -EINTR, -ENOMEM };
	struct world *w = world_new(test);
	struct recover_io io = { .read = world_read, .ctx = w, .device_bytes = SNAP_DEVICE };
	u32 i, n, reads;
	int got;

	put_snapshot(w, 0, 6, 30, SNAP_BYTES);
	put_snapshot(w, 1, 7, 40, SNAP_BYTES);
	name_snapshot(w, 1, 7, 40);
	w->hard.base_index = 30;
	KUNIT_EXPECT_EQ(test, recover_snapshot(&io, &w->super, &w->hard, w->buf,
					       QUORUM_RECORD_BYTES_MAX - 1, w->meta, &w->r),
			-EINVAL);
	/* The one in force is damaged, so that both are read. */
	w->device[snapshot_data_offset(&w->super, 1)] ^= 1;
	w->reads = 0;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_FALLBACK);
	reads = w->reads;
	KUNIT_ASSERT_GT(test, reads, 4U);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		for (n = 1; n <= reads; n++) {
			w->reads = 0;
			w->fail_nth = n;
			w->fail_error = errors[i];
			memset(&w->r, 0, sizeof(w->r));
			got = recover_snapshot(&io, &w->super, &w->hard, w->buf,
					       QUORUM_RECORD_BYTES_MAX, w->meta, &w->r);
			/* The other one will do where the newer cannot be read. */
			KUNIT_EXPECT_EQ(test, got, errors[i] == -EIO &&
					w->r.snap == RECOVER_SNAP_FALLBACK ? 0 : errors[i]);
			KUNIT_EXPECT_NE(test, (int)w->r.snap, (int)RECOVER_SNAP_LOST);
		}
	}
}

/* A bad sector: row S where somebody else has it, else it is kept for better times. */
static void row_s_cannot_be_read(struct kunit *test)
{
	struct world *w = world_new(test);
	struct recover_io io = { .read = world_read, .ctx = w, .device_bytes = SNAP_DEVICE };

	put_snapshot(w, 1, 7, 40, SNAP_BYTES);
	name_snapshot(w, 1, 7, 40);
	w->hard.base_index = 30;
	w->bad_from = snapshot_data_offset(&w->super, 1);
	w->bad_to = w->bad_from + 1;
	KUNIT_EXPECT_EQ(test, recover_snapshot(&io, &w->super, &w->hard, w->buf,
					       QUORUM_RECORD_BYTES_MAX, w->meta, &w->r), -EIO);
	w->super.genesis.members[1] = w->super.genesis.members[0];
	w->super.genesis.members[1].id = 2;
	w->super.genesis.n = 2;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.row, (int)RECOVER_S_SNAP_LOST);
	KUNIT_EXPECT_TRUE(test, recover_heals(&w->r));
	w->super.genesis.members[1].voter = false;
	KUNIT_EXPECT_EQ(test, recover_snapshot(&io, &w->super, &w->hard, w->buf,
					       QUORUM_RECORD_BYTES_MAX, w->meta, &w->r), -EIO);
}

/* Names that differ from what lies there, in each part. */
static void another_one_is_not_the_one_in_force(struct kunit *test)
{
	struct world *w = world_new(test);

	put_snapshot(w, 1, 7, 40, 100);
	w->hard.base_index = 40;
	name_snapshot(w, 1, 8, 40);
	look(w);
	KUNIT_EXPECT_NE(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
	name_snapshot(w, 1, 7, 41);
	look(w);
	KUNIT_EXPECT_NE(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
	name_snapshot(w, 1, 7, 40);
	w->hard.snap_term++;
	look(w);
	KUNIT_EXPECT_NE(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
	w->hard.snap_term--;
	look(w);
	KUNIT_EXPECT_EQ(test, (int)w->r.snap, (int)RECOVER_SNAP_GOOD);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(row_s_cannot_be_read),
	KUNIT_CASE(every_read_may_fail),
	KUNIT_CASE(another_one_is_not_the_one_in_force),
	KUNIT_CASE(none_is_none),
	KUNIT_CASE(good_is_described),
	KUNIT_CASE(empty_is_good),
	KUNIT_CASE(row_q_falls_back),
	KUNIT_CASE(row_q_by_name),
	KUNIT_CASE(row_r_goes_without),
	KUNIT_CASE(row_s_is_a_suspect),
	KUNIT_CASE(headers_are_checked),
	KUNIT_CASE(what_heals),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_recover_snapshot",
	.test_cases = cases,
};
kunit_test_suite(suite);
