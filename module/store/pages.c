// SPDX-License-Identifier: GPL-2.0
/*
 * Pages with one address, and reads and writes that somebody sleeps for.
 */
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "store_private.h"

/**
 * quorum_pages_alloc() - allocate pages that are contiguous in the kernel's eyes
 * @pages: zeroed; to be freed by quorum_pages_free() also after a failure
 * @bytes: how much
 */
int quorum_pages_alloc(struct quorum_pages *pages, u32 bytes)
{
	u32 n = DIV_ROUND_UP(bytes, PAGE_SIZE);

	pages->pages = kcalloc(n, sizeof(*pages->pages), GFP_KERNEL);
	pages->vecs = kcalloc(n, sizeof(*pages->vecs), GFP_KERNEL);
	if (!pages->pages || !pages->vecs)
		return -ENOMEM;
	for (; pages->n < n; pages->n++) {
		pages->pages[pages->n] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!pages->pages[pages->n])
			return -ENOMEM;
	}
	pages->addr = vmap(pages->pages, n, VM_MAP, PAGE_KERNEL);
	return pages->addr ? 0 : -ENOMEM;
}

/**
 * quorum_pages_free() - free what quorum_pages_alloc() allocated
 * @pages: the pages
 */
void quorum_pages_free(struct quorum_pages *pages)
{
	if (pages->addr)
		vunmap(pages->addr);
	while (pages->n)
		__free_page(pages->pages[--pages->n]);
	kfree(pages->vecs);
	kfree(pages->pages);
	memset(pages, 0, sizeof(*pages));
}

/**
 * quorum_store_bytes_read() - read a stretch of the device
 * @store: the store
 * @pages: filled from the start; not used by anyone else
 * @offset: bytes, on a granule
 * @bytes: a multiple of the granule, at most what @pages hold
 *
 * Context: process, sleeps.
 */
int quorum_store_bytes_read(struct quorum_store *store, struct quorum_pages *pages,
			    u64 offset, u32 bytes)
{
	u32 i, part, left = bytes;
	struct bio bio;
	int error;

	if (bytes == 0 || bytes > pages->n * PAGE_SIZE)
		return -EINVAL;
	bio_init(&bio, store->dev.bdev, pages->vecs, pages->n, REQ_OP_READ | REQ_SYNC);
	bio.bi_iter.bi_sector = offset >> SECTOR_SHIFT;
	for (i = 0; left; i++, left -= part) {
		part = min_t(u32, left, PAGE_SIZE);
		__bio_add_page(&bio, pages->pages[i], part, 0);
	}
	error = submit_bio_wait(&bio);
	bio_uninit(&bio);
	invalidate_kernel_vmap_range(pages->addr, bytes);

	spin_lock_irq(&store->lock);
	store->stats.reads++;
	store->stats.read_bytes += bytes;
	spin_unlock_irq(&store->lock);
	return error;
}

/**
 * quorum_store_bytes_write() - write a stretch of the device and wait for it
 * @store: the store
 * @pages: written from the start
 * @offset: bytes, on a granule
 * @bytes: a multiple of the granule, at most what @pages hold
 * @flags: REQ_FUA, REQ_PREFLUSH or neither
 *
 * Context: process, sleeps.
 */
int quorum_store_bytes_write(struct quorum_store *store, struct quorum_pages *pages,
			     u64 offset, u32 bytes, blk_opf_t flags)
{
	u32 i, part, left = bytes;
	struct bio bio;
	int error;

	if (bytes == 0 || bytes > pages->n * PAGE_SIZE)
		return -EINVAL;
	flush_kernel_vmap_range(pages->addr, bytes);
	bio_init(&bio, store->dev.bdev, pages->vecs, pages->n,
		 REQ_OP_WRITE | REQ_SYNC | REQ_META | flags);
	bio.bi_iter.bi_sector = offset >> SECTOR_SHIFT;
	for (i = 0; left; i++, left -= part) {
		part = min_t(u32, left, PAGE_SIZE);
		__bio_add_page(&bio, pages->pages[i], part, 0);
	}
	error = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return error;
}
