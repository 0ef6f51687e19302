#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridging to a wireless NIC: a station (mac80211_hwsim) behind an access point
# (hostapd, WPA2) that accepts frames of one address from each station. Guests
# get leases and IPv6 addresses from the LAN behind it, and talk to the LAN, to
# the host and to each other.

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}

# A debug kernel has two built in.
modprobe mac80211_hwsim radios=2 || [ -e /sys/module/mac80211_hwsim ] || exit 1
wait_for 30 ip link show wlan1

# The LAN is where the access point is, and its radio.
space lan
ip netns exec lan sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
iw phy phy0 set netns name lan
cat >"$work/hostapd.conf" <<END
interface=wlan0
ssid=vmnet
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=a test of vmnet
END
background "$work/hostapd" ip netns exec lan hostapd "$work/hostapd.conf"
wait_for 30 grep -q AP-ENABLED "$work/hostapd"
ip -n lan addr add 10.97.0.1/24 dev wlan0
ip -n lan addr add fd97::1/64 dev wlan0 nodad
background "$work/dnsmasq" ip netns exec lan dnsmasq --keep-in-foreground --conf-file=/dev/null \
	--port=0 --interface=wlan0 --bind-interfaces --user=root --group=root --log-dhcp --log-facility=- \
	--dhcp-leasefile="$work/leases" --no-ping \
	--dhcp-range=10.97.0.100,10.97.0.200,1h --dhcp-range=fd97::,ra-only,64,1h --enable-ra

cat >"$work/wpa.conf" <<END
network={
	ssid="vmnet"
	psk="a test of vmnet"
	scan_freq=2412
}
END
background "$work/wpa" wpa_supplicant -i wlan1 -c "$work/wpa.conf"
check "the station is associated" wait_for 60 grep -q CTRL-EVENT-CONNECTED "$work/wpa"
ip addr add 10.97.0.2/24 dev wlan1
check "the host reaches the LAN" reach host 10.97.0.1

# What the access point thinks of other addresses.
ip link add link wlan1 name foreign type macvlan
ip link set foreign up
counts lan:wlan0
"$here/etherframe" send foreign ff:ff:ff:ff:ff:ff 20
counted "20 frames of another address: the LAN sees none" 0
"$here/etherframe" send wlan1 ff:ff:ff:ff:ff:ff 20
counted "20 of the station's own: it sees them" 20
space alone
ip link set foreign netns alone
ip -n alone addr add 10.97.0.9/24 dev foreign
ip -n alone link set foreign up
check "without translation the LAN is out of reach" no_reach alone 10.97.0.1
# It makes the station promiscuous, until it has gone.
ip -n alone link del foreign
ip netns del alone

background "$work/bridge" "$bin/vmnet-bridge" -n 0 -i wlan1
bridge_pid=$last
check "vmnet-bridge attaches to it" wait_for 30 eval 'grep -q "dev wlan1" /proc/vmnet/bridge*'
same "promiscuity" "$(promiscuity wlan1)" 0
ip monitor link >"$work/news" &
news=$!
# "iw scan" would wait for ever: it listens when its scan may have ended already.
background "$work/scans" stdbuf -oL iw event
scanned()
{
	iw dev wlan1 scan trigger freq 2412 2>/dev/null
	grep -q "wlan1.*scan finished" "$work/scans"
}

nap 1
n=$(grep -c RTM_NEWLINK "$work/bridge")
check "a scan" wait_for 30 scanned
nap 1
# Wireless extensions do that, which a kernel may be without.
[ ! -e /proc/net/wireless ] ||
	check "of which the kernel tells" grep -q wlan1 "$work/news"
kill $news
same "is no news for vmnet-bridge" "$(grep -c RTM_NEWLINK "$work/bridge")" "$n"

# lease SPACE: an IPv4 address by DHCP, IPv6 as advertised.
cat >"$work/take" <<'END'
#!/bin/sh
[ "$1" = bound ] && ip addr add "$ip/$mask" dev "$interface"
exit 0
END
chmod +x "$work/take"
lease()
{
	ip netns exec "$1" sysctl -qw net.ipv6.conf.gt0.disable_ipv6=0 net.ipv6.conf.gt0.accept_ra=2
	in_space "$1" busybox udhcpc -i gt0 -f -q -n -t 10 -T 3 -s "$work/take"
}

addr4()
{
	ip -n "$1" -4 -o addr show dev gt0 | awk '{ sub("/.*", "", $4); if ($4 ~ /^10\.97\.0\.1[0-9][0-9]$|^10\.97\.0\.200$/) print $4 }'
}

