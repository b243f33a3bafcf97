// SPDX-License-Identifier: GPL-2.0
/*
 * Bursts: the fragments of a message leave together, as one packet up to where the network
 * device (or the last of the stack before it) cuts it into datagrams.  That is UDP
 * segmentation offload: the stack is walked once for all of them.
 *
 * It takes datagrams of one size, of which the last may be shorter: so are the fragments of
 * a message.  Each has its own seal and counter; for who receives them, and for the path,
 * nothing is different.  None is put off: what is collected leaves before the sender goes on
 * to anything else, and what must not wait is never in a burst.
 *
 * Where the stack refuses a burst (a device that makes no checksums before Linux 6.11,
 * IPsec), they leave one by one, as they do where there is no memory to collect them.  A
 * burst that no longer fits the path is refused as well (older kernels say EINVAL): then the
 * message is cut anew and sent one by one, which is never refused for that.  None is tried
 * where the MTU of the path is locked, as bursts have DF (send.c) and nothing has it there.
 */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/string.h>
#include "net_private.h"

static_assert(QUORUM_BURST_BYTES_MAX >= 2 * QUORUM_MTU_MAX);
/* The most that one packet can be before it is cut, and into how many of old. */
static_assert(QUORUM_BURST_BYTES_MAX <= 65535 - 40 - 8);
static_assert(QUORUM_BURST_MAX <= 64);

/**
 * link_burst_begin() - collect what is sent to a member from now on
 * @link: the link
 * @m: the member
 *
 * Context: only the loop.
 */
void link_burst_begin(struct quorum_link *link, struct link_member *m)
{
	struct link_burst *b = &link->burst;
	u64 now = ktime_get_boottime_ns();

	b->len = 0;
	b->n = 0;
	b->left = false;
	/* Routes change: one is tried again now and then. */
	if (m->no_bursts && now - m->no_bursts < QUORUM_MTU_FRESH_MS * (u64)NSEC_PER_MSEC)
		return;
	m->no_bursts = 0;
	if (m->mtu_locked)
		return;
	if (!b->buf)
		b->buf = kvmalloc(QUORUM_BURST_BYTES_MAX,
				  GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	b->open = b->buf;
}

/* Would they go one by one where they do not together? */
static bool is_refusal(int error)
{
	return error == -EIO || error == -EINVAL || error == -EOPNOTSUPP;
}

static int send_each(struct quorum_link *link, struct link_member *m)
{
	struct link_burst *b = &link->burst;
	int error = 0;

	for (size_t at = 0; at < b->len && !error; at += b->size) {
		struct kvec vec = {
			.iov_base = b->buf + at,
			.iov_len = min(b->size, b->len - at),
		};

		error = link_send_now(link, m, &vec, 1, LINK_BULK, 0);
	}
	return error;
}

/* Send what was collected so far. */
static int send_burst(struct quorum_link *link, struct link_member *m)
{
	struct link_burst *b = &link->burst;
	struct kvec vec = { .iov_base = b->buf, .iov_len = b->len };
	int error;

	if (b->n < 2 || m->no_bursts) {
		error = send_each(link, m);
	} else {
		error = link_send_now(link, m, &vec, 1, LINK_BULK, b->size);
		if (!error)
			atomic64_inc(&link->counters.tx_bursts);
		if (is_refusal(error) || error == -EMSGSIZE) {
			m->no_bursts = ktime_get_boottime_ns();
			WRITE_ONCE(m->mtu, 0);
		}
		if (is_refusal(error))
			error = send_each(link, m);
	}
	b->len = 0;
	b->n = 0;
	return error;
}

/**
 * link_burst_add() - collect one more datagram
 * @link: the link, which collects
 * @m: the member
 * @vec: its pieces
 * @n: how many
 *
 * Context: only the loop.
 * Return: 0 or a negative errno of the stack, for those before it.
 */
int link_burst_add(struct quorum_link *link, struct link_member *m, const struct kvec *vec,
		   size_t n)
{
	struct link_burst *b = &link->burst;
	size_t len = 0;
	int error;

	for (size_t i = 0; i < n; i++)
		len += vec[i].iov_len;
	if (WARN_ON_ONCE(len > QUORUM_MTU_MAX))
		return -EINVAL;
	/* Nothing is behind a shorter one. */
	if (b->n && (len > b->size || b->len < b->n * b->size || b->n == QUORUM_BURST_MAX ||
		     b->len + len > QUORUM_BURST_BYTES_MAX)) {
		error = send_burst(link, m);
		if (error)
			return error;
	}
	if (!b->n)
		b->size = len;
	for (size_t i = 0; i < n; i++) {
		memcpy(b->buf + b->len, vec[i].iov_base, vec[i].iov_len);
		b->len += vec[i].iov_len;
	}
	b->n++;
	return 0;
}

/**
 * link_burst_end() - collect no more, and send what was collected
 * @link: the link
 * @m: the member
 * @error: what has failed so far; then the rest is not sent
 *
 * Context: only the loop.
 * Return: @error, or 0 or a negative errno of the stack.
 */
int link_burst_end(struct quorum_link *link, struct link_member *m, int error)
{
	if (!error)
		error = send_burst(link, m);
	link->burst.open = false;
	return error;
}
