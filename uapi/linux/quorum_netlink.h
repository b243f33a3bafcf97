/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* Generated from uapi/quorum.yaml by scripts/nl_gen.py; do not edit. */
/*
 * Groups of quorum: making, starting, stopping and watching them.
 *
 * All numbers are in host byte order unless said otherwise.  Times are relative
 * (so long ago, or in so long), in nanoseconds of a clock that counts suspend.
 * Every refusal carries a sentence (NLMSGERR_ATTR_MSG).
 */
#ifndef _UAPI_LINUX_QUORUM_NETLINK_H
#define _UAPI_LINUX_QUORUM_NETLINK_H

#define QUORUM_FAMILY_NAME	"quorum"
#define QUORUM_FAMILY_VERSION	1

/* UDP port of a member that names none. */
#define QUORUM_DEFAULT_PORT	7420

/* Longest name of a group, bytes without the NUL. */
#define QUORUM_NAME_MAX	31

/* Longest path of a device, bytes without the NUL. */
#define QUORUM_PATH_MAX	255

/* Most members of a group, voters and learners together. */
#define QUORUM_MAX_MEMBERS	16

/* Most groups of one kernel, all network namespaces together. */
#define QUORUM_MAX_GROUPS	1024

/* Bytes that hold any reply or event: give a receive buffer at least as much. */
#define QUORUM_REPLY_MAX	8192

/**
 * enum quorum_state - Life of a group.
 * @QUORUM_STATE_STOPPED: Created or stopped; no socket, the device is not
 *	open.
 * @QUORUM_STATE_STARTING: Reading its log.
 * @QUORUM_STATE_RUNNING: Takes part.
 * @QUORUM_STATE_FAILED: The device failed or the engine halted; readable,
 *	silent.
 * @QUORUM_STATE_STOPPING: Answers nothing any more; what is under way on the
 *	device is waited for.
 */
enum quorum_state {
	QUORUM_STATE_STOPPED = 1,
	QUORUM_STATE_STARTING,
	QUORUM_STATE_RUNNING,
	QUORUM_STATE_FAILED,
	QUORUM_STATE_STOPPING,
};

/**
 * enum quorum_role - Role of a node in a running group.
 * @QUORUM_ROLE_FOLLOWER: Follows a leader, or waits for one.
 * @QUORUM_ROLE_PRECANDIDATE: Asks whether it could win an election, in its old
 *	term.
 * @QUORUM_ROLE_CANDIDATE: Asks for votes in a new term.
 * @QUORUM_ROLE_LEADER: Leads its term.
 */
enum quorum_role {
	QUORUM_ROLE_FOLLOWER = 1,
	QUORUM_ROLE_PRECANDIDATE,
	QUORUM_ROLE_CANDIDATE,
	QUORUM_ROLE_LEADER,
};

/**
 * enum quorum_cause - Why the role changed last.
 * @QUORUM_CAUSE_START: It has not changed since the start.
 * @QUORUM_CAUSE_ELECTION_TIMEOUT: Heard no leader for an election timeout.
 * @QUORUM_CAUSE_PREVOTE_WON: A majority would vote for this node.
 * @QUORUM_CAUSE_ELECTION_WON: A majority voted for this node.
 * @QUORUM_CAUSE_LEADER_FOUND: A leader of this term spoke.
 * @QUORUM_CAUSE_HIGHER_TERM: Another node showed a higher term.
 * @QUORUM_CAUSE_QUORUM_LOST: As a leader it heard no majority for an election
 *	timeout.
 * @QUORUM_CAUSE_STORE_SLOW: As a leader its own device took too long.
 * @QUORUM_CAUSE_STORE_FAILED: Its own device failed.
 * @QUORUM_CAUSE_HALTED: The engine halted; see halt.
 * @QUORUM_CAUSE_ASKED: It was asked to step down, as by a stop.
 * @QUORUM_CAUSE_REMOVED: It is no voter any more.
 * @QUORUM_CAUSE_TRANSFER: Leadership was handed over.
 * @QUORUM_CAUSE_RECOVERED: An operator recovered the group by force.
 */
enum quorum_cause {
	QUORUM_CAUSE_START = 0,
	QUORUM_CAUSE_ELECTION_TIMEOUT,
	QUORUM_CAUSE_PREVOTE_WON,
	QUORUM_CAUSE_ELECTION_WON,
	QUORUM_CAUSE_LEADER_FOUND,
	QUORUM_CAUSE_HIGHER_TERM,
	QUORUM_CAUSE_QUORUM_LOST,
	QUORUM_CAUSE_STORE_SLOW,
	QUORUM_CAUSE_STORE_FAILED,
	QUORUM_CAUSE_HALTED,
	QUORUM_CAUSE_ASKED,
	QUORUM_CAUSE_REMOVED,
	QUORUM_CAUSE_TRANSFER,
	QUORUM_CAUSE_RECOVERED,
};

