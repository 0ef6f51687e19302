#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What RFC 5508 and RFC 7857 ask of a NAT for ICMP, row by row. What they ask and a
# proxy that uses the host's sockets cannot give:
#
#	REQ-2a	a time that can be configured (recommended): nat.conf has no key for it
#	REQ-3	of errors about UDP and TCP the host's kernel checks the message, and
#		does not look at the checksum of the header it quotes
#	REQ-4	errors about UDP and TCP bring their meaning, not the packet they quote:
#		what guests see quoted is made up, and has no extensions
#	REQ-9	no errors are kept from any interface: that is the host's firewall's

. "$(dirname "$0")/natd_raw.sh"

natd_conf
rig_spaces
far
ip -n "$o" addr add 10.98.0.3/24 dev om
natd_start || exit 1
second_guest
serve echo "$o" echo 10.98.0.2 7001
start heard "$g" hear

# REQ-1
same "REQ-1: ping the gateway" "$(probe "$g" ping 10.99.0.2)" "reply from 10.99.0.2 whole"
same "REQ-1: ping the outside" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
same "REQ-1: with 5000 bytes" "$(probe "$g" ping 10.98.0.2 5000)" "reply from 10.98.0.2 whole"
same "REQ-1: the gateway with 5000 bytes" "$(probe "$g" ping 10.99.0.2 5000)" "reply from 10.99.0.2 whole"
same "REQ-1: several ids at once" "$(probe "$g" ids 10.98.0.2 1 2 3 65535 256)" "missing 0"
background "$work/twin" from_tree "$h" python3 /out/natd_probe.py ids 10.98.0.2 1 2 3 65535 256
same "REQ-1: the same by two guests" "$(probe "$g" ids 10.98.0.2 1 2 3 65535 256)" "missing 0"
check "REQ-1: and the other has its own too" wait_for 60 grep -qx "missing 0" "$work/twin"
same "ping that just arrives" "$(probe "$g" ping 10.97.0.2 56 3)" "reply from 10.97.0.2 whole"

# From here on our own program answers.
ip netns exec "$o" sysctl -qw net.ipv4.icmp_echo_ignore_all=1
start late "$o" late-echo 10.98.0.2 10.98.0.3
ext()
{
	sed -nE "s/^10\.98\.0\.1 id ([0-9]+) to $1$/\1/p" "$work/late" | tail -n 1
}

# keep ID: an echo id of the guest; $ext is what the outside knows
keep()
{
	raw "$g" wait-echo 10.98.0.2 "$1" 0.1 0.5 >/dev/null
	ext=$(ext 10.98.0.2)
}

# REQ-1a
raw "$g" wait-echo 10.98.0.2 500 0.1 1 >/dev/null
raw "$g" wait-echo 10.98.0.3 500 0.1 1 >/dev/null
check "REQ-1a: one id for all receivers ($(ext 10.98.0.2))" eval '[ -n "$(ext 10.98.0.2)" ] && [ "$(ext 10.98.0.2)" = "$(ext 10.98.0.3)" ]'
start other "$g" wait-echo 10.98.0.2 500 9 12 >/dev/null &
sleep 1
raw "$o" echo-reply 10.98.0.3 10.98.0.1 "$(ext 10.98.0.2)"
wait_for 20 grep -q got "$work/other"
same "RFC 7857 6: one of another address may answer" "$(tail -n 1 "$work/other")" "got good 9"

# REQ-3 and REQ-4: about echoes.
# about TYPE/CODE FROM ID [FLAG...]
about()
{
	raw "$o" error-to "$2" 10.98.0.1 "$1" icmp 10.98.0.1 "$3" 10.98.0.2 0 "${@:4}"
}

heard()
{
	wait_for 30 grep -qxE "$1" "$work/heard"
}

keep 600
quoted="about icmp 10.99.0.128 to 10.98.0.2 type 8 id 600"
for what in 3/0 3/1 3/2 3/3 3/5 3/9 3/10 3/13 11/0 11/1 12/0; do
	about $what 10.96.7.7 "$ext"
	check "REQ-4: ICMP $what about an echo, the header it quotes as it was" \
		heard "$what from 10.96.7.7 rest 0 tos 0 $quoted"
