// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A DHCP server that does nothing: what a generator of load is measured with.
 *
 *	dhcpecho TAP ADDRESS
 *
 * Makes the tap, or takes it. Every DISCOVER and REQUEST is answered at once with
 * an address made of the client's own, by way of the relay if there is one; nothing
 * is remembered. ADDRESS, the server's, is answered for by ARP; the clients' begin
 * with its first 16 bits.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <netinet/if_ether.h>
#include "dhcpwire.h"

static const uint8_t self[6] = { 2, 0xec, 0, 0, 0, 1 };

/* Turns a message into its answer. Return: bytes, 0 for none. */
static size_t answer(struct wire *w, size_t len, uint32_t server)
{
	const uint32_t mask = htonl(0xffff0000), lease = htonl(3600);
	const uint8_t *type = wire_get(w, len, 53, 1);
	uint8_t *o = w->options, reply;

	if (!type || (*type != WIRE_DISCOVER && *type != WIRE_REQUEST))
		return 0;
	reply = *type == WIRE_DISCOVER ? WIRE_OFFER : WIRE_ACK;
	wire_heads(w, 2, server, w->giaddr, w->src);
	memcpy(w->src, self, 6);
	memcpy(&w->yiaddr, &server, 2);
	memcpy((uint8_t *)&w->yiaddr + 2, w->chaddr + 4, 2);
	memset(o, 0, WIRE_OPTIONS);
	o = wire_put(o, 53, &reply, 1);
	o = wire_put(o, 54, &server, 4);
	o = wire_put(o, 51, &lease, 4);
	o = wire_put(o, 1, &mask, 4);
	*o = 255;
	return sizeof(*w);
}

/* The same for who asks for our hardware address. */
static size_t arp(uint8_t *frame, size_t len, uint32_t server)
{
	struct ethhdr *eth = (void *)frame;
	struct ether_arp *a = (void *)(eth + 1);

	if (len < sizeof(*eth) + sizeof(*a) || a->arp_op != htons(ARPOP_REQUEST) ||
	    memcmp(a->arp_tpa, &server, 4) != 0)
		return 0;
	memcpy(eth->h_dest, a->arp_sha, 6);
	memcpy(eth->h_source, self, 6);
	a->arp_op = htons(ARPOP_REPLY);
	memcpy(a->arp_tha, a->arp_sha, 6);
	memcpy(a->arp_tpa, a->arp_spa, 4);
	memcpy(a->arp_sha, self, 6);
	memcpy(a->arp_spa, &server, 4);
	return sizeof(*eth) + sizeof(*a);
}

int main(int argc, char **argv)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	union {
		struct wire w;
		struct ethhdr eth;
		uint8_t bytes[2048];
	} f;
	struct in_addr server;
	int fd;

	if (argc != 3 || inet_pton(AF_INET, argv[2], &server) != 1 ||
	    strlen(argv[1]) >= sizeof(ifr.ifr_name)) {
		fprintf(stderr, "usage: dhcpecho TAP ADDRESS\n");
		return 2;
	}
	strcpy(ifr.ifr_name, argv[1]);
	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr)) {
		perror("dhcpecho");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		ssize_t n = read(fd, &f, sizeof(f));
		size_t out = 0;

		if (n < 0 && errno != EINTR) {
			perror("dhcpecho");
			return 1;
		}
		if (n < (ssize_t)sizeof(f.eth))
			continue;
		if (f.eth.h_proto == htons(ETH_P_ARP))
			out = arp(f.bytes, (size_t)n, server.s_addr);
		else if (wire_is(&f.w, (size_t)n, 1))
			out = answer(&f.w, (size_t)n, server.s_addr);
		/* A tap that is down loses it, as a wire would. */
		if (out && write(fd, &f, out) < 0 && errno != EIO)
			perror("dhcpecho");
	}
}
