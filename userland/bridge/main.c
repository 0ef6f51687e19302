// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmnet-bridge: attaches a network to a NIC and keeps it attached, to a named
 * one or to the one the default route leads through.
 */
#include <cap-ng.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "daemon.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "uplink.h"
#include "world.h"

/* A look is due when nothing has happened for so long, ... */
#define SETTLE (200 * MSEC)
/* ... and at the latest so long after the first change. */
#define SETTLE_MAX (2 * SEC)
/* No network moves twice within this time, whatever a route does. */
#define HOLD (1 * SEC)
/* Looks before it is ready, when the tables do not hold still. */
#define FIRST_LOOKS 20
/* Changes between two looks that are logged as such. */
#define LOGGED_CHANGES 8

/**
 * struct bridge - the program
 * @o: the command line
 * @uplink: what is bridged
 * @world: the host's interfaces and default routes
 * @nl: for looking at them
 * @monitor: their changes
 * @settle: when the next look is due
 * @since: time of the first change since the last look
 * @moved: when the network last went from one NIC to another
 * @changes: that were worth a look, since then
 * @trouble: the last look ended with an error: any change is worth another
 * @loop: what runs it
 *
 * Lives in main(). Events only note what they say; look() alone, called by the
 * timer, moves the uplink.
 */
struct bridge {
	struct options o;
	struct uplink uplink;
	struct world world;
	struct nl *nl;
	struct loop_fd monitor;
	struct loop_timer settle;
	uint64_t since, moved;
	unsigned int changes;
	bool trouble;
	struct loop *loop;
};

static void usage(void)
{
	puts("usage: vmnet-bridge [-s LEVEL] [-d PIDFILE] [-f] -n N [-i IF]... [-e IF]...\n"
	     "                    [-1 IF]...\n"
	     "       vmnet-bridge [-s LEVEL] [-d PIDFILE] [-f] [-1 IF] /dev/vmnetN IF\n"
	     "\n"
	     "Bridges network N to a NIC: to the one the default route leads through,\n"
	     "following it, or to a named one. Virtual interfaces (docker, virbr, veth,\n"
	     "tap, vmnet) are never chosen unless -i names them.\n"
	     "\n"
	     "  -n N        number of the network\n"
	     "  -i IF       only this interface; may be repeated\n"
	     "  -e IF       never this interface; may be repeated\n"
	     "  -1 IF       on this interface, leave with its own address (single MAC)\n"
	     "  -f, --follow  guests' links are down while that of the NIC is\n"
	     "  -d PIDFILE  go to the background when ready\n"
	     "  -s LEVEL    least urgent syslog level that is logged (6)\n"
	     "  -h, --help  this text\n"
	     "  --version   the version");
}

/* For systemctl status. */
static void tell_status(const struct bridge *b)
{
	if (b->uplink.fd < 0)
		sd_notify(0, "STATUS=Waiting for an interface");
	else
		sd_notifyf(0, "STATUS=%s %s", b->uplink.index ? "Bridged to" : "Waiting for",
			   b->uplink.name);
}

/* A name may be one of several that an interface has. */
static const struct nl_link *named(const struct choose_world *w, const char *name)
{
	const struct nl_link *l = choose_link_named(w, name);

	return l ? l : choose_link(w, (int)if_nametoindex(name));
}

/*
 * What should be bridged now? Sets the name, NULL for nothing, and the index, 0
 * for a name that is not there: the kernel waits for a single name by itself.
 */
static const char *wanted(const struct bridge *b, const struct choose_world *w, int *index)
{
	const struct choose_rules *rules = &b->o.rules;
	const struct nl_link *l;

	if (rules->nonly == 1)
		l = named(w, rules->only[0]);
	else
		l = choose_link(w, choose_best(rules, w, b->uplink.index));
	*index = l ? l->index : 0;
	if (rules->nonly == 1)
		return rules->only[0];
	return l ? l->name : NULL;
}

/* Look at the world, and bridge what is to be bridged now. */
static int decide(struct bridge *b, char *why, size_t size)
{
	bool had = b->uplink.fd >= 0;
	int err = world_look(&b->world, b->nl), index;
	struct choose_world w;
	const char *name;

	if (err) {
		snprintf(why, size, "cannot read interfaces and routes: %s", strerror(-err));
		return err;
	}
	w = world_view(&b->world);
	name = wanted(b, &w, &index);
	if (!name || !uplink_stays(&b->uplink, &w, name, index)) {
		/* First leave: two NICs on a network make a way between their LANs. */
		uplink_leave(&b->uplink, &b->o);
		if (had)
			b->moved = loop_now(b->loop);
		if (name)
			err = uplink_join(&b->uplink, &b->o, name, index, why, size);
		else if (had)
			log_info("no interface to bridge; waiting for one");
	}
	tell_status(b);
	return err;
}

