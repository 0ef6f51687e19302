// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames: DHCP in UDP, ARP and echo for our own address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"
#include "log.h"
#include "pkt.h"
#include "server.h"

#define IP_AT PKT_ETH_LEN
#define L4_AT (PKT_ETH_LEN + sizeof(struct pkt_ip4))
/* RFC 5227 1.1 */
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL (2 * SEC)

static void send_queue(struct server *s, struct server_queue *q)
{
	unsigned int i;

	if (q->n)
		port_send(&s->port, q->f, q->n);
	for (i = 0; i < q->n; i++)
		if (q->type[i] != SERVER_OTHER)
			s->stats.sent[q->type[i]]++;
	q->n = 0;
}

/**
 * server_flush - write what the turn has gathered
 * @s: the server
 *
 * What no lease hangs on goes first: those who have got an offer can answer while
 * the disk is at work. Then the leases, and what waits for them.
 */
void server_flush(struct server *s)
{
	int err;

	send_queue(s, &s->prompt);
	err = leasefile_commit(&s->file);
	if (err) {
		s->stats.dropped[DROP_NO_DISK] += s->late.n;
		s->late.n = 0;
	}
	send_queue(s, &s->late);
}

/* A frame to be filled in; it counts when its queue's n is raised. */
static struct frame *room(struct server *s, struct server_queue *q)
{
	struct frame *f;

	if (q->n == SERVER_QUEUE)
		server_flush(s);
	f = &q->f[q->n];
	q->type[q->n] = SERVER_OTHER;
	f->csum = FRAME_CSUM_NONE;
	f->gso_type = FRAME_GSO_NONE;
	return f;
}

static void put_eth(struct server *s, struct frame *f, const uint8_t dst[6], uint16_t type)
{
	struct pkt_eth eth = { .type = htons(type) };

	memcpy(eth.dst, dst, 6);
	memcpy(eth.src, s->mac, 6);
	memcpy(f->data, &eth, sizeof(eth));
}

static void put_ip(struct frame *f, uint32_t src, uint32_t dst, uint8_t proto, size_t len)
{
	struct pkt_ip4 ip = {
		.ver_ihl = 0x45,
		.len = htons((uint16_t)(sizeof(ip) + len)),
		.ttl = 64,
		.proto = proto,
		.src = src,
		.dst = dst,
	};

	ip.csum = csum_ip(&ip, sizeof(ip));
	memcpy(f->data + IP_AT, &ip, sizeof(ip));
	f->len = (uint32_t)(L4_AT + len);
}

/**
 * server_send - send a DHCP message
 * @s: the server
 * @to: where it goes
 * @msg: the message
 * @len: bytes
 */
void server_send(struct server *s, const struct server_to *to, const uint8_t *msg, size_t len)
{
	struct server_queue *q = to->late ? &s->late : &s->prompt;
	struct frame *f = room(s, q);
	struct pkt_udp udp = {
		.src = htons(67),
		.dst = htons(to->port),
		.len = htons((uint16_t)(sizeof(udp) + len)),
	};
	uint8_t *at = f->data + L4_AT;

	if (L4_AT + sizeof(udp) + len > f->cap)
		return;
	put_eth(s, f, to->mac, PKT_IP4);
	put_ip(f, to->src, to->addr, IPPROTO_UDP, sizeof(udp) + len);
	memcpy(at, &udp, sizeof(udp));
	memcpy(at + sizeof(udp), msg, len);
	udp.csum = csum_l4_v4(to->src, to->addr, IPPROTO_UDP, at, sizeof(udp) + len);
	if (!udp.csum)
		udp.csum = 0xffff;
	memcpy(at, &udp, sizeof(udp));
	q->type[q->n++] = to->type;
}

static void send_arp(struct server *s, uint16_t op, uint32_t spa, const uint8_t dst[6],
		     const uint8_t tha[6], uint32_t tpa)
{
	struct frame *f = room(s, &s->prompt);
	struct pkt_arp arp = {
		.hw = htons(1),
		.proto = htons(PKT_IP4),
		.hlen = 6,
		.plen = 4,
		.op = htons(op),
		.spa = spa,
		.tpa = tpa,
	};

	memcpy(arp.sha, s->mac, 6);
	memcpy(arp.tha, tha, 6);
	memset(f->data, 0, 60);
	put_eth(s, f, dst, PKT_ARP);
	memcpy(f->data + PKT_ETH_LEN, &arp, sizeof(arp));
	f->len = 60;
	s->prompt.n++;
}

/* Does anybody use an address? The answer comes to server_address_seen(). */
void server_arp_ask(struct server *s, uint32_t addr)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t none[6];

	send_arp(s, 1, s->conf->server, all, none, addr);
}

