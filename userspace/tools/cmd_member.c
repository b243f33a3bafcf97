// SPDX-License-Identifier: GPL-2.0
/* quorumctl member: who is a member, and changing that. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "follow.h"
#include "names.h"
#include "object_json.h"
#include "output.h"
#include "tool.h"

const char help_member[] =
"Usage: quorumctl member list NAME\n"
"       quorumctl member add NAME NODE ADDRESS [--learner | --witness]\n"
"       quorumctl member promote NAME NODE\n"
"       quorumctl member remove NAME NODE\n"
"       quorumctl member replace NAME NODE [NEW-NODE ADDRESS]\n"
"       quorumctl member move NAME NODE ADDRESS\n"
"\n"
"Show or change the members of a group.  Changes are made on the node that leads,\n"
"while the group works on, and are refused if the members have changed since they\n"
"were looked at.  Each waits until the change is committed and shows how far it is.\n"
"\n"
"  add       a new member; it is sent the log as a learner and votes once it has\n"
"            caught up.  With --learner it stays a learner.  With --witness it votes,\n"
"            keeps no payload and never leads: a cheap third for two that do, for as\n"
"            long as it is a member.  It answers no reads and takes no proposals\n"
"  promote   a learner that has caught up becomes a voter\n"
"  remove    it is no member any more; it hears of that and stays quiet\n"
"  replace   the new member catches up as a learner, then takes the place of the\n"
"            old one in one step.  Without a new one: the member has another device\n"
"            now, formatted anew and started; it catches up and votes again\n"
"  move      from now on it is reached at this address.  Where the node itself\n"
"            listens is its own affair: `quorumctl relink` or a restart there\n"
"\n"
"  --timeout DURATION  longest wait (default: 5m); the change goes on after it\n"
"\n"
"A node that no file of the group lists is formatted and started with join = yes in a\n"
"file of its own, see quorum.conf(5), and then added.  Needs CAP_NET_ADMIN.\n";

struct change {
	struct follow at;
	uint64_t index;			/* of the configuration in force */
	bool settled;			/* it is committed, and not joint */
	uint64_t node;
	uint64_t leader;
	uint64_t last;
	uint64_t shown;			/* what was shown of a learner last: match, */
	uint64_t stored;		/* and bytes of a snapshot */
	bool witness;			/* add one */
};

/* What a change goes by, of what was seen. */
static int take(struct change *c, int status)
{
	const struct quorum_object *group = &c->at.group;

	if (status)
		return status;
	c->index = follow_index(&c->at);
	c->settled = follow_settled(&c->at);
	c->node = quorum_object_u64(group, QUORUM_A_GROUP_NODE);
	c->leader = quorum_object_u64(group, QUORUM_A_GROUP_LEADER);
	c->last = quorum_object_u64(group, QUORUM_A_GROUP_LAST_INDEX);
	return EXIT_OK;
}

static int look(struct change *c)
{
	return take(c, follow_look(&c->at));
}

static bool find(const struct change *c, uint64_t id, struct quorum_object *member)
{
	for (unsigned int n = 0;
	     quorum_object_get(&c->at.group, QUORUM_A_GROUP_MEMBER, n, member); n++)
		if (quorum_object_u64(member, QUORUM_A_MEMBER_ID) == id)
			return true;
	return false;
}

static bool is_voter(const struct change *c, uint64_t id)
{
	struct quorum_object member;

	return find(c, id, &member) &&
	       quorum_object_u64(&member, QUORUM_A_MEMBER_ROLE) == QUORUM_MEMBER_ROLE_VOTER;
}

/* How far a learner is, for a person who waits. */
static void show_progress(struct change *c, uint64_t id)
{
	char has[32], all[32];
	struct quorum_object member;
	uint64_t match, stored;

	if (!find(c, id, &member) || is_voter(c, id))
		return;
	match = quorum_object_u64(&member, QUORUM_A_MEMBER_MATCH);
	stored = quorum_object_u64(&member, QUORUM_A_MEMBER_SNAPSHOT_STORED);
	output_bytes(stored, has, sizeof(has));
	output_bytes(quorum_object_u64(&c->at.group, QUORUM_A_GROUP_SNAPSHOT_BYTES), all,
		     sizeof(all));
	if (stored && stored != c->stored)
		fprintf(stderr, "node %" PRIu64 " has %s of %s of the snapshot\n", id, has, all);
	c->stored = stored;
	if (match == c->shown)
		return;
	c->shown = match;
	fprintf(stderr, "node %" PRIu64 " has %" PRIu64 " of %" PRIu64 " entries\n", id, match,
		c->last);
}

