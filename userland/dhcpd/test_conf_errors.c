// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each mistake: where, and what is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"

#define NET "subnet 10.0.0.0 netmask 255.0.0.0 { }\n"
#define MAC "hardware ethernet 0:1:2:3:4:5;"

static const struct mistake {
	const char *text;
	const char *said; /* "LINE:COLUMN: reason" */
} mistakes[] = {
	/* Tokens */
	{ "filename \"x;\n", "1:10: a string without its closing '\"'" },
	{ "filename \"x", "1:10: a string without its closing '\"'" },
	{ "\n\t)", "2:2: a statement expected, not ')'" },
	{ "\"x\" y;", "1:1: a statement expected, not 'x'" },
	{ "frobnicate yes;", "1:1: unknown statement 'frobnicate'" },
	{ "defualt-lease-time 5;",
	  "1:1: unknown statement 'defualt-lease-time'; is default-lease-time meant?" },
	{ "include \"x\";", "1:1: 'include' is not possible: a configuration is one file" },
	{ "filename \"a\x01\" x", "1:14: ';' expected before 'x'" },
	{ "\x01;", "1:1: unknown statement '?'" },
	/* The semicolon belongs behind what is there. */
	{ "default-lease-time 60\nmax-lease-time 60;",
	  "1:22: ';' expected before 'max-lease-time'" },
	{ "default-lease-time 60  # why\n", "1:22: ';' expected before the end of the file" },
	{ "authoritative\n" NET, "1:14: ';' expected before 'subnet'" },
	{ NET "host a { " MAC " fixed-address 10.0.0.1 }", "2:63: ';' expected before '}'" },
	{ "option routers 10.0.0.1\noption x y;", "1:24: ';' expected before 'option'" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 {\n range 10.0.0.1 10.0.0.9\n}",
	  "2:25: ';' expected before '}'" },
	/* Blocks */
	{ "subnet 10.0.0.0 netmask 255.0.0.0 {\n range 10.0.0.1;\n",
	  "3:1: '}' expected for the '{' of line 1, and the file ends" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0;", "1:34: '{' expected, not ';'" },
	{ NET "}", "2:1: a statement expected, not '}'" },
	{ "range 10.0.0.1;", "1:1: 'range' cannot stand in no block" },
	{ NET "host a { range 10.0.0.1; }", "2:10: 'range' cannot stand in a host" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { hardware ethernet 0:0:0:0:0:1; }",
	  "1:37: 'hardware' cannot stand in a subnet" },
	/* Numbers, flags, text */
	{ "default-lease-time soon;", "1:20: a number from 0 to 4294967295 expected, not 'soon'" },
	{ "max-lease-time 4294967296;",
	  "1:16: a number from 0 to 4294967295 expected, not '4294967296'" },
	{ "ping-timeout 61;", "1:14: a number from 0 to 60 expected, not '61'" },
	{ "ping-check maybe;", "1:12: 'on' or 'off' expected, not 'maybe'" },
	{ "filename boot;", "1:10: a string in quotes expected, not 'boot'" },
	{ "filename \"a\\000b\";", "1:10: a byte that is 0 in a string that is text" },
	{ "max-lease-time 60; min-lease-time 61;",
	  "1:35: min-lease-time is above max-lease-time, which is 60" },
	{ "min-lease-time 61; max-lease-time 60;",
	  "1:35: max-lease-time is below min-lease-time, which is 61" },
	{ "allow everybody;", "1:7: 'unknown-clients', 'bootp', 'booting', 'declines', "
			      "'duplicates' or 'client-updates' expected, not 'everybody'" },
	{ "allow known-clients;", "1:7: 'known-clients' can be allowed or denied only in a pool" },
	{ "not happy;", "1:5: 'authoritative' expected, not 'happy'" },
	/* Subnets */
	{ "", " no subnet is declared" },
	{ "subnet ten netmask 255.0.0.0 { }",
	  "1:8: an IPv4 address expected, not 'ten': names are not looked up" },
	{ "subnet 10.0.0.256 netmask 255.0.0.0 { }", "1:8: '10.0.0.256' is no IPv4 address" },
	{ "subnet 10.0.0.0 mask 255.0.0.0 { }", "1:17: 'netmask' expected, not 'mask'" },
	{ "subnet 10.0.0.0 netmask 255.0.255.0 { }", "1:25: '255.0.255.0' is no netmask" },
	{ "subnet 10.1.1.7 netmask 255.255.255.0 { }",
	  "1:8: the subnet has host bits set: it is an address, not the network 10.1.1.0" },
	{ NET NET, "2:8: subnet 10.0.0.0/8 overlaps subnet 10.0.0.0/8 of line 1" },
	{ "subnet 10.1.0.0 netmask 255.255.0.0 { }\n" NET,
	  "2:8: subnet 10.0.0.0/8 overlaps subnet 10.1.0.0/16 of line 1" },
	{ "subnet 10.0.0.1 netmask 255.255.255.255 { }",
	  "1:8: subnet 10.0.0.1/32, the first, has no address for the server" },
	{ NET "shared-network a { }", "2:1: shared-network 'a' has no subnet" },
	/* Ranges */
	{ "subnet 10.1.1.0 netmask 255.255.255.0 {\n  range 10.1.1.1 10.1.2.9; }",
	  "2:18: 10.1.2.9 is not on the subnet 10.1.1.0/24" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { range 10.0.0.9 10.0.0.1; }",
	  "1:52: the range ends before it begins, at 10.0.0.9" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { range here; }",
	  "1:43: an IPv4 address expected, not 'here': names are not looked up" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 {\n range 10.0.0.5 10.0.0.9;\n range 10.0.0.1 "
	  "10.0.0.5; }",
	  "3:2: range 10.0.0.1-10.0.0.5 overlaps range 10.0.0.5-10.0.0.9 of line 2" },
	{ "shared-network a {\n" NET " pool { range 11.0.0.1; } }",
	  "3:9: range 11.0.0.1-11.0.0.1 is not on one subnet of network a" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 {\n pool { } }", "2:2: the pool has no range" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { pool { allow nobody; } }",
	  "1:50: 'known-clients', 'unknown-clients', 'all clients', 'dynamic bootp clients' or "
	  "'members of' expected, not 'nobody'" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { pool { allow dynamic clients; } }",
	  "1:58: 'bootp' expected, not 'clients'" },
	/* Hosts */
	{ NET "host a { fixed-address 10.0.0.1; }",
	  "2:1: host a has neither 'hardware ethernet' nor 'option dhcp-client-identifier'" },
	{ NET "host a { hardware token-ring 1:2:3:4:5:6; }",
	  "2:19: 'ethernet' expected, not 'token-ring'" },
	{ NET "host a { hardware ethernet 0:1:2:3:4; }",
	  "2:28: a hardware address, 00:50:56:... expected, not '0:1:2:3:4'" },
	{ NET "host a { " MAC " }\nhost b { " MAC " }",
	  "3:28: host a (line 2) has this hardware address already" },
	{ NET "host a { " MAC " " MAC " }", "2:59: host a has a hardware address already" },
	{ NET "host a { " MAC " fixed-address 10.0.0.1; }\n"
	      "host b { hardware ethernet 0:1:2:3:4:6;\n fixed-address 10.0.0.2, 10.0.0.1; }",
	  "4:26: host a (line 2) has this address already" },
	{ NET "host a { " MAC " fixed-address 11.0.0.1; }",
	  "2:55: 11.0.0.1 of host a is on no subnet" },
	{ NET "host a { " MAC " fixed-address 10.0.0.0; }",
	  "2:55: 10.0.0.0 of host a is the subnet's own address" },
	{ NET "host a { " MAC " fixed-address 10.255.255.255; }",
	  "2:55: 10.255.255.255 of host a is the subnet's broadcast address" },
	{ NET "host a { " MAC " fixed-address 10.255.255.254; }",
	  "2:55: 10.255.255.254 of host a is this server's own address" },
	{ NET "host a { " MAC " fixed-address name.example; }",
	  "2:55: an IPv4 address expected, not 'name.example': names are not looked up" },
	{ NET "host a { option dhcp-client-identifier 1; }\n"
	      "host b { option dhcp-client-identifier 01; }",
	  "3:42: host a (line 2) has this client identifier already" },
	{ NET "host a { host-identifier option agent.circuit-id 1; }",
	  "2:33: 'dhcp-client-identifier' expected, not 'agent.circuit-id'" },
	/* Options */
	{ "option colour red;", "1:8: unknown option 'colour'" },
	{ "option router 10.0.0.1;", "1:8: unknown option 'router'; is routers meant?" },
	{ "option doman-name-servers 10.0.0.1;",
	  "1:8: unknown option 'doman-name-servers'; is domain-name-servers meant?" },
	{ "option option-255 1;", "1:8: 'option-255': options have numbers from 1 to 254" },
	{ "option x.y 1;", "1:8: unknown option space 'x'" },
	{ "option routers x;",
	  "1:16: option routers: an IPv4 address expected, not 'x': names are not looked up" },
	{ "option routers 10.0.0;",
	  "1:16: option routers: an IPv4 address expected, not '10.0.0'" },
	{ "option routers 10.0.0.1,;", "1:25: option routers: an IPv4 address expected, not ';'" },
	{ "option subnet-mask 255.0.0.0, 255.0.0.0;",
	  "1:29: option subnet-mask takes no more values" },
	{ "option interface-mtu 65536;",
	  "1:22: option interface-mtu: a number from 0 to 65535 expected, not '65536'" },
	{ "option ip-forwarding 2;",
	  "1:22: option ip-forwarding: true or false expected, not '2'" },
	{ "option vendor-class-identifier 1:g;",
	  "1:32: option vendor-class-identifier: a string in quotes or hexadecimal bytes, "
	  "01:ab:... expected, not '1:g'" },
	{ "option domain-search \"a..b\";",
	  "1:22: option domain-search: a domain name expected, not 'a..b'" },
	{ "option classless-static-routes 10.0.0.1/8 10.0.0.1;",
	  "1:32: option classless-static-routes: NETWORK/BITS GATEWAY, or bytes expected, not "
	  "'10.0.0.1/8'" },
	{ "option classless-static-routes 10.0.0.0/8;",
	  "1:42: option classless-static-routes: an IPv4 address expected, not ';'" },
	{ "option dhcp-message-type 1;", "1:8: option 53 cannot be set" },
	{ "option dhcp-lease-time 1;", "1:8: option 51 cannot be set: see default-lease-time" },
	{ "option dhcp-client-identifier 1;", "1:8: option 61 cannot be set, but in a host" },
	{ "option a code 255 = text;", "1:15: a number from 0 to 254 expected, not '255'" },
	{ "option a code 0 = text;", "1:15: an option has a name and a number from 1 to 254" },
	{ "option a code 1 text;", "1:17: '=' expected, not 'text'" },
	{ "option a code 1 = integer 64;", "1:27: 8, 16 or 32 expected, not '64'" },
	{ "option a code 1 = ip6-address;",
	  "1:19: an ip6-address is for DHCPv6, which this is not" },
	{ "option a code 1 = encapsulate b;", "1:31: unknown option space 'b'" },
	{ "option a code 1 = array of { array of text };", "1:45: an array within an array" },
	{ "option space dhcp;", "1:14: there cannot be a space 'dhcp', or there is one already" },
	{ "option space a code width 2;", "1:27: only a width of 1 byte is possible in DHCPv4" },
	{ "option space a; option a.b code 1 = text; option b code 2 = encapsulate a;\n"
	  "option b 1;",
	  "2:8: option b consists of those of space a" },
	/* Conditions */
	{ "if option user-class { }", "1:22: '=' or '!=' expected, not '{'" },
	{ "if exists nothing { }", "1:11: unknown option 'nothing'" },
	{ "if substring(hardware, 1 3) = 1 { }", "1:26: ',' expected, not '3'" },
	{ "if (known { }", "1:11: ')' expected, not '{'" },
	{ "if known filename \"x\";", "1:10: '{' expected, not 'filename'" },
	{ "else { }", "1:1: unknown statement 'else'" },
	{ "subclass \"a\" 1;", "1:10: class 'a' is not declared before" },
	{ "class \"a\" { }\nsubclass \"a\" 1;",
	  "2:10: class 'a' has no 'match' that tells subclasses" },
	{ "class \"a\" { match if known; match hardware; }",
	  "1:29: class 'a' has a match already" },
	{ "match hardware;", "1:1: 'match' cannot stand in no block" },
	{ "subnet 10.0.0.0 netmask 255.0.0.0 { pool { allow members of \"a\"; } }",
	  "1:61: class 'a' is not declared before" },
};

static void refused(const char *text, size_t len, const char *said)
{
	struct conf_err err = { 0 };
	struct dhcp_conf c;
	char line[512];

	assert_int_equal(dhcp_conf_parse(&c, text, len, &err), -EINVAL);
	conf_err_format("", &err, line, sizeof(line));
	assert_string_equal(line + 1, said);
	assert_null(c.mem);
}

static void test_mistakes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		refused(mistakes[i].text, strlen(mistakes[i].text), mistakes[i].said);
}

static void test_zero_byte(void **state)
{
	(void)state;
	refused("default\0-lease-time 1;", 22, "1:1: a byte that is 0: this is no text");
}

/* @head, @n times @one, @tail */
static char *repeated(const char *head, const char *one, size_t n, const char *tail)
{
	char *text = malloc(strlen(head) + strlen(one) * n + strlen(tail) + 1), *at = text;

	at = stpcpy(at, head);
	while (n--)
		at = stpcpy(at, one);
	strcpy(at, tail);
	return text;
}

static void refused_repeated(const char *head, const char *one, size_t n, const char *tail,
			     const char *said)
{
	char *text = repeated(head, one, n, tail);

	refused(text, strlen(text), said);
	free(text);
}

static void test_too_much(void **state)
{
	(void)state;
	refused_repeated("", "group {", 1000, "", "1:455: more than 64 blocks within each other");
	refused_repeated("if ", "(", 1000, "",
			 "1:68: more than 64 brackets and blocks within each other");
	refused_repeated("filename \"", "a", 128, "\";",
			 "1:10: a string of 128 bytes; 127 are possible");
	refused_repeated("server-name \"", "a", 64, "\";",
			 "1:13: a string of 64 bytes; 63 are possible");
	refused_repeated("host ", "a", 64, " { }", "1:6: a name of 64 bytes; 63 are possible");
	refused_repeated("host ", "a", 5000, " { }", "1:6: a word is too long");
	refused_repeated("filename \"", "a", 5000, "\";", "1:10: a string is too long");
	refused_repeated("option routers 1.1.1.1", ",1.1.1.1", 5000, ";",
			 "1:32784: option routers is longer than 16384 bytes");
	refused_repeated("option space a; option a.b code 1 = text; option a.b \"", "a", 256, "\";",
			 "1:50: option a.b is longer than 255 bytes");
	refused_repeated("", "#\n", CONF_MAX_SIZE / 2, "#", " a file of more than 4194304 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
