/* SPDX-License-Identifier: GPL-2.0 */
/* Following a group while a change of it is under way: by its events and its status. */
#ifndef QUORUM_FOLLOW_H
#define QUORUM_FOLLOW_H

#include "tool.h"

/**
 * struct follow - a group that is followed
 * @name: of the group
 * @control: to look at it
 * @events: to wait
 * @deadline: until then, by tool_now()
 * @group: as it was seen last
 */
struct follow {
	const char *name;
	struct quorum_control *control;
	struct quorum_events *events;
	uint64_t deadline;
	struct quorum_object group;
};

/* See how it is; EXIT_OK, or an exit status after the message. */
int follow_look(struct follow *f);

/* The same once something may have happened; @hint goes behind the message of the end. */
int follow_pause(struct follow *f, const char *hint);

/* Index of the configuration in force. */
uint64_t follow_index(const struct follow *f);

/* It is committed, and not joint. */
bool follow_settled(const struct follow *f);

/*
 * The same as follow_pause() after a change was taken, until it is done; @before is the index
 * of the configuration that it changed.  EXIT_OK and not settled: go on.
 *
 * A leader has a change in force from the moment it takes it, so where the one before is in
 * force again, another node leads that does not have it.  Only should that fail, too, before
 * it has committed anything here, could one that has it lead and commit it.
 */
int follow_change(struct follow *f, uint64_t before, const char *hint);

/* Say that a change which was taken is lost, and who could be asked again; an exit status. */
int follow_lost(struct follow *f);

#endif /* QUORUM_FOLLOW_H */
