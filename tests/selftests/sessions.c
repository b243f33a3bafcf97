// SPDX-License-Identifier: GPL-2.0
/*
 * sessions - users of a counter group that have to be counted exactly.
 *
 *	sessions [-n SESSIONS] [-t SECONDS] DEVICE...
 *
 * Each session adds 1 through libquorum, on one of the devices, again and again until
 * SIGTERM; SECONDS is the limit of one command, within which libquorum hands it in
 * as often as it takes.  Prints what was answered, and fails unless the counter says
 * the same: what is unknown may count or not, all else counts exactly once.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/quorum.h>
#include "../../userspace/lib/quorum.h"

enum { SESSIONS_MAX = 64 };

static char **devices;
static int ndevices;
static uint64_t limit_ns = 60000000000ULL;
static volatile sig_atomic_t stopping;
static long applied, unknown, refused, other;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void stop(int sig)
{
	(void)sig;
	stopping = 1;
}

static struct quorum *open_nth(int n)
{
	struct quorum *q;
	int err = quorum_open(devices[n % ndevices], &q);

	if (err) {
		fprintf(stderr, "sessions: %s: %s\n", devices[n % ndevices], strerror(-err));
		exit(2);
	}
	return q;
}

static long long sum(void)
{
	char text[32] = { 0 };
	struct quorum_reply_buffer reply = { .data = text, .room = sizeof(text) - 1 };
	struct quorum *q = open_nth(0);
	int err = quorum_query(q, "", 0, 0, 0, limit_ns, &reply, NULL);

	quorum_close(q);
	if (err) {
		fprintf(stderr, "sessions: cannot ask: %s\n", strerror(-err));
		exit(2);
	}
	return atoll(text);
}

static void count(int err, const struct quorum_result *result)
{
	pthread_mutex_lock(&lock);
	if (!err)
		applied++;
	else if (result->outcome == QUORUM_OUTCOME_UNKNOWN)
		unknown++;
	else if (result->outcome == QUORUM_OUTCOME_COMMITTED)
		other++;
	else
		refused++;
	pthread_mutex_unlock(&lock);
	if (err)
		fprintf(stderr, "sessions: outcome %u: %s\n", result->outcome, strerror(-err));
}

static void *add(void *arg)
{
	struct quorum *q = open_nth((int)(intptr_t)arg);
	struct quorum_session *session;
	int err = quorum_session_open(q, limit_ns, &session);

	if (err) {
		fprintf(stderr, "sessions: cannot open one: %s\n", strerror(-err));
		exit(2);
	}
	while (!stopping && !err) {
		struct quorum_result result = { 0 };

		err = quorum_session_command(session, "1", 1, limit_ns, NULL, &result);
		count(err, &result);
	}
	quorum_session_close(session);
	quorum_close(q);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[SESSIONS_MAX];
	struct sigaction action = { .sa_handler = stop };
	long long before, grown;
	long sessions = 4;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:")) != -1) {
		if (opt == 'n')
			sessions = atol(optarg);
		else if (opt == 't')
			limit_ns = strtoull(optarg, NULL, 10) * 1000000000ULL;
		else
			return 2;
	}
	devices = argv + optind;
	ndevices = argc - optind;
	if (ndevices < 1 || sessions < 1 || sessions > SESSIONS_MAX)
		return 2;
	before = sum();
	sigaction(SIGTERM, &action, NULL);
	for (long i = 0; i < sessions; i++)
		if (pthread_create(&threads[i], NULL, add, (void *)(intptr_t)i))
			return 2;
	for (long i = 0; i < sessions; i++)
		pthread_join(threads[i], NULL);
	grown = sum() - before;
	printf("applied %ld, unknown %ld, refused %ld, other %ld; the counter grew by %lld\n",
	       applied, unknown, refused, other, grown);
	return other || grown < applied || grown > applied + unknown;
}
