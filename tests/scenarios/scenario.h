/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quorum-scenario: text scripts against the real engine, with a network, disks
 * and clocks that do what the script says.
 *
 *	words.c		a line becomes words, a word becomes a value
 *	commands.c	what a script can do
 *	expect.c	what a script can ask
 *	members.c	configurations: cluster, change
 *	node.c		a node: its shell around the engine, start to crash
 *	network.c	links: first in, first out, unless the script says otherwise
 *	disk.c		devices: writes that end when the script says so
 *	snapshot.c	snapshots, made and received
 *	clients.c	who proposed and read what, and what was answered
 *	play.c		time, and everything that happens by itself
 *	main.c		options, files, the verdict
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include "raft/raft.h"

#define MS	1000000ULL	/* nanoseconds */

enum scenario_limits {
	ID_MAX		= 99,		/* node ids are 1..ID_MAX */
	LOG_MAX		= 16384,	/* entries of one log */
	FORCED_MAX	= 3,		/* forced recoveries of one script */
	WORDS_MAX	= 64,		/* of one line */
	LINE_MAX_BYTES	= 8192,
	WRITES_PENDING	= 64,		/* of one node's disk */
	CONTENT_MAX	= 65536,	/* bytes of a snapshot */
	REASON_BYTES	= 256,
	SKIPPED		= 3,		/* the outcome of a script that cannot be played */
	QUIET_STEPS	= 200000,	/* more things in one command never end */
};

/* An entry with what its payload would say. */
struct entry {
	struct raft_entry raft;
	const struct raft_config *config;	/* of type CONFIG; lives as long as the world */
};

/* A snapshot: what the state machine had applied, as tags in order. */
struct snap {
	u64 index;
	u64 term;
	struct raft_config config;
	u32 n;
	u64 *tags;
};

enum write_kind {
	WRITE_LOG,
	WRITE_HARD,
	WRITE_CHUNK,
	WRITE_INSTALL,
};

struct write {
	u8 kind;
	bool done;
	struct raft_write log;
	struct entry *entries;
	u64 term;
	u32 vote;
	u64 seq;
	struct snap snap;		/* INSTALL */
#ifdef HAVE_SNAPSHOT
	struct raft_snapshot name;	/* CHUNK, INSTALL */
	u64 offset;
	u32 bytes;
#endif
};

struct disk {
	struct entry *log;		/* [LOG_MAX + 1], by index */
	u64 base_index;
	u64 base_term;
	u64 last;
	u64 term;
	u32 vote;
	u64 hard_seq;			/* newest (term, vote) on the medium, this life */
	u64 bad;			/* first damaged entry, 0: none */
	bool suspect;			/* the durable mark of a log that was damaged */
	struct snap snap;
	struct write writes[WRITES_PENDING];
	u32 nwrites;
	bool hung;
	int fail;			/* the next write ends so */
	bool full;
};

struct node {
	u32 id;
	u32 life;
	u64 incarnation;
	bool up;
	bool paused;
	bool apply_held;
	struct raft *raft;
	s64 skew;		/* own clock - the world's */

	struct entry *mem;	/* [LOG_MAX + 1] */
	u64 mem_base;
	u64 mem_base_term;
	u64 mem_last;
	u64 commit;
	u64 applied;
	u64 preset_commit;
	u64 silent;		/* entries up to here are preset: nothing to apply */
	u32 nsm;
	struct { u64 index, tag; } *sm;	/* [LOG_MAX] */

	u8 role;
	u32 leader;
	u64 term;
	u8 halt;
	struct raft_config config;	/* in force */
	struct disk disk;

	/* a snapshot on its way in */
	u8 *staging;
	struct raft_config staging_config;
	u8 *chunk;		/* of the message under way */
};

struct packet {
	u64 due;		/* world time */
	u64 incarnation;	/* of the sender */
	struct raft_msg msg;
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	struct raft_config config;
	u8 *content;
};

