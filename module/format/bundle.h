/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bundle: whole datagrams of several groups, for one node, in one datagram.  Pure;
 * kernel and user space.
 *
 *	 0  le16 magic		0x5152, as of every datagram
 *	 2  u8   version	BUNDLE_VERSION
 *	 3  u8   count		of the datagrams, 2..QUORUM_BUNDLE_MAX
 *	 4  count le16		bits 0..14: bytes of each here, not 0; bit 15: it is packed
 *	    the datagrams, in order; nothing between them, and nothing behind
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
 * unpacked.  That needs nothing but the bundle.  No bundle lies in a bundle.
 */
#ifndef QUORUM_BUNDLE_H
#define QUORUM_BUNDLE_H

#include <linux/types.h>
#include "wire.h"

#define BUNDLE_VERSION		16

enum bundle_sizes {
	BUNDLE_HEAD_BYTES	= 4,
	BUNDLE_LENGTH_BYTES	= 2,
	BUNDLE_HEAD_BYTES_MAX	= BUNDLE_HEAD_BYTES + BUNDLE_LENGTH_BYTES * QUORUM_BUNDLE_MAX,
	BUNDLE_PACKED		= 0x8000,	/* in a length */
	BUNDLE_WORDS_MAX	= 40,		/* of a datagram that is packed */
	BUNDLE_ITEM_BYTES_MAX	= 4 * BUNDLE_WORDS_MAX,
	BUNDLE_PACKED_BYTES_MAX	= 1 + (BUNDLE_WORDS_MAX + 3) / 4 + BUNDLE_ITEM_BYTES_MAX,
};

/**
 * struct bundle - a bundle that is read
 * @buf: the datagram, borrowed
 * @count: datagrams in it
 * @bytes: of all of them, unpacked
 * @lengths: of each of them, unpacked
 */
struct bundle {
	const u8 *buf;
	u32 count;
	size_t bytes;
	u16 lengths[QUORUM_BUNDLE_MAX];
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
 * Return: WIRE_OK, or what was wrong: WIRE_SHORT, WIRE_FIELD_BAD (count, a length of 0,
 * or something packed that is not as it has to be), WIRE_LENGTH_BAD (the lengths are not
 * that of the rest).
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
 * Return: bytes written, fewer than @len, to be marked BUNDLE_PACKED in bundle_head(); 0:
 * it lies in the bundle as it is.
 */
size_t bundle_pack(void *out, const void *before, size_t before_len, const void *datagram,
		   size_t len);

/**
 * bundle_head() - write what stands before the datagrams
 * @buf: BUNDLE_HEAD_BYTES_MAX bytes
 * @lengths: of the datagrams as they lie there, see BUNDLE_PACKED
 * @count: how many, 2..QUORUM_BUNDLE_MAX
 *
 * Return: bytes written.
 */
size_t bundle_head(void *buf, const u16 *lengths, u32 count);

#endif /* QUORUM_BUNDLE_H */
