// SPDX-License-Identifier: GPL-2.0
/*
 * Which HELLO is sent next, while somebody plays back what was recorded of earlier lives:
 * module/format/hello.c.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "format/hello.h"

enum {
	DEVICE	= 100,	/* an incarnation */
	WIPED	= 200,	/* the member's device before that */
	EVERY	= 10,
	BURST	= 4,
};

static const struct hello_rate rate = { .every = EVERY, .burst = BURST };

static u64 life(u64 incarnation, u32 session)
{
	return incarnation * 1000 + session;
}

static void answer(struct hellos *h, u64 own, u64 incarnation, u32 session)
{
	hello_answer(h, own, incarnation, session, life(incarnation, session));
}

/* The echo of the next one, ~0: none may be sent. */
static u64 take(struct hellos *h, u64 now)
{
	u64 echo;

	return hello_take(h, &rate, now, &echo) ? echo : ~0ULL;
}

static void nothing_is_due_at_first(struct kunit *test)
{
	struct hellos h = {};

	KUNIT_EXPECT_FALSE(test, hello_is_due(&h));
	KUNIT_EXPECT_TRUE(test, hello_may(&h, &rate, 0));
	KUNIT_EXPECT_EQ(test, take(&h, 1), ~0ULL);
}

static void each_is_sent_once(struct kunit *test)
{
	struct hellos h = {};

	hello_ask(&h, 0);
	KUNIT_EXPECT_TRUE(test, hello_is_due(&h));
	KUNIT_EXPECT_EQ(test, take(&h, 1), 0ULL);
	KUNIT_EXPECT_FALSE(test, hello_is_due(&h));
	hello_ask(&h, 5);
	KUNIT_EXPECT_EQ(test, take(&h, 1), 5ULL);
	answer(&h, DEVICE, DEVICE, 7);
	answer(&h, DEVICE, DEVICE, 7);
	KUNIT_EXPECT_EQ(test, take(&h, 1), life(DEVICE, 7));
	KUNIT_EXPECT_EQ(test, take(&h, 1), ~0ULL);
}

static void how_many_are_sent_is_bounded(struct kunit *test)
{
	struct hellos h = {};
	u32 sent = 0;

	/* A thousand datagrams in each unit of time. */
	for (u64 now = 5; now < 5 + 100 * EVERY; now++) {
		for (u32 i = 0; i < 1000; i++) {
			answer(&h, DEVICE, DEVICE, i);
			sent += take(&h, now) != ~0ULL;
		}
	}
	KUNIT_EXPECT_EQ(test, sent, (u32)(BURST + 99));
	KUNIT_EXPECT_TRUE(test, hello_is_due(&h));
	/* After a while several may be sent at once again, but no more than at first. */
	for (sent = 0; sent < 10; sent++) {
		hello_ask(&h, 0);
		if (take(&h, 100000) == ~0ULL)
			break;
	}
	KUNIT_EXPECT_EQ(test, sent, (u32)BURST);
	KUNIT_EXPECT_FALSE(test, hello_may(&h, &rate, 100000 + EVERY - 1));
	KUNIT_EXPECT_TRUE(test, hello_may(&h, &rate, 100000 + EVERY));
}

/* The time that has passed until the next one counts, whenever the last was sent. */
static void the_rate_is_kept_between(struct kunit *test)
{
	struct hellos h = {};
	u32 sent = 0;

	for (u64 now = 1; now <= 1 + 10 * 15; now += 15) {
		for (u32 i = 0; i < BURST + 2; i++) {
			hello_ask(&h, 0);
			sent += take(&h, now) == 0;
		}
	}
	KUNIT_EXPECT_EQ(test, sent, (u32)(BURST + 15));
}

