#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What coturn's turnutils_natdiscovery (RFC 5780) finds behind natd, with its server
# at two addresses of the outside. It is aimed at the first: aimed at the second it
# would be told of that one again, and find anything. How long mappings live (-t) it
# does not find: this server sends nothing to the port that it asks for. The rows of
# RFC 4787 have that.

. "$(dirname "$0")/natd_rig.sh"

natd_conf
rig_spaces
ip -n "$o" addr add 10.98.0.3/24 dev om
natd_start || exit 1
background "$work/server" from_tree "$o" turnserver -n -S --no-cli -L 10.98.0.2 -L 10.98.0.3 -p 3478 \
	--no-tls --no-dtls -l stdout --pidfile /out/turn.pid
listening "$o" u 3478

# discover OPTION...: what it finds
discover()
{
	from_tree "$g" timeout 60 turnutils_natdiscovery "$@" 10.98.0.2 >"$work/found" 2>&1
}

# finds NAME TEXT OPTION...: in the end; a datagram may be lost on a busy machine
finds()
{
	check "$1" wait_for 60 eval "discover ${*:3} && grep -q '$2' $work/found"
	sed -n 's/.*reflexive addr: /# as /p' "$work/found"
}

finds "endpoint-independent mapping" "Endpoint Independent Mapping" -m
finds "endpoint-independent filtering" "Endpoint Independent Filtering" -f
finds "both, with padding that makes fragments: mapping" "Endpoint Independent Mapping" -m -P
finds "and filtering" "Endpoint Independent Filtering" -f -P
finds "hairpinning" "Received a request (maybe a successful hairpinning)" -H
ip -n "$g" addr add 10.99.0.129/24 dev nt0
check "collision: two guests with one port" wait_for 60 eval '
	discover -c -L 10.99.0.128 -l 45300 -A 10.99.0.129 && [ $(grep -c reflexive $work/found) = 2 ]'
sed -n 's/.*reflexive addr: /# as /p' "$work/found"
same "have two outside" "$(sed -n 's/.*reflexive addr: //p' "$work/found" | sort -u | wc -l)" 2
natd_stop
done_testing
