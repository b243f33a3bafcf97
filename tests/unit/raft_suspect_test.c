// SPDX-License-Identifier: GPL-2.0
/* Members that have lost what they acknowledged: D-4, F-1 and F-5 of the catalogue. */
#include "raft_bench.h"
#include "raft_cluster.h"

/* ---- the member ---- */

/* n1 of @voters has lost entries behind 5/1. */
static struct bench *suspect(struct kunit *test, u32 voters)
{
	struct bench *b = bench_new(test, 1, voters, 0);

	bench_run(b, 1, 1, 5);
	b->params.flags = RAFT_F_SUSPECT;
	bench_start(b);
	EXPECT_STATUS(b, suspect, true);
	return b;
}

static void f01_its_votes_are_marked(struct kunit *test)
{
	struct bench *b = suspect(test, 3);

	bench_ask(b, RAFT_MSG_PREVOTE, 2, 2, 5, 1);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2));
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.granted);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.suspect);
	bench_ask(b, RAFT_MSG_VOTE, 2, 2, 5, 1);
	bench_hard(b, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 2));
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 2)->vote_reply.suspect);
}

static void f01_it_answers_with_the_number_of_its_life(struct kunit *test)
{
	struct bench *b = suspect(test, 3);
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT, .from = 2, .term = 2 };
	u64 number;

	bench_append(b, 2, 2, 5, 1, 5, (u64[]){ 2 }, 1);
	bench_settle(b);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
	number = bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.suspect;
	KUNIT_EXPECT_NE(test, number, 0ULL);
	bench_append(b, 2, 2, 9, 2, 5, NULL, 0);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.rejected);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.suspect,
			number);
	bench_beat(b, 2, 2, 5, 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, 2)->heartbeat_reply.suspect,
			number);
	/* trust meant for another life */
	msg.heartbeat.trust = number + 2;
	bench_message(b, &msg);
	EXPECT_STATUS(b, suspect, true);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_HEALED));
	msg.heartbeat.trust = number;
	bench_message(b, &msg);
	EXPECT_STATUS(b, suspect, false);
	bench_message(b, &msg);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_HEALED), 1U);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, 2)->heartbeat_reply.suspect,
			0ULL);
	/* and its vote is worth something again */
	bench_clear(b);
	bench_timeout(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 3, 9, 9, 2);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 3));
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 3)->vote_reply.suspect);
}

static void marked_grant(struct bench *b, u8 type, u32 from, bool mark)
{
	struct raft_msg msg = { .type = type, .from = from };
	bool pre = type == RAFT_MSG_PREVOTE_REPLY;

	msg.term = bench_status(b)->term + pre;
	msg.vote_reply.asked_term = msg.term;
	msg.vote_reply.granted = true;
	msg.vote_reply.suspect = mark;
	bench_message(b, &msg);
}

/* The scripted loss of M-9 and F-1: without the entry, with the suspect's vote. */
static void f01_its_vote_does_not_elect(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);

	bench_run(b, 1, 1, 6);
	bench_start(b);
	bench_timeout(b);
	marked_grant(b, RAFT_MSG_PREVOTE_REPLY, 3, true);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	/* of all voters: nobody has more than this log */
	marked_grant(b, RAFT_MSG_PREVOTE_REPLY, 1, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_hard(b, 0);
	marked_grant(b, RAFT_MSG_VOTE_REPLY, 3, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	marked_grant(b, RAFT_MSG_VOTE_REPLY, 1, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
}

static void f01_it_is_elected_by_the_others_or_by_all(struct kunit *test)
{
	struct bench *b = suspect(test, 3);

	bench_timeout(b);
	marked_grant(b, RAFT_MSG_PREVOTE_REPLY, 3, false);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	marked_grant(b, RAFT_MSG_PREVOTE_REPLY, 2, false);
	bench_hard(b, 0);
	marked_grant(b, RAFT_MSG_VOTE_REPLY, 3, false);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_HEALED));
	marked_grant(b, RAFT_MSG_VOTE_REPLY, 2, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, suspect, false);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_HEALED));
}

static void f01_alone_it_proves_nothing(struct kunit *test)
{
	struct bench *b = suspect(test, 1);

	bench_timeout(b);
	bench_settle(b);
	bench_timeout(b);
	KUNIT_EXPECT_NE(test, bench_status(b)->role, RAFT_LEADER);
}

