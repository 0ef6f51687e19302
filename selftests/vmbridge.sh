#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-bridge: which NIC it takes, and what it does when the world changes. NICs
# are ends of veths that are called as NICs are; their other ends are the LAN's.
# An uplink's number in /proc tells whether it is still the same.

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}
run=$work/run
mkdir "$run"
chmod 755 "$work"
modprobe -q bonding max_bonds=0
modprobe -aq 8021q dummy

# Its daemons are nobody's children; what comes later in this VM shall not meet them.
clean_up()
{
	local f
	for f in "$run"/*.pid; do
		[ ! -s "$f" ] || kill "$(cat "$f")"
	done
	for f in eth0 eth1 eth5; do
		[ ! -e "/sys/class/net/$f" ] || ip link del "$f"
	done
	rm -f /dev/log
	ip link set lo mtu 65536
	finish
}
trap clean_up EXIT

[ -x "$bin/vmnet-bridge" ] || { echo "Bail out! no programs in $bin"; exit 1; }
[ ! -e /dev/log ] || { echo "Bail out! somebody has /dev/log"; exit 1; }
cat >"$work/listen" <<'END'
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
out = open(sys.argv[2], "wb", 0)
while True:
    # A real listener takes out what is before the name.
    d = s.recv(65536)
    out.write(d[d.find(b"vmnet"):] if sys.argv[3:] else d)
    out.write(b"\n")
END
background /dev/null python3 "$work/listen" /dev/log "$work/syslog" syslog
wait_for 30 test -S /dev/log
chmod 666 /dev/log

# logged LINE: it is in the log; what was before fresh does not count. Waiting is
# done without processes, which cost most of the time here.
fresh()
{
	mapfile -t lines <"$work/syslog"
	log_from=${#lines[@]}
}

logged()
{
	local n l
	for ((n = 0; n < 150; n++)); do
		mapfile -t -s "$log_from" lines <"$work/syslog"
		for l in "${lines[@]}"; do
			[[ $l =~ ^vmnetBridge\[[0-9]+\]:\ (.*)$ && ${BASH_REMATCH[1]} = "$1" ]] && return
		done
		nap 0.2
	done
	printf '%s\n' "${lines[@]}"
	return 1
}

not_logged()
{
	mapfile -t -s "$log_from" lines <"$work/syslog"
	[[ ${lines[*]} != *"$1"* ]]
}

# index_of NIC: sets $index
index_of()
{
	read -r index <"/sys/class/net/$1/ifindex"
}

# nic NAME NUMBER [up]: a NIC with an address in 10.97.NUMBER.
nic()
{
	ip link add "$1" type veth peer name "wire$2" netns lan
	ip addr add "10.97.$2.1/24" dev "$1"
	ip -n lan addr add "10.97.$2.2/24" dev "wire$2"
	ip -n lan link set "wire$2" up
	ip link set "$1" up
}

# start NETWORK ARGUMENT...: in the background, as vmnet-networks does it.
start()
{
	local n=$1
	shift
	"$bin/vmnet-bridge" -s 6 -d "$run/$n.pid" -n "$n" "$@" >"$work/out" 2>&1
}

# pid_of NETWORK: sets $pid
pid_of()
{
	read -r pid <"$run/$1.pid"
}

stop()
{
	local n
	pid_of "$1"
	kill "$pid"
	for ((n = 0; n < 300; n++)); do
		[ -e "/proc/$pid" ] || return 0
		nap 0.1
	done
	return 1
}

# uplink NETWORK: sets $up to the NIC of its uplink, and $num to its number.
uplink()
{
	local f line
	up='' num=''
	for f in /proc/vmnet/bridge*; do
		read -r line 2>/dev/null <"$f" || continue
		case $line in
		"connected hub$1."*) up+=" ${line##* dev }" num+=" ${f##*/bridge}" ;;
		esac
	done
	up=${up# } num=${num# }
}

on()
{
	local n
	for ((n = 0; n < 150; n++)); do
		uplink "$1"
		[ "$up" = "$2" ] && return
		nap 0.2
	done
	echo "it is on '$up'"
	return 1
}

