// SPDX-License-Identifier: GPL-2.0
/*
 * kv and sessions, through the machine that holds both: directed tests, and random
 * commands against a naive model with snapshots and restores in the middle.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/quorum.h>
#include "../../module/sm/counter.h"
#include "../../module/sm/kv.h"
#include "../../module/sm/machine.h"
#include "../../module/sm/session.h"

enum { MODEL_KEYS = 48, MODEL_STEPS = 6000, BUF = QUORUM_RESULT_BYTES_MAX };

/**
 * struct world - a machine under test
 * @m: the machine
 * @index: last entry
 * @cmd: the command being built
 * @len: its bytes
 * @out: what became of the last one
 */
struct world {
	struct quorum_machine *m;
	u64 index;
	u64 term;
	u8 *cmd;
	u32 len;
	struct quorum_outcome out;
	struct kunit *test;
};

static struct world *world_create(struct kunit *test, const struct quorum_machine_ops *ops)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	w->test = test;
	w->term = 1;
	w->m = quorum_machine_create(ops);
	w->cmd = kvzalloc(BUF, GFP_KERNEL);
	w->out.reply.data = kvzalloc(BUF, GFP_KERNEL);
	w->out.reply.room = BUF;
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->m));
	return w;
}

static void world_end(struct world *w)
{
	quorum_machine_destroy(w->m);
	kvfree(w->cmd);
	kvfree(w->out.reply.data);
}

static int apply_raw(struct world *w, u8 type, const void *data, u32 len)
{
	struct raft_entry entry = {
		.index = ++w->index, .term = w->term, .type = type, .size = len,
	};

	KUNIT_EXPECT_EQ(w->test, quorum_machine_apply(w->m, &entry, data, &w->out), 0);
	return w->out.reply.error;
}

static void *grow(struct world *w, u32 size)
{
	void *at = w->cmd + w->len;

	memset(at, 0, size);
	w->len += size;
	return at;
}

static void begin(struct world *w, u32 compares, u32 thens, u32 elses)
{
	struct quorum_kv_command *head;

	w->len = 0;
	head = grow(w, sizeof(*head));
	head->type = cpu_to_le32(QUORUM_KV_TXN);
	head->compares = cpu_to_le32(compares);
	head->thens = cpu_to_le32(thens);
	head->elses = cpu_to_le32(elses);
}

static void compare(struct world *w, u32 target, u32 relation, const char *key, u64 number,
		    const char *value)
{
	u32 key_len = strlen(key), value_len = value ? strlen(value) : 0;
	struct quorum_kv_compare *c = grow(w, sizeof(*c));
	u8 *data = grow(w, (key_len + value_len + 7) & ~7U);

	c->target = cpu_to_le32(target);
	c->relation = cpu_to_le32(relation);
	c->key_len = cpu_to_le32(key_len);
	c->value_len = cpu_to_le32(value_len);
	c->number = cpu_to_le64(number);
	memcpy(data, key, key_len);
	if (value)
		memcpy(data + key_len, value, value_len);
}

static struct quorum_kv_op *op(struct world *w, u32 type, const void *key, u32 key_len,
			       const void *end, u32 end_len, const void *value, u32 value_len)
{
	struct quorum_kv_op *o = grow(w, sizeof(*o));
	u8 *data = grow(w, (key_len + end_len + value_len + 7) & ~7U);

	o->type = cpu_to_le32(type);
	o->key_len = cpu_to_le32(key_len);
	o->end_len = cpu_to_le32(end_len);
	o->value_len = cpu_to_le32(value_len);
	memcpy(data, key, key_len);
	if (end_len)
		memcpy(data + key_len, end, end_len);
	if (value_len)
		memcpy(data + key_len + end_len, value, value_len);
	return o;
}

static int run(struct world *w)
{
	return apply_raw(w, RAFT_ENTRY_DATA, w->cmd, w->len);
}

static const struct quorum_kv_reply *reply(const struct world *w)
{
	return w->out.reply.data;
}

static int put(struct world *w, const char *key, const char *value, u64 lease)
{
	begin(w, 0, 1, 0);
	op(w, QUORUM_KV_PUT, key, strlen(key), NULL, 0, value, strlen(value))->lease =
		cpu_to_le64(lease);
	return run(w);
}

