/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The DNS servers of the host: read from resolv.conf, read again when it
 * changes, and the one that answers asked first.
 */
#ifndef VMNET_NATD_DNS_SERVERS_H
#define VMNET_NATD_DNS_SERVERS_H

#include <sys/socket.h>

#include "filewatch.h"
#include "resolv.h"
#include "sockaddr.h"

/**
 * struct dns_servers - whom to ask
 * @policy: what nat.conf says; its owner calls dns_servers_changed()
 * @conf: what is in the file, and what @policy makes of it
 * @preferred: index of the server to ask first
 * @preferred_until: then the first of the file is tried again
 * @watch: the resolv.conf
 *
 * Lifetime: dns_servers_init() to dns_servers_done(), embedded in its user.
 */
struct dns_servers {
	struct loop *loop;
	const struct resolv_policy *policy;
	struct resolv conf;
	unsigned int preferred;
	uint64_t preferred_until;
	struct filewatch watch;
};

int dns_servers_init(struct dns_servers *s, struct loop *loop, const char *path,
		     const struct resolv_policy *policy);
void dns_servers_changed(struct dns_servers *s);
void dns_servers_done(struct dns_servers *s);

unsigned int dns_servers_begin(struct dns_servers *s);
int dns_servers_get(const struct dns_servers *s, unsigned int n, uint16_t port,
		    union sockaddr_any *to, socklen_t *len);
void dns_servers_worked(struct dns_servers *s, unsigned int n);

#endif
