// SPDX-License-Identifier: GPL-2.0
/*
 * A device: what it holds, what is under way, and how it fails.
 *
 * The image is what a read returns.  What reached it without being durable is
 * remembered with the old content, and a power cut may take any of it back.  All
 * that the store writes is durable when it ends; what only the cache holds stems
 * from crashes that left the device its power.
 *
 * Damage is done where the format promises to see it: in one mirror of what has
 * two, and in a record that a later, untouched one vouches for (rows G and O of
 * recover.h).  So one good copy stays, and whatever is lost is a bug.  That holds for
 * devices that lie about flushes too: the power cut takes from them what there is a
 * witness for.
 */
#include "sim.h"

void disk_reset(struct world *w, struct sim_node *node)
{
	struct sim_disk *disk = &node->disk;
	u64 block;

	for (block = 0; block < disk->bytes / QUORUM_BLOCK_BYTES; block++) {
		if (!disk->dirty[block])
			continue;
		memset(disk->image + block * QUORUM_BLOCK_BYTES, 0, QUORUM_BLOCK_BYTES);
		disk->dirty[block] = 0;
	}
	disk->ncached = 0;
}

void disk_poke(struct sim_disk *disk, u64 offset, const void *data, u32 bytes)
{
	u64 block;

	if (data)
		memcpy(disk->image + offset, data, bytes);
	else
		memset(disk->image + offset, 0, bytes);
	for (block = offset / QUORUM_BLOCK_BYTES;
	     block <= (offset + bytes - 1) / QUORUM_BLOCK_BYTES; block++)
		disk->dirty[block] = 1;
}

int disk_read(struct world *w, struct sim_node *node, u64 offset, void *buf, u32 bytes)
{
	struct sim_disk *disk = &node->disk;

	if (offset + bytes > disk->bytes) {
		sim_fail(w, node->id, "read behind the end of the device");
		return -EIO;
	}
	/* Not a bad sector: it can be read the next time. */
	if (disk->read_error && !--disk->read_error)
		return -ETIMEDOUT;
	memcpy(buf, disk->image + offset, bytes);
	return 0;
}

/* A sector reaches the device's cache: a power cut may take it back. */
static void cache_sector(struct sim_disk *disk, u64 sector, const u8 *data)
{
	struct sim_cached *c;

	/* A full cache writes back the oldest. */
	if (disk->ncached == SIM_CACHED) {
		memmove(&disk->cached[0], &disk->cached[1],
			(SIM_CACHED - 1) * sizeof(*c));
		disk->ncached--;
	}
	c = &disk->cached[disk->ncached++];
	c->sector = sector;
	memcpy(c->old, disk->image + sector * DISK_SECTOR_BYTES, DISK_SECTOR_BYTES);
	disk_poke(disk, sector * DISK_SECTOR_BYTES, data, DISK_SECTOR_BYTES);
}

/* What is written durably is not the cache's any more. */
static void uncache(struct sim_disk *disk, u64 offset, u32 bytes)
{
	u64 first = offset / DISK_SECTOR_BYTES, end = first + bytes / DISK_SECTOR_BYTES;
	u32 i, n = 0;

	for (i = 0; i < disk->ncached; i++) {
		if (disk->cached[i].sector >= first && disk->cached[i].sector < end)
			continue;
		if (n != i)
			disk->cached[n] = disk->cached[i];
		n++;
	}
	disk->ncached = n;
}

void disk_submit(struct world *w, struct sim_node *node, struct sim_bio *bio)
{
	struct sim_disk *disk = &node->disk;
	u64 due = w->now + world_between(w, w->draw.disk_min, w->draw.disk_max);

	if (bio->busy) {
		sim_fail(w, node->id, "a buffer under way was written again");
		return;
	}
	bio->busy = true;
	bio->held = disk->hang;
	if (!disk->hang)
		world_add(w, due, SIM_BIO, (u8)node->id, node->life, bio);
}

