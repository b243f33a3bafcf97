/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire: how a message lies in a datagram.  Pure; kernel and user space.
 *
 * Everything is little-endian and naturally aligned.
 *
 *	 0  le16 magic		0x5152
 *	 2  u8   version	1; 2: sealed, see below; 3: and hidden (net/secret.c); small
 *				sealed ones travel in another form, version 4 (brief.h)
 *	 3  u8   type		enum raft_msg_type; bit 7: this is a fragment
 *	 4  le32 crc		CRC32C of the datagram with this field 0;
 *				sealed: the sender's session
 *	 8  le64 cluster	the cluster's UUID, folded to 64 bits
 *	16  le32 group		CRC32C of the group's name
 *	20  le32 genesis	fingerprint of the first configuration and timing
 *	24  le32 from		node id
 *	28  le32 to		node id
 *	32  le64 incarnation	of the sender's device
 *	40  le64 term
 *	48  body, by type; or, in a fragment, the fragment header:
 *
 *	48  le32 message	number of the message, per sender
 *	52  le16 index		of this fragment, from 0
 *	54  le16 count		fragments of the message, 2..QUORUM_FRAGMENTS_MAX
 *	56  le32 offset		of the chunk in the message's body
 *	60  le32 total		bytes of the message's body
 *	64  chunk		of the body
 *
 * A message is a header and a body; a fragmented message's body is the chunks
 * put together again, and its header that of any fragment without bit 7.  All
 * chunks of a message but the last have one size, the stride; the last has the
 * rest, 1..stride bytes.  So a fragment tells the place of every other, and two
 * fragments that agree on (count, total, stride) cannot overlap.  Only APPEND,
 * FORWARD and SNAPSHOT are ever fragmented.
 *
 * A sealed datagram ends in a trailer (seal.h), which is no part of what is described
 * here: whoever takes the seal off cuts it off.  HELLO is sealed always, has no body
 * and term 0, and tells seals only.
 *
 * REPAIR asks for fragments of the receiver's own message again, and has term 0:
 *
 *	 0  le32 message	its number
 *	 4  4    zero
 *	 8  le64 missing	bit i: fragment i; not 0
 *
 * Bodies, by type; offsets in the body, "zero" is reserved and has to be 0:
 *
 *	PREVOTE, VOTE
 *	 0  le64 last_index
 *	 8  le64 last_term
 *	16  u8   transfer	0 or 1; PREVOTE: 0
 *	17  3    zero
 *	20  le32 history	0: the group was never recovered by force
 *
 *	PREVOTE_REPLY, VOTE_REPLY
 *	 0  le64 asked_term
 *	 8  u8   granted	0 or 1
 *	 9  u8   suspect	0 or 1
 *	10  6    zero
 *
 *	APPEND
 *	 0  le64 prev_index
 *	 8  le64 prev_term
 *	16  le64 commit
 *	24  le16 count		0..RAFT_MSG_ENTRIES_MAX
 *	26  2    zero
 *	28  le32 history	as above
 *	32  count descriptions of entries, then their payloads, in order:
 *		 0  le64 term
 *		 8  le64 tag
 *		16  le32 origin
 *		20  le32 size	bits 0..23: bytes of payload; 24..31: type
 *
 *	APPEND_REPLY
 *	 0  le64 match
 *	 8  le64 verified
 *	16  le64 prev_index
 *	24  le64 hint_index
 *	32  le64 hint_term
 *	40  le64 suspect
 *	48  u8   rejected	0 or 1
 *	49  7    zero
 *
 *	HEARTBEAT
 *	 0  le64 commit
 *	 8  le64 seq
 *	16  le64 round
 *	24  le64 trust
 *
 *	HEARTBEAT_REPLY
 *	 0  le64 seq
 *	 8  le64 match
 *	16  le64 verified
 *	24  le64 round
 *	32  le64 suspect
 *
 *	FORWARD
 *	 0  le64 tag
 *	 8  le32 size		1..QUORUM_ENTRY_BYTES_MAX
 *	12  u8   entry_type	RAFT_ENTRY_DATA
 *	13  3    zero
 *	16  payload
 *
 *	FORWARD_REPLY
 *	 0  le64 tag
 *	 8  le64 index
 *	16  le64 entry_term
 *	24  u8   reason		enum raft_reason
 *	25  7    zero
 *
 *	READ
 *	 0  le64 seq
 *
 *	READ_REPLY
 *	 0  le64 seq
 *	 8  le64 index
 *	16  u8   reason		enum raft_reason
 *	17  7    zero
 *
 *	TIMEOUT_NOW
 *	 0  le64 last_index
 *
 *	SNAPSHOT
 *	 0  le64 index
 *	 8  le64 last_term	of that entry
 *	16  le64 size
 *	24  le64 offset
 *	32  le32 crc		of the whole content
 *	36  le32 bytes		0..RAFT_CHUNK_BYTES_MAX
 *	40  le32 config_bytes	0 unless offset is 0
 *	44  le32 history	as above
 *	48  the configuration (format/config.h), then the bytes
 *
 *	SNAPSHOT_REPLY
 *	 0  le64 index
 *	 8  le64 last_term
 *	16  le64 size
 *	24  le64 offset
 *	32  le32 crc
 *	36  u8   verdict	enum raft_snapshot_verdict
 *	37  3    zero
 */
