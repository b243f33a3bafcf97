// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery from a checkpoint: rows T, U and V of the decision table, and that what
 * a start reads does not grow with the log.  And row W: sectors that cannot be read.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../../module/format/recover.h"

enum { DEVICE_BYTES = 2 * 1024 * 1024, CONFIG_SIZE = 40, DATA_SIZE = 700 };

struct world {
	struct kunit *test;
	u8 *device;
	u8 *buf;
	u8 *build;
	u8 *payload;
	struct disk_plan *plan;
	struct disk_super super;
	struct disk_hard hard;
	struct disk_cursor cursor;
	u64 last;
	u64 term;
	u64 config_index, config_lsn, config_position;
	/* what recovery handed on */
	u64 got_first, got_last, got_config;
	u32 entries, wrong;
	/* reads */
	u64 read_before;		/* bytes from in front of the checkpoint */
	u32 failed;			/* reads */
	u64 bad_at;			/* this granule cannot be read */
	int bad_error;
	int sink_error;
	struct recover_result r;
};

static int world_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct world *w = ctx;
	u64 bad = w->bad_at << w->super.granule_shift;

	if (offset > DEVICE_BYTES || bytes > DEVICE_BYTES - offset || buf != w->buf) {
		w->wrong++;
		return -EFAULT;
	}
	w->read_before += offset < w->hard.check.position << w->super.granule_shift ? bytes : 0;
	if (w->bad_error && offset <= bad && bad < offset + bytes) {
		w->failed++;
		return w->bad_error;
	}
	memcpy(buf, w->device + offset, bytes);
	return 0;
}

static u8 payload_byte(u64 index, u32 i)
{
	return index * 31 + i;
}

static void payload_check(struct world *w, const struct raft_entry *e, const u8 *p)
{
	u32 i;

	for (i = 0; i < e->size; i++)
		w->wrong += p[i] != payload_byte(e->index, i);
}

static int world_entry(void *ctx, const struct raft_entry *e, const void *payload)
{
	struct world *w = ctx;

	if (!w->entries++)
		w->got_first = e->index;
	else if (e->index != w->got_last + 1)
		w->wrong++;
	w->got_last = e->index;
	payload_check(w, e, payload);
	return 0;
}

static int world_config(void *ctx, const struct raft_entry *e, const void *payload)
{
	struct world *w = ctx;

	if (e->type != RAFT_ENTRY_CONFIG || w->entries)
		w->wrong++;
	w->got_config = e->index;
	payload_check(w, e, payload);
	return w->sink_error;
}

