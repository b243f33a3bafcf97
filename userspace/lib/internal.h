/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/* What the files of libquorum share and nobody else sees. */
#ifndef QUORUM_INTERNAL_H
#define QUORUM_INTERNAL_H

#include <limits.h>
#include <stdio.h>
#include "quorum.h"

/* A netlink message of the kernel is at most one such buffer (NLMSG_GOODSIZE, rounded up). */
#define QUORUM_NL_BYTES		(64 * 1024)

struct mnl_socket;
struct nlmsghdr;

/**
 * struct quorum_family - what the kernel said about the netlink family
 * @id: its number
 * @events: number of its multicast group "events"
 */
struct quorum_family {
	uint16_t id;
	uint32_t events;
};

/* Path of a group's device; names with a '/' are paths already. */
int quorum_device_path(const char *name, char *path, size_t size);

/* Open it; a file descriptor or a negative errno. */
int quorum_device_open(const char *name, int flags);

/* Open a generic netlink socket and look the family up; -EPROTONOSUPPORT without it. */
int quorum_socket_open(struct mnl_socket **socket, struct quorum_family *family);

/* The attributes behind the generic netlink header; false: too short for one. */
bool quorum_message_object(const struct nlmsghdr *nlh, struct quorum_object *object);

/**
 * struct quorum_buffer - whole records that were read from a device
 * @fd: of the device, non-blocking, so that a wait is always a poll(2) with a time
 * @pos: where the next record is in @bytes
 * @len: bytes in use
 * @size: bytes there are
 * @bytes: room of its owner
 */
struct quorum_buffer {
	int fd;
	size_t pos;
	size_t len;
	size_t size;
	unsigned char *bytes;
};

/* Have a record in it; 0, or a negative errno: -EAGAIN none within the time. */
int quorum_buffer_fill(struct quorum_buffer *buffer, int timeout_ms);

#endif /* QUORUM_INTERNAL_H */
