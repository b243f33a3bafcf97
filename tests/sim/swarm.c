// SPDX-License-Identifier: GPL-2.0
/*
 * Swarm: each seed first draws its own kind of cluster and weather.  Much that
 * could go wrong is off in a seed, so that what is on is met in quiet too.
 */
#include "sim.h"

static void draw_cluster(struct world *w, struct sim_draw *d)
{
	static const u32 sizes[] = { 1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7 };
	static const u64 beats[] = { 5 * MS, 50 * MS, 50 * MS, 200 * MS };

	d->voters = sizes[world_random(w, ARRAY_SIZE(sizes))];
	d->learners = world_random(w, 3) ? 0 : 1 + (u32)world_random(w, 2);
	d->flags = RAFT_F_DEFAULT;
	if (world_random(w, 4) == 0)
		d->flags &= ~RAFT_F_PREVOTE;
	if (world_random(w, 4) == 0)
		d->flags &= ~RAFT_F_CHECKQUORUM;
	/* Leases trust in clocks that run alike, see draw_faults(). */
	if (d->flags & RAFT_F_CHECKQUORUM && world_random(w, 4) == 0)
		d->flags |= RAFT_F_LEASE;
	d->heartbeat = beats[world_random(w, ARRAY_SIZE(beats))];
	d->election_min = d->heartbeat * world_between(w, 2, 6);
	if (world_random(w, 2)) {
		/* Members change: who was removed must not disturb (bug V-19). */
		d->spare = 1 + (u32)world_random(w, 2);
		d->voters = min_t(u32, d->voters, 5);
		d->flags |= RAFT_F_DEFAULT;
	}
	if (d->voters > 1 && world_random(w, 4) == 0)
		d->witnesses = 1 + (u32)world_random(w, min_t(u32, d->voters - 1, 3));
	d->priorities = world_random(w, 4) == 0;
	/* Without any spread nobody wins among many, however long they try. */
	d->election_max = d->election_min * (3 + world_random(w, 3)) / 2;
	if (d->voters > 1 && !d->spare && world_random(w, 4) == 0) {
		/* Two sizes that meet; the smaller one may be for either. */
		d->quorums.election = (u8)world_between(w, d->voters / 2 + 1, d->voters);
		d->quorums.commit = (u8)world_between(w, d->voters + 1 - d->quorums.election,
						      d->voters);
	}
}

/* Half of the seeds have little of it, half more or less than is good. */
static u64 some(struct world *w, u64 little, u64 much)
{
	return world_random(w, 2) ? little : little + world_random(w, much + 1);
}

static void draw_network(struct world *w, struct sim_draw *d)
{
	static const u32 mtus[] = { 1232, 1452, 1472, 8972 };

	d->loss = (u32)some(w, 0, 200);
	d->duplicate = (u32)some(w, 0, 200);
	d->damage = (u32)some(w, 0, 30);
	d->stray = (u32)some(w, 0, 10);
	d->delay_max = some(w, d->heartbeat / 20, d->election_min);
	d->delay_min = world_random(w, d->delay_max / 2 + 1);
	/* Few: seals cost the simulator more than all the rest. */
	d->sealed = world_random(w, 12) == 0;
	d->mtu = mtus[world_random(w, ARRAY_SIZE(mtus))];
	d->message_entries = world_random(w, 2) ? RAFT_MSG_ENTRIES_MAX :
			     1 + (u32)world_random(w, 8);
}

static void draw_disk(struct world *w, struct sim_draw *d)
{
	d->disk_max = some(w, d->heartbeat / 20, d->election_min);
	d->disk_min = world_random(w, d->disk_max / 2 + 1);
	d->physical_block = world_random(w, 4) ? 512 : 4096;
	d->unordered = world_random(w, 2);
	d->check_every = world_random(w, 3) ? 1 + world_random(w, world_random(w, 2) ? 6 : 60) : 0;
	d->record_entries = world_random(w, 2) ? ~0U : 1 + (u32)world_random(w, 8);
	d->device_bytes = d->physical_block == 512 ? 2 << 20 : 8 << 20;
	if (d->payload_max > 1024)
		d->device_bytes = SIM_DEVICE_MAX;
}

static void draw_snapshots(struct world *w, struct sim_draw *d)
{
	static const u32 chunks[] = { 64, 500, 1000, RAFT_CHUNK_BYTES_MAX };

	if (world_random(w, 3) == 0)
		return;
	d->snapshot_every = world_random(w, 2) ? 1 + world_random(w, 30) :
						 1 + world_random(w, 400);
	d->trail = world_random(w, 2) ? 0 : world_random(w, 50);
	/* A window of tiny ones of a large snapshot is nothing a leader would send. */
	d->chunk = chunks[world_random(w, ARRAY_SIZE(chunks))];
	if (d->payload_max > 1024)
		d->chunk = max_t(u32, d->chunk, 2000);
	/* Small, so that the log fills and has to be let go of. */
	if (world_random(w, 2) && d->physical_block == 512 && d->payload_max <= 1024)
		d->device_bytes = 1 << 20;
}

static void draw_load(struct world *w, struct sim_draw *d)
{
	d->payload_max = world_random(w, 8) ? 100 : 4000;
	d->burst_max = 1 + (u32)world_random(w, world_random(w, 3) ? 8 :
					      QUORUM_PROPOSE_BATCH_MAX);
	d->burst_every = d->heartbeat * world_between(w, 1, 10);
	d->clients = 1 + (u32)world_random(w, SIM_CLIENTS);
	d->sessions = world_random(w, 2);
	d->reads = (u32)world_random(w, 3) * 500;
	d->think = d->heartbeat * world_between(w, 0, 3);
	d->apply_max = world_random(w, 3) ? 0 : world_random(w, d->election_max);
	d->turn_max = world_random(w, 3) ? 0 : world_random(w, d->heartbeat / 2);
}

