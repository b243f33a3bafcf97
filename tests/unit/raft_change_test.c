// SPDX-License-Identifier: GPL-2.0
/* Changes of the configuration: class M of the catalogue, as one engine sees it. */
#include "raft_bench.h"

static int change(struct bench *b, const struct raft_change *list, u32 count, bool joint)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE };

	ev.change.list = list;
	ev.change.count = count;
	ev.change.joint = joint;
	ev.change.seen = raft_get_config(b->raft)->index;
	ev.change.tag = 99;
	ev.change.room = 1 << 20;
	return bench_step(b, &ev);
}

static int one(struct bench *b, u8 op, u32 id)
{
	struct raft_change c = { .op = op, .member = { .id = id } };

	return change(b, &c, 1, false);
}

static void sync(struct bench *b, u32 id)
{
	u64 last;

	bench_settle(b);
	bench_send_all(b, id);
	last = bench_status(b)->last_index;
	bench_ack(b, id, last, last);
}

/* n1 leads @voters and @learners; everything is committed. */
static struct bench *leading(struct kunit *test, u32 voters, u32 learners)
{
	struct bench *b = bench_new(test, 1, voters, learners);
	u32 id;

	bench_start(b);
	bench_elect(b);
	for (id = 2; id <= voters; id++)
		sync(b, id);
	bench_clear(b);
	return b;
}

static u8 roles_of(const struct bench *b, u32 id)
{
	const struct raft_member *m = raft_config_find(raft_get_config(b->raft), id);

	return m ? m->roles : 0;
}

/* In one step: (operation, node) and what becomes of it. */
static void every_operation(struct kunit *test)
{
	static const struct {
		u8 op;
		u32 id;
		int ret;
		u8 roles;
	} t[] = {
		{ RAFT_CHANGE_ADD, 7, 1, RAFT_M_LEARNER | RAFT_M_AUTO },
		{ RAFT_CHANGE_ADD, 2, -RAFT_REFUSED_IS_MEMBER, RAFT_M_VOTER },
		{ RAFT_CHANGE_ADD, RAFT_NONE, -RAFT_REFUSED_INVALID, 0 },
		{ RAFT_CHANGE_LEARNER, 7, 1, RAFT_M_LEARNER },
		{ RAFT_CHANGE_LEARNER, 3, 1, RAFT_M_LEARNER },
		{ RAFT_CHANGE_VOTER, 7, 1, RAFT_M_VOTER },
		{ RAFT_CHANGE_VOTER, 4, 1, RAFT_M_VOTER },
		{ RAFT_CHANGE_VOTER, 2, -RAFT_REFUSED_IS_MEMBER, RAFT_M_VOTER },
		{ RAFT_CHANGE_PROMOTE, 4, -RAFT_REFUSED_BEHIND, RAFT_M_LEARNER },
		{ RAFT_CHANGE_PROMOTE, 3, -RAFT_REFUSED_NOT_MEMBER, RAFT_M_VOTER },
		{ RAFT_CHANGE_PROMOTE, 7, -RAFT_REFUSED_NOT_MEMBER, 0 },
		{ RAFT_CHANGE_REMOVE, 3, 1, 0 },
		{ RAFT_CHANGE_REMOVE, 4, 1, 0 },
		{ RAFT_CHANGE_REMOVE, 7, -RAFT_REFUSED_NOT_MEMBER, 0 },
		{ RAFT_CHANGE_REPLACE, 7, -RAFT_REFUSED_NOT_MEMBER, 0 },
		{ RAFT_CHANGE_REPLACE, 1, -RAFT_REFUSED_INVALID, RAFT_M_VOTER },
		{ RAFT_CHANGE_REPLACE, 2, -RAFT_REFUSED_INVALID, RAFT_M_VOTER },
		{ RAFT_CHANGE_SET, 7, -RAFT_REFUSED_NOT_MEMBER, 0 },
		{ RAFT_CHANGE_SET, 2, -RAFT_REFUSED_INVALID, RAFT_M_VOTER },
		{ RAFT_CHANGE_FILL, 7, -RAFT_REFUSED_NOT_MEMBER, 0 },
		{ RAFT_CHANGE_FILL, 2, -RAFT_REFUSED_INVALID, RAFT_M_VOTER },
		{ 99, 2, -RAFT_REFUSED_INVALID, RAFT_M_VOTER },
		{ 99, 7, -RAFT_REFUSED_INVALID, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct bench *b = leading(test, 3, 1);

		KUNIT_EXPECT_EQ_MSG(test, one(b, t[i].op, t[i].id), t[i].ret, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, roles_of(b, t[i].id), t[i].roles, "case %u", i);
		EXPECT_STATUS(b, last_index, t[i].ret == 1 ? 2 : 1);
	}
}

static void m04_adopted_when_appended_committed_later(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0);
	const struct raft_effect *fx;

	KUNIT_ASSERT_EQ(test, one(b, RAFT_CHANGE_VOTER, 4), 1);
	fx = bench_effect(b, RAFT_FX_APPEND);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	KUNIT_EXPECT_EQ(test, fx->append.tag, 99ULL);
	KUNIT_ASSERT_NOT_NULL(test, fx->append.config);
	KUNIT_EXPECT_EQ(test, fx->append.config->n, 4U);
	fx = bench_effect(b, RAFT_FX_CONFIG);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	KUNIT_EXPECT_FALSE(test, fx->config.committed);
	EXPECT_STATUS(b, config_index, 2);
	/* of four it takes three now (bug L-15) */
	bench_settle(b);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 1);
	/* M-2: one at a time */
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 5), -RAFT_REFUSED_PENDING);
	bench_clear(b);
	sync(b, 3);
	EXPECT_STATUS(b, commit, 2);
	fx = bench_effect(b, RAFT_FX_CONFIG);
	KUNIT_ASSERT_NOT_NULL(test, fx);
	KUNIT_EXPECT_TRUE(test, fx->config.committed);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 5), 1);
}

