/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP: each (address, port) of a guest has one host socket, connected to
 * nobody, so that it looks the same to every peer and every peer can answer
 * (RFC 4787: endpoint-independent mapping and filtering).
 */
#ifndef VMNET_NATD_UDP_H
#define VMNET_NATD_UDP_H

#include "nat.h"

#define UDP_MAX_MAPS 8192
#define UDP_MAX_PER_GUEST 2048

/**
 * struct udp_stats - what has happened
 * @out: datagrams of guests sent to the outside
 * @in: datagrams handed to guests
 * @dropped: datagrams that had nowhere to go
 * @errors: errors about datagrams of guests that were passed on to them
 * @maps_made: sockets opened for guests
 * @maps_refused: flows that found no socket
 */
struct udp_stats {
	uint64_t out, in, dropped, errors, maps_made, maps_refused;
};

struct udp_map;

int udp_forward_add(struct nat *n, const struct nat_forward *f, struct udp_map **out);
void udp_forward_remove(struct udp_map *m);
void udp_to_guest(struct nat *n, const struct ipaddr *guest, uint16_t gport, uint16_t sport,
		  const void *data, size_t len);
void udp_guest_error(struct nat *n, const struct pkt_in *p);
void udp_timeout_changed(struct nat *n);
void udp_services_changed(struct nat *n);
void udp_get_stats(const struct nat *n, struct udp_stats *out);

#endif
