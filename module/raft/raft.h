/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine: Raft as a pure function of its state, the time and one event.
 *
 * Nothing here allocates, reads a clock, draws from a global random source,
 * takes a lock, does I/O or prints.  The shell (loop.c) is its only caller in
 * the kernel; the unit tests, the scenario runner and the simulator call the
 * very same object code in user space.
 *
 *	raft_step(raft, now, event, effects)
 *
 * is the only function that changes state.  Everything else is a const query.
 *
 * The contract, in six sentences:
 *
 * 1. A proposal is admitted or refused at the door (the return value of
 *    raft_step()); every other event is always taken, and never fails.
 * 2. Effects are to be carried out in their order.  None of them waits for
 *    another: a message that promises something durable is emitted only by the
 *    step that was told so.
 * 3. Payload never passes through: the engine handles (index, term, type, size).
 * 4. Writing and replication are pulled: raft_next_write() and
 *    raft_next_append() say what may be done, RAFT_EV_SUBMITTED and
 *    RAFT_EV_SENT report what was done.
 * 5. Every promise (a vote, an acknowledgement, the own share in a commit)
 *    derives from what RAFT_EV_HARD_STATE and RAFT_EV_WRITTEN reported durable.
 * 6. The impossible ends in RAFT_FX_HALT: from then on the engine answers
 *    nothing and changes nothing, and can still be read.
 */
#ifndef RAFT_H
#define RAFT_H

#include <linux/types.h>
#include "../limits.h"

/* A set of members: bit n stands for seat n. */
typedef u16 raft_set;
static_assert(QUORUM_MEMBERS_MAX <= 16);

#define RAFT_NONE		0	/* no node: ids start at 1 (bug V-20) */
#define RAFT_NEVER		(~0ULL)	/* a deadline that does not come */

/*
 * Terms below this are of elections.  A forced recovery begins the next multiple of
 * it: no election among members that were left behind gets there.
 */
#define RAFT_TERM_FORCED	(1ULL << 32)

/**
 * enum raft_entry_type - what an entry holds
 * @RAFT_ENTRY_NOOP: nothing; a leader's first entry of its term
 * @RAFT_ENTRY_DATA: a command of a user
 * @RAFT_ENTRY_SESSION: likewise, of a client's session; the engine sees no difference
 * @RAFT_ENTRY_CONFIG: a configuration, as format/config.c writes it
 */
enum raft_entry_type {
	RAFT_ENTRY_NOOP		= 1,
	RAFT_ENTRY_DATA		= 2,
	RAFT_ENTRY_CONFIG	= 3,
	RAFT_ENTRY_SESSION	= 4,
};

/**
 * struct raft_entry - an entry as the engine and the codecs see it
 * @index: position in the log, from 1
 * @term: term of the leader that appended it
 * @tag: the proposer's name for it, unique per origin for ever
 *	(life of the node << 40 | counter); 0 for entries the engine makes
 * @origin: node id of the proposer, 0 for entries the engine makes
 * @size: bytes of payload
 * @type: enum raft_entry_type
 */
struct raft_entry {
	u64 index;
	u64 term;
	u64 tag;
	u32 origin;
	u32 size;
	u8  type;
};

/*
 * struct raft_member.roles.  A configuration without RAFT_M_OLD is a simple one;
 * otherwise it is joint (thesis 4.3): its old half is the members with
 * RAFT_M_OLD, its new half those with RAFT_M_VOTER, and every quorum needs both.
 * A member without RAFT_M_VOTER and RAFT_M_LEARNER leaves with the old half.
 */
#define RAFT_M_VOTER	0x01	/* votes and counts (joint: in the new half) */
#define RAFT_M_LEARNER	0x02	/* is sent the log, does not count */
#define RAFT_M_OLD	0x04	/* votes and counts in the old half */
#define RAFT_M_WITNESS	0x08	/* keeps no payload, never leads; for ever */
#define RAFT_M_AUTO	0x10	/* learner, becomes a voter when it has caught up */

/**
 * struct raft_member - one seat
 * @id: node id, not 0
 * @roles: RAFT_M_*
 * @priority: 0..RAFT_PRIORITY_MAX; who has less waits longer before it campaigns
 * @address: opaque to the engine
 * @incarnation: of the node's device, 0: any; opaque to the engine
 */
struct raft_member {
	u32 id;
	u8  roles;
	u8  priority;
	u8  address[RAFT_ADDRESS_BYTES];
	u64 incarnation;
};

/**
 * struct raft_timing - durations, nanoseconds
 * @heartbeat: a leader speaks at least this often
 * @election_min: no contact with a leader for a random time between
 *	@election_min and @election_max starts a campaign
 * @election_max: see @election_min
 *
 * 2 * @heartbeat <= @election_min <= @election_max, checked wherever a
 * configuration comes in.
 */
struct raft_timing {
	u64 heartbeat;
	u64 election_min;
	u64 election_max;
};

