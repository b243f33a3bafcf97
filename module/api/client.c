// SPDX-License-Identifier: GPL-2.0
/*
 * The interface for other kernel modules, <linux/quorum_client.h>.
 *
 * A client is a reference to a group, like an open file.  Of its asynchronous calls it
 * keeps a list, so that whoever puts it can have them answered: a proposal is given up,
 * a question ends with its timeout at the latest.
 *
 * The life of a call: on the list, under @lock, before anybody can answer it; off the
 * list in its work item, before the timer is cancelled for good; @calls counts it until
 * @done has returned, so that no code of the caller runs after quorum_client_put().
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <linux/quorum_client.h>
#include "../group_private.h"
#include "api.h"

/* Of proposals, which are answered and given up without waiting for anybody. */
struct workqueue_struct *quorum_client_workqueue;
/* Of questions: each waits in its work item, as long as its caller likes. */
static struct workqueue_struct *questions;

/**
 * struct quorum_client - a kernel user of a group
 * @group: reference
 * @lock: protects what follows
 * @list: asynchronous calls that are not answered
 * @calls: those, and those whose @done runs
 * @closing: no new ones
 * @idle: woken when @calls is 0
 */
struct quorum_client {
	struct quorum_group *group;
	spinlock_t lock;
	struct list_head list;
	u32 calls;
	bool closing;
	wait_queue_head_t idle;
};

/* Restarting is for system calls. */
static int for_kernel(int error)
{
	return error == -ERESTARTSYS ? -EINTR : error;
}

/**
 * quorum_client_get() - find a group and hold it
 * @net: the network namespace it lives in
 * @name: its local name
 *
 * Context: process, may sleep.
 * Return: the client; ERR_PTR(-ENOENT) no such group; ERR_PTR(-ENOMEM).
 */
struct quorum_client *quorum_client_get(struct net *net, const char *name)
{
	struct quorum_client *client;

	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return ERR_PTR(-ENOMEM);
	client->group = quorum_group_find(net, name);
	if (!client->group) {
		kfree(client);
		return ERR_PTR(-ENOENT);
	}
	spin_lock_init(&client->lock);
	INIT_LIST_HEAD(&client->list);
	init_waitqueue_head(&client->idle);
	return client;
}
EXPORT_SYMBOL_GPL(quorum_client_get);

static bool is_idle(struct quorum_client *client)
{
	bool idle;

	/* Under the lock: whoever was the last one does not touch it any more. */
	spin_lock(&client->lock);
	idle = !client->calls;
	spin_unlock(&client->lock);
	return idle;
}

/**
 * quorum_client_put() - let go of a group
 * @client: the client, or NULL
 *
 * Asynchronous proposals that are not answered are answered now, those that may yet be
 * committed with QUORUM_OUTCOME_UNKNOWN; questions are waited for.  No @done runs
 * afterwards.  No other call may be under way.
 *
 * Context: process, sleeps.
 */
void quorum_client_put(struct quorum_client *client)
{
	struct quorum_call *call;

	if (!client)
		return;
	spin_lock(&client->lock);
	client->closing = true;
	list_for_each_entry(call, &client->list, private.node)
		if (call->private.waiter)
			mod_delayed_work(quorum_client_workqueue, &call->private.expire, 0);
	spin_unlock(&client->lock);
	wait_event(client->idle, is_idle(client));
	quorum_group_put(client->group);
	kfree(client);
}
EXPORT_SYMBOL_GPL(quorum_client_put);

/* ---- sleeping ---- */

static int check_proposal(const struct quorum_call *call)
{
	switch (call->op) {
	case 0:
		return call->len && !call->session && !call->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_COMMAND:
		return call->len && call->session && call->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_OPEN:
		return !call->len && !call->session && !call->seq ? 0 : -EINVAL;
	case QUORUM_SESSION_CLOSE:
		return !call->len && call->session && !call->seq ? 0 : -EINVAL;
	default:
		return -EOPNOTSUPP;
	}
}

/* What a proposal is made of; the vectors are the caller's. */
static int begin(struct quorum_call *call, struct quorum_proposal *p, struct kvec vec[2],
		 struct iov_iter iter[2])
{
	call->reply_len = 0;
	call->outcome = QUORUM_OUTCOME_NONE;
	call->verdict = 0;
	call->index = 0;
	call->term = 0;
	*p = (struct quorum_proposal){
		.timeout_ns = call->timeout_ns,
		.op = call->op,
		.client = call->session,
		.seq = call->seq,
	};
	vec[0] = (struct kvec){ .iov_base = (void *)call->data, .iov_len = call->len };
	iov_iter_kvec(&iter[0], ITER_SOURCE, &vec[0], 1, call->len);
	if (call->reply) {
		vec[1] = (struct kvec){ .iov_base = call->reply, .iov_len = call->room };
		iov_iter_kvec(&iter[1], ITER_DEST, &vec[1], 1, call->room);
		p->result = &iter[1];
	}
	return check_proposal(call);
}

