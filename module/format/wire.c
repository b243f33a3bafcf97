// SPDX-License-Identifier: GPL-2.0
/*
 * The codec of the wire.  Layouts are in wire.h.
 *
 * Fields are moved by memcpy(): a datagram may start at any address.
 */
#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/byteorder.h>
#include "bytes.h"
#include "wire.h"

/* Offsets of the header and the fragment header. */
enum {
	AT_MAGIC	= 0,
	AT_VERSION	= 2,
	AT_TYPE		= 3,
	AT_CRC		= 4,
	AT_CLUSTER	= 8,
	AT_GROUP	= 16,
	AT_GENESIS	= 20,
	AT_FROM		= 24,
	AT_TO		= 28,
	AT_INCARNATION	= 32,
	AT_TERM		= 40,
	AT_FRAGMENT	= 48,
};

static_assert(AT_TERM + 8 == WIRE_HEADER_BYTES);

/* Bytes of the body, without entries and payload. */
static const u8 body_bytes[RAFT_MSG_NR] = {
	[RAFT_MSG_PREVOTE]		= 24,
	[RAFT_MSG_PREVOTE_REPLY]	= 16,
	[RAFT_MSG_VOTE]			= 24,
	[RAFT_MSG_VOTE_REPLY]		= 16,
	[RAFT_MSG_APPEND]		= WIRE_APPEND_BYTES,
	[RAFT_MSG_APPEND_REPLY]		= 56,
	[RAFT_MSG_HEARTBEAT]		= 32,
	[RAFT_MSG_HEARTBEAT_REPLY]	= 40,
	[RAFT_MSG_FORWARD]		= WIRE_FORWARD_BYTES,
	[RAFT_MSG_FORWARD_REPLY]	= 32,
	[RAFT_MSG_READ]			= 8,
	[RAFT_MSG_READ_REPLY]		= 24,
	[RAFT_MSG_TIMEOUT_NOW]		= 8,
	[RAFT_MSG_SNAPSHOT]		= WIRE_SNAPSHOT_BYTES,
	[RAFT_MSG_SNAPSHOT_REPLY]	= 40,
};

/* CRC of a datagram in two pieces, as if its crc field were 0. */
static u32 datagram_crc(const u8 *head, size_t head_len, const u8 *rest, size_t rest_len)
{
	static const u8 zero[4];
	u32 crc = ~0U;

	crc = crc32c(crc, head, AT_CRC);
	crc = crc32c(crc, zero, sizeof(zero));
	crc = crc32c(crc, head + AT_CRC + sizeof(zero), head_len - AT_CRC - sizeof(zero));
	if (rest_len)
		crc = crc32c(crc, rest, rest_len);
	return ~crc;
}

/* Those of the engine, and those of the links in a sealed datagram. */
static bool type_is_known(u8 type, bool sealed)
{
	return (type && type < RAFT_MSG_NR) || (sealed && type == WIRE_HELLO) ||
	       type == WIRE_REPAIR;
}

/* The least a body of @type has. */
static size_t least_body(u8 type)
{
	if (type < RAFT_MSG_NR)
		return body_bytes[type];
	return type == WIRE_REPAIR ? WIRE_REPAIR_BYTES : 0;
}

bool wire_type_is_long(u8 type)
{
	return type == RAFT_MSG_APPEND || type == RAFT_MSG_FORWARD || type == RAFT_MSG_SNAPSHOT;
}

bool wire_leader_says(u8 type)
{
	return type == RAFT_MSG_APPEND || type == RAFT_MSG_HEARTBEAT ||
	       type == RAFT_MSG_SNAPSHOT || type == RAFT_MSG_READ_REPLY ||
	       type == RAFT_MSG_FORWARD_REPLY;
}

