// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What each message does (RFC 2131 section 4.3).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "log.h"
#include "pkt.h"
#include "server.h"

#define OFFER_HOLD (30 * SEC)
#define PROBE_WAIT (500 * MSEC)
#define ABANDONED (24 * 3600 * SEC)

static void key_of(const struct dhcp_msg *m, struct lease_key *k)
{
	/* The first byte tells the two kinds apart. */
	if (m->id_len) {
		size_t n = m->id_len < 254 ? m->id_len : 254;

		k->data[0] = 1;
		memcpy(k->data + 1, m->id, n);
		k->len = (uint8_t)(n + 1);
	} else {
		k->data[0] = 0;
		memcpy(k->data + 1, m->head.chaddr, 6);
		k->len = 7;
	}
}

static const char *mac_text(const struct dhcp_msg *m, char buf[18])
{
	return mac_format(m->head.chaddr, buf);
}

static bool on_net(const struct server *s, uint32_t addr)
{
	return dhcp_conf_is_local(s->conf, addr);
}

static const struct dhcp_host *host_of(const struct server *s, const struct dhcp_msg *m)
{
	return dhcp_conf_host(s->conf, m->head.chaddr, m->id, m->id_len);
}

static bool serves_unknown(const struct server *s)
{
	struct dhcp_view v = dhcp_conf_view(s->conf, NULL, 0, NULL);

	return dhcp_view_number(&v, DHCP_UNKNOWN) == DHCP_ALLOW;
}

static bool is_authoritative(const struct server *s)
{
	struct dhcp_view v = dhcp_conf_view(s->conf, NULL, 0, NULL);

	return dhcp_view_number(&v, DHCP_AUTHORITATIVE);
}

/* May the client have @l now? */
static bool is_free_for(struct server *s, const struct lease *l, const struct lease_key *key)
{
	if (lease_has_key(l, key))
		return l->state != LEASE_ABANDONED && (l->pool || l->fixed);
	if (l->fixed || !l->pool)
		return false;
	return l->state == LEASE_FREE ||
	       (l->state != LEASE_PROBED && l->until <= loop_now(&s->loop));
}

/* An address of our network that is free; what was declined only as the last resort. */
static struct lease *pick(struct server *s, const struct dhcp_msg *m)
{
	const struct dhcp_network *net = s->conf->local->network;
	struct dhcp_client c = { .kinds = host_of(s, m) ? DHCP_FOR_KNOWN : DHCP_FOR_UNKNOWN };
	struct lease *l = NULL;
	unsigned int i;

	for (i = 0; i < net->npools && !l; i++)
		if (dhcp_pool_permits(net->pools[i], &c))
			l = lease_pick(&s->db, net->pools[i]);
	for (i = 0; i < net->npools && !l; i++)
		if (dhcp_pool_permits(net->pools[i], &c))
			l = lease_pick_abandoned(&s->db, net->pools[i]);
	return l;
}

/* The address for a client: reserved, its own, asked for, any (D2). */
static struct lease *choose(struct server *s, const struct dhcp_msg *m, const struct lease_key *key)
{
	const struct dhcp_host *h = host_of(s, m);
	struct lease *l;

	if (h && h->naddrs)
		return lease_add_fixed(&s->db, ntohl(h->addrs[0]));
	if (!h && !serves_unknown(s))
		return NULL;
	l = lease_of(&s->db, key, s->conf->local->network);
	if (l && !l->fixed && is_free_for(s, l, key))
		return l;
	if (m->requested) {
		l = lease_at(&s->db, ntohl(m->requested));
		if (l && is_free_for(s, l, key))
			return l;
	}
	return pick(s, m);
}

/* The address has found its client; whoever waited for it gets another. */
static void settle(struct server *s, const struct lease *l)
{
	unsigned int i;

	for (i = 0; i < s->nprobes; i++)
		if (s->probes[i].lease == l)
			s->probes[i].lease = NULL;
}