/**
 * enum quorum_halt - Why the engine halted.
 * @QUORUM_HALT_NONE: It has not.
 * @QUORUM_HALT_STORE: A write or flush of the log failed; that is final.
 * @QUORUM_HALT_TRUNCATE_COMMITTED: A leader wanted to overwrite a committed
 *	entry.
 * @QUORUM_HALT_TWO_LEADERS: A second leader showed up in one term.
 * @QUORUM_HALT_LAST_TERM: The log on the device ends in a term above the
 *	durable one.
 * @QUORUM_HALT_CONTRACT: The engine was told something impossible.
 * @QUORUM_HALT_SNAPSHOT: A snapshot contradicts a committed entry.
 */
enum quorum_halt {
	QUORUM_HALT_NONE = 0,
	QUORUM_HALT_STORE,
	QUORUM_HALT_TRUNCATE_COMMITTED,
	QUORUM_HALT_TWO_LEADERS,
	QUORUM_HALT_LAST_TERM,
	QUORUM_HALT_CONTRACT,
	QUORUM_HALT_SNAPSHOT,
};

/**
 * enum quorum_verdict - What recovery found on the device.
 * @QUORUM_VERDICT_NONE: The group was not started yet.
 * @QUORUM_VERDICT_CLEAN: The log ends where the last writer ended it.
 * @QUORUM_VERDICT_TORN: A record never acknowledged was half written and is
 *	cut off.
 * @QUORUM_VERDICT_CORRUPT: A record that was acknowledged is damaged.
 * @QUORUM_VERDICT_FOREIGN: The device holds something else.
 * @QUORUM_VERDICT_UNFORMATTED: The device is empty.
 * @QUORUM_VERDICT_TOO_NEW: The format is newer than this module.
 */
enum quorum_verdict {
	QUORUM_VERDICT_NONE = 0,
	QUORUM_VERDICT_CLEAN,
	QUORUM_VERDICT_TORN,
	QUORUM_VERDICT_CORRUPT,
	QUORUM_VERDICT_FOREIGN,
	QUORUM_VERDICT_UNFORMATTED,
	QUORUM_VERDICT_TOO_NEW,
};

/**
 * enum quorum_reason - What became of a proposal, as nodes tell each other.
 * @QUORUM_REASON_OK: No reason.
 * @QUORUM_REASON_NO_LEADER: Refused, no leader is known.
 * @QUORUM_REASON_BUSY: Refused, too much is uncommitted.
 * @QUORUM_REASON_NO_SPACE: Refused, the log on the device is full.
 * @QUORUM_REASON_TOO_BIG: Refused, empty or larger than the limit.
 * @QUORUM_REASON_HALTED: Refused, the group has halted.
 * @QUORUM_REASON_UNKNOWN: Outcome not known.
 * @QUORUM_REASON_COMMITTED: Committed.
 * @QUORUM_REASON_NOT_LEADER: Refused, this node does not lead.
 * @QUORUM_REASON_NOT_READY: Refused, the leader has committed nothing of its
 *	term yet.
 * @QUORUM_REASON_PENDING: Refused, another one is under way.
 * @QUORUM_REASON_STALE: Refused, the configuration is not the one the caller
 *	saw.
 * @QUORUM_REASON_INVALID: Refused, a value is out of its range, or nothing
 *	changes.
 * @QUORUM_REASON_NOT_MEMBER: Refused, that node has no seat, or not the role
 *	for this.
 * @QUORUM_REASON_IS_MEMBER: Refused, that node has a seat already.
 * @QUORUM_REASON_TOO_MANY: Refused, too many members, old and new together.
 * @QUORUM_REASON_NO_VOTER: Refused, nobody who can lead would be left.
 * @QUORUM_REASON_QUORUMS: Refused, the quorum sizes do not intersect.
 * @QUORUM_REASON_NEEDS_JOINT: Refused, several voters change at once without
 *	joint.
 * @QUORUM_REASON_BEHIND: Refused, that node has not caught up.
 * @QUORUM_REASON_WITNESS: Refused, a witness cannot do this, nor stop being
 *	one.
 * @QUORUM_REASON_TRANSFERRING: Refused, leadership is being handed over.
 * @QUORUM_REASON_LED: Refused, there is a leader.
 * @QUORUM_REASON_SUSPECT: Refused, the log of this node may lack what it
 *	acknowledged.
 * @QUORUM_REASON_TIMEOUT: Refused, it took longer than an election timeout.
 */
enum quorum_reason {
	QUORUM_REASON_OK = 0,
	QUORUM_REASON_NO_LEADER,
	QUORUM_REASON_BUSY,
	QUORUM_REASON_NO_SPACE,
	QUORUM_REASON_TOO_BIG,
	QUORUM_REASON_HALTED,
	QUORUM_REASON_UNKNOWN,
	QUORUM_REASON_COMMITTED,
	QUORUM_REASON_NOT_LEADER,
	QUORUM_REASON_NOT_READY,
	QUORUM_REASON_PENDING,
	QUORUM_REASON_STALE,
	QUORUM_REASON_INVALID,
	QUORUM_REASON_NOT_MEMBER,
	QUORUM_REASON_IS_MEMBER,
	QUORUM_REASON_TOO_MANY,
	QUORUM_REASON_NO_VOTER,
	QUORUM_REASON_QUORUMS,
	QUORUM_REASON_NEEDS_JOINT,
	QUORUM_REASON_BEHIND,
	QUORUM_REASON_WITNESS,
	QUORUM_REASON_TRANSFERRING,
	QUORUM_REASON_LED,
	QUORUM_REASON_SUSPECT,
	QUORUM_REASON_TIMEOUT,
};

