#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP between two host interfaces of one hub, each in a namespace of its own,
# and a guest without offloads: whole where it can be, right whatever is
# switched off.

. "$(dirname "$0")/nslib"

# hold SPACE MINOR NAME: an interface on hub 1, made in a namespace.
hold()
{
	space "$1"
	background "$work/$1" ip netns exec "$1" "$here/vmport" "$2" bind=1 netif="$3"
	wait_for 30 grep -q . "$work/$1"
	ip -n "$1" addr add "10.91.1.$2/24" dev "$3"
	ip -n "$1" link set "$3" up
}

# ethtool's counter NAME in SPACE on IF.
counter()
{
	in_space "$1" ethtool -S "$2" | awk -v n="$3:" '$1 == n { print $2 }'
}

# Bytes per frame that came to SPACE's IF since the last call.
declare -A bytes frames
mean()
{
	local b f
	b=$(counter "$1" "$2" hub_rx_bytes)
	f=$(counter "$1" "$2" hub_rx_frames)
	mean=$(((b - ${bytes[$1]:-0}) / (f - ${frames[$1]:-0} + 1)))
	bytes[$1]=$b frames[$1]=$f
	echo "# $1: $mean bytes a frame"
}

hold a 1 vma
hold b 2 vmb
check "the interfaces reach each other" reach a 10.91.1.2
mean b vmb
stream "5 MB from one to the other" a b 10.91.1.2 5
mean b vmb
check "in large frames" [ "$mean" -gt 2000 ]
same "nothing cut, no sum made" \
	"$(counter a vma segmented) $(counter a vma checksummed) $(counter b vmb segmented) $(counter b vmb checksummed)" \
	"0 0 0 0"

in_space a ethtool -K vma tso off gso off >/dev/null
stream "2 MB, sender without tso and gso" a b 10.91.1.2 2
mean b vmb
check "in small frames" [ "$mean" -lt 1515 ]
in_space a ethtool -K vma tx off >/dev/null
# A debug kernel takes half a minute for each.
[ -n "$VMNET_SLOW" ] ||
	stream "2 MB, without checksum offload too" a b 10.91.1.2 2
in_space b ethtool -K vmb gro off
stream "2 MB, receiver without gro too" a b 10.91.1.2 2
in_space a ethtool -K vma tx on tso on gso on >/dev/null
in_space b ethtool -K vmb gro on
mean b vmb
stream "5 MB, everything on again" a b 10.91.1.2 5
mean b vmb
check "in large frames again" [ "$mean" -gt 2000 ]

guest g 1 10.91.1.5/24
stream "2 MB, plain guest to the interface" g b 10.91.1.2 2
echo 200000 | in_space b tee /sys/class/net/vmb/gro_flush_timeout >/dev/null
[ -n "$VMNET_SLOW" ] ||
	stream "2 MB, with time to merge" g b 10.91.1.2 2
stream "2 MB, interface to plain guest" b g 10.91.1.5 2
check "cut for the guest, not for the interface" [ "$(counter b vmb segmented)" -eq 0 ]

mtus="9000 65521"
[ -z "$VMNET_SLOW" ] || mtus=65521
for mtu in $mtus; do
	ip -n a link set vma mtu "$mtu"
	ip -n b link set vmb mtu "$mtu"
	stream "5 MB, MTU $mtu" a b 10.91.1.2 5
	check "a ping of that size" in_space a ping -c 1 -W 5 -M "do" -s $((mtu - 28)) 10.91.1.2
done
same "no bad checksum anywhere" \
	"$(bad_checksums a b g)" "0 0 0"
same "nothing dropped for want of room" \
	"$(counter a vma drop_overflow) $(counter b vmb drop_overflow)" "0 0"

ip -n b link set vmb carrier off
check "carrier off: nobody there" no_reach a 10.91.1.2
ip -n b link set vmb carrier on
check "carrier on: there again" reach a 10.91.1.2
same "the driver" "$(in_space a ethtool -i vma | sed -n 's/^driver: //p')" vmnet
done_testing
