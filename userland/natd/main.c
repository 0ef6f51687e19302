// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-natd: connects the guests of a network to the outside, by sockets of
 * the host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "capture.h"
#include "ctl.h"
#include "ctlclient.h"
#include "daemon.h"
#include "hostaddr.h"
#include "icmp.h"
#include "log.h"
#include "nat.h"
#include "nd.h"
#include "reload.h"
#include "sweep.h"

struct args {
	const char *conf;
	const char *mac;
	const char *pidfile;
	const char *tap;
	const char *user;
	const char *run_dir;
	const char *control;
	const char *resolv;
	const char *hosts;
	const char *leases;
	const char *pcap;
	int pcap_fd;
	int fd;
	int level;
	uint32_t mtu;
	bool foreground, plain, advertise_only;
};

static void usage(FILE *out)
{
	fputs("usage: vmnet-natd [-s LEVEL] [-d PIDFILE] [-m FILE] -c FILE\n"
	      "\n"
	      "Connects the guests of a network to the outside by sockets of "
	      "the host.\n"
	      "\n"
	      "  -c FILE        configuration, nat.conf\n"
	      "  -m FILE        keeps our hardware address; made when it is "
	      "missing\n"
	      "  -d PIDFILE     go to the background when ready\n"
	      "  -s LEVEL       least urgent syslog level that is logged (6)\n"
	      "  --tap NAME     serve a tap interface instead of /dev/vmnetN\n"
	      "  --fd N         serve an open file, a tap or a node\n"
	      "  --no-offload   plain frames only, even where the port knows "
	      "more\n"
	      "  --advertise-only\n"
	      "                 guests get IPv6 addresses of natIp6Prefix, and nothing is "
	      "carried:\n"
	      "                 for a network of the host and its guests alone\n"
	      "  --mtu N        MTU of the guests, 576 to 65535; else that of the "
	      "network's\n"
	      "                 interface on the host, else 1500\n"
	      "  --user NAME    run as this user (vmnet-natd, else nobody)\n"
	      "  --run-dir DIR  where the status socket vmnat.PID is (" CTL_RUN_DIR ")\n"
	      "  --control FILE the control socket "
	      "(" CTL_RUN_DIR "/vmnet-natd-NETWORK.sock)\n"
	      "  --resolv FILE  names the DNS servers (/etc/resolv.conf)\n"
	      "  --hosts FILE   names hosts (/etc/hosts)\n"
	      "  --pcap FILE    record what guests send and get\n"
	      "  --leases FILE  names guests, the DHCP server's file (none)\n"
	      "  --foreground   log to standard error too\n"
	      "  -h, --help     this text\n"
	      "  --version      the version\n",
	      out);
}

enum {
	OPT_TAP = 256,
	OPT_FD,
	OPT_USER,
	OPT_RUN,
	OPT_CONTROL,
	OPT_RESOLV,
	OPT_HOSTS,
	OPT_LEASES,
	OPT_PCAP,
	OPT_FG,
	OPT_PLAIN,
	OPT_ADVERTISE,
	OPT_MTU,
	OPT_VERSION
};

static uint32_t parse_mtu(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end || v < NAT_MTU_MIN || v > NAT_MTU_MAX) {
		fprintf(stderr, "vmnet-natd: --mtu: '%s' is not a number from %d to %d\n", text,
			NAT_MTU_MIN, NAT_MTU_MAX);
		exit(2);
	}
	return (uint32_t)v;
}

