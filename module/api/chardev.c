// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/quorum/<name>: a group as a file; see <linux/quorum.h>.
 *
 * One cdev serves all minors for as long as the module is loaded; which group a
 * minor stands for is looked up at open.  So no cdev dies with a group, and an
 * open file is nothing but a reference to a group that may be stopped or deleted
 * meanwhile: then its calls return -ESHUTDOWN or -ENODEV.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/xarray.h>
#include <linux/quorum.h>
#include "../compat.h"
#include "../group.h"
#include "api.h"
#include "ioctl.h"

static_assert(QUORUM_ENTRY_NOOP == (int)RAFT_ENTRY_NOOP);
static_assert(QUORUM_ENTRY_DATA == (int)RAFT_ENTRY_DATA);
static_assert(QUORUM_ENTRY_CONFIG == (int)RAFT_ENTRY_CONFIG);
static_assert(sizeof(struct quorum_entry) % 8 == 0);
static_assert(sizeof(struct quorum_propose) % 8 == 0);
static_assert(sizeof(struct quorum_info) % 8 == 0);
static_assert(sizeof(struct quorum_barrier) % 8 == 0);

/* The largest record that read() returns. */
#define RECORD_BYTES_MAX	QUORUM_ENTRY_LEN(QUORUM_ENTRY_BYTES_MAX)

static dev_t first_devt;
static struct cdev cdev;
static struct class *class;

/* The group behind each minor; an entry holds a reference. */
static DEFINE_XARRAY(nodes);
/* Makes "look up and take a reference" one step for open(). */
static DEFINE_MUTEX(nodes_lock);

/**
 * struct quorum_file - an open file
 * @group: reference
 * @pos: index to read next; changed under @lock, poll and fdinfo only look
 * @lock: one reader or seeker at a time; not held while one waits
 * @record: room for one record, allocated by the first read [lock]
 * @watch: what it was turned into, or NULL; set once [lock]
 *
 * file->f_pos is not used: VFS copies it in and out of each call with nothing to
 * keep two threads apart, since only regular files have FMODE_ATOMIC_POS.
 */
struct quorum_file {
	struct quorum_group *group;
	atomic64_t pos;
	struct mutex lock;	/* see above */
	struct quorum_entry *record;
	struct quorum_watching *watch;
};

static u32 minor_of(const struct quorum_group *group)
{
	return quorum_group_number(group) - 1;
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct quorum_file *f;
	u64 first, end;

	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	mutex_lock(&nodes_lock);
	f->group = xa_load(&nodes, iminor(inode) - MINOR(first_devt));
	if (f->group)
		quorum_group_hold(f->group);
	mutex_unlock(&nodes_lock);
	if (!f->group) {
		kfree(f);
		return -ENXIO;
	}
	mutex_init(&f->lock);
	quorum_group_bounds(f->group, &first, &end);
	atomic64_set(&f->pos, first);
	/* A position of one's own makes no sense where it also moves past gaps. */
	file->f_mode &= ~(FMODE_PREAD | FMODE_PWRITE);
	file->private_data = f;
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct quorum_file *f = file->private_data;

	quorum_group_snapshot_release(f->group, file);
	quorum_watch_free(f->watch);
	quorum_group_put(f->group);
	mutex_destroy(&f->lock);
	kvfree(f->record);
	kfree(f);
	return 0;
}

