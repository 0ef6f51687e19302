// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One service of one network: is it wanted, does it run, start it, stop it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "daemon.h"
#include "networks.h"

#define STOP_MS 10000

/* Is the service part of the configuration? */
bool service_wanted(const struct networks *n, unsigned int number, enum service s)
{
	const struct net_vnet *v = n->nc.vnets[number];

	if (s == SERVICE_BRIDGE)
		return networking_is_bridged(&n->nc, number);
	if (!v || networking_is_bridged(&n->nc, number))
		return false;
	switch (s) {
	case SERVICE_NAT:
		return v->nat == NET_YES;
	case SERVICE_ADAPTER:
		return v->adapter == NET_YES;
	case SERVICE_DHCP:
		return v->dhcp == NET_YES;
	default:
		return false;
	}
}

static void pid_path(const struct networks *n, unsigned int number, enum service s, char *path,
		     size_t size)
{
	static const char *const names[SERVICES] = {
		[SERVICE_BRIDGE] = "vmnet-bridge-%u.pid",
		[SERVICE_NAT] = "vmnet-natd-%u.pid",
		[SERVICE_ADAPTER] = "vmnet-netifup-vmnet%u.pid",
		[SERVICE_DHCP] = "vmnet-dhcpd-vmnet%u.pid",
	};
	int len = snprintf(path, size, "%s/", n->run);
	const char *name = names[s];
	const char *at = strstr(name, "%u");

	snprintf(path + len, size - (size_t)len, "%.*s%u%s", (int)(at - name), name, number,
		 at + 2);
}

static pid_t service_pid(const struct networks *n, unsigned int number, enum service s)
{
	char path[PATH_MAX];

	pid_path(n, number, s, path, sizeof(path));
	return pidfile_running(path);
}

static int same_addr(const struct nl_addr *a, void *arg)
{
	const struct nl_addr *want = arg;

	return a->index == want->index && a->addr == want->addr && a->bits == want->bits;
}

/* The interface, up and with its address? */
static bool adapter_is_up(const struct networks *n, unsigned int number)
{
	const struct net_vnet *v = n->nc.vnets[number];
	struct nl_addr want;
	struct nl_link l;
	char name[16];

	snprintf(name, sizeof(name), "vmnet%u", number);
	if (nl_link_by_name(n->nl, name, &l) || !(l.flags & IFF_UP))
		return false;
	want.index = l.index;
	want.addr = htonl(net_vnet_host_addr(v));
	want.bits = (uint8_t)net_mask_bits(net_vnet_mask(v));
	return nl_addrs(n->nl, same_addr, &want) == 1;
}

bool service_running(const struct networks *n, unsigned int number, enum service s)
{
	if (!service_pid(n, number, s))
		return false;
	return s != SERVICE_ADAPTER || adapter_is_up(n, number);
}

/* The daemon beside us, or the one in PATH. */
static const char *program(const struct networks *n, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", n->libexec, name);
	if (!n->libexec[0] || access(path, X_OK))
		snprintf(path, size, "%s", name);
	return path;
}

static int start_bridge(struct networks *n, unsigned int number, const char *pid, char *why,
			size_t size)
{
	static char opts[64][IFNAMSIZ + 4];
	char path[PATH_MAX], num[8];
	const char *argv[80] = {
		program(n, "vmnet-bridge", path, sizeof(path)), "-s", "6", "-d", pid, "-n", num
	};
	bool automatic = networking_auto_bridge(&n->nc) == (int)number;
	size_t i, argc = 7, used = 0;

	snprintf(num, sizeof(num), "%u", number);
	for (i = 0; i < n->nc.nmaps && used < 64; i++) {
		const struct net_bridge_map *m = &n->nc.maps[i];

		/* A NIC of another network is not for the automatic one. */
		if (m->vnet == (int)number)
			snprintf(opts[used], sizeof(opts[0]), "-i%s", m->nic);
		else if (automatic)
			snprintf(opts[used], sizeof(opts[0]), "-e%s", m->nic);
		else
			continue;
		argv[argc++] = opts[used++];
	}
	return run_command(argv, n->verbose, why, size);
}

static int start_nat(struct networks *n, unsigned int number, const char *pid, char *why,
		     size_t size)
{
	char path[PATH_MAX], mac[PATH_MAX], conf[PATH_MAX];
	const char *const argv[] = { program(n, "vmnet-natd", path, sizeof(path)),
				     "-s",
				     "6",
				     "-d",
				     pid,
				     "-m",
				     mac,
				     "-c",
				     conf,
				     "--run-dir",
				     n->run,
				     NULL };

	snprintf(mac, sizeof(mac), "%s/vmnet%u/nat.mac", n->root, number);
	snprintf(conf, sizeof(conf), "%s/vmnet%u/nat/nat.conf", n->root, number);
	return run_command(argv, n->verbose, why, size);
}

