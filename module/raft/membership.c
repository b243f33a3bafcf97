// SPDX-License-Identifier: GPL-2.0
/*
 * Membership: which configuration is in force, and who sits where.
 *
 * The newest configuration of the log decides from the moment it is appended, and
 * stops to when it is cut off (thesis 4.1; bugs M-3, M-4).  Leaders have at most
 * one that is not committed, so few have to be kept to go back to.
 *
 * A configuration lists its members by id; the engine keeps each at a seat of its
 * own for as long as it is a member, since sets of members are bits and a member
 * must not move while others come and go.
 */
#include "raft_private.h"

/* ---- seats ---- */

/* Seat of the node with this id, -1: it has none. */
int raft_seat_of(const struct raft *r, u32 id)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->all, seat) && r->peers[seat].id == id)
			return seat;
	return -1;
}

u32 raft_get_peers(const struct raft *r, u32 ids[QUORUM_MEMBERS_MAX])
{
	u32 n = 0;
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->all, seat) && seat != r->seat)
			ids[n++] = r->peers[seat].id;
	return n;
}

static void seat_free(struct raft *r, int seat)
{
	r->all &= ~raft_set_of(seat);
	r->guests &= ~raft_set_of(seat);
}

/* A seat nobody has; at worst that of a guest, for there are only so many members. */
static void seat_new(struct raft *r, const struct raft_member *m)
{
	struct raft_peer *p;
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX - 1; seat++)
		if (!raft_set_has(r->all, seat))
			break;
	if (raft_set_has(r->all, seat))
		for (seat = 0; seat < QUORUM_MEMBERS_MAX - 1; seat++)
			if (raft_set_has(r->guests, seat))
				break;
	seat_free(r, seat);
	p = &r->peers[seat];
	memset(p, 0, sizeof(*p));
	p->id = m->id;
	p->incarnation = m->incarnation;
	r->all |= raft_set_of(seat);
	if (r->role != RAFT_LEADER)
		return;
	raft_progress_reset(r, p);
	/* Most likely its log is empty; a short one is sent at once to find out. */
	if (!r->log.base_index && r->log.last_index <= RAFT_MSG_ENTRIES_MAX) {
		p->next = 1;
		p->confirm = 1;
	}
}

/*
 * Who is not a member any more gives up its seat, except with a leader: it is
 * kept company until it can have learned that it was removed (bug M-12).
 */
static void seats_leave(struct raft *r)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(r->all & ~r->guests, seat) ||
		    raft_config_find(&r->config, r->peers[seat].id))
			continue;
		if (r->role != RAFT_LEADER || r->peers[seat].id == r->self) {
			seat_free(r, seat);
			continue;
		}
		r->guests |= raft_set_of(seat);
		r->peers[seat].leaves = r->config.index;
	}
}

static void seats_take(struct raft *r)
{
	u32 i;

	for (i = 0; i < r->config.n; i++) {
		const struct raft_member *m = &r->config.members[i];
		int seat = raft_seat_of(r, m->id);
		struct raft_peer *p;

		if (seat < 0) {
			seat_new(r, m);
			continue;
		}
		p = &r->peers[seat];
		/* Who left and comes back may have another device, and nothing says. */
		if (!raft_set_has(r->guests, seat) &&
		    p->incarnation == m->incarnation)
			continue;
		r->guests &= ~raft_set_of(seat);
		/* Another device: nothing of what it acknowledged is there. */
		if (r->role == RAFT_LEADER)
			raft_progress_reset(r, p);
		/* And it names its proposals anew; one not known before may be the same. */
		if (p->incarnation && p->incarnation != m->incarnation)
			memset(&p->window, 0, sizeof(p->window));
		p->incarnation = m->incarnation;
	}
}

/* ---- what a configuration decides ---- */

