// SPDX-License-Identifier: GPL-2.0
/*
 * Repeats (format/repeat.h): when an idle group is said by one bit of a bundle, and what
 * is made of that bit.
 *
 * Sending.  A heartbeat is a repeat if it says what the last one said, one step on, and
 * that one was answered, in a bundle: so it was taken, our slot was seen, and nothing
 * else is needed to write this one down.  The answer to a repeat is a repeat if it says
 * the next thing, too: the repeat showed that the last answer was taken.  Everything
 * else goes in full.  Whatever is lost or refused is not answered, so what comes next is
 * in full: the loss of a bundle costs each group one heartbeat, as that of its datagram
 * would.  Where one group spoils a word for the others there is more to fear than that,
 * so after a repeat that was not answered the next QUORUM_REPEAT_AFTER go in full.
 *
 * The words of a bundle are looked at by who has taken something in full from it; that
 * is a HEARTBEAT whose last was answered, or an answer to one.
 *
 * Receiving.  The slots beside datagrams in bundles are under no MAC, nor is anything but
 * the MAC of a word: whatever else is changed makes the receiver write down another
 * datagram, so the MACs differ and nothing of the word is taken.  What is written down
 * passes the session and the window of its sender, as if it had come: so it is taken
 * once, and nothing is taken that the sender did not send.
 *
 * A word may stand for 64 MACs, and all of a bundle for those of all groups.  That is no
 * work for softirq: a work of the endpoint does it, and only for a bundle of which
 * something was taken, so for no more of them than honest senders seal datagrams.  It has
 * a workqueue that holds nothing up, least of all our own heartbeats.  It may come too
 * late to a heartbeat that followed in full, so of the last two that were said the one
 * counts that was there before the word.
 *
 * The work holds links and members in RCU read sections only, one for each word, and
 * finds them anew by their numbers in each.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include "net_private.h"
#include "net_trace.h"

/* With a rescuer: heartbeats are heard though no worker can be made for want of memory. */
static struct workqueue_struct *repeated;

/* ---- what is sent ---- */

/**
 * link_note_sent() - how may a message leave?
 * @m: to whom
 * @message: header and body, sealed last
 * @len: its length
 * @life: of @m, for which it is sealed
 *
 * Context: only the loop, before it leaves.
 */
enum link_how link_note_sent(struct link_member *m, const void *message, size_t len, u64 life)
{
	struct member_sent *sent = &m->sent;
	enum link_how how = LINK_WHOLE;
	struct wire_header hdr;
	bool known, beat;

	wire_header_get(message, &hdr);
	if (!repeat_may(hdr.type))
		return LINK_ANYHOW;
	beat = hdr.type == RAFT_MSG_HEARTBEAT;
	known = sent->datagram.len && sent->life == life && sent->key == m->sealed;
	if (beat && sent->repeated && !sent->answered)
		sent->whole = QUORUM_REPEAT_AFTER;
	/* Whoever asks knows us, and takes the answer. */
	if (!beat || (known && sent->answered))
		how = LINK_CARRIES;
	if (known && repeat_is_next(&sent->datagram, message, len, m->counter) &&
	    (beat ? sent->answered && sent->shared && !sent->whole : m->repeated))
		how = LINK_REPEATS;
	if (beat && sent->whole)
		sent->whole--;
	repeat_note(&sent->datagram, message, len, m->counter);
	sent->life = life;
	sent->key = m->sealed;
	sent->repeated = false;
	sent->answered = false;
	sent->shared = false;
	return how;
}

/**
 * link_note_answer() - a HEARTBEAT_REPLY was read
 * @m: from whom
 * @hdr: its header
 * @message: header and body
 * @len: its length
 * @shared: it came in a bundle
 *
 * Context: only the loop.
 */
void link_note_answer(struct link_member *m, const struct wire_header *hdr, const void *message,
		      size_t len, bool shared)
{
	struct member_sent *sent = &m->sent;
	struct wire_header asked;
	struct repeat answer;

	if (!sent->datagram.len)
		return;
	wire_header_get(sent->datagram.message, &asked);
	repeat_note(&answer, message, len, 0);
	if (!answer.len || asked.type != RAFT_MSG_HEARTBEAT || asked.term != hdr->term ||
	    sent->life != seal_life(hdr->incarnation, hdr->session) ||
	    repeat_seq(answer.message) != repeat_seq(sent->datagram.message))
		return;
	sent->answered = true;
	sent->shared = shared;
}

