// SPDX-License-Identifier: GPL-2.0
/* The shim itself, and that it and the kernel agree. */
#include <kunit/test.h>
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

static_assert(sizeof(u64) == 8 && sizeof(__le32) == 4);
static_assert(sizeof(u16) == 2, "with a message");

static void crc32c_matches_the_standard(struct kunit *test)
{
	static const u8 zeros[32];

	/* RFC 3720, B.4 */
	KUNIT_EXPECT_EQ(test, ~crc32c(~0U, "123456789", 9), 0xe3069283U);
	KUNIT_EXPECT_EQ(test, ~crc32c(~0U, zeros, sizeof(zeros)), 0x8a9136aaU);
	KUNIT_EXPECT_EQ(test, crc32c(7, zeros, 0), 7U);
}

static void byte_order(struct kunit *test)
{
	static const u8 bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	__le64 v;

	memcpy(&v, bytes, sizeof(v));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(v), 0x0807060504030201ULL);
	KUNIT_EXPECT_TRUE(test, cpu_to_le64(0x0807060504030201ULL) == v);
}

static void limits(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, U64_MAX + 1, 0ULL);
	KUNIT_EXPECT_EQ(test, min_t(u64, 3, U64_MAX), 3ULL);
	KUNIT_EXPECT_EQ(test, ENOSPC, 28);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(crc32c_matches_the_standard),
	KUNIT_CASE(byte_order),
	KUNIT_CASE(limits),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_shim",
	.test_cases = cases,
};
kunit_test_suite(suite);
