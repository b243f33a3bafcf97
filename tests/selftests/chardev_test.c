// SPDX-License-Identifier: GPL-2.0
/*
 * chardev_test - the character device as <linux/quorum.h> promises it.
 *
 *	chardev_test [-s SCALE] DEVICE...
 *
 * The devices are nodes of one running group that has a leader. SCALE stretches
 * the time limits for slow kernels.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include <linux/quorum.h>

#include "ktap.h"

enum {
	ENTRY_MAX	= 66 * 1024,
	RECORD_MAX	= sizeof(struct quorum_entry) + ENTRY_MAX,
	DEVICES_MAX	= 16,
	THREADS		= 4,
	PER_THREAD	= 25,
};

static char **devices;
static int ndevices;
static _Alignas(8) unsigned char record[2 * RECORD_MAX];
static unsigned char payload[ENTRY_MAX + 1];
static void *volatile nowhere = (void *)8;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_nth(int n, int flags)
{
	int fd = open(devices[n % ndevices], flags | O_CLOEXEC);

	if (fd < 0)
		FAIL("open %s: %s", devices[n % ndevices], strerror(errno));
	return fd;
}

static struct quorum_info info_of(int fd)
{
	struct quorum_info info = { .size = sizeof(info) };

	EXPECT_EQ(ioctl(fd, QUORUM_IOC_INFO, &info), 0);
	return info;
}

static struct quorum_propose propose(int fd, const void *data, uint32_t len)
{
	struct quorum_propose p = {
		.size = sizeof(p), .data = (uintptr_t)data, .len = len,
		.timeout_ns = (uint64_t)(10e9 * ktap_scale),
	};

	if (ioctl(fd, QUORUM_IOC_PROPOSE, &p))
		FAIL("proposal of %u bytes: %s, outcome %u", len, strerror(errno), p.outcome);
	return p;
}

/* One record at the file's position, whole, into @record; not what read(2) adds. */
static const struct quorum_entry *read_one(int fd)
{
	const struct quorum_entry *entry = (const void *)record;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	EXPECT_EQ(poll(&p, 1, (int)(10000 * ktap_scale)), 1);
	EXPECT(read(fd, record, RECORD_MAX) >= (ssize_t)sizeof(*entry));
	EXPECT_EQ(lseek(fd, (off_t)entry->index + 1, SEEK_SET), entry->index + 1);
	return entry;
}

/* Put the position of @fd at @index once this node knows it to be committed. */
static void seek_to(int fd, uint64_t index)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	EXPECT_EQ(lseek(fd, (off_t)index, SEEK_SET), index);
	EXPECT_EQ(poll(&p, 1, (int)(10000 * ktap_scale)), 1);
	EXPECT(p.revents & POLLIN);
}

/* No entry of the other nodes' tests is on its way to this one any more. */
static void settle(int fd)
{
	struct quorum_propose p = propose(fd, "settle", 6);

	EXPECT_EQ(lseek(fd, (off_t)p.index, SEEK_SET), p.index);
	EXPECT_EQ(read_one(fd)->index, p.index);
}

/* @n entries came since @before; an election in between adds its own. */
static void expect_grown(int fd, const struct quorum_info *before, uint64_t n)
{
	struct quorum_info info = info_of(fd);

	if (info.term == before->term)
		EXPECT_EQ(info.last, before->last + n);
}

static void fill(unsigned int seed, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		payload[i] = (unsigned char)(seed >> 16);
	}
}

/* ---- QUORUM_IOC_INFO and the general rules of ioctl ---- */