# kept NAME NETWORK: more time has passed than it takes to settle, or to be allowed
# to move again, and the uplink is still that of $was.
kept()
{
	nap 1.5
	uplink "$2"
	same "$1" "$num" "$was"
}

# again SPACE ADDRESS: it answers, maybe from another station than before.
again()
{
	ip -n "$1" neigh flush dev gt0
	reach "$1" "$2"
}

# What a process has used, in ticks: sets $used
ticks()
{
	local f
	read -ra f <"/proc/$1/stat"
	used=$((f[13] + f[14]))
}

# sleeps PID: it is not woken by anything but news.
sleeps()
{
	local old new
	old=$(grep ctxt_switches "/proc/$1/status")
	nap 1.5
	new=$(grep ctxt_switches "/proc/$1/status")
	echo "$old; $new"
	[ "$old" = "$new" ]
}

space lan
ip route flush default 2>/dev/null

# --- without a NIC --------------------------------------------------------
: >>"$work/syslog"
fresh
check "no NIC: it starts" start 0
same "no NIC: nothing is bridged" "$(ls /proc/vmnet)" ""
check "no NIC: it is said" logged "no interface to bridge; waiting for one"
check "the first line" logged "Bridge process created."
pid_of 0
bridge0=$pid
check "the PID file names it" grep -qx vmnet-bridge "/proc/$bridge0/comm"
check "it sleeps" sleeps "$bridge0"
same "nothing of root's but two rights" \
	"$(sed -n 's/^CapEff:\t//p' "/proc/$bridge0/status")" 0000000000002002
check "started twice: refused" eval "! start 0"
same "started twice: why" "$(cat "$work/out")" \
	"vmnetBridge: already running, pid $bridge0 ($run/0.pid)"

# --- following the default route ------------------------------------------
nic eth0 0
check "no default route: the first NIC" on 0 eth0
index_of eth0
check "scripts read: Adding" logged "Adding interface eth0 index:$index"
check "scripts read: Started" logged "Started bridge eth0 to virtual network 0."
check "scripts read: RTM_NEWLINK" logged "RTM_NEWLINK: name:eth0 index:$index flags:0x00011043"
nic eth1 1
fresh
ip route add default via 10.97.1.2 metric 100
check "a default route" on 0 eth1
check "scripts read: Removing" logged "Removing interface eth0 index:$index"
index_of eth1
check "scripts read: RTM_NEWROUTE" logged "RTM_NEWROUTE: index:$index"
check "scripts read: Stopped" logged "Stopped bridge eth0 to virtual network 0."
same "one uplink" "$(find /proc/vmnet -name "bridge*" | wc -l)" 1
ip route add default via 10.97.0.2 metric 50
check "a better one" on 0 eth0
ip route del default via 10.97.0.2
check "it goes" on 0 eth1
uplink 0
was=$num
ip route add default via 10.97.0.2 metric 200
ip addr add 10.97.7.1/24 dev eth0
ip route del default via 10.97.0.2
ip route add default nexthop via 10.97.0.2 nexthop via 10.97.1.2
ip route del default via 10.97.1.2 metric 100
kept "a worse one, an address, two next hops: as before" 0
ip route del default
kept "no default route: as before" 0
sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
ip -6 route add default dev eth0 metric 10
check "an IPv6 one" on 0 eth0
ip route add default via 10.97.1.2 metric 100
check "IPv4 before IPv6" on 0 eth1
ip -6 route del default dev eth0
ip route add default nexthop via 10.97.0.2 nexthop via 10.97.0.3
check "one of two next hops" on 0 eth0
ip route del default metric 0
check "it goes" on 0 eth1
ip route add default via 10.97.0.2 metric 200
ip -n lan link set wire1 down
check "no link, and another has one" on 0 eth0
ip -n lan link set wire1 up
check "the link is back" on 0 eth1
ip route del default via 10.97.0.2
ip route add default via 10.97.0.2 metric 200
ip addr flush dev eth1
check "its address goes, and the route with it" on 0 eth0
ip addr add 10.97.1.1/24 dev eth1
ip route add default via 10.97.1.2 metric 100
check "and comes" on 0 eth1
uplink 0
was=$num began=$SECONDS
for ((n = 0; n < 10; n++)); do
	ip route add default via 10.97.0.2 metric 10
	nap 0.3
	ip route del default via 10.97.0.2 metric 10
	nap 0.3
