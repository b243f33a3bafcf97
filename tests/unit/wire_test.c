// SPDX-License-Identifier: GPL-2.0
/*
 * The wire: codec (module/format/wire.c) and putting fragments together
 * (module/format/assemble.c).
 *
 * The golden datagrams are made from the layout in wire.h by another program,
 * tests/vectors/wire_vectors.py, so that the codec is not compared with itself.
 *
 * Datagrams under test lie in memory of exactly their length, for KASAN and ASan.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "format/assemble.h"
#include "format/wire.h"
#include "../vectors/wire_vectors.h"

static const struct wire_header ident = {
	.cluster = 0x1112131415161718ULL,
	.group = 0x21222324,
	.genesis = 0x31323334,
	.from = 0x01020304,
	.to = 0x05060708,
	.incarnation = 0x4142434445464748ULL,
	.term = 9,
};

static const struct raft_entry three[] = {
	{ .index = 0x1001, .term = 7, .type = RAFT_ENTRY_NOOP },
	{ .index = 0x1002, .term = 7, .tag = 3ULL << 40 | 5, .origin = 0x01020304, .size = 3,
	  .type = RAFT_ENTRY_DATA },
	{ .index = 0x1003, .term = 9, .tag = 4ULL << 40 | 6, .origin = 2, .size = 5,
	  .type = RAFT_ENTRY_DATA },
};

#define MSG(t) .type = (t), .from = 0x01020304, .to = 0x05060708, .term = 9

/* Every type of message, what it says, and how that lies on the wire. */
static const struct sample {
	const u8 *golden;
	size_t len;
	size_t payload;		/* bytes of payload at the end */
	struct raft_msg msg;
} samples[] = {
	{ vector_prevote, sizeof(vector_prevote), 0,
	  { MSG(RAFT_MSG_PREVOTE), .vote = { 0x1001, 8 } } },
	{ vector_prevote_reply, sizeof(vector_prevote_reply), 0,
	  { MSG(RAFT_MSG_PREVOTE_REPLY), .vote_reply = { 9, true } } },
	{ vector_vote, sizeof(vector_vote), 0,
	  { MSG(RAFT_MSG_VOTE), .vote = { 0x1001, 8, true } } },
	{ vector_vote_reply, sizeof(vector_vote_reply), 0,
	  { MSG(RAFT_MSG_VOTE_REPLY), .vote_reply = { 7, false, true } } },
	{ vector_append, sizeof(vector_append), 8,
	  { MSG(RAFT_MSG_APPEND),
	    .append = { .prev_index = 0x1000, .prev_term = 6, .commit = 0xfff,
			.entries = three, .count = 3 } } },
	{ vector_append_reply, sizeof(vector_append_reply), 0,
	  { MSG(RAFT_MSG_APPEND_REPLY),
	    .append_reply = { .match = 0x2001, .verified = 0x2002, .prev_index = 0x2003,
			      .hint_index = 0x2004, .hint_term = 5,
			      .suspect = 0x2006, .rejected = true } } },
	{ vector_heartbeat, sizeof(vector_heartbeat), 0,
	  { MSG(RAFT_MSG_HEARTBEAT),
	    .heartbeat = { .commit = 0x3001, .seq = 0x3002, .round = 0x3005, .trust = 0x3006 } } },
	{ vector_heartbeat_reply, sizeof(vector_heartbeat_reply), 0,
	  { MSG(RAFT_MSG_HEARTBEAT_REPLY),
	    .heartbeat_reply = { .seq = 0x3002, .match = 0x3003, .verified = 0x3004,
				 .round = 0x3005, .suspect = 0x3007 } } },
	{ vector_forward, sizeof(vector_forward), 4,
	  { MSG(RAFT_MSG_FORWARD),
	    .forward = { .tag = 3ULL << 40 | 7, .size = 4, .entry_type = RAFT_ENTRY_DATA } } },
	{ vector_forward_reply, sizeof(vector_forward_reply), 0,
	  { MSG(RAFT_MSG_FORWARD_REPLY),
	    .forward_reply = { .tag = 3ULL << 40 | 7, .index = 0x4001, .entry_term = 9,
			       .reason = RAFT_COMMITTED } } },
	{ vector_read, sizeof(vector_read), 0,
	  { MSG(RAFT_MSG_READ), .read = { .seq = 0x5001 } } },
	{ vector_read_reply, sizeof(vector_read_reply), 0,
	  { MSG(RAFT_MSG_READ_REPLY),
	    .read_reply = { .seq = 0x5001, .index = 0x5002, .reason = 3 } } },
	{ vector_timeout_now, sizeof(vector_timeout_now), 0,
	  { MSG(RAFT_MSG_TIMEOUT_NOW), .timeout_now = { .last_index = 0x6001 } } },
	{ vector_snapshot_message, sizeof(vector_snapshot_message), 7,
	  { MSG(RAFT_MSG_SNAPSHOT),
	    .snapshot = { .name = { 0x7001, 8, 0x30005, 0x71727374 }, .bytes = 4,
			  .config_bytes = 3 } } },
	{ vector_snapshot_reply, sizeof(vector_snapshot_reply), 0,
	  { MSG(RAFT_MSG_SNAPSHOT_REPLY),
	    .snapshot_reply = { .name = { 0x7001, 8, 0x30005, 0x71727374 }, .offset = 0x8000,
				.verdict = RAFT_SNAPSHOT_GAP } } },
};

/* What a test works with; too much for a kernel stack. */
struct bench {
	struct wire_header hdr;
	struct wire_fragment frag;
	struct raft_msg msg;
	const void *payload;
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	u8 again[512];
};

static struct bench *bench_get(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	return b;
}

static u8 *exact(struct kunit *test, const void *from, size_t len)
{
	u8 *p = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memcpy(p, from, len);
	return p;
}

/* As the receiver does it. */
static enum wire_error take(struct bench *b, const u8 *buf, size_t len)
{
	enum wire_error error = wire_check(buf, len, &b->hdr);

	if (error)
		return error;
	/* As one without a key does; with a key see seal_test.c. */
	if (b->hdr.session)
		return WIRE_CRC_BAD;
	if (b->hdr.fragment)
		return wire_fragment_get(buf, len, &b->frag);
	return wire_decode(buf, len, &b->hdr, &b->msg, b->entries, &b->payload);
}

static enum wire_error take_sealed(struct bench *b, u8 *buf, size_t len)
{
	wire_seal(buf, len);
	return take(b, buf, len);
}

