// SPDX-License-Identifier: GPL-2.0
/* Parsing the configuration file of a group. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "tool.h"

#define CONF_DIR	"/etc/quorum"

struct parser {
	struct conf *conf;
	unsigned int line;	/* 0: about the file as a whole */
	unsigned int seen;	/* bit per row of the table of keys */
};

static int bad(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct parser *p, const char *format, ...)
{
	struct conf *conf = p->conf;
	va_list args;
	int n;

	if (p->line)
		n = snprintf(conf->error, sizeof(conf->error), "%.200s:%u: ", conf->path,
			     p->line);
	else
		n = snprintf(conf->error, sizeof(conf->error), "%.200s: ", conf->path);
	va_start(args, format);
	vsnprintf(conf->error + n, sizeof(conf->error) - (size_t)n, format, args);
	va_end(args);
	return -EINVAL;
}

/* ---- values ---- */

bool conf_parse_uuid(const char *text, uint8_t uuid[16])
{
	unsigned int digits = 0;

	if (strlen(text) != 36)
		return false;
	for (unsigned int i = 0; i < 36; i++) {
		char c = (char)tolower((unsigned char)text[i]);
		unsigned int value;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		if (!isxdigit((unsigned char)c))
			return false;
		value = (unsigned int)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
		if (digits & 1)
			uuid[digits / 2] |= (uint8_t)value;
		else
			uuid[digits / 2] = (uint8_t)(value << 4);
		digits++;
	}
	return true;
}

void conf_format_uuid(const uint8_t uuid[16], char text[37])
{
	char *at = text;

	for (unsigned int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", uuid[i]);
	}
}

/* Split "host:port", "[host]:port" or "host" in place; false if it is none of these. */
static bool split_port(char *text, char **host, uint64_t *port)
{
	char *colon, *end;

	*port = CONF_PORT_DEFAULT;
	*host = text;
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end)
			return false;
		*end = '\0';
		*host = text + 1;
		if (!end[1])
			return true;
		return end[1] == ':' && tool_parse_u64(end + 2, 1, 65535, port);
	}
	colon = strchr(text, ':');
	/* More than one colon without brackets: IPv6 without a port. */
	if (!colon || strchr(colon + 1, ':'))
		return true;
	*colon = '\0';
	return tool_parse_u64(colon + 1, 1, 65535, port);
}

bool conf_parse_address(const char *text, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	char copy[128], *host;
	uint64_t port;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	if (!split_port(copy, &host, &port))
		return false;
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return true;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return true;
	}
	return false;
}

bool conf_link_local(const char *text)
{
	struct sockaddr_storage addr;
	char copy[128], *host;
	size_t len = strcspn(text, "%");

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	host = copy + (copy[0] == '[' && text[len] == '%');
	return conf_parse_address(host, &addr) && addr.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)&addr)->sin6_addr);
}

void conf_format_address(const struct sockaddr_storage *addr, char *text, size_t size)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	char host[INET6_ADDRSTRLEN];

	if (addr->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(in->sin_port));
	}
}

static bool is_wildcard(const struct sockaddr_storage *addr)
{
	if (addr->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)addr)->sin6_addr);
	return ((const struct sockaddr_in *)addr)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static int parse_name(struct parser *p, const char *value, char *name)
{
	size_t len = strlen(value);

	if (len > CONF_NAME_MAX)
		return bad(p, "name '%s' is longer than %d characters", value, CONF_NAME_MAX);
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)value[i]) && (!i || !strchr("._-", value[i])))
			return bad(p, "name '%s' may have letters, digits, '.', '_' and "
				      "'-' only and begins with a letter or digit",
				   value);
	strcpy(name, value);
	return 0;
}

/* ---- keys ---- */

static int set_group(struct parser *p, char *value)
{
	return parse_name(p, value, p->conf->group);
}

static int set_name(struct parser *p, char *value)
{
	return parse_name(p, value, p->conf->name);
}

