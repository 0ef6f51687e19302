// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who wants to know what comes, changes and goes. Each call tells all watchers,
 * in the context that struct vmnet_watch promises them.
 */
#include "topology.h"
#include "watch.h"

static LIST_HEAD(watchers);

/**
 * vmnet_watch_add - add a watcher
 * @watch: for as long as there may be ports
 *
 * Context: loading, before the first port.
 */
void vmnet_watch_add(struct vmnet_watch *watch)
{
	list_add_tail(&watch->list, &watchers);
}

int vmnet_watch_port_add(struct vmnet_port *port)
{
	struct vmnet_watch *w;
	int err;

	list_for_each_entry(w, &watchers, list) {
		err = w->port_add ? w->port_add(port) : 0;
		if (err)
			return err;
	}
	return 0;
}

void vmnet_watch_port_del(struct vmnet_port *port)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->port_del)
			w->port_del(port);
}

int vmnet_watch_slot_add(struct vmnet_slot *slot)
{
	struct vmnet_watch *w;
	int err;

	list_for_each_entry(w, &watchers, list) {
		err = w->slot_add ? w->slot_add(slot) : 0;
		if (err)
			return err;
	}
	return 0;
}

void vmnet_watch_slot_del(struct vmnet_slot *slot)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->slot_del)
			w->slot_del(slot);
}

void vmnet_watch_plugged(struct vmnet_port *port)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->plugged)
			w->plugged(port);
}

void vmnet_watch_leaving(struct vmnet_port *port)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->leaving)
			w->leaving(port);
}

void vmnet_watch_changed(struct vmnet_port *port)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->changed)
			w->changed(port);
}

void vmnet_watch_link(struct vmnet_port *port)
{
	struct vmnet_watch *w;

	list_for_each_entry(w, &watchers, list)
		if (w->link)
			w->link(port);
}
