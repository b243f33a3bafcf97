// SPDX-License-Identifier: GPL-2.0
/*
 * Brief datagrams (module/format/brief.c): golden bytes, and what is refused.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "format/brief.h"
#include "format/bytes.h"
#include "../vectors/brief_vectors.h"

/* What a receiver knows of the sender of the vectors. */
static struct wire_header known(void)
{
	return (struct wire_header){
		.session = 0x77, .cluster = 0x1112131415161718ULL, .group = 0x21222324,
		.genesis = 0x31323334, .to = 1, .incarnation = 0x4142434445464748ULL,
	};
}

static void make(struct kunit *test, const u8 *message, size_t len, u64 counter, const u8 *want,
		 size_t want_len)
{
	u8 *buf = kunit_kzalloc(test, BRIEF_HEAD_BYTES_MAX + len, GFP_KERNEL);
	size_t taken, n;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	n = brief_put(buf, message, len - SEAL_BYTES, counter, &taken);
	KUNIT_ASSERT_GT(test, n, (size_t)0);
	KUNIT_ASSERT_LE(test, taken, len - SEAL_BYTES);
	memcpy(buf + n, message + taken, len - SEAL_BYTES - taken);
	n += len - SEAL_BYTES - taken;
	memcpy(buf + n, message + len - SEAL_MAC_BYTES, SEAL_MAC_BYTES);
	n += SEAL_MAC_BYTES;
	KUNIT_ASSERT_EQ(test, n, want_len);
	KUNIT_EXPECT_FALSE(test, memcmp(buf, want, n));
}

static void brief_bytes_are_golden(struct kunit *test)
{
	make(test, vector_append_long, sizeof(vector_append_long), 0x500000123ULL,
	     vector_append_brief, sizeof(vector_append_brief));
	make(test, vector_reply_long, sizeof(vector_reply_long), 0x102, vector_reply_brief,
	     sizeof(vector_reply_brief));
}

/* Restored, it is what was sealed, and its MAC is right; for another life it is not. */
static void restore(struct kunit *test, const u8 *brief_form, size_t len, const u8 *long_form,
		    size_t long_len, u64 top)
{
	const u8 *mac = brief_form + len - SEAL_MAC_BYTES;
	struct seal_stamp stamp = { .echo = 0x51525354555657ULL };
	struct wire_header hdr = known();
	u8 head[BRIEF_LONG_BYTES_MAX];
	struct brief brief;
	size_t n, rest;

	KUNIT_ASSERT_TRUE(test, brief_is(brief_form, len));
	KUNIT_ASSERT_EQ(test, (int)brief_get(brief_form, len, &brief), (int)WIRE_OK);
	KUNIT_EXPECT_EQ(test, brief.group, hdr.group);
	n = brief_restore(&brief, &hdr, head);
	rest = len - SEAL_MAC_BYTES - brief.taken;
	KUNIT_ASSERT_EQ(test, n + rest + SEAL_BYTES, long_len);
	KUNIT_EXPECT_FALSE(test, memcmp(head, long_form, n));
	KUNIT_EXPECT_FALSE(test, memcmp(brief_form + brief.taken, long_form + n, rest));
	stamp.counter = brief_counter(top, brief.counter);
	KUNIT_EXPECT_TRUE(test, seal_verify(vector_brief_key, head, n, brief_form + brief.taken,
					    rest, &stamp, mac));
	stamp.echo++;
	KUNIT_EXPECT_FALSE(test, seal_verify(vector_brief_key, head, n,
					     brief_form + brief.taken, rest, &stamp, mac));
	stamp.echo--;
	stamp.counter += 1ULL << 32;
	KUNIT_EXPECT_FALSE(test, seal_verify(vector_brief_key, head, n,
					     brief_form + brief.taken, rest, &stamp, mac));
	stamp.counter -= 1ULL << 32;
	hdr.session++;
	brief_restore(&brief, &hdr, head);
	KUNIT_EXPECT_FALSE(test, seal_verify(vector_brief_key, head, n,
					     brief_form + brief.taken, rest, &stamp, mac));
}

