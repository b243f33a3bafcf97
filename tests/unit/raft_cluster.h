/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cluster of engines in one address space: clock, network and disks are data,
 * so that a run is a function of its seed.  Every step is followed by the checks
 * of raft_cluster_check.c.  Node ids are 1..n; learners come last.
 */
#ifndef RAFT_CLUSTER_H
#define RAFT_CLUSTER_H

#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include "raft/raft.h"

#define MS	1000000ULL	/* nanoseconds */

enum cluster_limits {
	NODES_MAX	= 8,
	LOG_MAX		= 2048,
	PACKETS_MAX	= 1024,
	PACKET_ENTRIES	= 16,
	RECORD_ENTRIES	= 64,
	TERMS_MAX	= 4096,
	TAGS_MAX	= 8192,
	READS_MAX	= 4096,
	CHUNKS_MAX	= 16,
	SNAPSHOT_BYTES	= 100 * 1000,
	CONFIGS_MAX	= 256,
};

/* A log write the sim's disk works on, with what was in memory at the time. */
struct sim_write {
	struct raft_write write;
	struct raft_entry entries[RECORD_ENTRIES];
	u64 due;
	bool done;
};

struct sim_hard {
	u64 term;
	u64 seq;	/* 0: none */
	u64 due;
	u32 vote;
};

struct sim_node {
	struct raft *raft;
	bool up;
	bool hold_writes;	/* log writes do not end */
	bool hold_hard;		/* (term, vote) writes do not end */
	bool deaf;		/* what it is sent is lost */
	bool paused;		/* takes no step; the world goes on */
	u32 id;

	/* the payload the shell keeps in memory */
	struct raft_entry mem[LOG_MAX + 1];
	u64 mem_last;

	/* the device */
	struct raft_entry disk[LOG_MAX + 1];
	u64 disk_last;
	u64 disk_term;
	u32 disk_vote;
	struct sim_write writes[RAFT_WRITES_MAX];
	u32 nwrites;
	struct sim_hard hard;		/* under way */
	struct sim_hard hard_next;	/* waits for it */

	/* its newest snapshot, and where its log begins on the device */
	struct raft_snapshot snap;
	u32 snap_config;	/* number of the configuration at its index */
	u64 base_index;
	bool suspect;		/* has lost entries it had acknowledged */
	u64 had;		/* as far as it had them */

	/* what the engine asked the snapshot store for and has not heard of */
	struct raft_event chunks[CHUNKS_MAX];
	u32 nchunks;
	bool install;
	struct raft_snapshot installing;

	/* what it reported */
	u64 commit;
	u8  role;
	u32 leader;
	u64 term;
	u64 proposed;		/* proposals admitted here */
	u8  halt;
	u32 steps;
};

struct sim_packet {
	bool used;
	u64 due;
	struct raft_msg msg;
	struct raft_entry entries[PACKET_ENTRIES];
};

struct cluster {
	struct kunit *test;
	u64 seed;
	u64 random;
	u64 now;
	u32 n;
	struct raft_params params;
	struct sim_node *nodes[NODES_MAX + 1];	/* by id */

	/* swarm */
	u32 loss;		/* of 1000 */
	u32 duplicate;		/* of 1000 */
	u64 delay_min, delay_max;
	u64 disk_min, disk_max;
	u32 batch_max;		/* entries of one append */
	bool cut[NODES_MAX + 1][NODES_MAX + 1];	/* [from][to] */
	/* drop a message?  NULL: no */
	bool (*filter)(struct cluster *c, const struct raft_msg *msg);

	struct sim_packet *packets;
	u32 npackets;		/* slots in use, up to the highest */
	u32 sent[RAFT_MSG_NR];

	/* what the checks know */
	bool failed;
	u32 leader_of[TERMS_MAX];
	u32 *vote_of[NODES_MAX + 1];		/* [id][term] */
	struct raft_entry *committed;		/* [LOG_MAX + 1] */
	u64 *commit_term;			/* term of the leader that committed */
	u64 commit_max;
	u8 *tag_seen;				/* [TAGS_MAX] committed */
	u64 next_tag;
	u64 next_read;
	u64 *read_floor;			/* [READS_MAX] committed when it was asked for */
	u32 reads_done;
	u32 restores;
	u32 chunk_loss;				/* of 1000 */

	/*
	 * Configurations that were made, by number from 1; 0 is the first one.  An
	 * entry of type CONFIG has its number for a size.
	 */
	struct raft_config *configs;
	u32 nconfigs;
	u32 changes;		/* that were admitted */
	bool changing;		/* members come and go */
	struct raft_proposal list[QUORUM_PROPOSE_BATCH_MAX];
	struct raft_effects fx;
};

struct cluster *cluster_new(struct kunit *test, u64 seed, u32 voters, u32 learners,
			    u32 flags);
void cluster_boot(struct cluster *c);
void cluster_free(struct cluster *c);
void cluster_run(struct cluster *c, u64 ns);
bool cluster_step_time(struct cluster *c, u64 limit);
u32 cluster_leader(struct cluster *c);
u32 cluster_elect(struct cluster *c, u64 limit);
int cluster_propose(struct cluster *c, u32 id, u32 count);
int cluster_read(struct cluster *c, u32 id);
int cluster_transfer(struct cluster *c, u32 id, u32 target);
int cluster_change(struct cluster *c, u32 id);
const struct raft_config *cluster_config(const struct cluster *c, const struct sim_node *node,
					 u64 index);
void cluster_snapshot(struct cluster *c, u32 id, u64 keep);
void cluster_crash(struct cluster *c, u32 id);
void cluster_damage(struct cluster *c, u32 id, u64 last);
void cluster_restart(struct cluster *c, u32 id);
void cluster_cut(struct cluster *c, u32 a, u32 b, bool cut);
void cluster_isolate(struct cluster *c, u32 id, bool cut);
void cluster_tick(struct cluster *c, u32 id);
void cluster_pump(struct cluster *c, u32 id);
bool cluster_settled(struct cluster *c);
void cluster_write_done(struct cluster *c, u32 id, u32 nth);
u64 cluster_random(struct cluster *c, u64 bound);
void cluster_fail(struct cluster *c, u32 id, const char *what);

/* raft_cluster_check.c */
void check_step(struct cluster *c, struct sim_node *node);
void check_effect(struct cluster *c, struct sim_node *node, const struct raft_effect *fx);
void check_message(struct cluster *c, struct sim_node *node, const struct raft_msg *msg);
void check_logs(struct cluster *c);

#endif /* RAFT_CLUSTER_H */
