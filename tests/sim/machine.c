// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a simulated node: the module's own `kv`, with its sessions
 * above it, and the commands and answers that clients exchange with it.
 *
 * Every command of a client begins with a condition that always holds and bears the
 * number of the operation, so that an entry of the log names it.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/quorum.h>
#include <linux/quorum_kv.h>
#include "sim.h"
#include "sm/kv.h"

enum {
	OP_MAGIC	= 0x51c0,	/* above any version of a key */
	KEY_BYTES	= 2,
	BULK_KEYS	= 16,
	VALUE_MIN	= 8,
	VALUE_MAX	= 60,
};

struct command {
	struct quorum_kv_command head;
	struct quorum_kv_compare compare;
	u8 compared[8];
	struct quorum_kv_op op;
	u8 data[];
};

static u8 reply_data[QUORUM_RESULT_BYTES_MAX];

void machine_reset(struct world *w, struct sim_node *node)
{
	quorum_machine_destroy(node->machine);
	node->machine = NULL;
}

void machine_start(struct world *w, struct sim_node *node)
{
	machine_reset(w, node);
	node->machine = quorum_machine_create(&quorum_kv_ops);
	if (IS_ERR(node->machine))
		sim_fail(w, node->id, "no memory for a machine");
}

/* ---- commands ---- */

static u32 put_session(u8 *buf, u32 op, u64 client, u64 seq)
{
	struct quorum_session_head head = {
		.op = cpu_to_le32(op), .client = cpu_to_le64(client), .seq = cpu_to_le64(seq),
	};

	memcpy(buf, &head, sizeof(head));
	return sizeof(head);
}

/* A command that opens a session.  Return: its bytes. */
u32 machine_open(u8 *buf)
{
	return put_session(buf, QUORUM_SESSION_OPEN, 0, 0);
}

/**
 * machine_command() - the command of an operation
 * @w: the world
 * @nr: number of the operation
 * @session: of its client, 0: none
 * @buf: SIM_COMMAND_MAX bytes
 *
 * Return: its bytes.
 */
u32 machine_command(struct world *w, u32 nr, u64 session, u8 *buf)
{
	const struct sim_op *op = &w->ops[nr];
	u32 at = session ? put_session(buf, QUORUM_SESSION_COMMAND, session, op->seq) : 0;
	u32 value = op->read ? 0 : VALUE_MIN + (u32)world_random(w, VALUE_MAX - VALUE_MIN), i;
	u32 size = (u32)sizeof(struct command) + ((KEY_BYTES + value + 7) & ~7U);
	struct command c = {};
	u8 *data = buf + at + sizeof(c);
	u64 rest = world_random(w, ~0ULL);

	c.head.type = cpu_to_le32(QUORUM_KV_TXN);
	c.head.compares = cpu_to_le32(1);
	c.head.thens = cpu_to_le32(1);
	c.compare.target = cpu_to_le32(QUORUM_KV_VERSION);
	c.compare.relation = cpu_to_le32(QUORUM_KV_NOT_EQUAL);
	c.compare.key_len = cpu_to_le32(KEY_BYTES);
	c.compare.number = cpu_to_le64((u64)OP_MAGIC << 32 | nr);
	c.compared[0] = 'k';
	c.compared[1] = '0' + op->key;
	c.op.type = cpu_to_le32(op->read ? QUORUM_KV_RANGE : QUORUM_KV_PUT);
	c.op.key_len = cpu_to_le32(KEY_BYTES);
	c.op.value_len = cpu_to_le32(value);
	memcpy(buf + at, &c, sizeof(c));
	memset(data, 0, size - sizeof(c));
	memcpy(data, c.compared, KEY_BYTES);
	for (i = 0; i < value; i++)
		data[KEY_BYTES + i] = i < 4 ? (u8)(nr >> (8 * i)) : (u8)(rest >> (i % 8 * 8));
	return at + size;
}

/* Something for the state to hold besides, in @size bytes: a put, or rubbish. */
void machine_bulk(struct world *w, u8 *buf, u32 size)
{
	struct quorum_kv_command head = {
		.type = cpu_to_le32(QUORUM_KV_TXN), .thens = cpu_to_le32(1),
	};
	struct quorum_kv_op op = {
		.type = cpu_to_le32(QUORUM_KV_PUT), .key_len = cpu_to_le32(KEY_BYTES),
	};
	const u32 fixed = sizeof(head) + sizeof(op) + 8;
	u64 seed = world_random(w, ~0ULL);
	u32 i;

	for (i = 0; i < size; i++)
		buf[i] = (u8)(seed >> (i % 8 * 8)) ^ (u8)(i / 8 * 31);
	if (size < fixed || size % 8 || seed % 4 == 0)
		return;
	op.value_len = cpu_to_le32(size - fixed + 8 - KEY_BYTES);
	memcpy(buf, &head, sizeof(head));
	memcpy(buf + sizeof(head), &op, sizeof(op));
	buf[fixed - 8] = 'b';
	buf[fixed - 7] = 'a' + seed % BULK_KEYS;
}

