#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One guest scans and floods while another, with a MAC and an address of its own on
# the same network, downloads over a line of 1 Gbit/s: 100,000 SYNs, and 50,000
# packets of each other kind, 10,000 a second. The download keeps nine tenths of the
# rate it has alone; without the line, which is printed too, it shares the machine's
# two processors with the sender and with the flood, and no NAT can help that.

. "$(dirname "$0")/natd_rig.sh"

rate=10000
natd_conf
rig_spaces
natd_start || exit 1
second_guest
ip -n "$o" route add blackhole 10.96.64.0/18
background "$work/serve" ip netns exec "$o" "$helpers/natbench" serve 7000
listening "$o" t 7001
serve echo "$o" echo 10.98.0.2 7100

# download MS: Mbit/s of the second guest
download()
{
	ip netns exec "$h" timeout 60 "$helpers/natbench" down 10.98.0.2 7000 "$1" 1 | awk '{ print int($1) }'
}

cpu()
{
	awk '{ print $14 + $15 }' "/proc/$natd_pid/stat"
}

# flood KIND COUNT: in the background; how fast it went is $work/flood
flood()
{
	background "$work/flood" ip netns exec "$g" timeout 120 "$helpers/natflood" "$1" 10.99.0.128 \
		10.98.0.2 10.96.64.0 "$2" $rate
	flood_pid=$last
	sleep 0.3
}

# beside KIND COUNT: the download with that, and before. Other work on the machine
# may disturb either: one of three times is enough.
beside()
{
	local i
	for i in 1 2 3; do
		alone=$(download 3000)
		before=$(cpu)
		flood "$1" "$2"
		with=$(download 4000)
		wait_pid 60 "$flood_pid"
		echo "# $1: $alone Mbit/s alone, $with beside it; $(cat "$work/flood"); natd used $((($(cpu) - before) * 10)) ms"
		[ "$with" -lt $((alone * 9 / 10)) ] || return 0
	done
	return 1
}

flows()
{
	probe "$m" json "/out/vmnat.$natd_pid" flows.tcp flows.udp flows.icmp | xargs
}

download 1000 >/dev/null
alone=$(download 2000)
flood udp1 30000
echo "# without a limit to the line: $alone Mbit/s alone, $(download 2000) beside datagrams"
wait_pid 60 "$flood_pid"
# Alone: what a packet costs natd.
before=$(cpu)
flood scan 30000
wait_pid 60 "$flood_pid"
cost=$((($(cpu) - before) * 10000 / 30000))
check "a scan costs natd less than 30 us a port ($cost)" [ $cost -lt 30 ]
from_tree "$o" tc qdisc add dev om root tbf rate 1gbit burst 256kb latency 50ms
start=$(natd_rss)
for kind in scan syn udp udp1 icmp; do
	count=50000
	[ $kind != syn ] || count=100000
	beside $kind $count >"$work/beside" 2>&1
	rc=$?
	cat "$work/beside"
	check "$kind: $count packets of one guest, another's download keeps 90 %" [ $rc -eq 0 ]
done
have=$(flows)
echo "# $have"
read -r _ t _ u _ i <<<"$have"
check "the limits hold" eval '[ $t -le 1100 ] && [ $u -le 2100 ] && [ $i -le 2100 ]'
end=$(natd_rss)
check "so does memory: less than 4 MB more ($start to $end kB)" [ $((end - start)) -lt 4096 ]
same "another guest is served at once" "$(probe "$h" ask 10.98.0.2 7100 45001 hello)" \
	"10.98.0.1:45001 5 other from 10.98.0.2:7100"
check "and by TCP" eval '[ "$(download 500)" -gt 0 ]'
check "the one that flooded is soon served again, by TCP" wait_for 30 \
	ip netns exec "$g" timeout 5 "$helpers/natbench" rr 10.98.0.2 7000 100
check "and by UDP" wait_for 30 eval 'probe_limit=5 probe $g ask 10.98.0.2 7100 0 hello | grep -q 10.98.0.2:7100'
natd_stop
check "ends on SIGTERM" [ $? -eq 0 ]
done_testing
