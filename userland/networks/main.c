// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-networks: starts and stops the virtual networks of the host.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/vmnet.h>
#include "networks.h"

static const struct {
	const char *name, *started, *stopped, *status_yes, *status_no;
} words[SERVICES] = {
	[SERVICE_BRIDGE] = { "Bridge networking", "Started", "Stopped", "running", "not running" },
	[SERVICE_NAT] = { "NAT service", "Started", "Stopped", "running", "not running" },
	[SERVICE_ADAPTER] = { "hostonly virtual adapter", "Enabled", "Disabled", "enabled",
			      "disabled" },
	[SERVICE_DHCP] = { "DHCP service", "Started", "Stopped", "running", "not running" },
};

static void usage(FILE *out)
{
	fputs("usage: vmnet-networks --start|--stop|--status [vmnetN]\n"
	      "       vmnet-networks --migrate-network-settings FILE\n"
	      "       vmnet-networks --postinstall PRODUCT,OLD,NEW\n"
	      "\n"
	      "Starts and stops the virtual networks that the file `networking` describes.\n"
	      "Without that file the default ones are made: vmnet0 bridged, vmnet1 host-only,\n"
	      "vmnet8 NAT.\n"
	      "\n"
	      "  --start         start what does not run, or runs with an old configuration\n"
	      "  --stop          stop everything\n"
	      "  --status        say what runs\n"
	      "  --migrate-network-settings FILE\n"
	      "                  take FILE as the new configuration; an empty one: the default\n"
	      "  --postinstall   make a first configuration\n"
	      "  --root DIR      the configuration (/etc/vmnet; /etc/vmware for a drop-in)\n"
	      "  --run-dir DIR   PID files (/var/run)\n"
	      "  --libexec DIR   where the daemons are (beside this program)\n"
	      "  --verbose       say what is run\n"
	      "  --help          this text\n"
	      "  --version       the version\n",
	      out);
}

static const char *service_name(const struct networks *n, unsigned int number, enum service s,
				bool capital)
{
	const struct net_vnet *v = n->nc.vnets[number];

	if (s == SERVICE_NAT && v && net_vnet_advertises(v))
		return "IPv6 service";
	if (s == SERVICE_ADAPTER && capital)
		return "Hostonly virtual adapter";
	return words[s].name;
}

static bool is_meant(const struct networks *n, unsigned int i)
{
	return n->only < 0 || n->only == (int)i;
}

