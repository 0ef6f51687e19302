// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dns_local.h"
#include "dns_msg.h"

#define CLASS_IN 1
#define TYPE_A 1
#define TYPE_NS 2
#define TYPE_SOA 6
#define TYPE_PTR 12
#define TYPE_AAAA 28
#define TYPE_OPT 41
#define TYPE_DS 43
#define TYPE_DNSKEY 48
#define OPT_LEN 11
#define PLAIN_ROOM 512

/**
 * struct question - what is asked
 * @name: in lower case, with dots
 * @type: TYPE_*
 * @end: where it ends in the query
 * @edns: the guest understands EDNS(0) (RFC 6891)
 * @room: most bytes it takes
 */
struct question {
	char name[NAMES_LEN + 1];
	uint16_t type;
	size_t end;
	bool edns;
	size_t room;
};

/* An answer that is being made. */
struct writer {
	uint8_t *out;
	size_t len, room;
	uint16_t ttl;
	unsigned int answers;
};

/* Return: false for what is never known here. */
static bool read_question(struct question *q, const uint8_t *msg, size_t len)
{
	size_t at = DNS_HDR_LEN, used = 0, i, n;

	/* A plain query (opcode 0). */
	if (dns_query_check(msg, len) || msg[2] & 0x78)
		return false;
	for (; (n = msg[at]) != 0; at += n + 1) {
		if (used + n + 1 > NAMES_LEN)
			return false;
		if (used)
			q->name[used++] = '.';
		for (i = 1; i <= n; i++) {
			char c = (char)msg[at + i];

			q->name[used++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		}
		/* A dot in a label is no dot between two. */
		if (memchr(q->name + used - n, '.', n))
			return false;
	}
	q->name[used] = '\0';
	at++;
	q->type = pkt_get16(msg + at);
	q->end = at + 4;
	q->edns = pkt_get16(msg + 6) == 0 && pkt_get16(msg + 8) == 0 && pkt_get16(msg + 10) > 0 &&
		  len >= q->end + OPT_LEN && !msg[q->end] &&
		  pkt_get16(msg + q->end + 1) == TYPE_OPT;
	q->room = q->edns ? pkt_get16(msg + q->end + 3) : PLAIN_ROOM;
	if (q->room < PLAIN_ROOM)
		q->room = PLAIN_ROOM;
	if (q->room > DNS_LOCAL_ROOM)
		q->room = DNS_LOCAL_ROOM;
	return pkt_get16(msg + at + 2) == CLASS_IN && names_valid(q->name, used);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "4.3.2.1.in-addr.arpa", or thirty-two digits and ".ip6.arpa" (RFC 3596 2.5) */
static bool read_reverse(const char *name, struct ipaddr *a)
{
	size_t len = strlen(name);
	uint8_t b[4];
	char text[16];
	int i;

	memset(a, 0, sizeof(*a));
	if (len > 13 && len - 13 < sizeof(text) && !strcmp(name + len - 13, ".in-addr.arpa")) {
		memcpy(text, name, len - 13);
		text[len - 13] = '\0';
		if (inet_pton(AF_INET, text, b) != 1)
			return false;
		a->family = AF_INET;
		for (i = 0; i < 4; i++)
			a->a.b[i] = b[3 - i];
		return true;
	}
	if (len != 72 || strcmp(name + 63, ".ip6.arpa"))
		return false;
	a->family = AF_INET6;
	for (i = 0; i < 32; i++) {
		int v = hex(name[2 * i]);

		if (v < 0 || name[2 * i + 1] != '.')
			return false;
		a->a.b[15 - i / 2] |= (uint8_t)(i & 1 ? v << 4 : v);
	}
	return true;
}

/* A record about the name that was asked for. Return: false when it has no room. */
static bool add_record(struct writer *w, uint16_t type, const void *data, size_t len)
{
	uint8_t *p = w->out + w->len;

	if (w->len + 12 + len > w->room)
		return false;
	pkt_put16(p, 0xc000 | DNS_HDR_LEN);
	pkt_put16(p + 2, type);
	pkt_put16(p + 4, CLASS_IN);
	pkt_put16(p + 6, 0);
	pkt_put16(p + 8, w->ttl);
	pkt_put16(p + 10, (unsigned int)len);
	memcpy(p + 12, data, len);
	w->len += 12 + len;
	w->answers++;
	return true;
}

static void add_name(struct writer *w, const char *name)
{
	uint8_t wire[NAMES_LEN + 2];
	size_t used = 0, n;

	for (;;) {
		n = strcspn(name, ".");
		wire[used++] = (uint8_t)n;
		memcpy(wire + used, name, n);
		used += n;
		if (!name[n])
			break;
		name += n + 1;
	}
	wire[used++] = 0;
	add_record(w, TYPE_PTR, wire, used);
}

static void add_addresses(struct writer *w, const struct names *t, const struct question *q)
{
	const struct names_entry *e = NULL;
	uint8_t family = q->type == TYPE_A ? AF_INET : AF_INET6;

	if (q->type != TYPE_A && q->type != TYPE_AAAA)
		return;
	while ((e = names_by_name(t, q->name, e)))
		if (e->addr.family == family &&
		    !add_record(w, q->type, e->addr.a.b, family == AF_INET ? 4 : 16))
			return;
}

static void full_name(const struct dns_known *k, const struct leases_entry *e,
		      char name[NAMES_LEN + 1])
{
	snprintf(name, NAMES_LEN + 1, "%s.%s", e->name, k->domain);
}

/*
 * Is a guest known by this name? Not if it is the host's own, with or without
 * the domain, nor if a newer guest has it.
 */
static bool has_name(const struct dns_known *k, const struct leases_entry *e)
{
	char name[NAMES_LEN + 1];

	full_name(k, e, name);
	return leases_by_name(k->leases, e->name, strlen(e->name), k->now) == e &&
	       !names_by_name(k->hosts, e->name, NULL) && !names_by_name(k->hosts, name, NULL);
}

/*
 * A guest is known by its name alone, and within the domain. Its name alone may
 * be that of a top level domain: what is asked about such a zone is not about it.
 */
static const struct leases_entry *find_guest(const struct dns_known *k, const struct question *q)
{
	size_t len = strcspn(q->name, ".");

	if (q->name[len] && strcmp(q->name + len + 1, k->domain) != 0)
		return NULL;
	if (!q->name[len] && (q->type == TYPE_NS || q->type == TYPE_SOA || q->type == TYPE_DS ||
			      q->type == TYPE_DNSKEY))
		return NULL;
	return leases_by_name(k->leases, q->name, len, k->now);
}

/* Answer from a guest's lease, for no longer than that. Return: false if there is none. */
static bool answer_guest(struct writer *w, const struct dns_known *k, const struct question *q,
			 const struct ipaddr *reverse)
{
	const struct leases_entry *e;
	char name[NAMES_LEN + 1];

	if (!reverse->family)
		e = find_guest(k, q);
	else if (reverse->family == AF_INET)
		e = leases_by_addr(k->leases, reverse->a.v4, k->now);
	else
		e = NULL;
	if (!e || !has_name(k, e))
		return false;
	if (e->ends - k->now < w->ttl)
		w->ttl = (uint16_t)(e->ends - k->now);
	if (reverse->family) {
		full_name(k, e, name);
		add_name(w, name);
	} else if (q->type == TYPE_A) {
		add_record(w, TYPE_A, &e->addr, 4);
	}
	return true;
}

/* Return: false when others are to be asked. */
static bool answer(struct writer *w, const struct dns_known *k, const struct question *q)
{
	const struct names_entry *e;
	struct ipaddr reverse = { 0 };

	if (q->type == TYPE_PTR && read_reverse(q->name, &reverse)) {
		e = names_by_addr(k->hosts, &reverse);
		if (e) {
			add_name(w, k->hosts->pool + e->name);
			return true;
		}
	}
	if (names_by_name(k->hosts, q->name, NULL)) {
		add_addresses(w, k->hosts, q);
		return true;
	}
	return answer_guest(w, k, q, &reverse);
}

/**
 * dns_local - answer a query from what is known here
 * @k: the names
 * @query: what a guest sent
 * @len: bytes
 * @out: the answer
 *
 * A name that is known has no other records than its addresses: asked for any
 * other type the answer is empty, not an error (RFC 2308 2.2). Of addresses
 * that do not fit the last ones are left out.
 *
 * Return: length of the answer, 0 when others are to be asked.
 */
size_t dns_local(const struct dns_known *k, const uint8_t *query, size_t len,
		 uint8_t out[DNS_LOCAL_ROOM])
{
	struct writer w = { .out = out, .ttl = DNS_LOCAL_TTL };
	struct question q;

	if (!read_question(&q, query, len))
		return 0;
	if (k->stream)
		q.room = DNS_LOCAL_ROOM;
	w.room = q.room - (q.edns ? OPT_LEN : 0);
	w.len = q.end;
	memcpy(out, query, q.end);
	if (!answer(&w, k, &q))
		return 0;
	/* An answer, with authority; recursion is to be had. */
	out[2] = (uint8_t)(0x84 | (query[2] & 1));
	out[3] = 0x80;
	memset(out + 6, 0, 6);
	pkt_put16(out + 6, w.answers);
	if (q.edns) {
		memset(out + w.len, 0, OPT_LEN);
		pkt_put16(out + w.len + 1, TYPE_OPT);
		pkt_put16(out + w.len + 3, DNS_LOCAL_ROOM);
		pkt_put16(out + 10, 1);
		w.len += OPT_LEN;
	}
	return w.len;
}