static int parse(int argc, char **argv, struct args *a)
{
	static const struct option opts[] = {
		{ "tap", required_argument, NULL, OPT_TAP },
		{ "fd", required_argument, NULL, OPT_FD },
		{ "user", required_argument, NULL, OPT_USER },
		{ "run-dir", required_argument, NULL, OPT_RUN },
		{ "control", required_argument, NULL, OPT_CONTROL },
		{ "resolv", required_argument, NULL, OPT_RESOLV },
		{ "hosts", required_argument, NULL, OPT_HOSTS },
		{ "leases", required_argument, NULL, OPT_LEASES },
		{ "pcap", required_argument, NULL, OPT_PCAP },
		{ "foreground", no_argument, NULL, OPT_FG },
		{ "no-offload", no_argument, NULL, OPT_PLAIN },
		{ "advertise-only", no_argument, NULL, OPT_ADVERTISE },
		{ "mtu", required_argument, NULL, OPT_MTU },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "hs:c:m:d:", opts, NULL)) != -1) {
		switch (opt) {
		case 'h':
			usage(stdout);
			exit(0);
		case OPT_VERSION:
			puts("vmnet-natd " VMNET_VERSION);
			exit(0);
		case 's':
			a->level = atoi(optarg);
			break;
		case 'c':
			a->conf = optarg;
			break;
		case 'm':
			a->mac = optarg;
			break;
		case 'd':
			a->pidfile = optarg;
			break;
		case OPT_TAP:
			a->tap = optarg;
			break;
		case OPT_FD:
			a->fd = atoi(optarg);
			break;
		case OPT_USER:
			a->user = optarg;
			break;
		case OPT_RUN:
			a->run_dir = optarg;
			break;
		case OPT_CONTROL:
			a->control = optarg;
			break;
		case OPT_RESOLV:
			a->resolv = optarg;
			break;
		case OPT_HOSTS:
			a->hosts = optarg;
			break;
		case OPT_PCAP:
			a->pcap = optarg;
			break;
		case OPT_LEASES:
			a->leases = optarg;
			break;
		case OPT_FG:
			a->foreground = true;
			break;
		case OPT_PLAIN:
			a->plain = true;
			break;
		case OPT_ADVERTISE:
			a->advertise_only = true;
			break;
		case OPT_MTU:
			a->mtu = parse_mtu(optarg);
			break;
		default:
			return -EINVAL;
		}
	}
	return a->conf && optind == argc ? 0 : -EINVAL;
}

static void read_conf(struct nat *n, const char *path)
{
	struct conf_err cerr = { 0 };
	char text[512];
	size_t len;
	char *conf;
	int err;
	unsigned int i;

	conf = conf_read(path, NAT_CONF_MAX_SIZE, &len, &err);
	if (!conf)
		daemon_failed("%s: %s", path, strerror(-err));
	err = nat_conf_parse(&n->conf, conf, len, &cerr);
	free(conf);
	if (err)
		daemon_failed("%s", conf_err_format(path, &cerr, text, sizeof(text)));
	for (i = 0; i < n->conf.nnotes; i++)
		log_info("%s:%u: %s", path, n->conf.notes[i].line, n->conf.notes[i].text);
	n->ip4 = n->conf.ip.a.v4;
	n->mask4 = nat_conf_mask4(&n->conf);
	n->net4 = n->ip4 & n->mask4;
	if (n->conf.host_ip.family == AF_INET)
		n->host4 = n->conf.host_ip.a.v4;
}

/* Our address: from the file, or a new one that is kept there. */
static void own_mac(struct nat *n, const char *path)
{
	char text[64], mac[18];
	size_t len = 0;
	char *old;
	int err;

	if (path) {
		old = conf_read(path, sizeof(text) - 1, &len, &err);
		if (old) {
			old[strcspn(old, " \t\r\n")] = '\0';
			err = mac_parse(old, n->mac);
			if (err || mac_is_group(n->mac))
				daemon_failed("%s:1: '%s' is not a hardware address", path, old);
			free(old);
			return;
		}
		if (err != -ENOENT)
			daemon_failed("%s: %s", path, strerror(-err));
	}
	n->mac[0] = 0x00;
	n->mac[1] = 0x50;
	n->mac[2] = 0x56;
	if (getrandom(n->mac + 3, 3, 0) != 3)
		daemon_failed("no random numbers: %s", strerror(errno));
	n->mac[3] |= 0xe0;
	if (!path)
		return;
	len = (size_t)snprintf(text, sizeof(text), "%s\n", mac_format(n->mac, mac));
	err = conf_write(path, text, len, 0644);
	if (err)
		daemon_failed("%s: cannot be written: %s", path, strerror(-err));
}

