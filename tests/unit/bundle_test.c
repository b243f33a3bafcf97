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
#include "../vectors/wire_vectors.h"

/* Opened in memory of its own length. */
static enum wire_error open_copy(struct kunit *test, const u8 *bytes, size_t len)
{
	u8 *copy = kvmalloc(len ? len : 1, GFP_KERNEL);
	enum wire_error error;
	size_t at, one, sum = 0;
	struct bundle b;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, len);
	error = bundle_open(&b, copy, len);
	if (error == WIRE_OK) {
		while (bundle_next(&b, &at, &one)) {
			KUNIT_EXPECT_GT(test, one, (size_t)0);
			KUNIT_EXPECT_LE(test, at + one, len);
			sum += one;
		}
		KUNIT_EXPECT_EQ(test, sum + BUNDLE_HEAD_BYTES + 2 * b.count, len);
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
	static const char * const words[] = { "hello", "!", "you" };
	size_t at, len;
	struct bundle b;

	KUNIT_EXPECT_TRUE(test, bundle_is(vector_bundle, sizeof(vector_bundle)));
	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_bundle, sizeof(vector_bundle)), WIRE_OK);
	for (u32 i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, bundle_next(&b, &at, &len));
		KUNIT_EXPECT_EQ(test, len, strlen(words[i]));
		KUNIT_EXPECT_EQ(test, memcmp(vector_bundle + at, words[i], len), 0);
	}
	KUNIT_EXPECT_FALSE(test, bundle_next(&b, &at, &len));
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

/* Whatever the bytes of the head are, nothing outside is touched. */
static void random_heads_stay_inside(struct kunit *test)
{
	u8 bytes[sizeof(vector_bundle)];
	u32 random = 1, taken = 0;

	for (u32 round = 0; round < 20000; round++) {
		memcpy(bytes, vector_bundle, sizeof(bytes));
		for (u32 i = 0; i < 2; i++) {
			random = random * 1664525 + 1013904223;
			bytes[3 + (random >> 16) % 7] = random >> 24 & 7;
		}
		taken += open_copy(test, bytes, sizeof(bytes)) == WIRE_OK;
	}
	KUNIT_EXPECT_GT(test, taken, 0U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_bundle_has_golden_bytes),
	KUNIT_CASE(a_bundle_gives_back_what_is_in_it),
	KUNIT_CASE(what_is_no_bundle_is_none),
	KUNIT_CASE(other_lengths_are_refused),
	KUNIT_CASE(counts_and_lengths_are_checked),
	KUNIT_CASE(random_heads_stay_inside),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_bundle",
	.test_cases = cases,
};
kunit_test_suite(suite);
