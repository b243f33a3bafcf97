// SPDX-License-Identifier: GPL-2.0
/*
 * Reading entries back.
 *
 * Marks tell, for an index, a record at or before the one that holds it; from
 * there the records are walked.  A truncation takes the marks at and above its
 * index away, which keeps them ascending by index, and leaves a note on the last
 * one that stays: behind that, an index can occur more than once, and the last
 * occurrence before the next mark counts.  Without such a note the first is the
 * only one.
 *
 * Only what is durable is looked at, so a read never meets a write under way.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "store_private.h"

/**
 * quorum_marks_record() - take note of a record
 * @marks: the marks
 * @place: where it lies
 * @prev_crc: what its prev_crc is
 * @first_index: of its first entry
 * @nr: its entries, may be 0
 * @truncate: what it truncates, 0: nothing
 *
 * At most one mark per interval of ring stays, so @marks->max is never exceeded.
 *
 * Context: process.
 */
void quorum_marks_record(struct quorum_marks *marks, const struct quorum_place *place,
			 u32 prev_crc, u64 first_index, u32 nr, u64 truncate)
{
	struct quorum_mark *last;

	spin_lock(&marks->lock);
	if (truncate) {
		while (marks->n && marks->list[marks->n - 1].index >= truncate)
			marks->n--;
		if (marks->n) {
			last = &marks->list[marks->n - 1];
			last->truncated = min(last->truncated, truncate);
		}
		marks->changes++;
	}
	if (nr && marks->n < marks->max &&
	    (marks->n == 0 || place->at - marks->list[marks->n - 1].place.at >= marks->interval)) {
		last = &marks->list[marks->n++];
		last->place = *place;
		last->prev_crc = prev_crc;
		last->index = first_index;
		last->truncated = U64_MAX;
	}
	spin_unlock(&marks->lock);
}

/**
 * quorum_marks_release() - forget what lies in front of what is still needed
 * @marks: the marks
 * @index: last entry that is not needed any more
 * @durable_at: what lies before this place is durable
 * @first: filled in: the log may begin at this mark
 *
 * Everything above @index lies at @first or behind it.  A record that is under way is
 * no mark to begin at: one that cuts off what durable records before it hold would do
 * so although it may never reach the device.
 *
 * Return: false if no mark is known that is any use.
 */
bool quorum_marks_release(struct quorum_marks *marks, u64 index, u64 durable_at,
			  struct quorum_mark *first)
{
	u32 n = 0;

	spin_lock(&marks->lock);
	while (n < marks->n && marks->list[n].index <= index + 1 &&
	       marks->list[n].place.at < durable_at)
		n++;
	if (n) {
		n--;
		*first = marks->list[n];
		marks->n -= n;
		memmove(marks->list, marks->list + n, marks->n * sizeof(*marks->list));
		n = 1;
	}
	spin_unlock(&marks->lock);
	return n;
}

/**
 * quorum_marks_join() - marks of an earlier part of the log are known
 * @marks: the marks
 * @older: theirs; empty afterwards
 * @start_at: the log begins here by now
 */
void quorum_marks_join(struct quorum_marks *marks, struct quorum_marks *older, u64 start_at)
{
	u32 gone = 0, n;

	/* Nobody else knows @older. */
	while (gone < older->n && older->list[gone].place.at < start_at)
		gone++;
	n = older->n - gone;
	spin_lock(&marks->lock);
	if (n <= marks->max - marks->n) {
		memmove(marks->list + n, marks->list, marks->n * sizeof(*marks->list));
		memcpy(marks->list, older->list + gone, n * sizeof(*marks->list));
		marks->n += n;
	}
	spin_unlock(&marks->lock);
	older->n = 0;
}

/**
 * quorum_marks_clear() - the log was dropped
 * @marks: the marks
 */
void quorum_marks_clear(struct quorum_marks *marks)
{
	spin_lock(&marks->lock);
	marks->n = 0;
	marks->changes++;
	spin_unlock(&marks->lock);
}

/*
 * The mark for an index, and where the search ends: at the next mark.  @changes
 * tells whether a place remembered earlier still holds.
 */
static bool mark_find(struct quorum_marks *marks, u64 index, struct quorum_mark *mark,
		      u64 *until, u64 *changes)
{
	u32 low = 0, high;
	bool found;

	spin_lock(&marks->lock);
	high = marks->n;
	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (marks->list[middle].index <= index)
			low = middle + 1;
		else
			high = middle;
	}
	found = low > 0;
	if (found)
		*mark = marks->list[low - 1];
	*until = low < marks->n ? marks->list[low].place.at : U64_MAX;
	*changes = marks->changes;
	spin_unlock(&marks->lock);
	return found;
}

