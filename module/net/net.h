/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The net: datagrams between the members of a group.
 *
 * One endpoint (a UDP socket) per network namespace and local address is shared
 * by all groups there; a link is one group's use of it.  Reception runs in
 * softirq and only checks and queues; messages are put together in the loop.
 *
 * A member is one address: every pair of members meets on the addresses the whole
 * group was told, or with keys, wherever one has shown that it is (place.c).  All of a
 * group are of one family.
 */
#ifndef QUORUM_NET_H
#define QUORUM_NET_H

#include <linux/types.h>
#include <linux/socket.h>
#include "../format/wire.h"

struct net;
struct netlink_ext_ack;
struct quorum_link;

/**
 * struct quorum_net_member - where a member is reached
 * @id: node id
 * @addr: its address and port, AF_INET or AF_INET6
 * @incarnation: of its device, 0: any, but the first one that speaks from then on
 */
struct quorum_net_member {
	u32 id;
	u64 incarnation;
	struct sockaddr_storage addr;
};

/**
 * struct quorum_net_key - a key of the whole cluster
 * @set: there is one
 * @bytes: it
 */
struct quorum_net_key {
	bool set;
	u8 bytes[SEAL_KEY_BYTES];
};

/**
 * struct quorum_link_params - a group's identity on the wire
 * @ident: cluster, group, genesis, incarnation, and own id as @ident.from
 * @epoch: number of this start, made durable before, never used by another start of
 *	this incarnation
 * @keys: the first seals what is sent, either opens what comes; without the first
 *	nothing is sealed, and no sealed datagram is taken
 * @secret: hide what is sealed, see secret.c; needs a key
 * @joins: knows no members yet, and of nobody's genesis: whoever knows the key and is
 *	of this cluster and group is listened to.  Needs a key
 * @joined: what is shown in place of @ident.genesis by those who joined; taken where
 *	there is a key
 * @listen: address and port to bind; a wildcard address is allowed
 * @n: number of @members, 0 if it @joins
 * @members: all members, own one included (its address is not used to send)
 * @wake: called after a datagram was queued.  Context: softirq
 * @priv: argument of @wake
 */
struct quorum_link_params {
	struct wire_header ident;
	u64 epoch;
	struct quorum_net_key keys[2];
	bool secret;
	bool joins;
	u32 joined;
	struct sockaddr_storage listen;
	u32 n;
	const struct quorum_net_member *members;
	void (*wake)(void *priv);
	void *priv;
};

/*
 * Why a datagram was dropped; each has a counter and a name.  What is dropped
 * before its group is known is counted at the endpoint, and shows in the
 * counters of every group there.
 */
enum quorum_drop {
	QUORUM_DROP_SHORT,
	QUORUM_DROP_MAGIC,
	QUORUM_DROP_VERSION,
	QUORUM_DROP_CRC,
	QUORUM_DROP_TYPE,
	QUORUM_DROP_LENGTH,
	QUORUM_DROP_FIELD,
	QUORUM_DROP_CLUSTER,	/* another cluster's */
	QUORUM_DROP_GROUP,	/* no such group here (counted at the endpoint) */
	QUORUM_DROP_GENESIS,	/* set up with another member list or timing */
	QUORUM_DROP_TARGET,	/* meant for another node (bug M-15) */
	QUORUM_DROP_SOURCE,	/* not a member, or not from where it is heard */
	QUORUM_DROP_INCARNATION, /* a member with another device than before (M-9) */
	QUORUM_DROP_QUEUE,	/* the group's queue is full, or no memory */
	QUORUM_DROP_FRAGMENT,	/* does not fit what is being put together, or is kept */
	QUORUM_DROP_TIMEOUT,	/* a fragment went missing */
	QUORUM_DROP_SEAL,	/* sealed with another key, changed, or not sealed */
	QUORUM_DROP_SESSION,	/* made for another life of this node, see seal.h */
	QUORUM_DROP_REPLAY,	/* was here before, or of an older session */
	QUORUM_DROP_NR,
};

