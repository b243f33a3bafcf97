// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoints: what module/store/checkpoint.c does on a simulated device.
 *
 * A start walks from the checkpoint on, as in the kernel, and the engine is told of no
 * more than that.  What lies before is walked at once and not beside the work: it gives
 * the simulator its log in memory, and where it is damaged the start goes on as the one
 * after the damage was found does, with the whole log and as a suspect.
 */
#include "sim.h"

/* The log was cut in memory: what is committed from here on is something else. */
void checkpoint_cut(struct sim_store *s, u64 index)
{
	if (s->check.pending && index <= s->check.next.index)
		s->check.pending = false;
}

void checkpoint_truncate(struct sim_store *s, u64 index)
{
	struct sim_checkpoints *c = &s->check;

	while (c->nconfigs && c->configs[c->nconfigs - 1].index >= index)
		c->nconfigs--;
	checkpoint_cut(s, index);
	c->last_term = 0;
}

/* An entry belongs to the log, and lies in the record @lsn. */
void checkpoint_entry(struct world *w, struct sim_store *s, const struct raft_entry *e,
		      u64 lsn, u64 position)
{
	struct sim_checkpoints *c = &s->check;

	c->types |= 1U << (e->type & 31);
	c->last_term = e->term;
	if (e->type != RAFT_ENTRY_CONFIG)
		return;
	c->configs = pool_grow(w, c->configs, &c->cap, c->nconfigs + 1, sizeof(*c->configs));
	c->configs[c->nconfigs].index = e->index;
	c->configs[c->nconfigs].lsn = lsn;
	c->configs[c->nconfigs++].position = position;
}

/* The place behind the newest record, whose last entry is @last. */
static void here(const struct sim_store *s, struct disk_checkpoint *next, u64 last)
{
	const struct sim_checkpoints *c = &s->check;

	memset(next, 0, sizeof(*next));
	next->position = s->cursor.position;
	next->lsn = s->cursor.lsn;
	next->epoch = s->cursor.epoch;
	next->prev_crc = s->cursor.prev_crc;
	next->index = last;
	next->term = c->last_term;
	next->types = c->types;
	if (c->nconfigs) {
		next->config_index = c->configs[c->nconfigs - 1].index;
		next->config_lsn = c->configs[c->nconfigs - 1].lsn;
		next->config_position = c->configs[c->nconfigs - 1].position;
	}
}

/* A record was submitted: is it time for a checkpoint? */
void checkpoint_note(struct world *w, struct sim_store *s, u64 last)
{
	struct sim_checkpoints *c = &s->check;

	if (!w->draw.check_every || c->pending || !c->last_term || !last ||
	    s->at - c->taken_at < w->draw.check_every)
		return;
	here(s, &c->next, last);
	c->next_at = s->at;
	c->pending = true;
}

/* The commit index has moved. */
void checkpoint_committed(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	struct sim_checkpoints *c = &s->check;

	if (!c->pending || node->commit < c->next.index || s->durable_lsn + 1 < c->next.lsn ||
	    s->failed || s->stopping || s->resetting)
		return;
	c->pending = false;
	c->taken_at = c->next_at;
	hard_checkpoint(w, node);
}

/* A clean stop: the very end, if that may be one. */
void checkpoint_stop(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;

	if (w->draw.check_every && s->check.last_term && s->view_last &&
	    node->commit >= s->view_last)
		here(s, &s->want.check, s->view_last);
}

/* The log was dropped. */
void checkpoint_reset(struct sim_store *s)
{
	s->check.pending = false;
	s->check.nconfigs = 0;
	s->check.last_term = 0;
	s->check.taken_at = s->at;
	s->check.from = 0;
}

/* What lies before was acknowledged: it is to come from a leader. */
static int damaged(struct world *w, struct sim_node *node, const struct recover_io *io,
		   const struct recover_sink *sink, struct recover_result *r)
{
	struct sim_store *s = &node->store;
	u64 seen = s->hard.check.index;
	int error;

	sim_log(w, node->id, "the log before the checkpoint is damaged");
	memset(&s->hard.check, 0, sizeof(s->hard.check));
	error = recover_log(io, &s->super, &s->hard, w->read_buf, QUORUM_RECORD_BYTES_MAX, sink,
			    r);
	if (!error)
		store_suspect(s, r, max(r->seen_last, seen));
	return error;
}

/**
 * checkpoint_recover() - walk the log, from its checkpoint if there is one
 * @w: the world
 * @node: the node
 * @io: its device
 * @sink: who takes what is found; the log in memory and its marks are empty
 * @r: filled in
 *
 * Return: 0 or a negative errno.
 */
int checkpoint_recover(struct world *w, struct sim_node *node, const struct recover_io *io,
		       const struct recover_sink *sink, struct recover_result *r)
{
	struct sim_store *s = &node->store;
	struct recover_result before, probe = *r;
	int error;

	/* From where on?  Asked first, since the memory is filled in order. */
	error = recover_tail(io, &s->super, &s->hard, w->read_buf, QUORUM_RECORD_BYTES_MAX, NULL,
			     &probe);
	if (error || probe.check != RECOVER_T_CHECKPOINT)
		return error ? error : recover_log(io, &s->super, &s->hard, w->read_buf,
						   QUORUM_RECORD_BYTES_MAX, sink, r);
	error = recover_before(io, &s->super, &s->hard, w->read_buf, QUORUM_RECORD_BYTES_MAX,
			       sink, &before);
	if (error)
		return error;
	if (before.verdict != RECOVER_CLEAN) {
		if (!node->disk.damaged && !s->hard.suspect)
			sim_fail(w, node->id, "the log before the checkpoint %llu does not lead there",
				 (unsigned long long)s->hard.check.index);
		store_forget(w, node);
		return damaged(w, node, io, sink, r);
	}
	if (s->at != probe.before)
		sim_fail(w, node->id, "%llu granules lie before the checkpoint, and not %llu",
			 (unsigned long long)s->at, (unsigned long long)probe.before);
	w->checkpoints++;
	s->check.taken_at = s->at;
	s->check.from = s->hard.check.index;
	return recover_tail(io, &s->super, &s->hard, w->read_buf, QUORUM_RECORD_BYTES_MAX, sink,
			    r);
}
