// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine `log`: user space applies.  The log itself is the state;
 * read(2) on the group's device is how it is consumed.
 */
#include <linux/module.h>
#include "sm.h"

static void log_apply(void *state, const struct raft_entry *entry, const void *payload)
{
	/* Readers are woken by the runtime once the entry counts as applied. */
}

static struct quorum_sm_ops log_ops = {
	.name = "log",
	.owner = THIS_MODULE,
	.apply = log_apply,
};

int quorum_sm_log_init(void)
{
	return quorum_sm_register(&log_ops);
}

void quorum_sm_log_exit(void)
{
	quorum_sm_unregister(&log_ops);
}
