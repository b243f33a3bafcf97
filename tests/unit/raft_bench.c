// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/slab.h>
#include "raft_bench.h"

struct bench *bench_new(struct kunit *test, u32 self, u32 voters, u32 learners)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	b->raft = kunit_kzalloc(test, raft_size(), GFP_KERNEL);
	b->fx = kunit_kzalloc(test, sizeof(*b->fx), GFP_KERNEL);
	b->log = kunit_kzalloc(test, BENCH_EFFECTS * sizeof(*b->log), GFP_KERNEL);
	b->runs = kunit_kzalloc(test, BENCH_RUNS * sizeof(*b->runs), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, b->raft && b->fx && b->log && b->runs);
	b->now = 5000 * MS;
	b->room = 1 << 24;
	b->params.self = self;
	b->params.seed = 1;
	b->params.config.flags = RAFT_F_DEFAULT;
	b->params.config.timing.heartbeat = 50 * MS;
	b->params.config.timing.election_min = 150 * MS;
	b->params.config.timing.election_max = 300 * MS;
	b->params.runs = b->runs;
	b->params.config.n = voters + learners;
	for (i = 0; i < voters + learners; i++) {
		b->params.config.members[i].id = i + 1;
		b->params.config.members[i].roles =
			i < voters ? RAFT_M_VOTER : RAFT_M_LEARNER;
	}
	return b;
}

/* The recovered log: a run from @first, the log ends at @last. */
void bench_run(struct bench *b, u64 first, u64 term, u64 last)
{
	b->runs[b->params.nruns].first = first;
	b->runs[b->params.nruns++].term = term;
	b->params.last_index = last;
	b->params.term = max(b->params.term, term);
}

void bench_start(struct bench *b)
{
	memset(b->raft, 0, raft_size());
	b->nwrites = 0;
	b->hard_seq = 0;
	b->n = 0;
	KUNIT_ASSERT_EQ(b->test, raft_init(b->raft, &b->params, b->now), 0);
}

int bench_step(struct bench *b, const struct raft_event *ev)
{
	const char *broken;
	u32 i;

	b->ret = raft_step(b->raft, b->now, ev, b->fx);
	for (i = 0; i < b->fx->n; i++) {
		if (b->fx->list[i].type == RAFT_FX_HARD_STATE)
			b->hard_seq = b->fx->list[i].hard.seq;
		if (b->n < BENCH_EFFECTS)
			b->log[b->n++] = b->fx->list[i];
	}
	broken = raft_check(b->raft);
	KUNIT_EXPECT_TRUE_MSG(b->test, !broken, "invariant: %s", broken ? broken : "");
	return b->ret;
}

void bench_tick(struct bench *b, u64 ns)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	b->now += ns;
	bench_step(b, &ev);
}

/* Let the election timer fire. */
void bench_timeout(struct bench *b)
{
	bench_tick(b, b->params.config.timing.election_max + MS);
}

void bench_message(struct bench *b, struct raft_msg *msg)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };

	if (!msg->to)
		msg->to = b->params.self;
	ev.message.msg = msg;
	ev.message.room = b->room;
	bench_step(b, &ev);
}

void bench_ask(struct bench *b, u8 type, u32 from, u64 term, u64 last_index, u64 last_term)
{
	struct raft_msg msg = { .type = type, .from = from, .term = term };

	msg.vote.last_index = last_index;
	msg.vote.last_term = last_term;
	bench_message(b, &msg);
}

void bench_answer(struct bench *b, u8 type, u32 from, u64 term, u64 asked, bool granted)
{
	struct raft_msg msg = { .type = type, .from = from, .term = term };

	msg.vote_reply.asked_term = asked;
	msg.vote_reply.granted = granted;
	bench_message(b, &msg);
}

void bench_append(struct bench *b, u32 from, u64 term, u64 prev_index, u64 prev_term,
		  u64 commit, const u64 *terms, u32 count)
{
	static struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = from, .term = term };
	u32 i;

	for (i = 0; i < count; i++) {
		memset(&entries[i], 0, sizeof(entries[i]));
		entries[i].index = prev_index + 1 + i;
		entries[i].term = terms[i];
		entries[i].type = RAFT_ENTRY_DATA;
		entries[i].size = 1;
	}
	msg.append.prev_index = prev_index;
	msg.append.prev_term = prev_term;
	msg.append.commit = commit;
	msg.append.entries = entries;
	msg.append.count = count;
	bench_message(b, &msg);
}

