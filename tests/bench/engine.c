// SPDX-License-Identifier: GPL-2.0
/*
 * What an entry costs the engine and the codec, for counting instructions.
 *
 *	engine leader|follower ROUNDS
 *
 * Each round is a batch of 64 entries in a group of three: everything the engine and
 * the codec do for it on that node, and nothing else, happens below counted_leader()
 * or counted_follower(), which is where tests/bench/run lets callgrind count.  The
 * device, the network, checksums and payload are the shell's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "format/wire.h"
#include "raft/raft.h"

#define MS	1000000ULL
#define BATCH	64
#define SIZE	256

static struct raft *raft;
static struct raft_effects fx;
static u64 now = 1000 * MS;
static struct raft_proposal list[BATCH];
static struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
static u8 out[QUORUM_MSG_BYTES_MAX], in[QUORUM_MSG_BYTES_MAX];
static size_t in_len;
static const struct wire_header ident = {
	.cluster = 1, .group = 2, .genesis = 3, .incarnation = 4,
};

static void fail(const char *what)
{
	fprintf(stderr, "engine: %s\n", what);
	exit(1);
}

static void step(const struct raft_event *ev)
{
	raft_step(raft, now, ev, &fx);
}

static void start(u32 self, u64 term)
{
	struct raft_params params = { .self = self, .seed = 1, .term = term };
	u32 i;

	params.config.n = 3;
	params.config.flags = RAFT_F_DEFAULT;
	params.config.timing.heartbeat = 50 * MS;
	params.config.timing.election_min = 150 * MS;
	params.config.timing.election_max = 300 * MS;
	for (i = 0; i < 3; i++) {
		params.config.members[i].id = i + 1;
		params.config.members[i].roles = RAFT_M_VOTER;
	}
	raft = calloc(1, raft_size());
	if (!raft || raft_init(raft, &params, now))
		fail("raft_init");
}

/* A datagram of ours, up to its payload. */
static size_t encode(const struct raft_msg *msg)
{
	size_t len = wire_encode(out, sizeof(out), &ident, msg);

	if (!len)
		fail("encode");
	return len;
}

static void receive(void)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };
	struct wire_header hdr;
	const void *payload;
	struct raft_msg msg;

	wire_header_get(in, &hdr);
	if (wire_decode(in, in_len, &hdr, &msg, entries, &payload) != WIRE_OK)
		fail("decode");
	ev.message.msg = &msg;
	ev.message.room = 1 << 24;
	step(&ev);
}

/* Put a message where receive() finds it. */
static void arrives(const struct raft_msg *msg, size_t payload)
{
	in_len = wire_encode(in, sizeof(in), &ident, msg);
	if (!in_len)
		fail("arrives");
	memset(in + in_len, 0, payload);
	in_len += payload;
}

static void write_log(bool done)
{
	static struct raft_write under_way;
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED };

	if (!done) {
		if (!raft_next_write(raft, &ev.write))
			fail("nothing to write");
		under_way = ev.write;
	} else {
		ev.type = RAFT_EV_WRITTEN;
		ev.write = under_way;
	}
	step(&ev);
}

/* ---- leader ---- */

static struct raft_entry sent[BATCH];

static void send_to(u32 peer)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = 1, .to = peer };
	struct raft_event ev = { .type = RAFT_EV_SENT };
	struct raft_append a;

	if (raft_next_append(raft, peer, &a) != RAFT_NEXT_APPEND)
		fail("nothing to send");
	msg.term = a.term;
	msg.append.prev_index = a.prev_index;
	msg.append.prev_term = a.prev_term;
	msg.append.commit = a.commit;
	msg.append.entries = sent;
	msg.append.count = a.last + 1 - a.first;
	encode(&msg);
	ev.sent.peer = peer;
	ev.sent.first = a.first;
	ev.sent.last = a.last;
	ev.sent.bytes = SIZE * msg.append.count;
	step(&ev);
	while (raft_next_append(raft, peer, &a) != RAFT_NEXT_NOTHING)
		fail("more than a batch");
}

