/* SPDX-License-Identifier: GPL-2.0 */
/* Keys of a range as they are at one revision, however many answers that takes. */
#ifndef QUORUM_KV_LIST_H
#define QUORUM_KV_LIST_H

#include "kv_client.h"

/**
 * struct kv_list - keys in their order
 * @items: each allocated
 * @n: how many
 * @room: for how many there is room
 * @revision: of the store, at which they are so
 */
struct kv_list {
	struct quorum_kv_item **items;
	size_t n;
	size_t room;
	uint64_t revision;
};

/**
 * kv_list_ask() - ask for all pages of a range
 * @kv: the group
 * @question: of type QUORUM_KV_RANGE; its limit is not looked at
 * @limit: most keys, 0: all
 * @list: set; to be freed with kv_list_free(), whatever is returned
 *
 * The pages are of several revisions; what changed from one to the next is in the
 * history of the store, and done here as well.  Starts anew where that was compacted.
 *
 * Return: 0; -ESTALE the store changes faster than it is listed; or as kv_ask_for().
 */
int kv_list_ask(struct kv_client *kv, const struct kv_question *question, uint64_t limit,
		struct kv_list *list);
void kv_list_free(struct kv_list *list);

#endif /* QUORUM_KV_LIST_H */
