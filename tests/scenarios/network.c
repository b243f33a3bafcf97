// SPDX-License-Identifier: GPL-2.0
/*
 * Links: first in, first out, unless the script says otherwise.
 *
 * All packets are in one array, in the order in which they were sent; a link is
 * those of one sender and one receiver.
 */
#include "scenario.h"

static const struct {
	const char *name;
	u8 type;
} kinds[] = {
	{ "prevote", RAFT_MSG_PREVOTE },
	{ "prevote-reply", RAFT_MSG_PREVOTE_REPLY },
	{ "vote", RAFT_MSG_VOTE },
	{ "vote-reply", RAFT_MSG_VOTE_REPLY },
	{ "append", RAFT_MSG_APPEND },
	{ "append-reply", RAFT_MSG_APPEND_REPLY },
	{ "heartbeat", RAFT_MSG_HEARTBEAT },
	{ "heartbeat-reply", RAFT_MSG_HEARTBEAT_REPLY },
	{ "forward", RAFT_MSG_FORWARD },
	{ "forward-reply", RAFT_MSG_FORWARD_REPLY },
#ifdef HAVE_READ
	{ "read", RAFT_MSG_READ },
	{ "read-reply", RAFT_MSG_READ_REPLY },
#else
	{ "read", RAFT_MSG_NR },
	{ "read-reply", RAFT_MSG_NR },
#endif
#ifdef HAVE_SNAPSHOT
	{ "snapshot", RAFT_MSG_SNAPSHOT },
	{ "snapshot-reply", RAFT_MSG_SNAPSHOT_REPLY },
#else
	{ "snapshot", RAFT_MSG_NR },
	{ "snapshot-reply", RAFT_MSG_NR },
#endif
#ifdef HAVE_TRANSFER
	{ "timeout", RAFT_MSG_TIMEOUT_NOW },
#else
	{ "timeout", RAFT_MSG_NR },
#endif
	/* The engine has no such message: a target answers by campaigning. */
	{ "timeout-reply", RAFT_MSG_NR },
};

bool message_kind(const char *text, u8 *type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(text, kinds[i].name)) {
			*type = kinds[i].type;
			return true;
		}
	}
	return false;
}

const char *message_name(u8 type)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == type)
			return kinds[i].name;
	return "message";
}

/* 0 stands for any. */
bool network_matches(const struct packet *p, u32 from, u32 to, u8 type)
{
	return (!from || p->msg.from == from) && (!to || p->msg.to == to) &&
	       (!type || p->msg.type == type);
}

static void packet_free(struct packet *p)
{
	free(p->content);
	free(p);
}

static void packet_insert(struct world *w, struct packet *p, u32 at)
{
	if (w->npackets == w->packets_room) {
		w->packets_room = w->packets_room ? 2 * w->packets_room : 64;
		w->packets = realloc(w->packets, w->packets_room * sizeof(p));
	}
	memmove(&w->packets[at + 1], &w->packets[at], (w->npackets - at) * sizeof(p));
	w->packets[at] = p;
	w->npackets++;
}

static struct packet *packet_remove(struct world *w, u32 at)
{
	struct packet *p = w->packets[at];

	w->npackets--;
	memmove(&w->packets[at], &w->packets[at + 1], (w->npackets - at) * sizeof(p));
	return p;
}

/* The parts of a message that are pointers move into the packet. */
static void packet_own(struct packet *p, const u8 *content)
{
	const struct raft_msg *msg = &p->msg;

	if (msg->type == RAFT_MSG_APPEND) {
		memcpy(p->entries, msg->append.entries,
		       msg->append.count * sizeof(p->entries[0]));
		p->msg.append.entries = p->entries;
#ifdef HAVE_CHANGE
		if (msg->append.config) {
			p->config = *msg->append.config;
			p->msg.append.config = &p->config;
		}
#endif
	}
#ifdef HAVE_SNAPSHOT
	if (msg->type == RAFT_MSG_SNAPSHOT) {
		if (msg->snapshot.config) {
			p->config = *msg->snapshot.config;
			p->msg.snapshot.config = &p->config;
		}
		p->content = malloc(msg->snapshot.bytes + 1);
		memcpy(p->content, content, msg->snapshot.bytes);
	}
#endif
}

static void trace_message(struct world *w, const char *what, const struct raft_msg *msg)
{
	trace(w, "%s %u->%u %s of term %llu", what, msg->from, msg->to,
	      message_name(msg->type), (unsigned long long)msg->term);
}