static void m01_moments_for_a_change(struct kunit *test)
{
	struct raft_change c = { .op = RAFT_CHANGE_ADD, .member = { .id = 9 } };
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct bench *b = bench_new(test, 1, 3, 0);

	ev.change.list = &c;
	ev.change.count = 1;
	ev.change.room = 1 << 20;
	bench_start(b);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NO_LEADER);
	bench_beat(b, 2, 1, 0, 1);
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NOT_LEADER);
	bench_settle(b);
	bench_elect(b);
	/* M-1: before an entry of the own term is committed */
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NOT_READY);
	sync(b, 2);
	ev.change.seen = 7;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_STALE);
	ev.change.seen = 0;
	ev.change.room = 100;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_NO_SPACE);
	ev.change.room = 1 << 20;
	ev.change.count = RAFT_CHANGES_MAX + 1;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_INVALID);
	/* nothing changes */
	ev.change.count = 0;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_INVALID);
	ev.change.count = 1;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
}

static void impossible_results_are_refused(struct kunit *test)
{
	struct raft_change all[3] = {
		{ .op = RAFT_CHANGE_LEARNER, .member = { .id = 1 } },
		{ .op = RAFT_CHANGE_LEARNER, .member = { .id = 2 } },
		{ .op = RAFT_CHANGE_LEARNER, .member = { .id = 3 } },
	};
	struct raft_change high = { .op = RAFT_CHANGE_ADD,
				    .member = { .id = 9, .priority = RAFT_PRIORITY_MAX + 1 } };
	struct bench *b = leading(test, 3, 0);
	struct raft_change many[16];
	u32 i;

	KUNIT_EXPECT_EQ(test, change(b, all, 3, true), -RAFT_REFUSED_NO_VOTER);
	KUNIT_EXPECT_EQ(test, change(b, &high, 1, false), -RAFT_REFUSED_INVALID);
	high.op = RAFT_CHANGE_SET;
	high.member.id = 2;
	KUNIT_EXPECT_EQ(test, change(b, &high, 1, false), -RAFT_REFUSED_INVALID);
	for (i = 0; i < 16; i++)
		many[i] = (struct raft_change){ .op = RAFT_CHANGE_ADD, .member = { .id = 50 + i } };
	KUNIT_EXPECT_EQ(test, change(b, many, 14, false), -RAFT_REFUSED_TOO_MANY);
	KUNIT_EXPECT_EQ(test, change(b, many, 13, false), 1);
}

