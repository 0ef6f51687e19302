#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What natd does not accept: it says so in one line, with the file's line where
# there is one, ends with an error, and has started nothing.

. "$(dirname "$0")/natd_rig.sh"

pidfile=$work/natd.pid

# refuses NAME REASON [ARG...]: natd ends by itself, its only line is REASON.
refuses()
{
	local name=$1 reason=$2 status
	shift 2
	ip netns exec "$m" timeout 60 "$bin/vmnet-natd" -s 6 -d "$pidfile" -m "$work/nat.mac" \
		--run-dir "$work" "$@" >"$work/said" 2>&1
	status=$?
	same "$name" "$(cat "$work/said")" "$reason"
	check "$name: an error, nothing left" eval "
		[ $status -ne 0 -a $status -ne 124 ] &&
		! ls $work/vmnat.* 2>/dev/null &&
		! ip -n $m link show nt0 2>/dev/null"
}

# conf NAME LINE REASON TEXT: a nat.conf that is refused
conf()
{
	printf '%s' "$4" >"$work/nat.conf"
	refuses "$1" "vmnet-natd: $work/nat.conf${2:+:$2}: $3" -c "$work/nat.conf" --tap nt0
}

space "$m"
host='[host]
ip = 10.99.0.2
'
conf "empty file" "" "ip is missing in [host]" ""
conf "unknown key" 3 'unknown key "gateway" in [host]' "${host}gateway = 10.99.0.1"
conf "unknown section" 3 'unknown section [incoming]' "${host}[incoming]
80 = 10.99.0.5:80"
conf "no section" 1 '"ip" stands outside of any section' 'ip = 10.99.0.2'
conf "syntax" 3 'not a "key = value" line' "${host}what is this"
conf "bad address" 2 'ip is an IPv4 address, not "10.99.0"' '[host]
ip = 10.99.0'
conf "address and mask do not fit" 3 'netmask has 24 bits, ip says 16' '[host]
ip = 10.99.0.2/16
netmask = 255.255.255.0'
conf "mask with a hole" 3 'netmask 255.0.255.0 has a hole' "${host}netmask = 255.0.255.0"
conf "the network's address" 2 'ip 10.99.0.0 is the address of its network' '[host]
ip = 10.99.0.0'
conf "host elsewhere" 3 'hostIp 10.98.0.1 is not in the network of 10.99.0.2/24' "${host}hostIp = 10.98.0.1"
conf "forward twice" 5 'TCP port 80 is forwarded by line 4' "${host}[incomingtcp]
80 = 10.99.0.5:80
80 = 10.99.0.6:80"
conf "forward out of the network" 4 'guest 10.98.0.5 is not in the network of 10.99.0.2/24' "${host}[incomingudp]
80 = 10.98.0.5:80"
conf "forward without a port" 4 'a forward leads to ADDRESS:PORT or [ADDRESS]:PORT, not "10.99.0.5"' "${host}[incomingtcp]
80 = 10.99.0.5"
conf "timeout that is none" 4 'timeout is a number of seconds, not "soon"' "${host}[udp]
timeout = soon"

conf "forward at no address" 4 '"10.1.1" is no address of the host' "${host}[incomingtcp]
10.1.1:80 = 10.99.0.5:80"
conf "exclusion out of the range" 4 'exclusion ~91 is not in the range 80-90' "${host}[incomingtcp]
80-90,~91 = 10.99.0.5:80"
conf "ranges overlap" 5 'TCP port 10.1.1.1:90 is forwarded by line 4' "${host}[incomingtcp]
80-90 = 10.99.0.5:80
10.1.1.1:90-95 = 10.99.0.6:80"

conf "service elsewhere" 4 'a service of the host is at 127.0.0.1:PORT, not "10.99.0.1:80"' "${host}[hosttcp]
80 = 10.99.0.1:80"
conf "service of an address" 4 'a port of the gateway has no address, not "10.99.0.2:80"' "${host}[hostudp]
10.99.0.2:80 = 127.0.0.1:80"
conf "service where DNS is" 4 'port 53 of the gateway is for DNS' "${host}[hosttcp]
50-60 = 127.0.0.1:8050"
conf "service twice" 5 'UDP port 80 of the gateway is forwarded by line 4' "${host}[hostudp]
79-80 = 127.0.0.1:79
80 = 127.0.0.2:80"

for mtu in 575 65536 1500x ""; do
	refuses "--mtu '$mtu'" "vmnet-natd: --mtu: '$mtu' is not a number from 576 to 65535" \
		-c "$work/nat.conf" --tap nt0 --mtu "$mtu"
done

printf '%s' "$host" >"$work/nat.conf"
refuses "a recording that cannot be" "vmnet-natd: $work/none/x.pcap: No such file or directory" \
	-c "$work/nat.conf" --tap nt0 --pcap "$work/none/x.pcap"
refuses "no file" "vmnet-natd: $work/none: No such file or directory" -c "$work/none" --tap nt0
printf '%s' "$host" >"$work/nat.conf"
echo "not a mac" >"$work/bad.mac"
refuses "bad hardware address" "vmnet-natd: $work/bad.mac:1: 'not' is not a hardware address" \
	-c "$work/nat.conf" --tap nt0 -m "$work/bad.mac"
check "unknown option" eval "! $bin/vmnet-natd --speed 2>$work/said && grep -q usage: $work/said"
check "no option" eval "! $bin/vmnet-natd 2>$work/said && grep -q usage: $work/said"

ip netns exec "$m" setpriv --reuid 65534 --clear-groups "$bin/vmnet-natd" -c "$work/nat.conf" \
	--tap nt0 --run-dir "$work" >"$work/said" 2>&1
check "without rights: says what is missing" eval \
	"[ \$(wc -l <$work/said) -eq 1 ] && grep -qiE 'root|permi' $work/said"

# Twice.
ip netns exec "$m" timeout 60 "$bin/vmnet-natd" -d "$pidfile" -c "$work/nat.conf" --tap nt0 --run-dir "$work"
same "starts in the background" $? 0
pid=$(cat "$pidfile")
ip netns exec "$m" timeout 60 "$bin/vmnet-natd" -d "$pidfile" -c "$work/nat.conf" --tap nt1 \
	--run-dir "$work" >"$work/said" 2>&1
same "twice is refused" "$?: $(cat "$work/said")" "1: vmnet-natd: already running, pid $pid ($pidfile)"
check "the first one goes on" kill -0 "$pid"
check "runs as another user" eval "[ \$(stat -c %u /proc/$pid) -ne 0 ]"
same "with one right" "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" 0000000000000400
same "and a filter on its system calls" "$(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")" 2
chmod 755 "$work"
kill -KILL "$pid"
check "files removed even when it is killed" wait_for 60 eval \
	"[ ! -e $pidfile ] && ! ls $work/vmnat.* 2>/dev/null"
done_testing
