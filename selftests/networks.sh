#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-networks: start, status and stop of the default networks, what stays
# over an edit, and mistakes. The programs are looked for in the build.

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}
root=$work/etc run=$work/run
mkdir -p "$run"
networks()
{
	"$bin/vmnet-networks" --root "$root" --run-dir "$run" "$@" >"$work/out" 2>"$work/err"
}
chmod 755 "$work"
# As Debian has it: nobody opens as if to make it what another has put into a shared directory.
sysctl -qw fs.protected_regular=2

[ -x "$bin/vmnet-networks" ] || { echo "Bail out! no programs in $bin"; exit 1; }
ip link add eth0 type veth peer name wire0
ip addr add 10.95.0.1/24 dev eth0
ip link set eth0 up
ip link set wire0 up
ip route add default via 10.95.0.2

# Whoever starts them may have files of his own read by nobody else.
private()
{
	(umask 077 && networks "$@")
}
check "start with nothing configured" private --start
sed 's/^/# /' "$work/out"
check "it is said which were written" grep -q "^Wrote $root/networking" "$work/out"
for line in "Started Bridge networking on vmnet0" "Enabled hostonly virtual adapter on vmnet1" \
	"Started DHCP service on vmnet1" "Started NAT service on vmnet8" \
	"Enabled hostonly virtual adapter on vmnet8" "Started DHCP service on vmnet8" \
	"Started all configured services on all networks"; do
	check "start: $line" grep -qx "$line" "$work/out"
done
same "order" "$(grep -E 'vmnet8$' "$work/out" | cut -d' ' -f2 | xargs)" "NAT hostonly DHCP"
sub=$(sed -n 's/^answer VNET_8_HOSTONLY_SUBNET \(.*\)\.0$/\1/p' "$root/networking")
check "the host's address" eval "ip -4 addr show dev vmnet8 | grep -q 'inet $sub.1/24'"
same "guests are no routers of the host's" "$(cat /proc/sys/net/ipv6/conf/vmnet8/accept_ra_defrtr)" 0
check "the uplink is eth0" grep -q 'dev eth0 $' /proc/vmnet/bridge*
check "status" networks --status
check "status: all run" grep -qx "All the services configured on all the networks are running" "$work/out"
check "status: the NAT" grep -qx "NAT service on vmnet8 is running" "$work/out"
check "status: the adapter" grep -qx "Hostonly virtual adapter on vmnet1 is enabled" "$work/out"
check "netmap.conf" grep -q '^network2.name = "NAT"' "$root/netmap.conf"

nat=$(cat "$run/vmnet-natd-8.pid")
check "start again" networks --start
check "start again: says so" grep -qx "NAT service on vmnet8 is already running" "$work/out"
same "start again: nothing was restarted" "$(cat "$run/vmnet-natd-8.pid")" "$nat"

# The NAT, which is not root any more, reads the leases of the network.
printf 'lease %s.128 {\n  starts 4 2026/01/01 00:00:00;\n  ends 4 2126/01/01 00:00:00;\n  %s\n}\n' \
	"$sub" 'client-hostname "web";' >"$work/block"
dd if="$work/block" of="$root/vmnet8/dhcpd/dhcpd.leases" oflag=append conv=notrunc,nocreat status=none
guest_names()
{
	"$bin/vmnet-natctl" -S "$run/vmnet-natd-vmnet8.sock" statistics | grep "\"guest_names\": $1,"
}
check "the NAT knows a guest by its lease" wait_for 30 guest_names 1

# One network changes alone; the user's text stays.
dhcp1=$(cat "$run/vmnet-dhcpd-vmnet1.pid")
echo "# my own words" >>"$root/vmnet8/dhcpd/dhcpd.conf"
echo "add_dhcp_mac_to_ip 8 00:0c:29:00:00:01 $sub.50" >>"$root/networking"
check "an edit is applied" networks --start
check "the reservation is there" grep -q "fixed-address $sub.50;" "$root/vmnet8/dhcpd/dhcpd.conf"
check "the user's text too" grep -qx "# my own words" "$root/vmnet8/dhcpd/dhcpd.conf"
same "the NAT was left alone" "$(cat "$run/vmnet-natd-8.pid")" "$nat"
same "another network too" "$(cat "$run/vmnet-dhcpd-vmnet1.pid")" "$dhcp1"

