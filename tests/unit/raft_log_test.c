// SPDX-License-Identifier: GPL-2.0
/* Log replication and commit, class L of the bug catalogue. */
#include "raft_bench.h"

static const u64 threes[] = { 3, 3, 3, 3, 3, 3, 3, 3 };

/* n3 with 1..3/1, 4..5/2; n1 leads term 3. */
static struct bench *stale_tail(struct kunit *test)
{
	struct bench *b = bench_new(test, 3, 3, 0);

	bench_run(b, 1, 1, 3);
	bench_run(b, 4, 2, 5);
	b->params.term = 3;
	bench_start(b);
	return b;
}

static void l01_commit_only_what_was_verified(struct kunit *test)
{
	struct bench *b = stale_tail(test);

	bench_append(b, 1, 3, 3, 1, 5, NULL, 0);
	EXPECT_STATUS(b, commit, 3);

	b = stale_tail(test);
	bench_append(b, 1, 3, 3, 1, 5, threes, 1);
	EXPECT_STATUS(b, commit, 4);
	EXPECT_STATUS(b, last_index, 4);

	/* a heartbeat has no prev: nothing verified, nothing committed */
	b = stale_tail(test);
	bench_beat(b, 1, 3, 5, 1);
	EXPECT_STATUS(b, commit, 0);
	bench_append(b, 1, 3, 3, 1, 0, NULL, 0);
	bench_beat(b, 1, 3, 5, 2);
	EXPECT_STATUS(b, commit, 3);
}

static void l01_leader_clamps_heartbeat_commit(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	EXPECT_STATUS(b, commit, 1);
	bench_tick(b, 51 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.commit, 1ULL);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 3)->heartbeat.commit, 0ULL);
}

static void l02_older_terms_are_not_committed_by_counting(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 0);

	/* Figure 8: n1 leads term 4 and has 2/2 on a majority */
	bench_run(b, 1, 1, 1);
	bench_run(b, 2, 2, 2);
	b->params.term = 3;
	bench_start(b);
	bench_elect(b);
	EXPECT_STATUS(b, term, 4);
	bench_ack(b, 2, 2, 2);
	bench_ack(b, 3, 2, 2);
	EXPECT_STATUS(b, commit, 0);
	bench_ack(b, 2, 3, 3);
	EXPECT_STATUS(b, commit, 0);
	bench_ack(b, 3, 3, 3);
	EXPECT_STATUS(b, commit, 3);
}

static void l03_unknown_is_not_zero(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;
	u64 term = 77;

	b->params.base_index = 10;
	b->params.base_term = 3;
	bench_run(b, 11, 3, 20);
	bench_start(b);
	KUNIT_EXPECT_FALSE(test, raft_term_at(b->raft, 9, &term));
	KUNIT_EXPECT_FALSE(test, raft_term_at(b->raft, 21, &term));
	KUNIT_EXPECT_EQ(test, term, 77ULL);
	KUNIT_EXPECT_TRUE(test, raft_term_at(b->raft, 10, &term));
	KUNIT_EXPECT_EQ(test, term, 3ULL);
	/* prev below the base: entries up to it are skipped, not compared */
	bench_append(b, 2, 3, 6, 3, 0, threes, 6);
	bench_settle(b);
	EXPECT_STATUS(b, last_index, 20);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.match, 12ULL);
	/* L-7: prev 0 does not append at the end */
	bench_append(b, 2, 3, 0, 0, 0, threes, 8);
	EXPECT_STATUS(b, last_index, 20);

	/* a leader with more runs than it keeps says so */
	b = bench_new(test, 1, 3, 0);
	for (term = 1; term <= RAFT_RUNS_MAX + 100; term++)
		bench_run(b, term, term, term);
	bench_start(b);
	KUNIT_EXPECT_FALSE(test, raft_term_at(b->raft, 1, &term));
	bench_elect(b);
	bench_send_all(b, 2);
	bench_reject(b, 2, RAFT_RUNS_MAX + 100, 5, 5);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.prev_index, 5ULL);
	KUNIT_EXPECT_FALSE(test, a.prev_known);
	KUNIT_EXPECT_EQ(test, a.last, a.first - 1);
	/* even so a rejection always leads a step down */
	bench_send_all(b, 2);
	bench_reject(b, 2, 5, 5, 4);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.prev_index, 4ULL);
}

