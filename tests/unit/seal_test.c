// SPDX-License-Identifier: GPL-2.0
/*
 * The seal (module/format/seal.c): keys, MACs, windows; and the hash under it.
 *
 * Golden bytes were made by another implementation (Python's hashlib) from the
 * layouts in wire.h and seal.h.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <crypto/blake2s.h>
#include "format/seal.h"
#include "format/wire.h"
#include "../vectors/wire_vectors.h"

/* What the kernel's library and the shim of user space give has to be BLAKE2s. */
static void hash_is_blake2s(struct kunit *test)
{
	/* RFC 7693, appendix B */
	static const u8 abc[32] = {
		0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2, 0xe1, 0xa7, 0x2b, 0xa3,
		0x4e, 0xeb, 0x45, 0x2f, 0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29,
		0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82,
	};
	/* Keyed, of the bytes 0, 1, ... : the first eight of the authors' vectors. */
	static const struct {
		size_t len;
		u64 first;
	} keyed[] = {
		{ 0, 0x6b8707a47d99a848ULL },
		{ 1, 0x3088327cee5fd140ULL },
		{ 63, 0x0d46073f518253c6ULL },
		{ 64, 0x6655d37f57b07589ULL },
		{ 65, 0x7fbe5200eb0cfe21ULL },
		{ 128, 0xb94f5ac3381f310cULL },
		{ 255, 0x9d51bc1a0635b73fULL },
	};
	struct blake2s_state state;
	u8 in[256], key[32], out[32];
	__le64 first;

	blake2s_init_key(&state, 32, NULL, 0);
	blake2s_update(&state, (const u8 *)"abc", 3);
	blake2s_final(&state, out);
	KUNIT_EXPECT_FALSE(test, memcmp(out, abc, sizeof(abc)));

	for (u32 i = 0; i < sizeof(in); i++)
		in[i] = i;
	memcpy(key, in, sizeof(key));
	for (u32 i = 0; i < ARRAY_SIZE(keyed); i++) {
		size_t cut = keyed[i].len / 3;

		blake2s_init_key(&state, 32, key, sizeof(key));
		blake2s_update(&state, in, cut);
		blake2s_update(&state, in + cut, keyed[i].len - cut);
		blake2s_final(&state, out);
		memcpy(&first, out, sizeof(first));
		KUNIT_EXPECT_EQ(test, le64_to_cpu(first), keyed[i].first);
	}
}

enum {
	GROUP	= 0x21222324,
	FROM	= 0x01020304,
	TO	= 0x05060708,
};

#define CLUSTER		0x1112131415161718ULL
#define INCARNATION	0x4142434445464748ULL

static const u8 derived[] = {
	0x9a, 0x67, 0x9c, 0x61, 0x76, 0xb2, 0xb1, 0xbd, 0xf3, 0xe3, 0xa3, 0xde,
	0x66, 0xe8, 0x1f, 0x91, 0x8c, 0x79, 0xc4, 0xab, 0xba, 0x44, 0xf2, 0xf9,
	0xed, 0x06, 0xa8, 0xe0, 0x89, 0xf4, 0xbc, 0xd9,
};

static void cluster_key(u8 key[SEAL_KEY_BYTES])
{
	for (u32 i = 0; i < SEAL_KEY_BYTES; i++)
		key[i] = 0x40 + i;
}

static void keys_are_golden(struct kunit *test)
{
	u8 secret[SEAL_KEY_BYTES], key[SEAL_KEY_BYTES];

	cluster_key(secret);
	seal_derive(key, secret, CLUSTER, GROUP, FROM, TO);
	KUNIT_EXPECT_FALSE(test, memcmp(key, derived, sizeof(key)));
}

/* Direction, ends, group, cluster and secret: each makes another key. */
static void keys_differ(struct kunit *test)
{
	u8 secret[SEAL_KEY_BYTES], key[6][SEAL_KEY_BYTES];

	cluster_key(secret);
	seal_derive(key[0], secret, CLUSTER, GROUP, FROM, TO);
	seal_derive(key[1], secret, CLUSTER, GROUP, TO, FROM);
	seal_derive(key[2], secret, CLUSTER, GROUP, FROM, TO + 1);
	seal_derive(key[3], secret, CLUSTER, GROUP + 1, FROM, TO);
	seal_derive(key[4], secret, CLUSTER + 1, GROUP, FROM, TO);
	secret[31] ^= 0x80;
	seal_derive(key[5], secret, CLUSTER, GROUP, FROM, TO);
	for (u32 i = 0; i < ARRAY_SIZE(key); i++)
		for (u32 j = 0; j < i; j++)
			KUNIT_EXPECT_TRUE(test, memcmp(key[i], key[j], SEAL_KEY_BYTES));
}

