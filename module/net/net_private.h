/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the net: endpoint.c, receive.c, session.c, member.c, guest.c, place.c,
 * past.c, repair.c, brief.c, burst.c, send.c, gather.c, repeat.c, link.c.
 *
 * Who touches what:
 *
 *	softirq (receive.c, session.c) reads endpoints, links, their tables of members
 *				and keys under RCU; writes only link->rx (its own
 *				lock), what a member's lock protects, the members'
 *				incarnations and the counters (atomic)
 *	the work of an endpoint (repeat.c) as softirq does
 *	the loop (link.c, send.c) everything marked [loop]; replaces the table
 *	open and close (link.c, endpoint.c) the table of endpoints, under
 *				endpoints_lock (endpoint.c)
 *	changes from outside (member.c, endpoint.c) what link->change protects
 *
 * All else is written before the link is published and never again.
 *
 * Locks, outermost first: endpoints_lock, link->change, link->path, that of gather.c,
 * endpoint->turn, member->lock, link->past_lock.
 */
#ifndef QUORUM_NET_PRIVATE_H
#define QUORUM_NET_PRIVATE_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/hashtable.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ipv6.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/spinlock.h>
#include <linux/uio.h>
#include "../limits.h"
#include "../format/assemble.h"
#include "../format/hello.h"
#include "../format/brief.h"
#include "../format/repeat.h"
#include "net.h"

enum {
	ENDPOINT_HASH_BITS = 6,
	LINK_NO_SLOT = QUORUM_GROUPS_MAX,
};

/**
 * struct quorum_endpoint - one UDP socket and the groups behind it
 * @node: in the table [endpoints_lock]
 * @net: its namespace; kept alive by the callers of quorum_link_open()
 * @addr: what it is bound to, as link_address() made it
 * @sock: the socket; its sk_user_data points here while anyone may receive
 * @turn: held to send: what may wait alone, see send.c
 * @users: links of it [endpoints_lock]
 * @links: the links, by the group's number [written under endpoints_lock, RCU]
 * @slots: those that its links have, see format/repeat.h [endpoints_lock]
 * @gather: see gather.c
 * @repeats: see repeat.c
 * @drops: datagrams that no link could be blamed for
 * @tx_bundles: bundles sent
 * @tx_errors: datagrams in bundles that the stack refused to send
 */
struct quorum_endpoint {
	struct list_head node;
	struct net *net;
	struct sockaddr_storage addr;
	struct socket *sock;
	struct rw_semaphore turn;
	u32 users;
	DECLARE_HASHTABLE(links, ENDPOINT_HASH_BITS);
	DECLARE_BITMAP(slots, QUORUM_GROUPS_MAX);
	struct endpoint_gather *gather;
	struct endpoint_repeats *repeats;
	atomic64_t drops[QUORUM_DROP_NR];
	atomic64_t tx_bundles;
	atomic64_t tx_errors;
};

/**
 * struct member_keys - the keys between this node and a member
 * @rcu: freed, and forgotten, with it
 * @n: number of @rx
 * @tx_name: tells @tx from another
 * @rx_names: likewise
 * @tx: seals what goes to it
 * @rx: open what comes from it
 */
struct member_keys {
	struct rcu_head rcu;
	u32 n;
	u64 tx_name;
	u64 rx_names[2];
	u8 tx[SEAL_KEY_BYTES];
	u8 rx[2][SEAL_KEY_BYTES];
};

/**
 * struct link_past - what was taken from a device of a sender that has left, or has another
 * @node: in @link->past
 * @id: its node id
 * @incarnation: of its device
 * @session: newest session
 * @top: highest counter of it
 */
struct link_past {
	struct list_head node;
	u32 id;
	u32 session;
	u64 incarnation;
	u64 top;
};

/**
 * struct member_repair - what is missing of a message in the making
 * @asked: times that it was asked for
 * @overtaken: since when what was sent after it is here, boottime ns, 0: it is not
 * @asked_at: since when an answer is waited for, boottime ns, 0: none is
 * @due: when to ask, boottime ns
 */
struct member_repair {
	u8 asked;
	u64 overtaken;
	u64 asked_at;
	u64 due;
};

