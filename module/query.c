// SPDX-License-Identifier: GPL-2.0
/*
 * Questions to the state machine.
 */
#include <linux/sched/signal.h>
#include "group_private.h"

#define DEFAULT_TIMEOUT_NS	(5ULL * NSEC_PER_SEC)

static int not_askable(const struct quorum_group *g)
{
	u8 state = READ_ONCE(g->state);

	if (READ_ONCE(g->deleted))
		return -ENODEV;
	if (state == QUORUM_STATE_FAILED)
		return -EIO;
	return state == QUORUM_STATE_RUNNING ? 0 : -ESHUTDOWN;
}

/* Wait until something behind an index was applied. */
static int wait_behind(struct quorum_group *g, u64 index, u64 timeout_ns)
{
	unsigned long timeout = clamp_t(u64, nsecs_to_jiffies64(timeout_ns), 1,
					MAX_SCHEDULE_TIMEOUT - 1);
	long left;

	left = wait_event_interruptible_timeout(g->readers,
						atomic64_read(&g->applied) > index ||
						not_askable(g), timeout);
	if (left < 0)
		return -EINTR;
	return left ? not_askable(g) : -ETIME;
}

int quorum_group_digest(struct quorum_group *g, struct quorum_machine_digest *d)
{
	int error;

	if (down_read_killable(&g->parts))
		return -EINTR;
	error = not_askable(g);
	if (!error)
		quorum_machine_digest(g->machine, d);
	up_read(&g->parts);
	if (!error && !d->hashed)
		error = -EOPNOTSUPP;
	return error;
}

int quorum_group_query(struct quorum_group *g, struct quorum_question *q)
{
	u64 timeout_ns = q->timeout_ns ?: DEFAULT_TIMEOUT_NS, least = 0;
	int error = 0;

	if (q->after) {
		error = wait_behind(g, q->after, timeout_ns);
		least = q->after + 1;
	} else if (!q->stale) {
		error = quorum_group_barrier(g, timeout_ns, &least);
	}
	if (error)
		return error;
	if (down_read_killable(&g->parts))
		return -EINTR;
	error = not_askable(g);
	/*
	 * Nothing was held meanwhile.  If it was stopped and started again, its state
	 * begins at a snapshot and may be older than what was waited for.
	 */
	if (!error && atomic64_read(&g->applied) < least)
		error = -ESHUTDOWN;
	if (!error)
		error = quorum_machine_query(g->machine, q->request, q->len, &q->reply,
					     &q->index);
	up_read(&g->parts);
	return error;
}