static void look(struct loop *loop, struct loop_timer *self)
{
	struct bridge *b = (void *)((char *)self - offsetof(struct bridge, settle));
	char why[256];
	int err = decide(b, why, sizeof(why));

	b->changes = 0;
	/* Said once, and tried again when anything has changed. */
	if (err)
		log_msg(b->trouble ? LOG_DEBUG : LOG_WARNING, "%s", why);
	b->trouble = err;
	if (err == -EINTR) {
		b->since = loop_now(loop);
		loop_timer_set(loop, self, SETTLE);
	}
}

/* Something has changed: look when it has settled. */
static void look_soon(struct bridge *b)
{
	uint64_t now = loop_now(b->loop), due = now + SETTLE;

	if (!loop_timer_is_set(&b->settle))
		b->since = now;
	if (due > b->since + SETTLE_MAX)
		due = b->since + SETTLE_MAX;
	if (b->moved && due < b->moved + HOLD)
		due = b->moved + HOLD;
	if (loop_timer_set(b->loop, &b->settle, due > now ? due - now : 0))
		look(b->loop, &b->settle);
}

static void note(const struct nl_event *e, void *arg)
{
	struct bridge *b = arg;
	const struct choose_world w = world_view(&b->world);
	int level;
	bool due;

	if (e->type == RTM_NEWLINK)
		uplink_renamed(&b->uplink, choose_link(&w, e->link.index), &e->link);
	due = world_note(&b->world, &b->o.rules, e);
	level = due && b->changes < LOGGED_CHANGES ? LOG_INFO : LOG_DEBUG;
	switch (e->type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		log_msg(level, "RTM_%sLINK: name:%s index:%d flags:0x%08x",
			e->type == RTM_NEWLINK ? "NEW" : "DEL", e->link.name, e->link.index,
			e->link.flags);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		log_msg(level, "RTM_%sROUTE: index:%d", e->type == RTM_NEWROUTE ? "NEW" : "DEL",
			e->route.oif);
		break;
	case 0:
		log_msg(level, "more changes than could be told; looking at all anew");
		break;
	}
	if (due)
		b->changes++;
	if (due || b->trouble)
		look_soon(b);
}

static void on_change(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct bridge *b = (void *)((char *)self - offsetof(struct bridge, monitor));
	int err = nl_monitor_events(self->fd, note, b);

	(void)events;
	if (!err)
		return;
	log_err("cannot follow changes of interfaces: %s", strerror(-err));
	loop_quit(loop, 1);
}

static void on_term(struct loop *loop, int signo, void *arg)
{
	(void)signo;
	(void)arg;
	loop_quit(loop, 0);
}

static void on_hup(struct loop *loop, int signo, void *arg)
{
	struct bridge *b = arg;

	(void)signo;
	look(loop, &b->settle);
}

/* A pinned name that is none of a NIC is a mistake, and is told as such. */
static void check_pinned(const struct bridge *b)
{
	const struct choose_world w = world_view(&b->world);
	size_t i;

	for (i = 0; i < b->o.rules.nonly; i++) {
		const struct nl_link *l = named(&w, b->o.rules.only[i]);

		if (l && (l->type != ARPHRD_ETHER || l->flags & IFF_LOOPBACK))
			daemon_failed("%s is not an Ethernet interface", l->name);
	}
}

/*
 * For what is to come the right to bridge and to open the node is enough; at the
 * end links are told not to follow any more.
 */
