#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridging to a NIC (one end of a veth with its default offloads; the other end
# is the LAN): who sees what, how often, with which tags, and what happens when
# the NIC goes and comes.

. "$(dirname "$0")/nslib"

space lan
nic
same "promiscuity before" "$(promiscuity eth7)" 0
port up 0 peer=eth7
same "the uplink in /proc" "$(cat /proc/vmnet/bridge*)" \
	"connected hub0.0 mac 00:50:56:00:00:00 ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING dev eth7 "
guest ga 0 10.93.0.3/24 hdr
guest gb 0 10.93.0.4/24

check "guest reaches the LAN" reach ga 10.93.0.2
check "the LAN reaches the guest" reach lan 10.93.0.3
check "guest reaches the host" reach ga 10.93.0.1
check "host reaches the guest" reach host 10.93.0.3
check "host reaches the LAN" reach host 10.93.0.2
check "plain guest reaches the LAN" reach gb 10.93.0.2
check "guest reaches guest" reach ga 10.93.0.4
same "the LAN sees the guest's own address" \
	"$(ip -n lan neigh show 10.93.0.3 | awk '{ print $5 }')" "$(mac_of ga gt0)"

stream "10 MB, guest to LAN" ga lan 10.93.0.2 10
stream "10 MB, LAN to guest" lan ga 10.93.0.3 10
stream "10 MB, guest to host" ga host 10.93.0.1 10
stream "10 MB, host to guest" host ga 10.93.0.3 10
stream "2 MB, plain guest to LAN" gb lan 10.93.0.2 2
stream "2 MB, LAN to plain guest" lan gb 10.93.0.4 2
stream "2 MB, host to plain guest" host gb 10.93.0.4 2
stream "10 MB, host to LAN" host lan 10.93.0.2 10
same "no bad checksum anywhere" \
	"$(bad_checksums host lan ga gb)" "0 0 0 0"

all=ff:ff:ff:ff:ff:ff
mc=01:00:5e:11:22:33
who="lan:wire0 host:eth7 ga:gt0 gb:gt0"
# shellcheck disable=SC2086
for dst in $all $mc; do
	counts $who
	in_space ga "$here/etherframe" send gt0 $dst 20
	counted "guest to $dst: LAN, host, other guest once each" 20 20 0 20
	counts $who
	in_space lan "$here/etherframe" send wire0 $dst 20
	counted "LAN to $dst: host and guests once each" 0 20 20 20
	counts $who
	"$here/etherframe" send eth7 $dst 20
	counted "host to $dst: LAN and guests once each" 20 0 20 20
done
# shellcheck disable=SC2086
{
	counts $who
	in_space ga "$here/etherframe" send gt0 "$(mac_of lan wire0)" 20
	counted "guest to a LAN station: it alone" 20 0 0 0
	counts $who
	in_space ga "$here/etherframe" send gt0 "$(mac_of gb gt0)" 20
	counted "guest to guest: not on the wire" 0 0 0 20
	counts $who
	in_space ga "$here/etherframe" send gt0 "$(mac_of host eth7)" 20
	counted "guest to host: not on the wire" 0 20 0 0
	counts $who
	"$here/etherframe" send eth7 "$(mac_of ga gt0)" 20
	counted "host to guest: not on the wire" 0 0 20 0
	counts $who
	in_space lan "$here/etherframe" send wire0 "$(mac_of ga gt0)" 20
	counted "LAN to guest: it alone" 0 0 20 0
	counts $who
	in_space lan "$here/etherframe" send wire0 01:80:c2:00:00:00 20
	counted "spanning tree stays on its link" 0 20 0 0
}

# Tags arrive as they were sent; the veth takes them out of band.
ip -n lan link add link wire0 name v5 type vlan id 5
ip -n lan addr add 10.94.0.2/24 dev v5
ip -n lan link set v5 up
for g in ga gb; do
	ip -n $g link add link gt0 name v5 type vlan id 5
	ip -n $g link set v5 up
