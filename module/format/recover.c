// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: three steps from a device to a verdict; the table is in recover.h.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include "recover.h"

/* Bytes behind a damaged record in which the first certain witness begins: the
 * record itself, the rest of a window, what a PAD record leaves unused, and one.
 */
#define SCAN_BYTES	((DISK_WINDOW_RECORDS + 2) * QUORUM_RECORD_BYTES_MAX)

static const char * const verdict_names[RECOVER_VERDICT_NR] = {
	[RECOVER_NONE] = "none",
	[RECOVER_CLEAN] = "clean",
	[RECOVER_TORN] = "torn",
	[RECOVER_CORRUPT] = "corrupt",
	[RECOVER_FOREIGN] = "foreign",
	[RECOVER_UNFORMATTED] = "unformatted",
	[RECOVER_TOO_NEW] = "too new",
};

static const char * const row_texts[RECOVER_ROW_NR] = {
	[RECOVER_ROW_NONE] = "not judged yet",
	[RECOVER_A_ZERO] = "the device is not formatted",
	[RECOVER_B_OTHER] = "the device holds something that is not a quorum log",
	[RECOVER_C_VERSION] = "a newer version of quorum formatted the device",
	[RECOVER_D_SUPER] = "both copies of the superblock are damaged",
	[RECOVER_D_SHRUNK] = "the device is smaller than when it was formatted",
	[RECOVER_E_SUPERS_DIFFER] = "the two copies of the superblock differ",
	[RECOVER_F_CLUSTER] = "the device belongs to another cluster",
	[RECOVER_F_GROUP] = "the device belongs to another group",
	[RECOVER_F_NODE] = "the device belongs to another node",
	[RECOVER_G_HARD] = "every copy of term and vote is damaged",
	[RECOVER_H_HARDS_DIFFER] = "the two copies of term and vote differ",
	[RECOVER_I_EPOCH] = "a record is newer than term and vote: these went back in time",
	[RECOVER_J_TYPE] = "a newer version of quorum wrote a record",
	[RECOVER_K_GAP] = "a record does not continue the log",
	[RECOVER_L_CLEAN] = "the log ends where it was stopped",
	[RECOVER_M_SHORT] = "the log ends before the place where it was stopped",
	[RECOVER_N_LONG] = "the log goes on behind the place where it was stopped",
	[RECOVER_O_WITNESS] = "an acknowledged record is damaged",
	[RECOVER_P_TORN] = "the log ends in writes that were never acknowledged",
	[RECOVER_Q_SNAP_FALLBACK] = "the snapshot is damaged, the one before it is good",
	[RECOVER_R_SNAP_NEEDLESS] = "the snapshot is damaged, the log is whole without it",
	[RECOVER_S_SNAP_LOST] = "the snapshot is damaged, and the log begins behind it",
	[RECOVER_T_CHECKPOINT] = "the log was read from its checkpoint on",
	[RECOVER_U_CHECK_VOID] = "the checkpoint is no use, the whole log was read",
	[RECOVER_V_BEFORE] = "an acknowledged record before the checkpoint is damaged",
	[RECOVER_W_UNREAD] = "the device cannot read a record",
};

/**
 * recover_verdict_name() - one or two words
 * @verdict: enum recover_verdict
 */
const char *recover_verdict_name(u8 verdict)
{
	return verdict < RECOVER_VERDICT_NR ? verdict_names[verdict] : "unknown";
}

/**
 * recover_row_text() - one sentence for people
 * @row: enum recover_row
 */
const char *recover_row_text(u8 row)
{
	return row < RECOVER_ROW_NR ? row_texts[row] : "unknown finding";
}

static void judge(struct recover_result *result, u8 verdict, u8 row)
{
	result->verdict = verdict;
	result->row = row;
}

/* An error of this kind says something about the caller, not the device. */
static bool gives_up(int error)
{
	return error == -EINTR || error == -ENOMEM;
}

/**
 * recover_unreadable() - does an error say that what lies there cannot be read?
 * @error: negative errno of a read
 *
 * What the block layer makes of a bad sector, and of one whose checksum is wrong.
 */
bool recover_unreadable(int error)
{
	return error == -EIO || error == -ENODATA || error == -EILSEQ;
}

/**
 * recover_heals() - can a leader heal this?
 * @result: with a verdict
 *
 * Not where term and vote may have gone back (G to I, N), and not where the
 * device is not ours.
 */
