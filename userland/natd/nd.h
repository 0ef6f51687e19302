/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guests' IPv6 neighbour and router. */
#ifndef VMNET_NATD_ND_H
#define VMNET_NATD_ND_H

#include "nat.h"

int nd_init(struct nat *n);
void nd_done(struct nat *n);
void nd_changed(struct nat *n);
void nd_input(struct nat *n, const struct pkt_in *p, const uint8_t mac[6]);
bool nd_is_for_link(const struct pkt_in *p);
void nd_ask(struct nat *n, const struct ipaddr *addr);

#endif
