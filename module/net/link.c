// SPDX-License-Identifier: GPL-2.0
/*
 * Links: one group's place at an endpoint, from open to close, and what the loop
 * reads from it.
 */
#include <linux/crc32c.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "net_private.h"

static const char * const drop_names[QUORUM_DROP_NR] = {
	[QUORUM_DROP_SHORT]		= "short",
	[QUORUM_DROP_MAGIC]		= "magic",
	[QUORUM_DROP_VERSION]		= "version",
	[QUORUM_DROP_CRC]		= "crc",
	[QUORUM_DROP_TYPE]		= "type",
	[QUORUM_DROP_LENGTH]		= "length",
	[QUORUM_DROP_FIELD]		= "field",
	[QUORUM_DROP_CLUSTER]		= "cluster",
	[QUORUM_DROP_GROUP]		= "group",
	[QUORUM_DROP_GENESIS]		= "genesis",
	[QUORUM_DROP_TARGET]		= "target",
	[QUORUM_DROP_SOURCE]		= "source",
	[QUORUM_DROP_INCARNATION]	= "incarnation",
	[QUORUM_DROP_QUEUE]		= "queue",
	[QUORUM_DROP_FRAGMENT]		= "fragment",
	[QUORUM_DROP_TIMEOUT]		= "timeout",
	[QUORUM_DROP_SEAL]		= "seal",
	[QUORUM_DROP_SESSION]		= "session",
	[QUORUM_DROP_REPLAY]		= "replay",
};

/**
 * quorum_drop_name() - name of a reason
 * @drop: the reason
 *
 * Return: a word, for people and for netlink.
 */
const char *quorum_drop_name(enum quorum_drop drop)
{
	return (u32)drop < QUORUM_DROP_NR ? drop_names[drop] : "unknown";
}

static void link_free(struct quorum_link *link)
{
	link_free_members(link);
	link_forget_past(link);
	for (u32 i = 0; i < ARRAY_SIZE(link->kept); i++)
		kvfree(link->kept[i].buf);
	kvfree(link->burst.buf);
	kvfree(link->hidden);
	memzero_explicit(link->keys, sizeof(link->keys));
	mutex_destroy(&link->path);
	mutex_destroy(&link->change);
	kvfree(link);
}

/* Whether and how this start seals; see format/seal.h. */
static int set_session(struct quorum_link *link, const struct quorum_link_params *params,
		       struct netlink_ext_ack *extack)
{
	if (!params->keys[0].set)
		return 0;
	if (!params->epoch || params->epoch > U32_MAX) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the device was opened too often to have another session: format a new one");
		return -EOVERFLOW;
	}
	link->session = params->epoch;
	link->secret = params->secret;
	link->life = seal_life(params->ident.incarnation, link->session);
	memcpy(link->keys, params->keys, sizeof(link->keys));
	return link->secret ? secret_prepare(link, extack) : 0;
}

static struct quorum_link *link_alloc(const struct quorum_link_params *params)
{
	struct quorum_link *link;

	link = kvzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return NULL;
	link->ident = params->ident;
	link->joins = params->joins && params->keys[0].set;
	link->joined = params->joined;
	link->wake = params->wake;
	link->priv = params->priv;
	link->due = U64_MAX;
	for (u32 i = 0; i < LINK_CLASSES; i++)
		skb_queue_head_init(&link->rx[i]);
	mutex_init(&link->change);
	mutex_init(&link->path);
	INIT_LIST_HEAD(&link->gone);
	spin_lock_init(&link->past_lock);
	INIT_LIST_HEAD(&link->past);
	for (u32 i = 0; i < QUORUM_STRANGERS_MAX; i++)
		spin_lock_init(&link->strangers[i].lock);
	link->salt = get_random_u32();
	/*
	 * Grows from one link to the next, so that members do not take what comes
	 * after a quick restart for the past; 61,000 messages a second catch up.
	 */
	link->message = ktime_get_boottime_ns() >> 14;
	return link;
}

struct quorum_link *quorum_link_open(struct net *net,
				     const struct quorum_link_params *params,
				     struct netlink_ext_ack *extack)
{
	struct sockaddr_storage listen;
	struct quorum_link *link;
	int error;