/* Some of it reached the device, sector by sector; one may be torn in itself. */
static void write_part(struct world *w, struct sim_disk *disk, struct sim_bio *bio, bool cache)
{
	u32 n = bio->bytes / DISK_SECTOR_BYTES, i, torn = (u32)world_random(w, 4 * n);
	u32 mode = (u32)world_random(w, 4), upto = (u32)world_random(w, n + 1);
	u8 sector[DISK_SECTOR_BYTES];

	for (i = 0; i < n; i++) {
		bool take = mode == 0 ? false : mode == 1 ? true : mode == 2 ? i < upto :
			    world_random(w, 2);
		u64 at = bio->offset + (u64)i * DISK_SECTOR_BYTES;

		memcpy(sector, bio->data + i * DISK_SECTOR_BYTES, sizeof(sector));
		if (!cache && i == torn) {
			sim_seen(w, SEEN_TORN);
			u32 from = (u32)world_random(w, DISK_SECTOR_BYTES);

			memset(sector + from, (int)world_random(w, 256), sizeof(sector) - from);
			take = true;
		}
		if (take && cache)
			cache_sector(disk, at / DISK_SECTOR_BYTES, sector);
		else if (take)
			disk_poke(disk, at, sector, sizeof(sector));
	}
}

/* A write ends.  Return: 0 or a negative errno. */
int disk_end(struct world *w, struct sim_node *node, struct sim_bio *bio)
{
	struct sim_disk *disk = &node->disk;
	u32 i;

	bio->busy = false;
	if (disk->fail_next && !--disk->fail_next) {
		write_part(w, disk, bio, false);
		if (world_random(w, 3)) {
			sim_seen(w, SEEN_EIO);
			return -EIO;
		}
		sim_seen(w, SEEN_ENOSPC);
		return -ENOSPC;
	}
	if (bio->lazy || disk->lies) {
		for (i = 0; i < bio->bytes / DISK_SECTOR_BYTES; i++)
			cache_sector(disk, bio->offset / DISK_SECTOR_BYTES + i,
				     bio->data + i * DISK_SECTOR_BYTES);
		return 0;
	}
	if (bio->flush)
		disk->ncached = 0;
	uncache(disk, bio->offset, bio->bytes);
	disk_poke(disk, bio->offset, bio->data, bio->bytes);
	return 0;
}

static void release(struct world *w, struct sim_node *node, struct sim_bio *bio)
{
	if (!bio->held)
		return;
	bio->held = false;
	world_add(w, w->now + world_random(w, MS), SIM_BIO, (u8)node->id, node->life, bio);
}

/* The device goes on. */
void disk_release(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u32 i;

	node->disk.hang = false;
	for (i = 0; i < RAFT_WRITES_MAX; i++) {
		release(w, node, &s->slots[i].bio[0]);
		release(w, node, &s->slots[i].bio[1]);
	}
	for (i = 0; i < DISK_MIRRORS; i++)
		release(w, node, &s->hard_bio[i]);
	release(w, node, &node->work.bio);
}

static void crash_bio(struct world *w, struct sim_disk *disk, struct sim_bio *bio, bool power)
{
	/* Nothing of it is written before the flush that it asked for is done. */
	if (bio->busy && bio->flush && world_random(w, 2))
		disk->ncached = 0;
	else if (bio->busy && bio->flush)
		bio->busy = false;
	if (bio->busy)
		write_part(w, disk, bio, !power);
	bio->busy = false;
	bio->held = false;
}

/* The record that lies there, if a later one that is untouched vouches for it. */
static const struct sim_record *vouched(const struct sim_store *s, u64 position, u64 granules)
{
	const struct sim_record *last, *r;
	u64 n = min_t(u64, s->nrecords, SIM_RECORDS), i;

	if (n < 2)
		return NULL;
	last = &s->records[(s->nrecords - 1) % SIM_RECORDS];
	for (i = 2; i <= n; i++) {
		r = &s->records[(s->nrecords - i) % SIM_RECORDS];
		if (r->lsn < s->hard.start_lsn || r->lsn > last->flushed)
			continue;
		if (position < r->position + (r->bytes >> s->super.granule_shift) &&
		    r->position < position + granules)
			return r;
	}
	return NULL;
}

