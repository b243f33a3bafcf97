// SPDX-License-Identifier: GPL-2.0
/*
 * Places: where a sender is heard, and where it is spoken to.
 *
 * Of a member a configuration says where it is, or the operator: there it is always heard.
 * But who was away reads the configurations of old first, and would hear no more from a
 * leader that was elsewhere then; and nobody may have told it of the last move.  Of a guest
 * (guest.c) nobody has said anything.  So with keys a sender is spoken to where it was heard
 * last, and it is heard elsewhere if it shows that it is there:
 *
 * (1) What was recorded may be played back from anywhere.  Only what is made for our
 *     present life, and newer than all that was taken, shows where its sender is: whoever
 *     plays that back elsewhere has to have it before we do.  It is not taken, as it may
 *     come the right way, too.
 * (2) What is made for another life of ours moves nobody.  It is answered where it came
 *     from, now and then, by a probe that proves nothing to anybody, and beside what the
 *     sender is sent where it is.  If it is there, it answers the probe where it knows us
 *     to be, and that moves it.  Of a new guest that is true as well: where it seems to be
 *     it is only asked.
 * (3) Who was heard lately where we were told that it is, is there.
 * (4) Two devices may speak with one id, and one of them is no member any more: that one
 *     says nothing of the place before the member's own has been silent for a while.
 *     Its HELLOs are never taken, so a recorded one may count again until it has led.
 * (5) What is newest and comes from where we were told brings the sender back there.  It
 *     may be there again without knowing us, or both of two may: so while somebody is heard
 *     elsewhere, HELLOs go to both places, and it is asked now and then.  Thus two that are
 *     where they were told to be hear each other, whatever was played back to them before.
 *     But while it is heard, whoever has its old address now is not told the life it lives.
 *
 * What comes from elsewhere goes through the loop (guest.c), so none of this costs softirq
 * more than a copy, and not all of it is looked at: shouting can keep out who is not where
 * we were told.  It is lost, as a network may lose it.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "net_private.h"

/* Does @skb, at its UDP header's transport offset, come from @addr? */
static bool came_from(const struct sk_buff *skb, sa_family_t family,
		      const struct sockaddr_storage *addr)
{
	if (family != addr->ss_family)
		return false;
	if (family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)addr;

		return ip_hdr(skb)->saddr == a->sin_addr.s_addr &&
		       udp_hdr(skb)->source == a->sin_port;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)addr;

		/* A link-local address means something on its link only. */
		return ipv6_addr_equal(&ipv6_hdr(skb)->saddr, &a->sin6_addr) &&
		       udp_hdr(skb)->source == a->sin6_port &&
		       (!a->sin6_scope_id || a->sin6_scope_id == inet6_iif(skb));
	}
#endif
	return false;
}

/**
 * link_is_at() - does a datagram come from where a member is heard?
 * @m: the member; its lock is held
 * @skb: the datagram, its UDP header at the transport offset
 * @family: of the socket
 */
bool link_is_at(const struct link_member *m, const struct sk_buff *skb, sa_family_t family)
{
	lockdep_assert_held(&m->lock);
	return (m->placed && came_from(skb, family, &m->addr)) ||
	       came_from(skb, family, &m->told);
}

/* Was nothing newer taken from the device that says this?  It was taken; @m's lock is held. */
static bool is_newest(const struct link_member *m, const struct wire_header *hdr, u64 counter)
{
	const struct seal_window *window = &m->window;

	if (atomic64_read(&m->incarnation) != hdr->incarnation)
		window = &m->other_window;
	return window->session == hdr->session && window->top == counter;
}

/* Has the member's own device said nothing for long, so that another one's word counts? */
static bool is_silent(const struct link_member *m, u64 now)
{
	return !m->heard || now - m->heard >= QUORUM_DEVICE_SILENT_MS * (u64)NSEC_PER_MSEC;
}

/* Is a member heard elsewhere than where we were told that it is?  Its lock is held. */
bool link_is_away(const struct link_member *m)
{
	lockdep_assert_held(&m->lock);
	return m->told.ss_family && memcmp(&m->addr, &m->told, sizeof(m->addr));
}

/**
 * link_bring_back() - have a member be where we were told that it is
 * @m: the member; its lock is held
 */
void link_bring_back(struct link_member *m)
{
	lockdep_assert_held(&m->lock);
	if (!link_is_away(m))
		return;
	m->addr = m->told;
	WRITE_ONCE(m->mtu, 0);
}