/* Where to see how it goes on. */
static const char *hint_at(const struct change *c, char hint[320])
{
	snprintf(hint, 320, ", and `quorumctl member list %s` shows it", c->at.name);
	return hint;
}

static int pause_and_look(struct change *c)
{
	char hint[320];

	return take(c, follow_pause(&c->at, hint_at(c, hint)));
}

static int refused(struct change *c, int err, const char *what)
{
	if (err == -EREMCHG)
		return object_fail_leader(c->at.control, c->at.name);
	return tool_fail_control(c->at.control, err, "cannot %s", what);
}

/* Who is who and where: the sum of it, to tell whether somebody has changed that. */
static uint64_t members_of(const struct change *c)
{
	struct quorum_object member, addr;
	uint64_t sum = 14695981039346656037ULL;
	char text[128];

	for (unsigned int n = 0;
	     quorum_object_get(&c->at.group, QUORUM_A_GROUP_MEMBER, n, &member); n++) {
		char where[64] = "";

		if (quorum_object_get(&member, QUORUM_A_MEMBER_ADDR, 0, &addr))
			object_address(&addr, where, sizeof(where));
		snprintf(text, sizeof(text), "%" PRIu64 " %s %s\n",
			 quorum_object_u64(&member, QUORUM_A_MEMBER_ID),
			 object_member_role(&member), where);
		/* FNV-1a */
		for (const char *p = text; *p; p++)
			sum = (sum ^ (unsigned char)*p) * 1099511628211ULL;
	}
	return sum;
}

/* The device of a member, 0: it is not known, or there is no such member. */
static uint64_t device_of(const struct change *c, uint64_t id)
{
	struct quorum_object member;

	return find(c, id, &member) ? quorum_object_u64(&member, QUORUM_A_MEMBER_INCARNATION) : 0;
}

/*
 * Is a step done?  @device is that of its member before.  Of a move nothing tells: what is
 * shown of an address may be what this node was told by its operator.
 */
static bool is_in_force(const struct change *c, const struct quorum_step *step, uint64_t device)
{
	struct quorum_object member;
	bool there = find(c, step->id, &member);

	switch (step->step) {
	case QUORUM_MEMBER_STEP_REMOVE:
		return !there;
	case QUORUM_MEMBER_STEP_PROMOTE:
		return is_voter(c, step->id);
	case QUORUM_MEMBER_STEP_REPLACE:
		return there && device_of(c, step->id) != device;
	default:
		return there;
	}
}

/*
 * Ask for a change, again while it is too early for it, and wait until it is done.
 * That the leader has written down a member's device meanwhile is in nobody's way.
 */
static int make(struct change *c, const struct quorum_step *steps, uint32_t n,
		const char *what, uint64_t learner)
{
	uint64_t before, members = members_of(c);
	uint64_t device = device_of(c, steps[0].id);
	char hint[320];
	int err, status;

	for (;;) {
		before = c->index;
		err = quorum_group_change(c->at.control, c->at.name, before, steps, n);
		if (err != -EAGAIN && err != -EBUSY && err != -ESTALE)
			break;
		status = pause_and_look(c);
		if (status)
			return status;
		show_progress(c, learner);
		if (err == -ESTALE && members_of(c) != members)
			break;
	}
	if (err)
		return refused(c, err, what);
	do {
		status = take(c, follow_change(&c->at, before, hint_at(c, hint)));
		if (status)
			return status;
	} while (!c->settled);
	/* What is in force may be a change of the next leader, that ours is not in. */
	for (uint32_t i = 0; i < n; i++)
		if (!is_in_force(c, &steps[i], device))
			return follow_lost(&c->at);
	return EXIT_OK;
}

