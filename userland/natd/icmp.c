// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "icmp.h"
#include "policy.h"
#include "quote.h"
#include "udp.h"

#define ERRORS_PER_SEC 1000
#define BUCKETS 1024
#define MAX_IDS 8192
#define MAX_PER_GUEST 2048
#define ID_IDLE (60 * SEC)
/* Messages taken from the raw socket before others get their turn. */
#define RAW_BUDGET 64

/**
 * struct icmp_id - an echo id of a guest
 * @guest: who uses it, network order
 * @id: as the guest knows it, host order
 * @ext: as the outside knows it, host order, the same for all receivers
 * @used: when the guest used it last
 * @since: when it was made
 * @packets_out: requests sent
 * @packets_in: replies handed to the guest
 */
struct icmp_id {
	struct icmp_id *next_guest, *next_ext;
	struct icmp_id *older, *newer;
	uint32_t guest;
	uint16_t id, ext;
	uint64_t used, since, packets_out, packets_in;
};

/**
 * struct icmp - echoes of one network
 * @raw: the raw socket, fd -1 when the host did not give us one
 * @ttl: what @raw is set to, -1 when not known
 * @tos: see @ttl
 * @df: see @ttl
 * @by_guest: the ids, found by what the guest knows
 * @by_ext: the ids, found by what the outside sees
 * @oldest: the ids by their last use
 * @newest: see @oldest
 * @tokens: errors that may be sent now
 *
 * Lifetime: icmp_init() to icmp_done(). An id lives from a guest's first
 * request under it until it has been idle for ID_IDLE.
 */
struct icmp {
	struct nat *nat;
	struct loop_fd raw;
	int ttl, tos, df;
	struct icmp_id *by_guest[BUCKETS], *by_ext[BUCKETS];
	struct icmp_id *oldest, *newest;
	unsigned int nids;
	struct loop_timer expiry;
	uint64_t tokens_at;
	unsigned int tokens;
	struct icmp_stats stats;
	uint8_t buf[65536];
};

static unsigned int hash_guest(uint32_t guest, uint16_t id)
{
	uint32_t h = ntohl(guest) * 2654435761u;

	return ((h >> 16) ^ id) % BUCKETS;
}

static struct icmp_id *find_guest(struct icmp *icmp, uint32_t guest, uint16_t id)
{
	struct icmp_id *m = icmp->by_guest[hash_guest(guest, id)];

	while (m && (m->id != id || m->guest != guest))
		m = m->next_guest;
	return m;
}

static struct icmp_id *find_ext(struct icmp *icmp, uint16_t ext)
{
	struct icmp_id *m = icmp->by_ext[ext % BUCKETS];

	while (m && m->ext != ext)
		m = m->next_ext;
	return m;
}

static void lru_remove(struct icmp *icmp, struct icmp_id *m)
{
	*(m->older ? &m->older->newer : &icmp->oldest) = m->newer;
	*(m->newer ? &m->newer->older : &icmp->newest) = m->older;
}

static void lru_append(struct icmp *icmp, struct icmp_id *m)
{
	m->used = loop_now(&icmp->nat->loop);
	m->older = icmp->newest;
	m->newer = NULL;
	*(icmp->newest ? &icmp->newest->newer : &icmp->oldest) = m;
	icmp->newest = m;
}

static void id_end(struct icmp *icmp, struct icmp_id *m)
{
	struct icmp_id **p = &icmp->by_guest[hash_guest(m->guest, m->id)];

	while (*p != m)
		p = &(*p)->next_guest;
	*p = m->next_guest;
	p = &icmp->by_ext[m->ext % BUCKETS];
	while (*p != m)
		p = &(*p)->next_ext;
	*p = m->next_ext;
	lru_remove(icmp, m);
	icmp->nids--;
	free(m);
}

static void on_expiry(struct loop *loop, struct loop_timer *t)
{
	struct icmp *icmp = (void *)((char *)t - offsetof(struct icmp, expiry));
	uint64_t now = loop_now(loop);

	while (icmp->oldest && now - icmp->oldest->used >= ID_IDLE)
		id_end(icmp, icmp->oldest);
	if (icmp->oldest)
		loop_timer_set(loop, t, icmp->oldest->used + ID_IDLE - now);
}

