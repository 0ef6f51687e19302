# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A DHCP server and many machines on one hub. Each machine has a name, a network
# of its own, and the Debian tree as its root, where it writes as it likes. What
# is said on the hub is written down (dhcp_watch.py).

. "$(dirname "${BASH_SOURCE[0]}")/dhcpd_rig.sh"

hub=$tag-h
said=$work/said

# hub: a bridge; its port "server" is the server's tap, "hole" leads nowhere.
hub()
{
	space "$hub"
	ip -n "$hub" link add br0 type bridge forward_delay 0 mcast_snooping 0
	ip -n "$hub" tuntap add dev server mode tap
	ip -n "$hub" link add hole type veth peer name nowhere
	for port in server hole; do
		ip -n "$hub" link set "$port" master br0
	done
	for port in br0 server hole nowhere; do
		ip -n "$hub" link set "$port" up
	done
	cp "$native/dhcp_watch.py" "$work/"
	background "$said" from_tree "$hub" python3 /out/dhcp_watch.py
	wait_for 30 grep -q ready "$said"
}

# serve: start the server, or start it again. Sets $dhcpd_pid and $server_mac.
serve()
{
	local before
	touch "$work/dhcpd.log"
	before=$(grep -c 'Sending on' "$work/dhcpd.log")
	# shellcheck disable=SC2016
	background /dev/null ip netns exec "$hub" bash -c 'exec "${@:2}" >>"$1" 2>&1' serve \
		"$work/dhcpd.log" "$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" \
		-lf "$work/leases/dhcpd.leases" --tap server --run-dir "$work" --foreground vmnet8
	dhcpd_pid=$last
	wait_for 30 eval "[ \$(grep -c 'Sending on' '$work/dhcpd.log') -gt $before ]" || {
		sed 's/^/# /' "$work/dhcpd.log"
		return 1
	}
}

# crash_server: it ends without a word, and is started again.
crash_server()
{
	kill -9 "$dhcpd_pid"
	wait "$dhcpd_pid" 2>/dev/null
	serve
}

# server_mac FROM: where the server's last frame came from, of those after a line of
# $said.
server_mac()
{
	tail -n +"$(($1 + 1))" "$said" | sed -nE 's/^server [^ ]+ ([0-9a-f:]+)>.*/\1/p' | tail -n 1
}

# lose_unicast: what is sent to the server alone gets lost, until find_unicast.
lose_unicast()
{
	lost_mac=$(server_mac 0)
	in_space "$hub" bridge fdb replace "$lost_mac" dev hole master static sticky
}

find_unicast()
{
	in_space "$hub" bridge fdb del "$lost_mac" dev hole master
}

# machine NAME MAC: its eth0 is the port NAME of the hub. $work is /out there.
declare -A init=() mac=()
machine()
{
	local name=$1 dir=$work/$1
	mac[$name]=$2
	space "$tag-$name"
	ip -n "$hub" link add "$name" type veth peer name eth0 address "$2" netns "$tag-$name"
	ip -n "$hub" link set "$name" master br0 up
	mkdir -p "$dir/root" "$dir/upper" "$dir/work"
	# shellcheck disable=SC2016 # of the inner shell, which is the machine's init
	background "$dir/init" ip netns exec "$tag-$name" unshare -mpuf --kill-child bash -ec '
		root=$1/root
		hostname "$3"
		mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$root"
		mount --bind "$4" "$root/out"
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount --rbind /dev "$root/dev"
		echo "$3" >"$root/etc/hostname"
		echo "$3" | md5sum | cut -c1-32 >"$root/etc/machine-id"
		exec chroot "$root" bash -c "echo ready; while :; do sleep 1000; done"' \
		init "$dir" "$tree" "$name" "$work"
	local outer=$last
	wait_for 30 grep -q ready "$dir/init" || return 1
	init[$name]=$(pgrep -P "$outer" | head -n 1)
}

# The first process of a machine takes no other signal; the rest goes with it.
machines_off()
{
	[ ${#init[@]} -eq 0 ] || kill -9 "${init[@]}" 2>/dev/null
	finish
}
trap machines_off EXIT

# on NAME COMMAND...: run it on a machine.
on()
{
	nsenter -t "${init[$1]}" -m -p -n -u -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"
}

# crash NAME: all that runs on a machine ends without a word.
crash()
{
	on "$1" bash -c 'kill -9 -1'
}

# starts NAME COMMAND...: leave it running there; its output is added to
# $work/NAME/log.
starts()
{
	local name=$1
	shift
	on "$name" "$@" >>"$work/$name/log" 2>&1 </dev/null &
	pids+=("$!")
}

# address_of NAME: what its interface has.
address_of()
{
	on "$1" ip -4 -o addr show dev eth0 | sed -n 's/.* inet \([0-9.]*\).*/\1/p'
}

# heard NAME PATTERN [LINE]: messages from or to a machine, after a line of $said.
heard()
{
	tail -n +"$((${3:-0} + 1))" "$said" | grep -E "chaddr=${mac[$1]}( |$)" | grep -E -- "$2"
}

now()
{
	wc -l <"$said"
}

# acked NAME [LINE]: was it given an address, after a line of $said? Sets got.
acked()
{
	got=$(heard "$1" '^server .* ACK ' "${2:-0}" | sed -n 's/.* yiaddr=\([0-9.]*\).*/\1/p' | tail -n 1)
	[ -n "$got" ]
}

# The last block of an address in the lease file.
block()
{
	awk -v a="$1" '$1 == "lease" { on = $2 == a; if (on) t = "" } on { t = t $0 "\n" }
		END { printf "%s", t }' "$work/leases/dhcpd.leases"
}
# Is it over, by its end?
is_over()
{
	local ends
	ends=$(block "$1" | sed -n 's/ *ends [0-6] \(.*\);/\1/p')
	[ -n "$ends" ] && [ "$(date -u -d "$ends" +%s)" -le "$(date +%s)" ]
}

# tell_said: for who looks for a failure.
tell_said()
{
	[ $failures -ne 0 ] || return 0
	sed 's/^/# said: /' "$said"
	sed 's/^/# /' "$work/dhcpd.log"
}
