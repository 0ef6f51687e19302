# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make help` lists what there is.

KVER ?= 6.1
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
OUT ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
cache := $(or $(VMNET_CACHE),$(HOME)/.cache/vmnet)

VERSION := 0.1

.DELETE_ON_ERROR:
.SUFFIXES:

all: modules userland

help:
	@echo 'make demo             guided tour in a throw-away VM; does its own set-up'
	@echo 'make check            all tests; does its own set-up'
	@echo 'make modules          vmnet.ko: KVER=6.1|6.12|debug (kernels of tools/setup), or KDIR='
	@echo 'make userland         the programs, to $(OUT)/userland; CC=gcc|clang'
	@echo 'make unit             unit tests under sanitizers'
	@echo 'make selftests        the kselftest collection, installed to $(OUT)/selftests'
	@echo 'make bench            what moving a frame costs, beside bridge + tap (PEER_KO= adds a module)'
	@echo 'make bench-nat        vmnet-natd beside other NATs that are programs'
	@echo 'make bench-dhcp       vmnet-dhcpd beside other DHCP servers'
	@echo 'make static           checkpatch, sparse, shellcheck, ...'
	@echo 'make install          programs and man pages: PREFIX=, DESTDIR='
	@echo 'make modules_install  vmnet.ko for the running kernel'
	@echo 'make clean            remove $(OUT)'

# --- the module ----------------------------------------------------------
#
# Built in a directory of its own for each kernel, from links to the sources:
# objects of one kernel never meet those of another.

ifdef KDIR
kbuild_dir = $(KDIR)
kmod_out = $(OUT)/kmod
else
kbuild_dir = $(shell . tools/lib.sh; kernel_build_dir $(KVER))
kmod_out = $(OUT)/kmod-$(KVER)
endif
W ?= 1
C ?= 0
kmod_flags = W=$(W) C=$(C) $(if $(filter-out 0,$(C)),CF='-D__CHECK_ENDIAN__ -Wsparse-error')

SHELL := /bin/bash

modules:
	$(Q)test -n '$(kbuild_dir)' -a -d '$(kbuild_dir)' || \
		{ echo 'no headers of kernel $(KVER): run tools/setup, or give KDIR='; exit 1; }
	$(Q)mkdir -p $(kmod_out)
	$(Q)tools/link-sources $(kmod_out)
	$(Q)$(MAKE) -s -C $(kbuild_dir) M=$(abspath $(kmod_out)) $(kmod_flags) \
		CONFIG_DEBUG_INFO_BTF_MODULES= modules

modules_install: KDIR ?= /lib/modules/$(shell uname -r)/build
modules_install: modules
	$(MAKE) -C $(KDIR) M=$(abspath $(kmod_out)) modules_install
	depmod -a

# --- the programs --------------------------------------------------------

