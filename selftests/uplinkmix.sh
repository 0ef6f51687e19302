#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridging to a NIC that is not alone: what else may sit on it, and what else an
# uplink may lead to. See uplink.sh for a plain one.

. "$(dirname "$0")/nslib"

modprobe -q bonding max_bonds=0
modprobe -aq macvlan sch_ingress cls_matchall cls_flower act_gact act_mirred nf_tables

space lan
quiet_host
nic
port up 0 peer=eth7
guest ga 0 10.93.0.3/24 hdr
check "guest and LAN" reach ga 10.93.0.2
all=ff:ff:ff:ff:ff:ff

# --- what ends at the next bridge -------------------------------------------

who=(lan:wire0 host:eth7 ga:gt0)
group=01:80:c2:00:00

# both_ways NAME ADDRESS TYPE LAN HOST GUEST: 10 frames from guest and LAN.
both_ways()
{
	counts "${who[@]}"
	in_space ga "$here/etherframe" send gt0 "$2" 10 "$3"
	in_space lan "$here/etherframe" send wire0 "$2" 10 "$3"
	counted "$1" "$4" "$5" "$6"
}

both_ways "spanning tree stays on its side" $group:00 0x88b5 0 10 0
count_type=0x888e
both_ways "EAPOL passes" $group:03 0x888e 10 20 10
count_type=
"$here/vmports" 0 group-fwd=0x4001
both_ways "a hub that was told to: spanning tree passes" $group:00 0x88b5 10 20 10
both_ways "LLDP too" $group:0e 0x88b5 10 20 10
both_ways "pause frames were not named" $group:01 0x88b5 0 10 0
"$here/vmports" 0 group-fwd=0
both_ways "told to stop: LLDP stays" $group:0e 0x88b5 0 10 0

# --- what the host says to itself ----------------------------------------------

# A multicast that comes back has no Ethernet header; read as one, 10.93 is its type.
ip route add 224.0.0.0/4 dev eth7
# multicasts NAME TYPE NUMBER: of 10 the guest gets so many frames of a type.
multicasts()
{
	count_type=$2
	counts ga:gt0
	for ((n = 0; n < 10; n++)); do
		echo >/dev/udp/224.0.0.1/9
	done
	counted "$1" "$3"
	count_type=
}
multicasts "multicasts that are looped back are no frames" 0x0a5d 0
multicasts "those that are sent are" 0x0800 10
ip route del 224.0.0.0/4 dev eth7

# --- two tags -----------------------------------------------------------------

for s in lan:wire0:2 ga:gt0:3; do
	IFS=: read -r ns dev n <<<"$s"
	ip -n "$ns" link add link "$dev" name outer type vlan proto 802.1ad id 30
	ip -n "$ns" link set outer up
	ip -n "$ns" link add link outer name inner type vlan id 40
	ip -n "$ns" addr add "10.94.0.$n/24" dev inner
	ip -n "$ns" link set inner up
done
check "QinQ: guest and LAN" reach ga 10.94.0.2
stream "QinQ: 2 MB, guest to LAN" ga lan 10.94.0.2 2
stream "QinQ: 2 MB, LAN to guest" lan ga 10.94.0.3 2
ip -n lan link del outer
ip -n ga link del outer

# --- others on the NIC --------------------------------------------------------

# Everybody once, from each side, with another hub on the NIC.
port up2 2 peer=eth7
guest gc 2 10.93.0.5/24 hdr
check "two hubs: a guest of the other" reach ga 10.93.0.5
everybody()
{
	counts lan:wire0 host:eth7 ga:gt0 gc:gt0
	in_space ga "$here/etherframe" send gt0 $all 20
	in_space lan "$here/etherframe" send wire0 $all 20
	"$here/etherframe" send eth7 $all 20
	in_space gc "$here/etherframe" send gt0 "$(mac_of ga gt0)" 5
	in_space lan "$here/etherframe" send wire0 "$(mac_of gc gt0)" 5
	in_space ga "$here/etherframe" send gt0 "$(mac_of host eth7)" 5
	counted "$1: everybody once" 40 45 45 65
}
everybody "two hubs"

echo 3 >/sys/class/net/eth7/queues/rx-0/rps_cpus
everybody "RPS"
tc qdisc add dev eth7 clsact
tc filter add dev eth7 ingress matchall action ok
tc filter add dev eth7 egress matchall action ok
everybody "RPS and clsact"
background "$work/xdp" "$here/xdppass" eth7 generic
xdp=$last
check "an XDP program in the stack" wait_for 20 grep -q ready "$work/xdp"
everybody "RPS, clsact and XDP"
stream "with them: 5 MB, LAN to guest" lan ga 10.93.0.3 5
kill "$xdp"
wait "$xdp" 2>/dev/null
background "$work/xdp" "$here/xdppass" eth7
xdp=$last
check "an XDP program in the driver" wait_for 20 grep -q ready "$work/xdp"
everybody "RPS, clsact and XDP in the driver"
stream "with them: 5 MB, guest to LAN" ga lan 10.93.0.2 5
kill "$xdp"
wait "$xdp" 2>/dev/null
echo 0 >/sys/class/net/eth7/queues/rx-0/rps_cpus

# What tc drops on the way in, no guest gets.
tc filter add dev eth7 ingress pref 1 protocol ip flower dst_ip 10.93.0.3 action drop
check "tc drops on ingress: the guest is cut off" no_reach lan 10.93.0.3
check "another one is not" reach lan 10.93.0.5
tc qdisc del dev eth7 clsact
check "tc gone: reached again" reach lan 10.93.0.3
kill "$up2_pid"
wait_for 30 eval "! grep -q bridge /proc/vmnet/hub2.*"

