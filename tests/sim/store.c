// SPDX-License-Identifier: GPL-2.0
/*
 * The log on a device: what module/store does, on a simulated device and with the
 * module's own format and recovery.
 *
 * Beside the device a view is kept of what is known durable; what recovery finds
 * is held against it (check_recovered()).
 */
#include "sim.h"

enum {
	HARD_OPENING	= ~0U,	/* hard_seq: the epoch of an opening */
	HARD_REPAIR	= ~0U - 1,
	HARD_STOP	= ~0U - 2,
};

static struct sim_slot *slot_at(struct sim_store *s, u32 nth)
{
	return &s->slots[(s->head + nth) % RAFT_WRITES_MAX];
}

/* ---- format and open ---- */

void store_format(struct world *w, struct sim_node *node)
{
	static struct disk_plan plan;
	struct disk_format format = {
		.device_bytes = w->draw.device_bytes,
		.logical_block = DISK_SECTOR_BYTES,
		.physical_block = w->draw.physical_block,
		.node = node->id,
		.genesis = w->genesis,
	};
	u32 i;

	/* Who joins later has a seat in its own genesis, and in no other's. */
	if (node->id > w->config.n) {
		format.genesis.members[format.genesis.n].id = node->id;
		format.genesis.members[format.genesis.n++].voter = false;
	}
	for (i = 0; i < sizeof(format.device); i++)
		format.device[i] = (u8)world_random(w, 256);
	node->disk.bytes = format.device_bytes;
	if (disk_format_plan(&plan, &format) != DISK_OK) {
		sim_fail(w, node->id, "format refused the device");
		return;
	}
	for (i = 0; i < plan.n; i++)
		if (plan.write[i].data)
			disk_poke(&node->disk, plan.write[i].offset, plan.write[i].data,
				  plan.write[i].bytes);
	node->store.super = plan.super;
	node->incarnation = plan.super.incarnation;
}

struct opening {
	struct world *w;
	struct sim_node *node;
};

static int open_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	struct opening *o = ctx;

	return disk_read(o->w, o->node, offset, buf, bytes);
}

static int open_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct opening *o = ctx;

	if (entry->index != o->node->last + 1) {
		sim_fail(o->w, o->node->id, "recovery skips from %llu to %llu",
			 (unsigned long long)o->node->last, (unsigned long long)entry->index);
		return -EINVAL;
	}
	node_log_set(o->w, o->node, entry, payload);
	return 0;
}

static int open_truncate(void *ctx, u64 index)
{
	struct opening *o = ctx;

	if (index <= o->node->last)
		node_log_cut(o->w, o->node, index);
	return 0;
}

/* Verdicts that a device of ours may only get when it was damaged. */
static int refused(struct world *w, struct sim_node *node, const struct recover_result *r)
{
	sim_log(w, node->id, "the device is refused: %s", recover_row_text(r->row));
	if (!node->disk.damaged)
		sim_fail(w, node->id, "a device without damage is refused: %s",
			 recover_row_text(r->row));
	return -EUCLEAN;
}

static void take_over(struct sim_node *node, const struct recover_result *r)
{
	struct sim_store *s = &node->store;

	s->cursor = r->next;
	s->cursor.epoch = s->hard.epoch + 1;
	s->used = r->used;
	s->durable_lsn = r->next.lsn - 1;
	s->hard_bad = r->hard_bad != 0;
	s->wait = false;
	s->hard_seq = 0;
	s->failed = false;
	s->stopping = false;
}

/*
 * The opening's flush is done: what was recovered is durable, and what was under
 * way in the life before cannot appear or vanish any more.
 */
static void view_take(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u64 i;

	s->view = pool_grow(w, s->view, &s->view_cap, node->last + 1, sizeof(u64));
	for (i = s->hard.base_index + 1; i <= node->last; i++)
		s->view[i] = node->log[i].e.term;
	s->view_last = node->last;
	s->doubt = false;
	s->head = 0;
	s->n = 0;
	memset(s->slots, 0, sizeof(s->slots));
}

