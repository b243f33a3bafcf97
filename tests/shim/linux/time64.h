/* SPDX-License-Identifier: GPL-2.0 */
/* User space: units of time. */
#ifndef SHIM_LINUX_TIME64_H
#define SHIM_LINUX_TIME64_H

#ifndef NSEC_PER_MSEC
#define NSEC_PER_MSEC	1000000L
#endif

#endif /* SHIM_LINUX_TIME64_H */
