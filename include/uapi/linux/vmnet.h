/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The contract between vmnet.ko and user space: what an open /dev/vmnetN
 * answers to. Layouts are the same for 32 and 64 bit callers.
 *
 * An open file speaks one of two dialects, fixed by the first state call:
 * VMware's (the calls below that carry its names) or TUN's (linux/if_tun.h).
 * VMNET_IOC_SETUP and SIOCGETAPIVERSION2 belong to neither and fix nothing.
 */
/*
 * Who may do what, beyond opening a node, which takes the permission to read or
 * to write it (it is made with mode 0660). Frames are read by whoever opened it
 * for reading, and written by whoever did for writing, in batches too; a socket
 * view takes both. The calls of VMware and TUN work on any open file.
 *
 *	call or sight			takes			else
 *	VMNET_FLAG_PROMISC		nothing; if the module	the flag is
 *					parameter promisc is N,	ignored, the
 *					CAP_NET_RAW when the	others count
 *					node was opened. Netlink
 *					can allow or forbid it.
 *	frames of a NIC that are the	the same, and always	not seen
 *	host's alone (promiscuous	CAP_NET_RAW when the
 *	port on a hub with an uplink)	node was opened
 *	SIOCSBIND to another hub	nothing; if the module	EPERM
 *	than the node's			parameter bind is N,
 *					CAP_NET_ADMIN (2)
 *	SIOCNETIF			CAP_NET_ADMIN (1)	EPERM
 *	SIOCSPEER3			CAP_NET_RAW (1)		EACCES
 *	SIOCSETMACADDR			nothing; on a locked	EPERM
 *					port an address of its
 *					own; one that is no	EBUSY
 *					other's for good
 *	more ports than the module	CAP_SYS_RESOURCE (2)	EMFILE
 *	parameter max_user_ports
 *	/proc/vmnet, netlink: look	nothing
 *	netlink: who opened a port	CAP_NET_ADMIN (2)	not told
 *	netlink: set anything (policy	CAP_NET_ADMIN (2)	EPERM
 *	of a port, of a hub)
 *
 * (1) in the namespace the node was opened in, (2) in the initial one.
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
#define VMNET_PVN_NAME		20	/* bytes that count in SIOCSBIND */
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
 * @pvn: name of a private network; VMNET_PVN_NAME bytes count
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

/**
 * struct vmnet_listen - argument of SIOCSUSERLISTENER
 * @version: must be 1
 * @classes: VMNET_EVENT_* to be told of, a set; others are ignored
 */
struct vmnet_listen {
	__u32	version;
	__u32	classes;
};

#define VMNET_LISTEN_VERSION	1
/*
 * The link of an uplink: there is a NIC, and it is administratively up. On a
 * hub whose link follows that of its NIC (see linux/vmnet_netlink.h) the NIC's
 * carrier counts too.
 */
#define VMNET_EVENT_UPLINK	0x1
#define VMNET_EVENT_CARRIER	0x2	/* the carrier of its NIC */
#define VMNET_EVENT_LINK	0	/* the only type */

/**
 * struct vmnet_event - what a listener reads
 * @size: bytes of this structure
 * @sender: who tells, numbered per hub
 * @event: 0
 * @classes: VMNET_EVENT_UPLINK or VMNET_EVENT_CARRIER
 * @type: VMNET_EVENT_LINK
 * @adapter: interface index of the NIC; the state itself when injected
 * @up: 1 when the link has come up, 0 when it has gone
 * @pad: zero
 */
struct vmnet_event {
	__u32	size;
	__u32	sender;
	__u32	event;
	__u32	classes;
	__u32	type;
	__u32	adapter;
	__u8	up;
	__u8	pad[3];
};

/**
 * struct vmnet_notify - argument of SIOCSETNOTIFY2
 * @version: must be 6
 * @pad0: ignored
 * @pad1: ignored
 * @pending: address of the pending word, a __u32: while it has the bits of
 *	@mask there may be frames to read. They are set when a frame is queued
 *	and cleared by a read that finds none.
 * @cluster: address of another __u32, which must be valid and is not used
 * @pad2: ignored
 * @mask: the bits
 */
struct vmnet_notify {
	__u32	version;
	__u32	pad0;
	__u64	pad1;
	__u64	pending;
	__u64	cluster;
	__u32	pad2;
	__u32	mask;
} __attribute__((packed));

#define VMNET_NOTIFY_VERSION	6

