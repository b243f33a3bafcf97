// SPDX-License-Identifier: GPL-2.0
/*
 * Tick: what time demands of the state machine.  The leader asks its machine, and
 * proposes what it says; it happens when that is applied, on all members alike.
 */
#include "group_private.h"

enum {
	TICK_COMMANDS_MAX	= 16,	/* proposed in one turn */
	TICK_BYTES_MAX		= 256,	/* of one of them */
	TICK_DELAY_NS		= 50 * 1000 * 1000, /* to let changes gather */
};

/* Something was applied that may have changed what time demands. */
void quorum_tick_applied(struct quorum_group *g)
{
	if (g->role == RAFT_LEADER && quorum_machine_ticks(g->machine))
		g->tick_at = min(g->tick_at, quorum_loop_now() + TICK_DELAY_NS);
}

/**
 * quorum_tick() - ask the machine if it is time to
 * @g: the group
 * @now: boottime ns
 *
 * Context: only the loop.
 * Return: when to call again, or RAFT_NEVER.
 */
u64 quorum_tick(struct quorum_group *g, u64 now)
{
	u8 buf[TICK_BYTES_MAX] __aligned(8);
	struct quorum_reply reply = { .data = buf, .room = sizeof(buf) };
	bool fresh;
	u32 i;

	if (g->role != RAFT_LEADER || !quorum_machine_ticks(g->machine))
		return RAFT_NEVER;
	fresh = g->tick_term != g->term;
	if (!fresh && now < g->tick_at)
		return g->tick_at;
	g->tick_term = g->term;
	for (i = 0; i < TICK_COMMANDS_MAX; i++) {
		quorum_machine_tick(g->machine, now, fresh, &reply, &g->tick_at);
		fresh = false;
		if (!reply.len)
			return g->tick_at;
		quorum_waiters_inject(g, buf, reply.len);
	}
	g->tick_at = now + TICK_DELAY_NS;
	return g->tick_at;
}
