// SPDX-License-Identifier: GPL-2.0
/*
 * Reception: from the UDP layer to the queue of a link, in softirq.
 *
 * The work per datagram is bounded: at most QUORUM_MTU_MAX bytes are pulled
 * together and summed, one hash chain of this kernel's own groups is walked,
 * QUORUM_MEMBERS_MAX ids are compared, and where the address is a member's, one
 * MAC is made, or two; for a brief one as many for each of the devices that spoke with the
 * member's id, two at most.  A bundle is QUORUM_BUNDLE_MAX of the long ones at most, and not
 * longer; what is repeated in it is looked at elsewhere (repeat.c), and only if one of
 * those was taken.
 * Nothing is ever answered from here, and what is refused costs a counter.
 *
 * What is queued holds no reference to a device, a route or a namespace, so it
 * may lie there while those go away.
 */
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/sock.h>
#include <net/udp.h>
#include "../format/bundle.h"
#include "net_private.h"
#include "net_trace.h"

/**
 * link_find() - find a link at an endpoint, or say what is missing
 * @ep: the endpoint
 * @cluster: key of its cluster
 * @group: number of its group
 * @why: set to the reason when there is none
 *
 * Context: under RCU.
 */
struct quorum_link *link_find(struct quorum_endpoint *ep, u64 cluster, u32 group,
			      enum quorum_drop *why)
{
	struct quorum_link *link;

	*why = QUORUM_DROP_GROUP;
	hash_for_each_possible_rcu(ep->links, link, node, group) {
		if (link->ident.group != group)
			continue;
		if (link->ident.cluster == cluster)
			return link;
		*why = QUORUM_DROP_CLUSTER;
	}
	return NULL;
}

/* Pin the incarnation a member shows first; false: it has another one now. */
bool link_pin_incarnation(struct link_member *m, u64 incarnation)
{
	u64 known = atomic64_read(&m->incarnation);

	if (!known)
		known = atomic64_cmpxchg(&m->incarnation, 0, incarnation);
	return !known || known == incarnation;
}

/**
 * link_window() - may a member say this from its device, and what was taken from that?
 * @m: the member; its lock is held
 * @hdr: header of a datagram whose seal is right, where there are seals
 *
 * From another device than the member's only what a leader says is taken, and only from
 * one such device until the configuration tells which is the member's: so that each has
 * a window of its own, which never begins anew while an old datagram would fit it.
 *
 * Return: the window, NULL: it may not.
 */
struct seal_window *link_window(struct link_member *m, const struct wire_header *hdr)
{
	lockdep_assert_held(&m->lock);
	if (link_pin_incarnation(m, hdr->incarnation))
		return &m->window;
	m->shown = hdr->incarnation;
	if (!wire_leader_says(hdr->type) || (m->other && m->other != hdr->incarnation))
		return NULL;
	m->other = hdr->incarnation;
	return &m->other_window;
}

/* Does @skb come from where @m is heard? */
bool link_source_is(struct link_member *m, const struct sk_buff *skb, sa_family_t family)
{
	bool yes;

	spin_lock(&m->lock);
	yes = link_is_at(m, skb, family);
	spin_unlock(&m->lock);
	return yes;
}

/*
 * Is the sender of a group that was set up as this one?  Who joins knows no members,
 * so it shows another fingerprint and takes any; the key says that it belongs here.
 */
static bool link_knows_genesis(const struct quorum_link *link, const struct wire_header *hdr)
{
	if (hdr->genesis == link->ident.genesis)
		return true;
	return link->session && (link->joins || hdr->genesis == link->joined);
}

/*
 * Everything about a datagram for @link that needs no look at its body.  What is
 * cheap comes first: only what seems to come from a member costs a MAC.
 */
static bool link_accepts(struct quorum_link *link, struct sk_buff *skb, sa_family_t family,
			 const struct wire_header *hdr, u32 slot, enum quorum_drop *why)
{
	struct link_member *m;
	bool taken;

	*why = QUORUM_DROP_TARGET;
	if (hdr->to != link->ident.from)
		return false;
	*why = QUORUM_DROP_SOURCE;
	m = table_find(rcu_dereference(link->table), hdr->from);
	if (!m || !link_source_is(m, skb, family)) {
		/* Nobody may have told us where it is; it can show that. */
		if (link->session && hdr->session && hdr->from != link->ident.from &&
		    link_knows_genesis(link, hdr))
			link_note_stranger(link, skb, family);
		return false;
	}
	*why = QUORUM_DROP_GENESIS;
	if (!link_knows_genesis(link, hdr))
		return false;
	if (link->session)
		return link_unseal(link, m, skb, hdr, slot, why);
	*why = QUORUM_DROP_SEAL;
	if (hdr->session)
		return false;
	*why = QUORUM_DROP_INCARNATION;
	spin_lock(&m->lock);
	taken = link_window(m, hdr);
	spin_unlock(&m->lock);
	return taken;
}

