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
#include "kv_list.h"
#include "kv_print.h"
#include "output.h"
#include "tool.h"

const char help_kv[] =
"Usage: quorumctl kv put NAME KEY [VALUE] [--lease ID] [--previous]\n"
"       quorumctl kv get NAME KEY [END] [--prefix|--from-key] [--keys|--count-only]\n"
"                        [--limit N] [--stale]\n"
"       quorumctl kv delete NAME KEY [END] [--prefix|--from-key] [--previous]\n"
"       quorumctl kv cas NAME KEY OLD NEW      put NEW if the value is OLD\n"
"       quorumctl kv create NAME KEY [VALUE] [--lease ID]   put if there is none\n"
"       quorumctl kv txn NAME <TRANSACTION     compare, then, else; see below\n"
"       quorumctl kv watch NAME KEY [END] [--prefix|--from-key] [--from REVISION]\n"
"                          [--count N]\n"
"       quorumctl kv grant NAME TTL            a lease; prints its id\n"
"       quorumctl kv keepalive|revoke NAME LEASE\n"
"       quorumctl kv leases|status NAME [--stale]\n"
"       quorumctl kv compact NAME REVISION\n"
"\n"
"Keys, values, revisions, versions and leases as in etcd v3.  put reads the value\n"
"from standard input if it is not given, and prints the revision.  cas and create\n"
"end with status 1 and change nothing if the condition does not hold.  With END the\n"
"keys from KEY on and before END are meant.  A listing is of one revision, however\n"
"long it is.\n"
"\n"
"  --prefix         all keys that begin with KEY\n"
"  --from-key       all keys from KEY on\n"
"  --hex            KEY and END are given as hexadecimal digits\n"
"  --keys           print keys, no values\n"
"  --count-only     print how many keys there are\n"
"  --limit N        print the first N keys\n"
"  --previous       print what was there before, too\n"
"  --stale          what this node has will do, and is called stale on standard error;\n"
"                   otherwise reads are linearizable\n"
"  --lease ID       the key goes when the lease ends\n"
"  --from REVISION  watch: begin with the changes of REVISION (default: now)\n"
"  --count N        watch: end after N events\n"
"  --timeout TIME   longest wait, such as 5s or 300ms (default: 5s)\n"
"\n"
"A transaction has three parts with an empty line between them: conditions, what is\n"
"done if all of them hold, and what is done otherwise.  Each may be empty.\n"
"\n"
"  value(\"KEY\") = \"VALUE\"      of the value; <, > and != as well\n"
"  version|create|mod|lease(\"KEY\") = NUMBER   0: of a key that is not there\n"
"  put KEY VALUE [--lease=ID] [--prev-kv]\n"
"  get KEY [END] [--prefix] [--from-key] [--limit=N] [--keys-only] [--count-only]\n"
"  del KEY [END] [--prefix] [--from-key] [--prev-kv]\n"
"\n"
"Words may stand in double quotes, with \\\\ \\\" \\n \\t \\r and \\xHH in them.  Printed\n"
"is SUCCESS or FAILURE (the else part was done), then what each operation gave: OK,\n"
"keys and values, or the number of keys deleted.  The status is 0 for both.\n";

/**
 * struct options - of all verbs
 * @prefix: every key that begins with the one given
 * @from_key: every key from the one given on
 * @hex: keys are hexadecimal digits
 * @keys: print no values
 * @count_only: print their number only
 * @previous: print what was there before
 * @limit: print that many; 0: all
 * @lease: to attach; 0: none
 * @from: revision to watch from
 * @count: events to watch for
 * @key: the key
 * @end: end of the range
 * @key_data: room for @key
 * @end_data: room for @end
 */
struct options {
	bool prefix;
	bool from_key;
	bool hex;
	bool keys;
	bool count_only;
	bool previous;
	uint64_t limit;
	uint64_t lease;
	uint64_t from;
	uint64_t count;
	struct kv_bytes key;
	struct kv_bytes end;
	uint8_t key_data[QUORUM_KV_KEY_MAX + 1];
	uint8_t end_data[QUORUM_KV_KEY_MAX + 1];
};