done
about 3/4 10.96.7.7 "$ext" rest=1234
check "REQ-4: with its MTU" heard "3/4 from 10.96.7.7 rest 1234 tos 0 $quoted"
about 12/0 10.96.7.8 "$ext" rest=$((9 << 24))
check "REQ-4: with its pointer" heard "12/0 from 10.96.7.8 rest $((9 << 24)) tos 0 $quoted"
about 3/1 10.96.7.9 "$ext" options
check "REQ-3: one whose quoted header has options" heard "3/1 from 10.96.7.9 rest 0 tos 0 $quoted options"
about 3/1 10.96.7.10 "$ext" bad-transport
check "REQ-3: one whose quoted echo has a bad checksum" \
	heard "3/1 from 10.96.7.10 rest 0 tos 0 $quoted bad echo checksum"
about 11/0 10.96.7.11 "$ext" extended
check "REQ-3: one with extensions, which stay as they are" \
	heard "11/0 from 10.96.7.11 rest [0-9]+ tos 0 $quoted( bad echo checksum)? extensions [0-9a-f]*0008010112345678"
about 3/1 10.96.7.12 "$ext" tos=40
check "REQ-10: with its DS field" heard "3/1 from 10.96.7.12 rest 0 tos 40 $quoted"

# What must not arrive is followed by one that does.
about 3/1 10.96.7.20 "$ext" bad-outer
about 3/1 10.96.7.21 "$ext" bad-inner
about 3/1 10.96.7.22 $((ext ^ 4095))
about 3/1 10.96.7.23 "$ext" reply
about 4/0 10.96.7.24 "$ext"
about 5/1 10.96.7.25 "$ext"
about 3/1 10.96.7.29 "$ext"
heard "3/1 from 10.96.7.29 .*"
never()
{
	same "$1" "$(grep -c "from 10.96.7.$2 " "$work/heard")" 0
}
never "REQ-3: one with a bad checksum is dropped" 20
never "REQ-3: one that quotes a header with a bad checksum too" 21
never "REQ-4: one about an id that nobody has too" 22
never "REQ-4: one about a reply that no guest has sent too" 23
never "REQ-10: no source quench" 24
never "REQ-11: no redirect" 25
raw "$o" echo-reply 10.98.0.2 10.98.0.1 "$ext" bad
check "REQ-3: an answer with a bad checksum is dropped" eval \
	'probe $m json /out/vmnat.$natd_pid icmp.dropped | grep -qE " [1-9]"'

# REQ-5: the guest's own errors, about UDP.
start out "$o" hear 10.98.0.2
probe "$g" ask 10.98.0.2 7001 45200 hello >/dev/null
raw "$o" say 10.98.0.2 7300 10.98.0.1 45200 "nobody there"
check "REQ-5: a guest's error goes out as the NAT's" wait_for 30 grep -qxE \
	"3/3 from 10.98.0.1 rest 0 tos [0-9]+ about 17 10.98.0.2:7300 to 10.98.0.1:45200" "$work/out"
# quote_of_guest PORT TO FLAG...: about a datagram from PORT of the outside to the port TO
quote_of_guest()
{
	raw "$g" error-to 10.99.0.128 10.98.0.2 3/3 udp 10.98.0.2 "$1" 10.99.0.128 "${@:2}"
}
quote_of_guest 7301 45999
quote_of_guest 7302 45200 bad-outer
quote_of_guest 7303 45200 bad-inner
quote_of_guest 7304 45200 options
check "REQ-5: with options in what it quotes" wait_for 30 grep -q ":7304 to 10.98.0.1:45200 options" "$work/out"
same "REQ-5, REQ-3: without a mapping, or with a bad checksum in either place: dropped" \
	"$(grep -c ':730[123] ' "$work/out")" 0

# REQ-7
probe "$h" ask 10.98.0.2 7001 45210 hello >/dev/null
raw "$g" say 10.99.0.128 45211 10.98.0.1 45210 "nobody there"
check "REQ-7: a guest's error reaches another guest by the outside" heard \
	"3/3 from 10.98.0.1 rest 0 tos [0-9]+ about 17 10.99.0.128:45211 to 10.98.0.1:45210"

# REQ-8
same "REQ-8: forbidden by policy" "$(probe "$g" ping 240.0.0.1)" \
	"error 3/13 from 10.99.0.2 about 10.99.0.128 to 240.0.0.1 mtu 0"
ip -n "$m" route add prohibit 10.96.2.0/24
same "REQ-8: forbidden by the host" "$(probe "$g" ping 10.96.2.1)" \
	"error 3/13 from 10.99.0.2 about 10.99.0.128 to 10.96.2.1 mtu 0"
