#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# 200 clients at once while the server is killed 50 times: no acknowledged lease
# is lost, none is given to two.

. "$(dirname "$0")/dhcpd_rig.sh"

# An interface that stays while servers come and go: a tap of our own, joined to
# each server's by packet sockets would lose frames; so the server gets a
# persistent tap by name, in the clients' namespace.
dhcpd_conf 255.255.0.0 10.97.3.254
sed -i 's/option broadcast-address.*/option broadcast-address 10.97.255.255;/' "$work/dhcpd.conf"
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up

serve()
{
	background "$work/dhcpd.log" ip netns exec "$g" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --tap eth0 --foreground -s 4 vmnet8
	server=$last
}

start=$SECONDS
serve
background "$work/held" ip netns exec "$g" "$helpers/dhcpload" eth0 200 "${SECONDS_OF_LOAD:-45}" "$work/acks"
load=$last
kills=0
while [ $kills -lt 50 ]; do
	# Each server lives long enough to have acknowledged something.
	before=$(wc -l <"$work/acks" 2>/dev/null || echo 0)
	for _ in $(seq 50); do
		[ "$(wc -l <"$work/acks" 2>/dev/null || echo 0)" -gt "$before" ] && break
		kill -0 "$load" 2>/dev/null || break
		sleep 0.02
	done
	kill -9 "$server" 2>/dev/null
	pkill -9 -P "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	kills=$((kills + 1))
	serve
done
wait_pid 200 "$load"
held=$(tail -n 1 "$work/held")
echo "# $kills kills in $((SECONDS - start)) s, $(wc -l <"$work/acks") acknowledgements, $held clients hold a lease"
same "50 kills" "$kills" 50
check "most clients hold a lease" [ "$held" -ge 150 ]
same "no address was given to two" \
	"$(sort -u "$work/acks" | awk '{ print $2 }' | sort | uniq -d | wc -l)" 0
same "no client was given a second address" \
	"$(sort -u "$work/acks" | awk '{ print $1 }' | sort | uniq -d | wc -l)" 0
missing=0
while read -r mac addr; do
	grep -A5 "^lease $addr {" "$work/leases/dhcpd.leases" | grep -q "hardware ethernet $mac;" ||
		missing=$((missing + 1))
done < <(sort -u "$work/acks")
same "every acknowledged lease is on the disk" "$missing" 0
kill "$server"
done_testing
