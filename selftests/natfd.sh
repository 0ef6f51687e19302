#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-natd and vmnet-dhcpd on nodes that somebody else has opened for them.

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}
[ -x "$bin/vmnet-natd" ] || { echo "Bail out! no programs in $bin"; exit 1; }

space out
ip link add no0 type veth peer name on0 netns out
ip addr add 10.98.0.1/24 dev no0
ip link set no0 up
ip -n out addr add 10.98.0.2/24 dev on0
ip -n out link set on0 up
cat >"$work/nat.conf" <<END_OF_CONF
[host]
ip = 10.99.0.2/24
END_OF_CONF
cat >"$work/dhcpd.conf" <<END_OF_CONF
allow unknown-clients;
default-lease-time 1800;
subnet 10.99.0.0 netmask 255.255.255.0 {
	range 10.99.0.128 10.99.0.254;
	option routers 10.99.0.2;
}
END_OF_CONF
echo "nameserver 10.98.0.2" >"$work/resolv.conf"
mkdir "$work/leases"
chmod 755 "$work"

natd()
{
	"$bin/vmnet-natd" -c "$work/nat.conf" --run-dir "$work" --resolv "$work/resolv.conf" \
		--foreground "$@"
}

# The shell opens them; they block, and have said nothing yet.
exec 8<>/dev/vmnet8 9<>/dev/vmnet8
background "$work/natd" natd --fd 9
natd=$last
background "$work/dhcpd" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$work/leases/l" --fd 8 --foreground
dhcpd=$last
exec 8>&- 9>&-
check "natd is there, and says which network it serves" \
	wait_for 30 grep -q 'gateway 10.99.0.2 .* on /dev/vmnet8' "$work/natd"
check "dhcpd is there" wait_for 30 grep -q 'Configured subnet: 10.99.0.0' "$work/dhcpd"
same "both are ports of the hub, up" \
	"$(grep -h '^connected hub8\.' /proc/vmnet/* | grep -o 'flags [^ ]*' | sort | uniq -c | xargs)" \
	"2 flags IFF_RUNNING,IFF_UP,IFF_BROADCAST,IFF_MULTICAST"
guest ga 8 10.99.0.129/24 hdr
ip -n ga addr flush dev gt0
cat >"$work/script" <<'END_OF_SCRIPT'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev "$interface"
ip route add default via "$router"
END_OF_SCRIPT
chmod 755 "$work/script"
check "which dhcpd says too" grep -q 'Recving on *VNet/vmnet8/' "$work/dhcpd"
check "a guest gets an address" in_space ga busybox udhcpc -i gt0 -n -q -t 10 -s "$work/script"
sed 's/^/# /' "$work/dhcpd"
check "in the range" eval "ip -n ga -4 -o addr show dev gt0 | grep -qE 'inet 10.99.0.(12[89]|1[3-9].|2..)/24'"
check "it reaches the outside" reach ga 10.98.0.2
stream "16 MB out" ga out 10.98.0.2 16
same "checksums are right" "$(bad_checksums ga out host)" "0 0 0"

# The host falls asleep for five seconds, in the middle of a transfer; the debug
# kernel cannot.
asleep()
{
	echo freezer >/sys/power/pm_test && echo freeze >/sys/power/state
}
listens()
{
	in_space out ss -Hltn "sport = $1" | grep -q .
}
if [ -z "$VMNET_SLOW" ]; then
	in_space out socat TCP-LISTEN:5556,reuseaddr,fork PIPE &
	pids+=("$!")
	in_space out socat -u TCP-LISTEN:5557,reuseaddr "CREATE:$work/over" &
	pids+=("$!")
	check "servers outside" eval "wait_for 30 listens 5556 && wait_for 30 listens 5557"
	mkfifo "$work/say"
	background "$work/heard" in_space ga bash -c "exec socat - TCP:10.98.0.2:5556 <'$work/say'"
	exec 7<>"$work/say"
	echo before >&7
	check "a connection that rests" wait_for 30 grep -q before "$work/heard"
	head -c 128M /dev/urandom >"$work/data"
	in_space ga timeout 240 socat -u "FILE:$work/data" TCP:10.98.0.2:5557 &
	transfer=$!
	check "and one that is busy" wait_for 30 eval \
		"[ \$(stat -c %s '$work/over' 2>/dev/null || echo 0) -gt 1000000 ]"
	check "the host sleeps" asleep
	echo none >/sys/power/pm_test
	check "it was still busy" kill -0 $transfer
	wait $transfer
	check "all of it arrives" wait_for 30 cmp "$work/data" "$work/over"
	echo after >&7
	check "the one that rested is there" wait_for 30 grep -q after "$work/heard"
	exec 7>&-
fi

check "natd ends when told" eval "kill $(pgrep -P "$natd" || echo "$natd"); wait_for 30 eval '! kill -0 $natd'"
check "dhcpd too" eval "kill $dhcpd; wait_for 30 eval '! kill -0 $dhcpd'"

# What is neither is told so, and so is a tap that a node has become.
natd --fd 9 9<"$work/nat.conf" >"$work/said" 2>&1
same "a file that is neither" "$?: $(cat "$work/said")" "1: vmnet-natd: descriptor 9: Invalid argument"
natd --fd 9 >"$work/said" 2>&1
same "no file at all" "$?: $(cat "$work/said")" "1: vmnet-natd: descriptor 9: Invalid argument"
done_testing
