// SPDX-License-Identifier: GPL-2.0
/*
 * Forced recovery: a majority is lost for good, and an operator says so.
 *
 * Raft cannot go on then, and must not by itself: the lost may only be far away.  What
 * an operator asks of one of the rest is an election by another configuration, of
 * itself and of those it keeps, and it ends in an entry of type CONFIG that says by
 * its count that it was forced, and by whom.  Until that entry is appended nothing but
 * a term has changed.
 *
 * - It does not happen by accident: the operator names the configuration and the end
 *   of the log that he saw here, and it is refused while a leader may be alive.
 * - It loses as little as can be: all who are kept have to vote, learners too, so
 *   whoever wins has every entry that any of them has.  What only the lost had is
 *   lost; what was never committed may become so.
 * - The lost are not told.  They get neither entries nor terms of what goes on without
 *   them, its terms begin where theirs never arrive (RAFT_TERM_FORCED), and who has
 *   appended that entry is deaf to all who are left out of it and lack it.  So if they
 *   come back all the same, their candidates find no voter here, and their leaders
 *   nobody who follows: not even one that was asked for a recovery itself, in vain,
 *   and has a term of the new kind.  They may elect one of themselves, and then there
 *   are two groups: that they are gone is the operator's word, not the engine's
 *   knowledge.
 */
#include "raft_private.h"

static u64 next_term(const struct raft *r)
{
	return (r->hard.term / RAFT_TERM_FORCED + 1) * RAFT_TERM_FORCED;
}

static bool is_kept(const struct raft *r, const struct raft_event *event, u32 id)
{
	u32 i;

	for (i = 0; i < event->recover.count; i++)
		if (event->recover.keep[i] == id)
			return true;
	return id == r->self;
}

/* Only members can be kept, and nobody twice. */
static u8 check_kept(const struct raft *r, const struct raft_event *event)
{
	const u32 *keep = event->recover.keep;
	u32 i, k;

	if (event->recover.count > QUORUM_MEMBERS_MAX)
		return RAFT_REFUSED_TOO_MANY;
	for (i = 0; i < event->recover.count; i++) {
		if (!raft_config_find(&r->config, keep[i]))
			return RAFT_REFUSED_NOT_MEMBER;
		for (k = 0; k < i; k++)
			if (keep[k] == keep[i])
				return RAFT_REFUSED_INVALID;
	}
	return RAFT_OK;
}

/*
 * The kept members, of either half, as one simple configuration.  A learner has the
 * log like anybody else: if it is the one that is left, it becomes a voter.
 */
static u8 make_draft(struct raft *r, const struct raft_event *event)
{
	struct raft_config *draft = &r->draft;
	u32 i;

	*draft = r->config;
	draft->n = 0;
	/* Sizes were meant for another number of voters. */
	memset(&draft->quorums, 0, sizeof(draft->quorums));
	memset(&draft->old, 0, sizeof(draft->old));
	memset(draft->members, 0, sizeof(draft->members));
	draft->forced = r->config.forced + 1;
	draft->forced_by = r->self;
	for (i = 0; i < r->config.n; i++) {
		struct raft_member m = r->config.members[i];

		if (!is_kept(r, event, m.id))
			continue;
		if (m.id == r->self || m.roles & (RAFT_M_VOTER | RAFT_M_OLD))
			m.roles = RAFT_M_VOTER | (m.roles & RAFT_M_WITNESS);
		draft->members[draft->n++] = m;
	}
	return raft_config_check(draft);
}

/* Is the operator looking at this node, and nobody leading it? */
static u8 admit(const struct raft *r, const struct raft_event *event)
{
	const struct raft_member *self = raft_config_find(&r->config, r->self);

	if (r->recovering)
		return RAFT_REFUSED_PENDING;
	if (raft_election_heard(r))
		return RAFT_REFUSED_LED;
	if (!self)
		return RAFT_REFUSED_NOT_MEMBER;
	if (self->roles & RAFT_M_WITNESS)
		return RAFT_REFUSED_WITNESS;
	if (event->recover.config_index != r->config.index ||
	    event->recover.last_index != r->log.last_index ||
	    event->recover.last_term != raft_log_last_term(&r->log))
		return RAFT_REFUSED_STALE;
	if (r->suspect && !event->recover.accept_suspect)
		return RAFT_REFUSED_SUSPECT;
	if (event->recover.room < RAFT_CONFIG_BYTES_MAX)
		return RAFT_REFUSED_NO_SPACE;
	if (next_term(r) > RAFT_TERM_MAX || !raft_election_able(r, next_term(r)))
		return RAFT_REFUSED_BUSY;
	return RAFT_OK;
}

/**
 * raft_recovery_take() - RAFT_EV_RECOVER
 * @r: the engine
 * @event: the event
 *
 * Return: 1, or the negated reason why not; then nothing has changed.
 */
int raft_recovery_take(struct raft *r, const struct raft_event *event)
{
	u8 reason = admit(r, event);

	if (reason == RAFT_OK)
		reason = check_kept(r, event);
	if (reason == RAFT_OK)
		reason = make_draft(r, event);
	if (reason != RAFT_OK)
		return -(int)reason;
	raft_follow(r, r->hard.term, RAFT_NONE, RAFT_CAUSE_RECOVERED);
	r->recovering = true;
	raft_membership_draft(r, &r->draft);
	raft_election_recover(r, next_term(r));
	return 1;
}

/*
 * Whose grants a candidate asks for and counts: the voters'.  Of a forced recovery all
 * who are kept, since a learner too may have the only copy of something.
 */
raft_set raft_recovery_electors(const struct raft *r)
{
	return r->recovering ? r->all : r->voters;
}

/*
 * What tells the group that goes on after a forced recovery from the one before, and
 * from another that was recovered of the same: how often it was done, and by whom.
 * Those left behind may have terms above ours, from a recovery that they were asked
 * for in vain, so terms do not tell them.
 */
u32 raft_recovery_history(const struct raft_config *config)
{
	u32 by = config->forced_by ^ config->forced_by >> 16;

	return min_t(u32, config->forced, U16_MAX) << 16 | (by & U16_MAX);
}

/*
 * Is this from one of those left behind, whom our configuration does not name any
 * more?  Who leads and is new to us is of our history, or of one that began later.  A
 * heartbeat does not say, and is of whoever has sent us entries before.
 */
bool raft_recovery_hides(const struct raft *r, const struct raft_msg *msg, int seat)
{
	u32 own = raft_recovery_history(&r->config);

	if (!own || seat >= 0)
		return false;
	if (msg->type == RAFT_MSG_HEARTBEAT)
		return msg->from != r->leader || msg->term != r->hard.term;
	return msg->history != own && msg->history >> 16 <= own >> 16;
}

static void tell(struct raft *r, u8 reason)
{
	raft_effect_add(r, RAFT_FX_RECOVER)->recover.reason = reason;
}

/* All who are kept have voted: say in the log what was done. */
void raft_recovery_elected(struct raft *r)
{
	r->recovering = false;
	tell(r, RAFT_OK);
	raft_membership_append(r, &r->draft, 0);
}

/* The campaign is over, unless it was won: everything is as before. */
void raft_recovery_ended(struct raft *r, u8 reason)
{
	if (!r->recovering)
		return;
	r->recovering = false;
	raft_membership_revert(r);
	tell(r, reason);
}