bool recover_heals(const struct recover_result *result)
{
	if (result->verdict != RECOVER_CORRUPT)
		return false;
	switch (result->row) {
	case RECOVER_K_GAP:
	case RECOVER_M_SHORT:
	case RECOVER_O_WITNESS:
	case RECOVER_S_SNAP_LOST:
	case RECOVER_V_BEFORE:
	case RECOVER_W_UNREAD:
		return true;
	default:
		return false;
	}
}

/* ---- the superblock ---- */

struct copy {
	int error;		/* of the read */
	enum disk_error state;
	__le32 crc;
};

static int copy_read(const struct recover_io *io, u64 block, void *buf,
		     struct disk_super *super, struct copy *copy)
{
	const struct disk_superblock *d = buf;

	copy->state = DISK_CRC_BAD;
	copy->error = io->read(io->ctx, block * QUORUM_BLOCK_BYTES, buf, QUORUM_BLOCK_BYTES);
	if (copy->error)
		return gives_up(copy->error) ? copy->error : 0;
	copy->state = disk_super_decode(buf, super);
	copy->crc = d->crc;
	return 0;
}

/* Copy A is not good: what does the last block say? */
static int super_from_last(const struct recover_io *io, void *buf, struct disk_super *super,
			   const struct copy *first, struct recover_result *result)
{
	struct copy last;
	int error;

	error = copy_read(io, io->device_bytes / QUORUM_BLOCK_BYTES - 1, buf, super, &last);
	if (error)
		return error;
	if (!last.error && last.state == DISK_TOO_NEW) {
		judge(result, RECOVER_TOO_NEW, RECOVER_C_VERSION);
		return 0;
	}
	if (!last.error && last.state == DISK_OK) {
		if (super->blocks != io->device_bytes / QUORUM_BLOCK_BYTES)
			judge(result, RECOVER_CORRUPT, RECOVER_D_SUPER);
		result->super_bad = 1;
		return 0;
	}
	if (first->error)
		return first->error;
	if (last.error)
		return last.error;
	if (first->state == DISK_ZERO && last.state == DISK_ZERO)
		judge(result, RECOVER_UNFORMATTED, RECOVER_A_ZERO);
	else if (first->state == DISK_ZERO && last.state == DISK_OTHER)
		judge(result, RECOVER_FOREIGN, RECOVER_B_OTHER);
	else
		judge(result, RECOVER_CORRUPT, RECOVER_D_SUPER);
	return 0;
}

/* Copy A is good: is copy B the same? */
static int super_compare(const struct recover_io *io, void *buf, const struct disk_super *super,
			 const struct copy *first, struct recover_result *result)
{
	struct disk_super other;
	struct copy last;
	int error;

	if (super->blocks > io->device_bytes / QUORUM_BLOCK_BYTES) {
		judge(result, RECOVER_CORRUPT, RECOVER_D_SHRUNK);
		return 0;
	}
	error = copy_read(io, super->blocks - 1, buf, &other, &last);
	if (error)
		return error;
	if (!last.error && (last.state == DISK_OK || last.state == DISK_TOO_NEW)) {
		/* The CRC covers the whole block. */
		if (last.crc != first->crc)
			judge(result, RECOVER_CORRUPT, RECOVER_E_SUPERS_DIFFER);
	} else {
		result->super_bad = 2;
	}
	return 0;
}

/**
 * recover_super() - whose device is it?
 * @io: the device
 * @buf: QUORUM_BLOCK_BYTES bytes, aligned to 8
 * @super: filled in on RECOVER_NONE
 * @result: cleared and filled in
 */
int recover_super(const struct recover_io *io, void *buf, struct disk_super *super,
		  struct recover_result *result)
{
	struct copy first;
	int error;

	memset(result, 0, sizeof(*result));
	if (io->device_bytes < QUORUM_BLOCK_BYTES)
		return -ENOSPC;
	error = copy_read(io, DISK_SUPER_BLOCK, buf, super, &first);
	if (error)
		return error;
	if (!first.error && first.state == DISK_OK)
		return super_compare(io, buf, super, &first, result);
	if (!first.error && first.state == DISK_TOO_NEW)
		judge(result, RECOVER_TOO_NEW, RECOVER_C_VERSION);
	else if (!first.error && first.state == DISK_OTHER)
		judge(result, RECOVER_FOREIGN, RECOVER_B_OTHER);
	else
		return super_from_last(io, buf, super, &first, result);
	return 0;
}

