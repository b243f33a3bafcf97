// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: who proposed and read what where, and what was answered.
 *
 * A client hears "committed" when the node it asked sees its entry committed, or
 * when the leader that took it over does and can tell that node.  It hears
 * "unknown" when the node it asked crashes, halts, or moves to another term
 * before that (bug C-4), or after five seconds (bug P-6).
 */
#include "scenario.h"

#define PATIENCE	(5000 * MS)

static const char *const tokens[] = {
	[RAFT_OK]			= "ok",
	[RAFT_REFUSED_NO_LEADER]	= "no-leader",
	[RAFT_REFUSED_BUSY]		= "busy",
	[RAFT_REFUSED_NO_SPACE]		= "no-space, full",
	[RAFT_REFUSED_TOO_BIG]		= "too-big",
	[RAFT_REFUSED_HALTED]		= "halted",
#ifdef HAVE_REASONS
	[RAFT_REFUSED_NOT_LEADER]	= "not-leader",
	[RAFT_REFUSED_NOT_READY]	= "not-ready",
	[RAFT_REFUSED_PENDING]		= "pending, busy, in progress",
	[RAFT_REFUSED_STALE]		= "stale",
	[RAFT_REFUSED_INVALID]		= "invalid",
	[RAFT_REFUSED_NOT_MEMBER]	= "not-member, unknown",
	[RAFT_REFUSED_IS_MEMBER]	= "is-member, already, exists",
	[RAFT_REFUSED_TOO_MANY]		= "too-many",
	[RAFT_REFUSED_NO_VOTER]		= "no-voter, last voter",
	[RAFT_REFUSED_QUORUMS]		= "quorums",
	[RAFT_REFUSED_NEEDS_JOINT]	= "needs-joint",
	[RAFT_REFUSED_BEHIND]		= "behind, not caught up, lagging",
	[RAFT_REFUSED_WITNESS]		= "witness",
	[RAFT_REFUSED_TRANSFERRING]	= "transferring, transfer in progress",
	[RAFT_REFUSED_LED]		= "led",
	[RAFT_REFUSED_SUSPECT]		= "suspect",
	[RAFT_REFUSED_TIMEOUT]		= "timeout, timed out",
#endif
};

/* The engine's sentence, behind its short names. */
void reason_text(char *buf, size_t size, u8 reason)
{
	const char *token = reason < ARRAY_SIZE(tokens) ? tokens[reason] : NULL;

	snprintf(buf, size, "%s: %s", token ? token : "refused", raft_reason_name(reason));
}

static struct op *op_of(struct world *w, u64 tag)
{
	return tag && tag <= w->nops ? &w->ops[tag - 1] : NULL;
}

const char *client_data(const struct world *w, u64 tag)
{
	return tag && tag <= w->nops && w->ops[tag - 1].data ? w->ops[tag - 1].data : "";
}

/* A new operation; its tag is its number. */
u64 client_tag(struct world *w, struct node *n, const char *data)
{
	struct op *op;

	w->ops = realloc(w->ops, (w->nops + 1) * sizeof(*w->ops));
	op = &w->ops[w->nops++];
	memset(op, 0, sizeof(*op));
	op->data = data ? keep_text(w, data) : NULL;
	op->node = n->id;
	op->term = n->term;
	op->since = w->now;
	return w->nops;
}

static void answer(struct world *w, struct op *op, u8 what, const char *reason)
{
	static const char *const words[] = { "pending", "committed", "refused", "unknown" };

	if (op->data)
		trace(w, "answer: \"%s\" %s %s", op->data, words[what], reason);
	op->answer = what;
	op->unknown |= what == ANSWER_UNKNOWN;
	snprintf(op->reason, sizeof(op->reason), "%s", reason);
}

static u32 data_size(const char *data)
{
	return (u32)strlen(data);
}

void client_propose(struct world *w, struct node *n, const char *data, u32 count)
{
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct raft_proposal list[QUORUM_PROPOSE_BATCH_MAX];
	u64 first = w->nops + 1;
	char reason[REASON_BYTES];
	u32 i;
	int ret;

	if (!count || count > QUORUM_PROPOSE_BATCH_MAX)
		die(w, "1 to %d proposals at a time", QUORUM_PROPOSE_BATCH_MAX);
	for (i = 0; i < count; i++) {
		list[i].tag = client_tag(w, n, data);
		list[i].size = data_size(data);
		list[i].type = RAFT_ENTRY_DATA;
	}
	ev.propose.list = list;
	ev.propose.count = count;
	ev.propose.room = node_room(n);
	ret = node_step(w, n, &ev);
	for (i = ret > 0 ? (u32)ret : 0; i < count; i++) {
		reason_text(reason, sizeof(reason), ret < 0 ? (u8)-ret : RAFT_REFUSED_BUSY);
		answer(w, op_of(w, first + i), ANSWER_REFUSED, reason);
		refuse(w, "%s", reason);
	}
	node_pump(w, n);
}

/* A leader refused what was forwarded to it. */
void client_refused(struct world *w, u64 tag, u8 reason)
{
	struct op *op = op_of(w, tag);
	char text[REASON_BYTES];

	if (!op || op->answer != ANSWER_PENDING)
		return;
	reason_text(text, sizeof(text), reason);
	answer(w, op, reason == RAFT_COMMITTED ? ANSWER_COMMITTED : ANSWER_REFUSED, text);
}

