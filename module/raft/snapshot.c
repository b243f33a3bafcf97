// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: what is forgotten of the log, and how a member that needs it is sent a
 * snapshot instead.
 *
 * A transfer is pulled, like appends: raft_next_append() says which bytes of which
 * snapshot a peer may be sent, a window at a time.  What arrives out of order is
 * refused with the offset that is wanted; what is stored is acknowledged.  A
 * snapshot is known by index, term, size and checksum, and bytes of two are never
 * mixed (bug S-11).
 *
 * The receiver stores the bytes aside.  Only when all are there is it put in force,
 * in one step of the store, which replaces the whole log (bugs S-2, S-5): whoever
 * has the snapshot's last entry in its log needs no snapshot, and everything else
 * in that log is covered or contradicted by it (bug S-1).  Neither the term nor the
 * vote takes part in this (bug S-7).
 */
#include "raft_private.h"

static bool same(const struct raft_snapshot *a, const struct raft_snapshot *b)
{
	return a->index == b->index && a->term == b->term && a->size == b->size &&
	       a->crc == b->crc;
}

/* ---- own snapshots ---- */

/* What this peer is sent: a witness is told which snapshot, and nothing of it. */
static struct raft_snapshot sent_to(const struct raft *r, const struct raft_peer *p)
{
	struct raft_snapshot name = r->snapshot;

	if (raft_set_has(r->witnesses, (int)(p - r->peers))) {
		name.size = 0;
		name.crc = RAFT_SNAPSHOT_EMPTY;
	}
	return name;
}

static void chunks_reset(struct raft_peer *p)
{
	p->chunk_acked = 0;
	p->chunk_sent = 0;
	p->chunk_asked = false;
	p->chunk_paused = false;
	p->chunk_gap = RAFT_NEVER;
}

/**
 * raft_snapshot_check() - does this peer need what is not in the log any more?
 * @r: a leader
 * @p: the peer; its next may have been turned back, or the log's base moved
 */
void raft_snapshot_check(struct raft *r, struct raft_peer *p)
{
	if (p->state == RAFT_PEER_SNAPSHOT || p->next > r->log.base_index)
		return;
	p->state = RAFT_PEER_SNAPSHOT;
	p->paused = false;
	p->head = 0;
	p->count = 0;
	p->bytes = 0;
	chunks_reset(p);
}

/* The peer's log reaches ours again: the snapshot, or an older one, did it (S-10). */
void raft_snapshot_left(struct raft *r, struct raft_peer *p, u64 verified)
{
	if (p->state != RAFT_PEER_SNAPSHOT || verified < r->log.base_index)
		return;
	p->state = RAFT_PEER_PROBE;
	p->paused = false;
	p->certain = true;
	p->next = max(verified, p->match) + 1;
	p->confirm = p->next;
}

static bool sound(const struct raft *r, const struct raft_event *event)
{
	const struct raft_snapshot *name = &event->snapshot.name;
	const struct raft_config *config = event->snapshot.config;
	u64 term;

	/* Of what was applied, and of nothing else (bug S-13). */
	if (!name->index || name->index > r->log.commit || event->snapshot.forget > name->index)
		return false;
	if (raft_log_term(&r->log, name->index, &term) && term != name->term)
		return false;
	return config && config->index <= name->index && raft_config_check(config) == RAFT_OK;
}

/* Forget the log up to @index, if it is known what to remember of it. */
static void forget(struct raft *r, u64 index)
{
	struct raft_effect *fx;
	u64 term;
	int seat;

	/* What the own device has not finished it cannot let go of (bug S-4). */
	index = min(index, r->disk.durable);
	if (index <= r->log.base_index)
		return;
	if (index == r->snapshot.index)
		term = r->snapshot.term;
	else if (!raft_log_term(&r->log, index, &term))
		return;
	raft_log_compact(&r->log, index, term);
	fx = raft_effect_add(r, RAFT_FX_FORGET);
	fx->forget.index = index;
	fx->forget.term = term;
	for (seat = 0; seat < QUORUM_MEMBERS_MAX && r->role == RAFT_LEADER; seat++)
		if (raft_set_has(r->all, seat) && seat != r->seat)
			raft_snapshot_check(r, &r->peers[seat]);
}

/**
 * raft_snapshot_made() - RAFT_EV_SNAPSHOT
 * @r: the engine
 * @event: the event
 *
 * One that is not newer than the one in force only lets the log go.
 */
