// SPDX-License-Identifier: GPL-2.0
/*
 * Effects: carry out what the engine decided, in the order it decided it.
 */
#include "format/config.h"
#include "group_private.h"
#include "trace.h"

static void fx_hard_state(struct quorum_group *g, const struct raft_effect *fx)
{
	int error;

	error = quorum_store_hard(g->store, fx->hard.term, fx->hard.vote, fx->hard.seq);
	/* Reported like any other failed write, from the loop and not from here. */
	if (error)
		quorum_loop_hard_done(g, fx->hard.seq, error);
}

static void fx_truncate(struct quorum_group *g, u64 index)
{
	const struct raft_entry *entry;
	u64 at;
	u32 i;

	quorum_cache_truncate(g->cache, index);
	quorum_readback_truncate(&g->readback, index);
	quorum_store_cut(g->store, index);
	g->store_full = false;
	g->last = index - 1;
	g->submitted = min(g->submitted, g->last);
	g->unsubmitted_bytes = 0;
	for (at = g->submitted + 1; at <= g->last; at++) {
		entry = quorum_cache_peek(g->cache, at, NULL);
		g->unsubmitted_bytes += entry ? entry->size : 0;
	}
	g->durable = min(g->durable, g->last);
	g->recovered_last = min(g->recovered_last, g->last);
	for (i = 0; i < g->ninflight; i++)
		g->inflight[i].vouches = min(g->inflight[i].vouches, g->last);
	/* At once: what follows must not push out what is no longer durable. */
	quorum_pump_hold(g);
}

static void keep(struct quorum_group *g, const struct raft_entry *entry, const void *payload)
{
	/*
	 * Room was checked before the engine saw the event.  If it is missing all
	 * the same, the log in memory no longer is what the engine believes.
	 */
	if (WARN_ON_ONCE(quorum_cache_append(g->cache, entry, payload)))
		quorum_group_fail(g, -ENOBUFS, RAFT_HALT_CONTRACT);
	g->last = entry->index;
	g->unsubmitted_bytes += entry->size;
}

static void append_noop(struct quorum_group *g, const struct raft_effect *fx)
{
	struct raft_entry entry = {
		.index = fx->append.first,
		.term = fx->append.term,
		.type = RAFT_ENTRY_NOOP,
	};

	keep(g, &entry, NULL);
}

/* The engine made it: a change that was asked for, or one that follows by itself. */
static void append_config(struct quorum_group *g, const struct raft_effect *fx)
{
	struct raft_entry entry = {
		.index = fx->append.first,
		.term = fx->append.term,
		.tag = fx->append.tag,
		.type = RAFT_ENTRY_CONFIG,
	};
	u8 buf[RAFT_CONFIG_BYTES_MAX];

	entry.size = config_encode(buf, sizeof(buf), fx->append.config);
	keep(g, &entry, buf);
}

static void append_batch(struct quorum_group *g, const struct raft_effect *fx,
			 struct quorum_waiter **batch)
{
	u32 i;

	for (i = 0; i < fx->append.count; i++) {
		struct quorum_waiter *w = batch[fx->append.skip + i];
		struct raft_entry entry = {
			.index = fx->append.first + i,
			.term = fx->append.term,
			.tag = w->tag,
			.origin = g->params.self,
			.size = w->size,
			.type = w->type,
		};

		keep(g, &entry, w->data);
		quorum_waiters_appended(g, w, fx->append.term);
	}
}

static void append_message(struct quorum_group *g, const struct raft_effect *fx,
			   const struct raft_msg *msg, const u8 *payload)
{
	u32 i;

	for (i = 0; i < fx->append.skip; i++)
		payload += msg->append.entries[i].size;
	for (i = 0; i < fx->append.count; i++) {
		const struct raft_entry *entry = &msg->append.entries[fx->append.skip + i];

		keep(g, entry, payload);
		payload += entry->size;
	}
}

static void append_forwarded(struct quorum_group *g, const struct raft_effect *fx,
			     const struct raft_msg *msg, const void *payload)
{
	struct raft_entry entry = {
		.index = fx->append.first,
		.term = fx->append.term,
		.tag = msg->forward.tag,
		.origin = msg->from,
		.size = msg->forward.size,
		.type = msg->forward.entry_type,
	};

	g->stats.forward_taken++;
	keep(g, &entry, payload);
}

