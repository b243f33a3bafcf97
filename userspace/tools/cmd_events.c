// SPDX-License-Identifier: GPL-2.0
/* quorumctl events and wait. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <json-c/json.h>

#include "object_json.h"
#include "output.h"
#include "tool.h"

const char help_events[] =
"Usage: quorumctl events [NAME]\n"
"\n"
"Follow what happens to groups, or to one: one line per event, until interrupted.\n"
"With --json one object per line.\n";

const char help_wait[] =
"Usage: quorumctl wait NAME [--leader] [--commit INDEX] [--timeout 30s]\n"
"\n"
"Wait until the group knows a leader, and what INDEX names is committed here.\n"
"Without either, wait for a leader.\n"
"\n"
"  --leader          wait for a leader\n"
"  --commit INDEX    wait for the commit index to reach INDEX\n"
"  --timeout TIME    longest wait, such as 30s or 500ms (default: 30s)\n";

/* Between looks at the commit index: entries without data wake nobody who reads. */
#define LOOK_MS		100

/* ---- events ---- */

static void print_time(void)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	printf("%s.%03ld", text, now.tv_nsec / 1000000);
}

static void print_event(const struct quorum_object *event)
{
	uint64_t type = quorum_object_u64(event, QUORUM_A_EVENT_TYPE);
	uint64_t role = quorum_object_u64(event, QUORUM_A_EVENT_ROLE);
	uint64_t leader = quorum_object_u64(event, QUORUM_A_EVENT_LEADER);
	uint64_t error = quorum_object_u64(event, QUORUM_A_EVENT_ERROR);
	uint64_t halt = quorum_object_u64(event, QUORUM_A_EVENT_HALT);
	const char *message = quorum_object_str(event, QUORUM_A_EVENT_MESSAGE);

	if (tool_json) {
		output_json_line(object_json(event, &names_event));
		return;
	}
	print_time();
	printf(" %s %s", quorum_object_str(event, QUORUM_A_EVENT_NAME),
	       name_of(names_event_type, type));
	if (role && type == QUORUM_EVENT_ROLE) {
		printf(" %s term %" PRIu64, name_of(names_role, role),
		       quorum_object_u64(event, QUORUM_A_EVENT_TERM));
		if (leader)
			printf(" leader %" PRIu64, leader);
		else
			printf(" no leader");
		printf(" (%s)", name_of(names_cause,
					quorum_object_u64(event, QUORUM_A_EVENT_CAUSE)));
	}
	if (halt)
		printf(" halt %s", name_of(names_halt, halt));
	if (*message)
		printf(": %s", message);
	else if (error)
		printf(": %s", strerror((int)error));
	putchar('\n');
}

static struct quorum_events *open_events(void)
{
	struct quorum_events *events;
	int err;

	err = quorum_events_open(&events);
	if (!err)
		return events;
	if (err == -EPROTONOSUPPORT)
		tool_fail_module();
	else
		tool_fail("cannot follow the events: %s", tool_strerror(-err));
	return NULL;
}

/* A pipe nobody reads any more shows in poll(2), before the next event comes. */
static bool output_closed(void)
{
	struct pollfd pfd = { .fd = 1, .events = 0 };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLERR | POLLHUP));
}

int cmd_events(int argc, char **argv)
{
	struct quorum_events *events;
	struct quorum_object event;
	int err = 0;

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind > 1)
		return tool_usage("events takes the name of one group, or none for all");
	tool_catch_signals();
	events = open_events();
	if (!events)
		return EXIT_FAILED;
	while (!tool_stop && !output_closed()) {
		err = quorum_events_next(events, 1000, &event);
		if (err == -ENOBUFS)
			tool_warn("some events were lost; `quorumctl status` shows how "
				  "things stand");
		else if (err && err != -EAGAIN && err != -EINTR)
			break;
		if (err)
			continue;
		if (optind < argc &&
		    strcmp(quorum_object_str(&event, QUORUM_A_EVENT_NAME), argv[optind]))
			continue;
		print_event(&event);
		if (!tool_flush())
			break;
	}
	quorum_events_close(events);
	if (err && err != -EAGAIN && err != -EINTR && err != -ENOBUFS)
		return tool_fail("cannot follow the events: %s", tool_strerror(-err));
	return EXIT_OK;
}

/* ---- wait ---- */

struct goal {
	const char *name;
	bool leader;
	uint64_t commit;
	uint64_t deadline;
	bool committed;			/* @commit was reached */
	struct quorum_control *control;
	struct quorum_events *events;
	struct quorum_reader *reader;	/* at @commit; NULL: no need of one */
};

