# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tools share: where things are, and how to talk.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${VMNET_CACHE:-$HOME/.cache/vmnet}
tree=$cache/tree
me=${0##*/}

say()
{
	echo "$me: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# The kernels of the lab, as `-k` and KVER name them.
kernels=(6.1 6.12 debug)

known_kernel()
{
	[[ " ${kernels[*]} " == *" $1 "* ]]
}

# The directory an out-of-tree module is built against.
kernel_build_dir()
{
	case $1 in
	debug) echo "$cache/debug/linux" ;;
	*) readlink -f "$cache/kernels/$1/build" ;;
	esac
}

kernel_image()
{
	case $1 in
	debug) echo "$cache/debug/linux/arch/x86/boot/bzImage" ;;
	*) echo "$cache/kernels/$1/vmlinuz" ;;
	esac
}

# with_progress WHAT COMMAND...: run it quietly, say every few seconds that it
# still runs, show its output when it fails.
with_progress()
{
	local what=$1 log start pid now
	shift
	log=$(mktemp)
	start=$SECONDS
	say "$what ..."
	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		now=$((SECONDS - start))
		if [ "$now" -ge 10 ] && [ $((now % 10)) -eq 0 ]; then
			say "$what: ${now} s"
			sleep 1
		fi
	done
	if ! wait "$pid"; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		die "$what: failed"
	fi
	rm -f "$log"
}
