#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nat.conf is read again: by SIGHUP and by request.

. "$(dirname "$0")/natd_rig.sh"

probe_limit=60

forwards()
{
	ctl forwards | tr '\n' ';'
}

# hup LINE: it was read, and LINE logged
hup()
{
	local had
	had=$(grep -cF "$1" "$work/natd.log")
	kill -HUP "$natd_pid"
	wait_for 20 eval "[ \$(grep -cF '$1' $work/natd.log) -gt $had ]"
}

natd_conf '[incomingtcp]
8080 = 10.99.0.128:80
8081 = 10.99.0.128:82
8082 = 10.99.0.128:80
[incomingudp]
6000 = 10.99.0.128:6001'
rig_spaces
natd_start || exit 1
serve web "$g" tcp-server 10.99.0.128 80
serve quiet "$g" tcp-silent 10.99.0.128 82
serve out "$o" echo 10.98.0.2 5001
background "$work/hold.log" from_tree "$o" python3 /out/natd_probe.py tcp-hold 10.98.0.1 8081
wait_for 60 grep -q connected "$work/hold.log"
wait_for 30 eval "ctl -j flows tcp | grep -q '\"state\":\"open\"'"
same "added by a request" "$(ctl add tcp 9000 10.99.0.128:80)" "1 added"
probe "$g" ask 10.98.0.2 5001 7777 hello >/dev/null

natd_conf '[incomingtcp]
8080 = 10.99.0.128:80 # still here
8082 = 10.99.0.128:82
81 = 10.99.0.128:80
[host]
configport = 33446'
check "SIGHUP reads the file again" hup "$work/nat.conf: read again"
same "the forwards are those of the file, and of requests" "$(forwards)" \
	"tcp 8080 -> 10.99.0.128:80, nat.conf, listening # still here;tcp 9000 -> 10.99.0.128:80, request, listening;tcp 8082 -> 10.99.0.128:82, nat.conf, listening;tcp 81 -> 10.99.0.128:80, nat.conf, listening;"
same "a new one works, of a low port" "$(tcp "$o" 10.98.0.1 81)" 10.98.0.2
same "one that is gone does not" "$(tcp "$o" 10.98.0.1 8081)" ECONNREFUSED
same "its connection goes on" "$(cat "$work/hold.log")" connected
same "configport is there" "$(probe "$m" json 33446 pid)" "pid $natd_pid"

# What is not applied, nothing of it.
before=$(forwards)
natd_conf '[incomingtcp]
8080 = 10.99.0.128:80
7000 = nobody'
check "a file with an error" hup \
	"$work/nat.conf:8: a forward leads to ADDRESS:PORT or [ADDRESS]:PORT, not \"nobody\"; the old configuration stays"
check "which a new start would not take either" eval "! ctl -j reload | grep -q restart"
sed -i 's/^ip = .*/ip = 10.99.0.3\/24/; $d' "$work/nat.conf"
check "another ip" hup "$work/nat.conf: ip cannot be changed while running; the old configuration stays"
check "which a new start would take" eval "ctl -j reload | grep -q '\"restart\": *true'"
natd_conf '[incomingtcp]
9000 = 10.99.0.128:82'
same "a port of a request that leads elsewhere, by request" "$(ctl reload)" \
	"vmnet-natctl: $work/nat.conf:7: TCP port 9000 is forwarded by a request; remove that first"
natd_conf '[host]
device = vmnet9'
same "another device" "$(ctl reload)" "vmnet-natctl: $work/nat.conf: device cannot be changed while running"
mv "$work/nat.conf" "$work/nat.away"
same "no file" "$(ctl reload)" "vmnet-natctl: $work/nat.conf: No such file or directory"
same "nothing has changed" "$(forwards)" "$before"

# A time-out that is shorter now holds for what is there already.
check "a flow that lasts" eval "ctl -j flows udp | grep -q 10.99.0.128:7777"
natd_conf '[incomingtcp]
9000 = 10.99.0.128:80'
sed -i 's/^timeout = .*/timeout = 1/' "$work/nat.conf"
same "read again by request" "$(ctl reload)" "nat.conf was read again"
check "an idle flow ends sooner" wait_for 15 eval "! ctl -j flows udp | grep -q 10.99.0.128:7777"
same "what a request has added is the file's now" "$(forwards)" "tcp 9000 -> 10.99.0.128:80, nat.conf, listening;"
same "configport is off" "$(probe "$m" json 33446 pid 2>&1 | grep -o ConnectionRefusedError: | head -n 1)" ConnectionRefusedError:
same "the connection goes on" "$(cat "$work/hold.log")" connected

# It reads what it was started with, wherever that is replaced, and no other place.
mv "$work/nat.conf" "$work/nat.other"
ln -s nat.other "$work/nat.conf"
same "a link in its directory" "$(ctl reload)" "nat.conf was read again"
far=$(mktemp -d)
chmod 755 "$far"
cp "$work/nat.other" "$far/nat.conf"
ln -sf "$far/nat.conf" "$work/nat.conf"
got=$(ctl reload)
if grep -q 'no Landlock' "$work/natd.log"; then
	echo "# this kernel has no Landlock"
	same "a link to another directory" "$got" "nat.conf was read again"
else
	same "a link to another directory" "$got" "vmnet-natctl: $work/nat.conf: Permission denied"
fi
rm -r "$far"
check "ends when told" natd_stop
done_testing
