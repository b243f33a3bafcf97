// SPDX-License-Identifier: GPL-2.0
/*
 * quorumctl fsck and dump: what the kernel would find on a device, by the very
 * code it would find it with (module/format/recover.c).  Nothing is written.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "conf.h"
#include "disk_print.h"
#include "fsck_map.h"
#include "medium.h"
#include "output.h"
#include "tool.h"

/* Exit statuses beside EXIT_OK and EXIT_USAGE; quorumctl(8) lists them. */
enum {
	EXIT_TORN = 1,
	EXIT_CORRUPT = 4,
	EXIT_NOT_OURS = 8,
};

enum { BUFFER_BYTES = 4 * QUORUM_RECORD_BYTES_MAX };

const char help_fsck[] =
"Usage: quorumctl fsck [--map] DEVICE\n"
"\n"
"Check a device or an image of one as the kernel does when it starts the group.\n"
"Nothing is written.  A device whose group runs counts as not stopped cleanly.\n"
"  --map    also print which bytes hold what, in what state\n"
"\n"
"Exit status: 0 clean, 1 not stopped cleanly or a torn tail (which the kernel cuts\n"
"off), 2 usage, 4 corrupt, 8 not formatted, of something else, or not readable.\n";

const char help_dump[] =
"Usage: quorumctl dump DEVICE\n"
"\n"
"Print superblock, hard state, every record and every entry of a device or an\n"
"image of one, and at last the verdict.  Nothing is written.\n"
"With --json each is one object on a line of its own.\n"
"\n"
"Exit status: as of `quorumctl fsck`.\n";

/* Everything the checks need, and what came of them. */
struct check {
	struct medium medium;
	struct recover_io io;
	struct disk_super super;
	struct disk_hard hard;
	struct quorum_snap_meta snap;
	struct recover_result result;
	struct map map;
	bool has_super;
	bool has_hard;
	uint8_t *buf;
};

static int read_medium(void *ctx, u64 offset, void *buf, u32 bytes)
{
	const struct medium *medium = ctx;
	uint64_t first = offset - offset % QUORUM_BLOCK_BYTES;
	uint8_t *blocks;
	size_t whole;
	int err;

	if (first == offset && bytes % QUORUM_BLOCK_BYTES == 0 &&
	    (uintptr_t)buf % QUORUM_BLOCK_BYTES == 0)
		return medium_read(medium, buf, bytes, offset);
	/* A granule may be less than what O_DIRECT wants here. */
	whole = (size_t)((offset + bytes - first + QUORUM_BLOCK_BYTES - 1) &
			 ~(uint64_t)(QUORUM_BLOCK_BYTES - 1));
	blocks = medium_buffer(whole);
	err = medium_read(medium, blocks, whole, first);
	if (!err)
		memcpy(buf, blocks + (offset - first), bytes);
	free(blocks);
	return err;
}

static int run_check(struct check *check, const struct recover_sink *sink,
		     void (*ready)(const struct check *check))
{
	int err;

	err = recover_super(&check->io, check->buf, &check->super, &check->result);
	if (err || check->result.verdict)
		return err;
	check->has_super = true;
	check->map.super = &check->super;
	err = recover_hard(&check->io, &check->super, check->buf, &check->hard, &check->result);
	if (err || check->result.verdict)
		return err;
	check->has_hard = true;
	err = recover_snapshot(&check->io, &check->super, &check->hard, check->buf, BUFFER_BYTES,
			       &check->snap, &check->result);
	if (err)
		return err;
	if (ready)
		ready(check);
	if (check->result.verdict)
		return 0;
	return recover_log(&check->io, &check->super, &check->hard, check->buf, BUFFER_BYTES,
			   sink, &check->result);
}

static int verdict_status(const struct recover_result *result)
{
	switch (result->verdict) {
	case RECOVER_CLEAN:
		return EXIT_OK;
	case RECOVER_TORN:
		return EXIT_TORN;
	case RECOVER_CORRUPT:
		return EXIT_CORRUPT;
	default:
		return EXIT_NOT_OURS;
	}
}

static void print_super(const struct disk_super *super)
{
	char cluster[37], ring[32];

	conf_format_uuid(super->genesis.cluster, cluster);
	output_bytes(super->ring_blocks * QUORUM_BLOCK_BYTES, ring, sizeof(ring));
	printf("group %s, node %u, cluster %s\n", super->genesis.group, super->node, cluster);
	printf("log %s from block %" PRIu64 ", granule %u, device %016" PRIx64 "\n", ring,
	       (uint64_t)super->ring_start, super->granule, (uint64_t)super->incarnation);
	printf("members%s", super->genesis.joins ? " as the group says, which it joins" : "");
	for (u32 i = 0; i < super->genesis.n; i++)
		printf(" %u%s", super->genesis.members[i].id,
		       super->genesis.members[i].voter ? "" : " (learner)");
	printf("; heartbeat %g ms, election %g-%g ms\n", super->genesis.heartbeat_us / 1e3,
	       super->genesis.election_min_us / 1e3, super->genesis.election_max_us / 1e3);
}

