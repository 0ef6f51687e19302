#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UDP and ICMP through natd, as a guest sees them: ports, who may answer, large
# and empty datagrams, and every error that the network can give.

. "$(dirname "$0")/natd_rig.sh"

f=$tag-f

# A router further away, for errors of others than the NAT.
far()
{
	space "$f"
	ip -n "$o" link add of type veth peer name fw netns "$f"
	ip -n "$o" addr add 10.97.0.1/24 dev of
	ip -n "$o" link set of up
	ip netns exec "$o" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$f" addr add 10.97.0.2/24 dev fw
	ip -n "$f" link set fw up
	ip -n "$f" route add default via 10.97.0.1
}

natd_conf '[privilegedUDP]
port = 7002'
rig_spaces
far
natd_start || exit 1
serve echo "$o" echo 10.98.0.2 7001 7002 7003
serve farecho "$f" echo 10.97.0.2 7001 7002

same "ping the gateway" "$(probe "$g" ping 10.99.0.2)" "reply from 10.99.0.2 whole"
same "ping the outside" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
same "ping with 5000 bytes" "$(probe "$g" ping 10.98.0.2 5000)" "reply from 10.98.0.2 whole"
same "ping the gateway with 5000 bytes" "$(probe "$g" ping 10.99.0.2 5000)" "reply from 10.99.0.2 whole"
same "several ids at once" "$(probe "$g" ids 10.98.0.2 1 2 3 65535 256)" "missing 0"
same "ping that dies at the NAT" "$(probe "$g" ping 10.98.0.2 56 1)" \
	"error 11/0 from 10.99.0.2 about 10.99.0.128 to 10.98.0.2 mtu 0"
same "ping that dies at a router" "$(probe "$g" ping 10.97.0.2 56 2)" \
	"error 11/0 from 10.98.0.2 about 10.99.0.128 to 10.97.0.2 mtu 0"
same "ping that just arrives" "$(probe "$g" ping 10.97.0.2 56 3)" "reply from 10.97.0.2 whole"

ip -n "$m" route add unreachable 10.96.1.0/24
ip -n "$m" route add prohibit 10.96.2.0/24
ip -n "$o" route add unreachable 10.96.3.0/24
same "ping, host's route unreachable" "$(probe "$g" ping 10.96.1.1)" \
	"error 3/1 from 10.99.0.2 about 10.99.0.128 to 10.96.1.1 mtu 0"
same "ping, host's route prohibited" "$(probe "$g" ping 10.96.2.1)" \
	"error 3/13 from 10.99.0.2 about 10.99.0.128 to 10.96.2.1 mtu 0"
same "ping, a router's route unreachable" "$(probe "$g" ping 10.96.3.1)" \
	"error 3/1 from 10.98.0.2 about 10.99.0.128 to 10.96.3.1 mtu 0"
same "ping, nobody at that address" "$(probe "$g" ping 10.98.0.77)" \
	"error 3/1 from 10.98.0.1 about 10.99.0.128 to 10.98.0.77 mtu 0"

same "source port kept" "$(probe "$g" ask 10.98.0.2 7001 45678 hello)" \
	"10.98.0.1:45678 5 other from 10.98.0.2:7001"
same "source port below 1024 not kept" \
	"$(probe "$g" ask 10.98.0.2 7001 600 hello | grep -c ':600 ')" 0
same "but where the file says so" "$(probe "$g" ask 10.98.0.2 7002 601 hello)" \
	"10.98.0.1:601 5 other from 10.98.0.2:7002"
same "one port for all peers, all may answer" "$(probe "$g" mapping 10.98.0.2 7001 7002 45001)" \
	"first 10.98.0.1:45001
second 10.98.0.1:45001
answer from 7003"
from_tree "$m" python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 45003))
print("ready", flush=True)
time.sleep(600)' >"$work/taken.log" &
pids+=("$!")
wait_for 60 grep -q ready "$work/taken.log"
same "another port when it is taken" \
	"$(probe "$g" ask 10.98.0.2 7001 45003 hello | sed 's/10.98.0.1:45003 .*/the same/;s/10.98.0.1:[0-9]* /other /')" \
	"other 5 other from 10.98.0.2:7001"
