// SPDX-License-Identifier: GPL-2.0
/*
 * Brief datagrams (format/brief.h): making them of sealed ones, and back.
 *
 * A received one is restored beside the datagram, and takes its place in there only when
 * its MAC was right: then nothing behind here can tell it from a long one.
 */
#include <linux/skbuff.h>
#include <linux/string.h>
#include "net_private.h"

/* What was taken from @m, or from its other device, and names the life of that; false: nothing. */
static bool known_life(struct link_member *m, bool other, struct wire_header *hdr, u64 *top)
{
	const struct seal_window *window = other ? &m->other_window : &m->window;

	spin_lock(&m->lock);
	hdr->session = window->session;
	hdr->genesis = other ? m->other_genesis : m->genesis;
	hdr->incarnation = other ? m->other : atomic64_read(&m->incarnation);
	*top = window->top;
	spin_unlock(&m->lock);
	return hdr->session && hdr->incarnation;
}

static bool opens(const struct quorum_link *link, const struct link_member *m, const u8 *head,
		  size_t head_len, const struct sk_buff *skb, const struct brief *brief,
		  const struct seal_stamp *stamp)
{
	const struct member_keys *keys = rcu_dereference(m->keys);
	const u8 *mac = skb_tail_pointer(skb) - SEAL_MAC_BYTES;
	const u8 *rest = skb->data + brief->taken;

	for (u32 i = 0; keys && i < keys->n; i++)
		if (seal_verify(keys->rx[i], head, head_len, rest, mac - rest, stamp, mac))
			return true;
	return false;
}

/* Put the long form, without a seal, in the place of the brief one. */
static bool replace(struct sk_buff *skb, const struct brief *brief, const u8 *head, size_t len)
{
	__skb_trim(skb, skb->len - SEAL_MAC_BYTES);
	__skb_pull(skb, brief->taken);
	/* Somebody may look at the network (AF_PACKET), at this very memory. */
	if (skb_cow_head(skb, len))
		return false;
	memcpy(__skb_push(skb, len), head, len);
	return true;
}

/**
 * link_take_brief() - check a brief datagram, and make it a long one without a seal
 * @link: a link of the group that it names
 * @skb: the datagram, linear; its UDP and IP headers are gone when it is taken
 * @family: of the socket
 * @brief: as brief_get() read it
 * @hdr: set to its header when it is taken
 * @why: set to the reason when it is refused
 *
 * Context: softirq, under RCU.
 * Return: true if it is from a member, unchanged, and new.
 */
bool link_take_brief(struct quorum_link *link, struct sk_buff *skb, sa_family_t family,
		     const struct brief *brief, struct wire_header *hdr, enum quorum_drop *why)
{
	u8 head[BRIEF_LONG_BYTES_MAX];
	struct seal_stamp stamp;
	struct link_member *m;
	bool opened = false, taken;
	size_t len = 0;
	u64 top;

	*why = QUORUM_DROP_SOURCE;
	m = table_find(rcu_dereference(link->table), brief->from);
	if (!m || brief->from == link->ident.from || !link_source_is(m, skb, family))
		return false;
	*why = QUORUM_DROP_SEAL;
	if (!link->session || link->secret)
		return false;
	*hdr = link->ident;
	hdr->to = link->ident.from;
	*why = QUORUM_DROP_SESSION;
	for (u32 i = 0; i < 2 && !opened; i++) {
		if (!known_life(m, i, hdr, &top))
			continue;
		len = brief_restore(brief, hdr, head);
		stamp.counter = brief_counter(top, brief->counter);
		stamp.echo = link->life;
		*why = QUORUM_DROP_SEAL;
		opened = opens(link, m, head, len, skb, brief, &stamp);
	}
	if (!opened)
		return false;
	spin_lock(&m->lock);
	taken = link_take_stamp(link, m, hdr, &stamp, why);
	if (taken)
		link_note_place(m, skb, hdr, stamp.counter);
	spin_unlock(&m->lock);
	if (!taken)
		return false;
	*why = QUORUM_DROP_QUEUE;	/* no memory is no room */
	return replace(skb, brief, head, len);
}

/**
 * link_shorten() - make a brief datagram of a sealed one
 * @link: the link
 * @m: to whom
 * @vec: the message, in one piece, sealed; set to the pieces of the brief one
 * @trailer: its seal
 * @counter: the one in there
 * @life: of @m, for which it is sealed
 *
 * Context: only the loop.
 * Return: number of pieces; 0: it has to stay long.
 */
size_t link_shorten(struct quorum_link *link, struct link_member *m, struct kvec vec[3],
		    u8 trailer[SEAL_BYTES], u64 counter, u64 life)
{
	size_t len, taken;

	if (!link_knows_us(m, life))
		return 0;
	len = brief_put(link->brief, vec[0].iov_base, vec[0].iov_len, counter, &taken);
	if (!len)
		return 0;
	vec[1].iov_base = vec[0].iov_base + taken;
	vec[1].iov_len = vec[0].iov_len - taken;
	vec[0].iov_base = link->brief;
	vec[0].iov_len = len;
	vec[2].iov_base = trailer + SEAL_BYTES - SEAL_MAC_BYTES;
	vec[2].iov_len = SEAL_MAC_BYTES;
	return 3;
}
