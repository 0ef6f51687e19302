// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-bridge: attaches a network to a NIC and keeps it attached, to a named
 * one or to the one the default route leads through.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/vmnet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "choose.h"
#include "daemon.h"
#include "log.h"
#include "loop.h"
#include "nl.h"

#define BRIDGE_LINKS 1024
#define BRIDGE_ROUTES 4096

/**
 * struct bridge - the program
 * @node: the network's node
 * @vnet: its number, for messages
 * @rules: which NICs may be chosen
 * @single_mac: NICs to use in single-MAC mode
 * @current: what is bridged, index 0 for nothing
 * @fd: the uplink, -1 when there is none
 * @monitor: changes of the world
 */
struct bridge {
	char node[64];
	int vnet;
	struct choose_rules rules;
	const char *single_mac[CHOOSE_MAX];
	size_t nsingle;
	struct nl_link current;
	int fd;
	struct loop_fd monitor;
	struct nl *nl;
	bool changed;
	struct nl_link links[BRIDGE_LINKS];
	size_t nlinks;
	struct nl_route routes[BRIDGE_ROUTES];
	size_t nroutes;
};

static void usage(FILE *out)
{
	fputs("usage: vmnet-bridge [-s LEVEL] [-d PIDFILE] -n N [-i IF] [-e "
	      "IF] [-1 IF]\n"
	      "       vmnet-bridge [-d PIDFILE] /dev/vmnetN IF\n"
	      "\n"
	      "Bridges network N to a NIC: to the one the default route leads "
	      "through,\n"
	      "following it, or to a named one. Virtual interfaces (docker, "
	      "virbr, veth,\n"
	      "tap, vmnet) are never chosen unless -i names them.\n"
	      "\n"
	      "  -n N        number of the network\n"
	      "  -i IF       only this interface; may be repeated\n"
	      "  -e IF       never this interface; may be repeated\n"
	      "  -1 IF       on this interface, leave with its own address "
	      "(single MAC)\n"
	      "  -d PIDFILE  go to the background when ready\n"
	      "  -s LEVEL    least urgent syslog level that is logged (6)\n"
	      "  -h, --help  this text\n"
	      "  --version   the version\n",
	      out);
}

static void add_name(const char **list, size_t *n, const char *name)
{
	if (*n == CHOOSE_MAX)
		daemon_failed("%s: more than %d interfaces named", name, CHOOSE_MAX);
	if (!name[0] || strlen(name) >= IF_NAMESIZE)
		daemon_failed("%s: not an interface name", name);
	list[(*n)++] = name;
}

struct args {
	const char *pidfile;
	int level;
};

static int vnet_number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end || n >= VMNET_MINORS)
		daemon_failed("%s: a network number is 0 to %d", text, VMNET_MINORS - 1);
	return (int)n;
}

static int parse(int argc, char **argv, struct bridge *b, struct args *a)
{
	int opt;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		usage(stdout);
		exit(0);
	}
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		puts("vmnet-bridge " VMNET_VERSION);
		exit(0);
	}
	while ((opt = getopt(argc, argv, "hs:d:n:i:e:1:")) != -1) {
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
		case 'n':
			b->vnet = vnet_number(optarg);
			break;
		case 'i':
			add_name(b->rules.only, &b->rules.nonly, optarg);
			break;
		case 'e':
			add_name(b->rules.except, &b->rules.nexcept, optarg);
			break;
		case '1':
			add_name(b->single_mac, &b->nsingle, optarg);
			break;
		default:
			return -EINVAL;
		}
	}
	if (b->vnet >= 0 && optind == argc) {
		snprintf(b->node, sizeof(b->node), "/dev/vmnet%d", b->vnet);
		return 0;
	}
	/* The old form: node and interface. */
	if (b->vnet >= 0 || argc - optind != 2)
		return -EINVAL;
	snprintf(b->node, sizeof(b->node), "%s", argv[optind]);
	if (sscanf(argv[optind], "/dev/vmnet%d", &b->vnet) != 1)
		b->vnet = 0;
	add_name(b->rules.only, &b->rules.nonly, argv[optind + 1]);
	return 0;
}

static int open_node(const struct bridge *b, char *why, size_t size)
{
	uint32_t version = VMNET_API_VERSION;
	int fd = open(b->node, O_RDWR | O_CLOEXEC), err;

	if (fd < 0) {
		err = -errno;
		if (err == -ENXIO || err == -ENODEV ||
		    (err == -ENOENT && access("/proc/vmnet", F_OK)))
			snprintf(why, size,
				 "%s: the vmnet module is not loaded: modprobe "
				 "vmnet",
				 b->node);
		else
			snprintf(why, size, "%s: %s", b->node, strerror(-err));
		return err;
	}
	if (ioctl(fd, SIOCGETAPIVERSION2, &version) || version >> 16 != VMNET_API_VERSION >> 16) {
		snprintf(why, size, "%s: not a node of a vmnet module that I know", b->node);
		close(fd);
		return -EPROTO;
	}
	return fd;
}

static bool is_single_mac(const struct bridge *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->nsingle; i++)
		if (!strcmp(b->single_mac[i], name))
			return true;
	return false;
}

static void leave(struct bridge *b)
{
	if (b->fd < 0)
		return;
	log_info("Removing interface %s index:%d", b->current.name, b->current.index);
	close(b->fd);
	b->fd = -1;
	memset(&b->current, 0, sizeof(b->current));
}

