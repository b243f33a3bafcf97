// SPDX-License-Identifier: GPL-2.0
/*
 * guard_test - that a command does not outlive its lock, whoever is killed or stopped.
 * The clock is in memory that all processes share.  Whatever lives on holds a pipe open.
 */
#include <pty.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "../tools/guard.c"

/**
 * struct shared - by all processes
 * @now: the clock
 * @looks: how often it was looked at
 * @held: who looks at it is to wait
 * @waits: somebody does
 * @more: the keeper is to extend the time to this, 0: it is not to, or has
 * @guard: its process
 * @status: of the command, plus 1, once the keeper knows it
 */
static volatile struct shared {
	uint64_t now;
	uint64_t looks;
	bool held;
	bool waits;
	uint64_t more;
	pid_t guard;
	int status;
} *shared;

enum { PATIENCE_S = 30 };

static int number, failed;

volatile sig_atomic_t tool_stop;

uint64_t tool_now(void)
{
	__atomic_add_fetch(&shared->looks, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&shared->held, __ATOMIC_SEQ_CST)) {
		shared->waits = true;
		usleep(1000);
	}
	return __atomic_load_n(&shared->now, __ATOMIC_SEQ_CST);
}

int tool_ms_until(uint64_t deadline)
{
	(void)deadline;
	return 1;
}

int tool_fail(const char *format, ...)
{
	(void)format;
	return 1;
}

static void expect(const char *name, bool fine)
{
	printf("%s %d guard: %s\n", fine ? "ok" : "not ok", ++number, name);
	fflush(stdout);
	failed += !fine;
}

/* One that has started others: in its session, out of it, and orphans. */
#define FAMILY	"setsid sleep 1000 & (sleep 1000 &) ; (setsid sleep 1000 &) ; echo x >&3; "

/**
 * struct scene - a keeper, which is what quorumctl is, with its guard and a command
 * @keeper: its process
 * @alive: ends when the guard and all it has started have ended
 * @said: what the command says on descriptor 3
 * @keys: where to type, -1: there is no terminal
 */
struct scene {
	pid_t keeper;
	int alive;
	int said;
	int keys;
};

static void keep(const char *script, uint64_t until, int alive)
{
	char shell[] = "sh", option[] = "-c";
	char *argv[] = { shell, option, strdup(script), NULL };
	struct guard g;
	int status;

	/* As a shell has its jobs. */
	setpgid(0, 0);
	signal(SIGTERM, SIG_IGN);
	if (guard_start(&g, until, argv))
		_exit(1);
	close(alive);
	close(3);
	shared->guard = g.pid;
	while (!tool_stop && !guard_ended(&g, &status)) {
		if (shared->more) {
			guard_extend(&g, shared->more);
			shared->more = 0;
		}
		usleep(1000);
	}
	if (tool_stop)
		_exit(2);
	shared->status = status + 1;
	for (;;)
		pause();
}

static void begin_on(struct scene *s, bool terminal, const char *script, uint64_t until)
{
	int alive[2], said[2];

	shared->now = 1000;
	shared->held = false;
	shared->waits = false;
	shared->more = 0;
	shared->guard = 0;
	shared->status = 0;
	if (pipe(alive) || pipe(said))
		exit(1);
	s->keys = -1;
	s->keeper = terminal ? forkpty(&s->keys, NULL, NULL, NULL) : fork();
	if (!s->keeper) {
		/* The readers' sides first: 3 may be one of them. */
		close(alive[0]);
		close(said[0]);
		if (alive[1] == 3)
			alive[1] = dup(3);
		dup2(said[1], 3);
		if (said[1] != 3)
			close(said[1]);
		keep(script, until, alive[1]);
	}
	close(alive[1]);
	close(said[1]);
	s->alive = alive[0];
	s->said = said[0];
}

static void begin(struct scene *s, const char *script, uint64_t until)
{
	begin_on(s, false, script, until);
}

static void end(struct scene *s)
{
	kill(s->keeper, SIGCONT);
	kill(s->keeper, SIGKILL);
	waitpid(s->keeper, NULL, 0);
	close(s->alive);
	close(s->said);
	if (s->keys >= 0)
		close(s->keys);
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE_S * 1000) == 1;
}

static bool started(const struct scene *s)
{
	char c;

	return readable(s->said) && read(s->said, &c, 1) == 1;
}

/* Until nothing holds it any more. */
static bool all_gone(const struct scene *s)
{
	char c;

	return readable(s->alive) && !read(s->alive, &c, 1);
}

/* The status the keeper was told, -1: none in time. */
static int told(void)
{
	for (int i = 0; !shared->status && i < PATIENCE_S * 1000; i++)
		usleep(1000);
	return shared->status - 1;
}

static pid_t guard_of(void)
{
	for (int i = 0; !shared->guard && i < PATIENCE_S * 1000; i++)
		usleep(1000);
	return shared->guard ? shared->guard : getpid();
}

static void status_of(const char *script, int status, const char *name)
{
	struct scene s;

	begin(&s, script, UINT64_MAX);
	expect(name, told() == status && all_gone(&s));
	end(&s);
}