static void test_info(void)
{
	uint32_t seen = 0, leader = 0;
	int i;

	for (i = 0; i < ndevices; i++) {
		int fd = open_nth(i, O_RDONLY);
		struct quorum_info info;

		settle(open_nth(i, O_RDWR));
		info = info_of(fd);
		EXPECT_EQ(info.size, sizeof(info));
		EXPECT_EQ(info.entry_bytes_max, ENTRY_MAX);
		EXPECT_EQ(info.members_max, 16);
		EXPECT(info.features & QUORUM_FEATURE_FORWARD);
		EXPECT(info.node != 0);
		EXPECT(!(seen & 1u << info.node));
		seen |= 1u << info.node;
		EXPECT(info.leader != 0);
		EXPECT(!leader || leader == info.leader);
		leader = info.leader;
		EXPECT(info.term > 0);
		EXPECT(info.first >= 1);
		EXPECT(info.commit >= info.first);
		EXPECT(info.last >= info.commit);
		EXPECT_EQ(info.__reserved, 0);
		close(fd);
	}
	EXPECT(seen & 1u << leader);
}

static void test_info_sizes(void)
{
	int fd = open_nth(0, O_RDONLY);
	struct {
		struct quorum_info info;
		uint64_t tail[4];
	} longer;
	uint32_t *words = malloc(8192);

	memset(&longer, 0, sizeof(longer));
	longer.info.size = sizeof(longer);
	EXPECT_EQ(ioctl(fd, QUORUM_IOC_INFO, &longer), 0);
	EXPECT_EQ(longer.info.entry_bytes_max, ENTRY_MAX);
	EXPECT_EQ(longer.tail[0], 0);

	memset(&longer, 0, sizeof(longer));
	longer.info.size = sizeof(longer);
	longer.tail[3] = 1ULL << 63;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &longer), E2BIG);
	EXPECT_EQ(longer.info.entry_bytes_max, 0);

	memset(&longer, 0, sizeof(longer));
	longer.info.size = sizeof(longer.info) - 1;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &longer), EINVAL);
	longer.info.size = 8;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &longer), EINVAL);
	longer.info.size = 0;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &longer), EINVAL);
	longer.info.size = UINT32_MAX;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &longer), E2BIG);

	EXPECT(words != NULL);
	memset(words, 0, 8192);
	words[0] = 8192;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, words), E2BIG);
	free(words);
	close(fd);
}

static void test_info_flags(void)
{
	struct quorum_info info = { .size = sizeof(info), .flags = 1 };
	int fd = open_nth(0, O_RDONLY);

	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &info), EOPNOTSUPP);
	info.flags = 1u << 31;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, &info), EOPNOTSUPP);
	close(fd);
}

static void test_bad_pointers(void)
{
	struct quorum_propose p = { .size = sizeof(p), .data = (uintptr_t)nowhere, .len = 100 };
	int fd = open_nth(0, O_RDWR);
	struct quorum_info before;

	settle(fd);
	before = info_of(fd);
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_INFO, nowhere), EFAULT);
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_PROPOSE, nowhere), EFAULT);
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_PROPOSE, &p), EFAULT);
	EXPECT_ERRNO(write(fd, nowhere, 100), EFAULT);
	p.data = UINT64_MAX - 50;
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_PROPOSE, &p), EFAULT);
	settle(fd);
	expect_grown(fd, &before, 1);
	close(fd);
}

static void test_unknown_ioctls(void)
{
	int fd = open_nth(0, O_RDWR), number;
	char space[4096] = { 0 };

	for (number = 6; number < 256; number += 23)
		EXPECT_ERRNO(ioctl(fd, _IO(QUORUM_IOC_MAGIC, number), space), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, _IOWR(QUORUM_IOC_MAGIC, 0, struct quorum_info), space), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, _IO(0xBD, 0), space), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, 0, space), ENOTTY);
	close(fd);
}

/* ---- QUORUM_IOC_PROPOSE ---- */

