// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/vmnet: one line a file, byte for byte as programs know it (vmware-abi
 * section 4). Read-only for ever.
 *
 * Nothing here takes a lock but RCU, and files are removed with no lock held: a
 * reader can sleep on its own memory for as long as it likes.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "hub.h"
#include "proc.h"

static struct proc_dir_entry *root;

/* The order is the interface, not that of the bits. */
static const struct {
	u32		flag;
	const char	*name;
} flag_names[] = {
	{ VMNET_FLAG_UP, ",IFF_UP" },
	{ VMNET_FLAG_BROADCAST, ",IFF_BROADCAST" },
	{ VMNET_FLAG_DEBUG, ",IFF_DEBUG" },
	{ VMNET_FLAG_PROMISC, ",IFF_PROMISC" },
	{ VMNET_FLAG_MULTICAST, ",IFF_MULTICAST" },
	{ VMNET_FLAG_ALLMULTI, ",IFF_ALLMULTI" },
};

static int show_port(struct seq_file *m, void *v)
{
	struct vmnet_port *port = m->private;
	u32 flags = READ_ONCE(port->flags);
	const struct vmnet_slot *slot;
	u8 mac[ETH_ALEN], ladrf[8];
	unsigned int i;

	rcu_read_lock();
	slot = rcu_access_pointer(port->hub) ? READ_ONCE(port->slot) : NULL;
	if (slot)
		seq_printf(m, "connected %s%u.%u ",
			   vmnet_hub_prefix(slot->hub), slot->hub->number,
			   slot->index);
	else
		seq_puts(m, "connected not ");
	u64_to_ether_addr(READ_ONCE(port->mac), mac);
	vmnet_mcast_get_hash(&port->mcast, ladrf);
	seq_printf(m, "mac %pM ladrf %*phC flags IFF_RUNNING", mac,
		   (int)sizeof(ladrf), ladrf);
	for (i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].flag)
			seq_puts(m, flag_names[i].name);
	seq_putc(m, ' ');
	port->ops->show(port, m);
	rcu_read_unlock();
	return 0;
}

/* Frames that entered from a slot, over all tenants. RCU. */
static u64 slot_frames(const struct vmnet_slot *slot)
{
	struct vmnet_port *port = rcu_dereference(slot->port);

	if (!port)
		return READ_ONCE(slot->base);
	return READ_ONCE(slot->base) - READ_ONCE(port->in_base) +
	       vmnet_stat_read(port->stats, VMNET_STAT_IN);
}

static int show_slot(struct seq_file *m, void *v)
{
	struct vmnet_slot *slot = m->private;
	struct vmnet_port *port;

	rcu_read_lock();
	port = rcu_dereference(slot->port);
	if (port)
		seq_printf(m, "connected %s%u", vmnet_port_kinds[port->ops->kind],
			   port->number);
	else
		seq_puts(m, "connected not");
	seq_printf(m, " tx %u ", (u32)slot_frames(slot));
	seq_putc(m, '\n');
	rcu_read_unlock();
	return 0;
}

static int port_add(struct vmnet_port *port)
{
	char name[24];

	if (!port->ops->show)
		return 0;
	snprintf(name, sizeof(name), "%s%u", vmnet_port_kinds[port->ops->kind],
		 port->number);
	port->watch = proc_create_single_data(name, 0444, root, show_port,
					      port);
	return port->watch ? 0 : -ENOMEM;
}

static void port_del(struct vmnet_port *port)
{
	proc_remove(port->watch);
	port->watch = NULL;
}

static int slot_add(struct vmnet_slot *slot)
{
	char name[24];

	snprintf(name, sizeof(name), "%s%u.%u", vmnet_hub_prefix(slot->hub),
		 slot->hub->number, slot->index);
	slot->watch = proc_create_single_data(name, 0444, root, show_slot,
					      slot);
	return slot->watch ? 0 : -ENOMEM;
}

static void slot_del(struct vmnet_slot *slot)
{
	proc_remove(slot->watch);
	slot->watch = NULL;
}

static struct vmnet_watch proc_watch = {
	.port_add = port_add,
	.port_del = port_del,
	.slot_add = slot_add,
	.slot_del = slot_del,
};

/* Return: 0 or -ENOMEM. */
int vmnet_proc_init(void)
{
	root = proc_mkdir("vmnet", NULL);
	if (!root)
		return -ENOMEM;
	vmnet_watch_add(&proc_watch);
	return 0;
}

void vmnet_proc_exit(void)
{
	proc_remove(root);
}
