/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the engine.  One section per file; each function is described
 * where it is defined.
 *
 * Rules that hold everywhere:
 * - A term is written in one place only, raft_hard_set(), and an entry's term is
 *   the term its leader was elected in (bug L-13).
 * - What may be promised is computed when it is promised, from r->hard and
 *   r->disk; no message waits in a queue for its durability.
 * - Times are compared by signed difference, so they may pass any power of two.
 */
#ifndef RAFT_PRIVATE_H
#define RAFT_PRIVATE_H

#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include "raft.h"

enum raft_private_limits {
	RAFT_BEATS	= 8,	/* heartbeats remembered per peer; a power of two */
	RAFT_SPANS_MAX	= 256,	/* batches whose uncommitted bytes are told apart */
	RAFT_RUNS_SPARE	= RAFT_RUNS_MAX / 4, /* kept free at start, see raft_log_init() */
	RAFT_WINDOW_WORDS = QUORUM_FORWARD_WINDOW / 64,
	RAFT_TOLD_MAX	= 4,	/* configurations in the effects of one step */
};

static_assert((RAFT_BEATS & (RAFT_BEATS - 1)) == 0);
static_assert((QUORUM_FORWARD_WINDOW & (QUORUM_FORWARD_WINDOW - 1)) == 0);
static_assert(QUORUM_FORWARD_WINDOW % 64 == 0);

/* No group gets there; who names a higher one is not of ours. */
#define RAFT_TERM_MAX	(1ULL << 62)

/**
 * struct raft_log - the log as runs of terms
 * @base_index: last entry that is not in the log any more
 * @base_term: its term
 * @last_index: newest entry, durable or not
 * @commit: newest entry known to be committed
 * @nruns: runs kept
 * @runs: ascending; entries between @base_index and runs[0].first are in the log
 *	though their terms are forgotten
 */
struct raft_log {
	u64 base_index;
	u64 base_term;
	u64 last_index;
	u64 commit;
	u32 nruns;
	struct raft_run runs[RAFT_RUNS_MAX];
};

/**
 * struct raft_inflight_write - a log write the device has not finished
 * @asked: as it was submitted; what its completion is compared with
 * @vouch: last entry it makes durable; falls when the log is truncated (D-3)
 * @since: when it was submitted
 * @done: ended, but an older one has not (D-11)
 */
struct raft_inflight_write {
	struct raft_write asked;
	u64 vouch;
	u64 since;
	bool done;
};

/**
 * struct raft_disk - what of the log the device has
 * @durable: newest entry that is durable, with all before it
 * @submitted: newest entry handed to the device
 * @truncate: where the next write has to cut the log on the device, 0: nowhere
 * @seq: number of the newest write
 * @n: writes in flight
 * @writes: oldest first
 */
struct raft_disk {
	u64 durable;
	u64 submitted;
	u64 truncate;
	u64 seq;
	u32 n;
	struct raft_inflight_write writes[RAFT_WRITES_MAX];
};

/**
 * struct raft_hard - (term, vote) and whether it is durable
 * @term: current term
 * @vote: id voted for in @term
 * @dirty: changed in this step; the effect is added when the step ends
 * @seq: number of the newest write
 * @durable_seq: number of the newest write that ended
 * @since: how long something has not been durable, if something is not
 */
struct raft_hard {
	u64 term;
	u32 vote;
	bool dirty;
	u64 seq;
	u64 durable_seq;
	u64 since;
};

/**
 * struct raft_owed - answers that wait for (term, vote) to be durable
 * @vote: grant to this node, RAFT_NONE: none
 * @ack: acknowledge to the leader
 * @reject: reject an append of the leader
 * @beat: answer the leader's heartbeat
 * @prev_index: of the append rejected
 * @prev_term: likewise
 * @beat_seq: of the heartbeat
 * @beat_round: likewise
 *
 * Only what to answer is kept, never the answer: it is made when it is sent.
 * Everything is forgotten when the term changes.
 */
struct raft_owed {
	u32 vote;
	bool ack;
	bool reject;
	bool beat;
	u64 prev_index;
	u64 prev_term;
	u64 beat_seq;
	u64 beat_round;
};

