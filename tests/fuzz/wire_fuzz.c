// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of everything that reads a datagram: bundles, brief ones, the codec, the
 * putting together of fragments and the configurations in messages.
 *
 * The input is a series of datagrams, each behind a le16 length, whose bits 14 and 15
 * say what is made right before: the fuzzer cannot guess a CRC.  What is accepted of
 * each kind is counted and told at the end, so that a run shows what it has reached.
 *
 * What must hold: no access out of bounds, what is accepted encodes to the same bytes
 * again, and messages are given on whole and once.  A brief datagram that is accepted is
 * the one way to write its long form, and no longer than that.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/limits.h>
#include "format/assemble.h"
#include "format/brief.h"
#include "format/bundle.h"
#include "format/config.h"
#include "format/repeat.h"
#include "format/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond) do {							\
	if (!(cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		abort();							\
	}									\
} while (0)

/* Bits 14 and 15 of a datagram's length. */
enum mending {
	PLAIN,		/* magic, version and CRC are made right */
	SEALED,		/* magic and version; the MAC counts as right */
	BUNDLED,	/* the head of a bundle, and each datagram in it */
	AS_IS,		/* but for magic and version of what seems to be a brief one */
};

enum {
	PATIENCE	= 16,	/* datagrams that half a message waits for its rest */
};

/* What was accepted: messages by their types, and these. */
enum reached {
	TAKEN_HELLO = RAFT_MSG_NR,
	TAKEN_REPAIR,
	TAKEN_SEALED,
	TAKEN_BRIEF,
	TAKEN_BUNDLE,
	TAKEN_FROM_BUNDLE,
	TAKEN_PACKED,
	TAKEN_WORD,
	TAKEN_REPEAT,
	TAKEN_FRAGMENT,
	FRAGMENT_TWICE,
	FRAGMENT_MISFIT,
	MESSAGE_EXPIRED,
	MESSAGE_HELD,
	MESSAGE_WHOLE,
	APPENDED_CONFIG,
	SNAPSHOT_CONFIG,
	REACHED_NR,
};

static const char * const names[REACHED_NR] = {
	[TAKEN_HELLO]		= "hello",
	[TAKEN_REPAIR]		= "repair",
	[TAKEN_SEALED]		= "sealed",
	[TAKEN_BRIEF]		= "brief",
	[TAKEN_BUNDLE]		= "bundle",
	[TAKEN_FROM_BUNDLE]	= "from a bundle",
	[TAKEN_PACKED]		= "packed in a bundle",
	[TAKEN_WORD]		= "word of repeats",
	[TAKEN_REPEAT]		= "repeat of what was taken",
	[TAKEN_FRAGMENT]	= "fragment",
	[FRAGMENT_TWICE]	= "fragment twice",
	[FRAGMENT_MISFIT]	= "fragment of another",
	[MESSAGE_EXPIRED]	= "half a message given up",
	[MESSAGE_HELD]		= "message held for an older one",
	[MESSAGE_WHOLE]		= "message put together",
	[APPENDED_CONFIG]	= "configuration in an append",
	[SNAPSHOT_CONFIG]	= "configuration in a snapshot",
};

/* A sender's messages in the making, as a link has them. */
struct making {
	struct assemble as[QUORUM_REASSEMBLIES];
	u32 session;
	u64 now;
};

static const u8 key[SEAL_KEY_BYTES];
static u8 again[QUORUM_MSG_BYTES_MAX];
static unsigned long reached[REACHED_NR];

static void tell(void)
{
	for (u32 i = 1; i < REACHED_NR; i++)
		fprintf(stderr, "accepted: %lu %s\n", reached[i],
			i < RAFT_MSG_NR ? raft_msg_name(i) : names[i]);
}

/* The configuration a message carries, as the loop looks at it. */
static void check_config(struct raft_msg *msg, const void *payload)
{
	static struct raft_config config;

	if (msg->type == RAFT_MSG_APPEND && config_attach(msg, payload, &config) &&
	    msg->append.config) {
		REQUIRE(msg->append.config == &config);
		reached[APPENDED_CONFIG]++;
	} else if (msg->type == RAFT_MSG_SNAPSHOT && msg->snapshot.config_bytes &&
		   config_kept(payload, msg->snapshot.config_bytes, &config)) {
		reached[SNAPSHOT_CONFIG]++;
	} else {
		return;
	}
	REQUIRE(raft_config_check(&config) == RAFT_OK);
}

