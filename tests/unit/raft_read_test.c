// SPDX-License-Identifier: GPL-2.0
/* Linearizable reads: class R of the catalogue. */
#include "raft_bench.h"

/* n1 of @voters leads; its no-op is committed if @ready. */
static struct bench *leading(struct kunit *test, u32 voters, u32 learners, u32 flags, bool ready)
{
	struct bench *b = bench_new(test, 1, voters, learners);
	u32 id;

	b->params.config.flags = flags;
	bench_run(b, 1, 1, 5);
	bench_start(b);
	bench_elect(b);
	for (id = 2; id <= voters && ready; id++) {
		bench_send_all(b, id);
		bench_ack(b, id, 6, 6);
	}
	bench_clear(b);
	return b;
}

static const struct raft_effect *answer(const struct bench *b)
{
	return bench_effect(b, RAFT_FX_READ);
}

static u64 round_sent(const struct bench *b, u32 to)
{
	const struct raft_msg *msg = bench_sent(b, RAFT_MSG_HEARTBEAT, to);

	return msg ? msg->heartbeat.round : 0;
}

static void r01_waits_for_the_first_commit_of_the_term(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, false);

	KUNIT_EXPECT_EQ(test, bench_read(b, 77), 1);
	KUNIT_ASSERT_NE(test, round_sent(b, 2), 0ULL);
	bench_beat_round(b, 2, round_sent(b, 2));
	KUNIT_EXPECT_NULL(test, answer(b));
	bench_send_all(b, 2);
	bench_ack(b, 2, 6, 6);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.handle, 77ULL);
	KUNIT_EXPECT_EQ(test, answer(b)->read.index, 6ULL);
	KUNIT_EXPECT_EQ(test, answer(b)->read.reason, RAFT_OK);
}

static void r01_single_voter_waits_for_its_own_disk(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 1, 0);

	bench_start(b);
	bench_timeout(b);
	bench_hard(b, 0);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	KUNIT_EXPECT_EQ(test, bench_read(b, 1), 1);
	KUNIT_EXPECT_NULL(test, answer(b));
	bench_settle(b);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	bench_clear(b);
	KUNIT_EXPECT_EQ(test, bench_read(b, 2), 1);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.index, 1ULL);
}

static void r02_an_answer_confirms_only_older_reads(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, true);
	u64 first, second;

	bench_read(b, 1);
	first = round_sent(b, 2);
	bench_clear(b);
	/* arrives while the round is under way */
	bench_read(b, 2);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 0U);
	bench_beat_round(b, 2, first);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), 1U);
	KUNIT_EXPECT_EQ(test, answer(b)->read.handle, 1ULL);
	second = round_sent(b, 2);
	KUNIT_EXPECT_EQ(test, second, first + 1);
	bench_clear(b);
	/* late, and of a round never opened */
	bench_beat_round(b, 3, first);
	bench_beat_round(b, 2, first);
	bench_beat_round(b, 2, second + 1);
	KUNIT_EXPECT_NULL(test, answer(b));
	bench_beat_round(b, 3, second);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.handle, 2ULL);
	bench_clear(b);
	bench_beat_round(b, 2, second);
	KUNIT_EXPECT_NULL(test, answer(b));
}

static void r02_rounds_go_on_over_leaderships(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, true);
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT_REPLY, .from = 2 };
	u64 first;

	bench_read(b, 1);
	first = round_sent(b, 2);
	msg.term = bench_status(b)->term;
	msg.heartbeat_reply.round = first;
	bench_beat(b, 3, msg.term + 1, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.reason, RAFT_REFUSED_NO_LEADER);
	bench_settle(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, bench_status(b)->last_index, bench_status(b)->last_index);
	bench_clear(b);
	bench_read(b, 1);
	KUNIT_EXPECT_EQ(test, round_sent(b, 2), first + 1);
	bench_message(b, &msg);
	KUNIT_EXPECT_NULL(test, answer(b));
}

static void r03_learners_do_not_confirm(struct kunit *test)
{
	struct bench *b = leading(test, 5, 2, RAFT_F_DEFAULT, true);
	u64 round;

	bench_read(b, 1);
	round = round_sent(b, 2);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 4U);
	bench_beat_round(b, 6, round);
	bench_beat_round(b, 7, round);
	bench_beat_round(b, 2, round);
	KUNIT_EXPECT_NULL(test, answer(b));
	bench_beat_round(b, 2, round);
	KUNIT_EXPECT_NULL(test, answer(b));
	bench_beat_round(b, 3, round);
	KUNIT_EXPECT_NOT_NULL(test, answer(b));
}

static void r03_index_is_the_commit_index_at_arrival(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, true);
	u64 round;

	bench_propose(b, 3, 1);
	bench_settle(b);
	bench_read(b, 1);
	round = round_sent(b, 2);
	bench_send_all(b, 2);
	bench_ack(b, 2, 9, 9);
	bench_beat_round(b, 2, round);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.index, 6ULL);
}