static void *room(struct kunit *test, size_t bytes)
{
	void *p = kunit_kzalloc(test, bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static struct world *world_new(struct kunit *test)
{
	struct world *w = room(test, sizeof(*w));
	struct disk_format *f = room(test, sizeof(*f));
	u32 i;

	w->test = test;
	w->device = room(test, DEVICE_BYTES);
	w->buf = room(test, QUORUM_RECORD_BYTES_MAX);
	w->build = room(test, QUORUM_RECORD_BYTES_MAX);
	w->payload = room(test, QUORUM_ENTRY_BYTES_MAX);
	w->plan = room(test, sizeof(*w->plan));
	f->device_bytes = DEVICE_BYTES;
	f->logical_block = 512;
	f->physical_block = 512;
	f->node = 1;
	memset(f->device, 0x5a, 15);
	f->genesis.cluster[0] = 1;
	strcpy(f->genesis.group, "check");
	f->genesis.heartbeat_us = 50000;
	f->genesis.election_min_us = 150000;
	f->genesis.election_max_us = 300000;
	f->genesis.n = 1;
	f->genesis.members[0] = (struct genesis_member){ 1, true };
	KUNIT_ASSERT_EQ(test, (int)disk_format_plan(w->plan, f), (int)DISK_OK);
	for (i = 0; i < w->plan->n; i++)
		if (w->plan->write[i].data)
			memcpy(w->device + w->plan->write[i].offset, w->plan->write[i].data,
			       w->plan->write[i].bytes);
	w->super = w->plan->super;
	w->hard = w->plan->hard;
	w->hard.epoch = 1;
	w->hard.clean = false;
	w->term = 1;
	w->cursor.position = w->hard.start_position;
	w->cursor.lsn = w->hard.start_lsn;
	w->cursor.prev_crc = w->hard.start_prev_crc;
	w->cursor.epoch = 1;
	return w;
}

static void put_record(struct world *w, u64 truncate, u32 n, bool config)
{
	struct raft_entry e = { .term = w->term, .type = RAFT_ENTRY_DATA, .size = DATA_SIZE };
	struct disk_cursor before;
	struct disk_batch b;
	u32 i, bytes;

	if (truncate)
		w->last = truncate - 1;
	disk_batch_begin(&b, w->build, truncate, w->last + 1);
	for (; n; n--) {
		e.index = ++w->last;
		if (config) {
			e.type = RAFT_ENTRY_CONFIG;
			e.size = CONFIG_SIZE;
		}
		for (i = 0; i < e.size; i++)
			w->payload[i] = payload_byte(e.index, i);
		KUNIT_ASSERT_TRUE(w->test, disk_batch_add(&b, &e, w->payload));
	}
	if (!disk_cursor_fits(&w->cursor, &w->super, b.bytes))
		disk_pad_seal(w->device + (w->cursor.position << w->super.granule_shift),
			      &w->super, &w->cursor, w->cursor.lsn - 1);
	before = w->cursor;
	bytes = disk_batch_seal(&b, &w->super, &w->cursor, w->cursor.lsn - 1);
	memcpy(w->device + (before.position << w->super.granule_shift), w->build, bytes);
	if (config) {
		w->config_index = e.index;
		w->config_lsn = before.lsn;
		w->config_position = before.position;
	}
}

static void put(struct world *w, u32 records)
{
	while (records--)
		put_record(w, 0, 1, false);
}

/* What a store does when all of it is committed. */
static void checkpoint(struct world *w)
{
	w->hard.check = (struct disk_checkpoint){
		.position = w->cursor.position, .lsn = w->cursor.lsn, .epoch = w->cursor.epoch,
		.index = w->last, .term = w->term, .prev_crc = w->cursor.prev_crc,
		.config_index = w->config_index, .config_lsn = w->config_lsn,
		.config_position = w->config_position,
	};
}

static int recover(struct world *w, int (*how)(const struct recover_io *io,
					       const struct disk_super *super,
					       const struct disk_hard *hard, void *buf,
					       u32 buf_bytes, const struct recover_sink *sink,
					       struct recover_result *result))
{
	const struct recover_io io = { world_read, w, DEVICE_BYTES };
	const struct recover_sink sink = {
		.entry = world_entry, .config = world_config, .ctx = w,
	};
	int error;

	memset(&w->r, 0, sizeof(w->r));
	w->got_first = 0;
	w->got_last = 0;
	w->got_config = 0;
	w->entries = 0;
	w->read_before = 0;
	error = how(&io, &w->super, &w->hard, w->buf, QUORUM_RECORD_BYTES_MAX, &sink, &w->r);
	KUNIT_EXPECT_EQ(w->test, w->wrong, 0U);
	return error;
}

/* Both ways come to the same end. */
static void expect_tail(struct world *w, u8 check, u8 row, u64 first)
{
	struct recover_result whole;

	KUNIT_ASSERT_EQ(w->test, recover(w, recover_log), 0);
	whole = w->r;
	KUNIT_ASSERT_EQ(w->test, recover(w, recover_tail), 0);
	KUNIT_EXPECT_EQ(w->test, w->r.check, check);
	KUNIT_EXPECT_EQ(w->test, w->r.row, row);
	KUNIT_EXPECT_EQ(w->test, w->r.row, whole.row);
	KUNIT_EXPECT_EQ(w->test, w->got_first, first);
	KUNIT_EXPECT_EQ(w->test, w->r.last_index, whole.last_index);
	KUNIT_EXPECT_EQ(w->test, w->r.last_term, whole.last_term);
	KUNIT_EXPECT_EQ(w->test, w->r.used, whole.used);
	KUNIT_EXPECT_EQ(w->test, memcmp(&w->r.next, &whole.next, sizeof(whole.next)), 0);
}

static void smash(struct world *w, u64 position)
{
	w->device[(position << w->super.granule_shift) + 30] ^= 1;
}

static void row_t_the_walk_begins_at_the_checkpoint(struct kunit *test)
{
	struct world *w = world_new(test);

	put(w, 5);
	put_record(w, 0, 1, true);
	put(w, 3);
	w->term = 2;
	put(w, 1);
	checkpoint(w);
	put(w, 4);
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, 11);
	KUNIT_EXPECT_EQ(test, w->got_config, 6ULL);
	KUNIT_EXPECT_EQ(test, w->got_last, 14ULL);
	/* Nothing is read of what lies before, the configuration aside. */
	w->bad_at = w->hard.start_position;
	w->bad_error = -EIO;
	KUNIT_EXPECT_EQ(test, recover(w, recover_tail), 0);
	KUNIT_EXPECT_EQ(test, w->r.check, RECOVER_T_CHECKPOINT);
	KUNIT_EXPECT_EQ(test, recover(w, recover_log), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_O_WITNESS);
}

static void row_t_at_the_very_end(struct kunit *test)
{
	struct world *w = world_new(test);

	put(w, 5);
	checkpoint(w);
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, 0);
	KUNIT_EXPECT_EQ(test, w->r.last_index, 5ULL);
	KUNIT_EXPECT_EQ(test, w->r.last_term, 1ULL);
	KUNIT_EXPECT_EQ(test, w->got_config, 0ULL);
	w->hard.clean = true;
	w->hard.end_lsn = w->cursor.lsn;
	w->hard.last_index = w->last;
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_L_CLEAN, 0);
	/* None, or one where the log begins. */
	memset(&w->hard.check, 0, sizeof(w->hard.check));
	expect_tail(w, RECOVER_ROW_NONE, RECOVER_L_CLEAN, 1);
	w = world_new(test);
	checkpoint(w);
	put(w, 3);
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, 1);
}

