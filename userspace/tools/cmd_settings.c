// SPDX-License-Identifier: GPL-2.0
/* quorumctl settings: what a group decides by. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "follow.h"
#include "names.h"
#include "object_json.h"
#include "output.h"
#include "tool.h"

const char help_settings[] =
"Usage: quorumctl settings NAME [OPTION...]\n"
"\n"
"Show what a group decides by, or change it while the group works on.  It is in the\n"
"group's log like its members, so that all agree.  Changes are made on the node that\n"
"leads; each waits until it is committed.\n"
"\n"
"  --heartbeat DURATION   a leader speaks at least this often\n"
"  --election MIN-MAX     who hears no leader for a random time between these campaigns;\n"
"                         MIN is at least two heartbeats\n"
"  --election-quorum N    voters it takes to be elected, 0 for more than half\n"
"  --commit-quorum N      voters it takes to commit, likewise.  Two elections have to\n"
"                         share a voter, and every election one with every commit\n"
"  --lease on|off         leaders answer reads without asking the others, as long as\n"
"                         enough have answered lately (off).  That trusts the clocks of\n"
"                         all members to run equally fast\n"
"  --priority NODE=N      0 to 7: who has less than others waits longer before it\n"
"                         campaigns (0)\n"
"  --timeout DURATION     longest wait (default: 30s); the change goes on after it\n"
"\n"
"A group begins with the timing of its configuration file, more than half of the voters\n"
"and no lease.  Needs CAP_NET_ADMIN to change anything.\n";

#define US_MAX		UINT64_C(60000000)

struct change {
	struct follow at;
	struct quorum_settings settings;
	struct quorum_step step;
	bool set;
	uint64_t timeout;
};

static int ask(struct change *c, bool settings)
{
	if (settings)
		return quorum_group_settings(c->at.control, c->at.name, follow_index(&c->at),
					     &c->settings);
	return quorum_group_change(c->at.control, c->at.name, follow_index(&c->at), &c->step, 1);
}

/* Ask for it, again while it is too early, and wait until it is done. */
static int make(struct change *c, bool settings)
{
	uint64_t before;
	int err, status;

	for (;;) {
		before = follow_index(&c->at);
		err = ask(c, settings);
		/* What is asked for holds whatever the members are. */
		if (err != -EAGAIN && err != -EBUSY && err != -ESTALE)
			break;
		status = follow_pause(&c->at, "");
		if (status)
			return status;
	}
	if (err == -EREMCHG)
		return object_fail_leader(c->at.control, c->at.name);
	if (err)
		return tool_fail_control(c->at.control, err, "cannot change the settings");
	do {
		status = follow_change(&c->at, before, "");
		if (status)
			return status;
	} while (!follow_settled(&c->at));
	return EXIT_OK;
}

static void show_quorum(const char *what, uint64_t size)
{
	if (size)
		printf("%-16s %" PRIu64 " voters\n", what, size);
	else
		printf("%-16s more than half of the voters\n", what);
}

static int show(const struct change *c)
{
	struct quorum_object s, member;

	if (!quorum_object_get(&c->at.group, QUORUM_A_GROUP_SETTINGS, 0, &s))
		return tool_fail("this kernel's module does not tell the settings");
	if (tool_json) {
		output_json_line(object_json(&s, &names_settings));
		return EXIT_OK;
	}
	printf("%-16s %g ms\n", "heartbeat",
	       (double)quorum_object_u64(&s, QUORUM_A_SETTINGS_HEARTBEAT_US) / 1e3);
	printf("%-16s %g-%g ms\n", "election",
	       (double)quorum_object_u64(&s, QUORUM_A_SETTINGS_ELECTION_MIN_US) / 1e3,
	       (double)quorum_object_u64(&s, QUORUM_A_SETTINGS_ELECTION_MAX_US) / 1e3);
	show_quorum("election quorum", quorum_object_u64(&s, QUORUM_A_SETTINGS_ELECTION_QUORUM));
	show_quorum("commit quorum", quorum_object_u64(&s, QUORUM_A_SETTINGS_COMMIT_QUORUM));
	printf("%-16s %s\n", "lease",
	       quorum_object_u64(&s, QUORUM_A_SETTINGS_LEASE) ? "on" : "off");
	for (unsigned int n = 0;
	     quorum_object_get(&c->at.group, QUORUM_A_GROUP_MEMBER, n, &member); n++)
		if (quorum_object_u64(&member, QUORUM_A_MEMBER_PRIORITY))
			printf("%-16s node %" PRIu64 ": %" PRIu64 "\n", "priority",
			       quorum_object_u64(&member, QUORUM_A_MEMBER_ID),
			       quorum_object_u64(&member, QUORUM_A_MEMBER_PRIORITY));
	return EXIT_OK;
}

