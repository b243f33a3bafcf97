// SPDX-License-Identifier: GPL-2.0
/* Durability and asynchronous storage, class D of the bug catalogue. */
#include "raft_bench.h"

static const u64 twos[] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };

static u64 beat_match(struct bench *b, u32 leader, u64 seq)
{
	const struct raft_msg *msg;

	bench_beat(b, leader, bench_status(b)->term, 0, seq);
	msg = bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, leader);
	return msg && msg->heartbeat_reply.seq == seq ? msg->heartbeat_reply.match : RAFT_NEVER;
}

static void d01_no_ack_before_it_is_durable(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);

	b->params.term = 2;
	bench_start(b);
	bench_append(b, 1, 2, 0, 0, 0, twos, 3);
	bench_submit(b, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	KUNIT_EXPECT_EQ(test, beat_match(b, 1, 1), 0ULL);
	bench_written(b, 0, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->append_reply.match, 3ULL);
}

static void d01_no_ack_before_the_term_is_durable(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	struct raft_write w;

	bench_run(b, 1, 2, 3);
	bench_start(b);
	/* all entries are durable, but the term they are acknowledged in is not */
	bench_append(b, 1, 3, 3, 2, 0, NULL, 0);
	bench_beat(b, 1, 3, 0, 1);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT_REPLY), 0);
	/* nor may entries overtake the term on the way to the disk (D-8) */
	bench_append(b, 1, 3, 3, 2, 0, twos, 1);
	KUNIT_EXPECT_FALSE(test, raft_next_write(b->raft, &w));
	bench_hard(b, 0);
	KUNIT_EXPECT_TRUE(test, raft_next_write(b->raft, &w));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 1);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT_REPLY), 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->append_reply.match, 3ULL);
}

static void d01_single_node_commits_when_durable(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 1, 0);

	bench_start(b);
	bench_elect(b);
	EXPECT_STATUS(b, commit, 1);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 2, 10), 2);
	bench_submit(b, 0);
	EXPECT_STATUS(b, commit, 1);
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, commit, 3);
}

static void d02_late_completions_of_overwritten_entries(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 7, 0);
	u64 one = 1, two = 2, three = 3;

	bench_run(b, 1, 1, 11);
	bench_start(b);
	bench_append(b, 2, 1, 11, 1, 0, &one, 1);
	bench_submit(b, 0);				/* A: 12/1 */
	bench_append(b, 3, 2, 11, 1, 0, &two, 1);
	bench_hard(b, 0);
	bench_submit(b, 0);				/* B: 12/2 */
	bench_append(b, 4, 3, 11, 1, 0, &three, 1);
	bench_hard(b, 0);
	bench_submit(b, 0);				/* C: 12/3 */
	KUNIT_ASSERT_EQ(test, b->nwrites, 3U);
	KUNIT_EXPECT_EQ(test, b->writes[1].truncate, 12ULL);
	KUNIT_EXPECT_EQ(test, b->writes[2].truncate, 12ULL);
	bench_clear(b);
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, durable_index, 11);
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, durable_index, 11);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, durable_index, 12);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 4)->append_reply.match, 12ULL);
}

static void d03_durable_falls_when_truncation_is_decided(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u64 three = 3;

	bench_run(b, 1, 2, 10);
	b->params.term = 3;
	bench_start(b);
	bench_append(b, 1, 3, 6, 2, 0, &three, 1);
	EXPECT_STATUS(b, durable_index, 6);
	KUNIT_EXPECT_EQ(test, beat_match(b, 1, 1), 6ULL);
	bench_submit(b, 0);
	KUNIT_EXPECT_EQ(test, b->writes[0].truncate, 7ULL);
	KUNIT_EXPECT_EQ(test, b->writes[0].first, 7ULL);
	KUNIT_EXPECT_EQ(test, beat_match(b, 1, 2), 6ULL);
	bench_written(b, 0, 0);
	KUNIT_EXPECT_EQ(test, beat_match(b, 1, 3), 7ULL);
}

static void d03_truncated_write_vouches_for_its_rest(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u64 three = 3;

	b->params.term = 2;
	bench_start(b);
	bench_append(b, 1, 2, 0, 0, 0, twos, 8);
	bench_submit(b, 0);				/* 1..8/2 */
	bench_append(b, 3, 3, 5, 2, 0, &three, 1);	/* 6/3 */
	bench_hard(b, 0);
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, durable_index, 5);
	/* two cuts before the next write: it makes the deeper one */
	bench_append(b, 3, 3, 6, 3, 0, NULL, 0);
	bench_append(b, 1, 4, 3, 2, 0, (u64[]){ 4, 4 }, 2);
	bench_hard(b, 0);
	bench_submit(b, 4);
	KUNIT_EXPECT_EQ(test, b->writes[0].truncate, 4ULL);
	KUNIT_EXPECT_EQ(test, b->writes[0].first, 4ULL);
	bench_submit(b, 0);
	KUNIT_EXPECT_EQ(test, b->writes[1].truncate, 0ULL);
	KUNIT_EXPECT_EQ(test, b->writes[1].first, 5ULL);
	bench_settle(b);
	EXPECT_STATUS(b, durable_index, 5);
	EXPECT_STATUS(b, last_term, 4);
}