/* ---- what was said ---- */

/**
 * link_note_said() - a datagram with a seal was taken
 * @m: from whom; its lock is held
 * @hdr: its header
 * @message: header and body
 * @len: its length
 * @counter: of its seal
 * @key: name of the key
 * @slot: shown with it in a bundle, LINK_NO_SLOT: it came alone
 */
void link_note_said(struct link_member *m, const struct wire_header *hdr, const void *message,
		    size_t len, u64 counter, u64 key, u32 slot)
{
	struct member_said *said = &m->said[0];
	u64 life = seal_life(hdr->incarnation, hdr->session);

	lockdep_assert_held(&m->lock);
	if (!repeat_may(hdr->type) || hdr->fragment)
		return;
	if (said->life != life)
		link_forget_said(m);
	else if (said->datagram.len && counter <= said->datagram.counter)
		return;
	m->said[1] = *said;
	repeat_note(&said->datagram, message, len, counter);
	said->life = life;
	said->key = key;
	said->at = ktime_get_boottime_ns();
	if (slot != LINK_NO_SLOT)
		WRITE_ONCE(m->said_slot, slot);
}

/* Nothing was said so far.  @m's lock is held. */
void link_forget_said(struct link_member *m)
{
	lockdep_assert_held(&m->lock);
	for (u32 i = 0; i < ARRAY_SIZE(m->said); i++) {
		m->said[i].datagram.len = 0;
		m->said[i].life = 0;
	}
	WRITE_ONCE(m->said_slot, LINK_NO_SLOT);
}

/* What a member had said last when something came that way; NULL: nothing to go by. */
static const struct member_said *said_before(const struct link_member *m, u64 at)
{
	for (u32 i = 0; i < ARRAY_SIZE(m->said); i++)
		if (m->said[i].datagram.len && m->said[i].at <= at)
			return &m->said[i];
	return NULL;
}

/* ---- what is repeated ---- */

/**
 * struct speaker - who has a slot at the sender of a bundle
 * @at: when it was heard last, boottime ns; 0: nobody has it
 * @cluster: key of the cluster of its group
 * @group: number of that
 * @id: its node id there
 */
struct speaker {
	u64 at;
	u64 cluster;
	u32 group;
	u32 id;
};

/**
 * struct repeated - a datagram that a word stands for
 * @link: the link that it is for
 * @m: its sender
 * @said: it, as if it had come
 */
struct repeated {
	struct quorum_link *link;
	struct link_member *m;
	struct member_said said;
};

/**
 * struct endpoint_repeats - what came to an endpoint in words
 * @ep: the endpoint
 * @queue: bundles whose words are to be looked at; their data are the words
 * @work: does that; the rest is its own
 * @wanted: the slots that the words of a bundle speak of
 * @speakers: who has them
 * @all: what one word stands for
 */
struct endpoint_repeats {
	struct quorum_endpoint *ep;
	struct sk_buff_head queue;
	struct work_struct work;
	u64 wanted[REPEAT_WORDS_MAX];
	struct speaker speakers[QUORUM_GROUPS_MAX];
	struct repeated all[REPEAT_SLOTS];
};

static u64 came_at(const struct sk_buff *skb)
{
	return ktime_to_ns(skb->tstamp);
}

/* A slot may have been another group's before: whoever was heard last has it. */
static void consider(struct endpoint_repeats *r, const struct quorum_link *link,
		     struct link_member *m, const struct sk_buff *skb)
{
	/* Most are not, and there are many; write_down() looks again. */
	u32 slot = READ_ONCE(m->said_slot);