/* A node that the module did not make. */
static void make_node(unsigned int number)
{
	unsigned int major = VMNET_MAJOR, m;
	char path[32], line[64];
	FILE *f;

	snprintf(path, sizeof(path), "/dev/vmnet%u", number);
	if (!access(path, F_OK))
		return;
	f = fopen("/proc/devices", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%u vmnet", &m) == 1 && strstr(line, " vmnet"))
			major = m;
	if (f)
		fclose(f);
	if (mknod(path, S_IFCHR | 0660, makedev(major, number)))
		fprintf(stderr, "vmnet-networks: %s: %s\n", path, strerror(errno));
}

static int need_module(const struct networks *n)
{
	static const char *const argv[] = { "modprobe", "vmnet", NULL };
	char why[256];

	if (!access("/proc/vmnet", F_OK))
		return 0;
	if (!run_command(argv, n->verbose, why, sizeof(why)) && !access("/proc/vmnet", F_OK)) {
		printf("Loaded the vmnet module\n");
		return 0;
	}
	fprintf(stderr, "vmnet-networks: the vmnet module is not loaded: modprobe vmnet (or insmod "
			"vmnet.ko)\n");
	return -ENODEV;
}

static int start_one(struct networks *n, unsigned int i, enum service s, unsigned int *started)
{
	bool changed = false, running;
	char why[512] = "";
	int err;

	err = networks_write(n, i, s, &changed);
	running = !err && service_running(n, i, s);
	if (running && !changed && service_current(n, i, s)) {
		printf("%s on vmnet%u is already %s\n", service_name(n, i, s, true), i,
		       words[s].status_yes);
		return 0;
	}
	if (running) {
		err = service_reload(n, i, s, why, sizeof(why));
		if (!err) {
			printf("Reloaded %s on vmnet%u\n", service_name(n, i, s, false), i);
			++*started;
			return 0;
		}
		if (err == -EAGAIN)
			err = service_stop(n, i, s);
	}
	if (!err) {
		make_node(i);
		err = service_start(n, i, s, why, sizeof(why));
	}
	if (!err) {
		printf("%s %s on vmnet%u\n", words[s].started, service_name(n, i, s, false), i);
		++*started;
		return 0;
	}
	printf("Failed to %s %s on vmnet%u\n", s == SERVICE_ADAPTER ? "enable" : "start",
	       service_name(n, i, s, false), i);
	fflush(stdout);
	if (why[0])
		fprintf(stderr, "vmnet-networks: vmnet%u: %s\n", i, why);
	return err;
}

static int do_start(struct networks *n)
{
	unsigned int i, failed = 0, good = 0, started = 0;
	int s;

	if (need_module(n))
		return 1;
	if (networks_write_netmap(n))
		return 1;
	for (i = 0; i < NETWORKING_VNETS; i++) {
		if (!is_meant(n, i))
			continue;
		for (s = 0; s < SERVICES; s++) {
			/* What is no longer wanted goes. */
			if (!service_wanted(n, i, s)) {
				if (service_pid(n, i, s) && !service_stop(n, i, s))
					printf("%s %s on vmnet%u\n", words[s].stopped,
					       service_name(n, i, s, false), i);
				continue;
			}
			if (start_one(n, i, s, &started))
				failed++;
			else
				good++;
			fflush(stdout);
		}
	}
	if (failed) {
		printf("Failed to start %s services\n", good ? "some" : "all");
		return 1;
	}
	if (good && !started)
		printf("All services were running already\n");
	printf("Started all configured services on all networks\n");
	return 0;
}

static int do_stop(struct networks *n)
{
	unsigned int i, failed = 0;
	int s;

	for (i = 0; i < NETWORKING_VNETS; i++) {
		if (!is_meant(n, i))
			continue;
		for (s = SERVICES - 1; s >= 0; s--) {
			bool ran = service_pid(n, i, s) != 0;

			if (!ran && !service_wanted(n, i, s))
				continue;
			if (service_stop(n, i, s)) {
				printf("Failed to stop %s on vmnet%u\n",
				       service_name(n, i, s, false), i);
				failed++;
			} else {
				printf("%s %s on vmnet%u\n", words[s].stopped,
				       service_name(n, i, s, false), i);
			}
			fflush(stdout);
		}
	}
	if (failed) {
		printf("Failed to stop some services\n");
		return 1;
	}
	printf("Stopped all configured services on all networks\n");
	return 0;
}

static int do_status(struct networks *n)
{
	unsigned int i, down = 0, up = 0;
	int s;

	for (i = 0; i < NETWORKING_VNETS; i++) {
		for (s = 0; is_meant(n, i) && s < SERVICES; s++) {
			bool runs;

			if (!service_wanted(n, i, s))
				continue;
			runs = service_running(n, i, s);
			printf("%s on vmnet%u is %s\n", service_name(n, i, s, true), i,
			       runs ? words[s].status_yes : words[s].status_no);
			*(runs ? &up : &down) += 1;
		}
	}
	if (!down)
		printf("All the services configured on all the networks are running\n");
	else
		printf("%s of the services configured on all the networks are not running\n",
		       up ? "Some" : "All");
	return down ? 1 : 0;
}

enum action { NONE, START, STOP, STATUS, MIGRATE, POSTINSTALL };

struct args {
	enum action action;
	const char *file;
};

static void set_action(struct args *a, enum action action)
{
	if (a->action != NONE) {
		fputs("vmnet-networks: one action at a time\n", stderr);
		exit(2);
	}
	a->action = action;
}

static int parse(int argc, char **argv, struct networks *n, struct args *a)
{
	enum { ROOT = 256, RUN, LIBEXEC, VERBOSE, HELP, VERSION };
	static const struct option opts[] = {
		{ "start", no_argument, NULL, START },
		{ "stop", no_argument, NULL, STOP },
		{ "status", no_argument, NULL, STATUS },
		{ "migrate-network-settings", required_argument, NULL, MIGRATE },
		{ "postinstall", required_argument, NULL, POSTINSTALL },
		{ "root", required_argument, NULL, ROOT },
		{ "run-dir", required_argument, NULL, RUN },
		{ "libexec", required_argument, NULL, LIBEXEC },
		{ "verbose", no_argument, NULL, VERBOSE },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "h", opts, NULL)) != -1) {
		switch (opt) {
		case START:
		case STOP:
		case STATUS:
		case MIGRATE:
		case POSTINSTALL:
			set_action(a, (enum action)opt);
			a->file = optarg;
			break;
		case ROOT:
			n->root = optarg;
			break;
		case RUN:
			n->run = optarg;
			break;
		case LIBEXEC:
			snprintf(n->libexec, sizeof(n->libexec), "%s", optarg);
			break;
		case VERBOSE:
			n->verbose = true;
			break;
		case 'h':
		case HELP:
			usage(stdout);
			exit(0);
		case VERSION:
			puts("vmnet-networks " VMNET_VERSION);
			exit(0);
		default:
			return -EINVAL;
		}
	}
	if (optind < argc) {
		const char *net = argv[optind];
		unsigned long v;

		if (!strncmp(net, "vmnet", 5))
			net += 5;
		if (optind + 1 < argc || net_parse_uint(net, NETWORKING_VNETS - 1, &v)) {
			fprintf(stderr, "vmnet-networks: \"%s\" is not a network\n", argv[optind]);
			return -EINVAL;
		}
		n->only = (int)v;
	}
	return a->action == NONE ? -EINVAL : 0;
}

