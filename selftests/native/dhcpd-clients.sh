#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real DHCP clients, each on a machine of its own: they get a lease and apply it,
# renew, rebind and release it, and have the same address again after that, after
# a crash of theirs and after one of the server. All do the same at the same time.

. "$(dirname "$0")/dhcpd_hub.sh"

clients=(udhcpc dhclient dhcpcd networkd nm)
server=10.97.0.254
# The shortest that dhcpcd takes: T1 is at 10 s, T2 at 17.
lease=20

cat >"$work/dhcpd.conf" <<END
default-lease-time $lease;
max-lease-time $lease;
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.128 10.97.0.254;
	option routers 10.97.0.2;
	option broadcast-address 10.97.0.255;
	option domain-name-servers 10.97.0.2;
	option domain-name "lab.example";
	option interface-mtu 1400;
}
END

# How each is set up, started, and made to release its address.
udhcpc_start()
{
	starts udhcpc busybox udhcpc -i eth0 -f -R -O mtu -x hostname:udhcpc \
		-s /etc/udhcpc/default.script
}
udhcpc_again()
{
	udhcpc_start
}
udhcpc_release()
{
	on udhcpc pkill -TERM busybox
}

dhclient_start()
{
	# By itself it repeats so seldom that it may miss the time between T2 and the end.
	on dhclient sed -i '/initial-interval/d; $a initial-interval 1; backoff-cutoff 2;' /etc/dhcp/dhclient.conf
	starts dhclient dhclient -d -v eth0
}
dhclient_again()
{
	dhclient_start
}
dhclient_release()
{
	on dhclient dhclient -r eth0
}

dhcpcd_start()
{
	starts dhcpcd dhcpcd -B -d eth0
}
dhcpcd_again()
{
	dhcpcd_start
}
dhcpcd_release()
{
	on dhcpcd dhcpcd -k eth0
}

networkd_start()
{
	on networkd bash -c 'mkdir -p /etc/systemd/network /run/systemd/netif/{links,leases,lldp}
		chown -R systemd-network /run/systemd/netif
		cat >/etc/systemd/network/eth0.network' <<-END
		[Match]
		Name=eth0
		[Network]
		DHCP=ipv4
		LinkLocalAddressing=no
		[DHCPv4]
		UseMTU=yes
		UseDomains=yes
	END
	starts networkd env SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console \
		/lib/systemd/systemd-networkd
}
networkd_again()
{
	networkd_start
}
networkd_release()
{
	on networkd pkill -TERM systemd-network
}

nm_start()
{
	on nm bash -c 'mkdir -p /run/dbus; umask 077
		cat >/etc/NetworkManager/NetworkManager.conf
		dbus-daemon --system --fork --nopidfile' <<-END
		[main]
		plugins=keyfile
		dhcp=internal
		no-auto-default=*
		rc-manager=file
		[logging]
		level=DEBUG
		domains=DHCP4,DEVICE
		[connectivity]
		enabled=false
	END
	on nm bash -c 'umask 077; cat >/etc/NetworkManager/system-connections/eth0.nmconnection' <<-END
		[connection]
		id=eth0
		type=ethernet
		uuid=6e6d0000-0000-4000-8000-000000000001
		interface-name=eth0
		[ipv4]
		method=auto
		[ipv6]
		method=disabled
	END
	starts nm NetworkManager --debug
}
nm_again()
{
	on nm nmcli connection up eth0
}
nm_release()
{
	on nm nmcli connection down eth0
}

# applied NAME: address, router, MTU, DNS, domain and time as they are in force.
applied()
{
	local name=$1 route mtu time resolv=/etc/resolv.conf
	route=$(on "$name" ip -4 route show default)
	# dhcpcd gives it to the route alone.
	mtu=$(sed -n 's/.* mtu \([0-9]*\).*/\1/p' <<<"$route")
	[ -n "$mtu" ] || mtu=$(on "$name" cat /sys/class/net/eth0/mtu)
	time=$(on "$name" ip -4 addr show dev eth0 | sed -n 's/.*valid_lft \([0-9]*\)sec.*/\1/p')
	# udhcpc's script leaves it to the client.
	[ "$name" != udhcpc ] || time=$(sed -n 's/.*lease time //p' "$work/udhcpc/log" | tail -n 1)
	[ "${time:-0}" -gt 0 ] && [ "$time" -le $lease ] && time=good
	# What would go to systemd-resolved.
	[ "$name" != networkd ] || resolv=$(on "$name" sh -c 'echo /run/systemd/netif/leases/*')
	echo "$(address_of "$name") $(sed -n 's/default via \([0-9.]*\).*/\1/p' <<<"$route") $mtu" \
		"$(on "$name" cat "$resolv" |
			sed -nE 's/^(nameserver |DNS=)//p; s/^(domain |search |DOMAINNAME=)//p' |
			sort -u | xargs) $time"
}