#ifndef QUORUM_WIRE_H
#define QUORUM_WIRE_H

#include <linux/types.h>
#include "../raft/raft.h"
#include "seal.h"

#define WIRE_MAGIC		0x5152
#define WIRE_VERSION		1
#define WIRE_VERSION_SEALED	2
#define WIRE_VERSION_SECRET	3	/* sealed, and what is behind the headers hidden */
#define WIRE_TYPE_FRAGMENT	0x80

/* Types that nodes' links exchange among themselves: no message of the engine. */
enum wire_link_type {
	WIRE_HELLO		= 0x70,
	WIRE_REPAIR		= 0x71,
};

enum wire_sizes {
	WIRE_HEADER_BYTES	= 48,
	WIRE_FRAGMENT_BYTES	= 16,	/* the fragment header */
	WIRE_REPAIR_BYTES	= 16,	/* body of a REPAIR */
	WIRE_APPEND_BYTES	= 32,	/* body of an APPEND before its entries */
	WIRE_ENTRY_BYTES	= 24,	/* description of one entry */
	WIRE_FORWARD_BYTES	= 16,	/* body of a FORWARD before its payload */
	WIRE_SNAPSHOT_BYTES	= 48,	/* body of a SNAPSHOT before its payload */
	WIRE_CONFIG_BYTES_MAX	= 1024,	/* of a configuration, by format/config.c */
	WIRE_BODY_BYTES_MAX	= QUORUM_MSG_BYTES_MAX - WIRE_HEADER_BYTES,
};

static_assert(WIRE_BODY_BYTES_MAX >= WIRE_APPEND_BYTES + RAFT_MSG_ENTRIES_MAX * WIRE_ENTRY_BYTES +
	      QUORUM_ENTRY_BYTES_MAX);
static_assert(WIRE_BODY_BYTES_MAX >= WIRE_FORWARD_BYTES + QUORUM_ENTRY_BYTES_MAX);
static_assert(WIRE_BODY_BYTES_MAX >= WIRE_SNAPSHOT_BYTES + WIRE_CONFIG_BYTES_MAX +
	      RAFT_CHUNK_BYTES_MAX);
static_assert(QUORUM_ENTRY_BYTES_MAX < 1 << 24);

/* What was wrong with a datagram; every value has a counter of its own. */
enum wire_error {
	WIRE_OK = 0,
	WIRE_SHORT,		/* shorter than what its type needs */
	WIRE_MAGIC_BAD,
	WIRE_VERSION_BAD,
	WIRE_CRC_BAD,
	WIRE_TYPE_BAD,
	WIRE_LENGTH_BAD,	/* lengths inside do not add up, or trailing bytes */
	WIRE_FIELD_BAD,		/* a count, size or id out of its range */
	WIRE_ERROR_NR,
};

/**
 * struct wire_header - the header, decoded (crc left out)
 * @type: enum raft_msg_type, without WIRE_TYPE_FRAGMENT
 * @fragment: WIRE_TYPE_FRAGMENT was set
 * @session: sender's, in a sealed datagram; 0: it is not sealed
 * @secret: sealed, and the body hidden
 * @cluster: wire_cluster_key() of the cluster
 * @group: CRC32C of the group's name
 * @genesis: fingerprint of the first configuration and timing
 * @from: sender's node id
 * @to: receiver's node id
 * @incarnation: of the sender's device
 * @term: sender's term
 */
struct wire_header {
	u8  type;
	bool fragment;
	u32 session;
	bool secret;
	u64 cluster;
	u32 group;
	u32 genesis;
	u32 from;
	u32 to;
	u64 incarnation;
	u64 term;
};

/**
 * struct wire_fragment - the fragment header, decoded
 * @message: number of the message, per sender
 * @index: of this fragment, from 0
 * @count: fragments of the message
 * @offset: of the chunk in the message's body
 * @total: bytes of the message's body
 * @size: bytes of this chunk; not on the wire, set by wire_fragment_get()
 * @stride: bytes of every chunk but the last; likewise
 */
struct wire_fragment {
	u32 message;
	u16 index;
	u16 count;
	u32 offset;
	u32 total;
	u32 size;
	u32 stride;
};