/* struct raft_params.flags: of this node alone, never replicated */
#define RAFT_F_SUSPECT		0x100	/* may have lost what it acknowledged (bug F-1) */
#define RAFT_F_JOIN		0x200	/* knows no members until a log names them */
#define RAFT_F_GRID		0x400	/* idle heartbeats at multiples of their interval */

/* struct raft_config.flags */
#define RAFT_F_PREVOTE		0x1	/* ask before raising the term (thesis 9.6) */
#define RAFT_F_CHECKQUORUM	0x2	/* lead while a quorum answers; ignore votes while led */
#define RAFT_F_LEASE		0x4	/* reads by lease; needs RAFT_F_CHECKQUORUM */
#define RAFT_F_DEFAULT		(RAFT_F_PREVOTE | RAFT_F_CHECKQUORUM)
#define RAFT_F_CONFIG		(RAFT_F_PREVOTE | RAFT_F_CHECKQUORUM | RAFT_F_LEASE)

/**
 * struct raft_quorums - how many voters it takes; 0: more than half
 * @election: to be elected
 * @commit: to commit, to confirm a read, to go on leading
 *
 * 2 * election > voters and election + commit > voters, or the group refuses
 * the configuration (flexible quorums, Howard et al. 2016).
 */
struct raft_quorums {
	u8 election;
	u8 commit;
};

/**
 * struct raft_config - a configuration, whole
 * @index: log index of the entry that holds it, 0 for the genesis configuration;
 *	also the version a change has to name (bug M-13)
 * @n: seats used of @members
 * @flags: RAFT_F_PREVOTE, RAFT_F_CHECKQUORUM, RAFT_F_LEASE
 * @timing: see struct raft_timing
 * @quorums: sizes (joint: of the new half)
 * @old: joint: sizes of the old half
 * @forced: how often this group was recovered by force (RAFT_EV_RECOVER)
 * @forced_by: node that did it last, RAFT_NONE: never
 * @members: seats, ascending by id.  Place in here is no property of a member:
 *	it changes from one configuration to the next
 */
struct raft_config {
	u64 index;
	u32 n;
	u32 flags;
	struct raft_timing timing;
	struct raft_quorums quorums;
	struct raft_quorums old;
	u32 forced;
	u32 forced_by;
	struct raft_member members[QUORUM_MEMBERS_MAX];
};

/**
 * struct raft_run - a run of entries of one term
 * @first: index of its first entry
 * @term: term of all its entries
 *
 * A run ends where the next begins.  A log of a million entries from five
 * leaders is five of these.
 */
struct raft_run {
	u64 first;
	u64 term;
};

/* struct raft_snapshot.crc of no content: where a CRC32C begins. */
#define RAFT_SNAPSHOT_EMPTY	(~0U)

/**
 * struct raft_snapshot - name of a snapshot: of everything up to @index
 * @index: last entry it covers, 0: there is none
 * @term: its term
 * @size: bytes of content; 0: a witness's
 * @crc: of its content: two nodes' snapshots of one index may differ in bytes.  Of
 *	no bytes it is RAFT_SNAPSHOT_EMPTY
 */
struct raft_snapshot {
	u64 index;
	u64 term;
	u64 size;
	u32 crc;
};

/**
 * struct raft_params - what a group is made of
 * @self: own node id; may be missing from @config (then a silent follower)
 * @flags: RAFT_F_SUSPECT, RAFT_F_JOIN, RAFT_F_GRID
 * @self: own node id; may be missing from every configuration (then it only
 *	listens, until a log names it)
 * @seed: for the generator inside the engine; every node needs another
 * @config: configuration at @base_index: the genesis, or the snapshot's.  With
 *	RAFT_F_JOIN a genesis without members: it listens, and follows whoever leads
 * @configs: the newest RAFT_CONFIGS_MAX entries of type CONFIG above @base_index
 *	and not above @last_index, ascending; fewer only if there are no more
 * @nconfigs: number of @configs
 * @term: durable term
 * @vote: id of the node voted for in @term, or RAFT_NONE
 * @base_index: index of the last entry that is not in the log any more (0)
 * @base_term: its term
 * @last_index: index of the last durable entry, >= @base_index
 * @snapshot: newest complete snapshot, of an index from @base_index to @last_index;
 *	@config is the one at its index then
 * @commit_index: entries up to here are known to be committed, at most @last_index;
 *	0: nothing is known
 * @runs: the log above @base_index, or above a lower bound that is not above
 *	@commit_index, as runs of terms, ascending
 * @nruns: number of @runs; more than RAFT_RUNS_MAX: only the newest are kept
 */
struct raft_params {
	u32 self;
	u32 flags;
	u64 seed;
	struct raft_config config;
	const struct raft_config *configs;
	u32 nconfigs;
	u64 term;
	u32 vote;
	u64 base_index;
	u64 base_term;
	u64 last_index;
	struct raft_snapshot snapshot;
	u64 commit_index;
	const struct raft_run *runs;
	u32 nruns;
};