static void row_t_over_the_end_of_the_ring(struct kunit *test)
{
	struct world *w = world_new(test);
	u32 i;

	/* More than two laps. */
	for (i = 0; i < 3200; i++) {
		put(w, 1);
		/* The store lets go of what is more than half a ring behind. */
		if (i % 400 == 399) {
			w->hard.start_position = w->cursor.position;
			w->hard.start_lsn = w->cursor.lsn;
			w->hard.start_prev_crc = w->cursor.prev_crc;
			w->hard.base_index = w->last;
			w->hard.base_term = w->term;
		}
		if (i % 70 == 69) {
			checkpoint(w);
			put(w, 2);
			expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN,
				    max(w->hard.check.index, w->hard.base_index) + 1);
			KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
			KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_L_CLEAN);
		}
	}
}

/* The log begins inside a record: entries up to the base are no part of it. */
static void row_t_with_a_base_behind_the_checkpoint(struct kunit *test)
{
	struct world *w = world_new(test);

	put_record(w, 0, 1, true);
	put(w, 4);
	checkpoint(w);
	w->hard.base_index = 7;
	w->hard.base_term = 1;
	put(w, 5);
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, 8);
	/* The snapshot has the configuration. */
	KUNIT_EXPECT_EQ(test, w->got_config, 0ULL);
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_L_CLEAN);
}

static void damage_behind_the_checkpoint_is_judged_as_ever(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 position;

	put(w, 3);
	checkpoint(w);
	put(w, 1);
	position = w->cursor.position;
	put(w, 2);
	smash(w, position);
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_O_WITNESS, 4);
	KUNIT_EXPECT_EQ(test, w->r.last_index, 4ULL);
	/* A record that would cut what is committed does not continue the log. */
	w = world_new(test);
	put(w, 3);
	checkpoint(w);
	put_record(w, 3, 1, false);
	KUNIT_ASSERT_EQ(test, recover(w, recover_tail), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_K_GAP);
	KUNIT_EXPECT_EQ(test, w->r.last_index, 3ULL);
	put_record(w, 4, 1, false);
}

