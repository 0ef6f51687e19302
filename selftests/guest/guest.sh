#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One real guest with three NICs on the three networks: what a user sees. Root,
# in the test VM (tools/vm); the guest is QEMU's, as everybody starts it:
# -netdev tap,fd=N N<>/dev/vmnetM. It goes on where guest/build.sh left it after
# its boot, which takes five minutes in here; later it boots once more.
#
#	wan (a server) --- lan (router, DHCP, DNS) --- eth0, the host --- vmnetN
#
# The build is looked for in the checkout: build/kmod-*, userland, guest.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../lib.sh"
# shellcheck source=selftests/guest/lib.sh
. "$here/lib.sh"

kernel=$(uname -r | cut -d. -f1,2 | cut -d- -f1)
ko=${VMNET_KO:-$top/build/kmod-$kernel/vmnet.ko}
PATH=$top/build/userland:$top/build/selftests/vmnet:$PATH
# The image is read again and again: from memory.
GUEST_DIR=/tmp/guest
GUEST_RUN=/tmp/guest.run
run=/tmp/guest.test
mac0=00:0c:29:1b:85:3d mac1=00:0c:29:1b:85:47 mac8=00:0c:29:1b:85:51
server=198.51.100.2
pids=()

cleanup()
{
	guest_stop g
	guest_stop g2
	vmnet-networks --stop >/dev/null 2>&1
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	ip netns del lan 2>/dev/null
	ip netns del wan 2>/dev/null
	ip netns del far 2>/dev/null
	rmmod vmnet
}

bail()
{
	echo "Bail out! $*"
	exit 1
}

in_lan() { ip netns exec lan "$@"; }
in_wan() { ip netns exec wan "$@"; }
in_far() { ip netns exec far "$@"; }

start()
{
	"$@" &
	pids+=($!)
}

# --- the world ---------------------------------------------------------------

mkdir -p "$run/www" "$GUEST_DIR" "$GUEST_RUN"
cp "$top"/build/guest/{vmlinux,initrd,state} "$GUEST_DIR"/ || bail "no guest: guest/build.sh build/guest state"
insmod "$ko" || bail "the module does not load"
trap cleanup EXIT
for m in veth nf_tables nft_masq nft_chain_nat tun 8021q; do
	modprobe -q $m
done

ip netns add lan
ip netns add wan
ip link add eth0 type veth peer name lan0 netns lan
ip link add wan0 netns lan type veth peer name wan1 netns wan
in_lan ip link set lo up
in_lan ip addr add 10.66.0.1/24 dev lan0
in_lan ip link set lan0 up
in_lan ip addr add 198.51.100.1/24 dev wan0
in_lan ip link set wan0 up
in_lan sysctl -qw net.ipv4.ip_forward=1
in_wan ip link set lo up
in_wan ip addr add $server/24 dev wan1
in_wan ip link set wan1 up
in_wan ip route add default via 198.51.100.1
ip addr add 10.66.0.2/24 dev eth0
ip link set eth0 up
ip route add default via 10.66.0.1
echo "nameserver 10.66.0.1" >/etc/resolv.conf

head -c 1048576 /dev/urandom >"$run/www/1M"
head -c 10485760 /dev/urandom >"$run/www/10M"
sum1=$(md5sum <"$run/www/1M")
sum10=$(md5sum <"$run/www/10M")
start in_lan dnsmasq -k -C /dev/null -i lan0 -z -R -h -u root \
	-F 10.66.0.100,10.66.0.150,1h -O 3,10.66.0.1 -l "$run/lan.leases" \
	-A /www.test/$server --dhcp-authoritative >"$run/dnsmasq.log" 2>&1
start in_wan busybox httpd -f -p $server:80 -h "$run/www"
start in_lan busybox httpd -f -p 10.66.0.1:80 -h "$run/www"
start busybox httpd -f -p 10.66.0.2:80 -h "$run/www"
# A server that takes connections, and is silent.
start in_wan socat TCP-LISTEN:7000,fork,reuseaddr "EXEC:sleep 600"
wait_for 60 curl -sf -m 5 -o /dev/null http://$server/1M || bail "no server"

