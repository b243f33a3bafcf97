// SPDX-License-Identifier: GPL-2.0
/*
 * Replay what dm-log-writes recorded of a node's device, and recover everywhere.
 *
 * Usage: replay LOG BYTES [POINTS]
 *
 * LOG is the log device (or its image), BYTES the size of the device that was
 * recorded, which began as zeroes.  A power cut is tried after every entry of the log:
 * with all before it, and with some sectors of what was under way as well, so often
 * that there are at least POINTS (5000) in all.  From the first mark on the device is
 * formatted, and at each
 *
 *	the verdict is clean or torn, never more: nothing that counted is damaged;
 *	the term does not fall, and within a term the vote stays what it was;
 *	the log reaches the last entry that a mark before says is durable and committed
 *	("keep=INDEX", dmsetup message), or the snapshot does.
 *
 * What was recorded must hold more than one term, a record that truncates, a
 * snapshot, and a log that begins behind one.
 *
 * Format of the log: drivers/md/dm-log-writes.c, the comments at its top.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <asm/byteorder.h>
#include <linux/minmax.h>
#include "../../module/format/recover.h"

#define LOG_MAGIC	0x6a736677736872ULL

enum { ENTRIES_MAX = 1 << 16, SECTOR = 512, WINDOW = 64, UNDO_MAX = 1 << 17 };
enum { FLAG_FLUSH = 1, FLAG_FUA = 2, FLAG_DISCARD = 4, FLAG_MARK = 8 };

struct entry {
	u64 to, bytes, flags;
	u8 *data;
};

static struct entry entries[ENTRIES_MAX];
static u64 n, device_bytes, keep, points, torn, clean, subsets_tried, marks, snapshots;
static u64 seen_term, terms, truncations, compacted;
static u32 seen_vote;
static u8 *image;
static struct { u8 *at, was[SECTOR]; } undo[UNDO_MAX];
static u32 undos;
static u8 buffer[QUORUM_RECORD_BYTES_MAX] __attribute__((aligned(4096)));
static const char *failure;
static u64 dice_state = 1;

static u32 dice(u32 sides)
{
	dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dice_state >> 33) % sides;
}

static int image_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	if (offset > device_bytes || bytes > device_bytes - offset)
		return -EIO;
	memcpy(buf, (u8 *)ctx + offset, bytes);
	return 0;
}

static void read_at(int fd, u64 offset, void *buf, size_t bytes)
{
	if (pread(fd, buf, bytes, offset) != (ssize_t)bytes) {
		fprintf(stderr, "the log ends early\n");
		exit(2);
	}
}

static void load(const char *path)
{
	struct { __le64 magic, version, entries; __le32 sector; } super;
	struct { __le64 sector, sectors, flags, data_len; } head;
	int fd = open(path, O_RDONLY);
	u64 at = SECTOR, i;

	if (fd < 0) {
		perror(path);
		exit(2);
	}
	read_at(fd, 0, &super, sizeof(super));
	if (le64_to_cpu(super.magic) != LOG_MAGIC || le32_to_cpu(super.sector) != SECTOR) {
		fprintf(stderr, "%s: not a log of dm-log-writes with sectors of 512 bytes\n", path);
		exit(2);
	}
	n = le64_to_cpu(super.entries);
	if (n > ENTRIES_MAX)
		exit(2);
	for (i = 0; i < n; i++) {
		struct entry *e = &entries[i];

		read_at(fd, at, &head, sizeof(head));
		e->to = le64_to_cpu(head.sector) * SECTOR;
		e->bytes = le64_to_cpu(head.sectors) * SECTOR;
		e->flags = le64_to_cpu(head.flags);
		if (e->flags & FLAG_MARK) {
			e->bytes = 0;
			e->data = calloc(1, le64_to_cpu(head.data_len) + 1);
			read_at(fd, at + sizeof(head), e->data, le64_to_cpu(head.data_len));
		}
		at += SECTOR;
		if (e->flags & (FLAG_MARK | FLAG_DISCARD) || !e->bytes)
			continue;
		e->data = malloc(e->bytes);
		read_at(fd, at, e->data, e->bytes);
		at += e->bytes;
		if (e->to > device_bytes || e->bytes > device_bytes - e->to)
			exit(2);
	}
	close(fd);
}

static void apply(u8 *to, const struct entry *e)
{
	if (e->flags & FLAG_DISCARD)
		memset(to + e->to, 0, e->bytes);
	else if (e->bytes)
		memcpy(to + e->to, e->data, e->bytes);
}

/* Some sectors of a write that was under way; take_back() undoes it. */
static void apply_some(const struct entry *e)
{
	u64 at;
	u8 *to;

	if (e->flags & (FLAG_MARK | FLAG_DISCARD))
		return;
	for (at = 0; at < e->bytes && undos < UNDO_MAX; at += SECTOR) {
		if (dice(2))
			continue;
		to = image + e->to + at;
		undo[undos].at = to;
		memcpy(undo[undos++].was, to, SECTOR);
		memcpy(to, e->data + at, SECTOR);
	}
}

static void take_back(void)
{
	while (undos) {
		undos--;
		memcpy(undo[undos].at, undo[undos].was, SECTOR);
	}
}

/* Two mirrors of one hard state: written at once. */
static bool same_hard(const struct entry *a, const struct entry *b)
{
	const struct disk_hardstate *x = (const void *)a->data, *y = (const void *)b->data;

	return a->bytes >= sizeof(*x) && b->bytes == a->bytes &&
	       le32_to_cpu(x->magic) == DISK_HARD_MAGIC && y->magic == x->magic &&
	       y->generation == x->generation;
}

