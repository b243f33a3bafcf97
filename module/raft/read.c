// SPDX-License-Identifier: GPL-2.0
/*
 * Linearizable reads without a log entry: ReadIndex (thesis 6.4).
 *
 * A read gets the commit index at its arrival, and may be served from the state
 * machine at or behind that index as soon as a commit quorum has answered a
 * heartbeat that was sent after the arrival.  Such heartbeats carry the number of a
 * round: a round confirms the reads that had arrived when it was opened, and only
 * one is under way at a time, so that any number of reads costs one exchange.
 * Rounds are numbered by the engine, for all of its life (bug R-2).
 *
 * Until the leader has committed an entry of its term its commit index may be behind
 * the group's: reads wait for its first one (bug R-1).
 *
 * A node that does not lead asks its leader, and gets the index.
 */
#include "raft_private.h"

/* How long a read may take: a leader without a quorum steps down before. */
static u64 patience(const struct raft *r)
{
	return 2 * r->timing.election_max;
}

/* A read has its answer, wherever it came from. */
static void answer(struct raft *r, const struct raft_read *read, u8 reason)
{
	struct raft_effect *fx;
	struct raft_msg *msg;

	if (read->from == r->self) {
		fx = raft_effect_add(r, RAFT_FX_READ);
		fx->read.handle = read->handle;
		fx->read.index = read->index;
		fx->read.reason = reason;
		return;
	}
	msg = raft_send(r, RAFT_MSG_READ_REPLY, read->from);
	msg->read_reply.seq = read->seq;
	msg->read_reply.index = reason == RAFT_OK ? read->index : 0;
	msg->read_reply.reason = reason;
}

static void remove(struct raft_reads *reads, u32 i)
{
	reads->n--;
	memmove(&reads->list[i], &reads->list[i + 1],
		(reads->n - i) * sizeof(reads->list[0]));
}

void raft_read_init(struct raft *r)
{
	/*
	 * Numbers of READs start anywhere, so that an answer to this node's life
	 * before a restart is not taken for one to this (bug R-2).
	 */
	r->reads.seq = r->random;
}

/* TIMEOUT_NOW leaves: another leader may be elected without waiting (bug R-5). */
void raft_read_void_lease(struct raft *r)
{
	r->reads.no_lease = true;
	r->reads.leased = false;
}

void raft_read_lead(struct raft *r)
{
	r->reads.no_lease = false;
	r->reads.leased = false;
	r->reads.confirmed = r->reads.round;
}

/* Role, term or leader changed: nobody is going to confirm what was asked. */
void raft_read_reset(struct raft *r)
{
	struct raft_reads *reads = &r->reads;
	u32 i;

	for (i = 0; i < reads->n; i++)
		if (reads->list[i].from == r->self)
			answer(r, &reads->list[i], RAFT_REFUSED_NO_LEADER);
	reads->n = 0;
	reads->leased = false;
}

/*
 * Is a later leader impossible for now?  A lease runs from before the heartbeats of
 * a confirmed round left (bug R-7), and for less than the time for which those who
 * answered refuse to vote, by an eighth for each clock that may be wrong (bug R-9).
 * @r->now is read after the read was asked for and before its index is taken, so a
 * pause anywhere in between makes the index older but not wrong (bug R-6).
 */
static bool leased(const struct raft *r)
{
	const struct raft_reads *reads = &r->reads;

	return reads->leased && !reads->no_lease && r->log.commit >= r->term_start &&
	       !raft_time_reached(r->now, reads->lease_until);
}

/* A round is confirmed: may a lease begin with it? */
static void renew_lease(struct raft *r, raft_set sure)
{
	struct raft_reads *reads = &r->reads;
	const u32 need = RAFT_F_LEASE | RAFT_F_CHECKQUORUM;

	if ((r->flags & need) != need || reads->no_lease || !raft_quorum_confirms(r, sure))
		return;
	reads->leased = true;
	reads->lease_until = reads->round_began + r->timing.election_min -
			     r->timing.election_min / 4;
}

/* Does a commit quorum, as it is in force now, follow in the newest round? */
static void confirm(struct raft *r)
{
	struct raft_reads *reads = &r->reads;
	raft_set heard = 0, sure = 0;
	int seat;

	if (reads->confirmed == reads->round)
		return;
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		const struct raft_peer *p = &r->peers[seat];

		if (!raft_set_has(r->voters, seat))
			continue;
		if (seat != r->seat && p->round != reads->round)
			continue;
		heard |= raft_set_of(seat);
		/* Its timing, and so its promise, is known to be this leader's. */
		if (seat == r->seat || p->match >= r->config.index)
			sure |= raft_set_of(seat);
	}
	if (!raft_quorum_confirms(r, heard))
		return;
	reads->confirmed = reads->round;
	renew_lease(r, sure);
}

/* Ask everybody whether this node still leads. */
static void open_round(struct raft *r)
{
	struct raft_reads *reads = &r->reads;
	int seat;

	reads->round++;
	reads->round_began = r->now;
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
		if (raft_set_has(r->voters, seat) && seat != r->seat)
			raft_progress_beat(r, seat);
}

