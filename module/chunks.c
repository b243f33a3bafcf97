// SPDX-License-Identifier: GPL-2.0
/*
 * Chunks: the snapshot in force, read from the device for members that need it, and
 * sent to them as the engine says.
 *
 * Reading sleeps, so a worker does it, a window of the engine at a time; the buffer
 * belongs to the worker while @busy and to the loop otherwise.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include "format/config.h"
#include "format/recover.h"
#include "group_private.h"
#include "trace.h"

#define RETRY_NS	NSEC_PER_SEC			/* after a failure */
#define UNUSED_NS	(20 * NSEC_PER_MSEC)		/* then others may have the buffer */

static bool same(const struct raft_snapshot *a, const struct raft_snapshot *b)
{
	return a->index == b->index && a->term == b->term && a->size == b->size &&
	       a->crc == b->crc;
}

/* Read @c->bytes of the snapshot, if it is the one in force. */
static int read_bytes(struct quorum_chunks *c)
{
	struct quorum_store *store = c->group->store;
	struct quorum_snap_meta *meta;
	int error = -ESTALE;

	meta = kmalloc(sizeof(*meta), GFP_KERNEL);
	if (!meta)
		return -ENOMEM;
	if (quorum_store_snap_get(store, meta) && meta->index == c->name.index &&
	    meta->term == c->name.term && meta->bytes == c->name.size &&
	    meta->crc == c->name.crc)
		error = quorum_store_snap_read(store, meta->id, c->offset, c->data, c->bytes);
	kfree(meta);
	return error;
}

static void chunks_work(struct work_struct *work)
{
	struct quorum_chunks *c = container_of(work, struct quorum_chunks, work);
	/* The log may carry what memory reclaim waits for. */
	unsigned int noio = memalloc_noio_save();
	int error = read_bytes(c);

	memalloc_noio_restore(noio);
	c->ready_at = quorum_loop_now();
	if (error) {
		c->bytes = 0;
		c->not_before = c->ready_at + (error == -ESTALE ? UNUSED_NS : RETRY_NS);
		/* What is in memory is good: another one takes its place. */
		if (error == -EUCLEAN || recover_unreadable(error))
			WRITE_ONCE(c->group->snaps.rotten, true);
		/* Another one came into force meanwhile: the engine wants that then. */
		if (error != -ESTALE)
			pr_err_ratelimited("%s: reading the snapshot of index %llu failed (%d)\n",
					   c->group->params.name, c->name.index, error);
	}
	/* Pairs with the acquire in idle(): the bytes before the hand-over. */
	smp_store_release(&c->busy, false);
	quorum_loop_wake(c->group, LOOP_SNAPSHOT);
}

static bool idle(const struct quorum_chunks *c)
{
	/* Pairs with the release in chunks_work(). */
	return !smp_load_acquire(&c->busy);
}

/* How many of the bytes wanted are there, in memory. */
static u32 there(const struct quorum_chunks *c, const struct raft_append *a)
{
	if (!idle(c) || !c->bytes || !same(&c->name, &a->snapshot) || a->offset < c->offset ||
	    a->offset - c->offset >= c->bytes)
		return 0;
	return min_t(u64, a->bytes, c->bytes - (a->offset - c->offset));
}

static void request(struct quorum_chunks *c, const struct raft_append *a)
{
	u64 now = quorum_loop_now();

	if (!idle(c) || now < c->not_before)
		return;
	/* Two peers that take turns must not read for nobody. */
	if (c->bytes && !c->used && c->peer != a->peer && now < c->ready_at + UNUSED_NS)
		return;
	c->name = a->snapshot;
	c->peer = a->peer;
	c->used = false;
	c->offset = a->offset;
	c->bytes = min_t(u64, a->snapshot.size - a->offset, RAFT_SNAPSHOT_WINDOW_BYTES);
	c->busy = true;
	queue_work(quorum_workqueue, &c->work);
}

static bool send(struct quorum_group *g, const struct raft_append *a, const void *data,
		 u32 bytes)
{
	struct raft_event ev = {
		.type = RAFT_EV_SNAPSHOT_SENT,
		.chunk.peer = a->peer,
		.chunk.name = a->snapshot,
		.chunk.offset = a->offset,
		.chunk.bytes = bytes,
	};
	struct raft_msg msg = {
		.type = RAFT_MSG_SNAPSHOT,
		.from = g->params.self,
		.to = a->peer,
		.term = a->term,
		.history = a->history,
		.snapshot.name = a->snapshot,
		.snapshot.offset = a->offset,
		.snapshot.bytes = bytes,
	};
	u8 config[CONFIG_INDEX_BYTES + RAFT_CONFIG_BYTES_MAX];
	u8 *buf = quorum_link_buffer(g->link);
	size_t len;

	if (a->config)
		msg.snapshot.config_bytes = config_keep(config, sizeof(config), a->config);
	len = wire_encode(buf, QUORUM_MSG_BYTES_MAX, &g->ident, &msg);
	if (WARN_ON_ONCE(!len || len + msg.snapshot.config_bytes + bytes > QUORUM_MSG_BYTES_MAX))
		return false;
	memcpy(buf + len, config, msg.snapshot.config_bytes);
	len += msg.snapshot.config_bytes;
	if (bytes)
		memcpy(buf + len, data, bytes);
	trace_quorum_send(g, &msg);
	quorum_link_send(g->link, a->peer, len + bytes);
	quorum_effects_step(g, &ev, NULL);
	return true;
}

/**
 * quorum_chunks_send() - send a peer what it may be sent of the snapshot
 * @g: the group
 * @a: what raft_next_append() said
 *
 * Context: only the loop.
 * Return: false if it is not in memory; it is being read then.
 */
bool quorum_chunks_send(struct quorum_group *g, const struct raft_append *a)
{
	struct quorum_chunks *c = &g->chunks;
	u32 bytes = there(c, a);

	/* None are wanted where it is only asked how it went. */
	if (!bytes && a->bytes) {
		request(c, a);
		return false;
	}
	if (bytes && c->peer == a->peer)
		c->used = true;
	return send(g, a, c->data + (bytes ? a->offset - c->offset : 0), bytes);
}

void quorum_chunks_init(struct quorum_group *g)
{
	INIT_WORK(&g->chunks.work, chunks_work);
	g->chunks.group = g;
}

int quorum_chunks_alloc(struct quorum_group *g)
{
	struct quorum_chunks *c = &g->chunks;

	c->busy = false;
	c->bytes = 0;
	c->not_before = 0;
	c->data = kvmalloc(RAFT_SNAPSHOT_WINDOW_BYTES, GFP_KERNEL);
	return c->data ? 0 : -ENOMEM;
}

void quorum_chunks_free(struct quorum_group *g)
{
	kvfree(g->chunks.data);
	g->chunks.data = NULL;
}

/* Wait for the worker.  Context: process; the loop has ended. */
void quorum_chunks_stop(struct quorum_group *g)
{
	cancel_work_sync(&g->chunks.work);
	g->chunks.busy = false;
}
