// SPDX-License-Identifier: GPL-2.0
/* Forced recovery from a lost majority: what it takes, and what it leaves alone. */
#include "raft_bench.h"

/* What an operator who looks at the node sees, and wants to keep. */
static struct raft_event recovery(struct bench *b, const u32 *keep, u32 count)
{
	struct raft_event ev = { .type = RAFT_EV_RECOVER };
	const struct raft_status *st = bench_status(b);

	ev.recover.keep = keep;
	ev.recover.count = count;
	ev.recover.config_index = st->config_index;
	ev.recover.last_index = st->last_index;
	ev.recover.last_term = st->last_term;
	ev.recover.room = RAFT_CONFIG_BYTES_MAX;
	return ev;
}

/* n1 of @voters and @learners has a log of five entries and has heard nobody for long. */
static struct bench *alone(struct kunit *test, u32 voters, u32 learners)
{
	struct bench *b = bench_new(test, 1, voters, learners);

	bench_run(b, 1, 1, 5);
	b->params.term = 3;
	bench_start(b);
	b->now += b->params.config.timing.election_max;
	return b;
}

static u32 result(struct bench *b)
{
	const struct raft_effect *fx = bench_effect(b, RAFT_FX_RECOVER);

	KUNIT_ASSERT_NOT_NULL(b->test, fx);
	return fx->recover.reason;
}

static u8 roles_of(const struct bench *b, u32 id)
{
	const struct raft_member *m = raft_config_find(raft_get_config(b->raft), id);

	return m ? m->roles : 0;
}

/* The only one that is left: an entry of type CONFIG says so, and is committed. */
static void one_is_left(struct kunit *test)
{
	struct bench *b = alone(test, 3, 1);
	struct raft_event ev = recovery(b, NULL, 0);
	const struct raft_config *config;

	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_RECOVERED);
	EXPECT_STATUS(b, term, RAFT_TERM_FORCED);
	EXPECT_STATUS(b, last_index, 5);
	/* Once is enough. */
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_PENDING);
	bench_settle(b);
	KUNIT_EXPECT_EQ(test, result(b), RAFT_OK);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_RECOVERED);
	EXPECT_STATUS(b, config_index, 7);
	EXPECT_STATUS(b, commit, 7);
	config = raft_get_config(b->raft);
	KUNIT_EXPECT_EQ(test, config->n, 1U);
	KUNIT_EXPECT_EQ(test, config->forced, 1U);
	KUNIT_EXPECT_EQ(test, config->forced_by, 1U);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 0U);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

/* Everything that has to be so, broken one by one. */
static void what_it_takes(struct kunit *test)
{
	static const u32 stranger[] = { 2, 9 }, twice[] = { 3, 2, 3 };
	struct bench *b = alone(test, 3, 1);
	const struct raft_event good = recovery(b, NULL, 0);
	u32 many[QUORUM_MEMBERS_MAX + 1] = {};
	struct raft_event ev = good;
	u64 now = b->now;

	b->now--;	/* a leader may be alive still */
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_LED);
	b->now = now;
	ev.recover.config_index++;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_STALE);
	ev = good;
	ev.recover.last_index--;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_STALE);
	ev = good;
	ev.recover.last_term++;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_STALE);
	ev = good;
	ev.recover.room--;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NO_SPACE);
	ev = recovery(b, stranger, 2);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NOT_MEMBER);
	ev = recovery(b, twice, 3);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_INVALID);
	ev = recovery(b, many, QUORUM_MEMBERS_MAX + 1);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_TOO_MANY);
	EXPECT_STATUS(b, term, 3);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 4U);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_RECOVER), 0U);
	/* A halted one does nothing at all. */
	bench_append(b, 2, 4, 0, 0, 0, NULL, 0);
	ev.type = 200;
	bench_step(b, &ev);
	ev = good;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_HALTED);
}

