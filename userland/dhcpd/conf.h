/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dhcpd.conf, as VMware writes it and as users add to it, in ISC's grammar.
 * No I/O.
 */
#ifndef VMNET_DHCPD_CONF_H
#define VMNET_DHCPD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "conf_hash.h"
#include "conffile.h"

#define CONF_MAX_SIZE (4U << 20)
#define CONF_NAME 64

/* One option as it goes onto the wire; longer ones are split when sent (RFC 3396). */
struct dhcp_opt {
	uint8_t code;
	uint16_t len;
	uint8_t data[];
};

/* What a statement gives a number to; a scope that does not say takes the outer one's. */
enum dhcp_setting {
	DHCP_DEFAULT_LEASE, /* seconds, default-lease-time */
	DHCP_MAX_LEASE, /* seconds */
	DHCP_MIN_LEASE, /* seconds */
	DHCP_NEXT_SERVER, /* network order */
	DHCP_SERVER_ID, /* network order; not said: our own address on the local network */
	DHCP_AUTHORITATIVE, /* flag */
	DHCP_PING_CHECK, /* flag: probe before offering; on when not said */
	DHCP_PING_TIMEOUT, /* ms */
	DHCP_UNKNOWN, /* enum dhcp_permit: clients without a host{} */
	DHCP_BOOTP, /* enum dhcp_permit */
	DHCP_BOOTING, /* enum dhcp_permit */
	DHCP_DECLINES, /* enum dhcp_permit */
	DHCP_DUPLICATES, /* enum dhcp_permit: one chaddr with two client ids */
	DHCP_ONE_LEASE, /* flag, one-lease-per-client */
	DHCP_IGNORE_IDS, /* flag, ignore-client-uids */
	DHCP_ALWAYS_BROADCAST, /* flag */
	DHCP_HOST_NAMES, /* flag, use-host-decl-names */
	DHCP_RAPID_COMMIT, /* flag; on when not said */
	DHCP_VENDOR_SPACE, /* vendor-option-space: index in @spaces, and 1; 0: none */
	DHCP_SETTINGS
};

enum dhcp_permit { DHCP_ALLOW, DHCP_DENY, DHCP_IGNORE };

/* An option of an option space: part of another option on the wire. */
struct dhcp_sub {
	unsigned int space; /* index in the configuration's */
	uint8_t code;
	uint8_t len;
	uint8_t data[];
};

struct dhcp_if;

/**
 * struct dhcp_scope - what stands between two braces, or outside of all
 * @outer: the scope it stands in, NULL for the global one
 * @opts: options, @nopts of them; of two of one code the later counts
 * @subs: options of option spaces, @nsubs of them, likewise
 * @ifs: what stands in conditions, @nifs of them; a later one counts more, and
 *	all of them more than what the scope says itself
 * @value: numbers; the global scope's hold the built-in ones where nothing was said
 * @has: a bit for each of @value that was said
 * @filename: boot file, NULL: not said
 * @server_name: its server's name, NULL: not said
 *
 * Part of what it belongs to. What it points to is the configuration's.
 */
struct dhcp_scope {
	const struct dhcp_scope *outer;
	struct dhcp_opt **opts;
	unsigned int nopts;
	struct dhcp_sub **subs;
	unsigned int nsubs;
	struct dhcp_if **ifs;
	unsigned int nifs;
	uint32_t value[DHCP_SETTINGS];
	uint32_t has;
	char *filename, *server_name;
};

struct dhcp_expr;

/**
 * struct dhcp_if - if COND { } elsif COND { } else { }
 * @cond: when it holds; NULL: always
 * @scope: what it says
 * @otherwise: what counts when @cond does not hold, or NULL
 *
 * Belongs to the configuration.
 */
struct dhcp_if {
	const struct dhcp_expr *cond;
	struct dhcp_scope scope;
	struct dhcp_if *otherwise;
};

/**
 * struct dhcp_class - class "NAME" { }, or subclass "NAME" DATA { }
 * @name: of the class
 * @match_if: who is in it, or NULL
 * @match: what of a message the subclasses are told by, or NULL
 * @subs: subclasses by their data, struct dhcp_class
 * @scope: what it says for those in it
 *
 * Belongs to the configuration.
 */