enum raft_peer_state {
	RAFT_PEER_PROBE,	/* it is unknown where the logs meet; one message at a time */
	RAFT_PEER_PIPELINE,	/* it is known; a window of messages */
	RAFT_PEER_SNAPSHOT,	/* it needs what is not in the log any more */
};

struct raft_inflight_append {
	u64 last;
	u32 bytes;
};

/* A heartbeat sent: everything below @next had been sent before it. */
struct raft_beat {
	u64 seq;
	u64 next;
};

/**
 * struct raft_window - tags of one origin decided on by this leadership
 * @highest: highest tag seen
 * @seen: bit tag % QUORUM_FORWARD_WINDOW, for the newest that many tags
 * @refused: likewise, of those seen the ones that were refused
 */
struct raft_window {
	u64 highest;
	u64 seen[RAFT_WINDOW_WORDS];
	u64 refused[RAFT_WINDOW_WORDS];
};

/**
 * struct raft_half - a configuration, or one half of a joint one
 * @voters: who counts
 * @election: how many of them elect
 * @commit: how many of them commit, confirm a read, keep a leader
 */
struct raft_half {
	raft_set voters;
	u32 election;
	u32 commit;
};

/**
 * struct raft_peer - what sits at one seat
 * @id: node id
 * @incarnation: of its device, as the configuration says
 * @leaves: leader: removed by the configuration at this index, 0: a member
 * @leave_due: leader: not kept company after it, once that is committed
 * @contact: time of its last message, 0: never
 * @heard: leader: time of its last answer in this term
 * @state: leader: enum raft_peer_state
 * @paused: PROBE: the message is on its way
 * @certain: PROBE: @next - 1 is known to match, so entries may come along
 * @confirm: PROBE: "verified" that only the probe's arrival can explain
 * @match: leader: known durable there
 * @next: leader: next index to send; > @match
 * @sent: leader: time of the last APPEND or HEARTBEAT
 * @waiting: leader: something was sent since its last answer
 * @since: leader: when, for the first time; a HEARTBEAT starts anew
 * @beaten: leader: time of the last HEARTBEAT
 * @beat_seq: leader: number of the last HEARTBEAT
 * @stale_seq: leader: answers to heartbeats up to this one say nothing about what
 *	was sent since next was turned back
 * @beats: leader: the last heartbeats, by seq % RAFT_BEATS
 * @head: leader: oldest message in flight
 * @count: leader: messages in flight
 * @bytes: leader: payload in flight
 * @inflight: leader: ring of messages
 * @round: leader: newest round of reads it has answered
 * @turned: leader: when it was turned back last
 * @missing: leader: the first entry the answer to a heartbeat did not show, 0: none
 * @missed: leader: when that was
 * @timed: leader: the end of a large message, until its arrival is known; 0: none
 * @timed_at: leader: when it was sent
 * @transit: leader: how long such a message takes, the longest of late; 0: not known
 * @suspect: leader: number of the life in which it has lost entries, 0: none
 * @trusted: leader: it has everything again
 * @needs: leader: what it has to have for that
 * @chunk_acked: SNAPSHOT: bytes it has stored
 * @chunk_sent: SNAPSHOT: bytes sent
 * @chunk_gap: SNAPSHOT: where it was turned back to last, RAFT_NEVER: nowhere
 * @chunk_due: SNAPSHOT: when to send again, if @chunk_asked
 * @chunk_asked: SNAPSHOT: something is on its way
 * @chunk_paused: SNAPSHOT: it failed there; not before @chunk_due
 * @window: leader: proposals it forwarded
 */
struct raft_peer {
	u32 id;
	u64 incarnation;
	u64 leaves;
	u64 leave_due;
	u64 contact;
	u64 heard;
	u8 state;
	bool paused;
	bool certain;
	u64 confirm;
	u64 match;
	u64 next;
	u64 sent;
	bool waiting;
	u64 since;
	u64 beaten;
	u64 beat_seq;
	u64 stale_seq;
	struct raft_beat beats[RAFT_BEATS];
	u32 head;
	u32 count;
	u32 bytes;
	struct raft_inflight_append inflight[RAFT_APPENDS_MAX];
	u64 round;
	u64 turned;
	u64 missing;
	u64 missed;
	u64 timed;
	u64 timed_at;
	u64 transit;
	u64 suspect;
	bool trusted;
	u64 needs;
	u64 chunk_acked;
	u64 chunk_sent;
	u64 chunk_gap;
	u64 chunk_due;
	bool chunk_asked;
	bool chunk_paused;
	struct raft_window window;	/* the last, see raft_progress_reset() */
};

