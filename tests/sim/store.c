// SPDX-License-Identifier: GPL-2.0
/*
 * The log on a device: what module/store does, on a simulated device and with the
 * module's own format and recovery.
 *
 * Beside the device a view is kept of what is known durable; what recovery finds
 * is held against it (check_recovered()).
 */
#include "sim.h"

struct sim_slot *store_slot(struct sim_store *s, u32 nth)
{
	return &s->slots[(s->head + nth) % RAFT_WRITES_MAX];
}

/* ---- records ---- */

bool store_can_write(const struct sim_node *node)
{
	return node->store.n < RAFT_WRITES_MAX && !node->store.failed &&
	       !node->store.stopping && !node->store.resetting;
}

u64 store_used(const struct sim_store *s)
{
	return s->at - s->start_at;
}

/* Remember where a record lies. */
void store_mark(struct world *w, struct sim_store *s, const struct sim_mark *mark)
{
	s->marks = pool_grow(w, s->marks, &s->marks_cap, s->nmarks + 1, sizeof(*mark));
	s->marks[s->nmarks++] = *mark;
}

/* The record that is made next, in the cursor's place. */
static void mark_cursor(struct world *w, struct sim_store *s, u64 at, u64 last)
{
	struct sim_mark mark = {
		.lsn = s->cursor.lsn,
		.position = s->cursor.position,
		.prev_crc = s->cursor.prev_crc,
		.at = at,
		.last = last,
	};

	store_mark(w, s, &mark);
}

/**
 * store_start_at() - where the log begins without the entries up to @index
 * @node: the node
 * @index: durable
 * @start: set to it
 *
 * At the first record that holds an entry above, cut off since or not: what came
 * before it cannot matter for what comes behind.
 *
 * Return: false: where it does now.
 */
bool store_start_at(const struct sim_node *node, u64 index, struct sim_mark *start)
{
	const struct sim_store *s = &node->store;
	u64 i;

	if (index == s->view_last && !s->n) {
		memset(start, 0, sizeof(*start));
		start->lsn = s->cursor.lsn;
		start->position = s->cursor.position;
		start->prev_crc = s->cursor.prev_crc;
		return true;
	}
	for (i = 0; i < s->nmarks; i++)
		if (s->marks[i].last > index)
			break;
	if (!i || i == s->nmarks)
		return false;
	*start = s->marks[i];
	return true;
}

static u64 ring_free(const struct sim_store *s)
{
	u64 tail = disk_ring_end(&s->super) - s->cursor.position;
	u64 rest = disk_ring_granules(&s->super) - store_used(s);

	if (rest <= tail)
		return rest;
	return rest - min_t(u64, tail, QUORUM_RECORD_BYTES_MAX >> s->super.granule_shift);
}

static u64 ring_reserve(const struct sim_store *s)
{
	u32 largest = disk_round(&s->super, DISK_HEADER_BYTES +
				 disk_entry_bytes(QUORUM_ENTRY_BYTES_MAX));

	return (largest >> s->super.granule_shift) +
	       max_t(u64, 64, disk_ring_granules(&s->super) >> 6);
}

/* Payload bytes that new proposals may take, as module/store/ring.c reckons. */
u64 store_room(const struct world *w, const struct sim_node *node)
{
	const struct sim_store *s = &node->store;
	u64 granules = ring_free(s), reserve = ring_reserve(s), room, taken;
	u64 entries = node->last - min(node->last, s->view_last) + QUORUM_PROPOSE_BATCH_MAX;

	if (granules <= reserve)
		return 0;
	room = (granules - reserve) << s->super.granule_shift;
	taken = entries * (DISK_HEADER_BYTES + DISK_ENTRY_BYTES + DISK_ENTRY_ALIGN +
			   s->super.granule + w->draw.payload_max);
	return room > taken ? room - taken : 0;
}

