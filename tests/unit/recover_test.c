// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: every row of the decision table, torn and rotten images.
 *
 * A test builds a device in memory with the same codecs the kernel uses, spoils
 * it, and recovers.  Whatever was spoilt, every entry that recovery hands on must
 * be the one that was written: its payload follows from (index, term).
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/crc32c.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../../module/format/recover.h"

enum {
	DEVICE_BYTES	= QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES,
	INDEX_MAX	= 4096,
	RECORDS_MAX	= 512,
};

struct image {
	struct kunit *test;
	u8 *device;
	u8 *buf;			/* of recovery */
	u8 *build;			/* of the writer */
	u8 *payload;
	struct disk_plan *plan;
	struct disk_super super;
	struct disk_hard hard;
	struct disk_cursor cursor;
	struct disk_head *heads;	/* of the records written, by number - 1 */
	u32 records;
	u64 *terms;			/* by index: what the log should hold */
	u64 last;
	/* what recovery handed on */
	u64 *got_terms;
	u64 got_first;
	u64 got_last;
	u32 wrong;
	u64 bad_from;			/* reads at and behind fail */
	int bad_error;
	u32 reads, fail_nth;		/* this one fails, counted from 1 */
	int fail_error;
	struct disk_hard found;
	struct recover_result r;
};

static int image_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct image *m = ctx;

	if (offset > DEVICE_BYTES || bytes > DEVICE_BYTES - offset || buf != m->buf) {
		m->wrong++;
		return -EFAULT;
	}
	if (++m->reads == m->fail_nth)
		return m->fail_error;
	if (m->bad_error && offset + bytes > m->bad_from)
		return m->bad_error;
	memcpy(buf, m->device + offset, bytes);
	return 0;
}

static u8 payload_byte(u64 index, u64 term, u32 i)
{
	return index * 31 + term * 7 + i;
}

static u32 payload_size(u64 index, u64 term)
{
	return (index * 37 + term * 11) % 300;
}

static int image_entry(void *ctx, const struct raft_entry *e, const void *payload)
{
	struct image *m = ctx;
	const u8 *p = payload;
	u32 i;

	if (m->got_last == 0)
		m->got_first = e->index;
	else if (e->index != m->got_last + 1)
		m->wrong++;
	if (e->index >= INDEX_MAX || e->tag != e->index * 1000 + e->term || e->origin != 3 ||
	    e->type != RAFT_ENTRY_DATA)
		m->wrong++;
	for (i = 0; i < e->size; i++)
		if (p[i] != payload_byte(e->index, e->term, i))
			m->wrong++;
	m->got_terms[min_t(u64, e->index, INDEX_MAX - 1)] = e->term;
	m->got_last = e->index;
	return 0;
}

static int image_truncate(void *ctx, u64 index)
{
	struct image *m = ctx;

	if (index > m->got_last)
		m->wrong++;
	m->got_last = index - 1;
	return 0;
}

static const struct recover_sink image_sink_ops = {
	.entry = image_entry, .truncate = image_truncate,
};

