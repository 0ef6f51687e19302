/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the netlink client share; of no concern to others.
 */
#ifndef VMNET_VMNL_PRIV_H
#define VMNET_VMNL_PRIV_H

#include <linux/netlink.h>
#include <stdint.h>

struct vmnl;

/* What a reply is turned into: one of these for each kind of object. */
typedef int (*vmnl_parse_fn)(const struct nlmsghdr *nlh, void *arg);

struct nlmsghdr *vmnl_request(struct vmnl *nl, uint8_t cmd, uint16_t flags);
int vmnl_talk(struct vmnl *nl, const struct nlmsghdr *nlh, vmnl_parse_fn fn, void *arg);

#endif
