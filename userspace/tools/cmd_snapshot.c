// SPDX-License-Identifier: GPL-2.0
/* quorumctl snapshot. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

const char help_snapshot[] =
"Usage: quorumctl snapshot NAME\n"
"       quorumctl snapshot NAME -- COMMAND [ARGUMENT...]\n"
"       quorumctl snapshot NAME --read\n"
"\n"
"Have this node write the state of the group's machine to the device, and let go of\n"
"the log that led to it.  Waits until it is there.  It happens by itself as well:\n"
"every 10000 entries ('snapshot' in the configuration), or when half of the device's\n"
"log is in use.  Needs CAP_NET_ADMIN.\n"
"\n"
"A group whose machine is `log` has its state in user space, which hands it in: what\n"
"COMMAND prints is the snapshot, if it succeeds.  It has to stand for the entries up\n"
"to the index in QUORUM_INDEX, all of them and no others.  --read prints it.\n";

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

/* ---- of the machine `log` ---- */

static int open_device(const char *name, struct quorum **q)
{
	int err = quorum_open(name, q);

	return err ? tool_fail_device(name, err) : EXIT_OK;
}

static int fail_snapshot(const char *name, int err)
{
	switch (-err) {
	case EOPNOTSUPP:
		return tool_fail("%s: only a group whose machine is log is handed one", name);
	case EALREADY:
		return tool_fail("%s: nothing was applied since the last one", name);
	case EBUSY:
		return tool_fail("%s: another one is being handed in", name);
	case ENOENT:
		return tool_fail("%s: there is no snapshot", name);
	case EFBIG:
		return tool_fail("%s: it is larger than its place on the device", name);
	case ECANCELED:
		return tool_fail("%s: it was given up: the leader's came in between, or the "
				 "group stopped", name);
	default:
		return tool_fail("%s: %s", name, tool_strerror(-err));
	}
}

static int print_snapshot(const char *name)
{
	static char buf[65536];
	uint64_t index = 0, offset = 0;
	struct quorum *q;
	ssize_t n;

	if (open_device(name, &q))
		return EXIT_FAILED;
	while ((n = quorum_snapshot_read(q, &index, offset, buf, sizeof(buf))) > 0) {
		fwrite(buf, 1, (size_t)n, stdout);
		offset += (uint64_t)n;
	}
	quorum_close(q);
	return n < 0 ? fail_snapshot(name, (int)n) : EXIT_OK;
}

/* The command's end of the pipe becomes its standard output. */
static pid_t spawn(char **command, uint64_t index, int *from)
{
	char text[24];
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0)
		return -1;
	pid = fork();
	if (!pid) {
		snprintf(text, sizeof(text), "%" PRIu64, index);
		setenv("QUORUM_INDEX", text, 1);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execvp(*command, command);
		tool_fail("cannot run %s: %s", *command, tool_strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	*from = fds[0];
	if (pid < 0)
		close(fds[0]);
	return pid;
}

/* Hand in what the command prints, if it ends well. */
static int pass_on(struct quorum *q, const char *name, uint64_t index, int from, pid_t pid)
{
	static char buf[65536];
	int err = 0, status = 0;
	ssize_t n;

	while (!err && (n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		err = n < 0 ? -errno : quorum_snapshot_write(q, buf, (size_t)n);
	}
	close(from);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!err && (!WIFEXITED(status) || WEXITSTATUS(status)))
		return tool_fail("the command failed: there is no snapshot");
	if (!err)
		err = quorum_snapshot_commit(q, index);
	if (err)
		return fail_snapshot(name, err);
	printf("snapshot of group %s: index %" PRIu64 "\n", name, index);
	return EXIT_OK;
}

static int hand_in(const char *name, char **command)
{
	struct quorum *q;
	uint64_t index;
	int err, from = -1, status;
	pid_t pid;

	if (open_device(name, &q))
		return EXIT_FAILED;
	err = quorum_snapshot_begin(q, &index);
	if (err) {
		status = fail_snapshot(name, err);
	} else {
		fflush(stdout);
		pid = spawn(command, index, &from);
		status = pid < 0 ? tool_fail("cannot run %s: %s", *command,
					     tool_strerror(errno)) :
				   pass_on(q, name, index, from, pid);
	}
	quorum_close(q);
	return status;
}

/* ---- of the others ---- */

static int ask(const char *name);

int cmd_snapshot(int argc, char **argv)
{
	static const struct option more[] = {
		{ "read", no_argument, NULL, 'r' },
		{ 0 },
	};
	bool read_back = false;
	int option;

	while ((option = tool_options(argc, argv, "", more)) != -1)
		read_back |= option == 'r';
	/* What stands behind -- is left alone, the name moved there. */
	if (argc - optind > 1 && !read_back)
		return hand_in(argv[optind], argv + optind + 1);
	if (argc - optind != 1)
		return tool_usage("snapshot takes the name of a group, and perhaps --read, or "
				  "-- and a command");
	return read_back ? print_snapshot(argv[optind]) : ask(argv[optind]);
}

static int ask(const char *name)
{
	struct quorum_control *control;
	struct quorum_events *events;
	struct quorum_object group;
	uint64_t applied = 0;
	int err, status;

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