static void *room(struct kunit *test, size_t bytes)
{
	void *p = kunit_kzalloc(test, bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	return p;
}

static void image_format(struct image *m, u32 granule)
{
	struct disk_format *f = room(m->test, sizeof(*f));
	u32 i;

	f->device_bytes = DEVICE_BYTES;
	f->logical_block = 512;
	f->physical_block = granule;
	f->node = 2;
	memset(f->device, 0x5a, 15);
	f->genesis.cluster[0] = 1;
	strcpy(f->genesis.group, "demo");
	f->genesis.heartbeat_us = 50000;
	f->genesis.election_min_us = 150000;
	f->genesis.election_max_us = 300000;
	f->genesis.n = 2;
	f->genesis.members[0] = (struct genesis_member){ 1, true };
	f->genesis.members[1] = (struct genesis_member){ 2, true };
	KUNIT_ASSERT_EQ(m->test, (int)disk_format_plan(m->plan, f), (int)DISK_OK);
	for (i = 0; i < m->plan->n; i++) {
		const struct disk_plan_write *w = &m->plan->write[i];

		if (w->data)
			memcpy(m->device + w->offset, w->data, w->bytes);
		else
			memset(m->device + w->offset, 0, w->bytes);
	}
	m->super = m->plan->super;
	m->hard = m->plan->hard;
}

static struct image *image_new(struct kunit *test, u32 granule)
{
	struct image *m = room(test, sizeof(*m));

	m->test = test;
	m->device = room(test, DEVICE_BYTES);
	m->buf = room(test, QUORUM_RECORD_BYTES_MAX);
	m->build = room(test, QUORUM_RECORD_BYTES_MAX);
	m->payload = room(test, QUORUM_ENTRY_BYTES_MAX);
	m->plan = room(test, sizeof(*m->plan));
	m->heads = room(test, RECORDS_MAX * sizeof(*m->heads));
	m->terms = room(test, INDEX_MAX * sizeof(u64));
	m->got_terms = room(test, INDEX_MAX * sizeof(u64));
	image_format(m, granule);
	return m;
}

static u64 offset_of(const struct image *m, u64 position)
{
	return position << m->super.granule_shift;
}

static u8 *slot_at(struct image *m, u32 mirror, u32 slot)
{
	return m->device + disk_hard_block(&m->super, mirror, slot) * QUORUM_BLOCK_BYTES;
}

/* Write the next generation of the hard state to both mirrors. */
static void hard_write(struct image *m)
{
	u32 i;

	m->hard.generation++;
	for (i = 0; i < DISK_MIRRORS; i++)
		disk_hard_encode(&m->super, &m->hard, i, slot_at(m, i, m->hard.generation & 1));
}

/* Open: raise the epoch. */
static void image_open(struct image *m)
{
	m->hard.epoch++;
	m->hard.clean = false;
	hard_write(m);
	if (!m->records) {
		m->cursor.position = m->hard.start_position;
		m->cursor.lsn = m->hard.start_lsn;
		m->cursor.prev_crc = m->hard.start_prev_crc;
	}
	m->cursor.epoch = m->hard.epoch;
}

static void image_stop(struct image *m)
{
	m->hard.clean = true;
	m->hard.end_lsn = m->cursor.lsn;
	m->hard.last_index = m->last;
	hard_write(m);
}

static void note_record(struct image *m, u64 position)
{
	KUNIT_ASSERT_LT(m->test, m->records, (u32)RECORDS_MAX);
	KUNIT_ASSERT_EQ(m->test, (int)disk_record_decode(&m->super,
							 m->device + offset_of(m, position),
							 position, &m->heads[m->records++]),
			(int)DISK_OK);
}

/* Write what is in the batch; @flushed is what the writer knew. */
static void image_seal(struct image *m, struct disk_batch *b, u64 flushed)
{
	u64 position;
	u32 bytes;

	if (!disk_cursor_fits(&m->cursor, &m->super, b->bytes)) {
		position = m->cursor.position;
		disk_pad_seal(m->device + offset_of(m, position), &m->super, &m->cursor, flushed);
		note_record(m, position);
	}
	position = m->cursor.position;
	bytes = disk_batch_seal(b, &m->super, &m->cursor, flushed);
	memcpy(m->device + offset_of(m, position), m->build, bytes);
	note_record(m, position);
}

static bool batch_entry(struct image *m, struct disk_batch *b, u64 index, u64 term, u32 size)
{
	struct raft_entry e = {
		.index = index, .term = term, .tag = index * 1000 + term, .origin = 3,
		.size = size, .type = RAFT_ENTRY_DATA,
	};
	u32 i;

	for (i = 0; i < size; i++)
		m->payload[i] = payload_byte(index, term, i);
	return disk_batch_add(b, &e, m->payload);
}

/* One record of @n entries of @term; @lag records were under way before it. */
static void put_sized(struct image *m, u64 truncate, u32 n, u64 term, u32 lag, u32 size)
{
	u64 flushed = m->cursor.lsn - 1 > lag ? m->cursor.lsn - 1 - lag : 0;
	struct disk_batch b;

	if (truncate)
		m->last = truncate - 1;
	disk_batch_begin(&b, m->build, truncate, m->last + 1);
	for (; n; n--) {
		u64 index = ++m->last;

		m->terms[index] = term;
		KUNIT_ASSERT_TRUE(m->test, batch_entry(m, &b, index, term, size != ~0U ? size :
						       payload_size(index, term)));
	}
	image_seal(m, &b, flushed);
}

static void put(struct image *m, u64 truncate, u32 n, u64 term, u32 lag)
{
	put_sized(m, truncate, n, term, lag, ~0U);
}

static int image_recover(struct image *m)
{
	struct recover_io io = { image_read, m, DEVICE_BYTES };
	struct recover_sink sink = image_sink_ops;
	struct disk_super super;
	int error;

	sink.ctx = m;
	m->got_first = 0;
	m->got_last = 0;
	error = recover_super(&io, m->buf, &super, &m->r);
	if (!error && !m->r.verdict)
		recover_match(&super, &m->super.genesis, m->super.node, &m->r);
	if (!error && !m->r.verdict)
		error = recover_hard(&io, &super, m->buf, &m->found, &m->r);
	if (!error && !m->r.verdict)
		error = recover_log(&io, &super, &m->found, m->buf, QUORUM_RECORD_BYTES_MAX,
				    &sink, &m->r);
	KUNIT_EXPECT_EQ(m->test, m->wrong, 0U);
	return error;
}

/* Recover; the row and the entries must be as expected. */
static void expect(struct image *m, u8 row, u64 last)
{
	u64 i;

	KUNIT_ASSERT_EQ(m->test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(m->test, m->r.row, row);
	if (m->r.verdict == RECOVER_CLEAN || m->r.verdict == RECOVER_TORN) {
		KUNIT_EXPECT_EQ(m->test, m->r.last_index, last);
		KUNIT_EXPECT_EQ(m->test, max(m->got_last, m->found.base_index), last);
		for (i = m->found.base_index + 1; i <= last; i++)
			KUNIT_EXPECT_EQ(m->test, m->got_terms[i], m->terms[i]);
	}
}

static u8 *record_at(struct image *m, u64 lsn)
{
	return m->device + offset_of(m, m->heads[lsn - 1].position);
}

/* Three records, unclean; nothing special about them. */
static struct image *example(struct kunit *test, u32 granule)
{
	struct image *m = image_new(test, granule);

	image_open(m);
	put(m, 0, 2, 1, 0);
	put(m, 0, 3, 1, 0);
	put(m, 0, 1, 2, 0);
	return m;
}

/* ---- the decision table ---- */

static void row_a_unformatted(struct kunit *test)
{
	struct image *m = image_new(test, 512);

	memset(m->device, 0, DEVICE_BYTES);
	expect(m, RECOVER_A_ZERO, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_UNFORMATTED);
	/* Only the ends are looked at. */
	m->device[DEVICE_BYTES / 2] = 1;
	expect(m, RECOVER_A_ZERO, 0);
}

static void row_b_foreign(struct kunit *test)
{
	struct image *m = image_new(test, 512);

	memset(m->device + DEVICE_BYTES - 4096, 0, 4096);
	memset(m->device, 0, 4096);
	m->device[DEVICE_BYTES - 1] = 1;
	expect(m, RECOVER_B_OTHER, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_FOREIGN);
	/* A file system over the first block; the last is still ours. */
	image_format(m, 512);
	memset(m->device, 0x77, 4096);
	expect(m, RECOVER_B_OTHER, 0);
}

static void row_c_too_new(struct kunit *test)
{
	struct image *m = image_new(test, 512);

	m->super.incompat = 4;
	disk_super_encode(&m->super, m->device);
	expect(m, RECOVER_C_VERSION, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_TOO_NEW);
	/* Only the second copy can be read. */
	memcpy(m->device + DEVICE_BYTES - 4096, m->device, 4096);
	memset(m->device, 0, 4096);
	expect(m, RECOVER_C_VERSION, 0);
}

static void row_d_superblocks_damaged(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->device[100] ^= 1;
	expect(m, RECOVER_P_TORN, 6);
	KUNIT_EXPECT_EQ(test, m->r.super_bad, 1);
	m->device[DEVICE_BYTES - 1] ^= 1;
	expect(m, RECOVER_D_SUPER, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	m->device[100] ^= 1;
	expect(m, RECOVER_P_TORN, 6);
	KUNIT_EXPECT_EQ(test, m->r.super_bad, 2);
}

static void row_d_device_shrunk(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->super.blocks++;
	disk_super_encode(&m->super, m->device);
	expect(m, RECOVER_D_SHRUNK, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
}

static void row_e_superblocks_differ(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->super.device[0]++;
	disk_super_encode(&m->super, m->device);
	expect(m, RECOVER_E_SUPERS_DIFFER, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
}

static void row_f_someone_elses(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->super.node = 1;
	expect(m, RECOVER_F_NODE, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_FOREIGN);
	strcpy(m->super.genesis.group, "dem");
	expect(m, RECOVER_F_GROUP, 0);
	strcpy(m->super.genesis.group, "demo2");
	expect(m, RECOVER_F_GROUP, 0);
	m->super.genesis.cluster[15] = 1;
	expect(m, RECOVER_F_CLUSTER, 0);
}

static void row_g_no_hard_state(struct kunit *test)
{
	struct image *m = example(test, 512);
	u32 i;

	for (i = 0; i < 4; i++)
		slot_at(m, i / 2, i % 2)[24] ^= 1;
	expect(m, RECOVER_G_HARD, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.hard_bad, 15);
	for (i = 0; i < 4; i++)
		memset(slot_at(m, i / 2, i % 2), 0, 512);
	expect(m, RECOVER_G_HARD, 0);
}

static void row_h_hard_states_differ(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->hard.vote = 9;
	disk_hard_encode(&m->super, &m->hard, 1, slot_at(m, 1, m->hard.generation & 1));
	expect(m, RECOVER_H_HARDS_DIFFER, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	/* A newer generation settles it. */
	hard_write(m);
	expect(m, RECOVER_P_TORN, 6);
}

static void row_i_hard_state_went_back(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->cursor.epoch++;	/* as if the raise had been lost */
	put(m, 0, 1, 2, 0);
	expect(m, RECOVER_I_EPOCH, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 4ULL);
}

/* Give a record another type and make its header's checksum good again. */
static void retype(struct image *m, u64 lsn, u16 type)
{
	struct disk_record *d = (struct disk_record *)record_at(m, lsn);

	d->type = cpu_to_le16(type);
	d->hdr_crc = 0;
	d->hdr_crc = cpu_to_le32(crc32c(m->super.seed, d, DISK_HEADER_BYTES));
}

/* Number, epoch and place fit, but it does not follow the record before it. */
static void chain_is_followed(struct kunit *test)
{
	struct image *m = example(test, 512);

	((struct disk_record *)record_at(m, 3))->prev_crc ^= cpu_to_le32(1);
	retype(m, 3, DISK_ENTRIES);
	expect(m, RECOVER_P_TORN, 5);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 3ULL);
	/* The same for an epoch below that of the last good record. */
	m = example(test, 512);
	m->cursor.epoch = 0;
	put(m, 0, 1, 2, 0);
	expect(m, RECOVER_P_TORN, 6);
}

static void row_j_unknown_record(struct kunit *test)
{
	struct image *m = example(test, 512);

	retype(m, 3, 77);
	expect(m, RECOVER_J_TYPE, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_TOO_NEW);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 3ULL);
}

static void row_k_gap(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->last += 1;
	put(m, 0, 1, 2, 0);
	expect(m, RECOVER_K_GAP, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 4ULL);
}

static void row_k_truncation_behind_the_end(struct kunit *test)
{
	struct image *m = example(test, 512);

	put(m, 8, 0, 2, 0);
	expect(m, RECOVER_K_GAP, 0);
}

static void row_k_term_falls(struct kunit *test)
{
	struct image *m = example(test, 512);

	put(m, 0, 1, 1, 0);
	expect(m, RECOVER_K_GAP, 0);
}

static void row_k_base_not_reached(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->hard.base_index = 7;
	hard_write(m);
	expect(m, RECOVER_K_GAP, 0);
}

static void row_l_clean(struct kunit *test)
{
	struct image *m = image_new(test, 512);

	expect(m, RECOVER_L_CLEAN, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CLEAN);
	m = example(test, 512);
	image_stop(m);
	expect(m, RECOVER_L_CLEAN, 6);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CLEAN);
	KUNIT_EXPECT_EQ(test, m->r.records, 3ULL);
	KUNIT_EXPECT_EQ(test, m->r.last_term, 2ULL);
	KUNIT_EXPECT_EQ(test, m->r.next.lsn, m->cursor.lsn);
	KUNIT_EXPECT_EQ(test, m->r.next.position, m->cursor.position);
	KUNIT_EXPECT_EQ(test, m->r.next.prev_crc, m->cursor.prev_crc);
}

/* The very last record, which nothing but the clean stop vouches for. */
static void row_m_clean_but_short(struct kunit *test)
{
	struct image *m = example(test, 512);

	image_stop(m);
	record_at(m, 3)[200] ^= 1;
	expect(m, RECOVER_M_SHORT, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 3ULL);
	KUNIT_EXPECT_EQ(test, m->r.position, m->heads[2].position);
	/* The end fits, the last entry does not. */
	record_at(m, 3)[200] ^= 1;
	m->hard.last_index++;
	hard_write(m);
	expect(m, RECOVER_M_SHORT, 0);
}

static void row_n_clean_but_long(struct kunit *test)
{
	struct image *m = example(test, 512);

	image_stop(m);
	put(m, 0, 1, 2, 0);
	expect(m, RECOVER_N_LONG, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 4ULL);
	/* Its header is enough. */
	record_at(m, 4)[100] ^= 1;
	expect(m, RECOVER_N_LONG, 0);
}

/* A torn tail was cut off, and the opening that cut it stopped before it wrote. */
static void row_l_clean_before_a_torn_tail(struct kunit *test)
{
	struct image *m = example(test, 512);
	struct disk_cursor end = m->cursor;
	u64 last = m->last;

	put(m, 0, 1, 2, 0);
	record_at(m, 4)[100] ^= 1;
	expect(m, RECOVER_P_TORN, 6);
	m->cursor = end;
	m->last = last;
	image_open(m);
	image_stop(m);
	expect(m, RECOVER_L_CLEAN, 6);
}

static void row_o_witness(struct kunit *test)
{
	struct image *m = example(test, 512);

	record_at(m, 2)[90] ^= 1;
	expect(m, RECOVER_O_WITNESS, 0);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_CORRUPT);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 2ULL);
	KUNIT_EXPECT_EQ(test, m->r.witness_lsn, 3ULL);
	KUNIT_EXPECT_EQ(test, m->r.witness_position, m->heads[2].position);
	/* A witness whose own content is torn is one all the same. */
	record_at(m, 3)[100] ^= 1;
	expect(m, RECOVER_O_WITNESS, 0);
	/* Without a header it is none. */
	record_at(m, 3)[10] ^= 1;
	expect(m, RECOVER_P_TORN, 2);
}

static void row_p_torn(struct kunit *test)
{
	struct image *m = example(test, 512);

	expect(m, RECOVER_P_TORN, 6);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_TORN);
	KUNIT_EXPECT_EQ(test, m->r.torn, 0ULL);
	record_at(m, 3)[100] ^= 1;
	expect(m, RECOVER_P_TORN, 5);
	KUNIT_EXPECT_EQ(test, m->r.torn, 512ULL);
	KUNIT_EXPECT_EQ(test, m->r.lsn, 3ULL);
}

