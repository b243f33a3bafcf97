// SPDX-License-Identifier: GPL-2.0
/*
 * quorum-sim: the command line, and the course of a run.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "sim.h"

enum {
	STEPS_DEFAULT	= 1500,
	HEAL_STEPS_MAX	= 400000,
	FAILURES_SHOWN	= 20,
	JOBS_MAX	= 64,
};

static const char usage[] =
	"Usage: quorum-sim --seed N [--steps K] [--verbose [--from STEP]]\n"
	"       quorum-sim --seeds A..B [--steps K] [--jobs J] [--twice] [--first] [--coverage]\n"
	"\n"
	"Runs clusters of the real engine, codecs and recovery on a simulated network,\n"
	"simulated disks and simulated clocks.  A run follows from its seed.\n"
	"\n"
	"  --seed N       one run; prints its final hash\n"
	"  --seeds A..B   many runs, on all processors\n"
	"  --steps K      events with faults in each run (default 1500); then faults end\n"
	"                 and the cluster has to come to rest and to serve\n"
	"  --jobs J       processes (default: one per processor)\n"
	"  --twice        run each seed twice: both must end in the same hash\n"
	"  --first        stop at the first failure\n"
	"  --coverage     tell how often each kind of cluster and of fault was met; it is a\n"
	"                 failure if one was not\n"
	"  --verbose      tell what happens\n"
	"  --from STEP    ... from that step on\n"
	"\n"
	"Exit status: 0 all is well, 1 a run failed, 2 it could not be run.\n";

static void dispatch(struct world *w, const struct sim_event *ev)
{
	struct sim_node *node = w->nodes[ev->node ? ev->node : 1];

	switch (ev->kind) {
	case SIM_PACKET:
		net_arrive(w, ev->what);
		break;
	case SIM_BIO:
		if (ev->life == node->life)
			store_bio_ended(w, node, ev->what);
		break;
	case SIM_CHUNK:
		if (ev->life == node->life)
			snapshot_chunk_stored(w, node, ev->what);
		break;
	case SIM_TICK:
		if (ev->life == node->life && ev->at == node->tick_at) {
			node->tick_at = 0;
			node_tick(w, node);
		}
		break;
	case SIM_PUMP:
		if (ev->life == node->life)
			node_pump(w, node);
		break;
	case SIM_APPLY:
		if (ev->life == node->life)
			node_apply(w, node);
		break;
	case SIM_CLIENT:
		if (ev->life == ((struct sim_client *)ev->what)->attempt)
			client_act(w, ev->what);
		break;
	case SIM_LOAD:
		client_load(w);
		break;
	case SIM_FAULT:
		fault_act(w);
		break;
	case SIM_ADMIN:
		fault_admin(w);
		break;
	case SIM_FORCED:
		forced_act(w);
		break;
	case SIM_START:
		fault_start(w, node);
		/* Until it runs: what it was doing may take a while to end. */
		if (w->healed && node->phase != SIM_BROKEN)
			world_add(w, w->now + w->draw.election_max, SIM_START, ev->node, 0,
				  NULL);
		break;
	}
}

/* A paused node takes its events when it goes on. */
static bool waits(struct world *w, const struct sim_event *ev)
{
	if (!ev->node || !w->nodes[ev->node]->paused || ev->kind == SIM_START)
		return false;
	world_add(w, w->now + w->draw.heartbeat / 4, ev->kind, ev->node, ev->life, ev->what);
	if (ev->kind == SIM_TICK)
		w->nodes[ev->node]->tick_at = w->now + w->draw.heartbeat / 4;
	return true;
}

static bool step(struct world *w)
{
	struct sim_event ev;

	if (w->failed || !world_next(w, &ev))
		return false;
	w->step++;
	if (waits(w, &ev))
		return true;
	world_hash(w, ev.at ^ ((u64)ev.kind << 60) ^ ((u64)ev.node << 52));
	dispatch(w, &ev);
	return true;
}

