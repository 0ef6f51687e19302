// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <string.h>
#include "vmnl_policy.h"
#include "vmnl_priv.h"

#define BIT(attr) (1U << (attr))

/* A number of one, four or eight bytes; others are left out. */
static uint64_t number(const struct nlattr *attr)
{
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	case 8:
		return mnl_attr_get_u64(attr);
	}
	return 0;
}

static int parse_vlan(const struct nlattr *attr, void *arg)
{
	struct vmnl_vlan *v = arg;

	switch (mnl_attr_get_type(attr)) {
	case VMNET_A_PORT_VLAN_MODE:
		v->mode = (uint32_t)number(attr);
		break;
	case VMNET_A_PORT_VLAN_VID:
		v->vid = (uint32_t)number(attr);
		break;
	case VMNET_A_PORT_VLAN_ALLOWED:
		if (mnl_attr_get_payload_len(attr) == sizeof(v->allowed))
			memcpy(v->allowed, mnl_attr_get_payload(attr), sizeof(v->allowed));
		break;
	}
	return MNL_CB_OK;
}

static int parse_lock(const struct nlattr *attr, void *arg)
{
	bool is_mac = mnl_attr_get_payload_len(attr) == 6;
	struct vmnl_lock *l = arg;

	switch (mnl_attr_get_type(attr)) {
	case VMNET_A_PORT_LOCK_ON:
		l->on = number(attr);
		break;
	case VMNET_A_PORT_LOCK_MAC:
		if (is_mac && l->n < VMNL_LOCK_MAX)
			memcpy(l->mac[l->n++], mnl_attr_get_payload(attr), 6);
		break;
	case VMNET_A_PORT_LOCK_HEARD:
		l->has_heard = is_mac;
		if (is_mac)
			memcpy(l->heard, mnl_attr_get_payload(attr), 6);
		break;
	}
	return MNL_CB_OK;
}

/* Where a value of a line is kept, if it is one of four bytes. */
static uint32_t *line_value(struct vmnl_line *l, uint16_t type)
{
	switch (type) {
	case VMNET_A_PORT_IMPAIR_BURST:
		return &l->burst;
	case VMNET_A_PORT_IMPAIR_DELAY:
		return &l->delay;
	case VMNET_A_PORT_IMPAIR_JITTER:
		return &l->jitter;
	case VMNET_A_PORT_IMPAIR_LOSS:
		return &l->loss;
	case VMNET_A_PORT_IMPAIR_DUPLICATE:
		return &l->duplicate;
	case VMNET_A_PORT_IMPAIR_LIMIT_FRAMES:
		return &l->limit_frames;
	case VMNET_A_PORT_IMPAIR_LIMIT_BYTES:
		return &l->limit_bytes;
	case VMNET_A_PORT_IMPAIR_WAITING_FRAMES:
		return &l->waiting_frames;
	case VMNET_A_PORT_IMPAIR_WAITING_BYTES:
		return &l->waiting_bytes;
	}
	return NULL;
}

static int parse_line(const struct nlattr *attr, void *arg)
{
	struct vmnl_line *l = arg;
	uint32_t *value = line_value(l, mnl_attr_get_type(attr));

	if (value)
		*value = (uint32_t)number(attr);
	else if (mnl_attr_get_type(attr) == VMNET_A_PORT_IMPAIR_RATE)
		l->rate = number(attr);
	else if (mnl_attr_get_type(attr) == VMNET_A_PORT_IMPAIR_REORDER)
		l->reorder = number(attr);
	return MNL_CB_OK;
}

static int parse_attr(const struct nlattr *attr, void *arg)
{
	struct vmnl_policy *p = arg;

	switch (mnl_attr_get_type(attr)) {
	case VMNET_A_PORT_ISOLATED:
		p->isolated = number(attr);
		break;
	case VMNET_A_PORT_VLAN:
		return mnl_attr_parse_nested(attr, parse_vlan, &p->vlan);
	case VMNET_A_PORT_LOCK:
		return mnl_attr_parse_nested(attr, parse_lock, &p->lock);
	case VMNET_A_PORT_IMPAIR_IN:
		return mnl_attr_parse_nested(attr, parse_line, &p->in);
	case VMNET_A_PORT_IMPAIR_OUT:
		return mnl_attr_parse_nested(attr, parse_line, &p->out);
	}
	return MNL_CB_OK;
}