static void offer(struct server *s, const struct dhcp_msg *m, struct lease *l)
{
	struct lease_key key;
	char mac[18], ip[16];

	settle(s, l);
	key_of(m, &key);
	/* A running lease stays what it is until the client asks for it. */
	if (l->state != LEASE_ACTIVE) {
		if (lease_assign(&s->db, l, &key, m->head.chaddr, m->hostname))
			return;
		l->until = loop_now(&s->loop) + OFFER_HOLD;
		lease_set_state(&s->db, l, LEASE_OFFERED);
	}
	log_info("DHCPOFFER on %s to %s via %s", ip4_format(htonl(l->addr), ip), mac_text(m, mac),
		 s->name);
	reply_send(s, m, l, DHCP_OFFER, reply_lease_time(s, m, l), false);
}

/* Ask whether an address that was another's is still in use. False: full. */
static bool probe(struct server *s, const struct dhcp_msg *m, struct lease *l)
{
	struct probe *p;

	if (s->nprobes == SERVER_PROBES)
		return false;
	p = &s->probes[s->nprobes++];
	p->lease = l;
	p->msg = *m;
	p->until = loop_now(&s->loop) + PROBE_WAIT;
	lease_set_state(&s->db, l, LEASE_PROBED);
	server_arp_ask(s, htonl(l->addr));
	if (!loop_timer_is_set(&s->probe_timer))
		loop_timer_set(&s->loop, &s->probe_timer, PROBE_WAIT);
	return true;
}

static bool is_probed(const struct server *s, const struct dhcp_msg *m)
{
	unsigned int i;

	for (i = 0; i < s->nprobes; i++)
		if (!memcmp(s->probes[i].msg.head.chaddr, m->head.chaddr, 6))
			return true;
	return false;
}

static void discover(struct server *s, const struct dhcp_msg *m)
{
	struct lease_key key;
	struct lease *l;
	char mac[18];

	log_info("DHCPDISCOVER from %s via %s", mac_text(m, mac), s->name);
	/* It repeats itself while we ask; the answer is under way. */
	if (is_probed(s, m))
		return;
	key_of(m, &key);
	l = choose(s, m, &key);
	if (!l) {
		if (!s->told_full || loop_now(&s->loop) - s->told_full > 10 * SEC) {
			s->told_full = loop_now(&s->loop);
			log_warn("no address for %s via %s: none is free", mac_text(m, mac),
				 s->name);
		}
		return;
	}
	if (lease_was_anothers(l, &key) && !l->fixed && probe(s, m, l))
		return;
	offer(s, m, l);
}

static void remove_probe(struct server *s, unsigned int i)
{
	s->probes[i] = s->probes[--s->nprobes];
}

/* Nobody has answered: the addresses are free. */
void server_probe_timer(struct loop *loop, struct loop_timer *t)
{
	struct server *s = (void *)((char *)t - offsetof(struct server, probe_timer));
	unsigned int i = 0;
	uint64_t next = 0;

	while (i < s->nprobes) {
		struct probe p = s->probes[i];

		if (p.until > loop_now(loop)) {
			if (!next || p.until < next)
				next = p.until;
			i++;
			continue;
		}
		remove_probe(s, i);
		if (!p.lease) {
			discover(s, &p.msg);
			continue;
		}
		lease_set_state(&s->db, p.lease, LEASE_FREE);
		offer(s, &p.msg, p.lease);
	}
	if (next)
		loop_timer_set(loop, t, next - loop_now(loop));
}

static void abandon(struct server *s, struct lease *l, const char *why)
{
	char ip[16];

	log_warn("%s is in use although nobody has it (%s); not given out for "
		 "a day",
		 ip4_format(htonl(l->addr), ip), why);
	l->starts = server_wall(s);
	l->ends = l->starts + (time_t)(ABANDONED / SEC);
	l->until = loop_now(&s->loop) + ABANDONED;
	lease_set_state(&s->db, l, LEASE_ABANDONED);
	leasefile_add(&s->file, l, LEASE_EV_ABANDON);
}

/**
 * server_address_seen - somebody has spoken from an address
 * @s: the server
 * @addr: network order
 * @mac: who
 */