static int set_machine(struct parser *p, char *value)
{
	return parse_name(p, value, p->conf->machine);
}

static int set_cluster(struct parser *p, char *value)
{
	static const uint8_t zero[16];

	if (!conf_parse_uuid(value, p->conf->config.cluster))
		return bad(p, "cluster '%s' is not a UUID; `quorumctl genid` makes one", value);
	if (!memcmp(p->conf->config.cluster, zero, sizeof(zero)))
		return bad(p, "the cluster's UUID is all zero; `quorumctl genid` makes one");
	return 0;
}

static int set_node(struct parser *p, char *value)
{
	uint64_t id;

	if (!tool_parse_u64(value, 1, UINT32_MAX, &id))
		return bad(p, "node '%s' is not a number from 1 to %u", value, UINT32_MAX);
	p->conf->config.node = (uint32_t)id;
	return 0;
}

static int set_device(struct parser *p, char *value)
{
	if (strlen(value) > CONF_PATH_MAX)
		return bad(p, "the device's path is longer than %d characters", CONF_PATH_MAX);
	if (*value != '/')
		return bad(p, "device '%s' is not an absolute path", value);
	strcpy(p->conf->device, value);
	return 0;
}

static int set_listen(struct parser *p, char *value)
{
	if (!conf_parse_address(value, &p->conf->config.listen))
		return bad(p, "listen '%s' is not an address, such as 10.0.0.1:7420 or "
			      "[fd77::1]:7420",
			   value);
	return 0;
}

/* One word of an explicit timing: heartbeat=50ms or election=150ms-300ms. */
static int set_timing_word(struct parser *p, const char *word)
{
	struct quorum_group_config *config = &p->conf->config;
	char copy[64], *equals, *dash;
	uint64_t low, high;

	if (strlen(word) >= sizeof(copy))
		return bad(p, "timing '%s' is not understood", word);
	strcpy(copy, word);
	equals = strchr(copy, '=');
	if (!equals)
		return bad(p, "timing '%s' is not default, fast, wan or emulated, nor "
			      "heartbeat=50ms election=150ms-300ms",
			   word);
	*equals++ = '\0';
	if (!strcmp(copy, "heartbeat")) {
		if (!tool_parse_duration(equals, &low) || low > 60000000000)
			return bad(p, "heartbeat '%s' is not a duration such as 50ms", equals);
		config->heartbeat_us = (uint32_t)(low / 1000);
		return 0;
	}
	if (strcmp(copy, "election"))
		return bad(p, "timing has no part '%s'; it has heartbeat and election", copy);
	dash = strchr(equals, '-');
	if (dash)
		*dash++ = '\0';
	if (!dash || !tool_parse_duration(equals, &low) || !tool_parse_duration(dash, &high) ||
	    low > 60000000000 || high > 60000000000)
		return bad(p, "election is not a range of durations up to 60s, such as "
			      "150ms-300ms");
	config->election_min_us = (uint32_t)(low / 1000);
	config->election_max_us = (uint32_t)(high / 1000);
	return 0;
}

static int set_timing(struct parser *p, char *value)
{
	static const struct {
		const char *name;
		uint32_t heartbeat_us, min_us, max_us;
	} presets[] = {
		{ "default", 50000, 150000, 300000 },
		{ "fast", 5000, 20000, 40000 },
		{ "wan", 300000, 1500000, 3000000 },
		{ "emulated", 100000, 1000000, 2000000 },
	};
	struct quorum_group_config *config = &p->conf->config;
	char *word, *rest = NULL;
	int err;

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(value, presets[i].name))
			continue;
		config->heartbeat_us = presets[i].heartbeat_us;
		config->election_min_us = presets[i].min_us;
		config->election_max_us = presets[i].max_us;
		return 0;
	}
	config->heartbeat_us = 0;
	config->election_min_us = 0;
	for (word = strtok_r(value, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		err = set_timing_word(p, word);
		if (err)
			return err;
	}
	if (!config->heartbeat_us || !config->election_min_us)
		return bad(p, "timing needs both heartbeat= and election=");
	if (config->heartbeat_us < 500)
		return bad(p, "the heartbeat is below 0.5 ms");
	if (config->election_min_us < 2 * config->heartbeat_us)
		return bad(p, "the shortest election time is below two heartbeats");
	if (config->election_max_us < config->election_min_us)
		return bad(p, "the longest election time is below the shortest");
	return 0;
}

