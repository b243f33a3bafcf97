/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The simulator: whole clusters in one address space, as a function of a seed.
 *
 * The engine, the wire codec, the disk format and the recovery are the module's
 * own sources.  Clock, network, disks and clients are data.  Everything that
 * happens is an event of one heap, ordered by (time, number), so that the same
 * seed gives the same run on every machine.
 *
 *	world.c    time: the heap of events, memory, the log of a run
 *	swarm.c    what a seed draws: cluster, features, weather
 *	disk.c     a device: image, cache, writes under way, damage
 *	store.c    the log on that device, by format/disk and format/recover
 *	hard.c     term, vote, and which snapshot is in force, on that device
 *	checkpoint.c places in the log from which a start can read it
 *	open.c     recovery: what a device holds when a node starts
 *	snapshot.c snapshots: taken, received, put in force, sent
 *	session.c  datagrams that are sealed
 *	net.c      datagrams: encode, damage, carry, decode
 *	node.c     a node: what loop, effects and pump do in the kernel
 *	machine.c  the state machine of a node: the module's own
 *	client.c   clients, their histories and whether these can be explained
 *	config.c   configurations, as the checks understand them
 *	check.c    what must hold at every step
 *	history.c  what was committed, before and after forced recoveries
 *	fault.c    what goes wrong, and the end of it
 *	seen.c     how often each of it was met
 *	forced.c   an operator who goes on without those who are lost
 *	main.c     the command line
 */
#ifndef SIM_H
#define SIM_H

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include "raft/raft.h"
#include "format/assemble.h"
#include "format/config.h"
#include "format/disk.h"
#include "format/hello.h"
#include "format/recover.h"
#include "format/seal.h"
#include "format/snapshot.h"
#include "format/wire.h"
#include "sm/machine.h"

#define MS	1000000ULL	/* nanoseconds */

enum sim_limits {
	SIM_NODES	= 10,		/* node ids 1..9 */
	SIM_KEYS	= 4,
	SIM_CLIENTS	= 4,
	SIM_TERMS_PLAIN	= 1 << 14,	/* terms below RAFT_TERM_FORCED */
	SIM_TERMS_FORCED = 1 << 10,	/* and behind each multiple of it */
	SIM_EPOCHS	= 64,		/* multiples */
	SIM_TERMS	= SIM_TERMS_PLAIN + SIM_EPOCHS * SIM_TERMS_FORCED,
	SIM_HISTORIES	= 4,		/* forced recoveries, and one */
	SIM_CLASSES	= 18,		/* size classes of the pool: 16 bytes to 2 MiB */
	SIM_RECORDS	= 64,		/* records a disk remembers, to damage one */
	SIM_DEVICE_MAX	= 8 << 20,	/* bytes */
	SIM_CACHED	= 256,		/* sectors in a device's cache */
	SIM_SNAPSHOT_MAX = 128 << 10,	/* bytes of one */
	SIM_COMMAND_MAX	= 256,		/* bytes of a client's command */
};

/* What the world does at a time. */
enum sim_kind {
	SIM_PACKET = 1,		/* a datagram arrives */
	SIM_BIO,		/* a write of a device ends */
	SIM_CHUNK,		/* bytes of a snapshot that came in are stored */
	SIM_TICK,		/* an engine's deadline */
	SIM_PUMP,		/* a slow turn of a loop comes to its end */
	SIM_APPLY,		/* a slow state machine goes on */
	SIM_CLIENT,		/* a client does something */
	SIM_LOAD,		/* a burst of proposals that nobody waits for */
	SIM_FAULT,		/* something goes wrong, or right again */
	SIM_START,		/* a node starts again */
	SIM_ADMIN,		/* somebody looks after devices that were lost */
	SIM_FORCED,		/* and an operator after a lost majority */
};

struct sim_event {
	u64 at;
	u64 number;
	void *what;
	u32 life;
	u8  node;
	u8  kind;
};

/* ---- what a seed draws ---- */

