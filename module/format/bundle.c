// SPDX-License-Identifier: GPL-2.0
/*
 * The codec of bundles.  The layout is in bundle.h.
 */
#include <linux/string.h>
#include "bundle.h"
#include "bytes.h"

enum {
	AT_VERSION	= 2,
	AT_COUNT	= 3,
};

static u32 length_of(const u8 *buf, u32 i)
{
	return get16(buf + BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * i);
}

bool bundle_is(const void *buf, size_t len)
{
	const u8 *p = buf;

	return len >= BUNDLE_HEAD_BYTES && get16(p) == WIRE_MAGIC &&
	       p[AT_VERSION] == BUNDLE_VERSION;
}

/* Bytes of a packed datagram when it is unpacked; 0: it is not as it has to be. */
static u32 check_packed(const u8 *p, size_t len)
{
	u32 words = p[0], code, n, word;
	size_t at = 1 + (words + 3) / 4;

	if (!words || words > BUNDLE_WORDS_MAX || len < at)
		return 0;
	for (u32 i = 0; i < words; i++) {
		code = p[1 + i / 4] >> i % 4 * 2 & 3;
		n = word_code_bytes(code);
		if (len - at < n)
			return 0;
		word = 0;
		for (u32 k = 0; k < n; k++)
			word |= (u32)p[at++] << k * 8;
		if (word_code(word) != code)
			return 0;
	}
	if (words % 4 && p[(words + 3) / 4] >> words % 4 * 2)
		return 0;
	return at == len ? words * 4 : 0;
}

enum wire_error bundle_open(struct bundle *b, const void *buf, size_t len)
{
	const u8 *p = buf;
	u32 here;
	size_t at;

	if (len < BUNDLE_HEAD_BYTES)
		return WIRE_SHORT;
	if (p[AT_COUNT] < 2 || p[AT_COUNT] > QUORUM_BUNDLE_MAX)
		return WIRE_FIELD_BAD;
	at = BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * p[AT_COUNT];
	if (len < at)
		return WIRE_SHORT;
	b->buf = buf;
	b->count = p[AT_COUNT];
	b->bytes = 0;
	for (u32 i = 0; i < b->count; i++) {
		here = length_of(p, i) & ~BUNDLE_PACKED;
		if (!here)
			return WIRE_FIELD_BAD;
		if (len - at < here)
			return WIRE_LENGTH_BAD;
		b->lengths[i] = here;
		if (length_of(p, i) & BUNDLE_PACKED)
			b->lengths[i] = check_packed(p + at, here);
		if (!b->lengths[i])
			return WIRE_FIELD_BAD;
		b->bytes += b->lengths[i];
		at += here;
	}
	return at == len ? WIRE_OK : WIRE_LENGTH_BAD;
}

/* The word at @at, as far as there is one. */
static u32 word_before(const u8 *before, size_t len, size_t at)
{
	return at + 4 <= len ? get32(before + at) : 0;
}

static void unpack(const u8 *p, const u8 *before, size_t before_len, u8 *out)
{
	u32 words = p[0];
	size_t at = 1 + (words + 3) / 4;

	for (u32 i = 0; i < words; i++) {
		u32 n = word_code_bytes(p[1 + i / 4] >> i % 4 * 2 & 3);
		u32 word = word_before(before, before_len, i * 4);

		for (u32 k = 0; k < n; k++)
			word ^= (u32)p[at++] << k * 8;
		put32(out + i * 4, word);
	}
}

void bundle_unpack(const struct bundle *b, void *out)
{
	const u8 *p = b->buf + BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * b->count;
	const u8 *before = out;
	size_t before_len = 0;
	u8 *to = out;

	for (u32 i = 0; i < b->count; i++) {
		if (length_of(b->buf, i) & BUNDLE_PACKED)
			unpack(p, before, before_len, to);
		else
			memcpy(to, p, b->lengths[i]);
		p += length_of(b->buf, i) & ~BUNDLE_PACKED;
		before = to;
		before_len = b->lengths[i];
		to += before_len;
	}
}

size_t bundle_pack(void *out, const void *before, size_t before_len, const void *datagram,
		   size_t len)
{
	const u8 *from = datagram;
	size_t words = len / 4, at = 1 + (words + 3) / 4;
	u8 *p = out;

	if (!len || len % 4 || words > BUNDLE_WORDS_MAX)
		return 0;
	memset(p, 0, at);
	p[0] = words;
	for (u32 i = 0; i < words; i++) {
		u32 word = get32(from + i * 4) ^ word_before(before, before_len, i * 4);
		u32 code = word_code(word);

		p[1 + i / 4] |= code << i % 4 * 2;
		for (u32 k = 0; k < word_code_bytes(code); k++)
			p[at++] = word >> k * 8;
	}
	return at < len ? at : 0;
}

size_t bundle_head(void *buf, const u16 *lengths, u32 count)
{
	u8 *p = buf;

	put16(p, WIRE_MAGIC);
	p[AT_VERSION] = BUNDLE_VERSION;
	p[AT_COUNT] = count;
	for (u32 i = 0; i < count; i++)
		put16(p + BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * i, lengths[i]);
	return BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * count;
}
