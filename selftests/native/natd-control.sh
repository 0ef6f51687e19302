#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The control socket: what is asked, what is changed, and clients that misbehave.

. "$(dirname "$0")/natd_rig.sh"

# ask LINE...: requests as they are
ask()
{
	printf '%s\n' "$@" | raw
}

raw()
{
	from_tree "$m" timeout 60 socat -t 30 - "UNIX-CONNECT:/out/${sock##*/}"
}

natd_conf '[incomingtcp]
8080 = 10.99.0.128:80 # the web server
8081 = 10.99.0.128:82
[incomingudp]
6000 = 10.99.0.128:6001'
rig_spaces
natd_start || exit 1
[ -S "$sock" ] || { echo "Bail out! no control socket"; exit 1; }
serve web "$g" tcp-server 10.99.0.128 80
serve quiet "$g" tcp-silent 10.99.0.128 82
serve echo "$g" echo 10.99.0.128 6001
serve out "$o" echo 10.98.0.2 5001
serve far "$o" tcp-silent 10.98.0.2 5002

same "the socket is for its owner and group" "$(stat -c %a "$sock")" 660
same "forwards" "$(ctl forwards)" \
	"tcp 8080 -> 10.99.0.128:80, nat.conf, listening # the web server
tcp 8081 -> 10.99.0.128:82, nat.conf, listening
udp 6000 -> 10.99.0.128:6001, nat.conf, listening"

# Flows, with what went through them.
background "$work/hold.log" from_tree "$o" python3 /out/natd_probe.py tcp-hold 10.98.0.1 8081
wait_for 60 grep -q connected "$work/hold.log"
background "$work/own.log" from_tree "$g" python3 /out/natd_probe.py tcp-hold 10.98.0.2 5002
wait_for 60 grep -q connected "$work/own.log"
probe "$g" ask 10.98.0.2 5001 7777 12345 >/dev/null
check "a connection from outside" wait_for 30 eval "ctl -j flows tcp | grep -q '\"proto\":\"tcp\",\"guest\":\"10.99.0.128:82\",\"peer\":\"10.98.0.2:[0-9]*\",\"opened_by\":\"peer\",\"state\":\"open\"'"
check "a connection of the guest" eval "ctl -j flows tcp | grep -q '\"guest\":\"10.99.0.128:[0-9]*\",\"peer\":\"10.98.0.2:5002\",\"opened_by\":\"guest\",\"state\":\"open\"'"
check "UDP, with bytes and datagrams" eval "ctl -j flows udp |
	grep -q '\"guest\":\"10.99.0.128:7777\",\"host_port\":7777,\"opened_by\":\"guest\",\"packets_out\":1,\"packets_in\":1,\"bytes_out\":5,'"
check "the number of flows listed is limited" eval "ctl flows tcp 1 | grep -qx '1 of [2-9] flows'"
background "$work/count.log" from_tree "$g" bash -c 'exec 3<>/dev/tcp/10.98.0.2/5002; head -c 70000 /dev/zero >&3; sleep 600'
check "bytes that the outside has got" wait_for 30 eval "ctl -j flows tcp | grep -q '\"bytes_out\":70000,'"

# Forwards that come and go.
same "one is added" "$(ctl add tcp 81 10.99.0.128:80 'second door')" "1 added"
same "a low port works" "$(tcp "$o" 10.98.0.1 81)" 10.98.0.2
check "it is listed" eval "ctl forwards | grep -qxF 'tcp 81 -> 10.99.0.128:80, request, listening # second door'"
same "a range of UDP is added" "$(ctl add udp 10.98.0.1:6100-6102,~6101 10.99.0.128:6001)" "2 added"
same "and works" "$(udp "$o" 10.98.0.1 6100)" "10.98.0.2 5 other from 10.98.0.1:6100"
same "a port that is forwarded is not added again" "$(ctl add tcp 8079-8080 10.99.0.128:80)" \
	"vmnet-natctl: TCP port 8080 is forwarded already"
