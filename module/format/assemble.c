// SPDX-License-Identifier: GPL-2.0
/*
 * Putting a fragmented message together again: see assemble.h.
 *
 * Every bound was checked by wire_fragment_get().  Here fragments are only held
 * against each other: all of a message agree on (count, total, stride) and on
 * the header, so their chunks tile the body and the bitmap alone says when it is
 * whole.
 */
#include <linux/stddef.h>
#include <linux/string.h>
#include "assemble.h"

void assemble_init(struct assemble *as, void *buf)
{
	memset(as, 0, sizeof(*as));
	as->buf = buf;
}

bool assemble_expire(struct assemble *as, u64 now, u64 patience)
{
	bool dropped;

	if (!as->known || as->held || now < as->heard || now - as->heard <= patience)
		return false;
	dropped = as->open;
	as->known = false;
	as->open = false;
	return dropped;
}

struct assemble *assemble_find(struct assemble *as, u32 n, u32 message)
{
	struct assemble *free = NULL;

	for (u32 i = 0; i < n; i++) {
		if (as[i].known && as[i].message == message)
			return &as[i];
		/* The oldest whole one: late copies of newer ones are told still. */
		if (!as[i].open && !as[i].held && (!free || !as[i].known ||
				    (free->known && as[i].since < free->since)))
			free = &as[i];
	}
	if (free)
		free->known = false;
	return free;
}

struct assemble *assemble_next(struct assemble *as, u32 n)
{
	struct assemble *next = NULL;

	for (u32 i = 0; i < n; i++)
		if (as[i].held && (!next || (s32)(as[i].message - next->message) < 0))
			next = &as[i];
	for (u32 i = 0; next && i < n; i++)
		if (as[i].open && !as[i].hopeless && (s32)(as[i].message - next->message) < 0)
			return NULL;
	return next;
}

static void begin(struct assemble *as, u64 now, const u8 *datagram,
		  const struct wire_fragment *frag)
{
	struct wire_header hdr;

	as->since = now;
	as->have = 0;
	as->message = frag->message;
	as->total = frag->total;
	as->stride = frag->stride;
	as->count = frag->count;
	as->known = true;
	as->open = true;
	as->hopeless = false;

	wire_header_get(datagram, &hdr);
	hdr.fragment = false;
	wire_header_put(as->buf, &hdr);
}

/* Does the header of a fragment say the same as the one kept in @as->buf? */
static bool same_header(const struct assemble *as, const u8 *datagram)
{
	struct wire_header hdr;
	u8 again[WIRE_HEADER_BYTES];

	wire_header_get(datagram, &hdr);
	hdr.fragment = false;
	wire_header_put(again, &hdr);
	return !memcmp(again, as->buf, sizeof(again));
}

enum assemble_result assemble_add(struct assemble *as, u64 now, const void *datagram,
				  const struct wire_fragment *frag, bool *lost)
{
	u64 bit = 1ULL << frag->index;
	s32 newer;

	*lost = false;
	newer = as->known ? (s32)(frag->message - as->message) : 1;
	if (newer < 0)
		return ASSEMBLE_MISFIT;
	if (newer > 0) {
		*lost = as->open;
		begin(as, now, datagram, frag);
	}

	if (frag->total != as->total || frag->stride != as->stride ||
	    frag->count != as->count || !same_header(as, datagram))
		return ASSEMBLE_MISFIT;
	if (as->have & bit)
		return ASSEMBLE_DUPLICATE;

	memcpy(as->buf + WIRE_HEADER_BYTES + frag->offset,
	       (const u8 *)datagram + WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES, frag->size);
	as->have |= bit;
	as->heard = now;
	if (as->have != ~0ULL >> (64 - as->count))
		return ASSEMBLE_MORE;
	as->open = false;
	return ASSEMBLE_DONE;
}

size_t assemble_bytes(const struct assemble *as)
{
	return WIRE_HEADER_BYTES + as->total;
}
