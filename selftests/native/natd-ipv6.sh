#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# IPv6 behind natd, as a guest sees it: its kernel makes itself an address of what
# is advertised (RFC 4861, 4862), a DHCPv6 client is told of the DNS server, and
# TCP, UDP, echoes and errors go to the outside and back.

. "$(dirname "$0")/natd_rig.sh"

prefix=fd15:4ba5:5a2b:1008
gw=$prefix::2
f=$tag-f

with_ipv6()
{
	ip netns exec "$1" sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=0
}

# fd98::/64 between the host and the outside; fd97::/64 is behind that, by a line of
# 1,300 bytes.
routes()
{
	local s
	space "$f"
	for s in "$g" "$m" "$o" "$f"; do
		with_ipv6 "$s"
	done
	ip -n "$m" addr add fd98::1/64 dev mo nodad
	ip -n "$o" addr add fd98::2/64 dev om nodad
	ip -n "$m" -6 route add default via fd98::2
	ip -n "$o" link add of mtu 1300 type veth peer name fw mtu 1300 netns "$f"
	ip -n "$o" addr add fd97::1/64 dev of nodad
	ip -n "$o" link set of up
	ip netns exec "$o" sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n "$f" addr add fd97::2/64 dev fw nodad
	ip -n "$f" link set fw up
	ip -n "$f" -6 route add default via fd97::1
	ip -n "$m" -6 route add unreachable fd96:1::/64
	ip -n "$m" -6 route add prohibit fd96:2::/64
	ip -n "$o" -6 route add unreachable fd96:3::/64
}

# start LINE [ARG...]: natd, with a line for [host]
start()
{
	natd_conf
	[ -z "$1" ] || sed -i "/^hostIp/a $1" "$work/nat.conf"
	natd_start "${@:2}"
	with_ipv6 "$g"
	ip netns exec "$g" sysctl -qw net.ipv6.conf.nt0.disable_ipv6=0
}

guest_addr()
{
	ip -n "$g" -6 -o addr show dev nt0 scope global -tentative |
		sed -n 's/.*inet6 \([^/]*\).*/\1/p' | head -n 1
}

has_address()
{
	[ -n "$(guest_addr)" ]
}

default_route()
{
	ip -n "$g" -6 route show default | sed 's/ metric.*//'
}

has_default()
{
	[ -n "$(default_route)" ]
}

has_none()
{
	[ -z "$(default_route)" ]
}

# ping6 ADDRESS [OPTION...]: the line that tells what came
ping6()
{
	from_tree "$g" timeout 30 ping -n -c 1 -W 10 "${@:2}" "$1" 2>&1 |
		grep -E ' bytes from |^From ' | sed 's/icmp_seq.*ttl=/ttl=/; s/ time=.*//'
}

# hops ADDRESS OPTION...: who is on the way
hops()
{
	from_tree "$g" timeout 60 traceroute -6 -n -q 1 -w 5 -m 5 "${@:2}" "$1" 2>&1 |
		sed -n 's/^ *[0-9]* *\([^ ]*\).*/\1/p' | tail -n +2 | tr '\n' ' '
}

# refusal ADDRESS PORT: how a connection ends, and whether at once
refusal()
{
	from_tree "$g" timeout 60 python3 - "$1" "$2" <<'END'
import errno, socket, sys, time
begin = time.monotonic()
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
    print("connected")
except OSError as e:
    print(errno.errorcode.get(e.errno, "timeout"),
          "at once" if time.monotonic() - begin < 2 else "late")
END
}

rig_spaces
routes

start ""
nap 2
same "without natIp6Enable nothing is advertised" "$(guest_addr)$(default_route)" ""
natd_stop

