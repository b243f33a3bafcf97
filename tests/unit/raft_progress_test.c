// SPDX-License-Identifier: GPL-2.0
/* Replication as the leader drives it: class P, windows, probes, heartbeats. */
#include "raft_bench.h"

/* n1 leads, its no-op is everywhere, @entries more are proposed and durable here. */
static struct bench *leading(struct kunit *test, u32 entries)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_send_all(b, 3);
	bench_ack(b, 2, 1, 1);
	bench_ack(b, 3, 1, 1);
	while (entries) {
		u32 n = min_t(u32, entries, QUORUM_PROPOSE_BATCH_MAX);

		KUNIT_ASSERT_EQ(test, bench_propose(b, n, 1), (int)n);
		entries -= n;
	}
	bench_settle(b);
	bench_clear(b);
	return b;
}

static struct raft_append next_append(struct bench *b, u32 peer)
{
	struct raft_append a;

	memset(&a, 0, sizeof(a));
	KUNIT_EXPECT_EQ(b->test, raft_next_append(b->raft, peer, &a), RAFT_NEXT_APPEND);
	return a;
}

static bool nothing_to_send(struct bench *b, u32 peer)
{
	struct raft_append a;

	return raft_next_append(b->raft, peer, &a) == RAFT_NEXT_NOTHING;
}

static void send_one(struct bench *b, u32 peer, u64 entries, u32 bytes)
{
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_append a = next_append(b, peer);

	ev.sent.peer = peer;
	ev.sent.first = a.first;
	ev.sent.last = min(a.last, a.first + entries - 1);
	ev.sent.bytes = bytes;
	bench_step(b, &ev);
}

static void probe_is_the_noop_and_goes_out_once(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;

	bench_run(b, 1, 1, 10);
	bench_start(b);
	bench_elect(b);
	a = next_append(b, 2);
	KUNIT_EXPECT_EQ(test, a.prev_index, 10ULL);
	KUNIT_EXPECT_EQ(test, a.prev_term, 1ULL);
	KUNIT_EXPECT_TRUE(test, a.prev_known);
	KUNIT_EXPECT_EQ(test, a.first, 11ULL);
	KUNIT_EXPECT_EQ(test, a.last, 11ULL);
	send_one(b, 2, 1, 0);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	bench_propose(b, 1, 1);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	bench_ack(b, 2, 11, 11);
	a = next_append(b, 2);
	KUNIT_EXPECT_EQ(test, a.first, 12ULL);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 1));
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 7));
}

static void window_is_bounded_by_messages(struct kunit *test)
{
	struct bench *b = leading(test, 200);
	u32 i;

	for (i = 0; i < RAFT_APPENDS_MAX; i++)
		send_one(b, 2, 1, 1);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	EXPECT_STATUS(b, peers[1].inflight, RAFT_APPENDS_MAX);
	bench_ack(b, 2, 3, 3);
	EXPECT_STATUS(b, peers[1].inflight, RAFT_APPENDS_MAX - 2);
	KUNIT_EXPECT_EQ(test, next_append(b, 2).inflight, RAFT_APPENDS_MAX - 2U);
	send_one(b, 2, 1, 1);
	send_one(b, 2, 1, 1);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
}

static void window_is_bounded_by_bytes(struct kunit *test)
{
	struct bench *b = leading(test, 100);
	u32 i;

	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_EQ(test, next_append(b, 2).bytes,
				RAFT_APPEND_BYTES_MAX - i * (RAFT_APPEND_BYTES_MAX / 16));
		send_one(b, 2, 1, RAFT_APPEND_BYTES_MAX / 16);
	}
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	bench_ack(b, 2, 2, 2);
	KUNIT_EXPECT_FALSE(test, nothing_to_send(b, 2));
}

static void p02_a_hanging_follower_holds_a_window(struct kunit *test)
{
	struct bench *b = leading(test, 200);
	u32 i;

	for (i = 0; i < RAFT_APPENDS_MAX; i++)
		send_one(b, 2, 1, 1);
	/* it has all of it in memory, and on no disk */
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 1, 1 + RAFT_APPENDS_MAX);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	EXPECT_STATUS(b, peers[1].next, 2 + RAFT_APPENDS_MAX);
	/* the other one commits */
	bench_send_all(b, 3);
	bench_ack(b, 3, 201, 201);
	EXPECT_STATUS(b, commit, 201);
	/* and when the disk is back, it goes on by itself */
	bench_ack(b, 2, 1 + RAFT_APPENDS_MAX, 1 + RAFT_APPENDS_MAX);
	KUNIT_EXPECT_FALSE(test, nothing_to_send(b, 2));
}

