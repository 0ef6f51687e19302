#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# UDP through natd, as a guest sees it, beyond the rows of RFC 4787 and RFC 5508:
# large and empty datagrams, the gateway, what natd has and says of itself.

. "$(dirname "$0")/natd_rig.sh"

natd_conf
rig_spaces
natd_start || exit 1
serve echo "$o" echo 10.98.0.2 7001 7002 7003

for n in 1472 1473 8000 65000; do
	same "datagrams of $n bytes" "$(probe "$g" size 10.98.0.2 7001 $n)" \
		"up $n whole
down $n whole"
done
same "empty datagrams" "$(probe "$g" empty 10.98.0.2 7001)" \
	"up 0
down 0 7001"

same "closed port of the gateway" "$(probe "$g" error 10.99.0.2 7999)" "3/3 from 10.99.0.2 info 0"
same "ping" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"

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
