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
	AT_WORDS	= 4,
};

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

/* What the head says of a datagram. */
static bool get_item(const u8 *p, struct bundle_item *item)
{
	u32 slot = get16(p + 1);

	item->bytes = p[0];
	item->packed = slot & BUNDLE_PACKED;
	item->slot = slot & ~BUNDLE_PACKED;
	return item->bytes && item->bytes <= BUNDLE_ITEM_BYTES_MAX &&
	       item->slot < QUORUM_GROUPS_MAX;
}

static bool counts_are_sound(u32 count, u32 words)
{
	return count >= (words ? 1 : 2) && count <= QUORUM_BUNDLE_MAX &&
	       words <= REPEAT_WORDS_MAX;
}

enum wire_error bundle_open(struct bundle *b, const void *buf, size_t len)
{
	const u8 *p = buf;
	size_t at;

	if (len < BUNDLE_HEAD_BYTES)
		return WIRE_SHORT;
	b->count = p[AT_COUNT];
	b->words = p[AT_WORDS];
	if (!counts_are_sound(b->count, b->words))
		return WIRE_FIELD_BAD;
	at = BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES * b->count;
	if (len < at)
		return WIRE_SHORT;
	b->data = p + at;
	b->bytes = 0;
	for (u32 i = 0; i < b->count; i++) {
		struct bundle_item *item = &b->items[i];

		if (!get_item(p + BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES * i, item))
			return WIRE_FIELD_BAD;
		if (len - at < item->bytes)
			return WIRE_LENGTH_BAD;
		b->lengths[i] = item->packed ? check_packed(p + at, item->bytes) : item->bytes;
		if (!b->lengths[i])
			return WIRE_FIELD_BAD;
		b->bytes += b->lengths[i];
		at += item->bytes;
	}
	if (len - at != b->words * REPEAT_WORD_BYTES)
		return WIRE_LENGTH_BAD;
	b->tail = p + at;
	return repeat_check(b->tail, b->words) ? WIRE_OK : WIRE_FIELD_BAD;
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
	const u8 *before = out, *p = b->data;
	size_t before_len = 0;
	u8 *to = out;

	for (u32 i = 0; i < b->count; i++) {
		if (b->items[i].packed)
			unpack(p, before, before_len, to);
		else
			memcpy(to, p, b->lengths[i]);
		p += b->items[i].bytes;
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

size_t bundle_head(void *buf, const struct bundle_item *items, u32 count, u32 words)
{
	u8 *p = buf;

	put16(p, WIRE_MAGIC);
	p[AT_VERSION] = BUNDLE_VERSION;
	p[AT_COUNT] = count;
	p[AT_WORDS] = words;
	p += BUNDLE_HEAD_BYTES;
	for (u32 i = 0; i < count; i++, p += BUNDLE_ENTRY_BYTES) {
		p[0] = items[i].bytes;
		put16(p + 1, items[i].slot | (items[i].packed ? BUNDLE_PACKED : 0));
	}
	return BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES * count;
}
