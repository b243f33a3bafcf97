// SPDX-License-Identifier: GPL-2.0
/*
 * Recovery: is the snapshot in force whole, and if not, what is there instead?
 * Rows Q, R and S of the table in recover.h.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/crc32c.h>
#include "recover.h"

/* One look at an area. */
struct look {
	const struct recover_io *io;
	const struct disk_super *super;
	void *buf;
	u32 buf_bytes;
	int *unread;		/* first errno of a block that cannot be read */
};

/* A bad sector spoils the snapshot like a rotten one; other errors are the caller's. */
static int look_read(const struct look *l, u64 offset, u32 bytes, bool *good)
{
	int error = l->io->read(l->io->ctx, offset, l->buf, bytes);

	if (error && !recover_unreadable(error))
		return error;
	if (error && !*l->unread)
		*l->unread = error;
	*good = !error;
	return 0;
}

/* CRC of @bytes of data; reads are whole blocks. */
static int look_data(const struct look *l, u32 area, const struct quorum_snap_meta *meta,
		     bool *good)
{
	u64 offset = snapshot_data_offset(l->super, area), left = meta->bytes;
	u32 crc = ~0U, part;
	int error;

	for (; left; left -= part, offset += part) {
		part = min_t(u64, left, l->buf_bytes);
		error = look_read(l, offset, (part + QUORUM_BLOCK_BYTES - 1) &
				  ~(QUORUM_BLOCK_BYTES - 1), good);
		if (error || !*good)
			return error;
		crc = crc32c(crc, l->buf, part);
	}
	*good = crc == meta->crc;
	return 0;
}

static int look_area(const struct look *l, u32 area, struct quorum_snap_meta *meta, bool *good)
{
	u64 start = l->super->snap_start[area] * QUORUM_BLOCK_BYTES;
	u32 table_crc, table_bytes;
	int error;

	error = look_read(l, start, QUORUM_BLOCK_BYTES, good);
	if (error || !*good)
		return error;
	*good = snapshot_decode(l->super, area, l->buf, meta, &table_crc) == DISK_OK;
	if (!*good)
		return 0;
	table_bytes = snapshot_table_bytes(meta->bytes);
	if (table_bytes) {
		error = look_read(l, start + QUORUM_BLOCK_BYTES, table_bytes, good);
		if (error || !*good)
			return error;
		*good = snapshot_chunk_crc(l->super, l->buf, table_bytes) == table_crc;
		if (!*good)
			return 0;
	}
	return look_data(l, area, meta, good);
}

static bool is_alone(const struct disk_super *super)
{
	u32 i, voters = 0;

	for (i = 0; i < super->genesis.n; i++)
		voters += super->genesis.members[i].voter;
	return voters == 1;
}

/* Nothing stands for what the log does not hold any more. */
static void lost(const struct disk_hard *hard, struct recover_result *result)
{
	if (hard->base_index == 0) {
		result->snap = RECOVER_SNAP_NEEDLESS;
		return;
	}
	result->snap = RECOVER_SNAP_LOST;
	result->verdict = RECOVER_CORRUPT;
	result->row = RECOVER_S_SNAP_LOST;
	result->last_index = 0;
	result->last_term = 0;
}

/**
 * recover_snapshot() - find a good snapshot
 * @io: the device
 * @super: from recover_super()
 * @hard: from recover_hard()
 * @buf: at least QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @buf_bytes: how many; a multiple of QUORUM_BLOCK_BYTES
 * @meta: filled in when there is one
 * @result: @snap and @snap_area are filled in, and the verdict on row S
 */
int recover_snapshot(const struct recover_io *io, const struct disk_super *super,
		     const struct disk_hard *hard, void *buf, u32 buf_bytes,
		     struct quorum_snap_meta *meta, struct recover_result *result)
{
	u32 area = hard->snap_area - 1;
	int error, unread = 0;
	const struct look l = {
		.io = io, .super = super, .buf = buf, .buf_bytes = buf_bytes, .unread = &unread,
	};
	bool good = false;

	if (buf_bytes < QUORUM_RECORD_BYTES_MAX)
		return -EINVAL;
	result->snap = RECOVER_SNAP_NONE;
	if (!hard->snap_area) {
		if (hard->base_index)
			lost(hard, result);
		return 0;
	}
	error = look_area(&l, area, meta, &good);
	if (error)
		return error;
	if (good && meta->id == hard->snap_id && meta->index == hard->snap_index &&
	    meta->term == hard->snap_term) {
		result->snap = RECOVER_SNAP_GOOD;
		result->snap_area = area;
		return 0;
	}
	area ^= 1;
	error = look_area(&l, area, meta, &good);
	if (error)
		return error;
	/* One that was begun later and stands for more was never in force. */
	if (good && meta->index >= hard->base_index && meta->index <= hard->snap_index) {
		result->snap = RECOVER_SNAP_FALLBACK;
		result->snap_area = area;
		return 0;
	}
	/* It may be readable next time, and nobody else has it. */
	if (unread && hard->base_index && is_alone(super))
		return unread;
	lost(hard, result);
	return 0;
}
