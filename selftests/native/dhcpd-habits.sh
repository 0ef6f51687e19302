#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Habits of clients: the broadcast flag, identifiers, what Windows asks for, names,
# an address that somebody uses already, an address from elsewhere.

. "$(dirname "$0")/dhcpd_hub.sh"

server=10.97.0.254
cat >"$work/dhcpd.conf" <<END
default-lease-time 1800;
max-lease-time 7200;
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.128 10.97.0.254;
	option routers 10.97.0.2;
	option domain-name-servers 10.97.0.2;
	option netbios-name-servers 10.97.0.2;
	option classless-static-routes 10.98.0.0/16 10.97.0.3, 0.0.0.0/0 10.97.0.2;
	option ms-classless-static-routes 10.98.0.0/16 10.97.0.3;
	option wpad "http://10.97.0.2/wpad.dat";
}
END

# udhcpc [ARG...]: one lease for the machine "guest", kept; what it was given goes
# to $work/env.bound. Sets from.
udhcpc()
{
	from=$(now)
	rm -f "$work"/env.*
	on guest timeout 40 busybox udhcpc -i eth0 -f -q -n -t 20 -T 2 -s /out/script "$@"
}
hub
serve || exit 1
machine guest 02:00:00:00:00:50 || exit 1
machine squatter 02:00:00:00:00:51 || exit 1
machine dhcpcd 02:00:00:00:00:52 || exit 1
machine hasty 02:00:00:00:00:53 || exit 1
for m in guest squatter dhcpcd hasty; do
	on "$m" ip link set eth0 up
done

# RFC 2131 4.1: to everybody where the client cannot take anything else.
check "a client without the broadcast flag" udhcpc
ip=$(value ip)
for type in OFFER ACK; do
	check "$type by unicast" heard guest "^server $server>$ip [^ ]*>${mac[guest]} $type .*broadcast=0" "$from"
done
check "a client with the broadcast flag" udhcpc -B
for type in OFFER ACK; do
	check "$type to everybody" heard guest "^server $server>255.255.255.255 [^ ]*>ff:ff:ff:ff:ff:ff $type .*broadcast=1" "$from"
done

# As Windows: its class, its list (1 15 3 6 44 46 47 31 33 121 249 252 43), its name.
check "a client like Windows" udhcpc -B -V 'MSFT 5.0' -x hostname:DESKTOP-7 -o \
	-O subnet -O domain -O router -O dns -O wins -O staticroutes -O msstaticroutes -O wpad
check "it says so" heard guest '^guest .* REQUEST .*host=DESKTOP-7 .*class=MSFT_5.0' "$from"
check "it asks as Windows does" heard guest '^guest .* list=[0-9a-f]*79[0-9a-f]*f9[0-9a-f]*fc' "$from"
same "address" "$(value ip)" "$ip"
same "WINS" "$(value wins)" 10.97.0.2
same "wpad" "$(value wpad)" http://10.97.0.2/wpad.dat
same "routes" "$(value staticroutes)" "10.98.0.0/16 10.97.0.3 0.0.0.0/0 10.97.0.2"
check "routes stand before routers, as they rank" heard guest '^server .* ACK .* routes=.* router=' "$from"
check "what old ones ask for, too" heard guest '^server .* ACK .* msroutes=100a620a610003( |$)' "$from"
check "the name is in the lease file" eval "block $ip | grep -q 'client-hostname \"DESKTOP-7\";'"

# One card, two identifiers: a boot loader's and its system's, say (D18).
check "an identifier of its own" udhcpc -x 0x3d:00aa01
one=$(value ip)
check "it is echoed" heard guest '^server .* ACK .* id=00aa01( |$)' "$from"
check "another one, by the same card" udhcpc -x 0x3d:00aa02
check "has another address" [ "$(value ip)" != "$one" ]
check "and a block of its own in the lease file" eval "block $(value ip) | grep -qF 'uid \"\\000\\252\\002\";'"
check "the first again" udhcpc -x 0x3d:00aa01
same "has its address" "$(value ip)" "$one"
check "no identifier at all" udhcpc -C
check "has a third" eval "[ '$(value ip)' != $one ] && [ '$(value ip)' != $ip ]"

