// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who talks to guests through forwards: which forward an answer must leave by,
 * from which address of the host, and where to, when the guest sees another
 * address than the true one.
 */
#include <stdlib.h>

#include "policy.h"
#include "udp_map.h"

#define SWEEP_TIME (10 * SEC)
/* Peers of equal port whose addresses are hidden: so many at once. */
#define PORT_TRIES 64

static struct udp_peer **bucket(struct udp *udp, const struct udp_addr *guest,
				const struct udp_addr *shown)
{
	struct flow_key k = { guest->addr, shown->addr, guest->port, shown->port };

	return &udp->peers[flow_key_hash(udp->nat, &k) % UDP_PEER_BUCKETS];
}

/**
 * udp_peer_find - the peer a guest means
 * @udp: UDP of the network
 * @guest: the guest
 * @shown: where it sends to
 *
 * Return: it, or NULL when there is none of that kind.
 */
struct udp_peer *udp_peer_find(struct udp *udp, const struct udp_addr *guest,
			       const struct udp_addr *shown)
{
	struct udp_peer *p = *bucket(udp, guest, shown);

	for (; p; p = p->next)
		if (udp_addr_equal(&p->shown, shown) && p->map->port == guest->port &&
		    ipaddr_equal(&p->map->guest, &guest->addr))
			return p;
	return NULL;
}

static void sweep(struct loop *loop, struct loop_timer *t)
{
	struct udp *udp = (void *)((char *)t - offsetof(struct udp, peer_timer));
	uint64_t now = loop_now(loop), timeout = udp_timeout(udp);
	struct udp_peer **p, *dead;
	unsigned int i;

	/* "Never" is for what is configured, not for whoever turns up. */
	if (!timeout)
		timeout = 300 * SEC;
	for (i = 0; i < UDP_PEER_BUCKETS; i++) {
		p = &udp->peers[i];
		while (*p) {
			if (now - (*p)->used < timeout) {
				p = &(*p)->next;
				continue;
			}
			dead = *p;
			*p = dead->next;
			free(dead);
			udp->npeers--;
		}
	}
	if (udp->npeers)
		loop_timer_set(loop, t, SWEEP_TIME);
}

/**
 * udp_peer_get - note who has sent to a forward
 * @m: the forward
 * @peer: the sender
 * @local: the host's address it sent to
 *
 * Return: the peer, NULL when it cannot be noted.
 */
struct udp_peer *udp_peer_get(struct udp_map *m, const struct udp_addr *peer,
			      const struct ipaddr *local)
{
	struct udp *udp = m->udp;
	struct udp_addr shown = *peer, guest = { m->guest, m->port };
	bool hidden = nat_hides(udp->nat, &peer->addr);
	struct udp_peer *p, **b;
	unsigned int i;

	if (hidden)
		shown.addr = nat_gateway(udp->nat, &m->guest);
	for (i = 0; i < PORT_TRIES; i++, shown.port++) {
		/* What is at the gateway's ports is not to be covered. */
		if (hidden && (shown.port == 53 || !shown.port ||
			       nat_service_find(&udp->nat->conf, IPPROTO_UDP, shown.port)))
			continue;
		p = udp_peer_find(udp, &guest, &shown);
		if (!p)
			break;
		/* Not hidden, it may come by another forward now: answer there. */
		if (!hidden || (p->map == m && udp_addr_equal(&p->peer, peer))) {
			p->map = m;
			p->local = *local;
			p->used = loop_now(&udp->nat->loop);
			return p;
		}
	}
	if (i == PORT_TRIES || udp->npeers >= UDP_MAX_PEERS)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->map = m;
	p->peer = *peer;
	p->local = *local;
	p->shown = shown;
	p->used = loop_now(&udp->nat->loop);
	b = bucket(udp, &guest, &shown);
	p->next = *b;
	*b = p;
	udp->npeers++;
	if (!loop_timer_is_set(&udp->peer_timer))
		loop_timer_set(&udp->nat->loop, &udp->peer_timer, SWEEP_TIME);
	return p;
}

/* The peer of a forward by its true address; NULL when it is not known. */
struct udp_peer *udp_peer_of(struct udp_map *m, const struct udp_addr *peer)
{
	struct udp_addr guest = { m->guest, m->port };
	struct udp_peer *p;
	unsigned int i;

	if (!nat_hides(m->udp->nat, &peer->addr))
		return udp_peer_find(m->udp, &guest, peer);
	for (i = 0; i < UDP_PEER_BUCKETS; i++)
		for (p = m->udp->peers[i]; p; p = p->next)
			if (p->map == m && udp_addr_equal(&p->peer, peer))
				return p;
	return NULL;
}

/* Forget all peers of a forward, which ends. */
void udp_peer_forget(struct udp_map *m)
{
	struct udp *udp = m->udp;
	struct udp_peer **p, *dead;
	unsigned int i;

	for (i = 0; i < UDP_PEER_BUCKETS && udp->npeers; i++)
		for (p = &udp->peers[i]; (dead = *p);) {
			if (dead->map != m) {
				p = &dead->next;
				continue;
			}
			*p = dead->next;
			free(dead);
			udp->npeers--;
		}
}

void udp_peer_init(struct udp *udp)
{
	udp->peer_timer.fn = sweep;
}

/* Forget all peers. */
void udp_peer_done(struct udp *udp)
{
	struct udp_peer *p;
	unsigned int i;

	for (i = 0; i < UDP_PEER_BUCKETS; i++)
		while ((p = udp->peers[i])) {
			udp->peers[i] = p->next;
			free(p);
		}
	udp->npeers = 0;
	loop_timer_cancel(&udp->nat->loop, &udp->peer_timer);
}