PROGRAMS := $(filter-out lib systemd udev dkms debian completion, \
	      $(notdir $(patsubst %/,%,$(wildcard userland/*/))))
uout := $(OUT)/userland

HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE \
	  -D_FORTIFY_SOURCE=2
# A path that is cut is refused by open(); no need to prove it at each snprintf.
UCFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Wpedantic -Werror \
	   -Wno-unknown-warning-option -Wno-format-truncation -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	   -DVMNET_VERSION='"$(VERSION)"' -Iinclude/uapi -Iuserland/lib
ULDFLAGS := -pie -Wl,-z,relro,-z,now
LIBS_lib := -lmnl -lcap-ng -lseccomp -lsystemd

lib_src := $(filter-out userland/lib/test_% userland/lib/fuzz_%,$(wildcard userland/lib/*.c))
prog_src = $(filter-out userland/$(1)/test_% userland/$(1)/fuzz_%,$(wildcard userland/$(1)/*.c))
prog_libs = $(shell cat userland/$(1)/LIBS 2>/dev/null)

$(uout)/%.o: userland/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) $(HARDEN) -MMD -MP -c -o $@ $<

$(uout)/libvmnet.a: $(lib_src:userland/%.c=$(uout)/%.o)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

define program
$(uout)/vmnet-$(1): $$(patsubst userland/%.c,$(uout)/%.o,$$(call prog_src,$(1))) $(uout)/libvmnet.a
	$(Q)$$(CC) $(ULDFLAGS) -o $$@ $$^ $$(call prog_libs,$(1)) $(LIBS_lib)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

userland: $(PROGRAMS:%=$(uout)/vmnet-%)

# Unit tests: each test_*.c with the rest of its folder, main.c apart.
tout := $(OUT)/unit
TESTS := $(wildcard userland/*/test_*.c)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

$(tout)/%.o: userland/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UCFLAGS) $(SANITIZE) -I$(<D) -MMD -MP -c -o $@ $<

$(tout)/libvmnet.a: $(lib_src:userland/%.c=$(tout)/%.o)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

define unit_test
$(tout)/$(dir $(1))$(basename $(notdir $(1))): $(tout)/$(basename $(1)).o \
  $$(patsubst userland/%.c,$(tout)/%.o,$$(filter-out %/main.c,$$(call prog_src,$(patsubst %/,%,$(dir $(1)))))) $(tout)/libvmnet.a
	$(Q)$$(CC) $(SANITIZE) $$(WRAP) -o $$@ $$(sort $$(filter %.o,$$^)) $(tout)/libvmnet.a \
		$$(call prog_libs,$(patsubst %/,%,$(dir $(1)))) $(LIBS_lib) -lcmocka
endef
unit_names := $(TESTS:userland/%.c=%)
$(foreach t,$(unit_names),$(eval $(call unit_test,$(t).c)))

# Has an allocator of its own, which fails.
$(tout)/dhcpd/test_nomem: WRAP := $(foreach f,malloc calloc realloc strdup,-Wl,--wrap=$(f))

unit-build: $(unit_names:%=$(tout)/%)

unit: unit-build
	$(Q)tools/unit $(unit_names:%=$(tout)/%)

# Fuzzing: each fuzz_*.c likewise, with clang's libFuzzer.
fout := $(OUT)/fuzz
FUZZERS := $(patsubst userland/%.c,%,$(wildcard userland/*/fuzz_*.c))
FUZZ := address,undefined

$(fout)/%.o: userland/%.c
	$(Q)mkdir -p $(@D)
	$(Q)clang $(filter-out -Wmissing-prototypes,$(UCFLAGS)) -I$(<D) -fsanitize=fuzzer-no-link,$(FUZZ) \
		-fno-sanitize-recover=all -MMD -MP -c -o $@ $<

$(fout)/libvmnet.a: $(lib_src:userland/%.c=$(fout)/%.o)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

define fuzzer
$(fout)/$(1): $(fout)/$(1).o \
  $$(patsubst userland/%.c,$(fout)/%.o,$$(filter-out %/main.c,$$(call prog_src,$(patsubst %/,%,$(dir $(1)))))) $(fout)/libvmnet.a
	$(Q)clang -fsanitize=fuzzer,$(FUZZ) -o $$@ $$(sort $$(filter %.o,$$^)) $(fout)/libvmnet.a \
		$$(call prog_libs,$(patsubst %/,%,$(dir $(1)))) $(LIBS_lib)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

fuzz-build: $(FUZZERS:%=$(fout)/%)

# --- helpers of native tests ---------------------------------------------

NATIVE := $(patsubst selftests/native/%.c,$(OUT)/native/%,$(wildcard selftests/native/*.c))

$(OUT)/native/%: selftests/native/%.c
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -o $@ $< -pthread

native: userland $(NATIVE)

# --- tests ---------------------------------------------------------------

selftests:
	$(Q)mkdir -p $(abspath $(OUT)/selftests-build) $(abspath $(OUT)/selftests)
	$(Q)$(MAKE) -s -C selftests KSFT_DIR=$(cache)/source/tools/testing/selftests \
		OUTPUT=$(abspath $(OUT)/selftests-build) CC='$(CC)' install \
		INSTALL_PATH=$(abspath $(OUT)/selftests/vmnet)
	$(Q)cp -r $(cache)/source/tools/testing/selftests/kselftest \
		$(cache)/source/tools/testing/selftests/run_kselftest.sh $(OUT)/selftests/
	$(Q)$(MAKE) -s -C selftests KSFT_DIR=$(cache)/source/tools/testing/selftests \
		OUTPUT=$(abspath $(OUT)/selftests-build) emit_tests COLLECTION=vmnet \
		>$(OUT)/selftests/kselftest-list.txt

static:
	tools/static

check:
	tools/check

bench:
	tools/setup
	$(Q)$(MAKE) -s KVER=6.1 modules selftests
	tools/bench

bench-nat: native
	tools/setup
	tools/bench-nat

bench-dhcp: native
	tools/setup
	tools/bench-dhcp

demo:
	tools/demo

# --- installing ----------------------------------------------------------

MAN := $(wildcard userland/*/*.[1578].scd)

install: userland
	install -d $(DESTDIR)$(SBINDIR)
	install -m 755 $(PROGRAMS:%=$(uout)/vmnet-%) $(DESTDIR)$(SBINDIR)/
	for f in $(MAN); do \
		page=$$(basename $$f .scd); dir=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		install -d $$dir; scdoc <$$f >$$dir/$$page || exit 1; \
	done
	[ ! -d userland/systemd ] || { install -d $(DESTDIR)/lib/systemd/system; \
		for f in userland/systemd/*.service; do \
			sed 's#@SBINDIR@#$(SBINDIR)#g' $$f >$(DESTDIR)/lib/systemd/system/$$(basename $$f); done; }
	[ ! -d userland/udev ] || { install -d $(DESTDIR)/lib/udev/rules.d; \
		install -m 644 userland/udev/*.rules $(DESTDIR)/lib/udev/rules.d/; }

clean:
	rm -rf $(OUT)

-include $(shell find $(uout) $(tout) $(fout) -name '*.d' 2>/dev/null)


.PHONY: all help bench bench-nat bench-dhcp modules modules_install userland unit unit-build fuzz-build \
	selftests native static check demo install clean
