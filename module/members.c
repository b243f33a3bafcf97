// SPDX-License-Identifier: GPL-2.0
/*
 * Members: from the configurations of the engine to the addresses of the link.
 *
 * A configuration says where its members are reached.  Those of the genesis have no
 * address in it, since a genesis holds ids only: where they are is in what the group
 * was created from, until the first change writes it down.  While a change is not
 * committed, members of both configurations are listened to; one that was removed so
 * that it can hear of it.
 */
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include "format/config.h"
#include "group_private.h"

/* struct raft_member.address: family 4 or 6, 0, port big-endian, address. */
enum address_layout {
	ADDRESS_FAMILY	= 0,
	ADDRESS_PORT	= 2,
	ADDRESS_HOST	= 4,
};

static_assert(RAFT_ADDRESS_BYTES == ADDRESS_HOST + 16);

/* An address as a configuration holds it; none packs to zeros. */
void quorum_members_pack(const struct sockaddr_storage *addr, u8 packed[RAFT_ADDRESS_BYTES])
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;

	memset(packed, 0, RAFT_ADDRESS_BYTES);
	if (addr->ss_family == AF_INET) {
		packed[ADDRESS_FAMILY] = 4;
		memcpy(packed + ADDRESS_PORT, &in->sin_port, 2);
		memcpy(packed + ADDRESS_HOST, &in->sin_addr, 4);
	} else if (addr->ss_family == AF_INET6) {
		packed[ADDRESS_FAMILY] = 6;
		memcpy(packed + ADDRESS_PORT, &in6->sin6_port, 2);
		memcpy(packed + ADDRESS_HOST, &in6->sin6_addr, 16);
	}
}

static bool unpack(const u8 packed[RAFT_ADDRESS_BYTES], struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (packed[ADDRESS_FAMILY] == 4) {
		in->sin_family = AF_INET;
		memcpy(&in->sin_port, packed + ADDRESS_PORT, 2);
		memcpy(&in->sin_addr, packed + ADDRESS_HOST, 4);
	} else if (packed[ADDRESS_FAMILY] == 6) {
		in6->sin6_family = AF_INET6;
		memcpy(&in6->sin6_port, packed + ADDRESS_PORT, 2);
		memcpy(&in6->sin6_addr, packed + ADDRESS_HOST, 16);
	}
	return addr->ss_family != AF_UNSPEC;
}

/* Of a member, NULL: no configuration has named it.  @g->where is held. */
struct quorum_place *quorum_members_place(struct quorum_group *g, u32 id)
{
	u32 i;

	lockdep_assert_held(&g->where);
	for (i = 0; i < g->nplaces; i++)
		if (g->places[i].id == id)
			return &g->places[i];
	return NULL;
}

/**
 * quorum_members_address() - where a member is reached
 * @g: the group
 * @member: of a configuration
 * @addr: filled in; family 0 if nothing says
 *
 * What this node was told since the configuration said something counts, until the
 * configuration says something else; a member that it says nothing of is where the
 * group was created with.
 */
void quorum_members_address(struct quorum_group *g, const struct raft_member *member,
			    struct sockaddr_storage *addr)
{
	const struct quorum_place *place;
	u32 i;

	spin_lock(&g->where);
	place = quorum_members_place(g, member->id);
	if (place && place->here.ss_family &&
	    !memcmp(place->over, member->address, sizeof(place->over))) {
		*addr = place->here;
	} else if (!unpack(member->address, addr)) {
		for (i = 0; i < g->params.genesis.n; i++)
			if (g->params.members[i].id == member->id)
				*addr = g->params.members[i].addr;
	}
	spin_unlock(&g->where);
}

/* What @config says of its members; others are forgotten. */
static void remember_places(struct quorum_group *g, const struct raft_config *config)
{
	const struct raft_member *m;
	struct quorum_place *place;
	u32 i, n = 0;

	spin_lock(&g->where);
	for (i = 0; i < g->nplaces; i++)
		if (raft_config_find(config, g->places[i].id))
			g->places[n++] = g->places[i];
	g->nplaces = n;
	for (i = 0; i < config->n; i++) {
		m = &config->members[i];
		place = quorum_members_place(g, m->id);
		if (!place) {
			place = &g->places[g->nplaces++];
			memset(place, 0, sizeof(*place));
			place->id = m->id;
		}
		memcpy(place->told, m->address, sizeof(place->told));
	}
	spin_unlock(&g->where);
}

/* Does a step say which device the member has, or that it is none? */
static bool has_device(const struct raft_change *list, u32 count, u32 id)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (list[i].member.id == id && list[i].op != RAFT_CHANGE_SET &&
		    list[i].op != RAFT_CHANGE_PROMOTE)
			return true;
	return false;
}

/**
 * quorum_members_fill() - have a change write down what the configuration lacks
 * @info: the members as they are, and what is known of them here
 * @list: steps of the change; room for RAFT_CHANGES_MAX
 * @count: how many there are
 *
 * Members of the genesis are in no configuration with their addresses, nor with
 * the incarnations they show, and who was added has not shown one yet.
 *
 * Return: how many steps there are now.
 */