	link = link_alloc(params);
	if (!link)
		return ERR_PTR(-ENOMEM);
	error = link_keep_first(link) ? 0 : -ENOMEM;
	if (!error)
		error = set_session(link, params, extack);
	if (!error)
		error = link_address(&params->listen, true, &listen, extack);
	if (!error) {
		mutex_lock(&link->change);
		error = link_make_members(link, params->n, params->members, &listen, extack);
		mutex_unlock(&link->change);
	}
	if (!error)
		error = quorum_endpoint_join(net, &listen, link, extack);
	if (error) {
		link_free(link);
		return ERR_PTR(error);
	}
	mutex_lock(&link->change);
	mutex_lock(&link->path);
	link_set_source(link);
	mutex_unlock(&link->path);
	mutex_unlock(&link->change);
	return link;
}

void quorum_link_close(struct quorum_link *link)
{
	quorum_endpoint_leave(link);
	for (u32 i = 0; i < LINK_CLASSES; i++)
		skb_queue_purge(&link->rx[i]);
	kfree_skb(link->reading);
	link_let_go(link);
	link_free(link);
}

static struct assemble *oldest_open(struct link_member *m)
{
	struct assemble *as = NULL;

	for (u32 i = 0; i < m->places; i++)
		if (m->as[i].open && (!as || (s32)(m->as[i].message - as->message) < 0))
			as = &m->as[i];
	return as;
}

/* A message of @m in the making is given up. */
static void drop_half(struct quorum_link *link, const struct link_member *m,
		      enum quorum_drop why)
{
	struct wire_header hdr = link->ident;

	hdr.from = m->id;
	hdr.to = link->ident.from;
	link_drop_traced(link, &hdr, 0, why);
}

/* One more place for half messages, or NULL. */
static struct assemble *add_place(struct link_member *m)
{
	void *buf;

	if (m->places == ARRAY_SIZE(m->as))
		return NULL;
	buf = kvmalloc(QUORUM_MSG_BYTES_MAX, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!buf)
		return NULL;
	assemble_init(&m->as[m->places], buf);
	return &m->as[m->places++];
}

/*
 * The half message a fragment belongs to; where it is the first, and there is no memory
 * for more, the oldest makes room.  NULL: all are whole and have not been read, or this
 * one was.
 */
static struct assemble *find_assemble(struct quorum_link *link, struct link_member *m,
				      const struct wire_header *hdr, u32 message, u64 now)
{
	struct assemble *as;
	u32 i;

	if (m->session != hdr->session) {
		/* It was started again and counts its messages anew. */
		for (i = 0; i < m->places; i++) {
			if (m->as[i].open || m->as[i].held)
				drop_half(link, m, QUORUM_DROP_REPLAY);
			assemble_init(&m->as[i], m->as[i].buf);
		}
		link->nheld -= m->nheld;
		m->nheld = 0;
		m->ndone = 0;
		m->session = hdr->session;
	}
	for (i = 0; i < m->places; i++)
		if (assemble_expire(&m->as[i], now,
				    QUORUM_REASSEMBLY_MS * (u64)NSEC_PER_MSEC))
			drop_half(link, m, QUORUM_DROP_TIMEOUT);
	as = assemble_find(m->as, m->places, message);
	if (!(as && as->open) && link_was_done(m, message, now))
		return NULL;
	if (!as)
		as = add_place(m);
	if (as) {
		if (!as->known)
			link_forget_repair(m, as - m->as);
		return as;
	}
	as = oldest_open(m);
	if (!as)
		return NULL;
	drop_half(link, m, QUORUM_DROP_FRAGMENT);
	assemble_init(as, as->buf);
	link_forget_repair(m, as - m->as);
	return as;
}

static void take_fragment(struct quorum_link *link, struct link_member *m,
			  const struct wire_header *hdr, const struct sk_buff *skb)
{
	u64 now = ktime_get_boottime_ns();
	struct wire_fragment frag;
	enum assemble_result result;
	enum wire_error error;
	struct assemble *as;
	bool lost = false;

	error = wire_fragment_get(skb->data, skb->len, &frag);
	if (error) {
		link_drop_traced(link, hdr, skb->len, drop_of_error(error));
		return;
	}
	as = find_assemble(link, m, hdr, frag.message, now);
	result = as ? assemble_add(as, now, skb->data, &frag, &lost) : ASSEMBLE_MISFIT;
	if (lost || result == ASSEMBLE_MISFIT)
		link_drop_traced(link, hdr, skb->len, QUORUM_DROP_FRAGMENT);
	else
		link_note_fragment(link, m, &frag, now);
	if (result == ASSEMBLE_DUPLICATE)
		link_drop_traced(link, hdr, skb->len, QUORUM_DROP_REPLAY);
	if (result == ASSEMBLE_DONE) {
		link_note_done(m, as - m->as);
		as->held = true;
		m->nheld++;
		link->nheld++;
	}
}

