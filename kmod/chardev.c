// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vmnetN: each open plugs a port into hub N, each read is one Ethernet
 * frame, each write is one (vmware-abi sections 1 and 3).
 */
#include <linux/bitmap.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uio.h>
#include "chardev.h"
#include "file.h"
#include "fwd.h"
#include "ioctl.h"
#include "skbio.h"
#include "uport.h"

static int major = VMNET_MAJOR;
module_param(major, int, 0444);
MODULE_PARM_DESC(major, "major device number (119; 0: dynamic)");

static char *nodes = "0-9";
module_param(nodes, charp, 0444);
MODULE_PARM_DESC(nodes, "device nodes to make, a list such as 0-9,20 (0-9)");

static struct class *vmnet_class;
static struct cdev vmnet_cdev;
static DECLARE_BITMAP(node_map, VMNET_MINORS);

/* What a reader or writer needs to know of its port, taken at one moment. */
struct port_view {
	bool			is_user;
	bool			is_gone;
	bool			up;
	enum vmnet_dialect	dialect;
	unsigned int		hdr_sz;
	unsigned int		max_frame;
};

static struct port_view view_port(struct vmnet_file *f)
{
	struct port_view v = {};
	struct vmnet_port *port;
	struct vmnet_uport *u;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	v.is_user = port->ops->kind == VMNET_PORT_USER;
	v.is_gone = READ_ONCE(port->gone);
	if (v.is_user) {
		u = vmnet_uport(port);
		v.up = READ_ONCE(port->flags) & VMNET_FLAG_UP;
		v.dialect = READ_ONCE(u->dialect);
		v.hdr_sz = READ_ONCE(u->hdr_sz);
		v.max_frame = vmnet_uport_max_frame(u);
	}
	rcu_read_unlock();
	return v;
}

/* The error of a call that only user ports know. */
static int not_user(const struct port_view *v)
{
	return v->is_gone ? -ENODEV : -EPERM;
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct vmnet_file *f = vmnet_file_open(iminor(inode));

	if (IS_ERR(f))
		return PTR_ERR(f);
	file->private_data = f;
	/* Without llseek it cannot seek; pread and pwrite ignore their offset. */
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	vmnet_file_close(file->private_data);
	return 0;
}

static void count(struct vmnet_file *f, enum vmnet_stat what)
{
	struct vmnet_port *port;

	local_bh_disable();
	rcu_read_lock();
	port = rcu_dereference(f->port);
	vmnet_stat_add(port->stats, what, 1);
	rcu_read_unlock();
	local_bh_enable();
}

/* One frame of @len bytes, header included. */
static ssize_t write_frame(struct vmnet_file *f, struct iov_iter *from,
			   size_t len)
{
	struct port_view v = view_port(f);
	struct vmnet_port *port;
	struct sk_buff *skb;

	if (!v.is_user)
		return not_user(&v);
	if (len < v.hdr_sz + VMNET_MIN_FRAME || len > v.hdr_sz + v.max_frame)
		return -EINVAL;
	if (!v.up) {
		count(f, VMNET_STAT_DROP_DOWN);
		iov_iter_advance(from, len);
		return len;
	}
	count(f, VMNET_STAT_WRITTEN);
	skb = vmnet_skb_from_iter(from, len, v.hdr_sz);
	if (IS_ERR(skb))
		return PTR_ERR(skb);

	local_bh_disable();
	rcu_read_lock();
	/* A conversion meanwhile: the frame is lost, as if it came before. */
	port = rcu_dereference(f->port);
	if (port->ops->kind == VMNET_PORT_USER)
		vmnet_fwd(port, skb);
	else
		kfree_skb(skb);
	rcu_read_unlock();
	local_bh_enable();
	return len;
}

/* Does one call carry one frame, whatever the number of elements? */
static bool frame_per_call(const struct port_view *v)
{
	return v->dialect == VMNET_DIALECT_TUN || v->hdr_sz;
}

/*
 * VMware's writev sends a frame per element and stops at the first that fails;
 * TUN's, and one with a header, sends one frame.
 */
static ssize_t chardev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct vmnet_file *f = iocb->ki_filp->private_data;
	struct port_view v = view_port(f);
	ssize_t done = 0, ret;

	if (frame_per_call(&v))
		return write_frame(f, from, iov_iter_count(from));
	do {
		ret = write_frame(f, from, iov_iter_single_seg_count(from));
		if (ret < 0)
			return done ? done : ret;
		done += ret;
	} while (iov_iter_count(from));
	return done;
}

/* Is there something to be read, or has the port become another? */
static bool wake_reader(struct vmnet_file *f)
{
	struct vmnet_port *port;
	bool wake;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	wake = port->ops->kind != VMNET_PORT_USER ||
	       !vmnet_uport_empty(vmnet_uport(port));
	rcu_read_unlock();
	return wake;
}

/* Take a frame off the queue, or NULL. Sets @v to the port as it then was. */
static struct sk_buff *try_dequeue(struct vmnet_file *f, size_t room,
				   struct port_view *v)
{
	struct sk_buff *skb;
	struct vmnet_port *port;

	*v = view_port(f);
	if (!v->is_user)
		return ERR_PTR(not_user(v));
	/* TUN cuts what does not fit, VMware's keeps it. */
	if (v->dialect != VMNET_DIALECT_TUN && room < v->hdr_sz)
		return ERR_PTR(-EINVAL);
	room = v->dialect == VMNET_DIALECT_TUN ? SIZE_MAX : room - v->hdr_sz;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	skb = port->ops->kind == VMNET_PORT_USER ?
	      vmnet_uport_dequeue(vmnet_uport(port), room) : ERR_PTR(-EPERM);
	rcu_read_unlock();
	return skb;
}

