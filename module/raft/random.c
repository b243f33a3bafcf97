// SPDX-License-Identifier: GPL-2.0
/*
 * Randomness: a generator in the engine's own state, so that a run can be
 * repeated and no two nodes share a stream (bug H-7).
 */
#include "raft_private.h"

static u64 mix(u64 x)
{
	/* Vigna's splitmix64: a bijection, any seed is a good one. */
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

void raft_random_seed(struct raft *r, u64 seed)
{
	r->random = mix(seed) ^ mix(~(u64)r->self);
}

/**
 * raft_random_timeout() - draw an election timeout
 * @r: the engine
 *
 * Return: election_min..election_max, both included up to 256 ns (bug H-2).
 */
u64 raft_random_timeout(struct raft *r)
{
	u64 span = r->timing.election_max - r->timing.election_min + 1;
	u64 draw;

	r->random += 0x9e3779b97f4a7c15ULL;
	draw = mix(r->random) >> 32;
	/* span < 2^36 (60 s), so that the product stays below 2^60. */
	return r->timing.election_min + (((span >> 8) * draw) >> 24);
}