/**
 * enum quorum_member_role - What a member may do.
 * @QUORUM_MEMBER_ROLE_VOTER: Votes, may lead, and counts in every majority.
 * @QUORUM_MEMBER_ROLE_LEARNER: Holds the log only.
 */
enum quorum_member_role {
	QUORUM_MEMBER_ROLE_VOTER = 1,
	QUORUM_MEMBER_ROLE_LEARNER,
};

/**
 * enum quorum_member_step - What to do with a member.
 * @QUORUM_MEMBER_STEP_ADD: A new member, a learner until it has caught up,
 *	then a voter.
 * @QUORUM_MEMBER_STEP_LEARNER: A new member that stays a learner, or a voter
 *	that becomes one.
 * @QUORUM_MEMBER_STEP_VOTER: A voter at once, whether it has caught up or not.
 * @QUORUM_MEMBER_STEP_PROMOTE: A learner that has caught up becomes a voter.
 * @QUORUM_MEMBER_STEP_REMOVE: It is no member any more.
 * @QUORUM_MEMBER_STEP_REPLACE: It has another device now: a learner until it
 *	has caught up, then what it was.
 * @QUORUM_MEMBER_STEP_SET: It is reached elsewhere.
 */
enum quorum_member_step {
	QUORUM_MEMBER_STEP_ADD = 1,
	QUORUM_MEMBER_STEP_LEARNER,
	QUORUM_MEMBER_STEP_VOTER,
	QUORUM_MEMBER_STEP_PROMOTE,
	QUORUM_MEMBER_STEP_REMOVE,
	QUORUM_MEMBER_STEP_REPLACE,
	QUORUM_MEMBER_STEP_SET,
};

/**
 * enum quorum_event_type - What an event tells.
 * @QUORUM_EVENT_CREATED: The group was created.
 * @QUORUM_EVENT_STARTED: It has read its log and takes part.
 * @QUORUM_EVENT_ROLE: Its role, term or leader changed.
 * @QUORUM_EVENT_FAILED: It failed; see error and halt.
 * @QUORUM_EVENT_STOPPED: It was stopped.
 * @QUORUM_EVENT_DELETED: It is gone.
 * @QUORUM_EVENT_START_FAILED: It could not be started; see error and message.
 * @QUORUM_EVENT_TRANSFERRED: A transfer of leadership asked for here has
 *	ended; see reason.
 * @QUORUM_EVENT_CONFIG: Another configuration is in force, or the one in force
 *	is committed.
 * @QUORUM_EVENT_SNAPSHOT: A snapshot is in force, taken here or received, or
 *	none could be taken; see snapshot-error of group-get.
 * @QUORUM_EVENT_RECOVERED: A forced recovery asked for here has ended; see
 *	reason.
 */
enum quorum_event_type {
	QUORUM_EVENT_CREATED = 1,
	QUORUM_EVENT_STARTED,
	QUORUM_EVENT_ROLE,
	QUORUM_EVENT_FAILED,
	QUORUM_EVENT_STOPPED,
	QUORUM_EVENT_DELETED,
	QUORUM_EVENT_START_FAILED,
	QUORUM_EVENT_TRANSFERRED,
	QUORUM_EVENT_CONFIG,
	QUORUM_EVENT_SNAPSHOT,
	QUORUM_EVENT_RECOVERED,
};

/* addr: Where a member is reached; ipv4 or ipv6, and a port. */
enum {
	/* u32, big-endian: IPv4 address. */
	QUORUM_A_ADDR_IPV4 = 1,
	/* binary: IPv6 address, 16 bytes in network order. */
	QUORUM_A_ADDR_IPV6,
	/* u16: UDP port, host byte order, not 0; 7420 when missing. */
	QUORUM_A_ADDR_PORT,

	__QUORUM_A_ADDR_MAX,
	QUORUM_A_ADDR_MAX = (__QUORUM_A_ADDR_MAX - 1)
};