/* Turn bits of config->members into bits of seats. */
static raft_set seated(const struct raft *r, raft_set members)
{
	raft_set set = 0;
	u32 i;

	for (i = 0; i < r->config.n; i++)
		if (raft_set_has(members, (int)i))
			set |= raft_set_of(raft_seat_of(r, r->config.members[i].id));
	return set;
}

static void count_by(struct raft *r)
{
	raft_set witnesses = 0;
	u32 i;

	raft_config_half(&r->config, RAFT_M_VOTER, &r->halves[0]);
	raft_config_half(&r->config, RAFT_M_OLD, &r->halves[1]);
	r->nhalves = r->halves[1].voters ? 2 : 1;
	for (i = 0; i < r->nhalves; i++)
		r->halves[i].voters = seated(r, r->halves[i].voters);
	r->voters = r->halves[0].voters;
	if (r->nhalves > 1)
		r->voters |= r->halves[1].voters;
	for (i = 0; i < r->config.n; i++)
		if (r->config.members[i].roles & RAFT_M_WITNESS)
			witnesses |= raft_set_of((int)i);
	/* One that was removed is kept company without any payload, as before. */
	r->witnesses = seated(r, witnesses) | (r->witnesses & r->guests);
	r->seat = raft_seat_of(r, r->self);
	if (raft_set_has(r->guests, r->seat))
		r->seat = -1;
}

/* A step of priority is worth the spread of the timeouts (bug P-8: no refusal). */
static void set_handicap(struct raft *r)
{
	const struct raft_member *self = raft_config_find(&r->config, r->self);
	u64 spread = max(r->timing.election_max - r->timing.election_min, r->timing.heartbeat);
	u8 top = 0;
	u32 i;

	for (i = 0; i < r->config.n; i++)
		if (r->config.members[i].roles & (RAFT_M_VOTER | RAFT_M_OLD))
			top = max(top, r->config.members[i].priority);
	r->handicap = self && self->priority < top ? (top - self->priority) * spread : 0;
}

static void set_timing(struct raft *r)
{
	bool same = !memcmp(&r->timing, &r->config.timing, sizeof(r->timing));

	r->flags = r->config.flags;
	r->timing = r->config.timing;
	set_handicap(r);
	if (same)
		return;
	if (r->role == RAFT_FOLLOWER)
		raft_election_restart(r);
	r->quorum_due = r->now + r->timing.election_max;
}

static void apply(struct raft *r)
{
	seats_leave(r);
	seats_take(r);
	count_by(r);
	set_timing(r);
}

static const struct raft_config *remember(struct raft *r, const struct raft_config *config)
{
	struct raft_config *copy = &r->told_configs[min_t(u32, r->ntold, RAFT_TOLD_MAX - 1)];

	r->ntold++;
	*copy = *config;
	return copy;
}

/* Say what is in force, and whether it is committed. */
void raft_membership_tell(struct raft *r)
{
	struct raft_effect *fx = raft_effect_add(r, RAFT_FX_CONFIG);

	fx->config.config = remember(r, &r->config);
	fx->config.committed = r->config.index <= r->log.commit;
	r->untold = false;
}

/* The last of the kept is in force. */
static void enforce(struct raft *r)
{
	r->config = r->kept[r->nkept - 1];
	apply(r);
}

static void forget_oldest(struct raft *r)
{
	r->nkept--;
	memmove(&r->kept[0], &r->kept[1], r->nkept * sizeof(r->kept[0]));
}

static void keep(struct raft *r, const struct raft_config *config, u64 index)
{
	if (r->nkept == RAFT_CONFIGS_MAX)
		forget_oldest(r);
	r->kept[r->nkept] = *config;
	r->kept[r->nkept].index = index;
	r->nkept++;
}

/* ---- what happens to configurations ---- */

/* May it start from this one?  Who joins does so from one without members. */
static bool may_start_from(const struct raft_params *params)
{
	u8 reason = raft_config_check(&params->config);

	if (params->flags & RAFT_F_JOIN && !params->config.index && !params->config.n)
		return reason == RAFT_REFUSED_NO_VOTER;
	return reason == RAFT_OK;
}

