#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The lease file and other programs: ISC's dhcpd reads it and goes on with it, we read
# what that has written, and those who look for a guest's address find it.

. "$(dirname "$0")/dhcpd_rig.sh"

leases=$work/leases/dhcpd.leases
dhcpd_conf
space "$g"
dhcpd_start || exit 1

load()
{
	ip netns exec "$g" "$helpers/dhcpload" eth0 30 "${1:-2}" "$work/acks" >"$work/held"
	cat "$work/held"
}
# odd ARG...: the address of a client with an identifier of its own.
odd()
{
	from_tree "$g" busybox udhcpc -i eth0 -f -q -n -t 20 -T 2 -s /bin/true "$@" >"$work/udhcpc" 2>&1
	sed -n 's/.*lease of \([0-9.]*\) obtained.*/\1/p' "$work/udhcpc"
}
stop()
{
	kill "$1"
	wait_pid 30 "$1"
	ip -n "$g" link del eth0 2>/dev/null
}

same "30 clients have a lease" "$(load)" 30
# And a name that is hard to write.
hard=(-x 'hostname:a"b\c{}; d' -x 0x3d:00225c0a7d01ff)
odd_first=$(odd "${hard[@]}")
check "one with an odd name and identifier has one" [ -n "$odd_first" ]
stop "$dhcpd_pid"
cp "$leases" "$work/ours"

cat >"$work/isc.conf" <<'END'
authoritative;
subnet 10.97.0.0 netmask 255.255.255.0 {
	range 10.97.0.128 10.97.0.253;
}
END
space "$tag-i"
ip -n "$tag-i" tuntap add dev eth0 mode tap
ip -n "$tag-i" addr add 10.97.0.254/24 dev eth0
ip -n "$tag-i" link set eth0 up
chmod 666 "$work/leases"/*
isc()
{
	from_tree "$tag-i" dhcpd -user root -group root -cf /out/isc.conf -lf /out/leases/dhcpd.leases \
		-pf /out/isc.pid "$@"
}
isc -T >"$work/isc.log" 2>&1
same "ISC dhcpd -T takes our file" $? 0
same "and says nothing against it" "$(grep -ci 'line [0-9]\|corrupt\|bad\|invalid\|expect' "$work/isc.log")" 0
# It writes the file anew when it starts.
background "$work/isc.log" isc -f -d eth0
isc_pid=$last
check "ISC dhcpd goes on with it" wait_for 60 eval "grep -q 'Wrote .* leases to' '$work/isc.log' &&
	grep -q 'binding state active' '$leases'"
# pairs FILE: who has what; the last block of an address counts.
pairs()
{
	awk '$1 == "lease" { addr = $2 }
		$1 == "hardware" { mac[addr] = substr($3, 1, 17) }
		END { for (a in mac) print mac[a], a }' "$1" | sort
}
pairs "$leases" >"$work/isc.pairs"
pairs "$work/ours" >"$work/our.pairs"
check "with all leases" cmp "$work/isc.pairs" "$work/our.pairs"
check "all of them active" [ "$(grep -c '^  binding state active' "$leases")" -ge 31 ]
check "with the identifier" grep -q 'uid ".*\\"\\\\\|uid "' "$leases"
kill "$isc_pid" "$(cat "$work/isc.pid" 2>/dev/null)" 2>/dev/null
wait_pid 20 "$isc_pid"

# What else 4.4 may have in it.
cat >>"$leases" <<'END'
server-duid "\000\001\000\001(\230\254\364\000\014)\001\002\003";
failover peer "there" state {
  my state normal at 4 2026/11/26 09:15:00;
}
lease 10.97.0.240 {
  starts 4 2026/11/26 09:15:00;
  ends never;
  cltt 4 2026/11/26 09:15:00;
  binding state active;
  next binding state free;
  rewind binding state free;
  hardware ethernet 2:0:0:0:ee:1;
  uid 01:02:00:00:00:ee:01;
  option agent.circuit-id "eth0/1";
  set vendor-class-identifier = "MSFT 5.0";
  client-hostname "forever";
  on commit {
    set seen = "yes";
    if exists agent.circuit-id { log(info, "x"); }
  }
}
lease 10.97.0.241 {
  starts epoch 1795684500; # Thu Nov 26 09:15:00 2026
  ends epoch 4102444800; # Fri Jan  1 00:00:00 2100
  binding state free;
  hardware ethernet 02:00:00:00:ee:02;
}
lease 10.97.0.242 {
  starts 4 2026/11/26 09:15:00;
  ends 5 2100/01/01 00:00:00;
  binding state abandoned;
}
END
dhcpd_start || exit 1
same "we read what ISC dhcpd has written" "$(grep -c 'no lease can be read\|torn\|nothing in it' "$work/dhcpd.log")" 0
# All come back, and a stranger gets neither their addresses nor the abandoned one.
same "30 clients are back" "$(load 3)" 30
same "each with its address" "$(sort -u "$work/acks" | awk '{ print $1 }' | uniq -d | wc -l)" 0
same "so is the odd one" "$(odd "${hard[@]}")" "$odd_first"
same "a lease for ever is its client's, by identifier" "$(odd -C -x 0x3d:0102000000ee01)" 10.97.0.240
same "nobody was given what is another's" "$(awk '$2 ~ /^10\.97\.0\.24[02]$/' "$work/acks" | wc -l)" 0

# As Packer, docker-machine and Vagrant's utility look for a guest.
cat >"$work/look.py" <<'END'
import datetime, re, sys

def by_line(text, mac):
	ip = end = best = found = None
	for line in text.split("\n"):
		m = re.match(r"^lease (.+?) {$", line)
		if m:
			ip = m.group(1)
		m = re.match(r"^\s*ends \d (.+?);$", line)
		if m:
			end = datetime.datetime.strptime(m.group(1), "%Y/%m/%d %H:%M:%S")
		m = re.match(r"^\s*hardware ethernet (.+?);$", line)
		if m and m.group(1) == mac and (best is None or best < end):
			found, best = ip, end
	return found

def by_block(text, mac):
	now = datetime.datetime.utcnow()
	found = None
	for ip, body in re.findall(r"^lease (.+?) \{\s+(.+?)^\}", text, re.M | re.S):
		m = re.search(r"hardware ethernet ([0-9a-f:]+);", body)
		t = re.search(r"starts \d (\S+ \S+);\s+ends \d (\S+ \S+);", body)
		if m and t and m.group(1) == mac:
			start, end = (datetime.datetime.strptime(x, "%Y/%m/%d %H:%M:%S") for x in t.groups())
			if start <= now + datetime.timedelta(seconds=2) and end > now:
				found = ip
	return found

text = open(sys.argv[1], encoding="ascii").read()
bad = 0
for line in sorted(set(open(sys.argv[2]))):
	mac, ip = line.split()
	for look in by_line, by_block:
		if look(text, mac) != ip:
			print("#", look.__name__, mac, look(text, mac), "wanted", ip)
			bad += 1
print(bad)
END
cp "$leases" "$work/now"
same "others find each guest in it" "$(from_tree "$g" python3 /out/look.py /out/ours /out/acks | tail -n 1)" 0
same "later, too" "$(from_tree "$g" python3 /out/look.py /out/now /out/acks | tail -n 1)" 0
stop "$dhcpd_pid"
done_testing
