/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_CHARDEV_H
#define _VMNET_CHARDEV_H

int vmnet_chardev_init(void);
void vmnet_chardev_exit(void);

#endif /* _VMNET_CHARDEV_H */
