// SPDX-License-Identifier: GPL-2.0
/* Commands and questions to the state machine kv, built and taken apart. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kv_client.h"
#include "tool.h"

int kv_open(struct kv_client *kv, const char *name)
{
	int err = quorum_open(name, &kv->q);

	if (err)
		return tool_fail_device(name, err);
	kv->request = malloc(KV_BYTES);
	kv->reply.data = malloc(KV_BYTES);
	kv->reply.room = KV_BYTES;
	if (!kv->request || !kv->reply.data) {
		kv_close(kv);
		return tool_fail("out of memory");
	}
	return EXIT_OK;
}

void kv_close(struct kv_client *kv)
{
	free(kv->request);
	free(kv->reply.data);
	quorum_close(kv->q);
}

static void *grow(struct kv_client *kv, size_t size)
{
	void *at = kv->request + kv->len;

	/* The kernel refuses what is too long; here it only must not overflow. */
	if (kv->len + size > KV_BYTES) {
		tool_fail("the command is too long");
		exit(EXIT_FAILED);
	}
	memset(at, 0, size);
	kv->len += size;
	return at;
}

/* Bytes behind a struct, one after the other, padded to the next multiple of eight. */
static void add_bytes(struct kv_client *kv, const struct kv_bytes *key,
		      const struct kv_bytes *end, const struct kv_bytes *value)
{
	const struct kv_bytes *const all[] = { key, end, value };
	uint8_t *at = grow(kv, (key->len + end->len + value->len + 7) & ~(size_t)7);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i]->len)
			memcpy(at, all[i]->data, all[i]->len);
		at += all[i]->len;
	}
}

struct kv_bytes kv_text(const char *text)
{
	return (struct kv_bytes){ text, strlen(text) };
}

void kv_begin(struct kv_client *kv, uint32_t compares, uint32_t thens, uint32_t elses)
{
	struct quorum_kv_command *head;

	kv->len = 0;
	head = grow(kv, sizeof(*head));
	head->type = htole32(QUORUM_KV_TXN);
	kv_count(kv, compares, thens, elses);
}

void kv_count(struct kv_client *kv, uint32_t compares, uint32_t thens, uint32_t elses)
{
	struct quorum_kv_command *head = (void *)kv->request;

	head->compares = htole32(compares);
	head->thens = htole32(thens);
	head->elses = htole32(elses);
}

void kv_add_compare(struct kv_client *kv, const struct kv_condition *c)
{
	static const struct kv_bytes none;
	struct quorum_kv_compare *compare = grow(kv, sizeof(*compare));

	compare->target = htole32(c->target);
	compare->relation = htole32(c->relation);
	compare->key_len = htole32((uint32_t)c->key.len);
	compare->value_len = htole32((uint32_t)c->value.len);
	compare->number = htole64(c->number);
	add_bytes(kv, &c->key, &none, &c->value);
}

void kv_add_op(struct kv_client *kv, const struct kv_operation *o)
{
	struct quorum_kv_op *op = grow(kv, sizeof(*op));

	op->type = htole32(o->type);
	op->flags = htole32(o->flags);
	op->key_len = htole32((uint32_t)o->key.len);
	op->end_len = htole32((uint32_t)o->end.len);
	op->value_len = htole32((uint32_t)o->value.len);
	op->limit = htole32(o->limit);
	op->lease = htole64(o->lease);
	add_bytes(kv, &o->key, &o->end, &o->value);
}

void kv_compare(struct kv_client *kv, uint32_t target, const char *key, uint64_t number,
		const void *value, size_t value_len)
{
	const struct kv_condition condition = {
		.target = target,
		.relation = QUORUM_KV_EQUAL,
		.key = kv_text(key),
		.value = { value, value_len },
		.number = number,
	};

	kv_add_compare(kv, &condition);
}

void kv_op(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, const void *value, size_t value_len, uint64_t lease)
{
	const struct kv_operation op = {
		.type = type,
		.flags = flags,
		.key = kv_text(key),
		.end = { end, end_len },
		.value = { value, value_len },
		.lease = lease,
	};

	kv_add_op(kv, &op);
}

int kv_run(struct kv_client *kv)
{
	return quorum_command(kv->q, kv->request, kv->len, kv->timeout_ns, &kv->reply,
			      &kv->outcome);
}

