// SPDX-License-Identifier: GPL-2.0
/*
 * The disk: encode, decode and check superblock, hard state and records.
 */
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/crc32c.h>
#include <asm/byteorder.h>
#include "bytes.h"
#include "disk.h"

static const char * const error_texts[DISK_ERROR_NR] = {
	[DISK_OK] = "nothing is wrong",
	[DISK_ZERO] = "the device is empty",
	[DISK_OTHER] = "the device holds something else",
	[DISK_CRC_BAD] = "the checksum does not fit",
	[DISK_TOO_NEW] = "a newer version wrote this",
	[DISK_FIELD_BAD] = "a value is out of its range",
	[DISK_MISPLACED] = "it was written for another place of the device",
	[DISK_TOO_SMALL] = "the device is too small: at least 1 MiB is needed",
	[DISK_SECTOR_BAD] = "the device's block size is not a power of two from 512 to 4096",
	[DISK_GENESIS_BAD] = "the group's description is not good",
};

static_assert(QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES == 1 << 20);

/**
 * disk_error_text() - what is wrong, in one sentence
 * @error: from any function of this file
 */
const char *disk_error_text(enum disk_error error)
{
	return (u32)error < DISK_ERROR_NR ? error_texts[error] : "unknown disk error";
}

/**
 * disk_why_text() - why a run ended
 * @why: enum disk_why
 */
const char *disk_why_text(u32 why)
{
	switch (why) {
	case DISK_WHY_NONE:
		return "no error";
	case DISK_WHY_LOG_WRITE:
		return "a write to the log failed";
	case DISK_WHY_HARD_WRITE:
		return "a write of the hard state failed";
	case DISK_WHY_SNAP_WRITE:
		return "a write of a snapshot failed";
	default:
		return "unknown reason";
	}
}

/* CRC of @n bytes with the four at @hole taken as zeroes. */
static u32 crc_around(u32 seed, const void *p, u32 hole, u32 n)
{
	static const u8 zero[4];
	u32 crc;

	crc = crc32c(seed, p, hole);
	crc = crc32c(crc, zero, sizeof(zero));
	return crc32c(crc, (const u8 *)p + hole + 4, n - hole - 4);
}

static u32 super_crc(const struct disk_superblock *d)
{
	return crc_around(~0U, d, offsetof(struct disk_superblock, crc), sizeof(*d));
}

static u64 read64(const u8 *p)
{
	__le64 v;

	memcpy(&v, p, sizeof(v));
	return le64_to_cpu(v);
}

/* What follows from the device's UUID. */
static void super_derive(struct disk_super *s)
{
	s->granule_shift = s->granule == DISK_SECTOR_BYTES ? 9 : 12;
	s->seed = crc32c(~0U, s->device, sizeof(s->device));
	s->incarnation = read64(s->device) ^ read64(s->device + 8);
	/* 0 means "not known" on the wire. */
	if (!s->incarnation)
		s->incarnation = 1;
}

/**
 * disk_super_encode() - encode a superblock
 * @super: what it says
 * @block: QUORUM_BLOCK_BYTES bytes, filled whole
 */
void disk_super_encode(const struct disk_super *super, void *block)
{
	const struct quorum_genesis *g = &super->genesis;
	struct disk_superblock *d = block;
	u32 i;

	memset(d, 0, sizeof(*d));
	memcpy(d->magic, DISK_SUPER_MAGIC, sizeof(d->magic));
	d->version = cpu_to_le32(DISK_VERSION);
	d->compat = cpu_to_le32(super->compat);
	d->incompat = cpu_to_le32(super->incompat);
	d->ro_compat = cpu_to_le32(super->ro_compat);
	d->granule = cpu_to_le32(super->granule);
	memcpy(d->cluster, g->cluster, sizeof(d->cluster));
	memcpy(d->device, super->device, sizeof(d->device));
	memcpy(d->group, g->group, strnlen(g->group, QUORUM_NAME_LEN_MAX));
	memcpy(d->machine, g->machine, strnlen(g->machine, QUORUM_NAME_LEN_MAX));
	d->node = cpu_to_le32(super->node);
	d->blocks = cpu_to_le64(super->blocks);
	d->ring_start = cpu_to_le64(super->ring_start);
	d->ring_blocks = cpu_to_le64(super->ring_blocks);
	d->snap_start[0] = cpu_to_le64(super->snap_start[0]);
	d->snap_start[1] = cpu_to_le64(super->snap_start[1]);
	d->snap_blocks = cpu_to_le64(super->snap_blocks);
	d->heartbeat_us = cpu_to_le32(g->heartbeat_us);
	d->election_min_us = cpu_to_le32(g->election_min_us);
	d->election_max_us = cpu_to_le32(g->election_max_us);
	d->members = cpu_to_le32(g->n);
	for (i = 0; i < g->n && i < QUORUM_MEMBERS_MAX; i++) {
		d->member[i].id = cpu_to_le32(g->members[i].id);
		d->member[i].role = cpu_to_le32(g->members[i].voter);
	}
	d->crc = cpu_to_le32(super_crc(d));
}