static void check_message(const u8 *buf, size_t len, const struct wire_header *hdr)
{
	static struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	const void *payload;
	struct raft_msg msg;
	size_t used, rest;

	if (wire_decode(buf, len, hdr, &msg, entries, &payload) != WIRE_OK)
		return;
	used = wire_encode(again, sizeof(again), hdr, &msg);
	REQUIRE(used && used <= len);
	rest = len - used;
	REQUIRE(payload ? payload == (const void *)(buf + used) : !rest);
	if (msg.type == RAFT_MSG_APPEND) {
		size_t sum = 0;

		for (u32 i = 0; i < msg.append.count; i++)
			sum += entries[i].size;
		REQUIRE(sum == rest);
	}
	if (rest)
		memcpy(again + used, payload, rest);
	/* All but the crc, which a message put together has no use for. */
	REQUIRE(again[0] == buf[0] && again[1] == buf[1] && again[3] == buf[3] &&
		!memcmp(again + 8, buf + 8, len - 8));
	reached[msg.type]++;
	check_config(&msg, payload);
}

static void check_repair(const u8 *buf, size_t len)
{
	struct wire_repair repair;

	if (wire_repair_get(buf, len, &repair) != WIRE_OK)
		return;
	memcpy(again, buf, WIRE_HEADER_BYTES);
	wire_repair_put(again, &repair);
	REQUIRE(repair.missing && !memcmp(again, buf, len));
	reached[TAKEN_REPAIR]++;
}

/* Where a fragment goes, as in net/link.c. */
static struct assemble *find(struct making *mk, u32 session, u32 message)
{
	struct assemble *as, *oldest = NULL;

	for (u32 i = 0; i < QUORUM_REASSEMBLIES; i++) {
		as = &mk->as[i];
		if (mk->session != session)
			assemble_init(as, as->buf);
		if (assemble_expire(as, mk->now, PATIENCE))
			reached[MESSAGE_EXPIRED]++;
		if (as->open && (!oldest || (s32)(as->message - oldest->message) < 0))
			oldest = as;
	}
	mk->session = session;
	as = assemble_find(mk->as, QUORUM_REASSEMBLIES, message);
	if (!as && oldest) {
		as = oldest;
		assemble_init(as, as->buf);
	}
	return as;
}

static void take_fragment(struct making *mk, const struct wire_header *hdr, const u8 *buf,
			  size_t len)
{
	struct wire_fragment frag;
	struct assemble *as;
	bool lost;

	if (wire_fragment_get(buf, len, &frag) != WIRE_OK)
		return;
	REQUIRE(frag.offset + frag.size <= frag.total && frag.total <= WIRE_BODY_BYTES_MAX);
	REQUIRE(frag.index < frag.count && frag.count <= QUORUM_FRAGMENTS_MAX);
	reached[TAKEN_FRAGMENT]++;
	as = find(mk, hdr->session, frag.message);
	if (!as)
		return;
	switch (assemble_add(as, mk->now, buf, &frag, &lost)) {
	case ASSEMBLE_DONE:
		REQUIRE(!as->held);
		as->held = true;
		break;
	case ASSEMBLE_DUPLICATE:
		reached[FRAGMENT_TWICE]++;
		break;
	case ASSEMBLE_MISFIT:
		reached[FRAGMENT_MISFIT]++;
		break;
	default:
		REQUIRE(as->open);
	}
}

/* Give on what is whole, and whose turn it is. */
static void give_on(struct making *mk)
{
	struct wire_header hdr;
	struct assemble *as;

	while ((as = assemble_next(mk->as, QUORUM_REASSEMBLIES))) {
		REQUIRE(as->held && !as->open);
		as->held = false;
		wire_header_get(as->buf, &hdr);
		REQUIRE(!hdr.fragment && assemble_bytes(as) <= QUORUM_MSG_BYTES_MAX);
		reached[MESSAGE_WHOLE]++;
		check_message(as->buf, assemble_bytes(as), &hdr);
	}
	for (u32 i = 0; i < QUORUM_REASSEMBLIES; i++)
		reached[MESSAGE_HELD] += mk->as[i].held;
}

