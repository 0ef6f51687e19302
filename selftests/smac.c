// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single-MAC translation, forced on a wired NIC (one end of a veth whose other
 * end is the LAN): each line of both tables of VMware's interface 8.6, what a
 * hostile guest can send, and the limits of the table.
 */
#define _GNU_SOURCE
#define VT_HARNESS
#include "vmtest.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include "inet.h"
#include "vmnl.h"

#define HUB	96

/* Where a frame can be seen. */
enum { A, B, HOST, LAN, PLACES };

#define AT(place)	(1u << (place))
#define TWICE		0x100u

static const uint8_t a_mac[6] = { 2, 0, 0, 0, 0xa, 1 };
static const uint8_t b_mac[6] = { 2, 0, 0, 0, 0xb, 1 };
static const uint8_t lan_mac[6] = { 2, 0, 0, 0, 0xc, 1 };
static const uint8_t nobody[6] = { 2, 0, 0, 0, 0xd, 1 };
static const uint8_t mcast[6] = { 1, 0, 0x5e, 1, 2, 3 };
static const uint8_t zero[6];
static uint8_t nic[6];

#define IP_HOST	0x0a050001u
#define IP_A	0x0a05000au
#define IP_B	0x0a05000bu
#define IP_LAN	0x0a050002u
#define IP_NONE	0x0a0500eeu

static const uint16_t host_protos[] = { ETH_P_IP, ETH_P_IPV6, ETH_P_ARP,
	ETH_P_RARP, ETH_P_PAE, 0x88c7, VT_ETHERTYPE };
#define NPROTOS	(sizeof(host_protos) / sizeof(host_protos[0]))

static uint32_t serial = 0x51ac0000;
static uint8_t f[70000], want[70000], got[PLACES][70000];
static size_t got_len[PLACES];
/* lan also sends; host_tx sees nothing. */
static int guest[2], lan, host_tx, host[NPROTOS];

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

static int packet_socket(const char *name, uint16_t proto)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0), on = 1, size = 8 << 20;

	if (s < 0 || bind(s, (struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(s, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return -1;
	return s;
}

/* The next frame that came in, its tag back where it was; 0 for none. */
static size_t take_packet(int s, uint8_t *buf, size_t size)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} ctl;
	struct sockaddr_ll ll;
	struct iovec iov = { buf, size - 4 };
	struct msghdr m = { &ll, sizeof(ll), &iov, 1, &ctl, sizeof(ctl), 0 };
	struct tpacket_auxdata *aux;
	struct cmsghdr *c;
	ssize_t n;

	do {
		m.msg_namelen = sizeof(ll);
		m.msg_controllen = sizeof(ctl);
		n = recvmsg(s, &m, MSG_DONTWAIT);
	} while (n > 0 && ll.sll_pkttype == PACKET_OUTGOING);
	if (n <= 0)
		return 0;
	c = CMSG_FIRSTHDR(&m);
	aux = c ? (void *)CMSG_DATA(c) : NULL;
	if (aux && aux->tp_status & TP_STATUS_VLAN_VALID) {
		memmove(buf + 16, buf + 12, (size_t)n - 12);
		put16(buf + 12, aux->tp_vlan_tpid);
		put16(buf + 14, aux->tp_vlan_tci);
		n += 4;
	}
	return (size_t)n;
}

static size_t take_from(int place, uint8_t *buf, size_t size)
{
	ssize_t n;

	if (place == LAN)
		return take_packet(lan, buf, size);
	if (place != HOST) {
		n = read(guest[place], buf, size);
		return n > 0 ? (size_t)n : 0;
	}
	for (size_t i = 0; i < NPROTOS; i++) {
		n = (ssize_t)take_packet(host[i], buf, size);
		if (n)
			return (size_t)n;
	}
	return 0;
}

/* Frames of ours end with their number. */
static size_t sign(size_t len)
{
	put32(f + len - 4, ++serial);
	return len;
}

static unsigned int look(unsigned int seen)
{
	static uint8_t buf[70000];
	uint8_t mark[4];
	size_t n;

	put32(mark, serial);
	for (int i = 0; i < PLACES; i++)
		while ((n = take_from(i, buf, sizeof(buf)))) {
			if (n < 18 || memcmp(buf + n - 4, mark, 4))
				continue;
			seen |= seen & AT(i) ? TWICE : AT(i);
			memcpy(got[i], buf, n);
			got_len[i] = n;
		}
	return seen;
}

/* Sends f; returns where it was seen: what is expected is waited for. */
static unsigned int pass(int from, size_t len, unsigned int expected)
{
	unsigned int seen = 0;
	ssize_t n;

	n = from == LAN ? send(lan, f, len, 0) :
	    from == HOST ? send(host_tx, f, len, 0) : write(guest[from], f, len);
	if (n != (ssize_t)len)
		return 0x1000;
	for (int i = 0; i < 500; i++) {
		seen = look(seen);
		if ((seen & expected) == expected)
			break;
		usleep(10000);
	}
	/* What must not come gets the chance to. */
	usleep(10000);
	seen = look(seen);
	return seen;
}

static void eth(const uint8_t *dst, const uint8_t *src, unsigned int proto)
{
	memset(f, 0, 2000);
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, proto);
}

/* As f, but with that sender and receiver. */
static void wanted(size_t len, const uint8_t *dst, const uint8_t *src)
{
	memcpy(want, f, len);
	memcpy(want, dst, 6);
	memcpy(want + 6, src, 6);
}

static bool is_wanted(int place, size_t len)
{
	return got_len[place] == len && !memcmp(got[place], want, len);
}

static void put_ip4(uint8_t *ip, uint32_t src, uint32_t dst, unsigned int len)
{
	ip[0] = 0x45;
	put16(ip + 2, len);
	ip[8] = 64;
	/* TCP without a right checksum: nobody answers that. */
	ip[9] = 6;
	put32(ip + 12, src);
	put32(ip + 16, dst);
	put16(ip + 10, (uint16_t)~inet_sum(ip, 20, 0));
}

static size_t ip4(const uint8_t *dst, const uint8_t *src, uint32_t sip,
		  uint32_t dip)
{
	eth(dst, src, ETH_P_IP);
	put_ip4(f + 14, sip, dip, 46);
	return sign(60);
}

static void addr6(uint8_t *p, unsigned int n)
{
	memset(p, 0, 16);
	p[0] = 0xfd;
	p[1] = 5;
	put32(p + 12, n);
}