static void test_propose(void)
{
	uint64_t last_index = 0, last_tag = 0;
	int i, round;

	for (i = 0; i < ndevices; i++) {
		int fd = open_nth(i, O_RDWR);
		struct quorum_info info = info_of(fd);

		last_tag = 0;
		for (round = 0; round < 3; round++) {
			const struct quorum_entry *entry;
			struct quorum_propose p;
			char text[64];
			int len = snprintf(text, sizeof(text), "propose %d %d", i, round);

			p = propose(fd, text, (uint32_t)len);
			EXPECT_EQ(p.outcome, QUORUM_OUTCOME_COMMITTED);
			EXPECT(p.index > last_index);
			EXPECT(p.term > 0);
			EXPECT(p.tag > last_tag);
			last_index = p.index;
			last_tag = p.tag;

			seek_to(fd, p.index);
			entry = read_one(fd);
			EXPECT_EQ(entry->index, p.index);
			EXPECT_EQ(entry->term, p.term);
			EXPECT_EQ(entry->tag, p.tag);
			EXPECT_EQ(entry->origin, info.node);
			EXPECT_EQ(entry->type, QUORUM_ENTRY_DATA);
			EXPECT_EQ(entry->__reserved, 0);
			EXPECT_EQ(entry->size, len);
			EXPECT(!memcmp(entry + 1, text, (size_t)len));
		}
		close(fd);
	}
}

static void test_propose_refusals(void)
{
	struct {
		struct quorum_propose p;
		uint64_t tail;
	} arg;
	int fd = open_nth(1, O_RDWR);
	struct quorum_info before;

	settle(fd);
	before = info_of(fd);
#define PROPOSE_FAILS(want, field, value)				\
	do {									\
		memset(&arg, 0, sizeof(arg));					\
		arg.p.size = sizeof(arg.p);					\
		arg.p.data = (uintptr_t)payload;				\
		arg.p.len = 4;							\
		arg.p.field = (value);						\
		if (arg.p.size > sizeof(arg.p))					\
			arg.tail = 1;						\
		EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_PROPOSE, &arg), want);	\
		EXPECT(arg.p.outcome != QUORUM_OUTCOME_COMMITTED);		\
		EXPECT(arg.p.outcome != QUORUM_OUTCOME_UNKNOWN);		\
	} while (0)
	PROPOSE_FAILS(EINVAL, len, 0);
	PROPOSE_FAILS(EMSGSIZE, len, ENTRY_MAX + 1);
	PROPOSE_FAILS(EMSGSIZE, len, UINT32_MAX);
	PROPOSE_FAILS(EOPNOTSUPP, flags, 1);
	PROPOSE_FAILS(EOPNOTSUPP, flags, 0x80000000);
	PROPOSE_FAILS(EINVAL, size, offsetof(struct quorum_propose, tag));
	PROPOSE_FAILS(EINVAL, size, 0);
	PROPOSE_FAILS(E2BIG, size, sizeof(arg));
	PROPOSE_FAILS(E2BIG, size, UINT32_MAX);
#undef PROPOSE_FAILS
	settle(fd);
	expect_grown(fd, &before, 1);

	/* A longer struct with nothing new in it is fine. */
	memset(&arg, 0, sizeof(arg));
	arg.p = (struct quorum_propose){ .size = sizeof(arg), .data = (uintptr_t)"ok", .len = 2 };
	EXPECT_EQ(ioctl(fd, QUORUM_IOC_PROPOSE, &arg), 0);
	EXPECT_EQ(arg.p.outcome, QUORUM_OUTCOME_COMMITTED);
	expect_grown(fd, &before, 2);
	close(fd);
}

static void test_read_only_file(void)
{
	int fd = open_nth(0, O_RDONLY), wo = open_nth(0, O_WRONLY);
	struct quorum_propose p = { .size = sizeof(p), .data = (uintptr_t)"no", .len = 2 };

	EXPECT_ERRNO(write(fd, "no", 2), EBADF);
	EXPECT_ERRNO(ioctl(fd, QUORUM_IOC_PROPOSE, &p), EBADF);
	EXPECT_ERRNO(read(wo, record, sizeof(record)), EBADF);
	EXPECT_EQ(write(wo, "yes", 3), 3);
	close(fd);
	close(wo);
}

