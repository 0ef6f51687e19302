#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What RFC 5382 and RFC 7857 ask of a NAT for TCP, row by row. What they ask and
# a proxy that uses the host's sockets cannot give:
#
#	REQ-3	a connection from the outside to the port of a mapping: the host's
#		TCP answers it, with a reset, unless there is a forward
#	REQ-4	silence for six seconds after a SYN that nobody wants: as above
#	RFC 7857 2.2, four minutes of state after a reset: our socket is gone, and
#		what comes late is answered by the host's TCP

. "$(dirname "$0")/natd_rig.sh"

cp "$native/natd_tcp.py" "$work/"

probe()
{
	from_tree "$1" timeout 150 python3 /out/natd_tcp.py "${@:2}"
}

start()
{
	local out=$1
	background "$work/$1" from_tree "$2" python3 /out/natd_tcp.py "${@:3}"
	wait_for 60 grep -qE "${ready:-ready}" "$work/$out"
}

# The port of the host that a guest's connection had.
port_of()
{
	probe "$g" ask "$@" | sed -nE 's/^10\.98\.0\.1:([0-9]+) had 10 then 100000$/\1/p'
}

flows()
{
	from_tree "$m" python3 /out/natd_probe.py json "/out/vmnat.$natd_pid" flows.tcp
}

natd_conf '[incomingtcp]
8080 = 10.99.0.129:80
[tcp]
timeWaitTimeout = 1'
rig_spaces
ip netns exec "$o" sysctl -qw net.ipv4.ip_forward=1
ip -n "$o" link add far0 type veth peer name far1
ip -n "$o" link set far0 up
ip -n "$o" link set far1 up
ip -n "$o" addr add 10.96.0.1/16 dev far0
natd_start || exit 1
ip -n "$g" addr add 10.99.0.129/24 dev nt0
start srv "$o" serve 10.98.0.2 5000 5001
start web "$g" serve 10.99.0.129 80

# REQ-1, and RFC 7857 3 and 9
same "REQ-1: the guest's port is kept" "$(port_of 10.98.0.2 5000 4000)" 4000
same "REQ-1: to another server too" "$(port_of 10.98.0.2 5001 4000)" 4000
start taken "$m" serve 0.0.0.0 4001
a=$(port_of 10.98.0.2 5000 4001) b=$(port_of 10.98.0.2 5001 4001)
echo "# port 4001 is the host's: $a and $b"
check "REQ-1: where it is taken another, the same to all servers" \
	eval '[ -n "$a" ] && [ "$a" = "$b" ] && [ "$a" != 4001 ]'
c=$(port_of 10.98.0.2 5000 300) d=$(port_of 10.98.0.2 5001 300)
check "REQ-1: and for a low port" eval '[ -n "$c" ] && [ "$c" = "$d" ] && [ "$c" -ge 1024 ]'
check "RFC 7857 9: it cannot be foreseen" eval '[ "$a" != 4002 ] && [ "$a" != 5002 ] && [ "$c" != "$a" ]'
same "REQ-7: two guests with one port to one server have two" \
	"$(probe "$g" two 10.98.0.2 5000 4002 10.99.0.128 10.99.0.129)" "differ True"

# REQ-2
same "REQ-2: data with the FIN; half-closed, the answer comes" \
	"$(probe "$g" ask 10.98.0.2 5000 4003 0.0.0.0 1000)" "10.98.0.1:4003 had 1000 then 100000"
same "REQ-2: both close at once" "$(probe "$g" close-together 10.98.0.2 5000)" "then b''"
check "REQ-2: nothing stays of that" wait_for 30 eval '[ "$(flows)" = "flows.tcp 0" ]'
# All are there when natd looks.
start urgent "$g" urgent 10.98.0.2 5000
sleep 0.5
kill -STOP "$natd_pid"
sleep 2.5
kill -CONT "$natd_pid"
check "urgent bytes are bytes of the stream" wait_for 30 grep -qx whole "$work/urgent"
start urgents "$o" urgent_server 10.98.0.2 5011
start sender "$g" send_urgent 10.98.0.2 5011
check "a guest's urgent byte is urgent outside" wait_for 30 grep -qx "urgent U others whole" "$work/urgents"

# REQ-2a: both sides' first SYN is lost, the next ones cross.
from_tree "$o" nft -f - <<'END'
table ip cross {
	chain i { type filter hook input priority 0; tcp dport 4100 tcp flags & (syn|ack) == syn drop; }
	chain o { type filter hook output priority 0; tcp sport 4100 tcp flags & (syn|ack) == syn drop; }
}
END
start cross.o "$o" cross 10.98.0.2 4100 10.98.0.1 4101
background "$work/cross.g" from_tree "$g" python3 /out/natd_tcp.py cross 10.99.0.128 4101 10.98.0.2 4100
check "REQ-2a: both are connecting" wait_for 30 eval \
	'ip netns exec $m ss -Htn state syn-sent sport = 4101 | grep -q . && ip netns exec $o ss -Htn state syn-sent sport = 4100 | grep -q .'
from_tree "$o" nft delete table ip cross
check "REQ-2a: simultaneous open" wait_for 60 eval 'grep -q "got hello" $work/cross.o && grep -q "got hello" $work/cross.g'

# REQ-6 and REQ-8
same "REQ-6: no helper for any protocol: port 21 is like others" "$(probe "$g" error 10.98.0.2 21)" ECONNREFUSED
same "REQ-8: guest to guest by the host's address" \
	"$(probe "$g" ask 10.98.0.1 8080 4004 10.99.0.128)" "10.98.0.1:4004 had 10 then 100000"