/* A batch of proposals: its bytes are given back when its last is committed. */
struct raft_span {
	u64 last;
	u64 bytes;
};

/**
 * struct raft_uncommitted - bytes a leader has taken and not committed
 * @bytes: sum over @spans
 * @head: oldest
 * @n: spans used
 * @spans: ring; when it is full, the newest span grows instead
 */
struct raft_uncommitted {
	u64 bytes;
	u32 head;
	u32 n;
	struct raft_span spans[RAFT_SPANS_MAX];
};

/**
 * struct raft_read - a read under way
 * @handle: the shell's name for it, if it is of this node
 * @seq: number of the READ, of this node or @from's
 * @from: who wants to know
 * @index: leader: commit index at its arrival
 * @round: leader: the round that confirms it
 * @due: when it has taken too long
 */
struct raft_read {
	u64 handle;
	u64 seq;
	u32 from;
	u64 index;
	u64 round;
	u64 due;
};

/**
 * struct raft_reads - reads under way
 * @seq: number of the newest READ of this node
 * @round: newest round; never starts anew
 * @confirmed: newest round that was confirmed, of this leadership
 * @round_began: when @round was opened
 * @leased: @lease_until means something
 * @no_lease: no lease any more in this leadership
 * @lease_until: see leased() in read.c
 * @resend: follower: when to ask again
 * @n: reads under way
 * @list: in order of arrival
 */
struct raft_reads {
	u64 seq;
	u64 round;
	u64 confirmed;
	u64 round_began;
	bool leased;
	bool no_lease;
	u64 lease_until;
	u64 resend;
	u32 n;
	struct raft_read list[RAFT_READS_MAX];
};

/**
 * struct raft_transfer - leadership on its way to another node
 * @target: to whom, RAFT_NONE: no transfer
 * @sent: TIMEOUT_NOW has left
 * @deposed: this node does not lead any more
 * @due: when to give up
 * @resend: when to send TIMEOUT_NOW again
 */
struct raft_transfer {
	u32 target;
	bool sent;
	bool deposed;
	u64 due;
	u64 resend;
};

/**
 * struct raft_incoming - a snapshot being received
 * @name: which, index 0: none
 * @config: its configuration
 * @term: of the leader that sends it
 * @taken: bytes handed to the shell
 * @stored: bytes it has stored
 * @ending: RAFT_FX_INSTALL_END is out
 */
struct raft_incoming {
	struct raft_snapshot name;
	struct raft_config config;
	u64 term;
	u64 taken;
	u64 stored;
	bool ending;
};

/* What the last RAFT_FX_ROLE said. */
struct raft_told {
	u8 role;
	u32 leader;
	u64 term;
};

