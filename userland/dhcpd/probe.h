/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that are asked for before they are offered (RFC 2131 2.2, D27). No I/O.
 */
#ifndef VMNET_DHCPD_PROBE_H
#define VMNET_DHCPD_PROBE_H

#include "ask.h"
#include "lease.h"

#define PROBES 256 /* at once */
#define PROBE_BUCKETS 256
#define PROBE_SEEN 4096
#define PROBE_GOOD_FOR (30ULL * 1000000000) /* ns */

/**
 * struct probe - an address that is being asked for
 * @lease: the address; NULL when it went to somebody else meanwhile
 * @addr: host order
 * @from: how the message came that it is for, @msg
 * @msg: see @from
 * @until: when nobody will answer any more, monotonic ns; 0: this place is free
 * @next_client: in the bucket of its client; or the next free place
 * @next_addr: in the bucket of its address
 *
 * A place in struct probes, taken by probe_add(), left by probe_del().
 */
struct probe {
	struct lease *lease;
	uint32_t addr;
	struct dhcp_from from;
	struct dhcp_msg msg;
	uint64_t until;
	struct probe *next_client, *next_addr;
};

/**
 * struct probes - all of them
 * @list: places, @n of them taken
 * @unused: free places
 * @by_client: buckets by hardware address
 * @by_addr: buckets by address
 * @seen: addresses that lately did not answer, and when
 *
 * Lives as long as the server; probes_init() first.
 */
struct probes {
	struct probe list[PROBES], *unused;
	unsigned int n;
	struct probe *by_client[PROBE_BUCKETS], *by_addr[PROBE_BUCKETS];
	struct {
		uint32_t addr;
		uint64_t at;
	} seen[PROBE_SEEN];
};

void probes_init(struct probes *p);
struct probe *probe_add(struct probes *p, struct lease *l, const struct ask *a, uint64_t until);
void probe_del(struct probes *p, struct probe *probe);
struct probe *probe_of_client(const struct probes *p, const uint8_t mac[6]);
struct probe *probe_of_addr(const struct probes *p, uint32_t addr);
struct probe *probe_first(struct probes *p);
void probe_saw_free(struct probes *p, uint32_t addr, uint64_t now);
bool probe_is_free(const struct probes *p, uint32_t addr, uint64_t now);

#endif
