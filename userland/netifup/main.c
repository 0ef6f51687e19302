// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-netifup: makes the host's interface on a network, and keeps it for as
 * long as it runs. Addresses are the caller's to put on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vmnet.h>
#include "daemon.h"
#include "log.h"
#include "loop.h"

static void usage(FILE *out)
{
	fputs("usage: vmnet-netifup [-s LEVEL] [-d PIDFILE] /dev/vmnetN "
	      "INTERFACE\n"
	      "\n"
	      "Makes INTERFACE (at most 8 characters) on the network of the "
	      "node and\n"
	      "keeps it until it is stopped by SIGTERM.\n"
	      "\n"
	      "  -d PIDFILE  go to the background when the interface is there\n"
	      "  -s LEVEL    least urgent syslog level that is logged (6)\n"
	      "  -h, --help  this text\n"
	      "  --version   the version\n",
	      out);
}

struct args {
	const char *pidfile;
	const char *node;
	const char *name;
	int level;
};

static int parse(int argc, char **argv, struct args *a)
{
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		exit(0);
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("vmnet-netifup " VMNET_VERSION);
		exit(0);
	}
	a->level = LOG_INFO;
	while ((opt = getopt(argc, argv, "hs:d:")) != -1) {
		switch (opt) {
		case 'h':
			usage(stdout);
			exit(0);
		case 's':
			a->level = atoi(optarg);
			break;
		case 'd':
			a->pidfile = optarg;
			break;
		default:
			return -EINVAL;
		}
	}
	if (argc - optind != 2)
		return -EINVAL;
	a->node = argv[optind];
	a->name = argv[optind + 1];
	return 0;
}

static int open_node(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ENXIO || errno == ENODEV || (errno == ENOENT && access("/proc/vmnet", F_OK)))
		daemon_failed("%s: the vmnet module is not loaded: modprobe vmnet", node);
	daemon_failed("%s: %s", node, strerror(errno));
}

static void make_interface(int fd, const struct args *a)
{
	uint32_t version = VMNET_API_VERSION;
	char name[VMNET_NETIF_NAME] = { 0 };

	if (ioctl(fd, SIOCGETAPIVERSION2, &version) || version >> 16 != VMNET_API_VERSION >> 16)
		daemon_failed("%s: not a node of a vmnet module that I know", a->node);
	if (!a->name[0] || strlen(a->name) > sizeof(name))
		daemon_failed("%s: an interface name has 1 to 8 characters", a->name);
	memcpy(name, a->name, strlen(a->name));
	if (!ioctl(fd, SIOCNETIF, name))
		return;
	switch (errno) {
	case EPERM:
		daemon_failed("%s: no permission to make an interface; run as root", a->name);
	case EBUSY:
		daemon_failed("%s: the host has an interface on this network already", a->node);
	case ENODEV:
		daemon_failed("%s: the kernel refuses the interface; is the "
			      "name in use?",
			      a->name);
	case EDEADLK:
		daemon_failed("%s: the network is bridged to an interface of "
			      "this name",
			      a->name);
	default:
		daemon_failed("%s: %s", a->name, strerror(errno));
	}
}

/*
 * A guest that advertises itself is no router of the host's, and natd, which does
 * so for the guests, would lead the host back to itself. Addresses that are
 * advertised are welcome. Without IPv6 there is nothing to set.
 */
static void no_default_router(const char *ifname)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra_defrtr", ifname);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || write(fd, "0\n", 2) != 2)
		log_warn("%s: %s; guests may become routers of this host", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void on_term(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_quit(loop, 0);
}

int main(int argc, char **argv)
{
	struct pidfile pf = { .fd = -1 };
	struct args a = { 0 };
	struct loop loop;
	pid_t other = 0;
	int fd, err;

	if (parse(argc, argv, &a)) {
		usage(stderr);
		return 2;
	}
	log_open("vmnet-netifup", a.level, a.pidfile != NULL, true);
	if (a.pidfile) {
		err = pidfile_claim(&pf, a.pidfile, &other);
		if (err == -EBUSY)
			daemon_failed("already running, pid %d (%s)", (int)other, a.pidfile);
		if (err)
			daemon_failed("%s: %s", a.pidfile, strerror(-err));
	}
	err = daemon_start(a.pidfile != NULL);
	if (err)
		daemon_failed("cannot go to the background: %s", strerror(-err));
	fd = open_node(a.node);
	make_interface(fd, &a);
	no_default_router(a.name);
	pidfile_write(&pf);
	if (loop_init(&loop) || loop_signal_add(&loop, SIGTERM, on_term, NULL) ||
	    loop_signal_add(&loop, SIGINT, on_term, NULL))
		daemon_failed("no event loop: %s", strerror(errno));
	log_info("interface %s on %s", a.name, a.node);
	daemon_ready();
	err = loop_run(&loop);
	pidfile_remove(&pf);
	close(fd);
	loop_done(&loop);
	return err ? 1 : 0;
}
