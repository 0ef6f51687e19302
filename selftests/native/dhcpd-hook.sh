#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hook's command that hangs: it is killed after 30 s with all that it has started,
# clients are served meanwhile, and what has happened until then is told after it.

. "$(dirname "$0")/dhcpd_rig.sh"

sock=$work/vmnet-dhcpd-$tap.sock
limit=30

ctl()
{
	timeout 5 "$bin/vmnet-dhcpctl" -S "$sock" "$@" 2>&1
}
ms()
{
	echo $(($(date +%s%N) / 1000000))
}
# hook_stat NAME: a number of what has been counted.
hook_stat()
{
	ctl -j statistics | python3 -c 'import json, sys
j = json.load(sys.stdin)
print(j["statistics"]["hook"][sys.argv[1]])' "$1"
}

# The first time it hangs, takes no SIGTERM, and has a child that does as much.
cat >"$work/hook" <<'END'
#!/bin/bash
dir=${0%/*}
echo "$1 $VMNET_ADDRESS" >>"$dir/hooked"
[ ! -e "$dir/hung" ] || exit 0
trap '' TERM INT HUP
sleep 1000 &
echo "$$ $!" >"$dir/hung.new"
mv "$dir/hung.new" "$dir/hung"
while :; do
	sleep 1000
done
END
chmod 755 "$work/hook"

space "$g"
dhcpd_conf 255.255.0.0 10.97.3.254
# What takes no SIGTERM is not to stay when a test fails.
hung=
trap '[ -z "$hung" ] || kill -9 -- "-$hung" 2>/dev/null; finish' EXIT
dhcpd_start --hook "$work/hook" || exit 1

check "a lease" udhcpc
check "the hook hangs" wait_for 20 test -s "$work/hung"
began=$(ms)
read -r hung child <"$work/hung"

# As if there were no hook.
: >"$work/acks"
same "others are served meanwhile: all 50 have a lease" \
	"$(ip netns exec "$g" "$helpers/dhcpload" eth0 50 5 "$work/acks")" 50
check "the server answers at once" ctl statistics
check "the hook still hangs" kill -0 "$hung"
same "nothing else was run" "$(wc -l <"$work/hooked")" 1
check "it is not killed before its time" eval "! grep -q 'hook: killed' '$work/dhcpd.log'"

check "it is killed" wait_for $((limit + 15)) eval "! kill -0 $hung"
took=$(($(ms) - began))
echo "# after $took ms"
check "not before $limit s" [ "$took" -ge $((limit * 1000 - 1000)) ]
check "and not much later" [ "$took" -le $((limit * 1000 + 10000)) ]
check "what it has started too" wait_for 5 eval "! kill -0 $child"
check "the log says it" wait_for 5 grep -q "$work/hook: killed after $limit s" "$work/dhcpd.log"
check "the server still runs" kill -0 "$dhcpd_pid"

# Each of them was told of, in the end.
granted()
{
	[ "$(grep -c '^granted ' "$work/hooked")" -eq 51 ]
}
check "then it runs for what has happened meanwhile" wait_for 60 granted
same "of each address once" "$(grep '^granted ' "$work/hooked" | sort | uniq -d | wc -l)" 0
same "one run has failed" "$(hook_stat failed)" 1
same "no event was dropped" "$(hook_stat dropped)" 0
check "a lease" udhcpc
[ $failures -eq 0 ] || sed 's/^/# /' "$work/dhcpd.log"
done_testing
