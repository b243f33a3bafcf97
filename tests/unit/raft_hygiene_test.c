// SPDX-License-Identifier: GPL-2.0
/* Class H: randomness, parameters, names, and invariants that can be violated. */
#include "raft_bench.h"

static void h02_timeouts_keep_their_range(struct kunit *test)
{
	static const u64 ranges[][2] = {
		{ 150 * MS, 300 * MS }, { 20 * MS, 20 * MS }, { 20 * MS, 20 * MS + 1 },
		{ 1 * MS, 60000 * MS },
	};
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct bench *b = bench_new(test, 1, 3, 0);
		u64 low = ranges[i][0], high = ranges[i][1], least = U64_MAX, most = 0;

		b->params.config.timing.heartbeat = MS / 2;
		b->params.config.timing.election_min = low;
		b->params.config.timing.election_max = high;
		bench_start(b);
		for (k = 0; k < 20000; k++) {
			u64 t = raft_random_timeout(b->raft);

			least = min(least, t);
			most = max(most, t);
		}
		KUNIT_EXPECT_GE(test, least, low);
		KUNIT_EXPECT_LE(test, most, high);
		KUNIT_EXPECT_LE(test, least - low, (high - low) >> 8);
		KUNIT_EXPECT_LE(test, high - most, (high - low) >> 8 | 1);
	}
}

static void h07_every_node_draws_for_itself(struct kunit *test)
{
	struct bench *a = bench_new(test, 1, 3, 0);
	struct bench *b = bench_new(test, 2, 3, 0);
	struct bench *c = bench_new(test, 1, 3, 0);
	u32 i, equal = 0;

	bench_start(a);
	bench_start(b);		/* the same seed, another node */
	bench_start(c);		/* the same node: the same stream */
	for (i = 0; i < 1000; i++) {
		u64 t = raft_random_timeout(a->raft);

		equal += t == raft_random_timeout(b->raft);
		KUNIT_EXPECT_EQ(test, t, raft_random_timeout(c->raft));
	}
	KUNIT_EXPECT_LT(test, equal, 5U);
}

static void parameters_are_checked(struct kunit *test)
{
	u32 i;

	for (i = 0; i < 14; i++) {
		struct bench *b = bench_new(test, 1, 3, 0);
		struct raft_params *p = &b->params;

		bench_run(b, 1, 1, 5);
		bench_run(b, 6, 3, 10);
		KUNIT_EXPECT_EQ(test, raft_init(b->raft, p, 0), 0);
		memset(b->raft, 0, raft_size());
		switch (i) {
		case 0:
			p->config.n = QUORUM_MEMBERS_MAX + 1;
			break;
		case 1:
			p->config.timing.heartbeat = 76 * MS;
			break;
		case 2:
			p->config.timing.election_min = 301 * MS;
			break;
		case 3:
			p->config.timing.election_max = QUORUM_ELECTION_US_MAX * 1000ULL + 1;
			break;
		case 4:
			p->config.timing.heartbeat = QUORUM_HEARTBEAT_US_MIN * 1000ULL - 1;
			break;
		case 5:
			b->runs[1].first = 1;
			break;
		case 6:
			b->runs[1].term = 1;
			break;
		case 7:
			b->runs[1].first = 11;
			break;
		case 8:
			p->base_index = 20;
			break;
		case 9:
			p->nruns = 0;
			break;
		case 10:
			b->runs[0].term = 0;
			break;
		case 11:
			p->base_index = 1;
			break;
		case 12:
			for (p->config.n = 0; p->config.n < 3; p->config.n++)
				p->config.members[p->config.n].roles =
					RAFT_M_LEARNER;
			break;
		default:
			p->last_index = U64_MAX;
			break;
		}
		KUNIT_EXPECT_EQ_MSG(test, raft_init(b->raft, p, 0), -EINVAL, "case %u", i);
	}
}

