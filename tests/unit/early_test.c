// SPDX-License-Identifier: GPL-2.0
/*
 * Appends that overtake others, and how long those are waited for: module/early.c.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "early.h"

enum {
	LEADER	= 2,
	TERM	= 7,
	LAST	= 100,
	BYTES	= 64,
};

#define MS	((u64)NSEC_PER_MSEC)
#define LEAST	(QUORUM_OVERTAKE_MS * MS)
#define MOST	(QUORUM_OVERTAKE_MS_MAX * MS)

/* All that a test needs; QUORUM_EARLY_BYTES_MAX is more than the stack has. */
struct early_bench {
	struct quorum_early early;
	struct early_log log;
	u8 buf[QUORUM_EARLY_BYTES_MAX];
};

static struct early_bench *begin(struct kunit *test)
{
	struct early_bench *b = kvzalloc(sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, b);
	b->log = (struct early_log){
		.follows = true, .leader = LEADER, .term = TERM, .last = LAST, .now = 1000 * MS,
	};
	return b;
}

static void end(struct early_bench *b)
{
	quorum_early_forget(&b->early);
	kvfree(b);
}

static bool keep_bytes(struct early_bench *b, u64 prev, u32 count, size_t len)
{
	struct wire_header hdr = { .from = LEADER };
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = LEADER, .term = TERM };

	msg.append.prev_index = prev;
	msg.append.count = count;
	b->buf[0] = prev;
	return quorum_early_keep(&b->early, &b->log, &hdr, &msg, b->buf, len);
}

static bool keep(struct early_bench *b, u64 prev, u32 count)
{
	return keep_bytes(b, prev, count, BYTES);
}

/* Where the next one begins, 0: there is none; @stays as it has to be. */
static u64 next(struct kunit *test, struct early_bench *b, bool stays)
{
	struct early_append *e;
	bool stayed;
	u64 prev;

	e = quorum_early_next(&b->early, &b->log, &stayed);
	if (!e) {
		KUNIT_EXPECT_FALSE(test, stayed);
		return 0;
	}
	prev = e->prev;
	KUNIT_EXPECT_EQ(test, stayed, stays);
	KUNIT_EXPECT_EQ(test, e->buf[0], (u8)prev);
	if (!stayed)
		kvfree(e);
	return prev;
}

static u64 due_in(const struct early_bench *b)
{
	return quorum_early_due(&b->early) - b->log.now;
}

/* One overtakes another, which comes @late behind it, and nobody was asked. */
static void overtake(struct kunit *test, struct early_bench *b, u64 late)
{
	KUNIT_EXPECT_TRUE(test, keep(b, b->log.last + 1, 1));
	b->log.now += late;
	b->log.last++;
	KUNIT_EXPECT_EQ(test, next(test, b, false), b->log.last);
	b->log.last++;
}

/* How long something that comes now would be waited for. */
static u64 patience_of(struct kunit *test, struct early_bench *b)
{
	u64 within;

	KUNIT_EXPECT_TRUE(test, keep(b, b->log.last + 1, 1));
	within = due_in(b);
	quorum_early_forget(&b->early);
	return within;
}

static void what_is_not_early_is_for_the_engine(struct kunit *test)
{
	struct early_bench *b = begin(test);
	struct wire_header hdr = { .from = LEADER };
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT, .from = LEADER, .term = TERM };

	KUNIT_EXPECT_FALSE(test, quorum_early_keep(&b->early, &b->log, &hdr, &msg, b->buf, BYTES));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST, 5));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST - 2, 5));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST - 5, 5));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + 5, 0));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + QUORUM_EARLY_ENTRIES_MAX + 1, 1));
	b->log.term++;
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + 5, 1));
	b->log.term--;
	b->log.leader++;
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + 5, 1));
	b->log.leader--;
	b->log.follows = false;
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + 5, 1));
	b->log.follows = true;
	KUNIT_EXPECT_EQ(test, quorum_early_due(&b->early), RAFT_NEVER);
	KUNIT_EXPECT_EQ(test, next(test, b, false), 0ULL);
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + QUORUM_EARLY_ENTRIES_MAX, 1));
	end(b);
}

