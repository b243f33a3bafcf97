// SPDX-License-Identifier: GPL-2.0
/*
 * A snapshot's header and the geometry of its area.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/crc32c.h>
#include <asm/byteorder.h>
#include "snapshot.h"

/* A full area may not have more chunks than fit a u32 by far. */
static_assert((u64)DISK_SNAP_BLOCKS_MAX * QUORUM_BLOCK_BYTES / DISK_SNAP_CHUNK <= 1 << 14);

/**
 * snapshot_table_blocks() - blocks every area keeps for its table
 * @super: the device
 */
u64 snapshot_table_blocks(const struct disk_super *super)
{
	u64 chunks = (super->snap_blocks * QUORUM_BLOCK_BYTES + DISK_SNAP_CHUNK - 1) /
		     DISK_SNAP_CHUNK;

	return (chunks * sizeof(__le32) + QUORUM_BLOCK_BYTES - 1) / QUORUM_BLOCK_BYTES;
}

/**
 * snapshot_bytes_max() - bytes of data an area holds
 * @super: the device
 */
u64 snapshot_bytes_max(const struct disk_super *super)
{
	u64 taken = 1 + snapshot_table_blocks(super);

	return super->snap_blocks > taken ?
	       (super->snap_blocks - taken) * QUORUM_BLOCK_BYTES : 0;
}

/**
 * snapshot_data_offset() - where the data of an area begins
 * @super: the device
 * @area: 0 or 1
 *
 * Return: bytes from the device's start.
 */
u64 snapshot_data_offset(const struct disk_super *super, u32 area)
{
	return (super->snap_start[area] + 1 + snapshot_table_blocks(super)) *
	       QUORUM_BLOCK_BYTES;
}

/**
 * snapshot_chunks() - chunks of so many bytes of data
 * @bytes: of data
 */
u32 snapshot_chunks(u64 bytes)
{
	return (bytes + DISK_SNAP_CHUNK - 1) / DISK_SNAP_CHUNK;
}

/**
 * snapshot_chunk_bytes() - bytes of data in one chunk
 * @bytes: of all data
 * @chunk: which
 */
u32 snapshot_chunk_bytes(u64 bytes, u32 chunk)
{
	return min_t(u64, bytes - (u64)chunk * DISK_SNAP_CHUNK, DISK_SNAP_CHUNK);
}

/**
 * snapshot_table_bytes() - bytes of the table, in whole blocks
 * @bytes: of data
 */
u32 snapshot_table_bytes(u64 bytes)
{
	u32 table = snapshot_chunks(bytes) * sizeof(__le32);

	return (table + QUORUM_BLOCK_BYTES - 1) & ~(QUORUM_BLOCK_BYTES - 1);
}

/**
 * snapshot_chunk_crc() - checksum of a chunk or a table
 * @super: the device, which seeds it
 * @data: what
 * @bytes: how much of it
 */
u32 snapshot_chunk_crc(const struct disk_super *super, const void *data, u32 bytes)
{
	return crc32c(super->seed, data, bytes);
}

static u32 header_crc(const struct disk_super *super, const struct disk_snapshot *d)
{
	static const u8 zero[4];
	u32 hole = offsetof(struct disk_snapshot, crc), crc;

	crc = crc32c(super->seed, d, hole);
	crc = crc32c(crc, zero, sizeof(zero));
	return crc32c(crc, (const u8 *)d + hole + 4, sizeof(*d) - hole - 4);
}

/**
 * snapshot_encode() - encode a header
 * @super: the device
 * @area: 0 or 1
 * @meta: what it says
 * @table_crc: CRC of the table
 * @block: QUORUM_BLOCK_BYTES bytes, filled whole
 */
void snapshot_encode(const struct disk_super *super, u32 area,
		     const struct quorum_snap_meta *meta, u32 table_crc, void *block)
{
	struct disk_snapshot *d = block;
	u32 config_len = min_t(u32, meta->config_len, QUORUM_SNAP_CONFIG_MAX);

	memset(d, 0, sizeof(*d));
	d->magic = cpu_to_le32(DISK_SNAP_MAGIC);
	d->block = cpu_to_le64(super->snap_start[area]);
	d->id = cpu_to_le64(meta->id);
	d->index = cpu_to_le64(meta->index);
	d->term = cpu_to_le64(meta->term);
	d->bytes = cpu_to_le64(meta->bytes);
	d->data_crc = cpu_to_le32(meta->crc);
	d->table_crc = cpu_to_le32(table_crc);
	memcpy(d->sm, meta->sm, sizeof(d->sm));
	d->config_len = cpu_to_le32(config_len);
	memcpy(d->config, meta->config, config_len);
	d->crc = cpu_to_le32(header_crc(super, d));
}

/**
 * snapshot_decode() - decode and check a header
 * @super: the device
 * @area: where it was read: 0 or 1
 * @block: QUORUM_BLOCK_BYTES bytes
 * @meta: filled in on DISK_OK
 * @table_crc: likewise
 */
enum disk_error snapshot_decode(const struct disk_super *super, u32 area, const void *block,
				struct quorum_snap_meta *meta, u32 *table_crc)
{
	const struct disk_snapshot *d = block;

	if (le32_to_cpu(d->magic) != DISK_SNAP_MAGIC)
		return DISK_OTHER;
	if (le32_to_cpu(d->crc) != header_crc(super, d))
		return DISK_CRC_BAD;
	if (le64_to_cpu(d->block) != super->snap_start[area])
		return DISK_MISPLACED;
	meta->id = le64_to_cpu(d->id);
	meta->index = le64_to_cpu(d->index);
	meta->term = le64_to_cpu(d->term);
	meta->bytes = le64_to_cpu(d->bytes);
	meta->crc = le32_to_cpu(d->data_crc);
	memcpy(meta->sm, d->sm, sizeof(meta->sm));
	meta->config_len = le32_to_cpu(d->config_len);
	*table_crc = le32_to_cpu(d->table_crc);
	if (!meta->id || !meta->index || meta->bytes > snapshot_bytes_max(super) ||
	    meta->config_len > QUORUM_SNAP_CONFIG_MAX)
		return DISK_FIELD_BAD;
	memcpy(meta->config, d->config, sizeof(meta->config));
	return DISK_OK;
}
