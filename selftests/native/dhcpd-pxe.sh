#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# QEMU's iPXE ROMs boot from the network: they get a lease, fetch the file that it
# names from the server that it names, and run it.

. "$(dirname "$0")/dhcpd_hub.sh"

cat >"$work/dhcpd.conf" <<END
default-lease-time 1800;
max-lease-time 7200;
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.128 10.97.0.254;
	option routers 10.97.0.2;
}
host head {
	hardware ethernet 02:00:00:00:00:41;
	next-server 10.97.0.2;
	filename "head.ipxe";
}
host options {
	hardware ethernet 02:00:00:00:00:42;
	fixed-address 10.97.0.42;
	option tftp-server-name "10.97.0.2";
	option bootfile-name "tftp://10.97.0.2/options.ipxe";
}
END

# script NAME SERVER REST: a script that asks for another, which ends.
mkdir "$work/tftp"
script()
{
	printf '#!ipxe\nchain tftp://%s/ran-%s\n' "$2" "$3" >"$work/tftp/$1.ipxe"
	printf '#!ipxe\nreboot\n' >"$work/tftp/ran-$1.ipxe"
}

# rom NAME MAC MODEL: a machine that has nothing else to boot from; its script ends it.
rom()
{
	mac[$1]=$2
	ip -n "$hub" tuntap add dev "$1" mode tap
	ip -n "$hub" link set "$1" master br0 up
	background "$work/$1.qemu" from_tree "$hub" timeout 100 qemu-system-x86_64 -accel tcg \
		-machine pc,graphics=off -m 64 -nodefaults -no-user-config -display none \
		-serial "file:/out/$1.serial" -netdev "tap,id=n,ifname=$1,script=no,downscript=no" \
		-device "$3,netdev=n,mac=$2" -boot order=n -no-reboot
}
# fetched FILE ADDRESS: who asked for it?
fetched()
{
	grep -qF "sent /out/tftp/$1 to $2" "$work/boot/log"
}

hub
serve || exit 1
machine boot 02:00:00:00:00:40
on boot ip addr add 10.97.0.2/24 dev eth0
on boot ip link set eth0 up
starts boot dnsmasq -d --port=0 --enable-tftp --tftp-root=/out/tftp
# By what the ROM was told, not by what we know.
# shellcheck disable=SC2016
script head '${next-server}' '${filename}'
# shellcheck disable=SC2016 # iPXE looks for a server only where the head has it, or a URI
script options '${66:string}' options.ipxe

rom head 02:00:00:00:00:41 virtio-net-pci
rom options 02:00:00:00:00:42 e1000
check "a lease from the range" wait_for 90 acked head
check "siaddr and file are in the head" heard head '^server .* ACK .*siaddr=10\.97\.0\.2 .*file=head\.ipxe '
check "the file is fetched" wait_for 30 fetched head.ipxe "$got"
check "and run, and knows the server and its own name" wait_for 30 fetched ran-head.ipxe "$got"
check "a reserved address" wait_for 90 acked options
same "it is the right one" "$got" 10.97.0.42
same "nothing in the head" "$(heard options ' (siaddr|file)=')" ""
check "the file of option 67 is fetched" wait_for 30 fetched options.ipxe 10.97.0.42
check "and run, and knows the server by option 66" wait_for 30 fetched ran-options.ipxe 10.97.0.42
tell_said
done_testing