static size_t ip6(const uint8_t *dst, const uint8_t *src, unsigned int sip,
		  unsigned int dip)
{
	eth(dst, src, ETH_P_IPV6);
	f[14] = 0x60;
	put16(f + 18, 20);
	f[20] = 6;
	f[21] = 64;
	addr6(f + 22, sip);
	addr6(f + 38, dip);
	return sign(74);
}

static size_t arp(const uint8_t *dst, const uint8_t *src, unsigned int op,
		  const uint8_t *sha, uint32_t sip, const uint8_t *tha,
		  uint32_t tip)
{
	eth(dst, src, ETH_P_ARP);
	put16(f + 14, 1);
	put16(f + 16, ETH_P_IP);
	f[18] = 6;
	f[19] = 4;
	put16(f + 20, op);
	memcpy(f + 22, sha, 6);
	put32(f + 28, sip);
	memcpy(f + 32, tha, 6);
	put32(f + 38, tip);
	return sign(60);
}

static size_t other(const uint8_t *dst, const uint8_t *src, unsigned int proto)
{
	eth(dst, src, proto);
	return sign(60);
}

/* Both guests have been heard, with IPv4 and IPv6. */
static bool introduce(void)
{
	return pass(LAN, other(vt_bcast, lan_mac, VT_ETHERTYPE),
		    AT(A) | AT(B) | AT(HOST)) == (AT(A) | AT(B) | AT(HOST)) &&
	       pass(A, ip4(lan_mac, a_mac, IP_A, IP_LAN), AT(LAN)) == AT(LAN) &&
	       pass(B, ip4(lan_mac, b_mac, IP_B, IP_LAN), AT(LAN)) == AT(LAN) &&
	       pass(A, ip6(lan_mac, a_mac, 0xa, 2), AT(LAN)) == AT(LAN) &&
	       pass(B, ip6(lan_mac, b_mac, 0xb, 2), AT(LAN)) == AT(LAN);
}

FIXTURE(smac) {
	struct vt_port a, b, up;
	struct vmnl *nl;
};

FIXTURE_SETUP(smac)
{
	unsigned int m[6];
	FILE *file;
	int err;

	/* The family is only there in the namespace we come from. */
	self->nl = vmnl_open(&err);
	ASSERT_NE(NULL, self->nl);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, system("echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6;"
			    "ip link set lo up;"
			    "ip link add smac0 type veth peer name lan0 &&"
			    "echo 0 >/proc/sys/net/ipv6/conf/smac0/disable_ipv6 &&"
			    "ip addr add 10.5.0.1/24 dev smac0 &&"
			    "ip addr add fd05::1/64 dev smac0 nodad &&"
			    "ip link set smac0 up && ip link set lan0 up"));
	file = popen("ip link show smac0 | awk '/ether/ { print $2 }'", "r");
	ASSERT_NE(NULL, file);
	ASSERT_EQ(6, fscanf(file, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3,
			    m + 4, m + 5));
	pclose(file);
	for (int i = 0; i < 6; i++)
		nic[i] = (uint8_t)m[i];
	ASSERT_LE(0, lan = packet_socket("lan0", ETH_P_ALL));
	ASSERT_LE(0, host_tx = packet_socket("smac0", 0));
	for (size_t i = 0; i < NPROTOS; i++)
		ASSERT_LE(0, host[i] = packet_socket("smac0", host_protos[i]));
	ASSERT_EQ(0, vt_port_open(&self->up, HUB, O_RDWR));
	ASSERT_EQ(0, vt_peer(self->up.fd, "smac0", VMNET_PEER_SMAC));
	ASSERT_EQ(0, vt_tap_open(&self->a, HUB, 0));
	ASSERT_EQ(0, vt_tap_open(&self->b, HUB, 0));
	guest[A] = self->a.fd;
	guest[B] = self->b.fd;
	/* A carrier takes a moment. */
	usleep(100000);
	ASSERT_TRUE(introduce());
}

FIXTURE_TEARDOWN(smac)
{
	vmnl_close(self->nl);
	close(self->a.fd);
	close(self->b.fd);
	close(self->up.fd);
	close(lan);
	close(host_tx);
	for (size_t i = 0; i < NPROTOS; i++)
		close(host[i]);
}

