// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options and their names: those of dhcp-options(5), RFC 2132 and what came
 * after it. No I/O.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "conf_opts.h"

static const struct opt_def defs[] = {
	{ "subnet-mask", 1, "I" },
	{ "time-offset", 2, "L" },
	{ "routers", 3, "I*" },
	{ "time-servers", 4, "I*" },
	{ "ien116-name-servers", 5, "I*" },
	{ "domain-name-servers", 6, "I*" },
	{ "log-servers", 7, "I*" },
	{ "cookie-servers", 8, "I*" },
	{ "lpr-servers", 9, "I*" },
	{ "impress-servers", 10, "I*" },
	{ "resource-location-servers", 11, "I*" },
	{ "host-name", 12, "t" },
	{ "boot-size", 13, "w" },
	{ "merit-dump", 14, "t" },
	{ "domain-name", 15, "t" },
	{ "swap-server", 16, "I" },
	{ "root-path", 17, "t" },
	{ "extensions-path", 18, "t" },
	{ "ip-forwarding", 19, "f" },
	{ "non-local-source-routing", 20, "f" },
	{ "policy-filter", 21, "II*" },
	{ "max-dgram-reassembly", 22, "w" },
	{ "default-ip-ttl", 23, "b" },
	{ "path-mtu-aging-timeout", 24, "l" },
	{ "path-mtu-plateau-table", 25, "w*" },
	{ "interface-mtu", 26, "w" },
	{ "all-subnets-local", 27, "f" },
	{ "broadcast-address", 28, "I" },
	{ "perform-mask-discovery", 29, "f" },
	{ "mask-supplier", 30, "f" },
	{ "router-discovery", 31, "f" },
	{ "router-solicitation-address", 32, "I" },
	{ "static-routes", 33, "II*" },
	{ "trailer-encapsulation", 34, "f" },
	{ "arp-cache-timeout", 35, "l" },
	{ "ieee802-3-encapsulation", 36, "f" },
	{ "default-tcp-ttl", 37, "b" },
	{ "tcp-keepalive-interval", 38, "l" },
	{ "tcp-keepalive-garbage", 39, "f" },
	{ "nis-domain", 40, "t" },
	{ "nis-servers", 41, "I*" },
	{ "ntp-servers", 42, "I*" },
	{ "vendor-encapsulated-options", 43, "x" },
	{ "netbios-name-servers", 44, "I*" },
	{ "netbios-dd-server", 45, "I*" },
	{ "netbios-node-type", 46, "b" },
	{ "netbios-scope", 47, "t" },
	{ "font-servers", 48, "I*" },
	{ "x-display-manager", 49, "I*" },
	{ "dhcp-requested-address", 50, "I" },
	{ "dhcp-lease-time", 51, "l" },
	{ "dhcp-option-overload", 52, "b" },
	{ "dhcp-message-type", 53, "b" },
	{ "dhcp-server-identifier", 54, "I" },
	{ "dhcp-parameter-request-list", 55, "b*" },
	{ "dhcp-message", 56, "t" },
	{ "dhcp-max-message-size", 57, "w" },
	{ "dhcp-renewal-time", 58, "l" },
	{ "dhcp-rebinding-time", 59, "l" },
	{ "vendor-class-identifier", 60, "x" },
	{ "dhcp-client-identifier", 61, "x" },
	{ "nwip-domain", 62, "x" },
	{ "nwip-suboptions", 63, "x" },
	{ "nisplus-domain", 64, "t" },
	{ "nisplus-servers", 65, "I*" },
	{ "tftp-server-name", 66, "t" },
	{ "bootfile-name", 67, "t" },
	{ "mobile-ip-home-agent", 68, "I*" },
	{ "smtp-server", 69, "I*" },
	{ "pop-server", 70, "I*" },
	{ "nntp-server", 71, "I*" },
	{ "www-server", 72, "I*" },
	{ "finger-server", 73, "I*" },
	{ "irc-server", 74, "I*" },
	{ "streettalk-server", 75, "I*" },
	{ "streettalk-directory-assistance-server", 76, "I*" },
	{ "user-class", 77, "x" },
	{ "slp-directory-agent", 78, "fI+" },
	{ "slp-service-scope", 79, "ft" },
	{ "rapid-commit", 80, "x" },
	{ "fqdn", 81, "x" },
	{ "relay-agent-information", 82, "x" },
	{ "isns", 83, "x" },
	{ "nds-servers", 85, "I*" },
	{ "nds-tree-name", 86, "t" },
	{ "nds-context", 87, "t" },
	{ "bcms-controller-names", 88, "d*" },
	{ "bcms-controller-address", 89, "I*" },
	{ "authenticate", 90, "x" },
	{ "client-last-transaction-time", 91, "l" },
	{ "associated-ip", 92, "I*" },
	{ "pxe-system-type", 93, "w*" },
	{ "pxe-interface-id", 94, "bbb" },
	{ "ldap-url", 95, "t" },
	{ "pxe-client-id", 97, "bx" },
	{ "uap-servers", 98, "t" },
	{ "geoconf-civic", 99, "x" },
	{ "pcode", 100, "t" },
	{ "tcode", 101, "t" },
	{ "v6-only-preferred", 108, "l" },
	{ "netinfo-server-address", 112, "I*" },
	{ "netinfo-server-tag", 113, "t" },
	{ "default-url", 114, "t" },
	{ "auto-config", 116, "b" },
	{ "name-service-search", 117, "w*" },
	{ "subnet-selection", 118, "I" },
	{ "domain-search", 119, "C*" },
	{ "sip-servers", 120, "x" },
	{ "classless-static-routes", 121, "r*" },
	{ "rfc3442-classless-static-routes", 121, "r*" },
	{ "vivco", 124, "x" },
	{ "vivso", 125, "x" },
	{ "pana-agent", 136, "I*" },
	{ "v4-lost", 137, "d" },
	{ "capwap-ac-v4", 138, "I*" },
	{ "sip-ua-cs-domains", 141, "d*" },
	{ "ipv4-address-andsf", 142, "I*" },
	{ "rdnss-selection", 146, "bIId+" },
	{ "tftp-server-address", 150, "I*" },
	{ "v4-portparams", 159, "bbw" },
	{ "v4-captive-portal", 160, "t" },
	{ "loader-configfile", 209, "t" },
	{ "loader-pathprefix", 210, "t" },
	{ "loader-reboottime", 211, "l" },
	{ "option-6rd", 212, "x" },
	{ "v4-access-domain", 213, "d" },
	{ "ms-classless-static-routes", 249, "r*" },
	{ "wpad", 252, "t" },
};

