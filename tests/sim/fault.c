// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong, and the end of it.
 *
 * Everything passes but damage: a node whose device is refused stays away until
 * it is replaced, and never so many of them that the rest is no quorum.
 */
#include "sim.h"

static const char * const names[FAULT_NR] = {
	[FAULT_CRASH] = "crash", [FAULT_CRASH_WRITE] = "crash at a write",
	[FAULT_START] = "start", [FAULT_STOP] = "stop", [FAULT_CUT] = "cut",
	[FAULT_ISOLATE] = "isolate", [FAULT_SPLIT] = "split", [FAULT_HEAL] = "heal",
	[FAULT_CLOG] = "clog", [FAULT_HANG] = "hang", [FAULT_RELEASE] = "release",
	[FAULT_PAUSE] = "pause", [FAULT_RESUME] = "resume", [FAULT_EIO] = "write error",
	[FAULT_READ] = "read error", [FAULT_ROT] = "rot", [FAULT_JUMP] = "clock jump",
	[FAULT_TICK] = "early tick", [FAULT_STEP_DOWN] = "step down",
	[FAULT_TRANSFER] = "transfer", [FAULT_CHANGE] = "change of members",
	[FAULT_SNAPSHOT] = "snapshot", [FAULT_CHUNK] = "chunk not stored",
	[FAULT_WIPE] = "wipe", [FAULT_MAJORITY] = "majority given up",
	[FAULT_FLUSH] = "flush that does nothing", [FAULT_MISDIRECT] = "write misdirected",
};

const char *fault_name(u32 fault)
{
	return names[fault];
}

static bool is_spoilt(const struct world *w, u32 id)
{
	return w->nodes[id]->phase == SIM_BROKEN || w->nodes[id]->disk.damaged ||
	       w->nodes[id]->store.hard.suspect || w->replacing >> id & 1;
}

/* One that has not heard of another's new device does not vote for that (seed 52878). */
static bool is_deaf(const struct world *w, const struct raft_config *config, u32 id)
{
	u32 other;

	for (other = 1; other <= w->n; other++)
		if (config_votes(config, other) && !is_spoilt(w, other) &&
		    w->nodes[id]->known[other] != w->nodes[other]->incarnation)
			return true;
	return false;
}

/* How many voters are; without a configuration, how many nodes. */
static u32 spoilt(const struct world *w, const struct raft_config *config)
{
	u32 n = 0, id;

	for (id = 1; id <= w->n; id++) {
		if (!config)
			n += is_spoilt(w, id);
		else if (config_votes(config, id))
			n += is_spoilt(w, id) || is_deaf(w, config, id);
	}
	return n;
}

static u64 while_it_lasts(struct world *w)
{
	return w->now + world_between(w, w->draw.heartbeat, 8 * w->draw.election_max);
}

static void cut_both(struct world *w, u32 a, u32 b, u64 until)
{
	if (a == b)
		return;
	w->cut[a][b] = until;
	w->cut[b][a] = until;
}

static void split(struct world *w, u32 group, u64 until)
{
	u32 a, b;

	for (a = 1; a <= w->n; a++)
		for (b = 1; b < a; b++)
			if ((group >> a & 1) != (group >> b & 1))
				cut_both(w, a, b, until);
}

static void pause(struct world *w, struct sim_node *node)
{
	if (node->phase != SIM_UP)
		return;
	node->paused = true;
	sim_seen(w, SEEN_PAUSED);
}

/* Forward only: it is a monotonic clock that counts suspend. */
static void set_ahead(struct world *w, struct sim_node *node)
{
	node->clock_base = node_now(w, node) + world_random(w, 4 * w->draw.election_max);
	node->clock_at = w->now;
	node->tick_at = 0;
}

/* All that waited is taken at once, late; the clock may have jumped as well. */
static void resume(struct world *w, struct sim_node *node)
{
	if (!node->paused)
		return;
	node->paused = false;
	if (!w->healed && w->draw.weight[FAULT_JUMP] && world_random(w, 2)) {
		set_ahead(w, node);
		sim_seen(w, SEEN_JUMP_AT_RESUME);
	}
	if (node->phase == SIM_UP)
		node_tick(w, node);
}

static void jump(struct world *w, struct sim_node *node)
{
	set_ahead(w, node);
	if (node->phase == SIM_UP && !node->paused)
		node_tick(w, node);
}

/* A deadline before its time, which has to be harmless. */
static void early(struct world *w, struct sim_node *node)
{
	if (node->phase == SIM_UP && !node->paused)
		node_tick(w, node);
}

