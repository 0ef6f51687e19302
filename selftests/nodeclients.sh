#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DHCP clients of other makers on the node of a network that vmnet-networks has
# started: they get a lease, renew it, keep it over a crash of the server, release
# it, and get the same address again. Each is in a space of its own, at a tap that
# is joined to /dev/vmnet8; all do the same at the same time.
#
# Nothing here may outlive the script: it would keep whoever reads our output.

. "$(dirname "$0")/nslib"

bin=${VMNET_BIN:-$here/../../userland}
root=$work/etc run=$work/run of=$work/of
clients=(dhclient dhcpcd udhcpc)
mkdir -p "$run"
networks()
{
	"$bin/vmnet-networks" --root "$root" --run-dir "$run" "$@" >"$work/out" 2>"$work/err" \
		</dev/null || { cat "$work/out" "$work/err"; return 1; }
}
ctl()
{
	"$bin/vmnet-dhcpctl" -S "$run/vmnet-dhcpd-vmnet8.sock" "$@"
}
dhcpd_pid()
{
	cat "$run/vmnet-dhcpd-vmnet8.pid"
}

# What runs in the spaces goes for good, whoever started it: clients have helpers, and
# what one of them leaves is no child of ours.
inhabitants()
{
	local c
	for c in "${spaces[@]}"; do
		ip netns pids "$c"
	done
}
evict()
{
	inhabitants | xargs -r kill -9 2>/dev/null
	[ -z "$(inhabitants)" ]
}
all_off()
{
	wait_for 20 evict
	networks --stop >/dev/null
	rm -f /run/dhcpcd/gt0* /var/lib/dhcpcd/gt0*
	finish
}
trap all_off EXIT

# Our programs drop privileges: they are to find their files.
chmod 755 "$work"
[ -x "$bin/vmnet-networks" ] || { echo "Bail out! no programs in $bin"; exit 1; }

# For clients that leave it to a program to apply what they got; "said" beside it has
# a line for each time. dhcpcd applies addresses and routes itself.
hook()
{
	cat >"$of/$1/hook" <<'END_OF_HOOK'
#!/bin/bash
mode=${reason:-$1}
addr=${new_ip_address:-$ip} router=${new_routers:-$router}
echo "$mode $addr ${new_domain_name_servers:-$dns} ${new_domain_name:-$domain}" >>"${0%/*}/said"
[ ! -e "${0%/*}/applies" ] || exit 0
case ${mode,,} in
preinit) ip link set gt0 up ;;
bound | renew | rebind | reboot)
	ip addr replace "$addr/24" dev gt0
	ip route replace default via "$router" dev gt0
	;;
deconfig | expire | fail | release | stop) ip addr flush dev gt0 ;;
esac
exit 0
END_OF_HOOK
	chmod 755 "$of/$1/hook"
}

# How each is started, which is in the foreground, asked to renew, and made to release.
# client NAME COMMAND...: for $limit seconds, if that is set: who asks does not wait
# for ever.
client()
{
	timeout -k 5 "${limit:-0}" ip netns exec "$@" </dev/null
}

dhclient_at()
{
	client dhclient dhclient -v -sf "$of/dhclient/hook" -lf "$of/dhclient/leases" \
		-pf "$of/dhclient/pid" "$@" gt0
}
dhclient_start()
{
	background "$of/dhclient/log" dhclient_at -d
}
dhclient_renew()
{
	# It does so by itself: see its lease time below.
	:
}
dhclient_release()
{
	limit=60 dhclient_at -r
}

dhcpcd_at()
{
	client dhcpcd dhcpcd -4 -c "$of/dhcpcd/hook" "$@" gt0
}
dhcpcd_start()
{
	background "$of/dhcpcd/log" dhcpcd_at -B -d
}
dhcpcd_renew()
{
	limit=60 dhcpcd_at -N
}
dhcpcd_release()
{
	limit=60 dhcpcd_at -k
}

udhcpc_start()
{
	background "$of/udhcpc/log" client udhcpc busybox udhcpc -i gt0 -f -R \
		-s "$of/udhcpc/hook" -p "$of/udhcpc/pid"
}
udhcpc_renew()
{
	kill -USR1 "$(cat "$of/udhcpc/pid")"
}
udhcpc_release()
{
	kill -TERM "$(cat "$of/udhcpc/pid")"
}

# watch: what the server tells of leases from now on is in $work/watch.
watch()
{
	background "$work/watch" "$bin/vmnet-dhcpctl" -S "$run/vmnet-dhcpd-vmnet8.sock" -j watch
	wait_for 20 grep -q . "$work/watch"
}
# told NAME EVENT: of its address and its MAC.
told()
{
	grep -q "\"event\":\"$2\",\"address\":\"${addr[$1]}\",\"mac\":\"${mac[$1]}\"" "$work/watch"
}

