// SPDX-License-Identifier: GPL-2.0
/*
 * Several datagrams in one, and what groups repeat behind them: module/format/bundle.c.
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

enum {
	AT_COUNT	= 3,
	AT_WORDS	= 4,
	AT_ENTRIES	= BUNDLE_HEAD_BYTES,
	HEAD3		= BUNDLE_HEAD_BYTES + 3 * BUNDLE_ENTRY_BYTES,
	/* Of vector_words_bundle: a datagram and two words. */
	HEAD1		= BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES,
	CARRIER_BYTES	= 112,
	WORDS_AT	= HEAD1 + CARRIER_BYTES,
};

static_assert(sizeof(vector_words_bundle) == WORDS_AT + 2 * REPEAT_WORD_BYTES);

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
			KUNIT_EXPECT_LT(test, b.items[i].slot, QUORUM_GROUPS_MAX);
			sum += b.lengths[i];
		}
		KUNIT_EXPECT_PTR_EQ(test, b.tail + b.words * REPEAT_WORD_BYTES, copy + len);
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
	static const struct bundle_item items[] = {
		{ 1, 5 }, { 0x123, 1 }, { QUORUM_GROUPS_MAX - 1, 3 }
	};
	u8 head[BUNDLE_HEAD_BYTES_MAX];

	KUNIT_EXPECT_EQ(test, bundle_head(head, items, 3, 0), (size_t)HEAD3);
	KUNIT_EXPECT_EQ(test, memcmp(head, vector_bundle, HEAD3), 0);
}

static void a_bundle_gives_back_what_is_in_it(struct kunit *test)
{
	struct bundle b;
	u8 out[9];

	KUNIT_EXPECT_TRUE(test, bundle_is(vector_bundle, sizeof(vector_bundle)));
	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_bundle, sizeof(vector_bundle)), WIRE_OK);
	KUNIT_EXPECT_EQ(test, b.count, 3U);
	KUNIT_EXPECT_EQ(test, b.words, 0U);
	KUNIT_ASSERT_EQ(test, b.bytes, sizeof(out));
	bundle_unpack(&b, out);
	KUNIT_EXPECT_EQ(test, memcmp(out, "hello!you", 9), 0);
	KUNIT_EXPECT_EQ(test, b.lengths[0], 5);
	KUNIT_EXPECT_EQ(test, b.lengths[1], 1);
	KUNIT_EXPECT_EQ(test, b.lengths[2], 3);
	KUNIT_EXPECT_EQ(test, b.items[0].slot, 1);
	KUNIT_EXPECT_EQ(test, b.items[1].slot, 0x123);
	KUNIT_EXPECT_EQ(test, b.items[2].slot, QUORUM_GROUPS_MAX - 1);
	KUNIT_EXPECT_FALSE(test, b.items[0].packed);
}

/* Behind one datagram, which would not be a bundle without them. */
static void words_lie_behind(struct kunit *test)
{
	static const struct bundle_item item = { 0x2a5, CARRIER_BYTES };
	u8 head[BUNDLE_HEAD_BYTES_MAX], out[CARRIER_BYTES];
	struct repeat_word word;
	struct bundle b;

	KUNIT_EXPECT_EQ(test, bundle_head(head, &item, 1, 2), (size_t)HEAD1);
	KUNIT_EXPECT_EQ(test, memcmp(head, vector_words_bundle, HEAD1), 0);
	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_words_bundle, sizeof(vector_words_bundle)),
			WIRE_OK);
	KUNIT_EXPECT_EQ(test, b.count, 1U);
	KUNIT_EXPECT_EQ(test, b.items[0].slot, item.slot);
	KUNIT_ASSERT_EQ(test, b.bytes, sizeof(out));
	bundle_unpack(&b, out);
	KUNIT_EXPECT_EQ(test, memcmp(out, vector_words_bundle + HEAD1, sizeof(out)), 0);
	KUNIT_ASSERT_EQ(test, b.words, 2U);
	repeat_get(b.tail, &word);
	KUNIT_EXPECT_EQ(test, word.index, 1);
	KUNIT_EXPECT_EQ(test, word.slots, 1ULL << 63 | 1);
	repeat_get(b.tail + REPEAT_WORD_BYTES, &word);
	KUNIT_EXPECT_EQ(test, word.index, 15);
	KUNIT_EXPECT_EQ(test, word.slots, 1ULL << 5);
}

/* Is what the head of a bundle says of a datagram that it is packed to @n bytes? */
static bool entry_is_packed(const u8 *entry, size_t n)
{
	return entry[0] == n && get16(entry + 1) & BUNDLE_PACKED;
}

