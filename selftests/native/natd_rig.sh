# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A NAT between a guest and the outside: natd in the middle namespace, its tap
# in the guest's, a veth to the outside.
#
#	guest 10.99.0.128 -- tap -- natd (10.99.0.2) | mid 10.98.0.1 -- 10.98.0.2 out

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

g=$tag-g m=$tag-m o=$tag-o

# natd_conf [LINE...]: nat.conf, with these lines at its end.
natd_conf()
{
	cat >"$work/nat.conf" <<END
[host]
ip = 10.99.0.2/24
hostIp = 10.99.0.1
[udp]
timeout = 60
END
	printf '%s\n' "$@" >>"$work/nat.conf"
}

rig_spaces()
{
	space "$g"
	space "$m"
	space "$o"
	ip -n "$m" link add mo type veth peer name om netns "$o"
	ip -n "$m" addr add 10.98.0.1/24 dev mo
	ip -n "$m" link set mo up
	ip -n "$o" addr add 10.98.0.2/24 dev om
	ip -n "$o" link set om up
	ip -n "$m" route add default via 10.98.0.2
	mkdir -p "/etc/netns/$m"
	echo "nameserver 10.98.0.2" >"/etc/netns/$m/resolv.conf"
}

# natd_start [ARG...]: start it; its tap becomes the guest's interface.
natd_start()
{
	# What the one before has said is not to be taken for its.
	rm -f "$work/natd.log"
	background "$work/natd.log" ip netns exec "$m" env ${natd_env:-} "$bin/vmnet-natd" \
		-c "$work/nat.conf" -m "$work/nat.mac" --tap nt0 --run-dir "$work" \
		--foreground -s "${natd_level:-6}" "$@"
	natd_wrap=$last
	wait_for 60 grep -q 'gateway 10.99.0.2' "$work/natd.log" || {
		sed 's/^/# /' "$work/natd.log"
		return 1
	}
	natd_pid=$(pgrep -P "$natd_wrap" -x vmnet-natd || echo "$natd_wrap")
	ip -n "$m" link set nt0 netns "$g"
	ip -n "$g" addr add 10.99.0.128/24 dev nt0 2>/dev/null
	ip -n "$g" link set nt0 up
	ip -n "$g" route replace default via 10.99.0.2
}

# The same on a clock that runs $1 times as fast: libfaketime of the tree.
natd_warp()
{
	cat >"$work/warp" <<END
#!/bin/sh
export LD_PRELOAD=$tree/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1
FAKETIME="+0 x$1" exec "\$@"
END
	chmod +x "$work/warp"
	natd_env=$work/warp natd_start
}

# A second guest, 10.99.0.129, with a MAC of its own, in the space $h: the tap gets
# a bridge.
h=$tag-h
second_guest()
{
	space "$h"
	ip -n "$g" link add nb0 type bridge
	ip -n "$g" link set nt0 master nb0
	ip -n "$g" addr flush dev nt0
	ip -n "$g" addr add 10.99.0.128/24 dev nb0
	ip -n "$g" link set nb0 up
	ip -n "$g" route replace default via 10.99.0.2
	ip -n "$g" link add nv0 type veth peer name nt0 netns "$h"
	ip -n "$g" link set nv0 master nb0
	ip -n "$g" link set nv0 up
	ip -n "$h" addr add 10.99.0.129/24 dev nt0
	ip -n "$h" link set nt0 up
	ip -n "$h" route add default via 10.99.0.2
}

# 10.97.0.2 in the space $f, behind a router: for errors of others than the NAT.
f=$tag-f
far()
{
	space "$f"
	ip -n "$o" link add of type veth peer name fw netns "$f"
	ip -n "$o" addr add 10.97.0.1/24 dev of
	ip -n "$o" link set of up
	ip netns exec "$o" sysctl -qw net.ipv4.ip_forward=1
	ip -n "$f" addr add 10.97.0.2/24 dev fw
	ip -n "$f" link set fw up
	ip -n "$f" route add default via 10.97.0.1
}

# resident KB of natd
natd_rss()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$natd_pid/status"
}

natd_stop()
{
	kill -TERM "$natd_pid" 2>/dev/null
	wait_pid 30 "$natd_wrap"
}

rig_finish()
{
	finish
	rm -rf "/etc/netns/$m"
}
trap rig_finish EXIT

cp "$native/natd_probe.py" "$work/"
sock=$work/vmnet-natd-nt0.sock

# probe SPACE COMMAND...: see natd_probe.py; at most probe_limit seconds
probe()
{
	from_tree "$1" timeout "${probe_limit:-150}" python3 /out/natd_probe.py "${@:2}"
}

# serve NAME SPACE COMMAND...: one that goes on; what it says is $work/NAME.log
serve()
{
	background "$work/$1.log" from_tree "$2" python3 /out/natd_probe.py "${@:3}"
	wait_for 60 grep -q ready "$work/$1.log"
}

# tcp SPACE ADDRESS PORT: the answer to a client, its own port left out
tcp()
{
	probe "$1" tcp "${@:2}" | sed -n 's/^seen as \(.*\):[0-9]*$/\1/p; /^E/p'
}

udp()
{
	probe "$1" ask "$2" "$3" 0 hello | sed 's/:[0-9]* / /'
}

ctl()
{
	timeout 60 "$bin/vmnet-natctl" -S "$sock" "$@" 2>&1
}

server()
{
	local out=$1
	shift
	background "$out" from_tree "$o" "$@"
}

listening()
{
	wait_for 60 eval "ip netns exec $1 ss -Hln$2 'sport = $3' | grep -q ."
}

# transfer NAME FROM TO ADDRESS PORT MB LIMIT
transfer()
{
	local name=$1 from=$2 to=$3 addr=$4 port=$5 mb=$6 limit=$7
	local data=data.$mb id=$RANDOM
	[ -e "$work/$data" ] || head -c "${mb}M" /dev/urandom >"$work/$data"
	from_tree "$to" socat -u "TCP-LISTEN:$port,reuseaddr" "CREATE:/out/got.$id" &
	local srv=$!
	listening "$to" t "$port"
	from_tree "$from" timeout "$limit" socat -u "FILE:/out/$data" "TCP:$addr:$port"
	wait_pid 60 $srv
	same "$name" "$(sha256sum <"$work/got.$id")" "$(sha256sum <"$work/$data")"
	rm -f "$work/got.$id"
}
