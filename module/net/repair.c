// SPDX-License-Identifier: GPL-2.0
/*
 * Repair: sending again the fragments of a large message that were lost, and no more.
 *
 * An entry of 64 KiB travels in some fifty datagrams.  Where one in a hundred is lost,
 * four in ten such messages lose one, and the engine, which knows messages only, would
 * send all fifty again.  So the last few messages that went in fragments are kept, in
 * the buffers they were built in, and whoever misses a part asks for it:
 *
 * - when a message is overtaken, by its own last fragment or by a later message: what
 *   is not there a moment later is lost, and is asked for.  Networks do change the order:
 *   how long that moment is, is learned from what comes late, and from what comes twice
 *   after it was asked for (the reordering window of RFC 8985, 6.2).  That datagrams have
 *   stopped for a while proves nothing: the sender may be busy, and what it would be asked
 *   for may be on its way.
 * - when nothing of it has come for QUORUM_QUIET_MS: then its last fragment alone is
 *   asked for, which says what is missing as above (the tail loss probe of RFC 8985, 7).
 *
 * Asking and answering may be lost as well: it is asked again after the time an answer
 * takes, which is measured, then after twice that, and so on, QUORUM_REPAIRS_MAX times;
 * and a sender sends a message twice at most.  Meanwhile whole messages wait for those
 * before them as long as there is hope (assemble_next()), and the engine waits as well
 * before it takes large ones for lost (is_lost() in raft/progress.c): it remains the one
 * who is responsible.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "net_private.h"

/* How long an answer may take before it is asked again for the n-th time. */
static u64 ask_pause(const struct link_member *m, u32 asked)
{
	u64 pause = max_t(u64, m->repair_ns + m->repair_ns / 4,
			  QUORUM_REPAIR_MS * (u64)NSEC_PER_MSEC);

	return pause << asked;
}

/* How late what was overtaken may still come by itself. */
static u64 reorder_pause(const struct link_member *m)
{
	return clamp_t(u64, m->reorder_ns + m->reorder_ns / 2,
		       QUORUM_OVERTAKE_MS * (u64)NSEC_PER_MSEC,
		       QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC);
}

/* What was overtaken at @since has come by itself. */
static void learn_late(struct link_member *m, u64 since, u64 now)
{
	u64 late = min_t(u64, now - since, QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC);

	m->reorder_ns = max(m->reorder_ns, late);
}

/*
 * What was asked for has come twice, so it was not lost: the question came too early.  That
 * so many of them did, all at a time, says no more than that.
 */
static void learn_early(struct link_member *m, u64 now)
{
	if (now - m->reorder_grown < QUORUM_OVERTAKE_MS_MAX * (u64)NSEC_PER_MSEC)
		return;
	m->reorder_grown = now;
	m->reorder_ns = 2 * reorder_pause(m);
}

/**
 * link_note_done() - a message is whole
 * @m: from whom
 * @place: which of its
 *
 * Context: only the loop.
 */
void link_note_done(struct link_member *m, u32 place)
{
	u32 i = m->ndone++ % ARRAY_SIZE(m->done);

	m->done[i] = m->as[place].message;
	m->done_asked &= ~(1ULL << i);
	m->done_asked |= (u64)!!m->repair[place].asked << i;
	/* What was so once need not be so for ever. */
	m->reorder_ns -= m->reorder_ns / 256;
}

/**
 * link_was_done() - is a fragment of this message a late copy?
 * @m: from whom
 * @message: number of the message
 * @now: boottime ns
 *
 * It is where the message has been whole, or is older than all that are known to have
 * been.  Taken for the beginning of a message it would have all of it sent again, and hold
 * up what is newer meanwhile.  What is older by far is of a sender that was started again
 * and counts anew.
 *
 * Context: only the loop.
 * Return: true if so.
 */
bool link_was_done(struct link_member *m, u32 message, u64 now)
{
	u32 n = min_t(u32, m->ndone, ARRAY_SIZE(m->done)), oldest = message;

	for (u32 i = 0; i < n; i++) {
		if (m->done[i] == message) {
			if (m->done_asked & 1ULL << i)
				learn_early(m, now);
			return true;
		}
		if (!i || (s32)(m->done[i] - oldest) < 0)
			oldest = m->done[i];
	}
	return n == ARRAY_SIZE(m->done) && oldest - message < QUORUM_LATE_MAX;
}