/**
 * recover_match() - is it the device the caller means?
 * @super: from recover_super()
 * @genesis: what the caller believes; cluster and group are compared
 * @self: own node id
 * @result: RECOVER_FOREIGN if not, else unchanged
 */
void recover_match(const struct disk_super *super, const struct quorum_genesis *genesis,
		   u32 self, struct recover_result *result)
{
	const struct quorum_genesis *own = &super->genesis;
	size_t len = strnlen(genesis->group, sizeof(genesis->group));

	if (memcmp(own->cluster, genesis->cluster, sizeof(own->cluster)))
		judge(result, RECOVER_FOREIGN, RECOVER_F_CLUSTER);
	else if (len != strnlen(own->group, sizeof(own->group)) ||
		 memcmp(own->group, genesis->group, len))
		judge(result, RECOVER_FOREIGN, RECOVER_F_GROUP);
	else if (super->node != self)
		judge(result, RECOVER_FOREIGN, RECOVER_F_NODE);
}

/* ---- the hard state ---- */

/* In place of an enum disk_error: the slot could not be read. */
#define HARD_UNREAD	DISK_ERROR_NR

/*
 * Can a slot that was not read hold the newest pair that ever counted?  Not if
 * the other mirror has a good one in the same slot, which then is as new; nor if
 * that slot is empty because nothing but format has written yet.
 */
static bool hard_hidden(const u32 *state, u64 generation)
{
	u32 i;

	for (i = 0; i < DISK_MIRRORS * DISK_SLOTS; i++) {
		u32 other = state[(i + DISK_SLOTS) % (DISK_MIRRORS * DISK_SLOTS)];

		if (state[i] == HARD_UNREAD && other != DISK_OK &&
		    (other != DISK_ZERO || generation > 1))
			return true;
	}
	return false;
}

/**
 * recover_hard() - find the newest hard state
 * @io: the device
 * @super: from recover_super()
 * @buf: super->granule bytes, aligned to 8
 * @hard: filled in on RECOVER_NONE
 * @result: filled in
 */
int recover_hard(const struct recover_io *io, const struct disk_super *super, void *buf,
		 struct disk_hard *hard, struct recover_result *result)
{
	u32 state[DISK_MIRRORS * DISK_SLOTS];
	bool any = false, split = false, unread = false;
	int error, first_error = 0;
	struct disk_hard found;
	u64 misplaced = 0;
	u32 i;

	for (i = 0; i < DISK_MIRRORS * DISK_SLOTS; i++) {
		u32 mirror = i / DISK_SLOTS, slot = i % DISK_SLOTS;

		error = io->read(io->ctx, disk_hard_block(super, mirror, slot) * QUORUM_BLOCK_BYTES,
				 buf, super->granule);
		if (gives_up(error))
			return error;
		if (error && !first_error)
			first_error = error;
		state[i] = error ? HARD_UNREAD :
				   disk_hard_decode(super, buf, mirror, slot, &found);
		unread |= error != 0;
		if (state[i] == DISK_MISPLACED)
			misplaced = max(misplaced, found.generation);
		if (state[i] != DISK_OK) {
			if (state[i] != DISK_ZERO)
				result->hard_bad |= 1 << i;
			continue;
		}
		if (!any || found.generation > hard->generation) {
			*hard = found;
			any = true;
			split = false;
		} else if (found.generation == hard->generation) {
			split |= !disk_hard_equal(&found, hard);
		}
	}
	if (first_error && (!any || hard_hidden(state, hard->generation)))
		return first_error;
	if (!any)
		judge(result, RECOVER_CORRUPT, RECOVER_G_HARD);
	else if (split || misplaced > hard->generation)
		judge(result, RECOVER_CORRUPT, RECOVER_H_HARDS_DIFFER);
	/*
	 * It may yet hold one that was under way, newer by one.  The next to be
	 * written goes past that, and again not over the newest known.
	 */
	if (unread)
		hard->generation += 2;
	return 0;
}

/* ---- the log ---- */