/* Several voters at once have no common quorums: joint, or not at all. */
static void m07_several_voters_take_a_joint_configuration(struct kunit *test)
{
	const struct raft_change swap[4] = {
		{ .op = RAFT_CHANGE_REMOVE, .member = { .id = 2 } },
		{ .op = RAFT_CHANGE_REMOVE, .member = { .id = 3 } },
		{ .op = RAFT_CHANGE_VOTER, .member = { .id = 4 } },
		{ .op = RAFT_CHANGE_VOTER, .member = { .id = 5 } },
	};
	struct bench *b = leading(test, 3, 0);

	KUNIT_EXPECT_EQ(test, change(b, swap, 4, false), -RAFT_REFUSED_NEEDS_JOINT);
	KUNIT_EXPECT_EQ(test, change(b, swap, 4, true), 1);
	EXPECT_STATUS(b, joint, true);
	KUNIT_EXPECT_EQ(test, roles_of(b, 1), RAFT_M_VOTER | RAFT_M_OLD);
	KUNIT_EXPECT_EQ(test, roles_of(b, 2), RAFT_M_OLD);
	KUNIT_EXPECT_EQ(test, roles_of(b, 5), RAFT_M_VOTER);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 6), -RAFT_REFUSED_PENDING);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 1);
	sync(b, 4);
	/* committed by both halves: left at once, exactly once */
	EXPECT_STATUS(b, commit, 2);
	EXPECT_STATUS(b, joint, false);
	EXPECT_STATUS(b, last_index, 3);
	KUNIT_EXPECT_EQ(test, roles_of(b, 2), 0);
	bench_tick(b, 10 * MS);
	EXPECT_STATUS(b, last_index, 3);
	/* from now on the new half decides; the removed are told (M-12) */
	sync(b, 2);
	sync(b, 3);
	EXPECT_STATUS(b, commit, 2);
	sync(b, 4);
	EXPECT_STATUS(b, commit, 3);
	bench_clear(b);
	bench_tick(b, 51 * MS);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2));
}

static void m08_the_leader_removes_itself(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0);

	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_REMOVE, 1), 1);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_settle(b);
	/* it does not count itself (L-15) */
	sync(b, 2);
	EXPECT_STATUS(b, commit, 1);
	bench_clear(b);
	sync(b, 3);
	EXPECT_STATUS(b, commit, 2);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, cause, RAFT_CAUSE_REMOVED);
	/* those who stay are told that it is committed */
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.commit, 2ULL);
	/* and never campaigns again */
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), -RAFT_REFUSED_NO_LEADER);
}

static void m11_a_learner_is_promoted_when_it_has_caught_up(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0);
	struct raft_change late = { .op = RAFT_CHANGE_PROMOTE, .member = { .id = 4 } };

	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 4), 1);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 2);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_LEARNER | RAFT_M_AUTO);
	KUNIT_EXPECT_EQ(test, change(b, &late, 1, false), -RAFT_REFUSED_BEHIND);
	bench_ack(b, 4, 2, 2);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_VOTER);
	EXPECT_STATUS(b, last_index, 3);
}

