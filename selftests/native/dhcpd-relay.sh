#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Clients behind ISC's relay, on a network that the server is not on.
#
#	client eth0 -- 10.96.0.1 relay 10.97.0.2 -- 10.97.0.1 eth1 server

. "$(dirname "$0")/dhcpd_rig.sh"

s=$tag-s r=$tag-r
cat >"$work/dhcpd.conf" <<'END'
default-lease-time 600;
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.128 10.97.0.200;
	option routers 10.97.0.2;
}
subnet 10.96.0.0 netmask 255.255.255.0 {
	range 10.96.0.50 10.96.0.60;
	option routers 10.96.0.1;
	option domain-name "far.example";
}
host far { hardware ethernet 02:11:22:33:44:55; fixed-address 10.96.0.77, 10.97.0.77; }
END
space "$g"
space "$r"
space "$s"
ip -n "$s" link add eth1 type veth peer name near netns "$r"
ip -n "$g" link add eth0 type veth peer name far netns "$r"
ip -n "$s" addr add 10.97.0.1/24 dev eth1
ip -n "$r" addr add 10.97.0.2/24 dev near
ip -n "$r" addr add 10.96.0.1/24 dev far
for link in "$s eth1" "$r near" "$r far" "$g eth0"; do
	# shellcheck disable=SC2086
	set -- $link
	ip -n "$1" link set "$2" up
done
ip -n "$s" route add default via 10.97.0.2
in_space "$r" sysctl -qw net.ipv4.ip_forward=1

serve()
{
	background "$work/dhcpd.log" ip netns exec "$s" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --run-dir "$work" --foreground --interface eth1
	dhcpd_pid=$last
	wait_for 30 grep -q "Sending on" "$work/dhcpd.log"
}

serve || { cat "$work/dhcpd.log"; exit 1; }
background "$work/relay" from_tree "$r" dhcrelay -4 -d -a -id far -iu near 10.97.0.1
wait_for 30 grep -q "Sending on" "$work/relay"

asks=(-t 10 -T 1)

check "a client behind a relay gets a lease" udhcpc
first=$(value ip)
check "of its own network" eval '[[ $first =~ ^10\.96\.0\.(5[0-9]|60)$ ]]'
same "with that network's router" "$(value router)" 10.96.0.1
same "and domain" "$(value domain)" far.example
same "from the server, not the relay" "$(value serverid)" 10.97.0.1
check "a second time" udhcpc -r "$first"
same "the same address" "$(value ip)" "$first"
check "asked for an address of the server's own network" udhcpc -r 10.97.0.130
same "it gets one of its own" "$(value ip)" "$first"

# It renews past the relay: by unicast to the server, routed.
ip -n "$g" addr add "$first/24" dev eth0
ip -n "$g" route add default via 10.96.0.1
: >"$work/dhcpd.log"
background "$work/dhclient" from_tree "$g" dhclient -d -v -1 -sf /out/bind -lf /out/dhclient.leases \
	-pf /out/dhclient.pid eth0
cat >"$work/bind" <<'END'
#!/bin/sh
case $reason in
BOUND | RENEW | REBIND | REBOOT)
	ip addr flush dev eth0
	ip addr add "$new_ip_address/24" dev eth0
	ip route add default via 10.96.0.1
	;;
esac
exit 0
END
chmod +x "$work/bind"
check "dhclient too" wait_for 60 grep -q "bound to 10.96.0" "$work/dhclient"
pkill -P "$last"
ip -n "$g" addr flush dev eth0

mac=$(mac_of "$g" eth0)
ip -n "$g" link set eth0 down
ip -n "$g" link set eth0 address 02:11:22:33:44:55
ip -n "$g" link set eth0 up
check "a reservation of several addresses" udhcpc
same "is the one of the client's network" "$(value ip)" 10.96.0.77
ip -n "$g" link set eth0 down
ip -n "$g" link set eth0 address "$mac"
ip -n "$g" link set eth0 up

# The relay adds option 82, and takes it off again: only with the server's echo.
check "the relay gets its information back" eval "! grep -qi 'discard\|missing' $work/relay"
kill "$dhcpd_pid"
check "ends on SIGTERM" wait_pid 30 "$dhcpd_pid"
done_testing
