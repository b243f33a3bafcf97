// SPDX-License-Identifier: GPL-2.0
/* quorumctl help, version, genid and genkey. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "conf.h"
#include "tool.h"

const char help_help[] =
"Usage: quorumctl help [COMMAND]\n"
"\n"
"Print the help of COMMAND, or all commands.\n";

const char help_version[] =
"Usage: quorumctl version\n"
"\n"
"Print the version.\n";

const char help_genid[] =
"Usage: quorumctl genid\n"
"\n"
"Print a random UUID for a new cluster.\n";

const char help_genkey[] =
"Usage: quorumctl genkey [FILE]\n"
"\n"
"Make a random key for a new cluster: all members need the same one.  It is written\n"
"to FILE, which must not exist and which nobody but the owner may read, or printed.\n";

static void print_commands(FILE *out)
{
	fputs("Usage: quorumctl [--json] [-n NETNS] COMMAND [ARGUMENT...]\n\n", out);
	for (const struct command *c = tool_commands; c->name; c++)
		fprintf(out, "  %-8s  %s\n", c->name, c->summary);
	fputs("\n`quorumctl COMMAND --help` explains a command; quorumctl(8) explains all.\n", out);
}

/* argc 0: called without any command. */
int cmd_help(int argc, char **argv)
{
	if (!argc) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	if (tool_command)
		while (tool_options(argc, argv, "", NULL) != -1)
			;
	if (!tool_command || optind == argc) {
		print_commands(stdout);
		return EXIT_OK;
	}
	if (argc - optind > 1)
		return tool_usage("help takes one command");
	for (const struct command *c = tool_commands; c->name; c++) {
		if (strcmp(c->name, argv[optind]))
			continue;
		fputs(c->help, stdout);
		return EXIT_OK;
	}
	return tool_usage("there is no command '%s'", argv[optind]);
}

int cmd_version(int argc, char **argv)
{
	if (tool_command)
		while (tool_options(argc, argv, "", NULL) != -1)
			;
	printf("quorumctl %s\n", QUORUM_VERSION);
	return EXIT_OK;
}

int cmd_genid(int argc, char **argv)
{
	uint8_t uuid[16];
	char text[37];

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc != optind)
		return tool_usage("genid takes no arguments");
	if (getrandom(uuid, sizeof(uuid), 0) != sizeof(uuid))
		return tool_fail("the kernel gives no random numbers: %s", strerror(errno));
	/* Version 4, variant 1 (RFC 4122, 4.4). */
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	conf_format_uuid(uuid, text);
	puts(text);
	return EXIT_OK;
}

int cmd_genkey(int argc, char **argv)
{
	uint8_t key[QUORUM_KEY_BYTES];
	char text[2 * QUORUM_KEY_BYTES + 2];
	const char *path;
	ssize_t n;
	int fd;

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind > 1)
		return tool_usage("genkey takes one file at most");
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return tool_fail("the kernel gives no random numbers: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(key); i++)
		sprintf(text + 2 * i, "%02x", key[i]);
	if (optind == argc) {
		puts(text);
		return EXIT_OK;
	}
	path = argv[optind];
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return tool_fail("cannot make %s: %s", path, strerror(errno));
	strcat(text, "\n");
	n = write(fd, text, strlen(text));
	if (close(fd) || n != (ssize_t)strlen(text)) {
		unlink(path);
		return tool_fail("cannot write %s: %s", path, strerror(errno));
	}
	return EXIT_OK;
}
