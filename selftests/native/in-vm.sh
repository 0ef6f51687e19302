#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs a native test in a VM, which has what the machine may not: as many open
# files and sockets without an owner as the test wants.
#
#	tools/vm -k 6.1 -c 2 -m 4096 selftests/native/in-vm.sh natd-many.sh

set -e
modprobe tun
modprobe veth
sysctl -qw net.ipv4.tcp_max_orphans=200000
ulimit -n 200000
# The VM's root is the Debian tree.
export VMNET_CACHE=/tmp/cache
mkdir -p "$VMNET_CACHE"
ln -sfn / "$VMNET_CACHE/tree"
exec "$(dirname "$0")/$1"
