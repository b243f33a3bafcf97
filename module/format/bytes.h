/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers in bytes: little-endian, at any address.
 *
 * The kernel's <asm/unaligned.h> has the same; it has moved to another place since 6.1,
 * and user space has neither.
 */
#ifndef _QUORUM_FORMAT_BYTES_H
#define _QUORUM_FORMAT_BYTES_H

#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

static inline u16 get16(const u8 *p)
{
	__le16 v;

	memcpy(&v, p, sizeof(v));
	return le16_to_cpu(v);
}

static inline u32 get32(const u8 *p)
{
	__le32 v;

	memcpy(&v, p, sizeof(v));
	return le32_to_cpu(v);
}

static inline u64 get64(const u8 *p)
{
	__le64 v;

	memcpy(&v, p, sizeof(v));
	return le64_to_cpu(v);
}

static inline void put16(u8 *p, u16 value)
{
	__le16 v = cpu_to_le16(value);

	memcpy(p, &v, sizeof(v));
}

static inline void put32(u8 *p, u32 value)
{
	__le32 v = cpu_to_le32(value);

	memcpy(p, &v, sizeof(v));
}

static inline void put64(u8 *p, u64 value)
{
	__le64 v = cpu_to_le64(value);

	memcpy(p, &v, sizeof(v));
}

static inline bool is_zero(const u8 *p, size_t n)
{
	u8 any = 0;

	while (n--)
		any |= *p++;
	return !any;
}

/* Codes of two bits for words in few bytes: 0, 1, 2, 3 are 0, 1, 2 and 4 of them. */
static inline u32 word_code(u32 word)
{
	if (word > 0xffff)
		return 3;
	return word > 0xff ? 2 : !!word;
}

static inline u32 word_code_bytes(u32 code)
{
	return code == 3 ? 4 : code;
}

#endif /* _QUORUM_FORMAT_BYTES_H */
