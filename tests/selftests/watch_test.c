// SPDX-License-Identifier: GPL-2.0
/*
 * watch_test - QUORUM_IOC_WATCH as <linux/quorum.h> promises it.
 *
 *	watch_test [-s SCALE] DEVICE [OTHER]
 *
 * DEVICE is a node of a running kv group that has a leader, OTHER one of a group whose
 * machine is another. SCALE stretches the time limits for slow kernels.
 */
#include <endian.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <linux/quorum.h>
#include <linux/quorum_kv.h>

#include "ktap.h"

enum { ROOM = 256 * 1024 };

static const char *device, *other;
static _Alignas(8) unsigned char buf[ROOM];
static void *volatile nowhere = (void *)8;

static int open_device(int flags)
{
	int fd = open(device, flags | O_CLOEXEC);

	if (fd < 0)
		FAIL("open %s: %s", device, strerror(errno));
	return fd;
}

/* Run a command of up to one operation; the revision after it. */
static uint64_t command(uint32_t type, uint64_t number, const struct quorum_kv_op *op,
			const char *key, size_t value)
{
	struct {
		struct quorum_kv_command head;
		struct quorum_kv_op op;
		unsigned char bytes[1024 + 65536];
	} *c = calloc(1, sizeof(*c));
	struct quorum_kv_reply reply;
	struct quorum_propose p = {
		.size = sizeof(p), .data = (uintptr_t)c, .len = sizeof(c->head),
		.result = (uintptr_t)buf, .result_room = ROOM,
		.timeout_ns = (uint64_t)(15e9 * ktap_scale),
	};
	int fd = open_device(O_RDWR), error;

	c->head.type = htole32(type);
	c->head.number = htole64(number);
	if (op) {
		c->head.thens = htole32(1);
		c->op = *op;
		c->op.key_len = htole32((uint32_t)strlen(key));
		c->op.value_len = htole32((uint32_t)value);
		memcpy(c->bytes, key, strlen(key));
		memset(c->bytes + strlen(key), 'v', value);
		p.len += (uint32_t)(sizeof(c->op) + ((strlen(key) + value + 7) & ~7UL));
	}
	error = ioctl(fd, QUORUM_IOC_PROPOSE, &p);
	free(c);
	close(fd);
	EXPECT_EQ(error, 0);
	EXPECT_EQ(p.verdict, 0);
	memcpy(&reply, buf, sizeof(reply));
	return le64toh(reply.revision);
}

static uint64_t put(const char *key, size_t value)
{
	const struct quorum_kv_op op = { .type = htole32(QUORUM_KV_PUT) };

	return command(QUORUM_KV_TXN, 0, &op, key, value);
}

static uint64_t delete(const char *key)
{
	const struct quorum_kv_op op = { .type = htole32(QUORUM_KV_DELETE) };

	return command(QUORUM_KV_TXN, 0, &op, key, 0);
}

/* Make a watch of a file, of all keys that begin with the letter. */
static int begin(int fd, char letter, uint64_t from, uint64_t *first)
{
	struct {
		struct quorum_kv_query query;
		char bytes[8];
	} request = {
		.query = {
			.type = htole32(QUORUM_KV_WATCH), .from = htole64(from),
			.key_len = htole32(1), .end_len = htole32(1),
		},
		.bytes = { letter, (char)(letter + 1) },
	};
	struct quorum_watch w = {
		.size = sizeof(w), .request = (uintptr_t)&request, .len = sizeof(request),
		.timeout_ns = (uint64_t)(15e9 * ktap_scale),
	};
	int error = ioctl(fd, QUORUM_IOC_WATCH, &w);

	if (first)
		*first = w.from;
	return error;
}

static int watch(char letter, uint64_t from, int flags)
{
	int fd = open_device(O_RDONLY | flags);

	EXPECT_EQ(begin(fd, letter, from, NULL), 0);
	return fd;
}

/* Is it readable?  Waits up to 10 s, or not at all. */
static int polled(int fd, bool patient)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	EXPECT(poll(&p, 1, patient ? (int)(10000 * ktap_scale) : 0) >= 0);
	return p.revents;
}

/* One event is read: which key, put or deleted, by which revision. */
static void expect_event(const void *data, const char *key, uint32_t type, uint64_t revision)
{
	const struct quorum_kv_event *event = data;

	EXPECT_EQ(le32toh(event->type), type);
	EXPECT_EQ(le64toh(event->revision), revision);
	EXPECT_EQ(le32toh(event->item.key_len), strlen(key));
	EXPECT(!memcmp(event + 1, key, strlen(key)));
}