enum answer {
	ANSWER_PENDING,
	ANSWER_COMMITTED,
	ANSWER_REFUSED,
	ANSWER_UNKNOWN,
};

struct op {
	char *data;		/* NULL: a change */
	u32 node;
	u64 term;		/* of the leader it was given to */
	u64 since;
	u64 index;
	u8 answer;
	bool unknown;		/* was answered unknown at some time */
	char reason[REASON_BYTES];
};

struct reading {
	u32 node;
	bool known;		/* index is */
	u8 answer;
	u64 index;
	char reason[REASON_BYTES];
};

struct led {
	u64 term;
	u32 leader;
};

struct world {
	const char *file;
	u32 line;
	char *text;		/* of the line */
	jmp_buf out;
	bool verbose;
	bool defined;		/* cluster was seen */
	bool started;
	bool auto_disk;
	bool completing;	/* writes end by themselves, whatever auto_disk says */
	bool strict;
	u64 now;
	u64 steps;
	u32 batch;		/* entries of one append */
	u32 chunk;		/* bytes of one snapshot message */
	u64 seed;
	u32 flags;
	struct raft_timing timing;
	struct raft_config genesis;
	struct node *nodes[ID_MAX + 1];
	bool cut[ID_MAX + 1][ID_MAX + 1];

	struct packet **packets;
	u32 npackets;
	u32 packets_room;

	struct op *ops;		/* by tag - 1 */
	u32 nops;
	struct reading *reads;	/* by handle - 1 */
	u32 nreads;
	struct led *led;
	u32 nled;
	/* what was committed, by forced recoveries and index: term, 0: nothing */
	u64 *committed;

	/* the last command that was not an expectation */
	bool refused;
	u32 refused_line;
	char reason[REASON_BYTES];

	void **arena;
	u32 narena;
	struct raft_effects fx;
};

/* A line, cut into words. */
struct words {
	u32 n;
	u32 next;
	char *word[WORDS_MAX];
	bool quoted[WORDS_MAX];
	char buf[LINE_MAX_BYTES];
};

