/* SPDX-License-Identifier: GPL-2.0 */
/* Tables, JSON, and numbers for people. */
#ifndef QUORUM_OUTPUT_H
#define QUORUM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "quorum.h"

struct json_object;

/* "950 ns", "4.2 s", "3 min", "2 d"; at most 15 characters. */
void output_duration(uint64_t ns, char *text, size_t size);

/* "512 B", "64.0 MiB" */
void output_bytes(uint64_t bytes, char *text, size_t size);

/* Print at most @max bytes of a payload, quoted, with what is not printable escaped. */
void output_excerpt(const void *data, size_t len, size_t max);

/* "noop", "data", "config", "session" */
const char *output_entry_type(uint32_t type);

/*
 * What a user proposed, and its bytes: within a session it stands behind the head of
 * that, which goes to @head; outside of one @head->op is 0.
 */
const void *output_payload(const struct quorum_entry *entry, const void *payload,
			   uint32_t *size, struct quorum_session_head *head);

/* "open", "command" and so on. */
const char *output_session_op(uint32_t op);

void output_add_u64(struct json_object *json, const char *key, uint64_t value);
void output_add_str(struct json_object *json, const char *key, const char *value);

/* An entry with its payload: "text" if it is printable UTF-8, else "data" in base64. */
struct json_object *output_entry_json(const struct quorum_entry *entry, const void *payload);

/* Print on one line; takes the reference. */
void output_json_line(struct json_object *json);

/* Print indented; takes the reference. */
void output_json(struct json_object *json);

#endif /* QUORUM_OUTPUT_H */
