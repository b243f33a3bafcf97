// SPDX-License-Identifier: GPL-2.0
/*
 * Membership on the bench: what is refused, what is adopted, what is taken back.
 */
#include <kunit/test.h>
#include "raft_bench.h"

static int change_seen(struct bench *b, u8 op, u32 id, bool joint, u64 seen)
{
	struct raft_change change = { .op = op, .member.id = id };
	struct raft_event ev = { .type = RAFT_EV_CHANGE };

	ev.change.list = &change;
	ev.change.count = 1;
	ev.change.joint = joint;
	ev.change.seen = seen;
	ev.change.tag = 77;
	ev.change.room = 1 << 20;
	return bench_step(b, &ev);
}

static int change(struct bench *b, u8 op, u32 id)
{
	return change_seen(b, op, id, false, raft_get_config(b->raft)->index);
}

/* An elected leader of 1..3 whose first entry is committed. */
static struct bench *leader(struct kunit *test, u32 voters, u32 learners)
{
	struct bench *b = bench_new(test, 1, voters, learners);

	bench_start(b);
	bench_elect(b);
	bench_settle(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	if (voters > 3) {
		bench_send_all(b, 3);
		bench_ack(b, 3, 1, 1);
	}
	EXPECT_STATUS(b, commit, 1);
	return b;
}

/* Everybody in @ids acknowledges the whole log. */
static void commit_with(struct bench *b, u32 first, u32 last)
{
	u64 end = bench_status(b)->last_index;
	u32 id;

	bench_settle(b);
	for (id = first; id <= last; id++) {
		bench_send_all(b, id);
		bench_ack(b, id, end, end);
	}
}

static u8 roles(struct bench *b, u32 id)
{
	const struct raft_member *m = raft_config_find(raft_get_config(b->raft), id);

	return m ? m->roles : 0;
}

static void m01_nothing_before_an_entry_of_the_own_term(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_ADD, 9), -RAFT_REFUSED_NO_LEADER);
	bench_elect(b);
	bench_settle(b);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_ADD, 9), -RAFT_REFUSED_NOT_READY);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_ADD, 9), 1);
	KUNIT_EXPECT_EQ(test, roles(b, 9), (u8)(RAFT_M_LEARNER | RAFT_M_AUTO));
}

static void m02_one_at_a_time_and_only_what_was_seen(struct kunit *test)
{
	struct bench *b = leader(test, 3, 0);

	KUNIT_EXPECT_EQ(test, change_seen(b, RAFT_CHANGE_ADD, 9, false, 5),
			-RAFT_REFUSED_STALE);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_LEARNER, 9), 1);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_LEARNER, 8), -RAFT_REFUSED_PENDING);
	commit_with(b, 2, 2);
	EXPECT_STATUS(b, config_committed, 2);
	KUNIT_EXPECT_EQ(test, change_seen(b, RAFT_CHANGE_LEARNER, 8, false, 0),
			-RAFT_REFUSED_STALE);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_LEARNER, 8), 1);
}

static void m03_what_is_cut_off_decides_nothing(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	struct raft_entry e = { .index = 1, .term = 1, .type = RAFT_ENTRY_CONFIG, .size = 100 };
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = 1, .term = 1 };
	struct raft_config *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	u64 terms[] = { 2 };

	KUNIT_ASSERT_NOT_NULL(test, c);
	*c = b->params.config;
	c->n = 2;
	memset(&c->members[2], 0, sizeof(c->members[2]));
	bench_start(b);
	msg.append.entries = &e;
	msg.append.count = 1;
	/* An entry that says it is a configuration, and none: lost on the way. */
	bench_message(b, &msg);
	EXPECT_STATUS(b, last_index, 0);
	msg.append.config = c;
	bench_message(b, &msg);
	bench_settle(b);
	EXPECT_STATUS(b, config_index, 1);
	KUNIT_EXPECT_EQ(test, roles(b, 3), 0);
	/* its successor has another entry there */
	bench_clear(b);
	bench_append(b, 3, 2, 0, 0, 0, terms, 1);
	EXPECT_STATUS(b, config_index, 0);
	KUNIT_EXPECT_EQ(test, roles(b, 3), RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_CONFIG), 1);
}

