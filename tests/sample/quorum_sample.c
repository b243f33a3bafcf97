// SPDX-License-Identifier: GPL-2.0
/*
 * A module that uses quorum from inside the kernel: the example to start from, and what
 * tests/selftests/sample.sh loads.
 *
 * It brings a state machine, `tally`, which counts commands and adds up their bytes, and
 * a proposer, a thread that proposes to one group for as long as it is told to:
 *
 *	echo NAME >/sys/module/quorum_sample/parameters/group	begin (in the caller's
 *								network namespace)
 *	echo >/sys/module/quorum_sample/parameters/group	stop
 *
 * and shows what became of it in the other files there.  Written to `read`, a name has it
 * read the log of that group: all that was acknowledged, and the next entry.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <linux/quorum_client.h>
#include <linux/quorum_machine.h>

/* ---- the machine ---- */

struct tally {
	u64 commands;
	u64 bytes;
};

static void *tally_create(void)
{
	struct tally *tally = kzalloc(sizeof(*tally), GFP_KERNEL);

	return tally ? tally : ERR_PTR(-ENOMEM);
}

static void tally_destroy(void *state)
{
	kfree(state);
}

static int tally_query(void *state, const void *request, u32 len, struct quorum_reply *reply)
{
	const struct tally *tally = state;

	reply->len = scnprintf(reply->data, reply->room, "%llu", tally->commands);
	return 0;
}

static int tally_apply(void *state, const struct quorum_command *command,
		       struct quorum_reply *reply)
{
	struct tally *tally = state;

	tally->commands++;
	tally->bytes += command->len;
	return tally_query(state, NULL, 0, reply);
}

static u64 tally_hash(void *state)
{
	const struct tally *tally = state;

	return tally->commands * 1000003 + tally->bytes;
}

static struct quorum_machine_ops tally_ops = {
	.name = "tally",
	.owner = THIS_MODULE,
	.create = tally_create,
	.destroy = tally_destroy,
	.apply = tally_apply,
	.query = tally_query,
	.hash = tally_hash,
};

/* ---- the proposer ---- */

#define CALLS		64	/* asynchronous ones under way */
#define TIMEOUT_NS	(2 * NSEC_PER_SEC)

/**
 * struct proposer - whoever proposes
 * @client: the group
 * @task: the thread
 * @calls: asynchronous ones
 */
struct proposer {
	struct quorum_client *client;
	struct task_struct *task;
	struct quorum_call calls[CALLS];
};

static struct proposer *proposer;
static char name[32];

/* Shown as parameters. */
static atomic_t committed, refused, unknown, asked, failed;
static u64 answer;	/* of the last question: a number in decimal, from the machine */

static void count(const struct quorum_call *call)
{
	if (call->outcome == QUORUM_OUTCOME_COMMITTED)
		atomic_inc(&committed);
	else if (call->outcome == QUORUM_OUTCOME_UNKNOWN)
		atomic_inc(&unknown);
	else
		atomic_inc(&refused);
}

/* A call of ours was answered.  What it pointed to is static, so it can go at once. */
static void call_done(struct quorum_call *call, int error)
{
	count(call);
	/* The thread may use it again. */
	smp_store_release(&call->done, NULL);
}

static void question_done(struct quorum_call *call, int error)
{
	atomic_inc(error ? &failed : &asked);
	kfree(call);
}

/* The group's state, linearizable; the thread waits for it. */
static int ask(struct proposer *p)
{
	char text[32] = {};
	struct quorum_call call = {
		.reply = text,
		.room = sizeof(text) - 1,
		.timeout_ns = TIMEOUT_NS,
	};
	int error;

	error = quorum_client_query(p->client, &call);
	if (!error)
		error = kstrtou64(text, 10, &answer);
	atomic_inc(error ? &failed : &asked);
	return error;
}

static void ask_without_waiting(struct proposer *p)
{
	struct quorum_call *call = kzalloc(sizeof(*call) + 32, GFP_KERNEL);

	if (!call)
		return;
	call->reply = call + 1;
	call->room = 32;
	call->stale = true;
	call->timeout_ns = TIMEOUT_NS;
	call->done = question_done;
	if (quorum_client_query_async(p->client, call)) {
		atomic_inc(&failed);
		kfree(call);
	}
}

/* Every call that is free begins again.  Returns an errno if none may. */
static int begin_calls(struct proposer *p)
{
	int error = 0;
	u32 i;

	for (i = 0; i < CALLS && !error; i++) {
		struct quorum_call *call = &p->calls[i];

		if (smp_load_acquire(&call->done))
			continue;
		*call = (struct quorum_call){
			.data = "1",
			.len = 1,
			.timeout_ns = TIMEOUT_NS,
			.done = call_done,
		};
		error = quorum_client_propose_async(p->client, call);
		if (error) {
			count(call);
			call->done = NULL;
		}
	}
	return error;
}

static int work(void *data)
{
	struct proposer *p = data;
	int error;

	while (!kthread_should_stop()) {
		struct quorum_call call = { .data = "1", .len = 1, .timeout_ns = TIMEOUT_NS };

		error = begin_calls(p);
		if (!error) {
			error = quorum_client_propose(p->client, &call);
			count(&call);
		}
		ask_without_waiting(p);
		/* Its group is stopped, say: not in a busy loop. */
		if (error)
			schedule_timeout_interruptible(HZ / 50);
	}
	return 0;
}

