// SPDX-License-Identifier: GPL-2.0
/*
 * What the shell must not say, what peers must not send, and corners that need to be
 * built: each by itself, since the engine tells them apart.
 */
#include "raft_bench.h"

static struct bench *leading(struct kunit *test, u32 learners)
{
	struct bench *b = bench_new(test, 1, 3, learners);

	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	bench_propose(b, 3, 1);
	bench_clear(b);
	return b;
}

/* A write is submitted as it was offered, or less of it. */
static void submitted_writes_are_checked(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		struct bench *b = leading(test, 0);
		struct raft_event ev = { .type = RAFT_EV_SUBMITTED };

		KUNIT_ASSERT_TRUE(test, raft_next_write(b->raft, &ev.write));
		switch (i) {
		case 0:
			ev.write.seq++;
			break;
		case 1:
			ev.write.term++;
			break;
		case 2:
			ev.write.first++;
			break;
		case 3:
			ev.write.truncate = 1;
			break;
		case 4:
			ev.write.last++;
			break;
		case 5:
			ev.write.last = ev.write.first - 2;
			break;
		case 6:
			ev.write.last = ev.write.first - 1;
			break;
		default:
			break;
		}
		bench_step(b, &ev);
		EXPECT_STATUS(b, halt, i < 7 ? RAFT_HALT_CONTRACT : RAFT_HALT_NONE);
	}
}

static void ended_writes_are_recognised(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		struct bench *b = leading(test, 0);
		struct raft_event ev = { .type = RAFT_EV_WRITTEN };

		bench_submit(b, 2);
		bench_submit(b, 0);
		ev.write = b->writes[1];
		switch (i) {
		case 0:
			ev.write.seq += 5;
			break;
		case 1:
			ev.write.term++;
			break;
		case 2:
			ev.write.last--;
			break;
		default:
			/* twice, while an older one is under way (D-11) */
			bench_step(b, &ev);
			EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
			break;
		}
		bench_step(b, &ev);
		EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
	}
}

static void sent_appends_are_checked(struct kunit *test)
{
	static const struct {
		u32 peer;
		u64 first, last;
		bool halts;
	} t[] = {
		{ 9, 2, 4, true }, { 1, 2, 4, true }, { 2, 2, 5, true }, { 2, 4, 2, true },
		{ 2, 3, 4, false },	/* turned back meanwhile */
		{ 2, 2, 1, false },	/* an empty one while pipelining */
		{ 2, 2, 4, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct bench *b = leading(test, 0);
		struct raft_event ev = { .type = RAFT_EV_SENT };

		ev.sent.peer = t[i].peer;
		ev.sent.first = t[i].first;
		ev.sent.last = t[i].last;
		bench_step(b, &ev);
		EXPECT_STATUS(b, halt, t[i].halts ? RAFT_HALT_CONTRACT : RAFT_HALT_NONE);
	}
	/* it stopped leading meanwhile */
	{
		struct bench *b = leading(test, 0);
		struct raft_event ev = { .type = RAFT_EV_SENT };
		struct raft_append a;

		bench_beat(b, 3, 9, 0, 1);
		ev.sent.peer = 2;
		bench_step(b, &ev);
		EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
		KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_NOTHING);
	}
}

static void hard_state_numbers_are_checked(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE };

	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	ev.hard_seq = b->hard_seq;
	bench_step(b, &ev);
	/* again: an older one that was replaced */
	bench_step(b, &ev);
	EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
	ev.hard_seq++;
	bench_step(b, &ev);
	EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
}