static struct assemble *oldest_held(struct link_member *m)
{
	struct assemble *as = NULL;

	for (u32 i = 0; i < m->places; i++)
		if (m->as[i].held && (!as || (s32)(m->as[i].message - as->message) < 0))
			as = &m->as[i];
	return as;
}

/* A message of @m that is whole and whose turn it is, or NULL. */
static struct assemble *next_whole(struct quorum_link *link, struct link_member *m)
{
	struct assemble *as;

	if (!m->nheld)
		return NULL;
	as = assemble_next(m->as, m->places);
	/* Others may come meanwhile, and there has to be room for them (early.c has some). */
	if (!as && m->nheld >= ARRAY_SIZE(m->as) - QUORUM_REASSEMBLIES_MIN)
		as = oldest_held(m);
	if (as) {
		as->held = false;
		m->nheld--;
		link->nheld--;
	}
	return as;
}

/* The same of any member. */
static struct assemble *any_whole(struct quorum_link *link)
{
	struct member_table *table = link_table(link);
	struct assemble *as = NULL;

	for (u32 i = 0; i < table->n && !as; i++)
		as = next_whole(link, table->members[i]);
	return as;
}

/* The next datagram: what must not wait first. */
static struct sk_buff *next_datagram(struct quorum_link *link)
{
	struct sk_buff *skb = NULL;

	for (u32 i = 0; i < LINK_CLASSES && !skb; i++)
		skb = skb_dequeue(&link->rx[i]);
	return skb;
}

/* Look at the next datagram; true: it is a message by itself. */
static bool take_datagram(struct quorum_link *link, struct wire_header *hdr)
{
	struct sk_buff *skb = link->reading;
	struct link_member *m;

	wire_header_get(skb->data, hdr);
	m = link_member_find(link, hdr->from);
	/* It may have left the group since it was received. */
	if (!m) {
		link_drop_traced(link, hdr, skb->len, QUORUM_DROP_SOURCE);
		return false;
	}
	if (hdr->fragment) {
		take_fragment(link, m, hdr, skb);
		return false;
	}
	if (hdr->type == RAFT_MSG_HEARTBEAT) {
		m->bundled = link_cb(skb)->bundled;
		m->repeated = link_cb(skb)->repeated;
	}
	if (hdr->type == RAFT_MSG_HEARTBEAT_REPLY)
		link_note_answer(m, hdr, skb->data, skb->len, link_cb(skb)->bundled);
	if (hdr->type != WIRE_REPAIR)
		return true;
	link_repair(link, m, skb);
	return false;
}

bool quorum_link_recv(struct quorum_link *link, struct wire_header *hdr,
		      const void **buf, size_t *len)
{
	struct assemble *as;

	if (!list_empty(&link->gone))
		link_let_go(link);
	link_take_strangers(link);
	link_send_hellos(link);
	for (u32 i = 0; i < QUORUM_RX_QUEUE_MAX; i++) {
		link_ask_repairs(link, ktime_get_boottime_ns());
		as = link->nheld ? any_whole(link) : NULL;
		if (as) {
			wire_header_get(as->buf, hdr);
			*buf = as->buf;
			*len = assemble_bytes(as);
			atomic64_inc(&link->counters.rx_messages[hdr->type]);
			return true;
		}
		consume_skb(link->reading);
		link->reading = next_datagram(link);
		if (!link->reading)
			return false;
		if (take_datagram(link, hdr)) {
			*buf = link->reading->data;
			*len = link->reading->len;
			atomic64_inc(&link->counters.rx_messages[hdr->type]);
			return true;
		}
	}
	/* Fragments of nothing whole: let the loop do something else in between. */
	link->wake(link->priv);
	return false;
}

u64 quorum_link_due(struct quorum_link *link)
{
	return link->due;
}

void quorum_link_malformed(struct quorum_link *link, const struct wire_header *hdr,
			   enum wire_error error)
{
	link_drop_traced(link, hdr, 0, drop_of_error(error));
}

void quorum_link_no_room(struct quorum_link *link, const struct wire_header *hdr)
{
	link_drop_traced(link, hdr, 0, QUORUM_DROP_QUEUE);
}

void *quorum_link_buffer(struct quorum_link *link)
{
	return link->tx;
}

