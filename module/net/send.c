// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: from the buffer of a link to the UDP layer, in the loop's thread.
 *
 * Nothing waits for the network: a full send buffer, a missing route or a lack of
 * memory lose the message, are counted, and the engine sends again.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/jhash.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/pkt_sched.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/udp.h>
#include <linux/uio.h>
#include <net/addrconf.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ipv6_stubs.h>
#include <net/route.h>
#include <net/sock.h>
#include "net_private.h"
#include "net_trace.h"

enum {
	MTU_UNKNOWN = 1500,
};

static_assert(QUORUM_FRAGMENTS_MAX *
	      (QUORUM_MTU_MIN - sizeof(struct ipv6hdr) - sizeof(struct udphdr) -
	       WIRE_HEADER_BYTES - WIRE_FRAGMENT_BYTES - SEAL_BYTES) >= WIRE_BODY_BYTES_MAX);

/*
 * Is it that the own address is not one of this host?  Behind a translator it is none, nor
 * where it has changed.  IPv6 says that it is not valid, IPv4 (ip_route_output_key_hash_rcu())
 * the same as where there is no way.
 */
static bool is_not_here(int error)
{
	return error == -EINVAL || error == -ENETUNREACH;
}

static u32 route_mtu4(struct sock *sk, const struct sockaddr_in *to, __be32 from, bool *locked)
{
	struct flowi4 fl = {
		.flowi4_oif = READ_ONCE(sk->sk_bound_dev_if),
		.flowi4_mark = READ_ONCE(sk->sk_mark),
		.flowi4_proto = IPPROTO_UDP,
		.daddr = to->sin_addr.s_addr,
		.saddr = from,
		.fl4_dport = to->sin_port,
		.fl4_sport = inet_sk(sk)->inet_sport,
	};
	struct rtable *rt;
	u32 mtu;

	rt = ip_route_output_flow(sock_net(sk), &fl, sk);
	if (IS_ERR(rt) && from && is_not_here(PTR_ERR(rt)))
		return route_mtu4(sk, to, 0, locked);
	if (IS_ERR(rt))
		return 0;
	mtu = dst_mtu(&rt->dst);
	*locked = ip_mtu_locked(&rt->dst);
	ip_rt_put(rt);
	return mtu;
}

static u32 route_mtu6(struct sock *sk, const struct sockaddr_in6 *to,
		      const struct in6_addr *from)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 fl = {
		.flowi6_oif = to->sin6_scope_id ?: READ_ONCE(sk->sk_bound_dev_if),
		.flowi6_mark = READ_ONCE(sk->sk_mark),
		.flowi6_proto = IPPROTO_UDP,
		.daddr = to->sin6_addr,
		.saddr = *from,
		.fl6_dport = to->sin6_port,
		.fl6_sport = inet_sk(sk)->inet_sport,
	};
	struct dst_entry *dst;
	u32 mtu;

	dst = ipv6_stub->ipv6_dst_lookup_flow(sock_net(sk), sk, &fl, NULL);
	if (IS_ERR(dst))
		return 0;
	mtu = dst_mtu(dst);
	dst_release(dst);
	return mtu;
#else
	return 0;
#endif
}

/*
 * Bytes of IP of the way that datagrams take: from the source they leave with, since
 * another source may be another way.
 */
static u32 route_mtu(struct quorum_link *link, const struct sockaddr_storage *to, bool *locked)
{
	struct sock *sk = link->endpoint->sock->sk;
	const void *source = CMSG_DATA(&link->source.hdr);

	lockdep_assert_held(&link->path);
	if (to->ss_family == AF_INET) {
		const struct in_pktinfo *info = source;

		return route_mtu4(sk, (const struct sockaddr_in *)to,
				  link->source_len ? info->ipi_spec_dst.s_addr :
						     inet_sk(sk)->inet_saddr, locked);
	} else {
		const struct in6_pktinfo *info = source;

		return route_mtu6(sk, (const struct sockaddr_in6 *)to,
				  link->source_len ? &info->ipi6_addr : &inet6_sk(sk)->saddr);
	}
}

