// SPDX-License-Identifier: GPL-2.0
/*
 * What idle groups repeat, and the codec of the words that say so: see repeat.h.
 */
#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "bytes.h"
#include "repeat.h"

enum {
	/* Of a datagram. */
	AT_VERSION		= 2,
	AT_TYPE			= 3,
	HEARTBEAT_BYTES		= WIRE_HEADER_BYTES + 32,
	AT_HEARTBEAT_SEQ	= WIRE_HEADER_BYTES + 8,
	REPLY_BYTES		= WIRE_HEADER_BYTES + 40,
	AT_REPLY_SEQ		= WIRE_HEADER_BYTES,

	/* Of a word. */
	AT_INDEX		= 0,
	AT_SLOTS		= 1,
	AT_MAC			= 9,
};

static_assert((int)HEARTBEAT_BYTES <= REPEAT_MESSAGE_BYTES);
static_assert((int)REPLY_BYTES <= REPEAT_MESSAGE_BYTES);
static_assert((int)AT_MAC + SEAL_MAC_BYTES == (int)REPEAT_WORD_BYTES);
static_assert(REPEAT_WORDS_MAX <= U8_MAX);

bool repeat_may(u8 type)
{
	return type == RAFT_MSG_HEARTBEAT || type == RAFT_MSG_HEARTBEAT_REPLY;
}

static size_t seq_at(const u8 *message)
{
	return message[AT_TYPE] == RAFT_MSG_HEARTBEAT ? AT_HEARTBEAT_SEQ : AT_REPLY_SEQ;
}

void repeat_note(struct repeat *r, const void *message, size_t len, u64 counter)
{
	const u8 *p = message;

	r->len = 0;
	if (len < WIRE_HEADER_BYTES || p[AT_VERSION] != WIRE_VERSION_SEALED ||
	    !repeat_may(p[AT_TYPE]))
		return;
	if (len != (p[AT_TYPE] == RAFT_MSG_HEARTBEAT ? HEARTBEAT_BYTES : REPLY_BYTES))
		return;
	r->len = len;
	r->counter = counter;
	memcpy(r->message, p, len);
}

void repeat_step(struct repeat *r)
{
	u8 *seq;

	if (!r->len)
		return;
	seq = r->message + seq_at(r->message);
	if (r->counter == U64_MAX || get64(seq) == U64_MAX) {
		r->len = 0;
		return;
	}
	r->counter++;
	put64(seq, get64(seq) + 1);
}

bool repeat_is_next(const struct repeat *r, const void *message, size_t len, u64 counter)
{
	struct repeat next = *r;

	repeat_step(&next);
	return next.len && len == next.len && counter == next.counter &&
	       !memcmp(message, next.message, len);
}

u64 repeat_seq(const void *message)
{
	return get64((const u8 *)message + seq_at(message));
}

void repeat_add(struct repeat_word *w, u32 slot, const u8 mac[SEAL_MAC_BYTES])
{
	w->slots |= 1ULL << slot % REPEAT_SLOTS;
	for (u32 i = 0; i < SEAL_MAC_BYTES; i++)
		w->mac[i] ^= mac[i];
}

bool repeat_agree(const struct repeat_word *came, const struct repeat_word *made)
{
	u64 differs = (get64(came->mac) ^ get64(made->mac)) |
		      (get64(came->mac + 8) ^ get64(made->mac + 8));

	return came->index == made->index && came->slots == made->slots && !differs;
}

void repeat_put(void *buf, const struct repeat_word *w)
{
	u8 *p = buf;

	p[AT_INDEX] = w->index;
	put64(p + AT_SLOTS, w->slots);
	memcpy(p + AT_MAC, w->mac, SEAL_MAC_BYTES);
}

void repeat_get(const void *buf, struct repeat_word *w)
{
	const u8 *p = buf;

	w->index = p[AT_INDEX];
	w->slots = get64(p + AT_SLOTS);
	memcpy(w->mac, p + AT_MAC, SEAL_MAC_BYTES);
}

bool repeat_check(const void *buf, u32 n)
{
	const u8 *p = buf;
	u32 least = 0;

	for (u32 i = 0; i < n; i++, p += REPEAT_WORD_BYTES) {
		if (p[AT_INDEX] < least || p[AT_INDEX] >= REPEAT_WORDS_MAX ||
		    !get64(p + AT_SLOTS))
			return false;
		least = p[AT_INDEX] + 1;
	}
	return true;
}