static void row_u_a_damaged_configuration(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 config;

	put(w, 2);
	put_record(w, 0, 1, true);
	config = w->config_position;
	put(w, 2);
	checkpoint(w);
	put(w, 2);
	/* Its header, its content, its place, what the checkpoint says of it. */
	smash(w, config);
	expect_tail(w, RECOVER_U_CHECK_VOID, RECOVER_O_WITNESS, 1);
	smash(w, config);
	w->device[(config << w->super.granule_shift) + DISK_HEADER_BYTES + 50] ^= 1;
	expect_tail(w, RECOVER_U_CHECK_VOID, RECOVER_O_WITNESS, 1);
	w->device[(config << w->super.granule_shift) + DISK_HEADER_BYTES + 50] ^= 1;
	w->hard.check.config_position = config + 2;
	expect_tail(w, RECOVER_U_CHECK_VOID, RECOVER_P_TORN, 1);
	w->hard.check.config_position = config;
	w->hard.check.config_index--;
	expect_tail(w, RECOVER_U_CHECK_VOID, RECOVER_P_TORN, 1);
	w->hard.check.config_index++;
	/* It cannot be read: then the whole log cannot either. */
	w->bad_at = config;
	w->bad_error = -EIO;
	expect_tail(w, RECOVER_U_CHECK_VOID, RECOVER_O_WITNESS, 1);
	w->bad_error = -EINTR;
	KUNIT_EXPECT_EQ(test, recover(w, recover_tail), -EINTR);
	KUNIT_EXPECT_EQ(test, w->r.check, RECOVER_ROW_NONE);
	w->bad_error = 0;
	/* Whoever takes it may refuse; nobody need take it. */
	w->sink_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, recover(w, recover_tail), -ENOMEM);
	w->sink_error = 0;
	expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, 6);
}

static void row_v_damage_before_the_checkpoint(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 position, at, end;

	put(w, 2);
	put_record(w, 0, 1, true);
	put(w, 3);
	end = w->cursor.position;
	checkpoint(w);
	put(w, 2);
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_L_CLEAN);
	KUNIT_EXPECT_FALSE(test, recover_heals(&w->r));
	KUNIT_EXPECT_EQ(test, w->entries, 6U);
	/* Every granule of it. */
	for (position = w->hard.start_position; position < end; position++) {
		smash(w, position);
		KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
		KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_V_BEFORE);
		KUNIT_EXPECT_TRUE(test, recover_heals(&w->r));
		KUNIT_EXPECT_EQ(test, w->r.seen_last, 6ULL);
		KUNIT_EXPECT_LT(test, w->r.last_index, 6ULL);
		smash(w, position);
	}
	/* A chain that goes somewhere else. */
	w->hard.check.prev_crc ^= 1;
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_V_BEFORE);
	w->hard.check.prev_crc ^= 1;
	w->hard.check.index++;
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_V_BEFORE);
	w->hard.check.index--;
	at = w->hard.check.position;
	w->hard.check.position++;
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_V_BEFORE);
	w->hard.check.position = at;
	/* What lies behind is not looked at. */
	smash(w, at);
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_L_CLEAN);
	w->bad_at = w->hard.start_position;
	w->bad_error = -EIO;
	KUNIT_ASSERT_EQ(test, recover(w, recover_before), 0);
	KUNIT_EXPECT_EQ(test, w->r.row, RECOVER_V_BEFORE);
	w->bad_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, recover(w, recover_before), -ETIMEDOUT);
	memset(&w->hard.check, 0, sizeof(w->hard.check));
	KUNIT_EXPECT_EQ(test, recover(w, recover_before), -EINVAL);
}

/* However long the log is, of what lies before its checkpoint one record is read. */
static void reading_does_not_grow_with_the_log(struct kunit *test)
{
	const u32 lengths[] = { 300, 600, 1000 };
	u32 i;

	for (i = 0; i < 3; i++) {
		struct world *w = world_new(test);

		put_record(w, 0, 1, true);
		put(w, lengths[i]);
		checkpoint(w);
		put(w, 20);
		expect_tail(w, RECOVER_T_CHECKPOINT, RECOVER_P_TORN, lengths[i] + 2);
		/* A buffer full is read at once. */
		KUNIT_EXPECT_EQ(test, w->read_before, (u64)QUORUM_RECORD_BYTES_MAX);
		KUNIT_ASSERT_EQ(test, recover(w, recover_log), 0);
		KUNIT_EXPECT_GT(test, w->read_before, lengths[i] * 1000ULL);
	}
}

static void buffers_are_large_enough(struct kunit *test)
{
	struct world *w = world_new(test);
	const struct recover_io io = { world_read, w, DEVICE_BYTES };

	checkpoint(w);
	KUNIT_EXPECT_EQ(test, recover_tail(&io, &w->super, &w->hard, w->buf, 4096, NULL, &w->r),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, recover_before(&io, &w->super, &w->hard, w->buf, 4096, NULL, &w->r),
			-EINVAL);
	put_record(w, 0, 1, true);
	put(w, 1);
	checkpoint(w);
	put(w, 1);
	KUNIT_EXPECT_EQ(test, recover_tail(&io, &w->super, &w->hard, w->buf,
					   QUORUM_RECORD_BYTES_MAX, NULL, &w->r), 0);
	KUNIT_EXPECT_EQ(test, w->r.last_index, 3ULL);
}