static void expect_same_late_body(struct kunit *test, const struct raft_msg *a,
				  const struct raft_msg *b)
{
	switch (a->type) {
	case RAFT_MSG_READ:
		KUNIT_EXPECT_EQ(test, a->read.seq, b->read.seq);
		break;
	case RAFT_MSG_READ_REPLY:
		KUNIT_EXPECT_EQ(test, a->read_reply.seq, b->read_reply.seq);
		KUNIT_EXPECT_EQ(test, a->read_reply.index, b->read_reply.index);
		KUNIT_EXPECT_EQ(test, a->read_reply.reason, b->read_reply.reason);
		break;
	case RAFT_MSG_TIMEOUT_NOW:
		KUNIT_EXPECT_EQ(test, a->timeout_now.last_index, b->timeout_now.last_index);
		break;
	case RAFT_MSG_SNAPSHOT:
		KUNIT_EXPECT_EQ(test, a->snapshot.name.index, b->snapshot.name.index);
		KUNIT_EXPECT_EQ(test, a->snapshot.name.term, b->snapshot.name.term);
		KUNIT_EXPECT_EQ(test, a->snapshot.name.size, b->snapshot.name.size);
		KUNIT_EXPECT_EQ(test, a->snapshot.name.crc, b->snapshot.name.crc);
		KUNIT_EXPECT_EQ(test, a->snapshot.offset, b->snapshot.offset);
		KUNIT_EXPECT_EQ(test, a->snapshot.bytes, b->snapshot.bytes);
		KUNIT_EXPECT_EQ(test, a->snapshot.config_bytes, b->snapshot.config_bytes);
		break;
	case RAFT_MSG_SNAPSHOT_REPLY:
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.name.index, b->snapshot_reply.name.index);
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.name.term, b->snapshot_reply.name.term);
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.name.size, b->snapshot_reply.name.size);
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.name.crc, b->snapshot_reply.name.crc);
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.offset, b->snapshot_reply.offset);
		KUNIT_EXPECT_EQ(test, a->snapshot_reply.verdict, b->snapshot_reply.verdict);
		break;
	default:
		KUNIT_FAIL(test, "no such message: %u", a->type);
	}
}

static void expect_same_body(struct kunit *test, const struct raft_msg *a,
			     const struct raft_msg *b)
{
	switch (a->type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
		KUNIT_EXPECT_EQ(test, a->vote.last_index, b->vote.last_index);
		KUNIT_EXPECT_EQ(test, a->vote.last_term, b->vote.last_term);
		KUNIT_EXPECT_EQ(test, a->vote.transfer, b->vote.transfer);
		break;
	case RAFT_MSG_PREVOTE_REPLY:
	case RAFT_MSG_VOTE_REPLY:
		KUNIT_EXPECT_EQ(test, a->vote_reply.asked_term, b->vote_reply.asked_term);
		KUNIT_EXPECT_EQ(test, a->vote_reply.granted, b->vote_reply.granted);
		KUNIT_EXPECT_EQ(test, a->vote_reply.suspect, b->vote_reply.suspect);
		break;
	case RAFT_MSG_APPEND:
		KUNIT_EXPECT_EQ(test, a->append.prev_index, b->append.prev_index);
		KUNIT_EXPECT_EQ(test, a->append.prev_term, b->append.prev_term);
		KUNIT_EXPECT_EQ(test, a->append.commit, b->append.commit);
		KUNIT_ASSERT_EQ(test, a->append.count, b->append.count);
		for (u32 i = 0; i < a->append.count; i++) {
			const struct raft_entry *x = &a->append.entries[i];
			const struct raft_entry *y = &b->append.entries[i];

			KUNIT_EXPECT_EQ(test, x->index, y->index);
			KUNIT_EXPECT_EQ(test, x->term, y->term);
			KUNIT_EXPECT_EQ(test, x->tag, y->tag);
			KUNIT_EXPECT_EQ(test, x->origin, y->origin);
			KUNIT_EXPECT_EQ(test, x->size, y->size);
			KUNIT_EXPECT_EQ(test, x->type, y->type);
		}
		break;
	case RAFT_MSG_APPEND_REPLY:
		KUNIT_EXPECT_EQ(test, a->append_reply.match, b->append_reply.match);
		KUNIT_EXPECT_EQ(test, a->append_reply.verified, b->append_reply.verified);
		KUNIT_EXPECT_EQ(test, a->append_reply.prev_index, b->append_reply.prev_index);
		KUNIT_EXPECT_EQ(test, a->append_reply.hint_index, b->append_reply.hint_index);
		KUNIT_EXPECT_EQ(test, a->append_reply.hint_term, b->append_reply.hint_term);
		KUNIT_EXPECT_EQ(test, a->append_reply.rejected, b->append_reply.rejected);
		KUNIT_EXPECT_EQ(test, a->append_reply.suspect, b->append_reply.suspect);
		break;
	case RAFT_MSG_HEARTBEAT:
		KUNIT_EXPECT_EQ(test, a->heartbeat.commit, b->heartbeat.commit);
		KUNIT_EXPECT_EQ(test, a->heartbeat.seq, b->heartbeat.seq);
		KUNIT_EXPECT_EQ(test, a->heartbeat.round, b->heartbeat.round);
		KUNIT_EXPECT_EQ(test, a->heartbeat.trust, b->heartbeat.trust);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		KUNIT_EXPECT_EQ(test, a->heartbeat_reply.seq, b->heartbeat_reply.seq);
		KUNIT_EXPECT_EQ(test, a->heartbeat_reply.match, b->heartbeat_reply.match);
		KUNIT_EXPECT_EQ(test, a->heartbeat_reply.verified,
				b->heartbeat_reply.verified);
		KUNIT_EXPECT_EQ(test, a->heartbeat_reply.round, b->heartbeat_reply.round);
		KUNIT_EXPECT_EQ(test, a->heartbeat_reply.suspect, b->heartbeat_reply.suspect);
		break;
	case RAFT_MSG_FORWARD:
		KUNIT_EXPECT_EQ(test, a->forward.tag, b->forward.tag);
		KUNIT_EXPECT_EQ(test, a->forward.size, b->forward.size);
		KUNIT_EXPECT_EQ(test, a->forward.entry_type, b->forward.entry_type);
		break;
	case RAFT_MSG_FORWARD_REPLY:
		KUNIT_EXPECT_EQ(test, a->forward_reply.tag, b->forward_reply.tag);
		KUNIT_EXPECT_EQ(test, a->forward_reply.index, b->forward_reply.index);
		KUNIT_EXPECT_EQ(test, a->forward_reply.entry_term, b->forward_reply.entry_term);
		KUNIT_EXPECT_EQ(test, a->forward_reply.reason, b->forward_reply.reason);
		break;
	default:
		expect_same_late_body(test, a, b);
	}
}

static void encode_gives_golden_bytes(struct kunit *test)
{
	struct bench *b = bench_get(test);
	bool seen[RAFT_MSG_NR] = {};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		struct wire_header h = ident;
		size_t len;

		/* These come from the message. */
		h.from = 77;
		h.to = 77;
		h.term = 77;
		memset(b->again, 0xee, sizeof(b->again));
		len = wire_encode(b->again, sizeof(b->again), &h, &s->msg);
		KUNIT_ASSERT_EQ(test, len + s->payload, s->len);
		memcpy(b->again + len, s->golden + len, s->payload);
		wire_seal(b->again, s->len);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(b->again, s->golden, s->len), 0, "type %u",
				    s->msg.type);
		seen[s->msg.type] = true;

		/* Not a byte more than there is room for. */
		for (size_t room = 0; room < len; room++)
			KUNIT_EXPECT_EQ(test, wire_encode(b->again, room, &ident, &s->msg),
					(size_t)0);
	}
	for (int type = 1; type < RAFT_MSG_NR; type++)
		KUNIT_EXPECT_TRUE(test, seen[type]);
}

