// SPDX-License-Identifier: GPL-2.0-or-later
/* DNS on the gateway's address: between UDP to the guests and the relay. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "dns.h"
#include "dns_msg.h"
#include "udp.h"

/**
 * struct dns - DNS of one network
 *
 * Lifetime: dns_init() to dns_done().
 */
struct dns {
	struct nat *nat;
	struct dns_relay relay;
};

static void reply(void *arg, const struct dns_client *client, const uint8_t *msg, size_t len)
{
	struct dns *dns = arg;

	udp_to_guest(dns->nat, dns->nat->ip4, DNS_PORT, client->addr.a.v4, client->port, msg, len);
}

/**
 * dns_init - begin to relay
 * @n: the NAT
 *
 * Return: 0 or negative errno.
 */
int dns_init(struct nat *n)
{
	const char *path = n->resolv_conf ? n->resolv_conf : DNS_RESOLV_CONF;
	struct dns *dns = calloc(1, sizeof(*dns));
	int err;

	if (!dns)
		return -ENOMEM;
	dns->nat = n;
	err = dns_relay_init(&dns->relay, &n->loop, path, &n->conf.dns, reply, dns);
	if (err) {
		free(dns);
		return err;
	}
	n->dns = dns;
	return 0;
}

/* [dns] of nat.conf is another one. */
void dns_conf_changed(struct nat *n)
{
	dns_servers_changed(&n->dns->relay.servers);
}

/* End what dns_init() began. */
void dns_done(struct nat *n)
{
	if (!n->dns)
		return;
	dns_relay_done(&n->dns->relay);
	free(n->dns);
	n->dns = NULL;
}

/**
 * dns_input - a guest asks the gateway
 * @n: the NAT
 * @p: the packet
 * @sport: the port it asks from, host order
 * @msg: the query
 * @len: bytes
 */
void dns_input(struct nat *n, const struct pkt_in *p, uint16_t sport, const uint8_t *msg,
	       size_t len)
{
	struct dns_client client = {
		.addr = p->src,
		.port = sport,
	};

	dns_relay_ask(&n->dns->relay, &client, msg, len);
}

/**
 * dns_tcp_server - where a connection to the gateway's port 53 is led
 * @n: the NAT
 * @out: set to the server's address
 * @len: set to its length
 *
 * Return: false when there is no such server now.
 */
bool dns_tcp_server(struct nat *n, struct sockaddr_storage *out, socklen_t *len)
{
	struct dns_servers *s = &n->dns->relay.servers;

	return !dns_servers_get(s, dns_servers_begin(s), n->dns->relay.port, out, len);
}

/* What has happened so far. */
void dns_get_stats(const struct nat *n, struct dns_stats *out)
{
	*out = n->dns->relay.stats;
}

/* The servers as they are known now. */
const struct resolv *dns_get_servers(const struct nat *n)
{
	return &n->dns->relay.servers.conf;
}
