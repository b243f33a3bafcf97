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
#include "../sm/machine.h"
#include "ioctl.h"

/* No struct will ever be longer; so a wild size does not make the kernel read on. */
enum { IOCTL_BYTES_MAX = 4096 };

union ioctl_arg {
	struct quorum_info info;
	struct quorum_propose propose;
	struct quorum_barrier barrier;
	struct quorum_query query;
	struct quorum_snapshot snapshot;
	struct quorum_watch watch;
	struct quorum_digest digest;
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

/* A command has a payload; what only opens or ends a session has none. */
static int check_op(const struct quorum_propose *p)
{
	switch (p->op) {
	case 0:
		return p->len && !p->client && !p->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_COMMAND:
		return p->len && p->client && p->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_OPEN:
		return !p->len && !p->client && !p->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_CLOSE:
		return !p->len && p->client && !p->seq ? 0 : -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
}

static int ioctl_propose(struct file *file, struct quorum_group *group,
			 union ioctl_arg *arg)
{
	struct quorum_propose *p = &arg->propose;
	struct quorum_proposal proposal = {
		.timeout_ns = p->timeout_ns,
		.nonblock = file->f_flags & O_NONBLOCK,
	};
	struct iov_iter from, result;
	void __user *data;
	int error;

	p->verdict = 0;
	p->result_len = 0;
	p->outcome = QUORUM_OUTCOME_NONE;
	p->index = 0;
	p->term = 0;
	p->tag = 0;
	/* read(2)-only files may not propose, whatever call they come through. */
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (p->flags)
		return -EOPNOTSUPP;
	error = check_op(p);
	if (error)
		return error;
	if (p->len > QUORUM_ENTRY_BYTES_MAX)
		return -EMSGSIZE;
	data = u64_to_user_ptr(p->data);
	if (!access_ok(data, p->len))
		return -EFAULT;
	iov_iter_ubuf(&from, ITER_SOURCE, data, p->len);
	proposal.op = p->op;
	proposal.client = p->client;
	proposal.seq = p->seq;
	if (p->result) {
		data = u64_to_user_ptr(p->result);
		if (!access_ok(data, p->result_room))
			return -EFAULT;
		iov_iter_ubuf(&result, ITER_DEST, data, p->result_room);
		proposal.result = &result;
	}
	error = quorum_group_propose(group, &from, &proposal);
	p->outcome = proposal.outcome;
	/* Handed in and not waited for: nobody knows yet. */
	if (!error && proposal.nonblock)
		p->outcome = QUORUM_OUTCOME_UNKNOWN;
	p->index = proposal.index;
	p->term = proposal.term;
	p->tag = proposal.tag;
	p->verdict = -proposal.verdict;
	p->result_len = proposal.result_len;
	return error;
}

static int ioctl_query(struct file *file, struct quorum_group *group, union ioctl_arg *arg)
{
	struct quorum_query *q = &arg->query;
	struct quorum_question question = {
		.len = q->len,
		.stale = q->flags & QUORUM_QUERY_STALE,
		.after = q->after,
		.timeout_ns = q->timeout_ns,
		.reply.room = min_t(u32, q->reply_room, QUORUM_REPLY_BYTES_MAX),
	};
	void *request, *reply;
	int error = 0;

	q->reply_len = 0;
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (q->flags & ~QUORUM_QUERY_STALE)
		return -EOPNOTSUPP;
	if (q->__reserved)
		return -EINVAL;
	if (q->len > QUORUM_ENTRY_BYTES_MAX)
		return -EMSGSIZE;
	request = vmemdup_user(u64_to_user_ptr(q->request), q->len);
	if (IS_ERR(request))
		return PTR_ERR(request);
	reply = kvmalloc(question.reply.room, GFP_KERNEL_ACCOUNT);
	if (!reply) {
		error = -ENOMEM;
		goto free_request;
	}
	question.request = request;
	question.reply.data = reply;
	error = quorum_group_query(group, &question);
	if (!error && copy_to_user(u64_to_user_ptr(q->reply), reply, question.reply.len))
		error = -EFAULT;
	q->reply_len = question.reply.len;
	q->index = question.index;
	kvfree(reply);
free_request:
	kvfree(request);
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

static int check_snapshot(const struct file *file, const struct quorum_snapshot *s,
			  fmode_t mode)
{
	if (!(file->f_mode & mode))
		return -EBADF;
	if (s->flags)
		return -EOPNOTSUPP;
	return s->__reserved ? -EINVAL : 0;
}

static int ioctl_snap_begin(struct file *file, struct quorum_group *group,
			    union ioctl_arg *arg)
{
	struct quorum_snapshot *s = &arg->snapshot;
	int error = check_snapshot(file, s, FMODE_WRITE);

	if (error)
		return error;
	return quorum_group_snapshot_begin(group, file, &s->index, &s->term);
}

static int ioctl_snap_write(struct file *file, struct quorum_group *group,
			    union ioctl_arg *arg)
{
	struct quorum_snapshot *s = &arg->snapshot;
	int error = check_snapshot(file, s, FMODE_WRITE);

	if (error)
		return error;
	return quorum_group_snapshot_write(group, file, u64_to_user_ptr(s->data), s->len);
}

static int ioctl_snap_commit(struct file *file, struct quorum_group *group,
			     union ioctl_arg *arg)
{
	struct quorum_snapshot *s = &arg->snapshot;
	int error = check_snapshot(file, s, FMODE_WRITE);

	if (error)
		return error;
	return quorum_group_snapshot_commit(group, file, s->index);
}

static int ioctl_snap_read(struct file *file, struct quorum_group *group,
			   union ioctl_arg *arg)
{
	struct quorum_snapshot *s = &arg->snapshot;
	u32 room = min_t(u32, s->len, QUORUM_REPLY_BYTES_MAX);
	int error = check_snapshot(file, s, FMODE_READ);
	void *buf;

	s->len = 0;
	if (error)
		return error;
	buf = kvmalloc(max(room, 1U), GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	error = quorum_group_snapshot_read(group, &s->index, &s->term, s->offset, buf, room,
					   &s->len);
	if (!error && copy_to_user(u64_to_user_ptr(s->data), buf, s->len))
		error = -EFAULT;
	kvfree(buf);
	return error;
}

static int ioctl_digest(struct file *file, struct quorum_group *group, union ioctl_arg *arg)
{
	struct quorum_machine_digest digest;
	struct quorum_digest *d = &arg->digest;
	int error;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (d->flags)
		return -EOPNOTSUPP;
	if (d->__reserved)
		return -EINVAL;
	error = quorum_group_digest(group, &digest);
	if (error)
		return error;
	d->hash = digest.hash;
	d->index = digest.index;
	d->bytes = digest.bytes;
	d->sessions = digest.sessions;
	return 0;
}

static int ioctl_watch(struct file *file, struct quorum_group *group, union ioctl_arg *arg)
{
	struct quorum_watch *w = &arg->watch;
	void *request;
	int error;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (w->flags & ~QUORUM_QUERY_STALE)
		return -EOPNOTSUPP;
	if (w->__reserved)
		return -EINVAL;
	if (w->len > QUORUM_ENTRY_BYTES_MAX)
		return -EMSGSIZE;
	request = vmemdup_user(u64_to_user_ptr(w->request), w->len);
	if (IS_ERR(request))
		return PTR_ERR(request);
	error = quorum_chardev_watch(file, request, w->len, w->flags & QUORUM_QUERY_STALE,
				     w->timeout_ns, &w->from);
	kvfree(request);
	return error;
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
	IOCTL_OP(QUORUM_IOC_QUERY, ioctl_query, quorum_query, index),
	IOCTL_OP(QUORUM_IOC_DIGEST, ioctl_digest, quorum_digest, sessions),
	IOCTL_OP(QUORUM_IOC_WATCH, ioctl_watch, quorum_watch, from),
	IOCTL_OP(QUORUM_IOC_SNAP_BEGIN, ioctl_snap_begin, quorum_snapshot, data),
	IOCTL_OP(QUORUM_IOC_SNAP_WRITE, ioctl_snap_write, quorum_snapshot, data),
	IOCTL_OP(QUORUM_IOC_SNAP_COMMIT, ioctl_snap_commit, quorum_snapshot, data),
	IOCTL_OP(QUORUM_IOC_SNAP_READ, ioctl_snap_read, quorum_snapshot, data),
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
