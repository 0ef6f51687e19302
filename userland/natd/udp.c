// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dns_msg.h"
#include "icmp.h"
#include "log.h"
#include "policy.h"
#include "quote.h"
#include "udp_map.h"

#define UDP_LEN sizeof(struct pkt_udp)
/* A mapping that was only used for DNS. */
#define DNS_IDLE (30 * SEC)
/* At a guest's limit, what has been idle so long may make room. */
#define EVICT_IDLE (120 * SEC)
#define EVICT_UNANSWERED (10 * SEC)

static struct udp_map **bucket(struct udp *udp, const struct ipaddr *guest, uint16_t port)
{
	struct flow_key key = { .guest = *guest, .gport = port };

	return &udp->buckets[flow_key_hash(udp->nat, &key) % UDP_BUCKETS];
}

static struct udp_map *find(struct udp *udp, const struct ipaddr *guest, uint16_t port)
{
	struct udp_map *m = *bucket(udp, guest, port);

	while (m && (m->port != port || !ipaddr_equal(&m->guest, guest)))
		m = m->next;
	return m;
}

/* How long a mapping may be idle, ns; 0 for ever. */
uint64_t udp_timeout(const struct udp *udp)
{
	return udp->nat->conf.udp_timeout * SEC;
}

static uint64_t idle_time(const struct udp_map *m)
{
	uint64_t t = udp_timeout(m->udp);

	return m->only_dns && (!t || t > DNS_IDLE) ? DNS_IDLE : t;
}

static void map_end(struct udp_map *m)
{
	struct udp *udp = m->udp;
	struct udp_map **p = m->extra ? &udp->extras : bucket(udp, &m->guest, m->port);

	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	udp->nmaps--;
	loop_timer_cancel(&udp->nat->loop, &m->timer);
	loop_fd_del(&udp->nat->loop, &m->lfd);
	close(m->lfd.fd);
	free(m);
}

static void on_timer(struct loop *loop, struct loop_timer *t)
{
	struct udp_map *m = (void *)((char *)t - offsetof(struct udp_map, timer));
	uint64_t idle = loop_now(loop) - m->used, max = idle_time(m);

	if (!max)
		loop_timer_set(loop, t, 60 * SEC);
	else if (idle < max)
		loop_timer_set(loop, t, max - idle);
	else
		map_end(m);
}

/* [udp] timeout is another one: look at all mappings now. */
void udp_timeout_changed(struct nat *n)
{
	struct udp_map *m;
	unsigned int i;

	for (i = 0; i < UDP_BUCKETS; i++)
		for (m = n->udp->buckets[i]; m; m = m->next)
			if (!m->forward)
				loop_timer_set(&n->loop, &m->timer, 0);
}

/* Make room for one more mapping of a guest. Return: false when there is none. */
static bool make_room(struct udp *udp, const struct ipaddr *guest)
{
	struct udp_map *m, *oldest = NULL;
	unsigned int i, n = 0;
	uint64_t idle;

	if (udp->nmaps < UDP_MAX_PER_GUEST)
		return true;
	for (i = 0; i < UDP_BUCKETS; i++)
		for (m = udp->buckets[i]; m; m = m->next) {
			if (m->forward || !ipaddr_equal(&m->guest, guest))
				continue;
			n++;
			if (!oldest || m->used < oldest->used)
				oldest = m;
		}
	if (n < UDP_MAX_PER_GUEST && udp->nmaps < UDP_MAX_MAPS)
		return true;
	if (!oldest)
		return false;
	idle = loop_now(&udp->nat->loop) - oldest->used;
	if (idle < (oldest->answered ? EVICT_IDLE : EVICT_UNANSWERED))
		return false;
	map_end(oldest);
	return true;
}

static struct udp_map *map_new(struct udp *udp, const struct ipaddr *guest, uint16_t port, int fd,
			       uint16_t ext)
{
	struct udp_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->udp = udp;
	m->guest = *guest;
	m->port = port;
	m->ext = ext;
	m->ttl = -1;
	m->tos = -1;
	m->df = -1;
	m->since = m->used = loop_now(&udp->nat->loop);
	m->timer.fn = on_timer;
	m->only_dns = true;
	m->lfd.fd = fd;
	m->lfd.fn = udp_sock_event;
	if (!loop_fd_add(&udp->nat->loop, &m->lfd, EPOLLIN))
		return m;
	free(m);
	return NULL;
}

