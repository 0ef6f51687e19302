#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What dhcpd.conf says reaches the client: conditions, classes, pools, option spaces.

. "$(dirname "$0")/dhcpd_rig.sh"

cat >"$work/dhcpd.conf" <<'END'
ping-check off;
option space toy;
option toy-options code 224 = encapsulate toy;
option toy.size code 1 = unsigned integer 16;
option toy.name code 2 = text;
option toy.name "ab";
option client-arch code 93 = unsigned integer 16;
class "loud" {
	match if substring(option vendor-class-identifier, 0, 4) = "loud";
	option host-name "loud";
	if option client-arch = 00:07 { filename "efi"; } else { filename "bios"; }
	option toy.size 258;
}
shared-network wire {
	subnet 10.97.0.0 netmask 255.255.255.0 {
		option routers 10.97.0.1, 10.97.0.2;
		pool { range 10.97.0.10; allow members of "loud"; }
		pool { range 10.97.0.20; deny members of "loud"; allow known-clients; }
	}
	subnet 10.98.0.0 netmask 255.255.0.0 {
		range 10.98.7.7;
		option classless-static-routes 10.1.0.0/16 10.98.0.1;
	}
}
group {
	option domain-search "a.example", "b.example";
	host known { hardware ethernet 02:11:22:33:44:55; }
}
END
space "$g"
dhcpd_start || exit 1
asks+=(-O search -O staticroutes -O hostname -O bootfile -O 224)

check "a client that no pool is for: the shared network's other subnet" udhcpc
same "its address" "$(value ip)" 10.98.7.7
same "its mask" "$(value subnet)" 255.255.0.0
same "its routes" "$(value staticroutes)" "10.1.0.0/16 10.98.0.1"
same "no routers" "$(value router)" ""
same "an option of a space" "$(value opt224)" 02026162

ip -n "$g" link set eth0 address 02:00:00:00:00:10
check "a client of a class" udhcpc -V loud-1
same "the class's pool" "$(value ip)" 10.97.0.10
same "the class's option" "$(value hostname)" loud
same "the condition within it" "$(value boot_file)" bios
same "options of a space from two places" "$(value opt224)" 0102010202026162
same "the subnet's option" "$(value router)" "10.97.0.1 10.97.0.2"
check "the same with another architecture" udhcpc -V loud-1 -x 93:0007
same "the other branch" "$(value boot_file)" efi

ip -n "$g" link set eth0 address 02:11:22:33:44:55
check "a known client" udhcpc
same "the pool for known clients" "$(value ip)" 10.97.0.20
same "its group's option" "$(value search)" "a.example b.example"
done_testing
