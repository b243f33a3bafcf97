// SPDX-License-Identifier: GPL-2.0
/*
 * netlink_test - the netlink family, spoken to without any library of ours.
 *
 *	netlink_test [-s SCALE] DEVICE		requests good and bad, as KTAP
 *	netlink_test start|stop|del|get NAME	one request: ERRNO (0) and the sentence
 *	netlink_test begin NAME			start, and do not wait for how it ends
 *
 * DEVICE need only be a path: nothing is started.
 */
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <linux/quorum_netlink.h>

#include "ktap.h"

enum { REQUEST_MAX = 16384, ANSWER_MAX = 65536, MANY = 20000 };

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[REQUEST_MAX];
};

static int sock = -1;
static uint16_t family;
static uint32_t seq;
static char sentence[512];
static const char *device;
static _Alignas(8) uint8_t answer[ANSWER_MAX];
static ssize_t answer_len;

/* ---- requests ---- */

static void begin(struct request *r, uint16_t type, uint8_t cmd, uint16_t flags)
{
	memset(&r->nl, 0, sizeof(r->nl) + sizeof(r->genl));
	r->nl.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	r->nl.nlmsg_type = type;
	r->nl.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	r->genl.cmd = cmd;
	r->genl.version = 1;
}

static void put(struct request *r, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((uint8_t *)r + NLMSG_ALIGN(r->nl.nlmsg_len));

	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memcpy(a + 1, data, len);
	memset((uint8_t *)(a + 1) + len, 0, NLA_ALIGN(len) - len);
	r->nl.nlmsg_len = NLMSG_ALIGN(r->nl.nlmsg_len) + NLA_HDRLEN + (uint32_t)NLA_ALIGN(len);
}

static void put_u32(struct request *r, int type, uint32_t v)
{
	put(r, type, &v, sizeof(v));
}

static void put_u16(struct request *r, int type, uint16_t v)
{
	put(r, type, &v, sizeof(v));
}

static void put_str(struct request *r, int type, const char *s)
{
	put(r, type, s, strlen(s) + 1);
}

static struct nlattr *nest(struct request *r, int type)
{
	struct nlattr *a = (void *)((uint8_t *)r + NLMSG_ALIGN(r->nl.nlmsg_len));

	put(r, type | NLA_F_NESTED, "", 0);
	return a;
}

static void nest_end(struct request *r, struct nlattr *a)
{
	a->nla_len = (uint16_t)((uint8_t *)r + r->nl.nlmsg_len - (uint8_t *)a);
}

/* The kernel's sentence out of an error message with extended acknowledgement. */
static void take_sentence(const struct nlmsghdr *nl)
{
	const struct nlmsgerr *e = NLMSG_DATA(nl);
	const uint8_t *at = (const uint8_t *)(e + 1), *end = (const uint8_t *)nl + nl->nlmsg_len;

	sentence[0] = 0;
	if (!(nl->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nl->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_len < NLA_HDRLEN)
			return;
		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			snprintf(sentence, sizeof(sentence), "%.*s", a->nla_len - NLA_HDRLEN,
				 (const char *)(a + 1));
		at += NLA_ALIGN(a->nla_len);
	}
}

/* Send; 0 or a positive errno. What came before the end stays in @answer. */
static int ask_raw(struct request *r)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	static _Alignas(8) uint8_t buffer[ANSWER_MAX];
	ssize_t n;

	answer_len = 0;
	r->nl.nlmsg_seq = ++seq;
	if (sendto(sock, r, r->nl.nlmsg_len, 0, (void *)&kernel, sizeof(kernel)) < 0)
		return errno;
	for (;;) {
		struct nlmsghdr *nl = (void *)buffer;

		n = recv(sock, buffer, sizeof(buffer), 0);
		if (n < 0)
			return errno;
		for (; NLMSG_OK(nl, (size_t)n); nl = NLMSG_NEXT(nl, n)) {
			if (nl->nlmsg_seq != seq)
				continue;
			if (nl->nlmsg_type == NLMSG_ERROR) {
				take_sentence(nl);
				return -((struct nlmsgerr *)NLMSG_DATA(nl))->error;
			}
			if (nl->nlmsg_type == NLMSG_DONE)
				return 0;
			if (answer_len + (ssize_t)nl->nlmsg_len <= ANSWER_MAX) {
				memcpy(answer + answer_len, nl, nl->nlmsg_len);
				answer_len += NLMSG_ALIGN(nl->nlmsg_len);
			}
		}
	}
}

