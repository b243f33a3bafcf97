/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One engine on the bench: every message, completion and tick by hand, every
 * effect kept until bench_clear().  Ids are 1..n; learners come last.
 */
#ifndef RAFT_BENCH_H
#define RAFT_BENCH_H

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include "raft/raft.h"
#include "raft/raft_private.h"

#define MS	1000000ULL	/* nanoseconds */

enum { BENCH_EFFECTS = 1024, BENCH_RUNS = 4 * RAFT_RUNS_MAX };

struct bench {
	struct kunit *test;
	struct raft *raft;
	struct raft_params params;
	struct raft_run *runs;
	u64 now;
	struct raft_effects *fx;
	struct raft_effect *log;
	u32 n;
	int ret;
	struct raft_write writes[RAFT_WRITES_MAX];
	u32 nwrites;
	u64 hard_seq;	/* newest asked for */
	u64 room;
	struct raft_status status;
};

struct bench *bench_new(struct kunit *test, u32 self, u32 voters, u32 learners);
void bench_run(struct bench *b, u64 first, u64 term, u64 last);
void bench_start(struct bench *b);
int bench_step(struct bench *b, const struct raft_event *ev);
void bench_tick(struct bench *b, u64 ns);
void bench_timeout(struct bench *b);
void bench_message(struct bench *b, struct raft_msg *msg);
void bench_ask(struct bench *b, u8 type, u32 from, u64 term, u64 last_index, u64 last_term);
void bench_answer(struct bench *b, u8 type, u32 from, u64 term, u64 asked, bool granted);
void bench_append(struct bench *b, u32 from, u64 term, u64 prev_index, u64 prev_term,
		  u64 commit, const u64 *terms, u32 count);
void bench_beat(struct bench *b, u32 from, u64 term, u64 commit, u64 seq);
void bench_ack(struct bench *b, u32 from, u64 match, u64 verified);
void bench_reject(struct bench *b, u32 from, u64 prev, u64 hint, u64 hint_term);
void bench_beat_reply(struct bench *b, u32 from, u64 seq, u64 match, u64 verified);
int bench_propose(struct bench *b, u32 count, u32 size);
void bench_forward(struct bench *b, u32 from, u64 term, u64 tag, u32 size);
int bench_read(struct bench *b, u64 handle);
int bench_transfer(struct bench *b, u32 target);
void bench_beat_round(struct bench *b, u32 from, u64 round);
void bench_chunk(struct bench *b, u32 from, u64 term, const struct raft_snapshot *name,
		 u64 offset, u32 bytes);
void bench_stored(struct bench *b, const struct raft_snapshot *name, u64 offset, u32 bytes,
		  int error);
void bench_installed(struct bench *b, const struct raft_snapshot *name, int error);
void bench_snapshot(struct bench *b, const struct raft_snapshot *name, u64 forget);
bool bench_submit(struct bench *b, u64 last);
void bench_written(struct bench *b, u32 nth, int error);
void bench_hard(struct bench *b, int error);
void bench_settle(struct bench *b);
void bench_elect(struct bench *b);
u32 bench_send_all(struct bench *b, u32 peer);
void bench_clear(struct bench *b);
const struct raft_msg *bench_sent(const struct bench *b, u8 type, u32 to);
u32 bench_sent_count(const struct bench *b, u8 type);
const struct raft_effect *bench_effect(const struct bench *b, u8 type);
u32 bench_effect_count(const struct bench *b, u8 type);
const struct raft_status *bench_status(struct bench *b);

#define EXPECT_STATUS(b, field, value) \
	KUNIT_EXPECT_EQ((b)->test, (u64)bench_status(b)->field, (u64)(value))

#endif /* RAFT_BENCH_H */