/* What of the ring is in the buffer: @count granules from @first. */
struct walk {
	const struct recover_io *io;
	const struct disk_super *super;
	const struct disk_hard *hard;
	const struct recover_sink *sink;
	struct recover_result *result;
	u8  *buf;
	u32  buf_granules;
	u64  first;
	u32  count;
	u64  bad_first;		/* a read of all from here on has failed, */
	u64  bad_end;		/* up to there */
	bool unread;		/* something that was asked for cannot be read */
	bool known;		/* an index was seen: @result->last_index is one */
	u64  floor;		/* entries up to here are committed: not to be cut */
	u64  end_lsn;		/* the walk ends before this record; 0: nowhere */
	bool blind;		/* and does not even look at it */
};

static int walk_read(struct walk *w, u64 position, u32 granules)
{
	const u32 shift = w->super->granule_shift;

	w->first = position;
	w->count = 0;
	if (granules == 0 || granules > w->buf_granules)
		return -EINVAL;
	return w->io->read(w->io->ctx, position << shift, w->buf, granules << shift);
}

/*
 * Have @granules from @position in the buffer.  As much as fits is read at once;
 * if that fails, only what is needed: a bad sector elsewhere must not matter.
 */
static int walk_get(struct walk *w, u64 position, u32 granules, const void **at)
{
	u32 most = min_t(u64, w->buf_granules, disk_ring_end(w->super) - position);
	int error;

	if (position < w->first || position + granules > w->first + w->count) {
		if (position >= w->bad_first && position < w->bad_end)
			most = granules;
		error = walk_read(w, position, most);
		if (error && !gives_up(error) && granules < most) {
			/* A device may try for seconds: not again for each record. */
			w->bad_first = position;
			w->bad_end = position + most;
			most = granules;
			error = walk_read(w, position, most);
		}
		if (error)
			return error;
		w->count = most;
	}
	*at = w->buf + ((position - w->first) << w->super->granule_shift);
	return 0;
}

/* As walk_get(): 1, or 0 where a bad sector hides it. */
static int walk_see(struct walk *w, u64 position, u32 granules, const void **at)
{
	int error = walk_get(w, position, granules, at);

	if (!error)
		return 1;
	if (!recover_unreadable(error))
		return error;
	w->unread = true;
	return 0;
}

/* Does this header continue the chain? */
static bool head_is_next(const struct walk *w, const struct disk_head *head)
{
	const struct disk_cursor *next = &w->result->next;

	return head->lsn == next->lsn && head->prev_crc == next->prev_crc &&
	       head->epoch >= next->epoch;
}

/*
 * Is the next record at the cursor?  1: yes, @head and @record are set; 2: its
 * header is, its content is not; 0: no; or a verdict was reached (row I, J).
 */
static int walk_look(struct walk *w, struct disk_head *head, const void **record)
{
	struct recover_result *r = w->result;
	enum disk_error state;
	int got;

	got = walk_see(w, r->next.position, 1, record);
	if (got <= 0)
		return got;
	state = disk_record_decode(w->super, *record, r->next.position, head);
	if ((state != DISK_OK && state != DISK_TOO_NEW) || !head_is_next(w, head))
		return 0;
	if (state == DISK_TOO_NEW) {
		judge(r, RECOVER_TOO_NEW, RECOVER_J_TYPE);
		return 0;
	}
	if (head->epoch > w->hard->epoch) {
		judge(r, RECOVER_CORRUPT, RECOVER_I_EPOCH);
		return 0;
	}
	if (r->used + disk_record_span(w->super, head) > disk_ring_granules(w->super))
		return 0;
	got = walk_see(w, r->next.position,
		       disk_record_bytes(w->super, head) >> w->super->granule_shift, record);
	if (got < 0)
		return got;
	return got && disk_record_check(w->super, head, *record) == DISK_OK ? 1 : 2;
}

/* Terms never fall along a log, within a record and across two. */
static bool terms_rise(const struct walk *w, const struct disk_head *head, const void *record)
{
	u64 term = w->result->last_term;
	struct raft_entry entry;
	struct disk_iter iter;
	const void *payload;

	disk_iter_init(&iter, head, record);
	while (disk_iter_next(&iter, &entry, &payload) > 0) {
		if (entry.term < term)
			return false;
		term = entry.term;
	}
	return true;
}

/* Truncate; false when the index lies behind a gap. */
static bool take_truncate(struct walk *w, u64 index)
{
	struct recover_result *r = w->result;

	if (index > (w->known ? r->last_index : w->hard->base_index) + 1 || index <= w->floor)
		return false;
	if (w->known && index <= r->last_index) {
		r->last_index = index - 1;
		r->last_term = 0;
	}
	return true;
}

