// SPDX-License-Identifier: GPL-2.0
/* Following a group: see follow.h. */
#include <errno.h>

#include "follow.h"
#include "object_json.h"

/* Longest trust in an event: they may be lost, and a match makes none. */
#define LOOK_MS		200

int follow_look(struct follow *f)
{
	int err = quorum_group_get(f->control, f->name, &f->group);

	if (err == -ENOENT)
		return tool_fail_no_group(f->name);
	if (err)
		return tool_fail_control(f->control, err, "cannot look at group %s", f->name);
	if (quorum_object_u64(&f->group, QUORUM_A_GROUP_STATE) != QUORUM_STATE_RUNNING)
		return tool_fail("group %s does not run here", f->name);
	return EXIT_OK;
}

int follow_pause(struct follow *f, const char *hint)
{
	struct quorum_object event;
	int err;

	if (tool_stop)
		return tool_fail("interrupted; the change goes on");
	if (tool_now() >= f->deadline)
		return tool_fail("the change of group %s is not done within the time; it goes on%s",
				 f->name, hint);
	err = quorum_events_next(f->events, LOOK_MS, &event);
	if (err && err != -EAGAIN && err != -EINTR && err != -ENOBUFS)
		return tool_fail("cannot follow the events: %s", tool_strerror(-err));
	return follow_look(f);
}

uint64_t follow_index(const struct follow *f)
{
	return quorum_object_u64(&f->group, QUORUM_A_GROUP_CONFIG_INDEX);
}

bool follow_settled(const struct follow *f)
{
	return !quorum_object_has(&f->group, QUORUM_A_GROUP_JOINT) &&
	       quorum_object_u64(&f->group, QUORUM_A_GROUP_CONFIG_COMMITTED) == follow_index(f);
}

int follow_lost(struct follow *f)
{
	int status = tool_fail("the change is lost, unless who has it comes to lead: "
			       "another node does, and does not have it");

	/* It may lead again. */
	if (quorum_object_u64(&f->group, QUORUM_A_GROUP_ROLE) != QUORUM_ROLE_LEADER)
		status = object_fail_leader(f->control, f->name);
	return status;
}

int follow_change(struct follow *f, uint64_t before, const char *hint)
{
	int status = follow_pause(f, hint);

	return status || follow_index(f) != before ? status : follow_lost(f);
}
