// SPDX-License-Identifier: GPL-2.0
/*
 * The window: a ring of descriptions and a ring of payload.
 *
 * Places in the payload ring are counted from the beginning of time (@at) and
 * never wrap; QUORUM_CACHE_BYTES is a power of two, so their low bits are the
 * offset.  A payload that would cross the end of the buffer starts at its
 * beginning instead, so that each is contiguous.
 *
 * Only the loop changes anything.  It changes what others may see under the
 * lock, and writes payload without it: where it writes, nobody looks.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include "cache.h"

static_assert((QUORUM_CACHE_BYTES & (QUORUM_CACHE_BYTES - 1)) == 0);

struct seat {
	struct raft_entry entry;
	u64 at;
};

struct quorum_cache {
	spinlock_t lock;	/* what others may see: first to next */
	/* lock, written by the loop only: */
	u64 first;		/* index of the first entry kept */
	u64 next;		/* index of the entry to come */
	/* loop: */
	u64 hold;		/* entries above it must stay */
	u64 end;		/* where the payload ring goes on */
	struct seat *seats;
	u8 *bytes;
};

static struct seat *seat_at(const struct quorum_cache *cache, u64 index)
{
	return &cache->seats[index & (QUORUM_CACHE_ENTRIES - 1)];
}

static u8 *bytes_at(const struct quorum_cache *cache, u64 at)
{
	return cache->bytes + (at & (QUORUM_CACHE_BYTES - 1));
}

/**
 * quorum_cache_create() - make an empty window
 * @next_index: index of the first entry to come
 *
 * Return: the cache, or ERR_PTR(-ENOMEM).
 */
struct quorum_cache *quorum_cache_create(u64 next_index)
{
	struct quorum_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);

	if (!cache)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&cache->lock);
	cache->first = next_index;
	cache->next = next_index;
	cache->hold = next_index - 1;
	cache->seats = kvcalloc(QUORUM_CACHE_ENTRIES, sizeof(*cache->seats), GFP_KERNEL);
	cache->bytes = vmalloc(QUORUM_CACHE_BYTES);
	if (!cache->seats || !cache->bytes) {
		quorum_cache_destroy(cache);
		return ERR_PTR(-ENOMEM);
	}
	return cache;
}

/**
 * quorum_cache_destroy() - free a window
 * @cache: the cache, or NULL
 */
void quorum_cache_destroy(struct quorum_cache *cache)
{
	if (IS_ERR_OR_NULL(cache))
		return;
	vfree(cache->bytes);
	kvfree(cache->seats);
	kfree(cache);
}

/* Where a payload of @size bytes can begin. */
static u64 place_for(const struct quorum_cache *cache, u32 size)
{
	u64 left = QUORUM_CACHE_BYTES - (cache->end & (QUORUM_CACHE_BYTES - 1));

	return size <= left ? cache->end : cache->end + left;
}

/* Where the payload of what stays begins, if everything before @index went. */
static u64 kept_from(const struct quorum_cache *cache, u64 index)
{
	return index < cache->next ? seat_at(cache, index)->at : cache->end;
}

/* The first entry that must stay. */
static u64 first_held(const struct quorum_cache *cache)
{
	return clamp(cache->hold + 1, cache->first, cache->next);
}

/**
 * quorum_cache_append() - keep one entry, at the end
 * @cache: the cache
 * @entry: its description
 * @payload: @entry->size bytes
 */
int quorum_cache_append(struct quorum_cache *cache, const struct raft_entry *entry,
			const void *payload)
{
	u64 at = place_for(cache, entry->size), held = first_held(cache);
	u64 first = cache->first;
	struct seat *seat;

	if (WARN_ON_ONCE(entry->index != cache->next || entry->size > QUORUM_ENTRY_BYTES_MAX))
		return -ENOBUFS;
	while (first < held && (cache->next - first >= QUORUM_CACHE_ENTRIES ||
				at + entry->size - kept_from(cache, first) > QUORUM_CACHE_BYTES))
		first++;
	/* With nothing kept, a jump to the buffer's beginning is free. */
	if (first < cache->next &&
	    (cache->next - first >= QUORUM_CACHE_ENTRIES ||
	     at + entry->size - kept_from(cache, first) > QUORUM_CACHE_BYTES))
		return -ENOBUFS;

	spin_lock(&cache->lock);
	cache->first = first;
	spin_unlock(&cache->lock);
	seat = seat_at(cache, entry->index);
	seat->entry = *entry;
	seat->at = at;
	if (entry->size)
		memcpy(bytes_at(cache, at), payload, entry->size);
	cache->end = at + entry->size;
	spin_lock(&cache->lock);
	cache->next++;
	spin_unlock(&cache->lock);
	return 0;
}

