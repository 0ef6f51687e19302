#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridging to NICs that filter by address, QEMU's virtio-net and e1000e: what a
# veth cannot show. The VM has for each a second NIC on the same wire (a hub of
# QEMU's), which goes into the LAN's namespace, and a vmxnet3 by itself:
#
#	wired.sh qemu		prints the arguments of QEMU, one a line
#	wired.sh [SECTION...]	virtio-net, e1000e, lro; all of them
#
# Root, in the VM. VMNET_KO names the module.

nics()
{
	local i=0 model
	for model in virtio-net-pci,mac=52:54:00:76:00:00 \
		virtio-net-pci,mac=52:54:00:76:00:01 \
		e1000e,mac=52:54:00:76:00:10 \
		virtio-net-pci,mac=52:54:00:76:00:11 \
		vmxnet3,mac=52:54:00:76:00:20; do
		printf '%s\n' -netdev "hubport,id=w$i,hubid=$((i / 2))" \
			-device "$model,netdev=w$i,romfile="
		i=$((i + 1))
	done
}
if [ "$1" = qemu ]; then
	nics
	exit
fi

. "$(dirname "$0")/nslib"

kernel=$(uname -r | cut -d. -f1,2 | cut -d- -f1)
! grep -qw kasan_report /proc/kallsyms || kernel=debug
VMNET_KO=${VMNET_KO:-$here/../../kmod-$kernel/vmnet.ko}
modprobe -aq virtio_net e1000e vmxnet3 tun 8021q
quiet_host
insmod "$VMNET_KO" || { echo "Bail out! the module does not load"; exit 1; }

# take MAC NAME: the NIC with this address gets a name.
take()
{
	local f
	for f in /sys/class/net/*/address; do
		if [ "$(cat "$f")" = "$1" ]; then
			f=${f%/address}
			ip link set "${f##*/}" name "$2" && return
		fi
	done
	not_ok "there is a NIC $1 to be $2"
	return 1
}

allmulti()
{
	ip -d link show n0 | grep -c ALLMULTI
}

# Has the NIC been told of an address?
told()
{
	bridge fdb show dev n0 | grep -qi "^$1 .*self"
}

is()
{
	[ "$("${@:2}")" = "$1" ]
}

# --- counts -----------------------------------------------------------------

# watch: tcpdump on wire, host and guest, each direction by itself.
watch()
{
	local place dir in
	watchers=()
	for place in lan:w0 host:n0 ga:gt0; do
		in=(ip netns exec "${place%:*}")
		[ "${place%:*}" != host ] || in=()
		for dir in in out; do
			"${in[@]}" tcpdump -p -n -e -l -Q $dir -i "${place#*:}" \
				ether proto 0x88b5 >"$work/seen.${place%:*}.$dir" \
				2>"$work/tcpdump.${place%:*}.$dir" &
			watchers+=($!)
		done
	done
	for place in lan host ga; do
		for dir in in out; do
			wait_for 60 grep -q listening "$work/tcpdump.$place.$dir" || return 1
		done
	done
}

# frames SPACE IF DST: 20 of them.
frames()
{
	in_space "$1" "$here/etherframe" send "$2" "$3" 20
}

# saw NAME SRC DST LAN-IN LAN-OUT HOST-IN HOST-OUT GUEST-IN GUEST-OUT
saw()
{
	local name=$1 what="$2 > $3," place dir got=
	shift 3
	for place in lan host ga; do
		for dir in in out; do
			got+=" $(grep -c " $what" "$work/seen.$place.$dir")"
		done
	done
	same "seen: $name" "${got# }" "$*"
}

