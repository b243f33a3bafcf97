// SPDX-License-Identifier: GPL-2.0
/* Genesis: every refusal, order, fingerprint. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "../../module/format/genesis.h"

static struct quorum_genesis example(void)
{
	struct quorum_genesis g = {
		.cluster = { 1 }, .group = "demo", .heartbeat_us = 50000,
		.election_min_us = 150000, .election_max_us = 300000, .n = 3,
		.members = { { 7, false }, { 2, true }, { 1, true } },
	};

	genesis_normalize(&g);
	return g;
}

static void normalize_sorts(struct kunit *test)
{
	struct quorum_genesis g = example();

	KUNIT_EXPECT_EQ(test, g.members[0].id, 1U);
	KUNIT_EXPECT_EQ(test, g.members[1].id, 2U);
	KUNIT_EXPECT_EQ(test, g.members[2].id, 7U);
	KUNIT_EXPECT_TRUE(test, g.members[0].voter);
	KUNIT_EXPECT_FALSE(test, g.members[2].voter);
	/* More than there are seats: must not touch anything. */
	g.n = QUORUM_MEMBERS_MAX + 1;
	genesis_normalize(&g);
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 0), (int)GENESIS_TOO_MANY);
}

static void check_accepts(struct kunit *test)
{
	struct quorum_genesis g = example();
	u32 i;

	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 0), (int)GENESIS_OK);
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 7), (int)GENESIS_OK);
	strcpy(g.group, "A.b_c-9");
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
	memset(g.group, 'a', QUORUM_NAME_LEN_MAX);
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
	g.heartbeat_us = QUORUM_HEARTBEAT_US_MIN;
	g.election_min_us = 2 * QUORUM_HEARTBEAT_US_MIN;
	g.election_max_us = QUORUM_ELECTION_US_MAX;
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 1), (int)GENESIS_OK);
	for (i = 0; i < QUORUM_MEMBERS_MAX; i++)
		g.members[i] = (struct genesis_member){ i + 1, true };
	g.n = QUORUM_MEMBERS_MAX;
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 16), (int)GENESIS_OK);
}

static void check_refuses(struct kunit *test)
{
	struct quorum_genesis g;

#define BAD(change, self, want) do {						\
	g = example();								\
	change;									\
	KUNIT_EXPECT_EQ_MSG(test, (int)genesis_check(&g, self), (int)want, #change); \
} while (0)
	BAD(g.group[0] = 0, 0, GENESIS_NAME_BAD);
	BAD(g.group[0] = '.', 0, GENESIS_NAME_BAD);
	BAD(g.group[1] = '/', 0, GENESIS_NAME_BAD);
	BAD(g.group[1] = ' ', 0, GENESIS_NAME_BAD);
	BAD(g.group[1] = (char)0xe4, 0, GENESIS_NAME_BAD);
	BAD(memset(g.group, 'a', sizeof(g.group)), 0, GENESIS_NAME_BAD);
	BAD(g.cluster[0] = 0, 0, GENESIS_CLUSTER_ZERO);
	BAD(g.n = 0, 0, GENESIS_NO_MEMBERS);
	BAD(g.n = 17, 0, GENESIS_TOO_MANY);
	BAD(g.n = ~0U, 0, GENESIS_TOO_MANY);
	BAD(g.members[0].id = 0, 0, GENESIS_ID_ZERO);
	BAD(g.members[0].id = 2, 0, GENESIS_DUPLICATE);
	BAD(g.members[0].id = 7, 0, GENESIS_DUPLICATE);
	BAD(g.members[0].voter = g.members[1].voter = false, 0, GENESIS_NO_VOTER);
	BAD(g.heartbeat_us = 499, 0, GENESIS_TIMING_BAD);
	BAD(g.heartbeat_us = 75001, 0, GENESIS_TIMING_BAD);
	BAD(g.heartbeat_us = ~0U, 0, GENESIS_TIMING_BAD);
	BAD(g.election_max_us = 149999, 0, GENESIS_TIMING_BAD);
	BAD(g.election_max_us = 60000001, 0, GENESIS_TIMING_BAD);
	BAD((void)0, 3, GENESIS_SELF_MISSING);
	BAD(g.joins = true, 1, GENESIS_JOINS_MEMBERS);
#undef BAD
}

