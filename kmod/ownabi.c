// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our own call: what neither VMware's nor TUN's dialect has words for.
 */
#include <linux/if_tun.h>
#include <linux/uaccess.h>
#include <linux/virtio_net.h>
#include <linux/vmnet.h>
#include "file.h"
#include "ioctl.h"
#include "sock.h"
#include "uport.h"

#define OFFLOADS	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | \
			 COMPAT_TUN_F_USO)

static bool setup_is_valid(const struct vmnet_setup *s)
{
	switch (s->vnet_hdr_sz) {
	case 0:
		if (s->offload)
			return false;
		break;
	case 10:
	case 12:
	case 20:
		break;
	default:
		return false;
	}
	return !(s->offload & ~(u32)OFFLOADS) &&
	       s->queue_len <= VMNET_QUEUE_LEN;
}

static long setup(struct vmnet_file *f, struct vmnet_setup __user *arg)
{
	struct vmnet_setup s = {};
	struct vmnet_port *port;
	struct vmnet_uport *u;
	int err;

	err = vmnet_get_struct(&s, sizeof(s), arg);
	if (err)
		return err;
	if (!setup_is_valid(&s))
		return -EINVAL;

	mutex_lock(&vmnet_topology);
	port = vmnet_file_port(f);
	if (port->ops->kind != VMNET_PORT_USER) {
		mutex_unlock(&vmnet_topology);
		return -ENOTTY;
	}
	u = vmnet_uport(port);
	if (s.queue_len)
		WRITE_ONCE(u->queue_len, s.queue_len);
	if (s.vnet_hdr_sz)
		u->vnet_hdr_sz = s.vnet_hdr_sz;
	vmnet_uport_set_header(u, s.vnet_hdr_sz, s.offload);
	s.queue_len = u->queue_len;
	mutex_unlock(&vmnet_topology);

	s.size = sizeof(s);
	return copy_to_user(arg, &s, sizeof(s)) ? -EFAULT : 0;
}

/**
 * vmnet_own_ioctl - VMNET_IOC_SETUP and VMNET_IOC_SOCKET
 * @f: the file
 * @cmd: the number
 * @arg: the argument
 *
 * Return: 0, or a descriptor; -EFAULT, -EINVAL for values outside the
 * contract, -E2BIG for members this kernel does not know, -ENOTTY on a port no
 * program reads, VMNET_NOT_MINE. Context: process, the file's lock held.
 */
long vmnet_own_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case VMNET_IOC_SETUP:
		return setup(f, arg);
	case VMNET_IOC_SOCKET:
		return vmnet_sock_create(f, (unsigned long)arg);
	}
	return VMNET_NOT_MINE;
}
