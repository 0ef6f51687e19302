#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the guest of the tests: Debian's kernel, a busybox and the modules of a
# virtio NIC. See guest/lib.sh for how it is run.
#
#	build.sh DIR [state]	writes DIR/vmlinux and DIR/initrd, and DIR/state
#
# The kernel is unpacked here, once: to do that in an emulator within an
# emulator costs half a minute per boot. state is a guest that has booted.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/lib.sh
. "$here/../../tools/lib.sh"

out=${1:?usage: build.sh DIR [state]}
image=$(kernel_image 6.1)
release=$(cat "$cache/kernels/6.1/done")
mkdir -p "$out"

if [ ! -e "$out/vmlinux" ] || [ "$out/vmlinux" -ot "$image" ]; then
	python3 - "$image" "$out/vmlinux.$$" <<'END'
import lzma, sys
data = open(sys.argv[1], "rb").read()
start = data.find(b"\xfd7zXZ\0")
if start < 0:
    sys.exit("build.sh: the kernel is not packed with xz")
open(sys.argv[2], "wb").write(lzma.LZMADecompressor().decompress(data[start:]))
END
	strip "$out/vmlinux.$$"
	mv "$out/vmlinux.$$" "$out/vmlinux"
fi

if [ ! -e "$out/initrd" ] || [ "$out/initrd" -ot "$here/init" ] ||
	[ "$out/initrd" -ot "$here/build.sh" ] || [ "$out/initrd" -ot "$image" ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	mkdir -p "$dir"/{bin,etc,mod,proc,sys,dev,tmp,var,lib64,lib/x86_64-linux-gnu}
	cp "$cache/busybox/bin/busybox" "$dir/bin/busybox"
	cp -L "$tree/lib64/ld-linux-x86-64.so.2" "$dir/lib64/"
	for lib in libc.so.6 libresolv.so.2 libm.so.6; do
		cp -L "$tree/lib/x86_64-linux-gnu/$lib" "$dir/lib/x86_64-linux-gnu/"
	done
	for applet in $(chroot "$dir" /bin/busybox --list); do
		[ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"
	done
	cp "$here/init" "$dir/init"
	chmod +x "$dir/init"
	for m in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev \
		virtio_pci failover net_failover virtio_net llc stp garp mrp 8021q; do
		f=$(find "$tree/lib/modules/$release/kernel" -name "$m.ko" | head -n 1)
		[ -n "$f" ] || die "no module $m"
		cp "$f" "$dir/mod/"
		echo "$m.ko" >>"$dir/mod/order"
	done
	# Not packed: the guest would have to unpack it.
	(cd "$dir" && find . | cpio --quiet -o -H newc) >"$out/initrd.$$"
	mv "$out/initrd.$$" "$out/initrd"
fi

[ "${2:-}" = state ] || exit 0
# It is saved by the tree's QEMU, since that is the one to resume it.
if [ ! -e "$out/state" ] || [ "$out/state" -ot "$out/initrd" ] || [ "$out/state" -ot "$out/vmlinux" ] ||
	[ "$out/state" -ot "$here/lib.sh" ]; then
	say "the guest boots, once"
	# shellcheck source=selftests/guest/lib.sh
	. "$here/lib.sh"
	GUEST_DIR=$(mktemp -d /tmp/vmnet-guest.XXXXXX)
	GUEST_RUN=$GUEST_DIR
	GUEST_TIMEOUT=120
	trap 'guest_stop once; rm -rf "$GUEST_DIR"' EXIT
	cp "$out/vmlinux" "$out/initrd" "$GUEST_DIR/"
	mkfifo "$GUEST_DIR"/mon.{in,out}
	# shellcheck disable=SC2034 # what QEMU answers is not read, only taken
	exec {mon}<>"$GUEST_DIR/mon.in" {answers}<>"$GUEST_DIR/mon.out"
	# shellcheck disable=SC2016,SC2034 # of the inner shell; guest_start reads it
	GUEST_WRAP=(unshare -m sh -ec 'tree=$1; shift
		mount --bind /tmp "$tree/tmp"
		mount --bind /dev "$tree/dev"
		exec chroot "$tree" "$@"' sh "$tree")
	guest_start once -chardev "pipe,id=mon,path=$GUEST_DIR/mon" -mon chardev=mon ||
		die "the guest does not boot"
	printf '%s\n' "migrate \"exec:cat >$GUEST_DIR/state\"" quit >&"$mon"
	wait "$(cat "$GUEST_DIR/once/pid")"
	rm "$GUEST_DIR/once/pid"
	[ -s "$GUEST_DIR/state" ] || die "the guest was not saved"
	mv "$GUEST_DIR/state" "$out/state.$$"
	mv "$out/state.$$" "$out/state"
fi
