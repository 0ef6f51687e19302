// SPDX-License-Identifier: GPL-2.0-or-later
#include "ids.h"

bool ids_has(const struct ids *ids, uint32_t addr)
{
	unsigned int i;

	for (i = 0; i < ids->n; i++)
		if (ids->addrs[i] == addr)
			return true;
	return false;
}

static void add(struct ids *ids, uint32_t addr)
{
	if (addr && ids->n < IDS_MAX && !ids_has(ids, addr))
		ids->addrs[ids->n++] = addr;
}

static void add_scopes(struct ids *ids, const struct dhcp_scope *s)
{
	for (; s; s = s->outer)
		if (s->has & 1U << DHCP_SERVER_ID)
			add(ids, s->value[DHCP_SERVER_ID]);
}

/**
 * ids_collect - every identifier that a configuration gives the server
 * @ids: filled in
 * @conf: the configuration
 */
void ids_collect(struct ids *ids, const struct dhcp_conf *conf)
{
	unsigned int i;

	ids->n = 0;
	add(ids, conf->server);
	for (i = 0; i < conf->nsubnets; i++)
		add_scopes(ids, &conf->subnets[i]->scope);
	for (i = 0; i < conf->npools; i++)
		add_scopes(ids, &conf->pools[i]->scope);
	for (i = 0; i < conf->nhosts; i++)
		add_scopes(ids, &conf->hosts[i]->scope);
}
