/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_LIST_SORT_H
#define SHIM_LINUX_LIST_SORT_H

#include <linux/list.h>

typedef int (*list_cmp_func_t)(void *priv, const struct list_head *a,
			       const struct list_head *b);

/* Stable, by insertion. */
static inline void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *entry = head->next, *next, *at;

	for (; entry != head; entry = next) {
		next = entry->next;
		at = entry->prev;
		while (at != head && cmp(priv, at, entry) > 0)
			at = at->prev;
		list_del_init(entry);
		/* Behind @at. */
		list_add_tail(entry, at->next);
	}
}

#endif /* SHIM_LINUX_LIST_SORT_H */
