#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What RFC 4787 and RFC 7857 ask of a NAT for UDP, row by row. What they ask and a
# proxy that uses the host's sockets cannot give:
#
#	REQ-2	where the host has several ways out, the address a flow has is that of
#		its way; with one way it is one address
#	REQ-3a	guests' ports below 1024 stay there only where [privilegedUDP] of
#		nat.conf says so, as with VMware: they are the host's own otherwise
#	REQ-12	that a reassembly has timed out (ICMP 11/1): the host's kernel does not
#		tell sockets; and it does not look at the checksum of the quoted header

. "$(dirname "$0")/natd_raw.sh"

port_of()
{
	sed -nE 's/^10\.98\.0\.1:([0-9]+) .*/\1/p'
}

# error_to TYPE/CODE FROM PORT [FLAG...]: about a datagram from the host's PORT
error_to()
{
	raw "$o" error-to "$2" 10.98.0.1 "$1" udp 10.98.0.1 "$3" 10.98.0.2 7001 "${@:4}"
}

natd_conf '[privilegedUDP]
port = 7002'
rig_spaces
far
ip -n "$o" addr add 10.98.0.3/24 dev om
ip -n "$m" addr add 10.98.0.11/24 dev mo
natd_start || exit 1
second_guest
serve echo "$o" echo 10.98.0.2 7001 7002 7003
serve echo3 "$o" echo 10.98.0.3 7001
serve farecho "$f" echo 10.97.0.2 7001 7002
serve tcp "$o" tcp-server 10.98.0.2 7001

# REQ-1 and REQ-8
same "REQ-1: one port for all ports of a peer; REQ-8: all of them may answer" \
	"$(probe "$g" mapping 10.98.0.2 7001 7002 45001)" \
	"first 10.98.0.1:45001
second 10.98.0.1:45001
answer from 7003"
for to in 10.98.0.2 10.98.0.3 10.97.0.2; do
	same "REQ-1: and for all peers ($to)" "$(probe "$g" ask $to 7001 45001 hello)" \
		"10.98.0.1:45001 5 other from $to:7001"
done
probe "$g" ask 10.98.0.2 7001 45012 hello >/dev/null
start eif "$g" take 45012
raw "$o" say 10.98.0.3 7777 10.98.0.1 45012 unasked
check "REQ-8: one that was never sent to may send, by another address" \
	wait_for 30 grep -qx "7 other from 10.98.0.3:7777" "$work/eif"

# REQ-2
same "REQ-2: TCP has the address that UDP has" "$(tcp "$g" 10.98.0.2 7001)" 10.98.0.1

# REQ-3
same "REQ-3: the port of a guest is kept" "$(probe "$g" ask 10.98.0.2 7001 45678 hello)" \
	"10.98.0.1:45678 5 other from 10.98.0.2:7001"
ip -n "$g" addr add 10.99.0.130/24 dev nb0
same "REQ-3: two guests with one port have two" \
	"$(probe "$g" two 10.98.0.2 7001 45004 10.99.0.128 10.99.0.130)" \
	"differ True
length 2
mixed False"
same "REQ-3a: below 1024 stays there where the file says so" \
	"$(probe "$g" ask 10.98.0.2 7002 601 hello)" "10.98.0.1:601 5 other from 10.98.0.2:7002"
a=$(probe "$g" ask 10.98.0.2 7001 600 hello | port_of)
check "REQ-3a: else it is none of the host's own (600: $a)" [ "${a:-0}" -ge 1024 ]

# REQ-4 and REQ-11, RFC 7857 8 and 9
same "REQ-4: a low port that is not kept: its parity is" $((a % 2)) 0
taken="45020 45021 45022 45023 45024 45025"
for p in $taken; do
	start "taken.$p" "$m" take "$p" 600
