#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-dhcpd on an ordinary interface, beside the host's own stack.
#
#	guest eth0 -- eth1 10.97.0.1 server

. "$(dirname "$0")/dhcpd_rig.sh"

s=$tag-s
dhcpd_conf
space "$g"
space "$s"
ip -n "$s" link add eth1 type veth peer name eth0 netns "$g"
ip -n "$g" link set eth0 up
ip -n "$s" link set eth1 up

serve()
{
	background "$work/dhcpd.log" ip netns exec "$s" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --run-dir "$work" --foreground "$@"
	dhcpd_pid=$last
}

# refused WORDS ARG...: it does not start, and says why in one line.
refused()
{
	local words=$1 status
	shift
	ip netns exec "$s" timeout 20 "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --run-dir "$work" --foreground "$@" >"$work/refused" 2>&1
	status=$?
	cat "$work/refused"
	[ $status -eq 1 ] && [ "$(wc -l <"$work/refused")" -eq 1 ] && grep -q -- "$words" "$work/refused"
}

check "an interface that is not there" refused "interface eth9: No such device" --interface eth9
check "one that is no Ethernet" refused "interface lo: not an Ethernet" --interface lo
check "one without an address of the network" \
	refused "dhcpd.conf: interface eth1 has no address on a subnet of it" --interface eth1
ip -n "$s" addr add 192.0.2.1/24 dev eth1
ip -n "$s" addr add 10.97.0.3/24 dev eth1
background "$work/other" from_tree "$s" socat -u UDP-RECV:67 /dev/null
wait_for 30 in_space "$s" grep -q ':0043 ' /proc/net/udp
check "a port that another server has" refused "another server has UDP port 67" --interface eth1
pkill -P "$last"
wait "$last" 2>/dev/null

serve --interface eth1
check "it starts" wait_for 30 grep -q "Sending on" "$work/dhcpd.log"

asks=(-t 10 -T 1)

check "a client gets a lease" udhcpc
same "the server is the interface's address on the network" "$(value serverid)" 10.97.0.3
check "log: via the interface" grep -q "DHCPACK on $(value ip) to .* via eth1" "$work/dhcpd.log"
first=$(value ip)

# A client that renews talks to the host's address; the host's stack hears it too.
ip -n "$g" addr add "$first/24" dev eth0
background "$work/icmp" from_tree "$g" tcpdump -lnpi eth0 icmp
sniffer=$last
wait_for 30 grep -q listening "$work/icmp"
cat >"$work/renew.py" <<'END'
import os, socket, struct, sys
addr, server = sys.argv[1:]
mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
s.bind((addr, 68))
s.settimeout(5)
head = struct.pack('!BBBBIHH4s4s4s4s16s64s128s', 1, 1, 6, 0, 0x1234, 0, 0,
                   socket.inet_aton(addr), bytes(4), bytes(4), bytes(4), mac, b'', b'')
for i in range(3):
    s.sendto(head + b'\x63\x82\x53\x63\x35\x01\x03\x3d\x07\x01' + mac + b'\xff', (server, 67))
    answer = s.recv(1500)
    print(answer[:3].hex(), answer[240:243].hex())
END
ip netns exec "$g" python3 "$work/renew.py" "$first" 10.97.0.3 >"$work/renewed" 2>&1
same "renewals by unicast are answered" "$(sort -u "$work/renewed")" "020106 350105"
nap 0.5
pkill -P "$sniffer"
wait "$sniffer" 2>/dev/null
check "and the host does not call its port closed" eval "! grep -q unreachable $work/icmp"
check "the host answers echo, once" eval \
	"from_tree $g ping -c 2 -i 0.3 -W 5 10.97.0.3 >$work/ping; ! grep -q DUP $work/ping && grep -q '2 received' $work/ping"
check "and ARP, once" eval \
	"[ \$(from_tree $g arping -c 1 -w 3 -I eth0 10.97.0.3 | grep -c 'reply from') = 1 ]"
ip -n "$g" addr flush dev eth0

# What comes with a tag belongs to the VLAN's interface.
cat >"$work/tagged.py" <<'END'
import socket, struct, sys
mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
dhcp = struct.pack('!BBBBIHH16x16s192x', 1, 1, 6, 0, 0x77, 0, 0, mac)
dhcp += b'\x63\x82\x53\x63\x35\x01\x01\xff' + bytes(60)
ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28 + len(dhcp), 0, 0, 64, 17, 0, bytes(4), b'\xff' * 4)
sum = sum(struct.unpack('!10H', ip))
sum = (sum & 0xffff) + (sum >> 16)
ip = ip[:10] + struct.pack('!H', ~sum & 0xffff) + ip[12:]
udp = struct.pack('!HHHH', 68, 67, 8 + len(dhcp), 0)
tag = b'\x81\x00\x00\x05' if sys.argv[1] == 'tagged' else b''
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
s.send(b'\xff' * 6 + mac + tag + b'\x08\x00' + ip + udp + dhcp)
END
: >"$work/dhcpd.log"
ip netns exec "$g" python3 "$work/tagged.py" tagged
nap 1
check "messages of a VLAN are not the interface's" eval "! grep -q DISCOVER $work/dhcpd.log"
ip netns exec "$g" python3 "$work/tagged.py" plain
check "the same one without a tag is" wait_for 20 grep -q DISCOVER "$work/dhcpd.log"

# Down and up again.
ip -n "$s" link set eth1 down
check "an interface that is down" wait_for 20 grep -q "interface eth1 is down" "$work/dhcpd.log"
ip -n "$s" link set eth1 up
check "that it is up again is said" wait_for 20 grep -q "interface eth1 is up again" "$work/dhcpd.log"
check "serves again when it is up" udhcpc
same "the same address" "$(value ip)" "$first"

# A firewall of the host's is not in the way.
if from_tree "$s" nft -f - <<'END'
table inet t {
	chain c { type filter hook input priority 0; policy drop; }
	chain o { type filter hook output priority 0; policy drop; }
}
END
then
	check "the host's firewall is beside the way" udhcpc
	from_tree "$s" nft delete table inet t
else
	echo "# no nftables here: the row of the firewall is left out"
fi

ip -n "$s" link del eth1
wait_pid 20 "$dhcpd_pid"
same "an interface that is removed ends it, with an error" "$?" 1
check "that says so" grep -q "interface eth1: No such device; the network is gone" "$work/dhcpd.log"
done_testing
