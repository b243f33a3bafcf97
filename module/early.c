// SPDX-License-Identifier: GPL-2.0
/*
 * Early: appends that came before those which precede them.
 *
 * Networks lose datagrams and change their order.  The engine takes an append only where
 * its log ends; one that comes early it refuses, and the leader sends that one and all
 * behind it again: for each datagram that is lost, or has overtaken another, a window.
 * So what a follower gets early is kept here for a moment:
 *
 * - when the gap closes, the engine gets it, as if the network had kept it as long;
 * - when it does not, the engine gets the one behind the gap, refuses it, and so asks for
 *   what is missing.  It stays here nevertheless: once the leader has closed the gap, all
 *   that is here follows, and the leader goes on behind it.
 *
 * How long that moment is, is learned from what is late, and from what comes twice after
 * it was asked for, as in net/repair.c.  Nothing depends on any of this: to the engine
 * these are datagrams that took their time or came twice, and what is not kept is lost.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>
#include "early.h"

static u64 patience(const struct quorum_early *early)
{
	return clamp_t(u64, early->late_ns + early->late_ns / 2,
		       QUORUM_OVERTAKE_MS * (u64)NSEC_PER_MSEC,
		       QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC);
}

/* The first one in the order of the log, or NULL. */
static struct early_append *first_of(struct quorum_early *early)
{
	return early->n ? early->held[0] : NULL;
}

static void take_off_first(struct quorum_early *early)
{
	early->bytes -= early->held[0]->len;
	memmove(&early->held[0], &early->held[1], --early->n * sizeof(early->held[0]));
}

/* From the leader, and of use? */
static bool is_current(const struct early_log *log, u32 from, u64 term)
{
	return log->follows && log->leader == from && log->term == term;
}

/*
 * What is here already has come again.  Right after a question that was one too many:
 * what was asked for had not been lost.
 */
static void note_needless(struct quorum_early *early, u64 now)
{
	u64 recent = 2 * QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC;

	if (!early->asked_at || now - early->asked_at > recent)
		return;
	early->asked_at = 0;
	early->late_ns = 2 * patience(early);
}

/* What comes now is behind a gap. */
static void wait_for_gap(struct quorum_early *early, u64 now)
{
	early->since = now;
	early->asked = 0;
	early->due = now + patience(early);
}

/* The gap has closed. */
static void note_late(struct quorum_early *early, u64 now)
{
	u64 late = min_t(u64, now - early->since,
			 QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC);

	/* By itself: nobody was asked. */
	if (!early->asked)
		early->late_ns = max(early->late_ns, late);
	/* What was so once need not be so for ever. */
	early->late_ns -= early->late_ns / 256;
}

/* Where it belongs in the order of the log. */
static u32 place_of(const struct quorum_early *early, u64 prev)
{
	u32 i = early->n;

	while (i && early->held[i - 1]->prev >= prev)
		i--;
	return i;
}

bool quorum_early_keep(struct quorum_early *early, const struct early_log *log,
		       const struct wire_header *hdr, const struct raft_msg *msg,
		       const void *buf, size_t len)
{
	struct early_append *e;
	u32 place;
	u64 prev;

	if (msg->type != RAFT_MSG_APPEND || !msg->append.count ||
	    !is_current(log, msg->from, msg->term))
		return false;
	prev = msg->append.prev_index;
	if (prev <= log->last) {
		if (prev + msg->append.count <= log->last)
			note_needless(early, log->now);
		return false;
	}
	/* Far behind a gap, no datagram is missing: the leader does not know our log yet. */
	if (prev - log->last > QUORUM_EARLY_ENTRIES_MAX)
		return false;
	place = place_of(early, prev);
	if (place < early->n && early->held[place]->prev == prev)
		return true;
	if (early->n == ARRAY_SIZE(early->held) || early->bytes + len > QUORUM_EARLY_BYTES_MAX)
		return false;
	e = kvmalloc(struct_size(e, buf, len), GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!e)
		return false;
	e->hdr = *hdr;
	e->len = len;
	e->term = msg->term;
	e->prev = prev;
	e->last = prev + msg->append.count;
	memcpy(e->buf, buf, len);
	if (!early->n)
		wait_for_gap(early, log->now);
	memmove(&early->held[place + 1], &early->held[place],
		(early->n++ - place) * sizeof(early->held[0]));
	early->held[place] = e;
	early->bytes += len;
	return true;
}

struct early_append *quorum_early_next(struct quorum_early *early, const struct early_log *log,
				       bool *stays)
{
	struct early_append *first;

	*stays = false;
	while ((first = first_of(early))) {
		if (!is_current(log, first->hdr.from, first->term) || first->last <= log->last) {
			take_off_first(early);
			kvfree(first);
			continue;
		}
		if (first->prev <= log->last) {
			take_off_first(early);
			note_late(early, log->now);
			/* What is behind the next gap has waited for this one, and no longer. */
			wait_for_gap(early, log->now);
			return first;
		}
		if (log->now < early->due)
			return NULL;
		if (early->asked == QUORUM_EARLY_ASKED_MAX) {
			quorum_early_forget(early);
			return NULL;
		}
		early->asked_at = log->now;
		early->due = log->now + (patience(early) << ++early->asked);
		*stays = true;
		return first;
	}
	return NULL;
}

u64 quorum_early_due(const struct quorum_early *early)
{
	return early->n ? early->due : RAFT_NEVER;
}

void quorum_early_forget(struct quorum_early *early)
{
	while (early->n)
		kvfree(early->held[--early->n]);
	early->bytes = 0;
}