count_frames()
{
	local l=$1 h=$2 g=$3 all=ff:ff:ff:ff:ff:ff mc=01:00:5e:11:22:33
	local nobody=52:54:00:99:99:99 dst

	# Whether the LAN's own NIC filters is not our question.
	ip -n lan link set w0 allmulticast on
	watch
	for dst in $all $mc "$g" "$h" $nobody; do
		frames lan w0 "$dst"
	done
	for dst in $all $mc "$g" "$l"; do
		frames host n0 "$dst"
	done
	for dst in $all $mc "$h" "$l"; do
		frames ga gt0 "$dst"
	done
	nap 2
	kill "${watchers[@]}"
	wait "${watchers[@]}"
	for dst in $all $mc; do
		saw "LAN to $dst, by host and guest once each" "$l" $dst 0 20 20 0 20 0
		saw "host to $dst, by LAN and guest once each" "$h" $dst 20 0 0 20 20 0
		saw "guest to $dst, by LAN and host once each" "$g" $dst 20 0 20 20 0 20
	done
	saw "LAN to guest" "$l" "$g" 0 20 20 0 20 0
	saw "LAN to host, not by the guest" "$l" "$h" 0 20 20 0 0 0
	saw "LAN to a stranger, by nobody: the NIC filters" "$l" $nobody 0 20 0 0 0 0
	saw "host to guest, not on the wire, but by who captures on the NIC" "$h" "$g" 0 0 0 20 20 0
	saw "host to LAN, not by the guest" "$h" "$l" 20 0 0 20 0 0
	saw "guest to host, not on the wire" "$g" "$h" 0 0 20 0 0 20
	saw "guest to LAN" "$g" "$l" 20 0 0 20 0 20
}

# --- bulk -------------------------------------------------------------------

# flow FILE FROM TO ADDRESS PORT: send it; what arrives must be it.
flow()
{
	local file=$1 from=$2 to=$3 addr=$4 port=$5
	in_space "$to" socat -b 262144 -u "TCP-LISTEN:$port,reuseaddr" - |
		cmp - "$file" &
	local server=$!
	wait_for 30 eval "in_space $to ss -Hltn 'sport = $port' | grep -q ."
	in_space "$from" socat -b 262144 -u "FILE:$file" "TCP:$addr:$port"
	wait $server
}

# bulk NAME MB ARGUMENTS-OF-FLOW ARGUMENTS2: two flows at once.
bulk()
{
	local name=$1 start=$SECONDS
	flow "$work/data.$2" "${@:7}" >"$work/second" 2>&1 &
	local second=$!
	check "$name" flow "$work/data.$2" "$3" "$4" "$5" "$6"
	wait $second
	same "the other flow meanwhile" $? 0
	echo "# twice $2 MB in $((SECONDS - start)) s"
}

data()
{
	[ -e "$work/data.$1" ] || head -c "${1}M" /dev/urandom >"$work/data.$1"
}

bulks()
{
	local mb=$1 guest=$2
	data "$mb"
	bulk "$mb MB, guest to LAN, host to LAN meanwhile" \
		"$mb" ga lan 10.95.0.2 5001 host lan 10.95.0.2 5002
	bulk "$mb MB, LAN to guest, LAN to host meanwhile" \
		"$mb" lan ga "$guest" 5001 lan host 10.95.0.1 5002
	bulk "$mb MB, guest to host, host to LAN meanwhile" \
		"$mb" ga host 10.95.0.1 5001 host lan 10.95.0.2 5002
	bulk "$mb MB, host to guest, LAN to host meanwhile" \
		"$mb" host ga "$guest" 5001 lan host 10.95.0.1 5002
	same "no bad checksum anywhere" \
		"$(bad_checksums host lan ga)" "0 0 0"
}

# --- one NIC ----------------------------------------------------------------