static void test_device_node(void)
{
	struct stat st;
	int i;

	for (i = 0; i < ndevices; i++) {
		EXPECT_EQ(stat(devices[i], &st), 0);
		EXPECT(S_ISCHR(st.st_mode));
		EXPECT_EQ(st.st_mode & 07777, 0660);
	}
}

/* ---- write ---- */

static void test_write_sizes(void)
{
	static const uint32_t sizes[] = { 1, 7, 8, 9, 1399, 1400, 1472, 1500, 4096, 20000,
					  ENTRY_MAX - 1, ENTRY_MAX };
	size_t i;
	int n;

	for (n = 0; n < ndevices; n++) {
		int fd = open_nth(n, O_RDWR), other = open_nth(n + 1, O_RDONLY);

		settle(fd);
		EXPECT_ERRNO(write(fd, payload, 0), EINVAL);
		EXPECT_ERRNO(write(fd, payload, ENTRY_MAX + 1), EMSGSIZE);
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			const struct quorum_entry *entry;
			uint64_t index;

			fill((unsigned int)(n * 100 + i), sizes[i]);
			lseek(fd, 0, SEEK_END);
			EXPECT_EQ(write(fd, payload, sizes[i]), sizes[i]);
			entry = read_one(fd);
			index = entry->index;
			EXPECT_EQ(entry->size, sizes[i]);
			EXPECT(!memcmp(entry + 1, payload, sizes[i]));
			seek_to(other, index);
			entry = read_one(other);
			EXPECT_EQ(entry->index, index);
			EXPECT_EQ(entry->size, sizes[i]);
			EXPECT(!memcmp(entry + 1, payload, sizes[i]));
		}
		close(fd);
		close(other);
	}
}

static void test_writev_is_one_entry(void)
{
	struct iovec parts[] = { { "one ", 4 }, { "", 0 }, { "two ", 4 }, { "three", 5 } };
	int fd = open_nth(2, O_RDWR);
	const struct quorum_entry *entry;

	settle(fd);
	lseek(fd, 0, SEEK_END);
	EXPECT_EQ(writev(fd, parts, 4), 13);
	entry = read_one(fd);
	EXPECT_EQ(entry->size, 13);
	EXPECT(!memcmp(entry + 1, "one two three", 13));
	close(fd);
}

static void test_nonblocking_write(void)
{
	int fd = open_nth(1, O_RDWR | O_NONBLOCK), reader = open_nth(1, O_RDONLY), i;
	int setup = open_nth(1, O_RDWR);
	double start = now();

	settle(setup);
	lseek(reader, 0, SEEK_END);
	for (i = 0; i < 10; i++) {
		char text[32];
		int len = snprintf(text, sizeof(text), "nonblocking %d", i);
		ssize_t n;

		while ((n = write(fd, text, (size_t)len)) < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = fd, .events = POLLOUT };

			EXPECT_EQ(poll(&p, 1, (int)(10000 * ktap_scale)), 1);
		}
		EXPECT_EQ(n, len);
	}
	EXPECT(now() - start < 10 * ktap_scale);
	for (i = 0; i < 10; i++) {
		const struct quorum_entry *entry = read_one(reader);
		char text[32];
		int len = snprintf(text, sizeof(text), "nonblocking %d", i);

		EXPECT_EQ(entry->size, len);
		EXPECT(!memcmp(entry + 1, text, (size_t)len));
	}
	close(fd);
	close(reader);
	close(setup);
}

struct writer {
	pthread_t thread;
	int fd, number;
	uint64_t index[PER_THREAD];
	int failed;
};