static void m09_another_device_starts_again(struct kunit *test)
{
	struct raft_change c = {
		.op = RAFT_CHANGE_REPLACE, .member = { .id = 2, .incarnation = 5 },
	};
	struct bench *b = leading(test, 3, 0);

	EXPECT_STATUS(b, peers[1].match, 1);
	KUNIT_EXPECT_EQ(test, change(b, &c, 1, false), 1);
	KUNIT_EXPECT_EQ(test, roles_of(b, 2), RAFT_M_LEARNER | RAFT_M_AUTO);
	EXPECT_STATUS(b, peers[1].match, 0);
	sync(b, 3);
	EXPECT_STATUS(b, commit, 2);
	/* a learner that is replaced stays one */
	bench_ack(b, 2, 2, 2);
	sync(b, 3);
	c.op = RAFT_CHANGE_SET;
	c.member.priority = 2;
	KUNIT_EXPECT_EQ(test, change(b, &c, 1, false), 1);
	KUNIT_EXPECT_EQ(test, raft_config_find(raft_get_config(b->raft), 2)->priority, 2);
}

/* What the genesis does not say is written down: nobody is another one for that. */
static void m09_what_is_filled_in_changes_nobody(struct kunit *test)
{
	struct raft_change c[3] = {
		{ .op = RAFT_CHANGE_FILL,
		  .member = { .id = 2, .incarnation = 5, .address = { 4, 0, 1 } } },
		{ .op = RAFT_CHANGE_FILL, .member = { .id = 3, .address = { 4, 0, 2 } } },
		{ .op = RAFT_CHANGE_ADD, .member = { .id = 9 } },
	};
	struct bench *b = leading(test, 3, 0);
	const struct raft_member *m;

	KUNIT_EXPECT_EQ(test, change(b, c, 3, false), 1);
	EXPECT_STATUS(b, peers[1].match, 1);
	m = raft_config_find(raft_get_config(b->raft), 2);
	KUNIT_EXPECT_EQ(test, m->incarnation, 5ULL);
	KUNIT_EXPECT_EQ(test, m->address[2], 1);
	KUNIT_EXPECT_EQ(test, m->roles, RAFT_M_VOTER);
	m = raft_config_find(raft_get_config(b->raft), 3);
	KUNIT_EXPECT_EQ(test, m->incarnation, 0ULL);
	KUNIT_EXPECT_EQ(test, m->address[2], 2);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 2);
	/* What is known already stays; what was not is filled in now. */
	c[0].member.incarnation = 6;
	c[0].member.address[2] = 7;
	KUNIT_EXPECT_EQ(test, change(b, c, 1, false), -RAFT_REFUSED_INVALID);
	c[1].member.incarnation = 8;
	KUNIT_EXPECT_EQ(test, change(b, c, 2, false), 1);
	m = raft_config_find(raft_get_config(b->raft), 3);
	KUNIT_EXPECT_EQ(test, m->incarnation, 8ULL);
	KUNIT_EXPECT_EQ(test, m->address[2], 2);
}

/* Also beside voters that come and go together; another device does not pass as that. */
static void m09_filled_in_with_a_joint_change(struct kunit *test)
{
	struct raft_change c[4] = {
		{ .op = RAFT_CHANGE_FILL, .member = { .id = 2, .incarnation = 5 } },
		{ .op = RAFT_CHANGE_REPLACE, .member = { .id = 2, .incarnation = 6 } },
		{ .op = RAFT_CHANGE_VOTER, .member = { .id = 4 } },
		{ .op = RAFT_CHANGE_REMOVE, .member = { .id = 3 } },
	};
	struct bench *b = leading(test, 3, 0);

	KUNIT_EXPECT_EQ(test, change(b, c, 4, true), -RAFT_REFUSED_INVALID);
	KUNIT_EXPECT_EQ(test, change(b, c + 1, 3, true), -RAFT_REFUSED_INVALID);
	c[1] = c[0];
	KUNIT_EXPECT_EQ(test, change(b, c + 1, 3, true), 1);
	EXPECT_STATUS(b, joint, true);
	EXPECT_STATUS(b, peers[1].match, 1);
	KUNIT_EXPECT_EQ(test, raft_config_find(raft_get_config(b->raft), 2)->incarnation, 5ULL);
}

