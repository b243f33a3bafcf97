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

/* Does @set elect a leader?  Learners in it do not matter; joint: in both halves. */
bool raft_quorum_elects(const struct raft *r, raft_set set)
{
	u32 h;

	for (h = 0; h < r->nhalves; h++) {
		const struct raft_half *half = &r->halves[h];

		if (raft_set_size(set & half->voters) < half->election)
			return false;
	}
	return r->nhalves != 0;
}

/* Is @set a commit quorum?  What it has agreed on no leader elsewhere can undo. */
bool raft_quorum_confirms(const struct raft *r, raft_set set)
{
	u32 h;

	for (h = 0; h < r->nhalves; h++) {
		const struct raft_half *half = &r->halves[h];

		if (raft_set_size(set & half->voters) < half->commit)
			return false;
	}
	return r->nhalves != 0;
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

/* What a voter adds to a commit. */
static u64 share(const struct raft *r, int seat)
{
	if (seat == r->seat)
		return r->disk.durable;
	return raft_suspect_counts(&r->peers[seat]) ? r->peers[seat].match : 0;
}

static u64 half_match(const struct raft *r, const struct raft_half *half)
{
	u64 values[QUORUM_MEMBERS_MAX];
	u32 n = 0;
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(half->voters, seat))
			continue;
		values[n++] = share(r, seat);
	}
	sort(values, n);
	return half->commit && half->commit <= n ? values[half->commit - 1] : 0;
}

/**
 * raft_quorum_match() - newest entry that is durable on a commit quorum
 * @r: a leader
 *
 * Sorted anew each time: with 16 members an incremental scan saves nothing and
 * was wrong elsewhere (bug L-12).  The own share is what the own device has
 * finished (bug D-5), and only if this node votes (bug L-15).
 */
u64 raft_quorum_match(const struct raft *r)
{
	u64 match = half_match(r, &r->halves[0]);

	if (r->nhalves > 1)
		match = min(match, half_match(r, &r->halves[1]));
	return match;
}

/* What so many voters that can lead have that the half's witnesses make a quorum of them. */
static u64 half_witnessed(const struct raft *r, const struct raft_half *half)
{
	u32 witnesses = raft_set_size(half->voters & r->witnesses);
	u32 need = half->commit > witnesses ? half->commit - witnesses : 1;
	u64 values[QUORUM_MEMBERS_MAX];
	u32 n = 0;
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(half->voters & ~r->witnesses, seat))
			values[n++] = share(r, seat);
	sort(values, n);
	return need <= n ? values[need - 1] : r->log.last_index;
}

/**
 * raft_quorum_witnessed() - newest entry that a witness may be sent
 * @r: a leader
 *
 * One that only witnesses kept would keep everybody else from being elected, and
 * they themselves cannot lead.  So they come last: when their word is all that is
 * missing, and a device that is lost then does not take the only copy with it.
 */
u64 raft_quorum_witnessed(const struct raft *r)
{
	u64 newest = min(r->log.last_index, half_witnessed(r, &r->halves[0]));

	if (r->nhalves > 1)
		newest = min(newest, half_witnessed(r, &r->halves[1]));
	return newest;
}

/* Ages, because they sort rightly where times may wrap. */
static u64 half_age(const struct raft *r, const struct raft_half *half)
{
	u64 ages[QUORUM_MEMBERS_MAX];
	u32 n = 0;
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(half->voters, seat))
			continue;
		ages[n++] = seat == r->seat ? 0 : r->now - r->peers[seat].heard;
	}
	sort(ages, n);
	/* Oldest first: the last @commit of them are the youngest quorum. */
	return half->commit && half->commit <= n ? ages[n - half->commit] : 0;
}

/**
 * raft_quorum_heard() - since when has a commit quorum been heard without a gap
 * @r: a leader
 *
 * Return: the newest time at or after which a quorum of the voters, this node
 * included if it is one, has answered.
 */
u64 raft_quorum_heard(const struct raft *r)
{
	u64 age = half_age(r, &r->halves[0]);

	if (r->nhalves > 1)
		age = max(age, half_age(r, &r->halves[1]));
	return r->now - age;
}

void raft_commit_to(struct raft *r, u64 index)
{
	u64 before = r->log.commit;

	if (index <= before)
		return;
	r->log.commit = index;
	raft_effect_add(r, RAFT_FX_COMMIT)->commit = index;
	raft_membership_committed(r, before);
}

/* A leader: commit what a majority holds, if it is of the own term (bug L-2). */
void raft_commit_advance(struct raft *r)
{
	u64 index = raft_quorum_match(r);

	if (index < r->term_start || index <= r->log.commit)
		return;
	raft_commit_to(r, index);
	raft_proposal_committed(r);
	raft_read_pump(r);
}