static u64 delete(struct world *w, const char *key, const char *end)
{
	const struct quorum_kv_result *result;

	begin(w, 0, 1, 0);
	op(w, QUORUM_KV_DELETE, key, strlen(key), end, end ? strlen(end) : 0, NULL, 0);
	KUNIT_EXPECT_EQ(w->test, run(w), 0);
	result = (const void *)(reply(w) + 1);
	return le64_to_cpu(result->count);
}

static int lease_command(struct world *w, u32 type, u64 lease, u64 number)
{
	struct quorum_kv_command *head;

	w->len = 0;
	head = grow(w, sizeof(*head));
	head->type = cpu_to_le32(type);
	head->lease = cpu_to_le64(lease);
	head->number = cpu_to_le64(number);
	return run(w);
}

/* Ask; the answer is in w->out.reply. */
static int ask(struct world *w, u32 type, const char *key, u32 key_len, const char *end,
	       u32 end_len, u64 from, u32 skip, u32 limit)
{
	struct quorum_kv_query *q;
	u64 applied;
	u8 *data;

	w->len = 0;
	q = grow(w, sizeof(*q));
	data = grow(w, (key_len + end_len + 7) & ~7U);
	q->type = cpu_to_le32(type);
	q->key_len = cpu_to_le32(key_len);
	q->end_len = cpu_to_le32(end_len);
	q->from = cpu_to_le64(from);
	q->skip = cpu_to_le32(skip);
	q->limit = cpu_to_le32(limit);
	if (key_len)
		memcpy(data, key, key_len);
	if (end_len)
		memcpy(data + key_len, end, end_len);
	return quorum_machine_query(w->m, w->cmd, w->len, &w->out.reply, &applied);
}

static const struct quorum_kv_result *result(const struct world *w)
{
	return (const void *)(reply(w) + 1);
}

/* The one item of a key, or NULL. */
static const struct quorum_kv_item *get(struct world *w, const char *key)
{
	KUNIT_EXPECT_EQ(w->test, ask(w, QUORUM_KV_RANGE, key, strlen(key), NULL, 0, 0, 0, 0), 0);
	return result(w)->items ? (const void *)(result(w) + 1) : NULL;
}

static bool holds(struct world *w, const char *key, const char *value)
{
	const struct quorum_kv_item *item = get(w, key);

	return item && le32_to_cpu(item->value_len) == strlen(value) &&
	       !memcmp((const u8 *)(item + 1) + strlen(key), value, strlen(value));
}

static void revisions_as_in_etcd(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	const struct quorum_kv_item *item;

	KUNIT_EXPECT_EQ(test, put(w, "a", "1", 0), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(reply(w)->revision), 2ULL);
	put(w, "b", "1", 0);
	put(w, "a", "2", 0);
	item = get(w, "a");
	KUNIT_ASSERT_TRUE(test, item != NULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(item->create), 2ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(item->modify), 4ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(item->version), 2ULL);
	KUNIT_EXPECT_TRUE(test, holds(w, "a", "2"));
	/* Deleting nothing is no revision; a key that comes back starts anew. */
	KUNIT_EXPECT_EQ(test, delete(w, "x", NULL), 0ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(reply(w)->revision), 4ULL);
	KUNIT_EXPECT_EQ(test, delete(w, "a", NULL), 1ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(reply(w)->revision), 5ULL);
	KUNIT_EXPECT_TRUE(test, !get(w, "a"));
	put(w, "a", "3", 0);
	item = get(w, "a");
	KUNIT_EXPECT_EQ(test, le64_to_cpu(item->version), 1ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(item->create), 6ULL);
	world_end(w);
}

static void ranges(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	static const char * const keys[] = { "a", "ab", "b", "ba", "c" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		put(w, keys[i], keys[i], 0);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_RANGE, "a", 1, "b", 1, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(result(w)->items), 2U);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_RANGE, "b", 1, "\0", 1, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(result(w)->items), 3U);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_RANGE, "", 0, "\0", 1, 0, 0, 2), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(result(w)->items), 2U);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(result(w)->count), 5ULL);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(result(w)->flags), QUORUM_KV_MORE);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_RANGE, "", 0, NULL, 0, 0, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, delete(w, "a", "b"), 2ULL);
	KUNIT_EXPECT_EQ(test, delete(w, "a", "d"), 3ULL);
	world_end(w);
}

