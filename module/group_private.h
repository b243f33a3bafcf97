/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of a group, shared by the files of the runtime: group.c, parts.c,
 * changes.c, loop.c, early.c, effects.c, pump.c, apply.c, waiters.c, reads.c, members.c,
 * readback.c, snapshots.c, install.c, chunks.c, handin.c, watch.c and info.c.
 *
 * Locks, outermost first:
 *
 *	group->lock		create, start, stop, delete: one at a time; not held while
 *				the device is waited for
 *	groups_lock (group.c)	the table of groups
 *	group->parts		read: the running parts may be used; write: they
 *				come or go
 *	waiters->lock		everything in struct quorum_waiters; a leaf
 *	reads->lock		everything in struct quorum_reads; a leaf
 *	snaps->lock		the configurations of the log; a leaf
 *	handin->call		a file's calls about its snapshot, one at a time; outside
 *				of @parts
 *	handin->lock		who is at it, and how far; a leaf
 *	loop->done_lock		completions from interrupts; a leaf, irqs off
 *
 * Fields marked [loop] belong to the group's thread alone and need no lock.
 * Fields marked [pub] are written by the loop and read anywhere as hints.
 */
#ifndef QUORUM_GROUP_PRIVATE_H
#define QUORUM_GROUP_PRIVATE_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "compat.h"
#include "early.h"
#include "group.h"
#include "sm/machine.h"
#include "sm/sm.h"
#include "store/cache.h"

/* How far a proposal has come; it only moves down this list, or back to QUEUED. */
enum waiter_stage {
	WAITER_QUEUED,		/* in the inbox; may be withdrawn */
	WAITER_TAKEN,		/* the loop is offering it to the engine */
	WAITER_APPENDED,	/* in the own log, in @term */
	WAITER_FORWARDED,	/* sent to the leader of @term */
	WAITER_DONE,		/* answered */
};

/**
 * struct quorum_waiter - one proposal of a user of this node, until answered
 * @node: in waiters->inbox, ->pending or ->forwarded, or a batch [waiters->lock]
 * @live: in waiters->all while not DONE [waiters->lock]
 * @hash: in waiters->by_tag while not DONE [waiters->lock]
 * @ref: one of the caller, one of the lists
 * @rcu: frees it
 * @stage: enum waiter_stage [waiters->lock]
 * @nonblock: nobody waits for the answer
 * @abandoned: the caller has left [waiters->lock]
 * @tag: its name in the log
 * @term: of the leader it was given to [waiters->lock]
 * @sent: when it was forwarded last, boottime ns [loop]
 * @refusal: why it waits in the inbox, enum raft_reason [waiters->lock]
 * @type: of the entry
 * @local: answered once this node has applied it, not when it hears of it
 * @known: it is committed, and not applied here yet [waiters->lock]
 * @blind: it may be in what a snapshot stands for: nothing here will tell
 * @outcome: QUORUM_OUTCOME_*, final once DONE
 * @error: errno that goes with it, likewise
 * @index: when committed
 * @entry_term: when committed
 * @done: completed when DONE
 * @answered: queued instead, if set
 * @size: bytes of @data
 * @room: bytes for the result, behind the payload
 * @result_len: bytes of it
 * @verdict: of the state machine
 * @data: the payload
 */
struct quorum_waiter {
	struct list_head node;
	struct list_head live;
	struct hlist_node hash;
	refcount_t ref;
	struct rcu_head rcu;
	u8 stage;
	bool nonblock;
	bool abandoned;
	u8 refusal;
	u8 type;
	bool local;
	bool known;
	bool blind;
	u64 tag;
	u64 term;
	u64 sent;
	u32 outcome;
	int error;
	u64 index;
	u64 entry_term;
	struct completion done;
	struct work_struct *answered;
	u32 size;
	u32 room;
	u32 result_len;
	int verdict;
	u8 data[];
};

/**
 * struct quorum_waiters - all unanswered proposals of this node
 * @lock: protects everything here
 * @all: unanswered ones, by tag
 * @inbox: QUEUED, oldest first
 * @pending: APPENDED, in log order
 * @forwarded: FORWARDED, longest silent first
 * @by_tag: all but DONE ones
 * @count: proposals in all lists
 * @bytes: their payload
 * @next_tag: next name to give
 * @skipped: entries up to here came as a snapshot, not one by one [loop]
 * @closed: errno for newcomers, 0: open
 * @room: woken when @count or @bytes falls
 */