static int ask(struct request *r)
{
	r->nl.nlmsg_flags |= NLM_F_ACK;
	return ask_raw(r);
}

static const struct nlattr *find(const void *attrs, size_t len, int type)
{
	const uint8_t *at = attrs, *end = at + len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *a = (const void *)at;

		if (a->nla_len < NLA_HDRLEN)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

static int connect_family(void)
{
	static struct request r;
	const struct nlattr *id;
	int on = 1;

	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		return errno;
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	begin(&r, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put_str(&r, CTRL_ATTR_FAMILY_NAME, QUORUM_FAMILY_NAME);
	if (ask(&r))
		return ENOENT;
	id = find(answer + NLMSG_HDRLEN + GENL_HDRLEN,
		  ((struct nlmsghdr *)answer)->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
		  CTRL_ATTR_FAMILY_ID);
	if (!id)
		return ENOENT;
	memcpy(&family, id + 1, sizeof(family));
	return 0;
}

/* ---- groups ---- */

struct member {
	uint32_t id;
	uint32_t role;		/* 0: none */
	const char *addr;	/* NULL: no address */
	int port;		/* -1: none */
};

/* What a request for a new group says; the defaults are right. */
struct wish {
	const char *name, *group, *device, *machine;
	uint32_t node, heartbeat, election_min, election_max;
	size_t cluster_len, key_len, key2_len;
	int cluster_byte;
	bool unsealed;
	int n;
	struct member members[20];
	int extra;		/* an attribute no one knows */
	bool no_node, no_cluster;
	const char *listen;
	int listen_port;
};

static struct wish good(void)
{
	return (struct wish){
		.name = "nlt", .group = "nltest", .device = device, .node = 1,
		.cluster_len = 16, .cluster_byte = 0x5a, .key_len = 32, .n = 3,
		.members = { { 1, 0, "127.0.0.1", 7601 }, { 2, 0, "127.0.0.2", 7601 },
			     { 3, 0, "127.0.0.3", 7601 } },
	};
}

static void put_addr(struct request *r, int type, const char *text, int port)
{
	struct nlattr *a = nest(r, type);
	uint8_t raw[16];

	if (inet_pton(AF_INET, text, raw) == 1)
		put(r, QUORUM_A_ADDR_IPV4, raw, 4);
	else if (inet_pton(AF_INET6, text, raw) == 1)
		put(r, QUORUM_A_ADDR_IPV6, raw, 16);
	if (port >= 0)
		put_u16(r, QUORUM_A_ADDR_PORT, (uint16_t)port);
	nest_end(r, a);
}

static void put_member(struct request *r, const struct member *m)
{
	struct nlattr *a = nest(r, QUORUM_A_GROUP_MEMBER);

	put_u32(r, QUORUM_A_MEMBER_ID, m->id);
	if (m->role)
		put_u32(r, QUORUM_A_MEMBER_ROLE, m->role);
	if (m->addr)
		put_addr(r, QUORUM_A_MEMBER_ADDR, m->addr, m->port);
	nest_end(r, a);
}

static void write_wish(struct request *r, const struct wish *w)
{
	uint8_t cluster[64];
	int i;

	begin(r, family, QUORUM_CMD_GROUP_NEW, 0);
	if (w->name)
		put_str(r, QUORUM_A_GROUP_NAME, w->name);
	if (w->group)
		put_str(r, QUORUM_A_GROUP_GROUP, w->group);
	if (w->device)
		put_str(r, QUORUM_A_GROUP_DEVICE, w->device);
	if (w->machine)
		put_str(r, QUORUM_A_GROUP_MACHINE, w->machine);
	memset(cluster, w->cluster_byte, sizeof(cluster));
	if (!w->no_cluster)
		put(r, QUORUM_A_GROUP_CLUSTER, cluster, w->cluster_len);
	if (w->key_len)
		put(r, QUORUM_A_GROUP_KEY, cluster, w->key_len);
	if (w->key2_len)
		put(r, QUORUM_A_GROUP_KEY2, cluster, w->key2_len);
	if (w->unsealed)
		put(r, QUORUM_A_GROUP_UNSEALED, "", 0);
	if (!w->no_node)
		put_u32(r, QUORUM_A_GROUP_NODE, w->node);
	if (w->heartbeat)
		put_u32(r, QUORUM_A_GROUP_HEARTBEAT_US, w->heartbeat);
	if (w->election_min)
		put_u32(r, QUORUM_A_GROUP_ELECTION_MIN_US, w->election_min);
	if (w->election_max)
		put_u32(r, QUORUM_A_GROUP_ELECTION_MAX_US, w->election_max);
	if (w->listen)
		put_addr(r, QUORUM_A_GROUP_LISTEN, w->listen, w->listen_port);
	for (i = 0; i < w->n; i++)
		put_member(r, &w->members[i]);
	if (w->extra)
		put_u32(r, w->extra, 1);
}

static int create(const struct wish *w)
{
	static struct request r;

	write_wish(&r, w);
	return ask(&r);
}

static int by_name(uint8_t cmd, const char *name)
{
	static struct request r;

	begin(&r, family, cmd, 0);
	put_str(&r, QUORUM_A_GROUP_NAME, name);
	return ask(&r);
}

static int groups(void)
{
	static struct request r;
	const struct nlmsghdr *nl = (const void *)answer;
	int n = 0;

	begin(&r, family, QUORUM_CMD_GROUP_GET, NLM_F_DUMP);
	EXPECT_EQ(ask_raw(&r), 0);
	for (; NLMSG_OK(nl, (size_t)answer_len); nl = NLMSG_NEXT(nl, answer_len))
		n++;
	return n;
}

/* Refused with this errno, with a sentence, and nothing was made. */
static void expect_refusal(int line, const struct wish *w, int want)
{
	int before = groups(), error = create(w);

	if (error != want) {
		if (!error)
			by_name(QUORUM_CMD_GROUP_DEL, w->name);
		ktap_fail(line, "errno %s, expected %s: %s", strerrorname_np(error),
			  strerrorname_np(want), sentence);
	}
	printf("# %s: %s\n", strerrorname_np(error), sentence);
	if (strlen(sentence) < 10)
		ktap_fail(line, "%s has no sentence", strerrorname_np(error));
	if (groups() != before)
		ktap_fail(line, "a refused request made a group");
}

#define REFUSED(want, ...)						\
	do {								\
		struct wish w = good();					\
									\
		__VA_ARGS__;						\
		expect_refusal(__LINE__, &w, want);			\
	} while (0)

/* ---- the cases ---- */

static void test_good(void)
{
	struct wish w = good();
	int before = groups();

	if (create(&w))
		FAIL("a good request was refused: %s", sentence);
	EXPECT_EQ(groups(), before + 1);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_GET, "nlt"), 0);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_STOP, "nlt"), 0);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nlt"), 0);
	EXPECT_EQ(groups(), before);
}

