// SPDX-License-Identifier: GPL-2.0
/*
 * What idle groups repeat: module/format/repeat.c.
 *
 * The golden bytes are three datagrams, and a bundle whose words repeat them; they are
 * made by tests/vectors/wire_vectors.py, aggregate MACs included.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "format/bundle.h"
#include "format/bytes.h"
#include "format/repeat.h"
#include "format/seal.h"
#include "../vectors/wire_vectors.h"

enum {
	/* Of vector_words_bundle: the slots of those three. */
	SLOT_0		= 64,
	SLOT_1		= 127,
	SLOT_2		= 15 * 64 + 5,
	BEAT_BYTES	= WIRE_HEADER_BYTES + 32,
	ANSWER_BYTES	= WIRE_HEADER_BYTES + 40,
	AT_BEAT_SEQ	= WIRE_HEADER_BYTES + 8,
	AT_ANSWER_SEQ	= WIRE_HEADER_BYTES,
};

/* Note a sealed datagram. */
static void note(struct repeat *r, const u8 *datagram, size_t len)
{
	repeat_note(r, datagram, len - SEAL_BYTES, get64(datagram + len - SEAL_BYTES));
}

/* The MAC that its sender would make. */
static void mac_of(const struct repeat *r, u64 echo, u8 trailer[SEAL_BYTES])
{
	struct seal_stamp stamp = { .counter = r->counter, .echo = echo };
	struct wire_header hdr;
	u8 key[SEAL_KEY_BYTES];

	wire_header_get(r->message, &hdr);
	seal_derive(key, vector_cluster_key, hdr.cluster, hdr.group, hdr.from, hdr.to);
	seal_close(key, r->message, r->len, NULL, 0, &stamp, trailer);
}

/* Who has taken the last ones can write the next ones down, MACs and all. */
static void the_next_ones_have_the_golden_mac(struct kunit *test)
{
	u64 echo = get64(vector_repeated_0 + BEAT_BYTES + 8);
	struct repeat_word came, made = { .index = 1 };
	struct repeat_word last = { .index = 15 };
	u8 trailer[SEAL_BYTES];
	struct bundle b;
	struct repeat r;

	KUNIT_ASSERT_EQ(test, bundle_open(&b, vector_words_bundle, sizeof(vector_words_bundle)),
			WIRE_OK);
	note(&r, vector_repeated_0, sizeof(vector_repeated_0));
	mac_of(&r, echo, trailer);
	KUNIT_EXPECT_EQ(test, memcmp(trailer, vector_repeated_0 + BEAT_BYTES, SEAL_BYTES), 0);
	repeat_step(&r);
	mac_of(&r, echo, trailer);
	repeat_add(&made, SLOT_0, trailer + SEAL_BYTES - SEAL_MAC_BYTES);

	repeat_get(b.tail, &came);
	KUNIT_EXPECT_FALSE(test, repeat_agree(&came, &made));
	note(&r, vector_repeated_1, sizeof(vector_repeated_1));
	repeat_step(&r);
	mac_of(&r, echo, trailer);
	repeat_add(&made, SLOT_1, trailer + SEAL_BYTES - SEAL_MAC_BYTES);
	KUNIT_EXPECT_TRUE(test, repeat_agree(&came, &made));

	note(&r, vector_repeated_2, sizeof(vector_repeated_2));
	repeat_step(&r);
	mac_of(&r, echo, trailer);
	repeat_add(&last, SLOT_2, trailer + SEAL_BYTES - SEAL_MAC_BYTES);
	KUNIT_EXPECT_FALSE(test, repeat_agree(&came, &last));
	repeat_get(b.tail + REPEAT_WORD_BYTES, &came);
	KUNIT_EXPECT_TRUE(test, repeat_agree(&came, &last));
}

