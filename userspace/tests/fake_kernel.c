// SPDX-License-Identifier: GPL-2.0
/*
 * The part of libquorum that talks to the kernel, without one: what quorumctl
 * says of a group can then be tested in every state, also those that are hard to
 * come by.
 *
 * Environment: QUORUM_FAKE is the group there is, in words: KEY=VALUE an
 * attribute, KEY a flag, KEY{ and } around a nest, with the names of
 * uapi/quorum.yaml.  Unset: there is none.
 * QUORUM_FAKE_THEN is what it is once a change was taken; unset: as before.
 * QUORUM_FAKE_ERRNO is what a proposal fails with, its outcome unknown.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libmnl/libmnl.h>

#include "internal.h"
#include "names.h"

enum { NESTS_MAX = 4, WORD_BYTES = 256 };

struct quorum { int fd; };
struct quorum_events { int fd; };
struct quorum_control {
	const char *message;
	_Alignas(8) char buf[QUORUM_NL_BYTES];
};

/* ---- from words to attributes ---- */

static void bad(const char *word)
{
	fprintf(stderr, "QUORUM_FAKE: '%s'\n", word);
	abort();
}

static uint16_t find(const struct names *names, const char *key)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->list[i].name && !strcmp(names->list[i].name, key))
			return (uint16_t)i;
	bad(key);
	return 0;
}

static uint32_t find_value(const char * const *values, const char *value)
{
	for (uint32_t i = 0; values[i] || !i; i++)
		if (values[i] && !strcmp(values[i], value))
			return i;
	bad(value);
	return 0;
}

static void put(struct nlmsghdr *nlh, const struct names *names, const char *key,
		const char *value)
{
	uint16_t attr = find(names, key);
	uint8_t bytes[16] = { 0 };
	bool v4 = !strchr(value, ':');

	switch (names->list[attr].kind) {
	case NAME_VALUE:
		mnl_attr_put_u32(nlh, attr, find_value(names->list[attr].values, value));
		break;
	case NAME_NUMBER:
		mnl_attr_put_u64(nlh, attr, strtoull(value, NULL, 10));
		break;
	case NAME_STRING:
		mnl_attr_put_strz(nlh, attr, value);
		break;
	case NAME_FLAG:
		mnl_attr_put(nlh, attr, 0, NULL);
		break;
	case NAME_UUID:
		memset(bytes, atoi(value), sizeof(bytes));
		mnl_attr_put(nlh, attr, sizeof(bytes), bytes);
		break;
	case NAME_ADDRESS:
		if (inet_pton(v4 ? AF_INET : AF_INET6, value, bytes) != 1)
			bad(value);
		mnl_attr_put(nlh, attr, v4 ? 4 : 16, bytes);
		break;
	default:
		bad(key);
	}
}

static void build(struct nlmsghdr *nlh, const char *words)
{
	const struct names *names[NESTS_MAX + 1] = { &names_group };
	struct nlattr *nests[NESTS_MAX + 1];
	char word[WORD_BYTES], *value;
	int depth = 0, used;
	uint16_t attr;

	for (; sscanf(words, "%255s%n", word, &used) == 1; words += used) {
		size_t len = strlen(word);

		if (!strcmp(word, "}")) {
			if (!depth)
				bad(words);
			mnl_attr_nest_end(nlh, nests[depth--]);
		} else if (word[len - 1] == '{') {
			word[len - 1] = '\0';
			attr = find(names[depth], word);
			if (depth == NESTS_MAX || !names[depth]->list[attr].nest)
				bad(word);
			names[depth + 1] = names[depth]->list[attr].nest;
			nests[++depth] = mnl_attr_nest_start(nlh, attr);
		} else {
			value = strchr(word, '=');
			if (value)
				*value++ = '\0';
			put(nlh, names[depth], word, value ? value : "");
		}
	}
	if (depth)
		bad("a nest is left open");
}

static bool changed;

static bool fake_group(struct quorum_control *control, struct quorum_object *object)
{
	const char *then = changed ? getenv("QUORUM_FAKE_THEN") : NULL;
	const char *words = then ? then : getenv("QUORUM_FAKE");
	struct nlmsghdr *nlh;

	if (!words)
		return false;
	memset(control->buf, 0, sizeof(control->buf));
	nlh = mnl_nlmsg_put_header(control->buf);
	build(nlh, words);
	object->data = mnl_nlmsg_get_payload(nlh);
	object->len = mnl_nlmsg_get_payload_len(nlh);
	return true;
}

/* ---- libquorum ---- */

bool quorum_module_loaded(void)
{
	return true;
}

int quorum_control_open(struct quorum_control **control)
{
	*control = calloc(1, sizeof(**control));
	return *control ? 0 : -ENOMEM;
}

void quorum_control_close(struct quorum_control *control)
{
	free(control);
}

const char *quorum_control_message(const struct quorum_control *control)
{
	return control->message ? control->message : "";
}

int quorum_group_get(struct quorum_control *control, const char *name,
		     struct quorum_object *object)
{
	if (fake_group(control, object) &&
	    !strcmp(quorum_object_str(object, QUORUM_A_GROUP_NAME), name))
		return 0;
	control->message = "quorum: no group of this name: the kernel's sentence";
	return -ENOENT;
}

