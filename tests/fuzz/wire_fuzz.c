// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of everything that reads a datagram: bundles, the codec and the putting
 * together of fragments.
 *
 * The input is a series of datagrams, each behind a le16 length.  The fuzzer
 * cannot guess a CRC, so magic, version and CRC are made right, a quarter of them
 * (bit 15 clear, 14 set) as sealed ones whose MAC counts as right; every fourth
 * length (bit 15 and 14) leaves the datagram as it is.
 *
 * What must hold: no access out of bounds, and what is accepted encodes to the
 * same bytes again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "format/assemble.h"
#include "format/bundle.h"
#include "format/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(cond) do {							\
	if (!(cond)) {								\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);	\
		abort();							\
	}									\
} while (0)

static const u8 key[SEAL_KEY_BYTES];
static u8 again[QUORUM_MSG_BYTES_MAX];

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
}

static void take(struct assemble *as, u64 now, const u8 *buf, size_t len)
{
	struct wire_fragment frag;
	struct wire_header hdr;
	bool lost;

	if (wire_check(buf, len, &hdr) != WIRE_OK)
		return;
	if (hdr.session) {
		struct seal_stamp stamp;

		/* The fuzzer cannot guess a MAC: go on as if it were right. */
		(void)seal_open(key, buf, len, &stamp);
		len -= SEAL_BYTES;
		if (hdr.type == WIRE_HELLO)
			return;
	}
	if (!hdr.fragment) {
		check_message(buf, len, &hdr);
		return;
	}
	if (wire_fragment_get(buf, len, &frag) != WIRE_OK)
		return;
	REQUIRE(frag.offset + frag.size <= frag.total && frag.total <= WIRE_BODY_BYTES_MAX);
	REQUIRE(frag.index < frag.count && frag.count <= QUORUM_FRAGMENTS_MAX);
	assemble_expire(as, now, 4);
	if (assemble_add(as, now, buf, &frag, &lost) != ASSEMBLE_DONE)
		return;
	wire_header_get(as->buf, &hdr);
	REQUIRE(!hdr.fragment && assemble_bytes(as) <= QUORUM_MSG_BYTES_MAX);
	check_message(as->buf, assemble_bytes(as), &hdr);
}

/* Alone, or several in one. */
static void take_any(struct assemble *as, u64 now, const u8 *buf, size_t len)
{
	size_t at, one, end = 0;
	struct bundle b;

	if (!bundle_is(buf, len)) {
		take(as, now, buf, len);
		return;
	}
	if (bundle_open(&b, buf, len) != WIRE_OK)
		return;
	while (bundle_next(&b, &at, &one)) {
		REQUIRE(one && at >= end && at + one <= len);
		end = at + one;
		take(as, now, buf + at, one);
	}
	REQUIRE(end == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static u8 *whole;
	struct assemble as;
	u64 now = 0;

	if (!whole)
		whole = malloc(QUORUM_MSG_BYTES_MAX);
	REQUIRE(whole);
	assemble_init(&as, whole);

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
		if (len >= WIRE_HEADER_BYTES && word >> 14 != 3) {
			buf[0] = WIRE_MAGIC & 0xff;
			buf[1] = WIRE_MAGIC >> 8;
			buf[2] = word >> 14 == 1 ? WIRE_VERSION_SEALED : WIRE_VERSION;
			if (buf[2] == WIRE_VERSION)
				wire_seal(buf, len);
		}
		take_any(&as, now++, buf, len);
		free(buf);
		data += len;
		size -= len;
	}
	return 0;
}