static void the_order_of_the_log_is_kept(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 4, 2));
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 2, 2));
	/* Twice. */
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 2, 2));
	KUNIT_EXPECT_EQ(test, b->early.n, 3U);
	KUNIT_EXPECT_EQ(test, b->early.bytes, 3U * BYTES);
	KUNIT_EXPECT_EQ(test, next(test, b, false), 0ULL);
	b->log.last = LAST + 1;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 1ULL);
	b->log.last = LAST + 2;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 2ULL);
	b->log.last = LAST + 4;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 4ULL);
	KUNIT_EXPECT_EQ(test, b->early.n, 0U);
	KUNIT_EXPECT_EQ(test, b->early.bytes, 0U);
	KUNIT_EXPECT_EQ(test, quorum_early_due(&b->early), RAFT_NEVER);
	end(b);
}

/* Half of it is in the log, and the rest is of use; of what is there nothing is. */
static void what_the_log_has_is_let_go(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 2));
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 3, 4));
	b->log.last = LAST + 5;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 3ULL);
	KUNIT_EXPECT_EQ(test, b->early.n, 0U);
	end(b);
}

static void what_an_old_leader_said_is_let_go(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 2, 1));
	b->log.term++;
	b->log.last = LAST + 1;
	KUNIT_EXPECT_EQ(test, next(test, b, false), 0ULL);
	KUNIT_EXPECT_EQ(test, b->early.n, 0U);
	KUNIT_EXPECT_EQ(test, b->early.bytes, 0U);
	end(b);
}

/* The engine hears of it again and again, less and less often, and then no more. */
static void a_gap_that_stays_is_told_of(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	KUNIT_EXPECT_EQ(test, due_in(b), LEAST);
	b->log.now += LEAST / 2;
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 2, 1));
	KUNIT_EXPECT_EQ(test, due_in(b), LEAST / 2);
	b->log.now += LEAST / 2 - 1;
	KUNIT_EXPECT_EQ(test, next(test, b, true), 0ULL);
	b->log.now++;
	for (u32 i = 1; i <= QUORUM_EARLY_ASKED_MAX; i++) {
		KUNIT_EXPECT_EQ(test, next(test, b, true), LAST + 1ULL);
		KUNIT_EXPECT_EQ(test, next(test, b, true), 0ULL);
		KUNIT_EXPECT_EQ(test, b->early.n, 2U);
		KUNIT_EXPECT_EQ(test, due_in(b), LEAST << i);
		b->log.now += LEAST << i;
	}
	KUNIT_EXPECT_EQ(test, next(test, b, true), 0ULL);
	KUNIT_EXPECT_EQ(test, b->early.n, 0U);
	KUNIT_EXPECT_EQ(test, quorum_early_due(&b->early), RAFT_NEVER);
	end(b);
}

/* Once it is closed all that was kept follows, and the next gap has its own time. */
static void a_gap_that_is_closed_late_is_closed(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 3, 1));
	b->log.now += LEAST;
	KUNIT_EXPECT_EQ(test, next(test, b, true), LAST + 1ULL);
	b->log.now += LEAST;
	b->log.last = LAST + 1;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 1ULL);
	b->log.last = LAST + 2;
	KUNIT_EXPECT_EQ(test, next(test, b, true), 0ULL);
	KUNIT_EXPECT_EQ(test, due_in(b), LEAST);
	/* What was asked for tells nothing of what comes by itself. */
	KUNIT_EXPECT_EQ(test, b->early.late_ns, 0ULL);
	end(b);
}

