// SPDX-License-Identifier: GPL-2.0
/* Configurations in bytes: golden, round trips, refusals. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "format/config.h"
#include "../vectors/wire_vectors.h"

static void example(struct raft_config *c)
{
	memset(c, 0, sizeof(*c));
	c->n = 2;
	c->flags = RAFT_F_DEFAULT;
	c->quorums.election = 2;
	c->quorums.commit = 1;
	c->forced = 5;
	c->forced_by = 9;
	c->timing.heartbeat = 50000000;
	c->timing.election_min = 150000000;
	c->timing.election_max = 300000000;
	c->members[0].id = 7;
	c->members[0].roles = RAFT_M_VOTER;
	c->members[0].priority = 3;
	c->members[0].address[0] = 0xaa;
	c->members[0].address[1] = 0xbb;
	c->members[0].address[RAFT_ADDRESS_BYTES - 1] = 0xcc;
	c->members[0].incarnation = 0x2211;
	c->members[1].id = 8;
	c->members[1].roles = RAFT_M_VOTER | RAFT_M_WITNESS;
}

struct room {
	struct raft_config a, b;
	u8 buf[RAFT_CONFIG_BYTES_MAX + CONFIG_INDEX_BYTES];
};

static struct room *room(struct kunit *test)
{
	struct room *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	example(&r->a);
	return r;
}

static void bytes_are_golden(struct kunit *test)
{
	struct room *r = room(test);
	u32 i;

	KUNIT_EXPECT_EQ(test, config_bytes(&r->a), (u32)sizeof(vector_config));
	KUNIT_EXPECT_EQ(test, config_encode(r->buf, sizeof(r->buf), &r->a),
			(u32)sizeof(vector_config));
	for (i = 0; i < sizeof(vector_config); i++)
		KUNIT_EXPECT_EQ_MSG(test, r->buf[i], vector_config[i], "byte %u", i);
	KUNIT_ASSERT_TRUE(test, config_decode(vector_config, sizeof(vector_config), &r->b));
	KUNIT_EXPECT_EQ(test, memcmp(&r->a, &r->b, sizeof(r->a)), 0);
	for (i = 0; i < sizeof(vector_config); i++) {
		KUNIT_EXPECT_EQ(test, config_encode(r->buf, i, &r->a), 0U);
		KUNIT_EXPECT_FALSE(test, config_decode(vector_config, i, &r->b));
	}
	r->a.n = QUORUM_MEMBERS_MAX + 1;
	KUNIT_EXPECT_EQ(test, config_encode(r->buf, sizeof(r->buf), &r->a), 0U);
}

/* Any byte may be anything: refused, or it is what it says. */
static void mutants_are_refused_or_canonical(struct kunit *test)
{
	struct room *r = room(test);
	u8 again[sizeof(vector_config)];
	u32 at, v;

	for (at = 0; at < sizeof(vector_config); at++) {
		for (v = 0; v < 256; v++) {
			memcpy(r->buf, vector_config, sizeof(vector_config));
			r->buf[at] = (u8)v;
			if (!config_decode(r->buf, sizeof(vector_config), &r->b))
				continue;
			KUNIT_ASSERT_EQ(test, config_encode(again, sizeof(again), &r->b),
					(u32)sizeof(vector_config));
			if (memcmp(again, r->buf, sizeof(vector_config)))
				KUNIT_FAIL(test, "byte %u, value %u", at, v);
		}
	}
}

/* M-13: a configuration kept in a snapshot keeps the index of its entry. */
static void m13_kept_with_its_index(struct kunit *test)
{
	struct room *r = room(test);
	u32 len;

	r->a.index = 0x1122334455ULL;
	len = config_keep(r->buf, sizeof(r->buf), &r->a);
	KUNIT_EXPECT_EQ(test, len, (u32)(sizeof(vector_config) + CONFIG_INDEX_BYTES));
	KUNIT_EXPECT_EQ(test, r->buf[0], 0x55);
	KUNIT_ASSERT_TRUE(test, config_kept(r->buf, len, &r->b));
	KUNIT_EXPECT_EQ(test, r->b.index, 0x1122334455ULL);
	KUNIT_EXPECT_EQ(test, memcmp(&r->a, &r->b, sizeof(r->a)), 0);
	KUNIT_EXPECT_FALSE(test, config_kept(r->buf, len - 1, &r->b));
	KUNIT_EXPECT_FALSE(test, config_kept(r->buf, 3, &r->b));
	KUNIT_EXPECT_EQ(test, config_keep(r->buf, 3, &r->a), 0U);
	KUNIT_EXPECT_EQ(test, config_keep(r->buf, len - 1, &r->a), 0U);
}

static void one_configuration_per_message(struct kunit *test)
{
	struct raft_entry e[3] = {
		{ .index = 4, .term = 1, .size = 3, .type = RAFT_ENTRY_DATA },
		{ .index = 5, .term = 1, .size = sizeof(vector_config), .type = RAFT_ENTRY_CONFIG },
		{ .index = 6, .term = 1, .size = sizeof(vector_config), .type = RAFT_ENTRY_CONFIG },
	};
	struct raft_msg msg = { .type = RAFT_MSG_APPEND };
	u8 payload[3 + 2 * sizeof(vector_config)];
	struct room *r = room(test);

	memcpy(payload + 3, vector_config, sizeof(vector_config));
	memcpy(payload + 3 + sizeof(vector_config), vector_config, sizeof(vector_config));
	msg.append.entries = e;
	msg.append.count = 1;
	KUNIT_EXPECT_TRUE(test, config_attach(&msg, payload, &r->b));
	KUNIT_EXPECT_NULL(test, msg.append.config);
	msg.append.count = 2;
	KUNIT_EXPECT_TRUE(test, config_attach(&msg, payload, &r->b));
	KUNIT_EXPECT_PTR_EQ(test, msg.append.config, (const struct raft_config *)&r->b);
	KUNIT_EXPECT_EQ(test, r->b.index, 5ULL);
	msg.append.count = 3;
	KUNIT_EXPECT_FALSE(test, config_attach(&msg, payload, &r->b));
	msg.append.count = 2;
	payload[3] ^= 1;
	KUNIT_EXPECT_FALSE(test, config_attach(&msg, payload, &r->b));
	msg.type = RAFT_MSG_HEARTBEAT;
	KUNIT_EXPECT_TRUE(test, config_attach(&msg, payload, &r->b));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bytes_are_golden),
	KUNIT_CASE(mutants_are_refused_or_canonical),
	KUNIT_CASE(m13_kept_with_its_index),
	KUNIT_CASE(one_configuration_per_message),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_config",
	.test_cases = cases,
};
kunit_test_suite(suite);