static void unknown_events_and_messages(struct kunit *test)
{
	struct bench *b = leading(test, 0);
	struct raft_msg msg = { .type = RAFT_MSG_NR, .from = 2, .term = 1 };
	struct raft_event ev = { .type = 99 };

	bench_message(b, &msg);
	/* from itself, to somebody else */
	msg.type = RAFT_MSG_HEARTBEAT;
	msg.from = 1;
	bench_message(b, &msg);
	msg.from = 2;
	msg.to = 3;
	bench_message(b, &msg);
	EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_step(b, &ev);
	EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
	/* and then the door is shut for everything */
	KUNIT_EXPECT_EQ(test, bench_read(b, 1), -RAFT_REFUSED_HALTED);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 2), -RAFT_REFUSED_HALTED);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), -RAFT_REFUSED_HALTED);
	KUNIT_EXPECT_EQ(test, raft_deadline(b->raft), RAFT_NEVER);
	bench_tick(b, MS);
	KUNIT_EXPECT_FALSE(test, bench_submit(b, 0));
}

/* What only a leader takes reaches a node that does not lead (any more). */
static void answers_to_who_does_not_lead(struct kunit *test)
{
	static const u8 types[] = {
		RAFT_MSG_APPEND_REPLY, RAFT_MSG_HEARTBEAT_REPLY, RAFT_MSG_SNAPSHOT_REPLY,
		RAFT_MSG_FORWARD, RAFT_MSG_READ,
	};
	struct bench *b = bench_new(test, 1, 3, 0);
	u32 i;

	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	bench_settle(b);
	bench_clear(b);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct raft_msg msg = { .type = types[i], .from = 3, .term = 3 };

		bench_message(b, &msg);
		msg.term = 2;
		bench_message(b, &msg);
	}
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	/* a leader's own answers, and of an older term */
	b = leading(test, 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct raft_msg msg = { .type = types[i], .from = 3 };

		bench_message(b, &msg);
	}
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	{
		struct raft_msg msg = { .type = RAFT_MSG_READ_REPLY, .from = 3, .term = 1 };

		bench_message(b, &msg);
		msg.type = RAFT_MSG_TIMEOUT_NOW;
		bench_message(b, &msg);
		msg.type = RAFT_MSG_FORWARD_REPLY;
		msg.forward_reply.reason = RAFT_OK;
		bench_message(b, &msg);
		msg.forward_reply.reason = RAFT_REASON_NR;
		bench_message(b, &msg);
	}
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	EXPECT_STATUS(b, role, RAFT_LEADER);
}

/* V-4: a learner's and a stranger's questions and answers. */
static void v04_learners_neither_ask_nor_grant(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 1);

	/* With a better log than ours they may be voters of a newer configuration. */
	bench_run(b, 1, 1, 1);
	bench_start(b);
	bench_clear(b);
	bench_ask(b, RAFT_MSG_PREVOTE, 4, 3, 0, 0);
	bench_ask(b, RAFT_MSG_VOTE, 4, 3, 0, 0);
	bench_ask(b, RAFT_MSG_VOTE, 9, 3, 0, 0);
	EXPECT_STATUS(b, term, 1);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
}

/* A pre-candidate that is asked for its vote gives it and stops (V-14). */
static void v14_precandidate_votes(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	b->params.term = 0;
	bench_ask(b, RAFT_MSG_VOTE, 2, 1, 0, 0);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, vote, 2);
	/* a grant that names another term than it answers */
	b = bench_new(test, 1, 3, 0);
	bench_start(b);
	bench_timeout(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 0, 1, true);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 0, 1, false);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

/* Without check-quorum nothing sticks: any higher term that asks is served. */
static void nothing_sticks_without_checkquorum(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.flags = 0;
	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	bench_settle(b);
	bench_ask(b, RAFT_MSG_VOTE, 3, 4, 0, 0);
	EXPECT_STATUS(b, vote, 3);
	bench_settle(b);
	/* nor is there a pre-vote, or an end of a leadership nobody hears */
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_hard(b, 0);
	bench_answer(b, RAFT_MSG_VOTE_REPLY, 2, 5, 5, true);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	bench_settle(b);
	bench_tick(b, 5000 * MS);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	KUNIT_EXPECT_TRUE(test, raft_deadline(b->raft) - b->now <= 50 * MS);
}

