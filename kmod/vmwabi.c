// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMware's calls (vmware-abi section 2). The numbers behind each function are
 * the rows of that sheet.
 */
#include <linux/capability.h>
#include <linux/moduleparam.h>
#include <linux/uaccess.h>
#include <linux/vmnet.h>
#include "bridge.h"
#include "file.h"
#include "ioctl.h"
#include "listener.h"
#include "netif.h"
#include "policy.h"
#include "uport.h"

static bool bind = true;
module_param(bind, bool, 0644);
MODULE_PARM_DESC(bind,
		 "whoever opens a node may move to any network (Y); N: only with CAP_NET_ADMIN");

/* Addresses of host interfaces; user ports must not take them (2.4). */
#define NETIF_MAC_FIRST	0x005056c00000ULL
#define NETIF_MAC_LAST	0x005056c000ffULL

/*
 * A state call of VMware's fixes the dialect of a user port. Returns the port
 * with the topology mutex held, or an error without.
 */
static struct vmnet_port *state_begin(struct vmnet_file *f)
{
	struct vmnet_port *port;
	struct vmnet_uport *u;

	mutex_lock(&vmnet_topology);
	port = vmnet_file_port(f);
	if (port->ops->kind == VMNET_PORT_USER) {
		u = vmnet_uport(port);
		if (u->dialect == VMNET_DIALECT_TUN) {
			mutex_unlock(&vmnet_topology);
			return ERR_PTR(-EINVAL);
		}
		WRITE_ONCE(u->dialect, VMNET_DIALECT_VMWARE);
	}
	return port;
}

static void state_end(void)
{
	mutex_unlock(&vmnet_topology);
}

/* Is the file a tap? Then it cannot be converted. Context: RTNL held. */
static bool is_tap(struct vmnet_file *f)
{
	struct vmnet_port *port = vmnet_file_port(f);

	return port->ops->kind == VMNET_PORT_USER &&
	       READ_ONCE(vmnet_uport(port)->dialect) == VMNET_DIALECT_TUN;
}

/* 2.1 */
static long get_api_version(void __user *arg)
{
	u32 version;

	/* The caller's own version is read, and any will do. */
	if (copy_from_user(&version, arg, sizeof(version)))
		return -EFAULT;
	version = VMNET_API_VERSION;
	return copy_to_user(arg, &version, sizeof(version)) ? -EFAULT : 0;
}

/* 2.2 */
static long set_flags(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_port *port;
	u32 flags;

	if (get_user(flags, (u32 __user *)arg))
		return -EFAULT;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	if (port->ops->kind == VMNET_PORT_USER)
		vmnet_uport_set_flags(vmnet_uport(port), flags);
	else
		vmnet_port_set_flags(port, flags);
	state_end();
	return 0;
}

/* 2.3 */
static long get_mac(struct vmnet_file *f, void __user *arg)
{
	u8 mac[ETH_ALEN];

	mutex_lock(&vmnet_topology);
	u64_to_ether_addr(vmnet_file_port(f)->mac, mac);
	mutex_unlock(&vmnet_topology);
	return copy_to_user(arg, mac, sizeof(mac)) ? -EFAULT : 0;
}

/* 2.4 */
static long set_mac(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_port *port;
	struct vmnet_mac req;
	long err = -EBUSY;
	u64 mac;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.version != VMNET_MAC_VERSION)
		return -EINVAL;
	mac = ether_addr_to_u64(req.mac);
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	if (req.flags & VMNET_MAC_UNIQUE &&
	    ((mac >= NETIF_MAC_FIRST && mac <= NETIF_MAC_LAST) ||
	     vmnet_hub_mac_used(mac, port)))
		goto out;
	err = -EPERM;
	if (!vmnet_policy_may_own(port, mac))
		goto out;
	/* A bridge's address is cosmetic; it owns nothing on the hub. */
	err = vmnet_hub_set_mac(port, mac, port->mac_static);
out:
	state_end();
	return err;
}

/* 2.5 */
static long set_ladrf(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_port *port;
	u8 ladrf[8];

	if (copy_from_user(ladrf, arg, sizeof(ladrf)))
		return -EFAULT;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	vmnet_mcast_set_hash(&port->mcast, ladrf);
	state_end();
	return 0;
}

