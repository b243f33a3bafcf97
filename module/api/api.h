/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What users see: device nodes and the netlink family.
 *
 * Order, for main.c.  Device nodes come before the groups and go after them,
 * because every group that is made or deleted takes its node along; the netlink
 * family comes last and goes first, because it is how groups are asked for:
 *
 *	quorum_chardev_init(), quorum_group_init(), quorum_netlink_init()
 *	quorum_netlink_exit(), quorum_group_exit(), quorum_chardev_exit()
 *
 * Why nothing of the module is used after the last of these:
 *
 * (a) The module is not unloaded while a file is open or a dump runs: both hold
 *     a reference to it (fops.owner, netlink_callback.module).
 * (b) quorum_netlink_exit() ends sending events, then takes the family away,
 *     which waits for requests that run.  Nobody makes or starts a group now.
 * (c) quorum_group_exit() stops and deletes every group.  Their loops end there,
 *     so no hook is called any more, and every node is gone.
 * (d) quorum_chardev_exit() takes away hooks, class and device numbers.
 */
#ifndef QUORUM_API_H
#define QUORUM_API_H

struct quorum_event;
struct quorum_group;

int quorum_chardev_init(void);
void quorum_chardev_exit(void);

int quorum_netlink_init(void);
void quorum_netlink_exit(void);

int quorum_client_init(void);
void quorum_client_exit(void);

/* Multicast an event to the group's namespace.  The hook of chardev.c. */
void quorum_netlink_event(struct quorum_group *group, const struct quorum_event *event);

#endif /* QUORUM_API_H */
