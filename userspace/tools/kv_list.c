// SPDX-License-Identifier: GPL-2.0
/* Keys of a range as they are at one revision: see kv_list.h. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kv_list.h"
#include "tool.h"

/* How often a listing is begun. */
enum { TRIES_MAX = 5 };

static struct kv_bytes key_of(const struct quorum_kv_item *item)
{
	return (struct kv_bytes){ item + 1, le32toh(item->key_len) };
}

static int compare(const struct kv_bytes *a, const struct kv_bytes *b)
{
	size_t common = a->len < b->len ? a->len : b->len;
	int order = common ? memcmp(a->data, b->data, common) : 0;

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The place of a key, or the one it would have. */
static size_t place_of(const struct kv_list *list, const struct kv_bytes *key, bool *there)
{
	size_t low = 0, high = list->n;

	*there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct kv_bytes other = key_of(list->items[middle]);
		int order = compare(key, &other);

		if (!order) {
			*there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void drop(struct kv_list *list, size_t at)
{
	free(list->items[at]);
	list->n--;
	memmove(&list->items[at], &list->items[at + 1], (list->n - at) * sizeof(*list->items));
}

/* A copy of @item takes the place of what has its key. */
static int put(struct kv_list *list, const struct quorum_kv_item *item, bool value)
{
	struct kv_bytes key = key_of(item);
	size_t bytes = sizeof(*item) + key.len + (value ? le32toh(item->value_len) : 0);
	struct quorum_kv_item *copy = malloc(bytes), **more;
	bool there;
	size_t at = place_of(list, &key, &there);

	if (list->n == list->room) {
		more = realloc(list->items, (2 * list->room + 64) * sizeof(*more));
		if (more) {
			list->items = more;
			list->room = 2 * list->room + 64;
		}
	}
	if (!copy || list->n == list->room) {
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, item, bytes);
	if (!value)
		copy->value_len = 0;
	if (there) {
		free(list->items[at]);
	} else {
		memmove(&list->items[at + 1], &list->items[at],
			(list->n - at) * sizeof(*list->items));
		list->n++;
	}
	list->items[at] = copy;
	return 0;
}

static int do_event(struct kv_list *list, const struct quorum_kv_event *event, bool value)
{
	struct kv_bytes key = key_of(&event->item);
	bool there;
	size_t at;

	if (le32toh(event->type) != QUORUM_KV_DELETE)
		return put(list, &event->item, value);
	at = place_of(list, &key, &there);
	if (there)
		drop(list, at);
	return 0;
}

/*
 * What is listed is of @list->revision and of @revision: have all of it be of @revision.
 * Keys from @end on are still to come, of a revision that is not older.
 */
static int catch_up(struct kv_client *kv, struct kv_list *list,
		    const struct kv_question *question, const struct kv_bytes *end,
		    uint64_t revision)
{
	struct kv_question q = {
		.type = QUORUM_KV_WATCH,
		.key = question->key,
		.end = *end,
		.from = list->revision + 1,
	};
	const struct quorum_kv_event *event;
	int err = 0;

	while (!err && q.from <= revision) {
		err = kv_ask_for(kv, &q);
		if (err)
			return err;
		event = (const void *)(kv_result(kv) + 1);
		for (uint32_t i = 0; !err && i < le32toh(kv_result(kv)->items); i++) {
			/* Behind it is what the next page shows. */
			if (le64toh(event->revision) > revision)
				break;
			err = do_event(list, event,
				       !(question->flags & QUORUM_KV_KEYS_ONLY));
			event = (const void *)kv_next_item(&event->item);
		}
		q.from = le64toh(kv_result(kv)->count);
		q.skip = le32toh(kv_result(kv)->skip);
	}
	list->revision = revision;
	return err;
}

/* Take a page; @next is set to where the one behind it begins. */
static int take_page(const struct kv_client *kv, struct kv_list *list, uint32_t flags,
		     uint8_t *next, struct kv_bytes *from)
{
	const struct quorum_kv_item *item = (const void *)(kv_result(kv) + 1);
	uint32_t items = le32toh(kv_result(kv)->items);
	int err = 0;

	for (uint32_t i = 0; !err && i < items; i++, item = kv_next_item(item)) {
		struct kv_bytes key = key_of(item);

		err = put(list, item, !(flags & QUORUM_KV_KEYS_ONLY));
		if (i == items - 1)
			*from = (struct kv_bytes){ next, kv_successor(&key, next) };
	}
	return err;
}

static int ask_once(struct kv_client *kv, const struct kv_question *question, uint64_t limit,
		    struct kv_list *list)
{
	uint8_t next[QUORUM_KV_KEY_MAX + 1];
	struct kv_question q = *question;
	struct kv_bytes end;
	bool more = true;
	int err;

	while (more && (!limit || list->n < limit)) {
		uint64_t left = limit - list->n, now;

		q.limit = limit && left < UINT32_MAX ? (uint32_t)left : 0;
		err = kv_ask_for(kv, &q);
		if (err)
			return err;
		now = le64toh(kv_reply(kv)->revision);
		more = le32toh(kv_result(kv)->flags) & QUORUM_KV_MORE &&
		       kv_result(kv)->items;
		err = take_page(kv, list, question->flags, next, &q.key);
		if (err)
			return err;
		end = more ? q.key : question->end;
		if (!list->revision)
			list->revision = now;
		if (list->revision != now)
			err = catch_up(kv, list, question, &end, now);
		if (err)
			return err;
	}
	while (limit && list->n > limit)
		drop(list, list->n - 1);
	return 0;
}

int kv_list_ask(struct kv_client *kv, const struct kv_question *question, uint64_t limit,
		struct kv_list *list)
{
	int err = -ESTALE;

	memset(list, 0, sizeof(*list));
	for (int i = 0; i < TRIES_MAX && err == -ESTALE && !tool_stop; i++) {
		kv_list_free(list);
		err = ask_once(kv, question, limit, list);
	}
	return err;
}

void kv_list_free(struct kv_list *list)
{
	while (list->n)
		free(list->items[--list->n]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}
