// SPDX-License-Identifier: GPL-2.0
/* Snapshots and compaction: class S of the catalogue. */
#include "raft_bench.h"
#include "raft_cluster.h"

static const struct raft_snapshot ten = { 10, 2, 40000, 0xa };

/* n1 follows n2 in term 3, with entries 1..@last of term 1, committed to @commit. */
static struct bench *following(struct kunit *test, u64 last, u64 commit)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	if (last)
		bench_run(b, 1, 1, last);
	b->params.term = 3;
	bench_start(b);
	bench_append(b, 2, 3, last, last ? 1 : 0, commit, NULL, 0);
	bench_settle(b);
	bench_clear(b);
	return b;
}

static const struct raft_msg *replied(const struct bench *b)
{
	return bench_sent(b, RAFT_MSG_SNAPSHOT_REPLY, 2);
}

static void expect_reply(struct bench *b, u64 offset, u8 verdict)
{
	KUNIT_ASSERT_NOT_NULL(b->test, replied(b));
	KUNIT_EXPECT_EQ(b->test, replied(b)->snapshot_reply.offset, offset);
	KUNIT_EXPECT_EQ(b->test, replied(b)->snapshot_reply.verdict, verdict);
	bench_clear(b);
}

/* Bring the transfer of @name, which is ten's size, to where INSTALL_END is due. */
static void transfer(struct bench *b, const struct raft_snapshot *name)
{
	bench_chunk(b, 2, 3, name, 0, 32768);
	bench_stored(b, name, 0, 32768, 0);
	bench_chunk(b, 2, 3, name, 32768, 7232);
	bench_stored(b, name, 32768, 7232, 0);
}

static void install_step_by_step(struct kunit *test)
{
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 32768);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_INSTALL)->install.name.crc, 0xaU);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_CHUNK));
	KUNIT_EXPECT_NULL(test, replied(b));
	/* acknowledged is what is stored (bug D-1) */
	bench_stored(b, &ten, 0, 32768, 0);
	expect_reply(b, 32768, RAFT_SNAPSHOT_STORED);
	bench_chunk(b, 2, 3, &ten, 32768, 7232);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	bench_stored(b, &ten, 32768, 7232, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	EXPECT_STATUS(b, commit, 3);
	bench_clear(b);
	bench_installed(b, &ten, 0);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_RESTORE));
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.match, 10ULL);
	EXPECT_STATUS(b, commit, 10);
	EXPECT_STATUS(b, first_index, 11);
	EXPECT_STATUS(b, last_index, 10);
	EXPECT_STATUS(b, last_term, 2);
	EXPECT_STATUS(b, durable_index, 10);
	EXPECT_STATUS(b, snapshot.index, 10);
	EXPECT_STATUS(b, incoming.index, 0);
	/* and on it goes */
	bench_append(b, 2, 3, 10, 2, 10, (u64[]){ 3 }, 1);
	bench_settle(b);
	EXPECT_STATUS(b, durable_index, 11);
}

/* S-1, Figure 13: the own log is kept only if it has the snapshot's last entry. */
static void s01_conflicting_log_is_replaced(struct kunit *test)
{
	struct bench *b = following(test, 20, 3);

	transfer(b, &ten);
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, last_index, 10);
	EXPECT_STATUS(b, last_term, 2);
	bench_append(b, 2, 3, 10, 2, 10, (u64[]){ 3 }, 1);
	EXPECT_STATUS(b, last_index, 11);
}

static void s01_matching_log_needs_no_snapshot(struct kunit *test)
{
	const struct raft_snapshot name = { 10, 1, 40000, 0xb };
	struct bench *b = following(test, 20, 3);

	bench_chunk(b, 2, 3, &name, 0, 100);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	EXPECT_STATUS(b, commit, 10);
	EXPECT_STATUS(b, last_index, 20);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
}

/* The log came as far meanwhile, and what is behind was acknowledged (bug S-1). */
static void s01_log_that_came_as_far_is_kept(struct kunit *test)
{
	static const u64 terms[] = { 2, 2, 2, 2, 2, 2, 2 };
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 32768);
	bench_stored(b, &ten, 0, 32768, 0);
	bench_chunk(b, 2, 3, &ten, 32768, 7232);
	bench_append(b, 2, 3, 5, 1, 3, terms, ARRAY_SIZE(terms));
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_ABORT));
	bench_settle(b);
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.match, 12ULL);
	bench_stored(b, &ten, 32768, 7232, 0);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	EXPECT_STATUS(b, last_index, 12);
	EXPECT_STATUS(b, commit, 10);
}