/*
 * What may have been under way behind entry @i, and certainly began before its end:
 * the next write, the other mirror of it, and what was only in the cache, up to the
 * flush that made it durable.  More is not known: the log is in the order of ends.
 */
static void apply_window(u64 i)
{
	u64 w;

	for (w = i + 1; w < n && w <= i + WINDOW; w++) {
		const struct entry *e = &entries[w];

		if (w > i + 1 && e->flags & (FLAG_FLUSH | FLAG_FUA) &&
		    !(w == i + 2 && same_hard(e - 1, e)))
			break;
		apply_some(e);
		if (e->flags & FLAG_FUA && !(w + 1 < n && w == i + 1 && same_hard(e, e + 1)))
			break;
	}
}

static void judge(const struct disk_hard *hard, const struct recover_result *r,
		  const struct quorum_snap_meta *snap, bool exact)
{
	if (r->verdict != RECOVER_CLEAN && r->verdict != RECOVER_TORN)
		failure = recover_row_text(r->row);
	else if (r->snap == RECOVER_SNAP_FALLBACK || r->snap == RECOVER_SNAP_NEEDLESS)
		failure = "the snapshot in force is damaged";
	else if (hard->suspect)
		failure = "a power cut makes a suspect";
	else if (hard->term < seen_term)
		failure = "the term went back";
	else if (hard->term == seen_term && seen_vote && hard->vote != seen_vote)
		failure = "another vote in the same term";
	else if (r->last_index < keep && !(r->snap == RECOVER_SNAP_GOOD && snap->index >= keep))
		failure = "an entry that was durable and committed is missing";
	clean += r->verdict == RECOVER_CLEAN;
	torn += r->torn != 0;
	snapshots += r->snap == RECOVER_SNAP_GOOD;
	truncations = max(truncations, r->truncations);
	compacted += hard->base_index != 0;
	if (exact) {
		terms += hard->term != seen_term;
		seen_term = hard->term;
		seen_vote = hard->vote;
	}
}

/* @exact: everything that had ended is there, and nothing else. */
static void try_image(bool exact)
{
	const struct recover_io io = { image_read, image, device_bytes };
	static struct quorum_snap_meta snap;
	struct recover_result r, before;
	struct disk_super super;
	struct disk_hard hard;
	int error;

	points++;
	error = recover_super(&io, buffer, &super, &r);
	if (!error && !r.verdict)
		error = recover_hard(&io, &super, buffer, &hard, &r);
	if (!error && !r.verdict)
		error = recover_snapshot(&io, &super, &hard, buffer, sizeof(buffer), &snap, &r);
	if (!error && !r.verdict)
		error = recover_log(&io, &super, &hard, buffer, sizeof(buffer), NULL, &r);
	if (error) {
		failure = "it cannot be read";
		return;
	}
	judge(&hard, &r, &snap, exact);
	if (failure || !hard.check.lsn)
		return;
	/* What the checkpoint says is so. */
	recover_before(&io, &super, &hard, buffer, sizeof(buffer), NULL, &before);
	if (before.verdict != RECOVER_CLEAN)
		failure = recover_row_text(before.row);
}

/* Entries from the first mark on: power is cut behind each. */
static u64 cuts(void)
{
	u64 i = 0;

	while (i < n && !(entries[i].flags & FLAG_MARK))
		i++;
	return n - i;
}

static const char *too_little(u64 want)
{
	if (!marks || points < want)
		return "too little was recorded";
	if (terms < 2 || !truncations || !snapshots || !compacted)
		return "elections, truncations, snapshots or cuts of the log are missing";
	return NULL;
}

int main(int argc, char **argv)
{
	u64 want = argc > 3 ? strtoull(argv[3], NULL, 0) : 5000, subsets, s, i;

	if (argc < 3)
		return 2;
	device_bytes = strtoull(argv[2], NULL, 0);
	image = calloc(1, device_bytes);
	load(argv[1]);
	subsets = want / max(cuts(), 1ULL);
	for (i = 0; i < n && !failure; i++) {
		apply(image, &entries[i]);
		if (entries[i].flags & FLAG_MARK) {
			marks++;
			if (!strncmp((char *)entries[i].data, "keep=", 5))
				keep = strtoull((char *)entries[i].data + 5, NULL, 10);
		}
		if (!marks)
			continue;
		try_image(true);
		for (s = 0; s < subsets && !failure; s++) {
			apply_window(i);
			subsets_tried++;
			try_image(false);
			take_back();
		}
	}
	printf("%llu entries of the log, %llu marks: %llu power cuts tried, %llu of them with a "
	       "part of what was under way; %llu with a torn record, %llu after a clean stop, "
	       "%llu with a snapshot, %llu with a log that begins behind one; %llu terms, up to "
	       "%llu truncations\n", (unsigned long long)n, (unsigned long long)marks,
	       (unsigned long long)points, (unsigned long long)subsets_tried,
	       (unsigned long long)torn, (unsigned long long)clean, (unsigned long long)snapshots,
	       (unsigned long long)compacted, (unsigned long long)terms,
	       (unsigned long long)truncations);
	if (failure)
		printf("after entry %llu of the log: %s\n", (unsigned long long)i, failure);
	else
		failure = too_little(want);
	if (failure)
		printf("%s\n", failure);
	return failure != NULL;
}