struct quorum_link_stats {
	u64 tx_datagrams;
	u64 tx_bytes;		/* UDP payload */
	u64 tx_messages[RAFT_MSG_NR];
	u64 tx_bundles;		/* of the endpoint: several groups' datagrams in one */
	u64 tx_bursts;		/* packets of several datagrams, segmented below UDP */
	u64 tx_repeats;		/* of @tx_datagrams: said by a bit of a bundle */
	u64 tx_errors;		/* the stack refused to send */
	u64 tx_unready;		/* messages to members whose life is not known */
	u64 repairs_asked;	/* of members, for lost fragments */
	u64 fragments_repaired;	/* sent again when asked */
	u64 rx_datagrams;
	u64 rx_bytes;
	u64 rx_messages[RAFT_MSG_NR];
	u64 rx_repeats;		/* of @rx_datagrams, likewise */
	u64 drops[QUORUM_DROP_NR];
};

const char *quorum_drop_name(enum quorum_drop drop);

/**
 * quorum_link_open() - take part in an endpoint, making it if needed
 * @net: network namespace; the caller keeps it alive until quorum_link_close()
 * @params: identity, addresses, callback; copied
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Refusals: -EADDRINUSE; -EADDRNOTAVAIL not an address of this namespace;
 * -ENODEV no such interface; -EAFNOSUPPORT no such family here, or not all of one
 * family; -EDESTADDRREQ a member's address is a wildcard, a group of hosts, has
 * port 0, or is link-local without its interface; -ENOTUNIQ two members have one
 * address; -EEXIST this endpoint serves a group of this number already; -EINVAL
 * number of members; -EOVERFLOW no sessions left on this device; -ENOMEM.
 *
 * Context: process, sleeps.  @wake may be called before it returns.
 * Return: the link, or ERR_PTR().
 */
struct quorum_link *quorum_link_open(struct net *net,
				     const struct quorum_link_params *params,
				     struct netlink_ext_ack *extack);

/**
 * quorum_link_close() - leave the endpoint
 * @link: the link; the loop must not use it any more
 *
 * No @wake runs after it returns, and the socket is gone if nobody else uses it.
 *
 * Context: process, sleeps.
 */
void quorum_link_close(struct quorum_link *link);

/**
 * quorum_link_set_keys() - seal and open with other keys from now on
 * @link: the link
 * @keys: two, as in struct quorum_link_params
 * @extack: gets the sentence on refusal, may be NULL
 *
 * All members have to accept a key before the first one seals with it: give it as
 * the second one everywhere, then as the first one, then drop the old one.
 *
 * Context: process, sleeps.  Any thread while the link is open.
 * Return: 0; -EINVAL sealed or not is settled when a link is opened; -ENOMEM.
 */
int quorum_link_set_keys(struct quorum_link *link, const struct quorum_net_key *keys,
			 struct netlink_ext_ack *extack);

/**
 * quorum_link_set_members() - replace the members
 * @link: the link
 * @n: number of @members
 * @members: all of them; the own one may be missing
 * @extack: gets the sentence on refusal, may be NULL
 *
 * A sender that knows the key and that no list named so far was listened to as a
 * guest (guest.c).  Guests that are not among @members are forgotten.
 *
 * Who stays keeps its session, its incarnation and what it has half sent, unless
 * @members says that it has another device; its address may be another.  A buffer of
 * quorum_link_recv() stays valid as it would.
 *
 * Context: only the loop, or while it does not run; sleeps for memory only.
 * Return: 0 or as quorum_link_open(); then nothing has changed.
 */
int quorum_link_set_members(struct quorum_link *link, u32 n,
			    const struct quorum_net_member *members,
			    struct netlink_ext_ack *extack);

/**
 * quorum_link_set_addresses() - members have moved
 * @link: the link
 * @n: number of @members
 * @members: their ids, and where they are now; those who are no members now are passed over
 * @extack: gets the sentence on refusal, may be NULL
 *
 * Context: process.  Any thread while the link is open.
 * Return: 0 or as quorum_link_open(); then nothing has changed.
 */