/* A window of records under way: the first is lost, the others have landed. */
static void row_p_torn_window(struct kunit *test)
{
	struct image *m = example(test, 512);
	u32 i;

	for (i = 0; i < DISK_WINDOW_RECORDS; i++)
		put(m, 0, 1, 2, i);
	record_at(m, 4)[0] ^= 1;
	expect(m, RECOVER_P_TORN, 6);
	KUNIT_EXPECT_GE(test, m->r.torn, 7 * 512ULL);
	/* The next one can only have been built after the first was durable. */
	put(m, 0, 1, 2, DISK_WINDOW_RECORDS - 1);
	expect(m, RECOVER_O_WITNESS, 0);
	KUNIT_EXPECT_EQ(test, m->r.witness_lsn, 4ULL + DISK_WINDOW_RECORDS);
}

/* The first certain witness as far away as it can be: records of full size. */
static void row_o_witness_far_away(struct kunit *test)
{
	struct image *m = image_new(test, 512);
	struct disk_batch b;
	u32 i, n;

	image_open(m);
	/* The ring of this small device takes two of full size behind the first. */
	for (i = 0; i < 2; i++) {
		disk_batch_begin(&b, m->build, 0, m->last + 1);
		for (n = 0; n < 3; n++) {
			m->last++;
			m->terms[m->last] = 1;
			batch_entry(m, &b, m->last, 1, QUORUM_ENTRY_BYTES_MAX);
		}
		image_seal(m, &b, 0);
	}
	put(m, 0, 1, 1, 1);
	expect(m, RECOVER_P_TORN, 7);
	record_at(m, 1)[0] ^= 1;
	expect(m, RECOVER_O_WITNESS, 0);
	KUNIT_EXPECT_EQ(test, m->r.witness_lsn, 3ULL);
}

