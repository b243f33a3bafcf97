/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A snapshot as it lies in one of the device's two areas.  Pure.
 *
 *	block 0		header
 *	block 1 ..	table: one CRC per chunk of DISK_SNAP_CHUNK bytes of data
 *	...		data
 *
 * The header is written last, after a flush, and the snapshot is in force once
 * the hard state names its area and number: that write is the atomic switch.  A
 * new snapshot goes to the other area, so the one in force is never touched; what
 * it replaces stays readable until the one after it is begun, as something to
 * fall back to while the log still reaches back to it.
 *
 * Where the data begins follows from the size of the area alone, so a snapshot
 * can be written before its size is known.
 */
#ifndef QUORUM_SNAPSHOT_H
#define QUORUM_SNAPSHOT_H

#include <linux/types.h>
#include "disk.h"

#define DISK_SNAP_MAGIC		0x504e5351	/* "QSNP" */

enum disk_snap_layout {
	DISK_SNAP_CHUNK		= 64 * 1024,	/* bytes under one CRC */
	DISK_SNAP_SM_BYTES	= 16,
};

struct disk_snapshot {
	__le32 magic;			/*    0 */
	__le32 crc;			/*    4  of the block with this field 0 */
	__le64 block;			/*    8  own block */
	__le64 id;			/*   16  number of this snapshot on this device */
	__le64 index;			/*   24  last entry it stands for */
	__le64 term;			/*   32  its term */
	__le64 bytes;			/*   40  of data */
	__le32 data_crc;		/*   48  of all data, seed ~0: the same on any device */
	__le32 table_crc;		/*   52  of the table in whole blocks, zero padded */
	char   sm[16];			/*   56  state machine it belongs to */
	__le32 config_len;		/*   72 */
	__le32 zero;			/*   76 */
	u8     config[2048];		/*   80  configuration in force at @index */
	u8     reserved[1968];		/* 2128  zero */
};
static_assert(sizeof(struct disk_snapshot) == QUORUM_BLOCK_BYTES);
static_assert(offsetof(struct disk_snapshot, data_crc) == 48);
static_assert(offsetof(struct disk_snapshot, sm) == 56);
static_assert(offsetof(struct disk_snapshot, config) == 80);
static_assert(offsetof(struct disk_snapshot, reserved) == 2128);
static_assert(QUORUM_SNAP_CONFIG_MAX == 2048);

/**
 * struct quorum_snap_meta - what a snapshot is
 * @index: last entry it stands for
 * @term: its term
 * @bytes: of its data
 * @id: number of this snapshot on this device, from 1
 * @crc: CRC32C of all its data, seed ~0: the same on every node
 * @sm: state machine it belongs to, NUL padded
 * @config_len: bytes of @config
 * @config: the configuration in force at @index, encoded (format/config.h)
 */
struct quorum_snap_meta {
	u64 index;
	u64 term;
	u64 bytes;
	u64 id;
	u32 crc;
	char sm[DISK_SNAP_SM_BYTES];
	u32 config_len;
	u8 config[QUORUM_SNAP_CONFIG_MAX];
};

/* Geometry of an area; see the top of this file. */
u64 snapshot_table_blocks(const struct disk_super *super);
u64 snapshot_bytes_max(const struct disk_super *super);
u64 snapshot_data_offset(const struct disk_super *super, u32 area);
u32 snapshot_chunks(u64 bytes);
u32 snapshot_chunk_bytes(u64 bytes, u32 chunk);

/* CRC of one chunk of data, and of a table of whole blocks. */
u32 snapshot_chunk_crc(const struct disk_super *super, const void *data, u32 bytes);
u32 snapshot_table_bytes(u64 bytes);

/*
 * snapshot_encode() - encode a header
 * @table_crc: CRC of the table
 * @block: QUORUM_BLOCK_BYTES bytes, filled whole
 */
void snapshot_encode(const struct disk_super *super, u32 area,
		     const struct quorum_snap_meta *meta, u32 table_crc, void *block);

/*
 * snapshot_decode() - decode and check a header
 * @meta: filled in on DISK_OK
 * @table_crc: likewise
 */
enum disk_error snapshot_decode(const struct disk_super *super, u32 area, const void *block,
				struct quorum_snap_meta *meta, u32 *table_crc);

#endif /* QUORUM_SNAPSHOT_H */