void raft_snapshot_made(struct raft *r, const struct raft_event *event)
{
	const struct raft_snapshot *name = &event->snapshot.name;
	int seat;

	if (name->index < r->snapshot.index)
		return;
	if (!sound(r, event)) {
		raft_halt(r, RAFT_HALT_CONTRACT, name->index, name->term, r->log.commit);
		return;
	}
	if (!same(name, &r->snapshot)) {
		r->snapshot = *name;
		r->snapshot_config = *event->snapshot.config;
		/* Who was being sent the old one starts again with this. */
		for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++)
			if (r->peers[seat].state == RAFT_PEER_SNAPSHOT)
				chunks_reset(&r->peers[seat]);
	}
	forget(r, event->snapshot.forget);
}

/* ---- sending ---- */

/* RAFT_NEXT_SNAPSHOT, for a peer in that state. */
enum raft_next raft_snapshot_next(const struct raft *r, const struct raft_peer *p,
				  struct raft_append *append)
{
	const struct raft_snapshot s = sent_to(r, p);
	u64 room;

	if (s.index < r->log.base_index || !s.index)
		return RAFT_NEXT_NOTHING;
	/* After the last byte a message without any asks how it went. */
	if (p->chunk_paused || (p->chunk_asked && p->chunk_sent == s.size))
		return RAFT_NEXT_NOTHING;
	room = RAFT_SNAPSHOT_WINDOW_BYTES - (p->chunk_sent - p->chunk_acked);
	if (!room)
		return RAFT_NEXT_NOTHING;
	memset(append, 0, sizeof(*append));
	append->peer = p->id;
	append->term = r->hard.term;
	append->history = raft_recovery_history(&r->config);
	append->snapshot = s;
	append->offset = p->chunk_sent;
	append->bytes = (u32)min3(s.size - p->chunk_sent, room, (u64)RAFT_CHUNK_BYTES_MAX);
	append->config = p->chunk_sent ? NULL : &r->snapshot_config;
	return RAFT_NEXT_SNAPSHOT;
}

/* RAFT_EV_SNAPSHOT_SENT */
void raft_snapshot_sent(struct raft *r, const struct raft_event *event)
{
	int seat = raft_seat_of(r, event->chunk.peer);
	struct raft_snapshot name;
	struct raft_peer *p;

	if (r->role != RAFT_LEADER || seat < 0)
		return;
	p = &r->peers[seat];
	name = sent_to(r, p);
	/* Reading it took its time, and the world went on. */
	if (p->state != RAFT_PEER_SNAPSHOT || !same(&event->chunk.name, &name) ||
	    event->chunk.offset != p->chunk_sent ||
	    event->chunk.bytes > name.size - p->chunk_sent)
		return;
	if (!p->chunk_asked || p->chunk_sent == p->chunk_acked)
		p->chunk_due = r->now + 2 * r->timing.heartbeat;
	p->chunk_sent += event->chunk.bytes;
	p->chunk_asked = true;
}

/* Nothing was heard of what was sent: send it again. */
void raft_snapshot_tick(struct raft *r, struct raft_peer *p)
{
	if (raft_snapshot_due(r, p) == RAFT_NEVER || !raft_time_reached(r->now, p->chunk_due))
		return;
	p->chunk_sent = p->chunk_acked;
	p->chunk_asked = false;
	p->chunk_paused = false;
	p->chunk_gap = RAFT_NEVER;
}

u64 raft_snapshot_due(const struct raft *r, const struct raft_peer *p)
{
	return p->state == RAFT_PEER_SNAPSHOT && p->chunk_asked ? p->chunk_due : RAFT_NEVER;
}

/* SNAPSHOT_REPLY, to a leader in its term */
void raft_snapshot_reply(struct raft *r, struct raft_peer *p, const struct raft_msg *msg)
{
	const struct raft_snapshot name = sent_to(r, p);
	u64 offset = msg->snapshot_reply.offset;

	if (p->state != RAFT_PEER_SNAPSHOT || !p->chunk_asked ||
	    !same(&msg->snapshot_reply.name, &name) || offset > p->chunk_sent)
		return;
	switch (msg->snapshot_reply.verdict) {
	case RAFT_SNAPSHOT_STORED:
		if (offset <= p->chunk_acked)
			return;
		p->chunk_acked = offset;
		p->chunk_gap = RAFT_NEVER;
		p->chunk_due = r->now + 2 * r->timing.heartbeat;
		return;
	case RAFT_SNAPSHOT_GAP:
		/* Several chunks of a window meet the same gap (bug P-4). */
		if (offset == p->chunk_gap || offset == p->chunk_sent)
			return;
		p->chunk_gap = offset;
		p->chunk_acked = offset;
		p->chunk_sent = offset;
		p->chunk_asked = false;
		return;
	default:
		/* It could not be stored, or was damaged: again, and not at once. */
		p->chunk_acked = 0;
		p->chunk_sent = 0;
		p->chunk_paused = true;
		p->chunk_due = r->now + r->timing.election_max;
		return;
	}
}

