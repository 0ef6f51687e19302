#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DNS on the gateway's address: answers pass unchanged, a dead server is stepped
# over, resolv.conf may change at any time, and nothing waits meanwhile.

. "$(dirname "$0")/natd_rig.sh"

# servers LINE...: the new resolv.conf, put there as everybody does
servers()
{
	printf '%s\n' "$@" >"$work/etc/new"
	mv "$work/etc/new" "$work/etc/resolv.conf"
}

first_server()
{
	probe "$m" json "/out/vmnat.$natd_pid" dns.servers.0 | grep -q "dns.servers.0 $1\$"
}

natd_conf ""
rig_spaces
for a in 3 4 5 6 7; do
	ip -n "$o" addr add "10.98.0.$a/24" dev om
done
mkdir -p "$work/etc"
servers "nameserver 10.98.0.2" "options timeout:10"
echo "10.97.0.7 nas.test nas" >"$work/etc/hosts"
natd_start --resolv "$work/etc/resolv.conf" --hosts "$work/etc/hosts" || exit 1
serve good "$o" dns-server 10.98.0.2 53 9.9.9.2
serve other "$o" dns-server 10.98.0.3 53 9.9.9.3
serve silent "$o" dns-server 10.98.0.4 53 9.9.9.4 silent
serve wrong "$o" dns-server 10.98.0.6 53 9.9.9.6 wrong
serve once "$o" dns-server 10.98.0.7 53 9.9.9.7 once
serve stub "$m" dns-server 127.0.0.53 53 9.9.9.53

same "a name" "$(probe "$g" dns 10.99.0.2 a.test)" "id rcode 0 answers 1 9.9.9.2"
same "a large answer" "$(probe "$g" dns 10.99.0.2 big.test 4096)" "id rcode 0 answers 12 3182 bytes"
same "a truncated answer" "$(probe "$g" dns 10.99.0.2 cut.test)" "id rcode 0 answers 0 truncated"
same "the same over TCP" "$(probe "$g" dns-tcp 10.99.0.2 cut.test)" "rcode 0 answers 1 9.9.9.2"
same "a large answer over TCP" "$(probe "$g" dns-tcp 10.99.0.2 big.test)" "rcode 0 answers 12 3182 bytes"
same "many on one connection, the host's own among them" \
	"$(probe "$g" dns-tcp 10.99.0.2 a.test nas.test big.test nas b.test)" \
	"rcode 0 answers 1 9.9.9.2
rcode 0 answers 1 10.97.0.7
rcode 0 answers 12 3182 bytes
rcode 0 answers 1 10.97.0.7
rcode 0 answers 1 9.9.9.2"
same "byte by byte, and then the end" "$(probe "$g" dns-slow 10.99.0.2 a.test nas b.test)" \
	"rcode 0 answers 1 9.9.9.2
rcode 0 answers 1 10.97.0.7
rcode 0 answers 1 9.9.9.2
the end"
same "a guest has 64 connections" "$(probe "$g" dns-hold 10.99.0.2 100 a.test)" "64 rcode 0 answers 1 9.9.9.2"
same "and again, when they are gone" "$(probe "$g" dns-hold 10.99.0.2 100 nas)" "64 rcode 0 answers 1 10.97.0.7"
same "a message that is none" "$(printf '\0\5hello' | from_tree "$g" timeout 20 ncat 10.99.0.2 53 | xxd -p)" ""
same "an error of the server" "$(probe "$g" dns 10.99.0.2 fail.test)" "id rcode 2 answers 0"
same "200 queries at once" "$(probe "$g" dns-many 10.99.0.2 200)" "answered 200"
same "a query after rubbish" \
	"$(probe "$g" dns-raw 10.99.0.2 00 0001 000100000001000000000000 000101000001000000000000ff \
		00010100000100000000000003616263 ffff8180000100000000000000000100 \
		"$(printf '41%.0s' {1..600})")" \
	"id rcode 0 answers 1 9.9.9.2"

