// SPDX-License-Identifier: GPL-2.0-only
/*
 * TUN's calls, as QEMU, cloud-hypervisor and crosvm issue them on a tap they
 * were given as a file. Only the numbers of if_tun.h belong here: terminals
 * share the letter.
 */
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <linux/virtio_byteorder.h>
#include <linux/virtio_net.h>
#include "file.h"
#include "ioctl.h"
#include "uport.h"

#define BASE_FLAGS	(IFF_TAP | IFF_NO_PI)
#define HDR_MIN		((int)sizeof(struct virtio_net_hdr))
#define HDR_MAX		20	/* with a hash report; the largest in use */
#define OFFLOADS	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | \
			 TUN_F_UFO | COMPAT_TUN_F_USO)

/* Of struct ifreq only name and flags are ours to read and write. */
#define IFREQ_HEAD	offsetofend(struct ifreq, ifr_flags)

/*
 * The first TUN call makes the port tap-like. Returns it with the topology
 * mutex held, or an error without.
 */
static struct vmnet_uport *tap_begin(struct vmnet_file *f)
{
	struct vmnet_port *port;
	struct vmnet_uport *u;
	int err = -EINVAL;

	mutex_lock(&vmnet_topology);
	port = vmnet_file_port(f);
	if (port->ops->kind == VMNET_PORT_USER) {
		u = vmnet_uport(port);
		err = vmnet_uport_make_tap(u);
		if (!err)
			return u;
	}
	mutex_unlock(&vmnet_topology);
	return ERR_PTR(err);
}

static void tap_end(void)
{
	mutex_unlock(&vmnet_topology);
}

static long get_iff(struct vmnet_file *f, void __user *arg)
{
	struct ifreq ifr = {};
	struct vmnet_uport *u = tap_begin(f);

	if (IS_ERR(u))
		return PTR_ERR(u);
	ifr.ifr_flags = BASE_FLAGS | (u->hdr_sz ? IFF_VNET_HDR : 0);
	/* SIOCSBIND is of the other dialect: a tap stays on its node's hub. */
	snprintf(ifr.ifr_name, IFNAMSIZ, "vmnet%u", f->minor);
	tap_end();
	return copy_to_user(arg, &ifr, IFREQ_HEAD) ? -EFAULT : 0;
}

/* As macvtap: the name is ignored, the file is the device. */
static long set_iff(struct vmnet_file *f, void __user *arg)
{
	struct ifreq ifr = {};
	struct vmnet_uport *u;
	unsigned short flags;

	if (copy_from_user(&ifr, arg, IFREQ_HEAD))
		return -EFAULT;
	flags = ifr.ifr_flags;
	if ((flags & ~IFF_VNET_HDR) != BASE_FLAGS)
		return -EINVAL;
	u = tap_begin(f);
	if (IS_ERR(u))
		return PTR_ERR(u);
	vmnet_uport_set_header(u, flags & IFF_VNET_HDR ? u->vnet_hdr_sz : 0,
			       u->offload);
	tap_end();
	return 0;
}

static long set_hdr_size(struct vmnet_file *f, int size)
{
	struct vmnet_uport *u;

	if (size < HDR_MIN || size > HDR_MAX)
		return -EINVAL;
	u = tap_begin(f);
	if (IS_ERR(u))
		return PTR_ERR(u);
	u->vnet_hdr_sz = size;
	if (u->hdr_sz)
		vmnet_uport_set_header(u, size, u->offload);
	tap_end();
	return 0;
}

/* What needs a partial checksum is not offered without one. */
static long set_offload(struct vmnet_file *f, unsigned long offload)
{
	struct vmnet_uport *u;

	if (offload & ~(unsigned long)OFFLOADS)
		return -EINVAL;
	/* The two come together or not at all. */
	if ((offload & COMPAT_TUN_F_USO) &&
	    (offload & COMPAT_TUN_F_USO) != COMPAT_TUN_F_USO)
		return -EINVAL;
	u = tap_begin(f);
	if (IS_ERR(u))
		return PTR_ERR(u);
	vmnet_uport_set_header(u, u->hdr_sz, offload);
	tap_end();
	return 0;
}

