// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each message does (RFC 2131 section 4.3).
 */
#include <arpa/inet.h>
#include <string.h>
#include "choose.h"
#include "log.h"
#include "pkt.h"
#include "server.h"

static void drop(struct server *s, enum stats_drop why)
{
	s->stats.dropped[why]++;
}

/**
 * server_say - log a message or what is done about it
 * @s: the server
 * @m: the client's message
 * @what: words before the address
 * @addr: the address, network order; 0: none
 * @who: "from" or "to", before the client's hardware address
 * @more: words at the end
 */
void server_say(const struct server *s, const struct dhcp_msg *m, const char *what, uint32_t addr,
		const char *who, const char *more)
{
	char mac[18], ip[16] = "", relay[16];

	if (!log_shows(LOG_INFO))
		return;
	if (addr)
		ip4_format(addr, ip);
	log_info("%s%s%s %s %s via %s%s", what, addr ? " " : "", ip, who,
		 mac_format(m->head.chaddr, mac),
		 m->head.giaddr ? ip4_format(m->head.giaddr, relay) : s->name, more);
}

/* Is an address, network order, one that clients know us by (D31)? */
bool server_owns(const struct server *s, uint32_t addr)
{
	return ids_has(&s->ids, addr) || iface_has(&s->iface, addr);
}

static void discover(struct server *s, const struct ask *a)
{
	server_say(s, a->msg, "DHCPDISCOVER", 0, "from", "");
	server_find(s, a);
}

/* An offer the client has taken (D5, D6). */
static void selecting(struct server *s, const struct ask *a)
{
	struct lease *l = choose_wanted(&s->db, a, a->msg->requested, loop_now(&s->loop));
	struct lease *own = lease_of(&s->db, &a->key, a->subnet->network);

	/* It must be the one that was offered, if any is known to have been. */
	if (l && !lease_has_key(l, &a->key) && own &&
	    (own->state == LEASE_OFFERED || own->state == LEASE_ACTIVE))
		l = NULL;
	if (l)
		server_grant(s, a, l);
	else
		reply_nak(s, a, "the address is not yours");
}

/* It has chosen another server: what we offered is free again (D5). */
static void not_chosen(struct server *s, const struct ask *a)
{
	struct lease *l = lease_of(&s->db, &a->key, a->subnet->network);

	if (l && l->state == LEASE_OFFERED)
		lease_set_state(&s->db, l, LEASE_FREE);
	drop(s, DROP_NOT_FOR_US);
}

/*
 * The address is on another network than the client. INIT-REBOOT is always
 * broadcast there: it hears that it is wrong. Who renews may be known elsewhere.
 */
static void elsewhere(struct server *s, const struct ask *a)
{
	if (!a->msg->head.ciaddr || ask_number(a, DHCP_AUTHORITATIVE))
		reply_nak(s, a, "wrong network");
	else
		drop(s, DROP_UNKNOWN);
}

/*
 * An address that is not known to be the client's. No is said when it is known to
 * have another one, or when the address is another's; an authoritative server
 * takes the client for one of its own whom it has forgotten. Another server may
 * know more than one that is not: then there is silence (D7).
 */
static void unknown(struct server *s, const struct ask *a, uint32_t addr)
{
	struct lease *own = lease_of(&s->db, &a->key, a->subnet->network);
	struct lease *l = lease_by_addr(&s->db, ntohl(addr));
	uint64_t now = loop_now(&s->loop);

	if ((own && own->state == LEASE_ACTIVE) || ask_fixed(a, 0)) {
		l = ask_fixed(a, 0) ? choose_wanted(&s->db, a, addr, now) : NULL;
	} else if (!ask_is_served(a)) {
		drop(s, DROP_DENIED);
		return;
	} else if (ask_number(a, DHCP_AUTHORITATIVE)) {
		l = choose_wanted(&s->db, a, addr, now);
	} else if (l && l->state == LEASE_ACTIVE && l->until > now) {
		l = NULL;
	} else {
		drop(s, DROP_UNKNOWN);
		return;
	}
	if (l)
		server_grant(s, a, l);
	else
		reply_nak(s, a, "the address is not yours");
}

/* A client that was away (INIT-REBOOT), or that renews (RENEWING, REBINDING). */
static void again(struct server *s, const struct ask *a, uint32_t addr)
{
	struct lease *l = lease_by_addr(&s->db, ntohl(addr));

	if (!ask_is_here(a, addr)) {
		elsewhere(s, a);
		return;
	}
	if (l && lease_has_key(l, &a->key) && l->state != LEASE_OFFERED &&
	    choose_wanted(&s->db, a, addr, loop_now(&s->loop)) == l)
		server_grant(s, a, l);
	else
		unknown(s, a, addr);
}

