// SPDX-License-Identifier: GPL-2.0
/* quorumctl recover: by force, from a lost majority. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "names.h"
#include "output.h"
#include "tool.h"

const char help_recover[] =
"Usage: quorumctl recover NAME [--keep NODE[,NODE...]] [--accept-suspect]\n"
"                              [--confirm CONFIG/INDEX/TERM] [--timeout DURATION]\n"
"\n"
"Have a group go on whose majority is lost for good: this node and the members kept\n"
"make up the group from now on.  Entries that only the others had are lost, also\n"
"acknowledged ones; entries never acknowledged may become so.  If the others are alive\n"
"all the same, they may elect a leader of their own, and there are two groups: see\n"
"that they never start again with their old devices.\n"
"\n"
"Without --confirm nothing is changed: it prints what would be given up, and the\n"
"command that does it.  Run it on the node whose log reaches furthest; all members\n"
"kept have to be up.  It is refused while a leader may be alive, and if members or\n"
"log are not as they were when you looked.\n"
"\n"
"  --keep NODE,...     members to go on with, besides this node\n"
"  --accept-suspect    although this node's log is damaged and may lack entries\n"
"  --confirm C/I/T     index of the configuration, and index and term of the end of\n"
"                      the log, as they were seen\n"
"  --timeout DURATION  longest wait until all kept agree (default: 60s); it goes on\n"
"                      after that\n"
"\n"
"Needs CAP_NET_ADMIN.\n";

/* Longest trust in an event: they may be lost. */
#define LOOK_MS		200
#define KEPT_MAX	16

struct recovery {
	const char *name;
	struct quorum_control *control;
	struct quorum_events *events;
	struct quorum_object group;
	struct quorum_seen seen;
	uint32_t keep[KEPT_MAX];
	uint32_t n;
	uint64_t node;
	uint64_t timeout;
};

static int look(struct recovery *r)
{
	int err = quorum_group_get(r->control, r->name, &r->group);

	if (err == -ENOENT)
		return tool_fail_no_group(r->name);
	if (err)
		return tool_fail_control(r->control, err, "cannot look at group %s", r->name);
	if (quorum_object_u64(&r->group, QUORUM_A_GROUP_STATE) != QUORUM_STATE_RUNNING)
		return tool_fail("group %s does not run here", r->name);
	r->node = quorum_object_u64(&r->group, QUORUM_A_GROUP_NODE);
	return EXIT_OK;
}

static bool is_kept(const struct recovery *r, uint64_t id)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->keep[i] == id)
			return true;
	return id == r->node;
}

static void print_members(const struct recovery *r, bool kept)
{
	struct quorum_object member;
	const char *comma = "";

	for (unsigned int n = 0;
	     quorum_object_get(&r->group, QUORUM_A_GROUP_MEMBER, n, &member); n++) {
		uint64_t id = quorum_object_u64(&member, QUORUM_A_MEMBER_ID);

		if (is_kept(r, id) != kept)
			continue;
		printf("%s%" PRIu64, comma, id);
		comma = ", ";
	}
	printf("%s\n", *comma ? "" : "nobody");
}

static void add_members(const struct recovery *r, struct json_object *json, const char *key,
			bool kept)
{
	struct json_object *list = json_object_new_array();
	struct quorum_object member;

	for (unsigned int n = 0;
	     quorum_object_get(&r->group, QUORUM_A_GROUP_MEMBER, n, &member); n++) {
		uint64_t id = quorum_object_u64(&member, QUORUM_A_MEMBER_ID);

		if (is_kept(r, id) == kept)
			json_object_array_add(list, json_object_new_int64((int64_t)id));
	}
	json_object_object_add(json, key, list);
}

static struct json_object *json_head(const struct recovery *r, bool done)
{
	struct json_object *json = json_object_new_object();

	output_add_str(json, "name", r->name);
	output_add_u64(json, "node", r->node);
	json_object_object_add(json, "recovered", json_object_new_boolean(done));
	add_members(r, json, "keep", true);
	return json;
}

