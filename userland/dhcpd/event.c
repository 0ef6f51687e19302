// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "event.h"

static const char *const names[LEASE_EVENTS] = {
	[LEASE_EV_COMMIT] = "granted",	  [LEASE_EV_RENEW] = "renewed",
	[LEASE_EV_RELEASE] = "released",  [LEASE_EV_EXPIRE] = "expired",
	[LEASE_EV_ABANDON] = "abandoned", [LEASE_EV_DECLINE] = "declined",
};

static const char *const states[] = {
	[LEASE_FREE] = "free",	   [LEASE_PROBED] = "probed",	    [LEASE_OFFERED] = "offered",
	[LEASE_ACTIVE] = "active", [LEASE_ABANDONED] = "abandoned",
};

#define STATES ((int)(sizeof(states) / sizeof(states[0])))

/* The name of an event, one word. */
const char *event_name(enum lease_event what)
{
	return names[what];
}

/* The name of a state, one word; NULL: there is no such state. */
const char *event_state_name(int state)
{
	return state >= 0 && state < STATES ? states[state] : NULL;
}

/* The state of a name; -1: there is no such state. */
int event_state_find(const char *name)
{
	int i;

	for (i = 0; i < STATES; i++)
		if (!strcmp(name, states[i]))
			return i;
	return -1;
}

/* Names come from guests, and some by way of a file. */
static void copy_name(char to[64], const char *from)
{
	size_t i;

	for (i = 0; i < 63 && from[i]; i++)
		to[i] = isalnum((unsigned char)from[i]) || strchr("-_.", from[i]) ? from[i] : '-';
	to[i] = '\0';
}

/**
 * event_fill - note what has happened to a lease
 * @e: filled
 * @l: the lease, as it is now
 * @what: that
 * @now: wall clock
 */
void event_fill(struct event *e, const struct lease *l, enum lease_event what, time_t now)
{
	struct lease_key key;

	memset(e, 0, sizeof(*e));
	e->what = what;
	e->time = now;
	e->ends = l->ends;
	e->addr = l->addr;
	memcpy(e->mac, l->mac, sizeof(e->mac));
	copy_name(e->hostname, lease_hostname(l));
	lease_key_of(l, &key);
	/* The first byte tells identifiers from hardware addresses. */
	if (key.len > 1 && key.data[0]) {
		e->id_len = (uint8_t)(key.len - 1);
		memcpy(e->id, key.data + 1, e->id_len);
	}
}

/**
 * event_id_text - a client identifier as text
 * @id: the identifier
 * @len: bytes, at most 255
 * @buf: for the text, hexadecimal with colons
 *
 * Return: @buf.
 */
const char *event_id_text(const uint8_t *id, size_t len, char buf[EVENT_ID_TEXT])
{
	size_t i;

	buf[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(buf + i * 3, "%02x%s", id[i], i + 1 < len ? ":" : "");
	return buf;
}

/* A time in UTC as ISO 8601 and RFC 3339 have it. Return: @buf, "" when it has none. */
const char *event_time_text(time_t t, char buf[EVENT_TIME_TEXT])
{
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, EVENT_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf[0] = '\0';
	return buf;
}
