// SPDX-License-Identifier: GPL-2.0
/*
 * What a restart reads: logs of several lengths in memory, built and recovered by the
 * code the kernel uses, with a tail of 1 MiB behind the checkpoint of each.
 *
 * Usage: restart MIB...       prints TAP; fails if reading grows with the log
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
#include "../../module/format/recover.h"

enum { TAIL = 1 << 20, ENTRY = 4000, ENTRIES = 32, BUFFER = 256 * 1024 };

static u8 *device;
static u64 device_bytes, read_bytes, reads;
static u8 buffer[BUFFER] __attribute__((aligned(8)));
static u8 build[QUORUM_RECORD_BYTES_MAX] __attribute__((aligned(8)));
static u8 payload[ENTRY];

static int device_read(void *ctx, u64 offset, void *buf, u32 bytes)
{
	(void)ctx;
	if (offset > device_bytes || bytes > device_bytes - offset)
		return -EIO;
	memcpy(buf, device + offset, bytes);
	read_bytes += bytes;
	reads++;
	return 0;
}

static void put(const struct disk_super *super, struct disk_cursor *cursor, u64 *last)
{
	struct raft_entry e = { .term = 1, .type = RAFT_ENTRY_DATA, .size = ENTRY };
	struct disk_batch b;
	u64 at;
	u32 bytes, i;

	disk_batch_begin(&b, build, 0, *last + 1);
	for (i = 0; i < ENTRIES; i++) {
		e.index = ++*last;
		memcpy(payload, &e.index, sizeof(e.index));
		disk_batch_add(&b, &e, payload);
	}
	if (!disk_cursor_fits(cursor, super, b.bytes))
		exit(2);
	at = cursor->position << super->granule_shift;
	bytes = disk_batch_seal(&b, super, cursor, cursor->lsn - 1);
	memcpy(device + at, build, bytes);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* A log of @mib before its checkpoint, and a tail behind it: what does a start read? */
static u64 measure(u64 mib, bool *good)
{
	static struct disk_plan plan;
	struct disk_format f = {
		.logical_block = 4096, .physical_block = 4096, .node = 1,
		.device_bytes = (mib * 2 + 64) << 20,
	};
	const struct recover_io io = { .read = device_read, .device_bytes = f.device_bytes };
	struct recover_result r = { 0 }, before;
	struct disk_cursor c;
	struct disk_hard hard;
	u64 last = 0, tail;
	double start, whole;

	device_bytes = f.device_bytes;
	device = mmap(NULL, device_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (device == MAP_FAILED)
		exit(2);
	memset(f.device, 7, sizeof(f.device));
	f.genesis.cluster[0] = 1;
	strcpy(f.genesis.group, "restart");
	f.genesis.heartbeat_us = 50000;
	f.genesis.election_min_us = 150000;
	f.genesis.election_max_us = 300000;
	f.genesis.n = 1;
	f.genesis.members[0] = (struct genesis_member){ 1, true };
	if (disk_format_plan(&plan, &f) != DISK_OK)
		exit(2);
	hard = plan.hard;
	hard.clean = false;
	hard.epoch = 1;
	c = (struct disk_cursor){ hard.start_position, hard.start_lsn, 1, hard.start_prev_crc };
	while ((c.position - hard.start_position) << plan.super.granule_shift < mib << 20)
		put(&plan.super, &c, &last);
	hard.check = (struct disk_checkpoint){
		.position = c.position, .lsn = c.lsn, .epoch = 1, .index = last, .term = 1,
		.prev_crc = c.prev_crc,
	};
	tail = c.position;
	while ((c.position - tail) << plan.super.granule_shift < TAIL)
		put(&plan.super, &c, &last);
	read_bytes = 0;
	reads = 0;
	start = now();
	*good = !recover_tail(&io, &plan.super, &hard, buffer, BUFFER, NULL, &r) &&
		r.row == RECOVER_P_TORN && r.check == RECOVER_T_CHECKPOINT &&
		r.last_index == last;
	printf("# log of %llu MiB: %llu KiB in %llu reads, %.1f ms;", (unsigned long long)mib,
	       (unsigned long long)read_bytes >> 10, (unsigned long long)reads, now() - start);
	tail = read_bytes;
	start = now();
	*good &= !recover_before(&io, &plan.super, &hard, buffer, BUFFER, NULL, &before) &&
		 before.verdict == RECOVER_CLEAN;
	whole = now() - start;
	printf(" all before it, beside the work: %.0f ms\n", whole);
	munmap(device, device_bytes);
	return tail;
}

int main(int argc, char **argv)
{
	u64 first = 0, bytes;
	int i, failed = 0;
	bool good;

	printf("TAP version 14\n1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		bytes = measure(strtoull(argv[i], NULL, 0), &good);
		if (i == 1)
			first = bytes;
		/* To the byte: a longer log changes nothing. */
		good = good && bytes == first;
		failed += !good;
		printf("%s %d - a start reads %llu KiB of a log of %s MiB\n",
		       good ? "ok" : "not ok", i, (unsigned long long)bytes >> 10, argv[i]);
	}
	printf("%d passed, %d failed\n", argc - 1 - failed, failed);
	return failed != 0;
}
