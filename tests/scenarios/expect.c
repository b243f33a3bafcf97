// SPDX-License-Identifier: GPL-2.0
/* What a script can ask.  An expectation that is not met ends it. */
#include <ctype.h>
#include "scenario.h"

enum op_kind { OP_EQ, OP_NE, OP_LE, OP_GE };

/* "key>=value" in its parts; @word is changed. */
static bool split(char *word, enum op_kind *op, char **value)
{
	char *p = strpbrk(word, "=<>!");

	if (!p)
		return false;
	if (*p == '=') {
		*op = OP_EQ;
		*p++ = '\0';
		if (*p == '=')
			p++;
	} else if (p[1] == '=') {
		*op = *p == '!' ? OP_NE : *p == '<' ? OP_LE : OP_GE;
		*p = '\0';
		p += 2;
	} else {
		return false;
	}
	*value = p;
	return true;
}

static bool compare(u64 found, enum op_kind op, u64 wanted)
{
	switch (op) {
	case OP_EQ:
		return found == wanted;
	case OP_NE:
		return found != wanted;
	case OP_LE:
		return found <= wanted;
	default:
		return found >= wanted;
	}
}

static const char *sign(enum op_kind op)
{
	static const char *const signs[] = { "=", "!=", "<=", ">=" };

	return signs[op];
}

static void check_number(struct world *w, const char *what, u64 found, enum op_kind op,
			 const char *value)
{
	if (!compare(found, op, parse_u64(w, value)))
		die(w, "wanted %s%s%s, found %llu", what, sign(op), value,
		    (unsigned long long)found);
}

/* Text is equal or not; <= and >= are for numbers. */
static void check_text(struct world *w, const char *what, const char *found, enum op_kind op,
		       const char *value, bool equal)
{
	if (op != OP_EQ && op != OP_NE)
		die(w, "%s is compared with = or != only", what);
	if (equal != (op == OP_EQ))
		die(w, "wanted %s%s\"%s\", found \"%s\"", what, sign(op), value, found);
}

/* ---- a node's values, as text ---- */

static const char *role_of(const struct node *n)
{
	static const char *const names[] = {
		[RAFT_FOLLOWER] = "follower", [RAFT_PRECANDIDATE] = "precandidate",
		[RAFT_CANDIDATE] = "candidate", [RAFT_LEADER] = "leader",
	};

	return n->up ? names[n->role] : "down";
}

static void append_text(char **buf, size_t *len, const char *text)
{
	size_t more = strlen(text);

	*buf = realloc(*buf, *len + more + 2);
	if (*len)
		(*buf)[(*len)++] = ' ';
	memcpy(*buf + *len, text, more + 1);
	*len += more;
}

static char *log_text(const struct node *n)
{
	u64 base = n->up ? n->mem_base : n->disk.base_index;
	u64 last = n->up ? n->mem_last : n->disk.last;
	const struct entry *log = n->up ? n->mem : n->disk.log;
	char *buf = calloc(1, 1), one[48];
	size_t len = 0;
	u64 i;

	for (i = base + 1; i <= last; i++) {
		snprintf(one, sizeof(one), "%llu/%llu", (unsigned long long)i,
			 (unsigned long long)log[i].raft.term);
		append_text(&buf, &len, one);
	}
	return buf;
}

/* "1-3/2" stands for "1/2 2/2 3/2" */
static char *spread(struct world *w, const char *text)
{
	char *copy = keep_text(w, text), *save = NULL, *word, *buf = calloc(1, 1), one[48];
	size_t len = 0;

	for (word = strtok_r(copy, " ,", &save); word; word = strtok_r(NULL, " ,", &save)) {
		char *dash = strchr(word, '-');
		u64 first, last, term;

		if (dash)
			*dash++ = '\0';
		if (!parse_pair(dash ? dash : word, &last, &term))
			die(w, "\"%s\" is not INDEX/TERM", word);
		for (first = dash ? parse_u64(w, word) : last; first <= last; first++) {
			snprintf(one, sizeof(one), "%llu/%llu", (unsigned long long)first,
				 (unsigned long long)term);
			append_text(&buf, &len, one);
		}
	}
	return buf;
}