/* A stale leader is answered once this node's own term is durable. */
static void v10_stale_leaders_wait_for_the_disk(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_beat(b, 2, 3, 0, 1);
	bench_append(b, 3, 2, 0, 0, 0, NULL, 0);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 3));
	bench_settle(b);
	bench_append(b, 3, 2, 0, 0, 0, NULL, 0);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 3));
}

/* A term this log has forgotten cannot be compared: nothing is said. */
static void forgotten_terms_are_not_judged(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u32 i;

	for (i = 1; i <= 2 * RAFT_RUNS_MAX; i++)
		bench_run(b, i, i, i);
	bench_start(b);
	bench_append(b, 2, 5000, 10, 10, 0, NULL, 0);
	bench_settle(b);
	KUNIT_EXPECT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
	EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
}

static void proposals_of_other_kinds_are_refused(struct kunit *test)
{
	static const struct raft_proposal bad[] = {
		{ .tag = 1, .size = 1, .type = RAFT_ENTRY_NOOP },
		{ .tag = 1, .size = 1, .type = RAFT_ENTRY_CONFIG },
		{ .tag = 1, .size = 0, .type = RAFT_ENTRY_SESSION },
		{ .tag = 1, .size = QUORUM_ENTRY_BYTES_MAX + 1, .type = RAFT_ENTRY_DATA },
	};
	const struct raft_proposal good = { .tag = 1, .size = 1, .type = RAFT_ENTRY_SESSION };
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct bench *b = leading(test, 0);
	u32 i;

	ev.propose.count = 1;
	ev.propose.room = 100;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ev.propose.list = &bad[i];
		KUNIT_EXPECT_EQ(test, bench_step(b, &ev), -RAFT_REFUSED_TOO_BIG);
	}
	ev.propose.list = &good;
	KUNIT_EXPECT_EQ(test, bench_step(b, &ev), 1);
}

/* Snapshots: what reached the engine too late, or is not what it says. */
static void snapshot_reports_that_came_late(struct kunit *test)
{
	const struct raft_snapshot three = { 3, 1, 200000, 1 };
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };
	struct bench *b = leading(test, 0);
	struct raft_append a;
	u32 i;

	bench_settle(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 4, 4);
	bench_snapshot(b, &three, 3);
	bench_send_all(b, 3);
	bench_reject(b, 3, 1, 0, 0);
	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_SNAPSHOT);
		ev.chunk.peer = 3;
		ev.chunk.name = three;
		ev.chunk.offset = a.offset;
		ev.chunk.bytes = a.bytes;
		bench_step(b, &ev);
	}
	/* the window is full */
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_NOTHING);
	/* at another place, to another node, of another snapshot, too much, as follower */
	bench_step(b, &ev);
	ev.chunk.offset += a.bytes;
	ev.chunk.bytes = 1 << 20;
	ev.chunk.offset = RAFT_SNAPSHOT_WINDOW_BYTES;
	bench_step(b, &ev);
	ev.chunk.bytes = 1;
	ev.chunk.peer = 2;
	bench_step(b, &ev);
	ev.chunk.peer = 9;
	bench_step(b, &ev);
	ev.chunk.peer = 3;
	ev.chunk.name.size++;
	bench_step(b, &ev);
	ev.chunk.name = three;
	ev.chunk.name.term++;
	bench_step(b, &ev);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 3, &a), RAFT_NEXT_NOTHING);
	bench_beat(b, 3, 9, 0, 1);
	bench_step(b, &ev);
	EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
}