struct quorum_waiters {
	spinlock_t lock;
	struct list_head all;
	struct list_head inbox;
	struct list_head pending;
	struct list_head forwarded;
	DECLARE_HASHTABLE(by_tag, 8);
	u32 count;
	u64 bytes;
	u64 next_tag;
	u64 skipped;
	int closed;
	wait_queue_head_t room;
};

/**
 * struct quorum_read - a caller who waits for a read index
 * @node: in reads->queued or ->asked; empty: answered [reads->lock]
 * @handle: of the question to the engine it shares [reads->lock]
 * @refusal: why it waits, enum raft_reason [reads->lock]
 * @index: to be applied before it may read, once @done without @error
 * @error: negative errno
 * @done: completed when answered
 */
struct quorum_read {
	struct list_head node;
	u64 handle;
	u8 refusal;
	u64 index;
	int error;
	struct completion done;
};

/**
 * struct quorum_reads - all reads of this node that have no index yet
 * @lock: protects everything here; a leaf
 * @queued: not asked for yet
 * @asked: asked for
 * @count: in both lists
 * @handle: of the last question
 * @not_before: refused for now: boottime ns when to ask again
 * @closed: errno for newcomers, 0: open
 */
struct quorum_reads {
	spinlock_t lock;
	struct list_head queued;
	struct list_head asked;
	u32 count;
	u64 handle;
	u64 not_before;
	int closed;
};

/* Why the loop should run: bits of loop->flags. */
enum loop_flag {
	LOOP_RX,		/* a datagram was queued */
	LOOP_DONE,		/* a write ended */
	LOOP_TIMER,		/* the deadline passed */
	LOOP_PROPOSALS,		/* the inbox has news */
	LOOP_INFO,		/* somebody waits for loop->info */
	LOOP_READBACK,		/* entries were read back */
	LOOP_READS,		/* somebody wants a read index */
	LOOP_ASK,		/* somebody waits for loop->ask */
	LOOP_SNAPSHOT,		/* the snapshots' worker is done, or a user wants one */
};

/* Why the store's hard state was to be switched: its cookie (quorum_loop_snap_done()). */
enum loop_switch {
	SWITCH_HEALED,		/* the suspect mark is cleared */
	SWITCH_SNAPSHOT,	/* an own snapshot is in force */
	SWITCH_INSTALL,		/* one that was received is, in place of the log */
	SWITCH_RELEASE,		/* the log begins later */
};

/* A completion on its way from an interrupt to the loop. */
struct loop_write_done {
	u64 cookie;
	int error;
};

/**
 * struct quorum_loop - the group's thread
 * @task: the thread
 * @wait: it sleeps here
 * @flags: enum loop_flag
 * @timer: only sets LOOP_TIMER and wakes
 * @armed: deadline @timer is set to, RAFT_NEVER: not [loop]
 * @done_lock: protects the next four
 * @writes: log writes that ended, in order
 * @nwrites: number of @writes
 * @hard_seq: newest (term, vote) write that ended, 0: none
 * @hard_error: its errno
 * @switches: switches of the store that ended, a bit per cookie
 * @switch_error: errno of one of them
 * @damaged: see quorum_loop_damaged()
 * @info_lock: one asks at a time
 * @info: where to copy the engine's status [LOOP_INFO]
 * @info_config: likewise, the configuration in force
 * @info_done: completed then
 * @ask_lock: one asks at a time
 * @ask: an event of a user for the engine [LOOP_ASK]
 * @ask_ret: what raft_step() returned
 * @ask_done: completed then
 */
struct quorum_loop {
	struct task_struct *task;
	wait_queue_head_t wait;
	unsigned long flags;
	struct hrtimer timer;
	u64 armed;
	spinlock_t done_lock;
	struct loop_write_done writes[RAFT_WRITES_MAX];
	u32 nwrites;
	u64 hard_seq;
	int hard_error;
	unsigned long switches;
	int switch_error;
	bool damaged;
	struct mutex info_lock;
	struct raft_status *info;
	struct raft_config *info_config;
	struct completion info_done;
	struct mutex ask_lock;
	const struct raft_event *ask;
	int ask_ret;
	struct completion ask_done;
};

