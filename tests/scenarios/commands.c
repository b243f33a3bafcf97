// SPDX-License-Identifier: GPL-2.0
/* What a script can do.  One function a command. */
#include <errno.h>
#include "scenario.h"

static u32 next_id(struct world *w, struct words *words)
{
	char *word = word_next(words);

	if (!word)
		die(w, "a node is missing");
	return parse_id(w, word);
}

static char *next_text(struct world *w, struct words *words, const char *what)
{
	char *word = word_next(words);

	if (!word)
		die(w, "%s is missing", what);
	return word;
}

/* ---- before the start ---- */

/* "1/1 2/1 4-9/2" into a disk's log */
static void preset_log(struct world *w, struct node *n, const char *text)
{
	char *copy = keep_text(w, text), *save = NULL, *word;
	struct disk *d = &n->disk;

	d->last = d->base_index;
	for (word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *dash = strchr(word, '-');
		u64 first, last, term;

		if (dash)
			*dash++ = '\0';
		if (!parse_pair(dash ? dash : word, &last, &term))
			die(w, "\"%s\" is not INDEX/TERM", word);
		first = dash ? parse_u64(w, word) : last;
		if (first != d->last + 1)
			die(w, "the log goes on at %llu, not at %llu",
			    (unsigned long long)d->last + 1, (unsigned long long)first);
		if (last >= LOG_MAX)
			die(w, "more than %d entries", LOG_MAX);
		for (; first <= last; first++) {
			struct entry *e = &d->log[first];

			memset(e, 0, sizeof(*e));
			e->raft.index = first;
			e->raft.term = term;
			e->raft.type = RAFT_ENTRY_NOOP;
			d->last = first;
		}
	}
}

static void preset_snapshot(struct world *w, struct node *n, const char *text)
{
	struct disk *d = &n->disk;

	if (!parse_pair(text, &d->snap.index, &d->snap.term))
		die(w, "snapshot=INDEX/TERM");
	if (d->snap.index >= LOG_MAX)
		die(w, "more than %d entries", LOG_MAX);
	d->snap.config = w->genesis;
	d->base_index = d->snap.index;
	d->base_term = d->snap.term;
	d->last = d->base_index;
}

static void run_state(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));
	const char *log = NULL, *value;
	bool has_term = false;
	char *word;

	if (n->up)
		die(w, "node %u runs: state comes before anything else, or after a crash",
		    n->id);
	n->disk.base_index = 0;
	n->disk.base_term = 0;
	n->disk.last = 0;
	n->disk.vote = RAFT_NONE;
	n->disk.term = 0;
	snapshot_free(&n->disk.snap);
	while ((word = word_next(words))) {
		if (word_value(word, "term", &value)) {
			n->disk.term = parse_u64(w, value);
			has_term = true;
		} else if (word_value(word, "vote", &value)) {
			n->disk.vote = !strcmp(value, "0") ? 0 : parse_id(w, value);
		} else if (word_value(word, "log", &value)) {
			log = value;
		} else if (word_value(word, "commit", &value)) {
			n->preset_commit = parse_u64(w, value);
		} else if (word_value(word, "snapshot", &value)) {
			preset_snapshot(w, n, value);
		} else {
			die(w, "\"%s\" is no part of a state", word);
		}
	}
	if (log)
		preset_log(w, n, log);
	if (!has_term)
		n->disk.term = n->disk.last > n->disk.base_index ?
			       n->disk.log[n->disk.last].raft.term : n->disk.base_term;
}

static void run_auto_disk(struct world *w, struct words *words)
{
	w->auto_disk = parse_switch(w, word_next(words));
}

static void run_strict(struct world *w, struct words *words)
{
	w->strict = parse_switch(w, word_next(words));
}

