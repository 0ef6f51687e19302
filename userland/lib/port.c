// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <linux/vmnet.h>
#include "gso.h"
#include "port.h"

/* Taken at once: with a sender's whole window, it would stand still meanwhile. */
#define RECV_BYTES (256U << 10)
#define SOCKET_BATCH 16
#define HEADER_ROOM 32
#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

static void random_mac(uint8_t mac[6])
{
	static const uint8_t oui[3] = { 0x00, 0x50, 0x56 };

	memcpy(mac, oui, 3);
	if (getrandom(mac + 3, 3, 0) != 3)
		memset(mac + 3, 0x55, 3);
	mac[3] |= 0xe0;
}

/* A number that an interface has, 0 when there is none of that name. */
static uint32_t number_of(const char *ifname, unsigned long request)
{
	struct ifreq ifr = { 0 };
	int s, bad;

	if (strlen(ifname) >= IFNAMSIZ)
		return 0;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return 0;
	memcpy(ifr.ifr_name, ifname, strlen(ifname));
	bad = ioctl(s, request, &ifr);
	close(s);
	return bad || ifr.ifr_ifru.ifru_ivalue < 0 ? 0 : (uint32_t)ifr.ifr_ifru.ifru_ivalue;
}

/* Turn on header and offloads of a node of ours, if wanted; an old module has none. */
static void setup_vmnet(struct port *p, bool offload)
{
	struct vmnet_setup s = {
		.size = sizeof(s),
		.vnet_hdr_sz = offload ? sizeof(struct virtio_net_hdr) : 0,
		.offload = offload ? OFFLOADS : 0,
	};

	if (ioctl(p->fd, VMNET_IOC_SETUP, &s))
		return;
	p->hdr_sz = s.vnet_hdr_sz;
	p->offloads = s.offload;
	p->queue = s.queue_len;
}

/*
 * A node of ours has a socket as well, for many frames a call. The node stays
 * open: by it lsof and fuser show who is on a network.
 */
static void use_socket(struct port *p)
{
	int fd = ioctl(p->fd, VMNET_IOC_SOCKET, VMNET_SOCKET_CLOEXEC | VMNET_SOCKET_NONBLOCK);

	if (fd < 0)
		return;
	p->node = p->fd;
	p->fd = fd;
	p->is_socket = true;
}

/* Make a node that is open a port of ours. Return: 0 or negative errno. */
static int setup_dev(struct port *p, const struct port_opts *opts)
{
	uint32_t flags = VMNET_FLAG_UP | VMNET_FLAG_BROADCAST | VMNET_FLAG_MULTICAST;
	uint32_t version = VMNET_API_VERSION;
	struct vmnet_mac mac = {
		.version = VMNET_MAC_VERSION,
		.flags = VMNET_MAC_UNIQUE,
	};

	if (ioctl(p->fd, SIOCGETAPIVERSION2, &version))
		return -errno;
	if (version >> 16 != VMNET_API_VERSION >> 16)
		return -EPROTO;
	if (opts->mac) {
		memcpy(mac.mac, opts->mac, 6);
		if (ioctl(p->fd, SIOCSETMACADDR, &mac))
			return -errno;
	}
	if (ioctl(p->fd, SIOCGETMACADDR, p->mac))
		return -errno;
	setup_vmnet(p, opts->want_offload);
	if (opts->promisc)
		flags |= VMNET_FLAG_PROMISC;
	if (ioctl(p->fd, SIOCSPORTFLAGS, &flags))
		return -errno;
	/* The host's own interface on the network has the node's name. */
	p->mtu = number_of(strrchr(p->name, '/') + 1, SIOCGIFMTU);
	use_socket(p);
	return 0;
}

/**
 * port_open_dev - plug into a network by its node
 * @p: filled in
 * @name: "/dev/vmnet8" or "vmnet8"
 * @opts: how
 *
 * Return: 0 or negative errno; port_strerror() has the sentence.
 */
