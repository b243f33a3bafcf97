// SPDX-License-Identifier: GPL-2.0
/*
 * make_log IMAGE RECORDS TORN: make of a freshly formatted image what a machine
 * leaves behind that was not shut down: RECORDS whole records of one entry each,
 * and behind them TORN ones whose data did not reach the device.  Every tenth entry
 * is a command of a session.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "format/disk.h"

static u8 record[QUORUM_RECORD_BYTES_MAX] __aligned(8);

/* The newest hard state, as of an opening: one more, and not stopped. */
static void open_log(u8 *image, const struct disk_super *super, struct disk_hard *hard)
{
	struct disk_hard slot;

	memset(hard, 0, sizeof(*hard));
	for (u32 i = 0; i < 2; i++)
		if (disk_hard_decode(super, image + disk_hard_block(super, 0, i) *
				     QUORUM_BLOCK_BYTES, 0, i, &slot) == DISK_OK &&
		    slot.generation > hard->generation)
			*hard = slot;
	hard->generation++;
	hard->epoch++;
	hard->term = 1;
	hard->clean = false;
	hard->end_lsn = 0;
	hard->last_index = 0;
	for (u32 mirror = 0; mirror < DISK_MIRRORS; mirror++)
		disk_hard_encode(super, hard, mirror, image + QUORUM_BLOCK_BYTES *
				 disk_hard_block(super, mirror, hard->generation & 1));
}

static void append(u8 *image, const struct disk_super *super, struct disk_cursor *cursor,
		   u64 index, bool torn)
{
	static const u8 command[] = "\3\0\0\0\0\0\0\0\7\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0hello";
	bool session = index % 10 == 0;
	struct raft_entry entry = {
		.index = index, .term = 1, .tag = index, .origin = 1,
		.size = session ? sizeof(command) - 1 : 5,
		.type = session ? RAFT_ENTRY_SESSION : RAFT_ENTRY_DATA,
	};
	u64 position = cursor->position;
	struct disk_batch batch;
	u32 bytes;

	disk_batch_begin(&batch, record, 0, index);
	disk_batch_add(&batch, &entry, session ? (const void *)command : "hello");
	bytes = disk_batch_seal(&batch, super, cursor, cursor->lsn - 1);
	if (torn)
		record[batch.bytes - 8] ^= 1;
	memcpy(image + (position << super->granule_shift), record, bytes);
}

int main(int argc, char **argv)
{
	struct disk_cursor cursor;
	struct disk_super super;
	struct disk_hard hard;
	u64 whole, torn;
	struct stat st;
	u8 *image;
	int fd;

	if (argc != 4)
		return 2;
	whole = strtoull(argv[2], NULL, 10);
	torn = strtoull(argv[3], NULL, 10);
	fd = open(argv[1], O_RDWR);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	image = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED || disk_super_decode(image, &super) != DISK_OK)
		return 1;
	open_log(image, &super, &hard);
	cursor.position = hard.start_position;
	cursor.lsn = hard.start_lsn;
	cursor.prev_crc = hard.start_prev_crc;
	cursor.epoch = hard.epoch;
	for (u64 index = 1; index <= whole + torn; index++)
		append(image, &super, &cursor, index, index > whole);
	return 0;
}