static void stop(struct world *w, struct sim_node *node)
{
	if (node->phase != SIM_UP || node->paused || node->disk.hang || node->halt)
		return;
	node->phase = SIM_STOPPING;
	hard_stop(w, node);
}

static void step_down(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_STEP_DOWN };

	if (node->phase != SIM_UP || node->paused)
		return;
	node_step(w, node, &ev, NULL);
	node_turn(w, node);
}

static struct sim_node *leader_or(struct world *w, struct sim_node *node)
{
	u32 id;

	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->phase == SIM_UP && w->nodes[id]->role == RAFT_LEADER)
			node = w->nodes[id];
	return node;
}

/* Any change of one or two members, sensible or not: refusals are part of it. */
static void change(struct world *w, struct sim_node *node)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct raft_change list[2] = {};
	u32 i;
	int ret;

	node = leader_or(w, node);
	/* One that is damaged may be one too many for other members. */
	if (node->phase != SIM_UP || node->paused || node->history != w->check->newest ||
	    w->forced.stage == FORCED_WANTED || spoilt(w, NULL))
		return;
	ev.change.list = list;
	ev.change.count = 1 + (u32)world_random(w, 2);
	for (i = 0; i < ev.change.count; i++) {
		list[i].op = RAFT_CHANGE_ADD + (u8)world_random(w, RAFT_CHANGE_REMOVE);
		list[i].member.id = 1 + (u32)world_random(w, w->n);
		if (w->nodes[list[i].member.id]->witness)
			list[i].member.roles = RAFT_M_WITNESS;
		if (list[i].op != RAFT_CHANGE_REMOVE &&
		    !forced_may_add(w, node, list[i].member.id))
			return;
		list[i].member.incarnation = w->nodes[list[i].member.id]->incarnation;
	}
	ev.change.joint = world_random(w, 2);
	ev.change.seen = node->config.index - (world_random(w, 16) == 0);
	ev.change.tag = node_tag(node);
	ev.change.room = store_room(w, node);
	ret = node_step(w, node, &ev, NULL);
	if (ret >= 0)
		sim_seen(w, SEEN_CHANGED);
	sim_log(w, node->id, "is asked to change: %s", ret < 0 ? raft_reason_name((u8)-ret) : "yes");
	node_turn(w, node);
}

static void transfer(struct world *w, struct sim_node *node, u32 target)
{
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };

	node = leader_or(w, node);
	if (node->phase != SIM_UP || node->paused)
		return;
	ev.transfer = world_random(w, 3) ? target : RAFT_NONE;
	node_step(w, node, &ev, NULL);
	node_turn(w, node);
}

/*
 * The members, if all who run agree on them, and on nothing that may yet be undone.
 * A log that lies about may name others; but who would be elected by those has votes
 * of a quorum of these too, and nobody is asked for a change until all is well again.
 */
static const struct raft_config *ruling(struct world *w)
{
	const struct sim_node *leader = leader_or(w, NULL);
	u32 id;

	if (!w->draw.spare)
		return &w->config;
	if (!leader || leader->config.index > leader->commit ||
	    raft_config_joint(&leader->config))
		return NULL;
	for (id = 1; id <= w->n; id++)
		if (w->nodes[id]->phase == SIM_UP &&
		    w->nodes[id]->config.index != leader->config.index)
			return NULL;
	return &leader->config;
}

/* May this one lose something, and the others still have all of it? */
bool fault_may_spoil(struct world *w, const struct sim_node *node)
{
	const struct raft_config *config;

	if (node->disk.damaged || !node->lives || node->store.hard.suspect ||
	    w->replacing >> node->id & 1 || w->forced.stage)
		return false;
	config = ruling(w);
	return config && (!config_votes(config, node->id) ||
			  spoilt(w, config) < config_spare(config));
}

/* New devices know the first members only: so many of those would be another group. */
static bool too_fresh(const struct world *w, const struct sim_node *node)
{
	raft_set fresh = (raft_set)(1U << node->id);
	u32 id;

	for (id = 1; id <= w->n; id++)
		if (w->fresh >> id & 1 && !w->nodes[id]->store.view_last &&
		    !w->nodes[id]->store.view_hard.base_index)
			fresh |= (raft_set)(1U << id);
	return config_elects(&w->config, fresh) || config_commits(&w->config, fresh);
}

/* Its device is gone; an empty one takes its place. */
static void wipe(struct world *w, struct sim_node *node)
{
	if (node->phase == SIM_BROKEN || !fault_may_spoil(w, node) || too_fresh(w, node))
		return;
	sim_seen(w, SEEN_WIPED);
	w->seen[SEEN_WIPED_CHANGING] += w->draw.spare > 0;
	w->fresh |= 1U << node->id;
	if (node->phase != SIM_DOWN)
		node_crash(w, node, true);
	sim_log(w, node->id, "has a new device");
	store_wipe(w, node);
	check_wiped(w, node);
	if (!w->replacing)
		world_add(w, w->now + w->draw.heartbeat, SIM_ADMIN, 0, 0, NULL);
	w->replacing |= 1U << node->id;
}