done
# shellcheck disable=SC2086
others=$(raw "$g" seen-ports 10.98.0.2 7001 $taken | xargs)
echo "# the host has $taken; they are $others"
parities()
{
	local p
	for p; do
		echo $((p % 2))
	done | xargs
}
# shellcheck disable=SC2086
same "REQ-4: where the host has the port, parity is kept" "$(parities $others)" "0 1 0 1 0 1"
apart()
{
	local last=$1 n=0
	while [ $# -gt 1 ]; do
		last=$(($2 - $1))
		[ ${last#-} -le 16 ] || n=$((n + 1))
		shift
	done
	[ $n -ge 4 ]
}
# shellcheck disable=SC2086
check "RFC 7857 9: and it cannot be foreseen" apart $others
background "$work/load" from_tree "$h" python3 /out/natd_raw.py flood 10.98.0.2 7999 30
load=$last
# shellcheck disable=SC2086
same "REQ-11: a hundred ports under load, six of them taken: the same in every one" \
	"$(raw "$g" hundred 10.98.0.2 7001 7002 $taken)" "kept 94 other 6 bad 0"
pkill -P "$load" 2>/dev/null
kill "$load" 2>/dev/null

# REQ-9, RFC 7857 12
probe "$h" ask 10.98.0.2 7001 45034 x >/dev/null
start hairpin "$h" take 45034
raw "$g" say 10.99.0.128 45035 10.98.0.1 45034 "by the outside"
check "REQ-9a: a guest reaches another by its outside address, and is seen by its own" \
	wait_for 30 grep -qx "14 other from 10.98.0.1:45035" "$work/hairpin"
start hairback "$g" take 45035
raw "$h" say 10.99.0.129 45034 10.98.0.1 45035 back
check "REQ-9: and is answered" wait_for 30 grep -qx "4 other from 10.98.0.1:45034" "$work/hairback"

# REQ-10
serve alg "$o" echo 10.98.0.3 21 69 111 137 500 5060
for port in 21 69 111 137 500 5060; do
	same "REQ-10: no helper at port $port: addresses in the data stay" \
		"$(probe "$g" ask 10.98.0.3 $port 45060 'sip:10.99.0.128:45060 PORT 10,99,0,128,176,4')" \
		"10.98.0.1:45060 44 other from 10.98.0.3:$port"
done

# REQ-12, and RFC 7857 7.1
start heard "$g" hear
probe "$g" ask 10.98.0.2 7001 45070 hello >/dev/null
for what in 3/0 3/1 3/3 3/9 3/10 3/13 11/0 12/0; do
	error_to "$what" 10.96.7.7 45070
	check "REQ-12: ICMP $what of any router is passed on" wait_for 30 grep -qE \
		"^$what from 10.96.7.7 rest 0 tos [0-9]+ about 17 10.99.0.128:45070 to 10.98.0.2:7001$" "$work/heard"
done
error_to 12/0 10.96.7.8 45070 rest=$((9 << 24))
check "REQ-12: with its pointer" wait_for 30 grep -q "^12/0 from 10.96.7.8 rest $((9 << 24)) " "$work/heard"
error_to 3/1 10.96.7.9 45070 tos=40
check "RFC 5508 REQ-10: with its DS field" wait_for 30 grep -q "^3/1 from 10.96.7.9 rest 0 tos 40 " "$work/heard"
same "REQ-12: no error ends a mapping" "$(probe "$g" ask 10.98.0.2 7001 45070 again)" \
	"10.98.0.1:45070 5 other from 10.98.0.2:7001"
same "closed port" "$(probe "$g" error 10.98.0.2 7999)" "3/3 from 10.98.0.2 info 0"
ip -n "$m" route add unreachable 10.96.1.0/24
ip -n "$m" route add prohibit 10.96.2.0/24
ip -n "$o" route add unreachable 10.96.3.0/24
same "host's route unreachable" "$(probe "$g" error 10.96.1.1 7001)" "3/1 from 10.99.0.2 info 0"
same "host's route prohibited" "$(probe "$g" error 10.96.2.1 7001)" "3/13 from 10.99.0.2 info 0"
same "a router's route unreachable" "$(probe "$g" error 10.96.3.1 7001)" "3/1 from 10.98.0.2 info 0"
same "nobody at that address" "$(probe "$g" error 10.98.0.78 7001)" "3/1 from 10.98.0.1 info 0"
same "hops used up at the NAT" "$(probe "$g" error 10.97.0.2 7001 10 - 1)" "11/0 from 10.99.0.2 info 0"
same "hops used up at a router" "$(probe "$g" error 10.97.0.2 7001 10 - 2)" "11/0 from 10.98.0.2 info 0"

# REQ-13: the way to f gets narrow behind the first router.
ip -n "$o" link set of mtu 1300
ip -n "$f" link set fw mtu 1300
same "REQ-13: too long and not to be cut" "$(probe "$g" error 10.97.0.2 7001 1400 df)" "3/4 from 10.98.0.2 info 1300"
ip -n "$g" route flush cache
same "REQ-13: too long, may be cut" "$(probe "$g" size 10.97.0.2 7001 1400)" \
	"up 1400 whole
down 1400 whole"

# REQ-14
for order in in-order reversed; do
	same "REQ-14: fragments of a guest, $order" \
		"$(raw "$g" fragments 10.99.0.128 45080 10.98.0.2 7001 8000 $order)" "10.98.0.1:45080 8000 whole"
	start frag.$order "$g" take 45080
	raw "$o" fragments-in 10.98.0.2 7001 10.98.0.1 45080 8000 $order
	check "REQ-14: fragments of the outside, $order" \
		wait_for 30 grep -qx "8000 whole from 10.98.0.2:7001" "$work/frag.$order"
done
before=$(natd_rss)
background "$work/orphans" from_tree "$g" python3 /out/natd_raw.py orphans 10.99.0.128 10.98.0.2 10000
same "REQ-14: fragments of another guest beside orphans" \
	"$(raw "$h" fragments 10.99.0.129 45081 10.98.0.2 7001 8000 reversed)" "10.98.0.1:45081 8000 whole"
wait_for 60 grep -q sent "$work/orphans"
same "REQ-14: after 10,000 orphans the same guest's pass" \
	"$(raw "$g" fragments 10.99.0.128 45082 10.98.0.2 7001 8000)" "10.98.0.1:45082 8000 whole"
after=$(natd_rss)
check "REQ-14: and natd has grown by less than 4 MB ($before to $after kB)" [ $((after - before)) -lt 4096 ]

# RFC 7857 10
start ids "$g" ip-ids 500
start ids.out "$o" ip-ids 500
raw "$g" send-some 10.98.0.2 7001 520
wait_for 60 grep -q packets "$work/ids"
wait_for 60 grep -q packets "$work/ids.out"
same "RFC 7857 10: without DF no two packets to a guest have one id" \
	"$(grep packets "$work/ids")" "packets 500 with DF 0 with an id twice 0"
same "RFC 7857 10: nor two that leave" \
	"$(grep packets "$work/ids.out")" "packets 500 with DF 0 with an id twice 0"

# RFC 7857 5 and 6
cat >"$work/both.py" <<'END'
import socket
import time

s = socket.socket()
s.bind(("0.0.0.0", 45090))
s.connect(("10.98.0.2", 7001))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("0.0.0.0", 45090))
u.settimeout(30)
u.sendto(b"x", ("10.98.0.2", 7001))
print(u.recv(100).decode(), flush=True)
s.close()
time.sleep(1)
u.sendto(b"yy", ("10.98.0.2", 7001))
print(u.recv(100).decode(), flush=True)
END
same "RFC 7857 5: TCP and UDP mappings of one port are independent" \
	"$(from_tree "$g" timeout 60 python3 /out/both.py)" "10.98.0.1:45090 1 other
10.98.0.1:45090 2 other"

# RFC 7857 4
same "RFC 7857 4: a guest has 2,048 ports; one more is refused by ICMP 3/13" \
	"$(raw "$h" fill-udp 10.98.0.2 7001 2048)" "3/13 from 10.99.0.2 info 0"
same "RFC 7857 4: none of them has gone to another address" \
	"$(ip netns exec "$m" ss -Hun | grep -c 10.98.0.11)" 0
same "and another guest is served" "$(probe "$g" ask 10.98.0.2 7001 45678 again)" \
	"10.98.0.1:45678 5 other from 10.98.0.2:7001"
natd_stop

# Of what follows there is one guest.
ip netns del "$h"
ip -n "$g" link del nb0 2>/dev/null

# REQ-7: the host's own network has the numbers of the guests'.
ip -n "$m" addr add 10.99.0.77/24 dev mo
ip -n "$o" addr add 10.99.0.3/24 dev om
ip -n "$m" route replace default via 10.99.0.3
natd_start || exit 1
same "REQ-7: the host's network has the guests' numbers: what is behind it is reached" \
	"$(probe "$g" ask 10.97.0.2 7001 45100 hello)" "10.99.0.77:45100 5 other from 10.97.0.2:7001"
ip -n "$m" addr del 10.99.0.77/24 dev mo
ip -n "$m" route replace default via 10.98.0.2
natd_stop

# Timers, by a clock that runs twenty times as fast.
sed -i /timeout/d "$work/nat.conf"
check "a clock twenty times as fast" natd_warp 20
start late "$o" late 10.98.0.2 7100 53
ready=sent
start t.119 "$g" wait-late 10.98.0.2 7100 46001 5.95 6.5
start t.290 "$g" wait-late 10.98.0.2 7100 46002 14.5 15.5
start t.320 "$g" wait-late 10.98.0.2 7100 46003 16 17
start t.out "$g" wait-late 10.98.0.2 7100 46004 20 21 10
start t.err "$g" wait-late 10.98.0.2 7100 46005 16 17
start t.hide "$g" wait-late 10.98.0.2 7100 46006 16 17
start t.dns "$g" wait-late 10.98.0.2 53 46007 1.2,3.2 4
ready=
got()
{
	wait_for 30 grep -q got "$work/$2"
	same "$1" "$(grep got "$work/$2")" "got${3:+ $3}"
}

got "REQ-5a: a mapping of port 53 alone: an answer after 24 s comes, one after 64 s does not" t.dns 1.2
got "REQ-5: an answer after 119 s comes" t.119 5.95
sleep 3
raw "$o" error-to 10.96.7.7 10.98.0.1 3/1 udp 10.98.0.1 46005 10.98.0.2 7100
raw "$m" say 127.0.0.1 0 127.0.0.1 46006 hidden
got "REQ-5c: the default is 300 s: after 290 s one comes" t.290 14.5
got "REQ-5c: and after 320 s none" t.320
got "RFC 7857 7.1: an ICMP error does not keep a mapping" t.err
got "RFC 7857 7: nor what was filtered" t.hide
got "REQ-6: what the guest sends does: an answer 400 s after the first comes" t.out 20
printf '[udp]\ntimeout = 60\n' >>"$work/nat.conf"
ready=sent start t.conf "$g" wait-late 10.98.0.2 7100 46010 6 7
kill -HUP "$natd_pid"
got "REQ-5: the time can be configured" t.conf
natd_stop
done_testing
