// SPDX-License-Identifier: GPL-2.0
/*
 * The map of a device: every byte of it belongs to one row, in order.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <json-c/json.h>

#include "fsck_map.h"
#include "output.h"
#include "tool.h"

/* Who takes the rows. */
struct paper {
	struct json_object *list;	/* NULL: print */
	u64 at;				/* bytes: so far the map reaches */
};

static void row(struct paper *paper, u64 from, u64 to, const char *state, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void row(struct paper *paper, u64 from, u64 to, const char *state, const char *format, ...)
{
	struct json_object *json;
	char what[160];
	va_list args;

	if (from >= to)
		return;
	if (paper->at < from)
		row(paper, paper->at, from, "unused", "-");
	paper->at = to;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (!paper->list) {
		printf("%14" PRIu64 " %14" PRIu64 "  %-10s %s\n", (uint64_t)from,
		       (uint64_t)(to - from), state, what);
		return;
	}
	json = json_object_new_object();
	output_add_u64(json, "offset", from);
	output_add_u64(json, "bytes", to - from);
	output_add_str(json, "state", state);
	output_add_str(json, "what", what);
	json_object_array_add(paper->list, json);
}

void map_record(struct map *map, const struct disk_head *head)
{
	u64 end = head->position + disk_record_span(map->super, head);
	struct map_run *run = map->n ? &map->runs[map->n - 1] : NULL;

	/* Rows of a thousand records are enough to tell where something is. */
	if (!run || run->to != head->position || head->lsn - run->lsn >= 1000) {
		map->runs = realloc(map->runs, (map->n + 1) * sizeof(*run));
		if (!map->runs)
			abort();
		run = &map->runs[map->n++];
		*run = (struct map_run){ .from = head->position, .lsn = head->lsn };
	}
	run->to = end;
	run->lsn_last = head->lsn;
	if (!head->nr)
		return;
	if (!run->first)
		run->first = head->first_index;
	run->last = head->first_index + head->nr - 1;
}

static void hard_row(struct paper *paper, const struct map *map,
		     const struct recover_result *result, u32 mirror, u32 slot)
{
	u64 from = disk_hard_block(map->super, mirror, slot) * QUORUM_BLOCK_BYTES;
	bool bad = result->hard_bad & 1 << (mirror * DISK_SLOTS + slot);

	row(paper, from, from + map->super->granule, bad ? "damaged" : "good",
	    "hard state, mirror %c, slot %u", 'A' + mirror, slot);
}

static void area_row(struct paper *paper, const struct map *map,
		     const struct recover_result *result, const struct disk_hard *hard, u32 area)
{
	u64 from = map->super->snap_start[area] * QUORUM_BLOCK_BYTES;
	u64 to = from + map->super->snap_blocks * QUORUM_BLOCK_BYTES;
	bool good = result->snap == RECOVER_SNAP_GOOD || result->snap == RECOVER_SNAP_FALLBACK;

	if (good && result->snap_area == area)
		row(paper, from, to, "good", "snapshot area %u, in force", area);
	else if (hard->snap_area == area + 1)
		row(paper, from, to, "damaged", "snapshot area %u, in force", area);
	else
		row(paper, from, to, "unused", "snapshot area %u, not in force", area);
}

/* What the ring holds from @from on, where no good record lies. */
static void rest_row(struct paper *paper, const struct map *map,
		     const struct recover_result *result, u64 from, u64 to)
{
	const u32 shift = map->super->granule_shift;
	u64 witness = result->witness_position, end = result->next.position;
	bool corrupt = result->verdict == RECOVER_CORRUPT;

	if (from == end && corrupt && witness > from && witness < to) {
		row(paper, from << shift, witness << shift, "damaged", "log, record %" PRIu64,
		    (uint64_t)result->lsn);
		row(paper, witness << shift, to << shift, "cut off",
		    "log, record %" PRIu64 " and further", (uint64_t)result->witness_lsn);
	} else if (from == end && corrupt) {
		row(paper, from << shift, to << shift, "damaged", "log, from record %" PRIu64 " on",
		    (uint64_t)result->lsn);
	} else if (from == end && result->torn) {
		row(paper, from << shift, to << shift, "torn",
		    "log, %" PRIu64 " bytes of records never acknowledged", (uint64_t)result->torn);
	} else {
		row(paper, from << shift, to << shift, "free", "log");
	}
}

static int by_place(const void *a, const void *b)
{
	const struct map_run *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void ring_rows(struct paper *paper, const struct map *map,
		      const struct recover_result *result)
{
	const u32 shift = map->super->granule_shift;
	u64 at = disk_ring_first(map->super);

	qsort(map->runs, map->n, sizeof(*map->runs), by_place);
	for (size_t i = 0; i < map->n; i++) {
		const struct map_run *run = &map->runs[i];

		if (at < run->from)
			rest_row(paper, map, result, at, run->from);
		if (run->first)
			row(paper, run->from << shift, run->to << shift, "good",
			    "log, records %" PRIu64 " to %" PRIu64 ", entries %" PRIu64 " to %"
			    PRIu64, (uint64_t)run->lsn, (uint64_t)run->lsn_last,
			    (uint64_t)run->first, (uint64_t)run->last);
		else
			row(paper, run->from << shift, run->to << shift, "good",
			    "log, records %" PRIu64 " to %" PRIu64 " without entries",
			    (uint64_t)run->lsn, (uint64_t)run->lsn_last);
		at = run->to;
	}
	rest_row(paper, map, result, at, disk_ring_end(map->super));
}

static void map_draw(struct paper *paper, const struct map *map,
		     const struct recover_result *result, const struct disk_hard *hard)
{
	const struct disk_super *super = map->super;
	u64 last = (super->blocks - 1) * QUORUM_BLOCK_BYTES;

	row(paper, 0, QUORUM_BLOCK_BYTES, result->super_bad & 1 ? "damaged" : "good",
	    "superblock, copy A");
	for (u32 slot = 0; slot < DISK_SLOTS; slot++)
		hard_row(paper, map, result, 0, slot);
	for (u32 area = 0; area < DISK_SNAP_AREAS; area++)
		area_row(paper, map, result, hard, area);
	ring_rows(paper, map, result);
	for (u32 slot = 0; slot < DISK_SLOTS; slot++)
		hard_row(paper, map, result, 1, slot);
	row(paper, last, last + QUORUM_BLOCK_BYTES, result->super_bad & 2 ? "damaged" : "good",
	    "superblock, copy B");
}

void map_print(const struct map *map, const struct recover_result *result,
	       const struct disk_hard *hard)
{
	struct paper paper = { 0 };

	printf("%14s %14s  %-10s %s\n", "offset", "bytes", "state", "what");
	map_draw(&paper, map, result, hard);
}

struct json_object *map_json(const struct map *map, const struct recover_result *result,
			     const struct disk_hard *hard)
{
	struct paper paper = { .list = json_object_new_array() };

	map_draw(&paper, map, result, hard);
	return paper.list;
}

void map_free(struct map *map)
{
	free(map->runs);
	map->runs = NULL;
	map->n = 0;
}
