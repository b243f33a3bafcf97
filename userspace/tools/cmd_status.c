// SPDX-License-Identifier: GPL-2.0
/* quorumctl status and list. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "conf.h"
#include "object_json.h"
#include "output.h"
#include "tool.h"

const char help_status[] =
"Usage: quorumctl status [NAME]\n"
"       quorumctl status NAME --hash\n"
"\n"
"Everything about a group, or about all: role and why, leader or why there is\n"
"none, log, members, device, timers, and what was dropped.\n"
"With --json an object, or an array without NAME; the keys are the attribute names\n"
"of the netlink family, see quorumctl(8).\n"
"\n"
"  --hash  a hash of the state machine instead, the index it is of (it is equal on all\n"
"          nodes at the same index), number of sessions, bytes of the state\n";

const char help_list[] =
"Usage: quorumctl list\n"
"\n"
"One line per group: name, state, own node, role, term, leader, commit index.\n";

/* Why the role is what it is, by enum quorum_cause. */
static const char * const cause_texts[] = {
	[QUORUM_CAUSE_START] = "as at its start",
	[QUORUM_CAUSE_ELECTION_TIMEOUT] = "it heard no leader for an election timeout",
	[QUORUM_CAUSE_PREVOTE_WON] = "a majority would vote for it",
	[QUORUM_CAUSE_ELECTION_WON] = "a majority voted for it",
	[QUORUM_CAUSE_LEADER_FOUND] = "a leader of this term spoke",
	[QUORUM_CAUSE_HIGHER_TERM] = "another node showed a higher term",
	[QUORUM_CAUSE_QUORUM_LOST] = "as a leader it heard no majority any more",
	[QUORUM_CAUSE_STORE_SLOW] = "as a leader its own device took too long",
	[QUORUM_CAUSE_STORE_FAILED] = "its own device failed",
	[QUORUM_CAUSE_HALTED] = "it halted",
	[QUORUM_CAUSE_ASKED] = "it was asked to step down",
	[QUORUM_CAUSE_REMOVED] = "it is not a voter any more",
	[QUORUM_CAUSE_TRANSFER] = "leadership was handed over",
	[QUORUM_CAUSE_RECOVERED] = "an operator recovered the group by force",
};

static const char * const halt_texts[] = {
	[QUORUM_HALT_NONE] = "",
	[QUORUM_HALT_STORE] = "a write or flush of its log failed",
	[QUORUM_HALT_TRUNCATE_COMMITTED] = "a leader wanted to overwrite a committed entry",
	[QUORUM_HALT_TWO_LEADERS] = "a second leader showed up in one term",
	[QUORUM_HALT_LAST_TERM] = "its log ends in a term above the durable one",
	[QUORUM_HALT_CONTRACT] = "its engine was told something impossible",
	[QUORUM_HALT_SNAPSHOT] = "a snapshot contradicted a committed entry",
};

/*
 * What some of the drops mean and what to do.  Those that are left out happen in
 * a healthy group, or say nothing about whom to blame.
 */
static const struct {
	int attr;
	const char *hint;
} drop_hints[] = {
	{ QUORUM_A_DROPS_CLUSTER,
	  "a group of the same name in another cluster sends here; compare 'cluster' in the "
	  "configurations of the machines that have this address" },
	{ QUORUM_A_DROPS_GENESIS,
	  "a member was formatted with other members, roles or timing; compare what "
	  "`quorumctl fsck` says of the members' devices" },
	{ QUORUM_A_DROPS_SOURCE,
	  "a sender is no member, or sends from another address than its 'member' line "
	  "gives it; compare these lines, and look for NAT or a second address" },
	{ QUORUM_A_DROPS_SEAL,
	  "a member has another key, or none, or somebody forges; compare the files that 'key' "
	  "names (sha256sum) and the 'auth' lines" },
	{ QUORUM_A_DROPS_TARGET,
	  "a member sends to this node what is meant for another one; look for two 'member' "
	  "lines with their addresses exchanged" },
};

#define LOOKUP(table, value) \
	((value) < sizeof(table) / sizeof((table)[0]) && (table)[value] ? \
	 (table)[value] : "for an unknown reason")