struct dhcp_class {
	char name[CONF_NAME];
	const struct dhcp_expr *match_if, *match;
	struct conf_hash subs;
	struct dhcp_scope scope;
};

/* option space NAME: its options go into option @code; 0: into 43 if chosen. */
struct dhcp_space {
	const char *name;
	uint8_t code;
};

/* Addresses in host byte order, to count with; both ends belong to it. */
struct dhcp_range {
	uint32_t from, to;
};

struct dhcp_network;

/**
 * struct dhcp_subnet - subnet ADDRESS netmask MASK { }
 * @scope: what it says
 * @net: network order, with @mask
 * @mask: see @net
 * @network: what it is part of
 * @line: where it stands, with @column
 * @column: see @line
 *
 * Belongs to the configuration.
 */
struct dhcp_subnet {
	struct dhcp_scope scope;
	uint32_t net, mask;
	struct dhcp_network *network;
	unsigned int line, column;
};

/* Kinds of clients that a pool is for, or is not for. */
#define DHCP_FOR_KNOWN 1U /* with a host{} */
#define DHCP_FOR_UNKNOWN 2U
#define DHCP_FOR_BOOTP 4U /* RFC 951, without a lease time */
#define DHCP_FOR_ALL 8U

/* allow or deny members of "CLASS" */
struct dhcp_permit_class {
	const struct dhcp_class *class;
	bool deny;
};

/**
 * struct dhcp_pool - a pool {}, or the ranges of a subnet that are in none
 * @scope: what it says; the outer one is the subnet's or the network's
 * @network: whose addresses they are
 * @ranges: its addresses, @nranges of them
 * @classes: whom it is for or not for besides, @nclasses of them
 * @allow: DHCP_FOR_*; if not 0, only these; see dhcp_pool_permits()
 * @deny: DHCP_FOR_*; these not
 * @bootp: one of its ranges is dynamic-bootp
 * @index: in the configuration's @pools
 *
 * Belongs to the configuration.
 */
struct dhcp_pool {
	struct dhcp_scope scope;
	const struct dhcp_network *network;
	struct dhcp_range *ranges;
	unsigned int nranges;
	struct dhcp_permit_class *classes;
	unsigned int nclasses;
	unsigned int allow, deny;
	bool bootp;
	unsigned int index;
};

/**
 * struct dhcp_network - a shared-network, or what a subnet by itself is
 * @name: as it is declared, or "10.0.0.0/8"
 * @scope: what it says
 * @subnets: at least one, @nsubnets of them
 * @pools: of the network itself and of its subnets, @npools of them
 *
 * Belongs to the configuration.
 */
struct dhcp_network {
	char name[CONF_NAME];
	struct dhcp_scope scope;
	struct dhcp_subnet **subnets;
	unsigned int nsubnets;
	struct dhcp_pool **pools;
	unsigned int npools;
};

/**
 * struct dhcp_host - a reservation
 * @name: for messages, and for use-host-decl-names
 * @scope: what it says; the outer one is a group's or the global one
 * @mac: whom it is for, if @has_mac
 * @id: option dhcp-client-identifier of whom it is for, @id_len bytes; NULL: any
 * @addrs: fixed-address, network order, @naddrs of them; none: only options
 * @line: where it stands
 *
 * Belongs to the configuration.
 */
struct dhcp_host {
	char name[CONF_NAME];
	struct dhcp_scope scope;
	uint8_t mac[6];
	bool has_mac;
	uint8_t *id;
	uint8_t id_len;
	uint32_t *addrs;
	unsigned int naddrs;
	unsigned int line;
};

/* A range and whose it is, to find an address's pool; and where it stands. */
struct dhcp_span {
	struct dhcp_range range;
	struct dhcp_pool *pool;
	unsigned int line, column;
};

struct conf_chunk;

/**
 * struct dhcp_conf - the file
 * @global: what stands outside of all braces
 * @classes: all of them, @nclasses; not the subclasses
 * @spaces: option spaces that the file declares, @nspaces
 * @networks: all of them, @nnetworks
 * @subnets: all of them by address, @nsubnets
 * @pools: all of them, @npools
 * @hosts: all of them, @nhosts
 * @local: the subnet on our own wire: the first declared, or dhcp_conf_set_local()'s
 * @server: our own address, network order: server-identifier of @local, or its last
 * @spans: all ranges by address, @nspans
 * @by_mac: hosts, by hardware address
 * @by_id: hosts, by client identifier
 * @by_addr: hosts, by fixed address
 * @classes_by_name: see @classes
 * @warnings: what is passed over although somebody may count on it, @nwarnings
 * @mem: everything that the others point to
 *
 * Lifetime: dhcp_conf_parse() fills it, dhcp_conf_done() ends it; after an
 * error nothing is left. It may be copied to another place in between.
 */
