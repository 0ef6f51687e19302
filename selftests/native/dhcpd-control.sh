#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control socket of vmnet-dhcpd: what is asked, what is changed, who watches,
# and the hook.

. "$(dirname "$0")/dhcpd_rig.sh"

sock=$work/vmnet-dhcpd-$tap.sock
held=$work/leases/dhcpd.reservations

ctl()
{
	timeout 60 "$bin/vmnet-dhcpctl" -S "$sock" "$@" 2>&1
}

# ask LINE...: requests as they are
ask()
{
	printf '%s\n' "$@" | from_tree "$g" timeout 60 socat -t 30 - "UNIX-CONNECT:/out/${sock##*/}"
}

# json EXPRESSION: of what comes in, as j
json()
{
	python3 -c 'import json, sys
j = json.loads(sys.stdin.readline())
print(eval(sys.argv[1]))' "$1"
}

# A client of busybox; its addresses are not put on the interface.
udhcpc()
{
	from_tree "$g" timeout 60 busybox udhcpc -i eth0 -f -q -n -t 20 -T 2 -s /bin/true "$@" >"$work/udhcpc" 2>&1
}

# load: 20,000 clients, within ten seconds.
load()
{
	ip netns exec "$g" "$helpers/dhcpbench" -n 20000 eth0 2000 10000 >"$work/load" 2>&1
	sed 's/^/# /' "$work/load"
	grep -qE ' done (199[0-9][0-9]|20000) ' "$work/load"
}

set_mac()
{
	ip -n "$g" link set eth0 down
	ip -n "$g" link set eth0 address "$1"
	ip -n "$g" link set eth0 up
}

cat >"$work/hook" <<'END'
#!/bin/sh
# What it was told, and what it is.
echo "$1 $VMNET_EVENT $VMNET_NETWORK $VMNET_ADDRESS $VMNET_MAC [$VMNET_HOSTNAME] [$VMNET_CLIENT_ID] $VMNET_ENDS $(id -u) $#" >>"$(dirname "$0")/hooked"
exit "$(cat "$(dirname "$0")/status" 2>/dev/null || echo 0)"
END
chmod 755 "$work/hook"

# ended.py FILE ADDRESS: has its last lease ended, by the file?
cat >"$work/ended.py" <<'END'
import datetime, re, sys
last = re.findall(r"^lease %s \{(.*?)^\}" % re.escape(sys.argv[2]), open(sys.argv[1]).read(), re.M | re.S)[-1]
print(last)
ends = datetime.datetime.strptime(re.search(r"ends \d (.*?);", last).group(1), "%Y/%m/%d %H:%M:%S")
sys.exit(ends > datetime.datetime.utcnow())
END

dhcpd_conf 255.255.0.0 10.97.255.250 'host fixed { hardware ethernet 02:11:22:33:44:55; fixed-address 10.97.0.77; }'
sed -i 's/10.97.0.255/10.97.255.255/' "$work/dhcpd.conf"
space "$g"
dhcpd_start --hook "$work/hook" || exit 1
check "a control socket" wait_for 20 test -S "$sock"
same "is for its owner and group" "$(stat -c %a "$sock")" 660
check "the server is confined" eval "grep -q '^Seccomp:.*2' /proc/\$(pgrep -P $dhcpd_pid -f vmnet-dhcpd$ || echo $dhcpd_pid)/status"
"$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$work/leases/l" --tap "x$tap" --control "$sock" \
	--foreground >"$work/second" 2>&1
check "another one cannot have it" grep -qF "$sock: another process has the control socket" "$work/second"

# Watching, and the hook, from the first lease on.
background "$work/watch" "$bin/vmnet-dhcpctl" -S "$sock" -j watch
check "one who watches" wait_for 20 grep -qx '{"ok":true}' "$work/watch"
check "a client" udhcpc -x "hostname:\$(touch /tmp/$tag);'a b"
mac=$(mac_of "$g" eth0)
addr=$(ctl -j leases | json 'j["leases"][0]["address"]')
check "its lease is listed" eval '[ -n "$addr" ] && ctl leases | grep -q "^$addr  *$mac active "'
same "one lease" "$(ctl -j show "$addr" | json '" ".join((j["lease"]["address"], j["lease"]["state"], j["lease"]["mac"]))')" \
	"$addr active $mac"
check "it is told of" wait_for 20 grep -q "\"event\":\"granted\",\"address\":\"$addr\",\"mac\":\"$mac\"" "$work/watch"
check "the hook runs" wait_for 20 test -s "$work/hooked"
uid=$(stat -c %u "$work/leases/dhcpd.leases")
check "as the server's user, with what it needs, and a tame name" grep -qE \
	"^granted granted vmnet8 $addr $mac \[[A-Za-z0-9._-]+\] \[[0-9a-f:]*\] [0-9]+ $uid 1$" "$work/hooked"
check "no shell has seen the name" eval '[ ! -e /tmp/$tag ]'
check "the client again" udhcpc
check "that is a renewal" wait_for 20 grep -q '"event":"renewed"' "$work/watch"