static uint64_t get(const struct quorum_object *object, int attr)
{
	return quorum_object_u64(object, attr);
}

/* Of a group that does not run, nothing is known of what is on its device. */
static bool is_live(const struct quorum_object *group)
{
	return quorum_object_has(group, QUORUM_A_GROUP_COMMIT);
}

/* ---- lines with a label, wrapped at 80 columns ---- */

enum { LABEL_WIDTH = 13, LINE_WIDTH = 80 };

static void line(const char *label, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void line(const char *label, const char *format, ...)
{
	char text[1024], *word, *rest = NULL;
	size_t column = LABEL_WIDTH;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("  %-*s", LABEL_WIDTH - 2, label);
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		size_t len = strlen(word);

		if (column > LABEL_WIDTH && column + 1 + len > LINE_WIDTH) {
			printf("\n%*s", LABEL_WIDTH, "");
			column = LABEL_WIDTH;
		}
		if (column > LABEL_WIDTH)
			putchar(' ');
		column += len + (column > LABEL_WIDTH);
		/* A tilde is a space that does not break a line: "4.2~s". */
		for (; *word; word++)
			putchar(*word == '~' ? ' ' : *word);
	}
	putchar('\n');
}

/* A duration or a size that stays on one line. */
static const char *unbroken(char *text)
{
	for (char *at = text; *at; at++)
		if (*at == ' ')
			*at = '~';
	return text;
}

static const char *duration(uint64_t ns, char *text, size_t size)
{
	output_duration(ns, text, size);
	return unbroken(text);
}

static const char *bytes(uint64_t count, char *text, size_t size)
{
	output_bytes(count, text, size);
	return unbroken(text);
}

/* ---- who answers ---- */

struct census {
	uint32_t voters;
	uint32_t silent;	/* voters, not this node, not heard lately */
	char names[512];	/* of the silent, with when they were heard last */
	size_t used;
};

/* After this long without a word a member counts as silent. */
static uint64_t patience_ns(const struct quorum_object *group)
{
	return 2000 * get(group, QUORUM_A_GROUP_ELECTION_MAX_US);
}

static bool is_silent(const struct quorum_object *group, const struct quorum_object *member)
{
	return !quorum_object_has(member, QUORUM_A_MEMBER_CONTACT_NS) ||
	       get(member, QUORUM_A_MEMBER_CONTACT_NS) > patience_ns(group);
}

static void add_silent(struct census *census, const struct quorum_object *member)
{
	char text[32];
	int n;

	if (quorum_object_has(member, QUORUM_A_MEMBER_CONTACT_NS))
		n = snprintf(census->names + census->used, sizeof(census->names) - census->used,
			     "%s%" PRIu64 "~(last~heard~%s~ago)", census->silent ? ", " : "",
			     get(member, QUORUM_A_MEMBER_ID),
			     duration(get(member, QUORUM_A_MEMBER_CONTACT_NS), text,
				      sizeof(text)));
	else
		n = snprintf(census->names + census->used, sizeof(census->names) - census->used,
			     "%s%" PRIu64 "~(never)", census->silent ? ", " : "",
			     get(member, QUORUM_A_MEMBER_ID));
	census->used += (size_t)n;
	if (census->used >= sizeof(census->names))
		census->used = sizeof(census->names) - 1;
	census->silent++;
}

static void take_census(const struct quorum_object *group, struct census *census)
{
	struct quorum_object member;

	memset(census, 0, sizeof(*census));
	for (unsigned int i = 0; quorum_object_get(group, QUORUM_A_GROUP_MEMBER, i, &member); i++) {
		if (get(&member, QUORUM_A_MEMBER_ROLE) != QUORUM_MEMBER_ROLE_VOTER)
			continue;
		census->voters++;
		if (quorum_object_has(&member, QUORUM_A_MEMBER_SELF))
			continue;
		if (is_silent(group, &member))
			add_silent(census, &member);
	}
}