static char *applied_text(const struct world *w, const struct node *n)
{
	char *buf = calloc(1, 1);
	size_t len = 0;
	u32 i;

	for (i = 0; i < n->nsm && n->up; i++)
		append_text(&buf, &len, client_data(w, n->sm[i].tag));
	return buf;
}

typedef bool (*member_fn)(const struct raft_config *config, u32 id);

static void check_members(struct world *w, const char *what, const struct raft_config *config,
			  member_fn fn, enum op_kind op, const char *value)
{
	u32 ids[ID_MAX], n = parse_ids(w, value, ids), i, id;
	bool wanted[ID_MAX + 1] = { false }, equal = true;
	char found[512] = "", one[16];

	for (i = 0; i < n; i++)
		wanted[ids[i]] = true;
	for (id = 1; id <= ID_MAX; id++) {
		equal &= wanted[id] == fn(config, id);
		if (!fn(config, id))
			continue;
		snprintf(one, sizeof(one), "%s%u", *found ? "," : "", id);
		strcat(found, one);
	}
	check_text(w, what, found, op, value, equal);
}

static void check_switch(struct world *w, const char *what, bool found, enum op_kind op,
			 const char *value)
{
	bool wanted = text_is_number(value) ? parse_u64(w, value) != 0 : parse_switch(w, value);

	check_text(w, what, found ? "yes" : "no", op, value, wanted == found);
}

/* joint=yes|no, or the voters of the old half */
static void check_joint(struct world *w, const struct node *n, enum op_kind op, const char *value)
{
	if (strchr(value, ',') || (text_is_number(value) && parse_u64(w, value) > 1))
		check_members(w, "joint", &n->config, members_old, op, value);
	else
		check_switch(w, "joint", members_joint(&n->config), op, value);
}

static bool role_equal(const struct node *n, const char *found, const char *value)
{
	if (!strcmp(value, "learner"))
		return n->up && members_learner(&n->config, n->id);
	return !strcmp(found, value) ||
	       (!strcmp(value, "pre-candidate") && !strcmp(found, "precandidate"));
}

static void check_halted(struct world *w, const struct node *n, enum op_kind op, const char *value)
{
	const char *name = raft_halt_name(n->halt);
	bool plain = !strcmp(value, "yes") || !strcmp(value, "no") || !strcmp(value, "on") ||
		     !strcmp(value, "off") || !strcmp(value, "true") || !strcmp(value, "false") ||
		     text_is_number(value);

	if (plain)
		check_switch(w, "halted", n->halt != RAFT_HALT_NONE, op, value);
	else
		check_text(w, "halted", name, op, value,
			   n->halt != RAFT_HALT_NONE && text_contains(name, value));
}

static void check_strings(struct world *w, const struct node *n, const char *key,
			  enum op_kind op, const char *value)
{
	bool log = !strcmp(key, "log");
	char *found = log ? log_text(n) : applied_text(w, n);
	char *wanted = log ? spread(w, value) : strdup(value);

	check_text(w, key, keep_text(w, found), op, keep_text(w, wanted),
		   !strcmp(found, wanted));
	free(found);
	free(wanted);
}

struct number {
	const char *key;
	u64 value;
};

/* The engine's numbers; of a node that is down, its disk's. */
static bool find_number(const struct node *n, const char *key, u64 *value)
{
	struct raft_status st;
	u32 i;

	memset(&st, 0, sizeof(st));
	if (n->up) {
		raft_get_status(n->raft, &st);
	} else {
		st.term = n->disk.term;
		st.vote = n->disk.vote;
		st.last_index = n->disk.last;
		st.first_index = n->disk.base_index + 1;
		st.durable_index = n->disk.last;
		st.commit = n->disk.base_index;
	}
	const struct number numbers[] = {
		{ "term", st.term },
		{ "vote", st.vote },
		{ "leader", st.leader },
		{ "commit", st.commit },
		{ "last", st.last_index },
		{ "first", st.first_index },
		{ "durable", st.durable_index },
		{ "uncommitted-bytes", st.uncommitted_bytes },
		{ "applied-index", n->applied },
		{ "writes", disk_pending(n) },
		{ "config", n->config.index },
		{ "forced", n->config.forced },
	};

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!strcmp(key, numbers[i].key)) {
			*value = numbers[i].value;
			return true;
		}
	}
	return false;
}

