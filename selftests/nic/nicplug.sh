#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A NIC with an uplink is unplugged under traffic and plugged in again, by the
# machine and by the kernel's own hand, goes through a suspend, and gets its LRO
# back. Runs in a VM that tools/check.d/62-nicplug describes:
#
#	52:54:00:00:07:01	virtio-net, id nic0: the NIC
#	52:54:00:00:07:02	virtio-net: the LAN's
#	52:54:00:00:07:03	vmxnet3, id nic2: one that has LRO
#	/dev/ttyS1		the emulator's monitor (QMP)

. "$(dirname "$0")/../../build/selftests/vmnet/nslib"
here=$(cd "$(dirname "$0")/../../build/selftests/vmnet" && pwd)
dev=/dev/vmnet0

kernel=$(uname -r | cut -d. -f1,2 | cut -d- -f1)
for m in veth tun virtio_net vmxnet3; do
	modprobe -q "$m"
done
insmod "$here/../../kmod-$kernel/vmnet.ko" || exit 1
[ -e "$dev" ] || exit 1

# nic_of LAST: the name of the interface with that last byte of its address.
nic_of()
{
	ip -br link | awk -v m="52:54:00:00:07:$1" '$3 == m { print $1 }'
}

# What a machine's udev does.
name_nic()
{
	local now
	wait_for 30 eval "[ -n \"\$(nic_of $1)\" ]" || return 1
	now=$(nic_of "$1")
	[ "$now" = "$2" ] || ip link set "$now" name "$2" || return 1
	sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	ip addr add "$3" dev "$2"
	ip link set "$2" up
}

# machine WORD COMMAND: tells the emulator, and waits until it has said WORD.
# What it says goes into the log.
machine()
{
	local line i
	[ -z "$2" ] || echo "$2" >&3
	for ((i = 0; i < 20; i++)); do
		read -rt 3 -u 3 line || continue
		echo "# machine: ${line//$'\r'/}"
		case $line in
		*'"error"'*) return 1 ;;
		*"$1"*) return 0 ;;
		esac
	done
	return 1
}

lro()
{
	ethtool -k "$1" | awk '/^large-receive-offload:/ { print $2 }'
}

pci_of()
{
	basename "$(dirname "$(readlink -f "/sys/class/net/$1/device")")"
}

gone()
{
	[ -z "$(nic_of "$1")" ]
}

exec 3<>/dev/ttyS1
stty raw -echo <&3
# Its greeting may have been echoed to it before that, and what it answered too:
# a new line ends what it read, and all of that is left unread.
echo >&3
while read -rt 2 -u 3 _; do
	:
done
machine '"return"' '{"execute":"qmp_capabilities"}'
space lan
wait_for 30 eval "[ -n \"\$(nic_of 02)\" ]"
lan=$(nic_of 02)
ip link set "$lan" netns lan
ip -n lan link set "$lan" name wire0
ip -n lan addr add 10.93.0.2/24 dev wire0
ip -n lan link set wire0 up
name_nic 01 eth7 10.93.0.1/24
port up 0 peer=eth7
guest ga 0 10.93.0.3/24 hdr
background "$work/heard" "$here/vmlink" listen 0 3
check "guest and LAN, over a real NIC" reach ga 10.93.0.2
check "LAN and guest" reach lan 10.93.0.3
same "the NIC is not promiscuous" "$(ip -d link show eth7 | sed -n 's/.*promiscuity \([0-9]*\).*/\1/p')" 0
background /dev/null in_space lan bash -c "while :; do ping -q -i 0.01 -w 5 10.93.0.3; done"
background /dev/null in_space ga bash -c "while :; do ping -q -i 0.01 -w 5 10.93.0.2; done"