/* The newest configurations of the log, oldest first. */
static void fill_configs(struct world *w, struct sim_node *node, struct raft_params *params)
{
	u64 i;
	u32 n = 0;

	for (i = node->last; i > node->store.hard.base_index && n < RAFT_CONFIGS_MAX; i--) {
		const struct sim_entry *entry = &node->log[i];
		struct raft_config *config = &w->configs[RAFT_CONFIGS_MAX - 1 - n];

		if (entry->e.type != RAFT_ENTRY_CONFIG)
			continue;
		if (!config_decode(entry->payload, entry->e.size, config)) {
			sim_fail(w, node->id, "entry %llu holds no configuration",
				 (unsigned long long)i);
			return;
		}
		config->index = i;
		n++;
	}
	params->configs = &w->configs[RAFT_CONFIGS_MAX - n];
	params->nconfigs = n;
}

/* What the engine is told of it. */
void store_params(struct world *w, struct sim_node *node, struct raft_params *params)
{
	struct sim_store *s = &node->store;
	u64 cap = w->runs_cap, i;

	params->term = s->hard.term;
	params->vote = s->hard.vote;
	params->base_index = s->hard.base_index;
	params->base_term = s->hard.base_term;
	params->last_index = node->last;
	params->nruns = 0;
	for (i = s->hard.base_index + 1; i <= node->last; i++) {
		if (params->nruns && node->log[i].e.term == w->runs[params->nruns - 1].term)
			continue;
		w->runs = pool_grow(w, w->runs, &cap, params->nruns + 1, sizeof(w->runs[0]));
		w->runs_cap = (u32)cap;
		w->runs[params->nruns].first = i;
		w->runs[params->nruns++].term = node->log[i].e.term;
	}
	params->runs = w->runs;
	fill_configs(w, node, params);
}

/**
 * store_open() - recover what the device holds
 * @w: the world
 * @node: the node; its log in memory is filled in
 *
 * Return: 0, -EUCLEAN: refused, or -EIO: it could not be read.
 */
int store_open(struct world *w, struct sim_node *node)
{
	struct opening o = { .w = w, .node = node };
	struct recover_io io = { .read = open_read, .ctx = &o, .device_bytes = node->disk.bytes };
	struct recover_sink sink = { .truncate = open_truncate, .entry = open_entry, .ctx = &o };
	struct sim_store *s = &node->store;
	struct recover_result r;
	int error;

	error = recover_super(&io, w->read_buf, &s->super, &r);
	if (!error && !r.verdict)
		recover_match(&s->super, &w->genesis, node->id, &r);
	if (!error && !r.verdict)
		error = recover_hard(&io, &s->super, w->read_buf, &s->hard, &r);
	if (!error && !r.verdict)
		error = recover_log(&io, &s->super, &s->hard, w->read_buf,
				    QUORUM_RECORD_BYTES_MAX, &sink, &r);
	if (error) {
		sim_log(w, node->id, "the device cannot be read: %d", error);
		return error;
	}
	if (r.verdict != RECOVER_CLEAN && r.verdict != RECOVER_TORN)
		return refused(w, node, &r);
	check_recovered(w, node, node->last, s->hard.term, s->hard.vote);
	if (r.super_bad) {
		disk_poke(&node->disk, 0, NULL, QUORUM_BLOCK_BYTES);
		disk_super_encode(&s->super, node->disk.image);
		disk_poke(&node->disk, (s->super.blocks - 1) * QUORUM_BLOCK_BYTES,
			  node->disk.image, QUORUM_BLOCK_BYTES);
	}
	take_over(node, &r);
	sim_log(w, node->id, "opened: %s, term %llu, vote %u, last %llu",
		recover_verdict_name(r.verdict), (unsigned long long)s->hard.term,
		s->hard.vote, (unsigned long long)node->last);
	return 0;
}