static void s06_events_while_installing(struct kunit *test)
{
	const struct raft_snapshot newer = { 15, 2, 100, 0xc };
	struct raft_msg msg = { .type = RAFT_MSG_TIMEOUT_NOW, .from = 2, .term = 3 };
	struct bench *b = following(test, 5, 3);

	transfer(b, &ten);
	bench_clear(b);
	/* the same again, a newer one, an append, a heartbeat, TIMEOUT_NOW */
	bench_chunk(b, 2, 3, &ten, 32768, 7232);
	expect_reply(b, 40000, RAFT_SNAPSHOT_STORED);
	bench_chunk(b, 2, 3, &newer, 0, 100);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	bench_append(b, 2, 3, 5, 1, 5, (u64[]){ 3 }, 1);
	bench_beat(b, 2, 3, 5, 1);
	bench_message(b, &msg);
	EXPECT_STATUS(b, commit, 3);
	EXPECT_STATUS(b, last_index, 5);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	/* the timer: no campaign; a vote: by the old log, which is still in force */
	bench_timeout(b);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	bench_ask(b, RAFT_MSG_VOTE, 3, 4, 4, 1);
	EXPECT_STATUS(b, vote, 0);
	bench_ask(b, RAFT_MSG_VOTE, 3, 5, 5, 1);
	EXPECT_STATUS(b, vote, 3);
	/* a new term is obeyed, and the end is the end */
	bench_settle(b);
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, commit, 10);
	EXPECT_STATUS(b, term, 5);
}

static void s06_waits_for_writes_under_way(struct kunit *test)
{
	struct bench *b = following(test, 5, 3);

	bench_append(b, 2, 3, 5, 1, 3, (u64[]){ 3, 3 }, 2);
	bench_submit(b, 6);
	transfer(b, &ten);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	/* nor does another one begin */
	KUNIT_EXPECT_FALSE(test, bench_submit(b, 0));
	bench_written(b, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, durable_index, 10);
}

static void s06_candidate_follows(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_start(b);
	bench_timeout(b);
	bench_answer(b, RAFT_MSG_PREVOTE_REPLY, 2, 1, 1, true);
	bench_hard(b, 0);
	EXPECT_STATUS(b, role, RAFT_CANDIDATE);
	bench_chunk(b, 2, 1, &(struct raft_snapshot){ 4, 1, 10, 1 }, 0, 10);
	EXPECT_STATUS(b, role, RAFT_FOLLOWER);
	EXPECT_STATUS(b, leader, 2);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
}

static void s07_term_and_vote_stay(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.term = 7;
	b->params.vote = 2;
	bench_start(b);
	bench_chunk(b, 2, 7, &(struct raft_snapshot){ 4, 5, 10, 1 }, 0, 10);
	bench_stored(b, &(struct raft_snapshot){ 4, 5, 10, 1 }, 0, 10, 0);
	bench_installed(b, &(struct raft_snapshot){ 4, 5, 10, 1 }, 0);
	EXPECT_STATUS(b, commit, 4);
	EXPECT_STATUS(b, term, 7);
	EXPECT_STATUS(b, vote, 2);
}

static void s08_not_newer_than_commit(struct kunit *test)
{
	struct bench *b = following(test, 12, 12);

	bench_chunk(b, 2, 3, &(struct raft_snapshot){ 10, 1, 10, 1 }, 0, 10);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_ASSERT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2));
	KUNIT_EXPECT_EQ(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 2)->append_reply.match, 12ULL);
	/* another entry at a committed index */
	bench_chunk(b, 2, 3, &(struct raft_snapshot){ 12, 2, 10, 1 }, 0, 10);
	EXPECT_STATUS(b, halt, RAFT_HALT_SNAPSHOT);
}