void wire_header_get(const void *buf, struct wire_header *hdr)
{
	const u8 *p = buf;

	memset(hdr, 0, sizeof(*hdr));
	hdr->type = p[AT_TYPE] & ~WIRE_TYPE_FRAGMENT;
	hdr->fragment = p[AT_TYPE] & WIRE_TYPE_FRAGMENT;
	hdr->secret = p[AT_VERSION] == WIRE_VERSION_SECRET;
	if (hdr->secret || p[AT_VERSION] == WIRE_VERSION_SEALED)
		hdr->session = get32(p + AT_CRC);
	hdr->cluster = get64(p + AT_CLUSTER);
	hdr->group = get32(p + AT_GROUP);
	hdr->genesis = get32(p + AT_GENESIS);
	hdr->from = get32(p + AT_FROM);
	hdr->to = get32(p + AT_TO);
	hdr->incarnation = get64(p + AT_INCARNATION);
	hdr->term = get64(p + AT_TERM);
}

enum wire_error wire_check(const void *buf, size_t len, struct wire_header *hdr)
{
	const u8 *p = buf;
	bool sealed;
	size_t need;
	u8 type;

	if (len < WIRE_HEADER_BYTES)
		return WIRE_SHORT;
	if (get16(p + AT_MAGIC) != WIRE_MAGIC)
		return WIRE_MAGIC_BAD;
	sealed = p[AT_VERSION] == WIRE_VERSION_SEALED || p[AT_VERSION] == WIRE_VERSION_SECRET;
	if (!sealed && p[AT_VERSION] != WIRE_VERSION)
		return WIRE_VERSION_BAD;

	type = p[AT_TYPE] & ~WIRE_TYPE_FRAGMENT;
	if (!type_is_known(type, sealed))
		return WIRE_TYPE_BAD;
	need = WIRE_HEADER_BYTES + least_body(type);
	if (p[AT_TYPE] & WIRE_TYPE_FRAGMENT) {
		if (!wire_type_is_long(type))
			return WIRE_TYPE_BAD;
		need = WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES + 1;
	}
	if (sealed)
		need += SEAL_BYTES;
	if (len < need)
		return WIRE_SHORT;
	if (len > QUORUM_MSG_BYTES_MAX)
		return WIRE_LENGTH_BAD;
	if (!sealed && get32(p + AT_CRC) != datagram_crc(p, len, NULL, 0))
		return WIRE_CRC_BAD;

	wire_header_get(buf, hdr);
	if (!hdr->from || !hdr->to || hdr->from == hdr->to || !hdr->incarnation ||
	    (sealed && !hdr->session))
		return WIRE_FIELD_BAD;
	return WIRE_OK;
}

enum wire_error wire_fragment_get(const void *buf, size_t len,
				  struct wire_fragment *frag)
{
	const u8 *p = (const u8 *)buf + AT_FRAGMENT;
	u32 before;

	if (len <= WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES)
		return WIRE_SHORT;
	if (len > QUORUM_MSG_BYTES_MAX)
		return WIRE_LENGTH_BAD;

	frag->message = get32(p);
	frag->index = get16(p + 4);
	frag->count = get16(p + 6);
	frag->offset = get32(p + 8);
	frag->total = get32(p + 12);
	frag->size = len - WIRE_HEADER_BYTES - WIRE_FRAGMENT_BYTES;

	if (frag->count < 2 || frag->count > QUORUM_FRAGMENTS_MAX ||
	    frag->index >= frag->count || frag->total > WIRE_BODY_BYTES_MAX)
		return WIRE_FIELD_BAD;
	/* Both are now small enough for this not to wrap. */
	if (frag->offset > frag->total || frag->size > frag->total - frag->offset)
		return WIRE_LENGTH_BAD;

	/* The stride: the own size, or for the last one what went before it. */
	if (frag->index < frag->count - 1)
		frag->stride = frag->size;
	else
		frag->stride = frag->offset / (frag->count - 1);
	if (frag->offset != frag->index * frag->stride)
		return WIRE_LENGTH_BAD;
	before = (frag->count - 1) * frag->stride;
	if (before >= frag->total || frag->total - before > frag->stride)
		return WIRE_LENGTH_BAD;
	if (frag->index == frag->count - 1 && frag->size != frag->total - before)
		return WIRE_LENGTH_BAD;
	return WIRE_OK;
}

