// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Helpers of the tests: see vmtest.h.
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <net/if.h>
#include <linux/if_tun.h>

const uint8_t vt_bcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* The major number in use, from /proc/devices; -1 when not loaded. */
int vt_major(void)
{
	FILE *f = fopen("/proc/devices", "re");
	char line[128], name[64];
	int major, found = -1;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %63s", &major, name) == 2 &&
		    !strcmp(name, "vmnet"))
			found = major;
	fclose(f);
	return found;
}

int vt_mknod(const char *path, int hub)
{
	int major = vt_major();

	if (major < 0) {
		errno = ENXIO;
		return -1;
	}
	return mknod(path, S_IFCHR | 0600,
		     makedev((unsigned int)major, (unsigned int)hub));
}

/* A node of our own, made for the moment: any hub, whatever udev does. */
int vt_open(int hub, int flags)
{
	char path[64];
	int fd, err;

	snprintf(path, sizeof(path), "/dev/.vmtest-%ld-%d", (long)gettid(), hub);
	unlink(path);
	if (vt_mknod(path, hub))
		return -1;
	fd = open(path, flags | O_CLOEXEC);
	err = errno;
	unlink(path);
	errno = err;
	return fd;
}

/* The highest number of a living user port, -1 when there is none. */
int vt_last_userif(void)
{
	DIR *d = opendir("/proc/vmnet");
	struct dirent *e;
	int n, last = -1;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (sscanf(e->d_name, "userif%d", &n) == 1 && n > last)
			last = n;
	closedir(d);
	return last;
}

int vt_port_open(struct vt_port *p, int hub, int oflags)
{
	p->fd = vt_open(hub, oflags);
	if (p->fd < 0)
		return -1;
	p->n = vt_last_userif();
	return vt_get_mac(p->fd, p->mac);
}

/* A port of VMware's dialect, non-blocking. */
int vt_port_up(struct vt_port *p, int hub, uint32_t flags)
{
	if (vt_port_open(p, hub, O_RDWR | O_NONBLOCK))
		return -1;
	return vt_flags(p->fd, flags);
}

/* A port of the TUN dialect, non-blocking. */
int vt_tap_open(struct vt_port *p, int hub, int ifflags)
{
	struct ifreq ifr = { 0 };

	if (vt_port_open(p, hub, O_RDWR | O_NONBLOCK))
		return -1;
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | ifflags);
	return ioctl(p->fd, TUNSETIFF, &ifr);
}

/* A frame whose bytes tell where they belong; @tag says which one it is. */
size_t vt_frame(uint8_t *buf, size_t len, const uint8_t *dst,
		const uint8_t *src, uint8_t tag)
{
	memcpy(buf, dst, 6);
	memcpy(buf + 6, src, 6);
	buf[12] = VT_ETHERTYPE >> 8;
	buf[13] = VT_ETHERTYPE & 0xff;
	for (size_t i = 14; i < len; i++)
		buf[i] = (uint8_t)(i * 7 + (i >> 8));
	if (len > 14)
		buf[14] = tag;
	return len;
}

ssize_t vt_send(int fd, size_t len, const uint8_t *dst, const uint8_t *src,
		uint8_t tag)
{
	static uint8_t buf[70000];

	vt_frame(buf, len, dst, src, tag);
	return write(fd, buf, len);
}

/* Waits for a frame, but not for ever. */
ssize_t vt_recv(int fd, uint8_t *buf, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, VT_DEADLINE_MS) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return read(fd, buf, size);
}

/* The tag of the next frame of ours; frames of others are passed over. */
int vt_recv_tag(int fd)
{
	static uint8_t buf[70000];
	ssize_t n;

	do {
		n = vt_recv(fd, buf, sizeof(buf));
		if (n < 0)
			return -1;
	} while (n < 15 || buf[12] != VT_ETHERTYPE >> 8 ||
		 buf[13] != (VT_ETHERTYPE & 0xff));
	return buf[14];
}

/* Nothing arrives: forwarding is done in the writer, so a look is enough. */
bool vt_quiet(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, VT_QUIET_MS) == 0;
}

