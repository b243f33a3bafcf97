/* SPDX-License-Identifier: GPL-2.0 */
/* The map of a device: which bytes hold what, in what state. */
#ifndef QUORUM_FSCK_MAP_H
#define QUORUM_FSCK_MAP_H

#include <stddef.h>
#include "format/disk.h"
#include "format/recover.h"

struct json_object;

/* A stretch of good records, without a break. */
struct map_run {
	u64 from, to;		/* granules */
	u64 lsn, lsn_last;
	u64 first, last;	/* entries; 0: none */
};

struct map {
	const struct disk_super *super;
	struct map_run *runs;
	size_t n;
};

/* Add a record; @map->super is known by then.  Follows the order of the log. */
void map_record(struct map *map, const struct disk_head *head);

/* Print it, with the verdict's findings; as text. */
void map_print(const struct map *map, const struct recover_result *result,
	       const struct disk_hard *hard);

/* The same as an array of {offset, bytes, what, state}. */
struct json_object *map_json(const struct map *map, const struct recover_result *result,
			     const struct disk_hard *hard);

void map_free(struct map *map);

#endif /* QUORUM_FSCK_MAP_H */
