// SPDX-License-Identifier: GPL-2.0
/* Proposals: admission, forwarding, duplicates (classes C and D). */
#include "raft_bench.h"

static struct bench *leader(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	return b;
}

static void admission_refuses_and_changes_nothing(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), -RAFT_REFUSED_NO_LEADER);
	b = leader(test);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 0), -RAFT_REFUSED_TOO_BIG);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, QUORUM_ENTRY_BYTES_MAX + 1),
			-RAFT_REFUSED_TOO_BIG);
	b->room = 99;
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 100), -RAFT_REFUSED_NO_SPACE);
	b->room = 350;
	KUNIT_EXPECT_EQ(test, bench_propose(b, 5, 100), 3);
	EXPECT_STATUS(b, last_index, 4);
	EXPECT_STATUS(b, uncommitted_bytes, 300);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.count, 3U);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.first, 2ULL);
}

static void uncommitted_bytes_are_bounded(struct kunit *test)
{
	struct bench *b = leader(test);
	u32 n = RAFT_UNCOMMITTED_BYTES_MAX / QUORUM_ENTRY_BYTES_MAX;

	KUNIT_EXPECT_EQ(test, bench_propose(b, n + 1, QUORUM_ENTRY_BYTES_MAX), (int)n);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, QUORUM_ENTRY_BYTES_MAX),
			-RAFT_REFUSED_BUSY);
	bench_forward(b, 2, 1, 5, QUORUM_ENTRY_BYTES_MAX);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 2)->forward_reply.reason,
			RAFT_REFUSED_BUSY);
	bench_settle(b);
	bench_ack(b, 3, n + 1, n + 1);
	EXPECT_STATUS(b, uncommitted_bytes, 0);
	bench_forward(b, 2, 1, 6, 1);
	EXPECT_STATUS(b, uncommitted_bytes, 1);
}

/* The tail stays in every node's memory, however small its entries are. */
static void uncommitted_entries_are_bounded(struct kunit *test)
{
	struct bench *b = leader(test);
	int taken = 1, n;

	do {
		n = bench_propose(b, QUORUM_PROPOSE_BATCH_MAX, 1);
		taken += n > 0 ? n : 0;
		bench_clear(b);
	} while (n > 0);
	KUNIT_EXPECT_EQ(test, n, -RAFT_REFUSED_BUSY);
	KUNIT_EXPECT_EQ(test, taken, (int)RAFT_UNCOMMITTED_ENTRIES_MAX);
	bench_forward(b, 2, 1, 5, 1);
	EXPECT_STATUS(b, last_index, taken);
	/* what is committed makes room */
	bench_settle(b);
	bench_ack(b, 3, 100, 100);
	KUNIT_EXPECT_EQ(test, bench_propose(b, QUORUM_PROPOSE_BATCH_MAX, 1),
			(int)QUORUM_PROPOSE_BATCH_MAX);
}

/* C-4: "refused" must not be said of what a second copy gets into the log. */
static void c04_a_refusal_is_final_for_its_tag(struct kunit *test)
{
	struct bench *b = leader(test);

	b->room = 0;
	bench_forward(b, 2, 1, 5, 10);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 2)->forward_reply.reason,
			RAFT_REFUSED_NO_SPACE);
	/* there is room again; the copy is answered, and not taken */
	b->room = 1 << 20;
	bench_forward(b, 2, 1, 5, 10);
	EXPECT_STATUS(b, last_index, 1);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_FORWARD_REPLY), 2);
	/* under a new tag, or a new leader, it is */
	bench_forward(b, 2, 1, 6, 10);
	EXPECT_STATUS(b, last_index, 2);
	bench_beat(b, 3, 2, 0, 1);
	bench_settle(b);
	bench_elect(b);
	bench_forward(b, 2, 3, 5, 10);
	EXPECT_STATUS(b, last_index, 4);
}

static void followers_forward(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	struct raft_msg msg = { .type = RAFT_MSG_FORWARD_REPLY, .from = 1, .term = 4 };

	bench_start(b);
	bench_beat(b, 1, 4, 0, 1);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 3, 10), 3);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_FORWARD)->forward.leader, 1U);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_FORWARD)->forward.term, 4ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_FORWARD)->forward.count, 3U);
	msg.forward_reply.tag = 42;
	msg.forward_reply.reason = RAFT_REFUSED_NO_SPACE;
	bench_message(b, &msg);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_RESULT)->result.tag, 42ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_RESULT)->result.reason,
			RAFT_REFUSED_NO_SPACE);
	/* of another term: says nothing about this one (C-4) */
	bench_clear(b);
	msg.term = 3;
	bench_message(b, &msg);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_RESULT));
}

