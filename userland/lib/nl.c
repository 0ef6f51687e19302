// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "nl.h"

#define NL_BUF 32768
/* How often a table is read anew that changes while it is read. */
#define NL_TRIES 10
/* Messages of a monitor that are read in one go; others may want a turn. */
#define NL_TURN 256

/* One request socket; answers are read before the next request. */
struct nl {
	struct mnl_socket *sock;
	unsigned int seq;
	unsigned int portid;
	char buf[NL_BUF];
};

/**
 * nl_open - a connection to the kernel's tables
 * @error: set to negative errno on failure
 *
 * Return: the connection, or NULL.
 */
struct nl *nl_open(int *error)
{
	struct nl *nl = calloc(1, sizeof(*nl));

	*error = -ENOMEM;
	if (!nl)
		return NULL;
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		*error = -errno;
		nl_close(nl);
		return NULL;
	}
	nl->portid = mnl_socket_get_portid(nl->sock);
	*error = 0;
	return nl;
}

void nl_close(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

static struct nlmsghdr *request(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->buf);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++nl->seq;
	return nlh;
}

/*
 * Hand the messages of a buffer to @cb. What is left of an earlier request that
 * was given up is passed over. Return: as mnl_cb_run().
 */
static int hand_out(struct nl *nl, size_t n, mnl_cb_t cb, void *arg, bool *stale)
{
	struct nlmsghdr *nlh = (void *)nl->buf;
	int len = (int)n, ret = MNL_CB_OK;

	for (; mnl_nlmsg_ok(nlh, len) && ret > MNL_CB_STOP; nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_seq != nl->seq)
			continue;
		/* The table changed while it was read: read to the end, then say so. */
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			*stale = true;
		nlh->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
		ret = mnl_cb_run(nlh, nlh->nlmsg_len, nl->seq, nl->portid, cb, arg);
	}
	return ret;
}

/*
 * Send, and hand each answer to @cb until the last. Negative errno; -EINTR when
 * the table changed meanwhile, so that something may be missing.
 */
static int talk(struct nl *nl, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	int ret = MNL_CB_OK;
	bool stale = false;
	ssize_t n;

	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (ret > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret = hand_out(nl, (size_t)n, cb, arg, &stale);
	}
	if (ret < 0)
		return -errno;
	return stale ? -EINTR : 0;
}

static int link_info_attr(const struct nlattr *attr, void *data)
{
	struct nl_link *l = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
	    mnl_attr_validate(attr, MNL_TYPE_STRING) >= 0)
		strncpy(l->kind, mnl_attr_get_str(attr), sizeof(l->kind) - 1);
	return MNL_CB_OK;
}

static int link_attr(const struct nlattr *attr, void *data)
{
	struct nl_link *l = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		if (mnl_attr_validate(attr, MNL_TYPE_STRING) >= 0)
			strncpy(l->name, mnl_attr_get_str(attr), sizeof(l->name) - 1);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == 6)
			memcpy(l->mac, mnl_attr_get_payload(attr), 6);
		break;
	case IFLA_MTU:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			l->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			l->master = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_PARENT_DEV_NAME:
		l->hardware = true;
		break;
	case IFLA_WIRELESS:
		l->news = true;
		break;
	case IFLA_LINKINFO:
		mnl_attr_parse_nested(attr, link_info_attr, l);
		break;
	}
	return MNL_CB_OK;
}

static void parse_link(const struct nlmsghdr *nlh, struct nl_link *l)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

	memset(l, 0, sizeof(*l));
	l->index = ifi->ifi_index;
	l->flags = ifi->ifi_flags;
	l->type = ifi->ifi_type;
	l->gone = nlh->nlmsg_type == RTM_DELLINK;
	mnl_attr_parse(nlh, sizeof(*ifi), link_attr, l);
}

struct link_walk {
	int (*fn)(const struct nl_link *l, void *arg);
	void *arg;
	int ret;
};

static int link_cb(const struct nlmsghdr *nlh, void *data)
{
	struct link_walk *w = data;
	struct nl_link l;

	if (nlh->nlmsg_type == RTM_NEWLINK && !w->ret) {
		parse_link(nlh, &l);
		w->ret = w->fn(&l, w->arg);
	}
	return MNL_CB_OK;
}

/*
 * Call @fn for each interface until it returns other than 0; return that. -EINTR:
 * they changed meanwhile, and one may have been missed.
 */