static unsigned int ids_of(const struct icmp *icmp, uint32_t guest)
{
	const struct icmp_id *m;
	unsigned int n = 0;

	for (m = icmp->oldest; m; m = m->newer)
		n += m->guest == guest;
	return n;
}

/* The id of a guest, made when it is new; NULL when there are too many. */
static struct icmp_id *get_id(struct icmp *icmp, uint32_t guest, uint16_t id)
{
	struct icmp_id *m = find_guest(icmp, guest, id), **b;
	uint16_t ext;

	if (m) {
		lru_remove(icmp, m);
		lru_append(icmp, m);
		return m;
	}
	if (icmp->nids >= MAX_IDS ||
	    (icmp->nids >= MAX_PER_GUEST && ids_of(icmp, guest) >= MAX_PER_GUEST))
		return NULL;
	if (getrandom(&ext, sizeof(ext), GRND_NONBLOCK) != (ssize_t)sizeof(ext))
		return NULL;
	/* At most one id in eight is taken, so that this ends soon. */
	while (find_ext(icmp, ext))
		ext += 7919;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->guest = guest;
	m->id = id;
	m->ext = ext;
	b = &icmp->by_guest[hash_guest(guest, id)];
	m->next_guest = *b;
	*b = m;
	b = &icmp->by_ext[ext % BUCKETS];
	m->next_ext = *b;
	*b = m;
	lru_append(icmp, m);
	m->since = m->used;
	icmp->nids++;
	if (!loop_timer_is_set(&icmp->expiry))
		loop_timer_set(&icmp->nat->loop, &icmp->expiry, ID_IDLE);
	return m;
}

/**
 * icmp_may_send_error - may one more error be sent to a guest now?
 * @n: the NAT
 *
 * Errors that answer a flood must not become one.
 */
bool icmp_may_send_error(struct nat *n)
{
	struct icmp *icmp = n->icmp;
	uint64_t now = loop_now(&n->loop);
	uint64_t fresh;

	if (!icmp)
		return true;
	fresh = (now - icmp->tokens_at) / (SEC / ERRORS_PER_SEC);
	if (fresh) {
		icmp->tokens_at += fresh * (SEC / ERRORS_PER_SEC);
		if (fresh > ERRORS_PER_SEC - icmp->tokens)
			fresh = ERRORS_PER_SEC - icmp->tokens;
		icmp->tokens += (unsigned int)fresh;
	}
	if (!icmp->tokens) {
		icmp->stats.errors_limited++;
		return false;
	}
	icmp->tokens--;
	icmp->stats.errors_out++;
	return true;
}

static void set_opt(int fd, int opt, int value, int *is)
{
	if (*is == value)
		return;
	if (!setsockopt(fd, IPPROTO_IP, opt, &value, sizeof(value)))
		*is = value;
}

static void send_out(struct icmp *icmp, const struct pkt_in *p, size_t len)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = p->dst.a.v4,
	};
	enum ip_err what;

	set_opt(icmp->raw.fd, IP_TTL, p->ttl, &icmp->ttl);
	set_opt(icmp->raw.fd, IP_TOS, p->tos, &icmp->tos);
	set_opt(icmp->raw.fd, IP_MTU_DISCOVER, p->df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT,
		&icmp->df);
	if (sendto(icmp->raw.fd, icmp->buf, len, 0, (struct sockaddr *)&to, sizeof(to)) >= 0) {
		icmp->stats.echo_out++;
		return;
	}
	if (errno == EMSGSIZE)
		ip_refuse(icmp->nat, p, IP_ERR_TOOBIG, icmp_path_mtu(p->dst.a.v4));
	else if (!icmp_from_errno(errno, &what))
		ip_refuse(icmp->nat, p, what, 0);
}