/* member: A member of a group, as configured and as this node sees it. */
enum {
	QUORUM_A_MEMBER_PAD = 1,
	/* u32: Node id, not 0. */
	QUORUM_A_MEMBER_ID,
	/* u32, enum quorum_member_role: Voter or learner; a voter when missing. */
	QUORUM_A_MEMBER_ROLE,
	/* nest of addr: Where it is reached. */
	QUORUM_A_MEMBER_ADDR,
	/* flag: It is this node. */
	QUORUM_A_MEMBER_SELF,
	/* flag: It answered within the last election timeout. Told by leaders only. */
	QUORUM_A_MEMBER_ACTIVE,
	/* u64: Index up to which its log is known to be durable. Leaders only. */
	QUORUM_A_MEMBER_MATCH,
	/* u64: Next index to be sent to it. Leaders only. */
	QUORUM_A_MEMBER_NEXT,
	/* u32: Append messages sent to it and not yet answered. Leaders only. */
	QUORUM_A_MEMBER_INFLIGHT,
	/* u64: Nanoseconds since its last message; missing if there was none. */
	QUORUM_A_MEMBER_CONTACT_NS,
	/* u64: Random number of its device; missing until heard of. */
	QUORUM_A_MEMBER_INCARNATION,
	/* flag: A learner that becomes a voter when it has caught up. */
	QUORUM_A_MEMBER_AUTO,
	/* flag: It is no voter any more once the change under way is committed. */
	QUORUM_A_MEMBER_LEAVING,
	/* u32, enum quorum_member_step: What to do with it, in group-change. */
	QUORUM_A_MEMBER_STEP,
	/*
	 * u64: Bytes it has stored of the snapshot it is being sent; missing unless it
	 * is sent one. Leaders only.
	 */
	QUORUM_A_MEMBER_SNAPSHOT_STORED,
	/*
	 * flag: It votes and counts, keeps no payload and never leads. In group-change:
	 * of a new member, and for as long as it is one.
	 */
	QUORUM_A_MEMBER_WITNESS,
	/*
	 * u32: 0 to 7: who has less than others waits longer before it campaigns. In
	 * group-change: of a new member (0 when missing), or with step set.
	 */
	QUORUM_A_MEMBER_PRIORITY,
	/*
	 * flag: It has lost entries and does not count until it has them again. Leaders
	 * only.
	 */
	QUORUM_A_MEMBER_SUSPECT,
	/*
	 * u64: Another device that has shown itself under its id, and is not heard: it
	 * was wiped or exchanged. Step replace makes it the member's.
	 */
	QUORUM_A_MEMBER_SHOWN,
	/*
	 * nest of addr: Where it is heard and spoken to; missing unless that is not
	 * addr.
	 */
	QUORUM_A_MEMBER_HEARD_AT,

	__QUORUM_A_MEMBER_MAX,
	QUORUM_A_MEMBER_MAX = (__QUORUM_A_MEMBER_MAX - 1)
};

/*
 * settings: What a group decides by, which is in its log like its members. In group-
 * change what is missing stays as it is.
 */
enum {
	/* u32: A leader speaks at least this often. */
	QUORUM_A_SETTINGS_HEARTBEAT_US = 1,
	/* u32: Shortest election timeout, at least twice heartbeat-us. */
	QUORUM_A_SETTINGS_ELECTION_MIN_US,
	/* u32: Longest election timeout. */
	QUORUM_A_SETTINGS_ELECTION_MAX_US,
	/* u32: Voters it takes to be elected, more than half; 0 for just that. */
	QUORUM_A_SETTINGS_ELECTION_QUORUM,
	/*
	 * u32: Voters it takes to commit, 0 for more than half. With election-quorum
	 * more than all voters.
	 */
	QUORUM_A_SETTINGS_COMMIT_QUORUM,
	/*
	 * u32: 1 when leaders answer reads without asking, as long as a quorum has
	 * answered lately; that trusts the members' clocks to run equally fast.
	 */
	QUORUM_A_SETTINGS_LEASE,

	__QUORUM_A_SETTINGS_MAX,
	QUORUM_A_SETTINGS_MAX = (__QUORUM_A_SETTINGS_MAX - 1)
};

/* messages: Messages by type; the attribute's number is the type on the wire. */
enum {
	/* u64: Questions whether an election would be won. */
	QUORUM_A_MESSAGES_PREVOTE = 1,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_PREVOTE_REPLY,
	/* u64: Requests for a vote. */
	QUORUM_A_MESSAGES_VOTE,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_VOTE_REPLY,
	/* u64: Messages that carry entries, or probe for them. */
	QUORUM_A_MESSAGES_APPEND,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_APPEND_REPLY,
	/* u64: Heartbeats. */
	QUORUM_A_MESSAGES_HEARTBEAT,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_HEARTBEAT_REPLY,
	/* u64: Proposals on their way to the leader. */
	QUORUM_A_MESSAGES_FORWARD,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_FORWARD_REPLY,
	/* u64: A follower's questions for the leader's commit index. */
	QUORUM_A_MESSAGES_READ,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_READ_REPLY,
	/* u64: Leaders asking a member to take over. */
	QUORUM_A_MESSAGES_TIMEOUT_NOW,
	/* u64: Parts of snapshots. */
	QUORUM_A_MESSAGES_SNAPSHOT,
	/* u64: Answers to these. */
	QUORUM_A_MESSAGES_SNAPSHOT_REPLY,
	QUORUM_A_MESSAGES_PAD,

	__QUORUM_A_MESSAGES_MAX,
	QUORUM_A_MESSAGES_MAX = (__QUORUM_A_MESSAGES_MAX - 1)
};

