/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what a group decided, wrote, sent and heard.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM quorum

#if !defined(QUORUM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define QUORUM_TRACE_H

#include <linux/tracepoint.h>
#include "group_private.h"

TRACE_EVENT(quorum_role,
	TP_PROTO(const struct quorum_group *g, u8 cause),
	TP_ARGS(g, cause),
	TP_STRUCT__entry(
		__string(name, g->params.name)
		__field(u64, term)
		__field(u32, leader)
		__field(u8, role)
		__field(u8, cause)
	),
	TP_fast_assign(
		quorum_assign_str(name, g->params.name);
		__entry->term = g->term;
		__entry->leader = g->leader;
		__entry->role = g->role;
		__entry->cause = cause;
	),
	TP_printk("%s term=%llu leader=%u role=%u cause=%u", __get_str(name),
		  __entry->term, __entry->leader, __entry->role, __entry->cause)
);

DECLARE_EVENT_CLASS(quorum_msg,
	TP_PROTO(const struct quorum_group *g, const struct raft_msg *msg),
	TP_ARGS(g, msg),
	TP_STRUCT__entry(
		__string(name, g->params.name)
		__field(u64, term)
		__field(u32, from)
		__field(u32, to)
		__field(u8, type)
	),
	TP_fast_assign(
		quorum_assign_str(name, g->params.name);
		__entry->term = msg->term;
		__entry->from = msg->from;
		__entry->to = msg->to;
		__entry->type = msg->type;
	),
	TP_printk("%s %u->%u type=%u term=%llu", __get_str(name), __entry->from,
		  __entry->to, __entry->type, __entry->term)
);

DEFINE_EVENT(quorum_msg, quorum_send,
	TP_PROTO(const struct quorum_group *g, const struct raft_msg *msg),
	TP_ARGS(g, msg)
);

DEFINE_EVENT(quorum_msg, quorum_message,
	TP_PROTO(const struct quorum_group *g, const struct raft_msg *msg),
	TP_ARGS(g, msg)
);

TRACE_EVENT(quorum_written,
	TP_PROTO(const struct quorum_group *g, const struct raft_write *w, int error),
	TP_ARGS(g, w, error),
	TP_STRUCT__entry(
		__string(name, g->params.name)
		__field(u64, seq)
		__field(u64, first)
		__field(u64, last)
		__field(u64, truncate)
		__field(int, error)
	),
	TP_fast_assign(
		quorum_assign_str(name, g->params.name);
		__entry->seq = w->seq;
		__entry->first = w->first;
		__entry->last = w->last;
		__entry->truncate = w->truncate;
		__entry->error = error;
	),
	TP_printk("%s seq=%llu first=%llu last=%llu truncate=%llu error=%d",
		  __get_str(name), __entry->seq, __entry->first, __entry->last,
		  __entry->truncate, __entry->error)
);

#endif /* QUORUM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