/* Copy an echo with another type and id to @icmp->buf. */
static void make_echo(struct icmp *icmp, const uint8_t *msg, size_t len, uint8_t type, uint16_t id)
{
	struct pkt_icmp h;

	memcpy(&h, msg, sizeof(h));
	h.type = type;
	h.u.echo.id = htons(id);
	h.csum = 0;
	if (icmp->buf != msg)
		memcpy(icmp->buf, msg, len);
	memcpy(icmp->buf, &h, sizeof(h));
	h.csum = csum_ip(icmp->buf, len);
	memcpy(icmp->buf, &h, sizeof(h));
}

static uint16_t echo_id(const uint8_t *msg)
{
	struct pkt_icmp h;

	memcpy(&h, msg, sizeof(h));
	return ntohs(h.u.echo.id);
}

/* A guest's request that goes to the outside. */
static void echo_out(struct icmp *icmp, const struct pkt_in *p)
{
	struct icmp_id *m;

	if (icmp->raw.fd < 0) {
		icmp->stats.dropped++;
		return;
	}
	m = get_id(icmp, p->src.a.v4, echo_id(p->l4));
	if (!m) {
		icmp->nat->stats.refused++;
		ip_refuse(icmp->nat, p, IP_ERR_ADMIN, 0);
		return;
	}
	m->packets_out++;
	make_echo(icmp, p->l4, p->l4_len, ICMP4_ECHO, m->ext);
	send_out(icmp, p, p->l4_len);
}

static void echo_own(struct icmp *icmp, const struct pkt_in *p)
{
	struct ip_out o = {
		.src = p->dst,
		.dst = p->src,
		.proto = IPPROTO_ICMP,
		.tos = p->tos,
	};

	make_echo(icmp, p->l4, p->l4_len, ICMP4_ECHO_REPLY, echo_id(p->l4));
	icmp->stats.echo_own++;
	ip_send(icmp->nat, &o, icmp->buf, p->l4_len);
}

/**
 * icmp_input - take an ICMP packet of a guest
 * @n: the NAT
 * @p: the packet
 */
void icmp_input(struct nat *n, const struct pkt_in *p)
{
	struct icmp *icmp = n->icmp;
	enum pkt_why why = parse_icmp(p);

	if (why) {
		nat_bad(n, why);
		return;
	}
	if (icmp4_is_error(p->l4[0])) {
		udp_guest_error(n, p);
		return;
	}
	if (p->l4[0] != ICMP4_ECHO || p->l4[1])
		icmp->stats.dropped++;
	else if (p->dst.a.v4 == n->ip4)
		echo_own(icmp, p);
	else if (nat_is_group(n, &p->dst))
		icmp->stats.dropped++;
	else if (nat_is_forbidden(&p->dst))
		ip_refuse(n, p, IP_ERR_ADMIN, 0);
	else
		echo_out(icmp, p);
}

/* What an IP header from outside becomes for a guest. */
static struct ip_out out_header(const struct pkt_ip4 *ip, struct ipaddr src, uint32_t guest)
{
	return (struct ip_out){
		.src = src,
		.dst = ipaddr_v4(guest),
		.proto = IPPROTO_ICMP,
		.ttl = ip->ttl > 1 ? ip->ttl - 1 : 1,
		.tos = ip->tos,
	};
}

/* An answer from outside to one of our ids. */
static void reply_in(struct icmp *icmp, const struct pkt_ip4 *ip, const uint8_t *msg, size_t len)
{
	struct icmp_id *m = find_ext(icmp, echo_id(msg));
	struct ipaddr src = ipaddr_v4(ip->src);
	struct ip_out o;

	if (!m || nat_hides(icmp->nat, &src) || csum_ip(msg, len)) {
		icmp->stats.dropped++;
		return;
	}
	o = out_header(ip, src, m->guest);
	/* The message lies behind its IP header: move it to the front. */
	memmove(icmp->buf, msg, len);
	make_echo(icmp, icmp->buf, len, ICMP4_ECHO_REPLY, m->id);
	icmp->stats.echo_in++;
	m->packets_in++;
	ip_send(icmp->nat, &o, icmp->buf, len);
}