static void test_defaults(void)
{
	struct wish w = good();
	int i;

	w.name = NULL;
	for (i = 0; i < 3; i++)
		w.members[i].port = -1;
	if (create(&w))
		FAIL("refused: %s", sentence);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nltest"), 0);
}

static void test_name_taken(void)
{
	struct wish w = good();

	EXPECT_EQ(create(&w), 0);
	w = good();
	w.group = "another";
	if (create(&w) != EEXIST)
		FAIL("a second group of the name: %s", sentence);
	EXPECT(strlen(sentence) >= 10);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nlt"), 0);
}

static void test_names(void)
{
	static char longer[256];

	memset(longer, 'x', 255);
	REFUSED(EINVAL, w.name = "");
	REFUSED(EINVAL, w.name = "../evil");
	REFUSED(EINVAL, w.name = "a/b");
	REFUSED(EINVAL, w.name = ".hidden");
	REFUSED(EINVAL, w.name = "-dash");
	REFUSED(EINVAL, w.name = "sp ace");
	REFUSED(EINVAL, w.name = "newline\n");
	REFUSED(EINVAL, w.name = "\xc3\xa4");
	REFUSED(EINVAL, w.name = "x234567890123456789012345678901x");
	REFUSED(EINVAL, w.name = longer);
	REFUSED(EINVAL, w.group = "");
	REFUSED(EINVAL, w.group = "a b");
	REFUSED(EINVAL, w.group = "x234567890123456789012345678901x");
}

