/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_EVENT_H
#define _VMNET_EVENT_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/vmnet.h>
#include <linux/wait.h>

/* Events that wait for a listener; the oldest gives way to the newest. */
#define VMNET_EVENT_QUEUE	1024

/* Classes of events there are: bits 0 and up of a set of VMNET_EVENT_*. */
#define VMNET_EVENT_CLASSES	2

/**
 * struct vmnet_event_scope - who tells whom about the links of a hub
 * @lock: of all members, and of senders; outside the lock of a sink
 * @senders: newest first
 * @sinks: the listeners
 * @next_id: number of the next sender
 * @ref: one of the hub, one of each sender and sink
 *
 * Comes with its hub. Whoever has joined stays with it when it moves to another
 * hub, as VMware's do, so it can outlive the hub; a hub of the same name made
 * later has a scope of its own.
 */
struct vmnet_event_scope {
	/* Taken in process context only. */
	spinlock_t		lock;
	struct list_head	senders;
	struct list_head	sinks;
	u32			next_id;
	refcount_t		ref;
};

/**
 * struct vmnet_event_sender - a port that tells of a link
 * @scope: where it has joined, NULL before and after
 * @node: in the scope
 * @id: its number there
 * @last: what it told last of each class, for listeners to come; of size 0
 *	when it has told nothing
 *
 * Part of a port, zeroed at first. The port sees to it that joining, sending
 * and leaving do not overlap.
 */
struct vmnet_event_sender {
	struct vmnet_event_scope	*scope;
	struct list_head		node;
	u32				id;
	struct vmnet_event		last[VMNET_EVENT_CLASSES];
};

/**
 * struct vmnet_event_sink - a listener's end
 * @scope: where it has joined, NULL before and after
 * @node: in the scope
 * @classes: VMNET_EVENT_* it wants
 * @wait: woken for each event
 * @lock: of the rest
 * @head: oldest event in @ring
 * @count: events in @ring
 * @ring: the events
 *
 * Part of a port. Only who joins and leaves looks at @scope, so that readers
 * need not care how long that lives.
 */
struct vmnet_event_sink {
	struct vmnet_event_scope	*scope;
	struct list_head		node;
	u32				classes;
	wait_queue_head_t		*wait;
	/* Taken in process context only. */
	spinlock_t			lock;
	unsigned int			head;
	unsigned int			count;
	struct vmnet_event		ring[VMNET_EVENT_QUEUE];
};

struct vmnet_event_scope *vmnet_event_scope_alloc(void);
void vmnet_event_scope_put(struct vmnet_event_scope *scope);

void vmnet_event_join(struct vmnet_event_sender *sender,
		      struct vmnet_event_scope *scope);
void vmnet_event_leave(struct vmnet_event_sender *sender);
void vmnet_event_send(struct vmnet_event_sender *sender, u32 class,
		      u32 adapter, bool up);

void vmnet_event_sink_init(struct vmnet_event_sink *sink, u32 classes,
			   wait_queue_head_t *wait);
void vmnet_event_listen(struct vmnet_event_sink *sink,
			struct vmnet_event_scope *scope);
void vmnet_event_unlisten(struct vmnet_event_sink *sink);
bool vmnet_event_take(struct vmnet_event_sink *sink, struct vmnet_event *event);

/* Any context; a hint, the answer may be stale at once. */
static inline bool vmnet_event_waits(const struct vmnet_event_sink *sink)
{
	return READ_ONCE(sink->count);
}

#endif /* _VMNET_EVENT_H */
