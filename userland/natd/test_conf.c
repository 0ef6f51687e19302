// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include <cmocka.h>

#include "conf.h"

/* As VMware ships it, with two forwards. */
static const char shipped[] = "# VMware NAT configuration file\n"
			      "\n"
			      "[host]\n"
			      "\n"
			      "# Use MacOS network virtualization API\n"
			      "useMacosVmnetVirtApi = 0\n"
			      "\n"
			      "# NAT gateway address\n"
			      "ip = 192.168.213.2\n"
			      "netmask = 255.255.255.0\n"
			      "\n"
			      "# VMnet device if not specified on command line\n"
			      "device = /dev/vmnet8\n"
			      "\n"
			      "# Allow PORT/EPRT FTP commands (they need incoming TCP stream ...)\n"
			      "activeFTP = 1\n"
			      "\n"
			      "# Allows the source to have any OUI.\n"
			      "allowAnyOUI = 1\n"
			      "\n"
			      "# VMnet host IP address\n"
			      "hostIp = 192.168.213.1\n"
			      "\n"
			      "# Controls if (TCP) connections should be reset when the adapter\n"
			      "# they are bound to goes down\n"
			      "resetConnectionOnLinkDown = 1\n"
			      "resetConnectionOnDestLocalHost = 1\n"
			      "\n"
			      "# Controls if enable nat ipv6\n"
			      "natIp6Enable = 0\n"
			      "natIp6Prefix = fd15:4ba5:5a2b:1008::/64\n"
			      "\n"
			      "[tcp]\n"
			      "timeWaitTimeout = 30\n"
			      "\n"
			      "[udp]\n"
			      "timeout = 60\n"
			      "\n"
			      "[netbios]\n"
			      "nbnsTimeout = 2\n"
			      "nbnsRetries = 3\n"
			      "nbdsTimeout = 3\n"
			      "\n"
			      "[incomingtcp]\n"
			      "#8080 = 172.16.3.128:80\n"
			      "8080 = 192.168.213.128:80\n"
			      "\n"
			      "[incomingudp]\n"
			      "6000 = 192.168.213.128:6001\n"
			      "\n"
			      "[privilegedUDP]\n"
			      "autodetect = 0\n"
			      "port = 111\n"
			      "port = 2049\n"
			      "\n"
			      "[privilegedTCP]\n"
			      "autodetect = 1\n";

static int parse(struct nat_conf *c, const char *text, struct conf_err *err)
{
	/* A copy of exact size, so that a read behind the end is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, text, len);
	ret = nat_conf_parse(c, copy, len, err);
	free(copy);
	return ret;
}

static void test_shipped(void **state)
{
	struct nat_conf c;
	struct conf_err err;
	char buf[46];

	(void)state;
	assert_int_equal(parse(&c, shipped, &err), 0);
	assert_string_equal(ipaddr_format(&c.ip, buf), "192.168.213.2");
	assert_string_equal(ipaddr_format(&c.host_ip, buf), "192.168.213.1");
	assert_int_equal(c.prefix, 24);
	assert_string_equal(c.device, "/dev/vmnet8");
	assert_true(c.active_ftp && c.allow_any_oui);
	assert_true(c.reset_on_link_down && c.reset_on_dest_local);
	assert_false(c.ip6_enable);
	assert_int_equal(c.tcp_time_wait, 30);
	assert_int_equal(c.udp_timeout, 60);
	assert_int_equal(c.config_port, 0);
	assert_int_equal(c.nforwards, 2);
	assert_int_equal(c.forwards[0].proto, IPPROTO_TCP);
	assert_int_equal(c.forwards[0].host_port, 8080);
	assert_int_equal(c.forwards[0].guest_port, 80);
	assert_int_equal(c.forwards[0].line, 46);
	assert_string_equal(ipaddr_format(&c.forwards[1].guest, buf), "192.168.213.128");
	assert_int_equal(c.forwards[1].proto, IPPROTO_UDP);
	assert_false(c.privileged_udp.autodetect);
	assert_int_equal(c.privileged_udp.nports, 2);
	assert_true(nat_privileged_wanted(&c.privileged_udp, 2049));
	assert_false(nat_privileged_wanted(&c.privileged_udp, 53));
	assert_true(nat_privileged_wanted(&c.privileged_tcp, 53));
	/* The three of NetBIOS are told to have no effect. */
	assert_int_equal(c.nnotes, 3);
	nat_conf_done(&c);
}

