// SPDX-License-Identifier: GPL-2.0
/*
 * Links: one group's place at an endpoint, from open to close, and what the loop
 * reads from it.
 */
#include <linux/crc32c.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include "net_private.h"

static const char * const drop_names[QUORUM_DROP_NR] = {
	[QUORUM_DROP_SHORT]		= "short",
	[QUORUM_DROP_MAGIC]		= "magic",
	[QUORUM_DROP_VERSION]		= "version",
	[QUORUM_DROP_CRC]		= "crc",
	[QUORUM_DROP_TYPE]		= "type",
	[QUORUM_DROP_LENGTH]		= "length",
	[QUORUM_DROP_FIELD]		= "field",
	[QUORUM_DROP_CLUSTER]		= "cluster",
	[QUORUM_DROP_GROUP]		= "group",
	[QUORUM_DROP_GENESIS]		= "genesis",
	[QUORUM_DROP_TARGET]		= "target",
	[QUORUM_DROP_SOURCE]		= "source",
	[QUORUM_DROP_INCARNATION]	= "incarnation",
	[QUORUM_DROP_QUEUE]		= "queue",
	[QUORUM_DROP_FRAGMENT]		= "fragment",
	[QUORUM_DROP_TIMEOUT]		= "timeout",
};

/**
 * quorum_drop_name() - name of a reason
 * @drop: the reason
 *
 * Return: a word, for people and for netlink.
 */
const char *quorum_drop_name(enum quorum_drop drop)
{
	return (u32)drop < QUORUM_DROP_NR ? drop_names[drop] : "unknown";
}

static int address4(const struct sockaddr_in *in, bool listen, struct sockaddr_storage *out,
		    struct netlink_ext_ack *extack)
{
	struct sockaddr_in *a = (struct sockaddr_in *)out;

	if (!in->sin_port || (!listen && ipv4_is_zeronet(in->sin_addr.s_addr)) ||
	    ipv4_is_multicast(in->sin_addr.s_addr) || ipv4_is_lbcast(in->sin_addr.s_addr)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "an address needs a port and has to be that of one host");
		return -EDESTADDRREQ;
	}
	a->sin_family = AF_INET;
	a->sin_addr = in->sin_addr;
	a->sin_port = in->sin_port;
	return 0;
}

static int address6(const struct sockaddr_in6 *in, bool listen, struct sockaddr_storage *out,
		    struct netlink_ext_ack *extack)
{
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;

	if (!in->sin6_port || (!listen && ipv6_addr_any(&in->sin6_addr)) ||
	    ipv6_addr_is_multicast(&in->sin6_addr)) {
		NL_SET_ERR_MSG_MOD(extack,
				   "an address needs a port and has to be that of one host");
		return -EDESTADDRREQ;
	}
	a->sin6_family = AF_INET6;
	a->sin6_addr = in->sin6_addr;
	a->sin6_port = in->sin6_port;
	if (ipv6_addr_type(&in->sin6_addr) & IPV6_ADDR_LINKLOCAL) {
		if (!in->sin6_scope_id) {
			NL_SET_ERR_MSG_MOD(extack, "a link-local address needs its interface");
			return -EDESTADDRREQ;
		}
		a->sin6_scope_id = in->sin6_scope_id;
	}
	return 0;
}

/*
 * Check an address and bring it into the one form that memcmp() compares: an
 * IPv4-mapped one becomes IPv4, and what is not compared is 0.
 */
static int link_address(const struct sockaddr_storage *in, bool listen,
			struct sockaddr_storage *out, struct netlink_ext_ack *extack)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)in;
	struct sockaddr_in mapped = { .sin_family = AF_INET };

	memset(out, 0, sizeof(*out));
	if (in->ss_family == AF_INET)
		return address4((const struct sockaddr_in *)in, listen, out, extack);
	if (in->ss_family == AF_INET6 && ipv6_addr_v4mapped(&in6->sin6_addr)) {
		mapped.sin_addr.s_addr = in6->sin6_addr.s6_addr32[3];
		mapped.sin_port = in6->sin6_port;
		return address4(&mapped, listen, out, extack);
	}
	if (in->ss_family == AF_INET6 && IS_ENABLED(CONFIG_IPV6))
		return address6(in6, listen, out, extack);
	NL_SET_ERR_MSG_MOD(extack, "an address is of a family this kernel does not offer");
	return -EAFNOSUPPORT;
}

