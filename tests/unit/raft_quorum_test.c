// SPDX-License-Identifier: GPL-2.0
/* Configurations as values, and what their quorums decide: L-12, L-15, M-7, M-14, V-20. */
#include "raft_bench.h"

static struct raft_config three(struct kunit *test)
{
	return bench_new(test, 1, 3, 0)->params.config;
}

static void configurations_are_checked(struct kunit *test)
{
	const struct raft_config good = three(test);
	struct raft_config c;

#define SAYS(change, want) do {						\
	c = good;							\
	change;								\
	KUNIT_EXPECT_EQ_MSG(test, raft_config_check(&c) == RAFT_OK, want, #change); \
} while (0)
	SAYS(c.n = 3, true);
	SAYS(c.n = 0, false);
	SAYS(c.n = QUORUM_MEMBERS_MAX + 1, false);
	SAYS(c.members[0].id = RAFT_NONE, false);
	SAYS(c.members[1].id = 1, false);
	SAYS(c.members[2].id = 2, false);
	SAYS(c.flags = 0x80, false);
	SAYS(c.members[0].priority = RAFT_PRIORITY_MAX, true);
	SAYS(c.members[0].priority = RAFT_PRIORITY_MAX + 1, false);
	SAYS(c.timing.heartbeat = 1, false);
	SAYS(c.timing.heartbeat = c.timing.election_min, false);
	SAYS(c.timing.election_min = c.timing.election_max + 1, false);
	SAYS(c.timing.election_max = 1ULL << 60, false);
	/* roles */
	SAYS(c.members[0].roles = 0, false);
	SAYS(c.members[0].roles = 0x80, false);
	SAYS(c.members[0].roles = RAFT_M_VOTER | RAFT_M_LEARNER, false);
	SAYS(c.members[0].roles = RAFT_M_LEARNER, true);
	SAYS(c.members[0].roles = RAFT_M_LEARNER | RAFT_M_AUTO, true);
	SAYS(c.members[0].roles = RAFT_M_VOTER | RAFT_M_AUTO, false);
	SAYS(c.members[0].roles = RAFT_M_VOTER | RAFT_M_WITNESS, true);
	SAYS(c.members[0].roles = c.members[1].roles = c.members[2].roles = RAFT_M_LEARNER, false);
	SAYS(c.members[0].roles = c.members[1].roles = c.members[2].roles =
		RAFT_M_VOTER | RAFT_M_WITNESS, false);
	/* joint: who can lead has to be in both halves */
	SAYS(c.members[0].roles |= RAFT_M_OLD, true);
	SAYS(c.members[0].roles = RAFT_M_OLD, true);
	SAYS(c.members[0].roles = RAFT_M_OLD | RAFT_M_WITNESS, false);
	/* sizes of quorums, of three */
	SAYS(c.quorums.election = 3; c.quorums.commit = 1, true);
	SAYS(c.quorums.election = 1; c.quorums.commit = 3, false);
	SAYS(c.quorums.election = 2; c.quorums.commit = 1, false);
	SAYS(c.quorums.election = 4, false);
	SAYS(c.quorums.commit = 4, false);
	SAYS(c.old.election = 1, false);
	SAYS(c.old.commit = 1, false);
	SAYS(c.members[0].roles |= RAFT_M_OLD; c.old.election = 1, true);
	SAYS(c.members[0].roles |= RAFT_M_OLD; c.old.election = 2, false);
#undef SAYS
	KUNIT_EXPECT_FALSE(test, raft_config_joint(&good));
	c = good;
	c.members[2].roles |= RAFT_M_OLD;
	KUNIT_EXPECT_TRUE(test, raft_config_joint(&c));
	KUNIT_EXPECT_NULL(test, raft_config_find(&c, 4));
	KUNIT_EXPECT_PTR_EQ(test, raft_config_find(&c, 2),
			    (const struct raft_member *)&c.members[1]);
}

/* n1 leads {1,2,3} -> {1,4,5}. */
static struct bench *joint(struct kunit *test, bool elected)
{
	struct bench *b = bench_new(test, 1, 5, 0);
	struct raft_member *m = b->params.config.members;

	m[0].roles |= RAFT_M_OLD;
	m[1].roles = RAFT_M_OLD;
	m[2].roles = RAFT_M_OLD;
	bench_start(b);
	if (elected)
		bench_elect(b);
	return b;
}

static void m07_m14_election_takes_both_halves(struct kunit *test)
{
	static const struct {
		u32 from[2];
		bool wins;
	} t[] = {
		{ { 2, 3 }, false }, { { 4, 5 }, false }, { { 2, 4 }, true },
		{ { 3, 5 }, true }, { { 5, 2 }, true },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct bench *b = joint(test, false);

		bench_timeout(b);
		/* voters of either half are asked */
		KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 4U);
		for (k = 0; k < 2; k++)
			bench_answer(b, RAFT_MSG_PREVOTE_REPLY, t[i].from[k], 1, 1, true);
		EXPECT_STATUS(b, role, t[i].wins ? RAFT_CANDIDATE : RAFT_PRECANDIDATE);
	}
}