static void words_have_golden_bytes(struct kunit *test)
{
	const u8 *golden = vector_words_bundle + sizeof(vector_words_bundle) - REPEAT_WORD_BYTES;
	u8 bytes[REPEAT_WORD_BYTES + 1] = { [REPEAT_WORD_BYTES] = 0xee };
	struct repeat_word word;

	repeat_get(golden, &word);
	KUNIT_EXPECT_EQ(test, word.index, 15);
	KUNIT_EXPECT_EQ(test, word.slots, 1ULL << 5);
	repeat_put(bytes, &word);
	KUNIT_EXPECT_EQ(test, memcmp(bytes, golden, REPEAT_WORD_BYTES), 0);
	KUNIT_EXPECT_EQ(test, bytes[REPEAT_WORD_BYTES], 0xee);
}

/* Nothing of a word may be another: index, any bit, any byte of the MAC. */
static void words_agree_in_all_of_it(struct kunit *test)
{
	struct repeat_word came, made;
	u8 bytes[REPEAT_WORD_BYTES];

	repeat_get(vector_words_bundle + sizeof(vector_words_bundle) - REPEAT_WORD_BYTES, &made);
	for (u32 bit = 0; bit < REPEAT_WORD_BYTES * 8; bit++) {
		repeat_put(bytes, &made);
		bytes[bit / 8] ^= 1 << bit % 8;
		repeat_get(bytes, &came);
		KUNIT_EXPECT_FALSE(test, repeat_agree(&came, &made));
	}
	repeat_put(bytes, &made);
	repeat_get(bytes, &came);
	KUNIT_EXPECT_TRUE(test, repeat_agree(&came, &made));
}

static void macs_are_added_bit_by_bit(struct kunit *test)
{
	static const u8 one[SEAL_MAC_BYTES] = { 0xf0, 1, [15] = 0x80 };
	static const u8 two[SEAL_MAC_BYTES] = { 0xff, 2, [15] = 0x80 };
	struct repeat_word word = { .index = 3 };

	repeat_add(&word, 3 * REPEAT_SLOTS, one);
	KUNIT_EXPECT_EQ(test, memcmp(word.mac, one, sizeof(one)), 0);
	repeat_add(&word, 4 * REPEAT_SLOTS - 1, two);
	KUNIT_EXPECT_EQ(test, word.slots, 1ULL << 63 | 1);
	KUNIT_EXPECT_EQ(test, word.mac[0], 0x0f);
	KUNIT_EXPECT_EQ(test, word.mac[1], 3);
	KUNIT_EXPECT_TRUE(test, is_zero(word.mac + 2, SEAL_MAC_BYTES - 2));
	KUNIT_EXPECT_EQ(test, word.index, 3);
}

