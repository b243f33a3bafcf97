// SPDX-License-Identifier: GPL-2.0
/*
 * flood - sends a running node what no honest member would.
 *
 *	flood -i DEV -s ADDR -d ADDR [-p PORT] [-n COUNT] [-r SEED] [-o ADDR [-a ADDRESSES]]
 *	      [-g US] [-B|-l] KIND
 *	flood -i DEV -s ADDR -d ADDR [-p PORT] -S FILE	keep what was heard
 *	flood -L FILE -s ADDR -d ADDR ... KIND		and use it, instead of listening
 *
 * Listens on DEV for real datagrams from -s to -d first, changes them as KIND
 * says, and sends COUNT of them through a raw socket, so that they seem to come
 * from -s (or from -o and those behind it, one after the other). Where it matters
 * the checksum is made right again, so
 * that the change is met by the check it is meant for. After each 256 it pauses
 * for US microseconds: the queue of a group is short, and what is dropped there
 * has not met the check behind it. IPv4, or IPv6 (but `oversized`).
 *
 * Sealed datagrams have no checksum; there the change is met by the MAC.  Brief ones (-B:
 * only these, -l: none) have no header; what is said of a header is done to what they have
 * of it, or only to the others.
 *
 * The offsets are those of module/format/wire.h, written down here once more on
 * purpose: a test that took them from there would follow a mistake.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEADER		= 48,
	FRAGMENT	= 64,
	AT_VERSION	= 2,
	SEALED		= 2,	/* the version */
	SECRET		= 3,	/* likewise */
	BRIEF		= 4,	/* likewise */
	MAC		= 16,	/* the end of what is sealed */
	AT_BRIEF_GROUP	= 4,
	AT_BRIEF_WORDS	= 8,
	AT_BRIEF_LENGTHS = 9,
	BRIEF_MIN	= 9 + 1 + MAC,
	BUNDLE		= 16,	/* in place of it, where there are several in one */
	TRAILER		= 32,	/* counter, echo, MAC */
	AT_TYPE		= 3,
	AT_CRC		= 4,
	AT_CLUSTER	= 8,
	AT_GROUP	= 16,
	AT_GENESIS	= 20,
	AT_FROM		= 24,
	AT_TO		= 28,
	AT_INCARNATION	= 32,
	AT_TERM		= 40,
	AT_BODY		= 48,
	TYPE_APPEND	= 5,
	TYPE_FORWARD	= 9,
	TYPE_LAST	= 15,	/* a reply to a part of a snapshot */
	AT_BUNDLE_COUNT	= 3,
	AT_BUNDLE_WORDS	= 4,
	AT_BUNDLE_ITEMS	= 5,	/* of each one byte of length, two of its slot */
	BUNDLE_ITEM	= 3,
	BUNDLE_ONE	= 8,	/* the head of one datagram */
	BUNDLE_HEAD	= 11,	/* of two */
	WORD		= 25,	/* of repeats: index, slots, MAC */
	WORDS_MAX	= 16,
	BUNDLED_MAX	= 160,
	GROUPS_MAX	= 1024,	/* slots that there are */
	DATAGRAM_MAX	= 1472,
	SAMPLES_MAX	= 32,
};

struct datagram {
	size_t len;
	uint8_t data[DATAGRAM_MAX + 64];
};

static struct datagram samples[SAMPLES_MAX];
static int nsamples;
static uint32_t crc_table[256];
static int crc_convention = -1;
static uint64_t rng = 1;
static enum { ANY, LONG, SHORT } which;
static uint8_t seeming_id;	/* node id of who it seems to come from: its address's last byte */

static uint32_t dice(uint32_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return n ? (uint32_t)(rng >> 16) % n : 0;
}

