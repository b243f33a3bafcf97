// SPDX-License-Identifier: GPL-2.0
/*
 * agent - runs commands inside a test machine for the host.
 *
 * One worker per virtio-serial port whose name starts with "quorum.". Each
 * worker serves one host connection at a time:
 *
 *	host	8 bytes "QUORUM1\n", 8 bytes nonce
 *	agent	the same 16 bytes
 *
 * and then frames of u8 type, u32 length (little-endian), payload:
 *
 *	host to agent	'R' run, argv separated by NUL	'T' the same, on a terminal
 *			'I' bytes for stdin		'E' end of stdin
 *			'W' u16 rows, u16 columns
 *	agent to host	'o' bytes of stdout		'e' bytes of stderr
 *			'x' u32 exit status, the last frame
 *
 * When the host goes away, the command's process group is killed. Everything
 * that comes between two sessions is skipped up to the next greeting.
 *
 * As process 1 it also reaps orphans.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	GREETING_LEN	= 16,
	HEADER_LEN	= 5,
	FRAME_MAX	= 65536,
	CHUNK		= 16384,
	ARGS_MAX	= 256,
	PORTS_MAX	= 32,
	KILLED_BY_HOST	= -1,
};

static const char magic[8] = "QUORUM1\n";

struct command {
	pid_t pid;
	bool terminal;
	int in, out, err;	/* -1 when closed */
	uint32_t sent, unsent;	/* input waiting in @frame */
	int status;
	bool exited;
};

static int child_fd[2];		/* written by the SIGCHLD handler */
static uint8_t frame[HEADER_LEN + FRAME_MAX];

static void on_child(int signal)
{
	int saved = errno;

	(void)signal;
	if (write(child_fd[1], "", 1) < 0)
		errno = 0;
	errno = saved;
}

static void on_port(int signal)
{
	(void)signal;
}

/* Nobody on the other side: sleep until the port's state changes. */
static void wait_for_host(const sigset_t *port_signal)
{
	struct timespec limit = { .tv_nsec = 100 * 1000 * 1000 };

	sigtimedwait(port_signal, NULL, &limit);
}

/* Exactly @len bytes, or false when the host has gone. */
static bool port_read(int port, void *buffer, size_t len)
{
	struct pollfd wait = { .fd = port, .events = POLLIN };
	uint8_t *at = buffer;
	ssize_t n;

	while (len) {
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			return false;
		n = read(port, at, len);
		if (n == 0)
			return false;
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				return false;
			if (wait.revents & POLLHUP)
				return false;
			continue;
		}
		at += n;
		len -= n;
	}
	return true;
}

static bool port_write(int port, const void *buffer, size_t len)
{
	struct pollfd wait = { .fd = port, .events = POLLOUT };
	const uint8_t *at = buffer;
	ssize_t n;

	while (len) {
		n = write(port, at, len > CHUNK ? CHUNK : len);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				return false;
			if (poll(&wait, 1, -1) > 0 && (wait.revents & POLLHUP))
				return false;
			continue;
		}
		at += n;
		len -= n;
	}
	return true;
}

static bool send_frame(int port, uint8_t type, const void *payload, uint32_t len)
{
	static uint8_t out[HEADER_LEN + CHUNK];

	out[0] = type;
	out[1] = len;
	out[2] = len >> 8;
	out[3] = len >> 16;
	out[4] = len >> 24;
	memcpy(out + HEADER_LEN, payload, len);
	return port_write(port, out, HEADER_LEN + len);
}

/* The type of the next frame, its payload in @frame; -1 when the host left. */
static int receive_frame(int port, uint32_t *len)
{
	uint8_t header[HEADER_LEN];

	if (!port_read(port, header, sizeof(header)))
		return -1;
	*len = header[1] | header[2] << 8 | header[3] << 16 | (uint32_t)header[4] << 24;
	if (*len > FRAME_MAX || !port_read(port, frame, *len))
		return -1;
	frame[*len] = 0;
	return header[0];
}