/**
 * opt_dict_init - DHCP's own options
 * @d: filled in, also on error
 *
 * Return: 0 or -ENOMEM.
 */
int opt_dict_init(struct opt_dict *d)
{
	size_t i;
	int err = 0;

	*d = (struct opt_dict){ .name = "dhcp", .index = -1 };
	for (i = 0; !err && i < sizeof(defs) / sizeof(defs[0]); i++)
		err = opt_define(d, &defs[i]);
	return err;
}

void opt_dict_done(struct opt_dict *d)
{
	conf_hash_done(&d->by_name);
}

/* From now on, an option has this name; @def lives as long as @d. 0 or -ENOMEM. */
int opt_define(struct opt_dict *d, const struct opt_def *def)
{
	return conf_hash_add(&d->by_name, def->name, strlen(def->name), (void *)(uintptr_t)def);
}

const struct opt_def *opt_find(const struct opt_dict *d, const char *name)
{
	return *name ? conf_hash_find(&d->by_name, name, strlen(name)) : NULL;
}

/*
 * Letters to add, drop, exchange or swap with the next to make one word of the
 * other (Damerau, "optimal string alignment"); @most + 1 for more than @most.
 */
static unsigned int distance_of(const char *a, const char *b, unsigned int most)
{
	unsigned int rows[3][64], *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la >= 64 || lb >= 64)
		return most + 1;
	for (j = 0; j <= lb; j++)
		last[j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		now[0] = (unsigned int)i;
		for (j = 1; j <= lb; j++) {
			unsigned int best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[lb];
}

/**
 * is_near - may one word be a slip of the pen for another?
 * @a: what stands there
 * @b: what may have been meant
 * @distance: of the nearest so far, at first UINT_MAX; is made smaller
 *
 * Return: true when @b is the nearest so far and not too far.
 */
bool is_near(const char *a, const char *b, unsigned int *distance)
{
	unsigned int most = strlen(a) > 8 ? 3 : strlen(a) > 4 ? 2 : 1;
	unsigned int d = distance_of(a, b, most);

	if (d > most || d >= *distance)
		return false;
	*distance = d;
	return true;
}

/* The name that is most like this one, NULL when none is. */
const char *opt_nearest(const struct opt_dict *d, const char *name)
{
	unsigned int distance = UINT32_MAX;
	const char *best = NULL;
	size_t i;

	for (i = 0; i < d->by_name.size; i++) {
		const struct opt_def *def = d->by_name.slots[i].value;

		if (def && is_near(name, def->name, &distance))
			best = def->name;
	}
	return best;
}