/* Until all calls are answered; their time is limited. */
static void await_calls(struct proposer *p)
{
	u32 i;

	for (i = 0; i < CALLS; i++)
		while (smp_load_acquire(&p->calls[i].done))
			schedule_timeout_interruptible(HZ / 50);
}

/*
 * In a hurry calls are given up: the module may go all the same, as soon as the client
 * is put.
 */
static void stop_proposer(bool hurry)
{
	struct proposer *p = proposer;

	if (!p)
		return;
	kthread_stop(p->task);
	if (!hurry) {
		await_calls(p);
		ask(p);
	}
	quorum_client_put(p->client);
	kfree(p);
	proposer = NULL;
	name[0] = '\0';
}

static int start_proposer(void)
{
	struct proposer *p;
	int error;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->client = quorum_client_get(current->nsproxy->net_ns, name);
	if (IS_ERR(p->client)) {
		error = PTR_ERR(p->client);
		goto free;
	}
	p->task = kthread_run(work, p, "quorum_sample");
	if (IS_ERR(p->task)) {
		error = PTR_ERR(p->task);
		goto put;
	}
	proposer = p;
	return 0;
put:
	quorum_client_put(p->client);
free:
	kfree(p);
	return error;
}

/* ---- the reader ---- */

#define ENTRY_ROOM	(66 * 1024)	/* the largest entry there can be */

static u64 entries;	/* read by the last reader */

/* What is there now, counted; @index is where to go on. */
static int read_all(struct quorum_client *client, u64 *index, void *buf)
{
	struct quorum_client_entry entry;
	int error;

	while (!(error = quorum_client_read(client, index, &entry, buf, ENTRY_ROOM))) {
		/* Who asks for the next one says what is behind the last. */
		if (*index != entry.index + 1 || !entry.term || !entry.origin)
			return -EBADMSG;
		entries++;
	}
	return error == -EAGAIN ? 0 : error;
}

static int read_log(struct quorum_client *client, void *buf)
{
	u64 index = 0, shown, before;
	int error;

	entries = 0;
	error = quorum_client_barrier(client, TIMEOUT_NS, &shown);
	if (!error)
		error = read_all(client, &index, buf);
	if (error)
		return error;
	before = entries;
	error = quorum_client_wait(client, index, 10 * TIMEOUT_NS);
	if (!error)
		error = read_all(client, &index, buf);
	return error ?: entries > before ? 0 : -ENODATA;
}

static int set_read(const char *text, const struct kernel_param *param)
{
	struct quorum_client *client;
	char group[32];
	void *buf;
	int error;

	strscpy(group, text, sizeof(group));
	client = quorum_client_get(current->nsproxy->net_ns, strim(group));
	if (IS_ERR(client))
		return PTR_ERR(client);
	buf = kvmalloc(ENTRY_ROOM, GFP_KERNEL);
	error = buf ? read_log(client, buf) : -ENOMEM;
	kvfree(buf);
	quorum_client_put(client);
	return error;
}

static const struct kernel_param_ops read_ops = { .set = set_read };

/* Serialised by the lock of the module's parameters. */
static int set_group(const char *text, const struct kernel_param *param)
{
	int error;

	stop_proposer(false);
	strscpy(name, text, sizeof(name));
	strim(name);
	if (!name[0])
		return 0;
	error = start_proposer();
	if (error)
		name[0] = '\0';
	return error;
}

static int get_group(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%s\n", name);
}

static const struct kernel_param_ops group_ops = { .set = set_group, .get = get_group };

static int get_count(char *text, const struct kernel_param *param)
{
	return scnprintf(text, PAGE_SIZE, "%d\n", atomic_read(param->arg));
}

static const struct kernel_param_ops count_ops = { .get = get_count };

module_param_cb(group, &group_ops, NULL, 0644);
MODULE_PARM_DESC(group, "propose to this group; empty: stop");
module_param_cb(read, &read_ops, NULL, 0200);
MODULE_PARM_DESC(read, "read the log of this group, and its next entry");
module_param(entries, ullong, 0444);
MODULE_PARM_DESC(entries, "entries that were read");
module_param_cb(committed, &count_ops, &committed, 0444);
MODULE_PARM_DESC(committed, "proposals that were");
module_param_cb(refused, &count_ops, &refused, 0444);
MODULE_PARM_DESC(refused, "proposals that certainly were not");
module_param_cb(unknown, &count_ops, &unknown, 0444);
MODULE_PARM_DESC(unknown, "proposals nobody knows it of");
module_param_cb(asked, &count_ops, &asked, 0444);
MODULE_PARM_DESC(asked, "questions that were answered");
module_param_cb(failed, &count_ops, &failed, 0444);
MODULE_PARM_DESC(failed, "questions that were not");
module_param(answer, ullong, 0444);
MODULE_PARM_DESC(answer, "the machine's number when it was last stopped");

static int __init sample_init(void)
{
	return quorum_machine_register(&tally_ops);
}

static void __exit sample_exit(void)
{
	stop_proposer(true);
	quorum_machine_unregister(&tally_ops);
}

module_init(sample_init);
module_exit(sample_exit);

MODULE_DESCRIPTION("Sample: quorum used by another module");
MODULE_AUTHOR("The quorum authors");
MODULE_LICENSE("GPL");
