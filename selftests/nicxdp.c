// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A NIC gets an XDP program that lets all pass, for as long as this runs.
 *
 *	nicxdp NIC [generic]	says "ready" when it is there
 */
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	/* r0 = XDP_PASS; exit */
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int prog;

	if (argc < 2) {
		fprintf(stderr, "usage: nicxdp NIC [generic]\n");
		return 2;
	}
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = (uintptr_t)"GPL";
	prog = bpf(BPF_PROG_LOAD, &attr);
	if (prog < 0) {
		perror("nicxdp: program");
		return 1;
	}
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog;
	attr.link_create.target_ifindex = if_nametoindex(argv[1]);
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = argc > 2 ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	/* It goes with the last descriptor. */
	if (bpf(BPF_LINK_CREATE, &attr) < 0) {
		perror("nicxdp: attach");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
