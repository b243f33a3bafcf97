// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots, made and received.
 *
 * The content of one is the tags of what the state machine had applied, in order,
 * behind a word that says how many; so two snapshots of one state are the same.
 */
#include "scenario.h"

void snapshot_free(struct snap *snap)
{
	free(snap->tags);
	snap->tags = NULL;
	snap->n = 0;
	snap->index = 0;
	snap->term = 0;
}

void snapshot_copy(struct snap *to, const struct snap *from)
{
	u64 *tags = calloc(from->n + 1, sizeof(*tags));

	if (from->n)
		memcpy(tags, from->tags, from->n * sizeof(*tags));
	free(to->tags);
	*to = *from;
	to->tags = tags;
}

/* The state machine starts from a snapshot. */
void snapshot_restore(struct world *w, struct node *n, const struct snap *snap)
{
	u32 i;

	n->nsm = 0;
	for (i = 0; i < snap->n; i++) {
		n->sm[n->nsm].index = snap->index;
		n->sm[n->nsm++].tag = snap->tags[i];
	}
	n->applied = snap->index;
	n->commit = max(n->commit, snap->index);
	n->silent = 0;
}

#ifndef HAVE_SNAPSHOT
void snapshot_make(struct world *w, struct node *n, u64 forget)
{
	refuse(w, "the engine has no snapshots yet");
}

bool snapshot_effect(struct world *w, struct node *n, const struct raft_effect *fx,
		     const struct raft_event *ev)
{
	return false;
}

void snapshot_send(struct world *w, struct node *n, const struct raft_append *a)
{
}

void snapshot_written(struct world *w, struct node *n, const struct write *write, int error)
{
}
#else
#include <linux/crc32c.h>

static u8 *content_of(const struct snap *snap)
{
	u64 *words = calloc(snap->n + 1, sizeof(*words));

	words[0] = snap->n;
	if (snap->n)
		memcpy(&words[1], snap->tags, snap->n * sizeof(*words));
	return (u8 *)words;
}

/* What the engine calls it. */
void snapshot_name(const struct snap *snap, struct raft_snapshot *name)
{
	u8 *content;

	memset(name, 0, sizeof(*name));
	if (!snap->index)
		return;
	content = content_of(snap);
	name->index = snap->index;
	name->term = snap->term;
	name->size = (snap->n + 1) * sizeof(u64);
	name->crc = crc32c(~0U, content, name->size);
	free(content);
}

static const struct raft_config *config_at(const struct world *w, const struct node *n, u64 index)
{
	for (; index > n->mem_base; index--)
		if (n->mem[index].config)
			return n->mem[index].config;
	return n->disk.snap.index ? &n->disk.snap.config : &w->genesis;
}

/* Keep a snapshot of everything up to @index, and forget the log up to there. */
void snapshot_make(struct world *w, struct node *n, u64 index)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct snap snap = { .index = index };
	u32 i;

	if (index <= n->mem_base) {
		refuse(w, "node %u has forgotten its log up to %llu already", n->id,
		       (unsigned long long)n->mem_base);
		return;
	}
	snap.term = n->mem[index].raft.term;
	snap.config = *config_at(w, n, index);
	snap.tags = calloc(n->nsm + 1, sizeof(*snap.tags));
	for (i = 0; i < n->nsm && n->sm[i].index <= index; i++)
		snap.tags[snap.n++] = n->sm[i].tag;
	if (index > n->disk.snap.index)
		snapshot_copy(&n->disk.snap, &snap);
	free(snap.tags);
	snapshot_name(&n->disk.snap, &ev.snapshot.name);
	ev.snapshot.config = &n->disk.snap.config;
	ev.snapshot.forget = index;
	n->disk.full = false;
	node_step(w, n, &ev);
	node_pump(w, n);
}

static void forget(struct node *n, u64 index, u64 term)
{
	n->mem_base = index;
	n->mem_base_term = term;
	n->disk.base_index = index;
	n->disk.base_term = term;
	n->disk.last = max(n->disk.last, index);
}

static void install_begin(struct world *w, struct node *n, const struct raft_effect *fx)
{
	if (fx->install.name.size > CONTENT_MAX || fx->install.name.size % sizeof(u64))
		die(w, "node %u receives a snapshot of %llu bytes", n->id,
		    (unsigned long long)fx->install.name.size);
	free(n->staging);
	n->staging = calloc(1, fx->install.name.size + sizeof(u64));
	if (fx->install.config)
		n->staging_config = *fx->install.config;
	trace(w, "node %u begins to receive snapshot %llu/%llu", n->id,
	      (unsigned long long)fx->install.name.index,
	      (unsigned long long)fx->install.name.term);
}

static void install_chunk(struct world *w, struct node *n, const struct raft_effect *fx)
{
	struct write *write = disk_add(w, n, WRITE_CHUNK);

	write->name = fx->chunk.name;
	write->offset = fx->chunk.offset;
	write->bytes = fx->chunk.bytes;
	if (!n->staging || !n->chunk || fx->chunk.offset + fx->chunk.bytes > fx->chunk.name.size)
		die(w, "node %u stores a chunk of nothing", n->id);
	memcpy(n->staging + fx->chunk.offset, n->chunk, fx->chunk.bytes);
}

