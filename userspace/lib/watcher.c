// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* Watches of a group whose machine is kv. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/quorum_kv.h>
#include "internal.h"

/* The largest event twice: a read returns one at least. */
enum { BUFFER_BYTES = 2 * (64 + QUORUM_KV_KEY_MAX + QUORUM_KV_VALUE_MAX) };

/**
 * struct quorum_watcher - a watch
 * @in: events in @buf
 * @buf: whole events
 */
struct quorum_watcher {
	struct quorum_buffer in;
	_Alignas(8) unsigned char buf[BUFFER_BYTES];
};

static int begin(int fd, const void *key, size_t key_len, const void *end, size_t end_len,
		 uint64_t from, uint32_t flags, uint64_t timeout_ns)
{
	struct {
		struct quorum_kv_query query;
		unsigned char bytes[2 * QUORUM_KV_KEY_MAX];
	} request = {
		.query = {
			.type = htole32(QUORUM_KV_WATCH),
			.key_len = htole32((uint32_t)key_len),
			.end_len = htole32((uint32_t)end_len),
			.from = htole64(from),
		},
	};
	struct quorum_watch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.request = (uintptr_t)&request,
		.timeout_ns = timeout_ns,
	};

	if (key_len > QUORUM_KV_KEY_MAX || end_len > QUORUM_KV_KEY_MAX)
		return -EINVAL;
	if (key_len)
		memcpy(request.bytes, key, key_len);
	if (end_len)
		memcpy(request.bytes + key_len, end, end_len);
	arg.len = (uint32_t)(sizeof(request.query) + ((key_len + end_len + 7) & ~(size_t)7));
	return ioctl(fd, QUORUM_IOC_WATCH, &arg) < 0 ? -errno : 0;
}

int quorum_watcher_open(const char *name, const void *key, size_t key_len, const void *end,
			size_t end_len, uint64_t from, uint32_t flags, uint64_t timeout_ns,
			struct quorum_watcher **watcher)
{
	struct quorum_watcher *new;
	int err;

	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->in = (struct quorum_buffer){ .size = sizeof(new->buf), .bytes = new->buf };
	new->in.fd = quorum_device_open(name, O_RDONLY | O_NONBLOCK);
	err = new->in.fd < 0 ? new->in.fd :
	      begin(new->in.fd, key, key_len, end, end_len, from, flags, timeout_ns);
	if (err) {
		quorum_watcher_close(new);
		return err;
	}
	*watcher = new;
	return 0;
}

void quorum_watcher_close(struct quorum_watcher *watcher)
{
	if (!watcher)
		return;
	if (watcher->in.fd >= 0)
		close(watcher->in.fd);
	free(watcher);
}

int quorum_watcher_fd(const struct quorum_watcher *watcher)
{
	return watcher->in.fd;
}

int quorum_watcher_next(struct quorum_watcher *watcher, int timeout_ms,
			const struct quorum_kv_event **event)
{
	const struct quorum_kv_event *head;
	size_t left, bytes;
	int err;

	err = quorum_buffer_fill(&watcher->in, timeout_ms);
	if (err)
		return err;
	left = watcher->in.len - watcher->in.pos;
	head = (const void *)(watcher->buf + watcher->in.pos);
	bytes = left < sizeof(*head) ? 0 :
		(size_t)le32toh(head->item.key_len) + le32toh(head->item.value_len);
	bytes = sizeof(*head) + ((bytes + 7) & ~(size_t)7);
	if (bytes > left) {
		watcher->in.pos = watcher->in.len;
		return -EBADMSG;
	}
	*event = head;
	watcher->in.pos += bytes;
	return 0;
}