static void decode_reads_golden_bytes(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		const u8 *buf = exact(test, s->golden, s->len);

		KUNIT_ASSERT_EQ(test, (int)take(b, buf, s->len), (int)WIRE_OK);
		KUNIT_EXPECT_EQ(test, b->hdr.type, s->msg.type);
		KUNIT_EXPECT_FALSE(test, b->hdr.fragment);
		KUNIT_EXPECT_EQ(test, b->hdr.cluster, ident.cluster);
		KUNIT_EXPECT_EQ(test, b->hdr.group, ident.group);
		KUNIT_EXPECT_EQ(test, b->hdr.genesis, ident.genesis);
		KUNIT_EXPECT_EQ(test, b->hdr.incarnation, ident.incarnation);
		KUNIT_EXPECT_EQ(test, b->msg.type, s->msg.type);
		KUNIT_EXPECT_EQ(test, b->msg.from, s->msg.from);
		KUNIT_EXPECT_EQ(test, b->msg.to, s->msg.to);
		KUNIT_EXPECT_EQ(test, b->msg.term, s->msg.term);
		expect_same_body(test, &s->msg, &b->msg);
		if (s->payload)
			KUNIT_EXPECT_PTR_EQ(test, b->payload,
					    (const void *)(buf + s->len - s->payload));
		else
			KUNIT_EXPECT_NULL(test, b->payload);
	}
}

static void fragment_has_golden_bytes(struct kunit *test)
{
	static const char chunk[] = "0123456789";
	struct wire_fragment frag = {
		.message = 0xa1a2a3a4, .index = 1, .count = 3, .offset = 10, .total = 25,
	};
	struct bench *b = bench_get(test);
	struct wire_header h = ident;
	const u8 *buf;

	h.type = RAFT_MSG_APPEND;
	h.fragment = true;
	wire_header_put(b->again, &h);
	wire_fragment_put(b->again, &frag);
	wire_seal_split(b->again, 64, chunk, 10);
	memcpy(b->again + 64, chunk, 10);
	KUNIT_EXPECT_EQ(test, memcmp(b->again, vector_fragment, sizeof(vector_fragment)), 0);

	buf = exact(test, vector_fragment, sizeof(vector_fragment));
	KUNIT_ASSERT_EQ(test, (int)take(b, buf, sizeof(vector_fragment)), (int)WIRE_OK);
	KUNIT_EXPECT_TRUE(test, b->hdr.fragment);
	KUNIT_EXPECT_EQ(test, b->hdr.type, (u8)RAFT_MSG_APPEND);
	KUNIT_EXPECT_EQ(test, b->frag.message, 0xa1a2a3a4U);
	KUNIT_EXPECT_EQ(test, b->frag.index, (u16)1);
	KUNIT_EXPECT_EQ(test, b->frag.count, (u16)3);
	KUNIT_EXPECT_EQ(test, b->frag.offset, 10U);
	KUNIT_EXPECT_EQ(test, b->frag.total, 25U);
	KUNIT_EXPECT_EQ(test, b->frag.size, 10U);
	KUNIT_EXPECT_EQ(test, b->frag.stride, 10U);
}

/* Also with the right crc: a length that is not the message's own is refused. */
static void other_lengths_are_refused(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];

		for (size_t len = 0; len < s->len; len++) {
			u8 *buf = exact(test, s->golden, len ? len : 1);

			KUNIT_EXPECT_NE(test, (int)take(b, buf, len), (int)WIRE_OK);
			if (len < WIRE_HEADER_BYTES)
				continue;
			KUNIT_EXPECT_NE(test, (int)take_sealed(b, buf, len), (int)WIRE_OK);
		}
		for (size_t more = 1; more <= 64; more++) {
			u8 *buf;

			memset(b->again, 0, sizeof(b->again));
			memcpy(b->again, s->golden, s->len);
			buf = exact(test, b->again, s->len + more);
			KUNIT_EXPECT_EQ(test, (int)take(b, buf, s->len + more),
					(int)WIRE_CRC_BAD);
			KUNIT_EXPECT_EQ(test, (int)take_sealed(b, buf, s->len + more),
					(int)WIRE_LENGTH_BAD);
		}
	}
}

/*
 * In user space every value of a byte is tried; in a kernel under KASAN and
 * emulation every seventeenth, 0 and 255 among them.
 */
enum {
#ifdef __KERNEL__
	VALUE_STEP = 17,
#else
	VALUE_STEP = 1,
#endif
};

static void every_flip_is_refused(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		u8 *buf = exact(test, s->golden, s->len);

		for (size_t at = 0; at < s->len; at++) {
			for (int flip = 1; flip < 256; flip += VALUE_STEP) {
				buf[at] ^= flip;
				if (take(b, buf, s->len) == WIRE_OK)
					KUNIT_FAIL(test, "type %u, byte %u, flip %d", s->msg.type,
						   (u32)at, flip);
				buf[at] ^= flip;
			}
		}
	}
}

/*
 * With the crc made right again, any value at any place is either refused, or is
 * a message that encodes to the very same bytes: nothing is ignored.
 */
static void resealed_mutants_are_refused_or_canonical(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		u8 *buf = exact(test, s->golden, s->len);

		for (size_t at = 0; at < s->len; at++) {
			for (int value = 0; value < 256; value += VALUE_STEP) {
				size_t len, rest;

				buf[at] = value;
				if (take_sealed(b, buf, s->len) != WIRE_OK ||
				    b->hdr.fragment)
					continue;
				len = wire_encode(b->again, sizeof(b->again), &b->hdr, &b->msg);
				KUNIT_ASSERT_TRUE(test, len && len <= s->len);
				rest = s->len - len;
				if (b->payload)
					memcpy(b->again + len, b->payload, rest);
				else
					KUNIT_ASSERT_EQ(test, rest, (size_t)0);
				wire_seal(b->again, s->len);
				if (memcmp(b->again, buf, s->len))
					KUNIT_FAIL(test, "type %u, byte %u, value %d", s->msg.type,
						   (u32)at, value);
			}
			buf[at] = s->golden[at];
		}
	}
}

static void put_le(u8 *p, u64 value, int width)
{
	for (int i = 0; i < width; i++)
		p[i] = value >> (8 * i);
}

