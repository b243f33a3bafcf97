// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots, made and received.
 *
 * The content of one is the tags of what the state machine had applied, in order,
 * behind a word that says how many; so two snapshots of one state are the same.
 */
#include "scenario.h"

void snapshot_free(struct snap *snap)
{
	free(snap->tags);
	snap->tags = NULL;
	snap->n = 0;
	snap->index = 0;
	snap->term = 0;
}

void snapshot_copy(struct snap *to, const struct snap *from)
{
	u64 *tags = calloc(from->n + 1, sizeof(*tags));

	if (from->n)
		memcpy(tags, from->tags, from->n * sizeof(*tags));
	free(to->tags);
	*to = *from;
	to->tags = tags;
}

/* The state machine starts from a snapshot. */
void snapshot_restore(struct world *w, struct node *n, const struct snap *snap)
{
	u32 i;

	n->nsm = 0;
	for (i = 0; i < snap->n; i++) {
		n->sm[n->nsm].index = snap->index;
		n->sm[n->nsm++].tag = snap->tags[i];
	}
	n->applied = snap->index;
	n->commit = max(n->commit, snap->index);
	n->silent = 0;
}

#ifndef HAVE_SNAPSHOT
void snapshot_make(struct world *w, struct node *n, u64 forget)
{
	refuse(w, "the engine has no snapshots yet");
}

bool snapshot_effect(struct world *w, struct node *n, const struct raft_effect *fx,
		     const struct raft_event *ev)
{
	return false;
}

void snapshot_send(struct world *w, struct node *n, const struct raft_append *a)
{
}

void snapshot_written(struct world *w, struct node *n, const struct write *write, int error)
{
}
#endif
