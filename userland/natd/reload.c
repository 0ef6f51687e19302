// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading nat.conf again while guests are served. What differs is applied; what
 * goes on is not touched.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftp.h"
#include "fwd.h"
#include "hostaddr.h"
#include "log.h"
#include "nd.h"
#include "reload.h"
#include "status.h"
#include "udp.h"

static bool same_target(const struct nat_forward *a, const struct nat_forward *b)
{
	return ipaddr_equal(&a->guest, &b->guest) && a->guest_port == b->guest_port;
}

/* The forward of the file that is exactly @f, or NULL. */
static const struct nat_forward *find(const struct nat_conf *c, const struct forward *f)
{
	unsigned int i;

	for (i = 0; i < c->nforwards; i++)
		if (nat_forward_same_port(&c->forwards[i], &f->conf) &&
		    same_target(&c->forwards[i], &f->conf))
			return &c->forwards[i];
	return NULL;
}

/* What needs a new start. Return: 0 or -EBUSY. */
static int check_fixed(const struct nat *n, const struct nat_conf *c, struct conf_err *err)
{
	const struct nat_conf *old = &n->conf;

	if (!ipaddr_equal(&c->ip, &old->ip))
		conf_fail(err, 0, "ip cannot be changed while running");
	else if (c->prefix != old->prefix)
		conf_fail(err, 0, "netmask cannot be changed while running");
	else if (strcmp(c->device, old->device) != 0)
		conf_fail(err, 0, "device cannot be changed while running");
	else if (n->advertise_only && c->nforwards)
		conf_fail(err, c->forwards[0].line, "nothing is carried (--advertise-only)");
	else
		return 0;
	return -EBUSY;
}

/* A port that was added by a request leads elsewhere, or nowhere. */
static int check_live(const struct nat *n, const struct nat_conf *c, struct conf_err *err)
{
	const struct forward *f;
	unsigned int i;
	struct conf_err why;
	char port[64];

	for (f = n->fwd->list; f; f = f->next) {
		if (f->live && nat_forward_check(c, &f->conf, &why))
			return conf_fail(
				err, 0,
				"%s, but a request has forwarded %s there; remove that first",
				why.text, nat_forward_format(&f->conf, port));
		for (i = 0; f->live && i < c->nforwards; i++)
			if (nat_forward_overlaps(&f->conf, &c->forwards[i]) && !find(c, f))
				return conf_fail(err, c->forwards[i].line,
						 "%s is forwarded by a request; remove that first",
						 nat_forward_format(&f->conf, port));
	}
	return 0;
}

/* Return: 0, or -ENOMEM, and then some are missing until the next time. */
static int apply_forwards(struct nat *n, const struct nat_conf *c)
{
	const struct nat_forward *same;
	struct forward *f, *next;
	unsigned int i;
	int err = 0;

	for (f = n->fwd->list; f; f = next) {
		next = f->next;
		same = find(c, f);
		if (same) {
			f->conf = *same;
			f->live = false;
		} else if (!f->live) {
			fwd_remove(n, f);
		}
	}
	for (i = 0; i < c->nforwards && !err; i++)
		if (!fwd_find(n, &c->forwards[i]))
			err = fwd_add(n, &c->forwards[i], false);
	fwd_retry(n);
	return err;
}

static int apply(struct nat *n, struct nat_conf *c, struct conf_err *err)
{
	bool watch = c->reset_on_link_down, watched = n->conf.reset_on_link_down;
	int ret = status_set_port(n, c->config_port);

	if (ret)
		return conf_fail(err, 0, "configport %u: %s", c->config_port, strerror(-ret));
	nat_conf_done(&n->conf);
	n->conf = *c;
	memset(c, 0, sizeof(*c));
	n->host4 = n->conf.host_ip.family == AF_INET ? n->conf.host_ip.a.v4 : 0;
	if (watched && !watch)
		hostaddr_done(n);
	else if (!watched && hostaddr_init(n))
		log_warn("changes of addresses are not watched");
	nat_busy_poll_changed(n);
	ftp_conf_changed(n);
	udp_timeout_changed(n);
	udp_services_changed(n);
	dns_conf_changed(n);
	nd_changed(n);
	if (apply_forwards(n, &n->conf))
		log_err("%s: out of memory: not all forwards are there", n->conf_path);
	return 0;
}

/**
 * nat_reload - read nat.conf again, and apply what differs
 * @n: the NAT
 * @err: why not
 *
 * Flows go on. Return: 0, or negative errno, and then nothing has changed:
 * -EINVAL when the file is wrong, -EBUSY when it needs a new start, another when
 * it cannot be read.
 */
int nat_reload(struct nat *n, struct conf_err *err)
{
	struct nat_conf c = { 0 };
	unsigned int i;
	size_t len;
	char *text;
	int ret;

	text = conf_read(n->conf_path, NAT_CONF_MAX_SIZE, &len, &ret);
	if (!text) {
		conf_fail(err, 0, "%s", strerror(-ret));
		return ret;
	}
	ret = nat_conf_parse(&c, text, len, err);
	free(text);
	if (!ret)
		ret = check_fixed(n, &c, err);
	if (!ret)
		ret = check_live(n, &c, err);
	for (i = 0; !ret && i < c.nnotes; i++)
		log_info("%s:%u: %s", n->conf_path, c.notes[i].line, c.notes[i].text);
	if (!ret)
		ret = apply(n, &c, err);
	nat_conf_done(&c);
	return ret;
}

/* SIGHUP: the outcome is logged. */
void nat_on_hup(struct loop *loop, int signo, void *arg)
{
	struct nat *n = arg;
	struct conf_err err;
	char text[512];

	(void)loop;
	(void)signo;
	if (nat_reload(n, &err))
		log_err("%s; the old configuration stays",
			conf_err_format(n->conf_path, &err, text, sizeof(text)));
	else
		log_info("%s: read again", n->conf_path);
}