# REQ-9: as it is told us, by whom.
from_tree "$o" nft -f - <<'END'
table ip no {
	chain f {
		type filter hook forward priority 0
		ip daddr 10.96.4.0 reject with icmp type net-unreachable
		ip daddr 10.96.4.1 reject with icmp type host-unreachable
		ip daddr 10.96.4.2 reject with icmp type prot-unreachable
		ip daddr 10.96.4.3 reject with icmp type port-unreachable
		ip daddr 10.96.4.9 reject with icmp type net-prohibited
		ip daddr 10.96.4.10 reject with icmp type host-prohibited
		ip daddr 10.96.4.13 reject with icmp type admin-prohibited
		ip daddr 10.96.4.20 drop
		ip daddr 10.96.4.21 reject with tcp reset
	}
}
END
for code in 0 1 2 3 9 10 13; do
	same "REQ-9: ICMP 3/$code" "$(probe "$g" error 10.96.4.$code 80)" "3/$code from 10.98.0.2"
done
same "REQ-9: silence is silence" "$(probe "$g" error 10.96.4.20 80 64 4)" silence
same "REQ-9: a reset is a reset" "$(probe "$g" error 10.96.4.21 80)" ECONNREFUSED
same "traceroute by TCP: the gateway" "$(probe "$g" error 10.96.5.1 80 1)" "11/0 from 10.99.0.2"
same "traceroute by TCP: the next router" "$(probe "$g" error 10.96.5.1 80 2)" "11/0 from 10.98.0.2"
check "traceroute itself" eval \
	'from_tree $g traceroute -n -T -p 5000 -q 1 -N 1 10.98.0.2 | awk "{ print \$2 }" | paste -sd" " | grep -q "10.99.0.2 10.98.0.2$"'

# Time to live and service: the guest's.
background "$work/seen" from_tree "$o" tcpdump -nvli om -c 1 'src 10.98.0.1 and tcp port 5000 and tcp[13] & 2 != 0'
wait_for 60 grep -q listening "$work/seen"
from_tree "$g" python3 - <<'END'
import socket
s = socket.socket()
s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 33)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xb8)
s.settimeout(60)
s.connect(("10.98.0.2", 5000))
END
wait_for 30 grep -q ttl "$work/seen"
same "time to live and DSCP are the guest's" "$(grep -oE 'tos 0x[0-9a-f]+, ttl [0-9]+' "$work/seen")" "tos 0xb8, ttl 32"

# REQ-10
ready=echoed start keep "$g" keep 10.98.0.2 5000 /out/stop
from_tree "$o" nft -f - <<'END'
table ip sour {
	chain i { type filter hook input priority 0; tcp dport 5000 counter reject with icmp type host-unreachable; }
}
END
check "REQ-10: an established connection hears of unreachable hosts" wait_for 30 eval \
	'from_tree $o nft list table ip sour | grep -qE "packets [2-9]"'
from_tree "$o" nft delete table ip sour
n=$(wc -l <"$work/keep")
check "REQ-10: and goes on" wait_for 60 eval '[ $(wc -l <$work/keep) -gt $((n + 5)) ]'
check "the host looks after a silent outside (SO_KEEPALIVE)" wait_for 30 eval \
	'ip netns exec $m ss -Htno state established dst 10.98.0.2:5000 | grep -q "timer:(keepalive"'
touch "$work/stop"
check "REQ-10: to its end" wait_for 30 grep -q "still there" "$work/keep"

# RFC 7857 2.2
: >"$work/srv"
probe "$g" reset 10.98.0.2 5000 >"$work/reset"
for what in far old near; do
	check "RFC 7857 2.2: a reset with a wrong number ($what) is none" grep -q "$what survived" "$work/reset"
done
check "RFC 7857 2.2: with the right one it is" wait_for 30 grep -q ECONNRESET "$work/srv"
natd_stop

# Timers, by a clock that runs faster.
held()
{
	ip netns exec "$m" ss -Htn state "$1" dst "$2" | grep -q .
}

# By itself the host would give up after 3 s.
ip netns exec "$m" sysctl -qw net.ipv4.tcp_syn_retries=1
check "a clock twenty times as fast" natd_warp 20
background "$work/half" from_tree "$g" python3 /out/natd_tcp.py error 10.96.4.20 80 64 30
check "REQ-5: half-open" wait_for 30 held syn-sent 10.96.4.20
start=$SECONDS
sleep 10
check "REQ-5: after 200 s it still is" held syn-sent 10.96.4.20
check "REQ-5: but not for ever" wait_for 12 eval '! held syn-sent 10.96.4.20'
echo "# ended after $(((SECONDS - start) * 20)) s"
natd_stop

check "a clock two hundred times as fast" natd_warp 200
ready=connected start idle "$g" tcp-hold 10.98.0.2 5000
ready=connected start gone "$g" tcp-hold 10.98.0.2 5001
# One of them has vanished.
from_tree "$g" nft -f - <<'END'
table ip gone {
	chain i { type filter hook input priority 0; tcp sport 5001 drop; }
	chain o { type filter hook output priority 0; tcp dport 5001 drop; }
}
END
sleep 35
check "REQ-5: idle for 7,000 s: both are there" eval 'held established 10.98.0.2:5000 && held established 10.98.0.2:5001'
check "a guest that has vanished: its connection ends" wait_for 30 eval '! held established 10.98.0.2:5001'
check "one that is silent keeps its own" eval 'held established 10.98.0.2:5000 && [ "$(tail -n 1 $work/idle)" = connected ]'
natd_stop
done_testing
