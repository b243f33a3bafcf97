// SPDX-License-Identifier: GPL-2.0
/*
 * middle - sits between two ports of a switch that do not reach each other, passes
 * everything on, and changes what idle groups repeat.
 *
 *	middle -a DEV -b DEV -d ADDR [-p PORT] <KINDS
 *
 * Ethernet frames that come at one DEV leave at the other. Of the bundles to ADDR (UDP to
 * PORT, IPv4) that come at -a and hold words, one is changed for each line that is read,
 * as it says; what else is in it stays, so that it is taken, and the words are looked at:
 *
 *	lose		it is not passed on
 *	bit		one group more is said to repeat itself, or one less
 *	mac		one bit of a MAC
 *	index		the last word speaks of other slots
 *	late		it is not passed on, but its words are, with the next bundle
 *	twice		the next bundle has its words once more, in place of its own
 *	slot		the slot beside a datagram is one that repeats itself
 *
 * Says so whenever it has changed one, and ends when it is killed.
 *
 * The offsets are those of module/format/bundle.h and repeat.h, written down here once
 * more on purpose: a test that took them from there would follow a mistake.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	AT_VERSION	= 2,
	AT_WORDS	= 4,
	AT_ITEMS	= 5,
	BUNDLE		= 16,	/* the version */
	ITEM		= 3,	/* length, slot */
	WORD		= 25,	/* index, slots, MAC */
	AT_SLOTS	= 1,
	AT_MAC		= 9,
	WORDS_MAX	= 16,
	FRAME_MAX	= 2048,
	UDP_HEAD	= sizeof(struct ether_header) + sizeof(struct iphdr) +
			  sizeof(struct udphdr),
};

enum kind { LOSE, BIT, MAC, INDEX, LATE, TWICE, SLOT, KINDS };

static const char * const names[KINDS] = {
	"lose", "bit", "mac", "index", "late", "twice", "slot",
};

static int port = 7420;
static struct in_addr target;
static enum kind kind = KINDS;	/* what is to be done; KINDS: nothing */
static uint8_t held[WORDS_MAX * WORD];
static size_t nheld;		/* words of the bundle before, for this one */

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "middle: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int open_port(const char *dev)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(dev),
	};
	struct packet_mreq all = { .mr_ifindex = addr.sll_ifindex, .mr_type = PACKET_MR_PROMISC };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)))
		die(dev);
	return fd;
}