/* The next one of what is repeated: well-formed, and one step on. */
static void check_repeat(const u8 *buf, size_t len, u64 counter)
{
	u8 next[REPEAT_MESSAGE_BYTES + SEAL_BYTES] = {};
	struct wire_header hdr;
	struct repeat r;

	repeat_note(&r, buf, len, counter);
	if (!r.len)
		return;
	REQUIRE(repeat_may(buf[3]) && r.len == len);
	repeat_step(&r);
	if (!r.len) {
		REQUIRE(counter == U64_MAX || repeat_seq(buf) == U64_MAX);
		return;
	}
	REQUIRE(repeat_seq(r.message) == repeat_seq(buf) + 1);
	memcpy(next, r.message, r.len);
	REQUIRE(wire_check(next, r.len + SEAL_BYTES, &hdr) == WIRE_OK);
	repeat_note(&r, buf, len, counter);
	REQUIRE(repeat_is_next(&r, next, len, counter + 1));
	REQUIRE(!repeat_is_next(&r, buf, len, counter + 1));
	reached[TAKEN_REPEAT]++;
}

static void take(struct making *mk, const u8 *buf, size_t len)
{
	struct wire_header hdr;

	if (wire_check(buf, len, &hdr) != WIRE_OK)
		return;
	if (hdr.session) {
		struct seal_stamp stamp;

		/* The fuzzer cannot guess a MAC: go on as if it were right. */
		(void)seal_open(key, buf, len, &stamp);
		len -= SEAL_BYTES;
		reached[TAKEN_SEALED]++;
		memcpy(&stamp.counter, buf + len, sizeof(stamp.counter));
		check_repeat(buf, len, stamp.counter);
	}
	if (hdr.type == WIRE_HELLO)
		reached[TAKEN_HELLO]++;
	else if (hdr.type == WIRE_REPAIR)
		check_repair(buf, len);
	else if (hdr.fragment)
		take_fragment(mk, &hdr, buf, len);
	else
		check_message(buf, len, &hdr);
	give_on(mk);
}

/* What is packed is the one way to pack it, but for what would not be shorter. */
static void check_packed(const u8 *here, const struct bundle *b, u32 i, const u8 *all, size_t at)
{
	size_t before = i ? b->lengths[i - 1] : 0, len = b->items[i].bytes;
	u8 packed[BUNDLE_PACKED_BYTES_MAX];
	size_t n = bundle_pack(packed, all + at - before, before, all + at, b->lengths[i]);

	REQUIRE(n ? n == len && !memcmp(packed, here, n) : len >= b->lengths[i]);
	reached[TAKEN_PACKED]++;
}

/* The words behind: they ascend, and are written as they are read. */
static void check_words(const struct bundle *b)
{
	struct repeat_word word;
	u32 least = 0;

	REQUIRE(b->words <= REPEAT_WORDS_MAX);
	for (u32 i = 0; i < b->words; i++) {
		u8 bytes[REPEAT_WORD_BYTES];

		repeat_get(b->tail + i * REPEAT_WORD_BYTES, &word);
		REQUIRE(word.slots && word.index >= least && word.index < REPEAT_WORDS_MAX);
		least = word.index + 1;
		repeat_put(bytes, &word);
		REQUIRE(!memcmp(bytes, b->tail + i * REPEAT_WORD_BYTES, REPEAT_WORD_BYTES));
		reached[TAKEN_WORD]++;
	}
}

/* What was read of the head is written as it was. */
static void check_head(const u8 *buf, const struct bundle *b)
{
	u8 head[BUNDLE_HEAD_BYTES_MAX];
	size_t n = bundle_head(head, b->items, b->count, b->words);

	REQUIRE(b->count > !b->words && buf + n == b->data && !memcmp(head, buf, n));
	for (u32 i = 0; i < b->count; i++)
		REQUIRE(b->items[i].slot < QUORUM_GROUPS_MAX && b->lengths[i]);
}