int kv_lease(struct kv_client *kv, uint32_t type, uint64_t lease, uint64_t ttl_ms)
{
	struct quorum_kv_command *head;

	kv->len = 0;
	head = grow(kv, sizeof(*head));
	head->type = htole32(type);
	head->lease = htole64(lease);
	head->number = htole64(ttl_ms);
	return kv_run(kv);
}

int kv_ask_for(struct kv_client *kv, const struct kv_question *q)
{
	static const struct kv_bytes none;
	struct quorum_kv_query *query;

	kv->len = 0;
	query = grow(kv, sizeof(*query));
	query->type = htole32(q->type);
	query->flags = htole32(q->flags);
	query->key_len = htole32((uint32_t)q->key.len);
	query->end_len = htole32((uint32_t)q->end.len);
	query->from = htole64(q->from);
	query->skip = htole32(q->skip);
	query->limit = htole32(q->limit);
	add_bytes(kv, &q->key, &q->end, &none);
	kv->outcome.outcome = QUORUM_OUTCOME_COMMITTED;
	return quorum_query(kv->q, kv->request, kv->len, kv->stale ? QUORUM_QUERY_STALE : 0,
			    q->after, kv->timeout_ns, &kv->reply, &kv->index);
}

int kv_ask(struct kv_client *kv, uint32_t type, uint32_t flags, const char *key,
	   const void *end, size_t end_len, uint64_t from, uint32_t skip, uint32_t limit,
	   uint64_t after)
{
	const struct kv_question question = {
		.type = type,
		.flags = flags,
		.key = kv_text(key),
		.end = { end, end_len },
		.from = from,
		.skip = skip,
		.limit = limit,
		.after = after,
	};

	return kv_ask_for(kv, &question);
}

const struct quorum_kv_reply *kv_reply(const struct kv_client *kv)
{
	return kv->reply.data;
}

const struct quorum_kv_result *kv_result(const struct kv_client *kv)
{
	return (const void *)(kv_reply(kv) + 1);
}

const struct quorum_kv_item *kv_next_item(const void *item)
{
	const struct quorum_kv_item *head = item;
	size_t bytes = (size_t)le32toh(head->key_len) + le32toh(head->value_len);

	return (const void *)((const uint8_t *)(head + 1) + ((bytes + 7) & ~(size_t)7));
}

size_t kv_prefix_end(const struct kv_bytes *prefix, uint8_t *end)
{
	size_t len = prefix->len;

	if (len)
		memcpy(end, prefix->data, len);
	/* The next key that does not begin with it; none behind 0xff. */
	while (len && end[len - 1] == 0xff)
		len--;
	if (!len) {
		end[0] = 0;
		return 1;
	}
	end[len - 1]++;
	return len;
}

size_t kv_successor(const struct kv_bytes *key, uint8_t *next)
{
	/* Nothing begins with a key that is as long as one may be. */
	if (key->len >= QUORUM_KV_KEY_MAX)
		return kv_prefix_end(key, next);
	memcpy(next, key->data, key->len);
	next[key->len] = 0;
	return key->len + 1;
}

int kv_fail(const struct kv_client *kv, int err)
{
	if (kv->outcome.outcome == QUORUM_OUTCOME_UNKNOWN)
		return tool_fail("not known to be committed within the time: the outcome is "
				 "unknown, the change may still happen");
	switch (-err) {
	case EINVAL:
		return tool_fail("the request is refused: keys have 1 to %u bytes, values at most "
				 "%u, leases live %u ms or longer",
				 QUORUM_KV_KEY_MAX, QUORUM_KV_VALUE_MAX, QUORUM_KV_TTL_MS_MIN);
	case EMSGSIZE:
		return tool_fail("the key or the value is too large, or the answer is");
	case ENOSPC:
		return tool_fail("there is no room: the store or the log is full; nothing was "
				 "changed");
	case ENOENT:
		return tool_fail("there is no such lease; nothing was changed");
	case EUSERS:
		return tool_fail("there are as many leases as there may be");
	case ESTALE:
		return tool_fail("compacted: that revision is not in the history any more");
	case ERANGE:
		return tool_fail("that revision is in the future");
	case EOPNOTSUPP:
	case ENOTTY:
		return tool_fail("this group has no key-value store: its configuration says "
				 "another machine than kv; or this node is a witness, which keeps "
				 "nothing: ask another member");
	case EAGAIN:
		return tool_fail("no leader was found or there was no room within the time; "
				 "nothing was changed");
	case ETIMEDOUT:
		return tool_fail("no answer within the time");
	default:
		return tool_fail("%s", tool_strerror(-err));
	}
}
