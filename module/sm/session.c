// SPDX-License-Identifier: GPL-2.0
/*
 * The table of sessions; see session.h.
 */
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "session.h"

static_assert(sizeof(struct session_record) == 40 + QUORUM_SESSION_RESULT_BYTES);

void sessions_init(struct sessions *ss)
{
	ss->by_client = RB_ROOT;
	INIT_LIST_HEAD(&ss->lru);
	ss->n = 0;
}

struct session *sessions_find(const struct sessions *ss, u64 client)
{
	struct rb_node *node = ss->by_client.rb_node;

	while (node) {
		struct session *s = rb_entry(node, struct session, node);

		if (client == s->client)
			return s;
		node = client < s->client ? node->rb_left : node->rb_right;
	}
	return NULL;
}

static void end(struct sessions *ss, struct session *s)
{
	rb_erase(&s->node, &ss->by_client);
	list_del_init(&s->lru);
	ss->n--;
	kvfree(s);
}

void sessions_clear(struct sessions *ss)
{
	while (!list_empty(&ss->lru))
		end(ss, list_first_entry(&ss->lru, struct session, lru));
}

static struct session *add(struct sessions *ss, u64 client)
{
	struct rb_node **link = &ss->by_client.rb_node, *parent = NULL;
	struct session *s = kvzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->client = client;
	while (*link) {
		parent = *link;
		link = client < rb_entry(parent, struct session, node)->client ?
			       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&s->node, parent, link);
	rb_insert_color(&s->node, &ss->by_client);
	list_add_tail(&s->lru, &ss->lru);
	ss->n++;
	return s;
}

int sessions_open(struct sessions *ss, u64 client)
{
	if (!add(ss, client))
		return -ENOMEM;
	if (ss->n > QUORUM_SESSIONS_MAX)
		end(ss, list_first_entry(&ss->lru, struct session, lru));
	return 0;
}

void sessions_close(struct sessions *ss, u64 client)
{
	struct session *s = sessions_find(ss, client);

	if (s)
		end(ss, s);
}

/* A second copy: what the first one returned. */
static void answer_again(const struct session *s, struct quorum_reply *reply)
{
	reply->error = s->error;
	reply->len = 0;
	if (s->len == SESSION_RESULT_LOST || s->len > reply->room) {
		reply->error = -ENODATA;
		return;
	}
	memcpy(reply->data, s->result, s->len);
	reply->len = s->len;
}

bool sessions_begin(struct sessions *ss, u64 client, u64 seq, struct session **session,
		    struct quorum_reply *reply, u64 *index, u64 *term)
{
	struct session *s = sessions_find(ss, client);

	if (!s) {
		reply->error = -EKEYEXPIRED;
		return false;
	}
	list_move_tail(&s->lru, &ss->lru);
	if (seq > s->seq) {
		*session = s;
		return true;
	}
	if (seq < s->seq) {
		reply->error = -EKEYREJECTED;
		return false;
	}
	answer_again(s, reply);
	*index = s->index;
	*term = s->term;
	return false;
}

void sessions_end(struct session *s, u64 seq, u64 index, u64 term,
		  const struct quorum_reply *reply)
{
	s->seq = seq;
	s->index = index;
	s->term = term;
	s->error = reply->error;
	if (reply->len > sizeof(s->result)) {
		s->len = SESSION_RESULT_LOST;
		memset(s->result, 0, sizeof(s->result));
		return;
	}
	s->len = reply->len;
	memcpy(s->result, reply->data, reply->len);
	/* What lies behind must not differ between members: it is in the snapshot. */
	memset(s->result + s->len, 0, sizeof(s->result) - s->len);
}

static void save_one(const struct session *s, struct session_record *record)
{
	memset(record, 0, sizeof(*record));
	record->client = cpu_to_le64(s->client);
	record->seq = cpu_to_le64(s->seq);
	record->index = cpu_to_le64(s->index);
	record->term = cpu_to_le64(s->term);
	record->error = cpu_to_le32(-s->error);
	record->len = cpu_to_le32(s->len);
	memcpy(record->result, s->result, sizeof(s->result));
}

void sessions_save(const struct sessions *ss, struct session_record *records)
{
	const struct session *s;

	list_for_each_entry(s, &ss->lru, lru)
		save_one(s, records++);
}

int sessions_load(struct sessions *ss, const struct session_record *record)
{
	u32 error = le32_to_cpu(record->error), len = le32_to_cpu(record->len);
	u64 client = le64_to_cpu(record->client);
	struct session *s;

	if (!client || error > 4095 || ss->n == QUORUM_SESSIONS_MAX ||
	    (len > sizeof(s->result) && len != SESSION_RESULT_LOST) ||
	    sessions_find(ss, client))
		return -EBADMSG;
	s = add(ss, client);
	if (!s)
		return -ENOMEM;
	s->seq = le64_to_cpu(record->seq);
	s->index = le64_to_cpu(record->index);
	s->term = le64_to_cpu(record->term);
	s->error = -(int)error;
	s->len = len;
	memcpy(s->result, record->result, sizeof(s->result));
	return 0;
}

u32 sessions_hash(const struct sessions *ss, u32 crc)
{
	struct session_record record;
	const struct session *s;

	list_for_each_entry(s, &ss->lru, lru) {
		save_one(s, &record);
		crc = crc32c(crc, &record, sizeof(record));
	}
	return crc;
}