/* 1: reached; 0: not yet; -1: will not be, the sentence was printed. */
static int look(struct goal *goal)
{
	struct quorum_object group;
	uint64_t state;
	int err;

	err = quorum_group_get(goal->control, goal->name, &group);
	if (err == -ENOENT) {
		tool_fail_no_group(goal->name);
		return -1;
	}
	if (err) {
		tool_fail_control(goal->control, err, "cannot wait for group %s", goal->name);
		return -1;
	}
	state = quorum_object_u64(&group, QUORUM_A_GROUP_STATE);
	if (state == QUORUM_STATE_STOPPED || state == QUORUM_STATE_STOPPING ||
	    state == QUORUM_STATE_FAILED) {
		tool_fail(state == QUORUM_STATE_FAILED ?
			  "group %s has failed; `quorumctl status %s` says why" :
			  "group %s is stopped; start it with `quorumctl start %s`",
			  goal->name, goal->name);
		return -1;
	}
	goal->committed = quorum_object_u64(&group, QUORUM_A_GROUP_COMMIT) >= goal->commit;
	return goal->committed &&
	       (!goal->leader || quorum_object_u64(&group, QUORUM_A_GROUP_LEADER));
}

/* Sleep until something may have changed; false on an error. */
static bool sleep_on(struct goal *goal)
{
	struct pollfd fds[2] = {
		{ .fd = quorum_events_fd(goal->events), .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
	};
	int ms = tool_ms_until(goal->deadline), n, err;
	struct quorum_object event;

	if (!goal->committed && goal->reader)
		fds[1].fd = quorum_reader_fd(goal->reader);
	if (!goal->committed && ms > LOOK_MS)
		ms = LOOK_MS;
	n = poll(fds, 2, ms);
	if (n < 0)
		return errno == EINTR;
	/* Not an error of this wait: what failed is seen by the next look. */
	if (n && !fds[0].revents && !(fds[1].revents & POLLIN))
		poll(NULL, 0, ms < LOOK_MS ? ms : LOOK_MS);
	do
		err = quorum_events_next(goal->events, 0, &event);
	while (!err || err == -ENOBUFS);
	return err == -EAGAIN || err == -EINTR;
}

static int wait_for(struct goal *goal)
{
	int reached;

	for (;;) {
		reached = look(goal);
		if (reached)
			return reached > 0 ? EXIT_OK : EXIT_FAILED;
		if (tool_stop)
			return tool_fail("interrupted");
		if (tool_now() >= goal->deadline)
			return tool_fail(goal->commit ?
					 "group %s did not commit index %" PRIu64 " "
					 "within the time" :
					 "group %s found no leader within the time",
					 goal->name, goal->commit);
		if (!sleep_on(goal))
			return tool_fail("cannot follow the events of group %s", goal->name);
	}
}

enum { OPTION_LEADER = 0x100, OPTION_COMMIT, OPTION_TIMEOUT };

int cmd_wait(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "leader", no_argument, NULL, OPTION_LEADER },
		{ "commit", required_argument, NULL, OPTION_COMMIT },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ NULL, 0, NULL, 0 },
	};
	uint64_t timeout = 30000000000;
	struct goal goal = { .name = NULL };
	int option, status = EXIT_FAILED;

	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option == OPTION_LEADER)
			goal.leader = true;
		else if (option == OPTION_COMMIT &&
			 !tool_parse_u64(optarg, 1, INT64_MAX, &goal.commit))
			return tool_usage("'%s' is not an index", optarg);
		else if (option == OPTION_TIMEOUT && !tool_parse_duration(optarg, &timeout))
			return tool_usage("'%s' is not a duration such as 30s or 500ms", optarg);
	}
	if (argc - optind != 1)
		return tool_usage("wait takes the name of one group");
	goal.name = argv[optind];
	goal.leader |= !goal.commit;
	goal.deadline = tool_now() + timeout;
	tool_catch_signals();
	goal.control = tool_control();
	if (!goal.control)
		return EXIT_FAILED;
	/* Listen before the first look, so that nothing falls between the two. */
	goal.events = open_events();
	if (goal.events) {
		/* Only sharpens the wait: without permission to read, looking is enough. */
		if (goal.commit && quorum_reader_open(goal.name, goal.commit, &goal.reader))
			goal.reader = NULL;
		status = wait_for(&goal);
	}
	quorum_reader_close(goal.reader);
	quorum_events_close(goal.events);
	quorum_control_close(goal.control);
	return status;
}
