// SPDX-License-Identifier: GPL-2.0
/* quorumctl create, start, stop, delete, up, down and relink. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "conf.h"
#include "tool.h"

const char help_create[] =
"Usage: quorumctl create CONF\n"
"\n"
"Create the group that the configuration CONF describes, stopped.  CONF is a path,\n"
"or NAME for /etc/quorum/NAME.conf.  Needs CAP_NET_ADMIN.\n";

const char help_start[] =
"Usage: quorumctl start NAME\n"
"\n"
"Start a created or stopped group: read its log and take part.\n"
"Needs CAP_NET_ADMIN.\n";

const char help_stop[] =
"Usage: quorumctl stop NAME\n"
"\n"
"Stop a group, and wait until it has stopped; interrupted, it stops all the same.\n"
"A leader hands over first.  A stopped group is not an error.  Needs CAP_NET_ADMIN.\n";

const char help_delete[] =
"Usage: quorumctl delete NAME\n"
"\n"
"Delete a stopped group.  Its device keeps everything.  Needs CAP_NET_ADMIN.\n";

const char help_up[] =
"Usage: quorumctl up CONF\n"
"\n"
"Create and start the group that the configuration CONF describes; start it if it\n"
"was created before and is stopped.  CONF is a path, or NAME for\n"
"/etc/quorum/NAME.conf.  Nothing is left behind when it cannot be started.\n"
"Needs CAP_NET_ADMIN.\n";

const char help_down[] =
"Usage: quorumctl down NAME|CONF\n"
"\n"
"Stop and delete a group.  Its device keeps everything, `quorumctl up` brings it\n"
"back.  Needs CAP_NET_ADMIN.\n";

const char help_relink[] =
"Usage: quorumctl relink CONF\n"
"\n"
"Tell a group, running or not, the addresses of its members, the address to listen on\n"
"and the keys that the configuration CONF has now.  Nothing else of it may have\n"
"changed.  Needs CAP_NET_ADMIN.\n";

/* The only argument, or NULL after the usage error was printed. */
static const char *one_argument(int argc, char **argv, const char *what)
{
	while (tool_options(argc, argv, "", NULL) != -1)
		;
	if (argc - optind == 1)
		return argv[optind];
	tool_usage("%s takes one %s", argv[0], what);
	return NULL;
}

int cmd_create(int argc, char **argv)
{
	const char *argument = one_argument(argc, argv, "configuration");
	struct quorum_control *control;
	static struct conf conf;
	int err, status = EXIT_OK;

	if (!argument)
		return EXIT_USAGE;
	if (conf_load(&conf, argument) || conf_load_keys(&conf))
		return tool_fail("%s", conf.error);
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	err = quorum_group_create(control, &conf.config);
	if (err)
		status = tool_fail_control(control, err, "cannot create group %s", conf.name);
	quorum_control_close(control);
	return status;
}

static int missing(const char *name,
		   int (*act)(struct quorum_control *control, const char *name))
{
	if (act != quorum_group_start)
		return tool_fail_no_group(name);
	return tool_fail("there is no group '%s' here; `quorumctl up` starts one from its "
			 "configuration", name);
}

static int by_name(int argc, char **argv,
		   int (*act)(struct quorum_control *control, const char *name))
{
	const char *name = one_argument(argc, argv, "name of a group");
	struct quorum_control *control;
	int err, status = EXIT_OK;

	if (!name)
		return EXIT_USAGE;
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	err = act(control, name);
	/* Not as the kernel says it: to delete a group it need not be created first. */
	if (err == -ENOENT)
		status = missing(name, act);
	else if (err)
		status = tool_fail_control(control, err, "cannot %s group %s", argv[0], name);
	quorum_control_close(control);
	return status;
}

int cmd_start(int argc, char **argv)
{
	return by_name(argc, argv, quorum_group_start);
}

int cmd_stop(int argc, char **argv)
{
	return by_name(argc, argv, quorum_group_stop);
}

int cmd_delete(int argc, char **argv)
{
	return by_name(argc, argv, quorum_group_delete);
}

/* ---- up ---- */

