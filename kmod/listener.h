/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_LISTENER_H
#define _VMNET_LISTENER_H

#include <linux/types.h>
#include <linux/wait.h>

struct vmnet_port;

struct vmnet_port *vmnet_listener_create(u32 classes, wait_queue_head_t *wait);

#endif /* _VMNET_LISTENER_H */