static int start_dhcp(struct networks *n, unsigned int number, const char *pid, char *why,
		      size_t size)
{
	char path[PATH_MAX], conf[PATH_MAX], leases[PATH_MAX], net[16];
	const char *const argv[] = { program(n, "vmnet-dhcpd", path, sizeof(path)),
				     "-s",
				     "6",
				     "-cf",
				     conf,
				     "-lf",
				     leases,
				     "-pf",
				     pid,
				     net,
				     NULL };

	snprintf(net, sizeof(net), "vmnet%u", number);
	snprintf(conf, sizeof(conf), "%s/vmnet%u/dhcpd/dhcpd.conf", n->root, number);
	snprintf(leases, sizeof(leases), "%s/vmnet%u/dhcpd/dhcpd.leases", n->root, number);
	return run_command(argv, n->verbose, why, size);
}

/* The host's interface; the address is ours to put on it. */
static int start_adapter(struct networks *n, unsigned int number, const char *pid, char *why,
			 size_t size)
{
	const struct net_vnet *v = n->nc.vnets[number];
	char path[PATH_MAX], node[32], name[16];
	const char *const argv[] = { program(n, "vmnet-netifup", path, sizeof(path)),
				     "-s",
				     "6",
				     "-d",
				     pid,
				     node,
				     name,
				     NULL };
	struct nl_addr addr;
	struct nl_link l;
	int err = 0;

	snprintf(node, sizeof(node), "/dev/vmnet%u", number);
	snprintf(name, sizeof(name), "vmnet%u", number);
	/* It may run, and only the interface be down or without its address. */
	if (!service_pid(n, number, SERVICE_ADAPTER))
		err = run_command(argv, n->verbose, why, size);
	if (err)
		return err;
	err = nl_link_by_name(n->nl, name, &l);
	if (!err && v->mtu)
		err = nl_link_set_mtu(n->nl, l.index, v->mtu);
	if (!err)
		err = nl_link_set_up(n->nl, l.index, true);
	if (!err) {
		addr.index = l.index;
		addr.addr = htonl(net_vnet_host_addr(v));
		addr.bits = (uint8_t)net_mask_bits(net_vnet_mask(v));
		err = nl_addr_add(n->nl, &addr);
		if (err == -EEXIST)
			err = 0;
	}
	if (err)
		snprintf(why, size, "interface %s: %s", name, strerror(-err));
	return err;
}

/**
 * service_start() - start a service that does not run
 * @n: the program
 * @number: of the network
 * @s: the service
 * @why: the reason, on error
 * @size: of @why
 *
 * Return: 0 or negative errno.
 */
int service_start(struct networks *n, unsigned int number, enum service s, char *why, size_t size)
{
	char pid[PATH_MAX];

	pid_path(n, number, s, pid, sizeof(pid));
	why[0] = '\0';
	switch (s) {
	case SERVICE_BRIDGE:
		return start_bridge(n, number, pid, why, size);
	case SERVICE_NAT:
		return start_nat(n, number, pid, why, size);
	case SERVICE_ADAPTER:
		return start_adapter(n, number, pid, why, size);
	case SERVICE_DHCP:
		return start_dhcp(n, number, pid, why, size);
	default:
		return -EINVAL;
	}
}

/* What a daemon that could not tidy up has left. */
static void tidy(const struct networks *n, unsigned int number, enum service s, pid_t pid)
{
	char path[PATH_MAX];

	pid_path(n, number, s, path, sizeof(path));
	unlink(path);
	if (s != SERVICE_NAT || !pid)
		return;
	snprintf(path, sizeof(path), "%s/vmnat.%d", n->run, (int)pid);
	unlink(path);
}

/**
 * service_stop() - stop a service
 * @n: the program
 * @number: of the network
 * @s: the service; nothing happens when it does not run
 *
 * Return: 0, -ETIMEDOUT when it does not end even by force.
 */
int service_stop(struct networks *n, unsigned int number, enum service s)
{
	const struct timespec pause = { 0, 20 * 1000 * 1000 };
	pid_t pid = service_pid(n, number, s), first = pid;
	int ms;

	for (ms = 0; pid && ms < 2 * STOP_MS; ms += 20) {
		if (ms == 0)
			kill(pid, SIGTERM);
		else if (ms == STOP_MS)
			kill(pid, SIGKILL);
		nanosleep(&pause, NULL);
		pid = service_pid(n, number, s);
	}
	if (pid)
		return -ETIMEDOUT;
	tidy(n, number, s, first);
	return 0;
}
