// SPDX-License-Identifier: GPL-2.0
/* The formats' refusals that no other test meets: each field by itself. */
#include <kunit/test.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "format/assemble.h"
#include "format/disk.h"
#include "format/genesis.h"
#include "format/snapshot.h"

static struct disk_format *example(struct kunit *test)
{
	struct disk_format *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->device_bytes = 512 * QUORUM_BLOCK_BYTES;
	f->logical_block = 512;
	f->physical_block = 512;
	f->node = 1;
	f->device[0] = 0xa0;
	f->genesis.cluster[0] = 1;
	strcpy(f->genesis.group, "demo");
	f->genesis.heartbeat_us = 50000;
	f->genesis.election_min_us = 150000;
	f->genesis.election_max_us = 300000;
	f->genesis.n = 2;
	f->genesis.members[0] = (struct genesis_member){ 1, true };
	f->genesis.members[1] = (struct genesis_member){ 2, true };
	return f;
}

static struct disk_plan *planned(struct kunit *test)
{
	struct disk_plan *plan = kunit_kzalloc(test, sizeof(*plan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, plan);
	KUNIT_ASSERT_EQ(test, (int)disk_format_plan(plan, example(test)), (int)DISK_OK);
	return plan;
}

/* Two hard states are equal in every field, or they are not. */
static void hard_states_differ_by_any_field(struct kunit *test)
{
	struct disk_hard a = {}, b = {};

	KUNIT_EXPECT_TRUE(test, disk_hard_equal(&a, &b));
#define DIFFER(field) do {						\
	b = a;								\
	b.field = 1;							\
	KUNIT_EXPECT_FALSE_MSG(test, disk_hard_equal(&a, &b), #field);	\
	KUNIT_EXPECT_FALSE_MSG(test, disk_hard_equal(&b, &a), #field);	\
} while (0)
	DIFFER(generation);
	DIFFER(term);
	DIFFER(epoch);
	DIFFER(vote);
	DIFFER(clean);
	DIFFER(start_position);
	DIFFER(start_lsn);
	DIFFER(start_prev_crc);
	DIFFER(last_errno);
	DIFFER(why);
	DIFFER(base_index);
	DIFFER(base_term);
	DIFFER(end_lsn);
	DIFFER(last_index);
	DIFFER(suspect);
	DIFFER(snap_area);
	DIFFER(snap_id);
	DIFFER(snap_index);
	DIFFER(snap_term);
	DIFFER(check.position);
	DIFFER(check.lsn);
	DIFFER(check.epoch);
	DIFFER(check.index);
	DIFFER(check.term);
	DIFFER(check.prev_crc);
	DIFFER(check.types);
	DIFFER(check.config_index);
	DIFFER(check.config_lsn);
	DIFFER(check.config_position);
	DIFFER(suspect_first);
	DIFFER(suspect_last);
#undef DIFFER
}

static void hard_states_out_of_range_are_refused(struct kunit *test)
{
	struct disk_plan *plan = planned(test);
	const struct disk_super *s = &plan->super;
	struct disk_hard good = {
		.generation = 2, .start_lsn = 1, .start_position = disk_ring_first(s),
		.clean = true, .suspect = true,
	};
	u8 *buf = kunit_kzalloc(test, QUORUM_BLOCK_BYTES, GFP_KERNEL);
	struct disk_hard h, back;

	KUNIT_ASSERT_NOT_NULL(test, buf);
#define SAYS(field, value, want) do {					\
	h = good;							\
	h.field = value;						\
	disk_hard_encode(s, &h, 0, buf);				\
	KUNIT_EXPECT_EQ_MSG(test, (int)disk_hard_decode(s, buf, 0, h.generation & 1, &back), \
			    (int)want, #field " = " #value);		\
} while (0)
	SAYS(generation, 2, DISK_OK);
	SAYS(generation, 0, DISK_FIELD_BAD);
	SAYS(start_lsn, 0, DISK_FIELD_BAD);
	SAYS(snap_area, DISK_SNAP_AREAS, DISK_OK);
	SAYS(snap_area, DISK_SNAP_AREAS + 1, DISK_FIELD_BAD);
	SAYS(start_position, disk_ring_first(s) - 1, DISK_FIELD_BAD);
	SAYS(start_position, disk_ring_end(s) - 1, DISK_OK);
	SAYS(start_position, disk_ring_end(s), DISK_FIELD_BAD);
	good.start_lsn = 5;
	good.check = (struct disk_checkpoint){
		.lsn = 9, .position = disk_ring_first(s), .config_lsn = 8,
		.config_position = disk_ring_first(s),
	};
	SAYS(check.lsn, 9, DISK_OK);
	SAYS(check.lsn, 4, DISK_FIELD_BAD);
	SAYS(check.position, 0, DISK_FIELD_BAD);
	SAYS(check.config_lsn, 9, DISK_FIELD_BAD);
	SAYS(check.config_position, disk_ring_end(s), DISK_FIELD_BAD);
	good.check.config_position = 0;
	SAYS(check.config_lsn, 0, DISK_OK);
	/* Of none nothing is asked. */
	SAYS(check.lsn, 0, DISK_OK);
#undef SAYS
	/* In the other slot, and with a flag from the future. */
	disk_hard_encode(s, &good, 0, buf);
	KUNIT_EXPECT_NE(test, (int)disk_hard_decode(s, buf, 0, !(good.generation & 1), &back),
			(int)DISK_OK);
	((struct disk_hardstate *)buf)->flags |= cpu_to_le32(1U << 30);
	((struct disk_hardstate *)buf)->crc = 0;
	((struct disk_hardstate *)buf)->crc =
		cpu_to_le32(crc32c(s->seed, buf, sizeof(struct disk_hardstate)));
	KUNIT_EXPECT_EQ(test, (int)disk_hard_decode(s, buf, 0, good.generation & 1, &back),
			(int)DISK_FIELD_BAD);
}

static void areas_outside_of_the_device_are_refused(struct kunit *test)
{
	struct disk_plan *plan = planned(test);
	u8 *buf = kunit_kzalloc(test, QUORUM_BLOCK_BYTES, GFP_KERNEL);
	const u64 far = 1ULL << 60;
	struct disk_super s;

	KUNIT_ASSERT_NOT_NULL(test, buf);
#define SAYS(field, value, ok) do {					\
	struct disk_super *back = &plan->super;				\
									\
	memset(plan, 0, sizeof(*plan));					\
	KUNIT_ASSERT_EQ(test, (int)disk_format_plan(plan, example(test)), (int)DISK_OK); \
	s = plan->super;						\
	s.field = value;						\
	disk_super_encode(&s, buf);					\
	KUNIT_EXPECT_EQ_MSG(test, disk_super_decode(buf, back) == DISK_OK, ok, \
			    #field " = " #value);			\
} while (0)
	SAYS(blocks, s.blocks, true);
	SAYS(granule, 1024, false);
	SAYS(blocks, QUORUM_DEVICE_BLOCKS_MIN - 1, false);
	SAYS(blocks, ~0ULL / QUORUM_BLOCK_BYTES, false);
	SAYS(snap_blocks, far, false);
	SAYS(ring_blocks, far, false);
	SAYS(ring_start, far, false);
	SAYS(snap_start[0], far, false);
	SAYS(snap_start[1], far, false);
	SAYS(snap_start[0], 0, false);
	SAYS(snap_start[1], s.snap_start[0], false);
	SAYS(ring_start, s.snap_start[1], false);
	SAYS(ring_blocks, 1, false);
	SAYS(ring_blocks, s.ring_blocks + 1, false);
#undef SAYS
}

static void odd_devices_are_refused(struct kunit *test)
{
	struct disk_plan *plan = planned(test);
	struct disk_format *f = example(test);

	f->logical_block = 256;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_SECTOR_BAD);
	f->logical_block = 8192;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_SECTOR_BAD);
	f->logical_block = 1000;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_SECTOR_BAD);
	f->logical_block = 512;
	f->physical_block = 4096;
	KUNIT_EXPECT_EQ(test, (int)disk_format_plan(plan, f), (int)DISK_OK);
	KUNIT_EXPECT_EQ(test, plan->super.granule, 4096U);
	KUNIT_EXPECT_STREQ(test, disk_error_text(DISK_ERROR_NR), "unknown disk error");
}

