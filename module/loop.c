// SPDX-License-Identifier: GPL-2.0
/*
 * The loop: a group's one thread, and the only caller of its engine.
 *
 * Interrupts, timers, system calls and workers only set a flag and wake it; it
 * takes what they left in bounded queues and turns it into events.  A turn is:
 *
 *	completions -> datagrams -> proposals -> deadline -> reads -> writes -> appends
 *
 * Datagrams come before the deadline, so that a heartbeat that waited behind a
 * slow turn is heard before the election timer fires (bug P-5).  Writes and
 * appends come last and are pulled, so that whatever gathered during a turn, or
 * during a write in flight, leaves as one batch: group commit without a timer.
 */
#include <linux/sched/mm.h>
#include "format/config.h"
#include "group_private.h"
#include "trace.h"

u64 quorum_loop_now(void)
{
	/* Counts suspend: a node that slept must not trust what it knew. */
	return ktime_get_boottime_ns();
}

/**
 * quorum_loop_wake() - tell the loop that there is something to do
 * @g: the group
 * @flag: what
 *
 * Context: any.
 */
void quorum_loop_wake(struct quorum_group *g, enum loop_flag flag)
{
	/* Set already: the loop has not looked yet, and will. */
	if (!test_and_set_bit(flag, &g->loop.flags))
		wake_up(&g->loop.wait);
}

/* A datagram was queued.  Context: softirq. */
void quorum_loop_rx(void *priv)
{
	quorum_loop_wake(priv, LOOP_RX);
}

/* A (term, vote) write ended.  Context: any, interrupts included. */
void quorum_loop_hard_done(void *priv, u64 seq, int error)
{
	struct quorum_group *g = priv;
	unsigned long flags;

	spin_lock_irqsave(&g->loop.done_lock, flags);
	g->loop.hard_seq = seq;
	if (error)
		g->loop.hard_error = error;
	spin_unlock_irqrestore(&g->loop.done_lock, flags);
	quorum_loop_wake(g, LOOP_DONE);
}

/* A log write ended.  Context: any, interrupts included. */
void quorum_loop_write_done(void *priv, u64 cookie, int error)
{
	struct quorum_group *g = priv;
	struct quorum_loop *loop = &g->loop;
	unsigned long flags;

	spin_lock_irqsave(&loop->done_lock, flags);
	if (!WARN_ON_ONCE(loop->nwrites == RAFT_WRITES_MAX)) {
		loop->writes[loop->nwrites].cookie = cookie;
		loop->writes[loop->nwrites].error = error;
		loop->nwrites++;
	}
	spin_unlock_irqrestore(&loop->done_lock, flags);
	quorum_loop_wake(g, LOOP_DONE);
}

/* A switch of the store ended.  Context: any, interrupts included. */
void quorum_loop_snap_done(void *priv, u64 cookie, int error)
{
	struct quorum_group *g = priv;
	struct quorum_loop *loop = &g->loop;
	unsigned long flags;

	spin_lock_irqsave(&loop->done_lock, flags);
	loop->switches |= BIT(cookie);
	if (error)
		loop->switch_error = error;
	spin_unlock_irqrestore(&loop->done_lock, flags);
	quorum_loop_wake(g, LOOP_DONE);
}

/* What this member acknowledged is damaged.  Context: process. */
void quorum_loop_damaged(void *priv, u64 first)
{
	struct quorum_group *g = priv;

	WRITE_ONCE(g->loop.damaged, true);
	quorum_loop_wake(g, LOOP_DONE);
}

static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct quorum_group *g = container_of(timer, struct quorum_group, loop.timer);

	quorum_loop_wake(g, LOOP_TIMER);
	return HRTIMER_NORESTART;
}

static void hard_state_ended(struct quorum_group *g, u64 seq, int error)
{
	struct raft_event ev = {
		.type = RAFT_EV_HARD_STATE,
		.error = error,
		.hard_seq = seq,
	};

	quorum_effects_step(g, &ev, NULL);
}

