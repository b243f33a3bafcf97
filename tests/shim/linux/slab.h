/* SPDX-License-Identifier: GPL-2.0 */
/* User space: memory for tests, state machines and early.c; pure code allocates nothing. */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <stdlib.h>
#include <linux/types.h>

static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return calloc(1, size);
}

static inline void *kvmalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return malloc(size);
}

static inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return calloc(n, size);
}

static inline void kvfree(const void *p)
{
	free((void *)p);
}

#define kzalloc(size, gfp)	kvzalloc(size, gfp)
#define kfree(p)		kvfree(p)

#endif /* SHIM_LINUX_SLAB_H */