/* Why an operation was refused, or a group halted. */
enum raft_reason {
	RAFT_OK = 0,
	RAFT_REFUSED_NO_LEADER,		/* nobody to propose to is known */
	RAFT_REFUSED_BUSY,		/* uncommitted bytes or runs are at their limit */
	RAFT_REFUSED_NO_SPACE,		/* the log on the device is full */
	RAFT_REFUSED_TOO_BIG,		/* over QUORUM_ENTRY_BYTES_MAX, or empty */
	RAFT_REFUSED_HALTED,		/* the group has halted */
	RAFT_UNKNOWN,			/* appended once, outcome not known here */
	RAFT_COMMITTED,			/* committed at (index, term) */
	RAFT_REFUSED_NOT_LEADER,	/* only a leader does this */
	RAFT_REFUSED_NOT_READY,		/* nothing of the own term is committed yet */
	RAFT_REFUSED_PENDING,		/* another one is under way */
	RAFT_REFUSED_STALE,		/* the configuration is not the one the caller saw */
	RAFT_REFUSED_INVALID,		/* a value out of its range, or nothing to change */
	RAFT_REFUSED_NOT_MEMBER,	/* that node has no seat, or not the role for this */
	RAFT_REFUSED_IS_MEMBER,		/* that node has a seat already */
	RAFT_REFUSED_TOO_MANY,		/* over QUORUM_MEMBERS_MAX, old and new together */
	RAFT_REFUSED_NO_VOTER,		/* nobody who can lead would be left */
	RAFT_REFUSED_QUORUMS,		/* the quorum sizes do not intersect */
	RAFT_REFUSED_NEEDS_JOINT,	/* several voters change: ask for joint */
	RAFT_REFUSED_BEHIND,		/* that learner, or target, has not caught up */
	RAFT_REFUSED_WITNESS,		/* a witness cannot do this, nor stop being one */
	RAFT_REFUSED_TRANSFERRING,	/* leadership is being handed over */
	RAFT_REFUSED_LED,		/* forced recovery: there is a leader */
	RAFT_REFUSED_SUSPECT,		/* this node's log may lack what it acknowledged */
	RAFT_REFUSED_TIMEOUT,		/* it took longer than an election timeout */
	RAFT_REASON_NR,
};

enum raft_halt {
	RAFT_HALT_NONE = 0,
	RAFT_HALT_STORE,		/* a write or flush failed: final (bug F-4) */
	RAFT_HALT_TRUNCATE_COMMITTED,	/* a leader wanted to overwrite a committed entry */
	RAFT_HALT_TWO_LEADERS,		/* a second leader in one term */
	RAFT_HALT_LAST_TERM,		/* the log ends in a term above the durable one */
	RAFT_HALT_CONTRACT,		/* the shell reported what cannot be */
	RAFT_HALT_SNAPSHOT,		/* a snapshot contradicts a committed entry (S-8) */
	RAFT_HALT_NR,
};

enum raft_role {
	RAFT_FOLLOWER = 1,
	RAFT_PRECANDIDATE,
	RAFT_CANDIDATE,
	RAFT_LEADER,
};

/* Why the role changed last; kept for `quorumctl status`. */
enum raft_cause {
	RAFT_CAUSE_START = 0,
	RAFT_CAUSE_ELECTION_TIMEOUT,	/* heard no leader for an election timeout */
	RAFT_CAUSE_PREVOTE_WON,
	RAFT_CAUSE_ELECTION_WON,
	RAFT_CAUSE_LEADER_FOUND,	/* a leader of this term spoke */
	RAFT_CAUSE_HIGHER_TERM,		/* somebody showed a higher term */
	RAFT_CAUSE_QUORUM_LOST,		/* check-quorum: no quorum answered */
	RAFT_CAUSE_STORE_SLOW,		/* the own disk hangs (bug P-1) */
	RAFT_CAUSE_STORE_FAILED,
	RAFT_CAUSE_HALTED,
	RAFT_CAUSE_ASKED,		/* RAFT_EV_STEP_DOWN */
	RAFT_CAUSE_REMOVED,		/* no voter any more, and that is committed */
	RAFT_CAUSE_TRANSFER,		/* leadership was handed over */
	RAFT_CAUSE_RECOVERED,		/* RAFT_EV_RECOVER */
	RAFT_CAUSE_NR,
};

/* ---- messages ---- */

enum raft_msg_type {
	RAFT_MSG_PREVOTE = 1,
	RAFT_MSG_PREVOTE_REPLY,
	RAFT_MSG_VOTE,
	RAFT_MSG_VOTE_REPLY,
	RAFT_MSG_APPEND,
	RAFT_MSG_APPEND_REPLY,
	RAFT_MSG_HEARTBEAT,
	RAFT_MSG_HEARTBEAT_REPLY,
	RAFT_MSG_FORWARD,
	RAFT_MSG_FORWARD_REPLY,
	RAFT_MSG_READ,
	RAFT_MSG_READ_REPLY,
	RAFT_MSG_TIMEOUT_NOW,
	RAFT_MSG_SNAPSHOT,
	RAFT_MSG_SNAPSHOT_REPLY,
	RAFT_MSG_NR,
};