static void snapshot_headers_are_checked(struct kunit *test)
{
	struct quorum_snap_meta *good = kunit_kzalloc(test, 3 * sizeof(*good), GFP_KERNEL);
	u8 *buf = kunit_kzalloc(test, QUORUM_BLOCK_BYTES, GFP_KERNEL);
	struct disk_plan *plan = planned(test);
	const struct disk_super *s = &plan->super;
	struct quorum_snap_meta *m, *back;
	u32 crc;

	KUNIT_ASSERT_TRUE(test, good && buf);
	m = good + 1;
	back = good + 2;
	good->id = 1;
	good->index = 10;
	good->term = 2;
	good->bytes = 100;
#define SAYS(field, value, want) do {					\
	*m = *good;							\
	m->field = value;						\
	snapshot_encode(s, 0, m, 7, buf);				\
	KUNIT_EXPECT_EQ_MSG(test, (int)snapshot_decode(s, 0, buf, back, &crc), (int)want, \
			    #field " = " #value);			\
} while (0)
	SAYS(id, 1, DISK_OK);
	SAYS(id, 0, DISK_FIELD_BAD);
	SAYS(index, 0, DISK_FIELD_BAD);
	SAYS(bytes, snapshot_bytes_max(s), DISK_OK);
	SAYS(bytes, snapshot_bytes_max(s) + 1, DISK_FIELD_BAD);
#undef SAYS
	snapshot_encode(s, 0, good, 7, buf);
	{
		struct disk_snapshot *d = (struct disk_snapshot *)buf;
		struct disk_super tiny = *s;

		d->config_len = cpu_to_le32(QUORUM_SNAP_CONFIG_MAX + 1);
		d->crc = 0;
		d->crc = cpu_to_le32(crc32c(s->seed, d, sizeof(*d)));
		KUNIT_EXPECT_EQ(test, (int)snapshot_decode(s, 0, buf, back, &crc),
				(int)DISK_FIELD_BAD);
		tiny.snap_blocks = 1;
		KUNIT_EXPECT_EQ(test, snapshot_bytes_max(&tiny), 0ULL);
	}
	snapshot_encode(s, 0, good, 7, buf);
	KUNIT_EXPECT_EQ(test, (int)snapshot_decode(s, 1, buf, back, &crc), (int)DISK_MISPLACED);
}