void server_address_seen(struct server *s, uint32_t addr, const uint8_t mac[6])
{
	unsigned int i;

	for (i = 0; i < s->nprobes; i++) {
		struct probe p = s->probes[i];

		if (!p.lease || htonl(p.lease->addr) != addr || !memcmp(p.msg.head.chaddr, mac, 6))
			continue;
		remove_probe(s, i);
		abandon(s, p.lease, "it answered");
		/* Another address for the one who waits. */
		discover(s, &p.msg);
		return;
	}
}

/* A client has taken an address: whatever else it has here is free. */
static void end_others(struct server *s, const struct lease *l)
{
	struct lease *o;

	while ((o = lease_other(&s->db, l))) {
		bool was_active = o->state == LEASE_ACTIVE;

		lease_set_state(&s->db, o, LEASE_FREE);
		if (!was_active)
			continue;
		o->ends = l->starts;
		leasefile_add(&s->file, o, LEASE_EV_RELEASE);
	}
}

static void grant(struct server *s, const struct dhcp_msg *m, struct lease *l)
{
	uint32_t seconds = reply_lease_time(s, m, l);
	struct lease_key key;
	char mac[18], ip[16];
	bool is_new;

	settle(s, l);
	key_of(m, &key);
	is_new = l->state != LEASE_ACTIVE || !lease_has_key(l, &key);
	if (lease_assign(&s->db, l, &key, m->head.chaddr, m->hostname))
		return;
	l->starts = server_wall(s);
	l->ends = l->starts + (time_t)seconds;
	l->until = loop_now(&s->loop) + (uint64_t)seconds * SEC;
	lease_set_state(&s->db, l, LEASE_ACTIVE);
	end_others(s, l);
	if (leasefile_add(&s->file, l, is_new ? LEASE_EV_COMMIT : LEASE_EV_RENEW))
		return;
	log_info("DHCPACK on %s to %s via %s", ip4_format(htonl(l->addr), ip), mac_text(m, mac),
		 s->name);
	reply_send(s, m, l, DHCP_ACK, seconds, true);
}

/* The lease of a client that asks for @addr, if it may have it. */
static struct lease *wanted(struct server *s, const struct dhcp_msg *m, uint32_t addr,
			    const struct lease_key *key)
{
	const struct dhcp_host *h = host_of(s, m);
	struct lease *l;

	if (h && h->naddrs)
		return h->addrs[0] == addr ? lease_add_fixed(&s->db, ntohl(addr)) : NULL;
	if (dhcp_conf_reserved(s->conf, addr) || (!h && !serves_unknown(s)))
		return NULL;
	l = lease_at(&s->db, ntohl(addr));
	return l && is_free_for(s, l, key) ? l : NULL;
}

/* An offer the client has taken, or has not. */
static void request_selecting(struct server *s, const struct dhcp_msg *m,
			      const struct lease_key *key)
{
	struct lease *l;

	if (m->server != s->conf->server) {
		/* Another server's: what we offered is free again (D5). */
		l = lease_of(&s->db, key, s->conf->local->network);
		if (l && l->state == LEASE_OFFERED)
			lease_set_state(&s->db, l, LEASE_FREE);
		return;
	}
	l = wanted(s, m, m->requested, key);
	if (l)
		grant(s, m, l);
	else
		reply_nak(s, m, "the address is not yours");
}

/* A client that was away (50, no 54), or that renews (ciaddr). */
static void request_again(struct server *s, const struct dhcp_msg *m, uint32_t addr,
			  const struct lease_key *key)
{
	struct lease *l = lease_of(&s->db, key, s->conf->local->network);

	if (!on_net(s, addr)) {
		reply_nak(s, m, "wrong network");
		return;
	}
	if (l && htonl(l->addr) == addr && l->state != LEASE_ABANDONED &&
	    wanted(s, m, addr, key) == l) {
		grant(s, m, l);
		return;
	}
	/* We know better, or we are the only one who can know (D7). */
	if ((l && (l->state == LEASE_ACTIVE || l->fixed)) || is_authoritative(s) || host_of(s, m)) {
		l = wanted(s, m, addr, key);
		if (l)
			grant(s, m, l);
		else
			reply_nak(s, m, "the address is not yours");
		return;
	}
	l = lease_by_addr(&s->db, ntohl(addr));
	if (l && !is_free_for(s, l, key))
		reply_nak(s, m, "the address is somebody else's");
}