check "nor is a part of it" eval "! ctl forwards | grep -q 8079"
same "a guest that cannot be" "$(ctl add tcp 8079 10.98.0.128:80)" \
	"vmnet-natctl: guest 10.98.0.128 is not in the network of 10.99.0.2/24"
same "a port that is taken waits" "$(ctl add tcp 10.98.0.77:8085 10.99.0.128:80)" \
	"1 added, 1 not listening: TCP port 10.98.0.77:8085: the host does not have this address"
ip -n "$m" addr add 10.98.0.77/24 dev mo
check "and listens when it can" wait_for 30 eval \
	"ctl forwards | grep -qxF 'tcp 10.98.0.77:8085 -> 10.99.0.128:80, request, listening'"
same "one is removed" "$(ctl remove tcp 8081)" "1 removed, open connections stay"
same "its port is shut" "$(tcp "$o" 10.98.0.1 8081)" ECONNREFUSED
nap 1
same "its connection goes on" "$(cat "$work/hold.log")" connected
same "so does that of the guest" "$(cat "$work/own.log")" connected
check "both are flows still" eval "ctl -j flows tcp | grep -q '10.99.0.128:82' && ctl -j flows tcp | grep -q 10.98.0.2:5002"
same "one of UDP is removed" "$(ctl remove udp 6000)" "1 removed"
same "and shut" "$(probe "$o" connected 10.98.0.1 6000)" ECONNREFUSED
same "the others go on" "$(udp "$o" 10.98.0.1 6100)" "10.98.0.2 5 other from 10.98.0.1:6100"
same "what is not there is not removed" "$(ctl remove tcp 81-82)" \
	"vmnet-natctl: TCP port 82 is not forwarded"
same "nor is what is there" "$(tcp "$o" 10.98.0.1 81)" 10.98.0.2
check "statistics" eval "ctl statistics | grep -q '\"opened\": [1-9]'"

# Longer than what a socket holds.
same "many forwards are added" "$(ctl add tcp 10.98.0.1:20000-20999 \
	10.99.0.128:20000 "a name that makes the status longer than it would be else")" "1000 added"
same "the status of many forwards is whole" \
	"$(probe "$m" json "/out/vmnat.$natd_pid" forwards.1000.proto pid)" "forwards.1000.proto tcp
pid $natd_pid"
same "and gone" "$(ctl remove tcp 10.98.0.1:20000-20999)" "1000 removed, open connections stay"

# Clients that misbehave.
same "several requests in one go" "$(ask '{"request":"flows","limit":0,"proto":"icmp"}' '' \
	'{"request":"flows","limit":0,"proto":"icmp"}')" \
	'{"ok":true,"total":0,"flows":[]}
{"ok":true,"total":0,"flows":[]}'
same "a line without its end" "$(printf '{"request":"flows","limit":0,"proto":"icmp"}' | raw)" '{"ok":true,"total":0,"flows":[]}'
same "an unknown request" "$(ask '{"request":"halt"}')" '{"ok":false,"error":"unknown request \"halt\""}'
check "no JSON" eval "ask 'what is this' | grep -q '^{\"ok\":false,\"error\":\"not a JSON object: '"
same "a request that is too long" "$(head -c 5000 /dev/zero | tr '\0' ' ' | raw)" \
	'{"ok":false,"error":"a request has at most 4095 bytes"}'
background "$work/slow.log" timeout 100 python3 "$native/natd_probe.py" slow-clients "$sock" 7
wait_for 60 grep -q ready "$work/slow.log"
same "clients that do not read keep nobody" "$(tcp "$o" 10.98.0.1 81)" 10.98.0.2
same "not even another client" "$(ctl flows icmp | wc -l)" 1
check "and are ended" wait_for 60 grep -q '7 closed' "$work/slow.log"
background "$work/idle.log" timeout 100 python3 "$native/natd_probe.py" idle-clients "$sock" 9
check "no more than 8 at a time" wait_for 60 grep -q '1 closed' "$work/idle.log"

check "ends when told" natd_stop
check "nothing is left" eval "wait_for 60 eval '[ ! -e $sock ]'"
done_testing