# nic MODEL NIC-MAC LAN-MAC MB
nic()
{
	local model=$1 h=$2 l=$3 g addr
	echo "# $model"
	space lan
	take "$h" n0 && take "$l" w0 || return 1
	ip link set w0 netns lan
	ip addr add 10.95.0.1/24 dev n0
	ip link set n0 up
	ip -n lan addr add 10.95.0.2/24 dev w0
	ip -n lan link set w0 up
	check "$model: host and LAN" reach host 10.95.0.2
	background "$work/dnsmasq" ip netns exec lan dnsmasq -k -C /dev/null -p 0 -i w0 \
		--bind-interfaces --dhcp-range=10.95.0.50,10.95.0.99,1h \
		--dhcp-leasefile="$work/leases" --user=root --no-ping

	port up 0 peer=n0
	space ga
	background "$work/ga" ip netns exec ga "$here/vmtap" 0 gt0 hdr
	wait_for 30 grep -q ready "$work/ga"
	ip -n ga link set gt0 up
	g=$(mac_of ga gt0)
	check "$model: a lease from the LAN" in_space ga timeout 60 dhclient -1 -q \
		-lf "$work/dhclient.leases" -pf "$work/dhclient.pid" gt0
	addr=$(ip -n ga -4 -o addr show dev gt0 | sed -n 's/.*inet \([0-9.]*\).*/\1/p')
	check "$model: it is from the range" grep -q "$g 10.95.0..*" "$work/leases"

	# The address was told, nothing else was done.
	check "$model: the NIC knows the guest" wait_for 20 told "$g"
	check "$model: the LAN reaches the guest" reach lan "$addr"
	check "$model: the host reaches the guest" reach host "$addr"
	same "$model: promiscuity" "$(promiscuity n0)" 0
	count_frames "$l" "$h" "$g"

	# It is that which makes the guest reachable.
	check "$model: untold" bridge fdb del "$g" dev n0 self
	check "$model: without it the guest is not reached" no_reach lan "$addr"
	check "$model: told again" bridge fdb add "$g" dev n0 self
	check "$model: it is" reach lan "$addr"

	# A VLAN is told too, when a guest is heard on it.
	same "$model: the NIC filters VLANs" \
		"$(ethtool -k n0 | grep -c 'rx-vlan-filter: on')" 1
	ip -n lan link add link w0 name v5 type vlan id 5
	ip -n lan addr add 10.96.0.2/24 dev v5
	ip -n lan link set v5 up
	ip -n ga link add link gt0 name v5 type vlan id 5
	ip -n ga addr add 10.96.0.3/24 dev v5
	ip -n ga link set v5 up
	check "$model: tagged, guest and LAN" reach ga 10.96.0.2
	same "$model: promiscuity with a tagged guest" "$(promiscuity n0)" 0
	ip -n ga link del v5
	ip -n lan link del v5

	data 10
	check "$model: 10 MB, guest to LAN" flow "$work/data.10" ga lan 10.95.0.2 5001
	check "$model: 10 MB, LAN to guest" flow "$work/data.10" lan ga "$addr" 5001
	# The emulator takes its time for each frame: larger ones for the rest.
	ip link set n0 mtu 9000
	ip -n lan link set w0 mtu 9000
	ip -n ga link set gt0 mtu 9000
	check "$model: MTU 9000" reach host 10.95.0.2
	bulks "$4" "$addr"

	# Only for who asks.
	port curious 0 flags=0x103
	check "$model: promiscuous for a guest that asks" wait_for 20 is 1 promiscuity n0
	kill "$curious_pid"
	check "$model: and no longer" wait_for 20 is 0 promiscuity n0

	kill "$up_pid"
	wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
	same "$model: detached, nothing is left on the NIC" \
		"$(promiscuity n0) $(allmulti) $(bridge fdb show dev n0 | grep -ci "^$g")" "0 0 0"
	check "$model: host and LAN as before" reach host 10.95.0.2

	[ ! -s "$work/dhclient.pid" ] || kill "$(cat "$work/dhclient.pid")"
	kill "${pids[@]}" 2>/dev/null
	wait
	pids=()
	ip netns del ga
	ip -n lan link set w0 netns 1
	ip netns del lan
	spaces=()
	ip link set w0 down
	ip link set w0 name "${model:0:1}.lan"
	ip addr flush dev n0
	ip link set n0 down
	ip link set n0 name "${model:0:1}.nic"
}

lro()
{
	take 52:54:00:76:00:20 n0 || return 1
	ip link set n0 up
	ethtool -K n0 lro on
	same "LRO before" "$(ethtool -k n0 | grep -c 'large-receive-offload: on')" 1
	port up 0 peer=n0
	same "LRO while attached" "$(ethtool -k n0 | grep -c 'large-receive-offload: off')" 1
	kill "$up_pid"
	wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
	ip link set n0 down
	ip link set n0 name old.lro
}

[ $# -gt 0 ] || set -- virtio-net e1000e lro
for section; do
	case $section in
	virtio-net) nic virtio-net 52:54:00:76:00:00 52:54:00:76:00:01 200 ;;
	e1000e) nic e1000e 52:54:00:76:00:10 52:54:00:76:00:11 200 ;;
	lro) lro ;;
	*) not_ok "no section $section" ;;
	esac
done
same "nothing is left" "$(ls /proc/vmnet)" ""
check "the module goes" rmmod vmnet
done_testing
