// SPDX-License-Identifier: GPL-2.0
/* Votes and elections, class V of the bug catalogue: one engine at a time. */
#include "raft_bench.h"

/* n1 of three, its log ending 10/5, term 5, vote for n2, all durable. */
static struct bench *voted(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 0);

	bench_run(b, 1, 5, 10);
	b->params.vote = 2;
	bench_start(b);
	return b;
}

static void expect_no_second_vote(struct bench *b)
{
	bench_settle(b);
	bench_clear(b);
	bench_ask(b, RAFT_MSG_VOTE, 3, 5, 100, 5);
	bench_settle(b);
	KUNIT_EXPECT_NULL(b->test, bench_effect(b, RAFT_FX_HARD_STATE));
	KUNIT_ASSERT_NOT_NULL(b->test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 3));
	KUNIT_EXPECT_FALSE(b->test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 3)->vote_reply.granted);
}

static void v01_same_term_vote_is_never_forgotten(struct kunit *test)
{
	struct bench *b = voted(test);
	u64 five = 5;

	/* (a) its timer fires */
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, bench_status(b)->role, RAFT_PRECANDIDATE);
	expect_no_second_vote(b);
	/* (g) it gives the pre-vote round up; (c) becomes follower twice */
	bench_append(b, 2, 5, 10, 5, 0, &five, 1);
	bench_append(b, 2, 5, 11, 5, 0, &five, 1);
	b->now += 200 * MS;
	expect_no_second_vote(b);
	/* (e) it restarts */
	b = voted(test);
	expect_no_second_vote(b);
}

static void v01_leader_and_candidate_keep_their_vote(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_STEP_DOWN };
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_run(b, 1, 4, 10);
	bench_start(b);
	bench_elect(b);
	EXPECT_STATUS(b, term, 5);
	bench_step(b, &ev);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, vote, 1);
	expect_no_second_vote(b);
}

static void v02_prevote_grant_is_no_vote(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 0);

	bench_run(b, 1, 4, 10);
	bench_start(b);
	bench_timeout(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 5, 5, true);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 3, 5, 5, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 4, 5, 5, true);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 5, 5, 5, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 5, 5, false);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
}

static void v03_duplicate_vote_counts_once(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 5, 0);

	b->params.config.flags = RAFT_F_CHECKQUORUM;
	bench_start(b);
	bench_timeout(b);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 1, 1, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
}

static void v04_strangers_and_learners_do_not_count(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 1);

	b->params.config.flags = 0;
	bench_start(b);
	bench_timeout(b);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 4, 1, 1, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 9, 1, 1, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);

	b = bench_new(test, 4, 3, 1);
	bench_start(b);
	KUNIT_EXPECT_EQ(test, raft_deadline(b->raft), RAFT_NEVER);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0);
}

static void v05_learner_votes_when_asked(struct kunit *test)
{
	struct bench *b = bench_new(test, 4, 3, 1);

	bench_start(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 1, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2));
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.granted);
	bench_ask(b, RAFT_MSG_VOTE, 2, 1, 0, 0);
	bench_hard(b, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 2));
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 2)->vote_reply.granted);
}

static void v06_log_comparison_all_nine(struct kunit *test)
{
	static const struct {
		u64 index, term;
		bool granted;
	} t[] = {
		{ 9, 2, false }, { 10, 2, false }, { 11, 2, false },
		{ 9, 3, false }, { 10, 3, true }, { 11, 3, true },
		{ 9, 4, true }, { 10, 4, true }, { 11, 4, true },
	};
	u32 i, pre;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		for (pre = 0; pre < 2; pre++) {
			struct bench *b = bench_new(test, 1, 3, 0);
			u8 ask = pre ? RAFT_MSG_PREVOTE : RAFT_MSG_VOTE;
			u8 reply = pre ? RAFT_MSG_PREVOTE_REPLY : RAFT_MSG_VOTE_REPLY;

			bench_run(b, 1, 1, 3);
			bench_run(b, 4, 3, 10);
			bench_start(b);
			bench_ask(b, ask, 2, 5, t[i].index, t[i].term);
			bench_settle(b);
			/* a refusal waits for no disk, but comes in a durable term */
			bench_ask(b, ask, 2, 5, t[i].index, t[i].term);
			KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, reply, 2));
			KUNIT_EXPECT_EQ(test, bench_sent(b, reply, 2)->vote_reply.granted,
					t[i].granted);
		}
	}
}