/* One owner starts the daemons: systemd, where it has our unit. */
static bool is_systemds(const struct networks *n, const struct args *a)
{
	return a->action == START && n->only < 0 && !access("/run/systemd/system", F_OK) &&
	       !getenv("VMNET_FROM_UNIT") && !strcmp(n->root, "/etc/vmnet") &&
	       (!access("/lib/systemd/system/vmnet-networks.service", F_OK) ||
		!access("/etc/systemd/system/vmnet-networks.service", F_OK));
}

static int by_systemd(const struct networks *n)
{
	static const char *const argv[] = { "systemctl", "reload-or-restart",
					    "vmnet-networks.service", NULL };
	char why[512];

	if (!run_command(argv, n->verbose, why, sizeof(why))) {
		printf("Started all configured services on all networks\n");
		return 0;
	}
	printf("Failed to start some services\n");
	fprintf(stderr, "vmnet-networks: %s; see journalctl -u vmnet-networks\n", why);
	return 1;
}

/* One of us at a time; the lock goes with the process. */
static int take_turn(const struct networks *n)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/vmnet-networks.lock", n->run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) && errno != EWOULDBLOCK)) {
		fprintf(stderr, "vmnet-networks: %s: %s\n", path, strerror(errno));
		return -EIO;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		fprintf(stderr, "vmnet-networks: another one is at work; waiting for it\n");
		if (flock(fd, LOCK_EX))
			return -errno;
	}
	return 0;
}

static int act(struct networks *n, const struct args *a)
{
	int err;

	if (a->action == MIGRATE)
		return networks_migrate(n, a->file) ? 1 : 0;
	if (is_systemds(n, a))
		return by_systemd(n);
	err = networks_load(n, a->action == START || a->action == POSTINSTALL);
	if (err)
		return 1;
	if ((a->action == START || a->action == STOP) && take_turn(n))
		return 1;
	switch (a->action) {
	case START:
		return do_start(n);
	case STOP:
		return do_stop(n);
	case STATUS:
		return do_status(n);
	default:
		return networks_write_netmap(n) ? 1 : 0;
	}
}

int main(int argc, char **argv)
{
	struct networks *n = calloc(1, sizeof(*n));
	struct args a = { .action = NONE };
	ssize_t len;
	int err;

	if (!n)
		return 1;
	/* Daemons that are not root read each other's files. */
	umask(022);
	n->root = "/etc/vmnet";
	n->run = "/var/run";
	n->only = -1;
	len = readlink("/proc/self/exe", n->libexec, sizeof(n->libexec) - 1);
	if (len > 0) {
		n->libexec[len] = '\0';
		dirname(n->libexec);
	}
	if (parse(argc, argv, n, &a)) {
		usage(stderr);
		return 2;
	}
	if (geteuid() != 0) {
		fputs("vmnet-networks: must be run by root\n", stderr);
		return 1;
	}
	n->nl = nl_open(&err);
	if (!n->nl) {
		fprintf(stderr, "vmnet-networks: no netlink: %s\n", strerror(-err));
		return 1;
	}
	err = act(n, &a);
	networking_done(&n->nc);
	nl_close(n->nl);
	free(n);
	return err;
}
