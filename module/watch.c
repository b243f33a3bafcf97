// SPDX-License-Identifier: GPL-2.0
/*
 * Watches of a kv group that can be polled: where one stands, and what comes next.
 *
 * A watch keeps a question to the state machine, QUORUM_KV_WATCH, whose place moves on
 * with every answer.  What is new is found by asking; nothing is queued, so that a
 * slow reader costs nothing, and hears "compacted" once the history has left him
 * behind.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/quorum_kv.h>
#include "group_private.h"

/* What stands before the events of an answer. */
#define HEAD_BYTES	(sizeof(struct quorum_kv_reply) + sizeof(struct quorum_kv_result))
#define EVENT_BYTES_MAX	(sizeof(struct quorum_kv_event) + QUORUM_KV_KEY_MAX + QUORUM_KV_VALUE_MAX)
#define REPLY_BYTES	(HEAD_BYTES + 2 * EVENT_BYTES_MAX)

static_assert(REPLY_BYTES <= QUORUM_REPLY_BYTES_MAX);
static_assert(EVENT_BYTES_MAX % 8 == 0);
static_assert(sizeof(struct quorum_kv_query) % 8 == 0);

/**
 * struct quorum_watching - a watch
 * @group: whose; the file holds it
 * @index: everything up to this entry was looked at
 * @found: the last look found an event at the place of @query
 * @reply: REPLY_BYTES
 * @len: bytes of @query with key and end
 * @query: the question; its @from and @skip are the place
 * @rest: key and end
 */
struct quorum_watching {
	struct quorum_group *group;
	u64 index;
	bool found;
	u8 *reply;
	u32 len;
	struct quorum_kv_query query;
	u8 rest[];
};

/*
 * Ask for up to @limit events (0: what fits) that fit in @room bytes.  The place is
 * not changed.  Returns the bytes of the events, or an errno.
 */
static ssize_t ask(struct quorum_watching *w, u32 limit, u32 room, bool stale, u64 timeout_ns)
{
	struct quorum_question q = {
		.request = &w->query,
		.len = w->len,
		.reply = { .data = w->reply, .room = HEAD_BYTES + room },
		.stale = stale,
		.timeout_ns = timeout_ns,
	};
	u64 applied = atomic64_read(&w->group->applied);
	int error;

	w->query.limit = cpu_to_le32(limit);
	error = quorum_group_query(w->group, &q);
	if (error)
		return error;
	/* What was not applied before is looked at again, at worst. */
	w->index = max(w->index, min(applied, q.index));
	return q.reply.len - HEAD_BYTES;
}

/* Go on behind what the last answer told.  Is there more? */
static void advance(struct quorum_watching *w)
{
	const struct quorum_kv_reply *head = (const void *)w->reply;
	const struct quorum_kv_result *result = (const void *)(head + 1);

	w->query.from = result->count;
	w->query.skip = result->skip;
	w->found = le64_to_cpu(result->count) <= le64_to_cpu(head->revision);
}

/* Move to the next event, if there is one.  0 or an errno. */
static int look(struct quorum_watching *w, bool stale, u64 timeout_ns)
{
	ssize_t n = ask(w, 1, 0, stale, timeout_ns);

	if (n < 0)
		return n;
	advance(w);
	return 0;
}

/**
 * quorum_watch_create() - begin a watch
 * @g: the group, whose machine is to be kv
 * @request: struct quorum_kv_query of type QUORUM_KV_WATCH, key and end
 * @len: its bytes
 * @stale: begin from what this node has; otherwise from what any node acknowledged
 * @timeout_ns: longest wait for that, 0: 5 s
 * @from: out: revision it begins with
 *
 * Context: process, sleeps.
 * Return: the watch or ERR_PTR(): -EOPNOTSUPP another machine, -ESTALE compacted,
 * -EINVAL, -ENOMEM, and as of quorum_group_query().
 */
struct quorum_watching *quorum_watch_create(struct quorum_group *g, const void *request,
					    u32 len, bool stale, u64 timeout_ns, u64 *from)
{
	struct quorum_watching *w;
	int error;

	if (g->sm != &quorum_kv_ops)
		return ERR_PTR(-EOPNOTSUPP);
	if (len < sizeof(w->query) || len > sizeof(w->query) + 2 * QUORUM_KV_KEY_MAX)
		return ERR_PTR(-EINVAL);
	w = kzalloc(sizeof(*w) + len - sizeof(w->query), GFP_KERNEL_ACCOUNT);
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->group = g;
	w->len = len;
	memcpy(&w->query, request, sizeof(w->query));
	memcpy(w->rest, request + sizeof(w->query), len - sizeof(w->query));
	w->reply = kvmalloc(REPLY_BYTES, GFP_KERNEL_ACCOUNT);
	error = w->reply ? 0 : -ENOMEM;
	if (!error && (w->query.type != cpu_to_le32(QUORUM_KV_WATCH) || w->query.limit))
		error = -EINVAL;
	if (!error)
		error = look(w, stale, timeout_ns);
	if (error) {
		quorum_watch_free(w);
		return ERR_PTR(error);
	}
	*from = le64_to_cpu(w->query.from);
	return w;
}

void quorum_watch_free(struct quorum_watching *w)
{
	if (!w)
		return;
	kvfree(w->reply);
	kfree(w);
}

/**
 * quorum_watch_read() - read events
 * @w: the watch; one caller at a time
 * @to: where to
 *
 * Context: process, sleeps.
 * Return: bytes of whole events; -EAGAIN none is there; -EMSGSIZE the next does not fit;
 * -ESTALE compacted; -EFAULT; and as of quorum_group_query().
 */
ssize_t quorum_watch_read(struct quorum_watching *w, struct iov_iter *to)
{
	size_t room = min_t(size_t, iov_iter_count(to), REPLY_BYTES - HEAD_BYTES), copied;
	ssize_t n;

	n = ask(w, 0, room, true, 0);
	if (n < 0)
		return n;
	copied = copy_to_iter(w->reply + HEAD_BYTES, n, to);
	if (copied != n) {
		iov_iter_revert(to, copied);
		return -EFAULT;
	}
	advance(w);
	return n ?: -EAGAIN;
}

static bool is_due(struct quorum_watching *w)
{
	struct quorum_group *g = w->group;

	return w->found || atomic64_read(&g->applied) > READ_ONCE(w->index) ||
	       READ_ONCE(g->deleted) || READ_ONCE(g->state) != QUORUM_STATE_RUNNING;
}

/* Wait until quorum_watch_read() may have something else to say.  0 or -ERESTARTSYS. */
int quorum_watch_wait(struct quorum_watching *w)
{
	return wait_event_interruptible(w->group->readers, is_due(w));
}

/**
 * quorum_watch_poll() - may it be read?
 * @w: the watch; one caller at a time
 * @file: the file
 * @wait: as of poll
 *
 * Context: process, sleeps, but not for long.
 * Return: EPOLLIN there is an event; also with EPOLLERR, where reading fails; EPOLLHUP
 * the group is stopped or deleted.
 */
__poll_t quorum_watch_poll(struct quorum_watching *w, struct file *file, poll_table *wait)
{
	struct quorum_group *g = w->group;
	int error = 0;

	poll_wait(file, &g->readers, wait);
	if (READ_ONCE(g->deleted) || READ_ONCE(g->state) == QUORUM_STATE_STOPPED)
		return EPOLLHUP | EPOLLERR;
	if (!w->found && is_due(w))
		error = look(w, true, 0);
	if (error)
		return EPOLLIN | EPOLLRDNORM | EPOLLERR;
	return w->found ? EPOLLIN | EPOLLRDNORM : 0;
}