TEST_F(smac, row_8_6_out_ip)
{
	size_t n;

	n = ip4(lan_mac, a_mac, IP_A, IP_LAN);
	wanted(n, lan_mac, nic);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	n = ip6(lan_mac, a_mac, 0xa, 2);
	wanted(n, lan_mac, nic);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	/* To the host as well: up only. */
	n = ip4(nic, a_mac, IP_A, IP_HOST);
	wanted(n, nic, nic);
	EXPECT_EQ(AT(HOST), pass(A, n, AT(HOST)));
	EXPECT_TRUE(is_wanted(HOST, n));
	/* A group: once each, guests see who it was. */
	n = ip4(mcast, a_mac, IP_A, 0xe0010203);
	wanted(n, mcast, nic);
	EXPECT_EQ(AT(B) | AT(HOST) | AT(LAN),
		  pass(A, n, AT(B) | AT(HOST) | AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	EXPECT_TRUE(is_wanted(HOST, n));
	wanted(n, mcast, a_mac);
	EXPECT_TRUE(is_wanted(B, n));
	/* Guests meet with their own addresses. */
	n = ip4(b_mac, a_mac, IP_A, IP_B);
	wanted(n, b_mac, a_mac);
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	EXPECT_TRUE(is_wanted(B, n));
}

TEST_F(smac, row_8_6_out_senseless_ip)
{
	size_t n;

	n = ip4(mcast, a_mac, IP_A, IP_LAN);
	f[14] = 0x55;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = ip4(mcast, a_mac, IP_A, IP_LAN);
	f[14] = 0x44;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = ip4(mcast, a_mac, IP_A, IP_LAN);
	f[14] = 0x4f;
	EXPECT_EQ(AT(B), pass(A, sign(14 + 59), AT(B)));
	(void)n;
	f[14] = 0x45;
	EXPECT_EQ(AT(B), pass(A, sign(14 + 19), AT(B)));
	n = ip6(mcast, a_mac, 0xa, 2);
	f[14] = 0x40;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	ip6(mcast, a_mac, 0xa, 2);
	EXPECT_EQ(AT(B), pass(A, sign(14 + 39), AT(B)));
	/* The total length is not looked at. */
	n = ip4(mcast, a_mac, IP_A, IP_LAN);
	put16(f + 16, 9999);
	EXPECT_EQ(AT(B) | AT(HOST) | AT(LAN),
		  pass(A, n, AT(B) | AT(HOST) | AT(LAN)));
}

TEST_F(smac, row_8_6_out_arp)
{
	static const unsigned int ops[] = { 1, 2, 3, 4, 8, 9 };
	size_t n;

	for (size_t i = 0; i < 6; i++)
		for (unsigned int hw = 1; hw <= 6; hw += 5)
			for (unsigned int t = ETH_P_ARP; t; t = t == ETH_P_ARP ? ETH_P_RARP : 0) {
				n = arp(lan_mac, a_mac, ops[i], a_mac, IP_A, nobody, IP_LAN);
				put16(f + 12, t);
				put16(f + 14, hw);
				wanted(n, lan_mac, nic);
				memcpy(want + 22, nic, 6);
				EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
				EXPECT_TRUE(is_wanted(LAN, n));
			}
	/* Other operations, hardware, protocols, lengths; short. */
	n = arp(mcast, a_mac, 5, a_mac, IP_A, nobody, IP_LAN);
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = arp(mcast, a_mac, 1, a_mac, IP_A, nobody, IP_LAN);
	f[15] = 7;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = arp(mcast, a_mac, 1, a_mac, IP_A, nobody, IP_LAN);
	f[17] = 1;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = arp(mcast, a_mac, 1, a_mac, IP_A, nobody, IP_LAN);
	f[18] = 8;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	n = arp(mcast, a_mac, 1, a_mac, IP_A, nobody, IP_LAN);
	f[19] = 16;
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	arp(mcast, a_mac, 1, a_mac, IP_A, nobody, IP_LAN);
	EXPECT_EQ(AT(B), pass(A, sign(14 + 27), AT(B)));
}

TEST_F(smac, row_8_6_learning)
{
	size_t n;

	/* From ARP, with the address that is in there. */
	EXPECT_EQ(AT(LAN), pass(A, arp(lan_mac, a_mac, 1, b_mac, IP_NONE, zero, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(B), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE), AT(B)));
	/* The last one who says so. */
	EXPECT_EQ(AT(LAN), pass(A, ip4(lan_mac, a_mac, IP_NONE, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(A), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE), AT(A)));
	/* Not from a RARP request. */
	EXPECT_EQ(AT(LAN), pass(A, arp(lan_mac, a_mac, 3, a_mac, IP_NONE + 1, zero, 0), AT(LAN)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE + 1), AT(HOST)));
	/* Not what nobody can have. */
	EXPECT_EQ(AT(LAN), pass(A, ip4(lan_mac, a_mac, 0, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, 0), AT(HOST)));
	EXPECT_EQ(AT(LAN), pass(A, ip4(lan_mac, a_mac, 0x7f000001, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, 0x7f000001), AT(HOST)));
	n = ip6(lan_mac, a_mac, 0, 2);
	memset(f + 22, 0, 16);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	n = ip6(nic, lan_mac, 2, 0);
	memset(f + 38, 0, 16);
	EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
	/* Not the NIC, nor a group, as a guest. */
	EXPECT_EQ(AT(LAN), pass(A, arp(lan_mac, a_mac, 1, nic, IP_NONE + 2, zero, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE + 2), AT(HOST)));
	EXPECT_EQ(AT(LAN), pass(A, arp(lan_mac, a_mac, 1, vt_bcast, IP_NONE + 2, zero, IP_LAN), AT(LAN)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE + 2), AT(HOST)));
	/* An IPv6 address that looks like an IPv4 one is another. */
	n = ip6(nic, lan_mac, 2, 0);
	memset(f + 38, 0, 10);
	memset(f + 48, 0xff, 2);
	put32(f + 50, IP_A);
	EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
}

TEST_F(smac, the_host_keeps_its_addresses)
{
	/* A guest has the host's address, and says so in every way. */
	pass(A, ip4(lan_mac, a_mac, IP_HOST, IP_LAN), AT(LAN));
	pass(A, arp(lan_mac, a_mac, 2, a_mac, IP_HOST, lan_mac, IP_LAN), AT(LAN));
	pass(A, ip6(lan_mac, a_mac, 1, 2), AT(LAN));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_HOST), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip6(nic, lan_mac, 2, 1), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, arp(nic, lan_mac, 1, lan_mac, IP_LAN, zero, IP_HOST), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, arp(nic, lan_mac, 2, lan_mac, IP_LAN, nic, IP_HOST), AT(HOST)));
	/* The host gets an address that a guest had: it is the host's now. */
	EXPECT_EQ(AT(A), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(A)));
	ASSERT_EQ(0, system("ip addr add 10.5.0.10/24 dev smac0 &&"
			    "ip addr add fd05::a/64 dev smac0 nodad"));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip6(nic, lan_mac, 2, 0xa), AT(HOST)));
	/* And one on something stacked on the NIC. */
	ASSERT_EQ(0, system("ip link add link smac0 name mv0 type macvlan &&"
			    "echo 0 >/proc/sys/net/ipv6/conf/mv0/disable_ipv6 &&"
			    "ip addr add fd05::b/64 dev mv0 nodad && ip addr add 10.5.0.11/24 dev mv0 && ip link set mv0 up"));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_B), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip6(nic, lan_mac, 2, 0xb), AT(HOST)));
	ASSERT_EQ(0, system("ip link del mv0; ip addr del 10.5.0.10/24 dev smac0;"
			    "ip addr del fd05::a/64 dev smac0"));
	EXPECT_EQ(AT(A), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(A)));
	EXPECT_EQ(AT(A), pass(LAN, ip6(nic, lan_mac, 2, 0xa), AT(A)));
	EXPECT_EQ(AT(B), pass(LAN, ip6(nic, lan_mac, 2, 0xb), AT(B)));
}

static size_t udp_checksum(size_t payload)
{
	uint8_t *u = f + 34;
	size_t len = 8 + payload;
	uint32_t sum = inet_sum(f + 26, 8, 17 + (uint32_t)len);

	put16(u + 6, 0);
	sum = (uint16_t)~inet_sum(u, len, sum);
	put16(u + 6, sum ? sum : 0xffff);
	return 34 + len;
}

