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
#include <linux/seq_file.h>
#include <linux/uio.h>
#include "chardev.h"
#include "fileio.h"
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

static int chardev_open(struct inode *inode, struct file *file)
{
	struct vmnet_file *f = vmnet_file_open(iminor(inode));

	if (IS_ERR(f))
		return PTR_ERR(f);
	file->private_data = f;
	/* io_uring may call us inline: we know IOCB_NOWAIT. */
	file->f_mode |= FMODE_NOWAIT;
	/* Without llseek it cannot seek; pread and pwrite ignore their offset. */
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	vmnet_file_put(file->private_data);
	return 0;
}

/* One frame of @len bytes, header included. */
static ssize_t write_frame(struct vmnet_file *f, const struct vmnet_view *v,
			   struct iov_iter *from, size_t len, bool nowait)
{
	gfp_t gfp = nowait ? GFP_NOWAIT | __GFP_NOWARN : GFP_KERNEL;
	struct sk_buff *skb = vmnet_file_make(f, v, from, len, gfp);

	/* io_uring would wait until it can write, and only a tap ever says so. */
	if (skb == ERR_PTR(-ENOBUFS) && nowait &&
	    v->dialect == VMNET_DIALECT_TUN)
		return -EAGAIN;
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	if (likely(skb))
		vmnet_file_forward(f, skb);
	return len;
}

/*
 * VMware's writev sends a frame per element and stops at the first that fails;
 * TUN's, and one with a header, sends one frame.
 */
static ssize_t chardev_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	struct vmnet_file *f = iocb->ki_filp->private_data;
	struct vmnet_view v;
	ssize_t done = 0, ret;

	vmnet_view(f, &v);
	if (vmnet_frame_per_call(&v))
		return write_frame(f, &v, from, iov_iter_count(from), nowait);
	do {
		ret = write_frame(f, &v, from, iov_iter_single_seg_count(from),
				  nowait);
		if (ret < 0)
			return done ? done : ret;
		done += ret;
		if (likely(!iov_iter_count(from)))
			break;
		vmnet_view(f, &v);
	} while (true);
	return done;
}

/* Take a record, which has a size, 0 when there is none, or an error. */
static ssize_t take_record(struct vmnet_file *f, void *buf)
{
	struct vmnet_port *port;
	ssize_t size;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	if (port->ops->record)
		size = port->ops->record(port, buf);
	else
		size = READ_ONCE(port->gone) ? -ENODEV : -EPERM;
	rcu_read_unlock();
	return size;
}

/* Is there a record, or has the port become another? */
static bool wake_record_reader(struct vmnet_file *f)
{
	struct vmnet_port *port;
	bool wake;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	wake = !port->ops->record || port->ops->poll(port);
	rcu_read_unlock();
	return wake;
}

/* One record a call, cut when there is no room. */
static ssize_t read_record(struct kiocb *iocb, struct iov_iter *to)
{
	struct vmnet_file *f = iocb->ki_filp->private_data;
	bool nonblock = iocb->ki_filp->f_flags & O_NONBLOCK ||
			iocb->ki_flags & IOCB_NOWAIT;
	u8 buf[VMNET_RECORD_MAX];
	ssize_t size;

	for (;;) {
		size = take_record(f, buf);
		if (size < 0)
			return size;
		if (size)
			break;
		if (nonblock)
			return -EAGAIN;
		if (wait_event_interruptible(f->wq.wait, wake_record_reader(f)))
			return -ERESTARTSYS;
	}
	size = min_t(ssize_t, size, iov_iter_count(to));
	return copy_to_iter(buf, size, to) == size ? size : -EFAULT;
}

static ssize_t read_frame(struct kiocb *iocb, struct iov_iter *to, size_t room,
			  bool nonblock)
{
	struct vmnet_view v;
	struct sk_buff *skb;
	ssize_t ret;

	nonblock |= iocb->ki_filp->f_flags & O_NONBLOCK ||
		    iocb->ki_flags & IOCB_NOWAIT;
	skb = vmnet_file_take(iocb->ki_filp->private_data, &v, room, nonblock);
	/* No user port: there may be something else to read. */
	if (unlikely(skb == ERR_PTR(-EPERM)))
		return read_record(iocb, to);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	ret = vmnet_skb_to_iter(skb, to, v.hdr_sz);
	vmnet_skb_done(skb);
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
	ssize_t done = 0, ret;
	struct vmnet_view v;
	size_t room;

	/* One element: the dialect does not matter. */
	room = iov_iter_single_seg_count(to);
	if (room == iov_iter_count(to))
		return read_frame(iocb, to, room, false);
	vmnet_view(f, &v);
	if (vmnet_frame_per_call(&v) || !v.is_user)
		return read_frame(iocb, to, iov_iter_count(to), false);
	do {
		room = iov_iter_single_seg_count(to);
		if (done && !vmnet_file_readable(f))
			return done;
		/* Another reader may have been quicker. */
		ret = read_frame(iocb, to, room, done);
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
	__poll_t mask;

	poll_wait(file, &f->wq.wait, wait);
	rcu_read_lock();
	port = rcu_dereference(f->port);
	mask = port->ops->poll ? port->ops->poll(port) : EPOLLERR | EPOLLHUP;
	rcu_read_unlock();
	return mask;
}

static long chardev_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	return vmnet_ioctl(file->private_data, file, cmd, (void __user *)arg);
}

static void chardev_show_fdinfo(struct seq_file *m, struct file *file)
{
	static const char *const dialects[] = { "none", "vmware", "tun" };
	struct vmnet_file *f = file->private_data;
	const struct vmnet_slot *slot;
	struct vmnet_uport_counts c;
	struct vmnet_port *port;
	struct vmnet_uport *u;

	rcu_read_lock();
	port = rcu_dereference(f->port);
	/* One that is being replaced has no slot any more. */
	slot = rcu_access_pointer(port->hub) ? READ_ONCE(port->slot) : NULL;
	seq_printf(m, "vmnet-port:\t%u\nvmnet-kind:\t%s%u\n", port->id,
		   vmnet_port_kinds[port->ops->kind], port->number);
	if (slot)
		seq_printf(m, "vmnet-place:\t%s%u.%u\n",
			   vmnet_hub_prefix(slot->hub), slot->hub->number,
			   slot->index);
	if (port->ops->kind == VMNET_PORT_USER) {
		u = vmnet_uport(port);
		vmnet_uport_counts(u, &c);
		seq_printf(m, "vmnet-dialect:\t%s\nvmnet-queue:\t%u of %u frames, %u bytes\n",
			   dialects[READ_ONCE(u->dialect)], c.frames,
			   READ_ONCE(u->queue_len), c.bytes);
	}
	rcu_read_unlock();
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
	.show_fdinfo = chardev_show_fdinfo,
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