/* Reads until nothing is left; how many frames there were. */
int vt_drain(int fd)
{
	static uint8_t buf[70000];
	int n = 0;

	while (read(fd, buf, sizeof(buf)) > 0)
		n++;
	return n;
}

int vt_proc_read(const char *name, char *buf, size_t size)
{
	char path[300];
	ssize_t n, sum = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/vmnet/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + sum, size - 1 - (size_t)sum)) > 0)
		sum += n;
	close(fd);
	buf[sum] = 0;
	return n < 0 ? -1 : (int)sum;
}

bool vt_proc_exists(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/vmnet/%s", name);
	return access(path, F_OK) == 0;
}

/* Waits until an entry has gone. */
bool vt_proc_gone(const char *name)
{
	for (int i = 0; i < VT_DEADLINE_MS / 10; i++) {
		if (!vt_proc_exists(name))
			return true;
		usleep(10000);
	}
	return false;
}

/* How many entries of /proc/vmnet start like this. */
int vt_proc_count(const char *prefix)
{
	DIR *d = opendir("/proc/vmnet");
	struct dirent *e;
	int n = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' &&
		    !strncmp(e->d_name, prefix, strlen(prefix)))
			n++;
	closedir(d);
	return n;
}

/* The number after " KEY " in a line of /proc/vmnet, -1 when not there. */
long long vt_field(const char *text, const char *key)
{
	char pat[64];
	const char *p;

	snprintf(pat, sizeof(pat), " %s ", key);
	p = strstr(text, pat);
	return p ? atoll(p + strlen(pat)) : -1;
}

long long vt_counter(const struct vt_port *p, const char *key)
{
	char name[32], text[1024];

	snprintf(name, sizeof(name), "userif%d", p->n);
	if (vt_proc_read(name, text, sizeof(text)) < 0)
		return -1;
	return vt_field(text, key);
}

/* Where a port is plugged in: "hubN.M". */
int vt_slot(const struct vt_port *p, char *buf, size_t size)
{
	char name[32], text[1024], peer[64];

	snprintf(name, sizeof(name), "userif%d", p->n);
	if (vt_proc_read(name, text, sizeof(text)) < 0)
		return -1;
	if (sscanf(text, "connected %63s", peer) != 1)
		return -1;
	snprintf(buf, size, "%s", peer);
	return 0;
}

long long vt_slot_tx(int hub, int slot)
{
	char name[32], text[256];

	snprintf(name, sizeof(name), "hub%d.%d", hub, slot);
	if (vt_proc_read(name, text, sizeof(text)) < 0)
		return -1;
	return vt_field(text, "tx");
}

int vt_flags(int fd, uint32_t flags)
{
	return ioctl(fd, SIOCSPORTFLAGS, &flags);
}

int vt_set_mac(int fd, const uint8_t *mac, uint32_t flags)
{
	struct vmnet_mac m = { .version = VMNET_MAC_VERSION, .flags = flags };

	memcpy(m.mac, mac, 6);
	return ioctl(fd, SIOCSETMACADDR, &m);
}

int vt_get_mac(int fd, uint8_t *mac)
{
	return ioctl(fd, SIOCGETMACADDR, mac);
}

int vt_bind(int fd, int hub)
{
	struct vmnet_bind b = {
		.version = VMNET_BIND_VERSION,
		.type = VMNET_BIND_VNET,
		.number = hub,
	};

	return ioctl(fd, SIOCSBIND, &b);
}

int vt_netif(int fd, const char *name)
{
	char buf[VMNET_NETIF_NAME] = { 0 };

	memcpy(buf, name, strnlen(name, sizeof(buf)));
	return ioctl(fd, SIOCNETIF, buf);
}

int vt_peer(int fd, const char *name, uint32_t flags)
{
	struct vmnet_peer p = { .flags = flags };

	memcpy(p.name, name, strnlen(name, sizeof(p.name)));
	return ioctl(fd, SIOCSPEER3, &p);
}
