/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SHIM_LINUX_CRC32C_H
#define SHIM_LINUX_CRC32C_H

#include <linux/types.h>

/* As in the kernel: no inversion before or after (tests/shim/crc32c.c). */
u32 crc32c(u32 crc, const void *address, unsigned int length);

#endif /* SHIM_LINUX_CRC32C_H */
