// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One service of one network: is it wanted, does it run, start it, stop it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "ctlclient.h"
#include "daemon.h"
#include "networks.h"

#define STOP_MS 10000
#define RELOAD_MS 5000

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
		return v->nat == NET_YES || net_vnet_advertises(v);
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

/* The daemon of a service. */
static const char *program_of(enum service s)
{
	static const char *const names[SERVICES] = {
		[SERVICE_BRIDGE] = "vmnet-bridge",
		[SERVICE_NAT] = "vmnet-natd",
		[SERVICE_ADAPTER] = "vmnet-netifup",
		[SERVICE_DHCP] = "vmnet-dhcpd",
	};

	return names[s];
}

/**
 * service_pid() - the daemon of a service, wanted or not
 * @n: the program
 * @number: of the network
 * @s: the service
 *
 * Return: its PID; 0 when it does not run.
 */
pid_t service_pid(const struct networks *n, unsigned int number, enum service s)
{
	char path[PATH_MAX];

	pid_path(n, number, s, path, sizeof(path));
	return pidfile_running(path, program_of(s));
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
	if (!v || nl_link_by_name(n->nl, name, &l) || !(l.flags & IFF_UP) ||
	    (v->mtu && l.mtu != v->mtu))
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

/*
 * How a daemon is started. Lives from new_command() to free_command(); @nics
 * are the options that name one, each of which @argv may point to.
 */
struct command {
	const char **argv;
	char program[PATH_MAX], pid[PATH_MAX], conf[PATH_MAX], file[PATH_MAX], leases[PATH_MAX];
	char node[32], net[16], (*nics)[IFNAMSIZ + 4];
};

/*
 * -i for the NICs of a network; -e for those the automatic one is to leave alone,
 * because they are another's or by the user's wish. VNET_N_INTERFACE names one
 * for the automatic one, if no line disagrees.
 */
static void add_nics(const struct networks *n, unsigned int number, struct command *c,
		     const char **argv)
{
	bool automatic = networking_auto_bridge(&n->nc) == (int)number;
	const struct net_vnet *v = n->nc.vnets[number];
	const char *hint = automatic && v && v->interface[0] ? v->interface : NULL;
	size_t i, used = 0;

	for (i = 0; i < n->nc.nmaps; i++) {
		const struct net_bridge_map *m = &n->nc.maps[i];

		if (hint && !strcmp(hint, m->nic))
			hint = NULL;
		if (m->vnet == (int)number)
			snprintf(c->nics[used], sizeof(c->nics[0]), "-i%s", m->nic);
		else if (automatic)
			snprintf(c->nics[used], sizeof(c->nics[0]), "-e%s", m->nic);
		else
			continue;
		*argv++ = c->nics[used++];
	}
	if (hint) {
		snprintf(c->nics[used], sizeof(c->nics[0]), "-i%s", hint);
		*argv = c->nics[used];
	}
}

static void make_command(const struct networks *n, unsigned int number, enum service s,
			 struct command *c)
{
	const char **a = c->argv;

	/* The daemon beside us, or the one in PATH. */
	snprintf(c->program, sizeof(c->program), "%s/%s", n->libexec, program_of(s));
	if (!n->libexec[0] || access(c->program, X_OK))
		snprintf(c->program, sizeof(c->program), "%s", program_of(s));
	pid_path(n, number, s, c->pid, sizeof(c->pid));
	snprintf(c->net, sizeof(c->net), "vmnet%u", number);
	snprintf(c->leases, sizeof(c->leases), "%s/vmnet%u/dhcpd/dhcpd.leases", n->root, number);
	*a++ = c->program;
	*a++ = "-s";
	*a++ = "6";
	switch (s) {
	case SERVICE_BRIDGE:
		snprintf(c->node, sizeof(c->node), "%u", number);
		*a++ = "-d";
		*a++ = c->pid;
		*a++ = "-n";
		*a++ = c->node;
		add_nics(n, number, c, a);
		break;
	case SERVICE_NAT:
		snprintf(c->file, sizeof(c->file), "%s/vmnet%u/nat.mac", n->root, number);
		snprintf(c->conf, sizeof(c->conf), "%s/vmnet%u/nat/nat.conf", n->root, number);
		*a++ = "-d";
		*a++ = c->pid;
		*a++ = "-m";
		*a++ = c->file;
		*a++ = "-c";
		*a++ = c->conf;
		*a++ = "--run-dir";
		*a++ = n->run;
		*a++ = "--leases";
		*a++ = c->leases;
		if (n->nc.vnets[number] && net_vnet_advertises(n->nc.vnets[number]))
			*a++ = "--advertise-only";
		break;
	case SERVICE_ADAPTER:
		snprintf(c->node, sizeof(c->node), "/dev/vmnet%u", number);
		*a++ = "-d";
		*a++ = c->pid;
		*a++ = c->node;
		*a++ = c->net;
		break;
	case SERVICE_DHCP:
		snprintf(c->conf, sizeof(c->conf), "%s/vmnet%u/dhcpd/dhcpd.conf", n->root, number);
		*a++ = "-cf";
		*a++ = c->conf;
		*a++ = "-lf";
		*a++ = c->leases;
		*a++ = "-pf";
		*a++ = c->pid;
		*a++ = "--run-dir";
		*a++ = n->run;
		*a++ = c->net;
		break;
	default:
		break;
	}
}

static void free_command(struct command *c)
{
	if (!c)
		return;
	free(c->argv);
	free(c->nics);
	free(c);
}

/* Return: how a service would be started now; NULL without memory. */
static struct command *new_command(const struct networks *n, unsigned int number, enum service s)
{
	struct command *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->argv = calloc(16 + n->nc.nmaps + 1, sizeof(*c->argv));
	c->nics = calloc(n->nc.nmaps + 1, sizeof(*c->nics));
	if (!c->argv || !c->nics) {
		free_command(c);
		return NULL;
	}
	make_command(n, number, s, c);
	return c;
}

/* Was the process started with these arguments? */
static bool has_arguments(pid_t pid, const char *const argv[])
{
	char path[32], *line = NULL;
	size_t room = 0, i = 0;
	bool same = true;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	/* It may be called by another path. */
	for (; getdelim(&line, &room, '\0', f) > 0; i++)
		if (same && i)
			same = argv[i] && !strcmp(argv[i], line);
	free(line);
	fclose(f);
	return same && i && !argv[i];
}

static bool is_newer(const char *a, const char *b)
{
	struct stat sa, sb;

	if (stat(a, &sa) || stat(b, &sb))
		return false;
	if (sa.st_mtim.tv_sec != sb.st_mtim.tv_sec)
		return sa.st_mtim.tv_sec > sb.st_mtim.tv_sec;
	return sa.st_mtim.tv_nsec > sb.st_mtim.tv_nsec;
}

/**
 * service_current() - does a service run as it would be started now?
 * @n: the program
 * @number: of the network
 * @s: the service, which runs
 *
 * Return: false when it has other arguments, or its configuration file was
 * changed, by whomever, after it had started.
 */
bool service_current(const struct networks *n, unsigned int number, enum service s)
{
	pid_t pid = service_pid(n, number, s);
	struct command *c = new_command(n, number, s);
	bool same;

	if (!c)
		return true;
	same = pid && has_arguments(pid, c->argv) && !(c->conf[0] && is_newer(c->conf, c->pid));
	free_command(c);
	return same;
}

/* Have the daemon at @path read its file. Return: as service_reload(). */
static int ask_reload(const char *path, char *why, size_t size)
{
	const char *text;
	char *answer;
	json_t *j;
	int err;

	answer = ctl_ask(path, "{\"request\":\"reload\"}", RELOAD_MS, &err);
	if (!answer)
		return -EAGAIN;
	j = json_loads(answer, 0, NULL);
	free(answer);
	text = json_string_value(json_object_get(j, "error"));
	err = -EAGAIN;
	if (json_is_true(json_object_get(j, "ok"))) {
		err = 0;
	} else if (text && !json_is_true(json_object_get(j, "restart"))) {
		snprintf(why, size, "%s", text);
		err = -EINVAL;
	}
	json_decref(j);
	return err;
}

/**
 * service_reload() - have a service that runs read its configuration again
 * @n: the program
 * @number: of the network
 * @s: the service
 * @why: what is wrong with its file, on -EINVAL
 * @size: of @why
 *
 * The NAT can, and its guests' connections go on; the DHCP server can, and no lease
 * is forgotten.
 *
 * Return: 0; -EINVAL when the file is wrong, and the service goes on with what
 * it has; -EAGAIN when it must be started anew: it cannot do this, it has other
 * arguments, or what has changed cannot be changed while it runs.
 */
int service_reload(const struct networks *n, unsigned int number, enum service s, char *why,
		   size_t size)
{
	pid_t pid = service_pid(n, number, s);
	struct command *c;
	char path[PATH_MAX];
	int err = -EAGAIN;

	if ((s != SERVICE_NAT && s != SERVICE_DHCP) || !pid)
		return -EAGAIN;
	c = new_command(n, number, s);
	if (!c)
		return -EAGAIN;
	ctl_socket_path(n->run, program_of(s), c->net, path, sizeof(path));
	if (has_arguments(pid, c->argv))
		err = ask_reload(path, why, size);
	/* The PID file says what the daemon knows: see service_current(). */
	if (!err && utimensat(AT_FDCWD, c->pid, NULL, 0))
		err = -EAGAIN;
	free_command(c);
	return err;
}

static int any_addr(const struct nl_addr *a, void *arg)
{
	const struct nl_addr *want = arg;

	return a->index == want->index;
}

/* The interface of a network: up, and with its address. */
static int set_up_adapter(struct networks *n, unsigned int number)
{
	const struct net_vnet *v = n->nc.vnets[number];
	struct nl_addr addr = {
		.addr = htonl(net_vnet_host_addr(v)),
		.bits = (uint8_t)net_mask_bits(net_vnet_mask(v)),
	};
	struct nl_link l;
	char name[16];
	int err;

	snprintf(name, sizeof(name), "vmnet%u", number);
	err = nl_link_by_name(n->nl, name, &l);
	if (!err && v->mtu && l.mtu != v->mtu)
		err = nl_link_set_mtu(n->nl, l.index, v->mtu);
	if (!err)
		err = nl_link_set_up(n->nl, l.index, true);
	if (!err) {
		addr.index = l.index;
		err = nl_addr_add(n->nl, &addr);
	}
	return err == -EEXIST ? 0 : err;
}

/* An interface that has addresses, but not the one it should: of another time. */
static bool adapter_is_stale(const struct networks *n, unsigned int number)
{
	const struct net_vnet *v = n->nc.vnets[number];
	struct nl_addr want = {
		.addr = htonl(net_vnet_host_addr(v)),
		.bits = (uint8_t)net_mask_bits(net_vnet_mask(v)),
	};
	struct nl_link l;
	char name[16];

	snprintf(name, sizeof(name), "vmnet%u", number);
	if (nl_link_by_name(n->nl, name, &l))
		return true;
	want.index = l.index;
	return nl_addrs(n->nl, any_addr, &want) == 1 && nl_addrs(n->nl, same_addr, &want) != 1;
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
	struct command *c = new_command(n, number, s);
	int err = 0;

	why[0] = '\0';
	if (!c)
		return -ENOMEM;
	/* netifup may run, and only the interface be down or without its address. */
	if (s == SERVICE_ADAPTER && service_pid(n, number, s) && adapter_is_stale(n, number))
		err = service_stop(n, number, s);
	if (!err && (s != SERVICE_ADAPTER || !service_pid(n, number, s)))
		err = run_command(c->argv, n->verbose, why, size);
	free_command(c);
	if (err || s != SERVICE_ADAPTER)
		return err;
	err = set_up_adapter(n, number);
	if (err)
		snprintf(why, size, "interface vmnet%u: %s", number, strerror(-err));
	return err;
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