/*
 * The first record may begin below the base, where the log was cut at a record's
 * border; entries up to the base are no part of the log any more.
 */
static bool take_entries(struct walk *w, const struct disk_head *head, const void *record)
{
	struct recover_result *r = w->result;

	if (w->known && head->first_index != r->last_index + 1)
		return false;
	if (!w->known && head->first_index > w->hard->base_index + 1)
		return false;
	if (!w->known)
		r->last_term = 0;
	if (!terms_rise(w, head, record))
		return false;
	w->known = true;
	r->last_index = head->first_index + head->nr - 1;
	return true;
}

static int hand_entries(struct walk *w, const struct disk_head *head, const void *record)
{
	const struct recover_sink *sink = w->sink;
	struct recover_result *r = w->result;
	struct raft_entry entry;
	struct disk_iter iter;
	const void *payload;
	int error;

	disk_iter_init(&iter, head, record);
	while (disk_iter_next(&iter, &entry, &payload) > 0) {
		r->last_term = entry.term;
		if (entry.index <= w->hard->base_index)
			continue;
		r->entries++;
		error = sink && sink->entry ? sink->entry(sink->ctx, &entry, payload) : 0;
		if (error < 0)
			return error;
	}
	return 0;
}

/* Take a good record in; 0 also when it ended in a verdict (row K). */
static int walk_take(struct walk *w, const struct disk_head *head, const void *record)
{
	const struct recover_sink *sink = w->sink;
	struct recover_result *r = w->result;
	u64 last = w->known ? r->last_index : 0;
	const u64 last_index = r->last_index, last_term = r->last_term;
	const bool known = w->known;
	int error = 0;

	if ((head->truncate && !take_truncate(w, head->truncate)) ||
	    (head->type == DISK_ENTRIES && !take_entries(w, head, record))) {
		/* The log ends before this record, and the sink was told no more. */
		r->last_index = last_index;
		r->last_term = last_term;
		r->seen_last = head->nr ? head->first_index + head->nr - 1 : 0;
		w->known = known;
		judge(r, RECOVER_CORRUPT, RECOVER_K_GAP);
		return 0;
	}
	if (sink && sink->record)
		error = sink->record(sink->ctx, head, record);
	if (error >= 0 && head->truncate && head->truncate <= last) {
		r->truncations++;
		if (sink && sink->truncate)
			error = sink->truncate(sink->ctx, max(head->truncate,
							      w->hard->base_index + 1));
	}
	if (error >= 0 && head->type == DISK_ENTRIES)
		error = hand_entries(w, head, record);
	if (error < 0)
		return error;

	r->records++;
	r->used += disk_record_span(w->super, head);
	r->next.lsn++;
	r->next.epoch = head->epoch;
	r->next.prev_crc = head->hdr_crc;
	r->next.position += disk_record_span(w->super, head);
	if (r->next.position == disk_ring_end(w->super))
		r->next.position = disk_ring_first(w->super);
	return 0;
}

static bool is_witness(const struct recover_result *r, const struct disk_head *head)
{
	return head->lsn > r->next.lsn && head->epoch >= r->next.epoch &&
	       head->flushed_lsn >= r->next.lsn;
}

/* Rows O, P and W: does anything behind the damage vouch for it? */
static int walk_scan(struct walk *w)
{
	struct recover_result *r = w->result;
	bool vouched = false;
	u64 left = min_t(u64, SCAN_BYTES >> w->super->granule_shift,
			 disk_ring_granules(w->super) - r->used);
	u64 position = r->next.position;
	enum disk_error state;
	struct disk_head head;
	const void *at;
	int got;

	for (; left; left--) {
		got = walk_see(w, position, 1, &at);
		if (got < 0)
			return got;
		state = got ? disk_record_decode(w->super, at, position, &head) : DISK_CRC_BAD;
		if (state == DISK_OK && head.lsn >= r->next.lsn && head.epoch >= r->next.epoch) {
			r->torn += disk_record_bytes(w->super, &head);
			if (head.nr)
				r->seen_last = max(r->seen_last, head.first_index + head.nr - 1);
		}
		/* One that was moved vouches all the same. */
		if (!vouched && (state == DISK_OK || state == DISK_MISPLACED) &&
		    is_witness(r, &head)) {
			r->witness_lsn = head.lsn;
			r->witness_position = position;
			vouched = true;
		}
		if (++position == disk_ring_end(w->super))
			position = disk_ring_first(w->super);
	}
	if (vouched || w->unread)
		r->torn = 0;
	if (vouched)
		judge(r, RECOVER_CORRUPT, RECOVER_O_WITNESS);
	else if (w->unread)
		judge(r, RECOVER_CORRUPT, RECOVER_W_UNREAD);
	else
		judge(r, RECOVER_TORN, RECOVER_P_TORN);
	return 0;
}

