// SPDX-License-Identifier: GPL-2.0
/*
 * The members of a link: their addresses and keys, and how all of it changes while
 * datagrams come and go.
 *
 * Softirq finds a member through the table, under RCU.  A member that leaves the
 * table may still be in softirq's hands for a grace period, and its buffer in the
 * loop's: the loop lets go of it (link_let_go()) before it takes the next message,
 * and only then the grace period begins to count.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include "../format/bytes.h"
#include "net_private.h"

/* ---- addresses ---- */

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
int link_address(const struct sockaddr_storage *in, bool listen, struct sockaddr_storage *out,
		 struct netlink_ext_ack *extack)
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

/*
 * On a wildcard the route would choose our source address, and members were told
 * another one: without keys they take nothing from there.  So name our own.
 */
void link_set_source(struct quorum_link *link)
{
	const struct sockaddr_storage *listen = &link->endpoint->addr;
	const struct sockaddr_in6 *listen6 = (const struct sockaddr_in6 *)listen;
	const struct sockaddr_in *listen4 = (const struct sockaddr_in *)listen;
	struct sockaddr_storage own;
	struct link_member *self;

	lockdep_assert_held(&link->path);
	link->source_len = 0;
	self = table_find(rcu_dereference_protected(link->table, lockdep_is_held(&link->change)),
			  link->ident.from);
	if (!self)
		return;
	spin_lock_bh(&self->lock);
	own = self->addr;
	spin_unlock_bh(&self->lock);
	memset(&link->source, 0, sizeof(link->source));
	if (listen->ss_family == AF_INET) {
		const struct sockaddr_in *a = (const struct sockaddr_in *)&own;
		struct in_pktinfo *info = CMSG_DATA(&link->source.hdr);

		if (listen4->sin_addr.s_addr != htonl(INADDR_ANY))
			return;
		link->source.hdr.cmsg_len = CMSG_LEN(sizeof(*info));
		link->source.hdr.cmsg_level = IPPROTO_IP;
		link->source.hdr.cmsg_type = IP_PKTINFO;
		info->ipi_spec_dst = a->sin_addr;
		link->source_len = sizeof(link->source.v4);
	} else {
		const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&own;
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

/* ---- keys ---- */

static void free_keys(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct member_keys, rcu));
}

/* The key of one direction, of one of the cluster's. */
void link_derive(const struct quorum_link *link, u8 key[SEAL_KEY_BYTES],
		 const struct quorum_net_key *from_key, u32 from, u32 to)
{
	const struct wire_header *ident = &link->ident;

	seal_derive(key, from_key->bytes, ident->cluster, ident->group, from, to);
	if (link->secret)
		seal_derive_secret(key);
}

/* Tells a key from others, and tells nothing of it: the MAC of what nobody sends. */
static u64 name_key(const u8 key[SEAL_KEY_BYTES])
{
	struct seal_stamp none = {};
	u8 trailer[SEAL_BYTES];

	seal_close(key, NULL, 0, NULL, 0, &none, trailer);
	return get64(trailer + SEAL_BYTES - SEAL_MAC_BYTES);
}

/* Keys between this node and @id, or NULL where nothing is sealed. */
static struct member_keys *make_keys(const struct quorum_link *link,
				     const struct quorum_net_key *keys, u32 id)
{
	u32 self = link->ident.from;
	struct member_keys *k;

	if (!link->session || id == self)
		return NULL;
	k = kzalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return ERR_PTR(-ENOMEM);
	link_derive(link, k->tx, &keys[0], self, id);
	for (u32 i = 0; i < 2; i++)
		if (keys[i].set)
			link_derive(link, k->rx[k->n++], &keys[i], id, self);
	/* One key is for one algorithm; and what is secret is not repeated. */
	if (link->secret)
		return k;
	k->tx_name = name_key(k->tx);
	for (u32 i = 0; i < k->n; i++)
		k->rx_names[i] = name_key(k->rx[i]);
	return k;
}

int quorum_link_set_keys(struct quorum_link *link, const struct quorum_net_key *keys,
			 struct netlink_ext_ack *extack)
{
	struct member_keys *made[QUORUM_MEMBERS_MAX] = {};
	struct member_table *table;
	int error = 0;
	u32 i;

	if (!keys[0].set || !link->session) {
		NL_SET_ERR_MSG_MOD(extack,
				   "whether datagrams are authenticated is settled at the start: stop the group first");
		return -EINVAL;
	}
	mutex_lock(&link->change);
	table = rcu_dereference_protected(link->table, lockdep_is_held(&link->change));
	for (i = 0; i < table->n && !error; i++) {
		made[i] = make_keys(link, keys, table->members[i]->id);
		error = PTR_ERR_OR_ZERO(made[i]);
		if (error)
			made[i] = NULL;
	}
	for (i = 0; i < table->n; i++) {
		if (!error)
			made[i] = rcu_replace_pointer(table->members[i]->keys, made[i],
						      lockdep_is_held(&link->change));
		if (made[i])
			call_rcu(&made[i]->rcu, free_keys);
	}
	if (!error)
		memcpy(link->keys, keys, sizeof(link->keys));
	mutex_unlock(&link->change);
	return error;
}

