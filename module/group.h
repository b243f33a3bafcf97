/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One group: a node's seat in one replicated log.
 *
 * What the interfaces (api/) may do with a group.  Everything below it - loop,
 * store, link, engine - is the group's own business (group_private.h).
 */
#ifndef QUORUM_GROUP_H
#define QUORUM_GROUP_H

#include <linux/types.h>
#include <linux/poll.h>
#include <linux/quorum_netlink.h>	/* enum quorum_state, quorum_event_type */
#include <linux/quorum_machine.h>
#include "limits.h"
#include "raft/raft.h"
#include "format/genesis.h"
#include "net/net.h"
#include "store/store.h"

struct net;
struct netlink_ext_ack;
struct iov_iter;
struct quorum_group;

/**
 * struct quorum_group_params - what a group is created from
 * @name: this kernel's name for it: netlink handle and device node
 * @device: path of the block device
 * @genesis: normalized and checked by quorum_group_create()
 * @self: own node id
 * @sm: name of the state machine
 * @listen: address and port to bind
 * @keys: see quorum_link_params
 * @unsealed: asked for to do without @keys
 * @secret: what is sent is hidden as well
 * @snapshot_entries: applied since the last snapshot that make another one due
 * @tail_suspect: do not vote after an unclean stop until a leader knows the log's end
 * @members: addresses; one per genesis member, any order
 */
struct quorum_group_params {
	char name[QUORUM_NAME_LEN_MAX + 1];
	char device[QUORUM_PATH_LEN_MAX + 1];
	struct quorum_genesis genesis;
	u32 self;
	char sm[QUORUM_NAME_LEN_MAX + 1];
	struct sockaddr_storage listen;
	struct quorum_net_key keys[2];
	bool unsealed;
	bool secret;
	u32 snapshot_entries;
	bool tail_suspect;
	struct quorum_net_member members[QUORUM_MEMBERS_MAX];
};

/* Counters of the runtime; exact. */
struct quorum_group_stats {
	u64 proposals;		/* handed in by users of this node */
	u64 committed;		/* of those: answered committed */
	u64 refused;		/* of those: certainly not in the log */
	u64 unknown;		/* of those: outcome unknown to the caller */
	u64 retried;		/* certainly lost with a leader, proposed again */
	u64 forwarded;		/* sent to the leader */
	u64 forward_resent;
	u64 forward_taken;	/* taken for other members */
	u64 applied;		/* entries given to the state machine */
	u64 steps;		/* events the engine took */
	u64 elections;		/* campaigns of this node */
	u64 leader_changes;	/* seen by this node */
	u64 wakeups;		/* times the loop ran */
};

/**
 * struct quorum_group_info - everything `status` shows
 */
struct quorum_group_info {
	char name[QUORUM_NAME_LEN_MAX + 1];
	char device[QUORUM_PATH_LEN_MAX + 1];
	char sm[QUORUM_NAME_LEN_MAX + 1];
	struct quorum_genesis genesis;
	struct sockaddr_storage listen;
	bool unsealed;
	bool secret;
	u32 snapshot_entries;
	bool tail_suspect;
	struct sockaddr_storage addrs[QUORUM_MEMBERS_MAX]; /* in the order of @config */
	struct sockaddr_storage heard_at[QUORUM_MEMBERS_MAX]; /* likewise; family 0: there */
	u64 incarnations[QUORUM_MEMBERS_MAX];		/* likewise */
	u64 shown[QUORUM_MEMBERS_MAX];	/* likewise: other devices under their ids */
	u32 self;
	u8  state;		/* enum quorum_state */
	int error;		/* errno that failed it or its start, 0: none */
	char message[QUORUM_SENTENCE_LEN_MAX + 1]; /* what to do about it, or empty */
	u64 incarnation;
	u64 epoch;
	u64 applied;
	u64 first_index;	/* first that can be read */
	u64 now;		/* boottime, to compare contacts and deadlines with */
	u64 role_since;		/* boottime of the last change of role */
	struct raft_status raft;
	struct raft_config config;		/* in force */
	bool snapshot_taking;	/* an own one is being written */
	u64 snapshot_taken;	/* bytes of it so far */
	int snapshot_error;	/* of the last try, 0: none */
	struct quorum_store_stats store;
	struct quorum_link_stats link;
	struct quorum_group_stats stats;
	struct quorum_recovered recovered;
};

