// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots: written by a worker into the area that is not in force, put in force
 * by the loop with one write of the hard state, read by workers.
 *
 * A chunk is written as soon as it is full.  Sealing writes the last chunk and
 * the table of CRCs, and then the header with a flush before it (PREFLUSH) and
 * FUA: a header on the device says that all of its snapshot is there.
 */
#include <linux/crc32c.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include "store_private.h"

/* ---- writing ---- */

/* May anything be written?  The first failure is final. */
static int snap_writable(struct quorum_store *store)
{
	int error = 0;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started)
		error = -EIO;
	spin_unlock_irq(&store->lock);
	return error;
}

static int snap_put(struct quorum_snap_writer *w, u64 offset, u32 bytes, blk_opf_t flags)
{
	struct quorum_store *store = w->store;
	int error = snap_writable(store);

	if (error)
		return error;
	error = quorum_store_bytes_write(store, &w->buf, offset, bytes, flags);
	spin_lock_irq(&store->lock);
	store->stats.snap_bios++;
	if (error)
		quorum_store_fail(store, error, DISK_WHY_SNAP_WRITE);
	spin_unlock_irq(&store->lock);
	return error;
}

/* Write the chunk under construction, padded with zeroes to whole blocks. */
static int chunk_put(struct quorum_snap_writer *w)
{
	const struct disk_super *super = &w->store->super;
	u32 bytes = (w->fill + QUORUM_BLOCK_BYTES - 1) & ~(QUORUM_BLOCK_BYTES - 1);
	u64 start = w->offset - w->fill;
	int error;

	memset(w->buf.addr + w->fill, 0, bytes - w->fill);
	w->store->snaps.area[w->area].table[start / DISK_SNAP_CHUNK] =
		cpu_to_le32(snapshot_chunk_crc(super, w->buf.addr, w->fill));
	error = snap_put(w, snapshot_data_offset(super, w->area) + start, bytes, 0);
	w->fill = 0;
	return error;
}

/* The area that is neither in force nor about to be; or -EBUSY. */
static int area_take(struct quorum_store *store, u32 *area)
{
	const struct quorum_hard *h = &store->hard;
	struct quorum_snaps *s = &store->snaps;
	int error = 0;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started) {
		error = -EIO;
	} else if (s->writing || h->switching) {
		error = -EBUSY;
	} else {
		*area = h->durable.snap_area == 1 ? 1 : 0;
		s->writing = true;
		s->area[*area].state = QUORUM_AREA_WRITING;
	}
	spin_unlock_irq(&store->lock);
	return error;
}

/**
 * quorum_store_snap_begin() - begin to write a snapshot
 * @store: the store
 * @meta: index, term, state machine and configuration are used
 * @writer: filled in; one at a time
 */
int quorum_store_snap_begin(struct quorum_store *store, const struct quorum_snap_meta *meta,
			    struct quorum_snap_writer **writer)
{
	struct quorum_snaps *s = &store->snaps;
	struct quorum_snap_writer *w = &s->writer;
	u32 area = 0;
	int error;

	if (!meta->index || meta->config_len > QUORUM_SNAP_CONFIG_MAX)
		return -EINVAL;
	/* Whoever reads the old content is done, or finds it gone. */
	mutex_lock(&s->read_lock);
	error = area_take(store, &area);
	mutex_unlock(&s->read_lock);
	if (error)
		return error;
	s->area[area].meta = *meta;
	s->area[area].meta.id = ++s->last_id;
	s->area[area].meta.bytes = 0;
	s->area[area].meta.crc = 0;
	memset(s->area[area].table, 0, snapshot_table_blocks(&store->super) * QUORUM_BLOCK_BYTES);
	w->area = area;
	w->fill = 0;
	w->offset = 0;
	w->crc = ~0U;
	w->error = 0;
	w->sealed = false;
	*writer = w;
	return 0;
}

/**
 * quorum_store_snap_write() - append to a snapshot
 * @writer: the writer
 * @data: bytes
 * @len: any number of them
 */
int quorum_store_snap_write(struct quorum_snap_writer *writer, const void *data, u32 len)
{
	u32 part;

	if (writer->sealed)
		return -EINVAL;
	if (len > snapshot_bytes_max(&writer->store->super) - writer->offset)
		return -EFBIG;
	for (; len && !writer->error; len -= part, data += part) {
		part = min_t(u32, len, DISK_SNAP_CHUNK - writer->fill);
		memcpy(writer->buf.addr + writer->fill, data, part);
		writer->crc = crc32c(writer->crc, data, part);
		writer->fill += part;
		writer->offset += part;
		if (writer->fill == DISK_SNAP_CHUNK)
			writer->error = chunk_put(writer);
	}
	return writer->error;
}

