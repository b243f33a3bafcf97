// SPDX-License-Identifier: GPL-2.0
/* Scenarios of the bug catalogue that need a whole cluster. */
#include "raft_cluster.h"

static struct cluster *boot(struct kunit *test, u32 voters, u32 learners)
{
	struct cluster *c = cluster_new(test, 42, voters, learners, RAFT_F_DEFAULT);

	cluster_boot(c);
	return c;
}

/* Boot until node @id leads: the others start when it is campaigning already. */
static struct cluster *boot_led_by(struct kunit *test, u32 voters, u32 id)
{
	struct cluster *c = boot(test, voters, 0);
	u32 other, tries;

	for (tries = 0; tries < 100 && cluster_leader(c) != id; tries++) {
		for (other = 1; other <= c->n; other++)
			if (other != id)
				cluster_crash(c, other);
		cluster_run(c, 1000 * MS);
		for (other = 1; other <= c->n; other++)
			if (other != id)
				cluster_restart(c, other);
		cluster_run(c, 100 * MS);
	}
	cluster_run(c, 500 * MS);
	KUNIT_ASSERT_EQ(test, cluster_leader(c), id);
	return c;
}

static void four_datagrams_per_entry(struct kunit *test)
{
	struct cluster *c = boot(test, 3, 0);
	u32 leader = cluster_elect(c, 2000 * MS), i, t, total = 0;

	KUNIT_ASSERT_NE(test, leader, 0U);
	/* not amid a round of heartbeats */
	cluster_run(c, 525 * MS);
	memset(c->sent, 0, sizeof(c->sent));
	for (i = 0; i < 500; i++) {
		u64 before = c->nodes[leader]->commit;

		KUNIT_ASSERT_EQ(test, cluster_propose(c, leader, 1), 1);
		cluster_run(c, MS);
		KUNIT_ASSERT_EQ(test, c->nodes[leader]->commit, before + 1);
	}
	for (t = 0; t < RAFT_MSG_NR; t++)
		total += c->sent[t];
	KUNIT_EXPECT_EQ(test, c->sent[RAFT_MSG_APPEND], 1000U);
	KUNIT_EXPECT_EQ(test, c->sent[RAFT_MSG_APPEND_REPLY], 1000U);
	KUNIT_EXPECT_EQ(test, total, 2000U);
	cluster_free(c);
}

/* V-9: a node that stayed in term 1 must count when the leader of term n dies. */
static void v09_lagging_node_helps_to_elect(struct kunit *test)
{
	struct cluster *c = boot(test, 3, 0);
	u32 leader, i;

	cluster_isolate(c, 3, true);
	for (i = 0; i < 3; i++) {
		leader = cluster_elect(c, 5000 * MS);
		cluster_propose(c, leader, 2);
		cluster_run(c, 200 * MS);
		cluster_crash(c, leader);
		cluster_restart(c, leader);
	}
	leader = cluster_elect(c, 5000 * MS);
	KUNIT_ASSERT_NE(test, leader, 0U);
	cluster_run(c, 300 * MS);
	leader = cluster_leader(c);
	KUNIT_EXPECT_EQ(test, c->nodes[3]->term, 0ULL);
	cluster_isolate(c, 3, false);
	cluster_crash(c, leader);
	leader = cluster_elect(c, 3000 * MS);
	KUNIT_EXPECT_NE(test, leader, 0U);
	KUNIT_EXPECT_NE(test, leader, 3U);
	cluster_free(c);
}

/* V-10: the only other live node has a higher term and a shorter log. */
static void v10_higher_term_and_shorter_log(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u32 leader;

	cluster_isolate(c, 3, true);
	cluster_propose(c, 1, 5);
	cluster_run(c, 100 * MS);
	cluster_crash(c, 3);
	c->nodes[3]->disk_term = 900;
	c->nodes[3]->disk_vote = 0;
	cluster_restart(c, 3);
	cluster_crash(c, 2);
	cluster_isolate(c, 3, false);
	cluster_run(c, 2000 * MS);
	leader = cluster_leader(c);
	KUNIT_EXPECT_EQ(test, leader, 1U);
	KUNIT_EXPECT_GT(test, c->nodes[1]->term, 900ULL);
	cluster_free(c);
}