/* match[3]>=7, next[3]=8, inflight[2]=0: what a leader knows of a member */
static bool find_peer_number(struct world *w, const struct node *n, const char *key, u64 *value)
{
	char *copy = keep_text(w, key), *bracket = strchr(copy, '[');
	struct raft_status st;
	u32 id, i;

	if (!bracket || !n->up)
		return false;
	*bracket++ = '\0';
	bracket[strcspn(bracket, "]")] = '\0';
	id = parse_id(w, bracket);
	raft_get_status(n->raft, &st);
	for (i = 0; i < st.npeers; i++) {
		if (st.peers[i].id != id)
			continue;
		if (!strcmp(copy, "match"))
			*value = st.peers[i].match;
		else if (!strcmp(copy, "next"))
			*value = st.peers[i].next;
		else if (!strcmp(copy, "inflight"))
			*value = st.peers[i].inflight;
		else
			return false;
		return true;
	}
	die(w, "node %u knows no member %u", n->id, id);
}

static void check_cause(struct world *w, const struct node *n, enum op_kind op, const char *value)
{
	struct raft_status st;
	const char *name;

	raft_get_status(n->raft, &st);
	name = raft_cause_name(st.cause);
	check_text(w, "cause", name, op, value, text_contains(name, value));
}

static void check_snapshot(struct world *w, const struct node *n, enum op_kind op,
			   const char *value)
{
	char found[48];

	snprintf(found, sizeof(found), "%llu/%llu", (unsigned long long)n->disk.snap.index,
		 (unsigned long long)n->disk.snap.term);
	if (text_is_number(value))
		check_number(w, "snapshot", n->disk.snap.index, op, value);
	else
		check_text(w, "snapshot", found, op, value, !strcmp(found, value));
}

static void check_one(struct world *w, const struct node *n, const char *key, enum op_kind op,
		      const char *value)
{
	char what[128];
	u64 number;

	snprintf(what, sizeof(what), "node %u %s", n->id, key);
	if (find_number(n, key, &number) || find_peer_number(w, n, key, &number))
		check_number(w, what, number, op, value);
	else if (!strcmp(key, "role"))
		check_text(w, what, role_of(n), op, value, role_equal(n, role_of(n), value));
	else if (!strcmp(key, "log") || !strcmp(key, "applied"))
		check_strings(w, n, key, op, value);
	else if (!strcmp(key, "halted"))
		check_halted(w, n, op, value);
	else if (!strcmp(key, "voters"))
		check_members(w, what, &n->config, members_voter, op, value);
	else if (!strcmp(key, "learners"))
		check_members(w, what, &n->config, members_learner, op, value);
	else if (!strcmp(key, "outgoing"))
		check_members(w, what, &n->config, members_old, op, value);
	else if (!strcmp(key, "witnesses"))
		check_members(w, what, &n->config, members_witness, op, value);
	else if (!strcmp(key, "joint"))
		check_joint(w, n, op, value);
	else if (!strcmp(key, "up"))
		check_switch(w, what, n->up, op, value);
	else if (!strcmp(key, "suspect"))
		check_switch(w, what, n->disk.suspect, op, value);
	else if (!strcmp(key, "cause"))
		check_cause(w, n, op, value);
	else if (!strcmp(key, "snapshot"))
		check_snapshot(w, n, op, value);
	else
		die(w, "\"%s\" is nothing a node has", key);
}

/* expect 1,2 role=follower term>=2 */
static void expect_nodes(struct world *w, const char *list, struct words *words)
{
	u32 ids[ID_MAX], n, i;
	enum op_kind op;
	char *word, *value;

	if (!strcmp(list, "all")) {
		for (n = 0, i = 1; i <= ID_MAX; i++)
			if (w->nodes[i])
				ids[n++] = i;
	} else {
		n = parse_ids(w, list, ids);
	}
	if (!word_peek(words))
		die(w, "expect what of node %s?", list);
	while ((word = word_next(words))) {
		char *shown = keep_text(w, word);

		if (!split(word, &op, &value))
			die(w, "\"%s\" is no comparison", shown);
		for (i = 0; i < n; i++)
			check_one(w, node_get(w, ids[i]), word, op, value);
	}
}

