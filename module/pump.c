// SPDX-License-Identifier: GPL-2.0
/*
 * The pump: pull from the engine what may be written and what may be sent.
 */
#include "group_private.h"
#include "trace.h"

/**
 * quorum_pump_hold() - let go of what is durable and applied, and of no more
 * @g: the group
 *
 * To be called whenever either moves, before the next entry is cached.
 * Context: only the loop, or before it runs.
 */
void quorum_pump_hold(struct quorum_group *g)
{
	u64 used = max_t(u64, atomic64_read(&g->applied), g->recovered_last);

	quorum_cache_hold(g->cache, min(g->durable, used));
}

/**
 * quorum_pump_room() - payload bytes that the device takes of new entries
 * @g: the group
 *
 * A lack of it lasts; one of memory (quorum_cache_room()) passes.
 *
 * Context: only the loop.
 */
u64 quorum_pump_room(const struct quorum_group *g)
{
	return quorum_store_room_after(g->store, g->last - g->submitted,
				       g->unsubmitted_bytes);
}

/* Put as much of a write into one record as fits; lower its last to that. */
static bool fill_record(struct quorum_group *g, struct raft_write *w, u64 *bytes)
{
	const struct raft_entry *entry;
	const void *payload;
	u64 index;

	*bytes = 0;
	quorum_store_begin(g->store, w->truncate, w->first);
	for (index = w->first; index <= w->last; index++) {
		entry = quorum_cache_peek(g->cache, index, &payload);
		/* Not durable, so the hold keeps it in the cache. */
		if (WARN_ON_ONCE(!entry))
			return false;
		if (!quorum_store_add(g->store, entry, payload))
			break;
		*bytes += entry->size;
	}
	w->last = index - 1;
	return true;
}

static void submitted(struct quorum_group *g, const struct raft_write *w, u64 bytes)
{
	struct raft_event ev = { .type = RAFT_EV_SUBMITTED, .write = *w };

	g->inflight[g->ninflight].write = *w;
	g->inflight[g->ninflight].vouches = w->last;
	g->ninflight++;
	g->submitted = w->last;
	g->unsubmitted_bytes -= bytes;
	quorum_effects_step(g, &ev, NULL);
}

/**
 * quorum_pump_writes() - hand to the store what waits to be written
 * @g: the group
 *
 * Context: only the loop.
 */
void quorum_pump_writes(struct quorum_group *g)
{
	struct raft_write w;
	u64 bytes;
	int error;

	quorum_pump_hold(g);
	/* Nothing fits until the log is cut; fx_truncate() says when that was. */
	if (g->store_full)
		return;
	while (g->ninflight < RAFT_WRITES_MAX && quorum_store_can_write(g->store) &&
	       raft_next_write(g->raft, &w)) {
		if (!fill_record(g, &w, &bytes)) {
			quorum_group_fail(g, -EUCLEAN, RAFT_HALT_CONTRACT);
			return;
		}
		error = quorum_store_submit(g->store, w.seq);
		if (error == -ENOSPC) {
			/* A follower's ring: it acknowledges nothing. */
			pr_warn("%s: the log is full\n", g->params.name);
			g->store_full = true;
			return;
		}
		/* An earlier write has failed, and its completion is on its way. */
		if (error)
			return;
		submitted(g, &w, bytes);
	}
}

/* An entry for a peer: from memory, or from what was read back. */
static const struct raft_entry *find(struct quorum_group *g, u64 index, const void **payload)
{
	const struct raft_entry *entry = quorum_cache_peek(g->cache, index, payload);
	u64 term;

	if (entry)
		return entry;
	entry = quorum_readback_peek(&g->readback, index, payload);
	/* Read while the log was replaced above it: not what the engine means. */
	if (entry && raft_term_at(g->raft, index, &term) && term != entry->term)
		return NULL;
	return entry;
}

/* The term of the entry before the first one, when the engine forgot it. */
static bool find_prev(struct quorum_group *g, struct raft_append *a)
{
	const struct raft_entry *prev;
	const void *payload;

	if (a->prev_known)
		return true;
	prev = find(g, a->prev_index, &payload);
	if (!prev)
		return false;
	a->prev_term = prev->term;
	a->prev_known = true;
	return true;
}

/*
 * A witness is told of an entry, not what it says.  False: nobody else may be sent
 * this one, since its payload never came here.
 */
static bool strip(struct quorum_group *g, const struct raft_append *a, struct raft_entry *entry)
{
	bool payload = entry->type == RAFT_ENTRY_DATA || entry->type == RAFT_ENTRY_SESSION;

	if (!payload)
		return true;
	if (a->strip) {
		entry->size = 0;
		return true;
	}
	if (entry->size)
		return true;
	if (g->state == QUORUM_STATE_RUNNING)
		pr_err("%s: entry %llu came when this node was a witness, without payload: format its device and have it join anew\n",
		       g->params.name, entry->index);
	quorum_group_fail(g, -EUCLEAN, RAFT_HALT_STORE);
	return false;
}

/*
 * Describe as many entries as go into one datagram; at least one, if any.  One that goes
 * in pieces anyway takes along what there is, up to the size of the largest entry: few
 * large messages leave more room in a member's places than many that are hardly larger
 * than a datagram.
 */