/* The store reports in order, so the oldest write in flight is the one. */
static void write_ended(struct quorum_group *g, const struct loop_write_done *done)
{
	struct raft_event ev = { .type = RAFT_EV_WRITTEN, .error = done->error };

	u64 vouches;

	if (WARN_ON_ONCE(!g->ninflight || g->inflight[0].write.seq != done->cookie)) {
		quorum_group_fail(g, -EIO, RAFT_HALT_CONTRACT);
		return;
	}
	ev.write = g->inflight[0].write;
	vouches = g->inflight[0].vouches;
	g->ninflight--;
	memmove(&g->inflight[0], &g->inflight[1], g->ninflight * sizeof(g->inflight[0]));
	if (!done->error)
		g->durable = max(g->durable, vouches);
	trace_quorum_written(g, &ev.write, done->error);
	quorum_effects_step(g, &ev, NULL);
}

/* The store's hard state says something new, or the store has failed. */
static void switches_ended(struct quorum_group *g, unsigned long switches, int error)
{
	if (error) {
		quorum_group_fail(g, error, RAFT_HALT_STORE);
		return;
	}
	if (switches & BIT(SWITCH_HEALED) && !g->lost)
		pr_info("%s: the log is whole again\n", g->params.name);
	quorum_snapshots_switched(g, switches);
}

static void take_completions(struct quorum_group *g)
{
	unsigned long switches;
	int switch_error;
	struct loop_write_done writes[RAFT_WRITES_MAX];
	struct quorum_loop *loop = &g->loop;
	u64 hard_seq;
	u32 n, i;
	int hard_error;

	spin_lock_irq(&loop->done_lock);
	n = loop->nwrites;
	memcpy(writes, loop->writes, n * sizeof(writes[0]));
	loop->nwrites = 0;
	hard_seq = loop->hard_seq;
	hard_error = loop->hard_error;
	loop->hard_seq = 0;
	switches = loop->switches;
	switch_error = loop->switch_error;
	loop->switches = 0;
	spin_unlock_irq(&loop->done_lock);

	if (switches)
		switches_ended(g, switches, switch_error);
	if (hard_seq)
		hard_state_ended(g, hard_seq, hard_error);
	for (i = 0; i < n; i++)
		write_ended(g, &writes[i]);
}

static void take_forward_reply(struct quorum_group *g, const struct raft_msg *msg)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .message.msg = msg };

	quorum_effects_step(g, &ev, NULL);
}

/* What a message says of a configuration; false: not from a sane sender. */
static bool attach_config(struct quorum_group *g, struct raft_msg *msg, const void *payload)
{
	if (msg->type != RAFT_MSG_SNAPSHOT)
		return config_attach(msg, payload, &g->config_in);
	msg->snapshot.config = NULL;
	if (!msg->snapshot.config_bytes)
		return true;
	msg->snapshot.config = &g->config_in;
	return config_kept(payload, msg->snapshot.config_bytes, &g->config_in);
}

/* What early.c has to know of the group. */
static struct early_log early_log(const struct quorum_group *g)
{
	return (struct early_log){
		.follows = g->role == RAFT_FOLLOWER, .leader = g->leader, .term = g->term,
		.last = g->last, .now = quorum_loop_now(),
	};
}

static bool keep_early(struct quorum_group *g, const struct wire_header *hdr,
		       const struct raft_msg *msg, const void *buf, size_t len)
{
	struct early_log log;

	if (msg->type != RAFT_MSG_APPEND)
		return false;
	log = early_log(g);
	return quorum_early_keep(&g->early, &log, hdr, msg, buf, len);
}