/* struct raft_msg.snapshot_reply.verdict */
enum raft_snapshot_verdict {
	RAFT_SNAPSHOT_STORED = 1,	/* everything before the offset is stored */
	RAFT_SNAPSHOT_GAP,		/* go on from the offset: what came does not fit */
	RAFT_SNAPSHOT_FAILED,		/* it could not be stored; begin again, later */
};

/**
 * struct raft_msg - a message, decoded
 * @type: enum raft_msg_type
 * @from: sender's node id
 * @to: receiver's node id
 * @term: sender's term.  A pre-vote carries the term it would campaign in, and
 *	a granted pre-vote reply echoes it (bug V-9)
 * @history: PREVOTE, VOTE, APPEND, SNAPSHOT: which forced recovery the sender goes on
 *	from, 0: none
 * @vote: PREVOTE, VOTE: the end of the candidate's log
 * @vote_reply: PREVOTE_REPLY, VOTE_REPLY: the answer
 * @append: APPEND; @append.entries are contiguous from prev_index + 1.  At most
 *	one of them is of type CONFIG; @append.config is what it says then (see
 *	config_attach(); its index is ignored), NULL otherwise
 * @append_reply: APPEND_REPLY: what this message verified
 * @heartbeat: HEARTBEAT; commit is already clamped to what the receiver is
 *	known to hold (bug L-1)
 * @heartbeat_reply: HEARTBEAT_REPLY
 * @forward: FORWARD: one proposal of a follower, for the leader of @term only
 * @forward_reply: FORWARD_REPLY: what became of it
 * @read: READ: a follower asks its leader for a read index; seq is its own
 * @read_reply: READ_REPLY: the index, or why not
 * @timeout_now: TIMEOUT_NOW: the leader asks the receiver to campaign at once, if
 *	its log reaches this far
 * @snapshot: SNAPSHOT: @snapshot.bytes at @snapshot.offset of a snapshot; its
 *	configuration comes with offset 0, and is NULL otherwise
 * @snapshot_reply: SNAPSHOT_REPLY: see enum raft_snapshot_verdict
 */
struct raft_msg {
	u8  type;
	u32 from;
	u32 to;
	u64 term;
	u32 history;
	union {
		struct {
			u64  last_index;
			u64  last_term;
			bool transfer;	/* VOTE: the leader asked for it (T-1) */
		} vote;
		struct {
			u64  asked_term;	/* of the request: tells rounds apart */
			bool granted;
			bool suspect;	/* counts only if all voters grant */
		} vote_reply;
		struct {
			u64 prev_index;
			u64 prev_term;
			u64 commit;
			const struct raft_entry *entries;
			u32 count;		/* <= RAFT_MSG_ENTRIES_MAX, may be 0 */
			const struct raft_config *config;
		} append;
		struct {
			u64  match;	/* durable AND verified against this leader */
			u64  verified;	/* verified against this leader, maybe not durable */
			u64  prev_index; /* of the rejected append, when @rejected */
			u64  hint_index; /* when rejected: nothing above it can match */
			u64  hint_term;	/* term of the entry at hint_index, 0: none */
			u64  suspect;	/* RAFT_F_SUSPECT: number of this life; else 0 */
			bool rejected;
		} append_reply;
		struct {
			u64 commit;
			u64 seq;
			u64 round;	/* of reads that its answer confirms */
			u64 trust;	/* the receiver's suspect number: refilled */
		} heartbeat;
		struct {
			u64 seq;	/* of the heartbeat answered */
			u64 match;	/* as in append_reply */
			u64 verified;
			u64 round;	/* of the heartbeat answered */
			u64 suspect;	/* as in append_reply */
		} heartbeat_reply;
		struct {
			u64 tag;
			u32 size;
			u8  entry_type;
		} forward;
		struct {
			u64 tag;
			u64 index;	/* with RAFT_COMMITTED */
			u64 entry_term;
			u8  reason;	/* enum raft_reason */
		} forward_reply;
		struct {
			u64 seq;
		} read;
		struct {
			u64 seq;
			u64 index;
			u8  reason;	/* RAFT_OK or RAFT_REFUSED_* */
		} read_reply;
		struct {
			u64 last_index;
		} timeout_now;
		struct {
			struct raft_snapshot name;
			u64 offset;
			u32 bytes;
			u32 config_bytes;	/* of @config on the wire; the engine's 0 */
			const struct raft_config *config;
		} snapshot;
		struct {
			struct raft_snapshot name;
			u64 offset;
			u8  verdict;
		} snapshot_reply;
	};
};

/* ---- events ---- */