u32 quorum_members_fill(const struct quorum_group_info *info, struct raft_change *list,
			u32 count)
{
	static const u8 none[RAFT_ADDRESS_BYTES];
	u32 n = count, i;

	for (i = 0; i < info->config.n && n < RAFT_CHANGES_MAX; i++) {
		const struct raft_member *m = &info->config.members[i];
		struct raft_change fill = { .op = RAFT_CHANGE_FILL, .member.id = m->id };
		bool lacks;

		quorum_members_pack(&info->addrs[i], fill.member.address);
		fill.member.incarnation = m->id == info->self ? info->incarnation :
								info->incarnations[i];
		lacks = (!memcmp(m->address, none, sizeof(none)) && info->addrs[i].ss_family) ||
			(!m->incarnation && fill.member.incarnation);
		if (lacks && !has_device(list, count, m->id))
			list[n++] = fill;
	}
	return n;
}

static void add(struct quorum_group *g, u32 *n, const struct raft_config *config)
{
	struct quorum_net_member *list = g->members;
	struct sockaddr_storage addr;
	u32 i, j;

	for (i = 0; i < config->n; i++) {
		const struct raft_member *m = &config->members[i];

		for (j = 0; j < *n && list[j].id != m->id; j++)
			;
		quorum_members_address(g, m, &addr);
		if (j < *n || *n == QUORUM_MEMBERS_MAX || !addr.ss_family)
			continue;
		list[j].id = m->id;
		list[j].incarnation = m->incarnation;
		list[j].addr = addr;
		++*n;
	}
}

/* Tell the link who is reached where; memory that is missing now is there later. */
static void tell_link(struct quorum_group *g, const struct raft_config *config)
{
	struct netlink_ext_ack extack = {};
	u32 n = 0;
	int error = 0;

	add(g, &n, config);
	/* Who is not in it any more is spoken to until it is committed. */
	add(g, &n, &g->config_committed);
	/* Who joins may know nobody yet, or nobody's address. */
	if (n)
		error = quorum_link_set_members(g->link, n, g->members, &extack);
	g->members_retry = error == -ENOMEM ?
			   quorum_loop_now() + QUORUM_MEMBERS_RETRY_MS * (u64)NSEC_PER_MSEC : 0;
	if (error && error != -ENOMEM)
		pr_warn("%s: the members of index %llu cannot be reached: %s (%d)\n",
			g->params.name, config->index, extack._msg ?: "failed", error);
}

/**
 * quorum_members_changed() - another configuration is in force, or it is committed
 * @g: the group
 * @config: the configuration
 * @committed: it is
 *
 * Context: only the loop, or before it runs.
 */
void quorum_members_changed(struct quorum_group *g, const struct raft_config *config,
			    bool committed)
{
	if (committed)
		g->config_committed = *config;
	remember_places(g, config);
	tell_link(g, config);
}

static u64 device_of(struct quorum_group *g, u32 id)
{
	return id == g->params.self ? quorum_store_incarnation(g->store) :
				      quorum_link_incarnation(g->link, id);
}

/*
 * Who was added has shown its device only since: a leader writes it down by itself, or
 * a wiped one would be heard when all who know better are started again (bug M-9).  A
 * group that nobody has changed yet does without until its first change.
 *
 * Return: when to look again.
 */
static u64 fill_devices(struct quorum_group *g, u64 now)
{
	const struct raft_config *config = raft_get_config(g->raft);
	struct raft_change list[QUORUM_MEMBERS_MAX];
	struct raft_event ev = {
		.type = RAFT_EV_CHANGE,
		.change.list = list,
		.change.seen = config->index,
		.change.room = QUORUM_ENTRY_BYTES_MAX,
	};
	u32 i, n = 0;

	if (g->role != RAFT_LEADER || !config->index || config->index > g->commit)
		return RAFT_NEVER;
	if (now < g->fill_after)
		return g->fill_after;
	for (i = 0; i < config->n; i++) {
		const struct raft_member *m = &config->members[i];

		if (m->incarnation || !device_of(g, m->id))
			continue;
		list[n] = (struct raft_change){ .op = RAFT_CHANGE_FILL, .member = *m };
		list[n++].member.incarnation = device_of(g, m->id);
	}
	if (!n)
		return RAFT_NEVER;
	ev.change.count = n;
	g->fill_after = now + QUORUM_MEMBERS_RETRY_MS * (u64)NSEC_PER_MSEC;
	return quorum_effects_step(g, &ev, NULL) > 0 ? RAFT_NEVER : g->fill_after;
}

/**
 * quorum_members_turn() - tell the link what it had no memory for, the log what it lacks
 * @g: the group
 * @now: quorum_loop_now()
 *
 * Context: only the loop.
 * Return: when to be called again, RAFT_NEVER: there is no need.
 */
u64 quorum_members_turn(struct quorum_group *g, u64 now)
{
	if (g->members_retry && g->members_retry <= now)
		tell_link(g, raft_get_config(g->raft));
	return min_t(u64, fill_devices(g, now), g->members_retry ?: RAFT_NEVER);
}