static void unsound_snapshots_halt(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		struct bench *b = leading(test, 0);
		struct raft_config config = b->params.config;
		struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };

		bench_settle(b);
		bench_ack(b, 2, 4, 4);
		ev.snapshot.name = (struct raft_snapshot){ i == 3 ? 0 : 3, 1, 5, 5 };
		ev.snapshot.config = &config;
		if (i == 0)
			ev.snapshot.config = NULL;
		if (i == 1)
			config.index = 4;
		if (i == 2)
			config.n = 0;
		bench_step(b, &ev);
		EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
	}
}

/* A leader whose base has no snapshot has nothing to send, and does not spin. */
static void a_base_without_a_snapshot(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_append a;

	b->params.base_index = 10;
	b->params.base_term = 1;
	bench_run(b, 11, 1, 12);
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_reject(b, 2, 12, 3, 1);
	EXPECT_STATUS(b, peers[1].snapshot, true);
	KUNIT_EXPECT_EQ(test, raft_next_append(b->raft, 2, &a), RAFT_NEXT_NOTHING);
}

/* Bytes of a snapshot that were stored too late, twice, or elsewhere. */
static void stored_chunks_that_came_late(struct kunit *test)
{
	const struct raft_snapshot ten = { 10, 2, 40000, 0xa };
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 3;
	bench_start(b);
	/* the leader's term is not durable yet: nothing is answered */
	bench_chunk(b, 2, 4, &ten, 500, 10);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_SNAPSHOT_REPLY), 0U);
	bench_settle(b);
	bench_chunk(b, 2, 4, &ten, 0, 1000);
	bench_stored(b, &ten, 7, 10, 0);
	EXPECT_STATUS(b, incoming_stored, 0);
	/* nobody leads, this node campaigns, another leads: it goes on or not */
	bench_timeout(b);
	bench_stored(b, &ten, 0, 1000, 0);
	EXPECT_STATUS(b, incoming_stored, 1000);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_SNAPSHOT_REPLY), 0U);
	bench_chunk(b, 2, 4, &ten, 1000, 0);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_SNAPSHOT_REPLY), 1U);
	bench_chunk(b, 2, 4, &ten, 1000, 32000);
	bench_stored(b, &ten, 1000, 32000, 0);
	bench_chunk(b, 2, 4, &ten, 33000, 7000);
	bench_stored(b, &ten, 33000, 7000, 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_INSTALL_END), 1U);
	bench_stored(b, &ten, 33000, 7000, 0);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_INSTALL_END), 1U);
	/* two leaders in one term: that ends everything */
	bench_chunk(b, 3, 4, &ten, 0, 10);
	EXPECT_STATUS(b, halt, RAFT_HALT_TWO_LEADERS);
}

static void another_installation_than_asked(struct kunit *test)
{
	const struct raft_snapshot ten = { 10, 2, 100, 0xa };
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_chunk(b, 2, 4, &ten, 0, 100);
	bench_settle(b);
	bench_stored(b, &ten, 0, 100, 0);
	bench_installed(b, &(struct raft_snapshot){ 10, 2, 100, 0xb }, 0);
	EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
}

/* Of many terms: whole runs go, one is cut, the rest stays known. */
static void compaction_cuts_runs(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	u64 forget, term, i;

	for (forget = 1; forget <= 20; forget++) {
		b->params.nruns = 0;
		b->params.term = 0;
		bench_run(b, 1, 1, 20);
		bench_run(b, 6, 2, 20);
		bench_run(b, 9, 4, 20);
		bench_run(b, 10, 5, 20);
		bench_start(b);
		bench_elect(b);
		bench_send_all(b, 2);
		bench_ack(b, 2, 21, 21);
		bench_snapshot(b, &(struct raft_snapshot){ 20, 5, 1, 1 }, forget);
		EXPECT_STATUS(b, first_index, forget + 1);
		for (i = forget; i <= 20; i++) {
			KUNIT_EXPECT_TRUE(test, raft_term_at(b->raft, i, &term));
			KUNIT_EXPECT_EQ(test, term, i < 6 ? 1ULL : i < 9 ? 2 : i < 10 ? 4 : 5);
		}
		KUNIT_EXPECT_FALSE(test, raft_term_at(b->raft, forget - 1, &term));
	}
}

