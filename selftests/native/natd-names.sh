#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Names of guests: natd knows them from the lease file of vmnet-dhcpd. Both are on
# one network, a bridge in the guests' namespace, with two machines that are
# clients of DHCP and of DNS.
#
#	box-a --+-- bridge --+-- tap -- natd (10.99.0.2)
#	box-b --+            +-- tap -- dhcpd (10.99.0.254)

. "$(dirname "$0")/natd_rig.sh"

leases=$work/net/dhcpd/dhcpd.leases

# box NAME: a machine on the network
box()
{
	space "$tag-$1"
	ip -n "$g" link add "p$1" master br0 type veth peer name eth0 netns "$tag-$1"
	ip -n "$g" link set "p$1" up
	ip -n "$tag-$1" link set eth0 up
}

dhcpd_start()
{
	cat >"$work/dhcpd.conf" <<-END
		default-lease-time 1800;
		max-lease-time 7200;
		subnet 10.99.0.0 netmask 255.255.255.0 {
			range 10.99.0.128 10.99.0.199;
			option domain-name-servers 10.99.0.2;
			option domain-name localdomain;
			option routers 10.99.0.2;
		}
	END
	mkdir -p "${leases%/*}"
	background "$work/dhcpd.log" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$leases" \
		--tap "vd$$" --foreground vmnet8
	wait_for 60 grep -q 'Sending on' "$work/dhcpd.log" || return
	ip link set "vd$$" netns "$g"
	ip -n "$g" link set "vd$$" master br0
	ip -n "$g" link set "vd$$" up
}

cat >"$work/script" <<'END'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr flush dev eth0
ip addr add "$ip/24" dev eth0
ip route replace default via "$router"
echo "$ip" >"/out/ip.$box"
END
chmod +x "$work/script"

# lease NAME HOSTNAME: the machine gets one, by busybox's client, which goes on
lease()
{
	rm -f "$work/ip.$1"
	background "$work/udhcpc.$1" from_tree "$tag-$1" env "box=$1" busybox udhcpc -i eth0 -f -R \
		-p "/out/pid.$1" -t 20 -T 2 -s /out/script -x "hostname:$2"
	wait_for 60 [ -s "$work/ip.$1" ]
}

# release NAME: and gives it back; its address still works
release()
{
	kill -TERM "$(cat "$work/pid.$1")"
	wait_for 30 grep -q "DHCPRELEASE of $(cat "$work/ip.$1")" "$work/dhcpd.log"
	ip -n "$tag-$1" addr replace "$(cat "$work/ip.$1")/24" dev eth0
	ip -n "$tag-$1" route replace default via 10.99.0.2
}

# asks NAME [ARG...]: what a machine is told, by a resolver library
asks()
{
	from_tree "$tag-$1" dig +short +tries=3 +time=10 @10.99.0.2 "${@:2}"
}

is_at()
{
	[ "$(asks b "$1")" = "$2" ]
}

known()
{
	ctl statistics | grep -q "\"guest_names\": $1,"
}

# append: standard input to the server's file, which is not root's, in a directory
# where root may not open it as if to make it (protected_regular)
append()
{
	dd of="$leases" oflag=append conv=notrunc,nocreat status=none
}

# block ADDRESS SECONDS NAME: as the server writes them
block()
{
	local TZ=UTC starts ends
	printf -v starts '%(%w %Y/%m/%d %H:%M:%S)T' "$EPOCHSECONDS"
	printf -v ends '%(%w %Y/%m/%d %H:%M:%S)T' $((EPOCHSECONDS + $2))
	cat <<-END
		lease $1 {
		  starts $starts;
		  ends $ends;
		  hardware ethernet 00:0c:29:00:00:09;
		  client-hostname "$3";
		}
	END
}

natd_conf ""
rig_spaces
echo "10.97.0.7 nas nas.test" >"$work/hosts"
natd_start --hosts "$work/hosts" --leases "$leases" --user daemon || exit 1
ip -n "$g" addr flush dev nt0
ip -n "$g" link add br0 type bridge
ip -n "$g" link set br0 up
ip -n "$g" link set nt0 master br0
box a
box b
serve outside "$o" dns-server 10.98.0.2 53 9.9.9.2
same "natd runs as another than root" "$(stat -c %U "/proc/$natd_pid")" daemon
check "the DHCP server comes later" dhcpd_start