/* drops: Datagrams and messages that were dropped, by reason. */
enum {
	/* u64: Shorter than its type needs. */
	QUORUM_A_DROPS_SHORT = 1,
	/* u64: Not of this protocol. */
	QUORUM_A_DROPS_MAGIC,
	/* u64: Of another version of it. */
	QUORUM_A_DROPS_VERSION,
	/* u64: Checksum wrong. */
	QUORUM_A_DROPS_CRC,
	/* u64: Unknown type. */
	QUORUM_A_DROPS_TYPE,
	/* u64: Lengths inside do not add up. */
	QUORUM_A_DROPS_LENGTH,
	/* u64: A count, size or id out of its range. */
	QUORUM_A_DROPS_FIELD,
	/* u64: Another cluster's. */
	QUORUM_A_DROPS_CLUSTER,
	/* u64: No such group here. */
	QUORUM_A_DROPS_GROUP,
	/* u64: From a node with another member list or timing. */
	QUORUM_A_DROPS_GENESIS,
	/* u64: Meant for another node. */
	QUORUM_A_DROPS_TARGET,
	/* u64: Not from a member, or not from where it is heard. */
	QUORUM_A_DROPS_SOURCE,
	/* u64: From a member with another device than before. */
	QUORUM_A_DROPS_INCARNATION,
	/* u64: The group's queue was full, or no memory was left. */
	QUORUM_A_DROPS_QUEUE,
	/*
	 * u64: Does not fit what is being put together or is kept, or made room for
	 * something newer.
	 */
	QUORUM_A_DROPS_FRAGMENT,
	/* u64: A fragment went missing. */
	QUORUM_A_DROPS_TIMEOUT,
	/*
	 * u64: Sealed with another key, changed on the way, or not sealed; or in brief
	 * form, which does not show for whom, and for this node as it was before its
	 * last start.
	 */
	QUORUM_A_DROPS_SEAL,
	/*
	 * u64: Made for this node as it was before its last start, or for nobody in
	 * particular; the first of a peer after a restart, or a replay.
	 */
	QUORUM_A_DROPS_SESSION,
	/* u64: Was here before, or comes from an older start of its sender. */
	QUORUM_A_DROPS_REPLAY,
	QUORUM_A_DROPS_PAD,

	__QUORUM_A_DROPS_MAX,
	QUORUM_A_DROPS_MAX = (__QUORUM_A_DROPS_MAX - 1)
};

/* store: Counters of the log on the device, since the start of the group. */
enum {
	QUORUM_A_STORE_PAD = 1,
	/* u64: Writes of the log. */
	QUORUM_A_STORE_LOG_BIOS,
	/* u64: Records written by them. */
	QUORUM_A_STORE_LOG_RECORDS,
	/* u64: Bytes written by them, padding included. */
	QUORUM_A_STORE_LOG_BYTES,
	/* u64: Changes of (term, vote) or of the log's bounds. */
	QUORUM_A_STORE_HARD_WRITES,
	/* u64: Writes that took. */
	QUORUM_A_STORE_HARD_BIOS,
	/* u64: Cache flushes asked for, beyond those that are part of a write. */
	QUORUM_A_STORE_FLUSHES,
	/* u64: Reads of the log. */
	QUORUM_A_STORE_READS,
	/* u64: Bytes read by them. */
	QUORUM_A_STORE_READ_BYTES,
	/* u64: Bytes the log can take. */
	QUORUM_A_STORE_RING_BYTES,
	/* u64: Bytes of it in use. */
	QUORUM_A_STORE_USED_BYTES,
	/* u32: Positive errno that ended all writing, 0 for none. */
	QUORUM_A_STORE_ERROR,

	__QUORUM_A_STORE_MAX,
	QUORUM_A_STORE_MAX = (__QUORUM_A_STORE_MAX - 1)
};

/* link: Counters of the network, since the start of the group. */
enum {
	QUORUM_A_LINK_PAD = 1,
	/* u64: Datagrams sent. */
	QUORUM_A_LINK_TX_DATAGRAMS,
	/* u64: Bytes sent, UDP payload. */
	QUORUM_A_LINK_TX_BYTES,
	/* u64: Datagrams the network stack refused to send. */
	QUORUM_A_LINK_TX_ERRORS,
	/* nest of messages: Messages sent, by type. */
	QUORUM_A_LINK_TX_MESSAGES,
	/* u64: Requests to members for fragments that were lost. */
	QUORUM_A_LINK_REPAIRS_ASKED,
	/* u64: Fragments sent again when a member asked for them. */
	QUORUM_A_LINK_FRAGMENTS_REPAIRED,
	/* u64: Datagrams received. */
	QUORUM_A_LINK_RX_DATAGRAMS,
	/* u64: Bytes received, UDP payload. */
	QUORUM_A_LINK_RX_BYTES,
	/* nest of messages: Messages received, by type. */
	QUORUM_A_LINK_RX_MESSAGES,
	/* nest of drops: What was received and dropped, by reason. */
	QUORUM_A_LINK_DROPS,
	/* u64: Datagrams from this address that held those of several groups. */
	QUORUM_A_LINK_TX_BUNDLES,
	/*
	 * u64: Messages not sent to a member that has not shown itself since this node
	 * started, or since it was added; it is asked to.
	 */
	QUORUM_A_LINK_TX_UNREADY,
	/* u64: Packets of several datagrams each, cut into these below UDP. */
	QUORUM_A_LINK_TX_BURSTS,
	/*
	 * u64: Of the datagrams sent, those that took no bytes of their own: a bit in
	 * one of another group said that this group says the same again.
	 */
	QUORUM_A_LINK_TX_REPEATS,
	/* u64: Of the datagrams received, those that came like that. */
	QUORUM_A_LINK_RX_REPEATS,

	__QUORUM_A_LINK_MAX,
	QUORUM_A_LINK_MAX = (__QUORUM_A_LINK_MAX - 1)
};

