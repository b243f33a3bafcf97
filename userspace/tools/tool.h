/* SPDX-License-Identifier: GPL-2.0 */
/* What all commands of quorumctl share. */
#ifndef QUORUM_TOOL_H
#define QUORUM_TOOL_H

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "quorum.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/**
 * struct command - one subcommand
 * @name: its name
 * @summary: one line for `quorumctl help`
 * @help: its whole help text, begins with the synopsis
 * @run: does it; argv[0] is the name
 */
struct command {
	const char *name;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

/* --json was given, before or after the command's name. */
extern bool tool_json;

/* Set by SIGINT and SIGTERM, once tool_catch_signals() was called. */
extern volatile sig_atomic_t tool_stop;

/* The command being run: its help is what usage errors point to. */
extern const struct command *tool_command;

/* From quorumctl.c: all commands, ended by a row without a name. */
extern const struct command tool_commands[];

/**
 * tool_globals() - take the options before the command
 * @argc: of main()
 * @argv: of main()
 * @rest: set to @argv behind them
 *
 * --json sets tool_json; --netns enters the network namespace, before any socket is
 * opened. Does not return when that fails.
 *
 * Return: how many words they took.
 */
int tool_globals(int argc, char **argv, char ***rest);

/**
 * tool_options() - getopt_long() that knows --help and --json
 * @argc: of the command
 * @argv: of the command
 * @shorts: further short options
 * @longs: further long options, ended by a zero row, or NULL
 *
 * Return: the option's value; -1 at the end; does not return on --help or on an
 * unknown option.
 */
int tool_options(int argc, char **argv, const char *shorts, const struct option *longs);

/* Print one plain sentence to stderr; EXIT_FAILED. */
int tool_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without a status. */
void tool_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Say what is wrong with the command line and point to --help; EXIT_USAGE. */
int tool_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* No module, no handle: the same words everywhere. EXIT_FAILED. */
int tool_fail_module(void);

/* There is no group of that name on this machine: the same words, too.  EXIT_FAILED. */
int tool_fail_no_group(const char *name);

/**
 * tool_fail_device() - why a group's device could not be opened
 * @name: name of the group
 * @err: negative errno
 */
int tool_fail_device(const char *name, int err);

/**
 * tool_control() - open a control handle or say why not
 *
 * Return: the handle, or NULL after the sentence was printed.
 */
struct quorum_control *tool_control(void);

/**
 * tool_fail_control() - a control request was refused
 * @control: the handle; the kernel's sentence is preferred
 * @err: negative errno; a group that is missing is tool_fail_no_group()'s
 * @what: what was tried, as in "cannot start group demo"
 */
int tool_fail_control(const struct quorum_control *control, int err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Let SIGINT and SIGTERM interrupt system calls and set tool_stop; ignore SIGPIPE. */
void tool_catch_signals(void);

/**
 * tool_flush() - write out what was printed
 *
 * Return: false if nobody reads any more; the caller then ends quietly.
 */
bool tool_flush(void);

/* Parse a number; false unless all of @text is one, in [@min, @max]. */
bool tool_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Parse "5s", "300ms", "20us", "1m"; a number alone counts seconds.  False if it is none. */
bool tool_parse_duration(const char *text, uint64_t *ns);

/* Now, in ns, on a clock that does not jump and counts suspend, as the leases of kv do. */
uint64_t tool_now(void);

/* Milliseconds from now until @deadline, for poll(2); rounded up. */
int tool_ms_until(uint64_t deadline);

/* Text of an errno (positive) without its number; for sentences. */
const char *tool_strerror(int err);

/* The commands, one file per family. */
int cmd_create(int argc, char **argv);
int cmd_delete(int argc, char **argv);
int cmd_down(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_format(int argc, char **argv);
int cmd_fsck(int argc, char **argv);
int cmd_genid(int argc, char **argv);
int cmd_genkey(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_kv(int argc, char **argv);
int cmd_lock(int argc, char **argv);
int cmd_elect(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_member(int argc, char **argv);
int cmd_settings(int argc, char **argv);
int cmd_propose(int argc, char **argv);
int cmd_read(int argc, char **argv);
int cmd_relink(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_tail(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_transfer(int argc, char **argv);
int cmd_up(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_wait(int argc, char **argv);

/* Their help texts, beside them. */
extern const char help_create[], help_delete[], help_down[], help_dump[], help_events[],
	help_elect[], help_format[], help_fsck[], help_genid[], help_genkey[], help_help[],
	help_kv[], help_list[], help_lock[], help_member[], help_propose[], help_read[],
	help_relink[], help_settings[], help_snapshot[], help_recover[],
	help_start[], help_status[], help_stop[], help_tail[], help_transfer[], help_up[],
	help_version[], help_wait[];

#endif /* QUORUM_TOOL_H */
