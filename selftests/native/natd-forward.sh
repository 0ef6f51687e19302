#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# [incomingtcp] and [incomingudp]: from the outside and from the host itself.

. "$(dirname "$0")/natd_rig.sh"

cat >"$work/om.py" <<'END'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for s in family.samples:
        print(s.name, *s.labels.values(), s.value)
END

natd_conf '[incomingtcp]
8080 = 10.99.0.128:80 # the web server
81 = 10.99.0.128:80
8082 = 10.99.0.128:82
[incomingudp]
6000 = 10.99.0.128:6001
7000 = 10.99.0.128:6001
6002 = 10.99.0.128:6003
9 = 10.99.0.128:6004
10.98.0.11:6010 = 10.99.0.128:6001
[incomingtcp]
10.98.0.11:8083 = 10.99.0.128:80
10.98.0.12:8084 = 10.99.0.128:80
9078-9082,~9079-9080 = 10.99.0.128:78
8090 = 10.99.0.128:80
[incomingudp]
6011 = 10.99.0.128:6001
[host]
configport = 33445'
rig_spaces
ip -n "$m" addr add 10.98.0.11/24 dev mo
from_tree "$m" python3 /out/natd_probe.py hold-ports 8090 6011 >"$work/taken" &
holder=$!
pids+=("$holder")
wait_for 60 grep -q ready "$work/taken"
natd_start || exit 1
serve web "$g" tcp-server 10.99.0.128 80
serve web2 "$g" tcp-server 10.99.0.128 81
serve echo "$g" echo 10.99.0.128 6001
serve echo4 "$g" echo 10.99.0.128 6004
serve out "$o" echo 10.98.0.2 5001

same "TCP from outside, true address shown" "$(tcp "$o" 10.98.0.1 8080)" 10.98.0.2
same "TCP from outside, low port" "$(tcp "$o" 10.98.0.1 81)" 10.98.0.2
same "TCP from the host's loopback, shown as the gateway" "$(tcp "$m" 127.0.0.1 8080)" 10.99.0.2
same "TCP from the host by its own address" "$(tcp "$m" 10.98.0.1 8080)" 10.98.0.1
same "TCP to a closed port of the guest" "$(tcp "$o" 10.98.0.1 8082)" ECONNRESET

same "UDP from outside" "$(udp "$o" 10.98.0.1 6000)" "10.98.0.2 5 other from 10.98.0.1:6000"
same "UDP by another port to the same guest" "$(udp "$o" 10.98.0.1 7000)" "10.98.0.2 5 other from 10.98.0.1:7000"
same "UDP by another address of the host" "$(udp "$o" 10.98.0.11 6000)" "10.98.0.2 5 other from 10.98.0.11:6000"
same "UDP, low port" "$(udp "$o" 10.98.0.1 9)" "10.98.0.2 5 other from 10.98.0.1:9"
same "UDP from the host's loopback" "$(udp "$m" 127.0.0.1 6000)" "10.99.0.2 5 other from 127.0.0.1:6000"
same "UDP, loopback, by the other port" "$(udp "$m" 127.0.0.1 7000)" "10.99.0.2 5 other from 127.0.0.1:7000"
same "UDP of 20000 bytes" "$(probe "$o" size 10.98.0.1 6000 20000)" "up 20000 whole
down 20000 whole"
same "what the guest sends from there has the forward's port" \
	"$(probe "$g" ask 10.98.0.2 5001 6003 hello)" "10.98.0.1:6002 5 other from 10.98.0.2:5001"
same "UDP to a closed port of the guest, told to the sender" \
	"$(probe "$o" connected 10.98.0.1 6002)" ECONNREFUSED
same "and to a sender on the host" "$(probe "$m" connected 127.0.0.1 6002)" ECONNREFUSED

same "TCP at one address of the host" "$(tcp "$o" 10.98.0.11 8083)" 10.98.0.2
same "and not at the others" "$(tcp "$o" 10.98.0.1 8083)" ECONNREFUSED
same "UDP at one address of the host" "$(udp "$o" 10.98.0.11 6010)" "10.98.0.2 5 other from 10.98.0.11:6010"
same "and not at the others, UDP" "$(probe "$o" connected 10.98.0.1 6010)" ECONNREFUSED
same "a range keeps the order of its ports" "$(tcp "$o" 10.98.0.1 9081)" 10.98.0.2
same "a port excluded from it" "$(tcp "$o" 10.98.0.1 9080)" ECONNREFUSED
same "the ports of the range" "$(ip netns exec "$m" ss -Hltn 'sport >= 9078 and sport <= 9082' |
	grep -o ':90[0-9]*' | sort | tr -d '\n')" :9078:9081:9082