/* One key is for one algorithm.  Made by Python's hashlib. */
static void secret_keys_are_golden(struct kunit *test)
{
	static const u8 golden[SEAL_KEY_BYTES] = {
		0x0d, 0x5f, 0xe8, 0x31, 0xa6, 0xb0, 0xc1, 0xfc, 0xdb, 0x36, 0x22, 0x0a,
		0x7c, 0x14, 0x0c, 0xc5, 0xd8, 0xac, 0x50, 0xdb, 0x28, 0x3b, 0x30, 0xf1,
		0xac, 0x89, 0x7c, 0xf8, 0xac, 0x18, 0xf2, 0x20,
	};
	u8 key[SEAL_KEY_BYTES];

	cluster_key(key);
	seal_derive_secret(key);
	KUNIT_EXPECT_FALSE(test, memcmp(key, golden, sizeof(key)));
}

/* A sealed heartbeat, made by the functions that send. */
static size_t make(u8 *buf)
{
	static const struct seal_stamp stamp = {
		.counter = 0x0102030405060708ULL,
		.echo = INCARNATION + 5,
	};
	static const struct wire_header ident = {
		.cluster = CLUSTER, .group = GROUP, .genesis = 0x31323334,
		.incarnation = INCARNATION,
	};
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT, .from = FROM, .to = TO, .term = 9 };
	size_t len;

	msg.heartbeat.commit = 0x1000;
	msg.heartbeat.seq = 5;
	len = wire_encode(buf, sizeof(vector_sealed), &ident, &msg);
	wire_set_session(buf, 0x77, false);
	seal_close(derived, buf, 20, buf + 20, len - 20, &stamp, buf + len);
	return len + SEAL_BYTES;
}

static void sealed_bytes_are_golden(struct kunit *test)
{
	struct seal_stamp stamp;
	struct wire_header hdr;
	u8 buf[sizeof(vector_sealed)];

	KUNIT_ASSERT_EQ(test, make(buf), sizeof(vector_sealed));
	KUNIT_EXPECT_FALSE(test, memcmp(buf, vector_sealed, sizeof(buf)));
	KUNIT_ASSERT_EQ(test, wire_check(vector_sealed, sizeof(vector_sealed), &hdr), WIRE_OK);
	KUNIT_EXPECT_EQ(test, hdr.session, 0x77U);
	KUNIT_EXPECT_EQ(test, hdr.type, RAFT_MSG_HEARTBEAT);
	KUNIT_ASSERT_TRUE(test, seal_open(derived, vector_sealed, sizeof(vector_sealed), &stamp));
	KUNIT_EXPECT_EQ(test, stamp.counter, 0x0102030405060708ULL);
	KUNIT_EXPECT_EQ(test, stamp.echo, seal_life(INCARNATION, 5));
	KUNIT_ASSERT_EQ(test, wire_check(vector_hello, sizeof(vector_hello), &hdr), WIRE_OK);
	KUNIT_EXPECT_EQ(test, hdr.type, WIRE_HELLO);
	KUNIT_EXPECT_TRUE(test, seal_open(derived, vector_hello, sizeof(vector_hello), &stamp));
}

/* Header, body, counter, echo or MAC: no bit of a datagram can be another. */
static void every_flip_breaks_the_seal(struct kunit *test)
{
	size_t len = sizeof(vector_sealed);
	struct seal_stamp stamp;
	u8 *buf;

	buf = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (size_t bit = 0; bit < len * 8; bit++) {
		memcpy(buf, vector_sealed, len);
		buf[bit / 8] ^= 1 << bit % 8;
		KUNIT_EXPECT_FALSE(test, seal_open(derived, buf, len, &stamp));
	}
}

static void every_cut_breaks_the_seal(struct kunit *test)
{
	struct seal_stamp stamp;
	struct wire_header hdr;

	for (size_t len = 0; len < sizeof(vector_sealed); len++) {
		u8 *buf = kunit_kmalloc(test, len ? len : 1, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, buf);
		memcpy(buf, vector_sealed, len);
		if (wire_check(buf, len, &hdr) == WIRE_OK)
			KUNIT_EXPECT_FALSE(test, seal_open(derived, buf, len, &stamp));
		else
			KUNIT_EXPECT_LT(test, len, WIRE_HEADER_BYTES + 32 + SEAL_BYTES);
	}
}