/**
 * struct quorum_event - something happened to a group
 * @type: enum quorum_event_type
 * @seq: number of the event within the group, from 1 and without gaps
 * @state: state after it
 * @role: role after it, 0 when not running
 * @cause: why the role changed
 * @term: term after it
 * @leader: node id of the leader, 0: unknown
 * @error: errno, for FAILED and START_FAILED
 * @halt: enum raft_halt, for FAILED
 * @reason: enum raft_reason, for TRANSFERRED and RECOVERED
 * @message: sentence, for START_FAILED, else NULL
 */
struct quorum_event {
	u8  type;
	u64 seq;
	u8  state;
	u8  role;
	u8  cause;
	u64 term;
	u32 leader;
	int error;
	u8  halt;
	u8  reason;
	const char *message;
};

/**
 * struct quorum_group_hooks - what the interfaces want to know
 * @added: a group was created; make its device node.  May refuse
 * @removed: it is being deleted; take the device node away.  No file of it
 *	reaches the group's running parts after that, open ones get -ENODEV
 * @event: something happened.  Context: process, may sleep; the loop calls it
 */
struct quorum_group_hooks {
	int (*added)(struct quorum_group *group);
	void (*removed)(struct quorum_group *group);
	void (*event)(struct quorum_group *group, const struct quorum_event *event);
};

/* Before the first and after the last group only. */
void quorum_group_set_hooks(const struct quorum_group_hooks *hooks);

/**
 * quorum_group_create() - make a group, stopped
 *
 * Refusals: -EEXIST name taken; -EINVAL and friends from genesis_error_errno();
 * -EDESTADDRREQ a member without address; -ENOKEY neither a key nor @unsealed;
 * -ENOENT unknown state machine; -ENFILE
 * QUORUM_GROUPS_MAX reached.  Every one has a sentence in @extack.
 *
 * Context: process, sleeps.
 */
int quorum_group_create(struct net *net, const struct quorum_group_params *params,
			struct netlink_ext_ack *extack);

/* Find by name or by the smallest local number >= *@number; put afterwards. */
struct quorum_group *quorum_group_find(struct net *net, const char *name);
struct quorum_group *quorum_group_next(struct net *net, u32 *number);
struct quorum_group *quorum_group_hold(struct quorum_group *group);
void quorum_group_put(struct quorum_group *group);

/**
 * quorum_group_start() - begin to open device and endpoint, read the log, take part
 *
 * Returns once the device's path was looked up, with the caller's rights.  The rest
 * happens in the background, in state STARTING, and ends in an event: STARTED, or
 * START_FAILED with everything that quorum_store_open(), quorum_store_recover() and
 * quorum_link_open() may say; status keeps that too.
 *
 * Refusals: -EALREADY running or starting; -ENODEV deleted; everything of
 * quorum_store_find().
 * Context: process, sleeps.
 */
int quorum_group_start(struct quorum_group *group, struct netlink_ext_ack *extack);

/**
 * quorum_group_stop() - begin to stop, also a start under way
 *
 * A leader hands over first, and the device may take its time: all of that happens in
 * the background and ends in the event STOPPED.  Status says STOPPING from when
 * nothing is answered any more.
 *
 * Return: 0, also when it is stopped already; -ENODEV deleted.
 * Context: process, sleeps.
 */
int quorum_group_stop(struct quorum_group *group, struct netlink_ext_ack *extack);