static int set_member(struct parser *p, char *value)
{
	struct quorum_group_config *config = &p->conf->config;
	struct quorum_member_config *member;
	char *id, *address, *role, *rest = NULL;
	uint64_t number;

	if (config->n_members >= CONF_MEMBERS_MAX)
		return bad(p, "a group has at most %d members", CONF_MEMBERS_MAX);
	member = &p->conf->members[config->n_members];
	id = strtok_r(value, " \t", &rest);
	address = strtok_r(NULL, " \t", &rest);
	role = strtok_r(NULL, " \t", &rest);
	if (!address || strtok_r(NULL, " \t", &rest))
		return bad(p, "a member is: ID ADDRESS[:PORT] [voter|learner]");
	if (!tool_parse_u64(id, 1, UINT32_MAX, &number))
		return bad(p, "member id '%s' is not a number from 1 to %u", id, UINT32_MAX);
	for (uint32_t i = 0; i < config->n_members; i++)
		if (p->conf->members[i].id == number)
			return bad(p, "member %s is there twice", id);
	if (conf_link_local(address))
		return bad(p, "member %s: '%s' is link-local, which says on every host something "
			      "else",
			   id, address);
	if (!conf_parse_address(address, &member->addr))
		return bad(p, "member %s: '%s' is not an address, such as 10.0.0.1:7420 "
			      "or [fd77::1]:7420",
			   id, address);
	if (is_wildcard(&member->addr))
		return bad(p, "member %s: '%s' is no address that others can reach", id, address);
	if (!role || !strcmp(role, "voter"))
		member->role = QUORUM_MEMBER_ROLE_VOTER;
	else if (!strcmp(role, "learner"))
		member->role = QUORUM_MEMBER_ROLE_LEARNER;
	else
		return bad(p, "member %s: '%s' is neither voter nor learner", id, role);
	member->id = (uint32_t)number;
	config->n_members++;
	return 0;
}

static int set_key_path(struct parser *p, const char *value, char *path)
{
	if (strlen(value) > CONF_PATH_MAX)
		return bad(p, "the key's path is longer than %d characters", CONF_PATH_MAX);
	if (*value != '/')
		return bad(p, "key '%s' is not the absolute path of a file; `quorumctl "
			      "genkey FILE` makes one", value);
	strcpy(path, value);
	return 0;
}

static int set_key(struct parser *p, char *value)
{
	return set_key_path(p, value, p->conf->key_path);
}

static int set_key2(struct parser *p, char *value)
{
	return set_key_path(p, value, p->conf->key2_path);
}

static int set_auth(struct parser *p, char *value)
{
	p->conf->config.unsealed = !strcmp(value, "none");
	p->conf->config.secret = !strcmp(value, "secret");
	if (!p->conf->config.unsealed && !p->conf->config.secret && strcmp(value, "key"))
		return bad(p, "auth '%s' is neither key, secret nor none", value);
	return 0;
}

static int set_join(struct parser *p, char *value)
{
	p->conf->config.join = !strcmp(value, "yes");
	if (!p->conf->config.join && strcmp(value, "no"))
		return bad(p, "join '%s' is neither yes nor no", value);
	return 0;
}

static int set_tail(struct parser *p, char *value)
{
	p->conf->config.tail_suspect = !strcmp(value, "suspect");
	if (!p->conf->config.tail_suspect && strcmp(value, "cut"))
		return bad(p, "tail '%s' is neither cut nor suspect", value);
	return 0;
}

