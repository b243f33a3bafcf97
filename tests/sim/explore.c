// SPDX-License-Identifier: GPL-2.0
/*
 * quorum-explore: depth-first over every interleaving of a scope.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "explore.h"

enum { ACTIONS_MAX = 2 * EX_MESSAGES + 12 * EX_NODES };

#define MS	1000000ULL

/*
 * Each holds what its kind of bug needs, and comes to its end within seconds.
 * Check-quorum is off: it is a matter of time, and time stands still here.
 */
static const struct ex_scope scopes[] = {
	{ "votes", 3, 0, 2, { .timeouts = 2 } },
	{ "votes and a crash", 3, 0, 1, { .timeouts = 2, .crashes = 1 } },
	{ "pre-votes", 3, RAFT_F_PREVOTE, 2, { .timeouts = 2 } },
	{ "copies", 3, 0, 1, { .timeouts = 2, .copies = 1 } },
	{ "entries", 3, 0, 2, { .timeouts = 1, .proposals = 1 } },
	{ "entries and a second leader", 3, 0, 1, { .timeouts = 2, .proposals = 1 } },
	{ "entries and a crash", 3, 0, 1, { .timeouts = 2, .proposals = 1, .crashes = 1 } },
	{ "heartbeats", 3, 0, 1, { .timeouts = 2, .beats = 1, .proposals = 1 } },
	{ "reads", 3, 0, 1, { .timeouts = 2, .beats = 1, .reads = 1 } },
	{ "transfer", 3, 0, 1, { .timeouts = 1, .beats = 1, .transfers = 1, .proposals = 1 } },
	{ "one voter more", 2, 0, 2, { .timeouts = 2, .changes = 1 },
	  { { RAFT_CHANGE_VOTER, 3 } } },
	{ "one voter less", 3, 0, 1, { .timeouts = 3, .changes = 1 },
	  { { RAFT_CHANGE_REMOVE, 1 } } },
	{ "joint change", 2, 0, 2, { .timeouts = 2, .changes = 1 },
	  { { RAFT_CHANGE_VOTER, 3 }, { RAFT_CHANGE_REMOVE, 2 } } },
	{ "joint change and a crash", 2, 0, 2, { .timeouts = 2, .changes = 1, .crashes = 1 },
	  { { RAFT_CHANGE_VOTER, 3 }, { RAFT_CHANGE_REMOVE, 2 } } },
	{ "snapshot", 3, 0, 1, { .timeouts = 2, .beats = 1, .proposals = 1, .snapshots = 1 } },
	{ "snapshot and a crash", 3, 0, 1,
	  { .timeouts = 2, .beats = 1, .snapshots = 1, .crashes = 1 } },
};

static const char * const kinds[EX_KINDS] = {
	[EX_DELIVER] = "deliver", [EX_COPY] = "deliver a copy of", [EX_WRITTEN] = "write ends at",
	[EX_HARD] = "vote is durable at", [EX_TIMEOUT] = "election timeout at",
	[EX_BEAT] = "heartbeat of", [EX_PROPOSE] = "proposal at", [EX_READ] = "read at",
	[EX_TRANSFER] = "transfer by", [EX_CHANGE] = "change by", [EX_SNAPSHOT] = "snapshot of",
	[EX_RECEIVED] = "snapshot got on at", [EX_CRASH] = "crash of",
	[EX_CRASH_KEEP] = "crash, all written, of",
};

static const char usage[] =
	"Usage: quorum-explore [--scope N] [--list] [--states MAX]\n"
	"\n"
	"Searches every interleaving of small clusters of the real engine.\n"
	"\n"
	"  --scope N     only that one\n"
	"  --list        name the scopes\n"
	"  --states MAX  give up after that many states (a scope not searched whole\n"
	"                counts as failed)\n";

/* ---- states seen ---- */

struct seen {
	u64 *slots;
	u64 cap;
	u64 n;
};

static void *must(void *p)
{
	if (!p) {
		perror("quorum-explore");
		exit(2);
	}
	return p;
}

static bool put(u64 *slots, u64 cap, u64 hash)
{
	u64 i = hash & (cap - 1);

	while (slots[i] && slots[i] != hash)
		i = (i + 1) & (cap - 1);
	if (slots[i])
		return false;
	slots[i] = hash;
	return true;
}

/* Return: was it new? */
static bool seen_add(struct seen *seen, u64 hash)
{
	u64 *old = seen->slots, i;

	hash |= !hash;
	if (seen->n >= seen->cap / 2) {
		u64 cap = seen->cap;

		seen->cap = cap ? 2 * cap : 1 << 16;
		seen->slots = must(calloc(seen->cap, sizeof(u64)));
		for (i = 0; i < cap; i++)
			if (old[i])
				put(seen->slots, seen->cap, old[i]);
		free(old);
	}
	if (!put(seen->slots, seen->cap, hash))
		return false;
	seen->n++;
	return true;
}

/* ---- the search ---- */

struct frame {
	u32 n;
	u32 next;
	struct ex_action list[ACTIONS_MAX];
};

struct search {
	struct explorer x;
	struct seen seen;
	struct frame *frames;
	u64 states_max;
	u64 transitions;
	u32 depth;
	u32 deepest;
};

static void tell_action(const struct ex_state *s, struct ex_action a)
{
	if (a.kind == EX_DELIVER || a.kind == EX_COPY) {
		const struct raft_msg *m = &s->messages[a.nth].msg;

		printf("#   %s %s from n%u to n%u, term %llu\n", kinds[a.kind],
		       raft_msg_name(m->type), m->from, m->to, (unsigned long long)m->term);
	} else {
		printf("#   %s n%u\n", kinds[a.kind], a.nth);
	}
}