static void patience_is_learned_from_what_is_late(struct kunit *test)
{
	struct early_bench *b = begin(test);
	u64 within;

	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	overtake(test, b, LEAST / 2);
	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	overtake(test, b, 4 * MS);
	within = patience_of(test, b);
	KUNIT_EXPECT_GT(test, within, 5 * MS);
	KUNIT_EXPECT_LE(test, within, 6 * MS);
	/* It passes. */
	for (u32 i = 0; i < 1000; i++)
		overtake(test, b, 0);
	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	/* It has an end. */
	overtake(test, b, 1000 * MS);
	KUNIT_EXPECT_EQ(test, patience_of(test, b), MOST);
	end(b);
}

/* What was asked for had not been lost: it would have come. */
static void patience_is_learned_from_what_comes_twice(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_FALSE(test, keep(b, LAST - 1, 1));
	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	b->log.now += LEAST;
	KUNIT_EXPECT_EQ(test, next(test, b, true), LAST + 1ULL);
	b->log.last = LAST + 1;
	KUNIT_EXPECT_EQ(test, next(test, b, false), LAST + 1ULL);
	b->log.last = LAST + 2;
	/* A part of it is new: it may be another one. */
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + 1, 2));
	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	KUNIT_EXPECT_FALSE(test, keep(b, LAST, 1));
	KUNIT_EXPECT_EQ(test, patience_of(test, b), 3 * LEAST);
	/* Once for each question. */
	KUNIT_EXPECT_FALSE(test, keep(b, LAST, 1));
	KUNIT_EXPECT_EQ(test, patience_of(test, b), 3 * LEAST);
	end(b);
}

static void what_comes_twice_much_later_says_nothing(struct kunit *test)
{
	struct early_bench *b = begin(test);

	KUNIT_EXPECT_TRUE(test, keep(b, LAST + 1, 1));
	b->log.now += LEAST;
	KUNIT_EXPECT_EQ(test, next(test, b, true), LAST + 1ULL);
	b->log.now += 2 * MOST + 1;
	b->log.last = LAST + 2;
	KUNIT_EXPECT_FALSE(test, keep(b, LAST, 1));
	KUNIT_EXPECT_EQ(test, next(test, b, false), 0ULL);
	KUNIT_EXPECT_EQ(test, patience_of(test, b), LEAST);
	end(b);
}

static void there_are_bounds(struct kunit *test)
{
	struct early_bench *b = begin(test);

	for (u32 i = 1; i <= RAFT_APPENDS_MAX; i++)
		KUNIT_EXPECT_TRUE(test, keep(b, LAST + i, 1));
	KUNIT_EXPECT_FALSE(test, keep(b, LAST + RAFT_APPENDS_MAX + 1, 1));
	KUNIT_EXPECT_EQ(test, b->early.n, (u32)RAFT_APPENDS_MAX);
	quorum_early_forget(&b->early);
	KUNIT_EXPECT_EQ(test, b->early.bytes, 0U);

	KUNIT_EXPECT_TRUE(test, keep_bytes(b, LAST + 1, 1, QUORUM_EARLY_BYTES_MAX - BYTES));
	KUNIT_EXPECT_FALSE(test, keep_bytes(b, LAST + 2, 1, BYTES + 1));
	KUNIT_EXPECT_TRUE(test, keep_bytes(b, LAST + 2, 1, BYTES));
	KUNIT_EXPECT_FALSE(test, keep_bytes(b, LAST + 3, 1, 1));
	end(b);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_is_not_early_is_for_the_engine),
	KUNIT_CASE(the_order_of_the_log_is_kept),
	KUNIT_CASE(what_the_log_has_is_let_go),
	KUNIT_CASE(what_an_old_leader_said_is_let_go),
	KUNIT_CASE(a_gap_that_stays_is_told_of),
	KUNIT_CASE(a_gap_that_is_closed_late_is_closed),
	KUNIT_CASE(patience_is_learned_from_what_is_late),
	KUNIT_CASE(patience_is_learned_from_what_comes_twice),
	KUNIT_CASE(what_comes_twice_much_later_says_nothing),
	KUNIT_CASE(there_are_bounds),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_early",
	.test_cases = cases,
};
kunit_test_suites(&suite);