int quorum_link_set_addresses(struct quorum_link *link, u32 n,
			      const struct quorum_net_member *members,
			      struct netlink_ext_ack *extack);

/**
 * quorum_link_set_listen() - receive and send at another address
 * @link: the link
 * @listen: the address; a wildcard address is allowed
 * @extack: gets the sentence on refusal, may be NULL
 *
 * The new socket is there before the old one is left.  Datagrams on their way are
 * lost, as a network may lose them.
 *
 * Context: process, sleeps.  Any thread while the link is open.
 * Return: 0 or as quorum_link_open(); then nothing has changed.
 */
int quorum_link_set_listen(struct quorum_link *link, const struct sockaddr_storage *listen,
			   struct netlink_ext_ack *extack);

/**
 * quorum_link_due() - when to call quorum_link_recv() although nothing has come
 * @link: the link
 *
 * Context: only the loop.
 * Return: boottime ns, U64_MAX: need not be.
 */
u64 quorum_link_due(struct quorum_link *link);

/**
 * quorum_link_recv() - next whole message
 * @link: the link
 * @hdr: its header, checked
 * @buf: set to header and body
 * @len: their length
 *
 * The source has been checked: @hdr->from is a member, or a guest, and the datagram came
 * from where it is heard.  @buf stays valid until the next call or close.
 *
 * Context: only the loop.
 * Return: true if there was one.
 */
bool quorum_link_recv(struct quorum_link *link, struct wire_header *hdr,
		      const void **buf, size_t *len);

/* A message of quorum_link_recv() was refused as malformed: count it. Loop only. */
void quorum_link_malformed(struct quorum_link *link, const struct wire_header *hdr,
			   enum wire_error error);

/* There was no room for one. Loop only. */
void quorum_link_no_room(struct quorum_link *link, const struct wire_header *hdr);

/* The buffer to build a message in; QUORUM_MSG_BYTES_MAX bytes.  Loop only. */
void *quorum_link_buffer(struct quorum_link *link);

/**
 * quorum_link_send() - send the message in the buffer
 * @link: the link
 * @peer: node id of a member
 * @len: its length, header included
 *
 * Fragments what does not fit the path MTU.  Best effort: a refusal by the
 * stack is counted and forgotten, the engine recovers as from a loss.
 *
 * Context: only the loop; process, may sleep for memory, not for the network.
 */
void quorum_link_send(struct quorum_link *link, u32 peer, size_t len);

/**
 * quorum_link_send_later() - quorum_link_send() of what is in no hurry
 * @link: the link
 * @peer: node id of a member
 * @len: its length, header included; it fits any datagram
 * @within: it leaves in so many ns at the latest
 *
 * Where several groups use the endpoint it waits for what they have for the same
 * node, and they share a datagram (format/bundle.h).  The answer to a heartbeat waits
 * only if the heartbeat had waited: who was asked at once answers at once.
 *
 * Context: as quorum_link_send().
 */
void quorum_link_send_later(struct quorum_link *link, u32 peer, size_t len, u64 within);

/* Bytes of one message, header included, that travel to @peer in one datagram. Loop only. */
size_t quorum_link_mtu(struct quorum_link *link, u32 peer);

/* The incarnation a member has shown; 0: none yet, or no member.  Any context. */
u64 quorum_link_incarnation(struct quorum_link *link, u32 id);

/*
 * Another one that was shown under a member's id since its device was settled: the
 * member was wiped or replaced, and is not heard.  0: none.  Any context.
 */
u64 quorum_link_shown(struct quorum_link *link, u32 id);

/*
 * Where a member is heard and spoken to, if that is not where we were told that it is;
 * else @addr stays as it is.  Any context.
 */
void quorum_link_heard_at(struct quorum_link *link, u32 id, struct sockaddr_storage *addr);

void quorum_link_get_stats(struct quorum_link *link, struct quorum_link_stats *stats);

/* Return: 0, or -ENOTRECOVERABLE when CRC32C or BLAKE2s of this kernel is wrong. */
int quorum_net_init(void);

/* After the last quorum_link_close(). */
void quorum_net_exit(void);

#endif /* QUORUM_NET_H */
