#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A disk that gets read-only while leases are written: an ext4 after an error
# (errors=remount-ro), or one that the administrator makes so. What the server has
# open stays writable for it then, into memory, and fdatasync() says that all is well.
#
# Only in a VM: sysrq makes all disks read-only, not just ours.
#
#	tools/vm -k 6.1 selftests/native/in-vm.sh dhcpd-readonly.sh

[ -n "$VMNET_VM" ] || { echo "Bail out! only in a VM (in-vm.sh)"; exit 1; }
. "$(dirname "$0")/dhcpd_rig.sh"

disk=$work/disk
# lost+found is not ours.
leases=$disk/dhcp/dhcpd.leases
dhcpd_conf 255.255.0.0 10.97.3.254
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up
mkdir "$disk"
truncate -s 16M "$work/image"
mkfs.ext4 -q -b 4096 "$work/image"
modprobe loop
insert()
{
	mount -o loop,errors=remount-ro "$work/image" "$disk"
}
insert || { echo "Bail out! no disk"; exit 1; }
mkdir "$disk/dhcp"
trap 'stop_all; umount -l "$disk"; finish' EXIT

serve()
{
	background "$work/dhcpd.log" ip netns exec "$g" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$leases" --run-dir "$work" --tap eth0 --foreground -s 4 vmnet8
	server=$last
	wait_for 30 eval "[ -e '$leases' ] && ip -n $g link show eth0 | grep -q LOWER_UP"
}
# load CLIENTS SECONDS FILE: how many of them have an address; who was acknowledged
# is added to the file.
load()
{
	ip netns exec "$g" "$helpers/dhcpload" eth0 "$@"
}
# missing FILE: how many of those who were acknowledged are not on the disk itself,
# whatever the memory has.
missing()
{
	sync -f "$disk" 2>/dev/null
	debugfs -R 'cat dhcp/dhcpd.leases' "$work/image" >"$work/on-disk" 2>/dev/null
	awk 'NR == FNR && $1 == "lease" { addr = $2 }
		NR == FNR && $1 == "hardware" { mac[addr] = substr($3, 1, 17) }
		NR != FNR && mac[$2] != $1 { n++ }
		END { print n + 0 }' "$work/on-disk" "$1"
}
is_readonly()
{
	! touch "$disk/x" 2>/dev/null
}
# How often something is said since the last time.
said()
{
	tail -n +"$((told + 1))" "$work/dhcpd.log" | grep -Ec "$1"
}
# After an error it depends on the kernel which one a write ends with.
refused='dhcpd.leases: (the disk is read-only|Input/output error): [0-9]+ bytes are missing'
refused+=' on it; no lease is acknowledged'

# nobody_served WHAT: new clients, and those who have a lease already.
nobody_served()
{
	: >"$work/new"
	load 60 8 "$work/new" >"$work/held"
	check "$1: the server still runs" kill -0 "$server"
	same "$1: nobody is acknowledged" "$(wc -l <"$work/new")" 0
	check "$1: it is said" [ "$(said "$refused")" -ge 1 ]
	check "$1: not for each of them" [ "$(said "$refused")" -le 2 ]
	cp "$work/dhcpd.log" "$work/refused.log"
	same "$1: what was acknowledged before is on the disk" "$(missing "$work/acks")" 0
}
twice()
{
	sort -u "$work/acks" | awk -v f="$1" '{ print $f }' | sort | uniq -d | wc -l
}

serve || { sed 's/^/# /' "$work/dhcpd.log"; exit 1; }
: >"$work/acks"
same "30 clients have a lease" "$(load 30 10 "$work/acks")" 30
same "they are on the disk" "$(missing "$work/acks")" 0

# By the administrator; force is what mount does not have, and sysrq has.
told=$(wc -l <"$work/dhcpd.log")
echo u >/proc/sysrq-trigger
check "the disk gets read-only" wait_for 20 is_readonly
nobody_served "read-only"
mount -o remount,rw "$disk"
same "writable again: 60 clients have a lease, by itself" "$(load 60 20 "$work/acks")" 60
check "which is said" wait_for 5 grep -q 'leases can be written again' "$work/dhcpd.log"
same "all of it is on the disk" "$(missing "$work/acks")" 0
same "no address was given to two" "$(twice 2)" 0
same "no client was given a second one" "$(twice 1)" 0

# By an error of the file system: it stays so until it has been mounted again.
told=$(wc -l <"$work/dhcpd.log")
echo selftest >"/sys/fs/ext4/$(basename "$(findmnt -no SOURCE "$disk")")/trigger_fs_error"
check "a disk with an error gets read-only" wait_for 20 is_readonly
nobody_served "an error"
kill "$server"
check "an error: the server ends when it is told to" wait_pid 30 "$server"
umount "$disk"
e2fsck -fp "$work/image" >"$work/fsck" 2>&1
check "the disk is repaired" [ $? -le 1 ]
insert
serve
same "after that and a start 90 clients have a lease" "$(load 90 20 "$work/acks")" 90
same "an error: all of it is on the disk" "$(missing "$work/acks")" 0
same "an error: no address was given to two" "$(twice 2)" 0
same "an error: no client was given a second one" "$(twice 1)" 0
[ $failures -eq 0 ] || sed 's/^/# /' "$work/refused.log" "$work/dhcpd.log"
done_testing
