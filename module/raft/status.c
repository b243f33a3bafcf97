// SPDX-License-Identifier: GPL-2.0
/*
 * What can be asked of an engine: status, invariants, names.
 */
#include "raft_private.h"

size_t raft_size(void)
{
	return sizeof(struct raft);
}

static void fill_peer(const struct raft *r, const struct raft_member *member,
		      struct raft_peer_status *s)
{
	int seat = raft_seat_of(r, member->id);
	const struct raft_peer *p = &r->peers[seat];

	memset(s, 0, sizeof(*s));
	s->id = member->id;
	s->roles = member->roles;
	s->self = seat == r->seat;
	s->contact = p->contact;
	if (r->role != RAFT_LEADER)
		return;
	if (s->self) {
		s->active = true;
		s->match = r->disk.durable;
		s->next = r->log.last_index + 1;
		return;
	}
	s->active = !raft_time_reached(r->now, p->heard + r->timing.election_min);
	s->match = p->match;
	s->next = p->next;
	s->inflight = p->count;
	s->snapshot = p->state == RAFT_PEER_SNAPSHOT;
	s->suspect = !raft_suspect_counts(p);
	s->offset = s->snapshot ? p->chunk_acked : 0;
}

static void fill_guests(const struct raft *r, struct raft_status *status)
{
	struct raft_member guest = {};
	int seat;

	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(r->guests, seat) || status->npeers == QUORUM_MEMBERS_MAX)
			continue;
		guest.id = r->peers[seat].id;
		fill_peer(r, &guest, &status->peers[status->npeers++]);
	}
}

void raft_get_status(const struct raft *r, struct raft_status *status)
{
	u32 i;

	memset(status, 0, sizeof(*status));
	status->role = r->role;
	status->cause = r->cause;
	status->halt = r->halt;
	status->leader = r->leader;
	status->term = r->hard.term;
	status->vote = r->hard.vote;
	status->commit = r->log.commit;
	status->first_index = r->log.base_index + 1;
	status->last_index = r->log.last_index;
	status->last_term = raft_log_last_term(&r->log);
	status->durable_index = r->disk.durable;
	status->uncommitted_bytes = r->uncommitted.bytes;
	status->deadline = raft_deadline(r);
	status->transfer = r->transfer.target;
	status->snapshot = r->snapshot;
	status->suspect = r->suspect;
	status->incoming = r->incoming.name;
	status->incoming_stored = r->incoming.name.index ? r->incoming.stored : 0;
	status->config_index = r->config.index;
	for (i = 0; i < r->nkept; i++)
		if (r->kept[i].index <= r->log.commit)
			status->config_committed = r->kept[i].index;
	status->joint = r->nhalves > 1;
	for (i = 0; i < r->config.n; i++)
		fill_peer(r, &r->config.members[i], &status->peers[status->npeers++]);
	fill_guests(r, status);
}

static const char *check_log(const struct raft *r)
{
	const struct raft_log *log = &r->log;
	u32 i;

	if (log->base_index > log->commit || log->commit > log->last_index)
		return "base <= commit <= last";
	if (log->nruns > RAFT_RUNS_MAX || !log->nruns != (log->last_index == log->base_index))
		return "as many runs as there can be";
	for (i = 0; i < log->nruns; i++) {
		if (log->runs[i].first <= (i ? log->runs[i - 1].first : log->base_index) ||
		    log->runs[i].first > log->last_index)
			return "runs ascend within the log";
		if (i && log->runs[i].term <= log->runs[i - 1].term)
			return "terms ascend from run to run";
	}
	if (raft_log_last_term(log) > r->hard.term)
		return "no entry of a term above the current one";
	return NULL;
}

