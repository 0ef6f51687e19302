// SPDX-License-Identifier: GPL-2.0-or-later
/* Any message of a neighbour, and any of DHCPv6. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp6_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt_in p = {
		.ip = data,
		.src = { AF_INET6, { .b = { 0xfe, 0x80 } } },
		.dst = { AF_INET6, { .b = { 0xff, 2 } } },
		.proto = IPPROTO_ICMPV6,
		.ttl = 255,
		.l4 = data,
		.l4_len = size,
	};
	struct dhcp6_answer a = { .domain = "localdomain" };
	uint8_t out[DHCP6_ROOM], name[300];
	char text[ND_DOMAIN];
	struct nd_in in;
	size_t n;

	if (!nd_parse(&p, &in) && in.has_mac && mac_is_group(in.mac))
		abort();
	n = dhcp6_reply(out, data, size, &a);
	if (n > sizeof(out))
		abort();
	/* An answer is none to answer. */
	if (n && dhcp6_reply(out, out, n, &a))
		abort();
	n = size < sizeof(text) ? size : sizeof(text) - 1;
	memcpy(text, data, n);
	text[n] = '\0';
	n = nd_domain(name, sizeof(name), text);
	if (n && (name[n - 1] || n > strlen(text) + 2))
		abort();
	return 0;
}