static void l04_l14_entries_have_to_be_contiguous(struct kunit *test)
{
	struct bench *b = stale_tail(test);
	struct raft_entry e[2] = {
		{ .index = 6, .term = 3, .type = RAFT_ENTRY_DATA },
		{ .index = 8, .term = 3, .type = RAFT_ENTRY_DATA },
	};
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = 1, .to = 3, .term = 3 };

	msg.append.prev_index = 5;
	msg.append.prev_term = 2;
	msg.append.entries = e;
	msg.append.count = 2;
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 5);
	e[1].index = 7;
	e[1].term = 2;			/* terms fall */
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 5);
	e[1].term = 4;			/* from the future */
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 5);
	e[0].index = 7;			/* first is not prev + 1 */
	e[1].index = 8;
	e[1].term = 3;
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 5);
	msg.append.count = RAFT_MSG_ENTRIES_MAX + 1;
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 5);
}

static void l05_matching_entries_are_not_truncated(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u64 ones[] = { 1, 1 };

	bench_run(b, 1, 1, 2);
	bench_start(b);
	bench_append(b, 1, 1, 1, 1, 2, ones, 2);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_TRUNCATE), 0);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.first, 3ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.skip, 1U);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.count, 1U);
	EXPECT_STATUS(b, commit, 2);
}

static void l05_truncation_precedes_append(struct kunit *test)
{
	struct bench *b = stale_tail(test);
	u64 terms[] = { 1, 3, 3 };
	u32 i, cut = 0, kept = 0;

	bench_append(b, 1, 3, 2, 1, 0, terms, 3);
	for (i = 0; i < b->n; i++) {
		if (b->log[i].type == RAFT_FX_TRUNCATE)
			cut = i + 1;
		if (b->log[i].type == RAFT_FX_APPEND)
			kept = i + 1;
	}
	KUNIT_EXPECT_TRUE(test, cut && kept && cut < kept);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRUNCATE)->truncate, 4ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.skip, 1U);
	EXPECT_STATUS(b, last_index, 5);
	EXPECT_STATUS(b, last_term, 3);
}

static void l05_committed_is_never_overwritten(struct kunit *test)
{
	struct bench *b = stale_tail(test);
	u64 twos[] = { 2, 2 };

	bench_append(b, 1, 3, 3, 1, 5, twos, 2);
	EXPECT_STATUS(b, commit, 5);
	bench_clear(b);
	bench_append(b, 1, 3, 3, 1, 5, threes, 1);
	EXPECT_STATUS(b, halt, RAFT_HALT_TRUNCATE_COMMITTED);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_HALT));
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_TRUNCATE), 0);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HALT)->halt.index, 4ULL);
	EXPECT_STATUS(b, last_index, 5);
	/* halted: it answers nothing and changes nothing */
	bench_clear(b);
	bench_append(b, 1, 9, 0, 0, 0, NULL, 0);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	EXPECT_STATUS(b, term, 3);
	KUNIT_EXPECT_EQ(test, raft_deadline(b->raft), RAFT_NEVER);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), -RAFT_REFUSED_HALTED);
}

static void l06_reordered_appends_do_not_truncate(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);

	bench_run(b, 1, 3, 3);
	bench_start(b);
	bench_append(b, 1, 3, 3, 3, 0, threes, 5);
	bench_settle(b);
	bench_append(b, 1, 3, 3, 3, 0, threes, 2);
	EXPECT_STATUS(b, last_index, 8);
	EXPECT_STATUS(b, durable_index, 8);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_TRUNCATE), 0);
}