int nl_links(struct nl *nl, int (*fn)(const struct nl_link *l, void *arg), void *arg)
{
	struct nlmsghdr *nlh = request(nl, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	struct link_walk w = { fn, arg, 0 };
	int err;

	ifi->ifi_family = AF_UNSPEC;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = talk(nl, nlh, link_cb, &w);
	return w.ret ? w.ret : err;
}

struct name_search {
	const char *name;
	struct nl_link *out;
};

static int match_name(const struct nl_link *l, void *arg)
{
	struct name_search *s = arg;

	if (strcmp(l->name, s->name) != 0)
		return 0;
	*s->out = *l;
	return 1;
}

/* Return: 0, -ENODEV, or another negative errno. */
int nl_link_by_name(struct nl *nl, const char *name, struct nl_link *out)
{
	struct name_search s = { name, out };
	int ret, tries = 0;

	do {
		ret = nl_links(nl, match_name, &s);
	} while (ret == -EINTR && ++tries < NL_TRIES);
	if (ret < 0)
		return ret;
	return ret ? 0 : -ENODEV;
}

static int link_set(struct nl *nl, int index, unsigned int change, unsigned int flags,
		    unsigned int mtu)
{
	struct nlmsghdr *nlh = request(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = index;
	ifi->ifi_change = change;
	ifi->ifi_flags = flags;
	if (mtu)
		mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	return talk(nl, nlh, NULL, NULL);
}

int nl_link_set_up(struct nl *nl, int index, bool up)
{
	return link_set(nl, index, IFF_UP, up ? IFF_UP : 0, 0);
}

int nl_link_set_mtu(struct nl *nl, int index, unsigned int mtu)
{
	return link_set(nl, index, 0, 0, mtu);
}

struct addr_walk {
	int (*fn)(const struct nl_addr *a, void *arg);
	void *arg;
	int ret;
};

static int addr_attr(const struct nlattr *attr, void *data)
{
	struct nl_addr *a = data;

	/* LOCAL is the host's own; on ordinary links ADDRESS is the same. */
	if (mnl_attr_get_payload_len(attr) == 4 &&
	    (mnl_attr_get_type(attr) == IFA_LOCAL ||
	     (mnl_attr_get_type(attr) == IFA_ADDRESS && !a->addr)))
		a->addr = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static void parse_addr(const struct nlmsghdr *nlh, struct nl_addr *a)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	memset(a, 0, sizeof(*a));
	a->index = (int)ifa->ifa_index;
	a->bits = ifa->ifa_prefixlen;
	mnl_attr_parse(nlh, sizeof(*ifa), addr_attr, a);
}

static int addr_cb(const struct nlmsghdr *nlh, void *data)
{
	struct addr_walk *w = data;
	struct nl_addr a;

	if (nlh->nlmsg_type != RTM_NEWADDR || w->ret)
		return MNL_CB_OK;
	parse_addr(nlh, &a);
	w->ret = w->fn(&a, w->arg);
	return MNL_CB_OK;
}

/* Call @fn for each IPv4 address of the host until it returns other than 0. */
int nl_addrs(struct nl *nl, int (*fn)(const struct nl_addr *a, void *arg), void *arg)
{
	struct nlmsghdr *nlh = request(nl, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	struct addr_walk w = { fn, arg, 0 };
	int err;

	ifa->ifa_family = AF_INET;
	err = talk(nl, nlh, addr_cb, &w);
	return w.ret ? w.ret : err;
}

static int addr_change(struct nl *nl, const struct nl_addr *a, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = request(nl, type, NLM_F_ACK | flags);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	uint32_t host = a->bits < 32 ? 0xffffffffU >> a->bits : 0;

	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = a->bits;
	ifa->ifa_index = (unsigned int)a->index;
	mnl_attr_put_u32(nlh, IFA_LOCAL, a->addr);
	mnl_attr_put_u32(nlh, IFA_ADDRESS, a->addr);
	if (type == RTM_NEWADDR && a->bits < 31)
		mnl_attr_put_u32(nlh, IFA_BROADCAST, a->addr | __builtin_bswap32(host));
	return talk(nl, nlh, NULL, NULL);
}

/* Return: 0, -EEXIST when it is there already, or another negative errno. */
int nl_addr_add(struct nl *nl, const struct nl_addr *a)
{
	return addr_change(nl, a, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
}

int nl_addr_del(struct nl *nl, const struct nl_addr *a)
{
	return addr_change(nl, a, RTM_DELADDR, 0);
}

struct route_walk {
	int (*fn)(const struct nl_route *r, void *arg);
	void *arg;
	struct nl_route route;
	const struct nlattr *nexthops;
	int ret;
};

static int route_attr(const struct nlattr *attr, void *data)
{
	struct route_walk *w = data;

	if (mnl_attr_get_type(attr) == RTA_MULTIPATH) {
		w->nexthops = attr;
		return MNL_CB_OK;
	}
	if (mnl_attr_get_payload_len(attr) != 4)
		return MNL_CB_OK;
	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		w->route.dst = mnl_attr_get_u32(attr);
		break;
	case RTA_OIF:
		w->route.oif = (int)mnl_attr_get_u32(attr);
		break;
	case RTA_PRIORITY:
		w->route.metric = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static bool of_main_table(const struct rtmsg *rtm)
{
	return rtm->rtm_table == RT_TABLE_MAIN && rtm->rtm_type == RTN_UNICAST;
}

/* A route with several ways out is told as so many routes. */
static void each_nexthop(struct route_walk *w)
{
	const struct rtnexthop *nh = mnl_attr_get_payload(w->nexthops);
	int left = mnl_attr_get_payload_len(w->nexthops);

	for (; RTNH_OK(nh, left) && !w->ret; nh = RTNH_NEXT(nh)) {
		left -= (int)RTNH_ALIGN(nh->rtnh_len);
		if (nh->rtnh_flags & RTNH_F_DEAD)
			continue;
		w->route.oif = nh->rtnh_ifindex;
		w->ret = w->fn(&w->route, w->arg);
	}
}

static void parse_route(const struct nlmsghdr *nlh, struct route_walk *w)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

	memset(&w->route, 0, sizeof(w->route));
	w->nexthops = NULL;
	w->route.family = rtm->rtm_family;
	w->route.bits = rtm->rtm_dst_len;
	mnl_attr_parse(nlh, sizeof(*rtm), route_attr, w);
}

static int route_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct route_walk *w = data;

	if (nlh->nlmsg_type != RTM_NEWROUTE || w->ret || !of_main_table(rtm))
		return MNL_CB_OK;
	parse_route(nlh, w);
	if (w->nexthops)
		each_nexthop(w);
	else if (!(rtm->rtm_flags & RTNH_F_DEAD))
		w->ret = w->fn(&w->route, w->arg);
	return MNL_CB_OK;
}

/*
 * Call @fn for each unicast route of the main table until it returns not 0, as
 * nl_links().
 */
int nl_routes(struct nl *nl, uint8_t family, int (*fn)(const struct nl_route *r, void *arg),
	      void *arg)
{
	struct nlmsghdr *nlh = request(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	struct route_walk w = { .fn = fn, .arg = arg };
	int err;

	rtm->rtm_family = family;
	err = talk(nl, nlh, route_cb, &w);
	return w.ret ? w.ret : err;
}

/* A socket that gets changes of links, addresses and routes. Negative errno. */
int nl_monitor_open(void)
{
	struct sockaddr_nl sa = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

struct monitor {
	void (*fn)(const struct nl_event *e, void *arg);
	void *arg;
};

static int monitor_cb(const struct nlmsghdr *nlh, void *data)
{
	struct nl_event e = { .type = nlh->nlmsg_type };
	struct monitor *m = data;
	struct route_walk w = { 0 };

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK: {
		const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);

		/* A bridge tells of its ports: one that leaves is not gone. */
		if (ifi->ifi_family != AF_UNSPEC)
			return MNL_CB_OK;
		parse_link(nlh, &e.link);
		/* Each scan is told so, without what the interface is. */
		if (e.link.news && !e.link.gone)
			return MNL_CB_OK;
		break;
	}
	case RTM_NEWADDR:
	case RTM_DELADDR:
		parse_addr(nlh, &e.addr);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		parse_route(nlh, &w);
		e.route = w.route;
		e.is_default = !e.route.bits && of_main_table(mnl_nlmsg_get_payload(nlh));
		break;
	}
	m->fn(&e, m->arg);
	return MNL_CB_OK;
}

/**
 * nl_monitor_events - read changes that wait
 * @fd: of nl_monitor_open()
 * @fn: called with each; with type 0 when changes were lost and all is to be
 *	looked at anew
 * @arg: for @fn
 *
 * Some may be left, so that others get their turn. Return: 0 or negative errno.
 */
int nl_monitor_events(int fd, void (*fn)(const struct nl_event *e, void *arg), void *arg)
{
	const struct nl_event lost = { 0 };
	struct monitor m = { fn, arg };
	char buf[NL_BUF];
	ssize_t n;
	int i;

	for (i = 0; i < NL_TURN; i++) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			fn(&lost, arg);
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		mnl_cb_run(buf, (size_t)n, 0, 0, monitor_cb, &m);
	}
	return 0;
}

struct drain {
	void (*fn)(uint16_t type, const char *ifname, int index, void *arg);
	void *arg;
};

static void drain_cb(const struct nl_event *e, void *arg)
{
	const struct drain *d = arg;

	d->fn(e->type, e->link.name, e->link.index ? e->link.index : e->route.oif, d->arg);
}

/**
 * nl_monitor_drain - as nl_monitor_events(), for who needs little
 * @fd: of nl_monitor_open()
 * @fn: called with the RTM_* type, or 0, and name and index of the link if any
 * @arg: for @fn
 *
 * Return: 0 or negative errno.
 */
int nl_monitor_drain(int fd, void (*fn)(uint16_t type, const char *ifname, int index, void *arg),
		     void *arg)
{
	struct drain d = { fn, arg };

	return nl_monitor_events(fd, drain_cb, &d);
}