/**
 * raft_membership_init() - find the configuration in what was recovered
 * @r: the engine, its log set up
 * @params: configurations at the base and in the tail (bug M-5)
 *
 * Return: 0 or -EINVAL.
 */
int raft_membership_init(struct raft *r, const struct raft_params *params)
{
	/* With a snapshot it is the one at its index, which may be above the base. */
	u64 floor = max(params->base_index, params->snapshot.index);
	u32 i;

	if (!may_start_from(params) || params->config.index > floor ||
	    params->nconfigs > RAFT_CONFIGS_MAX)
		return -EINVAL;
	keep(r, &params->config, params->config.index);
	for (i = 0; i < params->nconfigs; i++) {
		const struct raft_config *config = &params->configs[i];

		if (raft_config_check(config) != RAFT_OK || config->index > params->last_index)
			return -EINVAL;
		/* The snapshot's own once more, found in the log behind it. */
		if (config->index <= floor)
			continue;
		keep(r, config, config->index);
		floor = config->index;
	}
	enforce(r);
	r->untold = r->nkept > 1;
	/* Before a checkpoint of the log all is committed: nobody goes back to it. */
	while (r->nkept > 1 && r->kept[1].index <= r->log.commit)
		forget_oldest(r);
	return 0;
}

/* A follower took the entry of type CONFIG at @index. */
void raft_membership_appended(struct raft *r, const struct raft_config *config, u64 index)
{
	keep(r, config, index);
	enforce(r);
	raft_membership_tell(r);
}

/* The log was cut: what is gone from it decides nothing (bug M-3). */
void raft_membership_truncated(struct raft *r, u64 from)
{
	if (r->config.index < from)
		return;
	while (r->nkept && r->kept[r->nkept - 1].index >= from)
		r->nkept--;
	if (!r->nkept) {
		/* More than one leader would have to have broken the rule of one. */
		raft_halt(r, RAFT_HALT_CONTRACT, from, r->config.index, r->log.commit);
		return;
	}
	enforce(r);
	raft_membership_tell(r);
}

/* The commit index rose from @before. */
void raft_membership_committed(struct raft *r, u64 before)
{
	int seat;

	while (r->nkept > 1 && r->kept[1].index <= r->log.commit)
		forget_oldest(r);
	if (r->config.index <= before || r->config.index > r->log.commit)
		return;
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->guests, seat))
			r->peers[seat].leave_due = r->now + 3 * r->timing.election_max;
	raft_membership_tell(r);
}

/* A snapshot replaced the log: its configuration is the only one. */
void raft_membership_restore(struct raft *r, const struct raft_config *config)
{
	r->nkept = 0;
	keep(r, config, config->index);
	enforce(r);
	raft_membership_tell(r);
}

/**
 * raft_membership_append() - a leader makes an entry of type CONFIG
 * @r: a leader without one that is not committed
 * @config: what it shall hold
 * @tag: of the change asked for, 0: the engine's own idea
 */
void raft_membership_append(struct raft *r, const struct raft_config *config, u64 tag)
{
	struct raft_effect *fx = raft_effect_add(r, RAFT_FX_APPEND);
	u64 index = r->log.last_index + 1;

	fx->append.first = index;
	fx->append.term = r->hard.term;
	fx->append.count = 1;
	fx->append.tag = tag;
	raft_log_append(&r->log, r->hard.term, 1);
	keep(r, config, index);
	fx->append.config = remember(r, &r->kept[r->nkept - 1]);
	enforce(r);
	raft_membership_tell(r);
	/* One that names fewer may be committed as it is. */
	raft_commit_advance(r);
}

/* A forced recovery campaigns as if this were in the log already. */
void raft_membership_draft(struct raft *r, const struct raft_config *config)
{
	r->config = *config;
	apply(r);
}

/* It does not, after all. */
void raft_membership_revert(struct raft *r)
{
	enforce(r);
}