/**
 * disk_identify() - what does a block that may be a superblock hold?
 * @block: QUORUM_BLOCK_BYTES bytes
 */
enum disk_error disk_identify(const void *block)
{
	const struct disk_superblock *d = block;

	if (memcmp(d->magic, DISK_SUPER_MAGIC, sizeof(d->magic)))
		return is_zero(block, QUORUM_BLOCK_BYTES) ? DISK_ZERO : DISK_OTHER;
	if (le32_to_cpu(d->crc) != super_crc(d))
		return DISK_CRC_BAD;
	if (le32_to_cpu(d->version) != DISK_VERSION ||
	    le32_to_cpu(d->incompat) & ~DISK_INCOMPAT_KNOWN)
		return DISK_TOO_NEW;
	return DISK_OK;
}

/* Areas lie in the device and do not overlap; nothing here can overflow. */
static bool super_geometry_good(const struct disk_super *s)
{
	u64 end, most = U64_MAX / QUORUM_BLOCK_BYTES / 4;

	if (s->granule != DISK_SECTOR_BYTES && s->granule != QUORUM_BLOCK_BYTES)
		return false;
	if (s->blocks < QUORUM_DEVICE_BLOCKS_MIN || s->blocks > most)
		return false;
	end = s->blocks - DISK_TAIL_BLOCKS;
	if (s->snap_blocks > end || s->ring_blocks > end || s->ring_start > end ||
	    s->snap_start[0] > end || s->snap_start[1] > end)
		return false;
	return s->snap_start[0] >= DISK_AREA_BLOCK &&
	       s->snap_start[1] >= s->snap_start[0] + s->snap_blocks &&
	       s->ring_start >= s->snap_start[1] + s->snap_blocks &&
	       s->ring_blocks >= DISK_RING_BLOCKS_MIN &&
	       s->ring_start + s->ring_blocks <= end;
}

static bool super_genesis_decode(const struct disk_superblock *d, struct quorum_genesis *g)
{
	u32 i;

	memset(g, 0, sizeof(*g));
	memcpy(g->cluster, d->cluster, sizeof(g->cluster));
	memcpy(g->group, d->group, sizeof(g->group));
	memcpy(g->machine, d->machine, sizeof(g->machine));
	g->heartbeat_us = le32_to_cpu(d->heartbeat_us);
	g->election_min_us = le32_to_cpu(d->election_min_us);
	g->election_max_us = le32_to_cpu(d->election_max_us);
	g->joins = le32_to_cpu(d->incompat) & DISK_INCOMPAT_JOINS;
	g->n = le32_to_cpu(d->members);
	if (g->n > QUORUM_MEMBERS_MAX)
		return false;
	for (i = 0; i < g->n; i++) {
		u32 role = le32_to_cpu(d->member[i].role);

		if (role > 1)
			return false;
		g->members[i].id = le32_to_cpu(d->member[i].id);
		g->members[i].voter = role;
	}
	return genesis_check(g, le32_to_cpu(d->node)) == GENESIS_OK;
}

/**
 * disk_super_decode() - decode and check a superblock
 * @block: QUORUM_BLOCK_BYTES bytes
 * @super: filled in on DISK_OK
 *
 * Return: as disk_identify(), or DISK_FIELD_BAD.
 */