static void m05_the_tail_is_searched_at_start(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_config *c = kunit_kzalloc(test, 2 * sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	bench_run(b, 1, 1, 10);
	c[0] = b->params.config;
	c[0].n = 2;
	memset(&c[0].members[2], 0, sizeof(c[0].members[2]));
	c[0].index = 3;
	c[1] = b->params.config;
	c[1].index = 7;
	c[1].members[2].roles = RAFT_M_LEARNER;
	b->params.configs = c;
	b->params.nconfigs = 2;
	bench_start(b);
	EXPECT_STATUS(b, config_index, 7);
	bench_tick(b, 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_CONFIG), 1U);
	KUNIT_EXPECT_EQ(test, roles(b, 3), RAFT_M_LEARNER);
	c[1].index = 11;
	memset(b->raft, 0, raft_size());
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
}

static void m07_joint_needs_both_halves_and_leaves_once(struct kunit *test)
{
	struct bench *b = leader(test, 3, 0);
	struct raft_change list[] = {
		{ .op = RAFT_CHANGE_VOTER, .member.id = 4 },
		{ .op = RAFT_CHANGE_VOTER, .member.id = 5 },
		{ .op = RAFT_CHANGE_REMOVE, .member.id = 2 },
		{ .op = RAFT_CHANGE_REMOVE, .member.id = 3 },
	};
	struct raft_event ev = { .type = RAFT_EV_CHANGE };

	ev.change.list = list;
	ev.change.count = 4;
	ev.change.room = 1 << 20;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NEEDS_JOINT);
	ev.change.joint = true;
	KUNIT_ASSERT_EQ(test, bench_step(b, &ev), 1);
	EXPECT_STATUS(b, joint, true);
	commit_with(b, 4, 5);
	EXPECT_STATUS(b, commit, 1);
	bench_ack(b, 2, 2, 2);
	EXPECT_STATUS(b, commit, 2);
	/* the entry that leaves is there by itself, and is the last */
	EXPECT_STATUS(b, joint, false);
	EXPECT_STATUS(b, last_index, 3);
	commit_with(b, 4, 4);
	EXPECT_STATUS(b, commit, 3);
	EXPECT_STATUS(b, last_index, 3);
	KUNIT_EXPECT_EQ(test, roles(b, 2), 0);
	KUNIT_EXPECT_EQ(test, roles(b, 4), RAFT_M_VOTER);
}

static void m08_a_removed_leader_does_not_count_itself_and_goes(struct kunit *test)
{
	struct bench *b = leader(test, 3, 0);

	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_REMOVE, 1), 1);
	commit_with(b, 2, 2);
	EXPECT_STATUS(b, commit, 1);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_clear(b);
	commit_with(b, 3, 3);
	EXPECT_STATUS(b, commit, 2);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_REMOVED);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 3)->heartbeat.commit, 2ULL);
	/* and it is quiet */
	bench_clear(b);
	bench_timeout(b);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0);
}

/* Two voters, the leader removes itself and is deposed before that is committed. */
static void m08_a_leader_that_did_not_get_out_may_come_back(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 2, 0);

	bench_start(b);
	bench_elect(b);
	bench_settle(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_REMOVE, 1), 1);
	bench_settle(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_QUORUM_LOST);
	/* n2 lacks the entry, so only this node can win; by n2's vote alone */
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 2, 2, true);
	bench_settle(b);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 2, 2, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	commit_with(b, 2, 2);
	EXPECT_STATUS(b, commit, 3);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_REMOVED);
}

static void m11_a_learner_is_promoted_when_it_has_caught_up(struct kunit *test)
{
	struct bench *b = leader(test, 3, 0);

	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_ADD, 4), 1);
	commit_with(b, 2, 2);
	KUNIT_EXPECT_EQ(test, change(b, RAFT_CHANGE_PROMOTE, 4), -RAFT_REFUSED_BEHIND);
	KUNIT_EXPECT_EQ(test, roles(b, 4), (u8)(RAFT_M_LEARNER | RAFT_M_AUTO));
	commit_with(b, 4, 4);
	KUNIT_EXPECT_EQ(test, roles(b, 4), RAFT_M_VOTER);
	EXPECT_STATUS(b, last_index, 3);
}

static void m12_the_removed_are_kept_company_for_a_while(struct kunit *test)
{
	struct bench *b = leader(test, 3, 0);
	u32 ids[QUORUM_MEMBERS_MAX];

	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_REMOVE, 3), 1);
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 2U);
	commit_with(b, 2, 2);
	/* its terms depose nobody */
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 99, 99, false);
	bench_ask(b, RAFT_MSG_VOTE, 3, 99, 0, 0);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, term, 1);
	b->now += 4 * b->params.config.timing.election_max;
	bench_ack(b, 2, 2, 2);
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 1U);
}