static bool is_range(const struct options *o)
{
	return o->end.len;
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

/* What the last answer holds; returns how many. */
static uint32_t print_items(const struct kv_client *kv, bool with_key, bool with_value)
{
	const struct quorum_kv_item *item = (const void *)(kv_result(kv) + 1);
	uint32_t items = le32toh(kv_result(kv)->items);

	for (uint32_t i = 0; i < items; i++, item = kv_next_item(item))
		kv_print_item(item, with_key, with_value);
	return items;
}

static void print_previous(const struct kv_client *kv, bool with_key)
{
	print_items(kv, with_key, true);
	if (le32toh(kv_result(kv)->flags) & QUORUM_KV_MORE)
		tool_warn("not all that was there before fits in the answer");
}

static int put(struct kv_client *kv, const struct options *o, char **argv, int argc,
	       bool create)
{
	struct kv_operation op = {
		.type = QUORUM_KV_PUT,
		.flags = o->previous ? QUORUM_KV_PREVIOUS : 0,
		.key = o->key,
		.lease = o->lease,
	};
	const struct kv_condition absent = {
		.target = QUORUM_KV_CREATE, .relation = QUORUM_KV_EQUAL, .key = o->key,
	};
	char *input = NULL;
	int err;

	if (argc > 1) {
		op.value = kv_text(argv[1]);
	} else {
		input = read_value(&op.value.len);
		op.value.data = input;
	}
	if (argc < 2 && !input)
		return tool_fail("out of memory");
	kv_begin(kv, create, 1, 0);
	if (create)
		kv_add_compare(kv, &absent);
	kv_add_op(kv, &op);
	err = kv_run(kv);
	free(input);
	if (err)
		return kv_fail(kv, err);
	if (!kv_reply(kv)->succeeded)
		return tool_fail("%s is there already; nothing was changed", argv[0]);
	kv_print_revision(kv);
	if (o->previous)
		print_previous(kv, false);
	return EXIT_OK;
}

static int cas(struct kv_client *kv, const struct options *o, char **argv)
{
	const struct kv_condition same = {
		.target = QUORUM_KV_VALUE,
		.relation = QUORUM_KV_EQUAL,
		.key = o->key,
		.value = kv_text(argv[1]),
	};
	const struct kv_operation op = {
		.type = QUORUM_KV_PUT,
		.flags = o->lease ? 0 : QUORUM_KV_KEEP_LEASE,
		.key = o->key,
		.value = kv_text(argv[2]),
		.lease = o->lease,
	};
	int err;

	kv_begin(kv, 1, 1, 0);
	kv_add_compare(kv, &same);
	kv_add_op(kv, &op);
	err = kv_run(kv);
	if (err)
		return kv_fail(kv, err);
	if (!kv_reply(kv)->succeeded)
		return tool_fail("%s does not hold that value; nothing was changed", argv[0]);
	kv_print_revision(kv);
	return EXIT_OK;
}

static int delete(struct kv_client *kv, const struct options *o, const char *key)
{
	const struct kv_operation op = {
		.type = QUORUM_KV_DELETE,
		.flags = o->previous ? QUORUM_KV_PREVIOUS : 0,
		.key = o->key,
		.end = o->end,
	};
	struct json_object *json;
	uint64_t count;
	int err;

	kv_begin(kv, 0, 1, 0);
	kv_add_op(kv, &op);
	err = kv_run(kv);
	if (err)
		return kv_fail(kv, err);
	count = le64toh(kv_result(kv)->count);
	if (tool_json) {
		json = json_object_new_object();
		output_add_u64(json, "deleted", count);
		output_add_u64(json, "revision", le64toh(kv_reply(kv)->revision));
		output_json_line(json);
	} else {
		printf("%" PRIu64 "\n", count);
	}
	if (o->previous)
		print_previous(kv, true);
	return count || is_range(o) ? EXIT_OK : tool_fail("there is no %s", key);
}

static void print_count(const struct kv_client *kv)
{
	uint64_t count = le64toh(kv_result(kv)->count);
	struct json_object *json;

	if (!tool_json) {
		printf("%" PRIu64 "\n", count);
		return;
	}
	json = json_object_new_object();
	output_add_u64(json, "count", count);
	output_add_u64(json, "revision", le64toh(kv_reply(kv)->revision));
	output_json_line(json);
}

/* Whoever did not ask the group is told so. */
static void warn_stale(const struct kv_client *kv, uint64_t revision)
{
	if (kv->stale)
		tool_warn("stale: as this node has it, at revision %" PRIu64
			  "; nobody else was asked", revision);
}

static int get(struct kv_client *kv, const struct options *o, const char *key)
{
	const struct kv_question q = {
		.type = QUORUM_KV_RANGE,
		.flags = o->count_only ? QUORUM_KV_COUNT_ONLY : o->keys ? QUORUM_KV_KEYS_ONLY : 0,
		.key = o->key,
		.end = o->end,
	};
	struct kv_list list = { 0 };
	size_t n = 0;
	int err;

	err = o->count_only ? kv_ask_for(kv, &q) : kv_list_ask(kv, &q, o->limit, &list);
	if (err == -ESTALE)
		err = tool_fail("the store changes faster than it is listed; try again");
	else if (err)
		err = kv_fail(kv, err);
	if (!err && o->count_only)
		print_count(kv);
	for (; !err && n < list.n; n++)
		kv_print_item(list.items[n], is_range(o) || o->keys, !o->keys);
	if (!err)
		warn_stale(kv, o->count_only ? le64toh(kv_reply(kv)->revision) : list.revision);
	if (!err && !n && !is_range(o) && !o->count_only)
		err = tool_fail("there is no %s", key);
	kv_list_free(&list);
	return err ? EXIT_FAILED : EXIT_OK;
}

static int watch(struct kv_client *kv, const struct options *o, const char *name)
{
	uint64_t left = o->count ? o->count : UINT64_MAX;
	const struct quorum_kv_event *event;
	struct quorum_watcher *watcher = NULL;
	int err;

	err = quorum_watcher_open(name, o->key.data, o->key.len, o->end.data, o->end.len, o->from,
				  kv->stale ? QUORUM_QUERY_STALE : 0, kv->timeout_ns, &watcher);
	while (!err && left && !tool_stop) {
		/* What is there is printed at once, and then waited for more. */
		err = quorum_watcher_next(watcher, 0, &event);
		if (err == -EAGAIN)
			err = tool_flush() ? quorum_watcher_next(watcher, -1, &event) : -EPIPE;
		if (!err) {
			kv_print_event(event);
			left--;
		}
	}
	if (err != -EINTR && err != -EPIPE && err)
		err = kv_fail(kv, err);
	else
		err = EXIT_OK;
	quorum_watcher_close(watcher);
	return err;
}

static int lease(struct kv_client *kv, uint32_t type, const char *argument)
{
	struct json_object *json;
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
	if (tool_json) {
		json = json_object_new_object();
		output_add_u64(json, "lease", le64toh(kv_reply(kv)->lease));
		output_add_u64(json, "ttl-ms", le64toh(kv_reply(kv)->number));
		output_add_u64(json, "revision", le64toh(kv_reply(kv)->revision));
		output_json_line(json);
	} else if (type == QUORUM_KV_LEASE_GRANT) {
		printf("%" PRIu64 "\n", (uint64_t)le64toh(kv_reply(kv)->lease));
	}
	return EXIT_OK;
}

static int compact(struct kv_client *kv, const char *argument)
{
	uint64_t revision;
	int err;

	if (!tool_parse_u64(argument, 1, UINT64_MAX, &revision))
		return tool_usage("'%s' is not a revision", argument);
	err = kv_lease(kv, QUORUM_KV_COMPACT, 0, revision);
	if (err)
		return kv_fail(kv, err);
	if (tool_json)
		kv_print_revision(kv);
	return EXIT_OK;
}

static void print_lease(const struct quorum_kv_lease *l)
{
	struct json_object *json;

	if (!tool_json) {
		printf("%" PRIu64 "\t%" PRIu64 " ms\t%" PRIu64 " keys\n", (uint64_t)le64toh(l->id),
		       (uint64_t)le64toh(l->ttl_ms), (uint64_t)le64toh(l->keys));
		return;
	}
	json = json_object_new_object();
	output_add_u64(json, "lease", le64toh(l->id));
	output_add_u64(json, "ttl-ms", le64toh(l->ttl_ms));
	output_add_u64(json, "renewals", le64toh(l->renewals));
	output_add_u64(json, "keys", le64toh(l->keys));
	output_json_line(json);
}

static int leases(struct kv_client *kv)
{
	struct kv_question q = { .type = QUORUM_KV_LEASES };
	const struct quorum_kv_lease *l;
	uint32_t i;
	int err;

	do {
		err = kv_ask_for(kv, &q);
		if (err)
			return kv_fail(kv, err);
		l = (const void *)(kv_result(kv) + 1);
		for (i = 0; i < le32toh(kv_result(kv)->items); i++, l++) {
			print_lease(l);
			q.from = le64toh(l->id) + 1;
		}
	} while (i && le32toh(kv_result(kv)->flags) & QUORUM_KV_MORE && tool_flush());
	warn_stale(kv, le64toh(kv_reply(kv)->revision));
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

/* What each takes behind the name of the group: how many words, of them keys. */
static const struct verb {
	const char *name;
	int min, max, keys;
} verbs[] = {
	{ "put", 1, 2, 1 }, { "get", 1, 2, 2 }, { "delete", 1, 2, 2 }, { "cas", 3, 3, 1 },
	{ "create", 1, 2, 1 }, { "watch", 1, 2, 2 }, { "txn", 0, 0, 0 }, { "grant", 1, 1, 0 },
	{ "keepalive", 1, 1, 0 }, { "revoke", 1, 1, 0 }, { "leases", 0, 0, 0 },
	{ "status", 0, 0, 0 }, { "compact", 1, 1, 0 },
};

static int run(struct kv_client *kv, const struct options *o, const char *name,
	       const char *verb, int argc, char **argv)
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
		return watch(kv, o, name);
	if (!strcmp(verb, "txn"))
		return kv_txn(kv);
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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Take a key as it was given. */
static int take_key(const struct options *o, const char *text, uint8_t *data,
		    struct kv_bytes *key)
{
	size_t len = strlen(text);

	if (o->hex ? len > 2 * QUORUM_KV_KEY_MAX : len > QUORUM_KV_KEY_MAX)
		return tool_fail("a key has at most %d bytes", QUORUM_KV_KEY_MAX);
	if (!o->hex) {
		memcpy(data, text, len);
		*key = (struct kv_bytes){ data, len };
		return EXIT_OK;
	}
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = high < 0 ? -1 : hex_digit(text[i + 1]);

		if (low < 0)
			return tool_usage("'%s' is not pairs of hexadecimal digits", text);
		data[i / 2] = (uint8_t)(high << 4 | low);
	}
	*key = (struct kv_bytes){ data, len / 2 };
	return EXIT_OK;
}

/* The keys that are meant: one, up to an end, with a prefix, all from one on. */
static int take_range(struct options *o, const struct verb *verb, int argc, char **argv)
{
	int status = EXIT_OK;

	if ((argc > 1 && verb->keys > 1) + o->prefix + o->from_key > 1)
		return tool_usage("one of END, --prefix and --from-key");
	if ((o->prefix || o->from_key) && verb->keys < 2)
		return tool_usage("kv %s takes no range", verb->name);
	if (verb->keys)
		status = take_key(o, argv[0], o->key_data, &o->key);
	if (status == EXIT_OK && verb->keys > 1 && argc > 1)
		status = take_key(o, argv[1], o->end_data, &o->end);
	if (o->prefix)
		o->end = (struct kv_bytes){ o->end_data, kv_prefix_end(&o->key, o->end_data) };
	else if (o->from_key)
		o->end = (struct kv_bytes){ "", 1 };
	return status;
}

enum { OPTION_PREFIX = 0x100, OPTION_FROM_KEY, OPTION_HEX, OPTION_KEYS, OPTION_COUNT_ONLY,
       OPTION_PREVIOUS, OPTION_STALE, OPTION_TIMEOUT, OPTION_LIMIT, OPTION_LEASE, OPTION_FROM,
       OPTION_COUNT };

static const struct option longs[] = {
	{ "prefix", no_argument, NULL, OPTION_PREFIX },
	{ "from-key", no_argument, NULL, OPTION_FROM_KEY },
	{ "hex", no_argument, NULL, OPTION_HEX },
	{ "keys", no_argument, NULL, OPTION_KEYS },
	{ "count-only", no_argument, NULL, OPTION_COUNT_ONLY },
	{ "previous", no_argument, NULL, OPTION_PREVIOUS },
	{ "stale", no_argument, NULL, OPTION_STALE },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "lease", required_argument, NULL, OPTION_LEASE },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "count", required_argument, NULL, OPTION_COUNT },
	{ NULL, 0, NULL, 0 },
};