void bench_beat(struct bench *b, u32 from, u64 term, u64 commit, u64 seq)
{
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT, .from = from, .term = term };

	msg.heartbeat.commit = commit;
	msg.heartbeat.seq = seq;
	bench_message(b, &msg);
}

/* Answers to this leader, in its term. */
void bench_ack(struct bench *b, u32 from, u64 match, u64 verified)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.append_reply.match = match;
	msg.append_reply.verified = verified;
	bench_message(b, &msg);
}

void bench_reject(struct bench *b, u32 from, u64 prev, u64 hint, u64 hint_term)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.append_reply.rejected = true;
	msg.append_reply.prev_index = prev;
	msg.append_reply.hint_index = hint;
	msg.append_reply.hint_term = hint_term;
	bench_message(b, &msg);
}

void bench_beat_reply(struct bench *b, u32 from, u64 seq, u64 match, u64 verified)
{
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.heartbeat_reply.seq = seq;
	msg.heartbeat_reply.match = match;
	msg.heartbeat_reply.verified = verified;
	bench_message(b, &msg);
}

int bench_propose(struct bench *b, u32 count, u32 size)
{
	static struct raft_proposal list[QUORUM_PROPOSE_BATCH_MAX];
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	u32 i;

	for (i = 0; i < count; i++) {
		list[i].tag = i + 1;
		list[i].size = size;
		list[i].type = RAFT_ENTRY_DATA;
	}
	ev.propose.list = list;
	ev.propose.count = count;
	ev.propose.room = b->room;
	return bench_step(b, &ev);
}

void bench_forward(struct bench *b, u32 from, u64 term, u64 tag, u32 size)
{
	struct raft_msg msg = { .type = RAFT_MSG_FORWARD, .from = from, .term = term };

	msg.forward.tag = tag;
	msg.forward.size = size;
	msg.forward.entry_type = RAFT_ENTRY_DATA;
	bench_message(b, &msg);
}

int bench_read(struct bench *b, u64 handle)
{
	struct raft_event ev = { .type = RAFT_EV_READ };

	ev.read.handle = handle;
	return bench_step(b, &ev);
}

int bench_transfer(struct bench *b, u32 target)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };

	ev.transfer = target;
	return bench_step(b, &ev);
}

/* The answer to a heartbeat that carried a round of reads. */
void bench_beat_round(struct bench *b, u32 from, u64 round)
{
	struct raft_msg msg = { .type = RAFT_MSG_HEARTBEAT_REPLY, .from = from };

	msg.term = bench_status(b)->term;
	msg.heartbeat_reply.round = round;
	bench_message(b, &msg);
}

/* Bytes of a snapshot arrive; its configuration is the genesis. */
void bench_chunk(struct bench *b, u32 from, u64 term, const struct raft_snapshot *name,
		 u64 offset, u32 bytes)
{
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT, .from = from, .term = term };

	msg.snapshot.name = *name;
	msg.snapshot.offset = offset;
	msg.snapshot.bytes = bytes;
	msg.snapshot.config = offset ? NULL : &b->params.config;
	bench_message(b, &msg);
}

void bench_stored(struct bench *b, const struct raft_snapshot *name, u64 offset, u32 bytes,
		  int error)
{
	struct raft_event ev = { .type = RAFT_EV_CHUNK_STORED, .error = error };

	ev.chunk.name = *name;
	ev.chunk.offset = offset;
	ev.chunk.bytes = bytes;
	bench_step(b, &ev);
}

void bench_installed(struct bench *b, const struct raft_snapshot *name, int error)
{
	struct raft_event ev = { .type = RAFT_EV_INSTALLED, .error = error };

	ev.snapshot.name = *name;
	bench_step(b, &ev);
}

/* This node has made a snapshot of its own. */
void bench_snapshot(struct bench *b, const struct raft_snapshot *name, u64 forget)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };

	ev.snapshot.name = *name;
	ev.snapshot.config = &b->params.config;
	ev.snapshot.forget = forget;
	bench_step(b, &ev);
}