	if (slot >= QUORUM_GROUPS_MAX ||
	    !(r->wanted[slot / REPEAT_SLOTS] & 1ULL << slot % REPEAT_SLOTS))
		return;
	spin_lock_bh(&m->lock);
	if (m->said[0].datagram.len && m->said_slot == slot &&
	    m->said[0].at > r->speakers[slot].at &&
	    link_is_at(m, skb, r->ep->addr.ss_family))
		r->speakers[slot] = (struct speaker){
			.at = m->said[0].at, .cluster = link->ident.cluster,
			.group = link->ident.group, .id = m->id,
		};
	spin_unlock_bh(&m->lock);
}

/* Who is it that the words of a bundle speak of? */
static void find_speakers(struct endpoint_repeats *r, const struct sk_buff *skb)
{
	const struct member_table *table;
	struct quorum_link *link;
	struct repeat_word word;
	u32 bucket;

	memset(r->wanted, 0, sizeof(r->wanted));
	for (size_t at = 0; at < skb->len; at += REPEAT_WORD_BYTES) {
		repeat_get(skb->data + at, &word);
		r->wanted[word.index] = word.slots;
		memset(&r->speakers[word.index * REPEAT_SLOTS], 0,
		       REPEAT_SLOTS * sizeof(r->speakers[0]));
	}
	rcu_read_lock();
	hash_for_each_rcu(r->ep->links, bucket, link, node) {
		table = rcu_dereference(link->table);
		for (u32 i = 0; i < table->n; i++)
			consider(r, link, table->members[i], skb);
	}
	rcu_read_unlock();
}

/* The key of that name, if it is one that still counts.  Context: RCU. */
static const u8 *find_key(const struct link_member *m, u64 name)
{
	const struct member_keys *keys = rcu_dereference(m->keys);

	for (u32 i = 0; keys && i < keys->n; i++)
		if (keys->rx_names[i] == name)
			return keys->rx[i];
	return NULL;
}

/* Write down what the one with @slot repeats, and its MAC; false: nobody knows.  RCU. */
static bool write_down(struct endpoint_repeats *r, u32 slot, const struct sk_buff *skb,
		       struct repeated *it, u8 trailer[SEAL_BYTES])
{
	const struct speaker *speaker = &r->speakers[slot];
	const struct member_said *said = NULL;
	struct repeat *next = &it->said.datagram;
	struct seal_stamp stamp;
	enum quorum_drop why;
	const u8 *key;

	if (!speaker->at)
		return false;
	it->link = link_find(r->ep, speaker->cluster, speaker->group, &why);
	it->m = it->link ? table_find(rcu_dereference(it->link->table), speaker->id) : NULL;
	if (!it->m)
		return false;
	spin_lock_bh(&it->m->lock);
	if (it->m->said_slot == slot && link_is_at(it->m, skb, r->ep->addr.ss_family))
		said = said_before(it->m, came_at(skb));
	if (said)
		it->said = *said;
	spin_unlock_bh(&it->m->lock);
	key = said ? find_key(it->m, it->said.key) : NULL;
	if (!key)
		return false;
	repeat_step(next);
	it->said.at = came_at(skb);
	stamp.counter = next->counter;
	stamp.echo = it->link->life;
	seal_close(key, next->message, next->len, NULL, 0, &stamp, trailer);
	return next->len;
}

/* The MAC was right: from here on it is as if it had come.  RCU. */
static void take_repeated(const struct repeated *it, const struct sk_buff *bundle)
{
	const struct repeat *d = &it->said.datagram;
	struct sk_buff *skb = alloc_skb(d->len, GFP_ATOMIC | __GFP_NOWARN);
	struct seal_stamp stamp = { .counter = d->counter, .echo = it->link->life };
	struct link_cb cb = { .bundled = true, .repeated = true };
	struct member_said *said = it->m->said;
	enum quorum_drop why = QUORUM_DROP_QUEUE;
	struct wire_header hdr;
	bool taken = false;

	wire_header_get(d->message, &hdr);
	if (skb) {
		skb_put_data(skb, d->message, d->len);
		spin_lock_bh(&it->m->lock);
		taken = link_take_stamp(it->link, it->m, &hdr, &stamp, &why);
		if (taken)
			link_note_place(it->m, bundle, &hdr, stamp.counter);
		/* Unless something newer came while it waited. */
		if (taken && said->life == it->said.life && said->datagram.counter < d->counter) {
			said[1] = said[0];
			said[0] = it->said;
		}
		spin_unlock_bh(&it->m->lock);
	}
	if (!taken) {
		link_drop_traced(it->link, &hdr, d->len, why);
		kfree_skb(skb);
		return;
	}
	if (link_take(it->link, skb, &hdr, d->len + SEAL_BYTES, cb))
		atomic64_inc(&it->link->counters.rx_repeats);
}

