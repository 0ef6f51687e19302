// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family: how hubs and ports are seen and steered by those who do
 * not hold their files. include/spec/vmnet.yaml says what there is.
 *
 * Hubs are global, so the family lives in the initial namespace. Looking is
 * free, as it is in /proc; steering takes CAP_NET_ADMIN in the initial user
 * namespace, and so does seeing who opened a port.
 */
#include <linux/module.h>
#include "genl.h"
#include "genl_priv.h"

static const struct genl_multicast_group groups[] = {
	[VMNET_NLGRP_PORT] = { .name = VMNET_MCGRP_PORT },
	[VMNET_NLGRP_LINK] = { .name = VMNET_MCGRP_LINK },
	[VMNET_NLGRP_FDB] = { .name = VMNET_MCGRP_FDB },
};

struct genl_family vmnet_nl_family = {
	.name = VMNET_FAMILY_NAME,
	.version = VMNET_FAMILY_VERSION,
	.module = THIS_MODULE,
	.parallel_ops = true,
	.ops = vmnet_nl_ops,
	.n_ops = ARRAY_SIZE(vmnet_nl_ops),
	.resv_start_op = VMNET_CMD_PORT_GET,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/**
 * vmnet_genl_init - make the family
 *
 * Before the first port. Return: 0 or an error of genl_register_family().
 */
int vmnet_genl_init(void)
{
	int err = genl_register_family(&vmnet_nl_family);

	if (err)
		return err;
	vmnet_genl_ports_init();
	vmnet_genl_fdb_init();
	return 0;
}

/* After the last port. */
void vmnet_genl_exit(void)
{
	vmnet_genl_fdb_exit();
	genl_unregister_family(&vmnet_nl_family);
}
