/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy of a port for tests, over netlink (linux/vmnet_netlink.h).
 */
#ifndef VMPOLICY_H
#define VMPOLICY_H

#include "vmtest.h"

#include <linux/vmnet_netlink.h>

struct nlattr;
struct nlmsghdr;
struct vmnl;

/**
 * struct vp - a PORT_SET that is put together; vp_send() ends it
 * @nl: what it is sent by; NULL when there is none, and @err says why
 * @nlh: the message
 * @nest: the open nest
 * @err: 0, or an errno, negative
 */
struct vp {
	struct vmnl *nl;
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	int err;
};

/* What the kernel said to the last message. */
extern char vp_error[256];

void vp_begin(struct vp *m, const struct vt_port *port);
void vp_begin_id(struct vp *m, uint32_t id);
uint32_t vp_first(int kind);
void vp_put(struct vp *m, int attr, const void *data, size_t len);
void vp_u8(struct vp *m, int attr, uint8_t value);
void vp_u32(struct vp *m, int attr, uint32_t value);
void vp_u64(struct vp *m, int attr, uint64_t value);
void vp_nest(struct vp *m, int attr);
void vp_nest_end(struct vp *m);
int vp_send(struct vp *m);

int vp_isolated(const struct vt_port *port, int on);
int vp_access(const struct vt_port *port, unsigned int vid);
int vp_trunk(const struct vt_port *port, unsigned int native, unsigned int vid1,
	     unsigned int vid2);
int vp_lock(const struct vt_port *port, int on, const uint8_t *mac1,
	    const uint8_t *mac2);
int vp_off(const struct vt_port *port);

long long vp_stat(const struct vt_port *port, int attr);
long long vp_value(const struct vt_port *port, int nest, int attr);
int vp_data(const struct vt_port *port, int nest, int attr, void *data,
	    size_t size);

#endif /* VMPOLICY_H */
