// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations as values: what a group may be, without any engine around it.
 */
#include "raft_private.h"

bool raft_config_joint(const struct raft_config *config)
{
	u32 i;

	for (i = 0; i < config->n && i < QUORUM_MEMBERS_MAX; i++)
		if (config->members[i].roles & RAFT_M_OLD)
			return true;
	return false;
}

const struct raft_member *raft_config_find(const struct raft_config *config, u32 id)
{
	u32 i;

	for (i = 0; i < config->n && i < QUORUM_MEMBERS_MAX; i++)
		if (config->members[i].id == id)
			return &config->members[i];
	return NULL;
}

/**
 * raft_config_half() - the voters of one half, and how many of them it takes
 * @config: a configuration
 * @role: RAFT_M_VOTER: the new (or only) half; RAFT_M_OLD: the old one
 * @half: filled in; bit n of @half->voters is @config->members[n]
 */
void raft_config_half(const struct raft_config *config, u8 role, struct raft_half *half)
{
	const struct raft_quorums *sizes = role == RAFT_M_OLD ? &config->old :
								&config->quorums;
	u32 n, i;

	half->voters = 0;
	for (i = 0; i < config->n && i < QUORUM_MEMBERS_MAX; i++)
		if (config->members[i].roles & role)
			half->voters |= raft_set_of((int)i);
	n = raft_set_size(half->voters);
	half->election = sizes->election ? sizes->election : n / 2 + 1;
	half->commit = sizes->commit ? sizes->commit : n / 2 + 1;
}

/*
 * Any two election quorums meet, or a term could have two leaders; and each meets
 * every commit quorum, or a leader could lack what is committed.
 */
static bool half_intersects(const struct raft_half *half)
{
	u32 n = raft_set_size(half->voters);

	return half->election <= n && half->commit <= n && half->election * 2 > n &&
	       half->election + half->commit > n;
}

static bool timing_good(const struct raft_timing *timing)
{
	return timing->heartbeat >= QUORUM_HEARTBEAT_US_MIN * 1000ULL &&
	       timing->election_max <= QUORUM_ELECTION_US_MAX * 1000ULL &&
	       timing->election_min <= timing->election_max &&
	       timing->heartbeat <= timing->election_min / 2;
}

static bool roles_good(u8 roles)
{
	bool voter = roles & RAFT_M_VOTER, learner = roles & RAFT_M_LEARNER;

	if (roles & ~(RAFT_M_VOTER | RAFT_M_LEARNER | RAFT_M_OLD | RAFT_M_WITNESS | RAFT_M_AUTO))
		return false;
	if (voter && learner)
		return false;
	if (roles & RAFT_M_AUTO && !learner)
		return false;
	/* Who is in neither half has no seat. */
	return voter || learner || roles & RAFT_M_OLD;
}

static bool members_good(const struct raft_config *config)
{
	u32 i;

	for (i = 0; i < config->n; i++) {
		const struct raft_member *m = &config->members[i];

		/* Ascending, so that none is there twice; 0 is nobody (bug V-20). */
		if (m->id <= (i ? config->members[i - 1].id : RAFT_NONE))
			return false;
		if (!roles_good(m->roles) || m->priority > RAFT_PRIORITY_MAX)
			return false;
	}
	return true;
}

/* Does a half have a voter that can lead? */
static bool can_lead(const struct raft_config *config, u8 role)
{
	u32 i;

	for (i = 0; i < config->n; i++)
		if (config->members[i].roles & role &&
		    !(config->members[i].roles & RAFT_M_WITNESS))
			return true;
	return false;
}

u8 raft_config_check(const struct raft_config *config)
{
	bool joint = raft_config_joint(config);
	struct raft_half half;

	if (config->n > QUORUM_MEMBERS_MAX)
		return RAFT_REFUSED_TOO_MANY;
	if (!members_good(config) || !timing_good(&config->timing) ||
	    config->flags & ~RAFT_F_CONFIG)
		return RAFT_REFUSED_INVALID;
	if (!can_lead(config, RAFT_M_VOTER) || (joint && !can_lead(config, RAFT_M_OLD)))
		return RAFT_REFUSED_NO_VOTER;
	raft_config_half(config, RAFT_M_VOTER, &half);
	if (!half_intersects(&half))
		return RAFT_REFUSED_QUORUMS;
	raft_config_half(config, RAFT_M_OLD, &half);
	if (joint ? !half_intersects(&half) : config->old.election || config->old.commit)
		return RAFT_REFUSED_QUORUMS;
	return RAFT_OK;
}

const struct raft_config *raft_get_config(const struct raft *r)
{
	return &r->config;
}
