// SPDX-License-Identifier: GPL-2.0
/* When heartbeats leave, and what it takes to lose a leader for the lack of them. */
#include "raft_cluster.h"

#define BEAT	(50 * MS)	/* the preset "default", as of raft_cluster.c */

static u32 on_grid, off_grid;

static bool watch(struct cluster *c, const struct raft_msg *msg)
{
	if (msg->type != RAFT_MSG_HEARTBEAT)
		return false;
	if (c->now % BEAT)
		off_grid++;
	else
		on_grid++;
	return false;
}

static void forget(void)
{
	on_grid = 0;
	off_grid = 0;
}

static struct cluster *elected(struct kunit *test, u64 seed, u32 flags)
{
	struct cluster *c = cluster_new(test, seed, 3, 0, RAFT_F_DEFAULT);

	c->params.flags = flags;
	cluster_boot(c);
	KUNIT_ASSERT_NE(test, cluster_elect(c, 5000 * MS), 0U);
	cluster_run(c, 10 * BEAT);
	c->filter = watch;
	forget();
	return c;
}

/* One for each peer and interval, at multiples of it, whenever the leader began. */
static void idle_heartbeats_keep_to_the_grid(struct kunit *test)
{
	for (u64 seed = 1; seed <= 5; seed++) {
		struct cluster *c = elected(test, seed, RAFT_F_GRID);

		cluster_run(c, 40 * BEAT);
		KUNIT_EXPECT_EQ(test, on_grid, 2 * 40U);
		KUNIT_EXPECT_EQ(test, off_grid, 0U);
		cluster_free(c);
	}
}

/* Also to a peer that does not answer. */
static void the_silent_get_theirs_on_the_grid_as_well(struct kunit *test)
{
	struct cluster *c = elected(test, 1, RAFT_F_GRID);
	u32 leader = cluster_leader(c);

	cluster_crash(c, leader == 1 ? 2 : 1);
	cluster_run(c, 40 * BEAT);
	KUNIT_EXPECT_EQ(test, on_grid, 2 * 40U);
	KUNIT_EXPECT_EQ(test, off_grid, 0U);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), leader);
	cluster_free(c);
}

/* After an APPEND the next one comes an interval later, and not at once. */
static void a_busy_group_has_no_more_than_before(struct kunit *test)
{
	struct cluster *c = elected(test, 1, RAFT_F_GRID);
	u32 leader = cluster_leader(c);

	cluster_run(c, BEAT / 2);
	forget();
	for (u32 i = 0; i < 50; i++) {
		KUNIT_EXPECT_EQ(test, cluster_propose(c, leader, 1), 1);
		cluster_run(c, BEAT / 2);
	}
	KUNIT_EXPECT_EQ(test, on_grid + off_grid, 0U);
	cluster_run(c, 3 * BEAT);
	forget();
	cluster_run(c, 10 * BEAT);
	KUNIT_EXPECT_EQ(test, on_grid, 2 * 10U);
	KUNIT_EXPECT_EQ(test, off_grid, 0U);
	cluster_free(c);
}

static void without_it_everybody_has_times_of_their_own(struct kunit *test)
{
	struct cluster *c = elected(test, 1, 0);

	cluster_run(c, 10 * BEAT);
	KUNIT_EXPECT_EQ(test, on_grid, 0U);
	KUNIT_EXPECT_EQ(test, off_grid, 2 * 10U);
	cluster_free(c);
}

/*
 * One in twenty messages is lost for ten minutes and, under load, half a minute more, with
 * the default timing.  Now and then a member hears nothing for as long as its time-out, or
 * this would show nothing; it asks whether it may, and nobody calls an election.
 */
static void five_percent_of_loss_elect_nobody(struct kunit *test)
{
	u32 asked = 0;

	for (u64 seed = 1; seed <= 10; seed++) {
		struct cluster *c = elected(test, seed, RAFT_F_GRID);
		u32 leader = cluster_leader(c), votes = c->sent[RAFT_MSG_VOTE];
		u64 term = c->nodes[leader]->term, before = c->commit_max;

		asked -= c->sent[RAFT_MSG_PREVOTE];
		c->loss = 50;
		cluster_run(c, 600000 * MS);
		for (u32 i = 0; i < 600; i++) {
			cluster_propose(c, leader, 1);
			cluster_run(c, 50 * MS);
		}
		asked += c->sent[RAFT_MSG_PREVOTE];
		KUNIT_EXPECT_EQ(test, cluster_leader(c), leader);
		KUNIT_EXPECT_EQ(test, c->nodes[leader]->term, term);
		KUNIT_EXPECT_EQ(test, c->nodes[leader]->role, RAFT_LEADER);
		KUNIT_EXPECT_EQ(test, c->sent[RAFT_MSG_VOTE], votes);
		KUNIT_EXPECT_GE(test, c->commit_max, before + 590);
		check_logs(c);
		cluster_free(c);
	}
	KUNIT_EXPECT_GE(test, asked, 10U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(idle_heartbeats_keep_to_the_grid),
	KUNIT_CASE(the_silent_get_theirs_on_the_grid_as_well),
	KUNIT_CASE(a_busy_group_has_no_more_than_before),
	KUNIT_CASE(without_it_everybody_has_times_of_their_own),
	KUNIT_CASE(five_percent_of_loss_elect_nobody),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_heartbeat",
	.test_cases = cases,
};
kunit_test_suite(suite);
