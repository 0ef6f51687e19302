# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the shell tests share: TAP, and waiting. No fixed sleeps: a condition is
# waited for, with a deadline that a slow machine does not reach.
#
#	check NAME COMMAND...	one test: ok when the command succeeds
#	same NAME WANT GOT	one test: ok when both are equal
#	skip NAME REASON	one test that is not run; see selftests/skips
#	wait_for S COMMAND...	until it succeeds, S seconds at most
#	tap_end			the plan, and the exit status

tap_n=0
tap_bad=0
tap_last=$SECONDS

tap_result()
{
	tap_n=$((tap_n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_n - $2"
	else
		echo "not ok $tap_n - $2"
		tap_bad=$((tap_bad + 1))
	fi
	# Where the time goes.
	[ $((SECONDS - tap_last)) -lt 20 ] || echo "# after $((SECONDS - tap_last)) s"
	tap_last=$SECONDS
}

check()
{
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	tap_result "$rc" "$name"
	[ "$rc" -eq 0 ] || printf '%s\n' "# $* -> $rc" "${out:0:4000}" | sed 's/^/# /'
	return "$rc"
}

same()
{
	[ "$2" = "$3" ]
	tap_result $? "$1"
	[ "$2" = "$3" ] || printf '# wanted: %s\n# got:    %s\n' \
		"${2//$'\n'/ / }" "${3//$'\n'/ / }"
}

skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

tap_end()
{
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
}
