// SPDX-License-Identifier: GPL-2.0
/* The disk's codecs: golden bytes, bounds, the plan of format. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/slab.h>
#include <linux/crc32c.h>
#include <asm/byteorder.h>
#include "../../module/format/disk.h"
#include "../../module/format/snapshot.h"
#include "../vectors/disk_vectors.h"

static struct disk_format *example(struct kunit *test)
{
	struct disk_format *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->device_bytes = 256 * QUORUM_BLOCK_BYTES;
	f->logical_block = 512;
	f->physical_block = 512;
	f->node = 2;
	for (i = 0; i < 16; i++) {
		f->device[i] = 0xa0 + i;
		f->genesis.cluster[i] = i;
	}
	strcpy(f->genesis.group, "demo");
	f->genesis.heartbeat_us = 50000;
	f->genesis.election_min_us = 150000;
	f->genesis.election_max_us = 300000;
	f->genesis.n = 3;
	f->genesis.members[0] = (struct genesis_member){ 1, true };
	f->genesis.members[1] = (struct genesis_member){ 2, true };
	f->genesis.members[2] = (struct genesis_member){ 7, false };
	return f;
}

static struct disk_plan *planned(struct kunit *test, const struct disk_format *f)
{
	struct disk_plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_ASSERT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_OK);
	return plan;
}

static void superblock_is_golden(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_super s;

	KUNIT_EXPECT_EQ(test, memcmp(plan->superblock, vector_superblock, 4096), 0);
	KUNIT_ASSERT_EQ(test, (int)disk_super_decode(plan->superblock, &s), (int)DISK_OK);
	KUNIT_EXPECT_EQ(test, memcmp(&s, &plan->super, sizeof(s)), 0);
	KUNIT_EXPECT_EQ(test, s.incarnation,
			0xa7a6a5a4a3a2a1a0ULL ^ 0xafaeadacabaaa9a8ULL);
}

/* Of a node that joins: marked, and without members. */
static void superblock_of_who_joins(struct kunit *test)
{
	struct disk_format *f = example(test);
	struct disk_plan *plan;
	struct disk_super s;

	f->genesis.joins = true;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(planned(test, example(test)), f),
			(int)DISK_GENESIS_BAD);
	f->genesis.n = 0;
	memset(f->genesis.members, 0, sizeof(f->genesis.members));
	plan = planned(test, f);
	KUNIT_EXPECT_TRUE(test, plan->super.incompat & DISK_INCOMPAT_JOINS);
	KUNIT_ASSERT_EQ(test, (int)disk_super_decode(plan->superblock, &s), (int)DISK_OK);
	KUNIT_EXPECT_TRUE(test, s.genesis.joins);
	KUNIT_EXPECT_EQ(test, memcmp(&s, &plan->super, sizeof(s)), 0);
	/* What is marked so has no members, and what is not has some. */
	plan->super.genesis.n = 1;
	disk_super_encode(&plan->super, plan->superblock);
	KUNIT_EXPECT_EQ(test, (int)disk_super_decode(plan->superblock, &s), (int)DISK_FIELD_BAD);
	plan->super.genesis.n = 0;
	plan->super.incompat = DISK_INCOMPAT_SNAPSHOTS;
	disk_super_encode(&plan->super, plan->superblock);
	KUNIT_EXPECT_EQ(test, (int)disk_super_decode(plan->superblock, &s), (int)DISK_FIELD_BAD);
}

static void hard_state_is_golden(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_hard h = {
		.generation = 5, .term = 9, .epoch = 3, .vote = 7, .start_lsn = 1,
		.start_position = disk_ring_first(&plan->super), .last_errno = 5,
		.why = DISK_WHY_LOG_WRITE,
	}, back;
	u8 *buf = plan->hardstate[0];

	disk_hard_encode(&plan->super, &h, 0, buf);
	KUNIT_EXPECT_EQ(test, memcmp(buf, vector_hard_a, 512), 0);
	KUNIT_EXPECT_EQ(test, (int)disk_hard_decode(&plan->super, buf, 0, 1, &back), (int)DISK_OK);
	KUNIT_EXPECT_TRUE(test, disk_hard_equal(&h, &back));
	/* In another mirror, or another slot, it is misplaced. */
	KUNIT_EXPECT_EQ(test, (int)disk_hard_decode(&plan->super, buf, 1, 1, &back),
			(int)DISK_MISPLACED);
	KUNIT_EXPECT_EQ(test, (int)disk_hard_decode(&plan->super, buf, 0, 0, &back),
			(int)DISK_MISPLACED);
	disk_hard_encode(&plan->super, &h, 1, buf);
	KUNIT_EXPECT_EQ(test, memcmp(buf, vector_hard_b, 512), 0);
}