static void compare_then_else(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);

	/* Create if it is not there. */
	begin(w, 1, 1, 1);
	compare(w, QUORUM_KV_CREATE, QUORUM_KV_EQUAL, "lock", 0, NULL);
	op(w, QUORUM_KV_PUT, "lock", 4, NULL, 0, "me", 2);
	op(w, QUORUM_KV_RANGE, "lock", 4, NULL, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, run(w), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(reply(w)->succeeded), 1U);
	KUNIT_EXPECT_EQ(test, run(w), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(reply(w)->succeeded), 0U);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(result(w)->items), 1U);
	/* Nothing was written the second time. */
	KUNIT_EXPECT_EQ(test, le64_to_cpu(reply(w)->revision), 2ULL);
	begin(w, 2, 2, 0);
	compare(w, QUORUM_KV_VALUE, QUORUM_KV_EQUAL, "lock", 0, "me");
	compare(w, QUORUM_KV_VERSION, QUORUM_KV_LESS, "lock", 2, NULL);
	op(w, QUORUM_KV_PUT, "x", 1, NULL, 0, "1", 1);
	op(w, QUORUM_KV_DELETE, "lock", 4, NULL, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, run(w), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(reply(w)->succeeded), 1U);
	KUNIT_EXPECT_TRUE(test, !get(w, "lock") && holds(w, "x", "1"));
	world_end(w);
}

/* Every prefix of a good command, and every byte of it changed: an error or a result. */
static void hostile_bytes(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	u32 i, len;

	begin(w, 1, 1, 1);
	compare(w, QUORUM_KV_VALUE, QUORUM_KV_EQUAL, "key", 0, "value");
	op(w, QUORUM_KV_PUT, "key", 3, NULL, 0, "value", 5);
	op(w, QUORUM_KV_DELETE, "a", 1, "z", 1, NULL, 0);
	len = w->len;
	for (i = 1; i < len; i++)
		KUNIT_EXPECT_EQ(test, apply_raw(w, RAFT_ENTRY_DATA, w->cmd, i), -EINVAL);
	for (i = 0; i < len * 8; i++) {
		w->cmd[i / 8] ^= 1 << i % 8;
		apply_raw(w, RAFT_ENTRY_DATA, w->cmd, len);
		w->cmd[i / 8] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, apply_raw(w, RAFT_ENTRY_DATA, w->cmd, len), 0);
	world_end(w);
}

static void bounded(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	u8 *value = kvzalloc(QUORUM_KV_VALUE_MAX, GFP_KERNEL);
	char key[8] = "k000";
	int error = 0;
	u32 n;

	for (n = 0; n < 1000 && !error; n++) {
		key[1] = '0' + n / 100;
		key[2] = '0' + n / 10 % 10;
		key[3] = '0' + n % 10;
		begin(w, 0, 1, 0);
		op(w, QUORUM_KV_PUT, key, 4, NULL, 0, value, QUORUM_KV_VALUE_MAX);
		error = run(w);
	}
	KUNIT_EXPECT_EQ(test, error, -ENOSPC);
	KUNIT_EXPECT_GE(test, n, 200U);
	/* Replacing and deleting go on, and make room. */
	begin(w, 0, 1, 0);
	op(w, QUORUM_KV_PUT, "k000", 4, NULL, 0, value, QUORUM_KV_VALUE_MAX);
	KUNIT_EXPECT_EQ(test, run(w), 0);
	KUNIT_EXPECT_EQ(test, delete(w, "k000", NULL), 1ULL);
	KUNIT_EXPECT_EQ(test, put(w, "small", "x", 0), 0);
	/* The history gave way. */
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_WATCH, "", 0, "\0", 1, 2, 0, 0), -ESTALE);
	kvfree(value);
	world_end(w);
}

