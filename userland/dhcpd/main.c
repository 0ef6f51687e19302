// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-dhcpd: gives the guests of a network their addresses.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "confine.h"
#include "daemon.h"
#include "log.h"
#include "pkt.h"
#include "server.h"

struct args {
	const char *conf, *leases, *pidfile, *tap, *user, *network;
	int fd, level;
	bool foreground, test, any_source;
};

static void usage(FILE *out)
{
	fputs("usage: vmnet-dhcpd [-s LEVEL] -cf CONF -lf LEASES [-pf PIDFILE] "
	      "vmnetN\n"
	      "       vmnet-dhcpd -t -cf CONF\n"
	      "\n"
	      "Gives the guests of a network their addresses.\n"
	      "\n"
	      "  -cf CONF      configuration, dhcpd.conf\n"
	      "  -lf LEASES    the leases, kept over restarts\n"
	      "  -pf PIDFILE   go to the background when ready\n"
	      "  -s LEVEL      least urgent syslog level that is logged (6)\n"
	      "  -t            only say whether the configuration is right\n"
	      "  --tap NAME    serve a tap interface instead of /dev/vmnetN\n"
	      "  --fd N        serve an open file, a tap or a node\n"
	      "  --user NAME   run as this user (vmnet-dhcpd, else nobody)\n"
	      "  --any-source  serve clients whose frames come from another address (load\n"
	      "                generators)\n"
	      "  -d, --foreground  stay, and log to standard error\n"
	      "  -h, --help    this text\n"
	      "  --version     the version\n",
	      out);
}

/* ISC's options have two letters, which getopt() cannot read. */
static int parse(int argc, char **argv, struct args *a)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *o = argv[i];
		const char **value = NULL;

		if (!strcmp(o, "-h") || !strcmp(o, "--help")) {
			usage(stdout);
			exit(0);
		} else if (!strcmp(o, "--version")) {
			puts("vmnet-dhcpd " VMNET_VERSION);
			exit(0);
		} else if (!strcmp(o, "-cf")) {
			value = &a->conf;
		} else if (!strcmp(o, "-lf")) {
			value = &a->leases;
		} else if (!strcmp(o, "-pf")) {
			value = &a->pidfile;
		} else if (!strcmp(o, "--tap")) {
			value = &a->tap;
		} else if (!strcmp(o, "--user")) {
			value = &a->user;
		} else if (!strcmp(o, "-d") || !strcmp(o, "--foreground")) {
			a->foreground = true;
		} else if (!strcmp(o, "--any-source")) {
			a->any_source = true;
		} else if (!strcmp(o, "-t")) {
			a->test = true;
		} else if ((!strcmp(o, "-s") || !strcmp(o, "--fd")) && i + 1 < argc) {
			int v = atoi(argv[++i]);

			if (o[1] == 's')
				a->level = v;
			else
				a->fd = v;
		} else if (o[0] != '-' && !a->network) {
			a->network = o;
		} else {
			return -EINVAL;
		}
		if (value) {
			if (++i == argc)
				return -EINVAL;
			*value = argv[i];
		}
	}
	if (!a->conf)
		return -EINVAL;
	if (a->test)
		return 0;
	if (!a->network)
		a->network = a->tap;
	return a->leases && (a->network || a->fd >= 0) ? 0 : -EINVAL;
}

static void read_conf(struct server *s, const char *path)
{
	struct conf_err cerr = { 0 };
	char text[512];
	size_t len;
	char *conf;
	int err;

	conf = conf_read(path, CONF_MAX_SIZE, &len, &err);
	if (!conf)
		daemon_failed("%s: %s", path, strerror(-err));
	err = dhcp_conf_parse(&s->conf, conf, len, &cerr);
	free(conf);
	if (err == -ENOMEM)
		daemon_failed("no memory");
	if (err)
		daemon_failed("%s", conf_err_format(path, &cerr, text, sizeof(text)));
}

static void open_port(struct server *s, const struct args *a)
{
	struct port_opts opts = { .want_offload = false };
	char text[256];
	int err;

	if (a->tap)
		err = port_open_tap(&s->port, a->tap, &opts);
	else if (a->fd >= 0)
		err = port_open_fd(&s->port, a->fd, &opts);
	else
		err = port_open_dev(&s->port, a->network, &opts);
	if (err)
		daemon_failed("%s", port_strerror(&s->port, err, text, sizeof(text)));
}

static void on_term(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_quit(loop, 0);
}

static void start(struct server *s, const struct args *a)
{
	char ip[16], mask[16];
	int err;

	if (loop_init(&s->loop) || loop_signal_add(&s->loop, SIGTERM, on_term, NULL) ||
	    loop_signal_add(&s->loop, SIGINT, on_term, NULL))
		daemon_failed("no event loop: %s", strerror(errno));
	err = lease_db_init(&s->db, &s->conf);
	if (err)
		daemon_failed("no memory for the addresses");
	open_port(s, a);
	s->any_source = a->any_source;
	s->name = a->network ? a->network : s->port.is_vmnet ? s->port.name : "fd";
	if (!strncmp(s->name, "/dev/", 5))
		s->name += 5;
	err = server_init(s);
	if (err)
		daemon_failed("cannot start: %s", strerror(-err));
	log_info("Configured subnet: %s/%s", ip4_format(s->conf.net, ip),
		 ip4_format(s->conf.mask, mask));
	log_info("Setting vmnet-dhcp IP address: %s", ip4_format(s->conf.server, ip));
	log_info("Opened: %s", s->port.name);
	log_info("Recving on     VNet/%s/%s", s->name, ip4_format(s->conf.net, ip));
	log_info("Sending on     VNet/%s/%s", s->name, ip4_format(s->conf.net, ip));
}

int main(int argc, char **argv)
{
	struct args a = { .fd = -1, .level = LOG_INFO };
	struct pidfile pf = { .fd = -1 };
	struct server *s = calloc(1, sizeof(*s));
	bool root = geteuid() == 0;
	pid_t other = 0;
	int err;

	if (!s)
		return 1;
	if (parse(argc, argv, &a)) {
		usage(stderr);
		free(s);
		return 2;
	}
	log_open("vmnet-dhcpd", a.level, !a.foreground && !a.test, true);
	read_conf(s, a.conf);
	if (a.test) {
		printf("%s: right\n", a.conf);
		dhcp_conf_done(&s->conf);
		free(s);
		return 0;
	}
	if (a.pidfile) {
		err = pidfile_claim(&pf, a.pidfile, &other);
		if (err == -EBUSY)
			daemon_failed("already running, pid %d (%s)", (int)other, a.pidfile);
		if (err)
			daemon_failed("%s: %s", a.pidfile, strerror(-err));
	}
	err = daemon_start(a.pidfile && !a.foreground);
	if (err)
		daemon_failed("cannot go to the background: %s", strerror(-err));
	start(s, &a);
	pidfile_write(&pf);
	confine_user(a.leases, a.user);
	/* Read with the daemon's own rights, not with root's. */
	err = leasefile_open(&s->file, a.leases, &s->db, &s->conf, time(NULL), loop_now(&s->loop));
	if (err)
		daemon_failed("%s: %s", a.leases, strerror(-err));
	confine(a.conf, a.leases, root);
	daemon_ready();
	err = loop_run(&s->loop);
	server_flush(s);
	server_done(s);
	pidfile_remove(&pf);
	free(s);
	return err ? 1 : 0;
}
