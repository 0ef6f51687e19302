#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# --pcap: what is recorded is what was there, readers find nothing wrong with it,
# and a disk that is full is no harm to the guests.

. "$(dirname "$0")/natd_rig.sh"

full_finish()
{
	umount -l "$work/small" 2>/dev/null
	rig_finish
}
trap full_finish EXIT

# dump FILE ARG...: what tcpdump reads in it
dump()
{
	from_tree "$m" timeout 100 tcpdump -nr "/out/$1" "${@:2}" 2>"$work/dump.err"
}

natd_conf
rig_spaces
natd_start --pcap "$work/all.pcap" || exit 1
serve out "$o" echo 10.98.0.2 5001
same "the file is for its owner" "$(stat -c '%a %u' "$work/all.pcap")" "600 0"
same "it is one of nanoseconds" "$(head -c 4 "$work/all.pcap" | xxd -p)" 4d3cb2a1
same "UDP" "$(udp "$g" 10.98.0.2 5001)" "10.98.0.1 5 other from 10.98.0.2:5001"
check "what was recorded is in the file at once" wait_for 20 eval \
	"dump all.pcap udp port 5001 | grep -q '10.98.0.2.5001 > 10.99.0.128'"
same "UDP of 20000 bytes, in fragments" "$(probe "$g" size 10.98.0.2 5001 20000)" "up 20000 whole
down 20000 whole"
same "an echo" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
transfer "8 MB out" "$g" "$o" 10.98.0.2 5555 8 100
from_tree "$o" socat -u "FILE:/out/data.8" TCP-LISTEN:5556,reuseaddr &
listening "$o" t 5556
from_tree "$g" timeout 100 socat -u TCP:10.98.0.2:5556 CREATE:/out/got.in
same "8 MB in" "$(sha256sum <"$work/got.in")" "$(sha256sum <"$work/data.8")"
nap 2

frames()
{
	ctl -j statistics | sed -E 's/.*"frames":\{"rx":([0-9]+),"tx":([0-9]+).*/\1 \2/'
}
read -r rx tx < <(frames)
mac=$(tr -d '\n' <"$work/nat.mac")
same "as many frames of the NAT as it has sent" "$(dump all.pcap ether src "$mac" | wc -l)" "$tx"
same "as many others as it has read" "$(dump all.pcap not ether src "$mac" | wc -l)" "$rx"
same "readers have nothing to say" "$(grep -v '^reading from' "$work/dump.err")" ""
check "frames that were to be cut, from the guest" eval "dump all.pcap 'not ether src $mac and greater 4000' | grep -q ."
check "and to it" eval "dump all.pcap 'ether src $mac and greater 4000' | grep -q ."
dump all.pcap -vv >"$work/all.txt"
# Words, for "0xbad1" may be a sum that is correct.
same "no checksum is wrong" "$(grep -ciE '\<(bad|wrong)\>|incorrect|truncated|\[\|' "$work/all.txt")" 0
check "of those that were looked at" [ "$(grep -ciE 'cksum 0x[0-9a-f]+ \(correct\)' "$work/all.txt")" -gt 300 ]
same "the bytes of the transfer, of which none is missing" "$(dump all.pcap 'tcp and src host 10.98.0.2 and src port 5556' |
	sed -nE 's/.* seq ([0-9]+):([0-9]+),.*/\1 \2/p' | sort -n | awk '$1 <= end + 0 || !n++ { if ($2 > end) end = $2 }
		END { print end - 1 }')" $((8 << 20))
check "times go on" eval "dump all.pcap -tt | awk '{ t = \$1; if (t < last) bad = 1; last = t } END { exit bad }'"
check "ends when told" natd_stop
same "with all of it in the file" "$(dump all.pcap >/dev/null; grep -c truncated "$work/dump.err")" 0

# A disk that is full.
mkdir "$work/small"
mount -t tmpfs -o size=300k none "$work/small"
natd_start --pcap "$work/small/some.pcap" || exit 1
transfer "8 MB out while the disk fills" "$g" "$o" 10.98.0.2 5557 8 100
check "one line is logged" eval "
	[ \$(grep -c 'some.pcap: No space left on device; recording stops' $work/natd.log) -eq 1 ]"
cp "$work/small/some.pcap" "$work/some.pcap"
check "what there is can be read" eval "[ \$(dump some.pcap | wc -l) -gt 3 ]"
same "to its end" "$(grep -v '^reading from' "$work/dump.err")" ""
same "the NAT goes on" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
rm "$work/small/some.pcap"
same "and records no more" "$(ls "$work/small")" ""
natd_stop
natd_start --pcap /dev/full || exit 1
check "a file that takes nothing" grep -q '/dev/full: No space left on device; recording stops' "$work/natd.log"
same "is no harm either" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
natd_stop
natd_env="prlimit --fsize=65536" natd_start --pcap "$work/limited.pcap" || exit 1
transfer "8 MB out beyond the limit of a file" "$g" "$o" 10.98.0.2 5558 8 100
check "which is said" grep -q 'limited.pcap: File too large; recording stops' "$work/natd.log"
same "and is no harm" "$(probe "$g" ping 10.98.0.2)" "reply from 10.98.0.2 whole"
check "ends when told, after all" natd_stop
done_testing
