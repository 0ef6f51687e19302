#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rows D1 to D31: RFC 2131, 2132 and their friends, message by message.
# D25 (nothing is lost in a crash) is the matter of dhcpd-crash.sh, D26 (clocks
# that are set) of the lease file's tests.

. "$(dirname "$0")/dhcpd_rig.sh"

cat >"$work/dhcpd.conf" <<'END2'
default-lease-time 1800;
max-lease-time 7200;
min-lease-time 60;
ping-check false;
option domain-name-servers 10.97.0.2;
option domain-name "example.org";
option rfc3442-classless-static-routes 10:0a:62:0a:61:00:03;
option ntp-servers 10.97.0.4;
option netbios-name-servers 10.97.0.5;
option interface-mtu 1400;
option domain-search "one.example.org", "two.example.org";
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.100 10.97.0.199;
	pool {
		range 10.97.0.200 10.97.0.201;
		ping-check true;
	}
	option routers 10.97.0.2;
	option vendor-encapsulated-options VENDOR;
	option root-path "PATH";
	option nis-domain "PATH";
}
shared-network two {
	subnet 10.96.0.0 netmask 255.255.255.0 {
		option routers 10.96.0.1;
		range 10.96.0.10;
	}
	subnet 10.96.1.0 netmask 255.255.255.0 {
		option routers 10.96.1.1;
		range 10.96.1.10;
	}
}
subnet 10.95.0.0 netmask 255.255.255.0 {
	authoritative;
	server-identifier 10.97.0.253;
	range 10.95.0.10 10.95.0.60;
}
subnet 10.94.0.0 netmask 255.255.255.0 {
	ping-check true;
	range 10.94.0.10 10.94.0.12;
}
subnet 10.93.0.0 netmask 255.255.255.0 { range dynamic-bootp 10.93.0.10 10.93.0.19; }
subnet 10.92.0.0 netmask 255.255.255.0 {
	max-lease-time 4294967295;
	range 10.92.0.10 10.92.0.19;
}
subnet 10.91.0.0 netmask 255.255.255.0 { range 10.91.0.10 10.91.0.11; }
host all {
	hardware ethernet 02:ab:00:00:00:01;
	fixed-address 10.97.0.77;
	option host-name "all";
	option tftp-server-name "10.97.0.2";
	option bootfile-name "boot";
	option root-path "/";
	option vendor-encapsulated-options 01:02:03;
}
host rom {
	hardware ethernet 02:ab:00:00:00:02;
	next-server 10.97.0.2;
	filename "pxelinux.0";
	option vendor-class-identifier "PXEClient";
}
END2
sed -i "s/VENDOR/$(printf '%0200d' 0 | sed 's/0/:07/g; s/^://')/; s/PATH/$(printf '%0100d' 0)/" "$work/dhcpd.conf"

space "$g"
dhcpd_start || exit 1
cp "$native/dhcp_raw.py" "$work/"
from_tree "$g" timeout 120 python3 /out/dhcp_raw.py /out/leases/dhcpd.leases >"$work/rows" 2>&1
while read -r status name; do
	case $status in
	PASS | FAIL) check "$name" [ "$status" = PASS ] ;;
	*) echo "# $status $name" ;;
	esac
done <"$work/rows"
for n in $(seq 31); do
	case $n in
	25 | 26) ;;
	*) grep -q "D$n:" "$work/rows" || check "D$n is there" false ;;
	esac
done
check "it is still there" kill -0 "$dhcpd_pid"
kill "$dhcpd_pid"
check "ends on SIGTERM" wait_pid 30 "$dhcpd_pid"
grep -E "(many|full|use) " "$work/dhcpd.log" | sed 's/^/# /'
done_testing