static const char *check_disk(const struct raft *r)
{
	const struct raft_disk *disk = &r->disk;
	u32 i;

	if (disk->durable > disk->submitted || disk->submitted > r->log.last_index)
		return "durable <= submitted <= last";
	if (disk->n > RAFT_WRITES_MAX)
		return "writes in flight within their limit";
	if (disk->truncate && disk->truncate != disk->submitted + 1)
		return "a cut to be made is where the next write begins";
	for (i = 0; i < disk->n; i++) {
		if (disk->writes[i].vouch > disk->submitted)
			return "no write vouches for what was cut off";
		if (i && disk->writes[i].asked.seq != disk->writes[i - 1].asked.seq + 1)
			return "writes in flight are numbered in order";
	}
	if (disk->n && disk->writes[0].done)
		return "the oldest write in flight is in flight";
	if (r->hard.durable_seq > r->hard.seq)
		return "no (term, vote) durable that was not written";
	return NULL;
}

static const char *check_peer(const struct raft *r, const struct raft_peer *p)
{
	u64 bytes = 0, last = 0;
	u32 i;

	if (p->match >= p->next)
		return "match < next";
	if (p->next > r->log.last_index + 1)
		return "next within the log";
	if ((p->state == RAFT_PEER_SNAPSHOT) != (p->next <= r->log.base_index))
		return "who needs what is forgotten is sent a snapshot";
	if (p->count > RAFT_APPENDS_MAX || (p->state != RAFT_PEER_PIPELINE && p->count))
		return "window within its limit, and empty while probing";
	for (i = 0; i < p->count; i++) {
		const struct raft_inflight_append *a =
			&p->inflight[(p->head + i) % RAFT_APPENDS_MAX];

		if (a->last <= last || a->last <= p->match)
			return "window ascends above match";
		last = a->last;
		bytes += a->bytes;
	}
	if (bytes != p->bytes)
		return "window adds up";
	return NULL;
}

static const char *check_leader(const struct raft *r)
{
	const char *broken;
	u64 term;
	int seat;

	if (r->leader != r->self || r->term_leader != r->self || r->hard.vote != r->self)
		return "a leader follows and voted for itself";
	if (!raft_hard_durable(r))
		return "a leader's (term, vote) is durable";
	if (r->term_start > r->log.base_index &&
	    (!raft_term_at(r, r->term_start, &term) || term != r->hard.term))
		return "a leader's first entry is of its own term";
	if (raft_log_last_term(&r->log) != r->hard.term)
		return "a leader's log ends in its own term";
	for (seat = 0; seat < QUORUM_MEMBERS_MAX; seat++) {
		if (!raft_set_has(r->all, seat) || seat == r->seat)
			continue;
		broken = check_peer(r, &r->peers[seat]);
		if (broken)
			return broken;
	}
	return NULL;
}

static const char *check_uncommitted(const struct raft *r)
{
	const struct raft_uncommitted *u = &r->uncommitted;
	u64 bytes = 0;
	u32 i;

	if (u->n > RAFT_SPANS_MAX || (u->n && r->role != RAFT_LEADER))
		return "only a leader holds uncommitted bytes";
	for (i = 0; i < u->n; i++) {
		const struct raft_span *s = &u->spans[(u->head + i) % RAFT_SPANS_MAX];

		if (s->last <= r->log.commit || s->last > r->log.last_index)
			return "bytes are held for uncommitted entries";
		bytes += s->bytes;
	}
	return bytes == u->bytes ? NULL : "uncommitted bytes add up";
}

static const char *check_role(const struct raft *r)
{
	switch (r->role) {
	case RAFT_LEADER:
		return check_leader(r);
	case RAFT_CANDIDATE:
		if (r->hard.vote != r->self)
			return "a candidate votes for itself";
		fallthrough;
	case RAFT_PRECANDIDATE:
		if (r->leader != RAFT_NONE)
			return "who campaigns knows no leader";
		if (!raft_membership_campaigns(r))
			return "only a voter campaigns";
		if (r->granted & ~raft_recovery_electors(r))
			return "only voters grant";
		return NULL;
	case RAFT_FOLLOWER:
		if (r->leader == r->self)
			return "a follower does not follow itself";
		if (r->granted || r->answered)
			return "a follower has no tally";
		if (r->verified > r->log.last_index)
			return "verified within the log";
		return NULL;
	default:
		return "a role that exists";
	}
}