/* SIOCGBRSTATUS */
#define VMNET_BRIDGE_NONE	0	/* no other bridge port on the hub */
#define VMNET_BRIDGE_INACTIVE	1	/* present, none is active */
#define VMNET_BRIDGE_ACTIVE	2	/* one is active */
#define VMNET_BRIDGE_MIXED	3	/* an active one before an inactive one */

#define SIOCGETAPIVERSION2	_IOWR(0x99, 0xE0, __u32)
#define SIOCSFILTERRULES	_IOW(0x99, 0xE1, __u8[12])
#define SIOCSUSERLISTENER	_IOW(0x99, 0xE2, struct vmnet_listen)
#define SIOCSMCASTFILTER	_IOW(0x99, 0xE3, struct vmnet_mcast_filter)
#define SIOCSPEER3		_IOW(0x99, 0xE4, struct vmnet_peer)
#define SIOCGETMACADDR		_IOR(0x99, 0xE5, __u8[6])
#define SIOCSPORTFLAGS		_IOW(0x99, 0xE6, __u32)
#define SIOCGBRSTATUS		_IOR(0x99, 0xFD, __u32)
#define SIOCSBIND		_IOW(0x99, 0xFF, struct vmnet_bind)
#define SIOCSLADRF		0x99F2	/* 8 bytes */
#define SIOCNETIF		0x99F5	/* 8 bytes: the name, not terminated */
#define SIOCSETMACADDR		0x99F6	/* struct vmnet_mac */
#define SIOCUNSETNOTIFY		0x99F9	/* nothing */
#define SIOCSETNOTIFY2		0x99FB	/* struct vmnet_notify */
#define SIOCINJECTLINKSTATE	0x99FD	/* 1 byte: the state, 0 or 1 */

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

/**
 * struct vmnet_buf - one frame of a batch
 * @addr: where it is in memory, virtio_net_hdr first when the port has one
 * @len: bytes there; on VMNET_IOC_RECV the room, and on return the bytes used
 * @flags: must be 0 on entry; on return of VMNET_IOC_RECV VMNET_BUF_CUT when
 *	the frame was longer than the room
 */
struct vmnet_buf {
	__u64	addr;
	__u32	len;
	__u32	flags;
};

#define VMNET_BUF_CUT		0x1

/**
 * struct vmnet_batch - argument of VMNET_IOC_SEND and VMNET_IOC_RECV
 * @size: sizeof(struct vmnet_batch) as the caller knows it, see
 *	struct vmnet_setup
 * @count: number of elements, 1 to VMNET_MAX_BATCH
 * @bufs: address of an array of struct vmnet_buf
 * @flags: VMNET_BATCH_DONTWAIT: as if the file had O_NONBLOCK
 * @pad: must be 0
 *
 * Many frames a call, in either dialect. VMNET_IOC_SEND writes the elements in
 * order. VMNET_IOC_RECV waits for one frame, unless told not to, and takes what
 * is there. Both return the number of frames that were moved; an error, that of
 * write() or read() for the frame it met, only when there was none. In VMware's
 * dialect a frame that does not fit stays (EMSGSIZE), in TUN's it is cut.
 */
struct vmnet_batch {
	__u32	size;
	__u32	count;
	__u64	bufs;
	__u32	flags;
	__u32	pad;
};

#define VMNET_MAX_BATCH		64
#define VMNET_BATCH_DONTWAIT	0x1

#define VMNET_IOC_SEND		_IOW(0x99, 0x41, struct vmnet_batch)
#define VMNET_IOC_RECV		_IOW(0x99, 0x42, struct vmnet_batch)

/*
 * VMNET_IOC_SOCKET: a second descriptor of the same port, returned by the call:
 * a socket, for sendmmsg(), recvmmsg() and vhost-net (QEMU: tap,fd=N,vhost=on).
 * It answers to read(), write() and all ioctls too. The argument is a set of
 * flags. A message is a frame; one that does not fit is cut (MSG_TRUNC). The
 * port stays plugged in until all its descriptors are closed, and stays what it
 * is: SIOCNETIF and its like answer EBUSY while a socket is open.
 */
#define VMNET_SOCKET_VHOST	0x1	/* one that vhost-net accepts */
#define VMNET_SOCKET_CLOEXEC	0x2
#define VMNET_SOCKET_NONBLOCK	0x4

#define VMNET_IOC_SOCKET	_IO(0x99, 0x43)

#endif /* _UAPI_LINUX_VMNET_H */
