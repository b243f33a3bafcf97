// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: sealing and unsealing datagrams, and telling each other's lives.
 * What is accepted, and why no datagram is accepted twice, is in format/seal.h.
 *
 * Unsealing runs in softirq: one MAC, or two while keys are changed.  It answers
 * nothing: what has to be answered is noted in the member, and the loop sends it.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include "net_private.h"

/**
 * link_opens() - is a datagram sealed with this key?
 * @link: a link with keys
 * @key: of its direction
 * @buf: the datagram; if it is, and secret, it is readable then
 * @len: its length; wire_check() has passed it
 * @hdr: its header
 * @stamp: set if so
 *
 * Context: any.
 */
bool link_opens(const struct quorum_link *link, const u8 key[SEAL_KEY_BYTES], void *buf,
		size_t len, const struct wire_header *hdr, struct seal_stamp *stamp)
{
	if (hdr->secret != link->secret)
		return false;
	return link->secret ? secret_open(key, buf, len, hdr->fragment, stamp) :
			      seal_open(key, buf, len, stamp);
}

/* Is the MAC right, by any of the keys?  @key: set to its name.  Context: RCU. */
static bool open_seal(const struct quorum_link *link, const struct link_member *m,
		      struct sk_buff *skb, const struct wire_header *hdr,
		      struct seal_stamp *stamp, u64 *key)
{
	const struct member_keys *keys = rcu_dereference(m->keys);

	for (u32 i = 0; keys && i < keys->n; i++) {
		*key = keys->rx_names[i];
		if (link_opens(link, keys->rx[i], skb->data, skb->len, hdr, stamp))
			return true;
	}
	return false;
}

static const struct hello_rate hello_rate = {
	.every = QUORUM_HELLO_MS * (u64)NSEC_PER_MSEC,
	.burst = QUORUM_HELLO_BURST,
};

/* Of an older session than what was taken?  Nothing of that will be; m->lock is held. */
static bool is_older(const struct link_member *m, const struct wire_header *hdr)
{
	u64 own = atomic64_read(&m->incarnation), incarnation = hdr->incarnation;

	lockdep_assert_held(&m->lock);
	return (incarnation == own && hdr->session < m->window.session) ||
	       (incarnation == m->other && hdr->session < m->other_window.session);
}

/**
 * link_is_asked() - does a datagram that was made for another life of ours need an answer?
 * @m: its sender; its lock is held
 * @hdr: its header; its MAC is right
 * @stamp: of it
 *
 * An answer to a HELLO that was a replay needs none; so two nodes never answer each other
 * for ever.
 */
bool link_is_asked(const struct link_member *m, const struct wire_header *hdr,
		   const struct seal_stamp *stamp)
{
	return (hdr->type != WIRE_HELLO || !stamp->echo || link_is_probe(hdr, stamp)) &&
	       !is_older(m, hdr);
}

/**
 * link_note_hello() - note that a datagram is to be answered with a HELLO
 * @link: a link with keys
 * @m: its sender; its lock is held
 * @hdr: its header; its MAC is right
 *
 * It goes to where @m is as far as we know.
 */
void link_note_hello(struct quorum_link *link, struct link_member *m,
		     const struct wire_header *hdr)
{
	u64 own = atomic64_read(&m->incarnation), incarnation = hdr->incarnation;

	lockdep_assert_held(&m->lock);
	hello_answer(&m->hello, own, incarnation, hdr->session,
		     seal_life(incarnation, hdr->session));
	if (hello_may(&m->hello, &hello_rate, ktime_get_boottime_ns()))
		atomic_set(&link->hellos, 1);
}

/**
 * link_take_stamp() - is a datagram made for this life of ours, and new?
 * @link: a link with keys
 * @m: its sender; its lock is held
 * @hdr: its header; its MAC is right
 * @stamp: of it
 * @why: set to the reason when it is not
 */
bool link_take_stamp(struct quorum_link *link, struct link_member *m,
		     const struct wire_header *hdr, const struct seal_stamp *stamp,
		     enum quorum_drop *why)
{
	u64 life = seal_life(hdr->incarnation, hdr->session);
	struct seal_window *window;