/* log-formats.md, section 5, point 1: raised epoch, crash, damage. */
static void epoch_raised_and_nothing_written(struct kunit *test)
{
	struct image *m = example(test, 512);

	image_open(m);
	image_open(m);
	record_at(m, 2)[90] ^= 1;
	expect(m, RECOVER_O_WITNESS, 0);
	record_at(m, 2)[90] ^= 1;
	expect(m, RECOVER_P_TORN, 6);
}

/* A number is used again after a torn tail; what an earlier epoch left behind it
 * neither continues the log nor vouches for anything.
 */
static void numbers_are_used_again(struct kunit *test)
{
	struct image *m = example(test, 512);
	struct disk_cursor cut;
	u64 last = m->last;

	cut = m->cursor;
	put(m, 0, 1, 2, 0);		/* 4: torn below */
	put(m, 0, 1, 2, 1);		/* 5: landed */
	put(m, 0, 1, 2, 2);		/* 6: landed */
	record_at(m, 4)[0] ^= 1;
	expect(m, RECOVER_P_TORN, last);

	m->cursor = cut;
	m->last = last;
	m->records = 3;
	image_open(m);
	put(m, 0, 1, 3, 0);		/* 4 again, just as long */
	KUNIT_EXPECT_EQ(test, m->heads[3].position + 1, m->cursor.position);
	expect(m, RECOVER_P_TORN, last + 1);
	KUNIT_EXPECT_EQ(test, m->r.torn, 0ULL);
	image_stop(m);
	expect(m, RECOVER_L_CLEAN, last + 1);
}

