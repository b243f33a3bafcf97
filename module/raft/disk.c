// SPDX-License-Identifier: GPL-2.0
/*
 * The log on the device, as far as the engine has to know it: what was handed
 * over, what is durable, and since when something hangs.
 */
#include "raft_private.h"

/**
 * raft_disk_truncate() - the log in memory was cut
 * @r: the engine
 * @from: first entry that is gone
 *
 * From this moment on nothing at or above @from is durable, whatever writes are
 * still under way or will be reported (bugs D-2, D-3).
 */
void raft_disk_truncate(struct raft *r, u64 from)
{
	struct raft_disk *disk = &r->disk;
	u32 i;

	for (i = 0; i < disk->n; i++)
		disk->writes[i].vouch = min(disk->writes[i].vouch, from - 1);
	disk->durable = min(disk->durable, from - 1);
	if (disk->submitted < from)
		return;
	disk->submitted = from - 1;
	/* An earlier cut not yet submitted is at or above @from. */
	disk->truncate = from;
}

/* A snapshot took the place of the whole log, on the device too. */
void raft_disk_restore(struct raft *r, u64 index)
{
	r->disk.durable = index;
	r->disk.submitted = index;
	r->disk.truncate = 0;
}

bool raft_next_write(const struct raft *r, struct raft_write *write)
{
	const struct raft_disk *disk = &r->disk;

	if (r->halt || disk->n == RAFT_WRITES_MAX)
		return false;
	/* What is to be written would be replaced in a moment. */
	if (raft_snapshot_complete(r))
		return false;
	/* Entries must never be durable ahead of their term (bug D-8). */
	if (!raft_hard_durable(r))
		return false;
	if (disk->submitted == r->log.last_index && !disk->truncate)
		return false;
	write->truncate = disk->truncate;
	write->first = disk->submitted + 1;
	write->last = r->log.last_index;
	write->term = r->hard.term;
	write->seq = disk->seq + 1;
	return true;
}

/* RAFT_EV_SUBMITTED: must be what raft_next_write() says, or a part of it. */
void raft_disk_submitted(struct raft *r, const struct raft_write *write)
{
	struct raft_disk *disk = &r->disk;
	struct raft_inflight_write *w;
	struct raft_write next;

	if (!raft_next_write(r, &next) || write->seq != next.seq ||
	    write->term != next.term || write->first != next.first ||
	    write->truncate != next.truncate || write->last > next.last ||
	    write->last + 1 < next.first ||
	    (write->last + 1 == next.first && !write->truncate)) {
		raft_halt(r, RAFT_HALT_CONTRACT, write->first, write->seq, disk->seq + 1);
		return;
	}
	w = &disk->writes[disk->n++];
	w->asked = *write;
	w->vouch = write->last;
	w->since = r->now;
	w->done = false;
	disk->seq = write->seq;
	disk->submitted = write->last;
	disk->truncate = 0;
}

static struct raft_inflight_write *find_write(struct raft_disk *disk,
					      const struct raft_write *write)
{
	u32 i;

	for (i = 0; i < disk->n; i++) {
		struct raft_inflight_write *w = &disk->writes[i];

		if (w->asked.seq == write->seq && w->asked.term == write->term &&
		    w->asked.last == write->last && !w->done)
			return w;
	}
	return NULL;
}

/* What all finished writes without an unfinished one before them vouch for. */
static void advance_durable(struct raft_disk *disk)
{
	u32 i;

	for (i = 0; i < disk->n && disk->writes[i].done; i++)
		disk->durable = max(disk->durable, disk->writes[i].vouch);
	disk->n -= i;
	memmove(&disk->writes[0], &disk->writes[i], disk->n * sizeof(disk->writes[0]));
}

/* RAFT_EV_WRITTEN */
void raft_disk_written(struct raft *r, const struct raft_write *write, int error)
{
	struct raft_disk *disk = &r->disk;
	struct raft_inflight_write *w = find_write(disk, write);
	u64 before = disk->durable;

	if (error) {
		/* The device may have dropped it and say otherwise later (F-4). */
		raft_halt(r, RAFT_HALT_STORE, write->first, write->seq, disk->seq);
		return;
	}
	if (!w) {
		raft_halt(r, RAFT_HALT_CONTRACT, write->last, write->seq, disk->seq);
		return;
	}
	w->done = true;
	advance_durable(disk);
	raft_snapshot_pump(r);
	if (disk->durable == before)
		return;
	if (r->role == RAFT_LEADER)
		raft_commit_advance(r);
	else
		raft_follower_durable(r);
	raft_election_pump(r);
}

/* When the oldest write under way will have taken too long (bug P-1). */
u64 raft_disk_slow_due(const struct raft *r)
{
	u64 due = RAFT_NEVER;
	u32 i;

	for (i = 0; i < r->disk.n; i++) {
		if (!r->disk.writes[i].done) {
			due = r->disk.writes[i].since + r->timing.election_max;
			break;
		}
	}
	if (!raft_hard_durable(r)) {
		u64 hard = r->hard.since + r->timing.election_max;

		due = due == RAFT_NEVER ? hard : raft_time_earlier(due, hard);
	}
	return due;
}

bool raft_disk_slow(const struct raft *r)
{
	u64 due = raft_disk_slow_due(r);

	return due != RAFT_NEVER && raft_time_reached(r->now, due);
}
