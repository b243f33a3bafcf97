/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The in-memory window of a log: the newest entries with their payload.
 *
 * A ring of descriptions and a ring of payload bytes, both allocated once.  The
 * loop appends at the end, truncates at the end and lets go at the front; other
 * contexts copy out under the cache's spinlock and never hold a pointer into it.
 */
#ifndef QUORUM_CACHE_H
#define QUORUM_CACHE_H

#include <linux/types.h>
#include "../raft/raft.h"

struct quorum_cache;

struct quorum_cache *quorum_cache_create(u64 next_index);
void quorum_cache_destroy(struct quorum_cache *cache);

/**
 * quorum_cache_append() - keep one entry, at the end
 * @cache: the cache
 * @entry: its description; @entry->index must be the last index + 1
 * @payload: @entry->size bytes
 *
 * Lets entries up to the hold (quorum_cache_hold()) go at the front to make room.
 *
 * Context: process, only the loop.
 * Return: 0, or -ENOBUFS when no room could be made.
 */
int quorum_cache_append(struct quorum_cache *cache, const struct raft_entry *entry,
			const void *payload);

/* Payload bytes that can certainly be appended now. Loop only. */
u64 quorum_cache_room(const struct quorum_cache *cache);

/* Entries above @index must stay: they are not committed or not durable yet. */
void quorum_cache_hold(struct quorum_cache *cache, u64 index);

/* Forget the entries from @index on. Loop only. */
void quorum_cache_truncate(struct quorum_cache *cache, u64 index);

/**
 * quorum_cache_reset() - forget everything, and go on elsewhere
 * @next_index: index of the entry to come
 *
 * Context: only the loop.
 */
void quorum_cache_reset(struct quorum_cache *cache, u64 next_index);

/* First index kept; last + 1 when empty.  Any context. */
u64 quorum_cache_first(const struct quorum_cache *cache);

/**
 * quorum_cache_peek() - look at an entry without copying
 * @payload: set to its payload, which stays valid until the next append,
 *	truncate or destroy
 *
 * Context: only the loop.
 * Return: the description, or NULL if @index is not in the window.
 */
const struct raft_entry *quorum_cache_peek(const struct quorum_cache *cache, u64 index,
					   const void **payload);

/**
 * quorum_cache_copy() - copy an entry out
 * @index: which
 * @entry: filled in
 * @buf: room for the payload, may be NULL when @size is 0
 * @size: bytes of room in @buf
 *
 * Context: any that may not be interrupted by softirq users of the cache: process.
 * Return: 0; -ENOENT if it is not in the window; -EMSGSIZE if it does not fit
 * (@entry is filled in all the same).
 */
int quorum_cache_copy(struct quorum_cache *cache, u64 index, struct raft_entry *entry,
		      void *buf, u32 size);

#endif /* QUORUM_CACHE_H */
