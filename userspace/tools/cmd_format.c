// SPDX-License-Identifier: GPL-2.0
/*
 * quorumctl format.
 *
 * What to write where is the plan of module/format/disk.c; here is what the plan
 * may be carried out on, in which order, and the proof that it was.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "conf.h"
#include "disk_print.h"
#include "format/disk.h"
#include "medium.h"
#include "output.h"
#include "tool.h"

static_assert((int)CONF_MEMBERS_MAX == (int)QUORUM_MEMBERS_MAX);
static_assert((int)CONF_NAME_MAX == (int)QUORUM_NAME_LEN_MAX);
static_assert((int)CONF_PATH_MAX == (int)QUORUM_PATH_LEN_MAX);

enum { MEGABYTE = 1 << 20 };

const char help_format[] =
"Usage: quorumctl format CONF [--force]\n"
"\n"
"Make the log of a group on the block device that the configuration CONF names.\n"
"CONF is a path, or NAME for /etc/quorum/NAME.conf.\n"
"\n"
"A device that is in use is refused, and so is one that holds anything: another\n"
"group's log, a file system, or whatever is not zero in its first and last MiB.\n"
"\n"
"  --force  format a device that holds something; what it held is lost\n"
"\n"
"Never format the device of a member that took part, unless the member was lost\n"
"for good: its votes and its acknowledged entries are on it.\n";

static bool is_zero(const uint8_t *buf, size_t bytes)
{
	return !bytes || (!buf[0] && !memcmp(buf, buf + 1, bytes - 1));
}

/* A superblock at one end: refuse, naming what would be lost. */
static bool refuse_ours(const struct medium *medium, const uint8_t *block, enum disk_error what)
{
	struct disk_super super;
	char cluster[37];

	if (what == DISK_TOO_NEW) {
		tool_fail("%s holds a quorum log of a newer version; --force destroys it",
			  medium->path);
	} else if (what == DISK_OK && disk_super_decode(block, &super) == DISK_OK) {
		conf_format_uuid(super.genesis.cluster, cluster);
		tool_fail("%s holds group %s of cluster %s, node %u; --force destroys it",
			  medium->path, super.genesis.group, cluster, super.node);
	} else {
		tool_fail("%s holds a damaged quorum log (see `quorumctl fsck`); --force "
			  "destroys it",
			  medium->path);
	}
	return false;
}

/* Is it empty?  Prints why not. */
static bool check_empty(const struct medium *medium)
{
	size_t bytes = medium->bytes < MEGABYTE ? (size_t)medium->bytes : MEGABYTE;
	uint8_t *head, *tail;
	const char *holds;
	bool good = false;
	uint64_t end;

	bytes -= bytes % QUORUM_BLOCK_BYTES;
	end = medium->bytes - medium->bytes % QUORUM_BLOCK_BYTES;
	head = medium_buffer(MEGABYTE);
	tail = medium_buffer(MEGABYTE);
	if (medium_read(medium, head, bytes, 0) || medium_read(medium, tail, bytes, end - bytes)) {
		tool_fail("cannot read %s to see whether it is empty", medium->path);
	} else if (disk_identify(head) != DISK_ZERO && disk_identify(head) != DISK_OTHER) {
		refuse_ours(medium, head, disk_identify(head));
	} else if (disk_identify(tail + bytes - QUORUM_BLOCK_BYTES) != DISK_ZERO &&
		   disk_identify(tail + bytes - QUORUM_BLOCK_BYTES) != DISK_OTHER) {
		tail += bytes - QUORUM_BLOCK_BYTES;
		refuse_ours(medium, tail, disk_identify(tail));
		tail -= bytes - QUORUM_BLOCK_BYTES;
	} else if (is_zero(head, bytes) && is_zero(tail, bytes)) {
		good = true;
	} else {
		holds = medium_signature(head, bytes);
		tool_fail("%s holds %s; --force destroys it", medium->path,
			  holds ? holds : "data that is not known (its first and last MiB "
					  "are not all zero)");
	}
	free(head);
	free(tail);
	return good;
}

static bool make_plan(struct disk_plan *plan, const struct conf *conf,
		      const struct medium *medium)
{
	const struct quorum_group_config *config = &conf->config;
	struct disk_format format = {
		.device_bytes = medium->bytes,
		.logical_block = medium->logical,
		.physical_block = medium->physical,
		.node = config->node,
	};
	struct quorum_genesis *genesis = &format.genesis;
	enum genesis_error wrong;
	enum disk_error error;

	memcpy(genesis->cluster, config->cluster, sizeof(genesis->cluster));
	strcpy(genesis->group, conf->group);
	strcpy(genesis->machine, conf->machine);
	genesis->heartbeat_us = config->heartbeat_us;
	genesis->election_min_us = config->election_min_us;
	genesis->election_max_us = config->election_max_us;
	genesis->joins = config->join;
	genesis->n = config->n_members;
	for (u32 i = 0; i < genesis->n; i++) {
		genesis->members[i].id = conf->members[i].id;
		genesis->members[i].voter = conf->members[i].role == QUORUM_MEMBER_ROLE_VOTER;
	}
	genesis_normalize(genesis);
	wrong = genesis_check(genesis, config->node);
	if (wrong != GENESIS_OK) {
		tool_fail("%s: %s", conf->path, genesis_error_text(wrong));
		return false;
	}
	if (getrandom(format.device, sizeof(format.device), 0) != sizeof(format.device)) {
		tool_fail("the kernel gives no random numbers: %s", strerror(errno));
		return false;
	}
	error = disk_format_plan(plan, &format);
	if (error != DISK_OK) {
		tool_fail("%s cannot be formatted: %s", medium->path, disk_error_text(error));
		return false;
	}
	if (!disk_ring_useful(&plan->super)) {
		tool_fail("%s is too small: a device with blocks of %u bytes needs 3 MiB at least",
			  medium->path, plan->super.granule);
		return false;
	}
	return true;
}

