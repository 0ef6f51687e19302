#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nat-dhcp.md D26: the wall clock is set by a day, either way, while the server runs and
# while it does not: no lease ends early, no address is given to two, and the file says
# when they end by the new clock.

. "$(dirname "$0")/dhcpd_rig.sh"

leases=$work/leases/dhcpd.leases
faketime=$(echo "$tree"/usr/lib/*/faketime/libfaketime.so.1)
[ -e "$faketime" ] || { echo "Bail out! no libfaketime in the tree"; exit 1; }
dhcpd_conf
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up

serve()
{
	: >"$work/dhcpd.log"
	background "$work/dhcpd.log" ip netns exec "$g" env LD_PRELOAD="$faketime" FAKETIME_NO_CACHE=1 \
		FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 FAKETIME_TIMESTAMP_FILE="$work/time" \
		"$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$leases" --run-dir "$work" --tap eth0 --foreground -s 4 vmnet8
	server=$last
	wait_for 30 eval "[ -e '$leases' ] && ip -n $g link show eth0 | grep -q LOWER_UP"
}
stop()
{
	kill -9 "$server"
	wait "$server" 2>/dev/null
}
load()
{
	ip netns exec "$g" "$helpers/dhcpload" eth0 "$1" "$2" "$work/acks"
}
# set_clock SPEC: for the server, from now on.
set_clock()
{
	echo "$1" >"$work/time.new"
	chmod 644 "$work/time.new"
	mv "$work/time.new" "$work/time"
}
# Of the leases in the file, how many end between 25 and 31 minutes from a moment.
ending()
{
	awk -v low="$(date -u -d "$1 + 25 minutes" '+%Y/%m/%d %H:%M:%S')" \
		-v high="$(date -u -d "$1 + 31 minutes" '+%Y/%m/%d %H:%M:%S')" '
		$1 == "lease" { addr = $2 }
		$1 == "ends" { end[addr] = $3 " " substr($4, 1, 8) }
		END { for (a in end) n += end[a] >= low && end[a] <= high; print n + 0 }' "$leases"
}
nobody_twice()
{
	same "$1: no address was given to two" \
		"$(sort -u "$work/acks" | awk '{ print $2 }' | sort | uniq -d | wc -l)" 0
	same "$1: no client was given a second one" \
		"$(sort -u "$work/acks" | awk '{ print $1 }' | uniq -d | wc -l)" 0
}

set_clock +0d
serve
same "40 clients have a lease" "$(load 40 2)" 40
same "they end in half an hour" "$(ending now)" 40

clients=40
for day in +1 -1; do
	set_clock ${day}d
	check "$day day: it is noticed" wait_for 30 grep -q 'the clock was set by' "$work/dhcpd.log"
	check "$day day: all end in half an hour, by the new clock" \
		wait_for 20 eval "[ \$(ending '$day day') -eq $clients ]"
	clients=$((clients + 20))
	same "$day day: all come back, and others come" "$(load $clients 3)" $clients
	nobody_twice "$day day"
	: >"$work/dhcpd.log"
done

for day in +1 -1; do
	stop
	set_clock ${day}d
	serve
	check "$day day at a restart: it is noticed" wait_for 30 grep -q 'the clock was set by' "$work/dhcpd.log"
	check "$day day at a restart: all end in half an hour, by the new clock" \
		wait_for 20 eval "[ \$(ending '$day day') -eq $clients ]"
	clients=$((clients + 15))
	same "$day day at a restart: all come back, and others come" "$(load $clients 3)" $clients
	nobody_twice "$day day at a restart"
done
stop
done_testing