static void d05_leader_does_not_count_its_memory(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	EXPECT_STATUS(b, commit, 1);
	bench_propose(b, 1, 10);
	bench_submit(b, 0);
	bench_ack(b, 2, 2, 2);
	EXPECT_STATUS(b, commit, 1);
	/* with both followers it is committed, though not durable here */
	bench_ack(b, 3, 2, 2);
	EXPECT_STATUS(b, commit, 2);
	EXPECT_STATUS(b, durable_index, 1);
}

static void d07_committed_ahead_of_the_own_disk(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	/* n1 had 8 committed through the others; its own write of 8 was lost */
	bench_run(b, 1, 1, 7);
	b->params.term = 2;
	bench_start(b);
	EXPECT_STATUS(b, commit, 0);
	bench_append(b, 2, 2, 7, 1, 8, twos, 1);
	EXPECT_STATUS(b, commit, 8);
	EXPECT_STATUS(b, durable_index, 7);
	KUNIT_EXPECT_EQ(test, beat_match(b, 2, 1), 7ULL);
}

static void d08_log_above_the_durable_term(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_run(b, 1, 5, 3);
	b->params.term = 3;
	b->params.vote = 2;
	bench_start(b);
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now);
	bench_tick(b, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_HARD_STATE));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HARD_STATE)->hard.term, 5ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HARD_STATE)->hard.vote, RAFT_NONE);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_ROLE)->role.term, 5ULL);
}

static void d09_d10_a_failed_write_is_final(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	struct raft_write w;

	b->params.term = 2;
	bench_start(b);
	bench_append(b, 1, 2, 0, 0, 0, twos, 3);
	bench_submit(b, 0);
	bench_clear(b);
	bench_written(b, 0, -EIO);
	EXPECT_STATUS(b, halt, RAFT_HALT_STORE);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_STORE_FAILED);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	bench_append(b, 1, 2, 0, 0, 0, twos, 3);
	KUNIT_EXPECT_FALSE(test, raft_next_write(b->raft, &w));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);

	/* a leader's own */
	b = bench_new(test, 1, 3, 0);
	bench_start(b);
	bench_elect(b);
	bench_propose(b, 1, 10);
	bench_submit(b, 0);
	bench_written(b, 0, -EIO);
	EXPECT_STATUS(b, halt, RAFT_HALT_STORE);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, uncommitted_bytes, 0);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_ROLE)->role.cause, RAFT_CAUSE_STORE_FAILED);

	/* a (term, vote) write */
	b = bench_new(test, 1, 3, 0);
	bench_start(b);
	bench_ask(b, RAFT_MSG_VOTE, 2, 1, 0, 0);
	bench_hard(b, -EIO);
	EXPECT_STATUS(b, halt, RAFT_HALT_STORE);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 0);
}

static void d11_completions_out_of_order(struct kunit *test)
{
	static const u8 orders[6][3] = {
		{ 0, 0, 0 }, { 0, 1, 0 }, { 1, 0, 0 }, { 1, 1, 0 }, { 2, 0, 0 }, { 2, 1, 0 },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct bench *b = bench_new(test, 2, 3, 0);

		b->params.term = 2;
		bench_start(b);
		bench_append(b, 1, 2, 0, 0, 0, twos, 3);
		for (k = 1; k <= 3; k++)
			bench_submit(b, k);
		for (k = 0; k < 3; k++) {
			/* order (1, 1, 0) is 2, 3, 1 and so on */
			bench_written(b, orders[i][k], 0);
			if (i == 3)
				EXPECT_STATUS(b, durable_index, k < 2 ? 0 : 3);
		}
		EXPECT_STATUS(b, durable_index, 3);
		KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->append_reply.match,
				3ULL);
	}
}