static void genesis_becomes_a_configuration(struct kunit *test)
{
	struct quorum_genesis g = {
		.group = "demo", .heartbeat_us = 5000, .election_min_us = 20000,
		.election_max_us = 40000, .n = 2, .members = { { 3, true }, { 9, false } },
	};
	struct raft_config *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	genesis_config(&g, c);
	KUNIT_EXPECT_EQ(test, c->n, 2U);
	KUNIT_EXPECT_EQ(test, c->members[0].id, 3U);
	KUNIT_EXPECT_EQ(test, c->members[0].roles, RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, c->members[1].roles, RAFT_M_LEARNER);
	KUNIT_EXPECT_EQ(test, c->timing.election_max, 40000000ULL);
	KUNIT_EXPECT_EQ(test, c->flags, RAFT_F_DEFAULT);
	KUNIT_EXPECT_EQ(test, raft_config_check(c), RAFT_OK);
	KUNIT_EXPECT_STREQ(test, genesis_error_text(GENESIS_ERROR_NR), "unknown genesis error");
	/* Unchecked ones are not read past their end. */
	g.n = QUORUM_MEMBERS_MAX + 1;
	genesis_config(&g, c);
	KUNIT_EXPECT_NE(test, raft_config_check(c), RAFT_OK);
	KUNIT_EXPECT_NE(test, genesis_fingerprint(&g), 0U);
}

/* Records without entries name none, and no bytes. */
static void records_without_entries_are_empty(struct kunit *test)
{
	struct disk_plan *plan = planned(test);
	const struct disk_super *s = &plan->super;
	u8 *good = kunit_kzalloc(test, QUORUM_BLOCK_BYTES, GFP_KERNEL);
	u64 position = disk_ring_first(s);
	struct disk_cursor c = { .position = position, .lsn = 1, .epoch = 1 };
	u64 buf[512 / 8];
	struct disk_record *d = (struct disk_record *)buf;
	struct disk_head head;

	KUNIT_ASSERT_NOT_NULL(test, good);
	disk_pad_seal(good, s, &c, 0);
#define SAYS(kind, field, value, want) do {				\
	memcpy(buf, good, sizeof(buf));					\
	d->type = cpu_to_le16(kind);					\
	d->truncate = cpu_to_le64((kind) == DISK_TRUNCATE ? 5 : 0);	\
	d->field = value;						\
	d->hdr_crc = 0;							\
	d->hdr_crc = cpu_to_le32(crc32c(s->seed, d, DISK_HEADER_BYTES)); \
	KUNIT_EXPECT_EQ_MSG(test, (int)disk_record_decode(s, buf, position, &head), \
			    (int)want, #kind " " #field);		\
} while (0)
	SAYS(DISK_TRUNCATE, truncate, cpu_to_le64(7), DISK_OK);
	SAYS(DISK_TRUNCATE, truncate, 0, DISK_FIELD_BAD);
	SAYS(DISK_TRUNCATE, nr, cpu_to_le16(1), DISK_FIELD_BAD);
	SAYS(DISK_TRUNCATE, data_len, cpu_to_le32(8), DISK_FIELD_BAD);
	SAYS(DISK_PAD, nr, 0, DISK_OK);
	SAYS(DISK_PAD, nr, cpu_to_le16(1), DISK_FIELD_BAD);
	SAYS(DISK_PAD, data_len, cpu_to_le32(8), DISK_FIELD_BAD);
	SAYS(DISK_PAD, truncate, cpu_to_le64(1), DISK_FIELD_BAD);
#undef SAYS
}

