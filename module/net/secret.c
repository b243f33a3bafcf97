// SPDX-License-Identifier: GPL-2.0
/*
 * Secret datagrams: sealed as in format/seal.h, and what is behind their headers
 * hidden.  XChaCha20-Poly1305 of the kernel's library does both in one pass:
 *
 *	header, and fragment header in a fragment	clear, authenticated
 *	the rest					hidden, authenticated
 *	16   tag
 *	 8   le64 counter				clear, authenticated
 *	 8   le64 echo					likewise
 *
 * Its nonce is (incarnation, session, counter) of the sender, which never repeats
 * under one key: counters do not within a session, sessions not on a device, and
 * incarnations are random.  A device put back from an old image would break that, as
 * it breaks everything else (bug D-4).
 *
 * Who listens still sees who speaks to whom, how much, and the terms.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/string.h>
#include "../compat.h"
#include "../format/bytes.h"
#include "net_private.h"

enum {
	TAG_BYTES	= 16,
	NONCE_BYTES	= 24,
	AD_BYTES_MAX	= WIRE_HEADER_BYTES + WIRE_FRAGMENT_BYTES + 16,
};

static_assert(TAG_BYTES + 2 * sizeof(u64) == SEAL_BYTES);

#ifdef QUORUM_HAVE_SECRET

#include <crypto/chacha20poly1305.h>

static_assert((int)XCHACHA20POLY1305_NONCE_SIZE == NONCE_BYTES);
static_assert((int)CHACHA20POLY1305_AUTHTAG_SIZE == TAG_BYTES);
static_assert((int)CHACHA20POLY1305_KEY_SIZE == SEAL_KEY_BYTES);

static void make_nonce(u8 nonce[NONCE_BYTES], const u8 *head, u64 counter)
{
	struct wire_header hdr;

	wire_header_get(head, &hdr);
	put64(nonce, hdr.incarnation);
	put64(nonce + 8, hdr.session);
	put64(nonce + 16, counter);
}

/* What is authenticated and not hidden, in one piece; its length. */
static size_t make_ad(u8 ad[AD_BYTES_MAX], const u8 *head, size_t head_len,
		      const struct seal_stamp *stamp)
{
	memcpy(ad, head, head_len);
	put64(ad + head_len, stamp->counter);
	put64(ad + head_len + 8, stamp->echo);
	return head_len + 16;
}

static void hide(const u8 key[SEAL_KEY_BYTES], const u8 *head, size_t head_len, const u8 *rest,
		 size_t rest_len, const struct seal_stamp *stamp, u8 *out)
{
	u8 ad[AD_BYTES_MAX], nonce[NONCE_BYTES];
	size_t ad_len = make_ad(ad, head, head_len, stamp);

	make_nonce(nonce, head, stamp->counter);
	xchacha20poly1305_encrypt(out, rest, rest_len, ad, ad_len, nonce, key);
	put64(out + rest_len + TAG_BYTES, stamp->counter);
	put64(out + rest_len + TAG_BYTES + 8, stamp->echo);
}

/**
 * secret_open() - is the tag of a datagram right?  Then show what it hides
 * @key: of this direction
 * @buf: the datagram; changed only if so
 * @len: its length; wire_check() has passed it
 * @fragment: it is one
 * @stamp: set
 *
 * Context: any.
 */
bool secret_open(const u8 key[SEAL_KEY_BYTES], void *buf, size_t len, bool fragment,
		 struct seal_stamp *stamp)
{
	size_t head_len = WIRE_HEADER_BYTES + (fragment ? WIRE_FRAGMENT_BYTES : 0);
	u8 ad[AD_BYTES_MAX], nonce[NONCE_BYTES];
	u8 *rest = (u8 *)buf + head_len;
	size_t ad_len;

	if (len < head_len + SEAL_BYTES)
		return false;
	stamp->counter = get64((u8 *)buf + len - 16);
	stamp->echo = get64((u8 *)buf + len - 8);
	ad_len = make_ad(ad, buf, head_len, stamp);
	make_nonce(nonce, buf, stamp->counter);
	/* In place: the library looks at the tag before it writes. */
	return xchacha20poly1305_decrypt(rest, rest, len - head_len - 16, ad, ad_len, nonce, key);
}

/**
 * link_hide() - make a secret datagram of one in pieces
 * @link: a secret link
 * @m: to whom
 * @vec: one piece, or a fragment's headers and its chunk; set to the secret pieces
 * @n: how many
 * @echo: the life of @m
 *
 * What is given stays as it is, for repairs: the hidden part goes to a buffer of
 * the link.
 *
 * Context: only the loop.
 * Return: number of pieces; 0 if there is no key for @m.
 */
