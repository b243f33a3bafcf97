// SPDX-License-Identifier: GPL-2.0
/*
 * Gathering: what several groups have for one node at the same moment leaves in one
 * datagram (format/bundle.h), so that idle traffic does not grow with the groups.
 *
 * The heartbeats of all idle groups fall on the same moments (RAFT_F_GRID), and so do
 * the answers.  Each is sealed by its own link, and put into the bundle of its way: the
 * same source and destination.  A bundle leaves when every group of the endpoint has had
 * its say, when it is full, or when the first of what is in it has waited long enough.
 * One alone leaves as it is.
 *
 * No bundle is longer than what every path carries, whatever is known of its own: who
 * leads must not depend on news of an MTU.  So it holds what fits, which is about twenty
 * heartbeats, as they are packed.  But an idle group that says the same again takes one
 * bit of a word (repeat.c), so that one bundle holds those of all groups.  Words are
 * looked at only where something in full is taken from the same bundle; so one that is
 * likely to be goes in full, and they lean on it.
 *
 * What a group repeats is never overtaken by what it says next: the receiver may have to
 * write down the former before it takes the latter.
 *
 * A bundle holds bytes, and no link: who left the endpoint meanwhile is not missed.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/workqueue.h>
#include "../format/bundle.h"
#include "net_private.h"

enum {
	ROOM = QUORUM_MTU_MIN - sizeof(struct ipv6hdr) - sizeof(struct udphdr),
};

/**
 * struct gather_bundle - datagrams of one way
 * @to: where it goes
 * @source: where it comes from, see union link_source
 * @source_len: likewise
 * @count: datagrams in it, 0: the rest means nothing
 * @bytes: of @data in use
 * @last_len: of @last
 * @carries: one of them is likely to be taken
 * @repeats: how many more groups repeat themselves
 * @nwords: how many of @words say so
 * @words: what they repeat; those that say nothing have no slots
 * @items: the datagrams
 * @last: the last one as it was, for the next to be packed against
 * @data: the datagrams, as they lie there
 */
struct gather_bundle {
	struct sockaddr_storage to;
	union link_source source;
	size_t source_len;
	u32 count;
	u32 bytes;
	u32 last_len;
	bool carries;
	u32 repeats;
	u32 nwords;
	struct repeat_word words[REPEAT_WORDS_MAX];
	struct bundle_item items[QUORUM_BUNDLE_MAX];
	u8 last[BUNDLE_ITEM_BYTES_MAX];
	u8 data[ROOM];
};

/**
 * struct endpoint_gather - the bundles of an endpoint
 * @ep: the endpoint
 * @timer: expires when the first of what waits may wait no longer
 * @work: sends it all then
 * @lock: protects the rest; inside link->path
 * @due: when @timer expires, boottime ns; 0: nothing waits
 * @bundles: of all ways
 */
struct endpoint_gather {
	struct quorum_endpoint *ep;
	struct hrtimer timer;
	struct work_struct work;
	struct mutex lock;
	u64 due;
	struct gather_bundle bundles[QUORUM_BUNDLES_MAX];
};

/* One always fits. */
static_assert(BUNDLE_HEAD_BYTES_MAX + BUNDLE_PACKED_BYTES_MAX <= ROOM);

/* With a rescuer: heartbeats leave though no worker can be made for want of memory. */
static struct workqueue_struct *gathered;

/* Bytes of a bundle as it would leave now. */
static size_t size_of(const struct gather_bundle *b)
{
	return BUNDLE_HEAD_BYTES + BUNDLE_ENTRY_BYTES * b->count + b->bytes +
	       REPEAT_WORD_BYTES * b->nwords;
}

static size_t put_words(const struct gather_bundle *b, u8 *tail)
{
	size_t at = 0;

	for (u32 i = 0; i < REPEAT_WORDS_MAX && b->nwords; i++) {
		if (!b->words[i].slots)
			continue;
		repeat_put(tail + at, &b->words[i]);
		at += REPEAT_WORD_BYTES;
	}
	return at;
}

