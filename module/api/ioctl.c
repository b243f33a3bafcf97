// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl(2) on a group: structs that say their size first and may grow.
 *
 * The number of an ioctl never changes with its struct (drivers/iommu/iommufd
 * does the same): a shorter struct is filled up with zeros, a longer one must be
 * zero where this kernel knows nothing, and only what the caller has room for is
 * written back.
 */
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/quorum.h>
#include "../group.h"
#include "ioctl.h"

/* No struct will ever be longer; so a wild size does not make the kernel read on. */
enum { IOCTL_BYTES_MAX = 4096 };

union ioctl_arg {
	struct quorum_info info;
	struct quorum_propose propose;
	struct quorum_barrier barrier;
};

/**
 * struct ioctl_op - one ioctl
 * @cmd: its number
 * @size: bytes of its struct as this kernel knows it
 * @min: bytes of the first version of it
 * @run: does it; what it leaves in the struct is written back on failure too
 */
struct ioctl_op {
	unsigned int cmd;
	u32 size;
	u32 min;
	int (*run)(struct file *file, struct quorum_group *group, union ioctl_arg *arg);
};

static int ioctl_info(struct file *file, struct quorum_group *group, union ioctl_arg *arg)
{
	struct quorum_info *out = &arg->info;
	struct quorum_group_info *info;
	u64 end;

	if (out->flags)
		return -EOPNOTSUPP;
	if (out->__reserved)
		return -EINVAL;
	info = kmalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	quorum_group_get_info(group, info);
	*out = (struct quorum_info) {
		.size = out->size,
		.features = QUORUM_FEATURE_FORWARD,
		.entry_bytes_max = QUORUM_ENTRY_BYTES_MAX,
		.members_max = QUORUM_MEMBERS_MAX,
		.node = info->self,
		.role = info->raft.role,
		.leader = info->raft.leader,
		.term = info->raft.term,
		.commit = info->raft.commit,
		.last = info->raft.last_index,
	};
	quorum_group_bounds(group, &out->first, &end);
	kfree(info);
	return 0;
}

static int ioctl_propose(struct file *file, struct quorum_group *group,
			 union ioctl_arg *arg)
{
	struct quorum_propose *p = &arg->propose;
	struct quorum_proposal proposal = {
		.timeout_ns = p->timeout_ns,
		.nonblock = file->f_flags & O_NONBLOCK,
	};
	struct iov_iter from;
	void __user *data;
	int error;

	p->outcome = QUORUM_OUTCOME_NONE;
	p->index = 0;
	p->term = 0;
	p->tag = 0;
	/* read(2)-only files may not propose, whatever call they come through. */
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (p->flags)
		return -EOPNOTSUPP;
	if (!p->len)
		return -EINVAL;
	if (p->len > QUORUM_ENTRY_BYTES_MAX)
		return -EMSGSIZE;
	data = u64_to_user_ptr(p->data);
	if (!access_ok(data, p->len))
		return -EFAULT;
	iov_iter_ubuf(&from, ITER_SOURCE, data, p->len);
	error = quorum_group_propose(group, &from, &proposal);
	p->outcome = proposal.outcome;
	/* Handed in and not waited for: nobody knows yet. */
	if (!error && proposal.nonblock)
		p->outcome = QUORUM_OUTCOME_UNKNOWN;
	p->index = proposal.index;
	p->term = proposal.term;
	p->tag = proposal.tag;
	return error;
}

static int ioctl_barrier(struct file *file, struct quorum_group *group,
			 union ioctl_arg *arg)
{
	struct quorum_barrier *b = &arg->barrier;

	b->index = 0;
	if (b->flags)
		return -EOPNOTSUPP;
	return quorum_group_barrier(group, b->timeout_ns, &b->index);
}

#define IOCTL_OP(number, function, type, last_field)			\
	[_IOC_NR(number)] = {						\
		.cmd = number,						\
		.size = sizeof(struct type) +				\
			BUILD_BUG_ON_ZERO(sizeof(struct type) > sizeof(union ioctl_arg)) + \
			BUILD_BUG_ON_ZERO(offsetof(struct type, size)),	\
		.min = offsetofend(struct type, last_field),		\
		.run = function,					\
	}

/* The last column is the last field of the struct's first version, for ever. */
static const struct ioctl_op ioctl_ops[] = {
	IOCTL_OP(QUORUM_IOC_INFO, ioctl_info, quorum_info, last),
	IOCTL_OP(QUORUM_IOC_PROPOSE, ioctl_propose, quorum_propose, tag),
	IOCTL_OP(QUORUM_IOC_BARRIER, ioctl_barrier, quorum_barrier, index),
};

/**
 * quorum_ioctl() - ioctl(2)
 * @file: the file, for its modes
 * @group: its group
 * @cmd: number
 * @arg: pointer to the struct
 *
 * Context: process, sleeps.
 */
long quorum_ioctl(struct file *file, struct quorum_group *group, unsigned int cmd,
		  unsigned long arg)
{
	void __user *user = (void __user *)arg;
	const struct ioctl_op *op;
	union ioctl_arg buf = {};
	u32 size;
	int error;

	if (_IOC_NR(cmd) >= ARRAY_SIZE(ioctl_ops))
		return -ENOTTY;
	op = &ioctl_ops[_IOC_NR(cmd)];
	if (op->cmd != cmd)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < op->min)
		return -EINVAL;
	if (size > IOCTL_BYTES_MAX)
		return -E2BIG;
	error = copy_struct_from_user(&buf, op->size, user, size);
	if (error)
		return error;
	/* It may have changed since it was checked. */
	buf.info.size = size;
	error = op->run(file, group, &buf);
	if (copy_to_user(user, &buf, min(size, op->size)))
		return -EFAULT;
	return error;
}
