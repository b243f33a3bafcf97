// SPDX-License-Identifier: GPL-2.0
/*
 * The crash lane in user space: the store itself over a device that loses power.
 *
 * Usage: crash [--points N] [--seed N] [--seconds N]
 *
 * A random user writes batches, cuts tails, votes, takes snapshots, installs them
 * over its log and stops cleanly.  Before any bio ends or work runs, power may
 * fail: the medium as it may be then is copied, a store is started on it, and
 *
 *	term and vote must be those last reported durable, or later ones asked for;
 *	the log must be what it was after the last record reported, or a later one;
 *	the snapshot and the log's start likewise, and they change together;
 *	the verdict is never "corrupt".
 *
 * Sometimes life goes on from there.
 */
#include <getopt.h>
#include <time.h>
#include "../../module/store/store_private.h"
#include "device.h"

enum {
	INDEX_MAX	= 6000,
	HARDS_MAX	= 4000,
	LIFE_STEPS	= 600,
	FULL_LIFE	= 8,			/* every so many: one that fills the log */
	SNAP_MOST	= 60000,
};

/* What a log is: entry by entry, above a base. */
struct model {
	u64 term[INDEX_MAX];
	u64 tag[INDEX_MAX];
	u64 base, base_term, last;
	struct quorum_snap_meta snap;		/* id 0: none */
};

/* A write that was submitted. */
struct pend {
	u64 truncate, first, n, tag, term, lsn;
	bool dead;				/* the log it belongs to is dropped */
};

struct hard { u64 term; u32 vote; };

static struct model acked, top, check, got;
static struct pend pend[DISK_WINDOW_RECORDS];
static u32 npend, lost;
static u64 acked_lsn;
static struct hard hards[HARDS_MAX];
static u64 hard_acked, hard_asked;
static struct { bool on, reset; u64 base, base_term; struct quorum_snap_meta snap; } change;
static u64 commit_index, next_tag, next_cookie, done_cookie;
static struct quorum_store *store;
static struct quorum_genesis genesis;
static u64 points, lives, torn, fulls, switches, resets, cuts, restarts, continued, fails;
static u64 from_checkpoint, got_config, readback;
static bool checking, failing;
static bool fills;				/* no snapshot before the log is full */
static u8 *image, *after;
static u8 payload[QUORUM_ENTRY_BYTES_MAX], buf[QUORUM_ENTRY_BYTES_MAX];
static const char *failure;
static u64 seed;

#define FAIL(text)	do { if (!failure) failure = (text); } while (0)

/* ---- content follows from the tag ---- */

static u32 entry_size(u64 tag)
{
	u64 x = tag * 0x9e3779b97f4a7c15ULL >> 40;

	return x % 16 == 0 ? x % 20000 : x % 900;
}

static u8 entry_type(u64 tag)
{
	return tag % 23 == 0 ? RAFT_ENTRY_CONFIG : RAFT_ENTRY_DATA;
}

static u8 entry_byte(u64 tag, u32 i)
{
	return tag * 31 + i * 7 + (i >> 8);
}

static u8 snap_byte(u64 index, u64 i)
{
	return index * 13 + i * 5 + (i >> 9);
}

static u32 snap_size(u64 index)
{
	return index * 0x9e3779b9U % SNAP_MOST;
}

/* ---- the model ---- */

static void apply(struct model *m, const struct pend *p)
{
	if (p->truncate && p->truncate <= m->last)
		m->last = p->truncate - 1;
	for (u64 i = 0; i < p->n; i++) {
		m->term[p->first + i] = p->term;
		m->tag[p->first + i] = p->tag + i;
		m->last = p->first + i;
	}
}

static void apply_change(struct model *m)
{
	if (change.snap.id)
		m->snap = change.snap;
	if (change.base) {
		m->base = change.base;
		m->base_term = change.base_term;
	}
	if (change.reset)
		m->last = change.base;
}

/* ---- callbacks of the store ---- */