/**
 * wire_check() - check a datagram before anything else looks at it
 * @buf: the datagram, without UDP header
 * @len: its length
 * @hdr: filled in when the answer is WIRE_OK
 *
 * Checks length, magic, version, type and CRC, in this order; then that the ids
 * and the incarnation are not 0 and that nobody speaks to itself.  A sealed datagram
 * has a session instead of a CRC, and room for the trailer; its seal is not looked at.
 *
 * Context: any, softirq included.
 * Return: WIRE_OK, or the first thing that was wrong.
 */
enum wire_error wire_check(const void *buf, size_t len, struct wire_header *hdr);

/**
 * wire_header_get() - decode a header that was checked before
 * @buf: datagram that passed wire_check()
 * @hdr: filled in
 */
void wire_header_get(const void *buf, struct wire_header *hdr);

/* May a message of this type be longer than its fixed body, and so fragmented? */
bool wire_type_is_long(u8 type);

/**
 * wire_leader_says() - is it what leaders say, to those who follow them?
 * @type: enum raft_msg_type
 *
 * It is taken from whatever device its sender has: who was away hears only from the
 * leader that a member has another one now (bug M-9), and that may be the leader.
 */
bool wire_leader_says(u8 type);

/**
 * wire_fragment_get() - decode and check the fragment header
 * @buf: datagram that passed wire_check() with @hdr.fragment set
 * @len: its length
 * @frag: filled in; 2 <= count <= QUORUM_FRAGMENTS_MAX, index < count, offset is
 *	index * stride, offset + size <= total <= WIRE_BODY_BYTES_MAX, and count
 *	chunks of stride bytes, the last one shorter or equal, are total bytes
 *
 * Return: WIRE_OK, or what was wrong.
 */
enum wire_error wire_fragment_get(const void *buf, size_t len,
				  struct wire_fragment *frag);

/**
 * struct wire_repair - a request for fragments
 * @message: number of the message
 * @missing: bit i: fragment i is wanted
 */
struct wire_repair {
	u32 message;
	u64 missing;
};

/* Decode a REPAIR that passed wire_check(); @len without the trailer. */
enum wire_error wire_repair_get(const void *buf, size_t len, struct wire_repair *repair);

/* Write the body of a REPAIR behind its header. */
void wire_repair_put(void *buf, const struct wire_repair *repair);

/* Write @hdr (and @frag when @hdr->fragment) to @buf; crc is left 0. */
void wire_header_put(void *buf, const struct wire_header *hdr);
void wire_fragment_put(void *buf, const struct wire_fragment *frag);

/* Compute and store the CRC over a finished datagram that is not to be sealed. */
void wire_seal(void *buf, size_t len);

/**
 * wire_seal_split() - wire_seal() for a datagram in two pieces
 * @head: first piece, at least a header
 * @head_len: its length
 * @rest: second piece
 * @rest_len: its length
 */
void wire_seal_split(void *head, size_t head_len, const void *rest, size_t rest_len);

/**
 * wire_encode() - write a message's header and body up to its payload
 * @buf: destination
 * @size: room in @buf
 * @hdr: identity; type, from, to and term are taken from @msg
 * @msg: the message.  APPEND: the payloads of the entries have to follow the
 *	returned length back to back, in order.  FORWARD: its payload likewise
 *
 * Return: bytes written, or 0 if @size is too small.
 */
size_t wire_encode(void *buf, size_t size, const struct wire_header *hdr,
		   const struct raft_msg *msg);

/**
 * wire_set_session() - turn the header of a datagram into that of a sealed one
 * @buf: the datagram
 * @session: of the sender, not 0
 * @secret: its body will be hidden
 */
void wire_set_session(void *buf, u32 session, bool secret);

/**
 * wire_decode() - decode a whole message
 * @buf: header and body, put together again if it was fragmented
 * @len: length of header and body
 * @hdr: as wire_check() filled it
 * @msg: filled in
 * @entries: room for RAFT_MSG_ENTRIES_MAX entries, APPEND only
 * @payload: set to where the payload starts inside @buf, or NULL
 *
 * Every length and count is checked against @len: the payloads must fill the
 * rest exactly.  Entry indexes are assigned from prev_index + 1; their terms
 * must not descend, nor exceed the message's term.
 *
 * Return: WIRE_OK, or what was wrong; then @msg is not to be used.
 */
enum wire_error wire_decode(const void *buf, size_t len,
			    const struct wire_header *hdr, struct raft_msg *msg,
			    struct raft_entry *entries, const void **payload);

const char *wire_error_name(enum wire_error error);

/* Fold a cluster's UUID for the header. */
u64 wire_cluster_key(const u8 uuid[16]);

#endif /* QUORUM_WIRE_H */