/* 2.6 */
static long set_mcast(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_mcast_filter req;
	struct vmnet_port *port;
	long err;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	err = vmnet_mcast_set(&port->mcast, &req);
	state_end();
	return err;
}

/* Which hub is meant, or false. */
static bool bind_key(struct vmnet_hub_key *key, const struct vmnet_bind *req)
{
	key->type = req->type;
	switch (req->type) {
	case VMNET_BIND_VNET:
		key->number = req->number;
		return req->number >= 0 && req->number < VMNET_MINORS;
	case VMNET_BIND_PVN:
		memcpy(key->pvn, req->pvn, sizeof(key->pvn));
		return memchr_inv(key->pvn, 0, sizeof(key->pvn));
	}
	return false;
}

static bool is_own_hub(const struct vmnet_file *f,
		       const struct vmnet_hub_key *key)
{
	return key->type == VMNET_BIND_VNET && key->number == f->minor;
}

/* 2.7: every failure but a loop is EINVAL, as far as VMware's has it */
static long set_bind(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_hub_key key = {};
	struct vmnet_port *port;
	struct vmnet_bind req;
	int err;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.version != VMNET_BIND_VERSION || !bind_key(&key, &req))
		return -EINVAL;
	if (!READ_ONCE(bind) && !is_own_hub(f, &key) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	state_end();
	err = vmnet_file_bind(f, &key);
	return err && err != -EDEADLK ? -EINVAL : err;
}

/* 2.8 */
static long set_peer(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_peer req;
	struct vmnet_port *new;
	struct net *net;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	req.name[IFNAMSIZ - 1] = '\0';

	rtnl_lock();
	net = vmnet_ns_net(f->ns);
	if (!net)
		new = ERR_PTR(-ENODEV);
	else if (!ns_capable(net->user_ns, CAP_NET_RAW))
		new = ERR_PTR(-EACCES);
	else if (is_tap(f) || !req.name[0] || req.flags & ~VMNET_PEER_SMAC)
		new = ERR_PTR(-EINVAL);
	else
		new = vmnet_bridge_create(net, req.name, req.flags);
	if (IS_ERR(new)) {
		rtnl_unlock();
		return PTR_ERR(new);
	}
	return vmnet_file_convert(f, new);
}

/* 2.9 */
static long set_netif(struct vmnet_file *f, void __user *arg)
{
	char name[VMNET_NETIF_NAME + 1] = {};
	struct vmnet_port *new;
	struct net *net;

	if (copy_from_user(name, arg, VMNET_NETIF_NAME))
		return -EFAULT;

	rtnl_lock();
	net = vmnet_ns_net(f->ns);
	if (!net)
		new = ERR_PTR(-ENODEV);
	else if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		new = ERR_PTR(-EPERM);
	else if (is_tap(f))
		new = ERR_PTR(-EINVAL);
	else
		new = vmnet_netif_create(net, name, f->minor);
	if (IS_ERR(new)) {
		rtnl_unlock();
		return PTR_ERR(new);
	}
	return vmnet_file_convert(f, new);
}

/* 2.10 */
static long set_listener(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_port *new;
	struct vmnet_listen req;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.version != VMNET_LISTEN_VERSION)
		return -EINVAL;

	rtnl_lock();
	if (is_tap(f))
		new = ERR_PTR(-EINVAL);
	else
		new = vmnet_listener_create(req.classes, &f->wq.wait);
	if (IS_ERR(new)) {
		rtnl_unlock();
		return PTR_ERR(new);
	}
	return vmnet_file_convert(f, new);
}

