/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of either family as the kernel's calls have them. */
#ifndef VMNET_SOCKADDR_H
#define VMNET_SOCKADDR_H

#include <netinet/in.h>
#include <sys/socket.h>
#include "pkt.h"

/* Room for an address of either family. */
union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/**
 * struct ip_options - what a family calls the options that both have
 * @level: for setsockopt(), and of control messages
 * @recverr: ask for errors, and what they come as
 * @recvttl: ask for the hops that are left
 * @gotttl: what they come as
 * @recvtos: ask for the service
 * @recvpktinfo: ask for the address that was sent to
 * @ttl: set the hops
 * @tos: set the service; it comes as this too
 * @mtu_discover: set whether packets may be cut
 * @pktinfo: the address to send from; that which was sent to comes as this too
 */
struct ip_options {
	int level, recverr, recvttl, gotttl, recvtos, recvpktinfo, ttl, tos, mtu_discover, pktinfo;
};

/**
 * struct ip_set - what a socket's packets have in their headers
 * @ttl: hops, -1 when not known; likewise the others
 * @tos: service
 * @df: IP_PMTUDISC_*, which both families have
 */
struct ip_set {
	int ttl, tos, df;
};

#define IP_SET_UNKNOWN ((struct ip_set){ -1, -1, -1 })

const struct ip_options *ip_options_of(uint8_t family);
void *cmsg_add(struct msghdr *msg, void *room, int level, int type, size_t len);
void cmsg_add_local(struct msghdr *msg, void *room, const struct ipaddr *local);
void ip_set(int fd, uint8_t family, struct ip_set *is, const struct ip_set *want);
socklen_t sockaddr_put(union sockaddr_any *out, const struct ipaddr *a, uint16_t port);
struct ipaddr sockaddr_get(const union sockaddr_any *sa, uint16_t *port);
int sockaddr_bind(int fd, const struct ipaddr *a, uint16_t port);

#endif
