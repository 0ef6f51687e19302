// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DNS on the gateway's address: between UDP to the guests and the relay, and
 * what is answered here: the host's own names, and those of guests.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conffile.h"
#include "dns.h"
#include "dns_local.h"
#include "dns_msg.h"
#include "dns_tcp.h"
#include "leasewatch.h"
#include "log.h"
#include "udp.h"

/**
 * struct dns - DNS of one network
 * @tcp: guests that ask over TCP
 * @hosts: the file of the host's own names
 * @names: what is in it
 * @local: queries that it has answered, or the leases
 * @leases: the guests' names
 *
 * Lifetime: dns_init() to dns_done().
 */
struct dns {
	struct nat *nat;
	struct dns_relay relay;
	struct dns_tcp tcp;
	struct filewatch hosts;
	struct names names;
	struct leasewatch leases;
	uint64_t local;
};

static void reply(void *arg, const struct dns_client *client, const uint8_t *msg, size_t len)
{
	struct dns *dns = arg;

	udp_to_guest(dns->nat, &client->addr, client->port, DNS_PORT, msg, len);
}

/* A file that cannot be read is as good as an empty one. */
static void read_hosts(struct dns *dns)
{
	struct ipaddr self = { 0 };
	struct names t;
	size_t len;
	char *text;
	int err;

	filewatch_again(&dns->hosts);
	if (dns->nat->host4)
		self = ipaddr_v4(dns->nat->host4);
	text = conf_read(dns->hosts.path, NAMES_MAX_SIZE, &len, &err);
	if (text)
		err = names_hosts(&t, text, len, &self);
	else
		memset(&t, 0, sizeof(t));
	free(text);
	if (err && err != -ENOENT)
		log_warn("%s: %s; no names of it are known", dns->hosts.path, strerror(-err));
	names_done(&dns->names);
	dns->names = t;
}

static void on_hosts(struct filewatch *w)
{
	read_hosts((void *)((char *)w - offsetof(struct dns, hosts)));
}

/* Return: length of the answer, 0 when others are to be asked. */
static size_t answer_here(struct dns *dns, bool stream, const uint8_t *msg, size_t len,
			  uint8_t out[DNS_LOCAL_ROOM])
{
	const struct dns_known known = {
		.hosts = &dns->names,
		.leases = &dns->leases.leases,
		.domain = dns->nat->conf.domain,
		.now = time(NULL),
		.stream = stream,
	};
	size_t n;

	if (filewatch_due(&dns->hosts))
		read_hosts(dns);
	if (dns->nat->leases && filewatch_due(&dns->leases.file))
		leasewatch_look(&dns->leases);
	n = dns_local(&known, msg, len, out);
	dns->local += n > 0;
	return n;
}

static size_t on_stream(void *arg, const uint8_t *msg, size_t len, uint8_t out[DNS_LOCAL_ROOM])
{
	return answer_here(arg, true, msg, len, out);
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
	dns_tcp_init(&dns->tcp, &dns->relay, on_stream, dns);
	err = filewatch_init(&dns->hosts, &n->loop, n->hosts ? n->hosts : DNS_HOSTS, on_hosts);
	if (!err)
		read_hosts(dns);
	if (!err && n->leases)
		err = leasewatch_init(&dns->leases, n, n->leases);
	return err;
}

/* [dns] of nat.conf is another one. */
void dns_conf_changed(struct nat *n)
{
	dns_servers_changed(&n->dns->relay.servers);
	/* The host's address may be another one. */
	read_hosts(n->dns);
	if (n->leases)
		leasewatch_again(&n->dns->leases);
}

/* End what dns_init() began. */
void dns_done(struct nat *n)
{
	if (!n->dns)
		return;
	filewatch_done(&n->dns->hosts);
	names_done(&n->dns->names);
	leasewatch_done(&n->dns->leases);
	dns_tcp_done(&n->dns->tcp);
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
	uint8_t out[DNS_LOCAL_ROOM];
	size_t known;

	known = answer_here(n->dns, false, msg, len, out);
	if (!known) {
		dns_relay_ask(&n->dns->relay, &client, msg, len);
		return;
	}
	reply(n->dns, &client, out, known);
}

/**
 * dns_connect - a guest connects to the gateway's port 53
 * @n: the NAT
 * @guest: who
 *
 * Return: a connected socket at which it is answered, the caller's; or negative
 * errno.
 */
int dns_connect(struct nat *n, const struct ipaddr *guest)
{
	return dns_tcp_open(&n->dns->tcp, guest);
}

/* What has happened so far. */
void dns_get_stats(const struct nat *n, struct dns_stats *out)
{
	*out = n->dns->relay.stats;
}

/* What is known here, and how often it was of use. */
void dns_get_local(const struct nat *n, struct dns_local_stats *out)
{
	*out = (struct dns_local_stats){
		.hosts = n->dns->names.n,
		.guests = leases_count(&n->dns->leases.leases, time(NULL)),
		.answers = n->dns->local,
	};
}

/* The servers as they are known now. */
const struct resolv *dns_get_servers(const struct nat *n)
{
	return &n->dns->relay.servers.conf;
}