/* Room for one read-back: what a slow follower needs and the cache lost. */
enum readback_sizes {
	READBACK_BYTES = 2 * QUORUM_ENTRY_BYTES_MAX,
};

/**
 * struct quorum_readback - entries read from the device for slow followers
 * @work: does the reading, in a worker
 * @group: whose log
 * @busy: @work owns everything below; otherwise the loop does
 * @want: first index asked for
 * @last: last index it may read
 * @n: number of @entries, contiguous from @entries[0].index
 * @entries: what was read; the first is the one before @want, for its term
 * @offset: of each payload in @data
 * @data: the payloads
 * @not_before: after a failure: boottime ns when to try again
 */
struct quorum_readback {
	struct work_struct work;
	struct quorum_group *group;
	bool busy;
	u64 want;
	u64 last;
	u32 n;
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX + 1];
	u32 offset[RAFT_MSG_ENTRIES_MAX + 1];
	u8 *data;
	u64 not_before;
};

/* What the worker of the snapshots is to do. */
enum snap_job {
	SNAP_TAKE = 1,		/* write the own state */
	SNAP_BEGIN,		/* begin to receive one */
	SNAP_STORE,		/* write what was received of it */
	SNAP_SEAL,		/* all is there: make it durable */
	SNAP_DROP,		/* throw away what was written */
};

/* How far a snapshot is; of the own and of the one being received. */
enum snap_stage {
	SNAP_NONE,
	SNAP_WANTED,		/* waits for the worker (received) */
	SNAP_WRITING,
	SNAP_SEALED,		/* durable; waits for its switch */
	SNAP_SWITCHING,		/* being put in force */
};

/* Sizes of what goes through memory. */
enum snap_sizes {
	SNAP_CONFIGS_MAX	= 8,	/* configurations of the log that are remembered */
	SNAP_STREAM_BYTES	= 64 * 1024, /* read from the machine in one go */
};

/**
 * struct quorum_install - the snapshot that is being received
 * @stage: enum snap_stage; WRITING from SNAP_BEGIN on
 * @life: which one; what the worker says of another is not about this
 * @name: which
 * @config: its configuration
 * @stored: bytes of it that are written, as the engine knows
 * @ended: the engine has said that all of it is there
 * @failed: errno for the engine, when it may be told
 * @start: where its first byte was put into @ring, counted from the beginning of time
 * @in: likewise, where the next byte goes
 * @ring: RAFT_SNAPSHOT_WINDOW_BYTES on their way to the worker
 *
 * All of it is the loop's, but for the bytes the worker was told to write.
 */
struct quorum_install {
	u8 stage;
	u32 life;
	struct raft_snapshot name;
	struct raft_config config;
	u64 stored;
	bool ended;
	int failed;
	u64 start;
	u64 in;
	u8 *ring;
};

/**
 * struct quorum_snapshots - the own snapshots of a group, and the one being received
 * @work: writes, in a worker
 * @group: whose
 * @busy: @work owns what is marked [work]; otherwise the loop does
 * @cancel: @work shall give up what it is at
 * @job: enum snap_job [work]
 * @error: how it ended [work]
 * @life: of the snapshot it is about, 0: an own one [work]
 * @from: SNAP_STORE: what to write, as @install.in is counted [work]
 * @to: likewise, its end [work]
 * @crc: SNAP_SEAL: what all of it must have [work]
 * @writer: what is written, or sealed; NULL: nothing [work]
 * @received: @writer is of one that is received [work]
 * @meta: of what is written [work]
 * @data: SNAP_STREAM_BYTES [work]
 * @taken: bytes of the own snapshot written so far [pub]
 * @lock: protects the next two
 * @configs: the newest configurations of the log, ascending by index
 * @nconfigs: number of these
 * @stage: of the own one, enum snap_stage [loop; pub]
 * @asked: a user wants one; set by anybody
 * @rotten: the one in force cannot be read; set by the worker that reads it
 * @last_error: errno of the last try [pub]
 * @name: of the own one being made [work]
 * @config: its configuration [work]
 * @index: of the newest one in force [loop]
 * @log_bytes: store's counter when that was begun [loop]
 * @not_before: after a failure: boottime ns when to try again [loop]
 * @held_at: bytes the peers had when progress was looked for [loop]
 * @held_since: boottime ns since when they have had these [loop]
 * @release_index: the log may begin behind it; 0: where it does [loop]
 * @release_term: its term [loop]
 * @heal: the suspect mark is to be cleared [loop]
 * @switching: a switch of the store is under way [loop]
 * @install: the one being received [loop]
 * @status: to look at the peers [loop]
 */
