// SPDX-License-Identifier: GPL-2.0
/* quorumctl read and tail. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "tool.h"

const char help_read[] =
"Usage: quorumctl read NAME [--from INDEX] [--to INDEX] [--count N] [--raw | -H]\n"
"                      [--stale | --timeout DURATION]\n"
"\n"
"Print the committed entries of a group, one payload per line, up to what was\n"
"committed anywhere in the group when the command began: it asks the leader how\n"
"far that is, and waits until this node has it.  With --json one object per line, the payload\n"
"as \"text\" where it is printable and as \"data\" in base64 where it is not.  Of a\n"
"session's entry its command is printed, which is empty where it only opens or ends;\n"
"--json names session and number, too.\n"
"\n"
"  --from INDEX   begin here (default: the first entry)\n"
"  --to INDEX     end here, inclusive (default: the commit index)\n"
"  --count N      at most N entries\n"
"  --raw          payload only, no newline behind it\n"
"  -H, --headers  index, term and origin before each payload\n"
"  --stale        what this node has heard of; asks nobody, and may be behind\n"
"  --timeout D    longest wait for the leader's answer (default: 5s)\n";

const char help_tail[] =
"Usage: quorumctl tail NAME [-n N] [-f] [--raw | -H]\n"
"\n"
"Print the last committed entries this node has heard of, as `quorumctl read\n"
"--stale` does.\n"
"\n"
"  -n N           how many (default: 10)\n"
"  -f, --follow   go on with what is committed from now on\n"
"  --raw          payload only, no newline behind it\n"
"  -H, --headers  index, term and origin before each payload\n";

/* The widest step back when looking for the last entries, in indexes. */
#define TAIL_STEP_MAX	65536

struct options {
	uint64_t from;
	uint64_t to;
	uint64_t count;
	bool raw;
	bool headers;
	bool follow;
};

static void print_entry(const struct options *options, const struct quorum_entry *entry,
			const void *payload)
{
	struct quorum_session_head head;
	uint32_t size;

	if (tool_json) {
		output_json_line(output_entry_json(entry, payload));
		return;
	}
	if (options->headers)
		printf("%" PRIu64 " %" PRIu64 " %u ", (uint64_t)entry->index,
		       (uint64_t)entry->term, entry->origin);
	payload = output_payload(entry, payload, &size, &head);
	fwrite(payload, 1, size, stdout);
	if (!options->raw)
		putchar('\n');
}

static int fail_read(const char *name, int err)
{
	switch (-err) {
	case EINTR:
		return EXIT_OK;
	case ESTALE:
		return tool_fail("%s: that entry is not in the log any more: a snapshot stands "
				 "for it; leave --from out to read from the first there is",
				 name);
	case EUCLEAN:
		return tool_fail("%s: an entry on the device is damaged", name);
	case EIO:
		return tool_fail("%s: the device cannot be read", name);
	case EBADMSG:
		return tool_fail("%s: the kernel returned what is not an entry", name);
	default:
		return tool_fail("%s: %s", name, tool_strerror(-err));
	}
}

/* What is committed now; prints why it cannot be told. */
static bool get_info(const char *name, struct quorum_info *info)
{
	struct quorum *q;
	int err;

	err = quorum_open(name, &q);
	if (err) {
		tool_fail_device(name, err);
		return false;
	}
	err = quorum_get_info(q, info);
	quorum_close(q);
	if (!err && !info->role)
		err = -ESHUTDOWN;
	if (err)
		tool_fail("%s: %s", name, tool_strerror(-err));
	return !err;
}

/* Have this node know all that is committed; prints why it cannot. */
static bool catch_up(const char *name, uint64_t timeout, uint64_t *index)
{
	struct quorum *q;
	int err;

	err = quorum_open(name, &q);
	if (err) {
		tool_fail_device(name, err);
		return false;
	}
	err = quorum_barrier(q, timeout, index);
	quorum_close(q);
	if (err == -ENOTCONN || err == -ETIMEDOUT)
		tool_fail("%s: no leader answers, so this node may be behind; "
			  "`quorumctl read --stale` prints what it has", name);
	else if (err)
		tool_fail("%s: %s", name, tool_strerror(-err));
	return !err;
}

