// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include "ask.h"

static void set_key(struct ask *a)
{
	size_t len;
	const uint8_t *id = dhcp_msg_option(a->msg, DHCP_OPT_CLIENT_ID, &len);

	/* The first byte tells the two kinds apart. */
	if (id && len && !ask_number(a, DHCP_IGNORE_IDS)) {
		if (len > sizeof(a->key.data) - 1)
			len = sizeof(a->key.data) - 1;
		a->key.data[0] = 1;
		memcpy(a->key.data + 1, id, len);
	} else {
		len = 6;
		a->key.data[0] = 0;
		memcpy(a->key.data + 1, a->msg->head.chaddr, len);
	}
	a->key.len = (uint8_t)(len + 1);
}

/* Does a client renew, past its relay, an address that is not of our wire? */
static bool is_routed(const struct ask *a)
{
	const struct dhcp_head *h = &a->msg->head;

	return !h->giaddr && h->ciaddr && h->ciaddr == a->from->src &&
	       dhcp_conf_subnet(a->conf, h->ciaddr) && !dhcp_conf_is_local(a->conf, h->ciaddr);
}

/**
 * ask_init - find out who asks
 * @a: filled in
 * @conf: the configuration
 * @from: how the message came
 * @m: the message
 *
 * Return: 0, or -ENETUNREACH when its relay is on no subnet of the configuration.
 */
int ask_init(struct ask *a, const struct dhcp_conf *conf, const struct dhcp_from *from,
	     const struct dhcp_msg *m)
{
	const uint8_t *id;
	size_t len;

	a->msg = m;
	a->from = from;
	a->conf = conf;
	a->routed = is_routed(a);
	if (m->head.giaddr)
		a->subnet = dhcp_conf_subnet(conf, dhcp_msg_link(m));
	else
		a->subnet = a->routed ? dhcp_conf_subnet(conf, m->head.ciaddr) : conf->local;
	if (!a->subnet)
		return -ENETUNREACH;
	id = dhcp_msg_option(m, DHCP_OPT_CLIENT_ID, &len);
	a->host = dhcp_conf_host(conf, m->head.chaddr, id, len);
	a->client.kinds = a->host ? DHCP_FOR_KNOWN : DHCP_FOR_UNKNOWN;
	if (m->type == DHCP_BOOTREQUEST)
		a->client.kinds |= DHCP_FOR_BOOTP;
	memcpy(a->client.mac, m->head.chaddr, sizeof(a->client.mac));
	a->client.opts = m->raw + DHCP_OPTIONS_AT;
	a->client.opts_len = m->len - DHCP_OPTIONS_AT;
	set_key(a);
	return 0;
}

/* Whose word counts for it, before it has an address. */
struct dhcp_view ask_view(const struct ask *a)
{
	return dhcp_conf_view(a->conf, a->host, a->subnet->net, &a->client);
}

/* What counts for it, before it has an address. */
uint32_t ask_number(const struct ask *a, enum dhcp_setting what)
{
	struct dhcp_view v = ask_view(a);

	return dhcp_view_number(&v, what);
}

/* May it have an address at all? */
bool ask_is_served(const struct ask *a)
{
	if (!a->host && ask_number(a, DHCP_UNKNOWN) != DHCP_ALLOW)
		return false;
	return ask_number(a, DHCP_BOOTING) == DHCP_ALLOW;
}

/* Is an address (network order) one of the network that it is on? */
bool ask_is_here(const struct ask *a, uint32_t addr)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(a->conf, addr);

	return s && s->network == a->subnet->network;
}

/**
 * ask_fixed - the reserved address of a client
 * @a: its message
 * @wanted: which one it would like, network order; 0: any
 *
 * Return: one of its addresses on the network that it is on, network order; 0: none.
 */
uint32_t ask_fixed(const struct ask *a, uint32_t wanted)
{
	uint32_t found = 0;
	unsigned int i;

	for (i = 0; a->host && i < a->host->naddrs; i++) {
		if (!ask_is_here(a, a->host->addrs[i]))
			continue;
		if (a->host->addrs[i] == wanted)
			return wanted;
		if (!found)
			found = a->host->addrs[i];
	}
	return found;
}
