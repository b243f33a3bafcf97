// SPDX-License-Identifier: GPL-2.0
/*
 * The hard state on a device: term and vote, where the log begins, and which
 * snapshot is in force.  All of it changes in one write, of which one is under way
 * at a time; whatever is wanted meanwhile goes with the next.
 */
#include "sim.h"

static void submit(struct world *w, struct sim_node *node, bool flush)
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

static void start(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	bool opening = s->want_switch == SWITCH_OPENING;

	s->hard_next = s->want;
	s->hard_next.generation = s->hard.generation + 1;
	s->hard_seq = s->want_seq;
	s->hard_switch = s->want_switch;
	s->hard_busy = true;
	s->want_any = false;
	s->want_seq = 0;
	s->want_switch = SWITCH_NONE;
	/* Until it has ended, a crash may leave what there was or this. */
	if (!opening && s->hard_switch != SWITCH_REPAIR) {
		s->doubt = true;
		s->doubt_resets = s->hard_switch == SWITCH_INSTALL;
		s->doubt_hard = s->hard_next;
	}
	submit(w, node, opening);
}

static void go(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->want_any = true;
	if (!s->hard_busy)
		start(w, node);
}

void hard_vote(struct world *w, struct sim_node *node, u64 term, u32 vote, u64 seq)
{
	struct sim_store *s = &node->store;

	s->want.term = term;
	s->want.vote = vote;
	s->want_seq = seq;
	go(w, node);
}

/* All before the checkpoint that is wanted is durable, and committed. */
void hard_checkpoint(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	/* The log may begin behind it by now. */
	if (s->check.next.lsn < s->want.start_lsn)
		return;
	s->want.check = s->check.next;
	go(w, node);
}

/* Writing may begin once the epoch of this opening is durable. */
void hard_epoch(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->want.epoch = s->cursor.epoch;
	s->want.clean = false;
	s->want.last_errno = 0;
	s->want.why = 0;
	s->want_switch = SWITCH_OPENING;
	go(w, node);
}

/* A clean stop says where the log ends; nothing is under way. */
void hard_stop(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	s->stopping = true;
	/* After a failure nothing is marked, and nobody waits for more. */
	if (s->failed) {
		node_crash(w, node, false);
		return;
	}
	if (s->n || s->hard_busy || node->work.bio.busy)
		return;
	s->want.clean = true;
	s->want.end_lsn = s->cursor.lsn;
	s->want.last_index = s->view_last;
	checkpoint_stop(w, node);
	s->want_switch = SWITCH_STOP;
	go(w, node);
}

static bool switching(const struct sim_store *s)
{
	return s->want_switch != SWITCH_NONE || s->hard_switch != SWITCH_NONE;
}

static void want_start(struct sim_store *s, const struct sim_mark *first)
{
	s->want.start_position = first->position;
	s->want.start_lsn = first->lsn;
	s->want.start_prev_crc = first->prev_crc;
	if (s->want.check.lsn < first->lsn)
		memset(&s->want.check, 0, sizeof(s->want.check));
}

/**
 * hard_switch() - put a snapshot in force
 * @w: the world
 * @node: the node
 * @what: SWITCH_SNAPSHOT, or SWITCH_INSTALL: it replaces the log
 * @meta: what it is
 * @area: where it lies
 *
 * Return: false: not now, another switch is under way.
 */
bool hard_switch(struct world *w, struct sim_node *node, u8 what,
		 const struct quorum_snap_meta *meta, u32 area)
{
	struct sim_store *s = &node->store;
	struct sim_mark end = {
		.lsn = s->cursor.lsn, .position = s->cursor.position,
		.prev_crc = s->cursor.prev_crc,
	};

	if (switching(s))
		return false;
	if (what == SWITCH_INSTALL) {
		if (s->n)
			sim_fail(w, node->id, "a snapshot replaces a log that is written");
		s->resetting = true;
		want_start(s, &end);
		memset(&s->want.check, 0, sizeof(s->want.check));
		checkpoint_reset(s);
		s->want.base_index = meta->index;
		s->want.base_term = meta->term;
	}
	s->want.snap_area = area + 1;
	s->want.snap_id = meta->id;
	s->want.snap_index = meta->index;
	s->want.snap_term = meta->term;
	s->want_switch = what;
	go(w, node);
	return true;
}