static int set_members(struct quorum_link *link, const struct quorum_link_params *params,
		       const struct sockaddr_storage *listen, struct netlink_ext_ack *extack)
{
	int error;

	for (u32 i = 0; i < params->n; i++) {
		struct link_member *m = &link->members[i];

		m->id = params->members[i].id;
		atomic64_set(&m->incarnation, 0);
		error = link_address(&params->members[i].addr, false, &m->addr, extack);
		if (error)
			return error;
		/* Every pair has to meet on the addresses both were told. */
		if (m->addr.ss_family != listen->ss_family) {
			NL_SET_ERR_MSG_MOD(extack,
					   "the address to listen on and those of all members have to be of one family");
			return -EAFNOSUPPORT;
		}
		for (u32 j = 0; j < i; j++) {
			if (memcmp(&m->addr, &link->members[j].addr, sizeof(m->addr)))
				continue;
			NL_SET_ERR_MSG_MOD(extack, "two members have the same address");
			return -ENOTUNIQ;
		}
	}
	link->n = params->n;
	return 0;
}

/*
 * On a wildcard the route would choose our source address, and members take
 * nothing from an address they were not told.  So name our own.
 */
static void set_source(struct quorum_link *link, const struct sockaddr_storage *listen)
{
	const struct link_member *self = link_member_find(link, link->ident.from);
	const struct sockaddr_in6 *listen6 = (const struct sockaddr_in6 *)listen;
	const struct sockaddr_in *listen4 = (const struct sockaddr_in *)listen;

	if (!self)
		return;
	if (listen->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)&self->addr;
		struct in_pktinfo *info = CMSG_DATA(&link->source.hdr);

		if (listen4->sin_addr.s_addr != htonl(INADDR_ANY))
			return;
		link->source.hdr.cmsg_len = CMSG_LEN(sizeof(*info));
		link->source.hdr.cmsg_level = IPPROTO_IP;
		link->source.hdr.cmsg_type = IP_PKTINFO;
		info->ipi_spec_dst = a->sin_addr;
		link->source_len = sizeof(link->source.v4);
	} else {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&self->addr;
		struct in6_pktinfo *info = CMSG_DATA(&link->source.hdr);

		if (!ipv6_addr_any(&listen6->sin6_addr))
			return;
		link->source.hdr.cmsg_len = CMSG_LEN(sizeof(*info));
		link->source.hdr.cmsg_level = IPPROTO_IPV6;
		link->source.hdr.cmsg_type = IPV6_PKTINFO;
		info->ipi6_addr = a->sin6_addr;
		info->ipi6_ifindex = a->sin6_scope_id;
		link->source_len = sizeof(link->source.v6);
	}
}

static void link_free(struct quorum_link *link)
{
	for (u32 i = 0; i < link->n; i++)
		kvfree(link->members[i].as.buf);
	kvfree(link->tx);
	kvfree(link);
}