# Releasing.
same "a lease is released" "$(ctl release "$addr")" "$addr is free"
check "that is on the disk" python3 "$work/ended.py" "$work/leases/dhcpd.leases" "$addr"
check "and told" wait_for 20 grep -q "\"event\":\"released\",\"address\":\"$addr\"" "$work/watch"
check "the hook too" wait_for 20 grep -q "^released released vmnet8 $addr" "$work/hooked"
check "which a lease that runs is not" eval "udhcpc && ! python3 '$work/ended.py' '$work/leases/dhcpd.leases' '$addr'"
same "it is released again" "$(ctl release "$addr")" "$addr is free"
same "its state" "$(ctl -j show "$addr" | json 'j["lease"]["state"]')" free
same "once is enough" "$(ctl release "$addr")" "vmnet-dhcpctl: $addr is not leased"
same "one that nobody had" "$(ctl show 10.97.99.99)" "vmnet-dhcpctl: nobody has or had 10.97.99.99"

# A hook that fails.
echo 3 >"$work/status"
check "a client, once more" udhcpc
check "a hook that fails is told of" wait_for 20 grep -q "$work/hook: ended with status 3" "$work/dhcpd.log"
rm "$work/status"

# Reservations.
check "those of the file are listed" eval "ctl reservations | grep -qE '^10.97.0.77 +02:11:22:33:44:55 fixed, dhcpd.conf$'"
same "one is made" "$(ctl reserve 02:00:5e:00:00:01 10.97.0.50 printer)" "done"
check "it is listed" eval "ctl reservations | grep -qE '^10.97.0.50 +02:00:5e:00:00:01 printer, request$'"
check "and on the disk" grep -qx 'host printer { hardware ethernet 02:00:5e:00:00:01; fixed-address 10.97.0.50; }' "$held"
set_mac 02:00:5e:00:00:01
check "a client it is for" udhcpc
check "gets it" grep -q 'lease of 10.97.0.50 obtained' "$work/udhcpc"
same "one by client identifier" "$(ctl reserve id=01:02:5e:00:00:07:09 10.97.0.51)" "done"
check "a client with that" udhcpc -x 0x3d:01025e00000709
check "gets that" grep -q 'lease of 10.97.0.51 obtained' "$work/udhcpc"
same "not the server's own" "$(ctl reserve 02:00:5e:00:00:02 10.97.255.254)" \
	"vmnet-dhcpctl: 10.97.255.254 of host reserved-10.97.255.254 is this server's own address"
check "not of another network" eval "ctl reserve 02:00:5e:00:00:02 10.98.0.1 | grep -q '^vmnet-dhcpctl: 10.98.0.1 of host '"
check "not the network itself" eval "ctl reserve 02:00:5e:00:00:02 10.97.0.0 | grep -q '^vmnet-dhcpctl: 10.97.0.0 of host '"
same "not another's address" "$(ctl reserve 02:00:5e:00:00:02 10.97.0.77)" \
	"vmnet-dhcpctl: host fixed of dhcpd.conf (line $(grep -n '^host fixed' "$work/dhcpd.conf" | cut -d : -f 1)) has this address already"
same "nor a second one for one client" "$(ctl reserve 02:00:5e:00:00:01 10.97.0.52)" \
	"vmnet-dhcpctl: reservation printer has this hardware address already"
same "nor a name that there is" "$(ctl reserve 02:00:5e:00:00:02 10.97.0.52 printer)" \
	"vmnet-dhcpctl: reservation printer has this name already"
check "no name that would be something else" eval "ctl reserve 02:00:5e:00:00:02 10.97.0.52 'a { } host b' | grep -q '\"name\" is made of'"
same "the file has those that were made" "$(grep -c '^host' "$held")" 2
same "what stands in dhcpd.conf is removed there" "$(ctl unreserve fixed | cut -d , -f 1)" \
	"vmnet-dhcpctl: host fixed stands in dhcpd.conf (line $(grep -n '^host fixed' "$work/dhcpd.conf" | cut -d : -f 1)): remove it there"

# dhcpd.conf changes: what no longer goes with it rests, and is back later.
cp "$work/dhcpd.conf" "$work/before"
echo 'host mine { hardware ethernet 02:00:5e:00:00:09; fixed-address 10.97.0.50; }' >>"$work/dhcpd.conf"
same "reload" "$(ctl reload)" "dhcpd.conf was read again"
check "a reservation that is in the way rests" eval "ctl reservations | grep -q '^not used: host printer .*mine'"
check "and is logged" grep -q 'not used: host printer' "$work/dhcpd.log"
echo 'nonsense;' >>"$work/dhcpd.conf"
check "a bad file is told by its line" eval "ctl reload | grep -q '^vmnet-dhcpctl: $work/dhcpd.conf:[0-9]*'"
cp "$work/before" "$work/dhcpd.conf"
kill -HUP "$dhcpd_pid"
check "SIGHUP keeps reservations" wait_for 20 eval "ctl reservations | grep -q 'printer, request'"

