// SPDX-License-Identifier: GPL-2.0
/*
 * Relinking: what of a group's way to its members may change while it runs.
 *
 * Where a node listens, where the members are and the keys are each node's own
 * affair: no two nodes have to change them in the same moment.  A node that was told
 * before the others, or after them, is to them as one whose network failed meanwhile.
 */
#include <linux/netlink.h>
#include "group_private.h"

static struct quorum_net_member *find_member(struct quorum_group_params *params, u32 id)
{
	for (u32 i = 0; i < params->genesis.n; i++)
		if (params->members[i].id == id)
			return &params->members[i];
	return NULL;
}

/* Does the genesis name it, or a configuration? */
static bool is_known(struct quorum_group *g, u32 id)
{
	bool known;

	spin_lock(&g->where);
	known = find_member(&g->params, id) || quorum_members_place(g, id);
	spin_unlock(&g->where);
	return known;
}

static int check(struct quorum_group *g, const struct quorum_relink *change,
		 struct netlink_ext_ack *extack)
{
	if (g->ending) {
		NL_SET_ERR_MSG_MOD(extack, "the group is stopping: wait until it has stopped");
		return -EBUSY;
	}
	/* Its parts are being made without the lock. */
	if (g->state == QUORUM_STATE_STARTING) {
		NL_SET_ERR_MSG_MOD(extack, "the group is starting: try again");
		return -EBUSY;
	}
	for (u32 i = 0; i < change->n; i++) {
		if (is_known(g, change->members[i].id))
			continue;
		NL_SET_ERR_MSG_MOD(extack, "no member of the group has this id");
		return -ENOENT;
	}
	if (change->keys[0].set && g->params.unsealed) {
		NL_SET_ERR_MSG_MOD(extack,
				   "whether datagrams are authenticated is settled at the start: create the group anew");
		return -EINVAL;
	}
	return 0;
}

/* It is there from now on, until a configuration says otherwise; @g->where is held. */
static void move(struct quorum_group *g, const struct quorum_net_member *member)
{
	struct quorum_net_member *first = find_member(&g->params, member->id);
	struct quorum_place *place = quorum_members_place(g, member->id);

	if (first)
		first->addr = member->addr;
	if (!place)
		return;
	place->here = member->addr;
	memcpy(place->over, place->told, sizeof(place->over));
}

/*
 * Each of these tells the link first, which may refuse, and then changes what the next
 * start takes and what status tells.  @g->parts is held, so the link stays.
 */
static int change_members(struct quorum_group *g, const struct quorum_relink *change,
			  struct netlink_ext_ack *extack)
{
	int error = 0;

	if (change->n && g->link)
		error = quorum_link_set_addresses(g->link, change->n, change->members, extack);
	if (error)
		return error;
	spin_lock(&g->where);
	for (u32 i = 0; i < change->n; i++)
		move(g, &change->members[i]);
	spin_unlock(&g->where);
	return 0;
}

static int change_listen(struct quorum_group *g, const struct quorum_relink *change,
			 struct netlink_ext_ack *extack)
{
	int error = 0;

	if (!change->listen.ss_family)
		return 0;
	if (g->link)
		error = quorum_link_set_listen(g->link, &change->listen, extack);
	if (error)
		return error;
	spin_lock(&g->where);
	g->params.listen = change->listen;
	spin_unlock(&g->where);
	return 0;
}

static int change_keys(struct quorum_group *g, const struct quorum_relink *change,
		       struct netlink_ext_ack *extack)
{
	int error = 0;

	if (!change->keys[0].set)
		return 0;
	if (g->link)
		error = quorum_link_set_keys(g->link, change->keys, extack);
	if (error)
		return error;
	spin_lock(&g->where);
	memcpy(g->params.keys, change->keys, sizeof(g->params.keys));
	spin_unlock(&g->where);
	return 0;
}

int quorum_group_relink(struct quorum_group *g, const struct quorum_relink *change,
			struct netlink_ext_ack *extack)
{
	int error;

	mutex_lock(&g->lock);
	error = g->deleted ? -ENODEV : check(g, change, extack);
	if (!error) {
		down_read(&g->parts);
		error = change_members(g, change, extack);
		if (!error)
			error = change_listen(g, change, extack);
		if (!error)
			error = change_keys(g, change, extack);
		up_read(&g->parts);
	}
	mutex_unlock(&g->lock);
	return error;
}