static void other_keys_do_not_open(struct kunit *test)
{
	u8 secret[SEAL_KEY_BYTES], key[SEAL_KEY_BYTES];
	struct seal_stamp stamp;

	cluster_key(secret);
	/* Reflected: the receiver opens with the key of the other direction. */
	seal_derive(key, secret, CLUSTER, GROUP, TO, FROM);
	KUNIT_EXPECT_FALSE(test, seal_open(key, vector_sealed, sizeof(vector_sealed), &stamp));
	seal_derive(key, secret, CLUSTER, GROUP + 1, FROM, TO);
	KUNIT_EXPECT_FALSE(test, seal_open(key, vector_sealed, sizeof(vector_sealed), &stamp));
}

/* HELLO exists sealed only; a session of 0 does not. */
static void hello_is_sealed(struct kunit *test)
{
	u8 buf[WIRE_HEADER_BYTES + SEAL_BYTES] = {};
	struct wire_header hdr = {
		.type = WIRE_HELLO, .session = 1, .from = 1, .to = 2, .incarnation = 3,
	};

	wire_header_put(buf, &hdr);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_OK);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf) - 1, &hdr), WIRE_SHORT);
	wire_set_session(buf, 0, false);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_FIELD_BAD);
	hdr.session = 0;
	wire_header_put(buf, &hdr);
	wire_seal(buf, sizeof(buf));
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_TYPE_BAD);
}

/* Whether a datagram is secret, its version says. */
static void secret_is_a_version(struct kunit *test)
{
	u8 buf[WIRE_HEADER_BYTES + SEAL_BYTES] = {};
	struct wire_header hdr = {
		.type = WIRE_HELLO, .session = 1, .secret = true, .from = 1, .to = 2,
		.incarnation = 3,
	};

	wire_header_put(buf, &hdr);
	KUNIT_EXPECT_EQ(test, buf[2], WIRE_VERSION_SECRET);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_OK);
	KUNIT_EXPECT_TRUE(test, hdr.secret);
	wire_set_session(buf, 2, false);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_OK);
	KUNIT_EXPECT_FALSE(test, hdr.secret);
	wire_set_session(buf, 2, true);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_OK);
	KUNIT_EXPECT_TRUE(test, hdr.secret);
	KUNIT_EXPECT_EQ(test, hdr.session, 2U);
}

static void lives_differ(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, seal_life(7, 1), seal_life(7, 2));
	KUNIT_EXPECT_NE(test, seal_life(7, 1), seal_life(1ULL << 40, 1));
	KUNIT_EXPECT_NE(test, seal_life(~0ULL, 1), 0ULL);
}

/* ---- the window ---- */

enum { W = SEAL_WINDOW_BITS - 64 };

static void window_takes_each_once(struct kunit *test)
{
	static const struct {
		u64 counter;
		enum seal_verdict verdict;
	} steps[] = {
		{ 0, SEAL_OLD },
		{ 1, SEAL_NEW_SESSION }, { 1, SEAL_REPLAYED },
		{ 9, SEAL_NEW }, { 8, SEAL_NEW }, { 7, SEAL_NEW }, { 7, SEAL_REPLAYED },
		{ 9, SEAL_REPLAYED }, { 2, SEAL_NEW }, { 1, SEAL_REPLAYED },
		/* To the edge of the window and over it. */
		{ W, SEAL_NEW }, { W, SEAL_REPLAYED }, { 3, SEAL_NEW }, { 3, SEAL_REPLAYED },
		{ W + 1, SEAL_NEW }, { 1, SEAL_OLD }, { 4, SEAL_NEW }, { 4, SEAL_REPLAYED },
		/* Far beyond: nothing of before is told apart. */
		{ 10 * W, SEAL_NEW }, { W + 2, SEAL_OLD }, { 9 * W, SEAL_OLD },
		{ 9 * W + 1, SEAL_NEW }, { 9 * W + 1, SEAL_REPLAYED },
		{ 10 * W - 1, SEAL_NEW }, { 10 * W, SEAL_REPLAYED },
		/* The end of all counters. */
		{ ~0ULL, SEAL_NEW }, { ~0ULL, SEAL_REPLAYED }, { ~0ULL - 1, SEAL_NEW },
		{ ~0ULL - W, SEAL_OLD }, { ~0ULL - W + 1, SEAL_NEW }, { 1, SEAL_OLD },
	};
	struct seal_window window = {};

	for (u32 i = 0; i < ARRAY_SIZE(steps); i++)
		KUNIT_EXPECT_EQ_MSG(test, seal_take(&window, 1, steps[i].counter),
				    steps[i].verdict, "step %u", i);
}