static void only_heartbeats_are_repeated(struct kunit *test)
{
	for (u32 type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ(test, repeat_may(type),
				type == RAFT_MSG_HEARTBEAT || type == RAFT_MSG_HEARTBEAT_REPLY);
}

/* Is anything noted of @message? */
static bool is_noted(const u8 *message, size_t len)
{
	struct repeat r = { .len = 1 };

	repeat_note(&r, message, len, 7);
	return r.len;
}

static void what_is_noted(struct kunit *test)
{
	u8 bytes[sizeof(vector_repeated_1)];
	struct repeat r;

	repeat_note(&r, vector_repeated_0, BEAT_BYTES, 7);
	KUNIT_EXPECT_EQ(test, r.len, (u32)BEAT_BYTES);
	KUNIT_EXPECT_EQ(test, r.counter, 7ULL);
	KUNIT_EXPECT_EQ(test, memcmp(r.message, vector_repeated_0, BEAT_BYTES), 0);
	repeat_note(&r, vector_repeated_1, ANSWER_BYTES, 8);
	KUNIT_EXPECT_EQ(test, r.len, (u32)ANSWER_BYTES);
	KUNIT_EXPECT_EQ(test, r.counter, 8ULL);

	/* Another length than its type has. */
	for (size_t len = 0; len <= sizeof(vector_repeated_0); len++) {
		KUNIT_EXPECT_EQ(test, is_noted(vector_repeated_0, len), len == BEAT_BYTES);
		KUNIT_EXPECT_EQ(test, is_noted(vector_repeated_1, len), len == ANSWER_BYTES);
	}
	/* All other versions and types; the long ones of them are fragments. */
	memcpy(bytes, vector_repeated_0, sizeof(vector_repeated_0));
	for (u32 i = 0; i < 256; i++) {
		bytes[2] = i;
		KUNIT_EXPECT_EQ(test, is_noted(bytes, BEAT_BYTES), i == WIRE_VERSION_SEALED);
	}
	bytes[2] = WIRE_VERSION_SEALED;
	for (u32 i = 0; i < 256; i++) {
		bytes[3] = i;
		KUNIT_EXPECT_EQ(test, is_noted(bytes, BEAT_BYTES), i == RAFT_MSG_HEARTBEAT);
	}
}

/* One step of @r is this much more in the bytes from @at, and nothing else. */
static void expect_step(struct kunit *test, const u8 *datagram, size_t len, size_t at)
{
	u8 bytes[REPEAT_MESSAGE_BYTES];
	struct repeat r;
	u64 seq = get64(datagram + at);

	repeat_note(&r, datagram, len, 0x1ffffffff);
	KUNIT_EXPECT_EQ(test, repeat_seq(r.message), seq);
	repeat_step(&r);
	KUNIT_EXPECT_EQ(test, repeat_seq(r.message), seq + 1);
	KUNIT_EXPECT_EQ(test, r.len, (u32)len);
	KUNIT_EXPECT_EQ(test, r.counter, 0x200000000ULL);
	memcpy(bytes, datagram, len);
	put64(bytes + at, seq + 1);
	KUNIT_EXPECT_EQ(test, memcmp(r.message, bytes, len), 0);
}

static void a_step_is_one_number(struct kunit *test)
{
	expect_step(test, vector_repeated_0, BEAT_BYTES, AT_BEAT_SEQ);
	expect_step(test, vector_repeated_1, ANSWER_BYTES, AT_ANSWER_SEQ);
}

static void numbers_do_not_wrap(struct kunit *test)
{
	u8 bytes[BEAT_BYTES];
	struct repeat r;

	repeat_note(&r, vector_repeated_0, BEAT_BYTES, U64_MAX - 1);
	repeat_step(&r);
	KUNIT_EXPECT_EQ(test, r.len, (u32)BEAT_BYTES);
	repeat_step(&r);
	KUNIT_EXPECT_EQ(test, r.len, 0U);
	/* And so it stays. */
	repeat_step(&r);
	KUNIT_EXPECT_EQ(test, r.len, 0U);

	memcpy(bytes, vector_repeated_0, BEAT_BYTES);
	put64(bytes + AT_BEAT_SEQ, U64_MAX);
	repeat_note(&r, bytes, BEAT_BYTES, 1);
	KUNIT_EXPECT_EQ(test, r.len, (u32)BEAT_BYTES);
	repeat_step(&r);
	KUNIT_EXPECT_EQ(test, r.len, 0U);
}

/* Any bit of it other than that of the next one: not a repeat. */
static void expect_next(struct kunit *test, const u8 *datagram, size_t len)
{
	struct repeat r, next;

	repeat_note(&r, datagram, len, 41);
	next = r;
	repeat_step(&next);
	KUNIT_EXPECT_TRUE(test, repeat_is_next(&r, next.message, len, 42));
	/* Asking changes nothing. */
	KUNIT_EXPECT_TRUE(test, repeat_is_next(&r, next.message, len, 42));
	for (u64 counter = 0; counter < 60; counter++)
		KUNIT_EXPECT_EQ(test, repeat_is_next(&r, next.message, len, counter),
				counter == 42);
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, next.message, len - 1, 42));
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, r.message, len, 42));
	for (size_t bit = 0; bit < len * 8; bit++) {
		next.message[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, next.message, len, 42));
		next.message[bit / 8] ^= 1 << bit % 8;
	}
	r.len = 0;
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, next.message, len, 42));
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, next.message, 0, 42));
}

