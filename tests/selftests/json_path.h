/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values out of JSON by their paths.
 *
 * A path is keys and array positions joined by dots; `key=value` picks the first
 * array element whose member `key` has that value: members.id=2.match. Strings
 * without their quotes (escapes are left alone), objects and arrays as they stand.
 * `#` as the last step is the number of elements.
 */
#ifndef JSON_PATH_H
#define JSON_PATH_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span {
	const char *at, *end;
};

static const char *space(const char *s)
{
	while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r' || *s == 0x1e)
		s++;
	return s;
}

static void __attribute__((noreturn)) bad(const char *s)
{
	fprintf(stderr, "this is not JSON: %.40s\n", s);
	exit(2);
}

static const char *skip_string(const char *s)
{
	if (*s != '"')
		bad(s);
	for (s++; *s != '"'; s++) {
		if (!*s)
			bad(s);
		if (*s == '\\' && s[1])
			s++;
	}
	return s + 1;
}

/* The end of the value at @s; containers by counting brackets. */
static const char *skip(const char *s)
{
	int depth = 0;

	do {
		s = space(s);
		if (*s == '{' || *s == '[') {
			depth++;
			s++;
		} else if (*s == '}' || *s == ']') {
			depth--;
			s++;
		} else if (*s == '"') {
			s = skip_string(s);
		} else if (*s == ',' || *s == ':') {
			if (!depth)
				bad(s);
			s++;
		} else if (isalnum((unsigned char)*s) || *s == '-') {
			while (isalnum((unsigned char)*s) || *s == '-' || *s == '+' || *s == '.')
				s++;
		} else {
			bad(s);
		}
	} while (depth > 0);
	return s;
}

static struct span text_of(struct span v)
{
	if (v.at < v.end && *v.at == '"')
		return (struct span){ v.at + 1, v.end - 1 };
	return v;
}

static bool same(struct span v, const char *s, size_t len)
{
	return (size_t)(v.end - v.at) == len && !memcmp(v.at, s, len);
}

/* Walk the elements of a container; false at its end. */
static bool next(const char **at, bool object, struct span *key, struct span *value)
{
	const char *s = space(*at);

	if (*s == ',')
		s = space(s + 1);
	if (*s == '}' || *s == ']')
		return false;
	if (object) {
		key->at = s;
		key->end = s = skip_string(s);
		*key = text_of(*key);
		s = space(s);
		if (*s != ':')
			bad(s);
		s = space(s + 1);
	}
	value->at = s;
	value->end = s = skip(s);
	*at = s;
	return true;
}

static bool get(struct span v, const char *path, struct span *out);

static bool pick(struct span v, const char *step, size_t len, struct span *out)
{
	const char *equals = memchr(step, '=', len), *at = v.at + 1;
	bool object = *v.at == '{';
	struct span key = { 0 }, value, member;
	size_t n = 0;
	char name[64];

	while (next(&at, object, &key, &value)) {
		if (object && same(key, step, len)) {
			*out = value;
			return true;
		}
		if (!object && equals && (size_t)(equals - step) < sizeof(name)) {
			memcpy(name, step, equals - step);
			name[equals - step] = 0;
			if (get(value, name, &member) &&
			    same(text_of(member), equals + 1, step + len - equals - 1)) {
				*out = value;
				return true;
			}
		} else if (!object && isdigit((unsigned char)*step) &&
			   n == strtoul(step, NULL, 10)) {
			*out = value;
			return true;
		}
		n++;
	}
	if (len == 1 && *step == '#') {
		static char count[32];

		out->at = count;
		out->end = count + snprintf(count, sizeof(count), "%zu", n);
		return true;
	}
	return false;
}

static bool get(struct span v, const char *path, struct span *out)
{
	while (*path) {
		size_t len = strcspn(path, ".");

		if (*v.at != '{' && *v.at != '[')
			return false;
		if (!pick(v, path, len, &v))
			return false;
		path += len + (path[len] == '.');
	}
	*out = v;
	return true;
}

#endif
