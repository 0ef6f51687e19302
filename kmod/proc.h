/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_PROC_H
#define _VMNET_PROC_H

int vmnet_proc_init(void);
void vmnet_proc_exit(void);

#endif /* _VMNET_PROC_H */