/* It is no member, yet or any more. */
static bool is_outside(const struct quorum_object *group)
{
	struct quorum_object member;

	for (unsigned int i = 0; quorum_object_get(group, QUORUM_A_GROUP_MEMBER, i, &member); i++)
		if (quorum_object_has(&member, QUORUM_A_MEMBER_SELF))
			return false;
	return true;
}

/* What it knows of a leader; what it can do is up to those who are members. */
static void show_outside(const struct quorum_object *group)
{
	struct quorum_object listen;
	char address[64] = "ADDRESS";

	if (!quorum_object_has(group, QUORUM_A_GROUP_JOIN)) {
		line("leader", "this node was removed by the change of index~%" PRIu64 " and is no "
		     "member any more: it asks for nothing and votes for nobody",
		     get(group, QUORUM_A_GROUP_CONFIG_INDEX));
		return;
	}
	if (quorum_object_get(group, QUORUM_A_GROUP_LISTEN, 0, &listen))
		object_address(&listen, address, sizeof(address));
	if (get(group, QUORUM_A_GROUP_LEADER))
		line("leader", "node %" PRIu64 ", which tells this node what there is until it "
		     "is a member", get(group, QUORUM_A_GROUP_LEADER));
	else
		line("leader", "none yet: this node waits to be added; on the node that leads, "
		     "`quorumctl~member~add~%s~%" PRIu64 "~%s` does that",
		     quorum_object_str(group, QUORUM_A_GROUP_GROUP),
		     get(group, QUORUM_A_GROUP_NODE), address);
}

static void show_leader(const struct quorum_object *group)
{
	uint64_t leader = get(group, QUORUM_A_GROUP_LEADER);
	uint64_t role = get(group, QUORUM_A_GROUP_ROLE);
	struct census census;
	char text[32];

	if (is_outside(group)) {
		show_outside(group);
		return;
	}
	take_census(group, &census);
	if (leader && role == QUORUM_ROLE_LEADER && census.silent) {
		line("leader", "this node; %u of %u voters %s not answer: %s", census.silent,
		     census.voters, census.silent == 1 ? "does" : "do", census.names);
		return;
	}
	if (leader) {
		line("leader", leader == get(group, QUORUM_A_GROUP_NODE) ?
		     "this node; all voters answer" : "node %" PRIu64, leader);
		return;
	}
	if (2 * census.silent >= census.voters && census.voters) {
		if (get(group, QUORUM_A_GROUP_ROLE_SINCE_NS) < patience_ns(group) &&
		    get(group, QUORUM_A_GROUP_CAUSE) == QUORUM_CAUSE_START)
			line("leader", "no leader yet: the group started %s ago",
			     duration(get(group, QUORUM_A_GROUP_ROLE_SINCE_NS), text,
				      sizeof(text)));
		else
			line("leader", "no leader: %u of %u voters %s not answer: %s",
			     census.silent, census.voters, census.silent == 1 ? "does" : "do",
			     census.names);
		return;
	}
	if (census.silent)
		line("leader", "no leader: an election is under way among the voters that "
		     "answer; %u of %u %s not: %s",
		     census.silent, census.voters, census.silent == 1 ? "does" : "do",
		     census.names);
	else
		line("leader", "no leader: an election is under way; all %u voters answer",
		     census.voters);
}

/* ---- the sections of status ---- */

static void show_head(const struct quorum_object *group)
{
	const char *name = quorum_object_str(group, QUORUM_A_GROUP_NAME);
	const char *in_cluster = quorum_object_str(group, QUORUM_A_GROUP_GROUP);
	struct quorum_object cluster;
	char uuid[37] = "";

	if (quorum_object_get(group, QUORUM_A_GROUP_CLUSTER, 0, &cluster) && cluster.len == 16)
		conf_format_uuid(cluster.data, uuid);
	if (strcmp(name, in_cluster))
		printf("group %s (%s in cluster %s)\n", name, in_cluster, uuid);
	else
		printf("group %s (cluster %s)\n", name, uuid);
}

