// SPDX-License-Identifier: GPL-2.0
/* Configurations: the one of `cluster`, and what `change` asks for. */
#include "scenario.h"

static const struct raft_member *find(const struct raft_config *config, u32 id)
{
	u32 i;

	for (i = 0; i < config->n; i++)
		if (config->members[i].id == id)
			return &config->members[i];
	return NULL;
}

#ifdef HAVE_ROLES
static bool has(const struct raft_config *config, u32 id, u8 role)
{
	const struct raft_member *m = find(config, id);

	return m && (m->roles & role);
}

bool members_voter(const struct raft_config *config, u32 id)
{
	return has(config, id, RAFT_M_VOTER);
}

bool members_learner(const struct raft_config *config, u32 id)
{
	return has(config, id, RAFT_M_LEARNER);
}

bool members_old(const struct raft_config *config, u32 id)
{
	return has(config, id, RAFT_M_OLD);
}

bool members_witness(const struct raft_config *config, u32 id)
{
	return has(config, id, RAFT_M_WITNESS);
}

static void set_role(struct raft_member *m, bool voter)
{
	m->roles = voter ? RAFT_M_VOTER : RAFT_M_LEARNER;
	m->incarnation = m->id * 1000;
}
#else
bool members_voter(const struct raft_config *config, u32 id)
{
	const struct raft_member *m = find(config, id);

	return m && m->voter;
}

bool members_learner(const struct raft_config *config, u32 id)
{
	const struct raft_member *m = find(config, id);

	return m && !m->voter;
}

bool members_old(const struct raft_config *config, u32 id)
{
	return false;
}

bool members_witness(const struct raft_config *config, u32 id)
{
	return false;
}

static void set_role(struct raft_member *m, bool voter)
{
	m->voter = voter;
}
#endif

struct raft_config *members_keep(struct world *w, const struct raft_config *config)
{
	struct raft_config *copy = keep(w, sizeof(*copy));

	*copy = *config;
	return copy;
}

bool members_joint(const struct raft_config *config)
{
	u32 i;

	for (i = 0; i < config->n; i++)
		if (members_old(config, config->members[i].id))
			return true;
	return false;
}

/* May this node stand for election? */
bool members_stands(const struct raft_config *config, u32 id)
{
	return (members_voter(config, id) || members_old(config, id)) &&
	       !members_witness(config, id);
}

/* ---- cluster ---- */

static void add(struct world *w, const char *list, bool voter)
{
	u32 ids[ID_MAX], n = parse_ids(w, list, ids), i, at;
	struct raft_config *c = &w->genesis;

	for (i = 0; i < n; i++) {
		struct raft_member m = { .id = ids[i] };

		if (find(c, ids[i]))
			die(w, "node %u is named twice", ids[i]);
		if (c->n == QUORUM_MEMBERS_MAX)
			die(w, "more than %d members", QUORUM_MEMBERS_MAX);
		set_role(&m, voter);
		for (at = c->n++; at && c->members[at - 1].id > m.id; at--)
			c->members[at] = c->members[at - 1];
		c->members[at] = m;
	}
}

#ifdef HAVE_ROLES
/* "1:5,2:3" */
static void set_priorities(struct world *w, const char *text)
{
	char *copy = keep_text(w, text), *save = NULL, *part;

	for (part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
		char *colon = strchr(part, ':');
		struct raft_member *m;

		if (!colon)
			die(w, "priority=ID:VALUE,...");
		*colon = '\0';
		m = (struct raft_member *)find(&w->genesis, parse_id(w, part));
		if (!m)
			die(w, "node %s is no member", part);
		m->priority = (u8)parse_u64(w, colon + 1);
	}
}

static void set_witnesses(struct world *w, const char *text)
{
	u32 ids[ID_MAX], n = parse_ids(w, text, ids), i;

	for (i = 0; i < n; i++) {
		struct raft_member *m = (struct raft_member *)find(&w->genesis, ids[i]);

		if (!m)
			die(w, "node %u is no member", ids[i]);
		m->roles |= RAFT_M_WITNESS;
	}
}

/* "ELECTION/COMMIT" */
static void set_quorums(struct world *w, const char *text)
{
	u64 election, commit;

	if (!parse_pair(text, &election, &commit))
		die(w, "quorums=ELECTION/COMMIT");
	w->genesis.quorums.election = (u8)election;
	w->genesis.quorums.commit = (u8)commit;
}

static bool more_options(struct world *w, const char *word)
{
	const char *value;

	if (word_value(word, "priority", &value))
		set_priorities(w, value);
	else if (word_value(word, "witnesses", &value) || word_value(word, "witness", &value))
		set_witnesses(w, value);
	else if (word_value(word, "quorums", &value))
		set_quorums(w, value);
#ifdef HAVE_LEASE
	else if (word_value(word, "lease", &value))
		w->flags |= parse_switch(w, value) ? RAFT_F_LEASE : 0;
#endif
	else
		return false;
	return true;
}