/* What follows the last entry, or is too short for one, is none. */
static void entries_end_where_they_say(struct kunit *test)
{
	u8 buf[DISK_ENTRY_BYTES + 8] = {};
	struct disk_iter iter = { .at = buf, .end = buf + sizeof(buf), .index = 1 };
	struct raft_entry entry;
	const void *payload;

	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &entry, &payload), -EUCLEAN);
	iter.left = 1;
	iter.end = buf + DISK_ENTRY_BYTES - 1;
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &entry, &payload), -EUCLEAN);
	iter.end = buf + sizeof(buf);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &entry, &payload), 1);
	KUNIT_EXPECT_EQ(test, entry.size, 0U);
	KUNIT_EXPECT_EQ(test, disk_iter_next(&iter, &entry, &payload), -EUCLEAN);
}

/* Good checksums over what no format of ours has written. */
static void superblocks_of_others(struct kunit *test)
{
	struct disk_plan *plan = planned(test);
	struct disk_superblock *d = (struct disk_superblock *)plan->superblock;
	struct disk_super s;

	d->member[0].role = cpu_to_le32(2);
	d->crc = 0;
	d->crc = cpu_to_le32(crc32c(~0U, d, sizeof(*d)));
	KUNIT_EXPECT_EQ(test, (int)disk_super_decode(d, &s), (int)DISK_FIELD_BAD);
	d->version = cpu_to_le32(DISK_VERSION + 1);
	d->crc = 0;
	d->crc = cpu_to_le32(crc32c(~0U, d, sizeof(*d)));
	KUNIT_EXPECT_EQ(test, (int)disk_identify(d), (int)DISK_TOO_NEW);
}

static void machines_have_names(struct kunit *test)
{
	struct quorum_genesis g = example(test)->genesis;

	strcpy(g.machine, "log");
	genesis_normalize(&g);
	KUNIT_EXPECT_EQ(test, g.machine[0], 0);
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
	strcpy(g.machine, "kv");
	genesis_normalize(&g);
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
	strcpy(g.machine, "k/v");
	KUNIT_EXPECT_NE(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
}

/* Where a fragment goes when several messages of a sender are half here. */
static void places_of_messages(struct kunit *test)
{
	struct assemble as[3];
	u32 i;

	for (i = 0; i < 3; i++)
		assemble_init(&as[i], NULL);
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 7), &as[2]);
	/* one half here, two whole of which the second is older */
	as[0] = (struct assemble){ .message = 1, .known = true, .open = true, .since = 5 };
	as[1] = (struct assemble){ .message = 2, .known = true, .since = 20 };
	as[2] = (struct assemble){ .message = 3, .known = true, .since = 10 };
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 2), &as[1]);
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 9), &as[2]);
	KUNIT_EXPECT_FALSE(test, as[2].known);
	/* a place nobody has goes first */
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 9), &as[2]);
	KUNIT_EXPECT_TRUE(test, as[1].known);
	for (i = 0; i < 3; i++)
		as[i] = (struct assemble){ .message = i, .known = true, .open = true };
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 2), &as[2]);
	KUNIT_EXPECT_NULL(test, assemble_find(as, 3, 9));
	/* of the whole ones the older goes, wherever it is */
	as[0] = (struct assemble){ .message = 1, .known = true, .since = 10 };
	as[1] = (struct assemble){ .message = 2, .known = true, .since = 20 };
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 9), &as[0]);
	/* what is held is handed on in order, and waits for what came before it only */
	as[0] = (struct assemble){ .message = 4, .known = true, .held = true };
	as[1] = (struct assemble){ .message = 5, .known = true, .held = true };
	as[2] = (struct assemble){ .message = 9, .known = true, .open = true };
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[0]);
	as[2].message = 3;
	KUNIT_EXPECT_NULL(test, assemble_next(as, 3));
	as[2].hopeless = true;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[0]);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(hard_states_differ_by_any_field),
	KUNIT_CASE(hard_states_out_of_range_are_refused),
	KUNIT_CASE(areas_outside_of_the_device_are_refused),
	KUNIT_CASE(odd_devices_are_refused),
	KUNIT_CASE(snapshot_headers_are_checked),
	KUNIT_CASE(genesis_becomes_a_configuration),
	KUNIT_CASE(records_without_entries_are_empty),
	KUNIT_CASE(entries_end_where_they_say),
	KUNIT_CASE(superblocks_of_others),
	KUNIT_CASE(machines_have_names),
	KUNIT_CASE(places_of_messages),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_disk_edges",
	.test_cases = cases,
};
kunit_test_suite(suite);