/* Where terms are forgotten, a snapshot's own term is all there is. */
static void snapshots_of_forgotten_terms(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT, .from = 2, .term = 6000 };
	u32 i;

	for (i = 1; i <= 2 * RAFT_RUNS_MAX; i++)
		bench_run(b, i, i, i);
	bench_start(b);
	bench_append(b, 2, 6000, 2 * RAFT_RUNS_MAX, 2 * RAFT_RUNS_MAX, 20, NULL, 0);
	bench_settle(b);
	EXPECT_STATUS(b, commit, 20);
	/* committed, and of a term nobody here knows: taken for right */
	msg.snapshot.name = (struct raft_snapshot){ 10, 10, 1, 1 };
	msg.snapshot.config = &b->params.config;
	bench_message(b, &msg);
	bench_append(b, 2, 6000, 10, 10, 20, NULL, 0);
	EXPECT_STATUS(b, halt, RAFT_HALT_NONE);
	/* only the snapshot's own index can be the new base */
	bench_snapshot(b, &(struct raft_snapshot){ 15, 15, 1, 1 }, 12);
	EXPECT_STATUS(b, first_index, 1);
	bench_snapshot(b, &(struct raft_snapshot){ 15, 15, 1, 1 }, 15);
	EXPECT_STATUS(b, first_index, 16);
}

static void transfers_to_odd_targets(struct kunit *test)
{
	struct raft_event stop = { .type = RAFT_EV_STEP_DOWN };
	struct bench *b = bench_new(test, 1, 3, 0);

	/* a witness votes, and cannot lead */
	b->params.config.members[2].roles |= RAFT_M_WITNESS;
	bench_start(b);
	bench_elect(b);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, 3), -RAFT_REFUSED_WITNESS);
	KUNIT_EXPECT_EQ(test, bench_transfer(b, RAFT_NONE), 1);
	EXPECT_STATUS(b, transfer, 2);
	bench_send_all(b, 2);
	bench_ack(b, 2, 1, 1);
	bench_ack(b, 2, 1, 1);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW), 1U);
	/* nobody has been heard for long: a stop tells nobody */
	b = leading(test, 0);
	b->now += 200 * MS;
	bench_step(b, &stop);
	KUNIT_EXPECT_EQ(test, bench_sent_count(b, RAFT_MSG_TIMEOUT_NOW), 0U);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	/* who does not lead has nothing to give up */
	bench_step(b, &stop);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
}

/* TIMEOUT_NOW reaches a pre-candidate, and a candidate of that very term. */
static void timeout_now_in_other_roles(struct kunit *test)
{
	struct raft_msg msg = { .type = RAFT_MSG_TIMEOUT_NOW, .from = 2, .term = 1 };
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 1;
	bench_start(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
	bench_message(b, &msg);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	EXPECT_STATUS(b, term, 2);
	msg.term = 2;
	bench_message(b, &msg);
	EXPECT_STATUS(b, term, 2);
}

/* P-1: a (term, vote) that hangs counts like a write that hangs. */
static void p01_both_kinds_of_writes_hang(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_append(b, 2, 1, 0, 0, 0, (u64[]){ 1 }, 1);
	bench_hard(b, 0);
	bench_submit(b, 0);
	b->now += 10 * MS;
	/* a new term while the log is being written */
	bench_beat(b, 3, 2, 0, 1);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_settle(b);
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_PRECANDIDATE);
}

