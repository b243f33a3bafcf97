// SPDX-License-Identifier: GPL-2.0
/*
 * Changes of the configuration that somebody asks for: what they ask, whether it
 * can be, and whether it can be in one step.
 */
#include "raft_private.h"

/* ---- one step or two ---- */

/* How many of the @common voters are in every quorum of @size out of @voters. */
static u32 least_common(u32 size, u32 voters, u32 common)
{
	u32 others = voters - common;

	return size > others ? size - others : 0;
}

static bool always_meet(u32 size_a, u32 a, u32 size_b, u32 b, u32 common)
{
	return least_common(size_a, a, common) + least_common(size_b, b, common) > common;
}

/**
 * raft_config_crosses() - may one configuration follow the other in one step?
 * @a: a simple configuration
 * @b: a simple configuration
 *
 * It may when every election quorum of either meets every election and commit
 * quorum of the other, which is so for majorities if one voter comes or goes
 * (thesis 4.1).
 */
bool raft_config_crosses(const struct raft_config *a, const struct raft_config *b)
{
	struct raft_half ha, hb;
	u32 na, nb, common = 0, i;

	raft_config_half(a, RAFT_M_VOTER, &ha);
	raft_config_half(b, RAFT_M_VOTER, &hb);
	na = raft_set_size(ha.voters);
	nb = raft_set_size(hb.voters);
	for (i = 0; i < a->n; i++) {
		const struct raft_member *m = raft_config_find(b, a->members[i].id);

		common += a->members[i].roles & RAFT_M_VOTER && m && m->roles & RAFT_M_VOTER;
	}
	return always_meet(ha.election, na, hb.election, nb, common) &&
	       always_meet(ha.election, na, hb.commit, nb, common) &&
	       always_meet(ha.commit, na, hb.election, nb, common);
}

/* ---- steps ---- */

/* Make room for @m in the order of ids; NULL: there is none. */
static struct raft_member *insert(struct raft_config *config, const struct raft_member *m)
{
	u32 i = config->n;

	if (config->n == QUORUM_MEMBERS_MAX)
		return NULL;
	for (; i > 0 && config->members[i - 1].id > m->id; i--)
		config->members[i] = config->members[i - 1];
	config->members[i] = *m;
	config->n++;
	return &config->members[i];
}

static void erase(struct raft_config *config, struct raft_member *m)
{
	u32 i = (u32)(m - config->members);

	for (config->n--; i < config->n; i++)
		config->members[i] = config->members[i + 1];
	memset(&config->members[config->n], 0, sizeof(config->members[0]));
}

static u8 add(struct raft_config *config, const struct raft_member *m, u8 roles)
{
	struct raft_member *new;

	if (m->id == RAFT_NONE || m->priority > RAFT_PRIORITY_MAX)
		return RAFT_REFUSED_INVALID;
	new = insert(config, m);
	if (!new)
		return RAFT_REFUSED_TOO_MANY;
	new->roles = roles | (m->roles & RAFT_M_WITNESS);
	return RAFT_OK;
}

/* Has the node all that is committed, as far as a leader knows? */
bool raft_change_caught_up(const struct raft *r, u32 id)
{
	int seat = raft_seat_of(r, id);

	return seat >= 0 && (seat == r->seat || r->peers[seat].match >= r->log.commit);
}

static u8 promote(const struct raft *r, struct raft_member *m)
{
	if (!(m->roles & RAFT_M_LEARNER))
		return RAFT_REFUSED_NOT_MEMBER;
	if (!raft_change_caught_up(r, m->id))
		return RAFT_REFUSED_BEHIND;
	m->roles = RAFT_M_VOTER | (m->roles & RAFT_M_WITNESS);
	return RAFT_OK;
}

/* Its device is gone, and with it what it acknowledged and voted (bug M-9). */
static u8 replace(const struct raft *r, struct raft_member *m, const struct raft_member *with)
{
	if (m->id == r->self || m->incarnation == with->incarnation)
		return RAFT_REFUSED_INVALID;
	if (m->roles & RAFT_M_VOTER)
		m->roles = RAFT_M_LEARNER | RAFT_M_AUTO | (m->roles & RAFT_M_WITNESS);
	m->incarnation = with->incarnation;
	memcpy(m->address, with->address, sizeof(m->address));
	return RAFT_OK;
}