static u8 version_of(u32 session, bool secret)
{
	if (!session)
		return WIRE_VERSION;
	return secret ? WIRE_VERSION_SECRET : WIRE_VERSION_SEALED;
}

void wire_header_put(void *buf, const struct wire_header *hdr)
{
	u8 *p = buf;

	put16(p + AT_MAGIC, WIRE_MAGIC);
	p[AT_VERSION] = version_of(hdr->session, hdr->secret);
	p[AT_TYPE] = hdr->type | (hdr->fragment ? WIRE_TYPE_FRAGMENT : 0);
	put32(p + AT_CRC, hdr->session);
	put64(p + AT_CLUSTER, hdr->cluster);
	put32(p + AT_GROUP, hdr->group);
	put32(p + AT_GENESIS, hdr->genesis);
	put32(p + AT_FROM, hdr->from);
	put32(p + AT_TO, hdr->to);
	put64(p + AT_INCARNATION, hdr->incarnation);
	put64(p + AT_TERM, hdr->term);
}

void wire_fragment_put(void *buf, const struct wire_fragment *frag)
{
	u8 *p = (u8 *)buf + AT_FRAGMENT;

	put32(p, frag->message);
	put16(p + 4, frag->index);
	put16(p + 6, frag->count);
	put32(p + 8, frag->offset);
	put32(p + 12, frag->total);
}

enum wire_error wire_repair_get(const void *buf, size_t len, struct wire_repair *repair)
{
	const u8 *p = (const u8 *)buf + WIRE_HEADER_BYTES;

	if (len != WIRE_HEADER_BYTES + WIRE_REPAIR_BYTES)
		return WIRE_LENGTH_BAD;
	repair->message = get32(p);
	repair->missing = get64(p + 8);
	return is_zero(p + 4, 4) && repair->missing ? WIRE_OK : WIRE_FIELD_BAD;
}

void wire_repair_put(void *buf, const struct wire_repair *repair)
{
	u8 *p = (u8 *)buf + WIRE_HEADER_BYTES;

	put32(p, repair->message);
	put32(p + 4, 0);
	put64(p + 8, repair->missing);
}

void wire_seal(void *buf, size_t len)
{
	wire_seal_split(buf, len, NULL, 0);
}

void wire_seal_split(void *head, size_t head_len, const void *rest, size_t rest_len)
{
	put32((u8 *)head + AT_CRC, datagram_crc(head, head_len, rest, rest_len));
}

void wire_set_session(void *buf, u32 session, bool secret)
{
	u8 *p = buf;

	p[AT_VERSION] = secret ? WIRE_VERSION_SECRET : WIRE_VERSION_SEALED;
	put32(p + AT_CRC, session);
}

static void put_entries(u8 *p, const struct raft_entry *entries, u32 count)
{
	for (u32 i = 0; i < count; i++, p += WIRE_ENTRY_BYTES) {
		const struct raft_entry *e = &entries[i];

		put64(p, e->term);
		put64(p + 8, e->tag);
		put32(p + 16, e->origin);
		put32(p + 20, (e->size & 0xffffff) | (u32)e->type << 24);
	}
}

/* Name and offset, as in both messages about a snapshot. */
static void put_snapshot(u8 *p, const struct raft_snapshot *name, u64 offset)
{
	put64(p, name->index);
	put64(p + 8, name->term);
	put64(p + 16, name->size);
	put64(p + 24, offset);
	put32(p + 32, name->crc);
}

static void get_snapshot_name(const u8 *p, struct raft_snapshot *name, u64 *offset)
{
	name->index = get64(p);
	name->term = get64(p + 8);
	name->size = get64(p + 16);
	*offset = get64(p + 24);
	name->crc = get32(p + 32);
}

