// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that scans and floods, at a rate that is kept.
 *
 *	natflood syn FROM TO FAR COUNT RATE	SYNs: every second one to TO, the others to
 *						FAR and the 16,383 addresses behind it,
 *						each from and to another port
 *	natflood scan FROM TO FAR COUNT RATE	SYNs to all ports of TO
 *	natflood udp FROM TO FAR COUNT RATE	datagrams, likewise
 *	natflood udp1 FROM TO FAR COUNT RATE	datagrams from one port to one port of TO
 *	natflood icmp FROM TO FAR COUNT RATE	echo requests, each with another id
 *
 * RATE is packets a second. Prints how many were sent, and in which time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 50

struct packet {
	struct iphdr ip;
	union {
		struct tcphdr tcp;
		struct udphdr udp;
		struct icmphdr icmp;
	} u;
	uint8_t data[8];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static uint32_t sum16(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t s = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons((uint16_t)~s);
}

/* Of the transport header and its data; addresses and all for TCP and UDP. */
static uint16_t checksum(const struct packet *p, size_t len)
{
	uint32_t s = sum16(&p->u, len);

	if (p->ip.protocol != IPPROTO_ICMP)
		s += sum16(&p->ip.saddr, 8) + p->ip.protocol + (uint32_t)len;
	return fold(s);
}

static size_t make(struct packet *p, const char *kind, uint32_t from, uint32_t to, uint32_t far,
		   uint32_t i)
{
	bool one = !strcmp(kind, "udp1");
	uint16_t sport = htons((uint16_t)(one ? 40000 : 1024 + i * 7919U % 64000));
	uint16_t dport = htons((uint16_t)(one ? 40001 : 1 + i * 104729U % 65000));
	size_t len;

	memset(p, 0, sizeof(*p));
	p->ip.version = 4;
	p->ip.ihl = 5;
	p->ip.ttl = 64;
	p->ip.saddr = from;
	p->ip.daddr = one || !strcmp(kind, "scan") || i % 2 ? to
							    : htonl(ntohl(far) + i / 2 % 16384);
	if (!strcmp(kind, "syn") || !strcmp(kind, "scan")) {
		p->ip.protocol = IPPROTO_TCP;
		p->u.tcp.source = sport;
		p->u.tcp.dest = dport;
		p->u.tcp.seq = htonl(i);
		p->u.tcp.doff = 5;
		p->u.tcp.syn = 1;
		p->u.tcp.window = htons(1024);
		len = sizeof(p->u.tcp);
		p->u.tcp.check = checksum(p, len);
	} else if (!strcmp(kind, "icmp")) {
		p->ip.protocol = IPPROTO_ICMP;
		p->u.icmp.type = ICMP_ECHO;
		p->u.icmp.un.echo.id = htons((uint16_t)i);
		len = sizeof(p->u.icmp);
		p->u.icmp.checksum = checksum(p, len);
	} else {
		p->ip.protocol = IPPROTO_UDP;
		p->u.udp.source = sport;
		p->u.udp.dest = dport;
		len = sizeof(p->u.udp);
		p->u.udp.len = htons((uint16_t)len);
		p->u.udp.check = checksum(p, len);
	}
	return sizeof(p->ip) + len;
}

int main(int argc, char **argv)
{
	static struct packet p[BATCH];
	struct sockaddr_in to[BATCH];
	struct mmsghdr m[BATCH];
	struct iovec iov[BATCH];
	uint32_t count, sent = 0, from, near, far;
	uint64_t rate, began;
	int fd, n, i;

	if (argc != 7) {
		fprintf(stderr, "usage: natflood syn|scan|udp|udp1|icmp FROM TO FAR COUNT RATE\n");
		return 2;
	}
	from = inet_addr(argv[2]);
	near = inet_addr(argv[3]);
	far = inet_addr(argv[4]);
	count = (uint32_t)atoi(argv[5]);
	rate = (uint64_t)atoi(argv[6]);
	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0) {
		perror("socket");
		return 1;
	}
	began = now_ns();
	while (sent < count) {
		uint64_t due = began + sent * UINT64_C(1000000000) / rate, now = now_ns();

		if (now < due) {
			usleep((useconds_t)((due - now) / 1000 + 1));
			continue;
		}
		for (i = 0; i < BATCH; i++) {
			iov[i].iov_base = &p[i];
			iov[i].iov_len = make(&p[i], argv[1], from, near, far, sent + (uint32_t)i);
			to[i] = (struct sockaddr_in){ .sin_family = AF_INET,
						      .sin_addr.s_addr = p[i].ip.daddr };
			m[i].msg_hdr = (struct msghdr){ .msg_name = &to[i],
							.msg_namelen = sizeof(to[i]),
							.msg_iov = &iov[i],
							.msg_iovlen = 1 };
		}
		n = sendmmsg(fd, m, BATCH, 0);
		if (n < 0 && errno != ENOBUFS && errno != EAGAIN) {
			perror("sendmmsg");
			return 1;
		}
		/* What has found no room is lost, as it is meant to be. */
		sent += n > 0 ? (uint32_t)n : 1;
	}
	printf("sent %u in %.2f s\n", sent, (double)(now_ns() - began) / 1e9);
	return 0;
}
