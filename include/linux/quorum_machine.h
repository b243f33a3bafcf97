/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State machines: what consumes the committed entries of a group, in order, on
 * every member alike.
 *
 * A kind of machine is one table of operations, in the manner of struct
 * tcp_congestion_ops: registered by name, the required operations checked then.
 * A group names its machine in its genesis, so that members cannot disagree about
 * it.  module/sm/counter.c is the example to start from.
 *
 * A machine must be a function of the entries it was given, and of nothing else: no
 * clock, no randomness, no addresses, no order of a hash table may show in a
 * result, a snapshot or a hash.  What time decides is proposed by the leader as a
 * command (propose()), and happens when that command is applied.
 *
 * Calls are serialised by the runtime: apply(), tick(), snapshot_begin(),
 * snapshot_end() and everything of a restore exclude all others; query(), hash(),
 * bytes(), snapshot_room() and snapshot_read() exclude those but not each other.  So a
 * machine needs no lock.
 */
#ifndef _LINUX_QUORUM_MACHINE_H
#define _LINUX_QUORUM_MACHINE_H

#include <linux/types.h>
#include <linux/list.h>

struct module;

/**
 * struct quorum_command - one committed command
 * @index: its place in the log
 * @term: term of the leader that appended it
 * @data: the command, valid during the call only
 * @len: its bytes
 */
struct quorum_command {
	u64 index;
	u64 term;
	const void *data;
	u32 len;
};

/**
 * struct quorum_reply - where a machine puts its answer
 * @data: room for @room bytes
 * @room: bytes of room, at least QUORUM_RESULT_BYTES_MAX for apply()
 * @len: bytes put there
 * @error: verdict of the machine for whoever asked: 0 or a negative errno.  Part
 *	of the replicated state like @data; it does not stop the group
 */
struct quorum_reply {
	void *data;
	u32 room;
	u32 len;
	int error;
};

/**
 * struct quorum_machine_ops - one kind of state machine
 * @name: what a group's genesis calls it, at most 31 characters
 * @owner: module that implements it
 * @create: (required) make an empty state.  ERR_PTR() refuses the start.
 *	Context: process, may sleep
 * @destroy: (required) free what @create, and a restore, made
 * @apply: (required) apply one command.  @reply goes to the waiting proposer, if
 *	there is one on this node.  Context: the group's thread, memalloc_noio; may
 *	allocate, must not wait for anything else.  Not 0: the state cannot go on
 *	(no memory) and was not changed: the group fails, and starts over from disk
 * @query: (optional) answer a question from the state as it is.  Not replicated,
 *	changes nothing.  Context: process; may not sleep for long, since the group's
 *	thread waits meanwhile.  Return: 0, or a negative errno for the caller
 * @tick: (optional) called on the leader: what does time demand now?  @now is
 *	nanoseconds of a clock that counts suspend, on this node; @fresh is set at
 *	the first call of a leadership.  A command that is to be proposed goes to
 *	@reply; @next is set to when to call again, at the latest
 * @snapshot_room: (optional) bytes that snapshot_begin() needs for the state as it is
 *	now.  They are allocated while nobody is kept from changing the state, which
 *	allocating in snapshot_begin() would
 * @snapshot_begin: (optional with all of the next five; a machine without them
 *	keeps its whole log) remember the state as it is now: what snapshot_read()
 *	returns is this state, whatever is applied meanwhile.  One at a time.  May
 *	take time in proportion to the number of things in the state, not to their
 *	size.  @room is zeros, at least as many as snapshot_room() says, and the
 *	machine's until snapshot_end() returns; without it NULL.  Return: a handle
 *	or ERR_PTR()
 * @snapshot_read: the next bytes of it, in order; 0 at the end.  Context: process
 * @snapshot_end: forget it; read to the end or not
 * @restore_begin: begin to take a snapshot in.  The present state stays as it is,
 *	and is asked, until the commit.  Return: a handle or ERR_PTR()
 * @restore_write: the next bytes.  The bytes may come from another machine:
 *	-EBADMSG refuses what cannot be
 * @restore_commit: all bytes were given.  Replace the state, or -EBADMSG.  In
 *	both cases the handle is gone afterwards
 * @restore_abort: give it up; the handle is gone
 * @hash: (optional) a number of the state, equal on all members at the same index
 * @bytes: (optional) what the state takes, for people
 * @list: of the registry
 */
struct quorum_machine_ops {
	const char *name;
	struct module *owner;
	void *(*create)(void);
	void (*destroy)(void *state);
	int (*apply)(void *state, const struct quorum_command *command,
		     struct quorum_reply *reply);
	int (*query)(void *state, const void *request, u32 len, struct quorum_reply *reply);
	void (*tick)(void *state, u64 now, bool fresh, struct quorum_reply *reply, u64 *next);
	size_t (*snapshot_room)(const void *state);
	void *(*snapshot_begin)(void *state, void *room);
	ssize_t (*snapshot_read)(void *state, void *snapshot, void *buf, size_t room);
	void (*snapshot_end)(void *state, void *snapshot);
	void *(*restore_begin)(void *state);
	int (*restore_write)(void *state, void *restore, const void *buf, size_t len);
	int (*restore_commit)(void *state, void *restore);
	void (*restore_abort)(void *state, void *restore);
	u64 (*hash)(void *state);
	u64 (*bytes)(void *state);
	struct list_head list;
};

int quorum_machine_register(struct quorum_machine_ops *ops);
void quorum_machine_unregister(struct quorum_machine_ops *ops);

#endif /* _LINUX_QUORUM_MACHINE_H */