/* V-11: the former leader restarts; the other one still believes in it. */
static void v11_former_leader_is_elected_again(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);

	cluster_crash(c, 3);
	cluster_crash(c, 1);
	cluster_restart(c, 1);
	KUNIT_EXPECT_NE(test, cluster_elect(c, 2000 * MS), 0U);
	cluster_free(c);
}

static u64 highest_term(const struct cluster *c)
{
	u64 term = 0;
	u32 id;

	for (id = 1; id <= c->n; id++)
		term = max(term, c->nodes[id]->term);
	return term;
}

/* V-17: {1,2,3} hear each other, 4 hears 2, 5 hears 3; 4 was the leader. */
static void v17_partial_partition_settles(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 5, 4);
	u32 a, b, leader;
	u64 term;

	for (a = 1; a <= 5; a++)
		for (b = 4; b <= 5; b++)
			if (a != b && !(a == 2 && b == 4) && !(a == 3 && b == 5))
				cluster_cut(c, a, b, true);
	cluster_run(c, 3000 * MS);
	leader = cluster_leader(c);
	KUNIT_EXPECT_TRUE(test, leader >= 1 && leader <= 3);
	term = highest_term(c);
	cluster_run(c, 10 * 3000 * MS);
	KUNIT_EXPECT_EQ(test, highest_term(c), term);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), leader);
	KUNIT_EXPECT_EQ(test, cluster_propose(c, leader, 1), 1);
	term = c->nodes[leader]->commit;
	cluster_run(c, 500 * MS);
	KUNIT_EXPECT_EQ(test, c->nodes[leader]->commit, term + 1);
	cluster_free(c);
}

static void v18a_leader_that_hears_nothing_is_replaced(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);

	c->nodes[1]->deaf = true;
	cluster_run(c, 310 * MS);
	KUNIT_EXPECT_NE(test, c->nodes[1]->role, RAFT_LEADER);
	KUNIT_EXPECT_NE(test, cluster_elect(c, 2000 * MS), 0U);
	cluster_free(c);
}

static void v18b_deaf_follower_raises_no_term(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u64 term = highest_term(c);

	c->nodes[3]->deaf = true;
	cluster_run(c, 10000 * MS);
	KUNIT_EXPECT_EQ(test, highest_term(c), term);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), 1U);
	cluster_free(c);
}

static void v18c_mute_follower_does_not_campaign(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u64 term = highest_term(c);

	c->cut[3][1] = true;
	c->cut[3][2] = true;
	cluster_run(c, 10000 * MS);
	KUNIT_EXPECT_EQ(test, highest_term(c), term);
	KUNIT_EXPECT_EQ(test, c->nodes[3]->role, RAFT_FOLLOWER);
	cluster_free(c);
}

static void v18d_no_alternating_depositions(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u64 term;

	cluster_cut(c, 1, 2, true);
	cluster_run(c, 3000 * MS);
	term = highest_term(c);
	KUNIT_EXPECT_NE(test, cluster_leader(c), 0U);
	cluster_run(c, 30000 * MS);
	KUNIT_EXPECT_EQ(test, highest_term(c), term);
	cluster_free(c);
}

static void v25_all_restart_at_once(struct kunit *test)
{
	struct cluster *c;
	u64 seed;
	u32 id;

	for (seed = 1; seed <= 40; seed++) {
		c = cluster_new(test, seed, 3, 0, RAFT_F_DEFAULT);
		cluster_boot(c);
		cluster_run(c, 1000 * MS);
		for (id = 1; id <= 3; id++)
			cluster_crash(c, id);
		for (id = 1; id <= 3; id++)
			cluster_restart(c, id);
		KUNIT_EXPECT_NE_MSG(test, cluster_elect(c, 600 * MS), 0U, "seed %llu",
				    (unsigned long long)seed);
		cluster_free(c);
	}
}