static void open_port(struct nat *n, const struct args *a)
{
	struct port_opts opts = { .want_offload = !a->plain, .mac = n->mac };
	char text[256];
	int err;

	if (a->tap)
		err = port_open_tap(&n->port, a->tap, &opts);
	else if (a->fd >= 0)
		err = port_open_fd(&n->port, a->fd, &opts);
	else
		err = port_open_dev(&n->port, n->conf.device[0] ? n->conf.device : "/dev/vmnet8",
				    &opts);
	if (err)
		daemon_failed("%s", port_strerror(&n->port, err, text, sizeof(text)));
	n->mtu = a->mtu ? a->mtu : n->port.mtu;
	if (n->mtu > NAT_MTU_MAX)
		n->mtu = NAT_MTU_MAX;
	if (n->mtu < NAT_MTU_MIN)
		n->mtu = NAT_MTU;
}

/* Each flow is a descriptor. Return: how many there may be. */
static unsigned long long raise_limits(void)
{
	struct rlimit rl, more = { NAT_FILES, NAT_FILES };

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return 0;
	if (rl.rlim_max >= NAT_FILES)
		more.rlim_max = rl.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &more))
		return NAT_FILES;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	return rl.rlim_max;
}

static void on_term(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_quit(loop, 0);
}

/* The control socket is named after the network: vmnet8, a tap, or fd3. */
static void open_control(struct nat *n, const struct args *a)
{
	const char *net = n->conf.device[0] ? n->conf.device : "vmnet8";
	char path[256], fd[16];
	int err;

	if (strrchr(net, '/'))
		net = strrchr(net, '/') + 1;
	snprintf(fd, sizeof(fd), "fd%d", a->fd);
	if (a->tap)
		net = a->tap;
	else if (a->fd >= 0)
		net = fd;
	if (a->control)
		snprintf(path, sizeof(path), "%s", a->control);
	else
		ctl_socket_path(a->run_dir, "vmnet-natd", net, path, sizeof(path));
	err = ctl_init(n, path);
	if (err == -EADDRINUSE)
		daemon_failed("%s: another process has the control socket", path);
	if (err)
		daemon_failed("%s: no control socket: %s", path, strerror(-err));
}

