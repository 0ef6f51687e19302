// SPDX-License-Identifier: GPL-2.0-or-later
/* The guests' side of ICMP (RFC 792, 5508) and ICMPv6 (RFC 4443). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "icmp_id.h"
#include "policy.h"
#include "udp.h"

#define ERRORS_PER_SEC 1000

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

uint16_t icmp_echo_id(const uint8_t *msg)
{
	struct pkt_icmp h;

	memcpy(&h, msg, sizeof(h));
	return ntohs(h.u.echo.id);
}

/* Give an echo another type and id; its checksum is to be made. */
void icmp_make_echo(uint8_t *msg, uint8_t type, uint16_t id)
{
	struct pkt_icmp h;

	memcpy(&h, msg, sizeof(h));
	h.type = type;
	h.u.echo.id = htons(id);
	memcpy(msg, &h, sizeof(h));
}

static void set_csum(uint8_t *msg, size_t len, const struct ipaddr *src, const struct ipaddr *dst)
{
	uint16_t sum;

	memset(msg + offsetof(struct pkt_icmp, csum), 0, sizeof(sum));
	sum = dst->family == AF_INET6 ? csum_l4(src, dst, IPPROTO_ICMPV6, msg, len)
				      : csum_ip(msg, len);
	memcpy(msg + offsetof(struct pkt_icmp, csum), &sum, sizeof(sum));
}

/**
 * icmp_send_guest - send a message to a guest
 * @icmp: ICMP of the network
 * @o: its IP header, the protocol apart
 * @msg: the message, changed: it gets its checksum
 * @len: bytes
 */
void icmp_send_guest(struct icmp *icmp, struct ip_out *o, uint8_t *msg, size_t len)
{
	o->proto = o->dst.family == AF_INET6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	set_csum(msg, len, &o->src, &o->dst);
	ip_send(icmp->nat, o, msg, len);
}

/* A guest's request that goes to the outside. */
static void echo_out(struct icmp *icmp, const struct pkt_in *p)
{
	struct icmp_raw *r = p->src.family == AF_INET6 ? &icmp->raw6 : &icmp->raw4;
	enum ip_err what;
	struct icmp_id *m;
	int err;

	if (r->lfd.fd < 0) {
		icmp->stats.dropped++;
		return;
	}
	m = icmp_id_get(&icmp->ids, &p->src, icmp_echo_id(p->l4));
	if (!m) {
		icmp->nat->stats.refused++;
		ip_refuse(icmp->nat, p, IP_ERR_ADMIN, 0);
		return;
	}
	m->packets_out++;
	memcpy(icmp->buf, p->l4, p->l4_len);
	icmp_make_echo(icmp->buf, p->l4[0], m->ext);
	set_csum(icmp->buf, p->l4_len, &p->src, &p->dst);
	err = icmp_raw_send(r, p, icmp->buf, p->l4_len);
	if (!err)
		icmp->stats.echo_out++;
	else if (err == -EMSGSIZE)
		ip_refuse(icmp->nat, p, IP_ERR_TOOBIG, icmp_path_mtu(&p->dst));
	else if (!icmp_from_errno(-err, &what))
		ip_refuse(icmp->nat, p, what, 0);
}

static void echo_own(struct icmp *icmp, const struct pkt_in *p)
{
	struct ip_out o = {
		.src = p->dst,
		.dst = p->src,
		.tos = p->tos,
	};

	memcpy(icmp->buf, p->l4, p->l4_len);
	icmp_make_echo(icmp->buf, p->src.family == AF_INET6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY,
		       icmp_echo_id(p->l4));
	icmp->stats.echo_own++;
	icmp_send_guest(icmp, &o, icmp->buf, p->l4_len);
}

/**
 * icmp_input - take a message of a guest, of ICMP or ICMPv6
 * @n: the NAT
 * @p: the packet
 */
void icmp_input(struct nat *n, const struct pkt_in *p)
{
	bool v6 = p->src.family == AF_INET6;
	struct icmp *icmp = n->icmp;
	enum pkt_why why = parse_icmp(p);

	if (why) {
		nat_bad(n, why);
		return;
	}
	if (icmp_is_error(p->src.family, p->l4[0])) {
		udp_guest_error(n, p);
		return;
	}
	if (p->l4[0] != (v6 ? ICMP6_ECHO : ICMP4_ECHO) || p->l4[1])
		icmp->stats.dropped++;
	else if (nat_is_gateway(n, &p->dst))
		echo_own(icmp, p);
	else if (nat_is_group(n, &p->dst))
		icmp->stats.dropped++;
	else if (nat_is_forbidden(&p->dst))
		ip_refuse(n, p, IP_ERR_ADMIN, 0);
	else
		echo_out(icmp, p);
}

/**
 * icmp_init - begin to carry echoes
 * @n: the NAT; its icmp_fd and icmp6_fd are watched from now on, when they are
 *	not -1
 *
 * Return: 0 or negative errno.
 */
int icmp_init(struct nat *n)
{
	struct icmp *icmp = calloc(1, sizeof(*icmp));
	int err;

	if (!icmp)
		return -ENOMEM;
	icmp->nat = n;
	icmp->tokens = ERRORS_PER_SEC;
	icmp->tokens_at = loop_now(&n->loop);
	icmp_ids_init(&icmp->ids, n);
	n->icmp = icmp;
	err = icmp_raw_init(&icmp->raw4, icmp, AF_INET, n->icmp_fd);
	return err ? err : icmp_raw_init(&icmp->raw6, icmp, AF_INET6, n->icmp6_fd);
}

/* End what icmp_init() began. The sockets stay their opener's. */
void icmp_done(struct nat *n)
{
	struct icmp *icmp = n->icmp;

	if (!icmp)
		return;
	icmp_ids_done(&icmp->ids);
	loop_fd_del(&n->loop, &icmp->raw4.lfd);
	loop_fd_del(&n->loop, &icmp->raw6.lfd);
	free(icmp);
	n->icmp = NULL;
}

/* Echo ids in use. */
unsigned int icmp_flows(const struct nat *n)
{
	return n->icmp ? n->icmp->ids.n : 0;
}

/* Call @fn for each echo id in use. */
void icmp_each(const struct nat *n, void (*fn)(void *arg, const struct icmp_flow *f), void *arg)
{
	const struct icmp_id *m;
	struct icmp_flow f;

	for (m = n->icmp ? n->icmp->ids.oldest : NULL; m; m = m->newer) {
		f = (struct icmp_flow){ .guest = m->guest,
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
