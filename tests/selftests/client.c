// SPDX-License-Identifier: GPL-2.0
/*
 * client - a user of a group's device, for the scripts; knows nothing but
 * <linux/quorum.h>.
 *
 *	client propose [-n COUNT] [-j JOBS] [-t MS] [-w MS] [-b BYTES] [-p PREFIX] [-k]
 *		DEVICE
 *		propose COUNT entries "PREFIX JOB NUMBER" (0: without end), JOBS at
 *		a time; -t is the timeout of one, -w a pause after each. One line
 *		for each:
 *			committed INDEX TERM TEXT
 *			refused ERRNO TEXT
 *			unknown ERRNO TEXT
 *		A job ends at its first failure, -k: only when the device is gone.
 *		Exit status 1 if there was a failure.
 *	client log DEVICE
 *		every committed entry: INDEX TERM ORIGIN TAG TEXT
 *	client read DEVICE	wait in read(2) at the end of the log: what it returned
 *	client poll DEVICE	wait in poll(2) for an end: what it returned
 *	client hold DEVICE	keep the device open until killed
 *	client write DEVICE	write(2) stdin once: what it returned
 *	client take DEVICE	keep a block device open for itself until killed
 *	client bind ADDRESS:PORT	keep a UDP port until killed (IPv4)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/quorum.h>

enum { ENTRY_MAX = 66 * 1024, JOBS_MAX = 256 };

static const char *device;
static const char *prefix = "entry";
static long count = 1;
static long jobs = 1;
static unsigned long timeout_ms;
static unsigned long pause_ms;
static long bytes;
static bool keep_going;
static bool any_failed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Alignas(8) unsigned char record[sizeof(struct quorum_entry) + ENTRY_MAX];

static int open_device(int flags)
{
	int fd = open(device, flags | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "client: %s: %s\n", device, strerror(errno));
		exit(2);
	}
	return fd;
}

/* What became of one proposal; true to go on. */
static bool report(const struct quorum_propose *p, int error, const char *text)
{
	const char *name = strerrorname_np(error);
	bool gone = error == ENODEV || error == ENXIO;

	pthread_mutex_lock(&lock);
	if (!error && p->outcome == QUORUM_OUTCOME_COMMITTED)
		printf("committed %llu %llu %s\n", (unsigned long long)p->index,
		       (unsigned long long)p->term, text);
	else
		printf("%s %s %s\n", p->outcome == QUORUM_OUTCOME_UNKNOWN ? "unknown" :
		       p->outcome == QUORUM_OUTCOME_COMMITTED ? "contradiction" : "refused",
		       name ? name : "0", text);
	any_failed |= error != 0;
	pthread_mutex_unlock(&lock);
	return !error || (keep_going && !gone);
}

static void *propose_job(void *arg)
{
	long job = (long)(intptr_t)arg, i;
	int fd = open_device(O_RDWR);
	char *text = calloc(1, ENTRY_MAX + 1);

	if (!text)
		return NULL;
	for (i = 0; !count || i < count; i++) {
		struct quorum_propose p = { .size = sizeof(p), .data = (uintptr_t)text };
		int n = snprintf(text, ENTRY_MAX, "%s %ld %ld", prefix, job, i), error = 0;

		p.len = (uint32_t)n;
		if (bytes > n) {
			memset(text + n, '.', (size_t)(bytes - n));
			p.len = (uint32_t)bytes;
		}
		p.timeout_ns = timeout_ms * 1000000ULL;
		if (ioctl(fd, QUORUM_IOC_PROPOSE, &p))
			error = errno;
		text[n] = 0;
		if (!report(&p, error, text))
			break;
		/* Refused at once: let the group breathe. */
		if (error && p.outcome != QUORUM_OUTCOME_UNKNOWN)
			usleep(10000);
		usleep((useconds_t)(1000 * pause_ms));
	}
	free(text);
	close(fd);
	return NULL;
}

static int propose(void)
{
	pthread_t threads[JOBS_MAX];
	long i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < jobs; i++)
		if (pthread_create(&threads[i], NULL, propose_job, (void *)(intptr_t)i))
			exit(2);
	for (i = 0; i < jobs; i++)
		pthread_join(threads[i], NULL);
	return any_failed;
}

