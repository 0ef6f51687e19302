/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the NAT share: the network it serves, and how packets come
 * in and go out.
 *
 * Everything runs in one loop. Frames are read in batches, handed by protocol
 * to tcp, udp and icmp, and what these send is gathered and written when the
 * turn ends. Nothing here allocates per packet.
 */
#ifndef VMNET_NATD_NAT_H
#define VMNET_NATD_NAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include "conf.h"
#include "loop.h"
#include "parse.h"
#include "pkt.h"
#include "port.h"
#include "reasm.h"
#include "sockaddr.h"

#define NAT_BATCH 64
#define NAT_MTU 1500
#define NAT_MTU_MIN 576 /* RFC 791: what every host takes */
#define NAT_MTU_MAX 65535
#define NAT_TTL 64
#define NAT_RETRY (1 * MSEC) /* for a port that has no room */
#define NAT_PAYLOAD (256U << 10)
#define NAT_FILES 65536 /* a flow has one, and there is the rest */

struct tcp;
struct udp;
struct icmp;
struct dns;
struct ftp_all;
struct fwd;
struct neigh;
struct nd;
struct status;
struct ctl;
struct hostaddr;
struct capture;

/**
 * struct nat_stats - what happened
 * @rx: frames from the guests
 * @tx: frames to them
 * @dropped: frames to them that the port did not take
 * @bad: what was refused, by the reason; the first is unused
 * @refused: flows that a limit or the policy refused
 */
struct nat_stats {
	uint64_t rx, tx, dropped, refused;
	uint64_t bad[PKT_WHYS];
};

/**
 * struct nat - the program
 * @loop: everything runs in it
 * @port: the guests' side
 * @conf: nat.conf
 * @conf_path: where it is
 * @ip4: address of the gateway, network order, as all addresses
 * @net4: the network
 * @mask4: its mask
 * @host4: address of the host's adapter, 0 if unknown: never forwarded
 * @ip6: the gateway's IPv6 address, in a network of 64 bits; its family is 0 when
 *	guests have none
 * @ll6: its link-local address
 * @mac: our address on the network
 * @mtu: of the guests' side
 * @advertise_only: guests get addresses of the prefix, and nothing is carried
 * @icmp_fd: raw ICMP socket, opened before privileges were dropped; -1
 * @icmp6_fd: the same of ICMPv6
 * @resolv_conf: the file that names the DNS servers, NULL for the usual one
 * @hosts: the file of the host's own names, NULL for the usual one
 * @leases: the DHCP server's file of leases, NULL for none
 * @capture: records all frames, NULL when nothing does
 * @rxf: frames being read
 * @secret: for hashes that guests cannot foresee, and initial sequence numbers
 * @txf: frames gathered in this turn
 * @ntx: how many
 * @held: the port has no room: frames wait for the next turn
 * @retry: makes that turn come
 * @payload: bytes that frames in @txf refer to (their tails)
 * @payload_used: so many
 *
 * Lives as long as main(). The parts are made by their *_init() and ended by
 * their *_done(), which close what they hold.
 */
struct nat {
	struct loop loop;
	struct port port;
	struct loop_fd port_fd;
	struct nat_conf conf;
	const char *conf_path;
	uint32_t ip4, net4, mask4, host4;
	struct ipaddr ip6, ll6;
	bool advertise_only;
	uint8_t mac[6];
	uint32_t mtu;
	int icmp_fd, icmp6_fd;
	const char *resolv_conf;
	const char *hosts;
	const char *leases;
	uint64_t secret[2];
	struct tcp *tcp;
	struct udp *udp;
	struct icmp *icmp;
	struct dns *dns;
	struct ftp_all *ftp;
	struct fwd *fwd;
	struct reasm *reasm;
	struct neigh *neigh;
	struct nd *nd;
	struct status *status;
	struct ctl *ctl;
	struct hostaddr *hostaddr;
	struct capture *capture;
	struct nat_stats stats;
	struct frame rxf[NAT_BATCH];
	struct frame txf[NAT_BATCH];
	unsigned int ntx;
	bool held;
	struct loop_timer retry;
	uint8_t *payload;
	uint32_t payload_used;
	uint8_t *buffers;
	uint16_t next_id;
	uint32_t next_id6;
};

/**
 * struct flow_key - what tells flows apart, of either family
 * @guest: inside
 * @peer: whom the guest talks to
 * @gport: ports, host order
 * @pport: see @gport
 */
struct flow_key {
	struct ipaddr guest, peer;
	uint16_t gport, pport;
};

/**
 * struct ip_out - what goes into the IP header of a packet to a guest
 * @src: of the same family as @dst
 * @dst: the guest
 * @proto: protocol
 * @ttl: 0 for the default
 * @tos: type of service
 * @df: do not fragment; else it is cut to the guests' MTU
 */