struct quorum_snapshots {
	struct work_struct work;
	struct quorum_group *group;
	bool busy;
	bool cancel;
	u8 job;
	int error;
	u32 life;
	u64 from;
	u64 to;
	u32 crc;
	struct quorum_snap_writer *writer;
	bool received;
	struct quorum_snap_meta meta;
	u8 *data;
	u64 taken;
	spinlock_t lock;
	struct raft_config configs[SNAP_CONFIGS_MAX];
	u32 nconfigs;
	u8 stage;
	bool asked;
	bool rotten;
	int last_error;
	struct raft_snapshot name;
	struct raft_config config;
	u64 index;
	u64 log_bytes;
	u64 not_before;
	u64 held_at;
	u64 held_since;
	u64 release_index;
	u64 release_term;
	bool heal;
	bool switching;
	struct quorum_install install;
	struct raft_status status;
};

/* How far a snapshot is that user space hands in. */
enum handin_stage {
	HANDIN_NONE,
	HANDIN_ASKED,		/* waits for the worker */
	HANDIN_OPEN,		/* the worker waits for bytes, or for their end */
	HANDIN_ENDED,		/* all are there; on its way into force */
};

/**
 * struct quorum_handin - a snapshot that user space hands in
 * @call: one call at a time; held while it waits for the worker
 * @lock: protects what follows
 * @wait: whoever waits for the other side
 * @owner: file that is at it, NULL: none
 * @ended: file that was at it last
 * @error: how that ended
 * @stage: enum handin_stage
 * @index: what it has to stand for
 * @term: its term
 * @len: bytes in @data; 0: to be filled by the file, else to be taken by the worker
 * @data: SNAP_STREAM_BYTES, from the first begin on
 */
struct quorum_handin {
	struct mutex call;
	spinlock_t lock;
	wait_queue_head_t wait;
	const void *owner;
	const void *ended;
	int error;
	u8 stage;
	u64 index;
	u64 term;
	u32 len;
	u8 *data;
};

/**
 * struct quorum_chunks - bytes of the snapshot in force, read to be sent
 * @work: does the reading, in a worker
 * @group: whose
 * @busy: @work owns everything below; otherwise the loop does
 * @name: which snapshot
 * @peer: whom it was read for; others wait until it was sent some
 * @used: it was
 * @offset: where @data begins
 * @bytes: how many there are; 0: none
 * @data: RAFT_SNAPSHOT_WINDOW_BYTES
 * @ready_at: boottime ns when they were there
 * @not_before: after a failure: boottime ns when to try again
 */
struct quorum_chunks {
	struct work_struct work;
	struct quorum_group *group;
	bool busy;
	struct raft_snapshot name;
	u32 peer;
	bool used;
	u64 offset;
	u32 bytes;
	u8 *data;
	u64 ready_at;
	u64 not_before;
};

/**
 * struct quorum_inflight - a log write the store has not reported yet
 * @write: as the engine knows it
 * @vouches: last index it makes durable; lowered when the log is truncated below
 */
struct quorum_inflight {
	struct raft_write write;
	u64 vouches;
};

/**
 * struct quorum_place - where a member is
 * @id: node id
 * @told: as the configuration in force says
 * @here: as this node was told since (relink.c), family 0: it was not
 * @over: what the configuration said then; once it says something else, that holds
 */
struct quorum_place {
	u32 id;
	u8 told[RAFT_ADDRESS_BYTES];
	struct sockaddr_storage here;
	u8 over[RAFT_ADDRESS_BYTES];
};