# granted NAME: has it got one, by its interface? Sets addr.
granted()
{
	addr[$1]=$(ip -n "$1" -4 -o addr show dev gt0 | sed -n 's/.* inet \([0-9.]*\).*/\1/p')
	[ -n "${addr[$1]}" ]
}
has_again()
{
	ip -n "$1" -4 -o addr show dev gt0 | grep -q " inet ${addr[$1]}/24 "
}
# listed NAME STATE: by the server.
listed()
{
	ctl leases "$2" | grep -q "^${addr[$1]}  *${mac[$1]} $2 "
}
# The last block of its address in the lease file: when it ends, and whose it is.
block()
{
	sed -n "/^lease ${addr[$1]} {/,/^}/p" "$root/vmnet8/dhcpd/dhcpd.leases" | tac |
		sed '/^lease /q' | tac
}
in_file()
{
	block "$1" | grep -q "hardware ethernet ${mac[$1]};"
}
ends()
{
	date -u +%s -d "$(block "$1" | sed -n 's/^ *ends [0-6] \(.*\);/\1/p')"
}
runs_in_file()
{
	in_file "$1" && [ "$(ends "$1")" -gt "$(date +%s)" ]
}
over_in_file()
{
	in_file "$1" && [ "$(ends "$1")" -le "$(date +%s)" ]
}
# For who looks for a failure.
tell_logs()
{
	[ $failures -ne 0 ] || return 0
	local f
	for f in "$of"/*/{log,said} "$work/watch"; do
		sed "s|^|# ${f#"$work"/}: |" "$f"
	done
}

check "the networks start" networks --start
sub=$(sed -n 's/^answer VNET_8_HOSTONLY_SUBNET \(.*\)\.0$/\1/p' "$root/networking")
declare -A mac=() addr=()
for c in "${clients[@]}"; do
	mkdir -p "$of/$c"
	hook "$c"
	guest "$c" 8 192.0.2.9/32 || exit 1
	ip -n "$c" addr flush dev gt0
	mac[$c]=$(mac_of "$c" gt0)
done
touch "$of/dhcpcd/applies"
# dhclient cannot be asked to renew, so its lease is short. By the user's own text.
printf 'host short { hardware ethernet %s; %s }\n' "${mac[dhclient]}" \
	"default-lease-time 30; max-lease-time 30;" \
	>>"$root/vmnet8/dhcpd/dhcpd.conf"
check "a shorter lease for one client" networks --start
watch

for c in "${clients[@]}"; do
	"${c}_start"
done
for c in "${clients[@]}"; do
	check "$c: gets an address by the node" wait_for 60 granted "$c"
	check "$c: of the network's range" [ "${addr[$c]%.*}" = "$sub" ]
	check "$c: the server tells" wait_for 20 told "$c" granted
	check "$c: vmnet-dhcpctl lists it" listed "$c" active
	check "$c: the lease file has it" runs_in_file "$c"
	check "$c: the router is the NAT" wait_for 20 eval \
		"ip -n $c -4 route show default | grep -q '^default via $sub.2 dev gt0 '"
	check "$c: so is the name server; the domain" wait_for 20 grep -qiE \
		"^(bound|reboot) ${addr[$c]} $sub.2 localdomain\$" "$of/$c/said"
	check "$c: reaches the host" reach "$c" "$sub.1"
done
same "each has its own" "$(printf '%s\n' "${addr[@]}" | sort -u | wc -l)" "${#clients[@]}"

for c in "${clients[@]}"; do
	check "$c: is asked to renew" "${c}_renew"
	check "$c: does, by the server" wait_for 60 told "$c" renewed
	check "$c: by what it says" wait_for 20 grep -qi "^renew ${addr[$c]} " "$of/$c/said"
done

# A server that ends without a word.
old=$(dhcpd_pid)
kill -9 "$old"
check "the server is gone" wait_for 20 eval "! kill -0 $old"
check "status tells of it" eval "! networks --status"
check "start brings it back" networks --start
check "as another process" [ "$(dhcpd_pid)" != "$old" ]
watch
for c in "${clients[@]}"; do
	check "$c: its lease is still there" listed "$c" active
	"${c}_renew"
	check "$c: and is renewed" wait_for 60 told "$c" renewed
	check "$c: it has its address all the same" has_again "$c"
done

for c in "${clients[@]}"; do
	check "$c: releases" "${c}_release"
	check "$c: the server tells" wait_for 20 told "$c" released
	check "$c: it is free" listed "$c" free
	check "$c: and over in the lease file" over_in_file "$c"
	check "$c: the interface has no address" wait_for 20 eval "! has_again $c"
done

# Not in the order in which they got them.
for c in udhcpc dhcpcd dhclient; do
	"${c}_start"
done
for c in "${clients[@]}"; do
	check "$c: gets the same address again" wait_for 60 has_again "$c"
	check "$c: it is active" wait_for 20 listed "$c" active
done

tell_logs
# The shell need not tell of each that it was killed.
disown -a
check "no client is left" wait_for 20 evict
check "the networks stop" networks --stop
same "no port is left" "$(ls /proc/vmnet)" ""
done_testing