/**
 * struct raft - the engine
 * @self: own node id
 * @seat: own seat, -1: not a member
 * @flags: RAFT_F_*, of @config
 * @grid: RAFT_F_GRID
 * @timing: of @config
 * @config: configuration in force, a copy of the last of @kept
 * @nkept: number of @kept
 * @kept: configurations of the log, ascending; the first is the newest known to be
 *	committed, or the oldest that is needed to go back to (bugs M-3, M-5)
 * @ntold: used of @told
 * @told_configs: what the effects of this step point to
 * @draft: where a new one is made up
 * @recovering: a candidate of a forced recovery: @config is not in the log yet
 * @untold: @config was found in the log and not told yet
 * @handicap: added to election timeouts by priority
 * @all: seats that are taken
 * @voters: seats that count, in whichever half
 * @witnesses: seats that keep no payload
 * @guests: leader: seats of those removed of late
 * @nhalves: 1, or 2 while @config is joint
 * @halves: new (or only) half, old half
 * @random: state of the generator
 * @now: time of the last step
 * @role: enum raft_role
 * @cause: why it changed last
 * @halt: enum raft_halt
 * @leader: whom we follow, or ourselves, or RAFT_NONE
 * @term_leader: who was seen to lead the current term, also after @leader was
 *	cleared; two in one term are a reason to halt
 * @leader_heard: time of the leader's last message
 * @election_due: when to campaign (again)
 * @resend_due: (pre)candidate: when to ask those who did not answer
 * @asked: (pre)candidate: the requests have gone out once
 * @appointed: candidate: the leader asked for it
 * @granted: (pre)candidate: who said yes
 * @doubtful: (pre)candidate: of these, who has lost entries
 * @answered: (pre)candidate: who said anything
 * @quorum_due: leader: not before this a quorum can have been silent too long
 * @term_start: leader: index of its no-op
 * @verified: follower: entries up to here are the leader's
 * @acked: follower: highest match told to this leader
 */
struct raft {
	u32 self;
	int seat;
	u32 flags;
	bool grid;
	struct raft_timing timing;
	struct raft_config config;
	u32 nkept;
	struct raft_config kept[RAFT_CONFIGS_MAX];
	u32 ntold;
	struct raft_config told_configs[RAFT_TOLD_MAX];
	struct raft_config draft;
	bool recovering;
	bool untold;
	u64 handicap;
	raft_set all;
	raft_set voters;
	raft_set witnesses;
	raft_set guests;
	u32 nhalves;
	struct raft_half halves[2];
	u64 random;
	u64 now;

	u8 role;
	u8 cause;
	u8 halt;
	u32 leader;
	u32 term_leader;
	u64 leader_heard;
	u64 election_due;

	u64 resend_due;
	bool asked;
	bool appointed;
	raft_set granted;
	raft_set doubtful;
	raft_set answered;

	u64 quorum_due;
	u64 term_start;

	u64 verified;
	u64 acked;

	u64 suspect;	/* number of this life, if entries were lost; else 0 */

	struct raft_hard hard;
	struct raft_owed owed;
	struct raft_disk disk;
	struct raft_uncommitted uncommitted;
	struct raft_told told;
	struct raft_transfer transfer;
	struct raft_reads reads;
	struct raft_snapshot snapshot;	/* newest complete one */
	struct raft_config snapshot_config;
	struct raft_incoming incoming;
	struct raft_peer peers[QUORUM_MEMBERS_MAX];
	struct raft_log log;
	struct raft_effects *fx;	/* of the step under way, NULL between steps */
};

/* Is @a at or after @b? */
static inline bool raft_time_reached(u64 a, u64 b)
{
	return (s64)(a - b) >= 0;
}

static inline u64 raft_time_earlier(u64 a, u64 b)
{
	return raft_time_reached(a, b) ? b : a;
}

static inline u64 raft_time_later(u64 a, u64 b)
{
	return raft_time_reached(a, b) ? a : b;
}

/* The same, for deadlines of which either may be RAFT_NEVER. */
static inline u64 raft_time_sooner(u64 a, u64 b)
{
	if (a == RAFT_NEVER || b == RAFT_NEVER)
		return a == RAFT_NEVER ? b : a;
	return raft_time_earlier(a, b);
}

static inline raft_set raft_set_of(int seat)
{
	return (raft_set)(1U << seat);
}

static inline bool raft_set_has(raft_set set, int seat)
{
	return seat >= 0 && (set & raft_set_of(seat));
}

/* step.c */
struct raft_effect *raft_effect_add(struct raft *r, u8 type);
struct raft_msg *raft_send(struct raft *r, u8 type, u32 to);
void raft_halt(struct raft *r, u8 code, u64 index, u64 seen, u64 expected);
void raft_role_tell(struct raft *r, u8 cause);

/* random.c */
void raft_random_seed(struct raft *r, u64 seed);
u64 raft_random_timeout(struct raft *r);