static int run(struct change *c)
{
	int status = follow_look(&c->at);

	if (!status && c->step.step)
		status = make(c, false);
	if (!status && c->set)
		status = make(c, true);
	return status ? status : show(c);
}

/* ---- the command line ---- */

static bool parse_us(const char *text, uint32_t *us)
{
	uint64_t ns;

	if (!tool_parse_duration(text, &ns) || ns < 1000 || ns / 1000 > US_MAX)
		return false;
	*us = (uint32_t)(ns / 1000);
	return true;
}

static bool parse_range(char *text, uint32_t *low, uint32_t *high)
{
	char *dash = strchr(text, '-');

	if (!dash)
		return false;
	*dash++ = '\0';
	return parse_us(text, low) && parse_us(dash, high);
}

static bool parse_size(const char *text, int32_t *size)
{
	uint64_t value;

	if (!tool_parse_u64(text, 0, 16, &value))
		return false;
	*size = (int32_t)value;
	return true;
}

static bool parse_priority(char *text, struct quorum_step *step)
{
	char *equals = strchr(text, '=');
	uint64_t id, priority;

	if (!equals)
		return false;
	*equals++ = '\0';
	if (!tool_parse_u64(text, 1, UINT32_MAX, &id) || !tool_parse_u64(equals, 0, 7, &priority))
		return false;
	step->step = QUORUM_MEMBER_STEP_SET;
	step->id = (uint32_t)id;
	step->has_priority = 1;
	step->priority = (uint32_t)priority;
	return true;
}

enum { HEARTBEAT = 0x100, ELECTION, ELECTION_QUORUM, COMMIT_QUORUM, LEASE, PRIORITY, TIMEOUT };

static bool take(struct change *c, int option, char *arg)
{
	struct quorum_settings *s = &c->settings;

	if (option == PRIORITY)
		return parse_priority(arg, &c->step);
	if (option == TIMEOUT)
		return tool_parse_duration(arg, &c->timeout);
	c->set = true;
	switch (option) {
	case HEARTBEAT:
		return parse_us(arg, &s->heartbeat_us);
	case ELECTION:
		return parse_range(arg, &s->election_min_us, &s->election_max_us);
	case ELECTION_QUORUM:
		return parse_size(arg, &s->election_quorum);
	case COMMIT_QUORUM:
		return parse_size(arg, &s->commit_quorum);
	default:
		s->lease = !strcmp(arg, "on");
		return s->lease || !strcmp(arg, "off");
	}
}

int cmd_settings(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "heartbeat", required_argument, NULL, HEARTBEAT },
		{ "election", required_argument, NULL, ELECTION },
		{ "election-quorum", required_argument, NULL, ELECTION_QUORUM },
		{ "commit-quorum", required_argument, NULL, COMMIT_QUORUM },
		{ "lease", required_argument, NULL, LEASE },
		{ "priority", required_argument, NULL, PRIORITY },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ NULL, 0, NULL, 0 },
	};
	struct change c = {
		.settings = { .size = sizeof(c.settings), .election_quorum = -1,
			      .commit_quorum = -1, .lease = -1 },
		.timeout = UINT64_C(30000000000),
	};
	int option, err, status;

	while ((option = tool_options(argc, argv, "", longs)) != -1)
		if (!take(&c, option, optarg))
			return tool_usage("'%s' is not understood: see quorumctl settings --help",
					  optarg);
	if (argc - optind != 1)
		return tool_usage("settings takes the name of a group");
	c.at.name = argv[optind];
	c.at.deadline = tool_now() + c.timeout;
	tool_catch_signals();
	c.at.control = tool_control();
	if (!c.at.control)
		return EXIT_FAILED;
	err = quorum_events_open(&c.at.events);
	if (err)
		status = tool_fail("cannot follow the events: %s", tool_strerror(-err));
	else
		status = run(&c);
	quorum_events_close(c.at.events);
	quorum_control_close(c.at.control);
	return status;
}