static void set_due(struct quorum_link *link, struct member_repair *r, u64 due)
{
	r->due = due;
	link->due = min(link->due, due);
}

/* Ask for what is missing in a place. */
static void ask(struct quorum_link *link, struct link_member *m, u32 place, u64 now)
{
	u8 buf[WIRE_HEADER_BYTES + WIRE_REPAIR_BYTES];
	struct assemble *as = &m->as[place];
	struct member_repair *r = &m->repair[place];
	struct wire_header hdr = link->ident;
	struct wire_repair repair = {
		.message = as->message,
		.missing = ~as->have & (~0ULL >> (64 - as->count)),
	};
	struct kvec vec[3] = { { .iov_base = buf, .iov_len = sizeof(buf) } };
	u64 life = link_life_of(m);

	r->due = U64_MAX;
	/* It was learned meanwhile that this may take longer. */
	if (r->overtaken && !r->asked && now - r->overtaken < reorder_pause(m)) {
		set_due(link, r, r->overtaken + reorder_pause(m));
		return;
	}
	if (r->asked == QUORUM_REPAIRS_MAX || (link->session && !life)) {
		as->hopeless = true;
		return;
	}
	set_due(link, r, now + ask_pause(m, r->asked));
	r->asked++;
	if (!r->asked_at)
		r->asked_at = now;
	if (!r->overtaken)
		repair.missing = 1ULL << (as->count - 1);
	hdr.type = WIRE_REPAIR;
	hdr.to = m->id;
	wire_header_put(buf, &hdr);
	wire_repair_put(buf, &repair);
	if (link_send_sealed(link, m, vec, 1, life))
		atomic64_inc(&link->counters.tx_errors);
	else
		atomic64_inc(&link->counters.repairs_asked);
}

/**
 * link_ask_repairs() - ask members for what is missing of their messages, if it is time
 * @link: the link
 * @now: boottime ns
 *
 * Context: only the loop.
 */
void link_ask_repairs(struct quorum_link *link, u64 now)
{
	struct member_table *table = link_table(link);

	if (now < link->due)
		return;
	link->due = U64_MAX;
	for (u32 i = 0; i < table->n; i++) {
		struct link_member *m = table->members[i];

		for (u32 k = 0; k < m->places; k++) {
			u64 end = m->as[k].heard + QUORUM_REASSEMBLY_MS * (u64)NSEC_PER_MSEC;

			if (!m->as[k].open)
				continue;
			if (now >= m->repair[k].due)
				ask(link, m, k, now);
			/* Nobody answers. */
			m->as[k].hopeless |= now >= end;
			link->due = min(link->due, m->repair[k].due);
			if (now < end)
				link->due = min(link->due, end);
		}
	}
}

/* The answer to a request, or a part of it, has come. */
static void take_answer(struct quorum_link *link, struct link_member *m,
			struct member_repair *r, u64 now)
{
	u64 took = now - r->asked_at;

	took = min_t(u64, took, QUORUM_REASSEMBLY_MS * (u64)NSEC_PER_MSEC);
	/* Up at once, down slowly: to ask too early costs fragments. */
	m->repair_ns = max(took, m->repair_ns - m->repair_ns / 8 + took / 8);
	r->asked_at = 0;
	/* The rest of the answer is behind it. */
	set_due(link, r, now + ask_pause(m, r->asked));
}

/* How long nothing comes of a message that has lost its end. */
static u64 quiet(const struct link_member *m)
{
	return max_t(u64, m->repair_ns, QUORUM_QUIET_MS * (u64)NSEC_PER_MSEC);
}

/**
 * link_note_fragment() - a fragment has come and was taken
 * @link: the link
 * @m: from whom
 * @frag: it
 * @now: boottime ns
 *
 * Context: only the loop.
 */
void link_note_fragment(struct quorum_link *link, struct link_member *m,
			const struct wire_fragment *frag, u64 now)
{
	for (u32 i = 0; i < m->places; i++) {
		struct member_repair *r = &m->repair[i];
		s32 newer = frag->message - m->as[i].message;
		bool overtaken;

		if (!m->as[i].open || newer < 0)
			continue;
		overtaken = newer || frag->index == frag->count - 1;
		if (!newer && r->overtaken && !r->asked)
			learn_late(m, r->overtaken, now);
		/* What nobody asked for is no answer: the message goes on. */
		if (!newer && r->asked_at && (r->overtaken || overtaken))
			take_answer(link, m, r, now);
		else if (!newer && !r->overtaken && !overtaken)
			set_due(link, r, now + quiet(m));
		if (overtaken && !r->overtaken) {
			r->overtaken = now;
			set_due(link, r, now + reorder_pause(m));
		}
	}
}

