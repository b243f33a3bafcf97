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

/* Build a transaction: begin, compares, operations; then kv_run(). */
void kv_begin(struct kv_client *kv, uint32_t compares, uint32_t thens, uint32_t elses);
void kv_compare(struct kv_client *kv, uint32_t target, const char *key, uint64_t number,
		const void *value, size_t value_len);
void kv_op(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, const void *value, size_t value_len,
	   uint64_t lease);

/* Run what was built; 0 or a negative errno. */
int kv_run(struct kv_client *kv);
int kv_lease(struct kv_client *kv, uint32_t type, uint64_t lease, uint64_t ttl_ms);

/* Ask.  @after as of quorum_query(). */
int kv_ask(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, uint64_t from, uint32_t skip, uint32_t limit,
	   uint64_t after);

/* The last answer: its head, its @nth result, and the items behind a result. */
const struct quorum_kv_reply *kv_reply(const struct kv_client *kv);
const struct quorum_kv_result *kv_result(const struct kv_client *kv);
const struct quorum_kv_item *kv_next_item(const void *item);

/* The end of the range of all keys that begin with @prefix; its bytes. */
size_t kv_prefix_end(const char *prefix, uint8_t *end);

/* Say what an errno of kv_run() or kv_ask() means; EXIT_FAILED. */
int kv_fail(const struct kv_client *kv, int err);

#endif /* QUORUM_KV_CLIENT_H */
