// SPDX-License-Identifier: GPL-2.0
/*
 * session_test - when libquorum hands a command in again, and what it reports when it
 * cannot know.  The kernel's answers are a list.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>

static int fake_ioctl(int fd, unsigned long number, void *arg);
#define ioctl fake_ioctl
#include "../lib/session.c"
#undef ioctl

int quorum_fd(const struct quorum *q)
{
	(void)q;
	return 0;
}

/**
 * struct answer - of the kernel, to one proposal
 * @error: errno, or 0
 * @outcome: QUORUM_OUTCOME_*
 * @verdict: of the machine or the session
 */
struct answer {
	int error;
	uint32_t outcome;
	uint32_t verdict;
};

static const struct answer *script;
static int asked, number, failed;
static uint64_t seqs[8];

static int fake_ioctl(int fd, unsigned long cmd, void *arg)
{
	const struct answer *a = &script[asked];
	struct quorum_propose *p = arg;

	(void)fd;
	(void)cmd;
	seqs[asked] = p->seq;
	/* The last one is given for ever. */
	if (script[asked + 1].outcome)
		asked++;
	p->outcome = a->outcome;
	p->verdict = a->verdict;
	p->index = 7;
	errno = a->error;
	return a->error ? -1 : 0;
}

static void expect(const char *name, bool fine)
{
	printf("%s %d session: %s\n", fine ? "ok" : "not ok", ++number, name);
	failed += !fine;
}

#define SCRIPT(...) (script = (const struct answer[]){ __VA_ARGS__, { 0 } }, asked = 0)
#define UNKNOWN	QUORUM_OUTCOME_UNKNOWN
#define DONE	QUORUM_OUTCOME_COMMITTED
#define REFUSED	QUORUM_OUTCOME_REFUSED
#define A_WHILE	50000000

int main(void)
{
	struct quorum_session *session = NULL;
	struct quorum_result result;
	int err;

	SCRIPT({ 0, DONE, 0 });
	expect("opened", !quorum_session_open(NULL, 0, &session) && session->client == 7);

	SCRIPT({ ETIMEDOUT, UNKNOWN, 0 }, { ESHUTDOWN, REFUSED, 0 }, { 0, DONE, 0 });
	err = quorum_session_command(session, "x", 1, 0, NULL, &result);
	expect("handed in until it is known",
	       !err && result.outcome == DONE && seqs[0] == 1 && seqs[1] == 1 && seqs[2] == 1);

	SCRIPT({ ECANCELED, UNKNOWN, 0 }, { ENOTCONN, REFUSED, 0 });
	err = quorum_session_command(session, "x", 1, A_WHILE, NULL, &result);
	expect("refused after an unknown copy is unknown",
	       err == -ENOTCONN && result.outcome == UNKNOWN && seqs[0] == 2);

	SCRIPT({ ENOTCONN, REFUSED, 0 });
	err = quorum_session_command(session, "x", 1, A_WHILE, NULL, &result);
	expect("only refused is refused", err == -ENOTCONN && result.outcome == REFUSED);

	SCRIPT({ ETIMEDOUT, UNKNOWN, 0 }, { 0, DONE, EKEYEXPIRED });
	err = quorum_session_command(session, "x", 1, 0, NULL, &result);
	expect("expired after an unknown copy is unknown",
	       err == -EKEYEXPIRED && result.outcome == UNKNOWN);

	SCRIPT({ 0, DONE, EKEYEXPIRED });
	err = quorum_session_command(session, "x", 1, 0, NULL, &result);
	expect("expired at once was not applied",
	       err == -EKEYEXPIRED && result.outcome == REFUSED);

	SCRIPT({ ETIMEDOUT, UNKNOWN, 0 }, { 0, DONE, ENODATA });
	err = quorum_session_command(session, "x", 1, 0, NULL, &result);
	expect("applied before, the result is lost", err == -ENODATA && result.outcome == DONE);

	SCRIPT({ ETIMEDOUT, UNKNOWN, 0 }, { 0, DONE, 0 });
	err = quorum_command(NULL, "x", 1, 0, NULL, &result);
	expect("outside of a session nothing is handed in twice",
	       err == -ETIMEDOUT && result.outcome == UNKNOWN && asked == 1);

	quorum_session_close(session);
	return failed != 0;
}
