// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* The device of a group: open, query, propose. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define NSEC_PER_SEC		1000000000ULL
#define NSEC_PER_MSEC		1000000ULL

/* As the kernel's when a proposal names none; here it also bounds the wait for room. */
#define PROPOSE_TIMEOUT_NS	(5 * NSEC_PER_SEC)

struct quorum {
	int fd;
};

int quorum_device_path(const char *name, char *path, size_t size)
{
	int n;

	if (!name || !*name)
		return -EINVAL;
	if (strchr(name, '/'))
		n = snprintf(path, size, "%s", name);
	else
		n = snprintf(path, size, "/dev/quorum/%s", name);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int quorum_device_open(const char *name, int flags)
{
	char path[PATH_MAX];
	int fd, err;

	err = quorum_device_path(name, path, sizeof(path));
	if (err)
		return err;
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int quorum_open(const char *name, struct quorum **q)
{
	struct quorum *new;
	int fd;

	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	fd = quorum_device_open(name, O_RDWR);
	if (fd < 0) {
		free(new);
		return fd;
	}
	new->fd = fd;
	*q = new;
	return 0;
}

void quorum_close(struct quorum *q)
{
	if (!q)
		return;
	close(q->fd);
	free(q);
}

int quorum_fd(const struct quorum *q)
{
	return q->fd;
}

int quorum_get_info(struct quorum *q, struct quorum_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return ioctl(q->fd, QUORUM_IOC_INFO, info) < 0 ? -errno : 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/*
 * There was no room.  Poll says when there is some, but not for whom: others may
 * take it first, and then it must not become a busy loop.
 */
static int wait_for_room(int fd, uint64_t left_ns)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	struct timespec pause = { .tv_nsec = NSEC_PER_MSEC };
	uint64_t ms = left_ns / NSEC_PER_MSEC + 1;
	int n;

	n = poll(&pfd, 1, ms > 1000 ? 1000 : (int)ms);
	if (n > 0)
		n = nanosleep(&pause, NULL);
	return n < 0 ? -errno : 0;
}

int quorum_propose(struct quorum *q, const void *data, size_t len, uint64_t timeout_ns,
		   struct quorum_result *result)
{
	uint64_t start = now_ns(), limit = timeout_ns ? timeout_ns : PROPOSE_TIMEOUT_NS;
	struct quorum_propose arg;
	int err;

	if (result)
		memset(result, 0, sizeof(*result));
	if (len > UINT32_MAX)
		return -EMSGSIZE;
	for (;;) {
		uint64_t spent = now_ns() - start;

		if (spent >= limit)
			return -EAGAIN;
		memset(&arg, 0, sizeof(arg));
		arg.size = sizeof(arg);
		arg.data = (uintptr_t)data;
		arg.len = (uint32_t)len;
		arg.timeout_ns = limit - spent;
		err = ioctl(q->fd, QUORUM_IOC_PROPOSE, &arg) < 0 ? -errno : 0;
		if (err != -EAGAIN)
			break;
		err = wait_for_room(q->fd, arg.timeout_ns);
		if (err)
			break;
	}
	if (result) {
		result->outcome = arg.outcome;
		result->index = arg.index;
		result->term = arg.term;
		result->tag = arg.tag;
	}
	return err;
}

int quorum_barrier(struct quorum *q, uint64_t timeout_ns, uint64_t *index)
{
	struct quorum_barrier arg = { .size = sizeof(arg), .timeout_ns = timeout_ns };

	if (ioctl(q->fd, QUORUM_IOC_BARRIER, &arg) < 0)
		return -errno;
	if (index)
		*index = arg.index;
	return 0;
}

int quorum_get_digest(struct quorum *q, struct quorum_digest *digest)
{
	memset(digest, 0, sizeof(*digest));
	digest->size = sizeof(*digest);
	return ioctl(q->fd, QUORUM_IOC_DIGEST, digest) < 0 ? -errno : 0;
}

/* ---- snapshots ---- */

static int snapshot_call(struct quorum *q, unsigned long number, struct quorum_snapshot *arg)
{
	arg->size = sizeof(*arg);
	return ioctl(q->fd, number, arg) < 0 ? -errno : 0;
}

int quorum_snapshot_begin(struct quorum *q, uint64_t *index)
{
	struct quorum_snapshot arg = { 0 };
	int err = snapshot_call(q, QUORUM_IOC_SNAP_BEGIN, &arg);

	*index = arg.index;
	return err;
}

int quorum_snapshot_write(struct quorum *q, const void *data, size_t len)
{
	struct quorum_snapshot arg = { .data = (uintptr_t)data, .len = (uint32_t)len };

	return len > UINT32_MAX ? -EINVAL : snapshot_call(q, QUORUM_IOC_SNAP_WRITE, &arg);
}

int quorum_snapshot_commit(struct quorum *q, uint64_t index)
{
	struct quorum_snapshot arg = { .index = index };

	return snapshot_call(q, QUORUM_IOC_SNAP_COMMIT, &arg);
}

ssize_t quorum_snapshot_read(struct quorum *q, uint64_t *index, uint64_t offset, void *buf,
			     size_t room)
{
	struct quorum_snapshot arg = {
		.index = *index,
		.offset = offset,
		.data = (uintptr_t)buf,
		.len = room > UINT32_MAX ? UINT32_MAX : (uint32_t)room,
	};
	int err = snapshot_call(q, QUORUM_IOC_SNAP_READ, &arg);

	if (err)
		return err;
	*index = arg.index;
	return arg.len;
}
