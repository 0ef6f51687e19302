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
	out=$(timeout 60 "$bin/vmnet-dhcpd" -cf "$work/bad.conf" -lf "$work/leases/l" --run-dir "$work" --tap "$tap" --foreground vmnet8 2>&1)
	rc=$?
	[ $rc -eq 1 ] || echo "# status $rc"
	check "$1: refused" [ $rc -eq 1 ]
	same "$1: one line says why" "$out" "vmnet-dhcpd: $work/$2"
	check "$1: nothing started" eval "[ ! -e $work/leases/l ] && ! ip link show $tap 2>/dev/null"
}

wrong "unknown statement" "bad.conf:2:1: unknown statement 'frobnicate'" <<END
default-lease-time 60;
frobnicate yes;
END
wrong "missing semicolon" "bad.conf:1:22: ';' expected before 'max-lease-time'" <<END
default-lease-time 60
max-lease-time 60;
END
wrong "host address as subnet" \
	"bad.conf:1:8: the subnet has host bits set: it is an address, not the network 10.1.1.0" <<END
subnet 10.1.1.7 netmask 255.255.255.0 { }
END
wrong "range elsewhere" "bad.conf:2:9: 10.1.2.1 is not on the subnet 10.1.1.0/24" <<END
subnet 10.1.1.0 netmask 255.255.255.0 {
  range 10.1.2.1 10.1.2.9;
}
END
wrong "unknown option" "bad.conf:1:8: unknown option 'router'; is routers meant?" <<END
option router 10.1.1.1;
END
wrong "name for an address" \
	"bad.conf:1:16: option routers: an IPv4 address expected, not 'gate.example': names are not looked up" <<END
option routers gate.example;
END
wrong "string without an end" "bad.conf:1:10: a string without its closing '\"'" <<END
filename "pxelinux.0;
END
wrong "two hosts of one address" "bad.conf:3:58: host a (line 2) has this address already" <<END
subnet 10.1.1.0 netmask 255.255.255.0 { }
host a { hardware ethernet 0:50:56:0:0:1; fixed-address 10.1.1.9; }
host b { hardware ethernet 0:50:56:0:0:2; fixed-address  10.1.1.9; }
END
wrong "end of file" "bad.conf:3:1: '}' expected for the '{' of line 1, and the file ends" <<END
subnet 10.1.1.0 netmask 255.255.255.0 {
  range 10.1.1.1 10.1.1.9;
END
wrong "no subnet" "bad.conf: no subnet is declared" <<END
default-lease-time 60;
END

# 40,000 reservations, and a range of 16 million addresses: in proportion to the file's size.
{
	echo "subnet 10.0.0.0 netmask 255.0.0.0 { range 10.0.0.1 10.255.255.253; }"
	awk 'BEGIN { for (i = 0; i < 40000; i++)
		printf "host h%d { hardware ethernet 0:50:56:0:%x:%x; fixed-address 10.1.%d.%d; }\n",
			i, i / 256, i % 256, i / 256 + 1, i % 256 }'
} >"$work/big.conf"
check "40,000 hosts: within a second of the processor" eval '(ulimit -t 1 && "$bin/vmnet-dhcpd" -t -cf "$work/big.conf")'
cat "$work/big.conf" "$work/big.conf" >"$work/huge.conf"
out=$("$bin/vmnet-dhcpd" -t -cf "$work/huge.conf" 2>&1)
same "more than 4 MB" "$out" "vmnet-dhcpd: $work/huge.conf: File too large"
cat >"$work/warn.conf" <<END
subnet 10.1.1.0 netmask 255.255.255.0 { }
ddns-update-style none;
  failover peer "x" { primary; }
END
out=$("$bin/vmnet-dhcpd" -t -cf "$work/warn.conf" 2>&1 >/dev/null)
same "what has no effect is said" "$out" "vmnet-dhcpd: $work/warn.conf:3:3: 'failover' has no effect here"
out=$("$bin/vmnet-dhcpd" -cf "$work/none.conf" -lf "$work/l" vmnet8 2>&1)
same "no file" "$out" "vmnet-dhcpd: $work/none.conf: No such file or directory"
dhcpd_conf
check "what VMware writes is right" "$bin/vmnet-dhcpd" -t -cf "$work/dhcpd.conf"
out=$("$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$work/l" vmnet250 --foreground 2>&1)
check "without the module: says what to do" eval '[[ $out == *"modprobe vmnet"* ]]'
done_testing