/**
 * quorum_store_snap_offset() - bytes taken so far
 * @writer: the writer
 */
u64 quorum_store_snap_offset(const struct quorum_snap_writer *writer)
{
	return writer->offset;
}

/* Table, then header; the buffer is free for both. */
static int seal_put(struct quorum_snap_writer *w)
{
	const struct disk_super *super = &w->store->super;
	struct quorum_area *area = &w->store->snaps.area[w->area];
	u64 start = super->snap_start[w->area] * QUORUM_BLOCK_BYTES;
	u32 bytes = snapshot_table_bytes(area->meta.bytes);
	int error = 0;

	if (bytes) {
		memcpy(w->buf.addr, area->table, bytes);
		error = snap_put(w, start + QUORUM_BLOCK_BYTES, bytes, 0);
	}
	if (error)
		return error;
	snapshot_encode(super, w->area, &area->meta,
			snapshot_chunk_crc(super, area->table, bytes), w->buf.addr);
	return snap_put(w, start, QUORUM_BLOCK_BYTES, REQ_PREFLUSH | REQ_FUA);
}

/**
 * quorum_store_snap_seal() - make a snapshot durable
 * @writer: the writer
 * @has_crc: compare with @crc
 * @crc: CRC32C of all data, seed ~0
 */
int quorum_store_snap_seal(struct quorum_snap_writer *writer, bool has_crc, u32 crc)
{
	struct quorum_area *area = &writer->store->snaps.area[writer->area];

	if (writer->sealed)
		return -EINVAL;
	if (has_crc && writer->crc != crc)
		return -EUCLEAN;
	if (writer->fill && !writer->error)
		writer->error = chunk_put(writer);
	if (writer->error)
		return writer->error;
	area->meta.bytes = writer->offset;
	area->meta.crc = writer->crc;
	writer->error = seal_put(writer);
	if (writer->error)
		return writer->error;
	writer->sealed = true;
	spin_lock_irq(&writer->store->lock);
	area->state = QUORUM_AREA_SEALED;
	spin_unlock_irq(&writer->store->lock);
	return 0;
}

/**
 * quorum_store_snap_abort() - throw a snapshot away
 * @writer: the writer, not used any more
 */
void quorum_store_snap_abort(struct quorum_snap_writer *writer)
{
	struct quorum_store *store = writer->store;

	spin_lock_irq(&store->lock);
	store->snaps.area[writer->area].state = QUORUM_AREA_EMPTY;
	store->snaps.writing = false;
	spin_unlock_irq(&store->lock);
}

/* ---- the switch ---- */

/* Where the log begins when entries up to @index go; false: where it does now. */
static bool release_place(struct quorum_store *store, u64 index, bool all,
			  struct quorum_mark *first)
{
	u64 durable_at;

	if (!all) {
		spin_lock_irq(&store->lock);
		durable_at = store->durable_at;
		spin_unlock_irq(&store->lock);
		return quorum_marks_release(&store->marks, index, durable_at, first);
	}
	first->place.at = store->at;
	first->place.position = store->cursor.position;
	first->place.lsn = store->cursor.lsn;
	first->prev_crc = store->cursor.prev_crc;
	quorum_marks_clear(&store->marks);
	return true;
}

/*
 * Is all up to @index durable, and all of the log with it?  And is known where the
 * log can begin?
 */
static bool release_possible(struct quorum_store *store, u64 index, bool *all)
{
	bool possible;

	if (quorum_before_hides(store, index))
		return false;
	spin_lock_irq(&store->lock);
	possible = index <= store->durable_index;
	*all = index == store->last_index && store->submitted == store->reported;
	spin_unlock_irq(&store->lock);
	return possible;
}

static void want_start(struct quorum_hard_change *want, const struct quorum_mark *first)
{
	want->start_at = first->place.at;
	want->hard.start_position = first->place.position;
	want->hard.start_lsn = first->place.lsn;
	want->hard.start_prev_crc = first->prev_crc;
	if (want->hard.check.lsn < want->hard.start_lsn)
		memset(&want->hard.check, 0, sizeof(want->hard.check));
}

/* What a switch changes. */
struct change {
	const struct quorum_snap_writer *writer;	/* NULL: the snapshot stays */
	bool moves;					/* the log's start, to @first */
	struct quorum_mark first;
	u64 base_index;					/* 0: the base stays */
	u64 base_term;
	bool reset;
};