static void witnesses_vote_and_never_lead(struct kunit *test)
{
	struct bench *b = bench_new(test, 3, 3, 0);
	struct raft_append a;

	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 1, 0, 0);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.granted);

	b = bench_new(test, 1, 3, 0);
	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_TRUE(test, a.strip);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_FALSE(test, a.strip);
}

/* Two that can lead have it, so that either may be lost. */
static void witnesses_come_last(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 4, 0);
	struct raft_append a;
	u32 id;

	b->params.config.members[3].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	for (id = 2; id <= 4; id++) {
		bench_send_all(b, id);
		bench_ack(b, id, 1, 1);
	}
	KUNIT_ASSERT_EQ(test, bench_propose(b, 2, 1), 2);
	bench_settle(b);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 4, &a), RAFT_NEXT_NOTHING);
	bench_send_all(b, 2);
	bench_ack(b, 2, 2, 2);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 4, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 2ULL);
}

/* What only witnesses have would keep everybody else from being elected. */
static void witnesses_get_what_is_durable_here(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;

	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_send_all(b, 3);
	bench_ack(b, 2, 1, 1);
	bench_ack(b, 3, 1, 1);
	KUNIT_ASSERT_EQ(test, bench_propose(b, 3, 1), 3);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 4ULL);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_NOTHING);
	bench_submit(b, 3);
	bench_written(b, 0, 0);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 3ULL);
	/* or with another that can lead */
	bench_send_all(b, 2);
	bench_ack(b, 2, 4, 4);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 4ULL);
}

/* More witnesses than a quorum: one that can lead has to have it all the same. */
static void witnesses_alone_commit_nothing(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;

	b->params.config.members[1].roles |= RAFT_M_WITNESS;
	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	bench_propose(b, 1, 1);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_NOTHING);
	bench_settle(b);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 2ULL);
	/* nor is one asked to lead */
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 0), -RAFT_REFUSED_NOT_MEMBER);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 2), -RAFT_REFUSED_WITNESS);
	/* while two configurations are in force, by both of them */
	bench_send_all(b, 2);
	bench_ack(b, 2, 2, 2);
	KUNIT_ASSERT_EQ(test, change_seen(b, RAFT_CHANGE_REMOVE, 3, true, 0), 1);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_NOTHING);
	bench_settle(b);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.last, 3ULL);
}

/* As long as it is kept company after it was removed, too. */
static void a_removed_witness_gets_no_payload(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;

	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	commit_with(b, 2, 2);
	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_REMOVE, 3), 1);
	commit_with(b, 2, 2);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_TRUE(test, a.strip);
	/* a member again, and of another kind */
	KUNIT_ASSERT_EQ(test, change(b, RAFT_CHANGE_LEARNER, 3), 1);
	KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_APPEND);
	KUNIT_EXPECT_FALSE(test, a.strip);
}

static void quorum_sizes_count(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.quorums.election = 3;
	b->params.config.quorums.commit = 1;
	bench_start(b);
	bench_timeout(b);
	bench_settle(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 3, 1, 1, true);
	bench_settle(b);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(m01_nothing_before_an_entry_of_the_own_term),
	KUNIT_CASE(m02_one_at_a_time_and_only_what_was_seen),
	KUNIT_CASE(m03_what_is_cut_off_decides_nothing),
	KUNIT_CASE(m05_the_tail_is_searched_at_start),
	KUNIT_CASE(m07_joint_needs_both_halves_and_leaves_once),
	KUNIT_CASE(m08_a_removed_leader_does_not_count_itself_and_goes),
	KUNIT_CASE(m08_a_leader_that_did_not_get_out_may_come_back),
	KUNIT_CASE(m11_a_learner_is_promoted_when_it_has_caught_up),
	KUNIT_CASE(m12_the_removed_are_kept_company_for_a_while),
	KUNIT_CASE(witnesses_vote_and_never_lead),
	KUNIT_CASE(witnesses_get_what_is_durable_here),
	KUNIT_CASE(witnesses_come_last),
	KUNIT_CASE(witnesses_alone_commit_nothing),
	KUNIT_CASE(a_removed_witness_gets_no_payload),
	KUNIT_CASE(quorum_sizes_count),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_member",
	.test_cases = cases,
};
kunit_test_suite(suite);
