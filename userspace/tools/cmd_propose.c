// SPDX-License-Identifier: GPL-2.0
/*
 * quorumctl propose.
 *
 * With --lines one thread reads lines into a window of slots, --jobs threads
 * propose them, and whoever finishes the oldest one prints all that are then
 * due: output is in the order of the input, however many are under way.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "output.h"
#include "tool.h"

const char help_propose[] =
"Usage: quorumctl propose NAME [DATA] [OPTION...]\n"
"\n"
"Propose DATA, or all of standard input, as one entry; or with --lines each line\n"
"of standard input as an entry.  Prints index and term of each entry once it is\n"
"committed: durable on a majority, at a place that will never change.\n"
"\n"
"  --timeout TIME  longest wait per entry, such as 5s or 300ms (default: 5s)\n"
"  --lines         one entry per line of standard input, in order\n"
"  --jobs N        with --lines: N entries under way at once; their order in the\n"
"                  log is then not that of the input, the output's still is\n"
"  --keep-going    with --lines: print `- - ERROR` for an entry that fails and go\n"
"                  on, instead of ending at the first one\n"
"  -q, --quiet     print nothing for entries that are committed\n"
"\n"
"When the outcome is unknown, the message says so and names the entry's tag:\n"
"`quorumctl read --json` shows whether it is in the log.\n";

enum {
	JOBS_MAX	= 1024,
	NUDGE_MS	= 50,
	ERROR_BYTES	= 200,	/* of the longest sentence about an entry */
};

struct options {
	const char *name;
	uint64_t timeout_ns;
	unsigned int jobs;
	bool lines;
	bool keep_going;
	bool quiet;
};

enum slot_state { SLOT_READ, SLOT_TAKEN, SLOT_DONE };

struct slot {
	enum slot_state state;
	char *data;
	size_t len;
	int err;
	struct quorum_result result;
};

/* All of it under @lock, but for @q and @options, which do not change. */
struct run {
	const struct options *options;
	struct quorum *q;
	uint32_t node;			/* own id: with the tag it names an entry */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot *slots;
	uint64_t window;		/* number of @slots */
	uint64_t printed;		/* lines before this one are printed */
	uint64_t taken;			/* ... are, or were, with a worker */
	uint64_t read;			/* ... have been read */
	uint64_t failed;		/* how many did */
	uint64_t committed;		/* how many are committed */
	uint64_t late;			/* ... of them after the first failure */
	bool ended;			/* nothing more will be read */
	bool stop;			/* nothing more shall be taken or printed */
	unsigned int workers;		/* still there */
	pthread_t reader;
	pthread_t threads[JOBS_MAX];
};

/* Why nobody knows what became of an entry that was handed in. */
static const char *unknown_cause(int err)
{
	switch (-err) {
	case EINTR:
		return "interrupted";
	case ECANCELED:
		return "the group was stopped or failed meanwhile";
	default:
		return "not known to be committed within the time";
	}
}

static const char *propose_error(int err, const struct quorum_result *result, uint32_t node,
				 char *text, size_t size)
{
	if (result->outcome == QUORUM_OUTCOME_UNKNOWN) {
		snprintf(text, size, "%s: the outcome is unknown, the entry may still be "
				     "committed (origin %u, tag %" PRIu64 ")",
			 unknown_cause(err), node, result->tag);
		return text;
	}
	switch (-err) {
	case EAGAIN:
		return "the group has no room for another proposal now; nothing was proposed";
	case ETIMEDOUT:
		return "not committed within the time";
	case EINTR:
		return "interrupted; nothing was proposed";
	case EINVAL:
		return "an empty entry cannot be proposed";
	case EMSGSIZE:
		return "the entry is larger than a group takes (67584 bytes)";
	case EBADF:
	case EACCES:
		return "no permission to propose";
	default:
		return tool_strerror(-err);
	}
}

static void print_committed(const struct options *options, const struct quorum_result *result)
{
	struct json_object *json;

	if (options->quiet)
		return;
	if (!tool_json) {
		printf("%" PRIu64 " %" PRIu64 "\n", result->index, result->term);
		return;
	}
	json = json_object_new_object();
	output_add_u64(json, "index", result->index);
	output_add_u64(json, "term", result->term);
	output_add_u64(json, "tag", result->tag);
	output_json_line(json);
}

/* ---- the lines ---- */

/* One line that failed; lock held.  Ends the run unless it is to keep going. */
static void print_failed(struct run *run, const struct slot *slot, uint64_t line)
{
	char text[ERROR_BYTES];
	const char *why = propose_error(slot->err, &slot->result, run->node, text, sizeof(text));

	run->failed++;
	if (run->options->keep_going) {
		if (tool_json) {
			struct json_object *json = json_object_new_object();

			output_add_str(json, "error", why);
			output_add_u64(json, "tag", slot->result.tag);
			output_json_line(json);
		} else {
			printf("- - %s\n", why);
		}
		return;
	}
	tool_fail("line %" PRIu64 ": %s", line + 1, why);
	run->stop = true;
}

