// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options: each type of value, as bytes on the wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf.h"

#define NET "\nsubnet 10.0.0.0 netmask 255.0.0.0 { }"

static void read_text(struct dhcp_conf *c, const char *text)
{
	struct conf_err err = { 0 };
	char *whole = malloc(strlen(text) + sizeof(NET));

	strcpy(stpcpy(whole, text), NET);
	if (dhcp_conf_parse(c, whole, strlen(whole), &err))
		fail_msg("%u:%u: %s", err.line, err.column, err.text);
	free(whole);
}

static const char *hex(const uint8_t *data, size_t len)
{
	static char text[2048];
	size_t i;

	text[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", data[i]);
	return text;
}

static const struct value {
	const char *text;
	uint8_t code;
	const char *bytes;
} values[] = {
	/* Addresses */
	{ "option subnet-mask 255.255.0.0;", 1, "ffff0000" },
	{ "option routers 10.0.0.1;", 3, "0a000001" },
	{ "option domain-name-servers 10.0.0.1, 10.0.0.2,10.0.0.3;", 6,
	  "0a0000010a0000020a000003" },
	{ "option static-routes 10.1.0.0 10.0.0.1, 10.2.0.0 10.0.0.2;", 33,
	  "0a0100000a0000010a0200000a000002" },
	{ "option tftp-server-address 10.0.0.9;", 150, "0a000009" },
	/* Numbers */
	{ "option default-ip-ttl 255;", 23, "ff" },
	{ "option interface-mtu 0x2328;", 26, "2328" },
	{ "option arp-cache-timeout 4294967295;", 35, "ffffffff" },
	{ "option time-offset -3600;", 2, "fffff1f0" },
	{ "option path-mtu-plateau-table 68, 296, 65535;", 25, "00440128ffff" },
	{ "option dhcp-renewal-time 100;", 58, "00000064" },
	/* Flags */
	{ "option ip-forwarding on;", 19, "01" },
	{ "option ip-forwarding False;", 19, "00" },
	{ "option slp-directory-agent true 10.0.0.1, 10.0.0.2;", 78, "010a0000010a000002" },
	{ "option slp-service-scope false \"ab\";", 79, "006162" },
	/* Text */
	{ "option domain-name localdomain;", 15, "6c6f63616c646f6d61696e" },
	{ "option domain-name \"\";", 15, "" },
	{ "option host-name \"a\\\"b\\101\";", 12, "61226241" },
	{ "option root-path \"a#b;c\";", 17, "612362 3b63" },
	/* Bytes */
	{ "option vendor-class-identifier \"PXE\\000\";", 60, "50584500" },
	{ "option vendor-encapsulated-options 1:2:fF;", 43, "0102ff" },
	{ "option option-224 0a:b;", 224, "0a0b" },
	{ "option option-224 \"ab\";", 224, "6162" },
	{ "option pxe-client-id 0 01:02;", 97, "000102" },
	/* Names (RFC 3397: ends are not repeated) */
	{ "option domain-search \"a.example\", \"b\";", 119, "0161076578616d706c6500 016200" },
	{ "option domain-search \"b.example.\", a.Example, \"example\";", 119,
	  "0162076578616d706c6500 0161c002 c002" },
	{ "option domain-search \"a.b\", \"a.b\", \"c.a.b\";", 119, "0161016200 c000 0163c000" },
	{ "option v4-lost \"a.b\";", 137, "0161016200" },
	{ "option sip-ua-cs-domains \"a.b\", \"c.b\";", 141, "0161016200 0163016200" },
	{ "option rdnss-selection 1 10.0.0.1 10.0.0.2 \"a\", \"b\";", 146,
	  "010a0000010a000002 016100 016200" },
	/* Routes (RFC 3442), said in three ways */
	{ "option classless-static-routes 10.1.0.0/16 10.0.0.1, 0.0.0.0/0 10.0.0.2;", 121,
	  "100a010a000001 000a000002" },
	{ "option rfc3442-classless-static-routes 25, 10,1,0,128, 10,0,0,1;", 121,
	  "190a0100800a000001" },
	{ "option rfc3442 code 121 = array of unsigned integer 8;\n"
	  "option rfc3442 24, 192,168,1, 10,0,0,1;",
	  121, "18c0a8010a000001" },
	{ "option ms-classless-static-routes 18:c0:a8:01:0a:00:00:01;", 249, "18c0a8010a000001" },
	/* Types that a file defines */
	{ "option x code 224 = ip-address; option x 10.0.0.1;", 224, "0a000001" },
	{ "option x code 224 = array of ip-address; option x 10.0.0.1, 1.1.1.1;", 224,
	  "0a00000101010101" },
	{ "option x code 224 = text; option x \"ab\";", 224, "6162" },
	{ "option x code 224 = string; option x 1:2;", 224, "0102" },
	{ "option x code 224 = boolean; option x true;", 224, "01" },
	{ "option x code 224 = integer 8; option x -1;", 224, "ff" },
	{ "option x code 224 = integer 8; option x 255;", 224, "ff" },
	{ "option x code 224 = signed integer 16; option x -2;", 224, "fffe" },
	{ "option x code 224 = unsigned integer 16; option x 65534;", 224, "fffe" },
	{ "option x code 224 = unsigned integer 32; option x 1;", 224, "00000001" },
	{ "option x code 224 = signed integer 32; option x -1;", 224, "ffffffff" },
	{ "option x code 224 = domain-name; option x a.b;", 224, "0161016200" },
	{ "option x code 224 = domain-list; option x a, a;", 224, "016100016100" },
	{ "option x code 224 = domain-list compressed; option x a, a;", 224, "016100c000" },
	{ "option x code 224 = { boolean, integer 32, text };\noption x on 1772 \"ab\";", 224,
	  "01000006ec6162" },
	{ "option x code 224 = array of { ip-address, integer 8 };\n"
	  "option x 10.0.0.1 8, 10.0.0.2 16;",
	  224, "0a000001080a00000210" },
	{ "option x code 224 = { integer 8, array of ip-address };\n"
	  "option x 1 10.0.0.1, 10.0.0.2;",
	  224, "010a0000010a000002" },
	/* The last one counts. */
	{ "option routers 10.0.0.1; option routers 10.0.0.2;", 3, "0a000002" },
	{ "option routers code 3 = text; option routers \"x\";", 3, "78" },
};

static void test_values(void **state)
{
	char wanted[256];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *from = values[i].bytes;
		const struct dhcp_opt *o;
		struct dhcp_conf c;
		char *to = wanted;

		do
			if (*from != ' ')
				*to++ = *from;
		while (*from++);
		read_text(&c, values[i].text);
		o = dhcp_scope_opt(c.global, values[i].code);
		if (!o)
			fail_msg("%s: no option", values[i].text);
		if (strcmp(hex(o->data, o->len), wanted) != 0)
			fail_msg("%s: %s, not %s", values[i].text, hex(o->data, o->len), wanted);
		dhcp_conf_done(&c);
	}
}