enum sim_fault_kind {
	FAULT_CRASH,
	FAULT_CRASH_WRITE,	/* at one of its next writes */
	FAULT_START,
	FAULT_STOP,		/* a clean stop */
	FAULT_CUT,		/* one direction */
	FAULT_ISOLATE,
	FAULT_SPLIT,
	FAULT_HEAL,
	FAULT_CLOG,
	FAULT_HANG,
	FAULT_RELEASE,
	FAULT_PAUSE,
	FAULT_RESUME,
	FAULT_EIO,		/* the next write fails */
	FAULT_READ,		/* the next opening cannot read */
	FAULT_ROT,		/* a record that others vouch for, or one mirror */
	FAULT_JUMP,		/* a clock */
	FAULT_TICK,		/* a deadline too early */
	FAULT_STEP_DOWN,
	FAULT_TRANSFER,
	FAULT_CHANGE,		/* of the members */
	FAULT_SNAPSHOT,		/* one is taken now */
	FAULT_CHUNK,		/* bytes of one cannot be stored */
	FAULT_WIPE,		/* a device is lost, and a new one takes its place */
	FAULT_MAJORITY,		/* nodes are given up, and so many that it takes force */
	FAULT_FLUSH,		/* a device only says that it has written */
	FAULT_MISDIRECT,	/* a record lies where another should */
	FAULT_NR,
};

/* What seeds are to meet, besides the faults. */
enum sim_seen {
	SEEN_SIZE,		/* so many voters, 1 to 7 */
	SEEN_LEARNERS = SEEN_SIZE + 7,
	SEEN_WITNESS,
	SEEN_WITNESSES,
	SEEN_CHANGING,
	SEEN_QUORUMS,
	SEEN_PRIORITIES,
	SEEN_NO_PREVOTE,
	SEEN_NO_CHECKQUORUM,
	SEEN_LEASE,
	SEEN_SEALED,
	SEEN_DRIFT,
	SEEN_LOST,
	SEEN_COPIED,
	SEEN_OVERTAKEN,
	SEEN_DAMAGED,
	SEEN_STRAY,
	SEEN_CUT,
	SEEN_TORN,
	SEEN_CACHE_LOST,
	SEEN_FLUSH_LOST,
	SEEN_MISDIRECTED,
	SEEN_ROT,
	SEEN_EIO,
	SEEN_ENOSPC,
	SEEN_HUNG,
	SEEN_READ_ERROR,
	SEEN_PAUSED,
	SEEN_JUMP_AT_RESUME,
	SEEN_CRASH_WRITE,
	SEEN_WIPED,
	SEEN_WIPED_CHANGING,
	SEEN_REPLACED,
	SEEN_CHANGED,
	SEEN_SNAPSHOT,
	SEEN_INSTALLED,
	SEEN_CHECKPOINT,
	SEEN_SUSPECT,
	SEEN_HEALED,
	SEEN_RECOVERED,
	SEEN_LOSSY,
	SEEN_NR,
};

struct sim_draw {
	u32 voters;
	u32 learners;
	u32 spare;		/* nodes that may join */
	u32 witnesses;		/* of the voters */
	bool priorities;
	bool wipes;		/* devices may be lost */
	bool forced;		/* so may majorities */
	u32 flags;
	struct raft_quorums quorums;
	u64 heartbeat;
	u64 election_min;
	u64 election_max;
	u32 loss;		/* of 1000 */
	u32 duplicate;		/* of 1000 */
	u32 damage;		/* of 1000 */
	u32 stray;		/* of 1000: arrives at somebody else */
	u64 delay_min;
	u64 delay_max;
	u32 mtu;		/* bytes of a datagram */
	bool sealed;
	u64 disk_min;
	u64 disk_max;
	u32 physical_block;
	u64 device_bytes;
	u64 check_every;	/* granules between two checkpoints, 0: there are none */
	bool unordered;		/* writes are reported as they end */
	u32 record_entries;	/* of one record, at most */
	u32 message_entries;	/* of one append, at most */
	u32 payload_max;	/* bytes of an entry */
	u32 burst_max;		/* proposals of one burst */
	u64 burst_every;
	u64 apply_max;		/* delay of the state machine, 0: none */
	u64 turn_max;		/* delay of the pump, 0: none */
	u32 clients;
	bool sessions;
	u32 reads;		/* of 1000 reads: by read index, not through the log */
	u64 think;
	s32 drift;		/* largest, in parts per million */
	u64 fault_every;
	u32 weight[FAULT_NR];
	u64 snapshot_every;	/* entries, 0: there are none */
	u64 trail;		/* entries kept behind one, at most */
	u32 chunk;		/* bytes of one in a message, at most */
	u32 steps;
};

