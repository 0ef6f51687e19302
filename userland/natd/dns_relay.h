/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS on the gateway's address: each query of a guest is asked of the host's
 * servers, from a socket and under an id of its own, and the answer is handed
 * back as it came.
 *
 * Over TCP nothing is relayed here: see dns_tcp.h.
 */
#ifndef VMNET_NATD_DNS_RELAY_H
#define VMNET_NATD_DNS_RELAY_H

#include "dns_servers.h"
#include "pkt.h"

#define DNS_MAX_QUERIES 1024
#define DNS_MAX_PER_GUEST 256
#define DNS_BUCKETS 256
#define DNS_BURST 3 /* servers asked at once, as VMware does */

/**
 * struct dns_client - who asked
 * @addr: the guest
 * @port: its port, host order
 */
struct dns_client {
	struct ipaddr addr;
	uint16_t port;
};

struct dns_query;

typedef void (*dns_reply_fn)(void *arg, const struct dns_client *client, const uint8_t *msg,
			     size_t len);

/**
 * struct dns_stats - what has happened
 * @queries: taken from guests
 * @answers: handed back to them, errors of our own included
 * @failovers: times that another server was asked
 * @failed: queries that no server answered
 * @refused: queries over a limit, or not understood
 */
struct dns_stats {
	uint64_t queries, answers, failovers, failed, refused;
};

/**
 * struct dns_relay - the relay
 * @port: of the servers, 53 (tests have others)
 *
 * Lifetime: dns_relay_init() to dns_relay_done(). A query lives until it is answered or
 * given up; nothing outside holds one.
 */
struct dns_relay {
	struct loop *loop;
	struct dns_servers servers;
	uint16_t port;
	dns_reply_fn reply;
	void *reply_arg;
	struct dns_query *buckets[DNS_BUCKETS];
	unsigned int nqueries;
	struct dns_stats stats;
	uint8_t answer[65536];
};

int dns_relay_init(struct dns_relay *dns, struct loop *loop, const char *resolv_conf,
		   const struct resolv_policy *policy, dns_reply_fn reply, void *arg);
void dns_relay_done(struct dns_relay *dns);
void dns_relay_ask(struct dns_relay *dns, const struct dns_client *client, const uint8_t *msg,
		   size_t len);

#endif