mkdir -p /etc/vmnet
cat >/etc/vmnet/networking <<END
VERSION=1,0
answer VNET_1_DHCP yes
answer VNET_1_HOSTONLY_NETMASK 255.255.255.0
answer VNET_1_HOSTONLY_SUBNET 172.16.1.0
answer VNET_1_VIRTUAL_ADAPTER yes
answer VNET_8_DHCP yes
answer VNET_8_HOSTONLY_NETMASK 255.255.255.0
answer VNET_8_HOSTONLY_SUBNET 172.16.8.0
answer VNET_8_NAT yes
answer VNET_8_VIRTUAL_ADAPTER yes
END
check "the networks start" vmnet-networks --start || bail "no networks"
natd=$(cat /var/run/vmnet-natd-8.pid)
dhcpd8=$(cat /var/run/vmnet-dhcpd-vmnet8.pid)

three_nics()
{
	guest_start "$1" \
		-netdev tap,fd=30,id=n0 -device virtio-net-pci,netdev=n0,mac=$mac0 \
		-netdev tap,fd=31,id=n1 -device virtio-net-pci,netdev=n1,mac=$mac1 \
		-netdev tap,fd=38,id=n8 -device virtio-net-pci,netdev=n8,mac=$mac8 \
		30<>/dev/vmnet0 31<>/dev/vmnet1 38<>/dev/vmnet8
}
GUEST_RESUME=1
three_nics g
up=$?
same "a QEMU guest is up with three NICs" 0 $up
[ $up -eq 0 ] || bail "no guest"

# --- /proc/vmnet -------------------------------------------------------------

# Names without numbers of ports: those depend on who came first.
tree() { (cd /proc/vmnet && printf '%s\n' *) | sed -E '/^hub/!s/[0-9]+$//' | sort -V | xargs; }
kind() { sed -E 's/^connected ([a-z]+)[0-9]+ tx [0-9]+ $/\1/' "/proc/vmnet/$1"; }

same "/proc/vmnet has the published shape" \
	"bridge hub0.0 hub0.1 hub1.0 hub1.1 hub1.2 hub8.0 hub8.1 hub8.2 hub8.3 netif netif userif userif userif userif userif userif" \
	"$(tree)"
same "who is where" "bridge userif netif userif userif userif netif userif userif" \
	"$(for h in 0.0 0.1 1.0 1.1 1.2 8.0 8.1 8.2 8.3; do kind hub$h; done | xargs)"
guest8=$(cut -d' ' -f2 /proc/vmnet/hub8.3)
flags='IFF_RUNNING,IFF_UP,IFF_BROADCAST(,IFF_PROMISC)?(,IFF_MULTICAST)?(,IFF_ALLMULTI)?'
check "the guest's line" grep -qE \
	"^connected hub8\.3 mac ([0-9a-f]{2}:){5}[0-9a-f]{2} ladrf ([0-9a-f]{2}:){7}[0-9a-f]{2} flags $flags read [0-9]+ written [0-9]+ queued [0-9]+ dropped\.down [0-9]+ dropped\.mismatch [0-9]+ dropped\.overflow [0-9]+ dropped\.largePacket [0-9]+$" \
	"/proc/vmnet/$guest8"
same "the interface's line" \
	"connected hub8.1 mac 00:50:56:c0:00:08 ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING dev vmnet8 " \
	"$(cat "/proc/vmnet/$(cut -d' ' -f2 /proc/vmnet/hub8.1)")"
same "the uplink's line" \
	"connected hub0.0 mac 00:50:56:00:00:00 ladrf 00:00:00:00:00:00:00:00 flags IFF_RUNNING dev eth0 " \
	"$(cat "/proc/vmnet/$(cut -d' ' -f2 /proc/vmnet/hub0.0)")"

# --- vmnet8: NAT -------------------------------------------------------------

lease() { guest g "udhcpc -i $1 -s /udhcpc.sh -n -q -t 20 -T 5 >/dev/null 2>&1; cat /tmp/lease.$1"; }
fetch() { guest g "wget -q -O - $1 | md5sum"; }

