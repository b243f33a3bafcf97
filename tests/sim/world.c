// SPDX-License-Identifier: GPL-2.0
/*
 * Time, chance, memory, and the log of a run.
 *
 * Nothing here depends on addresses, on the library's generators or on the hash
 * of anything but what happened: the same seed is the same run everywhere.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "sim.h"

enum {
	ARENA_BYTES	= 1U << 30,
	CLASS_SHIFT	= 4,	/* smallest class: 16 bytes */
};

u64 world_mix(u64 x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u64 draw(struct world *w)
{
	w->random += 0x9e3779b97f4a7c15ULL;
	return world_mix(w->random);
}

/* Uniform in 0..bound-1; 0 for an empty range. */
u64 world_random(struct world *w, u64 bound)
{
	return bound ? (u64)(((unsigned __int128)draw(w) * bound) >> 64) : 0;
}

u64 world_between(struct world *w, u64 low, u64 high)
{
	return high <= low ? low : low + world_random(w, high - low + 1);
}

bool world_chance(struct world *w, u32 permille)
{
	return permille && world_random(w, 1000) < permille;
}

void world_hash(struct world *w, u64 value)
{
	w->hash = world_mix(w->hash ^ (value + 0x9e3779b97f4a7c15ULL));
}

/* ---- memory: everything of a run is forgotten at once ---- */

static u32 class_of(u32 bytes)
{
	u32 class = 0;

	while ((16U << class) < bytes)
		class++;
	return class;
}

void *pool_alloc(struct world *w, u32 bytes)
{
	u32 class = class_of(bytes);
	u64 size = 16ULL << class;
	void *p = w->free[class];

	if (p) {
		memcpy(&w->free[class], p, sizeof(void *));
		return p;
	}
	if (w->arena_used + size > w->arena_size) {
		fprintf(stderr, "seed %llu: out of memory: run fewer steps\n",
			(unsigned long long)w->seed);
		exit(2);
	}
	p = w->arena + w->arena_used;
	w->arena_used += size;
	return p;
}

void pool_free(struct world *w, void *p, u32 bytes)
{
	u32 class = class_of(bytes);

	if (!p)
		return;
	memcpy(p, &w->free[class], sizeof(void *));
	w->free[class] = p;
}

/* An array of @cap elements that has to hold @need; new ones are zero. */
void *pool_grow(struct world *w, void *p, u64 *cap, u64 need, u32 bytes)
{
	u64 size = *cap ? *cap : 64;
	void *grown;

	if (need <= *cap)
		return p;
	while (size < need)
		size *= 2;
	grown = pool_alloc(w, (u32)(size * bytes));
	memset(grown, 0, size * bytes);
	if (*cap) {
		memcpy(grown, p, *cap * bytes);
		pool_free(w, p, (u32)(*cap * bytes));
	}
	*cap = size;
	return grown;
}

static void *must(void *p)
{
	if (!p) {
		perror("quorum-sim: memory");
		exit(2);
	}
	return p;
}

void world_init(struct world *w)
{
	u32 i, from;

	memset(w, 0, sizeof(*w));
	w->arena_size = ARENA_BYTES;
	w->arena = mmap(NULL, w->arena_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (w->arena == MAP_FAILED)
		must(NULL);
	w->check = must(calloc(1, sizeof(*w->check)));
	w->tx = must(malloc(QUORUM_MSG_BYTES_MAX + 64));
	w->read_buf = must(aligned_alloc(4096, QUORUM_RECORD_BYTES_MAX));
	for (i = 1; i < SIM_NODES; i++) {
		struct sim_node *node = must(calloc(1, sizeof(*node)));

		node->id = i;
		node->raft = must(calloc(1, raft_size()));
		node->store.buf = must(aligned_alloc(8, QUORUM_RECORD_BYTES_MAX));
		node->disk.image = mmap(NULL, SIM_DEVICE_MAX, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (node->disk.image == MAP_FAILED)
			must(NULL);
		node->disk.dirty = must(calloc(1, SIM_DEVICE_MAX / QUORUM_BLOCK_BYTES));
		node->disk.cached = must(calloc(SIM_CACHED, sizeof(struct sim_cached)));
		for (from = 1; from < SIM_NODES; from++)
			node->assemble_buf[from] = must(malloc(QUORUM_MSG_BYTES_MAX));
		w->nodes[i] = node;
	}
}

/* A node as if it had never run, keeping its memory. */
static void node_reset(struct world *w, struct sim_node *node)
{
	struct sim_node keep = *node;
	u32 from;

	disk_reset(w, node);
	machine_reset(w, node);
	memset(node, 0, sizeof(*node));
	node->id = keep.id;
	node->raft = keep.raft;
	node->store.buf = keep.store.buf;
	node->disk.image = keep.disk.image;
	node->disk.dirty = keep.disk.dirty;
	node->disk.cached = keep.disk.cached;
	for (from = 1; from < SIM_NODES; from++) {
		node->assemble_buf[from] = keep.assemble_buf[from];
		assemble_init(&node->assemble[from], node->assemble_buf[from]);
	}
}

void world_reset(struct world *w, u64 seed)
{
	struct world keep = *w;
	u32 i;

	for (i = 1; i < SIM_NODES; i++)
		node_reset(w, w->nodes[i]);
	memset(w, 0, offsetof(struct world, fx));
	memcpy(w->nodes, keep.nodes, sizeof(w->nodes));
	w->check = keep.check;
	w->verbose = keep.verbose;
	w->from = keep.from;
	w->runs = NULL;
	w->runs_cap = 0;
	w->arena_used = 0;
	memset(w->free, 0, sizeof(w->free));
	memset(w->steps_of, 0, sizeof(w->steps_of));
	memset(w->seen, 0, sizeof(w->seen));
	w->delivered = 0;
	w->restarts = 0;
	w->leaders = 0;
	w->proposals = 0;
	w->snapshots = 0;
	w->installs = 0;
	w->checkpoints = 0;
	w->suspects = 0;
	w->healed_n = 0;
	w->replaced = 0;
	w->recovered = 0;
	w->seed = seed;
	w->random = world_mix(seed + 1);
	w->hash = seed;
	check_reset(w);
}

/* ---- the heap of events ---- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void world_add(struct world *w, u64 at, u8 kind, u8 node, u32 life, void *what)
{
	struct sim_event ev = {
		.at = max(at, w->now), .number = w->number++, .what = what,
		.life = life, .node = node, .kind = kind,
	};
	u64 cap = w->heap_cap;
	u32 i = w->heap_n++;

	w->heap = pool_grow(w, w->heap, &cap, w->heap_n, sizeof(ev));
	w->heap_cap = (u32)cap;
	while (i && before(&ev, &w->heap[(i - 1) / 2])) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = ev;
}

bool world_next(struct world *w, struct sim_event *ev)
{
	struct sim_event last;
	u32 i = 0, child;

	if (!w->heap_n)
		return false;
	*ev = w->heap[0];
	last = w->heap[--w->heap_n];
	for (;;) {
		child = 2 * i + 1;
		if (child >= w->heap_n)
			break;
		if (child + 1 < w->heap_n && before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	w->now = ev->at;
	return true;
}

/* ---- what people read ---- */

static void print(struct world *w, u32 id, const char *fmt, va_list args)
{
	printf("%8llu %10llu.%03llu ms ", (unsigned long long)w->step,
	       (unsigned long long)(w->now / MS), (unsigned long long)(w->now / 1000 % 1000));
	if (id)
		printf("n%u ", id);
	else
		printf("   ");
	vprintf(fmt, args);
	putchar('\n');
}

void sim_print(struct world *w, u32 id, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(w, id, fmt, args);
	va_end(args);
}

/* The first failure of a run is the one that counts. */
void sim_fail(struct world *w, u32 id, const char *fmt, ...)
{
	va_list args;

	if (w->failed)
		return;
	w->failed = true;
	printf("FAIL seed %llu step %llu: node %u: ", (unsigned long long)w->seed,
	       (unsigned long long)w->step, id);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}