static void l15_m14_commit_takes_both_halves(struct kunit *test)
{
	static const struct {
		u32 from[2];
		bool commits;
	} t[] = {
		{ { 2, 3 }, false }, { { 4, 5 }, false }, { { 2, 5 }, true }, { { 4, 3 }, true },
	};
	u64 round;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct bench *b = joint(test, true);

		bench_read(b, 1);
		round = bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.round;
		for (k = 0; k < 2; k++)
			bench_beat_round(b, t[i].from[k], round);
		for (k = 0; k < 2; k++) {
			bench_send_all(b, t[i].from[k]);
			bench_ack(b, t[i].from[k], 1, 1);
		}
		EXPECT_STATUS(b, commit, t[i].commits);
		/* a read takes both as well, and so does staying the leader */
		KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), (u32)t[i].commits);
		if (t[i].commits)
			continue;
		b->now += 200 * MS;
		for (k = 0; k < 2; k++)
			bench_beat_round(b, t[i].from[k], 0);
		bench_tick(b, 110 * MS);
		EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	}
}

/* L-15: a leader that does not vote in the new half does not count itself there. */
static void l15_leader_that_leaves_does_not_count(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.members[0].roles = RAFT_M_OLD;
	b->params.config.members[1].roles |= RAFT_M_OLD;
	b->params.config.members[2].roles |= RAFT_M_OLD;
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	EXPECT_STATUS(b, commit, 0);
	bench_send_all(b, 3);
	bench_ack(b, 3, 1, 1);
	EXPECT_STATUS(b, commit, 1);
}

/* Flexible quorums: four of five elect, two commit. */
static void sizes_of_quorums_are_as_configured(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 0);
	u32 id;

	b->params.config.quorums.election = 4;
	b->params.config.quorums.commit = 2;
	bench_start(b);
	bench_timeout(b);
	for (id = 2; id <= 4; id++) {
		EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
		bench_answer(b, RAFT_MSG_PREVOTE_REPLY, id, 1, 1, true);
	}
	bench_hard(b, 0);
	for (id = 2; id <= 4; id++) {
		EXPECT_STATUS(b, role, RAFT_CANDIDATE);
		bench_answer(b, RAFT_MSG_VOTE_REPLY, id, 1, 1, true);
	}
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 0);
	bench_send_all(b, 3);
	bench_ack(b, 3, 1, 1);
	EXPECT_STATUS(b, commit, 1);
}

/* L-12: against the plain definition, over many random states. */
static void l12_quorum_is_what_its_definition_says(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 2);
	u64 x = 88172645463325252ULL, want;
	u32 round, i, k, n;

	bench_start(b);
	bench_elect(b);
	for (round = 0; round < 20000; round++) {
		struct raft *r = b->raft;

		for (i = 0; i < 7; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			r->peers[i].match = (x >> 40) & 7;
		}
		r->disk.durable = (x >> 20) & 7;
		for (want = 8; want; want--) {
			n = r->disk.durable >= want;
			for (k = 2; k <= 5; k++)
				n += r->peers[raft_seat_of(r, k)].match >= want;
			if (n >= 3)
				break;
		}
		if (raft_quorum_match(r) != want) {
			KUNIT_FAIL(test, "round %u", round);
			return;
		}
	}
}

/* Numbers that no checked configuration has are not believed either. */
static void impossible_numbers_are_bounded(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_config c = three(test);
	struct raft_half half;

	c.n = QUORUM_MEMBERS_MAX + 1;
	KUNIT_EXPECT_NULL(test, raft_config_find(&c, 99));
	raft_config_half(&c, RAFT_M_VOTER, &half);
	KUNIT_EXPECT_EQ(test, half.voters, (raft_set)7);
	bench_start(b);
	bench_elect(b);
	bench_settle(b);
	b->raft->halves[0].commit = 0;
	KUNIT_EXPECT_EQ(test, raft_quorum_match(b->raft), 0ULL);
	KUNIT_EXPECT_EQ(test, raft_quorum_heard(b->raft), b->raft->now);
	b->raft->halves[0].commit = 4;
	KUNIT_EXPECT_EQ(test, raft_quorum_match(b->raft), 0ULL);
	KUNIT_EXPECT_EQ(test, raft_quorum_heard(b->raft), b->raft->now);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(configurations_are_checked),
	KUNIT_CASE(m07_m14_election_takes_both_halves),
	KUNIT_CASE(l15_m14_commit_takes_both_halves),
	KUNIT_CASE(l15_leader_that_leaves_does_not_count),
	KUNIT_CASE(sizes_of_quorums_are_as_configured),
	KUNIT_CASE(l12_quorum_is_what_its_definition_says),
	KUNIT_CASE(impossible_numbers_are_bounded),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_quorum",
	.test_cases = cases,
};
kunit_test_suite(suite);