static void p03_lost_window_is_found_by_heartbeat(struct kunit *test)
{
	struct bench *b = leading(test, 200);

	bench_send_all(b, 2);
	EXPECT_STATUS(b, peers[1].next, 202);
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 1, 1);
	/* they may only be late: it is asked again a quarter of a heartbeat later */
	EXPECT_STATUS(b, peers[1].next, 202);
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now + 13 * MS);
	bench_beat_reply(b, 2, 1, 1, 1);
	EXPECT_STATUS(b, peers[1].next, 202);
	bench_tick(b, 13 * MS);
	bench_beat_reply(b, 2, 2, 1, 1);
	EXPECT_STATUS(b, peers[1].next, 2);
	EXPECT_STATUS(b, peers[1].inflight, 0);
	/* one message with entries probes; a second answer does not turn back twice */
	KUNIT_EXPECT_EQ(test, next_append(b, 2).last, 1ULL + RAFT_MSG_ENTRIES_MAX);
	KUNIT_EXPECT_EQ(test, bench_send_all(b, 2), 1U);
	bench_beat_reply(b, 2, 2, 1, 1);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	/* the probe is lost too: the next heartbeat's answer repeats it */
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 3, 1, 1);
	KUNIT_EXPECT_EQ(test, next_append(b, 2).first, 2ULL);
	bench_send_all(b, 2);
	bench_ack(b, 2, 65, 65);
	EXPECT_STATUS(b, peers[1].next, 66);
}

/* A heartbeat overtakes what is large: that is no loss, and nothing is sent twice. */
static void p03_what_is_late_is_not_sent_again(struct kunit *test)
{
	struct bench *b = leading(test, 200);
	u64 shown;

	bench_send_all(b, 2);
	bench_tick(b, 51 * MS);
	for (shown = 1; shown < 100; shown += 20) {
		bench_beat_reply(b, 2, 1 + shown / 20, 1, shown);
		bench_tick(b, 13 * MS);
		EXPECT_STATUS(b, peers[1].next, 202);
	}
	bench_ack(b, 2, 201, 201);
	EXPECT_STATUS(b, peers[1].inflight, 0);
}

/*
 * What goes in pieces is repaired by the link: it is waited for, twice as long as such
 * messages take, before it is sent again whole.
 */
static void p03_what_is_large_is_waited_for(struct kunit *test)
{
	struct bench *b = leading(test, 200);

	/* how long they take is not known: a heartbeat */
	send_one(b, 2, 1, RAFT_LONG_BYTES);
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 1, 1);
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now + 51 * MS);
	bench_tick(b, 49 * MS);
	bench_beat_reply(b, 2, 1, 1, 1);
	EXPECT_STATUS(b, peers[1].next, 3);
	bench_tick(b, 2 * MS);
	bench_beat_reply(b, 2, 2, 1, 1);
	EXPECT_STATUS(b, peers[1].next, 2);

	/* it was too short: the next wait is twice the time that was waited */
	send_one(b, 2, 1, RAFT_LONG_BYTES);
	bench_ack(b, 2, 2, 2);
	send_one(b, 2, 1, RAFT_LONG_BYTES);
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 3, 2, 2);
	bench_tick(b, 150 * MS);
	bench_beat_reply(b, 2, 3, 2, 2);
	EXPECT_STATUS(b, peers[1].next, 4);
	/* it comes, and did not take long; what is behind it is not late yet */
	bench_ack(b, 2, 3, 3);
	send_one(b, 2, 1, RAFT_LONG_BYTES);
	send_one(b, 2, 1, RAFT_LONG_BYTES);
	bench_tick(b, 1 * MS);
	bench_ack(b, 2, 4, 4);
	EXPECT_STATUS(b, peers[1].next, 6);
	bench_ack(b, 2, 5, 5);
	EXPECT_STATUS(b, peers[1].inflight, 0);
}

/* The newest heartbeat to n2 is answered: it has one entry. */
static void answer_newest_beat(struct bench *b)
{
	const struct raft_msg *beat = bench_sent(b, RAFT_MSG_HEARTBEAT, 2);

	if (beat)
		bench_beat_reply(b, 2, beat->heartbeat.seq, 1, 1);
	bench_clear(b);
}

/*
 * A large probe that nobody acknowledges is repeated, each time later, but never more
 * than two times RAFT_LONG_BEATS heartbeats later.
 */
