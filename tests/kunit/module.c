// SPDX-License-Identifier: GPL-2.0
/* The labels of quorum_test.ko; its suites register themselves. */
#include <linux/module.h>

MODULE_DESCRIPTION("quorum: unit tests of the engine and the formats");
MODULE_LICENSE("GPL");