/* The types behind FORWARD_REPLY, for put_body(). */
static void put_late_body(u8 *p, const struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_READ:
		put64(p, msg->read.seq);
		break;
	case RAFT_MSG_READ_REPLY:
		put64(p, msg->read_reply.seq);
		put64(p + 8, msg->read_reply.index);
		p[16] = msg->read_reply.reason;
		break;
	case RAFT_MSG_TIMEOUT_NOW:
		put64(p, msg->timeout_now.last_index);
		break;
	case RAFT_MSG_SNAPSHOT:
		put_snapshot(p, &msg->snapshot.name, msg->snapshot.offset);
		put32(p + 36, msg->snapshot.bytes);
		put32(p + 40, msg->snapshot.config_bytes);
		put32(p + 44, msg->history);
		break;
	case RAFT_MSG_SNAPSHOT_REPLY:
		put_snapshot(p, &msg->snapshot_reply.name, msg->snapshot_reply.offset);
		p[36] = msg->snapshot_reply.verdict;
		break;
	}
}

/* Write the body before the payload to @p, which is zeroed. */
static void put_body(u8 *p, const struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
		put64(p, msg->vote.last_index);
		put64(p + 8, msg->vote.last_term);
		p[16] = msg->vote.transfer;
		put32(p + 20, msg->history);
		break;
	case RAFT_MSG_PREVOTE_REPLY:
	case RAFT_MSG_VOTE_REPLY:
		put64(p, msg->vote_reply.asked_term);
		p[8] = msg->vote_reply.granted;
		p[9] = msg->vote_reply.suspect;
		break;
	case RAFT_MSG_APPEND:
		put64(p, msg->append.prev_index);
		put64(p + 8, msg->append.prev_term);
		put64(p + 16, msg->append.commit);
		put16(p + 24, msg->append.count);
		put32(p + 28, msg->history);
		put_entries(p + WIRE_APPEND_BYTES, msg->append.entries, msg->append.count);
		break;
	case RAFT_MSG_APPEND_REPLY:
		put64(p, msg->append_reply.match);
		put64(p + 8, msg->append_reply.verified);
		put64(p + 16, msg->append_reply.prev_index);
		put64(p + 24, msg->append_reply.hint_index);
		put64(p + 32, msg->append_reply.hint_term);
		put64(p + 40, msg->append_reply.suspect);
		p[48] = msg->append_reply.rejected;
		break;
	case RAFT_MSG_HEARTBEAT:
		put64(p, msg->heartbeat.commit);
		put64(p + 8, msg->heartbeat.seq);
		put64(p + 16, msg->heartbeat.round);
		put64(p + 24, msg->heartbeat.trust);
		break;
	case RAFT_MSG_HEARTBEAT_REPLY:
		put64(p, msg->heartbeat_reply.seq);
		put64(p + 8, msg->heartbeat_reply.match);
		put64(p + 16, msg->heartbeat_reply.verified);
		put64(p + 24, msg->heartbeat_reply.round);
		put64(p + 32, msg->heartbeat_reply.suspect);
		break;
	case RAFT_MSG_FORWARD:
		put64(p, msg->forward.tag);
		put32(p + 8, msg->forward.size);
		p[12] = msg->forward.entry_type;
		break;
	case RAFT_MSG_FORWARD_REPLY:
		put64(p, msg->forward_reply.tag);
		put64(p + 8, msg->forward_reply.index);
		put64(p + 16, msg->forward_reply.entry_term);
		p[24] = msg->forward_reply.reason;
		break;
	default:
		put_late_body(p, msg);
		break;
	}
}