# Whoever has edited it: a server that runs with an old file reads it again.
dhcp8=$(cat "$run/vmnet-dhcpd-vmnet8.pid")
touch "$root/vmnet8/dhcpd/dhcpd.conf"
check "a file that is newer is taken up" networks --start
check "by the server that runs" grep -qx "Reloaded DHCP service on vmnet8" "$work/out"
same "which was not started again" "$(cat "$run/vmnet-dhcpd-vmnet8.pid")" "$dhcp8"
echo "this is no dhcpd.conf;" >>"$root/vmnet8/dhcpd/dhcpd.conf"
check "a dhcpd.conf that is wrong" eval "! networks --start"
check "where it is" grep -q "dhcpd.conf:[0-9]*:1: .*'this'" "$work/err"
same "the server goes on with what it has" "$(cat "$run/vmnet-dhcpd-vmnet8.pid")" "$dhcp8"
sed -i '$d' "$root/vmnet8/dhcpd/dhcpd.conf"
check "and then a good one" networks --start

check "the directory of leases stays root's" \
	eval "stat -c '%U %a' '$root/vmnet8/dhcpd' | grep -qx 'root 1775'"

# A forward: the NAT takes it up, and goes on.
nat=$(cat "$run/vmnet-natd-8.pid")
echo "add_nat_portfwd 8 tcp 8080 $sub.60 80 web" >>"$root/networking"
check "a forward" networks --start
check "is taken up by the NAT that runs" grep -qx "Reloaded NAT service on vmnet8" "$work/out"
same "which was not started again" "$(cat "$run/vmnet-natd-8.pid")" "$nat"
check "the port listens" eval "ss -Hltn 'sport = 8080' | grep -q ."
check "once more" networks --start
check "nothing is left to do" grep -qx "NAT service on vmnet8 is already running" "$work/out"
echo "this is no nat.conf" >>"$root/vmnet8/nat/nat.conf"
check "a nat.conf that is wrong" eval "! networks --start"
check "why" grep -q "nat.conf:.*not a \"key = value\" line" "$work/err"
same "the NAT goes on with what it has" "$(cat "$run/vmnet-natd-8.pid")" "$nat"
sed -i '$d' "$root/vmnet8/nat/nat.conf"
check "and then a good one" networks --start
check "the port still listens" eval "ss -Hltn 'sport = 8080' | grep -q ."

# Another subnet, another MTU, another NIC.
sed "s/^answer VNET_1_HOSTONLY_SUBNET .*/answer VNET_1_HOSTONLY_SUBNET 10.96.1.0/" \
	"$root/networking" >"$work/other"
echo "answer VNET_1_MTU 1400" >>"$work/other"
cp "$work/other" "$root/networking"
check "another subnet and MTU" networks --start
same "the interface has the new address, alone" \
	"$(ip -4 -o addr show dev vmnet1 | awk '{ print $4 }' | xargs)" "10.96.1.1/24"
check "and the MTU" eval "ip link show vmnet1 | grep -q 'mtu 1400'"
ip link add eth1 type veth peer name wire1
ip link set eth1 up
echo "add_bridge_mapping eth1 0" >>"$root/networking"
check "vmnet0 on another NIC" networks --start
check "it is there" wait_for 30 grep -q 'dev eth1 $' /proc/vmnet/bridge*
check "and then all of it runs already" networks --start
check "says so" grep -qx "All services were running already" "$work/out"

