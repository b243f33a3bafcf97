// SPDX-License-Identifier: GPL-2.0
/*
 * Sealed datagrams, by format/seal.c: what module/net/session.c does with keys, lives
 * and windows.  Copies and what was meant for an earlier life are refused there.
 */
#include "sim.h"

static const u8 cluster_key[SEAL_KEY_BYTES] = "a secret of the simulated clust";

/* A node starts: a new life, and nothing is known of the others'. */
void session_start(struct world *w, struct sim_node *node)
{
	u32 id;

	if (!w->draw.sealed)
		return;
	memset(node->peers, 0, sizeof(node->peers));
	node->session = (u32)node->store.hard.epoch;
	node->seal_life = seal_life(node->incarnation, node->session);
	for (id = 1; id <= w->n; id++) {
		if (id == node->id)
			continue;
		seal_derive(node->peers[id].tx, cluster_key, w->ident.cluster, w->ident.group,
			    node->id, id);
		seal_derive(node->peers[id].rx, cluster_key, w->ident.cluster, w->ident.group,
			    id, node->id);
	}
}

static u32 seal(struct sim_node *node, u32 to, u64 echo, u8 *datagram, u32 len)
{
	struct sim_peer *peer = &node->peers[to];
	struct seal_stamp stamp = { .counter = ++peer->counter, .echo = echo };

	wire_set_session(datagram, node->session, false);
	seal_close(peer->tx, datagram, len, NULL, 0, &stamp, datagram + len);
	return len + SEAL_BYTES;
}

/* Show a member our life if that is due; at most so often. */
static void say_hello(struct world *w, struct sim_node *node, u32 to)
{
	struct hello_rate rate = { .every = w->draw.heartbeat / 8, .burst = 1 };
	u8 datagram[WIRE_HEADER_BYTES + SEAL_BYTES];
	struct wire_header hdr = w->ident;
	u64 echo;

	if (!hello_take(&node->peers[to].hello, &rate, w->now, &echo))
		return;
	hdr.incarnation = node->incarnation;
	hdr.type = WIRE_HELLO;
	hdr.session = node->session;
	hdr.from = node->id;
	hdr.to = to;
	wire_header_put(datagram, &hdr);
	net_post(w, node->id, to, datagram, seal(node, to, echo, datagram, WIRE_HEADER_BYTES));
}

/* Finish a datagram, which has SEAL_BYTES of room behind it, and send it. */
void session_send(struct world *w, struct sim_node *node, u32 to, u8 *datagram, u32 len)
{
	if (!w->draw.sealed) {
		wire_seal(datagram, len);
		net_post(w, node->id, to, datagram, len);
	} else if (!node->peers[to].life) {
		hello_ask(&node->peers[to].hello, 0);
		say_hello(w, node, to);
	} else {
		net_post(w, node->id, to, datagram,
			 seal(node, to, node->peers[to].life, datagram, len));
	}
}

/* Another device than the one known so far: its sessions begin again. */
void session_forget(struct sim_node *node, u32 from)
{
	memset(&node->peers[from].window, 0, sizeof(node->peers[from].window));
	node->peers[from].life = 0;
}

/* Its MAC is right: what is of an older session than what was taken is not answered. */
static void answer(struct world *w, struct sim_node *node, const struct wire_header *hdr)
{
	struct sim_peer *peer = &node->peers[hdr->from];

	if (hdr->session < peer->window.session)
		return;
	hello_answer(&peer->hello, 0, hdr->incarnation, hdr->session,
		     seal_life(hdr->incarnation, hdr->session));
	say_hello(w, node, hdr->from);
}

/* Its MAC is right, and its sender known: is it made for this life, and new? */
static bool take(struct world *w, struct sim_node *node, const struct wire_header *hdr,
		 const struct seal_stamp *stamp)
{
	struct sim_peer *peer = &node->peers[hdr->from];
	u64 life = seal_life(hdr->incarnation, hdr->session);

	if (stamp->echo != node->seal_life) {
		/* An answer to a HELLO that was a replay needs no answer. */
		if (hdr->type != WIRE_HELLO || !stamp->echo)
			answer(w, node, hdr);
		return false;
	}
	switch (seal_take(&peer->window, hdr->session, stamp->counter)) {
	case SEAL_NEW:
		return true;
	case SEAL_NEW_SESSION:
		peer->life = life;
		answer(w, node, hdr);
		return true;
	default:
		return false;
	}
}

/**
 * session_open() - check and take off the seal of a datagram
 * @w: the world
 * @node: who got it
 * @hdr: its header; from a node that is known
 * @packet: the datagram
 * @len: set to its length without the seal
 *
 * Return: is it new, and more than a HELLO?
 */
bool session_open(struct world *w, struct sim_node *node, const struct wire_header *hdr,
		  struct sim_packet *packet, u32 *len)
{
	struct seal_stamp stamp;

	*len = packet->len;
	if (!w->draw.sealed)
		return true;
	if (!hdr->session || hdr->secret ||
	    !seal_open(node->peers[hdr->from].rx, packet->data, packet->len, &stamp))
		return false;
	if (packet->damaged)
		sim_fail(w, node->id, "a damaged datagram has a good seal");
	if (!take(w, node, hdr, &stamp))
		return false;
	w->taken = pool_grow(w, w->taken, &w->taken_cap, packet->number + 1, 1);
	if (w->taken[packet->number]++)
		sim_fail(w, node->id, "a datagram was taken twice");
	*len -= SEAL_BYTES;
	return hdr->type != WIRE_HELLO;
}
