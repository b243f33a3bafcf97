/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the net: endpoint.c, receive.c, send.c, link.c.
 *
 * Who touches what:
 *
 *	softirq (receive.c)	reads endpoints and links under RCU; writes only
 *				link->rx (its own lock), the members' incarnations
 *				and the counters (atomic)
 *	the loop (link.c, send.c) everything marked [loop]
 *	open and close (link.c, endpoint.c) the table of endpoints, under
 *				endpoints_lock (endpoint.c)
 *
 * All else is written before the link is published and never again.
 */
#ifndef QUORUM_NET_PRIVATE_H
#define QUORUM_NET_PRIVATE_H

#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include "../limits.h"
#include "../format/assemble.h"
#include "net.h"

enum {
	ENDPOINT_HASH_BITS = 6,
};

/**
 * struct quorum_endpoint - one UDP socket and the groups behind it
 * @node: in the table [endpoints_lock]
 * @net: its namespace; kept alive by the callers of quorum_link_open()
 * @addr: what it is bound to, as link_address() made it
 * @sock: the socket; its sk_user_data points here while anyone may receive
 * @users: links of it [endpoints_lock]
 * @links: the links, by the group's number [written under endpoints_lock, RCU]
 * @drops: datagrams that no link could be blamed for
 */
struct quorum_endpoint {
	struct list_head node;
	struct net *net;
	struct sockaddr_storage addr;
	struct socket *sock;
	u32 users;
	DECLARE_HASHTABLE(links, ENDPOINT_HASH_BITS);
	atomic64_t drops[QUORUM_DROP_NR];
};

/**
 * struct link_member - one seat, as seen from the wire
 * @id: node id
 * @addr: where it is, as link_address() made it
 * @incarnation: of the first valid datagram, 0: none yet
 * @as: the message it is sending us in fragments [loop]
 * @mtu: bytes of IP that reach it in one piece, 0: not known yet [loop]
 * @mtu_asked: when @mtu was found, boottime ns [loop]
 */
struct link_member {
	u32 id;
	struct sockaddr_storage addr;
	atomic64_t incarnation;
	struct assemble as;
	u32 mtu;
	u64 mtu_asked;
};

/* Counters: struct quorum_link_stats, but atomic. */
struct link_counters {
	atomic64_t tx_datagrams;
	atomic64_t tx_bytes;
	atomic64_t tx_messages[RAFT_MSG_NR];
	atomic64_t tx_errors;
	atomic64_t rx_datagrams;
	atomic64_t rx_bytes;
	atomic64_t rx_messages[RAFT_MSG_NR];
	atomic64_t drops[QUORUM_DROP_NR];
};

/* Ancillary data that names the source address of what we send. */
union link_source {
	struct cmsghdr hdr;
	u8 v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	u8 v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/**
 * struct quorum_link - one group's use of an endpoint
 * @node: in @endpoint->links
 * @endpoint: the endpoint
 * @ident: the group and this node
 * @wake: tells the loop that @rx is not empty
 * @priv: argument of @wake
 * @rx: datagrams that passed every check of receive.c, without UDP header
 * @reading: the one quorum_link_recv() returned last [loop]
 * @tx: quorum_link_buffer() [loop]
 * @message: number of the last message sent in fragments [loop]
 * @source: see union link_source
 * @source_len: its length; 0: the bound address is the source
 * @counters: counters
 * @n: number of @members
 * @members: all members
 */
struct quorum_link {
	struct hlist_node node;
	struct quorum_endpoint *endpoint;
	struct wire_header ident;
	void (*wake)(void *priv);
	void *priv;
	struct sk_buff_head rx;
	struct sk_buff *reading;
	void *tx;
	u32 message;
	union link_source source;
	size_t source_len;
	struct link_counters counters;
	u32 n;
	struct link_member members[QUORUM_MEMBERS_MAX];
};

/* Any context. */
static inline struct link_member *link_member_find(struct quorum_link *link, u32 id)
{
	for (u32 i = 0; i < link->n; i++)
		if (link->members[i].id == id)
			return &link->members[i];
	return NULL;
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
void quorum_endpoint_leave(struct quorum_link *link);
bool quorum_endpoint_is_idle(void);

/* receive.c */
int quorum_receive(struct sock *sk, struct sk_buff *skb);

#endif /* QUORUM_NET_PRIVATE_H */
