// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which dialect an ioctl belongs to, and what an unknown one gets.
 */
#include <linux/errno.h>
#include "file.h"
#include "ioctl.h"
#include "uport.h"

static bool speaks_tun(struct vmnet_file *f)
{
	struct vmnet_port *port;
	bool tun;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	tun = port->ops->kind == VMNET_PORT_USER &&
	      READ_ONCE(vmnet_uport(port)->dialect) == VMNET_DIALECT_TUN;
	rcu_read_unlock();
	return tun;
}

/* The interface of a host port can end before its file: with its namespace. */
static bool is_gone(struct vmnet_file *f)
{
	bool gone;

	rcu_read_lock();
	gone = READ_ONCE(rcu_dereference(f->port)->gone);
	rcu_read_unlock();
	return gone;
}

/**
 * vmnet_ioctl - one ioctl on an open file
 * @f: the file
 * @cmd: the number
 * @arg: the argument, a user pointer for most
 *
 * Return: what the call returns; -EINVAL for an unknown call on a tap-like
 * port (QEMU aborts on anything else), -ENOTTY on all others, -ENODEV when
 * what the file stood for has ended. Context: process, no lock held.
 */
long vmnet_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg)
{
	long ret;

	if (is_gone(f))
		return -ENODEV;
	ret = vmnet_own_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = vmnet_vmw_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = vmnet_tun_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = speaks_tun(f) ? -EINVAL : -ENOTTY;
	return ret;
}
