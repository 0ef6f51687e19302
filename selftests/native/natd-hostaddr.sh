#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What happens to the host's addresses is none of the guests' business, until
# the one that a connection uses is gone for good.

. "$(dirname "$0")/natd_rig.sh"

# hold: a connection of the guest that says nothing; $work/held tells its end.
hold()
{
	background "$work/held" from_tree "$g" python3 /out/natd_probe.py tcp-hold 10.98.0.2 5000
	wait_for 60 grep -q connected "$work/held"
}

# What natd has to do comes after what it has to be told: a later event was
# seen, so was an earlier one.
seen()
{
	from_tree "$g" timeout 60 ping -c 4 -W 5 10.98.0.2 >/dev/null
}

natd_conf
rig_spaces
natd_start || exit 1
background "$work/silent" from_tree "$o" python3 /out/natd_probe.py tcp-silent 10.98.0.2 5000
wait_for 60 grep -q ready "$work/silent"

check "a connection" hold
ip -n "$m" link add d0 type veth peer name d1
ip -n "$m" addr add 10.95.0.1/24 dev d0
ip -n "$m" link set d0 up
seen
ip -n "$m" addr del 10.95.0.1/24 dev d0
ip -n "$m" link del d0
seen
same "other links and addresses do not touch it" "$(tail -n 1 "$work/held")" connected
ip -n "$m" link set mo down
ip -n "$m" link set mo up
ip -n "$m" route replace default via 10.98.0.2
wait_for 60 seen
same "nor does its link, down for a moment" "$(tail -n 1 "$work/held")" connected
# In its place at once another address, so that there is a way out.
ip -n "$m" addr add 10.98.0.9/24 dev mo
ip -n "$m" addr del 10.98.0.1/24 dev mo
check "its address gone: the guest is told" wait_for 60 grep -q ECONNRESET "$work/held"
ip -n "$m" addr add 10.98.0.9/24 dev mo 2>/dev/null
ip -n "$m" route replace default via 10.98.0.2
check "and may begin anew" hold

# A hundred addresses and interfaces come and go during a download.
kill "$last" 2>/dev/null
background "$work/serve" ip netns exec "$o" "$helpers/tcpload" serve 7000
listening "$o" t 7000
check "a connection beside it" hold
background "$work/load" ip netns exec "$g" timeout 300 "$helpers/tcpload" slow 10.98.0.2 7000 20 300000000
load=$last
wait_for 30 eval 'ip netns exec $m ss -Htn state established dst 10.98.0.2:7000 | grep -q .'
start=$SECONDS
for i in $(seq 100); do
	echo "link add x$i type veth peer name y$i"
	echo "addr add 10.94.$i.1/24 dev x$i"
	echo "link set x$i up"
	echo "addr add 10.93.$i.1/32 dev mo"
done | ip -n "$m" -b -
same "a hundred of each are there" "$(ip -n "$m" -4 -o addr | grep -c ' 10\.9[34]\.')" 200
seen
for i in $(seq 100); do
	echo "link del x$i"
	echo "addr del 10.93.$i.1/32 dev mo"
done | ip -n "$m" -b -
same "and gone" "$(ip -n "$m" -4 -o addr | grep -c ' 10\.9[34]\.')" 0
seen
echo "# in $((SECONDS - start)) s"
check "all that while the download was going on" kill -0 "$load"
check "which gets every byte" wait_pid 300 "$load"
sed 's/^/# /' "$work/load"
same "and nobody was reset" "$(tail -n 1 "$work/held")" connected

# Another way out: what begins now takes it.
ip -n "$o" addr add 10.92.0.1/32 dev lo
ip -n "$m" link add mo2 type veth peer name om2 netns "$o"
ip -n "$m" addr add 10.91.0.1/24 dev mo2
ip -n "$m" link set mo2 up
ip -n "$o" addr add 10.91.0.2/24 dev om2
ip -n "$o" link set om2 up
background "$work/who" from_tree "$o" python3 /out/natd_probe.py tcp-server 10.92.0.1 5001
wait_for 60 grep -q ready "$work/who"
by()
{
	from_tree "$g" python3 /out/natd_probe.py tcp 10.92.0.1 5001 | sed -nE 's/^seen as (.*):[0-9]+$/\1/p'
}
same "by the default route" "$(by)" 10.98.0.9
ip -n "$m" route replace default via 10.91.0.2
same "a new default route: by that" "$(by)" 10.91.0.1
same "what was there stays" "$(tail -n 1 "$work/held")" connected

# Killed, and started again: the guest's network is back within a second.
mac=$(ip -n "$g" neigh show 10.99.0.2 | awk '{ print $3 == "lladdr" ? $4 : $5 }')
echo "# gateway at $mac"
for try in 1 2 3; do
	kill -KILL "$natd_pid"
	wait_pid 30 "$natd_wrap" 2>/dev/null
	start=$(date +%s%N)
	natd_start
	wait_for 60 from_tree "$g" ping -c 1 -W 1 10.98.0.2
	took=$((($(date +%s%N) - start) / 1000000))
	echo "# back after $took ms, of which this script has its share"
	# Others use the machine too.
	[ $took -ge 1000 ] || break
done
check "killed, and started again: the guest gets out within a second" [ $took -lt 1000 ]
same "its address is the same" "$(ip -n "$g" neigh show 10.99.0.2 | awk '{ print $3 == "lladdr" ? $4 : $5 }')" "$mac"
done_testing
