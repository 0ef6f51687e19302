#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest reaches of the host: never its loopback and never the NAT itself,
# unless the user has mapped it. Witnesses stand at the host's addresses and tell
# of everybody who comes, whatever the guest gets to see.

. "$(dirname "$0")/natd_rig.sh"

cp "$native/natd_knock.py" "$native/natd_tcp.py" "$work/"

knock()
{
	from_tree "$g" timeout 60 python3 /out/natd_knock.py knock "$@"
}

say()
{
	from_tree "$g" timeout 60 python3 /out/natd_knock.py say "$@" 2>&1 | tail -n "${lines:-1}"
}

# heard FROM-LINE: what the witnesses have told since then
heard()
{
	tail -n "+$(($1 + 1))" "$work/witness.log"
}

told()
{
	wc -l <"$work/witness.log"
}

# said FILE KIND PLACE: what a guest got there
said()
{
	sed -n "s/^$2 $3 //p" "$1"
}

# conf LINE...: with hosts as they are, and these
conf()
{
	natd_conf '[host]
configport = 33445
natIp6Enable = 1
[incomingtcp]
8080 = 10.99.0.128:80
[incomingudp]
6000 = 10.99.0.128:6001' "$@"
}

conf
rig_spaces
echo "nameserver 127.0.0.53" >"/etc/netns/$m/resolv.conf"
# The host's own adapter, and an address that is on no wire.
ip -n "$m" link add hostif type veth peer name hostend
ip -n "$m" addr add 10.99.0.1/24 dev hostif
ip -n "$m" link set hostif up
ip -n "$m" link set hostend up
ip -n "$m" addr add 10.77.0.1/32 dev lo
natd_start || exit 1
background "$work/witness.log" from_tree "$m" python3 /out/natd_knock.py witness \
	127.0.0.1:7001 127.0.0.53:7002 127.9.9.9:7001 0.0.0.0:7003 10.99.0.1:7004 10.98.0.1:7005 \
	10.77.0.1:7006
wait_for 60 grep -q ready "$work/witness.log"
serve dns "$m" dns-server 127.0.0.53 53 192.0.2.7
serve web "$g" tcp-server 10.99.0.128 80
serve echo "$g" echo 10.99.0.128 6001

# The probe and the witnesses can tell at all.
at=$(told)
from_tree "$m" timeout 60 python3 /out/natd_knock.py say 127.0.0.1 7001 >/dev/null
check "a witness tells who came" wait_for 20 eval "heard $at | grep -q 'tcp 127.0.0.1:7001 from 127.0.0.1'"

gateway=10.99.0.2
never=127.0.0.1,127.0.0.53,127.9.9.9,127.255.255.255,0.0.0.0,0.1.2.3,240.0.0.1
net=10.99.0.1,10.99.0.0,10.99.0.255
groups=255.255.255.255,224.0.0.1,239.1.1.1,10.98.0.255
ports=7001,7002,7003,7004,7005,7006,33445,53
at=$(told)
knock $gateway,$never,$net,$groups $ports >"$work/shut"
same "the gateway resets what is for nothing at it" \
	"$(grep "^tcp $gateway:" "$work/shut" | grep -v ':53 ' | sort -u -k3 | cut -d' ' -f3-)" reset
same "or says that nobody listens" \
	"$(grep "^udp $gateway:" "$work/shut" | grep -v ':53 ' | sort -u -k3 | cut -d' ' -f3-)" "3/3 from $gateway"
same "it answers an echo" "$(said "$work/shut" icmp $gateway)" "reply from $gateway"
same "the loopback, the reserved and this network, by TCP" \
	"$(grep -E '^tcp (127|0|240)\.' "$work/shut" | cut -d' ' -f3- | sort -u)" reset
same "by UDP" "$(grep -E '^udp (127|0|240)\.' "$work/shut" | cut -d' ' -f3- | sort -u)" "3/13 from $gateway"
same "by an echo" "$(grep -E '^icmp (127|0|240)\.' "$work/shut" | cut -d' ' -f3- | sort -u)" "3/13 from $gateway"
same "the host's adapter is not reached through the NAT" \
	"$(grep -E '^(tcp|udp|icmp) 10.99.0.1(:| )' "$work/shut" | cut -d' ' -f3- | sort -u)" silence
same "nothing opens at groups, nor at the ends of networks" \
	"$(grep -E '^[a-z]* (2|10.99.0.0|10.99.0.255|10.98)' "$work/shut" | grep -E 'open|answer|reply')" ""
