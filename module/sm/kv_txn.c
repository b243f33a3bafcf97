// SPDX-License-Identifier: GPL-2.0
/*
 * kv: transactions.  Compares decide between two lists of operations; those of the
 * chosen list are done in order, all or none, in one revision.
 *
 * What can fail is asked first: the bytes, the leases, the room, the memory.  The
 * second pass over the same bytes then cannot.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "kv.h"

/* An operation of the chosen list, and what its put has been given. */
struct kv_step {
	struct kv_op op;
	struct kv_item *item;
};

/**
 * struct kv_plan - what is going to be done
 * @steps: the chosen list
 * @n: its length
 * @succeeded: it is the then-list
 */
struct kv_plan {
	struct kv_step *steps;
	u32 n;
	bool succeeded;
};

static bool relation_holds(int order, u32 relation)
{
	switch (relation) {
	case QUORUM_KV_EQUAL:
		return !order;
	case QUORUM_KV_NOT_EQUAL:
		return order;
	case QUORUM_KV_LESS:
		return order < 0;
	default:
		return order > 0;
	}
}

static bool holds(const struct kv *kv, const struct kv_compare *compare)
{
	const struct kv_item *item = kv_find(kv, compare->key);
	u64 number = 0;

	if (compare->target == QUORUM_KV_VALUE)
		return item && relation_holds(kv_bytes_compare(kv_value(item), compare->value),
					      compare->relation);
	if (item && compare->target == QUORUM_KV_VERSION)
		number = item->version;
	else if (item && compare->target == QUORUM_KV_CREATE)
		number = item->create;
	else if (item && compare->target == QUORUM_KV_MODIFY)
		number = item->modify;
	else if (item)
		number = item->lease;
	return relation_holds(number < compare->number ? -1 : number > compare->number,
			      compare->relation);
}

/* Check all bytes and take the chosen list apart. */
static int take_lists(const struct kv *kv, const struct quorum_kv_command *head,
		      struct kv_cursor *cursor, struct kv_plan *plan)
{
	u32 compares = le32_to_cpu(head->compares);
	u32 thens = le32_to_cpu(head->thens);
	u32 elses = le32_to_cpu(head->elses);
	struct kv_compare compare;
	struct kv_op op;
	u32 i;

	if (compares > QUORUM_KV_OPS_MAX || thens > QUORUM_KV_OPS_MAX ||
	    elses > QUORUM_KV_OPS_MAX || head->lease || head->number)
		return -EINVAL;
	plan->succeeded = true;
	for (i = 0; i < compares; i++) {
		if (kv_take_compare(cursor, &compare))
			return -EINVAL;
		plan->succeeded &= holds(kv, &compare);
	}
	for (i = 0; i < thens + elses; i++) {
		if (kv_take_op(cursor, &op))
			return -EINVAL;
		if (plan->succeeded == (i < thens))
			plan->steps[plan->n++].op = op;
	}
	return cursor->left ? -EINVAL : 0;
}

/* Do the leases exist, and is there room?  What is deleted on the way is not counted. */
static int check_room(const struct kv *kv, const struct kv_plan *plan)
{
	u64 growth = 0;
	u32 i;

	for (i = 0; i < plan->n; i++) {
		const struct kv_op *op = &plan->steps[i].op;
		const struct kv_item *old;
		u64 bytes, before;

		if (op->type != QUORUM_KV_PUT)
			continue;
		if (op->lease && !kv_lease_find(kv, op->lease))
			return -ENOENT;
		old = kv_find(kv, op->range.key);
		bytes = kv_item_bytes(op->range.key.len, op->value.len);
		before = old ? kv_item_bytes(old->key_len, old->value_len) : 0;
		growth += bytes > before ? bytes - before : 0;
	}
	return growth && kv->bytes + growth > QUORUM_KV_BYTES_MAX ? -ENOSPC : 0;
}

static int make_items(struct kv_plan *plan)
{
	u32 i;

	for (i = 0; i < plan->n; i++) {
		struct kv_step *step = &plan->steps[i];

		if (step->op.type != QUORUM_KV_PUT)
			continue;
		step->item = kv_item_create(step->op.range.key, step->op.value);
		if (!step->item)
			return -ENOMEM;
	}
	return 0;
}