/* @early: it may be kept until those before it are there. */
static void take_message(struct quorum_group *g, const struct wire_header *hdr,
			 const void *buf, size_t len, bool early)
{
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };
	struct effects_source src = {};
	struct raft_msg msg;
	enum wire_error error;

	error = wire_decode(buf, len, hdr, &msg, g->entries, &src.payload);
	if (error) {
		quorum_link_malformed(g->link, hdr, error);
		return;
	}
	/* Several configurations, or what is none. */
	if (!attach_config(g, &msg, src.payload)) {
		quorum_link_malformed(g->link, hdr, WIRE_FIELD_BAD);
		return;
	}
	if (early && keep_early(g, hdr, &msg, buf, len))
		return;
	trace_quorum_message(g, &msg);
	if (msg.type == RAFT_MSG_FORWARD_REPLY) {
		take_forward_reply(g, &msg);
		return;
	}
	/* No room in memory passes: the origin sends it again. */
	if (msg.type == RAFT_MSG_FORWARD && quorum_cache_room(g->cache) < msg.forward.size) {
		quorum_link_no_room(g->link, hdr);
		return;
	}
	ev.message.msg = &msg;
	ev.message.room = msg.type == RAFT_MSG_FORWARD ? quorum_pump_room(g) :
							 quorum_cache_room(g->cache);
	src.msg = &msg;
	quorum_effects_step(g, &ev, &src);
}

/* What came before those which precede it, if these are there now, or it took too long. */
static void take_early(struct quorum_group *g)
{
	struct early_append *e;
	struct early_log log;
	bool stays;

	while (g->early.n) {
		log = early_log(g);
		e = quorum_early_next(&g->early, &log, &stays);
		if (!e)
			break;
		take_message(g, &e->hdr, e->buf, e->len, false);
		if (!stays)
			kvfree(e);
	}
}

static void take_datagrams(struct quorum_group *g)
{
	struct wire_header hdr;
	const void *buf;
	size_t len;
	int budget = QUORUM_RX_QUEUE_MAX;

	while (budget-- && quorum_link_recv(g->link, &hdr, &buf, &len)) {
		take_message(g, &hdr, buf, len, true);
		take_early(g);
		if (!(budget % 64))
			cond_resched();
	}
	take_early(g);
	if (budget < 0)
		quorum_loop_wake(g, LOOP_RX);
}

static void take_deadline(struct quorum_group *g)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	if (quorum_loop_now() < raft_deadline(g->raft))
		return;
	/* Nobody waits for what the clock alone demands. */
	g->patient = true;
	quorum_effects_step(g, &ev, NULL);
	g->patient = false;
}

/* Set the timer to the engine's deadline or the next resend, if it changed. */
static void arm_timer(struct quorum_group *g, u64 resend)
{
	struct quorum_loop *loop = &g->loop;
	u64 deadline = min(raft_deadline(g->raft), resend);

	if (deadline == loop->armed && hrtimer_active(&loop->timer))
		return;
	loop->armed = deadline;
	if (deadline == RAFT_NEVER)
		hrtimer_cancel(&loop->timer);
	else
		hrtimer_start(&loop->timer, ns_to_ktime(min_t(u64, deadline, KTIME_MAX)),
			      HRTIMER_MODE_ABS);
}

static void answer_info(struct quorum_group *g)
{
	struct raft_status *info = g->loop.info;

	if (!info)
		return;
	g->loop.info = NULL;
	raft_get_status(g->raft, info);
	*g->loop.info_config = *raft_get_config(g->raft);
	complete(&g->loop.info_done);
}

static void answer_ask(struct quorum_group *g)
{
	struct quorum_loop *loop = &g->loop;
	const struct raft_event *ev = loop->ask;

	if (!ev)
		return;
	loop->ask = NULL;
	loop->ask_ret = g->state == QUORUM_STATE_FAILED ? -RAFT_REFUSED_HALTED :
							  quorum_effects_step(g, ev, NULL);
	complete(&loop->ask_done);
}

/**
 * quorum_loop_ask() - have the engine take an event of a user
 * @g: a group whose thread runs, @g->parts or @g->lock held
 * @ev: the event
 *
 * For what is rare; it waits for a turn of the loop and for no more.
 * Context: process, sleeps.
 * Return: what raft_step() returned.
 */