/* A DHCP client asks. */
static size_t dhcp(size_t payload, unsigned int flags)
{
	uint8_t *u = f + 34;

	eth(vt_bcast, a_mac, ETH_P_IP);
	put_ip4(f + 14, 0, 0xffffffff, 28 + (unsigned int)payload);
	f[23] = 17;
	put16(f + 24, 0);
	put16(f + 24, (uint16_t)~inet_sum(f + 14, 20, 0));
	put16(u, 68);
	put16(u + 2, 67);
	put16(u + 4, 8 + (unsigned int)payload);
	u[8] = u[9] = 1;
	u[10] = 6;
	put16(u + 18, flags);
	memcpy(u + 36, a_mac, 6);
	sign(42 + payload);
	return udp_checksum(payload);
}

static bool udp_is_right(const uint8_t *p, size_t len)
{
	uint32_t sum = inet_sum(p + 26, 8, 17 + (uint32_t)(len - 34));

	return inet_sum(p + 34, len - 34, sum) == 0xffff;
}

TEST_F(smac, row_8_6_dhcp)
{
	const unsigned int all = AT(B) | AT(HOST) | AT(LAN);
	size_t n;

	/* The flag is set, the sum follows, nothing else changes. */
	n = dhcp(300, 0x0102);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_TRUE(udp_is_right(got[LAN], n));
	wanted(n, vt_bcast, nic);
	put16(want + 52, 0x8102);
	memcpy(want + 40, got[LAN] + 40, 2);
	EXPECT_TRUE(is_wanted(LAN, n));
	EXPECT_TRUE(is_wanted(HOST, n));
	/* The other guest has the frame as it was. */
	wanted(n, vt_bcast, a_mac);
	EXPECT_TRUE(is_wanted(B, n));
	/* Unicast, as for a renewal. */
	n = dhcp(300, 0);
	memcpy(f, lan_mac, 6);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_EQ(0x80, got[LAN][52]);
	EXPECT_TRUE(udp_is_right(got[LAN], n));
	/* A sum that becomes 0 is sent as ffff; no sum stays none. */
	n = dhcp(300, 0);
	put16(f + 38 + 200, 0);
	n = udp_checksum(300);
	{
		/* Word x makes the sum 0x8000, which the flag takes away. */
		unsigned int sum = (unsigned int)(f[40] << 8 | f[41]);
		unsigned int x = (sum + 0x7fff) % 0xffff;

		put16(f + 238, x);
		n = udp_checksum(300);
		EXPECT_EQ(0x80, f[40]);
		EXPECT_EQ(0x00, f[41]);
	}
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_EQ(0xff, got[LAN][40]);
	EXPECT_EQ(0xff, got[LAN][41]);
	EXPECT_TRUE(udp_is_right(got[LAN], n));
	n = dhcp(300, 0);
	put16(f + 40, 0);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_EQ(0x80, got[LAN][52]);
	EXPECT_EQ(0, got[LAN][40] | got[LAN][41]);
	/* What is left alone: set already, short, fragments, answers, others. */
	for (int i = 0; i < 9; i++) {
		n = dhcp(i == 1 ? 242 : 300, i == 0 ? 0x8000 : 0);
		switch (i) {
		case 2: f[20] = 0x20; break;
		case 3: f[21] = 1; break;
		case 4: f[20] = 0x80; break;
		case 5: f[37] = 68; break;
		case 6: f[42] = 2; break;
		case 7: f[44] = 8; break;
		case 8: put16(f + 38, 100); break;
		}
		EXPECT_EQ(all, pass(A, n, all));
		wanted(n, vt_bcast, nic);
		EXPECT_TRUE(is_wanted(LAN, n)) {
			TH_LOG("case %d", i);
		}
	}
	/* DF is no fragment. 243 bytes are enough. */
	n = dhcp(243, 0);
	f[20] = 0x40;
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_EQ(0x80, got[LAN][52]);
}

/* A message of neighbour discovery behind extension headers. */
static size_t nd(unsigned int type, const uint8_t *ext, size_t next, size_t start,
		 const uint8_t *opt, size_t len, size_t *at)
{
	size_t l4 = 54 + next, end = l4 + start + len + 8;
	uint32_t sum;

	eth(vt_bcast, a_mac, ETH_P_IPV6);
	f[0] = 0x33;
	f[1] = 0x33;
	f[14] = 0x60;
	put16(f + 18, (unsigned int)(end - 54));
	f[20] = next ? ext[0] : 58;
	f[21] = 255;
	addr6(f + 22, 0xa);
	f[38] = 0xff;
	f[39] = 2;
	f[53] = 1;
	for (size_t i = 0; i < next; i += 8) {
		f[54 + i] = i + 8 < next ? ext[i / 8 + 1] : 58;
		f[55 + i] = 0;
	}
	f[l4] = (uint8_t)type;
	memcpy(f + l4 + start, opt, len);
	/* An option nobody knows holds our mark. */
	f[end - 8] = 200;
	f[end - 7] = 1;
	sign(end);
	sum = inet_sum(f + 22, 32, 58 + (uint32_t)(end - l4));
	put16(f + l4 + 2, (uint16_t)~inet_sum(f + l4, end - l4, sum));
	*at = l4;
	return end;
}

static bool icmp_is_right(const uint8_t *p, size_t l4, size_t len)
{
	uint32_t sum = inet_sum(p + 22, 32, 58 + (uint32_t)(len - l4));

	return inet_sum(p + l4, len - l4, sum) == 0xffff;
}

