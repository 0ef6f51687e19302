// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "vmnl.h"
#include "vmnl_priv.h"

#define BUF 65536
#define MAX_GROUPS 8
#define MAX_ATTR 64

struct group {
	char name[GENL_NAMSIZ];
	uint32_t id;
};

/* One socket; answers are read before the next request. */
struct vmnl {
	struct mnl_socket *sock;
	uint16_t family;
	unsigned int seq, portid;
	unsigned int ngroups;
	struct group groups[MAX_GROUPS];
	char error[128];
	char buf[BUF];
};

/* Attributes by number; those this library does not know are left out. */
struct attrs {
	const struct nlattr *at[MAX_ATTR];
};

static int collect(const struct nlattr *attr, void *data)
{
	struct attrs *a = data;

	if (mnl_attr_get_type(attr) < MAX_ATTR)
		a->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static uint32_t get_u32(const struct attrs *a, int type, uint32_t otherwise)
{
	const struct nlattr *attr = a->at[type];

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return otherwise;
	return mnl_attr_get_u32(attr);
}

static uint16_t get_u16(const struct attrs *a, int type)
{
	const struct nlattr *attr = a->at[type];

	if (!attr || mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
		return 0;
	return mnl_attr_get_u16(attr);
}

static bool get_bool(const struct attrs *a, int type)
{
	const struct nlattr *attr = a->at[type];

	return attr && mnl_attr_validate(attr, MNL_TYPE_U8) >= 0 && mnl_attr_get_u8(attr);
}

static void get_mac(const struct attrs *a, int type, uint8_t mac[6])
{
	const struct nlattr *attr = a->at[type];

	if (attr && mnl_attr_get_payload_len(attr) == 6)
		memcpy(mac, mnl_attr_get_payload(attr), 6);
}

static void get_text(const struct attrs *a, int type, char *text, size_t size)
{
	const struct nlattr *attr = a->at[type];

	if (attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 &&
	    strlen(mnl_attr_get_str(attr)) < size)
		strcpy(text, mnl_attr_get_str(attr));
}

static struct nlmsghdr *request(struct vmnl *nl, uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl->buf);
	struct genlmsghdr *genl;

	nl->error[0] = '\0';
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = VMNET_FAMILY_VERSION;
	return nlh;
}

/* A request of our family. */
struct nlmsghdr *vmnl_request(struct vmnl *nl, uint8_t cmd, uint16_t flags)
{
	return request(nl, nl->family, cmd, flags);
}

/* What the kernel says besides the number of an error. */
static void keep_message(struct vmnl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	struct attrs a = { 0 };
	size_t skip = sizeof(*err);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(nlh) > sizeof(*err)
				? err->msg.nlmsg_len - sizeof(struct nlmsghdr)
				: 0;
	if (skip < mnl_nlmsg_get_payload_len(nlh))
		mnl_attr_parse(nlh, (unsigned int)MNL_ALIGN(skip), collect, &a);
	get_text(&a, NLMSGERR_ATTR_MSG, nl->error, sizeof(nl->error));
}

/*
 * Send a request and go through the answer: of a dump to its end, else to the
 * acknowledgement. A dump that the tables changed under gives -EINTR, after all
 * of it was seen.
 */
int vmnl_talk(struct vmnl *nl, const struct nlmsghdr *nlh, vmnl_parse_fn fn, void *arg)
{
	bool changed = false;
	int err = 0;

	if (mnl_socket_sendto(nl->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl->sock, nl->buf, sizeof(nl->buf));
		const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)nl->buf;
		int left = (int)n;

		if (n < 0)
			return -errno;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			if (h->nlmsg_seq != nl->seq)
				continue;
			changed |= h->nlmsg_flags & NLM_F_DUMP_INTR;
			if (h->nlmsg_type == NLMSG_ERROR) {
				keep_message(nl, h);
				n = ((const struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error;
				return n ? (int)n : err;
			}
			if (h->nlmsg_type == NLMSG_DONE) {
				n = *(const int *)mnl_nlmsg_get_payload(h);
				return n ? (int)n : err ? err : changed ? -EINTR : 0;
			}
			if (!err && fn)
				err = fn(h, arg);
		}
	}
}

static int parse_group(const struct nlattr *attr, void *arg)
{
	struct vmnl *nl = arg;
	struct attrs a = { 0 };
	struct group *g = &nl->groups[nl->ngroups];

	mnl_attr_parse_nested(attr, collect, &a);
	get_text(&a, CTRL_ATTR_MCAST_GRP_NAME, g->name, sizeof(g->name));
	g->id = get_u32(&a, CTRL_ATTR_MCAST_GRP_ID, 0);
	if (g->name[0] && g->id && nl->ngroups + 1 < MAX_GROUPS)
		nl->ngroups++;
	return MNL_CB_OK;
}

static int parse_family(const struct nlmsghdr *nlh, void *arg)
{
	struct vmnl *nl = arg;
	struct attrs a = { 0 };

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	if (a.at[CTRL_ATTR_FAMILY_ID])
		nl->family = mnl_attr_get_u16(a.at[CTRL_ATTR_FAMILY_ID]);
	if (a.at[CTRL_ATTR_MCAST_GROUPS])
		mnl_attr_parse_nested(a.at[CTRL_ATTR_MCAST_GROUPS], parse_group, nl);
	return 0;
}

/**
 * vmnl_open - a connection to the module
 * @error: set to negative errno on failure; -ENOENT: the module is not loaded
 *
 * Return: the connection, or NULL.
 */
struct vmnl *vmnl_open(int *error)
{
	struct vmnl *nl = calloc(1, sizeof(*nl));
	struct nlmsghdr *nlh;
	int on = 1;

	*error = -ENOMEM;
	if (!nl)
		return NULL;
	nl->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0) {
		*error = -errno;
		vmnl_close(nl);
		return NULL;
	}
	nl->portid = mnl_socket_get_portid(nl->sock);
	/* Older kernels say less about errors; that is no reason to fail. */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	nlh = request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMNET_FAMILY_NAME);
	*error = vmnl_talk(nl, nlh, parse_family, nl);
	if (*error) {
		vmnl_close(nl);
		return NULL;
	}
	return nl;
}

