#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The life of a NIC that has an uplink: what happens to it, who is told, and
# that nothing of ours stays on it. The NIC is one end of a veth, the other is
# the LAN. What takes a real NIC is in nicplug.sh.

. "$(dirname "$0")/nslib"

# The same for nicflap, which has no function to call.
cat >"$work/again" <<END
ip link del eth7 && ip link add eth7 type veth peer name wire0 netns lan &&
ip addr add 10.93.0.1/24 dev eth7 && ip link set eth7 up &&
ip -n lan addr add 10.93.0.2/24 dev wire0 && ip -n lan link set wire0 up
END

# What the hub's uplinks keep of NICs: "promiscuity allmulti addresses".
kept()
{
	local dev=$1 d
	shift
	d=$("${@:-ip}" -d link show "$dev")
	echo "$(sed -n 's/.*promiscuity \([0-9]*\).*/\1/p' <<<"$d")" \
		"$(sed -n 's/.*allmulti \([0-9]*\).*/\1/p' <<<"$d")" \
		"$(bridge "${@:2}" fdb show dev "$dev" | grep -vc '^33:33\|^01:')"
}

# heard WORD...: what the listener and the watcher have got since; in one line.
heard()
{
	local file=$1 n=${since[$1]:-1}
	tail -n +$((n + 1)) "$work/$file" | tr '\n' ' ' | sed 's/ $//'
}

forget()
{
	local f
	for f in vmware all watch; do
		since[$f]=$(wc -l <"$work/$f")
	done
}
declare -A since

# told NAME FILE TEXT: it comes, and nothing else.
told()
{
	wait_for 20 eval "[ \"\$(heard $2)\" = \"$3\" ]"
	nap 0.5
	same "$1" "$(heard "$2")" "$3"
}

states()
{
	"$here/vmlink" show 0 | sort | tr '\n' ' ' | sed 's/ $//'
}

space lan
space other
nic
before=$(kept eth7)
port up 0 peer=eth7
guest ga 0 10.93.0.3/24 hdr
for f in vmware:1 all:3; do
	background "$work/${f%:*}" "$here/vmlink" listen 0 "${f#*:}"
done
background "$work/watch" "$here/vmlink" watch 0
for f in vmware all watch; do
	wait_for 30 grep -q ready "$work/$f"
done
check "guest reaches the LAN" reach ga 10.93.0.2
told "a new listener hears of the NIC" vmware "uplink 1"
told "and of its carrier, when it asks" all "uplink 1 carrier 1"

# Down, up, carrier.
forget
ip link set eth7 down
told "down: a listener is told" vmware "uplink 0"
told "down: of the carrier too" all "uplink 0 carrier 0"
told "down: netlink tells" watch "slot 0 link 0"
check "down: no way out" no_reach ga 10.93.0.2
same "down: nothing stays on the NIC" "$(kept eth7)" "$before"
forget
ip link set eth7 up
told "up: a listener is told" vmware "uplink 1"
told "up: netlink tells" watch "slot 0 link 1"
check "up: reached again" reach ga 10.93.0.2
forget
ip -n lan link set wire0 down
told "no carrier: those who ask are told" all "carrier 0"
same "no carrier: VMware's listeners and netlink are not" "$(heard vmware)$(heard watch)" ""
forget
ip -n lan link set wire0 up
told "carrier again" all "carrier 1"
same "which VMware's do not hear" "$(heard vmware)$(heard watch)" ""
check "carrier again: reached" reach ga 10.93.0.2

# The link of the hub follows that of the NIC.
port nif 0 netif=vmnet0
ip link set vmnet0 up
forget
"$here/vmlink" follow 0 1
same "follows: all is up" "$(states)" "bridge 1 hub 1 listener 0 listener 0 netif 1 user 1"
nap 0.5
same "follows: nothing has changed, nothing is told" "$(heard vmware)$(heard watch)" ""
ip -n lan link set wire0 down
told "follows, no carrier: VMware's listeners are told" vmware "uplink 0"
told "follows, no carrier: the others too" all "uplink 0 carrier 0"
wait_for 10 eval "[ \$(heard watch | grep -o link | wc -l) -ge 3 ]"
same "follows, no carrier: netlink tells of uplink, guest and host interface" \
	"$(tail -n +$((since[watch] + 1)) "$work/watch" | sort | tr '\n' ' ')" \
	"slot 0 link 0 slot 1 link 0 slot 4 link 0 "
same "follows, no carrier: all is down" "$(states)" "bridge 0 hub 0 listener 0 listener 0 netif 0 user 0"
same "the host interface has no carrier" "$(cat /sys/class/net/vmnet0/carrier)" 0
forget
ip link set vmnet0 carrier on
same "nor gets one by hand" "$(cat /sys/class/net/vmnet0/carrier)" 0
ip link set vmnet0 carrier off
"$here/vmlink" follow 0 0
told "off: the link is there for VMware's listeners" vmware "uplink 1"
same "off: all but what was taken by hand is up" "$(states)" \
	"bridge 1 hub 1 listener 0 listener 0 netif 0 user 1"
