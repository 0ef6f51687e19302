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
#include "args.h"
#include "confine.h"
#include "ctl.h"
#include "ctlclient.h"
#include "daemon.h"
#include "load.h"
#include "log.h"
#include "pkt.h"
#include "reload.h"
#include "server.h"
#include "sweep.h"

static void bad_conf(const char *path, const struct conf_err *err)
{
	char text[512];

	daemon_failed("%s", conf_err_format(path, err, text, sizeof(text)));
}

static void open_iface(struct server *s, const char *name)
{
	int err = iface_open(&s->iface, &s->port, name);

	if (err == -EPROTOTYPE)
		daemon_failed("interface %s: not an Ethernet", name);
	if (err == -EADDRINUSE)
		daemon_failed("interface %s: another server has UDP port 67 there", name);
	if (err)
		daemon_failed("interface %s: %s", name, strerror(-err));
}

static void open_port(struct server *s, const struct args *a)
{
	/* A burst waits while leases go to the disk. */
	struct port_opts opts = { .queue = 4096 };
	char text[256];
	int err = 0;

	if (a->iface)
		open_iface(s, a->iface);
	else if (a->tap)
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

/* What the network is called in the log. */
static const char *name_of(const struct server *s, const struct args *a)
{
	if (a->network)
		return a->network;
	if (a->iface)
		return a->iface;
	if (a->tap)
		return a->tap;
	return s->port.is_vmnet ? s->port.name : "fd";
}

static void start(struct server *s, const struct args *a)
{
	char ip[16], mask[16];
	struct conf_err why;
	int err;

	if (loop_init(&s->loop) || loop_signal_add(&s->loop, SIGTERM, on_term, NULL) ||
	    loop_signal_add(&s->loop, SIGINT, on_term, NULL) ||
	    loop_signal_add(&s->loop, SIGHUP, server_on_hup, s))
		daemon_failed("no event loop: %s", strerror(errno));
	open_port(s, a);
	if (load_choose_local(s, s->conf, &why))
		bad_conf(a->conf, &why);
	err = lease_db_init(&s->db, s->conf);
	if (err)
		daemon_failed("no memory for the addresses");
	s->conf_path = a->conf;
	s->any_source = a->any_source;
	s->holders.most = (unsigned int)a->most;
	s->name = name_of(s, a);
	if (!strncmp(s->name, "/dev/", 5))
		s->name += 5;
	err = server_init(s);
	if (err)
		daemon_failed("cannot start: %s", strerror(-err));
	log_info("Configured subnet: %s/%s", ip4_format(s->conf->local->net, ip),
		 ip4_format(s->conf->local->mask, mask));
	log_info("Setting vmnet-dhcp IP address: %s", ip4_format(s->conf->server, ip));
	log_info("Opened: %s", s->port.name);
	log_info("Recving on     VNet/%s/%s", s->name, ip4_format(s->conf->local->net, ip));
	log_info("Sending on     VNet/%s/%s", s->name, ip4_format(s->conf->local->net, ip));
}

/* The control socket is named after what is served: vmnet8, a tap, or fd3. */
static void control_path(const struct args *a, char *path, size_t size)
{
	const char *net = a->iface ? a->iface : a->tap ? a->tap : a->network;
	char fd[16];

	snprintf(fd, sizeof(fd), "fd%d", a->fd);
	if (a->fd >= 0)
		net = fd;
	if (strrchr(net, '/'))
		net = strrchr(net, '/') + 1;
	if (a->control)
		snprintf(path, size, "%s", a->control);
	else
		ctl_socket_path(a->run_dir, "vmnet-dhcpd", net, path, size);
}

/* What is told and asked while the server runs; before rights are given up. */
static void open_control(struct server *s, const struct args *a)
{
	struct hook *hook = NULL;
	char path[256];
	int err;

	if (a->hook) {
		hook = hook_start(a->hook, s->name, a->user ? a->user : CONFINE_USER, &err);
		if (!hook)
			daemon_failed("%s: %s", a->hook, strerror(-err));
	}
	control_path(a, path, sizeof(path));
	err = ctl_init(s, path, hook);
	if (err == -EADDRINUSE)
		daemon_failed("%s: another process has the control socket", path);
	if (err)
		daemon_failed("%s: no control socket: %s", path, strerror(-err));
}

/* Files that are read with the server's own rights, not with root's. */
static void open_files(struct server *s, const struct args *a)
{
	struct conf_err why;
	char text[512];
	int err;

	if (reserve_open(s, a->leases, &why))
		daemon_failed("%s", conf_err_format(s->reserve.path, &why, text, sizeof(text)));
	err = leasefile_open(&s->file, a->leases, &s->db);
	if (err)
		daemon_failed("%s: %s", a->leases, strerror(-err));
	ctl_tell(s);
}

int main(int argc, char **argv)
{
	struct conf_err cerr;
	char why[128];
	struct args a;
	struct pidfile pf = { .fd = -1 };
	struct server *s = calloc(1, sizeof(*s));
	bool root = geteuid() == 0;
	pid_t other = 0;
	int err;

	if (!s)
		return 1;
	if (args_parse(&a, argc, argv, why, sizeof(why))) {
		fprintf(stderr, "vmnet-dhcpd: %s; --help shows the options\n", why);
		free(s);
		return 2;
	}
	if (a.help)
		args_usage(stdout);
	else if (a.version)
		puts("vmnet-dhcpd " VMNET_VERSION);
	if (a.help || a.version) {
		free(s);
		return 0;
	}
	log_open("vmnet-dhcpd", a.level, !a.foreground && !a.test, true);
	if (reserve_load(&s->reserve, a.conf, &s->conf, &cerr))
		bad_conf(a.conf, &cerr);
	if (a.test) {
		printf("%s: right\n", a.conf);
		load_free(s->conf);
		reserve_done(&s->reserve);
		free(s);
		return 0;
	}
	a.conf = daemon_path(a.conf);
	a.leases = daemon_path(a.leases);
	a.hook = daemon_path(a.hook);
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
	open_control(s, &a);
	pidfile_write(&pf);
	/* Afterwards we could not remove them ourselves. */
	if (root) {
		const char *const sockets[SWEEP_SOCKETS] = { ctl_path(s) };

		err = sweep_start("vmnet-dhcpd-end", sockets, a.pidfile);
		if (err)
			daemon_failed("cannot start: %s", strerror(-err));
	}
	confine_user(a.leases, a.user);
	open_files(s, &a);
	confine(a.conf, a.leases, root);
	daemon_ready();
	err = loop_run(&s->loop);
	server_flush(s);
	ctl_done(s);
	server_done(s);
	pidfile_remove(&pf);
	free(s);
	return err ? 1 : 0;
}
