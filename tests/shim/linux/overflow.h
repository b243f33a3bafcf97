/* SPDX-License-Identifier: GPL-2.0 */
/* User space: sizes of structures that end in an array. */
#ifndef SHIM_LINUX_OVERFLOW_H
#define SHIM_LINUX_OVERFLOW_H

#define struct_size(p, member, n)	(sizeof(*(p)) + sizeof(*(p)->member) * (n))

#endif /* SHIM_LINUX_OVERFLOW_H */
