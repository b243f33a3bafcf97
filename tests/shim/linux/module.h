/* SPDX-License-Identifier: GPL-2.0 */
/* User space: a module's labels mean nothing. */
#ifndef SHIM_LINUX_MODULE_H
#define SHIM_LINUX_MODULE_H

#include <linux/kernel.h>

#define MODULE_LICENSE(s)	static_assert(1)
#define MODULE_AUTHOR(s)	static_assert(1)
#define MODULE_DESCRIPTION(s)	static_assert(1)

struct module;
#define THIS_MODULE		((struct module *)0)

#endif /* SHIM_LINUX_MODULE_H */
