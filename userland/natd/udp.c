// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dhcp6.h"
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

static struct udp_map **bucket(struct udp *udp, const struct ipaddr *guest, uint16_t port,
			       uint16_t service)
{
	struct flow_key key = { .guest = *guest, .gport = port, .pport = service };

	return &udp->buckets[flow_key_hash(udp->nat, &key) % UDP_BUCKETS];
}

static struct udp_map *find_service(struct udp *udp, const struct ipaddr *guest, uint16_t port,
				    uint16_t service)
{
	struct udp_map *m = *bucket(udp, guest, port, service);

	while (m && (m->port != port || m->service != service || !ipaddr_equal(&m->guest, guest)))
		m = m->next;
	return m;
}

/* The socket of a guest's port for all peers. */
static struct udp_map *find(struct udp *udp, const struct ipaddr *guest, uint16_t port)
{
	return find_service(udp, guest, port, 0);
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

static struct udp_full *full_of(struct udp *udp, const struct ipaddr *guest)
{
	struct flow_key key = { .guest = *guest };

	return &udp->full[flow_key_hash(udp->nat, &key) % UDP_FULL];
}

static void map_end(struct udp_map *m)
{
	struct udp *udp = m->udp;
	struct udp_map **p = m->extra ? &udp->extras : bucket(udp, &m->guest, m->port, m->service);

	while (*p != m)
		p = &(*p)->next;
	*p = m->next;
	udp->nmaps--;
	full_of(udp, &m->guest)->until = 0;
	loop_timer_cancel(&udp->nat->loop, &m->timer);
	loop_fd_close(&udp->nat->loop, &m->lfd);
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
	struct udp_full *full = full_of(udp, guest);
	uint64_t now = loop_now(&udp->nat->loop), idle, max;
	struct udp_map *m, *oldest = NULL;
	unsigned int i, n = 0;

	if (udp->nmaps < UDP_MAX_PER_GUEST)
		return true;
	/* A flood is not to make us look again and again. */
	if (now < full->until && ipaddr_equal(&full->guest, guest))
		return false;
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
	idle = now - oldest->used;
	max = oldest->answered ? EVICT_IDLE : EVICT_UNANSWERED;
	if (idle < max) {
		full->guest = *guest;
		full->until = now + max - idle;
		return false;
	}
	map_end(oldest);
	return true;
}

static struct udp_map *map_new(struct udp *udp, const struct ipaddr *guest, uint16_t port, int fd,
			       uint8_t family, uint16_t ext)
{
	struct udp_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->udp = udp;
	m->guest = *guest;
	m->port = port;
	m->ext = ext;
	m->family = family;
	m->set = IP_SET_UNKNOWN;
	m->gso_max = UINT16_MAX;
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

/* A new mapping of a guest's port, of a service if there is one. NULL: limit reached. */
static struct udp_map *make_map(struct udp *udp, const struct pkt_in *p, uint16_t sport,
				uint16_t dport, const struct nat_forward *service)
{
	struct udp_map *m;
	char text[46];
	uint16_t ext;
	struct udp_addr to = { 0 };
	int fd = -ENOBUFS;

	if (service)
		to = (struct udp_addr){ service->guest, service->guest_port };
	if (make_room(udp, &p->src))
		fd = service ? udp_sock_open_service(&to, &ext)
			     : udp_sock_open(p->src.family, sport,
					     nat_privileged_wanted(&udp->nat->conf.privileged_udp,
								   dport),
					     &ext);
	if (fd >= 0) {
		m = map_new(udp, &p->src, sport, fd, service ? to.addr.family : p->src.family, ext);
		if (m && service) {
			m->service = dport;
			m->to = to;
		}
		if (m && !loop_timer_set(&udp->nat->loop, &m->timer, idle_time(m))) {
			map_insert(bucket(udp, &p->src, sport, m->service), m);
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
	ip_refuse(udp->nat, p, IP_ERR_ADMIN, 0);
	return NULL;
}

static void out_by(struct udp_map *m, const struct pkt_in *p, uint16_t dport,
		   const struct udp_addr *to, const uint8_t *data, size_t len)
{
	m->used = m->own = loop_now(&m->udp->nat->loop);
	if (dport != DNS_PORT)
		m->only_dns = false;
	udp_send(m, p, to, NULL, data, len);
}

static void to_outside(struct udp *udp, const struct pkt_in *p, uint16_t sport, uint16_t dport,
		       const uint8_t *data, size_t len)
{
	struct udp_addr to = { p->dst, dport };
	struct udp_map *m = find(udp, &p->src, sport);

	if (!m)
		m = make_map(udp, p, sport, dport, NULL);
	if (m)
		out_by(m, p, dport, &to, data, len);
}

/* To a service of the host, where the gateway's port leads to one. */
static void to_gateway(struct udp *udp, const struct pkt_in *p, const struct udp_in *u)
{
	struct udp_map *m = find_service(udp, &p->src, u->sport, u->dport);
	const struct nat_forward *service;

	if (!m) {
		service = nat_service_find(&udp->nat->conf, IPPROTO_UDP, u->dport);
		if (!service) {
			ip_refuse(udp->nat, p, IP_ERR_PORT, 0);
			return;
		}
		m = make_map(udp, p, u->sport, u->dport, service);
	}
	if (m)
		out_by(m, p, u->dport, &m->to, u->data, u->len);
}

static void to_peer(struct udp *udp, const struct pkt_in *p, struct udp_peer *peer,
		    const uint8_t *data, size_t len)
{
	peer->used = loop_now(&udp->nat->loop);
	udp_send(peer->map, p, &peer->peer, &peer->local, data, len);
}

/**
 * udp_input - take a datagram of a guest
 * @n: the NAT
 * @p: the packet
 */
void udp_input(struct nat *n, const struct pkt_in *p)
{
	struct udp *udp = n->udp;
	struct udp_peer *peer;
	struct udp_in u;
	enum pkt_why why = parse_udp(p, &u);

	if (why) {
		nat_bad(n, why);
		return;
	}
	peer = NULL;
	if (udp->npeers)
		peer = udp_peer_find(udp, &(struct udp_addr){ p->src, u.sport },
				     &(struct udp_addr){ p->dst, u.dport });
	if (peer)
		to_peer(udp, p, peer, u.data, u.len);
	else if (nat_is_gateway(n, &p->dst) && u.dport == DNS_PORT)
		dns_input(n, p, u.sport, u.data, u.len);
	else if (dhcp6_is_for_us(n, p, &u))
		dhcp6_input(n, p, &u);
	else if (nat_is_gateway(n, &p->dst))
		to_gateway(udp, p, &u);
	else if (nat_is_group(n, &p->dst))
		udp->stats.dropped++;
	else if (nat_is_forbidden(&p->dst))
		ip_refuse(n, p, IP_ERR_ADMIN, 0);
	else
		to_outside(udp, p, u.sport, u.dport, u.data, u.len);
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
void udp_send_guest(struct udp *udp, const struct ip_out *o, uint16_t sport, uint16_t dport,
		    uint8_t *buf, size_t len)
{
	struct pkt_udp h = { .src = htons(sport), .dst = htons(dport) };

	if (len > 65535 - ip_header_len(o->dst.family) - UDP_LEN)
		return;
	h.len = htons((uint16_t)(UDP_LEN + len));
	memcpy(buf, &h, sizeof(h));
	h.csum = csum_l4(&o->src, &o->dst, IPPROTO_UDP, buf, UDP_LEN + len);
	if (!h.csum)
		h.csum = 0xffff;
	memcpy(buf, &h, sizeof(h));
	udp->stats.in++;
	ip_send(udp->nat, o, buf, UDP_LEN + len);
}

/**
 * udp_to_guest - send a datagram of the gateway's own to a guest
 * @n: the NAT
 * @guest: to this address
 * @gport: to this port, host order
 * @sport: from this port, host order
 * @data: the data
 * @len: bytes
 */
void udp_to_guest(struct nat *n, const struct ipaddr *guest, uint16_t gport, uint16_t sport,
		  const void *data, size_t len)
{
	struct ip_out o = {
		.src = nat_gateway(n, guest),
		.dst = *guest,
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
 * @local: the host's address it came to, family 0 when not asked for
 * @ttl: hops it has left behind us
 * @tos: DS field
 * @buf: room for a UDP header, and the data behind it
 * @len: bytes of data
 */
void udp_inbound(struct udp_map *m, const struct udp_addr *from, const struct ipaddr *local,
		 uint8_t ttl, uint8_t tos, uint8_t *buf, size_t len)
{
	struct udp *udp = m->udp;
	struct ip_out o = {
		.src = from->addr,
		.dst = m->guest,
		.proto = IPPROTO_UDP,
		.ttl = ttl,
		.tos = tos,
	};
	uint16_t sport = from->port;
	bool hidden = nat_hides(udp->nat, &o.src);
	struct udp_peer *peer = NULL;

	if (m->forward)
		peer = udp_peer_get(m, from, local);
	if (m->service) {
		o.src = nat_gateway(udp->nat, &m->guest);
		sport = m->service;
	} else if (peer) {
		o.src = peer->shown.addr;
		sport = peer->shown.port;
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
	struct ipaddr local = { 0 };
	struct udp_peer *peer;
	struct udp_addr to;
	struct udp_map *m;
	struct quote q;

	if (quote_parse(p->src.family, p->l4, p->l4_len, &q) || q.proto != IPPROTO_UDP ||
	    !ipaddr_equal(&q.dst, &p->src))
		return;
	to = (struct udp_addr){ q.src, q.id };
	m = find(n->udp, &p->src, q.dport);
	peer = udp_peer_find(n->udp, &(struct udp_addr){ q.dst, q.dport }, &to);
	if (peer) {
		m = peer->map;
		to = peer->peer;
		local = peer->local;
	} else if (nat_hides(n, &q.src) || nat_is_group(n, &q.src)) {
		/* What it quotes is its own word: no errors to where it may not send. */
		return;
	}
	if (m)
		icmp_send_out(n, p, &q, &to.addr, to.port, &local, m->ext);
}

/* The guest itself has the port already, for traffic of its own. */
static struct udp_map *adopt(struct udp *udp, const struct nat_forward *f)
{
	struct udp_map *m = find(udp, &f->guest, f->guest_port);

	if (!m || m->forward || m->ext != f->host_port || !nat_forward_everywhere(f) ||
	    udp_sock_want_local(m->lfd.fd, m->guest.family))
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
	m = map_new(udp, guest, f->guest_port, fd, f->bind.family, f->host_port);
	if (!m) {
		close(fd);
		return -ENOMEM;
	}
	m->forward = true;
	m->only_dns = false;
	/* What the guest sends by itself may not fit to one address of the host. */
	m->extra = !nat_forward_everywhere(f) || find(udp, guest, f->guest_port);
	map_insert(m->extra ? &udp->extras : bucket(udp, guest, f->guest_port, 0), m);
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

/* The services of the host are others: what led to one that is not there ends. */
void udp_services_changed(struct nat *n)
{
	const struct nat_forward *service;
	struct udp_map *m, *next;
	unsigned int i;

	for (i = 0; i < UDP_BUCKETS; i++)
		for (m = n->udp->buckets[i]; m; m = next) {
			next = m->next;
			service = nat_service_find(&n->conf, IPPROTO_UDP, m->service);
			if (m->service && (!service || service->guest_port != m->to.port ||
					   !ipaddr_equal(&service->guest, &m->to.addr)))
				map_end(m);
		}
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