/* needs read snapshot: skip the script where the engine has no such thing */
static void run_needs(struct world *w, struct words *words)
{
	static const char *const have[] = {
#ifdef HAVE_CHANGE
		"change",
#endif
#ifdef HAVE_READ
		"read",
#endif
#ifdef HAVE_TRANSFER
		"transfer",
#endif
#ifdef HAVE_SNAPSHOT
		"snapshot",
#endif
#ifdef HAVE_SUSPECT
		"suspect",
#endif
#ifdef HAVE_RECOVER
		"recover",
#endif
#ifdef HAVE_LEASE
		"lease",
#endif
		NULL,
	};
	char *word;
	u32 i;

	while ((word = word_next(words))) {
		for (i = 0; have[i] && strcmp(have[i], word); i++)
			;
		if (!have[i])
			longjmp(w->out, SKIPPED);
	}
}

/* ---- what users do ---- */

static void run_campaign(struct world *w, struct words *words)
{
	struct node *n = node_running(w, next_id(w, words));

	if (n)
		node_campaign(w, n);
}

static void run_propose(struct world *w, struct words *words)
{
	u32 id = next_id(w, words);
	char *data = next_text(w, words, "the data");
	char *word = word_next(words);
	struct node *n = node_get(w, id);
	u32 count = 1;

	if (word && word[0] == 'x' && text_is_number(word + 1))
		count = (u32)parse_u64(w, word + 1);
	else if (word)
		die(w, "\"%s\" is not understood: propose N \"data\" [xCOUNT]", word);
	if (n->up && !n->paused) {
		client_propose(w, n, data, count);
		return;
	}
	client_tag(w, n, data);
	client_gone(w, n->up ? "its node is paused" : "its node is down");
	node_running(w, id);
}

static void run_read(struct world *w, struct words *words)
{
	struct node *n = node_running(w, next_id(w, words));

	if (n)
		client_read(w, n);
}

#ifdef HAVE_TRANSFER
static void run_transfer(struct world *w, struct words *words)
{
	struct node *n = node_running(w, next_id(w, words));
	struct raft_event ev = { .type = RAFT_EV_TRANSFER };
	char *word = next_text(w, words, "the target");
	char reason[REASON_BYTES];
	int ret;

	if (!n)
		return;
	ev.transfer = !strcmp(word, "0") ? RAFT_NONE : parse_id(w, word);
	ret = node_step(w, n, &ev);
	if (ret < 0) {
		reason_text(reason, sizeof(reason), (u8)-ret);
		refuse(w, "%s", reason);
	}
	node_pump(w, n);
}
#else
static void run_transfer(struct world *w, struct words *words)
{
	next_id(w, words);
	next_text(w, words, "the target");
	refuse(w, "the engine has no transfer yet");
}
#endif

static void run_stepdown(struct world *w, struct words *words)
{
	struct raft_event ev = { .type = RAFT_EV_STEP_DOWN };
	struct node *n = node_running(w, next_id(w, words));

	if (!n)
		return;
	node_step(w, n, &ev);
	node_pump(w, n);
}

/* ---- time ---- */

static void run_run(struct world *w, struct words *words)
{
	play_run(w, parse_time(w, word_next(words)));
}

static void run_tick(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));

	play_tick(w, n, parse_time(w, word_next(words)));
}

static void run_stabilize(struct world *w, struct words *words)
{
	play_stabilize(w);
}

/* ---- the network ---- */

typedef void (*link_fn)(struct world *w, u32 from, u32 to, u8 type, u32 count);

static void dup_link(struct world *w, u32 from, u32 to, u8 type, u32 count)
{
	network_dup(w, from, to, type);
}

static void reorder_link(struct world *w, u32 from, u32 to, u8 type, u32 count)
{
	network_reorder(w, from, to, type);
}

/* A->B [kind] [count] */
static void on_link(struct world *w, struct words *words, link_fn fn)
{
	u32 from, to, count = 0;
	bool counted = false;
	u8 type = 0;
	char *word;

	parse_link(w, words, &from, &to);
	while ((word = word_next(words))) {
		if (text_is_number(word)) {
			count = (u32)parse_u64(w, word);
			counted = true;
		} else if (!message_kind(word, &type)) {
			die(w, "\"%s\" is no kind of message", word);
		}
	}
	if (!counted || count)
		fn(w, from, to, type, count);
}

static void run_deliver(struct world *w, struct words *words)
{
	on_link(w, words, network_deliver);
}