static void reads_are_bounded_and_end(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_PREVOTE, true);
	u32 i;

	for (i = 0; i < RAFT_READS_MAX; i++)
		KUNIT_EXPECT_EQ(test, bench_read(b, i), 1);
	KUNIT_EXPECT_EQ(test, bench_read(b, i), -RAFT_REFUSED_BUSY);
	bench_clear(b);
	bench_tick(b, 601 * MS);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), (u32)RAFT_READS_MAX);
	KUNIT_EXPECT_EQ(test, answer(b)->read.reason, RAFT_REFUSED_TIMEOUT);
	KUNIT_EXPECT_EQ(test, bench_read(b, i), 1);
}

static void a_lost_round_is_repeated_by_heartbeats(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, true);
	u64 round;

	bench_read(b, 1);
	round = round_sent(b, 2);
	bench_clear(b);
	bench_tick(b, 51 * MS);
	KUNIT_EXPECT_EQ(test, round_sent(b, 3), round);
	bench_beat_round(b, 3, round);
	KUNIT_EXPECT_NOT_NULL(test, answer(b));
}

static void leader_answers_followers(struct kunit *test)
{
	struct bench *b = leading(test, 3, 1, RAFT_F_DEFAULT, true);
	struct raft_msg msg = { .type = RAFT_MSG_READ, .from = 4 };
	const struct raft_msg *reply;
	u32 i;

	msg.term = bench_status(b)->term;
	msg.read.seq = 900;
	bench_message(b, &msg);
	/* twice, as UDP may have it */
	bench_message(b, &msg);
	bench_beat_round(b, 2, round_sent(b, 2));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_READ_REPLY), 1U);
	reply = bench_sent(b, RAFT_MSG_READ_REPLY, 4);
	KUNIT_ASSERT_NOT_NULL(test, reply);
	KUNIT_EXPECT_EQ(test, reply->read_reply.seq, 900ULL);
	KUNIT_EXPECT_EQ(test, reply->read_reply.index, 6ULL);
	KUNIT_EXPECT_EQ(test, reply->read_reply.reason, RAFT_OK);
	for (i = 0; i <= RAFT_READS_MAX; i++) {
		msg.read.seq++;
		bench_message(b, &msg);
	}
	reply = bench_sent(b, RAFT_MSG_READ_REPLY, 4);
	KUNIT_EXPECT_EQ(test, reply->read_reply.seq, msg.read.seq);
	KUNIT_EXPECT_EQ(test, reply->read_reply.reason, RAFT_REFUSED_BUSY);
}

static void reply(struct bench *b, u32 from, u64 term, u64 seq, u8 reason)
{
	struct raft_msg msg = { .type = RAFT_MSG_READ_REPLY, .from = from, .term = term };

	msg.read_reply.seq = seq;
	msg.read_reply.index = 12;
	msg.read_reply.reason = reason;
	bench_message(b, &msg);
}

static void follower_asks_its_leader(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u64 seq;

	bench_start(b);
	KUNIT_EXPECT_EQ(test, bench_read(b, 5), -RAFT_REFUSED_NO_LEADER);
	bench_beat(b, 2, 3, 0, 1);
	/* not before its term is durable */
	KUNIT_EXPECT_EQ(test, bench_read(b, 5), 1);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_READ, 2));
	bench_settle(b);
	bench_tick(b, 51 * MS);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_READ, 2));
	seq = bench_sent(b, RAFT_MSG_READ, 2)->read.seq;
	bench_clear(b);
	bench_tick(b, 51 * MS);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_READ, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_READ, 2)->read.seq, seq);
	/* not ours, not the leader's, not of this term */
	reply(b, 2, 3, seq + 1, RAFT_OK);
	reply(b, 3, 3, seq, RAFT_OK);
	reply(b, 2, 2, seq, RAFT_OK);
	KUNIT_EXPECT_NULL(test, answer(b));
	reply(b, 2, 3, seq, RAFT_OK);
	reply(b, 2, 3, seq, RAFT_OK);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), 1U);
	KUNIT_EXPECT_EQ(test, answer(b)->read.handle, 5ULL);
	KUNIT_EXPECT_EQ(test, answer(b)->read.index, 12ULL);
	bench_clear(b);
	bench_read(b, 6);
	reply(b, 2, 3, seq + 1, RAFT_REFUSED_BUSY);
	KUNIT_EXPECT_EQ(test, answer(b)->read.reason, RAFT_REFUSED_BUSY);
	/* the leader is gone: an answer all the same */
	bench_clear(b);
	bench_read(b, 7);
	bench_timeout(b);
	KUNIT_ASSERT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, answer(b)->read.reason, RAFT_REFUSED_NO_LEADER);
}