static void give_up_rights(const struct options *o)
{
	const unsigned int keep[] = { CAP_NET_RAW, CAP_DAC_OVERRIDE, CAP_NET_ADMIN };
	const size_t n = o->follow ? 3 : 2;
	capng_select_t what = CAPNG_SELECT_CAPS;
	bool has[3];
	size_t i;

	for (i = 0; i < n; i++)
		has[i] = capng_have_capability(CAPNG_PERMITTED, keep[i]);
	/* Only who may can take from what programs it starts would get. */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		what = CAPNG_SELECT_BOTH;
	capng_clear(CAPNG_SELECT_BOTH);
	for (i = 0; i < n; i++)
		if (has[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, keep[i]);
	if (capng_apply(what) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		log_warn("cannot give up rights that are not needed");
}

static void set_up(struct bridge *b, struct loop *loop)
{
	int err;

	b->loop = loop;
	if (loop_init(loop) || loop_signal_add(loop, SIGTERM, on_term, b) ||
	    loop_signal_add(loop, SIGINT, on_term, b))
		daemon_failed("no event loop: %s", strerror(errno));
	/* On a terminal it says that nobody is there any more. */
	if (b->o.pidfile && loop_signal_add(loop, SIGHUP, on_hup, b))
		daemon_failed("no event loop: %s", strerror(errno));
	b->nl = nl_open(&err);
	if (!b->nl)
		daemon_failed("no netlink: %s", strerror(-err));
	/* Listen before the first look, or a change in between is lost. */
	b->settle.fn = look;
	b->monitor.fn = on_change;
	b->monitor.fd = nl_monitor_open();
	if (b->monitor.fd < 0)
		daemon_failed("no netlink: %s", strerror(-b->monitor.fd));
	err = loop_fd_add(loop, &b->monitor, EPOLLIN);
	if (err)
		daemon_failed("no event loop: %s", strerror(-err));
}

static int run(struct bridge *b, struct pidfile *pf)
{
	struct loop loop;
	char why[256];
	int err, i;

	set_up(b, &loop);
	log_info("Bridge process created.");
	if (uplink_probe(&b->o, why, sizeof(why)))
		daemon_failed("%s", why);
	err = decide(b, why, sizeof(why));
	for (i = 0; err == -EINTR && i < FIRST_LOOKS; i++) {
		usleep(SETTLE / 1000);
		err = decide(b, why, sizeof(why));
	}
	if (err)
		daemon_failed("%s", why);
	check_pinned(b);
	if (b->uplink.fd < 0)
		log_info("no interface to bridge; waiting for one");
	/* What is refused leaves no trace. */
	if (b->o.follow && uplink_link_follows(&b->o, true, why, sizeof(why)))
		daemon_failed("%s", why);
	give_up_rights(&b->o);
	pidfile_write(pf);
	daemon_ready();
	err = loop_run(&loop);
	sd_notify(0, "STOPPING=1");
	uplink_leave(&b->uplink, &b->o);
	if (b->o.follow && uplink_link_follows(&b->o, false, why, sizeof(why)))
		log_warn("%s", why);
	pidfile_remove(pf);
	close(b->monitor.fd);
	nl_close(b->nl);
	loop_done(&loop);
	world_done(&b->world);
	return err;
}

/* The file says that there is a bridge: not when there is none. */
static void at_exit(int status, void *arg)
{
	(void)status;
	pidfile_remove(arg);
}

static void start(const struct options *o, struct pidfile *pf)
{
	pid_t other = 0;
	int err;

	log_open("vmnetBridge", o->level, o->pidfile, true);
	if (capng_get_caps_process() || !capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW))
		daemon_failed("must be run by root");
	if (o->pidfile) {
		err = pidfile_claim(pf, o->pidfile, &other);
		if (err == -EBUSY)
			daemon_failed("already running, pid %d (%s)", (int)other, o->pidfile);
		if (err)
			daemon_failed("%s: %s", o->pidfile, strerror(-err));
		on_exit(at_exit, pf);
	}
	err = daemon_start(o->pidfile);
	if (err)
		daemon_failed("cannot go to the background: %s", strerror(-err));
}

int main(int argc, char **argv)
{
	struct bridge b = { .uplink.fd = -1 };
	/* At its end the process still looks for it. */
	static struct pidfile pf = { .fd = -1 };
	char why[128];
	int err = 0;

	switch (options_parse(&b.o, argc, argv, why, sizeof(why))) {
	case OPTIONS_HELP:
		usage();
		break;
	case OPTIONS_VERSION:
		puts("vmnet-bridge " VMNET_VERSION);
		break;
	case OPTIONS_WRONG:
		fprintf(stderr, "vmnet-bridge: %s (--help lists the options)\n", why);
		err = 2;
		break;
	case OPTIONS_RUN:
		start(&b.o, &pf);
		err = run(&b, &pf) ? 1 : 0;
		break;
	}
	options_done(&b.o);
	return err;
}
