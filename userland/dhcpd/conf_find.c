// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a configuration says about a client, an address, a place.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "conf.h"
#include "conf_build.h"

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

	if (addr == conf->server)
		return true;
	if (s && (addr == s->net || addr == (s->net | ~s->mask)))
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
	bool has = s->has & 1U << DHCP_MAX_LEASE;

	return has && s->value[DHCP_MAX_LEASE] > most ? s->value[DHCP_MAX_LEASE] : most;
}

/* The longest that anybody may keep an address; a declined one rests a day. */
time_t dhcp_conf_longest(const struct dhcp_conf *conf)
{
	const struct dhcp_scope *s;
	uint32_t most = 24 * 3600;
	unsigned int i;

	most = longest(&conf->global, most);
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
 * dhcp_pool_permits - may a client have an address of this pool?
 * @pool: the pool
 * @client: the client
 *
 * Return: false if a deny statement is about it, or there are allow statements
 * and none is. A BOOTP client keeps its address for ever: that must be allowed.
 */
bool dhcp_pool_permits(const struct dhcp_pool *pool, const struct dhcp_client *client)
{
	unsigned int kinds = client->kinds;

	if (kinds & DHCP_FOR_BOOTP && !(pool->allow & DHCP_FOR_BOOTP))
		return false;
	kinds |= DHCP_FOR_ALL;
	if (pool->deny & kinds)
		return false;
	return !pool->allow || pool->allow & kinds;
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
	if (!(conf->global.has & 1U << DHCP_SERVER_ID))
		conf->global.value[DHCP_SERVER_ID] = conf->server;
	return 0;
}

/**
 * dhcp_conf_view - what counts for a client at an address
 * @conf: the configuration
 * @host: its reservation, or NULL
 * @addr: network order; in no subnet: the local network is taken
 * @client: who it is, or NULL
 *
 * Return: the view.
 */
struct dhcp_view dhcp_conf_view(const struct dhcp_conf *conf, const struct dhcp_host *host,
				uint32_t addr, const struct dhcp_client *client)
{
	const struct dhcp_pool *p = dhcp_conf_pool(conf, ntohl(addr));
	const struct dhcp_subnet *s = dhcp_conf_subnet(conf, addr);
	struct dhcp_view v = { .host = host ? &host->scope : NULL, .client = client };

	if (p)
		v.place = &p->scope;
	else
		v.place = s ? &s->scope : &conf->local->scope;
	return v;
}

/*
 * The scope behind @s: outwards from the host, then from the place. The host's
 * global scope is passed over, since the place comes before it.
 */
static const struct dhcp_scope *following(const struct dhcp_view *v, const struct dhcp_scope *s,
					  bool *at_place)
{
	if (!s && v->host)
		return v->host;
	if (s && (*at_place || !v->place || s->outer->outer))
		return s->outer;
	*at_place = true;
	return v->place;
}

/**
 * dhcp_view_says - is there a statement about it?
 * @v: whose word counts
 * @what: which
 */
bool dhcp_view_says(const struct dhcp_view *v, enum dhcp_setting what)
{
	const struct dhcp_scope *s = NULL;
	bool at_place = false;

	while ((s = following(v, s, &at_place)))
		if (s->has & 1U << what)
			return true;
	return false;
}

/**
 * dhcp_view_number - what counts
 * @v: whose word counts
 * @what: which
 *
 * Return: the number, built in when nobody says one.
 */
uint32_t dhcp_view_number(const struct dhcp_view *v, enum dhcp_setting what)
{
	const struct dhcp_scope *s = NULL;
	bool at_place = false;

	while ((s = following(v, s, &at_place)))
		if (s->has & 1U << what || !s->outer)
			return s->value[what];
	return 0;
}

/**
 * dhcp_view_opt - the option that counts
 * @v: whose word counts
 * @code: which
 *
 * Return: NULL when nobody says one.
 */
const struct dhcp_opt *dhcp_view_opt(const struct dhcp_view *v, uint8_t code)
{
	const struct dhcp_scope *s = NULL;
	const struct dhcp_opt *o = NULL;
	bool at_place = false;

	while (!o && (s = following(v, s, &at_place)))
		o = dhcp_scope_opt(s, code);
	return o;
}

/* The boot file, "" when nobody says one. */
const char *dhcp_view_filename(const struct dhcp_view *v)
{
	const struct dhcp_scope *s = NULL;
	bool at_place = false;

	while ((s = following(v, s, &at_place)))
		if (s->filename)
			return s->filename;
	return "";
}

/* The name of the boot file's server, "" when nobody says one. */
const char *dhcp_view_server_name(const struct dhcp_view *v)
{
	const struct dhcp_scope *s = NULL;
	bool at_place = false;

	while ((s = following(v, s, &at_place)))
		if (s->server_name)
			return s->server_name;
	return "";
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
