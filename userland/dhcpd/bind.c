// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Leases that begin and end by a client's word; each is written down.
 */
#include <arpa/inet.h>
#include <string.h>
#include "log.h"
#include "pkt.h"
#include "server.h"

#define ABANDONED (24 * 3600 * SEC)

/* A client has one address of a network (RFC 2131 1.6): this one. */
static void end_others(struct server *s, const struct lease *l)
{
	struct lease *other;

	while ((other = lease_other(&s->db, l)))
		bind_release(s, other);
}

/* "deny duplicates": whoever is known by his hardware address has one address,
 * whatever identifiers he comes with. Looks at all leases, so only when one is new.
 */
static void end_duplicates(struct server *s, const struct ask *a, const struct lease *l)
{
	size_t i;

	if (!a->host || !a->host->has_mac || ask_number(a, DHCP_DUPLICATES) == DHCP_ALLOW)
		return;
	for (i = 0; i < s->db.n; i++) {
		struct lease *other = s->db.all[i];

		if (other != l && other->state == LEASE_ACTIVE &&
		    !memcmp(other->mac, a->msg->head.chaddr, sizeof(other->mac)))
			bind_release(s, other);
	}
}

static void set_times(struct server *s, struct lease *l, uint32_t seconds)
{
	l->starts = server_wall(s);
	l->ends = l->starts + (time_t)seconds;
	l->until = loop_now(&s->loop) + (uint64_t)seconds * SEC;
	if (seconds == DHCP_INFINITE) {
		l->ends = LEASE_NEVER;
		l->until = UINT64_MAX;
	}
}

/**
 * bind_lease - give a client an address
 * @s: the server
 * @a: its message
 * @l: the address
 * @seconds: for how long; DHCP_INFINITE
 *
 * Return: it will be on the disk at the end of the turn, before any reply that is
 * sent late; false: it will not, and there must be no reply.
 */
bool bind_lease(struct server *s, const struct ask *a, struct lease *l, uint32_t seconds)
{
	char name[64];
	bool is_new;

	is_new = l->state != LEASE_ACTIVE || !lease_has_key(l, &a->key);
	if (lease_assign(&s->db, l, &a->key, a->msg->head.chaddr,
			 dhcp_msg_hostname(a->msg, name))) {
		s->stats.dropped[DROP_NO_MEMORY]++;
		return false;
	}
	set_times(s, l, seconds);
	lease_set_state(&s->db, l, LEASE_ACTIVE);
	if (leasefile_add(&s->file, l, is_new ? LEASE_EV_COMMIT : LEASE_EV_RENEW)) {
		s->stats.dropped[DROP_NO_DISK]++;
		return false;
	}
	end_others(s, l);
	if (is_new)
		end_duplicates(s, a, l);
	return true;
}

/**
 * bind_release - a client does without its address
 * @s: the server
 * @l: the address; who had it is remembered, in case it comes back (D12)
 */
void bind_release(struct server *s, struct lease *l)
{
	bool was_active = l->state == LEASE_ACTIVE;

	if (was_active)
		l->ends = server_wall(s);
	lease_set_state(&s->db, l, LEASE_FREE);
	if (was_active)
		leasefile_add(&s->file, l, LEASE_EV_RELEASE);
}

/**
 * bind_abandon - an address is in use though nobody has it
 * @s: the server
 * @l: the address; not given out for a day (D10), unless nothing else is left
 * @what: LEASE_EV_ABANDON or LEASE_EV_DECLINE
 * @why: how that is known
 */
void bind_abandon(struct server *s, struct lease *l, enum lease_event what, const char *why)
{
	char ip[16];

	log_warn("%s is in use although nobody has it (%s); not given out for a day",
		 ip4_format(htonl(l->addr), ip), why);
	l->starts = server_wall(s);
	l->ends = l->starts + (time_t)(ABANDONED / SEC);
	l->until = loop_now(&s->loop) + ABANDONED;
	lease_set_state(&s->db, l, LEASE_ABANDONED);
	leasefile_add(&s->file, l, what);
}