static struct quorum_reader *open_reader(const char *name, uint64_t from)
{
	struct quorum_reader *reader;
	int err;

	err = quorum_reader_open(name, from, &reader);
	if (!err)
		return reader;
	tool_fail_device(name, err);
	return NULL;
}

/*
 * Wait until there is something to read, or nobody any more to print it for: a
 * closed pipe shows as an error of stdout, whatever is asked for.
 */
static int wait_for_entry(struct quorum_reader *reader)
{
	struct pollfd fds[2] = {
		{ .fd = quorum_reader_fd(reader), .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
	};

	if (poll(fds, 2, -1) < 0)
		return -errno;
	if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		return -EPIPE;
	/* A group that was stopped is no reason to spin: the read says what it is. */
	return fds[0].revents & POLLIN ? 0 : 1;
}

/* Print from where the reader is; with follow, until a signal or a closed stdout. */
static int copy(struct quorum_reader *reader, const char *name, const struct options *options)
{
	const struct quorum_entry *entry;
	const void *payload;
	uint64_t count = 0;
	int err;

	while (!tool_stop && count < options->count) {
		err = quorum_reader_next(reader, 0, &entry, &payload);
		if (err == -EAGAIN && options->follow) {
			if (!tool_flush())
				return EXIT_OK;
			err = wait_for_entry(reader);
			if (err == -EPIPE)
				return EXIT_OK;
			if (!err)
				continue;
			err = err < 0 ? err : quorum_reader_next(reader, -1, &entry, &payload);
		}
		if (err == -EAGAIN)
			break;
		if (err)
			return fail_read(name, err);
		if (entry->index > options->to)
			break;
		print_entry(options, entry, payload);
		count++;
		if (ferror(stdout))
			return EXIT_OK;
	}
	/* Nobody reads any more: that is their decision, not a failure. */
	tool_flush();
	return EXIT_OK;
}

enum { OPTION_RAW = 0x100, OPTION_FROM, OPTION_TO, OPTION_COUNT, OPTION_STALE, OPTION_TIMEOUT };

int cmd_read(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "from", required_argument, NULL, OPTION_FROM },
		{ "to", required_argument, NULL, OPTION_TO },
		{ "count", required_argument, NULL, OPTION_COUNT },
		{ "raw", no_argument, NULL, OPTION_RAW },
		{ "stale", no_argument, NULL, OPTION_STALE },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ "headers", no_argument, NULL, 'H' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .to = UINT64_MAX, .count = UINT64_MAX };
	struct quorum_reader *reader;
	struct quorum_info info;
	uint64_t timeout = 0, index = 0;
	int option, status;
	bool stale = false;

	while ((option = tool_options(argc, argv, "H", longs)) != -1) {
		uint64_t *number = option == OPTION_FROM ? &options.from :
				   option == OPTION_TO ? &options.to : &options.count;

		if (option == 'H') {
			options.headers = true;
		} else if (option == OPTION_RAW) {
			options.raw = true;
		} else if (option == OPTION_STALE) {
			stale = true;
		} else if (option == OPTION_TIMEOUT) {
			if (!tool_parse_duration(optarg, &timeout) || !timeout)
				return tool_usage("'%s' is not a duration such as 30s or 500ms",
						  optarg);
		} else if (!tool_parse_u64(optarg, option != OPTION_COUNT, INT64_MAX, number)) {
			return tool_usage("'%s' is not %s", optarg,
					  option == OPTION_COUNT ? "a number" : "an index");
		}
	}
	if (argc - optind != 1)
		return tool_usage("read takes the name of one group");
	if (options.raw && (options.headers || tool_json))
		return tool_usage("--raw goes with neither --headers nor --json");
	tool_catch_signals();
	if (!stale && !catch_up(argv[optind], timeout, &index))
		return EXIT_FAILED;
	if (!get_info(argv[optind], &info))
		return EXIT_FAILED;
	if (info.commit < index)
		info.commit = index;
	if (options.to > info.commit)
		options.to = info.commit;
	if (options.from > options.to || !info.commit)
		return EXIT_OK;
	reader = open_reader(argv[optind], options.from);
	if (!reader)
		return EXIT_FAILED;
	status = copy(reader, argv[optind], &options);
	quorum_reader_close(reader);
	return status;
}

