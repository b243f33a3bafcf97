// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of members, majorities, and what a majority agrees on.
 */
#include "raft_private.h"

u32 raft_set_size(raft_set set)
{
	u32 size = 0;

	for (; set; set &= (raft_set)(set - 1))
		size++;
	return size;
}

int raft_slot_of(const struct raft *r, u32 id)
{
	u32 i;

	for (i = 0; i < r->config.n; i++)
		if (r->config.members[i].id == id)
			return (int)i;
	return -1;
}

/* Are more than half of the voters in @set?  Learners in it do not matter. */
bool raft_quorum_has(const struct raft *r, raft_set set)
{
	return raft_set_size(set & r->voters) > raft_set_size(r->voters) / 2;
}

/* Sort descending; at most QUORUM_MEMBERS_MAX values. */
static void sort(u64 *values, u32 n)
{
	u32 i, j;

	for (i = 1; i < n; i++) {
		u64 v = values[i];

		for (j = i; j > 0 && values[j - 1] < v; j--)
			values[j] = values[j - 1];
		values[j] = v;
	}
}

/**
 * raft_quorum_match() - newest entry that is durable on a majority
 * @r: a leader
 *
 * Sorted anew each time: with 16 members an incremental scan saves nothing and
 * was wrong elsewhere (bug L-12).  The own share is what the own device has
 * finished (bug D-5), and only if this node votes (bug L-15).
 */
u64 raft_quorum_match(const struct raft *r)
{
	u64 values[QUORUM_MEMBERS_MAX];
	u32 n = 0, i;

	for (i = 0; i < r->config.n; i++) {
		if (!raft_set_has(r->voters, (int)i))
			continue;
		values[n++] = (int)i == r->slot ? r->disk.durable : r->peers[i].match;
	}
	sort(values, n);
	return n ? values[n / 2] : 0;
}

/**
 * raft_quorum_heard() - since when has a majority been heard without a gap
 * @r: a leader
 *
 * Return: the newest time at or after which a majority of the voters, this node
 * included, has answered.
 */
u64 raft_quorum_heard(const struct raft *r)
{
	u64 ages[QUORUM_MEMBERS_MAX];
	u32 n = 0, i;

	/* Ages, because they sort rightly where times may wrap; oldest first. */
	for (i = 0; i < r->config.n; i++) {
		if (!raft_set_has(r->voters, (int)i))
			continue;
		ages[n++] = (int)i == r->slot ? 0 : r->now - r->peers[i].heard;
	}
	sort(ages, n);
	return n ? r->now - ages[(n - 1) / 2] : r->now;
}

void raft_commit_to(struct raft *r, u64 index)
{
	if (index <= r->log.commit)
		return;
	r->log.commit = index;
	raft_effect_add(r, RAFT_FX_COMMIT)->commit = index;
}

/* A leader: commit what a majority holds, if it is of the own term (bug L-2). */
void raft_commit_advance(struct raft *r)
{
	u64 index = raft_quorum_match(r);

	if (index < r->term_start || index <= r->log.commit)
		return;
	raft_commit_to(r, index);
	raft_proposal_committed(r);
}