static void packed_bytes_are_golden(struct kunit *test)
{
	const u8 *entry = vector_packed_bundle + AT_ENTRIES, *p = vector_packed_bundle + HEAD3;
	u8 out[BUNDLE_PACKED_BYTES_MAX];
	struct bundle b;
	size_t n;

	n = bundle_pack(out, NULL, 0, vector_packed_first, sizeof(vector_packed_first));
	KUNIT_ASSERT_TRUE(test, entry_is_packed(entry, n));
	KUNIT_EXPECT_EQ(test, memcmp(out, p, n), 0);
	p += n;
	n = bundle_pack(out, vector_packed_first, sizeof(vector_packed_first),
			vector_packed_second, sizeof(vector_packed_second));
	KUNIT_ASSERT_TRUE(test, entry_is_packed(entry + BUNDLE_ENTRY_BYTES, n));
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
	KUNIT_EXPECT_TRUE(test, b.items[0].packed && b.items[1].packed && !b.items[2].packed);
	KUNIT_EXPECT_EQ(test, b.items[1].slot, QUORUM_GROUPS_MAX - 1);
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
		struct bundle_item two[2] = { { 0, 3 }, { 1, items[i].len, true } };
		u8 bytes[32] = {};
		size_t at = bundle_head(bytes, two, 2, 0) + 3;

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
		sum += BUNDLE_ENTRY_BYTES;
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
	KUNIT_EXPECT_FALSE(test, bundle_is(vector_bundle, BUNDLE_HEAD_BYTES - 1));
}

static void other_lengths_are_refused(struct kunit *test)
{
	u8 bytes[sizeof(vector_words_bundle) + 1] = {};

	memcpy(bytes, vector_bundle, sizeof(vector_bundle));
	for (size_t len = 0; len < sizeof(vector_bundle); len++)
		KUNIT_EXPECT_EQ(test, open_copy(test, bytes, len),
				len < HEAD3 ? WIRE_SHORT : WIRE_LENGTH_BAD);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(vector_bundle)), WIRE_OK);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(vector_bundle) + 1), WIRE_LENGTH_BAD);

	memcpy(bytes, vector_words_bundle, sizeof(vector_words_bundle));
	for (size_t len = 0; len < sizeof(vector_words_bundle); len++)
		KUNIT_EXPECT_EQ(test, open_copy(test, bytes, len),
				len < HEAD1 ? WIRE_SHORT : WIRE_LENGTH_BAD);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(vector_words_bundle)), WIRE_OK);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_LENGTH_BAD);
}

static void counts_and_lengths_are_checked(struct kunit *test)
{
	u8 bytes[sizeof(vector_bundle)];

	memcpy(bytes, vector_bundle, sizeof(bytes));
	for (u32 count = 0; count < 256; count++) {
		bytes[AT_COUNT] = count;
		if (count == 3)
			continue;
		KUNIT_EXPECT_NE(test, open_copy(test, bytes, sizeof(bytes)), WIRE_OK);
		if (count < 2 || count > QUORUM_BUNDLE_MAX)
			KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)),
					WIRE_FIELD_BAD);
	}
	memcpy(bytes, vector_bundle, sizeof(bytes));
	/* Five and one are six and nothing. */
	bytes[AT_ENTRIES] = 6;
	bytes[AT_ENTRIES + BUNDLE_ENTRY_BYTES] = 0;
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_FIELD_BAD);
}

/* A datagram in it is as long as the longest that is packed, at most. */
static void nothing_in_it_is_long(struct kunit *test)
{
	u8 bytes[HEAD1 + BUNDLE_ENTRY_BYTES + 256] = {};

	for (u32 len = 1; len < 256; len++) {
		struct bundle_item two[2] = { { 0, 1 }, { 1, len } };

		KUNIT_EXPECT_EQ(test,
				open_copy(test, bytes, bundle_head(bytes, two, 2, 0) + 1 + len),
				len <= BUNDLE_ITEM_BYTES_MAX ? WIRE_OK : WIRE_FIELD_BAD);
	}
}

