// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots that user space hands in: of groups whose machine is `log`, where the
 * kernel does not know the state.
 *
 * A file asks for one (begin), and is told the index that it has to stand for; it
 * gives the bytes (write), and says when these are all (commit).  The worker of
 * snapshots.c takes them one buffer at a time and otherwise sees no difference to a
 * state that it reads itself.  It waits for user space, and so do these calls for it:
 * with nothing held then but @handin->call, which serialises them, and are woken when
 * the group stops, when the file is closed, and when a leader's snapshot takes the
 * worker away.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "group_private.h"

void quorum_handin_init(struct quorum_handin *h)
{
	mutex_init(&h->call);
	spin_lock_init(&h->lock);
	init_waitqueue_head(&h->wait);
}

void quorum_handin_free(struct quorum_handin *h)
{
	kvfree(h->data);
	mutex_destroy(&h->call);
}

static u8 stage_of(const struct quorum_handin *h)
{
	/* Pairs with the releases where it is set: what goes with it is there. */
	return smp_load_acquire(&h->stage);
}

/* Change the stage, if it is still the one that was seen. */
static bool advance(struct quorum_handin *h, u8 from, u8 to)
{
	bool done = false;

	spin_lock(&h->lock);
	if (h->stage == from) {
		/* Pairs with stage_of(). */
		smp_store_release(&h->stage, to);
		done = true;
	}
	spin_unlock(&h->lock);
	wake_up_all(&h->wait);
	return done;
}

/**
 * quorum_handin_end() - it is in force, or comes to nothing
 * @g: the group
 * @error: 0 or why
 *
 * Context: process.
 */
void quorum_handin_end(struct quorum_group *g, int error)
{
	struct quorum_handin *h = &g->handin;

	spin_lock(&h->lock);
	if (h->stage != HANDIN_NONE) {
		h->error = error;
		h->ended = h->owner;
		h->owner = NULL;
		/* Pairs with stage_of(). */
		smp_store_release(&h->stage, HANDIN_NONE);
	}
	spin_unlock(&h->lock);
	wake_up_all(&h->wait);
}

/* Whoever waits has to look again at what was cancelled.  Context: process. */
void quorum_handin_wake(struct quorum_group *g)
{
	wake_up_all(&g->handin.wait);
}

/**
 * quorum_handin_stream() - take what user space writes, to its end
 * @sn: the snapshots, owned by the worker; @sn->name says what of
 * @take: called with each piece
 *
 * Context: the worker.
 * Return: 0; -ECANCELED; or what @take says.
 */
int quorum_handin_stream(struct quorum_snapshots *sn,
			 int (*take)(struct quorum_snapshots *sn, const void *data, u32 len))
{
	struct quorum_handin *h = &sn->group->handin;
	u32 len;
	int error;

	h->index = sn->name.index;
	h->term = sn->name.term;
	/* Pairs with the acquire in the writer: the buffer is empty. */
	smp_store_release(&h->len, 0);
	if (!advance(h, HANDIN_ASKED, HANDIN_OPEN))
		return -ECANCELED;
	for (;;) {
		wait_event_idle(h->wait, READ_ONCE(sn->cancel) || READ_ONCE(h->len) ||
				stage_of(h) != HANDIN_OPEN);
		if (READ_ONCE(sn->cancel))
			return -ECANCELED;
		/* Pairs with the release in the writer: the bytes before their number. */
		len = smp_load_acquire(&h->len);
		if (!len)
			return stage_of(h) == HANDIN_ENDED ? 0 : -ECANCELED;
		error = take(sn, h->data, len);
		if (error)
			return error;
		/* Pairs with the acquire in the writer: it was read. */
		smp_store_release(&h->len, 0);
		wake_up_all(&h->wait);
	}
}

/* ---- calls of users ---- */

/* May this group be handed one?  @g->parts held. */
static int acceptable(struct quorum_group *g)
{
	if (READ_ONCE(g->deleted))
		return -ENODEV;
	if (READ_ONCE(g->state) == QUORUM_STATE_FAILED)
		return -EIO;
	if (READ_ONCE(g->state) != QUORUM_STATE_RUNNING)
		return -ESHUTDOWN;
	return g->sm == &quorum_log_ops && !READ_ONCE(g->blind) ? 0 : -EOPNOTSUPP;
}

static int claim(struct quorum_group *g, const void *file)
{
	struct quorum_handin *h = &g->handin;
	int error = 0;

	if (down_read_killable(&g->parts))
		return -EINTR;
	error = acceptable(g);
	spin_lock(&h->lock);
	if (!error && h->stage != HANDIN_NONE)
		error = -EBUSY;
	if (!error) {
		h->owner = file;
		h->ended = NULL;
		h->error = 0;
		h->stage = HANDIN_ASKED;
	}
	spin_unlock(&h->lock);
	if (!error) {
		WRITE_ONCE(g->snaps.asked, true);
		quorum_loop_wake(g, LOOP_SNAPSHOT);
	}
	up_read(&g->parts);
	return error;
}

int quorum_group_snapshot_begin(struct quorum_group *g, const void *file, u64 *index, u64 *term)
{
	struct quorum_handin *h = &g->handin;
	int error;

	if (mutex_lock_interruptible(&h->call))
		return -EINTR;
	if (!h->data)
		h->data = kvmalloc(SNAP_STREAM_BYTES, GFP_KERNEL_ACCOUNT);
	error = h->data ? claim(g, file) : -ENOMEM;
	mutex_unlock(&h->call);
	if (error)
		return error;
	error = wait_event_interruptible(h->wait, stage_of(h) != HANDIN_ASKED);
	if (error) {
		quorum_group_snapshot_release(g, file);
		return -EINTR;
	}
	spin_lock(&h->lock);
	error = h->owner == file && h->stage == HANDIN_OPEN ? 0 : h->error ?: -ECANCELED;
	*index = h->index;
	*term = h->term;
	spin_unlock(&h->lock);
	return error;
}