/* The operation an entry belongs to, 0: none. */
u32 machine_parse(struct world *w, const struct sim_entry *entry)
{
	u32 at = entry->e.type == RAFT_ENTRY_SESSION ? QUORUM_SESSION_HEAD_BYTES : 0;
	struct command c;
	u64 number;

	if ((entry->e.type != RAFT_ENTRY_SESSION && entry->e.type != RAFT_ENTRY_DATA) ||
	    entry->e.size < at + sizeof(c))
		return 0;
	memcpy(&c, entry->payload + at, sizeof(c));
	number = le64_to_cpu(c.compare.number);
	if (c.head.type != cpu_to_le32(QUORUM_KV_TXN) || c.head.compares != cpu_to_le32(1) ||
	    number >> 32 != OP_MAGIC || (u32)number >= w->ops_n)
		return 0;
	return (u32)number;
}

/* ---- answers ---- */

/* The operation that wrote the value which an answer shows, 0: there is none. */
static u32 shown(const struct quorum_reply *reply)
{
	const u32 at = sizeof(struct quorum_kv_reply) + sizeof(struct quorum_kv_result);
	struct quorum_kv_item item;
	u32 value = 0;

	if (reply->len < at + sizeof(item) + KEY_BYTES + VALUE_MIN)
		return 0;
	memcpy(&value, reply->data + at + sizeof(item) + KEY_BYTES, sizeof(value));
	return value;
}

/**
 * machine_apply() - apply one entry
 * @w: the world
 * @node: the node
 * @entry: the entry
 * @applied: set to whether it had an effect, and not an earlier copy of it
 * @verdict: set to the machine's verdict
 *
 * Return: what a read in it saw.
 */
u32 machine_apply(struct world *w, struct sim_node *node, const struct sim_entry *entry,
		  bool *applied, int *verdict)
{
	struct quorum_outcome out = {
		.reply.data = reply_data, .reply.room = sizeof(reply_data),
	};

	if (quorum_machine_apply(node->machine, &entry->e, entry->payload, &out))
		sim_fail(w, node->id, "entry %llu cannot be applied",
			 (unsigned long long)entry->e.index);
	*verdict = out.reply.error;
	*applied = !out.reply.error && out.index == entry->e.index;
	return shown(&out.reply);
}

/* What a key holds at this node now. */
u32 machine_read(struct world *w, struct sim_node *node, u8 key)
{
	struct quorum_reply reply = { .data = reply_data, .room = sizeof(reply_data) };
	struct {
		struct quorum_kv_query query;
		u8 key[8];
	} q = {
		.query.type = cpu_to_le32(QUORUM_KV_RANGE),
		.query.key_len = cpu_to_le32(KEY_BYTES),
		.key = { 'k', '0' + key },
	};
	u64 applied;

	if (quorum_machine_query(node->machine, &q, sizeof(q), &reply, &applied) ||
	    applied != node->applied)
		sim_fail(w, node->id, "a question was not answered");
	return shown(&reply);
}

u64 machine_hash(struct sim_node *node)
{
	u64 applied;

	return quorum_machine_hash(node->machine, &applied) | 1;
}

/* ---- snapshots ---- */

/* The state as it is.  Return: its bytes, in @data, which the pool has to get back. */
u32 machine_save(struct world *w, struct sim_node *node, u8 **data)
{
	u64 cap = 0, index, term;
	u32 size = 0;
	ssize_t n;

	*data = pool_grow(w, NULL, &cap, SIM_SNAPSHOT_MAX, 1);
	if (quorum_machine_snapshot_begin(node->machine, &index, &term) ||
	    index != node->applied) {
		sim_fail(w, node->id, "no snapshot can be taken");
		return 0;
	}
	do {
		n = quorum_machine_snapshot_read(node->machine, *data + size,
						 min_t(u64, cap - size, 700));
		size += n > 0 ? (u32)n : 0;
	} while (n > 0 && size < cap);
	quorum_machine_snapshot_end(node->machine);
	if (n)
		sim_fail(w, node->id, "a snapshot cannot be read to its end");
	return size;
}

void machine_restore(struct world *w, struct sim_node *node, const u8 *data, u32 size,
		     u64 index, u64 term)
{
	u32 at, part;
	int error;

	error = quorum_machine_restore_begin(node->machine, size);
	for (at = 0; !error && at < size; at += part) {
		part = min_t(u32, size - at, 1000);
		error = quorum_machine_restore_write(node->machine, data + at, part);
	}
	if (!error)
		error = quorum_machine_restore_commit(node->machine, index, term);
	if (error)
		sim_fail(w, node->id, "snapshot %llu cannot be restored: %d",
			 (unsigned long long)index, error);
}