static ssize_t read_frame(struct kiocb *iocb, struct iov_iter *to, size_t room)
{
	struct vmnet_file *f = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK ||
			iocb->ki_flags & IOCB_NOWAIT;
	struct port_view v;
	struct sk_buff *skb;
	ssize_t ret;

	for (;;) {
		skb = try_dequeue(f, room, &v);
		if (IS_ERR(skb))
			return PTR_ERR(skb);
		if (skb)
			break;
		if (nonblock)
			return -EAGAIN;
		if (wait_event_interruptible(f->wq.wait, wake_reader(f)))
			return v.dialect == VMNET_DIALECT_TUN ? -ERESTARTSYS
							      : -EINTR;
	}
	ret = vmnet_skb_to_iter(skb, to, v.hdr_sz);
	consume_skb(skb);
	return ret;
}

/*
 * VMware's readv fills an element per frame and stops at the first that is not
 * filled exactly, or when nothing waits; TUN's, and one with a header, reads
 * one frame.
 */
static ssize_t chardev_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct vmnet_file *f = iocb->ki_filp->private_data;
	struct port_view v = view_port(f);
	ssize_t done = 0, ret;
	size_t room;

	if (frame_per_call(&v))
		return read_frame(iocb, to, iov_iter_count(to));
	do {
		room = iov_iter_single_seg_count(to);
		if (done && !wake_reader(f))
			return done;
		ret = read_frame(iocb, to, room);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
	} while (ret == room && iov_iter_count(to));
	return done;
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct vmnet_file *f = file->private_data;
	struct vmnet_port *port;
	__poll_t mask = EPOLLERR | EPOLLHUP;

	poll_wait(file, &f->wq.wait, wait);
	rcu_read_lock();
	port = rcu_dereference(f->port);
	if (port->ops->kind == VMNET_PORT_USER) {
		struct vmnet_uport *u = vmnet_uport(port);
		bool empty = vmnet_uport_empty(u);

		/* VMware's never says it can be written to (vmware-abi 3.4). */
		if (READ_ONCE(u->dialect) == VMNET_DIALECT_TUN)
			mask = EPOLLOUT | EPOLLWRNORM |
			       (empty ? 0 : EPOLLIN | EPOLLRDNORM);
		else
			mask = empty ? 0 : EPOLLIN;
	}
	rcu_read_unlock();
	return mask;
}

static long chardev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	return vmnet_ioctl(file->private_data, cmd, (void __user *)arg);
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.read_iter = chardev_read_iter,
	.write_iter = chardev_write_iter,
	.poll = chardev_poll,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static char *node_mode(COMPAT_CLASS_CONST struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0660;
	return NULL;
}

static void remove_nodes(dev_t first)
{
	unsigned int i;

	for_each_set_bit(i, node_map, VMNET_MINORS)
		device_destroy(vmnet_class, first + i);
}

static int make_nodes(dev_t first)
{
	struct device *dev;
	unsigned int i;

	for_each_set_bit(i, node_map, VMNET_MINORS) {
		dev = device_create(vmnet_class, NULL, first + i, NULL,
				    "vmnet%u", i);
		if (IS_ERR(dev)) {
			bitmap_clear(node_map, i, VMNET_MINORS - i);
			remove_nodes(first);
			return PTR_ERR(dev);
		}
	}
	return 0;
}

/**
 * vmnet_chardev_init - make the device reachable
 *
 * The last step of loading. Return: 0 or an error: -EINVAL for a bad parameter,
 * -EBUSY when the major is taken.
 */
int vmnet_chardev_init(void)
{
	dev_t first = MKDEV(major, 0);
	int err;

	err = bitmap_parselist(nodes, node_map, VMNET_MINORS);
	if (err) {
		pr_err("vmnet: nodes=%s is not a list of numbers below %d\n",
		       nodes, VMNET_MINORS);
		return -EINVAL;
	}
	if (major)
		err = register_chrdev_region(first, VMNET_MINORS, "vmnet");
	else
		err = alloc_chrdev_region(&first, 0, VMNET_MINORS, "vmnet");
	if (err) {
		pr_err("vmnet: cannot have major %d (%d); is VMware's vmnet loaded?\n",
		       major, err);
		return err;
	}
	major = MAJOR(first);

	vmnet_class = class_create("vmnet");
	err = PTR_ERR_OR_ZERO(vmnet_class);
	if (err)
		goto region;
	vmnet_class->devnode = node_mode;

	cdev_init(&vmnet_cdev, &chardev_fops);
	vmnet_cdev.owner = THIS_MODULE;
	err = cdev_add(&vmnet_cdev, first, VMNET_MINORS);
	if (err)
		goto class;
	err = make_nodes(first);
	if (err)
		goto cdev;
	return 0;
cdev:
	cdev_del(&vmnet_cdev);
class:
	class_destroy(vmnet_class);
region:
	unregister_chrdev_region(first, VMNET_MINORS);
	return err;
}

void vmnet_chardev_exit(void)
{
	dev_t first = MKDEV(major, 0);

	remove_nodes(first);
	cdev_del(&vmnet_cdev);
	class_destroy(vmnet_class);
	unregister_chrdev_region(first, VMNET_MINORS);
}
