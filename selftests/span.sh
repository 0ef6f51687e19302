#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One network on several machines: uplinks to VXLAN, Geneve and GRE devices, as
# vmnet-spanning(7) tells it.

. "$(dirname "$0")/nslib"
. "$here/machines"

bin=${VMNET_BIN:-$here/../../userland}
for m in vxlan geneve ip_gre; do
	modprobe -q $m
done

# tunnel MACHINE DEV ARGS...: a tunnel device that is up.
tunnel()
{
	local m=$1 dev=$2
	shift 2
	ip -n "$m" link add "$dev" "$@" && ip -n "$m" link set "$dev" up
}

mtu_of()
{
	in_space "$1" cat "/sys/class/net/$2/mtu"
}

too_large()
{
	"$here/vmports" "${hub_of[$1]}" drop.toolarge
}

# carries NAME MTU: guests ga and gb, on m1 and m2, have one network.
carries()
{
	check "$1: packets of $2 bytes arrive, and so do answers" fits ga 10.97.0.2 "$2"
	stream "$1: 1 MB" ga gb 10.97.0.2 1
}

three_machines

# Two machines, VXLAN. The second is bridged by the daemon.
plug m1 peer=tun0
background "$work/bridge" ip netns exec m2 "$bin/vmnet-bridge" -n "${hub_of[m2]}" -i tun0
plug m3 peer=tun0
settle ga m1 hdr
settle gb m2 hdr
settle gc m3
tunnel m1 tun0 type vxlan id 8 dstport 4789 dev eth0 local 10.96.0.1 remote 10.96.0.2
tunnel m2 tun0 type vxlan id 8 dstport 4789 dev eth0 local 10.96.0.2 remote 10.96.0.1
same "VXLAN: the MTU" "$(mtu_of m1 tun0) $(mtu_of m2 tun0)" "1450 1450"
check "VXLAN: vmnet-bridge takes a device it is given" \
	wait_for 30 eval 'grep -q "hub${hub_of[m2]}[.].* dev tun0" /proc/vmnet/bridge*'
guest_mtu 1450 ga gb
carries VXLAN 1450
stream "VXLAN: 1 MB back" gb ga 10.97.0.1 1
check "VXLAN: the other guest begins" reach gb 10.97.0.1
same "VXLAN: each sees the other's own address" \
	"$(ip -n gb neigh show 10.97.0.1 | awk '{ print $5 }')" "${mac_is[ga]}"

# Guests that were not told.
guest_mtu 1500 ga gb
before=$(too_large m1)
check "VXLAN: packets of 1500 bytes do not arrive" \
	eval "! ip netns exec ga ping -M do -c 3 -i 0.2 -W 1 -s 1472 10.97.0.2"
same "VXLAN: and are counted" $(($(too_large m1) - before)) 3
check "VXLAN: short ones do" reach ga 10.97.0.2
# A larger wire instead.
underlay_mtu 1550 m1 m2
for m in m1 m2; do
	ip -n $m link set tun0 mtu 1500
done
carries "VXLAN on a wire of 1550" 1500
underlay_mtu 1500 m1 m2

# Without a device below, VXLAN takes what guests send, and IP cuts it.
for m in m1 m2; do
	ip -n $m link del tun0
done
tunnel m1 tun0 type vxlan id 8 dstport 4789 local 10.96.0.1 remote 10.96.0.2
tunnel m2 tun0 type vxlan id 8 dstport 4789 local 10.96.0.2 remote 10.96.0.1
same "VXLAN in fragments: the MTU" "$(mtu_of m1 tun0)" 1500
carries "VXLAN in fragments" 1500
check "VXLAN in fragments: it was" \
	eval "in_space m1 nstat -asz IpFragCreates | awk '\$1 == \"IpFragCreates\" { exit !\$2 }'"
for m in m1 m2; do
	ip -n $m link del tun0
done

# Three machines: each sends to all others what is for all.
for n in 1 2 3; do
	tunnel m$n tun0 type vxlan id 8 dstport 4789 dev eth0 local 10.96.0.$n
	for p in 1 2 3; do
		[ $p = $n ] ||
			bridge -n m$n fdb append 00:00:00:00:00:00 dev tun0 dst 10.96.0.$p
	done
done
guest_mtu 1450 ga gb gc
check "three peers: first and second" reach ga 10.97.0.2
check "three peers: first and third" reach ga 10.97.0.3
check "three peers: third and second" reach gc 10.97.0.2
stream "three peers: 1 MB, third to first" gc ga 10.97.0.1 1
who="ga:gt0 gb:gt0 gc:gt0"
# shellcheck disable=SC2086
{
	counts $who
	in_space ga "$here/etherframe" send gt0 ff:ff:ff:ff:ff:ff 20
	counted "three peers: a broadcast arrives once each" 0 20 20
	counts $who
	in_space gc "$here/etherframe" send gt0 "${mac_is[ga]}" 20
	counted "three peers: what is for one goes to it alone" 20 0 0
}
moved "VXLAN, second to first machine" gc gb m1 hdr
check "it reaches its new neighbour" reach gb 10.97.0.1
moved "VXLAN, first to third" ga gb m3 hdr
check "it reaches its new neighbour" reach gb 10.97.0.3
moved "VXLAN, back to the second" gc gb m2 hdr
check "it reaches the first" reach gb 10.97.0.1
stream "1 MB to it" ga gb 10.97.0.2 1

# The machine itself is a station too.
ip -n m2 addr add 10.97.0.12/24 dev tun0
check "a guest elsewhere reaches a machine by its tunnel" reach ga 10.97.0.12
check "so does a guest of its own" reach gb 10.97.0.12
for m in m1 m2 m3; do
	ip -n $m link del tun0
done

tunnel m1 tun0 type geneve id 8 remote 10.96.0.2
tunnel m2 tun0 type geneve id 8 remote 10.96.0.1
same "Geneve: the MTU" "$(mtu_of m1 tun0)" 1450
carries Geneve 1450
for m in m1 m2; do
	ip -n $m link del tun0
done

tunnel m1 tun0 type gretap key 8 local 10.96.0.1 remote 10.96.0.2
tunnel m2 tun0 type gretap key 8 local 10.96.0.2 remote 10.96.0.1
same "GRE: the MTU" "$(mtu_of m1 tun0)" 1458
guest_mtu 1458 ga gb
carries GRE 1458

same "no bad checksum anywhere" \
	"$(bad_checksums m1 m2 m3 ga gb gc)" "0 0 0 0 0 0"
done_testing
