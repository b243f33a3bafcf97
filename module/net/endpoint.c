// SPDX-License-Identifier: GPL-2.0
/*
 * Endpoints: the UDP sockets, one per network namespace and local address.
 *
 * A socket is of one family.  An IPv6 one is IPV6_V6ONLY, so that no datagram
 * ever has an IPv4-mapped source and both wildcards can be listened to at once.
 *
 * The socket holds no reference to its namespace (sock_create_kern()): the group
 * does not keep a dying namespace alive, but has to close its link before the
 * namespace is gone.
 *
 * Fragmentation: sockets use "want" path MTU discovery.  Datagrams are cut to the
 * path's MTU by send.c, with DF set, and a router that is narrower teaches the
 * route by ICMP.  But anyone can forge such an ICMP message and lower an IPv4
 * path to 552 bytes for ten minutes; with "do" that would refuse what a message
 * of the largest size needs (QUORUM_FRAGMENTS_MAX pieces of QUORUM_MTU_MIN).  So
 * below QUORUM_MTU_MIN, and only there or in the moment after a path has shrunk,
 * the kernel may fragment for us.  WireGuard's skb->ignore_df does the same.
 * (A burst is sent with "do", see send_bulk(); where it is refused there is none.)
 *
 * Death of an endpoint and of a link (quorum_endpoint_leave()):
 *
 * Pointers to a link are held by (1) the hash of its endpoint, (2) a
 * quorum_receive() that found it there, in an RCU read section that ends before
 * it returns, (3) the loop, which the caller has stopped, (4) the work of its endpoint
 * (repeat.c) that found it in the hash, in RCU read sections likewise.  Pointers to an
 * endpoint are held by (5) the table, under endpoints_lock, (6) its links, (7)
 * the socket's sk_user_data, (8) a quorum_receive() that read (7), (9) that work, which
 * only (8) queues.
 *
 * (a) The link leaves the hash, which ends (1).
 * (b) If it was the last, the endpoint leaves the table, which ends (5), and (6)
 *     has ended with the last link.  quorum_gather_stop() ends the timer and the
 *     work that send from it.  udp_tunnel_sock_release() clears
 *     sk_user_data, which ends (7); waits for a grace period, which ends (8); and
 *     releases the socket.  A datagram that comes meanwhile finds NULL and is freed.
 *     Nobody queues (9) any more, and quorum_repeats_stop() ends it.
 * (c) synchronize_net() after (a) and (b): every quorum_receive() that could hold
 *     (2) has returned, and the work holds no (4).  So no wake() runs any more, nobody
 *     adds to link->rx, and what is left in it may be purged.
 *
 * The mutex is held from (a) to the release of the socket, so that whoever opens
 * the same address next does not meet the old socket.
 */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#include "net_private.h"

static DEFINE_MUTEX(endpoints_lock);
static LIST_HEAD(endpoints);

static int port_config(const struct sockaddr_storage *addr, struct udp_port_cfg *cfg)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->family = addr->ss_family;
	if (addr->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)addr;

		cfg->local_ip = a->sin_addr;
		cfg->local_udp_port = a->sin_port;
		cfg->use_udp_checksums = true;
		return 0;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (addr->ss_family == AF_INET6) {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)addr;

		cfg->local_ip6 = a->sin6_addr;
		cfg->local_udp_port = a->sin6_port;
		cfg->use_udp6_tx_checksums = true;
		cfg->use_udp6_rx_checksums = true;
		cfg->ipv6_v6only = true;
		/* Set for link-local addresses only, which need it to bind. */
		cfg->bind_ifindex = a->sin6_scope_id;
		return 0;
	}
#endif
	return -EAFNOSUPPORT;
}

static void explain_bind(int error, struct netlink_ext_ack *extack)
{
	switch (error) {
	case -EADDRINUSE:
		NL_SET_ERR_MSG_MOD(extack,
				   "address and port to listen on are in use by another socket");
		break;
	case -EADDRNOTAVAIL:
		NL_SET_ERR_MSG_MOD(extack,
				   "address to listen on is not one of this network namespace");
		break;
	case -ENODEV:
		NL_SET_ERR_MSG_MOD(extack, "interface of the address to listen on does not exist");
		break;
	case -EAFNOSUPPORT:
		NL_SET_ERR_MSG_MOD(extack,
				   "address to listen on is of a family this kernel does not offer");
		break;
	default:
		NL_SET_ERR_MSG_MOD(extack, "the socket to listen on could not be made");
		break;
	}
}