/* ---- members ---- */

static void free_member(struct link_member *m)
{
	for (u32 i = 0; i < m->places; i++)
		kvfree(m->as[i].buf);
	kfree_sensitive(rcu_dereference_protected(m->keys, true));
	for (u32 i = 0; i < ARRAY_SIZE(m->past); i++)
		kfree(m->past[i]);
	kfree(m);
}

static void free_member_rcu(struct rcu_head *rcu)
{
	free_member(container_of(rcu, struct link_member, rcu));
}

/*
 * Memory is taken here, so that none is needed later; more places for half messages only
 * make loss cheaper (link.c).
 */
static struct link_member *make_member(struct quorum_link *link, u32 id)
{
	struct member_keys *keys;
	struct link_member *m;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return ERR_PTR(-ENOMEM);
	m->id = id;
	spin_lock_init(&m->lock);
	if (id == link->ident.from)
		return m;
	/* Should it have been here before: no counter twice in a session (seal.h). */
	m->counter = link->used;
	if (link->session)
		hello_ask(&m->hello, 0);
	for (; m->places < QUORUM_REASSEMBLIES_MIN; m->places++) {
		void *buf = kvmalloc(QUORUM_MSG_BYTES_MAX, GFP_KERNEL);

		if (!buf)
			goto no_memory;
		assemble_init(&m->as[m->places], buf);
	}
	if (link_prepare_past(m))
		goto no_memory;
	keys = make_keys(link, link->keys, id);
	if (IS_ERR(keys))
		goto no_memory;
	rcu_assign_pointer(m->keys, keys);
	return m;
no_memory:
	free_member(m);
	return ERR_PTR(-ENOMEM);
}

static int check_members(u32 n, bool none, const struct quorum_net_member *members,
			 sa_family_t family,
			 struct sockaddr_storage *addrs,
			 struct netlink_ext_ack *extack)
{
	int error;

	if ((!n && !none) || n > QUORUM_MEMBERS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "a group has 1 to 16 members");
		return -EINVAL;
	}
	for (u32 i = 0; i < n; i++) {
		error = link_address(&members[i].addr, false, &addrs[i], extack);
		if (error)
			return error;
		/* Every pair has to meet on the addresses both were told. */
		if (addrs[i].ss_family != family) {
			NL_SET_ERR_MSG_MOD(extack,
					   "the address to listen on and those of all members have to be of one family");
			return -EAFNOSUPPORT;
		}
		for (u32 j = 0; j < i; j++) {
			if (memcmp(&addrs[i], &addrs[j], sizeof(addrs[i])))
				continue;
			NL_SET_ERR_MSG_MOD(extack, "two members have the same address");
			return -ENOTUNIQ;
		}
	}
	return 0;
}

/* Is @m in @table? */
static bool table_has(const struct member_table *table, const struct link_member *m)
{
	return table && table_find(table, m->id) == m;
}

static void take_leave(struct quorum_link *link, struct link_member *m)
{
	link->used = max(link->used, m->counter);
	link_remember(link, m);
	list_add(&m->gone, &link->gone);
}

/*
 * A guest becomes a member.  It may have been one before, with a device that is no more:
 * which it has now, the configuration or its first datagram says.
 */
static void seat_guest(struct quorum_link *link, struct link_member *m)
{
	lockdep_assert_held(&m->lock);
	link_keep_past(link, m, m->other, &m->other_window);
	link_keep_past(link, m, atomic64_read(&m->incarnation), &m->window);
	m->window = (struct seal_window){};
	m->heard = 0;
	m->heard_there = 0;
	m->other_window = (struct seal_window){};
	m->other = 0;
	m->shown = 0;
	m->past_of = 0;
	m->genesis = 0;
	m->other_genesis = 0;
	link_forget_said(m);
	/* It believes that we know its life, and may say what only who knows it can read. */
	m->life = 0;
	m->knows_us = false;
	hello_ask(&m->hello, 0);
	atomic64_set(&m->incarnation, 0);
	WRITE_ONCE(m->guest, false);
}

/*
 * The configuration says which device a member has.  What was taken from each of two
 * stays known, so that neither's datagrams fit a second time; that of a third is the past.
 */