void vmnl_close(struct vmnl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	free(nl);
}

/* The kernel's words about the last error; empty when it had none. */
const char *vmnl_error(const struct vmnl *nl)
{
	return nl->error;
}

static int collect_stat(const struct nlattr *attr, void *data)
{
	struct vmnl_port *p = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type != VMNET_A_PORT_STATS_PAD && type <= VMNET_A_PORT_STATS_MAX &&
	    mnl_attr_validate(attr, MNL_TYPE_U64) >= 0)
		p->stats[type] = mnl_attr_get_u64(attr);
	return MNL_CB_OK;
}

static void parse_port(const struct nlmsghdr *nlh, struct vmnl_port *p)
{
	struct attrs a = { 0 };

	memset(p, 0, sizeof(*p));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	p->id = get_u32(&a, VMNET_A_PORT_ID, 0);
	p->hub = get_u32(&a, VMNET_A_PORT_HUB, VMNL_NO_HUB);
	p->slot = get_u32(&a, VMNET_A_PORT_SLOT, 0);
	p->kind = get_u32(&a, VMNET_A_PORT_KIND, 0);
	p->number = get_u32(&a, VMNET_A_PORT_NUMBER, 0);
	p->flags = get_u32(&a, VMNET_A_PORT_FLAGS, 0);
	p->dialect = get_u32(&a, VMNET_A_PORT_DIALECT, 0);
	p->queue_len = get_u32(&a, VMNET_A_PORT_QUEUE_LEN, 0);
	p->queue_frames = get_u32(&a, VMNET_A_PORT_QUEUE_FRAMES, 0);
	p->queue_bytes = get_u32(&a, VMNET_A_PORT_QUEUE_BYTES, 0);
	get_mac(&a, VMNET_A_PORT_MAC, p->mac);
	p->mac_static = get_bool(&a, VMNET_A_PORT_MAC_STATIC);
	p->link = get_bool(&a, VMNET_A_PORT_LINK);
	p->learning = get_bool(&a, VMNET_A_PORT_LEARNING);
	p->promisc = get_bool(&a, VMNET_A_PORT_PROMISC);
	p->promisc_allowed = get_bool(&a, VMNET_A_PORT_PROMISC_ALLOWED);
	p->has_opener = a.at[VMNET_A_PORT_OPENER_PID];
	p->opener_pid = get_u32(&a, VMNET_A_PORT_OPENER_PID, 0);
	p->opener_uid = get_u32(&a, VMNET_A_PORT_OPENER_UID, 0);
	get_text(&a, VMNET_A_PORT_OPENER_COMM, p->opener, sizeof(p->opener));
	get_text(&a, VMNET_A_PORT_IFNAME, p->ifname, sizeof(p->ifname));
	if (a.at[VMNET_A_PORT_STATS])
		mnl_attr_parse_nested(a.at[VMNET_A_PORT_STATS], collect_stat, p);
}