static void truncation_records(struct kunit *test)
{
	struct image *m = example(test, 512);

	put(m, 4, 2, 3, 0);		/* truncates 4..6, adds 4, 5 */
	expect(m, RECOVER_P_TORN, 5);
	KUNIT_EXPECT_EQ(test, m->got_terms[4], 3ULL);
	put(m, 3, 0, 3, 0);		/* only truncates */
	expect(m, RECOVER_P_TORN, 2);
	KUNIT_EXPECT_EQ(test, m->r.last_term, 0ULL);
	KUNIT_EXPECT_EQ(test, m->r.truncations, 2ULL);
	put(m, 1, 4, 4, 0);		/* everything */
	put(m, 0, 3, 4, 0);
	expect(m, RECOVER_P_TORN, 7);
	put(m, 8, 1, 5, 0);		/* at the end: nothing */
	expect(m, RECOVER_P_TORN, 8);
	image_stop(m);
	expect(m, RECOVER_L_CLEAN, 8);
	/* The truncation is lost with its record, not half of it. */
	m->hard.clean = false;
	hard_write(m);
	put(m, 2, 5, 6, 0);
	record_at(m, m->records)[400] ^= 1;
	m->last = 8;
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, m->r.last_index, 8ULL);
}

/* ---- torn and rotten ---- */

/* The last record tears at every granule; old bytes or zeroes lie behind. */
static void torn_at_every_granule(struct kunit *test)
{
	static const u32 granules[] = { 512, 4096 };
	static const u32 sizes[] = { 10, 3000, 20000 };
	u32 i, k, cut, bytes, g;

	for (i = 0; i < ARRAY_SIZE(granules); i++) {
		g = granules[i];
		for (k = 0; k < ARRAY_SIZE(sizes); k++) {
			struct image *m = example(test, g);

			put_sized(m, 5, 1, 3, 0, sizes[k]);
			bytes = disk_record_bytes(&m->super, &m->heads[3]);
			memcpy(m->build, record_at(m, 4), bytes);
			for (cut = 0; cut <= bytes; cut += g) {
				memset(record_at(m, 4), cut & g ? 0xff : 0, bytes);
				memcpy(record_at(m, 4), m->build, cut);
				KUNIT_ASSERT_EQ(test, image_recover(m), 0);
				KUNIT_EXPECT_EQ(test, m->r.row, RECOVER_P_TORN);
				KUNIT_EXPECT_EQ(test, m->r.last_index, cut < bytes ? 6ULL : 5ULL);
				KUNIT_EXPECT_EQ(test, m->r.torn, cut && cut < bytes ? bytes : 0ULL);
			}
			/* In another order: the first granule is missing. */
			memset(record_at(m, 4), 0, g);
			m->terms[5] = 1;
			expect(m, RECOVER_P_TORN, 6);
		}
	}
}

/* The log must be a prefix of what was written, and of a clean log all of it. */
static void check_prefix(struct image *m, u64 where)
{
	u64 i;

	if (image_recover(m) || (m->r.verdict != RECOVER_CLEAN && m->r.verdict != RECOVER_TORN))
		return;
	KUNIT_EXPECT_LE_MSG(m->test, m->r.last_index, m->last, "flip at %llu",
			    (unsigned long long)where);
	for (i = 1; i <= m->r.last_index && i < INDEX_MAX; i++)
		KUNIT_EXPECT_EQ_MSG(m->test, m->got_terms[i], m->terms[i], "flip at %llu",
				    (unsigned long long)where);
	if (m->hard.clean)
		KUNIT_EXPECT_EQ(m->test, m->r.last_index, m->last);
	/* What a later record names as flushed is never cut off. */
	if (m->r.verdict == RECOVER_TORN)
		KUNIT_EXPECT_GT(m->test, m->r.next.lsn, m->heads[m->records - 1].flushed_lsn);
}

static void flip_area(struct image *m, u64 from, u64 to)
{
	u64 at;

	for (at = from; at < to; at++) {
		m->device[at] ^= 1 << (at % 8);
		check_prefix(m, at);
		m->device[at] ^= 1 << (at % 8);
	}
}