addr6()
{
	ip -n "$1" -6 -o addr show dev gt0 scope global -tentative | awk '{ sub("/.*", "", $4); print $4; exit }'
}

has6()
{
	[ -n "$(addr6 "$1")" ]
}

guest ga 0 192.0.2.1/32 hdr
guest gb 0 192.0.2.2/32
for g in ga gb; do
	check "$g gets a lease" lease $g
	check "$g has an address from it" [ -n "$(addr4 $g)" ]
	check "$g has an IPv6 address of the LAN" wait_for 60 has6 $g
done
a4=$(addr4 ga) b4=$(addr4 gb) a6=$(addr6 ga) b6=$(addr6 gb)
echo "# ga $a4 $a6, gb $b4 $b6"
check "two guests, two leases" [ "$a4" != "$b4" ]
check "the lease is for the guest's own address" grep -q "$(mac_of ga gt0) $a4" "$work/leases"

ip addr add fd97::2/64 dev wlan1 nodad
for x in "$a4 10.97.0.1 10.97.0.2 $b4" "$a6 fd97::1 fd97::2 $b6"; do
	read -r a l h b <<<"$x"
	check "guest reaches the LAN's $l" reach ga "$l"
	check "plain guest reaches the LAN's $l" reach gb "$l"
	check "the LAN reaches guest $a" reach lan "$a"
	check "the LAN reaches plain guest $b" reach lan "$b"
	check "guest reaches the host's $h" reach ga "$h"
	check "the host reaches guest $a" reach host "$a"
	check "the host reaches plain guest $b" reach host "$b"
	check "guest reaches guest $b" reach ga "$b"
	check "the host reaches the LAN's $l" reach host "$l"
	check "the LAN reaches the host's $h" reach lan "$h"
done
same "for the LAN a guest has the station's address" \
	"$(ip -n lan neigh show "$b4" | awk '{ print $5 }')" "$(mac_of host wlan1)"
same "for a guest the other has its own" \
	"$(ip -n ga neigh show "$b4" | awk '{ print $5 }')" "$(mac_of gb gt0)"
same "with IPv6 too" "$(ip -n lan neigh show "$a6" | awk '{ print $5 }')" "$(mac_of host wlan1)"

stream "1 MB, guest to LAN" ga lan 10.97.0.1 1
stream "1 MB, LAN to guest" lan ga "$a4" 1
SOCAT_DEFAULT_LISTEN_IP=6 stream "1 MB, plain guest to LAN by IPv6" gb lan "[fd97::1]" 1
stream "1 MB, LAN to plain guest" lan gb "$b4" 1
stream "2 MB, guest to host" ga host 10.97.0.2 2
stream "2 MB, host to guest" host ga "$a4" 2
stream "2 MB, guest to guest" ga gb "$b4" 2
stream "1 MB, host to LAN" host lan 10.97.0.1 1
same "no bad checksum anywhere" \
	"$(bad_checksums host lan ga gb)" "0 0 0 0"

# Several addresses of a guest; one that the host has, the host keeps.
ip -n gb addr add 10.97.0.50/24 dev gt0
ip -n gb addr add fd97::50/64 dev gt0 nodad
check "a guest's second address" eval "in_space gb ping -c 1 -I 10.97.0.50 10.97.0.1 && reach lan 10.97.0.50"
check "and its second of IPv6" eval "in_space gb ping -c 1 -I fd97::50 fd97::1 && reach lan fd97::50"
ip -n gb addr add 10.97.0.2/24 dev gt0
in_space gb arping -q -c 3 -U -I gt0 10.97.0.2
check "a guest takes the host's address: the host still reaches the LAN" reach host 10.97.0.1
ip -n gb addr del 10.97.0.2/24 dev gt0

counts lan:wlan0 host:wlan1 ga:gt0 gb:gt0
in_space ga "$here/etherframe" send gt0 ff:ff:ff:ff:ff:ff 20
counted "a guest's broadcast: LAN, host, other guest once each, no echo" 20 20 0 20
in_space lan "$here/etherframe" send wlan0 ff:ff:ff:ff:ff:ff 20
counted "one of the LAN: host and guests once each" 0 20 20 20

kill "$bridge_pid"
check "the uplink goes" wait_for 30 eval "! ls /proc/vmnet/bridge*"
check "without it the LAN is out of reach" no_reach ga 10.97.0.1
check "and the host as before" reach host 10.97.0.1
stop_all
ip netns del lan
spaces=(ga gb)
! grep -qw ^mac80211_hwsim /proc/modules || wait_for 30 modprobe -r mac80211_hwsim
done_testing
