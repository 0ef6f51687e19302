// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resetConnectionOnLinkDown: a connection whose address the host has lost can
 * never go on, though its socket would wait for a quarter of an hour. It is
 * ended, so that the guest can begin anew by another way.
 *
 * Nothing else that happens to the host's links ends a connection: not an
 * address that is added, nor a link that is down for a moment and keeps its
 * address. So events only make us look, and what we look at is the addresses.
 *
 * Lifetime: hostaddr_init() to hostaddr_done().
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostaddr.h"
#include "log.h"
#include "nl.h"
#include "policy.h"
#include "tcp.h"

/* An address that is taken away and given back at once has not been lost. */
#define SETTLE_TIME (2 * SEC)

struct hostaddr {
	struct nat *nat;
	struct loop_fd lfd;
	struct loop_timer settle;
};

static bool is_there(const struct ifaddrs *all, const struct ipaddr *addr)
{
	union sockaddr_any sa;
	struct ipaddr has;

	for (; all; all = all->ifa_next) {
		if (!all->ifa_addr || all->ifa_addr->sa_family != addr->family)
			continue;
		memset(&sa, 0, sizeof(sa));
		memcpy(&sa, all->ifa_addr,
		       addr->family == AF_INET6 ? sizeof(sa.in6) : sizeof(sa.in));
		has = sockaddr_get(&sa, NULL);
		if (ipaddr_equal(&has, addr))
			return true;
	}
	return false;
}

/* The host's address of a flow, its family 0 when it has none that could be lost. */
static struct ipaddr local_of(const struct flow *f)
{
	struct ipaddr a = { 0 };
	union sockaddr_any sa;
	socklen_t len = sizeof(sa);

	if (f->sock.fd < 0 || getsockname(f->sock.fd, &sa.sa, &len))
		return a;
	a = sockaddr_get(&sa, NULL);
	if (nat_is_forbidden(&a))
		a.family = 0;
	return a;
}

static void look(struct loop *loop, struct loop_timer *t)
{
	struct hostaddr *h = (void *)((char *)t - offsetof(struct hostaddr, settle));
	unsigned int i, n = 0;
	struct ifaddrs *all;
	struct flow *f;
	struct ipaddr addr;

	(void)loop;
	if (getifaddrs(&all))
		return;
	for (i = 0; i < TCP_BUCKETS; i++)
		for (f = h->nat->tcp->table[i]; f; f = f->next) {
			addr = local_of(f);
			if (f->dead || !addr.family || is_there(all, &addr))
				continue;
			tcp_abort(f);
			n++;
		}
	freeifaddrs(all);
	if (n)
		log_info("%u connections ended: their address is gone", n);
}

static void on_change(uint16_t type, const char *ifname, int index, void *arg)
{
	struct hostaddr *h = arg;

	(void)ifname;
	(void)index;
	/* 0: some changes were lost. */
	if ((type == RTM_DELADDR || type == RTM_DELLINK || !type) && !loop_timer_is_set(&h->settle))
		loop_timer_set(&h->nat->loop, &h->settle, SETTLE_TIME);
}

static void on_event(struct loop *loop, struct loop_fd *self, uint32_t events)
{
	struct hostaddr *h = (void *)((char *)self - offsetof(struct hostaddr, lfd));
	int err = nl_monitor_drain(self->fd, on_change, h);

	(void)events;
	if (!err)
		return;
	log_warn("changes of addresses: %s; not watched any more", strerror(-err));
	loop_fd_del(loop, self);
}

/**
 * hostaddr_init - begin to watch
 * @n: the NAT; TCP is there already
 *
 * Return: 0 or negative errno.
 */
int hostaddr_init(struct nat *n)
{
	struct hostaddr *h;

	if (!n->conf.reset_on_link_down)
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	n->hostaddr = h;
	h->nat = n;
	h->settle.fn = look;
	h->lfd.fn = on_event;
	h->lfd.fd = nl_monitor_open();
	if (h->lfd.fd < 0)
		return h->lfd.fd;
	return loop_fd_add(&n->loop, &h->lfd, EPOLLIN);
}

/* End what hostaddr_init() began. */
void hostaddr_done(struct nat *n)
{
	struct hostaddr *h = n->hostaddr;

	if (!h)
		return;
	loop_timer_cancel(&n->loop, &h->settle);
	loop_fd_del(&n->loop, &h->lfd);
	if (h->lfd.fd >= 0)
		close(h->lfd.fd);
	free(h);
	n->hostaddr = NULL;
}
