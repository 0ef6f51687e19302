// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who talks to guests through forwards: which forward an answer must leave by,
 * from which address of the host, and where to, when the guest sees another
 * address than the true one.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "udp_map.h"

#define SWEEP_TIME (10 * SEC)
/* Peers of equal port whose addresses are hidden: so many at once. */
#define PORT_TRIES 64

static unsigned int hash(uint32_t guest, uint16_t gport, uint32_t shown, uint16_t shown_port)
{
	uint32_t h = (ntohl(guest) ^ ntohl(shown)) * 2654435761u;

	h ^= ((uint32_t)gport << 16 | shown_port) * 2246822519u;
	return (h >> 15) % UDP_PEER_BUCKETS;
}

/**
 * udp_peer_find - the peer a guest means
 * @udp: UDP of the network
 * @guest: network order
 * @gport: the guest's port
 * @shown: the address it sends to, network order
 * @shown_port: the port it sends to
 *
 * Return: it, or NULL when there is none of that kind.
 */
struct udp_peer *udp_peer_find(struct udp *udp, uint32_t guest, uint16_t gport, uint32_t shown,
			       uint16_t shown_port)
{
	struct udp_peer *p = udp->peers[hash(guest, gport, shown, shown_port)];

	for (; p; p = p->next)
		if (p->shown == shown && p->shown_port == shown_port &&
		    p->map->guest.a.v4 == guest && p->map->port == gport)
			return p;
	return NULL;
}

static bool same_peer(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
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
 * @local: the host's address it sent to, network order
 *
 * Return: the peer, NULL when it cannot be noted.
 */
struct udp_peer *udp_peer_get(struct udp_map *m, const struct sockaddr_in *peer, uint32_t local)
{
	struct udp *udp = m->udp;
	uint32_t shown = peer->sin_addr.s_addr;
	uint16_t port = ntohs(peer->sin_port);
	struct udp_peer *p, **b;
	struct ipaddr who = ipaddr_v4(shown);
	bool hidden = nat_hides(udp->nat, &who);
	unsigned int i;

	if (hidden)
		shown = udp->nat->ip4;
	for (i = 0; i < PORT_TRIES; i++, port++) {
		/* What is at the gateway's ports is not to be covered. */
		if (hidden &&
		    (port == 53 || !port || nat_service_find(&udp->nat->conf, IPPROTO_UDP, port)))
			continue;
		p = udp_peer_find(udp, m->guest.a.v4, m->port, shown, port);
		if (!p)
			break;
		if (p->map == m && same_peer(&p->peer, peer)) {
			p->local = local;
			p->used = loop_now(&udp->nat->loop);
			return p;
		}
		if (!hidden) {
			/* It now comes by another forward: answer there. */
			p->map = m;
			p->local = local;
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
	p->local = local;
	p->shown = shown;
	p->shown_port = port;
	p->used = loop_now(&udp->nat->loop);
	b = &udp->peers[hash(m->guest.a.v4, m->port, shown, port)];
	p->next = *b;
	*b = p;
	udp->npeers++;
	if (!loop_timer_is_set(&udp->peer_timer))
		loop_timer_set(&udp->nat->loop, &udp->peer_timer, SWEEP_TIME);
	return p;
}

/* The peer of a forward by its true address; NULL when it is not known. */
struct udp_peer *udp_peer_of(struct udp_map *m, const struct sockaddr_in *peer)
{
	struct ipaddr who = ipaddr_v4(peer->sin_addr.s_addr);
	struct udp_peer *p;
	unsigned int i;

	if (!nat_hides(m->udp->nat, &who))
		return udp_peer_find(m->udp, m->guest.a.v4, m->port, peer->sin_addr.s_addr,
				     ntohs(peer->sin_port));
	for (i = 0; i < UDP_PEER_BUCKETS; i++)
		for (p = m->udp->peers[i]; p; p = p->next)
			if (p->map == m && same_peer(&p->peer, peer))
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
