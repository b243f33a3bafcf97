/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bundle: whole datagrams of several groups, for one node, in one datagram.  Pure;
 * kernel and user space.
 *
 *	 0  le16 magic		0x5152, as of every datagram
 *	 2  u8   version	BUNDLE_VERSION
 *	 3  u8   count		of the datagrams, 1..QUORUM_BUNDLE_MAX; 1 only before words
 *	 4  u8   words		of repeats (repeat.h), 0..REPEAT_WORDS_MAX
 *	 5  count times
 *		 0  u8   bytes	of a datagram here, 1..BUNDLE_ITEM_BYTES_MAX
 *		 1  le16 slot	bits 0..9: of its group, see repeat.h; 10..14: 0; 15: it is
 *				packed
 *	    the datagrams, in order
 *	    the words, in order; nothing between all of that, and nothing behind
 *
 * Most of a heartbeat says what that of another group of the same nodes says.  So one may
 * be packed, as what differs from the one before it; before the first there are zeros:
 *
 *	 0  u8   words		of 4 bytes, all of the datagram: 1..BUNDLE_WORDS_MAX
 *	 1  the lengths of all words, two bits each, lowest bits first: 0, 1, 2, 3 stand for
 *	    0, 1, 2 and 4 bytes; bits that are left are 0
 *	    the words, little-endian, each exclusive-or the one at the same place in the
 *	    datagram before (0 where that ends), in the fewest bytes that hold it
 *
 * A bundle has no seal and says nothing by itself: each datagram in it is sealed, or
 * summed up, as it would be alone, and is checked as if it had come alone once it is
 * unpacked.  That needs nothing but the bundle.  No bundle lies in a bundle.  The words
 * have a MAC of their own, and mean nothing unless one of the datagrams was taken.
 */
#ifndef QUORUM_BUNDLE_H
#define QUORUM_BUNDLE_H

#include <linux/types.h>
#include "repeat.h"
#include "wire.h"

#define BUNDLE_VERSION		16

enum bundle_sizes {
	BUNDLE_HEAD_BYTES	= 5,
	BUNDLE_ENTRY_BYTES	= 3,	/* what the head says of a datagram */
	BUNDLE_HEAD_BYTES_MAX	= BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES * QUORUM_BUNDLE_MAX,
	BUNDLE_TAIL_BYTES_MAX	= REPEAT_WORD_BYTES * REPEAT_WORDS_MAX,
	BUNDLE_PACKED		= 0x8000,	/* beside a slot */
	BUNDLE_WORDS_MAX	= 40,		/* of a datagram that is packed */
	BUNDLE_ITEM_BYTES_MAX	= 4 * BUNDLE_WORDS_MAX,
	BUNDLE_PACKED_BYTES_MAX	= 1 + (BUNDLE_WORDS_MAX + 3) / 4 + BUNDLE_ITEM_BYTES_MAX,
};

static_assert(QUORUM_GROUPS_MAX <= 1 << 10);
static_assert(BUNDLE_ITEM_BYTES_MAX <= 255);
static_assert(QUORUM_BUNDLE_MAX <= 255);

/**
 * struct bundle_item - a datagram in a bundle
 * @slot: of its group
 * @bytes: of it, as it lies there
 * @packed: it is
 */
struct bundle_item {
	u16 slot;
	u8 bytes;
	bool packed;
};

/**
 * struct bundle - a bundle that is read
 * @count: datagrams in it
 * @words: words of repeats, for repeat_get()
 * @bytes: of all of the datagrams, unpacked
 * @data: the datagrams, borrowed
 * @tail: the words, borrowed
 * @items: the datagrams as they lie there
 * @lengths: of each of them, unpacked
 */
struct bundle {
	u32 count;
	u32 words;
	size_t bytes;
	const u8 *data;
	const u8 *tail;
	struct bundle_item items[QUORUM_BUNDLE_MAX];
	u8 lengths[QUORUM_BUNDLE_MAX];
};

/* Does a datagram say that it is a bundle?  Nothing else of it was looked at. */
bool bundle_is(const void *buf, size_t len);

/**
 * bundle_open() - check a bundle before anything in it is looked at
 * @b: filled in when the answer is WIRE_OK
 * @buf: a datagram, without UDP header; bundle_is()
 * @len: its length
 *
 * Context: any, softirq included.
 * Return: WIRE_OK, or what was wrong: WIRE_SHORT, WIRE_FIELD_BAD (counts, a length or a
 * slot out of its range, something packed or a word that is not as it has to be),
 * WIRE_LENGTH_BAD (the lengths are not that of the rest).
 */
enum wire_error bundle_open(struct bundle *b, const void *buf, size_t len);

/**
 * bundle_unpack() - write out what is in a bundle
 * @b: opened
 * @out: @b->bytes bytes: all datagrams, one behind the other
 *
 * Context: any, softirq included.
 */
void bundle_unpack(const struct bundle *b, void *out);

/**
 * bundle_pack() - pack a datagram
 * @out: BUNDLE_PACKED_BYTES_MAX bytes
 * @before: the datagram before it in the bundle
 * @before_len: its length, 0: there is none
 * @datagram: the datagram
 * @len: its length
 *
 * Return: bytes written, fewer than @len, to be marked as packed in bundle_head(); 0: it
 * lies in the bundle as it is.
 */
size_t bundle_pack(void *out, const void *before, size_t before_len, const void *datagram,
		   size_t len);

/**
 * bundle_head() - write what stands before the datagrams
 * @buf: BUNDLE_HEAD_BYTES_MAX bytes
 * @items: the datagrams as they lie there
 * @count: how many, 1..QUORUM_BUNDLE_MAX
 * @words: how many words lie behind them, by repeat_put()
 *
 * Return: bytes written.
 */
size_t bundle_head(void *buf, const struct bundle_item *items, u32 count, u32 words);

#endif /* QUORUM_BUNDLE_H */