# asks NAME FROM TO MAC: is a REQUEST of its address sent there, as in RENEWING and
# REBINDING: ciaddr, no requested address, no server identifier?
asks()
{
	heard "$1" "^$1 [0-9.]+>$3 [^ ]*>$4 REQUEST .*ciaddr=${addr[$1]} " "$2" |
		grep -vE ' (want|server)='
}
# answered NAME FROM: by unicast, since it has an address.
answered()
{
	heard "$1" "^server $server>${addr[$1]} [^ ]*>${mac[$1]} ACK .*ciaddr=${addr[$1]} yiaddr=${addr[$1]} " "$2"
}
renews()
{
	asks "$1" "$2" "$server" "$(server_mac "$2")" && answered "$1" "$2"
}
rebinds()
{
	heard "$1" "^hole ${addr[$1]}>$server .* REQUEST" "$2" &&
		asks "$1" "$2" 255.255.255.255 ff:ff:ff:ff:ff:ff && answered "$1" "$2"
}
releases()
{
	heard "$1" "^$1 ${addr[$1]}>$server [^ ]*>$(server_mac 0) RELEASE .*ciaddr=${addr[$1]} " "$2" &&
		grep -q "DHCPRELEASE of ${addr[$1]} from ${mac[$1]} via vmnet8\$" "$work/dhcpd.log"
}
# never_asked NAME FROM: it did not begin from the start.
never_asked()
{
	! heard "$1" "^($1 .* DISCOVER|server .* NAK) " "$2"
}

# reboots NAME FROM: does it ask for the address that it had, and is that enough?
reboots()
{
	never_asked "$1" "$2" && heard "$1" "^$1 " "$2" | head -n 1 |
		grep -E "^$1 0.0.0.0>255.255.255.255 .* REQUEST .*want=${addr[$1]}( |\$)" |
		grep -vE ' (ciaddr|server)='
}

# again NAME FROM: has it the address that it had?
again()
{
	acked "$1" "$2" && [ "$got" = "${addr[$1]}" ] && [ "$(address_of "$1")" = "$got" ]
}

hub
serve || exit 1
n=16
for c in "${clients[@]}"; do
	machine "$c" "02:00:00:00:00:$n" || exit 1
	n=$((n + 1))
done

declare -A addr=()
for c in "${clients[@]}"; do
	"${c}_start"
done
for c in "${clients[@]}"; do
	wait_for 30 acked "$c" 0
	addr[$c]=$got
	check "$c: gets a lease" [ -n "$got" ]
	wait_for 20 again "$c" 0
	same "$c: applies all of it" "$(applied "$c")" "$got 10.97.0.2 1400 10.97.0.2 lab.example good"
done

# RFC 4361: type 255, an IAID, a DUID by time.
check "dhcpcd: its identifier is an IAID and a DUID" heard dhcpcd '^server .* ACK .* id=ff[0-9a-f]{8}0001[0-9a-f]+( |$)'

began=$(now)
from=$began
for c in "${clients[@]}"; do
	check "$c: renews by unicast" wait_for $lease renews "$c" "$from"
done

from=$(now)
lose_unicast
for c in "${clients[@]}"; do
	check "$c: rebinds by broadcast, since unicast is lost" wait_for $((2 * lease)) rebinds "$c" "$from"
	check "$c: keeps its address all the time" never_asked "$c" "$began"
done
find_unicast

crash_server
from=$(now)
for c in "${clients[@]}"; do
	check "$c: renews with a server that was killed" wait_for $lease renews "$c" "$from"
done

# NetworkManager 1.42 lets a lease run out instead.
for c in "${clients[@]}"; do
	from=$(now)
	"${c}_release" >"$work/$c/release" 2>&1
	[ "$c" != nm ] || continue
	check "$c: releases it" wait_for 20 releases "$c" "$from"
	check "$c: and it is over in the lease file" is_over "${addr[$c]}"
done
from=$(now)
for c in "${clients[@]}"; do
	"${c}_again" >"$work/$c/again" 2>&1
done
for c in "${clients[@]}"; do
	check "$c: gets the same address after a release" wait_for 30 again "$c" "$from"
done

# A cable that was pulled: networkd asks for the address that it had.
from=$(now)
ip -n "$hub" link set networkd down
nap 2
ip -n "$hub" link set networkd up
check "networkd: gets the same address after its cable was out" wait_for 20 again networkd "$from"
check "networkd: by asking for it" reboots networkd "$from"

for c in "${clients[@]}"; do
	crash "$c"
	on "$c" ip addr flush dev eth0
done
crash_server
from=$(now)
# Not in the order in which they got them.
for c in nm networkd dhcpcd dhclient udhcpc; do
	"${c}_start"
done
for c in "${clients[@]}"; do
	check "$c: has its address again after a crash of both" wait_for 30 again "$c" "$from"
done
# These keep it on the disk (INIT-REBOOT); the others find out what they had.
for c in dhclient dhcpcd nm; do
	check "$c: by asking for it" reboots "$c" "$from"
done
tell_said
done_testing