static void parse_hub(const struct nlmsghdr *nlh, struct vmnl_hub *h)
{
	struct attrs a = { 0 };

	memset(h, 0, sizeof(*h));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	h->number = get_u32(&a, VMNET_A_HUB_NUMBER, 0);
	h->ports = get_u32(&a, VMNET_A_HUB_PORTS, 0);
	h->stations = get_u32(&a, VMNET_A_HUB_STATIONS, 0);
	h->ageing = get_u32(&a, VMNET_A_HUB_AGEING, 0);
	h->port_limit = get_u32(&a, VMNET_A_HUB_PORT_LIMIT, 0);
	h->local_limit = get_u32(&a, VMNET_A_HUB_LOCAL_LIMIT, 0);
	h->uplink_limit = get_u32(&a, VMNET_A_HUB_UPLINK_LIMIT, 0);
	h->link_follows = get_bool(&a, VMNET_A_HUB_LINK_FOLLOWS);
	h->link = get_bool(&a, VMNET_A_HUB_LINK);
	h->group_fwd = get_u16(&a, VMNET_A_HUB_GROUP_FWD);
}

static void parse_station(const struct nlmsghdr *nlh, struct vmnl_station *s)
{
	struct attrs a = { 0 };

	memset(s, 0, sizeof(*s));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	s->hub = get_u32(&a, VMNET_A_FDB_HUB, 0);
	s->port = get_u32(&a, VMNET_A_FDB_PORT, 0);
	s->from = get_u32(&a, VMNET_A_FDB_FROM_PORT, 0);
	s->age = get_u32(&a, VMNET_A_FDB_AGE, 0);
	s->lost = get_u32(&a, VMNET_A_FDB_LOST, 0);
	get_mac(&a, VMNET_A_FDB_MAC, s->mac);
	s->is_static = get_bool(&a, VMNET_A_FDB_STATIC);
	s->contested = get_bool(&a, VMNET_A_FDB_CONTESTED);
}

/* For each object of an answer: turn it into a struct, hand it on. */
struct each {
	int (*port)(const struct vmnl_port *p, void *arg);
	int (*hub)(const struct vmnl_hub *h, void *arg);
	int (*station)(const struct vmnl_station *s, void *arg);
	void *arg;
};

static int each_port(const struct nlmsghdr *nlh, void *arg)
{
	const struct each *e = arg;
	struct vmnl_port p;

	parse_port(nlh, &p);
	return e->port(&p, e->arg);
}

static int each_hub(const struct nlmsghdr *nlh, void *arg)
{
	const struct each *e = arg;
	struct vmnl_hub h;

	parse_hub(nlh, &h);
	return e->hub(&h, e->arg);
}