TEST_F(smac, row_8_6_nd)
{
	static const struct {
		unsigned int type, start, option;
	} kinds[] = { { 133, 8, 1 }, { 134, 16, 1 }, { 135, 24, 1 }, { 136, 24, 2 } };
	/* AH counts its length otherwise: its 0 is 8 bytes too. */
	static const uint8_t exts[] = { 0, 43, 60, 135, 51, 0 };
	const unsigned int all = AT(B) | AT(HOST) | AT(LAN);
	uint8_t opt[16] = { 14, 1 };
	size_t n, l4;

	for (size_t k = 0; k < 4; k++)
		for (size_t next = 0; next <= 40; next += 8) {
			opt[8] = (uint8_t)kinds[k].option;
			opt[9] = 1;
			memcpy(opt + 10, a_mac, 6);
			n = nd(kinds[k].type, exts, next, kinds[k].start, opt, 16, &l4);
			wanted(n, f, nic);
			memcpy(want + l4 + kinds[k].start + 10, nic, 6);
			EXPECT_EQ(all, pass(A, n, all));
			EXPECT_TRUE(icmp_is_right(got[LAN], l4, n)) {
				TH_LOG("type %u, %zu bytes before", kinds[k].type, next);
			}
			memcpy(want + l4 + 2, got[LAN] + l4 + 2, 2);
			EXPECT_TRUE(is_wanted(LAN, n));
			EXPECT_TRUE(is_wanted(HOST, n));
			wanted(n, f, a_mac);
			EXPECT_TRUE(is_wanted(B, n));
			/* The other kind of option is not touched. */
			opt[8] = (uint8_t)(3 - kinds[k].option);
			n = nd(kinds[k].type, exts, next, kinds[k].start, opt, 16, &l4);
			wanted(n, f, nic);
			EXPECT_EQ(all, pass(A, n, all));
			EXPECT_TRUE(is_wanted(LAN, n));
			/* An option without a length: dropped. */
			opt[1] = 0;
			n = nd(kinds[k].type, exts, next, kinds[k].start, opt, 16, &l4);
			EXPECT_EQ(AT(B), pass(A, n, AT(B)));
			opt[1] = 1;
		}
	/* Other messages, and a fragment, are not looked into. */
	opt[0] = 1;
	n = nd(137, exts, 0, 40, opt, 16, &l4);
	wanted(n, f, nic);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_TRUE(is_wanted(LAN, n));
	n = nd(135, (const uint8_t *)"\x2c", 8, 24, opt, 16, &l4);
	wanted(n, f, nic);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_TRUE(is_wanted(LAN, n));
}

TEST_F(smac, hostile_nd)
{
	const unsigned int all = AT(B) | AT(HOST) | AT(LAN);
	uint8_t opt[400] = { 0 };
	size_t n, l4;

	/* An option that the frame, or the packet, ends in. */
	opt[0] = 1;
	opt[1] = 1;
	n = nd(135, NULL, 0, 24, opt, 8, &l4);
	put16(f + 18, 24 + 4);
	wanted(n, f, nic);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_TRUE(is_wanted(LAN, n));
	/* More options than anybody sends. */
	for (size_t i = 0; i < sizeof(opt); i += 8) {
		opt[i] = 14;
		opt[i + 1] = 1;
	}
	n = nd(135, NULL, 0, 24, opt, sizeof(opt), &l4);
	EXPECT_EQ(AT(B), pass(A, n, AT(B)));
	/* Extension headers that lead out of the frame. */
	n = nd(135, (const uint8_t *)"", 8, 24, opt, 16, &l4);
	f[55] = 255;
	wanted(n, f, nic);
	EXPECT_EQ(all, pass(A, n, all));
	EXPECT_TRUE(is_wanted(LAN, n));
	/* A message that is cut anywhere. */
	for (size_t len = 54; len < 54 + 40; len++) {
		nd(135, NULL, 0, 24, opt, 16, &l4);
		/* Our number may be the length of an option, and that 0. */
		unsigned int seen = pass(A, sign(len), AT(B));

		EXPECT_TRUE(seen == all || seen == AT(B)) {
			TH_LOG("length %zu: %x", len, seen);
		}
	}
}

TEST_F(smac, row_8_6_out_others)
{
	static const uint16_t eapol[] = { ETH_P_PAE, 0x88c7 };
	size_t n;

	for (int i = 0; i < 2; i++) {
		n = other(lan_mac, a_mac, eapol[i]);
		wanted(n, lan_mac, nic);
		EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
		EXPECT_TRUE(is_wanted(LAN, n));
	}
	n = other(mcast, a_mac, VT_ETHERTYPE);
	wanted(n, mcast, nic);
	EXPECT_EQ(AT(B) | AT(HOST) | AT(LAN),
		  pass(A, n, AT(B) | AT(HOST) | AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	EXPECT_TRUE(is_wanted(HOST, n));
	EXPECT_EQ(0, pass(A, other(lan_mac, a_mac, VT_ETHERTYPE), 0));
	EXPECT_EQ(0, pass(A, other(nic, a_mac, VT_ETHERTYPE), 0));
	/* 802.3: a length. */
	EXPECT_EQ(0, pass(A, other(lan_mac, a_mac, 46), 0));
}

TEST_F(smac, row_8_6_in_ip)
{
	const unsigned int all = AT(A) | AT(B) | AT(HOST);
	size_t n;

	n = ip4(nic, lan_mac, IP_LAN, IP_A);
	wanted(n, a_mac, lan_mac);
	EXPECT_EQ(AT(A), pass(LAN, n, AT(A)));
	EXPECT_TRUE(is_wanted(A, n));
	n = ip6(nic, lan_mac, 2, 0xb);
	wanted(n, b_mac, lan_mac);
	EXPECT_EQ(AT(B), pass(LAN, n, AT(B)));
	EXPECT_TRUE(is_wanted(B, n));
	/* Nobody's, and the host's. */
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_HOST), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip6(nic, lan_mac, 2, 0xee), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip6(nic, lan_mac, 2, 1), AT(HOST)));
	/* Groups. */
	n = ip4(mcast, lan_mac, IP_LAN, 0xe0010203);
	wanted(n, mcast, lan_mac);
	EXPECT_EQ(all, pass(LAN, n, all));
	EXPECT_TRUE(is_wanted(A, n));
	/* What was for all, sent to the NIC. */
	n = ip4(nic, lan_mac, IP_LAN, 0xffffffff);
	wanted(n, vt_bcast, lan_mac);
	EXPECT_EQ(all, pass(LAN, n, all));
	EXPECT_TRUE(is_wanted(A, n));
	wanted(n, nic, lan_mac);
	EXPECT_TRUE(is_wanted(HOST, n));
	n = ip4(nic, lan_mac, IP_LAN, 0xe0818203);
	wanted(n, (const uint8_t *)"\x01\x00\x5e\x01\x82\x03", lan_mac);
	EXPECT_EQ(all, pass(LAN, n, all));
	EXPECT_TRUE(is_wanted(A, n));
	n = ip6(nic, lan_mac, 2, 0xff00000a);
	f[38] = 0xff;
	f[39] = 2;
	wanted(n, (const uint8_t *)"\x33\x33\xff\x00\x00\x0a", lan_mac);
	EXPECT_EQ(all, pass(LAN, n, all));
	EXPECT_TRUE(is_wanted(B, n));
	/* One of ours, sent back. */
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, nic, IP_B, IP_A), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(mcast, nic, IP_A, 0xe0010203), AT(HOST)));
}