static void leases_expire_through_the_log(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	struct quorum_reply tick;
	u64 lease, next;
	u8 *buf = kvzalloc(256, GFP_KERNEL);
	u64 now = 1000000000ULL;

	tick = (struct quorum_reply){ .data = buf, .room = 256 };
	KUNIT_EXPECT_EQ(test, put(w, "x", "1", 77), -ENOENT);
	KUNIT_EXPECT_EQ(test, lease_command(w, QUORUM_KV_LEASE_GRANT, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, lease_command(w, QUORUM_KV_LEASE_GRANT, 0, 2000), 0);
	lease = le64_to_cpu(reply(w)->lease);
	KUNIT_EXPECT_EQ(test, lease, w->index);
	put(w, "x", "1", lease);
	put(w, "y", "1", lease);
	quorum_machine_tick(w->m, now, true, &tick, &next);
	KUNIT_EXPECT_EQ(test, tick.len, 0U);
	KUNIT_EXPECT_EQ(test, next, now + 2000000000ULL);
	now += 2000000000ULL;
	quorum_machine_tick(w->m, now, false, &tick, &next);
	KUNIT_EXPECT_EQ(test, tick.len, (u32)sizeof(struct quorum_kv_command));
	/* A keepalive that came first wins. */
	memcpy(w->cmd, buf, tick.len);
	lease_command(w, QUORUM_KV_LEASE_KEEPALIVE, lease, 0);
	KUNIT_EXPECT_EQ(test, apply_raw(w, RAFT_ENTRY_DATA, buf, tick.len), -EAGAIN);
	KUNIT_EXPECT_TRUE(test, get(w, "x") != NULL);
	/* It counts from the tick that sees it; a new leader counts anew. */
	quorum_machine_tick(w->m, now, false, &tick, &next);
	KUNIT_EXPECT_EQ(test, tick.len, 0U);
	now += 1999000000ULL;
	quorum_machine_tick(w->m, now, true, &tick, &next);
	KUNIT_EXPECT_EQ(test, next, now + 2000000000ULL);
	now += 2000000000ULL;
	quorum_machine_tick(w->m, now, false, &tick, &next);
	KUNIT_ASSERT_EQ(test, tick.len, (u32)sizeof(struct quorum_kv_command));
	KUNIT_EXPECT_EQ(test, apply_raw(w, RAFT_ENTRY_DATA, buf, tick.len), 0);
	KUNIT_EXPECT_TRUE(test, !get(w, "x") && !get(w, "y"));
	KUNIT_EXPECT_EQ(test, lease_command(w, QUORUM_KV_LEASE_KEEPALIVE, lease, 0), -ENOENT);
	kvfree(buf);
	world_end(w);
}

static void watch_has_no_gaps(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	u64 from = 2;
	u32 skip = 0, seen = 0, i;

	for (i = 0; i < 5; i++)
		put(w, i % 2 ? "b" : "a", "v", 0);
	begin(w, 0, 3, 0);
	for (i = 0; i < 3; i++)
		op(w, QUORUM_KV_PUT, &"cde"[i], 1, NULL, 0, "v", 1);
	run(w);
	delete(w, "a", "z");
	/* One event at a time, in the middle of revisions too. */
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, ask(w, QUORUM_KV_WATCH, "", 0, "\0", 1, from, skip, 1), 0);
		if (!result(w)->items)
			break;
		seen += le32_to_cpu(result(w)->items);
		from = le64_to_cpu(result(w)->count);
		skip = le32_to_cpu(result(w)->skip);
	}
	KUNIT_EXPECT_EQ(test, seen, 5U + 3 + 5);
	KUNIT_EXPECT_EQ(test, from, le64_to_cpu(reply(w)->revision) + 1);
	lease_command(w, QUORUM_KV_COMPACT, 0, 4);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_WATCH, "", 0, "\0", 1, 4, 0, 0), -ESTALE);
	KUNIT_EXPECT_EQ(test, ask(w, QUORUM_KV_WATCH, "", 0, "\0", 1, 5, 0, 0), 0);
	world_end(w);
}

/* ---- sessions: bugs C-1 and C-2 ---- */

static int in_session(struct world *w, u32 op_number, u64 client, u64 seq)
{
	struct quorum_session_head *head;
	u8 *entry = kvzalloc(BUF + sizeof(*head), GFP_KERNEL);
	int error;

	head = (void *)entry;
	head->op = cpu_to_le32(op_number);
	head->client = cpu_to_le64(client);
	head->seq = cpu_to_le64(seq);
	memcpy(head + 1, w->cmd, w->len);
	error = apply_raw(w, RAFT_ENTRY_SESSION, entry, sizeof(*head) + w->len);
	kvfree(entry);
	return error;
}

static int add(struct world *w, u64 client, u64 seq, const char *number)
{
	w->len = strlen(number);
	memcpy(w->cmd, number, w->len);
	return in_session(w, QUORUM_SESSION_COMMAND, client, seq);
}

