// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: a queue of writes, each of which ends when the script says so, and a
 * medium that holds what has ended.
 *
 * The log is a ring on the medium: what is behind a write that has not ended is
 * not found again.  So log writes reach the medium in order, whatever the order
 * in which they end; a (term, vote) has a place of its own.
 */
#include <errno.h>
#include "scenario.h"

struct write *disk_add(struct world *w, struct node *n, u8 kind)
{
	struct disk *d = &n->disk;
	struct write *write;

	if (d->nwrites == WRITES_PENDING)
		die(w, "node %u: more than %d writes", n->id, WRITES_PENDING);
	write = &d->writes[d->nwrites++];
	memset(write, 0, sizeof(*write));
	write->kind = kind;
	return write;
}

void disk_log(struct world *w, struct node *n, const struct raft_write *log)
{
	struct write *write = disk_add(w, n, WRITE_LOG);
	u64 count = log->last + 1 - log->first;

	write->log = *log;
	write->entries = calloc(count + 1, sizeof(*write->entries));
	memcpy(write->entries, &n->mem[log->first], count * sizeof(*write->entries));
	trace(w, "node %u writes %llu..%llu (cut %llu)", n->id, (unsigned long long)log->first,
	      (unsigned long long)log->last, (unsigned long long)log->truncate);
}

void disk_hard(struct world *w, struct node *n, u64 term, u32 vote, u64 seq)
{
	struct write *write = disk_add(w, n, WRITE_HARD);

	write->term = term;
	write->vote = vote;
	write->seq = seq;
	trace(w, "node %u writes term %llu, vote %u", n->id, (unsigned long long)term, vote);
}

u32 disk_pending(const struct node *n)
{
	u32 pending = 0, i;

	for (i = 0; i < n->disk.nwrites; i++)
		pending += !n->disk.writes[i].done;
	return pending;
}

/* Does a write end by itself now? */
bool disk_ready(const struct world *w, const struct node *n)
{
	return n->up && !n->paused && !n->disk.hung && (w->auto_disk || w->completing) &&
	       disk_pending(n);
}

static void reach_log(struct disk *d, const struct write *write)
{
	u64 i;

	if (write->log.truncate)
		d->last = write->log.truncate - 1;
	for (i = write->log.first; i <= write->log.last; i++)
		d->log[i] = write->entries[i - write->log.first];
	d->last = write->log.last;
	if (d->bad > d->last || (d->bad >= write->log.first && d->bad <= write->log.last))
		d->bad = 0;
}

/* A snapshot that came in replaces the log, in one switch (bug S-2). */
static void reach_install(struct disk *d, struct write *write)
{
	snapshot_copy(&d->snap, &write->snap);
	d->base_index = d->snap.index;
	d->base_term = d->snap.term;
	d->last = d->snap.index;
	d->bad = 0;
}

static void reach(struct disk *d, struct write *write)
{
	switch (write->kind) {
	case WRITE_LOG:
		reach_log(d, write);
		break;
	case WRITE_HARD:
		if (write->seq < d->hard_seq)
			break;
		d->hard_seq = write->seq;
		d->term = write->term;
		d->vote = write->vote;
		break;
	case WRITE_INSTALL:
		reach_install(d, write);
		break;
	default:
		break;
	}
}

static void drop(struct write *write)
{
	free(write->entries);
	snapshot_free(&write->snap);
}

/* Writes that ended leave the queue; those of the log only behind their elders. */
static void retire(struct disk *d)
{
	bool log_waits = false;
	u32 kept = 0, i;

	for (i = 0; i < d->nwrites; i++) {
		struct write *write = &d->writes[i];
		bool log = write->kind == WRITE_LOG || write->kind == WRITE_INSTALL;

		if (write->done && !(log && log_waits)) {
			reach(d, write);
			drop(write);
			continue;
		}
		log_waits |= log;
		d->writes[kept++] = *write;
	}
	d->nwrites = kept;
}

static void tell(struct world *w, struct node *n, const struct write *write, int error)
{
	struct raft_event ev = { .error = error };

	switch (write->kind) {
	case WRITE_LOG:
		ev.type = RAFT_EV_WRITTEN;
		ev.write = write->log;
		break;
	case WRITE_HARD:
		ev.type = RAFT_EV_HARD_STATE;
		ev.hard_seq = write->seq;
		break;
	default:
		snapshot_written(w, n, write, error);
		node_pump(w, n);
		return;
	}
	node_step(w, n, &ev);
	node_pump(w, n);
}

static struct write *find(struct disk *d, u32 nth)
{
	u32 i;

	for (i = 0; i < d->nwrites; i++)
		if (!d->writes[i].done && !nth--)
			return &d->writes[i];
	return NULL;
}

/* The @nth (from 0) of the writes that have not ended ends. */
void disk_complete(struct world *w, struct node *n, u32 nth)
{
	struct write *write = find(&n->disk, nth);
	struct write copy;
	int error = n->disk.fail;

	n->disk.fail = 0;
	write->done = true;
	copy = *write;
	trace(w, "node %u: a write of %s ends%s", n->id,
	      write->kind == WRITE_HARD ? "(term, vote)" :
	      write->kind == WRITE_LOG ? "the log" : "a snapshot",
	      error ? " with an error" : "");
	if (error) {
		/* Nothing of it is to be found later. */
		write->entries = NULL;
		snapshot_free(&write->snap);
		memmove(write, write + 1,
			(&n->disk.writes[n->disk.nwrites] - (write + 1)) * sizeof(*write));
		n->disk.nwrites--;
		tell(w, n, &copy, error);
		free(copy.entries);
		return;
	}
	retire(&n->disk);
	tell(w, n, &copy, 0);
}

/* The oldest write fails; if there is none, the next will. */
void disk_fail(struct world *w, struct node *n, int error)
{
	if (disk_pending(n)) {
		n->disk.fail = error;
		disk_complete(w, n, 0);
	} else if (error == -ENOSPC) {
		/* The store looks before it writes: it is full, and says so. */
		n->disk.full = true;
	} else {
		n->disk.fail = error;
	}
}

/* What was under way reaches the medium, or does not. */
void disk_crash(struct node *n, bool lose_unflushed)
{
	struct disk *d = &n->disk;
	u32 i;

	for (i = 0; i < d->nwrites; i++) {
		if (!lose_unflushed)
			reach(d, &d->writes[i]);
		drop(&d->writes[i]);
	}
	d->nwrites = 0;
}

void disk_wipe(struct node *n)
{
	struct disk *d = &n->disk;

	disk_crash(n, true);
	d->base_index = 0;
	d->base_term = 0;
	d->last = 0;
	d->term = 0;
	d->vote = 0;
	d->bad = 0;
	d->full = false;
	d->suspect = false;
	snapshot_free(&d->snap);
	n->incarnation++;
}

void disk_free(struct node *n)
{
	disk_crash(n, true);
	snapshot_free(&n->disk.snap);
	free(n->disk.log);
}