	lockdep_assert_held(&m->lock);
	*why = QUORUM_DROP_SESSION;
	if (stamp->echo != link->life) {
		if (link_is_asked(m, hdr, stamp))
			link_note_hello(link, m, hdr);
		return false;
	}
	*why = QUORUM_DROP_SOURCE;
	if (m->left)
		return false;
	*why = QUORUM_DROP_REPLAY;
	if (link_is_past(link, m, hdr, stamp->counter))
		return false;
	*why = QUORUM_DROP_INCARNATION;
	window = link_window(m, hdr);
	if (!window)
		return false;
	*why = QUORUM_DROP_REPLAY;
	switch (seal_take(window, hdr->session, stamp->counter)) {
	case SEAL_NEW:
		/* Of two devices the one that spoke last; settle_device() forgets both. */
		if (life != m->life)
			m->knows_us = false;
		m->life = life;
		/* A HELLO echoes what it was shown, believed or not. */
		m->knows_us |= hdr->type != WIRE_HELLO;
		return true;
	case SEAL_NEW_SESSION:
		m->life = life;
		*(window == &m->window ? &m->genesis : &m->other_genesis) = hdr->genesis;
		m->knows_us = hdr->type != WIRE_HELLO;
		/* It may not know ours yet. */
		link_note_hello(link, m, hdr);
		return true;
	default:
		return false;
	}
}

/**
 * link_unseal() - check and take off the seal of a datagram
 * @link: a link with keys
 * @m: who it seems to come from
 * @skb: the datagram; passed wire_check(), linear
 * @hdr: its header
 * @slot: shown with it in a bundle, LINK_NO_SLOT: it came alone
 * @why: set to the reason when it is refused
 *
 * Context: softirq, under RCU.
 * Return: true if it is @m's, unchanged, and new.
 */
bool link_unseal(struct quorum_link *link, struct link_member *m, struct sk_buff *skb,
		 const struct wire_header *hdr, u32 slot, enum quorum_drop *why)
{
	struct seal_stamp stamp;
	bool taken;
	u64 key;

	/* It is changed in place, and somebody may look at the network (AF_PACKET). */
	*why = QUORUM_DROP_QUEUE;
	if (link->secret && skb_unclone(skb, GFP_ATOMIC))
		return false;
	*why = QUORUM_DROP_SEAL;
	if (!hdr->session || !open_seal(link, m, skb, hdr, &stamp, &key))
		return false;
	spin_lock(&m->lock);
	taken = link_take_stamp(link, m, hdr, &stamp, why);
	if (taken) {
		link_note_place(m, skb, hdr, stamp.counter);
		__skb_trim(skb, skb->len - SEAL_BYTES);
		link_note_said(m, hdr, skb->data, skb->len, stamp.counter, key, slot);
	}
	spin_unlock(&m->lock);
	return taken;
}

/**
 * link_seal() - make the trailer of a datagram to a member
 * @link: a link with keys
 * @m: the member
 * @vec: one or two pieces of the datagram
 * @n: how many
 * @echo: the life of @m
 * @trailer: set; its counter is @m->counter then, and @m->sealed names the key
 *
 * Context: only the loop.
 * Return: true; false if there is no key for @m.
 */
bool link_seal(struct quorum_link *link, struct link_member *m, const struct kvec *vec,
	       size_t n, u64 echo, u8 trailer[SEAL_BYTES])
{
	struct seal_stamp stamp = { .counter = ++m->counter, .echo = echo };
	const struct member_keys *keys;

	wire_set_session(vec[0].iov_base, link->session, false);
	rcu_read_lock();
	keys = rcu_dereference(m->keys);
	if (keys) {
		seal_close(keys->tx, vec[0].iov_base, vec[0].iov_len,
			   n > 1 ? vec[1].iov_base : NULL, n > 1 ? vec[1].iov_len : 0,
			   &stamp, trailer);
		m->sealed = keys->tx_name;
	}
	rcu_read_unlock();
	return keys;
}

/* What @m's life is as far as we know, 0: not at all.  Context: any. */
u64 link_life_of(struct link_member *m)
{
	u64 life;

	spin_lock_bh(&m->lock);
	life = m->life;
	spin_unlock_bh(&m->lock);
	return life;
}

/* Does @m, in this life of its, know ours?  Context: any. */
bool link_knows_us(struct link_member *m, u64 life)
{
	bool yes;

	spin_lock_bh(&m->lock);
	yes = m->knows_us && m->life == life;
	spin_unlock_bh(&m->lock);
	return yes;
}

