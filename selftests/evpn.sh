#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One network on three machines under BGP EVPN: the host interface is a port of
# a Linux bridge, beside a VXLAN device that FRR tells where the guests are, as
# vmnet-spanning(7) tells it.

. "$(dirname "$0")/nslib"
. "$here/machines"

frr=/usr/lib/frr
[ -x $frr/bgpd ] || { echo "Bail out! no bgpd"; exit 1; }
modprobe -q vxlan

# speaker MACHINE N PEER...: what zebra and bgpd are told. Only the timers are
# not what the page has: a test does not wait for a second try to connect.
speaker()
{
	local m=$1 n=$2 d=$work/frr.$1 p
	shift 2
	mkdir -p "$d"
	: >"$d/zebra.conf"
	{
		echo "router bgp 65000"
		echo " bgp router-id 10.96.0.$n"
		echo " no bgp default ipv4-unicast"
		for p; do
			echo " neighbor 10.96.0.$p remote-as internal"
			echo " neighbor 10.96.0.$p timers connect 1"
		done
		echo " address-family l2vpn evpn"
		for p; do
			echo "  neighbor 10.96.0.$p activate"
		done
		echo "  advertise-all-vni"
		echo " exit-address-family"
	} >"$d/bgpd.conf"
	chown -R frr:frr "$d"
}

# daemon MACHINE NAME: start it; it becomes the user frr.
daemon()
{
	local d=$work/frr.$1
	background "$work/$1.$2" ip netns exec "$1" $frr/$2 -f "$d/$2.conf" -i "$d/$2.pid" \
		-z "$d/zserv" --vty_socket "$d" -P 0 --log stdout
}

# FRR's own commands, in a machine.
show()
{
	ip netns exec "$1" vtysh --vty_socket "$work/frr.$1" -c "show $2"
}

# The bridge, between the host interface and the tunnel.
span_by_bridge()
{
	local m=$1 n=$2
	plug "$m" netif=vmnet%d
	ip -n "$m" link add br8 type bridge
	ip -n "$m" link add vx8 type vxlan id 8 dstport 4789 local "10.96.0.$n" nolearning
	ip -n "$m" link set vx8 master br8
	bridge -n "$m" link set dev vx8 learning off
	ip -n "$m" link set vmnet0 master br8
	ip -n "$m" link set vx8 up
	ip -n "$m" link set vmnet0 up
	ip -n "$m" link set br8 up
}

# known MACHINE MAC N: does the machine know by BGP that it is on machine N?
known()
{
	bridge -n "$1" fdb show dev vx8 | grep -q "^$2 dst 10.96.0.$3 .*extern_learn"
}

vteps()
{
	[ "$(bridge -n "$1" fdb show dev vx8 | grep -c '^00:00:00:00:00:00 dst')" = "$2" ]
}

three_machines
for n in 1 2 3; do
	span_by_bridge m$n $n
done
speaker m1 1 2 3
speaker m2 2 1 3
speaker m3 3 1 2
chmod 755 "$work"
for d in zebra bgpd; do
	for m in m1 m2 m3; do
		daemon $m $d
	done
	for m in m1 m2 m3; do
		wait_for 60 [ -S "$work/frr.$m/$d.vty" ] || cat "$work/$m.$d"
	done
done
settle ga m1 hdr
settle gb m2
settle gc m3 hdr

for n in 1 2 3; do
	check "machine $n has heard of both others" wait_for 60 vteps m$n 2
done
check "first guest reaches the second" reach ga 10.97.0.2
check "and the third" reach ga 10.97.0.3
check "third guest reaches the second" reach gc 10.97.0.2
check "the second machine knows the first guest by BGP" \
	wait_for 20 known m2 "${mac_is[ga]}" 1
check "the first machine knows the third guest by BGP" \
	wait_for 20 known m1 "${mac_is[gc]}" 3
check "the first guest is behind its machine's host interface" \
	eval "bridge -n m1 fdb show dev vmnet0 | grep -q '^${mac_is[ga]} '"
who="ga:gt0 gb:gt0 gc:gt0"
# shellcheck disable=SC2086
{
	counts $who
	in_space ga "$here/etherframe" send gt0 ff:ff:ff:ff:ff:ff 20
	counted "a broadcast arrives once each" 0 20 20
	counts $who
	in_space gc "$here/etherframe" send gt0 "${mac_is[ga]}" 20
	counted "what is for one goes to it alone" 20 0 0
}

# The guests' MTU is 1500, the wire's too. The tunnel tells them.
check "a packet of 1500 bytes: the sender is told 1450" \
	eval "ip netns exec ga ping -M do -c 1 -W 2 -s 1472 10.97.0.3 | grep -q 'mtu = 1450'"
check "a packet of 1450 arrives" fits ga 10.97.0.3 1450
stream "1 MB, first to third" ga gc 10.97.0.3 1
stream "1 MB, second to first" gb ga 10.97.0.1 1

moved "second to first machine" gc gb m1
check "the third machine has it from BGP" wait_for 20 known m3 "${mac_is[gb]}" 1
check "so has the one it left" wait_for 20 known m2 "${mac_is[gb]}" 1
check "it reaches its new neighbour" reach gb 10.97.0.1
moved "first to third machine" ga gb m3
check "the first machine has it from BGP" wait_for 20 known m1 "${mac_is[gb]}" 3
check "it reaches the first" reach gb 10.97.0.1
check "mobility is counted" eval "show m1 'bgp l2vpn evpn route type macip' | grep -q 'MM:2'"
stream "1 MB to it" ga gb 10.97.0.2 1

# The machine is a station by its bridge.
ip -n m2 addr add 10.97.0.12/24 dev br8
check "a guest reaches another machine by its bridge" reach ga 10.97.0.12

same "no bad checksum anywhere" \
	"$(bad_checksums m1 m2 m3 ga gb gc)" "0 0 0 0 0 0"
if [ $failures -gt 0 ]; then
	for n in 1 2 3; do
		bridge -n m$n fdb show br br8 | sed "s/^/# m$n: /"
		show m$n "bgp l2vpn evpn" | sed "s/^/# m$n: /"
		sed "s/^/# m$n: /" "$work/m$n".*
	done
fi
done_testing
