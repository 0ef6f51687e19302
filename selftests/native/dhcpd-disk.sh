#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A disk that is full, and one that is read-only: nothing is acknowledged that is not
# on it, it is said once, and it goes on when it can.

. "$(dirname "$0")/dhcpd_rig.sh"

small=$work/small
leases=$small/dhcpd.leases
dhcpd_conf 255.255.0.0 10.97.3.254
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up
mkdir "$small"
mount -t tmpfs -o size=48k,mode=755 small "$small"
unmount()
{
	umount -l "$small"
}
trap 'unmount; finish' EXIT

serve()
{
	: >"$work/dhcpd.log"
	background "$work/dhcpd.log" ip netns exec "$g" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$leases" --run-dir "$work" --tap eth0 --foreground -s 4 vmnet8
	server=$last
	wait_for 30 eval "[ -e '$leases' ] && ip -n $g link show eth0 | grep -q LOWER_UP"
}
load()
{
	ip netns exec "$g" "$helpers/dhcpload" eth0 "$1" "$2" "$3"
}
# How many of those who were acknowledged are not in the file.
missing()
{
	awk 'NR == FNR && $1 == "lease" { addr = $2 }
		NR == FNR && $1 == "hardware" { mac[addr] = substr($3, 1, 17) }
		NR != FNR && mac[$2] != $1 { n++ }
		END { print n + 0 }' "$leases" "$1"
}

serve
load 600 4 "$work/acks" >"$work/held"
given=$(sort -u "$work/acks" | wc -l)
echo "# $given of 600 clients fit on the disk"
check "some of 600 clients have a lease" [ "$given" -gt 50 ]
check "the disk is too small for all" [ "$given" -lt 600 ]
check "the server still runs" kill -0 "$server"
same "every acknowledged lease is on the disk" "$(missing "$work/acks")" 0
check "it is said what is wrong, and how much is missing" \
	grep -Eq 'dhcpd.leases: the disk is full: [0-9]+ bytes are missing on it; no lease is acknowledged' \
	"$work/dhcpd.log"
check "not for each of them" [ "$(grep -c 'the disk is full' "$work/dhcpd.log")" -le 2 ]

mount -o remount,size=1m "$small"
load 600 5 "$work/acks" >"$work/held"
same "with room on the disk all have one, by itself" "$(cat "$work/held")" 600
check "which is said" grep -q 'leases can be written again' "$work/dhcpd.log"
same "no address was given to two" "$(sort -u "$work/acks" | awk '{ print $2 }' | sort | uniq -d | wc -l)" 0
same "no client was given a second one" "$(sort -u "$work/acks" | awk '{ print $1 }' | uniq -d | wc -l)" 0
kill -9 "$server"
wait "$server" 2>/dev/null
same "after a crash every acknowledged lease is there" "$(missing "$work/acks")" 0

# A disk that is full already: it starts, and serves when there is room.
cp "$work/dhcpd.log" "$work/first.log"
dd if=/dev/zero of="$small/dhcpd.fill" bs=4k 2>/dev/null
serve
: >"$work/more"
load 700 2 "$work/more" >"$work/held"
check "a server on a full disk runs" kill -0 "$server"
rm "$small/dhcpd.fill"
load 700 4 "$work/more" >"$work/held"
same "and serves when there is room" "$(cat "$work/held")" 700
same "with the same addresses as before" \
	"$(sort -u "$work/acks" "$work/more" | awk '{ print $1 }' | uniq -d | wc -l)" 0
kill "$server"
wait_pid 30 "$server"

# Read-only from the beginning: that cannot be served, and is said in one line.
mount -o remount,ro "$small"
timeout 30 ip netns exec "$g" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$leases" --run-dir "$work" --tap eth0 \
	--foreground -s 4 vmnet8 >"$work/ro.log" 2>&1
same "no start on a read-only disk" $? 1
same "one line says why" "$(cat "$work/ro.log")" "vmnet-dhcpd: $leases: Read-only file system"
done_testing