static void json_plan(const struct recovery *r)
{
	const struct quorum_object *group = &r->group;
	struct json_object *json = json_head(r, false);
	uint64_t config = quorum_object_u64(group, QUORUM_A_GROUP_CONFIG_INDEX);
	uint64_t index = quorum_object_u64(group, QUORUM_A_GROUP_LAST_INDEX);
	uint64_t term = quorum_object_u64(group, QUORUM_A_GROUP_LAST_TERM);
	char confirm[80];

	add_members(r, json, "give-up", false);
	output_add_u64(json, "config-index", config);
	output_add_u64(json, "last-index", index);
	output_add_u64(json, "last-term", term);
	output_add_u64(json, "commit", quorum_object_u64(group, QUORUM_A_GROUP_COMMIT));
	snprintf(confirm, sizeof(confirm), "%" PRIu64 "/%" PRIu64 "/%" PRIu64, config, index, term);
	output_add_str(json, "confirm", confirm);
	output_json_line(json);
}

/* What would be done, and how to have it done.  Nothing was: that is a failure. */
static int print_plan(const struct recovery *r)
{
	const struct quorum_object *group = &r->group;

	if (tool_json) {
		json_plan(r);
		return EXIT_FAILED;
	}
	printf("group %s would go on with the members ", r->name);
	print_members(r, true);
	printf("given up for good: ");
	print_members(r, false);
	printf("this node's log ends at index %" PRIu64 ", term %" PRIu64 "; %" PRIu64
	       " are known to be committed\n",
	       quorum_object_u64(group, QUORUM_A_GROUP_LAST_INDEX),
	       quorum_object_u64(group, QUORUM_A_GROUP_LAST_TERM),
	       quorum_object_u64(group, QUORUM_A_GROUP_COMMIT));
	printf("whatever was acknowledged behind that, and no member kept has, is lost\n"
	       "nothing was changed; to do it:\n  quorumctl recover %s", r->name);
	for (uint32_t i = 0; i < r->n; i++)
		printf("%s%" PRIu32, i ? "," : " --keep ", r->keep[i]);
	if (r->seen.accept_suspect)
		printf(" --accept-suspect");
	printf(" --confirm %" PRIu64 "/%" PRIu64 "/%" PRIu64 "\n",
	       quorum_object_u64(group, QUORUM_A_GROUP_CONFIG_INDEX),
	       quorum_object_u64(group, QUORUM_A_GROUP_LAST_INDEX),
	       quorum_object_u64(group, QUORUM_A_GROUP_LAST_TERM));
	return EXIT_FAILED;
}

/* This node has begun to lead the members kept; until that is committed it may fail. */
static bool is_begun(const struct recovery *r)
{
	return quorum_object_u64(&r->group, QUORUM_A_GROUP_CONFIG_INDEX) > r->seen.config_index &&
	       quorum_object_u64(&r->group, QUORUM_A_GROUP_LEADER) == r->node;
}

static bool is_done(const struct recovery *r)
{
	return is_begun(r) && quorum_object_u64(&r->group, QUORUM_A_GROUP_CONFIG_COMMITTED) ==
			      quorum_object_u64(&r->group, QUORUM_A_GROUP_CONFIG_INDEX);
}

