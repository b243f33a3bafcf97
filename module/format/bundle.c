// SPDX-License-Identifier: GPL-2.0
/*
 * The codec of bundles.  The layout is in bundle.h.
 */
#include "bundle.h"
#include "bytes.h"

enum {
	AT_VERSION	= 2,
	AT_COUNT	= 3,
};

static size_t length_of(const u8 *buf, u32 i)
{
	return get16(buf + BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * i);
}

bool bundle_is(const void *buf, size_t len)
{
	const u8 *p = buf;

	return len >= BUNDLE_HEAD_BYTES && get16(p) == WIRE_MAGIC &&
	       p[AT_VERSION] == BUNDLE_VERSION;
}

enum wire_error bundle_open(struct bundle *b, const void *buf, size_t len)
{
	const u8 *p = buf;
	size_t sum;

	if (len < BUNDLE_HEAD_BYTES)
		return WIRE_SHORT;
	if (p[AT_COUNT] < 2 || p[AT_COUNT] > QUORUM_BUNDLE_MAX)
		return WIRE_FIELD_BAD;
	sum = BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * p[AT_COUNT];
	if (len < sum)
		return WIRE_SHORT;
	b->buf = buf;
	b->count = p[AT_COUNT];
	b->next = 0;
	b->at = sum;
	for (u32 i = 0; i < b->count; i++) {
		if (!length_of(p, i))
			return WIRE_FIELD_BAD;
		sum += length_of(p, i);
	}
	return sum == len ? WIRE_OK : WIRE_LENGTH_BAD;
}

bool bundle_next(struct bundle *b, size_t *at, size_t *len)
{
	if (b->next == b->count)
		return false;
	*at = b->at;
	*len = length_of(b->buf, b->next++);
	b->at += *len;
	return true;
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