size_t wire_encode(void *buf, size_t size, const struct wire_header *hdr,
		   const struct raft_msg *msg)
{
	struct wire_header h = *hdr;
	size_t need;

	if (!msg->type || msg->type >= RAFT_MSG_NR)
		return 0;
	need = WIRE_HEADER_BYTES + body_bytes[msg->type];
	if (msg->type == RAFT_MSG_APPEND) {
		if (msg->append.count > RAFT_MSG_ENTRIES_MAX)
			return 0;
		need += msg->append.count * WIRE_ENTRY_BYTES;
	}
	if (size < need)
		return 0;

	h.type = msg->type;
	h.fragment = false;
	h.from = msg->from;
	h.to = msg->to;
	h.term = msg->term;
	wire_header_put(buf, &h);
	memset((u8 *)buf + WIRE_HEADER_BYTES, 0, body_bytes[msg->type]);
	put_body((u8 *)buf + WIRE_HEADER_BYTES, msg);
	return need;
}

/* Is @e what a leader may have in its log, after an entry of term @floor? */
static bool entry_is_sound(const struct raft_entry *e, u64 floor, u64 ceiling)
{
	if (!e->term || e->term < floor || e->term > ceiling)
		return false;
	switch (e->type) {
	case RAFT_ENTRY_NOOP:
		return !e->size && !e->tag && !e->origin;
	case RAFT_ENTRY_DATA:
	case RAFT_ENTRY_SESSION:
		/* A witness is sent none of its payload. */
		return e->size <= QUORUM_ENTRY_BYTES_MAX && e->origin;
	case RAFT_ENTRY_CONFIG:
		/* Made by the engine; what it says is config_decode()'s to judge. */
		return e->size && e->size <= RAFT_CONFIG_BYTES_MAX && !e->origin;
	default:
		return false;
	}
}

static enum wire_error get_append(const u8 *p, size_t len, struct raft_msg *msg,
				  struct raft_entry *entries, const void **payload)
{
	u64 floor, index;
	size_t rest;
	u32 count;

	index = get64(p);
	floor = get64(p + 8);
	count = get16(p + 24);
	msg->append.prev_index = index;
	msg->append.prev_term = floor;
	msg->append.commit = get64(p + 16);
	msg->append.count = count;
	msg->append.entries = entries;
	msg->history = get32(p + 28);
	if (!is_zero(p + 26, 2) || count > RAFT_MSG_ENTRIES_MAX || index > U64_MAX - count)
		return WIRE_FIELD_BAD;
	if (!index != !floor || floor > msg->term)
		return WIRE_FIELD_BAD;
	if (len - WIRE_APPEND_BYTES < count * WIRE_ENTRY_BYTES)
		return WIRE_LENGTH_BAD;

	rest = len - WIRE_APPEND_BYTES - count * WIRE_ENTRY_BYTES;
	p += WIRE_APPEND_BYTES;
	for (u32 i = 0; i < count; i++, p += WIRE_ENTRY_BYTES) {
		struct raft_entry *e = &entries[i];
		u32 word = get32(p + 20);

		e->index = ++index;
		e->term = get64(p);
		e->tag = get64(p + 8);
		e->origin = get32(p + 16);
		e->size = word & 0xffffff;
		e->type = word >> 24;
		if (!entry_is_sound(e, floor, msg->term))
			return WIRE_FIELD_BAD;
		if (e->size > rest)
			return WIRE_LENGTH_BAD;
		rest -= e->size;
		floor = e->term;
	}
	if (rest)
		return WIRE_LENGTH_BAD;
	*payload = p;
	return WIRE_OK;
}

static enum wire_error get_forward(const u8 *p, size_t len, struct raft_msg *msg,
				   const void **payload)
{
	msg->forward.tag = get64(p);
	msg->forward.size = get32(p + 8);
	msg->forward.entry_type = p[12];
	if (!is_zero(p + 13, 3) ||
	    (msg->forward.entry_type != RAFT_ENTRY_DATA &&
	     msg->forward.entry_type != RAFT_ENTRY_SESSION) ||
	    !msg->forward.size || msg->forward.size > QUORUM_ENTRY_BYTES_MAX)
		return WIRE_FIELD_BAD;
	if (len - WIRE_FORWARD_BYTES != msg->forward.size)
		return WIRE_LENGTH_BAD;
	*payload = p + WIRE_FORWARD_BYTES;
	return WIRE_OK;
}