enum disk_error disk_super_decode(const void *block, struct disk_super *super)
{
	const struct disk_superblock *d = block;
	enum disk_error error = disk_identify(block);

	if (error)
		return error;
	memset(super, 0, sizeof(*super));
	super->granule = le32_to_cpu(d->granule);
	super->node = le32_to_cpu(d->node);
	super->compat = le32_to_cpu(d->compat);
	super->incompat = le32_to_cpu(d->incompat);
	super->ro_compat = le32_to_cpu(d->ro_compat);
	memcpy(super->device, d->device, sizeof(super->device));
	super->blocks = le64_to_cpu(d->blocks);
	super->ring_start = le64_to_cpu(d->ring_start);
	super->ring_blocks = le64_to_cpu(d->ring_blocks);
	super->snap_start[0] = le64_to_cpu(d->snap_start[0]);
	super->snap_start[1] = le64_to_cpu(d->snap_start[1]);
	super->snap_blocks = le64_to_cpu(d->snap_blocks);
	if (!super_geometry_good(super) || !super_genesis_decode(d, &super->genesis))
		return DISK_FIELD_BAD;
	super_derive(super);
	return DISK_OK;
}

/* ---- hard state ---- */

static u32 hard_crc(const struct disk_super *super, const struct disk_hardstate *d)
{
	return crc_around(super->seed, d, offsetof(struct disk_hardstate, crc), sizeof(*d));
}

static bool in_ring(const struct disk_super *super, u64 position)
{
	return position >= disk_ring_first(super) && position < disk_ring_end(super);
}

static void check_encode(const struct disk_checkpoint *check, struct disk_hardstate *d)
{
	d->check_position = cpu_to_le64(check->position);
	d->check_lsn = cpu_to_le64(check->lsn);
	d->check_epoch = cpu_to_le64(check->epoch);
	d->check_index = cpu_to_le64(check->index);
	d->check_term = cpu_to_le64(check->term);
	d->check_prev_crc = cpu_to_le32(check->prev_crc);
	d->check_types = cpu_to_le32(check->types);
	d->check_config_index = cpu_to_le64(check->config_index);
	d->check_config_lsn = cpu_to_le64(check->config_lsn);
	d->check_config_position = cpu_to_le64(check->config_position);
}

static void check_decode(struct disk_checkpoint *check, const struct disk_hardstate *d)
{
	check->position = le64_to_cpu(d->check_position);
	check->lsn = le64_to_cpu(d->check_lsn);
	check->epoch = le64_to_cpu(d->check_epoch);
	check->index = le64_to_cpu(d->check_index);
	check->term = le64_to_cpu(d->check_term);
	check->prev_crc = le32_to_cpu(d->check_prev_crc);
	check->types = le32_to_cpu(d->check_types);
	check->config_index = le64_to_cpu(d->check_config_index);
	check->config_lsn = le64_to_cpu(d->check_config_lsn);
	check->config_position = le64_to_cpu(d->check_config_position);
}

/* Does it lie in the log that begins with record @start_lsn? */
static bool check_possible(const struct disk_super *super, const struct disk_checkpoint *check,
			   u64 start_lsn)
{
	if (!check->lsn)
		return true;
	if (check->lsn < start_lsn || !in_ring(super, check->position))
		return false;
	return !check->config_lsn ||
	       (check->config_lsn < check->lsn && in_ring(super, check->config_position));
}

static bool check_equal(const struct disk_checkpoint *a, const struct disk_checkpoint *b)
{
	return a->position == b->position && a->lsn == b->lsn && a->epoch == b->epoch &&
	       a->index == b->index && a->term == b->term && a->prev_crc == b->prev_crc &&
	       a->types == b->types && a->config_index == b->config_index &&
	       a->config_lsn == b->config_lsn && a->config_position == b->config_position;
}

/**
 * disk_hard_encode() - encode a hard state for one mirror
 * @super: the device
 * @hard: what it says
 * @mirror: 0 or 1
 * @granule: super->granule bytes, filled whole
 */