static void v07_refusal_in_the_same_term_is_no_grant(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.flags = 0;
	bench_start(b);
	bench_timeout(b);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 1, 1, false);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
}

static void v08_compacted_log_has_a_last_term(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.base_index = 10;
	b->params.base_term = 3;
	b->params.last_index = 10;
	b->params.term = 3;
	bench_start(b);
	bench_timeout(b);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_PREVOTE, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_PREVOTE, 2)->vote.last_index, 10ULL);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_PREVOTE, 2)->vote.last_term, 3ULL);
	bench_ask(b, RAFT_MSG_PREVOTE, 3, 9, 9, 3);
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 3)->vote_reply.granted);
}

static void v09_prevote_grant_echoes_the_asked_term(struct kunit *test)
{
	struct bench *b = bench_new(test, 3, 3, 0);
	const struct raft_msg *reply;

	b->params.term = 1;
	bench_start(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 4, 0, 0);
	reply = bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2);
	KUNIT_EXPECT_EQ(test, reply->term, 4ULL);
	KUNIT_EXPECT_EQ(test, reply->vote_reply.asked_term, 4ULL);
}

static void v10_refusal_carries_the_higher_term(struct kunit *test)
{
	struct bench *b = bench_new(test, 3, 3, 0);

	b->params.term = 9;
	bench_start(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 1, 4, 7, 3);
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 1)->vote_reply.granted);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 1)->term, 9ULL);

	/* and whoever gets it takes the term, without a vote */
	b = bench_new(test, 1, 3, 0);
	bench_run(b, 1, 3, 7);
	bench_start(b);
	bench_timeout(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 3, 9, 4, false);
	EXPECT_STATUS(b, term, 9);
	EXPECT_STATUS(b, vote, RAFT_NONE);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_settle(b);
	bench_clear(b);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_PREVOTE, 3)->term, 10ULL);

	/* a leader of an older term is shown the newer one as well */
	b = bench_new(test, 3, 3, 0);
	b->params.term = 9;
	bench_start(b);
	bench_beat(b, 1, 3, 0, 1);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT_REPLY, 1)->term, 9ULL);
	bench_append(b, 1, 3, 0, 0, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 1)->term, 9ULL);
	EXPECT_STATUS(b, leader, RAFT_NONE);
}

static void v11_leader_asking_is_no_leader(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);

	b->params.term = 3;
	bench_start(b);
	bench_beat(b, 1, 3, 0, 1);
	EXPECT_STATUS(b, leader, 1);
	/* late, from the campaign it won: says nothing */
	bench_ask(b, RAFT_MSG_PREVOTE, 1, 3, 0, 0);
	EXPECT_STATUS(b, leader, 1);
	bench_ask(b, RAFT_MSG_PREVOTE, 1, 4, 0, 0);
	EXPECT_STATUS(b, leader, RAFT_NONE);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 1)->vote_reply.granted);
}