static enum wire_error get_snapshot(const u8 *p, size_t len, struct raft_msg *msg,
				    const void **payload)
{
	const struct raft_snapshot *name = &msg->snapshot.name;
	u64 offset;

	get_snapshot_name(p, &msg->snapshot.name, &offset);
	msg->snapshot.offset = offset;
	msg->snapshot.bytes = get32(p + 36);
	msg->snapshot.config_bytes = get32(p + 40);
	msg->history = get32(p + 44);
	if (!name->index || !name->term || name->term > msg->term ||
	    offset > name->size || msg->snapshot.bytes > RAFT_CHUNK_BYTES_MAX ||
	    msg->snapshot.bytes > name->size - offset)
		return WIRE_FIELD_BAD;
	if (!offset != !!msg->snapshot.config_bytes ||
	    msg->snapshot.config_bytes > WIRE_CONFIG_BYTES_MAX)
		return WIRE_FIELD_BAD;
	if (len - WIRE_SNAPSHOT_BYTES != msg->snapshot.config_bytes + msg->snapshot.bytes)
		return WIRE_LENGTH_BAD;
	*payload = p + WIRE_SNAPSHOT_BYTES;
	return WIRE_OK;
}

static enum wire_error get_snapshot_reply(const u8 *p, struct raft_msg *msg)
{
	u64 offset;

	get_snapshot_name(p, &msg->snapshot_reply.name, &offset);
	msg->snapshot_reply.offset = offset;
	msg->snapshot_reply.verdict = p[36];
	return p[36] >= RAFT_SNAPSHOT_STORED && p[36] <= RAFT_SNAPSHOT_FAILED &&
	       offset <= msg->snapshot_reply.name.size && is_zero(p + 37, 3) ?
		WIRE_OK : WIRE_FIELD_BAD;
}

/* Decode a body of fixed length, which the caller has checked. */
static enum wire_error get_fixed(const u8 *p, struct raft_msg *msg)
{
	switch (msg->type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
		msg->vote.last_index = get64(p);
		msg->vote.last_term = get64(p + 8);
		msg->vote.transfer = p[16];
		msg->history = get32(p + 20);
		return p[16] <= (msg->type == RAFT_MSG_VOTE) && is_zero(p + 17, 3) ?
			WIRE_OK : WIRE_FIELD_BAD;
	case RAFT_MSG_PREVOTE_REPLY:
	case RAFT_MSG_VOTE_REPLY:
		msg->vote_reply.asked_term = get64(p);
		msg->vote_reply.granted = p[8];
		msg->vote_reply.suspect = p[9];
		return p[8] <= 1 && p[9] <= 1 && is_zero(p + 10, 6) ? WIRE_OK : WIRE_FIELD_BAD;
	case RAFT_MSG_APPEND_REPLY:
		msg->append_reply.match = get64(p);
		msg->append_reply.verified = get64(p + 8);
		msg->append_reply.prev_index = get64(p + 16);
		msg->append_reply.hint_index = get64(p + 24);
		msg->append_reply.hint_term = get64(p + 32);
		msg->append_reply.suspect = get64(p + 40);
		msg->append_reply.rejected = p[48];
		return p[48] <= 1 && is_zero(p + 49, 7) ? WIRE_OK : WIRE_FIELD_BAD;
	case RAFT_MSG_HEARTBEAT:
		msg->heartbeat.commit = get64(p);
		msg->heartbeat.seq = get64(p + 8);
		msg->heartbeat.round = get64(p + 16);
		msg->heartbeat.trust = get64(p + 24);
		return WIRE_OK;
	case RAFT_MSG_HEARTBEAT_REPLY:
		msg->heartbeat_reply.seq = get64(p);
		msg->heartbeat_reply.match = get64(p + 8);
		msg->heartbeat_reply.verified = get64(p + 16);
		msg->heartbeat_reply.round = get64(p + 24);
		msg->heartbeat_reply.suspect = get64(p + 32);
		return WIRE_OK;
	case RAFT_MSG_FORWARD_REPLY:
		msg->forward_reply.tag = get64(p);
		msg->forward_reply.index = get64(p + 8);
		msg->forward_reply.entry_term = get64(p + 16);
		msg->forward_reply.reason = p[24];
		return p[24] < RAFT_REASON_NR && is_zero(p + 25, 7) ? WIRE_OK : WIRE_FIELD_BAD;
	case RAFT_MSG_READ:
		msg->read.seq = get64(p);
		return WIRE_OK;
	case RAFT_MSG_READ_REPLY:
		msg->read_reply.seq = get64(p);
		msg->read_reply.index = get64(p + 8);
		msg->read_reply.reason = p[16];
		return p[16] < RAFT_REASON_NR && is_zero(p + 17, 7) ? WIRE_OK : WIRE_FIELD_BAD;
	case RAFT_MSG_TIMEOUT_NOW:
		msg->timeout_now.last_index = get64(p);
		return WIRE_OK;
	case RAFT_MSG_SNAPSHOT_REPLY:
		return get_snapshot_reply(p, msg);
	default:
		return WIRE_TYPE_BAD;
	}
}

