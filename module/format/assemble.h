/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting a fragmented message together again.  Pure; the caller owns the memory
 * and the clock.
 *
 * A place holds one message at a time: a newer number means that the older one is
 * given up, and a lost message is the engine's business.  A sender has a few places,
 * so that fragments of messages sent one after another may mix.  Memory and work are
 * constant.
 */
#ifndef QUORUM_ASSEMBLE_H
#define QUORUM_ASSEMBLE_H

#include <linux/types.h>
#include "wire.h"

static_assert(QUORUM_FRAGMENTS_MAX <= 64);	/* struct assemble.have */

/* What became of a fragment. */
enum assemble_result {
	ASSEMBLE_MORE = 0,	/* taken, others are missing */
	ASSEMBLE_DONE,		/* taken, and the message is whole */
	ASSEMBLE_DUPLICATE,	/* was here before */
	ASSEMBLE_MISFIT,	/* contradicts the fragments before it, or is too old */
};

/**
 * struct assemble - one sender's message in the making
 * @buf: QUORUM_MSG_BYTES_MAX bytes of the caller: header and body
 * @since: time of the first fragment, in the caller's unit
 * @heard: time of the last one that was new
 * @have: bitmap of the fragments in @buf
 * @message: number of the message, valid if @known
 * @total: bytes of its body
 * @stride: bytes of all chunks but the last
 * @count: fragments of it
 * @known: there was a message before
 * @open: it is not whole yet
 * @held: it is whole and waits for older ones: the caller's, see assemble_next()
 * @hopeless: it is not waited for any more: the caller's, likewise
 */
struct assemble {
	u8 *buf;
	u64 since;
	u64 heard;
	u64 have;
	u32 message;
	u32 total;
	u32 stride;
	u16 count;
	bool known;
	bool open;
	bool held;
	bool hopeless;
};

/* Start with nothing; @buf holds QUORUM_MSG_BYTES_MAX bytes. */
void assemble_init(struct assemble *as, void *buf);

/**
 * assemble_expire() - drop a message that is not whole in time
 * @as: the sender's state
 * @now: the caller's clock
 * @patience: longest time between two fragments of it, same unit
 *
 * Call it before assemble_add().  A message number is forgotten with it, so a
 * sender that started again with any number is understood.
 *
 * Return: true if one was dropped.
 */
bool assemble_expire(struct assemble *as, u64 now, u64 patience);

/**
 * assemble_find() - the place of a message
 * @as: the places of a sender
 * @n: how many
 * @message: number of the message
 *
 * Return: the one that holds it or held it last, else a free one, now for any
 * number; NULL: all hold others that are not whole, and one has to be given up.
 */
struct assemble *assemble_find(struct assemble *as, u32 n, u32 message);

/**
 * assemble_next() - a whole message that may be given on
 * @as: the places of a sender
 * @n: how many
 *
 * Messages that overtake each other make a receiver that wants them in order ask for
 * everything again: so what is whole is held while an older one may still become so, and
 * its caller has not lost hope.
 *
 * Return: the oldest that is held, if nothing older is missing any more; or NULL.
 */
struct assemble *assemble_next(struct assemble *as, u32 n);

/**
 * assemble_add() - take a fragment
 * @as: the sender's state
 * @now: the caller's clock
 * @datagram: the fragment with its header; passed wire_check()
 * @frag: as wire_fragment_get() filled it from @datagram
 * @lost: set to true if an older, incomplete message was given up for it
 *
 * When the answer is ASSEMBLE_DONE, @as->buf holds header (without the fragment
 * bit; its crc is meaningless) and body, assemble_bytes() of them, until the
 * next call.
 *
 * Return: what became of it.
 */
enum assemble_result assemble_add(struct assemble *as, u64 now, const void *datagram,
				  const struct wire_fragment *frag, bool *lost);

/* Header and body of the message in the making, in bytes. */
size_t assemble_bytes(const struct assemble *as);

#endif /* QUORUM_ASSEMBLE_H */