/* main.c */
__attribute__((noreturn, format(printf, 2, 3))) void die(struct world *w, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void refuse(struct world *w, const char *fmt, ...);
__attribute__((format(printf, 2, 3))) void trace(struct world *w, const char *fmt, ...);
void *keep(struct world *w, size_t size);
char *keep_text(struct world *w, const char *text);

/* words.c */
bool words_split(struct world *w, struct words *words, const char *line);
char *word_next(struct words *words);
char *word_peek(struct words *words);
void words_end(struct world *w, struct words *words);
char *words_rest(struct world *w, struct words *words);
bool word_value(const char *word, const char *key, const char **value);
u64 parse_u64(struct world *w, const char *text);
u32 parse_id(struct world *w, const char *text);
u32 parse_ids(struct world *w, const char *text, u32 *ids);
u64 parse_time(struct world *w, const char *text);
bool parse_switch(struct world *w, const char *text);
bool parse_pair(const char *text, u64 *index, u64 *term);
void parse_link(struct world *w, struct words *words, u32 *from, u32 *to);
bool text_is_number(const char *text);
bool text_contains(const char *text, const char *part);

/* members.c */
void members_cluster(struct world *w, struct words *words);
void members_change(struct world *w, struct words *words);
void members_recover(struct world *w, struct words *words);
struct raft_config *members_keep(struct world *w, const struct raft_config *config);
bool members_voter(const struct raft_config *config, u32 id);
bool members_learner(const struct raft_config *config, u32 id);
bool members_old(const struct raft_config *config, u32 id);
bool members_witness(const struct raft_config *config, u32 id);
bool members_joint(const struct raft_config *config);
bool members_stands(const struct raft_config *config, u32 id);

/* node.c */
struct node *node_get(struct world *w, u32 id);
struct node *node_new(struct world *w, u32 id);
struct node *node_running(struct world *w, u32 id);
u64 node_clock(const struct world *w, const struct node *n);
void node_start(struct world *w, struct node *n);
void node_crash(struct world *w, struct node *n, bool lose_unflushed);
int node_step(struct world *w, struct node *n, const struct raft_event *ev);
u64 *node_history(struct world *w, const struct node *n);
void node_tick(struct world *w, struct node *n);
void node_pump(struct world *w, struct node *n);
void node_apply(struct world *w, struct node *n);
void node_campaign(struct world *w, struct node *n);
void node_preset_commit(struct world *w, struct node *n, u64 commit);
u64 node_room(const struct node *n);

/* network.c */
bool message_kind(const char *text, u8 *type);
const char *message_name(u8 type);
void network_send(struct world *w, struct node *n, const struct raft_msg *msg,
		  const u8 *content);
void network_take(struct world *w, u32 at);
void network_deliver(struct world *w, u32 from, u32 to, u8 type, u32 count);
void network_drop(struct world *w, u32 from, u32 to, u8 type, u32 count);
void network_dup(struct world *w, u32 from, u32 to, u8 type);
void network_reorder(struct world *w, u32 from, u32 to, u8 type);
void network_cut(struct world *w, u32 from, u32 to);
void network_heal(struct world *w);
void network_forget(struct world *w, u32 id);
bool network_matches(const struct packet *p, u32 from, u32 to, u8 type);
void network_inject(struct world *w, u32 from, u32 to, u8 type, struct words *words);

/* disk.c */
void disk_log(struct world *w, struct node *n, const struct raft_write *write);
void disk_hard(struct world *w, struct node *n, u64 term, u32 vote, u64 seq);
struct write *disk_add(struct world *w, struct node *n, u8 kind);
bool disk_ready(const struct world *w, const struct node *n);
void disk_complete(struct world *w, struct node *n, u32 nth);
u32 disk_pending(const struct node *n);
void disk_fail(struct world *w, struct node *n, int error);
void disk_crash(struct node *n, bool lose_unflushed);
void disk_wipe(struct node *n);
void disk_free(struct node *n);

/* snapshot.c */
void snapshot_make(struct world *w, struct node *n, u64 forget);
#ifdef HAVE_SNAPSHOT
void snapshot_name(const struct snap *snap, struct raft_snapshot *name);
#endif
void snapshot_free(struct snap *snap);
void snapshot_copy(struct snap *to, const struct snap *from);
bool snapshot_effect(struct world *w, struct node *n, const struct raft_effect *fx,
		     const struct raft_event *ev);
void snapshot_send(struct world *w, struct node *n, const struct raft_append *a);
void snapshot_written(struct world *w, struct node *n, const struct write *write, int error);
void snapshot_restore(struct world *w, struct node *n, const struct snap *snap);

/* clients.c */
void client_propose(struct world *w, struct node *n, const char *data, u32 count);
u64 client_tag(struct world *w, struct node *n, const char *data);
void client_refused(struct world *w, u64 tag, u8 reason);
void client_applied(struct world *w, struct node *n, const struct raft_entry *e);
void client_committed(struct world *w, struct node *n, u64 from, u64 to);
void client_role(struct world *w, struct node *n);
void client_lost(struct world *w, struct node *n, const char *why);
void client_gone(struct world *w, const char *why);
void client_clock(struct world *w);
void client_read(struct world *w, struct node *n);
void client_read_told(struct world *w, struct node *n, u64 handle, u64 index, u8 reason);
void client_reads_check(struct world *w, struct node *n);
const char *client_data(const struct world *w, u64 tag);
void reason_text(char *buf, size_t size, u8 reason);

/* play.c */
void play_settle(struct world *w);
void play_run(struct world *w, u64 ns);
void play_tick(struct world *w, struct node *n, u64 ns);
void play_stabilize(struct world *w);
void play_start(struct world *w);

/* commands.c, expect.c */
void command_run(struct world *w, struct words *words);
void expect_run(struct world *w, struct words *words);
void expect_error(struct world *w, struct words *words);

#endif /* SCENARIO_H */
