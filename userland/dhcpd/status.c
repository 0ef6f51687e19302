// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "pkt.h"
#include "status.h"

#define PIECE (32U << 10) /* of a list, bytes */
#define PIECE_LEASES 2048 /* looked at for it */

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void put_text(json_t *j, const char *key, const char *value)
{
	if (*value)
		json_object_set_new(j, key, json_string(value));
}

static void put_id(json_t *j, const uint8_t *id, size_t len)
{
	char text[EVENT_ID_TEXT];

	put_text(j, "client_id", event_id_text(id, len, text));
}

/* When a lease ends; null: never. */
static void put_end(json_t *j, time_t ends)
{
	char text[EVENT_TIME_TEXT];

	json_object_set_new(j, "ends",
			    ends == LEASE_NEVER ? json_null()
						: json_string(event_time_text(ends, text)));
}

/* What has happened; NULL without memory. */
json_t *status_event(const struct event *e)
{
	char time[EVENT_TIME_TEXT], ip[16], mac[18];
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "time", event_time_text(e->time, time),
			      "event", event_name(e->what), "address",
			      ip4_format(htonl(e->addr), ip), "mac", mac_format(e->mac, mac));

	put_id(j, e->id, e->id_len);
	put_text(j, "hostname", e->hostname);
	put_end(j, e->ends);
	return j;
}

/* A lease; NULL without memory. */
json_t *status_lease(const struct lease *l)
{
	char time[EVENT_TIME_TEXT], ip[16], mac[18];
	struct event e;
	json_t *j;

	event_fill(&e, l, LEASE_EV_COMMIT, 0);
	j = json_pack("{s:s, s:s, s:s}", "address", ip4_format(htonl(l->addr), ip), "state",
		      event_state_name(l->state), "mac", mac_format(e.mac, mac));
	put_id(j, e.id, e.id_len);
	put_text(j, "hostname", e.hostname);
	/* It may have been offered only. */
	if (l->ends) {
		put_text(j, "starts", event_time_text(l->starts, time));
		put_end(j, l->ends);
	}
	if (l->fixed)
		json_object_set_new(j, "reserved", json_true());
	return j;
}

/**
 * status_host - a reservation
 * @h: the host
 * @addr: which of its addresses
 * @source: "dhcpd.conf" or "request"
 *
 * Return: NULL without memory.
 */
json_t *status_host(const struct dhcp_host *h, unsigned int addr, const char *source)
{
	char ip[16], mac[18];
	json_t *j = json_pack("{s:s, s:s}", "address", ip4_format(h->addrs[addr], ip), "name",
			      h->name);

	if (h->has_mac)
		put_text(j, "mac", mac_format(h->mac, mac));
	put_id(j, h->id, h->id_len);
	put_text(j, "source", source);
	return j;
}

/**
 * struct list - a list of leases on its way to a client
 * @s: the server
 * @want: which leases
 * @next: index of the one that is looked at next; indexes are good for ever
 * @total: how many there are
 * @given: how many of them were sent
 * @begun: the answer has begun
 * @ended: the answer is whole
 *
 * Lifetime: from the request until its connection ends or asks anew.
 */
struct list {
	struct server *s;
	struct request want;
	size_t next;
	unsigned int total, given;
	bool begun, ended;
};

static bool is_wanted(const struct request *r, const struct lease *l)
{
	struct lease_key key;

	/* A record may be of an address that never was anybody's. */
	if (!l->key || (r->state >= 0 && l->state != r->state))
		return false;
	if (r->has_addr && (l->addr & r->mask) != r->addr)
		return false;
	if (r->has_mac && memcmp(l->mac, r->mac, sizeof(l->mac)) != 0)
		return false;
	if (!r->id_len)
		return true;
	lease_key_of(l, &key);
	return key.len == r->id_len + 1 && key.data[0] && !memcmp(key.data + 1, r->id, r->id_len);
}

