// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dhcpd.conf from anybody, then asked by a client whose options come from the
 * same bytes: behind the first zero.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct dhcp_conf *c, const struct dhcp_host *h, uint32_t addr,
		const struct dhcp_client *client)
{
	struct dhcp_view v = dhcp_conf_view(c, h, addr, client);
	uint8_t buf[300];
	unsigned int i;

	for (i = 0; i < DHCP_SETTINGS; i++)
		if (!dhcp_view_says(&v, (enum dhcp_setting)i) && i == DHCP_MAX_LEASE &&
		    dhcp_view_number(&v, DHCP_MAX_LEASE) != 7200)
			abort();
	for (i = 1; i < 255; i++)
		if (!dhcp_view_opt(&v, (uint8_t)i) &&
		    dhcp_view_encap(&v, (uint8_t)i, buf, sizeof(buf)) > sizeof(buf))
			abort();
	if (strlen(dhcp_view_filename(&v)) > 127 || strlen(dhcp_view_server_name(&v)) > 63)
		abort();
}

/* What the look-ups promise of a configuration that was accepted. */
static void check(const struct dhcp_conf *c)
{
	unsigned int i, j;

	for (i = 0; i < c->nsubnets; i++)
		if (dhcp_conf_subnet(c, c->subnets[i]->net) != c->subnets[i])
			abort();
	for (i = 0; i < c->nspans; i++)
		if (dhcp_conf_pool(c, c->spans[i].range.from) != c->spans[i].pool ||
		    dhcp_conf_pool(c, c->spans[i].range.to) != c->spans[i].pool)
			abort();
	for (i = 0; i < c->nhosts; i++) {
		const struct dhcp_host *h = c->hosts[i];

		if (h->has_mac && dhcp_conf_host(c, h->mac, NULL, 0) != h)
			abort();
		if (h->id && dhcp_conf_host(c, h->mac, h->id, h->id_len) != h)
			abort();
		for (j = 0; j < h->naddrs; j++)
			if (!dhcp_conf_reserved(c, h->addrs[j]) ||
			    !dhcp_conf_subnet(c, h->addrs[j]))
				abort();
	}
	if (dhcp_conf_longest(c) < 24 * 3600)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
	size_t len = zero ? (size_t)(zero - data) : size;
	struct dhcp_client client = { .kinds = DHCP_FOR_UNKNOWN };
	struct conf_err err;
	struct dhcp_conf c;
	unsigned int i;

	/* All of it may be text, too: a zero is refused. */
	if (!dhcp_conf_parse(&c, (const char *)data, size, &err))
		dhcp_conf_done(&c);
	if (dhcp_conf_parse(&c, (const char *)data, len, &err))
		return 0;
	if (zero) {
		client.opts = zero + 1;
		client.opts_len = size - len - 1;
	}
	check(&c);
	for (i = 0; i < c.npools; i++)
		dhcp_pool_permits(c.pools[i], &client);
	ask(&c, NULL, 0, &client);
	ask(&c, NULL, 0, NULL);
	for (i = 0; i < c.nhosts && i < 4; i++)
		ask(&c, c.hosts[i], c.hosts[i]->naddrs ? c.hosts[i]->addrs[0] : 0, &client);
	dhcp_conf_done(&c);
	return 0;
}
