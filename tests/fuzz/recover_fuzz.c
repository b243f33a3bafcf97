// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz recovery: a formatted device whose hard state or ring comes from the input.
 *
 * Checksums would stop everything at the door, so those of what the input holds
 * are made good: a record's at every granule that begins with the magic, and the
 * hard state's.  The first byte of the input chooses.  A finding is a report of
 * the sanitizers, or entries that do not continue each other.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <asm/byteorder.h>
#include "../../module/format/recover.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

enum { DEVICE_BYTES = QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES };

static u8 device[DEVICE_BYTES], fresh[DEVICE_BYTES];
static u8 buffer[QUORUM_RECORD_BYTES_MAX] __aligned(8);
static struct disk_plan plan;
static u64 last, sum;

static int device_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	if (offset > DEVICE_BYTES || bytes > DEVICE_BYTES - offset || buf != buffer ||
	    bytes > sizeof(buffer))
		abort();
	memcpy(buf, device + offset, bytes);
	return 0;
}

static int take_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	const u8 *p = payload;
	u32 i;

	if (last && entry->index != last + 1)
		abort();
	last = entry->index;
	for (i = 0; i < entry->size; i++)
		sum += p[i];
	return 0;
}

static int take_truncate(void *ctx, u64 index)
{
	if (index == 0 || (last && index > last))
		abort();
	last = index - 1;
	return 0;
}

static u32 crc_with_hole(const u8 *p, u32 hole, u32 n)
{
	u32 crc = crc32c(plan.super.seed, p, hole);

	crc = crc32c(crc, "\0\0\0", 4);
	return crc32c(crc, p + hole + 4, n - hole - 4);
}

static void mend_records(u64 from, u64 to)
{
	u64 at;

	for (at = from; at + 512 <= to; at += 512) {
		struct disk_record *d = (struct disk_record *)(device + at);
		u64 bytes = DISK_HEADER_BYTES + (u64)le32_to_cpu(d->data_len);

		if (le32_to_cpu(d->magic) != DISK_RECORD_MAGIC)
			continue;
		bytes = min_t(u64, (bytes + 511) & ~511ULL, DEVICE_BYTES - at);
		d->position = cpu_to_le64(at / 512);
		d->data_crc = cpu_to_le32(crc32c(plan.super.seed, d + 1,
						 bytes - DISK_HEADER_BYTES));
		d->hdr_crc = cpu_to_le32(crc_with_hole((u8 *)d, 4, DISK_HEADER_BYTES));
	}
	/* The chain, for what the walk would meet first. */
	for (at = from; at + 512 <= to;) {
		struct disk_record *d = (struct disk_record *)(device + at), *next;
		u64 bytes = DISK_HEADER_BYTES + (u64)le32_to_cpu(d->data_len);

		at += (bytes + 511) & ~511ULL;
		if (le32_to_cpu(d->magic) != DISK_RECORD_MAGIC || at + 512 > to)
			break;
		next = (struct disk_record *)(device + at);
		next->prev_crc = d->hdr_crc;
		next->hdr_crc = cpu_to_le32(crc_with_hole((u8 *)next, 4, DISK_HEADER_BYTES));
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static struct disk_format f = {
		.device_bytes = DEVICE_BYTES, .logical_block = 512, .physical_block = 512,
		.node = 1, .device = { 1 }, .genesis = {
			.cluster = { 1 }, .group = "fuzz", .heartbeat_us = 50000,
			.election_min_us = 150000, .election_max_us = 300000, .n = 1,
			.members = { { 1, true } },
		},
	};
	u32 i;

	if (disk_format_plan(&plan, &f) != DISK_OK)
		abort();
	plan.hard.clean = false;
	plan.hard.epoch = ~0ULL;
	for (i = 0; i < DISK_MIRRORS; i++)
		disk_hard_encode(&plan.super, &plan.hard, i, plan.hardstate[i]);
	for (i = 0; i < plan.n; i++)
		if (plan.write[i].data)
			memcpy(fresh + plan.write[i].offset, plan.write[i].data,
			       plan.write[i].bytes);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 ring = disk_ring_first(&plan.super) * 512, slot = DISK_HARD_BLOCK * QUORUM_BLOCK_BYTES;
	struct recover_io io = { device_read, NULL, DEVICE_BYTES };
	struct recover_sink sink = { .entry = take_entry, .truncate = take_truncate };
	static struct quorum_snap_meta meta;
	struct recover_result result;
	struct disk_super super;
	struct disk_hard hard;

	if (size < 2)
		return 0;
	memcpy(device, fresh, sizeof(device));
	last = 0;
	if (data[0] & 1) {	/* the hard state, too */
		struct disk_hardstate *d = (struct disk_hardstate *)(device + slot);
		size_t n = min_t(size_t, size - 1, 220);

		memcpy((u8 *)d + 8, data + 1, n);
		d->crc = cpu_to_le32(crc_with_hole((u8 *)d, 4, DISK_SECTOR_BYTES));
	} else if (data[0] & 2) { /* a superblock; raw, its checksum is tested elsewhere */
		memcpy(device, data + 1, min_t(size_t, size - 1, QUORUM_BLOCK_BYTES));
	}
	memcpy(device + ring, data + 1, min_t(size_t, size - 1, 64 * 1024));
	mend_records(ring, ring + 64 * 1024);
	if (recover_super(&io, buffer, &super, &result) || result.verdict)
		return 0;
	if (recover_hard(&io, &super, buffer, &hard, &result) || result.verdict)
		return 0;
	if (recover_snapshot(&io, &super, &hard, buffer, sizeof(buffer), &meta, &result))
		return 0;
	result.verdict = RECOVER_NONE;
	if (recover_log(&io, &super, &hard, buffer, sizeof(buffer), &sink, &result))
		return 0;
	if (!result.verdict)
		abort();
	result.verdict = RECOVER_NONE;
	last = 0;
	if (recover_tail(&io, &super, &hard, buffer, sizeof(buffer), &sink, &result))
		return 0;
	if (!result.verdict)
		abort();
	if (hard.check.lsn)
		recover_before(&io, &super, &hard, buffer, sizeof(buffer), NULL, &result);
	return 0;
}