/* quorum.c */
u32 raft_set_size(raft_set set);
bool raft_quorum_elects(const struct raft *r, raft_set set);
u64 raft_quorum_witnessed(const struct raft *r);
bool raft_quorum_confirms(const struct raft *r, raft_set set);
u64 raft_quorum_match(const struct raft *r);
u64 raft_quorum_heard(const struct raft *r);
void raft_commit_to(struct raft *r, u64 index);
void raft_commit_advance(struct raft *r);

/* config.c */
void raft_config_half(const struct raft_config *config, u8 role, struct raft_half *half);

/* membership.c */
int raft_seat_of(const struct raft *r, u32 id);
int raft_membership_init(struct raft *r, const struct raft_params *params);
void raft_membership_appended(struct raft *r, const struct raft_config *config, u64 index);
void raft_membership_truncated(struct raft *r, u64 from);
void raft_membership_committed(struct raft *r, u64 before);
void raft_membership_restore(struct raft *r, const struct raft_config *config);
void raft_membership_append(struct raft *r, const struct raft_config *config, u64 tag);
void raft_membership_draft(struct raft *r, const struct raft_config *config);
void raft_membership_revert(struct raft *r);
void raft_membership_ended(struct raft *r);
void raft_membership_pump(struct raft *r);
bool raft_membership_pending(const struct raft *r);
bool raft_membership_campaigns(const struct raft *r);
void raft_membership_tell(struct raft *r);

/* change.c */
bool raft_config_crosses(const struct raft_config *a, const struct raft_config *b);
bool raft_change_caught_up(const struct raft *r, u32 id);
int raft_change_take(struct raft *r, const struct raft_event *event);

/* recovery.c */
int raft_recovery_take(struct raft *r, const struct raft_event *event);
raft_set raft_recovery_electors(const struct raft *r);
u32 raft_recovery_history(const struct raft_config *config);
bool raft_recovery_hides(const struct raft *r, const struct raft_msg *msg, int seat);
void raft_recovery_elected(struct raft *r);
void raft_recovery_ended(struct raft *r, u8 reason);

/* hard.c */
void raft_hard_set(struct raft *r, u64 term, u32 vote);
void raft_hard_flush(struct raft *r);
bool raft_hard_durable(const struct raft *r);
void raft_hard_ended(struct raft *r, u64 seq, int error);

/* disk.c */
void raft_disk_truncate(struct raft *r, u64 from);
void raft_disk_restore(struct raft *r, u64 index);
void raft_disk_submitted(struct raft *r, const struct raft_write *write);
void raft_disk_written(struct raft *r, const struct raft_write *write, int error);
bool raft_disk_slow(const struct raft *r);
u64 raft_disk_slow_due(const struct raft *r);

/* log.c */
int raft_log_init(struct raft_log *log, const struct raft_params *params);
u64 raft_log_last_term(const struct raft_log *log);
bool raft_log_term(const struct raft_log *log, u64 index, u64 *term);
bool raft_log_can_append(const struct raft_log *log, u64 term);
void raft_log_append(struct raft_log *log, u64 term, u64 count);
void raft_log_truncate(struct raft_log *log, u64 from);
void raft_log_compact(struct raft_log *log, u64 index, u64 term);
void raft_log_restore(struct raft_log *log, u64 index, u64 term);
u64 raft_log_floor(const struct raft_log *log, u64 index, u64 term);
bool raft_log_up_to_date(const struct raft_log *log, u64 index, u64 term);

/* election.c */
void raft_follow(struct raft *r, u64 term, u32 leader, u8 cause);
void raft_election_restart(struct raft *r);
void raft_election_tick(struct raft *r);
void raft_election_transfer(struct raft *r);
bool raft_election_able(const struct raft *r, u64 term);
void raft_election_recover(struct raft *r, u64 term);
bool raft_election_heard(const struct raft *r);
void raft_election_pump(struct raft *r);
void raft_election_prevote(struct raft *r, const struct raft_msg *msg);
void raft_election_vote(struct raft *r, const struct raft_msg *msg);
void raft_election_reply(struct raft *r, const struct raft_msg *msg);

/* leader.c */
void raft_leader_begin(struct raft *r);
void raft_leader_end(struct raft *r, u8 cause);
void raft_leader_tick(struct raft *r);
u64 raft_leader_deadline(const struct raft *r);