/**
 * struct quorum_group - one group
 * @params: immutable, but for what relink.c changes [lock and where]
 * @number: place in the table, immutable
 * @net: network namespace; valid until the group is deleted
 * @sm: state machine kind, pinned until the group is freed
 * @ref: table, device node, open files, transient users
 * @lock: start, stop, delete
 * @parts: see the top of this file
 * @where: protects addresses and keys in @params, @places, @nplaces
 * @places: of the members, as far as they are known
 * @nplaces: how many there are
 * @deleted: gone from the table [lock; pub]
 * @state: enum quorum_state [lock or loop; pub]
 * @error: errno that failed the group or its start [pub]
 * @message: sentence that goes with it, of a start [parts]
 * @ending: a work item makes it STOPPED; nobody else does anything to it [lock; pub]
 * @hurry: its namespace goes: no time to hand over [pub]
 * @stop_asked: it shall be STOPPED; until @stop_work has made it so [lock; pub]
 * @stop_work: from anything to STOPPED
 * @heal_work: from FAILED to STARTING, when the log was found damaged
 * @start_work: builds the parts, from STARTING until their outcome
 * @start_device: what it opens
 * @start_abort: it shall give up; set by who waits for it [pub]
 * @store: the log [parts]
 * @cache: its newest entries [parts]
 * @link: the network [parts]
 * @raft: the engine [loop]
 * @machine: the replicated state; changed by the loop only [parts]
 * @result: room for what a command returns, QUORUM_RESULT_BYTES_MAX [loop]
 * @replay: entries older than the cache, for the state machine
 * @replay_needed: they are more than something to read
 * @recovered: what start found [parts]
 * @lost: some of what the device once held is on no member any more [loop]
 * @recovered_last: entries up to here came from the device and were never
 *	replaced since: they need not be held for the state machine [loop]
 * @base: last index that is not in the log any more; readers begin behind it [pub]
 * @applied: last index given to the state machine; readers see up to here
 * @last_data: last applied index that holds user data, for poll
 * @blind: it is a witness, or was: it has no payload to show [loop; pub]
 * @election_max: of the configuration in force, ns [pub]
 * @role: [pub]
 * @leader: [pub]
 * @term: [pub]
 * @role_since: boottime ns [pub]
 * @event_seq: number of the last event
 * @readers: woken when @applied moves or the group ends
 */
struct quorum_group {
	struct quorum_group_params params;
	u32 number;
	struct net *net;
	const struct quorum_machine_ops *sm;
	struct kref ref;

	struct mutex lock;
	struct rw_semaphore parts;
	spinlock_t where;
	struct quorum_place places[QUORUM_MEMBERS_MAX];
	u32 nplaces;
	bool deleted;
	u8 state;
	int error;
	char message[QUORUM_SENTENCE_LEN_MAX + 1];
	bool ending;
	bool hurry;
	bool stop_asked;
	struct work_struct stop_work;
	struct work_struct heal_work;
	struct work_struct start_work;
	dev_t start_device;
	bool start_abort;

	struct quorum_store *store;
	struct quorum_cache *cache;
	struct quorum_link *link;
	struct raft *raft;
	struct quorum_machine *machine;
	u8 *result;
	bool replay_needed;
	struct quorum_recovered recovered;
	u64 recovered_last;
	bool lost;

	atomic64_t base;
	atomic64_t applied;
	atomic64_t last_data;
	bool blind;
	u64 election_max;
	u8 role;
	u32 leader;
	u64 term;
	u64 role_since;
	atomic64_t event_seq;
	wait_queue_head_t readers;

	struct quorum_waiters waiters;
	struct quorum_reads reads;
	struct quorum_loop loop;
	struct quorum_readback readback;
	struct quorum_readback replay;
	struct quorum_snapshots snaps;
	struct quorum_chunks chunks;
	struct quorum_handin handin;
	struct quorum_group_stats stats;

	/* [loop] */
	u64 commit;
	u64 last;			/* last index of the engine's log */
	u64 submitted;			/* last index handed to the store */
	u64 unsubmitted_bytes;		/* payload above it */
	u64 durable;			/* last index reported written */
	struct quorum_inflight inflight[RAFT_WRITES_MAX];
	u32 ninflight;
	bool store_full;		/* the ring refused a batch; see pump.c */
	bool patient;			/* the event in hand is the clock's */
	u32 pump_first;			/* member served first this turn */
	u64 swept_term;			/* of the newest applied entry */
	u64 offer_after;		/* a busy leader gets no proposals before */
	u64 tick_at;			/* when the machine is to be asked; see tick.c */
	u64 tick_term;			/* leadership it was asked in last */
	struct raft_config config_committed; /* as far as it is known */
	struct quorum_net_member members[QUORUM_MEMBERS_MAX]; /* told to the link */
	u64 members_retry;		/* when to tell it again, 0: it knows */
	u64 fill_after;			/* no devices are written down before */
	struct raft_config config_in;	/* of the message in hand */
	struct quorum_early early;
	struct wire_header ident;
	struct raft_effects effects;
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	struct raft_proposal proposals[QUORUM_PROPOSE_BATCH_MAX];
	struct quorum_waiter *batch[QUORUM_PROPOSE_BATCH_MAX];
};

