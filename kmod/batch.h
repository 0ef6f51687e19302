/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_BATCH_H
#define _VMNET_BATCH_H

#include <linux/types.h>

struct vmnet_file;

long vmnet_batch_send(struct vmnet_file *f, void __user *arg);
long vmnet_batch_recv(struct vmnet_file *f, void __user *arg, bool nonblock);

#endif /* _VMNET_BATCH_H */