static void map_insert(struct udp_map **at, struct udp_map *m)
{
	m->next = *at;
	*at = m;
	m->udp->nmaps++;
}

/* The mapping of a guest's port; made when it is new. NULL: limit reached. */
static struct udp_map *get_map(struct udp *udp, const struct pkt_in *p, uint16_t sport,
			       uint16_t dport)
{
	struct udp_map *m = find(udp, &p->src, sport);
	char text[46];
	uint16_t ext;
	int fd = -ENOBUFS;

	if (m)
		return m;
	if (make_room(udp, &p->src))
		fd = udp_sock_open(sport,
				   nat_privileged_wanted(&udp->nat->conf.privileged_udp, dport),
				   &ext);
	if (fd >= 0) {
		m = map_new(udp, &p->src, sport, fd, ext);
		if (m && !loop_timer_set(&udp->nat->loop, &m->timer, idle_time(m))) {
			map_insert(bucket(udp, &p->src, sport), m);
			udp->stats.maps_made++;
			return m;
		}
		if (m)
			loop_fd_del(&udp->nat->loop, &m->lfd);
		free(m);
		close(fd);
		fd = -ENOMEM;
	}
	udp->stats.maps_refused++;
	udp->nat->stats.refused++;
	if (!udp->limit_logged)
		log_warn("UDP: no more flows for %s: %s", ipaddr_format(&p->src, text),
			 fd == -ENOBUFS ? "it has too many" : strerror(-fd));
	udp->limit_logged = true;
	ip4_icmp_error(udp->nat, p, 0, ICMP4_UNREACH, ICMP4_UNREACH_ADMIN, 0);
	return NULL;
}

static void count_out(struct udp_map *m, size_t len)
{
	m->udp->stats.out++;
	m->packets_out++;
	m->bytes_out += len;
}

static void to_outside(struct udp *udp, const struct pkt_in *p, uint16_t sport, uint16_t dport,
		       const uint8_t *data, size_t len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(dport),
		.sin_addr.s_addr = p->dst.a.v4,
	};
	struct udp_map *m = get_map(udp, p, sport, dport);

	if (!m)
		return;
	m->used = m->own = loop_now(&udp->nat->loop);
	if (dport != DNS_PORT)
		m->only_dns = false;
	if (udp_sock_send(m, p, &to, 0, data, len))
		udp->stats.dropped++;
	else
		count_out(m, len);
}

static void to_peer(struct udp *udp, const struct pkt_in *p, struct udp_peer *peer,
		    const uint8_t *data, size_t len)
{
	peer->used = loop_now(&udp->nat->loop);
	if (udp_sock_send(peer->map, p, &peer->peer, peer->local, data, len))
		udp->stats.dropped++;
	else
		count_out(peer->map, len);
}

/**
 * udp_input - take a datagram of a guest
 * @n: the NAT
 * @p: the packet
 */
void udp_input(struct nat *n, const struct pkt_in *p)
{
	struct udp *udp = n->udp;
	const uint8_t *data = p->l4 + UDP_LEN;
	uint16_t sport, dport;
	struct udp_peer *peer;
	struct pkt_udp h;
	size_t len;

	if (p->l4_len < UDP_LEN)
		goto bad;
	memcpy(&h, p->l4, sizeof(h));
	len = ntohs(h.len);
	if (len < UDP_LEN || len > p->l4_len || !h.src)
		goto bad;
	if (h.csum && !p->csum_done &&
	    csum_l4_v4(p->src.a.v4, p->dst.a.v4, IPPROTO_UDP, p->l4, len))
		goto bad;
	len -= UDP_LEN;
	sport = ntohs(h.src);
	dport = ntohs(h.dst);
	peer = udp->npeers ? udp_peer_find(udp, p->src.a.v4, sport, p->dst.a.v4, dport) : NULL;
	if (peer)
		to_peer(udp, p, peer, data, len);
	else if (p->dst.a.v4 == n->ip4 && dport == DNS_PORT)
		dns_input(n, p, sport, data, len);
	else if (p->dst.a.v4 == n->ip4)
		ip4_icmp_error(n, p, 0, ICMP4_UNREACH, ICMP4_UNREACH_PORT, 0);
	else if (nat_is_group(n, p->dst))
		udp->stats.dropped++;
	else if (nat_is_forbidden(p->dst))
		ip4_icmp_error(n, p, 0, ICMP4_UNREACH, ICMP4_UNREACH_ADMIN, 0);
	else
		to_outside(udp, p, sport, dport, data, len);
	return;
bad:
	n->stats.bad++;
}