static void test_long(void **state)
{
	char text[8000] = "option routers 1.1.1.1";
	struct dhcp_conf c;
	int i;

	(void)state;
	for (i = 0; i < 500; i++)
		strcat(text, ",1.1.1.1");
	strcat(text, ";");
	read_text(&c, text);
	assert_int_equal(dhcp_scope_opt(c.global, 3)->len, 501 * 4);
	dhcp_conf_done(&c);
}

static const char ipxe[] = "option space ipxe; option space SUNW code width 1 length width 1;\n"
			   "option ipxe-encap code 175 = encapsulate ipxe;\n"
			   "option ipxe.priority code 1 = signed integer 8;\n"
			   "option ipxe.no-pxedhcp code 176 = unsigned integer 8;\n"
			   "option SUNW.root code 2 = text;\n"
			   "option ipxe.no-pxedhcp 1; option SUNW.root \"ab\";\n"
			   "host a { hardware ethernet 0:0:0:0:0:1; option ipxe.priority -1; }\n"
			   "host b { hardware ethernet 0:0:0:0:0:2; vendor-option-space SUNW; }\n";

static void test_spaces(void **state)
{
	struct dhcp_conf c;
	struct dhcp_view v;
	uint8_t buf[64];

	(void)state;
	read_text(&c, ipxe);
	v = dhcp_conf_view(&c, NULL, 0, NULL);
	assert_string_equal(hex(buf, dhcp_view_encap(&v, 175, buf, sizeof(buf))), "b00101");
	assert_int_equal(dhcp_view_encap(&v, 43, buf, sizeof(buf)), 0);
	assert_int_equal(dhcp_view_encap(&v, 176, buf, sizeof(buf)), 0);
	v = dhcp_conf_view(&c, c.hosts[0], 0, NULL);
	assert_string_equal(hex(buf, dhcp_view_encap(&v, 175, buf, sizeof(buf))), "0101ffb00101");
	assert_string_equal(hex(buf, dhcp_view_encap(&v, 175, buf, 5)), "0101ff");
	v = dhcp_conf_view(&c, c.hosts[1], 0, NULL);
	assert_string_equal(hex(buf, dhcp_view_encap(&v, 43, buf, sizeof(buf))), "02026162");
	dhcp_conf_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
