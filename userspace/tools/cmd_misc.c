// SPDX-License-Identifier: GPL-2.0
/* quorumctl help, version and genid. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

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

static void print_commands(FILE *out)
{
	fputs("Usage: quorumctl [--json] COMMAND [ARGUMENT...]\n\n", out);
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
