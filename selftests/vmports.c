// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ports of a hub and their counters, for shell scripts.
 *
 *	vmports HUB		a line for each port: words and values in turn
 *	vmports HUB COUNTER	the sum of one counter over all ports
 *	vmports HUB group-fwd=N	which frames to 01:80:c2:00:00:0X pass uplinks
 */
#include "vmtest.h"
#include "vmnl.h"

static const char *const names[] = {
	[VMNET_A_PORT_STATS_IN_FRAMES] = "in.frames",
	[VMNET_A_PORT_STATS_IN_BYTES] = "in.bytes",
	[VMNET_A_PORT_STATS_OUT_FRAMES] = "out.frames",
	[VMNET_A_PORT_STATS_OUT_BYTES] = "out.bytes",
	[VMNET_A_PORT_STATS_DROP_TOO_LARGE] = "drop.toolarge",
	[VMNET_A_PORT_STATS_SEGMENTED] = "segmented",
	[VMNET_A_PORT_STATS_CHECKSUMMED] = "checksummed",
};

#define NAMES	(sizeof(names) / sizeof(names[0]))

struct wish {
	const char *counter;
	unsigned long long sum;
	int found;
};

static int show(const struct vmnl_port *p, void *arg)
{
	struct wish *w = arg;

	if (!w->counter)
		printf("port %u slot %u kind %u", p->id, p->slot, p->kind);
	for (size_t i = 0; i < NAMES; i++) {
		if (!names[i])
			continue;
		if (!w->counter)
			printf(" %s %llu", names[i], (unsigned long long)p->stats[i]);
		else if (!strcmp(w->counter, names[i])) {
			w->sum += p->stats[i];
			w->found = 1;
		}
	}
	if (!w->counter)
		printf("\n");
	return 0;
}

static int set_group_fwd(struct vmnl *nl, uint32_t hub, const char *mask)
{
	struct vmnl_hub set = {
		.number = hub,
		.set_group_fwd = true,
		.group_fwd = (uint16_t)strtoul(mask, NULL, 0),
	};

	return vmnl_hub_set(nl, &set);
}

int main(int argc, char **argv)
{
	struct wish w = { argc == 3 ? argv[2] : NULL, 0, 0 };
	uint32_t hub = argc > 1 ? (uint32_t)atoi(argv[1]) : 0;
	struct vmnl *nl;
	int err;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: vmports HUB [COUNTER | group-fwd=N]\n");
		return 2;
	}
	nl = vmnl_open(&err);
	if (!nl) {
		fprintf(stderr, "vmports: %s\n", strerror(-err));
		return 1;
	}
	if (w.counter && !strncmp(w.counter, "group-fwd=", 10)) {
		err = set_group_fwd(nl, hub, w.counter + 10);
		w.counter = NULL;
	} else {
		err = vmnl_ports(nl, hub, show, &w);
	}
	vmnl_close(nl);
	if (err || (w.counter && !w.found)) {
		fprintf(stderr, "vmports: %s\n",
			err ? strerror(-err) : "no such counter");
		return 1;
	}
	if (w.counter)
		printf("%llu\n", w.sum);
	return 0;
}