printf 'send dhcp-client-identifier "vm-1";\n' >"$work/dhclient.conf"
from=$(now)
check "dhclient with an identifier" on guest timeout 60 dhclient -1 -cf /out/dhclient.conf -sf /bin/true \
	-lf /out/dhclient.leases -pf /out/dhclient.pid eth0
check "it is echoed" heard guest '^server .* ACK .* id=766d2d31( |$)' "$from"
acked guest "$from"
check "and in the lease file" eval "block $got | grep -qF 'uid \"vm-1\";'"

# The server does not hear who has the address, the client does.
on squatter ip addr add 10.97.0.240/24 dev eth0
for port in squatter server; do
	in_space "$hub" bridge link set dev "$port" isolated on
done
check "a client that looks whether its address is used" udhcpc -x 0x3d:00aa03 -a -A 1 -r 10.97.0.240
check "declines it" heard guest "^guest 0.0.0.0>255.255.255.255 .* DECLINE .*want=10.97.0.240 .*server=$server" "$from"
check "and gets another" [ "$(value ip)" != 10.97.0.240 ]
check "the log has it" grep -q "DHCPDECLINE of 10.97.0.240 from ${mac[guest]} via vmnet8" "$work/dhcpd.log"
check "the lease file too" eval "block 10.97.0.240 | grep -q 'abandoned;'"
crash_server
check "nobody else gets it, after a crash either" udhcpc -x 0x3d:00aa04 -r 10.97.0.240
check "but another" [ "$(value ip)" != 10.97.0.240 ]

check "asked for an address of another network" udhcpc -x 0x3d:00aa01 -r 192.168.9.9
same "it gets its own" "$(value ip)" "$one"

# Its address is fixed, it asks for the rest (D13).
from=$(now)
on dhcpcd timeout 20 dhcpcd -1 -B -s 10.97.0.9/24 eth0 >"$work/inform" 2>&1
check "dhcpcd informs" heard dhcpcd '^dhcpcd 10.97.0.9>.* INFORM .*ciaddr=10.97.0.9' "$from"
check "it is told the options" heard dhcpcd "^server $server>10.97.0.9 [^ ]*>${mac[dhcpcd]} ACK .*ciaddr=10.97.0.9 .*routes=" "$from"
check "but no address and no time" eval "! heard dhcpcd '^server .* (yiaddr|lease|t1|t2)=' $from"
# RFC 4039: a client that is in a hurry takes two messages, as the real one counts.
# dhcpcd OPTION: from the start, with this option asked for; sets from.
dhcpcd()
{
	on hasty bash -c 'rm -rf /var/lib/dhcpcd/*; ip addr flush dev eth0'
	printf 'option %s\n' "$1" >"$work/dhcpcd.conf"
	from=$(now)
	on hasty timeout 40 dhcpcd -1 -B -A -4 -f /out/dhcpcd.conf eth0
}
# What was said, by whom.
talk()
{
	heard hasty '' "$from" | awk '{ print $1 ":" $4 }' | xargs
}
check "dhcpcd with rapid commit" dhcpcd rapid_commit
same "two messages" "$(talk)" "hasty:DISCOVER server:ACK"
check "the client said that it can" heard hasty '^hasty .* DISCOVER .*rapid=yes' "$from"
check "the server that it did" heard hasty '^server .* ACK .*rapid=yes' "$from"
acked hasty "$from"
same "it has the address" "$(address_of hasty)" "$got"
check "which is in the lease file" eval "block $got | grep -qi 'hardware ethernet ${mac[hasty]};'"
check "dhcpcd without it" dhcpcd host_name
same "four messages" "$(talk)" "hasty:DISCOVER server:OFFER hasty:REQUEST server:ACK"
check "nobody spoke of it" eval "! heard hasty ' rapid=' $from"
tell_said
done_testing
