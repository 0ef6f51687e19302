// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "conffile.h"
#include "dns_servers.h"
#include "log.h"

/* How long a later server is asked first because an earlier one was silent. */
#define PREFER_TIME (300 * SEC)
static void read_file(struct dns_servers *s)
{
	struct resolv old = s->conf;
	char text[46];
	char *buf;
	size_t len;
	int err;

	filewatch_again(&s->watch);
	buf = conf_read(s->watch.path, RESOLV_MAX_SIZE, &len, &err);
	if (!buf) {
		s->watch.complete = false;
		/* Gone for a moment: keep what we had. */
		if (s->conf.nservers) {
			if (err != -ENOENT)
				log_warn("%s: %s; the DNS servers stay", s->watch.path,
					 strerror(-err));
			return;
		}
		log_warn("%s: %s; the DNS server of this host is asked", s->watch.path,
			 strerror(-err));
	}
	resolv_parse(&s->conf, buf ? buf : "", buf ? len : 0);
	resolv_apply(&s->conf, s->policy);
	free(buf);
	if (!memcmp(&old, &s->conf, sizeof(old)))
		return;
	s->preferred = 0;
	log_info("DNS: %u server%s, first %s", s->conf.nservers, s->conf.nservers == 1 ? "" : "s",
		 ipaddr_format(&s->conf.servers[0].addr, text));
}

static void on_change(struct filewatch *w)
{
	read_file((void *)((char *)w - offsetof(struct dns_servers, watch)));
}

/**
 * dns_servers_init - read the file and watch it
 * @s: filled
 * @loop: where its events come
 * @path: usually /etc/resolv.conf; need not exist
 * @policy: what is to be made of it; outlives @s
 *
 * Return: 0 or negative errno.
 */
int dns_servers_init(struct dns_servers *s, struct loop *loop, const char *path,
		     const struct resolv_policy *policy)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->loop = loop;
	s->policy = policy;
	err = filewatch_init(&s->watch, loop, path, on_change);
	if (!err)
		read_file(s);
	return err;
}

/* The policy is another one. */
void dns_servers_changed(struct dns_servers *s)
{
	read_file(s);
}

/* End what dns_servers_init() began. */
void dns_servers_done(struct dns_servers *s)
{
	filewatch_done(&s->watch);
}

/**
 * dns_servers_begin - which server to ask first
 * @s: the servers
 *
 * Return: its index; the others follow modulo @s->conf.nservers.
 */
unsigned int dns_servers_begin(struct dns_servers *s)
{
	uint64_t now = loop_now(s->loop);

	if (filewatch_due(&s->watch))
		read_file(s);
	if (s->conf.rotate) {
		s->preferred = (s->preferred + 1) % s->conf.nservers;
		return s->preferred;
	}
	if (s->preferred && now >= s->preferred_until)
		s->preferred = 0;
	return s->preferred % s->conf.nservers;
}

/**
 * dns_servers_get - the address of a server
 * @s: the servers
 * @n: index, taken modulo their number
 * @port: usually 53
 * @to: filled
 * @len: bytes of @to that are the address
 *
 * Return: 0, or -ENODEV when the interface it lies on is not there.
 */
int dns_servers_get(const struct dns_servers *s, unsigned int n, uint16_t port,
		    union sockaddr_any *to, socklen_t *len)
{
	const struct resolv_server *rs = &s->conf.servers[n % s->conf.nservers];

	*len = sockaddr_put(to, &rs->addr, port);
	if (rs->addr.family == AF_INET6 && rs->scope[0]) {
		to->in6.sin6_scope_id = if_nametoindex(rs->scope);
		if (!to->in6.sin6_scope_id)
			return -ENODEV;
	}
	return 0;
}

/* Server @n has answered: ask it first from now on. */
void dns_servers_worked(struct dns_servers *s, unsigned int n)
{
	n %= s->conf.nservers;
	if (s->conf.rotate || s->conf.burst || n == s->preferred)
		return;
	s->preferred = n;
	s->preferred_until = loop_now(s->loop) + PREFER_TIME;
}