same "no witness has seen anybody" "$(heard "$at")" ""
same "DNS by the gateway is led to the loopback" "$(probe "$g" dns $gateway a.test)" \
	"id rcode 0 answers 1 192.0.2.7"
same "by TCP too" "$(probe "$g" dns-tcp $gateway a.test)" "rcode 0 answers 1 192.0.2.7"

# What the host has for everybody is for guests too, at its outside addresses.
at=$(told)
knock 10.98.0.1,10.77.0.1 $ports >"$work/outside"
same "the host's other addresses: what listens there" \
	"$(grep -E 'open|answer|reply' "$work/outside" | cut -d' ' -f1-2 | tr '\n' ' ')" \
	"tcp 10.98.0.1:7003 udp 10.98.0.1:7003 tcp 10.98.0.1:7005 udp 10.98.0.1:7005 icmp 10.98.0.1 tcp 10.77.0.1:7003 udp 10.77.0.1:7003 tcp 10.77.0.1:7006 udp 10.77.0.1:7006 icmp 10.77.0.1 "
same "and nothing of the loopback or of the NAT" \
	"$(grep -E ':(7001|7002|7004|33445|53) ' "$work/outside" | cut -d' ' -f1,3 | sort -u)" "tcp reset
udp 3/3"
same "nor has a witness there seen anybody" "$(heard "$at" | grep -E '127\.|7004')" ""

# A port that meets itself at an address of the host.
same "a guest's port to the same port of the host is not connected to itself" \
	"$(from_tree "$g" timeout 60 python3 /out/natd_tcp.py ask 10.98.0.1 5777 5777)" ECONNREFUSED

# Forwards by the host's address: to the guest, and that is the end of it.
opened()
{
	ctl -j statistics | grep -o '"opened":[0-9]*' | cut -d: -f2
}
n=$(opened)
same "a guest reaches a forward by the host's address" "$(tcp "$g" 10.98.0.1 8080)" 10.98.0.1
same "which makes one connection there and one back" $(($(opened) - n)) 2
same "by UDP" "$(udp "$g" 10.98.0.1 6000)" "10.98.0.1 5 other from 10.98.0.1:6000"
same "a forward is not at the gateway's address" "$(tcp "$g" $gateway 8080)" ECONNREFUSED

# resetConnectionOnDestLocalHost = 0: the gateway is the host, but its loopback.
conf '[host]
resetConnectionOnDestLocalHost = 0'
same "read again" "$(ctl reload)" "nat.conf was read again"
at=$(told)
knock $gateway,127.0.0.1 $ports 3 >"$work/zero"
same "the gateway leads to what listens at hostIp" \
	"$(grep -E '^tcp.*open' "$work/zero" | cut -d' ' -f2- | tr '\n' ' ')" \
	"$gateway:7003 open from $gateway $gateway:7004 open from $gateway $gateway:53 open from $gateway "
same "and not to the loopback" "$(heard "$at" | cut -d' ' -f1-2 | sort -u | tr '\n' ' ')" \
	"tcp 0.0.0.0:7003 tcp 10.99.0.1:7004 "
same "the service sees hostIp" "$(say $gateway 7004)" "10.99.0.1:7004 sees 10.99.0.1"
n=$(opened)
same "a forward by that way is one connection there and one back" \
	"$(tcp "$g" $gateway 8080) $(($(opened) - n))" "$gateway 2"
ip -n "$m" addr del 10.99.0.1/24 dev hostif
same "when the host has no such address, nothing is led anywhere" \
	"$(tcp "$g" $gateway 7003)" ECONNREFUSED
ip -n "$m" addr add 10.99.0.1/24 dev hostif

# What is mapped.
conf '[hosttcp]
8001 = 127.0.0.1:7001 # the database
8010-8012,~8011 = 127.0.0.53:7001
8020 = 127.0.0.1:7020
7021 = 127.0.0.1:7021
8021 = 127.0.0.1:8080
8022 = 127.0.0.1:33445
[hostudp]
8001 = 127.0.0.1:7001
8002 = 127.0.0.53:7002 # name
8020 = 127.0.0.1:7020
8021 = 127.0.0.1:6000'
same "read again, with services" "$(ctl reload)" "nat.conf was read again"
same "they are listed" "$(ctl services)" "tcp 8001 -> 127.0.0.1:7001 # the database
tcp 8010 -> 127.0.0.53:7001
tcp 8012 -> 127.0.0.53:7003
tcp 8020 -> 127.0.0.1:7020
tcp 7021 -> 127.0.0.1:7021
tcp 8021 -> 127.0.0.1:8080
tcp 8022 -> 127.0.0.1:33445
udp 8001 -> 127.0.0.1:7001
udp 8002 -> 127.0.0.53:7002 # name
udp 8020 -> 127.0.0.1:7020
udp 8021 -> 127.0.0.1:6000"
at=$(told)
same "a service of TCP" "$(say $gateway 8001)" "127.0.0.1:7001 sees 127.0.0.1"
same "one of a range" "$(say $gateway 8012)" "0.0.0.0:7003 sees 127.0.0.1"
same "an exclusion from it" "$(tcp "$g" $gateway 8011)" ECONNREFUSED
same "a service of UDP answers from the gateway" "$(probe "$g" ask $gateway 8001 7777 hello)" \
	"127.0.0.1:7001 has 5 from $gateway:8001"