static void send_bundle(struct endpoint_gather *g, struct gather_bundle *b)
{
	u8 head[BUNDLE_HEAD_BYTES_MAX], tail[BUNDLE_TAIL_BYTES_MAX];
	struct kvec vec[3] = { { .iov_base = b->last, .iov_len = b->last_len } };
	size_t n = 1;

	lockdep_assert_held(&g->lock);
	if (b->count > 1 || b->nwords) {
		vec[0].iov_base = head;
		vec[0].iov_len = bundle_head(head, b->items, b->count, b->nwords);
		vec[1].iov_base = b->data;
		vec[1].iov_len = b->bytes;
		vec[2].iov_base = tail;
		vec[2].iov_len = put_words(b, tail);
		n = 3;
	}
	if (endpoint_send(g->ep, &b->to, &b->source, b->source_len, vec, n, LINK_URGENT, 0) < 0)
		atomic64_add(b->count + b->repeats, &g->ep->tx_errors);
	else if (n > 1)
		atomic64_inc(&g->ep->tx_bundles);
	if (b->nwords)
		memset(b->words, 0, sizeof(b->words));
	b->count = 0;
	b->bytes = 0;
	b->last_len = 0;
	b->carries = false;
	b->repeats = 0;
	b->nwords = 0;
}

static void send_all(struct work_struct *work)
{
	struct endpoint_gather *g = container_of(work, struct endpoint_gather, work);

	mutex_lock(&g->lock);
	g->due = 0;
	for (u32 i = 0; i < QUORUM_BUNDLES_MAX; i++)
		if (g->bundles[i].count)
			send_bundle(g, &g->bundles[i]);
	mutex_unlock(&g->lock);
}

static enum hrtimer_restart timer_expired(struct hrtimer *timer)
{
	struct endpoint_gather *g = container_of(timer, struct endpoint_gather, timer);

	queue_work(gathered, &g->work);
	return HRTIMER_NORESTART;
}

/* The bundle of a link's way to @to, or one to begin; NULL: too many ways. */
static struct gather_bundle *find_bundle(struct endpoint_gather *g,
					 const struct quorum_link *link,
					 const struct sockaddr_storage *to)
{
	struct gather_bundle *unused = NULL;

	for (u32 i = 0; i < QUORUM_BUNDLES_MAX; i++) {
		struct gather_bundle *b = &g->bundles[i];

		if (!b->count)
			unused = unused ?: b;
		else if (!memcmp(&b->to, to, sizeof(*to)) &&
			 b->source_len == link->source_len &&
			 !memcmp(&b->source, &link->source, b->source_len))
			return b;
	}
	if (unused) {
		unused->to = *to;
		unused->source = link->source;
		unused->source_len = link->source_len;
	}
	return unused;
}

/* Put a datagram into a bundle that may hold others; those leave if there is no room. */
static void add(struct endpoint_gather *g, struct gather_bundle *b, u32 slot, const u8 *datagram,
		size_t len)
{
	u8 packed[BUNDLE_PACKED_BYTES_MAX];
	size_t n = bundle_pack(packed, b->last, b->last_len, datagram, len);

	if (b->count && size_of(b) + BUNDLE_ENTRY_BYTES + (n ?: len) > ROOM) {
		send_bundle(g, b);
		n = bundle_pack(packed, NULL, 0, datagram, len);
	}
	memcpy(b->data + b->bytes, n ? packed : datagram, n ?: len);
	b->bytes += n ?: len;
	b->items[b->count++] = (struct bundle_item){
		.slot = slot, .bytes = n ?: len, .packed = n,
	};
	memcpy(b->last, datagram, len);
	b->last_len = len;
}

/* Does a bundle say that the group with this slot repeats itself? */
static bool repeats(const struct gather_bundle *b, u32 slot)
{
	return b->words[slot / REPEAT_SLOTS].slots & 1ULL << slot % REPEAT_SLOTS;
}

/* Have it say so; false: nothing carries that, or there is no room. */
static bool add_repeat(struct gather_bundle *b, u32 slot, const u8 mac[SEAL_MAC_BYTES])
{
	struct repeat_word *word = &b->words[slot / REPEAT_SLOTS];

	if (!b->carries || (!word->slots && size_of(b) + REPEAT_WORD_BYTES > ROOM))
		return false;
	if (!word->slots) {
		word->index = slot / REPEAT_SLOTS;
		b->nwords++;
	}
	repeat_add(word, slot, mac);
	b->repeats++;
	return true;
}