/* Have granules of the ring in the buffer; never more than is durable. */
static int reader_get(struct quorum_store *store, const struct quorum_place *place,
		      u32 granules, u64 durable, const void **data)
{
	struct quorum_reader *r = &store->reader;
	const u32 shift = store->super.granule_shift;
	u64 most = min(disk_ring_end(&store->super) - place->position, durable - place->at);
	u64 want = QUORUM_RECORD_BYTES_MAX >> shift;
	int error;

	if (place->at >= r->at && place->at + granules <= r->at + r->count) {
		*data = r->buf.addr + ((place->at - r->at) << shift);
		return 0;
	}
	if (granules > most)
		return -EUCLEAN;
	/* Somewhere else than just behind the last read: do not read far ahead. */
	if (place->at < r->at || place->at > r->at + r->count)
		want = clamp_t(u64, r->ahead, granules, want);
	want = min(want, most);
	r->count = 0;
	r->checked = false;
	error = quorum_store_bytes_read(store, &r->buf, place->position << shift, want << shift);
	if (error && want > granules) {
		want = granules;
		error = quorum_store_bytes_read(store, &r->buf, place->position << shift,
						want << shift);
	}
	if (error)
		return error;
	r->at = place->at;
	r->count = want;
	*data = r->buf.addr;
	return 0;
}

static int reader_head(struct quorum_store *store, const struct quorum_place *place,
		       u64 durable, struct disk_head *head)
{
	const void *data;
	int error;

	error = reader_get(store, place, 1, durable, &data);
	if (error)
		return error;
	if (disk_record_decode(&store->super, data, place->position, head) != DISK_OK ||
	    head->lsn != place->lsn)
		return -EUCLEAN;
	return 0;
}

static void place_next(const struct quorum_store *store, struct quorum_place *place,
		       const struct disk_head *head)
{
	u64 span = disk_record_span(&store->super, head);

	place->at += span;
	place->position += span;
	if (place->position == disk_ring_end(&store->super))
		place->position = disk_ring_first(&store->super);
	place->lsn++;
}

/*
 * Walk from @place to the record that holds @index.  @only: the first occurrence
 * is the one.  0: r->place and r->head are that record.
 */