same "another one, to the same port of the guest" "$(probe "$g" ask $gateway 8002 7777 hello)" \
	"127.0.0.53:7002 has 5 from $gateway:8002"
same "a big datagram" "$(probe "$g" ask $gateway 8001 7777 "$(head -c 5000 /dev/zero | tr '\0' x)")" \
	"127.0.0.1:7001 has 5000 from $gateway:8001"
ip netns exec "$g" sysctl -qw net.ipv6.conf.{all,default,nt0}.disable_ipv6=0
check "a guest has an IPv6 address" wait_for 30 eval \
	"ip -n $g -6 -o addr show dev nt0 scope global -tentative | grep -q fd15"
gw6=fd15:4ba5:5a2b:1008::2
same "the service of TCP by IPv6" "$(say $gw6 8001)" "127.0.0.1:7001 sees 127.0.0.1"
same "and of UDP" "$(from_tree "$g" bash -c "echo -n hello | timeout 20 socat -T 5 - UDP6:[$gw6]:8001")" \
	"127.0.0.1:7001 has 5"
same "what is not mapped, by IPv6" "$(tcp "$g" $gw6 7001)" ECONNREFUSED
same "where nothing listens, TCP" "$(tcp "$g" $gateway 8020)" ECONNREFUSED
same "and UDP" "$(probe "$g" connected $gateway 8020)" ECONNREFUSED
check "flows to services are listed" eval \
	"ctl -j flows udp | grep -q '\"guest\":\"10.99.0.128:7777\".*\"peer\":\"$gateway:8001\"'"
same "a service that is a forward leads to the guest, once" "$(tcp "$g" $gateway 8021)" $gateway
same "by UDP too" "$(udp "$g" $gateway 8021 | cut -d' ' -f1,5-)" "$gateway $gateway:8021"
knock $gateway,127.0.0.1,127.0.0.53 $ports 3 >"$work/mapped"
same "no other port of the gateway has changed" \
	"$(grep -E 'open|answer' "$work/mapped" | cut -d' ' -f1-2)" "tcp $gateway:53"
same "the witnesses have seen nothing but that" \
	"$(heard "$at" | sort -u | tr '\n' ' ')" \
	"tcp 0.0.0.0:7003 from 127.0.0.1 tcp 127.0.0.1:7001 from 127.0.0.1 udp 127.0.0.1:7001 from 127.0.0.1 udp 127.0.0.53:7002 from 127.0.0.1 "
transfer "6 MB to a program of the host" "$g" "$m" $gateway 7021 6 100

# Others are mapped while these are in use.
background "$work/open.log" from_tree "$g" timeout 60 python3 /out/natd_knock.py say $gateway 8001 12
wait_for 20 grep -q sees "$work/open.log"
conf '[hosttcp]
8010 = 127.0.0.1:7003
[hostudp]
8002 = 127.0.0.1:7001'
same "read again, with other services" "$(ctl reload)" "nat.conf was read again"
same "the new ones are listed" "$(ctl services)" "tcp 8010 -> 127.0.0.1:7003
udp 8002 -> 127.0.0.1:7001"
check "those of UDP that are gone have no flows" eval "! ctl -j flows udp | grep -q '$gateway:'"
same "one that is gone, TCP" "$(tcp "$g" $gateway 8001)" ECONNREFUSED
same "and UDP" "$(probe "$g" connected $gateway 8001)" ECONNREFUSED
same "one that is another one, TCP" "$(say $gateway 8010)" "0.0.0.0:7003 sees 127.0.0.1"
same "and UDP, from the same port of the guest" "$(probe "$g" ask $gateway 8002 7777 hello)" \
	"127.0.0.1:7001 has 5 from $gateway:8002"
check "a connection that was open goes on" wait_for 30 grep -qx "still there" "$work/open.log"
check "ends when told" natd_stop
done_testing