static void flips(struct kunit *test, bool clean)
{
	struct image *m = example(test, 512);
	u32 i;

	put(m, 0, 4, 2, 1);
	put(m, 0, 2, 3, 2);
	if (clean)
		image_stop(m);
	check_prefix(m, 0);
	KUNIT_EXPECT_EQ(test, m->r.last_index, m->last);
	flip_area(m, offset_of(m, m->hard.start_position), offset_of(m, m->cursor.position) + 512);
	for (i = 0; i < 4; i++)
		flip_area(m, slot_at(m, i / 2, i % 2) - m->device,
			  slot_at(m, i / 2, i % 2) - m->device + 512);
	flip_area(m, 0, 320);
	flip_area(m, DEVICE_BYTES - 4096, DEVICE_BYTES - 4096 + 320);
}

static void every_flip_of_an_unclean_image(struct kunit *test)
{
	flips(test, false);
}

static void every_flip_of_a_clean_image(struct kunit *test)
{
	flips(test, true);
}

/* ---- the ring ---- */

/* The log starts anew behind its newest record: everything before is compacted. */
static void compact(struct image *m, u64 lsn)
{
	const struct disk_head *head = &m->heads[lsn - 1];

	m->hard.start_position = head->position;
	m->hard.start_lsn = head->lsn;
	m->hard.start_prev_crc = head->prev_crc;
	m->hard.base_index = head->first_index + head->nr / 2 - 1;
	m->hard.base_term = m->terms[m->hard.base_index];
	hard_write(m);
}

/* Many laps of a ring that is compacted as it fills. */
static void laps(struct kunit *test, u32 granule, u32 size)
{
	struct image *m = image_new(test, granule);
	const u32 keep = 5;
	u32 i, pads = 0;

	image_open(m);
	for (i = 0; i < 120; i++) {
		put_sized(m, 0, 2, 1 + i / 40, 0, size + i * 97);
		pads = m->heads[m->records - 1].lsn - i - 1;
		if (m->heads[m->records - 1].lsn > keep &&
		    m->heads[m->records - 1 - keep].type == DISK_ENTRIES)
			compact(m, m->records - keep);
		if (i % 7 == 0 || i > 110)
			expect(m, RECOVER_P_TORN, m->last);
	}
	KUNIT_EXPECT_GT(test, pads, 2U);
	KUNIT_EXPECT_EQ(test, m->r.next.position, m->cursor.position);
	KUNIT_EXPECT_EQ(test, m->got_first, m->found.base_index + 1);
	image_stop(m);
	expect(m, RECOVER_L_CLEAN, m->last);
	/* Damage in the middle, with the ring full of records of earlier laps. */
	m->hard.clean = false;
	hard_write(m);
	record_at(m, m->records - 2)[3] ^= 1;
	expect(m, RECOVER_O_WITNESS, 0);
	record_at(m, m->records - 2)[3] ^= 1;
	record_at(m, m->records)[3] ^= 1;
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, m->r.row, RECOVER_P_TORN);
}

static void laps_of_small_granules(struct kunit *test)
{
	laps(test, 512, 10000);
}

static void laps_of_large_granules(struct kunit *test)
{
	laps(test, 4096, 10000);
}

/* A PAD record is damaged: as any other. */
static void damaged_pad(struct kunit *test)
{
	struct image *m = image_new(test, 512);
	u32 pad;

	image_open(m);
	do {
		put_sized(m, 0, 3, 1, 0, 25000);
		if (m->records == 4)
			compact(m, 4);
	} while (m->heads[m->records - 2 + (m->records < 2)].type != DISK_PAD);
	pad = m->records - 1;
	expect(m, RECOVER_P_TORN, m->last);
	KUNIT_EXPECT_EQ(test, m->heads[pad].position, disk_ring_first(&m->super));
	record_at(m, pad)[300] ^= 1;
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, m->r.row, RECOVER_P_TORN);
	KUNIT_EXPECT_EQ(test, m->r.lsn, (u64)pad);
	put(m, 0, 1, 1, 0);
	expect(m, RECOVER_O_WITNESS, 0);
}

/* What a format before left in the ring is never taken for ours. */
static void stale_records_of_another_format(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->plan->super.device[0] ^= 1;
	image_stop(m);
	m->records = 0;
	m->last = 0;
	image_format(m, 512);
	expect(m, RECOVER_L_CLEAN, 0);
	/* The same, but with another UUID and without wiping the ends. */
	m = example(test, 512);
	m->super.device[3] ^= 1;
	disk_super_encode(&m->super, m->device);
	disk_super_encode(&m->super, m->device + DEVICE_BYTES - 4096);
	expect(m, RECOVER_G_HARD, 0);
}

static void base_in_the_middle_of_a_record(struct kunit *test)
{
	struct image *m = example(test, 512);

	put(m, 0, 10, 2, 0);
	compact(m, 4);
	expect(m, RECOVER_P_TORN, 16);
	KUNIT_EXPECT_EQ(test, m->got_first, 12ULL);
	KUNIT_EXPECT_EQ(test, m->r.entries, 5ULL);
}

/* ---- hard state mirrors ---- */

static struct image *voted(struct kunit *test)
{
	struct image *m = example(test, 512);

	m->hard.term = 7;
	m->hard.vote = 1;
	hard_write(m);
	m->hard.term = 8;
	m->hard.vote = 2;
	hard_write(m);
	return m;
}