static void finish_genesis(struct world *w)
{
	w->genesis.flags = w->flags;
	w->genesis.timing = w->timing;
}
#else
static bool more_options(struct world *w, const char *word)
{
	return false;
}

static void finish_genesis(struct world *w)
{
}
#endif

static void set_flag(struct world *w, u32 flag, const char *value)
{
	if (parse_switch(w, value))
		w->flags |= flag;
	else
		w->flags &= ~flag;
}

/* "150ms" is 150 to 300 ms; "150ms-400ms" says both */
static void set_election(struct world *w, const char *value)
{
	char *copy = keep_text(w, value), *dash = strchr(copy, '-');

	if (dash)
		*dash = '\0';
	w->timing.election_min = parse_time(w, copy);
	w->timing.election_max = dash ? parse_time(w, dash + 1) : 2 * w->timing.election_min;
}

static void option(struct world *w, const char *word, bool *heartbeat)
{
	const char *value;

	if (word_value(word, "voters", &value)) {
		add(w, value, true);
	} else if (word_value(word, "learners", &value)) {
		add(w, value, false);
	} else if (word_value(word, "prevote", &value)) {
		set_flag(w, RAFT_F_PREVOTE, value);
	} else if (word_value(word, "checkquorum", &value)) {
		set_flag(w, RAFT_F_CHECKQUORUM, value);
	} else if (word_value(word, "election", &value)) {
		set_election(w, value);
	} else if (word_value(word, "heartbeat", &value)) {
		w->timing.heartbeat = parse_time(w, value);
		*heartbeat = true;
	} else if (word_value(word, "seed", &value)) {
		w->seed = parse_u64(w, value);
	} else if (word_value(word, "batch", &value)) {
		w->batch = (u32)parse_u64(w, value);
		if (!w->batch || w->batch > RAFT_MSG_ENTRIES_MAX)
			die(w, "batch is 1 to %d", RAFT_MSG_ENTRIES_MAX);
	} else if (word_value(word, "chunk", &value)) {
		w->chunk = (u32)parse_u64(w, value);
	} else if (!more_options(w, word)) {
		die(w, "\"%s\" is no option of cluster", word);
	}
}

void members_cluster(struct world *w, struct words *words)
{
	bool heartbeat = false;
	char *word;
	u32 i;

	if (w->defined)
		die(w, "there is a cluster already");
	w->flags = RAFT_F_DEFAULT;
	w->timing.heartbeat = 50 * MS;
	w->timing.election_min = 150 * MS;
	w->timing.election_max = 300 * MS;
	while ((word = word_next(words)))
		option(w, word, &heartbeat);
	if (!w->genesis.n)
		die(w, "cluster needs voters=");
	if (!heartbeat)
		w->timing.heartbeat = min(w->timing.heartbeat, w->timing.election_min / 3);
	finish_genesis(w);
	for (i = 0; i < w->genesis.n; i++)
		node_new(w, w->genesis.members[i].id);
	w->defined = true;
}

/* ---- change ---- */

#ifdef HAVE_CHANGE
struct request {
	u32 n;
	struct raft_change list[QUORUM_MEMBERS_MAX];
	struct raft_settings settings;
	bool has_settings;
	bool joint;
	bool has_seen;
	u64 seen;
};

static void request_add(struct world *w, struct request *rq, u8 op, const char *list, bool witness)
{
	u32 ids[ID_MAX], n = parse_ids(w, list, ids), i;

	for (i = 0; i < n; i++) {
		struct raft_change *c = &rq->list[rq->n];

		if (rq->n++ == QUORUM_MEMBERS_MAX)
			die(w, "more than %d steps in a change", QUORUM_MEMBERS_MAX);
		if (!w->nodes[ids[i]] && op != RAFT_CHANGE_REMOVE && op != RAFT_CHANGE_PROMOTE)
			node_start(w, node_new(w, ids[i]));
		c->op = op;
		c->member.id = ids[i];
		c->member.roles = witness ? RAFT_M_WITNESS : 0;
		c->member.incarnation = w->nodes[ids[i]] ? w->nodes[ids[i]]->incarnation : 0;
	}
}