static void make_crc_table(void)
{
	uint32_t i, k, c;

	for (i = 0; i < 256; i++) {
		for (c = i, k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
		crc_table[i] = c;
	}
}

/* With the checksum's own field taken as 0; @convention: seed and final inversion. */
static uint32_t crc_of(const struct datagram *d, int convention)
{
	uint32_t c = convention & 1 ? ~0u : 0;
	size_t i;

	for (i = 0; i < d->len; i++) {
		uint8_t byte = i >= AT_CRC && i < AT_CRC + 4 ? 0 : d->data[i];

		c = crc_table[(c ^ byte) & 255] ^ c >> 8;
	}
	return convention & 2 ? ~c : c;
}

static bool is_sealed(const struct datagram *d)
{
	return d->data[AT_VERSION] == SEALED || d->data[AT_VERSION] == SECRET;
}

static bool is_brief(const struct datagram *d)
{
	return d->len >= BRIEF_MIN && d->data[AT_VERSION] == BRIEF;
}

/* Where the first packed word is, and the second, which is the sender's id. */
static size_t brief_counter_at(const struct datagram *d)
{
	return AT_BRIEF_LENGTHS + ((size_t)d->data[AT_BRIEF_WORDS] + 4 + 3) / 4;
}

static size_t brief_from_at(const struct datagram *d)
{
	static const uint8_t length[4] = { 0, 1, 2, 4 };

	return brief_counter_at(d) + length[d->data[AT_BRIEF_LENGTHS] & 3];
}

static void seal(struct datagram *d)
{
	uint32_t crc = crc_of(d, crc_convention);

	if (!is_sealed(d) && !is_brief(d))
		memcpy(d->data + AT_CRC, &crc, 4);
}

static void put16(struct datagram *d, size_t at, uint16_t v)
{
	memcpy(d->data + at, &v, sizeof(v));
}

static void put32(struct datagram *d, size_t at, uint32_t v)
{
	memcpy(d->data + at, &v, sizeof(v));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* IPv4 addresses are mapped ones here. */
static bool is_v4(const struct in6_addr *addr)
{
	return IN6_IS_ADDR_V4MAPPED(addr);
}

static uint32_t v4(const struct in6_addr *addr)
{
	uint32_t bytes;

	memcpy(&bytes, addr->s6_addr + 12, sizeof(bytes));
	return bytes;
}

/* The UDP header of a packet between these; NULL: it is none. */
static const uint8_t *udp_of(const uint8_t *packet, size_t n, const struct in6_addr *from,
			     const struct in6_addr *to, int port)
{
	const struct ip6_hdr *ip6 = (const void *)packet;
	const struct iphdr *ip = (const void *)packet;
	const struct udphdr *udp;
	size_t head = is_v4(to) ? sizeof(*ip) : sizeof(*ip6);

	if (n < head + sizeof(*udp))
		return NULL;
	udp = (const void *)(packet + head);
	if (udp->dest != htons((uint16_t)port) || n - head != ntohs(udp->len))
		return NULL;
	if (is_v4(to))
		return ip->version == 4 && ip->ihl == 5 && ip->protocol == IPPROTO_UDP &&
		       ip->saddr == v4(from) && ip->daddr == v4(to) ? packet + head : NULL;
	return packet[0] >> 4 == 6 && ip6->ip6_nxt == IPPROTO_UDP &&
	       IN6_ARE_ADDR_EQUAL(&ip6->ip6_src, from) &&
	       IN6_ARE_ADDR_EQUAL(&ip6->ip6_dst, to) ? packet + head : NULL;
}

/* Keep it if it is ours and whole; learn how the checksum is made. */
static void take_sample(const uint8_t *packet, ssize_t n, const struct in6_addr *from,
			const struct in6_addr *to, int port)
{
	const uint8_t *udp = udp_of(packet, (size_t)n, from, to, port);
	struct datagram *d = &samples[nsamples];
	uint32_t crc;
	int c;

	if (!udp)
		return;
	d->len = (size_t)(packet + n - udp) - sizeof(struct udphdr);
	if (d->len > DATAGRAM_MAX || d->len < BRIEF_MIN)
		return;
	memcpy(d->data, udp + sizeof(struct udphdr), d->len);
	if (d->data[AT_VERSION] == BUNDLE)
		return;
	if (is_brief(d) ? which != LONG : which != SHORT && is_sealed(d)) {
		nsamples++;
		return;
	}
	if (which == SHORT || is_brief(d) || d->len < HEADER)
		return;
	memcpy(&crc, d->data + AT_CRC, 4);
	for (c = 0; c < 4 && crc_convention < 0; c++)
		if (crc_of(d, c) == crc)
			crc_convention = c;
	if (crc_convention < 0 || crc_of(d, crc_convention) != crc) {
		fprintf(stderr, "flood: a real datagram has a checksum of no known kind\n");
		exit(2);
	}
	nsamples++;
}

static void listen_for_samples(const char *dev, const struct in6_addr *from,
			       const struct in6_addr *to, int port, double seconds)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	double end = now() + seconds;

	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)))
		die(dev);
	while (nsamples < (which == LONG ? 4 : SAMPLES_MAX) && now() < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		_Alignas(8) uint8_t packet[2048];
		ssize_t n;

		if (poll(&p, 1, 100) <= 0)
			continue;
		n = recv(fd, packet, sizeof(packet), 0);
		if (n > 0)
			take_sample(packet, n, from, to, port);
	}
	close(fd);
	if (!nsamples) {
		fprintf(stderr, "flood: no real datagram was seen on %s\n", dev);
		exit(3);
	}
}