static long set_sndbuf(struct vmnet_file *f, int size)
{
	struct vmnet_uport *u;

	if (size <= 0)
		return -EINVAL;
	u = tap_begin(f);
	if (IS_ERR(u))
		return PTR_ERR(u);
	u->sndbuf = size;
	tap_end();
	return 0;
}

enum tap_value { TAP_HDR_SIZE, TAP_SNDBUF, TAP_LE };

static long get_value(struct vmnet_file *f, enum tap_value what,
		      int __user *arg)
{
	struct vmnet_uport *u = tap_begin(f);
	int value = 1;

	if (IS_ERR(u))
		return PTR_ERR(u);
	if (what == TAP_HDR_SIZE)
		value = u->vnet_hdr_sz;
	else if (what == TAP_SNDBUF)
		value = u->sndbuf;
	tap_end();
	return put_user(value, arg);
}

/* Headers are little endian always; a big endian guest is told so (EINVAL). */
static long set_le(struct vmnet_file *f, int le)
{
	struct vmnet_uport *u;

	if (!le && !virtio_legacy_is_little_endian())
		return -EINVAL;
	u = tap_begin(f);
	if (IS_ERR(u))
		return PTR_ERR(u);
	tap_end();
	return 0;
}

static long get_hwaddr(struct vmnet_file *f, struct ifreq __user *arg)
{
	struct sockaddr sa = { .sa_family = ARPHRD_ETHER };
	struct vmnet_port *port;
	bool tun;

	mutex_lock(&vmnet_topology);
	port = vmnet_file_port(f);
	tun = port->ops->kind == VMNET_PORT_USER &&
	      vmnet_uport(port)->dialect == VMNET_DIALECT_TUN;
	u64_to_ether_addr(port->mac, sa.sa_data);
	mutex_unlock(&vmnet_topology);
	if (!tun)
		return VMNET_NOT_MINE;
	return copy_to_user(&arg->ifr_hwaddr, &sa, sizeof(sa)) ? -EFAULT : 0;
}

/**
 * vmnet_tun_ioctl - TUN's calls
 * @f: the file
 * @cmd: the number
 * @arg: the argument, a number for some
 *
 * Return: 0 or an error of TUN; -EINVAL on a port that speaks VMware's dialect
 * or is no user port; VMNET_NOT_MINE. Context: process, no lock held.
 */
long vmnet_tun_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg)
{
	int value;

	switch (cmd) {
	case TUNGETIFF:
		return get_iff(f, arg);
	case TUNSETIFF:
		return set_iff(f, arg);
	case TUNGETFEATURES:
		return put_user(BASE_FLAGS | IFF_VNET_HDR,
				(unsigned int __user *)arg);
	case TUNGETVNETHDRSZ:
		return get_value(f, TAP_HDR_SIZE, arg);
	case TUNGETSNDBUF:
		return get_value(f, TAP_SNDBUF, arg);
	case TUNSETVNETHDRSZ:
		if (get_user(value, (int __user *)arg))
			return -EFAULT;
		return set_hdr_size(f, value);
	case TUNSETSNDBUF:
		if (get_user(value, (int __user *)arg))
			return -EFAULT;
		return set_sndbuf(f, value);
	case TUNSETOFFLOAD:
		return set_offload(f, (unsigned long)arg);
	case TUNSETVNETLE:
		if (get_user(value, (int __user *)arg))
			return -EFAULT;
		return set_le(f, value);
	case TUNGETVNETLE:
		return get_value(f, TAP_LE, arg);
	case SIOCGIFHWADDR:
		return get_hwaddr(f, arg);
	/* TUN's, but not for a file that is its own device. */
	case TUNSETNOCSUM:
	case TUNSETDEBUG:
	case TUNSETPERSIST:
	case TUNSETOWNER:
	case TUNSETLINK:
	case TUNSETGROUP:
	case TUNSETTXFILTER:
	case TUNATTACHFILTER:
	case TUNDETACHFILTER:
	case TUNSETQUEUE:
	case TUNSETIFINDEX:
	case TUNGETFILTER:
	case TUNSETVNETBE:
	case TUNGETVNETBE:
	case TUNSETSTEERINGEBPF:
	case TUNSETFILTEREBPF:
	case TUNSETCARRIER:
	case TUNGETDEVNETNS:
		return -EINVAL;
	}
	return VMNET_NOT_MINE;
}
