# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Sourced, in place of natd_rig.sh, by scripts that send and see packets as they
# are on the wire; natd_raw.py does that.

. "$(dirname "${BASH_SOURCE[0]}")/natd_rig.sh"

cp "$native/natd_raw.py" "$work/"

# raw SPACE WORD...: to its end.
raw()
{
	from_tree "$1" timeout 150 python3 /out/natd_raw.py "${@:2}"
}

# start FILE SPACE WORD...: what goes on, once it has said $ready (or "ready") in
# that file of $work.
start()
{
	background "$work/$1" from_tree "$2" python3 /out/natd_raw.py "${@:3}"
	wait_for 60 grep -qE "${ready:-ready}" "$work/$1"
}