done
check "a flapping route: where it was in the end" on 0 eth1
uplink 0
echo "# $((num - was)) moves in $((SECONDS - began)) s"
check "and a move a second at most" [ $((num - was)) -le $((SECONDS - began + 2)) ]
ip route del default via 10.97.0.2

# --- virtual ones, never ---------------------------------------------------
uplink 0
was=$num
port host9 9 netif=vmnet9
# Each with a carrier, or it would be passed over for that.
cat >"$work/hold" <<'END'
import fcntl, os, struct, sys, time
held = []
for name, flags in ("tap0", 2), ("vpn", 2), ("tun0", 1):
    held.append(os.open("/dev/net/tun", os.O_RDWR))
    fcntl.ioctl(held[-1], 0x400454ca, struct.pack("16sH22x", name.encode(), flags | 0x1000))
print("ready", flush=True)
time.sleep(10000)
END
background "$work/held" python3 "$work/hold"
hold_pid=$last
wait_for 30 grep -q ready "$work/held"
cat >"$work/batch" <<END
link add docker0 type bridge
link add br-0123456789ab type bridge
link add virbr0 type bridge
link add brx type bridge
link add veth1 type veth peer name veth2
link set veth2 master docker0
link set veth2 up
link add veth3 type veth peer name veth4
link set veth3 master br-0123456789ab
link add veth5 type veth peer name veth6
link set veth5 master virbr0
link add veth7 type veth peer name veth8
link set veth7 master brx
link add dummy7 type dummy
link add mv0 link eth0 type macvlan
END
n=1
for l in veth3 veth4 veth5 veth6 veth7 veth8; do
	echo "link set $l up"
done >>"$work/batch"
for l in vmnet9 docker0 br-0123456789ab virbr0 brx veth1 tap0 vpn tun0 dummy7 mv0 lo; do
	echo "link set $l up"
	echo "route add default dev $l metric $n"
	n=$((n + 1))
done >>"$work/batch"
check "many virtual interfaces" ip -batch "$work/batch"
up=$(for l in docker0 br-0123456789ab virbr0 brx veth1 tap0 vpn tun0 dummy7 mv0; do
	wait_for 20 grep -qx 1 "/sys/class/net/$l/carrier" || echo "$l"
done)
same "which have a link" "$up" ""
kept "virtual ones have all default routes: as before" 0
ip route del default via 10.97.1.2
kept "and the NIC has none: as before" 0
ip route add default via 10.97.1.2 metric 100
for l in dummy7 mv0 brx virbr0 br-0123456789ab docker0 veth1 veth3 veth5 veth7; do
	echo "link del $l"
done >"$work/batch"
check "they go" ip -batch "$work/batch"
kill "$host9_pid" "$hold_pid"
wait_for 20 eval "[ ! -e /sys/class/net/vmnet9 ] && [ ! -e /sys/class/net/tun0 ]"
ip route del default metric 12
kept "they are gone: as before" 0

# --- kinds that lead out ---------------------------------------------------
ip link add link eth1 name eth1.5 type vlan id 5
ip link set eth1.5 up
ip route add default dev eth1.5 metric 1
check "a VLAN" on 0 eth1.5
ip link del eth1.5
check "without it" on 0 eth1
ip link add bond7 type bond
ip link add slave0 type dummy
ip link set slave0 master bond7
ip link set bond7 up
ip route add default dev bond7 metric 1
check "a bond" on 0 bond7
ip link del bond7
ip link del slave0
check "without it" on 0 eth1
ip link add br0 type bridge
ip link set br0 up
ip route add default dev br0 metric 1
uplink 0
was=$num
kept "a bridge without a NIC: as before" 0
ip link set eth0 master br0
check "a bridge with one" on 0 br0
ip link del br0
check "without it" on 0 eth1

