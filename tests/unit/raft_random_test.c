// SPDX-License-Identifier: GPL-2.0
/*
 * Clusters driven at random by a seed: loss, duplication, reordering, partitions,
 * crashes that lose unflushed writes, slow and hanging disks, pauses, transfers,
 * snapshots, and either damaged logs or members that come and go.  Safety is
 * checked at every step; afterwards everything is healed and has to converge.
 */
#include <kunit/test.h>
#ifndef __KERNEL__
#include <stdlib.h>
#endif
#include "raft_cluster.h"

enum {
	SEEDS_DEFAULT	= 400,
	SEEDS_PER_CASE	= 4,
};

/* RAFT_SEEDS=count RAFT_FIRST=seed override the short version in user space. */
static void seed_range(u64 *first, u64 *count)
{
	*first = 1;
	*count = SEEDS_DEFAULT / SEEDS_PER_CASE;
#ifndef __KERNEL__
	if (getenv("RAFT_FIRST"))
		*first = strtoull(getenv("RAFT_FIRST"), NULL, 0);
	if (getenv("RAFT_SEEDS"))
		*count = strtoull(getenv("RAFT_SEEDS"), NULL, 0) / SEEDS_PER_CASE;
#endif
}

/* Each seed draws its own kind of weather first. */
static struct cluster *draw(struct kunit *test, u64 seed)
{
	static const u64 starts[] = {
		0, (1ULL << 31) * MS - 500 * MS, (1ULL << 32) * MS - 500 * MS,
		(1ULL << 63) - 500 * MS,
	};
	u64 r = seed * 0x9e3779b97f4a7c15ULL;
	struct cluster *c;

	c = cluster_new(test, seed, 1 + (u32)((r >> 40) % 5), (u32)((r >> 50) % 8) / 5,
			RAFT_F_DEFAULT | ((r >> 33) % 3 ? 0 : RAFT_F_LEASE));
	c->now = starts[cluster_random(c, 4)];
	c->loss = cluster_random(c, 2) ? (u32)cluster_random(c, 200) : 0;
	c->duplicate = cluster_random(c, 2) ? (u32)cluster_random(c, 200) : 0;
	c->delay_max = cluster_random(c, 2) ? cluster_random(c, 40 * MS) : MS;
	c->delay_min = cluster_random(c, c->delay_max / 2 + 1);
	c->disk_max = cluster_random(c, 2) ? cluster_random(c, 60 * MS) : MS;
	c->disk_min = cluster_random(c, c->disk_max / 2 + 1);
	c->chunk_loss = (u32)cluster_random(c, 2) * 50;
	c->changing = cluster_random(c, 2);
	c->batch_max = 1 + (u32)cluster_random(c, PACKET_ENTRIES);
	return c;
}

/* One at a time loses the end of its log, so that a majority has everything. */
static void damage(struct cluster *c, u32 id)
{
	u32 other, voters = 0;

	for (other = 1; other <= c->n; other++) {
		voters += !!(c->params.config.members[other - 1].roles & RAFT_M_VOTER);
		if (c->nodes[other]->suspect)
			return;
	}
	if (voters >= 3)
		cluster_damage(c, id, cluster_random(c, c->nodes[id]->disk_last + 1));
}

