// SPDX-License-Identifier: GPL-2.0
/* What all commands share: sentences, options, signals, numbers. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

bool tool_json;
volatile sig_atomic_t tool_stop;
const struct command *tool_command;

enum { OPTION_HELP = 0x1000, OPTION_JSON, OPTIONS_MAX = 16 };

static void say(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list args)
{
	fflush(stdout);
	fputs("quorumctl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int tool_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return EXIT_FAILED;
}

void tool_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

int tool_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	fprintf(stderr, "Try: quorumctl %s%s--help\n", tool_command ? tool_command->name : "",
		tool_command ? " " : "");
	return EXIT_USAGE;
}

/* As `ip -n`: a name is one of /run/netns, anything with a slash is a path. */
static int enter_netns(const char *name)
{
	char path[PATH_MAX];
	int fd, err;

	if (!*name || snprintf(path, sizeof(path), "%s%s", strchr(name, '/') ? "" : "/run/netns/",
			       name) >= (int)sizeof(path))
		return tool_usage("'%s' is not the name or path of a network namespace", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return tool_fail("cannot open the network namespace %s: %s", path, strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err == EINVAL)
		return tool_fail("%s is not a network namespace", path);
	if (err == EPERM)
		return tool_fail("entering %s needs the privilege CAP_SYS_ADMIN; be root", path);
	return err ? tool_fail("cannot enter the network namespace %s: %s", path, strerror(err)) :
		     EXIT_OK;
}

int tool_globals(int argc, char **argv, char ***rest)
{
	int used = 0, status;

	for (; used + 1 < argc; used++) {
		const char *word = argv[used + 1];

		if (!strcmp(word, "--json")) {
			tool_json = true;
			continue;
		}
		if (strcmp(word, "-n") && strcmp(word, "--netns"))
			break;
		if (used + 2 >= argc)
			exit(tool_usage("option '%s' needs an argument", word));
		status = enter_netns(argv[++used + 1]);
		if (status)
			exit(status);
	}
	*rest = argv + used;
	return used;
}

int tool_options(int argc, char **argv, const char *shorts, const struct option *longs)
{
	static const struct option common[] = {
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "json", no_argument, NULL, OPTION_JSON },
	};
	struct option all[OPTIONS_MAX + 3] = { { NULL, 0, NULL, 0 } };
	char letters[32];
	size_t n = 0;
	int option;

	for (; longs && longs[n].name && n < OPTIONS_MAX; n++)
		all[n] = longs[n];
	all[n++] = common[0];
	all[n] = common[1];
	/* ':' first: a missing argument is told from an unknown option. */
	snprintf(letters, sizeof(letters), ":h%s", shorts);
	opterr = 0;
	for (;;) {
		option = getopt_long(argc, argv, letters, all, NULL);
		switch (option) {
		case OPTION_JSON:
			tool_json = true;
			continue;
		case OPTION_HELP:
		case 'h':
			fputs(tool_command->help, stdout);
			exit(EXIT_OK);
		case ':':
			exit(tool_usage("option '%s' needs an argument", argv[optind - 1]));
		case '?':
			if (optopt && optopt < OPTION_HELP)
				exit(tool_usage("there is no option '-%c'", optopt));
			exit(tool_usage("there is no option '%s'", argv[optind - 1]));
		default:
			return option;
		}
	}
}

int tool_fail_module(void)
{
	return tool_fail("the quorum module is not loaded; load it with `modprobe quorum`");
}

int tool_fail_no_group(const char *name)
{
	return tool_fail("there is no group '%s' here; `quorumctl list` shows the groups", name);
}

int tool_fail_device(const char *name, int err)
{
	switch (-err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		if (!quorum_module_loaded())
			return tool_fail_module();
		return tool_fail_no_group(name);
	case EACCES:
	case EPERM:
		return tool_fail("no permission to open /dev/quorum/%s: be root or in the "
				 "group that owns it",
				 name);
	default:
		return tool_fail("cannot open /dev/quorum/%s: %s", name, tool_strerror(-err));
	}
}

struct quorum_control *tool_control(void)
{
	struct quorum_control *control;
	int err;

	err = quorum_control_open(&control);
	if (!err)
		return control;
	if (err == -EPROTONOSUPPORT)
		tool_fail_module();
	else
		tool_fail("cannot open a netlink socket: %s", tool_strerror(-err));
	return NULL;
}

int tool_fail_control(const struct quorum_control *control, int err, const char *what, ...)
{
	const char *sentence = quorum_control_message(control);
	char text[256];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	/* NL_SET_ERR_MSG_MOD() puts the module's name before the sentence. */
	if (!strncmp(sentence, "quorum: ", 8))
		sentence += 8;
	if (*sentence)
		return tool_fail("%s: %s", text, sentence);
	switch (-err) {
	case EPERM:
	case EACCES:
		return tool_fail("%s: this needs the privilege CAP_NET_ADMIN; be root", text);
	default:
		return tool_fail("%s: %s", text, tool_strerror(-err));
	}
}

static void stop_handler(int signal)
{
	(void)signal;
	tool_stop = 1;
}

void tool_catch_signals(void)
{
	/* No SA_RESTART: a wait in the kernel has to end. */
	struct sigaction action = { .sa_handler = stop_handler };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool tool_flush(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

bool tool_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number < min || number > max)
		return false;
	*value = number;
	return true;
}

bool tool_parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000 }, { "s", 1000000000 }, { "ms", 1000000 },
		{ "us", 1000 }, { "ns", 1 }, { "m", 60000000000 }, { "h", 3600000000000 },
	};
	double number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	number = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		number *= (double)units[i].ns;
		/* A century is for ever, and fits. */
		if (number < 1 || number > 3.2e18)
			return false;
		*ns = (uint64_t)(number + 0.5);
		return true;
	}
	return false;
}

uint64_t tool_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int tool_ms_until(uint64_t deadline)
{
	uint64_t now = tool_now(), ms;

	if (now >= deadline)
		return 0;
	ms = (deadline - now) / 1000000 + 1;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

const char *tool_strerror(int err)
{
	switch (err) {
	case ESHUTDOWN:
		return "the group is stopped; start it with `quorumctl start`";
	case ENODEV:
		return "the group was deleted";
	case EIO:
		return "the group has failed; `quorumctl status` says why";
	case ENOTCONN:
		return "no leader was found within the time; nothing was proposed";
	case ENOSPC:
		return "the log is full; nothing was proposed";
	case EOPNOTSUPP:
		return "this node is a witness: it keeps no payload; ask another member";
	case ECANCELED:
		return "the group was stopped or failed meanwhile: the outcome is unknown";
	default:
		return strerror(err);
	}
}
