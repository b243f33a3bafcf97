// SPDX-License-Identifier: GPL-2.0
/* Defines the tracepoints of net_trace.h. */
#define CREATE_TRACE_POINTS
#include "net_trace.h"