TEST_F(smac, row_8_6_in_senseless)
{
	static const unsigned int versions[] = { 0x55, 0x44, 0x4f };
	const uint8_t *to[] = { nic, mcast };

	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 3; k++) {
			ip4(to[i], lan_mac, IP_LAN, IP_A);
			f[14] = (uint8_t)versions[k];
			EXPECT_EQ(AT(HOST), pass(LAN, sign(60), AT(HOST)));
		}
		ip4(to[i], lan_mac, IP_LAN, IP_A);
		EXPECT_EQ(AT(HOST), pass(LAN, sign(14 + 19), AT(HOST)));
		ip6(to[i], lan_mac, 2, 0xa);
		f[14] = 0x50;
		EXPECT_EQ(AT(HOST), pass(LAN, sign(74), AT(HOST)));
		ip6(to[i], lan_mac, 2, 0xa);
		EXPECT_EQ(AT(HOST), pass(LAN, sign(14 + 39), AT(HOST)));
		arp(to[i], lan_mac, 1, lan_mac, IP_LAN, zero, IP_A);
		EXPECT_EQ(AT(HOST), pass(LAN, sign(14 + 27), AT(HOST)));
		arp(to[i], lan_mac, 10, lan_mac, IP_LAN, zero, IP_A);
		EXPECT_EQ(AT(HOST), pass(LAN, sign(60), AT(HOST)));
	}
}

TEST_F(smac, row_8_6_in_arp)
{
	const unsigned int all = AT(A) | AT(B) | AT(HOST);
	static const unsigned int questions[] = { 1, 3, 8 };
	static const unsigned int answers[] = { 2, 4, 9 };
	size_t n;

	for (int i = 0; i < 3; i++) {
		n = arp(vt_bcast, lan_mac, questions[i], lan_mac, IP_LAN, zero, IP_A);
		wanted(n, vt_bcast, lan_mac);
		EXPECT_EQ(all, pass(LAN, n, all));
		EXPECT_TRUE(is_wanted(A, n));
		n = arp(nic, lan_mac, questions[i], lan_mac, IP_LAN, nic, IP_A);
		wanted(n, a_mac, lan_mac);
		EXPECT_EQ(AT(A), pass(LAN, n, AT(A)));
		EXPECT_TRUE(is_wanted(A, n));
		n = arp(nic, lan_mac, questions[i], lan_mac, IP_LAN, nic, IP_NONE);
		EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
		/* Our own probe or question, repeated by another. */
		n = arp(vt_bcast, lan_mac, questions[i], nic, 0, zero, IP_A);
		EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
		n = arp(vt_bcast, lan_mac, questions[i], nic, IP_A, zero, IP_LAN);
		EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
		n = arp(vt_bcast, lan_mac, questions[i], nic, IP_NONE, zero, IP_LAN);
		EXPECT_EQ(all, pass(LAN, n, all));
	}
	for (int i = 0; i < 3; i++) {
		n = arp(nic, lan_mac, answers[i], lan_mac, IP_LAN, nic, IP_B);
		wanted(n, b_mac, lan_mac);
		memcpy(want + 32, b_mac, 6);
		EXPECT_EQ(AT(B), pass(LAN, n, AT(B)));
		EXPECT_TRUE(is_wanted(B, n));
		n = arp(nic, lan_mac, answers[i], lan_mac, IP_LAN, nic, IP_NONE);
		EXPECT_EQ(AT(HOST), pass(LAN, n, AT(HOST)));
		n = arp(vt_bcast, lan_mac, answers[i], lan_mac, IP_LAN, nic, IP_B);
		wanted(n, vt_bcast, lan_mac);
		EXPECT_EQ(all, pass(LAN, n, all));
		EXPECT_TRUE(is_wanted(HOST, n));
		memcpy(want + 32, b_mac, 6);
		EXPECT_TRUE(is_wanted(A, n));
		n = arp(vt_bcast, lan_mac, answers[i], lan_mac, IP_LAN, nobody, IP_NONE);
		wanted(n, vt_bcast, lan_mac);
		EXPECT_EQ(all, pass(LAN, n, all));
		EXPECT_TRUE(is_wanted(A, n));
	}
	/* The answer to a guest's probe: whoever probes hears it. */
	n = arp(nic, lan_mac, 2, lan_mac, IP_LAN, nic, 0);
	wanted(n, vt_bcast, lan_mac);
	EXPECT_EQ(all, pass(LAN, n, all));
	EXPECT_TRUE(is_wanted(A, n));
}

TEST_F(smac, row_8_6_in_others)
{
	const unsigned int all = AT(A) | AT(B) | AT(HOST);

	EXPECT_EQ(AT(HOST), pass(LAN, other(nic, lan_mac, ETH_P_PAE), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, other(nic, lan_mac, 0x88c7), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, other(mcast, lan_mac, ETH_P_PAE), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, other(nic, lan_mac, VT_ETHERTYPE), AT(HOST)));
	EXPECT_EQ(all, pass(LAN, other(mcast, lan_mac, VT_ETHERTYPE), all));
	/* For a station that is neither: a veth shows it to the host. */
	EXPECT_EQ(AT(HOST), pass(LAN, other(nobody, lan_mac, VT_ETHERTYPE), AT(HOST)));
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nobody, lan_mac, IP_LAN, IP_A), AT(HOST)));
}

TEST_F(smac, row_8_6_host_to_guest)
{
	size_t n;

	n = ip4(nic, nic, IP_HOST, IP_A);
	wanted(n, a_mac, nic);
	EXPECT_EQ(AT(A), pass(HOST, n, AT(A)));
	EXPECT_TRUE(is_wanted(A, n));
	n = ip6(nic, nic, 1, 0xb);
	wanted(n, b_mac, nic);
	EXPECT_EQ(AT(B), pass(HOST, n, AT(B)));
	EXPECT_TRUE(is_wanted(B, n));
	n = arp(nic, nic, 2, nic, IP_HOST, nic, IP_A);
	wanted(n, a_mac, nic);
	memcpy(want + 32, a_mac, 6);
	EXPECT_EQ(AT(A), pass(HOST, n, AT(A)));
	EXPECT_TRUE(is_wanted(A, n));
	/* By the guest's own address too. */
	EXPECT_EQ(AT(A), pass(HOST, ip4(a_mac, nic, IP_HOST, IP_A), AT(A)));
	/* The rest of what the host sends goes where it went. */
	EXPECT_EQ(AT(LAN), pass(HOST, ip4(lan_mac, nic, IP_HOST, IP_A), AT(LAN)));
	EXPECT_EQ(AT(A) | AT(B) | AT(LAN),
		  pass(HOST, arp(vt_bcast, nic, 1, nic, 0, zero, IP_HOST), AT(A) | AT(B) | AT(LAN)));
	EXPECT_EQ(AT(A) | AT(B) | AT(LAN),
		  pass(HOST, other(mcast, nic, VT_ETHERTYPE), AT(A) | AT(B) | AT(LAN)));
}