static void who_cannot(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_event ev;

	b->params.config.members[0].roles |= RAFT_M_WITNESS;
	bench_start(b);
	b->now += b->params.config.timing.election_max;
	ev = recovery(b, NULL, 0);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_WITNESS);

	b = bench_new(test, 9, 3, 0);
	bench_start(b);
	b->now += b->params.config.timing.election_max;
	ev = recovery(b, NULL, 0);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NOT_MEMBER);

	/* There is no term to go to. */
	b = bench_new(test, 1, 3, 0);
	b->params.term = RAFT_TERM_MAX;
	bench_start(b);
	b->now += b->params.config.timing.election_max;
	ev = recovery(b, NULL, 0);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_BUSY);

	/* Its disk hangs. */
	b = alone(test, 3, 0);
	bench_tick(b, 0);
	bench_append(b, 2, 4, 5, 1, 0, (const u64 []){ 4 }, 1);
	bench_hard(b, 0);
	bench_submit(b, 6);
	b->now += 10 * b->params.config.timing.election_max;
	ev = recovery(b, NULL, 0);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_BUSY);
}

/* Without check-quorum a leader whom nobody follows goes on leading. */
static void a_leader_of_nobody(struct kunit *test)
{
	static const u32 keep[] = { 2 };
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_event ev;

	b->params.config.flags = 0;
	bench_start(b);
	bench_elect(b);
	bench_settle(b);
	ev = recovery(b, keep, 1);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_LED);
	b->now += b->params.config.timing.election_max;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

/* All who are kept vote, or it has not happened. */
static void all_of_them_vote(struct kunit *test)
{
	static const u32 keep[] = { 1, 2, 3 };
	struct bench *b = alone(test, 5, 1);
	struct raft_event ev = recovery(b, keep, 3);

	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	bench_clear(b);
	bench_hard(b, 0);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE, 2));
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_VOTE, 3));
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_VOTE), 2U);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 4, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 3, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, config_index, 7);
	EXPECT_STATUS(b, config_committed, 0);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 3U);
	/* Committed by a majority of them, like anything. */
	bench_settle(b);
	EXPECT_STATUS(b, commit, 0);
	bench_send_all(b, 2);
	bench_ack(b, 2, 7, 7);
	EXPECT_STATUS(b, commit, 7);
}

static void it_was_not_elected(struct kunit *test)
{
	static const u32 keep[] = { 2 };
	struct bench *b = alone(test, 3, 0);
	struct raft_event ev = recovery(b, keep, 1);

	/* Time passes. */
	bench_step(b, &ev);
	bench_hard(b, 0);
	bench_clear(b);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, result(b), RAFT_REFUSED_TIMEOUT);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 3U);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->forced, 0U);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	EXPECT_STATUS(b, last_index, 5);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));

	/* Somebody leads after all. */
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	bench_hard(b, 0);
	bench_clear(b);
	bench_beat(b, 2, 2 * RAFT_TERM_FORCED + 1, 0, 1);
	KUNIT_EXPECT_EQ(test, result(b), RAFT_REFUSED_LED);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 3U);
	EXPECT_STATUS(b, leader, 2);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

static void from_stranger(struct bench *b, u8 type, u32 from, u64 term, u32 history)
{
	struct raft_msg msg = {
		.type = type, .from = from, .term = term, .history = history,
	};

	switch (type) {
	case RAFT_MSG_VOTE:
	case RAFT_MSG_PREVOTE:
		msg.vote.last_index = 100;
		msg.vote.last_term = term - 1;
		break;
	case RAFT_MSG_SNAPSHOT:
		msg.snapshot.name.index = 100;
		msg.snapshot.name.term = term;
		msg.snapshot.name.size = 10;
		msg.snapshot.offset = 5;
		break;
	}
	bench_clear(b);
	bench_message(b, &msg);
}