void disk_hard_encode(const struct disk_super *super, const struct disk_hard *hard,
		      u32 mirror, void *granule)
{
	struct disk_hardstate *d = granule;

	memset(granule, 0, super->granule);
	d->magic = cpu_to_le32(DISK_HARD_MAGIC);
	d->generation = cpu_to_le64(hard->generation);
	d->block = cpu_to_le64(disk_hard_block(super, mirror, hard->generation & 1));
	d->term = cpu_to_le64(hard->term);
	d->epoch = cpu_to_le64(hard->epoch);
	d->vote = cpu_to_le32(hard->vote);
	d->flags = cpu_to_le32((hard->clean ? DISK_HARD_CLEAN : 0) |
			       (hard->suspect ? DISK_HARD_SUSPECT : 0));
	d->start_position = cpu_to_le64(hard->start_position);
	d->start_lsn = cpu_to_le64(hard->start_lsn);
	d->start_prev_crc = cpu_to_le32(hard->start_prev_crc);
	d->last_errno = cpu_to_le32(hard->last_errno);
	d->base_index = cpu_to_le64(hard->base_index);
	d->base_term = cpu_to_le64(hard->base_term);
	d->end_lsn = cpu_to_le64(hard->end_lsn);
	d->last_index = cpu_to_le64(hard->last_index);
	d->why = cpu_to_le32(hard->why);
	d->snap_area = cpu_to_le32(hard->snap_area);
	d->snap_id = cpu_to_le64(hard->snap_id);
	d->snap_index = cpu_to_le64(hard->snap_index);
	d->snap_term = cpu_to_le64(hard->snap_term);
	d->suspect_first = cpu_to_le64(hard->suspect_first);
	d->suspect_last = cpu_to_le64(hard->suspect_last);
	check_encode(&hard->check, d);
	d->crc = cpu_to_le32(hard_crc(super, d));
}

/**
 * disk_hard_decode() - decode and check what a slot holds
 * @super: the device
 * @sector: DISK_SECTOR_BYTES bytes
 * @mirror: where it was read: 0 or 1
 * @slot: likewise
 * @hard: filled in on DISK_OK
 */
enum disk_error disk_hard_decode(const struct disk_super *super, const void *sector,
				 u32 mirror, u32 slot, struct disk_hard *hard)
{
	const struct disk_hardstate *d = sector;
	u32 flags = le32_to_cpu(d->flags);

	if (le32_to_cpu(d->magic) != DISK_HARD_MAGIC)
		return is_zero(sector, DISK_SECTOR_BYTES) ? DISK_ZERO : DISK_OTHER;
	if (le32_to_cpu(d->crc) != hard_crc(super, d))
		return DISK_CRC_BAD;
	hard->generation = le64_to_cpu(d->generation);
	if (le64_to_cpu(d->block) != disk_hard_block(super, mirror, slot))
		return DISK_MISPLACED;
	hard->term = le64_to_cpu(d->term);
	hard->epoch = le64_to_cpu(d->epoch);
	hard->vote = le32_to_cpu(d->vote);
	hard->clean = flags & DISK_HARD_CLEAN;
	hard->start_position = le64_to_cpu(d->start_position);
	hard->start_lsn = le64_to_cpu(d->start_lsn);
	hard->start_prev_crc = le32_to_cpu(d->start_prev_crc);
	hard->last_errno = le32_to_cpu(d->last_errno);
	hard->base_index = le64_to_cpu(d->base_index);
	hard->base_term = le64_to_cpu(d->base_term);
	hard->end_lsn = le64_to_cpu(d->end_lsn);
	hard->last_index = le64_to_cpu(d->last_index);
	hard->why = le32_to_cpu(d->why);
	hard->suspect = flags & DISK_HARD_SUSPECT;
	hard->snap_area = le32_to_cpu(d->snap_area);
	hard->snap_id = le64_to_cpu(d->snap_id);
	hard->snap_index = le64_to_cpu(d->snap_index);
	hard->snap_term = le64_to_cpu(d->snap_term);
	hard->suspect_first = le64_to_cpu(d->suspect_first);
	hard->suspect_last = le64_to_cpu(d->suspect_last);
	check_decode(&hard->check, d);
	if (flags & ~DISK_HARD_FLAGS || hard->generation == 0 ||
	    (hard->generation & 1) != slot || hard->start_lsn == 0 ||
	    hard->snap_area > DISK_SNAP_AREAS ||
	    !in_ring(super, hard->start_position) ||
	    !check_possible(super, &hard->check, hard->start_lsn))
		return DISK_FIELD_BAD;
	return DISK_OK;
}

