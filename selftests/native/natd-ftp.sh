#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# activeFTP: the servers of a guest's FTP clients connect to it.

. "$(dirname "$0")/natd_rig.sh"
cp "$native/natd_ftp.py" "$work/"

# ftp SPACE COMMAND...: see natd_ftp.py
ftp()
{
	from_tree "$1" timeout 60 python3 /out/natd_ftp.py "${@:2}"
}

# stays NAME SPACE COMMAND...: one that goes on
stays()
{
	background "$work/$1.log" from_tree "$2" python3 /out/natd_ftp.py "${@:3}"
}

hash()
{
	sha256sum <"$1" | cut -d' ' -f1
}

count()
{
	probe "$m" json "/out/vmnat.$natd_pid" "ftp.$1" | cut -d' ' -f2
}

# own_port FILE: the port of the host in the last PORT that a server got
own_port()
{
	sed -n 's/^PORT 10,98,0,1,\([0-9]*\),\([0-9]*\)\r$/\1 \2/p' "$1" | tail -n 1 |
		while read -r hi lo; do echo $((hi << 8 | lo)); done
}

natd_conf
rig_spaces
for i in 3 5 6 7; do
	ip -n "$o" addr add 10.98.0.$i/24 dev om
done
natd_start || exit 1
mkdir "$work/root"
chmod 777 "$work/root"
head -c 3M /dev/urandom >"$work/root/down"
head -c 2M /dev/urandom >"$work/up"
head -c 100K /dev/urandom >"$work/root/small"

# A port that no server comes to; looked at again at the end.
stays lost "$o" sink 10.98.0.6 /out/lost
wait_for 30 grep -q ready "$work/lost.log"
stays lost.client "$g" wait-data 10.99.0.128 5006 10.98.0.6
wait_for 30 eval "own_port '$work/lost' | grep -q ."
lost=$(own_port "$work/lost") lost_at=$SECONDS
same "it listens at the host's address" "$(ip netns exec "$m" ss -Hltn "sport = $lost" | awk '{ print $4 }')" "10.98.0.1:$lost"

# Clients: curl, with an FTP server of the tree, if there is one, and a little one.
stays little "$o" serve 10.98.0.2 /out/root
wait_for 30 grep -q ready "$work/little.log"
servers=(10.98.0.2)
if from_tree "$o" python3 -W ignore -c 'import pyftpdlib' 2>/dev/null; then
	background "$work/pyftpdlib.log" from_tree "$o" python3 -W ignore -m pyftpdlib \
		-i 10.98.0.3 -p 21 -w -d /out/root
	servers+=(10.98.0.3)
	listening "$o" t 21
fi
curl()
{
	from_tree "$g" timeout 40 curl -sS --ftp-port - "$@"
}

for server in "${servers[@]}"; do
	for verb in --no-eprt --eprt; do
		name="${verb#--} ($server)"
		curl "$verb" -o "/out/got" "ftp://$server/down"
		same "download, $name" "$(hash "$work/got")" "$(hash "$work/root/down")"
		rm -f "$work/got" "$work/root/sent"
		curl "$verb" -T /out/up "ftp://$server/sent"
		check "upload, $name" wait_for 20 cmp "$work/up" "$work/root/sent"
		rm -f "$work/root/sent"
	done
	same "PORT to others, or to a service, is for the server to refuse ($server)" \
		"$(ftp "$g" bounce "$server" 10,98,0,9,8,1 10,99,0,129,8,1 10,99,0,128,0,22 | tr '\n' ' ')" "5xx 5xx 5xx "
done
small=$(hash "$work/root/small")
same "everything at once" "$(ftp "$g" fetch 10.98.0.2 10.99.0.128 pipelined small)" "10.98.0.2 $small
10.98.0.2 $small"
grep -a '^EPRT' "$work/little.log" >"$work/eprt"
check "EPRT stays EPRT" grep -qx 'EPRT |1|10\.98\.0\.1|[0-9]*|' "$work/eprt"
same "in pieces of three bytes" "$(ftp "$g" fetch 10.98.0.2 10.99.0.128 split small)" "10.98.0.2 $small"
same "counted" "$(count awaited) $(count led) $(count refused)" "$((4 + 4 * ${#servers[@]})) $((3 + 4 * ${#servers[@]})) $((3 * ${#servers[@]}))"

# Who may come, and how often.
stays sink "$o" sink 10.98.0.5 /out/sunk
wait_for 30 grep -q ready "$work/sink.log"
stays waits "$g" wait-data 10.99.0.128 5005 10.98.0.5
wait_for 30 eval "own_port '$work/sunk' | grep -q ."
port=$(own_port "$work/sunk")
same "a stranger is turned away" "$(ftp "$o" connect 10.98.0.1 "$port" 10.98.0.2)" "Connection reset by peer"
same "and another" "$(ftp "$m" connect 10.98.0.1 "$port" 10.98.0.1)" "Connection reset by peer"
same "the server is not" "$(ftp "$o" connect 10.98.0.1 "$port" 10.98.0.5)" end
same "once" "$(ftp "$o" connect 10.98.0.1 "$port" 10.98.0.5)" "Connection refused"
same "the guest saw the server alone" "$(sed 's/:[0-9]* / /' "$work/waits.log")" "waits
from 10.98.0.5 hello"
same "strangers are counted" "$(count strangers)" 2

# TLS: nothing is touched.
{
	printf 'AUTH TLS\r\n\026\003\001'
	head -c 200K /dev/urandom
	printf '\r\nPORT 10,99,0,128,19,136\r\n'
} >"$work/tls"
printf 'PORT 10,99,0,128,19,136\r\nRETR x\r\nEPRT |1|10.99.0.128|5000|\r\nPORT 1' >"$work/plain"
stays passed "$o" sink 10.98.0.7 /out/passed
wait_for 30 grep -q ready "$work/passed.log"

# passes NAME FILE: the guest says it, and the server gets just that
passes()
{
	stays say "$g" say 10.98.0.7 "/out/$2" 10.99.0.128
	check "$1" wait_for 20 cmp "$work/$2" "$work/passed"
}
passes "TLS and the like pass as they are" tls

if [ $((SECONDS - lost_at)) -lt 30 ]; then
	nap $((31 - SECONDS + lost_at))
fi
check "a port that nobody comes to is closed" wait_for 10 eval \
	"! ip netns exec $m ss -Hltn 'sport = $lost' | grep -q ."
same "and counted" "$(count expired)" 1

# Off, and on again.
stays held "$g" wait-data 10.99.0.128 5007 10.98.0.6
check "another port listens" wait_for 20 eval "ip netns exec $m ss -Hltn 'src 10.98.0.1' | grep -q ."
natd_conf '[host]
activeFTP = 0'
kill -HUP "$natd_pid"
wait_for 20 grep -q 'read again' "$work/natd.log"
passes "without activeFTP nothing is touched" plain
same "nor is anybody awaited" "$(ip netns exec "$m" ss -Hltn 'src 10.98.0.1' | wc -l)" 0
natd_conf
kill -HUP "$natd_pid"
wait_for 20 eval "[ \$(grep -c 'read again' $work/natd.log) -eq 2 ]"
curl -o /out/got "ftp://10.98.0.2/small"
same "with it again" "$(hash "$work/got")" "$small"
check "ends when told" natd_stop
done_testing