static void newer_session_ends_the_older(struct kunit *test)
{
	struct seal_window window = {};

	KUNIT_EXPECT_EQ(test, seal_take(&window, 0, 1), SEAL_OLD);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 3, 5000), SEAL_NEW_SESSION);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 2, 5001), SEAL_OLD);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 3, 5001), SEAL_NEW);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 4, 1), SEAL_NEW_SESSION);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 4, 1), SEAL_REPLAYED);
	KUNIT_EXPECT_EQ(test, seal_take(&window, 3, 5002), SEAL_OLD);
	KUNIT_EXPECT_EQ(test, seal_take(&window, ~0U, 1), SEAL_NEW_SESSION);
}

/* What is newer than all that was taken would be taken; asking takes nothing. */
static void newer_is_told_from_older(struct kunit *test)
{
	struct seal_window window = {};
	static const struct {
		u32 session;
		u64 counter;
		bool newer;
	} steps[] = {
		{ 0, 1, false }, { 1, 0, false }, { 0, 9, false }, { 9, 0, false },
		{ 3, 4999, false }, { 3, 5000, false }, { 3, 5001, true }, { 2, 5001, false },
		{ 3, ~0ULL, true }, { 4, 1, true }, { ~0U, 1, true }, { 2, ~0ULL, false },
	};

	KUNIT_EXPECT_TRUE(test, seal_is_newer(&window, 1, 1));
	KUNIT_EXPECT_EQ(test, seal_take(&window, 3, 5000), SEAL_NEW_SESSION);
	for (u32 i = 0; i < ARRAY_SIZE(steps); i++)
		for (u32 twice = 0; twice < 2; twice++)
			KUNIT_EXPECT_EQ_MSG(test,
					    seal_is_newer(&window, steps[i].session,
							  steps[i].counter),
					    steps[i].newer, "step %u", i);
	/* What was held back is new, and not newer. */
	KUNIT_EXPECT_FALSE(test, seal_is_newer(&window, 3, 4998));
	KUNIT_EXPECT_EQ(test, seal_take(&window, 3, 4998), SEAL_NEW);
}

/* Against a list of everything taken: nothing twice, nothing lately sent refused. */
static void window_agrees_with_a_list(struct kunit *test)
{
	enum { SPAN = 4096 };
	struct seal_window window = {};
	u64 rng = 88172645463325252ULL, top = 0;
	u8 *taken;

	taken = kunit_kzalloc(test, SPAN * 8, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, taken);
	for (u32 i = 0; i < 40000; i++) {
		enum seal_verdict verdict;
		u64 counter;

		rng ^= rng << 13;
		rng ^= rng >> 7;
		rng ^= rng << 17;
		/* Around a place that moves up, with leaps now and then. */
		counter = 1 + i / 2 + rng % 2500;
		if (counter >= SPAN * 8)
			break;
		verdict = seal_take(&window, 1, counter);
		if (verdict == SEAL_NEW || verdict == SEAL_NEW_SESSION) {
			KUNIT_EXPECT_EQ(test, taken[counter], 0);
			taken[counter] = 1;
		} else if (verdict == SEAL_REPLAYED) {
			KUNIT_EXPECT_EQ(test, taken[counter], 1);
		} else {
			KUNIT_EXPECT_GE(test, top - counter, (u64)W);
		}
		if (counter > top)
			top = counter;
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(hash_is_blake2s),
	KUNIT_CASE(keys_are_golden),
	KUNIT_CASE(keys_differ),
	KUNIT_CASE(sealed_bytes_are_golden),
	KUNIT_CASE(every_flip_breaks_the_seal),
	KUNIT_CASE(every_cut_breaks_the_seal),
	KUNIT_CASE(other_keys_do_not_open),
	KUNIT_CASE(hello_is_sealed),
	KUNIT_CASE(secret_keys_are_golden),
	KUNIT_CASE(secret_is_a_version),
	KUNIT_CASE(lives_differ),
	KUNIT_CASE(window_takes_each_once),
	KUNIT_CASE(newer_session_ends_the_older),
	KUNIT_CASE(newer_is_told_from_older),
	KUNIT_CASE(window_agrees_with_a_list),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_seal",
	.test_cases = cases,
};
kunit_test_suites(&suite);