enum raft_event_type {
	RAFT_EV_TICK = 1,	/* time has passed; early, late and repeated are harmless */
	RAFT_EV_MESSAGE,	/* a message arrived */
	RAFT_EV_PROPOSE,	/* a user of this node proposes */
	RAFT_EV_SUBMITTED,	/* a log write was handed to the device */
	RAFT_EV_WRITTEN,	/* a log write ended */
	RAFT_EV_HARD_STATE,	/* a (term, vote) write ended */
	RAFT_EV_SENT,		/* an append message was handed to the network */
	RAFT_EV_STEP_DOWN,	/* a leader shall stop leading (clean stop) */
	RAFT_EV_READ,		/* a user wants a linearizable read */
	RAFT_EV_TRANSFER,	/* a user wants another leader */
	RAFT_EV_SNAPSHOT,	/* an own snapshot is complete and durable */
	RAFT_EV_SNAPSHOT_SENT,	/* bytes of a snapshot were handed to the network */
	RAFT_EV_CHUNK_STORED,	/* bytes that came in were stored, or could not be */
	RAFT_EV_INSTALLED,	/* a snapshot that came in is in force, or could not be */
	RAFT_EV_CHANGE,		/* a user wants another configuration */
	RAFT_EV_RECOVER,	/* an operator goes on without members lost for good */
};

/**
 * struct raft_write - identity and content of one log write
 * @truncate: every entry from this index on is discarded before; 0: none
 * @first: first entry to write
 * @last: last entry to write; @first - 1 when the write only truncates
 * @term: current term when it was decided
 * @seq: number of the write, ascending from 1
 *
 * A completion is recognised by @seq and checked against @term and @last, never
 * by an index alone (bug D-2).
 */
struct raft_write {
	u64 truncate;
	u64 first;
	u64 last;
	u64 term;
	u64 seq;
};

/**
 * struct raft_proposal - one proposal at the door
 * @tag: see struct raft_entry
 * @size: bytes of payload, 1..QUORUM_ENTRY_BYTES_MAX
 * @type: RAFT_ENTRY_DATA or RAFT_ENTRY_SESSION
 */
struct raft_proposal {
	u64 tag;
	u32 size;
	u8  type;
};

enum raft_change_op {
	RAFT_CHANGE_ADD = 1,	/* as learner; becomes a voter when it has caught up */
	RAFT_CHANGE_LEARNER,	/* as learner that stays one; of a voter: demote */
	RAFT_CHANGE_VOTER,	/* as voter at once (new or learner), caught up or not */
	RAFT_CHANGE_PROMOTE,	/* a learner that has caught up becomes a voter */
	RAFT_CHANGE_REMOVE,
	RAFT_CHANGE_REPLACE,	/* has another device: a learner until it has caught up */
	RAFT_CHANGE_SET,	/* address and priority, nothing else */
	RAFT_CHANGE_FILL,	/* address and incarnation where it has none: no change of it */
};

/* Each member may be filled in beside what is asked for. */
#define RAFT_CHANGES_MAX	(2 * QUORUM_MEMBERS_MAX)

/**
 * struct raft_change - one step of a change
 * @op: enum raft_change_op
 * @member: id always; roles: only RAFT_M_WITNESS counts, for newcomers; priority,
 *	address and incarnation: for newcomers, REPLACE, SET and FILL
 */
struct raft_change {
	u8 op;
	struct raft_member member;
};

/**
 * struct raft_settings - the part of a configuration that is not about members
 */
struct raft_settings {
	u32 flags;
	struct raft_timing timing;
	struct raft_quorums quorums;
};

/**
 * struct raft_event - what happened
 * @type: enum raft_event_type
 * @msg: MESSAGE; borrowed for the step
 * @propose: PROPOSE; a prefix of the batch may be admitted.  @propose.room is
 *	what the store can still take, in payload bytes
 * @write: SUBMITTED: the write as raft_next_write() gave it, with @write.last
 *	lowered if it did not all fit.  WRITTEN: the same once more
 * @error: WRITTEN, HARD_STATE: 0 or a negative errno
 * @hard_seq: HARD_STATE: seq of the effect that ended
 * @sent: SENT: peer and last index sent (== first - 1 for an empty append)
 * @read: READ: @read.handle comes back in RAFT_FX_READ exactly once, unless the group
 *	halts.  The time of the step must have been read after the read was asked for
 * @snapshot: SNAPSHOT: its name, the configuration at its index, and up to where the
 *	log may be forgotten now (at most its index; entries behind a snapshot serve
 *	slow members).  INSTALLED: name as in RAFT_FX_INSTALL_END, @error
 * @chunk: SNAPSHOT_SENT: peer and what was sent.  CHUNK_STORED: as in RAFT_FX_CHUNK,
 *	in the same order, @error
 * @transfer: TRANSFER: node id, or RAFT_NONE for the best one; RAFT_FX_TRANSFER
 *	answers
 * @change: CHANGE: up to RAFT_CHANGES_MAX steps and/or @change.settings (NULL:
 *	as they are); @change.seen is the raft_config.index the caller saw;
 *	@change.tag names the entry, as a proposal's.  Admitted by a leader only,
 *	one at a time, and never before an entry of its own term is committed
 *	(bugs M-1, M-2).  @change.joint: one entry that enters the joint
 *	configuration, and one that leaves it by itself
 *
 * @recover: RECOVER: the majority is lost for good, and an operator decides that this
 *	node goes on with itself and the @recover.count members @recover.keep alone.
 *	@recover.config_index, @recover.last_index and @recover.last_term are what
 *	the operator saw here, and must be so; @recover.accept_suspect: even though
 *	this node's own log may lack what it acknowledged.  RAFT_FX_RECOVER answers
 *
 * MESSAGE has a room as well: FORWARD is admitted like a proposal, and APPEND
 * takes no more entries than fit, to the sender as if the rest had been lost.
 */