/* ---- devices ---- */

struct sim_bio {
	u64 offset;
	u32 bytes;
	u8  *data;
	bool flush;		/* what the cache holds goes first */
	bool lazy;		/* it ends when the cache has it */
	bool held;		/* the device hangs */
	bool busy;
	u8  what;		/* enum sim_bio_what */
	u32 slot;
};

enum sim_bio_what {
	SIM_BIO_RECORD = 1,
	SIM_BIO_PAD,
	SIM_BIO_HARD,
	SIM_BIO_SNAPSHOT,
};

struct sim_cached {
	u64 sector;
	u8  old[DISK_SECTOR_BYTES];
};

struct sim_disk {
	u8  *image;
	u8  *dirty;		/* per block: written in this life of the process */
	u64 bytes;
	u32 ncached;
	struct sim_cached *cached;	/* reached the device, not the medium */
	bool hang;
	u32 fail_next;		/* EIO for the write after that many */
	u32 read_error;		/* ETIMEDOUT for the read after that many */
	u32 crash_in;		/* the node crashes at that write */
	bool lies;		/* its flushes do nothing, until the power is cut */
	u8  lying_mirror;	/* of the hard state, the one that may lose something */
	bool damaged;		/* on purpose, since it was opened well last */
};

/* ---- the store ---- */

struct sim_slot {
	struct raft_write write;
	u64 *terms;		/* of the entries, as they were written */
	u64 lsn;
	u64 flushed;
	u64 position;
	u32 bytes;
	u32 granules;
	u32 pending;		/* bios */
	int error;
	bool used;
	bool done;
	struct sim_bio bio[2];
};

struct sim_record {
	u64 lsn;
	u64 position;
	u64 flushed;
	u32 bytes;
};

/* Where a record lies, to know from where on the log has to be kept. */
struct sim_mark {
	u64 lsn;
	u64 position;
	u64 at;		/* granules written before it, ever */
	u64 last;	/* its last entry, 0: it has none */
	u32 prev_crc;
};

/* Where an entry of type CONFIG lies. */
struct sim_place {
	u64 index;
	u64 lsn;
	u64 position;
};

/* Checkpoints to come. */
struct sim_checkpoints {
	struct disk_checkpoint next;
	bool pending;		/* @next waits to be durable and committed */
	u64 next_at;
	u64 from;		/* index of the one this start began at, 0: none */
	u64 taken_at;		/* granules written before the newest, ever */
	u64 last_term;		/* of the log's last entry, 0: it was cut last */
	u32 types;		/* bit per type of entry that may be in the log */
	struct sim_place *configs;	/* ascending */
	u64 nconfigs;
	u64 cap;
};

/* What a write of the hard state does besides keeping (term, vote). */
enum sim_switch {
	SWITCH_NONE,
	SWITCH_OPENING,		/* the epoch of an opening */
	SWITCH_REPAIR,		/* the same once more */
	SWITCH_STOP,
	SWITCH_SNAPSHOT,	/* an own snapshot is in force */
	SWITCH_INSTALL,		/* one that came in is, instead of the log */
	SWITCH_RELEASE,		/* the log begins later */
	SWITCH_HEALED,		/* nothing is missing any more */
};