/* @len: of the datagram as it came */
static bool link_queue(struct quorum_link *link, struct sk_buff *skb, u8 type, u32 len)
{
	struct sk_buff_head *rx = &link->rx[wire_type_is_long(type) ? LINK_BULK : LINK_URGENT];
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&rx->lock, flags);
	room = skb_queue_len(rx) < QUORUM_RX_QUEUE_MAX;
	if (room)
		__skb_queue_tail(rx, skb);
	spin_unlock_irqrestore(&rx->lock, flags);
	if (!room)
		return false;

	/* The loop may have freed @skb by now; the link lives on under RCU. */
	atomic64_inc(&link->counters.rx_datagrams);
	atomic64_add(len, &link->counters.rx_bytes);
	link->wake(link->priv);
	return true;
}

/* Strip what ties @skb to the way it came. */
static void detach(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
}

/* Only what is in no hurry shares a datagram. */
static bool may_be_bundled(const struct wire_header *hdr)
{
	return repeat_may(hdr->type) && !hdr->fragment;
}

static void drop(struct quorum_endpoint *ep, struct sk_buff *skb, const struct wire_header *hdr,
		 enum quorum_drop why)
{
	atomic64_inc(&ep->drops[why]);
	trace_quorum_datagram_drop(hdr, skb->len, quorum_drop_name(why));
	kfree_skb(skb);
}

/**
 * link_drop_traced() - count and show something that a link drops
 * @link: the link
 * @hdr: its header
 * @len: its length, without UDP header
 * @why: the reason
 *
 * Context: any.
 */
void link_drop_traced(struct quorum_link *link, const struct wire_header *hdr, u32 len,
		      enum quorum_drop why)
{
	link_drop(link, why);
	trace_quorum_datagram_drop(hdr, len, quorum_drop_name(why));
}

/* Refused by a link. */
void link_refuse(struct quorum_link *link, struct sk_buff *skb, const struct wire_header *hdr,
		 enum quorum_drop why)
{
	link_drop_traced(link, hdr, skb->len, why);
	if (atomic_read(&link->hellos))
		link->wake(link->priv);
	kfree_skb(skb);
}

/**
 * link_take() - queue a datagram that was accepted
 * @link: the link
 * @skb: the datagram, without seal
 * @hdr: its header
 * @len: its length as it came
 * @cb: how it came
 *
 * Context: softirq or process, under RCU.
 * Return: false: there was no room, and it is gone.
 */
bool link_take(struct quorum_link *link, struct sk_buff *skb, const struct wire_header *hdr,
	       u32 len, struct link_cb cb)
{
	detach(skb);
	*link_cb(skb) = cb;
	if (link_queue(link, skb, hdr->type, len)) {
		trace_quorum_datagram_receive(hdr, len);
		return true;
	}
	link_refuse(link, skb, hdr, QUORUM_DROP_QUEUE);
	return false;
}

/*
 * A datagram that came alone, or in a bundle with @slot beside it; linear, without UDP
 * header.  Return: it is certainly a member's, and was not here before.
 */
static bool receive_one(struct quorum_endpoint *ep, struct sk_buff *skb, sa_family_t family,
			u32 slot)
{
	struct link_cb cb = { .bundled = slot != LINK_NO_SLOT };
	struct quorum_link *link;
	struct wire_header hdr;
	enum quorum_drop why;
	enum wire_error error;
	u32 len = skb->len;

	error = wire_check(skb->data, skb->len, &hdr);
	if (error) {
		drop(ep, skb, NULL, drop_of_error(error));
		return false;
	}
	if (cb.bundled && !may_be_bundled(&hdr)) {
		drop(ep, skb, &hdr, QUORUM_DROP_TYPE);
		return false;
	}
	link = link_find(ep, hdr.cluster, hdr.group, &why);
	if (!link) {
		drop(ep, skb, &hdr, why);
		return false;
	}
	if (!link_accepts(link, skb, family, &hdr, slot, &why)) {
		link_refuse(link, skb, &hdr, why);
		return false;
	}
	if (hdr.type == WIRE_HELLO) {
		link->wake(link->priv);
		kfree_skb(skb);
		return true;
	}
	link_take(link, skb, &hdr, len, cb);
	return link->session;
}

/* Of a link that refused a brief datagram: is it certainly no other link's? */
static bool was_meant(enum quorum_drop why)
{
	return why != QUORUM_DROP_SOURCE && why != QUORUM_DROP_SESSION && why != QUORUM_DROP_SEAL;
}

/*
 * A brief one.  Groups of one name in several clusters have one number, and it does not
 * say which: it is for the one whose key it was sealed with.
 */