/* @to: where it goes, NULL: where @m is */
static void send_hello(struct quorum_link *link, struct link_member *m, u64 echo,
		       const struct sockaddr_storage *to)
{
	u8 head[WIRE_HEADER_BYTES];
	struct kvec vec[3] = { { .iov_base = head, .iov_len = sizeof(head) } };
	struct wire_header hdr = link->ident;

	hdr.type = WIRE_HELLO;
	hdr.session = link->session;
	hdr.to = m->id;
	wire_header_put(head, &hdr);
	link->elsewhere = to;
	if (link_send_sealed(link, m, vec, 1, echo))
		atomic64_inc(&link->counters.tx_errors);
	link->elsewhere = NULL;
}

/**
 * link_probe() - ask whether a member is somewhere
 * @link: a link with keys
 * @m: the member
 * @addr: where something came from that it said once
 *
 * Who plays something of its back must not get anything for it that proves something to
 * the member.  So the HELLO echoes no life of its, but our own: @m answers it where it
 * knows us to be, and by that shows where it is.
 *
 * Context: only the loop.
 */
void link_probe(struct quorum_link *link, struct link_member *m,
		const struct sockaddr_storage *addr)
{
	send_hello(link, m, link->life, addr);
}

/* Is this a HELLO of link_probe()? */
bool link_is_probe(const struct wire_header *hdr, const struct seal_stamp *stamp)
{
	return hdr->type == WIRE_HELLO &&
	       stamp->echo == seal_life(hdr->incarnation, hdr->session);
}

/*
 * Send those that are due to a member and may be sent; true: that was not all.  They go
 * where we were told that it is, too: it may have come back there, and know nothing of us.
 * While it is heard elsewhere it has not, and who is there does not learn that life of its
 * from us.  It may be there in a later life, or with another device, and learns that.
 */
static bool send_hellos(struct quorum_link *link, struct link_member *m)
{
	struct sockaddr_storage told;
	bool due, late, away;
	u64 now, echo;

	do {
		spin_lock_bh(&m->lock);
		/* Under the lock, so that it is not before what was heard. */
		now = ktime_get_boottime_ns();
		due = hello_take(&m->hello, &hello_rate, now, &echo);
		late = hello_is_due(&m->hello);
		away = link_is_away(m) &&
		       (!echo || echo != m->life ||
			now - m->heard >= QUORUM_PLACE_FRESH_MS * (u64)NSEC_PER_MSEC);
		told = m->told;
		spin_unlock_bh(&m->lock);
		if (!due)
			break;
		send_hello(link, m, echo, NULL);
		if (away)
			send_hello(link, m, echo, &told);
	} while (late);
	return late;
}

/**
 * link_ask_life() - have a member show us its life
 * @link: a link with keys
 * @m: the member
 *
 * Context: only the loop.
 */
void link_ask_life(struct quorum_link *link, struct link_member *m)
{
	spin_lock_bh(&m->lock);
	hello_ask(&m->hello, 0);
	spin_unlock_bh(&m->lock);
	if (send_hellos(link, m))
		link->late = true;
}

/**
 * link_ask_back() - something is sent to a member: ask for it where we were told that it is
 * @link: a link with keys
 * @m: the member
 *
 * Two nodes may be elsewhere for each other, and both have come back since: then what they
 * say to each other goes where nobody is, and nothing else ever comes.
 *
 * Context: only the loop.
 */
void link_ask_back(struct quorum_link *link, struct link_member *m)
{
	u64 within = link->within, now = ktime_get_boottime_ns();
	bool asks;

	spin_lock_bh(&m->lock);
	asks = link_is_away(m) &&
	       now - m->asked >= QUORUM_PLACE_FRESH_MS * (u64)NSEC_PER_MSEC;
	if (asks)
		m->asked = now;
	spin_unlock_bh(&m->lock);
	if (!asks)
		return;
	/* What is sent may wait for others, this may not. */
	link->within = 0;
	link_ask_life(link, m);
	link->within = within;
}

/* Send the HELLOs that are due.  Context: only the loop. */
void link_send_hellos(struct quorum_link *link)
{
	struct member_table *table = link_table(link);

	/* Those that are late have no timer: the loop is never idle for long. */
	if (!atomic_xchg(&link->hellos, 0) && !link->late)
		return;
	link->late = false;
	for (u32 i = 0; i < table->n; i++)
		if (send_hellos(link, table->members[i]))
			link->late = true;
}
