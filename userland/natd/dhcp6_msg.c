// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include "dhcp6_msg.h"

/* RFC 8415 7.3, 21, and 24 of RFC 3646 */
#define REPLY 7
#define INFORMATION_REQUEST 11

enum {
	OPT_CLIENT_ID = 1,
	OPT_SERVER_ID = 2,
	OPT_IA_NA = 3,
	OPT_IA_TA = 4,
	OPT_DNS = 23,
	OPT_DOMAINS = 24,
	OPT_IA_PD = 25
};

#define HEADER 4
#define ID_LEN 10 /* DUID-LL: its type, that of the link, the address */

/* What of a request is looked at. */
struct request {
	const uint8_t *client, *server;
	size_t client_len, server_len;
};

static size_t put_option(uint8_t *at, uint16_t code, const void *data, size_t len)
{
	at[0] = (uint8_t)(code >> 8);
	at[1] = (uint8_t)code;
	at[2] = (uint8_t)(len >> 8);
	at[3] = (uint8_t)len;
	memcpy(at + HEADER, data, len);
	return HEADER + len;
}

/* False: it is torn, or asks for more than settings. */
static bool parse(const uint8_t *opt, size_t len, struct request *r)
{
	size_t one;

	memset(r, 0, sizeof(*r));
	for (; len; opt += HEADER + one, len -= HEADER + one) {
		if (len < HEADER)
			return false;
		one = pkt_get16(opt + 2);
		if (one > len - HEADER)
			return false;
		switch (pkt_get16(opt)) {
		case OPT_IA_NA:
		case OPT_IA_TA:
		case OPT_IA_PD:
			return false;
		case OPT_CLIENT_ID:
			if (one > DHCP6_ID_MAX)
				return false;
			r->client = opt + HEADER;
			r->client_len = one;
			break;
		case OPT_SERVER_ID:
			r->server = opt + HEADER;
			r->server_len = one;
			break;
		}
	}
	return true;
}

/**
 * dhcp6_reply - answer a request for settings
 * @out: the answer
 * @msg: the request
 * @len: bytes of it
 * @a: what to say
 *
 * Return: bytes of the answer, 0 when there is none to give.
 */
size_t dhcp6_reply(uint8_t out[DHCP6_ROOM], const uint8_t *msg, size_t len,
		   const struct dhcp6_answer *a)
{
	uint8_t id[ID_LEN] = { 0, 3, 0, 1 }, names[ND_DOMAIN];
	struct request r;
	size_t n = HEADER, names_len;

	if (len < HEADER || msg[0] != INFORMATION_REQUEST || !parse(msg + HEADER, len - HEADER, &r))
		return 0;
	memcpy(id + 4, a->mac, 6);
	/* For another server. */
	if (r.server && (r.server_len != ID_LEN || memcmp(r.server, id, ID_LEN) != 0))
		return 0;
	memcpy(out, msg, HEADER);
	out[0] = REPLY;
	if (r.client)
		n += put_option(out + n, OPT_CLIENT_ID, r.client, r.client_len);
	n += put_option(out + n, OPT_SERVER_ID, id, ID_LEN);
	n += put_option(out + n, OPT_DNS, a->dns.a.b, 16);
	names_len = nd_domain(names, sizeof(names), a->domain);
	if (names_len)
		n += put_option(out + n, OPT_DOMAINS, names, names_len);
	return n;
}