/* An error from outside: about an echo of a guest, or not for us. */
static void error_in(struct icmp *icmp, const struct pkt_ip4 *ip, uint8_t *msg, size_t len)
{
	struct ipaddr src = ipaddr_v4(ip->src);
	struct icmp_id *m;
	struct ip_out o;
	struct quote q;

	if (quote_parse(msg, len, &q) || q.proto != IPPROTO_ICMP || !q.request)
		return;
	m = find_ext(icmp, q.id);
	if (!m) {
		icmp->stats.dropped++;
		return;
	}
	if (!icmp_may_send_error(icmp->nat))
		return;
	quote_set_src(msg, len, &q, m->guest, m->id);
	if (nat_hides(icmp->nat, &src))
		src = ipaddr_v4(icmp->nat->ip4);
	o = out_header(ip, src, m->guest);
	ip_send(icmp->nat, &o, msg, len);
}

static void on_raw(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct icmp *icmp = (void *)((char *)self - offsetof(struct icmp, raw));
	unsigned int i;

	(void)loop;
	(void)events;
	for (i = 0; i < RAW_BUDGET; i++) {
		ssize_t got = recv(self->fd, icmp->buf, sizeof(icmp->buf), 0);
		struct pkt_ip4 ip;
		size_t hlen, len;

		if (got < 0 && errno == EAGAIN)
			return;
		if (got < (ssize_t)sizeof(ip))
			continue;
		memcpy(&ip, icmp->buf, sizeof(ip));
		hlen = (ip.ver_ihl & 15) * 4U;
		if (hlen + sizeof(struct pkt_icmp) > (size_t)got)
			continue;
		len = (size_t)got - hlen;
		if (icmp->buf[hlen] == ICMP4_ECHO_REPLY)
			reply_in(icmp, &ip, icmp->buf + hlen, len);
		else
			error_in(icmp, &ip, icmp->buf + hlen, len);
	}
}

/**
 * icmp_init - begin to carry echoes
 * @n: the NAT; its icmp_fd is watched from now on, when it is not -1
 *
 * Return: 0 or negative errno.
 */
int icmp_init(struct nat *n)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));

	if (!icmp)
		return -ENOMEM;
	icmp->nat = n;
	icmp->ttl = -1;
	icmp->tos = -1;
	icmp->df = -1;
	icmp->tokens = ERRORS_PER_SEC;
	icmp->tokens_at = loop_now(&n->loop);
	icmp->expiry.fn = on_expiry;
	icmp->raw.fd = n->icmp_fd;
	icmp->raw.fn = on_raw;
	n->icmp = icmp;
	return n->icmp_fd < 0 ? 0 : loop_fd_add(&n->loop, &icmp->raw, EPOLLIN);
}

/* End what icmp_init() began. The socket stays its opener's. */
void icmp_done(struct nat *n)
{
	struct icmp *icmp = n->icmp;

	if (!icmp)
		return;
	while (icmp->oldest)
		id_end(icmp, icmp->oldest);
	loop_timer_cancel(&n->loop, &icmp->expiry);
	loop_fd_del(&n->loop, &icmp->raw);
	free(icmp);
	n->icmp = NULL;
}

/* Echo ids in use. */
unsigned int icmp_flows(const struct nat *n)
{
	return n->icmp ? n->icmp->nids : 0;
}

/* Call @fn for each echo id in use. */
void icmp_each(const struct nat *n, void (*fn)(void *arg, const struct icmp_flow *f), void *arg)
{
	const struct icmp_id *m;
	struct icmp_flow f;

	for (m = n->icmp ? n->icmp->oldest : NULL; m; m = m->newer) {
		f = (struct icmp_flow){ .guest = ipaddr_v4(m->guest),
					.id = m->id,
					.ext = m->ext,
					.since = m->since,
					.used = m->used,
					.packets_out = m->packets_out,
					.packets_in = m->packets_in };
		fn(arg, &f);
	}
}

/* What has happened so far. */
void icmp_get_stats(const struct nat *n, struct icmp_stats *out)
{
	*out = n->icmp->stats;
}