/**
 * link_note_place() - a datagram with a seal was taken
 * @m: from whom; its lock is held
 * @skb: the datagram, its UDP header at the transport offset
 * @hdr: its header
 * @counter: of its seal
 *
 * Context: softirq or process.
 */
void link_note_place(struct link_member *m, const struct sk_buff *skb,
		     const struct wire_header *hdr, u64 counter)
{
	bool own = atomic64_read(&m->incarnation) == hdr->incarnation;
	bool there = came_from(skb, m->told.ss_family, &m->told);
	u64 now = ktime_get_boottime_ns();

	lockdep_assert_held(&m->lock);
	if (there && is_newest(m, hdr, counter) && (own || is_silent(m, now)))
		link_bring_back(m);
	if (!own)
		return;
	m->heard = now;
	if (there)
		m->heard_there = now;
}

/**
 * link_tell_place() - say where a member is
 * @m: the member; its lock and link->change are held
 * @addr: there, as link_address() made it
 *
 * What is said again is no news: the member stays where it was heard.
 *
 * Return: true if it is another place than was said before.
 */
bool link_tell_place(struct link_member *m, const struct sockaddr_storage *addr)
{
	lockdep_assert_held(&m->lock);
	if (!memcmp(&m->told, addr, sizeof(*addr)))
		return false;
	m->told = *addr;
	m->placed = true;
	m->heard_there = 0;
	link_bring_back(m);
	return true;
}

/*
 * Does a datagram show where its sender is?  It is not taken: what comes the right way may
 * be the same one.
 */
static bool shows_place(struct quorum_link *link, struct link_member *m,
			const struct wire_header *hdr, u64 counter)
{
	u64 own = atomic64_read(&m->incarnation), now = ktime_get_boottime_ns();
	const struct seal_window *window = &m->window;

	lockdep_assert_held(&m->lock);
	if (m->left || link_is_past(link, m, hdr, counter))
		return false;
	if (m->heard_there &&
	    now - m->heard_there < QUORUM_PLACE_FRESH_MS * (u64)NSEC_PER_MSEC)
		return false;
	if (own && own != hdr->incarnation) {
		/* It says nothing but HELLO as long as it does not know our life. */
		if ((!wire_leader_says(hdr->type) && hdr->type != WIRE_HELLO) ||
		    !is_silent(m, now) || (m->other && m->other != hdr->incarnation))
			return false;
		window = &m->other_window;
	}
	return seal_is_newer(window, hdr->session, counter);
}

/**
 * link_place_sender() - a datagram with a right MAC came from elsewhere
 * @link: the link
 * @m: its sender
 * @addr: where it came from
 * @hdr: its header
 * @stamp: of it
 *
 * Context: only the loop.
 * Return: true if it was made for another life of ours, and is to be answered there.
 */
bool link_place_sender(struct quorum_link *link, struct link_member *m,
		       const struct sockaddr_storage *addr, const struct wire_header *hdr,
		       const struct seal_stamp *stamp)
{
	bool asked = false, moves = false;

	spin_lock_bh(&m->lock);
	if (stamp->echo != link->life) {
		asked = link_is_asked(m, hdr, stamp);
		if (asked && link_is_probe(hdr, stamp)) {
			/* It does not know where we are, either: with probes there is no end. */
			asked = false;
			/* But where we know it to be we answer, and that shows it our place. */
			if (m->placed)
				link_note_hello(link, m, hdr);
		}
	} else if (shows_place(link, m, hdr, stamp->counter)) {
		m->addr = *addr;
		m->placed = true;
		/* It may live another life there. */
		hello_ask(&m->hello, 0);
		moves = true;
	}
	spin_unlock_bh(&m->lock);
	if (moves) {
		WRITE_ONCE(m->mtu, 0);
		atomic_set(&link->hellos, 1);
	}
	return asked;
}

void quorum_link_heard_at(struct quorum_link *link, u32 id, struct sockaddr_storage *addr)
{
	struct link_member *m;

	rcu_read_lock();
	m = table_find(rcu_dereference(link->table), id);
	if (m) {
		spin_lock_bh(&m->lock);
		if (link_is_away(m))
			*addr = m->addr;
		spin_unlock_bh(&m->lock);
	}
	rcu_read_unlock();
}