servers "nameserver 10.98.0.3" "options timeout:10"
check "a new resolv.conf is read" wait_for 60 first_server 10.98.0.3
same "and its server asked" "$(probe "$g" dns 10.99.0.2 b.test)" "id rcode 0 answers 1 9.9.9.3"
servers "nameserver 127.0.0.53" "options edns0 trust-ad timeout:10" "search test"
check "a resolver of the host alone" wait_for 60 first_server 127.0.0.53
same "is reached" "$(probe "$g" dns 10.99.0.2 c.test)" "id rcode 0 answers 1 9.9.9.53"
same "over TCP too" "$(probe "$g" dns-tcp 10.99.0.2 c.test)" "rcode 0 answers 1 9.9.9.53"

# 10.98.0.5 is an address where nobody listens, 10.98.0.4 says nothing.
servers "nameserver 10.98.0.5" "nameserver 10.98.0.2" "options timeout:10"
check "a server that refuses, and a good one" wait_for 60 first_server 10.98.0.5
same "the good one answers" "$(probe "$g" dns 10.99.0.2 d.test)" "id rcode 0 answers 1 9.9.9.2"
same "and by TCP" "$(probe "$g" dns-tcp 10.99.0.2 d.test)" "rcode 0 answers 1 9.9.9.2"
servers "nameserver 10.98.0.4" "nameserver 10.98.0.3" "options timeout:5"
check "a server that is silent, and a good one" wait_for 60 first_server 10.98.0.4
same "the good one answers after it" "$(probe "$g" dns 10.99.0.2 e.test)" "id rcode 0 answers 1 9.9.9.3"
asked=$(grep -c asked "$work/silent.log")
same "and is asked first from then on" \
	"$(probe "$g" dns 10.99.0.2 f.test) $(($(grep -c asked "$work/silent.log") - asked))" \
	"id rcode 0 answers 1 9.9.9.3 0"
servers "nameserver 10.98.0.7"
check "a server that closes after each answer" wait_for 60 first_server 10.98.0.7
same "is connected to again" "$(probe "$g" dns-slow 10.99.0.2 a.test b.test nas c.test)" \
	"$(printf 'rcode 0 answers 1 9.9.9.7\n%.0s' 1 2)
rcode 0 answers 1 10.97.0.7
rcode 0 answers 1 9.9.9.7
the end"
servers "nameserver 10.98.0.6" "options timeout:10"
check "a server before which somebody forges" wait_for 60 first_server 10.98.0.6
same "the forged answer is not taken" "$(probe "$g" dns 10.99.0.2 g.test)" "id rcode 0 answers 1 9.9.9.6"

servers "nameserver 10.98.0.4" "nameserver 10.98.0.5" "nameserver 10.98.0.3" "options timeout:2"
check "a silent one, one that refuses, and a good one" wait_for 60 first_server 10.98.0.4
same "by TCP it is the good one that answers" "$(probe "$g" dns-tcp 10.99.0.2 t.test nas)" "rcode 0 answers 1 9.9.9.3
rcode 0 answers 1 10.97.0.7"
check "and the silent one was asked" grep -q "asked t.test by TCP" "$work/silent.log"
# Nothing waits for a server: ping while queries hang. The first one must change for
# first_server to see that the list has.
servers "nameserver 10.98.0.2"
check "another list of servers" wait_for 60 first_server 10.98.0.2
servers "nameserver 10.98.0.4" "options timeout:30 attempts:1"
check "only a silent server" wait_for 60 first_server 10.98.0.4
probe "$g" dns 10.99.0.2 h.test >"$work/hangs" &
hangs=$!
wait_for 60 grep -q "asked h.test" "$work/silent.log"
same "ping while a query waits" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
check "the query still waits" [ ! -s "$work/hangs" ]
wait_pid 90 $hangs
same "and fails in the end" "$(cat "$work/hangs")" "id rcode 2 answers 0"

rm "$work/etc/resolv.conf"
servers "# nothing"
check "without a server the host itself is meant" wait_for 60 first_server 127.0.0.1
same "which has none" "$(probe "$g" dns 10.99.0.2 i.test)" "id rcode 2 answers 0"
same "nor by TCP" "$(probe "$g" dns-tcp 10.99.0.2 i.test nas)" "rcode 2 answers 0
rcode 0 answers 1 10.97.0.7"