/* One field of a sample set to something it must not hold. */
static const struct refusal {
	u8 type;
	u8 at;
	u8 width;
	u8 error;
	u64 value;
} refusals[] = {
	/* header */
	{ RAFT_MSG_VOTE, 0, 2, WIRE_MAGIC_BAD, 0x5251 },
	{ RAFT_MSG_VOTE, 2, 1, WIRE_VERSION_BAD, 0 },
	{ RAFT_MSG_VOTE, 2, 1, WIRE_VERSION_BAD, 4 },
	/* Version 2: the checksum is a session then, and the trailer is missing. */
	{ RAFT_MSG_VOTE, 2, 1, WIRE_SHORT, 2 },
	{ RAFT_MSG_VOTE, 3, 1, WIRE_TYPE_BAD, 0 },
	{ RAFT_MSG_VOTE, 3, 1, WIRE_TYPE_BAD, RAFT_MSG_NR },
	{ RAFT_MSG_VOTE, 3, 1, WIRE_TYPE_BAD, 0x7f },
	{ RAFT_MSG_VOTE, 3, 1, WIRE_TYPE_BAD, 0x80 | RAFT_MSG_VOTE },
	{ RAFT_MSG_READ, 3, 1, WIRE_SHORT, 0x80 | RAFT_MSG_APPEND },
	{ RAFT_MSG_VOTE, 24, 4, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_VOTE, 28, 4, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_VOTE, 28, 4, WIRE_FIELD_BAD, 0x01020304 },
	{ RAFT_MSG_VOTE, 32, 8, WIRE_FIELD_BAD, 0 },
	/* term 0 */
	{ RAFT_MSG_PREVOTE, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_VOTE, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_APPEND, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_HEARTBEAT, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_FORWARD, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_READ, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_READ_REPLY, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_TIMEOUT_NOW, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_PREVOTE_REPLY, 40, 8, WIRE_OK, 0 },
	{ RAFT_MSG_FORWARD_REPLY, 40, 8, WIRE_OK, 0 },
	/* flags and reserved bytes */
	{ RAFT_MSG_PREVOTE_REPLY, 56, 1, WIRE_FIELD_BAD, 2 },
	{ RAFT_MSG_VOTE_REPLY, 57, 1, WIRE_FIELD_BAD, 2 },
	{ RAFT_MSG_VOTE_REPLY, 58, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_PREVOTE, 64, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_VOTE, 64, 1, WIRE_FIELD_BAD, 2 },
	{ RAFT_MSG_VOTE, 65, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_VOTE, 67, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_VOTE, 68, 4, WIRE_OK, 0x20003 },
	{ RAFT_MSG_READ_REPLY, 64, 1, WIRE_FIELD_BAD, RAFT_REASON_NR },
	{ RAFT_MSG_READ_REPLY, 65, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_VOTE_REPLY, 63, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_APPEND_REPLY, 96, 1, WIRE_FIELD_BAD, 255 },
	{ RAFT_MSG_APPEND_REPLY, 103, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_FORWARD_REPLY, 72, 1, WIRE_FIELD_BAD, RAFT_REASON_NR },
	{ RAFT_MSG_FORWARD_REPLY, 73, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_FORWARD, 61, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_APPEND, 74, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_APPEND, 75, 1, WIRE_FIELD_BAD, 1 },
	{ RAFT_MSG_APPEND, 76, 4, WIRE_OK, 0x20003 },
	/* the entry before */
	{ RAFT_MSG_APPEND, 48, 8, WIRE_FIELD_BAD, 0 },		/* index 0, term 6 */
	{ RAFT_MSG_APPEND, 48, 8, WIRE_FIELD_BAD, ~0ULL },	/* index would wrap */
	{ RAFT_MSG_APPEND, 48, 8, WIRE_FIELD_BAD, ~0ULL - 2 },
	{ RAFT_MSG_APPEND, 48, 8, WIRE_OK, ~0ULL - 3 },
	{ RAFT_MSG_APPEND, 56, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_APPEND, 56, 8, WIRE_FIELD_BAD, 8 },		/* entries of term 7 follow */
	{ RAFT_MSG_APPEND, 56, 8, WIRE_OK, 7 },
	/* counts that do not fit the length */
	{ RAFT_MSG_APPEND, 72, 2, WIRE_FIELD_BAD, RAFT_MSG_ENTRIES_MAX + 1 },
	{ RAFT_MSG_APPEND, 72, 2, WIRE_FIELD_BAD, 0xffff },
	{ RAFT_MSG_APPEND, 72, 2, WIRE_LENGTH_BAD, RAFT_MSG_ENTRIES_MAX },
	{ RAFT_MSG_APPEND, 72, 2, WIRE_LENGTH_BAD, 4 },
	{ RAFT_MSG_APPEND, 72, 2, WIRE_LENGTH_BAD, 2 },
	{ RAFT_MSG_APPEND, 72, 2, WIRE_LENGTH_BAD, 0 },
	/* entries: 80 no-op, 104 and 128 data */
	{ RAFT_MSG_APPEND, 80, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_APPEND, 80, 8, WIRE_FIELD_BAD, 5 },		/* below prev_term */
	{ RAFT_MSG_APPEND, 80, 8, WIRE_FIELD_BAD, 8 },		/* above the next */
	{ RAFT_MSG_APPEND, 88, 8, WIRE_FIELD_BAD, 1 },		/* no-op with a tag */
	{ RAFT_MSG_APPEND, 96, 4, WIRE_FIELD_BAD, 1 },		/* and with an origin */
	{ RAFT_MSG_APPEND, 100, 4, WIRE_FIELD_BAD, RAFT_ENTRY_NOOP << 24 | 1 },
	{ RAFT_MSG_APPEND, 100, 4, WIRE_FIELD_BAD, RAFT_ENTRY_CONFIG << 24 },
	{ RAFT_MSG_APPEND, 100, 4, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_APPEND, 100, 4, WIRE_FIELD_BAD,
	  RAFT_ENTRY_CONFIG << 24 | (RAFT_CONFIG_BYTES_MAX + 1) },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_FIELD_BAD, RAFT_ENTRY_CONFIG << 24 | 3 },
	{ RAFT_MSG_APPEND, 120, 4, WIRE_FIELD_BAD, 0 },		/* data without origin */
	{ RAFT_MSG_APPEND, 124, 4, WIRE_LENGTH_BAD, RAFT_ENTRY_DATA << 24 },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_FIELD_BAD, 0xffffffff },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_FIELD_BAD,
	  RAFT_ENTRY_DATA << 24 | (QUORUM_ENTRY_BYTES_MAX + 1) },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_LENGTH_BAD,
	  RAFT_ENTRY_DATA << 24 | QUORUM_ENTRY_BYTES_MAX },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_LENGTH_BAD, RAFT_ENTRY_DATA << 24 | 2 },
	{ RAFT_MSG_APPEND, 124, 4, WIRE_LENGTH_BAD, RAFT_ENTRY_DATA << 24 | 4 },
	{ RAFT_MSG_APPEND, 128, 8, WIRE_FIELD_BAD, 10 },	/* above the sender's term */
	{ RAFT_MSG_APPEND, 128, 8, WIRE_FIELD_BAD, 6 },
	/* snapshots */
	{ RAFT_MSG_SNAPSHOT, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT, 48, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT, 56, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT, 56, 8, WIRE_FIELD_BAD, 10 },	/* above the sender's term */
	{ RAFT_MSG_SNAPSHOT, 64, 8, WIRE_FIELD_BAD, 3 },	/* smaller than its bytes */
	{ RAFT_MSG_SNAPSHOT, 64, 8, WIRE_OK, 4 },
	{ RAFT_MSG_SNAPSHOT, 72, 8, WIRE_FIELD_BAD, 1 },	/* a configuration amid it */
	{ RAFT_MSG_SNAPSHOT, 72, 8, WIRE_FIELD_BAD, 0x30006 },	/* behind its end */
	{ RAFT_MSG_SNAPSHOT, 84, 4, WIRE_FIELD_BAD, RAFT_CHUNK_BYTES_MAX + 1 },
	{ RAFT_MSG_SNAPSHOT, 84, 4, WIRE_LENGTH_BAD, 5 },
	{ RAFT_MSG_SNAPSHOT, 84, 4, WIRE_LENGTH_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT, 88, 4, WIRE_FIELD_BAD, 0 },	/* none at its beginning */
	{ RAFT_MSG_SNAPSHOT, 88, 4, WIRE_LENGTH_BAD, 4 },
	{ RAFT_MSG_SNAPSHOT, 88, 4, WIRE_FIELD_BAD, WIRE_CONFIG_BYTES_MAX + 1 },
	{ RAFT_MSG_SNAPSHOT, 92, 4, WIRE_OK, 0x20003 },
	{ RAFT_MSG_SNAPSHOT_REPLY, 40, 8, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT_REPLY, 72, 8, WIRE_FIELD_BAD, 0x30006 },
	{ RAFT_MSG_SNAPSHOT_REPLY, 84, 1, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_SNAPSHOT_REPLY, 84, 1, WIRE_FIELD_BAD, 4 },
	{ RAFT_MSG_SNAPSHOT_REPLY, 85, 1, WIRE_FIELD_BAD, 1 },
	/* forward */
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_FIELD_BAD, 0 },
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_LENGTH_BAD, 3 },
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_LENGTH_BAD, 5 },
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_LENGTH_BAD, QUORUM_ENTRY_BYTES_MAX },
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_FIELD_BAD, QUORUM_ENTRY_BYTES_MAX + 1 },
	{ RAFT_MSG_FORWARD, 56, 4, WIRE_FIELD_BAD, 0xffffffff },
	{ RAFT_MSG_FORWARD, 60, 1, WIRE_FIELD_BAD, RAFT_ENTRY_NOOP },
	{ RAFT_MSG_FORWARD, 60, 1, WIRE_FIELD_BAD, 0 },
};

