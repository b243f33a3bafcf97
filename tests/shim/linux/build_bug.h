/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_BUILD_BUG_H
#define SHIM_LINUX_BUILD_BUG_H

#include <linux/compiler.h>
#include <assert.h>

/* The kernel's static_assert() has an optional message, assert.h's has not. */
#undef static_assert
#define static_assert(expr, ...)	SHIM_STATIC_ASSERT(expr, ##__VA_ARGS__, #expr)
#define SHIM_STATIC_ASSERT(expr, msg, ...)	_Static_assert(expr, msg)

#define BUILD_BUG_ON_MSG(cond, msg)	_Static_assert(!(cond), msg)
#define BUILD_BUG_ON(cond)		BUILD_BUG_ON_MSG(cond, "BUILD_BUG_ON: " #cond)
#define BUILD_BUG_ON_ZERO(e)		((int)sizeof(struct { int:(-!!(e)); }))

#endif /* SHIM_LINUX_BUILD_BUG_H */