static void v12_v13_prevote_has_no_side_effects(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	struct raft_status before, after;

	b->params.term = 3;
	b->params.vote = 1;
	bench_start(b);
	before = *bench_status(b);
	b->now += 20 * MS;
	bench_ask(b, RAFT_MSG_PREVOTE, 3, 9, 0, 0);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 3)->vote_reply.granted);
	after = *bench_status(b);
	KUNIT_EXPECT_EQ(test, before.term, after.term);
	KUNIT_EXPECT_EQ(test, before.vote, after.vote);
	KUNIT_EXPECT_EQ(test, before.deadline, after.deadline);
	KUNIT_EXPECT_EQ(test, b->n, 1U);

	/* a term raised without a grant leaves the timer alone, a grant does not */
	bench_ask(b, RAFT_MSG_VOTE, 3, 10, 0, 0);
	KUNIT_EXPECT_NE(test, bench_status(b)->deadline, before.deadline);
	before = *bench_status(b);
	b->params.term = 3;
	b->now += 20 * MS;
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, 12, 11, false);
	KUNIT_EXPECT_EQ(test, bench_status(b)->term, 12ULL);
	KUNIT_EXPECT_EQ(test, bench_status(b)->deadline, before.deadline);

	/* a pre-candidate knows no leader */
	b = bench_new(test, 2, 3, 0);
	bench_start(b);
	bench_beat(b, 1, 1, 0, 1);
	bench_settle(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	EXPECT_STATUS(b, leader, RAFT_NONE);
}

static void v14_candidate_answers_prevotes(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 4;
	b->params.config.flags = RAFT_F_CHECKQUORUM;
	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 6, 0, 0);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.granted);
}

static void v15_leader_ignores_late_prevotes(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 4;
	bench_start(b);
	bench_elect(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 6, 6, true);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 3, 6, 6, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, term, 5);
}

static void v16_term_zero_is_refused_in_form(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 0, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2));
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_PREVOTE_REPLY, 2)->vote_reply.granted);
	bench_ask(b, RAFT_MSG_VOTE, 2, 0, 0, 0);
	bench_settle(b);
	EXPECT_STATUS(b, term, 0);
}

static void v19_live_leader_is_not_disturbed(struct kunit *test)
{
	struct bench *b = bench_new(test, 2, 3, 0);
	u32 i;

	b->params.term = 3;
	bench_start(b);
	for (i = 0; i < 100; i++) {
		bench_beat(b, 1, 3, 0, i + 1);
		b->now += 40 * MS;
		bench_ask(b, RAFT_MSG_VOTE, 3, 4 + i, 100, 3);
		EXPECT_STATUS(b, term, 3);
		EXPECT_STATUS(b, leader, 1);
	}
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 0);
	/* the leader falls silent */
	b->now += 150 * MS;
	bench_ask(b, RAFT_MSG_VOTE, 3, 200, 100, 3);
	bench_settle(b);
	EXPECT_STATUS(b, term, 200);
	KUNIT_EXPECT_TRUE(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 3)->vote_reply.granted);
}

static void v19_leader_is_not_disturbed(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_elect(b);
	bench_ask(b, RAFT_MSG_VOTE, 3, 50, 100, 49);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, term, 1);
}

static void v20_id_zero_is_refused(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.members[1].id = 0;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, 0), -EINVAL);
	b->params.config.members[1].id = 1;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, 0), -EINVAL);
	b->params.config.members[1].id = 2;
	b->params.self = 0;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, 0), -EINVAL);
	b->params.self = 1;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, 0), 0);
}

static void v21_advertised_log_end_is_durable(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u64 terms[] = { 2, 2, 2 };

	bench_run(b, 1, 2, 5);
	bench_start(b);
	bench_append(b, 2, 2, 5, 2, 0, terms, 3);
	KUNIT_EXPECT_TRUE(test, bench_submit(b, 0));
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);	/* its disk hangs, see P-1 */

	b = bench_new(test, 1, 3, 0);
	bench_run(b, 1, 2, 5);
	bench_start(b);
	bench_append(b, 2, 2, 5, 2, 0, terms, 3);
	b->now += 290 * MS;
	KUNIT_EXPECT_TRUE(test, bench_submit(b, 0));
	bench_tick(b, 20 * MS);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0);
	bench_tick(b, 60 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 0);
	bench_written(b, 0, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 2);
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_PREVOTE, 3)->vote.last_index, 8ULL);
}

