/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of <kunit/test.h> that the project's tests use, for user space.
 *
 * A test file that compiles against this compiles inside the kernel.  The
 * runner is tests/unit/runner.c; suites register themselves before main().
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/errno.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	void *priv;
	/* private: of the shim */
	const char *name;
	const void *param_value;
	int param_index;
	bool failed;
	bool skipped;
	char comment[256];
	jmp_buf abort;
	void **blocks;
	unsigned int nblocks;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test_name)	{ .run_case = test_name, .name = #test_name }
#define KUNIT_CASE_PARAM(test_name, gen_params) \
	{ .run_case = test_name, .name = #test_name, .generate_params = gen_params }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
	static const void *name##_gen_params(const void *prev, char *desc)	\
	{									\
		typeof((array)[0]) *next_ = prev ?				\
			((typeof(next_))prev) + 1 : (array);			\
		void (*get_desc_)(typeof(next_), char *) = get_desc;		\
										\
		if ((size_t)(next_ - (array)) >= ARRAY_SIZE(array))		\
			return NULL;						\
		if (get_desc_)							\
			get_desc_(next_, desc);					\
		return next_;							\
	}

void shim_kunit_register(struct kunit_suite *const *suites, size_t n);
void shim_kunit_fail(struct kunit *test, bool abort, const char *file, int line,
		     const char *fmt, ...) __printf(5, 6);
void shim_kunit_note(struct kunit *test, const char *fmt, ...) __printf(2, 3);
void __attribute__((__noreturn__)) __printf(2, 3)
shim_kunit_skip(struct kunit *test, const char *fmt, ...);

/* Memory that lives as long as the test. */
void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp);
void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp);

#define kunit_test_suites(...)							\
	static void __attribute__((constructor)) shim_kunit_suites(void)	\
	{									\
		static struct kunit_suite *const suites_[] = { __VA_ARGS__ };	\
										\
		shim_kunit_register(suites_, ARRAY_SIZE(suites_));		\
	}									\
	static_assert(1)
#define kunit_test_suite(suite)	kunit_test_suites(&(suite))

#define kunit_info(test, fmt, ...)	shim_kunit_note(test, fmt, ##__VA_ARGS__)
#define kunit_warn(test, fmt, ...)	shim_kunit_note(test, fmt, ##__VA_ARGS__)
#define kunit_err(test, fmt, ...)	shim_kunit_note(test, fmt, ##__VA_ARGS__)
#define kunit_skip(test, fmt, ...)	shim_kunit_skip(test, fmt, ##__VA_ARGS__)

#define KUNIT_SUCCEED(test)		do {} while (0)
#define KUNIT_FAIL(test, fmt, ...) \
	shim_kunit_fail(test, false, __FILE__, __LINE__, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FAILURE(test, fmt, ...) \
	shim_kunit_fail(test, true, __FILE__, __LINE__, fmt, ##__VA_ARGS__)

#define SHIM_TRUE(test, abort, cond, want) do {					\
	if ((bool)(cond) != (want))							\
		shim_kunit_fail(test, abort, __FILE__, __LINE__,		\
				"expected %s to be %s", #cond,			\
				(want) ? "true" : "false");			\
} while (0)
#define SHIM_BIN(test, abort, l, op, r) do {					\
	const typeof(l) l_ = (l);						\
	const typeof(r) r_ = (r);						\
										\
	if (!(l_ op r_))							\
		shim_kunit_fail(test, abort, __FILE__, __LINE__,		\
				"expected %s %s %s: %lld (0x%llx), %lld (0x%llx)", \
				#l, #op, #r, (long long)l_, (long long)l_,	\
				(long long)r_, (long long)r_);			\
} while (0)
#define SHIM_PTR(test, abort, l, op, r) do {					\
	const void *l_ = (l);							\
	const void *r_ = (r);							\
										\
	if (!(l_ op r_))							\
		shim_kunit_fail(test, abort, __FILE__, __LINE__,		\
				"expected %s %s %s: %p, %p", #l, #op, #r, l_, r_); \
} while (0)
#define SHIM_STR(test, abort, l, op, r) do {					\
	const char *l_ = (l), *r_ = (r);					\
										\
	if (!(strcmp(l_, r_) op 0))						\
		shim_kunit_fail(test, abort, __FILE__, __LINE__,		\
				"expected %s %s %s: \"%s\", \"%s\"", #l, #op,	\
				#r, l_, r_);					\
} while (0)