static void brief_becomes_what_was_sealed(struct kunit *test)
{
	restore(test, vector_append_brief, sizeof(vector_append_brief), vector_append_long,
		sizeof(vector_append_long), 0x500000000ULL);
	restore(test, vector_reply_brief, sizeof(vector_reply_brief), vector_reply_long,
		sizeof(vector_reply_long), 0x100);
}

static void counters_are_the_nearest(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, brief_counter(0, 7), 7ULL);
	KUNIT_EXPECT_EQ(test, brief_counter(5, 5), 5ULL);
	KUNIT_EXPECT_EQ(test, brief_counter(0x1ffffffffULL, 3), 0x200000003ULL);
	KUNIT_EXPECT_EQ(test, brief_counter(0x200000003ULL, 0xfffffff0), 0x1fffffff0ULL);
	KUNIT_EXPECT_EQ(test, brief_counter(0x200000003ULL, 1), 0x200000001ULL);
	/* half of all are ahead, the other half behind */
	KUNIT_EXPECT_EQ(test, brief_counter(0x200000000ULL, 0x7fffffff), 0x27fffffffULL);
	KUNIT_EXPECT_EQ(test, brief_counter(0x200000000ULL, 0x80000000), 0x180000000ULL);
	/* before the first: none that was ever sent */
	KUNIT_EXPECT_EQ(test, brief_counter(3, 0xfffffff0), 0xfffffff0ULL);
}

/* Every length that is too short, and every byte before the rest changed. */
static void what_is_damaged_is_refused_or_another(struct kunit *test)
{
	u8 buf[sizeof(vector_append_brief)];
	struct brief good, brief;
	u32 at, bit;

	KUNIT_ASSERT_EQ(test, (int)brief_get(vector_append_brief, sizeof(buf), &good),
			(int)WIRE_OK);
	for (at = 0; at < good.taken + SEAL_MAC_BYTES; at++) {
		/* in as many bytes as it has: nothing behind them may be read */
		u8 *cut = kunit_kzalloc(test, at + 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, cut);
		memcpy(cut + 1, vector_append_brief, at);
		KUNIT_EXPECT_NE(test, (int)brief_get(cut + 1, at, &brief), (int)WIRE_OK);
		KUNIT_EXPECT_EQ(test, brief_is(cut + 1, at), at > 2);
	}
	for (at = 0; at < good.taken * 8; at++) {
		bit = 1 << at % 8;
		memcpy(buf, vector_append_brief, sizeof(buf));
		buf[at / 8] ^= bit;
		memset(&brief, 0, sizeof(brief));
		if (brief_get(buf, sizeof(buf), &brief) != WIRE_OK)
			continue;
		KUNIT_EXPECT_LE(test, brief.taken + SEAL_MAC_BYTES, sizeof(buf));
		KUNIT_EXPECT_TRUE(test, brief.type != good.type || brief.group != good.group ||
				  brief.counter != good.counter || brief.from != good.from ||
				  brief.term != good.term || brief.words != good.words ||
				  memcmp(brief.body, good.body, good.words * 4));
	}
}