static void tune_socket(struct sock *sk)
{
	/*
	 * Sending must not sleep in reclaim: a heartbeat that waits for memory is
	 * a lost leader.  Bounded by sk_sndbuf, so the reserves are safe from us.
	 */
	sk->sk_allocation = GFP_ATOMIC;
	WRITE_ONCE(sk->sk_sndbuf, QUORUM_TX_BYTES_MAX);
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	/* What may wait has another, see send_bulk(). */
	WRITE_ONCE(sk->sk_priority, TC_PRIO_CONTROL);
	/* Of IPv6 sockets it is the default; for IPv4 a sysctl may have another. */
	ip_sock_set_mtu_discover(sk, IP_PMTUDISC_WANT);
}

static struct quorum_endpoint *endpoint_create(struct net *net,
					       const struct sockaddr_storage *addr,
					       struct netlink_ext_ack *extack)
{
	struct udp_tunnel_sock_cfg tunnel = {};
	struct quorum_endpoint *ep;
	struct udp_port_cfg port;
	int error;

	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return ERR_PTR(-ENOMEM);
	ep->net = net;
	ep->addr = *addr;
	hash_init(ep->links);
	init_rwsem(&ep->turn);
	error = quorum_gather_start(ep);
	if (error)
		goto free;
	error = quorum_repeats_start(ep);
	if (error)
		goto stop_gather;

	error = port_config(addr, &port);
	if (!error)
		error = udp_sock_create(net, &port, &ep->sock);
	/* Without IPv6 the stub of udp_sock_create6() says so in its own way. */
	if (error == -EPFNOSUPPORT)
		error = -EAFNOSUPPORT;
	if (error) {
		explain_bind(error, extack);
		goto stop_repeats;
	}
	tune_socket(ep->sock->sk);

	tunnel.sk_user_data = ep;
	tunnel.encap_type = 1;
	tunnel.encap_rcv = quorum_receive;
	setup_udp_tunnel_sock(net, ep->sock, &tunnel);
	return ep;
stop_repeats:
	quorum_repeats_stop(ep);
stop_gather:
	quorum_gather_stop(ep);
free:
	kfree(ep);
	return ERR_PTR(error);
}

static struct quorum_endpoint *endpoint_find(struct net *net,
					     const struct sockaddr_storage *addr)
{
	struct quorum_endpoint *ep;

	lockdep_assert_held(&endpoints_lock);
	list_for_each_entry(ep, &endpoints, node)
		if (net_eq(ep->net, net) && !memcmp(&ep->addr, addr, sizeof(*addr)))
			return ep;
	return NULL;
}

static bool endpoint_serves(struct quorum_endpoint *ep, const struct wire_header *ident)
{
	struct quorum_link *link;

	lockdep_assert_held(&endpoints_lock);
	hash_for_each_possible(ep->links, link, node, ident->group)
		if (link->ident.group == ident->group &&
		    link->ident.cluster == ident->cluster)
			return true;
	return false;
}

/* The endpoint at @addr, made if there is none; nobody uses a new one yet. */
static struct quorum_endpoint *endpoint_get(struct net *net,
					    const struct sockaddr_storage *addr,
					    const struct wire_header *ident,
					    struct netlink_ext_ack *extack)
{
	struct quorum_endpoint *ep;

	lockdep_assert_held(&endpoints_lock);
	ep = endpoint_find(net, addr);
	if (!ep) {
		ep = endpoint_create(net, addr, extack);
		if (!IS_ERR(ep))
			list_add(&ep->node, &endpoints);
		return ep;
	}
	if (endpoint_serves(ep, ident)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "this address serves a group of that cluster and name already");
		return ERR_PTR(-EEXIST);
	}
	return ep;
}

/* A slot for one link more: the least, so that few words say what all of them repeat. */
static u32 take_slot(struct quorum_endpoint *ep)
{
	u32 slot = find_first_zero_bit(ep->slots, QUORUM_GROUPS_MAX);

	lockdep_assert_held(&endpoints_lock);
	if (slot >= QUORUM_GROUPS_MAX)
		return LINK_NO_SLOT;
	__set_bit(slot, ep->slots);
	return slot;
}