# --- NICs that go and come --------------------------------------------------
ip route add default via 10.97.0.2 metric 200
ip link del eth1
check "unplugged: the other NIC" on 0 eth0
nic eth1 1
ip route add default via 10.97.1.2 metric 100
check "plugged in: back" on 0 eth1
fresh
uplink 0
was=$num
kill -STOP "$bridge0"
ip link del eth1
nic eth1 1
ip route add default via 10.97.1.2 metric 100
kill -CONT "$bridge0"
index_of eth1
check "replaced in a moment: seen" logged \
	"Adding interface eth1 index:$index"
uplink 0
same "and the same uplink" "$num" "$was"
guest ga 0 10.97.1.9/24
ga_pid=$last
check "which works" reach ga 10.97.1.2
ip link set eth1 down
ip link set eth1 name lan1
ip link set lan1 up
ip route add default via 10.97.1.2 metric 100
check "another name" on 0 lan1
check "works under it" again ga 10.97.1.2
ip link set lan1 down
ip link set lan1 name eth1
ip link set eth1 up
ip route add default via 10.97.1.2 metric 100
check "and back" on 0 eth1
ip route del default via 10.97.0.2 metric 200
uplink 0
was=$num
ip link set eth1 down
kept "down, without another way: it is waited for" 0
ip link set eth1 up
ip route add default via 10.97.1.2 metric 100
check "up: works again" again ga 10.97.1.2
uplink 0
same "with the same uplink" "$num" "$was"

# --- storms ------------------------------------------------------------------
uplink 0
was=$num
ticks "$bridge0"
before=$used
for ((n = 0; n < 500; n++)); do
	echo "route add default via 10.97.0.2 metric 10"
	echo "route del default via 10.97.0.2 metric 10"
