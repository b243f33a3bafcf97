// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the KUnit suites of the project in user space.
 *
 *	unit [SUITE[.TEST]]...
 *
 * KTAP on standard output; the last line is `N passed, N failed`.  An argument
 * selects the suites (and tests) whose name contains it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <kunit/test.h>

enum { SUITES_MAX = 256 };

static struct kunit_suite *suites[SUITES_MAX];
static unsigned int nsuites;
static unsigned int passed, failed;

void shim_kunit_register(struct kunit_suite *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (nsuites == SUITES_MAX) {
			fprintf(stderr, "more than %d suites\n", SUITES_MAX);
			exit(1);
		}
		suites[nsuites++] = list[i];
	}
}

void shim_kunit_note(struct kunit *test, const char *fmt, ...)
{
	va_list ap;

	printf("    # %s: ", test->name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void shim_kunit_fail(struct kunit *test, bool abort, const char *file, int line,
		     const char *fmt, ...)
{
	va_list ap;

	test->failed = true;
	printf("    # %s: FAILED at %s:%d: ", test->name, file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (abort)
		longjmp(test->abort, 1);
}

void shim_kunit_skip(struct kunit *test, const char *fmt, ...)
{
	va_list ap;

	test->skipped = true;
	va_start(ap, fmt);
	vsnprintf(test->comment, sizeof(test->comment), fmt, ap);
	va_end(ap);
	longjmp(test->abort, 1);
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	void *block = calloc(1, size ? size : 1);
	void **blocks = realloc(test->blocks, (test->nblocks + 1) * sizeof(*blocks));

	(void)gfp;
	if (!block || !blocks) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	test->blocks = blocks;
	test->blocks[test->nblocks++] = block;
	return block;
}

void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kzalloc(test, size, gfp);
}

void *kunit_kcalloc(struct kunit *test, size_t n, size_t size, gfp_t gfp)
{
	if (size && n > (size_t)-1 / size)
		return NULL;
	return kunit_kzalloc(test, n * size, gfp);
}

static void run_once(struct kunit_suite *suite, struct kunit_case *c, struct kunit *test)
{
	volatile int err = 0;	/* survives the longjmp */

	if (setjmp(test->abort) == 0) {
		if (suite->init)
			err = suite->init(test);
		if (err)
			shim_kunit_fail(test, false, suite->name, 0, "init: %d", err);
		else
			c->run_case(test);
	}
	if (suite->exit && !err && setjmp(test->abort) == 0)
		suite->exit(test);
	for (unsigned int i = 0; i < test->nblocks; i++)
		free(test->blocks[i]);
	free(test->blocks);
	test->blocks = NULL;
	test->nblocks = 0;
}

static void run_case(struct kunit_suite *suite, struct kunit_case *c, unsigned int number)
{
	struct kunit test = { .name = c->name };
	bool case_failed = false;

	if (c->generate_params) {
		char desc[KUNIT_PARAM_DESC_SIZE] = "";

		test.param_value = c->generate_params(NULL, desc);
		while (test.param_value) {
			test.failed = false;
			run_once(suite, c, &test);
			if (test.failed)
				printf("    # %s: not ok with %s (%d)\n", c->name, desc,
				       test.param_index);
			case_failed |= test.failed;
			desc[0] = '\0';
			test.param_value = c->generate_params(test.param_value, desc);
			test.param_index++;
		}
	} else {
		run_once(suite, c, &test);
		case_failed = test.failed;
	}
	printf("    %s %u %s%s%s\n", case_failed ? "not ok" : "ok", number, c->name,
	       test.skipped ? " # SKIP " : "", test.comment);
	if (case_failed)
		failed++;
	else if (!test.skipped)
		passed++;
}

/* "suite", "suite.test" or "test", each may be a part of the name */
static bool selected(const struct kunit_suite *suite, const struct kunit_case *c,
		     int argc, char **argv)
{
	char full[512];

	snprintf(full, sizeof(full), "%s.%s", suite->name, c->name);
	for (int i = 1; i < argc; i++)
		if (strstr(full, argv[i]))
			return true;
	return argc < 2;
}

static bool run_suite(struct kunit_suite *suite, unsigned int number, int argc, char **argv)
{
	unsigned int n = 0, before = failed;

	for (struct kunit_case *c = suite->test_cases; c->name; c++)
		n += selected(suite, c, argc, argv);
	if (!n)
		return false;
	printf("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name, n);
	if (suite->suite_init && suite->suite_init(suite)) {
		failed += n;
	} else {
		n = 0;
		for (struct kunit_case *c = suite->test_cases; c->name; c++)
			if (selected(suite, c, argc, argv))
				run_case(suite, c, ++n);
		if (suite->suite_exit)
			suite->suite_exit(suite);
	}
	printf("%s %u %s\n", failed == before ? "ok" : "not ok", number, suite->name);
	return true;
}

int main(int argc, char **argv)
{
	unsigned int number = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	for (unsigned int i = 0; i < nsuites; i++)
		number += run_suite(suites[i], number, argc, argv);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