static void answer_confirmed(struct raft *r)
{
	struct raft_reads *reads = &r->reads;

	if (r->log.commit < r->term_start)
		return;
	while (reads->n && reads->list[0].round <= reads->confirmed) {
		answer(r, &reads->list[0], RAFT_OK);
		remove(reads, 0);
	}
}

/**
 * raft_read_pump() - go as far as answers and the commit index allow
 * @r: the engine
 */
void raft_read_pump(struct raft *r)
{
	struct raft_reads *reads = &r->reads;

	if (r->role != RAFT_LEADER)
		return;
	confirm(r);
	answer_confirmed(r);
	if (!reads->n || reads->confirmed != reads->round ||
	    reads->list[reads->n - 1].round <= reads->round)
		return;
	open_round(r);
	/* A quorum of one is at hand. */
	confirm(r);
	answer_confirmed(r);
}

/* Take a read in at the leader; there is room for it. */
static void add(struct raft *r, u32 from, u64 seq, u64 handle)
{
	struct raft_read read = {
		.handle = handle,
		.seq = seq,
		.from = from,
		/* What former leaders committed is below the first entry of this. */
		.index = max(r->log.commit, r->term_start),
		.round = r->reads.round + 1,
		.due = r->now + patience(r),
	};

	if (leased(r)) {
		answer(r, &read, RAFT_OK);
		return;
	}
	r->reads.list[r->reads.n++] = read;
	raft_read_pump(r);
}

static void ask(struct raft *r, const struct raft_read *read)
{
	raft_send(r, RAFT_MSG_READ, r->leader)->read.seq = read->seq;
}

/**
 * raft_read_take() - RAFT_EV_READ
 * @r: the engine
 * @handle: the shell's name for it
 *
 * Return: 1, or the negated reason.
 */
int raft_read_take(struct raft *r, u64 handle)
{
	struct raft_reads *reads = &r->reads;
	struct raft_read *read;

	if (r->leader == RAFT_NONE)
		return -RAFT_REFUSED_NO_LEADER;
	if (reads->n == RAFT_READS_MAX)
		return -RAFT_REFUSED_BUSY;
	if (r->role == RAFT_LEADER) {
		add(r, r->self, 0, handle);
		return 1;
	}
	read = &reads->list[reads->n++];
	memset(read, 0, sizeof(*read));
	read->handle = handle;
	read->from = r->self;
	read->seq = ++reads->seq;
	read->due = r->now + patience(r);
	if (reads->n == 1)
		reads->resend = r->now + r->timing.heartbeat;
	/* It speaks in this term, which has to be durable. */
	if (raft_hard_durable(r))
		ask(r, read);
	return 1;
}

/* READ of the current term: a follower wants an index. */
void raft_read_asked(struct raft *r, const struct raft_msg *msg)
{
	struct raft_reads *reads = &r->reads;
	struct raft_msg *reply;
	u32 i;

	for (i = 0; i < reads->n; i++)
		if (reads->list[i].from == msg->from && reads->list[i].seq == msg->read.seq)
			return;
	if (reads->n < RAFT_READS_MAX) {
		add(r, msg->from, msg->read.seq, 0);
		return;
	}
	reply = raft_send(r, RAFT_MSG_READ_REPLY, msg->from);
	reply->read_reply.seq = msg->read.seq;
	reply->read_reply.reason = RAFT_REFUSED_BUSY;
}

/* READ_REPLY of the current term: one of ours is answered, once. */
void raft_read_answered(struct raft *r, const struct raft_msg *msg)
{
	struct raft_reads *reads = &r->reads;
	u32 i;

	if (r->role == RAFT_LEADER || msg->from != r->leader)
		return;
	for (i = 0; i < reads->n; i++)
		if (reads->list[i].seq == msg->read_reply.seq)
			break;
	if (i == reads->n)
		return;
	reads->list[i].index = msg->read_reply.index;
	answer(r, &reads->list[i], msg->read_reply.reason);
	remove(reads, i);
}

void raft_read_tick(struct raft *r)
{
	struct raft_reads *reads = &r->reads;
	u32 i;

	while (reads->n && raft_time_reached(r->now, reads->list[0].due)) {
		answer(r, &reads->list[0], RAFT_REFUSED_TIMEOUT);
		remove(reads, 0);
	}
	/* The leader's own questions are repeated by its heartbeats. */
	if (!reads->n || r->role == RAFT_LEADER || !raft_time_reached(r->now, reads->resend))
		return;
	reads->resend = r->now + r->timing.heartbeat;
	for (i = 0; i < reads->n && raft_hard_durable(r); i++)
		ask(r, &reads->list[i]);
}

u64 raft_read_deadline(const struct raft *r)
{
	const struct raft_reads *reads = &r->reads;

	if (!reads->n)
		return RAFT_NEVER;
	return r->role == RAFT_LEADER ? reads->list[0].due :
					raft_time_earlier(reads->list[0].due, reads->resend);
}