static void p01_cluster_goes_on_when_the_leader_disk_hangs(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u32 leader;

	c->nodes[1]->hold_writes = true;
	cluster_propose(c, 1, 3);
	cluster_run(c, 2000 * MS);
	KUNIT_EXPECT_NE(test, c->nodes[1]->role, RAFT_LEADER);
	leader = cluster_leader(c);
	KUNIT_ASSERT_TRUE(test, leader == 2 || leader == 3);
	KUNIT_EXPECT_EQ(test, cluster_propose(c, leader, 1), 1);
	cluster_run(c, 500 * MS);
	KUNIT_EXPECT_EQ(test, c->nodes[leader]->commit, c->nodes[leader]->mem_last);
	c->nodes[1]->hold_writes = false;
	cluster_run(c, 500 * MS);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	cluster_free(c);
}

/*
 * Counted by the cluster's own clock, from the write that hangs: the leader stops
 * within one election timeout, and another leads within two.
 */
static void p01_a_hanging_disk_costs_two_election_timeouts(struct kunit *test)
{
	u64 seed;

	for (seed = 1; seed <= 100; seed++) {
		struct cluster *c = cluster_new(test, seed, 3, 0, RAFT_F_DEFAULT);
		const u64 timeout = c->params.config.timing.election_max;
		u32 old, leader;
		u64 term;

		cluster_boot(c);
		KUNIT_ASSERT_NE(test, cluster_elect(c, 2000 * MS), 0U);
		cluster_run(c, 1000 * MS + seed * MS);
		old = cluster_leader(c);
		KUNIT_ASSERT_NE(test, old, 0U);
		term = c->nodes[old]->term;
		KUNIT_EXPECT_EQ(test, cluster_propose(c, old, 1), 1);
		cluster_run(c, 100 * MS);
		c->nodes[old]->hold_writes = true;
		KUNIT_EXPECT_EQ(test, cluster_propose(c, old, 1), 1);
		cluster_run(c, timeout);
		KUNIT_EXPECT_NE_MSG(test, c->nodes[old]->role, RAFT_LEADER, "seed %llu",
				    (unsigned long long)seed);
		cluster_run(c, timeout);
		leader = cluster_leader(c);
		KUNIT_ASSERT_NE_MSG(test, leader, 0U, "seed %llu", (unsigned long long)seed);
		KUNIT_EXPECT_NE(test, leader, old);
		KUNIT_EXPECT_EQ(test, c->nodes[leader]->term, term + 1);
		/* What the others had durably is committed: the hung leader's entry too. */
		cluster_run(c, 100 * MS);
		KUNIT_EXPECT_EQ(test, c->nodes[leader]->commit, c->nodes[leader]->mem_last);
		cluster_free(c);
	}
}

static bool drop_appends(struct cluster *c, const struct raft_msg *msg)
{
	return msg->type == RAFT_MSG_APPEND;
}

static bool drop_acks(struct cluster *c, const struct raft_msg *msg)
{
	return msg->type == RAFT_MSG_APPEND_REPLY;
}

/*
 * What was acknowledged last has no witness on the device (recover.h, row P): a member
 * that has lost it does not know, and is given it again all the same.
 */
static void a_lost_tail_is_given_again(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	struct sim_node *node = c->nodes[2];
	u64 last;

	cluster_propose(c, 1, 5);
	cluster_run(c, 500 * MS);
	KUNIT_ASSERT_TRUE(test, cluster_settled(c));
	last = node->disk_last;
	cluster_crash(c, 2);
	node->disk_last = last - 2;
	cluster_restart(c, 2);
	cluster_run(c, 1000 * MS);
	/* By the same leader, with and without something new. */
	KUNIT_EXPECT_EQ(test, cluster_leader(c), 1U);
	KUNIT_EXPECT_EQ(test, node->disk_last, last);
	cluster_propose(c, 1, 1);
	cluster_run(c, 1000 * MS);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	KUNIT_EXPECT_EQ(test, cluster_leader(c), 1U);
	cluster_free(c);
}

static void p03_convergence_without_new_proposals(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u32 i;

	c->filter = drop_appends;
	for (i = 0; i < 20; i++)
		cluster_propose(c, 1, 10);
	cluster_run(c, 200 * MS);
	c->filter = NULL;
	cluster_run(c, 300 * MS);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	c->filter = drop_acks;
	for (i = 0; i < 20; i++)
		cluster_propose(c, 1, 10);
	/* only heartbeat answers tell */
	cluster_run(c, 300 * MS);
	KUNIT_EXPECT_EQ(test, c->nodes[1]->commit, c->nodes[1]->mem_last);
	cluster_free(c);
}