static void hard_done(void *priv, u64 seq, int error)
{
	if (!error && seq > hard_acked)
		hard_acked = seq;
}

static void write_done(void *priv, u64 cookie, int error)
{
	if (cookie != ++done_cookie)
		FAIL("writes are reported out of order");
	/* It may be on the medium all the same. */
	if (error) {
		lost++;
		return;
	}
	if (!pend[0].dead)
		apply(&acked, &pend[0]);
	acked_lsn = pend[0].lsn;
	memmove(pend, pend + 1, --npend * sizeof(pend[0]));
}

static void snap_done(void *priv, u64 cookie, int error)
{
	if (!change.on)
		FAIL("a switch is reported that nobody asked for");
	if (error) {
		if (!failing)
			FAIL("a switch fails");
		return;
	}
	apply_change(&acked);
	/* What is under way belongs to the old log. */
	for (u32 i = 0; i < npend && change.reset; i++)
		pend[i].dead = true;
	change.on = false;
}

static void damaged(void *priv, u64 first)
{
	FAIL("what lies before the checkpoint is found damaged");
}

static const struct quorum_store_ops ops = {
	.hard_done = hard_done, .write_done = write_done, .snap_done = snap_done,
	.damaged = damaged,
};

/* The store that is tried on a copy has nobody to tell. */
static void nobody(void *priv, u64 cookie, int error)
{
}

static const struct quorum_store_ops deaf = {
	.hard_done = nobody, .write_done = nobody, .snap_done = nobody,
	.damaged = damaged,
};

/* ---- recovery ---- */

static int got_entry(void *ctx, const struct raft_entry *e, const void *data)
{
	if (e->index != got.last + 1 && got.last)
		FAIL("recovery leaves an entry out");
	if (e->index >= INDEX_MAX || e->size != entry_size(e->tag) ||
	    e->type != entry_type(e->tag)) {
		FAIL("recovery hands on a wrong entry");
		return 0;
	}
	for (u32 i = 0; i < e->size; i++)
		if (((const u8 *)data)[i] != entry_byte(e->tag, i))
			FAIL("recovery hands on a wrong payload");
	got.term[e->index] = e->term;
	got.tag[e->index] = e->tag;
	got.last = e->index;
	return 0;
}

static int got_config_entry(void *ctx, const struct raft_entry *e, const void *data)
{
	if (e->type != RAFT_ENTRY_CONFIG || e->type != entry_type(e->tag))
		FAIL("recovery hands on something else as the configuration");
	got_config = e->index;
	return 0;
}

static void got_truncate(void *ctx, u64 index)
{
	got.last = index - 1;
}

static struct quorum_store *open_store(const struct quorum_store_ops *o,
				       struct quorum_recovered *found)
{
	struct netlink_ext_ack extack = { NULL };
	struct quorum_store *s;
	int error;

	s = quorum_store_open(1, &genesis, 1, o, NULL, &extack);
	if (IS_ERR(s)) {
		FAIL(extack._msg ? extack._msg : "the store does not open");
		return NULL;
	}
	got.last = 0;
	got_config = 0;
	s->whole_bytes = 0;
	error = quorum_store_recover(s, got_entry, got_truncate, got_config_entry, NULL, found,
				     &extack);
	if (error)
		FAIL(recover_row_text(found->row));
	got.base = found->base_index;
	got.base_term = found->base_term;
	got.last = found->last_index;
	memset(&got.snap, 0, sizeof(got.snap));
	if (found->has_snap)
		got.snap = found->snap;
	return s;
}