/* A message leaves; @content is what a snapshot message carries. */
void network_send(struct world *w, struct node *n, const struct raft_msg *msg,
		  const u8 *content)
{
	struct packet *p;

	if (msg->from != n->id || !msg->to || msg->to > ID_MAX || msg->to == n->id)
		die(w, "node %u sends as %u to %u", n->id, msg->from, msg->to);
	if (w->cut[msg->from][msg->to] || !w->nodes[msg->to]) {
		trace_message(w, "lost", msg);
		return;
	}
	trace_message(w, "sent", msg);
	p = calloc(1, sizeof(*p));
	p->msg = *msg;
	p->due = w->now + MS;
	p->incarnation = n->incarnation;
	packet_own(p, content);
	packet_insert(w, p, w->npackets);
}

/* Would the receiver's wire layer take it?  Another life of a device is nobody. */
static bool known_life(const struct world *w, const struct packet *p)
{
	const struct node *to = w->nodes[p->msg.to];
	u32 i;

	for (i = 0; i < to->config.n; i++) {
#ifdef HAVE_ROLES
		if (to->config.members[i].id == p->msg.from && to->config.members[i].incarnation)
			return to->config.members[i].incarnation == p->incarnation;
#else
		if (to->config.members[i].id == p->msg.from)
			return p->incarnation == p->msg.from * 1000;
#endif
	}
	return true;
}

/* The packet at @at arrives, or is lost if its receiver is down. */
void network_take(struct world *w, u32 at)
{
	struct packet *p = packet_remove(w, at);
	struct raft_event ev = { .type = RAFT_EV_MESSAGE };
	struct node *n = w->nodes[p->msg.to];

	if (n->up && known_life(w, p)) {
		trace_message(w, "taken", &p->msg);
		ev.message.msg = &p->msg;
		ev.message.room = node_room(n);
		n->chunk = p->content;
		node_step(w, n, &ev);
		n->chunk = NULL;
		node_pump(w, n);
	} else {
		trace_message(w, n->up ? "refused" : "lost", &p->msg);
	}
	packet_free(p);
}

/* @count 0: all that are there now.  What they cause stays on its link. */
void network_deliver(struct world *w, u32 from, u32 to, u8 type, u32 count)
{
	struct packet **list = calloc(w->npackets + 1, sizeof(*list));
	u32 n = 0, i, at;

	for (i = 0; i < w->npackets && (!count || n < count); i++)
		if (network_matches(w->packets[i], from, to, type) &&
		    !w->nodes[w->packets[i]->msg.to]->paused)
			list[n++] = w->packets[i];
	for (i = 0; i < n; i++) {
		for (at = 0; at < w->npackets && w->packets[at] != list[i]; at++)
			;
		if (at == w->npackets)
			continue;
		network_take(w, at);
		play_settle(w);
	}
	free(list);
}

void network_drop(struct world *w, u32 from, u32 to, u8 type, u32 count)
{
	u32 i = 0, n = 0;

	while (i < w->npackets && (!count || n < count)) {
		if (!network_matches(w->packets[i], from, to, type)) {
			i++;
			continue;
		}
		trace_message(w, "dropped", &w->packets[i]->msg);
		packet_free(packet_remove(w, i));
		n++;
	}
}

static struct packet *packet_copy(const struct packet *p)
{
	struct packet *copy = malloc(sizeof(*copy));

	*copy = *p;
	packet_own(copy, p->content);
	return copy;
}

/* The oldest comes twice, one right behind the other. */
void network_dup(struct world *w, u32 from, u32 to, u8 type)
{
	u32 i;

	for (i = 0; i < w->npackets; i++) {
		if (network_matches(w->packets[i], from, to, type)) {
			packet_insert(w, packet_copy(w->packets[i]), i + 1);
			return;
		}
	}
}

/* The last shall be first. */
void network_reorder(struct world *w, u32 from, u32 to, u8 type)
{
	u32 *at = calloc(w->npackets + 1, sizeof(*at));
	u32 n = 0, i;

	for (i = 0; i < w->npackets; i++)
		if (network_matches(w->packets[i], from, to, type))
			at[n++] = i;
	for (i = 0; i < n / 2; i++) {
		struct packet *a = w->packets[at[i]], *b = w->packets[at[n - 1 - i]];

		swap(a->due, b->due);
		w->packets[at[i]] = b;
		w->packets[at[n - 1 - i]] = a;
	}
	free(at);
}

void network_cut(struct world *w, u32 from, u32 to)
{
	w->cut[from][to] = true;
	network_drop(w, from, to, 0, 0);
}

void network_heal(struct world *w)
{
	memset(w->cut, 0, sizeof(w->cut));
}

/* Everything from and to a node is lost. */
void network_forget(struct world *w, u32 id)
{
	network_drop(w, id, 0, 0, 0);
	network_drop(w, 0, id, 0, 0);
}

/* ---- messages out of nothing ---- */

struct field {
	const char *name;
	void *at;
	u8 size;	/* bytes; 1: a switch */
};

