// SPDX-License-Identifier: GPL-2.0-only
/*
 * Link-state events: from ports that know of a link to those that listen
 * (vmware-abi section 10).
 */
#include <linux/poll.h>
#include <linux/slab.h>
#include "event.h"

/**
 * vmnet_event_scope_alloc - for a new hub
 *
 * Return: the scope with one reference, or NULL. Context: process.
 */
struct vmnet_event_scope *vmnet_event_scope_alloc(void)
{
	struct vmnet_event_scope *scope;

	scope = kzalloc(sizeof(*scope), GFP_KERNEL_ACCOUNT);
	if (!scope)
		return NULL;
	spin_lock_init(&scope->lock);
	INIT_LIST_HEAD(&scope->senders);
	INIT_LIST_HEAD(&scope->sinks);
	refcount_set(&scope->ref, 1);
	return scope;
}

/**
 * vmnet_event_scope_put - drop a reference
 * @scope: the scope
 *
 * Any context.
 */
void vmnet_event_scope_put(struct vmnet_event_scope *scope)
{
	if (refcount_dec_and_test(&scope->ref))
		kfree(scope);
}

/* Context: lock of the scope held. */
static void enqueue(struct vmnet_event_sink *sink,
		    const struct vmnet_event *event)
{
	unsigned int tail;

	if (!(event->classes & sink->classes))
		return;
	spin_lock(&sink->lock);
	tail = (sink->head + sink->count) % VMNET_EVENT_QUEUE;
	sink->ring[tail] = *event;
	if (sink->count < VMNET_EVENT_QUEUE)
		WRITE_ONCE(sink->count, sink->count + 1);
	else
		sink->head = (sink->head + 1) % VMNET_EVENT_QUEUE;
	spin_unlock(&sink->lock);
	wake_up_interruptible_poll(sink->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * vmnet_event_join - a port begins to tell of a link
 * @sender: its part of it
 * @scope: of the hub it is on
 *
 * Context: process; nothing the scope's lock is taken under.
 */
void vmnet_event_join(struct vmnet_event_sender *sender,
		      struct vmnet_event_scope *scope)
{
	refcount_inc(&scope->ref);
	sender->scope = scope;
	spin_lock(&scope->lock);
	sender->id = scope->next_id++;
	list_add(&sender->node, &scope->senders);
	spin_unlock(&scope->lock);
}

/**
 * vmnet_event_leave - a port tells no more
 * @sender: joined or not
 *
 * What it told last is forgotten with it. Context: process.
 */
void vmnet_event_leave(struct vmnet_event_sender *sender)
{
	struct vmnet_event_scope *scope = sender->scope;

	if (!scope)
		return;
	spin_lock(&scope->lock);
	list_del(&sender->node);
	spin_unlock(&scope->lock);
	sender->scope = NULL;
	vmnet_event_scope_put(scope);
}

/**
 * vmnet_event_send - the state of a link, told to all who listen
 * @sender: a port that has joined
 * @class: VMNET_EVENT_*, one of them
 * @adapter: which link
 * @up: its state
 *
 * Context: process.
 */
void vmnet_event_send(struct vmnet_event_sender *sender, u32 class,
		      u32 adapter, bool up)
{
	struct vmnet_event *last = &sender->last[__ffs(class)];
	struct vmnet_event_scope *scope = sender->scope;
	struct vmnet_event_sink *sink;

	spin_lock(&scope->lock);
	*last = (struct vmnet_event) {
		.size = sizeof(*last),
		.sender = sender->id,
		.classes = class,
		.type = VMNET_EVENT_LINK,
		.adapter = adapter,
		.up = up,
	};
	list_for_each_entry(sink, &scope->sinks, node)
		enqueue(sink, last);
	spin_unlock(&scope->lock);
}

/**
 * vmnet_event_sink_init - prepare the part of a listener
 * @sink: zeroed memory
 * @classes: VMNET_EVENT_* it wants; any value will do
 * @wait: to be woken for each event; outlives the sink by a grace period
 */
void vmnet_event_sink_init(struct vmnet_event_sink *sink, u32 classes,
			   wait_queue_head_t *wait)
{
	spin_lock_init(&sink->lock);
	sink->classes = classes;
	sink->wait = wait;
}

/**
 * vmnet_event_listen - a port begins to listen
 * @sink: its part of it
 * @scope: of the hub it is on
 *
 * It gets what each living sender told last, newest sender first.
 * Context: process.
 */
void vmnet_event_listen(struct vmnet_event_sink *sink,
			struct vmnet_event_scope *scope)
{
	struct vmnet_event_sender *sender;
	unsigned int i;

	refcount_inc(&scope->ref);
	sink->scope = scope;
	spin_lock(&scope->lock);
	list_add_tail(&sink->node, &scope->sinks);
	list_for_each_entry(sender, &scope->senders, node)
		for (i = 0; i < ARRAY_SIZE(sender->last); i++)
			if (sender->last[i].size)
				enqueue(sink, &sender->last[i]);
	spin_unlock(&scope->lock);
}

/**
 * vmnet_event_unlisten - a port listens no more
 * @sink: joined or not
 *
 * Nothing is queued or woken after this. Context: process.
 */
void vmnet_event_unlisten(struct vmnet_event_sink *sink)
{
	struct vmnet_event_scope *scope = sink->scope;

	if (!scope)
		return;
	spin_lock(&scope->lock);
	list_del(&sink->node);
	spin_unlock(&scope->lock);
	sink->scope = NULL;
	vmnet_event_scope_put(scope);
}

/**
 * vmnet_event_take - the event that waits longest
 * @sink: the listener's part
 * @event: where to put it
 *
 * Return: false when there is none. Context: process.
 */
bool vmnet_event_take(struct vmnet_event_sink *sink, struct vmnet_event *event)
{
	bool found;

	spin_lock(&sink->lock);
	found = sink->count;
	if (found) {
		*event = sink->ring[sink->head];
		sink->head = (sink->head + 1) % VMNET_EVENT_QUEUE;
		WRITE_ONCE(sink->count, sink->count - 1);
	}
	spin_unlock(&sink->lock);
	return found;
}