start "natIp6Enable = 1" || exit 1
mac=$(cat "$work/nat.mac")
check "the guest makes itself an address" wait_for 30 has_address
me=$(guest_addr)
same "of VMware's prefix" "${me%:*:*:*:*}" "$prefix"
via=$(python3 -c 'import sys
m = [int(x, 16) for x in sys.argv[1].split(":")]
print("fe80::%x:%xff:fe%02x:%x" % ((m[0] ^ 2) << 8 | m[1], m[2], m[3], m[4] << 8 | m[5]))' "$mac")
same "its router is natd" "$(default_route)" "default via $via dev nt0 proto ra"
same "with the network's MTU" "$(ip netns exec "$g" cat /proc/sys/net/ipv6/conf/nt0/mtu)" 1500
from_tree "$g" timeout 30 python3 - >"$work/ra" <<'END' &
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
index = socket.if_nametoindex("nt0")
s.sendto(b"\x85" + bytes(7), ("ff02::2", 0, 0, index))
while True:
    msg, anc, _, who = s.recvmsg(2000, 200)
    if msg[0] != 134:
        continue
    print("hops", struct.unpack("i", anc[0][2])[0])
    at = 16
    while at < len(msg):
        if msg[at] == 25:
            print("dns", socket.inet_ntop(socket.AF_INET6, msg[at + 8:at + 24]))
        elif msg[at] == 31:
            print("domain", msg[at + 9:at + 9 + msg[at + 8]].decode())
        at += msg[at + 1] * 8
    break
END
wait_pid 30 $!
same "asked for, it tells of the DNS server and the domain (RFC 8106)" "$(cat "$work/ra")" "hops 255
dns $gw
domain localdomain"
from_tree "$g" timeout 60 dhclient -6 -S -1 -sf /bin/env -lf /out/dhclient6.leases -pf /out/dhclient6.pid \
	nt0 >"$work/dhclient" 2>&1
same "so does DHCPv6 (dhclient -6 -S)" \
	"$(sed -n 's/^new_dhcp6_name_servers=//p' "$work/dhclient" | head -n 1)" "$gw"
kill "$(cat "$work/dhclient6.pid" 2>/dev/null)" 2>/dev/null

same "ping the gateway" "$(ping6 $gw)" "64 bytes from $gw: ttl=64"
same "and its link-local address" "$(ping6 "$via" -I nt0 | sed 's/%nt0//')" "64 bytes from $via: ttl=64"
same "ping the outside" "$(ping6 fd98::2)" "64 bytes from fd98::2: ttl=63"
same "ping with 5000 bytes" "$(ping6 fd98::2 -s 5000)" "5008 bytes from fd98::2: ttl=63"
same "ping that dies at the NAT" "$(ping6 fd98::2 -t 1)" \
	"From $gw icmp_seq=1 Time exceeded: Hop limit"
same "ping that dies at a router" "$(ping6 fd97::2 -t 2)" \
	"From fd98::2 icmp_seq=1 Time exceeded: Hop limit"
same "nobody at that address" "$(ping6 fd98::77)" \
	"From fd98::1 icmp_seq=1 Destination unreachable: Address unreachable"
same "host's route unreachable" "$(ping6 fd96:1::1)" \
	"From $gw icmp_seq=1 Destination unreachable: Address unreachable"
same "host's route prohibited" "$(ping6 fd96:2::1)" \
	"From $gw icmp_seq=1 Destination unreachable: Administratively prohibited"
same "a router's route unreachable" "$(ping6 fd96:3::1 | sed 's/No route/Address unreachable/')" \
	"From fd98::2 icmp_seq=1 Destination unreachable: Address unreachable"
same "more than the path takes, and not to be cut" "$(ping6 fd97::2 -s 1400 -M "do")" \
	"From fd98::2 icmp_seq=1 Packet too big: mtu=1300"
same "traceroute by UDP shows the path" "$(hops fd97::2)" "$gw fd98::2 fd97::2 "
same "by ICMP" "$(hops fd97::2 -I)" "$gw fd98::2 fd97::2 "

serve echo6 "$o" echo fd98::2 7001 7002 7003
serve farecho6 "$f" echo fd97::2 7001
same "source port kept" "$(probe "$g" ask fd98::2 7001 45678 hello)" \
	"[fd98::1]:45678 5 other from [fd98::2]:7001"
same "one port for all peers, all may answer" "$(probe "$g" mapping fd98::2 7001 7002 45001)" \
	"first [fd98::1]:45001
second [fd98::1]:45001
answer from 7003"
for n in 1452 1453 8000 65000; do
	same "datagrams of $n bytes" "$(probe "$g" size fd98::2 7001 $n)" \
		"up $n whole
down $n whole"
done
same "empty datagrams" "$(probe "$g" empty fd98::2 7001)" \
	"up 0
down 0 7001"
same "closed port" "$(probe "$g" error fd98::2 7009)" "1/4 from fd98::2 info 0"
same "time to live that ends at the NAT" "$(probe "$g" error fd98::2 7001 10 "" 1)" "3/0 from $gw info 0"
for s in "$g" "$m"; do
	ip -n "$s" -6 route flush cache
done
same "a datagram that the path does not take" "$(probe "$g" error fd97::2 7001 1400 df)" \
	"2/0 from fd98::2 info 1300"
same "the gateway's closed port" "$(probe "$g" error $gw 7009)" "1/4 from $gw info 0"

from_tree "$o" socat TCP6-LISTEN:7100,bind=[fd98::2],fork,reuseaddr EXEC:'head -c 3000000 /out/data6' &
pids+=("$!")
head -c 3000000 /dev/urandom >"$work/data6"
listening "$o" t 7100
sum=$(sha256sum <"$work/data6")
same "TCP down, 3 MB" "$(from_tree "$g" timeout 60 socat -u TCP6:[fd98::2]:7100 - | sha256sum)" "$sum"
from_tree "$o" socat -u TCP6-LISTEN:7101,reuseaddr CREATE:/out/up6 &
up=$!
listening "$o" t 7101
from_tree "$g" timeout 60 socat -u FILE:/out/data6 TCP6:[fd98::2]:7101
wait_pid 60 $up
same "TCP up, 3 MB" "$(sha256sum <"$work/up6")" "$sum"
same "refused" "$(refusal fd98::2 7109)" "ECONNREFUSED at once"
same "host's route unreachable" "$(refusal fd96:1::1 80)" "EHOSTUNREACH at once"
same "host's route prohibited" "$(refusal fd96:2::1 80)" "EACCES at once"
same "a router's route unreachable" "$(refusal fd96:3::1 80)" "ENETUNREACH at once"
same "the gateway's closed port" "$(refusal $gw 7109)" "ECONNREFUSED at once"
same "traceroute by TCP shows the path" "$(hops fd98::2 -T -p 7100)" "$gw fd98::2 "

serve dns6 "$o" dns-server 10.98.0.2 53 10.98.0.9
same "DNS on the gateway's address" \
	"$(from_tree "$g" timeout 30 dig +short @$gw www.example.com A)" 10.98.0.9
same "by TCP" "$(from_tree "$g" timeout 30 dig +tcp +short @$gw www.example.com A)" 10.98.0.9

probe "$g" ask fd98::2 7001 45679 hello >/dev/null
check "natctl lists the flows" grep -q "\[*$me\]*.*fd98::1\|$me.*45679" <<<"$(ctl flows)"

serve web6 "$g" tcp-server "$me" 80
serve gecho6 "$g" echo "$me" 6001
same "a forward is added" "$(ctl add tcp 8080 "[$me]:80" "the web")" "1 added"
same "TCP from outside, true address shown" "$(tcp "$o" fd98::1 8080)" fd98::2
same "TCP from the host's loopback, shown as the gateway" "$(tcp "$m" ::1 8080)" "$gw"
same "IPv4's port of that number is another" "$(tcp "$o" 10.98.0.1 8080)" ECONNREFUSED
same "one of UDP" "$(ctl add udp 6000 "[$me]:6001")" "1 added"
same "UDP from outside" "$(udp "$o" fd98::1 6000)" "[fd98::2] 5 other from [fd98::1]:6000"
same "UDP from the host's loopback" "$(udp "$m" ::1 6000)" "[$gw] 5 other from [::1]:6000"
same "two at one address" "$(ctl add tcp "[fd98::1]:8081-8082" "[$me]:80")" "2 added"
same "are there" "$(tcp "$o" fd98::1 8081)" fd98::2
same "and at no other" "$(tcp "$m" ::1 8081)" ECONNREFUSED
same "all are listed" "$(ctl forwards)" "tcp [::]:8080 -> [$me]:80, request, listening # the web
udp [::]:6000 -> [$me]:6001, request, listening
tcp [fd98::1]:8081 -> [$me]:80, request, listening
tcp [fd98::1]:8082 -> [$me]:81, request, listening"
sed -i 's/natIp6Enable = 1/natIp6Enable = 0/' "$work/nat.conf"
check "while these are there, IPv6 stays" grep -q \
	"guests have no IPv6 (natIp6Enable), but a request has forwarded TCP port \[::\]:8080 there" <<<"$(ctl reload)"
sed -i 's/natIp6Enable = 0/natIp6Enable = 1/' "$work/nat.conf"
same "removed" "$(ctl remove tcp "[fd98::1]:8081-8082" && ctl remove udp "[::]:6000" && ctl remove tcp "[::]:8080")" \
	"2 removed, open connections stay
1 removed
1 removed, open connections stay"
same "it leads nowhere" "$(tcp "$o" fd98::1 8080)" ECONNREFUSED

ip -n "$g" addr add fd77::7/64 dev nt0 nodad
strangers()
{
	ctl -j statistics | sed 's/.*"bad": *{[^}]*"address": *\([0-9]*\).*/\1/'
}
before=$(strangers)
from_tree "$g" timeout 5 ping -c 1 -W 2 -I fd77::7 fd98::2 >/dev/null 2>&1
check "an address of another network is refused and counted" \
	[ "$(strangers)" -gt "$before" ]
ip -n "$g" addr del fd77::7/64 dev nt0

sed -i 's/natIp6Enable = 1/natIp6Enable = 0/' "$work/nat.conf"
ctl reload >/dev/null
check "switched off, guests lose their router" wait_for 30 has_none
same "IPv4 goes on" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
sed -i "s/natIp6Enable = 0/natIp6Enable = 1\nnatIp6Prefix = fd99:1:2:3::\/64/" "$work/nat.conf"
ctl reload >/dev/null
check "and get it back when it is switched on" wait_for 30 has_default
new_prefix()
{
	ip -n "$g" -6 -o addr show dev nt0 scope global -tentative | grep -q fd99:1:2:3:
}
check "with another prefix" wait_for 30 new_prefix
same "by which they reach the outside" \
	"$(ping6 fd98::2 -I "$(ip -n "$g" -6 -o addr show dev nt0 | sed -n 's/.*inet6 \(fd99[^/]*\).*/\1/p')")" \
	"64 bytes from fd98::2: ttl=63"
ip -n "$g" addr add fd99:1:2:3::5/64 dev nt0 nodad
serve web7 "$g" tcp-server fd99:1:2:3::5 80
cat >>"$work/nat.conf" <<END
[incomingtcp]
[fd98::1]:8085 = [fd99:1:2:3::5]:80 # of the file
END
same "a forward of nat.conf" "$(ctl reload >/dev/null; tcp "$o" fd98::1 8085)" fd98::2
ip -n "$g" addr del fd99:1:2:3::5/64 dev nt0
natd_stop
check "and lose it when natd ends" wait_for 30 has_none

start "natIp6Prefix = fd99:5:6:7::/64" --advertise-only || exit 1
alone()
{
	ip -n "$g" -6 -o addr show dev nt0 scope global -tentative | grep -q fd99:5:6:7:
}
check "with --advertise-only guests have addresses" wait_for 30 alone
same "and no router" "$(default_route)" ""
same "a request for a forward is refused" "$(ctl add tcp 8080 10.99.0.128:80)" \
	"vmnet-natctl: nothing is carried (--advertise-only)"
same "nothing is carried" "$(from_tree "$g" timeout 20 ping -c 1 -W 2 fd99:5:6:7::2 | grep -c ' bytes from ')" 0
natd_stop
cat >>"$work/nat.conf" <<END
[incomingtcp]
8080 = 10.99.0.128:80
END
refused=$(ip netns exec "$m" timeout 20 "$bin/vmnet-natd" -c "$work/nat.conf" --tap nt1 --advertise-only \
	--run-dir "$work" --foreground 2>&1)
same "and no forwards are taken" "$refused" \
	"vmnet-natd: $work/nat.conf:9: a forward, but nothing is carried with --advertise-only"
done_testing
