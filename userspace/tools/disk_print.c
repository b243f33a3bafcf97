// SPDX-License-Identifier: GPL-2.0
/* What lies on a device, as JSON; the keys are the field names of format/disk.h. */
#include <stdio.h>
#include <string.h>
#include <json-c/json.h>

#include "conf.h"
#include "disk_print.h"
#include "output.h"

static struct json_object *members_json(const struct quorum_genesis *genesis)
{
	struct json_object *list = json_object_new_array();

	for (u32 i = 0; i < genesis->n; i++) {
		struct json_object *member = json_object_new_object();

		output_add_u64(member, "id", genesis->members[i].id);
		output_add_str(member, "role", genesis->members[i].voter ? "voter" : "learner");
		json_object_array_add(list, member);
	}
	return list;
}

struct json_object *disk_super_json(const struct disk_super *super)
{
	struct json_object *json = json_object_new_object();
	char uuid[37];

	output_add_str(json, "group", super->genesis.group);
	output_add_str(json, "machine",
		       super->genesis.machine[0] ? super->genesis.machine : "log");
	conf_format_uuid(super->genesis.cluster, uuid);
	output_add_str(json, "cluster", uuid);
	output_add_u64(json, "node", super->node);
	conf_format_uuid(super->device, uuid);
	output_add_str(json, "device", uuid);
	output_add_u64(json, "incarnation", super->incarnation);
	output_add_u64(json, "granule", super->granule);
	output_add_u64(json, "blocks", super->blocks);
	output_add_u64(json, "ring-start", super->ring_start);
	output_add_u64(json, "ring-blocks", super->ring_blocks);
	output_add_u64(json, "snap-blocks", super->snap_blocks);
	output_add_u64(json, "heartbeat-us", super->genesis.heartbeat_us);
	output_add_u64(json, "election-min-us", super->genesis.election_min_us);
	output_add_u64(json, "election-max-us", super->genesis.election_max_us);
	if (super->genesis.joins)
		json_object_object_add(json, "join", json_object_new_boolean(true));
	json_object_object_add(json, "member", members_json(&super->genesis));
	return json;
}

void disk_print_super(const struct disk_super *super)
{
	output_json_line(disk_super_json(super));
}

struct json_object *disk_hard_json(const struct disk_hard *hard)
{
	struct json_object *json = json_object_new_object();

	output_add_u64(json, "generation", hard->generation);
	output_add_u64(json, "term", hard->term);
	output_add_u64(json, "vote", hard->vote);
	output_add_u64(json, "epoch", hard->epoch);
	json_object_object_add(json, "clean", json_object_new_boolean(hard->clean));
	output_add_u64(json, "start-position", hard->start_position);
	output_add_u64(json, "start-lsn", hard->start_lsn);
	output_add_u64(json, "base-index", hard->base_index);
	output_add_u64(json, "base-term", hard->base_term);
	if (hard->clean) {
		output_add_u64(json, "end-lsn", hard->end_lsn);
		output_add_u64(json, "last-index", hard->last_index);
	}
	if (hard->check.lsn) {
		output_add_u64(json, "check-index", hard->check.index);
		output_add_u64(json, "check-lsn", hard->check.lsn);
		output_add_u64(json, "check-position", hard->check.position);
	}
	if (hard->suspect) {
		output_add_u64(json, "suspect-first", hard->suspect_first);
		output_add_u64(json, "suspect-last", hard->suspect_last);
	}
	if (hard->last_errno) {
		output_add_u64(json, "last-errno", hard->last_errno);
		output_add_str(json, "why", disk_why_text(hard->why));
	}
	return json;
}

struct json_object *disk_snapshot_json(const struct recover_result *result,
				       const struct quorum_snap_meta *snap)
{
	static const char * const states[] = {
		[RECOVER_SNAP_NONE] = "none", [RECOVER_SNAP_GOOD] = "good",
		[RECOVER_SNAP_FALLBACK] = "fallback", [RECOVER_SNAP_NEEDLESS] = "needless",
		[RECOVER_SNAP_LOST] = "lost",
	};
	struct json_object *json = json_object_new_object();
	char sm[DISK_SNAP_SM_BYTES + 1] = "";

	output_add_str(json, "state", states[result->snap]);
	if (result->snap != RECOVER_SNAP_GOOD && result->snap != RECOVER_SNAP_FALLBACK)
		return json;
	memcpy(sm, snap->sm, sizeof(snap->sm));
	output_add_u64(json, "area", result->snap_area);
	output_add_u64(json, "id", snap->id);
	output_add_u64(json, "index", snap->index);
	output_add_u64(json, "term", snap->term);
	output_add_u64(json, "bytes", snap->bytes);
	output_add_u64(json, "crc", snap->crc);
	output_add_str(json, "sm", sm);
	output_add_u64(json, "config-bytes", snap->config_len);
	return json;
}

const char *disk_record_type_name(u16 type)
{
	switch (type) {
	case DISK_ENTRIES:
		return "entries";
	case DISK_TRUNCATE:
		return "truncate";
	case DISK_PAD:
		return "pad";
	default:
		return "unknown";
	}
}

struct json_object *disk_head_json(const struct disk_head *head)
{
	struct json_object *json = json_object_new_object();

	output_add_u64(json, "lsn", head->lsn);
	output_add_str(json, "type", disk_record_type_name(head->type));
	output_add_u64(json, "position", head->position);
	output_add_u64(json, "epoch", head->epoch);
	output_add_u64(json, "flushed-lsn", head->flushed_lsn);
	output_add_u64(json, "data-len", head->data_len);
	output_add_u64(json, "nr", head->nr);
	output_add_u64(json, "first-index", head->first_index);
	output_add_u64(json, "truncate", head->truncate);
	return json;
}

struct json_object *disk_verdict_json(const struct recover_result *result)
{
	struct json_object *json = json_object_new_object();

	output_add_str(json, "verdict", recover_verdict_name(result->verdict));
	if (result->verdict == RECOVER_TORN && !result->torn)
		output_add_str(json, "reason", "not stopped cleanly; nothing is cut off");
	else
		output_add_str(json, "reason", recover_row_text(result->row));
	output_add_u64(json, "super-bad", result->super_bad);
	output_add_u64(json, "hard-bad", result->hard_bad);
	output_add_u64(json, "lsn", result->lsn);
	output_add_u64(json, "position", result->position);
	output_add_u64(json, "witness-lsn", result->witness_lsn);
	output_add_u64(json, "witness-position", result->witness_position);
	output_add_u64(json, "records", result->records);
	output_add_u64(json, "entries", result->entries);
	output_add_u64(json, "truncations", result->truncations);
	output_add_u64(json, "used", result->used);
	output_add_u64(json, "torn-bytes", result->torn);
	output_add_u64(json, "last-index", result->last_index);
	output_add_u64(json, "last-term", result->last_term);
	return json;
}