/* Likewise, of an address behind a relay or router, whose hardware address is @mac. */
void server_ping(struct server *s, const uint8_t mac[6], uint32_t addr)
{
	struct frame *f = room(s, &s->prompt);
	struct pkt_icmp h = { .type = 8 };

	h.csum = csum_ip(&h, sizeof(h));
	memset(f->data, 0, 60);
	put_eth(s, f, mac, PKT_IP4);
	put_ip(f, s->conf->server, addr, IPPROTO_ICMP, sizeof(h));
	memcpy(f->data + L4_AT, &h, sizeof(h));
	f->len = 60;
	s->prompt.n++;
}

static void arp(struct server *s, const struct frame *f)
{
	struct pkt_arp a;

	if (f->len < PKT_ETH_LEN + sizeof(a))
		return;
	memcpy(&a, f->data + PKT_ETH_LEN, sizeof(a));
	if (a.hw != htons(1) || a.proto != htons(PKT_IP4) || a.hlen != 6 || a.plen != 4 ||
	    mac_is_group(a.sha))
		return;
	if (a.spa)
		server_address_seen(s, a.spa, a.sha);
	/* On an interface of the host, the host itself answers for its addresses. */
	if (a.op == htons(1) && ids_has(&s->ids, a.tpa) && a.spa != a.tpa &&
	    !iface_has(&s->iface, a.tpa))
		send_arp(s, 2, a.tpa, a.sha, a.sha, a.spa);
}

/* An echo request for one of our own addresses. */
static void echo(struct server *s, const struct frame *in, const struct pkt_ip4 *ip,
		 const uint8_t *l4, size_t len)
{
	struct frame *f;
	struct pkt_icmp h;
	uint8_t *at;

	f = room(s, &s->prompt);
	if (L4_AT + len > f->cap)
		return;
	at = f->data + L4_AT;
	put_eth(s, f, in->data + 6, PKT_IP4);
	put_ip(f, ip->dst, ip->src, IPPROTO_ICMP, len);
	memcpy(at, l4, len);
	memcpy(&h, at, sizeof(h));
	h.type = 0;
	h.csum = 0;
	memcpy(at, &h, sizeof(h));
	h.csum = csum_ip(at, len);
	memcpy(at, &h, sizeof(h));
	s->prompt.n++;
}

static void icmp(struct server *s, const struct frame *f, const struct pkt_ip4 *ip,
		 const uint8_t *l4, size_t len)
{
	if (len < sizeof(struct pkt_icmp) || csum_ip(l4, len) || !server_owns(s, ip->dst))
		return;
	/* On an interface of the host, the host itself answers. */
	if (l4[0] == 8 && !iface_has(&s->iface, ip->dst))
		echo(s, f, ip, l4, len);
	else if (l4[0] == 0)
		server_address_seen(s, ip->src, f->data + 6);
}

/*
 * Is it meant for us? An interface of the host gets all that the host forwards, for
 * other servers too.
 */
static bool is_to_us(const struct server *s, uint32_t dst)
{
	const struct dhcp_subnet *local = s->conf->local;

	return dst == INADDR_BROADCAST || dst == (local->net | ~local->mask) || server_owns(s, dst);
}

static void udp(struct server *s, const struct frame *f, const struct pkt_ip4 *ip,
		const uint8_t *l4, size_t len)
{
	struct dhcp_from from = { .src = ip->src };
	struct pkt_udp h;

	if (len < sizeof(h))
		return;
	memcpy(&h, l4, sizeof(h));
	if (h.dst != htons(67) || ntohs(h.len) < sizeof(h) || ntohs(h.len) > len ||
	    !is_to_us(s, ip->dst))
		return;
	len = ntohs(h.len);
	if (h.csum && f->csum == FRAME_CSUM_NONE &&
	    csum_l4_v4(ip->src, ip->dst, IPPROTO_UDP, l4, len))
		return;
	memcpy(from.mac, f->data + 6, sizeof(from.mac));
	server_dhcp(s, &from, l4 + sizeof(h), len - sizeof(h));
}

static void ip4(struct server *s, const struct frame *f)
{
	size_t room_left = f->len - IP_AT, hlen, len;
	const uint8_t *l4;
	struct pkt_ip4 ip;

	if (room_left < sizeof(ip))
		return;
	memcpy(&ip, f->data + IP_AT, sizeof(ip));
	hlen = (size_t)(ip.ver_ihl & 15) * 4;
	len = ntohs(ip.len);
	if (ip.ver_ihl >> 4 != 4 || hlen < sizeof(ip) || len < hlen || len > room_left ||
	    csum_ip(f->data + IP_AT, hlen) || ntohs(ip.frag) & (PKT_IP4_MF | PKT_IP4_OFFSET))
		return;
	l4 = f->data + IP_AT + hlen;
	len -= hlen;
	if (ip.proto == IPPROTO_ICMP)
		icmp(s, f, &ip, l4, len);
	else if (ip.proto == IPPROTO_UDP)
		udp(s, f, &ip, l4, len);
}

