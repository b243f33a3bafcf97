// SPDX-License-Identifier: LGPL-2.1 OR MIT
/*
 * Reading a group's log.
 *
 * Each reader has its own open file, since the position of the file is what both
 * read(2) and poll(2) look at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "internal.h"

/* Several of the largest entries; one is enough to make progress. */
#define BUFFER_BYTES	(256 * 1024)

struct quorum_reader {
	struct quorum_buffer in;	/* in @buf */
	_Alignas(8) unsigned char buf[BUFFER_BYTES];
};

int quorum_reader_open(const char *name, uint64_t from, struct quorum_reader **reader)
{
	struct quorum_reader *new;
	int err;

	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->in = (struct quorum_buffer){ .size = sizeof(new->buf), .bytes = new->buf };
	new->in.fd = quorum_device_open(name, O_RDONLY | O_NONBLOCK);
	if (new->in.fd < 0) {
		err = new->in.fd;
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
	close(reader->in.fd);
	free(reader);
}

int quorum_reader_fd(const struct quorum_reader *reader)
{
	return reader->in.fd;
}

int quorum_reader_seek(struct quorum_reader *reader, uint64_t index)
{
	if (index > INT64_MAX)
		return -EINVAL;
	if (lseek(reader->in.fd, (off_t)index, SEEK_SET) < 0)
		return -errno;
	reader->in.pos = 0;
	reader->in.len = 0;
	return 0;
}

int quorum_reader_next(struct quorum_reader *reader, int timeout_ms,
		       const struct quorum_entry **entry, const void **payload)
{
	const struct quorum_entry *head;
	size_t left;
	int err;

	err = quorum_buffer_fill(&reader->in, timeout_ms);
	if (err)
		return err;
	left = reader->in.len - reader->in.pos;
	head = (const struct quorum_entry *)(reader->buf + reader->in.pos);
	if (left < sizeof(*head) || QUORUM_ENTRY_LEN(head->size) > left) {
		reader->in.pos = reader->in.len;
		return -EBADMSG;
	}
	*entry = head;
	*payload = head + 1;
	reader->in.pos += QUORUM_ENTRY_LEN(head->size);
	return 0;
}