/**
 * struct effects_source - where the payload of appended entries comes from
 * @batch: proposals of this node, or NULL
 * @msg: a message, or NULL
 * @payload: its payload
 */
struct effects_source {
	struct quorum_waiter **batch;
	const struct raft_msg *msg;
	const void *payload;
};

/*
 * Starts, heals and read-backs.  Of our own since a namespace's end, which is a worker for
 * memory reclaim, waits for them.
 */
extern struct workqueue_struct *quorum_workqueue;
/* What is handed in: its workers wait for user space, so nobody else waits for them. */
extern struct workqueue_struct *quorum_handin_workqueue;
extern struct workqueue_struct *quorum_client_workqueue;

/* group.c */
void quorum_group_event(struct quorum_group *g, u8 type);
void quorum_group_recovered(struct quorum_group *g, u8 reason);
void quorum_group_transferred(struct quorum_group *g, u8 reason);
void quorum_group_fail(struct quorum_group *g, int error, u8 halt);
void quorum_group_heal(struct quorum_group *g);

/* parts.c */
void quorum_parts_reset(struct quorum_group *g);
int quorum_parts_build(struct quorum_group *g, struct netlink_ext_ack *extack);
int quorum_parts_go_live(struct quorum_group *g);
void quorum_parts_tear_down(struct quorum_group *g, bool clean);

/* loop.c */
int quorum_loop_start(struct quorum_group *g);
void quorum_loop_stop(struct quorum_group *g);
void quorum_loop_init(struct quorum_loop *loop);
void quorum_loop_wake(struct quorum_group *g, enum loop_flag flag);
void quorum_loop_rx(void *priv);
void quorum_loop_hard_done(void *priv, u64 seq, int error);
void quorum_loop_snap_done(void *priv, u64 cookie, int error);
void quorum_loop_damaged(void *priv, u64 first);
void quorum_loop_write_done(void *priv, u64 cookie, int error);
u64 quorum_loop_now(void);
int quorum_loop_ask(struct quorum_group *g, const struct raft_event *ev);

/* effects.c */
int quorum_effects_step(struct quorum_group *g, const struct raft_event *ev,
			const struct effects_source *src);
void quorum_effects_send(struct quorum_group *g, const struct raft_msg *msg,
			 const void *payload, u32 size);

/* pump.c */
void quorum_pump_hold(struct quorum_group *g);
u64 quorum_pump_room(const struct quorum_group *g);
void quorum_pump_writes(struct quorum_group *g);
void quorum_pump_appends(struct quorum_group *g);

/* apply.c */
void quorum_apply_committed(struct quorum_group *g);
void quorum_apply_role(struct quorum_group *g, const struct raft_config *config);

/* reads.c */
void quorum_reads_init(struct quorum_reads *rs);
void quorum_reads_open(struct quorum_reads *rs);
void quorum_reads_close(struct quorum_group *g, int error);
u64 quorum_reads_offer(struct quorum_group *g);
void quorum_reads_answered(struct quorum_group *g, u64 handle, u64 index, u8 reason);
void quorum_reads_leader(struct quorum_group *g);
/* tick.c */
u64 quorum_tick(struct quorum_group *g, u64 now);
void quorum_tick_applied(struct quorum_group *g);

/* members.c */
void quorum_members_pack(const struct sockaddr_storage *addr,
			 u8 packed[RAFT_ADDRESS_BYTES]);
void quorum_members_address(struct quorum_group *g, const struct raft_member *member,
			    struct sockaddr_storage *addr);
u32 quorum_members_fill(const struct quorum_group_info *info, struct raft_change *list,
			u32 count);
void quorum_members_changed(struct quorum_group *g, const struct raft_config *config,
			    bool committed);
u64 quorum_members_turn(struct quorum_group *g, u64 now);
struct quorum_place *quorum_members_place(struct quorum_group *g, u32 id);