struct sim_store {
	struct disk_super super;
	struct disk_hard hard;		/* durable */
	struct disk_hard hard_next;	/* under way */
	struct disk_hard want;		/* what is to follow */
	bool hard_busy;
	bool want_any;
	u64 hard_seq, want_seq;		/* (term, vote) that the engine waits for */
	u8 hard_switch, want_switch;
	u32 hard_pending;
	int hard_error;
	struct sim_bio hard_bio[DISK_MIRRORS];
	u64 release, release_term;	/* asked for, 0: nothing */
	bool healed;			/* asked for: no suspect any more */
	u64 last_snapshot;		/* number given last */
	bool resetting;			/* the log is being replaced */
	bool hard_bad;			/* write it twice at start */
	struct disk_cursor cursor;
	u64 at, start_at;		/* granules written ever, and before the log */
	struct sim_mark *marks;		/* of all records, oldest first */
	u64 nmarks;
	u64 marks_cap;
	u64 durable_lsn;
	struct disk_batch batch;
	u8  *buf;
	struct sim_slot slots[RAFT_WRITES_MAX];
	u32 head, n;			/* oldest first */
	bool failed;
	bool stopping;
	struct sim_checkpoints check;
	struct sim_record records[SIM_RECORDS];
	u64 nrecords;

	/* What must be found again: terms of the durable log, by index. */
	u64 *view;
	u64 view_last;
	u64 view_cap;
	struct disk_hard view_hard;
	bool doubt;			/* or that, which was under way */
	bool doubt_resets;		/* and has nothing of the log */
	struct disk_hard doubt_hard;
};

/* ---- nodes ---- */

struct sim_entry {
	struct raft_entry e;
	u64 hash;
	u8  *payload;
};

struct sim_waiter {
	u64 tag;
	u32 op;		/* index of the operation */
	u32 attempt;
};

/* A read that the engine took; @ready: it may be served once @index is applied. */
struct sim_read {
	u64 handle;
	u64 index;
	bool ready;
};

/* A snapshot being written, taken here or received. */
enum sim_work {
	WORK_NONE,
	WORK_RECEIVING,		/* not all is there */
	WORK_WRITING,
	WORK_SEALED,		/* all of it is on the device */
	WORK_SWITCHING,		/* it is being put in force */
};

struct sim_snapshot {
	u8 work;
	bool incoming;
	bool waits;		/* for a write of one that was given up */
	u32 area;
	struct raft_snapshot name;
	struct raft_config config;
	u8 *data;
	u32 size;		/* room of @data */
	u32 got;
	u32 told;		/* bytes of which the engine knows that they are stored */
	u32 written;		/* stages done: the data in parts, the table, the header */
	u32 number;		/* tells those that were given up apart */
	u64 chunk_at;		/* when the newest chunk is stored */
	struct quorum_snap_meta meta;
	struct sim_bio bio;
};

/* What a node knows of another one's seals. */
struct sim_peer {
	u8 tx[SEAL_KEY_BYTES];
	u8 rx[SEAL_KEY_BYTES];
	u64 life;		/* 0: not known */
	u64 counter;
	struct hellos hello;
	struct seal_window window;
};

enum sim_phase {
	SIM_DOWN,
	SIM_OPENING,		/* the epoch of this opening is under way */
	SIM_UP,
	SIM_STOPPING,		/* the mark of a clean stop is under way */
	SIM_BROKEN,		/* the device is refused */
};

struct sim_node {
	u32 id;
	u8  phase;
	bool paused;
	bool witness;		/* keeps no payload, for ever */
	u32 life;
	u64 lives;		/* how often it was started, for tags */
	u64 tags;
	struct raft *raft;
	struct sim_disk disk;
	struct sim_store store;
	u64 incarnation;
	u64 known[SIM_NODES];	/* incarnations of the others, pinned */
	u32 session;
	u64 seal_life;
	struct sim_peer peers[SIM_NODES];
	struct assemble assemble[SIM_NODES];
	u8  *assemble_buf[SIM_NODES];
	u32 message;		/* number of the last fragmented message */

	u64 clock_base;		/* local time ... */
	u64 clock_at;		/* ... at this time of the world */
	s32 drift;
	u64 tick_at;		/* time of the world of the tick that is due */

	struct sim_entry *log;
	u64 log_cap;
	u64 base, base_term;	/* what is before the log */
	u64 last;