/* A word that is not right says of nobody who it was. */
static void drop_word(struct quorum_endpoint *ep, const struct repeat_word *word)
{
	atomic64_add(hweight64(word->slots), &ep->drops[QUORUM_DROP_SEAL]);
	trace_quorum_datagram_drop(NULL, REPEAT_WORD_BYTES, quorum_drop_name(QUORUM_DROP_SEAL));
}

/* All that it says, or nothing. */
static void take_word(struct endpoint_repeats *r, const struct repeat_word *came,
		      const struct sk_buff *skb)
{
	struct repeat_word made = { .index = came->index };
	u8 trailer[SEAL_BYTES];
	bool known = true;
	u32 n = 0;

	rcu_read_lock();
	for (u32 i = 0; i < REPEAT_SLOTS && known; i++) {
		u32 slot = came->index * REPEAT_SLOTS + i;

		if (!(came->slots & 1ULL << i))
			continue;
		known = write_down(r, slot, skb, &r->all[n], trailer);
		if (known)
			repeat_add(&made, slot, trailer + SEAL_BYTES - SEAL_MAC_BYTES);
		n++;
	}
	if (known && repeat_agree(came, &made))
		for (u32 i = 0; i < n; i++)
			take_repeated(&r->all[i], skb);
	else
		drop_word(r->ep, came);
	rcu_read_unlock();
}

static void take_words(struct work_struct *work)
{
	struct endpoint_repeats *r = container_of(work, struct endpoint_repeats, work);
	struct repeat_word word;
	struct sk_buff *skb;

	for (skb = skb_dequeue(&r->queue); skb; skb = skb_dequeue(&r->queue)) {
		find_speakers(r, skb);
		for (size_t at = 0; at < skb->len; at += REPEAT_WORD_BYTES) {
			repeat_get(skb->data + at, &word);
			take_word(r, &word, skb);
			cond_resched();
		}
		consume_skb(skb);
	}
}

/**
 * quorum_repeats_queue() - have words looked at
 * @ep: the endpoint
 * @skb: a bundle, linear; its data are the words, checked
 *
 * Context: softirq.
 * Return: false: there is no room.
 */
bool quorum_repeats_queue(struct quorum_endpoint *ep, struct sk_buff *skb)
{
	struct endpoint_repeats *r = ep->repeats;

	/* Of two processors each may be one too many. */
	if (skb_queue_len_lockless(&r->queue) >= QUORUM_REPEATS_MAX)
		return false;
	skb->tstamp = ns_to_ktime(ktime_get_boottime_ns());
	skb_queue_tail(&r->queue, skb);
	queue_work(repeated, &r->work);
	return true;
}

int quorum_repeats_init(void)
{
	repeated = alloc_workqueue("quorum_repeats", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 0);
	return repeated ? 0 : -ENOMEM;
}

void quorum_repeats_exit(void)
{
	destroy_workqueue(repeated);
}

/**
 * quorum_repeats_start() - make what an endpoint needs for words
 * @ep: the endpoint
 *
 * Return: 0 or -ENOMEM.
 */
int quorum_repeats_start(struct quorum_endpoint *ep)
{
	struct endpoint_repeats *r = kvzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->ep = ep;
	skb_queue_head_init(&r->queue);
	INIT_WORK(&r->work, take_words);
	ep->repeats = r;
	return 0;
}

/**
 * quorum_repeats_stop() - look at no more words, for good
 * @ep: the endpoint; nothing is received there any more
 *
 * Context: process, sleeps.
 */
void quorum_repeats_stop(struct quorum_endpoint *ep)
{
	struct endpoint_repeats *r = ep->repeats;

	cancel_work_sync(&r->work);
	skb_queue_purge(&r->queue);
	kvfree(r);
	ep->repeats = NULL;
}