# Over a restart.
kill "$dhcpd_pid"
check "ends on SIGTERM" wait_pid 30 "$dhcpd_pid"
check "its socket with it" wait_for 20 eval "[ ! -e '$sock' ]"
check "and the hook's process" wait_for 20 eval "! pgrep -f '$work/hook'"
check "whoever watched learns that" wait_for 20 eval "! pgrep -f -- '-j watch'"
python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$sock"
chown 0:0 "$held" # as an editor leaves it
dhcpd_start --hook "$work/hook" || exit 1
check "a socket that a crash has left is replaced" wait_for 20 eval "ctl statistics | grep -q version"
check "reservations are back" eval "ctl reservations | grep -q 'printer, request'"
set_mac 02:00:5e:00:00:01
check "and count" eval "udhcpc && grep -q 'lease of 10.97.0.50 obtained' '$work/udhcpc'"
same "one is removed by its name" "$(ctl unreserve printer)" "done"
same "one by its address" "$(ctl unreserve 10.97.0.51)" "done"
same "the file has no more" "$(grep -c '^host' "$held")" 0
same "what is not there" "$(ctl unreserve printer)" "vmnet-dhcpctl: there is no such reservation"

# Errors of requests.
same "no such request" "$(ask '{"request":"halt"}')" '{"ok":false,"error":"unknown request \"halt\""}'
check "no JSON" eval "ask 'what is this' | grep -q '^{\"ok\":false,\"error\":\"not a JSON object: '"
same "a state that is none" "$(ctl leases sleeping)" \
	'vmnet-dhcpctl: "state" is free, probed, offered, active or abandoned, not "sleeping"'
same "a member that does not belong there" "$(ask '{"request":"watch","address":"10.97.0.1"}')" \
	'{"ok":false,"error":"\"address\" does not belong to watch"}'
same "several in one go" "$(ask '{"request":"leases","state":"probed"}' '' '{"request":"leases","state":"probed"}')" \
	'{"ok":true,"leases":[],"total":0}
{"ok":true,"leases":[],"total":0}'
"$bin/vmnet-dhcpctl" frobnicate >/dev/null 2>&1
same "a wrong command line" $? 2
"$bin/vmnet-dhcpctl" -S "$work/none" leases >/dev/null 2>&1
same "no server" $? 1

# One who does not read is not waited for.
cat >"$work/slow.py" <<'END'
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.connect(sys.argv[1])
s.sendall(b'{"request":"watch"}\n')
print("ready", flush=True)
while not open(sys.argv[2]).read():
    time.sleep(0.1)
data = b""
while True:
    more = s.recv(65536)
    if not more:
        break
    data += more
print(data.splitlines()[-1].decode(), flush=True)
END
: >"$work/go"
background "$work/slow" timeout 100 python3 "$work/slow.py" "$sock" "$work/go"
wait_for 20 grep -q ready "$work/slow"
background "$work/loading" eval 'load && echo well'
check "the one who does not read is told of in the log" wait_for 30 grep -q 'one who watches leases does not read' "$work/dhcpd.log"
echo 1 >"$work/go"
check "and hears so" wait_for 20 grep -q 'too slow' "$work/slow"
check "20,000 clients are served meanwhile" wait_for 60 grep -q well "$work/loading"
cat "$work/loading"
check "a hook that is too slow: the oldest are dropped" grep -q 'hook: too slow; 1024 events wait' "$work/dhcpd.log"
ctl -j leases active 1000000 >"$work/all"
check "all leases are listed" [ "$(json 'len({l["address"] for l in j["leases"] if l["state"] == "active"})' <"$work/all")" -ge 19900 ]
same "with their number" "$(json 'j["total"] - len(j["leases"])' <"$work/all")" 0
same "most of them are not" "$(ctl leases active 7 | wc -l)" 9
check "and that is told" eval "ctl leases active 7 | grep -qE '^7 of [12][0-9]{4} leases$'"
one=$(ctl leases 02:00:00:00:00:05 | awk 'NR == 2 { print $1 }')
same "by address" "$(ctl leases "$one" | awk 'NR == 2 { print $2 }')" 02:00:00:00:00:05
same "by addresses" "$(ctl -j leases 10.97.1.0/24 1 | json 'j["total"]')" \
	"$(json 'len([1 for l in j["leases"] if l["address"].startswith("10.97.1.")])' <"$work/all")"

# Figures.
cat >"$work/om.py" <<'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for s in family.samples:
        print(s.name, *s.labels.values(), int(s.value))
END
ctl metrics >"$work/metrics"
check "metrics are OpenMetrics" eval "from_tree '$g' python3 /out/om.py <'$work/metrics' >'$work/om'"
check "with leases" eval "grep -qE '^vmnet_dhcpd_leases_active [12][0-9]{4}$' '$work/om'"
check "and messages" eval "grep -qE '^vmnet_dhcpd_sent_total ack [12][0-9]{4}$' '$work/om'"
check "and events" eval "grep -qE '^vmnet_dhcpd_lease_events_total granted [12][0-9]{4}$' '$work/om'"
same "statistics say the same" "$(ctl -j statistics | json 'j["statistics"]["leases"]["active"]')" \
	"$(sed -n 's/^vmnet_dhcpd_leases_active //p' "$work/om")"
kill "$dhcpd_pid"
wait_pid 30 "$dhcpd_pid"
done_testing