static void l08_ack_is_what_was_verified(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	const struct raft_msg *reply;

	bench_run(b, 1, 2, 9);
	b->params.term = 3;
	bench_start(b);
	bench_append(b, 1, 3, 4, 2, 0, NULL, 0);
	reply = bench_sent(b, RAFT_MSG_APPEND_REPLY, 1);
	KUNIT_ASSERT_NOT_NULL(test, reply);
	KUNIT_EXPECT_EQ(test, reply->append_reply.match, 4ULL);
	bench_beat(b, 1, 3, 0, 1);
	reply = bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, 1);
	KUNIT_EXPECT_EQ(test, reply->heartbeat_reply.match, 4ULL);
	/* a new term knows nothing of what the old leader verified */
	bench_beat(b, 3, 4, 0, 1);
	bench_settle(b);
	reply = bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, 3);
	KUNIT_EXPECT_EQ(test, reply->heartbeat_reply.match, 0ULL);
}

static void l09_l10_stale_rejections_change_nothing(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = 2, .to = 1, .term = 3 };

	bench_run(b, 1, 3, 9);
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 10, 10);
	EXPECT_STATUS(b, peers[1].match, 10);
	EXPECT_STATUS(b, peers[1].next, 11);
	/* of an older term */
	msg.append_reply.rejected = true;
	msg.append_reply.prev_index = 10;
	msg.append_reply.hint_index = 2;
	bench_message(b, &msg);
	/* late ones of this term; nonsense */
	bench_reject(b, 2, 9, 2, 3);
	bench_reject(b, 2, 10, 7, 3);
	bench_reject(b, 2, 11, 7, 3);
	bench_reject(b, 2, 12, 7, 3);
	bench_ack(b, 2, 7, 7);
	bench_ack(b, 2, 99, 99);
	bench_ack(b, 2, 11, 5);
	EXPECT_STATUS(b, peers[1].match, 10);
	EXPECT_STATUS(b, peers[1].next, 11);
	/* nor do they turn back what is under way */
	bench_propose(b, 3, 1);
	bench_send_all(b, 2);
	bench_reject(b, 2, 9, 2, 3);
	bench_reject(b, 2, 10, 9, 3);
	EXPECT_STATUS(b, peers[1].next, 14);
	EXPECT_STATUS(b, peers[1].inflight, 1);
	/* one that fits does */
	bench_reject(b, 2, 12, 11, bench_status(b)->term);
	EXPECT_STATUS(b, peers[1].next, 12);
}

static void l11_heartbeats_reject_nothing(struct kunit *test)
{
	struct bench *b = stale_tail(test);

	bench_beat(b, 1, 3, 50, 1);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1));
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_TRUNCATE), 0);
}

/* The definition: the largest value that a majority reaches. */
static u64 naive_quorum(const u64 *match, u32 n)
{
	u64 best = 0;
	u32 i, j, have;

	for (i = 0; i < n; i++) {
		for (have = 0, j = 0; j < n; j++)
			have += match[j] >= match[i];
		if (have > n / 2)
			best = max(best, match[i]);
	}
	return best;
}

static void l12_quorum_equals_the_definition(struct kunit *test)
{
	/* by hand: five voters, one already above the mark moves further */
	static const u64 hand[][6] = {
		{ 1, 5, 5, 1, 1, 1 }, { 1, 6, 6, 1, 1, 1 }, { 1, 6, 6, 5, 1, 5 },
		{ 6, 6, 6, 5, 1, 6 }, { 0, 0, 0, 0, 9, 0 }, { 9, 8, 7, 6, 5, 7 },
	};
	struct bench *b = bench_new(test, 1, 5, 0);
	u64 x = 88172645463325252ULL, match[QUORUM_MEMBERS_MAX];
	u32 i, k, n;

	bench_start(b);
	for (i = 0; i < ARRAY_SIZE(hand); i++) {
		b->raft->disk.durable = hand[i][0];
		for (k = 1; k < 5; k++)
			b->raft->peers[k].match = hand[i][k];
		KUNIT_EXPECT_EQ(test, raft_quorum_match(b->raft), hand[i][5]);
	}
	for (n = 1; n <= QUORUM_MEMBERS_MAX; n++) {
		b->raft->halves[0].voters = (raft_set)((1U << n) - 1);
		b->raft->halves[0].commit = n / 2 + 1;
		memset(match, 0, sizeof(match));
		b->raft->disk.durable = 0;
		for (k = 1; k < n; k++)
			b->raft->peers[k].match = 0;
		for (i = 0; i < 60000; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			k = (u32)(x >> 40) % n;
			match[k] += (x >> 20) & 7;
			if (k)
				b->raft->peers[k].match = match[k];
			else
				b->raft->disk.durable = match[0];
			if (raft_quorum_match(b->raft) != naive_quorum(match, n)) {
				KUNIT_FAIL(test, "%u voters, round %u\n", n, i);
				return;
			}
		}
	}
}