static bool set_field(struct world *w, const struct field *f, const char *text)
{
	if (f->size == 1 && !text_is_number(text))
		*(bool *)f->at = parse_switch(w, text);
	else if (f->size == 1)
		*(bool *)f->at = parse_u64(w, text) != 0;
	else if (f->size == 4)
		*(u32 *)f->at = (u32)parse_u64(w, text);
	else
		*(u64 *)f->at = parse_u64(w, text);
	return true;
}

#define FIELD(n, member) { n, &msg->member, sizeof(msg->member) }

static u32 fields_of(struct raft_msg *msg, struct field *list)
{
	const struct field vote[] = {
		FIELD("last", vote.last_index), FIELD("last-term", vote.last_term),
	};
	const struct field vote_reply[] = {
		FIELD("asked", vote_reply.asked_term), FIELD("granted", vote_reply.granted),
	};
	const struct field append[] = { FIELD("commit", append.commit) };
	const struct field append_reply[] = {
		FIELD("match", append_reply.match), FIELD("verified", append_reply.verified),
		FIELD("prev", append_reply.prev_index), FIELD("hint", append_reply.hint_index),
		FIELD("hint-term", append_reply.hint_term),
		FIELD("rejected", append_reply.rejected),
	};
	const struct field beat[] = {
		FIELD("commit", heartbeat.commit), FIELD("seq", heartbeat.seq),
	};
	const struct field beat_reply[] = {
		FIELD("seq", heartbeat_reply.seq), FIELD("match", heartbeat_reply.match),
		FIELD("verified", heartbeat_reply.verified),
	};
	const struct field forward[] = {
		FIELD("tag", forward.tag), FIELD("size", forward.size),
	};

#define TAKE(a) (memcpy(list, a, sizeof(a)), (u32)ARRAY_SIZE(a))
	switch (msg->type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
		return TAKE(vote);
	case RAFT_MSG_PREVOTE_REPLY:
	case RAFT_MSG_VOTE_REPLY:
		return TAKE(vote_reply);
	case RAFT_MSG_APPEND:
		return TAKE(append);
	case RAFT_MSG_APPEND_REPLY:
		return TAKE(append_reply);
	case RAFT_MSG_HEARTBEAT:
		return TAKE(beat);
	case RAFT_MSG_HEARTBEAT_REPLY:
		return TAKE(beat_reply);
	case RAFT_MSG_FORWARD:
		return TAKE(forward);
	default:
		return 0;
	}
#undef TAKE
}

/* entries="7/3 8/3": no-ops of these places and terms */
static void inject_entries(struct world *w, struct packet *p, const char *text)
{
	char *copy = keep_text(w, text), *save = NULL, *word;

	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		struct raft_entry *e = &p->entries[p->msg.append.count];

		if (p->msg.append.count++ == RAFT_MSG_ENTRIES_MAX)
			die(w, "more than %d entries in a message", RAFT_MSG_ENTRIES_MAX);
		if (!parse_pair(word, &e->index, &e->term))
			die(w, "\"%s\" is not INDEX/TERM", word);
		e->type = RAFT_ENTRY_NOOP;
	}
}

static void inject_word(struct world *w, struct packet *p, const char *word)
{
	struct field fields[8];
	u32 n = fields_of(&p->msg, fields), i;
	const char *value;

	if (word_value(word, "term", &value)) {
		p->msg.term = parse_u64(w, value);
		return;
	}
	if (p->msg.type == RAFT_MSG_APPEND && word_value(word, "prev", &value)) {
		if (!parse_pair(value, &p->msg.append.prev_index, &p->msg.append.prev_term))
			die(w, "\"%s\" is not INDEX/TERM", value);
		return;
	}
	if (p->msg.type == RAFT_MSG_APPEND && word_value(word, "entries", &value)) {
		inject_entries(w, p, value);
		return;
	}
	for (i = 0; i < n; i++) {
		if (word_value(word, fields[i].name, &value)) {
			set_field(w, &fields[i], value);
			return;
		}
	}
	die(w, "\"%s\" is no field of this message", word);
}

/* A message that nobody sent, at the end of its link. */
void network_inject(struct world *w, u32 from, u32 to, u8 type, struct words *words)
{
	struct packet *p = calloc(1, sizeof(*p));
	char *word;

	p->msg.type = type;
	p->msg.from = from;
	p->msg.to = to;
	p->due = w->now + MS;
	p->incarnation = w->nodes[from] ? w->nodes[from]->incarnation : from * 1000;
	if (type == RAFT_MSG_APPEND)
		p->msg.append.entries = p->entries;
	node_get(w, to);
	while ((word = word_next(words)))
		inject_word(w, p, word);
	packet_insert(w, p, w->npackets);
}