static void s11_no_bytes_of_two_snapshots(struct kunit *test)
{
	struct raft_snapshot other = ten;
	struct bench *b = following(test, 5, 3);

	other.crc++;
	/* nothing known: from the beginning */
	bench_chunk(b, 2, 3, &ten, 32768, 100);
	expect_reply(b, 0, RAFT_SNAPSHOT_GAP);
	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_stored(b, &ten, 0, 1000, 0);
	bench_clear(b);
	/* a lost chunk, and a copy */
	bench_chunk(b, 2, 3, &ten, 2000, 1000);
	expect_reply(b, 1000, RAFT_SNAPSHOT_GAP);
	bench_chunk(b, 2, 3, &ten, 0, 1000);
	expect_reply(b, 1000, RAFT_SNAPSHOT_STORED);
	/* another one of the same index goes on from nowhere */
	bench_chunk(b, 2, 3, &other, 1000, 1000);
	expect_reply(b, 0, RAFT_SNAPSHOT_GAP);
	bench_chunk(b, 2, 3, &other, 0, 1000);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_ABORT));
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	EXPECT_STATUS(b, incoming_stored, 0);
	/* the store is still busy with the old one */
	bench_stored(b, &ten, 1000, 1000, 0);
	EXPECT_STATUS(b, incoming_stored, 0);
	bench_stored(b, &other, 0, 1000, 0);
	EXPECT_STATUS(b, incoming_stored, 1000);
}

static void s11_s15_a_new_leader_has_the_say(struct kunit *test)
{
	const struct raft_snapshot older = { 8, 2, 100, 0xd };
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_stored(b, &ten, 0, 1000, 0);
	bench_clear(b);
	bench_chunk(b, 2, 3, &older, 0, 100);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	/* the same bytes go on under another leader */
	bench_chunk(b, 3, 4, &ten, 1000, 1000);
	bench_settle(b);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_CHUNK));
	bench_chunk(b, 2, 5, &older, 0, 100);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	EXPECT_STATUS(b, incoming.index, 8);
	/* an old leader is told */
	bench_settle(b);
	bench_clear(b);
	bench_chunk(b, 3, 4, &ten, 2000, 1000);
	KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_APPEND_REPLY, 3));
}

static void what_cannot_be_stored_is_given_up(struct kunit *test)
{
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_stored(b, &ten, 0, 1000, -EIO);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_ABORT));
	expect_reply(b, 0, RAFT_SNAPSHOT_FAILED);
	/* damaged on the way: seen only at the end */
	transfer(b, &ten);
	bench_clear(b);
	bench_installed(b, &ten, -EUCLEAN);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_ABORT));
	expect_reply(b, 0, RAFT_SNAPSHOT_FAILED);
	EXPECT_STATUS(b, commit, 3);
	transfer(b, &ten);
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, commit, 10);
	bench_installed(b, &ten, 0);
	EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
}

static void more_than_was_taken_is_not_stored(struct kunit *test)
{
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_stored(b, &ten, 0, 1001, 0);
	EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
}

static void malformed_chunks_are_ignored(struct kunit *test)
{
	static const struct {
		struct raft_snapshot name;
		u64 offset;
		u32 bytes;
	} t[] = {
		{ { 0, 1, 10, 1 }, 0, 10 }, { { 9, 0, 10, 1 }, 0, 10 },
		{ { 9, 4, 10, 1 }, 0, 10 }, { { 9, 1, 10, 1 }, 11, 0 },
		{ { 9, 1, 10, 1 }, 0, 11 }, { { 9, 1, 1 << 20, 1 }, 0, RAFT_CHUNK_BYTES_MAX + 1 },
		{ { ~0ULL, 1, 10, 1 }, 0, 10 },
	};
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT, .from = 2, .term = 3 };
	struct bench *b = following(test, 5, 3);
	struct raft_config config = b->params.config;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		bench_chunk(b, 2, 3, &t[i].name, t[i].offset, t[i].bytes);
	msg.snapshot.name = ten;
	msg.snapshot.bytes = 1;
	bench_message(b, &msg);
	msg.snapshot.config = &config;
	config.index = 11;
	bench_message(b, &msg);
	config.index = 0;
	config.n = 0;
	bench_message(b, &msg);
	msg.snapshot.config = &b->params.config;
	msg.snapshot.offset = 1;
	bench_message(b, &msg);
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_CHUNK));
	EXPECT_STATUS(b, halt, 0);
}

static void the_window_bounds_what_is_not_stored(struct kunit *test)
{
	const struct raft_snapshot big = { 10, 2, 1 << 20, 0xa };
	struct bench *b = following(test, 5, 3);
	u32 i;

	for (i = 0; i < 8; i++)
		bench_chunk(b, 2, 3, &big, i * RAFT_CHUNK_BYTES_MAX, RAFT_CHUNK_BYTES_MAX);
	KUNIT_EXPECT_EQ(test, bench_effect_count(b, RAFT_FX_CHUNK),
			(u32)(RAFT_SNAPSHOT_WINDOW_BYTES / RAFT_CHUNK_BYTES_MAX));
}