struct raft_event {
	u8 type;
	int error;
	union {
		struct {
			const struct raft_msg *msg;
			u64 room;
		} message;
		struct {
			const struct raft_proposal *list;
			u32 count;	/* 1..QUORUM_PROPOSE_BATCH_MAX */
			u64 room;
		} propose;
		struct raft_write write;
		u64 hard_seq;
		struct {
			u32 peer;	/* node id */
			u64 first;
			u64 last;
			u32 bytes;
		} sent;
		struct {
			u64 handle;
		} read;
		u32 transfer;
		struct {
			struct raft_snapshot name;
			const struct raft_config *config;
			u64 forget;
		} snapshot;
		struct {
			u32 peer;
			struct raft_snapshot name;
			u64 offset;
			u32 bytes;
		} chunk;
		struct {
			const struct raft_change *list;
			u32 count;
			bool joint;
			u64 seen;
			u64 tag;
			const struct raft_settings *settings;
			u64 room;
		} change;
		struct {
			const u32 *keep;	/* node ids; the own one need not be there */
			u32 count;
			bool accept_suspect;
			u64 config_index;
			u64 last_index;
			u64 last_term;
			u64 room;
		} recover;
	};
};

/* ---- effects ---- */

enum raft_effect_type {
	RAFT_FX_HARD_STATE = 1,	/* make (term, vote) durable, then RAFT_EV_HARD_STATE */
	RAFT_FX_TRUNCATE,	/* forget payload from this index on, now */
	RAFT_FX_APPEND,		/* keep the payload of these entries */
	RAFT_FX_SEND,		/* send a message */
	RAFT_FX_COMMIT,		/* everything up to this index is committed */
	RAFT_FX_ROLE,		/* role, term or leader changed */
	RAFT_FX_FORWARD,	/* send these proposals to the leader */
	RAFT_FX_RESULT,		/* a forwarded proposal was answered */
	RAFT_FX_READ,		/* a read may be served, or not */
	RAFT_FX_TRANSFER,	/* a transfer ended */
	RAFT_FX_FORGET,		/* the log up to this index is not needed any more */
	RAFT_FX_INSTALL,	/* begin to receive a snapshot */
	RAFT_FX_CHUNK,		/* store the bytes of this message */
	RAFT_FX_INSTALL_END,	/* all is there: put it in force, then RAFT_EV_INSTALLED */
	RAFT_FX_INSTALL_ABORT,	/* drop what was received */
	RAFT_FX_HEALED,		/* RAFT_F_SUSPECT is over: nothing is missing any more */
	RAFT_FX_RESTORE,	/* the whole log was replaced: go on from the snapshot */
	RAFT_FX_HALT,		/* the group has halted */
	RAFT_FX_CONFIG,		/* another configuration is in force, or it is committed */
	RAFT_FX_RECOVER,	/* a forced recovery was begun for good, or has failed */
};

/**
 * struct raft_effect - what the shell shall do
 * @type: enum raft_effect_type
 * @hard: HARD_STATE.  A later one replaces an earlier one not yet started
 * @truncate: TRUNCATE: first index to forget; precedes the APPEND of one step
 * @append: APPEND: @append.count entries from @append.first, all of
 *	@append.term when proposed here; taken from the event's list, of which the
 *	first @append.skip are left out (they are in the log already).  A no-op
 *	the engine makes has @append.noop set and no list behind it; an entry of
 *	type CONFIG that it makes has @append.config set (count 1; @append.tag is
 *	the change's, 0: the engine's own), to be written by config_encode()
 * @msg: SEND: never APPEND (pulled) nor FORWARD (see FORWARD)
 * @commit: COMMIT: new commit index
 * @role: ROLE
 * @forward: FORWARD: the proposals of this event go to @forward.leader, as
 *	FORWARD messages of @forward.term
 * @result: RESULT: reason RAFT_COMMITTED or RAFT_REFUSED_* for @result.tag
 * @read: READ: with RAFT_OK serve @read.handle once applied >= @read.index
 * @forget: FORGET: newest entry that goes, and its term
 * @install: INSTALL, INSTALL_END, INSTALL_ABORT, RESTORE: which snapshot; INSTALL
 *	and RESTORE with its configuration.  From INSTALL_END to RAFT_EV_INSTALLED no
 *	write of the log is under way.  RESTORE: committed and log end are its index
 * @chunk: CHUNK: what to store; then RAFT_EV_CHUNK_STORED
 * @transfer: TRANSFER: RAFT_OK, or why @transfer.target does not lead
 * @config: CONFIG: what is in force now: after every adoption, every reversal, and
 *	when it is committed (@config.committed)
 * @recover: RECOVER: RAFT_OK: this node leads, and an entry of type CONFIG that says so is
 *	in its log; or RAFT_REFUSED_TIMEOUT, RAFT_REFUSED_LED: nothing has changed
 * @halt: HALT, with the evidence: what was seen, what was expected
 */