/* Entries before the checkpoint are read when they are wanted. */
static void read_before(struct quorum_store *s, const struct quorum_recovered *found)
{
	u64 index, config = 0;
	struct raft_entry e;

	from_checkpoint += found->check_index > found->base_index;
	for (index = found->base_index + 1; index <= found->check_index && !failure; index++) {
		if (quorum_store_read(s, index, &e, buf)) {
			FAIL("an entry before the checkpoint cannot be read back");
			return;
		}
		got.term[index] = e.term;
		got.tag[index] = e.tag;
		if (e.type == RAFT_ENTRY_CONFIG)
			config = index;
	}
	if (config != got_config)
		FAIL("the checkpoint names another configuration than the newest");
	if (found->check_index > found->base_index &&
	    got.term[found->check_index] != found->check_term)
		FAIL("the checkpoint names a wrong term");
}

static bool same_log(const struct model *m)
{
	if (m->base != got.base || m->base_term != got.base_term || m->last != got.last ||
	    m->snap.id != got.snap.id)
		return false;
	for (u64 i = m->base + 1; i <= m->last; i++)
		if (m->term[i] != got.term[i] || m->tag[i] != got.tag[i])
			return false;
	return true;
}

/* The state the log may be in: after the last record that recovery found. */
static void check_log(const struct quorum_store *s)
{
	u64 lsn = s->cursor.lsn;

	if (lsn < acked_lsn)
		FAIL("an acknowledged record is missing");
	check = acked;
	for (u32 i = 0; i < npend && pend[i].lsn <= lsn; i++)
		if (!pend[i].dead)
			apply(&check, &pend[i]);
	if (same_log(&check))
		return;
	if (change.on) {
		apply_change(&check);
		if (same_log(&check))
			return;
	}
	FAIL("the log is none of those it may be");
}

static void check_hard(const struct quorum_recovered *found)
{
	for (u64 i = hard_acked; i <= hard_asked; i++)
		if (hards[i].term == found->term && hards[i].vote == found->vote)
			return;
	FAIL("term and vote are none of those they may be");
}

static void check_snap(struct quorum_store *s)
{
	u8 *data = payload;

	if (!got.snap.id)
		return;
	if (got.snap.bytes != snap_size(got.snap.index))
		FAIL("the snapshot has a wrong size");
	for (u64 at = 0; at < got.snap.bytes; ) {
		u32 part = min_t(u64, got.snap.bytes - at, 40000);

		if (quorum_store_snap_read(s, got.snap.id, at, data, part)) {
			FAIL("the snapshot cannot be read");
			return;
		}
		for (u32 i = 0; i < part; i++)
			if (data[i] != snap_byte(got.snap.index, at + i)) {
				FAIL("the snapshot is wrong");
				return;
			}
		at += part;
	}
}

/*
 * One entry, and what that costs at most: what lies between two marks, the record that
 * reaches over the second, and that record.
 */
static void check_readback(struct quorum_store *s)
{
	const u64 most = (s->marks.interval << s->super.granule_shift) +
			 2 * QUORUM_RECORD_BYTES_MAX;
	u64 index, before = s->stats.read_bytes;
	struct raft_entry e;

	if (got.last <= got.base)
		return;
	index = got.base + 1 + dice(got.last - got.base);
	if (quorum_store_read(s, index, &e, buf) || e.tag != got.tag[index])
		FAIL("an entry cannot be read back");
	readback = max(readback, s->stats.read_bytes - before);
	if (readback > most)
		FAIL("reading one entry back takes too much");
}

/* Start on a copy of what is left after a power cut. */
static void crash_point(void)
{
	struct quorum_recovered found;
	struct quorum_store *s;

	points++;
	device_cut(image);
	memcpy(after, image, DEVICE_BYTES);
	device_other(after);
	s = open_store(&deaf, &found);
	if (s && !failure) {
		if (found.verdict != RECOVER_CLEAN && found.verdict != RECOVER_TORN)
			FAIL(recover_row_text(found.row));
		if (found.suspect || found.snap_fallback)
			FAIL("a power cut makes a suspect");
		torn += found.torn != 0;
		check_hard(&found);
		if (quorum_store_start(s))
			FAIL("the store does not start");
		read_before(s, &found);
		check_log(s);
		check_snap(s);
		check_readback(s);
	}
	if (s && !failure && dice(8) == 0) {
		struct model before = got;

		quorum_store_committed(s, dice(2) ? got.last : 0);
		quorum_store_stop(s, true);
		quorum_store_close(s);
		s = open_store(&deaf, &found);
		if (s && quorum_store_start(s))
			FAIL("the store does not start again");
		if (s)
			read_before(s, &found);
		if (s && found.verdict != RECOVER_CLEAN)
			FAIL("a clean stop is not found clean");
		if (s && !failure && !same_log(&before))
			FAIL("a clean stop changes the log");
	}
	if (s)
		quorum_store_close(s);
	device_back();
}

