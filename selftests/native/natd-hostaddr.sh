#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What happens to the host's addresses is none of the guests' business, until
# the one that a connection uses is gone for good.

. "$(dirname "$0")/natd_rig.sh"

cp "$native/natd_probe.py" "$work/"

# hold: a connection of the guest that says nothing; $work/held tells its end.
hold()
{
	background "$work/held" from_tree "$g" python3 /out/natd_probe.py tcp-hold 10.98.0.2 5000
	wait_for 60 grep -q connected "$work/held"
}

# What natd has to do comes after what it has to be told: a later event was
# seen, so was an earlier one.
seen()
{
	from_tree "$g" timeout 60 ping -c 4 -W 5 10.98.0.2 >/dev/null
}

natd_conf
rig_spaces
natd_start || exit 1
background "$work/silent" from_tree "$o" python3 /out/natd_probe.py tcp-silent 10.98.0.2 5000
wait_for 60 grep -q ready "$work/silent"

check "a connection" hold
ip -n "$m" link add d0 type veth peer name d1
ip -n "$m" addr add 10.95.0.1/24 dev d0
ip -n "$m" link set d0 up
seen
ip -n "$m" addr del 10.95.0.1/24 dev d0
ip -n "$m" link del d0
seen
same "other links and addresses do not touch it" "$(tail -n 1 "$work/held")" connected
ip -n "$m" link set mo down
ip -n "$m" link set mo up
ip -n "$m" route replace default via 10.98.0.2
wait_for 60 seen
same "nor does its link, down for a moment" "$(tail -n 1 "$work/held")" connected
# In its place at once another address, so that there is a way out.
ip -n "$m" addr add 10.98.0.9/24 dev mo
ip -n "$m" addr del 10.98.0.1/24 dev mo
check "its address gone: the guest is told" wait_for 60 grep -q ECONNRESET "$work/held"
ip -n "$m" addr add 10.98.0.9/24 dev mo 2>/dev/null
ip -n "$m" route replace default via 10.98.0.2
check "and may begin anew" hold
done_testing