size_t link_hide(struct quorum_link *link, struct link_member *m, struct kvec vec[2], size_t n,
		 u64 echo)
{
	struct seal_stamp stamp = { .counter = ++m->counter, .echo = echo };
	const struct member_keys *keys;
	const u8 *rest;
	size_t len;

	wire_set_session(vec[0].iov_base, link->session, true);
	if (n == 1) {
		rest = vec[0].iov_base + WIRE_HEADER_BYTES;
		len = vec[0].iov_len - WIRE_HEADER_BYTES;
		vec[0].iov_len = WIRE_HEADER_BYTES;
	} else {
		rest = vec[1].iov_base;
		len = vec[1].iov_len;
	}
	if (WARN_ON_ONCE(len > QUORUM_MTU_MAX))
		return 0;
	rcu_read_lock();
	keys = rcu_dereference(m->keys);
	if (keys)
		hide(keys->tx, vec[0].iov_base, vec[0].iov_len, rest, len, &stamp, link->hidden);
	rcu_read_unlock();
	vec[1].iov_base = link->hidden;
	vec[1].iov_len = len + SEAL_BYTES;
	return keys ? 2 : 0;
}

/**
 * secret_prepare() - what a secret link needs
 * @link: the link
 * @extack: gets the sentence on refusal
 */
int secret_prepare(struct quorum_link *link, struct netlink_ext_ack *extack)
{
	link->hidden = kvzalloc(QUORUM_MTU_MAX + SEAL_BYTES, GFP_KERNEL);
	return link->hidden ? 0 : -ENOMEM;
}

/**
 * secret_selftest() - does this kernel hide as the wire demands?
 *
 * Made by libsodium; a kernel that does otherwise would look like a network that
 * loses everything.
 */
bool secret_selftest(void)
{
	static const u8 want[] = {
		0xaf, 0x22, 0x53, 0x1c, 0x63, 0xa3, 0x86, 0xed, 0xc4, 0x9d, 0x72, 0x2a,
		0xeb, 0x1c, 0xfc, 0x5f, 0x29, 0xf6, 0x33, 0xe2, 0x73, 0x0e, 0xe9, 0x2d,
		0xf5, 0x11, 0x48, 0xd4, 0x28, 0x27, 0xbd, 0x4c, 0x62, 0x61, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x78, 0x77, 0x76, 0x75, 0x74, 0x73, 0x72, 0x71,
	};
	struct wire_header hdr = {
		.type = WIRE_REPAIR, .session = 0x21222324, .secret = true,
		.cluster = 0x3132333435363738ULL, .group = 0x41424344, .genesis = 0x51525354,
		.from = 1, .to = 2, .incarnation = 0x1112131415161718ULL, .term = 7,
	};
	struct seal_stamp stamp = { .counter = 0x6162, .echo = 0x7172737475767778ULL };
	u8 key[SEAL_KEY_BYTES], buf[WIRE_HEADER_BYTES + sizeof(want)];
	u8 plain[sizeof(want) - SEAL_BYTES];
	u32 i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = 0x80 + i;
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = i;
	wire_header_put(buf, &hdr);
	hide(key, buf, WIRE_HEADER_BYTES, plain, sizeof(plain), &stamp, buf + WIRE_HEADER_BYTES);
	if (memcmp(buf + WIRE_HEADER_BYTES, want, sizeof(want)))
		return false;
	buf[WIRE_HEADER_BYTES] ^= 1;
	if (secret_open(key, buf, sizeof(buf), false, &stamp))
		return false;
	buf[WIRE_HEADER_BYTES] ^= 1;
	return secret_open(key, buf, sizeof(buf), false, &stamp) &&
	       !memcmp(buf + WIRE_HEADER_BYTES, plain, sizeof(plain));
}

#else /* !QUORUM_HAVE_SECRET */

bool secret_open(const u8 key[SEAL_KEY_BYTES], void *buf, size_t len, bool fragment,
		 struct seal_stamp *stamp)
{
	return false;
}

size_t link_hide(struct quorum_link *link, struct link_member *m, struct kvec vec[2], size_t n,
		 u64 echo)
{
	return 0;
}

int secret_prepare(struct quorum_link *link, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_MOD(extack,
			   "this kernel was built without XChaCha20-Poly1305: use another one, or auth = key");
	return -EOPNOTSUPP;
}

bool secret_selftest(void)
{
	return true;
}

#endif