static void test_forms(void **state)
{
	struct nat_conf c;
	struct conf_err err;

	(void)state;
	assert_int_equal(parse(&c,
			       "[HOST]\r\n\tIP=10.9.0.2/16 # gateway\r\n"
			       "  Device : vmnet12 ; a comment\r\n"
			       "busypoll = 0\r\n"
			       "[UDP]\r\ntimeout=0\r\n[Incomingtcp]\r\n"
			       "  22=10.9.200.1:22",
			       &err),
			 0);
	assert_int_equal(c.prefix, 16);
	assert_string_equal(c.device, "vmnet12");
	assert_int_equal(c.busy_poll, 0);
	assert_int_equal(c.udp_timeout, 0);
	assert_int_equal(c.nforwards, 1);
	assert_int_equal(ntohl(nat_conf_mask4(&c)), 0xffff0000);
	assert_true(nat_conf_on_net(&c, &c.forwards[0].guest));
	nat_conf_done(&c);
	nat_conf_done(&c);

	assert_int_equal(parse(&c, "[host]\nip=10.9.0.2\n", &err), 0);
	assert_int_equal(c.prefix, 24);
	assert_int_equal(c.udp_timeout, 300);
	assert_int_equal(c.busy_poll, 50);
	assert_true(c.reset_on_dest_local);
	assert_int_equal(c.nnotes, 0);
	nat_conf_done(&c);
}

#define HOST "[host]\nip = 10.9.0.2\n"

static const struct {
	const char *text, *prefix;
} prefixes[] = {
	{ HOST "device = /dev/vmnet8\n", "fd15:4ba5:5a2b:1008::" },
	{ HOST "device = vmnet1\n", "fd15:4ba5:5a2b:1001::" },
	{ HOST "device = /dev/vmnet12\n", "fd15:4ba5:5a2b:1012::" },
	{ HOST, "fd15:4ba5:5a2b:1008::" },
	{ HOST "natIp6Prefix = 2001:db8:1:2::/64\ndevice = /dev/vmnet8\n", "2001:db8:1:2::" },
	{ HOST "natIp6Prefix = fd00::5:0:0:7\n", "fd00::" },
};

static void test_prefix6(void **state)
{
	struct nat_conf c;
	struct conf_err err;
	char buf[46];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		assert_int_equal(parse(&c, prefixes[i].text, &err), 0);
		assert_string_equal(ipaddr_format(&c.ip6_prefix, buf), prefixes[i].prefix);
		nat_conf_done(&c);
	}
}