static void start(struct nat *n, const struct args *a)
{
	int err;

	if (loop_init(&n->loop) || loop_signal_add(&n->loop, SIGTERM, on_term, NULL) ||
	    loop_signal_add(&n->loop, SIGINT, on_term, NULL) ||
	    loop_signal_add(&n->loop, SIGHUP, nat_on_hup, n))
		daemon_failed("no event loop: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	n->resolv_conf = a->resolv;
	n->hosts = a->hosts;
	n->leases = a->leases;
	n->conf_path = a->conf;
	if (a->pcap) {
		n->capture = capture_start(a->pcap_fd, a->pcap);
		if (!n->capture)
			daemon_failed("%s: out of memory", a->pcap);
	}
	open_port(n, a);
	n->icmp_fd = icmp_open_raw(AF_INET);
	n->icmp6_fd = icmp_open_raw(AF_INET6);
	if (n->icmp_fd < 0)
		log_warn("no raw ICMP socket (%s): guests cannot ping outside",
			 strerror(-n->icmp_fd));
	if (n->icmp6_fd < 0 && n->conf.ip6_enable)
		log_warn("no raw ICMPv6 socket (%s): guests cannot ping outside by IPv6",
			 strerror(-n->icmp6_fd));
	err = nat_init(n);
	if (!err)
		err = neigh_init(n);
	if (!err)
		err = nd_init(n);
	if (!err)
		err = icmp_init(n);
	if (!err)
		err = udp_init(n);
	if (!err)
		err = ftp_init(n);
	if (!err)
		err = tcp_init(n);
	if (!err)
		err = hostaddr_init(n);
	if (!err)
		err = dns_init(n);
	if (!err)
		err = fwd_init(n);
	if (err)
		daemon_failed("cannot start: %s", strerror(-err));
	err = status_init(n, a->run_dir);
	if (err)
		daemon_failed("%s: no status socket: %s", a->run_dir, strerror(-err));
	open_control(n, a);
}

static void stop(struct nat *n)
{
	ctl_done(n);
	status_done(n);
	fwd_done(n);
	dns_done(n);
	hostaddr_done(n);
	tcp_done(n);
	ftp_done(n);
	nd_done(n);
	nat_flush(n);
	udp_done(n);
	icmp_done(n);
	neigh_done(n);
	nat_done(n);
	port_close(&n->port);
	capture_stop(n->capture);
	nat_conf_done(&n->conf);
	loop_done(&n->loop);
}

int main(int argc, char **argv)
{
	struct args a = { .fd = -1, .level = LOG_INFO, .run_dir = CTL_RUN_DIR };
	struct pidfile pf = { .fd = -1 };
	struct nat *n = calloc(1, sizeof(*n));
	char ip[16], mac[18];
	unsigned long long files;
	pid_t other = 0;
	int err;

	if (!n)
		return 1;
	if (parse(argc, argv, &a)) {
		usage(stderr);
		free(n);
		return 2;
	}
	log_open("vmnet-natd", a.level, !a.foreground, true);
	if (a.pidfile) {
		err = pidfile_claim(&pf, a.pidfile, &other);
		if (err == -EBUSY)
			daemon_failed("already running, pid %d (%s)", (int)other, a.pidfile);
		if (err)
			daemon_failed("%s: %s", a.pidfile, strerror(-err));
	}
	a.conf = daemon_path(a.conf);
	a.resolv = daemon_path(a.resolv);
	a.hosts = daemon_path(a.hosts);
	a.leases = daemon_path(a.leases);
	read_conf(n, a.conf);
	n->advertise_only = a.advertise_only;
	if (a.advertise_only && n->conf.nforwards)
		daemon_failed("%s:%u: a forward, but nothing is carried with --advertise-only",
			      a.conf, n->conf.forwards[0].line);
	own_mac(n, a.mac);
	if (a.pcap) {
		a.pcap_fd = capture_open(a.pcap);
		if (a.pcap_fd < 0)
			daemon_failed("%s: %s", a.pcap, strerror(-a.pcap_fd));
	}
	files = raise_limits();
	err = daemon_start(a.pidfile && !a.foreground);
	if (err)
		daemon_failed("cannot go to the background: %s", strerror(-err));
	start(n, &a);
	pidfile_write(&pf);
	/* Afterwards we could not remove them ourselves. */
	if (geteuid() == 0) {
		const char *const sockets[SWEEP_SOCKETS] = { status_path(n), ctl_path(n) };

		err = sweep_start("vmnet-natd-end", sockets, a.pidfile);
		if (err)
			daemon_failed("cannot start: %s", strerror(-err));
	}
	err = nat_sandbox(n, a.user);
	if (err)
		daemon_failed("cannot give up privileges: %s", strerror(-err));
	if (files < NAT_FILES)
		log_warn("%llu files may be open, and flows no more; %d are wanted (RLIMIT_NOFILE)",
			 files, NAT_FILES);
	log_info("gateway %s (%s) on %s", ip4_format(n->ip4, ip), mac_format(n->mac, mac),
		 n->port.name);
	daemon_ready();
	err = loop_run(&n->loop);
	stop(n);
	pidfile_remove(&pf);
	free(n);
	return err ? 1 : 0;
}
