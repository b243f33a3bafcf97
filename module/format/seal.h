/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The seal of a datagram: who sent it, that nobody changed it, and that it is new.
 * Pure; kernel and user space.  The hash is BLAKE2s of the kernel's library.
 *
 * A sealed datagram has WIRE_VERSION_SEALED, the sender's session where others have
 * their CRC, and ends in a trailer:
 *
 *	 0  le64 counter	of the datagram, per session and receiver: grows, from 1 or,
 *				where others have left, from what was used for them
 *	 8  le64 echo		the receiver's life as the sender knows it, 0: not known
 *	16  16   mac		keyed BLAKE2s-128 of everything before it
 *
 * The key of the MAC is made from the cluster's key for one ordered pair of nodes
 * in one group of one cluster.  So a datagram cannot be taken for one of another
 * group, cluster, sender or receiver, nor be reflected.
 *
 * Life: a node's (incarnation, session).  The incarnation is the random number its
 * device was formatted with; the session is the epoch of the store, which is made
 * durable, one higher, at every start and before the first datagram.  So no two
 * starts of a node share a life, whatever was lost with power, and later lives of
 * one device have higher sessions.
 *
 * Why no datagram is taken twice, nor one that was meant for an earlier life of the
 * receiver - although the receiver forgets in a restart what it has seen:
 *
 * (1) Only a datagram whose MAC is right and whose echo is the receiver's present
 *     life is taken.  Lives do not repeat, so whatever was recorded before the
 *     receiver started, taken then or not, fails: the memory a restart destroys is
 *     of datagrams that are not valid any more.
 * (2) Within the receiver's life it keeps, per sender, the highest session and a
 *     window over its counters (RFC 6479).  A datagram of an older session is
 *     refused; one of the same session is taken once, since counters never repeat in
 *     a session; one of a newer session begins a new window, and everything older
 *     falls under the first rule.  Where a sender leaves, the highest is kept (net/past.c).
 * (3) How a sender learns the receiver's life: from any datagram of the receiver
 *     that passes (1) and (2), so one made for the sender's own present life.  A
 *     recorded one cannot teach it a life of the past, but for one that was held
 *     back within both present lives; that one is outdated by the next.
 * (4) How that begins: a node that does not know a life sends HELLO, with echo 0.  It
 *     is believed nothing, but answered with a HELLO whose echo is the life the
 *     first one showed.  If that was a replay, the answer is for a life that is
 *     over, and fails (1) there.  If it was real, the answer passes (1), and its
 *     receiver sends a HELLO back that passes (1) too: both know.  A datagram with a
 *     right MAC and a wrong echo is dropped and answered likewise, so a restart is
 *     noticed by the first datagram after it.
 * (5) A node answers HELLO at most so often (QUORUM_HELLO_MS), only to where the member
 *     is that it seems to come from, or was told to be, and with a datagram for each of
 *     these that is not longer than it.  What was
 *     recorded of a life that is over is not answered in the place of what is of a later
 *     one (hello.h), nor at all once that was heard.  What comes from elsewhere is
 *     answered there (net/place.c), from each place less often (QUORUM_STRANGER_MS).
 *
 * A datagram may still be late: held back and delivered within the same two lives
 * once.  Raft is made for that.
 *
 * Small datagrams leave out what their receiver knows (brief.h); it restores that before
 * it looks at the MAC, so all of this holds for them.
 *
 * With two keys, either is accepted; (1) to (4) hold for each.
 */
#ifndef QUORUM_SEAL_H
#define QUORUM_SEAL_H

#include <linux/types.h>

enum seal_sizes {
	SEAL_KEY_BYTES		= 32,
	SEAL_MAC_BYTES		= 16,
	SEAL_BYTES		= 32,	/* the trailer */
	SEAL_WINDOW_BITS	= 4096,	/* counters told apart below the highest */
};

/**
 * struct seal_stamp - what makes a datagram new
 * @counter: see the top of this file
 * @echo: likewise
 */
struct seal_stamp {
	u64 counter;
	u64 echo;
};

/**
 * seal_derive() - make the key of one direction between two nodes
 * @key: set
 * @cluster_key: SEAL_KEY_BYTES, the secret of the cluster
 * @cluster: wire_cluster_key() of the cluster
 * @group: number of the group
 * @from: node id of the sender
 * @to: node id of the receiver
 */
void seal_derive(u8 key[SEAL_KEY_BYTES], const u8 cluster_key[SEAL_KEY_BYTES], u64 cluster,
		 u32 group, u32 from, u32 to);

/**
 * seal_derive_secret() - make a key of seal_derive() one for secret datagrams
 * @key: changed
 *
 * One key is for one algorithm; see net/secret.c.
 */
void seal_derive_secret(u8 key[SEAL_KEY_BYTES]);

/**
 * seal_close() - make the trailer of a datagram in two pieces
 * @key: of this direction
 * @head: first piece
 * @head_len: its length
 * @rest: second piece, may be NULL
 * @rest_len: its length
 * @stamp: counter and echo
 * @trailer: set; follows the second piece
 */
void seal_close(const u8 key[SEAL_KEY_BYTES], const void *head, size_t head_len,
		const void *rest, size_t rest_len, const struct seal_stamp *stamp,
		u8 trailer[SEAL_BYTES]);

/**
 * seal_open() - is the MAC of a datagram right?
 * @key: of this direction
 * @buf: the datagram with its trailer
 * @len: its length, at least SEAL_BYTES
 * @stamp: set if so
 *
 * Takes the same time wherever the MACs differ.
 */
bool seal_open(const u8 key[SEAL_KEY_BYTES], const void *buf, size_t len,
	       struct seal_stamp *stamp);

/**
 * seal_verify() - is this the MAC of a datagram in two pieces?
 * @key: of this direction
 * @head: first piece
 * @head_len: its length
 * @rest: second piece
 * @rest_len: its length, may be 0
 * @stamp: what the trailer has to say
 * @mac: SEAL_MAC_BYTES
 */
bool seal_verify(const u8 key[SEAL_KEY_BYTES], const void *head, size_t head_len,
		 const void *rest, size_t rest_len, const struct seal_stamp *stamp, const u8 *mac);

/* The name of a node's life; never 0. */
u64 seal_life(u64 incarnation, u32 session);

/* What a window says of a datagram. */
enum seal_verdict {
	SEAL_NEW = 0,		/* taken */
	SEAL_NEW_SESSION,	/* taken, the first of a newer session */
	SEAL_OLD,		/* of an older session, or too old to tell */
	SEAL_REPLAYED,		/* was here before */
};

/**
 * struct seal_window - what was taken from one sender in the receiver's life
 * @session: newest session, 0: none yet
 * @top: highest counter of it
 * @bits: the counters below and including @top, by their number
 */
struct seal_window {
	u32 session;
	u64 top;
	u64 bits[SEAL_WINDOW_BITS / 64];
};

/**
 * seal_take() - take a datagram, once
 * @window: of the sender
 * @session: session the datagram shows
 * @counter: its counter
 *
 * Its MAC was right and its echo is the receiver's life.
 */
enum seal_verdict seal_take(struct seal_window *window, u32 session, u64 counter);

/* Is that newer than all that was taken?  Nothing is taken. */
bool seal_is_newer(const struct seal_window *window, u32 session, u64 counter);

#endif /* QUORUM_SEAL_H */