static void release(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	struct sim_mark first;

	if (!s->release || switching(s) || s->failed || s->stopping)
		return;
	if (s->release <= s->want.base_index) {
		s->release = 0;
		return;
	}
	if (s->release > s->hard.snap_index || s->release > s->view_last) {
		sim_fail(w, node->id, "lets go of %llu, which nothing else holds",
			 (unsigned long long)s->release);
		return;
	}
	if (store_start_at(node, s->release, &first))
		want_start(s, &first);
	s->want.base_index = s->release;
	s->want.base_term = s->release_term;
	s->want_switch = SWITCH_RELEASE;
	s->release = 0;
	go(w, node);
}

/* The log up to @index is not needed any more. */
void hard_release(struct world *w, struct sim_node *node, u64 index, u64 term)
{
	node->store.release = index;
	node->store.release_term = term;
	release(w, node);
}

static void heal(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	if (!s->healed || switching(s) || s->failed || s->stopping)
		return;
	s->healed = false;
	s->want.suspect = false;
	s->want.suspect_first = 0;
	s->want.suspect_last = 0;
	s->want_switch = SWITCH_HEALED;
	go(w, node);
}

/* The leader has given back what was missing. */
void hard_healed(struct world *w, struct sim_node *node)
{
	node->store.healed = true;
	heal(w, node);
}

/* The log begins where the hard state says now. */
static void log_begins(struct sim_store *s)
{
	u64 n = 0;

	while (n < s->nmarks && s->marks[n].lsn < s->hard.start_lsn)
		n++;
	s->start_at = n < s->nmarks ? s->marks[n].at : s->at;
	s->nmarks -= n;
	memmove(s->marks, s->marks + n, s->nmarks * sizeof(*s->marks));
}

static void opened(struct world *w, struct sim_node *node, u8 what)
{
	struct sim_store *s = &node->store;

	if (what == SWITCH_OPENING && s->hard_bad) {
		s->want_switch = SWITCH_REPAIR;
		go(w, node);
		return;
	}
	store_taken(w, node);
	node_running(w, node);
}

static void ended_well(struct world *w, struct sim_node *node, u8 what)
{
	struct sim_store *s = &node->store;

	s->hard = s->hard_next;
	if (what == SWITCH_OPENING || what == SWITCH_REPAIR)
		return;
	s->view_hard = s->hard;
	s->doubt = false;
	if (what == SWITCH_INSTALL) {
		s->resetting = false;
		s->view_last = s->hard.base_index;
		s->view = pool_grow(w, s->view, &s->view_cap, s->view_last + 1, sizeof(u64));
		s->nmarks = 0;
		s->start_at = s->at;
	} else if (what == SWITCH_RELEASE) {
		log_begins(s);
	}
	/* After a failure nothing more is written. */
	if (s->want_any && !s->failed)
		start(w, node);
}

static void ended(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	struct raft_event ev = { .type = RAFT_EV_HARD_STATE, .error = s->hard_error };
	u8 what = s->hard_switch;

	ev.hard_seq = s->hard_seq;
	s->hard_busy = false;
	s->hard_seq = 0;
	s->hard_switch = SWITCH_NONE;
	if (s->hard_error)
		s->failed = true;
	else
		ended_well(w, node, what);
	if (what == SWITCH_STOP || (s->hard_error && node->phase == SIM_OPENING)) {
		node_crash(w, node, false);
		return;
	}
	if (what == SWITCH_OPENING || what == SWITCH_REPAIR) {
		opened(w, node, what);
		return;
	}
	if (ev.hard_seq || ev.error)
		node_step(w, node, &ev, NULL);
	if (what != SWITCH_NONE && !s->failed)
		snapshot_switched(w, node, what);
	release(w, node);
	heal(w, node);
	node_turn(w, node);
}

void hard_bio_ended(struct world *w, struct sim_node *node, int error)
{
	struct sim_store *s = &node->store;

	s->hard_error = s->hard_error ? s->hard_error : error;
	if (!--s->hard_pending)
		ended(w, node);
}