/* Has the group taken it back, with its new device, as what it was? */
static bool taken_back(const struct world *w, const struct sim_node *leader,
		       const struct sim_node *node)
{
	const struct raft_member *m = raft_config_find(&leader->config, node->id);

	return m && m->incarnation == node->incarnation && !(m->roles & RAFT_M_AUTO) &&
	       leader->config.index <= leader->commit && !raft_config_joint(&leader->config);
}

/* Whoever looks after the group has lost devices replaced, one at a time. */
void fault_admin(struct world *w)
{
	struct raft_change list = { .op = RAFT_CHANGE_REPLACE };
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct sim_node *leader = leader_or(w, w->nodes[1]);
	const struct raft_member *m;
	u32 id;

	for (id = 1; id <= w->n; id++) {
		if (!(w->replacing >> id & 1) || leader->phase != SIM_UP || leader->paused ||
		    leader->role != RAFT_LEADER)
			continue;
		m = raft_config_find(&leader->config, id);
		if (taken_back(w, leader, w->nodes[id])) {
			sim_log(w, id, "is a member again");
			w->replacing &= ~(1U << id);
			w->replaced++;
		} else if (!m && leader->config.index <= leader->commit &&
			   !raft_config_joint(&leader->config)) {
			sim_log(w, id, "is no member any more");
			w->replacing &= ~(1U << id);
		} else if (m && m->incarnation != w->nodes[id]->incarnation) {
			list.member.id = id;
			list.member.incarnation = w->nodes[id]->incarnation;
			ev.change.list = &list;
			ev.change.count = 1;
			ev.change.seen = leader->config.index;
			ev.change.tag = node_tag(leader);
			ev.change.room = store_room(w, leader);
			node_step(w, leader, &ev, NULL);
			node_turn(w, leader);
			break;
		}
	}
	if (w->replacing)
		world_add(w, w->now + 4 * w->draw.heartbeat, SIM_ADMIN, 0, 0, NULL);
}

/* To recovery a snapshot that cannot be read is a damaged one. */
static void read_error(struct world *w, struct sim_node *node)
{
	const struct sim_store *s = &node->store;
	bool any = s->hard.snap_area || (s->doubt && s->doubt_hard.snap_area);

	if (node->phase != SIM_DOWN || (any && !fault_may_spoil(w, node)))
		return;
	if (any)
		node->disk.damaged = true;
	sim_seen(w, SEEN_READ_ERROR);
	node->disk.read_error = 1 + (u32)world_random(w, 12);
}

static void rot(struct world *w, struct sim_node *node)
{
	if (node->phase != SIM_DOWN || !fault_may_spoil(w, node))
		return;
	sim_log(w, node->id, "rots");
	disk_rot(w, node);
}

/* One that was halted by its store is down as soon as somebody looks at it. */
void fault_start(struct world *w, struct sim_node *node)
{
	if (w->forced.lost >> node->id & 1)
		return;
	if (node->phase == SIM_UP && node->halt)
		node_crash(w, node, false);
	if (node->phase == SIM_DOWN)
		node_start(w, node);
}

/* What goes wrong with devices, and what is kept on them. */
static void strike_disk(struct world *w, u32 fault, struct sim_node *node)
{
	switch (fault) {
	case FAULT_HANG:
		node->disk.hang = true;
		sim_seen(w, SEEN_HUNG);
		break;
	case FAULT_FLUSH:
		node->disk.lies = true;
		node->disk.lying_mirror = (u8)world_random(w, DISK_MIRRORS);
		break;
	case FAULT_MISDIRECT:
		if (node->phase == SIM_DOWN && fault_may_spoil(w, node))
			disk_misdirect(w, node);
		break;
	case FAULT_RELEASE:
		disk_release(w, node);
		break;
	case FAULT_EIO:
		node->disk.fail_next = 1 + (u32)world_random(w, 8);
		break;
	case FAULT_READ:
		read_error(w, node);
		break;
	case FAULT_ROT:
		rot(w, node);
		break;
	case FAULT_SNAPSHOT:
		snapshot_take(w, node);
		break;
	case FAULT_CHUNK:
		node->chunk_fails = true;
		break;
	case FAULT_WIPE:
		wipe(w, node);
		break;
	}
}

