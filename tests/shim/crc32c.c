// SPDX-License-Identifier: GPL-2.0
/*
 * CRC32C (Castagnoli, reflected polynomial 0x82f63b78) for user space, with the
 * kernel's convention: the caller inverts if it wants to.
 */
#include <linux/crc32c.h>

static u32 table[256];

/* Before main(), so that threads of the tools need no lock. */
static void __attribute__((constructor)) table_init(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 v = i;

		for (int bit = 0; bit < 8; bit++)
			v = (v >> 1) ^ (v & 1 ? 0x82f63b78u : 0);
		table[i] = v;
	}
}

u32 crc32c(u32 crc, const void *address, unsigned int length)
{
	const u8 *p = address;

	while (length--)
		crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
	return crc;
}