int quorum_loop_ask(struct quorum_group *g, const struct raft_event *ev)
{
	struct quorum_loop *loop = &g->loop;
	int ret;

	mutex_lock(&loop->ask_lock);
	reinit_completion(&loop->ask_done);
	/* Ordered by test_and_set_bit() here and xchg() in the loop. */
	WRITE_ONCE(loop->ask, ev);
	quorum_loop_wake(g, LOOP_ASK);
	wait_for_completion(&loop->ask_done);
	ret = loop->ask_ret;
	mutex_unlock(&loop->ask_lock);
	return ret;
}

static void turn(struct quorum_group *g)
{
	u64 resend;

	/* Cleared before looking: what arrives meanwhile wakes us once more. */
	xchg(&g->loop.flags, 0);
	g->stats.wakeups++;
	if (g->state == QUORUM_STATE_FAILED) {
		/* Silent to peers and to the device, whatever failed it. */
		answer_info(g);
		answer_ask(g);
		return;
	}

	if (READ_ONCE(g->loop.damaged)) {
		/* It must not count for what it has lost.  The next start heals. */
		WRITE_ONCE(g->loop.damaged, false);
		quorum_group_heal(g);
		return;
	}
	take_completions(g);
	take_datagrams(g);
	/* What was read back for it meanwhile. */
	if (atomic64_read(&g->applied) < g->commit)
		quorum_apply_committed(g);
	quorum_waiters_offer(g);
	answer_ask(g);
	take_deadline(g);
	resend = quorum_reads_offer(g);
	resend = min(resend, quorum_members_turn(g, quorum_loop_now()));
	quorum_snapshots_turn(g);
	quorum_pump_writes(g);
	quorum_pump_appends(g);
	quorum_store_committed(g->store, g->commit);
	resend = min(resend, quorum_waiters_resend(g, quorum_loop_now()));
	resend = min(resend, quorum_tick(g, quorum_loop_now()));
	resend = min(resend, quorum_link_due(g->link));
	resend = min(resend, quorum_early_due(&g->early));
	answer_info(g);
	arm_timer(g, resend);
}

static int loop_main(void *data)
{
	struct quorum_group *g = data;
	struct quorum_loop *loop = &g->loop;
	unsigned int noio = memalloc_noio_save();

	/* The log may carry what memory reclaim waits for: never the reverse. */
	while (!kthread_should_stop()) {
		turn(g);
		cond_resched();
		wait_event_idle(loop->wait, READ_ONCE(loop->flags) || kthread_should_stop());
	}
	memalloc_noio_restore(noio);
	return 0;
}

void quorum_loop_init(struct quorum_loop *loop)
{
	init_waitqueue_head(&loop->wait);
	spin_lock_init(&loop->done_lock);
	mutex_init(&loop->info_lock);
	init_completion(&loop->info_done);
	mutex_init(&loop->ask_lock);
	init_completion(&loop->ask_done);
	hrtimer_init(&loop->timer, CLOCK_BOOTTIME, HRTIMER_MODE_ABS);
	loop->timer.function = timer_expired;
}

/**
 * quorum_loop_start() - start the group's thread
 * @g: a group with all its parts
 */
int quorum_loop_start(struct quorum_group *g)
{
	struct quorum_loop *loop = &g->loop;
	struct task_struct *task;

	loop->flags = 0;
	loop->nwrites = 0;
	loop->hard_seq = 0;
	loop->hard_error = 0;
	loop->switches = 0;
	loop->switch_error = 0;
	loop->damaged = false;
	loop->armed = RAFT_NEVER;
	task = kthread_create(loop_main, g, "quorum/%s", g->params.name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	/* Heartbeats must leave in time whatever user space does. */
	sched_set_fifo_low(task);
	get_task_struct(task);
	loop->task = task;
	wake_up_process(task);
	return 0;
}

/**
 * quorum_loop_stop() - end the group's thread
 * @g: the group
 *
 * Afterwards nothing calls the engine.  Datagrams and completions may still set
 * flags; nobody looks.
 */
void quorum_loop_stop(struct quorum_group *g)
{
	struct quorum_loop *loop = &g->loop;

	if (!loop->task)
		return;
	kthread_stop(loop->task);
	put_task_struct(loop->task);
	loop->task = NULL;
	hrtimer_cancel(&loop->timer);
}
