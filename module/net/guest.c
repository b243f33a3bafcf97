// SPDX-License-Identifier: GPL-2.0
/*
 * Guests: senders that no member list here names yet, but that know the cluster's key.
 *
 * A node that was away does not know of the members that were added meanwhile, and it
 * learns of them only from a leader, who may be one of them; so not to listen to whom
 * one does not know would keep it away for ever.  Only with a key: without one a
 * stranger's word proves nothing.
 *
 * Softirq keeps one datagram of a stranger now and then; the loop makes the key of
 * that pair and looks at its MAC.  A right one makes the sender a guest: a member to
 * the link, until the members are set the next time.  What the guest says is for the
 * engine to judge.  Datagrams before that are lost; it is asked by HELLOs for more.
 *
 * A member or a guest may be elsewhere than we know: then it is a stranger there, too, until
 * it has shown that it is there (place.c).
 *
 * Strangers are told apart by the address they seem to come from, so that one place that
 * is shouted from takes nothing away from the others.
 */
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "net_private.h"

static void source_address(const struct sk_buff *skb, sa_family_t family,
			   struct sockaddr_storage *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (family == AF_INET) {
		struct sockaddr_in *a = (struct sockaddr_in *)addr;

		a->sin_family = AF_INET;
		a->sin_addr.s_addr = ip_hdr(skb)->saddr;
		a->sin_port = udp_hdr(skb)->source;
	} else {
		struct sockaddr_in6 *a = (struct sockaddr_in6 *)addr;

		a->sin6_family = AF_INET6;
		a->sin6_addr = ipv6_hdr(skb)->saddr;
		a->sin6_port = udp_hdr(skb)->source;
		if (ipv6_addr_type(&a->sin6_addr) & IPV6_ADDR_LINKLOCAL)
			a->sin6_scope_id = inet6_iif(skb);
	}
}

/* Where what comes from this address is kept. */
static struct link_stranger *place_of(struct quorum_link *link, const struct sk_buff *skb,
				      sa_family_t family)
{
	u32 hash;

	if (family == AF_INET)
		hash = jhash_1word((__force u32)ip_hdr(skb)->saddr, link->salt);
	else
		hash = __ipv6_addr_jhash(&ipv6_hdr(skb)->saddr, link->salt);
	return &link->strangers[hash & (QUORUM_STRANGERS_MAX - 1)];
}

/**
 * link_note_stranger() - keep a datagram of an unknown sender for the loop, perhaps
 * @link: a link with keys
 * @skb: the datagram, sealed, for this node and of this group; passed wire_check(), linear
 * @family: of the socket
 *
 * Context: softirq.
 */
void link_note_stranger(struct quorum_link *link, const struct sk_buff *skb,
			sa_family_t family)
{
	struct link_stranger *s = place_of(link, skb, family);
	u64 now = ktime_get_boottime_ns();
	bool kept = false;

	/* Nobody can be answered at port 0. */
	if (READ_ONCE(s->here) || skb->len > sizeof(s->datagram) || !udp_hdr(skb)->source)
		return;
	spin_lock(&s->lock);
	if (!s->here && now >= s->not_before) {
		s->not_before = now + QUORUM_STRANGER_MS * (u64)NSEC_PER_MSEC;
		s->len = skb->len;
		memcpy(s->datagram, skb->data, skb->len);
		source_address(skb, family, &s->addr);
		/* Read with acquire by the loop. */
		smp_store_release(&s->here, true);
		kept = true;
	}
	spin_unlock(&s->lock);
	if (!kept)
		return;
	atomic_set_release(&link->stranger, 1);
	link->wake(link->priv);
}

/* Is it sealed with a key that is made of the cluster's?  link->change is held. */
static bool knows_key(struct quorum_link *link, struct link_stranger *s,
		      const struct wire_header *hdr, struct seal_stamp *stamp)
{
	u8 key[SEAL_KEY_BYTES];
	bool yes = false;

	lockdep_assert_held(&link->change);
	for (u32 i = 0; i < ARRAY_SIZE(link->keys) && !yes; i++) {
		if (!link->keys[i].set)
			continue;
		link_derive(link, key, &link->keys[i], hdr->from, link->ident.from);
		yes = link_opens(link, key, s->datagram, s->len, hdr, stamp);
	}
	memzero_explicit(key, sizeof(key));
	return yes;
}

/* Return: true if something may come soon in answer to what is sent there. */
static bool take_stranger(struct quorum_link *link, struct link_stranger *s)
{
	u64 now = ktime_get_boottime_ns();
	struct wire_header hdr;
	struct seal_stamp stamp;
	struct link_member *m;

	wire_header_get(s->datagram, &hdr);
	if (!knows_key(link, s, &hdr, &stamp))
		return false;
	m = link_sender(link, hdr.from, &s->addr);
	if (!m || !link_place_sender(link, m, &s->addr, &hdr, &stamp) ||
	    now - s->probed < QUORUM_STRANGER_MS * (u64)NSEC_PER_MSEC)
		return false;
	s->probed = now;
	link_probe(link, m, &s->addr);
	return true;
}

/* Take the strangers in who know the key.  Context: only the loop. */
void link_take_strangers(struct quorum_link *link)
{
	if (!atomic_read(&link->stranger) || !atomic_xchg(&link->stranger, 0))
		return;
	mutex_lock(&link->change);
	for (u32 i = 0; i < QUORUM_STRANGERS_MAX; i++) {
		struct link_stranger *s = &link->strangers[i];
		bool expected;

		/* Pairs with the release in link_note_stranger(), which leaves it alone now. */
		if (!smp_load_acquire(&s->here))
			continue;
		expected = take_stranger(link, s);
		spin_lock_bh(&s->lock);
		if (expected)
			s->not_before = 0;
		s->here = false;
		spin_unlock_bh(&s->lock);
	}
	mutex_unlock(&link->change);
}