static void *write_many(void *arg)
{
	struct writer *w = arg;
	int i;

	for (i = 0; i < PER_THREAD; i++) {
		char text[64];
		struct quorum_propose p = { .size = sizeof(p), .data = (uintptr_t)text };

		p.len = (uint32_t)snprintf(text, sizeof(text), "many %d %d", w->number, i);
		if (ioctl(w->fd, QUORUM_IOC_PROPOSE, &p)) {
			w->failed = errno;
			break;
		}
		w->index[i] = p.index;
	}
	return NULL;
}

/* Several proposers at once, on all nodes: each entry once, in each one's order. */
static void test_concurrent_proposals(void)
{
	struct writer writers[THREADS];
	int i, k, reader = open_nth(0, O_RDONLY), setup = open_nth(0, O_RDWR), total = 0;
	uint64_t start;

	settle(setup);
	start = (uint64_t)lseek(reader, 0, SEEK_END);
	for (i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){ .fd = open_nth(i, O_RDWR), .number = i };
		EXPECT_EQ(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(writers[i].thread, NULL);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(writers[i].failed, 0);
		close(writers[i].fd);
	}
	lseek(reader, (off_t)start, SEEK_SET);
	while (total < THREADS * PER_THREAD) {
		const struct quorum_entry *entry = read_one(reader);
		char text[64] = "";

		memcpy(text, entry + 1, entry->size < 63 ? entry->size : 63);
		EXPECT_EQ(sscanf(text, "many %d %d", &i, &k), 2);
		EXPECT(i >= 0 && i < THREADS && k >= 0 && k < PER_THREAD);
		EXPECT_EQ(writers[i].index[k], entry->index);
		EXPECT(!k || writers[i].index[k] > writers[i].index[k - 1]);
		writers[i].index[k] = 0;
		total++;
	}
	settle(setup);
	close(reader);
	close(setup);
}

/* ---- read, lseek, poll ---- */

static void test_fresh_file_reads_from_the_start(void)
{
	int fd = open_nth(0, O_RDONLY), again = open_nth(0, O_RDONLY);
	struct pollfd p = { .fd = again, .events = POLLIN };
	const struct quorum_entry *entry = read_one(fd);
	uint64_t start = entry->index, last = 0;

	EXPECT(start >= info_of(fd).first);
	/* All of it, in order; what is passed over holds no data. */
	EXPECT_EQ(lseek(again, 0, SEEK_SET), 0);
	while (poll(&p, 1, 0) == 1) {
		entry = read_one(again);
		EXPECT(last ? entry->index > last : entry->index == start);
		EXPECT_EQ(entry->type, QUORUM_ENTRY_DATA);
		EXPECT(entry->origin != 0 && entry->tag != 0 && entry->size != 0);
		last = entry->index;
		EXPECT_EQ(lseek(again, 0, SEEK_CUR), last + 1);
	}
	EXPECT_EQ(lseek(again, 0, SEEK_END), last + 1);
	close(fd);
	close(again);
}

static void test_read_returns_whole_records(void)
{
	int fd = open_nth(0, O_RDWR);
	const struct quorum_entry *entry = (const void *)record;
	struct quorum_propose a, b;
	ssize_t n;
	size_t one = QUORUM_ENTRY_LEN(5), both = one + QUORUM_ENTRY_LEN(16);

	a = propose(fd, "small", 5);
	b = propose(fd, "sixteen bytes...", 16);
	seek_to(fd, b.index);
	lseek(fd, (off_t)a.index, SEEK_SET);

	/* Too small for the next one: refused, and nothing is skipped. */
	EXPECT_ERRNO(read(fd, record, sizeof(*entry)), EMSGSIZE);
	EXPECT_ERRNO(read(fd, record, one - 1), EMSGSIZE);
	EXPECT_ERRNO(read(fd, record, 1), EMSGSIZE);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), a.index);

	/* Exactly one; the padding is zero. */
	memset(record, 0xff, sizeof(record));
	EXPECT_EQ(read(fd, record, one), one);
	EXPECT_EQ(entry->index, a.index);
	EXPECT_EQ(entry->size, 5);
	EXPECT(!memcmp(entry + 1, "small\0\0\0", 8));
	EXPECT_EQ(record[one], 0xff);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), a.index + 1);

	/* One and a bit: one. */
	lseek(fd, (off_t)a.index, SEEK_SET);
	EXPECT_EQ(read(fd, record, both - 1), one);

	/* Two fit: as many as fit, at least one. */
	lseek(fd, (off_t)a.index, SEEK_SET);
	n = read(fd, record, sizeof(record));
	EXPECT(n == (ssize_t)both || n == (ssize_t)one);
	if (n == (ssize_t)both) {
		entry = (const void *)(record + one);
		EXPECT_EQ(entry->index, b.index);
		EXPECT_EQ(entry->size, 16);
		EXPECT(!memcmp(entry + 1, "sixteen bytes...", 16));
		EXPECT_EQ(lseek(fd, 0, SEEK_CUR), b.index + 1);
	}
	close(fd);
}

