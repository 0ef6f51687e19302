// SPDX-License-Identifier: GPL-2.0-only
/*
 * Forwarding databases on netlink: get, dump, and what is told of stations.
 *
 * Stations come and go in the data path, under a spinlock. There it is noted,
 * if anybody listens, in a ring of fixed size; a work item that runs a few
 * times a second makes the messages. So their rate has a bound, and what is
 * beyond it is counted and told as lost.
 */
#include "genl_priv.h"

#define RING		512
#define PERIOD		(HZ / 50)

static struct vmnet_fdb_event ring[RING];
static unsigned int ring_first, ring_count, ring_lost;
static DEFINE_SPINLOCK(ring_lock);

static bool put_station(struct sk_buff *msg, u32 hub, u64 key, u32 port,
			bool is_static)
{
	u8 mac[ETH_ALEN];

	u64_to_ether_addr(key, mac);
	return !nla_put_u32(msg, VMNET_A_FDB_HUB, hub) &&
	       !nla_put(msg, VMNET_A_FDB_MAC, sizeof(mac), mac) &&
	       !nla_put_u32(msg, VMNET_A_FDB_PORT, port) &&
	       !nla_put_u8(msg, VMNET_A_FDB_STATIC, is_static);
}

/* Under the lock of the database. */
static bool put_entry(struct sk_buff *msg, u32 hub,
		      const struct vmnet_fdb_entry *e)
{
	if (!put_station(msg, hub, e->key, e->owner->id, e->is_static) ||
	    nla_put_u8(msg, VMNET_A_FDB_CONTESTED, vmnet_fdb_is_contested(e)))
		return false;
	return e->is_static || !e->owner->uplink ||
	       !nla_put_u32(msg, VMNET_A_FDB_AGE,
			    (jiffies - READ_ONCE(e->used)) / HZ);
}

struct dump {
	struct sk_buff		*skb;
	struct netlink_callback	*cb;
	struct vmnet_fdb	*fdb;
	bool			full;
};

/* cb->args[1] is the last entry that has been told. */
static bool dump_entry(const struct vmnet_fdb_entry *e, void *arg)
{
	struct dump *d = arg;
	void *hdr;

	hdr = genlmsg_put(d->skb, NETLINK_CB(d->cb->skb).portid,
			  d->cb->nlh->nlmsg_seq, &vmnet_nl_family, NLM_F_MULTI,
			  VMNET_CMD_FDB_GET);
	if (hdr)
		genl_dump_check_consistent(d->cb, hdr);
	if (!hdr || !put_entry(d->skb, d->fdb->number, e)) {
		if (hdr)
			genlmsg_cancel(d->skb, hdr);
		d->full = true;
		return false;
	}
	genlmsg_end(d->skb, hdr);
	d->cb->args[1] = e->id;
	return true;
}

/*
 * Port by port, each oldest first: cb->args[0] is the port to go on with. The
 * numbers of entries are a database's own: after a move of the port the walk
 * may miss some, and then the topology has changed, as the dump says.
 */
int vmnet_nl_fdb_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr *only = compat_dump_attrs(cb)[VMNET_A_FDB_HUB];
	struct dump d = { .skb = skb, .cb = cb };
	struct vmnet_port *port;
	unsigned long id;

	if (compat_dump_attrs(cb)[VMNET_A_FDB_MAC]) {
		NL_SET_ERR_MSG(cb->extack,
			       "A dump is of all stations or of a hub's");
		return -EINVAL;
	}
	cb->seq = READ_ONCE(vmnet_genl_generation);
	rcu_read_lock();
	xa_for_each_start(&vmnet_ports, id, port, cb->args[0]) {
		struct vmnet_hub *hub = rcu_dereference(port->hub);

		if (id != cb->args[0])
			cb->args[1] = 0;
		cb->args[0] = id;
		if (!hub || (only && hub->id != nla_get_u32(only)))
			continue;
		d.fdb = &hub->fdb;
		vmnet_fdb_walk(d.fdb, &port->owner, cb->args[1], dump_entry,
			       &d);
		if (d.full)
			break;
	}
	rcu_read_unlock();
	if (!d.full)
		cb->args[0] = ULONG_MAX;
	return skb->len;
}