static const struct {
	const char *text;
	unsigned int line;
	const char *reason;
} bad[] = {
	{ "", 0, "ip is missing" },
	{ "[host]\nnetmask = 255.0.0.0\n", 0, "ip is missing" },
	{ "ip = 1.2.3.4\n", 1, "outside of any section" },
	{ "[host]\n\nspeed = 1\n", 3, "unknown key \"speed\" in [host]" },
	{ HOST "[htcp]\n", 3, "unknown section [htcp]" },
	{ HOST "[htcp]\na = 1\n", 3, "unknown section" },
	{ HOST "nonsense\n", 3, "not a \"key = value\" line" },
	{ HOST "[tcp\n", 3, "not a \"key = value\" line" },
	{ HOST "nonsense\nspeed = 1\n", 3, "not a \"key = value\" line" },
	{ HOST "speed = 1\nnonsense\n", 3, "unknown key" },
	{ "[host]\nip = 10.9.0\n", 2, "IPv4 address, not \"10.9.0\"" },
	{ "[host]\nip = 10.9.0.2/33\n", 2, "prefix length" },
	{ "[host]\nip = 10.9.0.2/\n", 2, "prefix length" },
	{ "[host]\nip =\n", 2, "IPv4 address" },
	{ "[host]\nip = 10.9.0.0\n", 2, "is the address of its network" },
	{ "[host]\nip = 10.9.0.255\n", 2, "is the broadcast address" },
	{ "[host]\nip = 127.0.0.2\n", 2, "cannot be" },
	{ "[host]\nip = 239.0.0.2\n", 2, "cannot be" },
	{ "[host]\nip = 10.9.0.2/16\nnetmask = 255.255.255.0\n", 3,
	  "netmask has 24 bits, ip says 16" },
	{ HOST "netmask = 255.0.255.0\n", 3, "has a hole" },
	{ HOST "netmask = 255.255.255.255\n", 3, "8 to 30 bits" },
	{ HOST "netmask = 24\n", 3, "mask such as" },
	{ HOST "ip = 10.9.0.3\n", 3, "ip was set by line 2" },
	{ HOST "IP = 10.9.0.3\n", 3, "ip was set by line 2" },
	{ HOST "hostIp = 10.9.1.1\n", 3, "hostIp 10.9.1.1 is not in" },
	{ HOST "hostIp = 10.9.0.2\n", 3, "same as ip" },
	{ HOST "hostMAC = 00:11\n", 3, "MAC address" },
	{ HOST "device = eth0\n", 3, "/dev/vmnet0 to /dev/vmnet255" },
	{ HOST "device = /dev/vmnet256\n", 3, "/dev/vmnet0" },
	{ HOST "configport = 0\n", 3, "is a port" },
	{ HOST "configport = 99999\n", 3, "is a port" },
	{ HOST "activeFTP = yes\n", 3, "activeFTP is 0 or 1, not \"yes\"" },
	{ HOST "busyPoll = 1001\n", 3, "busyPoll is 0 to 1000 microseconds, not \"1001\"" },
	{ HOST "busyPoll = off\n", 3, "0 to 1000 microseconds" },
	{ HOST "natIp6Prefix = fd00::/48\n", 3, "prefix of 64 bits" },
	{ HOST "natIp6Prefix = fe80::/64\n", 3, "prefix of 64 bits" },
	{ HOST "natIp6Prefix = 10.0.0.0\n", 3, "prefix of 64 bits" },
	{ HOST "[tcp]\ntimeWaitTimeout = -1\n", 4, "number of seconds" },
	{ HOST "[udp]\ntimeout = 99999999999999999999999\n", 4, "seconds" },
	{ HOST "[udp]\ntimeout = 30s\n", 4, "seconds" },
	{ HOST "[dns]\npolicy = best\n", 4, "order, rotate or burst" },
	{ HOST "[dns]\nnameserver1 = ns\n", 4, "IPv4 address" },
	{ HOST "[dns]\nnameserver3 = 224.0.0.1\n", 4, "cannot be a server's" },
	{ HOST "[dns]\nnameserver4 = 10.0.0.1\n", 4, "unknown key" },
	{ HOST "[dns]\ntimeout = 0\n", 4, "1 to 30 seconds" },
	{ HOST "[dns]\ntimeout = 31\n", 4, "1 to 30 seconds" },
	{ HOST "[dns]\nretries = 11\n", 4, "0 to 10" },
	{ HOST "[dns]\nautodetect = 2\n", 4, "0 or 1" },
	{ HOST "[dns]\ndomain = my lab\n", 4, "is a domain" },
	{ HOST "[dns]\ndomain = .lab\n", 4, "is a domain" },
	{ HOST "[dns]\ndomain =\n", 4, "is a domain" },
	{ HOST "[dns]\ndomain = a\ndomain = b\n", 5, "was set by line 4" },
	{ HOST "[privilegedTCP]\nport = 70000\n", 4, "is a port" },
	{ HOST "[incomingtcp]\n0 = 10.9.0.5:80\n", 4, "host port" },
	{ HOST "[incomingtcp]\nhttp = 10.9.0.5:80\n", 4, "host port" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.5\n", 4, "ADDRESS:PORT" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.5:0\n", 4, "ADDRESS:PORT" },
	{ HOST "[incomingtcp]\n80 = guest:80\n", 4, "ADDRESS:PORT" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.5:80:80\n", 4, "ADDRESS:PORT" },
	{ HOST "[incomingtcp]\n80 = 10.9.1.5:80\n", 4, "is not in the network" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.255:80\n", 4, "is not in the" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.2:80\n", 4, "own address" },
	{ HOST "[incomingtcp]\n80 = 10.9.0.5:80\n80 = 10.9.0.6:80\n", 5,
	  "TCP port 80 is forwarded by line 4" },
	{ HOST "[incomingudp]\n80 = 10.9.0.5:80\n[incomingtcp]\n"
	       "80 = 10.9.0.5:80\n[incomingudp]\n80 = 10.9.0.6:80\n",
	  8, "UDP port 80 is forwarded by line 4" },
	{ HOST "[hosttcp]\n0 = 127.0.0.1:80\n", 4, "host port" },
	{ HOST "[hosttcp]\n80\n", 4, "not a \"key = value\" line" },
	{ HOST "[hosttcp]\n80 = 127.0.0.1\n", 4, "is at 127.0.0.1:PORT, not \"127.0.0.1\"" },
	{ HOST "[hosttcp]\n80 = 80\n", 4, "is at 127.0.0.1:PORT" },
	{ HOST "[hosttcp]\n80 = 10.9.0.5:80\n", 4, "is at 127.0.0.1:PORT" },
	{ HOST "[hosttcp]\n80 = 126.255.255.255:80\n", 4, "is at 127.0.0.1:PORT" },
	{ HOST "[hosttcp]\n80 = 128.0.0.1:80\n", 4, "is at 127.0.0.1:PORT" },
	{ HOST "[hosttcp]\n80 = 0.0.0.0:80\n", 4, "is at 127.0.0.1:PORT" },
	{ HOST "[hosttcp]\n80 = [::1]:80\n", 4, "has an IPv4 address, not \"[::1]:80\"" },
	{ HOST "[hosttcp]\n10.9.0.2:80 = 127.0.0.1:80\n", 4, "has no address" },
	{ HOST "[hosttcp]\n53 = 127.0.0.1:80\n", 4, "port 53 of the gateway is for DNS" },
	{ HOST "[hostudp]\n50-60 = 127.0.0.1:80\n", 4, "port 53 of the gateway is for DNS" },
	{ HOST "[hosttcp]\n80-81 = 127.0.0.1:65535\n", 4, "2 ports from 65535 on" },
	{ HOST "[hostudp]\n80 = 127.0.0.1:80\n[hosttcp]\n80 = 127.0.0.1:80\n"
	       "[hostudp]\n79-81 = 127.0.0.1:1\n",
	  8, "UDP port 80 of the gateway is forwarded by line 4" },
};

static void test_services(void **state)
{
	const struct nat_forward *s;
	struct conf_err err;
	struct nat_conf c;

	(void)state;
	assert_int_equal(parse(&c,
			       HOST "[HostTCP]\n80 = 127.0.0.1:8080 # web\n"
				    "50-60,~53 = 127.1.2.3:1050\n"
				    "[incomingtcp]\n80 = 10.9.0.5:80\n"
				    "[hostudp]\n80 : 127.0.0.2:81\n",
			       &err),
			 0);
	assert_int_equal(c.nforwards, 1);
	assert_int_equal(c.nservices, 12);
	s = nat_service_find(&c, IPPROTO_TCP, 80);
	assert_int_equal(ntohl(s->guest.a.v4), 0x7f000001);
	assert_int_equal(s->guest_port, 8080);
	assert_int_equal(s->line, 4);
	assert_string_equal(s->name, "web");
	s = nat_service_find(&c, IPPROTO_TCP, 60);
	assert_int_equal(ntohl(s->guest.a.v4), 0x7f010203);
	assert_int_equal(s->guest_port, 1060);
	assert_null(nat_service_find(&c, IPPROTO_TCP, 53));
	assert_null(nat_service_find(&c, IPPROTO_UDP, 60));
	assert_int_equal(nat_service_find(&c, IPPROTO_UDP, 80)->guest_port, 81);
	nat_conf_done(&c);
	assert_int_equal(c.nservices, 0);
}

static void test_dns(void **state)
{
	struct conf_err err;
	struct nat_conf c;

	(void)state;
	assert_int_equal(parse(&c, HOST, &err), 0);
	assert_int_equal(c.dns.order, RESOLV_AS_HOST);
	assert_int_equal(c.dns.retries, -1);
	assert_string_equal(c.domain, "localdomain");
	nat_conf_done(&c);
	assert_int_equal(parse(&c,
			       HOST "[dns]\npolicy = Burst\ntimeout = 2\nretries = 0\n"
				    "autodetect = 0\nnameserver2 = 10.0.0.9\ndomain = Lab.Test\n",
			       &err),
			 0);
	assert_int_equal(c.dns.order, RESOLV_BURST);
	assert_int_equal(c.dns.timeout, 2);
	assert_int_equal(c.dns.retries, 0);
	assert_true(c.dns.only_named);
	assert_string_equal(c.domain, "lab.test");
	assert_int_equal(c.dns.named[0].family, 0);
	assert_int_equal(ntohl(c.dns.named[1].a.v4), 0x0a000009);
	assert_int_equal(c.nnotes, 0);
	nat_conf_done(&c);
	/* Nobody would be left. */
	assert_int_equal(parse(&c, HOST "[dns]\nautodetect = 0\n", &err), 0);
	assert_int_equal(c.nnotes, 1);
	assert_int_equal(c.notes[0].line, 4);
	nat_conf_done(&c);
}

static void test_bad(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nat_conf c;
		struct conf_err err = { 0 };

		if (parse(&c, bad[i].text, &err) != -EINVAL || err.line != bad[i].line ||
		    !strstr(err.text, bad[i].reason))
			fail_msg("row %zu: %u: \"%s\", not %u: \"%s\"", i, err.line, err.text,
				 bad[i].line, bad[i].reason);
		assert_null(c.forwards);
		assert_null(c.services);
		assert_null(c.notes);
	}
}