static void killed_with_the_keeper(void)
{
	struct scene s;
	bool up;

	begin(&s, FAMILY "sleep 1000", UINT64_MAX);
	up = started(&s);
	kill(s.keeper, SIGKILL);
	expect("quorumctl is killed, and all the command started goes", up && all_gone(&s));
	end(&s);
}

static void killed_guard(void)
{
	struct scene s;
	bool up;

	begin(&s, FAMILY "sleep 1000", UINT64_MAX);
	up = started(&s);
	kill(guard_of(), SIGKILL);
	expect("the guard is killed, and all the command started goes",
	       up && all_gone(&s) && told() == 128 + SIGKILL);
	end(&s);
}

static void out_of_time(void)
{
	struct scene s;
	bool up;

	begin(&s, FAMILY "sleep 1000", 2000);
	up = started(&s);
	kill(s.keeper, SIGSTOP);
	shared->now = 2000;
	expect("the time is over while quorumctl is stopped", up && all_gone(&s));
	end(&s);
}

/* The keeper says it in time; the guard, which is not run meanwhile, finds it too late. */
static void more_time(void)
{
	struct scene s;
	uint64_t looks;
	bool up;

	begin(&s, "trap 'exit 5' TERM; echo x >&3; while :; do sleep 0.01; done", 2000);
	up = started(&s);
	guard_of();
	shared->held = true;
	for (int i = 0; !shared->waits && i < PATIENCE_S * 1000; i++)
		usleep(1000);
	shared->more = 3000;
	for (int i = 0; shared->more && i < PATIENCE_S * 1000; i++)
		usleep(1000);
	shared->now = 2500;
	shared->held = false;
	looks = shared->looks;
	for (int i = 0; shared->looks < looks + 10 && i < PATIENCE_S * 1000; i++)
		usleep(1000);
	/* The guard does not mind; the command is in the keeper's group, which does not either. */
	kill(guard_of(), SIGTERM);
	kill(-s.keeper, SIGTERM);
	expect("more time", up && told() == 5 && all_gone(&s));
	end(&s);
}

/* Not the guard: it sees to what is elsewhere. */
static void killed_group(void)
{
	struct scene s;
	bool up;

	begin(&s, FAMILY "sleep 1000", UINT64_MAX);
	up = started(&s) && guard_of() != getpid();
	kill(-s.keeper, SIGKILL);
	expect("quorumctl's process group is killed, and all the command started goes",
	       up && all_gone(&s));
	end(&s);
}

/* By Ctrl-Z, say. */
static void stopped_group(void)
{
	struct scene s;
	bool up;

	begin(&s, FAMILY "sleep 1000", 2000);
	up = started(&s) && guard_of() != getpid();
	kill(-s.keeper, SIGSTOP);
	shared->now = 2000;
	expect("the time is over while quorumctl's process group is stopped",
	       up && all_gone(&s));
	end(&s);
}

static bool type(const struct scene *s, const char *keys)
{
	return write(s->keys, keys, strlen(keys)) == (ssize_t)strlen(keys);
}

static void reads_terminal(void)
{
	struct scene s;
	bool up;

	begin_on(&s, true, "echo x >&3; read -r line; [ \"$line\" = typed ] && exit 9", UINT64_MAX);
	up = started(&s) && type(&s, "typed\n");
	expect("the command reads the terminal", up && told() == 9 && all_gone(&s));
	end(&s);
}

static void interrupt_is_the_command_s(void)
{
	struct scene s;
	int status = 0;
	pid_t ended = 0;
	bool up;

	begin_on(&s, true, "trap 'exit 6' INT; echo x >&3; while :; do sleep 0.01; done",
		 UINT64_MAX);
	up = started(&s) && type(&s, "\003");
	expect("Ctrl-C is the command's", up && told() == 6 && all_gone(&s));
	end(&s);
	begin_on(&s, true, "trap '' INT; echo x >&3; sleep 1000", UINT64_MAX);
	up = started(&s);
	guard_of();
	kill(s.keeper, SIGINT);
	for (int i = 0; !ended && i < PATIENCE_S * 1000; i++) {
		ended = waitpid(s.keeper, &status, WNOHANG);
		usleep(1000);
	}
	expect("SIGINT that was sent is quorumctl's",
	       up && ended == s.keeper && WIFEXITED(status) && WEXITSTATUS(status) == 2 &&
	       all_gone(&s));
	if (!ended)
		end(&s);
}

/* A shell makes its group the terminal's; when it is killed, quorumctl's is again. */
static void terminal_comes_back(void)
{
	struct scene s;
	bool up;

	begin_on(&s, true, "set -m; (echo x >&3; kill -KILL $$; sleep 1000)", UINT64_MAX);
	up = started(&s);
	expect("the terminal comes back", up && told() == 128 + SIGKILL && all_gone(&s) &&
	       tcgetpgrp(s.keys) == s.keeper);
	end(&s);
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	status_of("exit 7", 7, "the command's status");
	status_of("kill -9 $$", 128 + SIGKILL, "the command is killed");
	status_of(FAMILY "exit 3", 3, "the command leaves nothing behind");
	killed_with_the_keeper();
	killed_guard();
	out_of_time();
	more_time();
	killed_group();
	stopped_group();
	reads_terminal();
	interrupt_is_the_command_s();
	terminal_comes_back();
	return failed != 0;
}
