// SPDX-License-Identifier: GPL-2.0
/*
 * Configurations, as the checks understand them.  Written a second time and from
 * the definition, so that it can contradict the engine.
 */
#include "sim.h"

/* Members with one of these roles, by id and not by seat: bit id. */
static raft_set with(const struct raft_config *config, u8 roles)
{
	raft_set set = 0;
	u32 i;

	for (i = 0; i < config->n; i++)
		if (config->members[i].roles & roles)
			set |= (raft_set)(1U << config->members[i].id);
	return set;
}

bool config_votes(const struct raft_config *config, u32 id)
{
	return with(config, RAFT_M_VOTER | RAFT_M_OLD) >> id & 1;
}

bool config_takes_part(const struct raft_config *config, u32 id)
{
	return with(config, RAFT_M_VOTER | RAFT_M_LEARNER) >> id & 1;
}

/* Do @have, of @voters, suffice?  @size: how many it takes, 0: more than half. */
static bool enough(raft_set voters, raft_set have, u32 size)
{
	u32 n = (u32)__builtin_popcount(voters);

	return (u32)__builtin_popcount(voters & have) >= (size ? size : n / 2 + 1);
}

/* Is something committed that those nodes hold? */
bool config_commits(const struct raft_config *config, raft_set have)
{
	raft_set old = with(config, RAFT_M_OLD);

	if (old && !enough(old, have, config->old.commit))
		return false;
	return enough(with(config, RAFT_M_VOTER), have, config->quorums.commit);
}

/* Can those nodes elect somebody? */
bool config_elects(const struct raft_config *config, raft_set have)
{
	raft_set old = with(config, RAFT_M_OLD);

	if (old && !enough(old, have, config->old.election))
		return false;
	return enough(with(config, RAFT_M_VOTER), have, config->quorums.election);
}

/*
 * How many voters may be out of order at a time, and the rest still serves and has
 * everything?  What was committed may be with as few as do not only witness it.
 */
u32 config_spare(const struct raft_config *config)
{
	u32 n = (u32)__builtin_popcount(with(config, RAFT_M_VOTER));
	u32 election = config->quorums.election ? config->quorums.election : n / 2 + 1;
	u32 commit = config->quorums.commit ? config->quorums.commit : n / 2 + 1;

	u32 witnesses = (u32)__builtin_popcount(with(config, RAFT_M_WITNESS));

	return min(n - max(election, commit),
		   commit > witnesses ? commit - witnesses - 1 : 0);
}