/* A failure is told by an event only, success by the status as well: events get lost. */
static int outcome(struct recovery *r)
{
	uint64_t deadline = tool_now() + r->timeout, reason = QUORUM_REASON_OK;
	struct quorum_object event;
	int err;

	for (;;) {
		err = quorum_events_next(r->events, LOOK_MS, &event);
		if (err == -EINTR)
			return tool_fail("interrupted; the recovery goes on");
		if (!err && !strcmp(quorum_object_str(&event, QUORUM_A_EVENT_NAME), r->name) &&
		    quorum_object_u64(&event, QUORUM_A_EVENT_TYPE) == QUORUM_EVENT_RECOVERED)
			reason = quorum_object_u64(&event, QUORUM_A_EVENT_REASON);
		if (reason != QUORUM_REASON_OK)
			return tool_fail("group %s is not recovered, and nothing has changed: %s; are all members kept up?",
					 r->name, name_of(names_reason, reason));
		if (look(r))
			return EXIT_FAILED;
		if (is_done(r))
			break;
		if (tool_now() < deadline)
			continue;
		if (is_begun(r))
			return tool_fail("node %" PRIu64 " leads what is left of group %s, and not all kept have agreed yet: it goes on, and `quorumctl member list %s` shows it; the others must not come back",
					 r->node, r->name, r->name);
		return tool_fail("how the recovery of group %s ended is not known; look at its status",
				 r->name);
	}
	if (tool_json) {
		output_json_line(json_head(r, true));
		return EXIT_OK;
	}
	printf("node %" PRIu64 " leads group %s with the members ", r->node, r->name);
	print_members(r, true);
	printf("see that the others never start again with their old devices\n");
	return EXIT_OK;
}

static int recover(struct recovery *r)
{
	int err;

	if (look(r))
		return EXIT_FAILED;
	if (!r->seen.size)
		return print_plan(r);
	err = quorum_group_recover(r->control, r->name, &r->seen, r->keep, r->n);
	if (err)
		return tool_fail_control(r->control, err, "cannot recover group %s", r->name);
	return outcome(r);
}

static bool parse_keep(struct recovery *r, char *text)
{
	char *word, *rest = NULL;
	uint64_t id;

	for (word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (r->n == KEPT_MAX || !tool_parse_u64(word, 1, UINT32_MAX, &id))
			return false;
		r->keep[r->n++] = (uint32_t)id;
	}
	return r->n > 0;
}

static bool parse_confirm(struct recovery *r, char *text)
{
	uint64_t *values[3] = { &r->seen.config_index, &r->seen.last_index, &r->seen.last_term };
	char *word, *rest = NULL;
	unsigned int n = 0;

	for (word = strtok_r(text, "/", &rest); word; word = strtok_r(NULL, "/", &rest))
		if (n == 3 || !tool_parse_u64(word, 0, INT64_MAX, values[n++]))
			return false;
	r->seen.size = sizeof(r->seen);
	return n == 3;
}

int cmd_recover(int argc, char **argv)
{
	enum { OPTION_KEEP = 1, OPTION_CONFIRM, OPTION_SUSPECT, OPTION_TIMEOUT };
	static const struct option longs[] = {
		{ "keep", required_argument, NULL, OPTION_KEEP },
		{ "confirm", required_argument, NULL, OPTION_CONFIRM },
		{ "accept-suspect", no_argument, NULL, OPTION_SUSPECT },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ NULL, 0, NULL, 0 },
	};
	struct recovery r = { .timeout = UINT64_C(60000000000) };
	int option, err, status;

	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option == OPTION_SUSPECT)
			r.seen.accept_suspect = 1;
		else if (option == OPTION_KEEP && !parse_keep(&r, optarg))
			return tool_usage("--keep takes ids of nodes, such as 2,3");
		else if (option == OPTION_CONFIRM && !parse_confirm(&r, optarg))
			return tool_usage("--confirm takes what the command without it printed");
		else if (option == OPTION_TIMEOUT && !tool_parse_duration(optarg, &r.timeout))
			return tool_usage("'%s' is not a duration such as 30s or 500ms", optarg);
	}
	if (argc - optind != 1)
		return tool_usage("recover takes the name of a group");
	r.name = argv[optind];
	r.control = tool_control();
	if (!r.control)
		return EXIT_FAILED;
	/* Before the request, so that its end is not missed. */
	err = quorum_events_open(&r.events);
	if (err) {
		quorum_control_close(r.control);
		return tool_fail("cannot follow the events: %s", tool_strerror(-err));
	}
	status = recover(&r);
	quorum_events_close(r.events);
	quorum_control_close(r.control);
	return status;
}
