// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "dns_msg.h"
#include "pkt.h"

#define FLAG_QR 0x80
#define MASK_OPCODE 0x78
#define FLAG_RD 0x01
#define NAME_MAX_LEN 255

/* The caller has seen that there are DNS_HDR_LEN bytes. */
uint16_t dns_id(const uint8_t *msg)
{
	return pkt_get16(msg);
}

void dns_set_id(uint8_t *msg, uint16_t id)
{
	pkt_put16(msg, id);
}

unsigned int dns_rcode(const uint8_t *msg)
{
	return msg[3] & 15;
}

static unsigned int count(const uint8_t *msg)
{
	return pkt_get16(msg + 4);
}

/*
 * Where the only question of a message ends: name, type, class. A question
 * comes first, so that there is nothing a compressed name could point to.
 * Return: the offset behind it, or -EBADMSG.
 */
static int question_end(const uint8_t *msg, size_t len)
{
	size_t at = DNS_HDR_LEN;

	if (len < DNS_HDR_LEN || count(msg) != 1)
		return -EBADMSG;
	while (at < len && msg[at]) {
		if (msg[at] > 63)
			return -EBADMSG;
		at += msg[at] + 1U;
	}
	at++;
	if (at - DNS_HDR_LEN > NAME_MAX_LEN || at + 4 > len)
		return -EBADMSG;
	return (int)(at + 4);
}

/**
 * dns_query_check - is this a query that can be relayed?
 * @msg: what a guest sent
 * @len: bytes
 *
 * Return: 0; -EBADMSG when it cannot even be answered (drop it); -EINVAL when
 * it has a header that asks and nothing sensible behind it.
 */
int dns_query_check(const uint8_t *msg, size_t len)
{
	if (len < DNS_HDR_LEN || len > DNS_MSG_MAX || (msg[2] & FLAG_QR))
		return -EBADMSG;
	return question_end(msg, len) < 0 ? -EINVAL : 0;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/**
 * dns_answers - does this message answer that query?
 * @query: has passed dns_query_check(), with the id it was sent under
 * @qlen: bytes
 * @answer: what came back
 * @alen: bytes
 *
 * Id, operation and question must be the same; upper and lower case are.
 * Servers that do not even understand a query may leave its question out.
 */
bool dns_answers(const uint8_t *query, size_t qlen, const uint8_t *answer, size_t alen)
{
	int end = question_end(query, qlen), i;

	if (end < 0 || alen < DNS_HDR_LEN || !(answer[2] & FLAG_QR))
		return false;
	if (dns_id(query) != dns_id(answer) ||
	    (query[2] & MASK_OPCODE) != (answer[2] & MASK_OPCODE))
		return false;
	if (!count(answer))
		return dns_rcode(answer) != 0;
	if (question_end(answer, alen) != end)
		return false;
	for (i = DNS_HDR_LEN; i < end; i++)
		if (lower(query[i]) != lower(answer[i]))
			return false;
	return true;
}

/**
 * dns_error - make the answer to a query that nobody answers
 * @query: has passed dns_query_check(), or failed it with -EINVAL
 * @len: bytes
 * @rcode: DNS_RCODE_*
 * @out: the answer
 * @room: bytes there
 *
 * Return: length of the answer, 0 when it does not fit.
 */
size_t dns_error(const uint8_t *query, size_t len, unsigned int rcode, uint8_t *out, size_t room)
{
	int end = question_end(query, len);
	size_t n = end < 0 ? DNS_HDR_LEN : (size_t)end;

	if (n > room || len < DNS_HDR_LEN)
		return 0;
	memcpy(out, query, n);
	out[2] = (uint8_t)(FLAG_QR | (query[2] & (MASK_OPCODE | FLAG_RD)));
	out[3] = (uint8_t)(0x80 | (rcode & 15));
	memset(out + 4, 0, 8);
	out[5] = end < 0 ? 0 : 1;
	return n;
}