/* Every subset of the four slots spoilt, in two ways. */
static void hard_slots_in_every_combination(struct kunit *test)
{
	struct image *m = voted(test);
	u32 newest = m->hard.generation & 1, mask, i, torn;
	u8 *saved = room(test, 4 * 512);

	for (i = 0; i < 4; i++)
		memcpy(saved + i * 512, slot_at(m, i / 2, i % 2), 512);
	for (mask = 0; mask < 16; mask++) {
		for (torn = 0; torn < 2; torn++) {
			for (i = 0; i < 4; i++) {
				if (!(mask & 1 << i))
					continue;
				if (torn)
					memset(slot_at(m, i / 2, i % 2) + 64, 0xee, 448);
				else
					slot_at(m, i / 2, i % 2)[mask * 30] ^= 8;
			}
			KUNIT_ASSERT_EQ(test, image_recover(m), 0);
			for (i = 0; i < 4; i++)
				memcpy(slot_at(m, i / 2, i % 2), saved + i * 512, 512);
			if (mask == 15) {
				KUNIT_EXPECT_EQ(test, m->r.row, RECOVER_G_HARD);
			} else if ((mask & (1 << newest)) && (mask & (4 << newest))) {
				KUNIT_EXPECT_EQ(test, m->found.term, 7ULL);
				KUNIT_EXPECT_EQ(test, m->found.vote, 1U);
			} else {
				KUNIT_EXPECT_EQ(test, m->found.term, 8ULL);
				KUNIT_EXPECT_EQ(test, m->found.vote, 2U);
			}
			KUNIT_EXPECT_EQ(test, m->r.hard_bad, mask);
		}
	}
}

/* The crash comes when only one mirror has the newest: adopting it is harmless,
 * and no crash while the generation after that is written brings it back.
 */
static void hard_write_cut_between_mirrors(struct kunit *test)
{
	struct image *m = voted(test);
	struct disk_hard next = m->hard;
	u32 mirror;

	for (mirror = 0; mirror < 2; mirror++) {
		next.generation = m->hard.generation + 1;
		next.vote = 0;
		next.term = 9;
		disk_hard_encode(&m->super, &next, mirror, slot_at(m, mirror, next.generation & 1));
		expect(m, RECOVER_P_TORN, 6);
		KUNIT_EXPECT_EQ(test, m->found.term, 9ULL);
		m->hard = next;
		hard_write(m);
		memset(slot_at(m, 0, m->hard.generation & 1) + 8, 0xee, 504);
		memset(slot_at(m, 1, m->hard.generation & 1) + 8, 0xee, 504);
		/* Both copies of the newest torn: the one before must be in reach. */
		KUNIT_ASSERT_EQ(test, image_recover(m), 0);
		KUNIT_EXPECT_EQ(test, m->found.term, 9ULL);
		m->hard.generation++;
		hard_write(m);
	}
}

static void hard_state_misdirected(struct kunit *test)
{
	struct image *m = voted(test);
	u32 newest = m->hard.generation & 1;

	m->hard.generation += 2;
	m->hard.term = 99;
	/* The write for mirror A lands in mirror B. */
	disk_hard_encode(&m->super, &m->hard, 0, slot_at(m, 1, newest));
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, (int)m->r.row, (int)RECOVER_H_HARDS_DIFFER);
	KUNIT_EXPECT_FALSE(test, recover_heals(&m->r));
}

static void hard_state_values_are_checked(struct kunit *test)
{
	struct image *m = voted(test);
	struct disk_hard good = m->hard;

#define BAD(change) do {							\
	m->hard = good;								\
	m->hard.change;								\
	hard_write(m);								\
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);				\
	KUNIT_EXPECT_EQ_MSG(test, m->found.generation, good.generation, #change); \
} while (0)
	BAD(start_lsn = 0);
	BAD(start_position = 0);
	BAD(start_position = disk_ring_end(&m->super));
	BAD(start_position = U64_MAX);
#undef BAD
}

/* ---- reading ---- */

static void bad_sectors_are_damage(struct kunit *test)
{
	struct image *m = example(test, 512);

	/* Behind the log: what is needed is read alone. */
	m->bad_error = -EIO;
	m->bad_from = offset_of(m, m->heads[1].position);
	expect(m, RECOVER_W_UNREAD, 0);
	KUNIT_EXPECT_TRUE(test, recover_heals(&m->r));
	/* The second mirror and superblock are out of reach as well by then. */
	KUNIT_EXPECT_EQ(test, m->r.super_bad, 2);
	KUNIT_EXPECT_EQ(test, m->r.hard_bad, 12);
	KUNIT_EXPECT_EQ(test, m->r.records, 1ULL);
	/* Without superblock or hard state there is no verdict. */
	m->bad_from = 0;
	KUNIT_EXPECT_EQ(test, image_recover(m), -EIO);
	m->bad_from = 4096;
	KUNIT_EXPECT_EQ(test, image_recover(m), -EIO);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_NONE);
	m->bad_error = -EINTR;
	m->bad_from = DEVICE_BYTES - 4096;
	KUNIT_EXPECT_EQ(test, image_recover(m), -EINTR);
}

/* Whichever read is the one: what is not about the device ends it, as it is. */
static void every_read_may_fail(struct kunit *test)
{
	static const int errors[] = { -EIO, -EINTR, -ENOMEM };
	struct image *m = example(test, 512);
	u32 i, n, reads;
	int got;

	m->reads = 0;
	KUNIT_ASSERT_EQ(test, image_recover(m), 0);
	reads = m->reads;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		for (n = 1; n <= reads; n++) {
			m->reads = 0;
			m->fail_nth = n;
			m->fail_error = errors[i];
			got = image_recover(m);
			if (errors[i] != -EIO)
				KUNIT_EXPECT_EQ_MSG(test, got, errors[i], "read %u", n);
			else
				KUNIT_EXPECT_TRUE(test, got == 0 || got == -EIO);
		}
	}
}