/* A frame of the network. */
void server_frame(struct server *s, const struct frame *f)
{
	struct pkt_eth eth;

	if (f->len < sizeof(eth))
		return;
	memcpy(&eth, f->data, sizeof(eth));
	if (mac_is_group(eth.src) || (!mac_is_group(eth.dst) && memcmp(eth.dst, s->mac, 6) != 0))
		return;
	if (eth.type == htons(PKT_ARP))
		arp(s, f);
	else if (eth.type == htons(PKT_IP4))
		ip4(s, f);
}

static void lost(struct server *s, int err)
{
	log_err("%s: %s; the network is gone", s->port.name, strerror(-err));
	loop_quit(&s->loop, err);
}

/* Is an interface that was down up again, or gone? The socket tells only once. */
static void look_again(struct loop *loop, struct loop_timer *t)
{
	struct server *s = (void *)((char *)t - offsetof(struct server, down_timer));
	int up = iface_state(&s->port);

	if (up < 0)
		lost(s, up);
	else if (up)
		log_info("%s is up again", s->port.name);
	else
		loop_timer_set(loop, t, SEC);
}

/* Take frames that wait. Return: there may be more. */
static bool receive(struct server *s)
{
	int i, n = port_recv(&s->port, s->rxf, SERVER_BATCH);

	if (n == -ENETDOWN && s->iface.name[0]) {
		log_warn("%s is down; its clients wait until it is up again", s->port.name);
		look_again(&s->loop, &s->down_timer);
		return false;
	}
	if (n < 0) {
		lost(s, n);
		return false;
	}
	for (i = 0; i < n; i++)
		server_frame(s, &s->rxf[i]);
	send_queue(s, &s->prompt);
	return n == SERVER_BATCH;
}

/* The more has piled up while the disk was at work, the more it does at once. */
static void on_port(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct server *s = (void *)((char *)self - offsetof(struct server, port_fd));
	unsigned int i;

	(void)loop;
	(void)events;
	for (i = 0; i < SERVER_QUEUE / SERVER_BATCH && receive(s); i++)
		;
}

static void turn_end(struct loop *loop, void *arg)
{
	struct server *s = arg;

	(void)loop;
	server_leases_expire(s);
	server_flush(s);
	server_leases_turn(s);
}

/*
 * A client that renews knows our hardware address from before, and it may be
 * another one now; one that releases says so once and would not be heard. So say
 * it, and once more for a bridge that has only just seen us (RFC 5227 2.3).
 */
static void announce(struct loop *loop, struct loop_timer *t)
{
	struct server *s = (void *)((char *)t - offsetof(struct server, announce_timer));

	server_arp_ask(s, s->conf->server);
	if (++s->announced < ANNOUNCE_NUM)
		loop_timer_set(loop, t, ANNOUNCE_INTERVAL);
}

static void make_room(struct frame *f, uint8_t (*buffers)[SERVER_FRAME], unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		f[i].data = buffers[i];
		f[i].cap = SERVER_FRAME;
	}
}

/* Buffers, and the port's events. Return: 0 or negative errno. */
int server_init(struct server *s)
{
	make_room(s->rxf, s->buffers, SERVER_BATCH);
	make_room(s->prompt.f, s->buffers + SERVER_BATCH, SERVER_QUEUE);
	make_room(s->late.f, s->buffers + SERVER_BATCH + SERVER_QUEUE, SERVER_QUEUE);
	memcpy(s->mac, port_mac(&s->port), 6);
	ids_collect(&s->ids, s->conf);
	probes_init(&s->probes);
	if (!s->holders.most)
		s->holders.most = HOLDERS_MOST;
	s->probe_timer.fn = server_probe_timer;
	s->down_timer.fn = look_again;
	s->announce_timer.fn = announce;
	loop_timer_set(&s->loop, &s->announce_timer, 0);
	server_leases_init(s);
	s->port_fd.fd = port_fd(&s->port);
	s->port_fd.fn = on_port;
	loop_set_turn_end(&s->loop, turn_end, s);
	return loop_fd_add(&s->loop, &s->port_fd, EPOLLIN);
}

void server_done(struct server *s)
{
	loop_fd_del(&s->loop, &s->port_fd);
	leasefile_close(&s->file);
	lease_db_done(&s->db);
	load_free(s->conf);
	reserve_done(&s->reserve);
	iface_close(&s->iface);
	port_close(&s->port);
	loop_done(&s->loop);
}
