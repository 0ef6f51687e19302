/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP of both families: echoes of guests, carried by one raw socket each, and
 * errors, both those we make and those we pass on.
 */
#ifndef VMNET_NATD_ICMP_H
#define VMNET_NATD_ICMP_H

#include "nat.h"
#include "quote.h"

/**
 * struct icmp_stats - what has happened
 * @echo_out: requests sent to the outside
 * @echo_in: replies handed to guests
 * @echo_own: requests answered by the gateway itself
 * @errors_out: errors sent to guests
 * @errors_limited: errors not sent because there were too many
 * @dropped: messages that were not understood, or nobody's
 */
struct icmp_stats {
	uint64_t echo_out, echo_in, echo_own;
	uint64_t errors_out, errors_limited, dropped;
};

/**
 * struct icmp_flow - an echo id of a guest, for who looks
 * @guest: who uses it
 * @id: as the guest knows it
 * @ext: as the outside knows it
 * @since: when it was made
 * @used: when the guest used it last
 * @packets_out: requests
 * @packets_in: replies
 */
struct icmp_flow {
	struct ipaddr guest;
	uint16_t id, ext;
	uint64_t since, used, packets_out, packets_in;
};

int icmp_open_raw(int family);
void icmp_send_out(struct nat *n, const struct pkt_in *p, const struct quote *q,
		   const struct ipaddr *dst, uint16_t dst_port, const struct ipaddr *local,
		   uint16_t local_port);
bool icmp_may_send_error(struct nat *n);
uint16_t icmp_path_mtu(const struct ipaddr *dst);
int icmp_from_errno(int err, enum ip_err *what);
void icmp_each(const struct nat *n, void (*fn)(void *arg, const struct icmp_flow *f), void *arg);
void icmp_get_stats(const struct nat *n, struct icmp_stats *out);

#endif