static void print_snapshot(const struct check *check)
{
	const struct quorum_snap_meta *snap = &check->snap;
	char size[32];

	switch (check->result.snap) {
	case RECOVER_SNAP_GOOD:
	case RECOVER_SNAP_FALLBACK:
		output_bytes(snap->bytes, size, sizeof(size));
		printf("snapshot %" PRIu64 " of index %" PRIu64 ", term %" PRIu64 ", %s, of state "
		       "machine %.*s\n", (uint64_t)snap->id, (uint64_t)snap->index,
		       (uint64_t)snap->term, size, (int)sizeof(snap->sm), snap->sm);
		if (check->result.snap == RECOVER_SNAP_FALLBACK)
			printf("  %s\n", recover_row_text(RECOVER_Q_SNAP_FALLBACK));
		break;
	case RECOVER_SNAP_NEEDLESS:
		printf("%s\n", recover_row_text(RECOVER_R_SNAP_NEEDLESS));
		break;
	default:
		break;
	}
}

static void print_hard(const struct disk_hard *hard)
{
	printf("term %" PRIu64 ", vote %u, openings %" PRIu64 ", %s\n", (uint64_t)hard->term,
	       hard->vote, (uint64_t)hard->epoch,
	       hard->clean ? "stopped cleanly" : "not stopped cleanly");
	if (hard->base_index)
		printf("log begins after index %" PRIu64 " of term %" PRIu64 "\n",
		       (uint64_t)hard->base_index, (uint64_t)hard->base_term);
	if (hard->check.lsn)
		printf("checkpoint at index %" PRIu64 " of term %" PRIu64 ", record %" PRIu64 "\n",
		       (uint64_t)hard->check.index, (uint64_t)hard->check.term,
		       (uint64_t)hard->check.lsn);
	if (hard->suspect)
		printf("suspect: entries from %" PRIu64 " on, up to %" PRIu64 " or further, are "
		       "missing until a leader gives them back\n", (uint64_t)hard->suspect_first,
		       (uint64_t)hard->suspect_last);
	if (hard->last_errno)
		printf("the last run ended with: %s (%s)\n", disk_why_text(hard->why),
		       strerror((int)hard->last_errno));
}

/* TORN says no more than that there was no clean stop: a running group's device is that, too. */
static bool cuts_off(const struct recover_result *result)
{
	return result->verdict == RECOVER_TORN && result->torn;
}

static void print_verdict(const struct check *check)
{
	const struct recover_result *result = &check->result;

	if (check->has_hard)
		printf("%" PRIu64 " records, %" PRIu64 " entries, last index %" PRIu64
		       " of term %" PRIu64 "\n", (uint64_t)result->records,
		       (uint64_t)result->entries, (uint64_t)result->last_index,
		       (uint64_t)result->last_term);
	for (int copy = 0; copy < 2; copy++)
		if (check->has_super && (result->super_bad & (1 << copy)))
			printf("superblock copy %c is damaged; the other one is "
			       "good\n", 'A' + copy);
	for (int slot = 0; slot < 4; slot++)
		if (check->has_super && (result->hard_bad & (1 << slot)))
			printf("hard state, mirror %c, slot %d is damaged\n", 'A' + slot / 2,
			       slot % 2);
	if (cuts_off(result))
		printf("%" PRIu64 " bytes behind the end are cut off at the next start\n",
		       (uint64_t)result->torn);
	if (result->verdict == RECOVER_CORRUPT && check->has_hard)
		printf("at record %" PRIu64 ", byte %" PRIu64 " of the device\n",
		       (uint64_t)result->lsn,
		       (uint64_t)result->position << check->super.granule_shift);
	if (result->verdict != RECOVER_TORN || cuts_off(result))
		printf("%s: %s: %s\n", check->medium.path, recover_verdict_name(result->verdict),
		       recover_row_text(result->row));
	else if (result->last_index)
		printf("%s: not stopped cleanly: the log is whole up to index %" PRIu64 "\n",
		       check->medium.path, (uint64_t)result->last_index);
	else
		printf("%s: not stopped cleanly: the log is empty\n", check->medium.path);
}

static int take_map(void *ctx, const struct disk_head *head, const void *record)
{
	struct check *check = ctx;

	(void)record;
	map_record(&check->map, head);
	return 0;
}

