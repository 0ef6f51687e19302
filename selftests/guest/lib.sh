# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A guest to be remote-controlled, for tests and for the demo.
#
#	guest_start NAME [QEMU ARGUMENT...]	boots it, waits until it answers
#	guest NAME 'COMMAND'			runs one line in it: output, status
#	guest_stop NAME				switches it off
#
# GUEST_DIR holds vmlinux and initrd (guest/build.sh); GUEST_RUN is a directory
# of our own for pipes and consoles; GUEST_TIMEOUT is how long a boot or a
# command may take (600 s: the guest is emulated, in a VM that is too).
# GUEST_WRAP is a command that QEMU is an argument of (vmport, with its ports).
# With GUEST_RESUME the guest does not boot, which takes five minutes in there,
# but goes on where guest/build.sh left it, booted and without a NIC (GUEST_DIR
# holds state, too), and finds its NICs then.

GUEST_TIMEOUT=${GUEST_TIMEOUT:-600}
GUEST_RESUME=${GUEST_RESUME:-}
GUEST_WRAP=()

guest_start()
{
	local name=$1 dir=$GUEST_RUN/$1 pid resume=()
	shift
	[ -z "$GUEST_RESUME" ] || resume=(-incoming "exec:cat $GUEST_DIR/state")
	mkdir -p "$dir"
	rm -f "$dir"/ctl.*
	mkfifo "$dir/ctl.in" "$dir/ctl.out"
	# Both ends held here, so that neither side waits for the other.
	exec {guest_in}<>"$dir/ctl.in" {guest_out}<>"$dir/ctl.out"
	# What an emulator in an emulator need not do: self-tests of the crypto
	# library are half of the boot, code at new addresses is translated again.
	"${GUEST_WRAP[@]}" qemu-system-x86_64 -accel tcg -cpu qemu64 -machine pc,hpet=off \
		-m "${GUEST_MEM:-160}" -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$GUEST_DIR/vmlinux" -initrd "$GUEST_DIR/initrd" \
		-append "console=ttyS0 quiet loglevel=4 mitigations=off panic=-1 nokaslr norandmaps random.trust_cpu=on tsc=reliable no_timer_check cryptomgr.notests" \
		-serial "file:$dir/console" \
		-chardev "pipe,id=ctl,path=$dir/ctl" -serial chardev:ctl \
		"${resume[@]}" "$@" >"$dir/qemu.log" 2>&1 {guest_in}>&- {guest_out}>&- &
	pid=$!
	echo "$pid" >"$dir/pid"
	echo "$guest_in $guest_out" >"$dir/fds"
	if [ -n "$GUEST_RESUME" ]; then
		# The first byte after a resume does not arrive.
		guest "$name" " echo 1 >/sys/bus/pci/rescan; for n in /sys/class/net/eth*; do ip link set \${n##*/} up; done"
	else
		guest_answer "$name"
	fi
}

# Reads one answer; its status is ours.
guest_answer()
{
	local name=$1 dir=$GUEST_RUN/$1 line part='' in out end=$((SECONDS + GUEST_TIMEOUT))
	read -r in out <"$dir/fds"
	while [ "$SECONDS" -lt "$end" ]; do
		if ! IFS= read -r -t 5 -u "$out" line; then
			# The time may be up in the middle of a line.
			part+=$line
			kill -0 "$(cat "$dir/pid")" 2>/dev/null && continue
			echo "the guest $name has ended:" >&2
			tail -n 20 "$dir/qemu.log" "$dir/console" >&2
			return 126
		fi
		line=$part${line%$'\r'}
		part=
		case $line in
		"@@ "*) return "${line#@@ }" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done
	echo "no answer from the guest $name in $GUEST_TIMEOUT s" >&2
	tail -n 20 "$dir/console" >&2
	return 124
}

guest()
{
	local in out
	read -r in out <"$GUEST_RUN/$1/fds"
	printf '%s\n' "$2" >&"$in"
	guest_answer "$1"
}

guest_stop()
{
	local dir=$GUEST_RUN/$1 in out pid n
	[ -e "$dir/pid" ] || return 0
	read -r in out <"$dir/fds"
	pid=$(cat "$dir/pid")
	echo poweroff >&"$in"
	for ((n = 0; n < 100; n++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.2
	done
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	exec {in}>&- {out}>&-
	rm -f "$dir/pid"
}
