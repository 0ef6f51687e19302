#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nat-dhcp.md D25: the server is killed 1,000 times in the middle of a burst and
# started again: no acknowledged lease is lost, none is given to two.

. "$(dirname "$0")/dhcpd_rig.sh"

rounds=${ROUNDS:-1000} clients=${CLIENTS:-1000}

# An interface that stays while servers come and go: a persistent tap in the
# clients' namespace, which each server takes by its name.
# Nobody else is there who would answer a probe, and there is no time to wait for it.
dhcpd_conf 255.255.0.0 10.97.20.254 "ping-check false;"
sed -i 's/option broadcast-address.*/option broadcast-address 10.97.255.255;/' "$work/dhcpd.conf"
space "$g"
ip -n "$g" tuntap add dev eth0 mode tap
ip -n "$g" link set eth0 up

start=$SECONDS
ip netns exec "$g" "$helpers/dhcpload" -k "$rounds" eth0 "$clients" 600 "$work/acks" \
	"$bin/vmnet-dhcpd" -cf "$work/dhcpd.conf" -lf "$work/leases/dhcpd.leases" --tap eth0 \
	--run-dir "$work" --foreground -s 4 vmnet8 >"$work/held" 2>"$work/dhcpd.log"
read -r done_rounds with_ack held <"$work/held"
echo "# $done_rounds rounds in $((SECONDS - start)) s, $(wc -l <"$work/acks") acknowledgements," \
	"$held of $clients clients hold a lease"
sort "$work/dhcpd.log" | uniq -c | sort -rn | head -5 | sed 's/^/# /'
same "all rounds" "$done_rounds" "$rounds"
same "each of them acknowledged something before it ended" "$with_ack" "$rounds"
# How many get so far before the next kill is the machine's affair.
check "many clients hold a lease" [ "$held" -ge $((clients / 10)) ]
check "rounds ended in mid-burst" [ "$(wc -l <"$work/acks")" -ge $((5 * rounds)) ]
sort -u "$work/acks" >"$work/given"
same "no address was given to two" "$(awk '{ print $2 }' "$work/given" | sort | uniq -d | wc -l)" 0
same "no client was given a second address" \
	"$(awk '{ print $1 }' "$work/given" | sort | uniq -d | wc -l)" 0
# The last block of an address counts.
same "every acknowledged lease is on the disk" "$(awk '
	NR == FNR && $1 == "lease" { addr = $2 }
	NR == FNR && $1 == "hardware" { mac[addr] = substr($3, 1, 17) }
	NR != FNR && mac[$2] != $1 { n++ }
	END { print n + 0 }' "$work/leases/dhcpd.leases" "$work/given")" 0
check "the file is not much larger than what is in it" \
	[ "$(grep -c '^lease' "$work/leases/dhcpd.leases")" -lt $((2 * held + 6000)) ]
done_testing
