// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of state machines, after net/ipv4/tcp_cong.c.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include "sm.h"

static LIST_HEAD(sm_list);
static DEFINE_MUTEX(sm_lock);

static struct quorum_sm_ops *find(const char *name)
{
	struct quorum_sm_ops *ops;

	lockdep_assert_held(&sm_lock);
	list_for_each_entry(ops, &sm_list, list)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

/**
 * quorum_sm_register() - make a kind of state machine known
 * @ops: the kind; stays in use until quorum_sm_unregister()
 *
 * Context: process.
 * Return: 0; -EINVAL if a required operation is missing; -EEXIST name taken.
 */
int quorum_sm_register(struct quorum_sm_ops *ops)
{
	int error = 0;

	if (!ops->name || !ops->apply || (ops->init && !ops->release)) {
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

/* No group can use it any more: each pins the module that owns it. */
void quorum_sm_unregister(struct quorum_sm_ops *ops)
{
	mutex_lock(&sm_lock);
	list_del(&ops->list);
	mutex_unlock(&sm_lock);
}

const struct quorum_sm_ops *quorum_sm_get(const char *name)
{
	struct quorum_sm_ops *ops;

	mutex_lock(&sm_lock);
	ops = find(name);
	/* Our own kinds go with the groups; pinning ourselves would forbid rmmod. */
	if (ops && ops->owner != THIS_MODULE && !try_module_get(ops->owner))
		ops = NULL;
	mutex_unlock(&sm_lock);
	return ops;
}

void quorum_sm_put(const struct quorum_sm_ops *ops)
{
	if (ops->owner != THIS_MODULE)
		module_put(ops->owner);
}