/* ---- (term, vote) ---- */

static void hard_submit(struct world *w, struct sim_node *node, bool flush)
{
	struct sim_store *s = &node->store;
	u32 slot = s->hard_next.generation & 1, m;

	s->hard_pending = DISK_MIRRORS;
	s->hard_error = 0;
	for (m = 0; m < DISK_MIRRORS; m++) {
		struct sim_bio *bio = &s->hard_bio[m];

		if (!bio->data)
			bio->data = pool_alloc(w, QUORUM_BLOCK_BYTES);
		disk_hard_encode(&s->super, &s->hard_next, m, bio->data);
		bio->offset = disk_hard_block(&s->super, m, slot) * QUORUM_BLOCK_BYTES;
		bio->bytes = s->super.granule;
		bio->flush = flush;
		bio->what = SIM_BIO_HARD;
		disk_submit(w, node, bio);
	}
}

static void hard_start(struct world *w, struct sim_node *node, u64 seq, bool flush)
{
	struct sim_store *s = &node->store;

	s->hard_seq = seq;
	s->hard_next.generation = s->hard.generation + 1;
	hard_submit(w, node, flush);
}

/* Until it has ended, a crash may leave the old pair or this one. */
static void hard_doubt(struct sim_store *s)
{
	s->doubt = true;
	s->doubt_term = s->hard_next.term;
	s->doubt_vote = s->hard_next.vote;
}

void store_hard(struct world *w, struct sim_node *node, u64 term, u32 vote, u64 seq)
{
	struct sim_store *s = &node->store;

	if (s->hard_seq) {
		s->wait = true;
		s->wait_term = term;
		s->wait_vote = vote;
		s->wait_seq = seq;
		return;
	}
	s->hard_next = s->hard;
	s->hard_next.term = term;
	s->hard_next.vote = vote;
	hard_doubt(s);
	hard_start(w, node, seq, false);
}

/* Writing may begin once the epoch of this opening is durable. */
void store_begin_epoch(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->hard_next = s->hard;
	s->hard_next.epoch = s->cursor.epoch;
	s->hard_next.clean = false;
	s->hard_next.last_errno = 0;
	s->hard_next.why = 0;
	hard_start(w, node, HARD_OPENING, true);
}

/* A clean stop says where the log ends; nothing is under way. */
void store_stop(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->stopping = true;
	/* After a failure nothing is marked, and nobody waits for more. */
	if (s->failed) {
		node_crash(w, node, false);
		return;
	}
	if (s->n || s->hard_seq)
		return;
	s->hard_next = s->hard;
	s->hard_next.clean = true;
	s->hard_next.end_lsn = s->cursor.lsn;
	s->hard_next.last_index = s->view_last;
	hard_start(w, node, HARD_STOP, false);
}

static void hard_next(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	if (!s->wait)
		return;
	s->wait = false;
	s->hard_next = s->hard;
	s->hard_next.term = s->wait_term;
	s->hard_next.vote = s->wait_vote;
	hard_doubt(s);
	hard_start(w, node, s->wait_seq, false);
}

static void hard_ended(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE, .error = s->hard_error };
	u64 seq = s->hard_seq;

	s->hard_seq = 0;
	if (s->hard_error) {
		s->failed = true;
	} else {
		s->hard = s->hard_next;
		s->view_term = s->hard.term;
		s->view_vote = s->hard.vote;
		s->doubt = false;
	}
	if (seq == HARD_OPENING || seq == HARD_REPAIR || seq == HARD_STOP) {
		if (s->hard_error || seq == HARD_STOP) {
			node_crash(w, node, false);
			return;
		}
		if (seq == HARD_OPENING && s->hard_bad) {
			s->hard_next = s->hard;
			hard_start(w, node, HARD_REPAIR, false);
			return;
		}
		node->disk.damaged = false;
		view_take(w, node);
		node_running(w, node);
		return;
	}
	ev.hard_seq = seq;
	if (!s->failed)
		hard_next(w, node);
	node_step(w, node, &ev, NULL);
	node_turn(w, node);
}