/* False: there is nothing more to show of a group that does not run. */
static bool show_state(const struct quorum_object *group)
{
	uint64_t state = get(group, QUORUM_A_GROUP_STATE);
	uint64_t halt = get(group, QUORUM_A_GROUP_HALT);
	int error = (int)get(group, QUORUM_A_GROUP_ERROR);

	switch (state) {
	case QUORUM_STATE_STOPPED:
		if (error)
			line("state", "stopped, the last start failed: %s",
			     quorum_object_has(group, QUORUM_A_GROUP_MESSAGE) ?
			     quorum_object_str(group, QUORUM_A_GROUP_MESSAGE) : strerror(error));
		else
			line("state", "stopped; `quorumctl start %s` starts it",
			     quorum_object_str(group, QUORUM_A_GROUP_NAME));
		return false;
	case QUORUM_STATE_STOPPING:
		line("state", "stopping: it waits for what is under way on its device");
		return false;
	case QUORUM_STATE_STARTING:
		line("state", "starting: it reads its log");
		return true;
	case QUORUM_STATE_FAILED:
		line("state", "FAILED: %s%s%s; it can be read, and takes no part any more",
		     halt ? LOOKUP(halt_texts, halt) : "", halt && error ? ": " : "",
		     error || !halt ? strerror(error) : "");
		return true;
	default:
		line("state", "running as node %" PRIu64, get(group, QUORUM_A_GROUP_NODE));
		return true;
	}
}

static void show_role(const struct quorum_object *group)
{
	uint64_t role = get(group, QUORUM_A_GROUP_ROLE), vote = get(group, QUORUM_A_GROUP_VOTE);
	uint64_t cause = get(group, QUORUM_A_GROUP_CAUSE);
	char since[32], voted[48];

	if (!role)
		return;
	line("role", "%s for %s: %s", name_of(names_role, role),
	     duration(get(group, QUORUM_A_GROUP_ROLE_SINCE_NS), since, sizeof(since)),
	     LOOKUP(cause_texts, cause));
	if (vote)
		snprintf(voted, sizeof(voted), "voted for %" PRIu64, vote);
	else
		strcpy(voted, "not voted");
	line("term", "%" PRIu64 ", %s", get(group, QUORUM_A_GROUP_TERM), voted);
}

static void show_log(const struct quorum_object *group)
{
	uint64_t pending = get(group, QUORUM_A_GROUP_UNCOMMITTED_BYTES);
	char text[32];

	if (!is_live(group))
		return;
	line("log", "commit~%" PRIu64 ", applied~%" PRIu64 ", durable~%" PRIu64
	     ", last~%" PRIu64 ", first~%" PRIu64,
	     get(group, QUORUM_A_GROUP_COMMIT), get(group, QUORUM_A_GROUP_APPLIED),
	     get(group, QUORUM_A_GROUP_DURABLE_INDEX), get(group, QUORUM_A_GROUP_LAST_INDEX),
	     get(group, QUORUM_A_GROUP_FIRST_INDEX));
	if (quorum_object_has(group, QUORUM_A_GROUP_SUSPECT_LAST))
		line("", "entries %" PRIu64 " to %" PRIu64 " were lost here: this node waits for a "
		     "leader to give them back, and does not vote until then",
		     get(group, QUORUM_A_GROUP_SUSPECT_FIRST),
		     get(group, QUORUM_A_GROUP_SUSPECT_LAST));
	if (pending)
		line("", "%s not committed yet", bytes(pending, text, sizeof(text)));
}

/* The snapshot in force, and the one under way. */
static void show_snapshot(const struct quorum_object *group)
{
	uint64_t index = get(group, QUORUM_A_GROUP_SNAPSHOT_INDEX);
	uint64_t incoming = get(group, QUORUM_A_GROUP_INCOMING_INDEX);
	uint64_t error = get(group, QUORUM_A_GROUP_SNAPSHOT_ERROR);
	char size[32], done[32];

	if (!is_live(group))
		return;
	if (index)
		line("snapshot", "of index~%" PRIu64 " in term~%" PRIu64 ", %s", index,
		     get(group, QUORUM_A_GROUP_SNAPSHOT_TERM),
		     bytes(get(group, QUORUM_A_GROUP_SNAPSHOT_BYTES), size, sizeof(size)));
	if (quorum_object_has(group, QUORUM_A_GROUP_TAKING_BYTES))
		line("", "another one is being taken, %s so far",
		     bytes(get(group, QUORUM_A_GROUP_TAKING_BYTES), done, sizeof(done)));
	if (incoming)
		line("", "one of index~%" PRIu64 " is being received, %s of %s", incoming,
		     bytes(get(group, QUORUM_A_GROUP_INCOMING_STORED), done, sizeof(done)),
		     bytes(get(group, QUORUM_A_GROUP_INCOMING_BYTES), size, sizeof(size)));
	if (error)
		line("", "the last try to take one failed: %s", tool_strerror((int)error));
}

