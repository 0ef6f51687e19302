/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module's netlink family (linux/vmnet_netlink.h) over libmnl: hubs, ports
 * and stations seen, set, and watched.
 *
 * All functions return 0 or a negative errno.
 */
#ifndef VMNET_VMNL_H
#define VMNET_VMNL_H

#include <linux/vmnet_netlink.h>
#include <stdbool.h>
#include <stdint.h>

/* Struct vmnl_port.number of a port that is on no hub just now. */
#define VMNL_NO_HUB UINT32_MAX

/**
 * struct vmnl_port - a port
 * @id: its name on netlink
 * @hub: N of hubN.M, VMNL_NO_HUB while it moves
 * @slot: M
 * @kind: VMNET_KIND_*
 * @number: N of userifN, netifN, bridgeN
 * @flags: VMNET_FLAG_*
 * @dialect: VMNET_PORT_DIALECT_*
 * @queue_len: most frames that may wait
 * @queue_frames: how many wait
 * @queue_bytes: memory they pin
 * @mac: its address
 * @mac_static: the address is a station of the hub
 * @link: it is up
 * @learning: it may have stations behind it
 * @promisc: it sees its whole hub
 * @promisc_allowed: its program may ask for that
 * @has_opener: the rest is known: the asker has CAP_NET_ADMIN
 * @opener_pid: who opened it
 * @opener_uid: the user
 * @opener: the command
 * @ifname: the interface behind it, or empty
 * @stats: counters, by VMNET_A_PORT_STATS_*
 */
struct vmnl_port {
	uint32_t id, hub, slot, kind, number, flags, dialect;
	uint32_t queue_len, queue_frames, queue_bytes;
	uint8_t mac[6];
	bool mac_static, link, learning, promisc, promisc_allowed;
	bool has_opener;
	uint32_t opener_pid, opener_uid;
	char opener[32];
	char ifname[32];
	uint64_t stats[VMNET_A_PORT_STATS_MAX + 1];
};

/**
 * struct vmnl_port_set - what to change of a port; what is not in @what stays
 * @id: which
 * @what: bits 1 << VMNET_A_PORT_*
 * @mac: VMNET_A_PORT_MAC
 * @flags: VMNET_A_PORT_FLAGS
 * @flags_mask: VMNET_A_PORT_FLAGS_MASK
 * @queue_len: VMNET_A_PORT_QUEUE_LEN
 * @learning: VMNET_A_PORT_LEARNING
 * @promisc_allowed: VMNET_A_PORT_PROMISC_ALLOWED
 */
struct vmnl_port_set {
	uint32_t id, what;
	uint8_t mac[6];
	uint32_t flags, flags_mask, queue_len;
	bool learning, promisc_allowed;
};

/**
 * struct vmnl_hub - a hub, and what is set for it
 * @number: N of hubN
 * @ports: how many
 * @stations: entries of the forwarding database
 * @ageing: seconds; 0 in a request leaves it, as with the rest
 * @port_limit: stations of one local port
 * @local_limit: of all local ports
 * @uplink_limit: of an uplink
 * @set_follows: in a request, @link_follows is to be set
 * @link_follows: its link is that of its uplinks
 * @link: it is up
 * @group_fwd: frames to 01:80:c2:00:00:0X that pass uplinks, bit X for each
 * @set_group_fwd: of a request: set it, since it may be 0
 */
struct vmnl_hub {
	uint32_t number, ports, stations;
	uint32_t ageing, port_limit, local_limit, uplink_limit;
	bool set_follows, link_follows, link;
	uint16_t group_fwd;
	bool set_group_fwd;
};

/**
 * struct vmnl_station - where an address is
 * @hub: number of the hub
 * @port: id of the port
 * @from: of a move, the port before
 * @age: seconds since its last frame, of learned ones behind uplinks
 * @lost: events that were dropped before this one
 * @mac: the address
 * @is_static: told by the port's owner
 * @contested: heard on both sides of an uplink
 */
struct vmnl_station {
	uint32_t hub, port, from, age, lost;
	uint8_t mac[6];
	bool is_static, contested;
};

/**
 * struct vmnl_event - something happened
 * @cmd: VMNET_CMD_*_NTF, which says what of the union is set
 * @port: of the port events; of VMNET_CMD_LINK_NTF id, hub, slot and link
 * @station: of the fdb events
 */
struct vmnl_event {
	uint8_t cmd;
	union {
		struct vmnl_port port;
		struct vmnl_station station;
	};
};

struct vmnl;

struct vmnl *vmnl_open(int *error);
void vmnl_close(struct vmnl *nl);
const char *vmnl_error(const struct vmnl *nl);

int vmnl_ports(struct vmnl *nl, uint32_t hub, int (*fn)(const struct vmnl_port *p, void *arg),
	       void *arg);
int vmnl_port_get(struct vmnl *nl, uint32_t id, struct vmnl_port *out);
int vmnl_port_set(struct vmnl *nl, const struct vmnl_port_set *set);

int vmnl_hubs(struct vmnl *nl, int (*fn)(const struct vmnl_hub *h, void *arg), void *arg);
int vmnl_hub_get(struct vmnl *nl, uint32_t number, struct vmnl_hub *out);
int vmnl_hub_set(struct vmnl *nl, const struct vmnl_hub *set);

int vmnl_stations(struct vmnl *nl, uint32_t hub, int (*fn)(const struct vmnl_station *s, void *arg),
		  void *arg);
int vmnl_station_get(struct vmnl *nl, uint32_t hub, const uint8_t mac[6], struct vmnl_station *out);

int vmnl_subscribe(struct vmnl *nl, const char *group);
int vmnl_fd(const struct vmnl *nl);
int vmnl_events(struct vmnl *nl, int (*fn)(const struct vmnl_event *ev, void *arg), void *arg);

#endif
