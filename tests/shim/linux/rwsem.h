/* SPDX-License-Identifier: GPL-2.0 */
/* User space: the tests have one thread; a lock only counts, to be found unbalanced. */
#ifndef SHIM_LINUX_RWSEM_H
#define SHIM_LINUX_RWSEM_H

struct rw_semaphore {
	int count;
};

#define init_rwsem(sem)		((void)((sem)->count = 0))
#define down_read(sem)		((void)(sem)->count++)
#define up_read(sem)		((void)(sem)->count--)
#define down_write(sem)		((void)((sem)->count += 1000))
#define up_write(sem)		((void)((sem)->count -= 1000))
#define lockdep_assert_held_write(sem)	((void)(sem))

#endif /* SHIM_LINUX_RWSEM_H */