struct ip_out {
	struct ipaddr src, dst;
	uint8_t proto, ttl, tos;
	bool df;
};

/**
 * struct icmp_error - what an ICMP error says, in its family's words
 * @type: of the message
 * @code: see @type
 * @rest: second word of the header, network order
 * @tos: DS field of the packet it goes in
 */
struct icmp_error {
	uint8_t type, code, tos;
	uint32_t rest;
};

/* The same in words of no family, see ip_error(). */
enum ip_err {
	IP_ERR_NET, /* no way to the network */
	IP_ERR_HOST, /* or to the host */
	IP_ERR_PROTO, /* nobody speaks this protocol */
	IP_ERR_PORT, /* nobody listens */
	IP_ERR_TOOBIG, /* more than the path's MTU, and not to be cut */
	IP_ERR_ADMIN, /* forbidden, or a limit is reached */
	IP_ERR_TTL /* too many hops */
};

typedef enum pkt_why ip_parser(const uint8_t *at, size_t room, struct pkt_in *p);

/* nat.c */
void nat_busy_poll_changed(struct nat *n);
int nat_init(struct nat *n);
void nat_done(struct nat *n);
void nat_flush(struct nat *n);
bool nat_tx_full(struct nat *n);
struct frame *nat_tx_get(struct nat *n);
void nat_tx_put(struct nat *n);
uint8_t *nat_payload_get(struct nat *n, uint32_t len);

/* flow_key.c */
uint64_t flow_key_hash(const struct nat *n, const struct flow_key *k);
bool flow_key_equal(const struct flow_key *a, const struct flow_key *b);

/* ip.c */
void nat_bad(struct nat *n, enum pkt_why why);
void ip_input(struct nat *n, const struct frame *f, ip_parser *parse);

/* ip_out.c */
uint8_t *ip_start(struct nat *n, struct frame *f, const struct ip_out *o, size_t l4_len);
int ip_send(struct nat *n, const struct ip_out *o, const void *l4, size_t len);
struct icmp_error ip_error(uint8_t family, enum ip_err what, uint32_t rest);
void ip_refuse(struct nat *n, const struct pkt_in *p, enum ip_err what, uint32_t mtu);
void ip_send_error(struct nat *n, const struct ipaddr *to, const struct ipaddr *from,
		   const struct icmp_error *e, const uint8_t *quoted, size_t len);

static inline size_t ip_header_len(uint8_t family)
{
	return family == AF_INET6 ? sizeof(struct pkt_ip6) : sizeof(struct pkt_ip4);
}

/* arp.c */
void arp_input(struct nat *n, const struct frame *f);
void arp_ask(struct nat *n, uint32_t addr);

/* neigh.c: neighbours; a frame without an address yet waits there. */
int neigh_init(struct nat *n);
void neigh_done(struct nat *n);
void neigh_learn(struct nat *n, const struct ipaddr *addr, const uint8_t mac[6]);
bool neigh_resolve(struct nat *n, const struct ipaddr *addr, struct frame *f);

/* tcp.c */
int tcp_init(struct nat *n);
void tcp_done(struct nat *n);
void tcp_input(struct nat *n, const struct pkt_in *p);
void tcp_batch_end(struct nat *n);
void tcp_turn_end(struct nat *n);
int tcp_open_to_guest(struct nat *n, int fd, const struct flow_key *key);
unsigned int tcp_flows(const struct nat *n);

/* udp.c */
int udp_init(struct nat *n);
void udp_done(struct nat *n);
void udp_input(struct nat *n, const struct pkt_in *p);
void udp_batch_end(struct nat *n);
unsigned int udp_flows(const struct nat *n);

/* icmp.c */
int icmp_init(struct nat *n);
void icmp_done(struct nat *n);
void icmp_input(struct nat *n, const struct pkt_in *p);
unsigned int icmp_flows(const struct nat *n);

/* dns.c: queries to the gateway */
int dns_init(struct nat *n);
void dns_done(struct nat *n);
void dns_conf_changed(struct nat *n);
void dns_input(struct nat *n, const struct pkt_in *p, uint16_t sport, const uint8_t *msg,
	       size_t len);
int dns_connect(struct nat *n, const struct ipaddr *guest);

/* ftp.c: activeFTP */
int ftp_init(struct nat *n);
void ftp_done(struct nat *n);

/* fwd.c: [incomingtcp] and [incomingudp] */
int fwd_init(struct nat *n);
void fwd_done(struct nat *n);

/* status.c: /var/run/vmnat.PID */
int status_init(struct nat *n, const char *dir);
const char *status_path(const struct nat *n);
void status_done(struct nat *n);

/* sandbox.c: which capabilities and system calls are left */
int nat_restrict_files(const struct nat *n, bool changes);
int nat_sandbox(const struct nat *n, const char *user);

#endif
