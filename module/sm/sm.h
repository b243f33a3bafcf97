/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registry of state machines; what one is: <linux/quorum_machine.h>.
 */
#ifndef QUORUM_SM_H
#define QUORUM_SM_H

#include <linux/quorum_machine.h>

/* Pin a state machine by name, or NULL; quorum_sm_put() lets it go. */
const struct quorum_machine_ops *quorum_sm_get(const char *name);
void quorum_sm_put(const struct quorum_machine_ops *ops);

/* The machines that come with the module. */
extern struct quorum_machine_ops quorum_log_ops;
extern struct quorum_machine_ops quorum_kv_ops;

int quorum_sm_init(void);
void quorum_sm_exit(void);

#endif /* QUORUM_SM_H */