/* ---- receiving ---- */

static void reply(struct raft *r, const struct raft_snapshot *name, u64 offset, u8 verdict)
{
	struct raft_msg *msg;

	if (r->role != RAFT_FOLLOWER || r->leader == RAFT_NONE || !raft_hard_durable(r))
		return;
	msg = raft_send(r, RAFT_MSG_SNAPSHOT_REPLY, r->leader);
	msg->snapshot_reply.name = *name;
	msg->snapshot_reply.offset = offset;
	msg->snapshot_reply.verdict = verdict;
}

static void install_effect(struct raft *r, u8 type)
{
	struct raft_effect *fx = raft_effect_add(r, type);

	fx->install.name = r->incoming.name;
	if (type == RAFT_FX_INSTALL)
		fx->install.config = &r->incoming.config;
}

/* Is a snapshot being put in force?  Then the log stands still (bug S-6). */
bool raft_snapshot_installing(const struct raft *r)
{
	return r->incoming.ending;
}

/* Is everything there, so that no more writes of the log may begin? */
bool raft_snapshot_complete(const struct raft *r)
{
	const struct raft_incoming *in = &r->incoming;

	return in->name.index && in->stored == in->name.size;
}

/* Give up what was received so far. */
void raft_snapshot_drop(struct raft *r)
{
	if (!r->incoming.name.index || r->incoming.ending)
		return;
	install_effect(r, RAFT_FX_INSTALL_ABORT);
	memset(&r->incoming.name, 0, sizeof(r->incoming.name));
}

/*
 * Has the log come as far by itself?  With the snapshot's last entry it has all that
 * the snapshot covers, and what is behind may be acknowledged by now (bug S-1).
 */
void raft_snapshot_overtaken(struct raft *r)
{
	const struct raft_snapshot *name = &r->incoming.name;
	u64 term;

	if (!name->index || r->incoming.ending)
		return;
	if (raft_log_term(&r->log, name->index, &term) && term == name->term)
		raft_commit_to(r, name->index);
	if (name->index <= r->log.commit)
		raft_snapshot_drop(r);
}

/**
 * raft_snapshot_pump() - put the snapshot in force, if it is complete
 * @r: the engine
 *
 * Not while a write of the log is under way, which it would have to be told apart
 * from.
 */
void raft_snapshot_pump(struct raft *r)
{
	if (!raft_snapshot_complete(r) || r->incoming.ending || r->disk.n)
		return;
	r->incoming.ending = true;
	install_effect(r, RAFT_FX_INSTALL_END);
}

/* What no correct leader sends. */
static bool well_formed(const struct raft_msg *msg)
{
	const struct raft_snapshot *name = &msg->snapshot.name;
	const struct raft_config *config = msg->snapshot.config;

	if (!name->index || !name->term || name->term > msg->term ||
	    name->index >= U64_MAX - RAFT_MSG_ENTRIES_MAX)
		return false;
	if (msg->snapshot.offset > name->size || msg->snapshot.bytes > RAFT_CHUNK_BYTES_MAX ||
	    msg->snapshot.bytes > name->size - msg->snapshot.offset)
		return false;
	if (!msg->snapshot.offset != !!config)
		return false;
	return !config || (config->index <= name->index && raft_config_check(config) == RAFT_OK);
}

/*
 * Is the snapshot's last entry in our log already?  Then so is all it covers, and
 * what is left to learn is that it is committed.
 */
static bool already_here(struct raft *r, const struct raft_snapshot *name)
{
	bool known;
	u64 term;

	known = raft_log_term(&r->log, name->index, &term);
	if (name->index <= r->log.commit) {
		if (known && term != name->term) {
			raft_halt(r, RAFT_HALT_SNAPSHOT, name->index, name->term, term);
			return true;
		}
	} else if (!known || term != name->term) {
		return false;
	}
	r->verified = max(r->verified, name->index);
	raft_commit_to(r, name->index);
	raft_snapshot_overtaken(r);
	r->owed.ack = true;
	raft_follower_pay(r);
	return true;
}

/*
 * Is this the snapshot to receive?  A newer one of the same leader, or any of a
 * newer leader, takes the place of one half received (bugs S-11, S-15).
 */