static void begin(struct world *w, u64 seed, u32 steps)
{
	u32 i;

	world_reset(w, seed);
	swarm_draw(w);
	w->draw.steps = steps;
	for (i = 1; i <= w->n; i++)
		world_add(w, world_random(w, w->draw.election_max), SIM_START, (u8)i, 0, NULL);
	for (i = 0; i < w->draw.clients; i++) {
		w->clients[i].id = i;
		world_add(w, world_random(w, 4 * w->draw.election_max), SIM_CLIENT, 0, 0,
			  &w->clients[i]);
	}
	world_add(w, world_random(w, 4 * w->draw.election_max), SIM_LOAD, 0, 0, NULL);
	world_add(w, w->draw.fault_every, SIM_FAULT, 0, 0, NULL);
}

/* The bound of liveness, in simulated time. */
static bool settle(struct world *w, u64 commit, u32 timeouts)
{
	u64 limit = w->now + timeouts * w->draw.election_max, look = w->now;
	u64 steps = w->step + HEAL_STEPS_MAX;

	while (w->now < limit && w->step < steps && step(w)) {
		if (w->now < look)
			continue;
		if (history_newest(w)->commit_max >= commit && fault_settled(w))
			return true;
		look = w->now + w->draw.heartbeat / 2;
	}
	return false;
}

/* Is there a log that takes nothing any more?  Until then it was served. */
static bool full(struct world *w)
{
	u32 id;

	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->phase == SIM_UP &&
		    store_room(w, w->nodes[id]) < 8ULL * w->draw.payload_max)
			return true;
	return false;
}

/* What is forwarded may be lost with a leader, so whoever asks does so again. */
static void serve(struct world *w)
{
	u64 before = history_newest(w)->commit_max;
	struct sim_node *node = w->nodes[1];
	u32 tries;

	for (tries = 0; tries < 8 && !w->failed && !full(w); tries++) {
		do {
			node = w->nodes[1 + world_random(w, w->n)];
		} while (node->phase != SIM_UP || !node->leader || node->witness ||
			 node->history != w->check->newest);
		client_propose(w, node, 3);
		if (settle(w, before + 3, 4))
			return;
	}
	if (tries == 8)
		sim_fail(w, node->id, "does not commit when all is well");
}

static void run(struct world *w, u64 seed, u32 steps)
{
	begin(w, seed, steps);
	while (w->step < steps && step(w))
		;
	if (!w->failed) {
		fault_heal(w);
		if (settle(w, 0, 60))
			serve(w);
		else
			sim_fail(w, 0, "does not come to rest when all is well");
	}
	if (!w->failed)
		client_check(w);
	world_hash(w, history_newest(w)->commit_max);
	seen_ended(w);
}

/* ---- one ---- */

static void tell(const struct world *w, u32 steps)
{
	const struct sim_draw *d = &w->draw;

	printf("seed %llu: %s, hash %016llx\n", (unsigned long long)w->seed,
	       w->failed ? "FAILED" : "ok", (unsigned long long)w->hash);
	printf("  voters %u, witnesses %u, learners %u, spare %u\n", d->voters, d->witnesses,
	       d->learners, d->spare);
	printf("  heartbeat %llu us, election %llu..%llu us%s%s\n",
	       (unsigned long long)d->heartbeat / 1000,
	       (unsigned long long)d->election_min / 1000,
	       (unsigned long long)d->election_max / 1000,
	       d->flags & RAFT_F_PREVOTE ? ", prevote" : "",
	       d->flags & RAFT_F_CHECKQUORUM ? ", checkquorum" : "");
	printf("  loss %u/1000, duplicates %u/1000, damage %u/1000, delay up to %llu us, disk up to %llu us\n",
	       d->loss, d->duplicate, d->damage, (unsigned long long)d->delay_max / 1000,
	       (unsigned long long)d->disk_max / 1000);
	printf("  %llu steps (%u with faults), %llu ms simulated, %llu messages taken\n",
	       (unsigned long long)w->step, steps, (unsigned long long)(w->now / MS),
	       (unsigned long long)w->delivered);
	printf("  %llu committed, %llu leaders, %llu starts, %u operations\n",
	       (unsigned long long)history_newest(w)->commit_max, (unsigned long long)w->leaders,
	       (unsigned long long)w->restarts, w->ops_n ? w->ops_n - 1 : 0);
	printf("  %llu snapshots taken, %llu installed, %llu starts from a checkpoint, %llu as suspect, %llu healed, %llu replaced, %llu recovered by force\n",
	       (unsigned long long)w->snapshots, (unsigned long long)w->installs,
	       (unsigned long long)w->checkpoints, (unsigned long long)w->suspects,
	       (unsigned long long)w->healed_n,
	       (unsigned long long)w->replaced, (unsigned long long)w->recovered);
	if (w->failed)
		printf("  look: quorum-sim --seed %llu --steps %u --verbose --from %llu\n",
		       (unsigned long long)w->seed, steps,
		       (unsigned long long)(w->step > 60 ? w->step - 60 : 0));
}

