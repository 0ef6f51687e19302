#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dhcpd.conf changes while clients have leases: SIGHUP, and no lease is forgotten.

. "$(dirname "$0")/dhcpd_rig.sh"

dhcpd_conf
space "$g"
dhcpd_start || exit 1

asks=(-t 10 -T 1)
client()
{
	ip -n "$g" link set eth0 down
	ip -n "$g" link set eth0 address "02:00:00:00:00:0$1"
	ip -n "$g" link set eth0 up
}
# reload WORDS: it is told, and says these.
reload()
{
	: >"$work/dhcpd.log"
	kill -HUP "$dhcpd_pid"
	wait_for 20 grep -q -- "$1" "$work/dhcpd.log"
}

client 1
check "a client has a lease" udhcpc
first=$(value ip)
client 2
check "and another" udhcpc
second=$(value ip)

sed -i 's/option domain-name localdomain/option domain-name changed.example/
	s/\tdefault-lease-time 1800/\tdefault-lease-time 900/' "$work/dhcpd.conf"
check "SIGHUP: read again" reload "dhcpd.conf: read again"
client 1
check "the client comes back" udhcpc
same "with its address" "$(value ip)" "$first"
same "and what the file says now" "$(value domain) $(value lease)" "changed.example 900"

cp "$work/dhcpd.conf" "$work/good"
printf 'host x {\n  hardware ethernet 02:00:00:00:00:zz;\n}\n' >>"$work/dhcpd.conf"
line=$(grep -n ':zz' "$work/dhcpd.conf" | cut -d: -f1)
check "a file with a mistake: where it is" reload "dhcpd.conf:$line:[0-9]*: .*the old configuration stays"
check "the client is served as before" udhcpc
same "by the old file" "$(value ip) $(value domain)" "$first changed.example"
rm "$work/dhcpd.conf"
check "no file" reload "dhcpd.conf: No such file or directory; the old configuration stays"

# Another range: who has an address of the old one goes on until it asks again.
sed 's/range 10.97.0.128 10.97.0.254/range 10.97.0.60 10.97.0.70/' "$work/good" >"$work/dhcpd.conf"
check "another range" reload "read again"
check "the leases of the old one are still on the disk" \
	eval "grep -q '^lease $first ' $work/leases/dhcpd.leases && grep -q '^lease $second ' $work/leases/dhcpd.leases"
client 3
check "a new client" udhcpc -r "$second"
check "gets an address of the new one" eval '[[ $(value ip) =~ ^10\.97\.0\.(6[0-9]|70)$ ]]'
third=$(value ip)
client 1
check "a client of the old one" udhcpc -r "$first"
check "moves to the new one" eval '[[ $(value ip) =~ ^10\.97\.0\.(6[0-9]|70)$ ]]'

cp "$work/good" "$work/dhcpd.conf"
check "the old range again" reload "read again"
client 2
check "who kept silent meanwhile" udhcpc
same "has its address as ever" "$(value ip)" "$second"
client 4
check "another new client" udhcpc
check "gets one that nobody has" eval '[ "$(value ip)" != "$second" ] && [ "$(value ip)" != "$third" ]'

# A reservation for an address that another client has: it is not given twice.
echo "host mine { hardware ethernet 02:00:00:00:00:05; fixed-address $second; }" >>"$work/dhcpd.conf"
check "a reservation" reload "read again"
client 5
check "whose address another client has" udhcpc
check "gives another one at first" eval '[ -n "$(value ip)" ] && [ "$(value ip)" != "$second" ]'
client 2
check "the one that has it, when it asks again" udhcpc -r "$second"
check "gets another" eval '[ -n "$(value ip)" ] && [ "$(value ip)" != "$second" ]'
client 5
check "and then the reservation" udhcpc
same "is served" "$(value ip)" "$second"

kill "$dhcpd_pid"
check "ends on SIGTERM" wait_pid 30 "$dhcpd_pid"

# In the background the server is in another directory, and finds its files all
# the same.
cd "$work" || exit 1
cp good dhcpd.conf
background /dev/null "$bin/vmnet-dhcpd" -cf dhcpd.conf -lf leases/dhcpd.leases -pf dhcpd.pid --run-dir "$work" --tap "$tap"
wait_for 20 test -s dhcpd.pid
pid=$(cat dhcpd.pid)
check "in the background" kill -0 "$pid"
echo wrong >dhcpd.conf
kill -HUP "$pid"
nap 0.5
check "a mistake does not end it" kill -0 "$pid"
cp good dhcpd.conf
kill -HUP "$pid"
nap 0.5
check "nor does a good file" kill -0 "$pid"
kill "$pid"
done_testing
