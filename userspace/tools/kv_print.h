/* SPDX-License-Identifier: GPL-2.0 */
/* What the verbs of quorumctl kv print, for people and as JSON. */
#ifndef QUORUM_KV_PRINT_H
#define QUORUM_KV_PRINT_H

#include <stdbool.h>

#include "kv_client.h"

struct json_object;

/* Everything about a key. */
struct json_object *kv_item_json(const struct quorum_kv_item *item);

/* A line: key and value, or one of them; with --json always both. */
void kv_print_item(const struct quorum_kv_item *item, bool with_key, bool with_value);

/* A line: a change. */
void kv_print_event(const struct quorum_kv_event *event);

/* A line: the revision after the last command. */
void kv_print_revision(const struct kv_client *kv);

/* quorumctl kv txn: a transaction from standard input; an exit status. */
int kv_txn(struct kv_client *kv);

#endif /* QUORUM_KV_PRINT_H */
