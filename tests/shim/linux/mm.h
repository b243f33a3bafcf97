/* SPDX-License-Identifier: GPL-2.0 */
/* User space: kvzalloc() lives in mm.h before 6.8 and in slab.h since. */
#include <linux/slab.h>
