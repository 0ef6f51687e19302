// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket view of a user port: recvmmsg(), sendmmsg() and vhost-net work on
 * it, and so do read(), write() and the ioctls of the device.
 *
 * Lifetime: a view holds its file (struct vmnet_file), which keeps the port
 * plugged in until the last view and the device are closed, and it pins the
 * port to the file: conversions answer EBUSY meanwhile. So &socket.sk, which is
 * part of the port, is there for as long as the socket.
 */
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/security.h>
#include <linux/vmnet.h>
#include <net/sock.h>
#include "file.h"
#include "fileio.h"
#include "ioctl.h"
#include "skbio.h"
#include "sock.h"

/* The queue that readers of a port sleep on is that of its file. */
static struct vmnet_file *sock_file(struct socket *sock)
{
	return container_of(rcu_access_pointer(sock->sk->sk_wq),
			    struct vmnet_file, wq);
}

static int view_release(struct socket *sock)
{
	struct vmnet_file *f = sock_file(sock);

	sock->sk = NULL;
	atomic_dec(&f->views);
	vmnet_file_put(f);
	return 0;
}

static __poll_t view_poll(struct file *file, struct socket *sock,
			  poll_table *wait)
{
	struct vmnet_file *f = sock_file(sock);
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &f->wq.wait, wait);
	if (vmnet_file_readable(f))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

/*
 * One frame a message. Control data is never looked at: vhost-net passes kernel
 * pointers there, if it takes us for a tap, and anybody can write the like.
 */
static int view_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct vmnet_file *f = sock_file(sock);
	struct vmnet_view v;
	struct sk_buff *skb;

	vmnet_view(f, &v);
	skb = vmnet_file_make(f, &v, &msg->msg_iter, len, GFP_KERNEL);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	if (skb)
		vmnet_file_forward(f, skb);
	return len;
}

/* One frame a message, cut to what there is room for, as datagrams are. */
static int view_recvmsg(struct socket *sock, struct msghdr *msg, size_t len,
			int flags)
{
	struct vmnet_view v;
	struct sk_buff *skb;
	ssize_t whole, ret;

	if (flags & ~(MSG_DONTWAIT | MSG_TRUNC | MSG_WAITALL |
		      MSG_CMSG_CLOEXEC | MSG_CMSG_COMPAT))
		return -EOPNOTSUPP;
	skb = vmnet_file_take(sock_file(sock), &v, SIZE_MAX,
			      flags & MSG_DONTWAIT);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	whole = v.hdr_sz + skb->len;
	ret = vmnet_skb_to_iter(skb, &msg->msg_iter, v.hdr_sz);
	vmnet_skb_done(skb);
	if (ret >= 0 && ret < whole) {
		msg->msg_flags |= MSG_TRUNC;
		if (flags & MSG_TRUNC)
			ret = whole;
	}
	return ret;
}

static int view_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return vmnet_ioctl(sock_file(sock), sock->file, cmd,
			   (void __user *)arg);
}

#ifdef CONFIG_COMPAT
static int view_compat_ioctl(struct socket *sock, unsigned int cmd,
			     unsigned long arg)
{
	return view_ioctl(sock, cmd, (unsigned long)compat_ptr(arg));
}
#endif

static const struct proto_ops view_ops = {
	.family = AF_UNSPEC,
	.owner = THIS_MODULE,
	.release = view_release,
	.bind = sock_no_bind,
	.connect = sock_no_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = sock_no_getname,
	.poll = view_poll,
	.ioctl = view_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = view_compat_ioctl,
#endif
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.sendmsg = view_sendmsg,
	.recvmsg = view_recvmsg,
	.mmap = sock_no_mmap,
};

/**
 * vmnet_sock_create - VMNET_IOC_SOCKET: open a socket view of a file's port
 * @f: the file
 * @flags: VMNET_SOCKET_*
 *
 * vhost-net takes a socket of no other kind than SOCK_RAW of AF_PACKET. The
 * family all ports have, for good, since the core counts by it; the type is
 * that of a port which once had a view for vhost-net. Nothing in vhost-net
 * looks behind that, and its short cut by control data is taken only when
 * sk_sndbuf is INT_MAX, which ours never is.
 *
 * Return: a file descriptor; -EINVAL for unknown flags, -ENOTTY on a port that
 * programs do not read, -ENFILE, -EMFILE, -ENOMEM. Context: process, the
 * file's lock held.
 */
long vmnet_sock_create(struct vmnet_file *f, unsigned int flags)
{
	struct vmnet_port *port = vmnet_file_port(f);
	struct socket *sock;
	struct file *file;
	struct sock *sk;
	int fd, err;

	lockdep_assert_held(&f->lock);
	if (flags & ~(VMNET_SOCKET_VHOST | VMNET_SOCKET_NONBLOCK |
		      VMNET_SOCKET_CLOEXEC))
		return -EINVAL;
	if (port->ops->kind != VMNET_PORT_USER)
		return -ENOTTY;
	fd = get_unused_fd_flags(flags & VMNET_SOCKET_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	err = sock_create_lite(AF_PACKET, SOCK_RAW, 0, &sock);
	if (err)
		goto fd;

	sk = &vmnet_uport(port)->sk;
	if (flags & VMNET_SOCKET_VHOST)
		sk->sk_type = SOCK_RAW;
	else if (!sk->sk_type)
		sk->sk_type = SOCK_DGRAM;
	vmnet_file_get(f);
	atomic_inc(&f->views);
	sock->sk = sk;
	security_sock_graft(sk, sock);
	/* Given back when the socket is released. */
	__module_get(THIS_MODULE);
	sock->ops = &view_ops;

	/* On failure it releases the socket. */
	file = sock_alloc_file(sock, flags & VMNET_SOCKET_NONBLOCK ? O_NONBLOCK
								   : 0,
			       "vmnet");
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto fd;
	}
	fd_install(fd, file);
	return fd;
fd:
	put_unused_fd(fd);
	return err;
}