/* One granule of the ring cannot be read: what is the verdict? */
static void expect_bad(struct world *w, u64 position, u8 row, u64 last)
{
	w->bad_at = position;
	w->failed = 0;
	KUNIT_ASSERT_EQ(w->test, recover(w, recover_log), 0);
	KUNIT_EXPECT_EQ(w->test, w->r.row, row);
	KUNIT_EXPECT_EQ(w->test, w->r.last_index, last);
	KUNIT_EXPECT_EQ(w->test, w->r.verdict == RECOVER_CORRUPT, recover_heals(&w->r));
}

static void row_w_what_cannot_be_read(struct kunit *test)
{
	static const int errors[] = { -EIO, -ENODATA, -EILSEQ };
	struct world *w = world_new(test);
	u64 first, last, end, position;
	u32 i;

	put(w, 100);
	first = w->cursor.position;
	put(w, 1);
	last = w->cursor.position;
	put(w, 1);
	end = w->cursor.position;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		w->bad_error = errors[i];
		/* The last one, head or content; and its place is the next one's. */
		for (position = last; position < end; position++) {
			expect_bad(w, position, RECOVER_W_UNREAD, 101);
			KUNIT_EXPECT_EQ(test, w->r.position, last);
			KUNIT_EXPECT_EQ(test, w->r.torn, 0ULL);
		}
	}
	/* The one before it, which the last vouches for. */
	expect_bad(w, first, RECOVER_O_WITNESS, 100);
	KUNIT_EXPECT_EQ(test, w->r.seen_last, 102ULL);
	/* A witness of more may have been there. */
	expect_bad(w, end, RECOVER_W_UNREAD, 102);
	expect_bad(w, end + 100, RECOVER_W_UNREAD, 102);
	/* It does not keep the device busy with each record in front of it. */
	KUNIT_EXPECT_LE(test, w->failed, 4U);
	expect_bad(w, w->hard.start_position - 1, RECOVER_P_TORN, 102);
}

static void row_w_after_a_clean_stop(struct kunit *test)
{
	struct world *w = world_new(test);
	u64 last;

	put(w, 3);
	last = w->cursor.position;
	put(w, 1);
	w->hard.clean = true;
	w->hard.end_lsn = w->cursor.lsn;
	w->hard.last_index = w->last;
	w->bad_error = -EIO;
	expect_bad(w, last, RECOVER_M_SHORT, 3);
	expect_bad(w, last + 1, RECOVER_M_SHORT, 3);
	/* Nothing is wanted from behind the end. */
	expect_bad(w, w->cursor.position, RECOVER_L_CLEAN, 4);
	/* What the other end of the way says is no verdict. */
	w->bad_error = -ETIMEDOUT;
	w->bad_at = last;
	KUNIT_EXPECT_EQ(test, recover(w, recover_log), -ETIMEDOUT);
	w->bad_at = last + 1;
	KUNIT_EXPECT_EQ(test, recover(w, recover_log), -ETIMEDOUT);
	w->hard.clean = false;
	w->bad_at = w->cursor.position + 3;
	KUNIT_EXPECT_EQ(test, recover(w, recover_log), -ETIMEDOUT);
}

static struct kunit_case checkpoint_cases[] = {
	KUNIT_CASE(row_t_the_walk_begins_at_the_checkpoint),
	KUNIT_CASE(row_t_at_the_very_end),
	KUNIT_CASE(row_t_over_the_end_of_the_ring),
	KUNIT_CASE(row_t_with_a_base_behind_the_checkpoint),
	KUNIT_CASE(damage_behind_the_checkpoint_is_judged_as_ever),
	KUNIT_CASE(row_u_a_damaged_configuration),
	KUNIT_CASE(row_v_damage_before_the_checkpoint),
	KUNIT_CASE(row_w_what_cannot_be_read),
	KUNIT_CASE(row_w_after_a_clean_stop),
	KUNIT_CASE(reading_does_not_grow_with_the_log),
	KUNIT_CASE(buffers_are_large_enough),
	{}
};

static struct kunit_suite checkpoint_suite = {
	.name = "quorum_checkpoint",
	.test_cases = checkpoint_cases,
};

kunit_test_suite(checkpoint_suite);
