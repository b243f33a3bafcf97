/* SPDX-License-Identifier: GPL-2.0 */
/*
 * State machines: what consumes committed entries, in order.
 *
 * One table of operations per kind, in the manner of struct tcp_congestion_ops:
 * registered by name, required operations checked at registration.
 */
#ifndef QUORUM_SM_H
#define QUORUM_SM_H

#include <linux/types.h>
#include <linux/list.h>
#include "../raft/raft.h"

struct module;

/**
 * struct quorum_sm_ops - one kind of state machine
 * @name: what a group is created with
 * @owner: module that implements it
 * @init: (optional) make the state of one group; NULL or ERR_PTR() refuses
 * @apply: (required) take one committed entry.  Called at most once per index, in
 *	order, by the loop; must not sleep for long; @payload is valid for the call
 *	only.  Entries that a start found on the device and that no longer fit the
 *	in-memory window are passed over: such a machine reads them itself
 * @release: (required with @init) free what @init made
 * @list: for the registry
 */
struct quorum_sm_ops {
	const char *name;
	struct module *owner;
	void *(*init)(void);
	void (*apply)(void *state, const struct raft_entry *entry, const void *payload);
	void (*release)(void *state);
	struct list_head list;
};

int quorum_sm_register(struct quorum_sm_ops *ops);
void quorum_sm_unregister(struct quorum_sm_ops *ops);

/* Pin a state machine by name, or NULL; quorum_sm_put() lets it go. */
const struct quorum_sm_ops *quorum_sm_get(const char *name);
void quorum_sm_put(const struct quorum_sm_ops *ops);

int quorum_sm_log_init(void);
void quorum_sm_log_exit(void);

#endif /* QUORUM_SM_H */