/* One link less, that had @slot; true: it was the last, and the socket is gone. */
static bool endpoint_drop(struct quorum_endpoint *ep, u32 slot)
{
	lockdep_assert_held(&endpoints_lock);
	if (slot != LINK_NO_SLOT)
		__clear_bit(slot, ep->slots);
	if (--ep->users)
		return false;
	list_del(&ep->node);
	quorum_gather_stop(ep);
	udp_tunnel_sock_release(ep->sock);
	quorum_repeats_stop(ep);
	return true;
}

/**
 * quorum_endpoint_join() - publish a link at an address
 * @net: network namespace
 * @addr: where to listen, as link_address() made it
 * @link: the link, complete but for @link->endpoint
 * @extack: gets the sentence on refusal
 *
 * From now on @link->wake may be called.
 *
 * Context: process, sleeps.
 * Return: 0 or a negative errno, see quorum_link_open().
 */
int quorum_endpoint_join(struct net *net, const struct sockaddr_storage *addr,
			 struct quorum_link *link, struct netlink_ext_ack *extack)
{
	struct quorum_endpoint *ep;

	mutex_lock(&endpoints_lock);
	ep = endpoint_get(net, addr, &link->ident, extack);
	if (!IS_ERR(ep)) {
		ep->users++;
		link->endpoint = ep;
		link->slot = take_slot(ep);
		hash_add_rcu(ep->links, &link->node, link->ident.group);
	}
	mutex_unlock(&endpoints_lock);
	return PTR_ERR_OR_ZERO(ep);
}

/**
 * quorum_endpoint_move() - take a link from its endpoint to another address
 * @link: the link
 * @addr: where to listen from now on, as link_address() made it
 * @extack: gets the sentence on refusal
 *
 * The link is in no hash for a grace period: a receiver that follows the chain of
 * one hash must not come out in another's.
 *
 * Context: process, sleeps.
 * Return: 0 or a negative errno, see quorum_link_open(); then nothing has changed.
 */
int quorum_endpoint_move(struct quorum_link *link, const struct sockaddr_storage *addr,
			 struct netlink_ext_ack *extack)
{
	struct quorum_endpoint *old, *ep;
	u32 old_slot;
	bool last;

	mutex_lock(&endpoints_lock);
	old = link->endpoint;
	old_slot = link->slot;
	if (!memcmp(&old->addr, addr, sizeof(*addr))) {
		mutex_unlock(&endpoints_lock);
		return 0;
	}
	ep = endpoint_get(old->net, addr, &link->ident, extack);
	if (IS_ERR(ep)) {
		mutex_unlock(&endpoints_lock);
		return PTR_ERR(ep);
	}
	ep->users++;
	hash_del_rcu(&link->node);
	synchronize_net();
	hash_add_rcu(ep->links, &link->node, link->ident.group);

	mutex_lock(&link->change);
	mutex_lock(&link->path);
	link->endpoint = ep;
	link->slot = take_slot(ep);
	link_set_source(link);
	mutex_unlock(&link->path);
	mutex_unlock(&link->change);

	last = endpoint_drop(old, old_slot);
	mutex_unlock(&endpoints_lock);
	synchronize_net();
	if (last)
		kfree(old);
	return 0;
}

/**
 * quorum_endpoint_leave() - take a link off its endpoint
 * @link: the link; nobody else holds it when this returns
 *
 * Context: process, sleeps.
 */
void quorum_endpoint_leave(struct quorum_link *link)
{
	struct quorum_endpoint *ep = link->endpoint;
	bool last;

	mutex_lock(&endpoints_lock);
	hash_del_rcu(&link->node);
	last = endpoint_drop(ep, link->slot);
	mutex_unlock(&endpoints_lock);

	synchronize_net();
	if (last)
		kfree(ep);
}

/* Is there no endpoint left? */
bool quorum_endpoint_is_idle(void)
{
	bool idle;

	mutex_lock(&endpoints_lock);
	idle = list_empty(&endpoints);
	mutex_unlock(&endpoints_lock);
	return idle;
}
