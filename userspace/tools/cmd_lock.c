// SPDX-License-Identifier: GPL-2.0
/*
 * quorumctl lock and elect: recipes over kv.
 *
 * A lock is a key with a lease.  Whoever creates it holds it for as long as the lease
 * lives.  The holder counts that time from before each keepalive was sent, the group
 * from after it arrived: so the holder always lets go first.  The key's revision is
 * the token: what is protected refuses any that is smaller than one it has seen.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "kv_client.h"
#include "tool.h"

const char help_lock[] =
"Usage: quorumctl lock NAME[/LOCK] [--ttl TIME] [--wait TIME] -- COMMAND [ARGUMENT...]\n"
"\n"
"Hold a lock of group NAME (machine kv) while COMMAND runs.  COMMAND finds the\n"
"fencing token, a number that grows with every holder, in QUORUM_TOKEN.  If the\n"
"lock is lost, COMMAND is killed before anybody else can have it, with all it has\n"
"started; so it is when quorumctl itself is killed, and what it leaves running goes\n"
"when it ends.  On a terminal COMMAND has the keyboard, Ctrl-C and Ctrl-Z.  The status\n"
"is COMMAND's; 1 if the lock was not got or was lost.\n"
"\n"
"  --ttl TIME   time after which a holder that is gone loses it (default: 10s)\n"
"  --wait TIME  longest wait for the lock (default: for ever)\n";

const char help_elect[] =
"Usage: quorumctl elect NAME[/ELECTION] [--ttl TIME] [--wait TIME] [--value TEXT]\n"
"\n"
"Wait until elected, print the fencing token, and stay elected until killed or until\n"
"that is lost (status 1).  TEXT (default: the host's name) is what `quorumctl kv get\n"
"NAME elect/ELECTION` shows.\n"
"\n"
"  --ttl TIME   time after which one that is gone loses it (default: 10s)\n"
"  --wait TIME  longest wait (default: for ever)\n";

#define NSEC_PER_MSEC	1000000ULL

/**
 * struct hold - a lock and how long it is certainly ours
 * @kv: the group
 * @key: the key that is the lock
 * @lease: its lease
 * @ttl_ns: time to live
 * @until: the lock is ours until then, on this machine's clock
 * @token: revision of the key
 */
struct hold {
	struct kv_client kv;
	char key[QUORUM_KV_KEY_MAX + 1];
	uint64_t lease;
	uint64_t ttl_ns;
	uint64_t until;
	uint64_t token;
};

/* Counted from before it was asked for.  A tenth is kept back for killing. */
static void extend(struct hold *h, uint64_t asked)
{
	h->until = asked + h->ttl_ns - h->ttl_ns / 10;
}

static int grant(struct hold *h)
{
	int err = kv_lease(&h->kv, QUORUM_KV_LEASE_GRANT, 0, h->ttl_ns / NSEC_PER_MSEC);

	h->lease = err ? 0 : le64toh(kv_reply(&h->kv)->lease);
	return err;
}

static int keep_alive(struct hold *h)
{
	uint64_t asked = tool_now();
	int err = kv_lease(&h->kv, QUORUM_KV_LEASE_KEEPALIVE, h->lease, 0);

	if (!err)
		extend(h, asked);
	return err;
}

/* Create the key: 0 it is ours, -EEXIST somebody else's. */
static int create(struct hold *h, const char *value)
{
	uint64_t asked = tool_now();
	int err;

	kv_begin(&h->kv, 1, 1, 1);
	kv_compare(&h->kv, QUORUM_KV_CREATE, h->key, 0, NULL, 0);
	kv_op(&h->kv, QUORUM_KV_PUT, 0, h->key, NULL, 0, value, strlen(value), h->lease);
	kv_op(&h->kv, QUORUM_KV_RANGE, 0, h->key, NULL, 0, NULL, 0, 0);
	err = kv_run(&h->kv);
	if (err)
		return err;
	if (kv_reply(&h->kv)->succeeded) {
		h->token = le64toh(kv_reply(&h->kv)->revision);
		extend(h, asked);
		return 0;
	}
	/* A try whose outcome was unknown may have been ours all the same. */
	if (le32toh(kv_result(&h->kv)->items)) {
		const struct quorum_kv_item *item = (const void *)(kv_result(&h->kv) + 1);

		if (le64toh(item->lease) == h->lease) {
			h->token = le64toh(item->create);
			return keep_alive(h);
		}
	}
	return -EEXIST;
}

/* Until the key changes, or a third of the lease is over. */
static void wait_for_change(struct hold *h)
{
	uint64_t timeout = h->kv.timeout_ns;

	h->kv.timeout_ns = h->ttl_ns / 3;
	if (!kv_ask(&h->kv, QUORUM_KV_STATUS, 0, "", NULL, 0, 0, 0, 0, 0))
		kv_ask(&h->kv, QUORUM_KV_STATUS, 0, "", NULL, 0, 0, 0, 0, h->kv.index);
	h->kv.timeout_ns = timeout;
}