/* Every bit of it: there are no slots but those of groups. */
static void slots_are_checked(struct kunit *test)
{
	u8 *bytes = kvmalloc(sizeof(vector_bundle), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memcpy(bytes, vector_bundle, sizeof(vector_bundle));
	for (u32 i = 0; i < 3; i++) {
		u8 *at = bytes + AT_ENTRIES + i * BUNDLE_ENTRY_BYTES + 1;
		u16 was = get16(at);

		for (u32 slot = 0; slot < BUNDLE_PACKED; slot++) {
			struct bundle b;
			bool fine = slot < QUORUM_GROUPS_MAX;

			put16(at, slot);
			KUNIT_ASSERT_EQ(test, bundle_open(&b, bytes, sizeof(vector_bundle)),
					fine ? WIRE_OK : WIRE_FIELD_BAD);
			if (fine)
				KUNIT_ASSERT_EQ(test, b.items[i].slot, slot);
		}
		put16(at, was);
	}
	kvfree(bytes);
}

static void words_are_counted_and_checked(struct kunit *test)
{
	u8 bytes[sizeof(vector_words_bundle)];
	u8 *second = bytes + WORDS_AT + REPEAT_WORD_BYTES;

	memcpy(bytes, vector_words_bundle, sizeof(bytes));
	for (u32 words = 0; words < 256; words++) {
		enum wire_error error = WIRE_LENGTH_BAD;

		/* One datagram alone is no bundle. */
		if (!words || words > REPEAT_WORDS_MAX)
			error = WIRE_FIELD_BAD;
		bytes[AT_WORDS] = words;
		if (words != 2)
			KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), error);
	}
	bytes[AT_WORDS] = 2;
	bytes[AT_COUNT] = 0;
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_FIELD_BAD);
	bytes[AT_COUNT] = 1;
	for (u32 index = 0; index < 256; index++) {
		second[0] = index;
		KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)),
				index > 1 && index < REPEAT_WORDS_MAX ? WIRE_OK : WIRE_FIELD_BAD);
	}
	second[0] = 2;
	memset(second + 1, 0, 8);
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, sizeof(bytes)), WIRE_FIELD_BAD);
}

/* One behind a datagram, as many as there are. */
static void all_words_fit(struct kunit *test)
{
	static const struct bundle_item item = { 0, BUNDLE_ITEM_BYTES_MAX };
	size_t len = HEAD1 + BUNDLE_ITEM_BYTES_MAX + BUNDLE_TAIL_BYTES_MAX;
	u8 *bytes = kunit_kzalloc(test, len, GFP_KERNEL), *p;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	/* What every path carries, without its headers. */
	KUNIT_EXPECT_LE(test, len, (size_t)QUORUM_MTU_MIN - 40 - 8);
	p = bytes + bundle_head(bytes, &item, 1, REPEAT_WORDS_MAX) + BUNDLE_ITEM_BYTES_MAX;
	for (u32 i = 0; i < REPEAT_WORDS_MAX; i++, p += REPEAT_WORD_BYTES) {
		struct repeat_word word = { .index = i, .slots = ~0ULL };

		repeat_put(p, &word);
	}
	KUNIT_EXPECT_EQ(test, open_copy(test, bytes, len), WIRE_OK);
}

/* Whatever the bytes of it are, from the counts on: nothing outside is touched. */
static void stay_inside(struct kunit *test, const u8 *bundle, size_t len)
{
	u32 seed = 1, taken = 0, refused = 0;
	u8 bytes[256];

	KUNIT_ASSERT_LE(test, len, sizeof(bytes));
	for (u32 round = 0; round < 10000; round++) {
		memcpy(bytes, bundle, len);
		for (u32 i = 0; i < 1 + round % 2; i++)
			bytes[3 + dice(&seed) % (len - 3)] ^= 1 << dice(&seed) % 8;
		if (open_copy(test, bytes, len) == WIRE_OK)
			taken++;
		else
			refused++;
	}
	KUNIT_EXPECT_GT(test, taken, 0U);
	KUNIT_EXPECT_GT(test, refused, 0U);
}

static void random_bytes_stay_inside(struct kunit *test)
{
	stay_inside(test, vector_packed_bundle, sizeof(vector_packed_bundle));
	stay_inside(test, vector_words_bundle, sizeof(vector_words_bundle));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_bundle_has_golden_bytes),
	KUNIT_CASE(a_bundle_gives_back_what_is_in_it),
	KUNIT_CASE(words_lie_behind),
	KUNIT_CASE(packed_bytes_are_golden),
	KUNIT_CASE(not_everything_is_packed),
	KUNIT_CASE(packed_bytes_are_checked),
	KUNIT_CASE(nineteen_groups_fit),
	KUNIT_CASE(what_is_no_bundle_is_none),
	KUNIT_CASE(other_lengths_are_refused),
	KUNIT_CASE(counts_and_lengths_are_checked),
	KUNIT_CASE(nothing_in_it_is_long),
	KUNIT_CASE(slots_are_checked),
	KUNIT_CASE(words_are_counted_and_checked),
	KUNIT_CASE(all_words_fit),
	KUNIT_CASE(random_bytes_stay_inside),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_bundle",
	.test_cases = cases,
};
kunit_test_suite(suite);