static const struct sample *sample_of(u8 type)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (samples[i].msg.type == type)
			return &samples[i];
	return NULL;
}

static void fields_out_of_range_are_refused(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		const struct sample *s = sample_of(r->type);
		u8 *buf = exact(test, s->golden, s->len);

		put_le(buf + r->at, r->value, r->width);
		KUNIT_EXPECT_EQ_MSG(test, (int)take_sealed(b, buf, s->len), (int)r->error,
				    "case %u: type %u, byte %u, value %llx", (u32)i, r->type,
				    r->at, (unsigned long long)r->value);
	}
}

/* Which forced recovery the sender goes on from is in what a stranger may send. */
static void histories_are_carried(struct kunit *test)
{
	static const u8 types[] = { RAFT_MSG_PREVOTE, RAFT_MSG_VOTE, RAFT_MSG_APPEND,
				    RAFT_MSG_SNAPSHOT };
	static const u8 at[] = { 68, 68, 76, 92 };
	struct bench *b = bench_get(test);

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct sample *s = sample_of(types[i]);
		u8 *buf = exact(test, s->golden, s->len);
		struct raft_msg m = s->msg;
		u8 *again = kunit_kzalloc(test, s->len, GFP_KERNEL);

		put_le(buf + at[i], 0x20003, 4);
		KUNIT_EXPECT_EQ(test, (int)take_sealed(b, buf, s->len), (int)WIRE_OK);
		KUNIT_EXPECT_EQ(test, b->msg.history, 0x20003U);
		m.history = 0x20003;
		KUNIT_ASSERT_NOT_NULL(test, again);
		KUNIT_ASSERT_NE(test, wire_encode(again, s->len, &ident, &m), (size_t)0);
		KUNIT_EXPECT_EQ(test, memcmp(again + at[i], buf + at[i], 4), 0);
	}
}

/* The largest messages there can be, and one byte too many. */
static void largest_messages_fit(struct kunit *test)
{
	const size_t fixed = WIRE_HEADER_BYTES + WIRE_APPEND_BYTES;
	struct bench *b = bench_get(test);
	struct raft_msg m = { MSG(RAFT_MSG_APPEND), .append = { .entries = b->entries } };
	u8 *buf = kunit_kzalloc(test, QUORUM_MSG_BYTES_MAX + 1, GFP_KERNEL);
	struct raft_entry *mine;
	size_t len;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	mine = kunit_kzalloc(test, sizeof(b->entries), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mine);
	for (u32 i = 0; i < RAFT_MSG_ENTRIES_MAX; i++)
		mine[i] = (struct raft_entry){ .term = 1, .tag = i, .origin = 1,
					       .size = QUORUM_ENTRY_BYTES_MAX /
						       RAFT_MSG_ENTRIES_MAX,
					       .type = RAFT_ENTRY_DATA };
	m.append.entries = mine;
	m.append.count = RAFT_MSG_ENTRIES_MAX;
	len = wire_encode(buf, QUORUM_MSG_BYTES_MAX, &ident, &m);
	KUNIT_EXPECT_EQ(test, len, fixed + RAFT_MSG_ENTRIES_MAX * WIRE_ENTRY_BYTES);
	len += QUORUM_ENTRY_BYTES_MAX;
	KUNIT_EXPECT_EQ(test, (int)take_sealed(b, buf, len), (int)WIRE_OK);
	KUNIT_EXPECT_EQ(test, b->entries[RAFT_MSG_ENTRIES_MAX - 1].index,
			(u64)RAFT_MSG_ENTRIES_MAX);

	m.append.count = RAFT_MSG_ENTRIES_MAX + 1;
	KUNIT_EXPECT_EQ(test, wire_encode(buf, QUORUM_MSG_BYTES_MAX, &ident, &m), (size_t)0);

	m.append.count = 1;
	mine[0].size = QUORUM_ENTRY_BYTES_MAX;
	len = wire_encode(buf, QUORUM_MSG_BYTES_MAX, &ident, &m) + QUORUM_ENTRY_BYTES_MAX;
	KUNIT_EXPECT_EQ(test, (int)take_sealed(b, buf, len), (int)WIRE_OK);

	wire_seal(buf, QUORUM_MSG_BYTES_MAX + 1);
	KUNIT_EXPECT_EQ(test, (int)take(b, buf, QUORUM_MSG_BYTES_MAX + 1),
			(int)WIRE_LENGTH_BAD);
	KUNIT_EXPECT_EQ(test, (int)wire_decode(buf, QUORUM_MSG_BYTES_MAX + 1, &b->hdr, &b->msg,
					       b->entries, &b->payload), (int)WIRE_LENGTH_BAD);

	m.type = 0;
	KUNIT_EXPECT_EQ(test, wire_encode(buf, QUORUM_MSG_BYTES_MAX, &ident, &m), (size_t)0);
	m.type = RAFT_MSG_NR;
	KUNIT_EXPECT_EQ(test, wire_encode(buf, QUORUM_MSG_BYTES_MAX, &ident, &m), (size_t)0);
}

/* What a witness is sent: entries without their payload, but for configurations. */
static void stripped_entries_are_entries(struct kunit *test)
{
	static const u8 types[] = { RAFT_ENTRY_DATA, RAFT_ENTRY_SESSION, RAFT_ENTRY_CONFIG };
	struct bench *b = bench_get(test);
	struct raft_entry e = { .term = 3, .tag = 9, .origin = 2 };
	struct raft_msg m = { MSG(RAFT_MSG_APPEND), .append = { .entries = &e, .count = 1 } };
	u8 buf[256];
	size_t len;
	u32 i;

	m.term = 3;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		e.type = types[i];
		e.origin = e.type == RAFT_ENTRY_CONFIG ? 0 : 2;
		len = wire_encode(buf, sizeof(buf), &ident, &m);
		KUNIT_ASSERT_NE(test, len, (size_t)0);
		KUNIT_EXPECT_EQ(test, take_sealed(b, buf, len) == WIRE_OK,
				e.type != RAFT_ENTRY_CONFIG);
	}
	/* A configuration has no proposer. */
	e.size = 8;
	e.origin = 2;
	memset(buf, 0, sizeof(buf));
	len = wire_encode(buf, sizeof(buf), &ident, &m);
	KUNIT_EXPECT_NE(test, (int)take_sealed(b, buf, len + e.size), (int)WIRE_OK);
}