#define KUNIT_EXPECT_TRUE(t, c)			SHIM_TRUE(t, false, c, true)
#define KUNIT_EXPECT_FALSE(t, c)		SHIM_TRUE(t, false, c, false)
#define KUNIT_EXPECT_EQ(t, l, r)		SHIM_BIN(t, false, l, ==, r)
#define KUNIT_EXPECT_NE(t, l, r)		SHIM_BIN(t, false, l, !=, r)
#define KUNIT_EXPECT_LT(t, l, r)		SHIM_BIN(t, false, l, <, r)
#define KUNIT_EXPECT_LE(t, l, r)		SHIM_BIN(t, false, l, <=, r)
#define KUNIT_EXPECT_GT(t, l, r)		SHIM_BIN(t, false, l, >, r)
#define KUNIT_EXPECT_GE(t, l, r)		SHIM_BIN(t, false, l, >=, r)
#define KUNIT_EXPECT_PTR_EQ(t, l, r)		SHIM_PTR(t, false, l, ==, r)
#define KUNIT_EXPECT_PTR_NE(t, l, r)		SHIM_PTR(t, false, l, !=, r)
#define KUNIT_EXPECT_NULL(t, p)			SHIM_PTR(t, false, p, ==, NULL)
#define KUNIT_EXPECT_NOT_NULL(t, p)		SHIM_PTR(t, false, p, !=, NULL)
#define KUNIT_EXPECT_STREQ(t, l, r)		SHIM_STR(t, false, l, ==, r)
#define KUNIT_EXPECT_STRNEQ(t, l, r)		SHIM_STR(t, false, l, !=, r)

#define KUNIT_ASSERT_TRUE(t, c)			SHIM_TRUE(t, true, c, true)
#define KUNIT_ASSERT_FALSE(t, c)		SHIM_TRUE(t, true, c, false)
#define KUNIT_ASSERT_EQ(t, l, r)		SHIM_BIN(t, true, l, ==, r)
#define KUNIT_ASSERT_NE(t, l, r)		SHIM_BIN(t, true, l, !=, r)
#define KUNIT_ASSERT_LT(t, l, r)		SHIM_BIN(t, true, l, <, r)
#define KUNIT_ASSERT_LE(t, l, r)		SHIM_BIN(t, true, l, <=, r)
#define KUNIT_ASSERT_GT(t, l, r)		SHIM_BIN(t, true, l, >, r)
#define KUNIT_ASSERT_GE(t, l, r)		SHIM_BIN(t, true, l, >=, r)
#define KUNIT_ASSERT_PTR_EQ(t, l, r)		SHIM_PTR(t, true, l, ==, r)
#define KUNIT_ASSERT_PTR_NE(t, l, r)		SHIM_PTR(t, true, l, !=, r)
#define KUNIT_ASSERT_NULL(t, p)			SHIM_PTR(t, true, p, ==, NULL)
#define KUNIT_ASSERT_NOT_NULL(t, p)		SHIM_PTR(t, true, p, !=, NULL)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(t, p)	SHIM_PTR(t, true, p, !=, NULL)
#define KUNIT_ASSERT_STREQ(t, l, r)		SHIM_STR(t, true, l, ==, r)

/* With a message. */
#define SHIM_COND_MSG(t, abort, cond, fmt, ...) do {				\
	if (!(cond))								\
		shim_kunit_fail(t, abort, __FILE__, __LINE__,			\
				"expected %s; " fmt, #cond, ##__VA_ARGS__);	\
} while (0)
#define KUNIT_EXPECT_TRUE_MSG(t, c, fmt, ...) \
	SHIM_COND_MSG(t, false, (c), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, c, fmt, ...) \
	SHIM_COND_MSG(t, false, !(c), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_EQ_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) == (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) != (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) < (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) <= (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) > (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, (l) >= (r), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_STREQ_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, false, strcmp(l, r) == 0, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NULL_MSG(t, p, fmt, ...) \
	SHIM_COND_MSG(t, false, !(p), fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL_MSG(t, p, fmt, ...) \
	SHIM_COND_MSG(t, false, (p) != NULL, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_TRUE_MSG(t, c, fmt, ...) \
	SHIM_COND_MSG(t, true, (c), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(t, c, fmt, ...) \
	SHIM_COND_MSG(t, true, !(c), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, true, (l) == (r), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NE_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, true, (l) != (r), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_LE_MSG(t, l, r, fmt, ...) \
	SHIM_COND_MSG(t, true, (l) <= (r), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NULL_MSG(t, p, fmt, ...) \
	SHIM_COND_MSG(t, true, !(p), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL_MSG(t, p, fmt, ...) \
	SHIM_COND_MSG(t, true, (p) != NULL, fmt, ##__VA_ARGS__)

#endif /* SHIM_KUNIT_TEST_H */
