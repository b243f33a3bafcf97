/* SPDX-License-Identifier: GPL-2.0 */
/* User space: as strict as the kernel's, the types of both sides must agree. */
#ifndef SHIM_LINUX_MINMAX_H
#define SHIM_LINUX_MINMAX_H

#include <linux/compiler.h>
#include <linux/types.h>

#define SHIM_CMP(x, y, op) ({				\
	typeof(x) shim_x_ = (x);			\
	typeof(y) shim_y_ = (y);			\
	(void)(&shim_x_ == &shim_y_);			\
	shim_x_ op shim_y_ ? shim_x_ : shim_y_; })
#define SHIM_CMP_T(type, x, y, op) ({			\
	type shim_tx_ = (x);				\
	type shim_ty_ = (y);				\
	shim_tx_ op shim_ty_ ? shim_tx_ : shim_ty_; })

#undef min
#undef max
#undef min_t
#undef max_t
#undef clamp
#undef clamp_t
#undef swap
#define min(x, y)		SHIM_CMP(x, y, <)
#define max(x, y)		SHIM_CMP(x, y, >)
#define min_t(type, x, y)	SHIM_CMP_T(type, x, y, <)
#define max_t(type, x, y)	SHIM_CMP_T(type, x, y, >)
#define min3(x, y, z)		min((typeof(x))min(x, y), z)
#define max3(x, y, z)		max((typeof(x))max(x, y), z)
#define clamp(v, lo, hi)	min((typeof(v))max(v, lo), hi)
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define swap(a, b) do {					\
	typeof(a) shim_swap_ = (a);			\
	(a) = (b);					\
	(b) = shim_swap_;				\
} while (0)

#endif /* SHIM_LINUX_MINMAX_H */