static void checkpoint_is_golden(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	u64 ring = disk_ring_first(&plan->super);
	struct disk_hard h = {
		.generation = 6, .term = 9, .epoch = 3, .vote = 7, .clean = true, .start_lsn = 1,
		.start_position = ring, .end_lsn = 41, .last_index = 900,
		.check = {
			.position = ring + 77, .lsn = 40, .epoch = 2, .index = 880, .term = 8,
			.prev_crc = 0x55667788, .types = 0x0c, .config_index = 300,
			.config_lsn = 12, .config_position = ring + 20,
		},
	}, back;
	u8 *buf = plan->hardstate[0];

	disk_hard_encode(&plan->super, &h, 0, buf);
	KUNIT_EXPECT_EQ(test, memcmp(buf, vector_checkpoint, 512), 0);
	KUNIT_EXPECT_EQ(test, (int)disk_hard_decode(&plan->super, buf, 0, 0, &back), (int)DISK_OK);
	KUNIT_EXPECT_TRUE(test, disk_hard_equal(&h, &back));
}

static void snapshot_is_golden(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct quorum_snap_meta *meta = kunit_kzalloc(test, 2 * sizeof(*meta), GFP_KERNEL);
	struct quorum_snap_meta *back = meta + 1;
	u8 *buf = kunit_kzalloc(test, QUORUM_BLOCK_BYTES, GFP_KERNEL);
	u32 table_crc;

	KUNIT_ASSERT_TRUE(test, meta && buf);
	meta->id = 3;
	meta->index = 500;
	meta->term = 7;
	meta->bytes = 70000;
	meta->crc = 0xcafe0001;
	strcpy(meta->sm, "kv");
	meta->config_len = 5;
	memcpy(meta->config, "conf!", 5);
	snapshot_encode(&plan->super, 0, meta, 0xcafe0002, buf);
	KUNIT_EXPECT_EQ(test, memcmp(buf, vector_snapshot, QUORUM_BLOCK_BYTES), 0);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(&plan->super, 0, vector_snapshot, back,
						   &table_crc), (int)DISK_OK);
	KUNIT_EXPECT_EQ(test, memcmp(back, meta, sizeof(*meta)), 0);
	KUNIT_EXPECT_EQ(test, table_crc, 0xcafe0002U);
	/* In the other area it is misplaced. */
	KUNIT_EXPECT_NE(test, (int)snapshot_decode(&plan->super, 1, vector_snapshot, back,
						   &table_crc), (int)DISK_OK);
}

static void record_is_golden(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_cursor c = {
		.position = disk_ring_first(&plan->super) + 6, .lsn = 4, .epoch = 3,
		.prev_crc = 0x11223344,
	};
	struct raft_entry noop = { .term = 2, .type = RAFT_ENTRY_NOOP };
	struct raft_entry data = { .term = 2, .tag = 0x30000000001ULL, .origin = 7, .size = 11,
				   .type = RAFT_ENTRY_DATA };
	u8 *buf = kunit_kzalloc(test, QUORUM_RECORD_BYTES_MAX, GFP_KERNEL);
	struct disk_batch b;
	struct disk_head head;
	struct disk_iter iter;
	struct raft_entry e;
	const void *payload;

	disk_batch_begin(&b, buf, 9, 10);
	KUNIT_EXPECT_TRUE(test, disk_batch_add(&b, &noop, NULL));
	KUNIT_EXPECT_TRUE(test, disk_batch_add(&b, &data, "hello world"));
	KUNIT_EXPECT_EQ(test, disk_batch_seal(&b, &plan->super, &c, 2), 512U);
	KUNIT_EXPECT_EQ(test, memcmp(buf, vector_record, 512), 0);
	KUNIT_EXPECT_EQ(test, c.lsn, 5ULL);
	KUNIT_EXPECT_EQ(test, c.position, disk_ring_first(&plan->super) + 7);

	KUNIT_EXPECT_EQ(test, (int)disk_record_decode(&plan->super, buf, c.position - 1, &head),
			(int)DISK_OK);
	KUNIT_EXPECT_EQ(test, (int)disk_record_decode(&plan->super, buf, c.position, &head),
			(int)DISK_MISPLACED);
	KUNIT_EXPECT_EQ(test, head.hdr_crc, c.prev_crc);
	KUNIT_EXPECT_EQ(test, head.truncate, 9ULL);
	KUNIT_EXPECT_EQ(test, (int)disk_record_check(&plan->super, &head, buf), (int)DISK_OK);
	disk_iter_init(&iter, &head, buf);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &e, &payload), 1);
	KUNIT_EXPECT_EQ(test, e.index, 10ULL);
	KUNIT_EXPECT_EQ(test, e.type, RAFT_ENTRY_NOOP);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &e, &payload), 1);
	KUNIT_EXPECT_EQ(test, e.index, 11ULL);
	KUNIT_EXPECT_EQ(test, e.tag, data.tag);
	KUNIT_EXPECT_EQ(test, e.origin, 7U);
	KUNIT_EXPECT_EQ(test, memcmp(payload, "hello world", 11), 0);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &e, &payload), 0);
}

