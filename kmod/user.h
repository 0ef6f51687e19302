/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_USER_H
#define _VMNET_USER_H

#include <linux/uidgid.h>

struct vmnet_user;

struct vmnet_user *vmnet_user_charge(kuid_t uid, bool exempt);
struct vmnet_user *vmnet_user_charge_again(struct vmnet_user *user);
void vmnet_user_uncharge(struct vmnet_user *user);

#endif /* _VMNET_USER_H */