# A firewall's rules on the NIC hold for guests, both ways.
nft -f - <<-'END'
	table netdev t {
		chain in { type filter hook ingress device eth7 priority 0; ip daddr 10.93.0.3 drop; }
		chain out { type filter hook egress device eth7 priority 0; udp dport 5353 drop; ip saddr 10.93.0.1 ip daddr 10.93.0.3 drop; }
	}
END
check "nftables drops on ingress: the LAN does not reach the guest" no_reach lan 10.93.0.3
check "on egress: nor does the host" no_reach host 10.93.0.3
nft delete chain netdev t in
check "the LAN does without the rule" reach lan 10.93.0.3
nft delete table netdev t
check "and the host" reach host 10.93.0.3

# Stations of the host's own behind the NIC.
space mv
ip link add link eth7 name mv0 type macvlan mode bridge
ip link set mv0 netns mv
ip -n mv addr add 10.93.0.8/24 dev mv0
ip -n mv link set mv0 up
check "a macvlan on the NIC reaches a guest" reach mv 10.93.0.3
check "a guest reaches it" reach ga 10.93.0.8
check "it reaches the LAN" reach mv 10.93.0.2
check "and the guest does" reach ga 10.93.0.2
stream "2 MB, macvlan to guest" mv ga 10.93.0.3 2
stream "2 MB, guest to macvlan" ga mv 10.93.0.8 2
ip -n mv link del mv0

# --- other kinds of NIC -------------------------------------------------------

# kind NAME DEVICE NET: a hub on it, a guest, the LAN and the host.
kind()
{
	local name=$1 dev=$2 net=$3
	port other 3 peer="$dev"
	guest gd 3 "$net.3/24" hdr
	gd_pid=$last
	check "$name: the guest reaches the LAN" reach gd "$net.2"
	check "$name: the host reaches it" reach host "$net.3"
	stream "$name: 5 MB, guest to LAN" gd lan "$net.2" 5
	stream "$name: 5 MB, LAN to guest" lan gd "$net.3" 5
}

kind_ends()
{
	kill "$other_pid" "$gd_pid"
	wait_for 30 eval "! ls /proc/vmnet/hub3.* 2>/dev/null"
}

# A VLAN of the NIC, while the NIC itself is bridged to another hub.
ip link add link eth7 name eth7.7 type vlan id 7
ip addr add 10.97.0.1/24 dev eth7.7
ip link set eth7.7 up
ip -n lan link add link wire0 name v7 type vlan id 7
ip -n lan addr add 10.97.0.2/24 dev v7
ip -n lan link set v7 up
kind "VLAN of the NIC" eth7.7 10.97.0
counts lan:v7 host:eth7.7 gd:gt0
in_space gd "$here/etherframe" send gt0 $all 20
in_space lan "$here/etherframe" send v7 $all 20
counted "VLAN of the NIC: once each" 20 40 20
# From one hub to the other: the guest of the NIC's hub is in the VLAN too.
ip -n ga link add link gt0 name v7 type vlan id 7
ip -n ga addr add 10.97.0.4/24 dev v7
ip -n ga link set v7 up
check "VLAN of the NIC: the hubs meet" reach ga 10.97.0.3
counts lan:v7 host:eth7.7 gd:gt0 ga:v7
in_space ga "$here/etherframe" send v7 $all 20
counted "VLAN of the NIC: from a guest of the NIC, once each" 20 20 20 0
in_space gd "$here/etherframe" send gt0 $all 20
counted "VLAN of the NIC: to it, once each" 20 20 0 20
kind_ends
# The host's own stations on that VLAN.
ip addr flush dev eth7.7
ip link add br5 type bridge
ip link set br5 up
ip link set eth7.7 master br5
station cn br5 10.97.0.5/24
check "a container on a bridge on the VLAN reaches a guest" reach cn 10.97.0.4
check "and the LAN" reach cn 10.97.0.2
check "the guest reaches it" reach ga 10.97.0.5
ip -n ga link del v7
ip link del br5
ip link del eth7.7
ip -n lan link del v7

# The Linux bridge that the NIC is in.
kill "$up_pid"
wait_for 30 eval "! grep -q bridge /proc/vmnet/hub0.*"
ip link add br7 type bridge
ip link set br7 up
ip link set eth7 master br7
ip addr flush dev eth7
ip addr add 10.93.0.1/24 dev br7
kind "bridge" br7 10.93.0
counts lan:wire0 host:br7 gd:gt0
in_space gd "$here/etherframe" send gt0 $all 20
in_space lan "$here/etherframe" send wire0 $all 20
counted "bridge: once each" 20 40 20
kind_ends
ip link del br7

# A bond.
ip link add bond7 type bond mode active-backup miimon 100
ip link set eth7 down
ip link set eth7 master bond7
ip link add eth6 type veth peer name wire6 netns lan
ip link set eth6 master bond7
ip -n lan addr flush dev wire0
ip -n lan link add lanbr type bridge
ip -n lan link set wire0 master lanbr
ip -n lan link set wire6 master lanbr
ip -n lan link set wire6 up
ip -n lan addr add 10.93.0.2/24 dev lanbr
ip -n lan link set lanbr up
ip addr add 10.93.0.1/24 dev bond7
ip link set bond7 up
kind "bond" bond7 10.93.0
active=$(cat /sys/class/net/bond7/bonding/active_slave)
ip -n lan link set "$([ "$active" = eth7 ] && echo wire0 || echo wire6)" down
check "bond: one line is cut" wait_for 20 eval \
	"[ \"\$(cat /sys/class/net/bond7/bonding/active_slave)\" != $active ]"
check "bond: the guest reaches the LAN by the other" reach gd 10.93.0.2
check "bond: and is reached" reach lan 10.93.0.3
kind_ends
ip link del bond7
ip link del eth7
ip link del eth6
done_testing