# By the machine.
check "a device asked to leave" machine '"return"' '{"execute":"device_del","arguments":{"id":"nic0"}}'
check "unplugged under traffic: it goes" wait_for 60 gone 01
# The kernel drops an interface well before it ejects the device, and until then
# the machine refuses another of the same name.
check "the device is out" machine DEVICE_DELETED ""
check "a listener is told" wait_for 10 eval "tail -n 2 $work/heard | grep -q 'uplink 0'"
same "the file stays, waiting" "$(cat /proc/vmnet/bridge* | wc -l)" 1
check "plugged in again" machine '"return"' '{"execute":"device_add","arguments":{"driver":"virtio-net-pci","netdev":"n0","id":"nic0","mac":"52:54:00:00:07:01"}}'
check "it comes" name_nic 01 eth7 10.93.0.1/24
check "guest reached again" reach lan 10.93.0.3
check "and the LAN" reach ga 10.93.0.2
check "and the host" reach ga 10.93.0.1
check "a listener is told" eval "tail -n 2 $work/heard | grep -q 'uplink 1'"

# By hand.
pci=$(pci_of eth7)
echo 1 >"/sys/bus/pci/devices/$pci/remove"
check "removed by hand: it goes" wait_for 60 gone 01
echo 1 >/sys/bus/pci/rescan
check "found again: it comes" name_nic 01 eth7 10.93.0.1/24
check "guest reached again" reach lan 10.93.0.3
check "and the LAN" reach ga 10.93.0.2

# Suspend. The root is on 9p, which does not survive that, so it must not come so
# far: devices go in the reverse order of their coming, the NIC first, and soon
# after it the alarm device, which refuses.
pci=$(pci_of eth7)
echo 0 >/sys/power/pm_async
echo 1 >/sys/power/pm_print_times
echo devices >/sys/power/pm_test
background "$work/nosuspend" "$here/nosuspend"
check "the device that stops a suspend has a reason" wait_for 10 eval \
	"ls -d /sys/bus/platform/devices/alarmtimer.* && grep -q ready $work/nosuspend"
sync
echo mem >/sys/power/state 2>/dev/null
dmesg | grep -E "$pci: PM: .*(suspend|resume).* returned" | sed 's/^/# /'
check "suspended" eval "dmesg | grep -qE '$pci: PM: .*suspend.* returned 0'"
check "resumed" eval "dmesg | grep -qE '$pci: PM: .*resume.* returned 0'"
check "after a suspend the guest is reached" reach lan 10.93.0.3
check "and the LAN" reach ga 10.93.0.2
check "and the host" reach ga 10.93.0.1

# LRO, and another NIC for the hub.
kill "$up_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
ip addr flush dev eth7
ip link set eth7 down
name_nic 03 eth6 10.93.0.1/24
same "a NIC with LRO" "$(lro eth6)" on
port up 0 peer=eth6
same "LRO off while attached" "$(lro eth6)" off
ethtool -K eth6 lro on 2>/dev/null
same "and it cannot be turned on" "$(lro eth6)" off
check "guest and LAN" reach ga 10.93.0.2
port second 1 peer=eth6
kill "$up_pid"
wait_for 30 eval "! ls /proc/vmnet/hub0.0 2>/dev/null"
same "off while another uplink is there" "$(lro eth6)" off
kill "$second_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
same "LRO back when the last has left" "$(lro eth6)" on
sysctl -qw net.ipv4.conf.eth6.forwarding=1
same "a router has none" "$(lro eth6)" off
sysctl -qw net.ipv4.conf.eth6.forwarding=0
ethtool -K eth6 lro on
port up 0 peer=eth6
sysctl -qw net.ipv4.conf.eth6.forwarding=1
kill "$up_pid"
wait_for 30 eval "! ls /proc/vmnet/bridge* 2>/dev/null"
same "and gets none back" "$(lro eth6)" off
same "nobody had to wait for a reference" "$(dmesg | grep -c 'unregister_netdevice: waiting')" 0
finish
trap - EXIT
if rmmod vmnet; then
	ok "the module goes"
else
	not_ok "the module goes"
fi
done_testing
