#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the installed collection on the kernel it finds itself on: loads the
# module, lets the kernel's own runner do its work, and judges its output (the
# runner itself always succeeds). Root, in a VM: tests load and unload the
# module.
#
#	run.sh [TEST...]	all of them, or the named ones
#	run.sh -c		all that are written in C
#	run.sh -s		all that are scripts
#
# VMNET_KO names the module; else it is looked for beside the collection.

here=$(cd "$(dirname "$0")" && pwd)
coll=${here##*/}

if grep -qw kasan_report /proc/kallsyms; then
	kernel=debug
else
	kernel=$(uname -r | cut -d. -f1,2 | cut -d- -f1)
fi
export VMNET_KO=${VMNET_KO:-$here/../../kmod-$kernel/vmnet.ko}

part=(-e '')
case ${1-} in
-c) part=(-v '\.sh$'); shift ;;
-s) part=('\.sh$'); shift ;;
esac

die()
{
	echo "Bail out! $*"
	exit 1
}

[ -e "$VMNET_KO" ] || die "no module $VMNET_KO"

# An emulated debug kernel does what it can; see stress.c, module.c, nslib.
case $kernel in
debug) export KSELFTEST_STRESS_ARGS="60 2 300" VMNET_CYCLES=20 VMNET_SLOW=1
	export KSELFTEST_CALLFUZZ_ARGS="200000 60" ;;
*)     export KSELFTEST_STRESS_ARGS="60 100 900" VMNET_CYCLES=200 VMNET_SLOW=
	export KSELFTEST_CALLFUZZ_ARGS="1000000 90" ;;
esac

# Modules a test kernel may have as such; a debug kernel has them built in.
for m in dummy veth 8021q bridge tun vhost_net; do
	modprobe -q "$m"
done
ip link set lo up

# The daemons, several machines, and what shares a NIC with us are tested on the
# other kernels; to start them in here takes long.
left_out='^$'
[ "$kernel" != debug ] || left_out='^(networks|nodeclients|vmbridge|span|evpn|uplinkmix)\.sh$'

if [ $# -eq 0 ]; then
	mapfile -t tests < <(sed -n "s/^$coll://p" "$here/../kselftest-list.txt" |
		grep -vE "$left_out" | grep "${part[@]}")
	set -- "${tests[@]}"
fi
args=()
for t; do
	args+=(-t "$coll:$t")
done

[ -d /proc/vmnet ] || insmod "$VMNET_KO" || die "the module does not load"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cd "$here/.." || exit 1
# The runner does not say how long a program took.
SECONDS=0
sh ./run_kselftest.sh "${args[@]}" 2>&1 | while IFS= read -r line; do
	echo "$line"
	case $line in
	"ok "*selftests:*|"not ok "*selftests:*) echo "# $SECONDS s so far" ;;
	esac
done | tee "$log"

bad=$(grep -cE '^(# )*not ok' "$log")
good=$(grep -cE "^ok .* selftests: $coll:" "$log")
[ "$good" -gt 0 ] || { echo "# nothing was run"; bad=$((bad + 1)); }

# What was skipped, and what the list allows: equal, for the tests that ran.
skipped=$(sed -nE 's/^(# )*ok [0-9]+ (- )?([^ ]+).*# SKIP.*/\3/p' "$log" | sort -u)
ran=$(sed -nE 's/^(# )*(not )?ok [0-9]+ (- )?([^ ]+).*/\4/p' "$log" | sort -u)
listed=$(awk -v k="$kernel" '!/^#/ && NF && ($1 == k || $1 == "*") { print $2 }' \
	"$here/skips" | sort -u)
for t in $skipped; do
	grep -qxF -- "$t" <<<"$listed" && continue
	echo "not ok - $t was skipped, and is not in the list of skips"
	bad=$((bad + 1))
done
for t in $listed; do
	grep -qxF -- "$t" <<<"$ran" || continue
	grep -qxF -- "$t" <<<"$skipped" && continue
	echo "not ok - $t is in the list of skips, and ran"
	bad=$((bad + 1))
done

# Nothing may be left, and the module must go.
if [ -d /proc/vmnet ]; then
	left=$(ls /proc/vmnet)
	if [ -n "$left" ]; then
		echo "not ok - left behind: ${left//$'\n'/ }"
		bad=$((bad + 1))
	fi
	if ! rmmod vmnet; then
		echo "not ok - the module cannot be unloaded"
		bad=$((bad + 1))
	fi
fi
echo "# kernel $kernel: $good programs passed, $bad failures"
[ "$bad" -eq 0 ]
