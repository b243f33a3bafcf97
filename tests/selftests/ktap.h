/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small test harness that prints KTAP.
 *
 * A case ends at its first failed expectation; so that nothing hangs a lane, a
 * case that takes longer than its limit ends the whole program.
 */
#ifndef KTAP_H
#define KTAP_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KTAP_SECONDS = 20, KTAP_SKIP = 4 };

struct ktap_case {
	const char *name;
	void (*run)(void);
};

static jmp_buf ktap_out;
static const char *ktap_now;
static double ktap_scale = 1;

static inline __attribute__((noreturn, format(printf, 2, 3)))
void ktap_fail(int line, const char *format, ...)
{
	va_list args;

	printf("# line %d: ", line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	longjmp(ktap_out, 1);
}

#define FAIL(...) ktap_fail(__LINE__, __VA_ARGS__)

#define EXPECT(cond)							\
	do {								\
		if (!(cond))						\
			FAIL("expected: %s (errno %d, %s)", #cond,	\
			     errno, strerror(errno));			\
	} while (0)

#define EXPECT_EQ(a, b)							\
	do {								\
		long long a_ = (long long)(a), b_ = (long long)(b);	\
									\
		if (a_ != b_)						\
			FAIL("%s is %lld, expected %s = %lld (errno %d, %s)", \
			     #a, a_, #b, b_, errno, strerror(errno));	\
	} while (0)

#define EXPECT_ERRNO(expr, want)					\
	do {								\
		long long r_;						\
									\
		errno = 0;						\
		r_ = (long long)(expr);					\
		if (r_ >= 0)						\
			FAIL("%s returned %lld, expected %s", #expr, r_, #want); \
		if (errno != (want))					\
			FAIL("%s: errno %d (%s), expected %s", #expr,	\
			     errno, strerror(errno), #want);		\
	} while (0)

static void ktap_alarm(int sig)
{
	static const char text[] = "# took too long, ended in case: ";

	(void)sig;
	if (write(1, text, sizeof(text) - 1) < 0 ||
	    write(1, ktap_now, strlen(ktap_now)) < 0 || write(1, "\n", 1) < 0)
		_exit(2);
	_exit(1);
}

/* Take option -s SCALE; false: there is another one, or the scale is none. */
static inline bool ktap_options(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:")) != -1) {
		if (opt != 's')
			return false;
		ktap_scale = atof(optarg);
	}
	return ktap_scale > 0;
}

/* Run all cases; the exit status for main(). */
static inline int ktap_run(const struct ktap_case *cases, size_t n)
{
	volatile size_t i, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, ktap_alarm);
	printf("KTAP version 1\n1..%zu\n", n);
	for (i = 0; i < n; i++) {
		bool ok;

		ktap_now = cases[i].name;
		alarm((unsigned int)(KTAP_SECONDS * ktap_scale));
		ok = !setjmp(ktap_out);
		if (ok)
			cases[i].run();
		else
			failed++;
		alarm(0);
		printf("%s %zu %s\n", ok ? "ok" : "not ok", i + 1, cases[i].name);
	}
	return failed ? 1 : 0;
}

#endif /* KTAP_H */
