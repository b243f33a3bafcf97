// SPDX-License-Identifier: GPL-2.0
/* The simulated device, and the rest of the kernel the store sees. */
#include "device.h"

enum { SECTOR = 512 };

/* A write: in the queue until it ended, then in the cache. */
struct write {
	u64 offset;
	u32 bytes;
	u8 *data;
};

struct request {
	struct bio *bio;
	struct write write;
};

static struct block_device the_bdev;
static u64 state;

/* Two of them: the one that lives, and one to try something on. */
static struct device {
	struct request queue[DEVICE_QUEUE];
	u32 nqueue;
	struct write cache[DEVICE_CACHE];
	u32 cached;
	struct work_struct *works;
	bool failing;
	u8 *medium;
} devices[2], *dev = &devices[0];

#define queue		dev->queue
#define nqueue		dev->nqueue
#define cache		dev->cache
#define cached		dev->cached
#define works		dev->works
#define failing		dev->failing

u8 *device_medium;
void (*device_event)(void);

void device_other(u8 *medium)
{
	dev->medium = device_medium;
	dev = &devices[1];
	device_reset();
	device_medium = medium;
}

void device_back(void)
{
	device_reset();
	dev = &devices[0];
	device_medium = dev->medium;
}

void dice_seed(u64 seed)
{
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

u64 dice(u64 n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

void device_fail(bool fail)
{
	failing = fail;
}

static void write_free(struct write *w)
{
	free(w->data);
	w->data = NULL;
}

void device_reset(void)
{
	while (nqueue)
		write_free(&queue[--nqueue].write);
	while (cached)
		write_free(&cache[--cached]);
	for (; works; works = works->next)
		works->waits = false;
	failing = false;
}

bool device_busy(void)
{
	return nqueue || works;
}

static void flush(void)
{
	for (u32 i = 0; i < cached; i++) {
		memcpy(device_medium + cache[i].offset, cache[i].data, cache[i].bytes);
		write_free(&cache[i]);
	}
	cached = 0;
}

static bool overlap(const struct write *a, const struct write *b)
{
	return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* A write ended well. */
static void land(struct request *r)
{
	u32 n = 0;

	if (!(r->bio->bi_opf & REQ_FUA)) {
		if (cached == DEVICE_CACHE)
			flush();
		cache[cached++] = r->write;
		r->write.data = NULL;
		return;
	}
	/* FUA: on the medium, and nothing older may come over it later. */
	for (u32 i = 0; i < cached; i++) {
		if (overlap(&cache[i], &r->write)) {
			memcpy(device_medium + cache[i].offset, cache[i].data, cache[i].bytes);
			write_free(&cache[i]);
		} else {
			cache[n++] = cache[i];
		}
	}
	cached = n;
	memcpy(device_medium + r->write.offset, r->write.data, r->write.bytes);
	write_free(&r->write);
}

static void end(u32 i)
{
	struct request r = queue[i];

	queue[i] = queue[--nqueue];
	if (failing) {
		r.bio->bi_status = -EIO;
		write_free(&r.write);
	} else {
		if (r.bio->bi_opf & REQ_PREFLUSH)
			flush();
		land(&r);
	}
	r.bio->bi_end_io(r.bio);
}

void device_work(void)
{
	struct work_struct *w;

	if (device_event && dev == &devices[0])
		device_event();
	w = works;
	if (w && (!nqueue || dice(2))) {
		works = w->next;
		w->waits = false;
		w->func(w);
		return;
	}
	if (!nqueue) {
		fprintf(stderr, "somebody waits, and nothing is under way\n");
		abort();
	}
	end(dice(nqueue));
}

bool kernel_queue_work(struct work_struct *work)
{
	if (work->waits)
		return false;
	work->waits = true;
	work->next = works;
	works = work;
	return true;
}

/* Sectors of a write that made it; often all or none. */
static void tear(u8 *image, const struct write *w)
{
	u32 way = dice(4);

	for (u32 at = 0; at < w->bytes; at += SECTOR)
		if (way == 0 || (way > 1 && dice(2)))
			memcpy(image + w->offset + at, w->data + at, SECTOR);
}

void device_cut(u8 *image)
{
	memcpy(image, device_medium, DEVICE_BYTES);
	for (u32 i = 0; i < cached; i++)
		tear(image, &cache[i]);
	for (u32 i = 0; i < nqueue; i++)
		tear(image, &queue[i].write);
}

/* ---- bios ---- */

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *vecs, u32 max,
	      blk_opf_t opf)
{
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = bdev;
	bio->bi_opf = opf;
	bio->vecs = vecs;
	bio->max = max;
}

void __bio_add_page(struct bio *bio, struct page *page, u32 len, u32 offset)
{
	assert(bio->n < bio->max && offset + len <= PAGE_SIZE);
	bio->vecs[bio->n++] = (struct bio_vec){ page, len, offset };
}

static u32 bio_bytes(const struct bio *bio)
{
	u32 bytes = 0;

	for (u32 i = 0; i < bio->n; i++)
		bytes += bio->vecs[i].len;
	return bytes;
}

void submit_bio(struct bio *bio)
{
	struct request *r = &queue[nqueue];
	u32 at = 0;

	assert(nqueue < DEVICE_QUEUE);
	r->bio = bio;
	r->write.offset = bio->bi_iter.bi_sector << SECTOR_SHIFT;
	r->write.bytes = bio_bytes(bio);
	assert(r->write.bytes && r->write.bytes % SECTOR == 0 &&
	       r->write.offset + r->write.bytes <= DEVICE_BYTES);
	r->write.data = malloc(r->write.bytes);
	for (u32 i = 0; i < bio->n; i++) {
		memcpy(r->write.data + at, bio->vecs[i].page->addr + bio->vecs[i].offset,
		       bio->vecs[i].len);
		at += bio->vecs[i].len;
	}
	nqueue++;
}

static void wait_end(struct bio *bio)
{
	*(bool *)bio->bi_private = true;
}

/* A read sees the medium and, over it, what the cache holds. */
static int bio_read(struct bio *bio)
{
	u64 offset = bio->bi_iter.bi_sector << SECTOR_SHIFT;
	u32 bytes = bio_bytes(bio), done = 0;
	u8 *data;

	if (offset + bytes > DEVICE_BYTES)
		return -EIO;
	data = malloc(bytes);
	memcpy(data, device_medium + offset, bytes);
	for (u32 i = 0; i < cached; i++) {
		u64 from = max(offset, cache[i].offset);
		u64 to = min(offset + bytes, cache[i].offset + cache[i].bytes);

		if (from < to)
			memcpy(data + (from - offset), cache[i].data + (from - cache[i].offset),
			       to - from);
	}
	for (u32 i = 0; i < bio->n; i++) {
		memcpy(bio->vecs[i].page->addr + bio->vecs[i].offset, data + done,
		       bio->vecs[i].len);
		done += bio->vecs[i].len;
	}
	free(data);
	return 0;
}

int submit_bio_wait(struct bio *bio)
{
	bool done = false;

	if (!(bio->bi_opf & REQ_OP_WRITE))
		return bio_read(bio);
	bio->bi_private = &done;
	bio->bi_end_io = wait_end;
	submit_bio(bio);
	while (!done)
		device_work();
	return bio->bi_status;
}

u64 bdev_nr_bytes(struct block_device *bdev)
{
	return DEVICE_BYTES;
}

int quorum_compat_bdev_open(struct quorum_compat_bdev *bdev, dev_t devt, void *holder)
{
	bdev->bdev = &the_bdev;
	return 0;
}

/* ---- pages ---- */

struct page *alloc_page(gfp_t gfp)
{
	struct page *page = calloc(1, sizeof(*page));

	page->addr = calloc(1, PAGE_SIZE);
	page->own = true;
	return page;
}

void __free_page(struct page *page)
{
	if (page->own)
		free(page->addr);
	free(page);
}

void *vmap(struct page **pages, unsigned int n, int flags, int prot)
{
	u8 *addr = calloc(n, PAGE_SIZE);

	for (unsigned int i = 0; i < n; i++) {
		free(pages[i]->addr);
		pages[i]->addr = addr + i * PAGE_SIZE;
		pages[i]->own = false;
	}
	return addr;
}

void vunmap(const void *addr)
{
	free((void *)addr);
}