/* Who comes back while it is kept company may have lost its device in between. */
static void m09_who_comes_back_starts_again(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0);

	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_REMOVE, 3), 1);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 2);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 3), 1);
	EXPECT_STATUS(b, peers[2].id, 3);
	EXPECT_STATUS(b, peers[2].match, 0);
}

/* C-4: it has its seat back, and late copies of what it had proposed are copies still. */
static void c04_who_comes_back_proposes_nothing_twice(struct kunit *test)
{
	struct raft_change c[2] = {
		{ .op = RAFT_CHANGE_REMOVE, .member = { .id = 3 } },
		{ .op = RAFT_CHANGE_VOTER, .member = { .id = 3, .incarnation = 8 } },
	};
	struct bench *b = leading(test, 3, 0);

	bench_forward(b, 3, 1, 1500, 10);
	EXPECT_STATUS(b, last_index, 2);
	sync(b, 2);
	/* Its device is written down so: it may be the one it always was. */
	KUNIT_EXPECT_EQ(test, change(b, c, 2, false), 1);
	EXPECT_STATUS(b, last_index, 3);
	EXPECT_STATUS(b, peers[2].match, 0);
	bench_forward(b, 3, 1, 1500, 10);
	EXPECT_STATUS(b, last_index, 3);
	bench_forward(b, 3, 1, 1501, 10);
	EXPECT_STATUS(b, last_index, 4);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 4);
	/* Another device begins with its names anew; copies of the old one's are not let in. */
	c[1].member.incarnation = 9;
	KUNIT_EXPECT_EQ(test, change(b, c, 2, false), 1);
	bench_forward(b, 3, 1, 7, 10);
	EXPECT_STATUS(b, last_index, 6);
}

static void settings_change_as_members_do(struct kunit *test)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct bench *b = leading(test, 3, 0);
	struct raft_settings s = {
		.flags = RAFT_F_DEFAULT | RAFT_F_LEASE, .timing = b->params.config.timing,
	};

	ev.change.settings = &s;
	ev.change.room = 1 << 20;
	s.timing.heartbeat = 1;
	KUNIT_EXPECT_LT(test, bench_step(b, &ev), 0);
	s.timing.heartbeat = 10 * MS;
	s.quorums.commit = 1;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_QUORUMS);
	s.quorums.commit = 0;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
	bench_clear(b);
	bench_tick(b, 11 * MS);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 3));
}

/* All seats are taken, one of them by a node that was removed: it has to go first. */
static void a_full_table_has_room_for_a_newcomer(struct kunit *test)
{
	struct bench *b = leading(test, 3, 13);
	u32 ids[QUORUM_MEMBERS_MAX];

	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 15U);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 90), -RAFT_REFUSED_TOO_MANY);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_REMOVE, 9), 1);
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 15U);
	sync(b, 2);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_LEARNER, 90), 1);
	KUNIT_EXPECT_EQ(test, roles_of(b, 90), RAFT_M_LEARNER);
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 15U);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 3);
}

/* Old and new members together have to fit, and a wiped node counts in neither half. */
static void joint_changes_that_cannot_be(struct kunit *test)
{
	struct bench *b = leading(test, 3, 13);
	struct raft_change list[2] = {
		{ .op = RAFT_CHANGE_REMOVE, .member = { .id = 2 } },
		{ .op = RAFT_CHANGE_ADD, .member = { .id = 90 } },
	};

	KUNIT_EXPECT_EQ(test, change(b, list, 2, true), -RAFT_REFUSED_TOO_MANY);
	list[0] = (struct raft_change){ .op = RAFT_CHANGE_REMOVE, .member = { .id = 9 } };
	list[1] = (struct raft_change){
		.op = RAFT_CHANGE_REPLACE, .member = { .id = 3, .incarnation = 7 },
	};
	KUNIT_EXPECT_EQ(test, change(b, list, 2, true), -RAFT_REFUSED_INVALID);
	/* none while leadership is being handed over */
	bench_propose(b, 1, 1);
	KUNIT_ASSERT_EQ(test, bench_transfer(b, 2), 1);
	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_REMOVE, 9), -RAFT_REFUSED_TRANSFERRING);
}

