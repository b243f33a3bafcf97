// SPDX-License-Identifier: GPL-2.0
/*
 * BLAKE2s for user space, with the kernel's interface.  Written from RFC 7693;
 * tests/unit/seal_test.c holds it against that document's and the authors' vectors.
 */
#include <crypto/blake2s.h>
#include <linux/string.h>

static const u32 iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const u8 sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static u32 rotr(u32 v, int n)
{
	return v >> n | v << (32 - n);
}

static void mix(u32 v[16], int a, int b, int c, int d, u32 x, u32 y)
{
	v[a] += v[b] + x;
	v[d] = rotr(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = rotr(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = rotr(v[b] ^ v[c], 7);
}

static void compress(struct blake2s_state *s, bool last)
{
	u32 v[16], m[16];

	for (int i = 0; i < 16; i++)
		m[i] = s->buf[4 * i] | (u32)s->buf[4 * i + 1] << 8 |
		       (u32)s->buf[4 * i + 2] << 16 | (u32)s->buf[4 * i + 3] << 24;
	memcpy(v, s->h, sizeof(s->h));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= (u32)s->bytes;
	v[13] ^= (u32)(s->bytes >> 32);
	if (last)
		v[14] = ~v[14];
	for (int round = 0; round < 10; round++) {
		const u8 *p = sigma[round];

		mix(v, 0, 4, 8, 12, m[p[0]], m[p[1]]);
		mix(v, 1, 5, 9, 13, m[p[2]], m[p[3]]);
		mix(v, 2, 6, 10, 14, m[p[4]], m[p[5]]);
		mix(v, 3, 7, 11, 15, m[p[6]], m[p[7]]);
		mix(v, 0, 5, 10, 15, m[p[8]], m[p[9]]);
		mix(v, 1, 6, 11, 12, m[p[10]], m[p[11]]);
		mix(v, 2, 7, 8, 13, m[p[12]], m[p[13]]);
		mix(v, 3, 4, 9, 14, m[p[14]], m[p[15]]);
	}
	for (int i = 0; i < 8; i++)
		s->h[i] ^= v[i] ^ v[i + 8];
}

void blake2s_init_key(struct blake2s_state *s, size_t outlen, const void *key, size_t keylen)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->h, iv, sizeof(iv));
	s->h[0] ^= 0x01010000u | (u32)keylen << 8 | (u32)outlen;
	s->outlen = (u32)outlen;
	if (keylen) {
		memcpy(s->buf, key, keylen);
		s->buflen = BLAKE2S_BLOCK_SIZE;
	}
}

void blake2s_update(struct blake2s_state *s, const u8 *in, size_t inlen)
{
	while (inlen) {
		size_t room = BLAKE2S_BLOCK_SIZE - s->buflen;
		size_t take = inlen < room ? inlen : room;

		/* The last block is compressed by blake2s_final() only. */
		if (!room) {
			s->bytes += BLAKE2S_BLOCK_SIZE;
			compress(s, false);
			s->buflen = 0;
			continue;
		}
		memcpy(s->buf + s->buflen, in, take);
		s->buflen += (u32)take;
		in += take;
		inlen -= take;
	}
}

void blake2s_final(struct blake2s_state *s, u8 *out)
{
	u8 whole[BLAKE2S_HASH_SIZE];

	s->bytes += s->buflen;
	memset(s->buf + s->buflen, 0, BLAKE2S_BLOCK_SIZE - s->buflen);
	compress(s, true);
	for (int i = 0; i < BLAKE2S_HASH_SIZE; i++)
		whole[i] = (u8)(s->h[i / 4] >> 8 * (i % 4));
	memcpy(out, whole, s->outlen);
}
