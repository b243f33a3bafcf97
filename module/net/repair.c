// SPDX-License-Identifier: GPL-2.0
/*
 * Repair: sending again the fragments of a large message that were lost, and no more.
 *
 * An entry of 64 KiB travels in some fifty datagrams.  Where one in a hundred is lost,
 * four in ten such messages lose one, and the engine, which knows messages only, would
 * send all fifty again a heartbeat later.  So the last few messages that went in
 * fragments are kept, in the buffers they were built in, and whoever misses a part asks
 * for it: when the last fragment has come, when a later message begins, or when it
 * hears anything else a while later.  Asking and answering may be lost, and both are
 * bounded; the engine remains the one who is responsible.
 */
#include <linux/ktime.h>
#include "net_private.h"

/* Ask for what is missing in a place, if it is worth it. */
static void ask(struct quorum_link *link, struct link_member *m, u32 place, u64 now)
{
	u8 buf[WIRE_HEADER_BYTES + WIRE_REPAIR_BYTES];
	const struct assemble *as = &m->as[place];
	struct wire_header hdr = link->ident;
	struct wire_repair repair = {
		.message = as->message,
		.missing = ~as->have & (~0ULL >> (64 - as->count)),
	};
	struct kvec vec[3] = { { .iov_base = buf, .iov_len = sizeof(buf) } };
	u64 life = link_life_of(m);

	if (m->asked[place] == QUORUM_REPAIRS_MAX || now < m->ask_after[place] ||
	    (link->session && !life))
		return;
	m->asked[place]++;
	m->ask_after[place] = now + QUORUM_REPAIR_MS * (u64)NSEC_PER_MSEC;
	hdr.type = WIRE_REPAIR;
	hdr.to = m->id;
	wire_header_put(buf, &hdr);
	wire_repair_put(buf, &repair);
	if (!link_send_sealed(link, m, vec, 1, life))
		atomic64_inc(&link->counters.repairs_asked);
}

/**
 * link_ask_repair() - ask a member for what is missing of its messages
 * @link: the link
 * @m: the member
 * @frag: the fragment that has just come and was taken; NULL: it was something else
 * @now: boottime ns
 *
 * Context: only the loop.
 */
void link_ask_repair(struct quorum_link *link, struct link_member *m,
		     const struct wire_fragment *frag, u64 now)
{
	for (u32 i = 0; i < ARRAY_SIZE(m->as); i++) {
		const struct assemble *as = &m->as[i];
		bool over;

		if (!as->open)
			continue;
		if (!frag)
			over = now - as->since >= QUORUM_REPAIR_MS * (u64)NSEC_PER_MSEC;
		else if (as->message == frag->message)
			over = frag->index == frag->count - 1;
		else
			over = (s32)(frag->message - as->message) > 0;
		if (over)
			ask(link, m, i, now);
	}
}

/* A place of @m begins with a new message. */
void link_forget_repair(struct link_member *m, u32 place)
{
	m->asked[place] = 0;
	m->ask_after[place] = 0;
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

	kept->peer = m->id;
	kept->frag = *frag;
	kept->repairs = 0;
	link->keep = (link->keep + 1) % ARRAY_SIZE(link->kept);
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
	struct link_kept *kept;
	u32 i;

	if (wire_repair_get(skb->data, skb->len, &repair)) {
		link_drop(link, QUORUM_DROP_FIELD);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(link->kept); i++) {
		kept = &link->kept[i];
		if (kept->peer == m->id && kept->frag.message == repair.message)
			break;
	}
	/* Too long ago, or too often. */
	if (i == ARRAY_SIZE(link->kept) || kept->repairs == QUORUM_REPAIRS_MAX)
		return;
	kept->repairs++;
	for (i = 0; i < kept->frag.count; i++) {
		if (!(repair.missing & 1ULL << i))
			continue;
		if (link_send_fragment(link, m, kept->buf, &kept->frag, i, life))
			return;
		atomic64_inc(&link->counters.fragments_repaired);
	}
}
