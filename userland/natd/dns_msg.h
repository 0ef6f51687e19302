/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of DNS messages (RFC 1035) as a relay must understand: which query an
 * answer belongs to, and how to say that there is none. Messages are never
 * changed but for their id. Nothing here does I/O or keeps memory.
 */
#ifndef VMNET_NATD_DNS_MSG_H
#define VMNET_NATD_DNS_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_PORT 53
#define DNS_HDR_LEN 12
#define DNS_MSG_MAX 65535

#define DNS_RCODE_FORMERR 1
#define DNS_RCODE_SERVFAIL 2
#define DNS_RCODE_NOTIMP 4
#define DNS_RCODE_REFUSED 5

uint16_t dns_id(const uint8_t *msg);
void dns_set_id(uint8_t *msg, uint16_t id);
unsigned int dns_rcode(const uint8_t *msg);

int dns_query_check(const uint8_t *msg, size_t len);
bool dns_answers(const uint8_t *query, size_t qlen, const uint8_t *answer, size_t alen);
size_t dns_error(const uint8_t *query, size_t len, unsigned int rcode, uint8_t *out, size_t room);

#endif