# A link to a file in a directory that is not there yet.
rm "$work/etc/resolv.conf"
ln -s "$work/run/stub.conf" "$work/etc/resolv.conf"
mkdir "$work/run"
echo "nameserver 10.98.0.2" >"$work/run/stub.conf"
asks_well()
{
	[ "$(probe "$g" dns 10.99.0.2 j.test 0 20)" = "id rcode 0 answers 1 9.9.9.2" ]
}
check "a link, its directory made later" wait_for 60 asks_well
check "and known" wait_for 60 first_server 10.98.0.2
echo "nameserver 10.98.0.3" >"$work/run/stub.conf"
check "a change behind the link" wait_for 60 first_server 10.98.0.3

# The host's own names.
asked()
{
	cat "$work"/*.log | grep -c "asked $1"
}
known()
{
	[ "$(probe "$m" json "/out/vmnat.$natd_pid" dns.host_names)" = "dns.host_names $1" ]
}
same "a name of the host's file" "$(probe "$g" dns 10.99.0.2 NAS.test)" "id rcode 0 answers 1 10.97.0.7"
same "nobody else is asked" "$(asked NAS.test)" 0
cat >"$work/etc/hosts.new" <<'END'
127.0.0.1	localhost
127.0.1.1	desk.test desk
10.97.0.8	nas.test
END
mv "$work/etc/hosts.new" "$work/etc/hosts"
check "another file in its place" wait_for 30 known 3
same "its answer" "$(probe "$g" dns 10.99.0.2 nas.test)" "id rcode 0 answers 1 10.97.0.8"
same "what has gone from it" "$(probe "$g" dns 10.99.0.2 nas)" "id rcode 0 answers 1 9.9.9.3"
same "this host's name is where guests reach it" "$(probe "$g" dns 10.99.0.2 desk)" "id rcode 0 answers 1 10.99.0.1"
same "localhost is not the host" "$(probe "$g" dns 10.99.0.2 localhost)" "id rcode 0 answers 1 9.9.9.3"
rm "$work/etc/hosts"
check "no file, no names" wait_for 30 known 0
echo "10.97.0.9 nas.test" >"$work/etc/hosts"
check "a new one" wait_for 30 known 1
same "by a resolver library" "$(from_tree "$g" dig +short @10.99.0.2 nas.test; from_tree "$g" dig +short @10.99.0.2 -x 10.97.0.9)" \
	"10.97.0.9
nas.test."

# What nat.conf says goes before that, and may be changed while natd runs.
dns()
{
	natd_conf "[dns]" "$@"
	kill -HUP "$natd_pid"
}
servers_are()
{
	[ "$(probe "$m" json "/out/vmnat.$natd_pid" dns.servers)" = "dns.servers $1" ]
}
dns "nameserver1 = 10.98.0.2"
check "a server that nat.conf names goes before the host's" \
	wait_for 30 servers_are "['10.98.0.2', '10.98.0.3']"
same "and answers" "$(probe "$g" dns 10.99.0.2 k.test)" "id rcode 0 answers 1 9.9.9.2"
dns "nameserver2 = 10.98.0.2" "autodetect = 0"
check "alone, if it says so" wait_for 30 servers_are "['10.98.0.2']"
dns "nameserver1 = 10.98.0.4" "nameserver2 = 10.98.0.2" "autodetect = 0" "policy = burst" "timeout = 30"
check "two of them in bursts" wait_for 30 servers_are "['10.98.0.4', '10.98.0.2']"
start=$SECONDS
same "a silent one holds nobody up" "$(probe "$g" dns 10.99.0.2 l.test)" "id rcode 0 answers 1 9.9.9.2"
check "but was asked too" grep -q "asked l.test" "$work/silent.log"
check "within seconds" [ $((SECONDS - start)) -lt 20 ]
dns "nameserver1 = 10.98.0.3" "nameserver2 = 10.98.0.2" "autodetect = 0" "policy = rotate"
check "and now in turn" wait_for 30 servers_are "['10.98.0.3', '10.98.0.2']"
for i in 1 2 3 4; do
	probe "$g" dns 10.99.0.2 "m$i.test"
done >"$work/turns"
same "in turn it is" "$(sort "$work/turns" | uniq -c | awk '{ print $1, $NF }' | paste -sd,)" "2 9.9.9.2,2 9.9.9.3"
done_testing