lease8=$(lease eth2)
check "vmnet8: a lease from vmnet-dhcpd" grep -qE \
	'^ip=172\.16\.8\.(12[89]|1[3-9][0-9]|2[0-4][0-9]|25[0-3]) mask=24 router=172\.16\.8\.2 dns=172\.16\.8\.2 server=172\.16\.8\.254 ' \
	<<<"$lease8"
addr8=$(sed -E 's/^ip=([^ ]+).*/\1/' <<<"$lease8")
check "the lease is on disk" grep -q "^lease $addr8 {" /etc/vmnet/vmnet8/dhcpd/dhcpd.leases
check "ping of the host, .1" guest g "ping -c 3 -W 30 172.16.8.1"
check "ping of natd, .2" guest g "ping -c 3 -W 30 172.16.8.2"
check "a name is resolved through .2" grep -q "$server" <<<"$(guest g "nslookup www.test 172.16.8.2")"
check "ping of a server outside" guest g "ping -c 3 -W 30 $server"

tcpdump -i vmnet8 -nn -U -w "$run/inner.pcap" "tcp[tcpflags] & tcp-syn != 0" 2>"$run/inner.log" &
dump1=$!
ip netns exec wan tcpdump -i wan1 -nn -U -w "$run/outer.pcap" "tcp[tcpflags] & tcp-syn != 0" 2>"$run/outer.log" &
dump2=$!
pids+=("$dump1" "$dump2")
wait_for 60 grep -q listening "$run/inner.log"
wait_for 60 grep -q listening "$run/outer.log"
same "1 MB over HTTP through natd" "$sum1" "$(fetch http://www.test/1M)"

# Who began with which number: the guest and, for it, natd.
isn() { tcpdump -nn -S -r "$1" "$2 and tcp[tcpflags] == tcp-syn" 2>/dev/null | sed -nE 's/.* seq ([0-9]+).*/\1/p'; }
wait_for 60 test -n "$(isn "$run/inner.pcap" "dst host $server")"
kill $dump1 $dump2
wait $dump1 $dump2 2>/dev/null
inner=$(isn "$run/inner.pcap" "src host $addr8")
outer=$(isn "$run/outer.pcap" "dst host $server")
check "a proxy: both sides have sequence numbers of their own" \
	test -n "$inner" -a -n "$outer" -a "$inner" != "$outer"

guest g "nc $server 7000 </dev/ttyS0 >/dev/null 2>&1 &"
established() { ss -Htnp state established dst $server:7000 | grep -q "pid=$natd,"; }
check "natd has the guest's connection as a socket of the host" wait_for 60 established
lsof -nP -p "$natd" >"$run/lsof" 2>/dev/null
check "lsof: the device" grep -qE 'CHR +119,8 .*/dev/vmnet8$' "$run/lsof"
check "lsof: the raw ICMP socket" grep -qE ' raw .*00000000:0001->00000000:0000 st=07' "$run/lsof"
check "lsof: /var/run/vmnat.PID" grep -qE "unix .*/run/vmnat\.$natd" "$run/lsof"
check "lsof: the connection" grep -qE "TCP .*->$server:7000 \(ESTABLISHED\)" "$run/lsof"
same "ip_forward is off" 0 "$(cat /proc/sys/net/ipv4/ip_forward)"
same "no rule of a packet filter" "" "$(nft list ruleset 2>/dev/null)"
guest g "killall nc"

# --- a station of our own on vmnet8: a namespace behind a veth --------------

ip netns add far
ip link add far0 type veth peer name far1 netns far
ip link set far0 up
in_far ip link set lo up
in_far ip addr add 172.16.8.50/24 dev far1
in_far ip link set far1 up
in_far ip route add default via 172.16.8.2
start vmport 8 peer=far0 >/dev/null
start vmport 9 flags=0x103 >"$run/watch"
wait_for 60 test -s "$run/watch"
check "two guests of one network reach each other" guest g "ping -c 3 -W 30 172.16.8.50"
watch=$(cut -d' ' -f1 "$run/watch")
same "and another network sees nothing of it" 0 \
	"$(sed -E 's/.* queued ([0-9]+) .*/\1/' "/proc/vmnet/$watch")"

