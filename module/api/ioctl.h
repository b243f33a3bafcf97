/* SPDX-License-Identifier: GPL-2.0 */
#ifndef QUORUM_API_IOCTL_H
#define QUORUM_API_IOCTL_H

struct file;
struct quorum_group;

long quorum_ioctl(struct file *file, struct quorum_group *group, unsigned int cmd,
		  unsigned long arg);

#endif /* QUORUM_API_IOCTL_H */
