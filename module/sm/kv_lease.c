// SPDX-License-Identifier: GPL-2.0
/*
 * kv: leases.
 *
 * A lease is granted, kept alive and revoked by commands.  That its time is over is
 * decided by the leader's clock alone, and happens when the leader's command is
 * applied, on all members at the same index.  The command names how often the lease
 * had been kept alive: a keepalive that got into the log before it wins.
 *
 * Deadlines are not replicated.  A new leader gives every lease its whole time
 * again: holders may live longer by that, never shorter.
 */
#include <linux/errno.h>
#include <linux/list_sort.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kv.h"

#define NS_PER_MS		1000000ULL
/* An expiry that was proposed and is not applied by then is proposed again. */
#define EXPIRE_AGAIN_NS		(1000 * NS_PER_MS)

struct kv_lease *kv_lease_find(const struct kv *kv, u64 id)
{
	struct rb_node *node = kv->leases.rb_node;

	while (node) {
		struct kv_lease *lease = rb_entry(node, struct kv_lease, node);

		if (id == lease->id)
			return lease;
		node = id < lease->id ? node->rb_left : node->rb_right;
	}
	return NULL;
}

/* A lease of an id that is not there; NULL: no memory. */
struct kv_lease *kv_lease_create(struct kv *kv, u64 id, u64 ttl_ms)
{
	struct rb_node **link = &kv->leases.rb_node, *parent = NULL;
	struct kv_lease *lease = kvzalloc(sizeof(*lease), GFP_KERNEL);

	if (!lease)
		return NULL;
	INIT_LIST_HEAD(&lease->items);
	lease->id = id;
	lease->ttl_ms = ttl_ms;
	lease->renewed = true;
	while (*link) {
		parent = *link;
		link = id < rb_entry(parent, struct kv_lease, node)->id ? &parent->rb_left :
									  &parent->rb_right;
	}
	rb_link_node(&lease->node, parent, link);
	rb_insert_color(&lease->node, &kv->leases);
	kv->nleases++;
	return lease;
}

/* Its items stay, and belong to no lease any more. */
void kv_lease_free(struct kv *kv, struct kv_lease *lease)
{
	struct kv_item *item, *next;

	list_for_each_entry_safe(item, next, &lease->items, attached)
		list_del_init(&item->attached);
	rb_erase(&lease->node, &kv->leases);
	kv->nleases--;
	kvfree(lease);
}

static int by_key(void *priv, const struct list_head *a, const struct list_head *b)
{
	return kv_bytes_compare(kv_key(list_entry(a, struct kv_item, attached)),
				kv_key(list_entry(b, struct kv_item, attached)));
}

/*
 * With its keys, all in one revision; in the order of the keys, since that of the
 * list does not survive a snapshot.
 */
static void revoke(struct kv *kv, struct kv_lease *lease)
{
	struct kv_item *item, *next;

	if (lease->keys)
		kv->revision++;
	list_sort(NULL, &lease->items, by_key);
	list_for_each_entry_safe(item, next, &lease->items, attached) {
		kv_record(kv, item, true);
		kv_remove(kv, item);
	}
	kv_lease_free(kv, lease);
}

static void answer(const struct kv *kv, struct quorum_reply *reply, u64 id, u64 ttl_ms)
{
	struct quorum_kv_reply *head = kv_reply_add(reply, sizeof(*head));

	head->succeeded = cpu_to_le32(1);
	head->revision = cpu_to_le64(kv->revision);
	head->lease = cpu_to_le64(id);
	head->number = cpu_to_le64(ttl_ms);
}

static int grant(struct kv *kv, const struct quorum_kv_command *head, u64 index,
		 struct quorum_reply *reply)
{
	u64 ttl_ms = le64_to_cpu(head->number);

	if (head->lease || ttl_ms < QUORUM_KV_TTL_MS_MIN || ttl_ms > QUORUM_KV_TTL_MS_MAX ||
	    kv_lease_find(kv, index))
		reply->error = -EINVAL;
	else if (kv->nleases >= QUORUM_KV_LEASES_MAX)
		reply->error = -EUSERS;
	if (reply->error)
		return 0;
	if (!kv_lease_create(kv, index, ttl_ms))
		return -ENOMEM;
	answer(kv, reply, index, ttl_ms);
	return 0;
}

/**
 * kv_lease_command() - grant, keep alive, revoke or expire a lease
 * @kv: the state
 * @head: the command
 * @index: of its entry; becomes the id of a granted lease
 * @reply: the answer
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int kv_lease_command(struct kv *kv, const struct quorum_kv_command *head, u64 index,
		     struct quorum_reply *reply)
{
	u32 type = le32_to_cpu(head->type);
	u64 id = le64_to_cpu(head->lease);
	struct kv_lease *lease;
	u64 ttl_ms;

	if (head->compares || head->thens || head->elses ||
	    (head->number && type != QUORUM_KV_LEASE_GRANT && type != QUORUM_KV_LEASE_EXPIRE)) {
		reply->error = -EINVAL;
		return 0;
	}
	if (type == QUORUM_KV_LEASE_GRANT)
		return grant(kv, head, index, reply);
	lease = kv_lease_find(kv, id);
	if (!lease) {
		reply->error = -ENOENT;
		return 0;
	}
	ttl_ms = lease->ttl_ms;
	if (type == QUORUM_KV_LEASE_KEEPALIVE) {
		lease->renewals++;
		lease->renewed = true;
	} else if (type == QUORUM_KV_LEASE_REVOKE ||
		   lease->renewals == le64_to_cpu(head->number)) {
		revoke(kv, lease);
	} else {
		reply->error = -EAGAIN;
		return 0;
	}
	answer(kv, reply, id, ttl_ms);
	return 0;
}

static u64 deadline(u64 now, u64 ttl_ms)
{
	return now + ttl_ms * NS_PER_MS;
}

/**
 * kv_tick() - on the leader: propose that a lease expires
 * @state: struct kv
 * @now: ns of a clock that counts suspend
 * @fresh: the first call of this leadership
 * @reply: gets at most one command
 * @next: when to call again, at the latest
 */
void kv_tick(void *state, u64 now, bool fresh, struct quorum_reply *reply, u64 *next)
{
	struct kv_lease *lease, *over = NULL;
	struct quorum_kv_command *command;
	struct kv *kv = state;
	struct rb_node *node;

	*next = ~0ULL;
	for (node = rb_first(&kv->leases); node; node = rb_next(node)) {
		lease = rb_entry(node, struct kv_lease, node);
		/* Counted from here, which is after it was asked for: never too short. */
		if (fresh || lease->renewed)
			lease->deadline = deadline(now, lease->ttl_ms);
		lease->renewed = false;
		if (!over && lease->deadline <= now)
			over = lease;
		else
			*next = min(*next, lease->deadline);
	}
	if (!over)
		return;
	command = kv_reply_add(reply, sizeof(*command));
	if (!command)
		return;
	command->type = cpu_to_le32(QUORUM_KV_LEASE_EXPIRE);
	command->lease = cpu_to_le64(over->id);
	command->number = cpu_to_le64(over->renewals);
	over->deadline = now + EXPIRE_AGAIN_NS;
	*next = min(*next, over->deadline);
}
