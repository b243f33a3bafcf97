/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bundle: whole datagrams of several groups, for one node, in one datagram.  Pure;
 * kernel and user space.
 *
 *	 0  le16 magic		0x5152, as of every datagram
 *	 2  u8   version	BUNDLE_VERSION
 *	 3  u8   count		of the datagrams, 2..QUORUM_BUNDLE_MAX
 *	 4  count le16		their lengths, none of them 0
 *	    the datagrams, in order; nothing between them, and nothing behind
 *
 * So idle groups cost a node's neighbours one datagram for all their heartbeats.  A
 * bundle has no seal and says nothing by itself: each datagram in it is sealed, or
 * summed up, as it would be alone, and is checked as if it had come alone.  No bundle
 * lies in a bundle.
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
};

/**
 * struct bundle - a bundle that is read
 * @buf: the datagram, borrowed
 * @count: datagrams in it
 * @next: which one comes next
 * @at: where it begins
 */
struct bundle {
	const u8 *buf;
	u32 count;
	u32 next;
	size_t at;
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
 * Return: WIRE_OK, or what was wrong: WIRE_SHORT, WIRE_FIELD_BAD (count, or a length
 * of 0), WIRE_LENGTH_BAD (the lengths are not that of the rest).
 */
enum wire_error bundle_open(struct bundle *b, const void *buf, size_t len);

/**
 * bundle_next() - the next datagram in a bundle
 * @b: opened
 * @at: set to where it begins in the bundle
 * @len: set to its length
 *
 * Return: false: there are no more.
 */
bool bundle_next(struct bundle *b, size_t *at, size_t *len);

/**
 * bundle_head() - write what stands before the datagrams
 * @buf: BUNDLE_HEAD_BYTES_MAX bytes
 * @lengths: of the datagrams
 * @count: how many, 2..QUORUM_BUNDLE_MAX
 *
 * Return: bytes written.
 */
size_t bundle_head(void *buf, const u16 *lengths, u32 count);

#endif /* QUORUM_BUNDLE_H */