static void run_drop(struct world *w, struct words *words)
{
	on_link(w, words, network_drop);
}

static void run_dup(struct world *w, struct words *words)
{
	on_link(w, words, dup_link);
}

static void run_reorder(struct world *w, struct words *words)
{
	on_link(w, words, reorder_link);
}

/* send A->B kind field=value... */
static void run_send(struct world *w, struct words *words)
{
	u32 from, to;
	char *word;
	u8 type;

	parse_link(w, words, &from, &to);
	word = next_text(w, words, "the kind");
	if (!message_kind(word, &type))
		die(w, "\"%s\" is no kind of message", word);
	network_inject(w, from, to, type, words);
}

/* "1,2|3": nothing passes between the groups any more */
static void cut_groups(struct world *w, char *text)
{
	u32 group[ID_MAX + 1] = { 0 }, ids[ID_MAX], n, i, a, b, number = 0;
	char *save = NULL, *part;

	for (part = strtok_r(text, "|", &save); part; part = strtok_r(NULL, "|", &save)) {
		number++;
		n = parse_ids(w, part, ids);
		for (i = 0; i < n; i++) {
			if (group[ids[i]])
				die(w, "node %u is on both sides", ids[i]);
			group[ids[i]] = number;
		}
	}
	for (a = 1; a <= ID_MAX; a++)
		for (b = 1; b <= ID_MAX; b++)
			if (group[a] && group[b] && group[a] != group[b])
				network_cut(w, a, b);
}

static void run_cut(struct world *w, struct words *words)
{
	char *text = words_rest(w, words);
	char *arrow = strstr(text, "->");

	if (strchr(text, '|')) {
		cut_groups(w, text);
	} else if (arrow) {
		*arrow = '\0';
		network_cut(w, parse_id(w, text), parse_id(w, arrow + 2));
	} else {
		die(w, "cut A,B|C or cut A->B");
	}
}

static void run_heal(struct world *w, struct words *words)
{
	network_heal(w);
}

/* ---- disks ---- */

static void complete(struct world *w, struct node *n, const char *word)
{
	u32 pending = disk_pending(n), count = pending;

	if (!n->up || n->paused) {
		refuse(w, "node %u is %s", n->id, n->up ? "paused" : "down");
		return;
	}
	if (!word) {
		n->disk.hung = false;
	} else if (word[0] == '#') {
		u64 nth = parse_u64(w, word + 1);

		if (!nth || nth > pending)
			refuse(w, "node %u has %u writes under way", n->id, pending);
		else
			disk_complete(w, n, (u32)nth - 1);
		return;
	} else {
		count = (u32)min((u64)pending, parse_u64(w, word));
	}
	while (count-- && n->up && disk_pending(n))
		disk_complete(w, n, 0);
}

static int error_named(struct world *w, const char *word)
{
	if (word && (!strcmp(word, "eio") || !strcmp(word, "EIO")))
		return -EIO;
	if (word && (!strcmp(word, "enospc") || !strcmp(word, "ENOSPC")))
		return -ENOSPC;
	die(w, "a disk fails with eio or enospc");
}

static void corrupt(struct world *w, struct node *n, u64 index)
{
	struct disk *d = &n->disk;

	if (index <= d->base_index || index > d->last)
		refuse(w, "entry %llu is not on the disk of node %u",
		       (unsigned long long)index, n->id);
	else if (!d->bad || index < d->bad)
		d->bad = index;
}

static void run_disk(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));
	char *word = next_text(w, words, "what the disk does");

	if (!strcmp(word, "complete"))
		complete(w, n, word_next(words));
	else if (!strcmp(word, "fail"))
		disk_fail(w, n, error_named(w, word_next(words)));
	else if (!strcmp(word, "hang"))
		n->disk.hung = true;
	else if (!strcmp(word, "corrupt"))
		corrupt(w, n, parse_u64(w, word_next(words)));
	else
		die(w, "\"%s\" is nothing a disk does", word);
}