static void disturb(struct cluster *c)
{
	u32 a = 1 + (u32)cluster_random(c, c->n), b = 1 + (u32)cluster_random(c, c->n);
	struct sim_node *node = c->nodes[a];

	switch (cluster_random(c, 18)) {
	case 0:
		if (node->up)
			cluster_crash(c, a);
		break;
	case 1:
	case 2:
		if (!node->up)
			cluster_restart(c, a);
		break;
	case 3:
		c->cut[a][b] = true;
		break;
	case 4:
		cluster_isolate(c, a, true);
		break;
	case 5:
	case 6:
		memset(c->cut, 0, sizeof(c->cut));
		break;
	case 7:
		node->hold_writes = !node->hold_writes;
		break;
	case 8:
		node->hold_hard = !node->hold_hard && cluster_random(c, 2);
		break;
	case 9:
		node->paused = !node->paused;
		break;
	case 10:
		if (node->up && !node->paused)
			cluster_tick(c, a);
		break;
	case 11:
		if (node->up && !node->paused)
			cluster_transfer(c, a, a == b ? 0 : b);
		break;
	case 12:
		if (!c->changing)
			damage(c, a);
		break;
	case 13:
	case 14:
		if (node->up && !node->paused)
			cluster_snapshot(c, a, cluster_random(c, 2) ? 0 : 10);
		break;
	case 15:
	case 16:
		a = cluster_leader(c);
		if (c->changing && a && !c->nodes[a]->paused)
			cluster_change(c, a);
		break;
	default:
		break;
	}
}

static void heal(struct cluster *c)
{
	u32 id;

	memset(c->cut, 0, sizeof(c->cut));
	c->loss = 0;
	c->duplicate = 0;
	c->delay_max = min(c->delay_max, 5 * MS);
	c->delay_min = min(c->delay_min, c->delay_max);
	for (id = 1; id <= c->n; id++) {
		c->nodes[id]->hold_writes = false;
		c->nodes[id]->hold_hard = false;
		c->nodes[id]->paused = false;
		if (!c->nodes[id]->up)
			cluster_restart(c, id);
	}
}

static void expect_liveness(struct cluster *c)
{
	u64 before = c->commit_max;
	u32 leader, tries;

	heal(c);
	for (tries = 0; tries < 60 && !c->failed; tries++) {
		cluster_run(c, 100 * MS);
		if (cluster_settled(c))
			break;
	}
	leader = cluster_leader(c);
	if (!leader || !cluster_settled(c)) {
		cluster_fail(c, leader, "does not settle when healed");
		return;
	}
	if (cluster_propose(c, leader, 3) != 3)
		cluster_fail(c, leader, "does not serve when healed");
	cluster_run(c, 1000 * MS);
	if (!cluster_settled(c) || c->commit_max < before + 3)
		cluster_fail(c, leader, "does not commit when healed");
}

static void run_seed(struct kunit *test, u64 seed)
{
	struct cluster *c = draw(test, seed);
	u32 i;

	cluster_boot(c);
	for (i = 0; i < 120 && !c->failed; i++) {
		u32 id = 1 + (u32)cluster_random(c, c->n);

		cluster_run(c, cluster_random(c, 50 * MS));
		if (cluster_random(c, 3) == 0)
			disturb(c);
		if (c->nodes[id]->up && !c->nodes[id]->paused)
			cluster_propose(c, id, 1 + (u32)cluster_random(c, 6));
		id = 1 + (u32)cluster_random(c, c->n);
		if (c->nodes[id]->up && !c->nodes[id]->paused)
			cluster_read(c, id);
		if (i % 16 == 0)
			check_logs(c);
	}
	if (!c->failed)
		expect_liveness(c);
	check_logs(c);
	cluster_free(c);
}

static void run_quarter(struct kunit *test, u32 quarter)
{
	u64 first, count, i;

	seed_range(&first, &count);
	for (i = 0; i < count; i++)
		run_seed(test, first + i * SEEDS_PER_CASE + quarter);
}

static void random_cluster_1(struct kunit *test)
{
	run_quarter(test, 0);
}

static void random_cluster_2(struct kunit *test)
{
	run_quarter(test, 1);
}

static void random_cluster_3(struct kunit *test)
{
	run_quarter(test, 2);
}

static void random_cluster_4(struct kunit *test)
{
	run_quarter(test, 3);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(random_cluster_1),
	KUNIT_CASE(random_cluster_2),
	KUNIT_CASE(random_cluster_3),
	KUNIT_CASE(random_cluster_4),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_random",
	.test_cases = cases,
};
kunit_test_suite(suite);