/* One way to write a datagram: words in the fewest bytes, nothing in spare bits. */
static void other_ways_to_write_it_are_refused(struct kunit *test)
{
	/* a reply of no words: its MAC is not looked at here */
	u8 buf[64] = { 0x52, 0x51, WIRE_VERSION_BRIEF, RAFT_MSG_APPEND_REPLY, 1, 2, 3, 4, 0,
		       0x15, 1, 2, 3 };
	size_t len = 13 + SEAL_MAC_BYTES;
	struct brief brief;

	KUNIT_ASSERT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_OK);
	KUNIT_EXPECT_EQ(test, brief.counter, 1U);
	KUNIT_EXPECT_EQ(test, brief.from, 2U);
	KUNIT_EXPECT_EQ(test, brief.term, 3ULL);
	buf[8] = 1;		/* one word, whose length is in the next byte: its spare bits */
	buf[9] = 0x15;
	buf[10] = 0x04;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_FIELD_BAD);
	buf[8] = BRIEF_WORDS_MAX + 1;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_FIELD_BAD);
	buf[8] = BRIEF_WORDS_MAX;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_SHORT);
	buf[8] = 0;
	buf[9] = 0x15;
	buf[10] = 1;
	buf[11] = 0;		/* no sender: a 0 takes no byte */
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_FIELD_BAD);
	buf[9] = 0x11;		/* no sender, as it should be said */
	buf[11] = 3;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_FIELD_BAD);
	buf[9] = 0x19;		/* two bytes for what fits one */
	buf[11] = 2;
	buf[12] = 0;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len + 1, &brief), (int)WIRE_FIELD_BAD);
	buf[9] = 0x3f;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_SHORT);
	buf[3] = RAFT_MSG_HEARTBEAT;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_TYPE_BAD);
	buf[2] = WIRE_VERSION_SEALED;
	KUNIT_EXPECT_EQ(test, (int)brief_get(buf, len, &brief), (int)WIRE_VERSION_BAD);
	KUNIT_EXPECT_FALSE(test, brief_is(buf, len));
	buf[2] = WIRE_VERSION_BRIEF;
	buf[0]++;
	KUNIT_EXPECT_FALSE(test, brief_is(buf, len));
	buf[0]--;
	buf[1]++;
	KUNIT_EXPECT_FALSE(test, brief_is(buf, len));
}

/* There and back, whatever is in it; never longer. */
static void survives(struct kunit *test, const u8 *from, size_t len, bool brief_one)
{
	u8 *buf = kunit_kzalloc(test, BRIEF_HEAD_BYTES_MAX + len + SEAL_MAC_BYTES, GFP_KERNEL);
	/* in as many bytes as it has: nothing behind them may be read */
	u8 *message = kunit_kzalloc(test, len, GFP_KERNEL);
	struct wire_header hdr = known();
	u8 head[BRIEF_LONG_BYTES_MAX];
	struct brief brief;
	size_t n, taken;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_NOT_NULL(test, message);
	memcpy(message, from, len);
	n = brief_put(buf, message, len, ~0ULL, &taken);
	KUNIT_EXPECT_EQ(test, n != 0, brief_one);
	if (!n)
		return;
	/* what is never said of a brief one */
	hdr.fragment = true;
	hdr.secret = true;
	KUNIT_EXPECT_LE(test, n + len - taken + SEAL_MAC_BYTES, len + SEAL_BYTES);
	memcpy(buf + n, message + taken, len - taken);
	KUNIT_ASSERT_EQ(test, (int)brief_get(buf, n + len - taken + SEAL_MAC_BYTES, &brief),
			(int)WIRE_OK);
	KUNIT_EXPECT_EQ(test, brief.taken, n);
	KUNIT_EXPECT_EQ(test, brief_restore(&brief, &hdr, head), taken);
	KUNIT_EXPECT_FALSE(test, memcmp(head, message, taken));
}