static void fx_append(struct quorum_group *g, const struct raft_effect *fx,
		      const struct effects_source *src)
{
	if (fx->append.noop)
		append_noop(g, fx);
	else if (fx->append.config)
		append_config(g, fx);
	else if (src && src->batch)
		append_batch(g, fx, src->batch);
	else if (src && src->msg && src->msg->type == RAFT_MSG_FORWARD)
		append_forwarded(g, fx, src->msg, src->payload);
	else if (src && src->msg && src->msg->type == RAFT_MSG_APPEND)
		append_message(g, fx, src->msg, src->payload);
	else
		WARN_ON_ONCE(1);
}

/* How long a heartbeat may wait for those of other groups, ns. */
static u64 patience(const struct quorum_group *g)
{
	return raft_get_config(g->raft)->timing.heartbeat / 8;
}

/**
 * quorum_effects_send() - encode a message and send it
 * @g: the group
 * @msg: anything but APPEND (pump.c builds those)
 * @payload: FORWARD: the proposal
 * @size: its bytes
 *
 * Context: only the loop.
 */
void quorum_effects_send(struct quorum_group *g, const struct raft_msg *msg,
			 const void *payload, u32 size)
{
	u8 *buf = quorum_link_buffer(g->link);
	size_t len;

	len = wire_encode(buf, QUORUM_MSG_BYTES_MAX, &g->ident, msg);
	if (WARN_ON_ONCE(!len || len + size > QUORUM_MSG_BYTES_MAX))
		return;
	if (size)
		memcpy(buf + len, payload, size);
	trace_quorum_send(g, msg);
	if ((msg->type == RAFT_MSG_HEARTBEAT && g->patient) ||
	    msg->type == RAFT_MSG_HEARTBEAT_REPLY)
		quorum_link_send_later(g->link, msg->to, len, patience(g));
	else
		quorum_link_send(g->link, msg->to, len + size);
}

static void fx_commit(struct quorum_group *g, u64 commit)
{
	g->commit = commit;
	quorum_apply_committed(g);
}

static void fx_role(struct quorum_group *g, const struct raft_effect *fx)
{
	bool same_role = g->role == fx->role.role;

	if (fx->role.role == RAFT_PRECANDIDATE && !same_role)
		g->stats.elections++;
	if (fx->role.leader && fx->role.leader != g->leader)
		g->stats.leader_changes++;
	if (!same_role)
		WRITE_ONCE(g->role_since, quorum_loop_now());
	WRITE_ONCE(g->role, fx->role.role);
	WRITE_ONCE(g->leader, fx->role.leader);
	WRITE_ONCE(g->term, fx->role.term);
	trace_quorum_role(g, fx->role.cause);
	quorum_group_event(g, QUORUM_EVENT_ROLE);
	/* Proposals that waited for a leader may go now. */
	if (fx->role.leader) {
		quorum_loop_wake(g, LOOP_PROPOSALS);
		quorum_reads_leader(g);
	}
	wake_up_interruptible_poll(&g->readers, EPOLLOUT | EPOLLWRNORM);
}

static void fx_forward(struct quorum_group *g, const struct raft_effect *fx,
		       const struct effects_source *src)
{
	u32 i;

	if (WARN_ON_ONCE(!src || !src->batch))
		return;
	for (i = 0; i < fx->forward.count; i++)
		quorum_waiters_forwarded(g, src->batch[i], fx->forward.term);
}

/*
 * A leader has given back what was missing, or nobody has it any more: the mark on the
 * device goes.  Where this member's device held more than all members together have
 * now, that is said: some of it may have been acknowledged.
 */
static void fx_healed(struct quorum_group *g)
{
	const struct quorum_recovered *found = &g->recovered;

	g->snaps.heal = true;
	g->lost = g->last < found->suspect_last && found->suspect_last > found->suspect_first;
	if (g->lost)
		pr_err("%s: entries from %llu to %llu are damaged here and nobody has them: what was acknowledged of them is lost\n",
		       g->params.name, max(g->last + 1, found->suspect_first), found->suspect_last);
}

static void fx_result(struct quorum_group *g, const struct raft_effect *fx)
{
	if (fx->result.reason == RAFT_COMMITTED)
		quorum_waiters_committed(g, fx->result.tag, fx->result.index,
					 fx->result.term);
	else
		quorum_waiters_refused(g, fx->result.tag, fx->result.reason);
}

/* An operator decided that members are lost for good. */
static void fx_recover(struct quorum_group *g, const struct raft_effect *fx)
{
	if (fx->recover.reason == RAFT_OK)
		pr_warn("%s: recovered by force: node %u goes on in term %llu without its majority\n",
			g->params.name, g->params.self, g->term);
	else
		pr_warn("%s: not recovered: %s\n", g->params.name,
			raft_reason_name(fx->recover.reason));
	quorum_group_recovered(g, fx->recover.reason);
}

