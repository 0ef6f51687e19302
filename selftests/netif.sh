#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host interfaces: traffic, names, addresses, namespaces. vmnet1's row of the
# guest: it reaches the host, and more only when the host routes.

. "$(dirname "$0")/nslib"

port net 1 netif=vmnet1
ip addr add 10.91.1.1/24 dev vmnet1
ip link set vmnet1 up
same "address of the interface" "$(cat /sys/class/net/vmnet1/address)" 00:50:56:c0:00:01
same "its port in /proc" "$(cat /proc/vmnet/netif*)" \
	"connected hub1.0 mac 00:50:56:c0:00:01 ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING dev vmnet1 "

guest ga 1 10.91.1.5/24 hdr
guest gb 1 10.91.1.6/24
check "guest with offloads reaches the host" reach ga 10.91.1.1
check "plain guest reaches the host" reach gb 10.91.1.1
check "host reaches the guest" reach host 10.91.1.5
check "guest reaches guest" reach ga 10.91.1.6
stream "10 MB, guest to host" ga host 10.91.1.1 10
stream "10 MB, host to guest" host ga 10.91.1.5 10
stream "2 MB, plain guest to host" gb host 10.91.1.1 2
stream "2 MB, host to plain guest" host gb 10.91.1.6 2
stream "2 MB, guest to plain guest" ga gb 10.91.1.6 2
same "no bad checksum anywhere" \
	"$(bad_checksums host ga gb)" "0 0 0"

# Beyond the host: only when it routes.
space out
ip link add up0 type veth peer name eth0 netns out
ip addr add 10.92.0.1/24 dev up0
ip link set up0 up
ip -n out addr add 10.92.0.2/24 dev eth0
ip -n out link set eth0 up
ip -n ga route add default via 10.91.1.1
check "no way out while the host does not forward" no_reach ga 10.92.0.2
sysctl -qw net.ipv4.ip_forward=1
ip -n out route add 10.91.1.0/24 via 10.92.0.1
check "with a return route the guest is reached" reach ga 10.92.0.2
background "$work/dump" ip netns exec out tcpdump -ni eth0 -c 1 icmp
wait_for 30 grep -q listening "$work/dump"
reach ga 10.92.0.2
wait_for 30 grep -q 'IP ' "$work/dump"
check "and seen under its own address" grep -q 'IP 10.91.1.5 > 10.92.0.2' "$work/dump"
ip -n out route del 10.91.1.0/24
check "without it, not" no_reach ga 10.92.0.2
nft -f - <<'END'
table ip t {
	chain post {
		type nat hook postrouting priority 100;
		ip saddr 10.91.1.0/24 oifname "up0" masquerade
	}
}
END
check "with a masquerade rule it is" reach ga 10.92.0.2
nft delete table ip t
sysctl -qw net.ipv4.ip_forward=0

# Names, deletion, addresses.
check "ip link del is refused" eval "! ip link del vmnet1 2>/dev/null"
ip link set vmnet1 down
ip link set vmnet1 name lan1
ip link set lan1 up
check "/proc follows a rename" grep -q 'dev lan1 $' /proc/vmnet/netif0 /proc/vmnet/netif*
check "reachable after down and up" reach ga 10.91.1.1
ip link set lan1 address 00:50:56:12:34:56
check "reachable under a new address" reach gb 10.91.1.1
check "a second interface for the node is refused" \
	eval "! timeout 10 $here/vmport 1 netif=vmx -- true 2>/dev/null; [ ! -e /sys/class/net/vmx ]"
ip link set lan1 mtu 9000
same "MTU" "$(cat /sys/class/net/lan1/mtu)" 9000

# A bridge over it: several stations behind the port.
ip link add br0 type bridge
ip addr flush dev lan1
ip link set lan1 master br0
ip link set br0 up
station far br0 10.91.1.9/24
check "a station behind a Linux bridge is reached" reach ga 10.91.1.9
check "and reaches the guest" reach far 10.91.1.6
ip link del br0
ip link del far

# Another namespace, and its end.
space nsx
ip link set lan1 netns nsx
ip -n nsx addr add 10.91.1.1/24 dev lan1
ip -n nsx link set lan1 up
check "works in another namespace" reach ga 10.91.1.1
ip netns del nsx
check "ends with it" wait_for 60 eval "! ip netns exec ga ping -c 1 -W 1 10.91.1.1"
check "the initial namespace does not get it" eval "! ip link show lan1 2>/dev/null"
kill "$net_pid"
wait_for 30 eval "! ls /proc/vmnet/netif* 2>/dev/null"
check "its port goes with the file" eval "! ls /proc/vmnet/netif* 2>/dev/null"
done_testing