/* progress.c */
void raft_progress_reset(struct raft *r, struct raft_peer *p);
u64 raft_progress_beat_due(const struct raft *r, const struct raft_peer *p);
void raft_progress_beat(struct raft *r, int seat);
void raft_progress_append_reply(struct raft *r, const struct raft_msg *msg);
void raft_progress_beat_reply(struct raft *r, const struct raft_msg *msg);
void raft_progress_snapshot_reply(struct raft *r, const struct raft_msg *msg);
void raft_progress_restart(struct raft *r, struct raft_peer *p, u64 verified);
void raft_progress_sent(struct raft *r, u32 id, u64 first, u64 last, u32 bytes);

/* follower.c */
bool raft_follower_leader(struct raft *r, const struct raft_msg *msg);
void raft_follower_append(struct raft *r, const struct raft_msg *msg, u64 room);
void raft_follower_beat(struct raft *r, const struct raft_msg *msg);
void raft_follower_stale(struct raft *r, const struct raft_msg *msg);
void raft_follower_durable(struct raft *r);
void raft_follower_pay(struct raft *r);

/* proposal.c */
int raft_proposal_take(struct raft *r, const struct raft_event *event);
void raft_proposal_forwarded(struct raft *r, const struct raft_msg *msg, u64 room);
void raft_proposal_answered(struct raft *r, const struct raft_msg *msg);
void raft_proposal_committed(struct raft *r);
void raft_proposal_reset(struct raft *r);

/* transfer.c */
int raft_transfer_take(struct raft *r, u32 target);
void raft_transfer_pump(struct raft *r);
void raft_transfer_tick(struct raft *r);
u64 raft_transfer_deadline(const struct raft *r);
void raft_transfer_observe(struct raft *r);
void raft_transfer_farewell(struct raft *r);
void raft_transfer_now(struct raft *r, const struct raft_msg *msg);

/* read.c */
void raft_read_init(struct raft *r);
void raft_read_lead(struct raft *r);
void raft_read_reset(struct raft *r);
void raft_read_void_lease(struct raft *r);
void raft_read_pump(struct raft *r);
int raft_read_take(struct raft *r, u64 handle);
void raft_read_asked(struct raft *r, const struct raft_msg *msg);
void raft_read_answered(struct raft *r, const struct raft_msg *msg);
void raft_read_tick(struct raft *r);
u64 raft_read_deadline(const struct raft *r);

/* snapshot.c */
void raft_snapshot_check(struct raft *r, struct raft_peer *p);
void raft_snapshot_left(struct raft *r, struct raft_peer *p, u64 verified);
void raft_snapshot_made(struct raft *r, const struct raft_event *event);
enum raft_next raft_snapshot_next(const struct raft *r, const struct raft_peer *p,
				  struct raft_append *append);
void raft_snapshot_sent(struct raft *r, const struct raft_event *event);
void raft_snapshot_tick(struct raft *r, struct raft_peer *p);
u64 raft_snapshot_due(const struct raft *r, const struct raft_peer *p);
void raft_snapshot_reply(struct raft *r, struct raft_peer *p, const struct raft_msg *msg);
bool raft_snapshot_installing(const struct raft *r);
bool raft_snapshot_complete(const struct raft *r);
void raft_snapshot_drop(struct raft *r);
void raft_snapshot_overtaken(struct raft *r);
void raft_snapshot_pump(struct raft *r);
void raft_snapshot_chunk(struct raft *r, const struct raft_msg *msg);
void raft_snapshot_stored(struct raft *r, const struct raft_event *event);
void raft_snapshot_installed(struct raft *r, const struct raft_event *event);

/* suspect.c */
void raft_suspect_init(struct raft *r, u32 flags);
void raft_suspect_trusted(struct raft *r, const struct raft_msg *msg);
void raft_suspect_elected(struct raft *r);
bool raft_suspect_elects(const struct raft *r);
bool raft_suspect_counts(const struct raft_peer *p);
bool raft_suspect_answer(struct raft *r, struct raft_peer *p, u64 suspect, u64 match,
			 u64 verified);

#endif /* RAFT_PRIVATE_H */