	struct raft_snapshot snapshot;	/* in force on the device */
	struct raft_config snapshot_config;
	struct raft_snapshot going;	/* being put in force */
	struct raft_config going_config;
	struct sim_snapshot work;
	bool chunk_fails;
	struct raft_config config;	/* in force, as the engine told */
	u64 commit;
	u64 applied;
	u8  role;
	u8  halt;
	u8  history;		/* in which it committed last, as the checks know */
	bool recovering;	/* a candidate of a forced recovery */
	u32 leader;
	u64 term;
	struct quorum_machine *machine;
	struct sim_waiter waiters[256];
	u32 nwaiters;
	struct sim_read reads[64];
	u32 nreads;
	bool pump_due;
	bool apply_due;
};

/* ---- clients ---- */

enum sim_op_state {
	OP_OPEN = 1,	/* no answer yet, perhaps never */
	OP_DONE,
	OP_FAILED,	/* certain not to have happened */
};

struct sim_op {
	u64 invoked;
	u64 ended;
	u64 floor;	/* newest index that was answered before it began */
	u64 index;
	u32 client;
	u32 seq;
	u32 attempts;
	u32 applied;	/* how often it had an effect */
	u64 applied_at;	/* index of the last */
	u32 value;	/* read: what was returned */
	u8  key;
	bool read;
	bool by_index;
	bool opens;	/* a session */
	u8  state;
};

struct sim_client {
	u32 id;
	u32 op;		/* 0: none */
	u32 seq;
	u64 session;	/* 0: none yet */
	u32 attempt;
};

/* ---- what the checks know ---- */

struct sim_known {
	u64 index;
	u64 term;
	u64 prev_term;
	u64 tag;
	u64 hash;
	u32 origin;
	u32 size;
	u8  type;
	u32 stamp;
};

struct sim_committed {
	u64 term;
	u64 by;		/* term of the leader that committed it */
	u64 state;	/* hash of the state machine after it, 0: not known yet */
	bool applied;
};

struct sim_history {
	struct sim_committed *committed;
	u64 cap;
	u64 commit_max;
	u64 shared;	/* up to there it is the one before */
};

struct sim_check {
	u32 leader_of[SIM_TERMS];
	u8  history_of[SIM_TERMS];
	u16 vote_of[SIM_NODES][SIM_TERMS];
	u32 terms_used;
	struct sim_known *known;
	u32 known_cap;
	u32 known_n;
	u32 stamp;
	struct sim_history histories[SIM_HISTORIES];
	u32 newest;
};

/* ---- forced recovery ---- */

enum sim_forced_stage {
	FORCED_NONE,
	FORCED_WANTED,		/* the lost are down, and the others are asked */
	FORCED_DONE,
};

struct sim_forced {
	u8 stage;
	bool sure;		/* one of them was elected so */
	bool again;		/* somebody was before, whose entry about it is lost */
	bool lossy;		/* what was committed is lost, sessions among it */
	u32 lost;		/* bit id: given up, and kept down */
	u32 left;		/* bit id: has a log of another history */
	u32 kept;		/* bit id: what was asked last */
	u32 replacing;		/* what w->replacing was for the lost */
	u32 asked;		/* id of who was asked last */
	u32 tries;
	u32 target;		/* the history that shall begin */
	u64 index;		/* of the entry that says so */
	u64 since;
};

struct sim_packet {
	u32 to;
	u32 len;
	u64 number;	/* the same of its copies */
	bool damaged;
	u8  data[];
};

struct world {
	u64 seed;
	u64 random;
	u64 now;
	u64 step;
	u64 hash;
	u64 number;
	bool failed;
	bool verbose;
	u64 from;
	bool healed;
	struct sim_draw draw;

	struct sim_event *heap;
	u32 heap_n;
	u32 heap_cap;

	u32 n;
	struct sim_node *nodes[SIM_NODES];
	struct raft_config config;	/* what the group starts with */
	struct quorum_genesis genesis;
	struct wire_header ident;
	u64 cut[SIM_NODES][SIM_NODES];	/* until when */
	u64 clog[SIM_NODES][SIM_NODES];
	u64 datagrams;
	u8  *taken;		/* by number, of those that were sealed */
	u64 taken_cap;
	u32 replacing;		/* bit id: it has a new device, and is to be taken back */
	u32 fresh;		/* bit id: and had one ever */
	struct sim_forced forced;
	u64 carried[SIM_NODES][SIM_NODES];	/* healed: arrival of the last datagram */

