// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a configuration says about a client, an address, a place.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "conf.h"

/**
 * dhcp_conf_host - the reservation of a client
 * @conf: the configuration
 * @mac: hardware address
 * @id: client identifier, option 61
 * @id_len: bytes of it, 0 for none
 *
 * Return: the one with its identifier, else the one with its hardware address
 * (RFC 2131 4.2), else NULL.
 */
const struct dhcp_host *dhcp_conf_host(const struct dhcp_conf *conf, const uint8_t mac[6],
				       const uint8_t *id, size_t id_len)
{
	const struct dhcp_host *h = id_len ? conf_hash_find(&conf->by_id, id, id_len) : NULL;

	return h ? h : conf_hash_find(&conf->by_mac, mac, 6);
}

/**
 * dhcp_conf_subnet - the subnet of an address
 * @conf: the configuration
 * @addr: network order
 *
 * Return: NULL when it is in none.
 */
const struct dhcp_subnet *dhcp_conf_subnet(const struct dhcp_conf *conf, uint32_t addr)
{
	unsigned int low = 0, high = conf->nsubnets;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct dhcp_subnet *s = conf->subnets[mid];

		if ((addr & s->mask) == s->net)
			return s;
		if (ntohl(addr) < ntohl(s->net))
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/**
 * dhcp_conf_pool - the pool in whose ranges an address is
 * @conf: the configuration
 * @addr: host order
 *
 * Return: NULL when it is in none.
 */
struct dhcp_pool *dhcp_conf_pool(const struct dhcp_conf *conf, uint32_t addr)
{
	unsigned int low = 0, high = conf->nspans;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct dhcp_span *s = &conf->spans[mid];

		if (addr < s->range.from)
			high = mid;
		else if (addr > s->range.to)
			low = mid + 1;
		else
			return s->pool;
	}
	return NULL;
}

/**
 * dhcp_conf_reserved - is an address nobody's, or somebody's for good?
 * @conf: the configuration
 * @addr: network order
 *
 * Return: true for a fixed-address, for a subnet's first and last, for ours.
 */
bool dhcp_conf_reserved(const struct dhcp_conf *conf, uint32_t addr)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(conf, addr);
	struct dhcp_view v = { .place = s ? &s->scope : NULL };

	if (addr == conf->server)
		return true;
	/* What the server is called on a wire behind a relay. */
	if (s && dhcp_view_says(&v, DHCP_SERVER_ID) && dhcp_view_number(&v, DHCP_SERVER_ID) == addr)
		return true;
	/* A /31 has no such addresses (RFC 3021). */
	if (s && ~ntohl(s->mask) > 1 && (addr == s->net || addr == (s->net | ~s->mask)))
		return true;
	return conf_hash_find(&conf->by_addr, &addr, sizeof(addr)) != NULL;
}

/* Is an address, network order, one of our own wire's? */
bool dhcp_conf_is_local(const struct dhcp_conf *conf, uint32_t addr)
{
	const struct dhcp_subnet *s = dhcp_conf_subnet(conf, addr);

	return s && s->network == conf->local->network;
}

static uint32_t longest(const struct dhcp_scope *s, uint32_t most)
{
	const struct dhcp_if *branch;
	unsigned int i;

	if (s->has & 1U << DHCP_MAX_LEASE && s->value[DHCP_MAX_LEASE] > most)
		most = s->value[DHCP_MAX_LEASE];
	for (i = 0; i < s->nifs; i++)
		for (branch = s->ifs[i]; branch; branch = branch->otherwise)
			most = longest(&branch->scope, most);
	return most;
}

static uint32_t longest_of_class(const struct dhcp_class *c, uint32_t most)
{
	size_t i;

	for (i = 0; i < c->subs.size; i++) {
		const struct dhcp_class *sub = c->subs.slots[i].value;

		if (sub)
			most = longest(&sub->scope, most);
	}
	return longest(&c->scope, most);
}

/* The longest that anybody may keep an address; a declined one rests a day. */
time_t dhcp_conf_longest(const struct dhcp_conf *conf)
{
	const struct dhcp_scope *s;
	uint32_t most = 24 * 3600;
	unsigned int i;

	most = longest(conf->global, most);
	for (i = 0; i < conf->nclasses; i++)
		most = longest_of_class(conf->classes[i], most);
	for (i = 0; i < conf->nsubnets; i++)
		for (s = &conf->subnets[i]->scope; s; s = s->outer)
			most = longest(s, most);
	for (i = 0; i < conf->npools; i++)
		for (s = &conf->pools[i]->scope; s; s = s->outer)
			most = longest(s, most);
	for (i = 0; i < conf->nhosts; i++)
		for (s = &conf->hosts[i]->scope; s; s = s->outer)
			most = longest(s, most);
	return (time_t)most;
}

/**
 * dhcp_conf_set_local - say which subnet our own wire's is
 * @conf: the configuration
 * @addr: our own address there, network order; 0: the first subnet of the
 *	file, and the last address of it, as VMware has it
 *
 * A server-identifier still counts more than @addr. Return: 0, or -ENOENT when
 * no subnet has the address; then nothing changes.
 */
int dhcp_conf_set_local(struct dhcp_conf *conf, uint32_t addr)
{
	const struct dhcp_subnet *s = addr ? dhcp_conf_subnet(conf, addr) : conf->local;
	struct dhcp_view v;

	if (!s)
		return -ENOENT;
	conf->local = s;
	if (!addr)
		addr = htonl((ntohl(s->net) | ~ntohl(s->mask)) - 1);
	v = (struct dhcp_view){ .place = &s->scope };
	conf->server = dhcp_view_says(&v, DHCP_SERVER_ID) ? dhcp_view_number(&v, DHCP_SERVER_ID)
							  : addr;
	if (!(conf->global->has & 1U << DHCP_SERVER_ID))
		conf->global->value[DHCP_SERVER_ID] = conf->server;
	return 0;
}

/* What a scope itself says; the last statement counts. */
const struct dhcp_opt *dhcp_scope_opt(const struct dhcp_scope *s, uint8_t code)
{
	unsigned int i;

	for (i = s->nopts; i; i--)
		if (s->opts[i - 1]->code == code)
			return s->opts[i - 1];
	return NULL;
}
