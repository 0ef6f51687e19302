#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two real guests with offloads on one network, one of them through vhost-net:
# frames larger than the MTU cross it whole, guest to guest and guest to host,
# and nothing is segmented on the way. One is given its port by hand, the other
# by vmnet-qemu-helper. On the debug kernel it is the latter alone, and less to
# move. Root, in the test VM (tools/vm).

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=selftests/lib.sh
. "$here/../lib.sh"
# shellcheck source=selftests/guest/lib.sh
. "$here/lib.sh"

if grep -qw kasan_report /proc/kallsyms; then
	kernel=debug
	GUEST_TIMEOUT=1500
	size=1048576
	guests=(g2)
	ways=("g2 host" "host g2")
else
	kernel=$(uname -r | cut -d. -f1,2 | cut -d- -f1)
	size=4194304
	guests=(g1 g2)
	ways=("g1 g2" "g2 g1" "g1 host" "g2 host" "host g1" "host g2")
fi
ko=${VMNET_KO:-$top/build/kmod-$kernel/vmnet.ko}
PATH=$top/build/userland:$top/build/selftests/vmnet:$PATH
GUEST_DIR=/tmp/guest
GUEST_RUN=/tmp/guest.run
GUEST_RESUME=1
run=/tmp/guest.test
hub=9
mac1=00:0c:29:1b:86:01 mac2=00:0c:29:1b:86:02
pids=()

cleanup()
{
	guest_stop g1
	guest_stop g2
	pkill httpd
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	rmmod vmnet
}

bail()
{
	echo "Bail out! $*"
	exit 1
}

mkdir -p "$run" "$GUEST_DIR" "$GUEST_RUN"
cp "$top"/build/guest/{vmlinux,initrd,state} "$GUEST_DIR"/ || bail "no guest: guest/build.sh build/guest state"
insmod "$ko" || bail "the module does not load"
trap cleanup EXIT
modprobe -q vhost_net

vmport $hub netif=vmnet$hub >"$run/netif" &
pids+=($!)
wait_for 60 test -s "$run/netif" || bail "no interface"
ip link set vmnet$hub up
ip addr add 10.9.0.1/24 dev vmnet$hub

if [ ${#guests[@]} -gt 1 ]; then
	# shellcheck disable=SC2034 # guest_start reads it
	GUEST_WRAP=(vmport "$hub" tap=hdr fd=30 --)
	guest_start g1 -netdev tap,fd=30,id=n -device virtio-net-pci,netdev=n,mac=$mac1
	same "a guest is up" 0 $?
	guest g1 "ip addr add 10.9.0.11/24 dev eth0"
fi
# shellcheck disable=SC2034 # guest_start reads it
GUEST_WRAP=()
guest_start g2 -netdev "tap,id=n,vhost=on,helper=vmnet-qemu-helper --hub=$hub --vhost" -device virtio-net-pci,netdev=n,mac=$mac2
same "a guest is up, with vhost=on" 0 $?
same "QEMU has no complaint about vhost-net" "" "$(grep -i vhost "$GUEST_RUN/g2/qemu.log")"
worker=$(ps -eLo lwp,comm | awk -v c="vhost-$(cat "$GUEST_RUN/g2/pid")" '$2 == c { print $1; exit }')
check "vhost-net has a thread for it" test -n "$worker"
guest g2 "ip addr add 10.9.0.12/24 dev eth0"
[ ${#guests[@]} -eq 1 ] || check "guest to guest" guest g1 "ping -c 3 -W 30 10.9.0.12"
check "guest to host" guest g2 "ping -c 3 -W 30 10.9.0.1"

# What @1 has sent so far: its port's counter @2.
declare -A slot=([host]=0 [g1]=1 [g2]=${#guests[@]})
sent()
{
	vmports "$hub" | awk -v slot="${slot[$1]}" -v name="$2" \
		'$4 == slot { for (i = 7; i < NF; i += 2) if ($i == name) print $(i + 1) }'
}
ticks() { awk '{ print $14 + $15 }' "/proc/$worker/stat"; }

address() { case $1 in g1) echo 10.9.0.11 ;; g2) echo 10.9.0.12 ;; host) echo 10.9.0.1 ;; esac; }

# A file of @size bytes to fetch from each of the three; prints its sum.
offer="head -c $size /dev/urandom >www/sent; busybox httpd -p 80 -h www; md5sum <www/sent"
declare -A sums
mkdir "$run/www"
sums[host]=$(cd "$run" && bash -c "$offer")
for g in "${guests[@]}"; do
	sums[$g]=$(guest "$g" "cd /tmp; mkdir www; $offer")
done

# The sum of what @2 gets from @1.
stream()
{
	local url
	url=http://$(address "$1")/sent
	if [ "$2" = host ]; then
		curl -s -m "$GUEST_TIMEOUT" "$url" | md5sum
	else
		guest "$2" "wget -q -O - $url | md5sum"
	fi
}

for way in "${ways[@]}"; do
	read -r from to <<<"$way"
	frames=$(sent "$from" in.frames) bytes=$(sent "$from" in.bytes)
	same "$from to $to: the bytes" "${sums[$from]}" "$(stream "$from" "$to")"
	frames=$(($(sent "$from" in.frames) - frames)) bytes=$(($(sent "$from" in.bytes) - bytes))
	echo "# $from to $to: $bytes bytes in $frames frames, $((bytes / (frames + 1))) on average"
	check "$from to $to: frames above the MTU" test $((bytes / (frames + 1))) -gt 2000
done
same "nothing was segmented" 0 "$(vmports "$hub" segmented)"
echo "# vhost-net's thread ran for $(ticks) ticks"
check "vhost-net moved the frames" test "$(ticks)" -gt 0
tap_end