static bool said(const struct world *w, const char *text)
{
	return w->out.reply.len == strlen(text) && !memcmp(w->out.reply.data, text, strlen(text));
}

static void copy_machine(struct world *from, struct world *to, size_t chunk)
{
	u8 *buf = kvzalloc(chunk, GFP_KERNEL);
	u64 index, term;
	ssize_t n;

	KUNIT_ASSERT_EQ(from->test, quorum_machine_snapshot_begin(from->m, &index, &term), 0);
	KUNIT_ASSERT_EQ(from->test, quorum_machine_restore_begin(to->m, chunk), 0);
	while ((n = quorum_machine_snapshot_read(from->m, buf, chunk)) > 0)
		KUNIT_EXPECT_EQ(from->test, quorum_machine_restore_write(to->m, buf, n), 0);
	quorum_machine_snapshot_end(from->m);
	KUNIT_EXPECT_EQ(from->test, quorum_machine_restore_commit(to->m, index, term), 0);
	to->index = index;
	kvfree(buf);
}

static void a_retry_is_applied_once(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_counter_ops);
	struct world *other = world_create(test, &quorum_counter_ops);
	u64 client, first, a, b;

	w->len = 0;
	KUNIT_EXPECT_EQ(test, in_session(w, QUORUM_SESSION_OPEN, 0, 0), 0);
	client = w->out.index;
	KUNIT_EXPECT_EQ(test, add(w, client, 1, "5"), 0);
	first = w->out.index;
	KUNIT_EXPECT_EQ(test, add(w, client, 1, "5"), 0);
	KUNIT_EXPECT_TRUE(test, said(w, "5"));
	KUNIT_EXPECT_EQ(test, w->out.index, first);
	/* The table goes with the snapshot. */
	copy_machine(w, other, 7);
	KUNIT_EXPECT_EQ(test, quorum_machine_hash(w->m, &a), quorum_machine_hash(other->m, &b));
	KUNIT_EXPECT_EQ(test, add(other, client, 1, "5"), 0);
	KUNIT_EXPECT_TRUE(test, said(other, "5"));
	KUNIT_EXPECT_EQ(test, add(other, client, 2, "-7"), 0);
	KUNIT_EXPECT_TRUE(test, said(other, "-2"));
	/* A late copy of what the client has given up: never. */
	KUNIT_EXPECT_EQ(test, add(other, client, 1, "5"), -EKEYREJECTED);
	/* A verdict is remembered too. */
	KUNIT_EXPECT_EQ(test, add(other, client, 3, "no number"), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(other, client, 3, "1"), -EINVAL);
	in_session(other, QUORUM_SESSION_CLOSE, client, 0);
	KUNIT_EXPECT_EQ(test, add(other, client, 4, "1"), -EKEYEXPIRED);
	world_end(w);
	world_end(other);
}

/* A forced recovery lost a session; another is opened at its place in the log. */
static void a_lost_session_is_nobodys(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_counter_ops);
	struct world *other = world_create(test, &quorum_counter_ops);
	u64 lost, mine;

	w->len = 0;
	in_session(w, QUORUM_SESSION_OPEN, 0, 0);
	lost = quorum_session_id(w->out.index, w->out.term);
	KUNIT_EXPECT_EQ(test, lost, w->out.index);
	KUNIT_EXPECT_EQ(test, add(w, lost, 1, "5"), 0);
	/* On the kept nothing of it was known. */
	other->term = (1ULL << 32) + 1;
	other->len = 0;
	in_session(other, QUORUM_SESSION_OPEN, 0, 0);
	mine = quorum_session_id(other->out.index, other->out.term);
	KUNIT_EXPECT_EQ(test, other->out.index, lost);
	KUNIT_EXPECT_NE(test, mine, lost);
	KUNIT_EXPECT_EQ(test, add(other, lost, 2, "7"), -EKEYEXPIRED);
	KUNIT_EXPECT_EQ(test, add(other, mine, 1, "7"), 0);
	KUNIT_EXPECT_TRUE(test, said(other, "7"));
	world_end(w);
	world_end(other);
}