/**
 * struct member_sent - the last heartbeat that was sent to a member, or answer to one
 * @datagram: it
 * @life: of the member, for which it was sealed
 * @key: name of the key that it was sealed with
 * @slot: what is said of the link's slot with it, or with one before it
 * @repeated: it was sent as a repeat
 * @answered: it is a heartbeat, and was answered
 * @shared: and so that the member shows to have seen the slot
 * @whole: so many heartbeats are sent in full from now on
 */
struct member_sent {
	struct repeat datagram;
	u64 life;
	u64 key;
	u32 slot;
	bool repeated;
	bool answered;
	bool shared;
	u32 whole;
};

/**
 * struct member_said - a heartbeat that was taken from a member, or answer to one
 * @datagram: it
 * @life: of the member then
 * @key: name of the key that opened it
 * @at: when it came, boottime ns
 */
struct member_said {
	struct repeat datagram;
	u64 life;
	u64 key;
	u64 at;
};

/**
 * struct link_member - one seat, as seen from the wire
 * @rcu: freed with it
 * @gone: in @link->gone [loop]
 * @guest: no member, see guest.c [link->change; softirq looks]
 * @id: node id
 * @keys: NULL for the own seat and without a key [link->change, RCU]
 * @past: for what will be kept of it, see past.c [link->change]
 * @lock: protects what follows up to @incarnation; softirq takes it
 * @addr: where it is, as far as we know, see place.c
 * @told: where we were told that it is, as link_address() made it; a guest is nowhere
 *	  [written under link->change]
 * @placed: it was heard at @addr, or is @told to be there; else it is only asked there
 * @heard: when something was taken from its own device last, boottime ns, 0: nothing yet
 * @heard_there: likewise, of what came from @told
 * @asked: when it was asked for at @told last, since it is not there, boottime ns
 * @window: what was taken from it
 * @other: another device that spoke as the leader with its id, or that it had before
 * @other_window: what was taken from that
 * @shown: the device that spoke last and is not the member's, 0: none
 * @left: it is no member any more, nothing is taken from it
 * @past_of: the device that the next two are of
 * @past_session: newest session of what was taken before it left last, 0: none
 * @past_top: highest counter of it
 * @life: its life, to be echoed to it; 0: not known
 * @genesis: fingerprint shown by the device of @window; who joined shows another one
 * @other_genesis: likewise, of @other
 * @knows_us: it has shown in that life that it knows ours
 * @hello: the HELLOs that are to be sent to it
 * @said: the last heartbeats or answers of its, the newest first
 * @said_slot: its slot for this group, as a bundle of its showed it in that life
 * @incarnation: as the configuration says, else of the first valid datagram; 0: none yet
 * @counter: of the last sealed datagram sent to it [loop]
 * @sealed: name of the key that this was sealed with [loop]
 * @sent: the last heartbeat to it, or answer [loop]
 * @bundled: its last HEARTBEAT came in a bundle [loop]
 * @repeated: it came as a repeat [loop]
 * @session: of the fragments in @as [loop]
 * @places: how many of @as have memory [loop]
 * @as: messages it is sending us in fragments [loop]
 * @repair: of each [loop]
 * @nheld: how many of them are whole and not read yet [loop]
 * @done: numbers of the last messages that became whole [loop]
 * @done_asked: which of @done parts were asked for, as a bitmap [loop]
 * @ndone: how many ever did, in this session of its [loop]
 * @repair_ns: time from asking to an answer, the longest of late, 0: not known [loop]
 * @reorder_ns: how late what was overtaken came, the longest of late [loop]
 * @reorder_grown: when it was seen last that this was too short, boottime ns [loop]
 * @no_bursts: when one was refused last, boottime ns, 0: not of late [loop]
 * @mtu_locked: its path may cut what it carries: no DF, see burst.c [loop]
 * @mtu: bytes of IP that reach it in one piece, 0: not known yet [loop; 0 by who moves it]
 * @mtu_asked: when @mtu was found, boottime ns [loop]
 */