/* readback.c */
int quorum_readback_init(struct quorum_readback *rb, struct quorum_group *g);
void quorum_readback_destroy(struct quorum_readback *rb);
const struct raft_entry *quorum_readback_peek(struct quorum_readback *rb, u64 index,
					      const void **payload);
void quorum_readback_request(struct quorum_readback *rb, u64 first, u64 last);
void quorum_readback_truncate(struct quorum_readback *rb, u64 index);
void quorum_readback_stop(struct quorum_readback *rb);

/* snapshots.c */
void quorum_snapshots_init(struct quorum_group *g);
int quorum_snapshots_alloc(struct quorum_group *g);
void quorum_snapshots_free(struct quorum_group *g);
void quorum_snapshots_stop(struct quorum_group *g);
int quorum_snapshots_restart(struct quorum_group *g, struct netlink_ext_ack *extack);
void quorum_snapshots_config(struct quorum_group *g, const struct raft_config *config);
void quorum_snapshots_forget(struct quorum_group *g, u64 index, u64 term);
void quorum_snapshots_switched(struct quorum_group *g, unsigned long switches);
void quorum_snapshots_turn(struct quorum_group *g);
int quorum_snapshots_write(struct quorum_snapshots *sn, const void *data, u32 len);

/* install.c */
void quorum_install_begin(struct quorum_group *g, const struct raft_effect *fx);
void quorum_install_chunk(struct quorum_group *g, const struct raft_effect *fx,
			  const void *data);
void quorum_install_end(struct quorum_group *g);
void quorum_install_abort(struct quorum_group *g);
void quorum_install_restored(struct quorum_group *g, const struct raft_effect *fx);
int quorum_install_job(struct quorum_snapshots *sn);
void quorum_install_ended(struct quorum_group *g, u8 job, int error);
u8 quorum_install_next(struct quorum_group *g);
void quorum_install_switch(struct quorum_group *g);
void quorum_install_switched(struct quorum_group *g, int error);

/* chunks.c */
void quorum_chunks_init(struct quorum_group *g);
int quorum_chunks_alloc(struct quorum_group *g);
void quorum_chunks_free(struct quorum_group *g);
void quorum_chunks_stop(struct quorum_group *g);
bool quorum_chunks_send(struct quorum_group *g, const struct raft_append *a);

/* handin.c */
void quorum_handin_init(struct quorum_handin *h);
void quorum_handin_free(struct quorum_handin *h);
void quorum_handin_end(struct quorum_group *g, int error);
void quorum_handin_wake(struct quorum_group *g);
int quorum_handin_stream(struct quorum_snapshots *sn,
			 int (*take)(struct quorum_snapshots *sn, const void *data, u32 len));

/* waiters.c */
void quorum_waiters_init(struct quorum_waiters *ws);
void quorum_waiters_open(struct quorum_waiters *ws, u64 epoch, u64 incarnation);
void quorum_waiters_close(struct quorum_group *g, int error);
void quorum_waiters_offer(struct quorum_group *g);
void quorum_waiters_appended(struct quorum_group *g, struct quorum_waiter *w, u64 term);
void quorum_waiters_forwarded(struct quorum_group *g, struct quorum_waiter *w, u64 term);
void quorum_waiters_committed(struct quorum_group *g, u64 tag, u64 index, u64 term);
void quorum_waiters_applied(struct quorum_group *g, u64 tag,
			    const struct quorum_outcome *outcome);
struct quorum_waiter *quorum_waiter_prepare(struct iov_iter *from,
					    const struct quorum_proposal *p,
					    struct work_struct *answered);
void quorum_waiter_drop(struct quorum_waiter *w);
int quorum_waiter_submit(struct quorum_group *g, struct quorum_waiter *w);
void quorum_waiter_give_up(struct quorum_group *g, struct quorum_waiter *w);
int quorum_waiter_take(struct quorum_waiter *w, struct quorum_proposal *p);
void quorum_waiters_skipped(struct quorum_group *g, u64 index);
void quorum_waiters_inject(struct quorum_group *g, const void *data, u32 size);
void quorum_waiters_refused(struct quorum_group *g, u64 tag, u8 reason);
void quorum_waiters_term_applied(struct quorum_group *g, u64 term);
u64 quorum_waiters_resend(struct quorum_group *g, u64 now);
unsigned long quorum_timeout_jiffies(u64 ns);

#endif /* QUORUM_GROUP_PRIVATE_H */
