// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"
#include "log.h"

/* Log what the parser passed over in a file. */
void load_warn(const char *path, const struct dhcp_conf *conf)
{
	char text[512];
	unsigned int i;

	for (i = 0; i < conf->nwarnings; i++)
		log_warn("%s", conf_err_format(path, &conf->warnings[i], text, sizeof(text)));
}

/**
 * load_choose_local - which subnet of a configuration we are on
 * @s: the server, its port open
 * @conf: the configuration: on an interface of the host it is that of the first
 *	of its addresses that is on one
 * @err: why not
 *
 * Return: 0; -EADDRNOTAVAIL when the interface has no such address.
 */
int load_choose_local(const struct server *s, struct dhcp_conf *conf, struct conf_err *err)
{
	unsigned int i;

	if (!s->iface.name[0])
		return 0;
	for (i = 0; i < s->iface.naddrs; i++)
		if (!dhcp_conf_set_local(conf, s->iface.addrs[i]))
			return 0;
	conf_fail(err, 0, "interface %s has no address on a subnet of it", s->iface.name);
	return -EADDRNOTAVAIL;
}

/* End a configuration; NULL is none. */
void load_free(struct dhcp_conf *conf)
{
	if (!conf)
		return;
	dhcp_conf_done(conf);
	free(conf);
}