static void errnos_differ(struct kunit *test)
{
	u32 i, k;

	KUNIT_EXPECT_EQ(test, genesis_error_errno(GENESIS_OK), 0);
	for (i = 1; i < GENESIS_ERROR_NR; i++) {
		KUNIT_EXPECT_GT(test, genesis_error_errno(i), 0);
		KUNIT_EXPECT_NOT_NULL(test, genesis_error_text(i));
		for (k = 1; k < i; k++) {
			KUNIT_EXPECT_NE(test, genesis_error_errno(i), genesis_error_errno(k));
			KUNIT_EXPECT_STRNEQ(test, genesis_error_text(i), genesis_error_text(k));
		}
	}
	KUNIT_EXPECT_EQ(test, genesis_error_errno(GENESIS_ERROR_NR), EINVAL);
}

static void fingerprint_sees_what_counts(struct kunit *test)
{
	struct quorum_genesis g = example();
	u32 f = genesis_fingerprint(&g);

#define OTHER(change) do {							\
	g = example();								\
	change;									\
	KUNIT_EXPECT_NE_MSG(test, genesis_fingerprint(&g), f, #change);		\
} while (0)
	KUNIT_EXPECT_EQ(test, f, 0xd6df681bU);
	OTHER(g.heartbeat_us++);
	OTHER(g.election_min_us++);
	OTHER(g.election_max_us++);
	OTHER(g.n--);
	OTHER(g.members[2].id++);
	OTHER(g.members[2].voter = true);
#undef OTHER
	g = example();
	g.cluster[3] = 9;
	strcpy(g.group, "other");
	KUNIT_EXPECT_EQ(test, genesis_fingerprint(&g), f);
}

/* A node that joins names nobody, and all that join the same machine look alike. */
static void who_joins_names_no_members(struct kunit *test)
{
	struct quorum_genesis g = example(), other;
	struct raft_config config;

	g.joins = true;
	g.n = 0;
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 9), (int)GENESIS_OK);
	genesis_config(&g, &config);
	KUNIT_EXPECT_EQ(test, config.n, 0U);
	KUNIT_EXPECT_EQ(test, config.timing.heartbeat, 50000000ULL);
	other = example();
	KUNIT_EXPECT_EQ(test, genesis_fingerprint(&g), genesis_joined(&other));
	KUNIT_EXPECT_NE(test, genesis_fingerprint(&other), genesis_joined(&other));
	g.heartbeat_us++;
	KUNIT_EXPECT_EQ(test, genesis_fingerprint(&g), genesis_joined(&other));
	strcpy(g.machine, "kv");
	KUNIT_EXPECT_NE(test, genesis_fingerprint(&g), genesis_joined(&other));
	g.election_min_us = 0;
	KUNIT_EXPECT_EQ(test, (int)genesis_check(&g, 9), (int)GENESIS_TIMING_BAD);
}

static void group_number_is_the_names(struct kunit *test)
{
	struct quorum_genesis g = example();
	u32 demo = genesis_group_number(&g);

	g.group[5] = 'x';	/* behind the NUL */
	KUNIT_EXPECT_EQ(test, genesis_group_number(&g), demo);
	strcpy(g.group, "123456789");
	KUNIT_EXPECT_EQ(test, genesis_group_number(&g), ~0xe3069283U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(normalize_sorts),
	KUNIT_CASE(check_accepts),
	KUNIT_CASE(check_refuses),
	KUNIT_CASE(errnos_differ),
	KUNIT_CASE(fingerprint_sees_what_counts),
	KUNIT_CASE(who_joins_names_no_members),
	KUNIT_CASE(group_number_is_the_names),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_genesis",
	.test_cases = cases,
};
kunit_test_suite(suite);