static bool same_address(const struct quorum_object *addr, const struct sockaddr_storage *want)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)want;
	const struct sockaddr_in *in = (const struct sockaddr_in *)want;
	bool v4 = want->ss_family == AF_INET;
	const void *host = v4 ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr;
	struct quorum_object value;

	return quorum_object_get(addr, v4 ? QUORUM_A_ADDR_IPV4 : QUORUM_A_ADDR_IPV6, 0,
				 &value) &&
	       value.len == (v4 ? 4 : 16) && !memcmp(value.data, host, value.len) &&
	       quorum_object_u64(addr, QUORUM_A_ADDR_PORT) ==
	       ntohs(v4 ? in->sin_port : in6->sin6_port);
}

static const struct quorum_member_config *find_member(const struct conf *conf, uint64_t id)
{
	for (uint32_t i = 0; i < conf->config.n_members; i++)
		if (conf->members[i].id == id)
			return &conf->members[i];
	return NULL;
}

/* @moved: they may be somewhere else. */
static bool same_members(const struct quorum_object *group, const struct conf *conf, bool moved)
{
	const struct quorum_member_config *want;
	struct quorum_object member, addr;
	uint32_t n;

	for (n = 0; quorum_object_get(group, QUORUM_A_GROUP_MEMBER, n, &member); n++) {
		want = find_member(conf, quorum_object_u64(&member, QUORUM_A_MEMBER_ID));
		if (!want || quorum_object_u64(&member, QUORUM_A_MEMBER_ROLE) != want->role ||
		    !quorum_object_get(&member, QUORUM_A_MEMBER_ADDR, 0, &addr) ||
		    (!moved && !same_address(&addr, &want->addr)))
			return false;
	}
	return n == conf->config.n_members;
}

/*
 * What differs between the group there is and the configuration; NULL: nothing.
 * @moved: addresses may.
 */
static const char *difference(const struct quorum_object *group, const struct conf *conf,
			      bool moved)
{
	const struct quorum_group_config *config = &conf->config;
	struct quorum_object value;

	if (strcmp(quorum_object_str(group, QUORUM_A_GROUP_GROUP), conf->group))
		return "group";
	if (!quorum_object_get(group, QUORUM_A_GROUP_CLUSTER, 0, &value) || value.len != 16 ||
	    memcmp(value.data, config->cluster, 16))
		return "cluster";
	if (quorum_object_u64(group, QUORUM_A_GROUP_NODE) != config->node)
		return "node";
	if (strcmp(quorum_object_str(group, QUORUM_A_GROUP_DEVICE), conf->device))
		return "device";
	if (conf->machine[0] &&
	    strcmp(quorum_object_str(group, QUORUM_A_GROUP_MACHINE), conf->machine))
		return "machine";
	if (quorum_object_u64(group, QUORUM_A_GROUP_HEARTBEAT_US) != config->heartbeat_us ||
	    quorum_object_u64(group, QUORUM_A_GROUP_ELECTION_MIN_US) !=
		config->election_min_us ||
	    quorum_object_u64(group, QUORUM_A_GROUP_ELECTION_MAX_US) != config->election_max_us)
		return "timing";
	if (quorum_object_has(group, QUORUM_A_GROUP_UNSEALED) != !!config->unsealed ||
	    quorum_object_has(group, QUORUM_A_GROUP_SECRET) != !!config->secret)
		return "auth";
	if (quorum_object_has(group, QUORUM_A_GROUP_JOIN) != !!config->join)
		return "join";
	if (config->snapshot_entries &&
	    quorum_object_u64(group, QUORUM_A_GROUP_SNAPSHOT_ENTRIES) !=
		config->snapshot_entries)
		return "snapshot";
	if (quorum_object_has(group, QUORUM_A_GROUP_TAIL_SUSPECT) != !!config->tail_suspect)
		return "tail";
	if (!moved && quorum_object_get(group, QUORUM_A_GROUP_LISTEN, 0, &value) &&
	    !same_address(&value, &config->listen))
		return "listen";
	/* Members that were changed since are the group's own affair. */
	if (quorum_object_u64(group, QUORUM_A_GROUP_CONFIG_INDEX))
		return NULL;
	return same_members(group, conf, moved) ? NULL : "member";
}

