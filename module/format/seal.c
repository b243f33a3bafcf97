// SPDX-License-Identifier: GPL-2.0
/*
 * The seal of a datagram: see seal.h.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include <crypto/blake2s.h>
#include "bytes.h"
#include "seal.h"

enum {
	AT_COUNTER	= 0,
	AT_ECHO		= 8,
	AT_MAC		= 16,
	WORDS		= SEAL_WINDOW_BITS / 64,
};

static_assert(AT_MAC + SEAL_MAC_BYTES == SEAL_BYTES);
static_assert((WORDS & (WORDS - 1)) == 0);
static_assert(SEAL_KEY_BYTES == (int)BLAKE2S_KEY_SIZE);

void seal_derive(u8 key[SEAL_KEY_BYTES], const u8 cluster_key[SEAL_KEY_BYTES], u64 cluster,
		 u32 group, u32 from, u32 to)
{
	/* So that the cluster's key may serve other ends one day. */
	static const u8 purpose[16] = "quorum seal v2";
	struct blake2s_state state;
	u8 who[24];

	put64(who, cluster);
	put64(who + 8, group);
	put64(who + 16, (u64)to << 32 | from);
	blake2s_init_key(&state, SEAL_KEY_BYTES, cluster_key, SEAL_KEY_BYTES);
	blake2s_update(&state, purpose, sizeof(purpose));
	blake2s_update(&state, who, sizeof(who));
	blake2s_final(&state, key);
}

void seal_derive_secret(u8 key[SEAL_KEY_BYTES])
{
	static const u8 purpose[16] = "quorum secret v1";
	struct blake2s_state state;

	blake2s_init_key(&state, SEAL_KEY_BYTES, key, SEAL_KEY_BYTES);
	blake2s_update(&state, purpose, sizeof(purpose));
	blake2s_final(&state, key);
}

void seal_close(const u8 key[SEAL_KEY_BYTES], const void *head, size_t head_len,
		const void *rest, size_t rest_len, const struct seal_stamp *stamp,
		u8 trailer[SEAL_BYTES])
{
	struct blake2s_state state;

	put64(trailer + AT_COUNTER, stamp->counter);
	put64(trailer + AT_ECHO, stamp->echo);
	blake2s_init_key(&state, SEAL_MAC_BYTES, key, SEAL_KEY_BYTES);
	blake2s_update(&state, head, head_len);
	if (rest_len)
		blake2s_update(&state, rest, rest_len);
	blake2s_update(&state, trailer, AT_MAC);
	blake2s_final(&state, trailer + AT_MAC);
}

/* One look at all bits: no early end tells how many bytes were right. */
static bool same_mac(const u8 *a, const u8 *b)
{
	return !((get64(a) ^ get64(b)) | (get64(a + 8) ^ get64(b + 8)));
}

bool seal_verify(const u8 key[SEAL_KEY_BYTES], const void *head, size_t head_len,
		 const void *rest, size_t rest_len, const struct seal_stamp *stamp, const u8 *mac)
{
	u8 trailer[SEAL_BYTES];

	seal_close(key, head, head_len, rest, rest_len, stamp, trailer);
	return same_mac(trailer + AT_MAC, mac);
}

bool seal_open(const u8 key[SEAL_KEY_BYTES], const void *buf, size_t len,
	       struct seal_stamp *stamp)
{
	const u8 *trailer = (const u8 *)buf + len - SEAL_BYTES;
	struct blake2s_state state;
	u8 mac[SEAL_MAC_BYTES];

	blake2s_init_key(&state, SEAL_MAC_BYTES, key, SEAL_KEY_BYTES);
	blake2s_update(&state, buf, len - SEAL_MAC_BYTES);
	blake2s_final(&state, mac);
	if (!same_mac(mac, trailer + AT_MAC))
		return false;
	stamp->counter = get64(trailer + AT_COUNTER);
	stamp->echo = get64(trailer + AT_ECHO);
	return true;
}

u64 seal_life(u64 incarnation, u32 session)
{
	u64 life = incarnation + session;

	return life ? life : ~0ULL;
}

/* Move the top up: forget the words between, which now stand for newer counters. */
static void advance(struct seal_window *window, u64 counter)
{
	u64 from = window->top / 64, to = counter / 64;
	u64 n = to - from;

	if (n > WORDS)
		n = WORDS;
	for (u64 i = 1; i <= n; i++)
		window->bits[(from + i) & (WORDS - 1)] = 0;
	window->top = counter;
}

enum seal_verdict seal_take(struct seal_window *window, u32 session, u64 counter)
{
	enum seal_verdict verdict = SEAL_NEW;
	u64 bit = 1ULL << (counter & 63);
	u64 *word;

	/* Sessions and counters start at 1. */
	if (!session || !counter || session < window->session)
		return SEAL_OLD;
	if (session > window->session) {
		memset(window, 0, sizeof(*window));
		window->session = session;
		verdict = SEAL_NEW_SESSION;
	}
	/* The word of the top is partly new: one word less can be told apart. */
	if (counter > window->top)
		advance(window, counter);
	else if (window->top - counter >= SEAL_WINDOW_BITS - 64)
		return SEAL_OLD;
	word = &window->bits[(counter / 64) & (WORDS - 1)];
	if (*word & bit)
		return SEAL_REPLAYED;
	*word |= bit;
	return verdict;
}

bool seal_is_newer(const struct seal_window *window, u32 session, u64 counter)
{
	if (!session || !counter)
		return false;
	return session > window->session ||
	       (session == window->session && counter > window->top);
}