static void test_read_into_bad_memory(void)
{
	int fd = open_nth(0, O_RDWR);
	struct quorum_propose p = propose(fd, "fault", 5);

	seek_to(fd, p.index);
	EXPECT_ERRNO(read(fd, nowhere, 4096), EFAULT);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), p.index);
	EXPECT_EQ(read_one(fd)->index, p.index);
	close(fd);
}

static void test_lseek(void)
{
	int fd = open_nth(0, O_RDWR);
	struct quorum_propose p;
	struct quorum_info info;

	settle(fd);
	p = propose(fd, "seek", 4);
	info = info_of(fd);
	EXPECT_EQ(lseek(fd, 0, SEEK_END), info.commit + 1);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), info.commit + 1);
	EXPECT_EQ(lseek(fd, -1, SEEK_END), info.commit);
	EXPECT_EQ(lseek(fd, (off_t)p.index, SEEK_SET), p.index);
	EXPECT_EQ(lseek(fd, 1, SEEK_CUR), p.index + 1);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, -((off_t)info.commit + 2), SEEK_END), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, 77), EINVAL);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), p.index + 1);
	close(fd);
}

static void test_nonblocking_read_at_the_end(void)
{
	int fd = open_nth(0, O_RDWR | O_NONBLOCK), setup = open_nth(0, O_RDWR);
	struct quorum_propose p;

	settle(setup);
	lseek(fd, 0, SEEK_END);
	EXPECT_ERRNO(read(fd, record, sizeof(record)), EAGAIN);
	p = propose(setup, "there", 5);
	EXPECT(read(fd, record, sizeof(record)) > 0);
	EXPECT_EQ(((struct quorum_entry *)record)->index, p.index);
	EXPECT_ERRNO(read(fd, record, sizeof(record)), EAGAIN);
	/* Far beyond the end is like the end. */
	lseek(fd, (off_t)p.index + 1000, SEEK_SET);
	EXPECT_ERRNO(read(fd, record, sizeof(record)), EAGAIN);
	close(fd);
	close(setup);
}

static bool asleep(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return state == 'S' || state == 'D';
}