/* The walk has ended: which row is it? */
static int walk_judge(struct walk *w, bool beyond)
{
	struct recover_result *r = w->result;

	if (r->last_index < w->hard->base_index) {
		judge(r, RECOVER_CORRUPT, RECOVER_K_GAP);
		return 0;
	}
	if (!w->hard->clean)
		return walk_scan(w);
	if (r->next.lsn != w->hard->end_lsn || r->last_index != w->hard->last_index) {
		r->seen_last = w->hard->last_index;
		judge(r, RECOVER_CORRUPT, RECOVER_M_SHORT);
	} else if (beyond) {
		judge(r, RECOVER_CORRUPT, RECOVER_N_LONG);
	} else {
		judge(r, RECOVER_CLEAN, RECOVER_L_CLEAN);
	}
	return 0;
}

/* Follow the chain to its end, to @w->end_lsn, or to a verdict; as walk_look(). */
static int walk_all(struct walk *w, struct disk_head *head)
{
	struct recover_result *r = w->result;
	const void *record;
	int got = 0, error;

	while (!w->blind || r->next.lsn != w->end_lsn) {
		got = walk_look(w, head, &record);
		if (got < 0)
			return got;
		if (got != 1 || r->verdict || r->next.lsn == w->end_lsn)
			break;
		error = walk_take(w, head, record);
		if (error)
			return error;
		if (r->verdict)
			break;
	}
	r->lsn = r->next.lsn;
	r->position = r->next.position;
	return got;
}

static struct walk walk_begin(const struct recover_io *io, const struct disk_super *super,
			      const struct disk_hard *hard, void *buf, u32 buf_bytes,
			      const struct recover_sink *sink, struct recover_result *result)
{
	result->last_index = hard->base_index;
	result->last_term = hard->base_term;
	result->next.position = hard->start_position;
	result->next.lsn = hard->start_lsn;
	result->next.prev_crc = hard->start_prev_crc;
	result->next.epoch = 0;
	return (struct walk){
		.io = io, .super = super, .hard = hard, .sink = sink, .result = result,
		.buf = buf, .buf_granules = buf_bytes >> super->granule_shift,
		.known = hard->base_index == 0,
		.end_lsn = hard->clean ? hard->end_lsn : 0,
	};
}

static int walk_to_verdict(struct walk *w)
{
	struct disk_head head;
	int got = walk_all(w, &head);

	if (got < 0)
		return got;
	/*
	 * What an earlier opening left behind the end was never part of the log: a
	 * torn record, or one that was cut off with damage in front of it.
	 */
	return w->result->verdict ? 0 : walk_judge(w, got > 0 && head.epoch == w->hard->epoch);
}

/**
 * recover_log() - walk the log
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard()
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @sink: who takes the content, or NULL
 * @result: filled in; has a verdict after success
 */
int recover_log(const struct recover_io *io, const struct disk_super *super,
		const struct disk_hard *hard, void *buf, u32 buf_bytes,
		const struct recover_sink *sink, struct recover_result *result)
{
	struct walk w;

	if (buf_bytes < QUORUM_RECORD_BYTES_MAX)
		return -EINVAL;
	w = walk_begin(io, super, hard, buf, buf_bytes, sink, result);
	return walk_to_verdict(&w);
}

/* ---- the log from the checkpoint on, and before it ---- */

/**
 * recover_span_before() - granules of the ring between the log's start and its checkpoint
 * @super: the device
 * @hard: its hard state; without a checkpoint it is 0
 */
u64 recover_span_before(const struct disk_super *super, const struct disk_hard *hard)
{
	u64 from = hard->start_position, to = hard->check.position;

	if (!hard->check.lsn || hard->check.lsn == hard->start_lsn)
		return 0;
	return to > from ? to - from : to - from + disk_ring_granules(super);
}

