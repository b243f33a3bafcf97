/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The explorer: every interleaving of a small cluster, by depth-first search over
 * hashed states.
 *
 * A scope bounds how often each kind of thing may happen; within it everything
 * that can happen next is tried: any message in flight is delivered (those that
 * never are, are lost), any write ends, any timer fires, any node crashes with or
 * without what it was writing.  Time stands still, so that timers are choices.
 *
 *	explore.c        the search, its scopes, and the command line
 *	explore_node.c   a node: the engine, its shell and its disk
 *	explore_check.c  what must hold in every state
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
/* White box: the state has to be copied, compared and hashed. */
#include "raft/raft_private.h"

enum explore_limits {
	EX_NODES	= 3,
	EX_LOG		= 12,	/* entries of a log */
	EX_MESSAGES	= 24,	/* in flight; what is more is lost */
	EX_ENTRIES	= 4,	/* of one append */
	EX_TERMS	= 8,
	EX_DEPTH	= 400,
	EX_STEPS	= 2,	/* of a change */
	EX_CONFIGS	= 200,	/* different ones of a scope */
};

/* What may happen how often. */
struct ex_budget {
	u8 timeouts;
	u8 beats;
	u8 proposals;
	u8 crashes;
	u8 copies;	/* deliveries that leave the message in flight */
	u8 reads;
	u8 transfers;
	u8 changes;
	u8 snapshots;
};

/* @steps: what a change does, all of it jointly if there are several. */
struct ex_scope {
	const char *name;
	u32 voters;	/* to begin with, of EX_NODES nodes */
	u32 flags;
	u32 messages;	/* in flight */
	struct ex_budget budget;
	struct {
		u8 op;
		u8 id;
	} steps[EX_STEPS];
};

/*
 * A log: the term of each entry, and of those of type CONFIG which one it is (an
 * explorer numbers what it meets from 1).  What lies up to @base is forgotten; its
 * terms are kept all the same, to be compared.
 */
struct ex_log {
	u8 term[EX_LOG + 1];
	u8 conf[EX_LOG + 1];
	u8 last;
	u8 base;
	u8 snap;	/* index of the snapshot, 0: none */
	u8 snap_conf;	/* configuration at its index, 0: the first one */
};

/* How far a snapshot is that is being received. */
enum ex_stage {
	EX_NOTHING,
	EX_WANTED,
	EX_STORING,	/* its byte is on the way to the disk */
	EX_INSTALLING,	/* it is being put in force */
};

struct ex_write {
	struct raft_write write;
	u8 terms[EX_LOG + 1];
	u8 confs[EX_LOG + 1];
};

struct ex_node {
	struct raft *raft;
	u64 hash;
	struct ex_log log;	/* in memory */
	struct ex_log disk;	/* durable */
	struct ex_log in;	/* being received: snap, its term at [snap], snap_conf */
	u8 in_stage;
	u8 disk_term;
	u8 disk_vote;
	u8 commit;
	u8 role;
	u8 term;
	u8 reads;		/* asked for here, not answered */
	u8 read_floor;		/* commit index of the cluster when it was */
	u8 hard_busy;
	u8 hard_term;
	u8 hard_vote;
	u64 hard_seq;
	u32 nwrites;
	struct ex_write writes[RAFT_WRITES_MAX];
};

struct ex_message {
	u64 hash;
	struct raft_msg msg;
	struct raft_entry entries[EX_ENTRIES];
	u64 conf;		/* APPEND, SNAPSHOT: the configuration in it */
};

struct ex_state {
	struct ex_node nodes[EX_NODES + 1];
	u32 nmessages;
	struct ex_message messages[EX_MESSAGES];
	struct ex_budget left;
	/* what must not be contradicted */
	u8 leader_of[EX_TERMS];
	u8 vote_of[EX_NODES + 1][EX_TERMS];
	u8 committed[EX_LOG + 1];
	u8 committed_by[EX_LOG + 1];
	u8 ncommitted;
	const char *broken;
	u32 broken_at;
};

enum ex_kind {
	EX_DELIVER = 1,
	EX_COPY,
	EX_WRITTEN,
	EX_HARD,
	EX_TIMEOUT,
	EX_BEAT,
	EX_PROPOSE,
	EX_READ,
	EX_TRANSFER,
	EX_CHANGE,
	EX_SNAPSHOT,	/* one is taken, and the log forgotten */
	EX_RECEIVED,	/* a stage of a snapshot that comes in has ended */
	EX_CRASH,	/* what was under way is lost */
	EX_CRASH_KEEP,	/* all of it reached the disk */
	EX_KINDS,
};

struct ex_action {
	u8 kind;
	u8 nth;		/* message, or node */
};

struct explorer {
	const struct ex_scope *scope;
	struct raft_params params;
	struct raft_effects fx;
	struct ex_state *stack;
	struct raft_config configs[EX_CONFIGS];
	u32 nconfigs;
};

/* explore_node.c */
u64 ex_mix(u64 x);
u64 ex_hash(const void *p, size_t bytes, u64 hash);
void ex_copy(struct ex_state *to, const struct ex_state *from);
void ex_start(struct explorer *x, struct ex_state *s, u32 id);
void ex_act(struct explorer *x, struct ex_state *s, struct ex_action action);
u64 ex_state_hash(const struct ex_state *s);
u32 ex_actions(const struct explorer *x, const struct ex_state *s, struct ex_action *list);
const struct raft_config *ex_config(const struct explorer *x, const struct ex_log *log,
				    u32 index);

/* explore_check.c */
void ex_fail(struct ex_state *s, u32 id, const char *what);
void ex_check_effect(const struct explorer *x, struct ex_state *s, struct ex_node *node,
		     u32 id, const struct raft_effect *fx);
void ex_check_node(const struct explorer *x, struct ex_state *s, u32 id);
void ex_check_message(struct ex_state *s, u32 id, const struct raft_msg *msg);

#endif /* EXPLORE_H */