static void test_odd_bytes(void **state)
{
	static const char nul[] = "[host]\nip = 10.9.0.2\n\0\n";
	char longline[1024] = "[host]\nip = ";
	struct nat_conf c;
	struct conf_err err;

	(void)state;
	assert_int_equal(nat_conf_parse(&c, nul, sizeof(nul) - 1, &err), -EINVAL);
	assert_int_equal(err.line, 3);
	memset(longline + 12, '1', sizeof(longline) - 13);
	assert_int_equal(parse(&c, longline, &err), -EINVAL);
	assert_int_equal(err.line, 2);
	assert_non_null(strstr(err.text, "too long"));
}

static void test_many(void **state)
{
	size_t room = 128 * 1024, n;
	char *text = malloc(room);
	struct nat_conf c;
	struct conf_err err;
	int i;

	(void)state;
	n = (size_t)snprintf(text, room, HOST "[incomingudp]\n");
	for (i = 1; i <= NAT_CONF_MAX_FORWARDS; i++)
		n += (size_t)snprintf(text + n, room - n, "%d=10.9.0.5:%d\n", i, i);
	assert_int_equal(nat_conf_parse(&c, text, n, &err), 0);
	assert_int_equal(c.nforwards, NAT_CONF_MAX_FORWARDS);
	nat_conf_done(&c);
	n += (size_t)snprintf(text + n, room - n, "%d=10.9.0.5:1\n", i);
	assert_int_equal(nat_conf_parse(&c, text, n, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped), cmocka_unit_test(test_prefix6),
		cmocka_unit_test(test_forms),	cmocka_unit_test(test_dns),
		cmocka_unit_test(test_bad),	cmocka_unit_test(test_odd_bytes),
		cmocka_unit_test(test_many),	cmocka_unit_test(test_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
