/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Brief datagrams: a sealed datagram without what its receiver knows already.  Pure.
 *
 * Of a sealed datagram (wire.h, version 2) with a small entry, most bytes say what every
 * datagram between the same two lives says, and most others are 0.  The brief form of
 * it, version 4, leaves out the former and packs the rest:
 *
 *	 0  le16 magic
 *	 2  u8   version	4
 *	 3  u8   type
 *	 4  le32 group
 *	 8  u8   words		of the body that are packed, 0..BRIEF_WORDS_MAX
 *	 9  the lengths of all packed words, two bits each, lowest bits first: 0, 1, 2, 3
 *	    stand for 0, 1, 2 and 4 bytes; bits that are left are 0
 *	    the packed words, each in the fewest bytes that hold it: the lower half of the
 *	    counter, the sender's id, the lower and upper half of the term, and `words`
 *	    little-endian words of 32 bits from the beginning of the body
 *	    the rest of the body as it is
 *	16  mac
 *
 * The MAC is the one of the long form (seal.h), whole: the receiver restores that, from
 * its own names and from what it keeps of the sender (session, incarnation, genesis,
 * highest counter), and looks at the MAC then.  So a brief datagram says nothing the long
 * one did not say, and all of what seal.h says of those holds for these; the two are copies
 * of each other, of which one is taken.  It is never longer.
 *
 * Its sender has to know that the receiver knows its present life: that is proven by any
 * datagram of the receiver with the right echo, but for a HELLO, which echoes what was
 * believed by nobody yet.  A receiver that was started again cannot read it and does not
 * answer; so heartbeats and votes are never brief, and tell it.
 */
#ifndef QUORUM_BRIEF_H
#define QUORUM_BRIEF_H

#include <linux/types.h>
#include "wire.h"

#define WIRE_VERSION_BRIEF	4

enum brief_sizes {
	BRIEF_WORDS_MAX		= 56,	/* an APPEND's first, and eight of its entries */
	BRIEF_PACKED_MAX	= BRIEF_WORDS_MAX + 4,
	BRIEF_HEAD_BYTES_MAX	= 9 + BRIEF_PACKED_MAX / 4 + BRIEF_PACKED_MAX * 4,
	BRIEF_LONG_BYTES_MAX	= WIRE_HEADER_BYTES + BRIEF_WORDS_MAX * 4,
};

static_assert(BRIEF_WORDS_MAX * 4 == WIRE_APPEND_BYTES + 8 * WIRE_ENTRY_BYTES);
/* Never longer: what is left out is more than the lengths can be. */
static_assert(BRIEF_HEAD_BYTES_MAX + SEAL_MAC_BYTES < BRIEF_LONG_BYTES_MAX + SEAL_BYTES);

/**
 * struct brief - what a brief datagram says, before anything is looked up
 * @type: its type
 * @group: number of the group
 * @counter: lower half of the counter
 * @from: sender's node id
 * @term: sender's term
 * @words: words of the body in @body
 * @body: them, as they are in the long form
 * @taken: bytes of the datagram before the rest of the body
 */
struct brief {
	u8 type;
	u32 group;
	u32 counter;
	u32 from;
	u64 term;
	u32 words;
	u8 body[BRIEF_WORDS_MAX * 4];
	size_t taken;
};

/* Is this a datagram for brief_get()? */
bool brief_is(const void *buf, size_t len);

/* May a message of this type be brief? */
bool brief_may(u8 type);

/**
 * brief_put() - write the first part of a brief datagram
 * @buf: BRIEF_HEAD_BYTES_MAX bytes
 * @message: the long form: header and body
 * @len: its length
 * @counter: of the datagram
 * @taken: set to the bytes of @message that it stands for; what is behind them, and the
 *	MAC, follow it
 *
 * Return: bytes written; 0: the message is none that may be brief, or is too short.
 */
size_t brief_put(void *buf, const void *message, size_t len, u64 counter, size_t *taken);

/**
 * brief_get() - read a brief datagram
 * @buf: the datagram
 * @len: its length
 * @brief: set
 *
 * Return: WIRE_OK, or what was wrong.  Whether it is true is not looked at.
 */
enum wire_error brief_get(const void *buf, size_t len, struct brief *brief);

/**
 * brief_restore() - write the first part of the long form
 * @brief: what brief_get() read
 * @hdr: what the receiver knows: cluster, group, genesis, to, incarnation, session; the
 *	rest is set from @brief
 * @buf: BRIEF_LONG_BYTES_MAX bytes
 *
 * Return: bytes written; what is behind @brief->taken follows, up to the MAC.
 */
size_t brief_restore(const struct brief *brief, struct wire_header *hdr, void *buf);

/* The counter with this lower half that is nearest to @top. */
u64 brief_counter(u64 top, u32 counter);

#endif /* QUORUM_BRIEF_H */
