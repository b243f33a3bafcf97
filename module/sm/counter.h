/* SPDX-License-Identifier: GPL-2.0 */
#ifndef QUORUM_COUNTER_H
#define QUORUM_COUNTER_H

#include <linux/quorum_machine.h>

extern struct quorum_machine_ops quorum_counter_ops;

#endif /* QUORUM_COUNTER_H */
