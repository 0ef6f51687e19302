// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-qemu-helper: opens a port of a network for QEMU, with everything that a
 * descriptor given by hand lacks: offloads, and vhost-net.
 *
 * QEMU runs it, tells it a socket, and gets the descriptor over that.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/vmnet.h>

static void usage(FILE *out)
{
	fputs("usage: vmnet-qemu-helper [--hub=N] [--vhost] [--no-offload] --fd=SOCKET "
	      "[--br=NAME] [--use-vnet]\n"
	      "\n"
	      "Run by QEMU, which adds what comes after --fd:\n"
	      "\n"
	      "  -netdev 'tap,id=n0,helper=vmnet-qemu-helper --hub=8'\n"
	      "  -netdev 'tap,id=n0,vhost=on,helper=vmnet-qemu-helper --hub=8 --vhost'\n"
	      "  -netdev bridge,id=n0,br=vmnet8,helper=/usr/local/sbin/vmnet-qemu-helper\n"
	      "\n"
	      "  --hub=N       the network, 0 to 255; else that of --br=vmnetN\n"
	      "  --vhost       a descriptor that vhost-net accepts\n"
	      "  --no-offload  frames without a virtio-net header\n"
	      "  --help        this text\n"
	      "  --version     the version\n",
	      out);
}

struct args {
	int hub;
	int sock;
	bool vhost, use_vnet, offload;
};

/* A number of a network, or -EINVAL. */
static int parse_hub(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < 0 || n >= VMNET_MINORS)
		return -EINVAL;
	return (int)n;
}

static int bad(const char *what, const char *value)
{
	fprintf(stderr, "vmnet-qemu-helper: %s: %s\n", value, what);
	return -EINVAL;
}

static int parse(int argc, char **argv, struct args *a)
{
	static const struct option longs[] = { { "hub", required_argument, NULL, 'n' },
					       { "br", required_argument, NULL, 'b' },
					       { "fd", required_argument, NULL, 'f' },
					       { "vhost", no_argument, NULL, 'v' },
					       { "use-vnet", no_argument, NULL, 'u' },
					       { "no-offload", no_argument, NULL, 'o' },
					       { "help", no_argument, NULL, 'h' },
					       { "version", no_argument, NULL, 'V' },
					       { NULL, 0, NULL, 0 } };
	const char *br = NULL;
	char *end;
	int opt;

	*a = (struct args){ .hub = -1, .sock = -1, .offload = true };
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'n':
			a->hub = parse_hub(optarg);
			if (a->hub < 0)
				return bad("not the number of a network (0 to 255)", optarg);
			break;
		case 'b':
			br = optarg;
			break;
		case 'f':
			a->sock = (int)strtol(optarg, &end, 10);
			if (end == optarg || *end || a->sock < 0)
				return bad("not a descriptor", optarg);
			break;
		case 'v':
			a->vhost = true;
			break;
		case 'u':
			a->use_vnet = true;
			break;
		case 'o':
			a->offload = false;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("vmnet-qemu-helper " VMNET_VERSION);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	if (optind != argc)
		return bad("what is this?", argv[optind]);
	/* QEMU says br0 when nobody told it anything. */
	if (a->hub < 0) {
		a->hub = br && !strncmp(br, "vmnet", 5) ? parse_hub(br + 5) : -EINVAL;
		if (a->hub < 0)
			return bad("no network; say --hub=N, or br=vmnetN", br ? br : "--br");
	}
	if (a->sock < 0)
		return bad("it is missing: QEMU is to run this program", "--fd");
	return 0;
}

/* What QEMU prints is all the user sees of it. */
static int failed(const char *node, const char *what, int err)
{
	const char *hint = "";

	if (err == EACCES)
		hint = " (the group of the node may open it: vmnet, with the udev rule)";
	else if (err == ENOENT || err == ENXIO || err == ENODEV)
		hint = " (is the module loaded? modprobe vmnet)";
	else if (err == EBUSY)
		hint = " (the network is full)";
	fprintf(stderr, "vmnet-qemu-helper: %s: %s%s%s%s\n", node, what, *what ? ": " : "",
		strerror(err), hint);
	return -err;
}

/* A port that QEMU can use as a tap; its descriptor, or a negative errno. */
static int open_port(const struct args *a)
{
	struct ifreq ifr = { 0 };
	char node[32];
	int fd, sock;

	snprintf(node, sizeof(node), "/dev/vmnet%d", a->hub);
	fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return failed(node, "", errno);
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (a->offload && a->use_vnet)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (ioctl(fd, TUNSETIFF, &ifr))
		return failed(node, "not a node of a vmnet module that I know", errno);
	if (!a->vhost)
		return fd;
	sock = ioctl(fd, VMNET_IOC_SOCKET,
		     VMNET_SOCKET_VHOST | VMNET_SOCKET_NONBLOCK | VMNET_SOCKET_CLOEXEC);
	if (sock < 0)
		return failed(node, "a socket for vhost-net", errno);
	close(fd);
	return sock;
}

static int send_fd(int sock, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -errno;
}

int main(int argc, char **argv)
{
	struct args a;
	int fd, err;

	if (parse(argc, argv, &a)) {
		usage(stderr);
		return 2;
	}
	fd = open_port(&a);
	if (fd < 0)
		return 1;
	err = send_fd(a.sock, fd);
	if (err) {
		fprintf(stderr,
			"vmnet-qemu-helper: descriptor %d: %s; QEMU is to run this program\n",
			a.sock, strerror(-err));
		return 1;
	}
	return 0;
}
