// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaches an XDP program that passes every frame, and holds it until it is
 * killed.
 *
 *	xdppass IF [generic]	as the driver does it, or in the stack
 */
#define _GNU_SOURCE
#include "vmtest.h"

#include <net/if.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
	static const struct bpf_insn pass[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)pass,
		.insn_cnt = sizeof(pass) / sizeof(pass[0]),
		.license = (uintptr_t)"GPL",
	};
	union bpf_attr link = { .link_create.attach_type = BPF_XDP };
	bool generic = argc == 3 && !strcmp(argv[2], "generic");
	int prog;

	if (argc < 2 || (argc == 3 && !generic)) {
		fprintf(stderr, "usage: xdppass IF [generic]\n");
		return 2;
	}
	prog = bpf(BPF_PROG_LOAD, &load);
	link.link_create.prog_fd = (uint32_t)prog;
	link.link_create.target_ifindex = if_nametoindex(argv[1]);
	link.link_create.flags = generic ? XDP_FLAGS_SKB_MODE
					 : XDP_FLAGS_DRV_MODE;
	if (prog < 0 || bpf(BPF_LINK_CREATE, &link) < 0) {
		fprintf(stderr, "xdppass: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (;;)
		pause();
}