static void event(void)
{
	if (checking && !failure && dice(3) == 0)
		crash_point();
}

/* ---- the user ---- */

static void submit(u64 truncate, u64 n, u64 term)
{
	struct pend *p = &pend[npend];
	struct raft_entry e = { .term = term, .type = RAFT_ENTRY_DATA, .origin = 1 };
	u64 first = truncate ? truncate : top.last + 1, i;
	int error;

	quorum_store_begin(store, truncate, first);
	for (i = 0; i < n; i++) {
		e.index = first + i;
		e.tag = next_tag + i;
		e.type = entry_type(e.tag);
		e.size = entry_size(e.tag);
		for (u32 b = 0; b < e.size; b++)
			payload[b] = entry_byte(e.tag, b);
		if (!quorum_store_add(store, &e, payload))
			break;
	}
	if (!i && !truncate)
		return;
	*p = (struct pend){ .truncate = truncate, .first = first, .n = i, .tag = next_tag,
			    .term = term };
	error = quorum_store_submit(store, next_cookie + 1);
	if (error == -ENOSPC) {
		fulls++;
		fills = false;
		return;
	}
	if (error) {
		FAIL("a write is refused");
		return;
	}
	next_cookie++;
	next_tag += i;
	cuts += truncate != 0;
	p->lsn = store->cursor.lsn;
	apply(&top, p);
	npend++;
}

static void do_write(void)
{
	u64 truncate = 0, low = max(commit_index, top.base) + 1, n = 1 + dice(fills ? 20 : 6);

	if (!quorum_store_can_write(store) || top.last + 20 >= INDEX_MAX)
		return;
	if (dice(10) == 0 && low <= top.last) {
		/* Often all that may be cut: a snapshot can reach up to there. */
		truncate = dice(3) ? low + dice(top.last - low + 1) : low;
		n = dice(3);
	}
	submit(truncate, n, hards[hard_acked].term);
}

/* Some of what is durable becomes committed: it is not cut any more. */
static void do_commit(void)
{
	for (u32 i = 0; i < npend; i++)
		if (pend[i].truncate)
			return;
	if (!change.on && acked.last > commit_index)
		commit_index += dice(acked.last - commit_index + 1);
	quorum_store_committed(store, commit_index);
}

static void do_hard(void)
{
	struct hard next = hards[hard_asked];

	if (hard_asked + 1 == HARDS_MAX)
		return;
	if (dice(2))
		next.term += 1 + dice(3);
	next.vote = dice(4);
	hards[++hard_asked] = next;
	if (quorum_store_hard(store, next.term, next.vote, hard_asked))
		FAIL("a vote is refused");
}