/* ---- what is wrong with it; each is met by one check ---- */

static void make_truncated(struct datagram *d)
{
	d->len = dice((uint32_t)d->len);
}

static void make_truncated_sealed(struct datagram *d)
{
	d->len = HEADER + dice((uint32_t)d->len - HEADER);
	seal(d);
}

static void make_longer(struct datagram *d)
{
	size_t more = 1 + dice(64);

	memset(d->data + d->len, 0, more);
	d->len += more;
	seal(d);
}

static void make_random(struct datagram *d)
{
	size_t i;

	d->len = dice(DATAGRAM_MAX + 1);
	for (i = 0; i < d->len; i++)
		d->data[i] = (uint8_t)dice(256);
	/* Half of them get past the magic and the version. */
	if (d->len >= 3 && dice(2))
		memcpy(d->data, samples[0].data, 3);
}

static void make_flipped(struct datagram *d)
{
	uint32_t bit = dice((uint32_t)d->len * 8);

	d->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void make_magic(struct datagram *d)
{
	d->data[dice(2)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

static void make_version(struct datagram *d)
{
	d->data[AT_VERSION] = dice(2) ? 0 : (uint8_t)(2 + dice(254));
	seal(d);
}

static void make_crc(struct datagram *d)
{
	d->data[AT_CRC + dice(4)] ^= (uint8_t)(1 + dice(255));
}

static void make_type(struct datagram *d)
{
	d->data[AT_TYPE] = dice(4) ? (uint8_t)(TYPE_LAST + 1 + dice(117 - TYPE_LAST)) : 0;
	seal(d);
}

static void make_cluster(struct datagram *d)
{
	d->data[AT_CLUSTER + dice(8)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

static void make_group(struct datagram *d)
{
	d->data[(is_brief(d) ? AT_BRIEF_GROUP : AT_GROUP) + dice(4)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

static void make_genesis(struct datagram *d)
{
	d->data[AT_GENESIS + dice(4)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

static void make_target(struct datagram *d)
{
	d->data[AT_TO + 1 + dice(3)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

/* Another id than the one that lives at the source address, mostly no member's. */
static void make_from(struct datagram *d)
{
	if (dice(2))
		d->data[AT_FROM] = d->data[AT_TO];
	else
		d->data[AT_FROM + 1 + dice(3)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

static void make_incarnation(struct datagram *d)
{
	d->data[AT_INCARNATION + dice(8)] ^= (uint8_t)(1 + dice(255));
	seal(d);
}

/* An APPEND whose counts and sizes lie. */
static void make_append(struct datagram *d)
{
	size_t i;

	d->data[AT_TYPE] = TYPE_APPEND;
	d->len = HEADER + 32 + dice(600);
	for (i = AT_BODY; i < d->len; i++)
		d->data[i] = dice(3) ? 0xff : (uint8_t)dice(256);
	seal(d);
}

/* Fragment headers that cannot be. */
static void make_fragment(struct datagram *d)
{
	static const uint16_t counts[] = { 0, 1, 65, 4096, 65535 };
	size_t chunk = 1 + dice(256);

	d->data[AT_TYPE] = 0x80 | (dice(2) ? TYPE_APPEND : TYPE_FORWARD);
	d->len = FRAGMENT + chunk;
	put32(d, 48, dice(0xffffffff));
	put16(d, 52, 0);
	put16(d, 54, 2);
	put32(d, 56, 0);
	put32(d, 60, 4096);
	switch (dice(5)) {
	case 0: put16(d, 54, counts[dice(5)]); break;
	case 1: put16(d, 52, (uint16_t)(2 + dice(65534))); break;
	case 2: put32(d, 56, 4096 + dice(0xfffff000)); break;
	case 3: put32(d, 60, 69633 + dice(0xfffe0000)); break;
	case 4: d->len = HEADER + dice(FRAGMENT - HEADER); break;
	}
	seal(d);
}

/* Pieces of messages whose rest never comes; what is there is right. */
static void make_orphan(struct datagram *d)
{
	static uint32_t message;
	uint32_t stride = 1000, count = 2 + dice(63);

	d->data[AT_TYPE] = 0x80 | (dice(2) ? TYPE_APPEND : TYPE_FORWARD);
	d->len = FRAGMENT + stride;
	put32(d, 48, dice(2) ? dice(0xffffffff) : ++message);
	put16(d, 52, 0);
	put16(d, 54, (uint16_t)count);
	put32(d, 56, 0);
	put32(d, 60, (count - 1) * stride + 1 + dice(stride));
	seal(d);
}

/* Everything as it should be, but for what a stranger cannot know. */
static void make_forged(struct datagram *d)
{
	size_t i;

	if (d->len < (is_brief(d) ? (size_t)BRIEF_MIN : (size_t)HEADER + TRAILER))
		return;
	for (i = d->len - MAC; i < d->len; i++)
		d->data[i] = (uint8_t)dice(256);
}

/* A higher term, a later counter, a newer session, another body: the MAC is of another. */
static void make_edited(struct datagram *d)
{
	static const size_t at[] = { AT_CRC, AT_TERM, AT_TERM + 1, AT_BODY, AT_BODY + 8 };
	size_t where = dice(6);

	if (is_brief(d)) {
		/* Whatever follows the lengths: counter, sender, term, body. */
		where = brief_counter_at(d);
		where += dice((uint32_t)(d->len - MAC - where));
		d->data[where] = (uint8_t)(d->data[where] + 1 + dice(100));
		return;
	}
	where = where < 5 ? at[where] : d->len - TRAILER;
	d->data[where] = (uint8_t)(d->data[where] + 1 + dice(100));
}

/* Back to where it came from, as if its receiver had sent it. */
static void make_reflected(struct datagram *d)
{
	uint8_t from[4];

	if (is_brief(d)) {
		d->data[brief_from_at(d)] = seeming_id;
		return;
	}
	memcpy(from, d->data + AT_FROM, 4);
	memcpy(d->data + AT_FROM, d->data + AT_TO, 4);
	memcpy(d->data + AT_TO, from, 4);
}

static const uint8_t *group_of(const struct datagram *d)
{
	return d->data + (is_brief(d) ? AT_BRIEF_GROUP : AT_GROUP);
}

/*
 * Of another group of the same nodes, which listens at the same address: with all that
 * tells them apart, and is not left out for being known.
 */
static void make_crossed(struct datagram *d)
{
	const struct datagram *other = d;
	int i;

	for (i = 0; i < nsamples * nsamples; i++) {
		*d = samples[dice((uint32_t)nsamples)];
		other = &samples[i % nsamples];
		if (is_brief(d) == is_brief(other) && memcmp(group_of(d), group_of(other), 4))
			break;
	}
	if (i == nsamples * nsamples) {
		fprintf(stderr, "flood: only one group was heard\n");
		exit(3);
	}
	if (is_brief(d)) {
		memcpy(d->data + AT_BRIEF_GROUP, group_of(other), 4);
		return;
	}
	memcpy(d->data + AT_GROUP, other->data + AT_GROUP, 8);
	memcpy(d->data + AT_INCARNATION, other->data + AT_INCARNATION, 8);
}

/* A right one without authentication. */
static void make_unsealed(struct datagram *d)
{
	if (is_brief(d)) {
		d->len -= MAC;
		return;
	}
	d->data[AT_VERSION] = 1;
	d->len -= TRAILER;
	crc_convention = 3;
	seal(d);
}

/*
 * Two datagrams in one, as right ones as what was recorded: cut where they are long, or
 * twice the same.
 */
static void make_bundle_replay(struct datagram *d)
{
	const struct datagram *other = &samples[dice((uint32_t)nsamples)];
	size_t a = d->len, b = other->len;

	if (a > BUNDLED_MAX)
		a = BUNDLED_MAX;
	if (b > BUNDLED_MAX)
		b = BUNDLED_MAX;
	memmove(d->data + BUNDLE_HEAD, d->data, a);
	memcpy(d->data + BUNDLE_HEAD + a, other->data, b);
	memcpy(d->data, "\x52\x51\x10\x02", AT_BUNDLE_ITEMS);
	d->data[AT_BUNDLE_ITEMS] = (uint8_t)a;
	d->data[AT_BUNDLE_ITEMS + BUNDLE_ITEM] = (uint8_t)b;
	put16(d, AT_BUNDLE_ITEMS + 1, (uint16_t)dice(GROUPS_MAX));
	put16(d, AT_BUNDLE_ITEMS + BUNDLE_ITEM + 1, (uint16_t)dice(GROUPS_MAX));
	d->len = BUNDLE_HEAD + a + b;
}

/* Counts, lengths and slots that cannot be, words that are not there. */
static void make_bundle(struct datagram *d)
{
	static const uint8_t counts[] = { 0, 1, 3, 16, 17, 255 };
	size_t item = AT_BUNDLE_ITEMS + BUNDLE_ITEM * dice(2);

	make_bundle_replay(d);
	switch (dice(7)) {
	case 0: d->data[AT_BUNDLE_COUNT] = counts[dice(6)]; break;
	case 1: d->data[item] = (uint8_t)dice(256); break;
	case 2: d->len = BUNDLE_HEAD + dice((uint32_t)d->len - BUNDLE_HEAD); break;
	case 3: d->len += 1 + dice(32); break;
	case 4: d->data[item] = 0; break;
	case 5: put16(d, item + 1, (uint16_t)dice(65536)); break;
	case 6: d->data[AT_BUNDLE_WORDS] = (uint8_t)(1 + dice(255)); break;
	}
}

/*
 * Words of what groups repeat (module/format/repeat.h), behind a datagram that was taken
 * before: as many as there can be, for as many groups, or for few.
 */
static void make_bundle_words(struct datagram *d)
{
	size_t a = d->len > BUNDLED_MAX ? BUNDLED_MAX : d->len;
	uint32_t few = dice(2), words = 1 + dice(WORDS_MAX), i, k;
	uint8_t *p = d->data + BUNDLE_ONE + a;

	memmove(d->data + BUNDLE_ONE, d->data, a);
	memcpy(d->data, "\x52\x51\x10\x01", 4);
	d->data[AT_BUNDLE_WORDS] = (uint8_t)words;
	d->data[AT_BUNDLE_ITEMS] = (uint8_t)a;
	put16(d, AT_BUNDLE_ITEMS + 1, (uint16_t)dice(GROUPS_MAX));
	for (i = 0; i < words; i++, p += WORD) {
		memset(p, few ? 0 : 0xff, WORD);
		p[0] = (uint8_t)(WORDS_MAX - words + i);
		p[1 + dice(8)] |= (uint8_t)(1 << dice(8));
		for (k = WORD - MAC; k < WORD; k++)
			p[k] = (uint8_t)dice(256);
	}
	d->len = BUNDLE_ONE + a + words * WORD;
}

static void make_replay(struct datagram *d)
{
	(void)d;
}

static void make_any(struct datagram *d);

static const struct kind {
	const char *name;
	void (*make)(struct datagram *d);
	bool header;	/* there has to be one */
} kinds[] = {
	{ "truncated", make_truncated, false },
	{ "truncated-sealed", make_truncated_sealed, true },
	{ "longer", make_longer, false },
	{ "random", make_random, false },
	{ "flipped", make_flipped, false },
	{ "magic", make_magic, false },
	{ "version", make_version, false },
	{ "crc", make_crc, true },
	{ "type", make_type, false },
	{ "cluster", make_cluster, true },
	{ "group", make_group, false },
	{ "genesis", make_genesis, true },
	{ "target", make_target, true },
	{ "from", make_from, true },
	{ "incarnation", make_incarnation, true },
	{ "append", make_append, true },
	{ "fragment", make_fragment, true },
	{ "orphan", make_orphan, true },
	{ "replay", make_replay, false },
	{ "bundle", make_bundle, true },
	{ "bundle-replay", make_bundle_replay, true },
	{ "bundle-words", make_bundle_words, true },
	{ "forged", make_forged, false },
	{ "edited", make_edited, false },
	{ "reflected", make_reflected, false },
	{ "unsealed", make_unsealed, false },
	{ "any", make_any, false },
	{ "crossed", make_crossed, false },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* One of those above it in the list. */
static void make_any(struct datagram *d)
{
	uint32_t n = 0, k;

	while (kinds[n].make != make_any)
		n++;
	do
		k = dice(n);
	while (kinds[k].header && is_brief(d));
	kinds[k].make(d);
}

/* The kind of that name; KINDS: oversized, which is made of nothing that was heard. */
static size_t kind_of(const char *name)
{
	size_t k;

	for (k = 0; k < KINDS && strcmp(kinds[k].name, name); k++)
		;
	if (k == KINDS && strcmp(name, "oversized")) {
		fprintf(stderr, "flood: there is no kind '%s'\n", name);
		exit(2);
	}
	return k;
}

/* Of UDP over IPv6, which takes no datagram without. */
static uint16_t checksum6(const struct ip6_hdr *ip, const uint8_t *udp, size_t len)
{
	const uint8_t *addresses = (const void *)&ip->ip6_src;
	uint32_t sum = IPPROTO_UDP + (uint32_t)len;
	size_t i;

	for (i = 0; i < 2 * sizeof(ip->ip6_src); i++)
		sum += (uint32_t)addresses[i] << (i % 2 ? 0 : 8);
	for (i = 0; i < len; i++)
		sum += (uint32_t)udp[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(sum == 0xffff ? 0xffff : (uint16_t)~sum);
}

static void send_raw(int fd, const struct datagram *d, const struct in6_addr *from,
		     const struct in6_addr *to, int port)
{
	static _Alignas(8) uint8_t packet[2048];
	struct sockaddr_in addr4 = { .sin_family = AF_INET, .sin_addr.s_addr = v4(to) };
	struct sockaddr_in6 addr6 = { .sin6_family = AF_INET6, .sin6_addr = *to };
	size_t head = is_v4(to) ? sizeof(struct iphdr) : sizeof(struct ip6_hdr);
	struct udphdr *udp = (void *)(packet + head);
	struct ip6_hdr *ip6 = (void *)packet;
	struct iphdr *ip = (void *)packet;
	size_t len = sizeof(*udp) + d->len;

	memset(packet, 0, head + sizeof(*udp));
	udp->source = htons((uint16_t)port);
	udp->dest = htons((uint16_t)port);
	udp->len = htons((uint16_t)len);
	memcpy(udp + 1, d->data, d->len);
	if (is_v4(to)) {
		ip->version = 4;
		ip->ihl = 5;
		ip->ttl = 64;
		ip->protocol = IPPROTO_UDP;
		ip->saddr = v4(from);
		ip->daddr = v4(to);
		ip->tot_len = htons((uint16_t)(head + len));
	} else {
		packet[0] = 6 << 4;
		ip6->ip6_hlim = 64;
		ip6->ip6_nxt = IPPROTO_UDP;
		ip6->ip6_src = *from;
		ip6->ip6_dst = *to;
		ip6->ip6_plen = htons((uint16_t)len);
		udp->check = checksum6(ip6, (const void *)udp, len);
	}
	while (sendto(fd, packet, head + len, 0, is_v4(to) ? (void *)&addr4 : (void *)&addr6,
		      is_v4(to) ? sizeof(addr4) : sizeof(addr6)) < 0)
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			die("send");
}

/* Bigger than any datagram of ours: through an ordinary socket, IP cuts it up. */
static long send_oversized(long count, const struct in6_addr *to, int port)
{
	static uint8_t big[65507];
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_addr.s_addr = v4(to), .sin_port = htons((uint16_t)port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long i;

	if (fd < 0)
		die("socket");
	memcpy(big, samples[0].data, samples[0].len);
	for (i = 0; i < count; i++) {
		size_t len = DATAGRAM_MAX + 1 + dice(sizeof(big) - DATAGRAM_MAX);

		while (sendto(fd, big, len, 0, (void *)&addr, sizeof(addr)) < 0)
			if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
				die("send");
	}
	close(fd);
	return count;
}

static void save_samples(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(samples, sizeof(samples[0]), (size_t)nsamples, file) !=
		     (size_t)nsamples || fclose(file))
		die(path);
}

static void load_samples(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	nsamples = (int)fread(samples, sizeof(samples[0]), SAMPLES_MAX, file);
	fclose(file);
	if (nsamples < 1)
		die(path);
}

static struct in6_addr address(const char *text)
{
	struct in6_addr addr;
	char mapped[64];

	snprintf(mapped, sizeof(mapped), "%s%s", strchr(text, ':') ? "" : "::ffff:", text);
	if (inet_pton(AF_INET6, mapped, &addr) != 1) {
		fprintf(stderr, "flood: '%s' is not an IP address\n", text);
		exit(2);
	}
	return addr;
}

static struct in6_addr behind(const struct in6_addr *addr, long by)
{
	struct in6_addr at = *addr;

	at.s6_addr[15] = (uint8_t)(at.s6_addr[15] + by);
	return at;
}

int main(int argc, char **argv)
{
	const char *dev = NULL, *save = NULL, *load = NULL;
	struct in6_addr from = in6addr_any, to = in6addr_any, seeming = in6addr_any;
	long count = 1000, addresses = 1, i;
	int port = 7420, opt, fd;
	double seconds = 5, start;
	useconds_t gap = 1000;
	size_t k;

	while ((opt = getopt(argc, argv, "i:s:d:o:a:p:n:r:w:g:S:L:Bl")) != -1) {
		switch (opt) {
		case 'i': dev = optarg; break;
		case 's': from = address(optarg); break;
		case 'd': to = address(optarg); break;
		case 'o': seeming = address(optarg); break;
		case 'a': addresses = atol(optarg); break;
		case 'p': port = atoi(optarg); break;
		case 'n': count = atol(optarg); break;
		case 'r': rng = strtoull(optarg, NULL, 0) * 2 + 1; break;
		case 'g': gap = (useconds_t)atol(optarg); break;
		case 'S': save = optarg; break;
		case 'L': load = optarg; break;
		case 'B': which = SHORT; break;
		case 'l': which = LONG; break;
		case 'w': seconds = atof(optarg); break;
		default: return 2;
		}
	}
	if (optind + !save != argc || (!dev && !load) || IN6_IS_ADDR_UNSPECIFIED(&from) ||
	    IN6_IS_ADDR_UNSPECIFIED(&to) || is_v4(&from) != is_v4(&to) || addresses < 1) {
		fprintf(stderr, "usage: flood -i DEV -s ADDR -d ADDR [OPTION...] KIND\n");
		return 2;
	}
	make_crc_table();
	seeming_id = to.s6_addr[15];
	k = save ? 0 : kind_of(argv[optind]);
	if (!save && k < KINDS && which == ANY && kinds[k].header)
		which = LONG;
	if (load)
		load_samples(load);
	else
		listen_for_samples(dev, &from, &to, port, seconds);
	if (save) {
		save_samples(save);
		return 0;
	}
	if (k == KINDS) {
		printf("sent %ld\n", send_oversized(count, &to, port));
		return 0;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(&seeming))
		seeming = from;
	fd = socket(is_v4(&to) ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		die("socket");
	start = now();
	for (i = 0; i < count; i++) {
		struct datagram d = samples[dice((uint32_t)nsamples)];
		struct in6_addr at = behind(&seeming, i % addresses);

		kinds[k].make(&d);
		if (kinds[k].make == make_reflected)
			send_raw(fd, &d, &to, &from, port);
		else
			send_raw(fd, &d, &at, &to, port);
		if (gap && i % 256 == 255)
			usleep(gap);
	}
	printf("sent %ld in %.1f s\n", count, now() - start);
	return 0;
}