/* A child that runs @act; returns when it sleeps in the kernel. */
static pid_t child_blocked_in(int (*act)(int fd), int fd)
{
	pid_t pid;
	int i;

	fflush(stdout);
	pid = fork();
	EXPECT(pid >= 0);
	if (!pid) {
		alarm((unsigned int)(KTAP_SECONDS * ktap_scale));
		_exit(act(fd));
	}
	for (i = 0; i < 1000 * ktap_scale; i++) {
		if (asleep(pid))
			return pid;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	FAIL("the child did not block");
}

static int status_of(pid_t pid)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int act_read(int fd)
{
	const struct quorum_entry *entry = (const void *)record;
	ssize_t n = read(fd, record, sizeof(record));

	if (n < 0)
		return errno;
	return n == QUORUM_ENTRY_LEN(4) && !memcmp(entry + 1, "wake", 4) ? 0 : 255;
}

static void test_blocking_read_wakes(void)
{
	int n;

	for (n = 0; n < ndevices; n++) {
		int fd = open_nth(n, O_RDWR), proposer = open_nth(n + 1, O_RDWR);
		pid_t pid;

		settle(fd);
		lseek(fd, 0, SEEK_END);
		pid = child_blocked_in(act_read, fd);
		propose(proposer, "wake", 4);
		EXPECT_EQ(status_of(pid), 0);
		close(fd);
		close(proposer);
	}
}

static void on_signal(int sig)
{
	(void)sig;
}

static int act_read_until_signal(int fd)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	return act_read(fd);
}

static void test_blocking_read_is_interruptible(void)
{
	int fd = open_nth(0, O_RDWR);
	pid_t pid;

	settle(fd);
	lseek(fd, 0, SEEK_END);
	pid = child_blocked_in(act_read_until_signal, fd);
	kill(pid, SIGUSR1);
	EXPECT_EQ(status_of(pid), EINTR);
	pid = child_blocked_in(act_read, fd);
	kill(pid, SIGKILL);
	EXPECT_EQ(status_of(pid), 200 + SIGKILL);
	close(fd);
}

static void test_poll(void)
{
	int fd = open_nth(1, O_RDWR), proposer = open_nth(2, O_RDWR);
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	settle(fd);
	settle(fd);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents & (POLLIN | POLLOUT | POLLERR | POLLHUP), POLLOUT);
	lseek(fd, -1, SEEK_END);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(p.revents & (POLLIN | POLLOUT | POLLERR | POLLHUP), POLLIN | POLLOUT);
	lseek(fd, 0, SEEK_END);
	p.events = POLLIN;
	EXPECT_EQ(poll(&p, 1, 0), 0);
	propose(proposer, "poll", 4);
	EXPECT_EQ(poll(&p, 1, (int)(10000 * ktap_scale)), 1);
	EXPECT_EQ(p.revents, POLLIN);
	close(fd);
	close(proposer);
}

static int act_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, -1) == 1 && p.revents == POLLIN ? 0 : 255;
}

static void test_poll_wakes(void)
{
	int fd = open_nth(0, O_RDWR), proposer = open_nth(1, O_RDWR);
	pid_t pid;

	settle(fd);
	lseek(fd, 0, SEEK_END);
	pid = child_blocked_in(act_poll, fd);
	propose(proposer, "poll", 4);
	EXPECT_EQ(status_of(pid), 0);
	close(fd);
	close(proposer);
}

/* Edge triggered: one event per arrival, each entry seen. */
static void test_epoll(void)
{
	int fd = open_nth(0, O_RDWR | O_NONBLOCK), proposer = open_nth(1, O_RDWR);
	int setup = open_nth(0, O_RDWR), ep = epoll_create1(EPOLL_CLOEXEC), i;
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };

	settle(setup);
	lseek(fd, 0, SEEK_END);
	EXPECT_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), 0);
	for (i = 0; i < 5; i++) {
		struct quorum_propose p = propose(proposer, "epoll", 5);
		uint64_t seen = 0;

		while (seen < p.index) {
			ssize_t n = read(fd, record, RECORD_MAX);

			if (n < 0 && errno == EAGAIN) {
				EXPECT_EQ(epoll_wait(ep, &event, 1, (int)(10000 * ktap_scale)), 1);
				continue;
			}
			EXPECT(n > 0);
			seen = ((struct quorum_entry *)record)->index;
		}
		EXPECT_EQ(seen, p.index);
	}
	close(ep);
	close(fd);
	close(proposer);
	close(setup);
}