/* No flip of a bit of a record, padding included, goes unseen. */
static void every_flip_of_a_record_is_seen(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	u64 position = disk_ring_first(&plan->super) + 6;
	struct disk_head head;
	u64 buf[64];
	u32 i;

	for (i = 0; i < 512 * 8; i++) {
		memcpy(buf, vector_record, 512);
		((u8 *)buf)[i / 8] ^= 1 << (i % 8);
		if (disk_record_decode(&plan->super, buf, position, &head) == DISK_OK)
			KUNIT_EXPECT_NE_MSG(test, (int)disk_record_check(&plan->super, &head, buf),
					    (int)DISK_OK, "bit %u", i);
	}
}

static void every_flip_of_a_superblock_is_seen(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_super s;
	u32 i;

	for (i = 0; i < 4096 * 8; i += 3) {
		plan->superblock[i / 8] ^= 1 << (i % 8);
		KUNIT_EXPECT_NE_MSG(test, (int)disk_super_decode(plan->superblock, &s),
				    (int)DISK_OK, "bit %u", i);
		plan->superblock[i / 8] ^= 1 << (i % 8);
	}
}

static void every_flip_of_a_hard_state_is_seen(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_hard h;
	u64 buf[64];
	u32 i;

	for (i = 0; i < 512 * 8; i++) {
		memcpy(buf, vector_hard_a, 512);
		((u8 *)buf)[i / 8] ^= 1 << (i % 8);
		KUNIT_EXPECT_NE_MSG(test, (int)disk_hard_decode(&plan->super, buf, 0, 1, &h),
				    (int)DISK_OK, "bit %u", i);
	}
}

static void identify_tells_blocks_apart(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_superblock *d = (struct disk_superblock *)plan->superblock;

	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_OK);
	d->reserved[3767] = 1;
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_CRC_BAD);
	d->magic[0] = 'x';
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_OTHER);
	memset(d, 0, sizeof(*d));
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_ZERO);
	plan->super.incompat = 0x80;
	disk_super_encode(&plan->super, d);
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_TOO_NEW);
	plan->super.incompat = 0;
	plan->super.compat = 0x80;
	disk_super_encode(&plan->super, d);
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_OK);
}

/* A good checksum does not make a value good. */
static void super_values_are_checked(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	struct disk_super good = plan->super, s;

#define BAD(change) do {							\
	plan->super = good;							\
	plan->super.change;							\
	disk_super_encode(&plan->super, plan->superblock);			\
	KUNIT_EXPECT_EQ_MSG(test, (int)disk_super_decode(plan->superblock, &s),	\
			    (int)DISK_FIELD_BAD, #change);			\
} while (0)
	BAD(granule = 1024);
	BAD(granule = 0);
	BAD(blocks = 255);
	BAD(blocks = U64_MAX);
	BAD(ring_start = 0);
	BAD(ring_start = U64_MAX - 1);
	BAD(ring_blocks = 1);
	BAD(ring_blocks = U64_MAX - good.ring_start);
	BAD(ring_blocks = good.ring_blocks + 1);
	BAD(snap_start[0] = 11);
	BAD(snap_start[1] = 12);
	BAD(snap_blocks = good.snap_blocks + 1);
	BAD(node = 3);
	BAD(genesis.n = 0);
	BAD(genesis.n = 17);
	BAD(genesis.members[1].id = 1);
	BAD(genesis.group[0] = '/');
#undef BAD
}