struct dhcp_conf {
	struct dhcp_scope *global;
	struct dhcp_class **classes;
	unsigned int nclasses;
	struct dhcp_space *spaces;
	unsigned int nspaces;
	struct dhcp_network **networks;
	unsigned int nnetworks;
	struct dhcp_subnet **subnets;
	unsigned int nsubnets;
	struct dhcp_pool **pools;
	unsigned int npools;
	struct dhcp_host **hosts;
	unsigned int nhosts;
	const struct dhcp_subnet *local;
	uint32_t server;
	struct dhcp_span *spans;
	unsigned int nspans;
	struct conf_hash by_mac, by_id, by_addr, classes_by_name;
	struct conf_err *warnings;
	unsigned int nwarnings;
	struct conf_chunk *mem;
};

int dhcp_conf_parse(struct dhcp_conf *conf, const char *text, size_t len, struct conf_err *err);
void dhcp_conf_done(struct dhcp_conf *conf);
int dhcp_conf_set_local(struct dhcp_conf *conf, uint32_t addr);

/* Look up. None of these takes longer for more hosts; conf_find.c. */
const struct dhcp_host *dhcp_conf_host(const struct dhcp_conf *conf, const uint8_t mac[6],
				       const uint8_t *id, size_t id_len);
const struct dhcp_subnet *dhcp_conf_subnet(const struct dhcp_conf *conf, uint32_t addr);
struct dhcp_pool *dhcp_conf_pool(const struct dhcp_conf *conf, uint32_t addr);
bool dhcp_conf_reserved(const struct dhcp_conf *conf, uint32_t addr);
bool dhcp_conf_is_local(const struct dhcp_conf *conf, uint32_t addr);
time_t dhcp_conf_longest(const struct dhcp_conf *conf);

/**
 * struct dhcp_client - what is known of who asks, for conditions and pools
 * @kinds: DHCP_FOR_KNOWN or DHCP_FOR_UNKNOWN, and DHCP_FOR_BOOTP
 * @mac: its hardware address
 * @opts: the options field of its message, behind the cookie; NULL: none
 * @opts_len: bytes of @opts
 *
 * Lives as long as the message is being answered.
 */
struct dhcp_client {
	unsigned int kinds;
	uint8_t mac[6];
	const uint8_t *opts;
	size_t opts_len;
};

bool dhcp_pool_permits(const struct dhcp_pool *pool, const struct dhcp_client *client);

/**
 * struct dhcp_view - whose word counts for one client
 * @conf: the configuration, for its classes; NULL: none
 * @host: its reservation's, NULL: none
 * @place: the pool's, or the subnet's, NULL: only what is global
 * @client: who it is for, NULL: nobody; then no condition holds
 *
 * First the host and its groups, then classes, then the place and what it
 * stands in. A value of a few pointers, good as long as what they point to.
 */
struct dhcp_view {
	const struct dhcp_conf *conf;
	const struct dhcp_scope *host, *place;
	const struct dhcp_client *client;
};

struct dhcp_view dhcp_conf_view(const struct dhcp_conf *conf, const struct dhcp_host *host,
				uint32_t addr, const struct dhcp_client *client);
uint32_t dhcp_view_number(const struct dhcp_view *v, enum dhcp_setting what);
bool dhcp_view_says(const struct dhcp_view *v, enum dhcp_setting what);
const struct dhcp_opt *dhcp_view_opt(const struct dhcp_view *v, uint8_t code);
size_t dhcp_view_encap(const struct dhcp_view *v, uint8_t code, uint8_t *buf, size_t size);
const char *dhcp_view_filename(const struct dhcp_view *v);
const char *dhcp_view_server_name(const struct dhcp_view *v);
const struct dhcp_opt *dhcp_scope_opt(const struct dhcp_scope *s, uint8_t code);

#endif
