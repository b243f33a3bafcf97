// SPDX-License-Identifier: GPL-2.0
/*
 * kvload - carries out what a test's clients ask of a group's kv, in its machine.
 *
 *	stdin	CLIENT put KEY VALUE | get KEY | delete KEY | cas KEY OLD NEW
 *	stdout	CLIENT ok RESULT REVISION | CLIENT unknown TEXT | CLIENT refused TEXT
 *
 * A client is a number below CLIENTS_MAX, with a thread and a session of its own, and
 * has one request under way.  The asker keeps the time: from before it asked to after
 * it was answered, whatever the machine's clock did meanwhile.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kv_client.h"
#include "tool.h"

enum {
	CLIENTS_MAX	= 16,
	WORDS_MAX	= 5,
	LINE_BYTES	= 4096,
};

#define TIMEOUT_NS	(5ULL * 1000 * 1000 * 1000)

struct client {
	unsigned int number;
	struct kv_client kv;
	struct quorum_session *session;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool asked;
	char line[LINE_BYTES];
};

static const char *group;

static void answer(const struct client *c, const char *outcome, const char *result,
		   uint64_t revision)
{
	/* One call, so that lines of two threads do not mix. */
	printf("%u %s %s %" PRIu64 "\n", c->number, outcome, result, revision);
	fflush(stdout);
}

/* A change, within the session; true if it was answered. */
static bool change(struct client *c)
{
	int err;

	err = c->session ? 0 : quorum_session_open(c->kv.q, TIMEOUT_NS, &c->session);
	if (err) {
		answer(c, "refused", strerror(-err), 0);
		return false;
	}
	err = quorum_session_command(c->session, c->kv.request, c->kv.len, TIMEOUT_NS,
				     &c->kv.reply, &c->kv.outcome);
	if (!err)
		return true;
	/* An earlier copy may have been applied while the session lived, or its result lost. */
	if (err == -EKEYEXPIRED || err == -ENODATA ||
	    c->kv.outcome.outcome == QUORUM_OUTCOME_UNKNOWN)
		answer(c, "unknown", strerror(-err), 0);
	else
		answer(c, "refused", strerror(-err), 0);
	if (err == -EKEYEXPIRED) {
		quorum_session_close(c->session);
		c->session = NULL;
	}
	return false;
}

static void put(struct client *c, const char *key, const char *value)
{
	kv_begin(&c->kv, 0, 1, 0);
	kv_op(&c->kv, QUORUM_KV_PUT, 0, key, NULL, 0, value, strlen(value), 0);
	if (change(c))
		answer(c, "ok", "done", le64toh(kv_reply(&c->kv)->revision));
}

static void delete(struct client *c, const char *key)
{
	kv_begin(&c->kv, 0, 1, 0);
	kv_op(&c->kv, QUORUM_KV_DELETE, 0, key, NULL, 0, NULL, 0, 0);
	if (change(c))
		answer(c, "ok", le64toh(kv_result(&c->kv)->count) ? "there" : "none",
		       le64toh(kv_reply(&c->kv)->revision));
}

static void cas(struct client *c, const char *key, const char *old, const char *new)
{
	kv_begin(&c->kv, 1, 1, 0);
	kv_compare(&c->kv, QUORUM_KV_VALUE, key, 0, old, strlen(old));
	kv_op(&c->kv, QUORUM_KV_PUT, 0, key, NULL, 0, new, strlen(new), 0);
	if (change(c))
		answer(c, "ok", kv_reply(&c->kv)->succeeded ? "done" : "other",
		       le64toh(kv_reply(&c->kv)->revision));
}

static void get(struct client *c, const char *key)
{
	const struct quorum_kv_item *item;
	char value[LINE_BYTES];
	int err = kv_ask(&c->kv, QUORUM_KV_RANGE, 0, key, NULL, 0, 0, 0, 0, 0);

	if (err) {
		answer(c, "refused", strerror(-err), 0);
		return;
	}
	if (!le32toh(kv_result(&c->kv)->items)) {
		answer(c, "ok", "none", 0);
		return;
	}
	item = (const void *)(kv_result(&c->kv) + 1);
	snprintf(value, sizeof(value), "=%.*s", (int)le32toh(item->value_len),
		 (const char *)(item + 1) + le32toh(item->key_len));
	answer(c, "ok", value, le64toh(item->modify));
}

static void carry_out(struct client *c)
{
	char *words[WORDS_MAX], *rest = c->line;
	int count = 0;

	while (count < WORDS_MAX && (words[count] = strtok_r(rest, " \n", &rest)))
		count++;
	if (count == 4 && !strcmp(words[1], "put"))
		put(c, words[2], words[3]);
	else if (count == 3 && !strcmp(words[1], "get"))
		get(c, words[2]);
	else if (count == 3 && !strcmp(words[1], "delete"))
		delete(c, words[2]);
	else if (count == 5 && !strcmp(words[1], "cas"))
		cas(c, words[2], words[3], words[4]);
	else
		answer(c, "refused", "not understood", 0);
}

static void *work(void *arg)
{
	struct client *c = arg;

	for (;;) {
		pthread_mutex_lock(&c->lock);
		while (!c->asked)
			pthread_cond_wait(&c->changed, &c->lock);
		pthread_mutex_unlock(&c->lock);
		carry_out(c);
		pthread_mutex_lock(&c->lock);
		c->asked = false;
		pthread_cond_broadcast(&c->changed);
		pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

static struct client *make_client(unsigned int number)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c || kv_open(&c->kv, group) != EXIT_OK)
		exit(EXIT_FAILED);
	c->number = number;
	c->kv.timeout_ns = TIMEOUT_NS;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	if (pthread_create(&c->thread, NULL, work, c))
		exit(EXIT_FAILED);
	return c;
}

int main(int argc, char **argv)
{
	static struct client *clients[CLIENTS_MAX];
	char line[LINE_BYTES];

	if (argc != 2) {
		fprintf(stderr, "Usage: kvload GROUP <REQUESTS\n");
		return EXIT_USAGE;
	}
	group = argv[1];
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long number = strtoul(line, NULL, 10);
		struct client *c;

		if (number >= CLIENTS_MAX)
			continue;
		if (!clients[number])
			clients[number] = make_client((unsigned int)number);
		c = clients[number];
		pthread_mutex_lock(&c->lock);
		while (c->asked)
			pthread_cond_wait(&c->changed, &c->lock);
		memcpy(c->line, line, sizeof(line));
		c->asked = true;
		pthread_cond_broadcast(&c->changed);
		pthread_mutex_unlock(&c->lock);
	}
	return EXIT_OK;
}