static int list(struct change *c)
{
	struct quorum_object member, addr;
	char text[64];

	if (tool_json) {
		output_json_line(object_json(&c->at.group, &names_group));
		return EXIT_OK;
	}
	printf("%-6s %-8s %-26s %s\n", "NODE", "ROLE", "ADDRESS", "");
	for (unsigned int n = 0;
	     quorum_object_get(&c->at.group, QUORUM_A_GROUP_MEMBER, n, &member); n++) {
		uint64_t id = quorum_object_u64(&member, QUORUM_A_MEMBER_ID);

		text[0] = '\0';
		if (quorum_object_get(&member, QUORUM_A_MEMBER_ADDR, 0, &addr))
			object_address(&addr, text, sizeof(text));
		printf("%-6" PRIu64 " %-8s %-26s%s%s%s%s\n", id,
		       object_member_role(&member), text,
		       id == c->leader ? " leads" : "", id == c->node ? " (this node)" : "",
		       quorum_object_has(&member, QUORUM_A_MEMBER_AUTO) ? " catching up" : "",
		       quorum_object_has(&member, QUORUM_A_MEMBER_LEAVING) ? " leaving" : "");
	}
	if (!c->settled)
		printf("a change is under way: the configuration of index %" PRIu64
		       " is not committed\n", c->index);
	return EXIT_OK;
}

/* Until it votes again, or for the first time. */
static int wait_for_voter(struct change *c, uint64_t id)
{
	struct quorum_object member;
	int status = EXIT_OK;

	while (!status && find(c, id, &member) &&
	       quorum_object_has(&member, QUORUM_A_MEMBER_AUTO)) {
		show_progress(c, id);
		status = pause_and_look(c);
	}
	if (!status && !find(c, id, &member))
		return tool_fail("node %" PRIu64 " was removed meanwhile", id);
	return status;
}

static int add(struct change *c, uint64_t id, const struct sockaddr_storage *addr, bool learner)
{
	struct quorum_step step = {
		.step = learner ? QUORUM_MEMBER_STEP_LEARNER : QUORUM_MEMBER_STEP_ADD,
		.id = (uint32_t)id, .addr = *addr, .witness = c->witness,
	};
	int status;

	status = make(c, &step, 1, "add the member", 0);
	if (!status && !learner)
		status = wait_for_voter(c, id);
	if (!status)
		printf("node %" PRIu64 " is a %s of group %s\n", id,
		       c->witness ? "witness" : learner ? "learner" : "voter", c->at.name);
	return status;
}

static int one_step(struct change *c, uint64_t id, uint32_t what)
{
	struct quorum_step step = { .step = what, .id = (uint32_t)id };
	bool promote = what == QUORUM_MEMBER_STEP_PROMOTE;
	int status;

	status = make(c, &step, 1, promote ? "promote the member" : "remove the member", id);
	if (!status)
		printf("node %" PRIu64 " is %s of group %s\n", id,
		       promote ? "a voter" : "no member any more", c->at.name);
	return status;
}

static int move(struct change *c, uint64_t id, const struct sockaddr_storage *addr)
{
	struct quorum_step step = {
		.step = QUORUM_MEMBER_STEP_SET, .id = (uint32_t)id, .addr = *addr,
	};
	char text[64];
	int status = make(c, &step, 1, "move the member", 0);

	conf_format_address(addr, text, sizeof(text));
	if (!status)
		printf("node %" PRIu64 " of group %s is reached at %s\n", id, c->at.name, text);
	return status;
}

static int replace_device(struct change *c, uint64_t id)
{
	struct quorum_step step = { .step = QUORUM_MEMBER_STEP_REPLACE, .id = (uint32_t)id };
	struct quorum_object member;
	int status;

	if (!find(c, id, &member))
		return tool_fail("node %" PRIu64 " is no member of group %s", id, c->at.name);
	status = make(c, &step, 1, "replace the device of the member", id);
	if (!status)
		status = wait_for_voter(c, id);
	if (!status)
		printf("node %" PRIu64 " is a %s of group %s with its new device\n", id,
		       is_voter(c, id) ? "voter" : "learner", c->at.name);
	return status;
}

static int replace(struct change *c, uint64_t old, uint64_t id,
		   const struct sockaddr_storage *addr)
{
	struct quorum_step steps[2] = {
		{ .step = QUORUM_MEMBER_STEP_LEARNER, .id = (uint32_t)id, .addr = *addr },
	};
	struct quorum_object member;
	int status = EXIT_OK;

	if (!find(c, old, &member))
		return tool_fail("node %" PRIu64 " is no member of group %s", old, c->at.name);
	/* Goes on where an earlier try was interrupted. */
	if (!find(c, id, &member))
		status = make(c, steps, 1, "add the member", 0);
	if (status)
		return status;
	memset(steps, 0, sizeof(steps));
	steps[0].step = QUORUM_MEMBER_STEP_PROMOTE;
	steps[0].id = (uint32_t)id;
	steps[1].step = QUORUM_MEMBER_STEP_REMOVE;
	steps[1].id = (uint32_t)old;
	status = make(c, steps, 2, "replace the member", id);
	if (!status)
		printf("node %" PRIu64 " has taken the place of node %" PRIu64 " in group %s\n",
		       id, old, c->at.name);
	return status;
}

