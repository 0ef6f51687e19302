/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the netlink family share; of no concern to others.
 */
#ifndef _VMNET_GENL_PRIV_H
#define _VMNET_GENL_PRIV_H

#include <net/genetlink.h>
#include "genl_gen.h"
#include "hub.h"

extern struct genl_family vmnet_nl_family;

/* Changes with who is plugged in where; a dump that sees it change says so. */
extern unsigned int vmnet_genl_generation;

/* Does anybody want to know? Any context. */
static inline bool vmnet_genl_wanted(unsigned int group)
{
	return genl_has_listeners(&vmnet_nl_family, &init_net, group);
}

void vmnet_genl_ports_init(void);
void vmnet_genl_fdb_init(void);
void vmnet_genl_fdb_exit(void);

#endif /* _VMNET_GENL_PRIV_H */
