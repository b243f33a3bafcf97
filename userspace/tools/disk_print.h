/* SPDX-License-Identifier: GPL-2.0 */
/* What lies on a device, for people and as JSON. */
#ifndef QUORUM_DISK_PRINT_H
#define QUORUM_DISK_PRINT_H

#include "format/disk.h"
#include "format/recover.h"

struct json_object;

/* One line of JSON. */
void disk_print_super(const struct disk_super *super);

struct json_object *disk_super_json(const struct disk_super *super);
struct json_object *disk_hard_json(const struct disk_hard *hard);
struct json_object *disk_snapshot_json(const struct recover_result *result,
				       const struct quorum_snap_meta *snap);
struct json_object *disk_head_json(const struct disk_head *head);
struct json_object *disk_verdict_json(const struct recover_result *result);

/* "entries", "truncate" or "pad". */
const char *disk_record_type_name(u16 type);

#endif /* QUORUM_DISK_PRINT_H */