/* What the words of a command line are. */
struct words {
	const char *verb;
	int ids;
	bool address;
};

static const struct words verbs[] = {
	{ "list", 0, false }, { "add", 1, true }, { "promote", 1, false },
	{ "remove", 1, false }, { "replace", 2, true }, { "replace", 1, false },
	{ "move", 1, true },
};

/* That takes so many words, or else any of this name. */
static const struct words *find_verb(const char *verb, int count)
{
	const struct words *any = NULL;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, verb))
			continue;
		if (count == 2 + verbs[i].ids + verbs[i].address)
			return &verbs[i];
		if (!any)
			any = &verbs[i];
	}
	return any;
}

static int run(struct change *c, const struct words *w, const uint64_t ids[2],
	       const struct sockaddr_storage *addr, bool learner)
{
	struct quorum_object self;
	int status = look(c);

	if (status)
		return status;
	if (!w->ids)
		return list(c);
	if (!find(c, c->node, &self))
		return tool_fail("this node is no member of group %s: run it on the node that leads",
				 c->at.name);
	if (!strcmp(w->verb, "add"))
		return add(c, ids[0], addr, learner);
	if (!strcmp(w->verb, "move"))
		return move(c, ids[0], addr);
	if (!strcmp(w->verb, "replace") && !ids[1])
		return replace_device(c, ids[0]);
	if (!strcmp(w->verb, "replace"))
		return replace(c, ids[0], ids[1], addr);
	return one_step(c, ids[0], !strcmp(w->verb, "promote") ? QUORUM_MEMBER_STEP_PROMOTE :
							       QUORUM_MEMBER_STEP_REMOVE);
}

enum { OPTION_LEARNER = 0x100, OPTION_WITNESS, OPTION_TIMEOUT };

int cmd_member(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "learner", no_argument, NULL, OPTION_LEARNER },
		{ "witness", no_argument, NULL, OPTION_WITNESS },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ NULL, 0, NULL, 0 },
	};
	struct sockaddr_storage addr = { .ss_family = AF_UNSPEC };
	uint64_t ids[2] = { 0 }, timeout = 300000000000;
	struct change c = { .shown = UINT64_MAX };
	const struct words *w;
	bool learner = false;
	int option, status = EXIT_FAILED;

	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option == OPTION_LEARNER)
			learner = true;
		else if (option == OPTION_WITNESS)
			c.witness = true;
		else if (!tool_parse_duration(optarg, &timeout))
			return tool_usage("'%s' is not a duration such as 30s or 500ms", optarg);
	}
	w = optind < argc ? find_verb(argv[optind], argc - optind) : NULL;
	if (!w)
		return tool_usage("member is followed by list, add, promote, remove, replace or move");
	if (argc - optind != 2 + w->ids + w->address)
		return tool_usage("member %s takes the name of a group%s%s", w->verb,
				  w->ids == 2 ? ", two ids" : w->ids ? ", a node's id" : "",
				  w->address ? " and an address" : "");
	if ((learner || c.witness) && strcmp(w->verb, "add"))
		return tool_usage("--learner and --witness go with `member add`");
	if (learner && c.witness)
		return tool_usage("a member is added as a learner or as a witness, not as both");
	c.at.name = argv[optind + 1];
	for (int i = 0; i < w->ids; i++)
		if (!tool_parse_u64(argv[optind + 2 + i], 1, UINT32_MAX, &ids[i]))
			return tool_usage("'%s' is not the id of a node", argv[optind + 2 + i]);
	if (w->address && conf_link_local(argv[argc - 1]))
		return tool_usage("'%s' is link-local, which says on every host something else",
				  argv[argc - 1]);
	if (w->address && !conf_parse_address(argv[argc - 1], &addr))
		return tool_usage("'%s' is not an address such as 10.0.0.4:7420", argv[argc - 1]);
	c.at.deadline = tool_now() + timeout;
	tool_catch_signals();
	c.at.control = tool_control();
	if (!c.at.control)
		return EXIT_FAILED;
	if (quorum_events_open(&c.at.events))
		tool_fail("cannot follow the events");
	else
		status = run(&c, w, ids, &addr, learner);
	quorum_events_close(c.at.events);
	quorum_control_close(c.at.control);
	return status;
}