/* A place of @m begins with a new message. */
void link_forget_repair(struct link_member *m, u32 place)
{
	memset(&m->repair[place], 0, sizeof(m->repair[place]));
	m->repair[place].due = U64_MAX;
}

/* Whether there is memory in this one, taken now if need be. */
static bool kept_has_memory(struct link_kept *kept, gfp_t flags)
{
	if (!kept->buf)
		kept->buf = kvmalloc(QUORUM_MSG_BYTES_MAX, flags);
	return kept->buf;
}

/* The buffer that messages are built in, for the first time. */
bool link_keep_first(struct quorum_link *link)
{
	struct link_kept *kept = &link->kept[0];

	if (!kept_has_memory(kept, GFP_KERNEL))
		return false;
	link->tx = kept->buf;
	return true;
}

/*
 * The next one to build in: the oldest.  One more takes memory only while the oldest
 * may still be asked for; where there is none, that one is not repaired any more.
 */
static u32 next_kept(struct quorum_link *link, u64 now)
{
	struct link_kept *kept;
	u32 oldest = link->keep, i;

	for (i = 0; i < ARRAY_SIZE(link->kept) && link->kept[i].buf; i++) {
		kept = &link->kept[i];
		if (i != link->keep &&
		    (oldest == link->keep || kept->time < link->kept[oldest].time))
			oldest = i;
	}
	if (i == ARRAY_SIZE(link->kept))
		return oldest;
	if (oldest != link->keep &&
	    now - link->kept[oldest].time > QUORUM_REASSEMBLY_MS * (u64)NSEC_PER_MSEC)
		return oldest;
	return kept_has_memory(&link->kept[i], GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN) ?
	       i : oldest;
}

/**
 * link_keep() - keep the message in the buffer, which has left in fragments
 * @link: the link
 * @m: whom it went to
 * @frag: the shape of its fragments
 *
 * Context: only the loop.
 */
void link_keep(struct quorum_link *link, const struct link_member *m,
	       const struct wire_fragment *frag)
{
	struct link_kept *kept = &link->kept[link->keep];
	u64 now = ktime_get_boottime_ns();

	kept->peer = m->id;
	kept->frag = *frag;
	kept->again = 0;
	kept->time = now;
	link->keep = next_kept(link, now);
	kept = &link->kept[link->keep];
	kept->peer = 0;
	link->tx = kept->buf;
}

/**
 * link_repair() - send a member again what it asks for
 * @link: the link
 * @m: the member
 * @skb: its REPAIR
 *
 * Context: only the loop.
 */
void link_repair(struct quorum_link *link, struct link_member *m, const struct sk_buff *skb)
{
	u64 life = link_life_of(m);
	struct wire_repair repair;
	struct wire_header hdr;
	struct link_kept *kept;
	u32 i;
	int error;

	wire_header_get(skb->data, &hdr);
	if (wire_repair_get(skb->data, skb->len, &repair)) {
		link_drop_traced(link, &hdr, skb->len, QUORUM_DROP_FIELD);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(link->kept); i++) {
		kept = &link->kept[i];
		if (kept->peer == m->id && kept->frag.message == repair.message)
			break;
	}
	/* Too long ago; or it would not take it. */
	if (i == ARRAY_SIZE(link->kept) || (link->session && !life)) {
		link_drop_traced(link, &hdr, skb->len, QUORUM_DROP_FRAGMENT);
		return;
	}
	for (i = 0; i < kept->frag.count && kept->again < kept->frag.count; i++) {
		if (!(repair.missing & 1ULL << i))
			continue;
		kept->again++;
		error = link_send_fragment(link, m, kept->buf, &kept->frag, i, life);
		/* The path has shrunk since: it has to be cut anew, by the engine's sending it. */
		if (error == -EMSGSIZE)
			WRITE_ONCE(m->mtu, 0);
		if (error) {
			atomic64_inc(&link->counters.tx_errors);
			return;
		}
		atomic64_inc(&link->counters.fragments_repaired);
	}
}
