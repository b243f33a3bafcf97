/* SPDX-License-Identifier: GPL-2.0 */
#ifndef QUORUM_API_IOCTL_H
#define QUORUM_API_IOCTL_H

#include <linux/types.h>

struct file;
struct quorum_group;

long quorum_ioctl(struct file *file, struct quorum_group *group, unsigned int cmd,
		  unsigned long arg);

/* chardev.c */
int quorum_chardev_watch(struct file *file, const void *request, u32 len, bool stale,
			 u64 timeout_ns, u64 *from);

#endif /* QUORUM_API_IOCTL_H */
