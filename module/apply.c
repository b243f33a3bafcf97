// SPDX-License-Identifier: GPL-2.0
/*
 * Apply: give committed entries to the state machine, readers and waiters.
 */
#include <linux/quorum.h>
#include "group_private.h"

/* The proposer is on another node: tell it, so that it need not wait for the log. */
static void answer_origin(struct quorum_group *g, const struct raft_entry *entry)
{
	struct raft_msg msg = {
		.type = RAFT_MSG_FORWARD_REPLY,
		.from = g->params.self,
		.to = entry->origin,
		.term = g->term,
		.forward_reply.tag = entry->tag,
		.forward_reply.index = entry->index,
		.forward_reply.entry_term = entry->term,
		.forward_reply.reason = RAFT_COMMITTED,
	};

	if (raft_config_find(raft_get_config(g->raft), entry->origin))
		quorum_effects_send(g, &msg, NULL, 0);
}

/**
 * quorum_apply_role() - take note of whether this node keeps payload
 * @g: the group
 * @config: the configuration in force
 *
 * Once it has missed some, only a whole snapshot gives it a state again.
 * Context: only the loop, or before it runs.
 */
void quorum_apply_role(struct quorum_group *g, const struct raft_config *config)
{
	const struct raft_member *self = raft_config_find(config, g->params.self);

	if (self && self->roles & RAFT_M_WITNESS)
		quorum_machine_set_blind(g->machine);
	WRITE_ONCE(g->blind, quorum_machine_is_blind(g->machine));
}

/* False: the group has failed. */
static bool apply_entry(struct quorum_group *g, const struct raft_entry *entry,
			const void *payload)
{
	struct quorum_outcome outcome = {
		.reply.data = g->result,
		.reply.room = QUORUM_RESULT_BYTES_MAX,
	};
	int error;

	error = quorum_machine_apply(g->machine, entry, payload, &outcome);
	if (error) {
		/* Nothing of it was done, and nothing behind it may be. */
		quorum_group_fail(g, error, RAFT_HALT_CONTRACT);
		return false;
	}
	g->stats.applied++;
	/* A new witness is sent what lies before the entry that makes it one. */
	if (!g->blind && quorum_machine_is_blind(g->machine))
		WRITE_ONCE(g->blind, true);
	/* In this order: whoever is told of an entry must be able to read it. */
	atomic64_set(&g->applied, entry->index);
	if (entry->type == RAFT_ENTRY_DATA || entry->type == RAFT_ENTRY_SESSION)
		atomic64_set(&g->last_data, entry->index);
	if (entry->origin == g->params.self)
		quorum_waiters_applied(g, entry->tag, &outcome);
	else if (entry->origin && g->role == RAFT_LEADER && entry->term == g->term)
		answer_origin(g, entry);
	quorum_waiters_term_applied(g, entry->term);
	return true;
}

/*
 * An entry to apply: from memory, or from what was read back after a start.  NULL:
 * it is being read, and the loop comes here again.
 */
static const struct raft_entry *next_entry(struct quorum_group *g, u64 index,
					   const void **payload)
{
	const struct raft_entry *entry = quorum_cache_peek(g->cache, index, payload);
	u64 first;

	if (entry)
		return entry;
	entry = quorum_readback_peek(&g->replay, index, payload);
	if (entry)
		return entry;
	first = quorum_cache_first(g->cache);
	/* Committed and not applied, so the hold keeps what this life has added. */
	if (WARN_ON_ONCE(index >= first))
		quorum_group_fail(g, -EUCLEAN, RAFT_HALT_CONTRACT);
	else
		quorum_readback_request(&g->replay, index, min(g->commit, first - 1));
	return NULL;
}

/**
 * quorum_apply_committed() - apply what has been committed
 * @g: the group
 *
 * Context: only the loop.
 */
void quorum_apply_committed(struct quorum_group *g)
{
	const struct raft_entry *entry;
	const void *payload;
	u64 index = atomic64_read(&g->applied);
	u64 passed = min(g->commit, quorum_cache_first(g->cache) - 1);

	if (passed > index && !g->replay_needed) {
		/*
		 * Recovered from the device and too old for the cache: no waiter
		 * of this life can be meant.  Readers fetch them themselves; that
		 * the last may be no data costs them one look.
		 */
		index = passed;
		atomic64_set(&g->applied, index);
		atomic64_set(&g->last_data, index);
	}
	while (index < g->commit) {
		index++;
		entry = next_entry(g, index, &payload);
		if (!entry || !apply_entry(g, entry, payload))
			break;
		quorum_tick_applied(g);
	}
	wake_up_interruptible_poll(&g->readers, EPOLLIN | EPOLLRDNORM);
}