static void record_lengths_are_checked(struct kunit *test)
{
	struct disk_plan *plan = planned(test, example(test));
	u64 position = disk_ring_end(&plan->super) - 1, buf[64];
	struct disk_record *d = (struct disk_record *)buf;
	struct disk_cursor c = { .position = position, .lsn = 1, .epoch = 1 };
	struct raft_entry e = { .term = 1, .size = 3, .type = RAFT_ENTRY_DATA };
	u8 *big = kunit_kzalloc(test, QUORUM_RECORD_BYTES_MAX, GFP_KERNEL);
	struct disk_super *s = &plan->super;
	struct disk_head head;
	struct disk_iter iter;
	struct disk_batch b;
	const void *payload;

	disk_batch_begin(&b, big, 0, 1);
	disk_batch_add(&b, &e, "abc");
	disk_batch_seal(&b, s, &c, 0);
	KUNIT_EXPECT_EQ(test, c.position, disk_ring_first(s));
#define BAD(field, value, want) do {						\
	memcpy(buf, big, 512);							\
	d->field = value;							\
	d->hdr_crc = 0;								\
	d->hdr_crc = cpu_to_le32(crc32c(s->seed, d, DISK_HEADER_BYTES));	\
	KUNIT_EXPECT_EQ_MSG(test, (int)disk_record_decode(s, buf, position, &head), \
			    (int)want, #field " = " #value);			\
} while (0)
	BAD(nr, cpu_to_le16(1), DISK_OK);
	BAD(data_len, cpu_to_le32(433), DISK_FIELD_BAD);	/* over the ring's end */
	BAD(data_len, cpu_to_le32(0xffffffff), DISK_FIELD_BAD);
	BAD(data_len, cpu_to_le32(31), DISK_FIELD_BAD);
	BAD(nr, 0, DISK_FIELD_BAD);
	BAD(nr, cpu_to_le16(2), DISK_FIELD_BAD);
	BAD(first_index, 0, DISK_FIELD_BAD);
	BAD(first_index, cpu_to_le64(U64_MAX), DISK_FIELD_BAD);
	BAD(lsn, 0, DISK_FIELD_BAD);
	BAD(flushed_lsn, cpu_to_le64(1), DISK_FIELD_BAD);
	BAD(type, cpu_to_le16(DISK_TRUNCATE), DISK_FIELD_BAD);
	BAD(type, cpu_to_le16(DISK_PAD), DISK_FIELD_BAD);
	BAD(type, cpu_to_le16(99), DISK_TOO_NEW);
#undef BAD
	/* Entries that claim more than there is. */
	KUNIT_EXPECT_EQ(test, (int)disk_record_decode(s, big, position, &head), (int)DISK_OK);
	((struct disk_entry *)(big + DISK_HEADER_BYTES))->size = cpu_to_le32(9);
	disk_iter_init(&iter, &head, big);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &e, &payload), -EUCLEAN);
	head.data_crc = crc32c(s->seed, big + DISK_HEADER_BYTES, 512 - DISK_HEADER_BYTES);
	KUNIT_EXPECT_EQ(test, (int)disk_record_check(s, &head, big), (int)DISK_FIELD_BAD);
	((struct disk_entry *)(big + DISK_HEADER_BYTES))->size = cpu_to_le32(0xfffffff9);
	head.data_crc = crc32c(s->seed, big + DISK_HEADER_BYTES, 512 - DISK_HEADER_BYTES);
	KUNIT_EXPECT_EQ(test, (int)disk_record_check(s, &head, big), (int)DISK_FIELD_BAD);
}

static void largest_entries_fit(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, QUORUM_RECORD_BYTES_MAX, GFP_KERNEL);
	u8 *payload = kunit_kzalloc(test, QUORUM_ENTRY_BYTES_MAX, GFP_KERNEL);
	struct disk_plan *plan = planned(test, example(test));
	struct raft_entry e = { .term = 1, .size = QUORUM_ENTRY_BYTES_MAX, .type = 2 };
	struct raft_entry none = { .term = 1, .type = 1 };
	struct disk_cursor c = { disk_ring_first(&plan->super), 1, 1, 0 };
	struct disk_batch b;
	u32 n;

	disk_batch_begin(&b, buf, 0, 1);
	for (n = 0; disk_batch_add(&b, &e, payload); n++)
		;
	KUNIT_EXPECT_EQ(test, n, 3U);
	for (; disk_batch_add(&b, &none, NULL); n++)
		;
	KUNIT_EXPECT_LE(test, disk_batch_seal(&b, &plan->super, &c, 0),
			(u32)QUORUM_RECORD_BYTES_MAX);
	/* A lowered limit binds all but the first. */
	disk_batch_begin(&b, buf, 0, 1);
	b.limit = 512;
	KUNIT_EXPECT_TRUE(test, disk_batch_add(&b, &e, payload));
	KUNIT_EXPECT_FALSE(test, disk_batch_add(&b, &none, NULL));
	e.size++;
	disk_batch_begin(&b, buf, 0, 1);
	KUNIT_EXPECT_FALSE(test, disk_batch_add(&b, &e, payload));
}

