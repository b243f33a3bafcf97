/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_CRYPTO_BLAKE2S_H
#define SHIM_CRYPTO_BLAKE2S_H

#include <linux/types.h>

/* As in the kernel's library (tests/shim/blake2s.c). */
enum blake2s_lengths {
	BLAKE2S_BLOCK_SIZE	= 64,
	BLAKE2S_HASH_SIZE	= 32,
	BLAKE2S_KEY_SIZE	= 32,
};

struct blake2s_state {
	u32 h[8];
	u64 bytes;		/* compressed so far */
	u8  buf[BLAKE2S_BLOCK_SIZE];
	u32 buflen;
	u32 outlen;
};

void blake2s_init_key(struct blake2s_state *state, size_t outlen, const void *key,
		      size_t keylen);
void blake2s_update(struct blake2s_state *state, const u8 *in, size_t inlen);
void blake2s_final(struct blake2s_state *state, u8 *out);

#endif /* SHIM_CRYPTO_BLAKE2S_H */
