// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* Records of a device, read as many at a time as fit. */
#include <errno.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include "internal.h"

int quorum_buffer_fill(struct quorum_buffer *buffer, int timeout_ms)
{
	while (buffer->pos >= buffer->len) {
		struct pollfd pfd = { .fd = buffer->fd, .events = POLLIN };
		ssize_t n;

		n = read(buffer->fd, buffer->bytes, buffer->size);
		if (n > 0) {
			buffer->pos = 0;
			buffer->len = (size_t)n;
			break;
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
	return 0;
}