static void plan_covers_what_it_should(struct kunit *test)
{
	struct disk_format *f = example(test);
	struct disk_plan *plan = planned(test, f);
	u32 i, flushes = 0;

	KUNIT_EXPECT_EQ(test, plan->n, 6U);
	for (i = 0; i < plan->n; i++) {
		KUNIT_EXPECT_LE(test, plan->write[i].offset + plan->write[i].bytes,
				f->device_bytes);
		flushes += plan->write[i].flush_before;
	}
	KUNIT_EXPECT_EQ(test, flushes, 2U);
	KUNIT_EXPECT_EQ(test, plan->write[5].offset, 0ULL);
	KUNIT_EXPECT_PTR_EQ(test, plan->write[5].data, (const void *)plan->superblock);
	KUNIT_EXPECT_EQ(test, plan->write[4].offset, f->device_bytes - 4096);
}

static void plan_refuses(struct kunit *test)
{
	struct disk_format *f = example(test);
	struct disk_plan *plan = planned(test, f);

	f->device_bytes--;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_TOO_SMALL);
	f->device_bytes++;
	f->logical_block = 8192;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_SECTOR_BAD);
	f->logical_block = 520;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_SECTOR_BAD);
	f->logical_block = 512;
	f->node = 3;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_GENESIS_BAD);
}

static void granule_follows_the_device(struct kunit *test)
{
	static const struct { u32 logical, physical, want; } cases[] = {
		{ 512, 512, 512 }, { 512, 4096, 4096 }, { 4096, 4096, 4096 },
		{ 512, 16384, 4096 }, { 2048, 2048, 4096 }, { 512, 0, 512 },
	};
	struct disk_format *f = example(test);
	struct disk_plan *plan;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		f->logical_block = cases[i].logical;
		f->physical_block = cases[i].physical;
		plan = planned(test, f);
		KUNIT_EXPECT_EQ(test, plan->super.granule, cases[i].want);
		KUNIT_EXPECT_EQ(test, 1U << plan->super.granule_shift, cases[i].want);
	}
}

static void incarnation_is_never_zero(struct kunit *test)
{
	struct disk_format *f = example(test);

	memset(f->device, 0x55, sizeof(f->device));
	KUNIT_EXPECT_EQ(test, planned(test, f)->super.incarnation, 1ULL);
}

static void sizes_of_devices(struct kunit *test)
{
	struct disk_format *f = example(test);
	struct disk_plan *plan;
	struct disk_super s;
	u32 shift;

	for (shift = 20; shift < 56; shift++) {
		f->device_bytes = (1ULL << shift) + 4095;
		plan = planned(test, f);
		KUNIT_EXPECT_EQ(test, (int)disk_super_decode(plan->superblock, &s), (int)DISK_OK);
		KUNIT_EXPECT_EQ(test, s.blocks, 1ULL << (shift - 12));
		KUNIT_EXPECT_EQ(test, s.ring_start + s.ring_blocks + DISK_TAIL_BLOCKS, s.blocks);
	}
}

static void texts_are_there(struct kunit *test)
{
	u32 i;

	for (i = 0; i < DISK_ERROR_NR; i++)
		KUNIT_EXPECT_NOT_NULL(test, disk_error_text(i));
	for (i = 0; i <= DISK_WHY_NR; i++)
		KUNIT_EXPECT_NOT_NULL(test, disk_why_text(i));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(superblock_is_golden),
	KUNIT_CASE(superblock_of_who_joins),
	KUNIT_CASE(hard_state_is_golden),
	KUNIT_CASE(checkpoint_is_golden),
	KUNIT_CASE(snapshot_is_golden),
	KUNIT_CASE(record_is_golden),
	KUNIT_CASE(every_flip_of_a_record_is_seen),
	KUNIT_CASE(every_flip_of_a_superblock_is_seen),
	KUNIT_CASE(every_flip_of_a_hard_state_is_seen),
	KUNIT_CASE(identify_tells_blocks_apart),
	KUNIT_CASE(super_values_are_checked),
	KUNIT_CASE(record_lengths_are_checked),
	KUNIT_CASE(largest_entries_fit),
	KUNIT_CASE(plan_covers_what_it_should),
	KUNIT_CASE(plan_refuses),
	KUNIT_CASE(granule_follows_the_device),
	KUNIT_CASE(incarnation_is_never_zero),
	KUNIT_CASE(sizes_of_devices),
	KUNIT_CASE(texts_are_there),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_disk",
	.test_cases = cases,
};
kunit_test_suite(suite);