# Only SYNs out, nothing in.
in_far nft -f - <<END
table inet f {
	chain in { type filter hook input priority 0; policy accept; meta l4proto tcp drop; }
	chain out { type filter hook output priority 0; policy accept; meta l4proto tcp tcp flags & syn == 0 drop; }
}
END
start in_far socat -u TCP:$server:7000,connect-timeout=300 - >/dev/null 2>&1
check "a guest that hears nothing: natd is connected" wait_for 60 established
check "a guest that hears nothing: it is not" \
	test -n "$(in_far ss -Htn state syn-sent dst $server:7000)"
gives_up() { ! established; }
check "natd gives it up" wait_for 240 gives_up
in_far ss -K dst $server >/dev/null 2>&1
kill "${pids[-1]}" 2>/dev/null

# --- dhcpd killed, the interface down and gone --------------------------------

before=$(cat /proc/vmnet/hub8.3)
userifs=$(cd /proc/vmnet && echo userif*)
dead=$(cut -d' ' -f2 /proc/vmnet/hub8.2)
kill -9 "$dhcpd8"
gone() { [ ! -e /proc/vmnet/hub8.2 ]; }
check "killing dhcpd removes hub8.2" wait_for 60 gone
same "and its port, and nothing else" "$(xargs -n1 <<<"$userifs" | grep -vx "$dead" | xargs)" \
	"$(cd /proc/vmnet && echo userif*)"
same "hub8.3 stays what it was" "${before%% tx *}" "$(sed 's/ tx .*//' /proc/vmnet/hub8.3)"

ip link set vmnet8 down
same "with vmnet8 down the guest reaches the outside" "$sum1" "$(fetch http://$server/1M)"
no_ping() { ! guest g "ping -c 1 -W 5 172.16.8.1"; }
check "but not the host" no_ping
kill "$(cat /var/run/vmnet-netifup-vmnet8.pid)"
no_netif() { [ ! -e /sys/class/net/vmnet8 ]; }
check "vmnet8 goes with its file" wait_for 60 no_netif
same "and the guest still reaches the outside" "$sum1" "$(fetch http://$server/1M)"
guest g "ip addr flush dev eth2"

# --- vmnet0: bridged ----------------------------------------------------------

lease0=$(lease eth0)
check "vmnet0: an address from the LAN's DHCP server" \
	grep -qE '^ip=10\.66\.0\.1[0-5][0-9] .*server=10\.66\.0\.1 ' <<<"$lease0"
addr0=$(sed -E 's/^ip=([^ ]+).*/\1/' <<<"$lease0")
check "there is no interface vmnet0" test ! -e /sys/class/net/vmnet0
check "ping of the LAN" guest g "ping -c 3 -W 30 10.66.0.1"
check "ping of the host" guest g "ping -c 3 -W 30 10.66.0.2"
check "the LAN sees the guest's own MAC" grep -q "$mac0" <<<"$(in_lan ip neigh show "$addr0")"
check "so does the host" grep -q "$mac0" <<<"$(ip neigh show "$addr0")"
check "the host keeps its address and its traffic" ping -c 1 -W 30 -I 10.66.0.2 10.66.0.1

# Four requests to everybody; of the first three, each one's answers.
in_lan sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
guest g "echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts"
answers() { sed -nE "s/.* from ($1): .*seq=$2 .*/x/p" | wc -l; }
everybody=$(in_lan ping -b -c 4 -W 30 10.66.0.255 2>&1)
same "a broadcast of the LAN: once at the guest" 3 "$(answers "$addr0" '[123]' <<<"$everybody")"
same "a broadcast of the LAN: once at the host" 3 "$(answers 10.66.0.2 '[123]' <<<"$everybody")"
everybody=$(ping -b -I eth0 -c 4 -W 30 10.66.0.255 2>&1)
same "a broadcast of the host: once at the guest" 3 "$(answers "$addr0" '[123]' <<<"$everybody")"
same "a broadcast of the host: once on the wire" 3 "$(answers 10.66.0.1 '[123]' <<<"$everybody")"
everybody=$(guest g "ping -c 4 -W 30 10.66.0.255")
same "a broadcast of the guest: once on the wire" 3 "$(answers 10.66.0.1 '[012]' <<<"$everybody")"
same "a broadcast of the guest: once at the host" 3 "$(answers 10.66.0.2 '[012]' <<<"$everybody")"