static void r02_numbers_do_not_repeat_after_a_restart(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u64 seq[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		b->params.seed = 100 + i;
		bench_start(b);
		bench_beat(b, 2, 3, 0, 1);
		bench_settle(b);
		bench_read(b, 5);
		seq[i] = bench_sent(b, RAFT_MSG_READ, 2)->read.seq;
	}
	KUNIT_EXPECT_NE(test, seq[0], seq[1]);
}

#define LEASE (RAFT_F_DEFAULT | RAFT_F_LEASE)

/* A leader whose lease began @ago before now. */
static struct bench *lease(struct kunit *test, u64 ago)
{
	struct bench *b = leading(test, 3, 0, LEASE, true);
	u64 round;

	bench_read(b, 1);
	round = round_sent(b, 2);
	b->now += ago;
	bench_beat_round(b, 2, round);
	KUNIT_EXPECT_NOT_NULL(test, answer(b));
	bench_clear(b);
	return b;
}

static void r07_r09_lease_runs_from_the_question(struct kunit *test)
{
	struct bench *b = lease(test, 80 * MS);

	/* 150 ms less a quarter, from the question and not from its answer */
	b->now += 32 * MS;
	bench_read(b, 2);
	KUNIT_EXPECT_NOT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 0U);
	bench_clear(b);
	b->now += MS;
	bench_read(b, 3);
	KUNIT_EXPECT_NULL(test, answer(b));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 2U);
}

static void r06_a_pause_ends_the_lease(struct kunit *test)
{
	struct bench *b = lease(test, MS);

	b->now += 3600ULL * 1000 * MS;
	bench_read(b, 2);
	KUNIT_EXPECT_NULL(test, answer(b));
}

static void r05_transfer_ends_the_lease_for_good(struct kunit *test)
{
	struct bench *b = lease(test, MS);
	u64 round;

	KUNIT_EXPECT_EQ(test, bench_transfer(b, 2), 1);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_TIMEOUT_NOW, 2));
	bench_read(b, 2);
	KUNIT_EXPECT_NULL(test, answer(b));
	/* given up; the message is still on its way */
	bench_tick(b, 150 * MS);
	bench_beat_round(b, 2, 0);
	bench_tick(b, 151 * MS);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRANSFER));
	bench_clear(b);
	bench_read(b, 3);
	bench_tick(b, 51 * MS);
	round = round_sent(b, 2);
	bench_beat_round(b, 2, round);
	bench_clear(b);
	bench_read(b, 4);
	KUNIT_EXPECT_NULL(test, answer(b));
}

static void r08_restarted_node_keeps_its_promise(struct kunit *test)
{
	u32 flags;

	for (flags = RAFT_F_DEFAULT; flags <= LEASE; flags += RAFT_F_LEASE) {
		struct bench *b = bench_new(test, 2, 3, 0);

		b->params.config.flags = flags;
		bench_start(b);
		bench_ask(b, RAFT_MSG_VOTE, 3, 1, 0, 0);
		if (flags == RAFT_F_DEFAULT) {
			EXPECT_STATUS(b, vote, 3);
			continue;
		}
		EXPECT_STATUS(b, vote, 0);
		/* nor does a term it heard of elsewhere make it forget */
		b->now += 149 * MS;
		bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 5, 5, false);
		bench_ask(b, RAFT_MSG_VOTE, 3, 6, 0, 0);
		EXPECT_STATUS(b, vote, 0);
		b->now += MS;
		bench_ask(b, RAFT_MSG_VOTE, 3, 6, 0, 0);
		EXPECT_STATUS(b, vote, 3);
	}
}

static void leases_are_off_by_default(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0, RAFT_F_DEFAULT, true);

	bench_read(b, 1);
	bench_beat_round(b, 2, round_sent(b, 2));
	bench_clear(b);
	bench_read(b, 2);
	KUNIT_EXPECT_NULL(test, answer(b));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(r01_waits_for_the_first_commit_of_the_term),
	KUNIT_CASE(r01_single_voter_waits_for_its_own_disk),
	KUNIT_CASE(r02_an_answer_confirms_only_older_reads),
	KUNIT_CASE(r02_rounds_go_on_over_leaderships),
	KUNIT_CASE(r02_numbers_do_not_repeat_after_a_restart),
	KUNIT_CASE(r03_learners_do_not_confirm),
	KUNIT_CASE(r03_index_is_the_commit_index_at_arrival),
	KUNIT_CASE(reads_are_bounded_and_end),
	KUNIT_CASE(a_lost_round_is_repeated_by_heartbeats),
	KUNIT_CASE(leader_answers_followers),
	KUNIT_CASE(follower_asks_its_leader),
	KUNIT_CASE(r05_transfer_ends_the_lease_for_good),
	KUNIT_CASE(r06_a_pause_ends_the_lease),
	KUNIT_CASE(r07_r09_lease_runs_from_the_question),
	KUNIT_CASE(r08_restarted_node_keeps_its_promise),
	KUNIT_CASE(leases_are_off_by_default),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_read",
	.test_cases = cases,
};
kunit_test_suite(suite);