/* The way to the failure, which is the stack. */
static void tell_failure(struct search *q, const struct ex_state *s)
{
	u32 i;

	printf("# node %u: %s\n", s->broken_at, s->broken);
	for (i = 0; i <= q->depth; i++) {
		const struct frame *f = &q->frames[i];

		tell_action(&q->x.stack[i], f->list[f->next - 1]);
	}
}

static void prepare(struct search *q)
{
	struct raft_config *config = &q->x.params.config;
	struct ex_state *s = &q->x.stack[0];
	u32 id;

	memset(&q->x.params, 0, sizeof(q->x.params));
	q->x.nconfigs = 0;
	q->x.params.seed = 1;
	config->n = q->x.scope->voters;
	config->flags = q->x.scope->flags;
	config->timing.heartbeat = 50 * MS;
	config->timing.election_min = 150 * MS;
	config->timing.election_max = 300 * MS;
	for (id = 1; id <= config->n; id++) {
		config->members[id - 1].id = id;
		config->members[id - 1].roles = RAFT_M_VOTER;
	}
	memset(&s->nmessages, 0, sizeof(*s) - offsetof(struct ex_state, nmessages));
	s->left = q->x.scope->budget;
	for (id = 1; id <= EX_NODES; id++) {
		struct raft *engine = s->nodes[id].raft;

		memset(&s->nodes[id], 0, sizeof(s->nodes[id]));
		s->nodes[id].raft = engine;
	}
	for (id = 1; id <= EX_NODES; id++)
		ex_start(&q->x, s, id);
}

/* One step of the search.  Return: did it break something? */
static bool descend(struct search *q)
{
	struct frame *f = &q->frames[q->depth];
	struct ex_state *next = &q->x.stack[q->depth + 1];

	ex_copy(next, &q->x.stack[q->depth]);
	q->transitions++;
	ex_act(&q->x, next, f->list[f->next++]);
	if (next->broken) {
		tell_failure(q, next);
		return true;
	}
	if (!seen_add(&q->seen, ex_state_hash(next)))
		return false;
	if (q->depth + 2 == EX_DEPTH) {
		printf("# too deep\n");
		return true;
	}
	q->depth++;
	q->deepest = max(q->deepest, q->depth);
	f = &q->frames[q->depth];
	f->next = 0;
	f->n = ex_actions(&q->x, next, f->list);
	return false;
}

static bool search(struct search *q)
{
	struct frame *f = &q->frames[0];

	q->depth = 0;
	q->deepest = 0;
	q->transitions = 0;
	free(q->seen.slots);
	memset(&q->seen, 0, sizeof(q->seen));
	prepare(q);
	if (q->x.stack[0].broken)
		return false;
	seen_add(&q->seen, ex_state_hash(&q->x.stack[0]));
	f->next = 0;
	f->n = ex_actions(&q->x, &q->x.stack[0], f->list);
	for (;;) {
		f = &q->frames[q->depth];
		if (f->next == f->n) {
			if (!q->depth)
				return true;
			q->depth--;
			continue;
		}
		if (descend(q))
			return false;
		if (q->seen.n > q->states_max) {
			printf("# more than %llu states\n", (unsigned long long)q->states_max);
			return false;
		}
	}
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool run(struct search *q, u32 nth)
{
	double since = seconds();
	bool ok;

	q->x.scope = &scopes[nth];
	ok = search(q);
	printf("%sok %u - %s: %llu states, %llu transitions, depth %u, %.1f s\n", ok ? "" : "not ",
	       nth + 1, scopes[nth].name, (unsigned long long)q->seen.n,
	       (unsigned long long)q->transitions, q->deepest, seconds() - since);
	fflush(stdout);
	return ok;
}

static void allocate(struct search *q)
{
	u32 i, id;

	q->x.stack = must(calloc(EX_DEPTH, sizeof(q->x.stack[0])));
	q->frames = must(calloc(EX_DEPTH, sizeof(q->frames[0])));
	for (i = 0; i < EX_DEPTH; i++)
		for (id = 1; id <= EX_NODES; id++)
			q->x.stack[i].nodes[id].raft = must(calloc(1, sizeof(struct raft)));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "scope", required_argument, NULL, 's' },
		{ "states", required_argument, NULL, 'm' },
		{ "list", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	static struct search q = { .states_max = 60000000 };
	u32 passed = 0, failed = 0, only = 0, i;
	char *end = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			only = (u32)strtoul(optarg, &end, 10);
			if (*end || only < 1 || only > ARRAY_SIZE(scopes)) {
				fprintf(stderr, "quorum-explore: scopes are 1 to %u\n",
					(u32)ARRAY_SIZE(scopes));
				return 2;
			}
			break;
		case 'm':
			q.states_max = strtoull(optarg, &end, 10);
			if (*end || !q.states_max) {
				fprintf(stderr, "quorum-explore: '%s' is not a number\n", optarg);
				return 2;
			}
			break;
		case 'l':
			for (i = 0; i < ARRAY_SIZE(scopes); i++)
				printf("%2u %s\n", i + 1, scopes[i].name);
			return 0;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return 2;
	}
	allocate(&q);
	for (i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (only && only != i + 1)
			continue;
		if (run(&q, i))
			passed++;
		else
			failed++;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