/* @cut: and the log is being cut where the snapshot ends. */
static void do_snapshot(bool reset, bool cut)
{
	struct quorum_snap_meta meta = { .config_len = 3, .config = "cfg", .sm = "test" };
	u64 left, release = 0, release_term = 0;
	struct quorum_snap_writer *w;

	if (change.on || fills)
		return;
	if (reset && top.last + 200 >= INDEX_MAX)
		return;
	meta.index = reset ? top.last + 1 + dice(50) : min(commit_index, acked.last);
	if (meta.index <= acked.snap.index || meta.index <= top.base)
		return;
	meta.term = reset ? hards[hard_acked].term : top.term[meta.index];
	if (quorum_store_snap_begin(store, &meta, &w)) {
		FAIL("a snapshot cannot be begun");
		return;
	}
	left = snap_size(meta.index);
	for (u64 at = 0; at < left && !failure; ) {
		u32 part = min_t(u64, left - at, 1 + dice(30000));

		for (u32 i = 0; i < part; i++)
			payload[i] = snap_byte(meta.index, at + i);
		if (quorum_store_snap_write(w, payload, part))
			FAIL("a snapshot cannot be written");
		at += part;
	}
	if (dice(10) == 0) {
		quorum_store_snap_abort(w);
		return;
	}
	if (quorum_store_snap_seal(w, false, 0))
		FAIL("a snapshot cannot be sealed");
	if (cut && quorum_store_can_write(store) && meta.index == commit_index &&
	    top.last > meta.index && meta.index > top.base) {
		submit(meta.index + 1, dice(3), hards[hard_acked].term);
		release = meta.index;
		release_term = top.term[release];
	} else if (!reset && dice(4)) {
		u64 low = max(top.base, 1ULL);

		release = dice(2) ? meta.index : low + dice(meta.index - low + 1);
		if (release > top.base)
			release_term = top.term[release];
		else
			release = 0;
	}
	meta = store->snaps.area[w->area].meta;
	change.on = true;
	change.reset = reset;
	change.snap = meta;
	change.base = reset ? meta.index : release;
	change.base_term = reset ? meta.term : release_term;
	resets += reset;
	if (quorum_store_snap_commit(store, w, release, release_term, reset, 1)) {
		FAIL("a snapshot cannot be put in force");
		return;
	}
	switches++;
	apply_change(&top);
	if (reset) {
		commit_index = meta.index;
		while ((change.on || npend) && !failure)
			device_work();
	}
}

static void live(void);

/*
 * The device fails: everything under way is reported with an error, nothing is
 * taken any more, and what was acknowledged is still there.
 */
static void do_fail(void)
{
	const struct hard *last = &hards[hard_asked];

	failing = true;
	device_fail(true);
	while (device_busy() && !failure)
		device_work();
	if (npend != lost)
		FAIL("a write on a failed device is never reported");
	if (quorum_store_hard(store, last->term, last->vote, hard_asked) == 0) {
		/* Nothing had been under way: this one is the first to fail. */
		while (device_busy())
			device_work();
		if (quorum_store_hard(store, last->term, last->vote, hard_asked) != -EIO)
			FAIL("a failed store takes a vote");
	}
	quorum_store_begin(store, 0, top.last + 1);
	if (!store->error || quorum_store_submit(store, 0) != -EIO)
		FAIL("a failed store takes a write");
	device_fail(dice(2));
	quorum_store_stop(store, true);
	device_fail(false);
	checking = false;
	quorum_store_close(store);
	store = NULL;
	fails++;
	failing = false;
	live();
}

static void adopt(const struct quorum_recovered *found)
{
	acked = got;
	top = got;
	npend = 0;
	lost = 0;
	change.on = false;
	hards[0].term = found->term;
	hards[0].vote = found->vote;
	hard_acked = 0;
	hard_asked = 0;
	commit_index = min(commit_index, got.last);
	done_cookie = next_cookie;
}

/* Open what is on the medium and go on with it. */
static void live(void)
{
	struct quorum_recovered found;

	store = open_store(&ops, &found);
	if (!store || failure)
		return;
	checking = false;
	if (quorum_store_start(store))
		FAIL("the store does not start");
	read_before(store, &found);
	adopt(&found);
	acked_lsn = store->cursor.lsn;
	checking = true;
}

static void do_restart(bool clean)
{
	restarts++;
	if (clean) {
		quorum_store_stop(store, true);
		checking = false;
	} else {
		continued++;
		checking = false;
		device_cut(image);
		device_reset();
		memcpy(device_medium, image, DEVICE_BYTES);
	}
	quorum_store_close(store);
	store = NULL;
	live();
}