static int each_station(const struct nlmsghdr *nlh, void *arg)
{
	const struct each *e = arg;
	struct vmnl_station s;

	parse_station(nlh, &s);
	return e->station(&s, e->arg);
}

static int one_port(const struct nlmsghdr *nlh, void *out)
{
	parse_port(nlh, out);
	return 0;
}

static int one_hub(const struct nlmsghdr *nlh, void *out)
{
	parse_hub(nlh, out);
	return 0;
}

static int one_station(const struct nlmsghdr *nlh, void *out)
{
	parse_station(nlh, out);
	return 0;
}

/**
 * vmnl_ports - all ports, by id
 * @nl: the connection
 * @hub: only those of this hub, or VMNL_NO_HUB for all
 * @fn: called for each; not 0 ends the calls and is returned. It must not use
 *	@nl.
 * @arg: for @fn
 *
 * Return: 0; -EINTR: ports came or went meanwhile, those that stayed were seen.
 */
int vmnl_ports(struct vmnl *nl, uint32_t hub, int (*fn)(const struct vmnl_port *p, void *arg),
	       void *arg)
{
	struct each e = { .port = fn, .arg = arg };
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_PORT_GET, NLM_F_DUMP);

	if (hub != VMNL_NO_HUB)
		mnl_attr_put_u32(nlh, VMNET_A_PORT_HUB, hub);
	return vmnl_talk(nl, nlh, each_port, &e);
}

int vmnl_port_get(struct vmnl *nl, uint32_t id, struct vmnl_port *out)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_PORT_GET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_PORT_ID, id);
	return vmnl_talk(nl, nlh, one_port, out);
}

int vmnl_port_set(struct vmnl *nl, const struct vmnl_port_set *set)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_PORT_SET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_PORT_ID, set->id);
	if (set->what & 1U << VMNET_A_PORT_MAC)
		mnl_attr_put(nlh, VMNET_A_PORT_MAC, sizeof(set->mac), set->mac);
	if (set->what & 1U << VMNET_A_PORT_FLAGS)
		mnl_attr_put_u32(nlh, VMNET_A_PORT_FLAGS, set->flags);
	if (set->what & 1U << VMNET_A_PORT_FLAGS_MASK)
		mnl_attr_put_u32(nlh, VMNET_A_PORT_FLAGS_MASK, set->flags_mask);
	if (set->what & 1U << VMNET_A_PORT_LEARNING)
		mnl_attr_put_u8(nlh, VMNET_A_PORT_LEARNING, set->learning);
	if (set->what & 1U << VMNET_A_PORT_PROMISC_ALLOWED)
		mnl_attr_put_u8(nlh, VMNET_A_PORT_PROMISC_ALLOWED, set->promisc_allowed);
	if (set->what & 1U << VMNET_A_PORT_QUEUE_LEN)
		mnl_attr_put_u32(nlh, VMNET_A_PORT_QUEUE_LEN, set->queue_len);
	return vmnl_talk(nl, nlh, NULL, NULL);
}

/* All hubs, by number; as vmnl_ports(). */
int vmnl_hubs(struct vmnl *nl, int (*fn)(const struct vmnl_hub *h, void *arg), void *arg)
{
	struct each e = { .hub = fn, .arg = arg };

	return vmnl_talk(nl, vmnl_request(nl, VMNET_CMD_HUB_GET, NLM_F_DUMP), each_hub, &e);
}

int vmnl_hub_get(struct vmnl *nl, uint32_t number, struct vmnl_hub *out)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_HUB_GET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_HUB_NUMBER, number);
	return vmnl_talk(nl, nlh, one_hub, out);
}