/* One line that was under way when the run was to end: no word only if it is not in the log. */
static void print_late(struct run *run, const struct slot *slot, uint64_t line)
{
	char text[ERROR_BYTES];

	run->late += !slot->err;
	if (slot->err && slot->result.outcome == QUORUM_OUTCOME_UNKNOWN)
		tool_fail("line %" PRIu64 ": %s", line + 1,
			  propose_error(slot->err, &slot->result, run->node, text, sizeof(text)));
}

/* Print everything that is due, in order; lock held. */
static void print_due(struct run *run)
{
	struct slot *slot;

	for (; run->printed < run->taken; run->printed++) {
		slot = &run->slots[run->printed % run->window];
		if (slot->state != SLOT_DONE)
			break;
		run->committed += !slot->err;
		if (run->stop)
			print_late(run, slot, run->printed);
		else if (slot->err)
			print_failed(run, slot, run->printed);
		else
			print_committed(run->options, &slot->result);
		free(slot->data);
		slot->data = NULL;
	}
	/* A single worker's results are wanted line by line, by a pipe too. */
	if (!tool_flush())
		run->stop = true;
	pthread_cond_broadcast(&run->changed);
}

static void *work(void *arg)
{
	struct run *run = arg;
	struct slot *slot;

	pthread_mutex_lock(&run->lock);
	for (;;) {
		while (!run->stop && !run->ended && run->taken == run->read)
			pthread_cond_wait(&run->changed, &run->lock);
		if (run->stop || run->taken == run->read)
			break;
		slot = &run->slots[run->taken++ % run->window];
		slot->state = SLOT_TAKEN;
		pthread_mutex_unlock(&run->lock);
		slot->err = quorum_propose(run->q, slot->data, slot->len,
					   run->options->timeout_ns, &slot->result);
		pthread_mutex_lock(&run->lock);
		slot->state = SLOT_DONE;
		print_due(run);
	}
	run->workers--;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* Wait for a free slot and put the line there; false: no more lines are wanted. */
static bool hand_in(struct run *run, const char *data, size_t len)
{
	struct slot *slot;
	bool wanted;
	char *copy;

	copy = malloc(len + 1);
	if (!copy)
		return false;
	memcpy(copy, data, len);
	pthread_mutex_lock(&run->lock);
	while (!run->stop && run->read - run->printed == run->window)
		pthread_cond_wait(&run->changed, &run->lock);
	wanted = !run->stop;
	if (wanted) {
		slot = &run->slots[run->read++ % run->window];
		slot->state = SLOT_READ;
		slot->data = copy;
		slot->len = len;
		pthread_cond_broadcast(&run->changed);
	} else {
		free(copy);
	}
	pthread_mutex_unlock(&run->lock);
	return wanted;
}

static void read_lines(struct run *run)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while (!tool_stop) {
		n = getline(&line, &size, stdin);
		if (n < 0)
			break;
		if (n && line[n - 1] == '\n')
			n--;
		if (!hand_in(run, line, (size_t)n))
			break;
	}
	free(line);
	pthread_mutex_lock(&run->lock);
	run->ended = true;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

static void nudge_handler(int signal)
{
	(void)signal;
}

/*
 * SIGINT and SIGTERM come to this thread only.  It wakes the others out of their
 * system calls, again and again: a signal just before a call would be lost.
 */
static void *watch(void *arg)
{
	struct timespec pause = { .tv_nsec = NUDGE_MS * 1000000 };
	struct run *run = arg;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	while (sigtimedwait(&set, NULL, &pause) < 0) {
		bool done;

		pthread_mutex_lock(&run->lock);
		done = !run->workers;
		pthread_mutex_unlock(&run->lock);
		if (done)
			return NULL;
	}
	tool_stop = 1;
	pthread_mutex_lock(&run->lock);
	while (run->workers) {
		run->ended = true;
		/* What was read and not taken yet is not proposed any more. */
		run->read = run->taken;
		pthread_cond_broadcast(&run->changed);
		for (unsigned int i = 0; i < run->options->jobs; i++)
			pthread_kill(run->threads[i], SIGUSR1);
		pthread_kill(run->reader, SIGUSR1);
		pthread_mutex_unlock(&run->lock);
		nanosleep(&pause, NULL);
		pthread_mutex_lock(&run->lock);
	}
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

/* SIGUSR1 only interrupts; the two real signals go to the watcher. */
static void set_signals(void)
{
	struct sigaction action = { .sa_handler = nudge_handler };
	sigset_t set;

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int sum_up(const struct run *run)
{
	if (tool_stop)
		return tool_fail("interrupted; %" PRIu64 " lines are committed", run->committed);
	if (run->late)
		tool_warn("%" PRIu64 " later lines were under way by then and are committed",
			  run->late);
	return run->failed || ferror(stdout) ? EXIT_FAILED : EXIT_OK;
}

static int propose_lines(struct run *run)
{
	unsigned int jobs = run->options->jobs, started = 0;
	pthread_t watcher;
	int status;

	run->window = 4 * (uint64_t)jobs;
	run->slots = calloc(run->window, sizeof(*run->slots));
	if (!run->slots)
		return tool_fail("out of memory");
	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->changed, NULL);
	run->reader = pthread_self();
	set_signals();
	/* Before the workers run, so that the watcher cannot take them for finished. */
	run->workers = jobs;
	while (started < jobs && !pthread_create(&run->threads[started], NULL, work, run))
		started++;
	if (started < jobs || pthread_create(&watcher, NULL, watch, run)) {
		/* The process ends, and with it the workers, who have nothing to do yet. */
		return tool_fail("cannot start %u threads", jobs + 1);
	}
	read_lines(run);
	for (unsigned int i = 0; i < jobs; i++)
		pthread_join(run->threads[i], NULL);
	pthread_join(watcher, NULL);
	status = sum_up(run);
	for (uint64_t i = 0; i < run->window; i++)
		free(run->slots[i].data);
	free(run->slots);
	return status;
}

/* ---- one entry ---- */

/* All of stdin, or as much as shows that it is too much; NULL after a sentence. */
static char *read_all(size_t max, size_t *len)
{
	char *data = malloc(max + 1);

	if (!data) {
		tool_fail("out of memory");
		return NULL;
	}
	*len = 0;
	while (*len <= max) {
		ssize_t n = read(0, data + *len, max + 1 - *len);

		if (n < 0) {
			tool_fail(errno == EINTR ? "interrupted; nothing was proposed" :
				  "cannot read standard input");
			free(data);
			return NULL;
		}
		if (!n)
			break;
		*len += (size_t)n;
	}
	return data;
}

static int propose_one(struct run *run, const char *data, size_t len)
{
	struct quorum_result result;
	char text[ERROR_BYTES];
	int err;

	err = quorum_propose(run->q, data, len, run->options->timeout_ns, &result);
	if (err)
		return tool_fail("%s", propose_error(err, &result, run->node, text,
						     sizeof(text)));
	print_committed(run->options, &result);
	tool_flush();
	return EXIT_OK;
}

static int propose(const struct options *options, const char *argument)
{
	static struct run run;
	struct quorum_info info;
	char *data = NULL;
	size_t len;
	int err, status;

	run.options = options;
	if (!options->lines)
		tool_catch_signals();
	err = quorum_open(options->name, &run.q);
	if (err)
		return tool_fail_device(options->name, err);
	err = quorum_get_info(run.q, &info);
	run.node = info.node;
	if (err) {
		status = tool_fail("%s: %s", options->name, tool_strerror(-err));
	} else if (options->lines) {
		status = propose_lines(&run);
	} else if (argument) {
		status = propose_one(&run, argument, strlen(argument));
	} else {
		data = read_all(info.entry_bytes_max, &len);
		status = data ? propose_one(&run, data, len) : EXIT_FAILED;
	}
	free(data);
	quorum_close(run.q);
	return status;
}

enum { OPTION_TIMEOUT = 0x100, OPTION_LINES, OPTION_JOBS, OPTION_KEEP_GOING };

int cmd_propose(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ "lines", no_argument, NULL, OPTION_LINES },
		{ "jobs", required_argument, NULL, OPTION_JOBS },
		{ "keep-going", no_argument, NULL, OPTION_KEEP_GOING },
		{ "quiet", no_argument, NULL, 'q' },
		{ NULL, 0, NULL, 0 },
	};
	struct options options = { .timeout_ns = 0 };
	uint64_t jobs = 1;
	int option;

	while ((option = tool_options(argc, argv, "q", longs)) != -1) {
		if (option == 'q')
			options.quiet = true;
		else if (option == OPTION_LINES)
			options.lines = true;
		else if (option == OPTION_KEEP_GOING)
			options.keep_going = true;
		else if (option == OPTION_JOBS && !tool_parse_u64(optarg, 1, JOBS_MAX, &jobs))
			return tool_usage("'%s' is not a number from 1 to %d", optarg, JOBS_MAX);
		else if (option == OPTION_TIMEOUT &&
			 !tool_parse_duration(optarg, &options.timeout_ns))
			return tool_usage("'%s' is not a duration such as 5s or 300ms", optarg);
	}
	if (argc == optind || argc - optind > 2)
		return tool_usage("propose takes the name of a group, and perhaps the data");
	if (options.lines && argc - optind > 1)
		return tool_usage("--lines takes the data from standard input");
	if (!options.lines && (jobs > 1 || options.keep_going))
		return tool_usage("--jobs and --keep-going go with --lines");
	options.name = argv[optind];
	options.jobs = (unsigned int)jobs;
	return propose(&options, argv[optind + 1]);
}