static bool is_nonblock(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

/* ---- read ---- */

/*
 * Fill @f->record with the next entry.  Returns its bytes, padding included, and
 * sets @next to the position behind it; or an errno.
 */
static ssize_t fetch_record(struct quorum_file *f, u64 *next)
{
	struct quorum_entry *record = f->record;
	struct raft_entry entry;
	u64 len;
	int error;

	*next = atomic64_read(&f->pos);
	error = quorum_group_read(f->group, next, &entry, record + 1, QUORUM_ENTRY_BYTES_MAX);
	if (error)
		return error;
	if (WARN_ON_ONCE(entry.size > QUORUM_ENTRY_BYTES_MAX))
		return -EUCLEAN;
	*record = (struct quorum_entry) {
		.index = entry.index,
		.term = entry.term,
		.tag = entry.tag,
		.origin = entry.origin,
		.size = entry.size,
		.type = entry.type,
	};
	len = QUORUM_ENTRY_LEN(entry.size);
	memset((u8 *)(record + 1) + entry.size, 0, len - sizeof(*record) - entry.size);
	return len;
}

/*
 * Copy out whole records until there are no more or the next does not fit.
 * The position moves past a record only once all of it has arrived.
 */
static ssize_t read_records(struct quorum_file *f, struct iov_iter *to)
{
	ssize_t done = 0, len;
	size_t copied;
	u64 next;

	lockdep_assert_held(&f->lock);
	if (!f->record) {
		f->record = kvmalloc(RECORD_BYTES_MAX, GFP_KERNEL_ACCOUNT);
		if (!f->record)
			return -ENOMEM;
	}
	do {
		len = fetch_record(f, &next);
		if (len < 0) {
			/* What was passed over held no data; not to be looked at again. */
			if (len == -EAGAIN)
				atomic64_set(&f->pos, next);
			break;
		}
		if (len > iov_iter_count(to)) {
			len = -EMSGSIZE;
			break;
		}
		copied = copy_to_iter(f->record, len, to);
		if (copied != len) {
			iov_iter_revert(to, copied);
			len = -EFAULT;
			break;
		}
		done += len;
		atomic64_set(&f->pos, next);
		cond_resched();
	} while (iov_iter_count(to) >= sizeof(struct quorum_entry) && !signal_pending(current));
	return done ? done : len;
}

/* Of a watch: whole events. */
static ssize_t read_events(struct quorum_file *f, struct iov_iter *to, bool nonblock)
{
	ssize_t ret;

	for (;;) {
		if (mutex_lock_interruptible(&f->lock))
			return -ERESTARTSYS;
		ret = quorum_watch_read(f->watch, to);
		mutex_unlock(&f->lock);
		if (ret != -EAGAIN || nonblock)
			return ret;
		ret = quorum_watch_wait(f->watch);
		if (ret)
			return ret;
	}
}

static ssize_t chardev_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct quorum_file *f = iocb->ki_filp->private_data;
	ssize_t ret;
	u64 pos;

	if (!iov_iter_count(to))
		return 0;
	/* Pairs with the release where it is set. */
	if (smp_load_acquire(&f->watch))
		return read_events(f, to, is_nonblock(iocb));
	for (;;) {
		if (mutex_lock_interruptible(&f->lock))
			return -ERESTARTSYS;
		ret = read_records(f, to);
		pos = atomic64_read(&f->pos);
		mutex_unlock(&f->lock);
		if (ret != -EAGAIN || is_nonblock(iocb))
			break;
		/*
		 * Not under the lock: lseek() and other readers go on.  What another
		 * one of them takes meanwhile, the next round does not find.
		 */
		ret = quorum_group_wait(f->group, pos, 0);
		if (ret)
			break;
	}
	if (ret > 0)
		iocb->ki_pos = pos;	/* for the eye: /proc/PID/fdinfo */
	return ret;
}

/* ---- write, seek, poll ---- */

/* All of the call's buffers are one entry, so that a header needs no copying. */
static ssize_t chardev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct quorum_file *f = iocb->ki_filp->private_data;
	struct quorum_proposal proposal = { .nonblock = is_nonblock(iocb) };
	size_t len = iov_iter_count(from);
	int error;

	error = quorum_group_propose(f->group, from, &proposal);
	return error ? error : len;
}

static loff_t chardev_llseek(struct file *file, loff_t offset, int whence)
{
	struct quorum_file *f = file->private_data;
	u64 first, end;
	loff_t pos = 0;

	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	switch (whence) {
	case SEEK_SET:
		break;
	case SEEK_CUR:
		pos = atomic64_read(&f->pos);
		break;
	case SEEK_END:
		quorum_group_bounds(f->group, &first, &end);
		pos = end;
		break;
	default:
		offset = -1;
	}
	if (check_add_overflow(pos, offset, &pos) || pos < 0) {
		pos = -EINVAL;
	} else {
		atomic64_set(&f->pos, pos);
		file->f_pos = pos;
	}
	mutex_unlock(&f->lock);
	return pos;
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct quorum_file *f = file->private_data;
	__poll_t mask;

	/* Pairs with the release where it is set. */
	if (smp_load_acquire(&f->watch)) {
		mutex_lock(&f->lock);
		mask = quorum_watch_poll(f->watch, file, wait);
		mutex_unlock(&f->lock);
		return mask;
	}
	/* Indexes start at 1; "something at 0 or above" would always be true. */
	return quorum_group_poll(f->group, file, wait, max_t(u64, atomic64_read(&f->pos), 1));
}