/* Delete a stopped group; -EBUSY when it runs. */
int quorum_group_delete(struct quorum_group *group, struct netlink_ext_ack *extack);

/**
 * struct quorum_relink - a change of the way to the members
 * @listen: where to receive from now on; family 0: as before
 * @n: number of @members
 * @members: those that are somewhere else now
 * @keys: as for quorum_link_set_keys(); the first not set: as before
 */
struct quorum_relink {
	struct sockaddr_storage listen;
	u32 n;
	struct quorum_net_member members[QUORUM_MEMBERS_MAX];
	struct quorum_net_key keys[2];
};

/**
 * quorum_group_relink() - change addresses and keys of a group, running or not
 *
 * In the order members, listen, keys; what comes before the one that is refused
 * stays changed.  Refusals: -ENOENT no such member; -EINVAL keys for a group without
 * authentication; -EBUSY it is starting; and those of quorum_link_open().
 * Context: process, sleeps.
 */
int quorum_group_relink(struct quorum_group *group, const struct quorum_relink *change,
			struct netlink_ext_ack *extack);

/**
 * struct quorum_proposal - one proposal of a user
 * @timeout_ns: longest wait, 0: the default
 * @nonblock: return when handed in
 * @local: return once this node has applied it
 * @op: QUORUM_SESSION_*, 0: no session
 * @client: the session
 * @seq: the command's number in it
 * @result: where what the machine returns goes; NULL: nowhere
 * @result_len: out, its bytes, though more than there was room for
 * @verdict: out, what the machine says of the command: 0 or a negative errno
 * @index: out, when committed
 * @term: out, when committed
 * @tag: out, when handed in
 * @outcome: out, QUORUM_OUTCOME_*
 */
struct quorum_proposal {
	u64 timeout_ns;
	bool nonblock;
	bool local;
	u32 op;
	u64 client;
	u64 seq;
	struct iov_iter *result;
	u32 result_len;
	int verdict;
	u64 index;
	u64 term;
	u64 tag;
	u32 outcome;
};

/**
 * quorum_group_propose() - propose one entry and wait for its outcome
 * @from: the payload, iov_iter_count() bytes
 *
 * Errors as in <linux/quorum.h>.
 * Context: process, sleeps, interruptible.
 */
int quorum_group_propose(struct quorum_group *group, struct iov_iter *from,
			 struct quorum_proposal *proposal);

/**
 * quorum_group_barrier() - wait until this node has applied all that was acknowledged
 * @timeout_ns: longest wait, 0: the default
 * @index: out: everything up to here, at least, can be seen now
 *
 * Whatever any node of the group answered as committed before the call is then in
 * what this node's readers and state machine see: a read behind it is linearizable.
 *
 * Context: process, sleeps, interruptible.
 * Return: 0; -EAGAIN too many wait; -ENOTCONN no leader was found within the time;
 * -ETIMEDOUT; -ESHUTDOWN stopped; -ENODEV deleted; -EIO failed.
 */
int quorum_group_barrier(struct quorum_group *group, u64 timeout_ns, u64 *index);

/**
 * quorum_group_transfer() - have another member lead
 * @target: node id, 0: the one that fits best
 *
 * Begins it; an event TRANSFERRED tells how it ended.
 * Refusals: -EREMCHG this node does not lead; -EBUSY one is under way;
 * -EADDRNOTAVAIL not a member that may lead; -ESHUTDOWN stopped; -EIO failed.
 * Context: process, sleeps.
 */
int quorum_group_transfer(struct quorum_group *group, u32 target,
			  struct netlink_ext_ack *extack);

/**
 * quorum_group_snapshot() - have a snapshot taken now
 *
 * Begins it: an event SNAPSHOT and the status tell how it ended.  Where nothing was
 * applied since the last one, there is nothing to do.
 * Refusals: -EOPNOTSUPP the machine takes none; -ESHUTDOWN stopped; -EIO failed.
 * Context: process, sleeps.
 */