static u8 set(struct raft_member *m, const struct raft_member *to)
{
	if (to->priority > RAFT_PRIORITY_MAX)
		return RAFT_REFUSED_INVALID;
	m->priority = to->priority;
	memcpy(m->address, to->address, sizeof(m->address));
	return RAFT_OK;
}

/* What the genesis did not say of it becomes known: it is the same member as before. */
static u8 fill(struct raft_member *m, const struct raft_member *from)
{
	static const u8 none[sizeof(m->address)];

	if (!memcmp(m->address, none, sizeof(none)))
		memcpy(m->address, from->address, sizeof(m->address));
	if (!m->incarnation)
		m->incarnation = from->incarnation;
	return RAFT_OK;
}

/* A step for a node that has a seat. */
static u8 change_member(const struct raft *r, struct raft_config *config,
			struct raft_member *m, const struct raft_change *change)
{
	u8 witness = m->roles & RAFT_M_WITNESS;

	switch (change->op) {
	case RAFT_CHANGE_ADD:
		return RAFT_REFUSED_IS_MEMBER;
	case RAFT_CHANGE_LEARNER:
		m->roles = RAFT_M_LEARNER | witness;
		return RAFT_OK;
	case RAFT_CHANGE_VOTER:
		if (m->roles & RAFT_M_VOTER)
			return RAFT_REFUSED_IS_MEMBER;
		m->roles = RAFT_M_VOTER | witness;
		return RAFT_OK;
	case RAFT_CHANGE_PROMOTE:
		return promote(r, m);
	case RAFT_CHANGE_REMOVE:
		erase(config, m);
		return RAFT_OK;
	case RAFT_CHANGE_REPLACE:
		return replace(r, m, &change->member);
	case RAFT_CHANGE_SET:
		return set(m, &change->member);
	case RAFT_CHANGE_FILL:
		return fill(m, &change->member);
	default:
		return RAFT_REFUSED_INVALID;
	}
}

static u8 take_step(const struct raft *r, struct raft_config *config,
		    const struct raft_change *change)
{
	u32 i;

	for (i = 0; i < config->n; i++)
		if (config->members[i].id == change->member.id)
			return change_member(r, config, &config->members[i], change);
	switch (change->op) {
	case RAFT_CHANGE_ADD:
		return add(config, &change->member, RAFT_M_LEARNER | RAFT_M_AUTO);
	case RAFT_CHANGE_LEARNER:
		return add(config, &change->member, RAFT_M_LEARNER);
	case RAFT_CHANGE_VOTER:
		return add(config, &change->member, RAFT_M_VOTER);
	case RAFT_CHANGE_PROMOTE:
	case RAFT_CHANGE_REMOVE:
	case RAFT_CHANGE_REPLACE:
	case RAFT_CHANGE_SET:
	case RAFT_CHANGE_FILL:
		return RAFT_REFUSED_NOT_MEMBER;
	default:
		return RAFT_REFUSED_INVALID;
	}
}

/* Is this incarnation of a member only written down, rather than another one? */
static bool is_filled(const struct raft_event *event, const struct raft_member *m)
{
	u32 i;

	for (i = 0; i < event->change.count; i++)
		if (event->change.list[i].op == RAFT_CHANGE_FILL &&
		    event->change.list[i].member.id == m->id &&
		    event->change.list[i].member.incarnation == m->incarnation)
			return true;
	return false;
}

/* Add @old's voters to @config as its old half. */
static u8 join(const struct raft_event *event, const struct raft_config *old,
	       struct raft_config *config)
{
	u32 i, k;