static void strike(struct world *w, u32 fault, struct sim_node *node)
{
	u32 other = 1 + (u32)world_random(w, w->n);
	u64 until = while_it_lasts(w);

	switch (fault) {
	case FAULT_CRASH:
		if (node->phase != SIM_DOWN && node->phase != SIM_BROKEN)
			node_crash(w, node, world_random(w, 2));
		break;
	case FAULT_CRASH_WRITE:
		node->disk.crash_in = 1 + (u32)world_random(w, 12);
		break;
	case FAULT_START:
		fault_start(w, node);
		break;
	case FAULT_STOP:
		stop(w, node);
		break;
	case FAULT_CUT:
		w->cut[node->id][other] = until;
		break;
	case FAULT_ISOLATE:
		split(w, 1U << node->id, until);
		break;
	case FAULT_SPLIT:
		split(w, (u32)world_random(w, 1U << (w->n + 1)), until);
		break;
	case FAULT_HEAL:
		memset(w->cut, 0, sizeof(w->cut));
		break;
	case FAULT_CLOG:
		w->clog[node->id][other] = until;
		break;
	case FAULT_PAUSE:
		pause(w, node);
		break;
	case FAULT_RESUME:
		resume(w, node);
		break;
	case FAULT_JUMP:
		jump(w, node);
		break;
	case FAULT_TICK:
		early(w, node);
		break;
	case FAULT_STEP_DOWN:
		step_down(w, node);
		break;
	case FAULT_TRANSFER:
		transfer(w, node, other);
		break;
	case FAULT_CHANGE:
		change(w, node);
		break;
	case FAULT_MAJORITY:
		forced_begin(w, node);
		break;
	default:
		strike_disk(w, fault, node);
		break;
	}
}

void fault_act(struct world *w)
{
	struct sim_node *node = w->nodes[1 + world_random(w, w->n)];
	u32 sum = 0, i, nth;

	if (w->healed)
		return;
	world_add(w, w->now + world_random(w, 2 * w->draw.fault_every), SIM_FAULT, 0, 0, NULL);
	for (i = 0; i < FAULT_NR; i++)
		sum += w->draw.weight[i];
	nth = (u32)world_random(w, sum);
	for (i = 0; nth >= w->draw.weight[i]; i++)
		nth -= w->draw.weight[i];
	sim_log(w, node->id, "fault: %s", names[i]);
	w->steps_of[i]++;
	strike(w, i, node);
}

/* Nothing goes wrong any more, and everything that can be started is. */
void fault_heal(struct world *w)
{
	struct sim_draw *d = &w->draw;
	u32 id;

	sim_log(w, 0, "faults end");
	w->healed = true;
	memset(w->cut, 0, sizeof(w->cut));
	memset(w->clog, 0, sizeof(w->clog));
	d->delay_max = min(d->delay_max, d->heartbeat / 4);
	d->delay_min = min(d->delay_min, d->delay_max);
	d->disk_max = min(d->disk_max, d->heartbeat / 4);
	d->disk_min = min(d->disk_min, d->disk_max);
	d->turn_max = min(d->turn_max, d->heartbeat / 4);
	d->apply_max = min(d->apply_max, d->heartbeat / 4);
	for (id = 1; id <= w->n; id++) {
		struct sim_node *node = w->nodes[id];

		node->disk.fail_next = 0;
		node->disk.read_error = 0;
		node->disk.crash_in = 0;
		node->disk.lies = false;
		disk_release(w, node);
		resume(w, node);
		world_add(w, w->now, SIM_START, (u8)id, 0, NULL);
	}
}

/* All that can run agree, and nothing is held any more (bug D-12). */
bool fault_settled(struct world *w)
{
	struct sim_node *leader = NULL;
	struct raft_status st;
	u32 id;

	for (id = 1; id <= w->n; id++) {
		struct sim_node *node = w->nodes[id];

		if (node->phase == SIM_UP && node->role == RAFT_LEADER &&
		    node->history == w->check->newest &&
		    (!leader || node->term > leader->term))
			leader = node;
	}
	if (!leader || !forced_settled(w, leader) || w->replacing ||
	    raft_config_joint(&leader->config))
		return false;
	for (id = 1; id <= w->n; id++) {
		const struct sim_node *node = w->nodes[id];

		if (node->phase == SIM_BROKEN || !config_takes_part(&leader->config, id))
			continue;
		if (node->phase != SIM_UP || node->halt)
			return false;
		raft_get_status(node->raft, &st);
		if (node->commit != leader->last || node->last != node->commit ||
		    node->applied != node->commit || st.leader != leader->id ||
		    st.uncommitted_bytes || st.durable_index != node->last)
			return false;
	}
	return true;
}