/* How often the log was opened, and how it was found the last time. */
static void say_opening(const struct quorum_object *group, char *said, size_t size)
{
	uint64_t epoch = get(group, QUORUM_A_GROUP_EPOCH);
	uint64_t verdict = get(group, QUORUM_A_GROUP_VERDICT);
	uint64_t torn = get(group, QUORUM_A_GROUP_TORN_BYTES);
	char times[40] = "once", found[96], text[32];

	*said = '\0';
	if (!verdict)
		return;
	if (epoch != 1)
		snprintf(times, sizeof(times), "%" PRIu64 "~times", epoch);
	if (verdict != QUORUM_VERDICT_TORN)
		snprintf(found, sizeof(found), "found~%s", name_of(names_verdict, verdict));
	else if (torn)
		snprintf(found, sizeof(found),
			 "not~stopped~cleanly,~%s~never~acknowledged~and~cut~off",
			 bytes(torn, text, sizeof(text)));
	else
		strcpy(found, "not~stopped~cleanly,~nothing~cut~off");
	snprintf(said, size, "; opened~%s, last~%s", times, found);
}

static void show_device(const struct quorum_object *group)
{
	const char *path = quorum_object_str(group, QUORUM_A_GROUP_DEVICE);
	char a[32], b[32], opening[160];
	struct quorum_object store;
	uint64_t used, ring;

	if (!quorum_object_get(group, QUORUM_A_GROUP_STORE, 0, &store)) {
		line("device", "%s", path);
		return;
	}
	used = get(&store, QUORUM_A_STORE_USED_BYTES);
	ring = get(&store, QUORUM_A_STORE_RING_BYTES);
	say_opening(group, opening, sizeof(opening));
	line("device", "%s, %s~of~%s~used~(%.0f%%), granule~%" PRIu64 "~B, %s%s", path,
	     bytes(used, a, sizeof(a)), bytes(ring, b, sizeof(b)),
	     ring ? 100.0 * (double)used / (double)ring : 0.0,
	     get(group, QUORUM_A_GROUP_GRANULE),
	     get(group, QUORUM_A_GROUP_FUA) ? "FUA" : "no~FUA,~flushes", opening);
	if (get(&store, QUORUM_A_STORE_ERROR))
		line("", "writing ended with: %s",
		     strerror((int)get(&store, QUORUM_A_STORE_ERROR)));
}

static void show_timers(const struct quorum_object *group)
{
	char beat[32], low[32], high[32], next[32] = "";
	struct quorum_object s;
	uint64_t us[3] = {
		get(group, QUORUM_A_GROUP_HEARTBEAT_US),
		get(group, QUORUM_A_GROUP_ELECTION_MIN_US),
		get(group, QUORUM_A_GROUP_ELECTION_MAX_US),
	};

	/* What it was created with may have been changed. */
	if (quorum_object_get(group, QUORUM_A_GROUP_SETTINGS, 0, &s)) {
		us[0] = get(&s, QUORUM_A_SETTINGS_HEARTBEAT_US);
		us[1] = get(&s, QUORUM_A_SETTINGS_ELECTION_MIN_US);
		us[2] = get(&s, QUORUM_A_SETTINGS_ELECTION_MAX_US);
	}
	if (quorum_object_has(group, QUORUM_A_GROUP_DEADLINE_NS))
		duration(get(group, QUORUM_A_GROUP_DEADLINE_NS), next, sizeof(next));
	line("timers", "heartbeat %s, election %s to %s%s%s",
	     duration(1000 * us[0], beat, sizeof(beat)), duration(1000 * us[1], low, sizeof(low)),
	     duration(1000 * us[2], high, sizeof(high)),
	     *next ? ", next in " : "", next);
}