static void settle_device(struct quorum_link *link, struct link_member *m, u64 incarnation)
{
	u64 before = atomic64_read(&m->incarnation);
	struct seal_window window = m->window;
	u32 genesis = m->genesis;

	lockdep_assert_held(&m->lock);
	if (!incarnation || incarnation == before)
		return;
	if (before) {
		m->window = (struct seal_window){};
		m->heard = 0;
		m->heard_there = 0;
		/* Where the other one was heard says nothing of this one. */
		link_bring_back(m);
		if (m->other == incarnation)
			m->window = m->other_window;
		else
			link_keep_past(link, m, m->other, &m->other_window);
		m->past_of = 0;
		m->genesis = m->other_genesis;
		m->other = before;
		m->other_window = window;
		m->other_genesis = genesis;
		m->life = 0;
		m->knows_us = false;
		link_forget_said(m);
		if (link->session && m->id != link->ident.from)
			hello_ask(&m->hello, 0);
	}
	m->shown = 0;
	atomic64_set(&m->incarnation, incarnation);
}

/**
 * link_make_members() - make a table of members and put it in the place of the old
 * @link: the link
 * @n: number of @members
 * @members: all of them
 * @listen: where the link listens
 * @extack: gets the sentence on refusal
 *
 * Return: 0 or a negative errno, see quorum_link_open(); then nothing has changed.
 */
int link_make_members(struct quorum_link *link, u32 n, const struct quorum_net_member *members,
		      const struct sockaddr_storage *listen, struct netlink_ext_ack *extack)
{
	struct member_table *table, *old;
	struct sockaddr_storage *addrs;
	int error = -ENOMEM;
	u32 i;

	lockdep_assert_held(&link->change);
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	addrs = kcalloc(QUORUM_MEMBERS_MAX, sizeof(*addrs), GFP_KERNEL);
	if (table && addrs)
		error = check_members(n, link->joins, members, listen->ss_family, addrs, extack);
	old = rcu_dereference_protected(link->table, lockdep_is_held(&link->change));
	for (i = 0; old && i < old->n && !error; i++)
		error = link_prepare_past(old->members[i]);
	if (error)
		goto free;
	for (i = 0; i < n; i++) {
		struct link_member *m = old ? table_find(old, members[i].id) : NULL;

		if (!m)
			m = make_member(link, members[i].id);
		if (IS_ERR(m)) {
			error = -ENOMEM;
			goto free;
		}
		table->members[table->n++] = m;
	}
	for (i = 0; i < n; i++) {
		struct link_member *m = table->members[i];

		spin_lock_bh(&m->lock);
		link_tell_place(m, &addrs[i]);
		if (m->guest)
			seat_guest(link, m);
		settle_device(link, m, members[i].incarnation);
		spin_unlock_bh(&m->lock);
	}
	rcu_assign_pointer(link->table, table);
	atomic_set(&link->hellos, 1);
	for (i = 0; old && i < old->n; i++)
		if (!table_has(table, old->members[i]))
			take_leave(link, old->members[i]);
	if (old)
		kfree_rcu(old, rcu);
	kfree(addrs);
	return 0;
free:
	for (i = 0; table && i < table->n; i++)
		if (!table_has(old, table->members[i]))
			free_member(table->members[i]);
	kfree(table);
	kfree(addrs);
	return error;
}

/* The guest that came first makes room for the next, where there are too many. */
static void drop_guest(struct quorum_link *link, struct member_table *table)
{
	u32 first = table->n, guests = 0;

	for (u32 i = table->n; i-- > 0;) {
		if (table->members[i]->guest) {
			guests++;
			first = i;
		}
	}
	if (!guests || (guests < QUORUM_GUESTS_MAX && table->n < QUORUM_MEMBERS_MAX))
		return;
	take_leave(link, table->members[first]);
	table->n--;
	memmove(&table->members[first], &table->members[first + 1],
		(table->n - first) * sizeof(table->members[0]));
}

/**
 * link_sender() - who is it that says something?
 * @link: the link
 * @id: of somebody who knows the key, not our own
 * @addr: where it seems to be, if it was not known so far
 *
 * Who is neither a member nor a guest is a guest from now on.
 *
 * Context: only the loop.  Failing is no harm: it will say more.
 * Return: the member or guest; NULL: there is no room.
 */
struct link_member *link_sender(struct quorum_link *link, u32 id,
				const struct sockaddr_storage *addr)
{
	struct member_table *table, *old;
	struct link_member *m;

	lockdep_assert_held(&link->change);
	old = rcu_dereference_protected(link->table, lockdep_is_held(&link->change));
	m = table_find(old, id);
	if (m)
		return m;
	table = kmemdup(old, sizeof(*old), GFP_KERNEL);
	m = table ? make_member(link, id) : NULL;
	if (IS_ERR_OR_NULL(m)) {
		kfree(table);
		return NULL;
	}
	m->guest = true;
	m->addr = *addr;
	drop_guest(link, table);
	if (table->n == QUORUM_MEMBERS_MAX) {
		free_member(m);
		kfree(table);
		return NULL;
	}
	table->members[table->n++] = m;
	rcu_assign_pointer(link->table, table);
	kfree_rcu(old, rcu);
	atomic_set(&link->hellos, 1);
	return m;
}

