/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat.conf: VMware's INI file that says what a NAT network is.
 *
 * Lifetime: nat_conf_parse() fills a struct, nat_conf_done() ends it. After an
 * error nothing of it is left. Nothing here does I/O.
 */
#ifndef VMNET_NATD_CONF_H
#define VMNET_NATD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conffile.h"
#include "pkt.h"
#include "resolv.h"

#define NAT_CONF_MAX_SIZE (1U << 20)
#define NAT_CONF_MAX_FORWARDS 1024
#define NAT_CONF_MAX_PORTS 64
#define NAT_CONF_MAX_HOLES 16
#define NAT_FORWARD_NAME 64
#define NAT_CONF_DOMAIN 190 /* in a name it has room behind any label */

/* Ports from @first to @last, both included. */
struct nat_range {
	uint16_t first, last;
};

/**
 * struct nat_ports - the ports of the host that a line or a request names
 * @bind: the host's address, all bits 0 for all of a family, family 0 when not said
 * @range: the ports
 * @holes: @nholes exclusions from it
 */
struct nat_ports {
	struct ipaddr bind;
	struct nat_range range, holes[NAT_CONF_MAX_HOLES];
	unsigned int nholes;
};

/**
 * struct nat_forward - a host port that leads to a guest
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @bind: address of the host that is listened at, of the guest's family; all bits
 *	0 for all of them
 * @host_port: listened on
 * @guest: where it leads
 * @guest_port: there
 * @name: what it is called, UTF-8, or empty
 * @line: where it stands in the file, 0 when it does not
 *
 * A line with a range makes one for each port. A service of the host, the other
 * way round, is one too: @host_port of the gateway leads to the address @guest of
 * the host's loopback.
 */
struct nat_forward {
	uint8_t proto;
	struct ipaddr bind;
	uint16_t host_port;
	struct ipaddr guest;
	uint16_t guest_port;
	char name[NAT_FORWARD_NAME];
	unsigned int line;
};

/**
 * struct nat_privileged - what happens to guests' source ports below 1024
 * @autodetect: they stay below 1024
 * @ports: they do for these destinations
 * @nports: how many
 */
struct nat_privileged {
	bool autodetect;
	uint16_t ports[NAT_CONF_MAX_PORTS];
	unsigned int nports;
};

/* A key that is accepted and does nothing (yet); to be logged. */
struct nat_conf_note {
	unsigned int line;
	char text[120];
};

/**
 * struct nat_conf - the file, with defaults filled in
 * @ip: the gateway's address, which is the DNS server's too
 * @prefix: bits of the network
 * @host_ip: the host adapter's address; family 0 when not said
 * @device: node to attach to, empty when not said
 * @config_port: TCP port of the status on the host's loopback, 0 for none
 * @active_ftp: FTP servers may connect to guests that have asked them to
 * @allow_any_oui: guests may have any MAC, else only VMware's
 * @reset_on_link_down: end TCP sessions when the host loses their address
 * @reset_on_dest_local: refuse TCP to the gateway's address that is for no
 *	service, else it is for @host_ip
 * @busy_poll: microseconds, 0 for never
 * @tcp_time_wait: seconds
 * @udp_timeout: seconds, 0 for never
 * @dns: whom to ask for names, and how
 * @domain: of the guests, in lower case
 * @ip6_enable: guests have IPv6
 * @ip6_prefix: of their network, 64 bits, and 0 behind them
 * @forwards: @nforwards of them
 * @services: ports of the gateway that lead to the host's loopback, @nservices
 * @notes: @nnotes keys that have no effect
 */
struct nat_conf {
	struct ipaddr ip;
	unsigned int prefix;
	struct ipaddr host_ip;
	char device[64];
	uint16_t config_port;
	bool active_ftp;
	bool allow_any_oui;
	bool reset_on_link_down;
	bool reset_on_dest_local;
	bool ip6_enable;
	struct ipaddr ip6_prefix;
	unsigned int busy_poll;
	unsigned int tcp_time_wait;
	unsigned int udp_timeout;
	struct resolv_policy dns;
	char domain[NAT_CONF_DOMAIN];
	struct nat_privileged privileged_tcp, privileged_udp;
	struct nat_forward *forwards;
	unsigned int nforwards;
	struct nat_forward *services;
	unsigned int nservices;
	struct nat_conf_note *notes;
	unsigned int nnotes;
};

int nat_conf_parse(struct nat_conf *conf, const char *text, size_t len, struct conf_err *err);
void nat_conf_done(struct nat_conf *conf);

uint32_t nat_conf_mask4(const struct nat_conf *conf);
struct ipaddr nat_conf_gateway6(const struct nat_conf *conf);
bool nat_conf_on_net(const struct nat_conf *conf, const struct ipaddr *a);
int nat_ports_parse(const char *text, struct nat_ports *p, struct conf_err *err);
bool nat_ports_have(const struct nat_ports *p, uint16_t port);
int nat_forwards_parse(uint8_t proto, const char *host, const char *guest, const char *name,
		       struct nat_forward **out, unsigned int *n, struct conf_err *err);
const struct nat_forward *nat_service_find(const struct nat_conf *c, uint8_t proto, uint16_t port);
bool nat_forward_everywhere(const struct nat_forward *f);
bool nat_forward_has_address(const struct nat_forward *f);
bool nat_forward_same_port(const struct nat_forward *a, const struct nat_forward *b);
bool nat_forward_overlaps(const struct nat_forward *a, const struct nat_forward *b);
int nat_forward_check(const struct nat_conf *c, const struct nat_forward *f, struct conf_err *err);
const char *nat_forward_format(const struct nat_forward *f, char buf[64]);
bool nat_privileged_wanted(const struct nat_privileged *p, uint16_t dst_port);

#endif
