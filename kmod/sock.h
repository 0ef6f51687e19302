/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_SOCK_H
#define _VMNET_SOCK_H

struct vmnet_file;

long vmnet_sock_create(struct vmnet_file *f, unsigned int flags);

#endif /* _VMNET_SOCK_H */
