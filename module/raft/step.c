// SPDX-License-Identifier: GPL-2.0
/*
 * The one entry point: admission, dispatch, and what all events share.
 */
#include "raft_private.h"

/*
 * The worst steps: a won election (HARD_STATE, two ROLEs, APPEND, COMMIT and a
 * message per peer) and a first append (HARD_STATE, two ROLEs, TRUNCATE, APPEND,
 * COMMIT, four answers), while all reads end: as many READs or answers to them, and
 * a new round's message per peer.
 */
static_assert(RAFT_EFFECTS_MAX >= QUORUM_MEMBERS_MAX + RAFT_READS_MAX + 16);

struct raft_effect *raft_effect_add(struct raft *r, u8 type)
{
	struct raft_effects *fx = r->fx;
	struct raft_effect *effect;

	/* Cannot happen (see above); if it does, overwriting beats overflowing. */
	if (fx->n == RAFT_EFFECTS_MAX)
		fx->n--;
	effect = &fx->list[fx->n++];
	memset(effect, 0, sizeof(*effect));
	effect->type = type;
	return effect;
}

/* Add a message in the current term; the caller fills in its body. */
struct raft_msg *raft_send(struct raft *r, u8 type, u32 to)
{
	struct raft_msg *msg = &raft_effect_add(r, RAFT_FX_SEND)->msg;

	msg->type = type;
	msg->from = r->self;
	msg->to = to;
	msg->term = r->hard.term;
	msg->history = raft_recovery_history(&r->config);
	return msg;
}

/* Report role, term and leader if one of them changed. */
void raft_role_tell(struct raft *r, u8 cause)
{
	struct raft_effect *fx;

	if (r->role != r->told.role)
		r->cause = cause;
	else if (r->leader == r->told.leader && r->hard.term == r->told.term)
		return;
	r->told.role = r->role;
	r->told.leader = r->leader;
	r->told.term = r->hard.term;
	fx = raft_effect_add(r, RAFT_FX_ROLE);
	fx->role.role = r->role;
	fx->role.cause = cause;
	fx->role.term = r->hard.term;
	fx->role.leader = r->leader;
	if (r->halt)
		return;
	raft_read_reset(r);
	raft_transfer_observe(r);
}

/**
 * raft_halt() - the impossible has happened
 * @r: the engine
 * @code: enum raft_halt
 * @index: evidence
 * @seen: evidence
 * @expected: evidence
 *
 * Called before the step changed what it found impossible.  What the step had
 * decided so far is withdrawn; only the first halt of an engine is reported.
 */
void raft_halt(struct raft *r, u8 code, u64 index, u64 seen, u64 expected)
{
	struct raft_effect *fx;

	if (r->halt)
		return;
	r->halt = code;
	r->fx->n = 0;
	r->role = RAFT_FOLLOWER;
	r->leader = RAFT_NONE;
	r->cause = code == RAFT_HALT_STORE ? RAFT_CAUSE_STORE_FAILED : RAFT_CAUSE_HALTED;
	raft_proposal_reset(r);
	/* Told in any case: what the step had told was withdrawn above. */
	r->told.role = 0;
	raft_role_tell(r, r->cause);
	fx = raft_effect_add(r, RAFT_FX_HALT);
	fx->halt.code = code;
	fx->halt.index = index;
	fx->halt.seen = seen;
	fx->halt.expected = expected;
}

int raft_init(struct raft *r, const struct raft_params *params, u64 now)
{
	r->self = params->self;
	r->now = now;
	if (params->self == RAFT_NONE || raft_log_init(&r->log, params) ||
	    raft_membership_init(r, params))
		return -EINVAL;
	r->disk.durable = r->log.last_index;
	r->disk.submitted = r->log.last_index;
	r->hard.term = params->term;
	r->hard.vote = params->vote;
	if (raft_log_last_term(&r->log) > params->term) {
		/* Entries outlived the record of their term (bug D-8). */
		r->hard.term = raft_log_last_term(&r->log);
		r->hard.vote = RAFT_NONE;
		r->hard.dirty = true;
		r->hard.since = now;
	}
	r->role = RAFT_FOLLOWER;
	r->cause = RAFT_CAUSE_START;
	r->told.role = r->role;
	r->told.term = params->term;
	raft_random_seed(r, params->seed);
	raft_read_init(r);
	raft_suspect_init(r, params->flags);
	r->grid = params->flags & RAFT_F_GRID;
	r->snapshot = params->snapshot;
	r->snapshot_config = params->config;
	r->leader_heard = now;
	raft_election_restart(r);
	return 0;
}

