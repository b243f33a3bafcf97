// SPDX-License-Identifier: GPL-2.0
/*
 * The guard of a command: see guard.h.
 *
 * It has the deadline itself, so that a quorumctl that is stopped, or that waits for an
 * answer, does not keep the command alive.  It sees quorumctl's end by a socket of which
 * only quorumctl has the other side.  What the command has started, in whatever session
 * or process group, comes to the guard when its parent ends, since the guard adopts
 * orphans (PR_SET_CHILD_SUBREAPER): killing children until there are none ends them all.
 * quorumctl adopts likewise, and does the same should the guard be killed.
 *
 * On a terminal the command is in quorumctl's process group, so that it may read what is
 * typed, and gets Ctrl-C and Ctrl-Z like any other.  The guard is in a group of its own:
 * whatever stops or kills that of quorumctl leaves it at its work.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "tool.h"

#define MSEC	1000000

/* The parent of a process, 0: it is gone. */
static pid_t parent_of(const char *pid)
{
	char path[64], line[512], *end;
	long parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* The name may hold anything, parentheses too. */
	if (fgets(line, sizeof(line), file) && (end = strrchr(line, ')')))
		sscanf(end + 1, " %*c %ld", &parent);
	fclose(file);
	return (pid_t)parent;
}

static void kill_children(void)
{
	pid_t self = getpid();
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && parent_of(entry->d_name) == self)
			kill((pid_t)atol(entry->d_name), SIGKILL);
	if (proc)
		closedir(proc);
}

/* All children, and what they leave behind; the status of @pid if it is among them. */
static void end_children(pid_t pid, int *status)
{
	const struct timespec pause = { .tv_nsec = 1 * MSEC };
	int what;
	pid_t ended;

	for (;;) {
		kill_children();
		while ((ended = waitpid(-1, &what, WNOHANG)) > 0)
			if (ended == pid)
				*status = what;
		if (ended < 0 && errno == ECHILD)
			return;
		nanosleep(&pause, NULL);
	}
}

static void run_command(char **argv, pid_t guard, pid_t group, const sigset_t *mask)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

	/* Should even the guard be killed, with quorumctl. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have been killed before that was said. */
	if (getppid() != guard || setpgid(0, group))
		_exit(127);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	tool_fail("cannot run %s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* Until the command ends, the time is over or quorumctl is gone. */
static void watch_over(int fd, int signals, uint64_t until, pid_t command, int *status)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLIN }, { .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	uint64_t now, said;
	ssize_t got;
	pid_t ended;

	for (;;) {
		/* First: who was not run for long may find both more time and the old end of it. */
		now = tool_now();
		while ((got = recv(fd, &said, sizeof(said), MSG_DONTWAIT)) == sizeof(said))
			until = said;
		if (!got || now >= until)
			return;
		while ((ended = waitpid(-1, status, WNOHANG)) > 0)
			if (ended == command)
				return;
		poll(fds, 2, tool_ms_until(until));
		while (read(signals, &info, sizeof(info)) > 0)
			;
	}
}

static void guard(int fd, uint64_t until, pid_t group, char **argv)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	int signals, status = 127 << 8;
	sigset_t child, before;
	pid_t self, command;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	setpgid(0, 0);
	self = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	command = signals < 0 ? -1 : fork();
	if (!command)
		run_command(argv, self, group, &before);
	if (command < 0)
		tool_fail("cannot start a process");
	else
		watch_over(fd, signals, until, command, &status);
	end_children(command, &status);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* What is typed is the command's, and it may think otherwise; what is sent is meant. */
static void interrupted(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code != SI_KERNEL)
		tool_stop = 1;
}

static void leave_keys_to_command(void)
{
	struct sigaction action = { .sa_sigaction = interrupted, .sa_flags = SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGQUIT, &action, NULL);
}

/* The terminal that this is in the foreground of, or -1. */
static int foreground(void)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty < 0 || tcgetpgrp(tty) == getpgrp())
		return tty;
	close(tty);
	return -1;
}

/* A shell has a process group of its own in the foreground, and may have been killed. */
static void take_back(int tty)
{
	sigset_t output, before;

	if (tty < 0)
		return;
	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	sigprocmask(SIG_BLOCK, &output, &before);
	tcsetpgrp(tty, getpgrp());
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(tty);
}

int guard_start(struct guard *g, uint64_t until, char **argv)
{
	pid_t group = getpgrp();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	leave_keys_to_command();
	g->tty = foreground();
	g->pid = fork();
	if (!g->pid) {
		close(fds[0]);
		guard(fds[1], until, group, argv);
	}
	close(fds[1]);
	g->fd = fds[0];
	if (g->pid < 0) {
		close(g->fd);
		take_back(g->tty);
		g->pid = 0;
		return -EAGAIN;
	}
	/* Here as well: it may be killed before it comes to do that. */
	setpgid(g->pid, g->pid);
	return 0;
}

void guard_extend(struct guard *g, uint64_t until)
{
	send(g->fd, &until, sizeof(until), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool guard_ended(struct guard *g, int *status)
{
	int what;

	if (waitpid(g->pid, &what, WNOHANG) != g->pid)
		return false;
	close(g->fd);
	/* If it was killed, what it guarded is here now. */
	end_children(0, &what);
	take_back(g->tty);
	g->pid = 0;
	*status = WIFEXITED(what) ? WEXITSTATUS(what) : 128 + WTERMSIG(what);
	return true;
}

void guard_end(struct guard *g, uint64_t patience_ns)
{
	const struct timespec pause = { .tv_nsec = 1 * MSEC };
	uint64_t until = tool_now() + patience_ns;
	int status;

	/* It hears that, and ends the rest. */
	shutdown(g->fd, SHUT_RDWR);
	while (!guard_ended(g, &status)) {
		if (tool_now() >= until)
			kill(g->pid, SIGKILL);
		nanosleep(&pause, NULL);
	}
}