/* Only the answer of a node that never voted may carry term 0. */
static bool type_needs_term(u8 type)
{
	switch (type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
	case RAFT_MSG_APPEND:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_FORWARD:
	case RAFT_MSG_READ:
	case RAFT_MSG_READ_REPLY:
	case RAFT_MSG_TIMEOUT_NOW:
	case RAFT_MSG_SNAPSHOT:
	case RAFT_MSG_SNAPSHOT_REPLY:
		return true;
	default:
		return false;
	}
}

enum wire_error wire_decode(const void *buf, size_t len,
			    const struct wire_header *hdr, struct raft_msg *msg,
			    struct raft_entry *entries, const void **payload)
{
	const u8 *p = (const u8 *)buf + WIRE_HEADER_BYTES;

	*payload = NULL;
	memset(msg, 0, sizeof(*msg));
	msg->type = hdr->type;
	msg->from = hdr->from;
	msg->to = hdr->to;
	msg->term = hdr->term;

	if (!hdr->type || hdr->type >= RAFT_MSG_NR)
		return WIRE_TYPE_BAD;
	/* A message put together from fragments was never seen whole before. */
	if (len < WIRE_HEADER_BYTES + body_bytes[hdr->type])
		return WIRE_SHORT;
	if (len > QUORUM_MSG_BYTES_MAX)
		return WIRE_LENGTH_BAD;
	if (!hdr->term && type_needs_term(hdr->type))
		return WIRE_FIELD_BAD;

	len -= WIRE_HEADER_BYTES;
	if (hdr->type == RAFT_MSG_APPEND)
		return get_append(p, len, msg, entries, payload);
	if (hdr->type == RAFT_MSG_FORWARD)
		return get_forward(p, len, msg, payload);
	if (hdr->type == RAFT_MSG_SNAPSHOT)
		return get_snapshot(p, len, msg, payload);
	if (len != body_bytes[hdr->type])
		return WIRE_LENGTH_BAD;
	return get_fixed(p, msg);
}

const char *wire_error_name(enum wire_error error)
{
	static const char * const names[WIRE_ERROR_NR] = {
		[WIRE_OK]		= "ok",
		[WIRE_SHORT]		= "short",
		[WIRE_MAGIC_BAD]	= "magic",
		[WIRE_VERSION_BAD]	= "version",
		[WIRE_CRC_BAD]		= "crc",
		[WIRE_TYPE_BAD]		= "type",
		[WIRE_LENGTH_BAD]	= "length",
		[WIRE_FIELD_BAD]	= "field",
	};

	return (u32)error < WIRE_ERROR_NR ? names[error] : "unknown";
}

u64 wire_cluster_key(const u8 uuid[16])
{
	return get64(uuid) ^ get64(uuid + 8);
}