int quorum_group_snapshot(struct quorum_group *group, struct netlink_ext_ack *extack);

/*
 * A snapshot that user space hands in, of a group whose machine is `log`; @file is who.
 * They sleep, interruptibly; what they refuse is in <linux/quorum.h>.
 */
int quorum_group_snapshot_begin(struct quorum_group *group, const void *file, u64 *index,
				u64 *term);
int quorum_group_snapshot_write(struct quorum_group *group, const void *file,
				const void __user *from, u32 len);
int quorum_group_snapshot_commit(struct quorum_group *group, const void *file, u64 index);
void quorum_group_snapshot_release(struct quorum_group *group, const void *file);

/* Read of the one in force, behind @offset; @index 0: whichever that is. */
int quorum_group_snapshot_read(struct quorum_group *group, u64 *index, u64 *term, u64 offset,
			       void *buf, u32 room, u32 *len);

/**
 * struct quorum_question - a question to the state machine
 * @request: the question
 * @len: its bytes
 * @reply: room for the answer; its @error is not used
 * @stale: what this node has will do
 * @after: answer only from a state behind this index; wait for it
 * @timeout_ns: longest wait, 0: the default
 * @index: out: of the state that answered
 */
struct quorum_question {
	const void *request;
	u32 len;
	struct quorum_reply reply;
	bool stale;
	u64 after;
	u64 timeout_ns;
	u64 index;
};

/**
 * quorum_group_query() - ask the state machine
 *
 * Context: process, sleeps, interruptible.
 * Return: 0; what the machine says; -EOPNOTSUPP it answers nothing; -ENOTCONN,
 * -ETIMEDOUT, -EAGAIN as of quorum_group_barrier(); -ETIME nothing behind @after
 * within the time; -ESHUTDOWN; -ENODEV; -EIO the group has failed.
 */
int quorum_group_query(struct quorum_group *group, struct quorum_question *question);

/*
 * The state of the machine in a few numbers; takes time in proportion to it.  0;
 * -EOPNOTSUPP the machine has none in the kernel; -ESHUTDOWN; -EIO; -ENODEV; -EINTR.
 */
struct quorum_machine_digest;
int quorum_group_digest(struct quorum_group *group, struct quorum_machine_digest *digest);

/* watch.c: a watch of a kv group; it may not outlive the reference to the group. */
struct quorum_watching;
struct quorum_watching *quorum_watch_create(struct quorum_group *g, const void *request,
					    u32 len, bool stale, u64 timeout_ns, u64 *from);
void quorum_watch_free(struct quorum_watching *w);
ssize_t quorum_watch_read(struct quorum_watching *w, struct iov_iter *to);
int quorum_watch_wait(struct quorum_watching *w);
__poll_t quorum_watch_poll(struct quorum_watching *w, struct file *file, poll_table *wait);

/**
 * struct quorum_settings - what a group shall decide by; see uapi/quorum.yaml
 * @set: there is something in here
 * @heartbeat_us: 0: as it is
 * @election_min_us: likewise
 * @election_max_us: likewise
 * @has_election: @election_quorum is said
 * @has_commit: @commit_quorum is said
 * @has_lease: @lease is said
 * @election_quorum: 0: more than half
 * @commit_quorum: likewise
 * @lease: answer reads by it
 */
struct quorum_settings {
	bool set;
	u32 heartbeat_us;
	u32 election_min_us;
	u32 election_max_us;
	bool has_election;
	bool has_commit;
	bool has_lease;
	u32 election_quorum;
	u32 commit_quorum;
	bool lease;
};

/* struct raft_change.member.priority: as it is. */
#define QUORUM_PRIORITY_SAME	U8_MAX