static void a_node_outside_the_configuration_is_silent(struct kunit *test)
{
	struct bench *b = bench_new(test, 9, 3, 0);

	bench_start(b);
	bench_timeout(b);
	KUNIT_EXPECT_EQ(test, b->n, 0U);
	KUNIT_EXPECT_EQ(test, raft_deadline(b->raft), RAFT_NEVER);
	bench_beat(b, 1, 1, 0, 1);
	EXPECT_STATUS(b, leader, 1);
}

static struct bench *leader_with_entries(struct kunit *test)
{
	struct bench *b = bench_new(test, 1, 3, 0);

	bench_run(b, 1, 1, 4);
	bench_start(b);
	bench_elect(b);
	bench_send_all(b, 2);
	bench_ack(b, 2, 5, 5);
	bench_propose(b, 3, 10);
	bench_send_all(b, 2);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
	return b;
}

/* H-5: each invariant, violated once, is seen. */
#define VIOLATE(bench, statement) do {					\
	struct raft *r = (bench)->raft;					\
									\
	statement;							\
	KUNIT_EXPECT_TRUE_MSG(test, raft_check(r) != NULL,		\
			      "%s", #statement);			\
} while (0)

static void h05_every_invariant_can_be_violated(struct kunit *test)
{
	VIOLATE(leader_with_entries(test), r->log.commit = 99);
	VIOLATE(leader_with_entries(test), r->log.base_index = 7);
	VIOLATE(leader_with_entries(test), r->log.nruns = 0);
	VIOLATE(leader_with_entries(test), r->log.runs[1].first = 1);
	VIOLATE(leader_with_entries(test), r->log.runs[1].first = 99);
	VIOLATE(leader_with_entries(test), r->log.runs[0].term = 2);
	VIOLATE(leader_with_entries(test), r->log.runs[1].term = 50);
	VIOLATE(leader_with_entries(test), r->disk.durable = 7);
	VIOLATE(leader_with_entries(test), r->disk.submitted = 99);
	VIOLATE(leader_with_entries(test), r->disk.n = RAFT_WRITES_MAX + 1);
	VIOLATE(leader_with_entries(test), r->disk.truncate = 3);
	VIOLATE(leader_with_entries(test), (r->disk.n = 1, r->disk.writes[0].vouch = 99));
	VIOLATE(leader_with_entries(test), (r->disk.n = 1, r->disk.writes[0].done = true));
	VIOLATE(leader_with_entries(test), (r->disk.n = 2, r->disk.writes[1].asked.seq = 9));
	VIOLATE(leader_with_entries(test), r->hard.durable_seq++);
	VIOLATE(leader_with_entries(test), r->hard.seq++);
	VIOLATE(leader_with_entries(test), r->hard.vote = 3);
	VIOLATE(leader_with_entries(test), r->leader = 2);
	VIOLATE(leader_with_entries(test), r->term_start = 2);
	VIOLATE(leader_with_entries(test), r->peers[1].match = r->peers[1].next);
	VIOLATE(leader_with_entries(test), r->peers[1].next = 99);
	VIOLATE(leader_with_entries(test), r->peers[1].state = RAFT_PEER_PROBE);
	VIOLATE(leader_with_entries(test), r->peers[1].inflight[r->peers[1].head].last = 1);
	VIOLATE(leader_with_entries(test), r->peers[1].bytes++);
	VIOLATE(leader_with_entries(test), r->uncommitted.bytes++);
	VIOLATE(leader_with_entries(test), r->uncommitted.spans[r->uncommitted.head].last = 99);
	VIOLATE(leader_with_entries(test), r->role = RAFT_FOLLOWER);
	VIOLATE(leader_with_entries(test), r->role = 17);
	VIOLATE(leader_with_entries(test), r->peers[1].state = RAFT_PEER_SNAPSHOT);
	VIOLATE(leader_with_entries(test), (r->term_start = 0, r->hard.term++));
}