static void test_members(void)
{
	int i;

	REFUSED(EADDRNOTAVAIL, w.node = 4);
	REFUSED(ENOTUNIQ, w.members[2].id = 2);
	REFUSED(EBADSLT, w.members[1].id = 0);
	REFUSED(ENODATA, w.n = 0);
	REFUSED(E2BIG, w.n = 17; for (i = 3; i < 17; i++)
		w.members[i] = (struct member){ (uint32_t)i + 1, 0, "127.0.1.1", 7610 + i });
	REFUSED(EDEADLK, for (i = 0; i < 3; i++)
		w.members[i].role = QUORUM_MEMBER_ROLE_LEARNER);
	{
		/* Sixteen are a group. */
		struct wish w = good();

		for (i = 3, w.n = 16; i < 16; i++)
			w.members[i] = (struct member){ (uint32_t)i + 1, 0, "127.0.1.1", 7610 + i };
		if (create(&w))
			FAIL("16 members: %s", sentence);
		EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nlt"), 0);
	}
}

static void test_own_id(void)
{
	struct wish w = good();
	int error;

	w.node = 0;
	error = create(&w);
	EXPECT(error == EBADSLT || error == EINVAL || error == EADDRNOTAVAIL);
	EXPECT(strlen(sentence) >= 10);
}

static void test_addresses(void)
{
	REFUSED(EDESTADDRREQ, w.members[1].addr = NULL);
	REFUSED(EDESTADDRREQ, w.members[1].addr = "0.0.0.0");
	REFUSED(EDESTADDRREQ, w.members[1].addr = "::");
	REFUSED(EDESTADDRREQ, w.members[1].port = 0);
	REFUSED(EDESTADDRREQ, w.members[1].addr = "224.0.0.1");
	REFUSED(EDESTADDRREQ, w.members[1].addr = "255.255.255.255");
	/* Neither family. */
	REFUSED(EAFNOSUPPORT, w.members[1].addr = "nonsense");
}

static void test_timing(void)
{
	REFUSED(ERANGE, w.heartbeat = 499);
	REFUSED(ERANGE, w.heartbeat = 100000; w.election_min = 199999; w.election_max = 300000);
	REFUSED(ERANGE, w.election_min = 300000; w.election_max = 299999);
	REFUSED(ERANGE, w.election_max = 60000001);
	REFUSED(ERANGE, w.heartbeat = UINT32_MAX; w.election_min = UINT32_MAX;
		w.election_max = UINT32_MAX);
	REFUSED(ERANGE, w.heartbeat = 0x80000000; w.election_min = 1; w.election_max = 1000000);
}

static void test_other_values(void)
{
	REFUSED(EBADR, w.cluster_byte = 0);
	REFUSED(ENOENT, w.machine = "perpetuum");
	REFUSED(EOPNOTSUPP, w.members[1].role = 77);
	REFUSED(EINVAL, w.device = "");
}

/* What the policy refuses, or the lack of something needed: an error, no group. */
static void test_malformed(void)
{
	static char path[5000];
	struct wish w;
	int before = groups();

#define FAILS(...)							\
	do {								\
		w = good();						\
		__VA_ARGS__;						\
		EXPECT(create(&w) != 0);				\
		EXPECT_EQ(groups(), before);				\
	} while (0)
	memset(path, '/', sizeof(path) - 1);
	FAILS(w.device = path);
	FAILS(w.device = NULL);
	FAILS(w.group = NULL);
	FAILS(w.no_node = true);
	FAILS(w.no_cluster = true);
	FAILS(w.cluster_len = 15);
	FAILS(w.cluster_len = 17);
	FAILS(w.cluster_len = 0);
	FAILS(w.key_len = 0);
	FAILS(w.key_len = 31);
	FAILS(w.key_len = 33);
	FAILS(w.key2_len = 31);
	FAILS((w.key_len = 0, w.key2_len = 32));
	FAILS(w.unsealed = true);
	FAILS(w.extra = 999);
	FAILS(w.extra = QUORUM_A_GROUP_TERM);
	FAILS(w.extra = QUORUM_A_GROUP_STATE);
#undef FAILS
}

