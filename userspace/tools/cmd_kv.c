// SPDX-License-Identifier: GPL-2.0
/* quorumctl kv: keys, leases and watches of a group whose machine is kv. */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <json-c/json.h>

#include "kv_client.h"
#include "output.h"
#include "tool.h"

const char help_kv[] =
"Usage: quorumctl kv put NAME KEY [VALUE] [--lease ID]\n"
"       quorumctl kv get NAME KEY [--prefix] [--keys] [--stale]\n"
"       quorumctl kv delete NAME KEY [--prefix]\n"
"       quorumctl kv cas NAME KEY OLD NEW      put NEW if the value is OLD\n"
"       quorumctl kv create NAME KEY [VALUE] [--lease ID]   put if there is none\n"
"       quorumctl kv watch NAME KEY [--prefix] [--from REVISION] [--count N]\n"
"       quorumctl kv grant NAME TTL            a lease; prints its id\n"
"       quorumctl kv keepalive|revoke NAME LEASE\n"
"       quorumctl kv leases|status NAME [--stale]\n"
"       quorumctl kv compact NAME REVISION\n"
"\n"
"Keys, values, revisions, versions and leases as in etcd v3.  put reads the value\n"
"from standard input if it is not given, and prints the revision.  cas and create\n"
"end with status 1 and change nothing if the condition does not hold.\n"
"\n"
"  --prefix         all keys that begin with KEY\n"
"  --keys           print keys, no values\n"
"  --stale          what this node has will do; otherwise reads are linearizable\n"
"  --lease ID       the key goes when the lease ends\n"
"  --from REVISION  watch: begin with the changes of REVISION (default: now)\n"
"  --count N        watch: end after N events\n"
"  --timeout TIME   longest wait, such as 5s or 300ms (default: 5s)\n";

struct options {
	bool prefix;
	bool keys;
	uint64_t lease;
	uint64_t from;
	uint64_t count;
	uint8_t end[QUORUM_KV_KEY_MAX + 1];
	size_t end_len;
};

static void add_bytes(struct json_object *json, const char *key, const void *data, size_t len)
{
	struct quorum_entry entry = { .size = (uint32_t)len };
	struct json_object *whole = output_entry_json(&entry, data), *value;

	/* The same rule as for entries: text if it is text, base64 if not. */
	if (json_object_object_get_ex(whole, "text", &value)) {
		json_object_object_add(json, key, json_object_get(value));
	} else if (json_object_object_get_ex(whole, "data", &value)) {
		char name[32];

		snprintf(name, sizeof(name), "%s-base64", key);
		json_object_object_add(json, name, json_object_get(value));
	}
	json_object_put(whole);
}

static struct json_object *item_json(const struct quorum_kv_item *item)
{
	struct json_object *json = json_object_new_object();
	const uint8_t *data = (const uint8_t *)(item + 1);

	add_bytes(json, "key", data, le32toh(item->key_len));
	add_bytes(json, "value", data + le32toh(item->key_len), le32toh(item->value_len));
	output_add_u64(json, "create", le64toh(item->create));
	output_add_u64(json, "modify", le64toh(item->modify));
	output_add_u64(json, "version", le64toh(item->version));
	output_add_u64(json, "lease", le64toh(item->lease));
	return json;
}

static void print_revision(const struct kv_client *kv)
{
	struct json_object *json;

	if (!tool_json) {
		printf("%" PRIu64 "\n", (uint64_t)le64toh(kv_reply(kv)->revision));
		return;
	}
	json = json_object_new_object();
	output_add_u64(json, "revision", le64toh(kv_reply(kv)->revision));
	output_json_line(json);
}