raw "$h" fill-echo 10.98.0.2 2048
same "REQ-8: a guest has 2,048 ids; one more is refused" "$(probe "$h" ping 10.98.0.2 56 64 5000)" \
	"error 3/13 from 10.99.0.2 about 10.99.0.129 to 10.98.0.2 mtu 0"
same "REQ-8: and another guest is served" "$(raw "$g" wait-echo 10.98.0.2 700 0.1 2 | tail -n 1)" "got 0.1"

# REQ-10
ip netns exec "$o" sysctl -qw net.ipv4.icmp_echo_ignore_all=0
ip -n "$m" route add unreachable 10.96.1.0/24
ip -n "$o" route add unreachable 10.96.3.0/24
same "REQ-10: hops used up at the NAT" "$(probe "$g" ping 10.98.0.2 56 1)" \
	"error 11/0 from 10.99.0.2 about 10.99.0.128 to 10.98.0.2 mtu 0"
same "REQ-10: hops used up at a router" "$(probe "$g" ping 10.97.0.2 56 2)" \
	"error 11/0 from 10.98.0.2 about 10.99.0.128 to 10.97.0.2 mtu 0"
same "REQ-10: host's route unreachable" "$(probe "$g" ping 10.96.1.1)" \
	"error 3/1 from 10.99.0.2 about 10.99.0.128 to 10.96.1.1 mtu 0"
same "REQ-10: a router's route unreachable" "$(probe "$g" ping 10.96.3.1)" \
	"error 3/1 from 10.98.0.2 about 10.99.0.128 to 10.96.3.1 mtu 0"
same "REQ-10: nobody at that address" "$(probe "$g" ping 10.98.0.77)" \
	"error 3/1 from 10.98.0.1 about 10.99.0.128 to 10.98.0.77 mtu 0"
start count "$g" count-errors 4
raw "$g" closed-port 10.99.0.2 7999 20000 >/dev/null
wait_for 30 grep -q errors "$work/count"
n=$(sed -n 's/errors //p' "$work/count")
check "REQ-10: 20,000 datagrams to a closed port make some errors, and no flood ($n)" \
	eval '[ "${n:-0}" -ge 500 ] && [ "$n" -le 5000 ]'
from_tree "$g" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xb8)
s.bind(("0.0.0.0", 45220))
s.sendto(b"x", ("10.99.0.2", 7998))'
check "REQ-10: the DS field of what it is about" heard "3/3 from 10.99.0.2 rest 0 tos 184 about 17 10.99.0.128:45220 .*"
ip -n "$o" link set of mtu 1300
ip -n "$f" link set fw mtu 1300
# The host learns it from the first.
probe "$g" error 10.97.0.2 7001 1400 df >/dev/null
ip -n "$g" route flush cache
same "REQ-10: a ping too long and not to be cut" "$(probe "$g" ping 10.97.0.2 1400 64 99 df)" \
	"error 3/4 from 10.99.0.2 about 10.99.0.128 to 10.97.0.2 mtu 1300"

# REQ-11
for type in 13 15 17; do
	raw "$g" raw-type 10.98.0.2 $type
done
sleep 1
same "REQ-11: other messages are dropped" "$(grep -c '^type' "$work/heard")" 0
natd_stop
ip netns del "$h"
ip -n "$g" link del nb0 2>/dev/null

# Timers, by a clock that runs three times as fast.
ip netns exec "$o" sysctl -qw net.ipv4.icmp_echo_ignore_all=1
echo_flows()
{
	probe "$m" json "/out/vmnat.$natd_pid" flows.icmp
}

check "a clock three times as fast" natd_warp 3
ready=sent
start e.59 "$g" wait-echo 10.98.0.2 801 19.67 21
start e.err "$g" wait-echo 10.98.0.2 802 18,21.5 23
ready=
ext=$(ext 10.98.0.2)
sleep 10
about 3/1 10.96.7.7 "$ext"
check "REQ-2: an answer after 59 s comes" wait_for 20 grep -qx "got 19.67" "$work/e.59"
check "REQ-6: an error ends no mapping, nor keeps it: after 54 s there is an answer, after 64 s none" \
	wait_for 20 grep -qx "got 18" "$work/e.err"
check "RFC 7857 11: the mapping of an echo goes with its last session" \
	wait_for 10 eval '[ "$(echo_flows)" = "flows.icmp 0" ]'
natd_stop
done_testing