static void a_log_that_catches_up_drops_the_transfer(struct kunit *test)
{
	struct bench *b = following(test, 9, 3);

	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_append(b, 2, 3, 9, 1, 10, (u64[]){ 2 }, 1);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_ABORT));
	EXPECT_STATUS(b, incoming.index, 0);
	EXPECT_STATUS(b, commit, 10);
}

/* ---- the leader's side ---- */

/* n1 leads term 2 with 20 entries, all committed; n3 has confirmed the first only. */
static struct bench *leading_with(struct kunit *test, u8 roles)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.config.members[2].roles |= roles;
	bench_run(b, 1, 1, 19);
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 20, 20);
	bench_clear(b);
	return b;
}

static struct bench *leading(struct kunit *test)
{
	return leading_with(test, 0);
}

static const struct raft_snapshot fifteen = { 15, 1, 100000, 5 };

static struct raft_append next(struct bench *b, u32 peer, enum raft_next want)
{
	struct raft_append a;

	memset(&a, 0, sizeof(a));
	KUNIT_EXPECT_EQ(b->test, raft_next_append(b->raft, peer, &a), want);
	return a;
}

static void sent(struct bench *b, const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };

	ev.chunk.peer = a->peer;
	ev.chunk.name = a->snapshot;
	ev.chunk.offset = a->offset;
	ev.chunk.bytes = a->bytes;
	bench_step(b, &ev);
}

static void reply(struct bench *b, u32 from, const struct raft_snapshot *name, u64 offset,
		  u8 verdict)
{
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.snapshot_reply.name = *name;
	msg.snapshot_reply.offset = offset;
	msg.snapshot_reply.verdict = verdict;
	bench_message(b, &msg);
}

/* n3 is far behind, and the log it needs is gone. */
static struct bench *sending(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_snapshot(b, &fifteen, 15);
	bench_send_all(b, 3);
	bench_reject(b, 3, 19, 1, 1);
	EXPECT_STATUS(b, peers[2].snapshot, true);
	bench_clear(b);
	return b;
}

static void own_snapshot_lets_the_log_go(struct kunit *test)
{
	struct bench *b = leading(test);

	/* a trailing part is kept for slow members */
	bench_snapshot(b, &fifteen, 12);
	KUNIT_ASSERT_NOT_NULL(test, bench_effect(b, RAFT_FX_FORGET));
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_FORGET)->forget.index, 12ULL);
	KUNIT_EXPECT_EQ(test, bench_effect(b, RAFT_FX_FORGET)->forget.term, 1ULL);
	EXPECT_STATUS(b, first_index, 13);
	bench_clear(b);
	/* the same one later: more may go; an older one: nothing */
	bench_snapshot(b, &fifteen, 15);
	EXPECT_STATUS(b, first_index, 16);
	bench_clear(b);
	bench_snapshot(b, &(struct raft_snapshot){ 14, 1, 10, 1 }, 14);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	EXPECT_STATUS(b, snapshot.index, 15);
	/* all of it */
	bench_snapshot(b, &(struct raft_snapshot){ 20, 2, 10, 1 }, 20);
	EXPECT_STATUS(b, first_index, 21);
	EXPECT_STATUS(b, last_term, 2);
	KUNIT_EXPECT_EQ(test, bench_propose(b, 1, 1), 1);
	EXPECT_STATUS(b, last_index, 21);
}

static void s04_s13_impossible_snapshots_halt(struct kunit *test)
{
	static const struct {
		struct raft_snapshot name;
		u64 forget;
	} t[] = {
		{ { 21, 2, 10, 1 }, 10 },	/* not committed */
		{ { 15, 2, 10, 1 }, 10 },	/* not our entry */
		{ { 15, 1, 10, 1 }, 16 },	/* a gap behind it */
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		struct bench *b = leading(test);

		bench_snapshot(b, &t[i].name, t[i].forget);
		EXPECT_STATUS(b, halt, RAFT_HALT_CONTRACT);
	}
}