struct link_member {
	struct rcu_head rcu;
	struct list_head gone;
	bool guest;
	u32 id;
	struct member_keys __rcu *keys;
	struct link_past *past[2];
	spinlock_t lock;
	struct sockaddr_storage addr;
	struct sockaddr_storage told;
	bool placed;
	u64 heard;
	u64 heard_there;
	u64 asked;
	struct seal_window window;
	u64 other;
	struct seal_window other_window;
	u64 shown;
	bool left;
	u64 past_of;
	u32 past_session;
	u64 past_top;
	u64 life;
	u32 genesis;
	u32 other_genesis;
	bool knows_us;
	struct hellos hello;
	struct member_said said[2];
	u32 said_slot;
	atomic64_t incarnation;
	u64 counter;
	u64 sealed;
	struct member_sent sent;
	bool bundled;
	bool repeated;
	u32 session;
	u32 places;
	struct assemble as[QUORUM_REASSEMBLIES];
	struct member_repair repair[QUORUM_REASSEMBLIES];
	u32 nheld;
	u32 done[QUORUM_DONE_MAX];
	u64 done_asked;
	u32 ndone;
	u64 repair_ns;
	u64 reorder_ns;
	u64 reorder_grown;
	u64 no_bursts;
	bool mtu_locked;
	u32 mtu;
	u64 mtu_asked;
};

/**
 * struct member_table - the members of a link
 * @rcu: freed with it
 * @n: number of @members
 * @members: all of them
 */
struct member_table {
	struct rcu_head rcu;
	u32 n;
	struct link_member *members[QUORUM_MEMBERS_MAX];
};

/**
 * struct link_stranger - a datagram from an unknown address, for the loop to look at
 * @lock: protects the rest while @here is false; then it is the loop's
 * @here: there is one; looked at without @lock, too
 * @not_before: when the next may be kept, boottime ns
 * @probed: when one was answered last, boottime ns
 * @addr: where it came from
 * @len: its length
 * @datagram: it; whatever is longer than this is said again in something shorter
 */
struct link_stranger {
	spinlock_t lock;
	bool here;
	u64 not_before;
	u64 probed;
	struct sockaddr_storage addr;
	u32 len;
	u8 datagram[256];
};

/* The queues of a link: what must not wait goes ahead of what is large. */
enum link_class {
	LINK_URGENT,
	LINK_BULK,
	LINK_CLASSES,
};

/* How a datagram may leave that is gathered: each may leave as those before it, too. */
enum link_how {
	LINK_ANYHOW = 0,	/* it is no heartbeat, or nothing is known of it */
	LINK_WHOLE,		/* in full */
	LINK_CARRIES,		/* in full, and what others repeat may lean on it */
	LINK_REPEATS,		/* as a repeat */
};

/* Counters: struct quorum_link_stats, but atomic. */
struct link_counters {
	atomic64_t tx_datagrams;
	atomic64_t tx_bytes;
	atomic64_t tx_messages[RAFT_MSG_NR];
	atomic64_t tx_bursts;
	atomic64_t tx_repeats;
	atomic64_t tx_errors;
	atomic64_t tx_unready;
	atomic64_t repairs_asked;
	atomic64_t fragments_repaired;
	atomic64_t rx_datagrams;
	atomic64_t rx_bytes;
	atomic64_t rx_messages[RAFT_MSG_NR];
	atomic64_t rx_repeats;
	atomic64_t drops[QUORUM_DROP_NR];
};

/**
 * struct link_burst - datagrams to one member that are to leave together, see burst.c
 * @buf: QUORUM_BURST_BYTES_MAX bytes, one datagram behind the other; NULL: not needed so far
 * @len: bytes of them
 * @size: of each but the last
 * @n: how many
 * @left: some of it has left since it was begun
 * @open: it is being collected
 */
struct link_burst {
	u8 *buf;
	size_t len;
	size_t size;
	u32 n;
	bool left;
	bool open;
};

/**
 * struct link_kept - a message that was sent in fragments
 * @peer: to whom; 0: none, or @buf is in use
 * @frag: its number, and the shape of its fragments
 * @again: fragments of it that were sent again
 * @time: when it was sent, boottime ns
 * @buf: QUORUM_MSG_BYTES_MAX bytes: header and body; NULL: not needed so far
 */
struct link_kept {
	u32 peer;
	struct wire_fragment frag;
	u32 again;
	u64 time;
	void *buf;
};