struct raft_effect {
	u8 type;
	union {
		struct {
			u64 term;
			u32 vote;
			u64 seq;
		} hard;
		u64 truncate;
		struct {
			u64  first;
			u64  term;
			u32  count;
			u32  skip;
			bool noop;
			const struct raft_config *config; /* valid until the next step */
			u64  tag;
		} append;
		struct raft_msg msg;
		struct {
			const struct raft_config *config; /* valid until the next step */
			bool committed;
		} config;
		u64 commit;
		struct {
			u8  role;
			u8  cause;
			u64 term;
			u32 leader;
		} role;
		struct {
			u32 leader;
			u64 term;
			u32 count;
		} forward;
		struct {
			u64 tag;
			u64 index;
			u64 term;
			u8  reason;
		} result;
		struct {
			u64 handle;
			u64 index;
			u8  reason;
		} read;
		struct {
			u32 target;
			u8  reason;
		} transfer;
		struct {
			u8  reason;
		} recover;
		struct {
			u64 index;
			u64 term;
		} forget;
		struct {
			struct raft_snapshot name;
			const struct raft_config *config; /* valid until the next step */
		} install;
		struct {
			struct raft_snapshot name;
			u64 offset;
			u32 bytes;
		} chunk;
		struct {
			u8  code;
			u64 index;
			u64 seen;
			u64 expected;
		} halt;
	};
};

/**
 * struct raft_effects - the effects of one step, in order
 * @n: number of effects
 * @list: the effects
 */
struct raft_effects {
	u32 n;
	struct raft_effect list[RAFT_EFFECTS_MAX];
};

/* ---- what may be sent ---- */

enum raft_next {
	RAFT_NEXT_NOTHING = 0,	/* window full, nothing new, or not leader */
	RAFT_NEXT_APPEND,	/* fill an APPEND message */
	RAFT_NEXT_SNAPSHOT,	/* send bytes of a snapshot, then RAFT_EV_SNAPSHOT_SENT */
};

/**
 * struct raft_append - what a peer may be sent now
 * @peer: node id
 * @term: own term
 * @prev_index: index before the first entry
 * @prev_term: its term; valid if @prev_known
 * @prev_known: false: that run is forgotten, look the term up in the store
 * @first: first entry to send
 * @last: last entry that may be sent; @first - 1: send an empty append (probe)
 * @bytes: payload bytes still allowed in flight; one entry is always allowed
 * @history: to carry
 * @inflight: messages in flight to it: while there are some, an answer is due that asks
 *	for the next one
 * @commit: commit index to carry
 * @snapshot: RAFT_NEXT_SNAPSHOT: which; only @peer, @term, @history and what follows
 *	count
 * @offset: send from here, at most @bytes
 * @config: its configuration, to send with offset 0; else NULL
 * @strip: the peer is a witness: send entries without payload (size 0), except
 *	those of type CONFIG.  Its snapshots have no content
 *
 * The shell puts at most one entry of type CONFIG in a message: it ends the
 * message before the second.
 */
struct raft_append {
	u32  peer;
	u64  term;
	u32  history;
	u64  prev_index;
	u64  prev_term;
	bool prev_known;
	u64  first;
	u64  last;
	u32  bytes;
	u32  inflight;
	u64  commit;
	struct raft_snapshot snapshot;
	u64  offset;
	const struct raft_config *config;
	bool strip;
};

/**
 * struct raft_peer_status - one member as this node sees it
 * @id: node id
 * @roles: RAFT_M_*; 0: removed, and kept company until it can know
 * @self: this node
 * @active: answered within the last election_min (leader only)
 * @match: known durable there (leader only)
 * @next: next index to send (leader only)
 * @inflight: append messages in flight (leader only)
 * @contact: time of its last message, 0: never
 * @snapshot: is being sent a snapshot (leader only)
 * @offset: bytes of it that are stored there (leader only)
 * @suspect: has lost entries and is not counted (leader only)
 */
struct raft_peer_status {
	u32  id;
	u8   roles;
	bool self;
	bool active;
	u64  match;
	u64  next;
	u32  inflight;
	u64  contact;
	bool snapshot;
	bool suspect;
	u64  offset;
};

/**
 * struct raft_status - the whole of a group's consensus state, for people
 */
