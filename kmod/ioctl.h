/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMNET_IOCTL_H
#define _VMNET_IOCTL_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct file;
struct vmnet_file;

/* Not one of this dialect's calls. Never reaches user space. */
#define VMNET_NOT_MINE	(-ENOIOCTLCMD)

long vmnet_ioctl(struct vmnet_file *f, const struct file *file,
		 unsigned int cmd, void __user *arg);
int vmnet_get_struct(void *to, size_t size, void __user *from);

long vmnet_vmw_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg);
long vmnet_tun_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg);
long vmnet_own_ioctl(struct vmnet_file *f, unsigned int cmd, void __user *arg);

#endif /* _VMNET_IOCTL_H */
