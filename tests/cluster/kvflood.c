// SPDX-License-Identifier: GPL-2.0
/*
 * kvflood - puts into a group's kv, many at a time, until so many are committed.
 *
 *	kvflood GROUP COUNT THREADS
 *
 * The keys are a fixed number, so the state stays small while the log grows. Prints
 * how many were committed, and how many of them had an unknown outcome on the way: a
 * put that is not known to be committed is put again.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kv_client.h"
#include "tool.h"

enum {
	KEYS		= 1000,
	KEY_DIGITS	= 6,
	THREADS_MAX	= 512,
	STACK_BYTES	= 64 * 1024,
	REQUEST_BYTES	= 512,
	AGAIN_US	= 100 * 1000,
};

#define TIMEOUT_NS	(10ULL * 1000 * 1000 * 1000)
#define KEY		"flood/000000"
#define VALUE		"a value of thirty-two bytes, no more"

static struct kv_client kv;
static size_t key_at;
static uint64_t count;
static atomic_uint_fast64_t next, committed, unknown;

/* One request for all: only the digits of the key differ. */
static void make_request(void)
{
	uint8_t *key;

	kv_begin(&kv, 0, 1, 0);
	kv_op(&kv, QUORUM_KV_PUT, 0, KEY, NULL, 0, VALUE, strlen(VALUE), 0);
	key = memmem(kv.request, kv.len, KEY, strlen(KEY));
	if (!key || kv.len > REQUEST_BYTES)
		exit(EXIT_FAILED);
	key_at = (size_t)(key - kv.request) + strlen(KEY) - KEY_DIGITS;
}

static void *work(void *arg)
{
	uint8_t request[REQUEST_BYTES];
	struct quorum_result result;
	char digits[KEY_DIGITS + 1];
	uint64_t number;
	int err;

	(void)arg;
	memcpy(request, kv.request, kv.len);
	while ((number = atomic_fetch_add(&next, 1)) < count) {
		snprintf(digits, sizeof(digits), "%06" PRIu64, number % KEYS);
		memcpy(request + key_at, digits, KEY_DIGITS);
		while ((err = quorum_command(kv.q, request, kv.len, TIMEOUT_NS, NULL, &result))) {
			if (err == -ENODEV || err == -EIO || err == -EINVAL)
				exit(tool_fail("a put failed: %s", strerror(-err)));
			if (result.outcome == QUORUM_OUTCOME_UNKNOWN)
				atomic_fetch_add(&unknown, 1);
			usleep(AGAIN_US);
		}
		atomic_fetch_add(&committed, 1);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static pthread_t threads[THREADS_MAX];
	unsigned long n, i;
	pthread_attr_t attr;

	count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	if (!count || !n || n > THREADS_MAX) {
		fprintf(stderr, "Usage: kvflood GROUP COUNT THREADS\n");
		return EXIT_USAGE;
	}
	if (kv_open(&kv, argv[1]) != EXIT_OK)
		return EXIT_FAILED;
	make_request();
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attr, work, NULL))
			return tool_fail("only %lu threads can be had", i);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%" PRIu64 " committed, %" PRIu64 " unknown\n", (uint64_t)atomic_load(&committed),
	       (uint64_t)atomic_load(&unknown));
	return EXIT_OK;
}