/* The UDP payload of a frame to the target; NULL: it is something else. */
static uint8_t *payload_of(uint8_t *frame, size_t len)
{
	struct ether_header *eth = (void *)frame;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if (len < UDP_HEAD || eth->ether_type != htons(ETHERTYPE_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return NULL;
	/* What was never on a wire has no checksum yet; IPv4 needs none. */
	udp->check = 0;
	return udp->dest == htons((uint16_t)port) && ip->daddr == target.s_addr ?
	       frame + UDP_HEAD : NULL;
}

static bool is_bundle(const uint8_t *p, size_t len)
{
	return len > AT_ITEMS && p[0] == 0x52 && p[1] == 0x51 && p[AT_VERSION] == BUNDLE;
}

static void read_kind(void)
{
	char line[32] = "";
	ssize_t len = read(0, line, sizeof(line) - 1);
	int k;

	if (len <= 0)
		exit(0);
	line[strcspn(line, "\n")] = 0;
	for (k = 0; k < KINDS && strcmp(names[k], line); k++)
		;
	if (k == KINDS) {
		fprintf(stderr, "middle: there is no kind '%s'\n", line);
		exit(2);
	}
	kind = (enum kind)k;
}

static void done(void)
{
	printf("changed %s\n", names[kind]);
	kind = KINDS;
}

/* The headers say how long it is now. */
static void set_length(uint8_t *frame, size_t payload)
{
	struct iphdr *ip = (void *)(frame + sizeof(struct ether_header));
	struct udphdr *udp = (void *)(ip + 1);
	const uint16_t *half = (void *)ip;
	uint32_t sum = 0;

	udp->len = htons((uint16_t)(sizeof(*udp) + payload));
	ip->tot_len = htons((uint16_t)(sizeof(*ip) + sizeof(*udp) + payload));
	ip->check = 0;
	for (size_t i = 0; i < sizeof(*ip) / 2; i++)
		sum += half[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip->check = (uint16_t)~sum;
}

/* The first datagram seems to have the first slot that the words speak of. */
static void set_slot(uint8_t *p, const uint8_t *tail)
{
	uint16_t slot = tail[0] * 64;

	while (!(tail[AT_SLOTS + slot / 8 % 8] & 1 << slot % 8))
		slot++;
	p[AT_ITEMS + 1] = (uint8_t)slot;
	p[AT_ITEMS + 2] = (uint8_t)((p[AT_ITEMS + 2] & 0x80) | slot >> 8);
}

/* Change a bundle; bytes of it then, 0: it is lost. */
static size_t change(uint8_t *p, size_t len)
{
	static const uint8_t nobody[AT_MAC - AT_SLOTS];
	size_t words = p[AT_WORDS], carried = len - words * WORD;
	uint8_t *tail = p + carried;

	if (nheld) {
		memcpy(tail, held, nheld * WORD);
		p[AT_WORDS] = (uint8_t)nheld;
		len = carried + nheld * WORD;
		nheld = 0;
		done();
		return len;
	}
	if (!words || kind == KINDS)
		return len;
	switch (kind) {
	case LOSE: len = 0; break;
	case BIT:
		tail[AT_SLOTS] ^= 1 << 4;
		/* Were that nobody, the whole bundle would be refused. */
		if (!memcmp(tail + AT_SLOTS, nobody, sizeof(nobody)))
			tail[AT_SLOTS] |= 1 << 5;
		break;
	case MAC: tail[AT_MAC + 5] ^= 1; break;
	case INDEX: tail[(words - 1) * WORD]++; break;
	case SLOT: set_slot(p, tail); break;
	case LATE:
	case TWICE:
	default:
		memcpy(held, tail, words * WORD);
		nheld = words;
		return kind == LATE ? 0 : len;
	}
	done();
	return len;
}

/* Pass on what has come at a port, changed if it may be. */
static void relay(int from, int to, bool may_change)
{
	static _Alignas(8) uint8_t buf[2 + FRAME_MAX + sizeof(held)];
	/* So that what is behind the Ethernet header is aligned. */
	uint8_t *frame = buf + 2, *p;
	struct sockaddr_ll addr;
	socklen_t addr_len = sizeof(addr);
	size_t n, payload;
	ssize_t len;

	len = recvfrom(from, frame, FRAME_MAX, MSG_TRUNC, (void *)&addr, &addr_len);
	/* What leaves there is seen, too. */
	if (len < 0 || len > FRAME_MAX || addr.sll_pkttype == PACKET_OUTGOING)
		return;
	n = (size_t)len;
	p = payload_of(frame, n);
	if (p && may_change && is_bundle(p, n - UDP_HEAD)) {
		payload = change(p, n - UDP_HEAD);
		if (!payload)
			return;
		n = UDP_HEAD + payload;
		set_length(frame, payload);
	}
	if (send(to, frame, n, 0) < 0 && errno != ENOBUFS && errno != ENETDOWN)
		die("send");
}

int main(int argc, char **argv)
{
	const char *a = NULL, *b = NULL;
	struct pollfd fds[3] = { { .fd = 0, .events = POLLIN } };
	int opt;

	while ((opt = getopt(argc, argv, "a:b:d:p:")) != -1) {
		switch (opt) {
		case 'a': a = optarg; break;
		case 'b': b = optarg; break;
		case 'd': inet_aton(optarg, &target); break;
		case 'p': port = atoi(optarg); break;
		default: return 2;
		}
	}
	if (!a || !b || !target.s_addr) {
		fprintf(stderr, "usage: middle -a DEV -b DEV -d ADDR [-p PORT] <KINDS\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fds[1] = (struct pollfd){ .fd = open_port(a), .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = open_port(b), .events = POLLIN };
	printf("ready\n");
	for (;;) {
		if (poll(fds, 3, -1) < 0)
			continue;
		if (fds[0].revents)
			read_kind();
		if (fds[1].revents)
			relay(fds[1].fd, fds[2].fd, true);
		if (fds[2].revents)
			relay(fds[2].fd, fds[1].fd, false);
	}
}
