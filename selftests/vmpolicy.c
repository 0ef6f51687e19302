// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy of a port for tests: see vmpolicy.h. The library's client carries
 * the messages; here they are put together attribute by attribute, so that they
 * can be wrong.
 */
#define _GNU_SOURCE
#include "vmpolicy.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include "vmnl.h"
#include "vmnl_priv.h"

char vp_error[256];

void vp_put(struct vp *m, int attr, const void *data, size_t len)
{
	if (m->nlh)
		mnl_attr_put(m->nlh, (uint16_t)attr, len, data);
}

void vp_u8(struct vp *m, int attr, uint8_t value)
{
	vp_put(m, attr, &value, sizeof(value));
}

void vp_u32(struct vp *m, int attr, uint32_t value)
{
	vp_put(m, attr, &value, sizeof(value));
}

void vp_u64(struct vp *m, int attr, uint64_t value)
{
	vp_put(m, attr, &value, sizeof(value));
}

void vp_nest(struct vp *m, int attr)
{
	if (m->nlh)
		m->nest = mnl_attr_nest_start(m->nlh, (uint16_t)attr);
}

void vp_nest_end(struct vp *m)
{
	if (m->nlh)
		mnl_attr_nest_end(m->nlh, m->nest);
}

/* The first port of a kind, and of a number unless that is -1. */
struct wanted {
	uint32_t kind, id;
	int number;
};

static int is_it(const struct vmnl_port *p, void *arg)
{
	struct wanted *w = arg;

	if (p->kind != w->kind || (w->number >= 0 && p->number != (uint32_t)w->number))
		return 0;
	w->id = p->id;
	return 1;
}

/* Its id, 0 when there is none. */
static uint32_t find_id(struct vmnl *nl, uint32_t kind, int number)
{
	struct wanted w = { .kind = kind, .number = number };

	vmnl_ports(nl, VMNL_NO_HUB, is_it, &w);
	return w.id;
}

uint32_t vp_first(int kind)
{
	int err;
	struct vmnl *nl = vmnl_open(&err);
	uint32_t id = nl ? find_id(nl, (uint32_t)kind, -1) : 0;

	vmnl_close(nl);
	return id;
}

static void begin(struct vp *m, uint32_t id)
{
	m->nlh = vmnl_request(m->nl, VMNET_CMD_PORT_SET, NLM_F_ACK);
	vp_u32(m, VMNET_A_PORT_ID, id);
}

void vp_begin_id(struct vp *m, uint32_t id)
{
	*m = (struct vp){ 0 };
	m->nl = vmnl_open(&m->err);
	if (m->nl)
		begin(m, id);
}

void vp_begin(struct vp *m, const struct vt_port *port)
{
	*m = (struct vp){ 0 };
	m->nl = vmnl_open(&m->err);
	if (m->nl)
		begin(m, find_id(m->nl, VMNET_KIND_USER, port->n));
}

/* 0, or an errno, negative; vp_error has the kernel's words. */
int vp_send(struct vp *m)
{
	if (!m->nl)
		return m->err;
	m->err = vmnl_talk(m->nl, m->nlh, NULL, NULL);
	snprintf(vp_error, sizeof(vp_error), "%s", vmnl_error(m->nl));
	vmnl_close(m->nl);
	return m->err;
}

int vp_isolated(const struct vt_port *port, int on)
{
	struct vp m;

	vp_begin(&m, port);
	vp_u8(&m, VMNET_A_PORT_ISOLATED, (uint8_t)on);
	return vp_send(&m);
}

/* An access port; 0: tags are none of its business. */
int vp_access(const struct vt_port *port, unsigned int vid)
{
	struct vp m;

	vp_begin(&m, port);
	vp_nest(&m, VMNET_A_PORT_VLAN);
	vp_u32(&m, VMNET_A_PORT_VLAN_MODE,
	       vid ? VMNET_VLAN_MODE_ACCESS : VMNET_VLAN_MODE_OFF);
	if (vid)
		vp_u32(&m, VMNET_A_PORT_VLAN_VID, vid);
	vp_nest_end(&m);
	return vp_send(&m);
}

