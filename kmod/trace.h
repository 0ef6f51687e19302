/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: what nobody looks at costs a branch that is not taken.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmnet

#if !defined(_VMNET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VMNET_TRACE_H

#include <linux/etherdevice.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(vmnet_port,
	TP_PROTO(u32 id, u32 hub, u32 slot, u32 kind),
	TP_ARGS(id, hub, slot, kind),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u32, hub)
		__field(u32, slot)
		__field(u32, kind)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->hub = hub;
		__entry->slot = slot;
		__entry->kind = kind;
	),
	TP_printk("port=%u place=hub%u.%u kind=%s", __entry->id, __entry->hub,
		  __entry->slot,
		  __print_symbolic(__entry->kind, { 0, "userif" },
				   { 1, "netif" }, { 2, "bridge" },
				   { 3, "userListener" }))
);

/* A port is on a hub, also after a move. */
DEFINE_EVENT(vmnet_port, vmnet_port_add,
	TP_PROTO(u32 id, u32 hub, u32 slot, u32 kind),
	TP_ARGS(id, hub, slot, kind)
);

/* A port leaves its hub, also for a move. */
DEFINE_EVENT(vmnet_port, vmnet_port_del,
	TP_PROTO(u32 id, u32 hub, u32 slot, u32 kind),
	TP_ARGS(id, hub, slot, kind)
);

/* What happened to a station: enum vmnet_fdb_what. */
TRACE_EVENT(vmnet_fdb,
	TP_PROTO(u32 what, u32 hub, u64 key, u32 port, u32 from, bool is_static),
	TP_ARGS(what, hub, key, port, from, is_static),
	TP_STRUCT__entry(
		__field(u32, what)
		__field(u32, hub)
		__field(u32, port)
		__field(u32, from)
		__field(bool, is_static)
		__array(u8, mac, ETH_ALEN)
	),
	TP_fast_assign(
		__entry->what = what;
		__entry->hub = hub;
		__entry->port = port;
		__entry->from = from;
		__entry->is_static = is_static;
		u64_to_ether_addr(key, __entry->mac);
	),
	TP_printk("%s hub=%u mac=%pM port=%u from=%u%s",
		  __print_symbolic(__entry->what, { 0, "learn" },
				   { 1, "move" }, { 2, "delete" }),
		  __entry->hub, __entry->mac, __entry->port, __entry->from,
		  __entry->is_static ? " static" : "")
);

/* A frame that @port does not get or could not send: enum vmnet_drop. */
TRACE_EVENT(vmnet_drop,
	TP_PROTO(u32 port, u32 reason),
	TP_ARGS(port, reason),
	TP_STRUCT__entry(
		__field(u32, port)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->port = port;
		__entry->reason = reason;
	),
	TP_printk("port=%u reason=%s", __entry->port,
		  __print_symbolic(__entry->reason, { 0, "down" },
				   { 1, "mismatch" }, { 2, "nomem" },
				   { 3, "loop" }, { 4, "overflow" },
				   { 5, "too large" }, { 6, "lock" },
				   { 7, "vlan" }, { 8, "isolated" },
				   { 9, "loss" }, { 10, "waiting" }))
);

#endif /* _VMNET_TRACE_H */

/* The path is seen from Kbuild's directory, whose include path it follows. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