/* ---- tail ---- */

/* Number of entries from @from up to @to, and the index of the @nth last of them. */
static int count_entries(struct quorum_reader *reader, uint64_t from, uint64_t to, uint64_t n,
			 uint64_t *ring, uint64_t *found)
{
	const struct quorum_entry *entry;
	const void *payload;
	int err;

	*found = 0;
	err = quorum_reader_seek(reader, from);
	while (!err) {
		err = quorum_reader_next(reader, 0, &entry, &payload);
		if (!err && entry->index > to)
			break;
		if (!err)
			ring[(*found)++ % n] = entry->index;
	}
	return err == -EAGAIN ? 0 : err;
}

/*
 * Where the last @n entries begin.  Indexes without data lie between them, so a
 * span of n indexes may hold fewer: look back twice as far until it does.
 */
static int find_start(struct quorum_reader *reader, const struct quorum_info *info, uint64_t n,
		      uint64_t *start)
{
	uint64_t *ring, found, span = n;
	int err;

	*start = info->commit + 1;
	if (!n || !info->commit)
		return 0;
	ring = calloc(n, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	for (;;) {
		uint64_t from = info->commit > span ? info->commit - span + 1 : 1;

		if (from < info->first)
			from = info->first ? info->first : 1;
		err = count_entries(reader, from, info->commit, n, ring, &found);
		if (err)
			break;
		*start = found >= n ? ring[found % n] : from;
		if (found >= n || from <= 1 || from == info->first)
			break;
		span += span < TAIL_STEP_MAX ? span + 1 : TAIL_STEP_MAX;
	}
	free(ring);
	return err;
}

int cmd_tail(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "follow", no_argument, NULL, 'f' },
		{ "lines", required_argument, NULL, 'n' },
		{ "raw", no_argument, NULL, OPTION_RAW },
		{ "headers", no_argument, NULL, 'H' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .to = UINT64_MAX, .count = UINT64_MAX };
	uint64_t n = 10, start;
	struct quorum_reader *reader;
	struct quorum_info info;
	int option, status, err;

	while ((option = tool_options(argc, argv, "fn:H", longs)) != -1) {
		if (option == 'H')
			options.headers = true;
		else if (option == OPTION_RAW)
			options.raw = true;
		else if (option == 'f')
			options.follow = true;
		else if (!tool_parse_u64(optarg, 0, 1000000, &n))
			return tool_usage("'%s' is not a number up to 1000000", optarg);
	}
	if (argc - optind != 1)
		return tool_usage("tail takes the name of one group");
	if (options.raw && (options.headers || tool_json))
		return tool_usage("--raw goes with neither --headers nor --json");
	tool_catch_signals();
	if (!get_info(argv[optind], &info))
		return EXIT_FAILED;
	reader = open_reader(argv[optind], 0);
	if (!reader)
		return EXIT_FAILED;
	if (!options.follow)
		options.to = info.commit;
	err = find_start(reader, &info, n, &start);
	if (!err)
		err = quorum_reader_seek(reader, start);
	status = err ? fail_read(argv[optind], err) : copy(reader, argv[optind], &options);
	quorum_reader_close(reader);
	return status;
}
