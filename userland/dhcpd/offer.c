// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client looks for an address, by DISCOVER or BOOTP: one is chosen, asked for on
 * the network, and offered.
 */
#include <arpa/inet.h>
#include <string.h>
#include "choose.h"
#include "log.h"
#include "pkt.h"
#include "reply.h"
#include "server.h"

#define OFFER_HOLD (30 * SEC)

/* The address has found its client; whoever waited for it gets another. */
static void settle(struct server *s, const struct lease *l)
{
	struct probe *p = probe_of_addr(&s->probes, l->addr);

	if (p)
		p->lease = NULL;
}

/* Has the client this address, or may it have one more (D29)? */
static bool may_hold(struct server *s, const struct ask *a, const struct lease *l)
{
	if (l->fixed ||
	    (lease_has_key(l, &a->key) && (l->state == LEASE_ACTIVE || l->state == LEASE_OFFERED)))
		return true;
	if (holders_take(&s->holders, &s->db, a->msg->head.chaddr, loop_now(&s->loop)))
		return true;
	s->stats.dropped[DROP_TOO_MANY]++;
	return false;
}

/**
 * server_grant - a client has an address: write it down, and tell it
 * @s: the server
 * @a: its message
 * @l: the address
 */
void server_grant(struct server *s, const struct ask *a, struct lease *l)
{
	uint32_t seconds = reply_lease_time(a, l);

	if (!may_hold(s, a, l))
		return;
	settle(s, l);
	if (!bind_lease(s, a, l, seconds))
		return;
	server_say(s, a->msg, "DHCPACK on", htonl(l->addr), "to", "");
	reply_send(s, a, l, DHCP_ACK, seconds, true);
}

static void make_offer(struct server *s, const struct ask *a, struct lease *l)
{
	char name[64];

	if (!may_hold(s, a, l))
		return;
	settle(s, l);
	/* A running lease stays what it is until the client asks for it. */
	if (l->state != LEASE_ACTIVE || !lease_has_key(l, &a->key)) {
		if (lease_assign(&s->db, l, &a->key, a->msg->head.chaddr,
				 dhcp_msg_hostname(a->msg, name))) {
			s->stats.dropped[DROP_NO_MEMORY]++;
			return;
		}
		l->until = loop_now(&s->loop) + OFFER_HOLD;
		lease_set_state(&s->db, l, LEASE_OFFERED);
	}
	server_say(s, a->msg, "DHCPOFFER on", htonl(l->addr), "to", "");
	reply_send(s, a, l, DHCP_OFFER, reply_lease_time(a, l), false);
}

/* An address for a client that nobody uses, as far as anybody can know. */
static void give(struct server *s, const struct ask *a, struct lease *l)
{
	if (a->msg->type == DHCP_BOOTREQUEST)
		bootp_grant(s, a, l);
	else if (dhcp_msg_has(a->msg, DHCP_OPT_RAPID_COMMIT) && ask_number(a, DHCP_RAPID_COMMIT))
		server_grant(s, a, l);
	else
		make_offer(s, a, l);
}

/* Is it worth asking whether somebody uses an address? */
static bool is_doubtful(struct server *s, const struct ask *a, const struct lease *l)
{
	struct dhcp_view v;

	if (l->fixed || lease_has_key(l, &a->key) ||
	    probe_is_free(&s->probes, l->addr, loop_now(&s->loop)))
		return false;
	v = dhcp_conf_view(a->conf, a->host, htonl(l->addr), &a->client);
	return dhcp_view_number(&v, DHCP_PING_CHECK);
}