ip -n "$g" addr add 10.99.0.129/24 dev nt0
same "two guests with one port" "$(probe "$g" two 10.98.0.2 7001 45004 10.99.0.128 10.99.0.129)" \
	"differ True
length 2
mixed False"
same "a guest reaches another by its outside address" \
	"$(probe "$g" hairpin 10.98.0.2 7001 10.98.0.1 45005 45006)" \
	"at 10.99.0.128 from 10.98.0.1:45006
back from 10.98.0.1:45005"
for n in 1472 1473 8000 65000; do
	same "datagrams of $n bytes" "$(probe "$g" size 10.98.0.2 7001 $n)" \
		"up $n whole
down $n whole"
done
same "empty datagrams" "$(probe "$g" empty 10.98.0.2 7001)" \
	"up 0
down 0 7001"

same "closed port" "$(probe "$g" error 10.98.0.2 7999)" "3/3 from 10.98.0.2 info 0"
same "closed port of the gateway" "$(probe "$g" error 10.99.0.2 7999)" "3/3 from 10.99.0.2 info 0"
same "host's route unreachable" "$(probe "$g" error 10.96.1.1 7001)" "3/1 from 10.99.0.2 info 0"
same "host's route prohibited" "$(probe "$g" error 10.96.2.1 7001)" "3/13 from 10.99.0.2 info 0"
same "a router's route unreachable" "$(probe "$g" error 10.96.3.1 7001)" "3/1 from 10.98.0.2 info 0"
same "nobody at that address" "$(probe "$g" error 10.98.0.78 7001)" "3/1 from 10.98.0.1 info 0"
same "hops used up at the NAT" "$(probe "$g" error 10.97.0.2 7001 10 - 1)" "11/0 from 10.99.0.2 info 0"
same "hops used up at a router" "$(probe "$g" error 10.97.0.2 7001 10 - 2)" "11/0 from 10.98.0.2 info 0"
same "an error ends no mapping" "$(probe "$g" ask 10.98.0.2 7001 45678 again)" \
	"10.98.0.1:45678 5 other from 10.98.0.2:7001"

# The way to f gets narrow behind the first router.
ip -n "$o" link set of mtu 1300
ip -n "$f" link set fw mtu 1300
same "too long and not to be cut" "$(probe "$g" error 10.97.0.2 7001 1400 df)" "3/4 from 10.98.0.2 info 1300"
ip -n "$g" route flush cache
same "a ping too long and not to be cut" "$(probe "$g" ping 10.97.0.2 1400 64 99 df)" \
	"error 3/4 from 10.99.0.2 about 10.99.0.128 to 10.97.0.2 mtu 1300"
ip -n "$g" route flush cache
same "too long, may be cut" "$(probe "$g" size 10.97.0.2 7001 1400)" \
	"up 1400 whole
down 1400 whole"

same "one raw ICMP socket, bound to nothing" \
	"$(ip netns exec "$m" sed -n 's/^ *[0-9]*: \([0-9A-F:]* [0-9A-F:]* [0-9]*\) .*/\1/p' /proc/net/raw)" \
	"00000000:0001 00000000:0000 07"
same "status" "$(probe "$m" json "/out/vmnat.$natd_pid" pid network.ip network.prefix | sed "s/$natd_pid/PID/")" \
	"pid PID
network.ip 10.99.0.2
network.prefix 24"
check "status counts" eval "probe $m json /out/vmnat.$natd_pid udp.out icmp.echo_in tcp.opened | grep -cE '[^0-9][1-9][0-9]*$|tcp.opened 0' | grep -qx 3"
check "ends when told" natd_stop
check "socket removed" wait_for 60 eval "! ls $work/vmnat.* 2>/dev/null"
done_testing
