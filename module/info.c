// SPDX-License-Identifier: GPL-2.0
/*
 * What readers and people may see of a group: entries, events to wait for, status.
 */
#include <linux/sched/signal.h>
#include "group_private.h"

static int not_readable(const struct quorum_group *g)
{
	u8 state = READ_ONCE(g->state);

	if (READ_ONCE(g->deleted))
		return -ENODEV;
	if (state == QUORUM_STATE_STOPPED || state == QUORUM_STATE_STARTING)
		return -ESHUTDOWN;
	return 0;
}

static u64 applied(const struct quorum_group *g)
{
	return atomic64_read(&g->applied);
}

static u64 base(const struct quorum_group *g)
{
	return atomic64_read(&g->base);
}

/* From the cache, else from the device: what left the cache is durable. */
static int fetch(struct quorum_group *g, u64 index, struct raft_entry *entry, void *buf,
		 u32 size)
{
	int error;

	error = quorum_cache_copy(g->cache, index, entry, buf, size);
	if (error != -ENOENT)
		return error;
	/* The store wants room for the largest entry, whatever this one is. */
	if (size < QUORUM_ENTRY_BYTES_MAX)
		return -EMSGSIZE;
	return quorum_store_read(g->store, index, entry, buf);
}

int quorum_group_read(struct quorum_group *g, u64 *index, struct raft_entry *entry,
		      void *buf, u32 size)
{
	int error;

	if (down_read_killable(&g->parts))
		return -EINTR;
	error = not_readable(g);
	if (!error && READ_ONCE(g->blind))
		error = -EOPNOTSUPP;
	if (error)
		goto out;
	/* 0 is before the first, whichever that is. */
	if (!*index)
		*index = base(g) + 1;
	error = -EAGAIN;
	while (*index <= applied(g)) {
		if (fatal_signal_pending(current)) {
			error = -EINTR;
			break;
		}
		error = fetch(g, *index, entry, buf, size);
		/* Looked at last: what went meanwhile may have been written over. */
		if (*index <= base(g))
			error = -ESTALE;
		if (error)
			break;
		++*index;
		if (entry->type == RAFT_ENTRY_DATA || entry->type == RAFT_ENTRY_SESSION)
			break;
		error = -EAGAIN;
	}
	/* What a failed group has can be read; more will not come. */
	if (error == -EAGAIN && READ_ONCE(g->state) == QUORUM_STATE_FAILED)
		error = -EIO;
out:
	up_read(&g->parts);
	return error;
}

static bool readable(const struct quorum_group *g, u64 index)
{
	return atomic64_read(&g->last_data) >= index || not_readable(g) ||
	       READ_ONCE(g->blind) || READ_ONCE(g->state) == QUORUM_STATE_FAILED;
}

int quorum_group_wait(struct quorum_group *g, u64 index, u64 timeout_ns)
{
	long left;

	if (!timeout_ns)
		return wait_event_interruptible(g->readers, readable(g, index));
	left = wait_event_interruptible_timeout(g->readers, readable(g, index),
						quorum_timeout_jiffies(timeout_ns));
	return left < 0 ? left : left ? 0 : -ETIME;
}

__poll_t quorum_group_poll(struct quorum_group *g, struct file *file, poll_table *wait,
			   u64 index)
{
	const struct quorum_waiters *ws = &g->waiters;
	__poll_t mask = 0;

	poll_wait(file, &g->readers, wait);
	poll_wait(file, &g->waiters.room, wait);
	if (not_readable(g))
		return EPOLLHUP | EPOLLERR;
	if (atomic64_read(&g->last_data) >= index)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(g->state) == QUORUM_STATE_FAILED)
		return mask | EPOLLERR;
	if (READ_ONCE(g->leader) && READ_ONCE(ws->count) < QUORUM_INBOX_PROPOSALS_MAX &&
	    READ_ONCE(ws->bytes) + QUORUM_ENTRY_BYTES_MAX <= QUORUM_INBOX_BYTES_MAX)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

