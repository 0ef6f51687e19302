// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading dhcpd.conf again while clients are served. No lease is forgotten.
 */
#include <errno.h>
#include <string.h>
#include "load.h"
#include "log.h"
#include "pkt.h"
#include "reload.h"

static void tell(const struct dhcp_conf *old, const struct dhcp_conf *now)
{
	char ip[16], mask[16];

	if (old->local->net != now->local->net || old->local->mask != now->local->mask)
		log_info("Configured subnet: %s/%s", ip4_format(now->local->net, ip),
			 ip4_format(now->local->mask, mask));
	if (old->server != now->server)
		log_info("Setting vmnet-dhcp IP address: %s", ip4_format(now->server, ip));
}

/**
 * server_use - serve by another configuration from now on
 * @s: the server
 * @now: the configuration, ours from now on
 * @err: why not
 *
 * Who has an address keeps it for as long as it was given, also one that no range
 * has any more; the next time it is told what the new one says. Return: 0, or
 * negative errno, and then @now is no more, and all is as it was.
 */
int server_use(struct server *s, struct dhcp_conf *now, struct conf_err *err)
{
	int ret = load_choose_local(s, now, err);

	if (!ret) {
		ret = lease_db_rebase(&s->db, now);
		if (ret)
			conf_fail(err, 0, "%s", strerror(-ret));
	}
	if (ret) {
		load_free(now);
		return ret;
	}
	tell(s->conf, now);
	load_free(s->conf);
	s->conf = now;
	ids_collect(&s->ids, now);
	return 0;
}

/**
 * server_reload - read the configuration again, and serve by it from now on
 * @s: the server
 * @err: why not
 *
 * On an interface of the host its addresses are looked at again.
 *
 * Return: 0, or negative errno, and then nothing has changed: -EINVAL when the file
 * is wrong.
 */
int server_reload(struct server *s, struct conf_err *err)
{
	struct dhcp_conf *now = NULL;
	int ret = reserve_load(&s->reserve, s->conf_path, &now, err);

	if (!ret && s->iface.name[0]) {
		ret = iface_refresh(&s->iface);
		if (ret) {
			conf_fail(err, 0, "addresses of interface %s: %s", s->iface.name,
				  strerror(-ret));
			load_free(now);
		}
	}
	return ret ? ret : server_use(s, now, err);
}

/* SIGHUP: the outcome is logged. */
void server_on_hup(struct loop *loop, int signo, void *arg)
{
	struct server *s = arg;
	struct conf_err err;
	char text[512];

	(void)loop;
	(void)signo;
	if (server_reload(s, &err))
		log_err("%s; the old configuration stays",
			conf_err_format(s->conf_path, &err, text, sizeof(text)));
	else
		log_info("%s: read again", s->conf_path);
}