static char *read_value(size_t *len)
{
	char *data = malloc(QUORUM_KV_VALUE_MAX + 1);
	ssize_t n = 1;

	*len = 0;
	while (data && *len <= QUORUM_KV_VALUE_MAX && n > 0) {
		n = read(0, data + *len, QUORUM_KV_VALUE_MAX + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
	}
	return data;
}

static int put(struct kv_client *kv, const struct options *o, char **argv, int argc,
	       bool create)
{
	char *input = NULL;
	size_t len = 0;
	int err;

	if (argc > 1)
		len = strlen(argv[1]);
	else
		input = read_value(&len);
	if (argc < 2 && !input)
		return tool_fail("out of memory");
	kv_begin(kv, create, 1, 0);
	if (create)
		kv_compare(kv, QUORUM_KV_CREATE, argv[0], 0, NULL, 0);
	kv_op(kv, QUORUM_KV_PUT, 0, argv[0], NULL, 0, input ? input : argv[1], len, o->lease);
	err = kv_run(kv);
	free(input);
	if (err)
		return kv_fail(kv, err);
	if (!kv_reply(kv)->succeeded)
		return tool_fail("%s is there already; nothing was changed", argv[0]);
	print_revision(kv);
	return EXIT_OK;
}

static int cas(struct kv_client *kv, const struct options *o, char **argv)
{
	int err;

	kv_begin(kv, 1, 1, 0);
	kv_compare(kv, QUORUM_KV_VALUE, argv[0], 0, argv[1], strlen(argv[1]));
	kv_op(kv, QUORUM_KV_PUT, o->lease ? 0 : QUORUM_KV_KEEP_LEASE, argv[0], NULL, 0, argv[2],
	      strlen(argv[2]), o->lease);
	err = kv_run(kv);
	if (err)
		return kv_fail(kv, err);
	if (!kv_reply(kv)->succeeded)
		return tool_fail("%s does not hold that value; nothing was changed", argv[0]);
	print_revision(kv);
	return EXIT_OK;
}

static int delete(struct kv_client *kv, const struct options *o, const char *key)
{
	int err;

	kv_begin(kv, 0, 1, 0);
	kv_op(kv, QUORUM_KV_DELETE, 0, key, o->end, o->end_len, NULL, 0, 0);
	err = kv_run(kv);
	if (err)
		return kv_fail(kv, err);
	printf("%" PRIu64 "\n", (uint64_t)le64toh(kv_result(kv)->count));
	return le64toh(kv_result(kv)->count) || o->prefix ? EXIT_OK :
	       tool_fail("there is no %s", key);
}

static void print_item(const struct options *o, const struct quorum_kv_item *item)
{
	const char *data = (const char *)(item + 1);
	uint32_t key_len = le32toh(item->key_len);

	if (tool_json) {
		output_json_line(item_json(item));
		return;
	}
	if (o->prefix || o->keys) {
		fwrite(data, 1, key_len, stdout);
		putchar(o->keys ? '\n' : '\t');
	}
	if (o->keys)
		return;
	fwrite(data + key_len, 1, le32toh(item->value_len), stdout);
	putchar('\n');
}

static int get(struct kv_client *kv, const struct options *o, const char *key)
{
	const struct quorum_kv_item *item;
	char from[QUORUM_KV_KEY_MAX + 2];
	uint32_t items, i;
	bool any = false;
	int err;

	snprintf(from, sizeof(from), "%s", key);
	do {
		err = kv_ask(kv, QUORUM_KV_RANGE, o->keys ? QUORUM_KV_KEYS_ONLY : 0, from, o->end,
			     o->end_len, 0, 0, 0, 0);
		if (err)
			return kv_fail(kv, err);
		items = le32toh(kv_result(kv)->items);
		item = (const void *)(kv_result(kv) + 1);
		for (i = 0; i < items; i++, item = kv_next_item(item)) {
			uint32_t len = le32toh(item->key_len);

			any = true;
			print_item(o, item);
			/* The next page begins behind the last key: with one more byte. */
			memcpy(from, item + 1, len);
			from[len] = 1;
			from[len + 1] = '\0';
		}
	} while (le32toh(kv_result(kv)->flags) & QUORUM_KV_MORE && tool_flush());
	if (any || o->prefix)
		return EXIT_OK;
	return tool_fail("there is no %s", key);
}

static void print_event(const struct quorum_kv_event *event)
{
	bool deleted = le32toh(event->type) == QUORUM_KV_DELETE;
	const char *data = (const char *)(&event->item + 1);
	struct json_object *json;

	if (tool_json) {
		json = item_json(&event->item);
		output_add_str(json, "event", deleted ? "delete" : "put");
		output_add_u64(json, "revision", le64toh(event->revision));
		output_json_line(json);
		return;
	}
	printf("%" PRIu64 "\t%s\t", (uint64_t)le64toh(event->revision),
	       deleted ? "delete" : "put");
	fwrite(data, 1, le32toh(event->item.key_len), stdout);
	if (!deleted) {
		putchar('\t');
		fwrite(data + le32toh(event->item.key_len), 1, le32toh(event->item.value_len),
		       stdout);
	}
	putchar('\n');
}

static int watch(struct kv_client *kv, const struct options *o, const char *key)
{
	uint64_t from = o->from, left = o->count ? o->count : UINT64_MAX, after = 0;
	const struct quorum_kv_item *item;
	uint32_t skip = 0, items, i;
	int err;

	while (!tool_stop) {
		err = kv_ask(kv, QUORUM_KV_WATCH, 0, key, o->end, o->end_len, from, skip,
			     left < 1000 ? (uint32_t)left : 0, after);
		/* Nothing came: ask again, on and on. */
		if (err == -ETIME || (err == -EINTR && tool_stop))
			continue;
		if (err)
			return kv_fail(kv, err);
		items = le32toh(kv_result(kv)->items);
		item = (const void *)(kv_result(kv) + 1);
		for (i = 0; i < items; i++) {
			const struct quorum_kv_event *event = (const void *)item;

			print_event(event);
			item = kv_next_item(&event->item);
		}
		left -= items;
		if (!tool_flush() || !left)
			return EXIT_OK;
		from = le64toh(kv_result(kv)->count);
		skip = le32toh(kv_result(kv)->skip);
		/* More may be there already; if not, wait behind the state that said so. */
		after = items ? 0 : kv->index;
		kv->stale = true;
	}
	return EXIT_OK;
}

static int lease(struct kv_client *kv, uint32_t type, const char *argument)
{
	uint64_t number;
	int err;

	if (type == QUORUM_KV_LEASE_GRANT) {
		if (!tool_parse_duration(argument, &number))
			return tool_usage("'%s' is not a duration such as 10s", argument);
		err = kv_lease(kv, type, 0, number / 1000000);
	} else {
		if (!tool_parse_u64(argument, 1, UINT64_MAX, &number))
			return tool_usage("'%s' is not the id of a lease", argument);
		err = kv_lease(kv, type, number, 0);
	}
	if (err)
		return kv_fail(kv, err);
	if (type == QUORUM_KV_LEASE_GRANT)
		printf("%" PRIu64 "\n", (uint64_t)le64toh(kv_reply(kv)->lease));
	return EXIT_OK;
}

static int compact(struct kv_client *kv, const char *argument)
{
	uint64_t revision;
	int err;

	if (!tool_parse_u64(argument, 1, UINT64_MAX, &revision))
		return tool_usage("'%s' is not a revision", argument);
	err = kv_lease(kv, QUORUM_KV_COMPACT, 0, revision);
	return err ? kv_fail(kv, err) : EXIT_OK;
}

static int leases(struct kv_client *kv)
{
	const struct quorum_kv_lease *l;
	uint32_t i;
	int err = kv_ask(kv, QUORUM_KV_LEASES, 0, "", NULL, 0, 0, 0, 0, 0);

	if (err)
		return kv_fail(kv, err);
	l = (const void *)(kv_result(kv) + 1);
	for (i = 0; i < le32toh(kv_result(kv)->items); i++, l++)
		printf("%" PRIu64 "\t%" PRIu64 " ms\t%" PRIu64 " keys\n", (uint64_t)le64toh(l->id),
		       (uint64_t)le64toh(l->ttl_ms), (uint64_t)le64toh(l->keys));
	return EXIT_OK;
}

static int status(struct kv_client *kv)
{
	const struct quorum_kv_status *s;
	struct json_object *json;
	int err = kv_ask(kv, QUORUM_KV_STATUS, 0, "", NULL, 0, 0, 0, 0, 0);

	if (err)
		return kv_fail(kv, err);
	s = (const void *)(kv_result(kv) + 1);
	json = json_object_new_object();
	output_add_u64(json, "revision", le64toh(s->revision));
	output_add_u64(json, "compacted", le64toh(s->compacted));
	output_add_u64(json, "keys", le64toh(s->keys));
	output_add_u64(json, "bytes", le64toh(s->bytes));
	output_add_u64(json, "bytes-max", le64toh(s->bytes_max));
	output_add_u64(json, "leases", le64toh(s->leases));
	output_add_u64(json, "index", kv->index);
	json_object_object_add(json, "stale", json_object_new_boolean(kv->stale));
	if (tool_json)
		output_json_line(json);
	else
		output_json(json);
	return EXIT_OK;
}

/* What each takes behind the name of the group. */
static const struct verb {
	const char *name;
	int min, max;
} verbs[] = {
	{ "put", 1, 2 }, { "get", 1, 1 }, { "delete", 1, 1 }, { "cas", 3, 3 },
	{ "create", 1, 2 }, { "watch", 1, 1 }, { "grant", 1, 1 }, { "keepalive", 1, 1 },
	{ "revoke", 1, 1 }, { "leases", 0, 0 }, { "status", 0, 0 }, { "compact", 1, 1 },
};

static int run(struct kv_client *kv, const struct options *o, const char *verb, int argc,
	       char **argv)
{
	if (!strcmp(verb, "put") || !strcmp(verb, "create"))
		return put(kv, o, argv, argc, !strcmp(verb, "create"));
	if (!strcmp(verb, "get"))
		return get(kv, o, argv[0]);
	if (!strcmp(verb, "delete"))
		return delete(kv, o, argv[0]);
	if (!strcmp(verb, "cas"))
		return cas(kv, o, argv);
	if (!strcmp(verb, "watch"))
		return watch(kv, o, argv[0]);
	if (!strcmp(verb, "grant"))
		return lease(kv, QUORUM_KV_LEASE_GRANT, argv[0]);
	if (!strcmp(verb, "keepalive"))
		return lease(kv, QUORUM_KV_LEASE_KEEPALIVE, argv[0]);
	if (!strcmp(verb, "revoke"))
		return lease(kv, QUORUM_KV_LEASE_REVOKE, argv[0]);
	if (!strcmp(verb, "leases"))
		return leases(kv);
	return !strcmp(verb, "status") ? status(kv) : compact(kv, argv[0]);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

enum { OPTION_PREFIX = 0x100, OPTION_KEYS, OPTION_STALE, OPTION_LEASE, OPTION_FROM, OPTION_COUNT,
       OPTION_TIMEOUT };

int cmd_kv(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "prefix", no_argument, NULL, OPTION_PREFIX },
		{ "keys", no_argument, NULL, OPTION_KEYS },
		{ "stale", no_argument, NULL, OPTION_STALE },
		{ "lease", required_argument, NULL, OPTION_LEASE },
		{ "from", required_argument, NULL, OPTION_FROM },
		{ "count", required_argument, NULL, OPTION_COUNT },
		{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
		{ NULL, 0, NULL, 0 },
	};
	static struct options o;
	struct kv_client kv = { 0 };
	const struct verb *verb;
	int option, status;

	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option == OPTION_PREFIX)
			o.prefix = true;
		else if (option == OPTION_KEYS)
			o.keys = true;
		else if (option == OPTION_STALE)
			kv.stale = true;
		else if (option == OPTION_TIMEOUT && !tool_parse_duration(optarg, &kv.timeout_ns))
			return tool_usage("'%s' is not a duration such as 5s or 300ms", optarg);
		else if (option != OPTION_TIMEOUT &&
			 !tool_parse_u64(optarg, 1, UINT64_MAX,
					 option == OPTION_LEASE ? &o.lease :
					 option == OPTION_FROM ? &o.from : &o.count))
			return tool_usage("'%s' is not a number above 0", optarg);
	}
	if (argc - optind < 2)
		return tool_usage("kv takes what to do and the name of a group");
	verb = find_verb(argv[optind]);
	if (!verb)
		return tool_usage("kv cannot '%s'", argv[optind]);
	argc -= optind + 2;
	argv += optind;
	if (argc < verb->min || argc > verb->max)
		return tool_usage("kv %s takes %d argument%s behind the group's name", verb->name,
				  verb->max, verb->max == 1 ? "" : "s");
	if (verb->max && strlen(argv[2]) > QUORUM_KV_KEY_MAX)
		return tool_fail("a key has at most %d bytes", QUORUM_KV_KEY_MAX);
	if (o.prefix)
		o.end_len = kv_prefix_end(argv[2], o.end);
	tool_catch_signals();
	status = kv_open(&kv, argv[1]);
	if (status != EXIT_OK)
		return status;
	status = run(&kv, &o, verb->name, argc, argv + 2);
	kv_close(&kv);
	if (!tool_flush() && status == EXIT_OK)
		status = EXIT_FAILED;
	return status;
}