/* An empty append probes; it is a message like any other. */
static void empty_append_is_a_message(struct kunit *test)
{
	struct raft_msg m = { MSG(RAFT_MSG_APPEND), .append = { .commit = 3 } };
	struct bench *b = bench_get(test);
	size_t len = wire_encode(b->again, sizeof(b->again), &ident, &m);

	KUNIT_EXPECT_EQ(test, len, (size_t)(WIRE_HEADER_BYTES + WIRE_APPEND_BYTES));
	KUNIT_EXPECT_EQ(test, (int)take_sealed(b, b->again, len), (int)WIRE_OK);
	KUNIT_EXPECT_EQ(test, b->msg.append.count, 0U);
	KUNIT_EXPECT_EQ(test, b->msg.append.commit, 3ULL);
}

/* A whole message assembled from lies in its header must not be read past. */
static void decode_trusts_no_type(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (u32 type = 0; type < 256; type++) {
		for (size_t len = 0; len < 96; len++) {
			u8 *buf = exact(test, vector_append, len ? len : 1);

			b->hdr = ident;
			b->hdr.type = type;
			if (wire_decode(buf, len, &b->hdr, &b->msg, b->entries, &b->payload) ==
			    WIRE_OK)
				KUNIT_EXPECT_LT(test, type, (u32)RAFT_MSG_NR);
		}
	}
}

/* ---- fragments ---- */

/* (index, count, offset, total, bytes of chunk) and what is to be said to it. */
static const struct {
	u32 index, count, offset, total, size;
	int error;
} fragments[] = {
	{ 0, 2, 0, 20, 10, WIRE_OK },
	{ 1, 2, 10, 20, 10, WIRE_OK },
	{ 1, 2, 10, 11, 1, WIRE_OK },
	{ 2, 3, 20, 25, 5, WIRE_OK },
	{ 0, 2, 0, WIRE_BODY_BYTES_MAX, WIRE_BODY_BYTES_MAX / 2, WIRE_OK },
	{ 0, 64, 0, 64 * 100, 100, WIRE_OK },
	{ 63, 64, 6300, 6400, 100, WIRE_OK },
	/* index and count */
	{ 2, 2, 20, 30, 10, WIRE_FIELD_BAD },
	{ 0xffff, 2, 0, 20, 10, WIRE_FIELD_BAD },
	{ 0, 0, 0, 20, 10, WIRE_FIELD_BAD },
	{ 0, 1, 0, 10, 10, WIRE_FIELD_BAD },
	{ 0, 65, 0, 65 * 10, 10, WIRE_FIELD_BAD },
	{ 64, 65, 640, 650, 10, WIRE_FIELD_BAD },
	{ 0, 0xffff, 0, 0xffff, 1, WIRE_FIELD_BAD },
	/* total and offset */
	{ 0, 64, 0, WIRE_BODY_BYTES_MAX + 1, 1088, WIRE_FIELD_BAD },
	{ 0, 2, 0, 0xffffffff, 1000, WIRE_FIELD_BAD },
	{ 1, 2, 0xfffffffe, 20, 10, WIRE_LENGTH_BAD },
	{ 1, 2, 11, 20, 10, WIRE_LENGTH_BAD },	/* over the end */
	{ 1, 2, 21, 20, 10, WIRE_LENGTH_BAD },
	{ 0, 2, 0, 0, 10, WIRE_LENGTH_BAD },
	{ 0, 2, 0, 9, 10, WIRE_LENGTH_BAD },
	/* chunks that would overlap, or leave a hole */
	{ 0, 2, 1, 20, 10, WIRE_LENGTH_BAD },
	{ 1, 3, 9, 30, 10, WIRE_LENGTH_BAD },
	{ 1, 3, 11, 30, 10, WIRE_LENGTH_BAD },
	{ 2, 3, 21, 30, 9, WIRE_LENGTH_BAD },	/* 21 is not twice anything */
	{ 1, 2, 10, 20, 9, WIRE_LENGTH_BAD },	/* the last one ends early */
	{ 1, 2, 9, 20, 11, WIRE_LENGTH_BAD },	/* the last one is longer */
	{ 0, 2, 0, 21, 10, WIRE_LENGTH_BAD },	/* two of ten are not 21 */
	{ 0, 2, 0, 10, 10, WIRE_LENGTH_BAD },	/* nothing is left for the last */
	{ 0, 3, 0, 20, 10, WIRE_LENGTH_BAD },
	{ 1, 2, 0, 10, 10, WIRE_LENGTH_BAD },	/* a stride of 0 */
};