u64 quorum_link_shown(struct quorum_link *link, u32 id)
{
	struct link_member *m;
	u64 shown = 0;

	rcu_read_lock();
	m = table_find(rcu_dereference(link->table), id);
	if (m) {
		spin_lock_bh(&m->lock);
		shown = m->shown;
		spin_unlock_bh(&m->lock);
	}
	rcu_read_unlock();
	return shown;
}

u64 quorum_link_incarnation(struct quorum_link *link, u32 id)
{
	struct link_member *m;
	u64 incarnation;

	rcu_read_lock();
	m = table_find(rcu_dereference(link->table), id);
	incarnation = m ? atomic64_read(&m->incarnation) : 0;
	rcu_read_unlock();
	return incarnation;
}

void quorum_link_get_stats(struct quorum_link *link, struct quorum_link_stats *stats)
{
	struct link_counters *c = &link->counters;

	stats->tx_datagrams = atomic64_read(&c->tx_datagrams);
	stats->tx_bytes = atomic64_read(&c->tx_bytes);
	stats->tx_repeats = atomic64_read(&c->tx_repeats);
	stats->tx_unready = atomic64_read(&c->tx_unready);
	stats->tx_bursts = atomic64_read(&c->tx_bursts);
	stats->repairs_asked = atomic64_read(&c->repairs_asked);
	stats->fragments_repaired = atomic64_read(&c->fragments_repaired);
	stats->rx_datagrams = atomic64_read(&c->rx_datagrams);
	stats->rx_bytes = atomic64_read(&c->rx_bytes);
	stats->rx_repeats = atomic64_read(&c->rx_repeats);
	for (u32 i = 0; i < RAFT_MSG_NR; i++) {
		stats->tx_messages[i] = atomic64_read(&c->tx_messages[i]);
		stats->rx_messages[i] = atomic64_read(&c->rx_messages[i]);
	}
	/* The endpoint may be left for another one any time. */
	mutex_lock(&link->change);
	stats->tx_bundles = atomic64_read(&link->endpoint->tx_bundles);
	stats->tx_errors = atomic64_read(&c->tx_errors) +
			   atomic64_read(&link->endpoint->tx_errors);
	for (u32 i = 0; i < QUORUM_DROP_NR; i++)
		stats->drops[i] = atomic64_read(&c->drops[i]) +
				  atomic64_read(&link->endpoint->drops[i]);
	mutex_unlock(&link->change);
}

/*
 * Prove that this kernel sums and hashes as the wire demands: one that does not,
 * through a bad driver say, would look like a network that loses everything.
 */
int quorum_net_init(void)
{
	/* Made by another implementation; see tests/unit/seal_test.c. */
	static const u8 derived[SEAL_KEY_BYTES] = {
		0x9a, 0x67, 0x9c, 0x61, 0x76, 0xb2, 0xb1, 0xbd, 0xf3, 0xe3, 0xa3, 0xde,
		0x66, 0xe8, 0x1f, 0x91, 0x8c, 0x79, 0xc4, 0xab, 0xba, 0x44, 0xf2, 0xf9,
		0xed, 0x06, 0xa8, 0xe0, 0x89, 0xf4, 0xbc, 0xd9,
	};
	u8 key[SEAL_KEY_BYTES];
	int error;

	/* RFC 3720, B.4 */
	if (~crc32c(~0U, "123456789", 9) != 0xe3069283) {
		pr_err("crc32c of this kernel is wrong\n");
		return -ENOTRECOVERABLE;
	}
	for (u32 i = 0; i < SEAL_KEY_BYTES; i++)
		key[i] = 0x40 + i;
	seal_derive(key, key, 0x1112131415161718ULL, 0x21222324, 0x01020304, 0x05060708);
	if (memcmp(key, derived, sizeof(key))) {
		pr_err("blake2s of this kernel is wrong\n");
		return -ENOTRECOVERABLE;
	}
	if (!secret_selftest()) {
		pr_err("xchacha20poly1305 of this kernel is wrong\n");
		return -ENOTRECOVERABLE;
	}
	error = quorum_gather_init();
	if (error)
		return error;
	error = quorum_repeats_init();
	if (error)
		quorum_gather_exit();
	return error;
}

/* Every link has been closed by now; what they freed under RCU has our code to run. */
void quorum_net_exit(void)
{
	WARN_ON(!quorum_endpoint_is_idle());
	quorum_repeats_exit();
	quorum_gather_exit();
	rcu_barrier();
}