done >"$work/storm"
fresh
took=$SECONDS
ip -batch "$work/storm"
took=$((SECONDS - took))
ip route add default via 10.97.0.2 metric 10
check "1,000 changes of the default route: the last counts" on 0 eth0
ticks "$bridge0"
mapfile -t -s "$log_from" lines <"$work/syslog"
echo "# $took s, $((num - was)) uplinks, $((used - before)) ticks, ${#lines[@]} lines"
check "few uplinks" [ $((num - was)) -le $((took / 2 + 4)) ]
# Time that is stolen from the VM counts; a look for each change takes thousands.
check "little work" [ $((used - before)) -le 400 ]
check "few lines" [ ${#lines[@]} -le $((took * 8 + 60)) ]
uplink 0
was=$num
ip link add docker0 type bridge
for ((n = 0; n < 60; n++)); do
	echo "link add veth$n type veth peer name vethx$n"
	echo "link set veth$n master docker0"
	echo "link set veth$n up"
	echo "link del veth$n"
done >"$work/storm"
fresh
ip -batch "$work/storm"
ip link del docker0
kept "60 containers: as before" 0
check "not a word of them" not_logged veth
kill -STOP "$bridge0"
for ((n = 0; n < 1500; n++)); do
	echo "route add 10.98.$((n / 250)).$((n % 250))/32 via 10.97.0.2"
done >"$work/storm"
ip -batch "$work/storm"
ip route flush via 10.97.0.2
fresh
kill -CONT "$bridge0"
check "more changes than it could hear: the right NIC" on 0 eth1
check "and it knows that it missed some" logged "more changes than could be told; looking at all anew"
stop 0
uplink 0
same "the end: no uplink" "$up" ""
check "the end: no PID file" [ ! -e "$run/0.pid" ]
check "the end is told" logged "Stopped bridge eth1 to virtual network 0."

# --- pinned, excluded, two networks -------------------------------------------
check "excluded" start 2 -e eth1
check "the other one" on 2 eth0
check "glued, pinned" start 3 -ieth5 -1eth5
check "two networks, two NICs" start 0
check "this one's" on 0 eth1
check "that one's, still" on 2 eth0
check "and one that is not there" on 3 eth5
uplink 3
was=$num
check "two automatic networks share a NIC" start 4
check "both are there" on 4 eth1
stop 4
stop 0
nic eth5 5
guest gc 3 10.97.5.9/24
gc_pid=$last
check "pinned to a NIC that came later: works" reach gc 10.97.5.2
check "its index is told" logged "Adding interface eth5 index:$(cat /sys/class/net/eth5/ifindex)"
ip link del eth5
ip route replace default via 10.97.0.2
nap 0.6
nic eth5 5
check "gone and back: works" again gc 10.97.5.2
uplink 3
same "and is the same uplink" "$num" "$was"
# Since 6.2 one that is up may be renamed; the kernel keeps the port on it, also
# when it had the name for so short a time that vmnet-bridge has not seen it.
if ! ip link set eth5 name other 2>/dev/null; then
	ip link set eth5 down
	ip link set eth5 name other
	ip link set other up
fi
nap 1.5
check "another name: pinned is pinned" on 3 eth5
check "and no way through it" no_reach gc 10.97.5.2
ip link add eth5 type veth peer name wire6 netns lan
ip -n lan addr flush dev wire5
ip -n lan addr add 10.97.5.2/24 dev wire6
ip -n lan link set wire6 up
ip link set eth5 up
check "another NIC has the name: it is that" again gc 10.97.5.2
ip link del other
ip link del eth5
stop 3
ip link add eth5 type veth peer name wire5 netns lan
check "several pinned: the one with a link" start 3 -i eth5 -i eth1
check "which is the second" on 3 eth1
ip link set eth5 up
ip -n lan link set wire5 up
ip -n lan link set wire1 down
check "then the first" on 3 eth5
ip -n lan link set wire1 up
stop 2
stop 3
ip link del eth5

# --- an alternative name ---------------------------------------------------------
ip link property add dev eth1 altname lan-at-home
fresh
check "another name of a NIC" start 3 -i lan-at-home
index_of eth1
check "it is that one" logged "Adding interface lan-at-home index:$index"
ip -n gc addr add 10.97.1.9/24 dev gt0
check "and works" reach gc 10.97.1.2
ip -n gc addr del 10.97.1.9/24 dev gt0
stop 3
ip link property del dev eth1 altname lan-at-home

# --- the old form -------------------------------------------------------------
check "old form" "$bin/vmnet-bridge" -d "$run/7.pid" /dev/vmnet7 eth1
check "it is bridged" on 7 eth1
cd "$run" && check "a relative PID file" "$bin/vmnet-bridge" -d 8.pid -n 8 -i eth0
stop 8
check "is removed too" [ ! -e "$run/8.pid" ]
pid_of 7
kill -9 "$pid"
check "killed: nothing is bridged" on 7 ""
check "its PID file is taken over" start 7 -i eth1
stop 7

# --- links that follow the NIC's ------------------------------------------------
# guest_link STATE: what the guest on network 5 has.
guest_link()
{
	wait_for 20 eval "\"\$here/vmlink\" show 5 | grep -qx 'user $1'"
}

port gd 5 flags=3
check "a guest has a link" guest_link 1
check "told to follow, no NIC: it starts" start 5 -f -i eth5
check "and the guest has no link" guest_link 0
nic eth5 5
check "with the NIC it has" guest_link 1
ip -n lan link set wire5 down
check "the cable is pulled: it has none" guest_link 0
ip -n lan link set wire5 up
check "and plugged in: it has" guest_link 1
ip link set eth5 down
check "the NIC is down: it has none" guest_link 0
pid_of 5
same "what rights it keeps" "$(sed -n 's/^CapPrm:[[:space:]]*//p' "/proc/$pid/status")" 0000000000003002
stop 5
check "at the end the guest has its link again" guest_link 1
check "refused to follow" eval "! start 5 -f -i lo"
nap 0.5
check "leaves the guest its link" guest_link 1
kill "$gd_pid"
ip link del eth5

# --- as vmnet-networks starts it ----------------------------------------------
mkdir "$work/etc"
networks()
{
	printf '%s\n' VERSION=1,0 "${@:2}" >"$work/etc/networking"
	"$bin/vmnet-networks" --root "$work/etc" --run-dir "$run" "$1"
}

# arguments NETWORK: what its process was started with, from -n on: sets $args
arguments()
{
	pid_of "$1"
	mapfile -d '' -t words <"/proc/$pid/cmdline"
	args=${words[*]:5}
}
check "one automatic, one mapped, one excluded" networks --start \
	"add_bridge_mapping eth1 2" "add_bridge_mapping wlan0 -1"
check "automatic: the NIC that is left" on 0 eth0
check "mapped: its own" on 2 eth1
arguments vmnet-bridge-0
same "how the automatic one was started" "$args" "-n 0 -eeth1 -ewlan0"
arguments vmnet-bridge-2
same "how the other one was" "$args" "-n 2 -ieth1"
uplink 2
was=$num
check "another interface for the automatic one" networks --start \
	"answer VNET_0_INTERFACE eth9" "add_bridge_mapping eth1 2"
check "pinned" on 0 eth9
kept "the other one is left alone" 2
check "no automatic one" networks --start "answer VNL_DEFAULT_BRIDGE_VNET -1" \
	"add_bridge_mapping eth1 2"
check "it is gone" on 0 ""
kept "the other one is left alone, again" 2
check "stop" networks --stop "add_bridge_mapping eth1 2"
rm -f "$run/vmnet-networks.lock"

# --- trouble -------------------------------------------------------------------
port rival 5 peer=eth1
check "a NIC twice on a network: refused" eval "! start 5 -i eth1"
same "says why" "$(cat "$work/out")" "vmnet-bridge: eth1 is on network 5 already"
check "and leaves no PID file" [ ! -e "$run/5.pid" ]
ip link property add dev eth1 altname lan-at-home
check "by whatever name" eval "! start 5 -i lan-at-home"
same "says that too" "$(cat "$work/out")" "vmnet-bridge: lan-at-home is on network 5 already"
ip link property del dev eth1 altname lan-at-home
fresh
check "beside it, another" start 5
uplink 5
check "on the other NIC" eval '[[ " $up " = *" eth0 "* ]]'
ip route replace default via 10.97.1.2
check "the default route moves there: told" logged "eth1 is on network 5 already"
kill "$rival_pid"
on 5 ""
ip link set dev lo mtu 60000
check "and tried again when something changes" on 5 eth1
pid_of 5
kill -HUP "$pid"
nap 0.6
check "a hang-up is no end" on 5 eth1
stop 5
check "no Ethernet: refused" eval "! start 5 -i lo"
same "says why" "$(cat "$work/out")" "vmnet-bridge: lo is not an Ethernet interface"
setpriv --reuid 65534 --clear-groups "$bin/vmnet-bridge" -n 0 >"$work/out" 2>&1
same "not root" "$? $(cat "$work/out")" "1 vmnetBridge: must be run by root"
"$bin/vmnet-bridge" -n 0 -i a/b >"$work/out" 2>&1
same "a mistake" "$? $(cat "$work/out")" \
	'2 vmnet-bridge: "a/b" is not the name of an interface (--help lists the options)'
check "help" eval "'$bin/vmnet-bridge' --help | grep -q '^usage: vmnet-bridge'"
check "version" eval "'$bin/vmnet-bridge' --version | grep -qx 'vmnet-bridge [0-9.]*'"

# --- readiness, as systemd has it ------------------------------------------------
background /dev/null python3 "$work/listen" "$work/notify" "$work/told"
wait_for 30 test -S "$work/notify"
background "$work/fg" env NOTIFY_SOCKET="$work/notify" "$bin/vmnet-bridge" -n 6
fg=$last
check "in the foreground: ready" wait_for 10 grep -qx READY=1 "$work/told"
check "tells what it does" wait_for 10 grep -qx "STATUS=Bridged to eth1" "$work/told"
check "and says so on the terminal" grep -qx "vmnetBridge: Started bridge eth1 to virtual network 6." "$work/fg"
kill -INT "$fg"
wait "$fg"
same "interrupted: its end is no failure" $? 0
check "and is told" grep -qx STOPPING=1 "$work/told"

kill "$ga_pid" "$gc_pid"
wait "$ga_pid" "$gc_pid" 2>/dev/null
same "no port is left" "$(ls /proc/vmnet)" ""
same "no PID file is left" "$(ls "$run")" ""
rmmod vmnet
check "without the module: refused" eval "! start 0"
check "says what to do" grep -qx 'vmnet-bridge: /dev/vmnet0: the vmnet module is not loaded: modprobe vmnet' "$work/out"
insmod "$VMNET_KO"
done_testing