/* Put a tag before the EtherType of f. */
static size_t tag(size_t len, unsigned int proto, unsigned int vid)
{
	memmove(f + 16, f + 12, len - 12);
	put16(f + 12, proto);
	put16(f + 14, vid);
	return len + 4;
}

TEST_F(smac, row_8_6_tags)
{
	size_t n, l4;
	const uint8_t opt[8] = { 1, 1, 2, 0, 0, 0, 0xa, 1 };

	n = tag(ip4(lan_mac, a_mac, IP_A, IP_LAN), ETH_P_8021Q, 5);
	wanted(n, lan_mac, nic);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	n = tag(arp(lan_mac, a_mac, 1, a_mac, IP_A, zero, IP_LAN), ETH_P_8021Q, 5);
	wanted(n, lan_mac, nic);
	memcpy(want + 26, nic, 6);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_TRUE(is_wanted(LAN, n));
	n = tag(nd(135, NULL, 0, 24, opt, 8, &l4), ETH_P_8021Q, 5);
	memcpy(f, lan_mac, 6);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_EQ(0, memcmp(got[LAN] + l4 + 4 + 26, nic, 6));
	n = tag(dhcp(300, 0), ETH_P_8021Q, 5);
	memcpy(f, lan_mac, 6);
	EXPECT_EQ(AT(LAN), pass(A, n, AT(LAN)));
	EXPECT_EQ(0x80, got[LAN][56]);
	/* The veth takes the tag out of the data; the guest gets it back. */
	n = tag(ip4(nic, lan_mac, IP_LAN, IP_A), ETH_P_8021Q, 5);
	wanted(n, a_mac, lan_mac);
	EXPECT_EQ(AT(A), pass(LAN, n, AT(A)));
	EXPECT_TRUE(is_wanted(A, n));
	n = tag(arp(nic, lan_mac, 2, lan_mac, IP_LAN, nic, IP_A), ETH_P_8021Q, 5);
	wanted(n, a_mac, lan_mac);
	memcpy(want + 36, a_mac, 6);
	EXPECT_EQ(AT(A), pass(LAN, n, AT(A)));
	EXPECT_TRUE(is_wanted(A, n));
	/* Another network may have the same addresses. */
	n = tag(ip4(nic, lan_mac, IP_LAN, IP_A), ETH_P_8021Q, 6);
	EXPECT_EQ(0, pass(LAN, n, 0) & (AT(A) | AT(B)));
	/* A second tag, or one of another kind, is not looked behind. */
	n = tag(tag(ip4(lan_mac, a_mac, IP_A, IP_LAN), ETH_P_8021Q, 7), ETH_P_8021Q, 5);
	EXPECT_EQ(0, pass(A, n, 0));
	n = tag(ip4(lan_mac, a_mac, IP_A, IP_LAN), ETH_P_8021AD, 5);
	EXPECT_EQ(0, pass(A, n, 0));
	/* A frame that ends within its tag. */
	eth(lan_mac, a_mac, ETH_P_8021Q);
	ASSERT_EQ(17, write(guest[A], f, 17));
	EXPECT_EQ(AT(LAN), pass(A, ip4(lan_mac, a_mac, IP_A, IP_LAN), AT(LAN)));
}

TEST_F(smac, offloads_stay_whole)
{
	struct inet_spec s = { .payload = 60000, .partial = true };
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = 54, .gso_size = 1400, .csum_start = 34, .csum_offset = 16,
	};
	static uint8_t both[70000];
	struct vt_port p;
	size_t n;

	ASSERT_EQ(0, vt_tap_open(&p, HUB, IFF_VNET_HDR));
	for (int v6 = 0; v6 < 2; v6++) {
		s.v6 = v6;
		n = inet_build(f, lan_mac, nobody, &s);
		put32(f + n - 4, ++serial);
		h.csum_start = (uint16_t)inet_l4_start(v6);
		h.hdr_len = (uint16_t)inet_hdr_len(v6, false);
		h.gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		memcpy(both, &h, sizeof(h));
		memcpy(both + sizeof(h), f, n);
		ASSERT_EQ(sizeof(h) + n, write(p.fd, both, sizeof(h) + n));
		wanted(n, lan_mac, nic);
		unsigned int seen = 0;

		for (int i = 0; i < 500 && !seen; i++) {
			usleep(10000);
			seen = look(seen);
		}
		EXPECT_EQ(AT(LAN), seen);
		EXPECT_TRUE(is_wanted(LAN, n));
	}
	close(p.fd);
}

static void guest_mac(uint8_t *mac, unsigned int i)
{
	mac[0] = 2;
	mac[1] = 0x77;
	put32(mac + 2, i);
}

/* Sends without a look at where it arrives. */
static bool tell(size_t len)
{
	return write(guest[A], f, len) == (ssize_t)len;
}

static void forget(void)
{
	static uint8_t buf[70000];

	for (int i = 0; i < PLACES; i++)
		while (take_from(i, buf, sizeof(buf)))
			;
}

/* Whose is an address? Asked from the LAN; the answer is the MAC, 0 for none. */
static uint64_t whose(size_t len)
{
	uint64_t mac = 0;

	if (pass(LAN, len, 0) & (AT(A) | AT(B)))
		for (int i = 0; i < 6; i++)
			mac = mac << 8 | got[A][i];
	return mac;
}

static uint64_t number(const uint8_t *mac)
{
	uint64_t v = 0;

	for (int i = 0; i < 6; i++)
		v = v << 8 | mac[i];
	return v;
}