	struct sim_client clients[SIM_CLIENTS];
	struct sim_op *ops;
	u32 ops_n;
	u32 ops_cap;
	u64 answered;		/* newest index a client has heard of */

	struct sim_check *check;
	struct raft_effects fx;
	u8  *tx;
	u8  *read_buf;
	struct raft_config configs[RAFT_CONFIGS_MAX];
	struct raft_run *runs;
	u32 runs_cap;

	/* memory */
	u8  *arena;
	u64 arena_used;
	u64 arena_size;
	void *free[SIM_CLASSES];

	/* figures */
	u64 steps_of[FAULT_NR];
	u64 seen[SEEN_NR];
	u64 delivered;
	u64 restarts;
	u64 leaders;
	u64 proposals;
	u64 snapshots;		/* taken */
	u64 installs;
	u64 checkpoints;	/* starts from one */
	u64 suspects;		/* starts as one */
	u64 healed_n;
	u64 replaced;
	u64 recovered;		/* by force */
};

/* world.c */
void world_init(struct world *w);
void world_reset(struct world *w, u64 seed);
u64 world_random(struct world *w, u64 bound);
u64 world_between(struct world *w, u64 low, u64 high);
bool world_chance(struct world *w, u32 permille);
void world_add(struct world *w, u64 at, u8 kind, u8 node, u32 life, void *what);
bool world_next(struct world *w, struct sim_event *ev);
void world_hash(struct world *w, u64 value);
u64 world_mix(u64 x);
void *pool_alloc(struct world *w, u32 bytes);
void pool_free(struct world *w, void *p, u32 bytes);
void *pool_grow(struct world *w, void *p, u64 *cap, u64 need, u32 bytes);
void sim_fail(struct world *w, u32 id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sim_print(struct world *w, u32 id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define sim_log(w, id, ...) \
	do { \
		if ((w)->verbose && (w)->step >= (w)->from) \
			sim_print(w, id, __VA_ARGS__); \
	} while (0)

/* seen.c */
const char *seen_name(u32 what);
void seen_drawn(struct world *w);
void seen_ended(struct world *w);
#define sim_seen(w, what) ((void)(w)->seen[what]++)

/* swarm.c */
void swarm_draw(struct world *w);

/* disk.c */
void disk_reset(struct world *w, struct sim_node *node);
int disk_read(struct world *w, struct sim_node *node, u64 offset, void *buf, u32 bytes);
void disk_submit(struct world *w, struct sim_node *node, struct sim_bio *bio);
int disk_end(struct world *w, struct sim_node *node, struct sim_bio *bio);
void disk_release(struct world *w, struct sim_node *node);
void disk_crash(struct world *w, struct sim_node *node, bool power);
bool disk_rot(struct world *w, struct sim_node *node);
void disk_misdirect(struct world *w, struct sim_node *node);
void disk_poke(struct sim_disk *disk, u64 offset, const void *data, u32 bytes);

/* store.c */
bool store_can_write(const struct sim_node *node);
bool store_submit(struct world *w, struct sim_node *node, struct raft_write *write);
void store_bio_ended(struct world *w, struct sim_node *node, struct sim_bio *bio);
u64 store_room(const struct world *w, const struct sim_node *node);
u64 store_used(const struct sim_store *s);
void store_crash(struct world *w, struct sim_node *node);
u64 store_term_at(const struct sim_node *node, u64 index);
struct sim_slot *store_slot(struct sim_store *s, u32 nth);
void store_mark(struct world *w, struct sim_store *s, const struct sim_mark *mark);
bool store_start_at(const struct sim_node *node, u64 index, struct sim_mark *start);

/* hard.c */
void hard_vote(struct world *w, struct sim_node *node, u64 term, u32 vote, u64 seq);
void hard_epoch(struct world *w, struct sim_node *node);
void hard_stop(struct world *w, struct sim_node *node);
bool hard_switch(struct world *w, struct sim_node *node, u8 what,
		 const struct quorum_snap_meta *meta, u32 area);
void hard_healed(struct world *w, struct sim_node *node);
void hard_checkpoint(struct world *w, struct sim_node *node);
void hard_release(struct world *w, struct sim_node *node, u64 index, u64 term);
void hard_bio_ended(struct world *w, struct sim_node *node, int error);

/* checkpoint.c */
void checkpoint_entry(struct world *w, struct sim_store *s, const struct raft_entry *e,
		      u64 lsn, u64 position);
void checkpoint_truncate(struct sim_store *s, u64 index);
void checkpoint_cut(struct sim_store *s, u64 index);
void checkpoint_note(struct world *w, struct sim_store *s, u64 last);
void checkpoint_committed(struct world *w, struct sim_node *node);
void checkpoint_stop(struct world *w, struct sim_node *node);
void checkpoint_reset(struct sim_store *s);
int checkpoint_recover(struct world *w, struct sim_node *node, const struct recover_io *io,
		       const struct recover_sink *sink, struct recover_result *r);

/* open.c */
void store_format(struct world *w, struct sim_node *node);
void store_wipe(struct world *w, struct sim_node *node);
void store_suspect(struct sim_store *s, const struct recover_result *r, u64 seen_last);
void store_forget(struct world *w, struct sim_node *node);
int store_open(struct world *w, struct sim_node *node);
void store_taken(struct world *w, struct sim_node *node);
void store_params(struct world *w, struct sim_node *node, struct raft_params *params);

/* snapshot.c */
void snapshot_take(struct world *w, struct sim_node *node);
void snapshot_wanted(struct world *w, struct sim_node *node);
void snapshot_effect(struct world *w, struct sim_node *node, const struct raft_effect *fx,
		     const void *payload);
void snapshot_chunk_stored(struct world *w, struct sim_node *node, void *what);
void snapshot_bio_ended(struct world *w, struct sim_node *node, int error);
void snapshot_ready(struct world *w, struct sim_node *node);
void snapshot_switched(struct world *w, struct sim_node *node, u8 what);
void snapshot_drop(struct world *w, struct sim_node *node);
bool snapshot_send(struct world *w, struct sim_node *node, const struct raft_append *a);
u32 snapshot_read(struct world *w, struct sim_node *node, u64 offset, u32 bytes, u8 *buf);
void snapshot_adopt(struct world *w, struct sim_node *node,
		    const struct quorum_snap_meta *meta);

/* machine.c */
void machine_reset(struct world *w, struct sim_node *node);
void machine_start(struct world *w, struct sim_node *node);
u32 machine_open(u8 *buf);
u32 machine_command(struct world *w, u32 nr, u64 session, u8 *buf);
void machine_bulk(struct world *w, u8 *buf, u32 size);
u32 machine_parse(struct world *w, const struct sim_entry *entry);
u32 machine_apply(struct world *w, struct sim_node *node, const struct sim_entry *entry,
		  bool *applied, int *verdict);
u32 machine_read(struct world *w, struct sim_node *node, u8 key);
u64 machine_hash(struct sim_node *node);
u32 machine_save(struct world *w, struct sim_node *node, u8 **data);
void machine_restore(struct world *w, struct sim_node *node, const u8 *data, u32 size,
		     u64 index, u64 term);

/* net.c */
void net_send(struct world *w, struct sim_node *node, const struct raft_msg *msg,
	      const void *payload, u32 size);
void net_append(struct world *w, struct sim_node *node, const struct raft_msg *msg,
		const struct sim_entry *entries);
void net_arrive(struct world *w, struct sim_packet *packet);
u32 net_room(const struct world *w);

void net_post(struct world *w, u32 from, u32 to, const u8 *data, u32 len);

/* session.c */
void session_start(struct world *w, struct sim_node *node);
void session_send(struct world *w, struct sim_node *node, u32 to, u8 *datagram, u32 len);
void session_forget(struct sim_node *node, u32 from);
bool session_open(struct world *w, struct sim_node *node, const struct wire_header *hdr,
		  struct sim_packet *packet, u32 *len);

/* node.c */
u64 node_now(const struct world *w, const struct sim_node *node);
int node_step(struct world *w, struct sim_node *node, const struct raft_event *ev,
	      const void *payload);
void node_turn(struct world *w, struct sim_node *node);
void node_pump(struct world *w, struct sim_node *node);
void node_tick(struct world *w, struct sim_node *node);
void node_message(struct world *w, struct sim_node *node, const struct raft_msg *msg,
		  const void *payload);
void node_start(struct world *w, struct sim_node *node);
void node_running(struct world *w, struct sim_node *node);
void node_crash(struct world *w, struct sim_node *node, bool power);
void node_apply(struct world *w, struct sim_node *node);
void node_fail(struct world *w, struct sim_node *node);
void node_log_set(struct world *w, struct sim_node *node, const struct raft_entry *e,
		  const void *payload);
void node_log_cut(struct world *w, struct sim_node *node, u64 from);
void node_log_forget(struct world *w, struct sim_node *node, u64 index, u64 term);
int node_propose(struct world *w, struct sim_node *node, const struct raft_proposal *list,
		 u32 count, const void *payload);
u64 node_tag(struct sim_node *node);
u64 node_term_at(const struct sim_node *node, u64 index);
u64 payload_hash(const void *payload, u32 size);

/* client.c */
void client_act(struct world *w, struct sim_client *client);
void client_load(struct world *w);
void client_applied(struct world *w, struct sim_node *node, const struct sim_entry *entry);
void client_refused(struct world *w, struct sim_node *node, u64 tag);
void client_read(struct world *w, struct sim_node *node, u64 handle, u64 index, u8 reason);
void client_serve(struct world *w, struct sim_node *node);
void client_check(struct world *w);
void client_lost(struct world *w, u64 shared);
bool client_propose(struct world *w, struct sim_node *node, u32 count);

/* check.c */
void check_reset(struct world *w);
void check_step(struct world *w, struct sim_node *node);
void check_effect(struct world *w, struct sim_node *node, const struct raft_effect *fx);
void check_message(struct world *w, struct sim_node *node, const struct raft_msg *msg);
void check_entry(struct world *w, struct sim_node *node, const struct sim_entry *entry);
void check_applied(struct world *w, struct sim_node *node, bool always);
void check_restored(struct world *w, struct sim_node *node, u64 index, u64 term);
void check_opened(struct world *w, struct sim_node *node, u64 index, u64 term);
void check_wiped(struct world *w, struct sim_node *node);
void check_recovered(struct world *w, struct sim_node *node);

/* history.c */
bool history_term(struct world *w, u32 id, u64 term, u32 *slot);
void history_reset(struct world *w);
struct sim_history *history_of(struct world *w, const struct sim_node *node);
struct sim_history *history_newest(const struct world *w);
void history_follow(struct world *w, struct sim_node *node);
bool history_knows(struct world *w, struct sim_node *node, u64 index, u64 term);
void history_fork(struct world *w, struct sim_node *node, u32 slot);

/* forced.c */
void forced_begin(struct world *w, struct sim_node *node);
void forced_act(struct world *w);
void forced_answered(struct world *w, struct sim_node *node, u8 reason);
void forced_config(struct world *w, const struct sim_node *node);
bool forced_settled(const struct world *w, const struct sim_node *leader);
bool forced_may_add(const struct world *w, const struct sim_node *leader, u32 id);

/* config.c */
bool config_votes(const struct raft_config *config, u32 id);
bool config_takes_part(const struct raft_config *config, u32 id);
bool config_commits(const struct raft_config *config, raft_set have);
bool config_elects(const struct raft_config *config, raft_set have);
u32 config_spare(const struct raft_config *config);

/* fault.c */
const char *fault_name(u32 fault);
void fault_act(struct world *w);
void fault_heal(struct world *w);
bool fault_settled(struct world *w);
void fault_admin(struct world *w);
void fault_start(struct world *w, struct sim_node *node);
bool fault_may_spoil(struct world *w, const struct sim_node *node);

#endif /* SIM_H */