static void show_member(const struct quorum_object *group, const struct quorum_object *member)
{
	bool leading = get(group, QUORUM_A_GROUP_ROLE) == QUORUM_ROLE_LEADER;
	bool self = quorum_object_has(member, QUORUM_A_MEMBER_SELF);
	uint64_t id = get(member, QUORUM_A_MEMBER_ID), last, match;
	char address[64] = "", elsewhere[64] = "", contact[32] = "never", lag[24] = "-";
	char matched[24] = "-", stored[32], all[32];
	struct quorum_object addr;

	last = get(group, QUORUM_A_GROUP_LAST_INDEX);
	match = self ? get(group, QUORUM_A_GROUP_DURABLE_INDEX) :
		       get(member, QUORUM_A_MEMBER_MATCH);
	if (quorum_object_get(member, QUORUM_A_MEMBER_ADDR, 0, &addr))
		object_address(&addr, address, sizeof(address));
	if (quorum_object_get(member, QUORUM_A_MEMBER_HEARD_AT, 0, &addr))
		object_address(&addr, elsewhere, sizeof(elsewhere));
	if (leading || (self && is_live(group))) {
		snprintf(matched, sizeof(matched), "%" PRIu64, match);
		snprintf(lag, sizeof(lag), "%" PRIu64, last > match ? last - match : 0);
	}
	if (self)
		strcpy(contact, "this node");
	else if (quorum_object_has(member, QUORUM_A_MEMBER_CONTACT_NS))
		output_duration(get(member, QUORUM_A_MEMBER_CONTACT_NS), contact,
				sizeof(contact) - 4);
	if (!self && quorum_object_has(member, QUORUM_A_MEMBER_CONTACT_NS))
		strcat(contact, " ago");
	printf("  %6" PRIu64 "  %-8s %-22s %10s %8s  %s%s%s%s%s\n", id,
	       id == get(group, QUORUM_A_GROUP_LEADER) ? "leader" :
	       object_member_role(member),
	       address, matched, lag, contact, *elsewhere ? ", at " : "", elsewhere,
	       quorum_object_has(member, QUORUM_A_MEMBER_SUSPECT) ? ", has lost entries" : "",
	       quorum_object_has(member, QUORUM_A_MEMBER_AUTO) ? ", catching up" : "");
	if (!quorum_object_has(member, QUORUM_A_MEMBER_SNAPSHOT_STORED))
		return;
	output_bytes(get(member, QUORUM_A_MEMBER_SNAPSHOT_STORED), stored, sizeof(stored));
	output_bytes(get(group, QUORUM_A_GROUP_SNAPSHOT_BYTES), all, sizeof(all));
	printf("  %6s  is sent the snapshot, has %s of %s\n", "", stored, all);
}

static void show_members(const struct quorum_object *group)
{
	struct quorum_object member;

	printf("\n  %6s  %-8s %-22s %10s %8s  %s\n", "member", "role", "address", "durable",
	       "lag", "last heard");
	for (unsigned int i = 0; quorum_object_get(group, QUORUM_A_GROUP_MEMBER, i, &member); i++)
		show_member(group, &member);
}

static void show_work(const struct quorum_object *group)
{
	struct quorum_object runtime;

	if (!quorum_object_get(group, QUORUM_A_GROUP_RUNTIME, 0, &runtime) ||
	    !get(&runtime, QUORUM_A_RUNTIME_PROPOSALS))
		return;
	line("proposals", "%" PRIu64 " here: %" PRIu64 " committed, %" PRIu64 " refused, %" PRIu64
	     " unknown", get(&runtime, QUORUM_A_RUNTIME_PROPOSALS),
	     get(&runtime, QUORUM_A_RUNTIME_COMMITTED), get(&runtime, QUORUM_A_RUNTIME_REFUSED),
	     get(&runtime, QUORUM_A_RUNTIME_UNKNOWN));
}