static void it_takes_no_leadership_over(struct kunit *test)
{
	struct raft_msg msg = { .type = RAFT_MSG_TIMEOUT_NOW, .from = 2, .term = 2 };
	struct bench *b = suspect(test, 3);

	bench_beat(b, 2, 2, 0, 1);
	bench_settle(b);
	bench_message(b, &msg);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
}

/* ---- its leader ---- */

static void acked(struct bench *b, u32 from, u64 match, u64 number)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.append_reply.match = match;
	msg.append_reply.verified = match;
	msg.append_reply.suspect = number;
	bench_message(b, &msg);
}

/* n1 leads; n2 has acknowledged entry 4, n3 nothing; 4 is not durable here. */
static struct bench *leading(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	bench_propose(b, 3, 1);
	bench_send_all(b, 2);
	acked(b, 2, 4, 0);
	EXPECT_STATUS(b, commit, 1);
	bench_clear(b);
	return b;
}

static void d04_what_was_acknowledged_before_is_void(struct kunit *test)
{
	struct bench *b = leading(test);
	struct raft_append a;

	/* it lost everything behind 2 */
	acked(b, 2, 2, 77);
	EXPECT_STATUS(b, peers[1].match, 2);
	EXPECT_STATUS(b, peers[1].suspect, true);
	/* from before the loss */
	acked(b, 2, 4, 0);
	EXPECT_STATUS(b, peers[1].match, 2);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 1);
	/* sent again from there, counted when it has all there was */
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.first, 3ULL);
	acked(b, 2, 3, 77);
	EXPECT_STATUS(b, peers[1].match, 3);
	EXPECT_STATUS(b, commit, 1);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2));
	acked(b, 2, 4, 77);
	EXPECT_STATUS(b, peers[1].suspect, false);
	EXPECT_STATUS(b, commit, 4);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.trust, 77ULL);
	/* told again until it hears, without another doubt */
	bench_clear(b);
	bench_tick(b, 51 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.trust, 77ULL);
	acked(b, 2, 4, 77);
	acked(b, 2, 4, 0);
	EXPECT_STATUS(b, peers[1].suspect, false);
	/* it happens once more */
	acked(b, 2, 3, 78);
	EXPECT_STATUS(b, peers[1].suspect, true);
	EXPECT_STATUS(b, peers[1].match, 3);
	EXPECT_STATUS(b, commit, 4);
}

static void d04_heartbeats_tell_it_as_well(struct kunit *test)
{
	struct bench *b = leading(test);
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT_REPLY, .from = 2 };

	bench_tick(b, 51 * MS);
	msg.term = bench_status(b)->term;
	msg.heartbeat_reply.seq = 1;
	msg.heartbeat_reply.match = 1;
	msg.heartbeat_reply.verified = 1;
	msg.heartbeat_reply.suspect = 77;
	bench_message(b, &msg);
	EXPECT_STATUS(b, peers[1].match, 1);
	EXPECT_STATUS(b, peers[1].suspect, true);
	/* late, from before the loss */
	msg.heartbeat_reply.match = 4;
	msg.heartbeat_reply.verified = 4;
	msg.heartbeat_reply.suspect = 0;
	bench_message(b, &msg);
	EXPECT_STATUS(b, peers[1].match, 1);
	EXPECT_STATUS(b, peers[1].next, 2);
	/* figures that cannot be */
	msg.heartbeat_reply.suspect = 79;
	msg.heartbeat_reply.verified = 40;
	bench_message(b, &msg);
	acked(b, 2, 40, 79);
	EXPECT_STATUS(b, peers[1].match, 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.trust, 0ULL);
}

static void a_suspect_is_no_target(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };
	struct bench *b = leading(test);

	acked(b, 2, 2, 77);
	ev.transfer = 2;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NOT_MEMBER);
}

