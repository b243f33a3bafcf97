/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as module/store/ needs, on one thread, over a simulated
 * device (device.c).  Whoever would sleep lets the device work instead.
 */
#ifndef QUORUM_CRASH_KERNEL_H
#define QUORUM_CRASH_KERNEL_H

#include <assert.h>
#include <stdio.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

/* module/compat.h knows real kernels. */
#define QUORUM_COMPAT_H

typedef unsigned int blk_opf_t;
typedef u64 sector_t;

#define GFP_NOIO	0U
#define __GFP_ZERO	0U
#ifndef PAGE_SIZE
#define PAGE_SIZE	4096UL
#endif
#ifndef SECTOR_SHIFT
#define SECTOR_SHIFT	9
#endif

#define REQ_OP_READ	0x0U
#define REQ_OP_WRITE	0x1U
#define REQ_SYNC	0x10U
#define REQ_IDLE	0x20U
#define REQ_META	0x40U
#define REQ_FUA		0x80U
#define REQ_PREFLUSH	0x100U

#define IS_ERR(p)	((unsigned long)(p) >= (unsigned long)-4095)
#define PTR_ERR(p)	((int)(long)(p))
#define ERR_PTR(e)	((void *)(long)(e))
#define WARN_ON_ONCE(c)	({ bool c_ = (c); if (c_) { fprintf(stderr, "WARN %s:%d\n", \
				__FILE__, __LINE__); abort(); } c_; })
#define cond_resched()	do { } while (0)
#define current		NULL
#define fatal_signal_pending(t)	((void)(t), false)
#define smp_store_release(p, v)	(*(p) = (v))
#define smp_load_acquire(p)	(*(p))
#ifndef max3
#define max3(a, b, c)	max(max(a, b), c)
#endif

/* Spinlocks: nobody else is here, so taking one twice is a mistake. */
typedef struct { int held; } spinlock_t;
#define spin_lock_init(l)		((l)->held = 0)
#define spin_lock(l)			do { assert(!(l)->held); (l)->held = 1; } while (0)
#define spin_unlock(l)			do { assert((l)->held); (l)->held = 0; } while (0)
#define spin_lock_irq(l)		spin_lock(l)
#define spin_unlock_irq(l)		spin_unlock(l)
#define spin_lock_irqsave(l, f)		do { (f) = 0; spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, f)	do { (void)(f); spin_unlock(l); } while (0)
#define lockdep_assert_held(l)		assert((l)->held)

struct mutex { int held; };
#define mutex_init(m)		((m)->held = 0)
#define mutex_lock(m)		spin_lock(m)
#define mutex_unlock(m)		spin_unlock(m)
static inline int mutex_lock_killable(struct mutex *m)
{
	mutex_lock(m);
	return 0;
}

typedef struct { int v; } atomic_t;
#define atomic_set(a, x)	((a)->v = (x))
#define atomic_read(a)		((a)->v)
#define atomic_dec_and_test(a)	(--(a)->v == 0)
#define atomic_cmpxchg(a, o, n)	({ int v_ = (a)->v; if (v_ == (o)) (a)->v = (n); v_; })

struct completion { bool done; };
#define DECLARE_COMPLETION_ONSTACK(c)	struct completion c = { false }
#define complete(c)		((c)->done = true)
#define wait_for_completion(c)	do { while (!(c)->done) device_work(); } while (0)

typedef struct { int unused; } wait_queue_head_t;
#define init_waitqueue_head(w)	((void)(w))
#define wake_up(w)		((void)(w))
#define wait_event_killable(w, cond)	({ (void)(w); while (!(cond)) device_work(); 0; })
#ifndef READ_ONCE
#define READ_ONCE(x)		(x)
#define WRITE_ONCE(x, v)	((x) = (v))
#endif
#define pr_err(...)		do { } while (0)
#define msleep(ms)		((void)(ms))
#define wait_event(w, cond)	do { (void)(w); while (!(cond)) device_work(); } while (0)

struct work_struct {
	void (*func)(struct work_struct *work);
	bool waits;
	struct work_struct *next;
};
#define INIT_WORK(w, f)		((w)->func = (f), (w)->waits = false)
#define WQ_HIGHPRI		0
#define WQ_UNBOUND		0
#define WQ_MEM_RECLAIM		0
#define alloc_workqueue(name, flags, most)	((struct workqueue_struct *)(name))
#define destroy_workqueue(q)	((void)(q))
bool kernel_queue_work(struct work_struct *work);
#define queue_work(q, w)	((void)(q), kernel_queue_work(w))
static inline void flush_work(struct work_struct *work);

/* Pages have an address of their own until vmap() gives them one together. */
struct page { u8 *addr; bool own; };
struct page *alloc_page(gfp_t gfp);
void __free_page(struct page *page);
#define page_address(p)		((void *)(p)->addr)
#define VM_MAP			0
#define PAGE_KERNEL		0
void *vmap(struct page **pages, unsigned int n, int flags, int prot);
void vunmap(const void *addr);
#define flush_kernel_vmap_range(a, n)		((void)(a), (void)(n))
#define invalidate_kernel_vmap_range(a, n)	((void)(a), (void)(n))

#define kcalloc(n, size, gfp)		calloc(n, size)
#define kvmalloc_array(n, size, gfp)	calloc(n, size)
#define kvmalloc(size, gfp)		malloc(size)

struct block_device { int unused; };
struct bio_vec { struct page *page; u32 len; u32 offset; };
struct bio {
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	int bi_status;
	struct { sector_t bi_sector; } bi_iter;
	void *bi_private;
	void (*bi_end_io)(struct bio *bio);
	struct bio_vec *vecs;
	u32 n, max;
};

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *vecs, u32 max,
	      blk_opf_t opf);
void __bio_add_page(struct bio *bio, struct page *page, u32 len, u32 offset);
void submit_bio(struct bio *bio);
int submit_bio_wait(struct bio *bio);
#define bio_uninit(b)			((void)(b))
#define blk_status_to_errno(s)		(s)
u64 bdev_nr_bytes(struct block_device *bdev);
#define bdev_read_only(b)		((void)(b), false)
#define bdev_logical_block_size(b)	((void)(b), 512U)
#define bdev_fua(b)			((void)(b), true)

struct quorum_compat_bdev { struct block_device *bdev; void *handle; };
int quorum_compat_bdev_open(struct quorum_compat_bdev *dev, dev_t devt, void *holder);
#define quorum_compat_bdev_allowed(path)	((void)(path), 0)
#define lookup_bdev(path, devt)			((void)(path), *(devt) = 1, 0)
#define quorum_compat_bdev_close(d)	((d)->bdev = NULL)

struct netlink_ext_ack { const char *_msg; };
#define NL_SET_ERR_MSG_MOD(e, m)	do { if (e) (e)->_msg = (m); } while (0)

/* One thing happens: a bio ends, or a work runs. */
void device_work(void);
static inline void flush_work(struct work_struct *work)
{
	while (work->waits)
		device_work();
}

#endif /* QUORUM_CRASH_KERNEL_H */