void counted_leader(int what);
noinline void counted_leader(int what)
{
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };

	switch (what) {
	case 0:
		ev.propose.list = list;
		ev.propose.count = BATCH;
		ev.propose.room = 1 << 24;
		step(&ev);
		write_log(false);
		send_to(2);
		send_to(3);
		break;
	case 1:
		receive();
		break;
	default:
		write_log(true);
		break;
	}
}

static void acks(u32 from, u64 match)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND_REPLY, .from = from, .to = 1 };

	msg.term = 1;
	msg.append_reply.match = match;
	msg.append_reply.verified = match;
	arrives(&msg, 0);
}

static void elect(void)
{
	struct raft_event tick = { .type = RAFT_EV_TICK };
	struct raft_event hard = { .type = RAFT_EV_HARD_STATE, .hard_seq = 1 };
	struct raft_msg msg = { .type = RAFT_MSG_PREVOTE_REPLY, .from = 2, .to = 1, .term = 1 };
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .message.msg = &msg };
	struct raft_append a;
	u32 peer;

	now += 301 * MS;
	step(&tick);
	msg.vote_reply.asked_term = 1;
	msg.vote_reply.granted = true;
	step(&ev);
	step(&hard);
	msg.type = RAFT_MSG_VOTE_REPLY;
	step(&ev);
	write_log(false);
	write_log(true);
	for (peer = 2; peer <= 3; peer++) {
		struct raft_event gone = { .type = RAFT_EV_SENT };

		if (raft_next_append(raft, peer, &a) != RAFT_NEXT_APPEND)
			fail("not elected");
		gone.sent.peer = peer;
		gone.sent.first = a.first;
		gone.sent.last = a.last;
		step(&gone);
		acks(peer, 1);
		receive();
	}
}

static void lead(u32 rounds)
{
	u64 last = 1;
	u32 i;

	start(1, 0);
	elect();
	for (i = 0; i < BATCH; i++) {
		list[i].size = SIZE;
		list[i].type = RAFT_ENTRY_DATA;
		sent[i].term = 1;
		sent[i].size = SIZE;
		sent[i].type = RAFT_ENTRY_DATA;
		sent[i].origin = 1;
	}
	while (rounds--) {
		last += BATCH;
		counted_leader(0);
		acks(2, last);
		counted_leader(1);
		counted_leader(2);
		acks(3, last);
		counted_leader(1);
	}
}

/* ---- follower ---- */

void counted_follower(int what);
noinline void counted_follower(int what)
{
	u32 i;

	if (!what) {
		receive();
		write_log(false);
	} else {
		write_log(true);
	}
	for (i = 0; i < fx.n; i++)
		if (fx.list[i].type == RAFT_FX_SEND)
			encode(&fx.list[i].msg);
}

static void follow(u32 rounds)
{
	struct raft_msg msg = { .type = RAFT_MSG_APPEND, .from = 2, .to = 1, .term = 1 };
	static struct raft_entry batch[BATCH];
	u64 last = 0;
	u32 i;

	start(1, 1);
	for (i = 0; i < BATCH; i++) {
		batch[i].term = 1;
		batch[i].size = SIZE;
		batch[i].type = RAFT_ENTRY_DATA;
		batch[i].origin = 2;
	}
	while (rounds--) {
		msg.append.prev_index = last;
		msg.append.prev_term = last ? 1 : 0;
		msg.append.commit = last;
		msg.append.entries = batch;
		msg.append.count = BATCH;
		arrives(&msg, BATCH * SIZE);
		counted_follower(0);
		counted_follower(1);
		last += BATCH;
	}
}

int main(int argc, char **argv)
{
	struct raft_status status;
	u32 rounds = argc == 3 ? (u32)atoi(argv[2]) : 0;
	u64 wanted = (u64)rounds * BATCH;

	if (!rounds)
		fail("usage: engine leader|follower ROUNDS");
	if (!strcmp(argv[1], "leader")) {
		lead(rounds);
		wanted++;
	} else {
		follow(rounds);
	}
	raft_get_status(raft, &status);
	if (status.durable_index != wanted || (status.role == RAFT_LEADER) != (*argv[1] == 'l') ||
	    (*argv[1] == 'l' && status.commit != wanted))
		fail("the entries did not go through");
	free(raft);
	return 0;
}