/* runtime: Counters of the group itself, since it was created. */
enum {
	QUORUM_A_RUNTIME_PAD = 1,
	/* u64: Proposals handed in on this node. */
	QUORUM_A_RUNTIME_PROPOSALS,
	/* u64: Of those, answered as committed. */
	QUORUM_A_RUNTIME_COMMITTED,
	/* u64: Of those, certainly not in the log. */
	QUORUM_A_RUNTIME_REFUSED,
	/* u64: Of those, outcome unknown to the caller. */
	QUORUM_A_RUNTIME_UNKNOWN,
	/* u64: Certainly lost with a leader, and proposed again. */
	QUORUM_A_RUNTIME_RETRIED,
	/* u64: Sent to the leader. */
	QUORUM_A_RUNTIME_FORWARDED,
	/* u64: Sent to the leader once more, for want of an answer. */
	QUORUM_A_RUNTIME_FORWARD_RESENT,
	/* u64: Taken for other members. */
	QUORUM_A_RUNTIME_FORWARD_TAKEN,
	/* u64: Entries given to the state machine. */
	QUORUM_A_RUNTIME_APPLIED,
	/* u64: Events the engine took. */
	QUORUM_A_RUNTIME_STEPS,
	/* u64: Campaigns of this node. */
	QUORUM_A_RUNTIME_ELECTIONS,
	/* u64: Changes of the leader this node saw. */
	QUORUM_A_RUNTIME_LEADER_CHANGES,
	/* u64: Times the group's thread ran. */
	QUORUM_A_RUNTIME_WAKEUPS,

	__QUORUM_A_RUNTIME_MAX,
	QUORUM_A_RUNTIME_MAX = (__QUORUM_A_RUNTIME_MAX - 1)
};