/**
 * quorum_chardev_watch() - turn a file into a watch
 * @file: the file
 * @request: as of quorum_watch_create()
 * @len: likewise
 * @stale: likewise
 * @timeout_ns: likewise
 * @from: likewise
 *
 * Return: 0; -EBUSY it is one already; or an errno of quorum_watch_create().
 */
int quorum_chardev_watch(struct file *file, const void *request, u32 len, bool stale,
			 u64 timeout_ns, u64 *from)
{
	struct quorum_file *f = file->private_data;
	struct quorum_watching *watch;
	int error = 0;

	watch = quorum_watch_create(f->group, request, len, stale, timeout_ns, from);
	if (IS_ERR(watch))
		return PTR_ERR(watch);
	mutex_lock(&f->lock);
	if (f->watch)
		error = -EBUSY;
	else
		/* Pairs with the acquires of readers: it is whole. */
		smp_store_release(&f->watch, watch);
	mutex_unlock(&f->lock);
	if (error)
		quorum_watch_free(watch);
	return error;
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct quorum_file *f = file->private_data;

	return quorum_ioctl(file, f->group, cmd, arg);
}

static void chardev_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct quorum_file *f = file->private_data;

	seq_printf(m, "quorum-group:\t%s\n", quorum_group_name(f->group));
	seq_printf(m, "quorum-node:\t%u\n", quorum_group_self(f->group));
	seq_printf(m, "quorum-index:\t%llu\n", (u64)atomic64_read(&f->pos));
}

static const struct file_operations chardev_fops = {
	.owner		= THIS_MODULE,
	.open		= chardev_open,
	.release	= chardev_release,
	.read_iter	= chardev_read_iter,
	.write_iter	= chardev_write_iter,
	.llseek		= chardev_llseek,
	.poll		= chardev_poll,
	.unlocked_ioctl	= chardev_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= chardev_show_fdinfo,
};

/* ---- nodes ---- */

static char *devnode(QUORUM_COMPAT_DEVICE *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return kasprintf(GFP_KERNEL, "quorum/%s", dev_name(dev));
}

static dev_t devt_of(const struct quorum_group *group)
{
	return MKDEV(MAJOR(first_devt), MINOR(first_devt) + minor_of(group));
}

static int node_added(struct quorum_group *group)
{
	struct device *dev;
	int error;

	/* Before the device appears: whoever sees it can open it. */
	error = xa_insert(&nodes, minor_of(group), quorum_group_hold(group), GFP_KERNEL);
	if (error)
		goto put_group;
	dev = device_create(class, NULL, devt_of(group), NULL, "%s", quorum_group_name(group));
	if (IS_ERR(dev)) {
		error = PTR_ERR(dev);
		goto erase_node;
	}
	return 0;

erase_node:
	mutex_lock(&nodes_lock);
	xa_erase(&nodes, minor_of(group));
	mutex_unlock(&nodes_lock);
put_group:
	quorum_group_put(group);
	return error;
}

static void node_removed(struct quorum_group *group)
{
	device_destroy(class, devt_of(group));
	mutex_lock(&nodes_lock);
	xa_erase(&nodes, minor_of(group));
	mutex_unlock(&nodes_lock);
	quorum_group_put(group);
}

static const struct quorum_group_hooks hooks = {
	.added = node_added,
	.removed = node_removed,
	.event = quorum_netlink_event,
};

int quorum_chardev_init(void)
{
	int error;

	error = alloc_chrdev_region(&first_devt, 0, QUORUM_GROUPS_MAX, "quorum");
	if (error)
		return error;
	class = quorum_compat_class_create("quorum");
	if (IS_ERR(class)) {
		error = PTR_ERR(class);
		goto unregister_region;
	}
	class->devnode = devnode;
	cdev_init(&cdev, &chardev_fops);
	cdev.owner = THIS_MODULE;
	error = cdev_add(&cdev, first_devt, QUORUM_GROUPS_MAX);
	if (error)
		goto destroy_class;
	quorum_group_set_hooks(&hooks);
	return 0;

destroy_class:
	class_destroy(class);
unregister_region:
	unregister_chrdev_region(first_devt, QUORUM_GROUPS_MAX);
	return error;
}

void quorum_chardev_exit(void)
{
	quorum_group_set_hooks(NULL);
	WARN_ON_ONCE(!xa_empty(&nodes));
	cdev_del(&cdev);
	class_destroy(class);
	unregister_chrdev_region(first_devt, QUORUM_GROUPS_MAX);
}
