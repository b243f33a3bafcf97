// SPDX-License-Identifier: GPL-2.0
/*
 * What seeds have met: a kind of cluster or of fault that no seed draws is not tested,
 * whatever the list of them says.
 */
#include "sim.h"

static const char * const names[SEEN_NR] = {
	[SEEN_SIZE] = "1 voter", "2 voters", "3 voters", "4 voters", "5 voters", "6 voters",
	"7 voters",
	[SEEN_LEARNERS] = "learners", [SEEN_WITNESS] = "a witness",
	[SEEN_WITNESSES] = "several witnesses", [SEEN_CHANGING] = "changing members",
	[SEEN_QUORUMS] = "flexible quorums", [SEEN_PRIORITIES] = "priorities",
	[SEEN_NO_PREVOTE] = "no prevote", [SEEN_NO_CHECKQUORUM] = "no checkquorum",
	[SEEN_LEASE] = "leases", [SEEN_SEALED] = "seals", [SEEN_DRIFT] = "clocks that drift",
	[SEEN_LOST] = "datagram lost", [SEEN_COPIED] = "datagram copied",
	[SEEN_OVERTAKEN] = "datagram overtaken", [SEEN_DAMAGED] = "datagram damaged",
	[SEEN_STRAY] = "datagram astray", [SEEN_CUT] = "datagram cut off",
	[SEEN_TORN] = "sector torn", [SEEN_CACHE_LOST] = "cached sector lost",
	[SEEN_FLUSH_LOST] = "flush lost", [SEEN_MISDIRECTED] = "write misdirected",
	[SEEN_ROT] = "rot", [SEEN_EIO] = "EIO", [SEEN_ENOSPC] = "ENOSPC",
	[SEEN_HUNG] = "write hung", [SEEN_READ_ERROR] = "read failed",
	[SEEN_PAUSED] = "paused", [SEEN_JUMP_AT_RESUME] = "clock jumped at resume",
	[SEEN_CRASH_WRITE] = "crashed at a write", [SEEN_WIPED] = "wiped",
	[SEEN_WIPED_CHANGING] = "wiped where members change",
	[SEEN_REPLACED] = "replaced", [SEEN_CHANGED] = "change asked for and taken",
	[SEEN_SNAPSHOT] = "snapshot taken", [SEEN_INSTALLED] = "snapshot installed",
	[SEEN_CHECKPOINT] = "started from a checkpoint", [SEEN_SUSPECT] = "started as suspect",
	[SEEN_HEALED] = "healed", [SEEN_RECOVERED] = "recovered by force",
	[SEEN_LOSSY] = "recovered with loss",
};

const char *seen_name(u32 what)
{
	return names[what];
}

/* What the seed has drawn. */
void seen_drawn(struct world *w)
{
	const struct sim_draw *d = &w->draw;

	w->seen[SEEN_SIZE + d->voters - 1]++;
	w->seen[SEEN_LEARNERS] += d->learners > 0;
	w->seen[SEEN_WITNESS] += d->witnesses == 1;
	w->seen[SEEN_WITNESSES] += d->witnesses > 1;
	w->seen[SEEN_CHANGING] += d->spare > 0;
	w->seen[SEEN_QUORUMS] += d->quorums.election > 0;
	w->seen[SEEN_PRIORITIES] += d->priorities;
	w->seen[SEEN_NO_PREVOTE] += !(d->flags & RAFT_F_PREVOTE);
	w->seen[SEEN_NO_CHECKQUORUM] += !(d->flags & RAFT_F_CHECKQUORUM);
	w->seen[SEEN_LEASE] += !!(d->flags & RAFT_F_LEASE);
	w->seen[SEEN_SEALED] += d->sealed;
	w->seen[SEEN_DRIFT] += d->drift != 0;
}

/* What the run has counted anyway. */
void seen_ended(struct world *w)
{
	w->seen[SEEN_REPLACED] += w->replaced;
	w->seen[SEEN_SNAPSHOT] += w->snapshots;
	w->seen[SEEN_INSTALLED] += w->installs;
	w->seen[SEEN_CHECKPOINT] += w->checkpoints;
	w->seen[SEEN_SUSPECT] += w->suspects;
	w->seen[SEEN_HEALED] += w->healed_n;
	w->seen[SEEN_RECOVERED] += w->recovered;
	w->seen[SEEN_LOSSY] += w->forced.lossy;
}
