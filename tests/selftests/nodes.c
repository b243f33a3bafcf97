// SPDX-License-Identifier: GPL-2.0
/*
 * nodes - what the nodes of a test know, and waiting for it, in one process.
 *
 *	nodes get NS NODE PATH...		values of the status of demo-NODE
 *	nodes sum NS NODE PATH...		their sum
 *	nodes total NS PATH NODE...		the sum of one value over nodes
 *	nodes wire NS NODE...		UDP datagrams that have left them all, heartbeats with
 *					answers, other messages, and when that was, in ms
 *	nodes leader NS SECONDS NODE...		who leads, once all of these agree on one of them
 *	nodes catch-up NS SECONDS NODE...	wait until all know as committed what any does
 *	nodes running NS NODE...		do all of them run?
 *	nodes groups NS NODE...		all groups there: name, state, commit, incarnation and
 *					epoch
 *
 * NS-NODE is the network namespace of a node. In place of `demo` QUORUM_SELFTEST_GROUP names
 * another group. To begin a process takes an emulated
 * kernel with KASAN a tenth of a second: that is why this is not a line of shell.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>
#include <linux/quorum_netlink.h>

#include "json_path.h"
#include "object_json.h"
#include "quorum.h"

enum { NODES_MAX = 16, POLL_US = 50 * 1000 };

struct node {
	const char *id;
	int netns;
	char name[64];
	struct quorum_control *control;
};

static struct node nodes[NODES_MAX];
static int n;

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void add(const char *prefix, const char *id)
{
	const char *group = getenv("QUORUM_SELFTEST_GROUP");
	struct node *node = &nodes[n++];
	char path[256];
	int fd;

	if (n > NODES_MAX)
		die("more than %d nodes", NODES_MAX);
	node->id = id;
	snprintf(node->name, sizeof(node->name), "%s-%s", group ? group : "demo", id);
	snprintf(path, sizeof(path), "/run/netns/%s-%s", prefix, id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s: %s", path, strerror(errno));
	node->netns = fd;
	/* Its socket stays in this namespace. */
	if (quorum_control_open(&node->control))
		die("node %s: the module is not loaded", id);
}

static bool look(struct node *node, struct quorum_object *status)
{
	return !quorum_group_get(node->control, node->name, status);
}

/* 0 as well where there is no group. */
static uint64_t number(struct node *node, int attr)
{
	struct quorum_object status;

	return look(node, &status) ? quorum_object_u64(&status, attr) : 0;
}

static const char *json_of(struct node *node)
{
	struct quorum_object status;

	if (!look(node, &status)) {
		fprintf(stderr, "there is no group %s\n", node->name);
		return NULL;
	}
	return json_object_to_json_string(object_json(&status, &names_group));
}

static int show(int argc, char **paths)
{
	const char *json = json_of(&nodes[0]);
	struct span doc, value;
	int i;

	/* As a pipeline whose first command fails. */
	if (!json)
		return 0;
	doc = (struct span){ json, json + strlen(json) };
	for (i = 0; i < argc; i++) {
		if (i)
			putchar('\t');
		if (get(doc, paths[i], &value)) {
			value = text_of(value);
			printf("%.*s", (int)(value.end - value.at), value.at);
		} else {
			putchar('-');
		}
	}
	putchar('\n');
	return 0;
}

static uint64_t sum(struct node *node, int argc, char **paths)
{
	const char *json = json_of(node);
	struct span value;
	uint64_t all = 0;
	int i;

	for (i = 0; json && i < argc; i++)
		if (get((struct span){ json, json + strlen(json) }, paths[i], &value))
			all += strtoull(text_of(value).at, NULL, 10);
	return all;
}

/* The id all of them name as their leader, if it is one of them; else NULL. */
static const char *agreed(void)
{
	uint64_t one = number(&nodes[0], QUORUM_A_GROUP_LEADER);
	const char *found = NULL;
	int i;

	for (i = 0; one && i < n; i++) {
		if (i && number(&nodes[i], QUORUM_A_GROUP_LEADER) != one)
			return NULL;
		if (strtoull(nodes[i].id, NULL, 10) == one)
			found = nodes[i].id;
	}
	return found;
}

static bool before(const char *seconds)
{
	static time_t end;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!end)
		end = now.tv_sec + strtol(seconds, NULL, 10);
	return now.tv_sec < end && !usleep(POLL_US);
}

static int leader(const char *seconds)
{
	const char *one;
	int i;

	do {
		one = agreed();
		if (one) {
			printf("%s\n", one);
			return 0;
		}
	} while (before(seconds));
	for (i = 0; i < n; i++)
		fprintf(stderr, "# node %s: leader %" PRIu64 ", term %" PRIu64 "\n", nodes[i].id,
			number(&nodes[i], QUORUM_A_GROUP_LEADER),
			number(&nodes[i], QUORUM_A_GROUP_TERM));
	return 1;
}