ip link set vmnet0 carrier on
same "which comes back by hand" "$(cat /sys/class/net/vmnet0/carrier)" 1
"$here/vmlink" follow 0 1
same "on again: down" "$(states)" "bridge 0 hub 0 listener 0 listener 0 netif 0 user 0"
forget
ip -n lan link set wire0 up
told "follows, carrier again: told" vmware "uplink 1"
same "follows, carrier again: all is up" "$(states)" "bridge 1 hub 1 listener 0 listener 0 netif 1 user 1"
ip link set eth7 down
same "follows, down: all is down" "$(states)" "bridge 0 hub 0 listener 0 listener 0 netif 0 user 0"
ip link set eth7 up
wait_for 10 eval "states | grep -q 'hub 1'"
kill "$up_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
same "follows, no uplink: down" "$(states)" "hub 0 listener 0 listener 0 netif 0 user 0"
port up 0 peer=eth7
wait_for 10 eval "states | grep -q 'hub 1'"
same "an uplink again: up" "$(states)" "bridge 1 hub 1 listener 0 listener 0 netif 1 user 1"
"$here/vmlink" follow 0 0
kill "$nif_pid"
wait_for 30 eval "! ls /proc/vmnet/netif* 2>/dev/null"

# Length and address.
ip -n lan link set wire0 mtu 1400
ip link set eth7 mtu 1400
check "MTU 1400: what fits passes" in_space ga ping -c 1 -W 5 -M "do" -s 1372 10.93.0.2
check "MTU 1400: what does not is dropped" eval "! in_space ga ping -c 1 -W 1 -M do -s 1400 10.93.0.2"
ip -n lan link set wire0 mtu 9000
ip link set eth7 mtu 9000
ip -n ga link set gt0 mtu 9000
check "MTU 9000: long frames pass" in_space ga ping -c 1 -W 5 -M "do" -s 8972 10.93.0.2
ip link set eth7 mtu 1500
ip -n lan link set wire0 mtu 1500
ip -n ga link set gt0 mtu 1500
ip link set eth7 address 02:aa:00:00:00:07
ip -n ga neigh flush dev gt0
check "another address: guest and host meet" reach ga 10.93.0.1
same "by the new address" "$(ip -n ga neigh show 10.93.0.1 | awk '{ print $5 }')" 02:aa:00:00:00:07
check "and the guest is reached from the LAN" reach lan 10.93.0.3

# XDP on the NIC, the driver's and the generic one.
for mode in "" generic; do
	# shellcheck disable=SC2086
	background "$work/xdp" "$here/nicxdp" eth7 $mode
	wait_for 30 grep -q ready "$work/xdp"
	check "XDP ${mode:-native}: it is there" eval "ip link show eth7 | grep -q xdp"
	check "XDP ${mode:-native}: guest and LAN" reach ga 10.93.0.2
	check "XDP ${mode:-native}: guest and host" reach ga 10.93.0.1
	stream "XDP ${mode:-native}: 2 MB, LAN to guest" lan ga 10.93.0.3 2
	kill "$last"
	wait "$last" 2>/dev/null
done
check "without XDP again" reach ga 10.93.0.2

# Names. Since 6.2 a NIC that is up may be renamed; then it is kept.
if ip link set eth7 name eth8 2>/dev/null; then
	check "renamed while up: kept" reach ga 10.93.0.2
	ip link add dm0 type dummy
	ip link set dm0 up
	ip link set dm0 name eth7
	check "another has our name, up: kept all the same" reach ga 10.93.0.2
	forget
	ip link set eth8 down
	told "the renamed one goes down: the other is taken" vmware "uplink 0 uplink 1"
	ip link del eth7
	ip link set eth8 name eth7
else
	forget
	ip link set eth7 down
	ip link set eth7 name eth8
	ip link set eth8 up
	check "under another name it is not ours" no_reach ga 10.93.0.2
	ip link add dm0 type dummy
	ip link set dm0 name eth7
	ip link set eth7 up
	told "another that has our name is taken" vmware "uplink 0 uplink 1"
	ip link del eth7
	ip link set eth8 down
	ip link set eth8 name eth7
fi
ip link set eth7 up
check "renamed back: attached again" reach ga 10.93.0.2

# Other namespaces.
forget
ip link set eth7 netns other
told "to another namespace: a listener is told" vmware "uplink 0"
same "nothing stays on it there" "$(kept eth7 ip -n other)" "$before"
ip -n other link set eth7 up
check "and it is not ours there" no_reach ga 10.93.0.2
ip -n other link set eth7 netns 1
ip addr add 10.93.0.1/24 dev eth7 2>/dev/null
ip link set eth7 up
told "back: a listener is told" vmware "uplink 0 uplink 1"
check "back: attached again" reach ga 10.93.0.2

# Many times, under traffic, with ports that come and go; fewer on a kernel that
# is slow.
times=${VMNET_FLAPS:-${VMNET_SLOW:+40}}
times=${times:-1000}
# The first hook and the last make the kernel patch its receive path, and QEMU's
# emulator with several threads can lose that race for ever (both CPUs stand
# still on the patched no-op). Another uplink keeps the path as it is.
ip link add keep0 type dummy
ip link set keep0 up
port keep 9 peer=keep0
lost=$(dmesg | grep -c 'unregister_netdevice: waiting')
background /dev/null in_space lan bash -c "while :; do ping -q -i 0.01 -w 5 10.93.0.3; done"
noise=$last
start=$SECONDS
check "$times flaps and $((times / 20)) deletions under traffic, ports come and go" \
	"$here/nicflap" 0 eth7 "$times" 20 "bash $work/again"
cat "$work/check"
echo "# $((SECONDS - start)) s"
pkill -P "$noise"
kill "$noise"
same "nobody had to wait for a reference" "$(dmesg | grep -c 'unregister_netdevice: waiting')" "$lost"
check "after it the guest is reached" reach lan 10.93.0.3
check "and the host" reach host 10.93.0.3

kill "$up_pid" "$keep_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
ip link del keep0
same "detached: nothing stays on the NIC" "$(kept eth7)" "$before"
check "host and LAN as ever" reach host 10.93.0.2
ip link del eth7
done_testing