/**
 * disk_hard_equal() - do two hard states say the same?
 * @a: one
 * @b: the other
 */
bool disk_hard_equal(const struct disk_hard *a, const struct disk_hard *b)
{
	return a->generation == b->generation && a->term == b->term &&
	       a->epoch == b->epoch && a->vote == b->vote && a->clean == b->clean &&
	       a->start_position == b->start_position && a->start_lsn == b->start_lsn &&
	       a->start_prev_crc == b->start_prev_crc && a->last_errno == b->last_errno &&
	       a->why == b->why && a->base_index == b->base_index &&
	       a->base_term == b->base_term && a->end_lsn == b->end_lsn &&
	       a->last_index == b->last_index && a->suspect == b->suspect &&
	       a->snap_area == b->snap_area && a->snap_id == b->snap_id &&
	       a->snap_index == b->snap_index && a->snap_term == b->snap_term &&
	       a->suspect_first == b->suspect_first && a->suspect_last == b->suspect_last &&
	       check_equal(&a->check, &b->check);
}

/* ---- format ---- */

static void plan_add(struct disk_plan *plan, u64 offset, u32 bytes, const void *data,
		     bool flush_before)
{
	struct disk_plan_write *w = &plan->write[plan->n++];

	w->offset = offset;
	w->bytes = bytes;
	w->data = data;
	w->flush_before = flush_before;
}

static void plan_geometry(struct disk_super *s)
{
	s->snap_blocks = min_t(u64, s->blocks >> 3, DISK_SNAP_BLOCKS_MAX);
	s->snap_start[0] = DISK_AREA_BLOCK;
	s->snap_start[1] = s->snap_start[0] + s->snap_blocks;
	s->ring_start = s->snap_start[1] + s->snap_blocks;
	s->ring_blocks = s->blocks - DISK_TAIL_BLOCKS - s->ring_start;
}

/*
 * Both ends are wiped first: it takes the superblocks away before anything else
 * changes, and what another format left there (file systems, partition tables)
 * with them.
 */
static void plan_writes(struct disk_plan *plan)
{
	const u32 end = QUORUM_DEVICE_BLOCKS_MIN / 2 * QUORUM_BLOCK_BYTES;
	const u64 bytes = plan->super.blocks * QUORUM_BLOCK_BYTES;
	const u32 slot = plan->hard.generation & 1;
	u32 m;

	plan_add(plan, 0, end, NULL, false);
	plan_add(plan, bytes - end, end, NULL, false);
	for (m = 0; m < DISK_MIRRORS; m++)
		plan_add(plan, disk_hard_block(&plan->super, m, slot) * QUORUM_BLOCK_BYTES,
			 QUORUM_BLOCK_BYTES, plan->hardstate[m], m == 0);
	plan_add(plan, bytes - QUORUM_BLOCK_BYTES, QUORUM_BLOCK_BYTES, plan->superblock, true);
	plan_add(plan, DISK_SUPER_BLOCK, QUORUM_BLOCK_BYTES, plan->superblock, false);
}

/**
 * disk_format_plan() - plan a freshly formatted device
 * @plan: filled in; @plan->write points into it, so it must not be moved
 * @format: what to make
 */
enum disk_error disk_format_plan(struct disk_plan *plan, const struct disk_format *format)
{
	struct disk_super *s = &plan->super;
	struct disk_hard *h = &plan->hard;
	u32 m;

	memset(plan, 0, sizeof(*plan));
	if (format->device_bytes < (u64)QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES)
		return DISK_TOO_SMALL;
	if (format->logical_block < DISK_SECTOR_BYTES ||
	    format->logical_block > QUORUM_BLOCK_BYTES ||
	    format->logical_block & (format->logical_block - 1))
		return DISK_SECTOR_BAD;
	if (genesis_check(&format->genesis, format->node) != GENESIS_OK)
		return DISK_GENESIS_BAD;