/* M-12: the removed are told for a while, and then no more. */
static void m12_guests_leave(struct kunit *test)
{
	struct bench *b = leading(test, 3, 1);
	u32 ids[QUORUM_MEMBERS_MAX], i;

	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_REMOVE, 4), 1);
	sync(b, 2);
	EXPECT_STATUS(b, commit, 2);
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 3U);
	for (i = 0; i < 20; i++) {
		bench_ack(b, 2, 2, 2);
		bench_tick(b, 51 * MS);
	}
	KUNIT_EXPECT_EQ(test, raft_get_peers(b->raft, ids), 2U);
	bench_ack(b, 4, 2, 2);
	EXPECT_STATUS(b, role, RAFT_LEADER);
}

/* M-11: who has fallen silent is not made a voter, whatever it had. */
static void m11_the_silent_are_not_promoted(struct kunit *test)
{
	struct bench *b = leading(test, 3, 0);

	KUNIT_EXPECT_EQ(test, one(b, RAFT_CHANGE_ADD, 4), 1);
	bench_settle(b);
	bench_ack(b, 4, 2, 2);
	b->now += 160 * MS;
	bench_ack(b, 2, 2, 2);
	EXPECT_STATUS(b, commit, 2);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_LEARNER | RAFT_M_AUTO);
	bench_ack(b, 4, 2, 2);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_VOTER);
}

/* A learner of a joint change, and one that is replaced, stay learners. */
static void learners_in_other_changes(struct kunit *test)
{
	struct raft_change c[2] = {
		{ .op = RAFT_CHANGE_REPLACE, .member = { .id = 4, .incarnation = 5 } },
		{ .op = RAFT_CHANGE_VOTER, .member = { .id = 5 } },
	};
	struct bench *b = leading(test, 3, 2);

	KUNIT_EXPECT_EQ(test, change(b, c, 2, true), 1);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_LEARNER);
	EXPECT_STATUS(b, joint, true);
	sync(b, 2);
	sync(b, 3);
	EXPECT_STATUS(b, joint, false);
	KUNIT_EXPECT_EQ(test, roles_of(b, 5), RAFT_M_VOTER);
}