/* All memory of a link is taken here: nothing is allocated while it runs. */
static int link_reserve(struct quorum_link *link)
{
	link->tx = kvzalloc(QUORUM_MSG_BYTES_MAX, GFP_KERNEL);
	if (!link->tx)
		return -ENOMEM;
	for (u32 i = 0; i < link->n; i++) {
		void *buf;

		if (link->members[i].id == link->ident.from)
			continue;
		buf = kvmalloc(QUORUM_MSG_BYTES_MAX, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
		assemble_init(&link->members[i].as, buf);
	}
	return 0;
}

struct quorum_link *quorum_link_open(struct net *net,
				     const struct quorum_link_params *params,
				     struct netlink_ext_ack *extack)
{
	struct sockaddr_storage listen;
	struct quorum_link *link;
	int error;

	if (!params->n || params->n > QUORUM_MEMBERS_MAX)
		return ERR_PTR(-EINVAL);
	link = kvzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return ERR_PTR(-ENOMEM);
	link->ident = params->ident;
	link->wake = params->wake;
	link->priv = params->priv;
	skb_queue_head_init(&link->rx);
	/*
	 * Grows from one link to the next, so that members do not take what comes
	 * after a quick restart for the past; 61,000 messages a second catch up.
	 */
	link->message = ktime_get_boottime_ns() >> 14;

	error = link_address(&params->listen, true, &listen, extack);
	if (!error)
		error = set_members(link, params, &listen, extack);
	if (!error)
		error = link_reserve(link);
	if (!error) {
		set_source(link, &listen);
		error = quorum_endpoint_join(net, &listen, link, extack);
	}
	if (error) {
		link_free(link);
		return ERR_PTR(error);
	}
	return link;
}

void quorum_link_close(struct quorum_link *link)
{
	quorum_endpoint_leave(link);
	skb_queue_purge(&link->rx);
	kfree_skb(link->reading);
	link_free(link);
}

/* Take a fragment; true: the message of member @m is whole. */
static bool take_fragment(struct quorum_link *link, struct link_member *m,
			  const struct sk_buff *skb)
{
	u64 now = ktime_get_boottime_ns();
	struct wire_fragment frag;
	enum assemble_result result;
	enum wire_error error;
	bool lost;

	error = wire_fragment_get(skb->data, skb->len, &frag);
	if (error) {
		link_drop(link, drop_of_error(error));
		return false;
	}
	if (assemble_expire(&m->as, now, QUORUM_REASSEMBLY_MS * (u64)NSEC_PER_MSEC))
		link_drop(link, QUORUM_DROP_TIMEOUT);
	result = assemble_add(&m->as, now, skb->data, &frag, &lost);
	if (lost || result == ASSEMBLE_MISFIT)
		link_drop(link, QUORUM_DROP_FRAGMENT);
	return result == ASSEMBLE_DONE;
}

bool quorum_link_recv(struct quorum_link *link, struct wire_header *hdr,
		      const void **buf, size_t *len)
{
	struct link_member *m;
	struct sk_buff *skb;

	for (u32 i = 0; i < QUORUM_RX_QUEUE_MAX; i++) {
		consume_skb(link->reading);
		skb = skb_dequeue(&link->rx);
		link->reading = skb;
		if (!skb)
			return false;

		wire_header_get(skb->data, hdr);
		if (!hdr->fragment) {
			*buf = skb->data;
			*len = skb->len;
			atomic64_inc(&link->counters.rx_messages[hdr->type]);
			return true;
		}
		/* receive.c took it from a member other than this node. */
		m = link_member_find(link, hdr->from);
		if (take_fragment(link, m, skb)) {
			hdr->fragment = false;
			*buf = m->as.buf;
			*len = assemble_bytes(&m->as);
			atomic64_inc(&link->counters.rx_messages[hdr->type]);
			return true;
		}
	}
	/* Fragments of nothing whole: let the loop do something else in between. */
	link->wake(link->priv);
	return false;
}

void quorum_link_malformed(struct quorum_link *link, enum wire_error error)
{
	link_drop(link, drop_of_error(error));
}

void *quorum_link_buffer(struct quorum_link *link)
{
	return link->tx;
}

void quorum_link_get_incarnations(struct quorum_link *link,
				  u64 incarnations[QUORUM_MEMBERS_MAX])
{
	memset(incarnations, 0, QUORUM_MEMBERS_MAX * sizeof(incarnations[0]));
	for (u32 i = 0; i < link->n; i++)
		incarnations[i] = atomic64_read(&link->members[i].incarnation);
}

void quorum_link_get_stats(struct quorum_link *link, struct quorum_link_stats *stats)
{
	struct link_counters *c = &link->counters;

	stats->tx_datagrams = atomic64_read(&c->tx_datagrams);
	stats->tx_bytes = atomic64_read(&c->tx_bytes);
	stats->tx_errors = atomic64_read(&c->tx_errors);
	stats->rx_datagrams = atomic64_read(&c->rx_datagrams);
	stats->rx_bytes = atomic64_read(&c->rx_bytes);
	for (u32 i = 0; i < RAFT_MSG_NR; i++) {
		stats->tx_messages[i] = atomic64_read(&c->tx_messages[i]);
		stats->rx_messages[i] = atomic64_read(&c->rx_messages[i]);
	}
	for (u32 i = 0; i < QUORUM_DROP_NR; i++)
		stats->drops[i] = atomic64_read(&c->drops[i]) +
				  atomic64_read(&link->endpoint->drops[i]);
}

/*
 * Prove that this kernel sums as the wire demands: one that does not, through a
 * bad driver say, would look like a network that loses everything.
 */
int quorum_net_init(void)
{
	/* RFC 3720, B.4 */
	if (~crc32c(~0U, "123456789", 9) != 0xe3069283) {
		pr_err("crc32c of this kernel is wrong\n");
		return -ENOTRECOVERABLE;
	}
	return 0;
}

/* Every link has been closed by now. */
void quorum_net_exit(void)
{
	WARN_ON(!quorum_endpoint_is_idle());
}
