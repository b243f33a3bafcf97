// SPDX-License-Identifier: GPL-2.0
/*
 * The network: datagrams made by the module's own codec, lost, delayed, copied,
 * damaged, delivered to somebody else, and decoded by it again.
 */
#include <stdio.h>
#include "sim.h"

static void post(struct world *w, u32 from, u32 to, const u8 *data, u32 len)
{
	struct sim_packet *p = pool_alloc(w, (u32)sizeof(*p) + len);
	u64 due = w->now + world_between(w, w->draw.delay_min, w->draw.delay_max);
	u32 i, flips;

	p->to = to;
	p->len = len;
	p->number = w->datagrams;
	p->damaged = false;
	memcpy(p->data, data, len);
	if (w->healed) {
		/* Overtaking is a fault as well. */
		due = max(due, w->carried[from][to]);
		w->carried[from][to] = due;
		goto carry;
	}
	if (world_chance(w, w->draw.damage)) {
		p->damaged = true;
		if (world_random(w, 4) == 0) {
			p->len = (u32)world_random(w, len);
		} else {
			/* Up to three bits: CRC32C sees that at any length used here. */
			flips = 1 + (u32)world_random(w, 3);
			for (i = 0; i < flips; i++)
				p->data[world_random(w, len)] ^= 1 << world_random(w, 8);
			p->damaged = memcmp(p->data, data, len) != 0;
		}
		sim_seen(w, SEEN_DAMAGED);
	}
	if (world_chance(w, w->draw.stray)) {
		p->to = 1 + (u32)world_random(w, w->n);
		sim_seen(w, SEEN_STRAY);
	}
	due = max(due, w->clog[from][to]);
	if (due < w->carried[from][to])
		sim_seen(w, SEEN_OVERTAKEN);
	w->carried[from][to] = max(due, w->carried[from][to]);
carry:
	world_add(w, due, SIM_PACKET, (u8)p->to, 0, p);
}

void net_post(struct world *w, u32 from, u32 to, const u8 *data, u32 len)
{
	w->datagrams++;
	if (w->cut[from][to] > w->now) {
		sim_seen(w, SEEN_CUT);
		return;
	}
	if (!w->healed && world_chance(w, w->draw.loss)) {
		sim_seen(w, SEEN_LOST);
		return;
	}
	post(w, from, to, data, len);
	if (!w->healed && world_chance(w, w->draw.duplicate)) {
		sim_seen(w, SEEN_COPIED);
		post(w, from, to, data, len);
	}
}

u32 net_room(const struct world *w)
{
	return w->draw.mtu - (w->draw.sealed ? SEAL_BYTES : 0);
}

static void send_fragments(struct world *w, struct sim_node *node, u32 to, u8 *data, u32 len)
{
	u8 datagram[QUORUM_MTU_MAX];
	struct wire_fragment frag = { .total = len - WIRE_HEADER_BYTES };
	const u32 head = WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES;
	struct wire_header hdr;

	wire_header_get(data, &hdr);
	hdr.fragment = true;
	frag.count = (u16)((frag.total + net_room(w) - head - 1) / (net_room(w) - head));
	if (!wire_type_is_long(hdr.type) || frag.count > QUORUM_FRAGMENTS_MAX) {
		sim_fail(w, node->id, "a message of %u bytes cannot be sent", len);
		return;
	}
	frag.stride = (frag.total + frag.count - 1) / frag.count;
	frag.message = ++node->message;
	for (; frag.index < frag.count; frag.index++) {
		frag.offset = frag.index * frag.stride;
		frag.size = min(frag.stride, frag.total - frag.offset);
		wire_header_put(datagram, &hdr);
		wire_fragment_put(datagram, &frag);
		memcpy(datagram + head, data + WIRE_HEADER_BYTES + frag.offset, frag.size);
		session_send(w, node, to, datagram, head + frag.size);
	}
}

static u32 encode(struct world *w, struct sim_node *node, const struct raft_msg *msg)
{
	struct wire_header ident = w->ident;
	u32 len;

	ident.incarnation = node->incarnation;
	check_message(w, node, msg);
	world_hash(w, ((u64)msg->type << 56) ^ ((u64)msg->from << 48) ^ ((u64)msg->to << 40) ^
		   msg->term);
	if (msg->to < 1 || msg->to > w->n || msg->from != node->id) {
		sim_fail(w, node->id, "sent to or as nobody");
		return 0;
	}
	len = (u32)wire_encode(w->tx, QUORUM_MSG_BYTES_MAX, &ident, msg);
	if (!len)
		sim_fail(w, node->id, "%s cannot be encoded", raft_msg_name(msg->type));
	return len;
}

static void send_message(struct world *w, struct sim_node *node, u32 to, u32 len)
{
	if (len <= net_room(w)) {
		session_send(w, node, to, w->tx, len);
	} else {
		send_fragments(w, node, to, w->tx, len);
	}
}

/* A message with at most one payload. */
void net_send(struct world *w, struct sim_node *node, const struct raft_msg *msg,
	      const void *payload, u32 size)
{
	u32 len = encode(w, node, msg);

	if (!len)
		return;
	if (size)
		memcpy(w->tx + len, payload, size);
	send_message(w, node, msg->to, len + size);
}

void net_append(struct world *w, struct sim_node *node, const struct raft_msg *msg,
		const struct sim_entry *entries)
{
	u32 len = encode(w, node, msg), i;

	for (i = 0; len && i < msg->append.count; i++) {
		u32 size = msg->append.entries[i].size;

		if (size)
			memcpy(w->tx + len, entries[i].payload, size);
		len += size;
	}
	if (len)
		send_message(w, node, msg->to, len);
}

