// SPDX-License-Identifier: GPL-2.0
/* Handing leadership over: class T of the catalogue. */
#include "raft_bench.h"
#include "raft_cluster.h"

/* n1 leads three voters and a learner; entry 1 is everywhere. */
static struct bench *leading(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 1);
	u32 id;

	bench_start(b);
	bench_elect(b);
	for (id = 2; id <= 4; id++) {
		bench_send_all(b, id);
		bench_ack(b, id, 1, 1);
	}
	bench_clear(b);
	return b;
}

static void target_gets_everything_first(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_propose(b, 2, 1);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 2), 1);
	EXPECT_STATUS(b, transfer, 2);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_TIMEOUT_NOW, 0));
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), -RAFT_REFUSED_TRANSFERRING);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 3), -RAFT_REFUSED_PENDING);
	bench_forward(b, 3, bench_status(b)->term, 5, 1);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 3));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 3)->forward_reply.reason,
			RAFT_REFUSED_TRANSFERRING);
	bench_settle(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 2, 3);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_TIMEOUT_NOW, 0));
	bench_ack(b, 2, 3, 3);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_TIMEOUT_NOW, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_TIMEOUT_NOW, 2)->timeout_now.last_index, 3ULL);
	/* its campaign deposes, and its first word ends the transfer */
	bench_clear(b);
	{
		struct raft_msg msg = { .type = RAFT_MSG_VOTE, .from = 2 };

		msg.term = bench_status(b)->term + 1;
		msg.vote.last_index = 3;
		msg.vote.last_term = msg.term - 1;
		msg.vote.transfer = true;
		bench_message(b, &msg);
	}
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_TRANSFER);
	EXPECT_STATUS(b, vote, 2);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	bench_settle(b);
	bench_beat(b, 2, bench_status(b)->term, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRANSFER)->transfer.reason, RAFT_OK);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRANSFER)->transfer.target, 2U);
	EXPECT_STATUS(b, transfer, 0);
}

static void t02_lapses_after_an_election_timeout(struct kunit *test)
{
	struct bench *b = leading(test);
	u32 sent = 0, i;

	KUNIT_EXPECT_EQ(test, bench_transfer(b, 3), 1);
	for (i = 0; i < 6; i++) {
		sent += bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW);
		bench_clear(b);
		bench_ack(b, 2, 1, 1);
		bench_tick(b, 50 * MS);
	}
	/* lost and sent again, each time */
	KUNIT_EXPECT_EQ(test, sent, 6U);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRANSFER)->transfer.reason,
			RAFT_REFUSED_TIMEOUT);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), 1);
	bench_clear(b);
	bench_tick(b, 50 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW), 0U);
}

static void t02_impossible_targets_are_refused(struct kunit *test)
{
	struct bench *b = leading(test);

	KUNIT_EXPECT_EQ(test, bench_transfer(b, 1), -RAFT_REFUSED_NOT_MEMBER);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 4), -RAFT_REFUSED_NOT_MEMBER);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 9), -RAFT_REFUSED_NOT_MEMBER);
	EXPECT_STATUS(b, transfer, 0);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), 1);
	bench_beat(b, 2, bench_status(b)->term + 1, 0, 1);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 3), -RAFT_REFUSED_NOT_LEADER);
}

static void best_target_is_who_has_most_and_lives(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_propose(b, 2, 1);
	bench_settle(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 2, 2);
	bench_send_all(b, 3);
	bench_ack(b, 3, 3, 3);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, RAFT_NONE), 1);
	EXPECT_STATUS(b, transfer, 3);
	b = leading(test);
	b->now += 160 * MS;
	KUNIT_EXPECT_EQ(test, bench_transfer(b, RAFT_NONE), -RAFT_REFUSED_NOT_MEMBER);
}

static void another_leader_ends_it(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_transfer(b, 2);
	bench_beat(b, 3, bench_status(b)->term + 1, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRANSFER)->transfer.reason,
			RAFT_REFUSED_LED);
	/* nobody: then it lapses */
	b = leading(test);
	bench_transfer(b, 2);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 9, 9, false);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	bench_tick(b, 301 * MS);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRANSFER)->transfer.reason,
			RAFT_REFUSED_TIMEOUT);
}

static void timeout_now(struct bench *b, u32 from, u64 term, u64 last_index)
{
	struct raft_msg msg = { .type = RAFT_MSG_TIMEOUT_NOW, .from = from, .term = term };

	msg.timeout_now.last_index = last_index;
	bench_message(b, &msg);
}