static void p03_a_large_probe_is_repeated_ever_later(struct kunit *test)
{
	struct bench *b = leading(test, 200);
	u32 i, waited, before = 0;

	send_one(b, 2, 1, RAFT_LONG_BYTES);
	for (i = 0; i < 20 && bench_status(b)->peers[1].next != 2; i++) {
		bench_tick(b, 10 * MS);
		answer_newest_beat(b);
	}
	EXPECT_STATUS(b, peers[1].next, 2);
	for (i = 0; i < 8; i++) {
		send_one(b, 2, 1, RAFT_LONG_BYTES);
		for (waited = 0; waited < 5000 && nothing_to_send(b, 2); waited += 10) {
			bench_tick(b, 10 * MS);
			answer_newest_beat(b);
		}
		KUNIT_EXPECT_GE(test, waited, before);
		if (!before)
			KUNIT_EXPECT_LE(test, waited, 300U);
		before = waited;
	}
	/* and a heartbeat until it is noticed */
	KUNIT_EXPECT_GE(test, before, 2U * RAFT_LONG_BEATS * 50U);
	KUNIT_EXPECT_LE(test, before, 2U * RAFT_LONG_BEATS * 50U + 60U);
	/* a small one is repeated by the next heartbeat */
	send_one(b, 2, 1, RAFT_LONG_BYTES - 1);
	for (waited = 0; waited < 5000 && nothing_to_send(b, 2); waited += 10) {
		bench_tick(b, 10 * MS);
		answer_newest_beat(b);
	}
	KUNIT_EXPECT_LE(test, waited, 60U);
}

static void p03_lost_acks_are_made_good_by_heartbeat(struct kunit *test)
{
	struct bench *b = leading(test, 1);

	bench_send_all(b, 2);
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 2, 2);
	EXPECT_STATUS(b, peers[1].match, 2);
	EXPECT_STATUS(b, peers[1].inflight, 0);
	EXPECT_STATUS(b, commit, 2);
}

static void p03_restarted_peer_is_found_by_heartbeat(struct kunit *test)
{
	struct bench *b = leading(test, 10);

	bench_send_all(b, 2);
	bench_ack(b, 2, 5, 11);
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 2, 1, 0, 0);	/* it knows nothing of this leader */
	EXPECT_STATUS(b, peers[1].match, 5);
	EXPECT_STATUS(b, peers[1].next, 6);
	KUNIT_EXPECT_EQ(test, next_append(b, 2).last, 11ULL);
}

static void p04_one_rewind_for_many_rejections(struct kunit *test)
{
	struct bench *b = leading(test, 8);
	u64 prev;

	for (prev = 1; prev < 9; prev++)
		send_one(b, 2, 1, 1);
	/* the first was lost: all others meet a gap */
	for (prev = 2; prev < 9; prev++)
		bench_reject(b, 2, prev, 1, 1);
	EXPECT_STATUS(b, peers[1].next, 2);
	KUNIT_EXPECT_EQ(test, next_append(b, 2).last, 9ULL);
	bench_send_all(b, 2);
	for (prev = 2; prev < 9; prev++)
		bench_reject(b, 2, prev, 1, 1);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	bench_ack(b, 2, 9, 9);
	EXPECT_STATUS(b, peers[1].match, 9);
}

static void follower_rejects_a_gap_with_its_end(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	const struct raft_msg *reply;
	u64 terms[] = { 3, 3 };

	bench_run(b, 1, 3, 4);
	bench_start(b);
	bench_append(b, 1, 3, 7, 3, 0, terms, 2);
	reply = bench_sent(b, RAFT_MSG_APPEND_REPLY, 1);
	KUNIT_ASSERT_NOT_NULL(test, reply);
	KUNIT_EXPECT_TRUE(test, reply->append_reply.rejected);
	KUNIT_EXPECT_EQ(test, reply->append_reply.prev_index, 7ULL);
	KUNIT_EXPECT_EQ(test, reply->append_reply.hint_index, 4ULL);
	KUNIT_EXPECT_EQ(test, reply->append_reply.hint_term, 3ULL);
	EXPECT_STATUS(b, last_index, 4);
}

static void one_ack_per_write(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u64 terms[] = { 3, 3 };

	b->params.term = 3;
	bench_start(b);
	bench_append(b, 1, 3, 0, 0, 0, terms, 2);
	bench_append(b, 1, 3, 2, 3, 0, terms, 2);
	bench_append(b, 1, 3, 4, 3, 0, terms, 2);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	bench_submit(b, 0);
	/* a duplicate of what is being written waits for the write */
	bench_append(b, 1, 3, 2, 3, 0, terms, 2);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 0);
	bench_written(b, 0, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->append_reply.match, 6ULL);
	/* one of what is durable does not */
	bench_append(b, 1, 3, 2, 3, 0, terms, 2);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_APPEND_REPLY), 2);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->append_reply.match, 6ULL);
}

