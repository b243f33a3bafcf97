/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows kernel versions.
 */
#ifndef QUORUM_COMPAT_H
#define QUORUM_COMPAT_H

#if !defined(CONFIG_64BIT)
#error "quorum needs a 64-bit kernel"
#endif

#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/netlink.h>
#include <linux/version.h>
#include <net/genetlink.h>

/* Secret datagrams (net/secret.c): the library comes with WireGuard, as a module too. */
#if IS_REACHABLE(CONFIG_CRYPTO_LIB_CHACHA20POLY1305)
#define QUORUM_HAVE_SECRET
#endif

/* An exclusively opened block device. */
struct quorum_compat_bdev {
	struct block_device *bdev;
	void *handle;		/* what closing it takes */
};

/*
 * Opening by path inside the kernel asks nobody; the caller's rights to the node
 * are to count as for open(2).
 */
static inline int quorum_compat_bdev_allowed(const char *name)
{
	struct path path;
	int error;

	error = kern_path(name, LOOKUP_FOLLOW, &path);
	if (error)
		return error;
	error = path_permission(&path, MAY_READ | MAY_WRITE);
	path_put(&path);
	/* Not the -EACCES of a read-only device. */
	return error == -EACCES ? -EPERM : error;
}

/**
 * quorum_compat_bdev_open() - open for reading and writing, exclusively
 * @dev: filled in
 * @devt: number of the device
 * @holder: who claims it; any pointer unique to the caller
 *
 * Return: 0 or a negative errno; -EBUSY when somebody else claims it.
 */
static inline int quorum_compat_bdev_open(struct quorum_compat_bdev *dev, dev_t devt,
					  void *holder)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	struct file *file;

	file = bdev_file_open_by_dev(devt, BLK_OPEN_READ | BLK_OPEN_WRITE, holder, NULL);
	if (IS_ERR(file))
		return PTR_ERR(file);
	dev->bdev = file_bdev(file);
	dev->handle = file;
#else
	dev->bdev = blkdev_get_by_dev(devt, FMODE_READ | FMODE_WRITE | FMODE_EXCL, holder);
	if (IS_ERR(dev->bdev))
		return PTR_ERR(dev->bdev);
	dev->handle = dev->bdev;
#endif
	return 0;
}

/**
 * quorum_compat_bdev_close() - release what quorum_compat_bdev_open() opened
 * @dev: the device
 */
static inline void quorum_compat_bdev_close(struct quorum_compat_bdev *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	bdev_fput(dev->handle);
#else
	blkdev_put(dev->handle, FMODE_READ | FMODE_WRITE | FMODE_EXCL);
#endif
	dev->bdev = NULL;
}

/* ---- interfaces: device nodes and netlink ---- */

/* What the devnode callback of a class gets. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define QUORUM_COMPAT_DEVICE const struct device
#else
#define QUORUM_COMPAT_DEVICE struct device
#endif

static inline struct class *quorum_compat_class_create(const char *name)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	return class_create(name);
#else
	return class_create(THIS_MODULE, name);
#endif
}

/* The attributes of a dump's request. */
static inline struct nlattr **quorum_compat_dump_attrs(struct netlink_callback *cb)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/* NL_SET_ERR_MSG() for a sentence that is not a literal but lives for ever. */
static inline void quorum_compat_extack(struct netlink_ext_ack *extack, const char *text)
{
	if (extack)
		extack->_msg = text;
}

/* __string() remembers its source since 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define quorum_assign_str(dst, src)	__assign_str(dst)
#else
#define quorum_assign_str(dst, src)	__assign_str(dst, src)
#endif

#endif /* QUORUM_COMPAT_H */