/* Does a record hold the entry of type CONFIG at @index?  Then it is handed on. */
static int config_take(const struct walk *w, const struct disk_head *head, const void *record,
		       u64 index, bool *good)
{
	const struct recover_sink *sink = w->sink;
	struct raft_entry entry;
	struct disk_iter iter;
	const void *payload;

	*good = false;
	disk_iter_init(&iter, head, record);
	while (disk_iter_next(&iter, &entry, &payload) > 0) {
		if (entry.index != index || entry.type != RAFT_ENTRY_CONFIG)
			continue;
		*good = true;
		return sink && sink->config ? sink->config(sink->ctx, &entry, payload) : 0;
	}
	return 0;
}

/* Read the configuration that goes with the checkpoint.  @good: it is, or none does. */
static int check_config(struct walk *w, bool *good)
{
	const struct disk_checkpoint *check = &w->hard->check;
	struct disk_head head;
	const void *record;
	int error;

	*good = true;
	/* It left the log, or the snapshot stands for it. */
	if (check->config_lsn < w->hard->start_lsn || check->config_index <= w->hard->base_index)
		return 0;
	*good = false;
	error = walk_get(w, check->config_position, 1, &record);
	if (error)
		return gives_up(error) ? error : 0;
	if (disk_record_decode(w->super, record, check->config_position, &head) != DISK_OK ||
	    head.lsn != check->config_lsn)
		return 0;
	error = walk_get(w, check->config_position,
			 disk_record_bytes(w->super, &head) >> w->super->granule_shift, &record);
	if (error)
		return gives_up(error) ? error : 0;
	if (disk_record_check(w->super, &head, record) != DISK_OK)
		return 0;
	return config_take(w, &head, record, check->config_index, good);
}

/**
 * recover_tail() - walk the log from the checkpoint on
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard()
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @sink: who takes the content, or NULL
 * @result: filled in; has a verdict after success
 */
int recover_tail(const struct recover_io *io, const struct disk_super *super,
		 const struct disk_hard *hard, void *buf, u32 buf_bytes,
		 const struct recover_sink *sink, struct recover_result *result)
{
	const struct disk_checkpoint *check = &hard->check;
	struct walk w;
	bool good;
	int error;

	if (buf_bytes < QUORUM_RECORD_BYTES_MAX)
		return -EINVAL;
	result->check = RECOVER_ROW_NONE;
	w = walk_begin(io, super, hard, buf, buf_bytes, sink, result);
	if (!check->lsn)
		return walk_to_verdict(&w);
	error = check_config(&w, &good);
	if (error)
		return error;
	result->check = good ? RECOVER_T_CHECKPOINT : RECOVER_U_CHECK_VOID;
	if (good) {
		w.known = true;
		w.floor = check->index;
		result->before = recover_span_before(super, hard);
		result->used = result->before;
		result->last_index = check->index;
		result->last_term = check->term;
		result->next.position = check->position;
		result->next.lsn = check->lsn;
		result->next.prev_crc = check->prev_crc;
		result->next.epoch = check->epoch;
	}
	return walk_to_verdict(&w);
}

/**
 * recover_before() - walk the log up to the checkpoint
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard(); it names a checkpoint
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @sink: who takes the content, or NULL
 * @result: cleared and filled in
 */
int recover_before(const struct recover_io *io, const struct disk_super *super,
		   const struct disk_hard *hard, void *buf, u32 buf_bytes,
		   const struct recover_sink *sink, struct recover_result *result)
{
	const struct disk_checkpoint *check = &hard->check;
	struct disk_head head;
	struct walk w;
	int got;

	if (buf_bytes < QUORUM_RECORD_BYTES_MAX || !check->lsn)
		return -EINVAL;
	memset(result, 0, sizeof(*result));
	w = walk_begin(io, super, hard, buf, buf_bytes, sink, result);
	w.end_lsn = check->lsn;
	w.blind = true;
	got = walk_all(&w, &head);
	if (got < 0)
		return got;
	if (!result->verdict && result->next.lsn == check->lsn &&
	    result->next.position == check->position &&
	    result->next.prev_crc == check->prev_crc &&
	    max(result->last_index, hard->base_index) == max(check->index, hard->base_index)) {
		judge(result, RECOVER_CLEAN, RECOVER_L_CLEAN);
		return 0;
	}
	result->seen_last = check->index;
	judge(result, RECOVER_CORRUPT, RECOVER_V_BEFORE);
	return 0;
}
