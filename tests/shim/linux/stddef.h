/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_STDDEF_H
#define SHIM_LINUX_STDDEF_H

#include <linux/compiler.h>
#include_next <linux/stddef.h>
#include <stddef.h>
#include <stdbool.h>

#ifndef sizeof_field
#define sizeof_field(type, member)	sizeof((((type *)0)->member))
#endif
#ifndef offsetofend
#define offsetofend(type, member)	(offsetof(type, member) + sizeof_field(type, member))
#endif
#ifndef struct_group
#define struct_group(name, members...)	__struct_group(, name, , members)
#endif

#endif /* SHIM_LINUX_STDDEF_H */