/* P-8: who has less priority waits longer, and refuses nobody. */
static void p08_priority_is_patience(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.members[1].priority = 1;
	bench_start(b);
	bench_tick(b, 301 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_ask(b, RAFT_MSG_VOTE, 3, 1, 0, 0);
	EXPECT_STATUS(b, vote, 3);
	bench_settle(b);
	bench_tick(b, 460 * MS);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

/* ---- at a follower ---- */

static void append_config(struct bench *b, u64 term, u64 prev, u64 prev_term,
			  const struct raft_config *config)
{
	struct raft_entry e = { .index = prev + 1, .term = term, .size = 88,
				.type = RAFT_ENTRY_CONFIG };
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = term & 1 ? 2 : 3, .term = term };

	msg.append.prev_index = prev;
	msg.append.prev_term = prev_term;
	msg.append.entries = &e;
	msg.append.count = 1;
	msg.append.config = config;
	bench_message(b, &msg);
}

static void m03_a_truncated_configuration_is_reverted(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_config four, three;

	bench_start(b);
	three = b->params.config;
	four = three;
	four.n = 4;
	four.members[3].id = 4;
	four.members[3].roles = RAFT_M_VOTER;
	append_config(b, 1, 0, 0, &four);
	EXPECT_STATUS(b, config_index, 1);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_VOTER);
	/* the same again: in the log already */
	bench_settle(b);
	append_config(b, 1, 0, 0, &four);
	/* another leader overwrites it */
	bench_append(b, 3, 2, 0, 0, 0, (u64[]){ 2 }, 1);
	EXPECT_STATUS(b, config_index, 0);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_CONFIG));
	/* being a learner is taken back as well */
	three.members[0].roles = RAFT_M_LEARNER;
	append_config(b, 3, 1, 2, &three);
	bench_settle(b);
	KUNIT_EXPECT_EQ(test, roles_of(b, 1), RAFT_M_LEARNER);
	bench_append(b, 3, 4, 1, 2, 0, (u64[]){ 4 }, 1);
	KUNIT_EXPECT_EQ(test, roles_of(b, 1), RAFT_M_VOTER);
	bench_settle(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

static void m05_found_again_at_the_start(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_config *tail = kunit_kzalloc(test, 2 * sizeof(*tail), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tail);
	tail[0] = b->params.config;
	tail[0].n = 4;
	tail[0].members[3].id = 4;
	tail[0].members[3].roles = RAFT_M_VOTER;
	tail[0].index = 12;
	tail[1] = tail[0];
	tail[1].members[3].roles = RAFT_M_LEARNER;
	tail[1].index = 14;
	b->params.base_index = 8;
	b->params.base_term = 1;
	bench_run(b, 9, 1, 15);
	b->params.configs = tail;
	b->params.nconfigs = 2;
	b->params.snapshot = (struct raft_snapshot){ 10, 1, 1, 1 };
	/* the snapshot's own is above the base */
	b->params.config.index = 10;
	bench_start(b);
	EXPECT_STATUS(b, config_index, 14);
	KUNIT_EXPECT_EQ(test, roles_of(b, 4), RAFT_M_LEARNER);
	/* found once more by the scan of the log behind it */
	tail[0].index = 10;
	bench_start(b);
	EXPECT_STATUS(b, config_index, 14);
	/* and read from a checkpoint, which nobody goes back behind */
	tail[0].index = 12;
	b->params.commit_index = 13;
	bench_start(b);
	bench_tick(b, 0);
	EXPECT_STATUS(b, config_index, 14);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_CONFIG));
	b->params.commit_index = 0;
	tail[1].index = 16;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	tail[1].index = 14;
	tail[1].n = 0;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	b->params.nconfigs = RAFT_CONFIGS_MAX + 1;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	b->params.nconfigs = 0;
	b->params.config.index = 11;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
}

/* New timing is in force when it is appended, and gone when it is cut off. */
static void timing_follows_the_log(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_config slow;

	bench_start(b);
	slow = b->params.config;
	slow.timing.election_min = 10000 * MS;
	slow.timing.election_max = 20000 * MS;
	append_config(b, 1, 0, 0, &slow);
	bench_settle(b);
	bench_tick(b, 5000 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, leader, 2);
	bench_append(b, 3, 2, 0, 0, 0, (u64[]){ 2 }, 1);
	bench_settle(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

/* M-6: a snapshot taken in a joint configuration is joint where it is installed. */
static void m06_joint_goes_with_a_snapshot(struct kunit *test)
{
	const struct raft_snapshot ten = { 10, 2, 5, 7 };
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 3;
	bench_start(b);
	b->params.config.members[0].roles |= RAFT_M_OLD;
	b->params.config.members[2].roles = RAFT_M_OLD;
	b->params.config.index = 9;
	bench_chunk(b, 2, 3, &ten, 0, 5);
	bench_stored(b, &ten, 0, 5, 0);
	EXPECT_STATUS(b, joint, false);
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, joint, true);
	EXPECT_STATUS(b, config_index, 9);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_CONFIG));
	KUNIT_EXPECT_TRUE(test, bench_effect(b, RAFT_FX_CONFIG)->config.committed);
}