/*
 * Does a higher term in this message oblige us to follow it?  Not in a pre-vote
 * or its grant, which name a term nobody is in yet (bugs V-9, V-13); not in a
 * vote, which stickiness has to look at first (bug V-19).
 */
static bool carries_term(const struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_PREVOTE_REPLY:
		return !msg->vote_reply.granted;
	case RAFT_MSG_VOTE_REPLY:
	case RAFT_MSG_APPEND:
	case RAFT_MSG_APPEND_REPLY:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_HEARTBEAT_REPLY:
	case RAFT_MSG_SNAPSHOT:
	case RAFT_MSG_SNAPSHOT_REPLY:
		return true;
	default:
		return false;
	}
}

/* Does who sends this lead its term? */
static bool leads(const struct raft_msg *msg)
{
	return msg->type == RAFT_MSG_APPEND || msg->type == RAFT_MSG_HEARTBEAT ||
	       msg->type == RAFT_MSG_SNAPSHOT;
}

static void take_term(struct raft *r, const struct raft_msg *msg)
{
	if (msg->term > r->hard.term && carries_term(msg))
		raft_follow(r, msg->term, leads(msg) ? msg->from : RAFT_NONE,
			    RAFT_CAUSE_HIGHER_TERM);
}

/*
 * Whom our configuration does not name may be named by one that our log lacks
 * yet: who leads was elected, and who campaigns is judged by its log (bug V-5).
 * A member that was removed may answer its leader, but its terms depose nobody.
 */
static bool listens(const struct raft *r, const struct raft_msg *msg, int seat)
{
	switch (msg->type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
	case RAFT_MSG_APPEND:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_SNAPSHOT:
		return true;
	case RAFT_MSG_APPEND_REPLY:
	case RAFT_MSG_HEARTBEAT_REPLY:
	case RAFT_MSG_SNAPSHOT_REPLY:
		return raft_set_has(r->guests, seat);
	default:
		return false;
	}
}

static void dispatch(struct raft *r, const struct raft_msg *msg, u64 room)
{
	bool current = msg->term == r->hard.term;

	switch (msg->type) {
	case RAFT_MSG_PREVOTE:
		raft_election_prevote(r, msg);
		break;
	case RAFT_MSG_VOTE:
		raft_election_vote(r, msg);
		break;
	case RAFT_MSG_PREVOTE_REPLY:
	case RAFT_MSG_VOTE_REPLY:
		raft_election_reply(r, msg);
		break;
	case RAFT_MSG_APPEND:
		if (current)
			raft_follower_append(r, msg, room);
		else
			raft_follower_stale(r, msg);
		break;
	case RAFT_MSG_HEARTBEAT:
		if (current)
			raft_follower_beat(r, msg);
		else
			raft_follower_stale(r, msg);
		break;
	case RAFT_MSG_APPEND_REPLY:
		if (current && r->role == RAFT_LEADER)
			raft_progress_append_reply(r, msg);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		if (current && r->role == RAFT_LEADER)
			raft_progress_beat_reply(r, msg);
		break;
	case RAFT_MSG_FORWARD:
		/* Who does not lead that term cannot know what became of it. */
		if (current && r->role == RAFT_LEADER)
			raft_proposal_forwarded(r, msg, room);
		break;
	case RAFT_MSG_FORWARD_REPLY:
		if (current)
			raft_proposal_answered(r, msg);
		break;
	case RAFT_MSG_SNAPSHOT:
		if (current)
			raft_snapshot_chunk(r, msg);
		else
			raft_follower_stale(r, msg);
		break;
	case RAFT_MSG_SNAPSHOT_REPLY:
		if (current && r->role == RAFT_LEADER)
			raft_progress_snapshot_reply(r, msg);
		break;
	case RAFT_MSG_READ:
		if (current && r->role == RAFT_LEADER)
			raft_read_asked(r, msg);
		break;
	case RAFT_MSG_READ_REPLY:
		if (current)
			raft_read_answered(r, msg);
		break;
	case RAFT_MSG_TIMEOUT_NOW:
		if (current)
			raft_transfer_now(r, msg);
		break;
	default:
		break;
	}
}

static void take_message(struct raft *r, const struct raft_msg *msg, u64 room)
{
	int seat = raft_seat_of(r, msg->from);
	bool member = raft_set_has(r->all & ~r->guests, seat);

	/* The misaddressed must not reach the term (M-10, M-15). */
	if (msg->from == r->self || msg->to != r->self || msg->term > RAFT_TERM_MAX)
		return;
	if (!member && (!listens(r, msg, seat) || raft_recovery_hides(r, msg, seat)))
		return;
	if (seat >= 0)
		r->peers[seat].contact = r->now;
	if (member || leads(msg))
		take_term(r, msg);
	if (!r->halt)
		dispatch(r, msg, room);
}