/* Nobody else holds the link any more. */
void link_free_members(struct quorum_link *link)
{
	struct member_table *table = rcu_dereference_protected(link->table, true);

	for (u32 i = 0; table && i < table->n; i++)
		free_member(table->members[i]);
	kfree(table);
}

/* Members taken off the table before now are not looked at by the loop any more. */
void link_let_go(struct quorum_link *link)
{
	struct link_member *m, *next;

	list_for_each_entry_safe(m, next, &link->gone, gone) {
		list_del(&m->gone);
		link->nheld -= m->nheld;
		call_rcu(&m->rcu, free_member_rcu);
	}
}

int quorum_link_set_members(struct quorum_link *link, u32 n,
			    const struct quorum_net_member *members,
			    struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&link->change);
	error = link_make_members(link, n, members, &link->endpoint->addr, extack);
	if (!error) {
		mutex_lock(&link->path);
		link_set_source(link);
		mutex_unlock(&link->path);
	}
	mutex_unlock(&link->change);
	if (!error)
		link->wake(link->priv);
	return error;
}

/* The operator says where a member is; it may not know our life any more, or we not its. */
static void move_member(struct quorum_link *link, struct link_member *m,
			const struct sockaddr_storage *addr)
{
	bool news;

	spin_lock_bh(&m->lock);
	news = link_tell_place(m, addr) || link_is_away(m);
	link_bring_back(m);
	if (news && link->session && m->id != link->ident.from)
		hello_ask(&m->hello, 0);
	spin_unlock_bh(&m->lock);
}

static int set_addresses(struct quorum_link *link, struct quorum_net_member *all,
			 struct sockaddr_storage *addrs, u32 n,
			 const struct quorum_net_member *members,
			 struct netlink_ext_ack *extack)
{
	struct member_table *table;
	u32 count = 0;
	int error;
	u32 i, j;

	lockdep_assert_held(&link->change);
	table = rcu_dereference_protected(link->table, lockdep_is_held(&link->change));
	/*
	 * What we were told is written under link->change only, so it may be read so.  Where
	 * somebody is heard is its own word, and no reason to refuse anything.
	 */
	for (i = 0; i < table->n; i++) {
		if (table->members[i]->guest)
			continue;
		all[count].id = table->members[i]->id;
		all[count++].addr = table->members[i]->told;
	}
	for (i = 0; i < n; i++) {
		for (j = 0; j < count && all[j].id != members[i].id; j++)
			;
		/* Who was removed is nowhere. */
		if (j < count)
			all[j].addr = members[i].addr;
	}
	error = check_members(count, link->joins, all, link->endpoint->addr.ss_family, addrs,
			      extack);
	if (error)
		return error;
	for (i = 0; i < n; i++) {
		for (j = 0; j < count && all[j].id != members[i].id; j++)
			;
		if (j < count)
			move_member(link, table_find(table, all[j].id), &addrs[j]);
	}
	atomic_set(&link->hellos, 1);
	mutex_lock(&link->path);
	link_set_source(link);
	mutex_unlock(&link->path);
	return 0;
}

int quorum_link_set_addresses(struct quorum_link *link, u32 n,
			      const struct quorum_net_member *members,
			      struct netlink_ext_ack *extack)
{
	struct sockaddr_storage *addrs;
	struct quorum_net_member *all;
	int error = -ENOMEM;

	addrs = kcalloc(QUORUM_MEMBERS_MAX, sizeof(*addrs), GFP_KERNEL);
	all = kcalloc(QUORUM_MEMBERS_MAX, sizeof(*all), GFP_KERNEL);
	if (addrs && all) {
		mutex_lock(&link->change);
		error = set_addresses(link, all, addrs, n, members, extack);
		mutex_unlock(&link->change);
	}
	kfree(all);
	kfree(addrs);
	if (!error)
		link->wake(link->priv);
	return error;
}

int quorum_link_set_listen(struct quorum_link *link, const struct sockaddr_storage *listen,
			   struct netlink_ext_ack *extack)
{
	struct sockaddr_storage addr;
	sa_family_t family;
	int error;

	error = link_address(listen, true, &addr, extack);
	if (error)
		return error;
	/* The endpoint may be another one any time; its family remains. */
	mutex_lock(&link->change);
	family = link->endpoint->addr.ss_family;
	mutex_unlock(&link->change);
	if (addr.ss_family != family) {
		NL_SET_ERR_MSG_MOD(extack,
				   "the address to listen on and those of all members have to be of one family");
		return -EAFNOSUPPORT;
	}
	error = quorum_endpoint_move(link, &addr, extack);
	if (!error)
		link->wake(link->priv);
	return error;
}
