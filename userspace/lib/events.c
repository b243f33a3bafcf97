// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* Following the multicast group "events". */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <linux/genetlink.h>
#include <libmnl/libmnl.h>

#include "internal.h"

struct quorum_events {
	struct mnl_socket *socket;
	uint16_t family;
	size_t pos;		/* next message in @buf */
	size_t len;		/* bytes in @buf */
	_Alignas(8) char buf[QUORUM_NL_BYTES];
};

int quorum_events_open(struct quorum_events **events)
{
	struct quorum_family family;
	struct quorum_events *new;
	int group, err;

	new = malloc(sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->pos = 0;
	new->len = 0;
	err = quorum_socket_open(&new->socket, &family);
	if (err) {
		free(new);
		return err;
	}
	new->family = family.id;
	group = (int)family.events;
	if (!group)
		err = -EPROTONOSUPPORT;
	else if (mnl_socket_setsockopt(new->socket, NETLINK_ADD_MEMBERSHIP, &group,
				       sizeof(group)) < 0)
		err = -errno;
	if (err) {
		quorum_events_close(new);
		return err;
	}
	*events = new;
	return 0;
}

void quorum_events_close(struct quorum_events *events)
{
	if (!events)
		return;
	mnl_socket_close(events->socket);
	free(events);
}

int quorum_events_fd(const struct quorum_events *events)
{
	return mnl_socket_get_fd(events->socket);
}

/* The next event in the buffer, if any. */
static bool take(struct quorum_events *events, struct quorum_object *object)
{
	while (events->pos < events->len) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)(events->buf + events->pos);
		const struct genlmsghdr *genl;

		if (!mnl_nlmsg_ok(nlh, (int)(events->len - events->pos)))
			break;
		events->pos += MNL_ALIGN(nlh->nlmsg_len);
		if (nlh->nlmsg_type != events->family || !quorum_message_object(nlh, object))
			continue;
		genl = mnl_nlmsg_get_payload(nlh);
		if (genl->cmd == QUORUM_CMD_GROUP_EVENT)
			return true;
	}
	events->pos = 0;
	events->len = 0;
	return false;
}

int quorum_events_next(struct quorum_events *events, int timeout_ms,
		       struct quorum_object *object)
{
	struct pollfd pfd = { .fd = mnl_socket_get_fd(events->socket), .events = POLLIN };
	ssize_t n;
	int ready;

	while (!take(events, object)) {
		ready = poll(&pfd, 1, timeout_ms);
		if (ready < 0)
			return -errno;
		if (!ready)
			return -EAGAIN;
		n = mnl_socket_recvfrom(events->socket, events->buf, sizeof(events->buf));
		if (n < 0)
			return -errno;
		events->len = (size_t)n;
	}
	return 0;
}