static void end(struct quorum_call *call, const struct quorum_proposal *p)
{
	call->outcome = p->outcome;
	call->reply_len = p->result_len;
	call->verdict = p->verdict;
	call->index = p->index;
	call->term = p->term;
}

/**
 * quorum_client_propose() - propose a command and wait until it is applied
 * @client: the client
 * @call: the command
 *
 * With a place for the reply, or within a session, it is answered when this node has
 * applied it, else when it is committed.
 *
 * Context: process, sleeps, interruptible.
 * Return: 0: committed, and @call->verdict is the machine's; -EINVAL malformed;
 * -EMSGSIZE too large; -ENOSPC the log is full; -ENOTCONN no leader within the time;
 * -EAGAIN no room within the time; -ETIMEDOUT, -EINTR, -ECANCELED: look at
 * @call->outcome; -ESHUTDOWN; -ENODEV; -EIO the group has failed; -ENOMEM.
 */
int quorum_client_propose(struct quorum_client *client, struct quorum_call *call)
{
	struct quorum_proposal p;
	struct iov_iter iter[2];
	struct kvec vec[2];
	int error;

	error = begin(call, &p, vec, iter);
	if (error)
		return error;
	error = quorum_group_propose(client->group, &iter[0], &p);
	end(call, &p);
	return for_kernel(error);
}
EXPORT_SYMBOL_GPL(quorum_client_propose);

/**
 * quorum_client_query() - ask the group's state machine
 * @client: the client
 * @call: the question; linearizable unless @call->stale
 *
 * Context: process, sleeps, interruptible.
 * Return: 0; what the machine says; -EOPNOTSUPP it answers nothing; -ETIME nothing
 * behind @call->after within the time; -ENOTCONN; -ETIMEDOUT; -EAGAIN; -EINTR;
 * -ESHUTDOWN; -ENODEV; -EIO.
 */
int quorum_client_query(struct quorum_client *client, struct quorum_call *call)
{
	struct quorum_question q = {
		.request = call->data,
		.len = call->len,
		.reply = { .data = call->reply, .room = call->reply ? call->room : 0 },
		.stale = call->stale,
		.after = call->after,
		.timeout_ns = call->timeout_ns,
	};
	int error;

	error = quorum_group_query(client->group, &q);
	call->reply_len = q.reply.len;
	call->index = q.index;
	return for_kernel(error);
}
EXPORT_SYMBOL_GPL(quorum_client_query);

/**
 * quorum_client_barrier() - wait until this node shows all that was acknowledged
 * @client: the client
 * @timeout_ns: longest wait, 0: 5 s
 * @index: out: everything up to here can be read now
 *
 * Stale questions and reads behind it are linearizable.
 *
 * Context: process, sleeps, interruptible.
 * Return: 0; -ENOTCONN; -ETIMEDOUT; -EAGAIN; -EINTR; -ESHUTDOWN; -ENODEV; -EIO.
 */
int quorum_client_barrier(struct quorum_client *client, u64 timeout_ns, u64 *index)
{
	return for_kernel(quorum_group_barrier(client->group, timeout_ns, index));
}
EXPORT_SYMBOL_GPL(quorum_client_barrier);

/**
 * quorum_client_read() - read the log: the first committed entry of users from an index on
 * @client: the client
 * @index: in: where to look; out: where to look next
 * @entry: out: what it is
 * @buf: gets its payload
 * @room: bytes of @buf
 *
 * Context: process, sleeps: may read the device.
 * Return: 0; -EAGAIN there is none yet; -ESTALE a snapshot stands for what was there;
 * -EMSGSIZE @entry is filled in, its payload does
 * not fit; -EINTR; -ESHUTDOWN; -ENODEV; -EIO; -EUCLEAN what the device holds is damaged.
 */
int quorum_client_read(struct quorum_client *client, u64 *index,
		       struct quorum_client_entry *entry, void *buf, u32 room)
{
	struct raft_entry found = {};
	int error;

	error = quorum_group_read(client->group, index, &found, buf, room);
	*entry = (struct quorum_client_entry){
		.index = found.index,
		.term = found.term,
		.origin = found.origin,
		.type = found.type,
		.size = found.size,
	};
	return for_kernel(error);
}
EXPORT_SYMBOL_GPL(quorum_client_read);

/**
 * quorum_client_wait() - wait until quorum_client_read() has something, or fails otherwise
 * @client: the client
 * @index: where it is to look
 * @timeout_ns: longest wait, 0: for ever
 *
 * Context: process, sleeps, interruptible.
 * Return: 0; -ETIME; -EINTR.
 */
int quorum_client_wait(struct quorum_client *client, u64 index, u64 timeout_ns)
{
	return for_kernel(quorum_group_wait(client->group, index, timeout_ns));
}
EXPORT_SYMBOL_GPL(quorum_client_wait);

/* ---- not sleeping ---- */

