// SPDX-License-Identifier: GPL-2.0
#include "group_private.h"

#define CREATE_TRACE_POINTS
#include "trace.h"
