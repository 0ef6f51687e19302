#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-dhcpd and one client at a time; dhcpd-clients.sh has more of them.

. "$(dirname "$0")/dhcpd_rig.sh"

dhcpd_conf 255.255.255.0 10.97.0.254 'host fixed { hardware ethernet 02:11:22:33:44:55; fixed-address 10.97.0.77; }'
space "$g"
dhcpd_start || exit 1

check "a client gets a lease" udhcpc
first=$(value ip)
check "from the range" eval '[[ $first =~ ^10\.97\.0\.(1[2-9][0-9]|2[0-4][0-9]|25[0-3])$ ]]'
same "netmask" "$(value subnet)" 255.255.255.0
same "server" "$(value serverid)" 10.97.0.254
check "log: REQUEST" grep -q "DHCPREQUEST for $first from .* via vmnet8" "$work/dhcpd.log"
check "log: ACK" grep -q "DHCPACK on $first to .* via vmnet8" "$work/dhcpd.log"
check "on the disk" grep -q "^lease $first {" "$work/leases/dhcpd.leases"
same "the tap holds a burst" "$(ip -n "$g" -o link show eth0 | sed -n 's/.* qlen \([0-9]*\).*/\1/p')" 4096
check "a second time" udhcpc
same "the same address" "$(value ip)" "$first"
check "asked for an address of another network" udhcpc -r 192.168.9.9
same "it gets its own" "$(value ip)" "$first"

ip -n "$g" addr add "$first/24" dev eth0
check "the server answers ARP for its address" from_tree "$g" arping -c 2 -w 20 -I eth0 10.97.0.254
check "and echo" from_tree "$g" ping -c 1 -W 10 10.97.0.254
ip -n "$g" addr flush dev eth0

mac=$(mac_of "$g" eth0)
ip -n "$g" link set eth0 down
ip -n "$g" link set eth0 address 02:11:22:33:44:55
ip -n "$g" link set eth0 up
check "a client with a reservation" udhcpc -C
same "gets the reserved address" "$(value ip)" 10.97.0.77
ip -n "$g" link set eth0 down
ip -n "$g" link set eth0 address "$mac"
ip -n "$g" link set eth0 up

# Restart: the leases are taken up again.
kill -9 "$dhcpd_pid"
wait_pid 30 "$dhcpd_pid" 2>/dev/null
printf 'lease 10.97.0.200 {\n  starts 4 2026/' >>"$work/leases/dhcpd.leases"
dhcpd_start || exit 1
check "a torn record is cut off" grep -q 'torn' "$work/dhcpd.log"
ip -n "$g" link set eth0 down
ip -n "$g" link set eth0 address "$mac"
ip -n "$g" link set eth0 up
check "after a crash" udhcpc
same "the same address again" "$(value ip)" "$first"
kill "$dhcpd_pid"
check "ends on SIGTERM" wait_pid 30 "$dhcpd_pid"
done_testing
