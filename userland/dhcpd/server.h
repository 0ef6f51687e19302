/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VMNET_DHCPD_SERVER_H
#define VMNET_DHCPD_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include "conf.h"
#include "holders.h"
#include "ids.h"
#include "iface.h"
#include "lease.h"
#include "leasefile.h"
#include "limit.h"
#include "loop.h"
#include "port.h"
#include "probe.h"
#include "reserve.h"
#include "stats.h"

#define SERVER_BATCH 64 /* frames read at once */
#define SERVER_QUEUE 256 /* frames of a turn */
#define SERVER_FRAME 2048

#define SERVER_OTHER 0xff /* type of what is no DHCP message */

/* Frames to be sent, the first @n, and what is in each: enum dhcp_type. */
struct server_queue {
	struct frame f[SERVER_QUEUE];
	uint8_t type[SERVER_QUEUE];
	unsigned int n;
};

struct ctl;

/**
 * struct server_to - where a message goes
 * @mac: to which hardware address
 * @addr: to which address, network order
 * @src: from which one
 * @port: 68, or 67 for a relay
 * @type: enum dhcp_type
 * @late: only once the leases of this turn are on the disk
 *
 * A value.
 */
struct server_to {
	uint8_t mac[6];
	uint32_t addr, src;
	uint16_t port;
	uint8_t type;
	bool late;
};

/**
 * struct server - the program
 * @loop: everything runs in it
 * @port: the guests' side
 * @iface: what it is when it is an interface of the host
 * @down_timer: looks whether it is up again
 * @announce_timer: tells everybody our hardware address, @announced times so far
 * @conf_path: dhcpd.conf
 * @conf: what it says; replaced by server_reload(), so that nobody keeps what it
 *	points to
 * @db: who has what
 * @file: the same on the disk
 * @name: of the network, for the log: "vmnet8"
 * @mac: our hardware address
 * @rxf: frames being read
 * @prompt: frames of this turn that wait for nothing
 * @late: those that are sent when the leases are on the disk
 * @buffers: room for all of these
 * @any_source: a client's hardware address may be another than its frame's
 * @limit: how often each client has spoken
 * @holders: how many addresses each has
 * @told_often: when it was last logged that there are too many
 * @told_full: when it was last logged that no address is free
 * @stats: what has been counted
 * @lease_timer: for what leases need when nobody asks
 * @probes: addresses that are being asked for
 * @probe_timer: when the next of these is over
 * @ids: our addresses, of @conf
 * @reserve: reservations made on request, added to @conf
 * @ctl: the control socket, NULL before ctl_init()
 *
 * Lives as long as main().
 */
struct server {
	struct loop loop;
	struct port port;
	struct iface iface;
	struct loop_timer down_timer;
	struct loop_timer announce_timer;
	unsigned int announced;
	struct loop_fd port_fd;
	const char *conf_path;
	struct dhcp_conf *conf;
	struct lease_db db;
	struct leasefile file;
	const char *name;
	uint8_t mac[6];
	struct frame rxf[SERVER_BATCH];
	struct server_queue prompt, late;
	uint8_t buffers[SERVER_BATCH + 2 * SERVER_QUEUE][SERVER_FRAME];
	struct probes probes;
	struct loop_timer probe_timer;
	struct ids ids;
	bool any_source;
	struct limit limit;
	struct holders holders;
	struct server_stats stats;
	uint64_t told_often, told_full;
	struct loop_timer lease_timer;
	struct reserve reserve;
	struct ctl *ctl;
};

int server_init(struct server *s);
void server_done(struct server *s);

/* net.c */
void server_frame(struct server *s, const struct frame *f);
void server_send(struct server *s, const struct server_to *to, const uint8_t *msg, size_t len);
void server_arp_ask(struct server *s, uint32_t addr);
void server_ping(struct server *s, const uint8_t mac[6], uint32_t addr);
void server_flush(struct server *s);

/* leasekeep.c */
void server_leases_init(struct server *s);
void server_leases_expire(struct server *s);
void server_leases_turn(struct server *s);
time_t server_wall(struct server *s);

/* dhcp.c */
void server_dhcp(struct server *s, const struct dhcp_from *from, const uint8_t *msg, size_t len);
bool server_owns(const struct server *s, uint32_t addr);
void server_say(const struct server *s, const struct dhcp_msg *m, const char *what, uint32_t addr,
		const char *who, const char *more);

/* offer.c */
void server_find(struct server *s, const struct ask *a);
void server_grant(struct server *s, const struct ask *a, struct lease *l);
void server_address_seen(struct server *s, uint32_t addr, const uint8_t mac[6]);
void server_probe_timer(struct loop *loop, struct loop_timer *t);

/* bootp.c */
void bootp_request(struct server *s, const struct ask *a);
void bootp_grant(struct server *s, const struct ask *a, struct lease *l);

/* bind.c */
bool bind_lease(struct server *s, const struct ask *a, struct lease *l, uint32_t seconds);
void bind_release(struct server *s, struct lease *l);
void bind_abandon(struct server *s, struct lease *l, enum lease_event what, const char *why);

/* send.c */
void reply_send(struct server *s, const struct ask *a, const struct lease *l, uint8_t type,
		uint32_t seconds, bool late);
void reply_nak(struct server *s, const struct ask *a, const char *why);

#endif