static void f01_an_emptied_log_is_filled_from_a_snapshot(struct kunit *test)
{
	const struct raft_snapshot four = { 4, 1, 10, 1 };
	struct bench *b = leading(test);

	bench_settle(b);
	bench_snapshot(b, &four, 4);
	acked(b, 2, 0, 77);
	EXPECT_STATUS(b, peers[1].match, 0);
	bench_reject(b, 2, 4, 0, 0);
	bench_send_all(b, 2);
	{
		struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = 2 };

		msg.term = bench_status(b)->term;
		msg.append_reply.rejected = true;
		msg.append_reply.prev_index = 4;
		msg.append_reply.suspect = 77;
		bench_message(b, &msg);
	}
	EXPECT_STATUS(b, peers[1].snapshot, true);
	acked(b, 2, 4, 77);
	EXPECT_STATUS(b, peers[1].snapshot, false);
	EXPECT_STATUS(b, peers[1].suspect, false);
}

/* P-4: datagrams that overtake each other do not send the window again and again. */
static void p04_overtaking_is_no_storm(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u32 i, sent = 0;

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	bench_propose(b, 60, 1);
	bench_settle(b);
	for (i = 0; i < 50; i++) {
		sent += bench_send_all(b, 2);
		/* each message is overtaken by the one behind it */
		bench_reject(b, 2, 30, 1, 1);
		bench_ack(b, 2, 1, 5);
	}
	KUNIT_EXPECT_LT(test, sent, 20U);
}

/* ---- a whole cluster ---- */

static void f01_f05_a_damaged_member_is_healed(struct kunit *test)
{
	struct cluster *c = cluster_new(test, 3, 3, 0, RAFT_F_DEFAULT);
	u32 leader, other;

	cluster_boot(c);
	leader = cluster_elect(c, 2000 * MS);
	KUNIT_ASSERT_NE(test, leader, 0U);
	cluster_run(c, 300 * MS);
	other = leader % 3 + 1;
	cluster_isolate(c, 6 - leader - other, true);
	cluster_propose(c, leader, 20);
	cluster_run(c, 100 * MS);
	KUNIT_EXPECT_EQ(test, c->nodes[leader]->commit, c->nodes[leader]->mem_last);
	/* it has half of what is committed on it and the leader alone */
	cluster_damage(c, other, 10);
	cluster_crash(c, leader);
	cluster_isolate(c, 6 - leader - other, false);
	cluster_restart(c, other);
	cluster_run(c, 3000 * MS);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), 0U);
	cluster_restart(c, leader);
	cluster_run(c, 3000 * MS);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), leader);
	KUNIT_EXPECT_FALSE(test, c->nodes[other]->suspect);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	cluster_free(c);
}

/* tail=suspect after a power cut of all: they start when all are there. */
static void all_suspect_and_all_there(struct kunit *test)
{
	struct cluster *c = cluster_new(test, 4, 3, 0, RAFT_F_DEFAULT);
	u32 id;

	cluster_boot(c);
	cluster_elect(c, 2000 * MS);
	cluster_run(c, 300 * MS);
	for (id = 1; id <= 3; id++)
		cluster_damage(c, id, c->nodes[id]->disk_last);
	cluster_restart(c, 1);
	cluster_restart(c, 2);
	cluster_run(c, 2000 * MS);
	KUNIT_EXPECT_EQ(test, cluster_leader(c), 0U);
	cluster_restart(c, 3);
	cluster_run(c, 2000 * MS);
	KUNIT_EXPECT_NE(test, cluster_leader(c), 0U);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	for (id = 1; id <= 3; id++)
		KUNIT_EXPECT_FALSE(test, c->nodes[id]->suspect);
	cluster_free(c);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(f01_its_votes_are_marked),
	KUNIT_CASE(f01_it_answers_with_the_number_of_its_life),
	KUNIT_CASE(f01_its_vote_does_not_elect),
	KUNIT_CASE(f01_it_is_elected_by_the_others_or_by_all),
	KUNIT_CASE(f01_alone_it_proves_nothing),
	KUNIT_CASE(it_takes_no_leadership_over),
	KUNIT_CASE(d04_what_was_acknowledged_before_is_void),
	KUNIT_CASE(d04_heartbeats_tell_it_as_well),
	KUNIT_CASE(a_suspect_is_no_target),
	KUNIT_CASE(f01_an_emptied_log_is_filled_from_a_snapshot),
	KUNIT_CASE(p04_overtaking_is_no_storm),
	KUNIT_CASE(f01_f05_a_damaged_member_is_healed),
	KUNIT_CASE(all_suspect_and_all_there),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_suspect",
	.test_cases = cases,
};
kunit_test_suite(suite);
