// SPDX-License-Identifier: GPL-2.0
/*
 * The brief form of sealed datagrams: see brief.h.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include "brief.h"
#include "bytes.h"

/* Offsets; of the long form, those of wire.h. */
enum {
	AT_VERSION	= 2,
	AT_TYPE		= 3,
	AT_GROUP	= 4,
	AT_WORDS	= 8,
	AT_LENGTHS	= 9,
	AT_APPEND_COUNT	= WIRE_HEADER_BYTES + 24,
	HEAD_WORDS	= BRIEF_PACKED_MAX - BRIEF_WORDS_MAX,
};

bool brief_is(const void *buf, size_t len)
{
	const u8 *p = buf;

	return len > AT_VERSION && p[0] == (WIRE_MAGIC & 0xff) && p[1] == WIRE_MAGIC >> 8 &&
	       p[AT_VERSION] == WIRE_VERSION_BRIEF;
}

bool brief_may(u8 type)
{
	switch (type) {
	case RAFT_MSG_APPEND:
	case RAFT_MSG_APPEND_REPLY:
	case RAFT_MSG_FORWARD:
	case RAFT_MSG_FORWARD_REPLY:
		return true;
	default:
		return false;
	}
}

/* Words of the body before the payload, as far as they are packed. */
static u32 words_of(const u8 *message, size_t len, u8 type)
{
	size_t words;

	switch (type) {
	case RAFT_MSG_APPEND:
		if (len < WIRE_HEADER_BYTES + WIRE_APPEND_BYTES)
			return 0;
		words = message[AT_APPEND_COUNT] | message[AT_APPEND_COUNT + 1] << 8;
		words = (WIRE_APPEND_BYTES + words * WIRE_ENTRY_BYTES) / 4;
		break;
	case RAFT_MSG_FORWARD:
		words = WIRE_FORWARD_BYTES / 4;
		break;
	default:
		words = BRIEF_WORDS_MAX;
		break;
	}
	if (words > (len - WIRE_HEADER_BYTES) / 4)
		words = (len - WIRE_HEADER_BYTES) / 4;
	return words < BRIEF_WORDS_MAX ? words : BRIEF_WORDS_MAX;
}

size_t brief_put(void *buf, const void *message, size_t len, u64 counter, size_t *taken)
{
	const u8 *body = (const u8 *)message + WIRE_HEADER_BYTES;
	u32 first[HEAD_WORDS], words, n, word, code, i;
	struct wire_header hdr;
	u8 *p = buf, *at;

	if (len < WIRE_HEADER_BYTES)
		return 0;
	wire_header_get(message, &hdr);
	if (hdr.fragment || !brief_may(hdr.type))
		return 0;
	words = words_of(message, len, hdr.type);
	n = HEAD_WORDS + words;
	first[0] = counter;
	first[1] = hdr.from;
	first[2] = hdr.term;
	first[3] = hdr.term >> 32;
	p[0] = WIRE_MAGIC & 0xff;
	p[1] = WIRE_MAGIC >> 8;
	p[AT_VERSION] = WIRE_VERSION_BRIEF;
	p[AT_TYPE] = hdr.type;
	put32(p + AT_GROUP, hdr.group);
	p[AT_WORDS] = words;
	at = p + AT_LENGTHS + (n + 3) / 4;
	memset(p + AT_LENGTHS, 0, at - (p + AT_LENGTHS));
	for (i = 0; i < n; i++) {
		word = i < HEAD_WORDS ? first[i] : get32(body + (i - HEAD_WORDS) * 4);
		code = word_code(word);
		p[AT_LENGTHS + i / 4] |= code << i % 4 * 2;
		for (u32 k = 0; k < word_code_bytes(code); k++)
			*at++ = word >> k * 8;
	}
	*taken = WIRE_HEADER_BYTES + words * 4;
	return at - p;
}

/* The words, strictly: each in the fewest bytes.  The first ones go to @first. */
static enum wire_error get_words(const u8 *p, size_t len, u32 first[HEAD_WORDS],
				 struct brief *brief)
{
	u32 n = HEAD_WORDS + brief->words;
	size_t at = AT_LENGTHS + (n + 3) / 4;

	if (len < at)
		return WIRE_SHORT;
	if (n % 4 && p[at - 1] >> n % 4 * 2)
		return WIRE_FIELD_BAD;
	for (u32 i = 0; i < n; i++) {
		u32 code = p[AT_LENGTHS + i / 4] >> i % 4 * 2 & 3, word = 0;

		if (len - at < word_code_bytes(code))
			return WIRE_SHORT;
		for (u32 k = 0; k < word_code_bytes(code); k++)
			word |= (u32)p[at++] << k * 8;
		if (code != word_code(word))
			return WIRE_FIELD_BAD;
		if (i < HEAD_WORDS)
			first[i] = word;
		else
			put32(brief->body + (i - HEAD_WORDS) * 4, word);
	}
	brief->taken = at;
	return WIRE_OK;
}

enum wire_error brief_get(const void *buf, size_t len, struct brief *brief)
{
	u32 first[HEAD_WORDS] = {};
	const u8 *p = buf;
	enum wire_error error;

	if (len < AT_LENGTHS + SEAL_MAC_BYTES)
		return WIRE_SHORT;
	if (!brief_is(buf, len))
		return WIRE_VERSION_BAD;
	brief->type = p[AT_TYPE];
	if (!brief_may(brief->type))
		return WIRE_TYPE_BAD;
	brief->group = get32(p + AT_GROUP);
	brief->words = p[AT_WORDS];
	if (brief->words > BRIEF_WORDS_MAX)
		return WIRE_FIELD_BAD;
	error = get_words(p, len - SEAL_MAC_BYTES, first, brief);
	if (error)
		return error;
	brief->counter = first[0];
	brief->from = first[1];
	brief->term = (u64)first[3] << 32 | first[2];
	return brief->from ? WIRE_OK : WIRE_FIELD_BAD;
}

size_t brief_restore(const struct brief *brief, struct wire_header *hdr, void *buf)
{
	hdr->type = brief->type;
	hdr->fragment = false;
	hdr->secret = false;
	hdr->from = brief->from;
	hdr->term = brief->term;
	wire_header_put(buf, hdr);
	memcpy((u8 *)buf + WIRE_HEADER_BYTES, brief->body, brief->words * 4);
	return WIRE_HEADER_BYTES + brief->words * 4;
}

u64 brief_counter(u64 top, u32 counter)
{
	u32 ahead = counter - (u32)top;

	/* Half of all are ahead of the top, the others behind it. */
	if (ahead <= 0x7fffffff)
		return top + ahead;
	return top < -ahead ? counter : top - -ahead;
}