/* The group exists already: the same one may be started, another is refused. */
static int check_existing(struct quorum_control *control, const struct conf *conf, bool *runs)
{
	struct quorum_object group;
	const char *differs;
	uint64_t state;
	int err;

	*runs = true;
	err = quorum_group_get(control, conf->name, &group);
	if (err == -ENOENT)
		return tool_fail_no_group(conf->name);
	if (err)
		return tool_fail_control(control, err, "cannot look at group %s", conf->name);
	differs = difference(&group, conf, false);
	if (differs)
		return tool_fail("group %s is there already with another '%s'; `quorumctl "
				 "down %s` first",
				 conf->name, differs, conf->name);
	state = quorum_object_u64(&group, QUORUM_A_GROUP_STATE);
	if (state == QUORUM_STATE_FAILED)
		return tool_fail("group %s has failed; `quorumctl status %s` says why, "
				 "`quorumctl down %s` clears it",
				 conf->name, conf->name, conf->name);
	/* Whoever stops it is waited for. */
	if (state == QUORUM_STATE_STOPPING) {
		err = quorum_group_stop(control, conf->name);
		if (err)
			return tool_fail_control(control, err, "group %s is stopping", conf->name);
		state = QUORUM_STATE_STOPPED;
	}
	*runs = state != QUORUM_STATE_STOPPED;
	if (*runs)
		printf("group %s is already up\n", conf->name);
	return EXIT_OK;
}

static int bring_up(struct quorum_control *control, const struct conf *conf)
{
	bool created, runs;
	int err, status;

	err = quorum_group_create(control, &conf->config);
	created = !err;
	if (err && err != -EEXIST)
		return tool_fail_control(control, err, "cannot create group %s", conf->name);
	if (!created) {
		status = check_existing(control, conf, &runs);
		if (status != EXIT_OK || runs)
			return status;
	}
	err = quorum_group_start(control, conf->name);
	if (err) {
		status = tool_fail_control(control, err, "cannot start group %s", conf->name);
		if (created) {
			/* A group that failed while starting has to be stopped first. */
			quorum_group_stop(control, conf->name);
			quorum_group_delete(control, conf->name);
		}
		return status;
	}
	printf("group %s is up\n", conf->name);
	return EXIT_OK;
}

int cmd_up(int argc, char **argv)
{
	const char *argument = one_argument(argc, argv, "configuration");
	struct quorum_control *control;
	static struct conf conf;
	int status;

	if (!argument)
		return EXIT_USAGE;
	if (conf_load(&conf, argument) || conf_load_keys(&conf))
		return tool_fail("%s", conf.error);
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	status = bring_up(control, &conf);
	quorum_control_close(control);
	return status;
}

int cmd_down(int argc, char **argv)
{
	const char *argument = one_argument(argc, argv, "group");
	struct quorum_control *control;
	static struct conf conf;
	int err, status = EXIT_OK;

	if (!argument)
		return EXIT_USAGE;
	if (conf_is_path(argument)) {
		if (conf_load(&conf, argument))
			return tool_fail("%s", conf.error);
		argument = conf.name;
	}
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	err = quorum_group_stop(control, argument);
	if (!err)
		err = quorum_group_delete(control, argument);
	if (err == -ENOENT)
		status = tool_fail_no_group(argument);
	else if (err)
		status = tool_fail_control(control, err, "cannot take group %s down", argument);
	else
		printf("group %s is down\n", argument);
	quorum_control_close(control);
	return status;
}

/* ---- relink ---- */

static int relink(struct quorum_control *control, const struct conf *conf)
{
	struct quorum_object group;
	const char *differs;
	int err;

	err = quorum_group_get(control, conf->name, &group);
	if (err == -ENOENT)
		return tool_fail_no_group(conf->name);
	if (err)
		return tool_fail_control(control, err, "cannot look at group %s", conf->name);
	differs = difference(&group, conf, true);
	if (differs)
		return tool_fail("group %s has another '%s', which cannot change so", conf->name,
				 differs);
	err = quorum_group_relink(control, &conf->config);
	if (err)
		return tool_fail_control(control, err, "cannot relink group %s", conf->name);
	return EXIT_OK;
}

int cmd_relink(int argc, char **argv)
{
	const char *argument = one_argument(argc, argv, "configuration");
	struct quorum_control *control;
	static struct conf conf;
	int status;

	if (!argument)
		return EXIT_USAGE;
	if (conf_load(&conf, argument) || conf_load_keys(&conf))
		return tool_fail("%s", conf.error);
	control = tool_control();
	if (!control)
		return EXIT_FAILED;
	status = relink(control, &conf);
	quorum_control_close(control);
	return status;
}