/* Where what is sent to @m now goes. */
static void member_address(const struct quorum_link *link, struct link_member *m,
			   struct sockaddr_storage *addr)
{
	if (link->elsewhere) {
		*addr = *link->elsewhere;
		return;
	}
	spin_lock_bh(&m->lock);
	*addr = m->addr;
	spin_unlock_bh(&m->lock);
}

/* Bytes of header and body that reach @m in one piece. */
static u32 member_room(struct quorum_link *link, struct link_member *m)
{
	u64 now = ktime_get_boottime_ns();
	struct sockaddr_storage addr;
	bool v4, locked = false;
	u32 mtu, seal;

	member_address(link, m, &addr);
	v4 = addr.ss_family == AF_INET;
	mtu = READ_ONCE(m->mtu);
	if (!mtu || now - m->mtu_asked >= QUORUM_MTU_FRESH_MS * (u64)NSEC_PER_MSEC) {
		mutex_lock(&link->path);
		mtu = route_mtu(link, &addr, &locked);
		mutex_unlock(&link->path);
		mtu = clamp_t(u32, mtu ?: MTU_UNKNOWN, QUORUM_MTU_MIN, QUORUM_MTU_MAX);
		WRITE_ONCE(m->mtu, mtu);
		m->mtu_locked = locked;
		m->mtu_asked = now;
	}
	seal = link->session ? SEAL_BYTES : 0;
	return mtu - seal - sizeof(struct udphdr) -
	       (v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
}

/* The same where nothing is known of the path. */
static u32 least_room(const struct quorum_link *link)
{
	return QUORUM_MTU_MIN - sizeof(struct ipv6hdr) - sizeof(struct udphdr) -
	       (link->session ? SEAL_BYTES : 0);
}

static void trace_sent(const struct quorum_link *link, const struct link_member *m,
		       const u8 *head, size_t len)
{
	struct wire_header hdr = link->ident;

	if (!trace_quorum_datagram_send_enabled())
		return;
	if (brief_is(head, len)) {
		hdr.to = m->id;
		hdr.type = head[3];
	} else {
		wire_header_get(head, &hdr);
	}
	trace_quorum_datagram_send(&hdr, len);
}

/* What overtakes all the bulk that may wait must not make that look like replays. */
static_assert((QUORUM_TX_BULK_BYTES_MAX + QUORUM_BURST_BYTES_MAX) /
	      (QUORUM_MTU_MIN - sizeof(struct ipv6hdr) - sizeof(struct udphdr)) <
	      SEAL_WINDOW_BITS - 64);

/*
 * A socket has one priority for all that it sends.  That is TC_PRIO_CONTROL, by which the
 * queueing disciplines that know priorities (pfifo_fast, prio, fq, mq over them) have
 * heartbeats and votes overtake whatever waits there.  Others know flows (fq_codel), and
 * serve one that sends little before one that sends much: so what may wait is another flow,
 * though its addresses and ports are the same, by a hash of its own.
 *
 * A burst has another kind of path MTU discovery as well.  With "want", IPv4 sets DF in what
 * fits the path, and looks at the burst as a whole: none of its datagrams would have it.
 *
 * What may wait has all this while it is sent, and nothing else is then: the other groups of
 * the endpoint are held up for as long as it takes to get one datagram, or one burst, down the
 * stack.  (Ancillary data could say the priority with every datagram, but for IPv6 only since
 * Linux 6.14, and no hash.)
 */
static int send_bulk(struct quorum_endpoint *ep, struct msghdr *msg, struct kvec *vec, size_t n,
		     size_t len, bool burst)
{
	struct sock *sk = ep->sock->sk;
	int sent = -ENOBUFS;

	burst = burst && sk->sk_family == AF_INET;
	down_write(&ep->turn);
	if (sk_wmem_alloc_get(sk) <= QUORUM_TX_BULK_BYTES_MAX) {
		WRITE_ONCE(sk->sk_priority, TC_PRIO_BESTEFFORT);
		/* Where it is 0 the addresses and ports are what is hashed. */
		WRITE_ONCE(sk->sk_txhash, jhash(msg->msg_name, msg->msg_namelen, 0) ?: 1);
		if (burst)
			ip_sock_set_mtu_discover(sk, IP_PMTUDISC_DO);
		sent = kernel_sendmsg(ep->sock, msg, vec, n, len);
		if (burst)
			ip_sock_set_mtu_discover(sk, IP_PMTUDISC_WANT);
		WRITE_ONCE(sk->sk_txhash, 0);
		WRITE_ONCE(sk->sk_priority, TC_PRIO_CONTROL);
	}
	up_write(&ep->turn);
	return sent;
}

static int send_urgent(struct quorum_endpoint *ep, struct msghdr *msg, struct kvec *vec, size_t n,
		       size_t len)
{
	int sent;

	down_read(&ep->turn);
	sent = kernel_sendmsg(ep->sock, msg, vec, n, len);
	up_read(&ep->turn);
	return sent;
}

static int send_by_class(struct quorum_endpoint *ep, struct msghdr *msg, struct kvec *vec,
			 size_t n, size_t len, enum link_class class, bool burst)
{
	return class == LINK_BULK ? send_bulk(ep, msg, vec, n, len, burst) :
				    send_urgent(ep, msg, vec, n, len);
}

/* Ancillary data: the own address, and how a burst is to be cut. */
union send_control {
	struct cmsghdr hdr;
	u8 bytes[sizeof(union link_source) + CMSG_SPACE(sizeof(u16))];
};

static size_t put_control(union send_control *control, const union link_source *source,
			  size_t source_len, u16 segment)
{
	struct cmsghdr *hdr = (struct cmsghdr *)(control->bytes + source_len);

	memcpy(control->bytes, source, source_len);
	if (!segment)
		return source_len;
	hdr->cmsg_len = CMSG_LEN(sizeof(segment));
	hdr->cmsg_level = SOL_UDP;
	hdr->cmsg_type = UDP_SEGMENT;
	memcpy(CMSG_DATA(hdr), &segment, sizeof(segment));
	return source_len + CMSG_SPACE(sizeof(segment));
}

/**
 * endpoint_send() - send a datagram, or a burst of them, from an endpoint
 * @ep: the endpoint
 * @to: where it goes
 * @source: where it comes from
 * @source_len: its length; 0: the bound address
 * @vec: the pieces of the datagram
 * @n: how many
 * @class: what must not wait has a quarter of the send buffer to itself, and the first
 *	   place in the queues below
 * @segment: 0, or what is sent is to be cut into datagrams of so many bytes, the last may be
 *	     shorter; only what may wait
 *
 * Context: process; does not wait for the network.
 * Return: 0 or a negative errno of the stack.
 */
int endpoint_send(struct quorum_endpoint *ep, struct sockaddr_storage *to,
		  const union link_source *source, size_t source_len, struct kvec *vec, size_t n,
		  enum link_class class, u16 segment)
{
	union send_control control;
	struct msghdr msg = {
		.msg_name = to,
		.msg_namelen = to->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
							  sizeof(struct sockaddr_in6),
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
		.msg_control = &control,
	};
	size_t len = 0;
	int sent;

	for (size_t i = 0; i < n; i++)
		len += vec[i].iov_len;
	msg.msg_controllen = put_control(&control, source, source_len, segment);
	sent = send_by_class(ep, &msg, vec, n, len, class, segment);
	if (source_len && is_not_here(sent)) {
		msg.msg_controllen = put_control(&control, source, 0, segment);
		sent = send_by_class(ep, &msg, vec, n, len, class, segment);
	}
	return sent < 0 ? sent : 0;
}

/* Count what has left: of a burst, the datagrams that it will be. */
static void note_sent(struct quorum_link *link, const struct link_member *m,
		      const struct kvec *vec, size_t len, u16 segment)
{
	size_t at = 0;

	do {
		size_t one = segment ? min_t(size_t, segment, len - at) : len;

		atomic64_inc(&link->counters.tx_datagrams);
		trace_sent(link, m, vec[0].iov_base + at, one);
		at += one;
	} while (at < len);
	atomic64_add(len, &link->counters.tx_bytes);
}

/**
 * link_send_now() - send a finished datagram, or a burst of them
 * @link: the link
 * @m: to whom
 * @vec: its pieces; of a burst, the only one
 * @n: how many
 * @class: its class
 * @segment: see endpoint_send()
 *
 * Context: only the loop.
 * Return: 0 or a negative errno of the stack.
 */
int link_send_now(struct quorum_link *link, struct link_member *m, struct kvec *vec, size_t n,
		  enum link_class class, u16 segment)
{
	struct sockaddr_storage addr;
	size_t len = 0;
	int error = 0;

	member_address(link, m, &addr);
	for (size_t i = 0; i < n; i++)
		len += vec[i].iov_len;
	mutex_lock(&link->path);
	if (segment || !(link->within || link->how) ||
	    !quorum_gather(link, m, &addr, vec, n, len))
		error = endpoint_send(link->endpoint, &addr, &link->source, link->source_len,
				      vec, n, class, segment);
	mutex_unlock(&link->path);
	if (error)
		return error;
	link->burst.left = true;
	note_sent(link, m, vec, len, segment);
	return 0;
}

/**
 * link_send_datagram() - send a finished datagram, or have it wait for the others of a burst
 * @link: the link
 * @m: to whom
 * @vec: its pieces
 * @n: how many
 * @class: its class
 *
 * Context: only the loop.
 * Return: 0 or a negative errno of the stack.
 */
int link_send_datagram(struct quorum_link *link, struct link_member *m, struct kvec *vec,
		       size_t n, enum link_class class)
{
	if (link->burst.open && class == LINK_BULK)
		return link_burst_add(link, m, vec, n);
	return link_send_now(link, m, vec, n, class, 0);
}

static enum link_class class_of(const void *head)
{
	struct wire_header hdr;

	wire_header_get(head, &hdr);
	return wire_type_is_long(hdr.type) ? LINK_BULK : LINK_URGENT;
}

/**
 * link_send_sealed() - seal or sum up a datagram, and send it
 * @link: the link
 * @m: to whom
 * @vec: one or two pieces, and room for one more
 * @n: how many
 * @life: of @m
 */
int link_send_sealed(struct quorum_link *link, struct link_member *m, struct kvec vec[3],
		     size_t n, u64 life)
{
	u8 trailer[SEAL_BYTES];
	enum link_class class = class_of(vec[0].iov_base);
	size_t brief;
	int error;

	if (!link->session) {
		wire_seal_split(vec[0].iov_base, vec[0].iov_len,
				n > 1 ? vec[1].iov_base : NULL, n > 1 ? vec[1].iov_len : 0);
		return link_send_datagram(link, m, vec, n, class);
	}
	if (link->secret) {
		n = link_hide(link, m, vec, n, life);
		return n ? link_send_datagram(link, m, vec, n, class) : -ENOKEY;
	}
	if (!link_seal(link, m, vec, n, life, trailer))
		return -ENOKEY;
	brief = n == 1 ? link_shorten(link, m, vec, trailer, m->counter, life) : 0;
	if (brief)
		return link_send_datagram(link, m, vec, brief, class);
	if (n == 1)
		link->how = link_note_sent(m, vec[0].iov_base, vec[0].iov_len, life);
	vec[n].iov_base = trailer;
	vec[n].iov_len = sizeof(trailer);
	error = link_send_datagram(link, m, vec, n + 1, class);
	link->how = LINK_ANYHOW;
	return error;
}

static int send_whole(struct quorum_link *link, struct link_member *m, size_t len, u64 life)
{
	struct kvec vec[3] = { { .iov_base = link->tx, .iov_len = len } };

	return link_send_sealed(link, m, vec, 1, life);
}

/**
 * link_send_fragment() - send one fragment of a message
 * @link: the link
 * @m: to whom
 * @buf: the message
 * @shape: number, total, stride and count
 * @index: which one
 * @life: of @m
 */
int link_send_fragment(struct quorum_link *link, struct link_member *m, void *buf,
		       const struct wire_fragment *shape, u32 index, u64 life)
{
	u8 head[WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES];
	struct wire_fragment frag = *shape;
	struct wire_header hdr;
	struct kvec vec[3];

	frag.index = index;
	frag.offset = index * frag.stride;
	frag.size = min(frag.stride, frag.total - frag.offset);
	wire_header_get(buf, &hdr);
	hdr.fragment = true;
	wire_header_put(head, &hdr);
	wire_fragment_put(head, &frag);
	vec[0].iov_base = head;
	vec[0].iov_len = sizeof(head);
	vec[1].iov_base = buf + WIRE_HEADER_BYTES + frag.offset;
	vec[1].iov_len = frag.size;
	return link_send_sealed(link, m, vec, 2, life);
}

static int send_fragments(struct quorum_link *link, struct link_member *m, size_t len,
			  size_t room, u64 life)
{
	size_t chunk = room - WIRE_HEADER_BYTES - WIRE_FRAGMENT_BYTES;
	struct wire_fragment frag = { .total = len - WIRE_HEADER_BYTES };
	struct wire_header hdr;
	int error = 0;

	wire_header_get(link->tx, &hdr);
	if (!wire_type_is_long(hdr.type))
		return -EMSGSIZE;
	frag.count = DIV_ROUND_UP(frag.total, chunk);
	if (frag.count > QUORUM_FRAGMENTS_MAX)
		return -EMSGSIZE;
	frag.stride = DIV_ROUND_UP(frag.total, frag.count);
	frag.message = ++link->message;
	link_burst_begin(link, m);
	for (u32 i = 0; i < frag.count && !error; i++)
		error = link_send_fragment(link, m, link->tx, &frag, i, life);
	error = link_burst_end(link, m, error);
	/* Where the first have left, the others are asked for. */
	if (error == -EMSGSIZE || (error && !link->burst.left))
		return error;
	if (error)
		atomic64_inc(&link->counters.tx_errors);
	link_keep(link, m, &frag);
	return 0;
}

static int send_message(struct quorum_link *link, struct link_member *m, size_t len, u64 life)
{
	size_t room;

	/* Most messages fit anywhere, and then nobody needs to know the path. */
	if (len <= least_room(link))
		return send_whole(link, m, len, life);
	room = member_room(link, m);
	if (len <= room)
		return send_whole(link, m, len, life);
	return send_fragments(link, m, len, room, life);
}

/* Send the message in the buffer; 0, or why not. */
static int try_send(struct quorum_link *link, struct link_member *m, size_t len)
{
	u64 life = 0;
	int error;

	if (link->session) {
		life = link_life_of(m);
		if (!life) {
			/* It would not take it.  The engine sends again, as after a loss. */
			link->within = 0;
			link_ask_life(link, m);
			return -ENOTCONN;
		}
		link_ask_back(link, m);
	}
	error = send_message(link, m, len, life);
	if (error == -EMSGSIZE) {
		/* The path shrank since it was asked for. */
		WRITE_ONCE(m->mtu, 0);
		error = send_message(link, m, len, life);
	}
	return error;
}

void quorum_link_send(struct quorum_link *link, u32 peer, size_t len)
{
	struct link_member *m = link_member_find(link, peer);
	int error = -EDESTADDRREQ;
	struct wire_header hdr;

	/* Afterwards the buffer may be another one. */
	wire_header_get(link->tx, &hdr);
	if (m && peer != link->ident.from && len >= WIRE_HEADER_BYTES &&
	    len <= QUORUM_MSG_BYTES_MAX)
		error = try_send(link, m, len);
	if (error == -ENOTCONN) {
		atomic64_inc(&link->counters.tx_unready);
		return;
	}
	if (error) {
		atomic64_inc(&link->counters.tx_errors);
		net_dbg_ratelimited("sending to node %u failed, error %d\n",
				    peer, error);
		return;
	}
	if (hdr.type < RAFT_MSG_NR)
		atomic64_inc(&link->counters.tx_messages[hdr.type]);
}

void quorum_link_send_later(struct quorum_link *link, u32 peer, size_t len, u64 within)
{
	struct link_member *m = link_member_find(link, peer);
	struct wire_header hdr;

	wire_header_get(link->tx, &hdr);
	if (m && (hdr.type != RAFT_MSG_HEARTBEAT_REPLY || m->bundled))
		link->within = within;
	quorum_link_send(link, peer, len);
	link->within = 0;
}

size_t quorum_link_mtu(struct quorum_link *link, u32 peer)
{
	struct link_member *m = link_member_find(link, peer);

	return m ? member_room(link, m) : least_room(link);
}