static void tick(struct raft *r)
{
	raft_read_tick(r);
	raft_transfer_tick(r);
	if (r->role == RAFT_LEADER)
		raft_leader_tick(r);
	else
		raft_election_tick(r);
}

static int take_event(struct raft *r, const struct raft_event *event)
{
	switch (event->type) {
	case RAFT_EV_TICK:
		tick(r);
		break;
	case RAFT_EV_MESSAGE:
		take_message(r, event->message.msg, event->message.room);
		break;
	case RAFT_EV_PROPOSE:
		return raft_proposal_take(r, event);
	case RAFT_EV_SUBMITTED:
		raft_disk_submitted(r, &event->write);
		break;
	case RAFT_EV_WRITTEN:
		raft_disk_written(r, &event->write, event->error);
		break;
	case RAFT_EV_HARD_STATE:
		raft_hard_ended(r, event->hard_seq, event->error);
		break;
	case RAFT_EV_SENT:
		raft_progress_sent(r, event->sent.peer, event->sent.first,
				   event->sent.last, event->sent.bytes);
		break;
	case RAFT_EV_SNAPSHOT:
		raft_snapshot_made(r, event);
		break;
	case RAFT_EV_SNAPSHOT_SENT:
		raft_snapshot_sent(r, event);
		break;
	case RAFT_EV_CHUNK_STORED:
		raft_snapshot_stored(r, event);
		break;
	case RAFT_EV_INSTALLED:
		raft_snapshot_installed(r, event);
		break;
	case RAFT_EV_READ:
		return raft_read_take(r, event->read.handle);
	case RAFT_EV_TRANSFER:
		return raft_transfer_take(r, event->transfer);
	case RAFT_EV_STEP_DOWN:
		if (r->role == RAFT_LEADER)
			raft_leader_end(r, RAFT_CAUSE_ASKED);
		break;
	case RAFT_EV_CHANGE:
		return raft_change_take(r, event);
	case RAFT_EV_RECOVER:
		return raft_recovery_take(r, event);
	default:
		raft_halt(r, RAFT_HALT_CONTRACT, 0, event->type, 0);
		break;
	}
	return 0;
}

/* What a halted engine says at the door. */
static int refusal(const struct raft_event *event)
{
	switch (event->type) {
	case RAFT_EV_PROPOSE:
	case RAFT_EV_CHANGE:
	case RAFT_EV_RECOVER:
	case RAFT_EV_READ:
	case RAFT_EV_TRANSFER:
		return -RAFT_REFUSED_HALTED;
	default:
		return 0;
	}
}

/* The step has halted: nothing it did afterwards counts. */
static int halted(struct raft *r, const struct raft_event *event)
{
	r->fx->n = 2;	/* ROLE and HALT, see raft_halt() */
	r->fx = NULL;
	r->role = RAFT_FOLLOWER;
	r->leader = RAFT_NONE;
	return refusal(event);
}

int raft_step(struct raft *r, u64 now, const struct raft_event *event,
	      struct raft_effects *effects)
{
	int ret;

	effects->n = 0;
	r->now = raft_time_later(now, r->now);
	if (r->halt)
		return refusal(event);
	r->fx = effects;
	r->ntold = 0;
	/* A term raised by raft_init() has not been told yet. */
	raft_role_tell(r, RAFT_CAUSE_START);
	/* Nor a configuration that was found in the log. */
	if (r->untold)
		raft_membership_tell(r);
	ret = take_event(r, event);
	if (r->role == RAFT_LEADER)
		raft_membership_pump(r);
	if (r->halt)
		return halted(r, event);
	raft_hard_flush(r);
	r->fx = NULL;
	return ret;
}

static u64 election_deadline(const struct raft *r)
{
	/* A learner only waits for a leader to fall silent. */
	if (!raft_membership_campaigns(r) && r->leader == RAFT_NONE)
		return RAFT_NEVER;
	if (r->role == RAFT_FOLLOWER)
		return r->election_due;
	return raft_time_earlier(r->election_due, r->resend_due);
}

u64 raft_deadline(const struct raft *r)
{
	u64 due;

	if (r->halt)
		return RAFT_NEVER;
	if (r->hard.dirty)
		return r->now;
	due = raft_time_sooner(raft_read_deadline(r), raft_transfer_deadline(r));
	return raft_time_sooner(due, r->role == RAFT_LEADER ? raft_leader_deadline(r) :
							      election_deadline(r));
}