/* S-4: what the own device does not have yet is not let go of. */
static void s04_only_durable_entries_are_forgotten(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_propose(b, 3, 1);
	bench_send_all(b, 2);
	bench_send_all(b, 3);
	bench_ack(b, 2, 23, 23);
	bench_ack(b, 3, 23, 23);
	EXPECT_STATUS(b, commit, 23);
	bench_snapshot(b, &(struct raft_snapshot){ 22, 2, 10, 1 }, 22);
	EXPECT_STATUS(b, first_index, 21);
	EXPECT_STATUS(b, snapshot.index, 22);
}

static void s09_slow_member_is_sent_a_snapshot(struct kunit *test)
{
	struct bench *b = sending(test);
	struct raft_append a;
	u64 offset;

	for (offset = 0; offset < 100000; offset += a.bytes) {
		a = next(b, 3, RAFT_NEXT_SNAPSHOT);
		KUNIT_EXPECT_EQ(test, a.snapshot.index, 15ULL);
		KUNIT_EXPECT_EQ(test, a.offset, offset);
		KUNIT_EXPECT_EQ(test, !!a.config, !offset);
		sent(b, &a);
	}
	next(b, 3, RAFT_NEXT_NOTHING);
	reply(b, 3, &fifteen, 100000, RAFT_SNAPSHOT_STORED);
	EXPECT_STATUS(b, peers[2].offset, 100000);
	next(b, 3, RAFT_NEXT_NOTHING);
	bench_ack(b, 3, 15, 15);
	EXPECT_STATUS(b, peers[2].snapshot, false);
	a = next(b, 3, RAFT_NEXT_APPEND);
	KUNIT_EXPECT_EQ(test, a.first, 16ULL);
	KUNIT_EXPECT_EQ(test, a.last, 20ULL);
}

/* It is told up to where the log is gone, and gets none of what was in it. */
static void a_witness_is_sent_an_empty_snapshot(struct kunit *test)
{
	const struct raft_snapshot empty = { 15, 1, 0, RAFT_SNAPSHOT_EMPTY };
	struct bench *b = leading_with(test, RAFT_M_WITNESS);
	struct raft_append a;

	bench_snapshot(b, &fifteen, 15);
	bench_send_all(b, 3);
	bench_reject(b, 3, 19, 1, 1);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.snapshot.index, 15ULL);
	KUNIT_EXPECT_EQ(test, a.snapshot.size, 0ULL);
	KUNIT_EXPECT_EQ(test, a.snapshot.crc, RAFT_SNAPSHOT_EMPTY);
	KUNIT_EXPECT_EQ(test, a.bytes, 0U);
	KUNIT_EXPECT_NOT_NULL(test, a.config);
	/* the whole one is not what was asked for */
	a.snapshot = fifteen;
	sent(b, &a);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	sent(b, &a);
	next(b, 3, RAFT_NEXT_NOTHING);
	reply(b, 3, &fifteen, 0, RAFT_SNAPSHOT_FAILED);
	reply(b, 3, &empty, 0, RAFT_SNAPSHOT_STORED);
	EXPECT_STATUS(b, peers[2].snapshot, true);
	bench_ack(b, 3, 15, 15);
	EXPECT_STATUS(b, peers[2].snapshot, false);

	b = following(test, 5, 3);
	bench_chunk(b, 2, 3, &empty, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL));
	KUNIT_EXPECT_NOT_NULL(test, bench_effect(b, RAFT_FX_INSTALL_END));
	KUNIT_EXPECT_NULL(test, bench_effect(b, RAFT_FX_CHUNK));
	bench_installed(b, &empty, 0);
	EXPECT_STATUS(b, commit, 15);
	EXPECT_STATUS(b, snapshot.size, 0);
}

/* S-9, L-3: a compacted log and nothing to propose; the heartbeat finds out. */
static void s09_compacted_log_and_unknown_member(struct kunit *test)
{
	struct bench *b = leading(test);

	bench_snapshot(b, &(struct raft_snapshot){ 20, 2, 10, 1 }, 20);
	bench_send_all(b, 3);
	/* its log is empty */
	bench_reject(b, 3, 20, 0, 0);
	next(b, 3, RAFT_NEXT_SNAPSHOT);
	/* compaction overtakes one that is being probed */
	b = leading(test);
	bench_send_all(b, 3);
	bench_reject(b, 3, 19, 5, 1);
	next(b, 3, RAFT_NEXT_APPEND);
	bench_snapshot(b, &fifteen, 15);
	next(b, 3, RAFT_NEXT_SNAPSHOT);
	bench_reject(b, 3, 5, 1, 1);
	EXPECT_STATUS(b, peers[2].snapshot, true);
}

