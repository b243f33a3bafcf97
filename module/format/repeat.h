/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Repeats: what an idle group says again, in no bytes of its own.  Pure; kernel and user
 * space.
 *
 * The next heartbeat of an idle group says what the last one said, but for its counter
 * and its number, which are one more; so does its answer.  Who has taken the last one can
 * write the next one down, all but its MAC (seal.h).  So a bundle (bundle.h) may say of a
 * group that it repeats itself, by one bit, and show one MAC for up to 64 of them:
 *
 *	 0  u8   index		of the word: it speaks of the slots 64 * index + 0..63;
 *				grows from one word to the next
 *	 1  le64 slots		bit i: the group with slot 64 * index + i repeats itself;
 *				not 0
 *	 9  16   mac		exclusive-or of the MACs of all those datagrams
 *
 * That is an aggregate MAC (Katz and Lindell, "Aggregate Message Authentication Codes",
 * 2008): who does not have the key of one of the groups cannot make it, whatever other
 * keys it has.  A receiver that cannot write down one of the 64, since it has not taken
 * the last one, takes none of them.  So a sender repeats only what was answered the last
 * time, and says the rest in full; what was lost costs one heartbeat.
 *
 * A slot is the sender's number for a group at its endpoint; the bundle shows it with
 * every datagram that lies in there whole or packed.  It is under no MAC: a wrong one
 * makes the receiver write down another datagram, whose MAC is another.
 */
#ifndef QUORUM_REPEAT_H
#define QUORUM_REPEAT_H

#include <linux/types.h>
#include "wire.h"

enum repeat_sizes {
	REPEAT_SLOTS		= 64,	/* of one word */
	REPEAT_WORDS_MAX	= QUORUM_GROUPS_MAX / REPEAT_SLOTS,
	REPEAT_WORD_BYTES	= 1 + 8 + SEAL_MAC_BYTES,
	REPEAT_MESSAGE_BYTES	= WIRE_HEADER_BYTES + 40,	/* the longest that is repeated */
};

static_assert(QUORUM_GROUPS_MAX % REPEAT_SLOTS == 0);

/**
 * struct repeat - the last datagram of a kind that is repeated
 * @len: its length without a seal, 0: there was none
 * @counter: of its seal
 * @message: header and body
 */
struct repeat {
	u32 len;
	u64 counter;
	u8 message[REPEAT_MESSAGE_BYTES];
};

/* Is a message of this type, as the header has it, ever repeated? */
bool repeat_may(u8 type);

/**
 * repeat_note() - note what was sent, or taken
 * @r: set
 * @message: header and body of a long sealed datagram, without its trailer
 * @len: its length
 * @counter: of its seal
 *
 * Of anything else than a HEARTBEAT or a HEARTBEAT_REPLY, sealed and not secret, @r says
 * that there was none.
 */
void repeat_note(struct repeat *r, const void *message, size_t len, u64 counter);

/**
 * repeat_is_next() - does a message say what the last one said, one step on?
 * @r: the last one
 * @message: header and body, without its trailer
 * @len: its length
 * @counter: of its seal
 */
bool repeat_is_next(const struct repeat *r, const void *message, size_t len, u64 counter);

/**
 * repeat_step() - make the next one of the last one
 * @r: the last one; if there was none, it stays so
 *
 * Where a number would wrap, @r says that there was none.
 */
void repeat_step(struct repeat *r);

/**
 * repeat_seq() - the number of a HEARTBEAT, or the one that a HEARTBEAT_REPLY answers
 * @message: header and body of what repeat_may() be repeated, whole
 */
u64 repeat_seq(const void *message);

/**
 * struct repeat_word - what is said of 64 slots
 * @index: see the top of this file
 * @slots: likewise
 * @mac: likewise
 */
struct repeat_word {
	u8 index;
	u64 slots;
	u8 mac[SEAL_MAC_BYTES];
};

/**
 * repeat_add() - one more that repeats itself
 * @w: its word: @slot / REPEAT_SLOTS is the index; began as zeros but for that
 * @slot: its slot, which @w says nothing of yet
 * @mac: of its datagram
 */
void repeat_add(struct repeat_word *w, u32 slot, const u8 mac[SEAL_MAC_BYTES]);

/**
 * repeat_agree() - is the word that came the one that was made?
 * @came: from the wire
 * @made: by repeat_add(), with the receiver's keys
 *
 * Takes the same time wherever the MACs differ.
 */
bool repeat_agree(const struct repeat_word *came, const struct repeat_word *made);

/* Write a word; REPEAT_WORD_BYTES. */
void repeat_put(void *buf, const struct repeat_word *w);

/**
 * repeat_check() - are these words as they have to be?
 * @buf: @n * REPEAT_WORD_BYTES bytes
 * @n: how many
 *
 * Indices grow and are less than REPEAT_WORDS_MAX; no word speaks of nobody.
 */
bool repeat_check(const void *buf, u32 n);

/* Read a word that was checked. */
void repeat_get(const void *buf, struct repeat_word *w);

#endif /* QUORUM_REPEAT_H */
