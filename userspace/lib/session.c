// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* State machines: commands with a result, questions, sessions. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "internal.h"

#define NSEC_PER_SEC		1000000000ULL
#define COMMAND_TIMEOUT_NS	(5 * NSEC_PER_SEC)
#define PAUSE_NS		(10 * 1000 * 1000L)

/**
 * struct quorum_session - a session
 * @fd: of the group's device
 * @client: its id
 * @seq: number of the newest command
 * @lock: one command at a time, or their numbers would overtake each other
 */
struct quorum_session {
	int fd;
	uint64_t client;
	uint64_t seq;
	pthread_mutex_t lock;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void fill_result(struct quorum_result *result, const struct quorum_propose *arg)
{
	if (!result)
		return;
	result->outcome = arg->outcome;
	result->index = arg->index;
	result->term = arg->term;
	result->tag = arg->tag;
}

/* May the same command be handed in again?  Within a session that is always safe. */
static bool try_again(int err, bool session)
{
	if (err == -EAGAIN || err == -ENOTCONN)
		return true;
	return session && (err == -ETIMEDOUT || err == -ECANCELED || err == -ESHUTDOWN);
}

/* Propose until there is an answer or the time is over. */
static int command(int fd, struct quorum_propose *template, struct quorum_reply_buffer *reply,
		   uint64_t timeout_ns, struct quorum_result *result)
{
	uint64_t start = now_ns(), limit = timeout_ns ? timeout_ns : COMMAND_TIMEOUT_NS;
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	bool session = template->op, unknown = false;
	struct quorum_propose arg;
	int err;

	for (;;) {
		uint64_t spent = now_ns() - start;

		arg = *template;
		arg.size = sizeof(arg);
		arg.timeout_ns = spent < limit ? limit - spent : 1;
		if (reply) {
			arg.result = (uintptr_t)reply->data;
			arg.result_room = (uint32_t)(reply->room > UINT32_MAX ? UINT32_MAX :
								      reply->room);
		}
		err = ioctl(fd, QUORUM_IOC_PROPOSE, &arg) < 0 ? -errno : 0;
		unknown |= arg.outcome == QUORUM_OUTCOME_UNKNOWN;
		if (!try_again(err, session) || now_ns() - start >= limit)
			break;
		nanosleep(&pause, NULL);
	}
	/* One copy may be under way: that a later one was refused says nothing of it. */
	if (err && unknown)
		arg.outcome = QUORUM_OUTCOME_UNKNOWN;
	/* In the log, and not applied; but an earlier copy may have been. */
	if (!err && session && arg.verdict == EKEYEXPIRED)
		arg.outcome = unknown ? QUORUM_OUTCOME_UNKNOWN : QUORUM_OUTCOME_REFUSED;
	fill_result(result, &arg);
	if (reply)
		reply->len = arg.result_len;
	if (!err && arg.verdict)
		err = -(int)arg.verdict;
	else if (!err && reply && arg.result_len > reply->room)
		err = -EMSGSIZE;
	return err;
}

int quorum_command(struct quorum *q, const void *data, size_t len, uint64_t timeout_ns,
		   struct quorum_reply_buffer *reply, struct quorum_result *result)
{
	struct quorum_propose arg = { .data = (uintptr_t)data, .len = (uint32_t)len };

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	return command(quorum_fd(q), &arg, reply, timeout_ns, result);
}

int quorum_query(struct quorum *q, const void *request, size_t len, uint32_t flags,
		 uint64_t after, uint64_t timeout_ns, struct quorum_reply_buffer *reply,
		 uint64_t *index)
{
	struct quorum_query arg = {
		.size = sizeof(arg),
		.flags = flags,
		.request = (uintptr_t)request,
		.len = (uint32_t)len,
		.reply = (uintptr_t)reply->data,
		.reply_room = (uint32_t)(reply->room > UINT32_MAX ? UINT32_MAX : reply->room),
		.timeout_ns = timeout_ns,
		.after = after,
	};
	int err;

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	err = ioctl(quorum_fd(q), QUORUM_IOC_QUERY, &arg) < 0 ? -errno : 0;
	reply->len = arg.reply_len;
	if (index)
		*index = arg.index;
	return err;
}

int quorum_session_open(struct quorum *q, uint64_t timeout_ns, struct quorum_session **session)
{
	struct quorum_propose arg = { .op = QUORUM_SESSION_OPEN };
	struct quorum_result result = { 0 };
	struct quorum_session *new;
	int err;

	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	/* A second copy opens a second session, which nobody uses: harmless. */
	err = command(quorum_fd(q), &arg, NULL, timeout_ns, &result);
	if (err) {
		free(new);
		return err;
	}
	new->fd = quorum_fd(q);
	new->client = quorum_session_id(result.index, result.term);
	pthread_mutex_init(&new->lock, NULL);
	*session = new;
	return 0;
}

int quorum_session_command(struct quorum_session *session, const void *data, size_t len,
			   uint64_t timeout_ns, struct quorum_reply_buffer *reply,
			   struct quorum_result *result)
{
	struct quorum_propose arg = {
		.op = QUORUM_SESSION_COMMAND,
		.client = session->client,
		.data = (uintptr_t)data,
		.len = (uint32_t)len,
	};
	int err;

	if (len > UINT32_MAX)
		return -EMSGSIZE;
	pthread_mutex_lock(&session->lock);
	arg.seq = ++session->seq;
	err = command(session->fd, &arg, reply, timeout_ns, result);
	pthread_mutex_unlock(&session->lock);
	return err;
}

void quorum_session_close(struct quorum_session *session)
{
	struct quorum_propose arg = { .op = QUORUM_SESSION_CLOSE };

	if (!session)
		return;
	arg.client = session->client;
	/* If that fails, the session ends when its place is needed. */
	command(session->fd, &arg, NULL, NSEC_PER_SEC, NULL);
	pthread_mutex_destroy(&session->lock);
	free(session);
}