/*
 * The counter does not say whose device is another one.  But such a member has
 * been heard before, and is not any more: if only one is like that, it is the one.
 */
static void show_other_device(const struct quorum_object *group)
{
	struct quorum_object member;

	for (unsigned int i = 0; quorum_object_get(group, QUORUM_A_GROUP_MEMBER, i, &member); i++) {
		if (!quorum_object_has(&member, QUORUM_A_MEMBER_SHOWN))
			continue;
		line("", "incarnation: node %" PRIu64 " presents another device than before: it was "
		     "replaced or formatted anew, and has forgotten its votes and its log, so it "
		     "is not listened to; give it its old device back, or on the node that leads, "
		     "`quorumctl~member~replace~%s~%" PRIu64 "` makes the new one its own",
		     get(&member, QUORUM_A_MEMBER_ID),
		     quorum_object_str(group, QUORUM_A_GROUP_NAME),
		     get(&member, QUORUM_A_MEMBER_ID));
		return;
	}
	line("", "incarnation: a member presents another device than before, and is not listened "
	     "to: give it its old device back");
}

static void show_drops(const struct quorum_object *group)
{
	struct quorum_object link, drops;
	char text[512] = "";
	size_t used = 0;

	if (!quorum_object_get(group, QUORUM_A_GROUP_LINK, 0, &link) ||
	    !quorum_object_get(&link, QUORUM_A_LINK_DROPS, 0, &drops))
		return;
	for (size_t attr = 0; attr < names_drops.n && used < sizeof(text); attr++)
		if (names_drops.list[attr].name && get(&drops, (int)attr))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s~%" PRIu64,
						 used ? ", " : "", names_drops.list[attr].name,
						 get(&drops, (int)attr));
	if (used)
		line("dropped", "%s", text);
	if (get(&drops, QUORUM_A_DROPS_INCARNATION))
		show_other_device(group);
	for (size_t i = 0; i < sizeof(drop_hints) / sizeof(drop_hints[0]); i++)
		if (get(&drops, drop_hints[i].attr))
			line("", "%s: %s", names_drops.list[drop_hints[i].attr].name,
			     drop_hints[i].hint);
}

static void show_listen(const struct quorum_object *group)
{
	struct quorum_object listen;
	char address[64];

	if (!quorum_object_get(group, QUORUM_A_GROUP_LISTEN, 0, &listen))
		return;
	object_address(&listen, address, sizeof(address));
	line("listen", "%s%s%s", address,
	     quorum_object_has(group, QUORUM_A_GROUP_UNSEALED) ? ", not authenticated" : "",
	     quorum_object_has(group, QUORUM_A_GROUP_SECRET) ? ", secret" : "");
}

static void show_group(const struct quorum_object *group)
{
	show_head(group);
	if (show_state(group)) {
		if (get(group, QUORUM_A_GROUP_STATE) == QUORUM_STATE_RUNNING) {
			show_role(group);
			show_leader(group);
		}
		show_log(group);
		show_snapshot(group);
		show_work(group);
	}
	show_device(group);
	show_timers(group);
	show_listen(group);
	show_drops(group);
	show_members(group);
}

/* ---- commands ---- */

struct walk {
	struct json_object *json;
	void (*show)(const struct quorum_object *group);
	unsigned int n;
	bool spaced;
};

static int walk_one(const struct quorum_object *group, void *ctx)
{
	struct walk *walk = ctx;

	if (walk->json) {
		json_object_array_add(walk->json, object_json(group, &names_group));
	} else {
		if (walk->n && walk->spaced)
			putchar('\n');
		walk->show(group);
	}
	walk->n++;
	return 0;
}

static int walk_all(struct quorum_control *control, void (*show)(const struct quorum_object *),
		    bool spaced)
{
	struct walk walk = { .show = show, .spaced = spaced };
	int err;

	if (tool_json)
		walk.json = json_object_new_array();
	err = quorum_group_each(control, walk_one, &walk);
	if (err)
		return tool_fail_control(control, err, "cannot list the groups");
	if (walk.json)
		output_json(walk.json);
	else if (!walk.n)
		printf("there are no groups here\n");
	return EXIT_OK;
}