/* Submit the next write, up to @last (0: all).  Return: was there one? */
bool bench_submit(struct bench *b, u64 last)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };

	if (!raft_next_write(b->raft, &ev.write))
		return false;
	if (last)
		ev.write.last = last;
	b->writes[b->nwrites++] = ev.write;
	bench_step(b, &ev);
	return true;
}

/* The @nth write in flight, counted from 0, ends. */
void bench_written(struct bench *b, u32 nth, int error)
{
	struct raft_event ev = { .type = RAFT_EV_WRITTEN, .error = error };
	u32 i;

	ev.write = b->writes[nth];
	b->nwrites--;
	for (i = nth; i < b->nwrites; i++)
		b->writes[i] = b->writes[i + 1];
	bench_step(b, &ev);
}

void bench_hard(struct bench *b, int error)
{
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE, .error = error };

	ev.hard_seq = b->hard_seq;
	bench_step(b, &ev);
}

/* All that was asked of the disk is done. */
void bench_settle(struct bench *b)
{
	u32 i;

	for (i = 0; i < 8; i++) {
		if (!raft_hard_durable(b->raft))
			bench_hard(b, 0);
		while (bench_submit(b, 0))
			;
		while (b->nwrites)
			bench_written(b, 0, 0);
	}
}

/* Make it the leader, its no-op durable, everybody's vote given. */
void bench_elect(struct bench *b)
{
	u32 id;

	bench_timeout(b);
	for (id = 1; id <= b->params.config.n && bench_status(b)->role == RAFT_PRECANDIDATE; id++)
		if (id != b->params.self)
			bench_answer(b, RAFT_MSG_PREVOTE_REPLY, id, bench_status(b)->term + 1,
				     bench_status(b)->term + 1, true);
	bench_hard(b, 0);
	for (id = 1; id <= b->params.config.n && bench_status(b)->role == RAFT_CANDIDATE; id++)
		if (id != b->params.self)
			bench_answer(b, RAFT_MSG_VOTE_REPLY, id, bench_status(b)->term,
				     bench_status(b)->term, true);
	KUNIT_ASSERT_EQ(b->test, bench_status(b)->role, RAFT_LEADER);
	bench_settle(b);
	bench_clear(b);
}

/* Send a peer all it may be sent, one byte per entry.  Return: messages. */
u32 bench_send_all(struct bench *b, u32 peer)
{
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_append a;
	u32 n = 0;

	while (raft_next_append(b->raft, peer, &a) == RAFT_NEXT_APPEND && n < 1000) {
		ev.sent.peer = peer;
		ev.sent.first = a.first;
		ev.sent.last = a.last;
		ev.sent.bytes = (u32)(a.last + 1 - a.first);
		bench_step(b, &ev);
		n++;
	}
	return n;
}

void bench_clear(struct bench *b)
{
	b->n = 0;
}

/* The last message of a type to a node (0: to anybody) since bench_clear(). */
const struct raft_msg *bench_sent(const struct bench *b, u8 type, u32 to)
{
	u32 i;

	for (i = b->n; i > 0; i--) {
		const struct raft_effect *fx = &b->log[i - 1];

		if (fx->type == RAFT_FX_SEND && fx->msg.type == type &&
		    (!to || fx->msg.to == to))
			return &fx->msg;
	}
	return NULL;
}

u32 bench_sent_count(const struct bench *b, u8 type)
{
	u32 i, n = 0;

	for (i = 0; i < b->n; i++)
		n += b->log[i].type == RAFT_FX_SEND && b->log[i].msg.type == type;
	return n;
}

const struct raft_effect *bench_effect(const struct bench *b, u8 type)
{
	u32 i;

	for (i = b->n; i > 0; i--)
		if (b->log[i - 1].type == type)
			return &b->log[i - 1];
	return NULL;
}

u32 bench_effect_count(const struct bench *b, u8 type)
{
	u32 i, n = 0;

	for (i = 0; i < b->n; i++)
		n += b->log[i].type == type;
	return n;
}

/* A look at the engine's status, good until the next one. */
const struct raft_status *bench_status(struct bench *b)
{
	raft_get_status(b->raft, &b->status);
	return &b->status;
}