static int switch_go(struct quorum_store *store, const struct change *c, u64 cookie)
{
	struct quorum_hard *h = &store->hard;
	const struct quorum_snap_meta *meta;
	bool go;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started) {
		spin_unlock_irq(&store->lock);
		return -EIO;
	}
	if (c->writer) {
		meta = &store->snaps.area[c->writer->area].meta;
		h->want.hard.snap_area = c->writer->area + 1;
		h->want.hard.snap_id = meta->id;
		h->want.hard.snap_index = meta->index;
		h->want.hard.snap_term = meta->term;
		store->snaps.writing = false;
	}
	if (c->moves)
		want_start(&h->want, &c->first);
	if (c->base_index) {
		h->want.hard.base_index = c->base_index;
		h->want.hard.base_term = c->base_term;
	}
	if (c->reset) {
		store->reset_lsn = store->cursor.lsn;
		store->durable_index = c->base_index;
		memset(&h->want.hard.check, 0, sizeof(h->want.hard.check));
		WRITE_ONCE(h->resetting, true);
	}
	h->want.switches = true;
	h->want.cookie = cookie;
	h->switching = true;
	go = quorum_hard_change(store);
	spin_unlock_irq(&store->lock);
	if (go)
		quorum_hard_go(store);
	return 0;
}

/* Only the loop begins a switch, so one that ends meanwhile does no harm. */
static int switch_possible(struct quorum_store *store)
{
	int error = 0;

	spin_lock_irq(&store->lock);
	if (store->error || store->stopping || !store->started)
		error = -EIO;
	else if (store->hard.switching)
		error = -EBUSY;
	spin_unlock_irq(&store->lock);
	return error;
}

/**
 * quorum_store_snap_commit() - put a sealed snapshot in force
 * @store: the store
 * @writer: sealed; the store takes it back, unless this fails
 * @release: entries up to here may leave the ring, 0: none
 * @release_term: its term
 * @reset: the whole log goes, and goes on behind the snapshot's index
 * @cookie: comes back in snap_done()
 */
int quorum_store_snap_commit(struct quorum_store *store, struct quorum_snap_writer *writer,
			     u64 release, u64 release_term, bool reset, u64 cookie)
{
	const struct quorum_snap_meta *meta = &store->snaps.area[writer->area].meta;
	struct change c = { .writer = writer, .reset = reset };
	bool all = true;
	int error;

	if (!writer->sealed || release > meta->index)
		return -EINVAL;
	error = switch_possible(store);
	if (error)
		return error;
	if (reset) {
		c.base_index = meta->index;
		c.base_term = meta->term;
		store->last_index = meta->index;
		quorum_check_reset(store);
	} else if (release > store->hard.want.hard.base_index &&
		   release_possible(store, release, &all)) {
		c.base_index = release;
		c.base_term = release_term;
	}
	if (c.base_index)
		c.moves = release_place(store, release, all, &c.first);
	return switch_go(store, &c, cookie);
}

/**
 * quorum_store_release() - let entries leave the ring
 * @store: the store
 * @index: up to here
 * @term: its term
 * @cookie: comes back in snap_done()
 */
int quorum_store_release(struct quorum_store *store, u64 index, u64 term, u64 cookie)
{
	struct change c = { .base_index = index, .base_term = term };
	bool all;
	int error;

	error = switch_possible(store);
	if (error)
		return error;
	if (index <= store->hard.want.hard.base_index ||
	    index > store->hard.want.hard.snap_index)
		return -EINVAL;
	if (!release_possible(store, index, &all))
		return -EAGAIN;
	c.moves = release_place(store, index, all, &c.first);
	return switch_go(store, &c, cookie);
}

/* ---- reading ---- */

/**
 * quorum_store_snap_get() - describe the snapshot in force
 * @store: the store
 * @meta: filled in
 *
 * Return: false if there is none.
 */
bool quorum_store_snap_get(struct quorum_store *store, struct quorum_snap_meta *meta)
{
	bool any;

	spin_lock_irq(&store->lock);
	any = store->hard.durable.snap_area != 0;
	if (any)
		*meta = store->snaps.area[store->hard.durable.snap_area - 1].meta;
	spin_unlock_irq(&store->lock);
	return any;
}

/* The area that holds snapshot @id, or -ESTALE. */
static int area_find(struct quorum_store *store, u64 id)
{
	int area, found = -ESTALE;

	spin_lock_irq(&store->lock);
	for (area = 0; area < DISK_SNAP_AREAS; area++)
		if (store->snaps.area[area].state == QUORUM_AREA_GOOD &&
		    store->snaps.area[area].meta.id == id)
			found = area;
	spin_unlock_irq(&store->lock);
	return found;
}