static void s10_any_ack_of_the_log_ends_the_transfer(struct kunit *test)
{
	struct bench *b = sending(test);
	struct raft_append a = next(b, 3, RAFT_NEXT_SNAPSHOT);

	sent(b, &a);
	bench_ack(b, 3, 9, 9);
	EXPECT_STATUS(b, peers[2].snapshot, true);
	/* the report was lost, a heartbeat's answer tells */
	bench_tick(b, 51 * MS);
	bench_beat_reply(b, 3, 1, 17, 17);
	EXPECT_STATUS(b, peers[2].snapshot, false);
	KUNIT_EXPECT_EQ(test, next(b, 3, RAFT_NEXT_APPEND).first, 18ULL);
	reply(b, 3, &fifteen, 32768, RAFT_SNAPSHOT_STORED);
	EXPECT_STATUS(b, peers[2].snapshot, false);
}

static void s11_lost_chunks_are_sent_again(struct kunit *test)
{
	struct bench *b = sending(test);
	struct raft_append a;
	u32 i;

	for (i = 0; i < 3; i++) {
		a = next(b, 3, RAFT_NEXT_SNAPSHOT);
		sent(b, &a);
	}
	/* the first was stored, the second lost: two that came after it tell, once */
	reply(b, 3, &fifteen, 32768, RAFT_SNAPSHOT_STORED);
	reply(b, 3, &fifteen, 32768, RAFT_SNAPSHOT_GAP);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.offset, 32768ULL);
	sent(b, &a);
	reply(b, 3, &fifteen, 32768, RAFT_SNAPSHOT_GAP);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.offset, 65536ULL);
	/* silence: after two heartbeats from where it is stored */
	sent(b, &a);
	bench_ack(b, 2, 20, 20);
	bench_tick(b, 101 * MS);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.offset, 32768ULL);
	/* it has restarted and knows nothing */
	sent(b, &a);
	reply(b, 3, &fifteen, 0, RAFT_SNAPSHOT_GAP);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.offset, 0ULL);
	KUNIT_EXPECT_NOT_NULL(test, a.config);
	/* of another snapshot, and of the future */
	sent(b, &a);
	reply(b, 3, &ten, 32768, RAFT_SNAPSHOT_STORED);
	reply(b, 3, &fifteen, 99999, RAFT_SNAPSHOT_STORED);
	EXPECT_STATUS(b, peers[2].offset, 0);
}

static void s11_newer_snapshot_takes_over(struct kunit *test)
{
	const struct raft_snapshot twenty = { 20, 2, 50, 9 };
	struct bench *b = sending(test);
	struct raft_append a = next(b, 3, RAFT_NEXT_SNAPSHOT);

	sent(b, &a);
	reply(b, 3, &fifteen, 32768, RAFT_SNAPSHOT_STORED);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	bench_snapshot(b, &twenty, 20);
	/* read from the old one meanwhile: says nothing */
	sent(b, &a);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.snapshot.index, 20ULL);
	KUNIT_EXPECT_EQ(test, a.offset, 0ULL);
	KUNIT_EXPECT_EQ(test, a.bytes, 50U);
	sent(b, &a);
	/* stored, but not in force: asked about again, without bytes */
	reply(b, 3, &twenty, 50, RAFT_SNAPSHOT_STORED);
	bench_ack(b, 2, 20, 20);
	bench_tick(b, 101 * MS);
	a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	KUNIT_EXPECT_EQ(test, a.offset, 50ULL);
	KUNIT_EXPECT_EQ(test, a.bytes, 0U);
	KUNIT_EXPECT_NULL(test, a.config);
}

static void a_member_that_cannot_store_is_left_in_peace(struct kunit *test)
{
	struct bench *b = sending(test);
	struct raft_append a = next(b, 3, RAFT_NEXT_SNAPSHOT);
	u32 i;

	sent(b, &a);
	reply(b, 3, &fifteen, 0, RAFT_SNAPSHOT_FAILED);
	next(b, 3, RAFT_NEXT_NOTHING);
	/* heartbeats go on meanwhile */
	for (i = 0; i < 6; i++) {
		bench_clear(b);
		bench_ack(b, 2, 20, 20);
		bench_tick(b, 51 * MS);
		KUNIT_EXPECT_NOT_NULL(test, bench_sent(b, RAFT_MSG_HEARTBEAT, 3));
	}
	KUNIT_EXPECT_EQ(test, next(b, 3, RAFT_NEXT_SNAPSHOT).offset, 0ULL);
}