/* A pair that counted may be in the slot that could not be read. */
static void an_unread_slot_may_hold_the_newest(struct kunit *test)
{
	struct image *m = voted(test);
	u32 newest = m->hard.generation & 1;
	u8 *other = slot_at(m, 0, newest);
	u64 generation = m->hard.generation;
	u8 kept = other[8];

	m->bad_error = -EIO;
	m->bad_from = slot_at(m, 1, 0) - m->device;
	/* The other mirror has as new a one: it is found, and the next goes past. */
	KUNIT_EXPECT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, m->found.vote, m->hard.vote);
	KUNIT_EXPECT_EQ(test, m->found.generation, generation + 2);
	/* It has not: the older pair would be a vote forgotten (bug V-1). */
	other[8] ^= 1;
	m->found.term = 0;
	KUNIT_EXPECT_EQ(test, image_recover(m), -EIO);
	KUNIT_EXPECT_EQ(test, m->r.verdict, RECOVER_NONE);
	KUNIT_EXPECT_EQ(test, m->r.records, 0ULL);
	memset(other, 0, 512);
	KUNIT_EXPECT_EQ(test, image_recover(m), -EIO);
	KUNIT_EXPECT_EQ(test, m->r.records, 0ULL);
	/* Torn in one mirror and readable in both, it is the newest that counted. */
	m->bad_from = DEVICE_BYTES;
	other[8] = kept;
	KUNIT_EXPECT_EQ(test, image_recover(m), 0);
	KUNIT_EXPECT_EQ(test, m->found.vote, m->hard.vote);
	KUNIT_EXPECT_EQ(test, m->found.generation, generation);
}

static int refuse(void *ctx, const struct raft_entry *e, const void *payload)
{
	return e->index == 4 ? -ENOMEM : 0;
}

static void the_sink_can_end_it(struct kunit *test)
{
	struct image *m = example(test, 512);
	struct recover_io io = { image_read, m, DEVICE_BYTES };
	struct recover_sink sink = { .entry = refuse };

	KUNIT_EXPECT_EQ(test, recover_log(&io, &m->super, &m->hard, m->buf,
					  QUORUM_RECORD_BYTES_MAX, &sink, &m->r), -ENOMEM);
	memset(&m->r, 0, sizeof(m->r));
	KUNIT_EXPECT_EQ(test, recover_log(&io, &m->super, &m->hard, m->buf,
					  QUORUM_RECORD_BYTES_MAX, NULL, &m->r), 0);
	KUNIT_EXPECT_EQ(test, m->r.entries, 6ULL);
	KUNIT_EXPECT_EQ(test, recover_log(&io, &m->super, &m->hard, m->buf, 4096, NULL, &m->r),
			-EINVAL);
}

static void texts_are_there(struct kunit *test)
{
	u32 i;

	for (i = 0; i <= RECOVER_ROW_NR; i++)
		KUNIT_EXPECT_NOT_NULL(test, recover_row_text(i));
	for (i = 0; i <= RECOVER_VERDICT_NR; i++)
		KUNIT_EXPECT_NOT_NULL(test, recover_verdict_name(i));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(row_a_unformatted),
	KUNIT_CASE(row_b_foreign),
	KUNIT_CASE(row_c_too_new),
	KUNIT_CASE(row_d_superblocks_damaged),
	KUNIT_CASE(row_d_device_shrunk),
	KUNIT_CASE(row_e_superblocks_differ),
	KUNIT_CASE(row_f_someone_elses),
	KUNIT_CASE(row_g_no_hard_state),
	KUNIT_CASE(row_h_hard_states_differ),
	KUNIT_CASE(row_i_hard_state_went_back),
	KUNIT_CASE(chain_is_followed),
	KUNIT_CASE(row_j_unknown_record),
	KUNIT_CASE(row_k_gap),
	KUNIT_CASE(row_k_truncation_behind_the_end),
	KUNIT_CASE(row_k_term_falls),
	KUNIT_CASE(row_k_base_not_reached),
	KUNIT_CASE(row_l_clean),
	KUNIT_CASE(row_m_clean_but_short),
	KUNIT_CASE(row_n_clean_but_long),
	KUNIT_CASE(row_l_clean_before_a_torn_tail),
	KUNIT_CASE(row_o_witness),
	KUNIT_CASE(row_o_witness_far_away),
	KUNIT_CASE(row_p_torn),
	KUNIT_CASE(row_p_torn_window),
	KUNIT_CASE(epoch_raised_and_nothing_written),
	KUNIT_CASE(numbers_are_used_again),
	KUNIT_CASE(truncation_records),
	KUNIT_CASE(torn_at_every_granule),
	KUNIT_CASE(every_flip_of_an_unclean_image),
	KUNIT_CASE(every_flip_of_a_clean_image),
	KUNIT_CASE(laps_of_small_granules),
	KUNIT_CASE(laps_of_large_granules),
	KUNIT_CASE(damaged_pad),
	KUNIT_CASE(stale_records_of_another_format),
	KUNIT_CASE(base_in_the_middle_of_a_record),
	KUNIT_CASE(hard_slots_in_every_combination),
	KUNIT_CASE(hard_write_cut_between_mirrors),
	KUNIT_CASE(hard_state_misdirected),
	KUNIT_CASE(hard_state_values_are_checked),
	KUNIT_CASE(bad_sectors_are_damage),
	KUNIT_CASE(every_read_may_fail),
	KUNIT_CASE(an_unread_slot_may_hold_the_newest),
	KUNIT_CASE(the_sink_can_end_it),
	KUNIT_CASE(texts_are_there),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_recover",
	.test_cases = cases,
};
kunit_test_suite(suite);
