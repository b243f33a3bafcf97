// SPDX-License-Identifier: GPL-2.0
/*
 * Several datagrams in one: module/format/bundle.c.
 *
 * Bundles under test lie in memory of exactly their length, for KASAN and ASan.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "format/bundle.h"
#include "format/bytes.h"
#include "format/seal.h"
#include "../vectors/wire_vectors.h"

/* Opened in memory of its own length. */
static enum wire_error open_copy(struct kunit *test, const u8 *bytes, size_t len)
{
	u8 *copy = kvmalloc(len ? len : 1, GFP_KERNEL);
	enum wire_error error;
	size_t sum = 0;
	struct bundle b;
	u8 *out;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, len);
	error = bundle_open(&b, copy, len);
	if (error == WIRE_OK) {
		for (u32 i = 0; i < b.count; i++) {
			KUNIT_EXPECT_GT(test, b.lengths[i], 0);
			sum += b.lengths[i];
		}
		KUNIT_EXPECT_EQ(test, sum, b.bytes);
		out = kvmalloc(sum, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, out);
		bundle_unpack(&b, out);
		kvfree(out);
	}
	kvfree(copy);
	return error;
}

static void a_bundle_has_golden_bytes(struct kunit *test)
{
	static const u16 lengths[] = { 5, 1, 3 };
	u8 head[BUNDLE_HEAD_BYTES_MAX];

	KUNIT_EXPECT_EQ(test, bundle_head(head, lengths, 3), (size_t)10);
	KUNIT_EXPECT_EQ(test, memcmp(head, vector_bundle, 10), 0);
}

static void a_bundle_gives_back_what_is_in_it(struct kunit *test)
{
	struct bundle b;
	u8 out[9];

	KUNIT_EXPECT_TRUE(test, bundle_is(vector_bundle, sizeof(vector_bundle)));
	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_bundle, sizeof(vector_bundle)), WIRE_OK);
	KUNIT_EXPECT_EQ(test, b.count, 3U);
	KUNIT_ASSERT_EQ(test, b.bytes, sizeof(out));
	bundle_unpack(&b, out);
	KUNIT_EXPECT_EQ(test, memcmp(out, "hello!you", 9), 0);
	KUNIT_EXPECT_EQ(test, b.lengths[0], 5);
	KUNIT_EXPECT_EQ(test, b.lengths[1], 1);
	KUNIT_EXPECT_EQ(test, b.lengths[2], 3);
}

static void packed_bytes_are_golden(struct kunit *test)
{
	const u8 *p = vector_packed_bundle + 10;
	u8 out[BUNDLE_PACKED_BYTES_MAX];
	struct bundle b;
	size_t n;

	n = bundle_pack(out, NULL, 0, vector_packed_first, sizeof(vector_packed_first));
	KUNIT_ASSERT_EQ(test, n | BUNDLE_PACKED, (size_t)get16(vector_packed_bundle + 4));
	KUNIT_EXPECT_EQ(test, memcmp(out, p, n), 0);
	p += n;
	n = bundle_pack(out, vector_packed_first, sizeof(vector_packed_first),
			vector_packed_second, sizeof(vector_packed_second));
	KUNIT_ASSERT_EQ(test, n | BUNDLE_PACKED, (size_t)get16(vector_packed_bundle + 6));
	KUNIT_EXPECT_EQ(test, memcmp(out, p, n), 0);

	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_packed_bundle, sizeof(vector_packed_bundle)),
			WIRE_OK);
	KUNIT_ASSERT_LE(test, b.bytes, sizeof(out));
	bundle_unpack(&b, out);
	n = sizeof(vector_packed_first);
	KUNIT_EXPECT_EQ(test, b.lengths[0], n);
	KUNIT_EXPECT_EQ(test, memcmp(out, vector_packed_first, n), 0);
	KUNIT_EXPECT_EQ(test, b.lengths[1], sizeof(vector_packed_second));
	KUNIT_EXPECT_EQ(test, memcmp(out + n, vector_packed_second, b.lengths[1]), 0);
	KUNIT_EXPECT_EQ(test, b.lengths[2], 8);
	KUNIT_EXPECT_EQ(test, memcmp(out + n + b.lengths[1], "as it is", 8), 0);
}