static void v22_own_vote_counts_when_durable(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 5;
	b->params.config.flags = RAFT_F_CHECKQUORUM;
	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 6, 6, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_hard(b, 0);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	/* n2 has answered already, so only n3 was asked */
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 1);
}

static void v23_one_record_and_no_grant_before_it(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_ask(b, RAFT_MSG_VOTE, 2, 7, 0, 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_HARD_STATE), 1);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HARD_STATE)->hard.term, 7ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_HARD_STATE)->hard.vote, 2U);
	bench_ask(b, RAFT_MSG_VOTE, 2, 7, 0, 0);
	bench_ask(b, RAFT_MSG_VOTE, 3, 7, 0, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 0);
	bench_hard(b, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 1);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 2));
	/* an older write's end promises nothing of a newer term */
	bench_clear(b);
	b->now += 300 * MS;
	bench_ask(b, RAFT_MSG_VOTE, 2, 8, 0, 0);
	bench_ask(b, RAFT_MSG_VOTE, 3, 9, 0, 0);
	b->hard_seq--;
	bench_hard(b, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 0);
	b->hard_seq++;
	bench_hard(b, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE_REPLY), 1);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 3));
}

static void v24_empty_node_remembers_its_vote(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 7;
	b->params.vote = 2;
	bench_start(b);
	bench_ask(b, RAFT_MSG_VOTE, 3, 7, 0, 0);
	bench_settle(b);
	KUNIT_EXPECT_FALSE(test, bench_sent(b, RAFT_MSG_VOTE_REPLY, 3)->vote_reply.granted);
}

static void requests_are_sent_again(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.timing.election_min = 290 * MS;
	bench_start(b);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 2);
	bench_tick(b, 50 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_PREVOTE), 4);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 1, 1, true);
	bench_hard(b, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 2);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 1, 1, false);
	bench_tick(b, 50 * MS);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 3);
}

static void single_voter_leads_alone(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 1, 2);

	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_hard(b, 0);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, commit, 0);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 1);
	bench_tick(b, 10000 * MS);
	EXPECT_STATUS(b, role, RAFT_LEADER);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(v01_same_term_vote_is_never_forgotten),
	KUNIT_CASE(v01_leader_and_candidate_keep_their_vote),
	KUNIT_CASE(v02_prevote_grant_is_no_vote),
	KUNIT_CASE(v03_duplicate_vote_counts_once),
	KUNIT_CASE(v04_strangers_and_learners_do_not_count),
	KUNIT_CASE(v05_learner_votes_when_asked),
	KUNIT_CASE(v06_log_comparison_all_nine),
	KUNIT_CASE(v07_refusal_in_the_same_term_is_no_grant),
	KUNIT_CASE(v08_compacted_log_has_a_last_term),
	KUNIT_CASE(v09_prevote_grant_echoes_the_asked_term),
	KUNIT_CASE(v10_refusal_carries_the_higher_term),
	KUNIT_CASE(v11_leader_asking_is_no_leader),
	KUNIT_CASE(v12_v13_prevote_has_no_side_effects),
	KUNIT_CASE(v14_candidate_answers_prevotes),
	KUNIT_CASE(v15_leader_ignores_late_prevotes),
	KUNIT_CASE(v16_term_zero_is_refused_in_form),
	KUNIT_CASE(v19_live_leader_is_not_disturbed),
	KUNIT_CASE(v19_leader_is_not_disturbed),
	KUNIT_CASE(v20_id_zero_is_refused),
	KUNIT_CASE(v21_advertised_log_end_is_durable),
	KUNIT_CASE(v22_own_vote_counts_when_durable),
	KUNIT_CASE(v23_one_record_and_no_grant_before_it),
	KUNIT_CASE(v24_empty_node_remembers_its_vote),
	KUNIT_CASE(requests_are_sent_again),
	KUNIT_CASE(single_voter_leads_alone),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_vote",
	.test_cases = cases,
};
kunit_test_suite(suite);
