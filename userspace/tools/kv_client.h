/* SPDX-License-Identifier: GPL-2.0 */
/* Commands and questions to the state machine kv, built and taken apart. */
#ifndef QUORUM_KV_CLIENT_H
#define QUORUM_KV_CLIENT_H

#include <linux/quorum_kv.h>
#include "quorum.h"

enum { KV_BYTES = 256 * 1024 };

/**
 * struct kv_client - a group's kv
 * @q: the handle
 * @timeout_ns: longest wait for one command or question
 * @stale: ask this node only
 * @request: being built
 * @len: its bytes
 * @reply: the last answer
 * @outcome: of the last command
 * @index: of the state that gave the last answer
 */
struct kv_client {
	struct quorum *q;
	uint64_t timeout_ns;
	bool stale;
	uint8_t *request;
	size_t len;
	struct quorum_reply_buffer reply;
	struct quorum_result outcome;
	uint64_t index;
};

/* Open, or say why not; EXIT_OK or EXIT_FAILED. */
int kv_open(struct kv_client *kv, const char *name);
void kv_close(struct kv_client *kv);

/**
 * struct kv_bytes - a key, an end or a value
 * @data: any bytes
 * @len: how many
 */
struct kv_bytes {
	const void *data;
	size_t len;
};

/* Those of a string, without its NUL. */
struct kv_bytes kv_text(const char *text);

/**
 * struct kv_condition - a compare of a transaction, see struct quorum_kv_compare
 * @target: QUORUM_KV_VERSION and so on
 * @relation: QUORUM_KV_EQUAL and so on
 * @key: of which key
 * @value: to compare with
 * @number: to compare with
 */
struct kv_condition {
	uint32_t target;
	uint32_t relation;
	struct kv_bytes key;
	struct kv_bytes value;
	uint64_t number;
};

/**
 * struct kv_operation - an operation of a transaction, see struct quorum_kv_op
 * @type: QUORUM_KV_RANGE, _PUT or _DELETE
 * @flags: QUORUM_KV_KEYS_ONLY and so on
 * @limit: RANGE: most items, 0: what fits
 * @key: which key
 * @end: end of the range
 * @value: PUT
 * @lease: PUT
 */
struct kv_operation {
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	struct kv_bytes key;
	struct kv_bytes end;
	struct kv_bytes value;
	uint64_t lease;
};

/**
 * struct kv_question - see struct quorum_kv_query
 * @type: QUORUM_KV_RANGE, _WATCH, _LEASES or _STATUS
 * @flags: QUORUM_KV_KEYS_ONLY and so on
 * @limit: most items, 0: what fits
 * @skip: WATCH: events of @from that are known
 * @key: which key
 * @end: end of the range
 * @from: WATCH: first revision; LEASES: first id
 * @after: as of quorum_query()
 */
struct kv_question {
	uint32_t type;
	uint32_t flags;
	uint32_t limit;
	uint32_t skip;
	struct kv_bytes key;
	struct kv_bytes end;
	uint64_t from;
	uint64_t after;
};

/*
 * Build a transaction: begin, then compares, thens and elses in this order, as many as
 * were said (kv_count() says it anew); then kv_run().  The short forms take a string
 * for a key, and kv_compare() asks for what is equal.
 */
void kv_begin(struct kv_client *kv, uint32_t compares, uint32_t thens, uint32_t elses);
void kv_count(struct kv_client *kv, uint32_t compares, uint32_t thens, uint32_t elses);
void kv_add_compare(struct kv_client *kv, const struct kv_condition *condition);
void kv_add_op(struct kv_client *kv, const struct kv_operation *op);
void kv_compare(struct kv_client *kv, uint32_t target, const char *key, uint64_t number,
		const void *value, size_t value_len);
void kv_op(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, const void *value, size_t value_len,
	   uint64_t lease);

/* Run what was built; 0 or a negative errno. */
int kv_run(struct kv_client *kv);
int kv_lease(struct kv_client *kv, uint32_t type, uint64_t lease, uint64_t ttl_ms);

/* Ask; 0 or a negative errno.  The short form takes a string for a key. */
int kv_ask_for(struct kv_client *kv, const struct kv_question *question);
int kv_ask(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, uint64_t from, uint32_t skip, uint32_t limit,
	   uint64_t after);

/* The last answer: its head, its @nth result, and the items behind a result. */
const struct quorum_kv_reply *kv_reply(const struct kv_client *kv);
const struct quorum_kv_result *kv_result(const struct kv_client *kv);
const struct quorum_kv_item *kv_next_item(const void *item);

/* The end of the range of all keys that begin with @prefix, QUORUM_KV_KEY_MAX bytes or less. */
size_t kv_prefix_end(const struct kv_bytes *prefix, uint8_t *end);

/* The first key that may come behind @key, likewise. */
size_t kv_successor(const struct kv_bytes *key, uint8_t *next);

/* Say what an errno of kv_run() or kv_ask() means; EXIT_FAILED. */
int kv_fail(const struct kv_client *kv, int err);

#endif /* QUORUM_KV_CLIENT_H */