/* Have a chunk in the buffer, verified. */
static int chunk_get(struct quorum_store *store, u32 area, u32 chunk)
{
	struct quorum_snaps *s = &store->snaps;
	const struct quorum_snap_meta *meta = &s->area[area].meta;
	u32 bytes = snapshot_chunk_bytes(meta->bytes, chunk);
	int error;

	lockdep_assert_held(&s->read_lock);
	if (s->buf_id == meta->id && s->buf_chunk == chunk)
		return 0;
	s->buf_id = 0;
	error = quorum_store_bytes_read(store, &s->buf, snapshot_data_offset(&store->super, area) +
					(u64)chunk * DISK_SNAP_CHUNK,
					(bytes + QUORUM_BLOCK_BYTES - 1) &
					~(QUORUM_BLOCK_BYTES - 1));
	if (error)
		return error;
	if (snapshot_chunk_crc(&store->super, s->buf.addr, bytes) !=
	    le32_to_cpu(s->area[area].table[chunk]))
		return -EUCLEAN;
	s->buf_id = meta->id;
	s->buf_chunk = chunk;
	return 0;
}

static int snap_copy(struct quorum_store *store, u32 area, u64 offset, u8 *buf, u32 len)
{
	struct quorum_snaps *s = &store->snaps;
	u32 at, part;
	int error;

	if (offset > s->area[area].meta.bytes || len > s->area[area].meta.bytes - offset)
		return -EINVAL;
	for (; len; len -= part, offset += part, buf += part) {
		if (fatal_signal_pending(current))
			return -EINTR;
		error = chunk_get(store, area, offset / DISK_SNAP_CHUNK);
		if (error)
			return error;
		at = offset & (DISK_SNAP_CHUNK - 1);
		part = min_t(u32, len, DISK_SNAP_CHUNK - at);
		memcpy(buf, s->buf.addr + at, part);
	}
	return 0;
}

/**
 * quorum_store_snap_read() - read of a snapshot's data
 * @store: the store
 * @id: of the snapshot
 * @offset: bytes from its start
 * @buf: room
 * @len: bytes
 */
int quorum_store_snap_read(struct quorum_store *store, u64 id, u64 offset, void *buf, u32 len)
{
	struct quorum_snaps *s = &store->snaps;
	int area, error;

	/* As long as it is held, no area begins to be written. */
	error = mutex_lock_killable(&s->read_lock);
	if (error)
		return error;
	area = area_find(store, id);
	error = area < 0 ? area : snap_copy(store, area, offset, buf, len);
	mutex_unlock(&s->read_lock);
	return error;
}

/**
 * quorum_store_snap_max() - bytes that a snapshot may have
 * @store: the store
 */
u64 quorum_store_snap_max(const struct quorum_store *store)
{
	return snapshot_bytes_max(&store->super);
}

/* ---- life ---- */

/**
 * quorum_snaps_adopt() - take over the snapshot that recovery found good
 * @store: the store
 * @area: where it lies
 * @meta: what it is
 *
 * Context: process, sleeps; nothing else uses the store.
 */
int quorum_snaps_adopt(struct quorum_store *store, u32 area,
		       const struct quorum_snap_meta *meta)
{
	struct quorum_snaps *s = &store->snaps;
	u32 bytes = snapshot_table_bytes(meta->bytes);
	int error;

	if (bytes) {
		error = quorum_store_bytes_read(store, &s->buf,
						(store->super.snap_start[area] + 1) *
						QUORUM_BLOCK_BYTES, bytes);
		if (error)
			return error;
		memcpy(s->area[area].table, s->buf.addr, bytes);
	}
	s->area[area].meta = *meta;
	s->area[area].state = QUORUM_AREA_GOOD;
	return 0;
}

/**
 * quorum_snaps_init() - allocate the tables and buffers
 * @store: the store, its superblock known
 */
int quorum_snaps_init(struct quorum_store *store)
{
	u32 bytes = snapshot_table_blocks(&store->super) * QUORUM_BLOCK_BYTES;
	struct quorum_snaps *s = &store->snaps;
	u32 area;
	int error;

	for (area = 0; area < DISK_SNAP_AREAS; area++) {
		s->area[area].table = kvzalloc(max_t(u32, bytes, 1), GFP_KERNEL);
		if (!s->area[area].table)
			return -ENOMEM;
	}
	s->writer.store = store;
	error = quorum_pages_alloc(&s->writer.buf, DISK_SNAP_CHUNK);
	if (!error)
		error = quorum_pages_alloc(&s->buf, DISK_SNAP_CHUNK);
	return error;
}

/**
 * quorum_snaps_exit() - free them
 * @store: the store; nothing is under way
 */
void quorum_snaps_exit(struct quorum_store *store)
{
	struct quorum_snaps *s = &store->snaps;
	u32 area;

	for (area = 0; area < DISK_SNAP_AREAS; area++)
		kvfree(s->area[area].table);
	quorum_pages_free(&s->writer.buf);
	quorum_pages_free(&s->buf);
}
