// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading and unloading.
 */
#include <linux/module.h>
#include "bridge.h"
#include "chardev.h"
#include "genl.h"
#include "hub.h"
#include "netif.h"
#include "ns.h"
#include "proc.h"
#include "skbio.h"
#include "uport.h"

static int __init vmnet_init(void)
{
	int err;

	err = vmnet_proc_init();
	if (err)
		return err;
	err = vmnet_hub_init();
	if (err)
		goto proc;
	vmnet_uport_init();
	err = vmnet_ns_init();
	if (err)
		goto hub;
	err = vmnet_netif_init();
	if (err)
		goto ns;
	err = vmnet_bridge_init();
	if (err)
		goto netif;
	err = vmnet_genl_init();
	if (err)
		goto bridge;
	err = vmnet_chardev_init();
	if (err)
		goto genl;
	return 0;
genl:
	vmnet_genl_exit();
bridge:
	vmnet_bridge_exit();
netif:
	vmnet_netif_exit();
ns:
	vmnet_ns_exit();
hub:
	vmnet_hub_exit();
proc:
	vmnet_proc_exit();
	return err;
}

/* No file is open, so no port is left but in RCU's hands. */
static void __exit vmnet_exit(void)
{
	vmnet_chardev_exit();
	vmnet_genl_exit();
	vmnet_bridge_exit();
	vmnet_netif_exit();
	vmnet_ns_exit();
	vmnet_hub_exit();
	vmnet_uport_exit();
	vmnet_skbio_exit();
	vmnet_proc_exit();
}

module_init(vmnet_init);
module_exit(vmnet_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VMware-style virtual networks");
MODULE_AUTHOR("The vmnet authors");
MODULE_ALIAS_CHARDEV_MAJOR(VMNET_MAJOR);