static void forwarded_once_per_tag(struct kunit *test)
{
	struct bench *b = leader(test);
	u64 epoch = 7ULL << 40;
	u32 i;

	bench_forward(b, 2, 1, epoch + 1500, 10);
	EXPECT_STATUS(b, last_index, 2);
	bench_forward(b, 2, 1, epoch + 1500, 10);
	EXPECT_STATUS(b, last_index, 2);
	/* the same tag of another origin is another proposal */
	bench_forward(b, 3, 1, epoch + 1500, 10);
	EXPECT_STATUS(b, last_index, 3);
	/* overtaken ones within the window are taken, once */
	for (i = 1; i < QUORUM_FORWARD_WINDOW; i++)
		bench_forward(b, 2, 1, epoch + 1500 - i, 10);
	EXPECT_STATUS(b, last_index, 2 + QUORUM_FORWARD_WINDOW);
	for (i = 0; i < 1500; i++)
		bench_forward(b, 2, 1, epoch + 1500 - i, 10);
	EXPECT_STATUS(b, last_index, 2 + QUORUM_FORWARD_WINDOW);
	/* the window moves, and forgets nothing inside it */
	bench_forward(b, 2, 1, epoch + 1510, 10);
	bench_forward(b, 2, 1, epoch + 1505, 10);
	bench_forward(b, 2, 1, epoch + 1499, 10);
	EXPECT_STATUS(b, last_index, 4 + QUORUM_FORWARD_WINDOW);
	/* a restarted origin */
	bench_forward(b, 2, 1, epoch * 2, 10);
	bench_forward(b, 2, 1, epoch + 1511, 10);
	EXPECT_STATUS(b, last_index, 5 + QUORUM_FORWARD_WINDOW);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_FORWARD_REPLY), 0);
}

static void only_the_leader_of_the_term_answers(struct kunit *test)
{
	struct bench *b = leader(test);

	bench_forward(b, 2, 0, 1, 10);
	bench_forward(b, 2, 2, 1, 10);
	EXPECT_STATUS(b, last_index, 1);
	EXPECT_STATUS(b, term, 1);
	bench_forward(b, 2, 1, 1, QUORUM_ENTRY_BYTES_MAX + 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_FORWARD_REPLY, 2)->forward_reply.reason,
			RAFT_REFUSED_TOO_BIG);
	bench_clear(b);
	bench_beat(b, 3, 5, 0, 1);
	bench_settle(b);
	bench_clear(b);
	/* C-3: a follower neither forwards on nor answers */
	bench_forward(b, 2, 5, 2, 10);
	bench_forward(b, 2, 1, 1, 10);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	KUNIT_EXPECT_EQ(test, b->ret, 0);
}

static void a_new_leadership_starts_a_new_window(struct kunit *test)
{
	struct bench *b = leader(test);

	bench_forward(b, 2, 1, 5, 10);
	EXPECT_STATUS(b, last_index, 2);
	bench_beat(b, 3, 2, 0, 1);
	bench_settle(b);
	bench_elect(b);
	EXPECT_STATUS(b, term, 3);
	bench_forward(b, 2, 3, 5, 10);
	EXPECT_STATUS(b, last_index, 4);
}

static void proposals_are_taken_before_the_noop_is_committed(struct kunit *test)
{
	struct bench *b = leader(test);

	EXPECT_STATUS(b, commit, 0);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(admission_refuses_and_changes_nothing),
	KUNIT_CASE(uncommitted_bytes_are_bounded),
	KUNIT_CASE(uncommitted_entries_are_bounded),
	KUNIT_CASE(c04_a_refusal_is_final_for_its_tag),
	KUNIT_CASE(followers_forward),
	KUNIT_CASE(forwarded_once_per_tag),
	KUNIT_CASE(only_the_leader_of_the_term_answers),
	KUNIT_CASE(a_new_leadership_starts_a_new_window),
	KUNIT_CASE(proposals_are_taken_before_the_noop_is_committed),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_proposal",
	.test_cases = cases,
};
kunit_test_suite(suite);
