/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy of a port over netlink: VLANs, isolation, lock, bad lines.
 *
 * The functions return 0 or a negative errno; vmnl_error() has the kernel's
 * words.
 */
#ifndef VMNET_VMNL_POLICY_H
#define VMNET_VMNL_POLICY_H

#include "vmnl.h"

#define VMNL_LOCK_MAX 16
#define VMNL_VLAN_BYTES 512

/**
 * struct vmnl_vlan - the VLANs of a port
 * @mode: VMNET_VLAN_MODE_*
 * @vid: of an access port, its VLAN; of a trunk, the one without tags, or 0
 * @allowed: of a trunk, the others: bit N%8 of byte N/8
 */
struct vmnl_vlan {
	uint32_t mode, vid;
	uint8_t allowed[VMNL_VLAN_BYTES];
};

/**
 * struct vmnl_lock - the source addresses of a port
 * @on: no others
 * @n: how many are listed; 0: its own, or the first that is heard
 * @mac: the list
 * @has_heard: one was heard (told, not set)
 * @heard: that one
 */
struct vmnl_lock {
	bool on;
	unsigned int n;
	uint8_t mac[VMNL_LOCK_MAX][6];
	bool has_heard;
	uint8_t heard[6];
};

/**
 * struct vmnl_line - how bad a line is; all 0 for a perfect one
 * @rate: bits a second
 * @burst: bytes
 * @delay: microseconds
 * @jitter: microseconds
 * @loss: in a million
 * @duplicate: in a million
 * @limit_frames: most that may wait, 0 for the default
 * @limit_bytes: memory they may pin, 0 for the default
 * @waiting_frames: how many wait (told, not set)
 * @waiting_bytes: memory they pin (told, not set)
 * @reorder: jitter may change the order
 */
struct vmnl_line {
	uint64_t rate;
	uint32_t burst, delay, jitter, loss, duplicate;
	uint32_t limit_frames, limit_bytes;
	uint32_t waiting_frames, waiting_bytes;
	bool reorder;
};

/* @in is from the port into the hub, @out from the hub to the port. */
struct vmnl_policy {
	bool isolated;
	struct vmnl_vlan vlan;
	struct vmnl_lock lock;
	struct vmnl_line in, out;
};

int vmnl_policy_get(struct vmnl *nl, uint32_t id, struct vmnl_policy *out);
int vmnl_policy_set(struct vmnl *nl, uint32_t id, uint32_t what, const struct vmnl_policy *p);

#endif