static const char *check_kept(const struct raft *r)
{
	u32 i;

	if (!r->nkept || r->nkept > RAFT_CONFIGS_MAX ||
	    r->kept[r->nkept - 1].index != r->config.index)
		return "the newest configuration is in force";
	if (r->recovering && r->role != RAFT_CANDIDATE)
		return "only a candidate has a draft in force";
	for (i = 1; i < r->nkept; i++)
		if (r->kept[i].index <= r->kept[i - 1].index || r->kept[i].index <= r->log.commit)
			return "configurations ascend, and none is kept that nobody goes back to";
	if (r->config.index > r->log.last_index)
		return "the configuration is in the log";
	return NULL;
}

static const char *check_members(const struct raft *r)
{
	u32 i;

	/* Who joins has none yet. */
	if ((r->config.n || r->config.index) && raft_config_check(&r->config) != RAFT_OK)
		return "a configuration that can be";
	for (i = 0; i < r->config.n; i++)
		if (raft_seat_of(r, r->config.members[i].id) < 0)
			return "every member has a seat";
	if (r->seat != raft_seat_of(r, r->self) || (r->voters | r->guests) & ~r->all)
		return "voters sit";
	return NULL;
}

const char *raft_check(const struct raft *r)
{
	const char *broken;

	/* A halted engine is evidence; nothing is claimed about it. */
	if (r->halt)
		return NULL;
	broken = check_log(r);
	if (!broken)
		broken = check_kept(r);
	if (!broken)
		broken = check_members(r);
	if (!broken)
		broken = check_disk(r);
	if (!broken)
		broken = check_uncommitted(r);
	if (!broken)
		broken = check_role(r);
	return broken;
}

static const char *name_of(const char *const *names, size_t n, u8 value)
{
	return value < n && names[value] ? names[value] : "unknown";
}

const char *raft_role_name(u8 role)
{
	static const char *const names[] = {
		[RAFT_FOLLOWER]		= "follower",
		[RAFT_PRECANDIDATE]	= "pre-candidate",
		[RAFT_CANDIDATE]	= "candidate",
		[RAFT_LEADER]		= "leader",
	};

	return name_of(names, RAFT_LEADER + 1, role);
}

const char *raft_cause_name(u8 cause)
{
	static const char *const names[RAFT_CAUSE_NR] = {
		[RAFT_CAUSE_START]		= "started",
		[RAFT_CAUSE_ELECTION_TIMEOUT]	= "heard no leader in time",
		[RAFT_CAUSE_PREVOTE_WON]	= "pre-vote won",
		[RAFT_CAUSE_ELECTION_WON]	= "election won",
		[RAFT_CAUSE_LEADER_FOUND]	= "found a leader",
		[RAFT_CAUSE_HIGHER_TERM]	= "saw a higher term",
		[RAFT_CAUSE_QUORUM_LOST]	= "lost contact with the quorum",
		[RAFT_CAUSE_STORE_SLOW]		= "own disk hangs",
		[RAFT_CAUSE_STORE_FAILED]	= "own disk failed",
		[RAFT_CAUSE_HALTED]		= "halted",
		[RAFT_CAUSE_ASKED]		= "asked to step down",
		[RAFT_CAUSE_REMOVED]		= "not a voter any more",
		[RAFT_CAUSE_TRANSFER]		= "handed leadership over",
		[RAFT_CAUSE_RECOVERED]		= "recovered by force",
	};

	return name_of(names, RAFT_CAUSE_NR, cause);
}