/* The answer is there: give it to the caller, who may free the call. */
static void answered(struct quorum_call *call, int error)
{
	struct quorum_client *client = call->private.client;

	call->done(call, error);
	spin_lock(&client->lock);
	if (!--client->calls)
		wake_up(&client->idle);
	spin_unlock(&client->lock);
}

static void off_the_list(struct quorum_call *call)
{
	struct quorum_client *client = call->private.client;

	spin_lock(&client->lock);
	list_del(&call->private.node);
	spin_unlock(&client->lock);
}

static void proposal_answered(struct work_struct *work)
{
	struct quorum_call *call = container_of(work, struct quorum_call, private.work);
	struct quorum_proposal p;
	struct iov_iter iter[2];
	struct kvec vec[2];
	int error;

	/* Whoever begins it has let go of it, and nobody arms the timer any more. */
	off_the_list(call);
	cancel_delayed_work_sync(&call->private.expire);
	begin(call, &p, vec, iter);
	error = quorum_waiter_take(call->private.waiter, &p);
	end(call, &p);
	answered(call, error);
}

static void proposal_expired(struct work_struct *work)
{
	struct quorum_call *call = container_of(to_delayed_work(work), struct quorum_call,
						private.expire);

	quorum_waiter_give_up(call->private.client->group, call->private.waiter);
}

static void question_work(struct work_struct *work)
{
	struct quorum_call *call = container_of(work, struct quorum_call, private.work);
	int error;

	error = quorum_client_query(call->private.client, call);
	off_the_list(call);
	answered(call, error);
}

/* On the list, if there may be another one. */
static int admit(struct quorum_client *client, struct quorum_call *call)
{
	lockdep_assert_held(&client->lock);
	if (client->closing)
		return -ESHUTDOWN;
	if (client->calls >= QUORUM_CLIENT_CALLS_MAX)
		return -EAGAIN;
	client->calls++;
	list_add_tail(&call->private.node, &client->list);
	return 0;
}

/**
 * quorum_client_propose_async() - propose a command, and be called back
 * @client: the client
 * @call: the command, with @call->done
 *
 * Commands of one thread are handed in, and unless leaders change also applied, in the
 * order of these calls.
 *
 * Context: process, may sleep for memory.
 * Return: 0: @call->done will be called; or an errno, and it will not: -EAGAIN too many
 * are under way; -EINVAL; -EMSGSIZE; -ENOMEM; -ESHUTDOWN; -ENODEV; -EIO.
 */
int quorum_client_propose_async(struct quorum_client *client, struct quorum_call *call)
{
	struct quorum_waiter *w;
	struct quorum_proposal p;
	struct iov_iter iter[2];
	struct kvec vec[2];
	int error;

	error = begin(call, &p, vec, iter);
	if (error)
		return error;
	INIT_WORK(&call->private.work, proposal_answered);
	INIT_DELAYED_WORK(&call->private.expire, proposal_expired);
	w = quorum_waiter_prepare(&iter[0], &p, &call->private.work);
	if (IS_ERR(w))
		return PTR_ERR(w);
	call->private.client = client;
	call->private.waiter = w;
	spin_lock(&client->lock);
	error = admit(client, call);
	if (error) {
		spin_unlock(&client->lock);
		quorum_waiter_drop(w);
		return error;
	}
	error = quorum_waiter_submit(client->group, w);
	if (error) {
		list_del(&call->private.node);
		client->calls--;
	} else {
		/* Not answered before the lock is free: it is still ours. */
		queue_delayed_work(quorum_client_workqueue, &call->private.expire,
				   quorum_timeout_jiffies(call->timeout_ns));
	}
	spin_unlock(&client->lock);
	return error;
}
EXPORT_SYMBOL_GPL(quorum_client_propose_async);

/**
 * quorum_client_query_async() - ask the group's state machine, and be called back
 * @client: the client
 * @call: the question, with @call->done
 *
 * Questions are answered in any order.
 *
 * Context: process, does not sleep.
 * Return: as quorum_client_propose_async().
 */
int quorum_client_query_async(struct quorum_client *client, struct quorum_call *call)
{
	int error;

	INIT_WORK(&call->private.work, question_work);
	call->private.client = client;
	call->private.waiter = NULL;
	spin_lock(&client->lock);
	error = admit(client, call);
	if (!error)
		queue_work(questions, &call->private.work);
	spin_unlock(&client->lock);
	return error;
}
EXPORT_SYMBOL_GPL(quorum_client_query_async);

int quorum_client_init(void)
{
	quorum_client_workqueue = alloc_workqueue("quorum_client", WQ_UNBOUND, 0);
	if (!quorum_client_workqueue)
		return -ENOMEM;
	questions = alloc_workqueue("quorum_questions", WQ_UNBOUND, 0);
	if (!questions) {
		destroy_workqueue(quorum_client_workqueue);
		return -ENOMEM;
	}
	return 0;
}

/* Behind the last client: modules that have one pin us. */
void quorum_client_exit(void)
{
	destroy_workqueue(questions);
	destroy_workqueue(quorum_client_workqueue);
}