int quorum_group_each(struct quorum_control *control,
		      int (*fn)(const struct quorum_object *object, void *ctx), void *ctx)
{
	struct quorum_object object;

	return fake_group(control, &object) ? fn(&object, ctx) : 0;
}

int quorum_group_create(struct quorum_control *control,
			const struct quorum_group_config *config)
{
	(void)config;
	control->message = "quorum: no state machine of this name: the kernel's sentence";
	return -ENOENT;
}

int quorum_group_start(struct quorum_control *control, const char *name)
{
	struct quorum_object object;

	return quorum_group_get(control, name, &object);
}

int quorum_group_stop(struct quorum_control *control, const char *name)
{
	return quorum_group_start(control, name);
}

int quorum_group_recover(struct quorum_control *control, const char *name,
			 const struct quorum_seen *seen, const uint32_t *keep, uint32_t n)
{
	(void)seen;
	(void)keep;
	(void)n;
	return quorum_group_start(control, name);
}

int quorum_group_snapshot(struct quorum_control *control, const char *name)
{
	return quorum_group_start(control, name);
}

int quorum_group_relink(struct quorum_control *control,
			const struct quorum_group_config *config)
{
	return quorum_group_start(control, config->name ? config->name : config->group);
}

int quorum_group_delete(struct quorum_control *control, const char *name)
{
	return quorum_group_start(control, name);
}

int quorum_group_change(struct quorum_control *control, const char *name, uint64_t seen,
			const struct quorum_step *steps, uint32_t n)
{
	(void)seen;
	(void)steps;
	(void)n;
	changed = true;
	return quorum_group_start(control, name);
}

int quorum_group_settings(struct quorum_control *control, const char *name, uint64_t seen,
			  const struct quorum_settings *settings)
{
	(void)seen;
	(void)settings;
	changed = true;
	return quorum_group_start(control, name);
}

int quorum_group_transfer(struct quorum_control *control, const char *name,
			  uint32_t target)
{
	(void)target;
	return quorum_group_start(control, name);
}

int quorum_events_open(struct quorum_events **events)
{
	*events = calloc(1, sizeof(**events));
	if (!*events)
		return -ENOMEM;
	(*events)->fd = -1;
	return 0;
}

void quorum_events_close(struct quorum_events *events)
{
	free(events);
}

int quorum_events_fd(const struct quorum_events *events)
{
	return events->fd;
}

int quorum_events_next(struct quorum_events *events, int timeout_ms,
		       struct quorum_object *object)
{
	(void)events;
	(void)timeout_ms;
	(void)object;
	return -EAGAIN;
}

int quorum_device_open(const char *name, int flags)
{
	(void)name;
	(void)flags;
	return -ENOENT;
}

int quorum_open(const char *name, struct quorum **q)
{
	if (!getenv("QUORUM_FAKE_ERRNO"))
		return quorum_device_open(name, 0);
	*q = calloc(1, sizeof(**q));
	return *q ? 0 : -ENOMEM;
}

void quorum_close(struct quorum *q)
{
	free(q);
}

int quorum_fd(const struct quorum *q)
{
	return q->fd;
}

int quorum_get_info(struct quorum *q, struct quorum_info *info)
{
	(void)q;
	memset(info, 0, sizeof(*info));
	info->node = UINT32_MAX;
	info->entry_bytes_max = 65536;
	return 0;
}

int quorum_get_digest(struct quorum *q, struct quorum_digest *digest)
{
	(void)q;
	memset(digest, 0, sizeof(*digest));
	return -atoi(getenv("QUORUM_FAKE_ERRNO"));
}

int quorum_barrier(struct quorum *q, uint64_t timeout_ns, uint64_t *index)
{
	(void)q;
	(void)timeout_ns;
	if (index)
		*index = 0;
	return -atoi(getenv("QUORUM_FAKE_ERRNO"));
}

int quorum_propose(struct quorum *q, const void *data, size_t len, uint64_t timeout_ns,
		   struct quorum_result *result)
{
	(void)q;
	(void)data;
	(void)len;
	(void)timeout_ns;
	memset(result, 0, sizeof(*result));
	result->outcome = QUORUM_OUTCOME_UNKNOWN;
	result->tag = UINT64_MAX;
	return -atoi(getenv("QUORUM_FAKE_ERRNO"));
}

int quorum_snapshot_begin(struct quorum *q, uint64_t *index)
{
	(void)q;
	*index = 0;
	return -EOPNOTSUPP;
}

int quorum_snapshot_write(struct quorum *q, const void *data, size_t len)
{
	(void)q;
	(void)data;
	return len ? -EINVAL : 0;
}

int quorum_snapshot_commit(struct quorum *q, uint64_t index)
{
	(void)q;
	return index ? -EINVAL : 0;
}

ssize_t quorum_snapshot_read(struct quorum *q, uint64_t *index, uint64_t offset, void *buf,
			     size_t room)
{
	(void)q;
	(void)index;
	(void)offset;
	(void)buf;
	return room ? -ENOENT : 0;
}
