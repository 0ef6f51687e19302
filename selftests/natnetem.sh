#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-natd on a node, and bad lines on both of its sides: netem loses, delays,
# reorders and doubles frames in each direction. A thousand transfers at random
# must arrive byte for byte. (6.1 has no SO_PEEK_OFF for TCP, 6.12 has.)

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}
load=${VMNET_HELPERS:-$here/../../native}/tcpload
n=${VMNET_TRANSFERS:-${VMNET_SLOW:+60}}
n=${n:-1000}
[ -x "$load" ] || { echo "Bail out! no $load"; exit 1; }
modprobe -aq sch_netem sch_ingress act_mirred cls_matchall ifb

space out
ip link add no0 type veth peer name on0 netns out
ip addr add 10.98.0.1/24 dev no0
ip link set no0 up
ip -n out addr add 10.98.0.2/24 dev on0
ip -n out link set on0 up
cat >"$work/nat.conf" <<END
[host]
ip = 10.99.0.2/24
device = /dev/vmnet8
END
echo "nameserver 10.98.0.2" >"$work/resolv.conf"
background "$work/natd" "$bin/vmnet-natd" -c "$work/nat.conf" --run-dir "$work" --resolv "$work/resolv.conf" --foreground
natd=$last
check "natd is there" wait_for 30 grep -q 'gateway 10.99.0.2' "$work/natd"
guest ga 8 10.99.0.128/24 hdr
ip -n ga route add default via 10.99.0.2
background "$work/serve" ip netns exec out "$load" serve 7000
check "the guest reaches the outside" reach ga 10.98.0.2

# bad SPACE DEVICE: what it sends.
bad()
{
	in_space "$1" tc qdisc add dev "$2" root netem limit 10000 delay 5ms 2ms loss 1% duplicate 1% reorder 10% 50%
}
check "a bad line on the guest's side" bad ga gt0
check "and on the outside" eval 'bad host no0 && bad out on0'
lines=("ga gt0" "host no0" "out on0")
# What the guest is sent goes through a device that a debug kernel is without.
if [ -z "$VMNET_SLOW" ]; then
	ip -n ga link add ifb7 type ifb
	ip -n ga link set ifb7 up
	check "and in what the guest is sent" eval 'in_space ga tc qdisc add dev gt0 clsact && bad ga ifb7 &&
		in_space ga tc filter add dev gt0 ingress matchall action mirred egress redirect dev ifb7'
	lines+=("ga ifb7")
fi

in_space ga "$load" random 10.98.0.2 7000 "$n" 20 1000000 7 >"$work/load"
rc=$?
sed 's/^/# /' "$work/load"
same "$n transfers, up, down and echoed" $rc 0
# dropped SPACE DEVICE FIELD: what the line has done to them.
dropped()
{
	in_space "$1" tc -s qdisc show dev "$2" root | sed -nE 's/.*dropped ([0-9]+),.*/\1/p' | head -n 1
}
for d in "${lines[@]}"; do
	# shellcheck disable=SC2086
	check "$(dropped $d) frames were lost on ${d#* }" [ "$(dropped $d)" -gt $((n / 20)) ]
done
check "natd did not end" kill -0 "$natd"
kill "$natd"
check "natd ends" wait_for 30 eval "! kill -0 $natd"
stop_all
done_testing