	/* Sizes between the two granules take the larger: it holds whole sectors. */
	s->granule = max(format->logical_block, format->physical_block) <= DISK_SECTOR_BYTES ?
		     DISK_SECTOR_BYTES : QUORUM_BLOCK_BYTES;
	s->node = format->node;
	s->compat = DISK_COMPAT_CHECKPOINTS;
	s->incompat = DISK_INCOMPAT_SNAPSHOTS;
	if (format->genesis.joins)
		s->incompat |= DISK_INCOMPAT_JOINS;
	memcpy(s->device, format->device, sizeof(s->device));
	s->genesis = format->genesis;
	s->blocks = format->device_bytes / QUORUM_BLOCK_BYTES;
	plan_geometry(s);
	if (!super_geometry_good(s))
		return DISK_TOO_SMALL;
	super_derive(s);

	h->generation = 1;
	h->clean = true;
	h->start_position = disk_ring_first(s);
	h->start_lsn = 1;
	h->end_lsn = 1;
	disk_super_encode(s, plan->superblock);
	for (m = 0; m < DISK_MIRRORS; m++)
		disk_hard_encode(s, h, m, plan->hardstate[m]);
	plan_writes(plan);
	return DISK_OK;
}

/* ---- records ---- */

/**
 * disk_batch_begin() - start a record
 * @batch: the batch
 * @buf: QUORUM_RECORD_BYTES_MAX bytes, aligned to 8
 * @truncate: entries from here on are discarded, 0: none
 * @first: index of the first entry to come
 */
void disk_batch_begin(struct disk_batch *batch, void *buf, u64 truncate, u64 first)
{
	batch->buf = buf;
	batch->bytes = DISK_HEADER_BYTES;
	batch->limit = QUORUM_RECORD_BYTES_MAX;
	batch->nr = 0;
	batch->first = first;
	batch->truncate = truncate;
}

/**
 * disk_batch_add() - put the next entry into the record
 * @batch: the batch
 * @entry: its description; the index follows from its place
 * @payload: @entry->size bytes
 *
 * Return: false when it does not fit any more.
 */
bool disk_batch_add(struct disk_batch *batch, const struct raft_entry *entry,
		    const void *payload)
{
	struct disk_entry *d = (struct disk_entry *)(batch->buf + batch->bytes);
	u32 bytes;

	if (entry->size > QUORUM_ENTRY_BYTES_MAX)
		return false;
	bytes = disk_entry_bytes(entry->size);
	if (bytes > QUORUM_RECORD_BYTES_MAX - batch->bytes ||
	    (batch->nr && batch->bytes + bytes > batch->limit))
		return false;
	memset(d, 0, sizeof(*d));
	d->term = cpu_to_le64(entry->term);
	d->tag = cpu_to_le64(entry->tag);
	d->origin = cpu_to_le32(entry->origin);
	d->size = cpu_to_le32(entry->size);
	d->type = entry->type;
	if (entry->size)
		memcpy(d + 1, payload, entry->size);
	memset((u8 *)(d + 1) + entry->size, 0, bytes - DISK_ENTRY_BYTES - entry->size);
	batch->bytes += bytes;
	batch->nr++;
	return true;
}

static u32 record_crc(const struct disk_super *super, const struct disk_record *d)
{
	return crc_around(super->seed, d, offsetof(struct disk_record, hdr_crc), sizeof(*d));
}

/* Fill in what all records have in common and move the cursor's chain on. */
static void record_seal(struct disk_record *d, const struct disk_super *super,
			struct disk_cursor *cursor, u64 flushed, u32 bytes)
{
	d->magic = cpu_to_le32(DISK_RECORD_MAGIC);
	d->lsn = cpu_to_le64(cursor->lsn);
	d->epoch = cpu_to_le64(cursor->epoch);
	d->flushed_lsn = cpu_to_le64(flushed);
	d->position = cpu_to_le64(cursor->position);
	d->prev_crc = cpu_to_le32(cursor->prev_crc);
	d->data_crc = cpu_to_le32(crc32c(super->seed, d + 1, bytes - DISK_HEADER_BYTES));
	cursor->prev_crc = record_crc(super, d);
	d->hdr_crc = cpu_to_le32(cursor->prev_crc);
	cursor->lsn++;
}