static u8 *fragment_make(struct kunit *test, const struct wire_header *h,
			 const struct wire_fragment *frag, const u8 *chunk, size_t *len)
{
	u8 *buf;

	*len = WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES + frag->size;
	buf = kunit_kzalloc(test, *len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	wire_header_put(buf, h);
	wire_fragment_put(buf, frag);
	if (chunk)
		memcpy(buf + WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES, chunk, frag->size);
	wire_seal(buf, *len);
	return buf;
}

static void fragment_headers_are_checked(struct kunit *test)
{
	struct bench *b = bench_get(test);
	struct wire_header h = ident;

	h.type = RAFT_MSG_APPEND;
	h.fragment = true;
	for (size_t i = 0; i < ARRAY_SIZE(fragments); i++) {
		struct wire_fragment f = {
			.message = 1, .index = fragments[i].index, .count = fragments[i].count,
			.offset = fragments[i].offset, .total = fragments[i].total,
			.size = fragments[i].size,
		};
		size_t len;
		u8 *buf = fragment_make(test, &h, &f, NULL, &len);

		KUNIT_EXPECT_EQ_MSG(test, (int)take(b, buf, len), fragments[i].error, "case %u",
				    (u32)i);
	}
}

static void fragments_are_never_cut_short(struct kunit *test)
{
	struct bench *b = bench_get(test);

	for (size_t len = 0; len < sizeof(vector_fragment); len++) {
		u8 *buf = exact(test, vector_fragment, len ? len : 1);

		KUNIT_EXPECT_NE(test, (int)take(b, buf, len), (int)WIRE_OK);
		if (len >= WIRE_HEADER_BYTES)
			KUNIT_EXPECT_NE(test, (int)take_sealed(b, buf, len), (int)WIRE_OK);
		KUNIT_EXPECT_NE(test, (int)wire_fragment_get(buf, len, &b->frag), (int)WIRE_OK);
	}
}

/* A message in pieces, for the tests of assemble.c. */
struct puzzle {
	struct assemble as;
	u8 *body;
	u32 n;
	u8 *pieces[QUORUM_FRAGMENTS_MAX];
	size_t lens[QUORUM_FRAGMENTS_MAX];
	struct wire_fragment frags[QUORUM_FRAGMENTS_MAX];
};

static void puzzle_cut(struct kunit *test, struct puzzle *p, u8 type, u32 message, u32 total,
		       u32 stride)
{
	struct wire_header h = ident;

	h.type = type;
	h.fragment = true;
	p->n = (total + stride - 1) / stride;
	KUNIT_ASSERT_TRUE(test, p->n >= 2 && p->n <= QUORUM_FRAGMENTS_MAX);
	p->body = kunit_kzalloc(test, total, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p->body);
	for (u32 i = 0; i < total; i++)
		p->body[i] = (i * 2654435761U + message) >> 11;
	for (u32 i = 0; i < p->n; i++) {
		struct wire_fragment f = {
			.message = message, .index = i, .count = p->n,
			.offset = i * stride, .total = total,
		};

		f.size = i < p->n - 1 ? stride : total - i * stride;
		p->pieces[i] = fragment_make(test, &h, &f, p->body + f.offset, &p->lens[i]);
		KUNIT_ASSERT_EQ(test, (int)wire_fragment_get(p->pieces[i], p->lens[i],
							     &p->frags[i]), (int)WIRE_OK);
	}
}

static struct puzzle *puzzle_get(struct kunit *test, u32 message, u32 total, u32 stride)
{
	struct puzzle *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	void *buf = kunit_kzalloc(test, QUORUM_MSG_BYTES_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	assemble_init(&p->as, buf);
	puzzle_cut(test, p, RAFT_MSG_APPEND, message, total, stride);
	return p;
}

static int add(struct puzzle *p, u64 now, u32 i, bool *lost)
{
	return assemble_add(&p->as, now, p->pieces[i], &p->frags[i], lost);
}

static void expect_whole(struct kunit *test, struct puzzle *p, u32 total)
{
	struct wire_header hdr;

	KUNIT_ASSERT_EQ(test, assemble_bytes(&p->as), (size_t)(WIRE_HEADER_BYTES + total));
	wire_header_get(p->as.buf, &hdr);
	KUNIT_EXPECT_FALSE(test, hdr.fragment);
	KUNIT_EXPECT_EQ(test, hdr.type, (u8)RAFT_MSG_APPEND);
	KUNIT_EXPECT_EQ(test, hdr.from, ident.from);
	KUNIT_EXPECT_EQ(test, hdr.term, ident.term);
	KUNIT_EXPECT_EQ(test, memcmp(p->as.buf + WIRE_HEADER_BYTES, p->body, total), 0);
}

static void any_order_makes_it_whole(struct kunit *test)
{
	static const struct { u32 total, stride; } cuts[] = {
		{ 2, 1 }, { 64, 1 }, { 3, 2 }, { 1000, 501 }, { 70, 10 }, { 71, 10 },
		{ WIRE_BODY_BYTES_MAX, 1168 }, { WIRE_BODY_BYTES_MAX, 8908 },
		{ WIRE_BODY_BYTES_MAX, 60000 },
		{ WIRE_BODY_BYTES_MAX, (WIRE_BODY_BYTES_MAX + 63) / 64 },
	};
	u32 seed = 1;

	for (size_t c = 0; c < ARRAY_SIZE(cuts); c++) {
		for (int round = 0; round < 4; round++) {
			struct puzzle *p = puzzle_get(test, 5, cuts[c].total, cuts[c].stride);
			u32 order[QUORUM_FRAGMENTS_MAX];
			bool lost;

			for (u32 i = 0; i < p->n; i++)
				order[i] = round == 1 ? p->n - 1 - i : i;
			for (u32 i = p->n - 1; round > 1 && i > 0; i--) {
				u32 j, swap = order[i];

				seed = seed * 1664525 + 1013904223;
				j = (seed >> 8) % (i + 1);
				order[i] = order[j];
				order[j] = swap;
			}
			for (u32 i = 0; i < p->n; i++) {
				int want = i < p->n - 1 ? ASSEMBLE_MORE : ASSEMBLE_DONE;

				KUNIT_ASSERT_EQ(test, add(p, 0, order[i], &lost), want);
				KUNIT_EXPECT_FALSE(test, lost);
				KUNIT_ASSERT_EQ(test, add(p, 0, order[i], &lost),
						(int)ASSEMBLE_DUPLICATE);
			}
			expect_whole(test, p, cuts[c].total);
		}
	}
}

static void newer_message_replaces_older(struct kunit *test)
{
	struct puzzle *p = puzzle_get(test, 0xffffffff, 90, 30);
	struct puzzle *q = puzzle_get(test, 0, 90, 30);	/* numbers wrap */
	bool lost;

	KUNIT_EXPECT_EQ(test, add(p, 0, 0, &lost), (int)ASSEMBLE_MORE);
	q->as = p->as;
	KUNIT_EXPECT_EQ(test, add(q, 1, 2, &lost), (int)ASSEMBLE_MORE);
	KUNIT_EXPECT_TRUE(test, lost);
	KUNIT_EXPECT_EQ(test, assemble_add(&q->as, 1, p->pieces[1], &p->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_FALSE(test, lost);
	KUNIT_EXPECT_EQ(test, add(q, 1, 0, &lost), (int)ASSEMBLE_MORE);
	KUNIT_EXPECT_EQ(test, add(q, 1, 1, &lost), (int)ASSEMBLE_DONE);
	expect_whole(test, q, 90);
	/* The end of the older one does not come back either. */
	KUNIT_EXPECT_EQ(test, assemble_add(&q->as, 1, p->pieces[1], &p->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_EQ(test, add(q, 1, 1, &lost), (int)ASSEMBLE_DUPLICATE);
	expect_whole(test, q, 90);
}

static void half_a_message_expires(struct kunit *test)
{
	struct puzzle *p = puzzle_get(test, 9, 100, 40);
	struct puzzle *q = puzzle_get(test, 3, 100, 50); /* after a restart of the sender */
	bool lost;

	KUNIT_EXPECT_FALSE(test, assemble_expire(&p->as, 5000, 1000));
	KUNIT_EXPECT_EQ(test, add(p, 5000, 0, &lost), (int)ASSEMBLE_MORE);
	KUNIT_EXPECT_FALSE(test, assemble_expire(&p->as, 6000, 1000));
	KUNIT_EXPECT_FALSE(test, assemble_expire(&p->as, 4000, 1000));
	KUNIT_EXPECT_EQ(test, add(p, 6000, 1, &lost), (int)ASSEMBLE_MORE);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 6000, q->pieces[0], &q->frags[0], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_TRUE(test, assemble_expire(&p->as, 7001, 1000));
	KUNIT_EXPECT_FALSE(test, assemble_expire(&p->as, 7001, 1000));
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 7001, q->pieces[0], &q->frags[0], &lost),
			(int)ASSEMBLE_MORE);
	KUNIT_EXPECT_FALSE(test, lost);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 7001, q->pieces[1], &q->frags[1], &lost),
			(int)ASSEMBLE_DONE);
	/* A whole one is not lost when its time comes, only its number is. */
	KUNIT_EXPECT_FALSE(test, assemble_expire(&p->as, 9999, 1000));
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 9999, q->pieces[0], &q->frags[0], &lost),
			(int)ASSEMBLE_MORE);
}