/**
 * udp_send_guest - send a datagram to a guest
 * @udp: UDP of the network
 * @o: the IP header
 * @sport: from this port, host order
 * @dport: to this port of the guest, host order
 * @buf: room for the UDP header, and the data behind it
 * @len: bytes of data
 */
void udp_send_guest(struct udp *udp, const struct ip4_out *o, uint16_t sport, uint16_t dport,
		    uint8_t *buf, size_t len)
{
	struct pkt_udp h = { .src = htons(sport), .dst = htons(dport) };

	if (len > 65535 - sizeof(struct pkt_ip4) - UDP_LEN)
		return;
	h.len = htons((uint16_t)(UDP_LEN + len));
	memcpy(buf, &h, sizeof(h));
	h.csum = csum_l4_v4(o->src, o->dst, IPPROTO_UDP, buf, UDP_LEN + len);
	if (!h.csum)
		h.csum = 0xffff;
	memcpy(buf, &h, sizeof(h));
	udp->stats.in++;
	ip4_send(udp->nat, o, buf, UDP_LEN + len);
}

/**
 * udp_to_guest - send a datagram of our own to a guest
 * @n: the NAT
 * @src: from this address, network order
 * @sport: from this port, host order
 * @guest: network order
 * @gport: to this port, host order
 * @data: the data
 * @len: bytes
 */
void udp_to_guest(struct nat *n, uint32_t src, uint16_t sport, uint32_t guest, uint16_t gport,
		  const void *data, size_t len)
{
	struct ip4_out o = {
		.src = src,
		.dst = guest,
		.proto = IPPROTO_UDP,
	};

	if (len > sizeof(n->udp->tx) - UDP_LEN)
		return;
	memcpy(n->udp->tx + UDP_LEN, data, len);
	udp_send_guest(n->udp, &o, sport, gport, n->udp->tx, len);
}

/**
 * udp_inbound - a datagram has come from outside
 * @m: the mapping it came to
 * @from: its sender
 * @local: the host's address it came to, 0 when not asked for
 * @ttl: hops it has left behind us
 * @tos: DS field
 * @buf: room for a UDP header, and the data behind it
 * @len: bytes of data
 */
void udp_inbound(struct udp_map *m, const struct sockaddr_in *from, uint32_t local, uint8_t ttl,
		 uint8_t tos, uint8_t *buf, size_t len)
{
	struct udp *udp = m->udp;
	struct ip4_out o = {
		.src = from->sin_addr.s_addr,
		.dst = m->guest.a.v4,
		.proto = IPPROTO_UDP,
		.ttl = ttl,
		.tos = tos,
	};
	uint16_t sport = ntohs(from->sin_port);
	bool hidden = nat_hides(udp->nat, ipaddr_v4(o.src));
	struct udp_peer *peer = NULL;

	if (m->forward)
		peer = udp_peer_get(m, from, local);
	if (peer) {
		o.src = peer->shown;
		sport = peer->shown_port;
	} else if (hidden || m->extra) {
		udp->stats.dropped++;
		return;
	}
	m->used = loop_now(&udp->nat->loop);
	m->answered = true;
	m->packets_in++;
	m->bytes_in += len;
	udp_send_guest(udp, &o, sport, m->port, buf, len);
}

/**
 * udp_guest_error - a guest says that a datagram did not arrive
 * @n: the NAT
 * @p: its ICMP error, the checksum of which is right
 *
 * Passed on to whoever sent that datagram through a socket of ours.
 */