/* n1 follows n2 in term 3. */
static struct bench *following(struct kunit *test, u32 learners)
{
	struct bench *b = bench_new(test, 1, 3 - learners, learners);

	bench_run(b, 1, 3, 5);
	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	bench_settle(b);
	bench_clear(b);
	return b;
}

static void t01_target_bypasses_prevote_and_stickiness(struct kunit *test)
{
	struct bench *b = following(test, 0);

	timeout_now(b, 2, 3, 5);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	EXPECT_STATUS(b, term, 4);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0U);
	bench_hard(b, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE, 3));
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_VOTE, 3)->vote.transfer);
	/* the next campaign is an ordinary one */
	bench_clear(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 3, 5, 5, true);
	bench_hard(b, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE, 3));
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_VOTE, 3)->vote.transfer);
}

static void t03_delayed_timeout_now_is_ignored(struct kunit *test)
{
	struct bench *b = following(test, 0);

	timeout_now(b, 2, 2, 5);
	/* of somebody who does not lead; to a log that is too short */
	timeout_now(b, 3, 3, 5);
	timeout_now(b, 2, 3, 6);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, term, 3);
	timeout_now(b, 2, 4, 5);
	EXPECT_STATUS(b, term, 3);
}

static void t04_two_copies_make_one_campaign(struct kunit *test)
{
	struct bench *b = following(test, 0);

	timeout_now(b, 2, 3, 5);
	timeout_now(b, 2, 3, 5);
	EXPECT_STATUS(b, term, 4);
	timeout_now(b, 2, 4, 5);
	EXPECT_STATUS(b, term, 4);
}

static void t02_learner_does_not_campaign(struct kunit *test)
{
	struct bench *b = bench_new(test, 3, 2, 1);

	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	bench_settle(b);
	timeout_now(b, 2, 3, 0);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, term, 3);
}

static void a_leader_that_stops_hands_over(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_STEP_DOWN };
	struct bench *b = leading(test);

	bench_step(b, &ev);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW), 1U);
	/* nobody has everything: they find out by themselves */
	b = leading(test);
	bench_propose(b, 1, 1);
	bench_step(b, &ev);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW), 0U);
}

/* In a whole cluster: at once, one term further, nobody else disturbed. */
static void cluster_hands_over(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };
	struct cluster *c = cluster_new(test, 11, 5, 0, RAFT_F_DEFAULT);
	u32 leader, target;
	u64 term;

	cluster_boot(c);
	leader = cluster_elect(c, 2000 * MS);
	KUNIT_ASSERT_NE(test, leader, 0U);
	cluster_propose(c, leader, 5);
	cluster_run(c, 200 * MS);
	term = c->nodes[leader]->term;
	target = leader % 5 + 1;
	ev.transfer = target;
	KUNIT_EXPECT_EQ(test, raft_step(c->nodes[leader]->raft, c->now, &ev, &c->fx), 1);
	KUNIT_ASSERT_EQ(test, c->fx.n, 1U);
	KUNIT_EXPECT_EQ(test, c->fx.list[0].msg.type, RAFT_MSG_TIMEOUT_NOW);
	/* that copy was lost: the next is sent after a heartbeat */
	cluster_run(c, 60 * MS);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), target);
	KUNIT_EXPECT_EQ(test, c->nodes[target]->term, term + 1);
	cluster_run(c, 1000 * MS);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), target);
	KUNIT_EXPECT_EQ(test, c->nodes[leader]->term, term + 1);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	cluster_free(c);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(target_gets_everything_first),
	KUNIT_CASE(best_target_is_who_has_most_and_lives),
	KUNIT_CASE(another_leader_ends_it),
	KUNIT_CASE(t01_target_bypasses_prevote_and_stickiness),
	KUNIT_CASE(t02_lapses_after_an_election_timeout),
	KUNIT_CASE(t02_impossible_targets_are_refused),
	KUNIT_CASE(t02_learner_does_not_campaign),
	KUNIT_CASE(t03_delayed_timeout_now_is_ignored),
	KUNIT_CASE(t04_two_copies_make_one_campaign),
	KUNIT_CASE(a_leader_that_stops_hands_over),
	KUNIT_CASE(cluster_hands_over),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_transfer",
	.test_cases = cases,
};
kunit_test_suite(suite);
