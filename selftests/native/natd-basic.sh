#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TCP and ICMP through vmnet-natd: it is a proxy, and a correct one.

. "$(dirname "$0")/natd_rig.sh"

natd_conf
rig_spaces
natd_start || exit 1
background "$work/serve" ip netns exec "$o" "$helpers/tcpload" serve 7000
listening "$o" t 7000
load()
{
	timeout 300 ip netns exec "$g" "$helpers/tcpload" "$@" >"$work/load" 2>&1
	local rc=$?
	sed 's/^/# /' "$work/load"
	return $rc
}

check "echo to the gateway" wait_for 60 from_tree "$g" ping -c 1 -W 5 10.99.0.2
check "echo to the outside" wait_for 60 from_tree "$g" ping -c 1 -W 5 10.98.0.2
check "long echo" from_tree "$g" ping -c 1 -W 20 -s 5000 10.98.0.2
check "raw ICMP socket" grep -q ' 00000000:0001 00000000:0000 07' <(ip netns exec "$m" cat /proc/net/raw)
check "status socket" [ -S "$work/vmnat.$natd_pid" ]

background "$work/cap.g" from_tree "$g" tcpdump -Snli nt0 -c 1 'tcp[13] & 0x12 = 2'
background "$work/cap.o" from_tree "$o" tcpdump -Snli om -c 1 'tcp[13] & 0x12 = 2'
wait_for 60 grep -q listening "$work/cap.g"
wait_for 60 grep -q listening "$work/cap.o"
check "20 MB up" load up 10.98.0.2 7000 1 20000000
check "20 MB down" load down 10.98.0.2 7000 1 20000000
wait_for 60 grep -q 'seq' "$work/cap.g"
wait_for 60 grep -q 'seq' "$work/cap.o"
isn()
{
	sed -nE 's/.* seq ([0-9]+),.*/\1/p' "$1" | head -n 1
}
check "initial sequence numbers differ" eval '[ -n "$(isn $work/cap.g)" ] && [ "$(isn $work/cap.g)" != "$(isn $work/cap.o)" ]'
check "500 connections at once" load echo 10.98.0.2 7000 500 2000
check "8 connections, 5 MB up each" load up 10.98.0.2 7000 8 5000000
check "8 connections, 5 MB down each" load down 10.98.0.2 7000 8 5000000

background "$work/hold" ip netns exec "$g" "$helpers/tcpload" hold 10.98.0.2 7000
wait_for 60 grep -q connected "$work/hold"
hold_pid=$last
check "a socket of the host carries it" eval 'ip netns exec $m ss -Htn state established dst 10.98.0.2:7000 | grep -q .'
same "ip_forward" "$(ip netns exec "$m" cat /proc/sys/net/ipv4/ip_forward)" 0
same "no nat table" "$(from_tree "$m" nft list ruleset)" ""
pkill -P "$hold_pid" 2>/dev/null
kill "$hold_pid" 2>/dev/null
check "and is gone with it" wait_for 60 eval '! ip netns exec $m ss -Htn state established dst 10.98.0.2:7000 | grep -q .'

# Refusals.
refused()
{
	ip netns exec "$g" timeout 60 "$helpers/tcpload" hold "$1" "$2" 2>&1
}
same "closed port" "$(refused 10.98.0.2 7999)" "Connection refused"
ip -n "$m" route add unreachable 10.96.1.0/24
ip -n "$m" route add prohibit 10.96.2.0/24
same "no route to the host" "$(refused 10.96.1.1 80)" "No route to host"
check "prohibited" eval '[[ $(refused 10.96.2.1 80) =~ ^(No\ route\ to\ host|Permission\ denied)$ ]]'
same "TCP to the gateway itself" "$(refused 10.99.0.2 80)" "Connection refused"

# A guest that says SYN and hears nothing.
from_tree "$g" nft -f - <<'END'
table ip deaf {
	chain i { type filter hook input priority 0; ip protocol tcp drop; }
	chain o { type filter hook output priority 0; tcp flags & (syn|ack|rst) == syn accept; ip protocol tcp drop; }
}
END
background "$work/deaf" ip netns exec "$g" "$helpers/tcpload" hold 10.98.0.2 7000
deaf=$last
check "deaf guest: natd's socket is established" wait_for 60 eval 'ip netns exec $m ss -Htn state established dst 10.98.0.2:7000 | grep -q .'
check "deaf guest: its own is in SYN-SENT" eval 'ip netns exec $g ss -Htn state syn-sent dst 10.98.0.2:7000 | grep -q .'
kill "$deaf" 2>/dev/null
pkill -P "$deaf" 2>/dev/null
check "deaf guest: natd gives it up" wait_for 200 eval '! ip netns exec $m ss -Htn state established dst 10.98.0.2:7000 | grep -q .'
from_tree "$g" nft delete table ip deaf

# A guest that does not read.
rss()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$natd_pid/status"
}
load down 10.98.0.2 7000 1 1000000 >/dev/null
before=$(rss)
background "$work/slow" ip netns exec "$g" timeout 280 "$helpers/tcpload" slow 10.98.0.2 7000 30 200000000
slow=$last
sleep 15
sent1=$(ip netns exec "$o" ss -Htinm state established sport = 7000 | grep -oE 'bytes_sent:[0-9]+' | cut -d: -f2 | head -n 1)
sleep 10
sent2=$(ip netns exec "$o" ss -Htinm state established sport = 7000 | grep -oE 'bytes_sent:[0-9]+' | cut -d: -f2 | head -n 1)
after=$(rss)
echo "# resident memory: $before kB, $after kB after 25 s; the server sent $sent1, then $sent2 bytes"
check "a guest that does not read: natd grows by less than 1 MB" [ $((after - before)) -lt 1024 ]
same "and the sender stands still" "$sent2" "$sent1"
check "and then reads all" wait_pid 200 "$slow"

natd_stop
check "ends on SIGTERM" [ $? -eq 0 ]
check "its status socket is gone" [ ! -e "$work/vmnat.$natd_pid" ]
done_testing