static int take_options(int argc, char **argv, struct options *o, struct kv_client *kv)
{
	bool *const flags[] = {
		&o->prefix, &o->from_key, &o->hex, &o->keys, &o->count_only, &o->previous,
		&kv->stale,
	};
	uint64_t *const numbers[] = { &o->limit, &o->lease, &o->from, &o->count };
	int option;

	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option < OPTION_TIMEOUT)
			*flags[option - OPTION_PREFIX] = true;
		else if (option == OPTION_TIMEOUT && !tool_parse_duration(optarg, &kv->timeout_ns))
			return tool_usage("'%s' is not a duration such as 5s or 300ms", optarg);
		else if (option != OPTION_TIMEOUT &&
			 !tool_parse_u64(optarg, 1, UINT64_MAX, numbers[option - OPTION_LIMIT]))
			return tool_usage("'%s' is not a number above 0", optarg);
	}
	return EXIT_OK;
}

int cmd_kv(int argc, char **argv)
{
	static struct options o;
	struct kv_client kv = { 0 };
	const struct verb *verb;
	int status;

	status = take_options(argc, argv, &o, &kv);
	if (status != EXIT_OK)
		return status;
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
	status = take_range(&o, verb, argc, argv + 2);
	if (status != EXIT_OK)
		return status;
	tool_catch_signals();
	status = kv_open(&kv, argv[1]);
	if (status != EXIT_OK)
		return status;
	status = run(&kv, &o, argv[1], verb->name, argc, argv + 2);
	kv_close(&kv);
	if (!tool_flush() && status == EXIT_OK)
		status = EXIT_FAILED;
	return status;
}