static int parse_policy(const struct nlmsghdr *nlh, void *out)
{
	memset(out, 0, sizeof(struct vmnl_policy));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), parse_attr, out);
	return 0;
}

/**
 * vmnl_policy_get - what is in force at a port
 * @nl: the connection
 * @id: of the port
 * @out: where to put it
 *
 * Return: 0, -ENOENT: there is no such port.
 */
int vmnl_policy_get(struct vmnl *nl, uint32_t id, struct vmnl_policy *out)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_PORT_GET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_PORT_ID, id);
	return vmnl_talk(nl, nlh, parse_policy, out);
}

static void put_vlan(struct nlmsghdr *nlh, const struct vmnl_vlan *v)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VMNET_A_PORT_VLAN);

	mnl_attr_put_u32(nlh, VMNET_A_PORT_VLAN_MODE, v->mode);
	if (v->vid)
		mnl_attr_put_u32(nlh, VMNET_A_PORT_VLAN_VID, v->vid);
	if (v->mode == VMNET_VLAN_MODE_TRUNK)
		mnl_attr_put(nlh, VMNET_A_PORT_VLAN_ALLOWED, sizeof(v->allowed), v->allowed);
	mnl_attr_nest_end(nlh, nest);
}

static void put_lock(struct nlmsghdr *nlh, const struct vmnl_lock *l)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, VMNET_A_PORT_LOCK);

	mnl_attr_put_u8(nlh, VMNET_A_PORT_LOCK_ON, l->on);
	for (unsigned int i = 0; i < l->n && i < VMNL_LOCK_MAX; i++)
		mnl_attr_put(nlh, VMNET_A_PORT_LOCK_MAC, 6, l->mac[i]);
	mnl_attr_nest_end(nlh, nest);
}

static void put_line(struct nlmsghdr *nlh, uint16_t attr, struct vmnl_line line)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);
	uint32_t *value;

	if (line.rate)
		mnl_attr_put_u64(nlh, VMNET_A_PORT_IMPAIR_RATE, line.rate);
	if (line.reorder)
		mnl_attr_put_u8(nlh, VMNET_A_PORT_IMPAIR_REORDER, 1);
	/* What the kernel tells is not for setting. */
	line.waiting_frames = 0;
	line.waiting_bytes = 0;
	for (uint16_t type = 1; type <= VMNET_A_PORT_IMPAIR_MAX; type++) {
		value = line_value(&line, type);
		if (value && *value)
			mnl_attr_put_u32(nlh, type, *value);
	}
	mnl_attr_nest_end(nlh, nest);
}

/**
 * vmnl_policy_set - change the policy of a port
 * @nl: the connection
 * @id: of the port
 * @what: which parts: bits 1 << VMNET_A_PORT_ISOLATED, _VLAN, _LOCK, _IMPAIR_IN,
 *	_IMPAIR_OUT; the others stay
 * @p: the parts, each as a whole
 *
 * Return: 0, -EINVAL for values that make no sense, -EPERM, -ENOENT: there is
 * no such port.
 */
int vmnl_policy_set(struct vmnl *nl, uint32_t id, uint32_t what, const struct vmnl_policy *p)
{
	struct nlmsghdr *nlh = vmnl_request(nl, VMNET_CMD_PORT_SET, NLM_F_ACK);

	mnl_attr_put_u32(nlh, VMNET_A_PORT_ID, id);
	if (what & BIT(VMNET_A_PORT_ISOLATED))
		mnl_attr_put_u8(nlh, VMNET_A_PORT_ISOLATED, p->isolated);
	if (what & BIT(VMNET_A_PORT_VLAN))
		put_vlan(nlh, &p->vlan);
	if (what & BIT(VMNET_A_PORT_LOCK))
		put_lock(nlh, &p->lock);
	if (what & BIT(VMNET_A_PORT_IMPAIR_IN))
		put_line(nlh, VMNET_A_PORT_IMPAIR_IN, p->in);
	if (what & BIT(VMNET_A_PORT_IMPAIR_OUT))
		put_line(nlh, VMNET_A_PORT_IMPAIR_OUT, p->out);
	return vmnl_talk(nl, nlh, NULL, NULL);
}
