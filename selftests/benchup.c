// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a frame costs between a guest and a NIC: by an uplink, by macvtap, over
 * a Linux bridge with a tap, and by any other module with VMware's calls.
 *
 *	benchup SYSTEM MEASURE...
 *
 *	SYSTEM	vmnet, macvtap, bridge, peer
 *	MEASURE	o60, o1514	out: written by the guest, until the NIC has it
 *		i60, i1514	in: from the NIC's receive routine until the guest
 *				has read it
 *
 * The NIC is a tap, whose other side is the wire: what is written there is
 * received by the NIC at once, and what the NIC sends is read there. Prints
 * lines as bench does: "SYSTEM 1 MEASURE WRITE READ"; the read on the wire is
 * not part of it. Root; what it makes ends with it.
 */
#define _GNU_SOURCE
#include "vmtest.h"
#include "measure.h"

#include <net/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>

#define HUB	211
#define NIC	"vtbnic"
#define TAP	"vtbtap"
#define BRIDGE	"vtbbr"
#define MACVTAP	"vtbmvt"
#define ROUNDS	40
#define BATCH	64

static const uint8_t far_mac[6] = { 2, 0, 0, 9, 9, 9 };

struct rig {
	const char	*system;
	int		wire;
	int		guest;
	uint8_t		mac[6];
};

static int open_tap(const char *path, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open(path, O_RDWR | O_NONBLOCK);

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		die(path);
	return fd;
}

static void get_mac(int sock, const char *name, uint8_t *mac)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	if (ioctl(sock, SIOCGIFHWADDR, &ifr))
		die("SIOCGIFHWADDR");
	memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
}

/* --- the systems ------------------------------------------------------------- */

static void use_hub(struct rig *r)
{
	int uplink = vt_open(HUB, O_RDWR);
	struct vt_port p;

	/* It stays open. */
	if (uplink < 0 || vt_peer(uplink, NIC, 0) ||
	    vt_flags(uplink, VT_UP))
		die("uplink");
	if (vt_port_up(&p, HUB, VT_UP) || fcntl(p.fd, F_SETFL, O_NONBLOCK))
		die("port");
	r->guest = p.fd;
	memcpy(r->mac, p.mac, 6);
}

static void use_macvtap(struct rig *r, int sock)
{
	char path[64];

	if (system("ip link add link " NIC " name " MACVTAP " type macvtap mode bridge"))
		die("ip link add");
	set_up(sock, MACVTAP, true);
	get_mac(sock, MACVTAP, r->mac);
	snprintf(path, sizeof(path), "/dev/tap%u", if_nametoindex(MACVTAP));
	r->guest = open_tap(path, MACVTAP);
}

static void use_bridge(struct rig *r)
{
	int sock = make_bridge(BRIDGE);

	r->guest = open_tap("/dev/net/tun", TAP);
	set_up(sock, TAP, true);
	enslave(sock, BRIDGE, TAP);
	enslave(sock, BRIDGE, NIC);
	memcpy(r->mac, (uint8_t[]){ 2, 0, 0, 8, 8, 8 }, 6);
	close(sock);
}

/* --- frames ------------------------------------------------------------------ */

/* The next frame that has the EtherType of ours; others are skipped. */
static ssize_t get(int fd, uint8_t *buf, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, buf, size);
	} while (n >= 14 && (buf[12] != VT_ETHERTYPE >> 8 ||
			     buf[13] != (VT_ETHERTYPE & 0xff)));
	return n;
}

static void drain(const struct rig *r)
{
	uint8_t buf[2048];

	while (read(r->wire, buf, sizeof(buf)) > 0)
		;
	while (read(r->guest, buf, sizeof(buf)) > 0)
		;
}

/* Let everybody know who is where. */
static void introduce(const struct rig *r)
{
	uint8_t buf[2048], frame[60];

	vt_frame(frame, sizeof(frame), vt_bcast, far_mac, 1);
	if (write(r->wire, frame, sizeof(frame)) != sizeof(frame))
		die("write on the wire");
	vt_frame(frame, sizeof(frame), vt_bcast, r->mac, 1);
	if (write(r->guest, frame, sizeof(frame)) != sizeof(frame))
		die("write");
	/* Addresses and links settle. */
	usleep(300000);
	if (get(r->guest, buf, sizeof(buf)) != 60)
		die("the guest hears nothing");
	if (get(r->wire, buf, sizeof(buf)) != 60)
		die("the wire hears nothing");
}

static void measure(const struct rig *r, const char *what)
{
	bool out = what[0] == 'o';
	size_t len = (size_t)atoi(what + 1);
	int from = out ? r->guest : r->wire, to = out ? r->wire : r->guest;
	double w[ROUNDS], q[ROUNDS], t;
	uint8_t frame[2048], buf[2048];

	if ((!out && what[0] != 'i') || len < 60 || len > 1514) {
		errno = EINVAL;
		die(what);
	}
	vt_frame(frame, len, out ? far_mac : r->mac, out ? r->mac : far_mac, 1);
	for (int i = 0; i < ROUNDS; i++) {
		drain(r);
		t = now();
		for (int k = 0; k < BATCH; k++)
			if (write(from, frame, len) != (ssize_t)len)
				die("write");
		w[i] = (now() - t) / BATCH;
		t = now();
		for (int k = 0; k < BATCH; k++)
			if (read(to, buf, sizeof(buf)) != (ssize_t)len)
				die("a frame got lost: read");
		q[i] = (now() - t) / BATCH;
		if (memcmp(buf, frame, len))
			die("another frame");
		/* Once each, and nothing comes back. */
		if (read(to, buf, sizeof(buf)) >= 0 ||
		    (out && read(from, buf, sizeof(buf)) >= 0))
			die("a frame too many");
	}
	printf("%s 1 %s %.0f %.0f\n", r->system, what, median(w, ROUNDS),
	       out ? 0 : median(q, ROUNDS));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	struct rig r = { 0 };

	if (argc < 3) {
		fprintf(stderr, "usage: benchup SYSTEM MEASURE...\n");
		return 2;
	}
	r.system = argv[1];
	/* No frame but ours. */
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	r.wire = open_tap("/dev/net/tun", NIC);
	set_up(sock, NIC, true);
	if (!strcmp(r.system, "macvtap"))
		use_macvtap(&r, sock);
	else if (!strcmp(r.system, "bridge"))
		use_bridge(&r);
	else
		use_hub(&r);
	introduce(&r);
	for (int i = 2; i < argc; i++)
		measure(&r, argv[i]);
	/* A macvtap goes with its NIC, the bridge by itself. */
	if (!strcmp(r.system, "bridge")) {
		set_up(sock, BRIDGE, false);
		if (ioctl(sock, SIOCBRDELBR, BRIDGE))
			die("SIOCBRDELBR");
	}
	return 0;
}
