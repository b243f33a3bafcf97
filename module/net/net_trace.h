/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the net: datagrams that came, that left, and that were dropped.
 * What they carry, once it is a message, is traced by the group (../trace.h).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM quorum_net

#if !defined(QUORUM_NET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define QUORUM_NET_TRACE_H

#include <linux/tracepoint.h>
#include "../format/wire.h"

DECLARE_EVENT_CLASS(quorum_datagram,
	TP_PROTO(const struct wire_header *hdr, u32 len),
	TP_ARGS(hdr, len),
	TP_STRUCT__entry(
		__field(u32, group)
		__field(u32, from)
		__field(u32, to)
		__field(u32, len)
		__field(u8, type)
		__field(bool, fragment)
	),
	TP_fast_assign(
		__entry->group = hdr->group;
		__entry->from = hdr->from;
		__entry->to = hdr->to;
		__entry->len = len;
		__entry->type = hdr->type;
		__entry->fragment = hdr->fragment;
	),
	TP_printk("group=%08x %u->%u type=%u%s len=%u", __entry->group, __entry->from,
		  __entry->to, __entry->type, __entry->fragment ? " fragment" : "",
		  __entry->len)
);

/* Passed every check and is queued. */
DEFINE_EVENT(quorum_datagram, quorum_datagram_receive,
	TP_PROTO(const struct wire_header *hdr, u32 len),
	TP_ARGS(hdr, len)
);

/* Was handed to the UDP layer. */
DEFINE_EVENT(quorum_datagram, quorum_datagram_send,
	TP_PROTO(const struct wire_header *hdr, u32 len),
	TP_ARGS(hdr, len)
);

/* @hdr: NULL where it was no header of ours. */
TRACE_EVENT(quorum_datagram_drop,
	TP_PROTO(const struct wire_header *hdr, u32 len, const char *reason),
	TP_ARGS(hdr, len, reason),
	TP_STRUCT__entry(
		__field(u32, group)
		__field(u32, from)
		__field(u32, len)
		__field(u8, type)
		__field(const char *, reason)
	),
	TP_fast_assign(
		__entry->group = hdr ? hdr->group : 0;
		__entry->from = hdr ? hdr->from : 0;
		__entry->type = hdr ? hdr->type : 0;
		__entry->len = len;
		__entry->reason = reason;
	),
	TP_printk("group=%08x from=%u type=%u len=%u: %s", __entry->group, __entry->from,
		  __entry->type, __entry->len, __entry->reason)
);

#endif /* QUORUM_NET_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE net_trace
#include <trace/define_trace.h>
