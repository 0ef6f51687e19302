// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Replies: which options go in, and where they are sent (RFC 2131 4.1, 4.3.1).
 */
#include <arpa/inet.h>
#include <string.h>
#include "log.h"
#include "pkt.h"
#include "server.h"

static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static struct dhcp_view view_of(const struct server *s, const struct dhcp_msg *m, uint32_t addr)
{
	return dhcp_conf_view(s->conf, dhcp_conf_host(s->conf, m->head.chaddr, m->id, m->id_len),
			      addr, NULL);
}

/**
 * reply_lease_time - how long a client may have its address
 * @s: the server
 * @m: its message, which may ask for a time
 * @l: the address
 *
 * Return: seconds, never 0.
 */
uint32_t reply_lease_time(const struct server *s, const struct dhcp_msg *m, const struct lease *l)
{
	struct dhcp_view v = view_of(s, m, htonl(l->addr));
	uint32_t t = m->lease ? m->lease : dhcp_view_number(&v, DHCP_DEFAULT_LEASE);

	if (t > dhcp_view_number(&v, DHCP_MAX_LEASE))
		t = dhcp_view_number(&v, DHCP_MAX_LEASE);
	return t ? t : 1;
}

static bool was_put(const uint8_t *codes, unsigned int n, uint8_t code)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* One configured option, once. */
static void put_opt(const struct dhcp_subnet *net, const struct dhcp_view *v, struct dhcp_build *b,
		    uint8_t code, uint8_t *done, unsigned int *ndone)
{
	const struct dhcp_opt *o;
	uint8_t parts[1024];
	uint32_t bcast;
	size_t len;

	if (was_put(done, *ndone, code) || *ndone == 255)
		return;
	o = dhcp_view_opt(v, code);
	if (o)
		dhcp_put(b, code, o->data, o->len);
	else if (code == 1)
		dhcp_put(b, code, &net->mask, 4);
	else if (code == 28) {
		bcast = net->net | ~net->mask;
		dhcp_put(b, code, &bcast, 4);
	} else {
		len = dhcp_view_encap(v, code, parts, sizeof(parts));
		if (!len)
			return;
		dhcp_put(b, code, parts, len);
	}
	done[(*ndone)++] = code;
}

/*
 * What was asked for, in the order it was (121 before 3, RFC 3442); without a
 * list, what every client needs.
 */
static void put_options(const struct dhcp_subnet *net, const struct dhcp_msg *m,
			const struct dhcp_view *v, struct dhcp_build *b)
{
	static const uint8_t usual[] = { 1, 3, 6, 15, 28, 44 };
	uint8_t done[255];
	unsigned int i, n = 0;

	if (!m->nparams) {
		for (i = 0; i < sizeof(usual); i++)
			put_opt(net, v, b, usual[i], done, &n);
		return;
	}
	if (was_put(m->params, m->nparams, 121))
		put_opt(net, v, b, 121, done, &n);
	for (i = 0; i < m->nparams; i++)
		put_opt(net, v, b, m->params[i], done, &n);
}

static void put_times(struct dhcp_build *b, uint32_t seconds)
{
	uint32_t be = htonl(seconds);

	dhcp_put(b, 51, &be, 4);
	be = htonl(seconds / 2);
	dhcp_put(b, 58, &be, 4);
	be = htonl((uint32_t)((uint64_t)seconds * 7 / 8));
	dhcp_put(b, 59, &be, 4);
}

/* Identifier (RFC 6842) and relay information (RFC 3046), as they came. */
static void put_echoes(struct dhcp_build *b, const struct dhcp_msg *m)
{
	if (m->id_len)
		dhcp_put(b, 61, m->id, m->id_len);
	if (m->agent_len && m->head.giaddr)
		dhcp_put(b, 82, m->agent, m->agent_len);
}

static void dispatch(struct server *s, const struct dhcp_msg *m, struct dhcp_build *b, bool late)
{
	size_t len = dhcp_end(b);
	const struct dhcp_head *h = dhcp_head(b);

	if (m->head.giaddr)
		server_send(s, all, m->head.giaddr, 67, b->buf, len, late);
	else if (m->head.ciaddr)
		server_send(s, m->head.chaddr, m->head.ciaddr, 68, b->buf, len, late);
	else if (m->head.flags & htons(DHCP_BROADCAST))
		server_send(s, all, 0xffffffff, 68, b->buf, len, late);
	else
		server_send(s, m->head.chaddr, h->yiaddr, 68, b->buf, len, late);
}

/**
 * reply_send - OFFER or ACK
 * @s: the server
 * @m: what it answers
 * @l: the address; NULL for an INFORM
 * @type: DHCP_OFFER or DHCP_ACK
 * @seconds: lease time
 * @late: only when the lease is on the disk
 */
void reply_send(struct server *s, const struct dhcp_msg *m, const struct lease *l, uint8_t type,
		uint32_t seconds, bool late)
{
	uint32_t addr = l ? htonl(l->addr) : m->head.ciaddr;
	const struct dhcp_subnet *net = dhcp_conf_subnet(s->conf, addr);
	struct dhcp_view v = view_of(s, m, addr);
	struct dhcp_build b;

	if (!net)
		net = s->conf->local;

	dhcp_begin(&b, m, type);
	dhcp_put(&b, 54, &s->conf->server, 4);
	if (l) {
		dhcp_head(&b)->yiaddr = htonl(l->addr);
		put_times(&b, seconds);
	}
	if (type == DHCP_ACK)
		dhcp_head(&b)->ciaddr = m->head.ciaddr;
	dhcp_head(&b)->siaddr = dhcp_view_number(&v, DHCP_NEXT_SERVER);
	dhcp_set_file(&b, dhcp_view_filename(&v));
	put_options(net, m, &v, &b);
	put_echoes(&b, m);
	dispatch(s, m, &b, late);
}

/* NAK: everybody hears it, since the client has no address (RFC 2131 4.3.2). */
void reply_nak(struct server *s, const struct dhcp_msg *m, const char *why)
{
	struct dhcp_build b;
	char mac[18], ip[16];
	size_t len;

	log_info("DHCPNAK on %s to %s via %s: %s",
		 ip4_format(m->requested ? m->requested : m->head.ciaddr, ip),
		 mac_format(m->head.chaddr, mac), s->name, why);
	dhcp_begin(&b, m, DHCP_NAK);
	dhcp_put(&b, 54, &s->conf->server, 4);
	dhcp_put(&b, 56, why, strlen(why));
	put_echoes(&b, m);
	if (m->head.giaddr)
		dhcp_head(&b)->flags |= htons(DHCP_BROADCAST);
	len = dhcp_end(&b);
	if (m->head.giaddr)
		server_send(s, all, m->head.giaddr, 67, b.buf, len, false);
	else
		server_send(s, all, 0xffffffff, 68, b.buf, len, false);
}