# IPv6 of a network that is the host's and its guests' alone.
addresses6()
{
	ip -6 -o addr show dev vmnet1 scope global -tentative | grep "inet6 fd5e:1:2:3:"
}
cp "$root/networking" "$work/before"
echo "answer VNET_1_IP6_PREFIX fd5e:1:2:3::/64" >>"$root/networking"
check "a prefix for vmnet1" networks --start
check "its advertiser is started" grep -qx "Started IPv6 service on vmnet1" "$work/out"
check "the host makes itself an address" wait_for 30 addresses6
same "and has no route by it" "$(ip -6 route show default dev vmnet1)" ""
check "once more" networks --start
check "it runs already" grep -qx "IPv6 service on vmnet1 is already running" "$work/out"
sed -i 's/fd5e:1:2:3/fd5e:1:2:4/' "$root/networking"
check "another prefix" networks --start
check "is taken up" grep -qx "Reloaded IPv6 service on vmnet1" "$work/out"
echo "answer VNET_1_NAT yes" >>"$root/networking"
check "with the NAT" networks --start
check "it is another daemon" grep -qx "Started NAT service on vmnet1" "$work/out"
check "the interface runs" grep -qx "Hostonly virtual adapter on vmnet1 is already enabled" "$work/out"
cp "$work/before" "$root/networking"
check "taken back" networks --start
check "it ends" grep -q "^Stopped .* service on vmnet1" "$work/out"

# A network that is no longer there.
cp "$root/networking" "$work/before"
grep -v VNET_1_ "$work/before" >"$root/networking"
check "vmnet1 is taken out" networks --start
check "its interface goes" eval "! ip link show vmnet1 2>/dev/null"
check "its dhcpd too" eval "! test -e '$run/vmnet-dhcpd-vmnet1.pid'"
cp "$work/before" "$root/networking"
check "and back" networks --start
grep -v VNET_1_ "$work/before" >"$root/networking"
check "a stop without it" networks --stop
same "stops it too" "$(ls /proc/vmnet)" ""
cp "$work/before" "$root/networking"
check "and all again" networks --start
nat=$(cat "$run/vmnet-natd-8.pid")
ip link del eth1

kill -9 "$nat"
pkill -9 -P "$nat" 2>/dev/null
check "status tells of a crash" eval "! networks --status"
check "status: the NAT does not run" grep -qx "NAT service on vmnet8 is not running" "$work/out"
check "status: some do not" grep -qx "Some of the services configured on all the networks are not running" "$work/out"
check "start brings it back" networks --start
check "stop" networks --stop
check "stop: all" grep -qx "Stopped all configured services on all networks" "$work/out"
same "no port is left" "$(ls /proc/vmnet)" ""
same "no PID file is left" "$(find "$run" -name '*.pid')" ""
check "status after stop" eval "! networks --status"

# wrong NAME LINE REASON: appended to the file; nothing starts.
cp "$root/networking" "$work/good"
wrong()
{
	{ cat "$work/good"; cat; } >"$root/networking"
	local line
	line=$(wc -l <"$root/networking")
	check "$1: refused" eval "! networks --start"
	same "$1: why" "$(cat "$work/err")" "vmnet-networks: $root/networking:$line: $2"
	same "$1: nothing started" "$(ls /proc/vmnet)$(find "$run" -name '*.pid')" ""
	cp "$work/good" "$root/networking"
}
wrong "unknown directive" 'unknown directive "frobnicate"' <<<"frobnicate"
wrong "unknown answer" 'unknown answer "VNET_8_COLOUR"' <<<"answer VNET_8_COLOUR red"
wrong "impossible subnet" '10.1.1.1 is an address on the subnet, not the subnet itself' <<END
answer VNET_3_DHCP yes
answer VNET_3_HOSTONLY_SUBNET 10.1.1.1
END
wrong "overlap" 'the subnet overlaps that of vmnet8' <<END
answer VNET_9_DHCP yes
answer VNET_9_HOSTONLY_SUBNET $sub.0
END
setpriv --reuid 65534 --clear-groups "$bin/vmnet-networks" --status >"$work/out" 2>"$work/err"
same "not root" "$(cat "$work/err")" "vmnet-networks: must be run by root"
: >"$work/empty"
check "an empty file gives fresh networks" networks --migrate-network-settings "$work/empty"
check "they are right" grep -q '^answer VNET_8_NAT yes' "$root/networking"

rmmod vmnet
check "without the module: refused" eval "! networks --start"
check "without the module: says what to do" grep -q 'modprobe vmnet' "$work/err"
insmod "$VMNET_KO"
ip link del eth0
done_testing
