// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which dialect an ioctl belongs to, and what an unknown one gets.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/vmnet.h>
#include "batch.h"
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

/* What the call has begun, and what takes a grace period to end. */
static void settle(struct vmnet_file *f)
{
	struct vmnet_port *port = vmnet_file_port(f);

	if (port->ops->kind == VMNET_PORT_USER)
		vmnet_uport_settle(vmnet_uport(port));
}

/**
 * vmnet_get_struct - fetch an argument that tells its own size
 * @to: zeroed
 * @size: of it
 * @from: the argument; a __u32 with its size comes first
 *
 * Return: 0; -EINVAL when it is shorter than @size, -E2BIG when it is longer
 * and has more than zeros there, -EFAULT. Context: process.
 */
int vmnet_get_struct(void *to, size_t size, void __user *from)
{
	u32 theirs;

	if (get_user(theirs, (u32 __user *)from))
		return -EFAULT;
	if (theirs < size)
		return -EINVAL;
	if (theirs > PAGE_SIZE)
		return -E2BIG;
	return copy_struct_from_user(to, size, from, theirs);
}

static fmode_t needed_mode(unsigned int cmd)
{
	switch (cmd) {
	case VMNET_IOC_SEND:
		return FMODE_WRITE;
	case VMNET_IOC_RECV:
		return FMODE_READ;
	case VMNET_IOC_SOCKET:
		return FMODE_READ | FMODE_WRITE;
	}
	return 0;
}

/**
 * vmnet_ioctl - one ioctl on an open file
 * @f: the file
 * @file: the descriptor's; what moves frames needs its mode, as read() and
 *	write() do. VMware's and TUN's calls work in any mode.
 * @cmd: the number
 * @arg: the argument, a user pointer for most
 *
 * Return: what the call returns; -EBADF in the wrong mode, -EINVAL for an
 * unknown call on a tap-like port (QEMU aborts on anything else), -ENOTTY on
 * all others, -ENODEV when what the file stood for has ended.
 * Context: process, no lock held.
 */
long vmnet_ioctl(struct vmnet_file *f, const struct file *file,
		 unsigned int cmd, void __user *arg)
{
	long ret;

	if (needed_mode(cmd) & ~file->f_mode)
		return -EBADF;

	/* These move frames: several at a time, and they may wait. */
	switch (cmd) {
	case VMNET_IOC_SEND:
		return vmnet_batch_send(f, arg);
	case VMNET_IOC_RECV:
		return vmnet_batch_recv(f, arg, file->f_flags & O_NONBLOCK);
	}
	if (is_gone(f))
		return -ENODEV;
	if (mutex_lock_interruptible(&f->lock))
		return -ERESTARTSYS;
	ret = vmnet_own_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = vmnet_vmw_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = vmnet_tun_ioctl(f, cmd, arg);
	if (ret == VMNET_NOT_MINE)
		ret = speaks_tun(f) ? -EINVAL : -ENOTTY;
	settle(f);
	mutex_unlock(&f->lock);
	return ret;
}
