// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine `counter`: one number.  A command is a decimal number, perhaps
 * with a minus, that is added; the answer to it, and to every question, is the sum.
 *
 * It is here to be read: this is all that a machine needs.  Copy it, give it another
 * name, and register it from a module of your own; a group
 * whose configuration says `machine = NAME` then runs it.
 *
 * The rule that matters: the state is a function of the commands.  No clock, no
 * randomness, no memory address may show, or members drift apart.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/quorum_machine.h>
#include "counter.h"

struct counter {
	s64 sum;
};

static void *counter_create(void)
{
	struct counter *c = kvzalloc(sizeof(*c), GFP_KERNEL);

	return c ? c : ERR_PTR(-ENOMEM);
}

static void counter_destroy(void *state)
{
	kvfree(state);
}

/* A command may be anything: users write it.  False if it is no number. */
static bool parse(const char *text, u32 len, s64 *value)
{
	bool negative = len && *text == '-';
	u64 sum = 0;
	u32 i;

	if (len == negative || len > 18)
		return false;
	for (i = negative; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		sum = 10 * sum + (text[i] - '0');
	}
	*value = negative ? -(s64)sum : (s64)sum;
	return true;
}

/* The sum in decimal; there is always room for it. */
static void answer(s64 sum, struct quorum_reply *reply)
{
	u64 left = sum < 0 ? 0 - (u64)sum : sum;
	char text[24];
	u32 at = sizeof(text);

	do {
		text[--at] = '0' + left % 10;
		left /= 10;
	} while (left);
	if (sum < 0)
		text[--at] = '-';
	reply->len = sizeof(text) - at;
	memcpy(reply->data, text + at, reply->len);
}

/* What is wrong with a command is the proposer's business: not 0 would end the group. */
static int counter_apply(void *state, const struct quorum_command *command,
			 struct quorum_reply *reply)
{
	struct counter *c = state;
	s64 value;

	if (!parse(command->data, command->len, &value)) {
		reply->error = -EINVAL;
		return 0;
	}
	c->sum = (u64)c->sum + (u64)value;
	answer(c->sum, reply);
	return 0;
}

static int counter_query(void *state, const void *request, u32 len, struct quorum_reply *reply)
{
	const struct counter *c = state;

	if (reply->room < 24)
		return -EMSGSIZE;
	answer(c->sum, reply);
	return 0;
}

/* ---- snapshots: of one number, so it is simply copied ---- */

struct counter_stream {
	__le64 sum;
	u32 done;	/* bytes of @sum read or written */
};

static size_t counter_snapshot_room(const void *state)
{
	return sizeof(struct counter_stream);
}

static void *counter_snapshot_begin(void *state, void *room)
{
	const struct counter *c = state;
	struct counter_stream *s = room;

	s->sum = cpu_to_le64(c->sum);
	return s;
}

static ssize_t counter_snapshot_read(void *state, void *snapshot, void *buf, size_t room)
{
	struct counter_stream *s = snapshot;
	size_t n = min_t(size_t, room, sizeof(s->sum) - s->done);

	memcpy(buf, (u8 *)&s->sum + s->done, n);
	s->done += n;
	return n;
}

static void counter_snapshot_end(void *state, void *snapshot)
{
}

static void *counter_restore_begin(void *state)
{
	struct counter_stream *s = kvzalloc(sizeof(*s), GFP_KERNEL);

	return s ? s : ERR_PTR(-ENOMEM);
}

static int counter_restore_write(void *state, void *restore, const void *buf, size_t len)
{
	struct counter_stream *s = restore;

	if (len > sizeof(s->sum) - s->done)
		return -EBADMSG;
	memcpy((u8 *)&s->sum + s->done, buf, len);
	s->done += len;
	return 0;
}

static void counter_restore_abort(void *state, void *restore)
{
	kvfree(restore);
}

static int counter_restore_commit(void *state, void *restore)
{
	struct counter_stream *s = restore;
	struct counter *c = state;
	int error = s->done == sizeof(s->sum) ? 0 : -EBADMSG;

	if (!error)
		c->sum = le64_to_cpu(s->sum);
	kvfree(s);
	return error;
}

static u64 counter_hash(void *state)
{
	return ((struct counter *)state)->sum;
}

struct quorum_machine_ops quorum_counter_ops = {
	.name = "counter",
	.owner = THIS_MODULE,
	.create = counter_create,
	.destroy = counter_destroy,
	.apply = counter_apply,
	.query = counter_query,
	.snapshot_room = counter_snapshot_room,
	.snapshot_begin = counter_snapshot_begin,
	.snapshot_read = counter_snapshot_read,
	.snapshot_end = counter_snapshot_end,
	.restore_begin = counter_restore_begin,
	.restore_write = counter_restore_write,
	.restore_commit = counter_restore_commit,
	.restore_abort = counter_restore_abort,
	.hash = counter_hash,
};
