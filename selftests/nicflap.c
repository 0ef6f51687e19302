// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A NIC goes down and up again, and now and then away and back, while frames
 * pass it and ports of its hubs come and go.
 *
 *	nicflap HUB NIC TIMES EVERY COMMAND
 *
 * Flaps the NIC TIMES times; after each EVERY of them COMMAND is run, which
 * deletes and makes it. Two threads write frames, two open and close ports of
 * all kinds. Prints what was done; the status is 1 when some of it did not
 * happen.
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <net/if.h>

/* Microseconds; without it an emulated machine has no time left for the NIC. */
#define PAUSE	1000

struct work {
	int hub;
	const char *nic;
	atomic_bool stop;
	atomic_ulong frames, ports, uplinks, errors, openers;
};

/* The first few say what they are. */
static void failed(struct work *w, const char *what)
{
	if (w->errors++ < 8)
		printf("# %s: %s\n", what, strerror(errno));
}

/* A guest: frames to all, to the NIC's peer as far as one knows, to nobody. */
static void *write_frames(void *arg)
{
	struct work *w = arg;
	uint8_t dst[6] = { 2, 0, 0, 0, 0, 1 };
	uint8_t buf[2048];
	struct vt_port p;

	if (vt_port_up(&p, w->hub, VT_UP | VMNET_FLAG_PROMISC)) {
		failed(w, "a port");
		return NULL;
	}
	fcntl(p.fd, F_SETFL, O_NONBLOCK);
	for (unsigned int i = 0; !w->stop; i++) {
		dst[5] = (uint8_t)i;
		if (vt_send(p.fd, 60 + i % 1400, i % 3 ? dst : vt_bcast, p.mac, 1) < 0)
			failed(w, "a frame");
		else
			w->frames++;
		while (read(p.fd, buf, sizeof(buf)) > 0)
			;
		usleep(PAUSE);
	}
	close(p.fd);
	return NULL;
}

/* Guests, second uplinks and listeners that come and go. */
static void *open_ports(void *arg)
{
	struct vmnet_listen l = { .version = VMNET_LISTEN_VERSION, .classes = ~0u };
	struct work *w = arg;
	int hub = w->hub + 1 + (int)w->openers++;
	struct vt_port p;

	for (unsigned int i = 0; !w->stop; i++) {
		const char *what = "a guest";
		bool err;

		/* The NIC may have one uplink of each hub, so they are others.
		 * They take the same lock as the flaps: not too many of them.
		 */
		if (i % 16 == 3) {
			what = "an uplink";
			p.fd = vt_open(hub, O_RDWR);
			err = p.fd < 0 || vt_peer(p.fd, w->nic, 0);
			w->uplinks++;
		} else if (i % 4 == 3) {
			what = "a listener";
			p.fd = vt_open(w->hub, O_RDWR);
			err = p.fd < 0 || ioctl(p.fd, SIOCSUSERLISTENER, &l);
		} else if (i % 4 == 1) {
			what = "a tap";
			err = vt_tap_open(&p, w->hub, 0);
			if (!err)
				vt_send(p.fd, 60, vt_bcast, p.mac, 1);
		} else {
			err = vt_port_up(&p, w->hub, VT_UP);
			if (!err)
				vt_send(p.fd, 60, vt_bcast, p.mac, 1);
		}
		if (err)
			failed(w, what);
		w->ports++;
		if (p.fd >= 0)
			close(p.fd);
		usleep(PAUSE);
	}
	return NULL;
}

static int set_up(int sock, const char *nic, bool on)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", nic);
	if (ioctl(sock, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags = (short)(on ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	return ioctl(sock, SIOCSIFFLAGS, &ifr);
}

int main(int argc, char **argv)
{
	static void *(*const jobs[])(void *) = {
		write_frames, write_frames, open_ports, open_ports,
	};
	struct work w = { 0 };
	pthread_t threads[4];
	int times, every, flaps = 0, again = 0, sock;

	if (argc != 6) {
		fprintf(stderr, "usage: nicflap HUB NIC TIMES EVERY COMMAND\n");
		return 2;
	}
	w.hub = atoi(argv[1]);
	w.nic = argv[2];
	times = atoi(argv[3]);
	every = atoi(argv[4]);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, jobs[i], &w))
			return 1;
	for (int i = 1; i <= times; i++) {
		if (!set_up(sock, w.nic, false) && !set_up(sock, w.nic, true))
			flaps++;
		if (i % every == 0 && !system(argv[5]))
			again++;
	}
	w.stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("# %d flaps, %d times deleted and made, %lu frames written, %lu ports opened and closed, %lu of them uplinks, %lu errors\n",
	       flaps, again, w.frames, w.ports, w.uplinks, w.errors);
	/* Something came, and went, all the time. */
	return flaps != times || again != times / every || w.frames < (unsigned long)times ||
	       w.ports < (unsigned long)times / 2 || !w.uplinks || w.errors;
}