static int catch_up(const char *seconds)
{
	uint64_t most = 0, one;
	int i;

	for (i = 0; i < n; i++) {
		one = number(&nodes[i], QUORUM_A_GROUP_COMMIT);
		if (one > most)
			most = one;
	}
	for (i = 0; i < n; i++) {
		while (number(&nodes[i], QUORUM_A_GROUP_COMMIT) < most) {
			if (before(seconds))
				continue;
			die("# node %s does not catch up to %" PRIu64 ": it has %" PRIu64,
			    nodes[i].id, most, number(&nodes[i], QUORUM_A_GROUP_COMMIT));
		}
	}
	return 0;
}

static int running(void)
{
	int i;

	for (i = 0; i < n; i++)
		if (number(&nodes[i], QUORUM_A_GROUP_STATE) != QUORUM_STATE_RUNNING)
			return 1;
	return 0;
}

static int print_group(const struct quorum_object *group, void *ctx)
{
	(void)ctx;
	printf(" %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
	       quorum_object_str(group, QUORUM_A_GROUP_NAME),
	       quorum_object_u64(group, QUORUM_A_GROUP_STATE),
	       quorum_object_u64(group, QUORUM_A_GROUP_COMMIT),
	       quorum_object_u64(group, QUORUM_A_GROUP_INCARNATION),
	       quorum_object_u64(group, QUORUM_A_GROUP_EPOCH));
	return 0;
}

static int groups(void)
{
	int i;

	for (i = 0; i < n; i++) {
		printf("node %s:", nodes[i].id);
		if (quorum_group_each(nodes[i].control, print_group, NULL))
			die("cannot list the groups of node %s", nodes[i].id);
		putchar('\n');
	}
	return 0;
}

/* UDP datagrams over IPv4 that have left the namespace of a node. */
static uint64_t datagrams_out(const struct node *node)
{
	unsigned long long out = 0;
	char line[512];
	FILE *file;

	if (setns(node->netns, CLONE_NEWNET))
		die("node %s: %s", node->id, strerror(errno));
	file = fopen("/proc/self/net/snmp", "r");
	if (!file)
		die("/proc/self/net/snmp: %s", strerror(errno));
	while (fgets(line, sizeof(line), file) && sscanf(line, "Udp: %*u %*u %*u %llu", &out) != 1)
		;
	fclose(file);
	return out;
}

/* Messages that all have sent: heartbeats with their answers, and others. */
static void count_messages(uint64_t *heartbeats, uint64_t *others)
{
	struct quorum_object status, link, messages, value;
	size_t pos;
	int i, attr;

	*heartbeats = 0;
	*others = 0;
	for (i = 0; i < n; i++) {
		if (!look(&nodes[i], &status) ||
		    !quorum_object_get(&status, QUORUM_A_GROUP_LINK, 0, &link) ||
		    !quorum_object_get(&link, QUORUM_A_LINK_TX_MESSAGES, 0, &messages))
			die("node %s does not tell what it has sent", nodes[i].id);
		for (pos = 0; quorum_object_next(&messages, &pos, &attr, &value);) {
			if (attr == QUORUM_A_MESSAGES_HEARTBEAT ||
			    attr == QUORUM_A_MESSAGES_HEARTBEAT_REPLY)
				*heartbeats += quorum_object_u64(&messages, attr);
			else
				*others += quorum_object_u64(&messages, attr);
		}
	}
}

/* Until no message has left while it was looked. */
static int wire(void)
{
	uint64_t heartbeats, others, heartbeats_then, others_then, udp;
	struct timespec now;
	int i;

	do {
		count_messages(&heartbeats, &others);
		for (udp = 0, i = 0; i < n; i++)
			udp += datagrams_out(&nodes[i]);
		clock_gettime(CLOCK_MONOTONIC, &now);
		count_messages(&heartbeats_then, &others_then);
	} while (heartbeats != heartbeats_then || others != others_then);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %ld\n", udp, heartbeats, others,
	       (long)(now.tv_sec * 1000 + now.tv_nsec / 1000000));
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "nodes: see the head of nodes.c\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "", *netns = argc > 2 ? argv[2] : "";
	bool one = !strcmp(verb, "get") || !strcmp(verb, "sum");
	bool all = !strcmp(verb, "running") || !strcmp(verb, "groups") || !strcmp(verb, "wire");
	uint64_t total = 0;
	int i;

	if (argc < (one || all ? 4 : 5))
		return usage();
	/* One node and paths; nodes; or something and nodes. */
	for (i = one || all ? 3 : 4; i < (one ? 4 : argc); i++)
		add(netns, argv[i]);
	if (!strcmp(verb, "get"))
		return show(argc - 4, argv + 4);
	if (!strcmp(verb, "leader"))
		return leader(argv[3]);
	if (!strcmp(verb, "catch-up"))
		return catch_up(argv[3]);
	if (!strcmp(verb, "wire"))
		return wire();
	if (all)
		return *verb == 'r' ? running() : groups();
	if (!strcmp(verb, "sum"))
		total = sum(&nodes[0], argc - 4, argv + 4);
	else if (!strcmp(verb, "total"))
		for (i = 0; i < n; i++)
			total += sum(&nodes[i], 1, argv + 3);
	else
		return usage();
	printf("%" PRIu64 "\n", total);
	return 0;
}