static void draw_faults(struct world *w, struct sim_draw *d)
{
	static const u8 usual[FAULT_NR] = {
		[FAULT_CRASH] = 4, [FAULT_CRASH_WRITE] = 4, [FAULT_START] = 6,
		[FAULT_STOP] = 2, [FAULT_CUT] = 3, [FAULT_ISOLATE] = 3, [FAULT_SPLIT] = 2,
		[FAULT_HEAL] = 5, [FAULT_CLOG] = 2, [FAULT_HANG] = 2, [FAULT_RELEASE] = 3,
		[FAULT_PAUSE] = 2, [FAULT_RESUME] = 4, [FAULT_EIO] = 1, [FAULT_READ] = 1,
		[FAULT_ROT] = 2, [FAULT_JUMP] = 1, [FAULT_TICK] = 2, [FAULT_STEP_DOWN] = 1,
		[FAULT_TRANSFER] = 3,
		[FAULT_CHANGE] = 10, [FAULT_SNAPSHOT] = 6, [FAULT_CHUNK] = 1,
		[FAULT_WIPE] = 5, [FAULT_MAJORITY] = 8, [FAULT_FLUSH] = 2,
		[FAULT_MISDIRECT] = 1,
	};
	u32 i;

	/* Seals tell two devices of a node apart by the configuration, see known(). */
	d->wipes = d->voters > 2 && !d->sealed && !d->quorums.commit && world_random(w, 2);
	for (i = 0; i < FAULT_NR; i++)
		d->weight[i] = world_random(w, 3) ? usual[i] : 0;
	if (!d->spare)
		d->weight[FAULT_CHANGE] = 0;
	if (!d->wipes)
		d->weight[FAULT_WIPE] = 0;
	d->forced = d->voters + d->learners > 1 && world_random(w, 10) == 0;
	d->weight[FAULT_MAJORITY] = d->forced ? usual[FAULT_MAJORITY] : 0;
	/* What ends a fault is never off. */
	d->weight[FAULT_START] = usual[FAULT_START];
	d->weight[FAULT_HEAL] = usual[FAULT_HEAL];
	d->weight[FAULT_RELEASE] = usual[FAULT_RELEASE];
	d->weight[FAULT_RESUME] = usual[FAULT_RESUME];
	d->fault_every = d->election_max * world_between(w, 1, 8) / 2;
	if (d->flags & RAFT_F_LEASE)
		return;
	d->drift = world_random(w, 2) ? 0 : (s32)world_random(w, 10000);
}

/* Everything that a run starts with follows from the seed, and from nothing else. */
void swarm_draw(struct world *w)
{
	/* Where 32-bit milliseconds and signed nanoseconds overflow (bug H-1). */
	static const u64 starts[] = {
		0, 1, (1ULL << 31) * MS - 500 * MS, (1ULL << 32) * MS - 500 * MS,
		(1ULL << 63) - 500 * MS, 1000 * MS,
	};
	struct sim_draw *d = &w->draw;
	u32 id, other;

	draw_cluster(w, d);
	draw_network(w, d);
	draw_load(w, d);
	draw_disk(w, d);
	draw_snapshots(w, d);
	draw_faults(w, d);
	w->n = d->voters + d->learners + d->spare;
	w->config.n = d->voters + d->learners;
	w->config.flags = d->flags;
	w->config.quorums = d->quorums;
	w->config.timing.heartbeat = d->heartbeat;
	w->config.timing.election_min = d->election_min;
	w->config.timing.election_max = d->election_max;
	for (id = 1; id <= w->n; id++) {
		struct sim_node *node = w->nodes[id];

		node->clock_base = starts[world_random(w, ARRAY_SIZE(starts))];
		node->drift = d->drift ? (s32)world_random(w, 2 * (u64)d->drift) - d->drift : 0;
		if (id > w->config.n)
			continue;
		w->config.members[id - 1].id = id;
		w->config.members[id - 1].roles = id <= d->voters ? RAFT_M_VOTER :
								    RAFT_M_LEARNER;
		node->witness = id <= d->witnesses;
		if (node->witness)
			w->config.members[id - 1].roles |= RAFT_M_WITNESS;
		if (d->priorities)
			w->config.members[id - 1].priority = (u8)world_random(w, 3);
		w->genesis.members[id - 1].id = id;
		w->genesis.members[id - 1].voter = id <= d->voters;
	}
	memset(w->genesis.cluster, 0x51, sizeof(w->genesis.cluster));
	memcpy(w->genesis.group, "sim", 3);
	w->genesis.heartbeat_us = (u32)(d->heartbeat / 1000);
	w->genesis.election_min_us = (u32)(d->election_min / 1000);
	w->genesis.election_max_us = (u32)(d->election_max / 1000);
	w->genesis.n = w->config.n;
	w->ident.cluster = wire_cluster_key(w->genesis.cluster);
	w->ident.group = genesis_group_number(&w->genesis);
	w->ident.genesis = genesis_fingerprint(&w->genesis);
	seen_drawn(w);
	for (id = 1; id <= w->n; id++)
		store_format(w, w->nodes[id]);
	/* They have met: who comes with another device is a stranger (bug M-9). */
	for (id = 1; id <= w->n; id++)
		for (other = 1; other <= w->n; other++)
			w->nodes[id]->known[other] = w->nodes[other]->incarnation;
}
