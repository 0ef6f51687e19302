// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links of a hub, for shell scripts.
 *
 *	vmlink listen HUB CLASSES	what a listener hears: "uplink 1"
 *	vmlink watch HUB		what netlink tells: "slot 2 link 1"
 *	vmlink follow HUB 0|1		shall the link follow that of the NIC?
 *	vmlink show HUB			"hub 1", and a line for each port by its
 *					kind: "user 1"
 *
 * The first two say "ready" and go on until they are killed.
 */
#include "vmtest.h"
#include "vmnl.h"

static int fail(const char *what, int err)
{
	fprintf(stderr, "vmlink: %s: %s\n", what, strerror(err));
	return 1;
}

static int listen_to(int hub, uint32_t classes)
{
	struct vmnet_listen l = { .version = VMNET_LISTEN_VERSION, .classes = classes };
	struct vmnet_event e;
	int fd = vt_open(hub, O_RDWR);

	if (fd < 0 || ioctl(fd, SIOCSUSERLISTENER, &l))
		return fail("listener", errno);
	puts("ready");
	while (read(fd, &e, sizeof(e)) == sizeof(e))
		printf("%s %u\n", e.classes == VMNET_EVENT_UPLINK ? "uplink" :
				  e.classes == VMNET_EVENT_CARRIER ? "carrier" : "what",
		       e.up);
	return fail("read", errno);
}

static int tell(const struct vmnl_event *ev, void *arg)
{
	const uint32_t *hub = arg;

	if (ev->cmd == VMNET_CMD_LINK_NTF && ev->port.hub == *hub)
		printf("slot %u link %d\n", ev->port.slot, ev->port.link);
	return 0;
}

static int watch(struct vmnl *nl, uint32_t hub)
{
	struct pollfd p = { .fd = vmnl_fd(nl), .events = POLLIN };
	int err = vmnl_subscribe(nl, "link");

	if (!err)
		puts("ready");
	while (!err) {
		poll(&p, 1, -1);
		err = vmnl_events(nl, tell, &hub);
	}
	return fail("watch", -err);
}

static int show_port(const struct vmnl_port *p, void *arg)
{
	static const char *const kinds[] = { "user", "netif", "bridge", "listener" };

	(void)arg;
	printf("%s %d\n", p->kind < 4 ? kinds[p->kind] : "what", p->link);
	return 0;
}

static int show(struct vmnl *nl, uint32_t hub)
{
	struct vmnl_hub h;
	int err = vmnl_hub_get(nl, hub, &h);

	if (err)
		return fail("hub", -err);
	printf("hub %d\n", h.link);
	err = vmnl_ports(nl, hub, show_port, NULL);
	return err ? fail("ports", -err) : 0;
}

static int follow(struct vmnl *nl, uint32_t hub, bool on)
{
	struct vmnl_hub h = { .number = hub, .set_follows = true, .link_follows = on };
	int err = vmnl_hub_set(nl, &h);

	return err ? fail("follow", -err) : 0;
}

int main(int argc, char **argv)
{
	struct vmnl *nl;
	uint32_t hub;
	int err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) {
		fprintf(stderr, "usage: vmlink listen|watch|follow|show HUB [...]\n");
		return 2;
	}
	hub = (uint32_t)atoi(argv[2]);
	if (!strcmp(argv[1], "listen") && argc == 4)
		return listen_to((int)hub, (uint32_t)strtoul(argv[3], NULL, 0));
	nl = vmnl_open(&err);
	if (!nl)
		return fail("netlink", -err);
	if (!strcmp(argv[1], "watch"))
		return watch(nl, hub);
	if (!strcmp(argv[1], "show"))
		return show(nl, hub);
	if (!strcmp(argv[1], "follow") && argc == 4)
		return follow(nl, hub, atoi(argv[3]));
	fprintf(stderr, "vmlink: %s?\n", argv[1]);
	return 2;
}