/* Once there is as much as there can be, time that passes adds nothing. */
static void what_is_full_stays_full(struct kunit *test)
{
	struct hellos h = {};

	hello_ask(&h, 0);
	KUNIT_EXPECT_EQ(test, take(&h, 1), 0ULL);
	for (u32 i = 0; i < BURST; i++) {
		hello_ask(&h, 0);
		KUNIT_EXPECT_EQ(test, take(&h, 1 + EVERY + EVERY / 2), 0ULL);
	}
	KUNIT_EXPECT_FALSE(test, hello_may(&h, &rate, 2 * EVERY + EVERY / 2));
	KUNIT_EXPECT_TRUE(test, hello_may(&h, &rate, 1 + 2 * EVERY + EVERY / 2));
}

/* What a flood of the last session asks for is not sent in the place of what is due. */
static void an_earlier_session_waits(struct kunit *test)
{
	struct hellos h = {};

	for (u32 i = 0; i < BURST; i++) {
		hello_ask(&h, 0);
		KUNIT_EXPECT_EQ(test, take(&h, 1), 0ULL);
	}
	for (u32 i = 0; i < 1000; i++) {
		answer(&h, DEVICE, DEVICE, i == 500 ? 8 : i % 8);
		KUNIT_EXPECT_EQ(test, take(&h, 1), ~0ULL);
	}
	KUNIT_EXPECT_EQ(test, take(&h, 1 + EVERY), life(DEVICE, 8));
	/* Then the earlier one may be: who put an image back is not shut out. */
	answer(&h, DEVICE, DEVICE, 7);
	KUNIT_EXPECT_EQ(test, take(&h, 1 + 2 * EVERY), life(DEVICE, 7));
}

/* Whatever of the three is asked for most, the others have their turn. */
static void all_take_turns(struct kunit *test)
{
	struct hellos h = {};
	u32 asked = 0, own = 0, other = 0;

	for (u64 now = 1; now < 1 + 300 * EVERY; now++) {
		for (u32 i = 0; i < 50; i++)
			answer(&h, DEVICE, WIPED, 1 + i % 3);
		if (now % (3 * EVERY) == 0) {
			hello_ask(&h, 0);
			answer(&h, DEVICE, DEVICE, 2);
		}
		switch (take(&h, now)) {
		case 0:
			asked++;
			break;
		case 100002:
			own++;
			break;
		case ~0ULL:
			break;
		default:
			other++;
		}
	}
	KUNIT_EXPECT_GE(test, asked, 98U);
	KUNIT_EXPECT_GE(test, own, 98U);
	KUNIT_EXPECT_GE(test, other, 98U);
}

/* Nobody knows yet which device is the member's: neither is forgotten for the other. */
static void two_devices_have_a_place_each(struct kunit *test)
{
	struct hellos h = {};
	u32 sent = 0;

	for (u64 now = 1; now < 1 + 100 * EVERY; now++) {
		for (u32 i = 0; i < 50; i++)
			answer(&h, 0, WIPED, 9);
		if (now % EVERY == 5)
			answer(&h, 0, DEVICE, 2);
		for (u32 i = 0; i < 50; i++)
			answer(&h, 0, WIPED, 9);
		sent += take(&h, now) == life(DEVICE, 2);
	}
	KUNIT_EXPECT_GE(test, sent, 48U);
	/* Once it is known, its own place is taken from whoever is there. */
	hello_take(&h, &rate, 100000, &(u64){0});
	hello_take(&h, &rate, 100000, &(u64){0});
	answer(&h, 0, WIPED, 9);
	answer(&h, DEVICE, DEVICE, 2);
	KUNIT_EXPECT_EQ(test, h.to[HELLO_OWN].echo, life(DEVICE, 2));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(nothing_is_due_at_first),
	KUNIT_CASE(each_is_sent_once),
	KUNIT_CASE(how_many_are_sent_is_bounded),
	KUNIT_CASE(the_rate_is_kept_between),
	KUNIT_CASE(what_is_full_stays_full),
	KUNIT_CASE(an_earlier_session_waits),
	KUNIT_CASE(all_take_turns),
	KUNIT_CASE(two_devices_have_a_place_each),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_hello",
	.test_cases = cases,
};
kunit_test_suites(&suite);