static void do_put(struct kv *kv, struct kv_step *step, struct quorum_kv_result *result,
		   struct quorum_reply *reply, u32 spare)
{
	struct kv_item *item = step->item, *old = kv_find(kv, step->op.range.key);

	step->item = NULL;
	item->lease = step->op.lease;
	if (old && step->op.flags & QUORUM_KV_KEEP_LEASE)
		item->lease = old->lease;
	item->create = old ? old->create : kv->revision;
	item->version = old ? old->version + 1 : 1;
	item->modify = kv->revision;
	if (old && step->op.flags & QUORUM_KV_PREVIOUS) {
		if (kv_reply_item(reply, old, true, spare))
			result->items = cpu_to_le32(1);
		else
			result->flags = cpu_to_le32(QUORUM_KV_MORE);
	}
	kv_insert(kv, item, old);
	kv_record(kv, item, false);
}

static void do_delete(struct kv *kv, struct kv_step *step, struct quorum_kv_result *result,
		      struct quorum_reply *reply, u32 spare)
{
	struct kv_item *item, *next;
	u64 deleted = 0;
	u32 items = 0;

	for (item = kv_range_first(kv, &step->op.range); item; item = next) {
		next = kv_range_next(item, &step->op.range);
		if (step->op.flags & QUORUM_KV_PREVIOUS && !result->flags) {
			if (kv_reply_item(reply, item, true, spare))
				items++;
			else
				result->flags = cpu_to_le32(QUORUM_KV_MORE);
		}
		kv_record(kv, item, true);
		kv_remove(kv, item);
		deleted++;
	}
	result->items = cpu_to_le32(items);
	result->count = cpu_to_le64(deleted);
}

/* Will the plan change anything?  Then it gets a revision of its own. */
static bool changes(const struct kv *kv, const struct kv_plan *plan)
{
	u32 i;

	for (i = 0; i < plan->n; i++)
		if (plan->steps[i].op.type == QUORUM_KV_PUT ||
		    (plan->steps[i].op.type == QUORUM_KV_DELETE &&
		     kv_range_first(kv, &plan->steps[i].op.range)))
			return true;
	return false;
}

static void carry_out(struct kv *kv, struct kv_plan *plan, struct quorum_reply *reply)
{
	struct quorum_kv_reply *head = kv_reply_add(reply, sizeof(*head));
	bool changed = changes(kv, plan);
	u32 i, spare;

	if (changed)
		kv->revision++;
	for (i = 0; i < plan->n; i++) {
		struct kv_step *step = &plan->steps[i];
		struct quorum_kv_result *result;

		/* The heads of the results to come always have room. */
		spare = (plan->n - 1 - i) * sizeof(*result);
		if (step->op.type == QUORUM_KV_RANGE) {
			kv_range_reply(kv, &step->op.range, step->op.flags, step->op.limit,
				       reply, spare, NULL);
			continue;
		}
		result = kv_reply_add(reply, sizeof(*result));
		result->type = cpu_to_le32(step->op.type);
		if (step->op.type == QUORUM_KV_PUT)
			do_put(kv, step, result, reply, spare);
		else
			do_delete(kv, step, result, reply, spare);
	}
	head->succeeded = cpu_to_le32(plan->succeeded);
	head->results = cpu_to_le32(plan->n);
	head->revision = cpu_to_le64(kv->revision);
}

/**
 * kv_txn() - do a transaction
 * @kv: the state
 * @head: its head, taken already
 * @cursor: the bytes behind it
 * @reply: the answer, or in @reply->error why nothing was done
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int kv_txn(struct kv *kv, const struct quorum_kv_command *head, struct kv_cursor *cursor,
	   struct quorum_reply *reply)
{
	struct kv_plan plan = {};
	int error = 0;
	u32 i;

	plan.steps = kvcalloc(QUORUM_KV_OPS_MAX, sizeof(*plan.steps), GFP_KERNEL);
	if (!plan.steps)
		return -ENOMEM;
	reply->error = take_lists(kv, head, cursor, &plan);
	if (!reply->error)
		reply->error = check_room(kv, &plan);
	if (!reply->error)
		error = make_items(&plan);
	if (!error && !reply->error)
		carry_out(kv, &plan, reply);
	for (i = 0; i < plan.n; i++)
		if (plan.steps[i].item)
			kv_item_put(plan.steps[i].item);
	kvfree(plan.steps);
	return error;
}
