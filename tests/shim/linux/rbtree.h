/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User space: the calls of the kernel's rbtree on a plain binary search tree.  The
 * order is the same, the balance is missing: enough for tests.
 */
#ifndef SHIM_LINUX_RBTREE_H
#define SHIM_LINUX_RBTREE_H

#include <linux/container_of.h>
#include <linux/stddef.h>

struct rb_node {
	struct rb_node *parent;
	struct rb_node *rb_left;
	struct rb_node *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

#define RB_ROOT			((struct rb_root){ NULL })
#define RB_EMPTY_ROOT(root)	(!(root)->rb_node)
#define rb_entry(ptr, type, member) container_of(ptr, type, member)

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	(void)node;
	(void)root;
}

static inline struct rb_node *shim_rb_end(struct rb_node *node, int right)
{
	while (node && (right ? node->rb_right : node->rb_left))
		node = right ? node->rb_right : node->rb_left;
	return node;
}

static inline struct rb_node *rb_first(const struct rb_root *root)
{
	return shim_rb_end(root->rb_node, 0);
}

static inline struct rb_node *rb_last(const struct rb_root *root)
{
	return shim_rb_end(root->rb_node, 1);
}

static inline struct rb_node *rb_next(const struct rb_node *node)
{
	if (node->rb_right)
		return shim_rb_end(node->rb_right, 0);
	while (node->parent && node == node->parent->rb_right)
		node = node->parent;
	return node->parent;
}

/* Put @new, or nothing, where @old is. */
static inline void shim_rb_change(struct rb_node *old, struct rb_node *new,
				  struct rb_root *root)
{
	if (!old->parent)
		root->rb_node = new;
	else if (old->parent->rb_left == old)
		old->parent->rb_left = new;
	else
		old->parent->rb_right = new;
	if (new)
		new->parent = old->parent;
}

static inline void rb_replace_node(struct rb_node *old, struct rb_node *new,
				   struct rb_root *root)
{
	*new = *old;
	shim_rb_change(old, new, root);
	if (new->rb_left)
		new->rb_left->parent = new;
	if (new->rb_right)
		new->rb_right->parent = new;
}

static inline void rb_erase(struct rb_node *node, struct rb_root *root)
{
	struct rb_node *next;

	if (!node->rb_left) {
		shim_rb_change(node, node->rb_right, root);
	} else if (!node->rb_right) {
		shim_rb_change(node, node->rb_left, root);
	} else {
		next = shim_rb_end(node->rb_right, 0);
		shim_rb_change(next, next->rb_right, root);
		rb_replace_node(node, next, root);
	}
}

#endif /* SHIM_LINUX_RBTREE_H */