done
ip -n ga addr add 10.94.0.3/24 dev v5
ip -n gb addr add 10.94.0.4/24 dev v5
check "tagged: guest with offloads and LAN" reach ga 10.94.0.2
check "tagged: plain guest and LAN" reach gb 10.94.0.2
stream "tagged: 2 MB, LAN to plain guest" lan gb 10.94.0.4 2
stream "tagged: 2 MB, guest to LAN" ga lan 10.94.0.2 2
ip -n lan link del v5

# Two hubs on one NIC: one wire, nothing twice.
port up2 2 peer=eth7
guest gc 2 10.93.0.5/24 hdr
check "a guest of another hub on the NIC is reached" reach ga 10.93.0.5
# shellcheck disable=SC2086
for dst in $all; do
	counts $who gc:gt0
	in_space ga "$here/etherframe" send gt0 $dst 20
	counted "two hubs, guest to $dst: everybody once" 20 20 0 20 20
	counts $who gc:gt0
	in_space lan "$here/etherframe" send wire0 $dst 20
	counted "two hubs, LAN to $dst: everybody once" 0 20 20 20 20
	counts $who gc:gt0
	in_space ga "$here/etherframe" send gt0 "$(mac_of gc gt0)" 20
	counted "two hubs, guest to guest: it alone" 0 0 0 0 20
done
kill "$up2_pid"
wait_for 30 eval "! grep -q bridge /proc/vmnet/hub2.*"

# A guest that takes the address of a station on the wire, by a source address
# or by its own, hears what is for it and cuts nobody off.
lan_mac=$(mac_of lan wire0)
gb_mac=$(mac_of gb gt0)
ip -n gb link set gt0 address "$lan_mac"
in_space gb "$here/etherframe" send gt0 $all 20
check "an address taken by a tap: the host reaches the LAN" ping -c 3 -W 2 10.93.0.2
ip -n gb link set gt0 address "$gb_mac"
check "the guest is itself again" reach gb 10.93.0.2
port thief 0 mac="$lan_mac"
check "an address taken by a port: the host reaches the LAN" ping -c 3 -W 2 10.93.0.2
check "and so does a guest" reach ga 10.93.0.2
kill "$thief_pid"

# Two hubs that share two NICs make a ring.
ip link add eth6 type veth peer name wire6
ip link set eth6 up
ip link set wire6 up
port ring1 0 peer=eth6
port up2 2 peer=eth7
port ring2 2 peer=eth6
in_space lan "$here/etherframe" send wire0 $all 20
in_space ga "$here/etherframe" send gt0 $all 20
check "a ring of hubs and NICs: the host goes on" reach lan 10.93.0.1
kill "$ring1_pid" "$ring2_pid" "$up2_pid"
wait_for 30 eval "! grep -q bridge /proc/vmnet/hub2.*"
ip link del eth6

# The host has a bridge on the NIC, and a station behind that.
ip link add br7 type bridge
ip link set eth7 master br7
ip link set br7 up
station far br7 10.93.0.9/24
check "a station behind a bridge on the NIC reaches a guest" reach far 10.93.0.3
check "a guest reaches it" reach ga 10.93.0.9
ip link del br7
ip link del far

# The life of the NIC.
ip link set eth7 down
check "down: the LAN is gone" no_reach ga 10.93.0.2
check "down: guests still meet" reach ga 10.93.0.4
ip link set eth7 up
check "up again: the LAN is back" reach ga 10.93.0.2
ip link set eth7 down
ip link set eth7 name eth8
ip link set eth8 up
check "under another name it is not ours" no_reach ga 10.93.0.2
ip link set eth8 down
ip link set eth8 name eth7
ip link set eth7 up
check "renamed back: attached again" reach ga 10.93.0.2
ip link del eth7
check "NIC gone: guests still meet" reach gb 10.93.0.3
same "the file stays, waiting" "$(cat /proc/vmnet/bridge* | wc -l)" 1
nic
check "NIC back: attached again" reach ga 10.93.0.2
check "the host kept its address and traffic" reach host 10.93.0.2

kill "$up_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
check "detached: the LAN is gone" no_reach ga 10.93.0.2
same "promiscuity after" "$(promiscuity eth7)" 0
check "host and LAN as before" reach host 10.93.0.2
ip link del eth7
done_testing