static int show_log(void)
{
	const struct quorum_entry *entry = (const void *)record;
	int fd = open_device(O_RDONLY | O_NONBLOCK);
	ssize_t n;

	while ((n = read(fd, record, sizeof(record))) > 0) {
		ssize_t at = 0;

		while (at < n) {
			uint32_t size;

			entry = (const void *)(record + at);
			size = entry->size;
			printf("%llu %llu %u %llx ", (unsigned long long)entry->index,
			       (unsigned long long)entry->term, entry->origin,
			       (unsigned long long)entry->tag);
			/* The padding of big test entries says nothing. */
			while (size && ((const char *)(entry + 1))[size - 1] == '.')
				size--;
			fwrite(entry + 1, 1, size, stdout);
			printf("\n");
			at += (ssize_t)QUORUM_ENTRY_LEN(entry->size);
		}
	}
	if (n < 0 && errno != EAGAIN) {
		fprintf(stderr, "client: %s: %s\n", device, strerror(errno));
		return 1;
	}
	return 0;
}

static void print_result(const char *what, ssize_t n)
{
	if (n < 0)
		printf("%s %s\n", what, strerrorname_np(errno));
	else
		printf("%s %zd\n", what, n);
}

static int wait_in_read(void)
{
	int fd = open_device(O_RDONLY);
	ssize_t n;

	lseek(fd, 0, SEEK_END);
	do
		n = read(fd, record, sizeof(record));
	while (n > 0);
	print_result("read", n);
	return 0;
}

/* Until the group ends, whatever comes before. */
static int wait_in_poll(void)
{
	int fd = open_device(O_RDONLY);
	struct pollfd p = { .fd = fd };
	int n;

	lseek(fd, 0, SEEK_END);
	n = poll(&p, 1, -1);
	print_result("poll", n);
	printf("%s%s%s\n", p.revents & POLLHUP ? "HUP " : "", p.revents & POLLERR ? "ERR " : "",
	       p.revents & POLLIN ? "IN" : "");
	print_result("read", read(fd, record, sizeof(record)));
	return 0;
}

static int hold(void)
{
	open_device(O_RDONLY);
	printf("holding\n");
	fflush(stdout);
	pause();
	return 0;
}

static int write_once(void)
{
	static char data[ENTRY_MAX + 2];
	int fd = open_device(O_WRONLY);
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(data) && (n = read(0, data + len, sizeof(data) - len)) > 0)
		len += (size_t)n;
	n = write(fd, data, len);
	print_result("write", n);
	return n < 0;
}

static int take(void)
{
	open_device(O_RDWR | O_EXCL);
	printf("taken\n");
	fflush(stdout);
	pause();
	return 0;
}

static int take_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char *text = strdup(device), *colon = text ? strchr(text, ':') : NULL;

	if (!colon)
		return 2;
	*colon = 0;
	addr.sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, text, &addr.sin_addr) != 1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		fprintf(stderr, "client: %s: %s\n", device, strerror(errno));
		return 1;
	}
	printf("taken\n");
	fflush(stdout);
	pause();
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: client propose|log|read|poll|hold|write|take|bind "
		"[OPTION...] DEVICE\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int opt;

	for (optind = 2; (opt = getopt(argc, argv, "n:j:t:w:b:p:k")) != -1;) {
		switch (opt) {
		case 'n': count = atol(optarg); break;
		case 'j': jobs = atol(optarg); break;
		case 't': timeout_ms = strtoul(optarg, NULL, 10); break;
		case 'w': pause_ms = strtoul(optarg, NULL, 10); break;
		case 'b': bytes = atol(optarg); break;
		case 'p': prefix = optarg; break;
		case 'k': keep_going = true; break;
		default: return usage();
		}
	}
	if (optind + 1 != argc || jobs < 1 || jobs > JOBS_MAX || bytes > ENTRY_MAX)
		return usage();
	device = argv[optind];
	if (!strcmp(verb, "propose"))
		return propose();
	if (!strcmp(verb, "log"))
		return show_log();
	if (!strcmp(verb, "read"))
		return wait_in_read();
	if (!strcmp(verb, "poll"))
		return wait_in_poll();
	if (!strcmp(verb, "hold"))
		return hold();
	if (!strcmp(verb, "write"))
		return write_once();
	if (!strcmp(verb, "take"))
		return take();
	if (!strcmp(verb, "bind"))
		return take_port();
	return usage();
}