static void test_poll_and_read(void)
{
	uint64_t first, from, revision, gone;
	int fd = open_device(O_RDONLY | O_NONBLOCK);
	ssize_t n;

	first = put("b-elsewhere", 1);
	EXPECT_EQ(begin(fd, 'a', 0, &from), 0);
	EXPECT_EQ(from, first + 1);
	EXPECT_EQ(polled(fd, false), 0);
	EXPECT_ERRNO(read(fd, buf, ROOM), EAGAIN);
	/* A change that is not watched wakes nobody. */
	put("b-elsewhere", 2);
	EXPECT_EQ(polled(fd, false), 0);
	revision = put("a1", 3);
	gone = delete("a1");
	EXPECT_EQ(polled(fd, true), POLLIN);
	EXPECT_EQ(polled(fd, true), POLLIN);
	n = read(fd, buf, ROOM);
	EXPECT_EQ(n, 2 * (sizeof(struct quorum_kv_event) + 8));
	expect_event(buf, "a1", QUORUM_KV_PUT, revision);
	expect_event(buf + n / 2, "a1", QUORUM_KV_DELETE, gone);
	EXPECT_EQ(polled(fd, false), 0);
	EXPECT_ERRNO(read(fd, buf, ROOM), EAGAIN);
	close(fd);
}

static void *put_later(void *arg)
{
	usleep(100000);
	put(arg, 1);
	return NULL;
}

static void test_wakes(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int fd = watch('a', 0, 0), nonblock = watch('a', 0, O_NONBLOCK);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	pthread_t thread;

	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, nonblock, &event), 0);
	EXPECT_EQ(pthread_create(&thread, NULL, put_later, "a-woken"), 0);
	EXPECT(read(fd, buf, ROOM) > 0);
	EXPECT_EQ(epoll_wait(ep, &event, 1, (int)(10000 * ktap_scale)), 1);
	EXPECT(read(nonblock, buf, ROOM) > 0);
	pthread_join(thread, NULL);
	close(ep);
	close(fd);
	close(nonblock);
}

/* Two that watch the same are shown the same, each in its own time. */
static void test_large_and_many(void)
{
	uint64_t from = put("c-small", 1), large = put("c-large", 65536), seen = 0;
	int fd = watch('c', from, O_NONBLOCK), slow = watch('c', from, O_NONBLOCK);
	size_t one = sizeof(struct quorum_kv_event) + 8;
	ssize_t n;
	int i;

	for (i = 0; i < 20; i++)
		put("c-many", 1);
	n = read(fd, buf, one);
	EXPECT_EQ(n, one);
	expect_event(buf, "c-small", QUORUM_KV_PUT, from);
	EXPECT_ERRNO(read(fd, buf, 4096), EMSGSIZE);
	EXPECT_EQ(polled(fd, false), POLLIN);
	EXPECT_ERRNO(read(fd, nowhere, ROOM), EFAULT);
	EXPECT(read(fd, buf, ROOM) > 65536);
	expect_event(buf, "c-large", QUORUM_KV_PUT, large);
	for (i = 0; i < 22; i++) {
		const struct quorum_kv_event *event = (const void *)buf;

		n = read(slow, buf, i == 1 ? ROOM : one);
		EXPECT(n > 0);
		EXPECT(le64toh(event->revision) > seen);
		seen = le64toh(event->revision);
		if (i == 1)
			break;
	}
	close(fd);
	close(slow);
}

static void test_compacted(void)
{
	uint64_t from = put("d", 1), last = put("d", 2);
	int fd = watch('d', from, O_NONBLOCK), new = open_device(O_RDONLY);

	command(QUORUM_KV_COMPACT, last, NULL, "", 0);
	EXPECT(polled(fd, true) & POLLIN);
	EXPECT_ERRNO(read(fd, buf, ROOM), ESTALE);
	EXPECT_ERRNO(begin(new, 'd', from, NULL), ESTALE);
	/* It can still become another one. */
	EXPECT_EQ(begin(new, 'd', 0, NULL), 0);
	close(fd);
	close(new);
}

static void test_refusals(void)
{
	struct quorum_kv_query query = { .type = htole32(QUORUM_KV_STATUS) };
	struct quorum_watch w = {
		.size = sizeof(w), .request = (uintptr_t)&query, .len = sizeof(query),
	};
	int fd = open_device(O_RDONLY), blind = open_device(O_WRONLY);

	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EINVAL);
	query.type = htole32(QUORUM_KV_WATCH);
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EINVAL);
	EXPECT_ERRNO(begin(blind, 'a', 0, NULL), EBADF);
	w.flags = 2;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EOPNOTSUPP);
	w.flags = 0;
	w.__reserved = 1;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EINVAL);
	w.__reserved = 0;
	w.len = 8;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EINVAL);
	w.len = 1 << 30;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EMSGSIZE);
	w.len = sizeof(query);
	w.request = (uintptr_t)nowhere;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_WATCH, &w), EFAULT);
	EXPECT_EQ(begin(fd, 'a', 0, NULL), 0);
	EXPECT_ERRNO(begin(fd, 'a', 0, NULL), EBUSY);
	close(fd);
	close(blind);
	if (!other)
		return;
	fd = open(other, O_RDONLY);
	EXPECT(fd >= 0);
	EXPECT_ERRNO(begin(fd, 'a', 0, NULL), EOPNOTSUPP);
	close(fd);
}

static const struct ktap_case cases[] = {
	{ "poll and read", test_poll_and_read },
	{ "readers and epoll wake", test_wakes },
	{ "large events, many, slow readers", test_large_and_many },
	{ "compacted", test_compacted },
	{ "refusals", test_refusals },
};

int main(int argc, char **argv)
{
	if (!ktap_options(argc, argv) || optind == argc)
		return 2;
	device = argv[optind];
	other = argv[optind + 1];
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