static void request(struct server *s, const struct ask *a)
{
	const struct dhcp_msg *m = a->msg;
	uint32_t addr = m->head.ciaddr ? m->head.ciaddr : m->requested;

	server_say(s, m, "DHCPREQUEST for", m->requested ? m->requested : addr, "from", "");
	if (m->server && !server_owns(s, m->server))
		not_chosen(s, a);
	else if (m->server && m->requested)
		selecting(s, a);
	else if (addr)
		again(s, a, addr);
	else
		drop(s, DROP_MALFORMED);
}

/* The client's lease, if it is the one it speaks of (D11). */
static struct lease *own(struct server *s, const struct ask *a, uint32_t addr)
{
	struct lease *l = lease_by_addr(&s->db, ntohl(addr));

	if (!l || !lease_has_key(l, &a->key) || l->state != LEASE_ACTIVE ||
	    (a->msg->server && !server_owns(s, a->msg->server)))
		return NULL;
	return l;
}

static void decline(struct server *s, const struct ask *a)
{
	struct lease *l = own(s, a, a->msg->requested);
	char ip[16];

	server_say(s, a->msg, "DHCPDECLINE of", a->msg->requested, "from",
		   l ? "" : " (not its own)");
	if (!l)
		drop(s, DROP_NOT_ITS_OWN);
	else if (ask_number(a, DHCP_DECLINES) != DHCP_ALLOW)
		drop(s, DROP_DENIED);
	else if (l->fixed)
		log_warn("%s is in use although it is reserved for %s",
			 ip4_format(htonl(l->addr), ip), a->host ? a->host->name : "another");
	else
		bind_abandon(s, l, LEASE_EV_DECLINE, "a client declined it");
}

static void release(struct server *s, const struct ask *a)
{
	struct lease *l = own(s, a, a->msg->head.ciaddr);

	server_say(s, a->msg, "DHCPRELEASE of", a->msg->head.ciaddr, "from",
		   l ? "" : " (not its own)");
	if (l)
		bind_release(s, l);
	else
		drop(s, DROP_NOT_ITS_OWN);
}

static void inform(struct server *s, const struct ask *a)
{
	uint32_t addr = a->msg->head.ciaddr ? a->msg->head.ciaddr : a->from->src;

	server_say(s, a->msg, "DHCPINFORM of", addr, "from", "");
	if (addr && ask_is_here(a, addr))
		reply_send(s, a, NULL, DHCP_ACK, 0, false);
	else
		drop(s, DROP_NOT_FOR_US);
}

/* Nobody speaks for another, relays and routers apart (D29). */
static bool is_foreign(const struct server *s, const struct ask *a)
{
	return !s->any_source && !a->msg->head.giaddr && !a->routed &&
	       memcmp(a->from->mac, a->msg->head.chaddr, 6) != 0;
}

/*
 * Who counts as one. Behind a relay are many clients, so it is the client; but a
 * relay for our own wire may be a guest that makes up clients.
 */
static const uint8_t *counted(const struct server *s, const struct ask *a)
{
	if (!s->any_source && a->msg->head.giaddr && a->subnet->network == a->conf->local->network)
		return a->from->mac;
	return a->msg->head.chaddr;
}

/* One guest must not keep us from the others, nor fill the log (D29). */
static bool too_often(struct server *s, const struct ask *a)
{
	const uint8_t *mac = counted(s, a);
	uint64_t now = loop_now(&s->loop);
	char text[18];

	if (limit_take(&s->limit, mac, now))
		return false;
	drop(s, DROP_OFTEN);
	if (!s->told_often || now - s->told_often > 10 * SEC) {
		s->told_often = now;
		log_warn("more messages than can be meant, last from %s via %s: some are dropped",
			 mac_format(mac, text), s->name);
	}
	return true;
}

static void answer(struct server *s, const struct ask *a)
{
	switch (a->msg->type) {
	case DHCP_BOOTREQUEST:
		bootp_request(s, a);
		break;
	case DHCP_DISCOVER:
		discover(s, a);
		break;
	case DHCP_REQUEST:
		request(s, a);
		break;
	case DHCP_DECLINE:
		decline(s, a);
		break;
	case DHCP_RELEASE:
		release(s, a);
		break;
	case DHCP_INFORM:
		inform(s, a);
		break;
	}
}

/**
 * server_dhcp - a message of a client
 * @s: the server
 * @from: how it came
 * @data: the message
 * @len: bytes
 */
void server_dhcp(struct server *s, const struct dhcp_from *from, const uint8_t *data, size_t len)
{
	struct dhcp_msg m;
	struct ask a;

	if (dhcp_parse(data, len, &m) || mac_is_group(m.head.chaddr)) {
		drop(s, DROP_MALFORMED);
		return;
	}
	s->stats.received[m.type]++;
	if (ask_init(&a, s->conf, from, &m))
		drop(s, DROP_NO_SUBNET);
	else if (is_foreign(s, &a))
		drop(s, DROP_FOREIGN);
	else if (!too_often(s, &a))
		answer(s, &a);
}