static void test_unknown_group(void)
{
	static const uint8_t cmds[] = {
		QUORUM_CMD_GROUP_START, QUORUM_CMD_GROUP_STOP, QUORUM_CMD_GROUP_DEL,
		QUORUM_CMD_GROUP_GET,
	};
	static struct request r;
	size_t i;

	for (i = 0; i < sizeof(cmds); i++) {
		EXPECT_EQ(by_name(cmds[i], "nobody"), ENOENT);
		EXPECT(strlen(sentence) >= 10);
		EXPECT(by_name(cmds[i], "") != 0);
		begin(&r, family, cmds[i], 0);
		EXPECT(ask(&r) != 0);
	}
}

static void test_unknown_command(void)
{
	static struct request r;

	begin(&r, family, 99, 0);
	EXPECT_EQ(ask(&r), EOPNOTSUPP);
	begin(&r, family, QUORUM_CMD_GROUP_EVENT, 0);
	EXPECT_EQ(ask(&r), EOPNOTSUPP);
	begin(&r, family, QUORUM_CMD_GROUP_NEW, NLM_F_DUMP);
	EXPECT(ask_raw(&r) != 0);
}

/* Run @act in a child that has lost its privileges; its exit status. */
static int in_child(int (*act)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	EXPECT(pid >= 0);
	if (!pid)
		_exit(act());
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static int act_unprivileged(void)
{
	struct wish w = good();

	if (setgid(65534) || setuid(65534))
		return 101;
	close(sock);
	if (connect_family())
		return 102;
	if (create(&w) != EPERM || by_name(QUORUM_CMD_GROUP_START, "nlt") != EPERM ||
	    by_name(QUORUM_CMD_GROUP_STOP, "nlt") != EPERM ||
	    by_name(QUORUM_CMD_GROUP_DEL, "nlt") != EPERM)
		return 1;
	/* To look is free. */
	return by_name(QUORUM_CMD_GROUP_GET, "nlt") ? 2 : 0;
}

static void test_unprivileged(void)
{
	struct wish w = good();

	EXPECT_EQ(create(&w), 0);
	EXPECT_EQ(in_child(act_unprivileged), 0);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_GET, "nlt"), 0);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nlt"), 0);
}

