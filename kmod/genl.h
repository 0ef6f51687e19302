/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_GENL_H
#define _VMNET_GENL_H

int vmnet_genl_init(void);
void vmnet_genl_exit(void);

#endif /* _VMNET_GENL_H */
