// SPDX-License-Identifier: GPL-2.0
/* quorumctl snapshot. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tool.h"

const char help_snapshot[] =
"Usage: quorumctl snapshot NAME\n"
"\n"
"Have this node write the state of the group's machine to the device, and let go of\n"
"the log that led to it.  Waits until it is there.  It happens by itself as well:\n"
"every 10000 entries ('snapshot' in the configuration), or when half of the device's\n"
"log is in use.  Needs CAP_NET_ADMIN.\n";

/* Longest trust in an event: they may be lost. */
#define LOOK_MS		200

/* Wait until a snapshot stands for @applied, or could not be taken. */
static int outcome(struct quorum_control *control, struct quorum_events *events,
		   const char *name, uint64_t applied)
{
	struct quorum_object event, group;
	uint64_t index, error;
	bool taking;
	int err;

	for (;;) {
		err = quorum_group_get(control, name, &group);
		if (err)
			return tool_fail_control(control, err, "cannot look at group %s", name);
		if (quorum_object_u64(&group, QUORUM_A_GROUP_STATE) != QUORUM_STATE_RUNNING)
			return tool_fail("group %s does not run any more", name);
		index = quorum_object_u64(&group, QUORUM_A_GROUP_SNAPSHOT_INDEX);
		error = quorum_object_u64(&group, QUORUM_A_GROUP_SNAPSHOT_ERROR);
		taking = quorum_object_has(&group, QUORUM_A_GROUP_TAKING_BYTES);
		if (index >= applied)
			break;
		if (error && !taking)
			return tool_fail("group %s: no snapshot could be taken: %s", name,
					 tool_strerror((int)error));
		err = quorum_events_next(events, LOOK_MS, &event);
		if (err == -EINTR)
			return tool_fail("interrupted; the snapshot goes on");
	}
	printf("snapshot of group %s: index %" PRIu64 ", term %" PRIu64 ", %" PRIu64
	       " bytes; the log begins at %" PRIu64 "\n", name, index,
	       quorum_object_u64(&group, QUORUM_A_GROUP_SNAPSHOT_TERM),
	       quorum_object_u64(&group, QUORUM_A_GROUP_SNAPSHOT_BYTES),
	       quorum_object_u64(&group, QUORUM_A_GROUP_FIRST_INDEX));
	return EXIT_OK;
}

int cmd_snapshot(int argc, char **argv)
{
	struct quorum_control *control;
	struct quorum_events *events;
	struct quorum_object group;
	const char *name;
	uint64_t applied;
	int err, status;

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind != 1)
		return tool_usage("snapshot takes the name of a group");
	name = argv[optind];
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	err = quorum_events_open(&events);
	if (err) {
		quorum_control_close(control);
		return tool_fail("cannot follow the events: %s", tool_strerror(-err));
	}
	err = quorum_group_get(control, name, &group);
	if (!err) {
		applied = quorum_object_u64(&group, QUORUM_A_GROUP_APPLIED);
		err = quorum_group_snapshot(control, name);
	}
	if (!err)
		status = outcome(control, events, name, applied);
	else if (err == -ENOENT)
		status = tool_fail_no_group(name);
	else
		status = tool_fail_control(control, err, "no snapshot of group %s", name);
	quorum_events_close(events);
	quorum_control_close(control);
	return status;
}