static void the_next_one_is_known(struct kunit *test)
{
	struct repeat r;

	expect_next(test, vector_repeated_0, BEAT_BYTES);
	expect_next(test, vector_repeated_1, ANSWER_BYTES);
	/* There is none behind the last number. */
	repeat_note(&r, vector_repeated_0, BEAT_BYTES, U64_MAX);
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, vector_repeated_0, BEAT_BYTES, 0));
	KUNIT_EXPECT_FALSE(test, repeat_is_next(&r, vector_repeated_0, 0, 0));
}

static void words_are_checked(struct kunit *test)
{
	static const struct {
		u8 index[4];
		u32 n;
		bool fine;
	} cases[] = {
		{ { 0 }, 0, true },
		{ { 0 }, 1, true },
		{ { REPEAT_WORDS_MAX - 1 }, 1, true },
		{ { REPEAT_WORDS_MAX }, 1, false },
		{ { 255 }, 1, false },
		{ { 0, 1 }, 2, true },
		{ { 1, 1 }, 2, false },
		{ { 2, 1 }, 2, false },
		{ { 0, 7, REPEAT_WORDS_MAX - 1 }, 3, true },
		{ { 0, 7, 7 }, 3, false },
		{ { 0, 7, REPEAT_WORDS_MAX }, 3, false },
	};
	u8 bytes[4 * REPEAT_WORD_BYTES];

	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		for (u32 k = 0; k < cases[i].n; k++) {
			struct repeat_word word = { .index = cases[i].index[k],
						    .slots = 1ULL << 21 * k };

			repeat_put(bytes + k * REPEAT_WORD_BYTES, &word);
		}
		KUNIT_EXPECT_EQ_MSG(test, repeat_check(bytes, cases[i].n), cases[i].fine,
				    "case %u", i);
		if (!cases[i].n || !cases[i].fine)
			continue;
		/* The last one speaks of nobody. */
		memset(bytes + (cases[i].n - 1) * REPEAT_WORD_BYTES + 1, 0, 8);
		KUNIT_EXPECT_FALSE(test, repeat_check(bytes, cases[i].n));
	}
}

/* All that there can be, and one more. */
static void as_many_words_as_there_are_slots(struct kunit *test)
{
	u8 bytes[(REPEAT_WORDS_MAX + 1) * REPEAT_WORD_BYTES];

	for (u32 i = 0; i <= REPEAT_WORDS_MAX; i++) {
		struct repeat_word word = { .index = i, .slots = ~0ULL };

		repeat_put(bytes + i * REPEAT_WORD_BYTES, &word);
	}
	KUNIT_EXPECT_TRUE(test, repeat_check(bytes, REPEAT_WORDS_MAX));
	KUNIT_EXPECT_FALSE(test, repeat_check(bytes, REPEAT_WORDS_MAX + 1));
	KUNIT_EXPECT_EQ(test, REPEAT_WORDS_MAX * REPEAT_SLOTS, QUORUM_GROUPS_MAX);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_next_ones_have_the_golden_mac),
	KUNIT_CASE(words_have_golden_bytes),
	KUNIT_CASE(words_agree_in_all_of_it),
	KUNIT_CASE(macs_are_added_bit_by_bit),
	KUNIT_CASE(only_heartbeats_are_repeated),
	KUNIT_CASE(what_is_noted),
	KUNIT_CASE(a_step_is_one_number),
	KUNIT_CASE(numbers_do_not_wrap),
	KUNIT_CASE(the_next_one_is_known),
	KUNIT_CASE(words_are_checked),
	KUNIT_CASE(as_many_words_as_there_are_slots),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_repeat",
	.test_cases = cases,
};
kunit_test_suite(suite);
