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

struct quorum_machine_ops quorum_log_ops = {
	.name = "log",
	.owner = THIS_MODULE,
	.create = log_create,
	.destroy = log_destroy,
	.apply = log_apply,
};