static void run_compact(struct world *w, struct words *words)
{
	u32 id = next_id(w, words);
	u64 index = parse_u64(w, word_next(words));
	struct node *n = node_running(w, id);

	if (!n)
		return;
	if (index > n->applied)
		refuse(w, "node %u has applied %llu only", n->id,
		       (unsigned long long)n->applied);
	else
		snapshot_make(w, n, index);
}

static void run_snapshot(struct world *w, struct words *words)
{
	struct node *n = node_running(w, next_id(w, words));

	if (n)
		snapshot_make(w, n, n->applied);
}

/* ---- life and death ---- */

static void run_crash(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));
	char *word = word_next(words);
	bool lose = false, all = false;
	const char *value;

	if (word) {
		all = word_value(word, "lose", &value) && !strcmp(value, "all");
		lose = all || (word_value(word, "lose", &value) && !strcmp(value, "unflushed"));
		if (!lose)
			die(w, "\"%s\" is not lose=unflushed or lose=all", word);
	}
	if (!n->up) {
		refuse(w, "node %u is down", n->id);
		return;
	}
	node_crash(w, n, lose);
	if (all)
		disk_wipe(n);
}

static void run_restart(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));

	if (n->up)
		node_crash(w, n, false);
	node_start(w, n);
}

static void run_wipe(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));

	if (n->up)
		node_crash(w, n, true);
	disk_wipe(n);
}

static void run_pause(struct world *w, struct words *words)
{
	struct node *n = node_running(w, next_id(w, words));

	if (n)
		n->paused = true;
}

static void run_resume(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));

	if (!n->up || !n->paused) {
		refuse(w, "node %u is not paused", n->id);
		return;
	}
	n->paused = false;
	node_pump(w, n);
}

/* apply N off|on: how slow is the state machine? (bug R-4) */
static void run_apply(struct world *w, struct words *words)
{
	struct node *n = node_get(w, next_id(w, words));

	n->apply_held = !parse_switch(w, word_next(words));
	if (n->up)
		node_apply(w, n);
}

static const struct {
	const char *name;
	void (*run)(struct world *w, struct words *words);
	bool early;	/* does not start the nodes */
} commands[] = {
	{ "cluster", members_cluster, true },
	{ "needs", run_needs, true },
	{ "state", run_state, true },
	{ "auto-disk", run_auto_disk, true },
	{ "strict", run_strict, true },
	{ "campaign", run_campaign },
	{ "propose", run_propose },
	{ "read", run_read },
	{ "transfer", run_transfer },
	{ "change", members_change },
	{ "recover", members_recover },
	{ "stepdown", run_stepdown },
	{ "run", run_run },
	{ "tick", run_tick },
	{ "stabilize", run_stabilize },
	{ "deliver", run_deliver },
	{ "drop", run_drop },
	{ "dup", run_dup },
	{ "reorder", run_reorder },
	{ "send", run_send },
	{ "cut", run_cut },
	{ "heal", run_heal },
	{ "disk", run_disk },
	{ "compact", run_compact },
	{ "snapshot", run_snapshot },
	{ "crash", run_crash },
	{ "restart", run_restart },
	{ "wipe", run_wipe },
	{ "pause", run_pause },
	{ "resume", run_resume },
	{ "apply", run_apply },
};

/**
 * command_run() - do what a line says
 * @w: the world
 * @words: the line
 */
void command_run(struct world *w, struct words *words)
{
	char *name = word_next(words);
	u32 i;

	if (!strcmp(name, "expect")) {
		play_start(w);
		expect_run(w, words);
		return;
	}
	if (!strcmp(name, "expect-error")) {
		expect_error(w, words);
		return;
	}
	if (w->strict && w->refused)
		die(w, "line %u was refused: %s", w->refused_line, w->reason);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			break;
	if (i == ARRAY_SIZE(commands))
		die(w, "\"%s\" is no command", name);
	if (!w->defined && strcmp(name, "cluster") && strcmp(name, "needs"))
		die(w, "a script begins with cluster");
	w->refused = false;
	w->steps = 0;
	if (!commands[i].early)
		play_start(w);
	commands[i].run(w, words);
	words_end(w, words);
	if (w->started)
		play_settle(w);
}