/* Skip what an earlier session left behind, answer the greeting. */
static bool greet(int port)
{
	uint8_t greeting[GREETING_LEN];
	size_t have = 0;

	while (have < sizeof(magic)) {
		if (!port_read(port, greeting + have, 1))
			return false;
		if (greeting[have] == (uint8_t)magic[have])
			have++;
		else
			have = greeting[have] == (uint8_t)magic[0];
		greeting[0] = magic[0];
	}
	if (!port_read(port, greeting + sizeof(magic), GREETING_LEN - sizeof(magic)))
		return false;
	return port_write(port, greeting, sizeof(greeting));
}

static void exec_command(uint32_t len)
{
	char *argv[ARGS_MAX + 1];
	char *at = (char *)frame, *end = at + len;
	int n = 0;

	for (; at < end && n < ARGS_MAX; at += strlen(at) + 1)
		argv[n++] = at;
	argv[n] = NULL;
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &(sigset_t){ 0 }, NULL);
	if (n)
		execvp(argv[0], argv);
	fprintf(stderr, "agent: %s: %s\n", n ? argv[0] : "", strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static bool start_terminal(struct command *command, uint32_t len)
{
	command->pid = forkpty(&command->in, NULL, NULL, NULL);
	if (command->pid < 0)
		return false;
	if (!command->pid) {
		setenv("TERM", "linux", 1);
		exec_command(len);
	}
	command->out = command->in;
	return true;
}

static bool start_pipes(struct command *command, uint32_t len)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return false;
	command->pid = fork();
	if (command->pid < 0)
		return false;
	if (!command->pid) {
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		exec_command(len);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	command->in = in[1];
	command->out = out[0];
	command->err = err[0];
	return true;
}

static bool start(struct command *command, bool terminal, uint32_t len)
{
	bool started;

	*command = (struct command){ .in = -1, .out = -1, .err = -1, .terminal = terminal };
	started = terminal ? start_terminal(command, len) : start_pipes(command, len);
	if (!started)
		return false;
	fcntl(command->in, F_SETFL, O_NONBLOCK);
	fcntl(command->out, F_SETFL, O_NONBLOCK);
	if (command->err >= 0)
		fcntl(command->err, F_SETFL, O_NONBLOCK);
	return true;
}

/* Move what is there now; a closed stream becomes -1. False: the host left. */
static bool forward(int port, uint8_t type, int *fd)
{
	uint8_t chunk[CHUNK];
	ssize_t n;

	if (*fd < 0)
		return true;
	n = read(*fd, chunk, sizeof(chunk));
	if (n > 0)
		return send_frame(port, type, chunk, n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	close(*fd);
	*fd = -1;
	return true;
}

static bool drain(int port, uint8_t type, int *fd)
{
	struct pollfd ready = { .fd = *fd, .events = POLLIN };

	while (*fd >= 0 && poll(&ready, 1, 0) > 0)
		if (!forward(port, type, fd))
			return false;
	return true;
}

static void close_input(struct command *command)
{
	if (command->in >= 0 && !command->terminal)
		close(command->in);
	command->in = -1;
	command->unsent = 0;
}

/* As much of the waiting input as the command takes now. */
static void write_input(struct command *command)
{
	ssize_t n;

	while (command->unsent) {
		n = write(command->in, frame + command->sent, command->unsent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			close_input(command);
			return;
		}
		command->sent += n;
		command->unsent -= n;
	}
}

static bool take_frame(int port, struct command *command)
{
	struct winsize size = { 0 };
	uint32_t len;

	switch (receive_frame(port, &len)) {
	case 'I':
		command->sent = 0;
		command->unsent = command->in >= 0 ? len : 0;
		write_input(command);
		return true;
	case 'E':
		close_input(command);
		return true;
	case 'W':
		size.ws_row = frame[0] | frame[1] << 8;
		size.ws_col = frame[2] | frame[3] << 8;
		if (command->terminal && command->out >= 0)
			ioctl(command->out, TIOCSWINSZ, &size);
		return true;
	default:
		return false;
	}
}

static void reap(struct command *command)
{
	char drop[64];
	int status;

	while (read(child_fd[0], drop, sizeof(drop)) > 0)
		;
	if (command->exited || waitpid(command->pid, &status, WNOHANG) != command->pid)
		return;
	command->exited = true;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Until the command ends, then its status; KILLED_BY_HOST when the host left. */
static int serve(int port, struct command *command)
{
	while (!command->exited) {
		struct pollfd fds[] = {
			{ .fd = port, .events = command->unsent ? 0 : POLLIN },
			{ .fd = child_fd[0], .events = POLLIN },
			{ .fd = command->out, .events = POLLIN },
			{ .fd = command->err, .events = POLLIN },
			{ .fd = command->unsent ? command->in : -1, .events = POLLOUT },
		};

		if (poll(fds, 5, -1) < 0 && errno != EINTR)
			return KILLED_BY_HOST;
		if (fds[0].revents & POLLHUP)
			return KILLED_BY_HOST;
		if ((fds[0].revents & POLLIN) && !take_frame(port, command))
			return KILLED_BY_HOST;
		if (fds[2].revents && !forward(port, 'o', &command->out))
			return KILLED_BY_HOST;
		if (fds[3].revents && !forward(port, 'e', &command->err))
			return KILLED_BY_HOST;
		if (fds[4].revents)
			write_input(command);
		reap(command);
	}
	if (!drain(port, 'o', &command->out) || !drain(port, 'e', &command->err))
		return KILLED_BY_HOST;
	return command->status;
}

static void session(int port)
{
	struct command command;
	uint8_t status[4] = { 0 };
	uint32_t len;
	int type, result;

	if (!greet(port))
		return;
	type = receive_frame(port, &len);
	if (type != 'R' && type != 'T')
		return;
	if (!start(&command, type == 'T', len)) {
		status[0] = 126;
		send_frame(port, 'x', status, sizeof(status));
		return;
	}
	result = serve(port, &command);
	if (result == KILLED_BY_HOST) {
		kill(-command.pid, SIGKILL);
		if (!command.exited)
			waitpid(command.pid, NULL, 0);
	} else {
		status[0] = result;
		send_frame(port, 'x', status, sizeof(status));
	}
	if (command.in >= 0 && command.in != command.out)
		close(command.in);
	if (command.out >= 0)
		close(command.out);
	if (command.err >= 0)
		close(command.err);
}

static void work(const char *path)
{
	struct pollfd state = { .events = POLLIN };
	sigset_t port_signal;
	int port;

	prctl(PR_SET_NAME, strrchr(path, '/') + 1);
	sigemptyset(&port_signal);
	sigaddset(&port_signal, SIGIO);
	sigprocmask(SIG_BLOCK, &port_signal, NULL);
	signal(SIGIO, on_port);
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(child_fd, O_CLOEXEC | O_NONBLOCK))
		exit(1);
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = on_child }, NULL);

	port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port < 0)
		exit(1);
	fcntl(port, F_SETOWN, getpid());
	fcntl(port, F_SETFL, O_NONBLOCK | O_ASYNC);
	state.fd = port;
	for (;;) {
		if (poll(&state, 1, -1) > 0 && (state.revents & POLLHUP))
			wait_for_host(&port_signal);
		else
			session(port);
	}
}

/* Start a worker for each of our ports; their number. */
static int start_workers(void)
{
	char name[64], path[320];
	struct dirent *entry;
	DIR *ports = opendir("/sys/class/virtio-ports");
	int n = 0;
	FILE *file;

	if (!ports)
		return 0;
	while ((entry = readdir(ports)) && n < PORTS_MAX) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (!fgets(name, sizeof(name), file))
			name[0] = 0;
		fclose(file);
		if (strncmp(name, "quorum.", 7))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		if (!fork())
			work(path);
		n++;
	}
	closedir(ports);
	return n;
}

int main(void)
{
	int n = start_workers();

	if (!n) {
		fprintf(stderr, "agent: no virtio port is named quorum.*\n");
		return 1;
	}
	printf("agent: %d ports\n", n);
	fflush(stdout);
	for (;;)
		if (wait(NULL) < 0 && getpid() != 1)
			return 0;
}