struct raft_status {
	u8  role;
	u8  cause;
	u8  halt;
	u32 leader;
	u64 term;
	u32 vote;
	u64 commit;
	u64 first_index;
	u64 last_index;
	u64 last_term;
	u64 durable_index;
	u64 uncommitted_bytes;
	u64 deadline;
	u32 transfer;		/* target under way, RAFT_NONE */
	struct raft_snapshot snapshot;	/* newest complete one */
	struct raft_snapshot incoming;	/* being received */
	u64 incoming_stored;
	bool suspect;		/* own log: see RAFT_F_SUSPECT */
	u64 config_index;	/* of the configuration in force */
	u64 config_committed;	/* of the newest one known to be committed */
	bool joint;
	u32 npeers;
	struct raft_peer_status peers[QUORUM_MEMBERS_MAX];
};

struct raft;

/**
 * raft_size() - bytes of memory an engine needs
 *
 * Return: the size to hand to raft_init() as zeroed memory, 8-byte aligned.
 */
size_t raft_size(void);

/**
 * raft_init() - set an engine up from durable state
 * @raft: zeroed memory of raft_size() bytes
 * @params: identity, configuration and what the store recovered
 * @now: monotonic time that counts suspend, nanoseconds
 *
 * The engine starts as a follower that knows no leader and grants votes.  A log
 * that ends in a term above @params->term raises the term, without a vote (bug
 * D-8); the shell is told by the first step's RAFT_FX_HARD_STATE.
 *
 * Return: 0, or -EINVAL when a parameter breaks a documented range.
 */
int raft_init(struct raft *raft, const struct raft_params *params, u64 now);

/**
 * raft_step() - take one event
 * @raft: the engine
 * @now: monotonic time, never less than before (less is treated as equal)
 * @event: what happened
 * @effects: filled with what to do, in order; its old content is discarded
 *
 * Context: any; does not sleep.  The caller serialises.
 * Return: RAFT_EV_PROPOSE: number of proposals admitted (a prefix), or when none
 * was, the negated enum raft_reason.  READ, TRANSFER, CHANGE, RECOVER: 1, or the negated
 * reason, and nothing has changed.  Every other event: 0.
 */
int raft_step(struct raft *raft, u64 now, const struct raft_event *event,
	      struct raft_effects *effects);

/**
 * raft_deadline() - when the next RAFT_EV_TICK is due
 * @raft: the engine
 *
 * Return: time in nanoseconds, or RAFT_NEVER.
 */
u64 raft_deadline(const struct raft *raft);

/**
 * raft_next_write() - what shall be written to the log next
 * @raft: the engine
 * @write: filled in
 *
 * Nothing is offered while a newer (term, vote) is not durable yet (bug D-8), or
 * RAFT_WRITES_MAX writes are in flight.
 *
 * Return: true if there is something to write.
 */
bool raft_next_write(const struct raft *raft, struct raft_write *write);

/**
 * raft_next_append() - what may be sent to a peer now
 * @raft: the engine
 * @peer: node id
 * @append: filled in unless RAFT_NEXT_NOTHING
 */
enum raft_next raft_next_append(const struct raft *raft, u32 peer,
				struct raft_append *append);

/**
 * raft_term_at() - term of the entry at an index
 * @raft: the engine
 * @index: any index
 * @term: filled in on success
 *
 * "Unknown" is an answer of its own, never 0 (bug L-3).
 *
 * Return: true if @index is the base or in the log and its run is still kept.
 */
bool raft_term_at(const struct raft *raft, u64 index, u64 *term);

/**
 * raft_get_status() - copy out what people may see
 * @raft: the engine
 * @status: filled in
 */
void raft_get_status(const struct raft *raft, struct raft_status *status);

/**
 * raft_check() - do the engine's invariants hold?
 * @raft: the engine
 *
 * Return: NULL, or a sentence naming the broken one.
 */
const char *raft_check(const struct raft *raft);

/* The configuration in force; valid until the next step. */
const struct raft_config *raft_get_config(const struct raft *raft);

/**
 * raft_get_peers() - whom raft_next_append() may have something for
 * @raft: the engine
 * @ids: filled in: members but this node, and those removed of late
 *
 * Return: how many.
 */
u32 raft_get_peers(const struct raft *raft, u32 ids[QUORUM_MEMBERS_MAX]);

bool raft_config_joint(const struct raft_config *config);

/* Member with this id, or NULL. */
const struct raft_member *raft_config_find(const struct raft_config *config, u32 id);

/**
 * raft_config_check() - is this a configuration a group can have?
 * @config: decoded from wire, disk or user: nothing in it is trusted
 *
 * Return: RAFT_OK, or the enum raft_reason that names what is wrong.
 */
u8 raft_config_check(const struct raft_config *config);

const char *raft_role_name(u8 role);
const char *raft_cause_name(u8 cause);
const char *raft_reason_name(u8 reason);
const char *raft_halt_name(u8 halt);
const char *raft_msg_name(u8 type);

#endif /* RAFT_H */