static void test_two_readers(void)
{
	int a = open_nth(0, O_RDWR), b = open_nth(0, O_RDONLY), shared;
	uint64_t first, second;

	settle(a);
	first = propose(a, "first", 5).index;
	second = propose(a, "second", 6).index;
	seek_to(a, first);
	seek_to(b, first);
	read(a, record, QUORUM_ENTRY_LEN(5));
	EXPECT_EQ(lseek(a, 0, SEEK_CUR), first + 1);
	/* The other file has its own position ... */
	EXPECT_EQ(lseek(b, 0, SEEK_CUR), first);
	read(b, record, QUORUM_ENTRY_LEN(5));
	EXPECT_EQ(((struct quorum_entry *)record)->index, first);
	/* ... a duplicate of the same file shares it. */
	shared = dup(a);
	read(shared, record, QUORUM_ENTRY_LEN(6));
	EXPECT_EQ(((struct quorum_entry *)record)->index, second);
	EXPECT_EQ(lseek(a, 0, SEEK_CUR), second + 1);
	close(a);
	close(b);
	close(shared);
}

/* The bytes of the whole log are the same on all nodes. */
static void test_nodes_agree(void)
{
	int fds[DEVICES_MAX], i;
	uint64_t end;
	static _Alignas(8) unsigned char want[RECORD_MAX];

	for (i = 0; i < ndevices; i++)
		fds[i] = open_nth(i, O_RDWR);
	end = propose(fds[0], "end", 3).index;
	for (;;) {
		ssize_t n = 0;
		uint64_t at = 0;

		for (i = 0; i < ndevices; i++) {
			const struct quorum_entry *entry = read_one(fds[i]);

			lseek(fds[i], (off_t)entry->index, SEEK_SET);
			n = read(fds[i], record, QUORUM_ENTRY_LEN(entry->size));
			EXPECT(n > 0);
			if (!i)
				memcpy(want, record, (size_t)n);
			EXPECT(!memcmp(want, record, (size_t)n));
			at = entry->index;
		}
		if (at == end)
			break;
		EXPECT(at < end);
	}
	for (i = 0; i < ndevices; i++)
		close(fds[i]);
}

static const struct ktap_case cases[] = {
	{ "device nodes have mode 0660", test_device_node },
	{ "info", test_info },
	{ "info: shorter, longer, too new", test_info_sizes },
	{ "info: unknown flags", test_info_flags },
	{ "bad pointers", test_bad_pointers },
	{ "unknown ioctls", test_unknown_ioctls },
	{ "propose on every node", test_propose },
	{ "propose: refusals change nothing", test_propose_refusals },
	{ "files opened for reading or writing only", test_read_only_file },
	{ "write: 1 byte to 64 KiB from every node", test_write_sizes },
	{ "writev is one entry", test_writev_is_one_entry },
	{ "nonblocking write", test_nonblocking_write },
	{ "concurrent proposals", test_concurrent_proposals },
	{ "a fresh file reads from the start", test_fresh_file_reads_from_the_start },
	{ "read returns whole records", test_read_returns_whole_records },
	{ "read into bad memory", test_read_into_bad_memory },
	{ "lseek counts indexes", test_lseek },
	{ "nonblocking read at the end", test_nonblocking_read_at_the_end },
	{ "a blocking read wakes", test_blocking_read_wakes },
	{ "a blocking read can be interrupted", test_blocking_read_is_interruptible },
	{ "poll", test_poll },
	{ "poll wakes", test_poll_wakes },
	{ "epoll, edge triggered", test_epoll },
	{ "two readers", test_two_readers },
	{ "all nodes hold the same bytes", test_nodes_agree },
};

int main(int argc, char **argv)
{
	bool fine = ktap_options(argc, argv);

	devices = argv + optind;
	ndevices = argc - optind;
	if (!fine || ndevices < 1 || ndevices > DEVICES_MAX) {
		fprintf(stderr, "usage: chardev_test [-s SCALE] DEVICE...\n");
		return 2;
	}
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