/* A sector that a lying device has in its cache: does something else tell of it? */
static bool may_lose(const struct sim_node *node, u64 sector)
{
	const struct sim_store *s = &node->store;
	const struct disk_super *super = &s->super;
	u64 block = sector * DISK_SECTOR_BYTES / QUORUM_BLOCK_BYTES;
	u32 slot;

	for (slot = 0; slot < 2; slot++)
		if (block == disk_hard_block(super, node->disk.lying_mirror, slot))
			return true;
	return vouched(s, sector * DISK_SECTOR_BYTES >> super->granule_shift, 1);
}

/* The power is cut, and what the device had only said to have written is not there. */
static void lose_flushed(struct world *w, struct sim_node *node)
{
	struct sim_disk *disk = &node->disk;
	u32 i, n = 0;

	for (i = 0; i < disk->ncached; i++) {
		if (!may_lose(node, disk->cached[i].sector))
			continue;
		disk->cached[n++] = disk->cached[i];
	}
	disk->ncached = n;
	if (!n)
		return;
	disk->damaged = true;
	sim_log(w, node->id, "has lost what it said was written");
	sim_seen(w, SEEN_FLUSH_LOST);
}

/**
 * disk_crash() - the node crashes
 * @w: the world
 * @node: the node
 * @power: the device loses its power too, and with it its cache
 */
void disk_crash(struct world *w, struct sim_node *node, bool power)
{
	struct sim_disk *disk = &node->disk;
	struct sim_store *s = &node->store;
	u32 i;

	for (i = 0; i < RAFT_WRITES_MAX; i++) {
		crash_bio(w, disk, &s->slots[i].bio[0], power);
		crash_bio(w, disk, &s->slots[i].bio[1], power);
	}
	for (i = 0; i < DISK_MIRRORS; i++)
		crash_bio(w, disk, &s->hard_bio[i], power);
	crash_bio(w, disk, &node->work.bio, power);
	if (power && disk->lies && fault_may_spoil(w, node))
		lose_flushed(w, node);
	else if (disk->lies)
		disk->ncached = 0;
	/* Newest first, so that a sector cached twice goes back all the way or not. */
	for (i = disk->ncached; power && i--; ) {
		if (!world_random(w, 2))
			continue;
		disk_poke(disk, disk->cached[i].sector * DISK_SECTOR_BYTES,
			  disk->cached[i].old, DISK_SECTOR_BYTES);
		sim_seen(w, SEEN_CACHE_LOST);
	}
	if (power)
		disk->ncached = 0;
	disk->lies = false;
	disk->hang = false;
	disk->fail_next = 0;
	disk->crash_in = 0;
}

/* Bits flip, a sector is lost, or something meant for elsewhere lies here. */
static void spoil(struct world *w, struct sim_node *node, u64 offset, u32 bytes)
{
	struct sim_disk *disk = &node->disk;
	u64 sector = offset / DISK_SECTOR_BYTES + world_random(w, bytes / DISK_SECTOR_BYTES);
	u8 data[DISK_SECTOR_BYTES];
	u64 other;

	memcpy(data, disk->image + sector * DISK_SECTOR_BYTES, sizeof(data));
	switch (world_random(w, 3)) {
	case 0:
		data[world_random(w, sizeof(data))] ^= 1 << world_random(w, 8);
		break;
	case 1:
		memset(data, 0, sizeof(data));
		break;
	default:
		other = disk_ring_first(&node->store.super) << node->store.super.granule_shift;
		other += world_random(w, 64) * DISK_SECTOR_BYTES;
		memcpy(data, disk->image + other, sizeof(data));
		break;
	}
	disk_poke(disk, sector * DISK_SECTOR_BYTES, data, sizeof(data));
}