static void s05_new_leader_drops_what_it_received(struct kunit *test)
{
	struct bench *b = following(test, 5, 3);

	bench_chunk(b, 2, 3, &ten, 0, 1000);
	bench_elect(b);
	EXPECT_STATUS(b, role, RAFT_LEADER);
	EXPECT_STATUS(b, incoming.index, 0);
}

static void start_checks_the_snapshot(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	b->params.base_index = 10;
	b->params.base_term = 2;
	bench_run(b, 11, 2, 20);
	b->params.snapshot = (struct raft_snapshot){ 15, 2, 1, 1 };
	bench_start(b);
	EXPECT_STATUS(b, commit, 15);
	b->params.snapshot.index = 9;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
	b->params.snapshot.index = 21;
	KUNIT_EXPECT_EQ(test, raft_init(b->raft, &b->params, b->now), -EINVAL);
}

static bool lose_every_third(struct cluster *c, const struct raft_msg *msg)
{
	return msg->type == RAFT_MSG_SNAPSHOT && c->sent[RAFT_MSG_SNAPSHOT] % 3 == 0;
}

/* A member that slept through it all catches up, with losses, in bounded time. */
static void s15_cluster_catches_up_by_snapshot(struct kunit *test)
{
	struct cluster *c = cluster_new(test, 5, 3, 0, RAFT_F_DEFAULT);
	u32 leader, slow, i;

	cluster_boot(c);
	leader = cluster_elect(c, 2000 * MS);
	KUNIT_ASSERT_NE(test, leader, 0U);
	slow = leader % 3 + 1;
	cluster_crash(c, slow);
	for (i = 0; i < 10; i++) {
		cluster_propose(c, leader, 20);
		cluster_run(c, 20 * MS);
	}
	cluster_snapshot(c, leader, 0);
	KUNIT_EXPECT_GT(test, c->nodes[leader]->base_index, 100ULL);
	c->filter = lose_every_third;
	cluster_restart(c, slow);
	cluster_run(c, 2000 * MS);
	KUNIT_EXPECT_EQ(test, c->restores, 1U);
	KUNIT_EXPECT_TRUE(test, cluster_settled(c));
	cluster_free(c);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(install_step_by_step),
	KUNIT_CASE(s01_conflicting_log_is_replaced),
	KUNIT_CASE(s01_matching_log_needs_no_snapshot),
	KUNIT_CASE(s01_log_that_came_as_far_is_kept),
	KUNIT_CASE(s04_s13_impossible_snapshots_halt),
	KUNIT_CASE(s04_only_durable_entries_are_forgotten),
	KUNIT_CASE(s05_new_leader_drops_what_it_received),
	KUNIT_CASE(s06_events_while_installing),
	KUNIT_CASE(s06_waits_for_writes_under_way),
	KUNIT_CASE(s06_candidate_follows),
	KUNIT_CASE(s07_term_and_vote_stay),
	KUNIT_CASE(s08_not_newer_than_commit),
	KUNIT_CASE(s09_slow_member_is_sent_a_snapshot),
	KUNIT_CASE(s09_compacted_log_and_unknown_member),
	KUNIT_CASE(a_witness_is_sent_an_empty_snapshot),
	KUNIT_CASE(s10_any_ack_of_the_log_ends_the_transfer),
	KUNIT_CASE(s11_no_bytes_of_two_snapshots),
	KUNIT_CASE(s11_s15_a_new_leader_has_the_say),
	KUNIT_CASE(s11_lost_chunks_are_sent_again),
	KUNIT_CASE(s11_newer_snapshot_takes_over),
	KUNIT_CASE(s15_cluster_catches_up_by_snapshot),
	KUNIT_CASE(own_snapshot_lets_the_log_go),
	KUNIT_CASE(what_cannot_be_stored_is_given_up),
	KUNIT_CASE(more_than_was_taken_is_not_stored),
	KUNIT_CASE(malformed_chunks_are_ignored),
	KUNIT_CASE(the_window_bounds_what_is_not_stored),
	KUNIT_CASE(a_log_that_catches_up_drops_the_transfer),
	KUNIT_CASE(a_member_that_cannot_store_is_left_in_peace),
	KUNIT_CASE(start_checks_the_snapshot),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_snapshot",
	.test_cases = cases,
};
kunit_test_suite(suite);
