/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process that stands between quorumctl and the command a lock is held for, and ends
 * the command with all it has started: when the lock's time is over, when quorumctl is
 * gone, and once the command has ended.
 */
#ifndef QUORUM_GUARD_H
#define QUORUM_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct guard - as quorumctl sees it
 * @pid: the guard; 0: none
 * @fd: it is told by this until when the lock is held, and ends when it is closed
 * @tty: the terminal the command is run in the foreground of, -1: none
 */
struct guard {
	pid_t pid;
	int fd;
	int tty;
};

/**
 * guard_start() - start a command under a guard
 * @g: set
 * @until: the lock is held until then, by tool_now()
 * @argv: the command
 *
 * From now on SIGINT and SIGQUIT set tool_stop only if they were not typed.
 *
 * Return: 0 or a negative errno.
 */
int guard_start(struct guard *g, uint64_t until, char **argv);

/* The lock is held for longer. */
void guard_extend(struct guard *g, uint64_t until);

/* Has it ended?  Then @status is the command's, as a shell has it. */
bool guard_ended(struct guard *g, int *status);

/**
 * guard_end() - end the command and all it has started
 * @g: the guard
 * @patience_ns: so long the guard may take; then it is done without it
 */
void guard_end(struct guard *g, uint64_t patience_ns);

#endif /* QUORUM_GUARD_H */