static void receive_brief(struct quorum_endpoint *ep, struct sk_buff *skb, sa_family_t family)
{
	struct quorum_link *each, *link = NULL;
	enum quorum_drop why = QUORUM_DROP_GROUP;
	enum wire_error error;
	struct wire_header hdr;
	struct brief brief;
	u32 len = skb->len;

	error = brief_get(skb->data, skb->len, &brief);
	if (error) {
		drop(ep, skb, NULL, drop_of_error(error));
		return;
	}
	hash_for_each_possible_rcu(ep->links, each, node, brief.group) {
		if (each->ident.group != brief.group)
			continue;
		link = each;
		if (link_take_brief(link, skb, family, &brief, &hdr, &why)) {
			link_take(link, skb, &hdr, len, (struct link_cb){});
			return;
		}
		if (was_meant(why))
			break;
	}
	if (link)
		link_refuse(link, skb, NULL, why);
	else
		drop(ep, skb, NULL, why);
}

/* What is in a bundle, one behind the other, behind the headers of the bundle. */
static struct sk_buff *unpack(const struct sk_buff *skb, const struct bundle *b)
{
	int more = max_t(int, b->bytes - skb->len, 0);
	struct sk_buff *all = skb_copy_expand(skb, skb_headroom(skb), more, GFP_ATOMIC);

	if (!all)
		return NULL;
	__skb_trim(all, 0);
	bundle_unpack(b, __skb_put(all, b->bytes));
	return all;
}

/* What is repeated in a bundle of which something was @taken, or nothing was. */
static void receive_words(struct quorum_endpoint *ep, struct sk_buff *skb,
			  const struct bundle *b, bool taken)
{
	if (!taken) {
		/* Anybody may have sent it: that has to cost no more than other noise. */
		drop(ep, skb, NULL, QUORUM_DROP_SEAL);
		return;
	}
	detach(skb);
	__skb_pull(skb, b->tail - skb->data);
	if (!quorum_repeats_queue(ep, skb))
		drop(ep, skb, NULL, QUORUM_DROP_QUEUE);
}

/* Each datagram in it as if it had come alone, then what is repeated. */
static void receive_bundle(struct quorum_endpoint *ep, struct sk_buff *skb, sa_family_t family)
{
	enum wire_error error;
	struct sk_buff *all;
	bool taken = false;
	struct bundle b;
	size_t at = 0;

	error = bundle_open(&b, skb->data, skb->len);
	if (error) {
		drop(ep, skb, NULL, drop_of_error(error));
		return;
	}
	all = unpack(skb, &b);
	if (!all) {
		drop(ep, skb, NULL, QUORUM_DROP_QUEUE);
		return;
	}
	for (u32 i = 0; i < b.count; at += b.lengths[i++]) {
		struct sk_buff *one = skb_clone(all, GFP_ATOMIC);

		if (!one) {
			atomic64_inc(&ep->drops[QUORUM_DROP_QUEUE]);
			trace_quorum_datagram_drop(NULL, b.lengths[i],
						   quorum_drop_name(QUORUM_DROP_QUEUE));
			continue;
		}
		__skb_pull(one, at);
		__skb_trim(one, b.lengths[i]);
		taken |= receive_one(ep, one, family, b.items[i].slot);
	}
	consume_skb(all);
	if (b.words)
		receive_words(ep, skb, &b, taken);
	else
		consume_skb(skb);
}

static void receive(struct quorum_endpoint *ep, struct sk_buff *skb, sa_family_t family)
{
	enum quorum_drop why;

	why = QUORUM_DROP_SHORT;
	if (!pskb_may_pull(skb, sizeof(struct udphdr)))
		goto drop;
	__skb_pull(skb, sizeof(struct udphdr));
	why = QUORUM_DROP_LENGTH;
	if (skb->len > QUORUM_MTU_MAX)
		goto drop;
	why = QUORUM_DROP_QUEUE;	/* no memory is no room */
	if (skb_linearize(skb))
		goto drop;
	if (bundle_is(skb->data, skb->len))
		receive_bundle(ep, skb, family);
	else if (brief_is(skb->data, skb->len))
		receive_brief(ep, skb, family);
	else
		receive_one(ep, skb, family, LINK_NO_SLOT);
	return;
drop:
	drop(ep, skb, NULL, why);
}

/**
 * quorum_receive() - the encap_rcv of our sockets
 * @sk: one of them
 * @skb: a datagram, from its UDP header on; checksum verified
 *
 * Context: softirq, or process with bottom halves off; under RCU.
 * Return: 0, the datagram was taken whatever became of it.
 */
int quorum_receive(struct sock *sk, struct sk_buff *skb)
{
	struct quorum_endpoint *ep = rcu_dereference_sk_user_data(sk);

	if (likely(ep))
		receive(ep, skb, sk->sk_family);
	else
		kfree_skb(skb);		/* being released: see endpoint.c */
	return 0;
}