static void h05_invariants_of_configurations(struct kunit *test)
{
	VIOLATE(leader_with_entries(test), r->nkept = 0);
	VIOLATE(leader_with_entries(test), r->nkept = RAFT_CONFIGS_MAX + 1);
	VIOLATE(leader_with_entries(test), r->kept[0].index = 3);
	VIOLATE(leader_with_entries(test), r->recovering = true);
	VIOLATE(leader_with_entries(test), (r->kept[1] = r->kept[0], r->nkept = 2));
	/* one that is committed, and so nobody goes back behind it */
	VIOLATE(leader_with_entries(test), (r->kept[1] = r->kept[0], r->nkept = 2,
					    r->kept[1].index = 1, r->config.index = 1));
	VIOLATE(leader_with_entries(test), (r->config.index = 99, r->kept[0].index = 99));
}

static struct bench *candidate(struct kunit *test, bool prevote)
{
	struct bench *b = bench_new(test, 1, 3, 1);

	b->params.config.flags = prevote ? RAFT_F_DEFAULT : RAFT_F_CHECKQUORUM;
	bench_start(b);
	bench_timeout(b);
	KUNIT_EXPECT_NULL(test, raft_check(b->raft));
	return b;
}

static void h05_invariants_of_campaigns(struct kunit *test)
{
	VIOLATE(candidate(test, false), r->hard.vote = 2);
	VIOLATE(candidate(test, true), r->leader = 2);
	VIOLATE(candidate(test, true), r->granted = 0x8);
	VIOLATE(candidate(test, true), r->voters = 0x6);
	VIOLATE(candidate(test, true), r->voters |= 0x10);
	VIOLATE(candidate(test, true), r->seat = 1);
	VIOLATE(candidate(test, true), r->peers[1].id = 9);
	VIOLATE(candidate(test, true), r->config.members[1].id = 1);
	VIOLATE(candidate(test, true), r->role = RAFT_FOLLOWER);
	VIOLATE(candidate(test, true), (r->role = RAFT_FOLLOWER, r->granted = 0, r->answered = 0,
					r->verified = 9));
	VIOLATE(candidate(test, true), (r->role = RAFT_FOLLOWER, r->granted = 0, r->answered = 0,
					r->leader = 1));
	VIOLATE(candidate(test, true), (r->role = RAFT_FOLLOWER, r->granted = 0,
					r->answered = 2));
	VIOLATE(candidate(test, true), (r->config.members[0].roles = RAFT_M_LEARNER,
					r->kept[0] = r->config));
}

static void everything_has_a_name(struct kunit *test)
{
	u8 i;

	for (i = RAFT_FOLLOWER; i <= RAFT_LEADER; i++)
		KUNIT_EXPECT_STRNEQ(test, raft_role_name(i), "unknown");
	for (i = 0; i < RAFT_CAUSE_NR; i++)
		KUNIT_EXPECT_STRNEQ(test, raft_cause_name(i), "unknown");
	for (i = 0; i < RAFT_REASON_NR; i++)
		KUNIT_EXPECT_STRNEQ(test, raft_reason_name(i), "unknown");
	for (i = 0; i < RAFT_HALT_NR; i++)
		KUNIT_EXPECT_STRNEQ(test, raft_halt_name(i), "unknown");
	for (i = RAFT_MSG_PREVOTE; i < RAFT_MSG_NR; i++)
		KUNIT_EXPECT_STRNEQ(test, raft_msg_name(i), "unknown");
	KUNIT_EXPECT_STREQ(test, raft_role_name(0), "unknown");
	KUNIT_EXPECT_STREQ(test, raft_msg_name(250), "unknown");
}

static struct kunit_case cases[] = {
	KUNIT_CASE(h02_timeouts_keep_their_range),
	KUNIT_CASE(h07_every_node_draws_for_itself),
	KUNIT_CASE(parameters_are_checked),
	KUNIT_CASE(a_node_outside_the_configuration_is_silent),
	KUNIT_CASE(h05_every_invariant_can_be_violated),
	KUNIT_CASE(h05_invariants_of_configurations),
	KUNIT_CASE(h05_invariants_of_campaigns),
	KUNIT_CASE(everything_has_a_name),
	{}
};

static struct kunit_suite suite = {
	.name = "quorum_raft_hygiene",
	.test_cases = cases,
};
kunit_test_suite(suite);