	config->old = old->quorums;
	for (i = 0; i < old->n; i++) {
		const struct raft_member *m = &old->members[i];
		struct raft_member *both = NULL;

		if (!(m->roles & RAFT_M_VOTER))
			continue;
		for (k = 0; k < config->n; k++)
			if (config->members[k].id == m->id)
				both = &config->members[k];
		if (!both) {
			both = insert(config, m);
			if (!both)
				return RAFT_REFUSED_TOO_MANY;
			both->roles &= RAFT_M_WITNESS;
		}
		/* A wiped node's vote in the old half would be worth nothing (M-9). */
		if (both->incarnation != m->incarnation &&
		    (m->incarnation || !is_filled(event, both)))
			return RAFT_REFUSED_INVALID;
		both->roles |= RAFT_M_OLD;
	}
	return RAFT_OK;
}

/* Make r->draft of what is in force and what is asked for. */
static u8 make_draft(struct raft *r, const struct raft_event *event)
{
	const struct raft_settings *settings = event->change.settings;
	struct raft_config *draft = &r->draft;
	u32 i;
	u8 reason = RAFT_OK;

	*draft = r->config;
	for (i = 0; i < event->change.count && reason == RAFT_OK; i++)
		reason = take_step(r, draft, &event->change.list[i]);
	if (reason != RAFT_OK)
		return reason;
	if (settings) {
		draft->flags = settings->flags;
		draft->timing = settings->timing;
		draft->quorums = settings->quorums;
	}
	/* Two configurations that are the same have the same bytes. */
	if (!memcmp(draft, &r->config, sizeof(*draft)))
		return RAFT_REFUSED_INVALID;
	reason = raft_config_check(draft);
	if (reason != RAFT_OK)
		return reason;
	if (!event->change.joint)
		return raft_config_crosses(&r->config, draft) ? RAFT_OK :
								RAFT_REFUSED_NEEDS_JOINT;
	reason = join(event, &r->config, draft);
	return reason == RAFT_OK ? raft_config_check(draft) : reason;
}

/* Is this the moment for a change, whatever it is? */
static u8 admit(const struct raft *r, const struct raft_event *event)
{
	if (r->role != RAFT_LEADER)
		return r->leader == RAFT_NONE ? RAFT_REFUSED_NO_LEADER : RAFT_REFUSED_NOT_LEADER;
	if (event->change.count > RAFT_CHANGES_MAX)
		return RAFT_REFUSED_INVALID;
	if (r->log.commit < r->term_start)
		return RAFT_REFUSED_NOT_READY;
	if (r->transfer.target != RAFT_NONE)
		return RAFT_REFUSED_TRANSFERRING;
	if (raft_membership_pending(r))
		return RAFT_REFUSED_PENDING;
	if (event->change.seen != r->config.index)
		return RAFT_REFUSED_STALE;
	if (r->log.last_index - r->log.commit >= RAFT_UNCOMMITTED_ENTRIES_MAX ||
	    !raft_log_can_append(&r->log, r->hard.term))
		return RAFT_REFUSED_BUSY;
	if (event->change.room < RAFT_CONFIG_BYTES_MAX)
		return RAFT_REFUSED_NO_SPACE;
	return RAFT_OK;
}

/* What a member has acknowledged stays so: it is the device it always was. */
static void seats_filled(struct raft *r, const struct raft_event *event)
{
	u32 i;

	for (i = 0; i < event->change.count; i++) {
		const struct raft_member *m = &event->change.list[i].member;
		int seat = raft_seat_of(r, m->id);

		if (event->change.list[i].op == RAFT_CHANGE_FILL && seat >= 0 &&
		    !r->peers[seat].incarnation)
			r->peers[seat].incarnation = m->incarnation;
	}
}

/**
 * raft_change_take() - RAFT_EV_CHANGE
 * @r: the engine
 * @event: the event
 *
 * Return: 1, or the negated reason why not; then nothing has changed.
 */
int raft_change_take(struct raft *r, const struct raft_event *event)
{
	u8 reason = admit(r, event);

	if (reason == RAFT_OK)
		reason = make_draft(r, event);
	if (reason != RAFT_OK)
		return -(int)reason;
	seats_filled(r, event);
	raft_membership_append(r, &r->draft, event->change.tag);
	return 1;
}