static void fx_halt(struct quorum_group *g, const struct raft_effect *fx)
{
	pr_err("%s: halted: %s (index %llu, seen %llu, expected %llu)\n",
	       g->params.name, raft_halt_name(fx->halt.code), fx->halt.index,
	       fx->halt.seen, fx->halt.expected);
	quorum_group_fail(g, fx->halt.code == RAFT_HALT_STORE ? -EIO : -EUCLEAN,
			  fx->halt.code);
}

static void fx_config(struct quorum_group *g, const struct raft_effect *fx)
{
	quorum_snapshots_config(g, fx->config.config);
	quorum_members_changed(g, fx->config.config, fx->config.committed);
	quorum_apply_role(g, fx->config.config);
	WRITE_ONCE(g->election_max, fx->config.config->timing.election_max);
	quorum_group_event(g, QUORUM_EVENT_CONFIG);
}

/* Effects of a snapshot that is received. */
static void fx_install(struct quorum_group *g, const struct raft_effect *fx,
		       const struct effects_source *src)
{
	switch (fx->type) {
	case RAFT_FX_INSTALL:
		quorum_install_begin(g, fx);
		break;
	case RAFT_FX_CHUNK:
		if (!WARN_ON_ONCE(!src || !src->msg || src->msg->type != RAFT_MSG_SNAPSHOT))
			quorum_install_chunk(g, fx, src->payload +
					     src->msg->snapshot.config_bytes);
		break;
	case RAFT_FX_INSTALL_END:
		quorum_install_end(g);
		break;
	case RAFT_FX_INSTALL_ABORT:
		quorum_install_abort(g);
		break;
	default:
		quorum_install_restored(g, fx);
	}
}

static void carry_out(struct quorum_group *g, const struct raft_effect *fx,
		      const struct effects_source *src)
{
	switch (fx->type) {
	case RAFT_FX_HARD_STATE:
		fx_hard_state(g, fx);
		break;
	case RAFT_FX_TRUNCATE:
		fx_truncate(g, fx->truncate);
		break;
	case RAFT_FX_APPEND:
		fx_append(g, fx, src);
		break;
	case RAFT_FX_SEND:
		quorum_effects_send(g, &fx->msg, NULL, 0);
		break;
	case RAFT_FX_COMMIT:
		fx_commit(g, fx->commit);
		break;
	case RAFT_FX_ROLE:
		fx_role(g, fx);
		break;
	case RAFT_FX_FORWARD:
		fx_forward(g, fx, src);
		break;
	case RAFT_FX_RESULT:
		fx_result(g, fx);
		break;
	case RAFT_FX_TRANSFER:
		/* Proposals that were held back meanwhile may go now. */
		quorum_loop_wake(g, LOOP_PROPOSALS);
		quorum_group_transferred(g, fx->transfer.reason);
		break;
	case RAFT_FX_HEALED:
		fx_healed(g);
		break;
	case RAFT_FX_READ:
		quorum_reads_answered(g, fx->read.handle, fx->read.index, fx->read.reason);
		break;
	case RAFT_FX_CONFIG:
		fx_config(g, fx);
		break;
	case RAFT_FX_RECOVER:
		fx_recover(g, fx);
		break;
	case RAFT_FX_FORGET:
		quorum_snapshots_forget(g, fx->forget.index, fx->forget.term);
		break;
	case RAFT_FX_INSTALL:
	case RAFT_FX_CHUNK:
	case RAFT_FX_INSTALL_END:
	case RAFT_FX_INSTALL_ABORT:
	case RAFT_FX_RESTORE:
		fx_install(g, fx, src);
		break;
	case RAFT_FX_HALT:
		fx_halt(g, fx);
		break;
	default:
		WARN_ON_ONCE(1);
	}
}

/**
 * quorum_effects_step() - give the engine an event and carry out its effects
 * @g: the group
 * @ev: the event
 * @src: where payload comes from, NULL if the event has none
 *
 * Context: only the loop, never from within an effect.
 * Return: what raft_step() returned.
 */
int quorum_effects_step(struct quorum_group *g, const struct raft_event *ev,
			const struct effects_source *src)
{
	u32 i;
	int ret;

	g->stats.steps++;
	ret = raft_step(g->raft, quorum_loop_now(), ev, &g->effects);
	for (i = 0; i < g->effects.n; i++)
		carry_out(g, &g->effects.list[i], src);
	return ret;
}