/* What is not in words, too long, or not shorter then lies there as it is. */
static void not_everything_is_packed(struct kunit *test)
{
	u8 out[BUNDLE_PACKED_BYTES_MAX], bytes[BUNDLE_ITEM_BYTES_MAX + 4] = {};

	KUNIT_EXPECT_EQ(test, bundle_pack(out, NULL, 0, bytes, 0), (size_t)0);
	KUNIT_EXPECT_EQ(test, bundle_pack(out, NULL, 0, bytes, 7), (size_t)0);
	KUNIT_EXPECT_EQ(test, bundle_pack(out, NULL, 0, bytes, sizeof(bytes)), (size_t)0);
	KUNIT_EXPECT_GT(test, bundle_pack(out, NULL, 0, bytes, BUNDLE_ITEM_BYTES_MAX), (size_t)0);
	memset(bytes, 0xee, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, bundle_pack(out, NULL, 0, bytes, BUNDLE_ITEM_BYTES_MAX), (size_t)0);
	KUNIT_EXPECT_GT(test, bundle_pack(out, bytes, 40, bytes, 40), (size_t)0);
}

static void packed_bytes_are_checked(struct kunit *test)
{
	static const struct {
		u8 bytes[8];
		u8 len;
		bool fine;
	} items[] = {
		{ { 4, 0 }, 2, true },
		{ { 4, 0xff, 0, 0, 0, 1 }, 6 },		/* cut short */
		{ { 4, 0, 0 }, 3 },			/* one byte too many */
		{ { 5, 0 }, 2 },			/* no room for the lengths */
		{ { 0, 0 }, 2 },			/* no words */
		{ { BUNDLE_WORDS_MAX + 1, 0 }, 2 },
		{ { 1, 1, 7 }, 3, true },
		{ { 1, 1, 0 }, 3 },			/* not in the fewest bytes */
		{ { 1, 2, 7, 0 }, 4 },
		{ { 1, 2, 7, 1 }, 4, true },
		{ { 1, 3, 7, 1, 0, 0 }, 6 },
		{ { 1, 3, 7, 1, 0, 1 }, 6, true },
		{ { 1, 5, 7, 7 }, 4 },			/* the length of a word that is not there */
	};

	for (u32 i = 0; i < ARRAY_SIZE(items); i++) {
		u16 lengths[2] = { 3, items[i].len | BUNDLE_PACKED };
		u8 bytes[32] = {};
		size_t at = bundle_head(bytes, lengths, 2) + 3;

		memcpy(bytes + at, items[i].bytes, items[i].len);
		KUNIT_EXPECT_EQ_MSG(test, open_copy(test, bytes, at + items[i].len),
				    items[i].fine ? WIRE_OK : WIRE_FIELD_BAD, "item %u", i);
	}
}