/* The newest operation found nobody to take it. */
void client_gone(struct world *w, const char *why)
{
	answer(w, &w->ops[w->nops - 1], ANSWER_REFUSED, why);
}

static void committed(struct world *w, struct op *op, const struct raft_entry *e)
{
	if (op->answer == ANSWER_COMMITTED || op->answer == ANSWER_REFUSED)
		return;
	op->index = e->index;
	answer(w, op, ANSWER_COMMITTED, "");
}

/* An entry was applied at a node: the clients that asked this node hear of it. */
void client_applied(struct world *w, struct node *n, const struct raft_entry *e)
{
	struct op *op = op_of(w, e->tag);

	if (op && op->node == n->id)
		committed(w, op, e);
}

/* A leader committed: it can tell the nodes it took proposals over from. */
void client_committed(struct world *w, struct node *n, u64 from, u64 to)
{
	for (; from <= to && n->role == RAFT_LEADER; from++) {
		const struct raft_entry *e = &n->mem[from].raft;
		struct op *op = op_of(w, e->tag);
		const struct node *asked = op ? w->nodes[op->node] : NULL;

		if (op && asked->up && !asked->paused && op->answer == ANSWER_PENDING &&
		    !w->cut[n->id][op->node])
			committed(w, op, e);
	}
}

static void lose(struct world *w, struct node *n, u64 before_term, const char *why)
{
	u32 i;

	for (i = 0; i < w->nops; i++)
		if (w->ops[i].node == n->id && w->ops[i].answer == ANSWER_PENDING &&
		    w->ops[i].term < before_term)
			answer(w, &w->ops[i], ANSWER_UNKNOWN, why);
}

void client_role(struct world *w, struct node *n)
{
	/* Whoever leads the term itself goes on; everybody else has lost it. */
	lose(w, n, n->term, "the leader lost its term");
	if (n->role != RAFT_LEADER && n->leader == RAFT_NONE)
		lose(w, n, n->term + 1, "the leader was lost");
}

static void end_reads(struct world *w, struct node *n, const char *why)
{
	u32 i;

	for (i = 0; i < w->nreads; i++) {
		struct reading *r = &w->reads[i];

		if (r->node != n->id || r->answer != ANSWER_PENDING)
			continue;
		r->answer = ANSWER_REFUSED;
		snprintf(r->reason, sizeof(r->reason), "%s", why);
	}
}

/* A node crashed or halted: nobody is left to answer. */
void client_lost(struct world *w, struct node *n, const char *why)
{
	lose(w, n, RAFT_NEVER, why);
	end_reads(w, n, why);
}

void client_clock(struct world *w)
{
	u32 i;

	for (i = 0; i < w->nops; i++)
		if (w->ops[i].answer == ANSWER_PENDING && w->now - w->ops[i].since >= PATIENCE)
			answer(w, &w->ops[i], ANSWER_UNKNOWN, "no answer in time");
}

/* ---- reads ---- */

#ifdef HAVE_READ
void client_read(struct world *w, struct node *n)
{
	struct raft_event ev = { .type = RAFT_EV_READ };
	struct reading *r;
	u32 at = w->nreads;
	int ret;

	w->reads = realloc(w->reads, (w->nreads + 1) * sizeof(*w->reads));
	r = &w->reads[w->nreads++];
	memset(r, 0, sizeof(*r));
	r->node = n->id;
	ev.read.handle = w->nreads;
	ret = node_step(w, n, &ev);
	r = &w->reads[at];
	if (ret < 0) {
		r->answer = ANSWER_REFUSED;
		reason_text(r->reason, sizeof(r->reason), (u8)-ret);
		refuse(w, "%s", r->reason);
	}
	node_pump(w, n);
	client_reads_check(w, n);
}

void client_read_told(struct world *w, struct node *n, u64 handle, u64 index, u8 reason)
{
	struct reading *r;

	if (!handle || handle > w->nreads)
		die(w, "node %u answers read %llu, which nobody asked", n->id,
		    (unsigned long long)handle);
	r = &w->reads[handle - 1];
	if (r->known || r->answer != ANSWER_PENDING)
		die(w, "node %u answers a read twice", n->id);
	if (reason == RAFT_OK) {
		r->known = true;
		r->index = index;
		trace(w, "node %u: read at index %llu", n->id, (unsigned long long)index);
		client_reads_check(w, n);
		return;
	}
	r->answer = ANSWER_REFUSED;
	reason_text(r->reason, sizeof(r->reason), reason);
	trace(w, "node %u: read refused: %s", n->id, r->reason);
}
#else
void client_read(struct world *w, struct node *n)
{
	refuse(w, "the engine has no reads yet");
}

void client_read_told(struct world *w, struct node *n, u64 handle, u64 index, u8 reason)
{
}
#endif

/* A read is served once its index is applied (bug R-4). */
void client_reads_check(struct world *w, struct node *n)
{
	u32 i;

	for (i = 0; i < w->nreads; i++) {
		struct reading *r = &w->reads[i];

		if (r->node == n->id && r->answer == ANSWER_PENDING && r->known &&
		    n->applied >= r->index)
			r->answer = ANSWER_COMMITTED;
	}
}