int vmnet_nl_fdb_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmnet_fdb_entry *e;
	struct rhlist_head *chain;
	struct vmnet_hub *hub;
	struct sk_buff *msg;
	u32 number;
	void *hdr;
	int err = 0;

	if (!info->attrs[VMNET_A_FDB_HUB] || !info->attrs[VMNET_A_FDB_MAC]) {
		NL_SET_ERR_MSG(info->extack,
			       "A station is named by hub and address");
		return -EINVAL;
	}
	number = nla_get_u32(info->attrs[VMNET_A_FDB_HUB]);
	msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put_reply(msg, info, &vmnet_nl_family, 0,
				VMNET_CMD_FDB_GET);
	mutex_lock(&vmnet_topology);
	hub = vmnet_hub_find(number);
	if (hub) {
		spin_lock_bh(&hub->fdb.lock);
		rcu_read_lock();
		chain = vmnet_fdb_lookup(&hub->fdb,
					 ether_addr_to_u64(nla_data(info->attrs[VMNET_A_FDB_MAC])));
		/* Of several owners, any. */
		e = container_of(chain, struct vmnet_fdb_entry, node);
		if (!chain)
			err = -ENOENT;
		else if (!put_entry(msg, number, e))
			err = -EMSGSIZE;
		rcu_read_unlock();
		spin_unlock_bh(&hub->fdb.lock);
	} else {
		err = -ENOENT;
	}
	mutex_unlock(&vmnet_topology);
	if (err) {
		if (err == -ENOENT)
			NL_SET_ERR_MSG(info->extack, "There is no such station");
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static void send_event(const struct vmnet_fdb_event *ev, u32 lost)
{
	static const u8 cmd[] = {
		[VMNET_FDB_NEW] = VMNET_CMD_FDB_NEW_NTF,
		[VMNET_FDB_MOVE] = VMNET_CMD_FDB_MOVE_NTF,
		[VMNET_FDB_DEL] = VMNET_CMD_FDB_DEL_NTF,
	};
	struct sk_buff *msg = genlmsg_new(128, GFP_KERNEL);
	void *hdr;

	if (!msg)
		return;
	hdr = genlmsg_put(msg, 0, 0, &vmnet_nl_family, 0, cmd[ev->what]);
	if (WARN_ON_ONCE(!hdr ||
			 !put_station(msg, ev->hub, ev->key, ev->port,
				      ev->is_static) ||
			 (ev->from && nla_put_u32(msg, VMNET_A_FDB_FROM_PORT,
						  ev->from)) ||
			 (lost && nla_put_u32(msg, VMNET_A_FDB_LOST, lost)))) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast(&vmnet_nl_family, msg, 0, VMNET_NLGRP_FDB,
			  GFP_KERNEL);
}

static void send_events(struct work_struct *work)
{
	struct vmnet_fdb_event ev;
	u32 lost;

	for (;;) {
		spin_lock_bh(&ring_lock);
		if (!ring_count) {
			spin_unlock_bh(&ring_lock);
			return;
		}
		ev = ring[ring_first];
		ring_first = (ring_first + 1) % RING;
		ring_count--;
		lost = ring_lost;
		ring_lost = 0;
		spin_unlock_bh(&ring_lock);
		send_event(&ev, lost);
		cond_resched();
	}
}

static DECLARE_DELAYED_WORK(send_work, send_events);

/* Under the spinlock of a database, maybe in softirq. */
static void note_event(const struct vmnet_fdb_event *ev)
{
	if (!vmnet_genl_wanted(VMNET_NLGRP_FDB))
		return;
	spin_lock_bh(&ring_lock);
	if (ring_count < RING) {
		ring[(ring_first + ring_count) % RING] = *ev;
		ring_count++;
	} else {
		ring_lost++;
	}
	spin_unlock_bh(&ring_lock);
	queue_delayed_work(system_wq, &send_work, PERIOD);
}

void vmnet_genl_fdb_init(void)
{
	vmnet_fdb_tell(note_event);
}

void vmnet_genl_fdb_exit(void)
{
	cancel_delayed_work_sync(&send_work);
}