/* ---- many ---- */

struct plan {
	u64 first;
	u64 last;
	u32 steps;
	u32 jobs;
	u64 failures;	/* after that many a worker stops */
	bool twice;
	bool coverage;
};

/* Written to a pipe as one piece, so not above PIPE_BUF. */
struct tally {
	u64 seeds;
	u64 steps;
	u64 committed;
	u64 failures;
	u64 faults[FAULT_NR];
	u64 seen[SEEN_NR];
};

static_assert(sizeof(struct tally) <= PIPE_BUF);

static void add(struct tally *sum, const struct tally *t)
{
	u32 i;

	sum->seeds += t->seeds;
	sum->steps += t->steps;
	sum->committed += t->committed;
	sum->failures += t->failures;
	for (i = 0; i < FAULT_NR; i++)
		sum->faults[i] += t->faults[i];
	for (i = 0; i < SEEN_NR; i++)
		sum->seen[i] += t->seen[i];
}

static void count(struct tally *t, const struct world *w)
{
	struct tally one = {
		.seeds = 1,
		.steps = w->step,
		.committed = history_newest(w)->commit_max,
		.failures = w->failed,
	};

	memcpy(one.faults, w->steps_of, sizeof(one.faults));
	memcpy(one.seen, w->seen, sizeof(one.seen));
	add(t, &one);
}

/* Return: how many were never met. */
static u32 tell_coverage(const struct tally *t)
{
	u32 missing = 0, i;

	for (i = 0; i < FAULT_NR; i++) {
		printf("%12llu  fault: %s\n", (unsigned long long)t->faults[i], fault_name(i));
		missing += !t->faults[i];
	}
	for (i = 0; i < SEEN_NR; i++) {
		printf("%12llu  %s\n", (unsigned long long)t->seen[i], seen_name(i));
		missing += !t->seen[i];
	}
	if (missing)
		printf("FAIL: %u of them were never met\n", missing);
	return missing;
}

static void put(int fd, const struct tally *t)
{
	if (write(fd, t, sizeof(*t)) != (ssize_t)sizeof(*t))
		_exit(2);
}

/* Every jobs-th seed; tells how far it is, a batch at a time. */
static void work(struct world *w, const struct plan *plan, u32 job, int fd)
{
	struct tally t = {}, all = {};
	u64 seed, hash;

	for (seed = plan->first + job; seed <= plan->last; seed += plan->jobs) {
		run(w, seed, plan->steps);
		hash = w->hash;
		count(&t, w);
		if (plan->twice && !w->failed) {
			run(w, seed, plan->steps);
			if (w->hash != hash) {
				printf("FAIL seed %llu: two runs differ\n",
				       (unsigned long long)seed);
				t.failures++;
			}
		}
		if (t.seeds == 50 || t.failures) {
			put(fd, &t);
			all.failures += t.failures;
			memset(&t, 0, sizeof(t));
		}
		if (all.failures >= plan->failures)
			break;
	}
	put(fd, &t);
	fflush(stdout);
	_exit(0);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void progress(const struct tally *t, u64 total, double since)
{
	double passed = seconds() - since;

	fprintf(stderr, "\r%llu of %llu seeds, %llu failed, %.0f events/s  ",
		(unsigned long long)t->seeds, (unsigned long long)total,
		(unsigned long long)t->failures,
		passed > 0 ? (double)t->steps / passed : 0);
}

static void spawn(const struct plan *plan, u32 job, int fd)
{
	static struct world w;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("quorum-sim: fork");
		exit(2);
	}
	if (pid == 0) {
		world_init(&w);
		work(&w, plan, job, fd);
	}
}

