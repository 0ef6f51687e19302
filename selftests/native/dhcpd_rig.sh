# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A DHCP server on a tap; clients are in the namespace of the tap.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

g=$tag-g

dhcpd_conf()
{
	cat >"$work/dhcpd.conf" <<END
# Configuration file for ISC 2.0 vmnet-dhcpd operating on vmnet8.
allow unknown-clients;
default-lease-time 1800;                # default is 30 minutes
max-lease-time 7200;                    # default is 2 hours

subnet 10.97.0.0 netmask ${1:-255.255.255.0} {
	range 10.97.0.128 ${2:-10.97.0.254};
	option broadcast-address 10.97.0.255;
	option domain-name-servers 10.97.0.2;
	option domain-name localdomain;
	default-lease-time 1800;
	max-lease-time 7200;
	option netbios-name-servers 10.97.0.2;
	option routers 10.97.0.2;
}
host vmnet8 {
	hardware ethernet 00:50:56:C0:00:08;
	fixed-address 10.97.0.1;
	option domain-name-servers 0.0.0.0;
	option domain-name "";
	option routers 0.0.0.0;
}
$3
END
}

# dhcpd_start [OPTION...]: start it; the tap moves to the clients.
dhcpd_start()
{
	: >"$work/dhcpd.log"
	background "$work/dhcpd.log" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --tap "$tap" --run-dir "$work" --foreground "$@" vmnet8
	dhcpd_pid=$last
	wait_for 60 grep -q 'Sending on' "$work/dhcpd.log" || {
		sed 's/^/# /' "$work/dhcpd.log"
		return 1
	}
	ip link set "$tap" netns "$g"
	ip -n "$g" link set "$tap" name eth0 2>/dev/null
	ip -n "$g" link set eth0 up
}

# udhcpc [ARG...]: one lease for eth0 of the clients' namespace, by busybox's client
# and with the options of asks; what it was given goes to $work/env.bound.
asks=(-t 20 -T 2)
udhcpc()
{
	rm -f "$work"/env.*
	from_tree "$g" busybox udhcpc -i eth0 -f -q -n -s /out/script "${asks[@]}" "$@" >"$work/udhcpc" 2>&1
}

# value NAME: of what it was given.
value()
{
	sed -n "s/^$1=//p" "$work/env.bound" 2>/dev/null
}

cat >"$work/script" <<'END'
#!/bin/sh
env >"/out/env.$1"
END
chmod +x "$work/script"
mkdir "$work/leases"
tap=vd$$