/* Ask whether it is in use. False: too many are being asked for. */
static bool probe(struct server *s, const struct ask *a, struct lease *l)
{
	struct dhcp_view v = dhcp_conf_view(a->conf, a->host, htonl(l->addr), &a->client);
	uint64_t wait = dhcp_view_number(&v, DHCP_PING_TIMEOUT) * MSEC;
	uint64_t due = loop_now(&s->loop) + wait;

	if (!probe_add(&s->probes, l, a, due))
		return false;
	s->stats.probes++;
	lease_set_state(&s->db, l, LEASE_PROBED);
	/* On our wire whoever answers ARP is there; elsewhere its relay asks for us. */
	if (dhcp_conf_is_local(a->conf, htonl(l->addr)))
		server_arp_ask(s, htonl(l->addr));
	else
		server_ping(s, a->from->mac, htonl(l->addr));
	if (!loop_timer_is_set(&s->probe_timer) || s->probe_timer.due > due)
		loop_timer_set(&s->loop, &s->probe_timer, wait);
	return true;
}

static void none_free(struct server *s, const struct ask *a, enum stats_drop why)
{
	uint64_t now = loop_now(&s->loop);
	char mac[18];

	s->stats.dropped[why]++;
	if (s->told_full && now - s->told_full < 10 * SEC)
		return;
	s->told_full = now;
	log_warn("no address for %s via %s: %s", mac_format(a->msg->head.chaddr, mac), s->name,
		 why == DROP_DENIED ? "it is not to be served" : "none is free");
}

/**
 * server_find - find an address for a client
 * @s: the server
 * @a: its message, a DISCOVER or of BOOTP
 */
void server_find(struct server *s, const struct ask *a)
{
	enum stats_drop why;
	struct lease *l;

	/* It repeats itself while we ask; the answer is under way. */
	if (probe_of_client(&s->probes, a->msg->head.chaddr)) {
		s->stats.dropped[DROP_PROBING]++;
		return;
	}
	l = choose_any(&s->db, a, loop_now(&s->loop), &why);
	if (!l)
		none_free(s, a, why);
	else if (!is_doubtful(s, a, l) || !probe(s, a, l))
		give(s, a, l);
}

/* An answer to the message for which an address was asked for. */
static void go_on(struct server *s, const struct dhcp_from *from, const struct dhcp_msg *m,
		  struct lease *l)
{
	struct ask a;

	/* The configuration may be another by now. */
	if (ask_init(&a, s->conf, from, m))
		return;
	if (l && choose_may_have(&a, l, loop_now(&s->loop)))
		give(s, &a, l);
	else
		server_find(s, &a);
}

/* Nobody has answered: the address is free. */
static void probe_over(struct server *s, struct probe *p)
{
	struct dhcp_from from = p->from;
	struct dhcp_msg m = p->msg;
	struct lease *l = p->lease;

	probe_del(&s->probes, p);
	if (l) {
		probe_saw_free(&s->probes, l->addr, loop_now(&s->loop));
		lease_set_state(&s->db, l, LEASE_FREE);
	}
	go_on(s, &from, &m, l);
}

/* Some probes are over. */
void server_probe_timer(struct loop *loop, struct loop_timer *t)
{
	struct server *s = (void *)((char *)t - offsetof(struct server, probe_timer));
	struct probe *p;

	while ((p = probe_first(&s->probes)) && p->until <= loop_now(loop))
		probe_over(s, p);
	if (p)
		loop_timer_set(loop, t, p->until - loop_now(loop));
}

/**
 * server_address_seen - somebody has spoken from an address
 * @s: the server
 * @addr: network order
 * @mac: who
 */
void server_address_seen(struct server *s, uint32_t addr, const uint8_t mac[6])
{
	struct probe *p = probe_of_addr(&s->probes, ntohl(addr));
	struct dhcp_from from;
	struct dhcp_msg m;
	struct lease *l;

	/* That it uses the address already is no reason not to have it. */
	if (!p || !memcmp(p->msg.head.chaddr, mac, 6))
		return;
	from = p->from;
	m = p->msg;
	l = p->lease;
	probe_del(&s->probes, p);
	s->stats.in_use++;
	bind_abandon(s, l, LEASE_EV_ABANDON, "it answered");
	/* Another address for the one who waits. */
	go_on(s, &from, &m, NULL);
}
