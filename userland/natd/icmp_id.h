/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of ICMP only. */
#ifndef VMNET_NATD_ICMP_ID_H
#define VMNET_NATD_ICMP_ID_H

#include "icmp.h"

#define ICMP_BUCKETS 1024

/**
 * struct icmp_id - an echo id of a guest
 * @guest: who uses it, of either family
 * @id: as the guest knows it, host order
 * @ext: as the outside knows it, host order, the same for all receivers
 * @used: when the guest used it last
 * @since: when it was made
 * @packets_out: requests sent
 * @packets_in: replies handed to the guest
 */
struct icmp_id {
	struct icmp_id *next_guest, *next_ext;
	struct icmp_id *older, *newer;
	struct ipaddr guest;
	uint16_t id, ext;
	uint64_t used, since, packets_out, packets_in;
};

/**
 * struct icmp_ids - all ids
 * @by_guest: found by what the guest knows
 * @by_ext: found by what the outside sees
 * @oldest: by their last use
 * @newest: see @oldest
 * @n: how many
 * @expiry: ends the oldest
 *
 * Lifetime: icmp_ids_init() to icmp_ids_done(). An id lives from a guest's first
 * request under it until it has been idle for a minute (RFC 5508 REQ-2).
 */
struct icmp_ids {
	struct nat *nat;
	struct icmp_id *by_guest[ICMP_BUCKETS], *by_ext[ICMP_BUCKETS];
	struct icmp_id *oldest, *newest;
	unsigned int n;
	struct loop_timer expiry;
};

/**
 * struct icmp_raw - the raw socket of a family
 * @lfd: fd is -1 when the host did not give us one
 * @family: AF_INET or AF_INET6
 * @set: what its packets say
 */
struct icmp_raw {
	struct icmp *icmp;
	struct loop_fd lfd;
	uint8_t family;
	struct ip_set set;
};

/**
 * struct icmp - ICMP and ICMPv6 of one network
 * @tokens: errors that may be sent now
 * @buf: a message on its way
 *
 * Lifetime: icmp_init() to icmp_done().
 */
struct icmp {
	struct nat *nat;
	struct icmp_raw raw4, raw6;
	struct icmp_ids ids;
	uint64_t tokens_at;
	unsigned int tokens;
	struct icmp_stats stats;
	uint8_t buf[65536];
};

/* icmp.c */
void icmp_make_echo(uint8_t *msg, uint8_t type, uint16_t id);
uint16_t icmp_echo_id(const uint8_t *msg);
void icmp_send_guest(struct icmp *icmp, struct ip_out *o, uint8_t *msg, size_t len);

/* icmp_id.c */
void icmp_ids_init(struct icmp_ids *t, struct nat *n);
void icmp_ids_done(struct icmp_ids *t);
struct icmp_id *icmp_id_get(struct icmp_ids *t, const struct ipaddr *guest, uint16_t id);
struct icmp_id *icmp_id_find(const struct icmp_ids *t, uint8_t family, uint16_t ext);

/* icmp_host.c */
int icmp_raw_init(struct icmp_raw *r, struct icmp *icmp, uint8_t family, int fd);
int icmp_raw_send(struct icmp_raw *r, const struct pkt_in *p, const uint8_t *msg, size_t len);

#endif