static u32 dice(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static u64 random64(u32 *seed)
{
	return (u64)dice(seed) << 40 ^ (u64)dice(seed) << 20 ^ dice(seed);
}

/* The sealed heartbeat, or its answer, of one group of many between two nodes. */
static size_t make_beat(u8 *buf, u32 *seed, bool answer)
{
	struct raft_msg msg = { .type = answer ? RAFT_MSG_HEARTBEAT_REPLY : RAFT_MSG_HEARTBEAT,
				.from = 1, .to = 2, .term = 1 + dice(seed) % 40 };
	struct wire_header hdr = { .cluster = 0x1112131415161718ULL };
	struct seal_stamp stamp;
	u8 key[SEAL_KEY_BYTES];
	size_t len;

	hdr.group = random64(seed);
	hdr.genesis = random64(seed);
	hdr.incarnation = random64(seed);
	for (u32 i = 0; i < SEAL_KEY_BYTES; i++)
		key[i] = dice(seed);
	stamp.counter = dice(seed) % 60000;
	stamp.echo = random64(seed);
	if (answer) {
		msg.heartbeat_reply.seq = dice(seed) % 60000;
		msg.heartbeat_reply.match = dice(seed) % 60000;
		msg.heartbeat_reply.verified = msg.heartbeat_reply.match;
		msg.heartbeat_reply.round = dice(seed) % 200;
	} else {
		msg.heartbeat.commit = dice(seed) % 60000;
		msg.heartbeat.seq = dice(seed) % 60000;
		msg.heartbeat.round = dice(seed) % 200;
	}
	len = wire_encode(buf, BUNDLE_ITEM_BYTES_MAX, &hdr, &msg);
	wire_set_session(buf, 1 + dice(seed) % 50, false);
	seal_close(key, buf, len, NULL, 0, &stamp, buf + len);
	return len + SEAL_BYTES;
}

/* How many of them a datagram of @room bytes holds. */
static u32 fit(u32 seed, size_t room, bool answer)
{
	u8 beat[2][BUNDLE_ITEM_BYTES_MAX], out[BUNDLE_PACKED_BYTES_MAX];
	size_t sum = BUNDLE_HEAD_BYTES, before = 0, len;
	u32 count = 0;

	for (;; count++) {
		len = make_beat(beat[count % 2], &seed, answer);
		sum += BUNDLE_LENGTH_BYTES;
		sum += bundle_pack(out, beat[1 - count % 2], before, beat[count % 2], len);
		if (sum > room)
			return count;
		before = len;
	}
}

/* As ARCHITECTURE.md has it: one datagram is enough for nineteen groups. */
static void nineteen_groups_fit(struct kunit *test)
{
	size_t room = QUORUM_MTU_MIN - 40 - 8;

	for (u32 seed = 0; seed < 50; seed++) {
		KUNIT_EXPECT_GE(test, fit(seed, room, false), 20U);
		KUNIT_EXPECT_GE(test, fit(seed, room, true), 19U);
	}
	KUNIT_EXPECT_GE(test, (u32)QUORUM_BUNDLE_MAX, 19U);
}

static void what_is_no_bundle_is_none(struct kunit *test)
{
	u8 bytes[sizeof(vector_bundle)];

	for (size_t i = 0; i < 3; i++) {
		memcpy(bytes, vector_bundle, sizeof(bytes));
		bytes[i] ^= 0x20;
		KUNIT_EXPECT_FALSE(test, bundle_is(bytes, sizeof(bytes)));
	}
	KUNIT_EXPECT_FALSE(test, bundle_is(vector_bundle, 3));
}

static void other_lengths_are_refused(struct kunit *test)
{
	u8 bytes[sizeof(vector_bundle) + 1] = {};

	memcpy(bytes, vector_bundle, sizeof(vector_bundle));
	for (size_t len = 0; len < sizeof(vector_bundle); len++)
		KUNIT_EXPECT_EQ(test, open_copy(test, bytes, len),
				len < 10 ? WIRE_SHORT : WIRE_LENGTH_BAD);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(vector_bundle)), WIRE_OK);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_LENGTH_BAD);
}

static void counts_and_lengths_are_checked(struct kunit *test)
{
	u8 bytes[sizeof(vector_bundle)];

	memcpy(bytes, vector_bundle, sizeof(bytes));
	for (u32 count = 0; count < 256; count++) {
		bytes[3] = count;
		if (count == 3)
			continue;
		KUNIT_EXPECT_NE(test, open_copy(test, bytes, sizeof(bytes)), WIRE_OK);
		if (count < 2 || count > QUORUM_BUNDLE_MAX)
			KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)),
					WIRE_FIELD_BAD);
	}
	memcpy(bytes, vector_bundle, sizeof(bytes));
	/* Five and one are six and nothing. */
	bytes[4] = 6;
	bytes[6] = 0;
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_FIELD_BAD);
}

/* Whatever the bytes of the head, or of what is packed, are: nothing outside is touched. */
static void random_bytes_stay_inside(struct kunit *test)
{
	u8 bytes[sizeof(vector_packed_bundle)];
	u32 seed = 1, taken = 0, refused = 0;

	for (u32 round = 0; round < 20000; round++) {
		memcpy(bytes, vector_packed_bundle, sizeof(bytes));
		for (u32 i = 0; i < 1 + round % 2; i++)
			bytes[3 + dice(&seed) % (sizeof(bytes) - 3)] ^= 1 << dice(&seed) % 8;
		if (open_copy(test, bytes, sizeof(bytes)) == WIRE_OK)
			taken++;
		else
			refused++;
	}
	KUNIT_EXPECT_GT(test, taken, 0U);
	KUNIT_EXPECT_GT(test, refused, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_bundle_has_golden_bytes),
	KUNIT_CASE(a_bundle_gives_back_what_is_in_it),
	KUNIT_CASE(packed_bytes_are_golden),
	KUNIT_CASE(not_everything_is_packed),
	KUNIT_CASE(packed_bytes_are_checked),
	KUNIT_CASE(nineteen_groups_fit),
	KUNIT_CASE(what_is_no_bundle_is_none),
	KUNIT_CASE(other_lengths_are_refused),
	KUNIT_CASE(counts_and_lengths_are_checked),
	KUNIT_CASE(random_bytes_stay_inside),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_bundle",
	.test_cases = cases,
};
kunit_test_suite(suite);
