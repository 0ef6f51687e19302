/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The contract between vmnet.ko and user space: what an open /dev/vmnetN
 * answers to. Layouts are the same for 32 and 64 bit callers.
 *
 * An open file speaks one of two dialects, fixed by the first state call:
 * VMware's (the calls below that carry its names) or TUN's (linux/if_tun.h).
 * VMNET_IOC_SETUP and SIOCGETAPIVERSION2 belong to neither and fix nothing.
 */
#ifndef _UAPI_LINUX_VMNET_H
#define _UAPI_LINUX_VMNET_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Device numbers and limits. */
#define VMNET_MAJOR		119
#define VMNET_MINORS		256
#define VMNET_MAX_PORTS		4096	/* ports of one hub, then EBUSY */
#define VMNET_MIN_FRAME		14	/* an Ethernet header, no FCS */
#define VMNET_MAX_FRAME		9216	/* largest frame of the VMware dialect */
#define VMNET_QUEUE_LEN		1024	/* frames waiting in a port */
#define VMNET_MAX_MCAST		32	/* exact multicast addresses of a port */
#define VMNET_NETIF_NAME	8	/* bytes of a name in SIOCNETIF */
#define VMNET_BRIDGE_NAME	32	/* bytes of a name in SIOCSPEER3 */

/* SIOCGETAPIVERSION2: callers compare the upper 16 bits. */
#define VMNET_API_VERSION	0x00040000

/* Port flags (SIOCSPORTFLAGS); RUNNING is always set. */
#define VMNET_FLAG_UP		0x0001
#define VMNET_FLAG_BROADCAST	0x0002
#define VMNET_FLAG_DEBUG	0x0004
#define VMNET_FLAG_RUNNING	0x0040
#define VMNET_FLAG_PROMISC	0x0100
#define VMNET_FLAG_ALLMULTI	0x0200
#define VMNET_FLAG_MULTICAST	0x1000
#define VMNET_FLAGS_SETTABLE	0x1307

/**
 * struct vmnet_mac - argument of SIOCSETMACADDR
 * @version: must be 1
 * @mac: the address
 * @pad: ignored
 * @flags: VMNET_MAC_UNIQUE: refuse (EBUSY) an address another port has
 */
struct vmnet_mac {
	__u32	version;
	__u8	mac[6];
	__u8	pad[2];
	__u32	flags;
};

#define VMNET_MAC_VERSION	1
#define VMNET_MAC_UNIQUE	0x1

/**
 * struct vmnet_mcast_filter - argument of SIOCSMCASTFILTER
 * @n: number of exact addresses; 0 selects the hash filter
 * @ladrf: 64 bit hash filter, LANCE style
 * @addr: exact addresses; when @n is not 0 only they are used
 */
struct vmnet_mcast_filter {
	__u32	n;
	__u8	ladrf[8];
	__u8	addr[VMNET_MAX_MCAST][6];
} __attribute__((packed));

/**
 * struct vmnet_bind - argument of SIOCSBIND
 * @version: must be 1
 * @type: VMNET_BIND_VNET, or VMNET_BIND_PVN
 * @number: vnet number 0..255 for VMNET_BIND_VNET
 * @pvn: name of a private network; the first 20 bytes count
 */
struct vmnet_bind {
	__u32	version;
	__u32	type;
	__s32	number;
	__u8	pvn[32];
};

#define VMNET_BIND_VERSION	1
#define VMNET_BIND_VNET		1
#define VMNET_BIND_PVN		2

/**
 * struct vmnet_peer - argument of SIOCSPEER3
 * @name: interface to attach to; 15 characters count
 * @flags: VMNET_PEER_SMAC: leave with the address of the NIC
 */
struct vmnet_peer {
	char	name[VMNET_BRIDGE_NAME];
	__u32	flags;
} __attribute__((packed));

#define VMNET_PEER_SMAC		0x1

/* SIOCGBRSTATUS */
#define VMNET_BRIDGE_NONE	0	/* no other bridge port on the hub */
#define VMNET_BRIDGE_INACTIVE	1	/* present, none is active */
#define VMNET_BRIDGE_ACTIVE	2	/* one is active */
#define VMNET_BRIDGE_MIXED	3	/* an active one before an inactive one */

#define SIOCGETAPIVERSION2	_IOWR(0x99, 0xE0, __u32)
#define SIOCSFILTERRULES	_IOW(0x99, 0xE1, __u8[12])
#define SIOCSUSERLISTENER	_IOW(0x99, 0xE2, __u8[8])
#define SIOCSMCASTFILTER	_IOW(0x99, 0xE3, struct vmnet_mcast_filter)
#define SIOCSPEER3		_IOW(0x99, 0xE4, struct vmnet_peer)
#define SIOCGETMACADDR		_IOR(0x99, 0xE5, __u8[6])
#define SIOCSPORTFLAGS		_IOW(0x99, 0xE6, __u32)
#define SIOCGBRSTATUS		_IOR(0x99, 0xFD, __u32)
#define SIOCSBIND		_IOW(0x99, 0xFF, struct vmnet_bind)
#define SIOCSLADRF		0x99F2	/* 8 bytes */
#define SIOCNETIF		0x99F5	/* 8 bytes: the name, not terminated */
#define SIOCSETMACADDR		0x99F6	/* struct vmnet_mac */

/**
 * struct vmnet_setup - argument of VMNET_IOC_SETUP
 * @size: sizeof(struct vmnet_setup) as the caller knows it; a kernel that
 *	knows less refuses what is not zero beyond its own (E2BIG)
 * @vnet_hdr_sz: bytes of virtio_net_hdr before each frame: 0 (none), 10,
 *	12 or 20
 * @offload: TUN_F_* bits the caller can take on read (needs @vnet_hdr_sz)
 * @queue_len: frames that may wait, 1 to VMNET_QUEUE_LEN; 0 leaves it
 *
 * Adds to a user port what VMware's calls have no words for and leaves its
 * addressing as it is. With a header readv() and writev() carry one frame a
 * call, header first, however many elements there are. On return every member
 * holds what is in force.
 */
struct vmnet_setup {
	__u32	size;
	__u32	vnet_hdr_sz;
	__u32	offload;
	__u32	queue_len;
};

#define VMNET_IOC_SETUP		_IOWR(0x99, 0x40, struct vmnet_setup)

#endif /* _UAPI_LINUX_VMNET_H */
