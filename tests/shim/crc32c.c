// SPDX-License-Identifier: GPL-2.0
/*
 * CRC32C (Castagnoli, reflected polynomial 0x82f63b78) for user space, with the
 * kernel's convention: the caller inverts if it wants to.  Eight bytes at a time, and
 * by the processor where it can: simulator and crash lanes spend much of their time
 * on checksums.  The constructors are there so that threads of the tools need no lock.
 */
#include <linux/crc32c.h>
#include <linux/types.h>
#include <string.h>

static u32 table[8][256];

static void __attribute__((constructor)) table_init(void)
{
	u32 i, k;

	for (i = 0; i < 256; i++) {
		u32 v = i;

		for (k = 0; k < 8; k++)
			v = (v >> 1) ^ (v & 1 ? 0x82f63b78u : 0);
		table[0][i] = v;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++)
			table[k][i] = (table[k - 1][i] >> 8) ^ table[0][table[k - 1][i] & 0xff];
}

#ifdef __x86_64__
static bool by_processor;

static void __attribute__((constructor)) processor_init(void)
{
	__builtin_cpu_init();
	by_processor = __builtin_cpu_supports("sse4.2");
}

static u32 __attribute__((target("sse4.2"))) crc_processor(u32 crc, const u8 *p,
							    unsigned int length)
{
	u64 wide = crc, word;

	for (; length >= 8; length -= 8, p += 8) {
		memcpy(&word, p, sizeof(word));
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (u32)wide;
	for (; length; length--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#else
static const bool by_processor;

static u32 crc_processor(u32 crc, const u8 *p, unsigned int length)
{
	return 0;
}
#endif

u32 crc32c(u32 crc, const void *address, unsigned int length)
{
	const u8 *p = address;

	if (by_processor)
		return crc_processor(crc, p, length);
	for (; length >= 8; length -= 8, p += 8) {
		u32 low = crc ^ ((u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24);

		crc = table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^
		      table[5][low >> 16 & 0xff] ^ table[4][low >> 24] ^
		      table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	}
	while (length--)
		crc = table[0][(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}