/* P-7: the only live quorum includes a node with a long conflicting tail. */
static void p07_conflicting_tail_is_overcome(struct kunit *test)
{
	struct cluster *c = boot_led_by(test, 3, 1);
	u32 i, leader;

	cluster_isolate(c, 1, true);
	for (i = 0; i < 10; i++)
		cluster_propose(c, 1, 50);
	cluster_run(c, 1000 * MS);
	leader = cluster_leader(c);
	KUNIT_ASSERT_TRUE(test, leader == 2 || leader == 3);
	cluster_propose(c, leader, 5);
	cluster_run(c, 300 * MS);
	cluster_crash(c, leader == 2 ? 3 : 2);
	cluster_isolate(c, 1, false);
	cluster_run(c, 2000 * MS);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	KUNIT_EXPECT_EQ(test, c->nodes[1]->mem_last, c->nodes[leader]->mem_last);
	cluster_free(c);
}

static void learners_follow(struct kunit *test)
{
	struct cluster *c = boot(test, 3, 2);
	u32 leader = cluster_elect(c, 2000 * MS);

	KUNIT_ASSERT_NE(test, leader, 0U);
	cluster_run(c, 300 * MS);
	cluster_propose(c, leader, 10);
	/* and they forward */
	KUNIT_EXPECT_EQ(test, cluster_propose(c, 5, 3), 3);
	cluster_run(c, 300 * MS);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	KUNIT_EXPECT_EQ(test, c->nodes[5]->commit, 14ULL);
	cluster_free(c);
}

/* H-1: clocks that pass 2^31 ms, 2^32 ms, 2^63 ns and the end of 64 bits. */
static void h01_time_passes_powers_of_two(struct kunit *test)
{
	static const u64 marks[] = {
		(1ULL << 31) * MS, (1ULL << 32) * MS, 1ULL << 63, 0,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		struct cluster *c = cluster_new(test, 7, 3, 0, RAFT_F_DEFAULT);
		u32 leader, before;
		u64 term;

		c->now = marks[i] - 2000 * MS;
		cluster_boot(c);
		leader = cluster_elect(c, 1500 * MS);
		KUNIT_ASSERT_NE(test, leader, 0U);
		cluster_run(c, 300 * MS);
		leader = cluster_leader(c);
		term = highest_term(c);
		before = c->nodes[1]->steps;
		cluster_run(c, 4000 * MS);
		KUNIT_EXPECT_EQ(test, highest_term(c), term);
		KUNIT_EXPECT_EQ(test, cluster_leader(c), leader);
		KUNIT_EXPECT_LT(test, c->nodes[1]->steps - before, 1000U);
		cluster_crash(c, leader);
		KUNIT_EXPECT_NE(test, cluster_elect(c, 2000 * MS), 0U);
		cluster_free(c);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(four_datagrams_per_entry),
	KUNIT_CASE(v09_lagging_node_helps_to_elect),
	KUNIT_CASE(v10_higher_term_and_shorter_log),
	KUNIT_CASE(v11_former_leader_is_elected_again),
	KUNIT_CASE(v17_partial_partition_settles),
	KUNIT_CASE(v18a_leader_that_hears_nothing_is_replaced),
	KUNIT_CASE(v18b_deaf_follower_raises_no_term),
	KUNIT_CASE(v18c_mute_follower_does_not_campaign),
	KUNIT_CASE(v18d_no_alternating_depositions),
	KUNIT_CASE(v25_all_restart_at_once),
	KUNIT_CASE(p01_cluster_goes_on_when_the_leader_disk_hangs),
	KUNIT_CASE(p01_a_hanging_disk_costs_two_election_timeouts),
	KUNIT_CASE(a_lost_tail_is_given_again),
	KUNIT_CASE(p03_convergence_without_new_proposals),
	KUNIT_CASE(p07_conflicting_tail_is_overcome),
	KUNIT_CASE(learners_follow),
	KUNIT_CASE(h01_time_passes_powers_of_two),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_scenario",
	.test_cases = cases,
};
kunit_test_suite(suite);