/* A brief one: its long form, the seal taken off, is a message. */
static void take_brief(const u8 *buf, size_t len)
{
	static u8 full[BRIEF_LONG_BYTES_MAX + 0x4000];
	struct wire_header hdr = { .session = 1, .cluster = 2, .genesis = 3, .to = 4,
				   .incarnation = 5 };
	struct brief brief;
	size_t n, rest, taken;

	if (brief_get(buf, len, &brief) != WIRE_OK)
		return;
	REQUIRE(brief.words <= BRIEF_WORDS_MAX && brief.taken + SEAL_MAC_BYTES <= len);
	reached[TAKEN_BRIEF]++;
	hdr.group = brief.group;
	n = brief_restore(&brief, &hdr, full);
	REQUIRE(n <= BRIEF_LONG_BYTES_MAX);
	rest = len - SEAL_MAC_BYTES - brief.taken;
	memcpy(full + n, buf + brief.taken, rest);
	n += rest;
	REQUIRE(len <= n + SEAL_BYTES);
	/* A sender packs what its type has; who packs less says the same. */
	REQUIRE(brief_put(again, full, n, brief.counter, &taken));
	if (taken == WIRE_HEADER_BYTES + brief.words * 4)
		REQUIRE(!memcmp(again, buf, brief.taken));
	wire_header_get(full, &hdr);
	check_message(full, n, &hdr);
}

/* Alone, or several in one. */
static void take_any(struct making *mk, const u8 *buf, size_t len)
{
	const u8 *here;
	size_t at = 0;
	struct bundle b;
	u8 *all;

	if (brief_is(buf, len)) {
		take_brief(buf, len);
		return;
	}
	if (!bundle_is(buf, len)) {
		take(mk, buf, len);
		return;
	}
	if (bundle_open(&b, buf, len) != WIRE_OK)
		return;
	REQUIRE(b.bytes <= b.count * BUNDLE_ITEM_BYTES_MAX);
	check_head(buf, &b);
	check_words(&b);
	all = malloc(b.bytes);
	REQUIRE(all);
	bundle_unpack(&b, all);
	reached[TAKEN_BUNDLE]++;
	here = b.data;
	for (u32 i = 0; i < b.count; at += b.lengths[i], here += b.items[i++].bytes) {
		reached[TAKEN_FROM_BUNDLE]++;
		if (b.items[i].packed)
			check_packed(here, &b, i, all, at);
		take(mk, all + at, b.lengths[i]);
	}
	REQUIRE(at == b.bytes && here == b.tail);
	free(all);
}

static void mend_magic(u8 *buf, u8 version)
{
	buf[0] = WIRE_MAGIC & 0xff;
	buf[1] = WIRE_MAGIC >> 8;
	buf[2] = version;
}

static void mend(u8 *buf, size_t len, u8 version)
{
	if (len < WIRE_HEADER_BYTES)
		return;
	mend_magic(buf, version);
	if (version == WIRE_VERSION)
		wire_seal(buf, len);
}

/* The head; what is in it stays packed or sealed, or is summed up. */
static void mend_bundle(u8 *buf, size_t len)
{
	struct bundle b;
	u8 *p;

	if (len < BUNDLE_HEAD_BYTES)
		return;
	mend_magic(buf, BUNDLE_VERSION);
	if (bundle_open(&b, buf, len) != WIRE_OK)
		return;
	p = buf + (b.data - buf);
	for (u32 i = 0; i < b.count; p += b.items[i++].bytes)
		if (b.items[i].bytes > 2 && !b.items[i].packed)
			mend(p, b.items[i].bytes, p[2] == WIRE_VERSION_SEALED ?
			     WIRE_VERSION_SEALED : WIRE_VERSION);
}

static void begin(struct making *mk)
{
	static u8 *whole[QUORUM_REASSEMBLIES];

	if (!whole[0])
		atexit(tell);
	memset(mk, 0, sizeof(*mk));
	for (u32 i = 0; i < QUORUM_REASSEMBLIES; i++) {
		if (!whole[i])
			whole[i] = malloc(QUORUM_MSG_BYTES_MAX);
		REQUIRE(whole[i]);
		assemble_init(&mk->as[i], whole[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct making mk;

	begin(&mk);
	while (size >= 2) {
		size_t word = data[0] | data[1] << 8;
		size_t len = word & 0x3fff;
		u8 *buf;

		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		buf = malloc(len ? len : 1);
		REQUIRE(buf);
		memcpy(buf, data, len);
		if (word >> 14 == BUNDLED)
			mend_bundle(buf, len);
		else if (word >> 14 != AS_IS)
			mend(buf, len, word >> 14 == SEALED ? WIRE_VERSION_SEALED : WIRE_VERSION);
		else if (len > 2 && buf[2] == WIRE_VERSION_BRIEF)
			mend_magic(buf, WIRE_VERSION_BRIEF);
		mk.now++;
		take_any(&mk, buf, len);
		free(buf);
		data += len;
		size -= len;
	}
	return 0;
}