static int acquire(struct hold *h, const char *value, uint64_t wait_ns)
{
	uint64_t start = tool_now();
	int err = -EEXIST;

	while (!tool_stop) {
		if (!h->lease)
			err = grant(h);
		if (h->lease)
			err = create(h, value);
		if (!err)
			return 0;
		if (err == -ENOENT)
			h->lease = 0;
		else if (err != -EEXIST && err != -EAGAIN && err != -ENOTCONN &&
			 err != -ETIMEDOUT && err != -ECANCELED)
			return err;
		if (wait_ns && tool_now() - start >= wait_ns)
			return err == -EEXIST ? -ETIME : err;
		wait_for_change(h);
		if (h->lease && keep_alive(h) == -ENOENT)
			h->lease = 0;
	}
	return -EINTR;
}

static void release(struct hold *h)
{
	if (h->lease)
		kv_lease(&h->kv, QUORUM_KV_LEASE_REVOKE, h->lease, 0);
}

/*
 * Keep the lock alive until the command ends (or for ever, without one).  Asking may
 * take long, so it is given no more time than is certainly left.
 */
static int stay(struct hold *h, struct guard *guard)
{
	const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
	uint64_t now = tool_now(), step = h->ttl_ns / 5;
	int status;

	for (; !tool_stop && now < h->until; now = tool_now()) {
		if (guard && guard_ended(guard, &status)) {
			/* The guard ends it when the time is over, and may be the first to. */
			if (tool_now() >= h->until)
				break;
			return status;
		}
		if (h->until >= now + h->ttl_ns - h->ttl_ns / 10 - step) {
			nanosleep(&pause, NULL);
			continue;
		}
		h->kv.timeout_ns = h->until - now < step ? h->until - now : step;
		if (keep_alive(h) == -ENOENT)
			break;
		if (guard)
			guard_extend(guard, h->until);
	}
	if (guard && guard->pid)
		guard_end(guard, h->ttl_ns / 20);
	h->kv.timeout_ns = h->ttl_ns;
	if (tool_stop)
		return tool_fail("interrupted");
	h->lease = 0;
	return tool_fail("the lock was lost");
}

static int guarded(struct hold *h, char **argv)
{
	struct guard guard;
	char token[32];

	snprintf(token, sizeof(token), "%" PRIu64, h->token);
	setenv("QUORUM_TOKEN", token, 1);
	if (guard_start(&guard, h->until, argv))
		return tool_fail("cannot start a process");
	return stay(h, &guard);
}

static int run(struct hold *h, const char *name, const char *what, const char *value,
	       uint64_t wait_ns, char **argv)
{
	char group[256];
	int status, err;

	snprintf(group, sizeof(group), "%.*s", (int)strcspn(name, "/"), name);
	snprintf(h->key, sizeof(h->key), "%s/%s", what,
		 strchr(name, '/') ? strchr(name, '/') + 1 : "default");
	tool_catch_signals();
	status = kv_open(&h->kv, group);
	if (status != EXIT_OK)
		return status;
	err = acquire(h, value, wait_ns);
	if (err == -ETIME) {
		status = tool_fail("%s is held by somebody else", name);
	} else if (err == -EINTR) {
		status = tool_fail("interrupted");
	} else if (err) {
		status = kv_fail(&h->kv, err);
	} else if (argv) {
		status = guarded(h, argv);
	} else {
		printf("%" PRIu64 "\n", h->token);
		status = tool_flush() ? stay(h, NULL) : EXIT_FAILED;
	}
	release(h);
	kv_close(&h->kv);
	return status;
}

enum { OPTION_TTL = 0x100, OPTION_WAIT, OPTION_VALUE };

static int recipe(int argc, char **argv, const char *what)
{
	static const struct option longs[] = {
		{ "ttl", required_argument, NULL, OPTION_TTL },
		{ "wait", required_argument, NULL, OPTION_WAIT },
		{ "value", required_argument, NULL, OPTION_VALUE },
		{ NULL, 0, NULL, 0 },
	};
	static struct hold h;
	bool lock = !strcmp(what, "lock");
	char host[64] = "?";
	uint64_t wait_ns = 0;
	const char *value = host, *slash;
	int option;

	h.ttl_ns = 10000 * NSEC_PER_MSEC;
	gethostname(host, sizeof(host) - 1);
	while ((option = tool_options(argc, argv, "", longs)) != -1) {
		if (option == OPTION_VALUE)
			value = optarg;
		else if (!tool_parse_duration(optarg, option == OPTION_TTL ? &h.ttl_ns : &wait_ns))
			return tool_usage("'%s' is not a duration such as 10s", optarg);
	}
	if (h.ttl_ns < QUORUM_KV_TTL_MS_MIN * NSEC_PER_MSEC)
		return tool_usage("--ttl is at least %u ms", QUORUM_KV_TTL_MS_MIN);
	if (lock ? argc - optind < 2 : argc - optind != 1)
		return tool_usage(lock ? "lock takes NAME[/LOCK], -- and a command" :
					 "elect takes NAME[/ELECTION]");
	/* Cut off, two of them would be one. */
	slash = strchr(argv[optind], '/');
	if (slash && (!slash[1] || strlen(what) + strlen(slash) > QUORUM_KV_KEY_MAX))
		return tool_usage("what stands behind NAME/ has 1 to %zu bytes",
				  QUORUM_KV_KEY_MAX - strlen(what) - 1);
	return run(&h, argv[optind], what, value, wait_ns, lock ? argv + optind + 1 : NULL);
}

int cmd_lock(int argc, char **argv)
{
	return recipe(argc, argv, "lock");
}

int cmd_elect(int argc, char **argv)
{
	return recipe(argc, argv, "elect");
}
