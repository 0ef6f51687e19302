/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS on the gateway's address over TCP (RFC 7766): of what comes on a guest's
 * connection, what is known here is answered here, and the rest is passed to a
 * server of the host and back, whole messages as they are.
 */
#ifndef VMNET_NATD_DNS_TCP_H
#define VMNET_NATD_DNS_TCP_H

#include "dns_local.h"
#include "dns_relay.h"

#define DNS_TCP_MAX 256
#define DNS_TCP_MAX_PER_GUEST 64
#define DNS_TCP_IDLE (30 * SEC)

struct dns_conn;

/* Answer a query from what is known here. Return: length of the answer, or 0. */
typedef size_t (*dns_known_fn)(void *arg, const uint8_t *msg, size_t len,
			       uint8_t out[DNS_LOCAL_ROOM]);

/**
 * struct dns_tcp - all connections
 * @relay: has the servers, and counts
 * @list: the connections, @n of them
 *
 * Lifetime: dns_tcp_init() to dns_tcp_done(), embedded in its user.
 */
struct dns_tcp {
	struct dns_relay *relay;
	dns_known_fn known;
	void *arg;
	struct dns_conn *list;
	unsigned int n;
};

void dns_tcp_init(struct dns_tcp *t, struct dns_relay *relay, dns_known_fn known, void *arg);
int dns_tcp_open(struct dns_tcp *t, const struct ipaddr *guest);
void dns_tcp_done(struct dns_tcp *t);

#endif
