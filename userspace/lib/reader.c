// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Reading a group's log.
 *
 * Each reader has its own open file, since the position of the file is what both
 * read(2) and poll(2) look at; and it is non-blocking, so that a wait is always
 * a poll(2) with a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "internal.h"

/* Several of the largest entries; one is enough to make progress. */
#define BUFFER_BYTES	(256 * 1024)

struct quorum_reader {
	int fd;
	size_t pos;		/* next record in @buf */
	size_t len;		/* bytes in @buf */
	_Alignas(8) unsigned char buf[BUFFER_BYTES];
};

int quorum_reader_open(const char *name, uint64_t from, struct quorum_reader **reader)
{
	struct quorum_reader *new;
	int err;

	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->pos = 0;
	new->len = 0;
	new->fd = quorum_device_open(name, O_RDONLY | O_NONBLOCK);
	if (new->fd < 0) {
		err = new->fd;
		free(new);
		return err;
	}
	if (from) {
		err = quorum_reader_seek(new, from);
		if (err) {
			quorum_reader_close(new);
			return err;
		}
	}
	*reader = new;
	return 0;
}

void quorum_reader_close(struct quorum_reader *reader)
{
	if (!reader)
		return;
	close(reader->fd);
	free(reader);
}

int quorum_reader_fd(const struct quorum_reader *reader)
{
	return reader->fd;
}

int quorum_reader_seek(struct quorum_reader *reader, uint64_t index)
{
	if (index > INT64_MAX)
		return -EINVAL;
	if (lseek(reader->fd, (off_t)index, SEEK_SET) < 0)
		return -errno;
	reader->pos = 0;
	reader->len = 0;
	return 0;
}

/* Fill the empty buffer; 0, or a negative errno. */
static int fill(struct quorum_reader *reader, int timeout_ms)
{
	for (;;) {
		struct pollfd pfd = { .fd = reader->fd, .events = POLLIN };
		ssize_t n;

		n = read(reader->fd, reader->buf, sizeof(reader->buf));
		if (n > 0) {
			reader->pos = 0;
			reader->len = (size_t)n;
			return 0;
		}
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (!timeout_ms)
			return -EAGAIN;
		n = poll(&pfd, 1, timeout_ms);
		if (n < 0)
			return -errno;
		/* One wait only: the next read either has something or is the answer. */
		if (timeout_ms > 0)
			timeout_ms = 0;
		else if (!(pfd.revents & POLLIN) && (pfd.revents & (POLLHUP | POLLERR)))
			timeout_ms = 0;
	}
}

int quorum_reader_next(struct quorum_reader *reader, int timeout_ms,
		       const struct quorum_entry **entry, const void **payload)
{
	const struct quorum_entry *head;
	size_t left;
	int err;

	if (reader->pos >= reader->len) {
		err = fill(reader, timeout_ms);
		if (err)
			return err;
	}
	left = reader->len - reader->pos;
	head = (const struct quorum_entry *)(reader->buf + reader->pos);
	if (left < sizeof(*head) || QUORUM_ENTRY_LEN(head->size) > left) {
		reader->pos = reader->len;
		return -EBADMSG;
	}
	*entry = head;
	*payload = head + 1;
	reader->pos += QUORUM_ENTRY_LEN(head->size);
	return 0;
}