static void heartbeats_only_when_idle(struct kunit *test)
{
	struct bench *b = leading(test, 0);
	u32 i;

	for (i = 0; i < 20; i++) {
		bench_propose(b, 1, 1);
		bench_settle(b);
		bench_send_all(b, 2);
		bench_send_all(b, 3);
		bench_ack(b, 2, i + 2, i + 2);
		bench_ack(b, 3, i + 2, i + 2);
		bench_tick(b, 40 * MS);
	}
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 0);
	bench_tick(b, 10 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 2);
	/* appends that nobody answers do not replace heartbeats */
	bench_clear(b);
	for (i = 0; i < 4; i++) {
		bench_propose(b, 1, 1);
		bench_settle(b);
		bench_send_all(b, 2);
		bench_tick(b, 25 * MS);
		bench_beat_reply(b, 3, 1, 21, 21);
	}
	KUNIT_EXPECT_GE(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT), 2U);
}

static void v18_check_quorum_deposes_a_deaf_leader(struct kunit *test)
{
	struct bench *b = leading(test, 0);
	u32 i;

	for (i = 0; i < 5; i++) {
		bench_tick(b, 50 * MS);
		EXPECT_STATUS(b, role, RAFT_LEADER);
	}
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now + 50 * MS);
	bench_tick(b, 50 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_QUORUM_LOST);
	/* one voter of two others is enough to go on */
	b = leading(test, 0);
	for (i = 0; i < 30; i++) {
		bench_tick(b, 50 * MS);
		bench_beat_reply(b, 3, i + 1, 1, 1);
	}
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, peers[1].active, false);
	EXPECT_STATUS(b, peers[2].active, true);
}

static void late_tick_is_sane(struct kunit *test)
{
	struct bench *b = leading(test, 0);

	/* asleep for an hour: nobody can still be following */
	bench_tick(b, 3600000 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_GT(test, raft_deadline(b->raft), b->now);
	KUNIT_EXPECT_LE(test, raft_deadline(b->raft), b->now + 300 * MS);
	/* time that runs backwards is time that stands */
	b->now -= 1000 * MS;
	bench_tick(b, 0);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
}

static void step_down_when_asked(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_STEP_DOWN };
	struct bench *b = leading(test, 1);

	bench_step(b, &ev);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_ASKED);
	EXPECT_STATUS(b, uncommitted_bytes, 0);
	KUNIT_EXPECT_GT(test, raft_deadline(b->raft), b->now + 300 * MS);
	KUNIT_EXPECT_TRUE(test, nothing_to_send(b, 2));
	bench_clear(b);
	bench_step(b, &ev);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
}

static void two_leaders_of_a_term_halt(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);

	bench_start(b);
	bench_beat(b, 1, 4, 0, 1);
	bench_settle(b);
	bench_timeout(b);
	bench_beat(b, 3, 4, 0, 1);
	EXPECT_STATUS(b, halt, RAFT_HALT_TWO_LEADERS);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HALT)->halt.seen, 3ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HALT)->halt.expected, 1ULL);

	b = leading(test, 0);
	bench_append(b, 2, bench_status(b)->term, 0, 0, 0, NULL, 0);
	EXPECT_STATUS(b, halt, RAFT_HALT_TWO_LEADERS);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(probe_is_the_noop_and_goes_out_once),
	KUNIT_CASE(window_is_bounded_by_messages),
	KUNIT_CASE(window_is_bounded_by_bytes),
	KUNIT_CASE(p02_a_hanging_follower_holds_a_window),
	KUNIT_CASE(p03_lost_window_is_found_by_heartbeat),
	KUNIT_CASE(p03_what_is_late_is_not_sent_again),
	KUNIT_CASE(p03_what_is_large_is_waited_for),
	KUNIT_CASE(p03_a_large_probe_is_repeated_ever_later),
	KUNIT_CASE(p03_lost_acks_are_made_good_by_heartbeat),
	KUNIT_CASE(p03_restarted_peer_is_found_by_heartbeat),
	KUNIT_CASE(p04_one_rewind_for_many_rejections),
	KUNIT_CASE(follower_rejects_a_gap_with_its_end),
	KUNIT_CASE(one_ack_per_write),
	KUNIT_CASE(heartbeats_only_when_idle),
	KUNIT_CASE(v18_check_quorum_deposes_a_deaf_leader),
	KUNIT_CASE(late_tick_is_sane),
	KUNIT_CASE(step_down_when_asked),
	KUNIT_CASE(two_leaders_of_a_term_halt),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_progress",
	.test_cases = cases,
};
kunit_test_suite(suite);