static void fragments_must_agree(struct kunit *test)
{
	struct puzzle *p = puzzle_get(test, 9, 100, 50);
	struct puzzle *q = puzzle_get(test, 9, 99, 50);	/* another total */
	struct puzzle *r = puzzle_get(test, 9, 100, 51);	/* another stride */
	struct puzzle *s = puzzle_get(test, 9, 100, 40);	/* another count */
	struct puzzle *t = puzzle_get(test, 9, 100, 50);
	struct wire_header h = ident;
	bool lost;

	KUNIT_EXPECT_EQ(test, add(p, 0, 0, &lost), (int)ASSEMBLE_MORE);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 0, q->pieces[1], &q->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 0, r->pieces[1], &r->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 0, s->pieces[2], &s->frags[2], &lost),
			(int)ASSEMBLE_MISFIT);
	/* Another header: the type, the term. */
	puzzle_cut(test, t, RAFT_MSG_FORWARD, 9, 100, 50);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 0, t->pieces[1], &t->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	h.type = RAFT_MSG_APPEND;
	h.fragment = true;
	h.term = 8;
	wire_header_put(t->pieces[1], &h);
	KUNIT_EXPECT_EQ(test, assemble_add(&p->as, 0, t->pieces[1], &t->frags[1], &lost),
			(int)ASSEMBLE_MISFIT);
	KUNIT_EXPECT_EQ(test, add(p, 0, 1, &lost), (int)ASSEMBLE_DONE);
	expect_whole(test, p, 100);
}

static void names_and_keys(struct kunit *test)
{
	static const u8 uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60,
				     0x70, 0x80 };

	for (int i = 0; i < WIRE_ERROR_NR; i++)
		for (int j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, wire_error_name(i), wire_error_name(j));
	KUNIT_EXPECT_STREQ(test, wire_error_name(WIRE_ERROR_NR), "unknown");
	KUNIT_EXPECT_EQ(test, wire_cluster_key(uuid), 0x8877665544332211ULL);
	for (u32 type = 0; type < 256; type++)
		KUNIT_EXPECT_EQ(test, wire_type_is_long(type),
				type == RAFT_MSG_APPEND || type == RAFT_MSG_FORWARD ||
				type == RAFT_MSG_SNAPSHOT);
}

static void repair_is_checked(struct kunit *test)
{
	u8 buf[WIRE_HEADER_BYTES + WIRE_REPAIR_BYTES] = {};
	struct wire_header hdr = ident;
	struct wire_repair put = { .message = 0x01020304, .missing = 1ULL << 63 | 5 }, got;

	hdr.type = WIRE_REPAIR;
	hdr.term = 0;
	wire_header_put(buf, &hdr);
	wire_repair_put(buf, &put);
	wire_seal(buf, sizeof(buf));
	KUNIT_ASSERT_EQ(test, sizeof(buf), sizeof(vector_repair));
	KUNIT_EXPECT_FALSE(test, memcmp(buf, vector_repair, sizeof(buf)));
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf), &hdr), WIRE_OK);
	KUNIT_EXPECT_EQ(test, wire_check(buf, sizeof(buf) - 1, &hdr), WIRE_SHORT);
	KUNIT_EXPECT_EQ(test, wire_repair_get(buf, sizeof(buf), &got), WIRE_OK);
	KUNIT_EXPECT_EQ(test, got.message, put.message);
	KUNIT_EXPECT_EQ(test, got.missing, put.missing);
	KUNIT_EXPECT_EQ(test, wire_repair_get(buf, sizeof(buf) + 1, &got), WIRE_LENGTH_BAD);
	buf[WIRE_HEADER_BYTES + 7] = 1;
	KUNIT_EXPECT_EQ(test, wire_repair_get(buf, sizeof(buf), &got), WIRE_FIELD_BAD);
	put.missing = 0;
	wire_repair_put(buf, &put);
	KUNIT_EXPECT_EQ(test, wire_repair_get(buf, sizeof(buf), &got), WIRE_FIELD_BAD);
	/* No message of the engine, and never in fragments. */
	KUNIT_EXPECT_FALSE(test, wire_type_is_long(WIRE_REPAIR));
}

/* A sender's places: who holds a message, and who is given to a new one. */
static void places_are_found(struct kunit *test)
{
	struct assemble as[3] = {};

	as[0].known = true;
	as[0].open = true;
	as[0].message = 7;
	as[1].known = true;
	as[1].message = 8;
	as[1].since = 5;
	as[2].known = true;
	as[2].message = 9;
	as[2].since = 4;
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 7), &as[0]);
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 8), &as[1]);
	KUNIT_EXPECT_TRUE(test, as[1].known);
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 10), &as[2]);
	KUNIT_EXPECT_FALSE(test, as[2].known);
	as[1].open = true;
	as[2].open = true;
	as[2].known = true;
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 10), NULL);
}

/* What is whole waits for what is older, but not for ever, and keeps its place. */
static void whole_messages_keep_their_order(struct kunit *test)
{
	struct assemble as[3] = {};

	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), NULL);
	as[0].known = true;
	as[0].open = true;
	as[0].message = ~0U;
	as[1].known = true;
	as[1].held = true;
	as[1].message = 1;
	as[2].known = true;
	as[2].held = true;
	as[2].message = 0;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), NULL);
	as[0].hopeless = true;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[2]);
	KUNIT_EXPECT_PTR_EQ(test, assemble_find(as, 3, 7), NULL);
	KUNIT_EXPECT_FALSE(test, assemble_expire(&as[2], 1000, 5));
	as[0].hopeless = false;
	as[0].open = false;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[2]);
	as[2].held = false;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[1]);
	/* what is newer is not waited for */
	as[0].open = true;
	as[0].message = 2;
	KUNIT_EXPECT_PTR_EQ(test, assemble_next(as, 3), &as[1]);
}

/* What followers say counts from the member's own device only (bug M-9). */
static void m09_what_only_leaders_say(struct kunit *test)
{
	static const u8 leaders[] = {
		RAFT_MSG_APPEND, RAFT_MSG_HEARTBEAT, RAFT_MSG_SNAPSHOT, RAFT_MSG_READ_REPLY,
		RAFT_MSG_FORWARD_REPLY,
	};
	u32 type, i, n = 0;

	for (i = 0; i < ARRAY_SIZE(leaders); i++)
		KUNIT_EXPECT_TRUE(test, wire_leader_says(leaders[i]));
	for (type = 0; type <= U8_MAX; type++)
		n += wire_leader_says((u8)type);
	KUNIT_EXPECT_EQ(test, n, (u32)ARRAY_SIZE(leaders));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(m09_what_only_leaders_say),
	KUNIT_CASE(repair_is_checked),
	KUNIT_CASE(places_are_found),
	KUNIT_CASE(whole_messages_keep_their_order),
	KUNIT_CASE(encode_gives_golden_bytes),
	KUNIT_CASE(decode_reads_golden_bytes),
	KUNIT_CASE(fragment_has_golden_bytes),
	KUNIT_CASE(other_lengths_are_refused),
	KUNIT_CASE(every_flip_is_refused),
	KUNIT_CASE(resealed_mutants_are_refused_or_canonical),
	KUNIT_CASE(fields_out_of_range_are_refused),
	KUNIT_CASE(histories_are_carried),
	KUNIT_CASE(largest_messages_fit),
	KUNIT_CASE(stripped_entries_are_entries),
	KUNIT_CASE(empty_append_is_a_message),
	KUNIT_CASE(decode_trusts_no_type),
	KUNIT_CASE(fragment_headers_are_checked),
	KUNIT_CASE(fragments_are_never_cut_short),
	KUNIT_CASE(any_order_makes_it_whole),
	KUNIT_CASE(newer_message_replaces_older),
	KUNIT_CASE(half_a_message_expires),
	KUNIT_CASE(fragments_must_agree),
	KUNIT_CASE(names_and_keys),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_wire",
	.test_cases = cases,
};
kunit_test_suites(&suite);