static int reader_walk(struct quorum_store *store, struct quorum_place place, u64 index,
		       u64 until, u64 durable, bool only)
{
	struct quorum_reader *r = &store->reader;
	struct disk_head head;
	bool found = false;
	int error;

	r->known = false;
	r->checked = false;
	until = min(until, durable);
	/*
	 * If all up to the next mark has to be looked at, it should stay in the
	 * buffer: the record found in it is read next, and so are its neighbours.
	 */
	r->ahead = QUORUM_STORE_READ_BYTES >> store->super.granule_shift;
	if (!only && until > place.at)
		r->ahead = max(r->ahead, until - place.at);
	while (place.at < until) {
		error = reader_head(store, &place, durable, &head);
		if (error)
			return error;
		if (head.truncate && head.truncate <= index)
			found = false;
		if (head.nr && index >= head.first_index && index - head.first_index < head.nr) {
			r->place = place;
			r->head = head;
			found = true;
			if (only)
				break;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		place_next(store, &place, &head);
	}
	return found ? 0 : -ENOENT;
}

/* Find the record; r->place and r->head are set. */
static int reader_find(struct quorum_store *store, u64 index, u64 durable, u64 *from)
{
	struct quorum_reader *r = &store->reader;
	struct quorum_mark mark;
	u64 until, changes;
	bool only;
	int error;

	if (!mark_find(&store->marks, index, &mark, &until, &changes))
		return -ENOENT;
	*from = mark.place.at;
	only = index < mark.truncated;
	if (only && r->known && r->changes == changes && r->head.first_index <= index &&
	    r->place.at >= mark.place.at) {
		if (index - r->head.first_index < r->head.nr)
			return 0;
		mark.place = r->place;
	}
	error = reader_walk(store, mark.place, index, until, durable, only);
	if (error)
		return error;
	r->known = true;
	r->changes = changes;
	return 0;
}

/* Take the entry out of the record that r->place and r->head are. */
static int reader_take(struct quorum_store *store, u64 index, u64 durable,
		       struct raft_entry *entry, void *buf)
{
	struct quorum_reader *r = &store->reader;
	const void *data, *payload;
	int error;

	if (!r->checked || index < r->iter.index) {
		error = reader_get(store, &r->place,
				   disk_record_bytes(&store->super, &r->head) >>
				   store->super.granule_shift, durable, &data);
		if (error)
			return error;
		if (!r->checked && disk_record_check(&store->super, &r->head, data) != DISK_OK)
			return -EUCLEAN;
		disk_iter_init(&r->iter, &r->head, data);
		r->checked = true;
	}
	do {
		if (disk_iter_next(&r->iter, entry, &payload) <= 0)
			return -EUCLEAN;
	} while (entry->index != index);
	memcpy(buf, payload, entry->size);
	return 0;
}

static int reader_entry(struct quorum_store *store, u64 index, u64 durable,
			struct raft_entry *entry, void *buf, u64 *from)
{
	int error;

	error = reader_find(store, index, durable, from);
	if (!error)
		error = reader_take(store, index, durable, entry, buf);
	if (error)
		store->reader.known = false;
	return error;
}

/*
 * A sector that cannot be read is healed by writing to it.  A device that answers
 * nothing at all is not: is its superblock there?
 */
static bool reader_answers(struct quorum_store *store)
{
	struct quorum_reader *r = &store->reader;
	const u64 blocks[] = { DISK_SUPER_BLOCK, store->super.blocks - 1 };
	u32 i;

	r->count = 0;
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		if (!quorum_store_bytes_read(store, &r->buf, blocks[i] * QUORUM_BLOCK_BYTES,
					     QUORUM_BLOCK_BYTES))
			return true;
	return false;
}

/**
 * quorum_store_read() - read one durable entry back from the device
 * @store: the store
 * @index: which
 * @entry: filled in
 * @buf: room for QUORUM_ENTRY_BYTES_MAX bytes
 */
int quorum_store_read(struct quorum_store *store, u64 index, struct raft_entry *entry,
		      void *buf)
{
	struct quorum_reader *r = &store->reader;
	u64 durable, last, from = U64_MAX;
	int error;

	if (!store->recovered)
		return -ENOENT;
	error = quorum_before_wait(store, index);
	if (error)
		return error;
	error = mutex_lock_killable(&r->lock);
	if (error)
		return error;
	spin_lock_irq(&store->lock);
	durable = store->durable_at;
	last = store->durable_index;
	spin_unlock_irq(&store->lock);
	error = reader_entry(store, index, durable, entry, buf, &from);
	/* Once more, from the device: memory may be wrong as well. */
	if (error == -EUCLEAN || recover_unreadable(error)) {
		r->count = 0;
		error = reader_entry(store, index, durable, entry, buf, &from);
	}
	if (recover_unreadable(error) && reader_answers(store)) {
		pr_err("%pg: entry %llu lies where the device cannot read: %d\n",
		       store->dev.bdev, index, error);
		error = -EUCLEAN;
	}
	/* Released meanwhile, and perhaps written over: that is no damage. */
	if (error == -EUCLEAN && from < READ_ONCE(store->start_at))
		error = -ENOENT;
	mutex_unlock(&r->lock);
	if (error == -EUCLEAN)
		quorum_store_damaged(store, index, last);
	return error;
}

/**
 * quorum_marks_alloc() - room for the marks of a whole ring
 * @marks: its lock is initialised
 * @store: the store, its superblock known
 */
int quorum_marks_alloc(struct quorum_marks *marks, const struct quorum_store *store)
{
	const u64 ring = store->super.ring_blocks * QUORUM_BLOCK_BYTES;
	u32 shift = QUORUM_STORE_MARK_SHIFT;

	while (ring >> shift > QUORUM_STORE_MARKS_MAX)
		shift++;
	marks->interval = 1ULL << (shift - store->super.granule_shift);
	/* Two where the ring ends, and two where quorum_marks_join() put them together. */
	marks->max = (ring >> shift) + 4;
	marks->list = kvmalloc_array(marks->max, sizeof(*marks->list), GFP_KERNEL);
	if (!marks->list)
		return -ENOMEM;
	return 0;
}

/**
 * quorum_read_init() - allocate the marks
 * @store: the store, its superblock known
 */
int quorum_read_init(struct quorum_store *store)
{
	return quorum_marks_alloc(&store->marks, store);
}

/**
 * quorum_read_exit() - free marks and read buffer
 * @store: the store
 */
void quorum_read_exit(struct quorum_store *store)
{
	kvfree(store->marks.list);
	quorum_pages_free(&store->reader.buf);
}