static int show_hash(const char *name)
{
	struct quorum_digest digest;
	struct json_object *json;
	struct quorum *q;
	char hash[20];
	int err;

	err = quorum_open(name, &q);
	if (err)
		return tool_fail_device(name, err);
	err = quorum_get_digest(q, &digest);
	quorum_close(q);
	if (err == -EOPNOTSUPP)
		return tool_fail("%s: its state machine has no state in the kernel", name);
	if (err)
		return tool_fail("%s: %s", name, tool_strerror(-err));
	snprintf(hash, sizeof(hash), "%016" PRIx64, (uint64_t)digest.hash);
	if (!tool_json) {
		printf("hash %s at index %" PRIu64 ", %u sessions, %" PRIu64 " bytes\n", hash,
		       (uint64_t)digest.index, digest.sessions, (uint64_t)digest.bytes);
		return EXIT_OK;
	}
	json = json_object_new_object();
	output_add_str(json, "hash", hash);
	output_add_u64(json, "index", digest.index);
	output_add_u64(json, "sessions", digest.sessions);
	output_add_u64(json, "bytes", digest.bytes);
	output_json(json);
	return EXIT_OK;
}

enum { OPTION_HASH = 0x100 };

int cmd_status(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "hash", no_argument, NULL, OPTION_HASH },
		{ NULL, 0, NULL, 0 },
	};
	struct quorum_control *control;
	struct quorum_object group;
	int option, err, status = EXIT_OK;
	bool hash = false;

	while ((option = tool_options(argc, argv, "", longs)) != -1)
		hash |= option == OPTION_HASH;
	if (argc - optind > 1)
		return tool_usage("status takes the name of one group, or none for all");
	if (hash)
		return optind < argc ? show_hash(argv[optind]) :
				       tool_usage("status --hash takes the name of a group");
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	if (optind == argc) {
		status = walk_all(control, show_group, true);
	} else {
		err = quorum_group_get(control, argv[optind], &group);
		if (err == -ENOENT)
			status = tool_fail_no_group(argv[optind]);
		else if (err)
			status = tool_fail_control(control, err, "cannot look at group %s",
						   argv[optind]);
		else if (tool_json)
			output_json(object_json(&group, &names_group));
		else
			show_group(&group);
	}
	quorum_control_close(control);
	return status;
}

static void list_group(const struct quorum_object *group)
{
	uint64_t state = get(group, QUORUM_A_GROUP_STATE), role = get(group, QUORUM_A_GROUP_ROLE);
	char leader[16] = "-", term[24] = "-", commit[24] = "-";
	bool running = state == QUORUM_STATE_RUNNING;

	if (is_live(group)) {
		snprintf(term, sizeof(term), "%" PRIu64, get(group, QUORUM_A_GROUP_TERM));
		snprintf(commit, sizeof(commit), "%" PRIu64, get(group, QUORUM_A_GROUP_COMMIT));
	}
	if (running && get(group, QUORUM_A_GROUP_LEADER))
		snprintf(leader, sizeof(leader), "%" PRIu64, get(group, QUORUM_A_GROUP_LEADER));
	printf("%-16s %-8s node %-4" PRIu64 " %-12s term %-6s leader %-4s commit %s\n",
	       quorum_object_str(group, QUORUM_A_GROUP_NAME), name_of(names_state, state),
	       get(group, QUORUM_A_GROUP_NODE), running ? name_of(names_role, role) : "-",
	       term, leader, commit);
}

/* For scripts, an empty list is an empty output. */
static int list_one(const struct quorum_object *group, void *ctx)
{
	(void)ctx;
	list_group(group);
	return 0;
}

int cmd_list(int argc, char **argv)
{
	struct quorum_control *control;
	int err, status = EXIT_OK;

	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc != optind)
		return tool_usage("list takes no arguments");
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	if (tool_json) {
		status = walk_all(control, list_group, false);
	} else {
		err = quorum_group_each(control, list_one, NULL);
		if (err)
			status = tool_fail_control(control, err, "cannot list the groups");
	}
	quorum_control_close(control);
	return status;
}