/* group: A group. What only runs with a group is missing while it is stopped. */
enum {
	QUORUM_A_GROUP_PAD = 1,
	/*
	 * string: This kernel's own name for the group, its handle here and its device
	 * node /dev/quorum/NAME. 1 to 31 of A-Z a-z 0-9 . _ - with a letter or digit
	 * first. The group's name when missing at group-new.
	 */
	QUORUM_A_GROUP_NAME,
	/* string: Path of the block device, 1 to 255 bytes. */
	QUORUM_A_GROUP_DEVICE,
	/* binary: UUID of the cluster, 16 bytes in the order they are printed. */
	QUORUM_A_GROUP_CLUSTER,
	/* string: Name of the group, the same on all members; as for name. */
	QUORUM_A_GROUP_GROUP,
	/* u32: Own node id. */
	QUORUM_A_GROUP_NODE,
	/* string: State machine; "log" when missing. */
	QUORUM_A_GROUP_MACHINE,
	/*
	 * nest of addr: Address and port to receive at, a wildcard address is allowed;
	 * the own member's when missing.
	 */
	QUORUM_A_GROUP_LISTEN,
	/*
	 * nest of member, repeated: A member, repeated for each, 1 to 16 times; replies
	 * sort by id.
	 */
	QUORUM_A_GROUP_MEMBER,
	/* u32: Longest silence of a leader, microseconds; default 50000. */
	QUORUM_A_GROUP_HEARTBEAT_US,
	/* u32: Shortest election timeout, microseconds; default 150000. */
	QUORUM_A_GROUP_ELECTION_MIN_US,
	/* u32: Longest election timeout, microseconds; default 300000. */
	QUORUM_A_GROUP_ELECTION_MAX_US,
	/*
	 * binary: Secret of the cluster; what is sent is sealed with it. Never told
	 * again. Missing at group-new: none, and then unsealed has to be there.
	 */
	QUORUM_A_GROUP_KEY,
	/* binary: Another secret that what comes may be sealed with. Never told again. */
	QUORUM_A_GROUP_KEY2,
	/*
	 * flag: Nothing is authenticated: whoever can send to the address can do
	 * anything to the group.
	 */
	QUORUM_A_GROUP_UNSEALED,
	/*
	 * flag: What is sealed is hidden as well, but for the headers. Needs a key, and
	 * all members have to agree.
	 */
	QUORUM_A_GROUP_SECRET,
	/* u32, enum quorum_state: Life of the group. */
	QUORUM_A_GROUP_STATE,
	/* u32: Positive errno that failed the group or its start, 0 for none. */
	QUORUM_A_GROUP_ERROR,
	/* u32, enum quorum_role: Own role. */
	QUORUM_A_GROUP_ROLE,
	/* u32, enum quorum_cause: Why it changed last. */
	QUORUM_A_GROUP_CAUSE,
	/* u64: Nanoseconds since it changed. */
	QUORUM_A_GROUP_ROLE_SINCE_NS,
	/* u32, enum quorum_halt: Why the engine halted. */
	QUORUM_A_GROUP_HALT,
	/* u64: Current term. */
	QUORUM_A_GROUP_TERM,
	/* u32: Node id voted for in this term, 0 for none. */
	QUORUM_A_GROUP_VOTE,
	/* u32: Node id of the leader, 0 if unknown. */
	QUORUM_A_GROUP_LEADER,
	/* u64: Index of the last entry known to be committed. */
	QUORUM_A_GROUP_COMMIT,
	/* u64: Index of the last entry given to the state machine. */
	QUORUM_A_GROUP_APPLIED,
	/* u64: First index that can be read. */
	QUORUM_A_GROUP_FIRST_INDEX,
	/* u64: Index of the last entry of the log, committed or not. */
	QUORUM_A_GROUP_LAST_INDEX,
	/* u64: Its term. */
	QUORUM_A_GROUP_LAST_TERM,
	/* u64: Index of the last entry that is durable on the own device. */
	QUORUM_A_GROUP_DURABLE_INDEX,
	/* u64: Bytes of payload not committed yet, counted by leaders. */
	QUORUM_A_GROUP_UNCOMMITTED_BYTES,
	/* u64: Nanoseconds until the engine's next timer; missing if none is set. */
	QUORUM_A_GROUP_DEADLINE_NS,
	/* u64: Number of this opening of the device. */
	QUORUM_A_GROUP_EPOCH,
	/* u64: Random number drawn when the device was formatted. */
	QUORUM_A_GROUP_INCARNATION,
	/* u32, enum quorum_verdict: What recovery found at the start. */
	QUORUM_A_GROUP_VERDICT,
	/* u64: Records recovery read. */
	QUORUM_A_GROUP_RECORDS,
	/* u64: Bytes of a torn tail recovery cut off. */
	QUORUM_A_GROUP_TORN_BYTES,
	/* u32: 1 if the device writes through when asked to (FUA), else 0. */
	QUORUM_A_GROUP_FUA,
	/* u32: Bytes on whose multiples records begin and end. */
	QUORUM_A_GROUP_GRANULE,
	/* nest of store: Counters of the log on the device. */
	QUORUM_A_GROUP_STORE,
	/* nest of link: Counters of the network. */
	QUORUM_A_GROUP_LINK,
	/* nest of runtime: Counters of the group itself. */
	QUORUM_A_GROUP_RUNTIME,
	/* string: A sentence about error; missing if there is none. */
	QUORUM_A_GROUP_MESSAGE,
	/*
	 * u32: Node id leadership goes to. In a request the one that fits best when
	 * missing; in a reply missing unless a transfer is under way.
	 */
	QUORUM_A_GROUP_TARGET,
	/*
	 * u64: Index of the entry that holds the configuration in force, 0 for the one
	 * the group began with. In group-change the one that was seen: a change is
	 * refused if another one is in force.
	 */
	QUORUM_A_GROUP_CONFIG_INDEX,
	/* u64: Index of the newest configuration known to be committed. */
	QUORUM_A_GROUP_CONFIG_COMMITTED,
	/* flag: A change of several voters is under way. */
	QUORUM_A_GROUP_JOINT,
	/*
	 * u32: Entries applied since the last snapshot that make another one due, 64 or
	 * more; default 10000. Half a full log does as well.
	 */
	QUORUM_A_GROUP_SNAPSHOT_ENTRIES,
	/* u64: Last entry that the snapshot in force stands for, 0 if there is none. */
	QUORUM_A_GROUP_SNAPSHOT_INDEX,
	/* u64: Its term. */
	QUORUM_A_GROUP_SNAPSHOT_TERM,
	/* u64: Size of the snapshot in force. */
	QUORUM_A_GROUP_SNAPSHOT_BYTES,
	/* u32: Positive errno of the last try to take one; missing if it went well. */
	QUORUM_A_GROUP_SNAPSHOT_ERROR,
	/* u64: Bytes written of a snapshot that is being taken; else missing. */
	QUORUM_A_GROUP_TAKING_BYTES,
	/* u64: Index of a snapshot that is being received; else missing. */
	QUORUM_A_GROUP_INCOMING_INDEX,
	/* u64: Its size; likewise. */
	QUORUM_A_GROUP_INCOMING_BYTES,
	/* u64: Bytes of it that are stored; likewise. */
	QUORUM_A_GROUP_INCOMING_STORED,
	/*
	 * flag: For group-recover: even if this node's log may lack what it
	 * acknowledged.
	 */
	QUORUM_A_GROUP_ACCEPT_SUSPECT,
	/*
	 * flag: This node comes to a group that exists: it names no members and waits
	 * until a leader that has added it says who they are. Needs a key and an
	 * address of its own in listen.
	 */
	QUORUM_A_GROUP_JOIN,
	/*
	 * flag: After a start without a clean stop before it this node does not vote
	 * until a leader has confirmed the end of its log. Needs other voters.
	 */
	QUORUM_A_GROUP_TAIL_SUSPECT,
	/* nest of settings: What is in force; in group-change, what shall be. */
	QUORUM_A_GROUP_SETTINGS,
	/*
	 * u64: First entry this node has lost; missing unless it waits for a leader to
	 * give back what it has lost, and does not vote until then.
	 */
	QUORUM_A_GROUP_SUSPECT_FIRST,
	/* u64: Last entry it is known to have lost; likewise. */
	QUORUM_A_GROUP_SUSPECT_LAST,

	__QUORUM_A_GROUP_MAX,
	QUORUM_A_GROUP_MAX = (__QUORUM_A_GROUP_MAX - 1)
};