/* With leases: a confirmed round without check-quorum, or a lagging member, is none. */
static void no_lease_without_its_conditions(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);
	static struct raft_config config;

	b->params.config.flags = RAFT_F_LEASE | RAFT_F_CHECKQUORUM;
	config = b->params.config;
	config.index = 3;
	b->params.configs = &config;
	b->params.nconfigs = 1;
	bench_run(b, 1, 1, 5);
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 6, 6);
	bench_read(b, 1);
	/* n3 answers, but what it has does not reach the configuration in force */
	bench_beat_round(b, 3, bench_sent(b, RAFT_MSG_HEARTBEAT, 3)->heartbeat.round);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), 1U);
	bench_clear(b);
	bench_read(b, 2);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), 0U);
	bench_beat_round(b, 2, bench_sent(b, RAFT_MSG_HEARTBEAT, 2)->heartbeat.round);
	bench_clear(b);
	bench_read(b, 3);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_READ), 1U);
}

/* H-5: each invariant is broken by hand once, and noticed. */
static void h05_invariants_notice(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 12; i++) {
		struct bench *b = leading(test, 0);
		struct raft *r = b->raft;

		bench_send_all(b, 2);
		KUNIT_ASSERT_TRUE(test, !raft_check(r));
		switch (i) {
		case 0:
			r->peers[1].inflight[r->peers[1].head].last = 1;
			break;
		case 1:
			r->peers[1].count = RAFT_APPENDS_MAX + 1;
			break;
		case 2:
			r->hard.vote = 2;
			break;
		case 3:
			r->uncommitted.n = RAFT_SPANS_MAX + 1;
			break;
		case 4:
			r->uncommitted.spans[r->uncommitted.head].last = 1;
			break;
		case 5:
			r->role = 77;
			break;
		case 6:
			r->log.nruns = RAFT_RUNS_MAX + 1;
			break;
		case 7:
			r->peers[1].inflight[r->peers[1].head].last = 0;
			r->peers[1].match = 0;
			break;
		case 8:
			r->log.runs[0].term++;
			r->hard.term++;
			r->hard.seq = r->hard.durable_seq;
			r->term_start = 9;
			break;
		case 9:
			r->term_leader = 2;
			break;
		case 10:
			r->role = RAFT_FOLLOWER;
			r->leader = RAFT_NONE;
			r->uncommitted.n = 0;
			r->uncommitted.bytes = 0;
			r->answered = 1;
			break;
		default:
			r->log.base_index = 4;
			r->log.commit = 4;
			break;
		}
		KUNIT_EXPECT_TRUE_MSG(test, !!raft_check(r), "case %u", i);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(submitted_writes_are_checked),
	KUNIT_CASE(ended_writes_are_recognised),
	KUNIT_CASE(sent_appends_are_checked),
	KUNIT_CASE(hard_state_numbers_are_checked),
	KUNIT_CASE(unknown_events_and_messages),
	KUNIT_CASE(answers_to_who_does_not_lead),
	KUNIT_CASE(v04_learners_neither_ask_nor_grant),
	KUNIT_CASE(v10_stale_leaders_wait_for_the_disk),
	KUNIT_CASE(v14_precandidate_votes),
	KUNIT_CASE(nothing_sticks_without_checkquorum),
	KUNIT_CASE(forgotten_terms_are_not_judged),
	KUNIT_CASE(proposals_of_other_kinds_are_refused),
	KUNIT_CASE(snapshot_reports_that_came_late),
	KUNIT_CASE(unsound_snapshots_halt),
	KUNIT_CASE(a_base_without_a_snapshot),
	KUNIT_CASE(stored_chunks_that_came_late),
	KUNIT_CASE(another_installation_than_asked),
	KUNIT_CASE(compaction_cuts_runs),
	KUNIT_CASE(snapshots_of_forgotten_terms),
	KUNIT_CASE(transfers_to_odd_targets),
	KUNIT_CASE(timeout_now_in_other_roles),
	KUNIT_CASE(p01_both_kinds_of_writes_hang),
	KUNIT_CASE(no_lease_without_its_conditions),
	KUNIT_CASE(h05_invariants_notice),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_contract",
	.test_cases = cases,
};
kunit_test_suite(suite);