static void l13_entries_carry_the_term_of_the_election(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 3;
	bench_start(b);
	bench_elect(b);
	EXPECT_STATUS(b, term, 4);
	bench_beat(b, 2, 5, 0, 1);
	EXPECT_STATUS(b, term, 5);
	/* a follower of 5 now: it forwards, and appends nothing */
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), 1);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_APPEND), 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_FORWARD), 1);
	EXPECT_STATUS(b, last_term, 4);
}

static void l15_learners_do_not_count(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 2);

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 4);
	bench_send_all(b, 5);
	bench_ack(b, 4, 1, 1);
	bench_ack(b, 5, 1, 1);
	EXPECT_STATUS(b, commit, 0);
	EXPECT_STATUS(b, peers[3].match, 1);
	bench_ack(b, 3, 1, 1);
	EXPECT_STATUS(b, commit, 1);
	/* a leader that is no voter does not count itself (a) */
	b->raft->halves[0].voters = 0x02;
	b->raft->halves[0].commit = 1;
	b->raft->disk.durable = 50;
	b->raft->peers[1].match = 0;
	KUNIT_EXPECT_EQ(test, raft_quorum_match(b->raft), 0ULL);
}

/* Leader and follower of @terms conflicting terms find each other in few rounds. */
static void l16_back_off_by_runs(struct kunit *test)
{
	struct bench *l = bench_new(test, 1, 3, 0);
	struct bench *f = bench_new(test, 2, 3, 0);
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_append a;
	u32 rounds = 0, i;

	/* common 1..10/1; the follower has 5,000 entries of 50 terms behind it */
	bench_run(l, 1, 1, 10);
	bench_run(f, 1, 1, 10);
	for (i = 0; i < 50; i++)
		bench_run(f, 11 + 100 * i, 2 + 2 * i, 110 + 100 * i);
	for (i = 0; i < 50; i++)
		bench_run(l, 11 + 100 * i, 3 + 2 * i, 110 + 100 * i);
	bench_start(l);
	bench_start(f);
	bench_elect(l);
	f->params.term = bench_status(l)->term;
	while (rounds < 200 && raft_next_append(l->raft, 2, &a) == RAFT_NEXT_APPEND) {
		const struct raft_msg *reply;

		bench_append(f, 1, a.term, a.prev_index, a.prev_term, 0, NULL, 0);
		bench_settle(f);
		reply = bench_sent(f, RAFT_MSG_APPEND_REPLY, 1);
		KUNIT_ASSERT_NOT_NULL(test, reply);
		ev.sent.peer = 2;
		ev.sent.first = a.first;
		ev.sent.last = a.first - 1;
		ev.sent.bytes = 0;
		bench_step(l, &ev);
		rounds++;
		if (!reply->append_reply.rejected) {
			bench_ack(l, 2, reply->append_reply.match,
				  reply->append_reply.verified);
			break;
		}
		bench_reject(l, 2, reply->append_reply.prev_index,
			     reply->append_reply.hint_index, reply->append_reply.hint_term);
	}
	EXPECT_STATUS(l, peers[1].next, 11);
	KUNIT_EXPECT_LE(test, rounds, 52U);
}