/* M-15 and joining: who leads us is listened to, though no list of ours names it. */
/* Who joins knows nobody: it campaigns never, and is told all by whoever leads. */
static void who_joins_is_told_the_members(struct kunit *test)
{
	struct bench *b = bench_new(test, 9, 0, 0);
	struct raft_config four = b->params.config;
	u32 i;

	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	b->params.flags = RAFT_F_JOIN;
	b->params.config.timing.heartbeat = 0;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	b->params.config.timing.heartbeat = 50 * MS;
	bench_start(b);
	KUNIT_EXPECT_EQ(test, raft_deadline(b->raft), RAFT_NEVER);
	bench_tick(b, 2000 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	four.n = 4;
	for (i = 0; i < 3; i++) {
		four.members[i].id = i + 1;
		four.members[i].roles = RAFT_M_VOTER;
	}
	four.members[3].id = 9;
	four.members[3].roles = RAFT_M_LEARNER;
	append_config(b, 3, 0, 0, &four);
	bench_settle(b);
	EXPECT_STATUS(b, leader, 2);
	EXPECT_STATUS(b, config_index, 1);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 4U);
	/* Another leader cuts it off: it knows nobody again, and goes on listening. */
	four.timing.heartbeat = 40 * MS;
	append_config(b, 6, 0, 0, &four);
	bench_settle(b);
	EXPECT_STATUS(b, term, 6);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->timing.heartbeat, 40ULL * MS);
	bench_tick(b, 4000 * MS);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
}

/* With a log it starts as everybody does: by the configurations in it. */
static void who_has_joined_knows_the_members(struct kunit *test)
{
	struct bench *b = bench_new(test, 9, 0, 0);
	struct raft_config one = b->params.config;

	one.index = 2;
	one.n = 1;
	one.members[0].id = 9;
	one.members[0].roles = RAFT_M_VOTER;
	b->params.flags = RAFT_F_JOIN;
	b->params.configs = &one;
	b->params.nconfigs = 1;
	bench_run(b, 1, 1, 2);
	bench_start(b);
	KUNIT_EXPECT_EQ(test, raft_get_config(b->raft)->n, 1U);
	KUNIT_EXPECT_NE(test, raft_deadline(b->raft), RAFT_NEVER);
}

static void a_newcomer_listens_to_its_leader(struct kunit *test)
{
	struct bench *b = bench_new(test, 9, 3, 0);
	const struct raft_snapshot ten = { 10, 2, 5, 7 };

	bench_start(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_beat(b, 7, 3, 0, 1);
	EXPECT_STATUS(b, leader, 7);
	bench_settle(b);
	bench_chunk(b, 7, 3, &ten, 0, 5);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	/* but nobody else's answers are */
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 8, 9, 9, false);
	EXPECT_STATUS(b, term, 3);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_operation),
	KUNIT_CASE(impossible_results_are_refused),
	KUNIT_CASE(settings_change_as_members_do),
	KUNIT_CASE(a_full_table_has_room_for_a_newcomer),
	KUNIT_CASE(joint_changes_that_cannot_be),
	KUNIT_CASE(learners_in_other_changes),
	KUNIT_CASE(timing_follows_the_log),
	KUNIT_CASE(m11_the_silent_are_not_promoted),
	KUNIT_CASE(m12_guests_leave),
	KUNIT_CASE(p08_priority_is_patience),
	KUNIT_CASE(m01_moments_for_a_change),
	KUNIT_CASE(m03_a_truncated_configuration_is_reverted),
	KUNIT_CASE(m04_adopted_when_appended_committed_later),
	KUNIT_CASE(m05_found_again_at_the_start),
	KUNIT_CASE(m06_joint_goes_with_a_snapshot),
	KUNIT_CASE(m07_several_voters_take_a_joint_configuration),
	KUNIT_CASE(m08_the_leader_removes_itself),
	KUNIT_CASE(m09_another_device_starts_again),
	KUNIT_CASE(m09_what_is_filled_in_changes_nobody),
	KUNIT_CASE(m09_filled_in_with_a_joint_change),
	KUNIT_CASE(m09_who_comes_back_starts_again),
	KUNIT_CASE(c04_who_comes_back_proposes_nothing_twice),
	KUNIT_CASE(m11_a_learner_is_promoted_when_it_has_caught_up),
	KUNIT_CASE(a_newcomer_listens_to_its_leader),
	KUNIT_CASE(who_joins_is_told_the_members),
	KUNIT_CASE(who_has_joined_knows_the_members),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_change",
	.test_cases = cases,
};
kunit_test_suite(suite);