TEST_F(smac, a_thousand_guests)
{
	uint8_t mac[6];
	int wrong = 0;

	/* All behind one port, as behind a guest that is a host itself. */
	for (unsigned int i = 0; i < 1000; i++) {
		guest_mac(mac, i);
		ASSERT_TRUE(tell(ip4(lan_mac, mac, 0x0a060000 + i, IP_LAN)));
		for (unsigned int k = 1; k <= 3; k++)
			ASSERT_TRUE(tell(ip6(lan_mac, mac, k << 16 | i, 2)));
		if (i % 50 == 0)
			forget();
	}
	forget();
	for (unsigned int i = 0; i < 1000; i++) {
		guest_mac(mac, i);
		memset(got[A], 0, 6);
		for (unsigned int k = 0; k <= 3; k++) {
			size_t n = k ? ip6(nic, lan_mac, 2, k << 16 | i) :
				       ip4(nic, lan_mac, IP_LAN, 0x0a060000 + i);

			ASSERT_EQ(n, send(lan, f, n, 0));
			for (int w = 0; w < 2000 && !(look(0) & AT(A)); w++)
				usleep(1000);
			wrong += number(got[A]) != number(mac);
		}
	}
	EXPECT_EQ(0, wrong);
}

#define ENTRIES		8192
#define PER_GUEST	256

TEST_F(smac, the_table_has_its_size)
{
	uint8_t mac[6];
	uint32_t ip = 0x0a070000;

	/* One guest has its share, and takes from nobody. */
	guest_mac(mac, 1);
	for (unsigned int i = 0; i < 1000; i++) {
		ASSERT_TRUE(tell(ip4(lan_mac, mac, ip + i, IP_LAN)));
		if (i % 100 == 0)
			forget();
	}
	forget();
	EXPECT_EQ(0, whose(ip4(nic, lan_mac, IP_LAN, ip)));
	EXPECT_EQ(0, whose(ip4(nic, lan_mac, IP_LAN, ip + 1000 - PER_GUEST - 1)));
	EXPECT_EQ(number(mac), whose(ip4(nic, lan_mac, IP_LAN, ip + 1000 - PER_GUEST)));
	EXPECT_EQ(number(mac), whose(ip4(nic, lan_mac, IP_LAN, ip + 999)));
	EXPECT_EQ(number(a_mac), whose(ip4(nic, lan_mac, IP_LAN, IP_A)));
	/* A says again who it is, a second later; its IPv6 address it does not. */
	usleep(1100000);
	ASSERT_TRUE(tell(ip4(lan_mac, a_mac, IP_A, IP_LAN)));
	/* Then the table is filled until somebody has to go. */
	ip = 0x0a080000;
	for (unsigned int i = 0; i < ENTRIES - 4; i++) {
		guest_mac(mac, 100 + i / 128);
		ASSERT_TRUE(tell(ip4(lan_mac, mac, ip + i, IP_LAN)));
		if (i % 100 == 0)
			forget();
	}
	forget();
	EXPECT_EQ(0, whose(ip6(nic, lan_mac, 2, 0xa)));
	EXPECT_EQ(number(a_mac), whose(ip4(nic, lan_mac, IP_LAN, IP_A)));
	guest_mac(mac, 100);
	EXPECT_EQ(number(mac), whose(ip4(nic, lan_mac, IP_LAN, ip)));
	/* And on: A is the next but three, its look-up kept nothing. */
	for (unsigned int i = 0; i < 4; i++) {
		guest_mac(mac, 90);
		ASSERT_TRUE(tell(ip4(lan_mac, mac, ip - 10 + i, IP_LAN)));
	}
	forget();
	EXPECT_EQ(0, whose(ip4(nic, lan_mac, IP_LAN, IP_A)));
	guest_mac(mac, 100);
	EXPECT_EQ(number(mac), whose(ip4(nic, lan_mac, IP_LAN, ip)));
}

TEST_F(smac, addresses_age)
{
	struct vmnl_hub h = { .number = HUB, .ageing = 1 };

	ASSERT_EQ(0, vmnl_hub_set(self->nl, &h));
	EXPECT_EQ(number(a_mac), whose(ip4(nic, lan_mac, IP_LAN, IP_A)));
	/* Twelve times what the hub's stations have. */
	for (int i = 0; i < 7; i++) {
		sleep(2);
		/* The LAN's station is forgotten sooner: flooded to. */
		ASSERT_EQ(AT(LAN), AT(LAN) &
			  pass(A, ip6(lan_mac, a_mac, 0xa, 2), AT(LAN)));
	}
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(HOST)));
	EXPECT_EQ(AT(A), pass(LAN, ip6(nic, lan_mac, 2, 0xa), AT(A)));
	h.ageing = 300;
	EXPECT_EQ(0, vmnl_hub_set(self->nl, &h));
}

TEST_F(smac, row_8_6_lost_with_the_nic)
{
	ASSERT_EQ(0, system("ip link set smac0 down && ip link set smac0 up"));
	usleep(200000);
	EXPECT_EQ(AT(HOST), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(HOST)));
	pass(A, ip4(lan_mac, a_mac, IP_A, IP_LAN), AT(LAN));
	EXPECT_EQ(AT(A), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_A), AT(A)));
}

/* Two hubs on one NIC: guests of both have its address. */
TEST_F(smac, two_hubs_on_one_nic)
{
	struct vt_port up2, c;
	uint8_t buf[2000];
	ssize_t n;

	ASSERT_EQ(0, vt_port_open(&up2, HUB + 1, O_RDWR));
	ASSERT_EQ(0, vt_peer(up2.fd, "smac0", VMNET_PEER_SMAC));
	ASSERT_EQ(0, vt_tap_open(&c, HUB + 1, 0));
	n = (ssize_t)ip4(mcast, nobody, IP_NONE, 0xe0010203);
	ASSERT_EQ(n, write(c.fd, f, (size_t)n));
	usleep(100000);
	EXPECT_EQ(AT(A) | AT(B) | AT(HOST) | AT(LAN), look(0));
	vt_drain(c.fd);
	n = (ssize_t)ip4(nic, a_mac, IP_A, IP_NONE);
	wanted((size_t)n, nobody, nic);
	EXPECT_EQ(0, pass(A, (size_t)n, 0));
	EXPECT_EQ(n, vt_recv(c.fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, want, (size_t)n));
	/* It leaves its hub: another has its IP address, on the other one. */
	close(c.fd);
	pass(A, ip4(lan_mac, a_mac, IP_NONE, IP_LAN), AT(LAN));
	EXPECT_EQ(AT(A), pass(LAN, ip4(nic, lan_mac, IP_LAN, IP_NONE), AT(A)));
	close(up2.fd);
}

TEST_HARNESS_MAIN