static u32 choose(struct quorum_group *g, const struct raft_append *a, u32 *bytes)
{
	size_t budget = quorum_link_mtu(g->link, a->peer);
	size_t used = WIRE_HEADER_BYTES + WIRE_APPEND_BYTES;
	const struct raft_entry *found;
	struct raft_entry *entry;
	const void *payload;
	u32 n = 0, config = 0;
	u64 index;

	*bytes = 0;
	for (index = a->first; index <= a->last && n < RAFT_MSG_ENTRIES_MAX; index++) {
		found = find(g, index, &payload);
		if (!found)
			break;
		entry = &g->entries[n];
		*entry = *found;
		if (!strip(g, a, entry))
			break;
		used += WIRE_ENTRY_BYTES + entry->size;
		if (n && (used > budget || *bytes + entry->size > a->bytes))
			break;
		/* One configuration in a message, so that the engine sees each. */
		if (entry->type == RAFT_ENTRY_CONFIG && config++)
			break;
		n++;
		*bytes += entry->size;
		if (n == 1 && used > budget)
			budget = QUORUM_ENTRY_BYTES_MAX;
	}
	return n;
}

/* False: the impossible; nothing was sent, so asking the engine again is no use. */
static bool send_append(struct quorum_group *g, const struct raft_append *a, u32 n, u32 bytes)
{
	struct raft_event ev = {
		.type = RAFT_EV_SENT,
		.sent.peer = a->peer,
		.sent.first = a->first,
		.sent.last = a->first + n - 1,
		.sent.bytes = bytes,
	};
	struct raft_msg msg = {
		.type = RAFT_MSG_APPEND,
		.from = g->params.self,
		.to = a->peer,
		.term = a->term,
		.history = a->history,
		.append.prev_index = a->prev_index,
		.append.prev_term = a->prev_term,
		.append.commit = a->commit,
		.append.entries = g->entries,
		.append.count = n,
	};
	u8 *buf = quorum_link_buffer(g->link);
	const void *payload;
	size_t len;
	u32 i;

	len = wire_encode(buf, QUORUM_MSG_BYTES_MAX, &g->ident, &msg);
	if (WARN_ON_ONCE(!len || len + bytes > QUORUM_MSG_BYTES_MAX))
		return false;
	for (i = 0; i < n; i++) {
		if (WARN_ON_ONCE(!find(g, a->first + i, &payload)))
			return false;
		memcpy(buf + len, payload, g->entries[i].size);
		len += g->entries[i].size;
	}
	trace_quorum_send(g, &msg);
	quorum_link_send(g->link, a->peer, len);
	quorum_effects_step(g, &ev, NULL);
	return true;
}

/*
 * Would more fit, and is there enough on its way?  Then it can wait for the next answer,
 * as a write waits for the device, and takes along what comes until then: a datagram costs
 * a member as much as dozens of small entries.  Lost answers hold nothing up for longer
 * than what they answer: the engine finds the loss and begins anew with nothing in flight.
 */
static bool gathers(struct quorum_group *g, const struct raft_append *a, u32 n, u32 bytes)
{
	return n && a->inflight >= QUORUM_APPENDS_EAGER && a->first + n > a->last &&
	       n < RAFT_MSG_ENTRIES_MAX && bytes < quorum_link_mtu(g->link, a->peer);
}

/*
 * Does it go in pieces, and are as many on their way as a member can put together while
 * it waits for one of them?  What is more would be lost there (net/link.c).
 */
static bool crowds(struct quorum_group *g, const struct raft_append *a, u32 bytes)
{
	return a->inflight >= QUORUM_APPENDS_LONG &&
	       bytes + WIRE_HEADER_BYTES + WIRE_APPEND_BYTES > quorum_link_mtu(g->link, a->peer);
}

static void pump_peer(struct quorum_group *g, u32 peer)
{
	struct raft_append a;
	enum raft_next next;
	u32 n, bytes;

	while ((next = raft_next_append(g->raft, peer, &a)) != RAFT_NEXT_NOTHING) {
		if (next == RAFT_NEXT_SNAPSHOT) {
			if (!quorum_chunks_send(g, &a))
				return;
			continue;
		}
		n = 0;
		bytes = 0;
		if (find_prev(g, &a))
			n = choose(g, &a, &bytes);
		if (!a.prev_known || (!n && a.last >= a.first)) {
			/* Not in memory any more; the peer hears heartbeats meanwhile. */
			quorum_readback_request(&g->readback, a.first, max(a.last, a.first));
			return;
		}
		if (gathers(g, &a, n, bytes) || crowds(g, &a, bytes))
			return;
		if (!send_append(g, &a, n, bytes))
			return;
	}
}

/**
 * quorum_pump_appends() - send every peer what it may be sent
 * @g: the group
 *
 * Context: only the loop.
 */
void quorum_pump_appends(struct quorum_group *g)
{
	u32 ids[QUORUM_MEMBERS_MAX];
	u32 i, n;

	if (g->role != RAFT_LEADER)
		return;
	/* Another one first each time: they share one read-back. */
	g->pump_first++;
	n = raft_get_peers(g->raft, ids);
	for (i = 0; i < n; i++)
		pump_peer(g, ids[(g->pump_first + i) % n]);
}
