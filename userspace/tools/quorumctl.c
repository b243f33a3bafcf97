// SPDX-License-Identifier: GPL-2.0
/* quorumctl: the table of commands, and nothing else. */
#include <string.h>

#include "tool.h"

#define COMMAND(name, summary)	{ #name, summary, help_##name, cmd_##name }

const struct command tool_commands[] = {
	COMMAND(format, "Make a group's log on a block device"),
	COMMAND(up, "Create and start a group from its configuration file"),
	COMMAND(down, "Stop and delete a group; its device keeps everything"),
	COMMAND(relink, "Tell a group its addresses and keys anew"),
	COMMAND(create, "Create a group, stopped"),
	COMMAND(start, "Start a created group"),
	COMMAND(stop, "Stop a group"),
	COMMAND(delete, "Delete a stopped group"),
	COMMAND(list, "One line per group"),
	COMMAND(status, "Everything about a group, and why"),
	COMMAND(propose, "Propose entries and wait until they are committed"),
	COMMAND(kv, "Keys, leases and watches of a group that is a key-value store"),
	COMMAND(lock, "Run a command while holding a lock"),
	COMMAND(elect, "Be elected, one of many"),
	COMMAND(read, "Print committed entries"),
	COMMAND(tail, "Print the last committed entries, and follow"),
	COMMAND(member, "Show or change who is a member"),
	COMMAND(settings, "Show or change timing, quorums, lease and priorities"),
	COMMAND(snapshot, "Take a snapshot now, and cut the log"),
	COMMAND(transfer, "Have another member lead"),
	COMMAND(recover, "Go on without members that are lost for good"),
	COMMAND(events, "Follow what happens to groups"),
	COMMAND(wait, "Wait for a leader or for an index"),
	COMMAND(fsck, "Check a device, change nothing"),
	COMMAND(dump, "Print what lies on a device"),
	COMMAND(genid, "Print a random cluster UUID"),
	COMMAND(genkey, "Make a random key for a new cluster"),
	COMMAND(version, "Print the version"),
	COMMAND(help, "Print the help of a command"),
	{ NULL, NULL, NULL, NULL },
};

int main(int argc, char **argv)
{
	const struct command *command;

	argc -= tool_globals(argc, argv, &argv);
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return cmd_help(argc < 2 ? 0 : 1, argv);
	if (!strcmp(argv[1], "--version"))
		return cmd_version(1, argv);
	for (command = tool_commands; command->name; command++) {
		if (strcmp(command->name, argv[1]))
			continue;
		tool_command = command;
		return command->run(argc - 1, argv + 1);
	}
	return tool_usage("there is no command '%s'", argv[1]);
}
