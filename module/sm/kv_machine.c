// SPDX-License-Identifier: GPL-2.0
/*
 * kv: the table of operations.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include "kv.h"

static void *create(void)
{
	return kv_create();
}

static void destroy(void *state)
{
	kv_destroy(state);
}

static int compact(struct kv *kv, const struct quorum_kv_command *command,
		   struct quorum_reply *reply)
{
	u64 revision = le64_to_cpu(command->number);
	struct quorum_kv_reply *head;

	if (command->compares || command->thens || command->elses || command->lease)
		reply->error = -EINVAL;
	else if (revision > kv->revision)
		reply->error = -ERANGE;
	else if (revision <= kv->compacted)
		reply->error = -ESTALE;
	if (reply->error)
		return 0;
	kv_compact(kv, revision);
	head = kv_reply_add(reply, sizeof(*head));
	head->succeeded = cpu_to_le32(1);
	head->revision = cpu_to_le64(kv->revision);
	return 0;
}

static int apply(void *state, const struct quorum_command *command, struct quorum_reply *reply)
{
	struct kv_cursor cursor = { command->data, command->len };
	struct quorum_kv_command head;
	struct kv *kv = state;

	if (kv_take(&cursor, &head, sizeof(head))) {
		reply->error = -EINVAL;
		return 0;
	}
	if (head.type == cpu_to_le32(QUORUM_KV_TXN))
		return kv_txn(kv, &head, &cursor, reply);
	/* Only transactions have something behind the head. */
	if (cursor.left) {
		reply->error = -EINVAL;
		return 0;
	}
	switch (le32_to_cpu(head.type)) {
	case QUORUM_KV_LEASE_GRANT:
	case QUORUM_KV_LEASE_KEEPALIVE:
	case QUORUM_KV_LEASE_REVOKE:
	case QUORUM_KV_LEASE_EXPIRE:
		return kv_lease_command(kv, &head, command->index, reply);
	case QUORUM_KV_COMPACT:
		return compact(kv, &head, reply);
	default:
		reply->error = -EINVAL;
		return 0;
	}
}

static u64 bytes(void *state)
{
	const struct kv *kv = state;

	return kv->bytes;
}

struct quorum_machine_ops quorum_kv_ops = {
	.name = "kv",
	.owner = THIS_MODULE,
	.create = create,
	.destroy = destroy,
	.apply = apply,
	.query = kv_query,
	.tick = kv_tick,
	.snapshot_room = kv_snapshot_room,
	.snapshot_begin = kv_snapshot_begin,
	.snapshot_read = kv_snapshot_read,
	.snapshot_end = kv_snapshot_end,
	.restore_begin = kv_restore_begin,
	.restore_write = kv_restore_write,
	.restore_commit = kv_restore_commit,
	.restore_abort = kv_restore_abort,
	.hash = kv_hash,
	.bytes = bytes,
};