int port_open_dev(struct port *p, const char *name, const struct port_opts *opts)
{
	int err;

	*p = (struct port){ .fd = -1, .node = -1 };
	snprintf(p->name, sizeof(p->name), "%s%s", strchr(name, '/') ? "" : "/dev/", name);
	p->is_vmnet = true;
	p->fd = open(p->name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	err = setup_dev(p, opts);
	if (err)
		port_close(p);
	return err;
}

/* Let more frames wait than taps usually do. One that may not has what it has. */
static void lengthen_queue(const char *ifname, uint32_t frames)
{
	struct ifreq ifr = { .ifr_qlen = (int)frames };
	int s;

	if (number_of(ifname, SIOCGIFTXQLEN) >= frames)
		return;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return;
	memcpy(ifr.ifr_name, ifname, strlen(ifname));
	(void)ioctl(s, SIOCSIFTXQLEN, &ifr);
	close(s);
}

static void setup_tap(struct port *p, const struct port_opts *opts)
{
	struct ifreq ifr = { 0 };
	int size = sizeof(struct virtio_net_hdr);

	if (ioctl(p->fd, TUNGETIFF, &ifr))
		memset(&ifr, 0, sizeof(ifr));
	p->mtu = number_of(ifr.ifr_name, SIOCGIFMTU);
	p->queue = number_of(ifr.ifr_name, SIOCGIFTXQLEN);
	if (ifr.ifr_flags & IFF_VNET_HDR) {
		if (ioctl(p->fd, TUNSETVNETHDRSZ, &size))
			ioctl(p->fd, TUNGETVNETHDRSZ, &size);
		p->hdr_sz = (unsigned int)size;
		if (opts->want_offload && !ioctl(p->fd, TUNSETOFFLOAD, (unsigned long)OFFLOADS))
			p->offloads = OFFLOADS;
	}
	if (opts->mac)
		memcpy(p->mac, opts->mac, 6);
	else
		random_mac(p->mac);
}

/**
 * port_open_tap - use a tap interface as the port
 * @p: filled in
 * @ifname: the interface; made when there is none
 * @opts: how
 *
 * What the host sends through the interface arrives here. Return: 0 or negative
 * errno.
 */
int port_open_tap(struct port *p, const char *ifname, const struct port_opts *opts)
{
	struct ifreq ifr = { 0 };
	int err;

	*p = (struct port){ .fd = -1, .node = -1 };
	snprintf(p->name, sizeof(p->name), "tap %s", ifname);
	if (strlen(ifname) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	p->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, ifname, strlen(ifname));
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (opts->want_offload)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (ioctl(p->fd, TUNSETIFF, &ifr)) {
		err = -errno;
		port_close(p);
		return err;
	}
	lengthen_queue(ifname, opts->queue);
	setup_tap(p, opts);
	return 0;
}

/*
 * A node that nobody has made a tap of? The question makes it VMware's port, so
 * it comes before those that a tap answers.
 */
static bool is_node(int fd, struct stat *st)
{
	uint32_t version = VMNET_API_VERSION;

	return !fstat(fd, st) && S_ISCHR(st->st_mode) && !ioctl(fd, SIOCGETAPIVERSION2, &version);
}

/**
 * port_open_fd - use an open file, a tap or a node, as the port
 * @p: filled in
 * @fd: the file; ours from now on
 * @opts: how
 *
 * A node that has been used as a tap is one. Return: 0, -EINVAL when it is
 * neither, or another negative errno.
 */
int port_open_fd(struct port *p, int fd, const struct port_opts *opts)
{
	struct ifreq ifr = { 0 };
	struct stat st;
	int fl;

	*p = (struct port){ .fd = fd, .node = -1 };
	snprintf(p->name, sizeof(p->name), "descriptor %d", fd);
	if (is_node(fd, &st)) {
		p->is_vmnet = true;
		snprintf(p->name, sizeof(p->name), "/dev/vmnet%u", minor(st.st_rdev));
	} else if (ioctl(fd, TUNGETIFF, &ifr)) {
		return -EINVAL;
	}
	fl = fcntl(fd, F_GETFL);
	if (fl < 0 || fcntl(fd, F_SETFL, fl | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	if (p->is_vmnet)
		return setup_dev(p, opts);
	setup_tap(p, opts);
	return 0;
}

/* Unplug. Nothing happens to a port that is not open. */
void port_close(struct port *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->node >= 0)
		close(p->node);
	p->fd = -1;
	p->node = -1;
}

/**
 * port_strerror - why a port could not be opened, and what to do
 * @p: the port
 * @err: what opening returned
 * @buf: for the sentence
 * @size: of @buf
 *
 * Return: @buf.
 */
const char *port_strerror(const struct port *p, int err, char *buf, unsigned int size)
{
	const char *hint = "";

	if (p->is_vmnet) {
		if (err == -ENXIO || err == -ENODEV)
			hint = " (the vmnet module is not loaded: modprobe "
			       "vmnet)";
		else if (err == -ENOENT && access("/proc/vmnet", F_OK))
			hint = " (the vmnet module is not loaded: modprobe "
			       "vmnet)";
		else if (err == -ENOENT)
			hint = " (no such node: mknod it, or load the module "
			       "with nodes=)";
		else if (err == -EACCES || err == -EPERM)
			hint = " (run as root, or as a member of the node's "
			       "group)";
		else if (err == -EPROTO)
			hint = " (the module speaks another version of the "
			       "interface)";
		else if (err == -EBUSY)
			hint = " (the network is full, or the address is "
			       "taken)";
	}
	snprintf(buf, size, "%s: %s%s", p->name, strerror(-err), hint);
	return buf;
}

static void header_to_frame(const struct virtio_net_hdr *vh, struct frame *f)
{
	f->csum = FRAME_CSUM_NONE;
	if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		f->csum = FRAME_CSUM_PARTIAL;
	else if (vh->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		f->csum = FRAME_CSUM_VALID;
	f->gso_type = vh->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
	f->gso_size = vh->gso_size;
	f->hdr_len = vh->hdr_len;
	f->csum_start = vh->csum_start;
	f->csum_offset = vh->csum_offset;
}

static void frame_to_header(const struct frame *f, struct virtio_net_hdr *vh)
{
	if (f->csum == FRAME_CSUM_PARTIAL) {
		vh->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vh->csum_start = f->csum_start;
		vh->csum_offset = f->csum_offset;
	}
	vh->gso_type = f->gso_type;
	if (f->gso_type) {
		vh->gso_size = f->gso_size;
		vh->hdr_len = f->hdr_len;
	}
}

/* A frame has been read, with its header. Return: it is one. */
static bool take(const struct port *p, struct frame *f, const uint8_t *header, size_t len)
{
	struct virtio_net_hdr vh;

	if (len < p->hdr_sz + 14)
		return false;
	f->len = (uint32_t)(len - p->hdr_sz);
	if (p->hdr_sz) {
		memcpy(&vh, header, sizeof(vh));
		header_to_frame(&vh, f);
	} else {
		f->csum = FRAME_CSUM_NONE;
		f->gso_type = FRAME_GSO_NONE;
	}
	return true;
}

/* What read() takes. Return: frames (0: one that is none), or negative errno. */
static int recv_one(struct port *p, struct frame *f)
{
	uint8_t header[HEADER_ROOM] = { 0 };
	struct iovec iov[2] = { { header, p->hdr_sz }, { f->data, f->cap } };
	ssize_t got;

	do {
		got = p->hdr_sz ? readv(p->fd, iov, 2) : read(p->fd, f->data, f->cap);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : take(p, f, header, (size_t)got);
}

/* What one call of a socket takes. Return: as recv_one(). */
static int recv_many(struct port *p, struct frame *f, unsigned int n)
{
	uint8_t header[SOCKET_BATCH][HEADER_ROOM] = { 0 };
	struct iovec iov[SOCKET_BATCH][2];
	struct mmsghdr msgs[SOCKET_BATCH] = { 0 };
	unsigned int i, good = 0, skip = p->hdr_sz ? 0 : 1;
	struct frame bad;
	int got;

	if (n > SOCKET_BATCH)
		n = SOCKET_BATCH;
	for (i = 0; i < n; i++) {
		iov[i][0] = (struct iovec){ header[i], p->hdr_sz };
		iov[i][1] = (struct iovec){ f[i].data, f[i].cap };
		msgs[i].msg_hdr.msg_iov = iov[i] + skip;
		msgs[i].msg_hdr.msg_iovlen = 2 - skip;
	}
	do {
		got = recvmmsg(p->fd, msgs, n, MSG_DONTWAIT, NULL);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	for (i = 0; i < (unsigned int)got; i++) {
		if (msgs[i].msg_hdr.msg_flags & MSG_TRUNC ||
		    !take(p, &f[i], header[i], msgs[i].msg_len))
			continue;
		/* The room of those that are none is for later ones. */
		bad = f[good];
		f[good++] = f[i];
		f[i] = bad;
	}
	return (int)good;
}

/**
 * port_recv - take frames that wait
 * @p: the port
 * @f: frames with room (data, cap); the rest is filled in
 * @n: how many
 *
 * One that is longer than its room is dropped. There may be more when @n were
 * filled in, or bytes enough. Return: how many were filled in, 0 when nothing
 * waits, negative errno.
 */
int port_recv(struct port *p, struct frame *f, unsigned int n)
{
	unsigned int i = 0;
	size_t bytes = 0;
	int got;

	while (i < n && bytes < RECV_BYTES) {
		got = p->is_socket ? recv_many(p, f + i, n - i) : recv_one(p, f + i);
		if (got == -EAGAIN || (got < 0 && i))
			break;
		if (got < 0)
			return got;
		for (; got; got--)
			bytes += f[i++].len;
	}
	return (int)i;
}

/* Put a frame in the form of a system call. Return: pieces. */
static unsigned int put(const struct port *p, const struct frame *f, uint8_t *header,
			struct iovec iov[3])
{
	struct virtio_net_hdr vh = { 0 };
	unsigned int n = 0;

	if (p->hdr_sz) {
		frame_to_header(f, &vh);
		memcpy(header, &vh, sizeof(vh));
		iov[n++] = (struct iovec){ header, p->hdr_sz };
	}
	iov[n++] = (struct iovec){ f->data, f->len };
	if (f->tail_len)
		iov[n++] = (struct iovec){ (void *)(uintptr_t)f->tail, f->tail_len };
	return n;
}

/* One frame the port takes as it is. Return: 0 or negative errno. */
static int send_one(struct port *p, const struct frame *f)
{
	uint8_t header[HEADER_ROOM] = { 0 };
	struct iovec iov[3];
	int count = (int)put(p, f, header, iov);
	ssize_t n;

	do {
		n = count > 1 ? writev(p->fd, iov, count) : write(p->fd, f->data, f->len);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int send_plain(void *arg, const struct frame *f)
{
	return send_one(arg, f);
}

/* Does the port take the frame as it is? */
static bool is_plain(const struct port *p, const struct frame *f)
{
	return p->hdr_sz || (f->gso_type == FRAME_GSO_NONE && f->csum != FRAME_CSUM_PARTIAL);
}

/* The first of some frames. Return: 1, or negative errno. */
static int send_first(struct port *p, const struct frame *f)
{
	int err = is_plain(p, f) ? send_one(p, f) : gso_resolve(f, send_plain, p);

	return err ? err : 1;
}

/* What one call of a socket sends. Return: frames, or negative errno. */
static int send_many(struct port *p, const struct frame *f, unsigned int n)
{
	uint8_t header[SOCKET_BATCH][HEADER_ROOM] = { 0 };
	struct iovec iov[SOCKET_BATCH][3];
	struct mmsghdr msgs[SOCKET_BATCH] = { 0 };
	unsigned int i;
	int sent;

	for (i = 0; i < n && i < SOCKET_BATCH && is_plain(p, &f[i]); i++) {
		msgs[i].msg_hdr.msg_iov = iov[i];
		msgs[i].msg_hdr.msg_iovlen = put(p, &f[i], header[i], iov[i]);
	}
	if (i < 2)
		return send_first(p, f);
	do {
		sent = sendmmsg(p->fd, msgs, i, MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

/**
 * port_send - send frames
 * @p: the port
 * @f: the frames; what the port cannot do for them is done here
 * @n: how many
 *
 * Return: how many were taken, fewer than @n when the port has no room;
 * negative errno when the first one failed for another reason.
 */
int port_send(struct port *p, const struct frame *f, unsigned int n)
{
	unsigned int i = 0;
	int sent;

	while (i < n) {
		sent = p->is_socket ? send_many(p, f + i, n - i) : send_first(p, f + i);
		if (sent == -EAGAIN || sent == -ENOBUFS)
			break;
		if (sent < 0)
			return i ? (int)i : sent;
		i += (unsigned int)sent;
	}
	return (int)i;
}
