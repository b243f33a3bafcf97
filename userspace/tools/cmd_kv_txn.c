// SPDX-License-Identifier: GPL-2.0
/*
 * quorumctl kv txn: a transaction from standard input, in the words of etcdctl:
 * conditions, what is done if they hold, and what is done otherwise, with an empty
 * line between them.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "kv_print.h"
#include "output.h"
#include "tool.h"

enum { COMPARES, THENS, ELSES, PARTS };

/**
 * struct script - a transaction being read
 * @kv: where it is built
 * @number: of the line
 * @at: what of the line was not looked at yet
 * @end: end of the line
 * @part: COMPARES and so on
 * @counts: of each part
 * @count_only: operations whose result is a number
 */
struct script {
	struct kv_client *kv;
	unsigned int number;
	char *at;
	char *end;
	unsigned int part;
	uint32_t counts[PARTS];
	bool count_only[PARTS][QUORUM_KV_OPS_MAX];
};

/**
 * struct word - a word of a line
 * @bytes: without its quotes
 * @quoted: it had some
 */
struct word {
	struct kv_bytes bytes;
	bool quoted;
};

static bool fail(const struct script *s, const char *what)
{
	tool_fail("line %u: %s; nothing was changed", s->number, what);
	return false;
}

static void skip_spaces(struct script *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

static bool at_end(struct script *s)
{
	skip_spaces(s);
	return s->at == s->end;
}

static bool is_word(const struct word *word, const char *text)
{
	return !word->quoted && word->bytes.len == strlen(text) &&
	       !memcmp(word->bytes.data, text, word->bytes.len);
}

/* What stands behind a backslash; -1: it means nothing. */
static int unescape(struct script *s)
{
	char digits[3] = { 0 }, *end;
	long value;

	if (s->at == s->end)
		return -1;
	switch (*s->at++) {
	case '\\':
		return '\\';
	case '"':
		return '"';
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'x':
		break;
	default:
		return -1;
	}
	if (s->end - s->at < 2 || s->at[0] == '+' || s->at[0] == '-' || s->at[0] == ' ')
		return -1;
	memcpy(digits, s->at, 2);
	value = strtol(digits, &end, 16);
	s->at += 2;
	return *end ? -1 : (int)value;
}

/* In the place where it stands: it only becomes shorter. */
static bool take_quoted(struct script *s, struct word *word)
{
	char *out = ++s->at, *start = out;
	int c;

	while (s->at < s->end && *s->at != '"') {
		if (*s->at != '\\') {
			*out++ = *s->at++;
			continue;
		}
		s->at++;
		c = unescape(s);
		if (c < 0)
			return fail(s, "behind a backslash comes one of \\ \" n t r xHH");
		*out++ = (char)c;
	}
	if (s->at == s->end)
		return fail(s, "a quote is not closed");
	s->at++;
	*word = (struct word){ { start, (size_t)(out - start) }, true };
	return true;
}

/* The next word, up to a space or one of @stop. */
static bool take_word(struct script *s, const char *stop, struct word *word)
{
	char *start;

	if (at_end(s))
		return fail(s, "something is missing at its end");
	if (*s->at == '"')
		return take_quoted(s, word);
	start = s->at;
	while (s->at < s->end && *s->at != ' ' && *s->at != '\t' && !strchr(stop, *s->at))
		s->at++;
	*word = (struct word){ { start, (size_t)(s->at - start) }, false };
	return true;
}

static bool take_char(struct script *s, char c)
{
	if (at_end(s) || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool parse_number(const struct kv_bytes *bytes, uint64_t max, uint64_t *number)
{
	char text[24];

	if (bytes->len >= sizeof(text))
		return false;
	memcpy(text, bytes->data, bytes->len);
	text[bytes->len] = '\0';
	return tool_parse_u64(text, 0, max, number);
}

static bool check_key(const struct script *s, const struct kv_bytes *key)
{
	return key->len <= QUORUM_KV_KEY_MAX ? true : fail(s, "a key has at most 1024 bytes");
}

/* ---- conditions ---- */

static uint32_t target_of(const struct word *word)
{
	static const struct {
		const char *name;
		uint32_t target;
	} names[] = {
		{ "value", QUORUM_KV_VALUE }, { "val", QUORUM_KV_VALUE },
		{ "version", QUORUM_KV_VERSION }, { "ver", QUORUM_KV_VERSION },
		{ "create", QUORUM_KV_CREATE }, { "c", QUORUM_KV_CREATE },
		{ "mod", QUORUM_KV_MODIFY }, { "m", QUORUM_KV_MODIFY },
		{ "lease", QUORUM_KV_LEASE },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_word(word, names[i].name))
			return names[i].target;
	return 0;
}

static uint32_t take_relation(struct script *s)
{
	if (take_char(s, '='))
		return QUORUM_KV_EQUAL;
	if (take_char(s, '<'))
		return QUORUM_KV_LESS;
	if (take_char(s, '>'))
		return QUORUM_KV_GREATER;
	if (take_char(s, '!') && s->at < s->end && *s->at++ == '=')
		return QUORUM_KV_NOT_EQUAL;
	return 0;
}

/* value("KEY") = "VALUE", or mod("KEY") > NUMBER */
static bool add_compare(struct script *s)
{
	struct kv_condition c = { 0 };
	struct word word;

	if (!take_word(s, "(", &word))
		return false;
	c.target = target_of(&word);
	if (!c.target)
		return fail(s, "a condition begins with value, version, create, mod or lease");
	if (!take_char(s, '('))
		return fail(s, "a condition has its key in parentheses");
	if (!take_word(s, ")", &word))
		return false;
	c.key = word.bytes;
	if (!take_char(s, ')'))
		return fail(s, "a condition has its key in parentheses");
	c.relation = take_relation(s);
	if (!c.relation)
		return fail(s, "behind the parentheses comes one of = != < >");
	if (!take_word(s, "", &word))
		return false;
	if (c.target == QUORUM_KV_VALUE)
		c.value = word.bytes;
	else if (!parse_number(&word.bytes, UINT64_MAX, &c.number))
		return fail(s, "all but value is compared with a number");
	if (!at_end(s))
		return fail(s, "there is something behind the condition");
	if (!check_key(s, &c.key))
		return false;
	kv_add_compare(s->kv, &c);
	return true;
}

/* ---- operations ---- */

/**
 * struct reading - an operation being read
 * @op: the operation
 * @words: key and what follows it
 * @n: number of @words
 * @prefix: all keys that begin with the key
 */
struct reading {
	struct kv_operation op;
	struct kv_bytes words[2];
	unsigned int n;
	bool prefix;
};

/* The number behind --NAME=. */
static bool option_number(const struct word *word, const char *name, uint64_t max,
			  uint64_t *number)
{
	size_t len = strlen(name);
	struct kv_bytes rest;

	if (word->quoted || word->bytes.len <= len || memcmp(word->bytes.data, name, len))
		return false;
	rest = (struct kv_bytes){ (const char *)word->bytes.data + len, word->bytes.len - len };
	return parse_number(&rest, max, number);
}

static bool take_option(struct script *s, struct reading *r, const struct word *word)
{
	struct kv_operation *op = &r->op;
	uint64_t number;

	if (op->type == QUORUM_KV_PUT && option_number(word, "--lease=", UINT64_MAX, &op->lease))
		return true;
	if (op->type != QUORUM_KV_RANGE && is_word(word, "--prev-kv")) {
		op->flags |= QUORUM_KV_PREVIOUS;
		return true;
	}
	if (op->type != QUORUM_KV_PUT && is_word(word, "--prefix")) {
		r->prefix = true;
		return true;
	}
	if (op->type != QUORUM_KV_PUT && is_word(word, "--from-key")) {
		op->end = (struct kv_bytes){ "", 1 };
		return true;
	}
	if (op->type == QUORUM_KV_RANGE) {
		if (is_word(word, "--keys-only"))
			op->flags |= QUORUM_KV_KEYS_ONLY;
		else if (is_word(word, "--count-only"))
			op->flags |= QUORUM_KV_COUNT_ONLY;
		else if (option_number(word, "--limit=", UINT32_MAX, &number))
			op->limit = (uint32_t)number;
		else
			return fail(s, "that option of get is not known");
		return true;
	}
	return fail(s, "that option is not known of put or del");
}

static bool read_operation(struct script *s, struct reading *r)
{
	struct word word;

	if (!take_word(s, "", &word))
		return false;
	if (is_word(&word, "put"))
		r->op.type = QUORUM_KV_PUT;
	else if (is_word(&word, "get"))
		r->op.type = QUORUM_KV_RANGE;
	else if (is_word(&word, "del") || is_word(&word, "delete"))
		r->op.type = QUORUM_KV_DELETE;
	else
		return fail(s, "an operation is put, get or del");
	while (!at_end(s)) {
		if (!take_word(s, "", &word))
			return false;
		if (!word.quoted && word.bytes.len > 2 && !memcmp(word.bytes.data, "--", 2)) {
			if (!take_option(s, r, &word))
				return false;
		} else if (r->n < 2) {
			r->words[r->n++] = word.bytes;
		} else {
			return fail(s, "there are too many words; with spaces in them they stand "
				       "in quotes");
		}
	}
	return true;
}

static bool add_op(struct script *s)
{
	uint8_t end[QUORUM_KV_KEY_MAX + 1];
	struct reading r = { 0 };
	bool put;

	if (!read_operation(s, &r))
		return false;
	put = r.op.type == QUORUM_KV_PUT;
	if (r.n < (put ? 2 : 1))
		return fail(s, put ? "put takes a key and a value" : "a key is missing");
	r.op.key = r.words[0];
	if (!check_key(s, &r.op.key) || (!put && !check_key(s, &r.words[1])))
		return false;
	if ((!put && r.n > 1) + r.prefix + !!r.op.end.len > 1)
		return fail(s, "one of an end, --prefix and --from-key");
	if (put)
		r.op.value = r.words[1];
	else if (r.n > 1)
		r.op.end = r.words[1];
	else if (r.prefix)
		r.op.end = (struct kv_bytes){ end, kv_prefix_end(&r.op.key, end) };
	s->count_only[s->part][s->counts[s->part] - 1] = r.op.flags & QUORUM_KV_COUNT_ONLY;
	kv_add_op(s->kv, &r.op);
	return true;
}

/* ---- the whole of it ---- */

static bool read_script(struct script *s)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool fine = true;

	kv_begin(s->kv, 0, 0, 0);
	while (fine && (n = getline(&line, &room, stdin)) >= 0) {
		s->number++;
		if (n && line[n - 1] == '\n')
			n--;
		s->at = line;
		s->end = line + n;
		if (at_end(s)) {
			s->part++;
			continue;
		}
		if (s->part >= PARTS)
			fine = fail(s, "there are three parts: conditions, then, else");
		else if (++s->counts[s->part] > QUORUM_KV_OPS_MAX)
			fine = fail(s, "a transaction has at most 128 conditions and operations");
		else
			fine = s->part == COMPARES ? add_compare(s) : add_op(s);
	}
	free(line);
	kv_count(s->kv, s->counts[COMPARES], s->counts[THENS], s->counts[ELSES]);
	return fine;
}

static const char *type_name(uint32_t type)
{
	return type == QUORUM_KV_PUT ? "put" : type == QUORUM_KV_DELETE ? "delete" : "get";
}

static struct json_object *result_json(const struct quorum_kv_result *result)
{
	const struct quorum_kv_item *item = (const void *)(result + 1);
	struct json_object *json = json_object_new_object(), *items = json_object_new_array();
	uint32_t type = le32toh(result->type);

	output_add_str(json, "type", type_name(type));
	if (type != QUORUM_KV_PUT)
		output_add_u64(json, "count", le64toh(result->count));
	if (type == QUORUM_KV_RANGE)
		json_object_object_add(json, "more",
				       json_object_new_boolean(le32toh(result->flags) &
							       QUORUM_KV_MORE));
	for (uint32_t i = 0; i < le32toh(result->items); i++, item = kv_next_item(item))
		json_object_array_add(items, kv_item_json(item));
	json_object_object_add(json, type == QUORUM_KV_RANGE ? "items" : "previous", items);
	return json;
}

static void print_result(const struct quorum_kv_result *result, bool count_only)
{
	const struct quorum_kv_item *item = (const void *)(result + 1);
	uint32_t type = le32toh(result->type), items = le32toh(result->items);

	if (type == QUORUM_KV_PUT)
		puts("OK");
	else if (type == QUORUM_KV_DELETE || count_only)
		printf("%" PRIu64 "\n", (uint64_t)le64toh(result->count));
	for (uint32_t i = 0; i < items; i++, item = kv_next_item(item))
		kv_print_item(item, true, true);
	if (type != QUORUM_KV_RANGE && le32toh(result->flags) & QUORUM_KV_MORE)
		tool_warn("not all that was there before fits in the answer");
}

static const struct quorum_kv_result *next_result(const struct quorum_kv_result *result)
{
	const void *item = result + 1;

	for (uint32_t i = 0; i < le32toh(result->items); i++)
		item = kv_next_item(item);
	return item;
}

static void print_answer(const struct kv_client *kv, const struct script *s)
{
	const struct quorum_kv_reply *reply = kv_reply(kv);
	const struct quorum_kv_result *result = kv_result(kv);
	const bool *count_only = s->count_only[le32toh(reply->succeeded) ? THENS : ELSES];
	struct json_object *json = NULL, *results = NULL;

	if (tool_json) {
		json = json_object_new_object();
		results = json_object_new_array();
		json_object_object_add(json, "succeeded",
				       json_object_new_boolean(le32toh(reply->succeeded)));
		output_add_u64(json, "revision", le64toh(reply->revision));
	} else {
		puts(le32toh(reply->succeeded) ? "SUCCESS" : "FAILURE");
	}
	for (uint32_t i = 0; i < le32toh(reply->results); i++, result = next_result(result)) {
		if (results)
			json_object_array_add(results, result_json(result));
		else
			print_result(result, count_only[i]);
	}
	if (json) {
		json_object_object_add(json, "results", results);
		output_json_line(json);
	}
}

int kv_txn(struct kv_client *kv)
{
	static struct script script;
	int err;

	script.kv = kv;
	if (!read_script(&script))
		return EXIT_FAILED;
	err = kv_run(kv);
	if (err)
		return kv_fail(kv, err);
	print_answer(kv, &script);
	return EXIT_OK;
}
