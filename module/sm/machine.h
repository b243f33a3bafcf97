/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The replicated state of one group: the sessions, and below them one machine.
 *
 * The only lock is here: what changes the state excludes everything, what looks at it
 * excludes changes.  So kinds of machines need none.
 *
 * A snapshot's bytes: struct machine_head, the session records, what the machine says.
 */
#ifndef QUORUM_MACHINE_H
#define QUORUM_MACHINE_H

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/quorum_machine.h>
#include "../raft/raft.h"

struct quorum_machine;

/**
 * struct quorum_outcome - what became of a command
 * @reply: the answer; @reply.data and @reply.room are the caller's
 * @index: where the command is in the log; of its first copy, if this was another
 * @term: likewise
 */
struct quorum_outcome {
	struct quorum_reply reply;
	u64 index;
	u64 term;
};

/**
 * quorum_machine_create() - an empty state
 * @ops: the kind; must stay until quorum_machine_destroy()
 *
 * Return: the state or ERR_PTR().
 */
struct quorum_machine *quorum_machine_create(const struct quorum_machine_ops *ops);
void quorum_machine_destroy(struct quorum_machine *m);

/**
 * quorum_machine_apply() - apply one committed entry, of any type
 * @m: the state
 * @entry: the entry; its index is the last one applied, plus one
 * @payload: its bytes
 * @outcome: filled in
 *
 * Context: only the loop.
 * Return: 0, or an errno that ends the group; nothing was changed then.
 */
int quorum_machine_apply(struct quorum_machine *m, const struct raft_entry *entry,
			 const void *payload, struct quorum_outcome *outcome);

/*
 * From here on there is no state, as on a witness: entries are counted, nothing is
 * answered, and a snapshot is empty.  An entry that comes without its payload does the
 * same; a snapshot that is not empty ends it.
 */
void quorum_machine_set_blind(struct quorum_machine *m);
bool quorum_machine_is_blind(const struct quorum_machine *m);

/* The last entry applied, or that a restored snapshot stands for. */
u64 quorum_machine_applied(const struct quorum_machine *m);

/**
 * quorum_machine_query() - ask
 * @m: the state
 * @request: the question
 * @len: its bytes
 * @reply: gets the answer
 * @applied: set to the index of the state that answered
 *
 * Return: 0 or a negative errno; -EOPNOTSUPP: this machine answers no questions.
 */
int quorum_machine_query(struct quorum_machine *m, const void *request, u32 len,
			 struct quorum_reply *reply, u64 *applied);

/* On the leader: a command that time demands, see quorum_machine_ops.tick. */
void quorum_machine_tick(struct quorum_machine *m, u64 now, bool fresh,
			 struct quorum_reply *reply, u64 *next);
bool quorum_machine_ticks(const struct quorum_machine *m);

/* Can it be put into a snapshot by the kernel alone? */
bool quorum_machine_has_snapshot(const struct quorum_machine *m);

/**
 * quorum_machine_snapshot_begin() - keep the state as it is now
 * @m: the state
 * @index: set to the last entry applied
 * @term: set to its term
 *
 * Return: 0; -EBUSY one is being read; -ENOMEM; -EOPNOTSUPP.
 */
int quorum_machine_snapshot_begin(struct quorum_machine *m, u64 *index, u64 *term);

/* The next bytes of it, in order; 0: the end.  While entries are applied. */
ssize_t quorum_machine_snapshot_read(struct quorum_machine *m, void *buf, size_t room);
void quorum_machine_snapshot_end(struct quorum_machine *m);

/*
 * The reverse, of so many bytes; the present state answers until the commit.
 * -EBADMSG: no good.
 */
int quorum_machine_restore_begin(struct quorum_machine *m, u64 bytes);
int quorum_machine_restore_write(struct quorum_machine *m, const void *buf, size_t len);
int quorum_machine_restore_commit(struct quorum_machine *m, u64 index, u64 term);
void quorum_machine_restore_abort(struct quorum_machine *m);

/*
 * Bytes in front of the machine's own, in a snapshot that begins with @head; 0: it is
 * none.
 */
#define QUORUM_MACHINE_HEAD_BYTES	56
u64 quorum_machine_front(const void *head);

/**
 * struct quorum_machine_digest - a state in a few numbers
 * @hash: equal on all members at the same @index
 * @index: last entry applied
 * @bytes: what the state takes, 0 if the machine does not say
 * @sessions: number of sessions
 * @hashed: the machine hashes its state; otherwise @hash is of the sessions alone
 */
struct quorum_machine_digest {
	u64 hash;
	u64 index;
	u64 bytes;
	u32 sessions;
	bool hashed;
};

void quorum_machine_digest(struct quorum_machine *m, struct quorum_machine_digest *d);

/* Its @hash alone. */
u64 quorum_machine_hash(struct quorum_machine *m, u64 *applied);

/* For the waiting user of a member: is the payload a session's? */
#define QUORUM_SESSION_HEAD_BYTES	24

#endif /* QUORUM_MACHINE_H */