/* Some who were left behind have terms above ours: they are not heard all the same. */
static void the_left_are_not_heard(struct kunit *test)
{
	static const u8 types[] = { RAFT_MSG_PREVOTE, RAFT_MSG_VOTE, RAFT_MSG_APPEND,
				    RAFT_MSG_HEARTBEAT, RAFT_MSG_SNAPSHOT };
	/* Of the group before, and one that was recovered of it by somebody else. */
	static const u32 histories[] = { 0, 1 << 16 | 2, 1 << 16 | 0xfff1 };
	struct bench *b = alone(test, 3, 1);
	struct raft_event ev = recovery(b, NULL, 0);
	const u64 term = RAFT_TERM_FORCED + 7;
	u32 i, k;

	bench_step(b, &ev);
	bench_settle(b);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (k = 0; k < ARRAY_SIZE(histories); k++) {
			from_stranger(b, types[i], 2, term, histories[k]);
			EXPECT_STATUS(b, role, RAFT_LEADER);
			EXPECT_STATUS(b, term, RAFT_TERM_FORCED);
			KUNIT_EXPECT_EQ(test, b->fx->n, 0U);
		}
	}
	/* Who came to us later is heard, once it has sent entries. */
	from_stranger(b, RAFT_MSG_HEARTBEAT, 5, term, 0);
	EXPECT_STATUS(b, term, RAFT_TERM_FORCED);
	from_stranger(b, RAFT_MSG_APPEND, 5, term, 1 << 16 | 1);
	EXPECT_STATUS(b, leader, 5);
	EXPECT_STATUS(b, term, term);
	bench_hard(b, 0);
	from_stranger(b, RAFT_MSG_HEARTBEAT, 5, term, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_HEARTBEAT_REPLY), 1U);
	from_stranger(b, RAFT_MSG_HEARTBEAT, 6, term + 1, 0);
	from_stranger(b, RAFT_MSG_HEARTBEAT, 5, term + 1, 0);
	EXPECT_STATUS(b, term, term);
	/* And who has been recovered since. */
	from_stranger(b, RAFT_MSG_APPEND, 6, 2 * RAFT_TERM_FORCED, 2 << 16 | 6);
	EXPECT_STATUS(b, leader, 6);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

/* The log may lack what was acknowledged: only if the operator knows. */
static void a_suspect(struct kunit *test)
{
	static const u32 keep[] = { 2 };
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_event ev;

	b->params.flags = RAFT_F_SUSPECT;
	bench_run(b, 1, 1, 5);
	b->params.term = 3;
	bench_start(b);
	b->now += b->params.config.timing.election_max;
	ev = recovery(b, keep, 1);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_SUSPECT);
	ev.recover.accept_suspect = true;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	bench_hard(b, 0);
	EXPECT_STATUS(b, suspect, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, suspect, false);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_HEALED), 1U);
}

/* Of a joint configuration with sizes: a simple one of majorities. */
static void a_joint_configuration(struct kunit *test)
{
	static const u32 keep[] = { 2, 4, 5 };
	struct bench *b = bench_new(test, 1, 4, 1);
	struct raft_config *c = &b->params.config;
	struct raft_event ev;

	c->members[0].roles = RAFT_M_OLD;
	c->members[1].roles = RAFT_M_OLD | RAFT_M_VOTER;
	c->members[2].roles = RAFT_M_OLD | RAFT_M_VOTER;
	c->members[3].roles = RAFT_M_VOTER;
	c->quorums.election = 3;
	c->old.commit = 3;
	c->old.election = 3;
	bench_start(b);
	b->now += c->timing.election_max;
	ev = recovery(b, keep, 3);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 4, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	/* A learner may have what nobody else has. */
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 5, RAFT_TERM_FORCED, RAFT_TERM_FORCED, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, joint, false);
	KUNIT_EXPECT_EQ(test, roles_of(b, 1), RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, roles_of(b, 2), RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, roles_of(b, 3), 0);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, roles_of(b, 5), RAFT_M_LEARNER);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->quorums.election, 0);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

/* Those left behind are no concern of ours, and our terms none of theirs. */
static void the_lost_return(struct kunit *test)
{
	struct bench *b = alone(test, 3, 0);
	struct raft_event ev = recovery(b, NULL, 0);

	bench_step(b, &ev);
	bench_settle(b);
	bench_clear(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 2, 9, 100, 8);
	bench_ask(b, RAFT_MSG_VOTE, 3, 9, 100, 8);
	bench_beat(b, 2, 9, 100, 1);
	bench_append(b, 2, 9, 5, 1, 100, (const u64 []){ 9 }, 1);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, term, RAFT_TERM_FORCED);
	/* It can be done again: terms go on from there. */
	bench_tick(b, MS);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(one_is_left),
	KUNIT_CASE(what_it_takes),
	KUNIT_CASE(who_cannot),
	KUNIT_CASE(a_leader_of_nobody),
	KUNIT_CASE(all_of_them_vote),
	KUNIT_CASE(it_was_not_elected),
	KUNIT_CASE(a_suspect),
	KUNIT_CASE(a_joint_configuration),
	KUNIT_CASE(the_lost_return),
	KUNIT_CASE(the_left_are_not_heard),
	{}
};

static struct kunit_suite suite = {
	.name = "raft_recovery",
	.test_cases = cases,
};
kunit_test_suite(suite);
