#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-natd holds 50,000 connections of a guest, or as many as there may be open
# files here, in little memory; and goes on.

. "$(dirname "$0")/natd_rig.sh"

want=50000
most=$(ulimit -Hn)
[ "$most" = unlimited ] || [ "$most" -ge 65536 ] || want=$((most - 1000))
ulimit -n "$(ulimit -Hn)"
echo "# $want connections; $most files may be open"

natd_conf
rig_spaces
natd_start || exit 1
# They end at once, and a queue that drops their last words makes that take minutes.
ip -n "$g" link set nt0 txqueuelen 16384
ip netns exec "$g" sysctl -qw net.ipv4.ip_local_port_range="1024 65535"
ip netns exec "$m" sysctl -qw net.ipv4.ip_local_port_range="1024 65535"
ip -n "$o" addr add 10.98.0.3/24 dev om
background "$work/serve" ip netns exec "$o" "$helpers/natbench" serve 7000
listening "$o" t 7001

rss()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$natd_pid/status"
}

flows()
{
	python3 -c '
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print(json.loads(b"".join(iter(lambda: s.recv(65536), b"")))["flows"]["tcp"])' "$work/vmnat.$natd_pid"
}

round_trip()
{
	ip netns exec "$g" timeout 60 "$helpers/natbench" rr 10.98.0.2 7000 500
}

check "a round trip" round_trip
before=$(rss)
background "$work/hold" ip netns exec "$g" "$helpers/natbench" hold 10.98.0.2 7000 "$want"
holder=$last
check "all are open" wait_for 400 grep -q held "$work/hold"
sed 's/^/# /' "$work/hold"
same "natd has them" "$(flows)" "$want"
after=$(rss)
each=$(((after - before) * 1024 / want))
check "each takes less than 800 bytes of natd ($each)" [ "$each" -lt 800 ]
check "a round trip beside them" round_trip
echo "# $(round_trip) us"
check "a stream beside them" ip netns exec "$g" "$helpers/natbench" up 10.98.0.2 7000 500 1
pkill -P "$holder" 2>/dev/null
kill "$holder" 2>/dev/null
check "and all end with the guest" wait_for 300 eval '[ "$(flows)" -lt 10 ] || [ "$(ip netns exec $m ss -Htn state established | wc -l)" -eq 0 ]'
natd_stop
check "ends on SIGTERM" [ $? -eq 0 ]
done_testing