/* What a receiver that was started again has to be able to read is not among them. */
static void some_are_never_brief(struct kunit *test)
{
	u32 type;

	for (type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ(test, brief_may(type),
				type == RAFT_MSG_APPEND || type == RAFT_MSG_APPEND_REPLY ||
				type == RAFT_MSG_FORWARD || type == RAFT_MSG_FORWARD_REPLY);
}

/* As many words are packed as there can be, but no more than there are. */
static void words_are_packed(struct kunit *test, u32 count, size_t len, size_t want)
{
	u8 *message = kunit_kzalloc(test, len, GFP_KERNEL);
	u8 buf[BRIEF_HEAD_BYTES_MAX];
	struct wire_header hdr = known();
	size_t taken;

	KUNIT_ASSERT_NOT_NULL(test, message);
	hdr.type = RAFT_MSG_APPEND;
	wire_header_put(message, &hdr);
	put16(message + WIRE_HEADER_BYTES + 24, count);
	KUNIT_EXPECT_GT(test, brief_put(buf, message, len, 1, &taken), (size_t)0);
	KUNIT_EXPECT_EQ(test, taken, want);
}

static void the_words_before_the_payload_are_packed(struct kunit *test)
{
	size_t one = WIRE_HEADER_BYTES + WIRE_APPEND_BYTES + WIRE_ENTRY_BYTES;

	words_are_packed(test, 1, one + 256, one);
	words_are_packed(test, 1, one - 4, one - 4);
	words_are_packed(test, 8, 4096, BRIEF_LONG_BYTES_MAX);
	words_are_packed(test, 9, 4096, BRIEF_LONG_BYTES_MAX);
	words_are_packed(test, 0x100, 4096, BRIEF_LONG_BYTES_MAX);
}

static void every_message_survives(struct kunit *test)
{
	u8 *message = kunit_kzalloc(test, 4096, GFP_KERNEL);
	struct wire_header hdr = known();
	u32 type, fill, len, count;

	KUNIT_ASSERT_NOT_NULL(test, message);
	hdr.from = ~0U;
	hdr.term = ~0ULL;
	for (type = 1; type < RAFT_MSG_NR; type++) {
		hdr.type = type;
		for (fill = 0; fill < 3; fill++) {
			wire_header_put(message, &hdr);
			memset(message + WIRE_HEADER_BYTES, fill * 0x7f, 4096 - WIRE_HEADER_BYTES);
			for (len = WIRE_HEADER_BYTES; len < WIRE_HEADER_BYTES + 70; len++)
				survives(test, message, len, brief_may(type));
			survives(test, message, 4096, brief_may(type));
		}
	}
	hdr.type = RAFT_MSG_APPEND;
	wire_header_put(message, &hdr);
	for (count = 0; count < 12; count++) {
		message[WIRE_HEADER_BYTES + 24] = count;
		message[WIRE_HEADER_BYTES + 25] = 0;
		survives(test, message, 2048, true);
	}
	survives(test, message, WIRE_HEADER_BYTES - 1, false);
	hdr.fragment = true;
	wire_header_put(message, &hdr);
	survives(test, message, 2048, false);
}

/* Bytes of IP that a message takes as a brief datagram; @payload of them are the entry's. */
static size_t ip_bytes(struct kunit *test, const struct raft_msg *msg, size_t payload, u64 counter)
{
	struct wire_header hdr = known();
	u8 message[512], buf[BRIEF_HEAD_BYTES_MAX];
	size_t len, n, taken;

	len = wire_encode(message, sizeof(message), &hdr, msg);
	KUNIT_ASSERT_GT(test, len, (size_t)0);
	n = brief_put(buf, message, len, counter, &taken);
	KUNIT_ASSERT_GT(test, n, (size_t)0);
	return 20 + 8 + n + len - taken + payload + SEAL_MAC_BYTES;
}

/* An entry of 256 on three nodes; @number: indexes, counters and the like. */
static size_t entry_bytes(struct kunit *test, u64 number)
{
	struct raft_entry entry = {
		.term = 2, .type = RAFT_ENTRY_DATA, .origin = 1, .size = 256,
		.tag = 0x12345678ULL << 32 | number,
	};
	struct raft_msg append = {
		.type = RAFT_MSG_APPEND, .from = 1, .to = 2, .term = 2,
		.append = {
			.prev_index = number, .prev_term = 2, .commit = number, .count = 1,
			.entries = &entry,
		},
	};
	struct raft_msg reply = {
		.type = RAFT_MSG_APPEND_REPLY, .from = 2, .to = 1, .term = 2,
		.append_reply = { .match = number, .verified = number },
	};

	return 2 * (ip_bytes(test, &append, 256, number) + ip_bytes(test, &reply, 0, number));
}

static void an_entry_costs_what_is_said(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, entry_bytes(test, 0x1234), (size_t)804);
	KUNIT_EXPECT_EQ(test, entry_bytes(test, 0x12345678), (size_t)832);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(brief_bytes_are_golden),
	KUNIT_CASE(brief_becomes_what_was_sealed),
	KUNIT_CASE(counters_are_the_nearest),
	KUNIT_CASE(what_is_damaged_is_refused_or_another),
	KUNIT_CASE(other_ways_to_write_it_are_refused),
	KUNIT_CASE(some_are_never_brief),
	KUNIT_CASE(the_words_before_the_payload_are_packed),
	KUNIT_CASE(every_message_survives),
	KUNIT_CASE(an_entry_costs_what_is_said),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_brief",
	.test_cases = cases,
};
kunit_test_suite(suite);