/* Ancillary data that names the source address of what we send. */
union link_source {
	struct cmsghdr hdr;
	u8 v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	u8 v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* What is known of a datagram in a queue, in its cb: how it came. */
struct link_cb {
	bool bundled;
	bool repeated;
};

static inline struct link_cb *link_cb(struct sk_buff *skb)
{
	return (struct link_cb *)skb->cb;
}

/**
 * struct quorum_link - one group's use of an endpoint
 * @node: in @endpoint->links
 * @endpoint: the endpoint [change; the loop reads it under path]
 * @ident: the group and this node
 * @session: of this start, 0: nothing is sealed
 * @secret: what is sealed is hidden as well, see secret.c
 * @joins: it takes anybody's genesis
 * @joined: what is shown by those who joined
 * @hidden: where that is done, QUORUM_MTU_MAX bytes and a trailer [loop]
 * @brief: where the first part of a brief datagram is made [loop]
 * @life: of this node, what others have to echo
 * @wake: tells the loop that there is something to receive
 * @priv: argument of @wake
 * @rx: datagrams that passed every check of receive.c, without UDP header and seal
 * @reading: the one quorum_link_recv() returned last [loop]
 * @nheld: whole messages of all members that are not read yet [loop]
 * @hellos: a HELLO is due to some member, and may be sent now
 * @late: one was due that might not be sent yet [loop]
 * @due: when something is to be asked for, boottime ns; never later than that [loop]
 * @kept: what can be repaired [loop]
 * @keep: the one whose buffer is @tx [loop]
 * @tx: quorum_link_buffer() [loop]
 * @within: what is sent now may wait so many ns for other groups, 0: not at all [loop]
 * @how: what is sent now may leave so [loop]
 * @elsewhere: what is sent now goes there, NULL: to where its receiver is [loop]
 * @message: number of the last message sent in fragments [loop]
 * @burst: see burst.c [loop]
 * @change: excludes changes of the members, keys and the endpoint
 * @path: held while a datagram leaves, and while the way out changes
 * @source: see union link_source [path]
 * @source_len: its length; 0: the bound address is the source [path]
 * @slot: of this link at @endpoint, or LINK_NO_SLOT [path]
 * @keys: of the cluster [change]
 * @table: the members [loop under change, RCU]
 * @strangers: by a hash of where they come from, see guest.c
 * @salt: of that hash
 * @stranger: there may be one in @strangers
 * @gone: members taken off @table, until the loop lets go of them [loop]
 * @used: highest counter of a datagram to any of those that left [loop]
 * @past_lock: protects the next two; softirq takes it
 * @past: what was taken from those
 * @npast: how many are in there
 * @counters: counters
 */
struct quorum_link {
	struct hlist_node node;
	struct quorum_endpoint *endpoint;
	struct wire_header ident;
	u32 session;
	bool secret;
	bool joins;
	u32 joined;
	u8 *hidden;
	u8 brief[BRIEF_HEAD_BYTES_MAX];
	u64 life;
	void (*wake)(void *priv);
	void *priv;
	struct sk_buff_head rx[LINK_CLASSES];
	struct sk_buff *reading;
	u32 nheld;
	atomic_t hellos;
	bool late;
	u64 due;
	struct link_kept kept[QUORUM_KEPT_MAX];
	u32 keep;
	void *tx;
	u64 within;
	enum link_how how;
	const struct sockaddr_storage *elsewhere;
	u32 message;
	struct link_burst burst;
	struct mutex change;
	struct mutex path;
	union link_source source;
	size_t source_len;
	u32 slot;
	struct quorum_net_key keys[2];
	struct member_table __rcu *table;
	struct link_stranger strangers[QUORUM_STRANGERS_MAX];
	u32 salt;
	atomic_t stranger;
	struct list_head gone;
	u64 used;
	spinlock_t past_lock;
	struct list_head past;
	u32 npast;
	struct link_counters counters;
};

/* The table, for the loop, and for whoever opens and closes. */
static inline struct member_table *link_table(struct quorum_link *link)
{
	return rcu_dereference_protected(link->table, true);
}

static inline struct link_member *table_find(const struct member_table *table, u32 id)
{
	for (u32 i = 0; i < table->n; i++)
		if (table->members[i]->id == id)
			return table->members[i];
	return NULL;
}

/* The loop only. */
static inline struct link_member *link_member_find(struct quorum_link *link, u32 id)
{
	return table_find(link_table(link), id);
}

static inline void link_drop(struct quorum_link *link, enum quorum_drop reason)
{
	atomic64_inc(&link->counters.drops[reason]);
}

/* Counter of what the codec refused. */
static inline enum quorum_drop drop_of_error(enum wire_error error)
{
	switch (error) {
	case WIRE_SHORT:
		return QUORUM_DROP_SHORT;
	case WIRE_MAGIC_BAD:
		return QUORUM_DROP_MAGIC;
	case WIRE_VERSION_BAD:
		return QUORUM_DROP_VERSION;
	case WIRE_CRC_BAD:
		return QUORUM_DROP_CRC;
	case WIRE_TYPE_BAD:
		return QUORUM_DROP_TYPE;
	case WIRE_LENGTH_BAD:
		return QUORUM_DROP_LENGTH;
	default:
		return QUORUM_DROP_FIELD;
	}
}

/* endpoint.c */
int quorum_endpoint_join(struct net *net, const struct sockaddr_storage *addr,
			 struct quorum_link *link, struct netlink_ext_ack *extack);
int quorum_endpoint_move(struct quorum_link *link, const struct sockaddr_storage *addr,
			 struct netlink_ext_ack *extack);
void quorum_endpoint_leave(struct quorum_link *link);
bool quorum_endpoint_is_idle(void);

/* member.c */
int link_address(const struct sockaddr_storage *in, bool listen, struct sockaddr_storage *out,
		 struct netlink_ext_ack *extack);
void link_set_source(struct quorum_link *link);
int link_make_members(struct quorum_link *link, u32 n, const struct quorum_net_member *members,
		      const struct sockaddr_storage *listen, struct netlink_ext_ack *extack);
void link_free_members(struct quorum_link *link);
void link_let_go(struct quorum_link *link);

void link_derive(const struct quorum_link *link, u8 key[SEAL_KEY_BYTES],
		 const struct quorum_net_key *from_key, u32 from, u32 to);
struct link_member *link_sender(struct quorum_link *link, u32 id,
				const struct sockaddr_storage *addr);

/* guest.c */
void link_note_stranger(struct quorum_link *link, const struct sk_buff *skb,
			sa_family_t family);
void link_take_strangers(struct quorum_link *link);

/* place.c */
bool link_is_at(const struct link_member *m, const struct sk_buff *skb, sa_family_t family);
void link_note_place(struct link_member *m, const struct sk_buff *skb,
		     const struct wire_header *hdr, u64 counter);
bool link_is_away(const struct link_member *m);
bool link_tell_place(struct link_member *m, const struct sockaddr_storage *addr);
void link_bring_back(struct link_member *m);
bool link_place_sender(struct quorum_link *link, struct link_member *m,
		       const struct sockaddr_storage *addr, const struct wire_header *hdr,
		       const struct seal_stamp *stamp);

/* brief.c */
bool link_take_brief(struct quorum_link *link, struct sk_buff *skb, sa_family_t family,
		     const struct brief *brief, struct wire_header *hdr, enum quorum_drop *why);
size_t link_shorten(struct quorum_link *link, struct link_member *m, struct kvec vec[3],
		    u8 trailer[SEAL_BYTES], u64 counter, u64 life);

/* secret.c */
bool secret_open(const u8 key[SEAL_KEY_BYTES], void *buf, size_t len, bool fragment,
		 struct seal_stamp *stamp);
size_t link_hide(struct quorum_link *link, struct link_member *m, struct kvec vec[2], size_t n,
		 u64 echo);
int secret_prepare(struct quorum_link *link, struct netlink_ext_ack *extack);
bool secret_selftest(void);

/* session.c */
bool link_opens(const struct quorum_link *link, const u8 key[SEAL_KEY_BYTES], void *buf,
		size_t len, const struct wire_header *hdr, struct seal_stamp *stamp);
bool link_unseal(struct quorum_link *link, struct link_member *m, struct sk_buff *skb,
		 const struct wire_header *hdr, u32 slot, enum quorum_drop *why);
bool link_seal(struct quorum_link *link, struct link_member *m, const struct kvec *vec,
	       size_t n, u64 echo, u8 trailer[SEAL_BYTES]);
bool link_take_stamp(struct quorum_link *link, struct link_member *m,
		     const struct wire_header *hdr, const struct seal_stamp *stamp,
		     enum quorum_drop *why);
void link_note_hello(struct quorum_link *link, struct link_member *m,
		     const struct wire_header *hdr);
bool link_is_asked(const struct link_member *m, const struct wire_header *hdr,
		   const struct seal_stamp *stamp);
bool link_is_probe(const struct wire_header *hdr, const struct seal_stamp *stamp);
void link_probe(struct quorum_link *link, struct link_member *m,
		const struct sockaddr_storage *addr);
void link_ask_back(struct quorum_link *link, struct link_member *m);
u64 link_life_of(struct link_member *m);
bool link_knows_us(struct link_member *m, u64 life);
void link_ask_life(struct quorum_link *link, struct link_member *m);
void link_send_hellos(struct quorum_link *link);

/* past.c */
int link_prepare_past(struct link_member *m);
void link_keep_past(struct quorum_link *link, struct link_member *m, u64 incarnation,
		    const struct seal_window *window);
void link_remember(struct quorum_link *link, struct link_member *m);
bool link_is_past(struct quorum_link *link, struct link_member *m,
		  const struct wire_header *hdr, u64 counter);
void link_forget_past(struct quorum_link *link);

/* burst.c */
void link_burst_begin(struct quorum_link *link, struct link_member *m);
int link_burst_add(struct quorum_link *link, struct link_member *m, const struct kvec *vec,
		   size_t n);
int link_burst_end(struct quorum_link *link, struct link_member *m, int error);

/* repair.c */
void link_note_fragment(struct quorum_link *link, struct link_member *m,
			const struct wire_fragment *frag, u64 now);
void link_note_done(struct link_member *m, u32 place);
bool link_was_done(struct link_member *m, u32 message, u64 now);
void link_ask_repairs(struct quorum_link *link, u64 now);
void link_forget_repair(struct link_member *m, u32 place);
bool link_keep_first(struct quorum_link *link);
void link_keep(struct quorum_link *link, const struct link_member *m,
	       const struct wire_fragment *frag);
void link_repair(struct quorum_link *link, struct link_member *m, const struct sk_buff *skb);

/* gather.c */
int quorum_gather_init(void);
void quorum_gather_exit(void);
int quorum_gather_start(struct quorum_endpoint *ep);
void quorum_gather_stop(struct quorum_endpoint *ep);
bool quorum_gather(struct quorum_link *link, struct link_member *m,
		   const struct sockaddr_storage *to, const struct kvec *vec, size_t n, size_t len);

/* repeat.c */
enum link_how link_note_sent(struct link_member *m, const void *message, size_t len, u64 life);
void link_note_answer(struct link_member *m, const struct wire_header *hdr, const void *message,
		      size_t len, bool shared);
void link_note_said(struct link_member *m, const struct wire_header *hdr, const void *message,
		    size_t len, u64 counter, u64 key, u32 slot);
void link_forget_said(struct link_member *m);
int quorum_repeats_init(void);
void quorum_repeats_exit(void);
int quorum_repeats_start(struct quorum_endpoint *ep);
void quorum_repeats_stop(struct quorum_endpoint *ep);
bool quorum_repeats_queue(struct quorum_endpoint *ep, struct sk_buff *skb);

/* send.c */
int endpoint_send(struct quorum_endpoint *ep, struct sockaddr_storage *to,
		  const union link_source *source, size_t source_len, struct kvec *vec, size_t n,
		  enum link_class class, u16 segment);
int link_send_now(struct quorum_link *link, struct link_member *m, struct kvec *vec, size_t n,
		  enum link_class class, u16 segment);
int link_send_datagram(struct quorum_link *link, struct link_member *m, struct kvec *vec,
		       size_t n, enum link_class class);
int link_send_sealed(struct quorum_link *link, struct link_member *m, struct kvec vec[3],
		     size_t n, u64 life);
int link_send_fragment(struct quorum_link *link, struct link_member *m, void *buf,
		       const struct wire_fragment *shape, u32 index, u64 life);

/* receive.c */
struct quorum_link *link_find(struct quorum_endpoint *ep, u64 cluster, u32 group,
			      enum quorum_drop *why);
void link_drop_traced(struct quorum_link *link, const struct wire_header *hdr, u32 len,
		      enum quorum_drop why);
void link_refuse(struct quorum_link *link, struct sk_buff *skb, const struct wire_header *hdr,
		 enum quorum_drop why);
bool link_take(struct quorum_link *link, struct sk_buff *skb, const struct wire_header *hdr,
	       u32 len, struct link_cb cb);
bool link_source_is(struct link_member *m, const struct sk_buff *skb, sa_family_t family);
bool link_pin_incarnation(struct link_member *m, u64 incarnation);
struct seal_window *link_window(struct link_member *m, const struct wire_header *hdr);
int quorum_receive(struct sock *sk, struct sk_buff *skb);

#endif /* QUORUM_NET_PRIVATE_H */
