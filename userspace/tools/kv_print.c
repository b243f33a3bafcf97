// SPDX-License-Identifier: GPL-2.0
/* What the verbs of quorumctl kv print, for people and as JSON. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>
#include <json-c/json.h>

#include "kv_print.h"
#include "output.h"
#include "tool.h"

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

struct json_object *kv_item_json(const struct quorum_kv_item *item)
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

void kv_print_revision(const struct kv_client *kv)
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

void kv_print_item(const struct quorum_kv_item *item, bool with_key, bool with_value)
{
	const char *data = (const char *)(item + 1);
	uint32_t key_len = le32toh(item->key_len);

	if (tool_json) {
		output_json_line(kv_item_json(item));
		return;
	}
	if (with_key) {
		fwrite(data, 1, key_len, stdout);
		putchar(with_value ? '\t' : '\n');
	}
	if (!with_value)
		return;
	fwrite(data + key_len, 1, le32toh(item->value_len), stdout);
	putchar('\n');
}

void kv_print_event(const struct quorum_kv_event *event)
{
	bool deleted = le32toh(event->type) == QUORUM_KV_DELETE;
	const char *data = (const char *)(&event->item + 1);
	struct json_object *json;

	if (tool_json) {
		json = kv_item_json(&event->item);
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