/* Root of a user namespace: may not name a device of the machine. */
static int act_user_namespace(void)
{
	struct wish w = good();

	if (setgid(65534) || setuid(65534) || unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 4;
	close(sock);
	if (connect_family())
		return 102;
	if (create(&w) != EPERM || by_name(QUORUM_CMD_GROUP_START, "nlt") != EPERM)
		return 1;
	/* Groups of other namespaces are not there. */
	return by_name(QUORUM_CMD_GROUP_GET, "nlt") == ENOENT &&
	       by_name(QUORUM_CMD_GROUP_DEL, "nlt") == ENOENT ? 0 : 2;
}

static void test_user_namespace(void)
{
	struct wish w = good();
	int status;

	EXPECT_EQ(create(&w), 0);
	status = in_child(act_user_namespace);
	EXPECT_EQ(by_name(QUORUM_CMD_GROUP_DEL, "nlt"), 0);
	if (status == 4)
		printf("# no user namespaces here\n");
	else
		EXPECT_EQ(status, 0);
}

/* Any bytes for attributes: an error, or by chance a group, never worse. */
static void test_random_attributes(void)
{
	static struct request r;
	struct wish w = good();
	uint64_t rng = 88172645463325252ULL;
	int i, k, before = groups(), made = 0;

	for (i = 0; i < MANY / (ktap_scale > 1 ? 4 : 1); i++) {
		uint32_t len;

		write_wish(&r, &w);
		len = r.nl.nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
		for (k = 0; k < 1 + i % 4; k++) {
			rng ^= rng << 13;
			rng ^= rng >> 7;
			rng ^= rng << 17;
			r.attrs[(rng >> 8) % len] = (uint8_t)(rng >> 40);
		}
		if (i % 8 == 0)
			r.nl.nlmsg_len -= (uint32_t)(rng >> 48) % len;
		r.genl.cmd = (uint8_t)(1 + (rng >> 60) % 6);
		if (r.genl.cmd != QUORUM_CMD_GROUP_START && !ask(&r) &&
		    r.genl.cmd == QUORUM_CMD_GROUP_NEW)
			made++;
	}
	printf("# %d groups were made by chance\n", made);
	for (i = 0; i < 2000 && groups() > before; i++) {
		const struct nlmsghdr *nl = (const void *)answer;
		const struct nlattr *name = NULL;
		ssize_t left;

		static struct request dump;

		begin(&dump, family, QUORUM_CMD_GROUP_GET, NLM_F_DUMP);
		EXPECT_EQ(ask_raw(&dump), 0);
		left = answer_len;
		for (; NLMSG_OK(nl, (size_t)left); nl = NLMSG_NEXT(nl, left)) {
			char text[300];

			name = find((const uint8_t *)nl + NLMSG_HDRLEN + GENL_HDRLEN,
				    nl->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN,
				    QUORUM_A_GROUP_NAME);
			EXPECT(name != NULL);
			snprintf(text, sizeof(text), "%s", (const char *)(name + 1));
			if (strncmp(text, "demo", 4) && !by_name(QUORUM_CMD_GROUP_DEL, text))
				break;
		}
	}
	EXPECT_EQ(groups(), before);
}

static const struct ktap_case cases[] = {
	{ "a good request", test_good },
	{ "what may be left out", test_defaults },
	{ "a name that is taken", test_name_taken },
	{ "bad names", test_names },
	{ "bad member lists", test_members },
	{ "node id 0", test_own_id },
	{ "bad addresses", test_addresses },
	{ "bad timing", test_timing },
	{ "other bad values", test_other_values },
	{ "malformed requests", test_malformed },
	{ "unknown groups", test_unknown_group },
	{ "unknown commands", test_unknown_command },
	{ "without privilege", test_unprivileged },
	{ "root of a user namespace", test_user_namespace },
	{ "random attributes", test_random_attributes },
};

/* A start was begun: how it ended, and the sentence that status keeps. */
static int start_outcome(const char *name)
{
	const struct nlattr *state, *error, *message;
	const uint8_t *attrs = answer + NLMSG_HDRLEN + GENL_HDRLEN;
	uint32_t value = QUORUM_STATE_STARTING;
	size_t len;

	while (value == QUORUM_STATE_STARTING) {
		if (by_name(QUORUM_CMD_GROUP_GET, name))
			return ENOENT;
		len = ((struct nlmsghdr *)answer)->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
		state = find(attrs, len, QUORUM_A_GROUP_STATE);
		error = find(attrs, len, QUORUM_A_GROUP_ERROR);
		message = find(attrs, len, QUORUM_A_GROUP_MESSAGE);
		if (!state || !error)
			return EBADMSG;
		memcpy(&value, state + 1, sizeof(value));
		if (value == QUORUM_STATE_STARTING)
			usleep(10000);
	}
	if (value != QUORUM_STATE_STOPPED)
		return 0;
	snprintf(sentence, sizeof(sentence), "%s", message ? (const char *)(message + 1) : "");
	memcpy(&value, error + 1, sizeof(value));
	return value ? (int)value : ECANCELED;
}

static int one_request(const char *verb, const char *name)
{
	static const struct { const char *verb; uint8_t cmd; } verbs[] = {
		{ "start", QUORUM_CMD_GROUP_START }, { "stop", QUORUM_CMD_GROUP_STOP },
		{ "del", QUORUM_CMD_GROUP_DEL }, { "get", QUORUM_CMD_GROUP_GET },
		{ "begin", QUORUM_CMD_GROUP_START },
	};
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		int error;

		if (strcmp(verbs[i].verb, verb))
			continue;
		error = by_name(verbs[i].cmd, name);
		if (!error && !strcmp(verb, "start"))
			error = start_outcome(name);
		printf("%s %s\n", error ? strerrorname_np(error) : "0", sentence);
		return error != 0;
	}
	fprintf(stderr, "netlink_test: there is no verb '%s'\n", verb);
	return 2;
}

int main(int argc, char **argv)
{
	bool fine = ktap_options(argc, argv);

	argc -= optind;
	argv += optind;
	if (!fine || argc < 1 || argc > 2) {
		fprintf(stderr, "usage: netlink_test [-s SCALE] DEVICE | VERB NAME\n");
		return 2;
	}
	if (connect_family()) {
		fprintf(stderr, "netlink_test: the kernel has no netlink family '%s'\n",
			QUORUM_FAMILY_NAME);
		return KTAP_SKIP;
	}
	if (argc == 2)
		return one_request(argv[0], argv[1]);
	device = argv[0];
	return ktap_run(cases, sizeof(cases) / sizeof(cases[0]));
}