/* ---- the whole cluster ---- */

static void expect_leaders(struct world *w, enum op_kind op, char *value)
{
	char *per = strstr(value, "-per-term");
	u64 found = 0, most = 0;
	u32 i, j;

	if (!per) {
		for (i = 1; i <= ID_MAX; i++)
			found += w->nodes[i] && w->nodes[i]->up && w->nodes[i]->role == RAFT_LEADER;
		check_number(w, "leaders", found, op, value);
		return;
	}
	*per = '\0';
	for (i = 0; i < w->nled; i++) {
		for (found = 0, j = 0; j < w->nled; j++)
			found += w->led[j].term == w->led[i].term;
		most = max(most, found);
	}
	check_number(w, "leaders per term", most, op, value);
}

/* Who leads the highest term in which somebody up leads. */
static u32 current_leader(const struct world *w)
{
	u32 leader = 0, i;

	for (i = 1; i <= ID_MAX; i++) {
		const struct node *n = w->nodes[i];

		if (n && n->up && n->role == RAFT_LEADER &&
		    (!leader || n->term > w->nodes[leader]->term))
			leader = i;
	}
	return leader;
}

static bool same_entry(const struct node *a, const struct node *b, u64 i)
{
	return a->mem[i].raft.term == b->mem[i].raft.term &&
	       a->mem[i].raft.tag == b->mem[i].raft.tag &&
	       a->mem[i].raft.type == b->mem[i].raft.type;
}

static void expect_same_log(struct world *w, struct words *words)
{
	u32 ids[ID_MAX], n = parse_ids(w, words_rest(w, words), ids), i;
	const struct node *a;
	u64 at;

	if (n < 2)
		die(w, "same-log needs two nodes at least");
	a = node_get(w, ids[0]);
	for (i = 1; i < n; i++) {
		const struct node *b = node_get(w, ids[i]);

		if (a->mem_last != b->mem_last)
			die(w,
			    "wanted the same log, found node %u's to end at %llu, node %u's at %llu",
			    a->id, (unsigned long long)a->mem_last, b->id,
			    (unsigned long long)b->mem_last);
		for (at = max(a->mem_base, b->mem_base) + 1; at <= a->mem_last; at++)
			if (!same_entry(a, b, at))
				die(w,
				    "wanted the same log, found %llu at %llu of node %u, %llu of node %u",
				    (unsigned long long)a->mem[at].raft.term,
				    (unsigned long long)at, a->id,
				    (unsigned long long)b->mem[at].raft.term, b->id);
	}
}

static const char *answer_name(const struct op *op)
{
	static const char *const names[] = { "no answer yet", "committed", "refused", "unknown" };

	return names[op->answer];
}

static const struct op *find_op(const struct world *w, const char *data)
{
	u32 i;

	for (i = w->nops; i; i--)
		if (w->ops[i - 1].data && !strcmp(w->ops[i - 1].data, data))
			return &w->ops[i - 1];
	return NULL;
}

static void expect_answer(struct world *w, struct words *words, u8 wanted, const char *name)
{
	char *data = word_next(words);
	const struct op *op;
	bool met;

	if (!data)
		die(w, "expect %s what?", name);
	op = find_op(w, data);
	if (!op && wanted == ANSWER_REFUSED) {
		/* not the data of a proposal: the reason of the last refusal */
		if (!w->refused || !text_contains(w->reason, data))
			die(w, "wanted a refusal with \"%s\", found %s%s", data,
			    w->refused ? "refused: " : "none", w->refused ? w->reason : "");
		return;
	}
	if (!op)
		die(w, "nobody proposed \"%s\"", data);
	met = op->answer == wanted || (wanted == ANSWER_UNKNOWN && op->unknown);
	if (!met)
		die(w, "wanted \"%s\" %s, found %s%s%s", data, name, answer_name(op),
		    *op->reason ? ": " : "", op->reason);
}