check "a machine gets a lease" lease a Web-1
check "and another" lease b db
a=$(cat "$work/ip.a") b=$(cat "$work/ip.b")
check "its name is known" wait_for 30 is_at web-1 "$a"
same "within the domain too" "$(asks b WEB-1.localdomain)" "$a"
same "by its address" "$(asks b -x "$a")" "web-1.localdomain."
same "the other one's" "$(asks a db; asks a -x "$b")" "$b
db.localdomain."
same "an IPv6 address it has none, and that is an answer" \
	"$(asks b web-1 AAAA; from_tree "$tag-b" dig @10.99.0.2 web-1 AAAA | grep -o 'status: [A-Z]*')" \
	"status: NOERROR"
same "nobody else was asked" "$(grep -ci 'asked web-1.localdomain' "$work/outside.log")" 0
same "another name" "$(asks b www)" 9.9.9.2
same "over TCP" "$(asks b +tcp +keepopen web-1 A www A db A web-1 AAAA)" "$a
9.9.9.2
$b"
check "they are counted" known 2

# Two of one name: the newest, and when that goes the other.
release b
nap 1.1
check "the same name once more" lease b web-1
b=$(cat "$work/ip.b")
check "the newest has it" wait_for 30 is_at web-1 "$b"
same "and alone" "$(asks b -x "$a")" 9.9.9.2
release b
check "it goes, and the other has it again" wait_for 30 is_at web-1 "$a"

# Names that are not a guest's to take.
check "a name of the host's file" lease b nas
check "is that of the file" wait_for 30 is_at nas 10.97.0.7
same "in either form" "$(asks b nas.localdomain)" 9.9.9.2
release b
i=210
for name in wpad localhost -web we_b; do
	block "10.99.0.$((i++))" 60 "$name" | append
done
block 10.99.0.2 60 gate | append
block 10.99.0.1 60 host | append
block 10.96.0.1 60 far | append
block 10.99.0.202 4 short | append
block 10.99.0.203 60 long | append
check "another block of the file" wait_for 30 is_at long 10.99.0.203
for name in wpad localhost gate host far; do
	same "$name is nobody's" "$(asks b "$name")" 9.9.9.2
done
check "a lease that ends" wait_for 30 is_at short 9.9.9.2

# Another domain; what was read stays.
natd_conf "[dns]" "domain = Lab.Test"
kill -HUP "$natd_pid"
check "another domain" wait_for 30 is_at web-1.lab.test "$a"
same "instead of the first" "$(asks b web-1.localdomain)" 9.9.9.2
same "by its address" "$(asks b -x "$a")" "web-1.lab.test."

# Another file in its place, and none; one that cannot be read, and many names.
block 10.99.0.204 60 fresh >"$work/fresh"
mv "$work/fresh" "$leases"
check "another file" wait_for 30 is_at fresh 10.99.0.204
same "what is not in it is gone" "$(asks b web-1)" 9.9.9.2
printf 'lease 10.99.0.205 {\n  starts 4 2026/\n' | append
block 10.99.0.206 60 after | append
check "a torn block is passed over" wait_for 30 is_at after 10.99.0.206
rm "$leases"
check "no file, no names" wait_for 30 known 0
for ((i = 10; i < 250; i++)); do
	block "10.99.0.$i" 600 "vm$i"
done >"$work/many"
for ((i = 0; i < 50; i++)); do
	cat "$work/many"
done >"$work/new"
mv "$work/new" "$leases"
check "a file of $(stat -c %s "$leases") bytes" wait_for 30 known 240
same "its last name" "$(asks b vm249)" 10.99.0.249
chmod 600 "$leases"
block 10.99.0.7 60 secret | append
check "a file that it may not read" wait_for 30 known 0
check "is told of" grep -q "dhcpd.leases: Permission denied; no names of guests are known" "$work/natd.log"
rm "$leases"
mkfifo "$leases"
same "nor does it wait for a pipe" "$(asks b vm249)" 9.9.9.2
done_testing
