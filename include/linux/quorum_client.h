/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quorum for other kernel modules: propose to a group, ask its state machine, read its
 * log.
 *
 *	client = quorum_client_get(net, "demo");
 *	call = (struct quorum_call){ .data = "1", .len = 1 };
 *	error = quorum_client_propose(client, &call);
 *	...
 *	quorum_client_put(client);
 *
 * A client holds a seat of this node by the group's local name.  It does not keep the
 * group from being stopped, deleted, or from going with its network namespace: calls
 * return -ESHUTDOWN then, -ENODEV for a deleted one, until the client is put; a group
 * that is stopped and started again is served by the same client.  quorum.ko itself
 * stays loaded for as long as a module that uses these functions is.
 *
 * A call is answered exactly once.  quorum_client_put() has all calls under way
 * answered before it returns, so that a module may put its clients in its exit function
 * and be gone.
 *
 * All functions are to be called from process context without spinlocks, and may
 * sleep: the _async forms for memory only.  None may be called from a @done of the same
 * client but the _async forms.
 *
 * A state machine of one's own is registered through <linux/quorum_machine.h>.  Its
 * apply() may not call anything here: it would wait for itself.
 *
 * tests/sample/quorum_sample.c uses all of this.
 */
#ifndef _LINUX_QUORUM_CLIENT_H
#define _LINUX_QUORUM_CLIENT_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/quorum.h>	/* QUORUM_OUTCOME_*, QUORUM_SESSION_*, QUORUM_ENTRY_* */

struct net;
struct quorum_client;
struct quorum_waiter;

/**
 * struct quorum_call - one proposal or one question
 * @data: the command or question; of a proposal it is copied
 * @len: its bytes; a proposal has at least one
 * @timeout_ns: longest wait, 0: 5 s
 * @op: proposal: QUORUM_SESSION_*, 0: outside of a session, see <linux/quorum.h>
 * @session: proposal: the session's id, for COMMAND and CLOSE; of an OPEN it is
 *	quorum_session_id() of @index and @term
 * @seq: proposal: number of the command within the session
 * @stale: question: what this node has will do; otherwise the answer is linearizable
 * @after: question: not 0: answer from a state behind this index, when there is one
 * @reply: where the machine's answer goes; NULL: nowhere
 * @room: bytes of @reply
 * @reply_len: out: bytes of the answer, which may be more than @room for a proposal
 * @outcome: out: proposal: QUORUM_OUTCOME_*, also with an error
 * @verdict: out: proposal, committed: what the machine says of it, 0 or a negative errno
 * @index: out: proposal, committed: its index; question: of the state that answered
 * @term: out: proposal, committed: its term
 * @done: _async: called once, with what the sleeping form would have returned.  The call
 *	is the caller's again and may be freed or used for the next one.  Context: a work
 *	item; may sleep, but not for long
 * @private: of the client, while it is under way
 *
 * What is not used has to be 0.  Of an asynchronous call everything that it points to
 * stays the client's until @done.
 */
struct quorum_call {
	const void *data;
	u32 len;
	u32 op;
	u64 timeout_ns;
	u64 session;
	u64 seq;
	bool stale;
	u64 after;
	void *reply;
	u32 room;
	u32 reply_len;
	u32 outcome;
	int verdict;
	u64 index;
	u64 term;
	void (*done)(struct quorum_call *call, int error);
	/* private: */
	struct {
		struct list_head node;
		struct quorum_client *client;
		struct quorum_waiter *waiter;
		struct work_struct work;
		struct delayed_work expire;
	} private;
};

/**
 * struct quorum_client_entry - an entry of the log
 * @index: its place
 * @term: of the leader that appended it
 * @origin: node it was proposed on
 * @type: QUORUM_ENTRY_DATA or QUORUM_ENTRY_SESSION
 * @size: bytes of its payload
 */
struct quorum_client_entry {
	u64 index;
	u64 term;
	u32 origin;
	u8 type;
	u32 size;
};

struct quorum_client *quorum_client_get(struct net *net, const char *name);
void quorum_client_put(struct quorum_client *client);

int quorum_client_propose(struct quorum_client *client, struct quorum_call *call);
int quorum_client_propose_async(struct quorum_client *client, struct quorum_call *call);
int quorum_client_query(struct quorum_client *client, struct quorum_call *call);
int quorum_client_query_async(struct quorum_client *client, struct quorum_call *call);

int quorum_client_barrier(struct quorum_client *client, u64 timeout_ns, u64 *index);
int quorum_client_read(struct quorum_client *client, u64 *index,
		       struct quorum_client_entry *entry, void *buf, u32 room);
int quorum_client_wait(struct quorum_client *client, u64 index, u64 timeout_ns);

#endif /* _LINUX_QUORUM_CLIENT_H */
