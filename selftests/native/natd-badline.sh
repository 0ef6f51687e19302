#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmnet-natd and a bad line on the guests' side: 50 ms round trip, 1 % of the
# frames lost, some out of order. Then the same delay without losses.

. "$(dirname "$0")/natd_rig.sh"

natd_conf
rig_spaces

# wire LOSS REORDER: natd's tap stays with it; badwire makes the guest's.
wire()
{
	natd_start --no-offload || return 1
	ip -n "$g" link set nt0 netns "$m"
	ip -n "$m" link set nt0 up
	background "$work/wire" ip netns exec "$m" "$helpers/badwire" nt0 gt0 25 "$1" "$2" 42
	wire=$last
	wait_for 60 grep -q ready "$work/wire"
	ip -n "$m" link set gt0 netns "$g"
	ip -n "$g" link set gt0 txqueuelen 10000
	ip -n "$g" addr add 10.99.0.128/24 dev gt0
	ip -n "$g" link set gt0 up
	ip -n "$g" route replace default via 10.99.0.2
}

unwire()
{
	natd_stop
	pkill -TERM -P "$wire" 2>/dev/null || kill -TERM "$wire" 2>/dev/null
	wait_for 30 grep -q carried "$work/wire"
	echo "# $(grep carried "$work/wire")"
}

load()
{
	timeout 400 ip netns exec "$g" "$helpers/tcpload" "$@" >"$work/load" 2>&1
	local rc=$?
	sed 's/^/# /' "$work/load"
	return $rc
}

background "$work/serve" ip netns exec "$o" "$helpers/tcpload" serve 7000
listening "$o" t 7000

for natd_env in "" VMNET_NATD_NO_PEEK_OFF=1; do
	how=${natd_env:+, without SO_PEEK_OFF}
	wire 10 20 || exit 1
	check "a bad line${how}: 100 MB up in 10 connections" load up 10.98.0.2 7000 10 10000000
	check "a bad line${how}: 100 MB down in 10 connections" load down 10.98.0.2 7000 10 10000000
	unwire
done

natd_env=
wire 0 0 || exit 1
for dir in up down; do
	check "50 ms without losses, 100 MB $dir" load $dir 10.98.0.2 7000 1 100000000
	rate=$(sed -n 's/^ok //p' "$work/load")
	# The line, the load and natd share two cores with whatever else runs.
	for try in 2 3; do
		[ "${rate:-0}" -lt 100 ] || break
		echo "# $rate Mbit/s; try $try"
		load $dir 10.98.0.2 7000 1 100000000
		rate=$(sed -n 's/^ok //p' "$work/load")
	done
	check "at 100 Mbit/s and more ($rate)" [ "${rate:-0}" -ge 100 ]
done
unwire
done_testing