static void sessions_are_bounded(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_counter_ops);
	u64 kept, first;
	u32 i;

	w->len = 0;
	in_session(w, QUORUM_SESSION_OPEN, 0, 0);
	kept = w->out.index;
	w->len = 0;
	in_session(w, QUORUM_SESSION_OPEN, 0, 0);
	first = w->out.index;
	add(w, kept, 1, "1");
	for (i = 0; i < QUORUM_SESSIONS_MAX - 1; i++) {
		w->len = 0;
		in_session(w, QUORUM_SESSION_OPEN, 0, 0);
	}
	KUNIT_EXPECT_EQ(test, add(w, first, 1, "1"), -EKEYEXPIRED);
	KUNIT_EXPECT_EQ(test, add(w, kept, 2, "1"), 0);
	KUNIT_EXPECT_TRUE(test, said(w, "2"));
	world_end(w);
}

static void bad_snapshots_change_nothing(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	struct world *other = world_create(test, &quorum_kv_ops);
	u8 *buf = kvzalloc(4096, GFP_KERNEL);
	u64 index, term, hash, at;
	ssize_t size, i;

	lease_command(w, QUORUM_KV_LEASE_GRANT, 0, 5000);
	put(w, "key", "value", w->index);
	put(w, "other", "", 0);
	KUNIT_ASSERT_EQ(test, quorum_machine_snapshot_begin(w->m, &index, &term), 0);
	size = quorum_machine_snapshot_read(w->m, buf, 4096);
	/* What is changed meanwhile is not in it. */
	quorum_machine_snapshot_end(w->m);
	put(other, "mine", "1", 0);
	hash = quorum_machine_hash(other->m, &at);
	for (i = 0; i < size; i++) {
		KUNIT_ASSERT_EQ(test, quorum_machine_restore_begin(other->m, size), 0);
		quorum_machine_restore_write(other->m, buf, i);
		KUNIT_EXPECT_EQ(test, quorum_machine_restore_commit(other->m, index, term),
				-EBADMSG);
		KUNIT_EXPECT_EQ(test, quorum_machine_hash(other->m, &at), hash);
	}
	/* Any bit of it: refused, or another good state; the store's checksum is above. */
	for (i = 0; i < size * 8; i++) {
		buf[i / 8] ^= 1 << i % 8;
		KUNIT_ASSERT_EQ(test, quorum_machine_restore_begin(other->m, size), 0);
		quorum_machine_restore_write(other->m, buf, size);
		quorum_machine_restore_commit(other->m, index, term);
		buf[i / 8] ^= 1 << i % 8;
	}
	KUNIT_EXPECT_EQ(test, quorum_machine_restore_begin(other->m, size), 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_restore_write(other->m, buf, size), 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_restore_commit(other->m, index, term), 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_hash(other->m, &at),
			quorum_machine_hash(w->m, &at));
	kvfree(buf);
	world_end(w);
	world_end(other);
}

/* Entries come without what they say: counted, and nothing is answered. */
/* ---- room for a snapshot, allocated while the state goes on changing ---- */

static u32 asked_for_room;

/* The first time as if nothing but a byte was there: the rest comes meanwhile. */
static size_t little_room_at_first(const void *state)
{
	return asked_for_room++ ? quorum_kv_ops.snapshot_room(state) : 1;
}

static void a_state_outgrows_the_room_for_its_snapshot(struct kunit *test)
{
	struct quorum_machine_ops ops = quorum_kv_ops;
	struct world *copy = world_create(test, &quorum_kv_ops);
	struct world *w;
	u64 a, b;

	ops.snapshot_room = little_room_at_first;
	asked_for_room = 0;
	w = world_create(test, &ops);
	for (char c = 'a'; c <= 'z'; c++)
		put(w, (char []){ c, 0 }, "value", 0);
	copy_machine(w, copy, BUF);
	/* Before the lock and behind it, twice. */
	KUNIT_EXPECT_EQ(test, asked_for_room, 4U);
	KUNIT_EXPECT_EQ(test, quorum_machine_hash(w->m, &a), quorum_machine_hash(copy->m, &b));
	world_end(w);
	world_end(copy);
}