static int join(struct bridge *b, const struct nl_link *l, char *why, size_t size)
{
	struct vmnet_peer peer = { .flags = 0 };
	int fd = open_node(b, why, size), err;

	if (fd < 0)
		return fd;
	log_info("Adding interface %s index:%d", l->name, l->index);
	memcpy(peer.name, l->name, sizeof(l->name));
	if (is_single_mac(b, l->name))
		peer.flags = VMNET_PEER_SMAC;
	if (ioctl(fd, SIOCSPEER3, &peer)) {
		err = -errno;
		if (err == -EACCES)
			snprintf(why, size, "no permission to bridge %s; run as root", l->name);
		else if (err == -EDEADLK)
			snprintf(why, size, "%s is on network %d already", l->name, b->vnet);
		else
			snprintf(why, size, "cannot bridge %s: %s", l->name, strerror(-err));
		close(fd);
		return err;
	}
	b->fd = fd;
	b->current = *l;
	log_info("Started bridge %s to virtual network %d", l->name, b->vnet);
	return 0;
}

static int take_link(const struct nl_link *l, void *arg)
{
	struct bridge *b = arg;

	if (b->nlinks < BRIDGE_LINKS)
		b->links[b->nlinks++] = *l;
	return 0;
}

static int take_route(const struct nl_route *r, void *arg)
{
	struct bridge *b = arg;

	if (!r->bits && b->nroutes < BRIDGE_ROUTES)
		b->routes[b->nroutes++] = *r;
	return 0;
}

static const struct nl_link *find(const struct bridge *b, int index)
{
	size_t i;

	for (i = 0; i < b->nlinks; i++)
		if (b->links[i].index == index)
			return &b->links[i];
	return NULL;
}

/* Look at the world, and bridge what is to be bridged now. */
static int decide(struct bridge *b, char *why, size_t size)
{
	const struct nl_link *l;
	int best, err;

	b->nlinks = b->nroutes = 0;
	err = nl_links(b->nl, take_link, b);
	if (!err)
		err = nl_routes(b->nl, AF_INET, take_route, b);
	if (!err)
		err = nl_routes(b->nl, AF_INET6, take_route, b);
	if (err) {
		snprintf(why, size, "cannot read interfaces and routes: %s", strerror(-err));
		return err;
	}
	best = choose_best(&b->rules, b->links, b->nlinks, b->routes, b->nroutes, b->current.index);
	l = find(b, best);
	if (b->fd >= 0 && (best != b->current.index || strcmp(l->name, b->current.name) != 0))
		leave(b);
	if (!best || b->fd >= 0)
		return 0;
	return join(b, l, why, size);
}

static void note(uint16_t type, const char *ifname, int index, void *arg)
{
	struct bridge *b = arg;

	b->changed = true;
	switch (type) {
	case RTM_NEWLINK:
		log_debug("RTM_NEWLINK: name:%s index:%d", ifname, index);
		break;
	case RTM_DELLINK:
		log_info("RTM_DELLINK: name:%s index:%d", ifname, index);
		break;
	case RTM_NEWROUTE:
		log_debug("RTM_NEWROUTE: index:%d", index);
		break;
	case RTM_DELROUTE:
		log_debug("RTM_DELROUTE: index:%d", index);
		break;
	}
}

static void on_change(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct bridge *b = (void *)((char *)self - offsetof(struct bridge, monitor));
	char why[256];

	(void)loop;
	(void)events;
	b->changed = false;
	if (nl_monitor_drain(self->fd, note, b))
		log_warn("cannot follow changes of interfaces: %s", strerror(errno));
	if (b->changed && decide(b, why, sizeof(why)))
		log_warn("%s", why);
}

static void on_term(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_quit(loop, 0);
}

/* Is everything there that a bridge will need, NIC or not? */
static void probe(const struct bridge *b)
{
	char why[256];
	int fd = open_node(b, why, sizeof(why));

	if (fd < 0)
		daemon_failed("%s", why);
	close(fd);
}

static int run(struct bridge *b, struct pidfile *pf)
{
	struct loop loop;
	char why[256];
	int err;

	if (loop_init(&loop) || loop_signal_add(&loop, SIGTERM, on_term, NULL) ||
	    loop_signal_add(&loop, SIGINT, on_term, NULL))
		daemon_failed("no event loop: %s", strerror(errno));
	b->nl = nl_open(&err);
	if (!b->nl)
		daemon_failed("no netlink: %s", strerror(-err));
	/* Listen before the first look, or a change in between is lost. */
	b->monitor.fd = nl_monitor_open();
	b->monitor.fn = on_change;
	if (b->monitor.fd < 0)
		daemon_failed("no netlink: %s", strerror(-b->monitor.fd));
	loop_fd_add(&loop, &b->monitor, EPOLLIN);
	probe(b);
	if (decide(b, why, sizeof(why)))
		daemon_failed("%s", why);
	if (b->fd < 0)
		log_info("no interface to bridge yet; waiting for one");
	if (pf->fd >= 0)
		pidfile_write(pf);
	daemon_ready();
	err = loop_run(&loop);
	leave(b);
	pidfile_remove(pf);
	nl_close(b->nl);
	close(b->monitor.fd);
	loop_done(&loop);
	return err;
}

int main(int argc, char **argv)
{
	struct args a = { .level = LOG_INFO };
	struct pidfile pf = { .fd = -1 };
	struct bridge *b = calloc(1, sizeof(*b));
	pid_t other = 0;
	int err;

	if (!b)
		return 1;
	b->vnet = -1;
	b->fd = -1;
	log_open("vmnetBridge", a.level, false, true);
	if (parse(argc, argv, b, &a)) {
		usage(stderr);
		free(b);
		return 2;
	}
	log_open("vmnetBridge", a.level, a.pidfile != NULL, true);
	if (geteuid() != 0)
		daemon_failed("must be run by root");
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
	err = run(b, &pf);
	free(b);
	return err ? 1 : 0;
}
