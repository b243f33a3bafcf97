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
 * engine to judge.  Datagrams before that are lost; the answer to them is a HELLO.
 */
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

/**
 * link_note_stranger() - keep a datagram of an unknown sender for the loop, perhaps
 * @link: a link with keys
 * @skb: the datagram; passed wire_check(), linear
 * @family: of the socket
 * @hdr: its header: sealed, for this node and of this group
 *
 * Context: softirq.
 */
void link_note_stranger(struct quorum_link *link, const struct sk_buff *skb,
			sa_family_t family, const struct wire_header *hdr)
{
	struct link_stranger *s = &link->stranger;
	u64 now = ktime_get_boottime_ns();
	bool kept = false;

	spin_lock(&s->lock);
	if (!s->here && now >= s->not_before && skb->len <= sizeof(s->datagram)) {
		s->not_before = now + QUORUM_STRANGER_MS * (u64)NSEC_PER_MSEC;
		s->len = skb->len;
		s->id = hdr->from;
		memcpy(s->datagram, skb->data, skb->len);
		source_address(skb, family, &s->addr);
		/* Read with acquire by the loop. */
		smp_store_release(&s->here, true);
		kept = true;
	}
	spin_unlock(&s->lock);
	if (kept)
		link->wake(link->priv);
}

/* Is it sealed with a key that is made of the cluster's?  link->change is held. */
static bool knows_key(struct quorum_link *link, struct link_stranger *s)
{
	const struct wire_header *ident = &link->ident;
	struct wire_header hdr;
	struct seal_stamp stamp;
	u8 key[SEAL_KEY_BYTES];
	bool yes = false;

	lockdep_assert_held(&link->change);
	wire_header_get(s->datagram, &hdr);
	for (u32 i = 0; i < ARRAY_SIZE(link->keys) && !yes; i++) {
		if (!link->keys[i].set)
			continue;
		link_derive(link, key, &link->keys[i], s->id, ident->from);
		yes = link_opens(link, key, s->datagram, s->len, &hdr, &stamp);
	}
	memzero_explicit(key, sizeof(key));
	return yes;
}

/* Take the stranger in, if it is one.  Context: only the loop. */
void link_take_stranger(struct quorum_link *link)
{
	struct link_stranger *s = &link->stranger;

	/* Pairs with the release in softirq: what it wrote is seen with @here. */
	/* Pairs with the release in link_note_stranger(). */
	if (!smp_load_acquire(&s->here))
		return;
	mutex_lock(&link->change);
	/* Softirq leaves it alone until it is empty again. */
	if (knows_key(link, s))
		link_add_guest(link, s->id, &s->addr);
	mutex_unlock(&link->change);
	spin_lock_bh(&s->lock);
	s->here = false;
	spin_unlock_bh(&s->lock);
}