/* One write of the plan, in pieces; NULL data is zeroes. */
static int write_one(const struct medium *medium, const struct disk_plan_write *write,
		     uint8_t *zeroes)
{
	int err = 0;

	if (write->flush_before)
		err = medium_flush(medium);
	for (u32 done = 0; !err && done < write->bytes;) {
		u32 bytes = write->bytes - done < MEGABYTE ? write->bytes - done : MEGABYTE;
		const void *from = write->data ? (const u8 *)write->data + done : zeroes;

		err = medium_write(medium, from, bytes, write->offset + done);
		done += bytes;
	}
	return err;
}

/* The last write of the plan that covers a block: what it wrote is there now. */
static const struct disk_plan_write *last_writer(const struct disk_plan *plan, u64 offset)
{
	const struct disk_plan_write *last = NULL;

	for (u32 i = 0; i < plan->n; i++)
		if (offset >= plan->write[i].offset &&
		    offset - plan->write[i].offset < plan->write[i].bytes)
			last = &plan->write[i];
	return last;
}

/*
 * Reads what is really there: with O_DIRECT where possible, and the page cache
 * was dropped anyway.  Writes of a plan are whole blocks.
 */
static int verify(const struct medium *medium, const struct disk_plan *plan)
{
	uint8_t *block = medium_buffer(QUORUM_BLOCK_BYTES);
	int err = 0;

	for (u32 i = 0; !err && i < plan->n; i++) {
		const struct disk_plan_write *write = &plan->write[i];

		for (u32 at = 0; !err && at < write->bytes; at += QUORUM_BLOCK_BYTES) {
			if (last_writer(plan, write->offset + at) != write)
				continue;
			err = medium_read(medium, block, QUORUM_BLOCK_BYTES, write->offset + at);
			if (!err && !(write->data ?
				      !memcmp(block, (const u8 *)write->data + at,
					      QUORUM_BLOCK_BYTES) :
				      is_zero(block, QUORUM_BLOCK_BYTES)))
				err = -EILSEQ;
		}
	}
	free(block);
	return err;
}

static int carry_out(const struct medium *medium, const struct disk_plan *plan)
{
	uint8_t *zeroes = medium_buffer(MEGABYTE);
	int err = 0;

	for (u32 i = 0; !err && i < plan->n; i++)
		err = write_one(medium, &plan->write[i], zeroes);
	free(zeroes);
	if (!err)
		err = medium_flush(medium);
	if (err)
		return tool_fail("writing to %s failed: %s; it is not formatted", medium->path,
				 strerror(-err));
	err = verify(medium, plan);
	if (err == -EILSEQ)
		return tool_fail("%s does not return what was written to it; do not use it",
				 medium->path);
	if (err)
		return tool_fail("reading back from %s failed: %s; do not use it", medium->path,
				 strerror(-err));
	return EXIT_OK;
}

static void report(const struct medium *medium, const struct disk_super *super)
{
	char cluster[37], device[37], size[32], ring[32];
	u32 voters = 0;

	conf_format_uuid(super->genesis.cluster, cluster);
	conf_format_uuid(super->device, device);
	for (u32 i = 0; i < super->genesis.n; i++)
		voters += super->genesis.members[i].voter;
	if (tool_json) {
		disk_print_super(super);
		return;
	}
	output_bytes(medium->bytes, size, sizeof(size));
	output_bytes(super->ring_blocks * QUORUM_BLOCK_BYTES, ring, sizeof(ring));
	printf("%s is node %u of group %s\n", medium->path, super->node, super->genesis.group);
	printf("  cluster  %s\n", cluster);
	if (super->genesis.joins)
		printf("  members  it joins: the group says who they are\n");
	else
		printf("  members  %u, of them %u %s\n", super->genesis.n, voters,
		       voters == 1 ? "votes" : "vote");
	printf("  device   %s, %s, log %s, records in multiples of %u bytes\n", device, size, ring,
	       super->granule);
}

static int format_medium(const struct conf *conf, bool force)
{
	struct disk_plan *plan;
	struct medium medium;
	int status = EXIT_FAILED;

	if (!medium_open(&medium, conf->device, true))
		return EXIT_FAILED;
	if (medium.bytes < (u64)QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES) {
		tool_fail("%s has %" PRIu64 " bytes; at least %u are needed", medium.path,
			  medium.bytes, QUORUM_DEVICE_BLOCKS_MIN * QUORUM_BLOCK_BYTES);
		medium_close(&medium);
		return EXIT_FAILED;
	}
	plan = medium_buffer(sizeof(*plan));
	if ((force || check_empty(&medium)) && make_plan(plan, conf, &medium))
		status = carry_out(&medium, plan);
	if (status == EXIT_OK)
		report(&medium, &plan->super);
	free(plan);
	medium_close(&medium);
	return status;
}

int cmd_format(int argc, char **argv)
{
	static const struct option options[] = {
		{ "force", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	static struct conf conf;
	bool force = false;

	while (tool_options(argc, argv, "f", options) == 'f')
		force = true;
	if (argc - optind != 1)
		return tool_usage("format takes one configuration");
	if (conf_load(&conf, argv[optind]))
		return tool_fail("%s", conf.error);
	return format_medium(&conf, force);
}