/**
 * disk_cursor_fits() - does a record fit before the end of the ring?
 * @cursor: where it would start
 * @super: the device
 * @bytes: of the record
 */
bool disk_cursor_fits(const struct disk_cursor *cursor, const struct disk_super *super,
		      u32 bytes)
{
	return cursor->position + (disk_round(super, bytes) >> super->granule_shift) <=
	       disk_ring_end(super);
}

/**
 * disk_batch_seal() - make a record of a batch
 * @batch: the batch
 * @super: the device
 * @cursor: where it goes, moved behind it
 * @flushed: highest number known durable
 *
 * Return: bytes to write, a multiple of the granule.
 */
u32 disk_batch_seal(struct disk_batch *batch, const struct disk_super *super,
		    struct disk_cursor *cursor, u64 flushed)
{
	struct disk_record *d = (struct disk_record *)batch->buf;
	u32 bytes = disk_round(super, batch->bytes);

	memset(d, 0, sizeof(*d));
	memset(batch->buf + batch->bytes, 0, bytes - batch->bytes);
	d->data_len = cpu_to_le32(batch->bytes - DISK_HEADER_BYTES);
	d->type = cpu_to_le16(batch->nr ? DISK_ENTRIES : DISK_TRUNCATE);
	d->nr = cpu_to_le16(batch->nr);
	d->first_index = cpu_to_le64(batch->first);
	d->truncate = cpu_to_le64(batch->truncate);
	record_seal(d, super, cursor, flushed, bytes);
	cursor->position += bytes >> super->granule_shift;
	if (cursor->position == disk_ring_end(super))
		cursor->position = disk_ring_first(super);
	return bytes;
}

/**
 * disk_pad_seal() - close the lap
 * @granule: super->granule bytes, filled whole
 * @super: the device
 * @cursor: where it goes, moved to the ring's start
 * @flushed: highest number known durable
 */
void disk_pad_seal(void *granule, const struct disk_super *super,
		   struct disk_cursor *cursor, u64 flushed)
{
	struct disk_record *d = granule;

	memset(granule, 0, super->granule);
	d->type = cpu_to_le16(DISK_PAD);
	record_seal(d, super, cursor, flushed, super->granule);
	cursor->position = disk_ring_first(super);
}

/* The lengths a header names are possible and stay inside the ring. */
static enum disk_error head_check(const struct disk_super *super, const struct disk_head *head)
{
	if (head->data_len > QUORUM_RECORD_BYTES_MAX - DISK_HEADER_BYTES ||
	    head->lsn == 0 || head->flushed_lsn >= head->lsn)
		return DISK_FIELD_BAD;
	switch (head->type) {
	case DISK_ENTRIES:
		if (head->nr == 0 || head->first_index == 0 ||
		    head->first_index > U64_MAX - head->nr)
			return DISK_FIELD_BAD;
		if (head->nr > head->data_len / DISK_ENTRY_BYTES)
			return DISK_FIELD_BAD;
		break;
	case DISK_TRUNCATE:
		if (head->nr || head->data_len || !head->truncate)
			return DISK_FIELD_BAD;
		break;
	case DISK_PAD:
		if (head->nr || head->data_len || head->truncate)
			return DISK_FIELD_BAD;
		break;
	default:
		return DISK_TOO_NEW;
	}
	if (head->position + disk_record_span(super, head) > disk_ring_end(super))
		return DISK_FIELD_BAD;
	return DISK_OK;
}

/**
 * disk_record_decode() - decode and check a record's header
 * @super: the device
 * @granule: one granule
 * @position: where it was read; inside the ring
 * @head: filled in on DISK_OK, DISK_TOO_NEW and DISK_MISPLACED
 */