static void request(struct server *s, const struct dhcp_msg *m)
{
	uint32_t addr = m->requested ? m->requested : m->head.ciaddr;
	struct lease_key key;
	char mac[18], ip[16];

	log_info("DHCPREQUEST for %s from %s via %s", ip4_format(addr, ip), mac_text(m, mac),
		 s->name);
	key_of(m, &key);
	if (m->server && m->requested)
		request_selecting(s, m, &key);
	else if (addr && (!m->server || m->server == s->conf->server))
		request_again(s, m, addr, &key);
}

/* The client's lease, if it is the one it speaks of (D11). */
static struct lease *own(struct server *s, const struct dhcp_msg *m, uint32_t addr)
{
	struct lease_key key;
	struct lease *l;

	key_of(m, &key);
	l = lease_by_addr(&s->db, ntohl(addr));
	if (!l || !lease_has_key(l, &key) || (m->server && m->server != s->conf->server))
		return NULL;
	return l;
}

static void decline(struct server *s, const struct dhcp_msg *m)
{
	struct lease *l = own(s, m, m->requested);
	char mac[18], ip[16];

	log_info("DHCPDECLINE of %s from %s via %s", ip4_format(m->requested, ip), mac_text(m, mac),
		 s->name);
	if (l && !l->fixed && l->state == LEASE_ACTIVE)
		abandon(s, l, "a client declined it");
}

static void release(struct server *s, const struct dhcp_msg *m)
{
	struct lease *l = own(s, m, m->head.ciaddr);
	char mac[18], ip[16];

	log_info("DHCPRELEASE of %s from %s via %s%s", ip4_format(m->head.ciaddr, ip),
		 mac_text(m, mac), s->name, l ? "" : " (not its own)");
	if (!l || l->state != LEASE_ACTIVE)
		return;
	/* The client is remembered, in case it comes back (D12). */
	l->ends = server_wall(s);
	lease_set_state(&s->db, l, LEASE_FREE);
	leasefile_add(&s->file, l, LEASE_EV_RELEASE);
}

static void inform(struct server *s, const struct dhcp_msg *m)
{
	char mac[18], ip[16];

	log_info("DHCPINFORM from %s (%s) via %s", ip4_format(m->head.ciaddr, ip), mac_text(m, mac),
		 s->name);
	if (m->head.ciaddr && on_net(s, m->head.ciaddr))
		reply_send(s, m, NULL, DHCP_ACK, 0, false);
}

/* One guest must not keep us from the others, nor fill the log (D29). */
static bool too_often(struct server *s, const uint8_t mac[6])
{
	uint64_t now = loop_now(&s->loop);

	if (limit_take(&s->limit, mac, now))
		return false;
	if (!s->told_often || now - s->told_often > 10 * SEC) {
		char text[18];

		s->told_often = now;
		log_warn("more messages than can be meant, last from %s via %s: some are dropped",
			 mac_format(mac, text), s->name);
	}
	return true;
}

/**
 * server_dhcp - a message of a client
 * @s: the server
 * @src: hardware address it came from
 * @data: the message
 * @len: bytes
 */
void server_dhcp(struct server *s, const uint8_t src[6], const uint8_t *data, size_t len)
{
	struct dhcp_msg m;

	if (dhcp_parse(data, len, &m) || mac_is_group(m.head.chaddr))
		return;
	/* Nobody speaks for another, relays apart (D29). */
	if (!s->any_source && !m.head.giaddr && memcmp(src, m.head.chaddr, 6) != 0)
		return;
	/* Behind a relay are many, so it is the client that counts. */
	if (too_often(s, m.head.chaddr))
		return;
	switch (m.type) {
	case DHCP_DISCOVER:
		discover(s, &m);
		break;
	case DHCP_REQUEST:
		request(s, &m);
		break;
	case DHCP_DECLINE:
		decline(s, &m);
		break;
	case DHCP_RELEASE:
		release(s, &m);
		break;
	case DHCP_INFORM:
		inform(s, &m);
		break;
	}
}