in_lan ip link add link lan0 name lan0.5 type vlan id 5
in_lan ip addr add 10.94.0.2/24 dev lan0.5
in_lan ip link set lan0.5 up
guest g "ip link add link eth0 name eth0.5 type vlan id 5 && ip addr add 10.94.0.3/24 dev eth0.5 && ip link set eth0.5 up"
check "tagged: ping of the LAN" guest g "ping -c 3 -W 30 10.94.0.2"
check "tagged: the other way" in_lan ping -c 3 -W 30 10.94.0.3
guest g "ip link del eth0.5"

errors() { awk '/^(Ip|Tcp|Udp|Icmp):/ { if (!($1 in h)) { h[$1] = 1; for (i = 2; i <= NF; i++) n[$1, i] = $i } else for (i = 2; i <= NF; i++) if (n[$1, i] ~ /InCsumErrors/) s += $i } END { print s + 0 }'; }
total_errors() { echo $(($(in_lan cat /proc/net/snmp | errors) + $(errors </proc/net/snmp) + $(guest g "cat /proc/net/snmp" | errors))); }
bad=$(total_errors)
same "10 MB from the LAN" "$sum10" "$(fetch http://10.66.0.1/10M)"
guest g "wget -q -O /tmp/10M http://10.66.0.2/10M"
same "10 MB from the host" "$sum10" "$(guest g "md5sum </tmp/10M")"
guest g "httpd -p 80 -h /tmp"
same "10 MB to the host" "$sum10" "$(curl -s -m 280 "http://$addr0/10M" | md5sum)"
same "10 MB to the LAN" "$sum10" "$(in_lan curl -s -m 280 "http://$addr0/10M" | md5sum)"
same "no bad checksum on any side" "$bad" "$(total_errors)"
guest g "killall httpd; rm /tmp/10M; ip addr flush dev eth0"

# --- vmnet1: host-only --------------------------------------------------------

lease1=$(lease eth1)
check "vmnet1: a lease, and no router" grep -qE '^ip=172\.16\.1\.[0-9]+ mask=24 router= ' <<<"$lease1"
check "ping of the host" guest g "ping -c 3 -W 30 172.16.1.1"
guest g "ip route replace default via 172.16.1.1 dev eth1"
no_outside() { ! guest g "ping -c 2 -W 5 $server"; }
check "the host, and nobody else" no_outside
sysctl -qw net.ipv4.ip_forward=1
nft -f - <<END
table ip t {
	chain c {
		type nat hook postrouting priority srcnat;
		oifname "eth0" masquerade
	}
}
END
same "with forwarding and masquerading the outside is reached" "$sum1" "$(fetch http://$server/1M)"
nft delete table ip t
conntrack -F >/dev/null 2>&1
in_lan ip route add 172.16.1.0/24 via 10.66.0.2
addr1=$(sed -E 's/^ip=([^ ]+).*/\1/' <<<"$lease1")
ip netns exec lan tcpdump -i lan0 -nn -l -c 1 "src host $addr1" >"$run/seen" 2>"$run/seen.log" &
dump=$!
pids+=("$dump")
wait_for 60 grep -q listening "$run/seen.log"
same "with a return route too" "$sum1" "$(fetch http://$server/1M)"
check "and is seen there under the guest's own address" wait_for 60 grep -q "$addr1" "$run/seen"
sysctl -qw net.ipv4.ip_forward=0

# --- a second boot -------------------------------------------------------------

guest_stop g
check "natd has run all the time" kill -0 "$natd"
check "the networks start what is missing" vmnet-networks --start
# shellcheck disable=SC2034 # guest_start reads it
GUEST_RESUME=
three_nics g2
same "a second boot, with three NICs" 0 $?
again=$(guest g2 "udhcpc -i eth2 -s /udhcpc.sh -n -q -t 20 -T 5 >/dev/null 2>&1; cat /tmp/lease.eth2")
same "gets the same address" "$addr8" "$(sed -E 's/^ip=([^ ]+).*/\1/' <<<"$again")"
guest_stop g2

check "the networks stop" vmnet-networks --stop
tap_end