static int many(const struct plan *plan)
{
	u64 total = plan->last - plan->first + 1;
	struct tally sum = {}, t;
	double since = seconds(), told = 0;
	bool broken = false;
	int fd[2], status;
	u32 i;

	if (pipe(fd)) {
		perror("quorum-sim: pipe");
		return 2;
	}
	for (i = 0; i < plan->jobs; i++)
		spawn(plan, i, fd[1]);
	close(fd[1]);
	while (read(fd[0], &t, sizeof(t)) == (ssize_t)sizeof(t)) {
		add(&sum, &t);
		if (seconds() - told > (isatty(STDERR_FILENO) ? 0.5 : 20)) {
			progress(&sum, total, since);
			told = seconds();
		}
	}
	while (wait(&status) > 0)
		broken |= status != 0;
	progress(&sum, total, since);
	fputc('\n', stderr);
	if (broken)
		fprintf(stderr, "quorum-sim: a worker died\n");
	if (plan->coverage)
		broken |= tell_coverage(&sum) != 0;
	printf("%llu seeds, %llu events, %llu entries committed, %.0f s\n",
	       (unsigned long long)sum.seeds, (unsigned long long)sum.steps,
	       (unsigned long long)sum.committed, seconds() - since);
	printf("%llu passed, %llu failed\n", (unsigned long long)(sum.seeds - sum.failures),
	       (unsigned long long)sum.failures + broken);
	return sum.failures || broken;
}

/* ---- the command line ---- */

static u64 number(const char *text, const char **end)
{
	char *rest;
	u64 value;

	errno = 0;
	value = strtoull(text, &rest, 0);
	if (errno || rest == text || *text == '-' || (!end && *rest)) {
		fprintf(stderr, "quorum-sim: '%s' is not a number\n", text);
		exit(2);
	}
	if (end)
		*end = rest;
	return value;
}

static void range(const char *text, u64 *first, u64 *last)
{
	const char *rest;

	*first = number(text, &rest);
	if (strncmp(rest, "..", 2)) {
		fprintf(stderr, "quorum-sim: a range is written A..B\n");
		exit(2);
	}
	*last = number(rest + 2, NULL);
	if (*last < *first) {
		fprintf(stderr, "quorum-sim: the range %s is empty\n", text);
		exit(2);
	}
}

static int one(u64 seed, u32 steps, bool verbose, u64 from)
{
	static struct world w;

	world_init(&w);
	w.verbose = verbose;
	w.from = from;
	run(&w, seed, steps);
	tell(&w, steps);
	return w.failed;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "seeds", required_argument, NULL, 'S' },
		{ "steps", required_argument, NULL, 'k' },
		{ "jobs", required_argument, NULL, 'j' },
		{ "twice", no_argument, NULL, '2' },
		{ "first", no_argument, NULL, '1' },
		{ "coverage", no_argument, NULL, 'c' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "from", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	struct plan plan = { .failures = FAILURES_SHOWN };
	u64 seed = 0, from = 0, steps = STEPS_DEFAULT;
	u64 jobs = (u64)sysconf(_SC_NPROCESSORS_ONLN);
	bool single = false, range_given = false, verbose = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 's':
			seed = number(optarg, NULL);
			single = true;
			break;
		case 'S':
			range(optarg, &plan.first, &plan.last);
			range_given = true;
			break;
		case 'k':
			steps = number(optarg, NULL);
			break;
		case 'j':
			jobs = number(optarg, NULL);
			break;
		case '2':
			plan.twice = true;
			break;
		case '1':
			plan.failures = 1;
			break;
		case 'c':
			plan.coverage = true;
			break;
		case 'v':
			verbose = true;
			break;
		case 'f':
			from = number(optarg, NULL);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (single == range_given || optind != argc || !jobs || jobs > JOBS_MAX || !steps ||
	    steps > U32_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	if (single)
		return one(seed, (u32)steps, verbose, from);
	plan.steps = (u32)steps;
	plan.jobs = (u32)jobs;
	return many(&plan);
}