/* What bridges there are on the hub of @port, itself apart. Topology mutex held. */
static u32 bridge_status(const struct vmnet_port *port)
{
	struct vmnet_hub *hub = vmnet_port_hub(port);
	u32 status = VMNET_BRIDGE_NONE;
	struct vmnet_slot *slot;
	unsigned long i;

	if (!hub)
		return VMNET_BRIDGE_NONE;
	xa_for_each(&hub->slots, i, slot) {
		const struct vmnet_port *p =
			rcu_dereference_protected(slot->port,
						  lockdep_is_held(&vmnet_topology));

		if (!p || p == port || p->ops->kind != VMNET_PORT_BRIDGE)
			continue;
		if (p->ops->active(p))
			status = max_t(u32, status, VMNET_BRIDGE_ACTIVE);
		else if (status >= VMNET_BRIDGE_ACTIVE)
			status = VMNET_BRIDGE_MIXED;
		else
			status = VMNET_BRIDGE_INACTIVE;
	}
	return status;
}

/* 2.11 */
static long get_bridge_status(struct vmnet_file *f, void __user *arg)
{
	u32 status;

	mutex_lock(&vmnet_topology);
	status = bridge_status(vmnet_file_port(f));
	mutex_unlock(&vmnet_topology);
	return put_user(status, (u32 __user *)arg);
}

/* Is the file something else than a user port? Its lock is held. */
static bool no_user(struct vmnet_file *f)
{
	return vmnet_file_port(f)->ops->kind != VMNET_PORT_USER;
}

/* 2.12 */
static long set_notify(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_notify_word *word;
	struct vmnet_notify req;
	struct vmnet_port *port;

	if (no_user(f))
		return -ENOTTY;
	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.version != VMNET_NOTIFY_VERSION)
		return -ENOTTY;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	state_end();
	/* The file's lock is held, so nobody sets another meanwhile. */
	if (READ_ONCE(vmnet_uport(port)->notify))
		return -EBUSY;
	word = vmnet_notify_create(req.pending, req.cluster, req.mask);
	if (IS_ERR(word))
		return PTR_ERR(word);
	vmnet_uport_set_notify(vmnet_uport(port), word);
	return 0;
}

static long unset_notify(struct vmnet_file *f)
{
	struct vmnet_notify_word *word;
	struct vmnet_port *port;

	if (no_user(f))
		return -ENOTTY;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	state_end();
	word = vmnet_uport_set_notify(vmnet_uport(port), NULL);
	if (!word)
		return -EINVAL;
	vmnet_notify_free(word);
	return 0;
}

/* 2.13 */
static long inject_link_state(struct vmnet_file *f, void __user *arg)
{
	struct vmnet_port *port;
	u8 state;

	if (no_user(f))
		return -ENOTTY;
	if (get_user(state, (u8 __user *)arg))
		return -EFAULT;
	if (state > 1)
		return -EINVAL;
	port = state_begin(f);
	if (IS_ERR(port))
		return PTR_ERR(port);
	vmnet_uport_inject(vmnet_uport(port), state);
	state_end();
	return 0;
}

/**
 * vmnet_vmw_ioctl - VMware's calls
 * @f: the file
 * @cmd: the number
 * @arg: the argument
 *
 * Return: as the sheet says, or VMNET_NOT_MINE. State calls on a tap-like port:
 * -EINVAL. Context: process, no lock held.
 */
long vmnet_vmw_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case SIOCGETAPIVERSION2:
		return get_api_version(arg);
	case SIOCSPORTFLAGS:
		return set_flags(f, arg);
	case SIOCGETMACADDR:
		return get_mac(f, arg);
	case SIOCSETMACADDR:
		return set_mac(f, arg);
	case SIOCSLADRF:
		return set_ladrf(f, arg);
	case SIOCSMCASTFILTER:
		return set_mcast(f, arg);
	case SIOCSBIND:
		return set_bind(f, arg);
	case SIOCSPEER3:
		return set_peer(f, arg);
	case SIOCNETIF:
		return set_netif(f, arg);
	case SIOCSUSERLISTENER:
		return set_listener(f, arg);
	case SIOCSETNOTIFY2:
		return set_notify(f, arg);
	case SIOCUNSETNOTIFY:
		return unset_notify(f);
	case SIOCINJECTLINKSTATE:
		return inject_link_state(f, arg);
	case SIOCGBRSTATUS:
		return get_bridge_status(f, arg);
	case SIOCSFILTERRULES:	/* 2.14 */
		return -EINVAL;
	}
	return VMNET_NOT_MINE;
}