/* event: Something happened to a group. */
enum {
	QUORUM_A_EVENT_PAD = 1,
	/* string: This kernel's name for the group. */
	QUORUM_A_EVENT_NAME,
	/* string: Name of the group, the same on all members. */
	QUORUM_A_EVENT_GROUP,
	/* u32, enum quorum_event_type: What happened. */
	QUORUM_A_EVENT_TYPE,
	/*
	 * u64: Number of the event within the group, from 1 and without gaps. After a
	 * gap (a full receive buffer) group-get tells how things stand.
	 */
	QUORUM_A_EVENT_SEQ,
	/* u32, enum quorum_state: State after it. */
	QUORUM_A_EVENT_STATE,
	/* u32, enum quorum_role: Role after it; missing when the group does not run. */
	QUORUM_A_EVENT_ROLE,
	/* u32, enum quorum_cause: Why the role changed last; missing likewise. */
	QUORUM_A_EVENT_CAUSE,
	/* u64: Term after it. */
	QUORUM_A_EVENT_TERM,
	/* u32: Node id of the leader, 0 if unknown. */
	QUORUM_A_EVENT_LEADER,
	/* u32: Positive errno for failed and start-failed, else 0. */
	QUORUM_A_EVENT_ERROR,
	/* u32, enum quorum_halt: Why the engine halted, for failed. */
	QUORUM_A_EVENT_HALT,
	/* u64: When, nanoseconds of CLOCK_BOOTTIME. */
	QUORUM_A_EVENT_TIME_NS,
	/* string: A sentence about error, for start-failed. */
	QUORUM_A_EVENT_MESSAGE,
	/*
	 * u32, enum quorum_reason: For transferred, ok or why the target does not lead.
	 * For recovered, ok or why nothing has changed.
	 */
	QUORUM_A_EVENT_REASON,

	__QUORUM_A_EVENT_MAX,
	QUORUM_A_EVENT_MAX = (__QUORUM_A_EVENT_MAX - 1)
};

enum {
	/*
	 * Make a group, stopped. Names a block device: needs CAP_NET_ADMIN in the
	 * initial user namespace.
	 */
	QUORUM_CMD_GROUP_NEW = 1,
	/*
	 * Begin to open device and socket, read the log and take part. Answered as soon
	 * as the device was looked up; how it ends is told by an event, started or
	 * start-failed, and by group-get: state, error and message. Opens a block
	 * device: needs CAP_NET_ADMIN in the initial user namespace.
	 */
	QUORUM_CMD_GROUP_START,
	/*
	 * Begin to stop a group; no error when it is stopped already. Answered at once:
	 * a leader hands over first, and the device may take its time. Its end is told
	 * by an event, stopped, and by group-get. Needs CAP_NET_ADMIN in the user
	 * namespace that owns the network namespace.
	 */
	QUORUM_CMD_GROUP_STOP,
	/*
	 * Delete a stopped group. Needs CAP_NET_ADMIN in the user namespace that owns
	 * the network namespace.
	 */
	QUORUM_CMD_GROUP_DEL,
	/*
	 * Change where a group listens, where members are (id and addr), and the keys,
	 * whether it runs or not; what is missing stays. Addresses of members first,
	 * then listen, then keys: what comes before the one that is refused stays
	 * changed. Needs CAP_NET_ADMIN in the user namespace that owns the network
	 * namespace.
	 */
	QUORUM_CMD_GROUP_RELINK,
	/*
	 * Everything there is to know about a group, or (dump) about all groups of this
	 * network namespace, in a fixed order. Needs no privilege.
	 */
	QUORUM_CMD_GROUP_GET,
	/* Something happened to a group of this network namespace. */
	QUORUM_CMD_GROUP_EVENT,
	/*
	 * Have another member lead. Asked of the leader, and answered as soon as it is
	 * under way; the event transferred tells how it ended. Needs CAP_NET_ADMIN in
	 * the user namespace that owns the network namespace.
	 */
	QUORUM_CMD_GROUP_TRANSFER,
	/*
	 * Change who is a member, in one step or several that take effect together, or
	 * what the group decides by. Asked of the leader, and answered as soon as it is
	 * under way; events and group-get tell how far it is. Needs CAP_NET_ADMIN in
	 * the user namespace that owns the network namespace.
	 */
	QUORUM_CMD_GROUP_CHANGE,
	/*
	 * Go on without members that are lost for good, from this node with those given
	 * alone; a majority of the others may know better, and what only they had is
	 * lost. Refused unless config-index, last-index and last-term are this node's,
	 * and while a leader may be alive. Answered as soon as it is under way; the
	 * event recovered tells how it ended. Needs CAP_NET_ADMIN in the user namespace
	 * that owns the network namespace.
	 */
	QUORUM_CMD_GROUP_RECOVER,
	/*
	 * Take a snapshot now. Answered as soon as it is asked for: the event snapshot
	 * and group-get tell how it went. Needs CAP_NET_ADMIN in the user namespace
	 * that owns the network namespace.
	 */
	QUORUM_CMD_GROUP_SNAPSHOT,

	__QUORUM_CMD_MAX,
	QUORUM_CMD_MAX = (__QUORUM_CMD_MAX - 1)
};

#define QUORUM_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_QUORUM_NETLINK_H */
