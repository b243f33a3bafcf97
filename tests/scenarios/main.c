// SPDX-License-Identifier: GPL-2.0
/* Options, files, the verdict. */
#include <errno.h>
#include <stdarg.h>
#include "scenario.h"

static const char usage[] =
"Usage: quorum-scenario [--verbose] FILE...\n"
"Run scripts against quorum's Raft engine, with a scripted network, disks and clocks.\n"
"\n"
"  -v, --verbose   print every line, message, write and change of role\n"
"  -q, --quiet     print failures only\n"
"  -x, --expect-failure\n"
"                  every FILE has to fail, with the message its line\n"
"                  \"# fails: TEXT\" names\n"
"  -h, --help      this text\n"
"\n"
"A script's first unmet expectation ends it: file, line, wanted and found are\n"
"printed. The language is described in tests/scenarios/README.md.\n"
"\n"
"Exit status: 0 all scripts passed, 1 one failed, 2 wrong usage or unreadable file.\n";

/* A script that fails leaves from wherever it is, and memory behind. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char message[4096];	/* why the script failed */

void die(struct world *w, const char *fmt, ...)
{
	size_t len = (size_t)snprintf(message, sizeof(message), "%s:%u: ", w->file, w->line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(message + len, sizeof(message) - len, fmt, args);
	va_end(args);
	longjmp(w->out, 1);
}

/* The command under way is refused; what that means, the script says. */
void refuse(struct world *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(w->reason, sizeof(w->reason), fmt, args);
	va_end(args);
	w->refused = true;
	w->refused_line = w->line;
	trace(w, "refused: %s", w->reason);
}

void trace(struct world *w, const char *fmt, ...)
{
	va_list args;

	if (!w->verbose)
		return;
	printf("  %10.3f ms  ", (double)(w->now - 1000 * MS) / (double)MS);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

/* Memory that lives as long as the world. */
void *keep(struct world *w, size_t size)
{
	w->arena = realloc(w->arena, (w->narena + 1) * sizeof(*w->arena));
	return w->arena[w->narena++] = calloc(1, size);
}

char *keep_text(struct world *w, const char *text)
{
	return strcpy(keep(w, strlen(text) + 1), text);
}

static struct world *world_new(const char *file, bool verbose)
{
	struct world *w = calloc(1, sizeof(*w));

	w->file = file;
	w->verbose = verbose;
	w->auto_disk = true;
	w->now = 1000 * MS;
	w->batch = RAFT_MSG_ENTRIES_MAX;
	w->chunk = 4096;
	w->seed = 1;
	w->committed = calloc((FORCED_MAX + 1) * (LOG_MAX + 1), sizeof(*w->committed));
	return w;
}

static void world_free(struct world *w)
{
	u32 i;

	network_drop(w, 0, 0, 0, 0);
	for (i = 1; i <= ID_MAX; i++) {
		struct node *n = w->nodes[i];

		if (!n)
			continue;
		disk_free(n);
		free(n->raft);
		free(n->mem);
		free(n->sm);
		free(n->staging);
		free(n);
	}
	for (i = 0; i < w->narena; i++)
		free(w->arena[i]);
	free(w->arena);
	free(w->packets);
	free(w->ops);
	free(w->reads);
	free(w->led);
	free(w->committed);
	free(w);
}

static void play(struct world *w, FILE *in)
{
	char line[LINE_MAX_BYTES];
	struct words words;

	while (fgets(line, sizeof(line), in)) {
		w->line++;
		line[strcspn(line, "\r\n")] = '\0';
		if (!words_split(w, &words, line))
			continue;
		if (w->verbose)
			printf("%s:%u: %s\n", w->file, w->line, line);
		command_run(w, &words);
	}
	w->line++;
	if (!w->defined)
		die(w, "the script has no cluster");
	if (w->strict && w->refused && w->refused_line)
		die(w, "line %u was refused: %s", w->refused_line, w->reason);
}

/* Run one script.  Return: 0, 1 with @message filled in, or 2. */
static int run_file(const char *file, bool verbose)
{
	FILE *in = strcmp(file, "-") ? fopen(file, "r") : stdin;
	struct world *w;
	int failed;

	if (!in) {
		snprintf(message, sizeof(message), "%s: %s", file, strerror(errno));
		return 2;
	}
	w = world_new(file, verbose);
	failed = setjmp(w->out);
	if (!failed)
		play(w, in);
	else if (failed != SKIPPED && w->refused && w->refused_line && w->refused_line != w->line)
		snprintf(message + strlen(message), sizeof(message) - strlen(message),
			 " (line %u was refused: %s)", w->refused_line, w->reason);
	if (ferror(in)) {
		snprintf(message, sizeof(message), "%s: %s", file, strerror(errno));
		failed = 2;
	}
	if (in != stdin)
		fclose(in);
	world_free(w);
	return failed;
}

/* "# fails: TEXT": what the message of a script that must fail has to contain. */
static bool failure_is_right(const char *file)
{
	char line[LINE_MAX_BYTES];
	FILE *in = fopen(file, "r");
	bool right = false;

	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, "# fails: ", 9))
			right = strstr(message, line + 9);
	}
	if (in)
		fclose(in);
	return right;
}

static int verdict(const char *file, int failed, bool must_fail, bool quiet)
{
	if (failed == SKIPPED) {
		printf("ok - %s # SKIP the engine cannot do this\n", file);
		return 0;
	}
	if (failed == 2) {
		fprintf(stderr, "%s\n", message);
		return 2;
	}
	if (must_fail && failed && failure_is_right(file))
		failed = 0;
	else if (must_fail && !failed)
		snprintf(message, sizeof(message), "%s: had to fail, and passed", file), failed = 1;
	else if (must_fail)
		strncat(message, " (another failure is named in the file)",
			sizeof(message) - strlen(message) - 1);
	if (failed)
		printf("not ok - %s\n%s\n", file, message);
	else if (!quiet)
		printf("ok - %s\n", file);
	return failed;
}

int main(int argc, char **argv)
{
	bool verbose = false, quiet = false, must_fail = false, options = true;
	u32 passed = 0, failed = 0;
	int status = 0, i, ret;

	for (i = 1; i < argc; i++) {
		const char *arg = argv[i];

		if (options && (!strcmp(arg, "-h") || !strcmp(arg, "--help"))) {
			fputs(usage, stdout);
			return 0;
		}
		if (options && (!strcmp(arg, "-v") || !strcmp(arg, "--verbose"))) {
			verbose = true;
		} else if (options && (!strcmp(arg, "-q") || !strcmp(arg, "--quiet"))) {
			quiet = true;
		} else if (options && (!strcmp(arg, "-x") || !strcmp(arg, "--expect-failure"))) {
			must_fail = true;
		} else if (options && !strcmp(arg, "--")) {
			options = false;
		} else if (options && arg[0] == '-' && arg[1]) {
			fprintf(stderr, "quorum-scenario: %s: no such option (try --help)\n", arg);
			return 2;
		} else {
			ret = run_file(arg, verbose);
			ret = verdict(arg, ret, must_fail, quiet);
			passed += !ret;
			failed += ret != 0;
			status = max(status, ret);
		}
	}
	if (!passed && !failed) {
		fputs(usage, stderr);
		return 2;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return status;
}