void udp_guest_error(struct nat *n, const struct pkt_in *p)
{
	struct udp_peer *peer;
	struct udp_map *m;
	struct quote q;
	uint32_t dst;

	if (quote_parse(p->l4, p->l4_len, &q) || q.proto != IPPROTO_UDP || q.dst != p->src.a.v4)
		return;
	m = find(n->udp, &p->src, q.dport);
	peer = udp_peer_find(n->udp, q.dst, q.dport, q.src, q.id);
	if (peer)
		m = peer->map;
	if (!m)
		return;
	/* What it quotes is its own word: no errors to where it may not send. */
	if (!peer && (nat_is_forbidden(ipaddr_v4(q.src)) || nat_is_group(n, ipaddr_v4(q.src))))
		return;
	dst = peer ? peer->peer.sin_addr.s_addr : q.src;
	icmp_send_out(n, dst, peer ? peer->local : 0, p, &q, m->ext,
		      peer ? ntohs(peer->peer.sin_port) : q.id);
}

/* The guest itself has the port already, for traffic of its own. */
static struct udp_map *adopt(struct udp *udp, const struct nat_forward *f)
{
	struct udp_map *m = find(udp, &f->guest, f->guest_port);

	if (!m || m->forward || m->ext != f->host_port || f->bind.family ||
	    udp_sock_want_local(m->lfd.fd))
		return NULL;
	loop_timer_cancel(&udp->nat->loop, &m->timer);
	m->forward = true;
	m->only_dns = false;
	return m;
}

/**
 * udp_forward_add - lead a port of the host to a guest
 * @n: the NAT
 * @f: the forward
 * @out: set to its socket
 *
 * Return: 0 or negative errno (-EADDRINUSE: another program has the port).
 */
int udp_forward_add(struct nat *n, const struct nat_forward *f, struct udp_map **out)
{
	struct udp *udp = n->udp;
	const struct ipaddr *guest = &f->guest;
	struct udp_map *m = adopt(udp, f);
	int fd;

	*out = m;
	if (m)
		return 0;
	fd = udp_sock_open_forward(&f->bind, f->host_port);
	if (fd < 0)
		return fd;
	m = map_new(udp, guest, f->guest_port, fd, f->host_port);
	if (!m) {
		close(fd);
		return -ENOMEM;
	}
	m->forward = true;
	m->only_dns = false;
	/* What the guest sends by itself may not fit to one address of the host. */
	m->extra = f->bind.family || find(udp, guest, f->guest_port);
	map_insert(m->extra ? &udp->extras : bucket(udp, guest, f->guest_port), m);
	*out = m;
	return 0;
}

/**
 * udp_forward_remove - a forward ends
 * @m: its socket
 *
 * What the guest has begun by itself from there goes on, until it is idle.
 */
void udp_forward_remove(struct udp_map *m)
{
	struct loop *loop = &m->udp->nat->loop;
	uint64_t idle = loop_now(loop) - m->own, max = idle_time(m);

	udp_peer_forget(m);
	m->forward = false;
	m->used = m->own;
	if (m->extra || !m->own || (max && idle >= max) ||
	    loop_timer_set(loop, &m->timer, max ? max - idle : 60 * SEC))
		map_end(m);
}

/**
 * udp_init - begin
 * @n: the NAT
 *
 * Return: 0 or negative errno.
 */
int udp_init(struct nat *n)
{
	struct udp *udp = calloc(1, sizeof(*udp));

	if (!udp)
		return -ENOMEM;
	udp->nat = n;
	udp_peer_init(udp);
	n->udp = udp;
	return 0;
}

/* End what udp_init() began, forwards and all. */
void udp_done(struct nat *n)
{
	struct udp *udp = n->udp;
	unsigned int i;

	if (!udp)
		return;
	udp_peer_done(udp);
	for (i = 0; i < UDP_BUCKETS; i++)
		while (udp->buckets[i])
			map_end(udp->buckets[i]);
	while (udp->extras)
		map_end(udp->extras);
	free(udp);
	n->udp = NULL;
}

/* Sockets that guests have. */
unsigned int udp_flows(const struct nat *n)
{
	return n->udp ? n->udp->nmaps : 0;
}

/* What has happened so far. */
void udp_get_stats(const struct nat *n, struct udp_stats *out)
{
	*out = n->udp->stats;
}
