#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nat-dhcp.md D25: the lease file cut off somewhere in its last 4 KB, as by a loss of
# power: the server starts, has every lease that is whole, and what it writes then is
# not lost. (test_leasefile does that for each byte, without the rest of the program.)

. "$(dirname "$0")/dhcpd_rig.sh"

cuts=${CUTS:-64}
leases=$work/leases/dhcpd.leases
dhcpd_conf 255.255.0.0 10.97.3.254
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up
serve()
{
	: >"$work/dhcpd.log"
	background "$work/dhcpd.log" ip netns exec "$g" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$leases" --run-dir "$work" --tap eth0 --foreground vmnet8
	server=$last
	for _ in {1..200}; do
		grep -q 'Sending on' "$work/dhcpd.log" && grep -q 'records$' "$work/dhcpd.log" && return 0
		kill -0 "$server" 2>/dev/null || return 1
		nap 0.02
	done
	return 1
}
stop()
{
	kill -9 "$server"
	wait "$server" 2>/dev/null
}
load()
{
	ip netns exec "$g" "$helpers/dhcpload" eth0 "$1" "$2" "$3"
}

serve
load 60 2 "$work/acks" >"$work/held"
stop
same "60 clients have a lease" "$(cat "$work/held")" 60
cp "$leases" "$work/whole"
size=$(stat -c %s "$work/whole")
check "the file is longer than what is cut" [ "$size" -gt 4096 ]

failed=0 wrong=0 lost=0
for ((i = 0; i < cuts; i++)); do
	at=$((size - 4096 + 4096 * i / cuts + i % 7))
	rm -f "$leases" "$leases~"
	head -c "$at" "$work/whole" >"$leases"
	blocks=$(grep -c '^}' "$leases")
	serve || failed=$((failed + 1))
	grep -q " $blocks records$" "$work/dhcpd.log" || {
		wrong=$((wrong + 1))
		echo "# cut at $at: $blocks blocks"
		sed "s/^/# /" "$work/dhcpd.log"
	}
	# Now and then, clients who come back.
	if [ $((i % 16)) -eq 5 ]; then
		awk '$1 == "lease" { a = $2 } $1 == "hardware" { print substr($3, 1, 17), a }' \
			<(sed -n '/^lease/,/^}/p' "$leases") | sort -u >"$work/kept"
		: >"$work/back"
		load 60 2 "$work/back" >/dev/null
		lost=$((lost + $(sort -u "$work/back" "$work/kept" | awk '{ print $1 }' | uniq -d | wc -l)))
		lost=$((lost + $(sort -u "$work/back" "$work/kept" | awk '{ print $2 }' | sort | uniq -d | wc -l)))
		[ "$(awk '{ print $1 }' "$work/back" | sort -u | wc -l)" -eq 60 ] || lost=$((lost + 1))
	fi
	stop
done
same "it starts after each of $cuts cuts" "$failed" 0
same "with all records that are whole" "$wrong" 0
same "clients who come back have their addresses, and nobody else has" "$lost" 0
done_testing