line()
{
	grep -n "^$1 = " "$work/nat.conf" | cut -d: -f1
}

# once REASON LINE: it was logged, and not for each try.
once()
{
	[ "$(grep -c "$work/nat.conf:$2: $1; tried again every 5 seconds" "$work/natd.log")" -eq 1 ]
}

nap 6
check "a TCP port that is taken is logged once" once "TCP port 8090 of the host is in use" "$(line 8090)"
check "so is one of UDP" once "UDP port 6011 of the host is in use" "$(line 6011)"
check "so is an address the host does not have" \
	once "TCP port 10.98.0.12:8084: the host does not have this address" "$(line 10.98.0.12:8084)"
same "and told by the status" "$(probe "$m" forward "/out/vmnat.$natd_pid" tcp 8090 state reason)" \
	"state not listening
reason TCP port 8090 of the host is in use"
kill "$(ip netns pids "$m" | while read -r p; do
	grep -qa hold-ports "/proc/$p/cmdline" && echo "$p"
done | tail -n 1)"
ip -n "$m" addr add 10.98.0.12/24 dev mo
check "they are listened on when they can be" wait_for 30 eval "
	grep -q ':$(line 8090): TCP port 8090 listens now' $work/natd.log &&
	grep -q ':$(line 6011): UDP port 6011 listens now' $work/natd.log &&
	grep -q 'TCP port 10.98.0.12:8084 listens now' $work/natd.log"
same "TCP by a port that was taken" "$(tcp "$o" 10.98.0.1 8090)" 10.98.0.2
same "UDP by a port that was taken" "$(udp "$o" 10.98.0.1 6011)" "10.98.0.2 5 other from 10.98.0.1:6011"
same "TCP at an address that was not there" "$(tcp "$o" 10.98.0.12 8084)" 10.98.0.2
same "and the status says so" "$(probe "$m" forward "/out/vmnat.$natd_pid" tcp 8090 state)" "state listening"
same "a name is a comment" "$(probe "$m" forward "/out/vmnat.$natd_pid" tcp 8080 name)" "name the web server"

same "status lists them" \
	"$(probe "$m" json "/out/vmnat.$natd_pid" forwards.0.proto forwards.0.host_port forwards.6.guest_port)" \
	"forwards.0.proto tcp
forwards.0.host_port 8080
forwards.6.guest_port 6004"
same "status at the configured port" "$(probe "$m" json 33445 pid)" "pid $natd_pid"
check "ends when told" natd_stop
check "and starts again at once" natd_start
same "TCP again" "$(tcp "$o" 10.98.0.1 8080)" 10.98.0.2

# configport by HTTP, for programs that collect figures.
http()
{
	from_tree "$m" curl -s -m 20 "$@"
}
metrics=http://127.0.0.1:33445/metrics
check "OpenMetrics that its own parser reads" eval "http $metrics | from_tree $m python3 /out/om.py >$work/om"
sed 's/^/# /' "$work/om" | head -n 40
n=$(sed -n 's/^vmnet_natd_frames_total rx //p' "$work/om")
check "with figures in it ($n frames)" [ "${n:-0}" -ge 4 ]
same "its forwards" "$(sed -n 's/^vmnet_natd_forwards listening //p' "$work/om")" "$(http http://127.0.0.1:33445/ | grep -c '"state": "listening"')"
same "type of the page" "$(http -o /dev/null -w '%{http_code} %{content_type}' $metrics)" \
	"200 application/openmetrics-text; version=1.0.0; charset=utf-8"
same "its head alone" "$(http -I $metrics | tr -d '\r' | head -n 1)" "HTTP/1.0 200 OK"
same "the status" "$(http -o /dev/null -w '%{http_code} %{content_type}' http://127.0.0.1:33445/)" "200 application/json"
same "no such page" "$(http -o /dev/null -w '%{http_code}' http://127.0.0.1:33445/none)" 404
same "nothing to be posted" "$(http -o /dev/null -w '%{http_code}' -d x=1 $metrics)" 405
check "who says nothing gets the status" eval 'from_tree "$m" python3 /out/natd_probe.py json 33445 pid | grep -q "pid $natd_pid"'
check "by request too" eval '"$bin/vmnet-natctl" -S "$work/vmnet-natd-nt0.sock" metrics | tail -n 1 | grep -qx "# EOF"'
done_testing
