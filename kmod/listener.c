// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners: ports that take no frames; each read is an event about a link of
 * their hub (vmware-abi sections 2.10 and 10).
 */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include "event.h"
#include "hub.h"
#include "listener.h"

/**
 * struct vmnet_listener - a port that hears of links
 * @port: the common part
 * @sink: its events
 *
 * Lifetime: that of its port. It listens to the hub it was on at first, also
 * when it moves, from the conversion to its end. Its readers wait on the queue
 * of the file.
 */
struct vmnet_listener {
	struct vmnet_port	port;
	struct vmnet_event_sink	sink;
};

static atomic_t next_number = ATOMIC_INIT(0);

static struct vmnet_listener *port_listener(struct vmnet_port *port)
{
	return container_of(port, struct vmnet_listener, port);
}

static bool listener_wants(struct vmnet_port *port, const struct vmnet_dst *dst)
{
	return false;
}

static __poll_t listener_poll(struct vmnet_port *port)
{
	return vmnet_event_waits(&port_listener(port)->sink) ?
	       EPOLLIN | EPOLLRDNORM : 0;
}

static size_t listener_record(struct vmnet_port *port, void *buf)
{
	BUILD_BUG_ON(sizeof(struct vmnet_event) > VMNET_RECORD_MAX);
	return vmnet_event_take(&port_listener(port)->sink, buf) ?
	       sizeof(struct vmnet_event) : 0;
}

static void listener_attached(struct vmnet_port *port)
{
	struct vmnet_listener *l = port_listener(port);

	/* A move changes nothing. */
	if (l->sink.scope)
		return;
	mutex_lock(&vmnet_topology);
	vmnet_event_listen(&l->sink, vmnet_port_hub(port)->events);
	mutex_unlock(&vmnet_topology);
}

static void listener_retire(struct vmnet_port *port)
{
	struct vmnet_listener *l = port_listener(port);

	vmnet_event_unlisten(&l->sink);
	/* After a conversion sleepers look which port the file has now. */
	wake_up_interruptible_all(l->sink.wait);
}

static void listener_free(struct vmnet_port *port)
{
	vmnet_port_fini(port);
	kvfree(port_listener(port));
}

static const struct vmnet_port_ops listener_ops = {
	.kind = VMNET_PORT_LISTENER,
	.wants = listener_wants,
	.poll = listener_poll,
	.record = listener_record,
	.attached = listener_attached,
	.retire = listener_retire,
	.free = listener_free,
};

/**
 * vmnet_listener_create - SIOCSUSERLISTENER: make a listener
 * @classes: VMNET_EVENT_* it is told of
 * @wait: where its readers wait; outlives the port by a grace period
 *
 * Return: the port, unplugged, or -ENOMEM. Context: process.
 */
struct vmnet_port *vmnet_listener_create(u32 classes, wait_queue_head_t *wait)
{
	struct vmnet_listener *l;
	int err;

	l = kvzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);
	if (!l)
		return ERR_PTR(-ENOMEM);
	err = vmnet_port_init(&l->port, &listener_ops, false);
	if (err) {
		kvfree(l);
		return ERR_PTR(err);
	}
	vmnet_event_sink_init(&l->sink, classes, wait);
	l->port.flags = 0;
	l->port.number = atomic_fetch_inc(&next_number);
	mutex_lock(&vmnet_topology);
	vmnet_hub_set_mac(&l->port, 0, false);
	mutex_unlock(&vmnet_topology);
	return &l->port;
}
