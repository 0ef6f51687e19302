// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The port that is bridged, and the lines that scripts look for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vmnet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "log.h"
#include "uplink.h"
#include "vmnl.h"

static int cannot_open(const char *node, int err, char *why, size_t size)
{
	if (err == -ENXIO || err == -ENODEV || (err == -ENOENT && access("/proc/vmnet", F_OK)))
		snprintf(why, size, "%s: the vmnet module is not loaded: modprobe vmnet", node);
	else if (err == -EACCES || err == -EPERM)
		snprintf(why, size, "%s: %s; run as root", node, strerror(-err));
	else
		snprintf(why, size, "%s: %s", node, strerror(-err));
	return err;
}

static int open_node(struct options *o, char *why, size_t size)
{
	uint32_t version = VMNET_API_VERSION;
	int fd = open(o->node, O_RDWR | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return cannot_open(o->node, -errno, why, size);
	if (ioctl(fd, SIOCGETAPIVERSION2, &version) || version >> 16 != VMNET_API_VERSION >> 16) {
		snprintf(why, size, "%s: not a node of a vmnet module that I know", o->node);
		close(fd);
		return -EPROTO;
	}
	/* Under whatever name. */
	if (!fstat(fd, &st))
		o->vnet = (int)minor(st.st_rdev);
	return fd;
}

/* Is everything there that a bridge will need, NIC or not? 0 or negative errno. */
int uplink_probe(struct options *o, char *why, size_t size)
{
	int fd = open_node(o, why, size);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/**
 * uplink_link_follows - let the link of a network's ports follow that of its NIC
 * @o: the command line, after uplink_probe()
 * @on: or no longer
 * @why: the reason, on error
 * @size: of @why
 *
 * It is a matter of the network, with or without an uplink, and stays when this
 * process ends in whatever way.
 *
 * Return: 0 or negative errno.
 */
int uplink_link_follows(const struct options *o, bool on, char *why, size_t size)
{
	const struct vmnl_hub set = {
		.number = (uint32_t)o->vnet,
		.set_follows = true,
		.link_follows = on,
	};
	struct vmnl *nl;
	int err;

	nl = vmnl_open(&err);
	if (nl)
		err = vmnl_hub_set(nl, &set);
	if (err == -EPERM)
		snprintf(why, size, "no permission to let links of network %d follow; run as root",
			 o->vnet);
	else if (err)
		snprintf(why, size, "cannot let links of network %d follow: %s", o->vnet,
			 nl && *vmnl_error(nl) ? vmnl_error(nl) : strerror(-err));
	vmnl_close(nl);
	return err;
}

static void tell_found(const struct uplink *u)
{
	if (u->index)
		log_info("Adding interface %s index:%d", u->name, u->index);
	else
		log_info("%s is not there; waiting for it", u->name);
}

/**
 * uplink_join - bridge the network to a NIC
 * @u: no uplink yet
 * @o: the command line
 * @name: of the NIC
 * @index: its ifindex, 0 when it is not there yet
 * @why: the reason, on error
 * @size: of @why
 *
 * Return: 0 or negative errno.
 */
int uplink_join(struct uplink *u, struct options *o, const char *name, int index, char *why,
		size_t size)
{
	struct vmnet_peer peer = { .flags = 0 };
	int fd = open_node(o, why, size), err;

	if (fd < 0)
		return fd;
	snprintf(peer.name, sizeof(peer.name), "%s", name);
	if (choose_listed(o->single_mac, o->nsingle, name))
		peer.flags = VMNET_PEER_SMAC;
	if (ioctl(fd, SIOCSPEER3, &peer)) {
		err = -errno;
		if (err == -EACCES)
			snprintf(why, size, "no permission to bridge %s; run as root", name);
		else if (err == -EDEADLK)
			snprintf(why, size, "%s is on network %d already", name, o->vnet);
		else
			snprintf(why, size, "cannot bridge %s: %s", name, strerror(-err));
		close(fd);
		return err;
	}
	u->fd = fd;
	u->index = index;
	snprintf(u->name, sizeof(u->name), "%s", name);
	tell_found(u);
	log_info("Started bridge %s to virtual network %d.", name, o->vnet);
	return 0;
}

/* End it, if there is one. */
void uplink_leave(struct uplink *u, const struct options *o)
{
	if (u->fd < 0)
		return;
	if (u->index)
		log_info("Removing interface %s index:%d", u->name, u->index);
	close(u->fd);
	log_info("Stopped bridge %s to virtual network %d.", u->name, o->vnet);
	u->fd = -1;
	u->index = 0;
	u->name[0] = '\0';
}

/**
 * uplink_renamed - an interface has changed
 * @u: the uplink
 * @was: what was known of it, or NULL
 * @is: what it is now
 *
 * One that had the uplink's name for so short a time that nobody looked may have
 * been found by the kernel all the same, which then keeps the port on it.
 */
void uplink_renamed(struct uplink *u, const struct nl_link *was, const struct nl_link *is)
{
	if (u->fd >= 0 && !u->index && was && !strcmp(was->name, u->name) &&
	    strcmp(is->name, u->name) != 0)
		u->index = is->index;
}

/**
 * uplink_stays - is the uplink where it should be?
 * @u: the uplink
 * @w: what there is
 * @name: of the NIC to bridge
 * @index: its ifindex, 0 when it is not there
 *
 * A NIC that was gone and is back under its name has been found by the kernel;
 * its other index is noted. One that goes by another name is still the uplink's,
 * which has to be told apart.
 */
bool uplink_stays(struct uplink *u, const struct choose_world *w, const char *name, int index)
{
	if (u->fd < 0 || strcmp(u->name, name) != 0)
		return false;
	if (u->index == index)
		return true;
	if (choose_link(w, u->index))
		return false;
	if (u->index)
		log_info("Removing interface %s index:%d", u->name, u->index);
	u->index = index;
	tell_found(u);
	return true;
}