static void record_bio(struct world *w, struct sim_node *node, struct sim_slot *slot,
		       u32 nth, u64 position, u32 bytes, const void *data)
{
	struct sim_bio *bio = &slot->bio[nth];

	bio->data = pool_alloc(w, bytes);
	memcpy(bio->data, data, bytes);
	bio->bytes = bytes;
	bio->offset = position << node->store.super.granule_shift;
	bio->what = nth ? SIM_BIO_PAD : SIM_BIO_RECORD;
	bio->slot = (u32)(slot - node->store.slots);
	bio->flush = false;
	slot->pending++;
	disk_submit(w, node, bio);
}

static void fill_batch(struct world *w, struct sim_node *node, struct raft_write *write)
{
	struct sim_store *s = &node->store;
	u64 index;

	disk_batch_begin(&s->batch, s->buf, write->truncate, write->first);
	for (index = write->first; index <= write->last; index++) {
		if (index - write->first >= w->draw.record_entries ||
		    !disk_batch_add(&s->batch, &node->log[index].e, node->log[index].payload))
			break;
	}
	write->last = index - 1;
}

/**
 * store_submit() - write what the engine offers, or as much as fits a record
 * @w: the world
 * @node: the node
 * @write: its last is lowered to what was taken
 *
 * Return: false: the ring is full.
 */
bool store_submit(struct world *w, struct sim_node *node, struct raft_write *write)
{
	struct sim_store *s = &node->store;
	struct sim_slot *slot = store_slot(s, s->n);
	u64 position, skip = 0, span, i, n;
	u32 bytes;
	u8 pad[QUORUM_BLOCK_BYTES] __aligned(8);

	fill_batch(w, node, write);
	bytes = disk_round(&s->super, s->batch.bytes);
	span = bytes >> s->super.granule_shift;
	if (!disk_cursor_fits(&s->cursor, &s->super, bytes))
		skip = disk_ring_end(&s->super) - s->cursor.position;
	if (store_used(s) + skip + span > disk_ring_granules(&s->super))
		return false;
	memset(slot, 0, sizeof(*slot));
	slot->used = true;
	slot->flushed = s->durable_lsn;
	s->n++;
	if (skip) {
		position = s->cursor.position;
		mark_cursor(w, s, s->at, 0);
		disk_pad_seal(pad, &s->super, &s->cursor, s->durable_lsn);
		record_bio(w, node, slot, 1, position, s->super.granule, pad);
	}
	position = s->cursor.position;
	slot->lsn = s->cursor.lsn;
	slot->position = position;
	mark_cursor(w, s, s->at + skip, write->last >= write->first ? write->last : 0);
	bytes = disk_batch_seal(&s->batch, &s->super, &s->cursor, s->durable_lsn);
	slot->bytes = bytes;
	slot->write = *write;
	n = write->last + 1 - write->first;
	slot->terms = pool_alloc(w, (u32)(max_t(u64, n, 1) * sizeof(u64)));
	for (i = 0; i < n; i++)
		slot->terms[i] = node->log[write->first + i].e.term;
	s->at += skip + span;
	if (write->truncate)
		checkpoint_truncate(s, write->truncate);
	for (i = write->first; i <= write->last; i++)
		checkpoint_entry(w, s, &node->log[i].e, slot->lsn, position);
	checkpoint_note(w, s, write->last);
	record_bio(w, node, slot, 0, position, bytes, s->buf);
	return true;
}

/* The view of what is durable moves on: the oldest write has ended. */
static void view_apply(struct world *w, struct sim_store *s, const struct sim_slot *slot)
{
	const struct raft_write *write = &slot->write;
	u64 i;

	if (write->truncate && write->truncate <= s->view_last)
		s->view_last = write->truncate - 1;
	s->view = pool_grow(w, s->view, &s->view_cap, write->last + 1, sizeof(u64));
	for (i = write->first; i <= write->last; i++)
		s->view[i] = slot->terms[i - write->first];
	s->view_last = write->last;
}

