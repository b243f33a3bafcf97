// SPDX-License-Identifier: GPL-2.0
/*
 * The past: what was taken from senders that have left the members.
 *
 * A window (format/seal.h) goes with its member.  Were it forgotten, then whoever is added
 * back would begin with an empty one, and what it had sent in the same two lives before
 * would be taken again.  So of each that leaves the newest session and the highest counter
 * are kept, by its device: what is not above them is of the past.  It has two windows where
 * another device of its has been heard; a third device takes the place of that one, whose
 * past is kept then.
 *
 * At most QUORUM_PAST_MAX are kept; the first to leave is the first to be forgotten.
 */
#include <linux/slab.h>
#include "net_private.h"

static struct link_past *past_find(struct quorum_link *link, u32 id, u64 incarnation)
{
	struct link_past *past;

	lockdep_assert_held(&link->past_lock);
	list_for_each_entry(past, &link->past, node)
		if (past->id == id && past->incarnation == incarnation)
			return past;
	return NULL;
}

/**
 * link_prepare_past() - take the memory for what may have to be kept of a member
 * @m: the member
 *
 * Context: process; excluded by link->change, or @m is not published.
 * Return: 0 or -ENOMEM.
 */
int link_prepare_past(struct link_member *m)
{
	for (u32 i = 0; i < ARRAY_SIZE(m->past); i++) {
		if (!m->past[i])
			m->past[i] = kmalloc(sizeof(*m->past[i]), GFP_KERNEL);
		if (!m->past[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * link_keep_past() - keep what was taken from a device that is not heard any more
 * @link: the link
 * @m: its member, for which link_prepare_past() was called
 * @incarnation: of the device
 * @window: of it; nobody writes it
 *
 * Context: excluded by link->change; @m's lock may be held.
 */
void link_keep_past(struct quorum_link *link, struct link_member *m, u64 incarnation,
		    const struct seal_window *window)
{
	u32 i = m->past[0] ? 0 : 1;
	struct link_past *past = m->past[i], *old;

	if (!window->session || WARN_ON_ONCE(!past))
		return;
	m->past[i] = NULL;
	past->id = m->id;
	past->incarnation = incarnation;
	past->session = window->session;
	past->top = window->top;

	spin_lock_bh(&link->past_lock);
	old = past_find(link, past->id, past->incarnation);
	if (!old && ++link->npast > QUORUM_PAST_MAX) {
		link->npast--;
		old = list_first_entry(&link->past, struct link_past, node);
	}
	if (old)
		list_del(&old->node);
	list_add_tail(&past->node, &link->past);
	spin_unlock_bh(&link->past_lock);
	kfree(old);
}

/**
 * link_remember() - a member leaves: take nothing from it any more, and keep its past
 * @link: the link
 * @m: the member
 *
 * Softirq may hold it still.
 *
 * Context: only the loop.
 */
void link_remember(struct quorum_link *link, struct link_member *m)
{
	spin_lock_bh(&m->lock);
	m->left = true;
	spin_unlock_bh(&m->lock);
	/* Nobody writes its windows any more. */
	link_keep_past(link, m, m->other, &m->other_window);
	link_keep_past(link, m, atomic64_read(&m->incarnation), &m->window);
}

/**
 * link_is_past() - was this sealed by a member before it left, so that it may be a copy?
 * @link: the link
 * @m: the member; its lock is held
 * @hdr: header of the datagram; its MAC is right
 * @counter: of it
 */
bool link_is_past(struct quorum_link *link, struct link_member *m,
		  const struct wire_header *hdr, u64 counter)
{
	const struct link_past *past;

	lockdep_assert_held(&m->lock);
	/* Two devices may speak with its id for a while: see what is known of this one. */
	if (m->past_of != hdr->incarnation) {
		spin_lock(&link->past_lock);
		past = past_find(link, m->id, hdr->incarnation);
		m->past_session = past ? past->session : 0;
		m->past_top = past ? past->top : 0;
		m->past_of = hdr->incarnation;
		spin_unlock(&link->past_lock);
	}
	return hdr->session < m->past_session ||
	       (hdr->session == m->past_session && counter <= m->past_top);
}

/* Nobody else holds the link any more. */
void link_forget_past(struct quorum_link *link)
{
	struct link_past *past, *next;

	list_for_each_entry_safe(past, next, &link->past, node)
		kfree(past);
}
