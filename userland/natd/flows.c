// SPDX-License-Identifier: GPL-2.0-or-later
/* All that guests have open, for whoever asks. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "icmp.h"
#include "policy.h"
#include "status.h"
#include "tcp.h"
#include "udp_map.h"

/* Where flows are listed; those behind @limit are only counted. */
struct listing {
	json_t *list;
	uint64_t now;
	unsigned int limit, total;
};

static const char *tcp_state_name(const struct flow *f)
{
	static const char *const names[] = {
		[TCPS_CONNECTING] = "connecting", [TCPS_SYN_RCVD] = "handshake",
		[TCPS_SYN_SENT] = "handshake",	  [TCPS_OPEN] = "open",
		[TCPS_TIME_WAIT] = "time wait",
	};

	if (f->state == TCPS_OPEN && (f->guest_fin || f->fin_sent))
		return "half closed";
	return names[f->state];
}

static void add(struct listing *l, json_t *flow, uint64_t since, uint64_t used)
{
	json_object_set_new(flow, "age", json_integer((json_int_t)((l->now - since) / SEC)));
	json_object_set_new(flow, "idle", json_integer((json_int_t)((l->now - used) / SEC)));
	json_array_append_new(l->list, flow);
}

static bool wanted(struct listing *l)
{
	return l->total++ < l->limit;
}

static void tcp_one(struct listing *l, const struct flow *f)
{
	char guest[64], peer[64];

	if (f->dead || !wanted(l))
		return;
	add(l,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "proto", "tcp", "guest",
		      ipaddr_port_format(&f->key.guest, f->key.gport, guest), "peer",
		      ipaddr_port_format(&f->key.peer, f->key.pport, peer), "opened_by",
		      f->forward ? "peer" : "guest", "state", tcp_state_name(f), "bytes_out",
		      (json_int_t)f->bytes_out, "bytes_in", (json_int_t)f->bytes_in),
	    f->since, f->last_rx);
}

static void udp_one(struct listing *l, const struct udp_map *m)
{
	struct ipaddr gateway = nat_gateway(m->udp->nat, &m->guest);
	char guest[64], peer[64];
	json_t *j;

	if (!wanted(l))
		return;
	j = json_pack("{s:s, s:s, s:i, s:s, s:I, s:I, s:I, s:I}", "proto", "udp", "guest",
		      ipaddr_port_format(&m->guest, m->port, guest), "host_port", m->ext,
		      "opened_by", m->forward ? "forward" : "guest", "packets_out",
		      (json_int_t)m->packets_out, "packets_in", (json_int_t)m->packets_in,
		      "bytes_out", (json_int_t)m->bytes_out, "bytes_in", (json_int_t)m->bytes_in);
	if (m->service)
		json_object_set_new(j, "peer",
				    json_string(ipaddr_port_format(&gateway, m->service, peer)));
	add(l, j, m->since, m->used);
}

static void icmp_one(void *arg, const struct icmp_flow *f)
{
	struct listing *l = arg;
	char guest[46];

	if (!wanted(l))
		return;
	add(l,
	    json_pack("{s:s, s:s, s:i, s:i, s:I, s:I}", "proto", "icmp", "guest",
		      ipaddr_format(&f->guest, guest), "id", f->id, "host_id", f->ext,
		      "packets_out", (json_int_t)f->packets_out, "packets_in",
		      (json_int_t)f->packets_in),
	    f->since, f->used);
}

/**
 * status_flows - list what guests have open
 * @n: the NAT
 * @proto: IPPROTO_*, 0 for all
 * @limit: list no more than that
 * @total: set to how many there are
 *
 * Return: an array, NULL without memory.
 */
json_t *status_flows(const struct nat *n, uint8_t proto, unsigned int limit, unsigned int *total)
{
	struct listing l = {
		.list = json_array(),
		.now = loop_now((struct loop *)(uintptr_t)&n->loop),
		.limit = limit,
	};
	const struct udp_map *m;
	const struct flow *f;
	size_t i;

	for (i = 0; (!proto || proto == IPPROTO_TCP) && i < TCP_BUCKETS; i++)
		for (f = n->tcp->table[i]; f; f = f->next)
			tcp_one(&l, f);
	for (i = 0; (!proto || proto == IPPROTO_UDP) && i < UDP_BUCKETS; i++)
		for (m = n->udp->buckets[i]; m; m = m->next)
			udp_one(&l, m);
	for (m = n->udp->extras; (!proto || proto == IPPROTO_UDP) && m; m = m->next)
		udp_one(&l, m);
	if (!proto || proto == IPPROTO_ICMP)
		icmp_each(n, icmp_one, &l);
	*total = l.total;
	return l.list;
}