static void l19_next_saturates(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;
	u32 i;

	bench_start(b);
	bench_elect(b);
	for (i = 0; i < 3; i++) {
		bench_send_all(b, 2);
		bench_reject(b, 2, 0, 0, 0);
	}
	EXPECT_STATUS(b, peers[1].next, 1);
	/* reject of prev 0 is nonsense; the loss of the probe shows by heartbeat */
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 0, 0);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.first, 1ULL);
}

static void l20_restart_commits_nothing_by_itself(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_run(b, 1, 1, 10);
	bench_start(b);
	bench_timeout(b);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_COMMIT), 0);
}

static void runs_are_bounded(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u64 term, last = 0, last_term, seen;

	bench_start(b);
	/* nothing committed: the table fills up, the rest is not taken */
	for (term = 1; term <= RAFT_RUNS_MAX + 10; term++) {
		bench_append(b, 1, term, last, last, 0, &term, 1);
		bench_settle(b);
		bench_clear(b);
		last = bench_status(b)->last_index;
	}
	KUNIT_EXPECT_EQ(test, last, (u64)RAFT_RUNS_MAX);
	/* and once it is committed, the oldest runs make room */
	term--;
	bench_append(b, 1, term, last, last, 100, NULL, 0);
	EXPECT_STATUS(b, commit, 100);
	for (last_term = last; term <= RAFT_RUNS_MAX + 60; term++) {
		bench_append(b, 1, term, last, last_term, 0, &term, 1);
		bench_settle(b);
		bench_clear(b);
		KUNIT_ASSERT_EQ(test, bench_status(b)->last_index, last + 1);
		/* its term is not its index any more */
		last++;
		KUNIT_ASSERT_TRUE(test, raft_term_at(b->raft, last, &seen));
		KUNIT_EXPECT_EQ(test, seen, term);
		last_term = term;
	}
	KUNIT_EXPECT_FALSE(test, raft_term_at(b->raft, 1, &seen));
}

/* A full memory must not keep a follower from cutting what fills it. */
static void a_conflict_is_cut_without_room(struct kunit *test)
{
	static const u64 threes[3] = { 3, 3, 3 };
	struct bench *b = bench_new(test, 2, 3, 0);

	b->params.term = 2;
	bench_run(b, 1, 1, 2);
	bench_run(b, 3, 2, 9);
	bench_start(b);
	b->room = 0;
	bench_append(b, 1, 3, 2, 1, 0, threes, 3);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_TRUNCATE));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_TRUNCATE)->truncate, 3ULL);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_APPEND));
	EXPECT_STATUS(b, last_index, 2);
	/* it made room: the same again */
	b->room = 1 << 20;
	bench_append(b, 1, 3, 2, 1, 0, threes, 3);
	EXPECT_STATUS(b, last_index, 5);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_APPEND)->append.count, 3U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(l01_commit_only_what_was_verified),
	KUNIT_CASE(l01_leader_clamps_heartbeat_commit),
	KUNIT_CASE(l02_older_terms_are_not_committed_by_counting),
	KUNIT_CASE(l03_unknown_is_not_zero),
	KUNIT_CASE(l04_l14_entries_have_to_be_contiguous),
	KUNIT_CASE(l05_matching_entries_are_not_truncated),
	KUNIT_CASE(l05_truncation_precedes_append),
	KUNIT_CASE(l05_committed_is_never_overwritten),
	KUNIT_CASE(l06_reordered_appends_do_not_truncate),
	KUNIT_CASE(l08_ack_is_what_was_verified),
	KUNIT_CASE(l09_l10_stale_rejections_change_nothing),
	KUNIT_CASE(l11_heartbeats_reject_nothing),
	KUNIT_CASE(l12_quorum_equals_the_definition),
	KUNIT_CASE(l13_entries_carry_the_term_of_the_election),
	KUNIT_CASE(l15_learners_do_not_count),
	KUNIT_CASE(l16_back_off_by_runs),
	KUNIT_CASE(l19_next_saturates),
	KUNIT_CASE(a_conflict_is_cut_without_room),
	KUNIT_CASE(l20_restart_commits_nothing_by_itself),
	KUNIT_CASE(runs_are_bounded),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_log",
	.test_cases = cases,
};
kunit_test_suite(suite);