int vmnl_hub_set(struct vmnl *nl, const struct vmnl_hub *set)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_HUB_SET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_HUB_NUMBER, set->number);
	if (set->ageing)
		mnl_attr_put_u32(nlh, VMNET_A_HUB_AGEING, set->ageing);
	if (set->port_limit)
		mnl_attr_put_u32(nlh, VMNET_A_HUB_PORT_LIMIT, set->port_limit);
	if (set->local_limit)
		mnl_attr_put_u32(nlh, VMNET_A_HUB_LOCAL_LIMIT, set->local_limit);
	if (set->uplink_limit)
		mnl_attr_put_u32(nlh, VMNET_A_HUB_UPLINK_LIMIT, set->uplink_limit);
	if (set->set_follows)
		mnl_attr_put_u8(nlh, VMNET_A_HUB_LINK_FOLLOWS, set->link_follows);
	if (set->set_group_fwd)
		mnl_attr_put_u16(nlh, VMNET_A_HUB_GROUP_FWD, set->group_fwd);
	return vmnl_talk(nl, nlh, NULL, NULL);
}

/* All stations of a hub, or of all (VMNL_NO_HUB), by port; as vmnl_ports(). */
int vmnl_stations(struct vmnl *nl, uint32_t hub, int (*fn)(const struct vmnl_station *s, void *arg),
		  void *arg)
{
	struct each e = { .station = fn, .arg = arg };
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_FDB_GET, NLM_F_DUMP);

	if (hub != VMNL_NO_HUB)
		mnl_attr_put_u32(nlh, VMNET_A_FDB_HUB, hub);
	return vmnl_talk(nl, nlh, each_station, &e);
}

int vmnl_station_get(struct vmnl *nl, uint32_t hub, const uint8_t mac[6], struct vmnl_station *out)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_FDB_GET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_FDB_HUB, hub);
	mnl_attr_put(nlh, VMNET_A_FDB_MAC, 6, mac);
	return vmnl_talk(nl, nlh, one_station, out);
}

/**
 * vmnl_subscribe - be told what happens
 * @nl: a connection that is used for nothing else from now on
 * @group: VMNET_MCGRP_*; may be called for several
 *
 * Return: 0, -ENOENT for a group the module does not have.
 */
int vmnl_subscribe(struct vmnl *nl, const char *group)
{
	for (unsigned int i = 0; i < nl->ngroups; i++) {
		uint32_t id = nl->groups[i].id;

		if (strcmp(nl->groups[i].name, group) != 0)
			continue;
		if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)) < 0)
			return -errno;
		return 0;
	}
	return -ENOENT;
}

/* For poll(): readable when there are events. */
int vmnl_fd(const struct vmnl *nl)
{
	return mnl_socket_get_fd(nl->sock);
}

/**
 * vmnl_events - handle the events that wait, without waiting for more
 * @nl: a connection that has subscribed
 * @fn: called for each; not 0 ends the calls and is returned
 * @arg: for @fn
 *
 * Return: 0; -ENOBUFS: some were lost, since they were read too slowly.
 */
int vmnl_events(struct vmnl *nl, int (*fn)(const struct vmnl_event *ev, void *arg), void *arg)
{
	for (;;) {
		ssize_t n = recv(vmnl_fd(nl), nl->buf, sizeof(nl->buf), MSG_DONTWAIT);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(void *)nl->buf;
		int left = (int)n, err;

		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			struct vmnl_event ev = { 0 };

			if (h->nlmsg_type != nl->family)
				continue;
			ev.cmd = ((const struct genlmsghdr *)mnl_nlmsg_get_payload(h))->cmd;
			switch (ev.cmd) {
			case VMNET_CMD_PORT_NEW_NTF:
			case VMNET_CMD_PORT_CHANGE_NTF:
			case VMNET_CMD_PORT_DEL_NTF:
			case VMNET_CMD_LINK_NTF:
				parse_port(h, &ev.port);
				break;
			case VMNET_CMD_FDB_NEW_NTF:
			case VMNET_CMD_FDB_MOVE_NTF:
			case VMNET_CMD_FDB_DEL_NTF:
				parse_station(h, &ev.station);
				break;
			default:
				continue;
			}
			err = fn(&ev, arg);
			if (err)
				return err;
		}
	}
}
