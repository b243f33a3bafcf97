// SPDX-License-Identifier: GPL-2.0
/* Tables, JSON, and numbers for people. */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json-c/json.h>

#include "output.h"
#include "tool.h"

void output_duration(uint64_t ns, char *text, size_t size)
{
	double s = (double)ns / 1e9;

	if (ns < 1000)
		snprintf(text, size, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(text, size, "%.0f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(text, size, ns < 10000000 ? "%.1f ms" : "%.0f ms", (double)ns / 1e6);
	else if (s < 120)
		snprintf(text, size, "%.1f s", s);
	else if (s < 2 * 3600)
		snprintf(text, size, "%.0f min", s / 60);
	else if (s < 48 * 3600)
		snprintf(text, size, "%.1f h", s / 3600);
	else
		snprintf(text, size, "%.1f d", s / 86400);
}

void output_bytes(uint64_t bytes, char *text, size_t size)
{
	static const char * const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	unsigned int unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
		value /= 1024;
	snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void output_excerpt(const void *data, size_t len, size_t max)
{
	const unsigned char *bytes = data;

	putchar('"');
	for (size_t i = 0; i < len && i < max; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			printf("\\%c", bytes[i]);
		else if (bytes[i] >= ' ' && bytes[i] < 0x7f)
			putchar(bytes[i]);
		else
			printf("\\x%02x", bytes[i]);
	}
	fputs(len > max ? "\"..." : "\"", stdout);
}

const char *output_entry_type(uint32_t type)
{
	switch (type) {
	case QUORUM_ENTRY_NOOP:
		return "noop";
	case QUORUM_ENTRY_DATA:
		return "data";
	case QUORUM_ENTRY_CONFIG:
		return "config";
	case QUORUM_ENTRY_SESSION:
		return "session";
	default:
		return "unknown";
	}
}

const void *output_payload(const struct quorum_entry *entry, const void *payload,
			   uint32_t *size, struct quorum_session_head *head)
{
	*head = (struct quorum_session_head){ 0 };
	*size = entry->size;
	if (entry->type != QUORUM_ENTRY_SESSION || entry->size < sizeof(*head))
		return payload;
	memcpy(head, payload, sizeof(*head));
	*size -= (uint32_t)sizeof(*head);
	return (const uint8_t *)payload + sizeof(*head);
}

const char *output_session_op(uint32_t op)
{
	switch (op) {
	case QUORUM_SESSION_OPEN:
		return "open";
	case QUORUM_SESSION_CLOSE:
		return "close";
	case QUORUM_SESSION_COMMAND:
		return "command";
	case QUORUM_SESSION_BARRIER:
		return "barrier";
	default:
		return "unknown";
	}
}

/* ---- JSON ---- */

void output_add_u64(struct json_object *json, const char *key, uint64_t value)
{
	json_object_object_add(json, key, json_object_new_uint64(value));
}

void output_add_str(struct json_object *json, const char *key, const char *value)
{
	json_object_object_add(json, key, json_object_new_string(value));
}

/* Length of the UTF-8 sequence at @p, 0 if it is none or no character to print. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t len;

	if (p[0] < 0x80)
		return (p[0] >= ' ' && p[0] != 0x7f) || p[0] == '\t' || p[0] == '\n' ||
		       p[0] == '\r';
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		len = 4;
	else
		return 0;
	if (len > left)
		return 0;
	code = p[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < smallest[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

static bool is_text(const unsigned char *p, size_t len)
{
	while (len) {
		size_t n = utf8_length(p, len);

		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static struct json_object *base64_json(const unsigned char *p, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((len + 2) / 3 * 4 + 1), *at = text;
	struct json_object *json;

	if (!text)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)p[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < len)
			bits |= p[i + 2];
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = i + 1 < len ? digits[bits >> 6 & 63] : '=';
		*at++ = i + 2 < len ? digits[bits & 63] : '=';
	}
	json = json_object_new_string_len(text, (int)(at - text));
	free(text);
	return json;
}

static struct json_object *session_json(const struct quorum_session_head *head)
{
	struct json_object *json = json_object_new_object();

	output_add_str(json, "op", output_session_op(le32toh(head->op)));
	output_add_u64(json, "client", le64toh(head->client));
	output_add_u64(json, "seq", le64toh(head->seq));
	return json;
}

struct json_object *output_entry_json(const struct quorum_entry *entry, const void *payload)
{
	struct json_object *json = json_object_new_object();
	struct quorum_session_head head;
	uint32_t size;

	payload = output_payload(entry, payload, &size, &head);
	output_add_u64(json, "index", entry->index);
	output_add_u64(json, "term", entry->term);
	output_add_str(json, "type", output_entry_type(entry->type));
	output_add_u64(json, "origin", entry->origin);
	output_add_u64(json, "tag", entry->tag);
	if (head.op)
		json_object_object_add(json, "session", session_json(&head));
	output_add_u64(json, "size", size);
	if (is_text(payload, size))
		json_object_object_add(json, "text", json_object_new_string_len(payload,
						(int)size));
	else
		json_object_object_add(json, "data", base64_json(payload, size));
	return json;
}

void output_json_line(struct json_object *json)
{
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}

void output_json(struct json_object *json)
{
	puts(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(json);
}