static int set_snapshot(struct parser *p, char *value)
{
	uint64_t entries;

	if (!tool_parse_u64(value, 64, UINT32_MAX, &entries))
		return bad(p, "snapshot '%s' is not a number of entries, 64 or more", value);
	p->conf->config.snapshot_entries = (uint32_t)entries;
	return 0;
}

static const struct key {
	const char *name;
	int (*set)(struct parser *p, char *value);
	bool required;
	bool repeats;
} keys[] = {
	{ "group", set_group, true, false },
	{ "cluster", set_cluster, true, false },
	{ "node", set_node, true, false },
	{ "device", set_device, true, false },
	{ "member", set_member, false, true },
	{ "timing", set_timing, false, false },
	{ "name", set_name, false, false },
	{ "listen", set_listen, false, false },
	{ "machine", set_machine, false, false },
	{ "key", set_key, false, false },
	{ "key2", set_key2, false, false },
	{ "auth", set_auth, false, false },
	{ "tail", set_tail, false, false },
	{ "snapshot", set_snapshot, false, false },
	{ "join", set_join, false, false },
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* ---- the file ---- */

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static int parse_line(struct parser *p, char *line)
{
	char *hash = strchr(line, '#'), *equals, *name, *value;
	unsigned int i;

	if (hash)
		*hash = '\0';
	line = trim(line);
	if (!*line)
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return bad(p, "'%.60s' is not of the form KEY = VALUE", line);
	*equals = '\0';
	name = trim(line);
	value = trim(equals + 1);
	for (i = 0; i < KEYS && strcmp(keys[i].name, name); i++)
		;
	if (i == KEYS)
		return bad(p, "there is no key '%.60s'; the keys are group, cluster, "
			      "node, device, member, timing, name, listen, machine, "
			      "key, key2, auth, tail, snapshot and join",
			   name);
	if (!*value)
		return bad(p, "%s has no value", name);
	if (!keys[i].repeats && (p->seen & (1U << i)))
		return bad(p, "%s is there twice", name);
	p->seen |= 1U << i;
	return keys[i].set(p, value);
}

/* It is told who the members are, by whoever knows the key. */
static int check_joining(struct parser *p)
{
	const struct quorum_group_config *config = &p->conf->config;

	if (config->n_members)
		return bad(p, "a node that joins is told who the members are: leave out the "
			      "'member' lines, or 'join'");
	if (!config->listen.ss_family || is_wildcard(&config->listen))
		return bad(p, "a node that joins needs a 'listen' line with the address the "
			      "others reach it at");
	if (config->unsealed)
		return bad(p, "a node joins by the key of its cluster: with auth = none all "
			      "members are named from the start");
	return 0;
}

static int check_members(struct parser *p)
{
	struct quorum_group_config *config = &p->conf->config;
	const struct quorum_member_config *self = NULL;
	bool voter = false;

	if (!config->n_members)
		return bad(p, "the key 'member' is missing");
	for (uint32_t i = 0; i < config->n_members; i++) {
		const struct quorum_member_config *member = &p->conf->members[i];

		if (member->id == config->node)
			self = member;
		voter |= member->role == QUORUM_MEMBER_ROLE_VOTER;
	}
	if (!self)
		return bad(p, "node %u is not among the members; a node that comes to a group "
			      "that exists says join = yes", config->node);
	if (!voter)
		return bad(p, "no member is a voter");
	if (!config->listen.ss_family)
		config->listen = self->addr;
	return 0;
}

/* What no single line can tell. */
static int check_whole(struct parser *p)
{
	struct conf *conf = p->conf;
	struct quorum_group_config *config = &conf->config;
	int err;

	p->line = 0;
	for (unsigned int i = 0; i < KEYS; i++)
		if (keys[i].required && !(p->seen & (1U << i)))
			return bad(p, "the key '%s' is missing", keys[i].name);
	err = config->join ? check_joining(p) : check_members(p);
	if (err)
		return err;
	if (config->unsealed && (conf->key_path[0] || conf->key2_path[0]))
		return bad(p, "auth is none and there is a key: choose one");
	if (!config->unsealed && !conf->key_path[0])
		return bad(p, "the key 'key' is missing: name the file of the cluster's secret, "
			      "the same on all members (`quorumctl genkey FILE`), or say "
			      "auth = none");
	if (!conf->name[0])
		strcpy(conf->name, conf->group);
	config->size = sizeof(*config);
	config->name = conf->name;
	config->group = conf->group;
	config->device = conf->device;
	config->machine = conf->machine[0] ? conf->machine : NULL;
	config->members = conf->members;
	return 0;
}

/* ---- keys ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 64 hexadecimal digits and perhaps a newline, or 32 bytes. */
static bool parse_key(const char *text, size_t len, uint8_t key[QUORUM_KEY_BYTES])
{
	if (len == QUORUM_KEY_BYTES) {
		memcpy(key, text, len);
		return true;
	}
	if (len == 2 * QUORUM_KEY_BYTES + 1 && text[len - 1] == '\n')
		len--;
	if (len != 2 * QUORUM_KEY_BYTES)
		return false;
	for (size_t i = 0; i < QUORUM_KEY_BYTES; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int load_key(struct parser *p, const char *path, uint8_t key[QUORUM_KEY_BYTES])
{
	char text[2 * QUORUM_KEY_BYTES + 2];
	struct stat st;
	ssize_t n = -1;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd >= 0 && !fstat(fd, &st))
		n = read(fd, text, sizeof(text));
	err = errno;
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		bad(p, "the key %.200s: %s", path, err == ENOENT ?
		    "there is no such file; `quorumctl genkey FILE` makes one" : strerror(err));
		return -err;
	}
	if (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		return bad(p, "the key %.200s can be read or changed by others: chmod 600 it",
			   path);
	if (!parse_key(text, (size_t)n, key))
		return bad(p, "the key %.200s is neither 64 hexadecimal digits nor 32 bytes; "
			      "`quorumctl genkey FILE` makes one", path);
	explicit_bzero(text, sizeof(text));
	return 0;
}

int conf_load_keys(struct conf *conf)
{
	struct parser p = { .conf = conf };
	int err = 0;

	if (conf->key_path[0]) {
		err = load_key(&p, conf->key_path, conf->keys[0]);
		conf->config.key = conf->keys[0];
	}
	if (!err && conf->key2_path[0]) {
		err = load_key(&p, conf->key2_path, conf->keys[1]);
		conf->config.key2 = conf->keys[1];
	}
	return err;
}

bool conf_is_path(const char *argument)
{
	size_t len = strlen(argument);

	return strchr(argument, '/') || (len > 5 && !strcmp(argument + len - 5, ".conf"));
}

int conf_load(struct conf *conf, const char *argument)
{
	char preset[] = "default";
	struct parser p = { .conf = conf };
	char *line = NULL;
	size_t size = 0;
	FILE *file;
	int err;

	memset(conf, 0, sizeof(*conf));
	if (conf_is_path(argument))
		snprintf(conf->path, sizeof(conf->path), "%s", argument);
	else
		snprintf(conf->path, sizeof(conf->path), "%s/%s.conf", CONF_DIR, argument);
	file = fopen(conf->path, "re");
	if (!file) {
		err = -errno;
		bad(&p, "%s", errno == ENOENT ? "there is no such configuration file" :
		    strerror(errno));
		return err;
	}
	err = set_timing(&p, preset);
	while (!err && getline(&line, &size, file) >= 0) {
		p.line++;
		err = parse_line(&p, line);
	}
	if (!err && ferror(file)) {
		p.line = 0;
		err = bad(&p, "%s", strerror(errno));
	}
	free(line);
	fclose(file);
	return err ? err : check_whole(&p);
}