/**
 * quorum_group_change() - change who is a member, or what is decided by
 * @seen: index of the configuration the caller saw, QUORUM_A_GROUP_CONFIG_INDEX
 * @list: what to change, @count steps that take effect at once; room for
 *	RAFT_CHANGES_MAX
 * @where: address of each step's member, family 0 if it has none
 * @settings: what else changes
 *
 * Begins it: events CONFIG and status tell how far it is.
 * Refusals: -EREMCHG this node does not lead; -ESTALE @seen is not in force any
 * more; -EADDRINUSE another member has that address; -EAFNOSUPPORT it is of the other
 * family; and more, each with its sentence.
 * Context: process, sleeps.
 */
int quorum_group_change(struct quorum_group *group, u64 seen, struct raft_change *list,
			const struct sockaddr_storage *where, u32 count,
			const struct quorum_settings *settings, struct netlink_ext_ack *extack);

/**
 * struct quorum_recovery - a forced recovery
 * @keep: node ids of the members to go on with; the own one need not be there
 * @count: of @keep
 * @accept_suspect: even if the own log may lack what it acknowledged
 * @config_index: the configuration in force here, as its asker saw it
 * @last_index: the end of the log here, likewise
 * @last_term: its term
 */
struct quorum_recovery {
	u32 keep[QUORUM_MEMBERS_MAX];
	u32 count;
	bool accept_suspect;
	u64 config_index;
	u64 last_index;
	u64 last_term;
};

/**
 * quorum_group_recover() - go on without members that are lost for good
 *
 * What is given up by it, and why it cannot happen by accident: raft/recovery.c.
 * Begins it; the event RECOVERED tells how it ended.
 * Refusals: -ESTALE what was seen is not so; -EEXIST a leader may be alive;
 * -EADDRNOTAVAIL no such member; -EUCLEAN the own log is suspect; and more, each with
 * its sentence.
 * Context: process, sleeps.
 */
int quorum_group_recover(struct quorum_group *group, const struct quorum_recovery *recovery,
			 struct netlink_ext_ack *extack);

/**
 * quorum_group_read() - copy out the first committed data entry at or above *@index
 * @index: in: where to look; out: one above the entry that was copied, or where
 *	to look next time when there was none
 * @entry: description of the entry
 * @buf: room for @size bytes of payload
 *
 * Context: process, sleeps (may read the device).
 * Return: 0; -EAGAIN nothing there yet; -ESTALE *@index is not in the log any more
 * (0 stands for the first that is); -EMSGSIZE: @entry is filled in, its
 * payload does not fit, *@index not moved past it; -ESHUTDOWN stopped; -ENODEV
 * deleted; -EIO the group has failed and nothing more will come, or the device
 * could not be read; -EUCLEAN what the device holds is damaged.
 */
int quorum_group_read(struct quorum_group *group, u64 *index, struct raft_entry *entry,
		      void *buf, u32 size);

/*
 * Wait until quorum_group_read() at @index has something or fails otherwise; for ever,
 * or -ETIME after @timeout_ns.
 */
int quorum_group_wait(struct quorum_group *group, u64 index, u64 timeout_ns);

/* EPOLL* mask for a file at @index, after poll_wait() on the group. */
__poll_t quorum_group_poll(struct quorum_group *group, struct file *file,
			   poll_table *wait, u64 index);

/* Index after the last committed one; first index that can be read. */
void quorum_group_bounds(struct quorum_group *group, u64 *first, u64 *end);

/* Copy out everything `status` shows.  Context: process, sleeps. */
void quorum_group_get_info(struct quorum_group *group, struct quorum_group_info *info);

const char *quorum_group_name(const struct quorum_group *group);
u32 quorum_group_number(const struct quorum_group *group);
struct net *quorum_group_net(const struct quorum_group *group);
u32 quorum_group_self(const struct quorum_group *group);

/*
 * What it was created from, the genesis normalized.  Never changes, but for what
 * quorum_group_relink() does: look at these through quorum_group_get_info().
 */
const struct quorum_group_params *quorum_group_get_params(const struct quorum_group *group);

int quorum_group_init(void);
void quorum_group_exit(void);

#endif /* QUORUM_GROUP_H */
