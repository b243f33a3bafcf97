// SPDX-License-Identifier: GPL-2.0
/* quorumctl transfer. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "object_json.h"
#include "tool.h"

const char help_transfer[] =
"Usage: quorumctl transfer NAME [NODE]\n"
"\n"
"Have the member NODE lead the group, or the one that fits best.  Run on the node\n"
"that leads; waits until leadership has moved.  Nothing is lost by it, and a failed\n"
"transfer leaves the leader where it is.  Needs CAP_NET_ADMIN.\n";

/* Longest trust in an event: they may be lost. */
#define LOOK_MS		200

/* How it ended, once it has. */
static int outcome(struct quorum_control *control, struct quorum_events *events,
		   const char *name)
{
	struct quorum_object event, group;
	uint64_t reason = QUORUM_REASON_OK;
	bool ended = false;
	int err;

	for (;;) {
		err = quorum_events_next(events, LOOK_MS, &event);
		if (err == -EINTR)
			return tool_fail("interrupted; the transfer goes on");
		if (!err && !strcmp(quorum_object_str(&event, QUORUM_A_EVENT_NAME), name) &&
		    quorum_object_u64(&event, QUORUM_A_EVENT_TYPE) == QUORUM_EVENT_TRANSFERRED) {
			reason = quorum_object_u64(&event, QUORUM_A_EVENT_REASON);
			ended = true;
		}
		err = quorum_group_get(control, name, &group);
		if (err)
			return tool_fail_control(control, err, "cannot look at group %s", name);
		if (quorum_object_has(&group, QUORUM_A_GROUP_TARGET) && !ended)
			continue;
		break;
	}
	if (reason != QUORUM_REASON_OK)
		return tool_fail("leadership of group %s has not moved: %s", name,
				 name_of(names_reason, reason));
	if (quorum_object_u64(&group, QUORUM_A_GROUP_LEADER) ==
	    quorum_object_u64(&group, QUORUM_A_GROUP_NODE))
		return tool_fail("leadership of group %s has not moved; try again", name);
	printf("node %" PRIu64 " leads group %s\n",
	       quorum_object_u64(&group, QUORUM_A_GROUP_LEADER), name);
	return EXIT_OK;
}

int cmd_transfer(int argc, char **argv)
{
	struct quorum_control *control;
	struct quorum_events *events;
	uint64_t target = 0;
	const char *name;
	int err, status;

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind < 1 || argc - optind > 2)
		return tool_usage("transfer takes the name of a group, and perhaps a node's id");
	name = argv[optind];
	if (argc - optind == 2 && !tool_parse_u64(argv[optind + 1], 1, UINT32_MAX, &target))
		return tool_usage("'%s' is not the id of a node", argv[optind + 1]);
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	/* Before the request, so that its end is not missed. */
	err = quorum_events_open(&events);
	if (err) {
		quorum_control_close(control);
		return tool_fail("cannot follow the events: %s", tool_strerror(-err));
	}
	err = quorum_group_transfer(control, name, (uint32_t)target);
	if (!err) {
		status = outcome(control, events, name);
	} else if (err == -EREMCHG) {
		status = object_fail_leader(control, name);
	} else if (err == -ENOENT) {
		status = tool_fail_no_group(name);
	} else {
		status = tool_fail_control(control, err, "cannot transfer group %s", name);
	}
	quorum_events_close(events);
	quorum_control_close(control);
	return status;
}