static void format_device(void)
{
	static struct disk_plan plan;
	struct disk_format f = {
		.device_bytes = DEVICE_BYTES, .logical_block = 512, .physical_block = 512,
		.node = 1,
	};

	memset(&genesis, 0, sizeof(genesis));
	genesis.cluster[0] = 1;
	strcpy(genesis.group, "crash");
	genesis.heartbeat_us = 50000;
	genesis.election_min_us = 150000;
	genesis.election_max_us = 300000;
	genesis.n = 1;
	genesis.members[0].id = 1;
	genesis.members[0].voter = true;
	f.genesis = genesis;
	for (u32 i = 0; i < 16; i++)
		f.device[i] = 1 + dice(255);
	memset(device_medium, 0, DEVICE_BYTES);
	if (disk_format_plan(&plan, &f) != DISK_OK)
		FAIL("the device cannot be formatted");
	for (u32 i = 0; i < plan.n; i++)
		if (plan.write[i].data)
			memcpy(device_medium + plan.write[i].offset, plan.write[i].data,
			       plan.write[i].bytes);
}

static void one_life(void)
{
	lives++;
	dice_seed(seed);
	device_reset();
	format_device();
	commit_index = 0;
	next_tag = 0;
	next_cookie = 0;
	fills = seed % FULL_LIFE == 0;
	memset(hards, 0, sizeof(hards));
	live();
	for (u32 step = 0; step < LIFE_STEPS && !failure; step++) {
		u64 what = dice(100);

		if (what < 45 && device_busy())
			device_work();
		else if (what < 75)
			do_write();
		else if (what < 80)
			do_commit();
		else if (what < 88)
			do_hard();
		else if (what < 95)
			do_snapshot(false, dice(3) == 0);
		else if (what < 96)
			do_snapshot(true, false);
		else if (what < 98)
			do_restart(false);
		else if (what < 99)
			do_restart(true);
		else if (dice(4) == 0)
			do_fail();
	}
	checking = false;
	if (store) {
		if (!failure)
			quorum_store_stop(store, false);
		device_reset();
		quorum_store_close(store);
	}
	store = NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "points", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	u64 want = 5000, seconds = 600;
	time_t start = time(NULL);
	bool one = false;
	int c;

	seed = 1;
	while ((c = getopt_long(argc, argv, "p:s:t:", options, NULL)) != -1) {
		if (c == 'p')
			want = strtoull(optarg, NULL, 0);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 0), one = true;
		else if (c == 't')
			seconds = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	device_medium = calloc(1, DEVICE_BYTES);
	image = malloc(DEVICE_BYTES);
	after = malloc(DEVICE_BYTES);
	device_event = event;
	do {
		one_life();
		if (failure) {
			printf("not ok: seed %llu: %s\n", (unsigned long long)seed, failure);
			break;
		}
		seed++;
	} while (!one && points < want && (u64)(time(NULL) - start) < seconds);
	printf("# %llu crash points (%llu with a torn record) in %llu lives, %llu of them went on; "
	       "%llu snapshots put in force, %llu over the log, %llu cuts, %llu times full, "
	       "%llu restarts, %llu failed devices; %llu starts from a checkpoint; "
	       "at most %llu bytes read back for an entry\n", (unsigned long long)points, (unsigned long long)torn,
	       (unsigned long long)lives, (unsigned long long)continued,
	       (unsigned long long)switches, (unsigned long long)resets,
	       (unsigned long long)cuts, (unsigned long long)fulls, (unsigned long long)restarts,
	       (unsigned long long)fails, (unsigned long long)from_checkpoint,
	       (unsigned long long)readback);
	if (!failure && !one && points < want)
		printf("not ok: only %llu points in the time given\n", (unsigned long long)points);
	printf("%d passed, %d failed\n", !failure && (one || points >= want),
	       failure || (!one && points < want));
	return failure || (!one && points < want);
}
