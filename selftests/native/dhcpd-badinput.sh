#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Mistakes in dhcpd.conf: file, line and reason, and nothing started.

. "$(dirname "$0")/dhcpd_rig.sh"

# wrong NAME WANTED: the configuration on standard input is refused so.
wrong()
{
	local out rc
	cat >"$work/bad.conf"
	out=$(timeout 60 "$bin/vmnet-dhcpd" -cf "$work/bad.conf" -lf "$work/leases/l" --tap "$tap" --foreground vmnet8 2>&1)
	rc=$?
	[ $rc -eq 1 ] || echo "# status $rc"
	check "$1: refused" [ $rc -eq 1 ]
	same "$1: one line says why" "$out" "vmnet-dhcpd: $work/$2"
	check "$1: nothing started" eval "[ ! -e $work/leases/l ] && ! ip link show $tap 2>/dev/null"
}

wrong "unknown statement" "bad.conf:2: unknown statement 'frobnicate'" <<END
default-lease-time 60;
frobnicate yes;
END
wrong "missing semicolon" "bad.conf:2: ';' expected, not 'max-lease-time'" <<END
default-lease-time 60
max-lease-time 60;
END
wrong "host address as subnet" \
	"bad.conf:1: the subnet has host bits set: it is an address, not a network" <<END
subnet 10.1.1.7 netmask 255.255.255.0 { }
END
wrong "range elsewhere" "bad.conf:2: the range is not on the subnet" <<END
subnet 10.1.1.0 netmask 255.255.255.0 {
  range 10.1.2.1 10.1.2.9;
}
END
wrong "unknown option" "bad.conf:1: unknown option 'colour'" <<END
option colour red;
END
wrong "bad value" "bad.conf:1: 'x' is no value of option routers (IPv4 addresses)" <<END
option routers x;
END
wrong "end of file" "bad.conf:3: '}' expected, and the file ends" <<END
subnet 10.1.1.0 netmask 255.255.255.0 {
  range 10.1.1.1 10.1.1.9;
END
wrong "no subnet" "bad.conf: no subnet is declared" <<END
default-lease-time 60;
END
out=$("$bin/vmnet-dhcpd" -cf "$work/none.conf" -lf "$work/l" vmnet8 2>&1)
same "no file" "$out" "vmnet-dhcpd: $work/none.conf: No such file or directory"
dhcpd_conf
check "what VMware writes is right" "$bin/vmnet-dhcpd" -t -cf "$work/dhcpd.conf"
out=$("$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$work/l" vmnet250 --foreground 2>&1)
check "without the module: says what to do" eval '[[ $out == *"modprobe vmnet"* ]]'
done_testing