static void d12_uncommitted_bytes_come_back(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u32 i;

	bench_start(b);
	bench_elect(b);
	for (i = 0; i < 3 * RAFT_SPANS_MAX; i++)
		KUNIT_ASSERT_EQ(test, bench_propose(b, 2, 10), 2);
	bench_forward(b, 2, 1, 500, 7);
	EXPECT_STATUS(b, uncommitted_bytes, 3 * RAFT_SPANS_MAX * 20 + 7);
	bench_settle(b);
	bench_ack(b, 2, bench_status(b)->last_index - 1, bench_status(b)->last_index - 1);
	KUNIT_EXPECT_GT(test, bench_status(b)->uncommitted_bytes, 0ULL);
	bench_ack(b, 2, bench_status(b)->last_index, bench_status(b)->last_index);
	EXPECT_STATUS(b, uncommitted_bytes, 0);
	/* and when leadership is lost */
	bench_propose(b, 2, 10);
	bench_beat(b, 3, 9, 0, 1);
	EXPECT_STATUS(b, uncommitted_bytes, 0);
}

static void p01_a_hanging_disk_deposes_the_leader(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u32 i;

	bench_start(b);
	bench_elect(b);
	bench_propose(b, 1, 10);
	bench_submit(b, 0);
	for (i = 0; i < 6; i++) {
		EXPECT_STATUS(b, role, RAFT_LEADER);
		bench_tick(b, 49 * MS);
		bench_beat_reply(b, 2, i + 1, 1, 1);
	}
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now + 6 * MS);
	bench_tick(b, 6 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_STORE_SLOW);
	/* no campaign while it hangs, but votes for others */
	bench_clear(b);
	for (i = 0; i < 10; i++)
		bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0);
	bench_written(b, 0, 0);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

static void p01_a_hanging_vote_write_stops_campaigns(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_ask(b, RAFT_MSG_VOTE, 2, 1, 0, 0);
	bench_timeout(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_hard(b, 0);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

static void writes_are_bounded_and_numbered(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u32 i;

	b->params.term = 2;
	bench_start(b);
	bench_append(b, 1, 2, 0, 0, 0, twos, 10);
	for (i = 1; i <= RAFT_WRITES_MAX; i++)
		KUNIT_EXPECT_TRUE(test, bench_submit(b, i));
	KUNIT_EXPECT_FALSE(test, bench_submit(b, 0));
	bench_written(b, 3, 0);
	/* done, but not before those ahead of it: no room yet */
	KUNIT_EXPECT_FALSE(test, bench_submit(b, 0));
	bench_written(b, 0, 0);
	EXPECT_STATUS(b, durable_index, 1);
	KUNIT_EXPECT_TRUE(test, bench_submit(b, 0));
	bench_settle(b);
	EXPECT_STATUS(b, durable_index, 10);
}

static void broken_contracts_halt(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_WRITTEN };
	struct bench *b;
	u32 i;

	for (i = 0; i < 6; i++) {
		b = bench_new(test, 2, 3, 0);
		b->params.term = 2;
		bench_start(b);
		bench_append(b, 1, 2, 0, 0, 0, twos, 3);
		bench_submit(b, 0);
		memset(&ev, 0, sizeof(ev));
		ev.type = RAFT_EV_WRITTEN;
		ev.write = b->writes[0];
		if (i == 0)
			ev.write.seq++;
		else if (i == 1)
			ev.write.last--;
		else if (i == 2)
			ev.write.term++;
		else if (i == 3)
			ev.type = RAFT_EV_SUBMITTED;
		else if (i == 4)
			ev.type = 99;
		bench_step(b, &ev);
		if (i == 5)
			bench_step(b, &ev);	/* ended twice */
		EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
		KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_HALT));
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(d01_no_ack_before_it_is_durable),
	KUNIT_CASE(d01_no_ack_before_the_term_is_durable),
	KUNIT_CASE(d01_single_node_commits_when_durable),
	KUNIT_CASE(d02_late_completions_of_overwritten_entries),
	KUNIT_CASE(d03_durable_falls_when_truncation_is_decided),
	KUNIT_CASE(d03_truncated_write_vouches_for_its_rest),
	KUNIT_CASE(d05_leader_does_not_count_its_memory),
	KUNIT_CASE(d07_committed_ahead_of_the_own_disk),
	KUNIT_CASE(d08_log_above_the_durable_term),
	KUNIT_CASE(d09_d10_a_failed_write_is_final),
	KUNIT_CASE(d11_completions_out_of_order),
	KUNIT_CASE(d12_uncommitted_bytes_come_back),
	KUNIT_CASE(p01_a_hanging_disk_deposes_the_leader),
	KUNIT_CASE(p01_a_hanging_vote_write_stops_campaigns),
	KUNIT_CASE(writes_are_bounded_and_numbered),
	KUNIT_CASE(broken_contracts_halt),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_disk",
	.test_cases = cases,
};
kunit_test_suite(suite);