void quorum_group_bounds(struct quorum_group *g, u64 *first, u64 *end)
{
	/* Of a stopped one nobody knows: from its first on, whichever that will be. */
	*first = not_readable(g) ? 0 : base(g) + 1;
	*end = applied(g) + 1;
}

static void describe(struct quorum_group *g, struct quorum_group_info *info)
{
	const struct quorum_genesis *genesis = &g->params.genesis;

	memset(info, 0, sizeof(*info));
	memcpy(info->name, g->params.name, sizeof(info->name));
	memcpy(info->device, g->params.device, sizeof(info->device));
	memcpy(info->sm, g->params.sm, sizeof(info->sm));
	info->genesis = *genesis;
	genesis_config(genesis, &info->config);
	info->unsealed = g->params.unsealed;
	info->secret = g->params.secret;
	info->snapshot_entries = g->params.snapshot_entries;
	info->tail_suspect = g->params.tail_suspect;
	spin_lock(&g->where);
	info->listen = g->params.listen;
	spin_unlock(&g->where);
	info->self = g->params.self;
	info->state = READ_ONCE(g->ending) ? QUORUM_STATE_STOPPING : READ_ONCE(g->state);
	info->error = READ_ONCE(g->error);
	info->now = quorum_loop_now();
}

/* Only the loop may look at the engine, so it is asked to. */
static void ask_loop(struct quorum_group *g, struct raft_status *status,
		     struct raft_config *config)
{
	mutex_lock(&g->loop.info_lock);
	reinit_completion(&g->loop.info_done);
	/* Ordered by test_and_set_bit() here and xchg() in the loop. */
	g->loop.info_config = config;
	WRITE_ONCE(g->loop.info, status);
	quorum_loop_wake(g, LOOP_INFO);
	wait_for_completion(&g->loop.info_done);
	mutex_unlock(&g->loop.info_lock);
}

static void describe_parts(struct quorum_group *g, struct quorum_group_info *info)
{
	u32 i;

	memcpy(info->message, g->message, sizeof(info->message));
	/* The thread runs from before @parts is released until it is taken to stop. */
	if (g->loop.task) {
		ask_loop(g, &info->raft, &info->config);
		if (info->state == QUORUM_STATE_FAILED) {
			/* Whatever the engine believes, it is not asked any more. */
			info->raft.role = RAFT_FOLLOWER;
			info->raft.leader = RAFT_NONE;
		}
		info->incarnation = quorum_store_incarnation(g->store);
		info->epoch = g->recovered.epoch;
		info->recovered = g->recovered;
		info->applied = applied(g);
		info->first_index = base(g) + 1;
		info->snapshot_taking = READ_ONCE(g->snaps.stage) != SNAP_NONE;
		info->snapshot_taken = READ_ONCE(g->snaps.taken);
		info->snapshot_error = READ_ONCE(g->snaps.last_error);
		info->role_since = READ_ONCE(g->role_since);
		quorum_store_get_stats(g->store, &info->store);
		quorum_link_get_stats(g->link, &info->link);
		for (i = 0; i < info->config.n; i++) {
			u32 id = info->config.members[i].id;

			info->incarnations[i] = quorum_link_incarnation(g->link, id);
			info->shown[i] = quorum_link_shown(g->link, id);
			quorum_link_heard_at(g->link, id, &info->heard_at[i]);
		}
	}
}

void quorum_group_get_info(struct quorum_group *g, struct quorum_group_info *info)
{
	u32 i;

	describe(g, info);
	/* A stop may wait for a device that hangs: nobody waits with it, who can help it. */
	if (info->state != QUORUM_STATE_STOPPING) {
		if (down_read_killable(&g->parts))
			return;
		describe_parts(g, info);
		up_read(&g->parts);
	}
	for (i = 0; i < info->config.n; i++)
		quorum_members_address(g, &info->config.members[i], &info->addrs[i]);
	info->stats = g->stats;
}