/* Is it for this node, and from somebody it knows (bugs M-10, M-15, M-9)? */
static bool known(struct world *w, struct sim_node *node, const struct wire_header *hdr)
{
	const struct raft_member *m;

	if (hdr->cluster != w->ident.cluster || hdr->group != w->ident.group ||
	    hdr->genesis != w->ident.genesis || hdr->to != node->id ||
	    hdr->from < 1 || hdr->from > w->n)
		return false;
	m = raft_config_find(&node->config, hdr->from);
	if (m && m->incarnation && m->incarnation != node->known[hdr->from]) {
		node->known[hdr->from] = m->incarnation;
		session_forget(node, hdr->from);
	}
	/*
	 * What a leader says is true, whoever it was before: those elected it who knew
	 * it.  Or else who was away when it was replaced would never hear of that.
	 */
	return node->known[hdr->from] == hdr->incarnation || wire_leader_says(hdr->type);
}

static const u8 *assemble(struct world *w, struct sim_node *node, const struct wire_header *hdr,
			  const struct sim_packet *p, u32 *len)
{
	struct assemble *as = &node->assemble[hdr->from];
	struct wire_fragment frag;
	bool lost = false;

	if (wire_fragment_get(p->data, *len, &frag) != WIRE_OK)
		return NULL;
	assemble_expire(as, w->now, QUORUM_REASSEMBLY_MS * MS);
	if (assemble_add(as, w->now, p->data, &frag, &lost) != ASSEMBLE_DONE)
		return NULL;
	*len = (u32)assemble_bytes(as);
	return as->buf;
}

/* What a message says, for people. */
static void tell(struct world *w, const struct sim_node *node, const struct raft_msg *msg)
{
	char what[80] = "";

	switch (msg->type) {
	case RAFT_MSG_APPEND:
		snprintf(what, sizeof(what), ": %u behind %llu/%llu, commit %llu",
			 msg->append.count, (unsigned long long)msg->append.prev_index,
			 (unsigned long long)msg->append.prev_term,
			 (unsigned long long)msg->append.commit);
		break;
	case RAFT_MSG_APPEND_REPLY:
		snprintf(what, sizeof(what), ": %s, match %llu, verified %llu, prev %llu, hint %llu",
			 msg->append_reply.rejected ? "no" : "yes",
			 (unsigned long long)msg->append_reply.match,
			 (unsigned long long)msg->append_reply.verified,
			 (unsigned long long)msg->append_reply.prev_index,
			 (unsigned long long)msg->append_reply.hint_index);
		break;
	case RAFT_MSG_SNAPSHOT:
		snprintf(what, sizeof(what), ": %llu, %u bytes from %llu on",
			 (unsigned long long)msg->snapshot.name.index, msg->snapshot.bytes,
			 (unsigned long long)msg->snapshot.offset);
		break;
	case RAFT_MSG_SNAPSHOT_REPLY:
		snprintf(what, sizeof(what), ": %llu, verdict %u at %llu",
			 (unsigned long long)msg->snapshot_reply.name.index,
			 msg->snapshot_reply.verdict,
			 (unsigned long long)msg->snapshot_reply.offset);
		break;
	}
	sim_print(w, node->id, "takes %s from n%u, term %llu%s", raft_msg_name(msg->type),
		  msg->from, (unsigned long long)msg->term, what);
}

static void decode(struct world *w, struct sim_node *node, struct wire_header *hdr,
		   const u8 *buf, u32 len)
{
	struct raft_entry entries[RAFT_MSG_ENTRIES_MAX];
	const void *payload = NULL;
	struct raft_config config;
	enum wire_error error;
	struct raft_msg msg;

	error = wire_decode(buf, len, hdr, &msg, entries, &payload);
	if (error) {
		sim_fail(w, node->id, "%s of ours is refused: %s", raft_msg_name(hdr->type),
			 wire_error_name(error));
		return;
	}
	if (!config_attach(&msg, payload, &config)) {
		sim_fail(w, node->id, "a configuration of ours is refused");
		return;
	}
	if (msg.type == RAFT_MSG_SNAPSHOT) {
		msg.snapshot.config = msg.snapshot.config_bytes ? &config : NULL;
		if (msg.snapshot.config &&
		    !config_kept(payload, msg.snapshot.config_bytes, &config)) {
			sim_fail(w, node->id, "the configuration of a snapshot is refused");
			return;
		}
		payload = (const u8 *)payload + msg.snapshot.config_bytes;
	}
	w->delivered++;
	if (w->verbose && w->step >= w->from)
		tell(w, node, &msg);
	node_message(w, node, &msg, payload);
}

void net_arrive(struct world *w, struct sim_packet *p)
{
	struct sim_node *node = w->nodes[p->to];
	struct wire_header hdr;
	const u8 *buf = p->data;
	u32 len = p->len;

	if (node->phase != SIM_UP)
		goto out;
	if (wire_check(p->data, p->len, &hdr) != WIRE_OK)
		goto out;
	/* As net/receive.c: a flipped bit makes an open one look sealed, with no sum. */
	if (hdr.session && !w->draw.sealed)
		goto out;
	if (p->damaged && !w->draw.sealed) {
		sim_fail(w, node->id, "a damaged datagram was taken");
		goto out;
	}
	if (!known(w, node, &hdr) || !session_open(w, node, &hdr, p, &len))
		goto out;
	if (hdr.fragment)
		buf = assemble(w, node, &hdr, p, &len);
	if (buf) {
		hdr.fragment = false;
		decode(w, node, &hdr, buf, len);
	}
out:
	pool_free(w, p, (u32)sizeof(*p) + p->len);
}
