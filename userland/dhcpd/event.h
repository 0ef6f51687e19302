/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has happened to a lease, as it is told to those who watch and to the hook.
 * No I/O.
 */
#ifndef VMNET_DHCPD_EVENT_H
#define VMNET_DHCPD_EVENT_H

#include <stdint.h>
#include <time.h>
#include "lease.h"

#define EVENT_ID_TEXT 768 /* of a client identifier, its end included */
#define EVENT_TIME_TEXT 24

/**
 * struct event - something that has happened
 * @what: that
 * @time: when, wall clock
 * @ends: when the lease ends or has ended, or LEASE_NEVER
 * @addr: the address, host order
 * @mac: whose it is or was
 * @id_len: bytes of @id, 0: it has none
 * @id: its client identifier
 * @hostname: what it calls itself: letters, digits, '-', '_' and '.' only
 *
 * A value; it also goes to another process, of the same program.
 */
struct event {
	enum lease_event what;
	time_t time, ends;
	uint32_t addr;
	uint8_t mac[6];
	uint8_t id_len;
	uint8_t id[255];
	char hostname[64];
};

void event_fill(struct event *e, const struct lease *l, enum lease_event what, time_t now);
const char *event_name(enum lease_event what);
const char *event_state_name(int state);
int event_state_find(const char *name);
const char *event_id_text(const uint8_t *id, size_t len, char buf[EVENT_ID_TEXT]);
const char *event_time_text(time_t t, char buf[EVENT_TIME_TEXT]);

#endif