static bool rot_mirror(struct world *w, struct sim_node *node)
{
	const struct disk_super *super = &node->store.super;
	u32 mirror = (u32)world_random(w, DISK_MIRRORS);

	if (world_random(w, 3) == 0) {
		spoil(w, node, mirror ? (super->blocks - 1) * QUORUM_BLOCK_BYTES : 0,
		      QUORUM_BLOCK_BYTES);
		return true;
	}
	spoil(w, node, disk_hard_block(super, mirror, 0) * QUORUM_BLOCK_BYTES,
	      DISK_SECTOR_BYTES);
	spoil(w, node, disk_hard_block(super, mirror, 1) * QUORUM_BLOCK_BYTES,
	      DISK_SECTOR_BYTES);
	return true;
}

/* The snapshot in force, or the one before it. */
static void rot_snapshot(struct world *w, struct sim_node *node)
{
	const struct disk_super *super = &node->store.super;
	u32 area = node->store.hard.snap_area - 1;

	if (world_random(w, 4) == 0)
		area ^= 1;
	if (world_random(w, 2) && node->snapshot.size)
		spoil(w, node, snapshot_data_offset(super, area),
		      ((u32)node->snapshot.size + DISK_SECTOR_BYTES - 1) & ~511U);
	else
		spoil(w, node, super->snap_start[area] * QUORUM_BLOCK_BYTES, QUORUM_BLOCK_BYTES);
}

/**
 * disk_rot() - damage something that must be noticed
 * @w: the world
 * @node: a node that is down, its disk well
 *
 * Return: whether the node can be expected to be refused now.
 */
bool disk_rot(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u64 newest = s->nrecords, oldest, nth;
	struct sim_record *r, *last;

	node->disk.damaged = true;
	sim_seen(w, SEEN_ROT);
	if (s->hard.snap_area && world_random(w, 2)) {
		rot_snapshot(w, node);
		return true;
	}
	if (world_random(w, 2) || newest < 2) {
		rot_mirror(w, node);
		return false;
	}
	oldest = newest > SIM_RECORDS ? newest - SIM_RECORDS : 0;
	nth = oldest + world_random(w, newest - oldest);
	r = &s->records[nth % SIM_RECORDS];
	last = &s->records[(newest - 1) % SIM_RECORDS];
	/* Only the newest is a witness that nothing else here touches. */
	if (last->flushed < r->lsn || r->lsn >= last->lsn || r->lsn < s->hard.start_lsn) {
		rot_mirror(w, node);
		return false;
	}
	spoil(w, node, r->position << s->super.granule_shift, r->bytes);
	return true;
}

/**
 * disk_misdirect() - a write went to the place of another record, and not to its own
 * @w: the world
 * @node: a node that is down, its disk well
 *
 * There are witnesses of both.
 */
void disk_misdirect(struct world *w, struct sim_node *node)
{
	struct sim_store *s = &node->store;
	u64 n = min_t(u64, s->nrecords, SIM_RECORDS);
	const struct sim_record *from, *to;
	u64 at, place;

	if (n < 3)
		return;
	from = &s->records[(s->nrecords - 2 - world_random(w, n - 1)) % SIM_RECORDS];
	to = &s->records[(s->nrecords - 2 - world_random(w, n - 1)) % SIM_RECORDS];
	if (from == to || vouched(s, from->position, 1) != from ||
	    vouched(s, to->position, 1) != to)
		return;
	node->disk.damaged = true;
	sim_log(w, node->id, "record %llu lies in the place of %llu",
		(unsigned long long)from->lsn, (unsigned long long)to->lsn);
	sim_seen(w, SEEN_MISDIRECTED);
	at = from->position << s->super.granule_shift;
	place = to->position << s->super.granule_shift;
	memcpy(w->read_buf, node->disk.image + at, min(from->bytes, to->bytes));
	disk_poke(&node->disk, at, NULL, from->bytes);
	disk_poke(&node->disk, place, w->read_buf, min(from->bytes, to->bytes));
}