/* What a link sends goes with a bundle, as link->how says. */
static void join(struct endpoint_gather *g, struct gather_bundle *b, struct quorum_link *link,
		 struct link_member *m, const u8 *datagram, size_t len)
{
	/* Whoever knows another slot of ours has to be shown this one first. */
	if (link->how == LINK_REPEATS && m->sent.slot == link->slot &&
	    add_repeat(b, link->slot, datagram + len - SEAL_MAC_BYTES)) {
		m->sent.repeated = true;
		atomic64_inc(&link->counters.tx_repeats);
	} else {
		add(g, b, link->slot, datagram, len);
		b->carries |= link->how >= LINK_CARRIES;
	}
	m->sent.slot = link->slot;
}

static void arm(struct endpoint_gather *g, u64 within)
{
	u64 due = ktime_get_boottime_ns() + within;

	if (g->due && g->due <= due)
		return;
	g->due = due;
	hrtimer_start(&g->timer, ns_to_ktime(within), HRTIMER_MODE_REL);
}

/**
 * quorum_gather() - let a datagram wait for those of other groups
 * @link: the link, @link->path held
 * @m: to whom
 * @to: where it goes
 * @vec: its pieces, finished
 * @n: how many
 * @len: bytes of all of them
 *
 * Where it may not wait, what it must not overtake leaves before it.
 *
 * Context: only the loop.
 * Return: true: it will leave, @link->within ns from now at the latest; false: send it.
 */
bool quorum_gather(struct quorum_link *link, struct link_member *m,
		   const struct sockaddr_storage *to, const struct kvec *vec, size_t n, size_t len)
{
	struct endpoint_gather *g = link->endpoint->gather;
	/* A guess is enough: it says when to wait no longer. */
	u32 groups = READ_ONCE(link->endpoint->users);
	u8 datagram[BUNDLE_ITEM_BYTES_MAX];
	struct gather_bundle *b;
	size_t at = 0;

	lockdep_assert_held(&link->path);
	if (groups < 2 || len > sizeof(datagram) || link->slot == LINK_NO_SLOT)
		return false;
	for (size_t i = 0; i < n; at += vec[i++].iov_len)
		memcpy(datagram + at, vec[i].iov_base, vec[i].iov_len);
	mutex_lock(&g->lock);
	b = find_bundle(g, link, to);
	if (b && b->count && repeats(b, link->slot))
		send_bundle(g, b);
	if (b && link->within) {
		join(g, b, link, m, datagram, len);
		if (b->count == QUORUM_BUNDLE_MAX || b->count + b->repeats >= groups)
			send_bundle(g, b);
		else
			arm(g, link->within);
	}
	mutex_unlock(&g->lock);
	return b && link->within;
}

int quorum_gather_init(void)
{
	gathered = alloc_workqueue("quorum_gather", WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return gathered ? 0 : -ENOMEM;
}

void quorum_gather_exit(void)
{
	destroy_workqueue(gathered);
}

/**
 * quorum_gather_start() - make what an endpoint gathers in
 * @ep: the endpoint
 *
 * Return: 0 or -ENOMEM.
 */
int quorum_gather_start(struct quorum_endpoint *ep)
{
	struct endpoint_gather *g = kvzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	g->ep = ep;
	mutex_init(&g->lock);
	INIT_WORK(&g->work, send_all);
	hrtimer_init(&g->timer, CLOCK_BOOTTIME, HRTIMER_MODE_REL);
	g->timer.function = timer_expired;
	ep->gather = g;
	return 0;
}

/**
 * quorum_gather_stop() - forget what waits, for good
 * @ep: the endpoint, whose socket is still there; no link sends from it any more
 *
 * Context: process, sleeps.
 */
void quorum_gather_stop(struct quorum_endpoint *ep)
{
	struct endpoint_gather *g = ep->gather;

	hrtimer_cancel(&g->timer);
	cancel_work_sync(&g->work);
	mutex_destroy(&g->lock);
	kvfree(g);
	ep->gather = NULL;
}