static bool begin(struct raft *r, const struct raft_msg *msg)
{
	struct raft_incoming *in = &r->incoming;
	const struct raft_snapshot *name = &msg->snapshot.name;

	if (in->name.index && same(&in->name, name)) {
		in->term = msg->term;
		return true;
	}
	if (in->name.index && in->term == msg->term && name->index < in->name.index)
		return false;
	if (msg->snapshot.offset) {
		reply(r, name, 0, RAFT_SNAPSHOT_GAP);
		return false;
	}
	raft_snapshot_drop(r);
	in->name = *name;
	in->config = *msg->snapshot.config;
	in->term = msg->term;
	in->taken = 0;
	in->stored = 0;
	install_effect(r, RAFT_FX_INSTALL);
	return true;
}

/**
 * raft_snapshot_chunk() - bytes of a snapshot arrived
 * @r: the engine
 * @msg: SNAPSHOT of the current term's leader
 */
void raft_snapshot_chunk(struct raft *r, const struct raft_msg *msg)
{
	struct raft_incoming *in = &r->incoming;
	struct raft_effect *fx;

	if (!well_formed(msg) || !raft_follower_leader(r, msg))
		return;
	if (in->ending) {
		if (same(&in->name, &msg->snapshot.name))
			reply(r, &in->name, in->name.size, RAFT_SNAPSHOT_STORED);
		return;
	}
	if (already_here(r, &msg->snapshot.name) || !begin(r, msg))
		return;
	if (msg->snapshot.offset > in->taken) {
		reply(r, &in->name, in->taken, RAFT_SNAPSHOT_GAP);
		return;
	}
	if (msg->snapshot.offset < in->taken || !msg->snapshot.bytes) {
		reply(r, &in->name, in->stored, RAFT_SNAPSHOT_STORED);
		raft_snapshot_pump(r);
		return;
	}
	if (in->taken - in->stored + msg->snapshot.bytes > RAFT_SNAPSHOT_WINDOW_BYTES)
		return;
	fx = raft_effect_add(r, RAFT_FX_CHUNK);
	fx->chunk.name = in->name;
	fx->chunk.offset = in->taken;
	fx->chunk.bytes = msg->snapshot.bytes;
	in->taken += msg->snapshot.bytes;
}

static void failed(struct raft *r)
{
	struct raft_snapshot name = r->incoming.name;

	r->incoming.ending = false;
	raft_snapshot_drop(r);
	reply(r, &name, 0, RAFT_SNAPSHOT_FAILED);
}

/**
 * raft_snapshot_stored() - RAFT_EV_CHUNK_STORED
 * @r: the engine
 * @event: the event
 */
void raft_snapshot_stored(struct raft *r, const struct raft_event *event)
{
	struct raft_incoming *in = &r->incoming;

	/* Of one that was dropped meanwhile. */
	if (!in->name.index || in->ending || !same(&in->name, &event->chunk.name) ||
	    event->chunk.offset != in->stored)
		return;
	if (event->error) {
		failed(r);
		return;
	}
	if (event->chunk.bytes > in->taken - in->stored) {
		raft_halt(r, RAFT_HALT_CONTRACT, event->chunk.offset, event->chunk.bytes,
			  in->taken);
		return;
	}
	in->stored += event->chunk.bytes;
	reply(r, &in->name, in->stored, RAFT_SNAPSHOT_STORED);
	raft_snapshot_pump(r);
}

/**
 * raft_snapshot_installed() - RAFT_EV_INSTALLED
 * @r: the engine
 * @event: the event
 *
 * On the device the snapshot has replaced the log; here it does so now.
 */
void raft_snapshot_installed(struct raft *r, const struct raft_event *event)
{
	struct raft_incoming *in = &r->incoming;
	struct raft_effect *fx;

	if (!in->ending || !same(&in->name, &event->snapshot.name)) {
		raft_halt(r, RAFT_HALT_CONTRACT, event->snapshot.name.index, 0, in->name.index);
		return;
	}
	if (event->error) {
		failed(r);
		return;
	}
	in->ending = false;
	r->snapshot = in->name;
	r->snapshot_config = in->config;
	memset(&in->name, 0, sizeof(in->name));
	raft_log_restore(&r->log, r->snapshot.index, r->snapshot.term);
	raft_disk_restore(r, r->snapshot.index);
	r->verified = min(r->verified, r->snapshot.index);
	fx = raft_effect_add(r, RAFT_FX_RESTORE);
	fx->install.name = r->snapshot;
	fx->install.config = &r->snapshot_config;
	raft_membership_restore(r, &r->snapshot_config);
	r->owed.ack = true;
	raft_follower_pay(r);
}