static void expect_read(struct world *w, struct words *words)
{
	static const char *const names[] = { "pending", "done", "refused", "lost" };
	char *word = word_next(words), *value;
	const struct reading *r = NULL;
	enum op_kind op;
	u32 id, i;

	if (!word)
		die(w, "expect read N pending|done|refused");
	id = parse_id(w, word);
	for (i = 0; i < w->nreads; i++)
		if (w->reads[i].node == id)
			r = &w->reads[i];
	if (!r)
		die(w, "nobody read at node %u", id);
	word = word_next(words);
	if (!word || (strcmp(word, "pending") && strcmp(word, "done") && strcmp(word, "refused")))
		die(w, "a read is pending, done or refused");
	if (strcmp(word, names[r->answer]))
		die(w, "wanted the read at node %u %s, found %s%s%s", id, word,
		    names[r->answer], *r->reason ? ": " : "", r->reason);
	while ((word = word_next(words))) {
		if (!split(word, &op, &value) || strcmp(word, "index"))
			die(w, "\"%s\" is nothing a read has", word);
		check_number(w, "read index", r->index, op, value);
	}
}

/* expect pending A->B [kind] [count]: that many messages are on their way */
static void expect_pending(struct world *w, struct words *words)
{
	enum op_kind op = OP_GE;
	char *word, *value = "1";
	u32 from, to, i;
	u64 found = 0;
	u8 type = 0;

	parse_link(w, words, &from, &to);
	word = word_peek(words);
	if (word && isalpha((unsigned char)*word) && strncmp(word, "count", 5)) {
		if (!message_kind(word_next(words), &type))
			die(w, "\"%s\" is no kind of message", word);
		word = word_peek(words);
	}
	if (word) {
		word_next(words);
		if (text_is_number(word)) {
			op = OP_EQ;
			value = word;
		} else if (!split(word, &op, &value) || strcmp(word, "count")) {
			die(w, "expect pending A->B [kind] [COUNT | count>=COUNT]");
		}
	}
	for (i = 0; i < w->npackets; i++)
		found += network_matches(w->packets[i], from, to, type);
	check_number(w, "messages", found, op, value);
}

static void expect_world(struct world *w, char *word, struct words *words)
{
	enum op_kind op;
	char *value;

	if (!split(word, &op, &value))
		die(w, "expect %s: not understood", word);
	if (!strcmp(word, "leaders"))
		expect_leaders(w, op, value);
	else if (!strcmp(word, "leader"))
		check_number(w, "leader", current_leader(w), op, value);
	else
		die(w, "\"%s\" is nothing a cluster has", word);
}

/**
 * expect_run() - expect ...
 * @w: the world
 * @words: what follows the word
 */
void expect_run(struct world *w, struct words *words)
{
	char *word = word_next(words);

	if (!word)
		die(w, "expect what?");
	if (isdigit((unsigned char)*word) || !strcmp(word, "all"))
		expect_nodes(w, word, words);
	else if (!strcmp(word, "committed"))
		expect_answer(w, words, ANSWER_COMMITTED, word);
	else if (!strcmp(word, "refused"))
		expect_answer(w, words, ANSWER_REFUSED, word);
	else if (!strcmp(word, "unknown"))
		expect_answer(w, words, ANSWER_UNKNOWN, word);
	else if (!strcmp(word, "same-log"))
		expect_same_log(w, words);
	else if (!strcmp(word, "read"))
		expect_read(w, words);
	else if (!strcmp(word, "pending"))
		expect_pending(w, words);
	else
		expect_world(w, word, words);
	words_end(w, words);
}

/* The last command must have been refused, for this reason. */
void expect_error(struct world *w, struct words *words)
{
	char *text = word_next(words);

	if (!text)
		die(w, "expect-error \"text\"");
	if (!w->refused)
		die(w, "wanted a refusal with \"%s\", found none", text);
	if (!text_contains(w->reason, text))
		die(w, "wanted a refusal with \"%s\", found \"%s\"", text, w->reason);
	words_end(w, words);
	/* Expected: no reason for strict to complain. */
	w->refused_line = 0;
}
