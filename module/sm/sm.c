// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of state machines, after net/ipv4/tcp_cong.c.
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include "../limits.h"
#include "counter.h"
#include "kv.h"
#include "sm.h"

static LIST_HEAD(sm_list);
static DEFINE_MUTEX(sm_lock);

static struct quorum_machine_ops * const own[] = {
	&quorum_log_ops, &quorum_kv_ops, &quorum_counter_ops,
};

static struct quorum_machine_ops *find(const char *name)
{
	struct quorum_machine_ops *ops;

	lockdep_assert_held(&sm_lock);
	list_for_each_entry(ops, &sm_list, list)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/* Snapshots go both ways or not at all. */
static bool is_complete(const struct quorum_machine_ops *ops)
{
	bool some = ops->snapshot_begin || ops->snapshot_read || ops->snapshot_end ||
		    ops->restore_begin || ops->restore_write || ops->restore_commit ||
		    ops->restore_abort;
	bool all = ops->snapshot_begin && ops->snapshot_read && ops->snapshot_end &&
		   ops->restore_begin && ops->restore_write && ops->restore_commit &&
		   ops->restore_abort;

	return ops->name && strlen(ops->name) <= QUORUM_NAME_LEN_MAX && ops->create &&
	       ops->destroy && ops->apply && some == all;
}

/**
 * quorum_machine_register() - make a kind of state machine known
 * @ops: the kind; stays in use until quorum_machine_unregister()
 *
 * Context: process.
 * Return: 0; -EINVAL if a required operation is missing; -EEXIST name taken.
 */
int quorum_machine_register(struct quorum_machine_ops *ops)
{
	int error = 0;

	if (!is_complete(ops)) {
		pr_err("state machine '%s' lacks a required operation\n",
		       ops->name ? ops->name : "?");
		return -EINVAL;
	}
	mutex_lock(&sm_lock);
	if (find(ops->name))
		error = -EEXIST;
	else
		list_add_tail(&ops->list, &sm_list);
	mutex_unlock(&sm_lock);
	return error;
}
EXPORT_SYMBOL_GPL(quorum_machine_register);

/**
 * quorum_machine_unregister() - the reverse
 * @ops: the kind
 *
 * No group can use it any more: each pins the module that owns it.
 */
void quorum_machine_unregister(struct quorum_machine_ops *ops)
{
	mutex_lock(&sm_lock);
	list_del(&ops->list);
	mutex_unlock(&sm_lock);
}
EXPORT_SYMBOL_GPL(quorum_machine_unregister);

const struct quorum_machine_ops *quorum_sm_get(const char *name)
{
	struct quorum_machine_ops *ops;

	mutex_lock(&sm_lock);
	ops = find(name);
	/* Our own kinds go with the groups; pinning ourselves would forbid rmmod. */
	if (ops && ops->owner != THIS_MODULE && !try_module_get(ops->owner))
		ops = NULL;
	mutex_unlock(&sm_lock);
	return ops;
}

void quorum_sm_put(const struct quorum_machine_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}

int quorum_sm_init(void)
{
	u32 i;
	int error;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		error = quorum_machine_register(own[i]);
		if (error)
			return error;
	}
	return 0;
}

void quorum_sm_exit(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(own); i++)
		quorum_machine_unregister(own[i]);
}