const char *raft_reason_name(u8 reason)
{
	static const char *const names[RAFT_REASON_NR] = {
		[RAFT_OK]			= "ok",
		[RAFT_REFUSED_NO_LEADER]	= "no leader is known",
		[RAFT_REFUSED_BUSY]		= "too much is uncommitted",
		[RAFT_REFUSED_NO_SPACE]		= "the log is full",
		[RAFT_REFUSED_TOO_BIG]		= "the entry is empty or too big",
		[RAFT_REFUSED_HALTED]		= "the group has halted",
		[RAFT_UNKNOWN]			= "outcome unknown",
		[RAFT_COMMITTED]		= "committed",
		[RAFT_REFUSED_NOT_LEADER]	= "this node does not lead",
		[RAFT_REFUSED_NOT_READY]	= "the leader is too new",
		[RAFT_REFUSED_PENDING]		= "another one is under way",
		[RAFT_REFUSED_STALE]		= "the configuration has changed meanwhile",
		[RAFT_REFUSED_INVALID]		= "a value is out of its range",
		[RAFT_REFUSED_NOT_MEMBER]	= "that node has no such seat",
		[RAFT_REFUSED_IS_MEMBER]	= "that node has a seat already",
		[RAFT_REFUSED_TOO_MANY]		= "there would be too many members",
		[RAFT_REFUSED_NO_VOTER]		= "nobody would be left to lead",
		[RAFT_REFUSED_QUORUMS]		= "the quorum sizes do not intersect",
		[RAFT_REFUSED_NEEDS_JOINT]	= "several voters change: ask for joint",
		[RAFT_REFUSED_BEHIND]		= "that node has not caught up",
		[RAFT_REFUSED_WITNESS]		= "a witness cannot do this",
		[RAFT_REFUSED_TRANSFERRING]	= "leadership is being handed over",
		[RAFT_REFUSED_LED]		= "there is a leader",
		[RAFT_REFUSED_SUSPECT]		= "this node's log is suspect",
		[RAFT_REFUSED_TIMEOUT]		= "it took too long",
	};

	return name_of(names, RAFT_REASON_NR, reason);
}

const char *raft_halt_name(u8 halt)
{
	static const char *const names[RAFT_HALT_NR] = {
		[RAFT_HALT_NONE]		= "not halted",
		[RAFT_HALT_STORE]		= "a write failed",
		[RAFT_HALT_TRUNCATE_COMMITTED]	= "a leader contradicts a committed entry",
		[RAFT_HALT_TWO_LEADERS]		= "two leaders in one term",
		[RAFT_HALT_LAST_TERM]		= "the log ends above the durable term",
		[RAFT_HALT_CONTRACT]		= "the engine was told what cannot be",
		[RAFT_HALT_SNAPSHOT]		= "a snapshot contradicts a committed entry",
	};

	return name_of(names, RAFT_HALT_NR, halt);
}

const char *raft_msg_name(u8 type)
{
	static const char *const names[RAFT_MSG_NR] = {
		[RAFT_MSG_PREVOTE]		= "prevote",
		[RAFT_MSG_PREVOTE_REPLY]	= "prevote-reply",
		[RAFT_MSG_VOTE]			= "vote",
		[RAFT_MSG_VOTE_REPLY]		= "vote-reply",
		[RAFT_MSG_APPEND]		= "append",
		[RAFT_MSG_APPEND_REPLY]		= "append-reply",
		[RAFT_MSG_HEARTBEAT]		= "heartbeat",
		[RAFT_MSG_HEARTBEAT_REPLY]	= "heartbeat-reply",
		[RAFT_MSG_FORWARD]		= "forward",
		[RAFT_MSG_FORWARD_REPLY]	= "forward-reply",
		[RAFT_MSG_READ]			= "read",
		[RAFT_MSG_READ_REPLY]		= "read-reply",
		[RAFT_MSG_TIMEOUT_NOW]		= "timeout-now",
		[RAFT_MSG_SNAPSHOT]		= "snapshot",
		[RAFT_MSG_SNAPSHOT_REPLY]	= "snapshot-reply",
	};

	return name_of(names, RAFT_MSG_NR, type);
}
