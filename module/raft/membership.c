// SPDX-License-Identifier: GPL-2.0
/*
 * Membership: which configuration is in force, and who sits where.
 *
 * A configuration lists its members by id; the engine keeps each at a seat of its
 * own for as long as it is a member, since sets of members are bits and a member
 * must not move while others come and go.
 */
#include "raft_private.h"

/* Seat of the node with this id, -1: it has none. */
int raft_seat_of(const struct raft *r, u32 id)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->all, seat) && r->peers[seat].id == id)
			return seat;
	return -1;
}

static int seat_new(struct raft *r, u32 id)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX - 1; seat++)
		if (!raft_set_has(r->all, seat))
			break;
	memset(&r->peers[seat], 0, sizeof(r->peers[seat]));
	r->peers[seat].id = id;
	r->all |= raft_set_of(seat);
	return seat;
}

/* Give up the seats of those who are not members any more. */
static void seats_free(struct raft *r)
{
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->all, seat) &&
		    !raft_config_find(&r->config, r->peers[seat].id))
			r->all &= ~raft_set_of(seat);
}

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

/**
 * raft_membership_apply() - let r->config decide from now on
 * @r: the engine
 */
void raft_membership_apply(struct raft *r)
{
	u32 i;

	seats_free(r);
	for (i = 0; i < r->config.n; i++)
		if (raft_seat_of(r, r->config.members[i].id) < 0)
			seat_new(r, r->config.members[i].id);
	raft_config_half(&r->config, RAFT_M_VOTER, &r->halves[0]);
	raft_config_half(&r->config, RAFT_M_OLD, &r->halves[1]);
	r->nhalves = r->halves[1].voters ? 2 : 1;
	for (i = 0; i < r->nhalves; i++)
		r->halves[i].voters = seated(r, r->halves[i].voters);
	r->voters = r->halves[0].voters;
	if (r->nhalves > 1)
		r->voters |= r->halves[1].voters;
	r->seat = raft_seat_of(r, r->self);
	r->flags = r->config.flags;
	r->timing = r->config.timing;
}

/* A snapshot took the place of the whole log: its configuration decides. */
void raft_membership_restore(struct raft *r, const struct raft_config *config)
{
	r->config = *config;
	raft_membership_apply(r);
}