/* Open, check, report; what fsck and dump have in common. */
static int check_path(const char *path, const struct recover_sink *sink,
		      void (*ready)(const struct check *check), bool dump, bool map)
{
	static struct check check;
	const struct recover_sink map_sink = { .record = take_map, .ctx = &check };
	int err;

	if (!medium_open(&check.medium, path, false))
		return EXIT_NOT_OURS;
	if (check.medium.bytes < QUORUM_BLOCK_BYTES) {
		tool_fail("%s is not a quorum device: it is too small (%" PRIu64 " %s)", path,
			  check.medium.bytes, check.medium.bytes == 1 ? "byte" : "bytes");
		medium_close(&check.medium);
		return EXIT_NOT_OURS;
	}
	check.buf = medium_buffer(BUFFER_BYTES);
	check.io.read = read_medium;
	check.io.ctx = &check.medium;
	check.io.device_bytes = check.medium.bytes;
	err = run_check(&check, map ? &map_sink : sink, ready);
	if (err) {
		tool_fail("%s cannot be read: %s", path, strerror(-err));
	} else if (tool_json) {
		struct json_object *json = disk_verdict_json(&check.result);

		if (!dump && check.has_super)
			json_object_object_add(json, "superblock", disk_super_json(&check.super));
		if (!dump && check.has_hard)
			json_object_object_add(json, "hard-state", disk_hard_json(&check.hard));
		if (!dump && check.has_hard)
			json_object_object_add(json, "snapshot",
					       disk_snapshot_json(&check.result, &check.snap));
		if (map && check.has_hard)
			json_object_object_add(json, "map", map_json(&check.map, &check.result,
								     &check.hard));
		output_json_line(json);
	} else {
		if (!dump && check.has_super)
			print_super(&check.super);
		if (!dump && check.has_hard)
			print_hard(&check.hard);
		if (!dump && check.has_hard)
			print_snapshot(&check);
		if (map && check.has_hard)
			map_print(&check.map, &check.result, &check.hard);
		print_verdict(&check);
	}
	map_free(&check.map);
	free(check.buf);
	medium_close(&check.medium);
	return err ? EXIT_NOT_OURS : verdict_status(&check.result);
}

int cmd_fsck(int argc, char **argv)
{
	static const struct option options[] = {
		{ "map", no_argument, NULL, 'm' },
		{ NULL, 0, NULL, 0 },
	};
	bool map = false;

	while (tool_options(argc, argv, "", options) == 'm')
		map = true;
	if (argc - optind != 1)
		return tool_usage("fsck takes one device or image");
	return check_path(argv[optind], NULL, NULL, false, map);
}

/* ---- dump ---- */

/* A stream nobody reads any more ends the walk, without a word. */
static int dumped(void)
{
	return ferror(stdout) || tool_stop ? -EPIPE : 0;
}

static void dump_ready(const struct check *check)
{
	if (tool_json) {
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "superblock", disk_super_json(&check->super));
		json_object_object_add(json, "hard-state", disk_hard_json(&check->hard));
		json_object_object_add(json, "snapshot",
				       disk_snapshot_json(&check->result, &check->snap));
		output_json_line(json);
		return;
	}
	print_super(&check->super);
	print_hard(&check->hard);
	print_snapshot(check);
}

static int dump_record(void *ctx, const struct disk_head *head, const void *record)
{
	(void)ctx;
	(void)record;
	if (tool_json) {
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "record", disk_head_json(head));
		output_json_line(json);
		return dumped();
	}
	printf("record %" PRIu64 " %s at %" PRIu64 " epoch %" PRIu64 " flushed %" PRIu64
	       " bytes %u entries %u\n", (uint64_t)head->lsn, disk_record_type_name(head->type),
	       (uint64_t)head->position, (uint64_t)head->epoch, (uint64_t)head->flushed_lsn,
	       head->data_len, head->nr);
	return dumped();
}

static int dump_truncate(void *ctx, u64 index)
{
	(void)ctx;
	if (!tool_json)
		printf("  truncate from index %" PRIu64 "\n", (uint64_t)index);
	return dumped();
}

static int dump_entry(void *ctx, const struct raft_entry *entry, const void *payload)
{
	struct quorum_entry head = {
		.index = entry->index, .term = entry->term, .tag = entry->tag,
		.origin = entry->origin, .size = entry->size, .type = entry->type,
	};
	struct quorum_session_head session;
	uint32_t size;

	(void)ctx;
	if (tool_json) {
		struct json_object *json = json_object_new_object();

		json_object_object_add(json, "entry", output_entry_json(&head, payload));
		output_json_line(json);
		return dumped();
	}
	printf("  entry %" PRIu64 " term %" PRIu64 " %s origin %u tag %#" PRIx64 " size %u",
	       (uint64_t)entry->index, (uint64_t)entry->term, output_entry_type(entry->type),
	       entry->origin, (uint64_t)entry->tag, entry->size);
	payload = output_payload(&head, payload, &size, &session);
	if (session.op)
		printf(" %s of session %" PRIu64 " number %" PRIu64,
		       output_session_op(le32toh(session.op)), (uint64_t)le64toh(session.client),
		       (uint64_t)le64toh(session.seq));
	if (size) {
		printf(" ");
		output_excerpt(payload, size, 40);
	}
	printf("\n");
	return dumped();
}

int cmd_dump(int argc, char **argv)
{
	static const struct recover_sink sink = {
		.record = dump_record,
		.truncate = dump_truncate,
		.entry = dump_entry,
	};

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind != 1)
		return tool_usage("dump takes one device or image");
	return check_path(argv[optind], &sink, dump_ready, true, false);
}