static void a_witness_keeps_nothing(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	struct world *full = world_create(test, &quorum_kv_ops);
	u64 index = 0, term = 0, at;
	u8 byte = 0;

	put(full, "key", "value", 0);
	put(full, "key", "other", 0);
	apply_raw(w, RAFT_ENTRY_NOOP, NULL, 0);
	KUNIT_EXPECT_FALSE(test, quorum_machine_is_blind(w->m));
	KUNIT_EXPECT_EQ(test, apply_raw(w, RAFT_ENTRY_SESSION, NULL, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, quorum_machine_is_blind(w->m));
	/* What comes whole is of no use either, since what it builds upon is missing. */
	put(w, "key", "value", 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_applied(w->m), 3ULL);
	KUNIT_EXPECT_EQ(test, quorum_machine_query(w->m, &byte, 1, &w->out.reply, &at),
			-EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, quorum_machine_has_snapshot(w->m));
	KUNIT_ASSERT_EQ(test, quorum_machine_snapshot_begin(w->m, &index, &term), 0);
	KUNIT_EXPECT_EQ(test, index, 3ULL);
	KUNIT_EXPECT_EQ(test, term, 1ULL);
	KUNIT_EXPECT_EQ(test, quorum_machine_snapshot_read(w->m, w->cmd, BUF), (ssize_t)0);
	quorum_machine_snapshot_end(w->m);
	/* A snapshot without content is a witness's, and there is nothing to write. */
	KUNIT_ASSERT_EQ(test, quorum_machine_restore_begin(w->m, 0), 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_restore_write(w->m, &byte, 1), -EBADMSG);
	KUNIT_EXPECT_EQ(test, quorum_machine_restore_commit(w->m, 7, 2), 0);
	KUNIT_EXPECT_EQ(test, quorum_machine_applied(w->m), 7ULL);
	/* With a whole one it has a state again. */
	copy_machine(full, w, BUF);
	KUNIT_EXPECT_FALSE(test, quorum_machine_is_blind(w->m));
	KUNIT_EXPECT_EQ(test, quorum_machine_hash(w->m, &at),
			quorum_machine_hash(full->m, &at));
	quorum_machine_set_blind(w->m);
	KUNIT_EXPECT_TRUE(test, quorum_machine_is_blind(w->m));
	world_end(w);
	world_end(full);
}

/* ---- the naive model ---- */

struct model_key {
	bool there;
	u64 create, modify, version, lease;
	u8 value;
};

struct model {
	struct model_key keys[MODEL_KEYS];
	u64 revision;
	u64 leases[8];
	u32 nleases;
};

static u32 next_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static void model_put(struct model *model, u32 k, u8 value, u64 lease)
{
	struct model_key *key = &model->keys[k];

	key->create = key->there ? key->create : model->revision;
	key->version = key->there ? key->version + 1 : 1;
	key->modify = model->revision;
	key->lease = lease;
	key->value = value;
	key->there = true;
}

static u32 model_delete(struct model *model, u32 from, u32 to)
{
	u32 n = 0;

	for (; from < to; from++) {
		n += model->keys[from].there;
		model->keys[from].there = false;
	}
	return n;
}

static void model_check(struct world *w, const struct model *model)
{
	const struct quorum_kv_item *item;
	u32 k, there = 0;

	KUNIT_ASSERT_EQ(w->test, ask(w, QUORUM_KV_RANGE, "", 0, "\0", 1, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(w->test, le64_to_cpu(reply(w)->revision), model->revision);
	item = (const void *)(result(w) + 1);
	for (k = 0; k < MODEL_KEYS; k++) {
		const struct model_key *key = &model->keys[k];

		if (!key->there)
			continue;
		there++;
		KUNIT_ASSERT_EQ(w->test, ((const u8 *)(item + 1))[0], (u8)('0' + k));
		KUNIT_EXPECT_EQ(w->test, ((const u8 *)(item + 1))[1], key->value);
		KUNIT_EXPECT_EQ(w->test, le64_to_cpu(item->create), key->create);
		KUNIT_EXPECT_EQ(w->test, le64_to_cpu(item->modify), key->modify);
		KUNIT_EXPECT_EQ(w->test, le64_to_cpu(item->version), key->version);
		KUNIT_EXPECT_EQ(w->test, le64_to_cpu(item->lease), key->lease);
		item = (const void *)((const u8 *)(item + 1) + 8);
	}
	KUNIT_EXPECT_EQ(w->test, le64_to_cpu(result(w)->count), (u64)there);
}

static void model_txn(struct world *w, struct model *model, u64 *seed)
{
	u8 key = '0' + next_random(seed) % MODEL_KEYS, value = next_random(seed);
	u8 first = '0' + next_random(seed) % MODEL_KEYS, last = first + next_random(seed) % 4;
	u64 lease = model->nleases && next_random(seed) % 2 ?
		    model->leases[next_random(seed) % model->nleases] : 0;
	char text[2] = { key, 0 };
	bool then = !model->keys[key - '0'].there;

	last = min_t(u8, last, '0' + MODEL_KEYS);
	begin(w, 1, 1, 2);
	compare(w, QUORUM_KV_CREATE, QUORUM_KV_EQUAL, text, 0, NULL);
	op(w, QUORUM_KV_PUT, &key, 1, NULL, 0, &value, 1)->lease = cpu_to_le64(lease);
	op(w, QUORUM_KV_DELETE, &first, 1, &last, 1, NULL, 0);
	op(w, QUORUM_KV_PUT, &key, 1, NULL, 0, &value, 1);
	KUNIT_EXPECT_EQ(w->test, run(w), 0);
	KUNIT_EXPECT_EQ(w->test, le32_to_cpu(reply(w)->succeeded), (u32)then);
	model->revision++;
	if (then) {
		model_put(model, key - '0', value, lease);
		return;
	}
	model_delete(model, first - '0', last - '0');
	model_put(model, key - '0', value, 0);
}

static void model_revoke(struct world *w, struct model *model, u64 *seed)
{
	u32 at = next_random(seed) % model->nleases, k, n = 0;
	u64 lease = model->leases[at];

	KUNIT_EXPECT_EQ(w->test, lease_command(w, QUORUM_KV_LEASE_REVOKE, lease, 0), 0);
	for (k = 0; k < MODEL_KEYS; k++)
		if (model->keys[k].there && model->keys[k].lease == lease)
			n += model_delete(model, k, k + 1);
	model->revision += n > 0;
	model->leases[at] = model->leases[--model->nleases];
}

static void model_step(struct world *w, struct model *model, u64 *seed)
{
	u32 what = next_random(seed) % 16;

	if (what == 0 && model->nleases < ARRAY_SIZE(model->leases)) {
		KUNIT_EXPECT_EQ(w->test, lease_command(w, QUORUM_KV_LEASE_GRANT, 0, 1000), 0);
		model->leases[model->nleases++] = w->index;
	} else if (what == 1 && model->nleases) {
		model_revoke(w, model, seed);
	} else {
		model_txn(w, model, seed);
	}
}

static void random_against_a_model(struct kunit *test)
{
	struct world *w = world_create(test, &quorum_kv_ops);
	struct world *copy = world_create(test, &quorum_kv_ops);
	struct model *model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	u64 seed = 20261128, a, b;
	u32 i;

	model->revision = 1;
	for (i = 0; i < MODEL_STEPS && !IS_ERR(w->m); i++) {
		model_step(w, model, &seed);
		if (i % 50 == 0)
			model_check(w, model);
		if (next_random(&seed) % 200)
			continue;
		/* On with the copy, which must not be another state. */
		copy_machine(w, copy, 1 + next_random(&seed) % 300);
		KUNIT_ASSERT_EQ(test, quorum_machine_hash(w->m, &a),
				quorum_machine_hash(copy->m, &b));
		KUNIT_EXPECT_EQ(test, a, b);
		swap(w->m, copy->m);
	}
	model_check(w, model);
	world_end(w);
	world_end(copy);
}

static struct kunit_case kv_cases[] = {
	KUNIT_CASE(revisions_as_in_etcd),
	KUNIT_CASE(ranges),
	KUNIT_CASE(compare_then_else),
	KUNIT_CASE(hostile_bytes),
	KUNIT_CASE(bounded),
	KUNIT_CASE(leases_expire_through_the_log),
	KUNIT_CASE(watch_has_no_gaps),
	KUNIT_CASE(a_retry_is_applied_once),
	KUNIT_CASE(a_lost_session_is_nobodys),
	KUNIT_CASE(sessions_are_bounded),
	KUNIT_CASE(bad_snapshots_change_nothing),
	KUNIT_CASE(a_state_outgrows_the_room_for_its_snapshot),
	KUNIT_CASE(a_witness_keeps_nothing),
	KUNIT_CASE(random_against_a_model),
	{}
};

static struct kunit_suite kv_suite = {
	.name = "quorum_kv",
	.test_cases = kv_cases,
};
kunit_test_suite(kv_suite);