enum disk_error disk_record_decode(const struct disk_super *super, const void *granule,
				   u64 position, struct disk_head *head)
{
	const struct disk_record *d = granule;

	if (le32_to_cpu(d->magic) != DISK_RECORD_MAGIC)
		return DISK_OTHER;
	if (le32_to_cpu(d->hdr_crc) != record_crc(super, d))
		return DISK_CRC_BAD;
	head->hdr_crc = le32_to_cpu(d->hdr_crc);
	head->lsn = le64_to_cpu(d->lsn);
	head->epoch = le64_to_cpu(d->epoch);
	head->flushed_lsn = le64_to_cpu(d->flushed_lsn);
	head->position = position;
	head->data_len = le32_to_cpu(d->data_len);
	head->data_crc = le32_to_cpu(d->data_crc);
	head->prev_crc = le32_to_cpu(d->prev_crc);
	head->type = le16_to_cpu(d->type);
	head->nr = le16_to_cpu(d->nr);
	head->first_index = le64_to_cpu(d->first_index);
	head->truncate = le64_to_cpu(d->truncate);
	if (le64_to_cpu(d->position) != position)
		return DISK_MISPLACED;
	return head_check(super, head);
}

/**
 * disk_record_bytes() - bytes written for a record
 * @super: the device
 * @head: its header
 */
u32 disk_record_bytes(const struct disk_super *super, const struct disk_head *head)
{
	return disk_round(super, DISK_HEADER_BYTES + head->data_len);
}

/**
 * disk_record_span() - granules a record takes of the ring
 * @super: the device
 * @head: its header
 */
u64 disk_record_span(const struct disk_super *super, const struct disk_head *head)
{
	if (head->type == DISK_PAD)
		return disk_ring_end(super) - head->position;
	return disk_record_bytes(super, head) >> super->granule_shift;
}

/**
 * disk_record_check() - check what stands behind a header
 * @super: the device
 * @head: its header
 * @record: disk_record_bytes() bytes
 */
enum disk_error disk_record_check(const struct disk_super *super, const struct disk_head *head,
				  const void *record)
{
	const u32 bytes = disk_record_bytes(super, head);
	const void *payload;
	struct raft_entry entry;
	struct disk_iter iter;
	int more;

	if (crc32c(super->seed, (const u8 *)record + DISK_HEADER_BYTES,
		   bytes - DISK_HEADER_BYTES) != head->data_crc)
		return DISK_CRC_BAD;
	disk_iter_init(&iter, head, record);
	do {
		more = disk_iter_next(&iter, &entry, &payload);
	} while (more > 0);
	return more ? DISK_FIELD_BAD : DISK_OK;
}

/**
 * disk_iter_init() - start on the entries of a record
 * @iter: the iterator
 * @head: its header
 * @record: disk_record_bytes() bytes
 */
void disk_iter_init(struct disk_iter *iter, const struct disk_head *head, const void *record)
{
	iter->at = (const u8 *)record + DISK_HEADER_BYTES;
	iter->end = iter->at + head->data_len;
	iter->left = head->nr;
	iter->index = head->first_index;
}

/**
 * disk_iter_next() - next entry
 * @iter: the iterator
 * @entry: filled in
 * @payload: set to its payload, inside the record
 *
 * Return: 1; 0 at the end; -EUCLEAN when what comes is no entry.
 */
int disk_iter_next(struct disk_iter *iter, struct raft_entry *entry, const void **payload)
{
	const struct disk_entry *d = (const struct disk_entry *)iter->at;
	u32 room = iter->end - iter->at;

	if (iter->left == 0)
		return room ? -EUCLEAN : 0;
	if (room < DISK_ENTRY_BYTES)
		return -EUCLEAN;
	entry->size = le32_to_cpu(d->size);
	if (entry->size > QUORUM_ENTRY_BYTES_MAX || disk_entry_bytes(entry->size) > room)
		return -EUCLEAN;
	entry->index = iter->index++;
	entry->term = le64_to_cpu(d->term);
	entry->tag = le64_to_cpu(d->tag);
	entry->origin = le32_to_cpu(d->origin);
	entry->type = d->type;
	*payload = d + 1;
	iter->at += disk_entry_bytes(entry->size);
	iter->left--;
	return 1;
}