static void put_lease(FILE *f, struct list *list, const struct lease *l)
{
	json_t *j = status_lease(l);

	if (list->given++)
		fputc(',', f);
	json_dumpf(j, f, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(j);
}

/* Some more leases, not so many that clients of the network have to wait. */
static void put_piece(FILE *f, struct list *list)
{
	const struct lease_db *db = &list->s->db;
	unsigned int looked;

	if (!list->begun)
		fputs("{\"ok\":true,\"leases\":[", f);
	list->begun = true;
	for (looked = 0; looked < PIECE_LEASES && ftell(f) < (long)PIECE && list->next < db->n;
	     looked++) {
		const struct lease *l = db->all[list->next++];

		if (!is_wanted(&list->want, l))
			continue;
		list->total++;
		if (list->given < list->want.limit)
			put_lease(f, list, l);
	}
	if (list->next < db->n)
		return;
	fprintf(f, "],\"total\":%u}\n", list->total);
	list->ended = true;
}

static void end_list(struct conn *c)
{
	free(c->user);
	c->user = NULL;
	c->gone = NULL;
}

/* What conn_stream() asks for; a piece may be empty while there is more. */
static char *next_piece(struct conn *c, size_t *len)
{
	struct list *list = c->user;
	char *text = NULL;
	FILE *f;
	bool bad;

	if (list->ended) {
		end_list(c);
		return NULL;
	}
	f = open_memstream(&text, len);
	if (!f)
		goto fail;
	put_piece(f, list);
	bad = ferror(f);
	if (!fclose(f) && !bad)
		return text;
	free(text);
fail:
	/* Half an answer: its end tells. */
	c->last = true;
	end_list(c);
	return NULL;
}

/**
 * status_stream_leases - begin to send a list of leases to a client
 * @s: the server
 * @c: the client
 * @r: which leases
 * @last: the client gets no other answer
 *
 * Return: 0 or -ENOMEM.
 */
int status_stream_leases(struct server *s, struct conn *c, const struct request *r, bool last)
{
	struct list *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	list->s = s;
	list->want = *r;
	c->user = list;
	c->gone = end_list;
	conn_stream(c, next_piece, last);
	return 0;
}

static json_t *network_json(const struct server *s)
{
	const struct dhcp_subnet *local = s->conf->local;
	char net[16], server[16], mac[18];

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "name", s->name, "port", s->port.name,
			 "subnet", ip4_format(local->net, net), "prefix", netmask_bits(local->mask),
			 "server", ip4_format(s->conf->server, server), "mac",
			 mac_format(s->mac, mac));
}

/* How many addresses the ranges have. */
static uint64_t addresses(const struct dhcp_conf *conf)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < conf->nspans; i++)
		sum += conf->spans[i].range.to - conf->spans[i].range.from + 1ULL;
	return sum;
}

static json_t *leases_json(const struct server *s)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "active", number(s->db.nactive), "records",
			 number(s->db.n), "addresses", number(addresses(s->conf)), "hosts",
			 number(s->conf->nhosts));
}

static json_t *messages_json(const uint64_t count[STATS_TYPES])
{
	json_t *j = json_object();
	unsigned int i;

	for (i = 0; i < STATS_TYPES; i++)
		json_object_set_new(j, stats_type_name(i), number(count[i]));
	return j;
}

static json_t *dropped_json(const struct server *s)
{
	json_t *j = json_object();
	unsigned int i;

	for (i = 0; i < DROPS; i++)
		json_object_set_new(j, stats_drop_name(i), number(s->stats.dropped[i]));
	return j;
}

static json_t *events_json(const struct ctl_stats *stats)
{
	json_t *j = json_object();
	unsigned int i;

	for (i = 0; i < LEASE_EVENTS; i++)
		json_object_set_new(j, event_name(i), number(stats->events[i]));
	return j;
}

/* All there is to say. Return: NULL without memory. */
json_t *status_json(const struct server *s)
{
	struct ctl_stats stats;

	ctl_get_stats(s, &stats);
	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o}, "
			 "s:{s:o, s:o, s:o}, s:{s:i, s:o}}",
			 "version", VMNET_VERSION, "pid", (int)getpid(), "network", network_json(s),
			 "leases", leases_json(s), "received", messages_json(s->stats.received),
			 "sent", messages_json(s->stats.sent), "dropped", dropped_json(s), "events",
			 events_json(&stats), "probes", "sent", number(s->stats.probes), "in_use",
			 number(s->stats.in_use), "hook", "runs", number(stats.hook.runs), "failed",
			 number(stats.hook.failed), "dropped", number(stats.hook.dropped),
			 "watchers", "now", (int)stats.watchers, "dropped",
			 number(stats.watchers_dropped));
}
