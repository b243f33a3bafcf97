// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine `log`: user space applies.  The log itself is the state;
 * read(2) on the group's device is how it is consumed.
 */
#include <linux/module.h>
#include "sm.h"

static int nothing;

static void *log_create(void)
{
	return &nothing;
}

static void log_destroy(void *state)
{
}

static int log_apply(void *state, const struct quorum_command *command,
		     struct quorum_reply *reply)
{
	/* Readers are woken by the runtime once the entry counts as applied. */
	return 0;
}

/*
 * Snapshots: the state is user space's, and so are the bytes (../handin.c).  The
 * kernel neither makes nor understands any.
 */
static void *log_snapshot_begin(void *state, void *room)
{
	return &nothing;
}

static ssize_t log_snapshot_read(void *state, void *snapshot, void *buf, size_t room)
{
	return 0;
}

static void log_snapshot_end(void *state, void *snapshot)
{
}

static void *log_restore_begin(void *state)
{
	return &nothing;
}

static int log_restore_write(void *state, void *restore, const void *buf, size_t len)
{
	return 0;
}

static int log_restore_commit(void *state, void *restore)
{
	return 0;
}

static void log_restore_abort(void *state, void *restore)
{
}

struct quorum_machine_ops quorum_log_ops = {
	.name = "log",
	.owner = THIS_MODULE,
	.create = log_create,
	.destroy = log_destroy,
	.apply = log_apply,
	.snapshot_begin = log_snapshot_begin,
	.snapshot_read = log_snapshot_read,
	.snapshot_end = log_snapshot_end,
	.restore_begin = log_restore_begin,
	.restore_write = log_restore_write,
	.restore_commit = log_restore_commit,
	.restore_abort = log_restore_abort,
};