/* A trunk; 0 stands for none. */
int vp_trunk(const struct vt_port *port, unsigned int native, unsigned int vid1,
	     unsigned int vid2)
{
	uint8_t map[512] = { 0 };
	struct vp m;

	map[vid1 / 8] |= (uint8_t)(1 << vid1 % 8);
	map[vid2 / 8] |= (uint8_t)(1 << vid2 % 8);
	map[0] &= 0xfe;
	vp_begin(&m, port);
	vp_nest(&m, VMNET_A_PORT_VLAN);
	vp_u32(&m, VMNET_A_PORT_VLAN_MODE, VMNET_VLAN_MODE_TRUNK);
	if (native)
		vp_u32(&m, VMNET_A_PORT_VLAN_VID, native);
	vp_put(&m, VMNET_A_PORT_VLAN_ALLOWED, map, sizeof(map));
	vp_nest_end(&m);
	return vp_send(&m);
}

/* Locked to what is listed; NULL stands for none. */
int vp_lock(const struct vt_port *port, int on, const uint8_t *mac1,
	    const uint8_t *mac2)
{
	struct vp m;

	vp_begin(&m, port);
	vp_nest(&m, VMNET_A_PORT_LOCK);
	vp_u8(&m, VMNET_A_PORT_LOCK_ON, (uint8_t)on);
	if (mac1)
		vp_put(&m, VMNET_A_PORT_LOCK_MAC, mac1, 6);
	if (mac2)
		vp_put(&m, VMNET_A_PORT_LOCK_MAC, mac2, 6);
	vp_nest_end(&m);
	return vp_send(&m);
}

/* Everything off. */
int vp_off(const struct vt_port *port)
{
	struct vp m;

	vp_begin(&m, port);
	vp_u8(&m, VMNET_A_PORT_ISOLATED, 0);
	vp_nest(&m, VMNET_A_PORT_VLAN);
	vp_u32(&m, VMNET_A_PORT_VLAN_MODE, VMNET_VLAN_MODE_OFF);
	vp_nest_end(&m);
	vp_nest(&m, VMNET_A_PORT_LOCK);
	vp_u8(&m, VMNET_A_PORT_LOCK_ON, 0);
	vp_nest_end(&m);
	vp_nest(&m, VMNET_A_PORT_IMPAIR_IN);
	vp_nest_end(&m);
	vp_nest(&m, VMNET_A_PORT_IMPAIR_OUT);
	vp_nest_end(&m);
	return vp_send(&m);
}

/* An attribute of a port, in a nest when @nest is not 0. */
struct got {
	int nest, attr, len;
	size_t size;
	void *data;
};

static int copy(const struct nlattr *a, void *arg)
{
	struct got *g = arg;

	if (mnl_attr_get_type(a) != g->attr || mnl_attr_get_payload_len(a) > g->size)
		return MNL_CB_OK;
	g->len = mnl_attr_get_payload_len(a);
	memcpy(g->data, mnl_attr_get_payload(a), (size_t)g->len);
	return MNL_CB_STOP;
}

static int take(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;
	struct got *g = arg;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		if (!g->nest && copy(a, g) == MNL_CB_STOP)
			break;
		if (g->nest && mnl_attr_get_type(a) == g->nest)
			mnl_attr_parse_nested(a, copy, g);
	}
	return 0;
}

/* Bytes; how many there are, -1 when it is not there. */
int vp_data(const struct vt_port *port, int nest, int attr, void *data,
	    size_t size)
{
	struct got g = { .nest = nest, .attr = attr, .len = -1, .size = size,
			 .data = data };
	struct nlmsghdr *nlh;
	struct vmnl *nl;
	uint32_t id;
	int err;

	nl = vmnl_open(&err);
	if (!nl)
		return -1;
	id = find_id(nl, VMNET_KIND_USER, port->n);
	nlh = vmnl_request(nl, VMNET_CMD_PORT_GET, NLM_F_ACK);
	mnl_attr_put_u32(nlh, VMNET_A_PORT_ID, id);
	err = vmnl_talk(nl, nlh, take, &g);
	vmnl_close(nl);
	return err ? -1 : g.len;
}

/* A number, -1 when it is not there. */
long long vp_value(const struct vt_port *port, int nest, int attr)
{
	uint64_t value = 0;

	if (vp_data(port, nest, attr, &value, sizeof(value)) < 0)
		return -1;
	return (long long)value;
}

long long vp_stat(const struct vt_port *port, int attr)
{
	return vp_value(port, VMNET_A_PORT_STATS, attr);
}