/* ---- records ---- */

bool store_can_write(const struct sim_node *node)
{
	return node->store.n < RAFT_WRITES_MAX && !node->store.failed &&
	       !node->store.stopping;
}

static u64 ring_free(const struct sim_store *s)
{
	u64 tail = disk_ring_end(&s->super) - s->cursor.position;
	u64 rest = disk_ring_granules(&s->super) - s->used;

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
	struct sim_slot *slot = slot_at(s, s->n);
	u64 position, skip = 0, span, i, n;
	u32 bytes;
	u8 pad[QUORUM_BLOCK_BYTES] __aligned(8);

	fill_batch(w, node, write);
	bytes = disk_round(&s->super, s->batch.bytes);
	span = bytes >> s->super.granule_shift;
	if (!disk_cursor_fits(&s->cursor, &s->super, bytes))
		skip = disk_ring_end(&s->super) - s->cursor.position;
	if (s->used + skip + span > disk_ring_granules(&s->super))
		return false;
	memset(slot, 0, sizeof(*slot));
	slot->used = true;
	slot->flushed = s->durable_lsn;
	s->n++;
	if (skip) {
		position = s->cursor.position;
		disk_pad_seal(pad, &s->super, &s->cursor, s->durable_lsn);
		record_bio(w, node, slot, 1, position, s->super.granule, pad);
	}
	position = s->cursor.position;
	slot->lsn = s->cursor.lsn;
	slot->position = position;
	bytes = disk_batch_seal(&s->batch, &s->super, &s->cursor, s->durable_lsn);
	slot->bytes = bytes;
	slot->write = *write;
	n = write->last + 1 - write->first;
	slot->terms = pool_alloc(w, (u32)(max_t(u64, n, 1) * sizeof(u64)));
	for (i = 0; i < n; i++)
		slot->terms[i] = node->log[write->first + i].e.term;
	s->used += skip + span;
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
	while (s->n && slot_at(s, 0)->done && !slot_at(s, 0)->error) {
		struct sim_slot *slot = slot_at(s, 0);
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
		for (i = 0; i < s->n && slot_at(s, i)->done; i++) {
			done[n] = slot_at(s, i)->write;
			error[n++] = 0;
		}
	}
	records_advance(w, node);
	for (i = 0; i < n && node->phase == SIM_UP; i++)
		report(w, node, &done[i], error[i]);
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
		w->steps_of[FAULT_CRASH_WRITE]++;
		node_crash(w, node, world_random(w, 2));
		return;
	}
	error = disk_end(w, node, bio);
	if (error)
		sim_log(w, node->id, "a write failed: %d", error);
	if (bio->what == SIM_BIO_HARD) {
		s->hard_error = s->hard_error ? s->hard_error : error;
		if (!--s->hard_pending)
			hard_ended(w, node);
	} else {
		struct sim_slot *slot = &s->slots[bio->slot];

		slot->error = slot->error ? slot->error : error;
		if (!--slot->pending)
			record_ended(w, node, slot);
	}
	if (s->stopping && node->phase == SIM_STOPPING)
		store_stop(w, node);
}

/* Nothing of this life of the node is under way any more; the device stays. */
void store_crash(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->wait = false;
	s->stopping = false;
}

/* Term of a durable entry, 0: there is none. */
u64 store_term_at(const struct sim_node *node, u64 index)
{
	const struct sim_store *s = &node->store;

	if (index == s->hard.base_index)
		return s->hard.base_term;
	return index <= s->view_last && index > s->hard.base_index ? s->view[index] : 0;
}

/* A new device: nothing has to be found on it. */
void store_forget(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->view_last = 0;
	s->view_term = 0;
	s->view_vote = 0;
	s->nrecords = 0;
}