/* Is this file at it, and the worker ready for more? */
static int mine(struct quorum_handin *h, const void *file)
{
	int error = 0;

	spin_lock(&h->lock);
	if (h->owner != file)
		error = h->ended == file && h->error ? h->error : -EINVAL;
	else if (h->stage != HANDIN_OPEN)
		error = -EBUSY;
	spin_unlock(&h->lock);
	return error;
}

static bool writable(struct quorum_handin *h)
{
	/* Pairs with the releases in the worker. */
	return !smp_load_acquire(&h->len) || stage_of(h) != HANDIN_OPEN;
}

static int write_piece(struct quorum_group *g, const void *file, const void __user *from,
		       u32 len)
{
	struct quorum_handin *h = &g->handin;
	int error;

	lockdep_assert_held(&h->call);
	error = mine(h, file);
	if (!error && wait_event_interruptible(h->wait, writable(h)))
		error = -EINTR;
	if (!error)
		error = mine(h, file);
	if (error)
		return error;
	if (copy_from_user(h->data, from, len))
		return -EFAULT;
	/* Pairs with the acquire in the worker: the bytes before their number. */
	smp_store_release(&h->len, len);
	wake_up_all(&h->wait);
	return 0;
}

int quorum_group_snapshot_write(struct quorum_group *g, const void *file,
				const void __user *from, u32 len)
{
	struct quorum_handin *h = &g->handin;
	u32 part;
	int error = 0;

	if (!len)
		return -EINVAL;
	if (mutex_lock_interruptible(&h->call))
		return -EINTR;
	for (; len && !error; len -= part, from += part) {
		part = min_t(u32, len, SNAP_STREAM_BYTES);
		error = write_piece(g, file, from, part);
	}
	/* Half of it was taken: nobody could go on from there. */
	if (error == -EINTR || error == -EFAULT)
		quorum_group_snapshot_release(g, file);
	mutex_unlock(&h->call);
	return error;
}

int quorum_group_snapshot_commit(struct quorum_group *g, const void *file, u64 index)
{
	struct quorum_handin *h = &g->handin;
	int error;

	if (mutex_lock_interruptible(&h->call))
		return -EINTR;
	error = mine(h, file);
	if (!error && index != READ_ONCE(h->index))
		error = -EINVAL;
	if (!error && wait_event_interruptible(h->wait, writable(h)))
		error = -EINTR;
	if (!error && !advance(h, HANDIN_OPEN, HANDIN_ENDED))
		error = mine(h, file);
	mutex_unlock(&h->call);
	if (error)
		return error;
	/* Interrupted now: it goes on by itself, the status tells. */
	if (wait_event_interruptible(h->wait, stage_of(h) != HANDIN_ENDED))
		return -EINTR;
	spin_lock(&h->lock);
	error = h->ended == file ? h->error : -ECANCELED;
	spin_unlock(&h->lock);
	return error;
}

void quorum_group_snapshot_release(struct quorum_group *g, const void *file)
{
	struct quorum_handin *h = &g->handin;
	bool owner;

	spin_lock(&h->lock);
	owner = h->owner == file && h->stage != HANDIN_ENDED;
	if (owner) {
		h->error = -ECANCELED;
		h->ended = file;
		h->owner = NULL;
		/* Pairs with stage_of(). */
		smp_store_release(&h->stage, HANDIN_NONE);
	}
	spin_unlock(&h->lock);
	wake_up_all(&h->wait);
}

/* Behind the sessions, which are the kernel's, begins what user space handed in. */
static int read_at(struct quorum_group *g, const struct quorum_snap_meta *meta, u64 offset,
		   void *buf, u32 room, u32 *len)
{
	u8 head[QUORUM_MACHINE_HEAD_BYTES];
	u64 front;
	int error;

	error = quorum_store_snap_read(g->store, meta->id, 0, head, sizeof(head));
	if (error)
		return error;
	front = quorum_machine_front(head);
	if (!front || front > meta->bytes)
		return -EUCLEAN;
	if (offset > meta->bytes - front)
		return -EINVAL;
	*len = min_t(u64, room, meta->bytes - front - offset);
	return quorum_store_snap_read(g->store, meta->id, front + offset, buf, *len);
}

int quorum_group_snapshot_read(struct quorum_group *g, u64 *index, u64 *term, u64 offset,
			       void *buf, u32 room, u32 *len)
{
	struct quorum_snap_meta *meta = kmalloc(sizeof(*meta), GFP_KERNEL);
	int error;

	*len = 0;
	if (!meta)
		return -ENOMEM;
	if (down_read_killable(&g->parts)) {
		kfree(meta);
		return -EINTR;
	}
	error = acceptable(g);
	if (!error && !quorum_store_snap_get(g->store, meta))
		error = -ENOENT;
	if (!error && *index && *index != meta->index)
		error = -ESTALE;
	if (!error)
		error = read_at(g, meta, offset, buf, room, len);
	up_read(&g->parts);
	if (!error) {
		*index = meta->index;
		*term = meta->term;
	}
	kfree(meta);
	return error;
}