static void request_word(struct world *w, struct node *n, struct request *rq, const char *word)
{
	static const struct { const char *key; u8 op; bool witness; } ops[] = {
		{ "add", RAFT_CHANGE_ADD, false },
		{ "learner", RAFT_CHANGE_LEARNER, false },
		{ "voter", RAFT_CHANGE_VOTER, false },
		{ "promote", RAFT_CHANGE_PROMOTE, false },
		{ "remove", RAFT_CHANGE_REMOVE, false },
		{ "replace", RAFT_CHANGE_REPLACE, false },
		{ "witness", RAFT_CHANGE_VOTER, true },
	};
	const char *value;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		if (word_value(word, ops[i].key, &value)) {
			request_add(w, rq, ops[i].op, value, ops[i].witness);
			return;
		}
	}
	if (!strcmp(word, "joint")) {
		rq->joint = true;
	} else if (word_value(word, "seen", &value)) {
		rq->has_seen = true;
		rq->seen = parse_u64(w, value);
	} else if (word_value(word, "election", &value)) {
		rq->has_settings = true;
		rq->settings.timing.election_min = parse_time(w, value);
		rq->settings.timing.election_max = 2 * rq->settings.timing.election_min;
	} else if (word_value(word, "heartbeat", &value)) {
		rq->has_settings = true;
		rq->settings.timing.heartbeat = parse_time(w, value);
	} else if (word_value(word, "quorums", &value)) {
		u64 election, commit;

		if (!parse_pair(value, &election, &commit))
			die(w, "quorums=ELECTION/COMMIT");
		rq->has_settings = true;
		rq->settings.quorums.election = (u8)election;
		rq->settings.quorums.commit = (u8)commit;
	} else {
		die(w, "\"%s\" is no part of a change of node %u", word, n->id);
	}
}

void members_change(struct world *w, struct words *words)
{
	struct node *n = node_running(w, parse_id(w, word_next(words)));
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct request rq = { 0 };
	char reason[REASON_BYTES];
	char *word;
	int ret;

	if (!n)
		return;
	rq.settings.flags = n->config.flags;
	rq.settings.timing = n->config.timing;
	rq.settings.quorums = n->config.quorums;
	while ((word = word_next(words)))
		request_word(w, n, &rq, word);
	ev.change.list = rq.list;
	ev.change.count = rq.n;
	ev.change.joint = rq.joint;
	ev.change.seen = rq.has_seen ? rq.seen : n->config.index;
	ev.change.settings = rq.has_settings ? &rq.settings : NULL;
	ev.change.room = node_room(n);
	ev.change.tag = client_tag(w, n, NULL);
	ret = node_step(w, n, &ev);
	if (ret < 0) {
		reason_text(reason, sizeof(reason), (u8)-ret);
		refuse(w, "%s", reason);
	}
	node_pump(w, n);
}
#else
void members_change(struct world *w, struct words *words)
{
	while (word_next(words))
		;
	refuse(w, "the engine has no configuration changes yet");
}
#endif

#ifdef HAVE_RECOVER
/* One word behind `recover N`. */
static void recover_word(struct world *w, char *word, struct raft_event *ev, u32 *ids)
{
	const char *value;

	if (word_value(word, "keep", &value)) {
		ev->recover.count = parse_ids(w, value, ids);
		ev->recover.keep = ids;
	} else if (word_value(word, "seen", &value)) {
		ev->recover.config_index = parse_u64(w, value);
	} else if (word_value(word, "last", &value)) {
		if (!parse_pair(value, &ev->recover.last_index, &ev->recover.last_term))
			die(w, "last=INDEX/TERM");
	} else if (!strcmp(word, "suspect")) {
		ev->recover.accept_suspect = true;
	} else {
		die(w, "recover N keep=ID,... [last=INDEX/TERM] [seen=INDEX] [suspect]");
	}
}

/* recover N keep=1,2 [last=I/T] [seen=I] [suspect] */
void members_recover(struct world *w, struct words *words)
{
	struct node *n = node_running(w, parse_id(w, word_next(words)));
	struct raft_event ev = { .type = RAFT_EV_RECOVER };
	char reason[REASON_BYTES], *word;
	struct raft_status st;
	u32 ids[ID_MAX];
	int ret;

	if (!n)
		return;
	raft_get_status(n->raft, &st);
	ev.recover.config_index = st.config_index;
	ev.recover.last_index = st.last_index;
	ev.recover.last_term = st.last_term;
	ev.recover.room = RAFT_CONFIG_BYTES_MAX;
	while ((word = word_next(words)))
		recover_word(w, word, &ev, ids);
	ret = node_step(w, n, &ev);
	if (ret < 0) {
		reason_text(reason, sizeof(reason), (u8)-ret);
		refuse(w, "%s", reason);
	}
	node_pump(w, n);
}
#else
void members_recover(struct world *w, struct words *words)
{
	while (word_next(words))
		;
	refuse(w, "the engine has no forced recovery yet");
}
#endif