/**
 * quorum_cache_room() - payload bytes that can certainly be appended now
 * @cache: the cache
 *
 * Certainly: in up to QUORUM_PROPOSE_BATCH_MAX entries, whatever their sizes.
 */
u64 quorum_cache_room(const struct quorum_cache *cache)
{
	u64 held = first_held(cache), used;

	if (cache->next - held + QUORUM_PROPOSE_BATCH_MAX > QUORUM_CACHE_ENTRIES)
		return 0;
	/* At the end of the buffer less than one entry may stay unused. */
	used = cache->end - kept_from(cache, held) + QUORUM_ENTRY_BYTES_MAX;
	return used < QUORUM_CACHE_BYTES ? QUORUM_CACHE_BYTES - used : 0;
}

/**
 * quorum_cache_hold() - entries above @index must stay
 * @cache: the cache
 * @index: they are not committed or not durable yet
 */
void quorum_cache_hold(struct quorum_cache *cache, u64 index)
{
	cache->hold = index;
}

/**
 * quorum_cache_truncate() - forget the entries from @index on
 * @cache: the cache
 * @index: the first to forget; becomes the index of the entry to come
 */
void quorum_cache_truncate(struct quorum_cache *cache, u64 index)
{
	if (index >= cache->next)
		return;
	spin_lock(&cache->lock);
	if (index > cache->first)
		cache->end = seat_at(cache, index)->at;
	else
		cache->first = index;
	cache->next = index;
	spin_unlock(&cache->lock);
	cache->hold = min(cache->hold, index - 1);
}

/**
 * quorum_cache_reset() - forget everything, and go on elsewhere
 * @cache: the cache
 * @next_index: index of the entry to come
 */
void quorum_cache_reset(struct quorum_cache *cache, u64 next_index)
{
	spin_lock(&cache->lock);
	cache->first = next_index;
	cache->next = next_index;
	spin_unlock(&cache->lock);
	cache->hold = next_index - 1;
}

/**
 * quorum_cache_first() - first index kept; last + 1 when empty
 * @cache: the cache
 */
u64 quorum_cache_first(const struct quorum_cache *cache)
{
	struct quorum_cache *c = (struct quorum_cache *)cache;
	u64 first;

	spin_lock(&c->lock);
	first = c->first;
	spin_unlock(&c->lock);
	return first;
}

/**
 * quorum_cache_peek() - look at an entry without copying
 * @cache: the cache
 * @index: which
 * @payload: set to its payload, may be NULL
 */
const struct raft_entry *quorum_cache_peek(const struct quorum_cache *cache, u64 index,
					   const void **payload)
{
	const struct seat *seat = seat_at(cache, index);

	if (index < cache->first || index >= cache->next)
		return NULL;
	if (payload)
		*payload = bytes_at(cache, seat->at);
	return &seat->entry;
}

/**
 * quorum_cache_copy() - copy an entry out
 * @cache: the cache
 * @index: which
 * @entry: filled in
 * @buf: room for the payload, may be NULL when @size is 0
 * @size: bytes of room in @buf
 */
int quorum_cache_copy(struct quorum_cache *cache, u64 index, struct raft_entry *entry,
		      void *buf, u32 size)
{
	const struct seat *seat = seat_at(cache, index);
	int error = 0;

	spin_lock(&cache->lock);
	if (index < cache->first || index >= cache->next) {
		error = -ENOENT;
	} else {
		*entry = seat->entry;
		if (entry->size > size)
			error = -EMSGSIZE;
		else if (entry->size)
			memcpy(buf, bytes_at(cache, seat->at), entry->size);
	}
	spin_unlock(&cache->lock);
	return error;
}