static void install_end(struct world *w, struct node *n, const struct raft_effect *fx)
{
	struct write *write = disk_add(w, n, WRITE_INSTALL);
	const struct raft_snapshot *name = &fx->install.name;
	const u64 *words = (const u64 *)n->staging;

	if (!words || crc32c(~0U, n->staging, name->size) != name->crc)
		die(w, "node %u: the snapshot that came in is not the one that was sent", n->id);
	write->name = *name;
	write->snap.index = name->index;
	write->snap.term = name->term;
	write->snap.config = n->staging_config;
	/* A witness is sent no content. */
	write->snap.n = name->size ? (u32)(name->size / sizeof(u64) - 1) : 0;
	write->snap.tags = calloc(write->snap.n + 1, sizeof(u64));
	if (write->snap.n)
		memcpy(write->snap.tags, words + 1, write->snap.n * sizeof(u64));
}

/* The log is gone; what the disk has switched to is what there is. */
static void restore(struct world *w, struct node *n, const struct raft_effect *fx)
{
	const struct raft_snapshot *name = &fx->install.name;
	u64 committed;

	if (n->disk.snap.index != name->index || n->disk.snap.term != name->term)
		die(w, "node %u restores from a snapshot it does not have", n->id);
	if (name->index < n->commit)
		die(w, "node %u goes back from %llu to a snapshot at %llu", n->id,
		    (unsigned long long)n->commit, (unsigned long long)name->index);
	trace(w, "node %u restores from snapshot %llu/%llu", n->id,
	      (unsigned long long)name->index, (unsigned long long)name->term);
	n->mem_base = name->index;
	n->mem_base_term = name->term;
	n->mem_last = name->index;
	n->config = n->disk.snap.config;
	committed = node_history(w, n)[name->index];
	if (committed && committed != name->term)
		die(w, "node %u restores %llu/%llu, committed is %llu/%llu", n->id,
		    (unsigned long long)name->index, (unsigned long long)name->term,
		    (unsigned long long)name->index,
		    (unsigned long long)committed);
	snapshot_restore(w, n, &n->disk.snap);
	client_reads_check(w, n);
}

static void install_drop(struct node *n)
{
	free(n->staging);
	n->staging = NULL;
}

bool snapshot_effect(struct world *w, struct node *n, const struct raft_effect *fx,
		     const struct raft_event *ev)
{
	switch (fx->type) {
	case RAFT_FX_FORGET:
		forget(n, fx->forget.index, fx->forget.term);
		return true;
	case RAFT_FX_INSTALL:
		install_begin(w, n, fx);
		return true;
	case RAFT_FX_CHUNK:
		install_chunk(w, n, fx);
		return true;
	case RAFT_FX_INSTALL_END:
		install_end(w, n, fx);
		return true;
	case RAFT_FX_INSTALL_ABORT:
		install_drop(n);
		return true;
	case RAFT_FX_RESTORE:
		restore(w, n, fx);
		return true;
	default:
		return false;
	}
}

/* A chunk for a follower that needs what the log has not any more. */
void snapshot_send(struct world *w, struct node *n, const struct raft_append *a)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT_SENT };
	struct raft_msg msg = { .type = RAFT_MSG_SNAPSHOT };
	u8 *content = content_of(&n->disk.snap);
	struct raft_snapshot own;
	u64 bytes;

	snapshot_name(&n->disk.snap, &own);
	if (members_witness(&n->config, a->peer)) {
		own.size = 0;
		own.crc = RAFT_SNAPSHOT_EMPTY;
	}
	if (own.index != a->snapshot.index || own.crc != a->snapshot.crc ||
	    a->offset > own.size)
		die(w, "node %u offers a snapshot that it does not have", n->id);
	bytes = min(own.size - a->offset, (u64)min(a->bytes, w->chunk));
	msg.from = n->id;
	msg.to = a->peer;
	msg.term = a->term;
	msg.history = a->history;
	msg.snapshot.name = a->snapshot;
	msg.snapshot.offset = a->offset;
	msg.snapshot.bytes = (u32)bytes;
	msg.snapshot.config = a->offset ? NULL : a->config;
	network_send(w, n, &msg, content + a->offset);
	free(content);
	ev.chunk.peer = a->peer;
	ev.chunk.name = a->snapshot;
	ev.chunk.offset = a->offset;
	ev.chunk.bytes = (u32)bytes;
	node_step(w, n, &ev);
}

/* The disk has stored a chunk, or switched to the snapshot. */
void snapshot_written(struct world *w, struct node *n, const struct write *write, int error)
{
	struct raft_event ev = { .error = error };

	if (write->kind == WRITE_CHUNK) {
		ev.type = RAFT_EV_CHUNK_STORED;
		ev.chunk.name = write->name;
		ev.chunk.offset = write->offset;
		ev.chunk.bytes = write->bytes;
	} else {
		ev.type = RAFT_EV_INSTALLED;
		ev.snapshot.name = write->name;
		install_drop(n);
	}
	node_step(w, n, &ev);
}
#endif
