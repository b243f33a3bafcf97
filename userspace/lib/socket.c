// SPDX-License-Identifier: LGPL-2.1 OR MIT
/* The generic netlink socket and the look-up of the family. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <linux/genetlink.h>
#include <libmnl/libmnl.h>

#include "internal.h"

bool quorum_message_object(const struct nlmsghdr *nlh, struct quorum_object *object)
{
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return false;
	object->data = mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr));
	object->len = mnl_nlmsg_get_payload_len(nlh) - MNL_ALIGN(sizeof(struct genlmsghdr));
	return true;
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	struct quorum_object object, groups, group;
	struct quorum_family *family = data;
	size_t pos = 0;
	int attr;

	if (!quorum_message_object(nlh, &object))
		return MNL_CB_ERROR;
	family->id = (uint16_t)quorum_object_u64(&object, CTRL_ATTR_FAMILY_ID);
	if (!quorum_object_get(&object, CTRL_ATTR_MCAST_GROUPS, 0, &groups))
		return MNL_CB_OK;
	while (quorum_object_next(&groups, &pos, &attr, &group))
		if (!strcmp(quorum_object_str(&group, CTRL_ATTR_MCAST_GRP_NAME),
			    QUORUM_MCGRP_EVENTS))
			family->events = (uint32_t)quorum_object_u64(&group,
								     CTRL_ATTR_MCAST_GRP_ID);
	return MNL_CB_OK;
}

static int look_family_up(struct mnl_socket *socket, struct quorum_family *family)
{
	unsigned int seq = (unsigned int)time(NULL);
	char buf[8192];
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh;
	ssize_t n;
	int ret;

	memset(family, 0, sizeof(*family));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, QUORUM_FAMILY_NAME);
	if (mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		ret = mnl_cb_run(buf, (size_t)n, seq, mnl_socket_get_portid(socket),
				 take_family, family);
	} while (ret > MNL_CB_STOP);
	if (ret < 0)
		return errno == ENOENT ? -EPROTONOSUPPORT : -errno;
	return family->id ? 0 : -EPROTONOSUPPORT;
}

int quorum_socket_open(struct mnl_socket **socket, struct quorum_family *family)
{
	struct mnl_socket *new;
	int on = 1, err;

	new = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!new)
		return -errno;
	/*
	 * Sentences in answers, no echo of the request, strict checks of dumps.
	 * Without them (kernels before 4.20) everything still works.
	 */
	mnl_socket_setsockopt(new, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(new, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(new, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	err = mnl_socket_bind(new, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
	if (!err)
		err = look_family_up(new, family);
	if (err) {
		mnl_socket_close(new);
		return err;
	}
	*socket = new;
	return 0;
}

bool quorum_module_loaded(void)
{
	struct quorum_family family;
	struct mnl_socket *socket;

	if (quorum_socket_open(&socket, &family))
		return false;
	mnl_socket_close(socket);
	return true;
}
