# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For native tests of the daemons: namespaces of our own, a tap as the network,
# and programs of the Debian tree. Nothing touches the machine's own network.

native=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$native/../.." && pwd)
# shellcheck source=../nslib
. "$native/../nslib"
bin=${VMNET_BIN:-$top/build/userland}
helpers=${VMNET_HELPERS:-$top/build/native}
tree=${VMNET_CACHE:-$HOME/.cache/vmnet}/tree
tag=vn$$

[ "$(id -u)" -eq 0 ] || { echo "Bail out! must be run by root"; exit 1; }
[ -d "$tree" ] || { echo "Bail out! no Debian tree; run tools/setup"; exit 1; }
chmod 777 "$work"

# from_tree SPACE COMMAND...: a program of the tree, in a namespace. $work is
# /out there.
from_tree()
{
	local ns=$1
	shift
	# shellcheck disable=SC2016
	ip netns exec "$ns" bash -c '
		tree=$1 work=$2
		shift 2
		mount --bind "$work" "$tree/out"
		mount -t proc proc "$tree/proc"
		mount --rbind /dev "$tree/dev"
		exec chroot "$tree" "$@"' from_tree "$tree" "$work" "$@"
}

# Waits for a process to end and gives its status, for at most $1 seconds.
wait_pid()
{
	local end=$((SECONDS + $1)) pid=$2
	while kill -0 "$pid" 2>/dev/null; do
		[ $SECONDS -lt $end ] || return 124
		sleep 0.1
	done
	wait "$pid"
}