/* A leadership ends: nobody keeps company with guests. */
void raft_membership_ended(struct raft *r)
{
	r->all &= ~r->guests;
	r->guests = 0;
}

static bool could_lead(const struct raft_config *config, u32 id)
{
	const struct raft_member *m = raft_config_find(config, id);

	return m && m->roles & (RAFT_M_VOTER | RAFT_M_OLD) && !(m->roles & RAFT_M_WITNESS);
}

/*
 * May this node campaign?  While it is not known to be committed that it does not
 * vote any more, it may be the only one whose log is good enough (thesis 4.2.2);
 * it does not count itself then.
 */
bool raft_membership_campaigns(const struct raft *r)
{
	if (could_lead(&r->config, r->self))
		return true;
	return r->nkept > 1 && r->config.index > r->log.commit &&
	       could_lead(&r->kept[r->nkept - 2], r->self);
}

bool raft_membership_pending(const struct raft *r)
{
	return r->nhalves > 1 || r->config.index > r->log.commit;
}

/* ---- what a leader does by itself ---- */

/* The joint configuration is committed: on to its new half (bug M-7). */
static void leave_joint(struct raft *r)
{
	struct raft_config *next = &r->draft;
	u32 i;

	*next = r->config;
	next->n = 0;
	memset(&next->old, 0, sizeof(next->old));
	memset(next->members, 0, sizeof(next->members));
	for (i = 0; i < r->config.n; i++) {
		struct raft_member m = r->config.members[i];

		m.roles &= ~RAFT_M_OLD;
		if (m.roles & (RAFT_M_VOTER | RAFT_M_LEARNER))
			next->members[next->n++] = m;
	}
	raft_membership_append(r, next, 0);
}

/* We are no voter any more: tell who is still there, and go (bug M-8). */
static void step_down(struct raft *r)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->all, seat) && seat != r->seat)
			raft_progress_beat(r, seat);
	raft_leader_end(r, RAFT_CAUSE_REMOVED);
}

/* One learner that has caught up becomes a voter. */
static void promote(struct raft *r)
{
	u32 i;

	for (i = 0; i < r->config.n; i++) {
		const struct raft_member *m = &r->config.members[i];
		int seat;

		if (!(m->roles & RAFT_M_AUTO) || !raft_change_caught_up(r, m->id))
			continue;
		seat = raft_seat_of(r, m->id);
		/* Not who has just fallen silent: it would only be in the way (M-11). */
		if (raft_time_reached(r->now, r->peers[seat].heard + r->timing.election_min))
			continue;
		r->draft = r->config;
		r->draft.members[i].roles &= ~(RAFT_M_AUTO | RAFT_M_LEARNER);
		r->draft.members[i].roles |= RAFT_M_VOTER;
		if (raft_config_check(&r->draft) != RAFT_OK ||
		    !raft_config_crosses(&r->config, &r->draft))
			continue;
		raft_membership_append(r, &r->draft, 0);
		return;
	}
}

static void guests_leave(struct raft *r)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		const struct raft_peer *p = &r->peers[seat];

		if (raft_set_has(r->guests, seat) && p->leaves <= r->log.commit &&
		    raft_time_reached(r->now, p->leave_due))
			seat_free(r, seat);
	}
}

/**
 * raft_membership_pump() - go on with what was begun, as far as it is committed
 * @r: a leader
 *
 * Nothing before an entry of the own term is committed (bugs M-1, M-7), and one
 * thing at a time.
 */
void raft_membership_pump(struct raft *r)
{
	if (r->guests)
		guests_leave(r);
	if (r->log.commit < r->term_start || r->config.index > r->log.commit)
		return;
	if (!raft_log_can_append(&r->log, r->hard.term))
		return;
	if (r->nhalves > 1)
		leave_joint(r);
	else if (!raft_set_has(r->voters, r->seat))
		step_down(r);
	else
		promote(r);
}