static void slot_free(struct world *w, struct sim_slot *slot)
{
	u64 n = slot->write.last + 1 - slot->write.first;

	pool_free(w, slot->bio[0].data, slot->bio[0].bytes);
	if (slot->bio[1].bytes)
		pool_free(w, slot->bio[1].data, slot->bio[1].bytes);
	pool_free(w, slot->terms, (u32)(max_t(u64, n, 1) * sizeof(u64)));
	memset(slot, 0, sizeof(*slot));
}

/* Everything that ended and has nothing unended before it is durable. */
static void records_advance(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	/* What failed stays: recovery may yet find it, or not. */
	while (s->n && store_slot(s, 0)->done && !store_slot(s, 0)->error) {
		struct sim_slot *slot = store_slot(s, 0);
		struct sim_record *r = &s->records[s->nrecords++ % SIM_RECORDS];

		s->durable_lsn = slot->lsn;
		r->lsn = slot->lsn;
		r->position = slot->position;
		r->flushed = slot->flushed;
		r->bytes = slot->bytes;
		view_apply(w, s, slot);
		slot_free(w, slot);
		s->head = (s->head + 1) % RAFT_WRITES_MAX;
		s->n--;
	}
}

static void report(struct world *w, struct sim_node *node, const struct raft_write *write,
		   int error)
{
	struct raft_event ev = { .type = RAFT_EV_WRITTEN, .write = *write, .error = error };

	node_step(w, node, &ev, NULL);
	node_turn(w, node);
}

static void record_ended(struct world *w, struct sim_node *node, struct sim_slot *slot)
{
	struct raft_write done[RAFT_WRITES_MAX];
	struct sim_store *s = &node->store;
	int error[RAFT_WRITES_MAX];
	u32 n = 0, i;

	slot->done = true;
	if (w->draw.unordered || slot->error) {
		done[n] = slot->write;
		error[n++] = slot->error;
		if (slot->error)
			s->failed = true;
	} else {
		/* As the store does: in order, one behind the other. */
		for (i = 0; i < s->n && store_slot(s, i)->done; i++) {
			done[n] = store_slot(s, i)->write;
			error[n++] = 0;
		}
	}
	records_advance(w, node);
	for (i = 0; i < n && node->phase == SIM_UP; i++)
		report(w, node, &done[i], error[i]);
	snapshot_ready(w, node);
}

void store_bio_ended(struct world *w, struct sim_node *node, struct sim_bio *bio)
{
	struct sim_store *s = &node->store;
	int error;

	if (node->disk.hang) {
		bio->held = true;
		return;
	}
	if (node->disk.crash_in && !--node->disk.crash_in) {
		sim_log(w, node->id, "crashes at a write");
		sim_seen(w, SEEN_CRASH_WRITE);
		node_crash(w, node, world_random(w, 2));
		return;
	}
	error = disk_end(w, node, bio);
	if (error)
		sim_log(w, node->id, "a write failed: %d", error);
	if (bio->what == SIM_BIO_HARD) {
		hard_bio_ended(w, node, error);
	} else if (bio->what == SIM_BIO_SNAPSHOT) {
		snapshot_bio_ended(w, node, error);
	} else {
		struct sim_slot *slot = &s->slots[bio->slot];

		slot->error = slot->error ? slot->error : error;
		if (!--slot->pending)
			record_ended(w, node, slot);
	}
	if (s->stopping && node->phase == SIM_STOPPING)
		hard_stop(w, node);
}

/* Nothing of this life of the node is under way any more; the device stays. */
void store_crash(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->want_any = false;
	s->stopping = false;
	s->release = 0;
	s->healed = false;
}

/* Term of a durable entry, 0: there is none. */
u64 store_term_at(const struct sim_node *node, u64 index)
{
	const struct sim_store *s = &node->store;

	if (index == s->view_hard.base_index)
		return s->view_hard.base_term;
	return index <= s->view_last && index > s->view_hard.base_index ? s->view[index] : 0;
}
