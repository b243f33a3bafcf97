/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block device with a volatile cache that can lose power at any time.
 *
 * A write sits in the queue, ends in any order, and lies in the cache until a
 * flush or, with FUA, on the medium.  When power fails, of everything in the
 * queue and in the cache any sectors may have reached the medium.
 */
#ifndef QUORUM_CRASH_DEVICE_H
#define QUORUM_CRASH_DEVICE_H

#include "kernel.h"

enum { DEVICE_BYTES = 1 << 20, DEVICE_QUEUE = 64, DEVICE_CACHE = 512 };

extern u8 *device_medium;		/* what a power cut cannot take */
extern void (*device_event)(void);	/* called before anything happens */

u64 dice(u64 n);			/* [0, n) */
void dice_seed(u64 seed);

void device_reset(void);		/* forget queue and cache: a new boot */
/* Another device until device_back(): a copy to try something on. */
void device_other(u8 *medium);
void device_back(void);
bool device_busy(void);
/* What the medium may hold after a power cut now. */
void device_cut(u8 *image);
/* From here on every write fails. */
void device_fail(bool fail);

#endif /* QUORUM_CRASH_DEVICE_H */
